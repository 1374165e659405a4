"""What the essay says of the minds, of its widths and of direction, and when it says it again."""

import dataclasses
import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from workbench.desk import replay
from workbench.domain.records import Absence, Decision, Opinion
from workbench.measures.prices import ewma_volatility
from workbench.measures.scoring import Skill
from workbench.steps import debate, due, regime, said, tape
from workbench.steps.facts import Facts, Plan
from workbench.world import entries as book

LONE = "instruments: [SPX, COMP, TSLA]\nhorizons: [1]\nminds: [macro, flow]\n"  # Macro lacks VIX
COIN = """\
instruments: [{symbol: BTC-USD, name: bitcoin}, ETH-USD]
clock: {venue: "24/7", after_close: 30}
horizons: [1]
minds: [flow]
"""


@pytest.fixture(scope="module")
def opened(room: Callable[..., Any], world: Callable[..., Any]) -> Callable[..., Any]:
    """Opens a room on params, with a world that ends as given."""
    return lambda params, **ends: room(world(params=params, **ends))


@pytest.fixture(scope="module")
def told(opened: Callable[..., Any]) -> Callable[[Sequence[Plan]], Facts]:
    """The facts of one cycle with one mind present and one absent, after these dispatches."""
    bench = opened(LONE).bench(1)
    replay.cycle(bench)

    def facts(past: Sequence[Plan]) -> Facts:
        found = Facts(past=past)
        tape.gather(found, bench, regime.read(bench))
        due.gather(found, bench)
        said.gather(found, bench)
        return found

    return facts


@pytest.mark.parametrize("slot", ["absent", "alone"])
def test_again_is_said_of_the_last_dispatch_only(
    slot: str, told: Callable[[Sequence[Plan]], Facts]
):
    """'Still', 'again' and 'as before' follow a dispatch that said the very same; none older."""
    first = told([])
    plan = first.told
    assert slot in first.has
    assert f"{slot}_still" not in first.has
    again = told([plan])
    assert f"{slot}_still" in again.has
    assert slot not in again.has
    assert again.told.keys() >= {key for key in plan if key.startswith(slot)}
    between = told([{}, plan])
    assert slot in between.has
    other = {key.replace("Macro", "Other").replace("Flow", "Other"): 0 for key in plan}
    assert slot in told([other]).has


def test_two_absent_minds_do_not_take_turns(opened: Callable[..., Any]):
    """Each absence is explained once; whenever one is 'still' absent, the last dispatch said so."""
    made = opened(LONE.replace("flow", "contrarian, flow"))
    plans = [made.cycle(number, 6 - number).plan for number in range(1, 7)]
    assert ["absent" in plan for plan in plans] == [True, True, False, False, False, False]
    for before, now in pairwise(plans):
        keys = {key for key in now if key.startswith("absent ")}
        assert len(keys) == 1
        assert ("absent_still" in now) == (keys <= before.keys())


def test_an_absence_is_explained_when_its_cause_is_new():
    """The same cause with other figures is the same cause; another one is told with its reason."""
    assert said.cause("VIX has 12 closes of the 250 I need") == said.cause(
        "VIX has 13 closes of the 250 I need"
    )
    assert said.cause("VIX is dark as of 2018-01-29T22:00:00Z") == "VIX is dark"
    assert said.cause("VIX has 12 closes of the 250 I need") != said.cause("VIX is dark")


@pytest.mark.parametrize(
    ("reason", "clause"),
    [
        ("The service answered 529 (no).", "the service answered 529 (no)"),
        ("VIX is dark", "VIX is dark"),
        ("ANTHROPIC_API_KEY is not set.", "ANTHROPIC_API_KEY is not set"),
        ("Flow may cost up to 1 USD. Raise the cap.", "Flow may cost up to 1 USD. Raise the cap"),
        ("too few sessions", "too few sessions"),
    ],
)
def test_a_reason_fits_into_a_sentence(reason: str, clause: str):
    """Its first word is small unless it is a name, and the sentence around it ends it."""
    assert said.clause(Absence(mind="Flow", scope="", reason=reason)) == clause


@pytest.mark.parametrize(
    ("chances", "slot"),
    [((0.501, 0.499), "same"), ((0.51, 0.5), "agreed"), ((0.7, 0.4), "spread")],
)
def test_minds_that_show_one_number_are_not_so_many_points_apart(
    opened: Callable[..., Any], chances: tuple[float, float], slot: str
):
    """Nobody agrees 'within 0 points', or lies between 50% and 50%."""
    facts = Facts(words={"the_claim": "the call"})
    minds = {
        name: Opinion(mind=name, argument="Calm.", evidence=(), probabilities={"call": p})
        for name, p in zip(("Flow", "Contrarian"), chances, strict=True)
    }
    chosen = SimpleNamespace(claim="call", base_rate=0.3)
    said._minds(facts, opened(LONE).bench(1), cast(Decision, chosen), minds)
    assert facts.has & {"same", "agreed", "spread"} == {slot}


def test_direction_is_credible_only_where_the_gate_is_open(
    opened: Callable[..., Any], skill: Callable[..., Skill]
):
    """An interval above zero is no skill while the gate, which counts all families, is shut."""
    lucky = dataclasses.replace(skill(0.01, 0.1), p_value=0.2)
    made = opened(COIN)
    assert "unknown_sign_shut" in made.facts(1, 1, lucky).has
    assert "unknown_sign_some" in made.facts(2, 0, skill(0.01, 0.1)).has


def test_the_width_told_is_that_of_the_scenarios(opened: Callable[..., Any]):
    """What I expect is read off the scenarios that answer the claims, not off an EWMA."""
    made = opened(LONE)
    facts, past = made.facts(1), made.bench(1).scenarios["SPX", 1]
    ahead = facts.findings["ahead"]
    square = (past.weight * past.close**2).sum() / past.weight.sum()
    assert ahead.value == pytest.approx(np.sqrt(square))
    assert ahead.source == "scenarios"
    assert facts.findings["next_span"].text == "the next session"


def test_a_mind_s_year_of_a_coin_has_all_its_days(opened: Callable[..., Any]):
    """The volatility of one coin is one number a year, whoever tells it."""
    made = opened(COIN)
    facts, bench = made.facts(1), made.bench(1)
    (flow,) = debate.opinions(bench)
    meaning = next(one.meaning for one in flow.evidence if one.name == "flow_ewma")
    now = ewma_volatility(bench.lead_bars.close)[-1]
    assert re.findall(r"\d+%", meaning) == [f"{100 * now * 365**0.5:.0f}%"]
    assert re.findall(r"\d+%", meaning) == [facts.findings["vol_year"].text]


def test_who_is_absent_for_the_same_reason_is_named_too(opened: Callable[..., Any]):
    """Three empty chairs are not one, and a reason that ends its sentence does not end two."""
    bench = opened(COIN).bench(1)
    replay.cycle(bench)
    rows = [{"of": 1, "mind": mind, "scope": "", "reason": "No key is set."} for mind in "XYZ"]
    bench.ledger.append(1, [(book.absences, row) for row in rows])
    facts = Facts(past=[])
    tape.gather(facts, bench, regime.read(bench))
    said.gather(facts, bench)
    assert "absent" in facts.has
    told = f"{facts.words['absent_mind']}: {facts.findings['absent_reason'].text}"
    assert told == "X: no key is set, and the same holds for Y and Z"
