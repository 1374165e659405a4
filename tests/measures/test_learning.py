"""The learned pool: worked by hand, safe against any outcomes, replayed to the bit."""

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import reduce

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import expit, logit

from tests.bench import minds
from workbench.measures.beliefs import Pool, Settled, Terms, start, weight, weights
from workbench.measures.learning import expert, learn, predict, settle

inside = st.floats(0.001, 0.999)
said = st.dictionaries(st.sampled_from(["ann", "bob", "cyd"]), inside, max_size=3)
claims = st.builds(
    Settled,
    category=st.sampled_from(["level", "touch"]),
    reference=inside,
    said=said,
    happened=st.sampled_from([0.0, 1.0]),
)
dates = st.lists(st.lists(claims, max_size=3), max_size=6)


def folded(state: Pool, dates: list[list[Settled]]) -> Pool:
    """The pool after several dates in order."""
    return reduce(settle, dates, state)


def same(one: Pool, other: Pool) -> bool:
    """Whether two pools are equal to the bit."""
    return (
        one.names == other.names
        and np.array_equal(one.mean, other.mean)
        and np.array_equal(one.covariance, other.covariance)
        and (one.lead, one.dates) == (other.lead, other.dates)
    )


def claim(r: float = 0.5, y: float = 1.0, category: str = "level", **minds_: float) -> Settled:
    return Settled(category=category, reference=r, said=minds_, happened=y)


# By hand


def test_the_first_forecast_by_hand():
    """Reference 1/2, one mind at odds e: weight .05, doubt .0325, then halfway to z."""
    odds = 0.05 / math.sqrt(1 + math.pi * (0.1**2 + 0.15**2) / 8)
    z = expit(odds)
    assert expert(start(), "level", 0.5, {"ann": expit(1)}) == pytest.approx(z)
    mixed = [0.5 + 0.5 * math.exp(-2 * ((z - y) ** 2 - 0.25)) for y in (0, 1)]
    expected = 0.5 + (-math.log(mixed[0]) + math.log(mixed[1])) / 4
    assert predict(start(), "level", 0.5, {"ann": expit(1)}) == pytest.approx(expected)
    assert expected == pytest.approx((0.5 + z) / 2, abs=1e-5)


def test_one_claim_by_hand():
    """With one claim the most probable weight solves w - .05 = .0325 (1 - p(w)), shared 4 : 9."""
    found = learn(start(Terms(memory=1)), "level", 0.5, {"ann": expit(1)}, 1)
    total = float(found.mean.sum())
    assert total - 0.05 == pytest.approx(0.0325 * (1 - expit(total)))
    gained = found.mean - np.array([0.05, 0])
    assert found.names == (("ann", ""), ("ann", "level"))
    assert gained[1] / gained[0] == pytest.approx(0.15**2 / 0.1**2)
    h = expit(total) * (1 - expit(total))
    assert found.covariance.sum() == pytest.approx(1 / (1 / 0.0325 + h))


def test_far_minds_count_as_near():
    """Beyond 1.5 in log odds a mind's certainty moves the desk no further."""
    at_reach = predict(start(), "level", 0.5, {"ann": expit(1.5)})
    assert predict(start(), "level", 0.5, {"ann": expit(6)}) == pytest.approx(at_reach)


def test_weights_below_zero_do_not_count():
    """A mind that is always wrong is heard less, then not at all; it is never turned round."""
    state = start()
    for _ in range(200):
        state = learn(state, "level", 0.5, {"ann": expit(1)}, 0)
    assert state.mean.sum() < -0.05
    assert predict(state, "level", 0.5, {"ann": expit(1)}) == 0.5
    assert weight(state, "ann", "level").learned == 0


def test_forgetting_by_hand():
    """With no memory every weight is at its prior again after each claim; halved in 462 claims."""
    state = learn(start(Terms(memory=0)), "level", 0.3, {"ann": 0.9}, 1)
    assert state.mean == pytest.approx(np.array([0.05, 0]))
    assert state.covariance == pytest.approx(np.diag([0.1**2, 0.15**2]))
    assert Terms().memory ** 462 == pytest.approx(0.5, abs=1e-3)


def test_it_agrees_with_a_general_optimiser():
    """A date's weights are the top of prior times likelihood of its claims, all at once."""
    terms = Terms(memory=1, alike=0)
    batch = [
        claim(0.4, 1, "level", ann=0.6, bob=0.3), claim(0.7, 0, "touch", ann=0.9),
        claim(0.2, 1, "level", bob=0.5), claim(0.5, 0, "touch", ann=0.45, bob=0.7),
    ]  # fmt: skip
    found = settle(start(terms), batch)

    def cost(w: np.ndarray) -> float:
        at = dict(zip(found.names, w, strict=True))
        total = 0.0
        for c in batch:
            odds = logit(c.reference)
            for mind, q in c.said.items():
                own = at[mind, ""] + at[mind, c.category]
                odds += own * np.clip(logit(q) - logit(c.reference), -1.5, 1.5)
            total += np.logaddexp(0, odds) - c.happened * odds
        for (_, category), value in at.items():
            total += ((value - 0.05 * (not category)) / (0.15 if category else 0.1)) ** 2 / 2
        return float(total)

    theirs = minimize(cost, np.zeros(len(found.names)), method="BFGS", options={"gtol": 1e-8})
    assert found.mean == pytest.approx(theirs.x, abs=1e-5)


# Who is absent, who agrees


@settings(max_examples=30)
@given(dates, inside)
def test_nobody_present_is_the_reference(past: list[list[Settled]], r: float):
    """Whatever was learned, without minds the reference stands, and it is not 1/2."""
    assert predict(folded(start(), past), "level", r, {}) == r


@settings(max_examples=30)
@given(dates, inside)
def test_minds_that_agree_change_nothing(past: list[list[Settled]], r: float):
    """Minds that say what the reference says leave it, and earn no weight."""
    state = folded(start(), past)
    assert predict(state, "level", r, {"ann": r, "bob": r}) == r
    learned = learn(start(Terms(memory=1)), "level", r, {"ann": r}, 1)
    assert learned.mean == pytest.approx(np.array([0.05, 0]))
    assert learned.lead == 0


def test_absent_is_not_one_half():
    """An absent mind leaves what the others say; one that says 1/2 does not."""
    alone = predict(start(), "level", 0.2, {"ann": 0.3})
    assert predict(start(), "level", 0.2, {"ann": 0.3, "bob": 0.5}) > alone


@settings(max_examples=30)
@given(dates, claims)
def test_a_date_without_minds_leaves_no_trace(past: list[list[Settled]], silent: Settled):
    """Where nobody spoke nothing is learned, nor forgotten."""
    state = folded(start(), past)
    assert same(settle(state, [replace(silent, said={})]), state)


@settings(max_examples=30)
@given(dates)
def test_minds_met_late_are_as_if_listed_before(past: list[list[Settled]]):
    """A pool that knew all names from the start has learned the same."""
    late = folded(start(), past)
    everyone = claim(0.5, 1, "level", ann=0.5, bob=0.5, cyd=0.5)
    listed = settle(
        start(Terms(memory=1)), [everyone, replace(everyone, category="touch")]
    )  # all agree, so nothing is learned
    early = folded(replace(listed, terms=Terms(), dates=0), past)
    for mind, category in weights(late):
        one, other = weight(late, mind, category), weight(early, mind, category)
        assert one.learned == pytest.approx(other.learned, abs=1e-9)
        assert one.sd == pytest.approx(other.sd, abs=1e-9)


@pytest.mark.parametrize("bad", [math.nan, 0.0, 1.0])
def test_what_is_missing_must_be_left_out(bad: float):
    """NaN or certainty is an error; neither is imputed or clipped."""
    with pytest.raises(ValueError, match="none is clipped"):
        predict(start(), "level", 0.5, {"ann": bad})
    with pytest.raises(ValueError, match="none is clipped"):
        learn(start(), "level", bad, {"ann": 0.5}, 1)
    with pytest.raises(ValueError, match="none is clipped"):
        settle(start(), [replace(claim(ann=0.6), pooled=bad)])
    with pytest.raises(ValueError, match="outcome is 0 or 1"):
        learn(start(), "level", 0.5, {"ann": 0.5}, 0.5)


# Always


@settings(max_examples=30)
@given(dates, inside, said)
def test_always_between_the_reference_and_the_pool(
    past: list[list[Settled]], r: float, now: dict[str, float]
):
    """What is said lies inside (0, 1), between r and z."""
    state = folded(start(), past)
    found, z = predict(state, "level", r, now), expert(state, "level", r, now)
    assert 0 < min(r, z) <= found <= max(r, z) < 1


@settings(max_examples=30)
@given(st.lists(st.lists(claims, min_size=1, max_size=3), max_size=20))
def test_the_reference_is_never_beaten_by_much(past: list[list[Settled]]):
    """Against any outcomes whatever, dates' mean losses exceed the reference's by ln 2 / 2."""
    state, total = start(), 0.0
    for date in past:
        gained = [
            (predict(state, c.category, c.reference, c.said) - c.happened) ** 2
            - (c.reference - c.happened) ** 2
            for c in date
            if c.said
        ]
        shares = [1 / sum(o.category == c.category for o in date if o.said) for c in date if c.said]
        total += float(np.average(gained, weights=shares)) if gained else 0.0
        state = settle(state, date)
        assert total <= math.log(2) / 2 + 1e-9


def test_the_worst_that_outcomes_can_do():
    """Outcomes chosen against the pool, claim by claim, cost less than ln 2 / 2 in all."""
    state, total = start(), 0.0
    for i in range(400):
        p = predict(state, "level", 0.5, {"ann": expit(1.5 if i % 7 else -1.5)})
        y = float(p < 0.5)
        total += (p - y) ** 2 - 0.25
        state = learn(state, "level", 0.5, {"ann": expit(1.5 if i % 7 else -1.5)}, y)
    assert 0 < total < math.log(2) / 2


# A replay


@settings(max_examples=30)
@given(st.lists(claims, max_size=6), st.randoms())
def test_claims_of_a_date_have_no_order(batch: list[Settled], chance: object):
    """Whatever order a date's claims come in, the pool is the same to the bit."""
    shuffled = list(batch)
    chance.shuffle(shuffled)
    assert same(settle(start(), batch), settle(start(), shuffled))


@settings(max_examples=30)
@given(dates, dates)
def test_no_future_changes_the_past(past: list[list[Settled]], future: list[list[Settled]]):
    """The pool as of a date is the fold up to it; learning on from it leaves it alone."""
    then = folded(start(), past)
    before = (then.mean.copy(), then.covariance.copy(), then.lead)
    whole = folded(start(), [*past, *future])
    assert same(folded(then, future), whole)
    assert np.array_equal(then.mean, before[0])
    assert np.array_equal(then.covariance, before[1])
    assert then.lead == before[2]


@settings(max_examples=30)
@given(claims, st.integers(2, 20))
def test_repeats_are_one_claim(one: Settled, copies: int):
    """The same claim said twenty times on a date teaches what it teaches once."""
    single, many = settle(start(), [one]), settle(start(), [one] * copies)
    assert many.mean == pytest.approx(single.mean, abs=1e-9)
    assert many.covariance == pytest.approx(single.covariance, abs=1e-9)
    assert many.lead == pytest.approx(single.lead, abs=1e-9)


def test_claims_taken_for_independent_count_each():
    """With ``alike`` 0 ten claims move a weight nearly ten times as far as one."""
    one = claim(0.5, 1, ann=expit(0.2))
    single, many = (settle(start(Terms(alike=0)), [one] * k) for k in (1, 10))
    moved = [float(s.mean.sum()) - 0.05 for s in (single, many)]
    assert moved[1] / moved[0] == pytest.approx(10, rel=0.1)


def test_overlapping_windows_count_their_share():
    """Five claims that each count a fifth, on five dates, move as far as one."""
    one = claim(0.5, 1, ann=expit(0.2))
    fifth = folded(start(), [[replace(one, count=0.2)]] * 5)
    whole = settle(start(), [one])
    assert fifth.mean == pytest.approx(whole.mean, rel=0.01)
    assert fifth.lead == pytest.approx(whole.lead, rel=0.05)


def test_trust_is_in_what_was_said_then():
    """z as of asking decides the trust, not what has been learned since."""
    state = folded(start(), [[claim(0.5, 1, ann=0.8)]] * 50)
    late = settle(state, [claim(0.5, 1, ann=0.8)])
    then = settle(state, [replace(claim(0.5, 1, ann=0.8), pooled=0.5)])
    assert then.lead == state.lead < late.lead
    assert np.array_equal(then.mean, late.mean)


def test_what_is_shown():
    """The weight in force is what a mind a small way off moves what is said, as a share."""
    state = folded(start(), [[claim(0.5, 1, ann=0.8)]] * 30)
    shown = weights(state)["ann", "level"]
    moved = logit(predict(state, "level", 0.5, {"ann": expit(0.01)})) / 0.01
    assert moved == pytest.approx(shown.in_force, rel=0.01)
    assert shown.learned > shown.in_force > 0.02
    assert weight(start(), "new", "level").learned == 0.05


# Minds of known skill


def replays(scenario: str, worlds: int, n: int = 600) -> list[tuple[np.ndarray, minds.World]]:
    made = [minds.world(scenario, 5 + i, n) for i in range(worlds)]
    return [(minds.replayed(one)[0], one) for one in made]


def mean_bss(found: Sequence[tuple[np.ndarray, minds.World]], first: int, last: int) -> float:
    return 100 * float(np.mean([minds.bss(z, made, first, last) for z, made in found]))


@pytest.mark.parametrize(
    ("scenario", "plain"), [("all noise", -2), ("coin-flippers", -60), ("all opposed", -10)]
)
def test_minds_without_skill_cost_next_to_nothing(scenario: str, plain: float):
    """Where the plain mean loses, the pool ends at the reference, never .35 Brier units behind."""
    found = replays(scenario, 3)
    means = [minds.bss(expit(logit(m.q).mean(axis=0)), m, 0, 600) for _, m in found]
    assert 100 * np.mean(means) < plain
    assert mean_bss(found, 0, 600) > -0.5
    assert max(minds.regret(z, made.r, made.y) for z, made in found) < math.log(2) / 2


@pytest.mark.parametrize("scenario", ["all weak, correlated", "overconfident, informed"])
def test_minds_that_know_something_are_heard(scenario: str):
    """Weak minds that share their knowledge, and bold ones that know, make the desk better."""
    assert mean_bss(replays(scenario, 3), 200, 600) > 0.5


def test_a_mind_that_dies_is_unlearned():
    """Seven hundred claims after a good mind stops knowing, little is lost and less believed."""
    made = minds.world("one dies", 5, 1_300, dies=600)
    _, then = minds.replayed(made.until(600))
    z, later = minds.replayed(made)
    trusted = [
        np.mean([w.in_force for (mind, _), w in weights(state).items() if mind == "m0"])
        for state in (then, later)
    ]
    assert trusted[1] < 0.6 * trusted[0]
    assert 100 * minds.bss(z, made, 600, 1_300) > -2
