"""Whether a claim came true, from complete bars: one rule for each kind.

Prices are compared after rounding to the instrument's tick, changes after rounding to eight
decimals, so that a tie is a tie in binary too.
"""

from __future__ import annotations

import datetime as dt
import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from workbench.domain.calendars import iso, to_datetime
from workbench.domain.claims import WATCHED, Claim, Op
from workbench.domain.instruments import Instrument
from workbench.measures.prices import ARRAYS, Bars

Row = tuple[str, str, str, str, float]
Splits = Mapping[str, Sequence[tuple[dt.datetime, float]]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Watched:
    """One instrument's bars in a window.

    Attributes:
        inside: Bars that lie wholly in it; the last one's close is the price at the deadline.
        edges: Bars that reach beyond issue or deadline, of a path by the clock; else None.
    """

    inside: Bars
    edges: Bars | None

    @property
    def all(self) -> tuple[Bars, ...]:
        """Every bar that must be known."""
        return (self.inside,) if self.edges is None else (self.inside, self.edges)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What the bars say.

    Attributes:
        happened: True when the claim came true.
        value: What was compared with the strike, in the claim's unit.
        reason: A clause after the instrument's name.
        rows: The observations that decided.
    """

    happened: bool
    value: float
    reason: str
    rows: tuple[Row, ...]


def rebased(claim: Claim, splits: Splits) -> Claim | str:
    """The claim in the shares of its deadline, or why a split makes it void.

    References, and strikes in price or points, are divided by the new shares for one old of
    every split between issue and deadline. A path or a count across a split is void, because
    its bars before the split may be in either share.
    """
    factors = {
        symbol: math.prod(
            ratio
            for at, ratio in splits.get(symbol, ())
            if claim.window.start < at <= claim.window.deadline
        )
        for symbol in claim.symbols
    }
    changed = {symbol: factor for symbol, factor in factors.items() if factor != 1}
    if not changed:
        return claim
    if claim.kind in WATCHED or claim.kind == "count":
        return f"{', '.join(changed)} split inside the window: its path is in two kinds of share."
    own = 1.0 if claim.unit == "pct" else factors[claim.subject]
    return replace(
        claim,
        lo=None if claim.lo is None else claim.lo / own,
        hi=None if claim.hi is None else claim.hi / own,
        references=tuple(
            replace(one, value=one.value / factors.get(one.symbol, 1.0)) for one in claim.references
        ),
    )


def decide(
    claim: Claim, windows: Mapping[str, Watched], instruments: Mapping[str, Instrument]
) -> Decided | str:
    """The outcome of a registered claim without condition, or why it is void."""
    if claim.kind in WATCHED:
        return _path(claim, windows[claim.subject], instruments[claim.subject])
    own = windows[claim.subject].inside
    tick = instruments[claim.subject].tick
    close, reference = ticked(own.close[-1], tick), ticked(claim.reference, tick)
    change = _change(close, reference)
    points = round(close - reference, 8)
    rows = [_row(own, "close", -1)]
    value, lo, hi = close, claim.lo, claim.hi
    happened, reason = False, ""
    match claim.kind:
        case "direction":
            op: Op = claim.op or (">" if claim.side == "up" else "<")
            happened = compared(close, op, reference)
            reason = f"closed at {close:,.2f} against a reference of {reference:,.2f}"
        case "level":
            strike = lo if lo is not None else hi or 0.0
            value = {"price": close, "pct": change, "pts": points}[claim.unit]
            happened = compared(value, claim.op or ">", strike)
            reason = f"closed at {close:,.2f} against {strike:,.2f}"
            if claim.unit != "price":
                reason = f"ended at {close:,.2f}, {value:+.2f} against {strike:+.2f} {claim.unit}"
        case "band":
            value = {"price": close, "pct": change, "pts": points}[claim.unit]
            happened = (lo or 0.0) <= value <= (hi or 0.0)
            reason = f"ended at {close:,.2f}, {change:+.2f}% from {reference:,.2f}"
        case "magnitude":
            value, size = (change if claim.unit == "pct" else points), lo or 0.0
            moved = {"any": abs(value), "up": value, "down": -value}[claim.side or "any"]
            happened = compared(moved, claim.op or ">", size)
            mark = "%" if claim.unit == "pct" else " points"
            reason = f"moved {value:+.2f}{mark} to {close:,.2f}"
        case "relative":
            returns, rows = _returns(
                claim, (claim.subject, claim.versus or ""), windows, instruments
            )
            value = round(returns[0] - returns[1], 8)
            happened = compared(value, claim.op or ">", claim.margin or 0.0)
            reason = (
                f"moved {returns[0]:+.2f}% against {returns[1]:+.2f}%, {value:+.2f} points apart"
            )
        case "rank":
            returns, rows = _returns(claim, claim.group, windows, instruments)
            mine = returns[claim.group.index(claim.subject)]
            sign = 1 if claim.side == "up" else -1
            as_good = sum(sign * each >= sign * mine for each in returns) - 1
            value, happened = mine, as_good < (claim.places or 1)
            reason = f"moved {mine:+.2f}%, and {as_good} of {len(returns) - 1} others did as well"
        case "count":
            value, rows = _times(claim, windows, instruments)
            happened = value >= (claim.times or 0)
            reason = f"did so on {value:.0f} of {len(own)} sessions"
        case _:
            return f"No rule settles the kind {claim.kind!r}."
    return Decided(happened=happened, value=value, reason=reason, rows=tuple(rows))


def _path(claim: Claim, watched: Watched, one: Instrument) -> Decided | str:
    """Path kinds; void where only a bar that straddles issue or deadline would decide."""
    found = _path_of(claim, watched.inside, one)
    if watched.edges is None:
        return found
    wider = _path_of(claim, _together(watched), one)
    if wider.happened != found.happened:
        return (
            f"{one.name} got there only in a bar that reaches beyond issue or deadline; "
            "finer bars would tell."
        )
    return found


def _path_of(claim: Claim, own: Bars, one: Instrument) -> Decided:
    tick = one.tick
    top, bottom = int(np.argmax(own.high)), int(np.argmin(own.low))
    high, low = ticked(own.high[top], tick), ticked(own.low[bottom], tick)
    rows = (_row(own, "high", top), _row(own, "low", bottom))
    reason = f"traded between {low:,.2f} and {high:,.2f}"
    if claim.kind == "range":
        wide = high - low
        value = round(100 * wide / claim.reference if claim.unit == "pct" else wide, 8)
        strike = claim.lo if claim.lo is not None else claim.hi or 0.0
        happened = compared(value, claim.op or ">", strike)
        apart = f"{value:.2f}%" if claim.unit == "pct" else f"{value:,.2f}"
        reason = f"{reason}, {apart} apart"
        return Decided(happened=happened, value=value, reason=reason, rows=rows)
    lo, hi = (_price(claim, strike) for strike in (claim.lo, claim.hi))
    if claim.kind == "touch" and lo is not None and lo == hi:
        start = ticked(claim.reference, tick)
        happened = min(low, start) <= lo <= max(high, start)
        value = high if start <= lo else low
        return Decided(happened=happened, value=value, reason=reason, rows=rows)
    above, below = hi is not None and high >= hi, lo is not None and low <= lo
    happened = (above or below) == (claim.kind == "touch")
    value = high if hi is not None and (lo is None or above) else low
    return Decided(happened=happened, value=value, reason=reason, rows=rows)


def _together(watched: Watched) -> Bars:
    """The bars inside the window and those at its edges, one after the other."""
    parts = watched.all
    joined: dict[str, Any] = {
        name: np.concatenate([getattr(part, name) for part in parts]) for name in ARRAYS
    }
    return replace(watched.inside, **joined)


def _price(claim: Claim, strike: float | None) -> float | None:
    """A strike of a path as a price."""
    if strike is None or claim.unit == "price":
        return strike
    change = claim.reference * strike / 100 if claim.unit == "pct" else strike
    return round(claim.reference + change, 8)


def _returns(
    claim: Claim,
    symbols: Sequence[str],
    windows: Mapping[str, Watched],
    instruments: Mapping[str, Instrument],
) -> tuple[list[float], list[Row]]:
    """Per cent from reference to deadline of each instrument, and the closes used."""
    frozen = {one.symbol: one.value for one in claim.references}
    found, rows = [], []
    for symbol in symbols:
        own, tick = windows[symbol].inside, instruments[symbol].tick
        found.append(_change(ticked(own.close[-1], tick), ticked(frozen[symbol], tick)))
        rows.append(_row(own, "close", -1))
    return found, rows


def _times(
    claim: Claim, windows: Mapping[str, Watched], instruments: Mapping[str, Instrument]
) -> tuple[float, list[Row]]:
    """On how many sessions the daily claim came true, and the closes used."""
    frozen = {one.symbol: one.value for one in claim.references}
    closes: dict[str, list[float]] = {}
    rows: list[Row] = []
    for symbol in (claim.subject, *([claim.versus] if claim.versus else [])):
        own, tick = windows[symbol].inside, instruments[symbol].tick
        closes[symbol] = [ticked(value, tick) for value in (frozen[symbol], *own.close)]
        rows += [_row(own, "close", k) for k in range(len(own))]
    daily = {
        symbol: [_change(b, a) for a, b in itertools.pairwise(line)]
        for symbol, line in closes.items()
    }
    moves = daily[claim.subject]
    if claim.versus:
        hits = [round(a - b, 8) > 0 for a, b in zip(moves, daily[claim.versus], strict=True)]
    elif claim.side:
        hits = [move > 0 if claim.side == "up" else move < 0 for move in moves]
    else:
        strike = claim.lo if claim.lo is not None else claim.hi or 0.0
        hits = [compared(each, claim.op or ">", strike) for each in closes[claim.subject][1:]]
    return float(sum(hits)), rows


def compared(value: float, op: Op, strike: float) -> bool:
    """``value op strike``; a tie satisfies only an inclusive comparison."""
    return {
        ">": value > strike,
        ">=": value >= strike,
        "<": value < strike,
        "<=": value <= strike,
    }[op]


def ticked(value: float, tick: float) -> float:
    """A price rounded to the tick."""
    return float(round(round(value / tick) * tick, 8))


def _change(close: float, reference: float) -> float:
    """Per cent from a reference to a close."""
    return round(100 * (close / reference - 1), 8)


def _row(one: Bars, field: str, index: int) -> Row:
    value = {"close": one.close, "high": one.high, "low": one.low}[field][index]
    at, known = to_datetime(one.at[index]), to_datetime(one.known_at[index])
    return (one.symbol, field, iso(at), iso(known), float(value))
