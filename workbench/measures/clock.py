"""Reading an instrument at moments between the closes of its venue, from bars of an hour or finer.

Several bars may speak for one instrument: of several lengths, and of several quotes, such as a
coin in dollars and in a tether. A claim is counted and settled on one quote, the first that had a
fresh price at issue, and on its finest bars that are complete.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from workbench.domain import intraday
from workbench.domain.calendars import to_numpy
from workbench.domain.claims import WATCHED, Claim
from workbench.domain.instruments import ALWAYS, Instrument
from workbench.measures.outcomes import Watched
from workbench.measures.prices import Bars

HOUR = np.timedelta64(1, "h")
STALE = 2 * HOUR  # an older last price is no reference for a claim that runs by the clock
Finer = Mapping[str, Sequence[Bars]]


def is_clocked(claim: Claim, symbol: str, instruments: Mapping[str, Instrument]) -> bool:
    """True for an instrument that is read at moments between the closes of its venue."""
    others = any(instruments[each].venue != ALWAYS for each in claim.symbols)
    return claim.window.mode == "clock" or (instruments[symbol].venue == ALWAYS and others)


def clocked(claim: Claim, instruments: Mapping[str, Instrument]) -> tuple[str, ...]:
    """The instruments that a claim, or its condition, reads by the clock; most claims none."""
    parts = (claim,) if claim.given is None else (replace(claim, given=None), claim.given)
    found = (s for part in parts for s in part.symbols if is_clocked(part, s, instruments))
    return tuple(dict.fromkeys(found))


def quoted(claim: Claim, finer: Sequence[Bars], symbol: str) -> list[Bars]:
    """Of one instrument, the bars of the quote that a claim is counted and settled on.

    Args:
        claim: Whose window; once registered, its reference names the quote.
        finer: Bars of an hour at most, quotes in order of preference, finest first.
        symbol: The instrument.

    Returns:
        Their part that the window needs, in the same order: from two hours before issue to an
        hour after the deadline. Of the quote that the reference is from, which is the
        instrument's own where it is a daily close. Before registration of the first quote with a
        price in the two hours before issue that was known by then, else of the first with any
        bar; empty without one.
    """
    start, end = to_numpy(claim.window.start), to_numpy(claim.window.deadline)
    near = [one.picked((one.at >= start - STALE) & (one.at <= end + HOUR)) for one in finer]
    near = [one for one in near if len(one)]
    frozen = next((one for one in claim.references if one.symbol == symbol), None)
    if frozen is not None:
        quote = {intraday.plain(frozen.series or symbol)}
    else:
        fresh = [one for one in near if len(_known(one, start))]
        quote = {intraday.plain(one.symbol) for one in (fresh or near)[:1]}
    return [one for one in near if intraday.plain(one.symbol) in quote]


def last_known(options: Sequence[Bars], moment: np.datetime64) -> tuple[Bars, int] | None:
    """The bar of the latest close that was known at a moment, the first where two are as late."""
    found = [(one, int(known[-1])) for one in options if len(known := _known(one, moment))]
    return max(found, key=lambda pair: pair[0].at[pair[1]], default=None)


def _known(one: Bars, moment: np.datetime64) -> npt.NDArray[np.intp]:
    """Positions of the bars that had ended and were known at a moment."""
    return np.flatnonzero((one.known_at <= moment) & (one.at <= moment))


def watched(claim: Claim, one: Bars) -> Watched | None:
    """The bars between two moments, none longer than an hour, none missing.

    A bar that began before issue, or ends after the deadline, is an edge: what happened in it
    may have happened outside the window.
    """
    start, end = to_numpy(claim.window.start), to_numpy(claim.window.deadline)
    length = HOUR if one.length is None else one.length
    before = int(np.searchsorted(one.at, start, side="right")) - 1
    last = int(np.searchsorted(one.at, end, side="right")) - 1
    if before < 0 or last <= before or end - one.at[last] >= length:
        return None
    if claim.kind not in WATCHED:
        return Watched(inside=one.picked(slice(last, last + 1)), edges=None)
    cut_short = bool(one.at[last] < end)
    if cut_short and last + 1 >= len(one):
        return None
    if (np.diff(one.at[before : last + 1 + cut_short]) > length).any():
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
