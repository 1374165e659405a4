"""Rules and stories as the mind page shows them, each with its course and its trails."""

from __future__ import annotations

import datetime as dt
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass

from workbench.desk.editions import Edition
from workbench.desk.views import RULE, STORY, Link
from workbench.domain.figures import opened
from workbench.measures.rules import Rule
from workbench.measures.trial import FACTOR
from workbench.steps import changes
from workbench.steps.changes import StoryChange
from workbench.steps.facts import several

TURNS = 24  # changes of one story that are listed


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleView:
    """One rule: what it keeps silent, how it stands, since and until when, and why."""

    anchor: str
    head: str
    state: str
    word: str
    course: str
    reason: str
    evidence: str
    trail: Link


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnView:
    """One change of a story: its day, what it became, for and against, and why."""

    date: str
    day: str
    confirms: bool
    word: str
    weighed: str
    reason: str
    trail: Link


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryView:
    """One story: thesis, what would prove it wrong, status and timeline."""

    anchor: str
    title: str
    thesis: str
    wrong: str
    state: str
    word: str
    since: str
    earlier: str
    turns: tuple[TurnView, ...]


def rule(course: Sequence[Rule], published: Container[int]) -> RuleView:
    """A rule with its course, every change of it in order.

    Args:
        course: The changes, the first when it was mined.
        published: Cycles that have pages.
    """
    last, found = course[-1], course[-1].evidence
    state, word = RULE[last.state]
    steps = [f"{RULE[one.state][1].lower()} {_date(one.changed)}" for one in course]
    until = {"in_force": "must be renewed by", "trial": "its trial ends"}.get(last.state, "")
    said = (
        ", ".join(steps)
        if len(steps) > 1
        else steps[0].replace(word.lower(), f"{word.lower()} since", 1)
    )
    if last.until is not None and until:
        said += f"; {until} {_date(last.until)}"
    dates = f", {_day(found.first)} to {_day(found.last)}" if found.first else ""
    value = (
        "its e-value is counted from here"
        if len(course) == 1
        else f"e-value {changes.factor(last.factor)}, at least {FACTOR:.0f} needed"
    )
    return RuleView(
        anchor=f"r-{last.id}", head=f"Silence on {last.category}", state=state, word=word,
        course=opened(said), reason=last.reason,
        evidence=f"n = {found.n:,} claims{dates}; {value}",
        trail=_trail(last.of, published),
    )  # fmt: skip


def beyond(ended: Sequence[Sequence[Rule]], published: Container[int]) -> tuple[Link, ...]:
    """The trails of the cycles that ended the rules that are not listed."""
    cycles = sorted({course[-1].of for course in ended}, reverse=True)
    return tuple(_trail(of, published) for of in cycles)


def stories(edition: Edition, published: Container[int]) -> Iterator[StoryView]:
    """The stories of the desk, then those that it once followed, each with its timeline."""
    rows: dict[str, list[StoryChange]] = {}
    for row in changes.stories(edition.ledger, edition.row["mode"], 0, edition.number):
        rows.setdefault(row.story, []).append(row)
    own = {one.name: one for one in edition.desk.stories}
    for name in [*(name for name in own if name in rows), *(set(rows) - set(own))]:
        story, turns = own.get(name), rows[name]
        last, hidden = turns[-1], turns[:-TURNS]
        gone = "" if story else "; this desk no longer follows it"
        yield StoryView(
            anchor=f"story-{name}",
            title=story.params.title if story else name.replace("-", " ").capitalize(),
            thesis=story.thesis if story else "", wrong=story.wrong if story else "",
            state=STORY[last.status], word=last.status.capitalize(),
            since=f"since {_date(last.date)}, {several(len(turns), 'change')}{gone}",
            earlier=f"{several(len(hidden), 'change')} before {_date(turns[-TURNS].date)} "
            "not listed here." if hidden else "",
            turns=tuple(_turn(one, published) for one in turns[-TURNS:]),
        )  # fmt: skip


def _turn(one: StoryChange, published: Container[int]) -> TurnView:
    weighed = ""
    if one.supports is not None and one.opposes is not None:
        weighed = (
            f"For {one.supports:.1f}, against {one.opposes:.1f} times the stake, where "
            f"{FACTOR:.0f} is a verdict; n = {one.sessions:,} sessions and {one.claims:,} claims."
        )
    return TurnView(
        date=one.date.isoformat(), day=_date(one.date), confirms=one.status == "confirmed",
        word=one.status.capitalize(), weighed=weighed, reason=one.reason,
        trail=_trail(one.of, published),
    )  # fmt: skip


def _trail(of: int, published: Container[int]) -> Link:
    """A cycle's trail; without an address when the cycle has no pages."""
    href = f"read/{of}/trail/index.html" if of in published else ""
    return Link(title=f"cycle {of:,}", href=href)


def _date(date: dt.date) -> str:
    return f"{date.day}\u00a0{date:%b %Y}"


def _day(text: str) -> str:
    return _date(dt.date.fromisoformat(text[:10]))
