"""The mind page: who speaks and with what power, what the desk forbids itself, which stories run.

Everything is what the ledger's rows say up to the edition's cycle. Ended rules beyond the last
fifty, and changes of a story beyond its last twenty-four, are counted and not listed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from workbench.desk import layout, mindrules
from workbench.desk.editions import Edition
from workbench.desk.views import GATE, Link
from workbench.domain.calendars import moment
from workbench.domain.figures import opened
from workbench.domain.records import Mode
from workbench.measures.rules import Rule
from workbench.measures.trial import BLOCKS
from workbench.steps import changes
from workbench.steps.changes import GateChange
from workbench.steps.facts import counted, listed, several
from workbench.steps.speakers import named
from workbench.world.schema import Mind

ENDED = 50  # ended rules that are listed


@dataclass(frozen=True, slots=True, kw_only=True)
class GateRow:
    """A ruling on a mind: claims concerned, chip, its word, and the evidence in a sentence."""

    head: str
    state: str
    word: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MindView:
    """One mind: what answers for it, what it may see, what it may move."""

    anchor: str
    name: str
    kind: str
    sees: str
    reads: str
    mandate: str
    power: str
    open: tuple[GateRow, ...]
    rest: tuple[GateRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MindPage:
    """Who speaks, what is forbidden, which stories run."""

    template: ClassVar[str] = "mind.html.j2"
    as_of: dt.datetime
    title: str
    minds: tuple[MindView, ...]
    review: str
    rulings: tuple[GateRow, ...]
    rules: tuple[tuple[str, str, str, tuple[mindrules.RuleView, ...]], ...]
    beyond: tuple[Link, ...]
    beyond_n: int
    stories: tuple[mindrules.StoryView, ...]
    mode: Mode


def files(edition: Edition) -> dict[str, str]:
    """The mind page."""
    return {"mind/index.html": layout.html(page(edition), "../")}


def page(edition: Edition) -> MindPage:
    """What the page shows."""
    ledger, number, mode = edition.ledger, edition.number, edition.row["mode"]
    courses: dict[str, list[Rule]] = {}
    for one in changes.rules(ledger, mode, 0, number):
        courses.setdefault(one.id, []).append(one)
    force, trial, ended = (
        [course for course in courses.values() if course[-1].state in states]
        for states in (("in_force",), ("trial",), ("retired", "dropped"))
    )
    ended.sort(key=lambda course: -course[-1].of)
    gates = changes.standing(ledger, number)
    last = max((one.of for one in gates), default=0)
    published = frozenset(edition.numbers)
    titled = (
        ("force", "In force", "No rule is in force.", force),
        ("trial", "On trial", "No rule is on trial.", trial),
        ("ended", "Retired and dropped", "No rule has ended yet.", ended[:ENDED]),
    )
    return MindPage(
        as_of=moment(edition.row["as_of"]), title=title(len(force), len(trial), gates),
        minds=tuple(_mind(edition, one, gates) for one in edition.desk.minds),
        review=_review(gates, last),
        rulings=tuple(_gate(one, f"{one.mind}, {one.category}", changed=True)
                      for one in changes.gates(ledger, last, last)),
        rules=tuple((key, head, none, tuple(mindrules.rule(course, published) for course in own))
                    for key, head, none, own in titled),
        beyond=mindrules.beyond(ended[ENDED:], published), beyond_n=len(ended[ENDED:]),
        stories=tuple(mindrules.stories(edition, published)), mode=mode,
    )  # fmt: skip


def title(force: int, trial: int, gates: Sequence[GateChange]) -> str:
    """The page's finding: ``No rule in force, five on trial; of 36 gates none is open``."""
    n = sum(one.state == "open" for one in gates)
    said = f"{several(force, 'rule') if force else 'no rule'} in force, "
    said += f"{counted(trial) if trial else 'none'} on trial; "
    if not gates:
        said += "no mind has been judged yet"
    else:
        said += f"of {counted(len(gates))} gates {counted(n) if n else 'none'} "
        said += f"{'is' if n < 2 else 'are'} open"
    return opened(said)


def _mind(edition: Edition, one: Mind, gates: Sequence[GateChange]) -> MindView:
    own = one.name if one.is_house else named(one.name, one.params.model)
    rulings = [gate for gate in gates if gate.mind == own]
    rows = [(gate.state, _gate(gate, gate.category.capitalize())) for gate in rulings]
    symbols = [each.symbol for each in edition.desk.instruments]
    told = [
        f"the desk’s instruments ({', '.join(symbols)})" if series == "instruments" else series
        for series in one.params.series
        if series not in symbols or "instruments" not in one.params.series
    ]
    return MindView(
        anchor=f"mind-{one.name}", name=one.name,
        kind="House: small statistics, no model" if one.is_house else f"Model {one.params.model}",
        sees=f"{opened(listed(told) if told else 'no series')}; of each "
        f"{listed(one.params.fields)}",
        reads=listed(one.params.items) if one.params.items else "No text",
        mandate=" ".join(one.mandate.split("\n\n")[0].split()), power=_power(rulings),
        open=tuple(row for state, row in rows if state == "open"),
        rest=tuple(row for state, row in rows if state != "open"),
    )  # fmt: skip


def _power(rulings: Sequence[GateChange]) -> str:
    """What a mind may move, in a sentence."""
    if not rulings:
        return (
            f"Not judged yet: a ruling needs {BLOCKS} dates of a category. Until then what it says "
            "is scored and moves nothing."
        )
    n = {state: sum(one.state == state for one in rulings) for state in ("open", "shut", "ended")}
    where = f"of {counted(len(rulings))} categories judged"
    if n["open"]:
        return f"Its gate is open on {counted(n['open'])} {where}; elsewhere it moves nothing."
    return (
        f"Its gate is open nowhere: {where} {counted(n['shut'])} are shut and "
        f"{counted(n['ended'])} ended. What it says is scored and moves nothing."
    )


def _gate(one: GateChange, head: str, *, changed: bool = False) -> GateRow:
    word = one.state.capitalize()
    if changed and one.before != one.state:
        word = f"{one.before.capitalize()} → {one.state}"
    return GateRow(head=head, state=GATE[one.state], word=word, why=one.reason)


def _review(gates: Sequence[GateChange], last: int) -> str:
    if not gates:
        return "No review has ruled on a mind yet. Gates are reviewed once a quarter."
    n = sum(one.of == last for one in gates)
    return (
        f"Gates are reviewed once a quarter. The last review that changed any was that of cycle "
        f"{last:,}, with {several(n, 'ruling')}; live and replayed cycles teach alike, as both "
        "knew only their past."
    )
