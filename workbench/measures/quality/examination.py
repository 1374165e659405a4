"""The examination of a snapshot: what is left out, what is withheld, and what is only told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from workbench.domain.calendars import Moments, to_datetime
from workbench.domain.contracts import prices
from workbench.domain.deliveries import Health
from workbench.domain.instruments import ALWAYS, Indicator, Instrument
from workbench.domain.records import Flag
from workbench.domain.snapshots import Column, Snapshot
from workbench.measures.quality.bars import bar_faults
from workbench.measures.quality.breaks import break_faults
from workbench.measures.quality.distributions import distribution_faults
from workbench.measures.quality.feeds import feed_flags
from workbench.measures.quality.hours import closed, still
from workbench.measures.quality.levels import blank_fees, coin_volumes, level_faults
from workbench.measures.quality.rows import Fault, Rows, rows, without
from workbench.measures.quality.runs import likely_split, swapped_faults, volume_faults
from workbench.measures.quality.siblings import scale_faults, spread_faults, twin_faults
from workbench.measures.quality.sources import confirmed, disagreement
from workbench.measures.quality.standing import flags as standing

# Log move beyond which a lone jump waits for a second source: what the kind has hardly ever done
# in a session. VIX did 0.77 on 2018-02-05, SPX 0.23 on 1987-10-19.
_JUMPS = {"volatility": 1.0, "index": 0.25, "small-cap": 0.25, "crypto": 0.5}
_JUMP = 0.5
_LEVELS = frozenset({"UNIT_100X", "UNIT_OTHER", "SPLIT_UNEXPLAINED", "SPLIT_MISDATED"})
_YEAR = 250  # bars after which a break of the level no longer touches what is said now
_NOT_YET = frozenset({"FUTURE", "PARTIAL"})  # rows too many, none lost


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What an examination found.

    Attributes:
        flags: Everything to know before trusting the data, graver than notes where it hides.
        faults: The rows that were left out.
        snapshot: What is left; the very snapshot examined where nothing was left out.
    """

    flags: tuple[Flag, ...]
    faults: tuple[Fault, ...]
    snapshot: Snapshot


def examined(
    snapshot: Snapshot,
    instruments: Iterable[Instrument],
    indicators: Iterable[Indicator],
    *,
    health: Sequence[Health] = (),
    others: Mapping[str, Sequence[Column]] | None = None,
) -> Examined:
    """Looks at everything that a desk may see, with nothing but what was known by its moment.

    Args:
        snapshot: As the archive gave it.
        instruments: The desk's.
        indicators: The desk's slow series.
        health: How its feeds stand; empty in a replay.
        others: Symbol to the same close as other sources have it, in the same unit and basis.

    Returns:
        Flags in the order of the desk's series, and the rest of the snapshot.
    """
    table = tuple(instruments)
    second = others or {}
    faults: list[Fault] = []
    bars: list[tuple[Instrument, Rows]] = []
    by_series: dict[str, list[Flag]] = {}
    for one in table:
        own = rows(snapshot, one.symbol)
        if own is None:
            continue
        found = _prices(snapshot, one, own, second.get(one.symbol, ()))
        faults += found
        told = [_flag(snapshot, own, fault) for fault in found]
        told += _now(snapshot, one, own, second.get(one.symbol, ()))
        by_series[one.symbol] = told
        bars.append((one, own))
    known = {own.series: own for _, own in bars}
    for fault in twin_faults(bars):
        by_series[fault.series].append(_flag(snapshot, known[fault.series], fault))
        faults.append(fault)
    levels = level_faults(snapshot, [one.symbol for one in table])
    levels += [*scale_faults(snapshot), *spread_faults(snapshot), *coin_volumes(snapshot)]
    for fault in levels:
        by_series.setdefault(fault.series, []).append(_level_flag(snapshot, fault))
    for flag in blank_fees(snapshot):
        by_series.setdefault(flag.series, []).append(flag)
    faults += levels
    rest = without(snapshot, faults)
    listed: list[Flag] = []
    usual = standing(rest, table, indicators)
    for name in dict.fromkeys([*(flag.series for flag in usual), *by_series]):
        # What was left out comes first: it is why something else is missing.
        listed += by_series.get(name, [])
        listed += [flag for flag in usual if flag.series == name]
    return Examined(
        flags=(*listed, *feed_flags(health)), faults=tuple(faults), snapshot=rest
    )  # fmt: skip


def _prices(
    snapshot: Snapshot, one: Instrument, own: Rows, others: Sequence[Column]
) -> list[Fault]:
    """Faults of one instrument; what is out already never passes for a level or a payment."""
    low, high = prices(one.symbol)
    found = bar_faults(snapshot, own, tick=one.tick, low=low, high=high)
    left = _left(snapshot, own, found)
    if left is not None:
        jump = _JUMPS.get(one.theme, _JUMP)
        found += break_faults(
            left, jump=jump, splits=_has_shares(one), confirmed=confirmed(left, others)
        )
        left = _left(snapshot, own, found)
    if left is None:
        return found
    found += swapped_faults(left, always=one.venue == ALWAYS)
    if left.volume is not None and one.venue == ALWAYS:
        found += volume_faults(one.symbol, "volume", left.at, left.volume, left.close)
    return found + distribution_faults(left, _moments(found))


def _has_shares(one: Instrument) -> bool:
    """Whether there are shares to split: not of a coin, an index, a volatility or a yield."""
    return one.venue != ALWAYS and one.unit == "USD"


def _left(snapshot: Snapshot, own: Rows, found: Sequence[Fault]) -> Rows | None:
    bars = [fault for fault in found if not fault.field]
    return rows(without(snapshot, bars), own.series) if bars else own


def _moments(found: Sequence[Fault]) -> Moments | None:
    bars = [fault.at for fault in found if not fault.field]
    return np.concatenate(bars) if bars else None


def _now(snapshot: Snapshot, one: Instrument, own: Rows, others: Sequence[Column]) -> list[Flag]:
    """What the newest rows say of the present."""
    found = [disagreement(one, own, others) if others else None, still(one, own)]
    found += [closed(one, snapshot.as_of), _silent(one, own)]
    found += [likely_split(own) if _has_shares(one) else None]
    return [flag for flag in found if flag is not None]


def _silent(one: Instrument, own: Rows) -> Flag | None:
    """Withholds a volume whose newest value is blank, or zero in a bar that moved."""
    full = np.flatnonzero(own.close > 0)
    if own.volume is None or len(full) < 2 or own.volume[full[-1]] > 0:
        return None
    last, before = int(full[-1]), int(full[-2])
    blank = not np.isfinite(own.volume[last])
    if not blank and own.close[last] == own.close[before] and not own.high[last] > own.low[last]:
        return None
    if not (own.volume[full[-20:]] > 0).any():
        return None  # an index, a fund, a quotation: it never had a volume
    day = np.datetime_as_string(own.at[last : last + 1], unit="D")[0]
    return Flag(
        series=one.symbol, field="volume",
        check="BLANK_VOLUME" if blank else "ZERO_VOLUME_ACTIVE", severity="withheld",
        seen=f"volume is {'blank' if blank else '0'} in the bar that ends on {day}, whose price "
        "moved",
        since=to_datetime(own.at[last]), lifted="a volume above zero",
    )  # fmt: skip


def _flag(snapshot: Snapshot, own: Rows, fault: Fault) -> Flag:
    field = fault.field or "close"
    hides = False
    if fault.check not in _NOT_YET:
        column = snapshot.get(fault.series, field)
        hides = column is not None and bool(np.isin(column.at[-1:], fault.at)[0])
        if fault.check in _LEVELS and not fault.field:
            # Everything before the present level is out: no return across it can be trusted.
            full = own.at[own.close > 0]
            hides |= fault.at[0] == full[0] and fault.at[-1] >= full[-_YEAR:][0]
        hides |= field == "close_adj"
    return Flag(
        series=fault.series, field=field, check=fault.check,
        severity="withheld" if hides else "note", seen=fault.seen,
        since=min(to_datetime(fault.at[0]), snapshot.as_of), lifted=fault.lifted,
    )  # fmt: skip


def _level_flag(snapshot: Snapshot, fault: Fault) -> Flag:
    column = snapshot.columns[fault.series, fault.field]
    full = column.at[np.isfinite(column.value)]
    hides = bool(len(full)) and bool(full[-1] == fault.at[-1])
    return Flag(
        series=fault.series, field=fault.field, check=fault.check,
        severity="withheld" if hides else "note", seen=fault.seen,
        since=to_datetime(fault.at[0]), lifted=fault.lifted,
    )  # fmt: skip
