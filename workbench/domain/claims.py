"""Typed statements about the future that a rule can settle.

A claim is compiled on its venue's calendar without any data; the desk freezes its reference
prices when it registers it. Kinds and fields are those of the claim grammar in docs/claims.md.
Ties never satisfy a strict comparison; bands are closed; a touch is inclusive.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import math
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from typing import Any, Literal, get_args

from workbench.domain.calendars import UTC, iso, moment, venue
from workbench.domain.errors import ClaimRefused
from workbench.domain.instruments import Instrument, Theme

Kind = Literal["direction", "level", "band", "magnitude", "relative", "stays", "touch"]
Op = Literal["<", "<=", ">", ">="]
Side = Literal["up", "down", "any"]
Unit = Literal["price", "pct"]
KINDS: tuple[Kind, ...] = get_args(Kind)
PATH_KINDS: frozenset[Kind] = frozenset({"stays", "touch"})  # need highs and lows


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """When a claim runs.

    Attributes:
        start: Moment of issue, UTC.
        sessions: Closes from issue to deadline, at least 1.
        date: The deadline's session, local date of the venue.
        deadline: Official close of that session, UTC.
    """

    start: dt.datetime
    sessions: int
    date: dt.date
    deadline: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A price that the desk froze at issue.

    Attributes:
        symbol: Instrument.
        at: Close that the price describes.
        known_at: When it could first be known; never after issue.
        value: The price, in the instrument's unit.
    """

    symbol: str
    at: dt.datetime
    known_at: dt.datetime
    value: float


@dataclass(frozen=True, kw_only=True)  # no slots: the id is asked for often and kept
class Claim:
    """One statement that will be true or false.

    Attributes:
        kind: Which predicate of the grammar.
        subject: Instrument symbol.
        window: Issue, horizon and deadline.
        theme: Category for record and rules.
        versus: Second instrument of a relative claim.
        op: Comparison of a level claim with its strike.
        side: Direction, or which way a magnitude counts.
        lo: Lower strike, in ``unit``.
        hi: Upper strike, in ``unit``.
        margin: Percentage points by which a relative claim must win.
        unit: ``price`` for strikes in the instrument's unit, ``pct`` for per cent of the
            reference price.
        references: Frozen prices of subject and versus; empty until registration.
    """

    kind: Kind
    subject: str
    window: Window
    theme: Theme
    versus: str | None = None
    op: Op | None = None
    side: Side | None = None
    lo: float | None = None
    hi: float | None = None
    margin: float | None = None
    unit: Unit = "price"
    references: tuple[Reference, ...] = ()

    @property
    def symbols(self) -> tuple[str, ...]:
        """The instruments that the claim speaks about."""
        return (self.subject,) if self.versus is None else (self.subject, self.versus)

    @property
    def reference(self) -> float:
        """The subject's frozen price."""
        return self.references[0].value

    def content(self) -> dict[str, Any]:
        """The claim as plain JSON values, without empty fields; equal claims, equal content."""
        window = {
            "start": iso(self.window.start),
            "sessions": self.window.sessions,
            "date": self.window.date.isoformat(),
            "deadline": iso(self.window.deadline),
        }
        references = [
            {"symbol": r.symbol, "at": iso(r.at), "known_at": iso(r.known_at), "value": r.value}
            for r in self.references
        ]
        names = ("kind", "subject", "versus", "op", "side", "lo", "hi", "margin", "unit", "theme")
        content = {name: getattr(self, name) for name in names if getattr(self, name) is not None}
        content["window"] = window
        return content | ({"references": references} if references else {})

    @cached_property
    def id(self) -> str:
        """First 16 hex digits of the SHA-256 of the canonical content."""
        text = json.dumps(self.content(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def from_content(content: dict[str, Any]) -> Claim:
    """The claim whose ``content()`` this is."""
    window = content["window"]
    fields = {k: v for k, v in content.items() if k not in {"window", "references"}}
    return Claim(
        **fields,
        window=Window(
            start=moment(window["start"]),
            sessions=window["sessions"],
            date=dt.date.fromisoformat(window["date"]),
            deadline=moment(window["deadline"]),
        ),
        references=tuple(
            Reference(
                symbol=r["symbol"],
                at=moment(r["at"]),
                known_at=moment(r["known_at"]),
                value=r["value"],
            )
            for r in content.get("references", ())
        ),
    )


def window(one: Instrument, as_of: dt.datetime, sessions: int) -> Window:
    """The window of the next ``sessions`` closes after a moment.

    Raises:
        ClaimRefused: No session at all (``no_session``), or beyond the calendar.
    """
    if sessions < 1:
        raise ClaimRefused("no_session", f"A window of {sessions} sessions holds no close.")
    last = venue(one.venue).after(as_of, sessions)
    return Window(
        start=as_of.astimezone(UTC).replace(microsecond=0),
        sessions=sessions,
        date=last.date,
        deadline=last.close,
    )


def window_until(one: Instrument, as_of: dt.datetime, date: dt.date) -> Window:
    """The window that ends with the session of this date.

    Raises:
        ClaimRefused: The venue is closed that day (``no_session``) or the session's close is not
            after the moment (``window_over``).
    """
    session = venue(one.venue).session(date)
    if session.close <= as_of:
        raise ClaimRefused(
            "window_over",
            f"The session of {date} closed at {iso(session.close)}, before the claim.",
        )
    return window(one, as_of, venue(one.venue).count(as_of, session.close))


def strike(one: Instrument, value: float) -> float:
    """A price rounded to the instrument's tick.

    Raises:
        ClaimRefused: Not a positive finite number (``bad_strike``).
    """
    if not math.isfinite(value) or value <= 0:
        raise ClaimRefused("bad_strike", f"{value!r} is no price of {one.name}.")
    price = round(round(value / one.tick) * one.tick, decimals(one.tick))
    if price <= 0:
        raise ClaimRefused("bad_strike", f"{value!r} is less than a tick of {one.name}.")
    return price


def decimals(tick: float) -> int:
    """Digits after the point that a tick needs: 0.01 gives 2."""
    exponent = Decimal(str(tick)).normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def percent(value: float) -> float:
    """A percentage rounded to four decimals.

    Raises:
        ClaimRefused: Not finite (``bad_strike``).
    """
    if not math.isfinite(value):
        raise ClaimRefused("bad_strike", f"{value!r} is no percentage.")
    return round(value, 4) + 0.0  # no negative zero


def direction(one: Instrument, when: Window, side: Side) -> Claim:
    """``subject`` closes on this side of its reference price."""
    if side not in {"up", "down"}:
        raise ClaimRefused("no_side", "A direction is up or down.")
    return Claim(kind="direction", subject=one.symbol, window=when, theme=one.theme, side=side)


def level(one: Instrument, when: Window, op: Op, value: float) -> Claim:
    """``subject`` closes above or below a price."""
    price = strike(one, value)
    lo, hi = (price, None) if op in {">", ">="} else (None, price)
    return Claim(
        kind="level", subject=one.symbol, window=when, theme=one.theme, op=op, lo=lo, hi=hi
    )


def band(one: Instrument, when: Window, lo: float, hi: float, unit: Unit) -> Claim:
    """``subject`` closes within a closed interval, of prices or of per cent changes."""
    low, high = (percent(lo), percent(hi)) if unit == "pct" else (strike(one, lo), strike(one, hi))
    if not low < high:
        raise ClaimRefused("bad_strike", f"The band from {low:g} to {high:g} is empty.")
    return Claim(
        kind="band", subject=one.symbol, window=when, theme=one.theme, lo=low, hi=high, unit=unit
    )


def magnitude(one: Instrument, when: Window, size: float, side: Side) -> Claim:
    """``subject`` moves by more than ``size`` per cent, either way or one way."""
    if percent(size) <= 0:
        raise ClaimRefused("bad_strike", f"A move of more than {size:g} % needs a positive size.")
    return Claim(
        kind="magnitude", subject=one.symbol, window=when, theme=one.theme, side=side,
        lo=percent(size), unit="pct",
    )  # fmt: skip


def relative(one: Instrument, other: Instrument, when: Window, margin: float) -> Claim:
    """``subject`` beats ``versus`` by more than ``margin`` percentage points, simple returns."""
    if one.symbol == other.symbol:
        raise ClaimRefused("no_instrument", f"{one.name} cannot beat itself.")
    if one.venue != other.venue:
        raise ClaimRefused(
            "calendars_differ",
            f"{one.name} and {other.name} close at different times; daily bars do not do.",
        )
    if percent(margin) < 0:
        raise ClaimRefused("bad_strike", "A margin is not negative; swap the two instead.")
    return Claim(
        kind="relative", subject=one.symbol, versus=other.symbol, window=when, theme=one.theme,
        margin=percent(margin), unit="pct",
    )  # fmt: skip


def stays(one: Instrument, when: Window, lo: float | None, hi: float | None) -> Claim:
    """``subject`` never trades at or beyond these prices inside the window."""
    return _path("stays", one, when, lo, hi)


def touch(one: Instrument, when: Window, lo: float | None, hi: float | None) -> Claim:
    """``subject`` trades at or beyond a price inside the window: ``lo`` below or ``hi`` above."""
    if (lo is None) == (hi is None):
        raise ClaimRefused("no_threshold", "A touch has one strike, below or above.")
    return _path("touch", one, when, lo, hi)


def _path(
    kind: Literal["stays", "touch"],
    one: Instrument,
    when: Window,
    lo: float | None,
    hi: float | None,
) -> Claim:
    low = None if lo is None else strike(one, lo)
    high = None if hi is None else strike(one, hi)
    if low is None and high is None:
        raise ClaimRefused("no_threshold", f"{one.name} needs a price to stay above or below.")
    if low is not None and high is not None and low >= high:
        raise ClaimRefused("bad_strike", f"No price lies between {low:g} and {high:g}.")
    if venue(one.venue).is_open(when.start):
        raise ClaimRefused(
            "in_session",
            f"{one.name} is trading at {iso(when.start)}; with daily bars a path claim must start "
            "between sessions, or part of its first bar would be history.",
        )
    return Claim(kind=kind, subject=one.symbol, window=when, theme=one.theme, lo=low, hi=high)


def with_references(claim: Claim, references: tuple[Reference, ...]) -> Claim:
    """The claim as registered, its prices frozen."""
    return replace(claim, references=references)
