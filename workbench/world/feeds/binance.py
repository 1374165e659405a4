"""Binance's spot market: bars, best bid and ask, volume of 24 hours. Keyless; 451 from many places.

Most of its pairs count in tether: ``BTCUSDT`` and ``BTCUSDT@1h``, never ``BTC-USD``. Where 451 is
the answer, ``https://data-api.binance.vision`` gives the same bars; a desk that needs this feed
has a second one beside it. Perpetual swaps are those of ``binance_futures``.
Source: https://developers.binance.com/docs/binance-spot-api-docs/rest-api
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from workbench.domain.deliveries import Delivered, Request
from workbench.world.feeds.coins import binance_answers as answers
from workbench.world.feeds.coins.binance_answers import SPOT_QUOTE, interval
from workbench.world.feeds.coins.calls import Call, all_of, endpoint, in_order
from workbench.world.feeds.coins.found import Found
from workbench.world.feeds.coins.pairs import length_of, named, pair
from workbench.world.feeds.endpoints import unkept
from workbench.world.http.answers import Client

SOURCE = "binance"
BASE = "https://api.binance.com"
HOSTS = (
    "api.binance.com", "api1.binance.com", "api2.binance.com", "api3.binance.com",
    "api-gcp.binance.com", "data-api.binance.vision", "api.binance.us",
)  # fmt: skip
DEFAULT = tuple(f"{coin}USDT{bars}" for coin in ("BTC", "ETH", "SOL") for bars in ("", "@1h"))

_BARS = 1000
_CALLS = 20  # at most for one series: two years of hours


def _found(request: Request) -> Found:
    return Found(source=SOURCE, now=request.now)


def klines(body: bytes, request: Request, url: str) -> Delivered:
    """Bars of the pair that the address names."""
    return answers.klines(_found(request), body, request, url)


def ticker(body: bytes, request: Request, url: str) -> Delivered:
    """Best bid and ask, last price and volume of 24 hours, of one pair or of all."""
    return answers.day(_found(request), body, request, url, SPOT_QUOTE)


def best(body: bytes, request: Request, url: str) -> Delivered:
    """Best bid and ask; no time is stated for them."""
    return answers.best(_found(request), body, request, url)


def price(body: bytes, request: Request, url: str) -> Delivered:
    """Last prices; no time is stated for them."""
    return answers.price(_found(request), body, request, url)


def depth(body: bytes, request: Request, url: str) -> Delivered:
    """Best bid and ask of an order book; no time is stated for it."""
    return answers.depth(_found(request), body, request, url)


def trades(body: bytes, request: Request, url: str) -> Delivered:
    """The last of the trades: its price, at its own time."""
    return answers.trades(_found(request), body, request, url)


def listed(body: bytes, request: Request, _url: str) -> Delivered:
    """Which pairs there are, and whether those that were asked for are traded."""
    return answers.listed(_found(request), body, request)


other = unkept(SOURCE, "Another answer", lambda body, _url: answers.read(body, "Binance"))

_V = "api/v[13]"
ENDPOINTS = in_order(
    endpoint("klines", f"{_V}/(uiK|k)lines", klines, HOSTS),
    endpoint("ticker", f"{_V}/ticker/(24hr|tradingDay)", ticker, HOSTS),
    endpoint("best", f"{_V}/ticker/bookTicker", best, HOSTS),
    endpoint("price", f"{_V}/ticker/price", price, HOSTS),
    endpoint("depth", f"{_V}/depth", depth, HOSTS),
    endpoint("trades", f"{_V}/(trades|aggTrades|historicalTrades)", trades, HOSTS),
    endpoint("pairs", f"{_V}/exchangeInfo", listed, HOSTS),
    endpoint("other", f"{_V}/(ping|time|avgPrice|ticker)", other, HOSTS),
)


def _calls(request: Request) -> Iterator[Call]:
    base = request.base or BASE
    for series in request.series:
        name, length = named(request, series), length_of(series)
        found = pair(name)
        symbol = found.written() if found else name
        start = max(request.since - length, request.now - length * _BARS * _CALLS)
        while start < request.now:
            asked = {
                "symbol": symbol, "interval": interval(length), "limit": str(_BARS),
                "startTime": str(int(start.timestamp() * 1000)),
            }  # fmt: skip
            of = f"{base}/api/v3/klines"
            yield Call(series=(series,), url=of, query=asked, parse=klines)
            start += length * _BARS
        if "@" not in series:
            of = f"{base}/api/v3/ticker/24hr"
            yield Call(series=(series,), url=of, query={"symbol": symbol}, parse=ticker)


async def fetch(client: Client, request: Request) -> Delivered:
    """Bars and quotes of the pairs that the params name, or of BTC, ETH and SOL in tether.

    Raises:
        FeedDark: Nothing of it came.
    """
    if not request.series:
        request = replace(request, series={one: one for one in DEFAULT})
    return await all_of(client, request, _calls(request))
