"""The week as the ledger has it, and as it is told: right for any data, live and replay apart."""

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import fields, replace
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from string import Formatter

import numpy as np
import pytest

from tests.bench.weeks import LESSON, Said, Turn, enter
from workbench.measures.bins import binned
from workbench.steps import changes, score, stretches, weekly, weekly_said, weeks
from workbench.steps.bench import Bench
from workbench.steps.weekly import Review
from workbench.steps.weekly_lessons import learned
from workbench.steps.weeks import Week, week_of
from workbench.world import entries as book
from workbench.world.archive import Archive
from workbench.world.ledger import Ledger
from workbench.world.params import open_desk

WEEK = Week(year=2018, number=5)  # 29 January to 4 February
MONDAY, TUESDAY, WEDNESDAY = (f"2018-01-{29 + n}T22:00:00" for n in range(3))
HIT = Said(strike=2810, p=0.8, base=0.5, happened="yes")
MISS = Said(strike=2780, p=0.9, base=0.6, role="other", happened="no")
VOID = Said(strike=2790, role="other", happened="void")
QUIET = Said(strike=2820, p=0.3, base=0.5, role="shadow", happened="no")


def made(*turns: Turn) -> Ledger:
    ledger = Ledger("sqlite://")
    enter(ledger, turns)
    return ledger


def reviewed(*turns: Turn, week: Week = WEEK) -> Review:
    found = weekly.review(made(*turns), week, 10_000)
    assert found is not None
    return found


def test_its_numbers_are_those_of_score(new_project: Callable[..., Path], tmp_path: Path):
    """What the week says settled is, row by row and in skill, what ``steps.score`` says of it."""
    ledger = made(
        Turn(at=MONDAY, said=(HIT, MISS, VOID, QUIET)),
        Turn(at=TUESDAY, said=(replace(HIT, happened="no"), QUIET)),
        Turn(at=WEDNESDAY),
    )
    desk = open_desk(new_project(tmp_path / "p") / "params" / "small.yaml", tmp_path / "out")
    found = weekly.review(ledger, WEEK, 3)
    assert found is not None
    said = stretches.on_record(found.settled)
    rows = []
    for number in (1, 2, 3):
        bench = Bench(desk, Archive(desk.archive), ledger, number=number,
                      as_of=dt.datetime.fromisoformat(f"{MONDAY}+00:00"), mode="replay",
                      keep=False)  # fmt: skip
        rows += score.settled_now(bench).to_dict("records")
    both = ["sentence", "role", "probability", "base_rate", "outcome", "score"]
    assert len(rows) == 4
    assert sorted(map(repr, said[both].to_dict("records"))) == sorted(
        repr({name: row[name] for name in both}) for row in rows
    )
    whole = score.on_record(ledger, 3, "replay")
    assert stretches.skill(found.settled) == score.record_skill(whole)
    known = [row["score"] for row in rows if row["outcome"] != "void"]
    assert found.head.tally == stretches.Tally(
        right=1, wrong=2, void=1, worth=pytest.approx(np.mean(known))
    )


def test_calibration_counts_all_claims_and_tells_no_share_of_few_dates():
    """Bins are those of the record page; a share stands only where thirty dates are behind it."""
    start = dt.date(2018, 1, 1)
    days = [start + dt.timedelta(days=n) for n in range(40)]
    turns = [
        Turn(at=f"{day}T22:00:00", said=(HIT, QUIET) if n % 8 else (HIT, QUIET, MISS))
        for n, day in enumerate(days)
    ]
    ledger = made(*turns)
    known = stretches.answered(stretches.settled(ledger, 1, 40, "replay"))
    bins = stretches.calibration(known)
    p, y = known["probability"].to_numpy(float), known["outcome"].to_numpy(float)
    beside = binned(p, y, known["cycle"].to_numpy(np.int64), 1)
    assert bins["said"].tolist() == pytest.approx([one.said for one in beside])
    assert bins["n"].tolist() == [one.n for one in beside] == [39, 39, 5]
    assert bins["came"].tolist() == [0, 39, 0]
    assert bins["rate"].tolist()[:2] == pytest.approx([one.happened for one in beside[:2]])
    assert np.isnan(bins["rate"].iloc[2])
    assert bins["n_eff"].iloc[2] == 5
    assert stretches.calibration(known[:0]).empty


def test_live_and_replay_are_never_mixed():
    """A week with a live cycle tells of live ones alone, whoever settled what replay asked."""
    found = reviewed(
        Turn(at=MONDAY, said=(HIT, MISS)),
        Turn(at=TUESDAY, said=(HIT,), mode="live"),
        Turn(at=WEDNESDAY, mode="live"),
    )
    assert (found.head.mode, found.head.cycles, found.head.others) == ("live", (2, 3), 1)
    assert found.settled["cycle"].tolist() == [2]
    assert (found.head.tally.right, found.head.tally.wrong) == (1, 0)
    assert set(found.month["cycle"]) == {2}
    assert found.head.is_first


def test_a_week_ends_on_sunday_at_midnight():
    """Cycles of the next week settle nothing in this one, and the month stops at its end."""
    ledger = made(
        Turn(at="2018-01-28T23:59:59", said=(HIT,)),
        Turn(at="2018-01-29T00:00:00", said=(HIT,)),
        Turn(at="2018-02-04T23:59:59", said=(HIT,)),
        Turn(at="2018-02-05T00:00:00"),
    )
    found = weekly.review(ledger, WEEK, 4)
    assert found is not None
    assert found.head.cycles == (2, 3)
    assert found.settled["settled"].tolist() == [2, 3]
    assert found.month["settled"].tolist() == [3]
    assert not found.head.is_first
    assert weekly.review(ledger, Week(year=2018, number=7), 4) is None
    assert weekly.review(ledger, Week(year=2018, number=6), 3) is None


@pytest.mark.parametrize("day", ["2017-12-31", "2018-01-01", "2018-12-31", "2021-01-03"])
def test_weeks_are_those_of_the_calendar(day: str):
    """A day is in the week whose days say so, whichever year that belongs to."""
    when = dt.datetime.fromisoformat(f"{day}T12:00:00+00:00")
    week = week_of(when)
    assert week.first <= when < week.end
    assert f"{when:%G-W%V}" == week.name
    assert week_of(week.end).turn == week.turn + 1


def test_the_first_cycle_at_a_moment_is_found_among_gaps():
    """Halving over numbers finds what looking at every row finds, numbers missing or not."""
    ledger = Ledger("sqlite://")
    for number in (2, 3, 7, 8, 20, 41):
        ledger.append(number, [(book.cycles, {
            "number": number, "desk": "made", "mode": "replay", "params": "", "code": "",
            "as_of": f"2018-01-{number:02d}T00:00:00Z" if number < 30 else "2018-02-10T00:00:00Z",
            "snapshot": "",
        })])  # fmt: skip
    for day in range(1, 32):
        when = dt.datetime(2018, 1, day, tzinfo=dt.UTC)
        first = next(n for n in (2, 3, 7, 8, 20, 41) if n >= day or n == 41)
        rows = ledger.read(book.cycles.select().where(
            book.cycles.c.number >= stretches.start(ledger, when, 41)))  # fmt: skip
        assert min(row["number"] for row in rows) == first
    assert stretches.start(ledger, dt.datetime(2019, 1, 1, tzinfo=dt.UTC), 41) == 42


KINDS = {
    "first": (Turn(at=MONDAY, said=(replace(HIT, happened=None),)),),
    "none": (Turn(at="2018-01-20T22:00:00"), Turn(at=MONDAY), Turn(at=TUESDAY)),
    "void": (Turn(at=MONDAY, said=(VOID,)), Turn(at=TUESDAY)),
    "one_right": (Turn(at=MONDAY, said=(HIT, VOID)), Turn(at=TUESDAY)),
    "one_wrong": (Turn(at=MONDAY, said=(MISS,)), Turn(at=TUESDAY)),
    "all": (Turn(at=MONDAY, said=(HIT, replace(HIT, strike=2815, role="other"))),
            Turn(at=TUESDAY)),
    "nothing": (Turn(at=MONDAY, said=(MISS, replace(MISS, strike=2770))), Turn(at=TUESDAY)),
    "above": (Turn(at=MONDAY, said=(HIT, replace(MISS, p=0.6))), Turn(at=TUESDAY)),
    "below": (Turn(at=MONDAY, said=(replace(HIT, p=0.55), MISS)), Turn(at=TUESDAY)),
    "level": (Turn(at=MONDAY, said=(replace(HIT, p=0.5), replace(MISS, p=0.6))),
              Turn(at=TUESDAY)),
    "turned": (Turn(at=MONDAY, said=(HIT, MISS), regime="risk_on"),
               Turn(at=TUESDAY, regime="crisis")),
}  # fmt: skip


def later(turn: Turn, n: int) -> Turn:
    return replace(turn, at=(turn.when + dt.timedelta(days=7 * n)).isoformat()[:19])


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_week_is_told_in_every_wording(kind: str):
    """Empty, void, first, all right, none right: each has its title, and no week stumbles over
    a wording; neighbouring weeks are not told in the same words.
    """
    slots = weekly_said.voice()
    titles = set()
    for n in range(10):
        week = Week(year=2018, number=5 + n)
        found = reviewed(*(later(turn, n) for turn in KINDS[kind]), week=week)
        told = weekly_said.told(found, {})
        texts = [getattr(told, each.name) for each in fields(told) if each.name != "kept_back"]
        for text in texts:
            assert not re.search(r"[{}]|\bnan\b|None\b(?! of)|  |\.\.|\b1 (dates|claims)", text), (
                text
            )
        assert told.title
        assert told.dek
        titles.add(told.title)
        shape = [re.escape(text) for text in slots[f"title_{kind}"]]
        pattern = "|".join(re.sub(r"\\{\w+\\}", ".+", text) for text in shape)
        assert re.fullmatch(pattern, told.title, re.IGNORECASE), told.title
    assert len(titles) == len(slots[f"title_{kind}"])


def test_neighbouring_weeks_differ_in_words():
    """The same figures two weeks running read differently, sentence by sentence."""
    told = []
    for n in range(6):
        turns = [later(turn, n) for turn in KINDS["above"]]
        told.append(weekly_said.told(reviewed(*turns, week=Week(year=2018, number=5 + n)), {}))
    for one, other in pairwise(told):
        for name in ("title", "dek", "settled", "silence", "regimes", "costs", "absent"):
            assert getattr(one, name) != getattr(other, name), name


def test_best_and_worst_are_those_of_the_scores():
    """The highest score among the right and the lowest among the wrong, each with its lesson."""
    found = reviewed(
        Turn(at=MONDAY, said=(HIT, replace(HIT, strike=2830, p=0.55, role="other"), MISS,
                              replace(MISS, strike=2760, p=0.65))),
        Turn(at=TUESDAY),
    )  # fmt: skip
    told = weekly_said.told(found, {})
    assert "2,810" in told.best
    assert "80%" in told.best
    assert "2,780" in told.worst
    assert "90%" in told.worst
    for text in (told.best, told.worst):
        assert text.endswith("They are of two dates, and a skill needs 30: too few to learn from.")
        assert "−0.50%" in text
    assert [(one.text, one.n) for one in learned(found)] == [(LESSON, 4)]


def test_a_miss_that_beat_history_is_not_told_as_a_loss():
    """Wrong, and better than the base rate all the same: the words do not say that it cost."""
    mild = replace(MISS, p=0.6, base=0.8)
    told = weekly_said.told(reviewed(Turn(at=MONDAY, said=(mild,)), Turn(at=TUESDAY)), {})
    assert re.search(r"cost nothing|history no better", told.worst)
    assert told.best in weekly_said.voice()["no_best"]


def test_silence_is_priced_as_abstention_prices_it():
    """The sum over what was kept back, with n and dates; nothing else counts."""
    turns = [Turn(at=MONDAY, said=(HIT, QUIET, replace(QUIET, strike=2825))), Turn(at=TUESDAY)]
    told = weekly_said.told(reviewed(*turns), {})
    assert "two claims on one date" in told.silence
    assert "+0.16" in told.silence  # twice half of .5² less .3²


def test_absences_costs_and_regimes_are_counted():
    """Reasons that differ in their figures alone are one; costs add up to the cent."""
    gone = {"mind": "Macro", "scope": ""}
    paid = {"mind": "Flow", "model": "m", "in_sample": 0, "seconds": 2.0, "replies": "", "note": ""}
    found = reviewed(
        Turn(at=MONDAY, regime="choppy", more=(
            (book.absences, {**gone, "reason": "VIX has 7 of 250 as of 2018-01-29T22:00:00Z"}),
            (book.voices, {**paid, "usd": "0.1"}))),
        Turn(at=TUESDAY, regime="crisis", more=(
            (book.absences, {**gone, "reason": "VIX has 8 of 250 as of 2018-01-30T22:00:00Z"}),
            (book.absences, {"mind": "Flow", "scope": "VIX", "reason": "no volume"}),
            (book.voices, {**paid, "usd": "0.2"}))),
        Turn(at=WEDNESDAY, regime="crisis"),
    )  # fmt: skip
    assert [(one.mind, one.scope, one.cycles, one.reason) for one in found.absent] == [
        ("Macro", "", 2, "VIX has 8 of 250"), ("Flow", "VIX", 1, "no volume"),
    ]  # fmt: skip
    assert [(one.cycles, one.usd) for one in found.costs] == [(2, Decimal("0.3"))]
    spells = [(one.regime, one.cycles) for one in found.head.spells]
    assert spells == [("choppy", 1), ("crisis", 2)]
    told = weekly_said.told(found, {})
    assert "$0.30" in told.costs
    assert "two dispatches" in told.costs
    assert "choppy (one reading) and crisis (two readings)" in told.regimes


STORY = {"story": "fear-moves-first", "evidence": '{"supports":1.2,"opposes":21.0,"sessions":70,'
         '"claims":9}', "reason": "A bet against it reached 21.0 times its stake."}  # fmt: skip
TRIAL = ('{"claims":12,"blocks":12,"factor":0.5,"skill":null,"sure":null,"against":0.1,'
         '"harm":null}')  # fmt: skip


def test_what_changed_is_told_with_reasons():
    """A verdict on a story is the week's finding; a gate's ruling knows what was before it."""
    gate = {"mind": "Flow", "category": "index level 1", "evidence": TRIAL}
    ledger = made(
        Turn(at="2018-01-20T22:00:00", more=((book.rulings, {**gate, "state": "shut"}),)),
        Turn(at=MONDAY, more=((book.stories, {**STORY, "status": "falsified"}),
                              (book.rulings, {**gate, "state": "open"}))),
    )  # fmt: skip
    found = weekly.review(ledger, WEEK, 2)
    assert found is not None
    assert [one.status for one in found.head.stories] == ["falsified"]
    (ruled,) = found.gates
    assert (ruled.before, ruled.state) == ("shut", "open")
    assert ruled.category == "index level claims over one session"
    assert "12 claims on 12 dates" in ruled.reason
    told = weekly_said.told(found, {"fear-moves-first": "Fear moves first"})
    assert "Fear moves first" in told.title
    assert "falsified" in told.title.casefold()
    assert not told.changes
    assert [one.state for one in changes.standing(ledger, 1)] == ["shut"]


def test_headlines_of_many_weeks_are_those_of_each():
    """A list read at once says of every week what its own review says."""
    turns = [later(turn, n) for n, kind in enumerate(KINDS) for turn in KINDS[kind]
             if kind != "none"]  # fmt: skip
    ledger = made(*turns)
    first, last = Week(year=2018, number=5), Week(year=2018, number=5 + len(KINDS))
    found = weeks.headlines(ledger, first, last, 10_000)
    assert len(found) == len(KINDS) - 1
    for head in found:
        alone = weekly.review(ledger, head.week, 10_000)
        assert alone is not None
        assert alone.head == head
        assert weekly_said.told(alone, {}).title == weekly_said.title(head, {})


BANNED = re.compile(
    r"\b(signals?|alpha|conviction|guaranteed?|bullish|bearish|buy|sell|massive|huge|we|our)\b|!",
    re.IGNORECASE,
)


@pytest.mark.parametrize("slot", weekly_said.voice())
def test_no_figure_is_typed_and_every_slot_has_variants(slot: str):
    """Numbers come from the ledger; what is said every week is not always said alike."""
    variants = weekly_said.voice()[slot]
    assert len(set(variants)) == len(variants) >= 2
    for text in variants:
        plain = re.sub(r"{\w+}", "", text)
        assert not re.search(r"\d", plain), text
        assert not BANNED.search(plain), text
        assert text.endswith(".") != slot.startswith("title_") or text.endswith("}"), text
        for _, name, shape, conversion in Formatter().parse(text):
            assert name is None or (name.isidentifier() and not shape and not conversion)
