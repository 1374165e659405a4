"""Rules on the ledger: reviewed once a month, from the record alone, and the same however read."""

import datetime as dt
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from workbench.domain import claims
from workbench.domain.calendars import iso, venue
from workbench.domain.claims import Claim
from workbench.domain.instruments import find
from workbench.measures.rules import Rule
from workbench.steps import rules
from workbench.steps.bench import Bench
from workbench.world import entries as book
from workbench.world.ledger import Ledger

SPX = find("SPX")
DAYS = venue("XNYS").between(dt.date(2014, 6, 2), dt.date(2015, 12, 31))
TURN = 250  # sessions after which the desk of ``record`` is good
SCHEMA = [
    "rule", "category", "state", "since", "until", "n", "n_eff", "dates", "skill", "low", "high",
    "first", "last", "then", "reason",
]  # fmt: skip


@pytest.fixture(scope="module")
def opened(room: Callable[..., Any], world: Any) -> Callable[..., Bench]:
    """Opens the bench of a session's cycle on a ledger."""
    own = room(world(params="instruments: [SPX]\nhorizons: [1]\nindicators: []\n"))

    def bench(ledger: Ledger, number: int, mode: Any = "replay") -> Bench:
        when = DAYS[number - 1].close + dt.timedelta(hours=1)
        return Bench(
            own.desk, own.archive, ledger, number=number, as_of=when, mode=mode, keep=False
        )

    return bench


def asked(bench: Bench) -> list[Claim]:
    """Two claims to the next close, of which one will come true, in the end five of which four."""
    when = claims.window(SPX, bench.as_of, 1)
    return [claims.level(SPX, when, ">", 1000 + i) for i in range(2 if bench.number < TURN else 5)]


def observe(bench: Bench) -> None:
    """A cycle up to its review: its own row, what came due, the regime, and the claims.

    The desk says 0.9 of what comes true every other time, and from ``TURN`` on 0.8 of what comes
    true four times of five; the base rate is 1/2.
    """
    row = {"number": bench.number, "desk": "made", "mode": bench.mode, "as_of": iso(bench.as_of),
           "params": "", "code": "", "snapshot": ""}  # fmt: skip
    due = bench.ledger.due(bench.as_of)
    ends = [
        (book.settlements, {
            "claim": one.id, "outcome": "no" if i == 0 else "yes", "reason": "made up",
            "value": 1.0, "observations": "[]", "known_at": iso(bench.as_of),
        })
        for i, one in enumerate(due)
    ]  # fmt: skip
    bench.ledger.append(bench.number, [(book.cycles, row), *ends])


def hold(bench: Bench) -> None:
    """The rest of the cycle, after its review."""
    said = 0.9 if bench.number < TURN else 0.8
    state = {"of": bench.number, "name": "choppy", "since": "2014-06-02", "turbulent": None,
             "fitted": None}  # fmt: skip
    rows: list[tuple[sa.Table, dict[str, Any]]] = [(book.regimes, state)]
    for one in asked(bench):
        rows += [
            (book.claims, {
                "id": one.id, "kind": "level", "subject": "SPX", "horizon": 1, "theme": "index",
                "deadline": iso(one.window.deadline), "sentence": "made up",
                "content": json.dumps(one.content()),
            }),
            (book.forecasts, {"claim": one.id, "forecaster": "synthesis", "probability": said}),
            (book.forecasts, {"claim": one.id, "forecaster": "climatology", "probability": 0.5}),
        ]  # fmt: skip
    bench.ledger.append(bench.number, rows)


def lived(
    opened: Callable[..., Bench], ledger: Ledger, first: int, last: int, mode: str = "replay"
) -> Iterator[tuple[int, list[Rule]]]:
    """Cycles from one to another, each in one transaction, with what their reviews changed."""
    for number in range(first, last + 1):
        bench = opened(ledger, number, mode)
        with ledger.transaction():
            observe(bench)
            found = rules.review(bench)
            hold(bench)
        yield number, found


def on_record(ledger: Ledger) -> list[dict[str, Any]]:
    """The rows of rules, without the wall clock."""
    rows = ledger.read(sa.select(book.rules).order_by(book.rules.c.seq))
    return [{k: v for k, v in row.items() if k != "registered_at"} for row in rows]


@pytest.fixture(scope="module")
def record(
    opened: Callable[..., Bench], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[int, list[Rule]]]:
    """A ledger of nineteen months with what each review changed; read it only."""
    path = tmp_path_factory.mktemp("rules") / "ledger.db"
    ledger = Ledger(f"sqlite:///{path}")
    return path, {n: found for n, found in lived(opened, ledger, 1, len(DAYS)) if found}


def test_the_life_of_a_rule(opened: Callable[..., Bench], record: Any):
    """Mined, on trial, in force, retired: each a row with its numbers, in a month's first cycle."""
    path, changes = record
    ledger = Ledger(f"sqlite:///{path}")
    rows = on_record(ledger)
    life = [row["state"] for row in rows if row["rule"] == "index-level-1-any-44"]
    assert life == ["trial", "in_force", "retired"]
    for number, found in changes.items():
        assert DAYS[number - 1].date.month != DAYS[number - 2].date.month
        assert [one.of for one in found] == [number] * len(found)
        assert rules.in_force(opened(ledger, number)) == [
            one for one in found if one.state == "in_force"
        ]
    forced = next(row for row in rows if row["state"] == "in_force")
    rests = json.loads(forced["evidence"])
    assert forced["category"] == "index level claims over 1 session in any regime"
    assert rests["first"] > str(DAYS[43].date)
    assert rests["n"] == 2 * rests["dates"] == 2 * rests["n_eff"]
    assert rests["skill"] == pytest.approx(1 - (0.01 + 0.81) / 0.5)
    assert forced["reason"].startswith("Its trial: skill −64.0% [−64.0, −64.0] on ")
    gone = next(row for row in rows if row["state"] == "retired")
    assert gone["reason"].startswith("Reversed: lately skill +")
    assert gone["reason"].endswith(" on 126 dates, 126 effective.")


def test_reviewing_again_adds_nothing(opened: Callable[..., Bench], record: Any):
    """A review that is run twice, here or in a fresh process, finds and writes the same rows."""
    path, changes = record
    number = next(iter(changes))
    ledger = Ledger("sqlite://")
    assert [found for _, found in lived(opened, ledger, 1, number) if found] == [changes[number]]
    head = ledger.head()
    for each in (ledger, ledger.copy()):
        assert rules.review(opened(each, number)) == changes[number]
        assert each.head() == head
    later = Ledger(f"sqlite:///{path}")
    before = later.head()
    for n, found in reversed(changes.items()):  # as if each cycle were resumed, newest first
        assert rules.review(opened(later, n)) == found
    assert later.head() == before


def test_memory_is_never_needed(opened: Callable[..., Bench], record: Any, tmp_path: Path):
    """Cycles in one process after another write what one process wrote."""
    path = tmp_path / "ledger.db"
    for number in range(1, 112, 7):
        ledger = Ledger(f"sqlite:///{path}")
        list(lived(opened, ledger, number, number + 6))
        ledger.close()
    rows = on_record(Ledger(f"sqlite:///{path}"))
    assert {row["state"] for row in rows} == {"trial", "in_force"}
    assert rows == on_record(Ledger(f"sqlite:///{record[0]}"))[: len(rows)]


def test_memory_does_not_outlive_its_rows(opened: Callable[..., Bench], tmp_path: Path):
    """A review that is rolled back is forgotten, also when another process writes its cycle."""
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    assert all(found == [] for _, found in lived(opened, ledger, 14, 43))
    bench = opened(ledger, 44)

    def cut_off() -> None:
        with ledger.transaction():
            observe(bench)
            found = rules.review(bench)
            assert [(one.state, one.evidence.dates) for one in found] == [("trial", 30)] * 2
            raise RuntimeError("the power fails")

    with pytest.raises(RuntimeError, match="the power fails"):
        cut_off()
    assert on_record(ledger) == []
    other = Ledger(ledger.url)  # to it what fell due is void, so a date is missing
    again = opened(other, 44)
    void = [
        (book.settlements, {
            "claim": one.id, "outcome": "void", "reason": "made up", "value": None,
            "observations": "[]", "known_at": iso(again.as_of),
        })
        for one in other.due(again.as_of)
    ]  # fmt: skip
    other.append(44, void)
    observe(again)
    assert rules.review(again) == []
    hold(again)
    other.close()
    later = [one for _, found in lived(opened, ledger, 45, 66) for one in found]
    assert {one.state for one in later} == {"trial"}
    assert {one.id for one in later} == {f"index-level-1-any-{later[0].of}",
                                         f"index-level-1-choppy-{later[0].of}"}  # fmt: skip
    assert later[0].of > 44


def test_a_replay_teaches_the_live_desk_nothing(opened: Callable[..., Bench], record: Any):
    """Rules of a replay bind no live cycle, and its claims are no evidence for one."""
    number = list(record[1])[1]
    ledger = Ledger("sqlite://")
    list(lived(opened, ledger, 1, number))
    assert len(rules.in_force(opened(ledger, number))) == 2
    found = [each for _, each in lived(opened, ledger, number + 1, number + 25, mode="live")]
    assert found == [[]] * 25
    last = opened(ledger, number + 25, "live")
    assert rules.in_force(last) == []
    assert rules.table(last).empty
    assert len(rules.in_force(opened(ledger, number + 25))) == 2


def test_the_table_of_rules(opened: Callable[..., Bench], record: Any):
    """Every rule with what its state rests on, and what settled since; none before the first."""
    path, changes = record
    ledger = Ledger(f"sqlite:///{path}")
    empty = rules.table(opened(ledger, 2))
    assert list(empty.columns) == SCHEMA
    assert empty.empty
    forced = list(changes)[1]
    now = rules.table(opened(ledger, forced))
    assert list(now["state"]) == ["in force", "in force"]
    assert set(now["then"]) == {"0 dates are too few to tell"}
    assert now["since"].iloc[0] == DAYS[forced - 1].date
    review = next(
        n for n in range(forced + 1, 999) if DAYS[n - 1].date.month != DAYS[n - 2].date.month
    )
    for later in (review, review + 5):  # what settled after a review waits for the next
        told = rules.table(opened(ledger, later))["then"].iloc[0]
        assert told.startswith(f"{review - forced} dates are too few") or told.endswith(
            f"on {review - forced} dates, {review - forced} effective"
        )
    ended = rules.table(opened(ledger, len(DAYS)))
    assert set(ended["state"]) == {"retired"}
    assert set(ended["then"]) == {"—"}


def test_what_a_rule_blocked(opened: Callable[..., Bench], record: Any):
    """Its own claims alone, with what they would have scored: W by hand, open and void without."""
    _, changes = record
    rule = next(one for found in changes.values() for one in found if one.state == "in_force")
    ledger = Ledger("sqlite://")
    bench = opened(ledger, 1)
    observe(bench)
    hold(bench)
    when = claims.window(SPX, bench.as_of, 1)
    told = {
        "yes": (0.9, rule.forbids), "no": (0.9, rule.forbids), "void": (0.9, rule.forbids),
        "": (0.9, rule.forbids), "other": (0.6, rule.forbids.replace(rule.id, rule.id + "0")),
    }  # fmt: skip
    rows: list[tuple[sa.Table, dict[str, Any]]] = []
    for i, (outcome, (p, reason)) in enumerate(told.items()):
        one = claims.level(SPX, when, "<", 500 + i)
        rows += [
            (book.claims, {
                "id": one.id, "kind": "level", "subject": "SPX", "horizon": 1, "theme": "index",
                "deadline": iso(when.deadline), "sentence": outcome, "content": "{}",
            }),
            (book.decisions, {
                "claim": one.id, "role": "shadow", "probability": p, "base_rate": 0.5,
                "gain": 0.1, "verdict": "ruled", "reason": reason,
            }),
        ]  # fmt: skip
        if outcome:
            rows.append((book.settlements, {
                "claim": one.id, "outcome": "yes" if outcome == "other" else outcome,
                "reason": "made up", "value": None, "observations": "[]",
                "known_at": iso(bench.as_of),
            }))  # fmt: skip
    ledger.append(1, rows)
    found = rules.blocked(bench, rule)
    assert list(found["sentence"]) == ["yes", "no", "void", ""]
    yes, no = 0.5 + (0.25 - 0.01) / 2, 0.5 + (0.25 - 0.81) / 2
    assert list(found["score"].dropna()) == pytest.approx([yes, no])
    assert found["score"].isna().tolist() == [False, False, True, True]
    row = rules.saved(found).iloc[0]
    assert (row["claims"], row["settled"]) == (4, 2)
    assert row["score"] == pytest.approx((yes + no) / 2)
    assert row["saved"] == pytest.approx((0.01 + 0.81) / 2 - 0.25)
    assert row["skill"] is None
    none = rules.saved(found[:0]).iloc[0]
    assert (none["claims"], none["settled"], none["score"], none["saved"]) == (0, 0, None, None)


def test_what_was_saved_has_an_interval(opened: Callable[..., Bench], record: Any):
    """On thirty dates the skill that was not put on record is told as the record's is."""
    ledger = Ledger(f"sqlite:///{record[0]}").copy()
    rule = next(one for found in record[1].values() for one in found if one.state == "in_force")
    for number in range(1, 40):
        bench = opened(ledger, number)
        ledger.append(number, [
            (book.decisions, {
                "claim": one.id, "role": "shadow", "probability": 0.9, "base_rate": 0.5,
                "gain": 0.64, "verdict": "ruled", "reason": rule.forbids,
            })
            for one in asked(bench)
        ])  # fmt: skip
    now = opened(ledger, 41)
    row = rules.saved(rules.blocked(now, rule)).iloc[0]
    assert (row["claims"], row["settled"]) == (78, 78)
    assert row["skill"] == pytest.approx(1 - (0.01 + 0.81) / 0.5)
    assert row["saved"] == pytest.approx((0.01 + 0.81) / 2 - 0.25)
    early = rules.blocked(opened(ledger, 10), rule)  # as of then, the last two were still open
    assert (len(early), int(early["score"].notna().sum())) == (20, 18)


def test_a_young_desk_has_no_rules(room: Callable[..., Any], world: Any):
    """Whole cycles over the turn of a month: nothing is mined of a few dates, nothing breaks."""
    own = room(world(params="instruments: [SPX, VIX]\nhorizons: [1]\nindicators: []\n"))
    for number, ago in enumerate(range(5, -1, -1), 1):
        own.cycle(number, ago)
        bench = own.bench(number, ago)
        assert rules.review(bench) == []
        assert rules.in_force(bench) == []
    assert rules.table(bench).empty
