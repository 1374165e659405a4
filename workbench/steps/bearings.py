"""Settled claims that bear on a story: which side of them it stands on, and what came true."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from workbench.measures.prices import Array
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
    frame = bench.ledger.frame(query)
    frame = frame[frame["cycle"] >= cycle].sort_values("seq")
    read = [json.loads(content) for content in frame["content"]]
    patterns = story.params.claims
    ways = [
        _way(patterns, kind, subject, content)
        for kind, subject, content in zip(frame["kind"], frame["subject"], read, strict=True)
    ]
    ends = np.array([content["window"]["date"] for content in read], "datetime64[D]")
    session = np.searchsorted(seen.dates, ends)
    known = np.isin(ends, seen.dates)
    horizon = frame["horizon"].to_numpy(np.intp)
    lean = np.array([way[1] if way is not None else 0 for way in ways], float)
    follows = np.array([way is not None and way[0] == "follows" for way in ways], bool)
    lean[follows] *= _pointed(seen, session - horizon + 1)[follows]
    came = (frame["outcome"] == "yes").to_numpy(float) - frame["probability"].to_numpy(float)
    kept = known & (lean != 0)
    return Answered(session=session[kept], horizon=horizon[kept], edge=(lean * came)[kept])


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


def _pointed(seen: Tested, began: npt.NDArray[np.intp]) -> Array:
    """Where the leader pointed as windows began, 1 or -1; 0 where it did not."""
    if seen.points is None:
        return np.zeros(len(began))
    there = (began >= 0) & (began < len(seen.points))
    points = np.where(there, seen.points[np.where(there, began, 0)], 0.0)
    signs: Array = np.sign(np.nan_to_num(points))
    return signs
