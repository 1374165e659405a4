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
_RULE = (
    "turbulent ≥ 0.8 with a drawdown of 10% or more is crisis, turbulent ≥ 0.5 is risk_off; below "
    "that a 63-session move of at least 1 expected deviation is trending_up or trending_down, "
    "a rise over 21 sessions within 3% of the high is risk_on, and the rest is choppy"
)


def turbulent(close: Array, sessions: int = SHOWN) -> tuple[Array, int]:
    """Filtered probability of the high-variance state.

    Each session is filtered with the parameters that were in force on that day, so a later refit
    renames no past day.

    Args:
        close: Prices, shape (n,), n at least ``MIN_SESSIONS``.
        sessions: How many of the last sessions to return; fewer when history is short.

    Returns:
        Probabilities in [0, 1], the last for the last close; and the index of the last close
        that the parameters in force now were fitted on.
    """
    percent = 100 * log_returns(close)
    first_fit = (MIN_SESSIONS - 1) // REFIT * REFIT
    newest = (len(close) - 1) // REFIT * REFIT
    wanted = max(len(close) - sessions, first_fit + 1)
    pieces = []
    for fitted in range(max((wanted - 1) // REFIT * REFIT, first_fit), newest + 1, REFIT):
        end = min(fitted + REFIT, len(close) - 1)
        start = max(1, fitted + 1 - FIT_WINDOW)
        filtered = _quarter(percent[start : end + 1].tobytes(), fitted + 1 - start)
        begin = max(wanted, fitted + 1)
        pieces.append(filtered[begin - start :])
    return np.concatenate(pieces), newest


@lru_cache(maxsize=256)
def _quarter(data: bytes, fitted: int) -> Array:
    """The filter over these returns with the parameters fitted on the first ``fitted`` of them."""
    returns = np.frombuffer(data)
    result = _filtered(returns, np.asarray(_fit(returns[:fitted].tobytes())))
    result.flags.writeable = False
    return result


@lru_cache(maxsize=64)
def _fit(data: bytes) -> tuple[float, ...]:
    """Fitted (p00, p10, mean, var0, var1) with var0 < var1, from the bytes of the returns."""
    from statsmodels.tsa.regime_switching.markov_regression import MarkovRegression

    returns = np.frombuffer(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the optimiser's remarks: where it stopped is what counts
        model = MarkovRegression(returns, k_regimes=2, trend="c", switching_trend=False,
                                 switching_variance=True)  # fmt: skip
        found = model.fit(disp=False, maxiter=200)
    p00, p10, mean, var0, var1 = (float(value) for value in found.params)
    if var0 > var1:
        p00, p10, var0, var1 = 1 - p10, 1 - p00, var1, var0
    return p00, p10, mean, var0, var1


def _filtered(returns: Array, params: Array) -> Array:
    """Hamilton's filter for two states; probability of the second, shape of ``returns``."""
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
    return result


def names(bars: Bars, probability: Array) -> npt.NDArray[np.str_]:
    """The regime of each of the last len(probability) sessions, by the stated rule."""
    n = len(probability)
    fall = drawdown(bars.close)[-n:]
    trend = trend_strength(bars)[-n:]
    month = np.r_[np.full(21, np.nan), bars.close[21:] / bars.close[:-21] - 1][-n:]
    conditions = [
        (probability >= 0.8) & (fall <= -0.10),
        probability >= 0.5,
        trend >= 1,
        trend <= -1,
        (month > 0) & (fall > -0.03),
    ]
    choices = ["crisis", "risk_off", "trending_up", "trending_down", "risk_on"]
    return np.select(conditions, choices, default="choppy")


def trend_strength(bars: Bars) -> Array:
    """Log return over 63 sessions divided by EWMA volatility times the square root of 63."""
    log = np.log(bars.close)
    moved = np.full(len(log), np.nan)
    moved[TREND:] = log[TREND:] - log[:-TREND]
    strength: Array = moved / (ewma_volatility(bars.close) * np.sqrt(TREND))
    return strength


def read(bars: Bars, known: tuple[Array, int] | None = None) -> Regime:
    """The regime at the last bar; ``unknown`` with fewer than 500 sessions.

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
            drawdown=float(drawdown(bars.close)[-1]), fitted=last,
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
        rule=_RULE,
        volatility=float(ewma_volatility(bars.close)[-1]),
        trend=float(trend_strength(bars)[-1]),
        drawdown=float(drawdown(bars.close)[-1]),
        fitted=bars.dates[fitted].item(),
    )
