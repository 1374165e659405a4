"""Answers that Binance's spot and futures interfaces have in common."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping

from workbench.domain.deliveries import Basis, Delivered, Request
from workbench.domain.errors import FeedDark
from workbench.world.feeds.coins.bars import bars, book, quotes, row
from workbench.world.feeds.coins.found import Found, mapping, moment, objects, part, text
from workbench.world.feeds.coins.pairs import listing, query
from workbench.world.feeds.nodes import Unfit, shown
from workbench.world.http.decoding import as_json

SPOT_QUOTE: Mapping[str, str] = {
    "bid": "bidPrice", "ask": "askPrice", "last": "lastPrice", "volume_24h": "volume",
}  # fmt: skip
_KLINE = row("start open high low close volume end value trades bought paid unused", "ms")
_INVERSE = row("start open high low close contracts end volume trades bought paid unused", "ms")
_MINUTES = {
    "1m": 1, "3m": 3, "5m": 5, "15m": 15, "30m": 30, "1h": 60, "2h": 120, "4h": 240, "6h": 360,
    "8h": 480, "12h": 720, "1d": 1440, "3d": 4320, "1w": 10080,
}  # fmt: skip


def interval(length: dt.timedelta) -> str:
    """How Binance names the length of a bar."""
    minutes = length / dt.timedelta(minutes=1)
    return next((name for name, count in _MINUTES.items() if count == minutes), "1d")


def read(body: bytes, what: str) -> object:
    """The answer; raises ``FeedDark`` where it is one of Binance's refusals."""
    answer = as_json(body)
    if isinstance(answer, dict) and "code" in answer and "msg" in answer:
        raise FeedDark("refused", f"{what}: Binance answered {shown(answer['msg'])}.")
    return answer


def symbol_of(url: str) -> str:
    """The symbol that the address asks about; empty without one."""
    return query(url).get("symbol", "").upper()


def each(found: Found, body: bytes, what: str) -> Iterator[tuple[str, object]]:
    """Symbol and object of an answer about one symbol, or about many."""
    answer = read(body, what)
    table = [answer] if isinstance(answer, dict) else answer
    for one in objects(table, what=what):
        try:
            yield text(one, "symbol"), one
        except Unfit as error:
            found.gap("", error.code, f"{what}: {error.reason}", about="symbol")


def klines(
    found: Found, body: bytes, request: Request, url: str, unit: str = "", inverse: bool = False
) -> Delivered:  # fmt: skip
    """Bars of the symbol that the address names, each as long as its own two times say."""
    symbol = symbol_of(url)
    table = objects(read(body, "Binance klines"), what=f"Binance klines of {symbol or 'no symbol'}")
    if not symbol:
        found.gap("", "no_symbol", f"{len(table)} bars, and the address says not of which pair")
        return found.delivered()
    try:
        tick = dt.timedelta(milliseconds=1)  # a bar ends one before the next starts
        length = moment(part(table[0], 6), "ms") + tick - moment(part(table[0], 0), "ms")
    except Unfit as error:
        raise FeedDark("wrong_shape", f"Binance klines of {symbol}: {error.reason}") from error
    said = _MINUTES.get(query(url).get("interval", ""))
    if said is not None and dt.timedelta(minutes=said) != length:
        raise FeedDark(
            "other_period", f"Binance klines of {symbol}: asked for {said} minutes, got {length}."
        )
    shape = _INVERSE if inverse else _KLINE
    bars(found, request, symbol, table, shape, length=length, unit=unit)
    return found.delivered()


def day(
    found: Found, body: bytes, request: Request, _url: str, fields: Mapping[str, str]
) -> Delivered:  # fmt: skip
    """Quotes at the end of their 24 hours, of one symbol or of all."""
    for symbol, one in each(found, body, "Binance ticker"):
        if when := found.stamp(symbol, one, "closeTime", "ms"):
            quotes(found, request, symbol, one, fields, when)
    return found.delivered()


def best(found: Found, body: bytes, request: Request, _url: str) -> Delivered:
    """Best bid and ask with their sizes."""
    fields = {
        "bid": "bidPrice", "ask": "askPrice", "bid_size": "bidQty", "ask_size": "askQty",
    }  # fmt: skip
    for symbol, one in each(found, body, "Binance best quotes"):
        quotes(found, request, symbol, one, fields, _when(found, symbol, one, request))
    return found.delivered()


def price(found: Found, body: bytes, request: Request, _url: str) -> Delivered:
    """Last prices."""
    for symbol, one in each(found, body, "Binance prices"):
        quotes(found, request, symbol, one, {"last": "price"}, _when(found, symbol, one, request))
    return found.delivered()


def _when(found: Found, symbol: str, one: object, request: Request) -> tuple[dt.datetime, Basis]:
    stamped = None
    if isinstance(one, dict) and "time" in one:
        stamped = found.stamp(symbol, one, "time", "ms")
    return stamped or (request.now, "seen")


def depth(
    found: Found, body: bytes, request: Request, url: str, unit: str = "", inverse: bool = False
) -> Delivered:  # fmt: skip
    """Best bid and ask of the order book of the symbol that the address names."""
    one, symbol = mapping(read(body, "Binance order book"), what="Binance order book"), ""
    symbol = symbol_of(url) or str(one.get("symbol", ""))
    if not symbol:
        found.gap("", "no_symbol", "an order book, and the address says not of which pair")
        return found.delivered()
    when = found.stamp(symbol, one, "E", "ms") if "E" in one else (request.now, "seen")
    if when:
        sides = _levels(one.get("bids")), _levels(one.get("asks"))
        book(found, request, symbol, sides, when, unit=unit, coins=not inverse, width=2)
    return found.delivered()


def _levels(side: object) -> object:
    """The levels of a side; until 2019 each had an empty list behind its price and size."""
    if not isinstance(side, list):
        return side
    return [level[:2] if isinstance(level, list) and level[2:] == [[]] else level for level in side]


def trades(found: Found, body: bytes, request: Request, url: str) -> Delivered:
    """The last of the trades of the symbol that the address names: its price, at its own time."""
    symbol = symbol_of(url)
    table = objects(read(body, "Binance trades"), what=f"Binance trades of {symbol}")
    if not symbol:
        found.gap("", "no_symbol", "trades, and the address says not of which pair")
        return found.delivered()
    newest = table[-1]
    brief = isinstance(newest, dict) and "T" in newest
    if when := found.stamp(symbol, newest, "T" if brief else "time", "ms"):
        quotes(found, request, symbol, newest, {"last": "p" if brief else "price"}, when)
    return found.delivered()


def listed(found: Found, body: bytes, request: Request) -> Delivered:
    """Which symbols there are, and whether those that were asked for are traded."""
    there = {}
    for one in objects(read(body, "Binance symbols"), "symbols", what="Binance symbols"):
        try:
            key = "status" if isinstance(one, dict) and "status" in one else "contractStatus"
            there[text(one, "symbol")] = part(one, key) == "TRADING"
        except Unfit as error:
            found.gap("", error.code, f"a symbol: {error.reason}", about="listing")
    listing(found, request, there, "symbols of Binance")
    return found.delivered()
