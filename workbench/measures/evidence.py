"""Walk-forward evidence: where the reference has beaten the base rate, by family.

A family is (instrument, kind, horizon). At every ninth past session the slate of that day is
rebuilt from what had happened by then, answered by the reference and by the base rate, and
scored with what followed. The verdict is refreshed once a quarter.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from workbench.domain.calendars import to_datetime, venue
from workbench.domain.claims import Window
from workbench.domain.instruments import Instrument
from workbench.measures import scenarios, slate
from workbench.measures.prices import Array, Bars
from workbench.measures.scoring import Skill, skill

Family = tuple[str, str, int]
REFRESH = 63  # sessions between refreshes: a quarter
STRIDE = 9  # sessions between walk-forward dates; odd, so that every turn of the slate is asked


def walk_forward(
    bars: Sequence[Bars], instruments: Sequence[Instrument], horizons: Sequence[int]
) -> Mapping[Family, Skill]:
    """Walk-forward skill of the reference over the base rate, by family.

    Only sessions up to the last refresh count.

    Args:
        bars: The instruments' bars as known; the first is the lead.
        instruments: In the same order.
        horizons: Sessions.

    Returns:
        Skill for each family that was ever asked.
    """
    past = tuple(
        _Past(_until(own, (len(own) - 1) // REFRESH * REFRESH + 1), one)
        for one, own in zip(instruments, bars, strict=True)
    )
    return _evidence(past, tuple(horizons))


class _Past:
    """Bars of an instrument as a cache key: equal content, equal key."""

    def __init__(self, bars: Bars, one: Instrument) -> None:
        self.bars, self.one = bars, one
        digest = hashlib.blake2b(repr(one).encode())
        for array in (bars.dates, bars.close, bars.high, bars.low):
            digest.update(np.ascontiguousarray(array).view(np.uint8).data)
        self.digest = digest.digest()

    def __hash__(self) -> int:
        return hash(self.digest)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Past) and self.digest == other.digest

    def until(self, n: int) -> _Past:
        """The same with only the first n bars."""
        return _Past(_until(self.bars, n), self.one)

    def to(self, date: np.datetime64) -> _Past | None:
        """The same up to a session, or None when that session has no bar."""
        n = int(np.searchsorted(self.bars.dates, date)) + 1
        there = n <= len(self.bars) and self.bars.dates[n - 1] == date
        return self.until(n) if there else None


@lru_cache(maxsize=64)
def _evidence(past: tuple[_Past, ...], horizons: tuple[int, ...]) -> Mapping[Family, Skill]:
    losses: dict[Family, list[tuple[int, float, float]]] = {}
    lead = past[0]
    for own in past:
        first = lead if _comparable(own.one, lead.one) else None
        for horizon in horizons:
            for t in range(scenarios.MIN_CLOSES, len(own.bars) - horizon, STRIDE):
                end = t + horizon + 1
                beside = None if first is None else first.to(own.bars.dates[t + horizon])
                scored = _scored(own.until(end), beside, horizon)
                for kind, own_loss, base_loss in scored:
                    family = (own.one.symbol, kind, horizon)
                    losses.setdefault(family, []).append((t, own_loss, base_loss))
    # Dates lie STRIDE sessions apart, so blocks twice as long as a window are short.
    return {
        family: skill(*_columns(rows), mean_block=max(2, math.ceil(2 * family[2] / STRIDE)))
        for family, rows in losses.items()
    }


def _columns(rows: list[tuple[int, float, float]]) -> tuple[Array, Array, npt.NDArray[np.int64]]:
    date, own, base = (np.array(column) for column in zip(*rows, strict=True))
    return own, base, date


def _comparable(one: Instrument, first: Instrument) -> bool:
    return one is not first and (one.venue, one.theme) == (first.venue, first.theme)


@lru_cache(maxsize=20_000)
def _scored(past: _Past, first: _Past | None, horizon: int) -> tuple[tuple[str, float, float], ...]:
    """(kind, loss of the reference, loss of the base rate) of one past session's claims."""
    then = _until(past.bars, len(past.bars) - horizon)
    start = to_datetime(then.at[-1])
    last = venue(past.one.venue).after(start, horizon)
    when = Window(start=start, sessions=horizon, date=last.date, deadline=last.close)
    scaled, plain = scenarios.ewma_scaled(then, horizon), scenarios.episodes(then, horizon)
    actual = _last(scenarios.episodes(past.bars, horizon), then)
    turn = len(then)
    asked = slate.single(scaled, past.one, when, turn)
    pairs: list[tuple[str, float, float]] = []
    for claim in asked:
        happened, _ = scenarios.outcomes(claim, actual)
        if not len(happened):
            continue
        y = float(happened[0])
        p, b = scenarios.probability(claim, scaled), scenarios.probability(claim, plain)
        pairs.append((claim.kind, (p - y) ** 2, (b - y) ** 2))
    lead = None if first is None else first.to(then.dates[-1])
    if first is not None and lead is not None:
        pairs += _relative(past, first, lead.bars, then, scaled, plain, actual, when)
    return tuple(pairs)


def _relative(
    past: _Past,
    first: _Past,
    lead: Bars,
    then: Bars,
    scaled: scenarios.Episodes,
    plain: scenarios.Episodes,
    actual: scenarios.Episodes,
    when: Window,
) -> list[tuple[str, float, float]]:
    h = when.sessions
    lead_scaled, lead_plain = scenarios.ewma_scaled(lead, h), scenarios.episodes(lead, h)
    lead_actual = _last(scenarios.episodes(first.bars, h), lead)
    asked = slate.versus(scaled, lead_scaled, past.one, first.one, when, len(then))
    found = []
    for claim in asked:
        swap = claim.subject != past.one.symbol
        sides = [(scaled, lead_scaled), (plain, lead_plain), (actual, lead_actual)]
        if swap:
            sides = [(theirs, mine) for mine, theirs in sides]
        p, b = (scenarios.probability(claim, *side) for side in sides[:2])
        happened, _ = scenarios.outcomes(claim, *sides[2])
        if not len(happened):
            continue
        y = float(happened[0])
        found.append(("relative", (p - y) ** 2, (b - y) ** 2))
    return found


def _until(own: Bars, n: int) -> Bars:
    return replace(
        own, dates=own.dates[:n], at=own.at[:n], known_at=own.known_at[:n], close=own.close[:n],
        high=own.high[:n], low=own.low[:n], volume=own.volume[:n],
    )  # fmt: skip


def _last(all_: scenarios.Episodes, then: Bars) -> scenarios.Episodes:
    """Only the episode that starts at the last bar of ``then``."""
    i = len(then) - 1
    kept = slice(i, i + 1)
    return replace(
        all_, dates=all_.dates[kept], close=all_.close[kept], high=all_.high[kept],
        low=all_.low[kept], weight=all_.weight[kept], price=float(then.close[-1]),
    )  # fmt: skip
