"""Venues and their sessions, in UTC.

A *session* is a trading day of a venue, named by its local date; it ends at its official close,
half-days included. XNYS comes from exchange_calendars; the venue ``24/7`` has one session for
each UTC day, closing at midnight. Calendars cover 1985 to 2040.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from workbench.domain.errors import ClaimRefused, ParamsError

UTC = dt.UTC
NEW_YORK = ZoneInfo("America/New_York")
FIRST, LAST = dt.date(1985, 1, 1), dt.date(2040, 12, 31)
Moments = npt.NDArray[np.datetime64]


def moment(text: str) -> dt.datetime:
    """An aware UTC moment from ISO text; a text without zone is refused.

    Raises:
        ParamsError: The text is not ISO 8601, or names no zone.
    """
    try:
        value = dt.datetime.fromisoformat(text)
        if value.tzinfo is not None:
            return value.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ParamsError(
            f"{text!r} is not a moment. Write ISO 8601 such as 2018-01-29T22:00Z."
        ) from error
    raise ParamsError(f"{text!r} names no time zone. Write it as 2018-01-29T22:00Z, Z for UTC.")


def iso(value: dt.datetime) -> str:
    """A moment as ``2018-01-29T22:00:00Z``: fixed width to the second, so text order is time."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def to_datetime(value: np.datetime64) -> dt.datetime:
    """An aware UTC datetime from a NumPy moment in UTC."""
    naive: dt.datetime = value.astype("datetime64[us]").astype(dt.datetime)
    return naive.replace(tzinfo=UTC)


def to_numpy(value: dt.datetime) -> np.datetime64:
    """A NumPy moment (UTC, microseconds) from an aware datetime."""
    return np.datetime64(value.astimezone(UTC).replace(tzinfo=None), "us")


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One trading day of a venue.

    Attributes:
        date: Local date that names the session.
        close: Official close, UTC.
        early: True on a half-day.
    """

    date: dt.date
    close: dt.datetime
    early: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Venue:
    """A venue's sessions as arrays of equal length.

    Attributes:
        name: ``XNYS`` or ``24/7``.
        dates: Session dates, ``datetime64[D]``, increasing.
        opens: Official opens, ``datetime64[us]`` in UTC.
        closes: Official closes, same type.
        early: True where the session is a half-day.
    """

    name: str
    dates: Moments
    opens: Moments
    closes: Moments
    early: npt.NDArray[np.bool_]

    def _at(self, index: int) -> Session:
        if not 0 <= index < len(self.dates):
            raise ClaimRefused(
                "beyond_calendar",
                f"The {self.name} calendar covers {FIRST} to {LAST}; this moment lies outside it.",
            )
        return Session(
            date=self.dates[index].astype(dt.date),
            close=to_datetime(self.closes[index]),
            early=bool(self.early[index]),
        )

    def is_session(self, date: dt.date) -> bool:
        """True when the venue trades on this local date."""
        index = int(np.searchsorted(self.dates, np.datetime64(date)))
        return index < len(self.dates) and self.dates[index] == np.datetime64(date)

    def is_open(self, at: dt.datetime) -> bool:
        """True strictly after a session's open and before its close."""
        index = int(np.searchsorted(self.closes, to_numpy(at), side="right"))
        return index < len(self.opens) and bool(self.opens[index] < to_numpy(at))

    def session(self, date: dt.date) -> Session:
        """The session of this date.

        Raises:
            ClaimRefused: The venue is closed on that date; names the next session.
        """
        index = int(np.searchsorted(self.dates, np.datetime64(date)))
        found = self._at(index)
        if found.date != date:
            raise ClaimRefused(
                "no_session", f"{self.name} has no session on {date}; the next is {found.date}."
            )
        return found

    def last(self, at: dt.datetime) -> Session:
        """The session whose close is the last one at or before a moment."""
        return self._at(int(np.searchsorted(self.closes, to_numpy(at), side="right")) - 1)

    def after(self, at: dt.datetime, n: int = 1) -> Session:
        """The n-th session whose close lies strictly after a moment; ``n`` starts at 1."""
        return self._at(int(np.searchsorted(self.closes, to_numpy(at), side="right")) + n - 1)

    def count(self, after: dt.datetime, until: dt.datetime) -> int:
        """How many closes lie in the half-open span ``(after, until]``."""
        low, high = np.searchsorted(self.closes, [to_numpy(after), to_numpy(until)], side="right")
        return int(high - low)

    def dates_until(self, first: np.datetime64, at: dt.datetime) -> Moments:
        """Dates of the sessions from ``first`` on whose close lies at or before a moment."""
        low = int(np.searchsorted(self.dates, first))
        return self.dates[low : int(np.searchsorted(self.closes, to_numpy(at), side="right"))]

    def between(self, first: dt.date, last: dt.date) -> list[Session]:
        """All sessions from ``first`` to ``last``, both included."""
        low = int(np.searchsorted(self.dates, np.datetime64(first)))
        high = int(np.searchsorted(self.dates, np.datetime64(last), side="right"))
        return [self._at(i) for i in range(low, high)]


@lru_cache(maxsize=4)
def venue(name: str) -> Venue:
    """The venue of this name.

    Raises:
        ParamsError: No such venue is known.
    """
    if name == "24/7":
        days = np.arange(np.datetime64(FIRST), np.datetime64(LAST) + 1)
        closes = (days + 1).astype("datetime64[us]")
        return Venue(
            name=name,
            dates=days,
            opens=days.astype("datetime64[us]"),
            closes=closes,
            early=np.zeros(len(days), bool),
        )
    if name != "XNYS":
        raise ParamsError(f"Venue {name!r} is unknown. Known venues: XNYS, 24/7.")
    import exchange_calendars  # 0.3 s to import, so only when sessions are asked for

    calendar = exchange_calendars.get_calendar(name, start=str(FIRST), end=str(LAST))
    early = calendar.sessions.isin(calendar.early_closes)
    return Venue(
        name=name,
        dates=calendar.sessions.to_numpy().astype("datetime64[D]"),
        opens=calendar.opens.dt.tz_localize(None).to_numpy().astype("datetime64[us]"),
        closes=calendar.closes.dt.tz_localize(None).to_numpy().astype("datetime64[us]"),
        early=np.asarray(early, bool),
    )
