"""What else FRED answers: its chart's file without a key, its calendar, and pages not kept."""

from __future__ import annotations

import datetime as dt
import re
from urllib.parse import parse_qs, urlsplit

from bs4 import BeautifulSoup
from bs4.element import Tag

from workbench.domain.calendars import UTC
from workbench.domain.deliveries import Delivered, Gap, Request
from workbench.domain.errors import FeedDark
from workbench.world.feeds import fred_rows, nodes
from workbench.world.feeds.endpoints import Item, delivered, together
from workbench.world.feeds.fred_rows import ST_LOUIS, Vintage
from workbench.world.feeds.nodes import Node, Unfit
from workbench.world.http.decoding import as_csv, as_json

SOURCE = "fred"
SITE = "https://fred.stlouisfed.org"
CALENDAR = "calendar:fred"
REVISED = (
    "Without a key FRED gives the values of today: revised, not point-in-time. When each was first "
    "known is the stated lag's guess; a free key in FRED_API_KEY gives the vintages."
)
_DATE_HEADERS = ("observation_date", "DATE")


def asked(url: str) -> str:
    """The series that an address names; empty where it names none."""
    query = parse_qs(urlsplit(url).query)
    return next((query[name][0] for name in ("series_id", "id") if name in query), "")


def ids_of(name: str, request: Request) -> list[str]:
    """The series that a name of FRED's stands for; the name itself where all is wanted."""
    if not request.series:
        return [name]
    return [one for one, known in request.series.items() if known == name]


def table(body: bytes, url: str) -> Node:
    """The object that an answer of FRED's is.

    Raises:
        FeedDark: ``bad_key``, or the body is no object.
        Unfit: The answer is an error about its series.
    """
    try:
        node = nodes.table(as_json(body), "The answer")
    except Unfit as error:
        raise FeedDark(error.code, f"FRED: {error.reason}") from error
    said = node.get("error_message")
    if said is None:
        return node
    if "api_key" in str(said):
        raise FeedDark("bad_key", "FRED refuses the key in FRED_API_KEY; ask for a free one there.")
    code = "not_found" if "does not exist" in str(said) else "refused"
    raise Unfit(code, f"FRED answers about {asked(url) or 'this page'}: {nodes.shown(said)}.")


def graph(body: bytes, request: Request, url: str) -> Delivered:  # noqa: ARG001  # a Parse
    """The file of FRED's chart: a column of dates, and one for each series.

    Raises:
        FeedDark: The body is not that file.
    """
    lines = as_csv(body)
    names = list(lines[0]) if lines else []
    if lines and (names[0] not in _DATE_HEADERS or len(names) < 2):
        got = nodes.shown(",".join(names))
        raise FeedDark("no_field", f"FRED's file should begin with observation_date, got {got}.")
    if not lines:
        raise FeedDark("empty", "FRED's file holds no observation.")
    parts = [
        _column(lines, names[0], name, series, request)
        for name in names[1:]
        for series in ids_of(name, request)
    ]
    if not parts:
        raise FeedDark(
            "renamed", f"FRED's file is of {nodes.few(names[1:])}, not of what was asked."
        )
    return together(parts)


def _column(
    lines: list[dict[str, str]], dates: str, name: str, series: str, request: Request
) -> Delivered:
    gaps = [Gap(series=series, code="revised", reason=REVISED)]
    kept: dict[dt.date, Vintage] = {}
    for number, line in enumerate(lines, start=2):
        try:
            date = nodes.day(line[dates], f"Line {number}'s date")
            value = nodes.numeral(line[name], f"Line {number}'s {name}")
        except Unfit as error:
            gaps.append(error.gap(series))
            continue
        if date in kept and repr(kept[date].value) != repr(value):
            reason = f"{date} stands twice with other values, the later one kept."
            gaps.append(Gap(series=series, code="duplicate", reason=reason))
        kept[date] = Vintage(date=date, value=value, start=None)
    ordered = [kept[date] for date in sorted(kept)]
    try:
        return delivered(SOURCE, fred_rows.rows(ordered, series, None, request, gaps), gaps=gaps)
    except Unfit as error:
        return delivered(SOURCE, gaps=[*gaps, error.gap(series)])


def calendar(body: bytes, request: Request, url: str) -> Delivered:  # noqa: ARG001  # a Parse
    """Releases as events of the series ``calendar:fred``; times are those of St. Louis.

    Raises:
        FeedDark: The body is no calendar.
    """
    try:
        node = nodes.table(as_json(body), "The answer")
        html = nodes.text(nodes.field(node, "pager", "The answer"), "pager")
    except Unfit as error:
        raise FeedDark(error.code, f"FRED's calendar: {error.reason}") from error
    items: dict[str, Item] = {}
    gaps: list[Gap] = []
    date: dt.date | None = None
    time = ""
    for line in BeautifulSoup(html, "html.parser").find_all("tr"):
        link = line.find("a", href=re.compile(r"^/release\?rid=\d+$"))
        cells = line.find_all("td")
        if not isinstance(link, Tag):
            found = [one for one in map(_date, line.stripped_strings) if one]
            date, time = (found[0], "") if found else (date, time)
            continue
        time = cells[0].get_text(" ", strip=True) or time
        if date is None:
            reason = f"{link.get_text(strip=True)} stands below no date."
            gaps.append(Gap(series=CALENDAR, code="no_field", reason=reason))
            continue
        one = _release(link, date, time, request)
        items.setdefault(one.key, one)
    if not items:
        gaps.append(Gap(series=CALENDAR, code="empty", reason="The calendar lists no release."))
    return delivered(SOURCE, items=items.values(), gaps=gaps)


def _date(said: str) -> dt.date | None:
    try:
        return dt.datetime.strptime(said, "%A %B %d, %Y").date()  # noqa: DTZ007  # a date has no zone
    except ValueError:
        return None


def _release(link: Tag, date: dt.date, time: str, request: Request) -> Item:
    release = str(link["href"]).rpartition("=")[2]
    try:
        clock: dt.time | None = dt.datetime.strptime(time, "%I:%M %p").time()  # noqa: DTZ007
    except ValueError:
        clock = None
    at = dt.datetime.combine(date, clock or dt.time(0), ST_LOUIS).astimezone(UTC)
    return Item(
        series=CALENDAR,
        key=f"{release}:{date}",
        kind="event",
        at=at,
        known_at=request.now,
        title=link.get_text(" ", strip=True),
        link=f"{SITE}/release?rid={release}",
        detail={"release": release, "date": str(date), "time": time if clock else ""},
        basis="seen",
    )


def other(body: bytes, request: Request, url: str) -> Delivered:  # noqa: ARG001  # a Parse
    """Any other page of FRED's interface: a gap.

    Raises:
        FeedDark: ``bad_key``, or the body is no object.
    """
    try:
        names = nodes.few(table(body, url))
    except Unfit as error:
        return delivered(SOURCE, gaps=[error.gap(asked(url))])
    reason = f"{urlsplit(url).path} with {names}: nothing of which the desk keeps."
    return delivered(SOURCE, gaps=[Gap(series="", code="not_kept", reason=reason)])
