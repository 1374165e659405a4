"""What the page of one week shows: typed facts, from its review and how its calls stand now."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import sqlalchemy as sa

from workbench.desk import front
from workbench.desk.dispatches import link
from workbench.desk.editions import Edition, on_ledger, rows
from workbench.desk.views import GATE, RULE, STORY, IndexEntry, Link, State
from workbench.domain.calendars import moment
from workbench.domain.figures import difference, due, opened, share
from workbench.domain.records import Mode
from workbench.measures.scoring import is_right
from workbench.steps import frames, stretches, weekly_said
from workbench.steps.weekly import Review
from workbench.steps.weekly_lessons import Lesson, learned
from workbench.steps.weeks import Week, week_of

_LISTED = 40  # rows of a table; what is beyond is counted


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledRow:
    """A prediction on record that settled in the week."""

    sentence: str
    role: str
    state: State
    said: str
    base: str
    score: str
    how: str
    dispatch: Link | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BinRow:
    """A step of what was said in the month, with what happened."""

    step: str
    said: str
    n: str
    n_eff: str
    came: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRow:
    """A rule, story or gate that changed: what, to which state, why, and where it is told."""

    what: str
    state: str
    word: str
    why: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WeeklyPage:
    """One week; tables are empty where there is nothing to list."""

    template: ClassVar[str] = "weekly.html.j2"
    name: str
    days: str
    running: str
    mode: Mode
    others: int
    told: weekly_said.Told
    settled: tuple[SettledRow, ...]
    unlisted: int
    dispatches: tuple[IndexEntry, ...]
    earlier: int
    month: str
    bins: tuple[BinRow, ...]
    lessons: tuple[tuple[str, tuple[Lesson, ...]], ...]
    changes: tuple[ChangeRow, ...]
    silence: tuple[tuple[str, str, str, str], ...]
    spells: tuple[tuple[str, str, str], ...]
    absent: tuple[tuple[str, str, str], ...]
    costs: tuple[tuple[str, str, str, str], ...]
    older: Link | None
    newer: Link | None


def page(edition: Edition, review: Review) -> WeeklyPage:
    """What the page of a week shows."""
    head, numbers = review.head, edition.numbers
    titles = {one.name: one.params.title for one in edition.desk.stories}
    told = weekly_said.told(review, titles)
    said = stretches.on_record(review.settled)
    bins = stretches.calibration(stretches.answered(review.month))
    here = bisect_left(numbers, head.span[0]), bisect_right(numbers, head.span[1])
    listed = frames.rows(said[:_LISTED])
    found = _published(edition, {*head.cycles[-_LISTED:], *(int(one["cycle"]) for one in listed)})
    own = [n for n in head.cycles[-_LISTED:] if n in found]
    lessons: dict[str, list[Lesson]] = {}
    for one in learned(review):
        lessons.setdefault(one.verdict, []).append(one)
    return WeeklyPage(
        name=head.week.name, days=days(head.week), mode=head.mode, others=head.others,
        running=due(head.last) if edition.now < head.week.end else "",
        told=told,
        settled=tuple(_settled(one, found.get(int(one["cycle"]))) for one in listed),
        unlisted=max(0, len(said) - _LISTED),
        dispatches=front.entries(edition, own),
        earlier=len(head.cycles) - len(own), month=f"{head.last:%B %Y}",
        bins=tuple(_bin(one) for one in frames.rows(bins)),
        lessons=tuple((verdict, tuple(own)) for verdict, own in lessons.items()),
        changes=tuple(_changes(review, titles)),
        silence=tuple(
            (opened(one["silence"]), f"{one['n']:,}", f"{one['n_eff']:,.0f}",
             difference(one["earned"], 2))
            for one in frames.rows(told.kept_back)
        ),
        spells=tuple(
            (one.regime.replace("_", " "), _span(one.first, one.last), f"{one.cycles:,}")
            for one in head.spells
        ),
        absent=tuple(
            (one.mind + f", on {one.scope}" * bool(one.scope),
             f"{one.cycles:,} of {len(head.cycles):,}", weekly_said.ended(one.reason))
            for one in review.absent
        ),
        costs=tuple(
            (one.model, f"{one.cycles:,}", f"${one.usd:,.4f}", f"{one.seconds:,.0f} s")
            for one in review.costs
        ),
        older=_week(edition, numbers[here[0] - 1]) if here[0] else None,
        newer=_week(edition, numbers[here[1]]) if here[1] < len(numbers) else None,
    )  # fmt: skip


def days(week: Week) -> str:
    """Its first and last day in words."""
    last = week.monday + dt.timedelta(days=6)
    return f"{_span(week.monday, last)} {last.year}"


def _settled(one: Mapping[str, Any], row: sa.RowMapping | None) -> SettledRow:
    """A prediction of the week, with the dispatch that made it where that has a page."""
    void = one["outcome"] == "void"
    state: State = "void"
    if not void:
        state = "right" if is_right(one["probability"], one["outcome"] == "yes") else "wrong"
    return SettledRow(
        sentence=one["sentence"], role=one["role"], state=state,
        said=share(one["probability"], one["base_rate"]),
        base=share(one["base_rate"], one["probability"]),
        score="none" if void else f"{one['score']:.2f}", how=weekly_said.ended(one["how"]),
        dispatch=None
        if row is None
        else Link(title=f"Dispatch {row['of']}", href=link(row).href),
    )  # fmt: skip


def _published(edition: Edition, numbers: Iterable[int]) -> dict[int, sa.RowMapping]:
    """Those of these dispatches that have pages, with their cycles' rows."""
    own = [n for n in numbers if bisect_left(edition.numbers, n) < bisect_right(edition.numbers, n)]
    return rows(edition.ledger, own)


def _bin(one: Mapping[str, Any]) -> BinRow:
    came = f"{one['came']:,} of {one['n']:,}"
    return BinRow(
        step=f"{100 * one['low']:.0f} to {100 * one['high']:.0f}%", said=share(one["said"]),
        n=f"{one['n']:,}", n_eff=f"{one['n_eff']:,.0f}",
        came=came if one["rate"] is None else f"{came}, {share(one['rate'])}",
    )  # fmt: skip


def _changes(review: Review, titles: Mapping[str, str]) -> list[ChangeRow]:
    found = [
        ChangeRow(
            what=f"Rule on {one.category}", state=RULE[one.state][0], word=RULE[one.state][1],
            why=f"{one.reason} n = {one.evidence.n:,} claims.", href=f"mind/index.html#r-{one.id}",
        )
        for one in review.head.rules
    ]  # fmt: skip
    found += [
        ChangeRow(
            what=f"Story: {titles.get(one.story, one.story.replace('-', ' '))}",
            state=STORY[one.status], word=one.status.capitalize(), why=one.reason,
            href=f"mind/index.html#story-{one.story}",
        )
        for one in review.head.stories
    ]  # fmt: skip
    return found + [
        ChangeRow(
            what=f"{one.mind} on {one.category}", state=GATE[one.state],
            word=f"{one.before.capitalize()} → {one.state}", why=one.reason,
            href="mind/index.html#desk-minds",
        )
        for one in review.gates
    ]  # fmt: skip


def _week(edition: Edition, number: int) -> Link:
    """The page of the week of a dispatch."""
    week = week_of(moment(on_ledger(edition.ledger, number)["as_of"]))
    name = week.name
    return Link(title=days(week), href=f"weekly/{name}/index.html")


def _span(first: dt.date, last: dt.date) -> str:
    """Two days as ``29 January to 4 February``, one day as itself."""
    ends = [f"{one.day}\u00a0{one:%B}" for one in (first, last)]
    return ends[0] if first == last else " to ".join(ends)
