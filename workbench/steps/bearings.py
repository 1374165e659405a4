"""Settled claims that bear on a story: which side of them it stands on, and what came true."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import sqlalchemy as sa

from workbench.measures.stories import Answered
from workbench.steps.bench import Bench
from workbench.steps.trials import Tested
from workbench.world import entries as book
from workbench.world.stories import Pattern, Story


def answered(bench: Bench, story: Story, seen: Tested, cycle: int, first: int) -> Answered:
    """Settled claims of the story's patterns against the base rate.

    Args:
        bench: The cycle's.
        story: The story.
        seen: Its test's reading.
        cycle: Claims made before it do not count.
        first: Position of the first session on which a deadline counts.
    """
    kinds = {kind for pattern in story.params.claims for kind in pattern.kinds}
    subjects = {symbol for pattern in story.params.claims for symbol in pattern.subjects}
    base = sa.and_(
        book.forecasts.c.claim == book.claims.c.id, book.forecasts.c.forecaster == "climatology"
    )
    query = (
        sa.select(
            book.claims.c.kind, book.claims.c.subject, book.claims.c.horizon,
            book.claims.c.content, book.settlements.c.outcome, book.forecasts.c.probability,
            book.claims.c.cycle, book.claims.c.seq,
        )
        .join(book.settlements, book.settlements.c.claim == book.claims.c.id)
        .join(book.forecasts, base)
        .join(book.cycles, book.cycles.c.number == book.claims.c.cycle)
        .where(book.claims.c.kind.in_(kinds), book.claims.c.subject.in_(subjects))
        .where(book.claims.c.deadline >= str(seen.dates[first]), book.cycles.c.mode == bench.mode)
        .where(book.settlements.c.cycle <= bench.number, book.settlements.c.outcome != "void")
    )  # fmt: skip
    # Cycle and order are seen to here: in the query they tempt SQLite to scan every claim.
    rows = [row for row in bench.ledger.read(query) if row["cycle"] >= cycle] if kinds else []
    told = []
    for row in sorted(rows, key=lambda one: one["seq"]):
        content = json.loads(row["content"])
        way = _way(story.params.claims, row["kind"], row["subject"], content)
        at = _session(seen, content["window"]["date"])
        if way is None or at is None:
            continue
        lean = way[1] if way[0] != "follows" else way[1] * _pointed(seen, at, row["horizon"])
        if lean:
            came = float(row["outcome"] == "yes") - row["probability"]
            told.append((at, row["horizon"], lean * came))
    session, horizon, edge = zip(*told, strict=True) if told else ((), (), ())
    return Answered(
        session=np.array(session, np.intp),
        horizon=np.array(horizon, np.intp),
        edge=np.array(edge, float),
    )


def _way(
    patterns: Sequence[Pattern], kind: str, subject: str, content: dict[str, Any]
) -> tuple[str, int] | None:
    """How a claim bears on a story: the pattern's way, and 1 where the claim's side is up."""
    side = "up" if kind == "relative" else content.get("side")
    for one in patterns:
        named = kind in one.kinds and subject in one.subjects
        against = not one.versus or kind != "relative" or content.get("versus") in one.versus
        if named and against and side in {"up", "down"} and "given" not in content:
            if one.way == "follows":
                return one.way, 1 if side == "up" else -1
            return one.way, 1 if side == one.way else -1
    return None


def _session(seen: Tested, text: str) -> int | None:
    """Position of the session that a claim's window ends with, if it is read."""
    date = np.datetime64(text, "D")
    at = int(np.searchsorted(seen.dates, date))
    return at if at < len(seen.dates) and seen.dates[at] == date else None


def _pointed(seen: Tested, at: int, horizon: int) -> int:
    """Where the leader pointed when a window of so many sessions began; 0 where nowhere."""
    began = at - horizon + 1
    if seen.points is None or began < 0 or not np.isfinite(seen.points[began]):
        return 0
    return int(np.sign(seen.points[began]))
