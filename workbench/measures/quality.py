"""What is wrong with the data, found by looking: every flag says what was seen and since when.

``dark`` hides a series and ``withheld`` a field from minds and claims; ``note`` is only told.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from workbench.domain.calendars import Moments, iso, to_datetime, to_numpy, venue
from workbench.domain.instruments import Indicator, Instrument
from workbench.domain.records import Flag
from workbench.domain.snapshots import Column, Snapshot
from workbench.measures.prices import aligned, bars
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
    return found


def reason(found: Iterable[Flag], symbol: str, otherwise: str) -> str:
    """What was seen by the flag that hides a series or its close; ``otherwise`` without one."""
    grave = (f for f in found if f.series == symbol and f.severity != "note")
    return next((flag.seen for flag in grave if flag.field in {"", "close"}), otherwise)


def withheld(found: Iterable[Flag]) -> frozenset[str]:
    """Symbols that no claim may use now: dark, or with their close withheld."""
    return frozenset(
        flag.series
        for flag in found
        if flag.severity == "dark" or (flag.severity == "withheld" and flag.field == "close")
    )


def _instrument(snapshot: Snapshot, one: Instrument) -> list[Flag]:
    close = snapshot.get(one.symbol, "close")
    if close is None:
        return [_dark(one.symbol, f"nothing is known as of {iso(snapshot.as_of)}")]
    found = _blanks(close, one)
    own = bars(snapshot, one)
    if own is None:
        return [*found, _dark(one.symbol, "no value falls on a session of its venue")]
    first, last = to_datetime(own.at[0]), to_datetime(own.at[-1])
    off = np.isfinite(close.value) & ~np.isin(close.at, own.at)
    if off.any():
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
        seen = f"last close is of {own.dates[-1]}, the session of {expected.date} is missing"
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
    inside = calendar.dates[(calendar.dates >= dates[0]) & (calendar.dates <= dates[-1])]
    missing = inside[~np.isin(inside, dates)]
    if not len(missing):
        return []
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
    years = pd.DatetimeIndex(at[1:]).year
    same = pd.Series(aligned(column, at)[1:] == close[:-1]).groupby(years).mean()
    bad = same[same > _PLACEHOLDER_SHARE]
    if bad.empty:
        return []
    worst = bad.max()
    span = f"{bad.index[0]}" if len(bad) == 1 else f"{bad.index[0]} to {bad.index[-1]}"
    seen = f"opens repeat the close before in {len(bad)} years of {span}, up to {worst:.0%} of days"
    since = to_datetime(at[1:][years == bad.index[0]][0])
    return [_flag(one.symbol, "open", "PLACEHOLDER_OPEN", "withheld", seen, since)]


def _volumes(snapshot: Snapshot, one: Instrument) -> list[Flag]:
    column = snapshot.get(one.symbol, "volume")
    if column is None:
        return []
    zero = ~(column.value > 0)
    if not zero.any():
        return []
    days = pd.DatetimeIndex(column.at[zero]).strftime("%Y-%m-%d")
    listed = ", ".join(days[-3:])
    seen = (
        f"volume is 0 or missing on {int(zero.sum())} sessions, left out there; the last {listed}"
    )
    return [
        _flag(one.symbol, "volume", "ZERO_VOLUME", "note", seen, to_datetime(column.at[zero][0]))
    ]


def _indicator(snapshot: Snapshot, slow: Indicator) -> list[Flag]:
    column = snapshot.get(slow.series, slow.field)
    if column is None:
        return [_dark(slow.series, f"nothing is known as of {iso(snapshot.as_of)}")]
    full = np.isfinite(column.value)
    if not full.any():
        return [_dark(slow.series, f"only blanks are known as of {iso(snapshot.as_of)}")]
    last = to_datetime(column.at[full][-1])
    period, grace = _SLOW[slow.period]
    if snapshot.as_of - last > slow.lag + period + grace:
        seen = f"last value is of {last.date()}, older than its own frequency allows"
        return [_flag(slow.series, slow.field, "STALE_SERIES", "note", seen, last)]
    return []


def _dark(series: str, seen: str) -> Flag:
    return Flag(series=series, field="", check="DARK", severity="dark", seen=seen, since=None)


def _flag(
    series: str, field: str, check: str, severity: str, seen: str, since: dt.datetime
) -> Flag:
    return Flag(series=series, field=field, check=check, severity=severity, seen=seen, since=since)  # type: ignore[arg-type]  # callers pass one of the three severities


def _ago(span: np.timedelta64) -> str:
    """A span as text: ``45 minutes``, ``22 hours``, ``19 days``."""
    minutes = int(span / np.timedelta64(1, "m"))
    for size, name in ((1440, "days"), (60, "hours")):
        if minutes >= 2 * size:
            return f"{minutes // size} {name}"
    return f"{minutes} minutes"


def coverage(snapshot: Snapshot, wanted: Mapping[str, str]) -> pd.DataFrame:
    """What is known of each series: first and last moment, when known, count, source.

    Args:
        snapshot: What may be seen.
        wanted: Series id to its name, in order.

    Returns:
        One row a series with columns ``series, name, state, values, first, last,
        known_before, source``.
    """
    rows: list[tuple[object, ...]] = []
    until = to_numpy(snapshot.as_of)
    for series, name in wanted.items():
        columns = [c for (key, _), c in snapshot.columns.items() if key == series]
        if not columns:
            rows.append((series, name, "dark", 0, None, None, None, ""))
            continue
        main = max(columns, key=lambda c: len(c.at))
        dates = pd.DatetimeIndex([main.at[0], main.at[-1]]).strftime("%Y-%m-%d")
        late = _ago(until - main.known_at[-1])
        count = int(np.isfinite(main.value).sum())
        rows.append((series, name, "live", count, dates[0], dates[1], late, main.source))
    names = ["series", "name", "state", "values", "first", "last", "known_before", "source"]
    return pd.DataFrame(rows, columns=names)
