"""What one cycle's probabilities cost: every forecaster on the same slate, in turns.

Two desks: the default one, and fifteen made-up instruments of which 40 claims are asked. The
made-up ones are random walks whose volatility comes and goes. Each round adds one session, so
that what a running desk remembers is remembered here. All ways answer the same claims.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from workbench.domain import claims
from workbench.domain.calendars import to_datetime, venue
from workbench.domain.claims import Claim
from workbench.domain.instruments import INSTRUMENTS, Instrument, find
from workbench.measures import answers, garch, slate, walks
from workbench.measures.joint import Joint, joint
from workbench.measures.prices import Bars, bars
from workbench.measures.scenarios import Episodes
from workbench.world.archive import Archive

HORIZONS = (1, 5)
WAYS = ("scenario, first time", "scenario, next session", "tilt and count", "gjr_fhs")
LENGTHS = (1_000, 2_000, 4_000, 8_000)
LAST = np.datetime64("2018-12-28")
Desk = Mapping[str, Bars]


def measured(rounds: int) -> pd.DataFrame:
    """Milliseconds by desk and way: ``desk sessions claims way median least most ratio``.

    The ratio is over ``gjr_fhs`` on the same desk, whose yearly fits are made beforehand.
    """
    default, fifteen = bundled(), made_up(15, 6_500)
    desks: list[tuple[str, Desk, int | None]] = [
        ("default desk", default, None), ("15 instruments", fifteen, 40),
        *((f"15 instruments, {n:,}", cut(fifteen, n), 40) for n in LENGTHS[:-1]),
        (f"15 instruments, {LENGTHS[-1]:,}", made_up(15, LENGTHS[-1]), 40),
    ]  # fmt: skip
    rows = []
    for name, history, wanted in desks:
        times, count = timed(history, wanted, rounds)
        base = statistics.median(times["gjr_fhs"])
        for way in WAYS:
            found = [1000 * t for t in times[way]]
            median = statistics.median(found)
            rows.append(
                {"desk": name, "sessions": max(map(len, history.values())), "claims": count,
                 "way": way, "median": median, "least": min(found), "most": max(found),
                 "ratio": median / (1000 * base)}
            )  # fmt: skip
    return pd.DataFrame(rows)


def timed(history: Desk, wanted: int | None, rounds: int) -> tuple[dict[str, list[float]], int]:
    """Seconds of each way, a round a session, and how many claims were asked."""
    instruments = [find(symbol, TABLE) for symbol in history]
    times: dict[str, list[float]] = {way: [] for way in WAYS}
    count = 0
    for ago in range(rounds, -1, -1):
        now = {symbol: own.until(len(own) - ago) for symbol, own in history.items()}
        if ago == rounds:
            walks._known.clear()
        first = ago == rounds
        took, sets = clocked(lambda now=now: reference(now, instruments))
        asked = questions(sets, instruments, now, wanted)
        count = len(asked)
        counted, _ = clocked(lambda sets=sets, asked=asked: shares(sets, asked))
        tilted, _ = clocked(lambda sets=sets, asked=asked: shares(widened(sets), asked))
        if first:
            simulated(now, asked)  # its fits, once a year
            times[WAYS[0]].append(took + counted)
            continue
        times[WAYS[1]].append(took + counted)
        times[WAYS[2]].append(tilted)
        times[WAYS[3]].append(clocked(lambda now=now, asked=asked: simulated(now, asked))[0])
    return times, count


def clocked(work: Callable[[], object]) -> tuple[float, object]:
    """CPU seconds of a piece of work, and what it returned."""
    gc.collect()
    gc.disable()
    begin = time.process_time()
    found = work()
    took = time.process_time() - begin
    gc.enable()
    return took, found


def reference(now: Desk, instruments: list[Instrument]) -> dict[int, Joint]:
    """The desk's scenarios as joint sets, as a cycle makes them."""
    legs = {key: one.at() for key, one in walks.reference(now, instruments, HORIZONS).items()}
    return {h: joint({s: own for (s, of), own in legs.items() if of == h}) for h in HORIZONS}


def questions(
    sets: Mapping[int, Joint], instruments: list[Instrument], now: Desk, wanted: int | None
) -> list[Claim]:
    """The slate of the day, or as many of its claims as are wanted, from all over it."""
    legs: dict[tuple[str, int], Episodes] = {
        (symbol, h): one.of(symbol) for h, one in sets.items() for symbol in one.legs
    }
    start = max(to_datetime(own.known_at[-1]) for own in now.values())
    windows = {(one.symbol, h): claims.window(one, start, h) for one in instruments
               for h in HORIZONS}  # fmt: skip
    asked = slate.build(legs, instruments, windows, turn=len(next(iter(now.values()))))
    return asked if wanted is None else asked[:: max(1, len(asked) // wanted)][:wanted]


def shares(sets: Mapping[int, Joint], asked: list[Claim]) -> dict[str, float]:
    """Every claim's probability."""
    said: dict[str, float] = {}
    for h, one in sets.items():
        said |= one.asked(c for c in asked if c.window.sessions == h).shares(one.weight)
    return said


def widened(sets: Mapping[int, Joint]) -> dict[int, Joint]:
    """What a mind makes of the sets."""
    return {h: one.widened(next(iter(one.legs)), 1.1) for h, one in sets.items()}


def simulated(now: Desk, asked: list[Claim]) -> dict[str, float]:
    """The same claims by GJR-FHS, those on two instruments by their subject's scenarios."""
    paths: dict[tuple[str, int], Episodes | None] = {}
    said = {}
    for claim in asked:
        key = claim.subject, claim.window.sessions
        if key not in paths:
            own = now[claim.subject]
            paths[key] = garch.Walk(own, claim.window.sessions).at(len(own) - 1)
        ahead = paths[key]
        if ahead is not None and claim.versus is None:
            said[claim.id] = answers.probability(claim, ahead)
    return said


def bundled() -> Desk:
    """The default desk's history to the end of 2018."""
    import tempfile
    from pathlib import Path

    from workbench.domain.calendars import moment
    from workbench.world.feeds import bundled as feed

    with tempfile.TemporaryDirectory() as folder:
        archive = Archive(Path(folder))
        archive.append(feed.observations(), origin=feed.ORIGIN, through=feed.THROUGH)
        wanted = {one.symbol: one.sources for one in INSTRUMENTS}
        snapshot = archive.as_of(moment("2018-12-31T12:00Z"), wanted)
    found = {one.symbol: bars(snapshot, one) for one in INSTRUMENTS}
    return {s: own for s, own in found.items() if own is not None and s in {"SPX", "COMP", "VIX"}}


def made_up(count: int, n: int) -> Desk:
    """Walks that share half of their moves, of volatility that comes and goes, same calendar."""
    calendar = venue("XNYS")
    end = int(np.searchsorted(calendar.dates, LAST, side="right"))
    n = min(n, end)
    dates, at = calendar.dates[end - n : end], calendar.closes[end - n : end]
    rng = np.random.default_rng(2018)
    state = np.zeros(n)
    for i in range(1, n):
        state[i] = 0.98 * state[i - 1] + 0.12 * rng.standard_normal()
    sigma, market = 0.01 * np.exp(0.5 * state), rng.standard_normal((8, n))
    found = {}
    for one in TABLE[:count]:
        steps = sigma * (market + rng.standard_normal((8, n))) / 4
        path = np.cumsum(steps, axis=0)
        close = np.cumsum(path[-1])
        start = close - path[-1]
        high, low = start + np.maximum(path.max(0), 0), start + np.minimum(path.min(0), 0)
        prices = {k: 100 * np.exp(v) for k, v in
                  {"open": start, "close": close, "high": high, "low": low}.items()}  # fmt: skip
        found[one.symbol] = Bars(symbol=one.symbol, dates=dates, at=at,
                                 known_at=at + np.timedelta64(15, "m"),
                                 volume=np.full(n, 1e6), **prices)  # fmt: skip
    return found


def cut(history: Desk, n: int) -> Desk:
    """The last n sessions."""
    return {symbol: own.picked(slice(-n, None)) for symbol, own in history.items()}


_SHARE = next(one for one in INSTRUMENTS if one.symbol == "SPX")
TABLE = [
    *(replace(_SHARE, symbol=f"MADE{k}", name=f"Made up {k}") for k in range(15)),
    *INSTRUMENTS,
]
