"""What stands in a snapshot: which series are dark, stale, young, holed, or only half there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import numpy as np

from workbench.domain.calendars import Moments, iso, to_datetime, venue
from workbench.domain.figures import day
from workbench.domain.instruments import Indicator, Instrument
from workbench.domain.records import Flag
from workbench.domain.snapshots import Column, Snapshot
from workbench.measures.prices import aligned, bars
from workbench.measures.quality import siblings
from workbench.measures.scenarios import MIN_CLOSES

_PLACEHOLDER_SHARE = 0.05  # a year in which more opens than this equal the close before
_SLOW = {  # how long a period lasts at most, and the grace on top of it and the lag
    "tick": (dt.timedelta(hours=1), dt.timedelta(days=1)),
    "day": (dt.timedelta(days=1), dt.timedelta(days=7)),
    "week": (dt.timedelta(days=7), dt.timedelta(days=10)),
    "month": (dt.timedelta(days=31), dt.timedelta(days=45)),
    "quarter": (dt.timedelta(days=92), dt.timedelta(days=60)),
}


def flags(
    snapshot: Snapshot, instruments: Iterable[Instrument], indicators: Iterable[Indicator]
) -> list[Flag]:
    """Everything to know before trusting the snapshot, in the order of the desk's series."""
    found: list[Flag] = []
    for one in instruments:
        found += _instrument(snapshot, one)
    for slow in indicators:
        found += _indicator(snapshot, slow)
    return found + siblings.spreads_apart(snapshot)


def _instrument(snapshot: Snapshot, one: Instrument) -> list[Flag]:
    close = snapshot.get(one.symbol, "close")
    if close is None:
        return [_dark(one.symbol, f"nothing is known as of {iso(snapshot.as_of)}")]
    found = _blanks(close, one)
    own = bars(snapshot, one)
    if own is None:
        return [*found, _dark(one.symbol, "no value falls on a session of its venue")]
    first, last = to_datetime(own.at[0]), to_datetime(own.at[-1])
    # The bars are some of the rows, each once: only a difference in number needs a look.
    if (
        int(np.isfinite(close.value).sum()) > len(own)
        and (off := np.isfinite(close.value) & ~np.isin(close.at, own.at)).any()
    ):
        seen = f"{int(off.sum())} rows on days without a session are left out"
        found.append(_flag(one.symbol, "close", "OFF_SESSION", "note", seen, first))
    found += _sessions(one, own.dates, snapshot.as_of)
    if len(own) < MIN_CLOSES:
        seen = f"{len(own)} closes; its families stay closed until it has {MIN_CLOSES}"
        found.append(_flag(one.symbol, "close", "YOUNG", "note", seen, first))
    if not np.isfinite(own.high + own.low).any():
        seen = "closes only: no touch or stays claims"
        found.append(_flag(one.symbol, "high", "CLOSES_ONLY", "note", seen, first))
    else:
        found += _ranges(one, own.close, own.high, own.low, own.at)
    found += _opens(snapshot, one, own.at, own.close) + _volumes(snapshot, one)
    expected = venue(one.venue).last(snapshot.as_of - dt.timedelta(minutes=one.lag_minutes))
    if last < expected.close:
        seen = (
            f"last close is of {own.dates[-1]}, of the session of {expected.date} none can be used"
        )
        found.append(_flag(one.symbol, "close", "STALE", "withheld", seen, expected.close))
    return found


def _blanks(close: Column, one: Instrument) -> list[Flag]:
    blank = ~np.isfinite(close.value)
    if not blank.any():
        return []
    sessions = int(np.isin(close.at[blank], venue(one.venue).closes).sum())
    where = "all on holidays" if not sessions else f"{sessions} of them on sessions"
    seen = f"{int(blank.sum())} blanks, {where}"
    return [_flag(one.symbol, "close", "BLANKS", "note", seen, to_datetime(close.at[blank][0]))]


def _sessions(one: Instrument, dates: Moments, as_of: dt.datetime) -> list[Flag]:
    calendar = venue(one.venue)
    low, high = np.searchsorted(calendar.dates, [dates[0], dates[-1]])
    inside = calendar.dates[low : high + 1]
    if len(inside) == len(dates):  # bars are of sessions, each of another
        return []
    missing = inside[~np.isin(inside, dates)]
    seen = f"{len(missing)} sessions have no close, the last on {missing[-1]}"
    since = calendar.session(missing[0].item()).close
    return [_flag(one.symbol, "close", "MISSING_SESSIONS", "note", seen, min(since, as_of))]


def _ranges(
    one: Instrument, close: np.ndarray, high: np.ndarray, low: np.ndarray, at: Moments
) -> list[Flag]:
    with np.errstate(invalid="ignore"):
        broken = (high < low) | (close > high + one.tick) | (close < low - one.tick)
    if not broken.any():
        return []
    seen = f"{int(broken.sum())} bars whose close lies outside their range"
    return [_flag(one.symbol, "high", "BROKEN_RANGE", "note", seen, to_datetime(at[broken][0]))]


def _opens(snapshot: Snapshot, one: Instrument, at: Moments, close: np.ndarray) -> list[Flag]:
    """Years in which opens repeat the close before: overnight variance is not real there."""
    column = snapshot.get(one.symbol, "open")
    if column is None or len(at) < 2:
        return []
    years = at[1:].astype("datetime64[Y]").astype(np.int64)
    same = aligned(column, at)[1:] == close[:-1]
    first = years[0]
    share = np.bincount(years - first, same) / np.maximum(np.bincount(years - first), 1)
    bad = np.flatnonzero(share > _PLACEHOLDER_SHARE)
    if not len(bad):
        return []
    worst, names = share.max(), bad + first + 1970
    span = f"{names[0]}" if len(bad) == 1 else f"{names[0]} to {names[-1]}"
    seen = f"opens repeat the close before in {len(bad)} years of {span}, up to {worst:.0%} of days"
    since = to_datetime(at[1:][years == bad[0] + first][0])
    return [_flag(one.symbol, "open", "PLACEHOLDER_OPEN", "withheld", seen, since)]


def _volumes(snapshot: Snapshot, one: Instrument) -> list[Flag]:
    column = snapshot.get(one.symbol, "volume")
    if column is None:
        return []
    zero = ~(column.value > 0)
    never = one.unit == "points" and zero.all()  # of an index, which nobody trades
    if never or not zero.any():
        return []
    last = ", ".join(day(to_datetime(at).date()) for at in column.at[zero][-3:])
    seen = f"volume is 0 or missing on {int(zero.sum())} sessions, left out there; the last {last}"
    return [
        _flag(one.symbol, "volume", "ZERO_VOLUME", "note", seen, to_datetime(column.at[zero][0]))
    ]


def _indicator(snapshot: Snapshot, slow: Indicator) -> list[Flag]:
    column = snapshot.get(slow.series, slow.field)
    if column is None:
        return [_dark(slow.series, f"nothing is known as of {iso(snapshot.as_of)}", slow.field)]
    full = np.isfinite(column.value)
    if not full.any():
        seen = f"only blanks are known as of {iso(snapshot.as_of)}"
        return [_dark(slow.series, seen, slow.field)]
    last = to_datetime(column.at[full][-1])
    period, grace = _SLOW[slow.period]
    if snapshot.as_of - last > slow.lag + period + grace:
        seen = f"last value is of {last.date()}, older than its own frequency allows"
        return [_flag(slow.series, slow.field, "STALE_SERIES", "note", seen, last)]
    return []


def _dark(series: str, seen: str, field: str = "") -> Flag:
    return Flag(series=series, field=field, check="DARK", severity="dark", seen=seen, since=None)


def _flag(
    series: str, field: str, check: str, severity: str, seen: str, since: dt.datetime
) -> Flag:
    return Flag(series=series, field=field, check=check, severity=severity, seen=seen, since=since)  # type: ignore[arg-type]  # callers pass one of the three severities
