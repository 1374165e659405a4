"""Cboe's delayed data: the VIX and its term structure, shares beside Yahoo, and option chains.

Keyless and undocumented, delayed by 15 minutes. Indices come from Cboe's own file of each index,
shares and funds from its charts. Whether charts undo splits is not stated: beside Yahoo's bars the
day of a split would show.

Params: ``series`` are the desk's symbols and chains such as ``options:SPY``, or a mapping to
Cboe's names (an index that the desk does not list begins with an underscore: ``_RVX``); empty asks
for ``SERIES``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import quote, urlsplit

from workbench.domain.calendars import NEW_YORK, UTC
from workbench.domain.deliveries import Delivered, Gap, Request
from workbench.domain.errors import FeedDark
from workbench.world.feeds import cboe_chain, cboe_history, nodes
from workbench.world.feeds.cboe_chain import SOURCE, moment
from workbench.world.feeds.endpoints import Endpoint, Parse, Row, delivered, unkept
from workbench.world.feeds.gathering import several
from workbench.world.feeds.nodes import Node, Unfit
from workbench.world.http.answers import Client, Form
from workbench.world.http.decoding import apart, as_csv, as_json

BASE = "https://cdn.cboe.com"
SERIES = (
    "VIX", "VIX9D", "VIX3M", "VIX6M", "SPY", "QQQ", "IWM", "TSLA", "META", "AMZN", "MSFT", "NVDA",
    "GOOGL", "AAPL", "MSTR", "options:SPY",
)  # fmt: skip
_FIELDS = {"last": "current_price", "bid": "bid", "ask": "ask"}


def quotes(body: bytes, request: Request, url: str) -> Delivered:
    """The delayed quote of a share or fund: ``last``, ``bid`` and ``ask``.

    ``at`` is the last trade, ``known_at`` the time of Cboe's answer.

    Raises:
        FeedDark: The body is no quote, or another symbol's.
    """
    name = url.rpartition("/")[2].partition(".json")[0]
    top, data = _data(body, name)
    try:
        kind = nodes.text(nodes.field(data, "security_type", "data"), "security_type")
        at = moment(nodes.field(data, "last_trade_time", "data"), NEW_YORK, "last_trade_time")
        known = moment(nodes.field(top, "timestamp", "The answer"), UTC, "timestamp")
        nodes.ahead(at, request.now, "The last trade")
    except Unfit as error:
        return delivered(SOURCE, gaps=[error.gap(name)])
    if kind not in {"stock", "etf"}:
        gap = Gap(series=name, code="not_kept", reason=f"Quotes of {kind} are not kept.")
        return delivered(SOURCE, gaps=[gap])
    rows: list[Row] = []
    gaps: list[Gap] = []
    for series in cboe_history.ids_of(name, request):
        for field, theirs in _FIELDS.items():
            try:
                value = nodes.number(nodes.field(data, theirs, "data"), theirs)
                _positive(value, theirs)
            except Unfit as error:
                gaps.append(error.gap(series))
                continue
            rows.append(
                Row(
                    series=series,
                    field=field,
                    at=at,
                    value=value,
                    unit="USD",
                    known_at=min(max(known, at), request.now),
                    basis="stated",
                )
            )
    return delivered(SOURCE, rows, gaps=gaps)


def _positive(value: float, name: str) -> None:
    if not value > 0:
        raise Unfit("blank", f"A {name} of {value:g} is none.")


def _data(body: bytes, name: str) -> tuple[Node, Node]:
    try:
        top = nodes.table(as_json(body), "The answer")
        data = nodes.table(nodes.field(top, "data", "The answer"), "data")
        said = nodes.text(nodes.field(data, "symbol", "data"), "data.symbol")
    except Unfit as error:
        raise FeedDark(error.code, f"Cboe's answer about {name}: {error.reason}") from error
    if said.lstrip("_^") != name.lstrip("_"):
        raise FeedDark("renamed", f"Asked for {name}, Cboe answers about {said}.")
    return top, data


def ranges(body: bytes, request: Request, url: str) -> Delivered:  # noqa: ARG001  # a Parse
    """A year's highs and lows of price and volatility, which the desk counts itself: a gap.

    Raises:
        FeedDark: The body is none of these, or another symbol's.
    """
    name = url.rpartition("/")[2].partition(".json")[0]
    _data(body, name)
    reason = "A year's highs and lows, not kept."
    return delivered(SOURCE, gaps=[Gap(series=name, code="not_kept", reason=reason)])


def definitions(body: bytes, request: Request, url: str) -> Delivered:  # noqa: ARG001  # a Parse
    """What indices there are, as JSON: a gap.

    Raises:
        FeedDark: The body is no such list.
    """
    try:
        top = as_json(body)
        found = (
            top
            if isinstance(top, list)
            else nodes.field(nodes.table(top, "The answer"), "data", "The answer")
        )
        count = len(nodes.listed(found, "data"))
    except Unfit as error:
        raise FeedDark(error.code, f"Cboe's definitions: {error.reason}") from error
    reason = f"{count} definitions of indices, not kept."
    return delivered(SOURCE, gaps=[Gap(series="", code="not_kept", reason=reason)])


def other(body: bytes, request: Request, url: str) -> Delivered:  # noqa: ARG001  # a Parse
    """Any other JSON of Cboe's, such as European indices: a gap.

    Raises:
        FeedDark: The body is no JSON.
    """
    found = as_json(body)
    data = found.get("data", found) if isinstance(found, dict) else found
    count = len(data) if isinstance(data, (list, dict)) else 1
    reason = f"{urlsplit(url).path}: {count} node(s), nothing of which the desk keeps."
    return delivered(SOURCE, gaps=[Gap(series="", code="not_kept", reason=reason)])


def _endpoint(
    name: str, pattern: str, parse: Parse, form: Form = "json", host: str = "cdn.cboe.com"
) -> Endpoint:
    return Endpoint(name=name, pattern=re.compile(pattern), hosts=(host,), form=form, parse=parse)


_NAMES = unkept(SOURCE, "A table of names", lambda body, _url: as_csv(body))
_QUOTES = r"^/api/global/delayed_quotes"
ENDPOINTS = (
    _endpoint("chart", _QUOTES + r"/charts/historical/[^/]+\.json", cboe_history.chart),
    _endpoint("quote", _QUOTES + r"/quotes/[^/]+\.json", quotes),
    _endpoint("ranges", _QUOTES + r"/historical_data/[^/]+\.json", ranges),
    _endpoint("chain", _QUOTES + r"/options/[^/]+\.json", cboe_chain.chain),
    _endpoint(
        "index",
        r"^/api/global/us_indices/daily_prices/[^/]+_History\.csv",
        cboe_history.index_file,
        "csv",
    ),
    _endpoint("definitions", r"^/api/global/\w+/definitions/.*\.json", definitions),
    _endpoint(
        "indices",
        r"^/api/global/\w+/definitions/.*\.csv",
        _NAMES,
        "csv",
    ),
    _endpoint(
        "symbols",
        r"^/us/options/symboldir/",
        _NAMES,
        "csv",
        "www.cboe.com",
    ),
    # What is none of the above.
    _endpoint(
        "other",
        r"^/api/global/(?!\w+/definitions/|delayed_quotes/(charts/historical|quotes|historical_data"
        r"|options)/)[^?]*\.json",
        other,
    ),
)


async def fetch(client: Client, request: Request) -> Delivered:
    """Daily bars of each series, and the chains among them.

    Raises:
        FeedDark: Nothing usable came for any series.
    """
    told = replace(request, series=request.series or {one: one for one in SERIES})
    return await several(
        {
            one: _ask(client, replace(told, series={one: known}))
            for one, known in told.series.items()
        },
    )


async def _ask(client: Client, request: Request) -> Delivered:
    """The answer about the request's one series."""
    [(series, known)] = request.series.items()
    base = request.base or BASE
    quotes_at = f"{base}/api/global/delayed_quotes"
    parse: Callable[[bytes, Request, str], Delivered]
    form: Form = "json"
    if series.startswith("options:"):
        name = known.rpartition(":")[2]
        index = "_" if cboe_history.is_index(name, name) and not name.startswith("_") else ""
        url, parse = f"{quotes_at}/options/{quote(index + name)}.json", cboe_chain.chain
    elif cboe_history.is_index(series, known):
        name = quote(known.lstrip("_^"))
        url, parse = (
            f"{base}/api/global/us_indices/daily_prices/{name}_History.csv",
            cboe_history.index_file,
        )
        form = "csv"
    else:
        url, parse = f"{quotes_at}/charts/historical/{quote(known)}.json", cboe_history.chart
    answer = await client.ask(url, form=form)
    return await apart(parse, answer.body, request, answer.url)
