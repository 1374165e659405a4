"""The rules on a ledger, and what was learned up to a review from the claims settled by then.

What earlier reviews decided is read from the ledger and not judged again; what it rests on is
folded from settled claims, and remembered for as long as the ledger is open.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import sqlalchemy as sa

from workbench.measures.blocks import Category, Settled, blocks
from workbench.measures.rules import Rule, Rulebook, Stage, applied, folded
from workbench.measures.tallies import Evidence
from workbench.steps.bench import Bench
from workbench.world import entries as book
from workbench.world.entries import canonical

STATES: tuple[Stage, ...] = ("in_force", "trial", "retired", "dropped")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Memory:
    """What was learned up to a review."""

    cycle: int
    state: Rulebook


def learned(bench: Bench, until: int) -> tuple[int, Rulebook]:
    """The last review up to a cycle and what was known after it, as then recorded."""
    kept = bench.ledger.memory.get(f"rules {bench.mode}")
    reached, state = 0, Rulebook()
    if isinstance(kept, _Memory) and kept.cycle <= until:
        reached, state = kept.cycle, kept.state
    reviews = _reviews(bench, reached, until)
    if reviews:
        changes = _recorded(bench, reached, until)
        for cycle, claims in settled(bench, reached, reviews):
            state = applied(
                folded(state, blocks(claims)), [rule(row) for row in changes if row["of"] == cycle]
            )
            reached = cycle
        remember(bench, reached, state)
    return reached, state


def remember(bench: Bench, cycle: int, state: Rulebook) -> None:
    """Keeps what was learned up to a review for as long as its rows stand."""
    bench.ledger.memory[f"rules {bench.mode}"] = _Memory(cycle=cycle, state=state)


def _reviews(bench: Bench, after: int, until: int) -> list[int]:
    """Cycles after one and up to another that are the first of their month in this mode."""
    query = sa.select(book.cycles.c.number, book.cycles.c.as_of).where(
        book.cycles.c.number >= after, book.cycles.c.number <= until,
        book.cycles.c.mode == bench.mode,
    )  # fmt: skip
    rows = bench.ledger.read(query.order_by(book.cycles.c.number))
    months = [(row["number"], row["as_of"][:7]) for row in rows]
    return [n for (_, before), (n, month) in pairwise(months) if month > before]


def settled(
    bench: Bench, after: int, reviews: Sequence[int]
) -> Iterable[tuple[int, list[Settled]]]:
    """By review, what settled since the one before, from a cycle's on; voids are left out."""
    base = sa.alias(book.forecasts, "base")
    query = (
        sa.select(
            book.settlements.c.cycle.label("settled"), book.claims.c.theme, book.claims.c.kind,
            book.claims.c.horizon, book.regimes.c.name, book.claims.c.cycle, book.cycles.c.as_of,
            book.claims.c.deadline, book.forecasts.c.probability,
            base.c.probability.label("base"), book.settlements.c.outcome,
        )
        .join(book.claims, book.claims.c.id == book.settlements.c.claim)
        .join(book.cycles, book.cycles.c.number == book.claims.c.cycle)
        .join(book.regimes, book.regimes.c.of == book.claims.c.cycle)
        .join(
            book.forecasts,
            (book.forecasts.c.claim == book.claims.c.id)
            & (book.forecasts.c.forecaster == "synthesis"),
        )
        .join(base, (base.c.claim == book.claims.c.id) & (base.c.forecaster == "climatology"))
        .where(
            book.settlements.c.cycle > after, book.settlements.c.cycle <= reviews[-1],
            book.settlements.c.outcome != "void", book.cycles.c.mode == bench.mode,
        )
    )  # fmt: skip
    found: dict[int, list[Settled]] = {cycle: [] for cycle in reviews}
    places = np.array(reviews)
    for one in bench.ledger.read(query):
        parts: tuple[Any, ...] = tuple(one.values())
        done, theme, kind, horizon, regime, cycle, start, deadline, desk, own, outcome = parts
        found[reviews[int(np.searchsorted(places, done))]].append(
            Settled(
                category=Category(theme, kind, horizon, regime), cycle=cycle, start=start,
                deadline=deadline, desk=desk, base=own, happened=outcome == "yes",
            )
        )  # fmt: skip
    return found.items()


def _recorded(bench: Bench, after: int, until: int) -> Sequence[sa.RowMapping]:
    """The changes on the ledger after a cycle and up to another, in order."""
    query = (
        sa.select(book.rules)
        .join(book.cycles, book.cycles.c.number == book.rules.c.cycle)
        .where(
            book.rules.c.cycle > after, book.rules.c.cycle <= until,
            book.cycles.c.mode == bench.mode,
        )
        .order_by(book.rules.c.seq)
    )  # fmt: skip
    return bench.ledger.read(query)


def latest(bench: Bench, *states: Stage) -> list[Rule]:
    """Every rule in one of these states as of its last change, in the order of their mining."""
    last = {row["rule"]: row for row in _recorded(bench, 0, bench.number)}
    return [rule(row) for row in last.values() if row["state"] in states]


def row(one: Rule) -> dict[str, Any]:
    """A change as its ledger row."""
    rests = {
        **one.category._asdict(), **asdict(one.evidence), "factor": one.factor,
        "changed": one.changed.isoformat(), "until": one.until and one.until.isoformat(),
    }  # fmt: skip
    return {
        "rule": one.id, "of": one.of, "state": one.state, "category": str(one.category),
        "evidence": canonical(rests), "reason": one.reason,
    }  # fmt: skip


def rule(row: sa.RowMapping) -> Rule:
    """The change whose ledger row this is."""
    rests = json.loads(row["evidence"])
    return Rule(
        id=row["rule"],
        category=Category(*(rests.pop(name) for name in Category._fields)),
        state=row["state"],
        of=row["of"],
        changed=dt.date.fromisoformat(rests.pop("changed")),
        until=dt.date.fromisoformat(until) if (until := rests.pop("until")) else None,
        factor=rests.pop("factor"),
        evidence=Evidence(**rests),
        reason=row["reason"],
    )
