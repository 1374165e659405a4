"""Claims of each kind, built on a venue's calendar without any data, or refused.

The desk freezes a claim's reference prices when it registers it. Ties never satisfy a strict
comparison; bands are closed; a touch is inclusive.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from workbench.domain.calendars import iso, venue
from workbench.domain.errors import ClaimRefused
from workbench.domain.instruments import Instrument
from workbench.domain.statements import (
    KINDS,
    PATH_KINDS,
    WATCHED,
    Claim,
    Kind,
    Op,
    Reference,
    Side,
    from_content,
    with_references,
)
from workbench.domain.strikes import Unit, amount, decimals, percent, strike
from workbench.domain.windows import Window, window, window_to, window_until

# What a claim is made of comes with what makes it: one import.
__all__ = [
    "KINDS", "PATH_KINDS", "WATCHED", "Claim", "Kind", "Op", "Reference", "Side", "Unit", "Window",
    "amount", "band", "conditional", "count", "decimals", "direction", "from_content", "level",
    "magnitude", "percent", "rank", "relative", "span", "stays", "strike", "touch", "window",
    "window_to", "window_until", "with_references",
]  # fmt: skip


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
    _whole_sessions(one, when)
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
    return Claim(
        kind=kind, subject=one.symbol, window=when, theme=one.theme, lo=low, hi=high, unit=unit
    )


def _whole_sessions(one: Instrument, when: Window) -> None:
    """Refuses a range of sessions of which one is under way: a day's range counts its morning."""
    if when.mode == "sessions" and venue(one.venue).is_open(when.start):
        raise ClaimRefused(
            "in_session",
            f"{one.name} is trading at {iso(when.start)}, and part of this session's range is "
            "history. State it between sessions.",
        )
