"""What the desk's forecasters say of any one claim, from the archive as of its issue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from workbench.domain import claims
from workbench.domain.calendars import iso
from workbench.domain.claims import Claim
from workbench.domain.errors import ClaimRefused
from workbench.domain.instruments import ALWAYS, Instrument, find
from workbench.domain.windows import leg
from workbench.measures import controls, quality, walks
from workbench.measures.joint import joint
from workbench.measures.prices import Bars, bars, merged
from workbench.measures.scenarios import MIN_CLOSES
from workbench.measures.settling import references
from workbench.world.archive import Archive
from workbench.world.params import Desk


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
    own = [find(symbol, desk.table) for symbol in claim.symbols]
    beside = [one for one in desk.instruments if one.symbol not in claim.symbols]
    instruments = [*own, *beside]
    known = _bars(archive, claim, instruments)
    frozen = references(claim, known)
    if frozen is None:
        raise ClaimRefused("no_data", f"No close was known at {iso(claim.window.start)}.")
    asked = claims.with_references(claim, frozen)
    horizon, daily = claim.window.sessions, claim.kind == "count"
    made = {one.symbol: walks.walk(known[one.symbol], one, horizon, known, instruments)
            for one in own}  # fmt: skip
    reference = joint({symbol: one.at(daily=daily) for symbol, one in made.items()})
    base = joint({symbol: one.base(daily=daily) for symbol, one in made.items()})
    held = {horizon: reference.asked([asked])}
    said = controls.controls({horizon: reference}, {horizon: base}, held, known, instruments)
    return {who: found[asked.id] for who, found in said.items()}


def _bars(archive: Archive, claim: Claim, instruments: Sequence[Instrument]) -> Mapping[str, Bars]:
    """Bars as known at issue, those of a coin beside a session's on that venue's sessions."""
    as_of = claim.window.start
    snapshot = archive.as_of(as_of, {one.symbol: one.sources for one in instruments})
    flags = quality.flags(snapshot, instruments, ())
    hidden = quality.withheld(flags)
    found = {one.symbol: bars(snapshot, one) for one in instruments if one.symbol not in hidden}
    known = {symbol: own for symbol, own in found.items() if own is not None}
    for symbol in claim.symbols:
        have = len(known[symbol]) if symbol in known else 0
        if have < MIN_CLOSES:
            grave = (f.seen for f in flags if f.series == symbol and f.severity != "note")
            seen = next(grave, f"{have} closes are known of the {MIN_CLOSES} that a share needs")
            raise ClaimRefused("no_data", f"{symbol} as of {iso(as_of)}: {seen}.")
    own = [one for one in instruments if one.symbol in claim.symbols]
    rules = leg(*own)
    if rules.venue != ALWAYS:
        dates = known[rules.symbol].dates
        for one in own:
            if one.venue == ALWAYS:
                known[one.symbol] = merged(known[one.symbol], dates)
    return known
