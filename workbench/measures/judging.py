"""Calibration and discrimination of a forecaster over many claims.

All functions take forecasts p strictly inside (0, 1) and outcomes y in {0, 1} of the same shape.
A forecast that is NaN is an error and never left out: who does not answer must say so before.
An outcome that is NaN has no forecast to judge; the caller leaves both out and counts them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit
from scipy.stats import rankdata

from workbench.measures.prices import Array

BINS = 15
DRAWS = 2_000
_SEED = 15
_STEPS = 50  # Newton steps; a slope that exists is found in fewer than twenty
_CLOSE, _FLAT = 1e-9, 1e12


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """How far stated probabilities are from what happened.

    Attributes:
        ece: Expected calibration error over 15 bins of equal mass, a probability.
        null: What 95 % of perfectly calibrated forecasters with these very forecasts stay below,
            were all claims independent; claims of one date are not, so the truth is wider.
        slope: Of a logistic regression of outcomes on the log odds stated: 1 is right, below 1
            overconfident; None when all outcomes are the same or the forecasts do not vary.
    """

    ece: float
    null: float
    slope: float | None


def checked(p: Array, y: Array) -> None:
    """Refuses what cannot be judged.

    Raises:
        ValueError: A forecast that is NaN or not strictly inside (0, 1), or an outcome that is
            neither 0 nor 1.
    """
    if not ((p > 0) & (p < 1)).all():
        missing = int(np.isnan(p).sum())
        raise ValueError(
            f"Of {p.size} forecasts {missing} are missing and "
            f"{int(((p <= 0) | (p >= 1)).sum())} not inside (0, 1); none is left out or clipped."
        )
    if not ((y == 0) | (y == 1)).all():
        raise ValueError("An outcome is 0 or 1; leave out claims that have none.")


def calibration(p: Array, y: Array) -> Calibration:
    """Expected calibration error with its null band, and the slope; shape (n,) each.

    Source:
        Bins of equal mass: forecasts in order, cut into 15 parts whose sizes differ by at most 1;
        ECE is the mean over claims of |mean forecast - share that happened| of their bin. The
        null is simulated 2,000 times with a fixed seed: in a bin, the sum of y - p is drawn as a
        normal of variance sum p(1 - p).
    """
    checked(p, y)
    order = np.argsort(p, kind="stable")
    starts = np.linspace(0, len(p), min(BINS, len(p)), endpoint=False).astype(int)
    miss = np.add.reduceat((y - p)[order], starts)
    variance = np.add.reduceat((p * (1 - p))[order], starts)
    null = (_sizes(len(starts)) @ np.sqrt(variance)) / len(p)
    return Calibration(
        ece=float(np.abs(miss).sum() / len(p)),
        null=float(np.quantile(null, 0.95)),
        slope=slope(p, y),
    )


@lru_cache(maxsize=BINS)
def _sizes(bins: int) -> Array:
    """Absolute values of standard normals, shape (draws, bins), the same every time."""
    rng = np.random.default_rng(_SEED)
    return np.abs(rng.standard_normal((DRAWS, bins)))


def slope(p: Array, y: Array) -> float | None:
    """Slope of the logistic regression of y on logit p, by Newton; see ``Calibration``."""
    x = logit(p)
    if np.ptp(y) == 0 or np.ptp(x) < 1e-9:
        return None
    design = np.stack([np.ones(len(x)), x])
    found = np.array([0.0, 1.0])
    fit = _likelihood(found @ design, y)
    for _ in range(_STEPS):
        said = expit(found @ design)
        curve = (design * (said * (1 - said))) @ design.T
        if np.linalg.cond(curve) > _FLAT:
            return None  # outcomes that a threshold separates have no finite slope
        step = np.linalg.solve(curve, design @ (y - said))
        while (better := _likelihood((found + step) @ design, y)) < fit and np.abs(
            step
        ).max() > _CLOSE:
            step = step / 2  # far from its top the likelihood is no parabola
        found, fit = found + step, better
        if np.abs(step).max() < _CLOSE:
            return float(found[1])
    return None


def _likelihood(odds: Array, y: Array) -> float:
    return float((y * odds - np.logaddexp(0.0, odds)).sum())


def discrimination(p: Array, y: Array, template: npt.NDArray[np.intp]) -> float | None:
    """How often what happened was held likelier than what did not, within one template.

    Claims of different strikes are easily told apart, so only claims of one template (the same
    strike on different dates) are compared.

    Args:
        p: Forecasts, shape (n,).
        y: Outcomes, shape (n,).
        template: Which template each is of, shape (n,).

    Returns:
        AUC, the share of concordant pairs among all pairs of a yes and a no, a tie being a half;
        averaged over templates, each counting the same. Templates without a yes or without a no
        have none and do not count; None when no template has both.

    Source:
        Mann and Whitney (1947), by ranks.
    """
    checked(p, y)
    shares: list[float] = []
    for one in np.unique(template):
        there = template == one
        yes = y[there] > 0
        n, total = int(yes.sum()), int(there.sum())
        if 0 < n < total:
            concordant = float(rankdata(p[there])[yes].sum()) - n * (n + 1) / 2
            shares.append(concordant / (n * (total - n)))
    return float(np.mean(shares)) if shares else None


def years_positive(loss: Array, reference: Array, year: npt.NDArray[np.int64]) -> tuple[int, int]:
    """In how many calendar years the summed loss was below the reference's, and of how many.

    Args:
        loss: Losses of the forecaster, shape (n,).
        reference: Losses of the reference on the same claims, shape (n,).
        year: Year of each forecast, shape (n,).
    """
    _, index = np.unique(year, return_inverse=True)
    gained = np.bincount(index, reference - loss)
    return int((gained > 0).sum()), len(gained)
