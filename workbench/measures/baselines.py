"""Forecasters that need no view: what a claim must be measured against.

Of one claim of the desk: climatology is ``scenarios.probability`` on unscaled episodes, its
one-year form on the last 252 of them, GARCH on ``garch.Walk(...).at(t)``, the lognormal laws are
``lognormal.probability``, and persistence is below. Here they answer a whole panel, from a matrix
of outcomes Y of shape (n, C): row t is what came of the claims asked at close t, known at close
t + h. A row of an answer uses rows of Y up to t - h.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.measures.prices import SESSIONS_A_YEAR, Array, Bars, ewma_volatility
from workbench.measures.scenarios import MIN_CLOSES, Episodes, Hits, episodes, rescaled

YEAR = SESSIONS_A_YEAR


def climatology(y: Array, horizon: int, window: int | None = None) -> Array:
    """How often each claim came true, over all windows that have ended or the last of them.

    Args:
        y: Outcomes, shape (n, C), 1 or 0; NaN is not counted.
        horizon: Sessions until an outcome is known.
        window: Latest ended windows to look at; None for all of them.

    Returns:
        Shape (n, C): (k + 1/2) / (m + 1), inside (0, 1); NaN before 250 outcomes are known.
    """
    known, true = _ended(np.isfinite(y), horizon), _ended(np.nan_to_num(y), horizon)
    grown = known >= MIN_CLOSES
    if window is not None:
        known[window:], true[window:] = (
            (sums[window:] - sums[:-window]) for sums in (known, true)
        )  # fmt: skip
    return np.where(grown, (true + 0.5) / (known + 1), np.nan)


def _ended(values: Array | Hits, horizon: int) -> Array:
    """Sums of the rows that had ended by each row."""
    sums = np.zeros(values.shape)
    sums[horizon:] = np.cumsum(values, axis=0, dtype=float)[: len(values) - horizon]
    return sums


def persistence(happened: Hits, horizon: int) -> float:
    """How often the claim came true when the episode before had ended as the last one did.

    Args:
        happened: Past outcomes of the same claim, oldest first, shape (n,).
        horizon: Sessions an episode lasts; outcomes ``horizon`` apart do not overlap.

    Returns:
        Inside (0, 1): one more case is counted, at the plain share of all outcomes, so that with
        no such episode it is the base rate.
    """
    before, after = happened[:-horizon], happened[horizon:]
    like = before == happened[-1]
    base = (np.count_nonzero(happened) + 0.5) / (len(happened) + 1)
    return float((np.count_nonzero(after[like]) + base) / (np.count_nonzero(like) + 1))


def persistences(y: Array, horizon: int) -> Array:
    """``persistence`` of every claim at every close, from the windows that had ended by then.

    Args:
        y: Outcomes, shape (n, C), 1 or 0; where one is NaN, the one known before stands for it.
        horizon: Sessions until an outcome is known.

    Returns:
        Shape (n, C), inside (0, 1); NaN before 250 outcomes are known.
    """
    last = pd.DataFrame(y).shift(horizon).ffill().to_numpy(np.float64)
    result = np.full(y.shape, np.nan)
    base = climatology(y, horizon)
    for state in (0.0, 1.0):
        like = (last == state) & np.isfinite(y)
        said = (_ended(like & (y == 1), horizon) + base) / (_ended(like, horizon) + 1)
        result = np.where(last == state, said, result)
    return result


class EwmaWalk:
    """EWMA-scaled episodes as of any close: filtered historical simulation at its simplest.

    The same scenarios as ``scenarios.ewma_scaled`` on the bars up to that close, without making
    the episodes anew for each of thousands of closes.

    Args:
        bars: Daily bars.
        horizon: Sessions.
    """

    def __init__(self, bars: Bars, horizon: int) -> None:
        self._bars, self._past = bars, episodes(bars, horizon)
        self._sigma = ewma_volatility(bars.close)

    def at(self, t: int) -> Episodes | None:
        """Scenarios as of close t, or None with fewer than 250 closes."""
        if t + 1 < MIN_CLOSES:
            return None
        return rescaled(self._past.ended(t, float(self._bars.close[t])), self._sigma, t)
