"""ISO weeks, and what each comes to: its cycles, regimes, changes, and how predictions came out.

A week holds the cycles whose moment lies in it, UTC, and what they settled; a claim counts in the
mode of the cycle that asked it. Reading weeks costs the same however long the ledger is.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa

from workbench.domain.calendars import UTC, moment
from workbench.domain.records import Mode
from workbench.measures.rules import Rule
from workbench.steps import changes, stretches
from workbench.steps.changes import StoryChange
from workbench.steps.stretches import Tally
from workbench.world import entries as book
from workbench.world.ledger import Ledger


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
class Headline:
    """What a week comes to, as far as a list of weeks needs it.

    Attributes:
        week: Which.
        mode: Of all that is told: live where the week has a live cycle.
        cycles: Their numbers, in order; never empty.
        others: Cycles of the other mode in the same week, of which nothing is told.
        span: First and last cycle of the week in any mode.
        is_first: No cycle of this mode came before.
        last: Moment of its last cycle.
        tally: Predictions on record that settled in it.
        rules: Changes of rules.
        stories: Changes of stories.
        spells: Regimes passed through.
    """

    week: Week
    mode: Mode
    cycles: tuple[int, ...]
    others: int
    span: tuple[int, int]
    is_first: bool
    last: dt.datetime
    tally: Tally
    rules: Sequence[Rule]
    stories: Sequence[StoryChange]
    spells: Sequence[Spell]


def headlines(ledger: Ledger, first: Week, last: Week, until: int) -> list[Headline]:
    """The weeks from one to another that have cycles, up to a number, in order."""
    of = book.cycles.c
    begin, end = (stretches.start(ledger, when, until) for when in (first.first, last.end))
    known = ledger.read(
        sa.select(of.number, of.mode, of.as_of)
        .where(of.number >= begin, of.number < end)
        .order_by(of.number)
    )
    by_week: dict[Week, list[sa.RowMapping]] = {}
    for row in known:
        by_week.setdefault(week_of(moment(row["as_of"])), []).append(row)
    rules: dict[Week, list[Rule]] = {}
    stories: dict[Week, list[StoryChange]] = {}
    week = {row["number"]: week_of(moment(row["as_of"])) for row in known}
    modes: dict[Week, Mode] = {
        own: "live" if any(row["mode"] == "live" for row in rows) else "replay"
        for own, rows in by_week.items()
    }
    begun = {mode: _first(ledger, mode) for mode in set(modes.values())}
    for mode in begun:
        for rule in changes.rules(ledger, mode, begin, end - 1):
            rules.setdefault(week[rule.of], []).append(rule)
        for story in changes.stories(ledger, mode, begin, end - 1):
            stories.setdefault(week[story.of], []).append(story)
    said = _said(ledger, begin, end, week)
    read = sa.select(book.regimes.c.of, book.regimes.c.name).where(
        book.regimes.c.of >= begin, book.regimes.c.of < end
    )
    regimes = {row["of"]: row["name"] for row in ledger.read(read)}
    found = []
    for one, rows in by_week.items():
        mode = modes[one]
        own = {row["number"]: moment(row["as_of"]) for row in rows if row["mode"] == mode}
        found.append(
            Headline(
                week=one, mode=mode, cycles=tuple(own), others=len(rows) - len(own),
                span=(rows[0]["number"], rows[-1]["number"]), is_first=begun[mode] in own,
                last=max(own.values()), tally=stretches.tally(said.get((one, mode), ())),
                rules=[each for each in rules.get(one, ()) if each.of in own],
                stories=[each for each in stories.get(one, ()) if each.of in own],
                spells=_spells(own, regimes),
            )
        )  # fmt: skip
    return found


def _said(
    ledger: Ledger, begin: int, end: int, week: Mapping[int, Week]
) -> dict[tuple[Week, str], list[tuple[float, float, str]]]:
    """By week of settlement and mode of asking, what was on record and how it ended."""
    own, done = book.decisions.c, book.settlements.c
    query = (
        sa.select(done.cycle, book.cycles.c.mode, own.probability, own.base_rate, done.outcome)
        .join(book.decisions, own.claim == done.claim)
        .join(book.cycles, book.cycles.c.number == own.cycle)
        .where(done.cycle >= begin, done.cycle < end, own.role != "shadow")
        .order_by(done.seq)
    )
    found: dict[tuple[Week, str], list[tuple[float, float, str]]] = {}
    for row in ledger.read(query):
        end_of = (row["probability"], row["base_rate"], row["outcome"])
        found.setdefault((week[row["cycle"]], row["mode"]), []).append(end_of)
    return found


def _first(ledger: Ledger, mode: Mode) -> int:
    of = book.cycles.c
    query = sa.select(of.number).where(of.mode == mode).order_by(of.number).limit(1)
    return int(ledger.read(query)[0]["number"])


def _spells(own: Mapping[int, dt.datetime], regimes: Mapping[int, str]) -> list[Spell]:
    found: list[Spell] = []
    for number, when in own.items():
        if number not in regimes:
            continue
        day, name = when.date(), regimes[number]
        if found and found[-1].regime == name:
            found[-1] = replace(found[-1], last=day, cycles=found[-1].cycles + 1)
        else:
            found.append(Spell(regime=name, first=day, last=day, cycles=1))
    return found
