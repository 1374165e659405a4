"""A shelf of made-up dispatches: a ledger of any length, to measure what one more of them costs.

The rows are what cycles would append, through the ledger's own ``append``: claims of several kinds
on the venue's calendar with forecasts, decisions, settlements, lessons and dispatches. Prices and
outcomes are drawn, seeded by the dispatch, so a longer shelf begins like a shorter one.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa

from workbench.domain import claims, sentences
from workbench.domain.calendars import Session, iso, venue
from workbench.domain.claims import Claim, Reference, Side, window, with_references
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
_Row = tuple[sa.Table, Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """A desk whose ledger holds so many dispatches.

    Attributes:
        desk: With ``outputs``; its ``site/read`` has a folder for every dispatch but the last,
            as if all had been published. No cycle has a folder: pages are not made from here.
        ledger: Open.
        number: The last dispatch.
    """

    desk: Desk
    ledger: Ledger
    number: int


def shelf(
    path: Path, dispatches: int, *, live: int = 0, shadows: int = 2, waiting: float = 0.02
) -> Shelf:
    """Fills a folder with a ledger of so many dispatches, or adds what is missing of them.

    Args:
        path: The outputs folder.
        dispatches: How many, four a session from 3 January 2000; at most 24,000.
        live: How many of the last are live ones; those before them are replays.
        shadows: Claims of each that the gate refused.
        waiting: Share of the claims that no data ever settle.

    Returns:
        Of each 13 dispatches one sits out, of 40 settlements one is void; claims settle after
        one or five sessions.
    """
    desk = open_desk(PARAMS, path)
    ledger = Ledger(desk.ledger)
    due: dict[int, list[_Row]] = {}
    with ledger.transaction():
        for number in range(1, dispatches + 1):
            mode = "live" if number > dispatches - live else "replay"
            asked = list(_asked(number, shadows, waiting, due))
            ledger.append(number, [_cycle(number, mode), *due.pop(number, ()), *asked])
            (path / "site" / "read" / str(number)).mkdir(parents=True, exist_ok=True)
    (path / "site" / "read" / str(dispatches)).rmdir()
    return Shelf(desk=desk, ledger=ledger, number=dispatches)


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
    """The moment of a dispatch."""
    place, turn = divmod(number - 1, _A_DAY)
    return sessions()[place].close + dt.timedelta(hours=1 + 2 * turn)


def _cycle(number: int, mode: str) -> _Row:
    row = {"number": number, "desk": "shelf", "mode": mode, "as_of": iso(as_of(number)),
           "params": "made", "code": "made", "snapshot": f"{number:064x}"}  # fmt: skip
    return book.cycles, row


def _asked(number: int, shadows: int, waiting: float, due: dict[int, list[_Row]]) -> Iterator[_Row]:
    """What one cycle asks and decides; how it will end goes into ``due``."""
    rng = np.random.default_rng([7, number])
    roles = ["call"] * (number % 13 > 0) + ["other"] * int(rng.integers(0, 3))
    called: str | None = None
    seen: set[str] = set()
    yield book.regimes, {"of": number, "name": ("choppy", "trending_up")[number // 60 % 2],
                         "since": sessions()[(number - 1) // _A_DAY // 15 * 15].date.isoformat(),
                         "turbulent": 0.25, "fitted": None}  # fmt: skip
    for role in [*roles, *["shadow"] * shadows]:
        claim = _claim(number, rng)
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
            _settles(claim, role, p, base, rng, due)
    day = sentences.day(as_of(number).date())
    title = f"What the session of {day} leaves open, made up for a measurement"
    yield book.dispatches, {"of": number, "slug": f"what-{number}-leaves-open", "title": title,
                            "call": called, "plan": "{}"}  # fmt: skip


def _claim(number: int, rng: np.random.Generator) -> Claim:
    place = (number - 1) // _A_DAY
    one, horizon = find(str(rng.choice(["SPX", "COMP", "VIX"]))), int(rng.choice([1, 5]))
    close = float(_closes()[one.symbol][place])
    when, size = window(one, as_of(number), horizon), float(rng.integers(2, 60)) / 10
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
    due: dict[int, list[_Row]],
) -> None:  # fmt: skip
    """Puts a claim's end where the first cycle after its deadline finds it."""
    end = claim.window.deadline
    place = _places()[end]
    close, void = float(_closes()[claim.subject][place]), rng.random() < 1 / 40
    happened = bool(rng.random() < base)
    outcome = "void" if void else "yes" if happened else "no"
    seen = [[claim.subject, "close", iso(end), iso(end + _LATE), close]]
    name = find(claim.subject).name
    rows = due.setdefault(place * _A_DAY + 1, [])
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
