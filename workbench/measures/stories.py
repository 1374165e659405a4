"""A thesis and its standing: what speaks for it and against it, and when that is enough.

Evidence is the wealth of gamblers (`measures.betting`) who bet for the thesis and against it on
sessions and settlements after it was told, never on those that it was told about. A verdict
takes wealth of 20 within a stretch of 504 sessions; after each change evidence begins anew, and
a stretch that says nothing sends a thesis to sleep.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from workbench.measures.betting import PROOF, wealth
from workbench.measures.leadlag import Products
from workbench.measures.prices import Array
from workbench.measures.together import usual

Status = Literal["developing", "confirmed", "falsified", "dormant"]
STRETCH = 504  # sessions after which a thesis must have shown something
POINTS = 0.05  # edge on a base rate, as a fraction, that a true thesis gives its claims at least


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bets:
    """Edges on two hypotheses, each of shape (bets, n) in [-1, 1], columns are sessions.

    Attributes:
        idle: Groups of edges on "there is nothing in it"; the poorest group speaks, so each of
            them must fail.
        true: Edges on "it is true and material", one row a way of being true; the poorest row
            speaks, so each way must fail.
    """

    idle: tuple[Array, ...]
    true: Array


def lead(found: Products, material: float) -> Bets:
    """Bets on a lead.

    Args:
        found: Products of the pair.
        material: Correlation that a lead has at some lag if the thesis is true, in (0, 1).

    Returns:
        Nothing in it: no lead at any lag, or none beyond what the follower tells of the leader,
        as a common cause that comes in waves would make. True: at least ``material`` at one lag.
    """
    return Bets(
        idle=(found.own, (found.own - found.back) / 2),
        true=(material * found.full - found.own) / (1 + material),
    )


def joint_falls(fell: npt.NDArray[np.bool_], material: float) -> Bets:
    """Bets on joint falls.

    Args:
        fell: Whether each session was one, shape (n,).
        material: How many times as frequent as usual they are if the thesis is true, above 1.

    Returns:
        Nothing in it: as frequent as ever before, within one standard error. True: at least
        ``material`` times as frequent.
    """
    share, error = usual(fell)
    idle: Array = fell - np.minimum(share + error, 1)
    true: Array = np.minimum(material * share, 1) - fell
    return Bets(idle=(np.nan_to_num(idle)[None],), true=np.nan_to_num(true)[None])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answered:
    """Settled claims of a thesis's pattern, one array element each.

    Attributes:
        session: Position of the deadline's session.
        horizon: Sessions of the window.
        edge: What came true less the base rate, in the thesis's direction, in [-1, 1].
    """

    session: npt.NDArray[np.intp]
    horizon: npt.NDArray[np.intp]
    edge: Array

    def __len__(self) -> int:
        return len(self.edge)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What one stretch says.

    Attributes:
        supports: Highest wealth of who bet that there is something in it; 1 is none.
        opposes: Highest wealth of who bet that it is not true.
        sessions: Sessions bet on.
        claims: Settled claims bet on.
    """

    supports: float
    opposes: float
    sessions: int
    claims: int

    @property
    def verdict(self) -> Status | None:
        """Falsified or confirmed; a lead too small to matter is both, and so falsified."""
        if self.opposes >= PROOF:
            return "falsified"
        return "confirmed" if self.supports >= PROOF else None


def weigh(bets: Bets, answered: Answered, first: int, last: int) -> Evidence:
    """The evidence of the sessions from ``first`` to before ``last``.

    Findings and claims have half the stake each, because one day's prices may decide both; with
    no claim to bet on, that half lies idle.
    """
    span = slice(first, last)
    supports = np.min(
        [np.mean([wealth(row) for row in each[:, span]], axis=0) for each in bets.idle], axis=0
    )
    opposes = np.min([wealth(row) for row in bets.true[:, span]], axis=0)
    inside = (answered.session >= first) & (answered.session < last)
    kept = Answered(
        session=answered.session[inside] - first,
        horizon=answered.horizon[inside],
        edge=answered.edge[inside],
    )
    n = last - first
    supports = (supports + _streams(kept, kept.edge, n)) / 2
    opposes = (opposes + _streams(kept, (POINTS - kept.edge) / (1 + POINTS), n)) / 2
    return Evidence(
        supports=float(supports.max()),
        opposes=float(opposes.max()),
        sessions=n,
        claims=len(kept),
    )


def _streams(kept: Answered, edge: Array, n: int) -> Array:
    """Mean wealth over streams of claims whose windows do not overlap.

    A stream is one horizon's claims with deadlines a whole number of horizons apart; those of
    one deadline move together and count as one.
    """
    if not len(kept):
        return np.ones(n)
    by_horizon = []
    for horizon in np.unique(kept.horizon).tolist():
        paths = []
        for start in range(horizon):
            mine = (kept.horizon == horizon) & (kept.session % horizon == start)
            told = np.bincount(kept.session[mine], minlength=n)
            sums = np.bincount(kept.session[mine], edge[mine], minlength=n)
            paths.append(wealth(np.divide(sums, told, out=np.zeros(n), where=told > 0)))
        by_horizon.append(np.mean(paths, axis=0))
    mean: Array = np.mean(by_horizon, axis=0)
    return mean


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A change of status and the evidence that made it."""

    status: Status
    evidence: Evidence


def stretches(n: int, new: int) -> list[tuple[int, int]]:
    """What a review weighs: the stretch that runs, and before it one that ended since the last.

    Args:
        n: Sessions since the last change.
        new: How many of them the last review had not seen, or a few more.

    Returns:
        First session and end of each, counted from the change; empty before any session.
    """
    whole = max(n - 1, 0) // STRETCH * STRETCH
    ended = [(whole - STRETCH, whole)] if whole > 0 and n - whole <= new else []
    return [*ended, (whole, n)] if n else []


def turn(status: Status, found: Sequence[Evidence]) -> Turn | None:
    """What becomes of a thesis.

    Args:
        status: Where it stands.
        found: Evidence of ``stretches``.

    Returns:
        Its first verdict that differs from where it stands; dormant when a whole stretch gave
        none; None when nothing changes.
    """
    for one in found:
        if one.verdict is not None and one.verdict != status:
            return Turn(status=one.verdict, evidence=one)
    if len(found) > 1 and found[0].verdict is None and status != "dormant":
        return Turn(status="dormant", evidence=found[0])
    return None
