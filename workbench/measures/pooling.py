"""Synthesis: minds move the reference by small, stated weights in log odds.

logit z = logit r + sum over present minds of w * clip(logit q - logit r, +-1.5). An absent mind
contributes nothing; it is never counted as 1/2. The weight is
stated in params.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from workbench.domain.records import Label

CLIP = 1.5


def logit(p: float) -> float:
    """Log odds of a probability strictly inside (0, 1)."""
    return math.log(p / (1 - p))


def pooled(reference: float, minds: Mapping[str, float], weight: float) -> float:
    """The desk's probability.

    Args:
        reference: The scenario model's probability, inside (0, 1).
        minds: Present minds' probabilities, each inside (0, 1).
        weight: Pull of each mind, at least 0.

    Returns:
        Inside (0, 1); the reference itself with no mind present.
    """
    base = logit(reference)
    moved = sum(max(-CLIP, min(CLIP, logit(q) - base)) for q in minds.values())
    return 1 / (1 + math.exp(-(base + weight * moved)))


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
