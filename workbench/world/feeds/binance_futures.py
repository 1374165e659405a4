"""Binance's perpetual swaps: funding, open interest, mark, volume. Keyless; 451 from many places.

Series: ``BTCUSDT-PERP``, which counts in tether, and its like; ``BTC-PERP`` under the name
``BTCUSDT`` gets the funding alone, a fraction in any currency. Funding is charged every eight
hours, of some coins every four: the distance of the rates tells.
Source: https://developers.binance.com/docs/derivatives/usds-margined-futures
"""

from __future__ import annotations

from collections.abc import Iterator

from workbench.domain.deliveries import Delivered, Request
from workbench.world.feeds.coins import binance_answers as answers
from workbench.world.feeds.coins import perps
from workbench.world.feeds.coins.binance_answers import each, read, symbol_of
from workbench.world.feeds.coins.calls import Call, all_of, endpoint, in_order
from workbench.world.feeds.coins.found import Found, objects
from workbench.world.feeds.coins.pairs import named, pair, spelt
from workbench.world.feeds.endpoints import unkept
from workbench.world.http.answers import Client

SOURCE = "binance_futures"
BASE = "https://fapi.binance.com"
HOSTS = ("fapi.binance.com", "fapi1.binance.com", "dapi.binance.com")
DEFAULT = tuple(f"{coin}USDT-PERP" for coin in ("BTC", "ETH", "SOL"))


def _start(request: Request) -> tuple[Found, Request]:
    named_ = spelt(request, lambda coin, quote: f"{coin}{'USDT' if quote == 'USD' else quote}")
    return Found(source=SOURCE, now=request.now), named_


def _unit(symbol: str) -> str:
    """The currency of a contract: ``BTCUSDT``, ``BTCUSD_PERP``, ``BTCUSDT_210924``."""
    quoted = pair(symbol.partition("_")[0])
    return quoted.quote if quoted else ""


def _inverse(symbol: str) -> bool:
    """Whether it is margined in coins, so that its sizes count contracts of some dollars."""
    return _unit(symbol) == "USD"


def premium(body: bytes, request: Request, _url: str) -> Delivered:
    """Mark prices; the rate beside them is of the period that runs, and kept when it is paid."""
    found, request = _start(request)
    for symbol, one in each(found, body, "Binance premium"):
        if when := found.stamp(symbol, one, "time", "ms"):
            fields = {"mark": ("markPrice", 1.0)}
            perps.state(found, request, symbol, one, fields, when, _unit(symbol))
    return found.delivered()


def funding(body: bytes, request: Request, url: str) -> Delivered:
    """Rates that were paid, of one symbol or of many."""
    found, request = _start(request)
    rates: dict[str, list[object]] = {}
    for symbol, one in each(found, body, f"Binance funding of {symbol_of(url) or 'all symbols'}"):
        rates.setdefault(symbol, []).append(one)
    keys = ("fundingTime", "fundingRate")
    perps.paid_of_each(found, request, rates, symbol_of(url), keys, "ms")
    return found.delivered()


def open_interest(body: bytes, request: Request, _url: str) -> Delivered:
    """Open contracts, in coins: what they are worth is in the history of open interest."""
    found, request = _start(request)
    for symbol, one in each(found, body, "Binance open interest"):
        if when := found.stamp(symbol, one, "time", "ms"):
            fields = {"open_interest_coins": ("openInterest", 1.0)}
            if _inverse(symbol):
                found.gap(symbol, "other_unit", f"the open interest of {symbol} counts contracts")
                continue
            perps.state(found, request, symbol, one, fields, when, _unit(symbol))
    return found.delivered()


def open_interest_history(body: bytes, request: Request, _url: str) -> Delivered:
    """Open interest, in coins and in the currency of the contract."""
    found, request = _start(request)
    fields = {
        # Of contracts margined in coins the value is in coins too: they have no symbol here.
        "open_interest": ("sumOpenInterestValue", 1.0),
        "open_interest_coins": ("sumOpenInterest", 1.0),
    }
    for symbol, one in each(found, body, "Binance open interest"):
        if when := found.stamp(symbol, one, "timestamp", "ms"):
            perps.state(found, request, symbol, one, fields, when, _unit(symbol))
    return found.delivered()


def ticker(body: bytes, request: Request, _url: str) -> Delivered:
    """Last price and volume of 24 hours."""
    found, request = _start(request)
    fields = {"last": ("lastPrice", 1.0), "volume": ("quoteVolume", 1.0)}
    for symbol, one in each(found, body, "Binance ticker"):
        if when := found.stamp(symbol, one, "closeTime", "ms"):
            perps.state(found, request, symbol, one, fields, when, _unit(symbol))
    return found.delivered()


def klines(body: bytes, request: Request, url: str) -> Delivered:
    """Bars of the contract that the address names."""
    found, request = _start(request)
    symbol = symbol_of(url)
    unit, inverse = _unit(symbol), _inverse(symbol)
    return answers.klines(found, body, request, url, unit=unit, inverse=inverse)


def best(body: bytes, request: Request, url: str) -> Delivered:
    """Best bid and ask."""
    found, request = _start(request)
    return answers.best(found, body, request, url)


def price(body: bytes, request: Request, url: str) -> Delivered:
    """Last prices."""
    found, request = _start(request)
    return answers.price(found, body, request, url)


def depth(body: bytes, request: Request, url: str) -> Delivered:
    """Best bid and ask of an order book, at its time."""
    found, request = _start(request)
    symbol = symbol_of(url)
    unit, inverse = _unit(symbol), _inverse(symbol)
    return answers.depth(found, body, request, url, unit=unit, inverse=inverse)


def trades(body: bytes, request: Request, url: str) -> Delivered:
    """The last of the trades: its price, at its own time."""
    found, request = _start(request)
    return answers.trades(found, body, request, url)


def listed(body: bytes, request: Request, _url: str) -> Delivered:
    """Which contracts there are, and whether those that were asked for are traded."""
    found, request = _start(request)
    return answers.listed(found, body, request)


def funding_info(body: bytes, request: Request, _url: str) -> Delivered:
    """The contracts whose funding is not charged every eight hours."""
    found, _ = _start(request)
    table = objects(read(body, "Binance funding periods"), what="Binance funding periods")
    found.gap("", "not_kept", f"how often {len(table)} contracts charge funding")
    return found.delivered()


other = unkept(SOURCE, "Another answer", lambda body, _url: answers.read(body, "Binance"))

_V = "[fd]api/v[123]"
ENDPOINTS = in_order(
    endpoint("premium", f"{_V}/premiumIndex", premium, HOSTS),
    endpoint("funding", f"{_V}/fundingRate", funding, HOSTS),
    endpoint("funding info", f"{_V}/fundingInfo", funding_info, HOSTS),
    endpoint("open interest", f"{_V}/openInterest", open_interest, HOSTS),
    endpoint("worth", "futures/data/openInterestHist", open_interest_history, HOSTS),
    endpoint("ticker", f"{_V}/ticker/24hr", ticker, HOSTS),
    endpoint("best", f"{_V}/ticker/bookTicker", best, HOSTS),
    endpoint("price", f"{_V}/ticker/price", price, HOSTS),
    endpoint("klines", f"{_V}/klines", klines, HOSTS),
    endpoint("depth", f"{_V}/depth", depth, HOSTS),
    endpoint("trades", f"{_V}/(trades|aggTrades)", trades, HOSTS),
    endpoint("contracts", f"{_V}/exchangeInfo", listed, HOSTS),
    endpoint(
        "other", f"({_V}/(ping|time|.*Klines|constituents|indexInfo|assetIndex)|futures/data/.*)",
        other, HOSTS,
    ),
)  # fmt: skip


def _calls(request: Request) -> Iterator[Call]:
    base = request.base or BASE
    since = str(int(request.since.timestamp() * 1000))
    for series in request.series:
        symbol = named(request, series)
        for path, parse, asked in (
            ("/fapi/v1/fundingRate", funding, {"startTime": since, "limit": "1000"}),
            ("/fapi/v1/premiumIndex", premium, {}),
            ("/fapi/v1/ticker/24hr", ticker, {}),
            ("/futures/data/openInterestHist", open_interest_history,
             {"period": "1h", "limit": "30"}),
        ):  # fmt: skip
            of = {"symbol": symbol, **asked}
            yield Call(series=(series,), url=base + path, query=of, parse=parse)


async def fetch(client: Client, request: Request) -> Delivered:
    """What Binance says of the contracts that the params name, or of BTC, ETH and SOL in tether.

    Raises:
        FeedDark: Nothing of it came.
    """
    series = request.series or {one: one for one in DEFAULT}
    of = spelt(request, lambda coin, quote: f"{coin}{'USDT' if quote == 'USD' else quote}", series)
    return await all_of(client, of, _calls(of))
