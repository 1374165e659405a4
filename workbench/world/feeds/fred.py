"""FRED and ALFRED: macro series with their vintages, or without a key as they stand today.

With a free key in ``FRED_API_KEY`` every value comes with the day on which it became known, so that
any earlier moment can be told as it was. FRED gives at most 2,000 vintages an answer, so the time
asked for is cut into windows of five years, and each answer into pages. Without a key the file of
FRED's chart stands in, and a gap says that it is revised.

Params: ``series`` are FRED's own ids, or a mapping of ids to FRED's; empty asks for ``SERIES``.
Option ``vintages: "no"`` asks for the file alone; ``history``: days of observations before the
year of the oldest moment wanted, 400 unless told; ``calendar: "yes"`` adds two weeks of releases.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Awaitable
from dataclasses import replace

from workbench.domain.deliveries import Delivered, Gap, Request
from workbench.domain.errors import FeedDark
from workbench.world.feeds import fred_pages, fred_rows, nodes
from workbench.world.feeds.endpoints import Endpoint, Parse, delivered, together, unkept
from workbench.world.feeds.fred_pages import SITE, SOURCE
from workbench.world.feeds.fred_rows import LATEST, ST_LOUIS, About, Vintage
from workbench.world.feeds.gathering import several
from workbench.world.feeds.nodes import Unfit
from workbench.world.http.answers import Client, Form, Key
from workbench.world.http.decoding import apart

BASE = "https://api.stlouisfed.org"
KEY = Key(env="FRED_API_KEY", query="api_key", required=True)
SERIES = (
    "FEDFUNDS", "DGS10", "DGS2", "T10Y2Y", "UNRATE", "CPIAUCSL", "NFCI", "DTWEXBGS",
)  # fmt: skip
_WINDOW = dt.timedelta(days=1826)  # at a vintage a day fewer than the 2,000 that FRED allows
_PAGE = 40_000  # observations, of about 95 bytes each: under the 5 MB of an answer
_MOST_PAGES = 25
_HISTORY = 400  # days: a yearly value comes out the year after


def observations(body: bytes, request: Request, url: str) -> Delivered:
    """The vintages of one answer, of the series that the address names.

    Raises:
        FeedDark: ``bad_key``, or the body is no answer of ``fred/series/observations``.
    """
    name = fred_pages.asked(url)
    try:
        _, kept, gaps = _page(body, url)
    except Unfit as error:
        return delivered(SOURCE, gaps=[error.gap(name)])
    return together(
        _rows(kept, one, None, request, [replace(gap, series=one) for gap in gaps])
        for one in fred_pages.ids_of(name, request)
    )


def _endpoint(
    name: str, pattern: str, parse: Parse, host: str = "api.stlouisfed.org", form: Form = "json"
) -> Endpoint:
    return Endpoint(name=name, pattern=re.compile(pattern), hosts=(host,), form=form, parse=parse)


def _unkept(what: str, name: str) -> Parse:
    def found(body: bytes, url: str) -> object:
        return nodes.field(fred_pages.table(body, url), name, what)

    return unkept(SOURCE, what, found, fred_pages.asked)


ENDPOINTS = (
    _endpoint("observations", r"^/fred/series/observations\?", observations),
    _endpoint("series", r"^/fred/series\?", _unkept("What a series is", "seriess")),
    _endpoint(
        "lists",
        r"^/fred/(series/search|series/updates|release/series|category/series|tags/series)\?",
        _unkept("A list of series", "seriess"),
    ),
    _endpoint("tables", r"^/fred/release/tables\?", _unkept("A release table", "elements")),
    _endpoint(
        "releases",
        r"^/fred/(releases?|series/release|source/releases)\?",
        _unkept("A list of releases", "releases"),
    ),
    _endpoint(
        "dates",
        r"^/fred/releases?/dates\?",
        _unkept("Dates of releases", "release_dates"),
    ),
    _endpoint(
        "vintages",
        r"^/fred/series/vintagedates\?",
        _unkept("Dates of vintages", "vintage_dates"),
    ),
    _endpoint("maps", r"^/geofred/", fred_pages.other),
    _endpoint("graph", r"^/graph/fredgraph\.csv\?", fred_pages.graph, "fred.stlouisfed.org", "csv"),
    _endpoint("calendar", r"^/releases/calendar\b", fred_pages.calendar, "fred.stlouisfed.org"),
)


async def fetch(client: Client, request: Request) -> Delivered:
    """The series' values with their vintages, or the file of today when there is no key.

    Raises:
        FeedDark: Nothing usable came for any series, or an option cannot be read.
    """
    history = request.options.get("history", "0")
    if not history.isdecimal() or len(history) > 5:
        raise FeedDark("bad_option", f"fred: history {history!r} is no number of days.")
    told = replace(request, series=request.series or {one: one for one in SERIES})
    parts: dict[str, Awaitable[Delivered]] = {
        one: _series(client, replace(told, series={one: known}))
        for one, known in told.series.items()
    }
    if request.options.get("calendar") == "yes":
        parts[fred_pages.CALENDAR] = _calendar(client, request)
    return await several(parts)


async def _series(client: Client, request: Request) -> Delivered:
    """One series, the request's only one."""
    if request.options.get("vintages") == "no":
        return await _graph(client, request)
    [(series, known)] = request.series.items()
    gaps: list[Gap] = []
    kept: list[Vintage] = []
    try:
        said = await _about(client, request, known)
    except FeedDark as error:
        if error.code == "no_key":
            return await _graph(client, request)
        raise
    except Unfit as error:
        said = None
        gaps.append(
            Gap(series=series, code="unchecked", reason=f"Unit not checked. {error.reason}")
        )
    for first, last in _windows(request):
        try:
            kept += await _window(client, request, (first, last), gaps)
        except Unfit as error:
            gaps.append(error.gap(series))
        except FeedDark as error:
            gaps.append(Gap(series=series, code=error.code, reason=f"{first} to {last}: {error}"))
    return await apart(_rows, kept, series, said, request, gaps)


def _rows(
    kept: list[Vintage], series: str, said: About | None, request: Request, gaps: list[Gap]
) -> Delivered:
    changed = fred_rows.changes(kept)
    if not changed and not gaps:
        gaps.append(Gap(series=series, code="empty", reason="FRED answers without observations."))
    try:
        return delivered(SOURCE, fred_rows.rows(changed, series, said, request, gaps), gaps=gaps)
    except Unfit as error:
        return delivered(SOURCE, gaps=[*gaps, error.gap(series)])


def _windows(request: Request) -> list[tuple[str, str]]:
    """Spans of real time, each with no more vintages than FRED gives at once; the last is open."""
    first = _first(request)
    today = request.now.astimezone(ST_LOUIS).date()
    spans: list[tuple[str, str]] = []
    while first + _WINDOW < today:
        spans.append((str(first), str(first + _WINDOW - dt.timedelta(days=1))))
        first += _WINDOW
    # FRED refuses a last day after its own today, unless it is the end of time.
    return [*spans, (str(first), LATEST)]


async def _window(
    client: Client, request: Request, span: tuple[str, str], gaps: list[Gap]
) -> list[Vintage]:
    [(series, known)] = request.series.items()
    kept: list[Vintage] = []
    for page in range(_MOST_PAGES):
        answer = await client.ask(
            f"{request.base or BASE}/fred/series/observations",
            form="json",
            query={
                "series_id": known,
                "file_type": "json",
                "realtime_start": span[0],
                "realtime_end": span[1],
                "observation_start": str(_oldest(request)),
                "limit": str(_PAGE),
                "offset": str(page * _PAGE),
            },
            key=KEY,
        )
        count, found, strange = await apart(_page, answer.body, answer.url)
        kept += found
        gaps += [replace(gap, series=series) for gap in strange]
        if (page + 1) * _PAGE >= count:
            return kept
    reason = f"{span[0]} to {span[1]}: more than {_PAGE * _MOST_PAGES} values, the rest left out."
    gaps.append(Gap(series=series, code="too_many", reason=reason))
    return kept


def _page(body: bytes, url: str) -> tuple[int, list[Vintage], list[Gap]]:
    """How many values there are in all, those of this page, and what of it is not understood.

    Raises:
        FeedDark: ``bad_key``, or the body is no object.
        Unfit: An error about the series, a transformed unit, or a shape that is another's.
    """
    node = fred_pages.table(body, url)
    gaps: list[Gap] = []
    found = nodes.listed(nodes.field(node, "observations", "The answer"), "observations")
    if node.get("units", "lin") != "lin" or node.get("output_type", 1) != 1:
        form = f"units {node.get('units')}, output_type {node.get('output_type')}"
        raise Unfit(
            "other_unit", f"FRED's values are wanted as published, got {nodes.shown(form)}."
        )
    sizes = [node.get("count", len(found)), node.get("offset", 0), node.get("limit", _PAGE)]
    count, offset, limit = (_whole(one) for one in sizes)
    if len(found) < min(limit, count - offset):
        reason = f"{len(found)} observations of the {count - offset} that FRED counts."
        if not found:
            raise Unfit("empty", reason)
        gaps.append(Gap(series="", code="incomplete", reason=reason))
    return count, fred_rows.vintages(found, fred_pages.asked(url), gaps), gaps


def _whole(node: object) -> int:
    if isinstance(node, bool) or not isinstance(node, int) or node < 0:
        raise Unfit("wrong_type", f"A count should be a whole number, got {nodes.shown(node)}.")
    return node


async def _about(client: Client, request: Request, known: str) -> About:
    answer = await client.ask(
        f"{request.base or BASE}/fred/series",
        form="json",
        query={"series_id": known, "file_type": "json"},
        key=KEY,
    )
    node = await apart(fred_pages.table, answer.body, answer.url)
    found = nodes.listed(nodes.field(node, "seriess", "The answer"), "seriess")
    if not found:
        raise Unfit("empty", f"FRED says nothing about {known}.")
    return fred_rows.about(nodes.table(found[0], "seriess[0]"), known)


async def _graph(client: Client, request: Request) -> Delivered:
    [known] = request.series.values()
    answer = await client.ask(
        f"{request.base or SITE}/graph/fredgraph.csv",
        form="csv",
        query={"id": known, "cosd": str(_oldest(request))},
    )
    return await apart(fred_pages.graph, answer.body, request, answer.url)


async def _calendar(client: Client, request: Request) -> Delivered:
    today = request.now.astimezone(ST_LOUIS).date()
    answer = await client.ask(
        f"{request.base or SITE}/releases/calendar",
        form="json",
        query={"ptic": "0", "po": "1", "vs": str(today), "ve": str(today + dt.timedelta(days=14))},
    )
    return await apart(fred_pages.calendar, answer.body, request, answer.url)


def _first(request: Request) -> dt.date:
    """The year's first day: what was known before is told as of then, the same in every pull."""
    return request.since.astimezone(ST_LOUIS).date().replace(month=1, day=1)


def _oldest(request: Request) -> dt.date:
    """The first observation that is asked for."""
    return _first(request) - dt.timedelta(days=int(request.options.get("history", _HISTORY)))
