"""Hyperliquid's perpetual swaps: funding, open interest, mark, volume. Keyless, one address.

Series: ``BTCUSDT-PERP`` is the coin ``BTC``: its contracts are priced in tether and settled in
USDC, without any conversion. ``BTC-PERP`` under the name ``BTC`` gets the funding alone, a
fraction in any currency. Funding is charged every hour. The answers do not repeat the question:
each is known by its shape.
Source: https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/info-endpoint
"""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Iterator, Mapping

from workbench.domain.deliveries import Basis, Delivered, Request
from workbench.domain.errors import FeedDark
from workbench.world.feeds.coins import perps
from workbench.world.feeds.coins.bars import Shape, bars, book
from workbench.world.feeds.coins.calls import Call, all_of, endpoint
from workbench.world.feeds.coins.found import Found, objects, part, text, wide
from workbench.world.feeds.coins.pairs import asked, named, spelt
from workbench.world.feeds.nodes import Unfit, number_or_numeral
from workbench.world.http.answers import Client
from workbench.world.http.decoding import as_json

SOURCE = "hyperliquid"
BASE = "https://api.hyperliquid.xyz"
HOSTS = ("api.hyperliquid.xyz", "api.hyperliquid-testnet.xyz")
DEFAULT = ("BTCUSDT-PERP", "ETHUSDT-PERP", "SOLUSDT-PERP")

# "The only USDC-denominated perpetual contracts are PURR-USD and HYPE-USD", says its page on
# contracts; every other one is priced in tether.
_IN_USDC = frozenset({"PURR", "HYPE"})
_BAR = Shape(
    start="t", clock="ms",
    fields={"open": "o", "high": "h", "low": "l", "close": "c", "volume": "v"},
)  # fmt: skip
_FRAMES = {
    "1m": 1, "3m": 3, "5m": 5, "15m": 15, "30m": 30, "1h": 60, "2h": 120, "4h": 240, "8h": 480,
    "12h": 720, "1d": 1440, "3d": 4320, "1w": 10080,
}  # fmt: skip


def _own(coin: str, _quote: str) -> str:
    return coin


def _unit(coin: str) -> str:
    if not coin.isalnum():
        return ""  # of spot, @107 and PURR/USDC, or of another exchange on it, xyz:TSLA
    return "USDC" if coin in _IN_USDC else "USDT"


def info(body: bytes, request: Request, _url: str) -> Delivered:
    """Any answer of the one address: states of all contracts, rates, bars, an order book."""
    found = Found(source=SOURCE, now=request.now)
    request, answer = spelt(request, _own), as_json(body)
    if isinstance(answer, dict) and "levels" in answer:
        _book(found, request, answer)
    elif isinstance(answer, dict) and answer and "universe" not in answer:
        found.gap("", "not_kept", f"an object of {len(answer)} entries: mid prices are not kept")
    elif isinstance(answer, dict):
        table = objects(answer, "universe", what="Hyperliquid contracts")
        found.gap("", "not_kept", f"the list of {len(table)} contracts")
    else:
        _table(found, request, objects(answer, what="Hyperliquid"))
    return found.delivered()


def _table(found: Found, request: Request, table: list[object]) -> None:
    first = table[0]
    if len(table) == 2 and isinstance(first, Mapping) and "universe" in first:
        _states(found, request, first, table[1])
    elif isinstance(first, Mapping) and {"T", "o", "c"} & first.keys():
        _bars(found, request, table)
    elif isinstance(first, Mapping) and {"fundingRate", "premium"} & first.keys():
        _funding(found, request, table)
    elif isinstance(first, Mapping | list):
        found.gap("", "not_kept", f"a list of {len(table)} that is none of what the desk asks for")
    else:
        raise FeedDark("wrong_shape", "Hyperliquid: neither states nor rates nor bars.")


def _states(found: Found, request: Request, meta: Mapping[str, object], contexts: object) -> None:
    universe = objects(meta, "universe", what="Hyperliquid contracts")
    states = objects(contexts, what="Hyperliquid states")
    if len(universe) != len(states):
        raise FeedDark(
            "unequal_lengths", f"Hyperliquid: {len(universe)} contracts and {len(states)} states."
        )
    there = set()
    for contract, one in zip(universe, states, strict=True):
        try:
            coin = text(contract, "name")
        except Unfit as error:
            found.gap("", error.code, f"a contract: {error.reason}", about="name")
            continue
        there.add(coin)
        if asked(request, coin):
            if isinstance(contract, dict) and contract.get("isDelisted") is True:
                found.gap(coin, "delisted", f"{coin} is not traded any more")
            else:
                _state(found, request, coin, one, (request.now, "seen"))
    for series in request.series:
        if (name := named(request, series)) not in there:
            found.gap(series, "not_found", f"{name} is not among the contracts")


def _state(
    found: Found, request: Request, coin: str, one: object, when: tuple[dt.datetime, Basis]
) -> None:
    fields: dict[str, tuple[str, float]] = {
        "funding": ("funding", perps.per_eight(1)), "mark": ("markPx", 1.0),
        "volume": ("dayNtlVlm", 1.0),
    }  # fmt: skip
    try:
        mark = number_or_numeral(part(one, "markPx"), "markPx")
    except Unfit:
        mark = math.nan  # what is wrong with it is said of the field itself
    if mark > 0:
        fields["open_interest"] = ("openInterest", mark)  # it counts coins
    else:
        found.gap(coin, "no_price", f"without a mark price the open coins of {coin} have no worth")
    perps.state(found, request, coin, one, fields, when, _unit(coin))


def _funding(found: Found, request: Request, table: list[object]) -> None:
    rates: dict[str, list[object]] = {}
    for one in table:
        try:
            rates.setdefault(text(one, "coin"), []).append(one)
        except Unfit as error:
            found.gap("", error.code, f"a rate: {error.reason}", about="coin")
    for coin, of in rates.items():
        perps.paid(found, request, coin, of, ("time", "fundingRate"), "ms", every=1)


def _bars(found: Found, request: Request, table: list[object]) -> None:
    try:
        coin, frame = text(table[0], "s"), text(table[0], "i")
    except Unfit as error:
        raise FeedDark("wrong_shape", f"Hyperliquid bars: {error.reason}") from error
    same = [one for one in table if isinstance(one, dict) and one.get("s") == coin]
    if len(same) < len(table):
        found.gap(coin, "other_symbol", f"{len(table) - len(same)} bars are of another coin")
    minutes = _FRAMES.get(frame)
    length = dt.timedelta(minutes=minutes) if minutes else None
    bars(found, request, coin, same, _BAR, length=length, unit=_unit(coin))


def _book(found: Found, request: Request, answer: dict[str, object]) -> None:
    try:
        coin = text(answer, "coin")
        levels = wide(part(answer, "levels"), 2)
        sides = part(levels, 0), part(levels, 1)
    except Unfit as error:
        raise FeedDark("wrong_shape", f"Hyperliquid order book: {error.reason}") from error
    if when := found.stamp(coin, answer, "time", "ms"):
        book(found, request, coin, sides, when, keys=("px", "sz"), unit=_unit(coin))


ENDPOINTS = (endpoint("info", "info", info, HOSTS),)


def _calls(request: Request) -> Iterator[Call]:
    of, headers = f"{request.base or BASE}/info", {"Content-Type": "application/json"}
    start = max(request.since, request.now - dt.timedelta(hours=500))  # what one answer holds
    yield Call(
        series=tuple(request.series), url=of, parse=info, headers=headers,
        body=json.dumps({"type": "metaAndAssetCtxs"}).encode(),
    )  # fmt: skip
    for series in request.series:
        question = {
            "type": "fundingHistory", "coin": named(request, series),
            "startTime": int(start.timestamp() * 1000),
        }  # fmt: skip
        yield Call(
            series=(series,), url=of, parse=info, headers=headers,
            body=json.dumps(question).encode(),
        )  # fmt: skip


async def fetch(client: Client, request: Request) -> Delivered:
    """What Hyperliquid says of the coins that the params name, or of BTC, ETH and SOL.

    Raises:
        FeedDark: Nothing of it came.
    """
    of = spelt(request, _own, request.series or DEFAULT)
    return await all_of(client, of, _calls(of))
