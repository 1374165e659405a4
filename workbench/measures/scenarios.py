"""Scenarios: past episodes, rescaled to today's volatility, of which any claim is a share.

For each past close s the episode is what followed over the horizon: closing return, running
maximum and minimum. Episode s times sigma_t / sigma_s is one scenario for today; the probability
of a claim is the weighted share of scenarios in which it comes true (see ``answers``).
Deterministic, no draws. Left unscaled, the same episodes are the base rate (climatology).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from workbench.domain.calendars import Moments
from workbench.measures.prices import Array, Bars, ewma_volatility

Hits = npt.NDArray[np.bool_]
Positions = npt.NDArray[np.intp]
MIN_CLOSES = 250  # an instrument with fewer has no scenarios
MIN_PATHS = 150  # episodes with highs and lows, or common to a pair, that a share needs


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Episodes:
    """What followed each past close of one instrument over one horizon.

    Attributes:
        symbol: Instrument.
        horizon: Sessions.
        dates: Session at whose close each episode starts, shape (n,).
        close: Log return from start to end, shape (n,); NaN where a scenario lacks this
            instrument.
        high: Log distance of the highest high, shape (n,); NaN without highs.
        low: Log distance of the lowest low, shape (n,); NaN without lows.
        weight: How much each episode counts, shape (n,), not negative.
        price: Today's close, from which scenarios start.
        daily: Log return from start to each session's close, shape (horizon, n); None unless it
            was asked for, because only a count needs it.
    """

    symbol: str
    horizon: int
    dates: Moments
    close: Array
    high: Array
    low: Array
    weight: Array
    price: float
    daily: Array | None = None

    def __len__(self) -> int:
        return len(self.close)

    def scaled(self, factor: Array) -> Episodes:
        """Every episode multiplied by its own factor, in log terms; NaN factors drop out."""
        daily = None if self.daily is None else self.daily * factor
        stretched = replace(
            self,
            close=self.close * factor,
            high=self.high * factor,
            low=self.low * factor,
            daily=daily,
        )
        return stretched.picked(np.flatnonzero(np.isfinite(factor)))

    def weighted(self, dates: Moments, weight: Array) -> Episodes:
        """The episodes with the weight of their start date; dates not named weigh nothing."""
        index = np.minimum(np.searchsorted(dates, self.dates), len(dates) - 1)
        found = np.where(dates[index] == self.dates, weight[index], 0.0)
        return replace(self, weight=found)

    def picked(self, index: slice | Positions | Hits) -> Episodes:
        """The episodes at these positions."""
        return replace(
            self,
            dates=self.dates[index],
            close=self.close[index],
            high=self.high[index],
            low=self.low[index],
            weight=self.weight[index],
            daily=None if self.daily is None else self.daily[:, index],
        )

    def ended(self, t: int, price: float) -> Episodes:
        """Those of a whole history that had ended by its row t, from that row's price."""
        return replace(self.picked(slice(0, max(t - self.horizon + 1, 0))), price=price)

    @property
    def whole(self) -> Episodes:
        """The episodes that have highs and lows."""
        there = np.isfinite(self.high + self.low)
        return self if there.all() else self.picked(there)

    @property
    def even(self) -> Episodes:
        """The episodes over which every kind of claim is counted, so that shares agree.

        Where at least half of them have highs and lows, only those; else all, and a claim on the
        path counts fewer than one on the close.
        """
        whole = self.whole
        return whole if 2 * len(whole) >= len(self) else self

    def on(self, dates: Moments) -> Episodes:
        """The episodes put on these dates, NaN and weight 0 where there is none; others fall out.

        Args:
            dates: Increasing.
        """
        if len(self) == len(dates) and np.array_equal(self.dates, dates):
            return replace(self, dates=dates)
        _, ours, rows = np.intersect1d(self.dates, dates, assume_unique=True, return_indices=True)

        def put(values: Array, blank: float) -> Array:
            spread = np.full((*values.shape[:-1], len(dates)), blank)
            spread[..., rows] = values[..., ours]
            return spread

        return replace(
            self, dates=dates, close=put(self.close, np.nan), high=put(self.high, np.nan),
            low=put(self.low, np.nan), weight=put(self.weight, 0.0),
            daily=None if self.daily is None else put(self.daily, np.nan),
        )  # fmt: skip

    @property
    def has_path(self) -> bool:
        """True when at least 150 episodes have highs and lows."""
        return int(np.isfinite(self.high + self.low).sum()) >= MIN_PATHS


def episodes(bars: Bars, horizon: int) -> Episodes:
    """All episodes that had ended by the last bar.

    Args:
        bars: Daily bars as known.
        horizon: Sessions from start to end, at least 1.

    Returns:
        n = len(bars) - horizon episodes, oldest first.
    """
    n = max(len(bars) - horizon, 0)
    close, high, low = np.log(bars.close), np.log(bars.high), np.log(bars.low)
    start = close[:n]
    top, bottom = high[1 : n + 1], low[1 : n + 1]
    for k in range(2, horizon + 1):
        top = np.maximum(top, high[k : n + k])
        bottom = np.minimum(bottom, low[k : n + k])
    return Episodes(
        symbol=bars.symbol,
        horizon=horizon,
        dates=bars.dates[:n],
        close=close[horizon : n + horizon] - start,
        high=top - start,
        low=bottom - start,
        weight=np.ones(n),
        price=float(bars.close[-1]),
    )


def ewma_scaled(bars: Bars, horizon: int) -> Episodes:
    """Episodes at today's EWMA volatility, as the baseline ``ewma_fhs`` has them."""
    return rescaled(episodes(bars, horizon), ewma_volatility(bars.close), len(bars) - 1)


def rescaled(past: Episodes, sigma: Array, t: int) -> Episodes:
    """Each episode times the volatility of row t over that of the row it started on.

    Args:
        past: Episodes of the first rows of a history, oldest first.
        sigma: Volatility at each row; episodes of rows without a positive one drop out.
        t: Row whose volatility they take.
    """
    then = sigma[: len(past)]
    factor = np.divide(sigma[t], then, out=np.full(len(past), np.nan), where=then > 0)
    return past.scaled(factor)


def width(own: Episodes) -> Array:
    """Highest high less lowest low, as a fraction of the price at the start, shape (n,)."""
    between: Array = np.exp(own.high) - np.exp(own.low)
    return between


def quantile(values: Array, weight: Array, below: float) -> float:
    """The value that a weighted share of scenarios lies below; NaN values do not count."""
    known = np.isfinite(values)
    order = np.argsort(values[known])
    reached = np.cumsum(weight[known][order])
    index = int(np.searchsorted(reached, below * reached[-1]))
    return float(values[known][order[min(index, len(order) - 1)]])


def share(happened: Hits, weight: Array) -> float:
    """The weighted share of true scenarios, with half a scenario added to either side.

    Args:
        happened: Shape (n,).
        weight: Shape (n,), not negative, not all zero.

    Returns:
        (W_true + 1/2) / (W + 1), strictly inside (0, 1); weights are scaled to their effective
        number first, so that a few heavy scenarios do not claim certainty.
    """
    total, count = float(weight.sum()), effective(weight)
    return (float(weight[happened].sum()) / total * count + 0.5) / (count + 1.0)


def effective(weight: Array) -> float:
    """How many equally weighted scenarios these weights are worth: (sum w)^2 / sum w^2."""
    squares = float(weight @ weight)
    return float(weight.sum()) ** 2 / squares if squares > 0 else 0.0


def joined(one: Episodes, other: Episodes) -> tuple[Episodes, Episodes]:
    """The episodes of two instruments that start on the same sessions."""
    placed = other.on(one.dates)
    both = np.isfinite(one.close + placed.close)
    return one.picked(both), placed.picked(both)
