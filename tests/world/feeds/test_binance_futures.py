"""Binance's perpetual swaps, asked of a local server."""

import pytest

from tests.bench.coins import DAY3, GOOD, brought, gaps, last, read, request, rows, units

PATHS = {
    "/fapi/v1/fundingRate": GOOD["binance funding"].body,
    "/fapi/v1/premiumIndex": GOOD["binance premium"].body,
    "/fapi/v1/ticker/24hr": GOOD["binance futures ticker"].body,
    "/futures/data/openInterestHist": GOOD["binance worth"].body,
}


def test_state_and_funding_come_through_the_client():
    """Rates four hours apart are taken times two; values are tether and say so."""
    found, _ = brought("binance_futures", PATHS, "BTCUSDT-PERP")
    assert rows(found)["BTCUSDT-PERP", "funding", "04-03T00:00"] == pytest.approx(0.0002)
    assert last(found)["BTCUSDT-PERP", "open_interest"] == 3080.5
    assert units(found)["BTCUSDT-PERP", "open_interest"] == "USDT"
    assert units(found)["BTCUSDT-PERP", "volume"] == "USDT a day"
    assert found.gaps == ()


def test_a_rate_alone_has_no_period():
    """One rate does not say for how long it was charged, so there is no number."""
    body = GOOD["binance funding"].body[:1]
    found = read(GOOD["binance funding"].url, body, request("BTCUSDT-PERP"))
    assert len(found.observations) == 0
    assert gaps(found) == {("BTCUSDT-PERP", "no_period")}


def test_contracts_margined_in_coins_are_no_coins():
    """Of BTCUSD_PERP open interest counts contracts of a hundred dollars, and is left out."""
    body = {"symbol": "BTCUSD_PERP", "openInterest": "15004", "time": DAY3 * 1000}
    found = read("https://dapi.binance.com/dapi/v1/openInterest?symbol=BTCUSD_PERP", body)
    assert len(found.observations) == 0
    assert gaps(found) == {("BTCUSD_PERP", "other_unit")}
