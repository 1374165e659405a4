"""The gate: which families may speak, what goes on record, and which one is the call."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.domain import claims
from workbench.domain.calendars import moment
from workbench.domain.claims import Claim
from workbench.domain.instruments import find
from workbench.domain.records import Decision, Terms
from workbench.measures import gate
from workbench.measures.gate import MIN_DATES
from workbench.measures.scoring import Skill

SPX, COMP, VIX = (find(name) for name in ("SPX", "COMP", "VIX"))
NOW = moment("2018-01-26T22:00Z")
DAY, FIVE = claims.window(SPX, NOW, 1), claims.window(SPX, NOW, 5)
inside = st.floats(0.01, 0.99)

OPEN = Skill(n=500, dates=100, n_eff=90, skill=0.1, low=0.05, high=0.15, p_value=0.002)
SHUT = Skill(n=500, dates=100, n_eff=90, skill=0.01, low=-0.02, high=0.04, p_value=0.4)


# Arithmetic


def test_gain_by_hand():
    """Three and a half points at one half are half a per cent of its variance."""
    assert gate.gain(0.535, 0.5) == pytest.approx(0.0049)
    assert gate.gain(0.3, 0.2) == pytest.approx(0.01 / 0.16)


@given(inside, inside)
def test_gain_and_information_are_never_negative(p: float, base: float):
    """Both are zero at the base rate and positive away from it, whichever side."""
    assert gate.gain(base, base) == 0
    assert gate.information(base, base) == pytest.approx(0, abs=1e-12)
    assert gate.gain(p, base) >= 0
    assert gate.information(p, base) >= -1e-12
    if abs(p - base) > 0.01:
        assert gate.information(p, base) > 0


def test_information_by_hand():
    """One fair coin told for certain would be ln 2; 3/4 against 1/2 is 3/4 ln 3/2 + 1/4 ln 1/2."""
    expected = 0.75 * math.log(1.5) + 0.25 * math.log(0.5)
    assert gate.information(0.75, 0.5) == pytest.approx(expected)
    assert gate.information(1 - 1e-12, 0.5) == pytest.approx(math.log(2))


def opened(p_values: list[float]) -> list[int]:
    """Which of these families, told by their number, are open."""
    families = {("SPX", "level", i): replace(OPEN, p_value=p) for i, p in enumerate(p_values)}
    return sorted(number for _, _, number in gate.opened(families))


def test_open_families_by_hand():
    """Benjamini and Hochberg's own example: of fifteen p-values the four smallest are kept."""
    published = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344,
                 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0]  # fmt: skip
    assert opened(published) == [0, 1, 2, 3]
    assert opened([0.05]) == [0]
    assert opened([0.051]) == []
    assert opened([0.04, 0.045]) == [0, 1]  # the first would not pass alone, both do together


@given(st.lists(st.floats(0.002, 1), min_size=1, max_size=40), st.integers(0, 39))
def test_better_evidence_never_shuts(p_values: list[float], which: int):
    """A smaller p-value of one family shuts no other, and an open one stays open."""
    better = list(p_values)
    better[which % len(better)] /= 10
    assert set(opened(p_values)) <= set(opened(better))


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (OPEN, True),
        (SHUT, False),
        (replace(OPEN, dates=MIN_DATES - 1), False),
        (replace(OPEN, dates=MIN_DATES), True),
        (replace(OPEN, skill=None, low=None, high=None, p_value=None), False),
    ],
)
def test_when_a_family_is_open(found: Skill, expected: bool):
    """Open means sixty dates and skill that luck does not explain."""
    assert bool(gate.opened({("SPX", "level", 1): found})) is expected


def test_one_skilled_family_among_many_is_found():
    """However many families are asked, one whose skill is far from luck may speak."""
    assert opened([1e-6, *np.linspace(0.01, 1, 200)]) == [0]


def test_luck_opens_few_families():
    """Of forty families without skill, asked a thousand times, hardly ever is one open."""
    rng = np.random.default_rng(3)
    wrong = [bool(opened(list(rng.uniform(0, 1, 40)))) for _ in range(1000)]
    assert 0.02 < np.mean(wrong) < 0.08  # the rule promises 0.05


# Decisions


def decided(
    cases: list[tuple[Claim, float, float]], shut: set[str] = frozenset(), **changes: object
) -> dict[str, Decision]:
    """Decisions by claim id on (claim, said, base rate), all families open but those named."""
    families = {
        (c.subject, c.kind, c.window.sessions): SHUT if c.kind in shut else OPEN
        for c, _, _ in cases
    }
    arguments = {
        "terms": Terms(), "withheld": (), "running": (), "recent": (), "families": families
    } | changes  # fmt: skip
    found = gate.decide(
        [c for c, _, _ in cases], {c.id: p for c, p, _ in cases}, {c.id: b for c, _, b in cases},
        **arguments,
    )  # fmt: skip
    assert [d.claim for d in found] == [c.id for c, _, _ in cases]  # one each, in slate order
    return {d.claim: d for d in found}


LEVEL = claims.level(SPX, DAY, ">", 2850)
BAND = claims.band(SPX, DAY, -1, 1, "pct")
FEAR = claims.level(VIX, DAY, "<", 12)


def test_a_claim_with_an_edge_is_the_call():
    """An open family, a material edge and nothing in the way: on record, with its arithmetic."""
    found = decided([(LEVEL, 0.7, 0.5)])[LEVEL.id]
    assert (found.role, found.probability, found.base_rate) == ("call", 0.7, 0.5)
    assert found.gain == pytest.approx(0.16)


@pytest.mark.parametrize(
    ("said", "base", "changes", "why"),
    [
        (
            0.7,
            0.5,
            {"shut": {"level"}},
            "skill +1.0% [-2.0, +4.0] on 100 dates, p = 0.400 among 1 families",
        ),
        (0.7, 0.5, {"families": {}}, "too little history"),
        (0.98, 0.9, {}, "too certain"),
        (0.02, 0.1, {}, "too certain"),
        (0.53, 0.5, {}, "edge is +3.0 points"),  # a gain of 0.0036
        (0.7, 0.5, {"withheld": {"SPX"}}, "SPX is withheld"),
        (
            0.7,
            0.5,
            {"running": [claims.level(SPX, DAY, ">", 2900)]},
            "a level claim on SPX to 2018-01-29 is open",
        ),
    ],
)
def test_refusals(said: float, base: float, changes: dict, why: str):
    """What the gate refuses stays a shadow, with its numbers and the reason."""
    found = decided([(LEVEL, said, base)], **changes)[LEVEL.id]
    assert found.role == "shadow"
    assert why in found.reason.replace("\N{MINUS SIGN}", "-")
    assert (found.probability, found.base_rate) == (said, base)


def test_a_withheld_leg_is_enough():
    """A relative claim on a withheld instrument is refused, whichever of the two it is."""
    pair = claims.relative(COMP, SPX, DAY, 0)
    for symbol in ("SPX", "COMP"):
        assert decided([(pair, 0.7, 0.5)], withheld={symbol})[pair.id].role == "shadow"


def test_relative_evidence_counts_either_way():
    """The evidence is kept under the later instrument; asked the other way it is the same."""
    families = {("COMP", "relative", 1): OPEN}
    for pair in (claims.relative(COMP, SPX, DAY, 0), claims.relative(SPX, COMP, DAY, 0)):
        assert decided([(pair, 0.7, 0.5)], families=families)[pair.id].role == "call"


@pytest.mark.parametrize(
    ("open_", "free"),
    [
        (claims.level(SPX, DAY, "<", 2900), False),  # the same question, other strike
        (claims.level(SPX, FIVE, "<", 2900), False),  # a longer window that holds this one
        (claims.band(SPX, DAY, -1, 1, "pct"), False),  # another kind
        (claims.relative(COMP, SPX, DAY, 0), False),  # it speaks of SPX too
        (claims.level(VIX, DAY, ">", 12), True),  # another instrument
        (claims.level(SPX, claims.window(SPX, moment("2018-01-19T22:00Z"), 5), ">", 2900), True),
    ],
)
def test_what_overlaps_an_open_prediction(open_: Claim, free: bool):
    """While a prediction on an instrument runs, no other on it goes on record; one that ends as
    this one begins is no hindrance."""
    found = decided([(LEVEL, 0.7, 0.5)], running=[open_])[LEVEL.id]
    assert found.verdict == ("passed" if free else "overlaps")


def test_a_rule_in_force_forbids():
    """What a rule forbids stays a shadow, with the rule as the reason."""
    found = decided([(LEVEL, 0.7, 0.5)], forbidden={LEVEL.id: "rule 7 forbids it"})[LEVEL.id]
    assert (found.role, found.verdict, found.reason) == ("shadow", "ruled", "rule 7 forbids it")


def test_a_shut_family_is_told_before_a_rule():
    """What may not speak at all is not what a rule blocked: its cost is not the rule's."""
    found = decided([(LEVEL, 0.7, 0.5)], shut={"level"}, forbidden={LEVEL.id: "rule 7"})[LEVEL.id]
    assert found.verdict == "shut"


def test_interest_breaks_near_ties():
    """Of two predictions that tell about as much, the one that readers care about is the call."""
    cases = [(LEVEL, 0.7, 0.5), (FEAR, 0.69, 0.5)]
    found = decided(cases, interest={FEAR.id: 1.5})
    assert [found[c.id].role for c in (LEVEL, FEAR)] == ["other", "call"]
    shadow = decided([(LEVEL, 0.5, 0.5)], interest={LEVEL.id: 99.0})
    assert shadow[LEVEL.id].role == "shadow"  # nobody's interest lets a claim through


def test_a_relative_prediction_speaks_of_both():
    """Beside COMP against SPX, neither index gets another prediction that overlaps it today."""
    pair, own = claims.relative(COMP, SPX, DAY, 0), claims.level(COMP, DAY, ">", 7000)
    found = decided([(pair, 0.75, 0.5), (own, 0.7, 0.5), (LEVEL, 0.7, 0.5)])
    assert [found[c.id].verdict for c in (pair, own, LEVEL)] == ["passed", "crowded", "crowded"]


def test_one_prediction_an_instrument():
    """Of two claims on one instrument the more informative goes on record."""
    found = decided([(LEVEL, 0.6, 0.5), (BAND, 0.75, 0.5), (FEAR, 0.65, 0.5)])
    assert [found[c.id].role for c in (LEVEL, BAND, FEAR)] == ["shadow", "call", "other"]
    assert found[LEVEL.id].reason == "today's band claim on SPX overlaps it"


def test_the_call_is_held_more_likely_than_not():
    """The most informative prediction, if held unlikely, is an other; the call is the next one."""
    found = decided([(LEVEL, 0.1, 0.5), (FEAR, 0.6, 0.5)])
    assert [found[c.id].role for c in (LEVEL, FEAR)] == ["other", "call"]


def test_no_call_without_one_more_likely_than_not():
    """When everything on record is held unlikely, there is no call."""
    assert decided([(LEVEL, 0.3, 0.5)])[LEVEL.id].role == "other"
    assert decided([(LEVEL, 0.5, 0.35)])[LEVEL.id].role == "call"


def test_the_call_is_held_more_likely_than_history_does():
    """What I hold likely, but less so than history does, would be a call that reads upside down."""
    found = decided([(LEVEL, 0.6, 0.9), (FEAR, 0.6, 0.5)])
    assert [found[c.id].role for c in (LEVEL, FEAR)] == ["other", "call"]


def test_sitting_out():
    """When nothing passes, everything is a shadow and nothing is a call."""
    found = decided([(LEVEL, 0.5, 0.5), (FEAR, 0.51, 0.5)])
    assert {d.role for d in found.values()} == {"shadow"}


MOVE = claims.magnitude(VIX, DAY, 5, "any")


def test_variety():
    """A kind that was the call lately must say twice as much to be it again, whoever of."""
    cases = [(LEVEL, 0.7, 0.5), (MOVE, 0.69, 0.5)]
    assert decided(cases)[LEVEL.id].role == "call"
    for before in (LEVEL, FEAR):  # of the same instrument, and of the other
        again = decided(cases, recent=[gate.call_key(before)])
        assert [again[c.id].role for c in (LEVEL, MOVE)] == ["other", "call"]


def test_variety_of_instruments():
    """An instrument that was the call lately gives way to another that says nearly as much."""
    cases = [(LEVEL, 0.7, 0.5), (FEAR, 0.69, 0.5)]
    again = decided(cases, recent=["SPX range"])
    assert [again[c.id].role for c in (LEVEL, FEAR)] == ["other", "call"]
    assert decided(cases, recent=["COMP range"])[LEVEL.id].role == "call"


def test_variety_forgets():
    """Only the last calls count: what was said more than `recent` dispatches ago is fresh."""
    cases = [(LEVEL, 0.7, 0.5), (MOVE, 0.69, 0.5)]
    recent = [gate.call_key(LEVEL), "COMP range", "COMP range"]
    assert decided(cases, recent=recent)[MOVE.id].role == "call"
    assert decided(cases, recent=recent, terms=Terms(recent=2))[LEVEL.id].role == "call"


def test_decisions_do_not_depend_on_order():
    """The slate's order decides nothing but the order of the answer."""
    cases = [(LEVEL, 0.7, 0.5), (BAND, 0.7, 0.5), (FEAR, 0.69, 0.5)]
    assert decided(cases) == decided(cases[::-1])


probabilities = st.tuples(st.floats(0.02, 0.98), st.floats(0.05, 0.95))


@given(st.lists(probabilities, min_size=6, max_size=6), st.sets(st.sampled_from(["SPX", "VIX"])))
def test_what_goes_on_record(said: list[tuple[float, float]], withheld: set[str]):
    """Whatever is said: one call at most, one an instrument and deadline, all within the terms."""
    slate = [LEVEL, BAND, FEAR, claims.relative(COMP, SPX, DAY, 0),
             claims.direction(SPX, FIVE, "up"), claims.level(COMP, FIVE, ">", 7000)]  # fmt: skip
    cases = [(c, p, b) for c, (p, b) in zip(slate, said, strict=True)]
    found = decided(cases, withheld=withheld)
    spoken = [c for c in slate if found[c.id].role != "shadow"]
    for i, one in enumerate(spoken):
        for other in spoken[i + 1 :]:
            apart = one.window.deadline != other.window.deadline
            assert apart or not set(one.symbols) & set(other.symbols)
        assert not withheld & set(one.symbols)
        assert found[one.id].gain >= 0.005
        assert 0.03 <= found[one.id].probability <= 0.97
    calls = [d for d in found.values() if d.role == "call"]
    likely = [
        c for c, p, base in cases
        if p >= max(0.5, base) and found[c.id].verdict in {"passed", "crowded"}
    ]  # fmt: skip
    assert len(calls) == bool(likely)
    assert all(d.probability >= max(0.5, d.base_rate) for d in calls)
