"""What the essay says of what came due: that something did, how it ended, and whose it was."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from workbench.domain import claims
from workbench.domain.calendars import iso
from workbench.domain.claims import Claim, Reference
from workbench.domain.records import Decision, Settlement
from workbench.domain.sentences import render
from workbench.measures.scoring import desk_score
from workbench.steps import due, score
from workbench.steps.bench import Bench
from workbench.steps.due import tally
from workbench.steps.facts import Facts
from workbench.steps.write import written
from workbench.world import entries as book
from workbench.world.entries import canonical
from workbench.world.ledger import Ledger

VERDICTS = {"settled_right", "settled_wrong", "doubted_right", "doubted_wrong", "settled_void"}
SILENT = {"settled_nothing", "settled_idle", "settled_first", "settled_awaiting"}
Said = tuple[str, float, float, str | None]  # role, probability, base rate, outcome


@pytest.fixture(scope="module")
def desk_room(room: Callable[..., Any], world: Callable[..., Any]) -> Any:
    return room(world(params="instruments: [SPX, TSLA]\nhorizons: [1]\nminds: [flow]\n"))


@pytest.fixture
def told(desk_room: Any) -> Iterator[Callable[..., Facts]]:
    """The facts of cycle 2, before which cycle 1 said these things."""

    def facts(*said: Said, first: bool = False, number: int = 2) -> Facts:
        desk_room.ledger = Ledger("sqlite://")
        before, now = desk_room.bench(1, 1), desk_room.bench(number)
        if not first:
            _open(before)
        for i, (role, p, base, outcome) in enumerate(said):
            _say(before, now, i, role, p, base, outcome)
        _open(now)
        found = Facts(words={"session": "session"})
        due.gather(found, now)
        return found

    return facts


def _slots(desk_room: Any, found: Facts) -> set[str]:
    """The slots of a dispatch that says these things of what came due."""
    desk_room.ledger = Ledger("sqlite://")
    facts: Facts = desk_room.facts(1)
    facts.has.discard("settled_first")
    facts.has.update(found.has)
    facts.findings.update(found.findings)
    facts.words.update(found.words)
    return {*written(facts, 1).plan}


def _open(bench: Bench) -> None:
    row = {"number": bench.number, "desk": "made", "mode": "replay", "as_of": iso(bench.as_of),
           "params": "", "code": "", "snapshot": ""}  # fmt: skip
    bench.ledger.append(bench.number, [(book.cycles, row)])


def _say(
    before: Bench, now: Bench, i: int, role: Any, p: float, base: float, outcome: str | None
) -> None:
    late = outcome == "late"
    one = before.instruments[0]
    when = claims.window(one, before.as_of, 1 if outcome is not None else 3)
    reference = Reference(symbol="SPX", at=before.as_of, known_at=before.as_of, value=100.0)
    claim: Claim = replace(claims.level(one, when, ">", 100 + i), references=(reference,))
    row = {"id": claim.id, "kind": claim.kind, "subject": "SPX", "horizon": 1, "theme": "index",
           "deadline": iso(when.deadline), "sentence": render(claim),
           "content": canonical(claim.content())}  # fmt: skip
    said = Decision(claim=claim.id, role=role, probability=p, base_rate=base, gain=0.1,
                    verdict="passed", reason="open")  # fmt: skip
    names = Decision.__dataclass_fields__
    decision = {name: getattr(said, name) for name in names}
    before.ledger.append(before.number, [(book.claims, row), (book.decisions, decision)])
    if outcome is not None and not late:
        value = None if outcome == "void" else 101.0
        ended = Settlement(claim=claim.id, outcome=outcome, reason="S&P 500 closed at 101.00.",  # type: ignore[arg-type]
                           value=value, observations=(), known_at=now.as_of)  # fmt: skip
        now.ledger.append(now.number, [(book.settlements, score.row(ended))])


def test_nothing_came_due_only_when_nothing_did(told: Callable[..., Facts]):
    """With any prediction on record settled, call or not, the essay gives a verdict."""
    for role, p, outcome in (("call", 0.7, "yes"), ("other", 0.7, "yes"), ("other", 0.3, "void")):
        said = role, p, 0.5, outcome
        facts = told(said)
        assert facts.has & VERDICTS, said
        assert not facts.has & SILENT, said
    for none in (told(), told(("call", 0.7, 0.5, None)), told(("shadow", 0.7, 0.5, "yes"))):
        assert len(none.has & SILENT) == 1
        assert not none.has & VERDICTS


@pytest.mark.parametrize(
    ("said", "slot"),
    [
        ((("call", 0.7, 0.5, None), ("other", 0.7, 0.5, None)), "settled_nothing"),
        ((("shadow", 0.7, 0.5, None),), "settled_idle"),
        ((("other", 0.7, 0.5, "late"), ("call", 0.7, 0.5, None)), "settled_awaiting"),
    ],
)
def test_why_there_is_no_verdict(told: Callable[..., Facts], said: tuple[Said, ...], slot: str):
    """Open predictions, none at all, and one whose data are late are three different things."""
    assert told(*said).has & SILENT == {slot}


def test_the_first_dispatch_has_nothing_behind_it(told: Callable[..., Facts]):
    """Only the first cycle of a ledger says that it is the first."""
    assert told(first=True).has & SILENT == {"settled_first"}


@pytest.mark.parametrize(
    ("p", "base", "outcome", "slots"),
    [
        (0.7, 0.5, "yes", {"settled_right"}),
        (0.7, 0.5, "no", {"settled_wrong"}),
        (0.3, 0.5, "no", {"doubted_right"}),
        (0.3, 0.5, "yes", {"doubted_wrong"}),
        (0.6, 0.8, "yes", {"settled_right", "despite_right"}),
        (0.6, 0.8, "no", {"settled_wrong", "despite_wrong"}),
        (0.4, 0.2, "no", {"doubted_right", "despite_right"}),
        (0.6, 0.8, "void", {"settled_void"}),
    ],
)
def test_a_verdict_and_its_score(
    told: Callable[..., Facts], desk_room: Any, p: float, base: float, outcome: str,
    slots: set[str],
):  # fmt: skip
    """Right or wrong is one thing, better or worse than history another; both are told."""
    facts = told(("call", p, base, outcome))
    kept = {slot for slot in facts.has if slot.startswith(("settled", "doubted", "despite"))}
    assert kept == slots
    assert slots <= _slots(desk_room, facts)


def test_the_most_telling_prediction_is_told(told: Callable[..., Facts]):
    """Of several the one farthest from one half; a call goes before, a void after all others."""
    others = [("other", 0.55, 0.5, "yes"), ("other", 0.9, 0.3, "no"), ("other", 0.6, 0.5, "void")]
    facts = told(*others)
    assert facts.findings["due_p"].text == "90%"
    assert facts.findings["due_score"].value == pytest.approx(desk_score(0.9, 0.3, 0.0))
    assert facts.words["due_what"] == "prediction"
    assert facts.findings["rest"].text == "two other predictions"
    assert facts.findings["rest_tally"].text == "one right, one void"
    facts = told(*others, ("call", 0.6, 0.5, "yes"))
    assert (facts.findings["due_p"].text, facts.words["due_what"]) == ("60%", "call")
    assert facts.findings["rest"].value == 3


def test_what_the_numbers_of_the_shadows_are(told: Callable[..., Facts]):
    """Claims that came due are all of them; shadows are those that were never on record."""
    facts = told(
        ("call", 0.7, 0.5, "yes"), ("other", 0.7, 0.5, "no"), ("shadow", 0.7, 0.5, "yes"),
        ("shadow", 0.7, 0.5, "no"), ("shadow", 0.6, 0.5, "void"),
    )  # fmt: skip
    assert [facts.findings[name].value for name in ("due_all", "due_yes")] == [5, 2]
    assert [facts.findings[name].value for name in ("shadow_all", "shadow_yes")] == [3, 1]
    assert "shadows" in facts.has
    alone = told(("shadow", 0.7, 0.5, "yes"), ("shadow", 0.6, 0.5, "no"))
    assert "shadows_alone" in alone.has
    for facts in (told(("call", 0.7, 0.5, "yes")), told()):  # nothing to count, nothing said
        assert not facts.has & {"shadows", "shadows_alone"}


def test_the_record_is_told_when_it_grew(told: Callable[..., Facts]):
    """An unchanged record is not repeated; a short one is told as too short."""
    assert "record_few" in told(("other", 0.7, 0.5, "yes")).has
    assert not any(slot.startswith("record") for slot in told(("call", 0.7, 0.5, None)).has)


@pytest.mark.parametrize(
    ("outcomes", "sign"),
    [(("yes", "yes"), "positive"), (("no", "no"), "negative"), (("yes", "no"), "zero")],
)
def test_the_record_is_judged_by_its_interval(desk_room: Any, outcomes: tuple[str, str], sign: str):
    """Skill is claimed, disclaimed or left open as its interval lies above, below or about zero."""
    desk_room.ledger = Ledger("sqlite://")
    now = desk_room.bench(41)
    for number in range(1, 41):
        before = desk_room.bench(number, 1)
        _open(before)
        p = 0.7 if number % 4 < 2 else 0.66  # the two outcomes in runs of two
        _say(before, now, number, "other", p, 0.5, outcomes[number % 4 // 2])
    _open(now)
    facts = Facts(words={"session": "session"})
    due.gather(facts, now)
    assert {slot for slot in facts.has if slot.startswith("record")} == {f"record_{sign}"}
    low, high = (facts.findings[name].value or 0 for name in ("rec_low", "rec_high"))
    assert {"positive": low > 0, "negative": high < 0, "zero": low <= 0 <= high}[sign]
    assert facts.findings["rec_n"].text == "40 predictions"
    assert f"record_{sign}" in _slots(desk_room, facts)


def test_a_score_shows_its_side_of_one_half(told: Callable[..., Facts]):
    """A score that rounds to one half says on which side it lies."""
    facts = told(("call", 0.905, 0.9, "yes"))
    assert facts.findings["due_score"].text == "0.500"
    facts = told(("call", 0.94, 0.9, "yes"))
    assert facts.findings["due_score"].text == "0.503"


@pytest.mark.parametrize(
    ("endings", "text"),
    [
        (["right"], "right"),
        (["wrong", "wrong"], "both wrong"),
        (["right"] * 3, "all three right"),
        (["right", "wrong", "right"], "two right, one wrong"),
        (["void", "right"], "one right, one void"),
    ],
)
def test_a_tally(endings: list[str], text: str):
    """How several predictions ended, without a zero."""
    assert tally(endings) == text
