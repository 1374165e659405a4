"""Logistic regression with normal priors: the most probable coefficients, and the doubt left.

Two forms of one thing: ``mode`` for few coefficients and many rows, ``updated`` for many
coefficients that are known jointly and the few rows of one date. Outcomes are 0 or 1; rows are
complete. The log posterior is strictly concave, so there is one top, found by Newton's steps that
are halved where they go too far.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy.special import expit

from workbench.measures.prices import Array

_STEPS, _CLOSE = 100, 1e-7  # after a step so small the error is its square
_LEAST, _MOST = math.nextafter(0.0, 1.0), math.nextafter(1.0, 0.0)


def inside(odds: Array) -> Array:
    """Probabilities of log odds; one that would round to 0 or 1 is the nearest that does not."""
    return np.asarray(np.clip(expit(odds), _LEAST, _MOST))


def logit(p: float) -> float:
    """Log odds of a probability strictly inside (0, 1)."""
    return math.log(p / (1 - p))


def within(odds: float) -> float:
    """``inside`` of one number: the probability whose ``logit`` it is."""
    small = math.exp(-abs(odds))
    p = 1 / (1 + small) if odds >= 0 else small / (1 + small)
    return min(max(p, _LEAST), _MOST)


def mode(
    design: Array,
    y: Array,
    mean: Array,
    sd: Array,
    *,
    offset: Array | None = None,
    weight: Array | None = None,
) -> Array:
    """The most probable coefficients, independent before the rows.

    Args:
        design: Shape (n, k), without NaN; n may be 0, which leaves the prior mean.
        y: Outcomes 0 or 1, shape (n,).
        mean: Prior means, shape (k,).
        sd: Prior standard deviations, positive, shape (k,).
        offset: Log odds that are not to be learned, shape (n,); None for 0.
        weight: How much each row counts, not negative, shape (n,); None for 1.

    Returns:
        Shape (k,).
    """
    offset = np.zeros(len(y)) if offset is None else offset
    weight = np.ones(len(y)) if weight is None else weight
    precision = 1 / sd**2

    def worth(at: Array) -> float:
        return _likely(offset + design @ at, y, weight) - 0.5 * float(precision @ (at - mean) ** 2)

    def towards(at: Array) -> Array:
        said = expit(offset + design @ at)
        slope = design.T @ (weight * (y - said)) - precision * (at - mean)
        curve = (design.T * (weight * said * (1 - said))) @ design + np.diag(precision)
        return np.asarray(np.linalg.solve(curve, slope))

    return _top(mean, worth, towards)


def updated(
    mean: Array, covariance: Array, design: Array, y: Array, *, offset: Array, weight: Array
) -> tuple[Array, Array]:
    """Normal approximation (Laplace's) of the coefficients given k rows at once.

    Args:
        mean: Before the rows, shape (d,).
        covariance: Before the rows, shape (d, d).
        design: Shape (k, d).
        y: Outcomes 0 or 1, shape (k,).
        offset: Log odds that are not to be learned, shape (k,).
        weight: How much each row counts, shape (k,).

    Returns:
        Mean and covariance after them. The most probable coefficients are
        mean + covariance design' a for some a of shape (k,), so however large d is, what is
        solved is k equations.
    """
    along = covariance @ design.T
    spread, base = design @ along, offset + design @ mean
    whole = np.eye(len(y))

    def worth(a: Array) -> float:
        return _likely(base + spread @ a, y, weight) - 0.5 * float(a @ spread @ a)

    def towards(a: Array) -> Array:
        said = expit(base + spread @ a)
        curve = weight * said * (1 - said)
        return np.asarray(np.linalg.solve(whole + curve[:, None] * spread, weight * (y - said) - a))

    a = _top(np.zeros(len(y)), worth, towards)
    said = expit(base + spread @ a)
    curve = weight * said * (1 - said)
    gain = np.linalg.solve(whole + curve[:, None] * spread, curve[:, None] * along.T)
    after = covariance - along @ gain
    return mean + along @ a, (after + after.T) / 2


def _likely(odds: Array, y: Array, weight: Array) -> float:
    return float(weight @ (y * odds - np.logaddexp(0.0, odds)))


def _top(start: Array, worth: Callable[[Array], float], towards: Callable[[Array], Array]) -> Array:
    found, best = start, worth(start)
    for _ in range(_STEPS):
        step = towards(found)
        while (better := worth(found + step)) < best and np.abs(step).max() > _CLOSE:
            step = step / 2  # far from its top the posterior is no parabola
        found, best = found + step, better
        if np.abs(step).max() < _CLOSE:
            break
    return found
