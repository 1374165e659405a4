"""How a story is tested: its reading of the desk's bars, and the settled claims that bear on it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sqlalchemy as sa

from workbench.domain.calendars import Moments
from workbench.domain.sentences import day
from workbench.measures import leadlag, together
from workbench.measures import stories as measure
from workbench.measures.leadlag import LeadLag, Pair
from workbench.measures.prices import Array
from workbench.measures.stories import Answered, Bets
from workbench.measures.together import Group, Togetherness
from workbench.steps.bench import Bench
from workbench.world import entries as book
from workbench.world.stories import Lead, Pattern, Story, Together

LATE = 7  # days behind the moment after which a story's bars are stale
Reading = LeadLag | Togetherness


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocked:
    """Why a story cannot be tested now, one sentence."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tested:
    """A story's reading.

    Attributes:
        symbols: Whose bars are read; leader and follower, or the members.
        bars: They on their common sessions.
        dates: Those sessions, increasing.
        bets: Edges for and against, one column a session.
        points: Where a lead points on each session, -1 to 1; None without a leader.
        reading: The statistics of the latest window.
        finding: The same as the ledger keeps it.
        said: The same in a sentence.
    """

    symbols: tuple[str, ...]
    bars: Pair | Group
    dates: Moments
    bets: Bets
    points: Array | None
    reading: Reading
    finding: dict[str, Any]
    said: str


def tested(bench: Bench, story: Story) -> Tested | Blocked:
    """The story's reading as of the bench's moment, or why it has none; made once a bench."""
    params = story.params
    if isinstance(params, Lead):
        return bench.once(f"story {story.name}", lambda: _lead(bench, params))
    return bench.once(f"story {story.name}", lambda: _together(bench, params))


def _lead(bench: Bench, params: Lead) -> Tested | Blocked:
    table = {one.symbol: one for one in bench.instruments}
    ends = []
    for role, named in (("leader", params.leader), ("follower", params.follower)):
        have = [symbol for symbol in named if symbol in bench.bars]
        if not have:
            return _missing(bench, role, named)
        ends.append(have[0])
    first, second = ends
    both = leadlag.pair((table[first], bench.bars[first]), (table[second], bench.bars[second]))
    if stale := _stale(bench, both.dates, ends):
        return stale
    sign = 1 if params.sign == "same" else -1
    reading = leadlag.read(both, params.lags, sign)
    if reading is None:
        return _few(both.dates, ends)
    best, names = reading.best, bench.names
    interval = f"[{best.low:+.2f}, {best.high:+.2f}]".replace("-", "−")
    said = (
        f"{names[first]} {best.lag} bar{'s' * (best.lag != 1)} ahead of {names[second]}: "
        f"correlation {best.correlation:+.2f} {interval} over {reading.n} sessions to "
        f"{day(reading.last.astype(object))}, ahead less behind {reading.asymmetry:+.2f}."
    ).replace("-", "−")
    finding = {
        "lag": best.lag, "correlation": best.correlation, "low": best.low, "high": best.high,
        "p_value": reading.p_value, "asymmetry": reading.asymmetry,
        "asymmetry_p": reading.asymmetry_p, "n": reading.n,
    }  # fmt: skip
    return Tested(
        symbols=(first, second), bars=both, dates=both.dates,
        bets=measure.lead(leadlag.products(both, params.lags, sign), params.material),
        points=sign * both.led(1), reading=reading, finding=_kept(finding, reading), said=said,
    )  # fmt: skip


def _together(bench: Bench, params: Together) -> Tested | Blocked:
    have = tuple(symbol for symbol in params.members if symbol in bench.bars)
    if len(have) < max(params.least, 3):
        return _missing(bench, "member", params.members)
    own = together.group([bench.bars[symbol] for symbol in have])
    if stale := _stale(bench, own.dates, have):
        return stale
    reading = together.read(own, params.least, params.down)
    if reading is None:
        return _few(own.dates, have)
    said = (
        f"At least {params.least} of {len(have)} fell together on {reading.falls} of the last "
        f"{reading.n} sessions to {day(reading.last.astype(object))}, against "
        f"{reading.usual:.0%} of days before; pairs correlate at {reading.alike:.2f}, usually "
        f"{reading.low:.2f} to {reading.high:.2f}."
    )
    finding = {
        "falls": reading.falls, "usual": reading.usual, "alike": reading.alike,
        "low": reading.low, "high": reading.high, "p_value": reading.p_value, "n": reading.n,
        "past": reading.past,
    }  # fmt: skip
    return Tested(
        symbols=have, bars=own, dates=own.dates,
        bets=measure.joint_falls(own.falls(params.least, params.down), params.material),
        points=None, reading=reading, finding=_kept(finding, reading), said=said,
    )  # fmt: skip


def _kept(finding: dict[str, Any], reading: Reading) -> dict[str, Any]:
    rounded = {k: round(v, 6) if isinstance(v, float) else v for k, v in finding.items()}
    return rounded | {"first": str(reading.first), "last": str(reading.last)}


def _missing(bench: Bench, role: str, named: Sequence[str]) -> Blocked:
    asked = set(named) & {one.symbol for one in bench.instruments}
    gone = [symbol for symbol in named if symbol in asked] or list(named)
    why = "has no closes that may be used" if asked else "is not among the desk's instruments"
    listed = " or ".join((", ".join(gone[:-1]), gone[-1])) if gone[:-1] else gone[0]
    return Blocked(reason=f"No {role} can be read: {listed} {why}.")


def _few(dates: Moments, symbols: Sequence[str]) -> Blocked:
    return Blocked(
        reason=f"The {len(dates)} common sessions of {', '.join(symbols)} are too few for a test, "
        "or one of them stands still."
    )


def _stale(bench: Bench, dates: Moments, symbols: Sequence[str]) -> Blocked | None:
    if not len(dates):
        return Blocked(reason=f"{' and '.join(symbols)} have no session in common.")
    last = dates[-1].astype("datetime64[D]").item()
    if (bench.as_of.date() - last).days <= LATE:
        return None
    return Blocked(
        reason=f"The last session that {', '.join(symbols)} have in common is {day(last)}, more "
        f"than {LATE} days back."
    )


def answered(bench: Bench, story: Story, seen: Tested, cycle: int, first: int) -> Answered:
    """Settled claims of the story's patterns against the base rate.

    Args:
        bench: The cycle's.
        story: The story.
        seen: Its test's reading.
        cycle: Claims made before it do not count.
        first: Position of the first session on which a deadline counts.
    """
    kinds = {kind for pattern in story.params.claims for kind in pattern.kinds}
    subjects = {symbol for pattern in story.params.claims for symbol in pattern.subjects}
    base = sa.and_(
        book.forecasts.c.claim == book.claims.c.id, book.forecasts.c.forecaster == "climatology"
    )
    query = (
        sa.select(
            book.claims.c.kind, book.claims.c.subject, book.claims.c.horizon,
            book.claims.c.content, book.settlements.c.outcome, book.forecasts.c.probability,
            book.claims.c.cycle, book.claims.c.seq,
        )
        .join(book.settlements, book.settlements.c.claim == book.claims.c.id)
        .join(book.forecasts, base)
        .join(book.cycles, book.cycles.c.number == book.claims.c.cycle)
        .where(book.claims.c.kind.in_(kinds), book.claims.c.subject.in_(subjects))
        .where(book.claims.c.deadline >= str(seen.dates[first]), book.cycles.c.mode == bench.mode)
        .where(book.settlements.c.cycle <= bench.number, book.settlements.c.outcome != "void")
    )  # fmt: skip
    # Cycle and order are seen to here: in the query they tempt SQLite to scan every claim.
    rows = [row for row in bench.ledger.read(query) if row["cycle"] >= cycle] if kinds else []
    told = []
    for row in sorted(rows, key=lambda one: one["seq"]):
        content = json.loads(row["content"])
        way = _way(story.params.claims, row["kind"], row["subject"], content)
        at = _session(seen, content["window"]["date"])
        if way is None or at is None:
            continue
        lean = way[1] if way[0] != "follows" else way[1] * _pointed(seen, at, row["horizon"])
        if lean:
            came = float(row["outcome"] == "yes") - row["probability"]
            told.append((at, row["horizon"], lean * came))
    session, horizon, edge = zip(*told, strict=True) if told else ((), (), ())
    return Answered(
        session=np.array(session, np.intp),
        horizon=np.array(horizon, np.intp),
        edge=np.array(edge, float),
    )


def _way(
    patterns: Sequence[Pattern], kind: str, subject: str, content: dict[str, Any]
) -> tuple[str, int] | None:
    """How a claim bears on a story: the pattern's way, and 1 where the claim's side is up."""
    side = "up" if kind == "relative" else content.get("side")
    for one in patterns:
        named = kind in one.kinds and subject in one.subjects
        against = not one.versus or kind != "relative" or content.get("versus") in one.versus
        if named and against and side in {"up", "down"} and "given" not in content:
            if one.way == "follows":
                return one.way, 1 if side == "up" else -1
            return one.way, 1 if side == one.way else -1
    return None


def _session(seen: Tested, text: str) -> int | None:
    """Position of the session that a claim's window ends with, if it is read."""
    date = np.datetime64(text, "D")
    at = int(np.searchsorted(seen.dates, date))
    return at if at < len(seen.dates) and seen.dates[at] == date else None


def _pointed(seen: Tested, at: int, horizon: int) -> int:
    """Where the leader pointed when a window of so many sessions began; 0 where nowhere."""
    began = at - horizon + 1
    if seen.points is None or began < 0 or not np.isfinite(seen.points[began]):
        return 0
    return int(np.sign(seen.points[began]))
