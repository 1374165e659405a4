"""Lessons: the ledger's arithmetic in a sentence, written once, and found again when alike."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa

from workbench.domain.calendars import UTC
from workbench.domain.claims import level, window
from workbench.domain.instruments import KNOWN, find
from workbench.steps import lessons
from workbench.steps.bench import Bench
from workbench.world import entries as book
from workbench.world.archive import Archive
from workbench.world.ledger import Ledger
from workbench.world.params import open_desk

ROOT = Path(__file__).parents[2]
Enter = Callable[..., list[str]]
SAID = {"climatology": 0.5, "scenario": 0.6}


@pytest.fixture
def ledger() -> Ledger:
    """An empty ledger."""
    return Ledger("sqlite://")


@pytest.fixture
def bench(tmp_path: Path) -> Callable[..., Bench]:
    """The bench of a cycle on a ledger."""
    desk = open_desk(ROOT / "params" / "default.yaml", tmp_path / "outputs", tmp_path / "archive")

    def made(ledger: Ledger, number: int, mode: str = "replay") -> Bench:
        when = dt.datetime(2018, 1, 30, 21, tzinfo=UTC)
        return Bench(desk, Archive(desk.archive), ledger, number=number, as_of=when,
                     mode=mode, keep=False)  # fmt: skip

    return made


def on_ledger(ledger: Ledger) -> dict[str, str]:
    return {row["claim"]: row["text"] for row in ledger.read(sa.select(book.lessons))}


def past(entry: Any, dates: int, seed: int = 1, **more: Any) -> list[Any]:
    """A claim a date, settled in the next cycle; every fifth is on record."""
    rng = np.random.default_rng(seed)
    return [
        entry(asked=n, settled=n + 1, said=SAID, outcome=rng.choice(["yes", "no"]),
              role="call" if n % 5 == 0 else "shadow", desk=(rng.uniform(0.3, 0.7), 0.5), **more)
        for n in range(1, dates + 1)
    ]  # fmt: skip


def test_a_lesson_by_hand(ledger: Ledger, entry: Any, enter: Enter, bench: Any):
    """What was said, what happened, W = 1/2 + (.54^2 - .62^2) / 2, and that it is too few."""
    (claim,) = enter(ledger, [entry(asked=1, settled=2, said=SAID, outcome="no", role="call",
                                    kind="touch", desk=(0.62, 0.54))])  # fmt: skip
    assert lessons.write(bench(ledger, 2)) == on_ledger(ledger) == {
        claim: "Said 62% against a base rate of 54%; it did not happen. W = 0.45. Of touch "
        "claims one close ahead, said or not, asked in any regime I had 0 of 1 on the right side. "
        "They are of one date, and a skill needs 30: too few to learn from."
    }  # fmt: skip
    told = lessons.of_category(on_ledger(ledger)[claim])
    assert told.startswith("Of touch claims one close ahead, said or not, asked in any regime")
    assert told.endswith(": too few to learn from.")


def test_a_void_teaches_nothing(ledger: Ledger, entry: Any, enter: Enter, bench: Any):
    """A void has no score, and does not count in its category."""
    enter(ledger, [entry(asked=1, settled=2, said=SAID, outcome="void", role="other"),
                   entry(asked=1, settled=2, said=SAID, role="other")])  # fmt: skip
    void, other = lessons.write(bench(ledger, 2)).values()
    assert void.endswith("void, so there is no score and nothing to learn.")
    assert lessons.of_category(void) == ""
    assert "1 of 1 on the right side" in other


def test_only_predictions_on_record_have_lessons(
    ledger: Ledger, entry: Any, enter: Enter, bench: Any
):
    """A shadow has none of its own, but counts in its category, so that choosing earns nothing."""
    enter(ledger, past(entry, 40))
    for number in range(1, 42):
        lessons.write(bench(ledger, number))
    found = on_ledger(ledger)
    assert len(found) == 8
    assert " of 5 on the right side. They are of five dates" in next(iter(found.values()))
    assert " of 40 on the right side, with a skill of " in list(found.values())[-1]


def test_the_narrowest_category_with_enough_dates(
    ledger: Ledger, entry: Any, enter: Enter, bench: Any
):
    """A regime is spoken of from its thirtieth date; before, all regimes together."""
    weather = {n: "crisis" if n < 20 else "choppy" for n in range(1, 80)}
    enter(ledger, past(entry, 60), regimes=weather)
    said = {n: " ".join(lessons.write(bench(ledger, n)).values()) for n in range(1, 62)}
    assert "one close ahead, said or not, asked in any regime" in said[36]
    assert "on 35 dates" in said[36]
    assert "one close ahead, said or not, asked in choppy markets" in said[51]
    assert "on 31 dates" in said[51]


@pytest.mark.parametrize(
    ("p", "advice"),
    [
        (0.9, "I have been better than the base rate there, and change nothing."),
        (0.1, "I have been worse than the base rate there."),
        (0.5, "That may be luck either way, so I change nothing."),
    ],
)
def test_no_advice_beyond_the_numbers(
    p: float, advice: str, ledger: Ledger, entry: Any, enter: Enter, bench: Any
):
    """Three in four came true: .9 beats .5, .1 loses, and the base rate itself teaches nothing."""
    made = [entry(asked=n, settled=n + 1, said=SAID, outcome="no" if n % 4 == 0 else "yes",
                  role="call", desk=(p, 0.5)) for n in range(1, 121)]  # fmt: skip
    enter(ledger, made)
    (text,) = lessons.write(bench(ledger, 121)).values()
    assert text.endswith(advice)


def test_twice_is_once_and_a_fresh_process_writes_the_same(
    tmp_path: Path, entry: Any, enter: Enter, bench: Any
):
    """A notebook that remembers nothing and a replay that reads only what is new agree."""
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    ledger = Ledger(url)
    enter(ledger, past(entry, 60), regimes=dict.fromkeys(range(1, 70), "risk_on"))
    grown = {n: lessons.write(bench(ledger, n)) for n in range(1, 62)}
    head = ledger.head()
    for number in (61, 51, 6, 61):  # back and forth, as when a cycle is run again
        assert lessons.write(bench(ledger, number)) == grown[number]
        assert lessons.write(bench(Ledger(url), number)) == grown[number]
    assert ledger.head() == head


def test_the_future_changes_no_lesson(ledger: Ledger, entry: Any, enter: Enter, bench: Any):
    """A lesson counts what had settled by its cycle, whatever has settled since."""
    enter(ledger, past(entry, 50))
    early = Ledger("sqlite://")
    enter(early, past(entry, 50)[:40])
    assert lessons.write(bench(ledger, 41)) == lessons.write(bench(early, 41)) != {}


def test_a_live_lesson_counts_no_replay(ledger: Ledger, entry: Any, enter: Enter, bench: Any):
    """The first live prediction learns from itself alone."""
    enter(ledger, past(entry, 45), modes=dict.fromkeys((45, 46), "live"))
    (text,) = lessons.write(bench(ledger, 46, "live")).values()
    assert "of 1 on the right side" in text
    assert lessons.write(bench(ledger, 46)) == {}


# Lessons of similar claims


def claim_on(symbol: str, bench: Bench, strike: float) -> Any:
    one = find(symbol, KNOWN)
    return level(one, window(one, bench.as_of, 1), "<", strike)


def test_the_most_alike_come_first(ledger: Ledger, entry: Any, enter: Enter, bench: Any):
    """Same kind, instrument and horizon only; then regime, nearness in scenario widths, recency."""

    def said(chance: float) -> dict[str, float]:
        return {"climatology": 0.5, "scenario": chance}

    made = [
        entry(asked=1, settled=3, said=said(0.40), role="call", strike=1),
        entry(asked=1, settled=4, said=said(0.40), role="call", strike=2),
        entry(asked=2, settled=4, said=said(0.90), role="call", strike=3),
        entry(asked=2, settled=4, said=said(0.45), role="call", strike=4),
        entry(asked=1, settled=4, said=said(0.40), role="call", strike=5, subject="VIX"),
        entry(asked=1, settled=4, said=said(0.40), role="call", strike=6, kind="touch"),
        entry(asked=1, settled=4, said=said(0.40), role="call", strike=7, sessions=5),
        entry(asked=1, settled=4, said=said(0.40), strike=8),
        entry(asked=1, settled=6, said=said(0.40), role="call", strike=9),
    ]
    enter(ledger, made, regimes={1: "choppy", 2: "crisis", 4: "choppy", 5: "crisis"})
    for number in range(1, 7):
        lessons.write(bench(ledger, number))
    assert alike(bench(ledger, 4)) == ["2", "1", "4", "3"]
    assert alike(bench(ledger, 5)) == ["4", "3", "2", "1"]
    assert alike(bench(ledger, 5), k=2) == ["4", "3"]
    assert alike(bench(ledger, 3)) == ["1"]  # the others had not settled yet
    assert alike(bench(ledger, 6))[0] == "9"  # no regime read: the latest among the nearest
    assert alike(bench(ledger, 5, "live")) == []


def alike(bench: Bench, k: int = 9) -> list[str]:
    claim = claim_on("SPX", bench, 2800)
    found = lessons.similar(bench, [claim], {claim.id: 0.40}, k)
    assert all(one.text.startswith("Said 60%") for one in found)
    return [one.sentence.removeprefix("SPX below ") for one in found]


def test_one_shape_before_another(ledger: Ledger, entry: Any, enter: Enter, bench: Any):
    """A claim of the other comparison is less alike, however near its probability."""
    enter(ledger, [entry(asked=1, settled=2, said=SAID, role="call")])
    here = bench(ledger, 2)
    lessons.write(here)
    under = claim_on("SPX", here, 2800)
    (told,) = lessons.similar(here, [under], {under.id: 0.6}, 3)
    one = find("SPX", KNOWN)
    over = level(one, window(one, here.as_of, 1), ">", 2800)
    assert told.shape == ("<", None, False, True)
    assert told.width == pytest.approx(0.2533, abs=1e-4)  # the normal quantile of .6
    # Found all the same, when there is no other, and once however many it is like.
    chances = {over.id: 0.6, under.id: 0.7}
    assert lessons.similar(here, [over, under], chances, 3) == [told]
    assert lessons.similar(here, [over], {}, 3) == []


# In a cycle


def test_a_cycle_writes_lessons_as_it_settles(room: Any, world: Any):
    """Every prediction on record that has settled has its lesson, of the cycle that settled it."""
    made = room(world(params="instruments: [SPX, COMP]\nindicators: []\nhorizons: [1]\n"))
    for number in (1, 2, 3):
        made.cycle(number, 3 - number)
    query = (
        sa.select(book.settlements.c.claim, book.settlements.c.cycle)
        .join(book.decisions, book.decisions.c.claim == book.settlements.c.claim)
        .where(book.decisions.c.role != "shadow")
    )
    settled = {(row["claim"], row["cycle"]) for row in made.ledger.read(query)}
    taught = made.ledger.read(sa.select(book.lessons.c.claim, book.lessons.c.cycle))
    assert {(row["claim"], row["cycle"]) for row in taught} == settled
    assert settled
