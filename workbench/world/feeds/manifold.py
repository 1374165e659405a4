"""Manifold: what is paid in play money for questions; no key.

Series ``market:manifold`` (behind it the words to search for, default ``SPX TSLA NVDA bitcoin``)
for claims of the desk, and ``manifold:SLUG`` for a market by its name. A formula sets one price, so
there is no spread.
"""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import Mapping
from functools import partial

from workbench.domain.deliveries import Delivered, Gap, Request
from workbench.domain.errors import FeedDark
from workbench.domain.question_forms import DAY, LEVELS
from workbench.domain.questions import Question
from workbench.world.feeds.endpoints import Endpoint, delivered
from workbench.world.feeds.wagers import (
    Wager,
    asked_name,
    millis,
    price,
    quoted,
    readable,
    tags,
    text,
)
from workbench.world.http.answers import Client
from workbench.world.http.decoding import apart, as_json

SOURCE = "manifold"
BASE = "https://api.manifold.markets"
WORDS = "SPX TSLA NVDA bitcoin"
MOST = 20  # markets whose rules are asked for in one pull


async def fetch(client: Client, request: Request) -> Delivered:
    """Open yes-or-no markets that the search finds, with the rules of those that name a level.

    Raises:
        FeedDark: No search could be read.
    """
    base = request.base or BASE
    searches = [
        _ask(
            client, f"{base}/v0/search-markets", request,
            {"term": word, "filter": "open", "contractType": "BINARY", "limit": "100"},
        )
        for word in tags(request, SOURCE, WORDS)
    ] + [
        _ask(client, f"{base}/v0/slug/{asked_name(SOURCE, name)}", request, {})
        for i, name in request.series.items()
        if i.startswith(f"{SOURCE}:") and re.fullmatch(r"[\w-]+", asked_name(SOURCE, name))
    ]  # fmt: skip
    answers = await asyncio.gather(*searches)
    lost = [one for one in answers if isinstance(one, FeedDark)]
    if answers and len(lost) == len(answers):
        raise lost[0]
    gaps = [Gap(series="", code=one.code, reason=str(one)) for one in lost]
    found: dict[str, Wager] = {}
    for one in answers:
        if not isinstance(one, FeedDark):
            found |= {wager.name: wager for wager in one[0]}
            gaps += one[1]
    bare = [one for one in found.values() if _may_be_claim(one)][:MOST]
    whole = await asyncio.gather(
        *(_ask(client, f"{base}/v0/slug/{one.name}", request, {}) for one in bare)
    )
    for full in whole:
        if isinstance(full, FeedDark):
            gaps.append(Gap(series="", code=full.code, reason=str(full)))
        else:
            found |= {wager.name: wager for wager in full[0]}
    return quoted(SOURCE, found.values(), request, gaps)


def _may_be_claim(one: Wager) -> bool:
    asked = one.question
    if asked is None or asked.rules:
        return False
    return bool(DAY.search(asked.text)) and any(form.search(asked.text) for _, form in LEVELS)


async def _ask(
    client: Client, url: str, request: Request, query: dict[str, str]
) -> tuple[list[Wager], list[Gap]] | FeedDark:
    try:
        body = (await client.ask(url, form="json", query=query)).body
        return await apart(_found, body, request)
    except FeedDark as dark:
        return dark


def parse(body: bytes, request: Request, _address: str) -> Delivered:
    """A list of markets, or one market."""
    wagers, gaps = _found(body, request)
    return quoted(SOURCE, wagers, request, gaps) if wagers else delivered(SOURCE, gaps=gaps)


def _found(body: bytes, request: Request) -> tuple[list[Wager], list[Gap]]:
    whole = as_json(body)
    rows = whole if isinstance(whole, list) else [whole]
    return readable(rows, partial(_market, request=request), _passed)


def _passed(one: Mapping[str, object]) -> str:
    if one.get("isResolved") is True:
        return "closed"
    return "" if one.get("outcomeType", "BINARY") == "BINARY" else "not_binary"


def _market(one: Mapping[str, object], request: Request) -> Wager | str:
    """One market, or what is wrong with it."""
    name = text(one, "slug") or text(one, "url").rpartition("/")[2]
    if not re.fullmatch(r"[\w-]{1,120}", name) or not text(one, "question"):
        return "it has no 'slug' or no 'question'"
    chance = price(one.get("probability"))
    if isinstance(one.get("probability"), str) or not math.isfinite(chance):
        return f"{name} has no number 'probability'"
    ends = millis(one.get("closeTime"))
    asked = (
        Question(text=text(one, "question"), rules=text(one, "textDescription"), ends=ends)
        if ends
        else None
    )
    # Between two bets the price stands, so it is that of the call.
    return Wager(name=name, question=asked, bid=chance, ask=chance, at=request.now, priced=True)


ENDPOINTS = (
    Endpoint(
        name="markets", pattern=re.compile(r"^/v0/(?:search-markets|markets|market|slug)\b"),
        hosts=("api.manifold.markets", "manifold.markets"), form="json", parse=parse,
    ),
)  # fmt: skip
