"""GJR-GARCH with filtered historical simulation: the strongest baseline a desk gets off the shelf.

A GJR-GARCH(1,1) with Student t shocks is fitted on log returns once a year, on all bars up to
then. Every past bar is divided by the volatility that this fit gives it: a triple of (close,
high, low) shocks. A day's forecast draws 4,000 paths of h such triples and lets the variance
follow. Sources: Glosten, Jagannathan and Runkle (1993); Barone-Adesi, Giannopoulos and Vosper
(1999); the ``arch`` package.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workbench.measures.prices import Array, Bars, log_returns
from workbench.measures.scenarios import MIN_CLOSES, Episodes

Index = npt.NDArray[np.intp]
PATHS = 4_000
SEED = 20_260
REFIT = 252  # sessions between fits
MIN_BARS = 750  # bars that the first fit needs
_SCALE = 100.0  # arch is fitted on per cent, where its optimiser is at home
_START = 250  # returns whose variance starts the recursion
_KEPT = 256
_fitted: dict[tuple[str, bytes], Fit | None] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """Parameters of one fit, in per cent a day.

    Attributes:
        bars: Bars it was made on.
        mu: Mean return.
        omega: Constant of the variance.
        alpha: Weight of a squared shock.
        gamma: What a falling one adds.
        beta: Weight of yesterday's variance.
    """

    bars: int
    mu: float
    omega: float
    alpha: float
    gamma: float
    beta: float

    def follows(self, shock: Array) -> Array:
        """What a shock adds to the next variance, beside beta times the present one."""
        added: Array = self.omega + (self.alpha + self.gamma * (shock < 0)) * shock**2
        return added


def fitted(bars: Bars, n: int) -> Fit | None:
    """The fit on the first n bars; None when the optimiser does not converge.

    A pure memory keeps the last 256 fits, so that the next cycle of a year does not fit again.
    """
    key = bars.symbol, hashlib.sha256(bars.close[:n].tobytes()).digest()
    if key not in _fitted:
        while len(_fitted) >= _KEPT:
            _fitted.pop(next(iter(_fitted)))
        _fitted[key] = _fit(bars, n)
    return _fitted[key]


def _fit(bars: Bars, n: int) -> Fit | None:
    from arch import arch_model

    moves = log_returns(bars.close[:n])[1:] * _SCALE
    model = arch_model(moves, mean="Constant", vol="GARCH", p=1, o=1, q=1, dist="t", rescale=False)
    found = model.fit(disp="off", show_warning=False)
    if found.convergence_flag != 0:
        return None
    names = {"mu": "mu", "omega": "omega", "alpha": "alpha[1]", "gamma": "gamma[1]",
             "beta": "beta[1]"}  # fmt: skip
    return Fit(bars=n, **{ours: float(found.params[theirs]) for ours, theirs in names.items()})


def variances(fit: Fit, bars: Bars) -> Array:
    """The variance that a fit expects of each bar, from the bars before it.

    Returns:
        Shape (len(bars) + 1,), per cent squared; NaN first, which has no return, and with the
        bar after the last one at the end.
    """
    from scipy.signal import lfilter  # a second and a half, which only who simulates pays

    shock = log_returns(bars.close)[1:] * _SCALE - fit.mu
    start = float(np.var(shock[:_START]))
    tail = lfilter([1.0], [1.0, -fit.beta], fit.follows(shock), zi=[fit.beta * start])[0]
    expected: Array = np.r_[np.nan, start, tail]
    return expected


class Walk:
    """Simulated scenarios as of any close, each from bars up to that close only.

    Args:
        bars: Daily bars.
        horizon: Sessions.
        fits: Fits made earlier on the same bars, by their number of bars; new ones are added.
    """

    def __init__(self, bars: Bars, horizon: int, fits: dict[int, Fit | None] | None = None) -> None:
        self.bars, self.horizon = bars, horizon
        self._fits: dict[int, Fit | None] = {} if fits is None else fits
        self._triples: tuple[Fit, Array, Array, Index] | None = None

    def fit(self, t: int) -> Fit | None:
        """The latest fit that converged, on a yearly grid of bars up to close t."""
        grid = range(MIN_BARS, t + 2, REFIT)
        return next((f for n in reversed(grid) if (f := self._fit(n)) is not None), None)

    def _fit(self, n: int) -> Fit | None:
        if n not in self._fits:
            self._fits[n] = fitted(self.bars, n)
        return self._fits[n]

    def at(self, t: int) -> Episodes | None:
        """4,000 paths as of close t; None before the first fit and 250 whole bars.

        The draws are seeded by the session's date, so that a day's forecast depends on nothing
        but its own past.
        """
        fit = self.fit(t)
        if fit is None:
            return None
        shocks, variance, known = self._standardised(fit)
        count = int(np.searchsorted(known, t))  # shock i is that of bar i + 1
        if count < MIN_CLOSES:
            return None
        rng = np.random.default_rng([SEED, int(self.bars.dates[t].astype(np.int64))])
        drawn = known[rng.integers(0, count, (self.horizon, PATHS))]
        return self._paths(t, fit, shocks, drawn, float(variance[t + 1]))

    def _standardised(self, fit: Fit) -> tuple[Array, Array, Index]:
        """(close, high, low) shocks of bars 1 .. n-1, the variances, and which shocks are whole."""
        if self._triples is None or self._triples[0] is not fit:
            variance = variances(fit, self.bars)
            before = np.log(self.bars.close[:-1])
            now = np.log(np.stack([self.bars.close, self.bars.high, self.bars.low])[:, 1:])
            if not self.bars.has_path:
                now[1:] = now[0]
            shocks = (now - before) * _SCALE / np.sqrt(variance[1:-1])
            whole = np.flatnonzero(np.isfinite(shocks).all(axis=0))
            self._triples = (fit, shocks, variance, whole)
        return self._triples[1:]

    def _paths(self, t: int, fit: Fit, shocks: Array, drawn: Index, start: float) -> Episodes:
        close = np.zeros(PATHS)
        high, low = np.full(PATHS, -np.inf), np.full(PATHS, np.inf)
        variance = np.full(PATHS, start)
        for step in drawn:
            sd = np.sqrt(variance)
            high = np.maximum(high, close + shocks[1, step] * sd)
            low = np.minimum(low, close + shocks[2, step] * sd)
            move = shocks[0, step] * sd
            close = close + move
            variance = fit.follows(move - fit.mu) + fit.beta * variance
        path = 1.0 if self.bars.has_path else np.nan
        return Episodes(
            symbol=self.bars.symbol,
            horizon=self.horizon,
            dates=np.full(PATHS, self.bars.dates[t]),
            close=close / _SCALE,
            high=path * high / _SCALE,
            low=path * low / _SCALE,
            weight=np.ones(PATHS),
            price=float(self.bars.close[t]),
        )
