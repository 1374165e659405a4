"""Pages that say when companies report, each as one event: Nasdaq's calendar and Yahoo's summary.

What a window's times are: before the market 4:00 to the open in New York, after it the close to
20:00, else the whole day. ``at`` is its start; nobody says when it was announced, so it is known
from the pull on.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, quote, unquote, urlsplit

from workbench.domain.calendars import NEW_YORK, UTC, iso, venue
from workbench.domain.deliveries import Delivered, Gap, Request
from workbench.domain.errors import FeedDark
from workbench.domain.instruments import KNOWN
from workbench.world.feeds import nodes
from workbench.world.feeds.endpoints import Item, delivered
from workbench.world.feeds.nodes import Node, Unfit
from workbench.world.feeds.yahoo_pages import results, top
from workbench.world.http.decoding import as_json

SOURCE = "earnings"
_EARLY, _LATE = dt.time(4), dt.time(20)  # when trading before and after the market begins and ends
_EPS = {"eps_average": "earningsAverage", "eps_low": "earningsLow", "eps_high": "earningsHigh"}
_BRACKETS = re.compile(r"\(\$?([\d.,]+)\)")  # how Nasdaq writes a loss


@dataclass(frozen=True, slots=True, kw_only=True)
class _Window:
    start: dt.datetime
    until: dt.datetime


def nasdaq(body: bytes, request: Request, url: str) -> Delivered:
    """The companies that report on the day that the address names.

    Raises:
        FeedDark: The body is no calendar.
    """
    said = parse_qs(urlsplit(url).query).get("date", [""])[0]
    try:
        date = nodes.day(said, "The address's date")
        node = nodes.table(as_json(body), "The answer")
        data = nodes.field(node, "data", "The answer")
        # On a day without reports Nasdaq answers null, with a message.
        found = None if data is None else nodes.field(nodes.table(data, "data"), "rows", "data")
        rows = [] if found is None else nodes.listed(found, "data.rows")
    except Unfit as error:
        raise FeedDark(error.code, f"Nasdaq's calendar of {said}: {error.reason}") from error
    items: dict[str, Item] = {}
    gaps: list[Gap] = []
    for place, part in enumerate(rows):
        where = f"rows[{place}]"
        name = ""
        try:
            one = nodes.table(part, where)
            name = nodes.text(nodes.field(one, "symbol", where), f"{where}.symbol")
            for series in _ids(name, request):
                items[series] = _nasdaq_item(series, one, date, where, request)
        except Unfit as error:
            if _ids(name, request) or not name:
                gaps.append(error.gap(name))
    return delivered(SOURCE, items=items.values(), gaps=gaps)


def _nasdaq_item(series: str, one: Node, date: dt.date, where: str, request: Request) -> Item:
    time = nodes.text(nodes.field(one, "time", where), f"{where}.time")
    detail: dict[str, object] = {"time": time.removeprefix("time-"), "estimate": True}
    for field, theirs in {"eps_average": "epsForecast", "estimates": "noOfEsts"}.items():
        value = _money(one.get(theirs), f"{where}.{theirs}")
        if not math.isnan(value):
            detail[field] = value
    quarter = one.get("fiscalQuarterEnding")
    if isinstance(quarter, str) and quarter.strip():
        detail["quarter"] = quarter.strip()
    window = _nasdaq_window(date, time)
    link = "https://www.nasdaq.com/market-activity/earnings"
    return _item(series, window, detail, link, request)


def _nasdaq_window(date: dt.date, time: str) -> _Window:
    calendar = venue("XNYS")
    start, until = dt.time(0), dt.time(0)
    close = calendar.session(date).close if calendar.is_session(date) else None
    if time == "time-pre-market":
        start, until = _EARLY, dt.time(9, 30)
    elif time == "time-after-hours":
        start, until = (close.astimezone(NEW_YORK).time() if close else dt.time(16)), _LATE
    last = date + dt.timedelta(days=until == dt.time(0))
    return _Window(start=_local(date, start), until=_local(last, until))


def _local(date: dt.date, time: dt.time) -> dt.datetime:
    return dt.datetime.combine(date, time, NEW_YORK).astimezone(UTC)


def _money(node: object, where: str) -> float:
    if isinstance(node, str):
        loss = _BRACKETS.fullmatch(node.strip())
        if loss:
            return -nodes.numeral(loss[1], where)
        return nodes.numeral(node.strip().removeprefix("$"), where)
    return nodes.number(node, where)


def events(body: bytes, request: Request, url: str) -> Delivered:
    """The next report of the one company that the address names, from ``calendarEvents``.

    Raises:
        FeedDark: The body is no answer of v10 quoteSummary.
    """
    return _summary(body, request, url, "calendarEvents", ("earnings",))


def estimates(body: bytes, request: Request, url: str) -> Delivered:
    """The same from the module ``earnings``, which knows the average estimate alone.

    Raises:
        FeedDark: The body is no answer of v10 quoteSummary.
    """
    return _summary(body, request, url, "earnings", ("earningsChart",))


def history(body: bytes, request: Request, url: str) -> Delivered:  # noqa: ARG001  # a Parse
    """What was earned in past quarters, of which the desk keeps nothing: a gap.

    Raises:
        FeedDark: The body is no answer of v10 quoteSummary.
    """
    name = unquote(urlsplit(url).path.rpartition("/")[2])
    node = top(body, "quoteSummary")
    try:
        whole = nodes.table(results(node, "quoteSummary")[0], "The result")
        found = nodes.table(nodes.field(whole, "earningsHistory", "The result"), "earningsHistory")
        count = len(nodes.listed(nodes.field(found, "history", "earningsHistory"), "history"))
    except Unfit as error:
        return delivered(SOURCE, gaps=[error.gap(name)])
    reason = f"Earnings of {count} past quarters, not kept."
    return delivered(SOURCE, gaps=[Gap(series=name, code="not_kept", reason=reason)])


def _summary(
    body: bytes, request: Request, url: str, module: str, path: tuple[str, ...]
) -> Delivered:
    name = unquote(urlsplit(url).path.rpartition("/")[2])
    node = top(body, "quoteSummary")
    items: list[Item] = []
    gaps: list[Gap] = []
    for series in _ids(name, request):
        try:
            one = nodes.table(results(node, "quoteSummary")[0], "The result")
            for step in (module, *path):
                one = nodes.table(nodes.field(one, step, "The result"), step)
            items.append(_yahoo_item(series, one, request))
        except Unfit as error:
            gaps.append(error.gap(series))
    return delivered(SOURCE, items=items, gaps=gaps)


def _yahoo_item(series: str, one: Node, request: Request) -> Item:
    dates = nodes.listed(nodes.field(one, "earningsDate", "earnings"), "earningsDate")
    if not dates:
        raise Unfit("empty", "No date is announced: earningsDate is an empty list.")
    times = sorted(nodes.seconds(date, "earningsDate") for date in dates)
    guess = nodes.field(one, "isEarningsDateEstimate", "earnings")
    if not isinstance(guess, bool):
        raise Unfit("wrong_type", f"isEarningsDateEstimate is {nodes.shown(guess)}.")
    detail: dict[str, object] = {"estimate": guess}
    for field, theirs in (*_EPS.items(), ("eps_average", "currentQuarterEstimate")):
        value = nodes.number(one.get(theirs), theirs)
        if not math.isnan(value):
            detail[field] = value
    window = _Window(start=times[0], until=times[-1])
    link = f"https://finance.yahoo.com/quote/{quote(series)}"
    return _item(series, window, detail, link, request)


def _item(
    series: str, window: _Window, detail: Mapping[str, object], link: str, request: Request
) -> Item:
    name = next((one.name for one in KNOWN if one.symbol == series), series)
    return Item(
        series=series,
        key=f"earnings:{window.start.astimezone(NEW_YORK).date()}",
        kind="event",
        at=window.start,
        known_at=request.now,
        title=f"{name} reports earnings",
        link=link,
        detail={**detail, "until": iso(window.until)},
        basis="seen",
    )


def _ids(name: str, request: Request) -> list[str]:
    if not request.series:
        return [name] if name else []
    return [one for one, known in request.series.items() if known == name]
