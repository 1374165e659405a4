"""What a mind remembers, on ledgers written by hand."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from workbench.domain import claims
from workbench.domain.calendars import iso
from workbench.domain.claims import Claim
from workbench.domain.instruments import find
from workbench.measures.blocks import Category
from workbench.measures.rules import Rule, Stage
from workbench.measures.tallies import evidence, tally
from workbench.steps import memory, rulebook, slates
from workbench.steps.bench import Bench
from workbench.world import entries as book
from workbench.world.ledger import Ledger
from workbench.world.schema import MindParams


@pytest.fixture(scope="module")
def room(room: Callable[..., Any], world: Callable[..., Any]) -> Any:
    return room(
        world(
            params="instruments: [SPX, VIX]\nhorizons: [1]\nminds: [flow]\n"
            "stories: [fear-moves-first]\n"
        )
    )


HAIKU = "claude-haiku-5"


def minded(name: str) -> MindParams:
    return MindParams(mind=name, model=HAIKU, series=("instruments",))


class Book:
    """A ledger whose rows a test writes, cycle by cycle."""

    def __init__(self, room: Any) -> None:
        self.room, self.ledger = room, Ledger("sqlite://")

    def cycle(self, number: int, mode: str = "replay", regime: str = "choppy") -> None:
        self.add(
            number,
            (book.cycles, {"number": number, "desk": "made", "mode": mode,
                           "as_of": iso(self.when(number)), "params": "p", "code": "c",
                           "snapshot": "s"}),
            (book.regimes, {"of": number, "name": regime, "since": "2018-01-01",
                            "turbulent": None, "fitted": None}),
        )  # fmt: skip

    def when(self, number: int) -> dt.datetime:
        as_of: dt.datetime = self.room.bench(number, 6 - number).as_of
        return as_of

    def add(self, number: int, *rows: Any) -> None:
        self.ledger.append(number, rows)

    def claim(self, number: int, level: float, symbol: str = "SPX") -> Claim:
        """A claim of a cycle, decided as a call at 60%."""
        one = find(symbol)
        made = claims.level(one, claims.window(one, self.when(number), 1), ">", level)
        self.add(number, (book.claims, slates.row(made, self.room.desk.table)))
        return made

    def decided(self, number: int, claim: Claim, role: str = "call") -> None:
        decision = {"claim": claim.id, "role": role, "probability": 0.6, "base_rate": 0.5,
                    "gain": 0.04, "verdict": "passed", "reason": "x"}  # fmt: skip
        self.add(number, (book.decisions, decision))

    def dispatched(self, number: int, claim: Claim | None) -> None:
        row = {"of": number, "slug": "s", "title": "t", "call": claim and claim.id, "plan": "{}"}
        self.add(number, (book.dispatches, row))

    def settled(self, number: int, claim: Claim, outcome: str, known_at: str = "") -> None:
        row = {"claim": claim.id, "outcome": outcome, "reason": "r", "value": None,
               "observations": "[]", "known_at": known_at or iso(self.when(number))}  # fmt: skip
        self.add(number, (book.settlements, row))

    def said(self, number: int, claim: Claim, **who: float) -> None:
        for name, p in who.items():
            row = {"claim": claim.id, "forecaster": name, "probability": p}
            self.add(number, (book.forecasts, row))

    def voice(self, number: int, mind: str, in_sample: int = 0, model: str = HAIKU) -> None:
        row = {"of": number, "mind": mind, "model": model, "in_sample": in_sample, "usd": "0",
               "seconds": 1.0, "replies": "[]", "note": ""}  # fmt: skip
        self.add(number, (book.voices, row))

    def bench(self, number: int) -> Bench:
        return Bench(self.room.desk, self.room.archive, self.ledger, number=number,
                     as_of=self.when(number), mode="replay", keep=False)  # fmt: skip

    def told(self, number: int, *asked: Claim, mind: str = "Macro") -> dict[str, str]:
        chances = {claim.id: 0.5 for claim in asked}
        found = memory.recollection(self.bench(number), minded(mind), asked, chances)
        assert all(one.value is None and one.source == "ledger" for one in found)
        return {one.name: one.text for one in found}


@pytest.fixture
def ledger(room: Any) -> Book:
    made = Book(room)
    made.cycle(1)
    return made


def test_nothing_is_remembered_of_nothing(ledger: Book):
    """An empty ledger gives no finding, not a zero."""
    assert ledger.told(1) == {}


@pytest.mark.parametrize(
    ("outcome", "state"), [("yes", "right"), ("no", "wrong"), ("void", "void"), ("", "open")]
)
def test_the_last_call_and_its_state(ledger: Book, outcome: str, state: str):
    """A call at 60% was right when it happened; void is neither; unsettled is open."""
    call = ledger.claim(1, 100)
    ledger.decided(1, call)
    ledger.dispatched(1, call)
    ledger.cycle(2)
    if outcome:
        ledger.settled(2, call, outcome)
    told = ledger.told(2)
    assert told["memory_call_1"].endswith(f"(the desk said 60%): {state}.")
    assert ("memory_settled_1" in told) == bool(outcome)


def test_a_settlement_is_no_memory_before_it_is_made(ledger: Book):
    """The cycle that settles knows it; the one before, asked again later, does not."""
    call = ledger.claim(1, 100)
    ledger.decided(1, call)
    ledger.dispatched(1, call)
    ledger.cycle(2)
    before = ledger.told(2)
    ledger.cycle(3)
    ledger.settled(3, call, "yes")
    assert ledger.told(2) == before
    assert ledger.told(3)["memory_call_1"].endswith("right.")


def test_what_a_replay_asked_is_no_memory_of_a_live_mind(ledger: Book):
    """A live cycle that settles a replay's prediction tells its minds nothing of it."""
    call = ledger.claim(1, 100)
    ledger.decided(1, call)
    ledger.dispatched(1, call)
    ledger.cycle(2, mode="live")
    ledger.settled(2, call, "yes")
    live = ledger.bench(2)
    live.mode = "live"
    assert memory.recollection(live, minded("Macro"), [], {}) == []


def test_a_dispatch_without_a_call(ledger: Book):
    """Sitting out is remembered as such."""
    ledger.dispatched(1, None)
    ledger.cycle(2)
    assert ledger.told(2) == {"memory_call_1": "The last dispatch made no call."}


def test_a_record_by_hand(ledger: Book):
    """Thirty claims, all yes: 0.8 against 0.5 is a skill of 1 − 0.04/0.25; 29 are too few."""
    made = [ledger.claim(1, 100 + k) for k in range(30)]
    for claim in made:
        ledger.said(1, claim, Macro=0.8, scenario=0.5, Flow=0.8)
    ledger.voice(1, "Macro")
    ledger.cycle(2)
    for claim in made[:29]:
        ledger.settled(2, claim, "yes")
    assert ledger.told(2)["memory_record_1"] == (
        "level claims in choppy: too few settled (n = 29) to say."
    )
    ledger.cycle(3)
    ledger.settled(3, made[29], "yes")
    told = ledger.told(3)["memory_record_1"]
    assert told == "level claims in choppy: skill over the scenarios +84.0% (n = 30)."
    assert "memory_record_1" not in ledger.told(3, mind="Contrarian")


def test_what_does_not_count_in_a_record(ledger: Book):
    """Void, the other mode, days that the model may have read, another model or house mind."""
    claim = ledger.claim(1, 100)
    ledger.said(1, claim, Macro=0.8, scenario=0.5)
    ledger.voice(1, "Macro")
    ledger.cycle(2)
    ledger.settled(2, claim, "void")
    assert "memory_record_1" not in ledger.told(2)
    for mode, in_sample, heard, model, counts in (
        ("replay", 0, "Macro", HAIKU, True), ("live", 0, "Macro", HAIKU, False),
        ("replay", 1, "Macro", HAIKU, False), ("replay", 0, "Flow", HAIKU, False),
        ("replay", 0, "Macro", "claude-opus-5", False),
    ):  # fmt: skip
        other = Book(ledger.room)
        other.cycle(1, mode=mode)
        other.cycle(2)
        made = other.claim(1, 100)
        other.said(1, made, Macro=0.8, scenario=0.5)
        other.voice(1, heard, in_sample, model)
        other.settled(2, made, "yes")
        assert ("memory_record_1" in other.told(2)) == counts


def test_rules_and_stories_as_they_stand(ledger: Book):
    """The latest row of each decides, and none of a later cycle."""

    def rule(number: int, state: Stage) -> None:
        one = Rule(id="r1", category=Category("index", "level", 1), state=state, of=number,
                   changed=dt.date(2018, 1, 1), until=None, factor=0.0,
                   evidence=evidence(tally(1, 0)), reason=f"as of {number}")  # fmt: skip
        ledger.add(number, (book.rules, rulebook.row(one)))
        ledger.add(number, (book.stories, {
            "story": "fear-moves-first", "of": number, "evidence": "{}",
            "reason": f"as of {number}",
            "status": "developing" if state == "in_force" else "falsified",
        }))  # fmt: skip

    rule(1, "trial")
    assert ledger.told(1) == {}
    ledger.cycle(2)
    rule(2, "in_force")
    told = ledger.told(2)["memory_rule_1"]
    assert told == "index level claims over 1 session in any regime: as of 2"
    assert ledger.told(2)["memory_story_1"] == "Fear moves first (developing): as of 2"
    ledger.cycle(3)
    rule(3, "retired")
    assert ledger.told(3) == {}
    assert "memory_rule_1" in ledger.told(2)


def test_lessons_of_similar_claims(ledger: Book):
    """Of the same kind, subject and horizon as a claim on the slate; see ``lessons.similar``."""
    near, far = ledger.claim(1, 100), ledger.claim(1, 20, "VIX")
    for claim in (near, far):
        ledger.said(1, claim, scenario=0.5)
    ledger.cycle(2)
    ledger.add(2, (book.lessons, {"claim": far.id, "text": "of VIX"}),
               (book.lessons, {"claim": near.id, "text": "of the index"}))  # fmt: skip
    ledger.cycle(3)
    asked = ledger.claim(3, 105)
    assert ledger.told(3, asked) == {"memory_lesson_1": "of the index"}
    assert ledger.told(1, asked) == {}
