"""Kraken's perpetual swaps: funding, open interest, mark, volume, in dollars. Keyless.

Series: ``BTC-PERP`` is ``PF_XBTUSD``, and so on. Funding is charged every hour: a relative rate is
a fraction of one hour, an absolute one is dollars a coin (of ``PI_`` contracts coins a dollar) and
is set against the index price. ``PF_`` contracts count coins, ``PI_`` contracts dollars.
Source: https://docs.kraken.com/api/docs/futures-api/trading/get-tickers
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterator
from dataclasses import replace

from workbench.domain.deliveries import Basis, Delivered, Request
from workbench.domain.errors import FeedDark
from workbench.world.feeds.coins import perps
from workbench.world.feeds.coins.bars import Shape, bars, book
from workbench.world.feeds.coins.calls import Call, all_of, endpoint, in_order
from workbench.world.feeds.coins.found import Found, mapping, objects, part, text
from workbench.world.feeds.coins.pairs import PERPS, asked, listing, named, query, spelt
from workbench.world.feeds.endpoints import unkept
from workbench.world.feeds.nodes import Unfit, number_or_numeral, shown
from workbench.world.http.answers import Client
from workbench.world.http.decoding import as_json

SOURCE = "kraken_futures"
BASE = "https://futures.kraken.com"
HOSTS = ("futures.kraken.com", "demo-futures.kraken.com")

_SYMBOL = re.compile(r"(P[FI]|F[FI])_([A-Z0-9]+)USD(_\d+)?")
_FRAMES = {
    "1m": 1, "5m": 5, "15m": 15, "30m": 30, "1h": 60, "4h": 240, "12h": 720, "1d": 1440,
}  # fmt: skip
_BAR = Shape(
    start="time", clock="ms",
    fields={one: one for one in ("open", "high", "low", "close", "volume")},
)  # fmt: skip


def _own(coin: str, quote: str) -> str:
    return f"PF_{ {'BTC': 'XBT'}.get(coin, coin) }{quote}"


def _start(request: Request) -> tuple[Found, Request]:
    return Found(source=SOURCE, now=request.now), spelt(request, _own)


def _read(body: bytes, what: str) -> dict[str, object]:
    answer = mapping(as_json(body), what=what)
    if answer.get("result", "success") != "success":
        said = shown(answer.get("error", answer.get("errors")))
        raise FeedDark("refused", f"{what}: Kraken answered {said}.")
    return answer


def tickers(body: bytes, request: Request, _url: str) -> Delivered:
    """Every contract at the server's time; of those that count in dollars, what they are worth."""
    found, request = _start(request)
    answer = _read(body, "Kraken futures tickers")
    when = found.stamp("", answer, "serverTime", "iso")
    one = answer.get("ticker")
    table = [one] if one is not None else objects(answer, "tickers", what="Kraken futures tickers")
    for one in table if when else ():
        try:
            symbol = text(one, "symbol").upper()
        except Unfit as error:
            found.gap("", error.code, f"a ticker: {error.reason}", about="symbol")
            continue
        if asked(request, symbol) and when:
            _ticker(found, request, symbol, one, when)
    _missing(found, request, table)
    return found.delivered()


def _missing(found: Found, request: Request, table: list[object]) -> None:
    there = {str(one.get("symbol", "")).upper() for one in table if isinstance(one, dict)}
    for series in request.series:
        if named(request, series).upper() not in there:
            found.gap(series, "not_found", f"{named(request, series)} is not among the tickers")


def _ticker(
    found: Found, request: Request, symbol: str, one: object, when: tuple[dt.datetime, Basis]
) -> None:
    known = _SYMBOL.fullmatch(symbol)
    if known is None:
        found.gap(symbol, "no_unit", f"it cannot be told in what {symbol} counts")
        return
    if isinstance(one, dict) and one.get("suspended") is True:
        found.gap(symbol, "suspended", f"{symbol} is suspended")
    linear = known[1].endswith("F")
    mark, index = (_price(found, symbol, one, key) for key in ("markPrice", "indexPrice"))
    fields: dict[str, tuple[str, float]] = {
        "mark": ("markPrice", 1.0), "last": ("last", 1.0), "bid": ("bid", 1.0), "ask": ("ask", 1.0),
        "volume": ("volumeQuote", 1.0) if linear else ("vol24h", 1.0),
    }  # fmt: skip
    if not linear or mark > 0:
        fields["open_interest"] = ("openInterest", mark if linear else 1.0)
    if known[1].startswith("P") and index > 0:
        hourly = 1 / index if linear else index
        fields["funding"] = ("fundingRate", perps.per_eight(1) * hourly)
    if not (mark > 0 and index > 0):
        found.gap(symbol, "no_price", f"without mark and index {symbol} has no funding or worth")
    perps.state(found, request, symbol, one, fields, when, "USD")


def _price(found: Found, symbol: str, one: object, key: str) -> float:
    try:
        return number_or_numeral(part(one, key), key)
    except Unfit as error:
        found.gap(symbol, error.code, f"{symbol}: {error.reason}")
        return math.nan


def funding(body: bytes, request: Request, url: str) -> Delivered:
    """Rates that were charged: relative ones, fractions of one hour."""
    found, request = _start(request)
    symbol = query(url).get("symbol", "").upper()
    table = objects(_read(body, "Kraken funding"), "rates", what=f"Kraken funding of {symbol}")
    if not symbol:
        found.gap("", "no_symbol", "rates, and the address says not of which contract")
        return found.delivered()
    keys = ("timestamp", "relativeFundingRate")
    perps.paid(found, request, symbol, table, keys, "iso", every=1)
    return found.delivered()


def order_book(body: bytes, request: Request, url: str) -> Delivered:
    """Best bid and ask of an order book, at the server's time."""
    found, request = _start(request)
    symbol = query(url).get("symbol", "").upper()
    answer = _read(body, "Kraken futures order book")
    sides = mapping(answer, "orderBook", what="Kraken futures order book")
    if when := found.stamp(symbol, answer, "serverTime", "iso"):
        unit = "USD" if _SYMBOL.fullmatch(symbol) else ""
        levels = sides.get("bids"), sides.get("asks")
        linear = symbol.startswith(("PF_", "FF_"))
        book(found, request, symbol, levels, when, unit=unit, coins=linear, width=2)
    return found.delivered()


def charts(body: bytes, request: Request, url: str) -> Delivered:
    """Bars of a contract's trades; those of its mark or index price are not kept."""
    found, request = _start(request)
    asked_of = re.search(r"/api/charts/v1/(\w+)/(\w+)/(\w+)", url)
    table = objects(_read(body, "Kraken charts"), "candles", what="Kraken charts")
    if asked_of is None or asked_of[1] != "trade":
        found.gap("", "not_kept", "bars that are not of trades")
        return found.delivered()
    symbol, minutes = asked_of[2].upper(), _FRAMES.get(asked_of[3])
    length = dt.timedelta(minutes=minutes) if minutes else None
    unit = "USD" if _SYMBOL.fullmatch(symbol) else ""
    bars(found, request, symbol, table, _shape(symbol), length=length, unit=unit)
    return found.delivered()


def _shape(symbol: str) -> Shape:
    """Of contracts that are dollars, volumes are no coins, and stay away."""
    if symbol.startswith(("PF_", "FF_")):
        return _BAR
    return replace(
        _BAR, fields={name: key for name, key in _BAR.fields.items() if name != "volume"}
    )


def instruments(body: bytes, request: Request, _url: str) -> Delivered:
    """Which contracts there are, and whether those that were asked for are traded."""
    found, request = _start(request)
    answer, listed = _read(body, "Kraken futures instruments"), {}
    for one in objects(answer, "instruments", what="Kraken futures instruments"):
        try:
            listed[text(one, "symbol").upper()] = part(one, "tradeable") is True
        except Unfit as error:
            found.gap("", error.code, f"an instrument: {error.reason}", about="listing")
    listing(found, request, listed, "contracts of Kraken")
    return found.delivered()


other = unkept(
    SOURCE, "Another answer of Kraken futures", lambda body, _url: _read(body, "Kraken futures")
)

_V = "derivatives/api/v[34]"
ENDPOINTS = in_order(
    endpoint("tickers", f"{_V}/tickers(/[^/?]+)?", tickers, HOSTS),
    endpoint("funding", f"{_V}/historical-?funding-?rates", funding, HOSTS),
    endpoint("book", f"{_V}/orderbook", order_book, HOSTS),
    endpoint("instruments", f"{_V}/instruments", instruments, HOSTS),
    endpoint("charts", "api/charts/v1/.*", charts, HOSTS),
    endpoint("other", f"{_V}/(history|feeschedules|instruments/.*)", other, HOSTS),
)


def _calls(request: Request) -> Iterator[Call]:
    base = f"{request.base or BASE}/derivatives/api"
    yield Call(series=tuple(request.series), url=f"{base}/v3/tickers", parse=tickers)
    for series in request.series:
        yield Call(
            series=(series,), url=f"{base}/v3/historical-funding-rates",
            query={"symbol": named(request, series)}, parse=funding,
        )  # fmt: skip


async def fetch(client: Client, request: Request) -> Delivered:
    """What Kraken says of the contracts that the params name, or of BTC, ETH and SOL.

    Raises:
        FeedDark: Nothing of it came.
    """
    of = spelt(request, _own, request.series or PERPS)
    return await all_of(client, of, _calls(of))
