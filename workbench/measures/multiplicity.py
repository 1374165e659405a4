"""How strong evidence must be when many hypotheses are tried at once."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence


def holm(p_values: Sequence[float], level: float = 0.05) -> list[bool]:
    """Which hypotheses fall when not one may fall by luck, in order of the p-values given.

    Source:
        Holm (1979): with p sorted, p_(i) <= level / (m - i + 1), up to the first that fails.
    """
    fallen = [False] * len(p_values)
    for done, place in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        if p_values[place] > level / (len(p_values) - done):
            break
        fallen[place] = True
    return fallen


def step_up(p_values: Sequence[float], level: float = 0.05) -> list[bool]:
    """Which hypotheses fall when a share ``level`` of the fallen may do so by luck.

    Source:
        Benjamini and Hochberg (1995): the largest i with p_(i) <= level i / m, and all below.
    """
    ordered = sorted(p_values)
    kept = [
        p_value for rank, p_value in enumerate(ordered, 1) if p_value <= level * rank / len(ordered)
    ]
    return [p_value <= kept[-1] for p_value in p_values] if kept else [False] * len(p_values)


def least(factors: Iterable[float], rate: float) -> float:
    """Natural log of the least e-value that e-BH keeps of these log e-values; infinite of none.

    A share ``rate`` of those kept is expected to be so by luck, however they depend.

    Source:
        Wang and Ramdas (2022): the k largest e-values with e >= m / (rate k).
    """
    tried = sorted(factors, reverse=True)
    bars = [math.log(len(tried) / (rate * k)) for k in range(1, len(tried) + 1)]
    return min((b for b, e in zip(bars, tried, strict=True) if e >= b), default=math.inf)
