"""Scores: proper, published where they are, and honest about how much they are worth."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from workbench.measures.scoring import (
    MIN_BLOCKS,
    RESAMPLES,
    brier,
    counts,
    desk_score,
    is_right,
    log_loss,
    skill,
)

inside = st.floats(0.001, 0.999)


def test_brier_by_hand():
    """The squared distance from what happened: 0 for certainty that was right, 1 for wrong."""
    assert brier(np.array([0.7, 0.7, 0, 0]), np.array([1, 0, 0, 1])) == pytest.approx(
        [0.09, 0.49, 0, 1]
    )


@pytest.mark.parametrize("y", [-1.7, 0.0, 0.4, 3.1])
def test_brier_over_a_ladder_of_thresholds_is_crps(y: float):
    """For a normal forecast, Brier losses of `below t` over all t sum to Gneiting's CRPS of it."""
    step = 0.001
    ladder = np.arange(-9, 9, step) + step / 2
    ranked = brier(norm.cdf(ladder), (y <= ladder).astype(float)).sum() * step
    published = y * (2 * norm.cdf(y) - 1) + 2 * norm.pdf(y) - 1 / math.sqrt(math.pi)
    assert ranked == pytest.approx(published, abs=1e-4)


def test_log_loss_by_hand():
    """Minus the log of what was given to the outcome: a coin's is ln 2 either way."""
    found = log_loss(np.array([0.5, 0.5, 0.8, 0.8]), np.array([1.0, 0, 1, 0]))
    assert found == pytest.approx([math.log(2), math.log(2), -math.log(0.8), -math.log(0.2)])


@pytest.mark.parametrize("certain", [0.0, 1.0, -0.1, 1.1])
def test_certainty_is_refused_not_clipped(certain: float):
    """A probability of 0 or 1 may lose everything; it raises instead of being moved inside."""
    with pytest.raises(ValueError, match="nothing is clipped"):
        log_loss(np.array([0.5, certain]), np.array([1.0, 0.0]))


# The edge W


@pytest.mark.parametrize(
    ("p", "base", "y", "published"),
    [
        (0.62, 0.457, 1, 0.575),  # SPY lower Monday than Friday
        (0.55, 0.503, 1, 0.522),  # BTC beats SPY over 48 h
        (0.54, 0.802, 1, 0.414),  # VIX stays below 26: right, and worth less than the base rate
        (0.54, 0.134, 0, 0.363),  # SPY down 0.3-0.8 %
        (0.25, 0.361, 1, 0.423),  # within half a per cent
        (0.70, 0.066, 0, 0.257),  # a move of more than 3 %
    ],
)
def test_score_of_the_seed_calls(p: float, base: float, y: int, published: float):
    """The worked table of docs/science.md: what each of the seed desk's calls was worth."""
    assert desk_score(p, base, y) == pytest.approx(published, abs=6e-4)


def expected_score(p: float, base: float, truth: float) -> float:
    return truth * desk_score(p, base, 1) + (1 - truth) * desk_score(p, base, 0)


@pytest.mark.parametrize(
    ("p", "base", "published"), [(0.54, 0.136, 0.418), (0.54, 0.91, 0.431), (0.62, 0.457, 0.487)]
)
def test_expected_score_of_the_seed_styles(p: float, base: float, published: float):
    """What ignoring the base rate costs on average, when the base rate is the truth."""
    assert expected_score(p, base, base) == pytest.approx(published, abs=7e-4)


@given(inside, inside)
def test_the_base_rate_earns_a_half(base: float, y: float):
    """Saying the base rate earns exactly one half, whatever happens; W stays within 0 and 1."""
    assert desk_score(base, base, 1) == desk_score(base, base, 0) == 0.5
    assert 0 <= desk_score(y, base, 1) <= 1


@given(inside, inside, inside)
def test_edge_is_proper(truth: float, base: float, p: float):
    """In expectation nothing earns more than saying what one believes, whatever the base rate."""
    honest = expected_score(truth, base, truth)
    assert expected_score(p, base, truth) <= honest + 1e-12
    assert honest - expected_score(p, base, truth) == pytest.approx((p - truth) ** 2 / 2, abs=1e-12)
    assert honest >= 0.5 - 1e-12  # knowing the truth never loses to the base rate


def test_right_and_wrong():
    """A forecast is right about what it held more likely; one half counts as yes."""
    assert [is_right(0.6, True), is_right(0.6, False)] == [True, False]
    assert [is_right(0.4, True), is_right(0.4, False)] == [False, True]
    assert [is_right(0.5, True), is_right(0.5, False)] == [True, False]


# Skill


def test_skill_on_constructed_losses():
    """Half the reference's loss on every claim is a skill of one half, with no uncertainty."""
    reference = np.random.default_rng(1).random(200)
    found = skill(reference / 2, reference, np.arange(200))
    assert (found.skill, found.low, found.high) == pytest.approx((0.5, 0.5, 0.5))
    assert (found.n, found.dates) == (200, 200)


def test_skill_is_a_ratio_of_sums():
    """One date's large losses weigh as much as they are: 1 - 40 / 100, not a mean of ratios."""
    loss, reference = np.full(40, 1.0), np.full(40, 2.0)
    reference[0] = 22.0
    found = skill(loss, reference, np.arange(40))
    assert found.skill == pytest.approx(1 - 40 / 100)


def test_skill_of_the_reference_is_zero():
    """The reference has no skill over itself."""
    loss = np.random.default_rng(1).random(100)
    found = skill(loss, loss, np.arange(100))
    assert (found.skill, found.low, found.high) == (0, 0, 0)


def test_too_few_dates_give_no_number():
    """Under thirty dates there is no skill and no interval, however many claims; never 0.0."""
    loss, reference = np.full(290, 0.1), np.full(290, 0.2)
    few = skill(loss, reference, np.repeat(np.arange(MIN_BLOCKS - 1), 10))
    assert (few.n, few.dates) == (290, 29)
    assert (few.skill, few.low, few.high) == (None, None, None)
    enough = skill(loss[:30], reference[:30], np.arange(MIN_BLOCKS))
    assert enough.skill == pytest.approx(0.5)


def test_nothing_scored_and_a_lossless_reference():
    """No forecast, or a reference that never lost, leaves skill undefined and not zero."""
    nothing = skill(np.array([]), np.array([]), np.array([], int))
    assert (nothing.n, nothing.n_eff, nothing.skill) == (0, 0, None)
    assert skill(np.full(50, 0.1), np.zeros(50), np.arange(50)).skill is None


def test_order_of_rows_does_not_matter():
    """Claims are told apart by their date, not by where they stand."""
    rng = np.random.default_rng(2)
    loss, reference, date = rng.random(300), rng.random(300), np.repeat(np.arange(100), 3)
    order = rng.permutation(300)
    one, other = skill(loss, reference, date), skill(loss[order], reference[order], date[order])
    assert (one.skill, one.low, one.high) == pytest.approx((other.skill, other.low, other.high))


def test_the_interval_covers():
    """On 150 records of 1,000 dates the 95 % interval holds the true skill about 19 times in 20."""
    rng = np.random.default_rng(3)
    covered = []
    for _ in range(150):
        truth = rng.choice([0.2, 0.8], 1000)
        y = (rng.random(1000) < truth).astype(float)
        found = skill(brier(truth, y), brier(np.full(1000, 0.5), y), np.arange(1000))
        covered.append(found.low <= 1 - 0.16 / 0.25 <= found.high)
    assert 0.89 <= np.mean(covered) <= 0.99


def test_the_interval_of_clustered_claims_is_as_wide_as_of_dates():
    """Ten copies of each claim make a record no more certain."""
    rng = np.random.default_rng(4)
    loss, reference, date = rng.random(150), rng.random(150) + 0.2, np.arange(150)
    one = skill(loss, reference, date)
    ten = skill(np.repeat(loss, 10), np.repeat(reference, 10), np.repeat(date, 10))
    assert (ten.skill, ten.low, ten.high) == pytest.approx((one.skill, one.low, one.high))


def test_effective_number_of_duplicated_claims():
    """Twenty copies of one claim on each of 200 dates are worth about 200 claims, not 4,000."""
    loss = np.repeat(np.random.default_rng(5).random(200), 20)
    found = skill(loss, np.full(4000, 0.25), np.repeat(np.arange(200), 20))
    assert found.n == 4000
    assert 120 <= found.n_eff <= 330


def test_effective_number_of_independent_claims():
    """Five independent claims on each of 400 dates are worth about what they are."""
    loss = np.random.default_rng(6).random(2000)
    found = skill(loss, np.full(2000, 0.25), np.repeat(np.arange(400), 5))
    assert 1300 <= found.n_eff <= 2000


# The bootstrap


def test_each_resample_draws_n_dates():
    """Every resample draws as many dates as there are."""
    drawn = counts(90, 20)
    assert drawn.shape == (RESAMPLES, 90)
    assert (drawn.sum(axis=1) == 90).all()
    assert (drawn >= 0).all()


def test_no_date_is_favoured():
    """The blocks wrap around, so the first and the last date are drawn as often as any."""
    often = counts(60, 20).mean(axis=0)
    assert often == pytest.approx(np.ones(60), abs=0.35)
    assert abs(often[:5].mean() - often[25:35].mean()) < 0.25


@pytest.mark.parametrize("mean_block", [10, 20, 40])
def test_blocks_are_as_long_as_asked(mean_block: int):
    """Neighbours k apart are drawn together in (1 - 1/m)^k of the cases: Politis and Romano."""
    drawn = counts(3000, mean_block) - 1.0
    variance = (drawn**2).mean()
    for apart in (1, mean_block):
        together = (drawn[:, apart:] * drawn[:, :-apart]).mean() / variance
        # Counts of one resample sum to n, which lowers every correlation by 2 m / n.
        lowered = 2 * mean_block / 3000
        expected = ((1 - 1 / mean_block) ** apart - lowered) / (1 - lowered)
        assert together == pytest.approx(expected, abs=0.02 if apart > 1 else 0.15 / mean_block)


def test_the_bootstrap_is_deterministic():
    """The same record has the same interval on every page and every day."""
    first = counts(77, 20).copy()
    counts.cache_clear()
    assert (counts(77, 20) == first).all()
