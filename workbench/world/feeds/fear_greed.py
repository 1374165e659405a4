"""Two indices of fear and greed, points of 100: of coins by alternative.me, of shares by CNN.

Series: ``CRYPTO_FNG`` and ``CNN_FNG``. The first is published for a day that begins; the second
moves all day: its history has one value a day, stamped with the start of that day, and today's.
CNN's address is no promised interface and refuses what does not look like a browser.
Source: https://alternative.me/crypto/fear-and-greed-index/, https://edition.cnn.com/markets/fear-and-greed
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from workbench.domain.deliveries import Delivered, Request
from workbench.domain.errors import FeedDark
from workbench.world.feeds.coins.calls import Call, all_of, endpoint
from workbench.world.feeds.coins.found import Found, mapping, objects, within
from workbench.world.feeds.nodes import Unfit, shown
from workbench.world.http.answers import Client
from workbench.world.http.decoding import as_json

SOURCE = "fear_greed"
COINS, SHARES = "CRYPTO_FNG", "CNN_FNG"
BASE = "https://api.alternative.me"
CNN = "https://production.dataviz.cnn.io"
UNIT = "points of 100"

_BROWSER = {"Accept": "application/json", "Referer": "https://edition.cnn.com/"}


def coins(body: bytes, request: Request, _url: str) -> Delivered:
    """The index of coins: of each day, stamped with its start, at which it is published."""
    found = Found(source=f"{SOURCE}.alternative", now=request.now)
    answer = mapping(as_json(body), what="alternative.me")
    meta = answer.get("metadata")
    if isinstance(meta, dict) and meta.get("error"):
        raise FeedDark("refused", f"alternative.me answered {shown(meta['error'])}.")
    for one in objects(answer, "data", what="alternative.me"):
        if when := found.stamp(COINS, one, "timestamp", "s"):
            found.take(COINS, "value", one, "value", when[0], UNIT)
    return found.delivered()


def shares(body: bytes, request: Request, _url: str) -> Delivered:
    """The index of shares: its history, and its state at the moment that it names."""
    found = Found(source=f"{SOURCE}.cnn", now=request.now)
    answer = mapping(as_json(body), what="CNN")
    seen = _history(found, answer)
    for start, one in sorted(seen.items()):
        if start + dt.timedelta(days=1) <= request.now:
            end = start + dt.timedelta(days=1)
            found.take(SHARES, "value", one, "y", end, UNIT)
    state = answer.get("fear_and_greed")
    if when := found.stamp(SHARES, state, "timestamp", "iso"):
        found.take(SHARES, "value", state, "score", when[0], UNIT, when[1])
    if not found.rows:
        raise FeedDark("wrong_shape", "CNN: neither a history nor a state of the index.")
    return found.delivered()


def _history(found: Found, answer: dict[str, object]) -> dict[dt.datetime, object]:
    """The start of each day of the history to its entry; the newest may be of no day's start."""
    seen: dict[dt.datetime, object] = {}
    try:
        table = within(answer, "fear_and_greed_historical", "data")
    except Unfit as error:
        found.gap(SHARES, error.code, f"history: {error.reason}")
        return seen
    if not isinstance(table, list) or not table:
        found.gap(SHARES, "empty", f"history: expected days, got {shown(table)}")
        return seen
    torn = set()
    for one in table:
        when = found.stamp(SHARES, one, "x", "ms")
        if when is None:
            continue
        if when[0].timestamp() % 86_400:
            if one is not table[-1]:
                found.gap(SHARES, "off_grid", f"a day starts at {when[0]}", about="grid")
            continue
        if when[0] in seen and seen[when[0]] != one:
            found.gap(SHARES, "conflict", f"two values of {when[0]:%Y-%m-%d}", about="twice")
            torn.add(when[0])
        seen[when[0]] = one
    return {start: one for start, one in seen.items() if start not in torn}


ENDPOINTS = (
    endpoint("coins", "fng", coins, ("api.alternative.me",)),
    endpoint(
        "shares", "index/fearandgreed/(graphdata|current)(/[^/?]+)?", shares,
        ("production.dataviz.cnn.io",),
    ),
)  # fmt: skip


def _calls(request: Request) -> Iterator[Call]:
    days = max(2, (request.now - request.since).days + 1)
    for series in request.series or (COINS, SHARES):
        if series == COINS:
            asked = {"limit": str(days), "format": "json"}
            of = f"{request.base or BASE}/fng/"
            yield Call(series=(series,), url=of, query=asked, parse=coins)
        elif series == SHARES:
            base = request.options.get("cnn", CNN)
            of = f"{base}/index/fearandgreed/graphdata/{request.since:%Y-%m-%d}"
            yield Call(series=(series,), url=of, parse=shares, headers=_BROWSER)


async def fetch(client: Client, request: Request) -> Delivered:
    """Both indices, or the one that the params name.

    Args:
        client: Asks.
        request: ``base`` stands for alternative.me's address, the option ``cnn`` for CNN's.

    Raises:
        FeedDark: Nothing of it came.
    """
    return await all_of(client, request, _calls(request))
