"""CoinGecko: a second source for prices, volumes over all venues, and the size of the market.

Series: of ``BTC-USD`` named ``bitcoin`` the last price, of ``BTC`` named ``bitcoin`` the volume
and the market's value, of ``CRYPTO`` the whole market. Keyless at a low rate, or with a demo key;
its terms ask for attribution. Prices are averages over venues, in dollars.
Source: https://docs.coingecko.com/reference/coins-markets
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import replace

from workbench.domain.deliveries import Basis, Delivered, Request
from workbench.domain.errors import FeedDark
from workbench.world.feeds.coins.calls import Call, all_of, endpoint, in_order
from workbench.world.feeds.coins.found import Found, mapping, objects, text
from workbench.world.feeds.coins.pairs import currency, query
from workbench.world.feeds.endpoints import unkept
from workbench.world.feeds.nodes import Unfit, shown
from workbench.world.http.answers import Client, Key
from workbench.world.http.decoding import as_json

SOURCE = "coingecko"
BASE = "https://api.coingecko.com"
HOSTS = ("api.coingecko.com", "pro-api.coingecko.com")
KEY = Key(env="COINGECKO_API_KEY", header="x-cg-demo-api-key")
MARKET = "CRYPTO"
IDS = {"BTC": "bitcoin", "ETH": "ethereum", "SOL": "solana"}


def _read(body: bytes, what: str) -> object:
    answer = as_json(body)
    if isinstance(answer, dict):
        status = answer.get("status")
        said = answer.get("error") or (
            status.get("error_message") if isinstance(status, dict) else ""
        )
        if said:
            raise FeedDark("refused", f"{what}: CoinGecko answered {shown(said)}.")
    return answer


def _found(request: Request) -> Found:
    return Found(source=SOURCE, now=request.now)


def _name(series: str, name: str) -> str:
    return IDS.get(series.removesuffix("-USD"), name) if series == name else name


def _of(request: Request, coin: str) -> tuple[str, ...]:
    if not request.series:
        return (coin,)
    return tuple(one for one, name in request.series.items() if _name(one, name) == coin)


def _dollars(url: str, key: str) -> None:
    asked = query(url).get(key, "usd").lower()
    if asked != "usd":
        raise FeedDark("other_unit", f"CoinGecko: prices in {asked}, wanted usd.")


def markets(body: bytes, request: Request, url: str) -> Delivered:
    """Price, volume and value of each coin, at its own time where it states one."""
    _dollars(url, "vs_currency")
    found, there = _found(request), set()
    for one in objects(_read(body, "CoinGecko's markets"), what="CoinGecko's markets"):
        try:
            coin = text(one, "id")
        except Unfit as error:
            found.gap("", error.code, f"a coin: {error.reason}", about="id")
            continue
        there.add(coin)
        for series in _of(request, coin):
            if when := _when(found, series, one, "last_updated"):
                _coin(found, request, series, one, when)
    for series, name in request.series.items():
        if series != MARKET and _name(series, name) not in there:
            found.gap(series, "not_found", f"{_name(series, name)} is not among the coins")
    return found.delivered()


def _when(
    found: Found, series: str, one: object, key: str
) -> tuple[dt.datetime, Basis] | None:  # fmt: skip
    if isinstance(one, dict) and one.get(key) is None:
        found.gap("", "no_time", "prices without a time, dated by the pull", about="time")
        return found.now, "seen"
    return found.stamp(series, one, key, "iso")


def _coin(
    found: Found, request: Request, series: str, one: object, when: tuple[dt.datetime, Basis]
) -> None:
    at, basis = when
    of = currency(series) if request.series else ""
    if of == "USD" or not request.series:
        found.take(series, "last", one, "current_price", at, "USD", basis)
    if not of:
        found.take(series, "volume_usd", one, "total_volume", at, "USD a day", basis)
        found.take(series, "market_cap", one, "market_cap", at, "USD", basis)
    elif of != "USD":
        found.gap(series, "other_unit", f"{series} is in {of}, got dollars")


def _in_dollars(request: Request, series: str) -> bool:
    return not request.series or currency(series) == "USD"


def whole(body: bytes, request: Request, _url: str) -> Delivered:
    """Value and volume of all coins, and bitcoin's share."""
    found = _found(request)
    data = mapping(_read(body, "CoinGecko's market"), "data", what="CoinGecko's market")
    if request.series and MARKET not in request.series:
        found.gap(MARKET, "not_asked", "the whole market was not asked for")
    elif when := found.stamp(MARKET, data, "updated_at", "s"):
        for name, keys, unit in (
            ("market_cap", ("total_market_cap", "usd"), "USD"),
            ("volume_usd", ("total_volume", "usd"), "USD a day"),
            ("btc_share", ("market_cap_percentage", "btc"), "%"),
        ):
            found.take(MARKET, name, data, keys, when[0], unit, when[1])
    return found.delivered()


def simple(body: bytes, request: Request, _url: str) -> Delivered:
    """Prices by coin."""
    found = _found(request)
    for coin, one in mapping(_read(body, "CoinGecko's prices"), what="CoinGecko's prices").items():
        for series in _of(request, coin):
            if isinstance(one, dict) and "last_updated_at" in one:
                when = found.stamp(series, one, "last_updated_at", "s")
            else:
                when = _when(found, series, one, "last_updated_at")
            if when and _in_dollars(request, series):
                found.take(series, "last", one, "usd", when[0], "USD", when[1])
    return found.delivered()


def history(body: bytes, request: Request, url: str) -> Delivered:
    """Prices of one coin over time."""
    _dollars(url, "vs_currency")
    found = _found(request)
    coin = re.search(r"/coins/([^/?]+)/market_chart", url)
    answer = mapping(_read(body, "CoinGecko's history"), what="CoinGecko's history")
    table = objects(answer, "prices", what="CoinGecko's history")
    for series in _of(request, coin[1] if coin else ""):
        for one in table:
            if not isinstance(one, list) or len(one) != 2:
                found.gap(series, "wrong_shape", f"a price is {shown(one)}", about="price")
                continue
            when = found.stamp(series, one, 0, "ms")
            if when and _in_dollars(request, series):
                found.take(series, "last", one, 1, when[0], "USD", when[1])
    return found.delivered()


other = unkept(SOURCE, "Another answer", lambda body, _url: _read(body, "CoinGecko"))

_V = "api/v3"
ENDPOINTS = in_order(
    endpoint("markets", f"{_V}/coins/markets", markets, HOSTS),
    endpoint("whole market", f"{_V}/global", whole, HOSTS),
    endpoint("simple", f"{_V}/simple/price", simple, HOSTS),
    endpoint("history", f"{_V}/coins/[^/?]+/market_chart(/range)?", history, HOSTS),
    endpoint(
        "other", f"{_V}/(search.*|coins.*|ping|simple/.*|exchanges.*|global/.*)", other, HOSTS
    ),
)


def _calls(request: Request) -> Iterator[Call]:
    base = f"{request.base or BASE}/api/v3"
    coins = {_name(one, name): one for one, name in request.series.items() if one != MARKET}
    if coins:
        asked = {"vs_currency": "usd", "ids": ",".join(coins)}
        yield Call(
            series=tuple(one for one in request.series if one != MARKET),
            url=f"{base}/coins/markets", query=asked, parse=markets, key=KEY,
        )  # fmt: skip
    if MARKET in request.series:
        yield Call(series=(MARKET,), url=f"{base}/global", parse=whole, key=KEY)


async def fetch(client: Client, request: Request) -> Delivered:
    """What CoinGecko says of the coins that the params name, or of BTC, ETH, SOL and all.

    Raises:
        FeedDark: Nothing of it came.
    """
    if not request.series:
        named = {f"{coin}{end}": one for coin, one in IDS.items() for end in ("", "-USD")}
        request = replace(request, series={**named, MARKET: MARKET})
    return await all_of(client, request, _calls(request))
