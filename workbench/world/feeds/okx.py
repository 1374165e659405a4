"""OKX's perpetual swaps and spot: funding, open interest, mark, bars and quotes. Keyless.

Series: ``BTC-PERP`` is ``BTC-USD-SWAP``, ``BTCUSDT-PERP`` is ``BTC-USDT-SWAP``; ``BTCUSDT`` and
``BTCUSDT@1h`` are spot. A rate says when it was charged and when the next one is: that is its
period. Daily bars are asked as ``1Dutc``: OKX's own day is Hong Kong's.
Source: https://www.okx.com/docs-v5/en/#public-data-rest-api
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from workbench.domain.deliveries import Delivered, Request
from workbench.domain.errors import FeedDark
from workbench.world.feeds.coins import perps
from workbench.world.feeds.coins.bars import bars, book, quotes, row
from workbench.world.feeds.coins.calls import Call, all_of, endpoint, in_order
from workbench.world.feeds.coins.found import Found, mapping, moment, objects, part, text
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

SOURCE = "okx"
BASE = "https://www.okx.com"
HOSTS = ("www.okx.com", "okx.com", "aws.okx.com", "eea.okx.com", "us.okx.com")

# Of spot the first of three volumes counts coins, of swaps the second.
_SPOT_BAR = row("start open high low close volume turnover value confirmed", "ms")
_SWAP_BAR = row("start open high low close contracts volume value confirmed", "ms")
_FRAMES = {
    "1m": 1, "3m": 3, "5m": 5, "15m": 15, "30m": 30, "1H": 60, "2H": 120, "4H": 240,
    "6Hutc": 360, "12Hutc": 720, "1Dutc": 1440,
}  # fmt: skip


def _own(coin: str, quote: str) -> str:
    return f"{coin}-{quote}-SWAP"


def _start(request: Request) -> tuple[Found, Request]:
    return Found(source=SOURCE, now=request.now), spelt(request, _own)


def _data(body: bytes, what: str) -> list[object]:
    answer = mapping(as_json(body), what=what)
    if answer.get("code") != "0":
        said = f"{shown(answer.get('code'))}, {shown(answer.get('msg'))}"
        raise FeedDark("refused", f"{what}: OKX answered {said}.")
    return objects(answer, "data", what=what)


def _unit(symbol: str) -> str:
    parts = symbol.split("-")
    return parts[1] if len(parts) > 1 else ""


def _each(found: Found, body: bytes, what: str) -> Iterator[tuple[str, object]]:
    for one in _data(body, what):
        try:
            yield text(one, "instId"), one
        except Unfit as error:
            found.gap("", error.code, f"{what}: {error.reason}", about="symbol")


def tickers(body: bytes, request: Request, _url: str) -> Delivered:
    """Best bid and ask and the last price; of spot, the volume of 24 hours besides."""
    found, request = _start(request)
    for symbol, one in _each(found, body, "OKX tickers"):
        if not asked(request, symbol):
            continue
        fields = {"bid": "bidPx", "ask": "askPx", "last": "last"}
        # Of a swap, volCcy24h counts coins, and vol24h contracts; of spot, vol24h counts coins.
        spot = pair(symbol) is not None
        fields["volume_24h"] = "vol24h" if spot else "volCcy24h"
        if when := found.stamp(symbol, one, "ts", "ms"):
            quotes(found, request, symbol, one, fields, when, unit=_unit(symbol))
    return found.delivered()


def candles(body: bytes, request: Request, url: str) -> Delivered:
    """Bars; those that OKX marks as not confirmed are still open."""
    found, request = _start(request)
    symbol, frame = query(url).get("instId", ""), query(url).get("bar", "1m")
    table = []
    for one in _data(body, f"OKX candles of {symbol or 'no symbol'}"):
        try:
            confirmed = part(one, 8)
        except Unfit as error:
            found.gap(symbol, error.code, f"a bar: {error.reason}", about="confirm")
            continue
        if confirmed == "1":
            table.append(one)
        elif confirmed != "0":
            found.gap(symbol, "wrong_type", f"confirmed is {shown(confirmed)}", about="confirm")
    if not symbol:
        found.gap("", "no_symbol", f"{len(table)} bars, and the address says not of what")
        return found.delivered()
    minutes = _FRAMES.get(frame)
    if minutes is None:
        found.gap(symbol, "other_period", f"bars of {frame} are not kept")
        return found.delivered()
    shape = _SPOT_BAR if pair(symbol) else _SWAP_BAR
    length = dt.timedelta(minutes=minutes)
    bars(found, request, symbol, table, shape, length=length, unit=_unit(symbol))
    return found.delivered()


def funding_now(body: bytes, request: Request, _url: str) -> Delivered:
    """The rate of the period that runs, over the hours from its charge to the next one."""
    found, request = _start(request)
    for symbol, one in _each(found, body, "OKX funding"):
        try:
            charged, next_ = (
                moment(part(one, key), "ms") for key in ("fundingTime", "nextFundingTime")
            )
            hours = perps.hours((next_ - charged) / dt.timedelta(hours=1))
        except Unfit as error:
            found.gap(symbol, "no_period", f"period of funding: {error.reason}")
            continue
        when = found.stamp(symbol, one, "ts", "ms")
        if when:
            fields = {"funding": ("fundingRate", perps.per_eight(hours))}
            perps.state(found, request, symbol, one, fields, when, _unit(symbol))
    return found.delivered()


def funding(body: bytes, request: Request, url: str) -> Delivered:
    """Rates that were charged."""
    found, request = _start(request)
    rates: dict[str, list[object]] = {}
    for symbol, one in _each(found, body, "OKX funding"):
        rates.setdefault(symbol, []).append(one)
    every = [one for table in rates.values() for one in table]
    charged = all(isinstance(one, dict) and "realizedRate" in one for one in every)
    keys = ("fundingTime", "realizedRate" if charged else "fundingRate")
    perps.paid_of_each(found, request, rates, query(url).get("instId", ""), keys, "ms")
    return found.delivered()


def open_interest(body: bytes, request: Request, _url: str) -> Delivered:
    """Open interest in dollars by OKX's own reckoning, and in coins."""
    found, request = _start(request)
    for symbol, one in _each(found, body, "OKX open interest"):
        if not asked(request, symbol):
            continue
        if when := found.stamp(symbol, one, "ts", "ms"):
            coins = {"open_interest_coins": ("oiCcy", 1.0)}
            perps.state(found, request, symbol, one, coins, when, _unit(symbol))
            for series in asked(request, symbol):
                if _unit(symbol) == "USD":
                    found.take(series, "open_interest", one, "oiUsd", when[0], "USD", when[1])
    return found.delivered()


def mark(body: bytes, request: Request, _url: str) -> Delivered:
    """Mark prices."""
    found, request = _start(request)
    for symbol, one in _each(found, body, "OKX mark prices"):
        if asked(request, symbol) and (when := found.stamp(symbol, one, "ts", "ms")):
            fields = {"mark": ("markPx", 1.0)}
            perps.state(found, request, symbol, one, fields, when, _unit(symbol))
    return found.delivered()


def order_book(body: bytes, request: Request, url: str) -> Delivered:
    """Best bid and ask of an order book; of a swap, sizes count contracts and are left out."""
    found, request = _start(request)
    symbol, one = query(url).get("instId", ""), _data(body, "OKX order book")[0]
    if not symbol or pair(symbol) is None:
        found.gap(symbol, "not_kept", "an order book of no pair")
        return found.delivered()
    if when := found.stamp(symbol, one, "ts", "ms"):
        sides = mapping(one, what="OKX order book")
        book(found, request, symbol, (sides.get("bids"), sides.get("asks")), when, width=4)
    return found.delivered()


def trades(body: bytes, request: Request, _url: str) -> Delivered:
    """The last of the trades: its price, at its own time; newest first."""
    found, request = _start(request)
    for symbol, one in list(_each(found, body, "OKX trades"))[:1]:
        if when := found.stamp(symbol, one, "ts", "ms"):
            quotes(found, request, symbol, one, {"last": "px"}, when, unit=_unit(symbol))
    return found.delivered()


def listed(body: bytes, request: Request, _url: str) -> Delivered:
    """Which instruments there are, and whether those that were asked for are traded."""
    found, request = _start(request)
    there = {}
    for symbol, one in _each(found, body, "OKX instruments"):
        there[symbol] = isinstance(one, dict) and one.get("state") == "live"
    listing(found, request, there, "instruments of OKX")
    return found.delivered()


other = unkept(SOURCE, "Another answer", lambda body, _url: _data(body, "OKX"))

_M, _P = "api/v5/market", "api/v5/public"
ENDPOINTS = in_order(
    endpoint("tickers", f"{_M}/tickers?", tickers, HOSTS),
    endpoint("candles", f"{_M}/(history-)?candles", candles, HOSTS),
    endpoint("book", f"{_M}/books(-full|-lite)?", order_book, HOSTS),
    endpoint("trades", f"{_M}/(history-)?trades", trades, HOSTS),
    endpoint("funding now", f"{_P}/funding-rate", funding_now, HOSTS),
    endpoint("funding", f"{_P}/funding-rate-history", funding, HOSTS),
    endpoint("open interest", f"{_P}/open-interest", open_interest, HOSTS),
    endpoint("mark", f"{_P}/mark-price", mark, HOSTS),
    endpoint("instruments", f"{_P}/instruments", listed, HOSTS),
    endpoint("other", "api/v5/(market|public|rubik)/[^?]+", other, HOSTS),
)


def _calls(request: Request) -> Iterator[Call]:
    base = f"{request.base or BASE}/api/v5"
    frames = {minutes: frame for frame, minutes in _FRAMES.items()}
    for series in request.series:
        symbol, quoted = named(request, series), pair(named(request, series))
        if series.endswith("-PERP"):
            of = {"instId": symbol}
            kind = {"instType": "SWAP", **of}
            for path, parse, asked_of in (
                ("public/funding-rate-history", funding, {**of, "limit": "100"}),
                ("public/funding-rate", funding_now, of),
                ("public/open-interest", open_interest, kind),
                ("public/mark-price", mark, kind),
                ("market/ticker", tickers, of),
            ):
                yield Call(series=(series,), url=f"{base}/{path}", query=asked_of, parse=parse)
            continue
        of = {"instId": quoted.written("-") if quoted else symbol}
        frame = frames.get(int(length_of(series) / dt.timedelta(minutes=1)), "1Dutc")
        past = {**of, "bar": frame, "limit": "300"}
        yield Call(series=(series,), url=f"{base}/market/candles", query=past, parse=candles)
        if "@" not in series:
            yield Call(series=(series,), url=f"{base}/market/ticker", query=of, parse=tickers)


async def fetch(client: Client, request: Request) -> Delivered:
    """What OKX says of the series that the params name, or of the swaps of BTC, ETH and SOL.

    Raises:
        FeedDark: Nothing of it came.
    """
    of = spelt(request, _own, request.series or PERPS)
    return await all_of(client, of, _calls(of))
