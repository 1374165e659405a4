"""Trailing windows and the week: what a row can say of the rows before it.

Every value depends on its own window alone, to the bit, and not on where the history began, so
a history can be carried on from its latest rows.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workbench.domain.calendars import Moments
from workbench.measures.prices import Array


def weekday(dates: Moments) -> npt.NDArray[np.int64]:
    """Monday 0 to Sunday 6."""
    return (dates.astype("datetime64[D]").astype(np.int64) + 3) % 7


def weekdays(dates: Moments) -> list[Array]:
    """Indicators of Monday, Tuesday, Thursday and Friday; Wednesday is the base."""
    day = weekday(dates)
    return [(day == k).astype(float) for k in (0, 1, 3, 4)]


def lag(values: Array, k: int) -> Array:
    """The value k rows before, NaN where there is none."""
    before = np.full(len(values), np.nan)
    before[k:] = values[: max(len(values) - k, 0)]
    return before


def trailing(values: Array, n: int, decay: float = 1.0) -> Array:
    """Sum of the last n values, the k-th before weighted by ``decay**k``; NaN until n are there.

    Sums are taken by doubling, so each depends on its own n values alone, to the bit, and not on
    where the history began.
    """
    total, piece, span, shift = np.zeros(len(values)), values, 1, 0
    while True:
        if n & span:
            total = total + decay**shift * lag(piece, shift)
            shift += span
        if shift == n:
            return total
        piece = piece + decay**span * lag(piece, span)
        span *= 2
