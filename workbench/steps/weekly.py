"""One ISO week of one mode, from the ledger: what settled, who was absent, what it cost.

What its list shows of it is in ``weeks``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import pandas as pd
import sqlalchemy as sa

from workbench.steps import changes, stretches
from workbench.steps.changes import GateChange
from workbench.steps.weeks import Headline, Week, headlines
from workbench.world import entries as book
from workbench.world.ledger import Ledger

_AS_OF = re.compile(r" as of \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\b")


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
        head: What it comes to.
        calls: Calls made.
        settled: What settled in it, see ``stretches.settled``.
        month: What settled in the calendar month of its last cycle, up to the week's end.
        gates: Rulings on minds.
        absent: Who was missing.
        costs: What models cost.
    """

    head: Headline
    calls: int
    settled: pd.DataFrame
    month: pd.DataFrame
    gates: Sequence[GateChange]
    absent: Sequence[Missing]
    costs: Sequence[Cost]


def review(ledger: Ledger, week: Week, until: int) -> Review | None:
    """A week, from cycles up to a number; None when it has none of them."""
    found = headlines(ledger, week, week, until)
    if not found:
        return None
    head = found[0]
    first, last = head.span
    begun = head.last.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    since = stretches.start(ledger, begun, until)
    month = stretches.settled(ledger, since, last, head.mode)
    of = book.dispatches.c
    asked = sa.select(of.call).where(of.of.in_(head.cycles), of.call.is_not(None))
    return Review(
        head=head, calls=len(ledger.read(asked)),
        settled=(
            month[month["settled"] >= first].reset_index(drop=True)
            if since <= first
            else stretches.settled(ledger, first, last, head.mode)
        ),
        month=month, gates=changes.gates(ledger, first, last),
        absent=_absent(ledger, head.cycles), costs=_costs(ledger, head.cycles),
    )  # fmt: skip


def _absent(ledger: Ledger, numbers: Sequence[int]) -> list[Missing]:
    of = book.absences.c
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


def _costs(ledger: Ledger, numbers: Sequence[int]) -> list[Cost]:
    of = book.voices.c
    query = sa.select(of.of, of.model, of.usd, of.seconds)
    asked: dict[str, list[sa.RowMapping]] = {}
    for row in ledger.read(query.where(of.of.in_(numbers))):
        asked.setdefault(row["model"], []).append(row)
    return [
        Cost(
            model=model, cycles=len({row["of"] for row in rows}),
            usd=sum((Decimal(row["usd"]) for row in rows), Decimal()),
            seconds=sum(row["seconds"] for row in rows),
        )
        for model, rows in sorted(asked.items())
    ]  # fmt: skip
