"""Evidence by block on whether the desk is worse or better than the base rate in a category.

A block is one category on one date of settlement, however many claims fell due. Worse means a
larger Brier loss: p > b loses exactly when the truth is below their middle m = (p + b) / 2. So the
likelihood ratio of b to m has a mean of at most 1 wherever the desk is no worse, overconfident or
not, and that of p to m wherever it is no better; ``tallies`` multiplies them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

_Scored = tuple[float, float, float, float]  # gain, loss, and the two likelihood ratios


class Category(NamedTuple):
    """Where a rule may hold: claims of a theme, kind and horizon, asked in a regime or in any."""

    theme: str
    kind: str
    horizon: int
    regime: str = ""

    def __str__(self) -> str:
        sessions = f"{self.horizon} session" + ("s" if self.horizon > 1 else "")
        word = self.regime.replace("_", " ")
        regime = f"when the regime is {word}" if word else "in any regime"
        return f"{self.theme} {self.kind} claims over {sessions} {regime}"


class Settled(NamedTuple):
    """A claim that came true or did not; voids are left out.

    Attributes:
        category: Its own, with the regime of the cycle that asked it.
        cycle: Number of that cycle.
        start: When it was asked, ISO text in UTC.
        deadline: When it fell due, ISO text in UTC.
        desk: What the desk said of it, strictly inside (0, 1).
        base: The base rate, strictly inside (0, 1).
        happened: Whether it came true.
    """

    category: Category
    cycle: int
    start: str
    deadline: str
    desk: float
    base: float
    happened: bool


class Block(NamedTuple):
    """What the claims of one category and one date say together.

    Attributes:
        date: On which they fell due, ISO text.
        claims: How many.
        cycle: The first that asked one of them.
        start: When that was.
        deadline: When the last of them fell due.
        gain: Mean Brier loss of the base rate less that of the desk.
        loss: Mean Brier loss of the base rate.
        worse: Log of the mean likelihood ratio of the base rate to the middle.
        better: Log of the mean likelihood ratio of the desk to the middle.
    """

    date: str
    claims: int
    cycle: int
    start: str
    deadline: str
    gain: float
    loss: float
    worse: float
    better: float


def blocks(claims: Iterable[Settled]) -> dict[Category, list[Block]]:
    """Blocks of claims by category, and by category in any regime, in order of dates.

    Returns:
        The same to the bit in whatever order the claims come.

    Raises:
        ValueError: A probability that is missing or not strictly inside (0, 1).
    """
    found: dict[tuple[Category, str], list[tuple[Settled, _Scored]]] = {}
    for one in claims:
        if not (0 < one.desk < 1 and 0 < one.base < 1):
            raise ValueError(
                f"A probability lies strictly inside (0, 1), none is clipped; of a {one.category} "
                f"claim due {one.deadline} the desk said {one.desk}, the base rate is {one.base}."
            )
        scored = _scored(one.desk, one.base, one.happened)
        theme, kind, horizon, regime = one.category
        for category in (
            (one.category, Category(theme, kind, horizon)) if regime else (one.category,)
        ):
            found.setdefault((category, one.deadline[:10]), []).append((one, scored))
    told: dict[Category, list[Block]] = {}
    for category, date in sorted(found):
        told.setdefault(category, []).append(_block(date, found[category, date]))
    return told


def _block(date: str, claims: list[tuple[Settled, _Scored]]) -> Block:
    """One block; sums are rounded once, so that the order of its claims leaves no trace."""
    n = len(claims)
    cycle, start = min((one.cycle, one.start) for one, _ in claims)
    gain, loss, worse, better = (
        math.fsum(column) / n for column in zip(*(scored for _, scored in claims), strict=True)
    )
    return Block(
        date=date, claims=n, cycle=cycle, start=start,
        deadline=max(one.deadline for one, _ in claims), gain=gain, loss=loss,
        worse=math.log(worse), better=math.log(better),
    )  # fmt: skip


def _scored(desk: float, base: float, happened: bool) -> _Scored:
    """What one claim adds to its block."""
    p, b = (desk, base) if happened else (1 - desk, 1 - base)
    middle = (p + b) / 2
    return (1 - b) ** 2 - (1 - p) ** 2, (1 - b) ** 2, b / middle, p / middle
