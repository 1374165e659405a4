"""What a prediction is worth holding: which ones map to a position, how much, at which prices.

A position needs three things to agree: the prediction says that the price moves one way (its
probability lies on that side of the base rate), the published scenarios pay for that way after
costs, and a price can still be had. Nothing here is read by score or gate.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from workbench.domain.calendars import Venue, to_datetime, to_numpy
from workbench.domain.claims import Claim, Kind
from workbench.measures.prices import Array, Bars

SIDED: tuple[Kind, ...] = ("direction", "level", "touch")  # kinds that may say a side
LEAST = 0.01  # share of equity under which an order is not worth placing
_HALVINGS = 40  # of [0, 1]: far finer than any stake
_RECENT, _PLACEHOLDER = 250, 0.05  # sessions looked at, share of repeats that makes opens untrue


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """A price that a position was opened or closed at.

    Attributes:
        symbol: Instrument.
        field: The session's ``open`` or its ``close``.
        date: Session.
        at: That session's close, by which the archive knows the bar.
        price: In the instrument's unit.
    """

    symbol: str
    field: Literal["open", "close"]
    date: dt.date
    at: dt.datetime
    price: float


def kelly(returns: Array, weight: Array, cost: float) -> float:
    """The share of capital whose expected log growth is the highest.

    Args:
        returns: Simple return of the instrument in each scenario, shape (n,), above -1; NaN
            where a scenario lacks it.
        weight: Of each scenario, shape (n,), not negative.
        cost: Of going in and out again, as a share of the position, at least 0.

    Returns:
        In [-1, 1], negative to sell short; 0 when no side is expected to earn its cost. Where
        a scenario would take all, the share stays below what that scenario leaves.

    Source:
        Kelly (1956), maximise E log(1 + f r - |f| c); its derivative falls in f on either side
        of 0, so that halving finds the root. Staking a fraction of it: MacLean, Thorp and Ziemba
        (2010).
    """
    there = np.isfinite(returns)
    r, w = returns[there], weight[there]
    if not w.sum() > 0:
        return 0.0
    for side in (1.0, -1.0):
        gain = side * r - cost
        if w @ gain <= 0:
            continue
        worst = float(gain.min())
        low, high = 0.0, 1.0 if worst > -1 else -1 / worst
        if worst > -1 and w @ (gain / (1 + gain)) >= 0:
            return side
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            rising = w @ (gain / (1 + middle * gain)) > 0
            low, high = (middle, high) if rising else (low, middle)
        return side * low
    return 0.0


def refused(claim: Claim, tradable: Iterable[str]) -> str:
    """Why a claim maps to no position whatever its probability, or an empty string.

    Only a direction, a level and a touch of one strike say which way the price goes. Bands,
    corridors, ranges and magnitudes are bets on width, and so a matter of options. A relative
    claim, a rank or a count is no bet on one instrument alone: a pair ties up two stakes and pays
    four costs, where no skill has been seen. A condition may never come true, and a window by the
    clock ends between the prices at which positions are closed.
    """
    if claim.subject not in set(tradable):
        return "not tradable here"
    if claim.given is not None:
        return "conditional"
    if claim.window.mode == "clock":
        return "ends by the clock, not at a close"
    if side(claim) == 0:
        return "says no side of one instrument"
    return ""


def side(claim: Claim) -> int:
    """Which way the price goes if the claim comes true: 1 up, -1 down, 0 when it does not say."""
    match claim.kind:
        case "direction":
            return 1 if claim.side == "up" else -1
        case "level":
            return 1 if claim.hi is None else -1
        case "touch" if claim.lo is None or claim.hi is None:
            return 1 if claim.lo is None else -1
    return 0


def lean(claim: Claim, probability: float, base_rate: float) -> int:
    """Which way a prediction points: its side if it is likelier than usual, else the other.

    That 60 % of weeks rise is no opinion; 55 % then points down. So a position is never the drift
    of history under the name of a prediction that doubts it.
    """
    return side(claim) * int(np.sign(probability - base_rate))


def allotted(
    wanted: Sequence[tuple[str, float]], held: Sequence[tuple[str, float]], gross: float
) -> list[float]:
    """What each order gets, in their order; what is held or ordered already keeps its share.

    Args:
        wanted: Symbol and share of equity, negative to sell short, most important first.
        held: The same of every open position and waiting order.
        gross: Most that all absolute shares may add up to.

    Returns:
        One share an order, of the same sign, or 0 where less than a hundredth is left. What is
        held of an instrument on the same side counts towards what is wanted of it: another
        window on it is the same bet.
    """
    taken, found = list(held), []
    for symbol, share in wanted:
        same = sum(abs(own) for other, own in taken if other == symbol and own * share > 0)
        room = gross - sum(abs(own) for _, own in taken)
        size = min(abs(share) - same, room)
        size = float(np.sign(share)) * size if size >= LEAST else 0.0
        taken.append((symbol, size))
        found.append(size)
    return found


def entered(claim: Claim, own: Bars, calendar: Venue) -> Fill | None:
    """The first price after issue at which a position could be opened, among the bars known.

    That is the open of the first session that opens after issue and has a bar; without a true
    open its close, if the window goes on after it. The close that the claim counts from was past
    when the desk looked, so it is never had.

    Args:
        claim: In sessions.
        own: Bars of its subject as known.
        calendar: Its venue.

    Returns:
        None when there is no such price, or none yet: ``is_over`` tells which.
    """
    row = _first(claim, own, calendar)
    last = np.datetime64(claim.window.date)
    if row >= len(own) or own.dates[row] > last:
        return None
    if has_open(own, row, calendar):
        return _fill(own, row, "open")
    return _fill(own, row, "close") if own.dates[row] < last else None


def is_over(claim: Claim, own: Bars) -> bool:
    """True when the bars known reach the claim's deadline."""
    return bool(len(own) and own.dates[-1] >= np.datetime64(claim.window.date))


def can_enter(claim: Claim, own: Bars, calendar: Venue) -> bool:
    """True when the window holds a price to come: an open, or a close before its last one.

    Whether there will be opens is judged by the last bar.
    """
    first = int(np.searchsorted(calendar.opens, to_numpy(claim.window.start), side="right"))
    left = (np.datetime64(claim.window.date) - calendar.dates[first]).astype(int)
    return bool(left > 0 or (left == 0 and has_open(own, len(own) - 1, calendar)))


def left(claim: Claim, own: Bars, calendar: Venue) -> Fill | None:
    """Where a position is closed: at the deadline's close, or at the first price known after it."""
    row = int(np.searchsorted(own.dates, np.datetime64(claim.window.date)))
    if row >= len(own):
        return None
    late = own.dates[row] > np.datetime64(claim.window.date)
    return _fill(own, row, "open" if late and has_open(own, row, calendar) else "close")


def has_open(own: Bars, row: int, calendar: Venue) -> bool:
    """True when a bar's open was a price: within its range, and no copy of the close before.

    Where a night lies between sessions, an open that repeats the close before is a placeholder,
    and so are all where the 250 sessions before repeat more than one in twenty.
    """
    price, high, low = own.open[row], own.high[row], own.low[row]
    if not price > 0 or price > high * (1 + 1e-9) or price < low * (1 - 1e-9):
        return False
    index = int(np.searchsorted(calendar.dates, own.dates[row]))
    if row == 0 or calendar.opens[index] == calendar.closes[index - 1]:
        return True
    recent = slice(max(row - _RECENT, 1), row + 1)
    same = own.open[recent] == own.close[recent.start - 1 : row]
    return bool(not same[-1] and same.mean() <= _PLACEHOLDER)


def growth(
    splits: Iterable[tuple[dt.datetime, float]], calendar: Venue, since: dt.date, until: dt.date
) -> float:
    """Shares that one share has become by splits of sessions after one, up to another."""
    found = 1.0
    for at, ratio in splits:
        first = calendar.dates[int(np.searchsorted(calendar.closes, to_numpy(at)))]
        if np.datetime64(since) < first <= np.datetime64(until):
            found *= ratio
    return found


def _first(claim: Claim, own: Bars, calendar: Venue) -> int:
    """Row of the first known bar of a session that opens after the claim's issue."""
    session = int(np.searchsorted(calendar.opens, to_numpy(claim.window.start), side="right"))
    return int(np.searchsorted(own.dates, calendar.dates[session]))


def _fill(own: Bars, row: int, field: Literal["open", "close"]) -> Fill:
    return Fill(
        symbol=own.symbol, field=field, date=own.dates[row].astype(dt.date),
        at=to_datetime(own.at[row]), price=float(getattr(own, field)[row]),
    )  # fmt: skip
