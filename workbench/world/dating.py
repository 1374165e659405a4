"""From the dates of daily, weekly and monthly files to ``at`` and ``known_at``.

The stated lag rules. Instruments: the official close of their session (16:00 in New York on a day
without one, which quality then flags), known ``lag_minutes`` later. Indicators: the end of their
period, known ``lag_days`` later. Anything else: the end of the period that its own spacing
implies, known after the lag in ``INFERRED``, which errs on the late side.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from workbench.domain.calendars import Moments, venue
from workbench.domain.instruments import INDICATORS, INSTRUMENTS, Indicator, Instrument

# Largest median spacing in days, name, and lag in days after the period's end.
INFERRED = ((4, "day", 1), (10, "week", 7), (45, "month", 31), (120, "quarter", 60))
YEARLY = ("year", 120)
_ALL: tuple[Instrument | Indicator, ...] = (*INSTRUMENTS, *INDICATORS)
TABLE: Mapping[str, Instrument | Indicator] = {one.symbol: one for one in _ALL}


def dated(frame: pd.DataFrame, extra: Mapping[str, Instrument] | None = None) -> pd.DataFrame:
    """Adds ``at`` and, where it is missing, ``known_at``.

    Args:
        frame: Long rows with ``series`` and naive ``date`` (exchange or period-start dates; a
            time of day is ignored), and optionally ``field``, ``source`` and aware ``known_at``.
            Spacing is read for each series, source and field apart, so that a monthly field
            never passes for a daily one.
        extra: Instruments beyond the built-in table, by series id.

    Returns:
        The rows in their order, with aware UTC ``at`` and ``known_at`` (microseconds) instead of
        ``date``.
    """
    table = {**TABLE, **(extra or {})}
    days = frame["date"].to_numpy().astype("datetime64[D]")
    at = np.empty(len(days), "datetime64[us]")
    rule = at.copy()
    keys = [key for key in ("series", "source", "field") if key in frame]
    for key, rows in frame.groupby(keys, sort=False, observed=True).indices.items():
        series = key[0] if isinstance(key, tuple) else key
        at[rows], rule[rows] = _when(days[rows], table.get(str(series)))
    known = pd.Series(pd.DatetimeIndex(rule).tz_localize("UTC"), index=frame.index)
    if "known_at" in frame:
        given = frame["known_at"].astype("datetime64[us, UTC]")
        known = given.where(given.notna(), known)
    moments = pd.DatetimeIndex(at).tz_localize("UTC")
    return frame.drop(columns="date").assign(at=moments, known_at=known).reset_index(drop=True)


def _when(days: Moments, one: Instrument | Indicator | None) -> tuple[Moments, Moments]:
    if isinstance(one, Instrument):
        at = closes(days, one.venue)
        return at, at + np.timedelta64(one.lag_minutes, "m")
    if one is not None:
        at = period_end(days, one.period)
        return at, at + np.timedelta64(one.lag_days, "D")
    unique = np.unique(days)
    spacing = np.median(np.diff(unique).astype(int)) if len(unique) > 1 else 1
    name, lag = next(((n, lag) for most, n, lag in INFERRED if spacing <= most), YEARLY)
    if len(np.unique(period_end(unique, name))) < len(unique):
        name = "day"  # two dates in one period would fall on one moment; the lag stays the longer
    at = period_end(days, name)
    return at, at + np.timedelta64(lag, "D")


def closes(days: Moments, name: str) -> Moments:
    """The official close (UTC, microseconds) of each day; 16:00 local time where none exists."""
    if name == "24/7":
        return period_end(days, "day")
    calendar = venue(name)
    index = np.clip(np.searchsorted(calendar.dates, days), 0, len(calendar.dates) - 1)
    found = calendar.dates[index] == days
    nominal = pd.DatetimeIndex(days) + pd.Timedelta(hours=16)
    local = nominal.tz_localize("America/New_York").tz_convert("UTC").tz_localize(None)
    result: Moments = np.where(
        found, calendar.closes[index], local.to_numpy().astype("datetime64[us]")
    )
    return result


def period_end(days: Moments, period: str) -> Moments:
    """The end (UTC midnight) of the period that starts on each date; a week ends on its date.

    Args:
        days: Dates, ``datetime64[D]``.
        period: ``day``, ``week``, ``month``, ``quarter`` or ``year``.

    Returns:
        Moments of the same shape, ``datetime64[us]``.
    """
    months = {"month": 1, "quarter": 3, "year": 12}.get(period)
    if months is None:
        return (days + 1).astype("datetime64[us]")
    ends: Moments = (days.astype("datetime64[M]") + months).astype("datetime64[us]")
    return ends
