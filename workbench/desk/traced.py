"""The front of a trail: everything between a dispatch's inputs and what became of its claims.

What a cycle saw, heard and decided never changes; settlements, scores and lessons are added from
the ledger as they come.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar

import sqlalchemy as sa

from workbench.desk import debated, layout
from workbench.desk.dispatches import ROOT, link
from workbench.desk.editions import Edition, folder, on_ledger, part
from workbench.desk.notebooks import QUESTIONS
from workbench.desk.pooled import Term, terms
from workbench.desk.standing import ON_RECORD, Standing, standings
from workbench.desk.views import RULE, Link, State
from workbench.domain.calendars import moment
from workbench.domain.figures import day, minute, opened, worded
from workbench.domain.records import Mode, Opinion
from workbench.steps import heard, trust
from workbench.steps.facts import counted, listed
from workbench.world import entries as book
from workbench.world.ledger import Ledger

_MANY = 3  # series that share a flag from which it is told once, below them


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """A series as the cycle found it: what its newest value is of, and what is wrong with it."""

    name: str
    last: str
    known: str
    source: str
    state: str
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """What a mind said, or with ``absent`` why it said nothing.

    Attributes:
        name: The mind's.
        argument: Its words.
        cites: What they rest on, each with source and moment.
        rebuttal: What it answered once it had heard the others.
        moved: How many of its probabilities changed then, a sentence; empty where none were asked.
        cut: Sentences that were taken out, each with the reason.
        absent: Why it said nothing.
    """

    name: str
    argument: str = ""
    cites: tuple[str, ...] = ()
    rebuttal: str = ""
    moved: str = ""
    cut: tuple[str, ...] = ()
    absent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A prediction on record, with what settled it once something has.

    Attributes:
        standing: The claim and what was said of it.
        state: As of now.
        observed: Each value that settled it, with its moment and when it was known.
        arithmetic: The score as a sum; empty where there is none.
        lesson: What it taught; empty until settled.
    """

    standing: Standing
    state: State
    observed: tuple[str, ...]
    arithmetic: str
    lesson: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailFront:
    """Everything that the front of a trail shows."""

    template: ClassVar[str] = "traced.html.j2"
    number: int
    mode: Mode
    row: Mapping[str, Any]
    dispatch: Link
    inputs: tuple[Input, ...]
    shared: tuple[str, ...]
    regime: Mapping[str, Any] | None
    voices: tuple[Voice, ...]
    subject: Standing | None
    terms: tuple[Term, ...]
    entries: tuple[Entry, ...]
    shadows: int
    changes: tuple[tuple[str, str], ...]
    steps: tuple[tuple[str, str], ...]
    cost: str
    notebooks: tuple[Link, ...]


def files(edition: Edition) -> dict[str, str]:
    """The fronts of all trails that changed."""
    return {f"read/{n}/trail/index.html": layout.html(front(edition, n), ROOT)
            for n in edition.changed}  # fmt: skip


def front(edition: Edition, number: int) -> TrailFront:
    """What the front of one dispatch's trail shows."""
    ledger, desk = edition.ledger, edition.desk
    row = on_ledger(ledger, number)
    standing = standings(ledger, number)
    subject = debated.subject(standing) if standing else None
    data: dict[str, Any] = part(desk, row, trust.PART) or {}
    opinions: list[dict[str, Any]] = part(desk, row, "opinions") or []
    regime = ledger.read(sa.select(book.regimes).where(book.regimes.c.of == number))
    return TrailFront(
        number=number, mode=row["mode"], row=dict(row), dispatch=link(row),
        inputs=tuple(_inputs(data)), shared=tuple(_shared(data)),
        regime=_dated(dict(regime[0])) if regime else None,
        voices=tuple(_voices(ledger, number, [heard.opinion(one) for one in opinions])),
        subject=subject, terms=tuple(terms(ledger, number, subject)) if subject else (),
        entries=tuple(_entries(edition, number, standing)),
        shadows=sum(one.role == "shadow" for one in standing),
        changes=tuple(_changes(ledger, number)),
        steps=tuple(_steps(folder(desk, number) / "status.json")), cost=_cost(ledger, number),
        notebooks=tuple(Link(title=asks, href=f"read/{number}/trail/{name}.html")
                        for name, asks in QUESTIONS.items()),
    )  # fmt: skip


def _dated(row: dict[str, Any]) -> dict[str, Any]:
    """A regime with its dates in words."""
    dates = {name: row[name] and day(dt.date.fromisoformat(row[name])) for name in
             ("since", "fitted")}  # fmt: skip
    return row | dates


def _inputs(data: Mapping[str, Any]) -> Iterator[Input]:
    for one in data.get("series", ()):
        found = ((flag, flag["series"].split(", ")) for flag in data["flags"])
        flags = [flag for flag, of in found if one["series"] in of and len(of) < _MANY]
        yield Input(
            name=one["name"], last=one["last"] or "–", known=one.get("known") or "–",
            source=one["source"], state=one["state"],
            flags=tuple(opened(worded(flag["seen"])) for flag in flags),
        )  # fmt: skip


def _shared(data: Mapping[str, Any]) -> Iterator[str]:
    """Flags of many series at once, told once: ``Closed since …: SPY, QQQ and VIX``."""
    names = {one["series"]: one["name"] for one in data.get("series", ())}
    for flag in data.get("flags", ()):
        if len(of := flag["series"].split(", ")) >= _MANY:
            seen = opened(worded(flag["seen"])).rstrip(".")
            yield f"{seen}: {listed([names.get(name, name) for name in of])}."


def _voices(ledger: Ledger, number: int, opinions: Sequence[Opinion]) -> Iterator[Voice]:
    for one in opinions:
        revised = sum(one.probabilities.get(c) != p for c, p in one.before.items())
        yield Voice(
            name=one.mind, argument=one.argument or "No sentence of it had a source.",
            cites=tuple(f"{f.meaning} {f.text} ({f.source}, {worded(f.as_of)})"
                        for f in one.evidence),
            rebuttal=one.rebuttal, cut=tuple(f"“{words}”: {why}" for words, why in one.cuts),
            moved=f"{counted(revised)} of {counted(len(one.before))} probabilities changed after "
            "the others were heard." if one.before else "",
        )  # fmt: skip
    of = book.absences.c
    query = sa.select(of.mind, of.scope, of.reason).where(of.of == number).order_by(of.seq)
    for row in ledger.read(query):
        where = f" on {row['scope']}" if row["scope"] else ""
        yield Voice(name=row["mind"], absent=f"absent{where}: {row['reason']}")


def _entries(edition: Edition, number: int, standing: Sequence[Standing]) -> Iterator[Entry]:
    ledger, claims = edition.ledger, book.claims.c
    query = (
        sa.select(claims.id, book.settlements.c.observations, book.lessons.c.text)
        .join(book.settlements, book.settlements.c.claim == claims.id)
        .outerjoin(book.lessons, book.lessons.c.claim == claims.id)
        .where(claims.cycle == number)
    )  # fmt: skip
    settled = {row["id"]: row for row in ledger.read(query)}
    for one in standing:
        if one.role in ON_RECORD:
            row = settled.get(one.claim.id)
            seen = json.loads(row["observations"]) if row else []
            yield Entry(
                standing=one, state=one.state(edition.now), arithmetic=_arithmetic(one),
                observed=tuple(f"{s} {f} of {minute(moment(at))}: {value:,.10g}, known "
                               f"{minute(moment(known))}" for s, f, at, known, value in seen),
                lesson=(row and row["text"]) or "",
            )  # fmt: skip


def _arithmetic(one: Standing) -> str:
    """The score, as a sum that can be checked by hand; empty until there is one."""
    if one.outcome not in ("yes", "no"):
        return ""
    y = float(one.outcome == "yes")
    return (f"{one.score:.2f} = ½ + ½ ({abs(one.base_rate - y):.3f}² − "
            f"{abs(one.probability - y):.3f}²)")  # fmt: skip


def _changes(ledger: Ledger, number: int) -> Iterator[tuple[str, str]]:
    """Rules, stories and gates of minds that changed in this cycle, each with its reason."""
    rules, stories = book.rules.c, book.stories.c
    for row in ledger.read(sa.select(book.rules).where(rules.of == number).order_by(rules.seq)):
        yield f"Rule {RULE[row['state']][1].lower()}: {row['category']}", row["reason"]
    told = sa.select(book.stories).where(stories.of == number).order_by(stories.seq)
    for row in ledger.read(told):
        yield f"Story {row['status']}: {row['story'].replace('-', ' ')}", row["reason"]
    ruled = sa.select(book.rulings.c.state).where(book.rulings.c.of == number)
    if found := [row["state"] for row in ledger.read(ruled)]:
        opened, n = counted(found.count("open")), counted(len(found)).capitalize()
        yield "Minds reviewed", f"{n} rulings on what a mind may move; {opened} open."


def _steps(path: Path) -> Iterator[tuple[str, str]]:
    done = json.loads(path.read_text())["done"] if path.is_file() else {}
    for name, seconds in done.items():
        yield name, f"{seconds:.1f} s"
    if done:
        yield "All", f"{sum(done.values()):.1f} s"


def _cost(ledger: Ledger, number: int) -> str:
    of = book.voices.c
    rows = ledger.read(sa.select(of.usd, of.replies).where(of.of == number))
    if not rows:
        return "No model was asked; nothing was paid."
    usd = sum((Decimal(row["usd"]) for row in rows), Decimal(0))
    asked = counted(len(rows)).capitalize()
    return f"{asked} voice{'s' * (len(rows) != 1)} of models, {usd:.4f} USD."
