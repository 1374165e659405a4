"""Binance's spot market, asked of a local server."""

import pytest

from tests.bench.coins import GOOD, brought, fetched, gaps, last, request, units
from tests.bench.served import Reply, served
from workbench.domain.errors import FeedDark

PATHS = {
    "/api/v3/klines": GOOD["binance klines"].body,
    "/api/v3/ticker/24hr": GOOD["binance ticker"].body,
}


def test_bars_and_quotes_come_through_the_client_in_tether():
    """Pairs in tether stand under their own names; the bar of today is left out."""
    found, asked = brought("binance", PATHS, "BTCUSDT")
    assert last(found)["BTCUSDT", "close"] == 104.0
    assert units(found)["BTCUSDT", "close"] == units(found)["BTCUSDT", "bid"] == "USDT"
    assert found.gaps == ()
    assert asked[0].startswith("/api/v3/klines?interval=1d&limit=1000&startTime=")


def test_tether_under_a_name_in_dollars_is_refused():
    """No params can make a quote in tether one in dollars."""
    found, _ = brought("binance", PATHS, BTC_USD="BTCUSDT")
    assert len(found.observations) == 0
    assert gaps(found) == {("BTC-USD", "other_unit")}


def test_where_binance_is_not_offered_it_is_dark():
    """Status 451 is a dark feed with its reason, and nothing else."""
    refusal = Reply(body=b'{"code": 0, "msg": "restricted location"}', status=451)
    with served(lambda *_: refusal) as server, pytest.raises(FeedDark):
        fetched("binance", request("BTCUSDT", base=server.base))
