"""Skill from totals by date: the stationary bootstrap's variance in closed form, no resampling.

``scoring.skill`` draws 500 resamples; a record asks for thousands of intervals and a lesson for
one within a millisecond. The variance of a resampled sum is known exactly, so it is computed,
enlarged for the mean having been estimated, and held against Student's t, as blocks are few.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy.special import stdtr, stdtrit

from workbench.measures.prices import Array
from workbench.measures.scoring import MIN_BLOCKS, Skill

MEAN_BLOCK = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Skill over one reference.

    Attributes:
        skill: 1 - loss / reference loss; None under 30 dates or with a lossless reference.
        low: Lower end of its 95 % interval, or None.
        high: Upper end, or None.
        p_value: Of no difference, two-sided; None without a skill.
    """

    skill: float | None
    low: float | None
    high: float | None
    p_value: float | None


def block(horizon: int) -> int:
    """Mean length of a block in dates for claims of up to so many sessions: at least 20."""
    return max(MEAN_BLOCK, 4 * horizon)


def totals(date: npt.NDArray[np.int64], *values: Array) -> Array:
    """Sums by date, dates in order.

    Args:
        date: Cycle of each claim, shape (n,).
        values: Any number k of values of each claim, shape (n,) each.

    Returns:
        Shape (k, dates); dates without a claim do not appear.
    """
    _, index = np.unique(date, return_inverse=True)
    return np.stack([np.bincount(index, value) for value in values])


def variance(total: Array, mean_block: int) -> Array:
    """Variance of the sum of so many dates, drawn in blocks.

    Args:
        total: What each date adds, shape (..., dates), at least 2 dates.
        mean_block: Mean length of a block in dates.

    Returns:
        Shape (...). Zero when every date adds the same. Were dates independent, its expectation
        would be the true variance, however few they are.

    Source:
        Politis and Romano (1994), lemma 1: the resampled sum has variance
        n sum_k w_k C_k over circular autocovariances C_k, with q = 1 - 1 / mean_block and
        w_k = (1 - k/n) q^k + (k/n) q^(n-k). Centring leaves 1 - sum(w) / n of it on average.
    """
    n = total.shape[-1]
    weight = _weights(n, mean_block)
    spectrum = np.fft.rfft(total - total.mean(axis=-1, keepdims=True))
    lagged = np.fft.irfft(np.abs(spectrum) ** 2, n)
    found = (lagged @ weight) / (1 - weight.sum() / n)
    scale = (total**2).sum(axis=-1)
    # Rounding of the transform must not pass for a spread of equal dates.
    return np.where(found > 1e-20 * scale, found, 0.0)


@lru_cache(maxsize=4096)
def _weights(n: int, mean_block: int) -> Array:
    k = np.arange(n)
    stays = 1 - 1 / mean_block
    return (1 - k / n) * stays**k + k / n * stays ** (n - k)


def compared(own: Array, other: Array, mean_block: int) -> Compared:
    """Skill over a reference on the same claims.

    Args:
        own: Losses of the forecaster by date, shape (dates,).
        other: Losses of the reference, shape (dates,).
        mean_block: Mean length of a block in dates.

    Returns:
        Skill with an interval from the error of the ratio, linearised.
    """
    if len(own) < MIN_BLOCKS or other.sum() <= 0:
        return Compared(skill=None, low=None, high=None, p_value=None)
    found = float(1 - own.sum() / other.sum())
    error = float(np.sqrt(variance((1 - found) * other - own, mean_block)) / other.sum())
    wide = error * _reach(len(own), mean_block)
    p_value = _two_sided(found, error, freedom(len(own), mean_block))
    return Compared(skill=found, low=found - wide, high=found + wide, p_value=p_value)


def skilled(loss: Array, reference: Array, date: npt.NDArray[np.int64], horizon: int) -> Skill:
    """Skill with its uncertainty, from the losses of single claims.

    Args:
        loss: Brier losses of the forecaster, shape (n,).
        reference: Of the reference on the same claims, shape (n,).
        date: Cycle of each claim, shape (n,).
        horizon: Longest window in sessions.

    Returns:
        As ``compared`` and ``effective``, its p-value one-sided.
    """
    n, length = len(loss), block(horizon)
    if not n:
        return Skill(n=0, dates=0, n_eff=0.0, skill=None, low=None, high=None, p_value=None)
    own, other = totals(date, loss, reference)
    found = compared(own, other, length)
    luck = found.p_value
    if luck is not None and found.skill is not None:
        luck = luck / 2 if found.skill > 0 else 1 - luck / 2
    return Skill(
        n=n, dates=len(own), n_eff=effective(loss, date, length), skill=found.skill,
        low=found.low, high=found.high, p_value=luck,
    )  # fmt: skip


def summed(value: Array, mean_block: int) -> tuple[float, float | None, float | None]:
    """A sum over dates with its 95 % interval; the interval is None under 30 dates."""
    found = float(value.sum())
    if len(value) < MIN_BLOCKS:
        return found, None, None
    wide = float(np.sqrt(variance(value, mean_block))) * _reach(len(value), mean_block)
    return found, found - wide, found + wide


def effective(loss: Array, date: npt.NDArray[np.int64], mean_block: int) -> float:
    """Independent claims that would leave the mean loss as uncertain as it is, from 1 to n.

    Args:
        loss: Of each claim, shape (n,), n at least 1.
        date: Cycle of each claim, shape (n,).
        mean_block: Mean length of a block in dates.

    Returns:
        The number of dates, or of claims if fewer, under 30 dates or when all losses are equal.
    """
    by_date, count = totals(date, loss, np.ones(len(loss)))
    n = float(len(loss))
    if len(by_date) < MIN_BLOCKS:
        return min(n, float(len(by_date)))
    spread = float(variance(by_date - loss.mean() * count, mean_block))
    if spread <= 0:
        return min(n, float(len(by_date)))
    return float(np.clip(np.var(loss) * n**2 / spread, 1.0, n))


@lru_cache(maxsize=4096)
def freedom(dates: int, mean_block: int) -> float:
    """Degrees of freedom of ``variance``: 2 n / sum(w^2), some 2 n / mean_block when n is large.

    Source:
        Priestley (1981): the equivalent degrees of freedom of a lag-window estimate.
    """
    return float(2 * dates / (_weights(dates, mean_block) ** 2).sum())


@lru_cache(maxsize=4096)
def _reach(dates: int, mean_block: int) -> float:
    """Standard errors from the middle of a 95 % interval to its ends."""
    return float(stdtrit(freedom(dates, mean_block), 0.975))


def _two_sided(found: float, error: float, degrees: float) -> float:
    if error == 0:
        return float(found == 0)
    return float(2 * stdtr(degrees, -abs(found) / error))
