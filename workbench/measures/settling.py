"""Settling by rule: observations in, outcome out. No model reads anything here.

The latest vintage known at settlement counts; a revision after it changes nothing. A claim
one of whose bars is still missing more than ``GRACE`` sessions after the deadline is void, and
so is one whose condition did not come true.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from workbench.domain.calendars import iso, to_datetime, to_numpy, venue
from workbench.domain.claims import WATCHED, Claim, Reference
from workbench.domain.instruments import ALWAYS, Instrument
from workbench.domain.records import Outcome, Settlement
from workbench.measures.outcomes import Splits, Watched, decide, rebased
from workbench.measures.prices import Bars

GRACE = 5
HOUR = np.timedelta64(1, "h")
STALE = 2 * HOUR  # an older last price is no reference for a claim that runs by the clock


def references(claim: Claim, bars: Mapping[str, Bars | None]) -> tuple[Reference, ...] | None:
    """The last close of each of a claim's instruments that was known at issue, or None."""
    found = []
    for symbol in claim.symbols:
        own, start = bars.get(symbol), to_numpy(claim.window.start)
        if own is None:
            return None
        known = np.flatnonzero((own.known_at <= start) & (own.at <= start))
        if not len(known):
            return None
        last = int(known[-1])
        found.append(
            Reference(
                symbol=symbol,
                at=to_datetime(own.at[last]),
                known_at=to_datetime(own.known_at[last]),
                value=float(own.close[last]),
            )
        )
    return tuple(found)


def settle(
    claim: Claim,
    bars: Mapping[str, Bars | None],
    instruments: Mapping[str, Instrument],
    as_of: dt.datetime,
    splits: Splits | None = None,
) -> Settlement | None:
    """The settlement of a registered claim, or None while it cannot be settled yet.

    Args:
        claim: With frozen references.
        bars: Bars as known at ``as_of``, by symbol; None where withheld or dark. Daily ones on
            the venue's sessions; a claim that runs by the clock needs hourly ones or finer.
        instruments: Ticks and venues, by symbol.
        as_of: The moment of settling; nothing known later is read.
        splits: Known splits by symbol: (first session's open or close after it, new shares for
            one old). Strikes and references are rebased; a path across a split is void.

    Returns:
        ``yes`` or ``no`` once every needed bar is known; ``void`` with its reason when a bar is
        still missing after the grace, or the condition did not come true; None before that.
    """
    if as_of < claim.window.deadline:
        return None
    if claim.given is not None:
        return _conditional(claim, claim.given, bars, instruments, as_of, splits)
    if stale := _stale(claim, instruments):
        return _void(claim, stale, as_of)
    windows = {s: _watched(claim, bars.get(s), instruments, as_of) for s in claim.symbols}
    missing = [symbol for symbol, window in windows.items() if window is None]
    if missing:
        lapsed = venue(instruments[claim.subject].venue).count(claim.window.deadline, as_of)
        if lapsed <= GRACE:
            return None
        fine = "hourly bars" if _clocked(claim, missing[0], instruments) else "bars"
        gone = f"{', '.join(missing)} has no complete {fine} to {claim.window.date}"
        return _void(claim, f"{gone} as of {iso(as_of)}.", as_of)
    found = {symbol: window for symbol, window in windows.items() if window is not None}
    known_at = max(to_datetime(each.known_at.max()) for one in found.values() for each in one.all)
    asked = rebased(claim, splits or {})
    decided = asked if isinstance(asked, str) else decide(asked, found, instruments)
    if isinstance(decided, str):
        return _void(claim, decided, known_at)
    outcome: Outcome = "yes" if decided.happened else "no"
    return Settlement(
        claim=claim.id,
        outcome=outcome,
        reason=f"{instruments[claim.subject].name} {decided.reason}.",
        value=float(round(decided.value, 6)),
        observations=decided.rows,
        known_at=known_at,
    )


def _void(claim: Claim, reason: str, known_at: dt.datetime) -> Settlement:
    return Settlement(
        claim=claim.id, outcome="void", reason=reason, value=None, observations=(),
        known_at=known_at,
    )  # fmt: skip


def _conditional(
    claim: Claim,
    given: Claim,
    bars: Mapping[str, Bars | None],
    instruments: Mapping[str, Instrument],
    as_of: dt.datetime,
    splits: Splits | None,
) -> Settlement | None:
    """Void unless the condition came true; then as the claim without it."""
    frozen = {one.symbol: one for one in claim.references}
    condition = replace(
        given, references=tuple(frozen[symbol] for symbol in given.symbols if symbol in frozen)
    )
    met = settle(condition, bars, instruments, as_of, splits)
    if met is None:
        return None
    if met.outcome != "yes":
        return _void(claim, f"The condition ended {met.outcome}: {met.reason}", met.known_at)
    bare = replace(claim, given=None)
    bare = replace(bare, references=claim.references[: len(bare.symbols)])
    settled = settle(bare, bars, instruments, as_of, splits)
    return settled and replace(
        settled,
        claim=claim.id,
        observations=(*settled.observations, *met.observations),
        known_at=max(settled.known_at, met.known_at),
    )


def _stale(claim: Claim, instruments: Mapping[str, Instrument]) -> str:
    """Why a frozen price is too old to count from, or an empty string."""
    if claim.unit == "price" and claim.kind not in {"direction", "count"}:
        return ""
    start = claim.window.start
    for one in claim.references:
        clock = venue(instruments[one.symbol].venue)
        if _clocked(claim, one.symbol, instruments):
            old = bool(to_numpy(start) - to_numpy(one.at) > STALE)
        else:
            old = clock.count(one.at, start) > 1
        if old:
            return f"The reference of {one.symbol} is of {iso(one.at)}, too old at {iso(start)}."
    return ""


def _clocked(claim: Claim, symbol: str, instruments: Mapping[str, Instrument]) -> bool:
    """True for an instrument that is read at moments between the closes of its venue."""
    others = any(instruments[each].venue != ALWAYS for each in claim.symbols)
    return claim.window.mode == "clock" or (instruments[symbol].venue == ALWAYS and others)


def _watched(
    claim: Claim, one: Bars | None, instruments: Mapping[str, Instrument], as_of: dt.datetime
) -> Watched | None:
    """The bars that settle the claim, or None unless all of them are there and known."""
    if one is None:
        return None
    found = (
        _by_the_clock(claim, one)
        if _clocked(claim, one.symbol, instruments)
        else _in_sessions(claim, one)
    )
    if found is None or any(to_datetime(each.known_at.max()) > as_of for each in found.all):
        return None
    if claim.kind in WATCHED and not all(np.isfinite(b.high + b.low).all() for b in found.all):
        return None
    return found


def _in_sessions(claim: Claim, one: Bars) -> Watched | None:
    """The bars of the claim's sessions."""
    last = int(np.searchsorted(one.dates, np.datetime64(claim.window.date)))
    if last >= len(one) or one.dates[last] != np.datetime64(claim.window.date):
        return None
    first = last - claim.window.sessions + 1
    if first < 0 or to_datetime(one.at[first]) <= claim.window.start:
        return None
    if first > 0 and to_datetime(one.at[first - 1]) > claim.window.start:
        return None
    return Watched(inside=one.picked(slice(first, last + 1)), edges=None)


def _by_the_clock(claim: Claim, one: Bars) -> Watched | None:
    """The bars between two moments, none longer than an hour.

    A bar that began before issue, or ends after the deadline, is an edge: what happened in it
    may have happened outside the window.
    """
    start, end = to_numpy(claim.window.start), to_numpy(claim.window.deadline)
    before = int(np.searchsorted(one.at, start, side="right")) - 1
    last = int(np.searchsorted(one.at, end, side="right")) - 1
    if before < 0 or last <= before or end - one.at[last] >= HOUR:
        return None
    if claim.kind not in WATCHED:
        return Watched(inside=one.picked(slice(last, last + 1)), edges=None)
    cut_short = bool(one.at[last] < end)
    if cut_short and last + 1 >= len(one):
        return None
    if (np.diff(one.at[before : last + 1 + cut_short]) > HOUR).any():
        return None
    straddles = bool(one.at[before] < start)
    first = before + 1 + straddles
    edges = [before + 1] * straddles + [last + 1] * cut_short
    if first > last:
        return None
    return Watched(
        inside=one.picked(slice(first, last + 1)),
        edges=one.picked(np.array(edges)) if edges else None,
    )
