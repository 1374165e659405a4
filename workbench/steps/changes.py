"""What the desk changed its mind about: rules, stories and gates of minds, as the ledger has them.

Rules and stories are of one mode. Gates are of the desk: live and replayed cycles teach them alike,
see ``steps.learned``.
"""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from workbench.domain.calendars import moment
from workbench.domain.figures import difference, share
from workbench.domain.records import Mode
from workbench.measures.rules import Rule
from workbench.measures.stories import Status
from workbench.measures.trial import BLOCKS, FACTOR, WORTH, Ruling, Trial
from workbench.steps import rulebook
from workbench.steps.facts import several
from workbench.world import entries as book
from workbench.world.ledger import Ledger

_MOST = math.log(1e6)  # beyond which only the size of a factor means anything


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryChange:
    """One row of a story.

    Attributes:
        story: Its name.
        of: Cycle of the change.
        date: Its day, UTC.
        status: What it became.
        reason: Why, with its numbers.
        supports: Wealth of who bet on it, 1 is none; None where nothing was counted.
        opposes: Wealth of who bet against it, likewise.
        sessions: Sessions that were bet on.
        claims: Settled claims that were bet on.
    """

    story: str
    of: int
    date: dt.date
    status: Status
    reason: str
    supports: float | None
    opposes: float | None
    sessions: int
    claims: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GateChange:
    """One ruling on what a mind may move.

    Attributes:
        of: Cycle of the review.
        mind: Who, a model's mind with its model.
        category: Claims concerned, in words.
        state: What was ruled.
        before: What was ruled before; ``young`` where it is the first.
        trial: What the ruling rests on.
    """

    of: int
    mind: str
    category: str
    state: Ruling
    before: Ruling
    trial: Trial

    @property
    def reason(self) -> str:
        """The ruling's evidence in a sentence, each figure with its n."""
        found = self.trial
        on = f"{several(found.claims, 'claim')} on {several(found.blocks, 'date')}"
        if found.skill is None or found.sure is None:
            return f"Young: {on}, and {BLOCKS} dates are needed."
        said = (
            f"Bayes factor {factor(found.factor)} where {FACTOR:.0f} opens it; skill "
            f"{difference(100 * found.skill, 2)}%, {share(found.sure)} sure to be above "
            f"{100 * WORTH:.1f}%, on {on}"
        )
        return f"{said}. As stated it has lost to the reference." if found.beaten else f"{said}."


def rules(ledger: Ledger, mode: Mode, first: int, last: int) -> list[Rule]:
    """Every change of a rule of one mode in cycles ``first`` to ``last``, in order."""
    return [rulebook.rule(row) for row in _rows(ledger, book.rules, mode, first, last)]


def stories(ledger: Ledger, mode: Mode, first: int, last: int) -> list[StoryChange]:
    """Every change of a story of one mode in cycles ``first`` to ``last``, in order."""
    return [_story(row) for row in _rows(ledger, book.stories, mode, first, last)]


def gates(ledger: Ledger, first: int, last: int) -> list[GateChange]:
    """The rulings of cycles ``first`` to ``last``, in order."""
    of = book.rulings.c
    found = ledger.read(
        sa.select(book.rulings).where(of.cycle >= first, of.cycle <= last).order_by(of.seq)
    )
    if not found:
        return []
    before = {(row["mind"], row["category"]): row["state"] for row in _latest(ledger, first - 1)}
    told = []
    for row in found:
        cell = row["mind"], row["category"]
        told.append(_gate(row, before.get(cell, "young")))
        before[cell] = row["state"]
    return told


def standing(ledger: Ledger, until: int) -> list[GateChange]:
    """The last ruling on each mind and category up to a cycle, by mind, then category."""
    last = sorted(_latest(ledger, until), key=lambda row: (row["mind"], row["category"]))
    return [_gate(row, row["state"]) for row in last]


def _latest(ledger: Ledger, until: int) -> Sequence[sa.RowMapping]:
    """The last ruling on each mind and category up to a cycle."""
    of = book.rulings.c
    last = sa.select(sa.func.max(of.seq)).where(of.cycle <= until).group_by(of.mind, of.category)
    return ledger.read(sa.select(book.rulings).where(of.seq.in_(last)))


def factor(log: float) -> str:
    """A Bayes factor or e-value from its natural log, as text."""
    if log > _MOST:
        return "over 1,000,000"
    if log < -_MOST:
        return "under 0.000001"
    return f"{math.exp(log):,.0f}" if log > math.log(10) else f"{math.exp(log):.2g}"


def _rows(
    ledger: Ledger, table: sa.Table, mode: Mode, first: int, last: int
) -> Sequence[sa.RowMapping]:
    query = (
        sa.select(table, book.cycles.c.as_of)
        .join(book.cycles, book.cycles.c.number == table.c.cycle)
        .where(table.c.cycle >= first, table.c.cycle <= last, book.cycles.c.mode == mode)
        .order_by(table.c.seq)
    )
    return ledger.read(query)


def _story(row: sa.RowMapping) -> StoryChange:
    rests: dict[str, Any] = json.loads(row["evidence"])
    return StoryChange(
        story=row["story"], of=row["of"], date=moment(row["as_of"]).date(), status=row["status"],
        reason=row["reason"], supports=rests.get("supports"), opposes=rests.get("opposes"),
        sessions=rests.get("sessions", 0), claims=rests.get("claims", 0),
    )  # fmt: skip


def _gate(row: sa.RowMapping, before: Ruling) -> GateChange:
    theme, kind, horizon = row["category"].rsplit(" ", 2)
    return GateChange(
        of=row["of"], mind=row["mind"], state=row["state"], before=before,
        category=f"{theme} {kind} claims over {several(int(horizon), 'session')}",
        trial=Trial(**json.loads(row["evidence"])),
    )  # fmt: skip
