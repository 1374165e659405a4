"""Kalshi: what is paid for event contracts, from its markets, events and order books; no key.

Series ``market:kalshi`` (behind it the series tickers to look under, default ``KXINX``) for
claims of the desk, and ``kalshi:TICKER`` for a market by its name. A quote is dated by the call:
``updated_time`` tells when the contract was edited, not when it was quoted.
"""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import Mapping
from functools import partial

from workbench.domain.deliveries import Delivered, Gap, Request
from workbench.domain.errors import FeedDark
from workbench.domain.questions import Question
from workbench.world.feeds.endpoints import Endpoint, Row, delivered
from workbench.world.feeds.wagers import (
    UNIT,
    Wager,
    asked_name,
    price,
    quoted,
    readable,
    tags,
    text,
    when,
)
from workbench.world.http.answers import Client
from workbench.world.http.decoding import apart, as_json

SOURCE = "kalshi"
BASE = "https://api.elections.kalshi.com"
PREFIX = "/trade-api/v2"
SERIES = "KXINX"
PAGES = 3  # of 1,000 markets each, of one series
OPEN = ("active", "open", "initialized", "")


async def fetch(client: Client, request: Request) -> Delivered:
    """The open markets of the series, and those that are asked for by name.

    Raises:
        FeedDark: No list could be read.
    """
    base = (request.base or BASE) + PREFIX
    series = [_listed(client, base, request, one) for one in tags(request, SOURCE, SERIES)]
    named = [
        _ask(client, f"{base}/markets/{asked_name(SOURCE, name)}", request, {})
        for i, name in request.series.items()
        if i.startswith(f"{SOURCE}:") and re.fullmatch(r"[\w.-]+", asked_name(SOURCE, name))
    ]
    answers = await asyncio.gather(*series, *named)
    wagers, gaps, lost = [], [], []
    for found in answers:
        if isinstance(found, FeedDark):
            gaps.append(Gap(series="", code=found.code, reason=str(found)))
            lost.append(found)
        else:
            wagers += found[0]
            gaps += found[1]
    if answers and len(lost) == len(answers):
        raise lost[0]
    return quoted(SOURCE, wagers, request, gaps)


async def _listed(
    client: Client, base: str, request: Request, series: str
) -> tuple[list[Wager], list[Gap], str] | FeedDark:
    wagers: list[Wager] = []
    gaps: list[Gap] = []
    cursor = ""
    for page in range(PAGES):
        query = {"series_ticker": series, "status": "open", "limit": "1000"}
        query |= {"cursor": cursor} if cursor else {}
        one = await _ask(client, f"{base}/markets", request, query)
        if isinstance(one, FeedDark):
            if not page:
                return one
            gaps.append(Gap(series="", code=one.code, reason=f"Page {page + 1} of {series}: {one}"))
            break
        wagers += one[0]
        gaps += one[1]
        cursor = one[2]
        if not cursor:
            break
    return wagers, gaps, ""


async def _ask(
    client: Client, url: str, request: Request, query: Mapping[str, str]
) -> tuple[list[Wager], list[Gap], str] | FeedDark:
    try:
        whole = await apart(as_json, (await client.ask(url, form="json", query=query)).body)
        wagers, gaps = _found(whole, request)
    except FeedDark as dark:
        return dark
    return wagers, gaps, text(whole, "cursor") if isinstance(whole, dict) else ""


def parse(body: bytes, request: Request, _address: str) -> Delivered:
    """Markets, events with their markets, or one market."""
    wagers, gaps = _found(as_json(body), request)
    return quoted(SOURCE, wagers, request, gaps) if wagers else delivered(SOURCE, gaps=gaps)


def _found(whole: object, request: Request) -> tuple[list[Wager], list[Gap]]:
    rows: object = whole
    if isinstance(whole, dict):
        rows = whole.get("markets", whole.get("events", [whole.get("market", whole.get("event"))]))
    if not isinstance(rows, list):
        raise FeedDark("no_field", "The answer has neither 'markets' nor 'events'.")
    markets: list[object] = []
    for one in rows:
        inner = one.get("markets") if isinstance(one, dict) else None
        # An event without its markets, as the list of events gives it unasked, holds none.
        bare = isinstance(one, dict) and "event_ticker" in one and "ticker" not in one
        markets += inner if isinstance(inner, list) else [] if bare else [one]
    return readable(markets, partial(_market, request=request), _passed)


def _passed(one: Mapping[str, object]) -> str:
    return "" if one.get("status", "") in OPEN else "closed"


def _market(one: Mapping[str, object], request: Request) -> Wager | str:
    """One market, or what is wrong with it."""
    name = text(one, "ticker")
    if not re.fullmatch(r"[\w.-]{1,120}", name):
        return "it has no 'ticker'"
    sides = []
    for side in ("yes_bid", "yes_ask"):
        dollars, cents = price(one.get(f"{side}_dollars")), price(one.get(side))
        if math.isnan(dollars):
            if f"{side}_dollars" not in one and side not in one:
                return f"{name} has neither {side}_dollars nor {side}"
            dollars = cents / 100
        elif not math.isnan(cents) and not abs(cents / 100 - dollars) <= 0.01:
            return f"{side} of {name} is {cents:g} cents and {dollars:g} dollars at once"
        sides.append(dollars)
    ends = when(one.get("close_time"))
    rules = f"{text(one, 'rules_primary')} {text(one, 'rules_secondary')}".strip()
    binary = one.get("market_type", "binary") == "binary" and not one.get("mve_selected_legs")
    asked = Question(text=text(one, "title"), rules=rules, ends=ends) if ends and binary else None
    return Wager(name=name, question=asked, bid=sides[0], ask=sides[1], at=request.now)


def book(body: bytes, request: Request, address: str) -> Delivered:
    """An order book: bids for yes, and bids for no, which are offers of yes at 1 less their price.

    Raises:
        FeedDark: It is no book.
    """
    whole = as_json(body)
    inner = whole.get("orderbook_fp", whole.get("orderbook")) if isinstance(whole, dict) else None
    if not isinstance(inner, dict):
        raise FeedDark("no_field", "The answer has no 'orderbook_fp' and no 'orderbook'.")
    found = re.search(r"/markets/([\w.-]+)/orderbook", address)
    name = text(whole, "ticker") or (found[1] if found else "")
    if not name:
        raise FeedDark("no_field", "Neither the book nor its address names a market.")
    best = {}
    for side in ("yes", "no"):
        in_cents = f"{side}_dollars" not in inner
        if in_cents and side not in inner:
            raise FeedDark("no_field", f"The book of {name} has no side '{side}'.")
        levels = inner[side] if in_cents else inner[f"{side}_dollars"]
        if levels is not None and not isinstance(levels, list):
            raise FeedDark("wrong_type", f"The side '{side}' of the book of {name} is no list.")
        prices = [
            price(one[0]) if isinstance(one, list) and one else math.inf for one in levels or []
        ]
        if not all(math.isfinite(one) for one in prices):
            raise FeedDark("wrong_type", f"The side '{side}' of {name} holds what is no price.")
        best[side] = max(prices, default=math.nan) / (100 if in_cents else 1)
    one = Wager(name=name, question=None, bid=best["yes"], ask=1 - best["no"], at=request.now)
    return quoted(SOURCE, [one], request)


def trades(body: bytes, request: Request, _address: str) -> Delivered:
    """Trades: each the last price of its market, at the time that it states.

    Raises:
        FeedDark: It is no list of trades, or none can be read.
    """
    whole = as_json(body)
    rows = whole.get("trades") if isinstance(whole, dict) else None
    if not isinstance(rows, list):
        raise FeedDark("no_field", "The answer has no list 'trades'.")
    own = {asked_name(SOURCE, n): i for i, n in request.series.items()}
    found, lost = [], 0
    for one in rows:
        at = when(one.get("created_time")) if isinstance(one, dict) else None
        name = text(one, "ticker") if isinstance(one, dict) else ""
        paid = price(one.get("yes_price_dollars")) if isinstance(one, dict) else math.nan
        if isinstance(one, dict) and math.isnan(paid):
            paid = price(one.get("yes_price")) / 100
        if at is None or not name or not 0 < paid < 1 or at > request.now:
            lost += 1
        elif not request.series or name in own:
            series = own.get(name, f"{SOURCE}:{name}")
            found.append(
                Row(
                    series=series,
                    field="last",
                    at=at,
                    value=paid,
                    unit=UNIT,
                    known_at=at,
                    basis="stated",
                )
            )
    if rows and lost == len(rows):
        raise FeedDark("wrong_type", f"None of {len(rows)} trades can be read.")
    gaps = (
        [Gap(series="", code="bad_row", reason=f"{lost} of {len(rows)} trades cannot be read.")]
        if lost
        else []
    )
    return delivered(SOURCE, found, gaps=gaps)


def listing(body: bytes, _request: Request, _address: str) -> Delivered:
    """A series of contracts: what it is about, without a price."""
    whole = as_json(body)
    if not isinstance(whole, dict) or "series" not in whole:
        raise FeedDark("no_field", "The answer has no 'series'.")
    gap = Gap(series="", code="not_read", reason="A series of contracts has no price of its own.")
    return delivered(SOURCE, gaps=[gap])


def _endpoint(name: str, pattern: str) -> Endpoint:
    parses = {"book": book, "trades": trades, "series": listing}
    return Endpoint(
        name=name, pattern=re.compile(pattern), hosts=("api.elections.kalshi.com",), form="json",
        parse=parses.get(name, parse),
    )  # fmt: skip


ENDPOINTS = (
    _endpoint("book", r"/markets/[^/?]+/orderbook"),
    _endpoint("trades", r"/markets/trades"),
    _endpoint("series", r"/trade-api/v2/series"),
    _endpoint("markets", r"/trade-api/v2/(?:markets|events)"),
)
