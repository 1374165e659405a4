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

from workbench.domain.calendars import Venue, iso, to_datetime, to_numpy, venue
from workbench.domain.claims import WATCHED, Claim, Reference
from workbench.domain.instruments import Instrument
from workbench.domain.records import Outcome, Settlement
from workbench.measures import clock
from workbench.measures.clock import Finer
from workbench.measures.outcomes import Splits, Watched, decide, rebased
from workbench.measures.prices import Bars

GRACE = 5


def references(
    claim: Claim,
    bars: Mapping[str, Bars | None],
    instruments: Mapping[str, Instrument] | None = None,
    finer: Finer | None = None,
) -> tuple[Reference, ...] | None:
    """The last price of each of a claim's instruments that was known at issue, or None.

    Args:
        claim: Not registered yet.
        bars: Daily bars by symbol; None where withheld or dark.
        instruments: Venues, by symbol; needed with ``finer``.
        finer: Bars of an hour at most, by symbol, as ``settle`` takes them: what is read by the
            clock is counted from them where they hold a price of the two hours before issue.

    Returns:
        One close a symbol, in order of ``claim.symbols``; None where one of them has none.
    """
    found = []
    start = to_numpy(claim.window.start)
    by_the_clock = clock.clocked(claim, instruments) if instruments and finer else ()
    for symbol in claim.symbols:
        fine = finer.get(symbol, ()) if finer and symbol in by_the_clock else ()
        own = bars.get(symbol)
        last = clock.last_known(clock.quoted(claim, fine, symbol), start)
        last = last or clock.last_known([] if own is None else [own], start)
        if last is None:
            return None
        one, index = last
        found.append(
            Reference(
                symbol=symbol,
                at=to_datetime(one.at[index]),
                known_at=to_datetime(one.known_at[index]),
                value=float(one.close[index]),
                series="" if one is own else one.symbol,
            )
        )
    return tuple(found)


def settle(
    claim: Claim,
    bars: Mapping[str, Bars | None],
    instruments: Mapping[str, Instrument],
    as_of: dt.datetime,
    splits: Splits | None = None,
    finer: Finer | None = None,
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
        finer: Bars of an hour at most by symbol, as known at ``as_of``: quotes in order of
            preference, finest first. They go before ``bars`` where a claim runs by the clock.

    Returns:
        ``yes`` or ``no`` once every needed bar is known; ``void`` with its reason when a bar is
        still missing after the grace, or the condition did not come true; None before that.
    """
    if as_of < claim.window.deadline:
        return None
    if claim.given is not None:
        return _conditional(claim, claim.given, bars, instruments, as_of, splits, finer)
    if stale := _stale(claim, instruments):
        return _void(claim, stale, as_of)
    windows = {
        symbol: _watched(claim, symbol, bars, finer or {}, instruments, as_of)
        for symbol in claim.symbols
    }
    missing = [symbol for symbol, window in windows.items() if window is None]
    if missing:
        lapsed = venue(instruments[claim.subject].venue).count(claim.window.deadline, as_of)
        if lapsed <= GRACE:
            return None
        fine = "hourly bars" if clock.is_clocked(claim, missing[0], instruments) else "bars"
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
    finer: Finer | None,
) -> Settlement | None:
    """Void unless the condition came true; then as the claim without it."""
    frozen = {one.symbol: one for one in claim.references}
    condition = replace(
        given, references=tuple(frozen[symbol] for symbol in given.symbols if symbol in frozen)
    )
    met = settle(condition, bars, instruments, as_of, splits, finer)
    if met is None:
        return None
    if met.outcome != "yes":
        return _void(claim, f"The condition ended {met.outcome}: {met.reason}", met.known_at)
    bare = replace(claim, given=None)
    bare = replace(bare, references=claim.references[: len(bare.symbols)])
    settled = settle(bare, bars, instruments, as_of, splits, finer)
    return settled and replace(
        settled,
        claim=claim.id,
        observations=(*settled.observations, *met.observations),
        known_at=max(settled.known_at, met.known_at),
    )


def _stale(claim: Claim, instruments: Mapping[str, Instrument]) -> str:
    """Why a frozen price is too old to count from, or an empty string."""
    either = claim.kind == "touch" and claim.lo == claim.hi  # reached from the reference's side
    if claim.unit == "price" and claim.kind not in {"direction", "count"} and not either:
        return ""
    start = claim.window.start
    for one in claim.references:
        if clock.is_clocked(claim, one.symbol, instruments):
            old = bool(to_numpy(start) - to_numpy(one.at) > clock.STALE)
        else:
            old = venue(instruments[one.symbol].venue).count(one.at, start) > 1
        if old:
            return f"The reference of {one.symbol} is of {iso(one.at)}, too old at {iso(start)}."
    return ""


def _watched(
    claim: Claim,
    symbol: str,
    bars: Mapping[str, Bars | None],
    finer: Finer,
    instruments: Mapping[str, Instrument],
    as_of: dt.datetime,
) -> Watched | None:
    """The bars that settle the claim, or None unless all of them are there and known."""
    daily = bars.get(symbol)
    by_the_clock = clock.is_clocked(claim, symbol, instruments)
    options = clock.quoted(claim, finer.get(symbol, ()), symbol) if by_the_clock else []
    for one in options or ([] if daily is None else [daily]):
        calendar = venue(instruments[symbol].venue)
        found = clock.watched(claim, one) if by_the_clock else _in_sessions(claim, one, calendar)
        if found is not None and _complete(claim, found, as_of):
            return found
    return None


def _complete(claim: Claim, found: Watched, as_of: dt.datetime) -> bool:
    """True when every bar is known, and has its high and low where the claim needs them."""
    if any(to_datetime(each.known_at.max()) > as_of for each in found.all):
        return False
    return claim.kind not in WATCHED or all(np.isfinite(b.high + b.low).all() for b in found.all)


def _in_sessions(claim: Claim, one: Bars, calendar: Venue) -> Watched | None:
    """The bars of the claim's sessions; a path's first one is an edge if it was under way."""
    last = int(np.searchsorted(one.dates, np.datetime64(claim.window.date)))
    if last >= len(one) or one.dates[last] != np.datetime64(claim.window.date):
        return None
    first = last - claim.window.sessions + 1
    if first < 0 or to_datetime(one.at[first]) <= claim.window.start:
        return None
    if first > 0 and to_datetime(one.at[first - 1]) > claim.window.start:
        return None
    inside = one.picked(slice(first, last + 1))
    if claim.kind not in WATCHED or not calendar.is_open(claim.window.start):
        return Watched(inside=inside, edges=None)
    # Of a session that was under way at issue only the close is surely inside the window.
    high, low = inside.high.copy(), inside.low.copy()
    high[0] = low[0] = inside.close[0]
    return Watched(
        inside=replace(inside, high=high, low=low), edges=one.picked(slice(first, first + 1))
    )
