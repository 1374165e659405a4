"""Rules: by hand, blind to what comes later and to what they were mined from, right in the end."""

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.bench import rules as made
from workbench.domain import claims
from workbench.domain.calendars import moment
from workbench.domain.instruments import find
from workbench.measures import trial
from workbench.measures.blocks import Block, Category, Settled, blocks
from workbench.measures.rules import (
    LATELY,
    RECENT,
    TRIED,
    VALID,
    Rule,
    Rulebook,
    applied,
    folded,
    forbidding,
    names,
    rulings,
)
from workbench.measures.tallies import counted, effective, evidence, tally

HERE = Category("index", "direction", 1)
CALM = Category("index", "direction", 1, "choppy")
START = dt.date(2014, 1, 1)
inside = st.floats(0.01, 0.99)


def settled(day: int, desk: float, base: float, happened: bool, horizon: int = 1) -> Settled:
    """A claim asked on a day, due ``horizon`` days later."""
    asked, due = (START + dt.timedelta(days=n) for n in (day, day + horizon))
    return Settled(
        category=CALM._replace(horizon=horizon), cycle=day, start=f"{asked}T21:00:00Z",
        deadline=f"{due}T20:00:00Z", desk=desk, base=base, happened=happened,
    )  # fmt: skip


def bad(first: int, last: int, desk: float = 0.9) -> list[Settled]:
    """Two claims a day, one of which comes true, and the desk is nearly sure of both."""
    return [settled(day, desk, 0.5, y) for day in range(first, last) for y in (True, False)]


def good(first: int, last: int) -> list[Settled]:
    """Five claims a day, four of which come true, as the desk says."""
    return [settled(day, 0.8, 0.5, i > 0) for day in range(first, last) for i in range(5)]


def reviewed(state: Rulebook, found: Sequence[Settled], day: int) -> tuple[Rulebook, list[Rule]]:
    """The state after a review on a day at which these claims have settled."""
    state = folded(state, blocks(found))
    changes = rulings(state, day, START + dt.timedelta(days=day))
    return applied(state, changes), changes


def in_force() -> Rulebook:
    """Mined on day 40 and in force, in any regime and in its own, from day 240 on."""
    state, mined = reviewed(Rulebook(), bad(0, 40), 40)
    assert [one.state for one in mined] == ["trial", "trial"]
    state, forced = reviewed(state, bad(40, 240), 240)
    assert [one.state for one in forced] == ["in_force", "in_force"]
    return state


# By hand


def test_a_block_is_the_mean_of_its_claims():
    """One date is one block: mean gain and loss, and the log of the mean likelihood ratio."""
    found = blocks([settled(0, 0.7, 0.5, True), settled(0, 0.7, 0.5, False)])
    assert sorted(found) == [HERE, CALM]
    (block,) = found[HERE]
    assert block == found[CALM][0]
    assert (block.date, block.claims, block.cycle) == ("2014-01-02", 2, 0)
    assert block.loss == pytest.approx(0.25)
    assert block.gain == pytest.approx(0.25 - (0.3**2 + 0.7**2) / 2)
    assert block.worse == pytest.approx(math.log((0.5 / 0.6 + 0.5 / 0.4) / 2))
    assert block.better == pytest.approx(math.log((0.7 / 0.6 + 0.3 / 0.4) / 2))


@given(desk=inside, base=inside, truth=inside)
def test_evidence_grows_only_where_the_desk_is_worse(desk: float, base: float, truth: float):
    """However a claim stands, one that is no worse by Brier score has a mean ratio of at most 1."""
    yes, no = (blocks([settled(0, desk, base, y)])[HERE][0] for y in (True, False))

    def mean(name: str) -> float:
        return truth * math.exp(getattr(yes, name)) + (1 - truth) * math.exp(getattr(no, name))

    gain = truth * yes.gain + (1 - truth) * no.gain
    assert mean("worse") <= 1 + 1e-9 or gain < 1e-12
    assert mean("better") <= 1 + 1e-9 or gain > -1e-12


def test_evidence_is_that_of_a_mind_on_trial():
    """With the middle in place of the mind, the e-value is that of ``trial``, streams and all."""
    rng = np.random.default_rng(3)
    desk, base = rng.uniform(0.1, 0.9, (2, 120))
    happened = rng.random(120) < base
    told = [
        settled(i // 2, float(p), float(b), bool(y), horizon=3)
        for i, (p, b, y) in enumerate(zip(desk, base, happened, strict=True))
    ]
    day = np.arange(120) // 2
    other = trial.trial(
        trial.Claims(
            reference=base, mind=(desk + base) / 2, happened=happened.astype(float), asked=day,
            settled=day + 3, horizon=3,
        )
    )  # fmt: skip
    where = HERE._replace(horizon=3)
    found = evidence(counted(tally(3, 0), blocks(told)[where]))
    assert (found.n, found.dates) == (120, 60)
    assert found.worse == pytest.approx(other.against)


def test_effective_dates_by_hand():
    """Runs of luck leave fewer independent dates; without overlap all dates count."""
    gain = np.array([1.0, 1.0, 1.0, -1.0, -1.0, -1.0]) / 10
    loss = np.full(6, 0.25)
    assert effective(gain, loss, 1) == 6
    # Products at lags 0, 1, 2 are 6, 3, 0; the first lag counts twice two thirds: 6 / 10 of 6.
    assert effective(gain, loss, 2) == pytest.approx(3.6)
    assert effective(gain[:0], loss[:0], 2) == 0


def test_windows_that_overlap_share_no_stream():
    """Claims of one date asked in a later cycle of the same day add no product of their own."""
    block = blocks([settled(0, 0.7, 0.5, True)])[HERE][0]
    beside = block._replace(date="2014-01-03", start="2014-01-02T19:00:00Z")
    once, twice = (counted(tally(1, 0), found) for found in ([block], [block, beside]))
    assert twice.worse == once.worse
    assert len(twice.blocks) == 2
    free = beside._replace(start="2014-01-02T20:00:00Z")
    assert counted(once, [free]).worse == (2 * block.worse,)


def test_a_date_counts_once():
    """Claims that settle after their date was counted are late, whatever they would say."""
    once = counted(tally(1, 0), blocks(bad(0, 10))[HERE])
    assert counted(once, blocks(bad(3, 10))[HERE]) == once


def test_a_probability_is_never_clipped():
    """A forecast of 0 or 1 stops the count and names the claim."""
    with pytest.raises(ValueError, match=r"due 2014-01-02T20:00:00Z the desk said 1\.0"):
        blocks([settled(0, 1.0, 0.5, True)])


# The life of a rule


def test_a_rule_is_mined_from_thirty_dates():
    """Under 30 dates no skill is known; a desk as good as the base rate is never suspected."""
    assert reviewed(Rulebook(), bad(0, 29), 30)[1] == []
    _, found = reviewed(Rulebook(), bad(0, 30), 30)
    assert [(one.category, one.state, one.factor) for one in found] == [
        (HERE, "trial", 0.0),
        (CALM, "trial", 0.0),
    ]
    assert found[0].id == "index-direction-1-any-30"
    assert found[0].evidence.high < 0
    assert found[0].reason.startswith("Mined: skill −")
    assert found[0].evidence.skill == pytest.approx(1 - (0.01 + 0.81) / 0.5)
    assert reviewed(Rulebook(), bad(0, 200, 0.5), 200)[1] == []


def test_only_the_recent_past_is_mined():
    """A desk that was good for years and is bad now is suspected now."""
    state, _ = reviewed(Rulebook(), good(0, 1000), 1000)
    state, found = reviewed(state, bad(1000, 1000 + RECENT), 1000 + RECENT)
    assert {one.state for one in found} == {"trial"}
    assert found[0].evidence.dates == RECENT


def test_what_mined_a_rule_never_tries_it():
    """However much settles of what was asked before the mining, the trial has heard nothing."""
    state, mined = reviewed(Rulebook(), bad(0, 40), 40)
    late = [one._replace(cycle=39, deadline=f"{START + dt.timedelta(days=day)}T20:00:00Z")
            for day, one in enumerate(bad(41, 400)[::2], 41)]  # fmt: skip
    state, found = reviewed(state, late, 401)
    assert found == []
    assert [state.so_far(one).dates for one in mined] == [0, 0]


def test_in_force_by_later_claims_alone():
    """What a rule in force rests on began after its mining, and its e-value is of that."""
    state = in_force()
    for one in state.rules.values():
        assert one.evidence.first > str(START + dt.timedelta(days=40))
        assert (one.evidence.n, one.evidence.dates) == (400, 200)
        assert one.factor == one.evidence.worse
        assert one.evidence.worse == pytest.approx(200 * math.log((0.5 / 0.7 + 0.5 / 0.3) / 2))
        assert one.until == START + dt.timedelta(days=240 + VALID)
        assert state.so_far(one).dates == 0


def test_sixty_dates_at_least():
    """Strong evidence on fewer dates waits."""
    state, _ = reviewed(Rulebook(), bad(0, 40, 0.97), 40)
    state, found = reviewed(state, bad(40, 99, 0.97), 99)
    assert found == []
    assert {state.so_far(one).worse > math.log(1e3) for one in state.rules.values()} == {True}
    _, found = reviewed(state, bad(99, 100, 0.97), 100)
    assert {one.state for one in found} == {"in_force"}


def test_every_rule_ever_mined_raises_the_bar():
    """A rule that would pass among few does not among many, however badly the others did."""
    state, _ = reviewed(Rulebook(), bad(0, 40, 0.7), 40)
    state = folded(state, blocks(bad(40, 120, 0.7)))
    # 80 dates of (0.5 / 0.6 + 0.5 / 0.4) / 2: an e-value of 26, of which two need 2 / (0.1 * 2).
    assert len(rulings(state, 120, START + dt.timedelta(days=120))) == 2
    some = next(iter(state.rules.values()))
    dead = {
        f"other-{i}": replace(some, id=f"other-{i}", state="dropped", category=HERE, until=None)
        for i in range(200)
    }
    crowd = replace(state, rules={**state.rules, **dead})
    assert rulings(crowd, 120, START + dt.timedelta(days=120)) == []


def test_a_trial_ends():
    """One that the desk refutes is dropped once 60 dates speak; a silent one after two years."""
    state, _ = reviewed(Rulebook(), bad(0, 40), 40)
    refuted, found = reviewed(state, good(40, 140), 140)
    assert {one.state for one in found} == {"dropped"}
    assert found[0].reason.startswith("Its trial says otherwise: skill +")
    assert reviewed(state, [], 40 + TRIED - 1)[1] == []
    _, found = reviewed(state, [], 40 + TRIED)
    assert found[0].reason == ("Its trial found nothing: 0 dates are too few to tell, e-value 1.")
    # Only what is asked after the end may be mined again, under a name of its own.
    again, found = reviewed(refuted, bad(140, 169), 169)
    assert found == []
    _, found = reviewed(again, bad(169, 170), 170)
    assert [one.id for one in found] == [
        "index-direction-1-any-170",
        "index-direction-1-choppy-170",
    ]


def test_a_rule_that_holds_is_renewed():
    """After a year what it blocked renews it for another, and is then spent."""
    state, day = in_force(), 240 + VALID
    assert reviewed(state, bad(240, day - 1), day - 1)[1] == []
    state, found = reviewed(state, bad(240, day), day)
    assert {one.state for one in found} == {"in_force"}
    assert found[0].reason.startswith("Renewed: of what it blocked, skill −")
    assert found[0].until == START + dt.timedelta(days=day + VALID)
    assert found[0].factor == pytest.approx(200 * math.log((0.5 / 0.7 + 0.5 / 0.3) / 2))
    _, found = reviewed(state, [], day + VALID)
    assert {one.state for one in found} == {"retired"}


def test_a_rule_expires():
    """Without 60 dates that speak for it, a year is all it has."""
    day = 240 + VALID
    _, found = reviewed(in_force(), bad(240, 299), day)
    assert {one.state for one in found} == {"retired"}
    assert found[0].reason.startswith("Expired: what it blocked does not renew it, skill −")
    assert found[0].until is None


def test_a_rule_that_reverses_is_retired():
    """Once what it blocks would have beaten the base rate, it binds no longer."""
    _, found = reviewed(in_force(), good(240, 299), 299)
    assert found == []
    _, found = reviewed(in_force(), good(240, 300), 300)
    assert {one.state for one in found} == {"retired"}
    assert found[0].reason.startswith("Reversed: skill +36.0% [+36.0, +36.0] on 60 dates")
    assert found[0].reason.endswith("e-value for the desk 287.")


def test_a_rule_that_turns_is_let_go():
    """However right a rule was for half a year, the latest half year says whether it still is."""
    state, _ = reviewed(in_force(), bad(240, 400), 400)
    turned = [*good(400, 480)]
    assert reviewed(state, turned, 480)[1] == []
    state, found = reviewed(state, [*turned, *good(480, 526)], 526)
    assert {one.state for one in found} == {"retired"}
    assert found[0].evidence.dates == LATELY
    assert "e-value" not in found[0].reason
    assert found[0].evidence.first == str(START + dt.timedelta(days=401))


def test_what_a_rule_forbids():
    """Its theme, kind and horizon, in its regime or any; only while it is in force."""
    claim = claims.direction(
        find("SPX"), claims.window(find("SPX"), moment("2018-01-29T22:00Z"), 1), "up"
    )
    rules = list(in_force().rules.values())
    assert forbidding(rules, claim, "choppy").category == HERE
    own = [one for one in rules if one.category == CALM]
    assert forbidding(own, claim, "choppy") is own[0]
    assert forbidding(own, claim, "crisis") is None
    longer = claims.direction(
        find("SPX"), claims.window(find("SPX"), moment("2018-01-29T22:00Z"), 5), "up"
    )
    assert forbidding(rules, longer, "choppy") is None
    ended = [replace(one, state="retired") for one in rules]
    assert forbidding([*ended, *(replace(one, state="trial") for one in rules)], claim, "") is None
    assert own[0].forbids.startswith(f"{names(own[0].id)} forbids it: skill −")


# Properties


@given(order=st.permutations(range(12)))
def test_claims_of_a_date_have_no_order(order: list[int]):
    """However a date's claims are read, the blocks are the same to the bit."""
    rng = np.random.default_rng(5)
    told = [
        settled(i // 6, *map(float, rng.uniform(0.1, 0.9, 2)), happened=bool(i % 2))
        for i in range(12)
    ]
    assert blocks([told[i] for i in order]) == blocks(told)


def test_later_claims_change_nothing():
    """What a shorter record decided, a longer one decided too, and at the same reviews."""
    desk, days = made.DESKS["30% worse in one category"], made.sessions(700)
    whole = made.lived(desk, 4, n=700)
    months = sorted(made.world(desk, 4, n=700).items())
    state, changes = Rulebook(), list[Rule]()
    for _, found in months[: len(months) // 2]:
        last = max(block.date for one in found.values() for block in one)
        cycle = days.index(dt.date.fromisoformat(last))
        state = folded(state, found)
        new = rulings(state, cycle, days[cycle])
        state = applied(state, new)
        changes += new
    assert {one.state for one in changes} >= {"trial", "in_force"}
    assert len(changes) < len(whole)
    assert changes == whole[: len(changes)]


def test_blocks_of_the_bench_are_those_of_claims():
    """The simulation's short cut gives what the desk's own arithmetic gives."""
    rng = np.random.default_rng(9)
    p, b = rng.uniform(0.1, 0.9, (2, 4, 2))
    y = rng.random((4, 2)) < 0.5
    fast = made.blocked(p, b, y)
    told = [
        settled(day, float(p[day, i]), float(b[day, i]), bool(y[day, i]))
        for day in range(4) for i in range(2)
    ]  # fmt: skip
    slow = blocks(told)[HERE]
    for name in ("gain", "loss", "worse", "better"):
        assert fast[name] == pytest.approx([getattr(block, name) for block in slow])
    assert all(isinstance(block, Block) for block in slow)


def test_made_up_desks():
    """A desk without skill has no rule in force; a bad category is found, and let go when good."""
    assert "in_force" not in {one.state for one in made.lived(made.DESKS["no skill"], 0, n=700)}
    desk = made.DESKS["30% worse, better after three years"]
    found = [one for one in made.lived(desk, 0) if one.category == Category("made", "k0", 1)]
    states = [one.state for one in found]
    assert states[:2] == ["trial", "in_force"]
    assert found[1].of < made.TURNS < found[states.index("retired")].of
