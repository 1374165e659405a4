"""What a snapshot says of a series in numbers: its latest rows and what follows from two of them.

Rows of instruments are those of their venue's sessions; a row printed on a holiday is none. Only
rows known at the snapshot's moment exist, so the newest row is what could have been quoted.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from workbench.domain.calendars import Moments, to_datetime
from workbench.domain.figures import day as shown_day
from workbench.domain.instruments import Instrument
from workbench.domain.snapshots import Snapshot
from workbench.measures.datings import Days
from workbench.measures.mentions import Named
from workbench.measures.prices import Array, Bars, bars, intraday_bars

BACK = 10  # rows in which a figure that no longer holds is looked for
_LONGEST = 31  # rows, a month of days
_DAY = np.timedelta64(24, "h")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One number that the snapshot supports.

    Attributes:
        what: What it is, in words that begin with the series' name.
        value: The number, in ``unit``.
        unit: ``level``, ``%`` (a change), ``move`` (a difference of levels), ``bp`` or ``x``.
        of: Unit of the level, such as ``USD``.
        at: Day or moment that it describes, as text.
        age: Rows since; 0 for the newest, and for a row whose day the sentence names.
        named: True where it is of a day that the sentence names, or since such a day.
    """

    what: str
    value: float
    unit: str
    of: str
    at: str
    age: int
    named: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Series:
    """A series as known: one value a row, with the day that each describes.

    Attributes:
        one: Whose.
        days: ``datetime64[D]``, increasing.
        value: Closes, or an indicator's values.
        bars: An instrument's bars; None for an indicator.
    """

    one: Named
    days: Moments
    value: Array
    bars: Bars | None = None

    def within(self, span: Days) -> list[int]:
        """Rows of these days."""
        low = int(np.searchsorted(self.days, np.datetime64(span[0])))
        high = int(np.searchsorted(self.days, np.datetime64(span[1]), side="right"))
        return list(range(low, high))

    def shown(self, row: int) -> str:
        """The day of a row as text."""
        return shown_day(self.days[row].astype(dt.date))

    @property
    def change(self) -> Array:
        """Change from row to row in per cent, NaN first and where the row before is zero."""
        before = np.where(self.value[:-1] == 0, np.nan, self.value[:-1])
        return np.concatenate([[np.nan], 100 * (self.value[1:] / before - 1)])


def series(snapshot: Snapshot, one: Named) -> Series | None:
    """The rows of a series, or None when nothing of it is known."""
    if isinstance(one, Instrument):
        own = bars(snapshot, one)
        return None if own is None else Series(one=one, days=own.dates, value=own.close, bars=own)
    column = snapshot.get(one.series, one.field)
    if column is None or not np.isfinite(column.value).any():
        return None
    full = np.isfinite(column.value)
    # A row describes what ended with its moment: midnight is the end of the day before.
    days = (column.at[full] - np.timedelta64(1, "us")).astype("datetime64[D]")
    return Series(one=one, days=days, value=column.value[full])


def cells(
    snapshot: Snapshot, own: Series, *, dated: tuple[Days, ...] = (), spans: tuple[int, ...] = ()
) -> Iterator[Cell]:
    """What the snapshot says of a series, newest first.

    Args:
        snapshot: What may be seen.
        own: The rows.
        dated: Days that the sentence names: their rows count as age 0, and changes since them.
        spans: Numbers of rows over which the sentence tells a change.
    """
    name, of, last = own.one.name, own.one.unit, len(own.value) - 1
    # Of a year only its last row stands for it: among many rows any number is found.
    named = {row for span in dated for row in own.within(span)[-_LONGEST:]
             if len(own.within(span)) <= _LONGEST or row == own.within(span)[-1]}  # fmt: skip
    rows = sorted({*named, *range(max(0, last - BACK), last + 1)}, reverse=True)
    for row in rows:
        age = 0 if row in named else last - row
        yield Cell(what=f"{name}, close", value=float(own.value[row]), unit="level", of=of,
                   at=own.shown(row), age=age, named=row in named)  # fmt: skip
        if row:
            yield from _moved(own, (row - 1, row), "change over one row", age, row in named)
    for row in sorted({*named, *(last - span for span in spans)}):
        if 0 <= row < last:
            told = f"change since {own.shown(row)}"
            yield from _moved(own, (row, last), told, 0, row in named)
            if own.value[row]:
                ratio = float(own.value[-1] / own.value[row])
                yield Cell(what=f"{name}, ratio to {own.shown(row)}", value=ratio, unit="x", of="",
                           at=own.shown(last), age=0, named=row in named)  # fmt: skip
    for span in dated:
        rows = own.within(span)
        if len(rows) > 1 and rows[0]:
            told = f"change from {own.shown(rows[0] - 1)} to {own.shown(rows[-1])}"
            yield from _moved(own, (rows[0] - 1, rows[-1]), told, 0, True)
    if isinstance(own.one, Instrument):
        yield from _other(own.one, own.bars, named)
        yield from _hours(snapshot, own.one, dated)


def _moved(own: Series, rows: tuple[int, int], what: str, age: int, named: bool) -> Iterator[Cell]:
    first, row = rows
    before, after, of = float(own.value[first]), float(own.value[row]), own.one.unit
    made = [("move", after - before)]
    made += [("%", 100 * (after / before - 1))] if before and of != "%" else []
    made += [("bp", 100 * (after - before))] if of == "%" else []
    for unit, value in made:
        yield Cell(what=f"{own.one.name}, {what}", value=value, unit=unit, of=of,
                   at=own.shown(row), age=age, named=named)  # fmt: skip


def _other(one: Instrument, found: Bars | None, named: set[int]) -> Iterator[Cell]:
    """Opens, highs, lows and volumes of the newest row and of the rows named."""
    if found is None:
        return
    days = Series(one=one, days=found.dates, value=found.close)
    for row in sorted({*named, len(found) - 1}):
        for field in ("open", "high", "low", "volume"):
            value = float(getattr(found, field)[row])
            if np.isfinite(value):
                yield Cell(what=f"{one.name}, {field}", value=value, unit="level",
                           of="" if field == "volume" else one.unit, at=days.shown(row),
                           age=0, named=row in named)  # fmt: skip
        high, low = float(found.high[row]), float(found.low[row])
        if low > 0 and np.isfinite(high):
            yield Cell(what=f"{one.name}, high over low", value=100 * (high / low - 1), unit="%",
                       of=one.unit, at=days.shown(row), age=0, named=row in named)  # fmt: skip


def _hours(snapshot: Snapshot, one: Instrument, dated: tuple[Days, ...]) -> Iterator[Cell]:
    """The newest price of bars shorter than a session, and its change over 24 hours."""
    for quoted, _ in one.quotes:
        for key in sorted({key for key, _ in snapshot.columns if key.startswith(f"{quoted}@")}):
            found = intraday_bars(snapshot, key)
            if found is None:
                continue
            at = to_datetime(found.at[-1])
            told = f"{shown_day(at.date())} {at:%H:%M} UTC"
            price, named = float(found.close[-1]), any(a <= at.date() <= b for a, b in dated)
            yield Cell(what=f"{one.name}, last price of {key}", value=price, unit="level",
                       of=one.unit, at=told, age=0, named=named)  # fmt: skip
            row = int(np.searchsorted(found.at, found.at[-1] - _DAY))
            if found.at[row] == found.at[-1] - _DAY and row < len(found) - 1:
                change = 100 * (price / float(found.close[row]) - 1)
                yield Cell(what=f"{one.name}, change over 24 hours of {key}", value=change,
                           unit="%", of=one.unit, at=told, age=0, named=named)  # fmt: skip


def ratios(first: Series, second: Series) -> Iterator[Cell]:
    """What two series' newest rows make together: difference, ratio, difference of changes."""
    a, b = float(first.value[-1]), float(second.value[-1])
    at, pair = first.shown(-1), f"{first.one.name} and {second.one.name}"
    if b:
        yield Cell(what=f"{pair}, ratio", value=a / b, unit="x", of="", at=at, age=0)
    if first.one.unit == second.one.unit:
        yield Cell(what=f"{pair}, difference", value=a - b, unit="move", of="", at=at, age=0)
        if first.one.unit == "%":
            yield Cell(what=f"{pair}, difference", value=100 * (a - b), unit="bp", of="", at=at,
                       age=0)  # fmt: skip
    if first.days[-1] == second.days[-1] and len(first.value) > 1 and len(second.value) > 1:
        gap = float(first.change[-1] - second.change[-1])
        yield Cell(what=f"{pair}, difference of changes", value=gap, unit="move", of="", at=at,
                   age=0)  # fmt: skip
