"""How a debate leans: its label and its conviction, in log odds.

A mind's lean is its mean distance from the base rate, in log odds, towards higher prices. An
absent mind has none; it is never counted as even.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from workbench.domain.records import Label


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
