"""OKX's swaps and spot, asked of a local server."""

import pytest

from tests.bench.coins import GOOD, brought, gaps, last, read, units

TICKER = {"code": "0", "msg": "", "data": [{
    "instType": "SWAP", "instId": "BTC-USD-SWAP", "last": "100.5", "bidPx": "100.0",
    "askPx": "102.0", "vol24h": "200", "volCcy24h": "20.5", "ts": "1775238600000",
}]}  # fmt: skip


def test_state_and_funding_come_through_the_client():
    """A period from charge to next charge of four hours doubles the rate; oiUsd is dollars."""
    found, asked = brought(
        "okx",
        {"/api/v5/public/funding-rate-history": GOOD["okx funding"].body,
         "/api/v5/public/funding-rate?": GOOD["okx funding now"].body,
         "/api/v5/public/open-interest": GOOD["okx open interest"].body,
         "/api/v5/public/mark-price": GOOD["okx mark"].body,
         "/api/v5/market/ticker": TICKER},
        "BTC-PERP",
    )  # fmt: skip
    assert last(found)["BTC-PERP", "funding"] == pytest.approx(0.0002)
    assert last(found)["BTC-PERP", "open_interest"] == 3080.5
    assert last(found)["BTC-PERP", "ask"] == 102.0
    assert units(found)["BTC-PERP", "volume_24h"] == "coins"
    assert found.gaps == ()
    assert "instId=BTC-USD-SWAP" in asked[0]


def test_a_day_of_hong_kong_is_no_day():
    """Bars named 1D start at 16:00 UTC; the desk's days are asked as 1Dutc."""
    url = GOOD["okx candles"].url.replace("1Dutc", "1D")
    found = read(url, GOOD["okx candles"].body)
    assert len(found.observations) == 0
    assert ("BTC-USDT", "other_period") in gaps(found)


def test_bars_that_are_not_confirmed_are_left_out():
    """OKX marks the open bar; it is not delivered."""
    paths = {"/api/v5/market/candles": GOOD["okx candles"].body,
             "/api/v5/market/ticker": GOOD["okx ticker"].body}  # fmt: skip
    found, asked = brought("okx", paths, "BTCUSDT")
    assert last(found)["BTCUSDT", "close"] == 102.0
    assert "bar=1Dutc&instId=BTC-USDT" in asked[0]
