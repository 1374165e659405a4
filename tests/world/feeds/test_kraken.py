"""Kraken's spot market, asked of a local server."""

import pytest

from tests.bench.coins import (
    DAY1,
    GOOD,
    HOUR,
    SINCE,
    brought,
    gaps,
    last,
    read,
    request,
    rows,
    units,
)
from workbench.domain.errors import FeedDark

HOURS = {"error": [], "result": {"last": HOUR - 3600, "XXBTZUSD": [
    [HOUR - 3600, "100.0", "101.0", "99.0", "100.5", "100.2", "3.5", 4],
    [HOUR, "100.5", "102.0", "100.0", "101.0", "101.2", "0.5", 2],
]}}  # fmt: skip


def test_bars_and_quotes_come_through_the_client():
    """A desk's pair brings finished days and a quote, its hours their own series, in dollars."""
    found, asked = brought(
        "kraken",
        {"/0/public/OHLC?interval=1440&pair=XBTUSD": GOOD["kraken ohlc"].body,
         "/0/public/OHLC?interval=60&pair=XBTUSD": HOURS,
         "/0/public/Ticker": GOOD["kraken ticker"].body},
        "BTC-USD", "BTC-USD@1h",
    )  # fmt: skip
    assert rows(found)["BTC-USD", "close", "04-03T00:00"] == 104.0
    assert last(found)["BTC-USD@1h", "close"] == 100.5
    assert last(found)["BTC-USD", "bid"] == 100.5
    assert units(found)["BTC-USD", "volume_24h"] == "coins"
    assert set(found.observations["source"]) == {"kraken"}
    assert found.gaps == ()
    since = int(SINCE.timestamp())
    assert asked[0] == f"/0/public/OHLC?interval=1440&pair=XBTUSD&since={since - 86_400}"


def test_one_pair_that_fails_is_a_gap_and_all_are_dark():
    """An unknown pair leaves the others alone; nothing at all is a dark feed."""
    error = {"error": ["EQuery:Unknown asset pair"]}
    paths = {
        "/0/public/": error,
        "/0/public/OHLC?interval=1440&pair=XBTUSD": GOOD["kraken ohlc"].body,
    }
    found, _ = brought("kraken", paths, "BTC-USD", "SOL-USD")
    assert last(found)["BTC-USD", "close"] == 104.0
    assert ("SOL-USD", "refused") in gaps(found)
    with pytest.raises(FeedDark, match="Unknown asset pair"):
        brought("kraken", {"/": error}, "SOL-USD")


def test_the_open_bar_is_left_out_even_when_it_is_read_late():
    """Kraken's last bar is unfinished whenever it was taken: ``last`` names the one before."""
    good = GOOD["kraken ohlc"]
    late = read(good.url, good.body, request(now=SINCE.replace(month=5)))
    assert {key[2] for key in rows(late)} == {"04-02T00:00", "04-03T00:00"}


def test_a_pair_that_is_gone_is_said():
    """The list of pairs says which of the asked ones is not traded, and which is unknown."""
    body = {"error": [], "result": {
        "XXBTZUSD": {"altname": "XBTUSD", "status": "cancel_only"},
    }}  # fmt: skip
    told = gaps(read(GOOD["kraken pairs"].url, body, request("BTC-USD", "SOL-USD")))
    assert {("BTC-USD", "delisted"), ("SOL-USD", "not_found"), ("", "not_kept")} == told


def test_bars_out_of_order_are_sorted_and_said():
    """Rows that come in no order are the same bars, and the page hears of it."""
    table = [[DAY1 + n * 86_400, "1.0", "1.0", "1.0", f"{n}.5", "1.0", "1.0", 1] for n in (1, 0, 2)]
    body = {"error": [], "result": {"XXBTZUSD": table, "last": DAY1 + 86_400}}
    found = read(GOOD["kraken ohlc"].url, body)
    closes = found.observations.query("field == 'close'")
    assert closes["value"].tolist() == [0.5, 1.5]
    assert ("XXBTZUSD", "out_of_order") in gaps(found)


def test_trades_of_either_width_are_read():
    """Until 2022 a trade had six places; its price and time stand where they stand today."""
    trade = [["101.0", "0.5", 1775238600.25, "b", "m", ""]]
    body = {"error": [], "result": {"XXBTZUSD": trade, "last": "1775238600250000000"}}
    assert last(read(GOOD["kraken trades"].url, body)) == {("XXBTZUSD", "last"): 101.0}
