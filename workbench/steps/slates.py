"""The cycle's slate: built by rule, joined by what markets trade, with its prices frozen."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from workbench.domain import claims
from workbench.domain.calendars import iso, venue
from workbench.domain.claims import WATCHED, Claim, Reference
from workbench.domain.errors import ClaimRefused
from workbench.domain.instruments import Instrument
from workbench.domain.sentences import render
from workbench.measures import quality, settling, slate
from workbench.steps.bench import Bench
from workbench.world.entries import canonical

_TRADED = 10  # claims of markets that join a slate at most


def build(bench: Bench) -> list[Claim]:
    """The cycle's claims with their reference prices frozen."""
    windows = {
        (one.symbol, horizon): claims.window(one, bench.as_of, horizon)
        for one in bench.instruments
        for horizon in bench.desk.params.horizons
    }
    lead = bench.lead_bars
    asked = slate.build(bench.scenarios, bench.instruments, windows, turn=len(lead))
    asked += [claim for claim in _traded(bench) if claim not in asked][:_TRADED]
    return [claims.with_references(claim, frozen(bench, claim)) for claim in asked]


def _traded(bench: Bench) -> list[Claim]:
    """Claims that a market pays for and that the desk's sets can answer.

    See ``unanswerable``.
    """
    return [quote.claim for quote in bench.traded if not unanswerable(bench, quote.claim)]


def unanswerable(bench: Bench, claim: Claim) -> str:
    """Why the cycle's sets cannot say how likely a claim is; empty when they can.

    They can over a horizon of the desk, on instruments of one venue, which end together; not
    under a condition, nor a count, as the sets do not carry each session's close.
    """
    window, horizons = claim.window, bench.desk.params.horizons
    if window.mode != "sessions":
        return "It runs by the clock, and the slate counts sessions."
    if claim.kind == "count":
        return "It counts sessions, and the scenarios do not carry each session's close."
    if claim.given is not None:
        return "It is conditional, and the slate holds no conditions."
    if window.sessions not in horizons:
        spans = ", ".join(map(str, horizons))
        return f"It ends after {window.sessions} sessions, and this desk asks over {spans}."
    for symbol in claim.symbols:
        if (symbol, window.sessions) not in bench.scenarios:
            return f"{symbol} has no scenarios over {window.sessions} sessions on this desk."
    venues = {one.symbol: one.venue for one in bench.instruments}
    if len({venues[symbol] for symbol in claim.symbols}) > 1:
        return "Its instruments trade at different venues and do not end together."
    if claim.kind in WATCHED and not _has_path(bench, claim.subject):
        return f"{claim.subject} has no highs and lows, or a session of it is under way."
    return ""


def frozen(bench: Bench, claim: Claim) -> tuple[Reference, ...]:
    """The last close of each of a claim's instruments, as known.

    Raises:
        ClaimRefused: One of them is dark, withheld, or not the desk's (``no_data``).
    """
    for symbol in claim.symbols:
        if symbol not in bench.bars:
            seen = quality.reason(bench.flags, symbol, "it is no instrument of this desk")
            raise ClaimRefused(
                "no_data", f"{symbol} cannot be used as of {iso(bench.as_of)}: {seen}."
            )
    found = settling.references(claim, bench.bars)
    if found is None:
        raise ClaimRefused("no_data", f"No close was known at {iso(claim.window.start)}.")
    return found


def _has_path(bench: Bench, symbol: str) -> bool:
    """Whether paths can be asked: it has highs and lows, and no session of it is under way."""
    one = next(each for each in bench.instruments if each.symbol == symbol)
    return bench.bars[symbol].has_path and not venue(one.venue).is_open(bench.as_of)


def row(claim: Claim, table: Iterable[Instrument]) -> dict[str, Any]:
    """A claim as its ledger row, its sentence in the names of a table."""
    return {
        "id": claim.id,
        "kind": claim.kind,
        "subject": claim.subject,
        "horizon": claim.window.sessions,
        "theme": claim.theme,
        "deadline": iso(claim.window.deadline),
        "sentence": render(claim, table),
        "content": canonical(claim.content()),
    }
