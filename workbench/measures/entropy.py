"""Entropy pooling: the weights nearest to given ones under which some means are zero."""

from __future__ import annotations

import numpy as np

from workbench.measures.prices import Array

_STEPS, _TOLERANCE, _FARTHEST = 100, 1e-12, 30.0


def nearest(weight: Array, gap: Array, softness: float = 0.0) -> Array | None:
    """The weights of least relative entropy under which each row of ``gap`` has mean zero.

    Args:
        weight: Shape (n,), not negative; its sum is kept.
        gap: Shape (k, n).
        softness: Ridge of the dual, at least 0; above 0 a mean stays that far from zero per unit
            of the shift that it takes.

    Returns:
        Shape (n,); None when there are none, which with a ridge never happens.

    Source:
        Meucci (2008), entropy pooling; Newton steps on its dual.
    """
    base = weight / weight.sum()
    shift = np.zeros(len(gap))
    value, found = _dual(shift, gap, base, softness)
    for _ in range(_STEPS):
        mean = gap @ found
        slope = mean + softness * shift
        if np.abs(slope).max(initial=0.0) < _TOLERANCE:
            break
        curve = (gap * found) @ gap.T - np.outer(mean, mean) + softness * np.eye(len(shift))
        step = np.linalg.lstsq(curve + 1e-14 * np.eye(len(shift)), -slope, rcond=None)[0]
        step *= min(1.0, 4.0 / max(float(np.abs(step).max()), 1e-300))
        while True:
            after, nearer = _dual(shift + step, gap, base, softness)
            if after <= value or float(np.abs(step).max()) < 1e-14:
                break
            step /= 2
        shift, value, found = shift + step, after, nearer
        if not softness and np.abs(shift).max() > _FARTHEST:
            break
    met = softness > 0 or np.abs(gap @ found).max(initial=0.0) < 1e-9
    return found * weight.sum() if met else None


def _dual(shift: Array, gap: Array, base: Array, softness: float) -> tuple[float, Array]:
    exponent = shift @ gap
    top = float(exponent.max(initial=0.0))
    weight = base * np.exp(exponent - top)
    total = float(weight.sum())
    return float(np.log(total)) + top + 0.5 * softness * float(shift @ shift), weight / total
