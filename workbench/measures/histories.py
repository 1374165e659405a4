"""What was said and happened in one category, and the lines drawn through it at a review."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from workbench.measures.hearing import Hearing, hearing
from workbench.measures.prices import Array
from workbench.measures.recalibration import Platt, credibly_off, platt
from workbench.measures.trial import BLOCKS, FIRST, Claims, Trial, judged

AS_STATED = Platt(intercept=0.0, slope=1.0)
Answers = tuple[Array, Array, Array]
"""A mind's probabilities as stated, what happened, and how much each counts; shape (n,)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A claim as it was asked.

    Attributes:
        claim: Its id.
        category: What its evidence shares: theme, kind and horizon.
        horizon: Sessions of its window, at least 1.
        settles: Number of the session in which it is decided.
        reference: The reference's probability, inside (0, 1).
        said: Present minds' probabilities, each inside (0, 1).
        models: Those of them that are language models, which overstate.
    """

    claim: str
    category: str
    horizon: int
    settles: int
    reference: float
    said: Mapping[str, float]
    models: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What was made of a claim when it was asked, kept until it settles.

    Attributes:
        asked: The claim.
        said: Minds' probabilities, recalibrated.
        pool: The pooled z of all of them.
        led: That of those whose gate was open; None where none was.
        z0: The recalibrated reference.
        own: What was each mind's own of its distance, log odds.
        z1: The recalibrated reference moved by each mind.
    """

    asked: Question
    said: Mapping[str, float]
    pool: float
    led: float | None
    z0: float
    own: Mapping[str, float]
    z1: Mapping[str, float]


@dataclass(slots=True)
class _Column:
    """What one mind said of a category's settled claims, by row of the category."""

    row: list[int] = field(default_factory=list)
    q: list[float] = field(default_factory=list)
    own: list[float] = field(default_factory=list)
    z1: list[float] = field(default_factory=list)


@dataclass(slots=True)
class History:
    """Settled claims of a category, and the lines drawn through them at the last review."""

    settles: list[int] = field(default_factory=list)
    horizon: list[int] = field(default_factory=list)
    r: list[float] = field(default_factory=list)
    z0: list[float] = field(default_factory=list)
    y: list[float] = field(default_factory=list)
    minds: dict[str, _Column] = field(default_factory=lambda: defaultdict(_Column))
    line: Platt = AS_STATED
    off: bool = False
    heard: dict[str, Hearing] = field(default_factory=dict)

    def add(self, made: Made, happened: float) -> None:
        """Takes one more settled claim."""
        for mind in made.said:
            column = self.minds[mind]
            column.row.append(len(self.y))
            column.q.append(made.asked.said[mind])
            column.own.append(made.own[mind])
            column.z1.append(made.z1[mind])
        self.settles.append(made.asked.settles)
        self.horizon.append(made.asked.horizon)
        self.r.append(made.asked.reference)
        self.z0.append(made.z0)
        self.y.append(happened)

    def review(self) -> dict[str, tuple[Trial, Answers]]:
        """Draws the lines anew.

        Returns:
            Mind to its trial, and what it said for its own line; with at least one claim.
        """
        settles, horizon = np.array(self.settles, dtype=np.int64), np.array(self.horizon)
        r, z0, y = np.array(self.r), np.array(self.z0), np.array(self.y)
        _, block, size = np.unique(settles, return_inverse=True, return_counts=True)
        counted = 1 / (size[block] * horizon)
        self.line = platt(r, y, weight=counted)
        self.off = len(size) >= BLOCKS and credibly_off(self.line, r, counted)
        found: dict[str, tuple[Trial, Answers]] = {}
        for mind, column in sorted(self.minds.items()):
            row, q = np.array(column.row), np.array(column.q)
            claims = Claims(
                reference=r[row], mind=q, happened=y[row], asked=settles[row] - horizon[row],
                settled=settles[row], horizon=int(horizon.max()),
            )  # fmt: skip
            one = judged(claims, z0[row], np.array(column.z1))
            if one.blocks >= FIRST:
                self.heard[mind] = hearing(
                    r[row], q, y[row], counted[row], z0[row], np.array(column.own)
                )
            found[mind] = one, (q, y[row], counted[row])
        return found
