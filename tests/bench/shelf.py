"""A shelf of made-up dispatches: a ledger of any length, to measure what one more of them costs.

The rows are what cycles would append, through the ledger's own ``append``: claims of several kinds
on the venue's calendar with forecasts, decisions, settlements, lessons and dispatches. Prices and
outcomes are drawn, seeded by the dispatch, so a longer shelf begins like a shorter one.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa

from workbench.domain import claims, sentences
from workbench.domain.calendars import Session, iso, venue
from workbench.domain.claims import Claim, Reference, Side, window, with_references
from workbench.domain.figures import day
from workbench.domain.instruments import find
from workbench.measures.gate import gain
from workbench.measures.scoring import desk_score
from workbench.world import entries as book
from workbench.world.ledger import Ledger
from workbench.world.params import Desk, open_desk

PARAMS = Path(__file__).parents[2] / "params" / "default.yaml"
FIRST = dt.date(2000, 1, 3)
_A_DAY = 4  # dispatches a session, so that 20,000 fit into one calendar
_LATE = dt.timedelta(minutes=30)  # after its close a price is known
Entry = tuple[sa.Table, Mapping[str, Any]]
Due = dict[int, list[Entry]]
"""What is still to be entered, by the dispatch that enters it."""
_AS_IT_COMES = {"desk": "shelf", "params": "made", "code": "made"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How the dispatches of a shelf lie in time.

    Attributes:
        first: Place of the first one's session among `sessions`.
        a_day: Dispatches a session.
    """

    first: int = 0
    a_day: int = _A_DAY

    def place(self, number: int) -> int:
        """The session of a dispatch, by its place."""
        return self.first + (number - 1) // self.a_day

    def as_of(self, number: int) -> dt.datetime:
        """The moment of a dispatch."""
        turn = (number - 1) % self.a_day
        return sessions()[self.place(number)].close + dt.timedelta(hours=1 + 2 * turn)

    def after(self, place: int) -> int:
        """The first dispatch that knows how a session closed."""
        return (place - self.first) * self.a_day + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """A desk whose ledger holds so many dispatches.

    Attributes:
        desk: With ``outputs``; its ``site/read`` has a folder for every dispatch but the last,
            as if all had been published. No cycle has a folder: pages are not made from here.
        ledger: Open.
        number: The last dispatch.
        due: Settlements and lessons that its last dispatches wait for.
    """

    desk: Desk
    ledger: Ledger
    number: int
    due: Due = field(default_factory=dict)


def shelf(
    path: Path,
    dispatches: int,
    *,
    live: int = 0,
    shadows: int = 2,
    waiting: float = 0.02,
    pace: Pace = Pace(),
    cycle: Mapping[str, str] = _AS_IT_COMES,
    more: Callable[[int], Iterable[Entry]] = lambda _number: (),
) -> Shelf:
    """Fills a folder with a ledger of so many dispatches, or adds what is missing of them.

    Args:
        path: The outputs folder.
        dispatches: How many, four a session from 3 January 2000; at most 24,000.
        live: How many of the last are live ones; those before them are replays.
        shadows: Claims of each that the gate refused.
        waiting: Share of the claims that no data ever settle.
        pace: How they lie in time.
        cycle: What every cycle's row says of its desk, params and code, and of its snapshot where
            that is not to be its own: those of a real cycle, whose folder can then stand for any.
        more: Rows of a dispatch beside those of its claims.

    Returns:
        Of each 13 dispatches one sits out, of 40 settlements one is void; claims settle after
        one or five sessions.
    """
    desk = open_desk(PARAMS, path)
    ledger = Ledger(desk.ledger)
    due: Due = {}
    with ledger.transaction():
        for number in range(1, dispatches + 1):
            mode = "live" if number > dispatches - live else "replay"
            asked = list(_asked(number, shadows, waiting, due, pace))
            own = {"number": number, "mode": mode, "as_of": iso(pace.as_of(number)),
                   "snapshot": f"{number:064x}"} | cycle  # fmt: skip
            rows = [(book.cycles, own), *due.pop(number, ()), *asked, *more(number)]
            ledger.append(number, rows)
            (path / "site" / "read" / str(number)).mkdir(parents=True, exist_ok=True)
    (path / "site" / "read" / str(dispatches)).rmdir()
    return Shelf(desk=desk, ledger=ledger, number=dispatches, due=due)


@cache
def sessions() -> list[Session]:
    """The sessions that the shelf is dated by."""
    return venue("XNYS").between(FIRST, dt.date(2026, 6, 30))


@cache
def _closes() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(7)
    n = len(sessions())
    walk = {name: np.cumsum(rng.normal(0.0002, 0.01, n)) for name in ("SPX", "COMP")}
    vix = 18 * np.exp(0.5 * np.sin(np.arange(n) / 40) + rng.normal(0, 0.06, n))
    return {name: np.round(1400 * np.exp(path), 2) for name, path in walk.items()} | {
        "VIX": np.round(vix, 2)
    }


def as_of(number: int) -> dt.datetime:
    """The moment of a dispatch of a shelf at its usual pace."""
    return Pace().as_of(number)


def _asked(number: int, shadows: int, waiting: float, due: Due, pace: Pace) -> Iterator[Entry]:
    """What one cycle asks and decides; how it will end goes into ``due``."""
    rng = np.random.default_rng([7, number])
    roles = ["call"] * (number % 13 > 0) + ["other"] * int(rng.integers(0, 3))
    called: str | None = None
    seen: set[str] = set()
    yield book.regimes, {"of": number, "name": ("choppy", "trending_up")[number // 60 % 2],
                         "since": sessions()[pace.place(number) // 15 * 15].date.isoformat(),
                         "turbulent": 0.25, "fitted": None}  # fmt: skip
    for role in [*roles, *["shadow"] * shadows]:
        claim = _claim(number, rng, pace)
        if claim.id in seen:
            continue
        seen.add(claim.id)
        called = claim.id if role == "call" else called
        base = float(np.round(rng.uniform(0.1, 0.9), 6))
        p = float(np.clip(base + rng.normal(0, 0.1), 0.03, 0.97))
        yield book.claims, {
            "id": claim.id, "kind": claim.kind, "subject": claim.subject,
            "horizon": claim.window.sessions, "theme": claim.theme,
            "deadline": iso(claim.window.deadline), "sentence": sentences.render(claim),
            "content": book.canonical(claim.content()),
        }  # fmt: skip
        said = {"climatology": base, "scenario": (p + base) / 2, "Macro": p, "synthesis": p}
        for who, value in said.items():
            yield book.forecasts, {"claim": claim.id, "forecaster": who, "probability": value}
        yield book.decisions, {
            "claim": claim.id, "role": role, "probability": p, "base_rate": base,
            "gain": gain(p, base), "verdict": "crowded" if role == "shadow" else "passed",
            "reason": f"open family, edge {100 * (p - base):+.1f} points on the base rate",
        }  # fmt: skip
        if rng.random() >= waiting:
            _settles(claim, role, p, base, rng, due, pace)
    date = day(pace.as_of(number).date())
    title = f"What the session of {date} leaves open, made up for a measurement"
    yield book.dispatches, {"of": number, "slug": f"what-{number}-leaves-open", "title": title,
                            "call": called, "plan": "{}"}  # fmt: skip


def _claim(number: int, rng: np.random.Generator, pace: Pace) -> Claim:
    place = pace.place(number)
    one, horizon = find(str(rng.choice(["SPX", "COMP", "VIX"]))), int(rng.choice([1, 5]))
    close = float(_closes()[one.symbol][place])
    when, size = window(one, pace.as_of(number), horizon), float(rng.integers(2, 60)) / 10
    sides: tuple[Side, ...] = ("up", "down")
    match int(rng.integers(0, 4)):
        case 0:
            claim = claims.direction(one, when, sides[int(rng.integers(0, 2))])
        case 1:
            claim = claims.level(one, when, "<", round(close * (1 + size / 100), 0))
        case 2:
            claim = claims.band(one, when, -size, size / 2, "pct")
        case _:
            claim = claims.magnitude(one, when, size, "any")
    end = sessions()[place].close
    return with_references(
        claim, (Reference(symbol=one.symbol, at=end, known_at=end + _LATE, value=close),)
    )


def _settles(
    claim: Claim, role: str, p: float, base: float, rng: np.random.Generator,
    due: Due, pace: Pace,
) -> None:  # fmt: skip
    """Puts a claim's end where the first cycle after its deadline finds it."""
    end = claim.window.deadline
    place = _places()[end]
    close, void = float(_closes()[claim.subject][place]), rng.random() < 1 / 40
    happened = bool(rng.random() < base)
    outcome = "void" if void else "yes" if happened else "no"
    seen = [[claim.subject, "close", iso(end), iso(end + _LATE), close]]
    name = find(claim.subject).name
    rows = due.setdefault(pace.after(place), [])
    rows.append((book.settlements, {
        "claim": claim.id, "outcome": outcome, "value": None if void else close,
        "reason": f"{name} was withheld at its deadline, so nothing settles this."
        if void else f"{name} closed at {close:,.2f} against {claim.reference:,.2f}.",
        "observations": json.dumps([] if void else seen), "known_at": iso(end + _LATE),
    }))  # fmt: skip
    if role != "shadow":
        worth = desk_score(p, base, float(happened))
        told = "Void: nothing to learn." if void else f"W = {worth:.2f}. Made up, like its claim."
        rows.append((book.lessons, {"claim": claim.id, "text": told}))


@cache
def _places() -> dict[dt.datetime, int]:
    """Close to the place of its session."""
    return {one.close: place for place, one in enumerate(sessions())}
