"""Which of two instruments moves first: correlation of one's bar with the other's later ones.

A bar leads another only when it was known before the other began, by the clock and not by the
date: a bitcoin day ends at midnight UTC, hours after New York has begun the bar that its date
would pair it with. Returns are log returns in units of the volatility known a bar before, cut
at two, so that no single day decides.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import norm

from workbench.domain.calendars import Moments
from workbench.domain.instruments import Instrument
from workbench.measures.prices import Array, Bars, ewma_volatility, log_returns, merged

CUT = 2.0  # units of volatility beyond which a return counts no more
WINDOW = 504  # sessions that a reading looks back on
FEWEST = 60  # sessions without which nothing is said
_Z95 = float(norm.ppf(0.975))
_EVEN = 1e-12  # a variance at or below this is none


def scaled(close: Array) -> Array:
    """Log returns in units of the EWMA volatility known a bar before, cut at ``CUT``.

    Returns:
        Shape of ``close``, in [-2, 2]; NaN for the first 61 and wherever volatility is zero.
    """
    before = np.r_[np.nan, ewma_volatility(close)[:-1]]
    units = np.divide(log_returns(close), before, out=np.full(len(close), np.nan), where=before > 0)
    cut: Array = np.clip(units, -CUT, CUT)
    return cut


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pair:
    """Two instruments on their common sessions; all arrays have one shape.

    Attributes:
        dates: Sessions that both have, increasing.
        leader: Scaled returns of the one that the thesis says moves first.
        follower: Scaled returns of the other.
        before: Position of the leader's newest bar known before each of the follower's began,
            -1 where there is none.
        after: Position of the follower's newest bar known before each of the leader's began.
    """

    dates: Moments
    leader: Array
    follower: Array
    before: npt.NDArray[np.intp]
    after: npt.NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.dates)

    def led(self, lag: int) -> Array:
        """The leader's return ``lag`` >= 1 bars before each of the follower's, else NaN."""
        return _earlier(self.leader, self.before, lag)

    def trailed(self, lag: int) -> Array:
        """The follower's return ``lag`` >= 1 bars before each of the leader's, else NaN."""
        return _earlier(self.follower, self.after, lag)


def _earlier(values: Array, newest: npt.NDArray[np.intp], lag: int) -> Array:
    index = newest - (lag - 1)
    return np.where(index >= 0, values[np.maximum(index, 0)], np.nan)


def pair(one: tuple[Instrument, Bars], other: tuple[Instrument, Bars]) -> Pair:
    """Leader and follower on their common sessions, and which bar could have told of which.

    Args:
        one: The leader and its bars.
        other: The follower and its bars.

    Returns:
        A pair. A bar is known when its close is: ``lag_minutes`` after it. It leads a bar whose
        own starting price became known no earlier than that.
    """
    dates = np.intersect1d(one[1].dates, other[1].dates)
    first, second = merged(one[1], dates), merged(other[1], dates)
    known = tuple(
        own.at + np.timedelta64(each.lag_minutes, "m")
        for (each, _), own in ((one, first), (other, second))
    )
    return Pair(
        dates=first.dates,
        leader=scaled(first.close),
        follower=scaled(second.close),
        before=_newest(known[0], known[1]),
        after=_newest(known[1], known[0]),
    )


def _newest(known: Moments, other: Moments) -> npt.NDArray[np.intp]:
    """Position of the newest bar known when each bar of the other began: at its last close."""
    began = np.searchsorted(known, other[:-1], side="right") - 1
    newest: npt.NDArray[np.intp] = np.r_[-1, began][: len(other)].astype(np.intp)
    return newest


@dataclass(frozen=True, slots=True, kw_only=True)
class Lag:
    """Correlation at one lag.

    Attributes:
        lag: Bars by which the leader is ahead; negative where the follower is, 0 for one session.
        correlation: In [-1, 1].
        low: Lower end of its 95 % interval.
        high: Upper end.
        p_value: One-sided, of no correlation in the thesis's direction.
    """

    lag: int
    correlation: float
    low: float
    high: float
    p_value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadLag:
    """What a window says of a lead.

    Attributes:
        lags: From the follower furthest ahead to the leader furthest ahead.
        n: Sessions that every lag is read on.
        first: First of them.
        last: Last of them.
        p_value: That none of the positive lags holds anything, corrected for how many there are.
        asymmetry: Mean correlation with the leader ahead less that with the follower ahead, in
            the thesis's direction.
        asymmetry_p: One-sided, of no asymmetry.
    """

    lags: tuple[Lag, ...]
    n: int
    first: np.datetime64
    last: np.datetime64
    p_value: float
    asymmetry: float
    asymmetry_p: float

    @property
    def best(self) -> Lag:
        """The positive lag with the smallest p-value."""
        return min((one for one in self.lags if one.lag > 0), key=lambda one: one.p_value)


def read(both: Pair, lags: int, sign: int = 1, window: int = WINDOW) -> LeadLag | None:
    """Cross-correlations from -lags to lags over the last sessions, with intervals.

    Args:
        both: The pair.
        lags: Bars searched to either side, at least 1.
        sign: 1 when the thesis says that they move alike, -1 when the opposite way.
        window: Sessions looked back on.

    Returns:
        The reading; None with under 60 sessions or when one of the two stands still.

    Source:
        Errors from the correlation's influence function with Newey and West's (1987) weights, so
        that volatility that comes in spells does not pass for a lead; intervals on Fisher's
        scale; Bonferroni over the positive lags.
    """
    columns = {0: (both.leader, both.follower)}
    for k in range(1, lags + 1):
        columns |= {k: (both.led(k), both.follower), -k: (both.trailed(k), both.leader)}
    whole = np.isfinite(np.sum([x + y for x, y in columns.values()], axis=0))
    kept = np.flatnonzero(whole)[-window:]
    if len(kept) < FEWEST:
        return None
    found, pulls = [], {}
    for k in sorted(columns):
        x, y = (values[kept] for values in columns[k])
        if min(x.var(), y.var()) <= _EVEN:
            return None
        r, pulls[k] = _correlation(x, y)
        found.append(_lag(k, r, _error(pulls[k]), sign))
    by = {one.lag: one for one in found}
    ahead = range(1, lags + 1)
    uneven = sign * float(np.mean([by[k].correlation - by[-k].correlation for k in ahead]))
    pull = np.mean([pulls[k] - pulls[-k] for k in ahead], axis=0)
    return LeadLag(
        lags=tuple(found),
        n=len(kept),
        first=both.dates[kept[0]],
        last=both.dates[kept[-1]],
        p_value=min(1.0, lags * min(by[k].p_value for k in ahead)),
        asymmetry=uneven,
        asymmetry_p=_beyond(uneven, _error(pull)),
    )


def _lag(lag: int, r: float, error: float, sign: int) -> Lag:
    """A correlation with its interval on Fisher's scale and its one-sided p-value."""
    low, high = (
        r if 1 - r**2 <= _EVEN else math.tanh(math.atanh(r) + z * error / (1 - r**2))
        for z in (-_Z95, _Z95)
    )
    return Lag(lag=lag, correlation=r, low=low, high=high, p_value=_beyond(sign * r, error))


def _beyond(value: float, error: float) -> float:
    """How often a normal error of this size is as large as the value."""
    return float(norm.sf(value / error)) if error > 0 else float(value <= 0)


def _correlation(x: Array, y: Array) -> tuple[float, Array]:
    """The correlation, and how far each session pulls it."""
    a, b = ((v - v.mean()) / v.std() for v in (x, y))
    r = float(np.mean(a * b))
    pull: Array = a * b - r * (a**2 + b**2) / 2
    return r, pull


def _error(pull: Array) -> float:
    """Standard error of a mean by Newey and West, bandwidth 4 (n / 100)^(2/9)."""
    n, d = len(pull), pull - pull.mean()
    width = int(4 * (n / 100) ** (2 / 9))
    total = float(d @ d)
    total += sum(2 * (1 - k / (width + 1)) * float(d[k:] @ d[:-k]) for k in range(1, width + 1))
    return float(np.sqrt(max(total, 0.0)) / n)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Products:
    """What a gambler on a lead may bet on; every array has shape (lags, n).

    Attributes:
        own: Products of the follower's return and the leader's earlier one in the thesis's
            direction, in [-1, 1], of mean 0 without a lead; 0 where there is nothing to bet on.
        back: The same with the roles exchanged.
        full: What a correlation of 1 would make the mean of ``own``, by the past's spread.
    """

    own: Array
    back: Array
    full: Array


def products(both: Pair, lags: int, sign: int = 1) -> Products:
    """The products of a pair, session by session; only the past is taken out of a return.

    Args:
        both: The pair.
        lags: Bars searched.
        sign: 1 when the thesis says that they move alike, -1 when the opposite way.
    """
    follower, width = _surprise(both.follower)
    leader, _ = _surprise(both.leader)
    own, back, full = [], [], []
    for lag in range(1, lags + 1):
        led, spread = _surprise(both.led(lag))
        own.append(sign * led * follower)
        back.append(sign * _surprise(both.trailed(lag))[0] * leader)
        full.append(spread * width)
    told = (np.nan_to_num(np.array(each)) / CUT**2 for each in (own, back, full))
    return Products(**dict(zip(("own", "back", "full"), told, strict=True)))


def _surprise(values: Array) -> tuple[Array, Array]:
    """Each value less the mean of those before it, cut again, and their spread.

    Both are NaN until 60 values came before.
    """
    there = np.isfinite(values)
    known = np.where(there, values, 0.0)
    count = np.r_[0, np.cumsum(there)[:-1]].astype(float)
    count[count < FEWEST] = np.nan
    mean, square = (np.r_[0.0, np.cumsum(known**power)[:-1]] / count for power in (1, 2))
    return np.clip(values - mean, -CUT, CUT), np.sqrt(np.maximum(square - mean**2, 0))
