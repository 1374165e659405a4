"""The desk's gate: which families may speak, what goes on record, and which one is my call.

A family (instrument, kind, horizon) is open when the reference credibly beats the base rate
there, shown walk-forward on the archive with the very claims that the slate would have made.
A claim goes on record when its family is open, its expected edge is material, it is not trivial,
its inputs are neither dark nor withheld, and no open prediction on the same instrument overlaps
its window.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from workbench.domain.calendars import to_datetime, venue
from workbench.domain.claims import Claim, Window
from workbench.domain.instruments import Instrument
from workbench.domain.records import Decision, Role, Terms
from workbench.measures import scenarios, slate
from workbench.measures.prices import Array, Bars
from workbench.measures.scoring import Skill, skill

Family = tuple[str, str, int]
REFRESH = 63  # sessions between refreshes of the evidence: a quarter
STRIDE = 9  # sessions between walk-forward dates; odd, so that every turn of the slate is asked
MIN_DATES = 60
LEVEL = 0.99  # of the interval that must lie above zero


def evidence(
    bars: Sequence[Bars], instruments: Sequence[Instrument], horizons: Sequence[int]
) -> Mapping[Family, Skill]:
    """Walk-forward skill of the reference over the base rate, by family.

    At every ninth past session the slate of that day is rebuilt from what had happened by then,
    answered by scaled and by unscaled episodes, and scored with what followed. Only sessions up
    to the last refresh count, so the verdict changes once a quarter.

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
    # Blocks are twice as long as a window; the interval is wider than usual because some forty
    # families are asked side by side.
    return {
        family: skill(
            *_columns(rows), mean_block=max(2, math.ceil(2 * family[2] / STRIDE)), level=LEVEL
        )
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


def is_open(found: Skill | None) -> bool:
    """True when the reference credibly beats the base rate: 60 dates and an interval above 0."""
    return bool(found and found.dates >= MIN_DATES and found.low is not None and found.low > 0)


def gain(p: float, base: float) -> float:
    """Expected edge over the base rate, (p - b)^2 / (b (1 - b)): 0.005 is 3.5 points at 1/2."""
    return (p - base) ** 2 / (base * (1 - base))


def information(p: float, base: float) -> float:
    """Expected information gain over the base rate, nats: the divergence of p from b."""
    return float(p * np.log(p / base) + (1 - p) * np.log((1 - p) / (1 - base)))


def decide(
    slate_: Iterable[Claim],
    said: Mapping[str, float],
    base: Mapping[str, float],
    families: Mapping[Family, Skill],
    *,
    terms: Terms,
    withheld: Collection[str],
    running: Sequence[Claim],
    recent: Sequence[str],
) -> list[Decision]:
    """What goes on record, what stays a shadow, and which prediction is the call.

    Args:
        slate_: The cycle's claims.
        said: Claim id to the desk's probability.
        base: Claim id to the base rate.
        families: Walk-forward evidence.
        terms: What the gate asks for.
        withheld: Symbols with a withheld or dark series.
        running: Predictions on record that are still open.
        recent: ``call_key`` of the last calls, latest last.

    Returns:
        One decision a claim, in slate order. Claims rank by information over the square root of
        their sessions, halved for each time
        that their family and instrument were the call lately. The call is the first that I hold
        more likely than not and than history does; then follow, in order, those on an instrument
        and window that nothing on record speaks about.
    """
    refused: dict[str, str] = {}
    passed: list[Claim] = []
    for claim in slate_:
        reason = _refusal(claim, said[claim.id], base[claim.id], families, terms, withheld)
        if reason:
            refused[claim.id] = reason
        else:
            passed.append(claim)
    times = Counter(recent[-terms.recent :])

    def worth(claim: Claim) -> float:
        nats = information(said[claim.id], base[claim.id]) / claim.window.sessions**0.5
        return float(nats * 0.5 ** times[call_key(claim)])

    ranked = sorted(passed, key=lambda c: (-worth(c), c.id))
    free = [c for c in ranked if not any(overlaps(c, o) for o in running)]
    call = next((c for c in free if said[c.id] >= max(0.5, base[c.id])), None)
    taken: list[Claim] = []
    for claim in ranked if call is None else [call, *ranked]:
        blocker = next((o for o in (*running, *taken) if overlaps(claim, o)), None)
        if blocker is None:
            taken.append(claim)
        elif claim not in taken:
            refused[claim.id] = (
                f"a prediction on {blocker.subject} is open until {blocker.window.date}"
                if blocker in running
                else "another claim on the same instrument and window goes on record"
            )
    roles: dict[str, Role] = {c.id: "call" if c is call else "other" for c in taken}
    return [
        _decision(c, said[c.id], base[c.id], roles.get(c.id, "shadow"), refused.get(c.id))
        for c in slate_
    ]


def call_key(claim: Claim) -> str:
    """What should vary from call to call: the instrument and the family."""
    return f"{claim.subject} {claim.family}"


def _refusal(
    claim: Claim,
    p: float,
    base: float,
    families: Mapping[Family, Skill],
    terms: Terms,
    withheld: Collection[str],
) -> str | None:
    if hidden := [symbol for symbol in claim.symbols if symbol in withheld]:
        return f"{hidden[0]} is withheld"
    found = families.get((_owner(claim, families), claim.kind, claim.window.sessions))
    if not is_open(found):
        if found is None or found.skill is None or found.dates < MIN_DATES:
            return "its family has too little history to be judged"
        return (
            f"its family is shut: skill {100 * found.skill:+.1f}% [{100 * (found.low or 0):+.1f}, "
            f"{100 * (found.high or 0):+.1f}] on {found.dates} dates"
        )
    if not terms.trivial <= p <= 1 - terms.trivial:
        return "it is too certain to be worth saying"
    if gain(p, base) < terms.material:
        return f"its edge is {100 * (p - base):+.1f} points on the base rate, too little to matter"
    return None


def _owner(claim: Claim, families: Mapping[Family, Skill]) -> str:
    """The instrument whose evidence a claim uses; a relative one may be asked either way."""
    key = (claim.subject, claim.kind, claim.window.sessions)
    return claim.subject if key in families or claim.versus is None else claim.versus


def overlaps(one: Claim, other: Claim) -> bool:
    """True when two claims share an instrument and a moment."""
    shared = set(one.symbols) & set(other.symbols)
    apart = one.window.start >= other.window.deadline or other.window.start >= one.window.deadline
    return bool(shared) and not apart


def _decision(claim: Claim, p: float, base: float, role: Role, refusal: str | None) -> Decision:
    reason = refusal or f"open family, edge {100 * (p - base):+.1f} points on the base rate"
    return Decision(
        claim=claim.id, role=role, probability=p, base_rate=base, gain=gain(p, base), reason=reason
    )
