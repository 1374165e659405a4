"""Walk-forward evidence: where the reference has beaten the base rate, by family.

A family is (instrument, kind, horizon). At every ninth past session the slate of that day is
rebuilt from what had happened by then, answered by the reference and by the base rate, and
scored with what followed. The verdict is refreshed once a quarter of the lead's sessions.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workbench.domain.calendars import to_datetime, venue
from workbench.domain.claims import Claim, Window
from workbench.domain.instruments import Instrument
from workbench.measures import answers, scenarios, slate
from workbench.measures.prices import Array, Bars
from workbench.measures.scenarios import Episodes
from workbench.measures.scoring import Skill, skill
from workbench.measures.volatility import HOUR
from workbench.measures.walks import Walk, reference

Family = tuple[str, str, int]
_Row = tuple[int, str, float, float]  # session, kind, loss of the reference, of the base rate
REFRESH = 63  # sessions between refreshes: a quarter
STRIDE = 9  # sessions between walk-forward dates; odd, so that every turn of the slate is asked
_KEPT = 8


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Record:
    """What was scored on a history, so that a longer one scores only what it adds."""

    content: tuple[tuple[bytes, ...], ...]
    rows: Mapping[tuple[str, int], tuple[_Row, ...]]
    skill: Mapping[Family, Skill]


_scored: dict[tuple[object, ...], _Record] = {}


def walk_forward(
    bars: Sequence[Bars], instruments: Sequence[Instrument], horizons: Sequence[int]
) -> Mapping[Family, Skill]:
    """Walk-forward skill of the reference over the base rate, by family.

    Only what was known by the last refresh counts.

    Args:
        bars: The instruments' bars as known; the first is the lead.
        instruments: In the same order.
        horizons: Sessions.

    Returns:
        Skill for each family that was ever asked.
    """
    lead = bars[0]
    known = lead.known_at[(len(lead) - 1) // REFRESH * REFRESH] + HOUR
    past = {one.symbol: one.picked(one.known_at <= known) for one in bars}
    key = (tuple(instruments), tuple(horizons))
    content = tuple(_bytes(own) for own in past.values())
    before = _scored.get(key)
    if before is not None and before.content == content:
        return before.skill
    grown = before is not None and all(
        all(new.startswith(old) for new, old in zip(ours, theirs, strict=True))
        for ours, theirs in zip(content, before.content, strict=True)
    )
    rows = _rows(past, instruments, horizons, before.rows if before and grown else {})
    record = _Record(content=content, rows=rows, skill=_skills(rows))
    _scored.pop(key, None)
    while len(_scored) >= _KEPT:
        _scored.pop(next(iter(_scored)))
    _scored[key] = record
    return record.skill


def _bytes(own: Bars) -> tuple[bytes, ...]:
    fields = (own.dates, own.known_at, own.open, own.high, own.low, own.close)
    return tuple(field.tobytes() for field in fields)


def _rows(
    past: Mapping[str, Bars],
    instruments: Sequence[Instrument],
    horizons: Sequence[int],
    before: Mapping[tuple[str, int], tuple[_Row, ...]],
) -> dict[tuple[str, int], tuple[_Row, ...]]:
    walks, lead = reference(past, instruments, horizons), instruments[0]
    found = {}
    for one in instruments:
        comparable = one is not lead and (one.venue, one.theme) == (lead.venue, lead.theme)
        for horizon in horizons:
            own = walks.get((one.symbol, horizon))
            if own is None:
                continue
            beside = walks.get((lead.symbol, horizon)) if comparable else None
            done = before.get((one.symbol, horizon), ())
            # A session is asked of direction whenever it is asked, so the last row is the last one.
            first = done[-1][0] + STRIDE if done else scenarios.MIN_CLOSES
            fresh = [
                (t, *row)
                for t in range(first, len(own.bars) - horizon, STRIDE)
                for row in _session(own, t, one, beside, lead)
            ]
            found[one.symbol, horizon] = (*done, *fresh)
    return found


def _session(
    own: Walk, t: int, one: Instrument, beside: Walk | None, lead: Instrument
) -> list[tuple[str, float, float]]:
    """(kind, loss of the reference, loss of the base rate) of one past session's claims."""
    bars, horizon = own.bars, own.horizon
    start = to_datetime(bars.at[t])
    last = venue(one.venue).after(start, horizon)
    when = Window(start=start, sessions=horizon, date=last.date, deadline=last.close)
    ours = own.at(t).even, own.base(t).even, own.actual(t)
    asked: list[tuple[Claim, list[tuple[Episodes, ...]]]] = [
        (claim, [(side,) for side in ours]) for claim in slate.single(ours[0], one, when, t + 1)
    ]
    i = None if beside is None else _same(own, t, beside)
    if beside is not None and i is not None:
        theirs = beside.at(i).even, beside.base(i).even, beside.actual(i)
        for claim in slate.versus(ours[0], theirs[0], one, lead, when, t + 1):
            first, second = (ours, theirs) if claim.subject == one.symbol else (theirs, ours)
            asked.append((claim, list(zip(first, second, strict=True))))
    found = [_loss(claim, *sides) for claim, sides in asked]
    return [row for row in found if row is not None]


def _loss(
    claim: Claim,
    reference_: tuple[Episodes, ...],
    base: tuple[Episodes, ...],
    actual: tuple[Episodes, ...],
) -> tuple[str, float, float] | None:
    happened, _ = answers.outcomes(claim, *actual)
    if not len(happened):
        return None
    y = float(happened[0])
    p, b = answers.probability(claim, *reference_), answers.probability(claim, *base)
    return claim.kind, (p - y) ** 2, (b - y) ** 2


def _same(own: Walk, t: int, beside: Walk) -> int | None:
    """The row of the other walk on the same session, if its episode ends on the same one too."""
    other, end = beside.bars.dates, t + own.horizon
    i = int(np.searchsorted(other, own.bars.dates[t]))
    if i + own.horizon >= len(other) or other[i] != own.bars.dates[t]:
        return None
    return i if other[i + own.horizon] == own.bars.dates[end] else None


def _skills(rows: Mapping[tuple[str, int], tuple[_Row, ...]]) -> dict[Family, Skill]:
    found: dict[Family, Skill] = {}
    for (symbol, horizon), asked in rows.items():
        # Dates lie STRIDE sessions apart, so blocks twice as long as a window are short.
        block = max(2, math.ceil(2 * horizon / STRIDE))
        for kind in dict.fromkeys(row[1] for row in asked):
            columns = _columns([row for row in asked if row[1] == kind])
            found[symbol, kind, horizon] = skill(*columns, mean_block=block)
    return found


def _columns(rows: list[_Row]) -> tuple[Array, Array, npt.NDArray[np.int64]]:
    date, _, own, base = (np.array(column) for column in zip(*rows, strict=True))
    return own, base, date
