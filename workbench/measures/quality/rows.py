"""The rows of a series as they were delivered, the faults found among them, and what is left."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from workbench.domain.calendars import Moments
from workbench.domain.snapshots import Column, Snapshot
from workbench.measures.prices import Array, aligned

Mask = npt.NDArray[np.bool_]
Positions = npt.NDArray[np.intp]
BAR = ("open", "high", "low", "close", "volume")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rows:
    """Bars as delivered; all arrays have the shape of ``at``.

    Attributes:
        series: Series id.
        at: Ends of the bars, UTC, increasing.
        open: Opens, NaN where there is none; ``high``, ``low`` and ``close`` alike.
        volume: Volumes, NaN where blank; None where the source has no such field.
        adjusted: Closes adjusted for what was paid out; None where there are none.
        split: New shares for one old that first trade in this bar; 1 where there is no split.
        paid: Cash a share that the bar opens without; 0 where there is none.
        gains: Part of a fund's distribution that is capital gains; 0 where there is none.
        events: Whether the source says of payments at all.
    """

    series: str
    at: Moments
    open: Array
    high: Array
    low: Array
    close: Array
    volume: Array | None
    adjusted: Array | None
    split: Array
    paid: Array
    gains: Array
    events: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fault:
    """Rows of one series that cannot be true, or whose truth cannot be told yet.

    Attributes:
        series: Series id.
        field: Field concerned; empty for whole bars.
        check: Stable upper-case code.
        at: Moments of the rows, increasing.
        seen: What was seen, one sentence with its numbers.
        lifted: What would lift it, a phrase.
    """

    series: str
    field: str
    check: str
    at: Moments
    seen: str
    lifted: str


def rows(snapshot: Snapshot, series: str) -> Rows | None:
    """The bars of a series as known, None without any close."""
    close = snapshot.get(series, "close")
    if close is None:
        return None
    at = close.at
    paid, gains = (snapshot.get(series, name) for name in ("dividend", "capital_gain"))
    volume, adjusted = (snapshot.get(series, name) for name in ("volume", "close_adj"))
    # A distribution holds its capital gains; a source may list gains and nothing else.
    return Rows(
        series=series,
        at=at,
        open=aligned(snapshot.get(series, "open"), at),
        high=aligned(snapshot.get(series, "high"), at),
        low=aligned(snapshot.get(series, "low"), at),
        close=close.value,
        volume=None if volume is None else aligned(volume, at),
        adjusted=None if adjusted is None else aligned(adjusted, at),
        split=_split(snapshot.get(series, "split"), at),
        paid=_summed(paid, at),
        gains=_summed(gains, at),
        events=paid is not None,
    )


def _split(column: Column | None, at: Moments) -> Array:
    """New shares for one old by bar: an event belongs to the first bar that ends after it."""
    found = np.ones(len(at))
    if column is None:
        return found
    real = np.isfinite(column.value) & (column.value > 0)
    index = np.searchsorted(at, column.at[real], side="left")
    inside = index < len(at)
    np.multiply.at(found, index[inside], column.value[real][inside])
    return found


def _summed(column: Column | None, at: Moments) -> Array:
    found = np.zeros(len(at))
    if column is None:
        return found
    real = np.isfinite(column.value)
    index = np.searchsorted(at, column.at[real], side="left")
    inside = index < len(at)
    np.add.at(found, index[inside], column.value[real][inside])
    return found


def without(snapshot: Snapshot, faults: Iterable[Fault]) -> Snapshot:
    """The snapshot without the rows of these faults; the very same one where there are none.

    Whole bars lose every field of a bar. A column that keeps no row is dark.
    """
    gone: dict[tuple[str, str], list[Moments]] = {}
    for fault in faults:
        for field in (fault.field,) if fault.field else (*BAR, "close_adj"):
            gone.setdefault((fault.series, field), []).append(fault.at)
    columns = dict(snapshot.columns)
    changed = False
    for key, moments in gone.items():
        column = columns.get(key)
        if column is None:
            continue
        kept = ~np.isin(column.at, np.concatenate(moments))
        if kept.all():
            continue
        changed = True
        if kept.any():
            columns[key] = _picked(column, kept)
        else:
            del columns[key]
    return Snapshot(as_of=snapshot.as_of, columns=columns) if changed else snapshot


def _picked(column: Column, kept: Mask) -> Column:
    return replace(
        column, at=column.at[kept], known_at=column.known_at[kept], value=column.value[kept]
    )
