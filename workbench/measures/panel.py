"""The panel: the same claims asked of an instrument after every close, as arrays.

A claim of the panel is a predicate on what follows over h sessions: the closing log return, the
log distance of the highest high and of the lowest low. Its strikes are either fixed percentages,
times the root of h, or multiples of the trailing 22-session deviation, times the root of h.
``hits`` is the one place where a claim comes true; outcomes and every forecaster share it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.measures.prices import Array, Bars, log_returns
from workbench.measures.scenarios import Episodes, effective

Family = Literal[
    "direction", "level", "band", "magnitude", "touch", "corridor", "range", "stays_below"
]
PATH_FAMILIES: frozenset[Family] = frozenset({"touch", "corridor", "range", "stays_below"})
DEVIATION_SESSIONS = 22
_INF = float("inf")
_Rows = tuple[tuple[Family, float, float], ...]  # family, lower and upper strike

# Per cent at one session for a share index; strikes that say nothing are infinite.
_PRICE: _Rows = (
    ("direction", -_INF, 0.0),
    *(("level", -_INF, k) for k in (-2.0, -1.0, -0.5, 0.5, 1.0, 2.0)),
    *(("band", a, b) for a, b in ((-0.8, -0.3), (0.3, 0.8), (-0.5, 0.5), (-1.0, 1.0))),
    *(("magnitude", -k, k) for k in (1.0, 2.0, 3.0)),
    *(("touch", -k, _INF) for k in (2.0, 1.0)),
    *(("touch", -_INF, k) for k in (1.0, 2.0)),
    *(("corridor", -k, k) for k in (1.0, 2.0)),
    *(("range", -_INF, k) for k in (1.0, 1.5, 2.5)),
)
# Per cent at every horizon for a volatility index: it returns to its mean, so no root of h.
_FEAR: _Rows = (
    ("direction", -_INF, 0.0),
    *(("level", -_INF, k) for k in (-10.0, -5.0, 5.0, 10.0, 20.0)),
    *(("stays_below", -_INF, k) for k in (5.0, 10.0, 20.0)),
    *(("touch", -k, _INF) for k in (10.0, 5.0)),
    ("band", -5.0, 5.0),
)
_FEAR_DEVIATION = 5.0  # per cent that count as one deviation of a volatility index


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Panel:
    """C claims asked at each of n closes over one horizon.

    Attributes:
        horizon: Sessions.
        family: Family of each claim, length C.
        lo: Lower strikes as log distances from the close of the day, shape (n, C); -inf where a
            claim has none, NaN where the day's deviation is not known yet.
        hi: Upper strikes, same shape; inf where a claim has none.
    """

    horizon: int
    family: tuple[Family, ...]
    lo: Array
    hi: Array

    def __len__(self) -> int:
        return len(self.lo)

    def of(self, *families: Family) -> npt.NDArray[np.intp]:
        """The columns of these families."""
        return np.array([i for i, name in enumerate(self.family) if name in families], np.intp)

    def until(self, n: int) -> Panel:
        """The panel of the first n closes."""
        return replace(self, lo=self.lo[:n], hi=self.hi[:n])


def fixed(bars: Bars, horizon: int, *, fear: bool = False, factor: float = 1.0) -> Panel:
    """The panel with fixed strikes: per cent times the root of the horizon.

    Args:
        bars: Of one instrument.
        horizon: Sessions.
        fear: True for a volatility index, whose strikes are wider and the same at all horizons.
        factor: What strikes are multiplied by; 2 for crypto.

    Returns:
        All claims that the bars can settle: without highs and lows none on the path.
    """
    root = 1.0 if fear else factor * float(np.sqrt(horizon))
    family, lo, hi = _unpacked(_FEAR if fear else _PRICE, bars)
    shape = (len(bars), len(family))
    low, high = (np.log1p(np.maximum(side * root, -100 + 1e-9) / 100) for side in (lo, hi))
    return Panel(
        horizon=horizon,
        family=family,
        lo=np.broadcast_to(np.where(np.isfinite(lo), low, lo), shape),
        hi=np.broadcast_to(np.where(np.isfinite(hi), high, hi), shape),
    )


def scaled(bars: Bars, horizon: int, *, fear: bool = False) -> Panel:
    """The panel with strikes in trailing 22-session deviations: what a careful person quotes.

    Args:
        bars: Of one instrument.
        horizon: Sessions; strikes grow with its root.
        fear: True for a volatility index, for which 5 % of the fixed panel are one deviation.

    Returns:
        The fixed panel's claims with their per cents read as deviations of log returns.
    """
    family, lo, hi = _unpacked(_FEAR if fear else _PRICE, bars)
    deviation = pd.Series(log_returns(bars.close)).rolling(DEVIATION_SESSIONS).std().to_numpy()
    unit = (deviation * np.sqrt(horizon) / (_FEAR_DEVIATION if fear else 1.0))[:, None]
    with np.errstate(invalid="ignore"):  # 0 deviations times an infinite strike of a flat series
        return Panel(horizon=horizon, family=family, lo=unit * lo, hi=unit * hi)


def _unpacked(rows: _Rows, bars: Bars) -> tuple[tuple[Family, ...], Array, Array]:
    kept = [row for row in rows if bars.has_path or row[0] not in PATH_FAMILIES]
    family, lo, hi = zip(*kept, strict=True)
    return family, np.array(lo), np.array(hi)


def hits(
    family: Family, lo: Array | float, hi: Array | float, close: Array, high: Array, low: Array
) -> npt.NDArray[np.bool_]:
    """Where claims of a family come true; all arguments broadcast against each other.

    Args:
        family: Which predicate.
        lo: Lower strikes, log distance.
        hi: Upper strikes, log distance.
        close: Closing log returns.
        high: Log distances of the highest high.
        low: Log distances of the lowest low.

    Returns:
        direction: close > 0. level: close < hi. band: lo <= close <= hi. magnitude: close < lo
        or close > hi. touch: low <= lo or high >= hi. corridor: low > lo and high < hi.
        stays_below: high < hi. range: high - low > hi. NaN is false.
    """
    result: npt.NDArray[np.bool_]
    match family:
        case "direction":
            result = close > 0
        case "level":
            result = close < hi
        case "band":
            result = (close >= lo) & (close <= hi)
        case "magnitude":
            result = (close < lo) | (close > hi)
        case "touch":
            result = (low <= lo) | (high >= hi)
        case "corridor":
            result = (low > lo) & (high < hi)
        case "stays_below":
            result = high < hi
        case "range":
            result = high - low > hi
    return result


def outcomes(panel: Panel, past: Episodes) -> Array:
    """What came of every claim.

    Args:
        panel: n closes, C claims.
        past: The episodes of the same bars, oldest first, m <= n of them.

    Returns:
        Shape (n, C): 1 or 0; NaN where the window is not over, where a path claim's highs or
        lows are missing, and where the strike was not known.
    """
    m = len(past)
    result = np.full(panel.lo.shape, np.nan)
    for c, family in enumerate(panel.family):
        lo, hi = panel.lo[:m, c], panel.hi[:m, c]
        known = ~np.isnan(lo + np.where(np.isinf(hi), 0.0, hi)) & np.isfinite(past.close)
        if family in PATH_FAMILIES:
            known &= np.isfinite(past.high + past.low)
        happened = hits(family, lo, hi, past.close, past.high, past.low)
        result[:m, c] = np.where(known, happened, np.nan)
    return result


def shares(panel: Panel, t: int, ahead: Episodes) -> Array:
    """The weighted share of scenarios in which each claim asked at close t comes true.

    Args:
        panel: The claims.
        t: Position of the close.
        ahead: Scenarios as of that close; those without highs and lows do not count for path
            claims.

    Returns:
        Shape (C,), strictly inside (0, 1): half a scenario is added to either side, as in
        ``scenarios.share``. NaN for path claims when no scenario has highs and lows.
    """
    result = np.full(len(panel.family), np.nan)
    for path in (False, True):
        own = ahead.whole if path else ahead
        columns = [c for c, f in enumerate(panel.family) if (f in PATH_FAMILIES) == path]
        if not columns or not len(own):
            continue
        happened = np.empty((len(columns), len(own)), bool)
        for row, c in enumerate(columns):
            happened[row] = hits(
                panel.family[c], panel.lo[t, c], panel.hi[t, c], own.close, own.high, own.low
            )
        total, count = float(own.weight.sum()), effective(own.weight)
        result[columns] = (happened @ own.weight / total * count + 0.5) / (count + 1.0)
    return result


def walked(panel: Panel, at: Callable[[int], Episodes | None], rows: npt.NDArray[np.intp]) -> Array:
    """What a walk of scenarios says of the claims asked at some closes.

    Args:
        panel: The claims.
        at: Scenarios as of a close, or None before there are any.
        rows: Positions of the closes.

    Returns:
        Shape (n, C), NaN in rows not asked for and where there are no scenarios.
    """
    result = np.full(panel.lo.shape, np.nan)
    for t in rows:
        ahead = at(int(t))
        if ahead is not None:
            result[t] = shares(panel, int(t), ahead)
    return result
