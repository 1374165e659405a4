"""What the record page is fed: the notebook's own figures, live and replay apart."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from workbench.domain.calendars import iso
from workbench.domain.records import Mode
from workbench.steps import abstention, record, score, scoreboard, voided
from workbench.steps.bench import Bench
from workbench.steps.frames import rows
from workbench.world import entries as book
from workbench.world.ledger import Ledger

Enter = Callable[..., list[str]]
At = Callable[..., Bench]
BOTH = {"climatology": 0.5, "scenario": 0.6}
FEWEST = 30


@pytest.fixture(scope="module")
def place(room: Any, world: Any) -> Any:
    """A desk with a little history; every test has a ledger of its own."""
    return room(world(params="instruments: [SPX]\nhorizons: [1]\nminds: [macro]\n"))


@pytest.fixture
def ledger() -> Ledger:
    """An empty ledger."""
    return Ledger("sqlite://")


@pytest.fixture
def at(place: Any, ledger: Ledger) -> At:
    """The bench of a cycle on that ledger."""

    def make(number: int, mode: Mode = "replay", on: Ledger = ledger, keep: bool = False) -> Bench:
        return Bench(place.desk, place.archive, on, number=number, as_of=place.end, mode=mode,
                     keep=keep)  # fmt: skip

    return make


def said(
    entry: Any, dates: int, seed: int = 0, first: int = 1, edge: float = 0.15, **others: float
) -> list[Any]:
    """Three claims a date, of which one was said aloud; the desk knows more than the base rate."""
    rng = np.random.default_rng(seed)
    made = []
    for date in range(first, first + dates):
        for role, verdict in (("call", "passed"), ("shadow", "crowded"), ("shadow", "shut")):
            truth = float(np.clip(0.5 + rng.choice([-1, 1]) * edge, 0.05, 0.95))
            told = {"climatology": 0.5, "scenario": truth, "synthesis": truth, **others}
            made.append(entry(asked=date, settled=date + 1, said=told, role=role, verdict=verdict,
                              desk=(truth, 0.5),
                              outcome="yes" if rng.random() < truth else "no"))  # fmt: skip
    return made


def test_the_board_is_what_the_notebook_shows(ledger: Ledger, entry: Any, enter: Enter, at: At):
    """Cell by cell: headline, every forecaster, minds by regime, curve, silence and debate."""
    weather = {n: "choppy" if n % 3 else "crisis" for n in range(1, 61)}
    enter(ledger, said(entry, 60, Macro=0.55), regimes=weather)
    bench = at(61)
    (board,) = scoreboard.view(bench)["boards"]
    headline = score.headline(bench).to_dict("records")[0]
    names = {"n": "n", "n_eff": "n_eff", "skill": "skill", "skill_low": "low", "skill_high": "high"}
    assert {name: board["said"][key] for name, key in names.items()} == headline
    judged = record.of_cycle(bench)
    kept = {(one["forecaster"], one["regime"]): one
            for one in [*board["forecasters"], *board["regimes"]]}  # fmt: skip
    shown = judged[judged["family"] == "all"].to_dict("records")
    minds = [
        one for one in shown if one["regime"] == "" or one["forecaster"] in {"synthesis", "Macro"}
    ]
    assert len(kept) == len(minds) > 6
    for one in minds:
        own = kept[one["forecaster"], one["regime"]]
        for name in ("n", "n_eff", "dates", "brier", "skill", "skill_low", "credible", "tried"):
            assert own[name] == one[name] or (own[name] is None and one[name] != one[name])
    decided = abstention.decided(ledger, 61, "replay")
    assert board["coverage"] == rows(abstention.risk_coverage(decided))
    assert board["silence"]["rows"] == rows(abstention.worded(decided))
    assert board["silence"]["told"] == abstention.sentence(abstention.abstention(decided))
    assert board["debate"]["told"] == record.sentence(record.help_of_cycle(bench))
    assert sum(one["n"] for one in board["calibration"]) == 180
    assert (board["said"]["right"] + board["said"]["wrong"], board["settled"]) == (60, 180)


def test_the_course_is_the_record_as_it_stood(ledger: Ledger, entry: Any, enter: Enter, at: At):
    """Each point is what the headline of that very cycle was, and the last one is today's."""
    enter(ledger, said(entry, 90))
    points = scoreboard.view(at(91))["boards"][0]["course"]
    assert points[-1]["skill"] == scoreboard.aloud(at(91), "replay")["skill"]
    assert len(points) > 10
    for one in (points[0], points[len(points) // 2], points[-1]):
        then = scoreboard.aloud(at(one["cycle"]), "replay")
        assert {name: one[name] for name in ("n", "n_eff", "skill", "low", "high")} == {
            name: then[name] for name in ("n", "n_eff", "skill", "low", "high")
        }
        assert then["dates"] >= FEWEST


def test_live_and_replay_have_a_board_each(entry: Any, enter: Enter, at: At):
    """Each board is that of a ledger which never knew the other mode, live first."""
    both, live, replay = (Ledger("sqlite://") for _ in range(3))
    warm, late = said(entry, 40), said(entry, 35, seed=5, first=42, edge=0.3)
    modes = dict.fromkeys(range(42, 90), "live")
    enter(both, [*warm, *late], modes=modes)
    enter(replay, warm)
    enter(live, late, modes=modes)
    found = scoreboard.view(at(77, "live", on=both))["boards"]
    assert [one["mode"] for one in found] == ["live", "replay"]
    assert found[0] == scoreboard.board(at(77, "live", on=live), "live")
    assert found[1] == scoreboard.board(at(77, on=replay), "replay")
    assert found[0]["said"]["skill"] != found[1]["said"]["skill"]


def test_what_a_model_was_trained_on_is_on_no_board(
    ledger: Ledger, entry: Any, enter: Enter, at: At
):
    """A mind that may have read what followed has no row; one that could not has its own."""
    trained = [(n, "Macro") for n in range(1, 41)]
    enter(ledger, said(entry, 40, Macro=0.9, Flow=0.5), trained=trained)
    (board,) = scoreboard.view(at(41))["boards"]
    names = {one["forecaster"] for one in [*board["forecasters"], *board["regimes"]]}
    assert "Flow" in names
    assert not any("Macro" in name for name in names)


def test_nothing_settled_has_no_board(ledger: Ledger, entry: Any, enter: Enter, at: At):
    """Neither an empty ledger nor open claims make a record."""
    assert scoreboard.view(at(1))["boards"] == []
    enter(ledger, [entry(asked=1, said=BOTH)])
    assert scoreboard.view(at(2))["boards"] == []


def test_only_voids(ledger: Ledger, entry: Any, enter: Enter, at: At):
    """Voids alone are counted, and score nothing: no figure is zero for want of data."""
    enter(ledger, [entry(asked=1, settled=2, said=BOTH, outcome="void", role="call"),
                   entry(asked=1, settled=2, said=BOTH, outcome="void")])  # fmt: skip
    (board,) = scoreboard.view(at(2))["boards"]
    assert (board["voids"]["n"], board["voids"]["said"], board["settled"]) == (2, 1, 2)
    assert board["said"] == {
        "n": 0, "n_eff": 0.0, "dates": 0, "skill": None, "low": None, "high": None,
        "brier": None, "base_brier": None, "right": 0, "wrong": 0, "times": None,
    }  # fmt: skip
    lists = ("course", "calibration", "forecasters", "regimes", "coverage")
    assert all(board[name] == [] for name in lists)
    json.dumps(board, allow_nan=False)


def test_how_much_longer(ledger: Ledger, entry: Any, enter: Enter, at: At):
    """An interval that narrows with the root of the record's length leaves zero after so long."""
    enter(ledger, said(entry, 60, edge=0.05, seed=2))
    found = scoreboard.aloud(at(61), "replay")
    assert found["low"] <= 0 < found["skill"]
    half = found["skill"] - found["low"]
    assert found["skill"] - half / np.sqrt(found["times"]) == pytest.approx(0)
    assert found["times"] > 1


def test_a_board_does_not_grow_with_the_record(ledger: Ledger, entry: Any, enter: Enter, at: At):
    """Five times the dates give a part of about the same size."""
    enter(ledger, said(entry, 300))
    short, long = (len(json.dumps(scoreboard.view(at(n)))) for n in (80, 301))
    assert long < 1.5 * short
    assert len(scoreboard.course(at(301), "replay")) <= scoreboard.POINTS


def opened(ledger: Ledger, bench: Bench) -> None:
    """The bench's cycle on the ledger, as its first notebook enters it."""
    row = {"number": bench.number, "desk": "made", "mode": bench.mode, "as_of": iso(bench.as_of)}
    ledger.append(bench.number, [(book.cycles, row | bench.stamp)])


def test_a_board_that_stands_still_is_carried_over(
    ledger: Ledger, entry: Any, enter: Enter, at: At
):
    """A live cycle takes the replayed board from the cycle before, until a settlement moves it."""
    ids = enter(ledger, [*said(entry, 5), entry(asked=5, said=BOTH)])
    first = at(7, "live", keep=True)
    opened(ledger, first)
    kept = scoreboard.keep(first)
    path: Path = first.folder / "record.json"
    text = path.read_text("utf-8")
    path.write_text(text.replace('"right": ', '"right": 1'), encoding="utf-8")
    marked = json.loads(path.read_text("utf-8"))["part"]["boards"][0]
    assert marked != kept["boards"][0]
    second = at(8, "live", keep=True)
    opened(ledger, second)
    assert scoreboard.view(second)["boards"] == [marked]
    late = {"claim": ids[-1], "outcome": "yes", "reason": "", "value": None, "observations": "[]"}
    ledger.append(8, [(book.settlements, late | {"known_at": iso(first.as_of)})])
    fresh: Mapping[str, Any] = scoreboard.view(second)["boards"][0]
    assert fresh["settled"] == marked["settled"] + 1
    assert fresh["said"]["right"] == kept["boards"][0]["said"]["right"]


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("SPX has no complete bars to 2018-02-01 as of 2018-02-08T22:00:00Z.", "a bar was still"),
        ("BTC has no complete hourly bars to 2018-02-01 as of 2018-02-08T22:00:00Z.", "hourly bar"),
        ("The condition ended no: VIX closed at 13.20 against 15.00.", "did not come true"),
        ("The condition ended void: VIX has no complete bars to 2018-02-01 as of x.", "a bar was"),
        ("The reference of SPX is of 2018-01-02T21:00:00Z, too old at 2018-01-09T21:00:00Z.",
         "too old"),
        ("TSLA split inside the window: its path is in two kinds of share.", "were split"),
        ("No rule settles the kind 'rain'.", "another reason"),
    ],
)  # fmt: skip
def test_a_void_has_a_kind(reason: str, words: str):
    """Reasons that differ in instrument and date alone are counted together."""
    assert words in voided.kind(reason)


def test_voids_by_reason(ledger: Ledger, entry: Any, enter: Enter):
    """The most frequent first, with how many of each were on record; other modes stay out."""
    enter(ledger, [
        entry(asked=1, settled=2, said=BOTH, outcome="void", role="other"),
        entry(asked=1, settled=2, said=BOTH, outcome="void"),
        entry(asked=1, settled=2, said=BOTH),
        entry(asked=2, settled=3, said=BOTH, outcome="void"),
    ], modes={2: "live"})  # fmt: skip
    found = voided.voids(ledger, 3, "replay")
    assert (found["n"], found["said"]) == (2, 1)
    assert [(one["n"], one["said"]) for one in found["reasons"]] == [(2, 1)]
    assert voided.voids(ledger, 2, "live")["n"] == 0
    assert voided.voids(ledger, 3, "live")["n"] == 1
