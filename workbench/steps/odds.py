"""What the desk's forecasters say of any one claim, from the archive as of its issue.

Scenarios come from daily bars. A coin's claim by the clock counts from the last price known, and
its hours are so many days' episodes, multiplied by the root of the part of them that it lasts.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from workbench.domain import claims
from workbench.domain.calendars import iso, to_numpy, venue
from workbench.domain.claims import WATCHED, Claim, Reference
from workbench.domain.errors import ClaimRefused
from workbench.domain.instruments import ALWAYS, Instrument, find
from workbench.domain.windows import leg
from workbench.measures import clock, controls, quality, walks
from workbench.measures.joint import Joint, joint
from workbench.measures.prices import Bars, bars, merged
from workbench.measures.scenarios import MIN_CLOSES, Episodes
from workbench.measures.settling import references
from workbench.steps.finer import finer_bars
from workbench.world.archive import Archive
from workbench.world.params import Desk

MIN_APART = 30  # windows that do not overlap


def odds(desk: Desk, archive: Archive, claim: Claim) -> dict[str, float]:
    """Every control's probability of a claim that need not be on a slate.

    Args:
        desk: Whose instruments drive the forecasts, beside those of the claim.
        archive: What is known; read as of the claim's issue.
        claim: As compiled; its references are frozen here.

    Returns:
        Forecaster to probability, each inside (0, 1), the scenarios first; the silent are left
        out.

    Raises:
        BeyondArchive: Its issue lies outside the archive.
        ClaimRefused: An instrument is dark, withheld or too young (``no_data``), or the scenarios
            do not carry what the claim asks (``not_priced``, ``too_rare``).
    """
    as_of = claim.window.start
    own = [find(symbol, desk.table) for symbol in claim.symbols]
    beside = [one for one in desk.instruments if one.symbol not in claim.symbols]
    instruments = [*own, *beside]
    own_venue = venue(own[0].venue)
    if claim.kind in WATCHED and claim.window.mode != "clock" and own_venue.is_open(as_of):
        raise ClaimRefused(
            "not_priced",
            f"{own[0].name} is trading at {iso(as_of)}, and scenarios start at closes.",
        )
    known = _bars(archive, claim, instruments)
    asked = claims.with_references(claim, _frozen(archive, claim, known, instruments))
    asked, part = _in_days(asked)
    known = _together(known, own)
    horizon = asked.window.sessions
    daily = "count" in {asked.kind, asked.given and asked.given.kind}
    _old_enough(known, own, horizon)
    made = {one.symbol: walks.walk(known[one.symbol], one, horizon, known, instruments)
            for one in own}  # fmt: skip
    start = {one.symbol: one.value for one in asked.references}

    def together(legs: Mapping[str, Episodes]) -> Joint:
        scaled = {s: leg.scaled(np.full(len(leg), part)) for s, leg in legs.items()}
        return joint({s: replace(leg, price=start[s]) for s, leg in scaled.items()})

    reference = together({symbol: one.at(daily=daily) for symbol, one in made.items()})
    base = together({symbol: one.base(daily=daily) for symbol, one in made.items()})
    held = {horizon: reference.asked([asked])}
    laws = {} if claim.window.mode == "clock" else known  # they count whole days from a close
    said = controls.controls({horizon: reference}, {horizon: base}, held, laws, instruments)
    return {who: found[asked.id] for who, found in said.items()}


def _frozen(
    archive: Archive, claim: Claim, known: Mapping[str, Bars], instruments: Sequence[Instrument]
) -> tuple[Reference, ...]:
    """The prices that the claim counts from; by the clock none may be older than two hours."""
    table = {one.symbol: one for one in instruments}
    start = claim.window.start
    frozen = references(claim, known, table, finer_bars(archive, [claim], table, start))
    if frozen is None:
        raise ClaimRefused("no_data", f"No close was known at {iso(start)}.")
    if claim.window.mode == "clock":
        for one in frozen:
            if to_numpy(start) - to_numpy(one.at) > clock.STALE:
                raise ClaimRefused(
                    "no_data",
                    f"The last price of {one.symbol} known at {iso(start)} is of {iso(one.at)}. A "
                    "claim by the clock counts from one of the last two hours: import hourly bars.",
                )
    return frozen


def _in_days(claim: Claim) -> tuple[Claim, float]:
    """A claim by the clock as one over whole days, and the root of the part of them it lasts."""
    window = claim.window
    if window.mode != "clock":
        return claim, 1.0
    part = (window.deadline - window.start) / dt.timedelta(days=window.sessions)
    days = replace(window, mode="sessions")
    given = claim.given and _in_days(claim.given)[0]
    return replace(claim, window=days, given=given), part**0.5


def _bars(archive: Archive, claim: Claim, instruments: Sequence[Instrument]) -> Mapping[str, Bars]:
    """Bars as known at issue, those of the claim's own instruments old enough."""
    as_of = claim.window.start
    snapshot = archive.as_of(as_of, {one.symbol: one.sources for one in instruments})
    looked = quality.examined(snapshot, instruments, ())
    flags, seen = looked.flags, looked.snapshot
    hidden = quality.withheld(flags)
    found = {one.symbol: bars(seen, one) for one in instruments if one.symbol not in hidden}
    known = {symbol: own for symbol, own in found.items() if own is not None}
    for symbol in claim.symbols:
        have = len(known[symbol]) if symbol in known else 0
        if have < MIN_CLOSES:
            few = f"{have} closes are known of the {MIN_CLOSES} that a share needs"
            why = quality.reason(flags, symbol, few)
            raise ClaimRefused("no_data", f"{symbol} as of {iso(as_of)}: {why}.")
    return known


def _old_enough(known: Mapping[str, Bars], own: Sequence[Instrument], horizon: int) -> None:
    for one in own:
        apart = len(known[one.symbol]) // horizon
        if apart < MIN_APART:
            raise ClaimRefused(
                "no_data",
                f"{one.symbol} has {len(known[one.symbol])} closes, which hold {max(apart - 1, 0)} "
                f"windows of {horizon} sessions that do not overlap, of {MIN_APART} that a share "
                "needs. Ask over fewer sessions, or import more history.",
            )


def _together(known: Mapping[str, Bars], own: Sequence[Instrument]) -> Mapping[str, Bars]:
    """The bars of a coin beside an instrument of sessions, put on those sessions."""
    rules = leg(*own)
    if rules.venue == ALWAYS:
        return known
    dates = known[rules.symbol].dates
    return dict(known) | {
        one.symbol: merged(known[one.symbol], dates) for one in own if one.venue == ALWAYS
    }
