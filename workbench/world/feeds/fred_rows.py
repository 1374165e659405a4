"""FRED's observations as rows: one a vintage, with the day on which it became known.

A vintage's ``realtime_start`` is a date in St. Louis. The release may be at any time of that day,
so its value is taken as known when that day ends there, or at the pull if that comes first. ``at``
is the end of the period that the observation's date begins; a week's ends on its date.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np

from workbench.domain.calendars import UTC, Moments, to_datetime
from workbench.domain.contracts import contract
from workbench.domain.deliveries import Gap, Request
from workbench.world.dating import INFERRED, YEARLY, period_end
from workbench.world.feeds import nodes
from workbench.world.feeds.endpoints import Row
from workbench.world.feeds.nodes import Node, Unfit

ST_LOUIS = ZoneInfo("America/Chicago")
LATEST = "9999-12-31"  # FRED's own word for the last day that it knows
UNSTATED = "as published"  # where neither a contract nor the answer tells the unit
_PERIODS = {"D": "day", "W": "week", "M": "month", "Q": "quarter", "A": "year"}
_UNITS: Sequence[tuple[str, str]] = (  # FRED's words to the desk's, the first that fits
    (r"percent|percentage points", "%"),
    (r"index\b.*", "index"),
    (r"thousands of persons", "thousand persons"),
    (r"dollars per barrel", "USD a barrel"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What FRED says of a series.

    Attributes:
        unit: The desk's word for its unit, or FRED's own where it has none.
        period: ``day``, ``week``, ``month``, ``quarter``, ``year``; empty for any other.
    """

    unit: str
    period: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Vintage:
    """One value of one observation, known from a date in St. Louis; None where none is stated."""

    date: dt.date
    value: float
    start: dt.date | None


def about(node: Node, asked: str) -> About:
    """The unit and period of a series, from the answer of ``fred/series``.

    Raises:
        Unfit: The answer is about another series, or says neither.
    """
    name = nodes.text(nodes.field(node, "id", "The series"), "id")
    if asked and name != asked:
        raise Unfit("renamed", f"Asked for {asked}, FRED answers about {name}.")
    said = nodes.text(nodes.field(node, "units", "The series"), "units")
    short = nodes.text(nodes.field(node, "frequency_short", "The series"), "frequency_short")
    found = (to for form, to in _UNITS if re.fullmatch(form, said, re.IGNORECASE))
    return About(unit=next(found, said), period=_PERIODS.get(short, ""))


def vintages(found: Sequence[object], series: str, gaps: list[Gap]) -> list[Vintage]:
    """The usable ones of an answer of ``fred/series/observations``."""
    kept: list[Vintage] = []
    for place, node in enumerate(found):
        where = f"observations[{place}]"
        try:
            one = nodes.table(node, where)
            date = nodes.day(nodes.field(one, "date", where), f"{where}.date")
            value = nodes.numeral(nodes.field(one, "value", where), f"{where}.value")
            start = nodes.day(nodes.field(one, "realtime_start", where), f"{where}.realtime_start")
        except Unfit as error:
            gaps.append(error.gap(series))
        else:
            kept.append(Vintage(date=date, value=value, start=start))
    return kept


def changes(kept: Sequence[Vintage]) -> list[Vintage]:
    """Those that say something new: windows repeat at their start what was known before.

    Ordered by date and start; of one date and start the last wins.
    """
    latest = {(one.date, one.start or dt.date.min): one for one in kept}
    result: list[Vintage] = []
    for _, one in sorted(latest.items(), key=lambda pair: pair[0]):
        last = result[-1] if result else None
        same = last is not None and last.date == one.date
        if not same or repr(last.value) != repr(one.value):  # type: ignore[union-attr]  # a blank equals no blank
            result.append(one)
    return result


def rows(
    kept: Sequence[Vintage], series: str, said: About | None, request: Request, gaps: list[Gap]
) -> list[Row]:
    """Rows of one series; a period that has not ended by the pull is left out.

    Raises:
        Unfit: ``other_unit`` when FRED's unit is not the contract's.
    """
    agreed = contract(series, "value")
    if agreed and said and said.unit != agreed.unit:
        raise Unfit(
            "other_unit", f"{series} should be in {agreed.unit}, FRED has it in {said.unit}."
        )
    unit = agreed.unit if agreed else (said.unit if said else UNSTATED)
    if not kept:
        return []
    days = np.array([one.date for one in kept], "datetime64[D]")
    period = agreed.period if agreed else (said.period if said else "")
    ends = period_end(days, period or _implied(days))
    late: list[dt.date] = []
    twice: list[dt.date] = []
    result: dict[tuple[dt.datetime, dt.datetime | None], Row] = {}
    for one, end in zip(kept, ends, strict=True):
        at = to_datetime(end)
        known = None if one.start is None else known_from(one.start, request.now)
        if at > request.now:
            late.append(one.date)
        elif known is not None and one.start is not None and _midnight(one.start) > request.now:
            gaps.append(Gap(series=series, code="future", reason=f"A vintage of {one.start}."))
        else:
            if (at, known) in result:
                twice.append(one.date)
            result[at, known] = Row(
                series=series,
                field="value",
                at=at,
                value=one.value,
                unit=unit,
                known_at=known,
                basis="rule" if known is None else "stated",
            )
    if late:
        reason = f"{nodes.few(sorted(set(late)))}: periods that have not ended, left out."
        gaps.append(Gap(series=series, code="unfinished", reason=reason))
    if twice:
        reason = f"{nodes.few(twice)}: more than one value of its period, the last one kept."
        gaps.append(Gap(series=series, code="duplicate", reason=reason))
    return list(result.values())


def known_from(start: dt.date, now: dt.datetime) -> dt.datetime:
    """When a vintage of this date is taken as known: the day's end in St. Louis, or the pull."""
    return min(_midnight(start + dt.timedelta(days=1)), now)


def _midnight(date: dt.date) -> dt.datetime:
    return dt.datetime.combine(date, dt.time(0), ST_LOUIS).astimezone(UTC)


def _implied(days: Moments) -> str:
    """The period that the dates' own spacing implies; a day for a lone date.

    Where two dates would fall into one period, each is a day's.
    """
    unique = np.unique(days)
    steps = np.diff(unique).astype(int)
    spacing = float(np.median(steps)) if len(steps) else 1.0
    name = next((name for most, name, _ in INFERRED if spacing <= most), YEARLY[0])
    return name if len(np.unique(period_end(unique, name))) == len(unique) else "day"
