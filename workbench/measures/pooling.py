"""Synthesis: minds move the weights of the reference's scenarios by small, stated powers.

log w = log r + a * sum over present minds of (log m - log r), for the weight r that the reference
gives a scenario, m that a mind does. So what is published is one set of scenarios again, and its
numbers agree with each other. An absent mind contributes nothing; it is never counted as 1/2. The
power a is stated in params. Source: logarithmic pooling, Genest and Zidek (1986).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from workbench.domain.records import Label
from workbench.measures.prices import Array


def pooled(reference: Array, minds: Sequence[Array], power: float) -> Array:
    """The desk's weights.

    Args:
        reference: The reference's weight of each scenario, not negative, shape (n,).
        minds: Present minds' weights of the same scenarios, positive where the reference's are.
        power: Pull of each mind, at least 0.

    Returns:
        Shape (n,), their sum that of the reference; the reference itself with no mind present.
    """
    there = reference > 0
    own = reference[there]
    pull = np.zeros(len(own))
    for mind in minds:
        pull += np.log(mind[there] / mind.sum()) - np.log(own / own.sum())
    weight = np.zeros(len(reference))
    lifted = own * np.exp(power * pull)
    weight[there] = lifted * (own.sum() / lifted.sum())
    return weight


def logit(p: float) -> float:
    """Log odds of a probability strictly inside (0, 1)."""
    return math.log(p / (1 - p))


def label(leans: Mapping[str, float]) -> Label:
    """Which way the debate leans.

    Args:
        leans: Present minds' mean log-odds lean towards higher prices on direction claims.

    Returns:
        ``unknown`` with fewer than two minds present, ``split`` when they differ in sign.
    """
    if len(leans) < 2:
        return "unknown"
    if all(lean > 0 for lean in leans.values()):
        return "aligned_bullish"
    if all(lean < 0 for lean in leans.values()):
        return "aligned_bearish"
    return "split"


CONVICTION = "|sum of leans| ÷ sum of |leans|, over the minds present"


def conviction(leans: Sequence[float]) -> float | None:
    """How far the minds pull together: 1 all the same way, 0 cancelling; None under two minds."""
    total = sum(abs(lean) for lean in leans)
    return abs(sum(leans)) / total if len(leans) >= 2 and total > 0 else None
