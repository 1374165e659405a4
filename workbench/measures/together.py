"""Do these shares fall together, and more than they used to.

A day counts as a joint fall when at least so many members are down by more than so many of
their own usual days (volatility known the day before), so that a wild month is not mistaken for
a common one. Togetherness is the mean correlation of the members' pairs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
import numpy.typing as npt

from workbench.domain.calendars import Moments
from workbench.measures.leadlag import scaled
from workbench.measures.prices import Array, Bars, merged

RECENT = 63  # sessions of a reading
PAST = 1260  # sessions before them that it is compared with
LEARNING = 250  # sessions before a usual share of joint falls is known
RESAMPLES = 500


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Group:
    """Members on the sessions that all of them have.

    Attributes:
        dates: Sessions, increasing, shape (n,).
        returns: Scaled returns, shape (n, members), without a gap.
    """

    dates: Moments
    returns: Array

    def __len__(self) -> int:
        return len(self.dates)

    def falls(self, least: int, down: float) -> npt.NDArray[np.bool_]:
        """True on each session with ``least`` members down more than ``down`` usual days."""
        fell: npt.NDArray[np.bool_] = (self.returns < -down).sum(axis=1) >= least
        return fell


def group(members: Sequence[Bars]) -> Group:
    """The members on their common sessions, from where all have a volatility."""
    dates = reduce(np.intersect1d, [own.dates for own in members])
    common = [merged(own, dates) for own in members]
    returns = np.column_stack([scaled(own.close) for own in common])
    kept = np.isfinite(returns).all(axis=1)
    return Group(dates=common[0].dates[kept], returns=returns[kept])


def usual(fell: npt.NDArray[np.bool_]) -> tuple[Array, Array]:
    """Share of joint falls before each session, and its standard error.

    Returns:
        Two of the same shape; NaN for the first 250. The past is Laplace's, one fall and one
        other day richer, so that neither is ever held impossible.
    """
    count = np.arange(len(fell), dtype=float)
    count[:LEARNING] = np.nan
    share = (1 + np.r_[0, np.cumsum(fell)[:-1]]) / (count + 2)
    return share, np.sqrt(share * (1 - share) / count)


def alike(returns: Array) -> Array:
    """Mean correlation of the members' pairs.

    Args:
        returns: Shape (..., sessions, members).

    Returns:
        Shape (...), in [-1, 1]; NaN where a member stands still.

    Source:
        The variance of the sum of m standardised columns is m + m (m - 1) times it.
    """
    m = returns.shape[-1]
    middle = returns - returns.mean(axis=-2, keepdims=True)
    width = np.sqrt((middle**2).mean(axis=-2, keepdims=True))
    units = np.divide(middle, width, out=np.full(returns.shape, np.nan), where=width > 0)
    found: Array = ((units.sum(axis=-1) ** 2).mean(axis=-1) - m) / (m * (m - 1))
    return found


def rolling(own: Group, window: int = RECENT) -> Array:
    """``alike`` over the last ``window`` sessions at each; NaN until they are there."""
    if len(own) < window:
        return np.full(len(own), np.nan)
    views = np.lib.stride_tricks.sliding_window_view(own.returns, window, axis=0)
    found: Array = np.r_[np.full(window - 1, np.nan), alike(views.swapaxes(1, 2))]
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Togetherness:
    """What the last sessions say of a group.

    Attributes:
        n: Sessions read.
        past: Sessions before them that they are compared with.
        first: First session read.
        last: Last session read.
        falls: Joint falls among them.
        usual: Share of joint falls in the past, in [0, 1].
        alike: Mean correlation of pairs now.
        low: What one in twenty stretches of the past lies below.
        high: What one in twenty lies above.
        p_value: Share of such stretches that were at least as much alike.
    """

    n: int
    past: int
    first: np.datetime64
    last: np.datetime64
    falls: int
    usual: float
    alike: float
    low: float
    high: float
    p_value: float


def read(own: Group, least: int, down: float) -> Togetherness | None:
    """The last 63 sessions against stretches as long of the five years before.

    Args:
        own: The group.
        least: Members that make a joint fall.
        down: Usual days that each must fall by.

    Returns:
        The reading; None with under 250 sessions of past, or when a member stands still.

    Source:
        Stationary block bootstrap, Politis and Romano (1994), whole sessions, mean block as long
        as the stretch, 500 resamples, fixed seed.
    """
    past = own.returns[:-RECENT][-PAST:]
    if len(past) < LEARNING:
        return None
    now = float(alike(own.returns[-RECENT:]))
    drawn = alike(past[_picks(len(past))])
    if not (np.isfinite(now) and np.isfinite(drawn).all()):
        return None
    fell = own.falls(least, down)
    low, high = np.quantile(drawn, [0.05, 0.95])
    return Togetherness(
        n=RECENT,
        past=len(past),
        first=own.dates[-RECENT],
        last=own.dates[-1],
        falls=int(fell[-RECENT:].sum()),
        usual=float(fell[:-RECENT][-PAST:].mean()),
        alike=now,
        low=float(low),
        high=float(high),
        p_value=float((1 + (drawn >= now).sum()) / (1 + RESAMPLES)),
    )


def _picks(n: int) -> npt.NDArray[np.intp]:
    """Positions of each resample, shape (500, 63), in blocks that wrap around."""
    rng = np.random.default_rng(7)
    starts = rng.integers(0, n, (RESAMPLES, RECENT))
    fresh = rng.random((RESAMPLES, RECENT)) < 1 / RECENT
    fresh[:, 0] = True
    begun = np.maximum.accumulate(np.where(fresh, np.arange(RECENT), 0), axis=1)
    first = np.take_along_axis(starts, begun, axis=1)
    picked: npt.NDArray[np.intp] = (first + np.arange(RECENT) - begun) % n
    return picked
