"""Gemini's spot market: daily and hourly bars, best bid and ask. Keyless.

Series: ``BTC-USD`` brings daily bars and a quote, ``BTC-USD@1h`` hourly bars; names are pairs
in any spelling. The reach of the bars is Gemini's own and cannot be asked for.
Source: https://docs.gemini.com/rest/market-data
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
from workbench.world.feeds.coins.found import Found, mapping, objects, text
from workbench.world.feeds.coins.pairs import SPOT, length_of, listing, named, pair
from workbench.world.feeds.endpoints import unkept
from workbench.world.feeds.nodes import Unfit, shown
from workbench.world.http.answers import Client
from workbench.world.http.decoding import as_json

SOURCE = "gemini"
BASE = "https://api.gemini.com"
HOSTS = ("api.gemini.com", "api.sandbox.gemini.com")

_CANDLE = row("start open high low close volume", "ms")
_FRAMES = {
    "1m": 1, "5m": 5, "15m": 15, "30m": 30, "1hr": 60, "6hr": 360, "1day": 1440, "1d": 1440,
}  # fmt: skip


def _read(body: bytes, what: str) -> object:
    answer = as_json(body)
    if isinstance(answer, dict) and answer.get("result") == "error":
        said = shown(answer.get("message", answer.get("reason")))
        raise FeedDark("refused", f"{what}: Gemini answered {said}.")
    return answer


def _found(request: Request) -> Found:
    return Found(source=SOURCE, now=request.now)


def _symbol(url: str) -> str:
    found = re.search(r"/v[12]/(?:candles|pubticker|ticker|book|trades)/([A-Za-z0-9]+)", url)
    return found[1] if found else ""


def candles(body: bytes, request: Request, url: str) -> Delivered:
    """Bars: rows of time, open, high, low, close, volume, newest first."""
    found, symbol = _found(request), _symbol(url)
    frame = re.search(r"/v2/candles/[^/]+/(\w+)", url)
    minutes = _FRAMES.get(frame[1]) if frame else None
    table = objects(_read(body, "Gemini candles"), what=f"Gemini candles of {symbol}")
    length = dt.timedelta(minutes=minutes) if minutes else None
    bars(found, request, symbol, table, _CANDLE, length=length)
    return found.delivered()


def public_ticker(body: bytes, request: Request, url: str) -> Delivered:
    """Best bid and ask, last price and volume of 24 hours, at the time of that volume."""
    found, symbol = _found(request), _symbol(url)
    one = mapping(_read(body, "Gemini ticker"), what=f"Gemini ticker of {symbol}")
    quoted = pair(symbol)
    volume = mapping(one, "volume", what=f"Gemini ticker of {symbol}")
    fields: dict[str, str | int | tuple[str | int, ...]] = {"bid": "bid", "ask": "ask"}
    fields |= {"last": "last"}
    if quoted is not None:
        fields |= {"volume_24h": ("volume", quoted.base)}
    if when := found.stamp(symbol, volume, "timestamp", "ms"):
        quotes(found, request, symbol, one, fields, when)
    return found.delivered()


def ticker(body: bytes, request: Request, url: str) -> Delivered:
    """Best bid and ask and the last price; no time is stated for them."""
    found, symbol = _found(request), _symbol(url)
    one = mapping(_read(body, "Gemini ticker"), what=f"Gemini ticker of {symbol}")
    fields = {"bid": "bid", "ask": "ask", "last": "close"}
    quotes(found, request, symbol, one, fields, (request.now, "seen"))
    return found.delivered()


def order_book(body: bytes, request: Request, url: str) -> Delivered:
    """Best bid and ask of an order book; its timestamps are left unused since 2019."""
    found, symbol = _found(request), _symbol(url)
    one = mapping(_read(body, "Gemini order book"), what=f"Gemini order book of {symbol}")
    sides = one.get("bids"), one.get("asks")
    book(found, request, symbol, sides, (request.now, "seen"), keys=("price", "amount"))
    return found.delivered()


def trades(body: bytes, request: Request, url: str) -> Delivered:
    """The last of the trades: its price, at its own time; newest first."""
    found, symbol = _found(request), _symbol(url)
    newest = objects(_read(body, "Gemini trades"), what=f"Gemini trades of {symbol}")[0]
    if when := found.stamp(symbol, newest, "timestampms", "ms"):
        quotes(found, request, symbol, newest, {"last": "price"}, when)
    return found.delivered()


def price_feed(body: bytes, request: Request, _url: str) -> Delivered:
    """Last prices of all pairs; no time is stated for them."""
    found = _found(request)
    for one in objects(_read(body, "Gemini prices"), what="Gemini prices"):
        try:
            symbol = text(one, "pair")
        except Unfit as error:
            found.gap("", error.code, f"a price: {error.reason}", about="pair")
            continue
        quotes(found, request, symbol, one, {"last": "price"}, (request.now, "seen"))
    return found.delivered()


def symbols(body: bytes, request: Request, _url: str) -> Delivered:
    """Which pairs there are."""
    found, table = _found(request), objects(_read(body, "Gemini symbols"), what="Gemini symbols")
    for one in (one for one in table if not isinstance(one, str)):
        found.gap("", "wrong_type", f"a symbol is {shown(one)}", about="symbol")
    there = {one: True for one in table if isinstance(one, str)}
    listing(found, request, there, "symbols of Gemini")
    return found.delivered()


def details(body: bytes, request: Request, _url: str) -> Delivered:
    """What one pair is, and whether it is traded; a price may not stand under another quote."""
    found = _found(request)
    one = mapping(_read(body, "Gemini symbol"), what="Gemini symbol")
    try:
        symbol, quote = text(one, "symbol"), text(one, "quote_currency")
        status = text(one, "status")
    except Unfit as error:
        raise FeedDark("wrong_shape", f"Gemini symbol: {error.reason}") from error
    told = pair(symbol)
    if told is not None and told.quote != quote.upper():
        found.gap(symbol, "other_unit", f"{symbol} is quoted in {quote}")
    found.gap(symbol, "not_kept", f"what {symbol} is: quoted in {quote}, {status}")
    return found.delivered()


other = unkept(SOURCE, "Another answer", lambda body, _url: _read(body, "Gemini"))

ENDPOINTS = in_order(
    endpoint("candles", "v2/candles/[^/?]+/[^/?]+", candles, HOSTS),
    endpoint("public ticker", "v1/pubticker/[^/?]+", public_ticker, HOSTS),
    endpoint("ticker", "v2/ticker/[^/?]+", ticker, HOSTS),
    endpoint("book", "v1/book/[^/?]+", order_book, HOSTS),
    endpoint("trades", "v1/trades/[^/?]+", trades, HOSTS),
    endpoint("prices", "v1/pricefeed", price_feed, HOSTS),
    endpoint("symbols", "v1/symbols", symbols, HOSTS),
    endpoint("details", "v1/symbols/details/[^/?]+", details, HOSTS),
    endpoint("other", "v1/(network|fundingamount|auction|feepromos|riskstats).*", other, HOSTS),
)


def _calls(request: Request) -> Iterator[Call]:
    base = request.base or BASE
    frames = {minutes: frame for frame, minutes in _FRAMES.items() if frame != "1d"}
    for series in request.series:
        name, length = named(request, series), length_of(series)
        found = pair(name)
        symbol = (found.written() if found else name).lower()
        frame = frames.get(int(length / dt.timedelta(minutes=1)), "1hr")
        of = f"{base}/v2/candles/{symbol}/{frame}"
        yield Call(series=(series,), url=of, parse=candles)
        if "@" not in series:
            of = f"{base}/v1/pubticker/{symbol}"
            yield Call(series=(series,), url=of, parse=public_ticker)


async def fetch(client: Client, request: Request) -> Delivered:
    """Bars and quotes of the pairs that the params name, or of BTC, ETH and SOL in dollars.

    Raises:
        FeedDark: Nothing of it came.
    """
    if not request.series:
        request = replace(request, series={one: one for one in SPOT})
    return await all_of(client, request, _calls(request))
