"""Calibration in bins: what was said beside what happened, with an interval on effective n."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workbench.measures import dated
from workbench.measures.prices import Array

BINS = 10
_Z = 1.959964  # standard errors to the ends of 95 %


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Claims of about the same probability.

    Attributes:
        said: Mean probability, a fraction.
        happened: Share that came true, a fraction.
        low: Lower end of its 95 % interval on ``n_eff`` claims.
        high: Upper end.
        n: Claims.
        n_eff: Independent claims that would leave ``happened`` as uncertain as it is.
    """

    said: float
    happened: float
    low: float
    high: float
    n: int
    n_eff: float


def binned(
    p: Array, y: Array, date: npt.NDArray[np.int64], horizon: int, count: int = BINS
) -> tuple[Bin, ...]:
    """The bins that hold a claim, by rising probability.

    Args:
        p: Probabilities, shape (n,), in [0, 1]; the caller leaves out who was silent.
        y: Outcomes, 1 or 0, shape (n,).
        date: Cycle of each claim, shape (n,).
        horizon: Longest window in sessions; claims of dates so near move together.
        count: Bins of equal width.
    """
    which = places(p, count)
    found = []
    for one in np.unique(which):
        there = which == one
        n_eff = dated.effective(y[there], date[there], dated.block(horizon))
        happened = float(y[there].mean())
        low, high = wilson(happened, n_eff)
        found.append(
            Bin(said=float(p[there].mean()), happened=happened, low=low, high=high,
                n=int(there.sum()), n_eff=n_eff)
        )  # fmt: skip
    return tuple(found)


def places(p: Array, count: int = BINS) -> npt.NDArray[np.int64]:
    """Which of so many bins of equal width each probability is in, from 0; 1 is in the last."""
    return np.minimum((p * count).astype(np.int64), count - 1)


def wilson(share: float, n: float) -> tuple[float, float]:
    """The 95 % interval of a share among n independent trials, n above 0; within [0, 1].

    Source:
        Wilson (1927).

    >>> [round(end, 3) for end in wilson(0.5, 100)], wilson(0.0, 10)[0]
    ([0.404, 0.596], 0.0)
    """
    square = _Z**2 / n
    middle = (share + square / 2) / (1 + square)
    half = _Z * np.sqrt(share * (1 - share) / n + square / (4 * n)) / (1 + square)
    return max(float(middle - half), 0.0), min(float(middle + half), 1.0)
