"""Cboe's daily bars: an index's file, and the chart of a share, fund, index or future.

Indices are in points and have no volume; the names of their charts begin with an underscore. A
date is a session of XNYS; what Cboe prints on other days is left out, as is a bar whose close the
pull is too early to know.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence

from workbench.domain.calendars import venue
from workbench.domain.deliveries import Delivered, Gap, Request
from workbench.domain.errors import FeedDark
from workbench.domain.instruments import Instrument
from workbench.world.feeds import nodes
from workbench.world.feeds.endpoints import Row, delivered
from workbench.world.feeds.nodes import Node, Unfit
from workbench.world.feeds.yahoo_symbol import instrument
from workbench.world.http.decoding import as_csv, as_json

SOURCE = "cboe"
PRICES = ("open", "high", "low", "close")
_INDEX_FILE = re.compile(r"/([^/]+)_History\.csv")
_EARLIER = dt.timedelta(days=7)  # so that a late correction, and any session at all, is within


def ids_of(name: str, request: Request) -> list[str]:
    """The series that a name of Cboe's stands for; its plain name where all is wanted."""
    plain = name.lstrip("_")
    if not request.series:
        return [plain]
    return [one for one, known in request.series.items() if known.lstrip("_^") == plain]


def is_index(series: str, known: str) -> bool:
    """True for what is in points: the desk lists it so, or its name begins with an underscore."""
    one = instrument(series)
    return known.startswith("_") or (one is not None and one.unit == "points")


def chart(body: bytes, request: Request, url: str) -> Delivered:
    """Bars of a chart: numbers, or numbers as text, by their names.

    Raises:
        FeedDark: The body is no chart, or another symbol's.
    """
    name = url.rpartition("/")[2].partition(".json")[0]
    try:
        top = nodes.table(as_json(body), "The answer")
        found = nodes.listed(nodes.field(top, "data", "The answer"), "data")
        said = nodes.text(nodes.field(top, "symbol", "The answer"), "symbol")
    except Unfit as error:
        raise FeedDark(error.code, f"Cboe's chart of {name}: {error.reason}") from error
    if said != name:
        raise FeedDark("renamed", f"Asked for {name}, Cboe answers about {said}.")
    lines: list[Node] = []
    gaps: list[Gap] = []
    for place, node in enumerate(found):
        try:
            lines.append(nodes.table(node, f"data[{place}]"))
        except Unfit as error:
            gaps.append(error.gap(name))
    volume = not name.startswith("_")
    return _delivered(lines, name, "date", "%Y-%m-%d", volume, request, gaps)


def index_file(body: bytes, request: Request, url: str) -> Delivered:
    """An index's file: ``DATE,OPEN,HIGH,LOW,CLOSE``, or ``DATE`` and the index's own name.

    Raises:
        FeedDark: The body is not that file.
    """
    match = _INDEX_FILE.search(url)
    name = match[1] if match else ""
    lines = [{key.lower(): value for key, value in line.items()} for line in as_csv(body)]
    if not lines:
        raise FeedDark("empty", f"Cboe's file of {name} holds no line.")
    if "date" not in lines[0] or not {"close", name.lower()} & set(lines[0]):
        got = nodes.shown(",".join(lines[0]))
        raise FeedDark("no_field", f"Cboe's file of {name} should have DATE and CLOSE, got {got}.")
    if "close" not in lines[0]:
        lines = [{"date": line["date"], "close": line[name.lower()]} for line in lines]
    return _delivered(lines, f"_{name}", "date", "%m/%d/%Y", False, request, [])


def _delivered(
    lines: Sequence[Node], name: str, date: str, form: str, volume: bool, request: Request,
    gaps: list[Gap],
) -> Delivered:  # fmt: skip
    ids = ids_of(name, request)
    rows: list[Row] = []
    found: list[Gap] = []
    for series in ids:
        expected = instrument(series) if request.series else None
        own = [Gap(series=series, code=gap.code, reason=gap.reason) for gap in gaps]
        unit = "points" if name.startswith("_") else "USD"
        if expected is not None and expected.unit != unit:
            reason = f"{series} should be in {expected.unit}, Cboe has {name} in {unit}."
            found.append(Gap(series=series, code="other_unit", reason=reason))
            continue
        rows += _bars(lines, series, expected, date, form, volume, unit, request, own)
        found += own
    if not ids:
        found.append(
            Gap(series=name, code="not_asked", reason=f"{name} answers no series asked for.")
        )
    return delivered(SOURCE, rows, gaps=found)


def _bars(
    lines: Sequence[Node], series: str, expected: Instrument | None, date: str, form: str,
    volume: bool, unit: str, request: Request, gaps: list[Gap],
) -> list[Row]:  # fmt: skip
    calendar = venue("XNYS")
    lag = dt.timedelta(minutes=15 if expected is None else expected.lag_minutes)
    oldest = (request.since - _EARLIER).date()
    bars: dict[dt.datetime, list[Row]] = {}
    left: dict[str, list[object]] = {}
    names = [name for name in (*PRICES, "volume") if any(name in line for line in lines)]
    missing = [name for name in PRICES if name not in names]
    for place, line in enumerate(lines):
        try:
            day = nodes.day(nodes.field(line, date, f"Bar {place}"), f"Bar {place}'s date", form)
        except Unfit as error:
            gaps.append(error.gap(series))
            continue
        if day < oldest:
            continue
        if not calendar.is_session(day):
            left.setdefault("no_session", []).append(day)
            continue
        at = calendar.session(day).close
        if at + lag > request.now:  # the running bar is no fault
            if day > request.now.date():
                left.setdefault("future", []).append(day)
            continue
        bar = _bar(line, series, at, names, volume, unit, left)
        if at in bars and repr(bar) != repr(bars[at]):  # as text, for a blank equals no blank
            left.setdefault("duplicate", []).append(day)
        bars[at] = bar
    if list(bars) != sorted(bars):
        reason = "The bars were not in order of time."
        gaps.append(Gap(series=series, code="out_of_order", reason=reason))
    if not bars:
        gaps.append(Gap(series=series, code="empty", reason="No bar that can be used."))
    # A file of one value a day is what Cboe publishes of some indices; a chart has all four.
    if missing and missing != ["open", "high", "low"]:
        reason = f"The bars have no {nodes.few(missing)}."
        gaps.append(Gap(series=series, code="no_field", reason=reason))
    gaps += [
        Gap(series=series, code=code, reason=f"{nodes.few(days)}: {_WHY.get(code, _WHY['other'])}.")
        for code, days in left.items()
    ]
    return [row for at in sorted(bars) for row in bars[at]]


_WHY: Mapping[str, str] = {
    "no_session": "no session of XNYS, left out",
    "future": "ahead of the pull, left out",
    "duplicate": "more than one bar of other values, the later one kept",
    "other": "not what can be used, left out",
}


def _bar(
    line: Node, series: str, at: dt.datetime, names: Sequence[str], volume: bool, unit: str,
    left: dict[str, list[object]],
) -> list[Row]:  # fmt: skip
    rows: list[Row] = []
    for name in names:
        if name == "volume" and not volume:
            continue
        try:
            value = nodes.number_or_numeral(nodes.field(line, name, f"{at.date()}"), name)
        except Unfit as error:
            left.setdefault(error.code, []).append(f"{name} of {at.date()}")
            continue
        of = "shares" if name == "volume" else unit
        rows.append(Row(series=series, field=name, at=at, value=value, unit=of))
    return rows
