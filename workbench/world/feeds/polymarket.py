"""Polymarket: what is paid for questions, from its Gamma lists and its order books; no key.

Series ``market:polymarket`` (behind it the tags to look under, default ``stocks finance crypto``)
for claims of the desk, and ``polymarket:SLUG`` for a market by its name. Bid, ask and the middle
are those of the first outcome, which is Yes wherever there is a Yes.
"""

from __future__ import annotations

import asyncio
import json
import math
import re
from collections.abc import Mapping

from workbench.domain.deliveries import Delivered, Gap, Request
from workbench.domain.errors import FeedDark
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
    when,
)
from workbench.world.http.answers import Client
from workbench.world.http.decoding import apart, as_json

SOURCE = "polymarket"
BASE = "https://gamma-api.polymarket.com"
TAGS = "stocks finance crypto"


async def fetch(client: Client, request: Request) -> Delivered:
    """The open markets under the tags, and those that are asked for by name.

    Raises:
        FeedDark: No list could be read.
    """
    base = request.base or BASE
    open_ = {"active": "true", "closed": "false"}
    calls = [
        (f"{base}/events", {**open_, "tag_slug": tag, "limit": "25", "order": "volume24hr",
                            "ascending": "false"})
        for tag in tags(request, SOURCE, TAGS)
    ] + [
        (f"{base}/markets", {"slug": asked_name(SOURCE, name)})
        for series, name in request.series.items()
        if series.startswith(f"{SOURCE}:")
    ]  # fmt: skip
    answers = await asyncio.gather(*(_ask(client, url, query) for url, query in calls))
    gaps, wagers = [], []
    for one in answers:
        if isinstance(one, FeedDark):
            gaps.append(Gap(series="", code=one.code, reason=str(one)))
        else:
            found, lost = one
            wagers += found
            gaps += lost
    if calls and all(isinstance(one, FeedDark) for one in answers):
        raise next(one for one in answers if isinstance(one, FeedDark))
    return quoted(SOURCE, wagers, request, gaps)


async def _ask(
    client: Client, url: str, query: Mapping[str, str]
) -> tuple[list[Wager], list[Gap]] | FeedDark:
    try:
        return await apart(read, (await client.ask(url, form="json", query=query)).body)
    except FeedDark as dark:
        return dark


def parse(body: bytes, request: Request, _address: str) -> Delivered:
    """Any answer of Gamma, or a book of the CLOB."""
    whole = as_json(body)
    if isinstance(whole, dict) and "bids" in whole and "asks" in whole:
        return quoted(SOURCE, [_book(whole)], request)
    wagers, gaps = _found(whole)
    return quoted(SOURCE, wagers, request, gaps) if wagers else delivered(SOURCE, gaps=gaps)


def read(body: bytes) -> tuple[list[Wager], list[Gap]]:
    """The open markets of a list of markets or events, or of one of either.

    Raises:
        FeedDark: It holds neither.
    """
    return _found(as_json(body))


def _found(whole: object) -> tuple[list[Wager], list[Gap]]:
    if isinstance(whole, dict) and isinstance(whole.get("data"), list):
        whole = whole["data"]
    rows = whole if isinstance(whole, list) else [whole]
    markets: list[object] = []
    for one in rows:
        inner = one.get("markets") if isinstance(one, dict) else None
        markets += inner if isinstance(inner, list) else [one]
    return readable(markets, _market, _passed)


def _passed(one: Mapping[str, object]) -> str:
    return "closed" if one.get("closed") is True or one.get("archived") is True else ""


def _market(one: Mapping[str, object]) -> Wager | str:
    """One market, or what is wrong with it."""
    name, question = text(one, "slug"), text(one, "question")
    if not name or not question:
        return "it has no 'slug' or no 'question'"
    outcomes, prices = _list(one.get("outcomes")), _list(one.get("outcomePrices"))
    if outcomes is None or len(outcomes) != 2:
        return f"{name[:60]} has no two 'outcomes'"
    at = when(one.get("updatedAt"))
    if at is None:
        return f"{name[:60]} has no time 'updatedAt'"
    if prices is not None:
        shares = [price(value) for value in prices]
        if len(shares) != 2 or not abs(math.fsum(shares) - 1) <= 0.02:
            return f"the 'outcomePrices' of {name[:60]} do not add up to 1"
    ends = when(one.get("endDate"))
    is_yes = [str(value).casefold() for value in outcomes] == ["yes", "no"]
    asked = (
        Question(text=question, rules=text(one, "description"), ends=ends)
        if is_yes and ends
        else None
    )
    return Wager(
        name=name,
        question=asked,
        bid=price(one.get("bestBid")),
        ask=price(one.get("bestAsk")),
        at=at,
    )


def _list(value: object) -> list[object] | None:
    """A list, or the JSON text of one, as Gamma writes it."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return None
    return value if isinstance(value, list) else None


def _book(whole: Mapping[str, object]) -> Wager:
    """A book of the CLOB; its levels come in any order."""
    name, at = text(whole, "asset_id"), millis(whole.get("timestamp"))
    if not re.fullmatch(r"\d{1,90}", name) or at is None:
        raise FeedDark("no_field", "The book has no 'asset_id' or no 'timestamp' in milliseconds.")
    sides = {}
    for side in ("bids", "asks"):
        levels = whole[side]
        if not isinstance(levels, list):
            raise FeedDark("wrong_type", f"The book's {side} are no list.")
        prices = [price(one.get("price")) if isinstance(one, dict) else math.inf for one in levels]
        if not all(math.isfinite(one) for one in prices):
            raise FeedDark("wrong_type", f"The book's {side} hold what is no price.")
        sides[side] = prices
    return Wager(
        name=name, question=None, at=at, bid=max(sides["bids"], default=math.nan),
        ask=min(sides["asks"], default=math.nan),
    )  # fmt: skip


ENDPOINTS = (
    Endpoint(
        name="markets", pattern=re.compile(r"^/(?:markets|events|book|\s|$)"),
        hosts=("gamma-api.polymarket.com", "clob.polymarket.com"), form="json", parse=parse,
    ),
)  # fmt: skip
