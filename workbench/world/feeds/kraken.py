"""Kraken's spot market: daily and hourly bars, best bid and ask, volume of 24 hours. Keyless.

Series: ``BTC-USD`` brings daily bars and a quote, ``BTC-USD@1h`` hourly bars; names are pairs
in any spelling. ``OHLC`` reaches 720 bars back whatever is asked: older ones come from elsewhere.
Source: https://docs.kraken.com/api/docs/rest-api/get-ohlc-data
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import replace

from workbench.domain.deliveries import Delivered, Request
from workbench.domain.errors import FeedDark
from workbench.world.feeds.coins.bars import bars, book, quotes, row
from workbench.world.feeds.coins.calls import Call, all_of, endpoint, in_order
from workbench.world.feeds.coins.found import Found, mapping, moment, objects, part, wide
from workbench.world.feeds.coins.pairs import SPOT, length_of, listing, named, pair, query
from workbench.world.feeds.endpoints import unkept
from workbench.world.feeds.nodes import Unfit, shown
from workbench.world.http.answers import Client
from workbench.world.http.decoding import as_json

SOURCE = "kraken"
BASE = "https://api.kraken.com"
HOSTS = ("api.kraken.com",)

_OHLC = row("start open high low close mean volume trades", "s")
_SPELT = {"BTC": "XBT", "DOGE": "XDG"}


def _result(body: bytes, what: str) -> dict[str, object]:
    answer = mapping(as_json(body), what=what)
    if answer.get("error"):
        raise FeedDark("refused", f"{what}: Kraken answered {shown(answer['error'])}.")
    return mapping(answer, "result", what=what)


def _found(request: Request) -> Found:
    return Found(source=SOURCE, now=request.now)


def ohlc(body: bytes, request: Request, url: str) -> Delivered:
    """Bars; ``last`` names the last one that is over, the one after it is still open."""
    found, result = _found(request), _result(body, "Kraken OHLC")
    try:
        last = moment(result.pop("last", None), "s")
    except Unfit as error:
        raise FeedDark("wrong_shape", f"Kraken OHLC: last finished bar: {error.reason}") from error
    minutes = query(url).get("interval", "")
    length = (
        dt.timedelta(minutes=int(minutes)) if re.fullmatch("[1-9][0-9]{0,4}", minutes) else None
    )
    for symbol in result:
        table = objects(result, symbol, what=f"Kraken OHLC of {symbol}")
        bars(found, request, symbol, table, _OHLC, length=length, last=last)
    return found.delivered()


def ticker(body: bytes, request: Request, _url: str) -> Delivered:
    """Best bid and ask, last price, volume of 24 hours; Kraken states no time for them."""
    found = _found(request)
    fields = {
        "bid": ("b", 0, (2, 3)),
        "ask": ("a", 0, (2, 3)),
        "last": ("c", 0, (2,)),
        "volume_24h": ("v", 1, (2,)),
    }
    for symbol, one in _result(body, "Kraken ticker").items():
        for name, (key, place, widths) in fields.items():
            try:
                wide(part(one, key), *widths)
            except Unfit as error:
                found.gap(symbol, error.code, f"{name}: {error.reason}", about=name)
                continue
            quotes(found, request, symbol, one, {name: (key, place)}, (request.now, "seen"))
    return found.delivered()


def depth(body: bytes, request: Request, _url: str) -> Delivered:
    """Best bid and ask of order books."""
    found = _found(request)
    for symbol, one in _result(body, "Kraken order book").items():
        sides = mapping(one, what=f"Kraken order book of {symbol}")
        levels = sides.get("bids"), sides.get("asks")
        book(found, request, symbol, levels, (request.now, "seen"), width=3)
    return found.delivered()


def trades(body: bytes, request: Request, _url: str) -> Delivered:
    """The last of the trades: its price, at its own time."""
    found, result = _found(request), _result(body, "Kraken trades")
    result.pop("last", None)
    for symbol in result:
        newest = None
        for trade in objects(result, symbol, what=f"Kraken trades of {symbol}"):
            try:
                at = found.time(wide(trade, 6, 7), 2, "s")
            except Unfit as error:
                found.gap(symbol, error.code, f"time of a trade: {error.reason}", about="time")
                continue
            newest = (at, trade) if newest is None or at >= newest[0] else newest
        if newest and (when := found.stamp(symbol, newest[1], 2, "s")):
            quotes(found, request, symbol, newest[1], {"last": 0}, when)
    return found.delivered()


def spread(body: bytes, request: Request, _url: str) -> Delivered:
    """The last of the recent best bids and asks."""
    found, result = _found(request), _result(body, "Kraken spreads")
    result.pop("last", None)
    for symbol in result:
        newest = objects(result, symbol, what=f"Kraken spreads of {symbol}")[-1]
        when = found.stamp(symbol, newest, 0, "s")
        if isinstance(newest, list) and len(newest) != 3:
            found.gap(symbol, "wrong_shape", f"a spread has {len(newest)} places, expected 3")
        elif when:
            quotes(found, request, symbol, newest, {"bid": 1, "ask": 2}, when)
    return found.delivered()


def pairs_listed(body: bytes, request: Request, _url: str) -> Delivered:
    """Which pairs there are, and whether those that were asked for are traded."""
    found, listed = _found(request), {}
    for symbol, one in _result(body, "Kraken pairs").items():
        try:
            status = part(one, "status") if isinstance(one, dict) and "status" in one else "online"
            listed[str(part(one, "altname"))] = status == "online"
        except Unfit as error:
            found.gap(symbol, error.code, error.reason, about="listing")
    listing(found, request, listed, "pairs of Kraken")
    return found.delivered()


other = unkept(SOURCE, "Another answer", lambda body, _url: _result(body, "Kraken"))

ENDPOINTS = in_order(
    endpoint("ohlc", "0/public/OHLC", ohlc, HOSTS),
    endpoint("ticker", "0/public/Ticker", ticker, HOSTS),
    endpoint("depth", "0/public/Depth", depth, HOSTS),
    endpoint("trades", "0/public/Trades", trades, HOSTS),
    endpoint("spread", "0/public/Spread", spread, HOSTS),
    endpoint("pairs", "0/public/AssetPairs", pairs_listed, HOSTS),
    endpoint("other", "0/public/(Time|SystemStatus|Assets)", other, HOSTS),
)


def _spelt(name: str) -> str:
    found = pair(name)
    return name if found is None else _SPELT.get(found.base, found.base) + found.quote


def _calls(request: Request) -> Iterator[Call]:
    base, since = request.base or BASE, int(request.since.timestamp())
    for series in request.series:
        symbol = _spelt(named(request, series))
        minutes = int(length_of(series) / dt.timedelta(minutes=1))
        asked = {"pair": symbol, "interval": str(minutes), "since": str(since - 60 * minutes)}
        yield Call(series=(series,), url=f"{base}/0/public/OHLC", query=asked, parse=ohlc)
        if "@" not in series:
            yield Call(
                series=(series,), url=f"{base}/0/public/Ticker", query={"pair": symbol},
                parse=ticker,
            )  # fmt: skip


async def fetch(client: Client, request: Request) -> Delivered:
    """Bars and quotes of the pairs that the params name, or of BTC, ETH and SOL in dollars.

    Raises:
        FeedDark: Nothing of it came.
    """
    if not request.series:
        request = replace(request, series={one: one for one in SPOT})
    return await all_of(client, request, _calls(request))
