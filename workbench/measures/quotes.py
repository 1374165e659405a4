"""What markets pay for claims: quotations in a snapshot, read as claims.

A market's prices are the series ``market:NAME``; a field is the sentence that is traded, in desk
English, and its values are probabilities.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from workbench.domain.calendars import Moments, to_datetime, to_numpy, venue
from workbench.domain.claims import Claim
from workbench.domain.english import compile_text
from workbench.domain.errors import ClaimRefused
from workbench.domain.instruments import Instrument
from workbench.domain.records import Flag
from workbench.domain.snapshots import Snapshot

SERIES = "market:"
FRESH = np.timedelta64(24, "h")  # an older price says what was thought, not what is


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What one market pays for one claim.

    Attributes:
        market: Its name.
        claim: As compiled at the snapshot's moment, without references.
        probability: Latest price known, inside (0, 1).
        at: When it was paid.
    """

    market: str
    claim: Claim
    probability: float
    at: np.datetime64


def quotes(
    snapshot: Snapshot, table: Sequence[Instrument]
) -> tuple[tuple[Quote, ...], tuple[Flag, ...]]:
    """The quotations of the last 24 hours, and what is wrong with the others.

    Args:
        snapshot: With the series of markets.
        table: Instruments that sentences may name.

    Returns:
        One quote a claim, the newest where several markets trade it, ordered by market and
        sentence; and for each market with sentences that are no claim, prices that are no
        probability, or claims that meant something else when the price was paid, one flag. A
        sentence whose time is over is neither.
    """
    found: dict[Claim, Quote] = {}
    bad: dict[str, list[tuple[str, str]]] = {}
    for market, sentence, price, at in _latest(snapshot):
        try:
            claim = _claim(sentence, price, to_datetime(at), snapshot.as_of, table)
        except ClaimRefused as refused:
            if refused.code != "window_over":
                bad.setdefault(market, []).append((sentence, refused.reason))
            continue
        before = found.get(claim)
        if before is None or at > before.at:
            found[claim] = Quote(market=market, claim=claim, probability=price, at=at)
    flags = [
        Flag(
            series=SERIES + market, field="", check="NO_CLAIM", severity="note", since=None,
            seen=f"{len(lost)} sentence{'s' * (len(lost) > 1)} left out, the first "
            f"“{lost[0][0]}”: {lost[0][1]}",
        )
        for market, lost in bad.items()
    ]  # fmt: skip
    return tuple(found.values()), tuple(flags)


def _latest(snapshot: Snapshot) -> Iterator[tuple[str, str, float, np.datetime64]]:
    now = to_numpy(snapshot.as_of)
    for (series, sentence), column in sorted(snapshot.columns.items()):
        moments: Moments = column.at
        if series.startswith(SERIES) and now - moments[-1] <= FRESH:
            yield series.removeprefix(SERIES), sentence, float(column.value[-1]), moments[-1]


def _claim(
    sentence: str, price: float, paid: dt.datetime, now: dt.datetime, table: Sequence[Instrument]
) -> Claim:
    """The claim as of now, if it is what was traded when the price was paid."""
    if not 0 < price < 1:
        raise ClaimRefused("bad_probability", f"Its price {price:g} is no probability.")
    compiled, traded = (compile_text(sentence, when, table).claims for when in (now, paid))
    if len(compiled) != 1:
        raise ClaimRefused("alternative", f"It is {len(compiled)} claims.")
    claim, then = compiled[0], traded[0]
    if claim.window.deadline != then.window.deadline:
        raise ClaimRefused("no_deadline", "It meant another deadline when its price was paid.")
    venues = {one.symbol: one.venue for one in table}
    closed = any(venue(venues[s]).count(paid, now) for s in claim.symbols)
    if closed and not (claim.kind in {"level", "band"} and claim.unit == "price"):
        raise ClaimRefused("reference_other", "It counts from a close that came after its price.")
    return claim


def price_of(claim: Claim, known: Sequence[Quote]) -> float | None:
    """What a market pays for a claim of the slate, or None when nobody trades it."""
    bare = claim.content()
    bare.pop("references", None)
    return next((one.probability for one in known if one.claim.content() == bare), None)
