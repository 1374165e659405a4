"""The regime: a Markov-switching variance model, filtered, and a stated rule that names it.

Parameters are fitted on data up to a refit session and held until the next; states are filtered
with data up to each session, never smoothed, so nothing later can change what a day was called.
Source: Hamilton (1989); statsmodels ``MarkovRegression`` with switching variance.
"""

from __future__ import annotations

import warnings
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from workbench.domain.records import Regime, RegimeName
from workbench.measures.prices import Array, Bars, drawdown, ewma_volatility, log_returns

REFIT = 63  # sessions between refits: a quarter
FIT_WINDOW = 2520  # sessions a fit looks back: ten years
MIN_SESSIONS = 500
SHOWN = 500  # sessions whose regime is told
TREND = 63  # sessions of the trend
_FIRST_FIT = (MIN_SESSIONS - 1) // REFIT * REFIT
Params = tuple[float, float, float, float, float]
_RULE = (
    "turbulent ≥ 0.8 with a drawdown of 10% or more is crisis, turbulent ≥ 0.5 is risk_off; below "
    "that a 63-session move of at least 1 expected deviation is trending_up or trending_down, "
    "a rise over 21 sessions within 3% of the high is risk_on, and the rest is choppy"
)


def turbulent(close: Array, sessions: int = SHOWN) -> tuple[Array, int | None]:
    """Filtered probability of the high-variance state.

    Each session is filtered with the parameters that were in force on that day, so a later refit
    renames no past day. A refit that does not converge leaves those before it in force.

    Args:
        close: Prices, shape (n,), n at least ``MIN_SESSIONS``.
        sessions: How many of the last sessions to return; fewer when history is short.

    Returns:
        Probabilities in [0, 1], the last for the last close, NaN where no fit had converged yet;
        and the index of the last close that the parameters in force now were fitted on, or None.
    """
    percent = 100 * log_returns(close)
    newest = (len(close) - 2) // REFIT * REFIT  # a fit serves from the session after it
    wanted = max(len(close) - sessions, _FIRST_FIT + 1)
    pieces: list[Array] = []
    in_force: int | None = None
    for refit in range(max((wanted - 1) // REFIT * REFIT, _FIRST_FIT), newest + 1, REFIT):
        end = min(refit + REFIT, len(close) - 1)
        begin = max(wanted, refit + 1)
        params, in_force = _in_force(percent, refit)
        if params is None:
            pieces.append(np.full(end + 1 - begin, np.nan))
        else:
            start = _start(refit)
            filtered = _filtered(percent[start : end + 1].tobytes(), params)
            pieces.append(filtered[begin - start :])
    return np.concatenate(pieces), in_force


def _start(refit: int) -> int:
    """The first return that a fit reads."""
    return max(1, refit + 1 - FIT_WINDOW)


def _in_force(percent: Array, refit: int) -> tuple[Params | None, int | None]:
    """The latest parameters that converged by a refit, and the close that they were fitted on."""
    for fitted in range(refit, _FIRST_FIT - 1, -REFIT):
        params = _fit(percent[_start(fitted) : fitted + 1].tobytes())
        if params is not None:
            return params, fitted
    return None, None


@lru_cache(maxsize=256)
def _fit(data: bytes) -> Params | None:
    """Fitted (p00, p10, mean, var0, var1) with var0 < var1; None when the fit did not converge."""
    from statsmodels.tsa.regime_switching.markov_regression import MarkovRegression

    returns = np.frombuffer(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the optimiser's remarks: where it stopped is what counts
        model = MarkovRegression(returns, k_regimes=2, trend="c", switching_trend=False,
                                 switching_variance=True)  # fmt: skip
        try:
            found = model.fit(disp=False, maxiter=200)
        except (np.linalg.LinAlgError, RuntimeError, ValueError):  # returns that never vary
            return None
    p00, p10, mean, var0, var1 = (float(value) for value in found.params)
    sound = np.isfinite(found.params).all() and min(var0, var1) > 0
    if not (sound and found.mle_retvals["converged"]):
        return None
    if var0 > var1:
        p00, p10, var0, var1 = 1 - p10, 1 - p00, var1, var0
    return p00, p10, mean, var0, var1


@lru_cache(maxsize=256)
def _filtered(data: bytes, params: Params) -> Array:
    """Hamilton's filter for two states over these returns; probability of the second."""
    returns = np.frombuffer(data)
    p00, p10, mean, var0, var1 = params
    stay = np.array([1 - p00, 1 - p10])  # into the turbulent state, from calm and from turbulent
    calm, wild = (
        np.exp(-0.5 * (returns - mean) ** 2 / var) / np.sqrt(2 * np.pi * var)
        for var in (var0, var1)
    )
    ratio = np.divide(wild, calm, out=np.full(len(returns), 1e12), where=calm > 1e-300)
    state = (1 - p00) / (1 - p00 + p10)
    result = np.empty(len(returns))
    into_calm, into_wild = float(stay[0]), float(stay[1])
    for i, odds in enumerate(ratio.tolist()):
        prior = into_calm * (1 - state) + into_wild * state
        state = prior * odds / (prior * odds + 1 - prior)
        result[i] = state
    result.flags.writeable = False
    return result


def names(bars: Bars, probability: Array) -> npt.NDArray[np.str_]:
    """The regime of each of the last len(probability) sessions by the rule; NaN is unknown."""
    n = len(probability)
    fall = drawdown(bars.close)[-n:]
    trend = trend_strength(bars)[-n:]
    month = np.r_[np.full(21, np.nan), bars.close[21:] / bars.close[:-21] - 1][-n:]
    conditions = [
        np.isnan(probability),
        (probability >= 0.8) & (fall <= -0.10),
        probability >= 0.5,
        trend >= 1,
        trend <= -1,
        (month > 0) & (fall > -0.03),
    ]
    choices = ["unknown", "crisis", "risk_off", "trending_up", "trending_down", "risk_on"]
    return np.select(conditions, choices, default="choppy")


def trend_strength(bars: Bars) -> Array:
    """Log return over 63 sessions in units of EWMA volatility times the square root of 63."""
    log = np.log(bars.close)
    moved = np.full(len(log), np.nan)
    moved[TREND:] = log[TREND:] - log[:-TREND]
    width = ewma_volatility(bars.close) * np.sqrt(TREND)
    strength: Array = np.divide(moved, width, out=np.full(len(log), np.nan), where=width > 0)
    return strength


def read(bars: Bars, known: tuple[Array, int | None] | None = None) -> Regime:
    """The regime at the last bar; ``unknown`` with under 500 sessions or without a fit.

    Args:
        bars: The lead's.
        known: What ``turbulent`` says of their closes, when that is at hand already.
    """
    last = bars.dates[-1].astype("datetime64[D]").item()
    if len(bars) < MIN_SESSIONS:
        nan = float("nan")
        reason = f"needs {MIN_SESSIONS} sessions and has {len(bars)}"
        return Regime(
            name="unknown", since=last, turbulent=nan, rule=reason, volatility=nan, trend=nan,
            drawdown=float(drawdown(bars.close)[-1]), fitted=None,
        )  # fmt: skip
    probability, fitted = known or turbulent(bars.close)
    labels = names(bars, probability)
    changed = np.flatnonzero(labels[1:] != labels[:-1])
    since = bars.dates[-len(labels) :][changed[-1] + 1 if len(changed) else 0]
    name: RegimeName = str(labels[-1])  # type: ignore[assignment]  # np.select yields the choices above
    return Regime(
        name=name,
        since=since.item(),
        turbulent=float(probability[-1]),
        rule=_RULE if fitted is not None else f"no fit to {len(bars)} sessions converged",
        volatility=float(ewma_volatility(bars.close)[-1]),
        trend=float(trend_strength(bars)[-1]),
        drawdown=float(drawdown(bars.close)[-1]),
        fitted=None if fitted is None else bars.dates[fitted].item(),
    )
