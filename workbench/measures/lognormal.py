"""Driftless lognormal: what a Brownian log price of a given volatility would do.

Closed forms for a walk that starts at 0, has no drift in the logarithm and the standard deviation
sigma over the horizon, watched without a gap: terminal claims by the normal law, touches by
reflection, corridors by images, ranges by Feller's law. ``sigma`` comes from EWMA or from VIX,
corrected for what VIX has overstated.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtr

from workbench.domain.claims import Claim
from workbench.measures.answers import distance
from workbench.measures.panel import Panel
from workbench.measures.prices import SESSIONS_A_YEAR, Array, log_returns

SIZE = 4_000  # scenarios that a stated law is worth, as many as the simulated baseline has
CORRECTION_SESSIONS = 1_500  # trailing closes that the correction of VIX looks at
MIN_CORRECTION = 250
_IMAGES = 60  # reflections either side: enough down to a corridor of a tenth of sigma
_TERMS = 60
_NARROW = 0.2  # of sigma: no range of a walk is smaller, its probability is below 1e-50


def stays(lo: npt.ArrayLike, hi: npt.ArrayLike, sigma: npt.ArrayLike) -> Array:
    """Probability that the walk never touches either barrier.

    Args:
        lo: Lower barrier, log distance below 0, or -inf.
        hi: Upper barrier, above 0, or inf.
        sigma: Standard deviation over the horizon, positive; all three broadcast.

    Returns:
        In [0, 1].

    Source:
        Method of images, Feller, An Introduction to Probability Theory II, X.5: with L = hi - lo,
        sum over m of 2 N(hi + 2mL) - N(lo + 2mL) - N(2hi - lo + 2mL), all over sigma. One
        barrier: reflection, 1 - 2 N(-|barrier| / sigma).
    """
    low, high, sd = np.broadcast_arrays(*(np.asarray(x, float) for x in (lo, hi, sigma)))
    below, above = np.isneginf(low), np.isposinf(high)
    nearest = np.minimum(np.where(below, np.inf, -low), np.where(above, np.inf, high))
    single = 1 - 2 * ndtr(-nearest / sd)
    two = ~(below | above)
    result: Array = np.array(single, float)
    a, b, s = (side[two][:, None] for side in (low, high, sd))
    shift = 2 * np.arange(-_IMAGES, _IMAGES + 1) * (b - a)
    images = 2 * ndtr((b + shift) / s) - ndtr((a + shift) / s) - ndtr((2 * b - a + shift) / s)
    result[two] = images.sum(axis=1)
    result[(low >= 0) | (high <= 0)] = 0.0  # it starts on the barrier, or beyond
    return np.clip(result, 0.0, 1.0)  # rounding of a sum that lies in [0, 1]


def range_above(size: npt.ArrayLike, sigma: npt.ArrayLike) -> Array:
    """Probability that highest minus lowest exceeds a size.

    Args:
        size: Log distance, positive.
        sigma: Standard deviation over the horizon; broadcasts.

    Returns:
        In [0, 1].

    Source:
        Feller (1951), The asymptotic distribution of the range: the density integrated,
        P(R > u sigma) = 8 sum over k >= 1 of (-1)^(k-1) k N(-k u).
    """
    u = np.asarray(size, float) / np.asarray(sigma, float)
    safe = np.maximum(u, _NARROW)
    total = np.zeros_like(safe)
    for k in range(1, _TERMS + 1):
        total += (1 if k % 2 else -1) * k * ndtr(-k * safe)
    return np.clip(np.where(u < _NARROW, 1.0, 8 * total), 0.0, 1.0)


def probabilities(panel: Panel, sigma: Array) -> Array:
    """What the law says of each claim of the panel.

    Args:
        panel: n closes, C claims.
        sigma: Standard deviation of the log return over the horizon as of each close, shape (n,).

    Returns:
        Shape (n, C), strictly inside (0, 1): (N p + 1/2) / (N + 1) with N = 4,000, for no law is
        known so well that an event were impossible. NaN where sigma or the strike is.
    """
    sd = sigma[:, None]
    result = np.full(panel.lo.shape, np.nan)
    law: Array
    for family in dict.fromkeys(panel.family):
        columns = panel.of(family)
        lo, hi = panel.lo[:, columns], panel.hi[:, columns]
        match family:
            case "direction":
                law = np.where(np.isnan(sd + np.zeros_like(lo)), np.nan, 0.5)
            case "level":
                law = ndtr(hi / sd)
            case "band":
                law = ndtr(hi / sd) - ndtr(lo / sd)
            case "magnitude":
                law = ndtr(lo / sd) + ndtr(-hi / sd)
            case "touch":
                law = 1 - stays(lo, hi, sd)
            case "corridor" | "stays_below":
                law = stays(lo, hi, sd)
            case "range":
                law = range_above(hi, sd)
        result[:, columns] = softened(law)
    return result


def softened(law: Array) -> Array:
    """A law's probability as if it had been counted in 4,000 scenarios: (N p + 1/2) / (N + 1)."""
    soft: Array = (SIZE * law + 0.5) / (SIZE + 1)
    return soft


def probability(claim: Claim, price: float, sigma: float) -> float | None:
    """What the law says of one claim of the desk.

    Args:
        claim: Over the window that sigma is of.
        price: Today's close, from which strikes are measured.
        sigma: Standard deviation of the log return over the claim's window, positive.

    Returns:
        Strictly inside (0, 1), see ``probabilities``; None for a claim that one price and one
        volatility do not settle: of several instruments, of several sessions, conditional.
    """
    if claim.symbols[1:] or claim.given is not None or claim.kind in {"rank", "count"}:
        return None
    lo, hi = distance(claim, price, claim.lo, -np.inf), distance(claim, price, claim.hi, np.inf)
    law: float
    match claim.kind:
        case "direction":
            law = 0.5
        case "level" | "band":  # a level has one strike, above or below which it lies
            law = float(ndtr(hi / sigma) - ndtr(lo / sigma))
        case "magnitude":
            down = distance(claim, price, -(claim.lo or 0.0), -np.inf)
            up, fall = float(ndtr(-lo / sigma)), float(ndtr(down / sigma))
            law = {"any": up + fall, "up": up, "down": fall}[claim.side or "any"]
        case "range":  # of prices over the start, which is that of logs to the first order
            size = (claim.lo if claim.lo is not None else claim.hi) or 0.0
            above = float(range_above(size / (100 if claim.unit == "pct" else price), sigma))
            law = above if claim.lo is not None else 1 - above
        case "touch" if lo == hi:
            law = 1 - float(stays(*((-np.inf, hi) if hi > 0 else (lo, np.inf)), sigma))
        case _:
            inside = float(stays(lo, hi, sigma))
            law = inside if claim.kind == "stays" else 1 - inside
    return float(softened(np.array(law)))


def implied_volatility(vix: Array, close: Array) -> Array:
    """Daily volatility that VIX implies, corrected for its past overstatement.

    Args:
        vix: VIX as of each close, in points, shape (n,); NaN before it starts.
        close: Prices of the index or fund that VIX speaks of, or of one like it, shape (n,).

    Returns:
        Shape (n,), a fraction a day: i = VIX / 100 / sqrt(252) times the root of the mean of
        r_s^2 / i_(s-1)^2 over the last 1,500 closes; NaN before 250 of these.
    """
    implied = vix / 100 / np.sqrt(SESSIONS_A_YEAR)
    before = np.r_[np.nan, implied[:-1]]
    ratio = pd.Series((log_returns(close) / before) ** 2)
    mean = ratio.rolling(CORRECTION_SESSIONS, min_periods=MIN_CORRECTION).mean()
    corrected: Array = implied * np.sqrt(mean.to_numpy())
    return corrected
