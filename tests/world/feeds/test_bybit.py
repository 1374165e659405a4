"""Bybit's swaps and spot, asked of a local server."""

import pytest

from tests.bench.coins import GOOD, brought, last, units


def test_state_and_funding_of_the_inverse_contract_are_dollars():
    """BTC-PERP is BTCUSD: its counts are dollars; a rate of four hours is taken times two."""
    found, asked = brought(
        "bybit",
        {"/v5/market/tickers": GOOD["bybit tickers"].body,
         "/v5/market/funding/history": GOOD["bybit funding"].body},
        "BTC-PERP",
    )  # fmt: skip
    assert last(found)["BTC-PERP", "funding"] == pytest.approx(0.0002)
    assert last(found)["BTC-PERP", "open_interest"] == 3080.5
    assert units(found)["BTC-PERP", "mark"] == "USD"
    assert found.gaps == ()
    assert asked[0] == "/v5/market/tickers?category=inverse&symbol=BTCUSD"


def test_bars_of_spot_stand_under_their_pair():
    """BTCUSDT is asked of spot, in days."""
    ticker = {
        "retCode": 0, "retMsg": "OK", "time": 1775238600000, "result": {"category": "spot",
        "list": [{"symbol": "BTCUSDT", "lastPrice": "101.0", "bid1Price": "100.5",
                  "ask1Price": "101.5", "volume24h": "1200.5"}]},
    }  # fmt: skip
    paths = {"/v5/market/kline": GOOD["bybit kline"].body, "/v5/market/tickers": ticker}
    found, asked = brought("bybit", paths, "BTCUSDT")
    assert last(found)["BTCUSDT", "close"] == 102.0
    assert last(found)["BTCUSDT", "volume_24h"] == 1200.5
    assert "category=spot&interval=D&limit=1000" in asked[0]
