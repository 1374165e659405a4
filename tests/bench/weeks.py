"""A made-up ledger of whole weeks: cycles at chosen moments, what they said, and how it ended."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.domain import claims, sentences
from workbench.domain.calendars import iso
from workbench.domain.claims import Claim, Reference, window, with_references
from workbench.domain.instruments import find
from workbench.measures.gate import gain
from workbench.world import entries as book
from workbench.world.ledger import Ledger

SPX = find("SPX")
LESSON = (
    "Of level claims one close ahead, said or not, asked in any regime I had 1 of 2 on the right "
    "side. They are of two dates, and a skill needs 30: too few to learn from."
)


@dataclass(frozen=True, kw_only=True)
class Said:
    """A claim of one cycle.

    Attributes:
        strike: The index closes below it; two of one cycle differ in it.
        p: What the desk says.
        base: The base rate.
        role: What the gate made of it.
        sessions: Horizon.
        happened: Its outcome; None leaves it open.
        after: Cycles after which it settles.
    """

    strike: float = 2800.0
    p: float = 0.7
    base: float = 0.5
    role: str = "call"
    sessions: int = 1
    happened: str | None = None
    after: int = 1


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One cycle: its moment (UTC), what it says, and whatever else its rows hold."""

    at: str
    said: tuple[Said, ...] = ()
    mode: str = "replay"
    regime: str = "choppy"
    more: tuple[tuple[Any, Mapping[str, Any]], ...] = ()

    @property
    def when(self) -> dt.datetime:
        return dt.datetime.fromisoformat(self.at).replace(tzinfo=dt.UTC)


def claim(turn: Turn, one: Said) -> Claim:
    """The claim as the desk would register it."""
    when = window(SPX, turn.when, one.sessions)
    seen = Reference(symbol="SPX", at=turn.when, known_at=turn.when, value=2800.0)
    return with_references(claims.level(SPX, when, "<", one.strike), (seen,))


def enter(ledger: Ledger, turns: Iterable[Turn]) -> None:
    """Appends these cycles after those of the ledger, as the steps would."""
    last = ledger.last_cycle()
    number = last["number"] if last else 0
    due: dict[int, list[tuple[Any, dict[str, Any]]]] = {}
    for turn in turns:
        number += 1
        rows: list[tuple[Any, Mapping[str, Any]]] = [
            (book.cycles, {"number": number, "desk": "made", "mode": turn.mode,
                           "as_of": iso(turn.when), "params": "", "code": "", "snapshot": ""}),
            *due.pop(number, ()),
        ]  # fmt: skip
        if turn.regime:
            rows.append((book.regimes, {"of": number, "name": turn.regime,
                                        "since": turn.at[:10], "turbulent": 0.1,
                                        "fitted": None}))  # fmt: skip
        called = None
        for one in turn.said:
            own = claim(turn, one)
            called = own.id if one.role == "call" else called
            rows += _asked(own, one)
            if one.happened is not None:
                due.setdefault(number + one.after, []).extend(_ended(own, one, turn))
        rows += [(table, {"of": number, **row} if "of" in table.c else row)
                 for table, row in turn.more]  # fmt: skip
        rows.append((book.dispatches, {"of": number, "slug": f"day-{number}",
                                       "title": f"The dispatch of day {number}",
                                       "call": called, "plan": "{}"}))  # fmt: skip
        ledger.append(number, rows)


def _asked(own: Claim, one: Said) -> list[tuple[Any, dict[str, Any]]]:
    return [
        (book.claims, {"id": own.id, "kind": own.kind, "subject": own.subject,
                       "horizon": one.sessions, "theme": own.theme,
                       "deadline": iso(own.window.deadline), "sentence": sentences.render(own),
                       "content": book.canonical(own.content())}),
        (book.decisions, {"claim": own.id, "role": one.role, "probability": one.p,
                          "base_rate": one.base, "gain": gain(one.p, one.base),
                          "verdict": "crowded" if one.role == "shadow" else "passed",
                          "reason": ""}),
    ]  # fmt: skip


def _ended(own: Claim, one: Said, turn: Turn) -> list[tuple[Any, dict[str, Any]]]:
    void = one.happened == "void"
    rows = [(book.settlements, {
        "claim": own.id, "outcome": one.happened, "value": None if void else 2790.5,
        "reason": "S&P 500 was withheld at its deadline." if void
        else f"S&P 500 moved -0.50% to 2,790.50 against {one.strike:,.2f}.",
        "observations": "[]", "known_at": iso(turn.when),
    })]  # fmt: skip
    if one.role != "shadow":
        text = "void, so there is no score." if void else f"it ended. W = 0.60. {LESSON}"
        rows.append((book.lessons, {"claim": own.id, "text": text}))
    return rows
