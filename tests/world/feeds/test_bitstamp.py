"""Bitstamp's spot market, asked of a local server."""

from tests.bench.coins import GOOD, brought, gaps, last, read, request


def test_bars_and_quotes_come_through_the_client():
    """A pair brings its finished days, its best prices and its volume."""
    found, asked = brought(
        "bitstamp",
        {"/api/v2/ohlc/btcusd/": GOOD["bitstamp ohlc"].body,
         "/api/v2/ticker/btcusd/": GOOD["bitstamp ticker"].body},
        "BTC-USD",
    )  # fmt: skip
    assert last(found)["BTC-USD", "close"] == 102.0
    assert last(found)["BTC-USD", "volume_24h"] == 1200.5
    assert found.gaps == ()
    assert asked[0].startswith("/api/v2/ohlc/btcusd/?limit=1000&start=")


def test_bars_of_another_pair_are_refused():
    """The answer names its pair: another one than that of the address is dark."""
    body = {"data": {**GOOD["bitstamp ohlc"].body["data"], "pair": "ETH/USD"}}
    found, _ = brought(
        "bitstamp", {"/api/v2/ohlc/": body, "/api/v2/ticker/": GOOD["bitstamp ticker"].body},
        "BTC-USD",
    )  # fmt: skip
    assert ("BTC-USD", "other_symbol") in gaps(found)
    assert ("BTC-USD", "close") not in last(found)


def test_the_best_prices_of_an_unsorted_book_are_the_best():
    """A book's bid is its highest bid wherever it stands."""
    body = {"timestamp": "1775238600", "bids": [["99.0", "1"], ["100.5", "2"]],
            "asks": [["103.0", "1"], ["101.5", "3"]]}  # fmt: skip
    found = last(read(GOOD["bitstamp book"].url, body, request("BTC-USD")))
    assert (found["BTC-USD", "bid"], found["BTC-USD", "ask"]) == (100.5, 101.5)
    assert (found["BTC-USD", "bid_size"], found["BTC-USD", "ask_size"]) == (2.0, 3.0)
