"""Bybit's perpetual swaps and spot: funding, open interest, mark, volume, bars. Keyless.

Series: ``BTC-PERP`` is the inverse contract ``BTCUSD``, which counts in dollars, ``BTCUSDT-PERP``
the linear one in tether; ``BTCUSDT`` and ``BTCUSDT@1h`` are spot. A contract says itself for how
many hours it charges funding; of charged rates, their distance tells.
Source: https://bybit-exchange.github.io/docs/v5/market/tickers
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from workbench.domain.deliveries import Delivered, Request
from workbench.domain.errors import FeedDark
from workbench.world.feeds.coins import perps
from workbench.world.feeds.coins.bars import bars, book, quotes, row
from workbench.world.feeds.coins.calls import Call, all_of, endpoint, in_order
from workbench.world.feeds.coins.found import Found, mapping, objects, part, text
from workbench.world.feeds.coins.pairs import (
    PERPS,
    asked,
    length_of,
    listing,
    named,
    pair,
    query,
    spelt,
)
from workbench.world.feeds.endpoints import unkept
from workbench.world.feeds.nodes import Unfit, shown
from workbench.world.http.answers import Client
from workbench.world.http.decoding import as_json

SOURCE = "bybit"
BASE = "https://api.bybit.com"
HOSTS = ("api.bybit.com", "api.bytick.com", "api-testnet.bybit.com")

_KLINE = row("start open high low close volume turnover", "ms")
_FRAMES = {
    "1": 1, "3": 3, "5": 5, "15": 15, "30": 30, "60": 60, "120": 120, "240": 240, "360": 360,
    "720": 720, "D": 1440, "W": 10080,
}  # fmt: skip
_SPOT = {"bid": "bid1Price", "ask": "ask1Price", "last": "lastPrice", "volume_24h": "volume24h"}


def _own(coin: str, quote: str) -> str:
    return f"{coin}{quote}"


def _start(request: Request) -> tuple[Found, Request]:
    return Found(source=SOURCE, now=request.now), spelt(request, _own)


def _read(body: bytes, what: str) -> dict[str, object]:
    answer = mapping(as_json(body), what=what)
    code = answer.get("retCode", answer.get("ret_code"))
    if code != 0:
        said = shown(answer.get("retMsg", answer.get("ret_msg")))
        raise FeedDark("refused", f"{what}: Bybit answered {shown(code)}, {said}.")
    return answer


def _unit(symbol: str) -> str:
    quoted = pair(symbol)
    return quoted.quote if quoted else ""


def _category(result: dict[str, object], url: str) -> str:
    """What kind of contracts an answer is of, which says what its numbers count.

    Raises:
        FeedDark: ``other_unit`` when it is another than was asked for.
    """
    said, wanted = str(result.get("category") or ""), query(url).get("category", "")
    if said and wanted and said != wanted:
        raise FeedDark("other_unit", f"Asked for {wanted} contracts, Bybit answers of {said} ones.")
    return said or wanted


def tickers(body: bytes, request: Request, url: str) -> Delivered:
    """Quotes at the server's time; of a swap, funding, open interest and volume besides."""
    found, request = _start(request)
    answer = _read(body, "Bybit tickers")
    result = mapping(answer, "result", what="Bybit tickers")
    when = found.stamp("", answer, "time", "ms")
    kind = _category(result, url)
    for one in objects(result, "list", what="Bybit tickers") if when else ():
        try:
            symbol = text(one, "symbol")
        except Unfit as error:
            found.gap("", error.code, f"a ticker: {error.reason}", about="symbol")
            continue
        if not asked(request, symbol) or when is None:
            continue
        if kind == "spot":
            quotes(found, request, symbol, one, _SPOT, when)
        elif kind in {"linear", "inverse"}:
            fields = _fields(found, symbol, one, inverse=kind == "inverse")
            perps.state(found, request, symbol, one, fields, when, _unit(symbol))
        else:
            found.gap(symbol, "not_kept", f"a ticker of the category {kind!r}")
    return found.delivered()


def _fields(
    found: Found, symbol: str, one: object, *, inverse: bool
) -> dict[str, tuple[str | int | tuple[str | int, ...], float]]:
    fields: dict[str, tuple[str | int | tuple[str | int, ...], float]] = {
        "mark": ("markPrice", 1.0), "last": ("lastPrice", 1.0),
        "bid": ("bid1Price", 1.0), "ask": ("ask1Price", 1.0),
        # An inverse contract is a dollar: its own counts are dollars, its values coins.
        "open_interest": ("openInterest" if inverse else "openInterestValue", 1.0),
        "volume": ("volume24h" if inverse else "turnover24h", 1.0),
    }  # fmt: skip
    if isinstance(one, dict) and one.get("deliveryTime") not in (None, "", "0", 0):
        return fields  # it expires, and charges no funding
    try:
        period = perps.hours(part(one, "fundingIntervalHour"))
        fields["funding"] = ("fundingRate", perps.per_eight(period))
    except Unfit as error:
        found.gap(symbol, "no_period", f"period of funding: {error.reason}", about="period")
    return fields


def funding(body: bytes, request: Request, url: str) -> Delivered:
    """Rates that were charged."""
    found, request = _start(request)
    rates: dict[str, list[object]] = {}
    result = mapping(_read(body, "Bybit funding"), "result", what="Bybit funding")
    _category(result, url)
    for one in objects(result, "list", what="Bybit funding"):
        try:
            rates.setdefault(text(one, "symbol"), []).append(one)
        except Unfit as error:
            found.gap("", error.code, f"a rate: {error.reason}", about="symbol")
    wanted, keys = query(url).get("symbol", ""), ("fundingRateTimestamp", "fundingRate")
    perps.paid_of_each(found, request, rates, wanted, keys, "ms")
    return found.delivered()


def open_interest(body: bytes, request: Request, url: str) -> Delivered:
    """Open interest by the hour: dollars of inverse contracts, coins of linear ones."""
    found, request = _start(request)
    result = mapping(_read(body, "Bybit open interest"), "result", what="Bybit open interest")
    symbol = str(result.get("symbol") or query(url).get("symbol", ""))
    names = {"inverse": "open_interest", "linear": "open_interest_coins"}
    name = names.get(_category(result, url))
    if name is None:
        found.gap(symbol, "no_unit", f"whether {symbol} counts dollars or coins is not said")
        return found.delivered()
    for one in objects(result, "list", what=f"Bybit open interest of {symbol}"):
        if when := found.stamp(symbol, one, "timestamp", "ms"):
            fields = {name: ("openInterest", 1.0)}
            perps.state(found, request, symbol, one, fields, when, _unit(symbol))
    return found.delivered()


def kline(body: bytes, request: Request, url: str) -> Delivered:
    """Bars of spot or of a linear contract, newest first; of inverse ones volume is no coins."""
    found, request = _start(request)
    result = mapping(_read(body, "Bybit klines"), "result", what="Bybit klines")
    symbol = str(result.get("symbol") or query(url).get("symbol", ""))
    minutes = _FRAMES.get(query(url).get("interval", ""))
    table = objects(result, "list", what=f"Bybit klines of {symbol}")
    if not symbol or _category(result, url) not in {"spot", "linear"}:
        found.gap(symbol, "not_kept", "bars that are of no spot pair and of no linear contract")
        return found.delivered()
    length = dt.timedelta(minutes=minutes) if minutes else None
    bars(found, request, symbol, table, _KLINE, length=length)
    return found.delivered()


def order_book(body: bytes, request: Request, _url: str) -> Delivered:
    """Best bid and ask of an order book, at its time."""
    found, request = _start(request)
    one = mapping(_read(body, "Bybit order book"), "result", what="Bybit order book")
    symbol = str(one.get("s", ""))
    if when := found.stamp(symbol, one, "ts", "ms"):
        coins = _unit(symbol) != "USD"  # an inverse contract is a dollar
        book(found, request, symbol, (one.get("b"), one.get("a")), when, coins=coins, width=2)
    return found.delivered()


def trades(body: bytes, request: Request, _url: str) -> Delivered:
    """The last of the trades: its price, at its own time; newest first."""
    found, request = _start(request)
    newest = objects(_read(body, "Bybit trades"), "result", "list", what="Bybit trades")[0]
    try:
        symbol = text(newest, "symbol")
    except Unfit as error:
        raise FeedDark("wrong_shape", f"Bybit trades: {error.reason}") from error
    if when := found.stamp(symbol, newest, "time", "ms"):
        quotes(found, request, symbol, newest, {"last": "price"}, when)
    return found.delivered()


def listed(body: bytes, request: Request, _url: str) -> Delivered:
    """Which contracts and pairs there are, and whether those that were asked for are traded."""
    found, request = _start(request)
    result, there = _read(body, "Bybit symbols").get("result"), {}
    keys = ("list",) if isinstance(result, dict) else ()
    for one in objects(result, *keys, what="Bybit symbols"):
        try:
            key = "symbol" if isinstance(one, dict) and "symbol" in one else "name"
            there[text(one, key)] = part(one, "status") == "Trading"
        except Unfit as error:
            found.gap("", error.code, f"a symbol: {error.reason}", about="listing")
    listing(found, request, there, "symbols of Bybit")
    return found.delivered()


other = unkept(SOURCE, "Another answer", lambda body, _url: _read(body, "Bybit"))

_V = "v5/market"
ENDPOINTS = in_order(
    endpoint("tickers", f"{_V}/tickers", tickers, HOSTS),
    endpoint("funding", f"{_V}/funding/history", funding, HOSTS),
    endpoint("open interest", f"{_V}/open-interest", open_interest, HOSTS),
    endpoint("kline", f"{_V}/kline", kline, HOSTS),
    endpoint("book", f"{_V}/orderbook", order_book, HOSTS),
    endpoint("trades", f"{_V}/recent-trade", trades, HOSTS),
    endpoint("symbols", f"({_V}/instruments-info|v2/public/symbols)", listed, HOSTS),
    endpoint("other", "(v5/market/.+|v2/public/.+|v5/announcements.*)", other, HOSTS),
)


def _calls(request: Request) -> Iterator[Call]:
    base = f"{request.base or BASE}/v5/market"
    frames = {minutes: frame for frame, minutes in _FRAMES.items()}
    since = str(int(request.since.timestamp() * 1000))
    for series in request.series:
        symbol, quoted = named(request, series), pair(named(request, series))
        if series.endswith("-PERP"):
            kind = "inverse" if quoted and quoted.quote == "USD" else "linear"
            of = {"category": kind, "symbol": symbol}
            yield Call(series=(series,), url=f"{base}/tickers", query=of, parse=tickers)
            past = {**of, "limit": "200"}
            yield Call(series=(series,), url=f"{base}/funding/history", query=past, parse=funding)
            continue
        of = {"category": "spot", "symbol": quoted.written() if quoted else symbol}
        frame = frames.get(int(length_of(series) / dt.timedelta(minutes=1)), "D")
        past = {**of, "interval": frame, "start": since, "limit": "1000"}
        yield Call(series=(series,), url=f"{base}/kline", query=past, parse=kline)
        if "@" not in series:
            yield Call(series=(series,), url=f"{base}/tickers", query=of, parse=tickers)


async def fetch(client: Client, request: Request) -> Delivered:
    """What Bybit says of the series that the params name, or of the swaps of BTC, ETH and SOL.

    Raises:
        FeedDark: Nothing of it came.
    """
    of = spelt(request, _own, request.series or PERPS)
    return await all_of(client, of, _calls(of))
