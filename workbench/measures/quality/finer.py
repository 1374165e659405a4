"""Bars shorter than a session: the same faults, and those that only many bars a day have."""

from __future__ import annotations

import numpy as np

from workbench.domain import intraday
from workbench.domain.calendars import to_datetime
from workbench.domain.contracts import prices
from workbench.domain.instruments import ALWAYS, Instrument
from workbench.domain.records import Flag
from workbench.domain.snapshots import Snapshot
from workbench.measures.quality.bars import bar_faults
from workbench.measures.quality.breaks import break_faults
from workbench.measures.quality.hours import still
from workbench.measures.quality.rows import Fault, Rows, rows
from workbench.measures.quality.runs import swapped_faults

_JUMP = 0.3  # log move of one bar beyond which it waits, 8 σ in any case
_STILL = 12  # bars in a row of one price
_SHARE = 0.05  # of bars without volume beyond which the volume says nothing


def finer_faults(
    snapshot: Snapshot, one: Instrument, series: str
) -> tuple[list[Fault], list[Flag]]:
    """What is wrong with bars that are shorter than a session.

    Args:
        snapshot: With the series.
        one: The instrument that they speak for.
        series: Id that names their length, such as ``BTC-USD@1h``.

    Returns:
        Rows to leave out (``rows.without`` does), and flags: ``ZERO_VOLUME_ACTIVE`` withholds a
        volume that is 0 in many bars that moved, ``STALE_PRICE`` a close that rests,
        ``MISSING_BARS`` and ``OFF_GRID`` are told.
    """
    own = rows(snapshot, series)
    if own is None:
        return [], []
    low, high = prices(one.symbol)
    faults = bar_faults(snapshot, own, tick=one.tick, low=low, high=high)
    faults = [fault for fault in faults if fault.check != "PLACEHOLDER_BAR"]
    faults += break_faults(own, jump=_JUMP)
    faults += swapped_faults(own, always=one.venue == ALWAYS)
    flags = [flag for flag in (still(one, own, _STILL), *_volumes(own, faults)) if flag is not None]
    return faults, flags + _grid(own, one)


def _volumes(own: Rows, faults: list[Fault]) -> list[Flag]:
    """Takes zero volumes of bars that moved out, and the whole field where they are many."""
    if own.volume is None or len(own.at) < 2:
        return []
    moved = np.r_[False, own.close[1:] != own.close[:-1]] | (own.high > own.low)
    zero = (own.volume == 0) & moved
    if not zero.any():
        return []
    at, share = own.at[zero], float(np.mean(zero))
    seen = f"volume is 0 in {int(zero.sum())} bars whose price moved, {share:.0%} of all"
    faults.append(
        Fault(
            series=own.series, field="volume", check="ZERO_VOLUME_ACTIVE", at=at, seen=seen,
            lifted="volumes above zero",
        )
    )  # fmt: skip
    if share <= _SHARE:
        return []
    return [
        Flag(
            series=own.series, field="volume", check="ZERO_VOLUME_ACTIVE", severity="withheld",
            seen=seen, since=to_datetime(at[0]), lifted="volumes above zero",
        )
    ]  # fmt: skip


def _grid(own: Rows, one: Instrument) -> list[Flag]:
    """Holes of a venue that never closes, and bars that end between the ends of bars."""
    size = intraday.length(own.series)
    if size is None or one.venue != ALWAYS or len(own.at) < 2:
        return []
    step = size.astype("timedelta64[us]").astype(np.int64)
    found = []
    off = own.at.astype(np.int64) % step != 0
    if off.any():
        seen = f"{int(off.sum())} bars end between the ends of bars of {size}"
        found.append(_note(own, "OFF_GRID", seen, own.at[off][0]))
    gaps = np.diff(own.at.astype(np.int64)) // step - 1
    if (gaps > 0).any():
        days = len(np.unique(own.at[1:][gaps > 0].astype("datetime64[D]")))
        seen = f"{int(gaps[gaps > 0].sum())} bars are missing on {days} UTC days"
        found.append(_note(own, "MISSING_BARS", seen, own.at[1:][gaps > 0][0]))
    return found


def _note(own: Rows, check: str, seen: str, since: np.datetime64) -> Flag:
    return Flag(
        series=own.series, field="close", check=check, severity="note", seen=seen,
        since=to_datetime(since),
    )  # fmt: skip
