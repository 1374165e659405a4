"""Whether a market is open, which session a change belongs to, and whether a price stands still."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from workbench.domain.calendars import Moments, to_datetime, to_numpy, venue
from workbench.domain.figures import due
from workbench.domain.instruments import ALWAYS, Instrument
from workbench.domain.records import Flag
from workbench.measures.prices import Bars
from workbench.measures.quality.rows import Rows

_LOCAL = ZoneInfo("America/New_York")  # whose days name the sessions of XNYS
_RANGE = 1e-3  # of the close; narrower bars of few ticks do repeat
_STILL = 5  # closes of sessions that no traded price repeats so often


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """How a market stands at a moment.

    Attributes:
        symbol: Instrument.
        is_open: True strictly between a session's open and its close.
        session: Date of the last session that closed.
        closed: Its official close, UTC.
        age: From that close to the moment.
        opens: The next open, UTC; the moment's own session's where it is open.
        today: Whether the last closed session is of the moment's own local date.
    """

    symbol: str
    is_open: bool
    session: dt.date
    closed: dt.datetime
    age: dt.timedelta
    opens: dt.datetime
    today: bool

    @property
    def label(self) -> str:
        """What a change up to the last close is called: ``today``, or the session's date."""
        return "today" if self.today else f"last session {self.session}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A move with the span that it belongs to.

    Attributes:
        symbol: Instrument.
        value: Relative change, a fraction.
        since: Close that it is counted from, UTC.
        until: Close that it is counted to, UTC.
        label: ``today`` or ``last session 2026-04-02``.
    """

    symbol: str
    value: float
    since: dt.datetime
    until: dt.datetime
    label: str


def hours(one: Instrument, at: dt.datetime) -> Hours:
    """How an instrument's market stands at a moment, aware UTC.

    Raises:
        ClaimRefused: The moment lies outside the calendar.
    """
    calendar = venue(one.venue)
    last, now = calendar.last(at), to_numpy(at)
    following = calendar.after(at)
    index = int(np.searchsorted(calendar.dates, np.datetime64(following.date)))
    local = at.date() if one.venue == ALWAYS else at.astimezone(_LOCAL).date()
    # A UTC day that just ended is what one calls the last 24 hours.
    today = one.venue == ALWAYS or last.date == local
    return Hours(
        symbol=one.symbol, is_open=bool(calendar.opens[index] < now), session=last.date,
        closed=last.close, age=at - last.close, opens=to_datetime(calendar.opens[index]),
        today=today,
    )  # fmt: skip


def closed(one: Instrument, at: dt.datetime) -> Flag | None:
    """``MARKET_CLOSED`` on a local date without a session, None on others and where none close."""
    if one.venue == ALWAYS or venue(one.venue).is_session(at.astimezone(_LOCAL).date()):
        return None
    now = hours(one, at)
    return Flag(
        series=one.symbol, field="close", check="MARKET_CLOSED", severity="note",
        seen=f"closed since {due(now.closed)}, {_hours(now.age)} ago; opens again "
        f"{due(now.opens)}",
        since=now.closed,
    )  # fmt: skip


def change(own: Bars, one: Instrument, at: dt.datetime) -> Change | None:
    """The last session's move under its own name; None with fewer than two bars.

    A session that is missing at the end is not passed over: the label is the bar's own date.
    """
    if len(own) < 2:
        return None
    now = hours(one, at)
    session = own.dates[-1].astype("datetime64[D]").astype(dt.date)
    current = now.today and session == now.session
    return Change(
        symbol=own.symbol, value=float(own.close[-1] / own.close[-2] - 1),
        since=to_datetime(own.at[-2]), until=to_datetime(own.at[-1]),
        label="today" if current else f"last session {session}",
    )  # fmt: skip


def comparable(one: Change, other: Change, slack: dt.timedelta = dt.timedelta(hours=4)) -> bool:
    """Whether two moves span the same time: both ends at most this far apart."""
    return abs(one.since - other.since) <= slack and abs(one.until - other.until) <= slack


def still(one: Instrument, own: Rows, bars: int = _STILL) -> Flag | None:
    """``STALE_PRICE`` where the newest closes of open sessions repeat one price.

    Only the closes of sessions count, so that a price that rests over a weekend is not stale. One
    bar is enough where it repeats open, high, low and close of the bar before: of 630,000 clean
    bars whose range is above 0.1 % of the close, a handful did, of one bond fund.
    """
    if one.theme == "rates":
        return None  # a rate may rest for years
    if again := _repeated(one, own):
        return again
    # The newest rows are enough: a longer run of equal closes says no more.
    at, close = own.at[-4 * bars :], own.close[-4 * bars :]
    kept = (close > 0) & _traded(one, at, daily="@" not in own.series)
    at, close = at[kept], close[kept]
    if len(close) < bars + 1 or (close[-bars - 1 :] != close[-1]).any():
        return None
    return Flag(
        series=own.series, field="close", check="STALE_PRICE", severity="withheld",
        seen=f"the last {bars + 1} closes are all {close[-1]:g}",
        since=to_datetime(at[-bars]), lifted="a close that differs",
    )  # fmt: skip


def _repeated(one: Instrument, own: Rows) -> Flag | None:
    """``STALE_PRICE`` where the newest bar is the one before it, price by price."""
    with np.errstate(invalid="ignore"):
        full = np.flatnonzero((own.close > 0) & (own.high - own.low > _RANGE * own.close))
    last = full[-2:]
    if len(last) < 2 or last[-1] != np.flatnonzero(own.close > 0)[-1]:
        return None
    prices = (own.open, own.high, own.low, own.close)
    if any(each[last[0]] != each[last[1]] for each in prices):
        return None
    if not _traded(one, own.at[last], daily="@" not in own.series).all():
        return None
    day = np.datetime_as_string(own.at[last[:1]], unit="m")[0]
    return Flag(
        series=own.series, field="close", check="STALE_PRICE", severity="withheld",
        seen=f"the newest bar repeats open, high, low and close of the one that ended {day}Z",
        since=to_datetime(own.at[last[1]]), lifted="a bar of its own",
    )  # fmt: skip


def _traded(one: Instrument, at: Moments, *, daily: bool) -> npt.NDArray[np.bool_]:
    """Which bars end at a session's close, or within a session where bars are shorter."""
    calendar = venue(one.venue)
    index = np.minimum(np.searchsorted(calendar.closes, at), len(calendar.closes) - 1)
    if daily:
        ends: npt.NDArray[np.bool_] = calendar.closes[index] == at
        return ends
    inside: npt.NDArray[np.bool_] = calendar.opens[index] < at
    return inside


def _hours(span: dt.timedelta) -> str:
    return f"{span.total_seconds() / 3600:.1f} hours"
