"""Deribit's perpetual swaps: funding, open interest, mark, volume, in dollars. Keyless.

Series: ``BTC-PERP`` is ``BTC-PERPETUAL`` and counts in dollars, ``SOLUSDC-PERP`` is
``SOL_USDC-PERPETUAL``. ``funding_8h`` and ``interest_8h`` are fractions of eight hours as they
are. Of inverse futures open interest counts dollars, of all others coins; options are priced in
their coin.
Source: https://docs.deribit.com/#public-ticker
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator

from workbench.domain.deliveries import Basis, Delivered, Request
from workbench.domain.errors import FeedDark
from workbench.world.feeds.coins import perps
from workbench.world.feeds.coins.bars import Shape, bars
from workbench.world.feeds.coins.calls import Call, all_of, endpoint, in_order
from workbench.world.feeds.coins.found import Found, mapping, objects, part, text
from workbench.world.feeds.coins.pairs import PERPS, asked, listing, named, query, spelt
from workbench.world.feeds.endpoints import unkept
from workbench.world.feeds.nodes import Unfit, shown
from workbench.world.http.answers import Client
from workbench.world.http.decoding import as_json

SOURCE = "deribit"
BASE = "https://www.deribit.com"
HOSTS = ("www.deribit.com", "deribit.com", "test.deribit.com", "drb.coinbase.com")

_Field = dict[str, tuple[str | int | tuple[str | int, ...], float]]
_SYMBOL = re.compile(r"([A-Z0-9]+)(?:_([A-Z]+))?-(PERPETUAL|\d{1,2}[A-Z]{3}\d\d(?:-[\dd]+-[CP])?)")
_ENVELOPE = {"jsonrpc", "result"}
_BAR = Shape(start="start", clock="ms", fields={
    one: one for one in ("open", "high", "low", "close", "volume")
})  # fmt: skip


def _own(coin: str, quote: str) -> str:
    return f"{coin}-PERPETUAL" if quote == "USD" else f"{coin}_{quote}-PERPETUAL"


def _start(request: Request) -> tuple[Found, Request]:
    return Found(source=SOURCE, now=request.now), spelt(request, _own)


def _result(body: bytes, what: str) -> object:
    answer = as_json(body)
    if isinstance(answer, dict) and answer.get("error"):
        said = answer["error"]
        said = said.get("message", said) if isinstance(said, dict) else said
        raise FeedDark("refused", f"{what}: Deribit answered {shown(said)}.")
    if isinstance(answer, list) or (isinstance(answer, dict) and not _ENVELOPE & answer.keys()):
        return answer  # recorded without its envelope
    try:
        return part(answer, "result")
    except Unfit as error:
        raise FeedDark("wrong_shape", f"{what}: {error.reason}") from error


def _unit(symbol: str) -> str:
    """In what a contract is priced: ``BTC_USDC-…`` in that coin, an option in its own, else USD."""
    known = _SYMBOL.fullmatch(symbol)
    if known is None:
        return ""
    coin, quote, kind = known.groups()
    return quote or (coin if kind.endswith(("-C", "-P")) else "USD")


def ticker(body: bytes, request: Request, _url: str) -> Delivered:
    """What Deribit says of one contract, with or without its order book."""
    found, request = _start(request)
    one = mapping(_result(body, "Deribit ticker"), what="Deribit ticker")
    try:
        symbol = text(one, "instrument_name")
    except Unfit as error:
        raise FeedDark("wrong_shape", f"Deribit ticker: {error.reason}") from error
    if when := found.stamp(symbol, one, "timestamp", "ms"):
        fields: _Field = {
            "mark": ("mark_price", 1.0), "last": ("last_price", 1.0),
            "bid": ("best_bid_price", 1.0), "ask": ("best_ask_price", 1.0),
        }  # fmt: skip
        _state(found, request, symbol, one, fields, when, ("stats", "volume_usd"))
    return found.delivered()


def summaries(body: bytes, request: Request, _url: str) -> Delivered:
    """What Deribit says of every contract of a currency."""
    found, request = _start(request)
    for one in objects(_result(body, "Deribit summaries"), what="Deribit summaries"):
        try:
            symbol = text(one, "instrument_name")
        except Unfit as error:
            found.gap("", error.code, f"a summary: {error.reason}", about="symbol")
            continue
        if asked(request, symbol) and (
            when := found.stamp(symbol, one, "creation_timestamp", "ms")
        ):
            fields: _Field = {
                "mark": ("mark_price", 1.0), "last": ("last", 1.0), "bid": ("bid_price", 1.0),
                "ask": ("ask_price", 1.0),
            }  # fmt: skip
            _state(found, request, symbol, one, fields, when, ("volume_usd",))
    return found.delivered()


def _state(
    found: Found, request: Request, symbol: str, one: object, fields: _Field,
    when: tuple[dt.datetime, Basis], volume: tuple[str | int, ...],
) -> None:  # fmt: skip
    unit = _unit(symbol)
    dollars = unit == "USD"
    fields["open_interest" if dollars else "open_interest_coins"] = ("open_interest", 1.0)
    if symbol.endswith("PERPETUAL"):
        fields["funding"] = ("funding_8h", 1.0)
        if dollars:
            fields["volume"] = (volume, 1.0)
    perps.state(found, request, symbol, one, fields, when, unit)


def funding(body: bytes, request: Request, url: str) -> Delivered:
    """Funding by the hour, each rate for the eight hours that end with it."""
    found, request = _start(request)
    symbol = query(url).get("instrument_name", "")
    table = objects(_result(body, "Deribit funding"), what=f"Deribit funding of {symbol}")
    if not symbol:
        found.gap("", "no_symbol", "rates, and the address says not of which contract")
        return found.delivered()
    perps.paid(found, request, symbol, table, ("timestamp", "interest_8h"), "ms", every=8)
    return found.delivered()


def chart(body: bytes, request: Request, url: str) -> Delivered:
    """Bars, which come as one list for each field; lists of other lengths are no bars."""
    found, request = _start(request)
    result = mapping(_result(body, "Deribit chart"), what="Deribit chart")
    if result.get("status") == "no_data":
        raise FeedDark("empty", "Deribit chart: it says no_data.")
    columns = {
        name: objects(result, key, what=f"Deribit chart, {key}")
        for name, key in {"start": "ticks", **_BAR.fields}.items()
        if isinstance(key, str)
    }
    if len({len(column) for column in columns.values()}) != 1:
        counts = ", ".join(f"{name} {len(column)}" for name, column in columns.items())
        raise FeedDark("unequal_lengths", f"Deribit chart: its lists differ in length: {counts}.")
    table: list[object] = [
        dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)
    ]
    symbol, frame = query(url).get("instrument_name", ""), query(url).get("resolution", "")
    if not symbol:
        found.gap("", "no_symbol", f"{len(table)} bars, and the address says not of what")
        return found.delivered()
    minutes = 1440 if frame == "1D" else int(frame) if re.fullmatch("[1-9][0-9]{0,4}", frame) else 0
    length = dt.timedelta(minutes=minutes) if minutes else None
    bars(found, request, symbol, table, _BAR, length=length, unit=_unit(symbol))
    return found.delivered()


def instruments(body: bytes, request: Request, _url: str) -> Delivered:
    """Which contracts there are, and whether those that were asked for are traded."""
    found, request = _start(request)
    result, listed = _result(body, "Deribit instruments"), {}
    table = [result] if isinstance(result, dict) else result
    for one in objects(table, what="Deribit instruments"):
        try:
            listed[text(one, "instrument_name")] = part(one, "is_active") is True
        except Unfit as error:
            found.gap("", error.code, f"an instrument: {error.reason}", about="listing")
    listing(found, request, listed, "contracts of Deribit")
    return found.delivered()


other = unkept(SOURCE, "Another answer", lambda body, _url: _result(body, "Deribit"))

_V = "api/v2/public"
ENDPOINTS = in_order(
    endpoint("ticker", f"{_V}/(ticker|get_order_book)", ticker, HOSTS),
    endpoint("summaries", f"{_V}/get_book_summary_by_(currency|instrument)", summaries, HOSTS),
    endpoint("funding", f"{_V}/get_funding_rate_history", funding, HOSTS),
    endpoint("chart", f"{_V}/get_tradingview_chart_data", chart, HOSTS),
    endpoint("instruments", f"{_V}/get_instruments?", instruments, HOSTS),
    endpoint("other", f"{_V}/[a-z_0-9]+", other, HOSTS),
)


def _calls(request: Request) -> Iterator[Call]:
    base = f"{request.base or BASE}/api/v2/public"
    end = int(request.now.timestamp() * 1000)
    start = max(int(request.since.timestamp() * 1000), end - 30 * 86_400_000)
    for series in request.series:
        of = {"instrument_name": named(request, series)}
        past = {**of, "start_timestamp": str(start), "end_timestamp": str(end)}
        yield Call(series=(series,), url=f"{base}/ticker", query=of, parse=ticker)
        rates = f"{base}/get_funding_rate_history"
        yield Call(series=(series,), url=rates, query=past, parse=funding)


async def fetch(client: Client, request: Request) -> Delivered:
    """What Deribit says of the contracts that the params name, or of the swaps of BTC and ETH.

    Raises:
        FeedDark: Nothing of it came.
    """
    of = spelt(request, _own, request.series or PERPS[:2])
    return await all_of(client, of, _calls(of))
