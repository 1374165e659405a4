"""Proper scores, skill with its uncertainty, and how many independent calls a record is worth.

Every score is of one forecast p against one outcome y in {0, 1}. Voids are never scored. Skill
is 1 - sum(loss) / sum(reference loss); its interval and the effective n come from a stationary
block bootstrap over dates, because claims of one date move together and windows overlap.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy.stats import norm

from workbench.measures.prices import Array

MIN_BLOCKS = 30  # under this many dates a skill is "too few", never a number
RESAMPLES = 500
_MEAN_BLOCK = 20


def brier(p: Array, y: Array) -> Array:
    """(p - y)^2, in [0, 1], lower is better. Source: Brier (1950)."""
    return (p - y) ** 2


def log_loss(p: Array, y: Array) -> Array:
    """-log of the probability given to what happened, nats, lower is better. Source: Good (1952).

    Raises:
        ValueError: A probability of exactly 0 or 1, whose loss may be infinite.
    """
    if ((p <= 0) | (p >= 1)).any():
        raise ValueError("A probability must lie strictly inside (0, 1); nothing is clipped.")
    return -np.log(np.where(y > 0, p, 1 - p))


def desk_score(p: float, base: float, y: float) -> float:
    """The desk's 0-1 score W = 1/2 + 1/2 [(r - y)^2 - (p - y)^2]; 1/2 is what the base earns."""
    return 0.5 + 0.5 * ((base - y) ** 2 - (p - y) ** 2)


def is_right(p: float, happened: bool) -> bool:
    """True when what happened is what the forecast held more likely than not; 1/2 says yes."""
    return (p >= 0.5) == happened


@dataclass(frozen=True, slots=True, kw_only=True)
class Skill:
    """Skill of a forecaster against a reference.

    Attributes:
        n: Scored forecasts.
        dates: Cycles they come from.
        n_eff: Independent forecasts that would leave the mean loss as uncertain as it is.
        skill: 1 - loss / reference loss; None under 30 dates or with a lossless reference.
        low: Lower end of its 95 % interval, or None.
        high: Upper end, or None.
        p_value: Of no skill, one-sided: how often a normal error of the bootstrap's size is as
            large as the skill; None without a skill.
    """

    n: int
    dates: int
    n_eff: float
    skill: float | None
    low: float | None
    high: float | None
    p_value: float | None


def skill(
    loss: Array,
    reference: Array,
    date: npt.NDArray[np.int64],
    horizon: int = 1,
    *,
    mean_block: int | None = None,
) -> Skill:
    """Skill with a 95 % block-bootstrap interval over dates.

    Args:
        loss: Brier losses of the forecaster, shape (n,).
        reference: Losses of the reference on the same claims, shape (n,).
        date: Number of the cycle each forecast was made in, shape (n,).
        horizon: Longest horizon in sessions; blocks are at least four times as long.
        mean_block: Mean length of a block in dates; None for max(20, 4 * horizon).

    Returns:
        Skill and effective n. Source: Politis and Romano (1994), mean block
        max(20, 4 * horizon), 500 resamples, fixed seed.
    """
    n = len(loss)
    if n == 0:
        return _without(n=0, dates=0, n_eff=0.0)
    _, index = np.unique(date, return_inverse=True)
    dates = int(index.max()) + 1
    own = np.bincount(index, loss)
    other = np.bincount(index, reference)
    count = np.bincount(index).astype(float)
    if dates < MIN_BLOCKS or other.sum() <= 0:
        return _without(n=n, dates=dates, n_eff=float(min(n, dates)))
    picks = counts(dates, mean_block or max(_MEAN_BLOCK, 4 * horizon))
    sums, others, counted = picks @ own, picks @ other, picks @ count
    resampled = 1 - sums / others
    variance = float(np.var(sums / counted))
    effective = min(float(n), float(np.var(loss)) / variance) if variance > 0 else float(dates)
    low, high = np.quantile(resampled, [0.025, 0.975])
    return Skill(
        n=n,
        dates=dates,
        n_eff=max(effective, 1.0),
        skill=float(1 - own.sum() / other.sum()),
        low=float(low),
        high=float(high),
        p_value=_p_value(float(1 - own.sum() / other.sum()), float(np.std(resampled))),
    )


def _without(*, n: int, dates: int, n_eff: float) -> Skill:
    return Skill(n=n, dates=dates, n_eff=n_eff, skill=None, low=None, high=None, p_value=None)


def _p_value(found: float, error: float) -> float:
    """One-sided and smooth: a share of 500 resamples could not tell one family in a hundred."""
    if error == 0:
        return float(found <= 0)
    return float(norm.sf(found / error))


@lru_cache(maxsize=64)
def counts(n: int, mean_block: int, seed: int = 7) -> Array:
    """How often each of n dates is drawn in each resample of the stationary bootstrap.

    Returns:
        Shape (500, n), rows sum to n; deterministic.
    """
    rng = np.random.default_rng(seed)
    fresh = rng.random((RESAMPLES, n)) < 1 / mean_block
    fresh[:, 0] = True
    first = rng.integers(0, n, (RESAMPLES, n))
    place = np.arange(n)
    began = np.maximum.accumulate(np.where(fresh, place, 0), axis=1)
    drawn = (np.take_along_axis(first, began, axis=1) + place - began) % n
    flat = drawn + n * np.arange(RESAMPLES)[:, None]
    return np.bincount(flat.ravel(), minlength=RESAMPLES * n).reshape(RESAMPLES, n).astype(float)
