"""From the times of long files to ``at`` and ``known_at``, by the stated lag rules.

A ``date`` names a session or a period, a ``ts`` starts a bar, an ``at`` is the moment itself.
Instruments: the official close of their session (16:00 in New York on a day without one, which
quality then flags) or the end of their bar, known ``lag_minutes`` later. What a contract of
``domain.contracts`` speaks for: the end of its period, known its lag later. Anything else: the end
of the period that its own spacing implies, known after the lag in ``INFERRED``, which errs on the
late side. Every row also gets the moment before which no ``known_at`` of its own is possible,
``earliest``, and ``basis``: whether its ``known_at`` was stated or comes from these rules.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.domain.calendars import Moments, venue
from workbench.domain.contracts import Contract, contract
from workbench.domain.instruments import ALWAYS, INDICATORS, INSTRUMENTS, Indicator, Instrument

Rule = Instrument | Indicator | Contract | None

# Largest median spacing in days, name, and lag in days after the period's end.
INFERRED = ((4, "day", 1), (10, "week", 7), (45, "month", 31), (120, "quarter", 60))
YEARLY = ("year", 120)
SOONEST = np.timedelta64(15, "m")  # spaced under a day: known one spacing later, never sooner
DAY = np.timedelta64(1, "D")
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_ALL: tuple[Instrument | Indicator, ...] = (*INSTRUMENTS, *INDICATORS)
TABLE: Mapping[str, Instrument | Indicator] = {one.symbol: one for one in _ALL}
_LONGER = {"week": 7, "month": 31, "quarter": 92}  # days of a period longer than one


def rule(series: str, field: str, extra: Mapping[str, Instrument] | None = None) -> Rule:
    """What says when values of this field become known: the desk's own, the tables', a contract.

    Args:
        series: Series id.
        field: Its field.
        extra: Instruments beyond the built-in table, by series id.
    """
    own = (extra or {}).get(series)
    return own or TABLE.get(series) or contract(series, field)


def is_longer(one: Rule) -> bool:
    """Whether a value describes more than a day."""
    return isinstance(one, Indicator | Contract) and one.period in _LONGER


def dated(frame: pd.DataFrame, extra: Mapping[str, Instrument] | None = None) -> pd.DataFrame:
    """Adds ``at``, ``earliest`` and, where it is missing, ``known_at``.

    Args:
        frame: Long rows with ``series`` and naive ``date`` (exchange or period-start dates; a
            time of day is ignored), and optionally ``field``, ``source`` and aware ``known_at``.
            Spacing is read for each series, source and field apart, so that a monthly field
            never passes for a daily one.
        extra: Instruments beyond the built-in table, by series id.

    Returns:
        The rows in their order, with aware UTC ``at``, ``known_at`` and ``earliest``
        (microseconds) instead of ``date``. Earliest is ``at``; of a period longer than a day,
        of which flash estimates exist, its first day; of an ``open``, that of the session.
    """
    days = frame["date"].to_numpy().astype("datetime64[D]")
    at = np.empty(len(days), "datetime64[us]")
    ruled, begin = at.copy(), at.copy()
    for series, field, rows in _groups(frame):
        begin[rows], at[rows], ruled[rows] = _when(days[rows], rule(series, field, extra))
    # Of a month there are flash estimates and nowcasts; of a session or a day there are none.
    least = np.where(_opens(frame) | (at - begin > DAY), begin, at)
    return _timed(frame.drop(columns="date"), at, ruled, least).reset_index(drop=True)


def lengths(
    frame: pd.DataFrame, extra: Mapping[str, Instrument] | None = None, time: str = "ts"
) -> npt.NDArray[np.timedelta64]:
    """How long the bar on each row lasts: the most common spacing of its series, source and field.

    Args:
        frame: Long rows with ``series`` and aware times, and optionally ``field``, ``source``.
        extra: Instruments beyond the built-in table, by series id.
        time: The column of the times.

    Returns:
        One length a row, ``timedelta64[us]``; a day where a weekend lies between days, the
        longest within a day where two are equally common, a period longer than a day where a
        contract says so, and NaT where a lone bar does not tell.
    """
    starts = _naive(frame[time])
    result = np.empty(len(starts), "timedelta64[us]")
    for series, field, rows in _groups(frame):
        one = rule(series, field, extra)
        days = _LONGER.get(one.period) if isinstance(one, Indicator | Contract) else None
        result[rows] = _length(starts[rows]) if days is None else days * DAY
    return result


def ended(
    frame: pd.DataFrame,
    length: npt.NDArray[np.timedelta64],
    extra: Mapping[str, Instrument] | None = None,
) -> pd.DataFrame:
    """Adds the end of each bar as ``at``, ``earliest`` and, where it is missing, ``known_at``.

    A day's bar of an instrument that holds one whole session of its venue, and no part of
    another, ends with that session, at the official close.

    Args:
        frame: Long rows with ``series`` and aware ``ts``, optionally aware ``known_at``.
        length: What ``lengths`` says of these rows, a day at most. A bar without a length lasts
            a day at the most, but never passes for a session's.
        extra: Instruments beyond the built-in table, by series id.

    Returns:
        The rows in their order, with aware UTC ``at``, ``known_at`` and ``earliest`` instead of
        ``ts``. Earliest is the bar's end; of an ``open`` its start, or the session's if later.
    """
    starts = _naive(frame["ts"])
    spans = np.where(np.isnat(length), DAY.astype("timedelta64[us]"), length)
    at: Moments = starts + spans
    ruled, begin = at.copy(), starts.copy()
    for series, field, rows in _groups(frame):
        one = rule(series, field, extra)
        if isinstance(one, Instrument):
            whole = rows[length[rows] == DAY]
            begin[whole], at[whole] = _whole_sessions(starts[whole], at[whole], one.venue)
        for span in np.unique(spans[rows]):
            same = rows[spans[rows] == span]
            ruled[same] = at[same] + _lag(one, span)
    least = np.where(_opens(frame), begin, at)
    return _timed(frame.drop(columns="ts"), at, ruled, least)


def lagged(frame: pd.DataFrame, extra: Mapping[str, Instrument] | None = None) -> pd.DataFrame:
    """Adds ``earliest`` and, where it is missing, ``known_at``.

    Args:
        frame: Long rows with ``series`` and aware ``at``, and optionally ``field``, ``source`` and
            aware ``known_at``.
        extra: Instruments beyond the built-in table, by series id.

    Returns:
        The rows in their order, with aware UTC ``known_at`` and ``earliest``, which is ``at``; a
        series that no table lists gets the lag that its own spacing implies, a lone row that of
        a day.
    """
    at = _naive(frame["at"])
    ruled = at.copy()
    for series, field, rows in _groups(frame):
        ruled[rows] += _lag(rule(series, field, extra), _spacing(at[rows]))
    return _timed(frame, at, ruled, at)


def _groups(frame: pd.DataFrame) -> Iterator[tuple[str, str, npt.NDArray[np.intp]]]:
    """The series, the field and the rows of each series, field and source."""
    keys = [key for key in ("series", "field", "source") if key in frame]
    for key, rows in frame.groupby(keys, sort=False, observed=True).indices.items():
        found = key if isinstance(key, tuple) else (key,)
        field = str(found[1]) if "field" in keys else "value"
        yield str(found[0]), field, np.asarray(rows, np.intp)


def _naive(column: pd.Series[pd.Timestamp]) -> Moments:
    return column.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy().astype("datetime64[us]")


def _opens(frame: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """The rows that say how a session or bar began: all else is known when it has ended."""
    if "field" not in frame:
        return np.zeros(len(frame), bool)
    return (frame["field"] == "open").to_numpy(bool)


def _timed(frame: pd.DataFrame, at: Moments, ruled: Moments, least: Moments) -> pd.DataFrame:
    """The rows with ``at``, ``earliest``, and ``known_at`` as given or else as ruled."""
    known = pd.Series(pd.DatetimeIndex(ruled).tz_localize("UTC"), index=frame.index)
    stated = np.zeros(len(frame), bool)
    if "known_at" in frame:
        given = frame["known_at"].astype("datetime64[us, UTC]")
        stated = given.notna().to_numpy(bool)
        known = given.where(given.notna(), known)
    earliest = pd.DatetimeIndex(least).tz_localize("UTC")
    codes = (~stated).astype(np.int8)
    basis = pd.Categorical.from_codes(codes, pd.Index(["stated", "rule"]))
    return frame.assign(
        at=pd.DatetimeIndex(at).tz_localize("UTC"), known_at=known, earliest=earliest, basis=basis
    )


def _when(days: Moments, one: Rule) -> tuple[Moments, Moments, Moments]:
    """Begin and end of what each date names, and when that is known by the rule."""
    spacing = _spacing(days)
    if isinstance(one, Instrument):
        begin, at = sessions(days, one.venue)
    else:  # a date names no moment within its day, so that a tick lasts the day
        name = _implied(spacing)[0] if one is None else one.period
        unique = np.unique(days)
        if len(np.unique(period_end(unique, name))) < len(unique):
            name = "day"  # two dates in one period would fall on one moment; the lag stays
        begin, at = period_start(days, name), period_end(days, name)
    return begin, at, at + _lag(one, spacing)


def _spacing(times: Moments) -> np.timedelta64:
    """The median distance from one moment to the next; a day for a lone one."""
    gaps = np.diff(np.unique(times)).astype("timedelta64[us]").astype(int)
    return np.timedelta64(int(np.median(gaps)), "us") if len(gaps) else DAY


def _length(starts: Moments) -> np.timedelta64:
    """The most common distance from one bar to the next, NaT for a lone one."""
    gaps, counts = np.unique(np.diff(np.unique(starts)), return_counts=True)
    if not len(gaps):
        return np.timedelta64("NaT", "us")
    common = gaps[counts == counts.max()]
    length = max(common[common <= DAY], default=common[0])
    weekend = DAY < length <= np.timedelta64(INFERRED[0][0], "D")
    return DAY if weekend else length


def _implied(spacing: np.timedelta64) -> tuple[str, int]:
    """Name and lag in days of the period that a spacing implies."""
    days = spacing / DAY
    return next(((name, lag) for most, name, lag in INFERRED if days <= most), YEARLY)


def _lag(one: Rule, spacing: np.timedelta64) -> np.timedelta64:
    """The lag that the series' table row or contract states, else what its spacing implies."""
    if isinstance(one, Instrument):
        return np.timedelta64(one.lag_minutes, "m")
    if one is not None:
        return np.timedelta64(one.lag)
    return max(spacing, SOONEST) if spacing < DAY else np.timedelta64(_implied(spacing)[1], "D")


def _whole_sessions(starts: Moments, ends: Moments, name: str) -> tuple[Moments, Moments]:
    """Official open and close where a bar holds one whole session alone, else its own bounds.

    A bar from 14:30 to 14:30 in summer holds the next morning too: its end stays its own.
    """
    calendar = venue(name)
    index = np.minimum(np.searchsorted(calendar.opens, starts), len(calendar.opens) - 1)
    whole = (calendar.opens[index] >= starts) & (calendar.closes[index] <= ends)
    # Opens are never less than a day apart, so that only the session before can reach in.
    whole &= (index == 0) | (calendar.closes[np.maximum(index - 1, 0)] <= starts)
    begin: Moments = np.where(whole, calendar.opens[index], starts)
    end: Moments = np.where(whole, calendar.closes[index], ends)
    return begin, end


def sessions(days: Moments, name: str) -> tuple[Moments, Moments]:
    """Official open and close (UTC, microseconds) of each day.

    Where the venue has no session, midnight UTC and 16:00 local time stand for them.
    """
    if name == ALWAYS:
        return period_start(days, "day"), period_end(days, "day")
    calendar = venue(name)
    index = np.clip(np.searchsorted(calendar.dates, days), 0, len(calendar.dates) - 1)
    found = calendar.dates[index] == days
    nominal = pd.DatetimeIndex(days) + pd.Timedelta(hours=16)
    local = nominal.tz_localize("America/New_York").tz_convert("UTC").tz_localize(None)
    begin: Moments = np.where(found, calendar.opens[index], period_start(days, "day"))
    end: Moments = np.where(
        found, calendar.closes[index], local.to_numpy().astype("datetime64[us]")
    )
    return begin, end


def period_start(days: Moments, period: str) -> Moments:
    """The start (UTC midnight) of the period that ``period_end`` ends, with the same arguments."""
    if period in _MONTHS:
        days = days.astype("datetime64[M]")
    elif period == "week":
        days = days - 6
    starts: Moments = days.astype("datetime64[us]")
    return starts


def period_end(days: Moments, period: str) -> Moments:
    """The end (UTC midnight) of the period that starts on each date; a week ends on its date.

    Args:
        days: Dates, ``datetime64[D]``.
        period: ``day``, ``week``, ``month``, ``quarter`` or ``year``.

    Returns:
        Moments of the same shape, ``datetime64[us]``.
    """
    months = _MONTHS.get(period)
    if months is None:
        return (days + 1).astype("datetime64[us]")
    ends: Moments = (days.astype("datetime64[M]") + months).astype("datetime64[us]")
    return ends
