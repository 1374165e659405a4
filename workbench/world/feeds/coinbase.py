"""Coinbase's spot market: daily and hourly bars, best bid and ask, volume of 24 hours. Keyless.

Series: ``BTC-USD`` brings daily bars and a quote, ``BTC-USD@1h`` hourly bars; names are product
ids. One answer holds 300 bars, so that a long history is asked in pieces.
Source: https://docs.cdp.coinbase.com/exchange/reference
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import replace

from workbench.domain.deliveries import Delivered, Request
from workbench.domain.errors import FeedDark
from workbench.world.feeds.coins.bars import Shape, bars, book, quotes, row
from workbench.world.feeds.coins.calls import Call, all_of, endpoint, in_order
from workbench.world.feeds.coins.found import Found, mapping, objects, part, text
from workbench.world.feeds.coins.pairs import SPOT, length_of, listing, named, pair, query
from workbench.world.feeds.endpoints import unkept
from workbench.world.feeds.nodes import Unfit, shown
from workbench.world.http.answers import Client
from workbench.world.http.decoding import as_json

SOURCE = "coinbase"
BASE = "https://api.exchange.coinbase.com"
HOSTS = ("api.exchange.coinbase.com", "api.pro.coinbase.com", "api.coinbase.com", "api.gdax.com")

_BARS = 300
_CALLS = 60  # at most for one series: two years of hours
_CANDLE = row("start low high open close volume", "s")
_NAMED = Shape(
    start="start",
    clock="s",
    fields={one: one for one in ("open", "high", "low", "close", "volume")},
)
_PERIODS = {
    "ONE_MINUTE": 1, "FIVE_MINUTE": 5, "FIFTEEN_MINUTE": 15, "THIRTY_MINUTE": 30, "ONE_HOUR": 60,
    "TWO_HOUR": 120, "FOUR_HOUR": 240, "SIX_HOUR": 360, "ONE_DAY": 1440,
}  # fmt: skip


def _read(body: bytes, what: str) -> object:
    answer = as_json(body)
    if isinstance(answer, dict) and "message" in answer and len(answer) < 4:
        raise FeedDark("refused", f"{what}: Coinbase answered {shown(answer['message'])}.")
    if isinstance(answer, dict) and "error" in answer:
        raise FeedDark("refused", f"{what}: Coinbase answered {shown(answer['error'])}.")
    return answer


def _found(request: Request) -> Found:
    return Found(source=SOURCE, now=request.now)


def _product(url: str) -> str:
    found = re.search(r"/(?:products|prices)/([A-Za-z0-9]+-[A-Za-z0-9]+)", url)
    return found[1].upper() if found else query(url).get("product_id", "")


def _length(url: str) -> dt.timedelta | None:
    said = query(url).get("granularity", "")
    if said in _PERIODS:
        return dt.timedelta(minutes=_PERIODS[said])
    return dt.timedelta(seconds=int(said)) if re.fullmatch("[1-9][0-9]{0,6}", said) else None


def candles(body: bytes, request: Request, url: str) -> Delivered:
    """Bars of the exchange: rows of time, low, high, open, close, volume, newest first."""
    found, symbol = _found(request), _product(url)
    table = objects(_read(body, "Coinbase candles"), what=f"Coinbase candles of {symbol}")
    bars(found, request, symbol, table, _CANDLE, length=_length(url))
    return found.delivered()


def earlier_candles(body: bytes, request: Request, url: str) -> Delivered:
    """Bars of an earlier piece: before a product was listed there are none, which is no fault."""
    if _read(body, "Coinbase candles") == []:
        found, asked_of = _found(request), query(url)
        span = f"{asked_of.get('start', '')[:10]} to {asked_of.get('end', '')[:10]}"
        for series in request.series:
            if named(request, series).upper() == _product(url):
                found.gap(series, "unlisted", f"no bars from {span}: it was not traded yet")
        return found.delivered()
    return candles(body, request, url)


def named_candles(body: bytes, request: Request, url: str) -> Delivered:
    """Bars of the Advanced Trade interface: objects with their fields' names."""
    found, symbol = _found(request), _product(url)
    answer = _read(body, "Coinbase candles")
    table = objects(answer, "candles", what=f"Coinbase candles of {symbol}")
    bars(found, request, symbol, table, _NAMED, length=_length(url))
    return found.delivered()


def ticker(body: bytes, request: Request, url: str) -> Delivered:
    """Best bid and ask, last price and volume of 24 hours, at the time of the last trade."""
    found, symbol = _found(request), _product(url)
    one = mapping(_read(body, "Coinbase ticker"), what=f"Coinbase ticker of {symbol}")
    fields = {"bid": "bid", "ask": "ask", "last": "price", "volume_24h": "volume"}
    if when := found.stamp(symbol, one, "time", "iso"):
        quotes(found, request, symbol, one, fields, when)
    return found.delivered()


def named_ticker(body: bytes, request: Request, url: str) -> Delivered:
    """Best bid and ask with the last trades, of the Advanced Trade interface."""
    found, symbol = _found(request), _product(url)
    one = mapping(_read(body, "Coinbase ticker"), what=f"Coinbase ticker of {symbol}")
    traded = objects(one, "trades", what=f"Coinbase trades of {symbol}")[0]
    if when := found.stamp(symbol, traded, "time", "iso"):
        quotes(found, request, symbol, traded, {"last": "price"}, when)
        quotes(found, request, symbol, one, {"bid": "best_bid", "ask": "best_ask"}, when)
    return found.delivered()


def trades(body: bytes, request: Request, url: str) -> Delivered:
    """The last of the trades: its price, at its own time; newest first."""
    found, symbol = _found(request), _product(url)
    newest = objects(_read(body, "Coinbase trades"), what=f"Coinbase trades of {symbol}")[0]
    if when := found.stamp(symbol, newest, "time", "iso"):
        quotes(found, request, symbol, newest, {"last": "price"}, when)
    return found.delivered()


def stats(body: bytes, request: Request, url: str) -> Delivered:
    """Last price and volume of 24 hours; no time is stated for them."""
    found, symbol = _found(request), _product(url)
    one = mapping(_read(body, "Coinbase statistics"), what=f"Coinbase statistics of {symbol}")
    fields = {"last": "last", "volume_24h": "volume"}
    quotes(found, request, symbol, one, fields, (request.now, "seen"))
    return found.delivered()


def order_book(body: bytes, request: Request, url: str) -> Delivered:
    """Best bid and ask of an order book, at its time where it states one."""
    found, symbol = _found(request), _product(url)
    answer = mapping(_read(body, "Coinbase order book"), what="Coinbase order book")
    keys: tuple[str | int, str | int] = (0, 1)
    width = 3
    if "pricebook" in answer:
        answer = mapping(answer, "pricebook", what="Coinbase order book")
        keys, width = ("price", "size"), 0
    when = found.stamp(symbol, answer, "time", "iso") if "time" in answer else (request.now, "seen")
    if when:
        sides = answer.get("bids"), answer.get("asks")
        book(found, request, symbol, sides, when, keys=keys, width=width)
    return found.delivered()


def spot(body: bytes, request: Request, _url: str) -> Delivered:
    """A price for the eye, of the retail interface."""
    found = _found(request)
    one = mapping(_read(body, "Coinbase price"), "data", what="Coinbase price")
    try:
        symbol = f"{text(one, 'base')}-{text(one, 'currency')}"
    except Unfit as error:
        raise FeedDark("wrong_shape", f"Coinbase price: {error.reason}") from error
    quotes(found, request, symbol, one, {"last": "amount"}, (request.now, "seen"))
    return found.delivered()


def products(body: bytes, request: Request, _url: str) -> Delivered:
    """Which products there are, and whether those that were asked for are traded."""
    found, listed = _found(request), {}
    answer = _read(body, "Coinbase products")
    table = [answer] if isinstance(answer, dict) and "products" not in answer else answer
    keys = ("products",) if isinstance(table, dict) else ()
    for one in objects(table, *keys, what="Coinbase products"):
        try:
            key = "id" if isinstance(one, dict) and "id" in one else "product_id"
            listed[text(one, key)] = part(one, "status") in ("online", "open")
        except Unfit as error:
            found.gap("", error.code, f"a product: {error.reason}", about="listing")
    listing(found, request, listed, "products of Coinbase")
    return found.delivered()


other = unkept(SOURCE, "Another answer", lambda body, _url: _read(body, "Coinbase"))

_ONE, _ADVANCED = "products/[^/?]+", "api/v3/brokerage/(market/)?"
ENDPOINTS = in_order(
    endpoint("candles", f"{_ONE}/candles", candles, HOSTS),
    endpoint("ticker", f"{_ONE}/ticker", ticker, HOSTS),
    endpoint("trades", f"{_ONE}/trades", trades, HOSTS),
    endpoint("stats", f"{_ONE}/stats", stats, HOSTS),
    endpoint("book", f"{_ONE}/book", order_book, HOSTS),
    endpoint("products", "products(/[^/?]+)?", products, HOSTS),
    endpoint("named candles", f"{_ADVANCED}{_ONE}/candles", named_candles, HOSTS),
    endpoint("named ticker", f"{_ADVANCED}{_ONE}/ticker", named_ticker, HOSTS),
    endpoint("named book", f"{_ADVANCED}product_book", order_book, HOSTS),
    endpoint("named products", f"{_ADVANCED}products(/[^/?]+)?", products, HOSTS),
    endpoint("spot", "v2/prices/[^/?]+/(spot|buy|sell)", spot, HOSTS),
    endpoint("other", "(currencies(/[^/?]+)?|time|v2/[^/?]+|api/v3/brokerage/time)", other, HOSTS),
)


def _calls(request: Request) -> Iterator[Call]:
    base = request.base or BASE
    for series in request.series:
        name, length = named(request, series), length_of(series)
        found = pair(name)
        of = f"{base}/products/{found.written('-') if found else name}"
        start = request.now - length * _BARS * _CALLS
        start = max(start, request.since - length)
        while start < request.now:
            end = min(start + length * (_BARS - 1), request.now)
            asked = {
                "granularity": str(int(length.total_seconds())),
                "start": f"{start:%Y-%m-%dT%H:%M:%SZ}", "end": f"{end:%Y-%m-%dT%H:%M:%SZ}",
            }  # fmt: skip
            read = candles if end == request.now else earlier_candles
            yield Call(series=(series,), url=f"{of}/candles", query=asked, parse=read)
            start = end + length
        if "@" not in series:
            yield Call(series=(series,), url=f"{of}/ticker", parse=ticker)


async def fetch(client: Client, request: Request) -> Delivered:
    """Bars and quotes of the products that the params name, or of BTC, ETH and SOL in dollars.

    Raises:
        FeedDark: Nothing of it came.
    """
    if not request.series:
        request = replace(request, series={one: one for one in SPOT})
    return await all_of(client, request, _calls(request))
