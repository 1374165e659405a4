"""Recalibration: what a forecaster's stated odds have meant so far, by two numbers.

logit p = intercept + slope * logit q, the most probable two given a prior that doubts little, so
that ten claims move hardly anything and a thousand decide. Online, each forecast is recalibrated
from what was settled when it was made, never from itself. Source: Platt (1999) with normal
priors; of the ways compared in trials, the only one that never cost more than a few thousandths
of a nat at 25 claims and was as good as any at a thousand.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import logit

from workbench.measures.judging import checked
from workbench.measures.logistic import inside, mode, within
from workbench.measures.prices import Array

Times = npt.NDArray[Any]  # moments, or numbers of sessions: all of one kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Prior:
    """What is held of a forecaster's calibration before anything has settled.

    Attributes:
        slope: Expected slope: 1 takes odds as stated, less takes them for overconfident.
        slope_sd: Doubt about it.
        intercept: Expected intercept, log odds; 0 is no bias to yes.
        intercept_sd: Doubt about it, log odds.
    """

    slope: float = 1.0
    slope_sd: float = 0.3
    intercept: float = 0.0
    intercept_sd: float = 0.3


HONEST = Prior()
_FAR = 13.8  # chi-square of two degrees that one in a thousand exceeds
LANGUAGE_MODEL = Prior(slope=0.7)  # they overstate: published slopes lie well under 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Platt:
    """A straight line from stated log odds to meant ones."""

    intercept: float
    slope: float

    def of(self, q: Array) -> Array:
        """Stated probabilities inside (0, 1) recalibrated, any shape, strictly inside (0, 1)."""
        return inside(self.intercept + self.slope * logit(q))

    def at(self, q: float, shift: float = 0.0) -> float:
        """One stated probability recalibrated, then moved by so much in log odds."""
        return within(self.intercept + self.slope * math.log(q / (1 - q)) + shift)


def platt(q: Array, y: Array, prior: Prior = HONEST, *, weight: Array | None = None) -> Platt:
    """The most probable recalibration, given settled claims.

    Args:
        q: Stated probabilities, shape (n,), strictly inside (0, 1); n may be 0.
        y: Outcomes 0 or 1, shape (n,).
        prior: What is held before any of them.
        weight: How much each counts, shape (n,), such as one over how many alike settled
            together; None for 1 each.

    Raises:
        ValueError: A forecast that is missing or not inside (0, 1), or an outcome that is not
            0 or 1: leave out who was absent and what is void.
    """
    checked(q, y)
    design = np.stack([np.ones(len(q)), logit(q)], axis=1)
    intercept, slope = mode(
        design, y, np.array([prior.intercept, prior.slope]),
        np.array([prior.intercept_sd, prior.slope_sd]), weight=weight,
    )  # fmt: skip
    return Platt(intercept=float(intercept), slope=float(slope))


def credibly_off(line: Platt, q: Array, weight: Array, prior: Prior = HONEST) -> bool:
    """Whether a line that was fitted lies farther from taking odds as stated than doubt explains.

    Args:
        line: As ``platt`` found it.
        q: The stated probabilities that it was fitted to, shape (n,).
        weight: How much each counted, shape (n,).
        prior: What was held before them.

    Returns:
        True where the identity lies outside 99.9 % of the posterior's normal approximation.
    """
    design = np.stack([np.ones(len(q)), logit(q)], axis=1)
    said = line.of(q)
    curve = (design.T * (weight * said * (1 - said))) @ design
    curve += np.diag([prior.intercept_sd**-2, prior.slope_sd**-2])
    away = np.array([line.intercept, line.slope - 1])
    return bool(away @ curve @ away > _FAR)


def online(
    q: Array,
    y: Array,
    *,
    asked: Times,
    settled: Times,
    prior: Prior = HONEST,
    weight: Array | None = None,
) -> Array:
    """Each forecast recalibrated from what was settled when it was made.

    Args:
        q: Stated probabilities, shape (n,), strictly inside (0, 1).
        y: Outcomes 0 or 1, shape (n,); NaN where there is none yet or the claim is void, which
            is recalibrated and not learned from.
        asked: When each was said, shape (n,), in any order.
        settled: When each outcome was known, shape (n,); not read where y is NaN.
        prior: What is held before any of them.
        weight: How much each counts, shape (n,); None for 1 each.

    Returns:
        Shape (n,), strictly inside (0, 1). Row i is ``platt`` of the rows that were settled at
        or before it was asked, so later rows do not change it.

    Raises:
        ValueError: As in ``platt``, or a claim settled before or when it was asked.
    """
    there = np.isfinite(y)
    checked(q, np.where(there, y, 0.0))
    if (settled[there] <= asked[there]).any():
        raise ValueError("A claim settles after it is asked; its outcome cannot be known before.")
    weight = np.ones(len(q)) if weight is None else weight
    found = np.empty(len(q))
    for moment in np.unique(asked):
        past = there.copy()
        past[there] = settled[there] <= moment
        line = platt(q[past], y[past], prior, weight=weight[past])
        now = asked == moment
        found[now] = line.of(q[now])
    return found
