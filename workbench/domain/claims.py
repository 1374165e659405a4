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
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from typing import Any, Literal, get_args

from workbench.domain import windows
from workbench.domain.calendars import iso, moment, venue
from workbench.domain.errors import ClaimRefused
from workbench.domain.instruments import Instrument, Theme
from workbench.domain.windows import Window, window, window_to, window_until

__all__ = [
    "Window",
    "window",
    "window_to",
    "window_until",
]  # claims are built on windows: one import

Kind = Literal[
    "direction", "level", "band", "magnitude", "relative", "stays", "touch", "range", "rank",
    "count",
]  # fmt: skip
Op = Literal["<", "<=", ">", ">="]
Side = Literal["up", "down", "any"]
Unit = Literal["price", "pct", "pts"]
KINDS: tuple[Kind, ...] = get_args(Kind)
PATH_KINDS: frozenset[Kind] = frozenset({"stays", "touch"})  # a strike on the path
WATCHED: frozenset[Kind] = PATH_KINDS | {"range"}  # need highs and lows


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
        versus: Second instrument of a relative claim, or of a count of them.
        op: Comparison with the strike or margin; where it is None the kind's strict one holds.
        side: Direction, which way a magnitude counts, or which end of a ranking.
        lo: Lower strike, in ``unit``.
        hi: Upper strike, in ``unit``.
        margin: Percentage points by which a relative claim must win.
        unit: ``price`` for strikes in the instrument's unit; ``pct`` for per cent of the
            reference price and ``pts`` for the instrument's unit, both away from it.
        group: The instruments of a ranking, the subject among them, in order of their symbols.
        places: How many places from that end of the ranking count.
        times: Sessions on which the counted claim must come true.
        given: The condition; the claim is void when it does not come true.
        references: Frozen prices of ``symbols``; empty until registration.
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
    group: tuple[str, ...] = ()
    places: int | None = None
    times: int | None = None
    given: Claim | None = None
    references: tuple[Reference, ...] = ()

    @property
    def symbols(self) -> tuple[str, ...]:
        """The instruments that the claim and its condition speak about, the subject first."""
        named = (self.subject, *([self.versus] if self.versus else []), *self.group)
        return tuple(dict.fromkeys((*named, *(self.given.symbols if self.given else ()))))

    @property
    def reference(self) -> float:
        """The subject's frozen price."""
        return self.references[0].value

    @property
    def comparison(self) -> Op | None:
        """The comparison that settles the claim, the kind's own where none is stated."""
        strict = {"magnitude", "relative", "range"}
        return self.op or (">" if self.kind in strict else None)

    def content(self) -> dict[str, Any]:
        """The claim as plain JSON values, without empty fields; equal claims, equal content."""
        references = [
            {"symbol": r.symbol, "at": iso(r.at), "known_at": iso(r.known_at), "value": r.value}
            for r in self.references
        ]
        content = {name: getattr(self, name) for name in _PLAIN if getattr(self, name) is not None}
        content["window"] = self.window.content()
        if self.group:
            content["group"] = list(self.group)
        if self.given is not None:
            content["given"] = self.given.content()
        return content | ({"references": references} if references else {})

    @cached_property
    def id(self) -> str:
        """First 16 hex digits of the SHA-256 of the canonical content."""
        text = json.dumps(self.content(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:16]


_PLAIN = (
    "kind", "subject", "versus", "op", "side", "lo", "hi", "margin", "unit", "theme", "places",
    "times",
)  # fmt: skip


def from_content(content: dict[str, Any]) -> Claim:
    """The claim whose ``content()`` this is."""
    given = content.get("given")
    return Claim(
        **{name: content[name] for name in _PLAIN if name in content},
        window=windows.from_content(content["window"]),
        group=tuple(content.get("group", ())),
        given=from_content(given) if given else None,
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


def strike(one: Instrument, value: float) -> float:
    """A price rounded to the instrument's tick.

    Raises:
        ClaimRefused: Not a positive finite number (``bad_strike``).
    """
    if not math.isfinite(value) or value <= 0:
        raise ClaimRefused("bad_strike", f"{value!r} is no price of {one.name}.")
    price = round(round(value / one.tick) * one.tick, decimals(one.tick))
    if price <= 0:
        raise ClaimRefused(
            "bad_strike", f"{value!r} is less than a tick of {one.name}, {one.tick}."
        )
    return price


def decimals(tick: float) -> int:
    """Digits after the point that a tick needs: 0.01 gives 2."""
    exponent = Decimal(str(tick)).normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def percent(value: float) -> float:
    """A percentage, or a change in points, rounded to four decimals.

    Raises:
        ClaimRefused: Not finite (``bad_strike``).
    """
    if not math.isfinite(value):
        raise ClaimRefused("bad_strike", f"{value!r} is no percentage.")
    return round(value, 4) + 0.0  # no negative zero


def amount(one: Instrument, value: float, unit: Unit) -> float:
    """A strike in its unit: a price at the tick, or a change.

    Raises:
        ClaimRefused: No price, or no number, or a fall of 100 % and more (``bad_strike``).
    """
    if unit == "price":
        return strike(one, value)
    change = percent(value)
    if unit == "pct" and change <= -100:
        raise ClaimRefused("bad_strike", f"{one.name} cannot lose {-change:g} % of its price.")
    return change


def direction(one: Instrument, when: Window, side: Side, op: Op | None = None) -> Claim:
    """``subject`` closes on this side of its reference price; ``>=`` and ``<=`` include a tie."""
    if side not in {"up", "down"}:
        raise ClaimRefused("no_side", "A direction is up or down.")
    kept = op if op in {">=", "<="} else None
    return Claim(
        kind="direction", subject=one.symbol, window=when, theme=one.theme, side=side, op=kept
    )


def level(one: Instrument, when: Window, op: Op, value: float, unit: Unit = "price") -> Claim:
    """``subject`` closes above or below a price, or a change from its reference."""
    price = amount(one, value, unit)
    lo, hi = (price, None) if op in {">", ">="} else (None, price)
    return Claim(
        kind="level", subject=one.symbol, window=when, theme=one.theme, op=op, lo=lo, hi=hi,
        unit=unit,
    )  # fmt: skip


def band(one: Instrument, when: Window, lo: float, hi: float, unit: Unit) -> Claim:
    """``subject`` closes within a closed interval, of prices or of changes."""
    low, high = amount(one, lo, unit), amount(one, hi, unit)
    if not low < high:
        raise ClaimRefused("bad_strike", f"The band from {low:g} to {high:g} is empty.")
    return Claim(
        kind="band", subject=one.symbol, window=when, theme=one.theme, lo=low, hi=high, unit=unit
    )


def magnitude(
    one: Instrument, when: Window, size: float, side: Side, op: Op = ">", unit: Unit = "pct"
) -> Claim:
    """``subject`` moves by more than ``size`` (``>=``: at least that), either way or one way."""
    if percent(size) <= 0:
        raise ClaimRefused("bad_strike", f"A move of more than {size:g} needs a positive size.")
    _outward(op)
    return Claim(
        kind="magnitude", subject=one.symbol, window=when, theme=one.theme, side=side,
        lo=percent(size), unit=unit, op=op if op == ">=" else None,
    )  # fmt: skip


def relative(
    one: Instrument, other: Instrument, when: Window, margin: float, op: Op = ">"
) -> Claim:
    """``subject`` beats ``versus`` by more than ``margin`` percentage points, simple returns.

    With ``>=`` by at least the margin. The window is that of the leg that trades in sessions;
    the other leg is read at its last print before issue and before the deadline.
    """
    if one.symbol == other.symbol:
        raise ClaimRefused("no_instrument", f"{one.name} cannot beat itself.")
    if percent(margin) < 0:
        raise ClaimRefused("bad_strike", "A margin is not negative; swap the two instead.")
    _outward(op)
    return Claim(
        kind="relative", subject=one.symbol, versus=other.symbol, window=when, theme=one.theme,
        margin=percent(margin), unit="pct", op=op if op == ">=" else None,
    )  # fmt: skip


def stays(
    one: Instrument, when: Window, lo: float | None, hi: float | None, unit: Unit = "price"
) -> Claim:
    """``subject`` never trades at or beyond these strikes inside the window."""
    return _path("stays", one, when, lo, hi, unit)


def touch(
    one: Instrument, when: Window, lo: float | None, hi: float | None, unit: Unit = "price"
) -> Claim:
    """``subject`` trades at or beyond a strike inside the window: ``lo`` below or ``hi`` above.

    Equal strikes mean the price itself, reached from whichever side the reference lies.
    """
    if (lo is None) == (hi is None) and (lo is None or lo != hi):
        raise ClaimRefused("no_threshold", "A touch has one strike, below or above.")
    return _path("touch", one, when, lo, hi, unit)


def span(one: Instrument, when: Window, size: float, op: Op = ">", unit: Unit = "pct") -> Claim:
    """``subject``'s highest high less its lowest low compares with a size (kind ``range``)."""
    if percent(size) <= 0:
        raise ClaimRefused("bad_strike", f"A range of {size:g} needs a positive size.")
    _between_sessions(one, when)
    lo, hi = (percent(size), None) if op in {">", ">="} else (None, percent(size))
    return Claim(
        kind="range", subject=one.symbol, window=when, theme=one.theme, op=op, lo=lo, hi=hi,
        unit=unit,
    )  # fmt: skip


def rank(
    one: Instrument, group: Sequence[Instrument], when: Window, places: int, side: Side = "up"
) -> Claim:
    """``subject``'s return is among the best (``down``: worst) ``places`` of a frozen list.

    An equal return counts against the subject.
    """
    symbols = tuple(sorted({each.symbol for each in group}))
    if one.symbol not in symbols or len(symbols) < 3:
        raise ClaimRefused(
            "no_instrument", f"A ranking of {one.name} needs it and at least two others."
        )
    if not 1 <= places < len(symbols) or side == "any":
        raise ClaimRefused("bad_strike", f"{places} of {len(symbols)} places say nothing.")
    return Claim(
        kind="rank", subject=one.symbol, window=when, theme=one.theme, side=side, unit="pct",
        group=symbols, places=places,
    )  # fmt: skip


def count(
    one: Instrument,
    when: Window,
    times: int,
    *,
    side: Side | None = None,
    op: Op | None = None,
    value: float | None = None,
    other: Instrument | None = None,
) -> Claim:
    """On at least ``times`` sessions of the window a daily claim on ``subject`` comes true.

    Exactly one of: it closes on a ``side`` of the session before, ``op`` a price ``value``, or
    beats an ``other`` instrument of its venue over the session.
    """
    if when.mode != "sessions" or when.rolled or not 1 <= times <= when.sessions:
        raise ClaimRefused(
            "bad_strike",
            f"{times} of {when.sessions} sessions is no count of a window in sessions.",
        )
    if sum((side is not None, op is not None, other is not None)) != 1 or side == "any":
        raise ClaimRefused("no_threshold", "A count needs one daily claim: a side, level or rival.")
    if other is not None and (other.symbol == one.symbol or other.venue != one.venue):
        raise ClaimRefused("no_instrument", f"{one.name} needs another rival of its own venue.")
    price = strike(one, value if value is not None else math.nan) if op else None
    lo, hi = (price, None) if op in {">", ">="} else (None, price)
    return Claim(
        kind="count", subject=one.symbol, window=when, theme=one.theme, side=side, op=op, lo=lo,
        hi=hi, versus=other.symbol if other else None, times=times,
    )  # fmt: skip


def conditional(claim: Claim, given: Claim) -> Claim:
    """The claim under a condition that must have settled by the claim's own deadline.

    Raises:
        ClaimRefused: The condition is itself conditional, was issued at another moment, or ends
            later (``bad_condition``).
    """
    if given.given is not None or claim.given is not None:
        raise ClaimRefused("bad_condition", "A condition of a condition is too much.")
    if given.window.start != claim.window.start or given.window.deadline > claim.window.deadline:
        raise ClaimRefused(
            "bad_condition",
            f"The condition ends at {iso(given.window.deadline)}, after the claim at "
            f"{iso(claim.window.deadline)}.",
        )
    return replace(claim, given=given)


def _outward(op: Op) -> None:
    if op not in {">", ">="}:
        raise ClaimRefused("bad_strike", "This kind asks for more than, or at least, a size.")


def _path(
    kind: Literal["stays", "touch"],
    one: Instrument,
    when: Window,
    lo: float | None,
    hi: float | None,
    unit: Unit,
) -> Claim:
    low = None if lo is None else amount(one, lo, unit)
    high = None if hi is None else amount(one, hi, unit)
    if low is None and high is None:
        raise ClaimRefused("no_threshold", f"{one.name} needs a price to stay above or below.")
    if kind == "stays" and low is not None and high is not None and low >= high:
        raise ClaimRefused("bad_strike", f"No price lies between {low:g} and {high:g}.")
    _between_sessions(one, when)
    return Claim(
        kind=kind, subject=one.symbol, window=when, theme=one.theme, lo=low, hi=high, unit=unit
    )


def _between_sessions(one: Instrument, when: Window) -> None:
    """Refuses a path in sessions that begins inside one; clock windows have finer bars."""
    if when.mode == "sessions" and venue(one.venue).is_open(when.start):
        raise ClaimRefused(
            "in_session",
            f"{one.name} is trading at {iso(when.start)}; with daily bars a path claim must start "
            "between sessions, or part of its first bar would be history.",
        )


def with_references(claim: Claim, references: tuple[Reference, ...]) -> Claim:
    """The claim as registered, its prices frozen."""
    return replace(claim, references=references)
