"""Bitstamp's spot market: daily and hourly bars, best bid and ask, volume of 24 hours. Keyless.

Series: ``BTC-USD`` brings daily bars and a quote, ``BTC-USD@1h`` hourly bars; names are pairs
in any spelling. One answer holds 1000 bars, so that a long history is asked in pieces.
Source: https://www.bitstamp.net/api/
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import replace

from workbench.domain.deliveries import Delivered, Request
from workbench.domain.errors import FeedDark
from workbench.world.feeds.coins.bars import Shape, bars, book, quotes
from workbench.world.feeds.coins.calls import Call, all_of, endpoint, in_order
from workbench.world.feeds.coins.found import Found, mapping, objects, part, text
from workbench.world.feeds.coins.pairs import SPOT, length_of, listing, named, pair, query
from workbench.world.feeds.endpoints import unkept
from workbench.world.feeds.nodes import Unfit, shown
from workbench.world.http.answers import Client
from workbench.world.http.decoding import as_json

SOURCE = "bitstamp"
BASE = "https://www.bitstamp.net"
HOSTS = ("www.bitstamp.net", "bitstamp.net")

_BARS = 1000
_CALLS = 20  # at most for one series: two years of hours
_BAR = Shape(
    start="timestamp", clock="s",
    fields={one: one for one in ("open", "high", "low", "close", "volume")},
)  # fmt: skip
_QUOTE = {"bid": "bid", "ask": "ask", "last": "last", "volume_24h": "volume"}


def _read(body: bytes, what: str) -> object:
    answer = as_json(body)
    if isinstance(answer, dict):
        for key in ("errors", "error", "reason"):
            if answer.get(key):
                raise FeedDark("refused", f"{what}: Bitstamp answered {shown(answer[key])}.")
    return answer


def _found(request: Request) -> Found:
    return Found(source=SOURCE, now=request.now)


def _symbol(url: str) -> str:
    found = re.search(r"/api/v2/[a-z_]+/([A-Za-z0-9-]+)", url)
    return found[1] if found else ""


def ohlc(body: bytes, request: Request, url: str) -> Delivered:
    """Bars; the answer names its pair."""
    found = _found(request)
    data = mapping(_read(body, "Bitstamp bars"), "data", what="Bitstamp bars")
    try:
        symbol = _symbol(url) or text(data, "pair")
        if "pair" in data and pair(text(data, "pair")) != pair(symbol):
            raise FeedDark(
                "other_symbol", f"Bitstamp bars: asked for {symbol}, got {shown(data['pair'])}."
            )
    except Unfit as error:
        raise FeedDark("wrong_shape", f"Bitstamp bars: {error.reason}") from error
    step = query(url).get("step", "")
    length = dt.timedelta(seconds=int(step)) if re.fullmatch("[1-9][0-9]{0,6}", step) else None
    table = objects(data, "ohlc", what=f"Bitstamp bars of {symbol}")
    bars(found, request, symbol, table, _BAR, length=length)
    return found.delivered()


def ticker(body: bytes, request: Request, url: str) -> Delivered:
    """Best bid and ask, last price and volume of 24 hours: of one pair, or of all of them."""
    found, answer = _found(request), _read(body, "Bitstamp ticker")
    if isinstance(answer, list):
        for one in objects(answer, what="Bitstamp tickers"):
            try:
                _quote(found, request, text(one, "pair"), one)
            except Unfit as error:
                found.gap("", error.code, f"a ticker: {error.reason}", about="ticker")
        return found.delivered()
    one = mapping(answer, what="Bitstamp ticker")
    symbol = _symbol(url) or str(one.get("pair", ""))
    if not symbol:
        found.gap("", "no_symbol", "a quote, and neither answer nor address says of which pair")
        return found.delivered()
    _quote(found, request, symbol, one)
    return found.delivered()


def _quote(found: Found, request: Request, symbol: str, one: object) -> None:
    if when := found.stamp(symbol, one, "timestamp", "s"):
        quotes(found, request, symbol, one, _QUOTE, when)


def order_book(body: bytes, request: Request, url: str) -> Delivered:
    """Best bid and ask of an order book."""
    found, symbol = _found(request), _symbol(url)
    one = mapping(_read(body, "Bitstamp order book"), what=f"Bitstamp order book of {symbol}")
    key, clock = ("microtimestamp", "us") if "microtimestamp" in one else ("timestamp", "s")
    if when := found.stamp(symbol, one, key, "us" if clock == "us" else "s"):
        book(found, request, symbol, (one.get("bids"), one.get("asks")), when, width=2)
    return found.delivered()


def trades(body: bytes, request: Request, url: str) -> Delivered:
    """The last of the trades: its price, at its own time; newest first."""
    found, symbol = _found(request), _symbol(url)
    newest = objects(_read(body, "Bitstamp trades"), what=f"Bitstamp trades of {symbol}")[0]
    if when := found.stamp(symbol, newest, "date", "s"):
        quotes(found, request, symbol, newest, {"last": "price"}, when)
    return found.delivered()


def listed(body: bytes, request: Request, _url: str) -> Delivered:
    """Which pairs there are, and whether those that were asked for are traded."""
    found, there = _found(request), {}
    for one in objects(_read(body, "Bitstamp pairs"), what="Bitstamp pairs"):
        try:
            there[text(one, "name")] = part(one, "trading") == "Enabled"
        except Unfit as error:
            found.gap("", error.code, f"a pair: {error.reason}", about="listing")
    listing(found, request, there, "pairs of Bitstamp")
    return found.delivered()


other = unkept(SOURCE, "Another answer", lambda body, _url: _read(body, "Bitstamp"))

ENDPOINTS = in_order(
    endpoint("ohlc", "api/v2/ohlc/[^/?]+", ohlc, HOSTS),
    endpoint("ticker", "api(/v2)?/ticker(_hour)?(/[^/?]+)?", ticker, HOSTS),
    endpoint("book", "api/v2/order_book/[^/?]+", order_book, HOSTS),
    endpoint("trades", "api/v2/transactions/[^/?]+", trades, HOSTS),
    endpoint("pairs", "api/v2/(trading-pairs-info|markets)", listed, HOSTS),
    endpoint("other", "api/v2/(eur_usd|currencies|trading-pairs-info-.*)", other, HOSTS),
)


def _calls(request: Request) -> Iterator[Call]:
    base = request.base or BASE
    for series in request.series:
        name, length = named(request, series), length_of(series)
        found = pair(name)
        symbol = (found.written() if found else name).lower()
        start = max(request.since - length, request.now - length * _BARS * _CALLS)
        while start < request.now:
            asked = {
                "step": str(int(length.total_seconds())), "limit": str(_BARS),
                "start": str(int(start.timestamp())),
            }  # fmt: skip
            of = f"{base}/api/v2/ohlc/{symbol}/"
            yield Call(series=(series,), url=of, query=asked, parse=ohlc)
            start += length * _BARS
        if "@" not in series:
            of = f"{base}/api/v2/ticker/{symbol}/"
            yield Call(series=(series,), url=of, parse=ticker)


async def fetch(client: Client, request: Request) -> Delivered:
    """Bars and quotes of the pairs that the params name, or of BTC, ETH and SOL in dollars.

    Raises:
        FeedDark: Nothing of it came.
    """
    if not request.series:
        request = replace(request, series={one: one for one in SPOT})
    return await all_of(client, request, _calls(request))
