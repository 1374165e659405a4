"""Kraken's perpetual swaps, asked of a local server."""

import pytest

from tests.bench.coins import GOOD, brought, last, read, request, units


def test_state_and_funding_come_through_the_client():
    """Hourly rates are taken times eight, coins times the mark price are dollars."""
    found, asked = brought(
        "kraken_futures",
        {"/derivatives/api/v3/tickers": GOOD["kraken futures tickers"].body,
         "/derivatives/api/v3/historical-funding-rates": GOOD["kraken futures funding"].body},
        "BTC-PERP",
    )  # fmt: skip
    # 0.00125 dollars an hour and coin over 100 dollars, times 8
    assert last(found)["BTC-PERP", "funding"] == pytest.approx(0.0001)
    assert last(found)["BTC-PERP", "open_interest"] == pytest.approx(30.5 * 101)
    assert units(found)["BTC-PERP", "volume"] == "USD a day"
    assert found.gaps == ()
    assert asked[1] == "/derivatives/api/v3/historical-funding-rates?symbol=PF_XBTUSD"


def test_an_inverse_contract_counts_dollars():
    """Of PI_XBTUSD the open interest is dollars, and an absolute rate is coins a dollar."""
    body = {"result": "success", "serverTime": "2026-04-03T17:50:00Z", "tickers": [{
        "symbol": "pi_xbtusd", "last": 100.0, "markPrice": 101.0, "bid": 99.0, "ask": 101.0,
        "vol24h": 500.0, "volumeQuote": 5.0, "openInterest": 700.0, "fundingRate": -1e-7,
        "indexPrice": 100.0,
    }]}  # fmt: skip
    found = read(GOOD["kraken futures tickers"].url, body, request(BTC_PERP="PI_XBTUSD"))
    assert last(found)["BTC-PERP", "open_interest"] == 700.0
    assert last(found)["BTC-PERP", "volume"] == 500.0
    assert last(found)["BTC-PERP", "funding"] == pytest.approx(-1e-7 * 100 * 8)


def test_volumes_that_count_dollars_are_no_coins():
    """Bars of an inverse contract come without their volume."""
    url = GOOD["kraken futures charts"].url.replace("PF_", "PI_")
    found = read(url, GOOD["kraken futures charts"].body)
    assert set(found.observations["field"]) == {"open", "high", "low", "close"}
