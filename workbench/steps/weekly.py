"""One ISO week of one mode, from the ledger: what was said, what settled, what was learned.

A week holds the cycles whose moment lies in it, UTC, and what they settled; a claim counts in the
mode of the cycle that asked it. Reading a week costs the same however long the ledger is.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import pandas as pd
import sqlalchemy as sa

from workbench.domain.calendars import UTC, iso, moment
from workbench.domain.records import Mode
from workbench.measures.rules import Rule
from workbench.steps import changes, stretches
from workbench.steps.changes import GateChange, StoryChange
from workbench.world import entries as book
from workbench.world.ledger import Ledger

_AS_OF = re.compile(r" as of \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\b")


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Week:
    """An ISO week, in UTC."""

    year: int
    number: int

    @property
    def name(self) -> str:
        """As its address has it: ``2026-W12``."""
        return f"{self.year}-W{self.number:02d}"

    @property
    def monday(self) -> dt.date:
        """Its first day."""
        return dt.date.fromisocalendar(self.year, self.number, 1)

    @property
    def first(self) -> dt.datetime:
        """Its first moment."""
        return dt.datetime.combine(self.monday, dt.time(), UTC)

    @property
    def end(self) -> dt.datetime:
        """The first moment after it."""
        return self.first + dt.timedelta(days=7)

    @property
    def turn(self) -> int:
        """Weeks since a fixed one; it differs by one from week to week."""
        return (self.monday.toordinal() - 1) // 7


def week_of(when: dt.datetime) -> Week:
    """The week in which a moment lies."""
    year, number, _ = when.astimezone(UTC).isocalendar()
    return Week(year=year, number=number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spell:
    """A run of cycles in one regime: its name, first and last day, and how many they are."""

    regime: str
    first: dt.date
    last: dt.date
    cycles: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """Who was absent, from what (empty for all), in how many cycles, and the last reason."""

    mind: str
    scope: str
    cycles: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What asking one model cost: cycles in which it was asked, dollars, seconds."""

    model: str
    cycles: int
    usd: Decimal
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Review:
    """A week as the ledger has it.

    Attributes:
        week: Which.
        mode: Of all that is told: live where the week has a live cycle.
        cycles: Their numbers, in order; never empty.
        others: Cycles of the other mode in the same week, of which nothing is told.
        is_first: No cycle of this mode came before.
        last: Moment of its last cycle.
        calls: Calls made.
        settled: What settled in it, see ``stretches.settled``.
        month: What settled in the calendar month of its last cycle, up to the week's end.
        rules: Changes of rules.
        stories: Changes of stories.
        gates: Rulings on minds.
        spells: Regimes passed through.
        absent: Who was missing.
        costs: What models cost.
    """

    week: Week
    mode: Mode
    cycles: tuple[int, ...]
    others: int
    is_first: bool
    last: dt.datetime
    calls: int
    settled: pd.DataFrame
    month: pd.DataFrame
    rules: Sequence[Rule]
    stories: Sequence[StoryChange]
    gates: Sequence[GateChange]
    spells: Sequence[Spell]
    absent: Sequence[Missing]
    costs: Sequence[Cost]


def review(ledger: Ledger, week: Week, until: int) -> Review | None:
    """A week, from cycles up to a number; None when it has none of them."""
    known = _cycles(ledger, week.first, week.end, until)
    if not known:
        return None
    mode: Mode = "live" if any(row["mode"] == "live" for row in known) else "replay"
    own = [row for row in known if row["mode"] == mode]
    first, last = known[0]["number"], known[-1]["number"]
    when = moment(own[-1]["as_of"])
    begun = when.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    month = stretches.settled(ledger, stretches.start(ledger, begun, until), last, mode)
    inside = begun <= week.first
    before = sa.select(book.cycles.c.number).where(
        book.cycles.c.number < own[0]["number"], book.cycles.c.mode == mode
    )
    asked = sa.select(book.dispatches.c.call).where(
        book.dispatches.c.of.in_([row["number"] for row in own]),
        book.dispatches.c.call.is_not(None),
    )
    return Review(
        week=week, mode=mode, cycles=tuple(row["number"] for row in own),
        others=len(known) - len(own), last=when,
        is_first=not ledger.read(before.order_by(book.cycles.c.number.desc()).limit(1)),
        calls=len(ledger.read(asked)),
        settled=(
            month[month["settled"] >= first].reset_index(drop=True)
            if inside
            else stretches.settled(ledger, first, last, mode)
        ),
        month=month, rules=changes.rules(ledger, mode, first, last),
        stories=changes.stories(ledger, mode, first, last),
        gates=changes.gates(ledger, first, last), spells=_spells(ledger, own),
        absent=_absent(ledger, own), costs=_costs(ledger, own),
    )  # fmt: skip


def _cycles(
    ledger: Ledger, first: dt.datetime, end: dt.datetime, until: int
) -> Sequence[sa.RowMapping]:
    of = book.cycles.c
    begin = stretches.start(ledger, first, until)
    query = sa.select(of.number, of.mode, of.as_of).where(
        of.number >= begin, of.number <= until, of.number < stretches.start(ledger, end, until),
        of.as_of >= iso(first), of.as_of < iso(end),
    )  # fmt: skip
    return ledger.read(query.order_by(of.number))


def _spells(ledger: Ledger, own: Sequence[sa.RowMapping]) -> list[Spell]:
    days = {row["number"]: moment(row["as_of"]).date() for row in own}
    of = book.regimes.c
    query = sa.select(of.of, of.name).where(of.of.in_(days)).order_by(of.of)
    found: list[Spell] = []
    for row in ledger.read(query):
        day, name = days[row["of"]], row["name"]
        if found and found[-1].regime == name:
            old = found.pop()
            found.append(Spell(regime=name, first=old.first, last=day, cycles=old.cycles + 1))
        else:
            found.append(Spell(regime=name, first=day, last=day, cycles=1))
    return found


def _absent(ledger: Ledger, own: Sequence[sa.RowMapping]) -> list[Missing]:
    of = book.absences.c
    numbers = [row["number"] for row in own]
    rows = ledger.read(sa.select(book.absences).where(of.of.in_(numbers)).order_by(of.of))
    counted: Counter[tuple[str, str, str]] = Counter()
    latest: dict[tuple[str, str, str], str] = {}
    for row in rows:
        reason = _AS_OF.sub("", row["reason"])
        alike = row["mind"], row["scope"], re.sub(r"\d[\d.,]*", "#", reason)
        counted[alike] += 1
        latest[alike] = reason
    return [
        Missing(mind=alike[0], scope=alike[1], cycles=n, reason=latest[alike])
        for alike, n in sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))
    ]


def _costs(ledger: Ledger, own: Sequence[sa.RowMapping]) -> list[Cost]:
    of = book.voices.c
    query = sa.select(of.of, of.model, of.usd, of.seconds)
    asked: dict[str, list[sa.RowMapping]] = {}
    for row in ledger.read(query.where(of.of.in_([row["number"] for row in own]))):
        asked.setdefault(row["model"], []).append(row)
    return [
        Cost(
            model=model, cycles=len({row["of"] for row in rows}),
            usd=sum((Decimal(row["usd"]) for row in rows), Decimal()),
            seconds=sum(row["seconds"] for row in rows),
        )
        for model, rows in sorted(asked.items())
    ]  # fmt: skip
