"""Where a mean-reverting index will end, peak and bottom: location and scale of its log changes.

Implied volatility falls back from highs and knows the day of the week (its window of 30 days
counts weekends), so its episodes are centred and scaled by two walk-forward regressions each for
the close, the running maximum and the running minimum.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from workbench.measures.prices import Array, Bars, log_returns
from workbench.measures.regression import Regression, expanding
from workbench.measures.volatility import MEMORY
from workbench.measures.windows import trailing, weekdays

LEAST = 250  # rows of a first fit: reversion shows within a year of closes
_USUAL = 15.0  # points; only where the intercept lies
_ANNUAL = 1587.0  # daily fraction to points of an index of volatility: 100 * sqrt(252)
_RIDGE, _RIDGE_SCALE = 1e-2, 1e-3  # chosen on VIX to 2012, whole and in spells of five years
_FIELDS = 3  # close, high, low


def location_scale(
    bars: Bars,
    outcome: Array,
    horizon: int,
    lead: Array | None = None,
    past: Sequence[Regression] | None = None,
) -> tuple[Array, Array, tuple[Regression, ...]]:
    """Expected log change and its mean absolute error, as forecast at each close.

    Args:
        bars: The index as known.
        outcome: Log change of close, running maximum and minimum from each close over the
            horizon, shape (3, n); NaN where it has not ended, or where highs and lows are missing.
        horizon: Sessions, at least 1.
        lead: Log return and five-session volatility forecast of the equity index beside these
            bars, shape (2, n), NaN where dark; both then count for nothing.
        past: The six regressions up to an earlier row, to be carried on.

    Returns:
        Location and scale, shape (3, n) each, NaN until there is a fit; and the regressions.
    """
    n = len(bars)
    done = len(past[0].predicted) if past else 0
    first = max(done - MEMORY - horizon, 0)
    own = bars.picked(slice(first, None)) if first else bars
    beside = np.full((2, n), np.nan) if lead is None else lead
    centre, spread = _features(own, beside[:, first:])
    fits: list[Regression] = []
    for i in range(_FIELDS):
        earlier = (None, None) if past is None else (past[2 * i], past[2 * i + 1])
        target = outcome[i, first:]
        middle = expanding(centre, target, horizon, least=LEAST, ridge=_RIDGE, past=earlier[0], n=n)
        known = middle.predicted[first:]
        error = np.abs(target - np.where(np.isfinite(known), known, 0.0))
        width = expanding(
            spread,
            np.log(error + 0.005),
            horizon,
            least=LEAST,
            ridge=_RIDGE_SCALE,
            past=earlier[1],
            n=n,
        )
        fits += [middle, width]
    location = np.stack([one.predicted for one in fits[::2]])
    scale = np.exp(np.stack([one.predicted for one in fits[1::2]]))
    return location, scale, tuple(fits)


def _features(bars: Bars, lead: Array) -> tuple[Array, Array]:
    level, n = np.log(bars.close), len(bars)
    move = np.nan_to_num(log_returns(bars.close))
    gaps = [level - trailing(level, k) / k for k in (5, 22, 66, 252)]
    lit = np.isfinite(lead).all(axis=0)
    calm = np.log(np.where(lit, lead[1], 1.0) * _ANNUAL)
    wide = np.isfinite(bars.high + bars.low)
    top = np.where(wide, np.maximum(np.log(bars.high), level), level)
    width = np.where(wide, np.log(bars.high / bars.low), 0.0)
    width = np.maximum(width, 0.01)
    dark, closes_only = (~lit).astype(float), (~wide).astype(float)
    week, one = weekdays(bars.dates), np.ones(n)
    implied = np.where(lit, level - calm, 0.0)
    returns = np.where(lit, lead[0], 0.0)
    centre = [one, *gaps, level - np.log(_USUAL), implied, returns, dark, move, level - top]
    sizes = [np.log(trailing(np.abs(move), k) / k + 1e-3) for k in (5, 22)]
    sizes += [np.log(width), np.log(trailing(width, 22) / 22)]
    spread = [one, *sizes, *gaps, closes_only]
    return np.column_stack([*centre, *week]), np.column_stack([*spread, *week])
