"""Settling by rule: observations in, outcome out. No model reads anything here.

The latest vintage known at settlement counts; a revision after it changes nothing. A claim
one of whose bars is still missing more than ``GRACE`` sessions after the deadline is void.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import numpy as np

from workbench.domain.calendars import iso, to_datetime, venue
from workbench.domain.claims import PATH_KINDS, Claim
from workbench.domain.instruments import Instrument
from workbench.domain.records import Outcome, Settlement
from workbench.measures.prices import Bars

GRACE = 5
Row = tuple[str, str, str, str, float]


def settle(
    claim: Claim,
    bars: Mapping[str, Bars | None],
    instruments: Mapping[str, Instrument],
    as_of: dt.datetime,
) -> Settlement | None:
    """The settlement of a registered claim, or None while it cannot be settled yet.

    Args:
        claim: With frozen references.
        bars: Bars as known at ``as_of``, by symbol; None where withheld or dark.
        instruments: Ticks and venues, by symbol.
        as_of: The moment of settling; nothing known later is read.

    Returns:
        ``yes`` or ``no`` once every needed bar is known; ``void`` with its reason when a bar is
        still missing after the grace; None before that.
    """
    if as_of < claim.window.deadline:
        return None
    windows = {symbol: _window(claim, bars.get(symbol), as_of) for symbol in claim.symbols}
    missing = [symbol for symbol, window in windows.items() if window is None]
    if missing:
        lapsed = venue(instruments[claim.subject].venue).count(claim.window.deadline, as_of)
        if lapsed <= GRACE:
            return None
        reason = (
            f"{', '.join(missing)} has no complete bars to {claim.window.date} as of {iso(as_of)}."
        )
        return Settlement(
            claim=claim.id,
            outcome="void",
            reason=reason,
            value=None,
            observations=(),
            known_at=as_of,
        )
    found = {symbol: window for symbol, window in windows.items() if window is not None}
    return _decided(claim, found, instruments)


def _window(claim: Claim, one: Bars | None, as_of: dt.datetime) -> Bars | None:
    """The bars of the claim's sessions, or None unless all of them are there and known."""
    if one is None:
        return None
    last = int(np.searchsorted(one.dates, np.datetime64(claim.window.date)))
    if last >= len(one) or one.dates[last] != np.datetime64(claim.window.date):
        return None
    first = last - claim.window.sessions + 1
    if first < 0 or to_datetime(one.at[first]) <= claim.window.start:
        return None
    if first > 0 and to_datetime(one.at[first - 1]) > claim.window.start:
        return None
    kept = slice(first, last + 1)
    if to_datetime(one.known_at[kept].max()) > as_of:
        return None
    if claim.kind in PATH_KINDS and not np.isfinite(one.high[kept] + one.low[kept]).all():
        return None
    return one.picked(kept)


def _decided(
    claim: Claim, windows: Mapping[str, Bars], instruments: Mapping[str, Instrument]
) -> Settlement:
    own = windows[claim.subject]
    tick = instruments[claim.subject].tick
    close, reference = _ticked(own.close[-1], tick), _ticked(claim.reference, tick)
    change = _change(close, reference)
    rows = [_row(own, "close", -1)]
    value, lo, hi = close, claim.lo, claim.hi
    happened, reason = False, ""
    match claim.kind:
        case "direction":
            happened = close > reference if claim.side == "up" else close < reference
            reason = f"closed at {close:,.2f} against a reference of {reference:,.2f}"
        case "level":
            strike = lo if lo is not None else hi or 0.0
            happened = {
                ">": close > strike,
                ">=": close >= strike,
                "<": close < strike,
                "<=": close <= strike,
            }[claim.op or ">"]
            reason = f"closed at {close:,.2f} against {strike:,.2f}"
        case "band":
            value = change if claim.unit == "pct" else close
            happened = (lo or 0.0) <= value <= (hi or 0.0)
            reason = f"ended at {close:,.2f}, {change:+.2f}% from {reference:,.2f}"
        case "magnitude":
            value, size = change, lo or 0.0
            happened = {"any": abs(change) > size, "up": change > size, "down": change < -size}[
                claim.side or "any"
            ]
            reason = f"moved {change:+.2f}% to {close:,.2f}"
        case "relative":
            versus = windows[claim.versus or ""]
            other = _ticked(versus.close[-1], instruments[versus.symbol].tick)
            before = _ticked(claim.references[1].value, instruments[versus.symbol].tick)
            change_other = _change(other, before)
            value = round(change - change_other, 8)
            happened = value > (claim.margin or 0.0)
            reason = f"moved {change:+.2f}% against {change_other:+.2f}%, {value:+.2f} points apart"
            rows.append(_row(versus, "close", -1))
        case "stays" | "touch":
            top, bottom = int(np.argmax(own.high)), int(np.argmin(own.low))
            high, low = _ticked(own.high[top], tick), _ticked(own.low[bottom], tick)
            above, below = hi is not None and high >= hi, lo is not None and low <= lo
            happened = (above or below) == (claim.kind == "touch")
            value = high if hi is not None and (lo is None or above) else low
            rows = [_row(own, "high", top), _row(own, "low", bottom)]
            reason = f"traded between {low:,.2f} and {high:,.2f}"
    outcome: Outcome = "yes" if happened else "no"
    return Settlement(
        claim=claim.id,
        outcome=outcome,
        reason=f"{instruments[claim.subject].name} {reason}.",
        value=float(round(value, 6)),
        observations=tuple(rows),
        known_at=max(to_datetime(window.known_at.max()) for window in windows.values()),
    )


def _change(close: float, reference: float) -> float:
    """Per cent from a reference to a close, rounded so that a tie is a tie in binary too."""
    return round(100 * (close / reference - 1), 8)


def _ticked(value: float, tick: float) -> float:
    return float(round(round(value / tick) * tick, 8))


def _row(one: Bars, field: str, index: int) -> Row:
    value = {"close": one.close, "high": one.high, "low": one.low}[field][index]
    at, known = to_datetime(one.at[index]), to_datetime(one.known_at[index])
    return (one.symbol, field, iso(at), iso(known), float(value))
