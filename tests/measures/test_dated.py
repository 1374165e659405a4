"""Skill from totals by date: the same numbers as by resampling, in no time, honest when few."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.measures import dated
from workbench.measures.scoring import brier, counts, skill


def stances(dates: int, length: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Losses of two forecasters of equal worth, of which each keeps its stance ten dates long.

    Outcomes are of windows so many dates long, that overlap.
    """
    moves = np.convolve(rng.standard_normal(dates + length - 1), np.ones(length), "valid")
    y = (moves > 0).astype(float)
    stance = 0.1 * np.repeat(rng.choice([-1, 1], dates // 10 + 1), 10)[:dates]
    stance = stance + 0.01 * rng.standard_normal(dates)
    return brier(0.5 + stance, y), brier(0.5 - stance, y)


def test_totals_by_hand():
    """Values of one date are summed, dates come in order, and those without claims are no zeros."""
    found = dated.totals(np.array([7, 3, 7]), np.array([1.0, 2, 3]), np.ones(3))
    assert found.tolist() == [[2.0, 4.0], [1.0, 2.0]]


def test_blocks_outlast_the_windows():
    """Blocks are four windows long, and never shorter than twenty dates."""
    assert [dated.block(h) for h in (1, 5, 6, 22)] == [20, 20, 24, 88]


def test_variance_is_that_of_the_resampled_sums():
    """Second formula: 500 resamples of the stationary bootstrap spread as the closed form says."""
    rng = np.random.default_rng(1)
    total = np.convolve(rng.standard_normal(404), np.ones(5), "valid")
    spread = np.var(counts(400, 20) @ total)
    k, q = np.arange(400), 0.95
    weight = (1 - k / 400) * q**k + k / 400 * q ** (400 - k)
    enlarged = 1 / (1 - weight.sum() / 400)
    assert float(dated.variance(total, 20)) == pytest.approx(enlarged * spread, rel=0.15)


@pytest.mark.parametrize("dates", [30, 60, 300])
def test_variance_of_independent_dates_is_right_however_few(dates: int):
    """On average over worlds, the variance of a sum of independent dates is their number."""
    drawn = np.random.default_rng(2).standard_normal((4000, dates))
    assert dated.variance(drawn, 20).mean() / dates == pytest.approx(1, abs=0.06)


@given(st.floats(-10, 10), st.integers(2, 90))
def test_equal_dates_have_no_variance(value: float, dates: int):
    """What is the same on every date has no spread, not one of rounding."""
    assert dated.variance(np.full(dates, value), 20) == 0


def test_agrees_with_resampling():
    """Second formula: the skill is the bootstrap's, and so is the interval when dates are many."""
    own, other = stances(1000, 5, np.random.default_rng(3))
    found = dated.compared(own, other, 20)
    drawn = skill(own, other, np.arange(1000), 5)
    assert found.skill == pytest.approx(drawn.skill)
    assert found.high - found.low == pytest.approx(drawn.high - drawn.low, rel=0.12)


@pytest.mark.parametrize(("dates", "length"), [(30, 1), (60, 1), (60, 5), (300, 5)])
def test_the_interval_covers_even_when_dates_are_few(dates: int, length: int):
    """Two forecasters of equal worth: the 95 % interval holds zero about nineteen times in twenty.

    Five hundred resamples of thirty dates hold it some 78 times in 100.
    """
    rng = np.random.default_rng(4)
    found = [dated.compared(*stances(dates, length, rng), 20) for _ in range(400)]
    held = np.mean([one.low <= 0 <= one.high for one in found])
    assert 0.87 <= held <= 0.99


def test_half_the_loss_everywhere():
    """By hand: half the reference's loss on every date is a skill of one half, without doubt."""
    other = np.linspace(0.1, 0.9, 40)
    found = dated.compared(other / 2, other, 20)
    assert (found.skill, found.p_value) == (pytest.approx(0.5), pytest.approx(0, abs=1e-9))
    assert (found.low, found.high) == pytest.approx((0.5, 0.5), abs=1e-6)


def test_the_reference_against_itself():
    """No difference is a skill of zero that nobody doubts."""
    loss = np.linspace(0.1, 0.9, 40)
    found = dated.compared(loss, loss, 20)
    assert (found.skill, found.low, found.high, found.p_value) == (0, 0, 0, 1)


def test_too_few_dates_and_a_lossless_reference():
    """Under thirty dates, or over a reference that never lost, there is no number at all."""
    nothing = dated.Compared(skill=None, low=None, high=None, p_value=None)
    assert dated.compared(np.full(29, 0.1), np.full(29, 0.2), 20) == nothing
    assert dated.compared(np.full(30, 0.1), np.zeros(30), 20) == nothing
    assert dated.summed(np.full(29, 2.0), 20) == (58.0, None, None)


def test_a_sum_with_its_interval():
    """By hand: the sum of a series that is the same every date is certain."""
    assert dated.summed(np.full(50, 0.25), 20) == (12.5, 12.5, 12.5)
    total, low, high = dated.summed(np.tile([1.0, -1.0, 3.0], 20), 20)
    assert total == 60
    assert low < 60 < high


def test_effective_number():
    """Twenty copies of a claim a date are worth the dates; independent ones what they are."""
    rng = np.random.default_rng(5)
    copied = dated.effective(np.repeat(rng.random(200), 20), np.repeat(np.arange(200), 20), 20)
    assert 100 <= copied <= 330
    free = dated.effective(rng.random(2000), np.repeat(np.arange(400), 5), 20)
    assert 1000 <= free <= 2000
    assert dated.effective(np.full(90, 0.25), np.repeat(np.arange(30), 3), 20) == 30
    assert dated.effective(rng.random(90), np.repeat(np.arange(10), 9), 20) == 10


def test_skill_of_single_claims_is_the_skill_of_their_dates():
    """Losses of claims, summed by date, give the same skill, interval and effective n."""
    rng = np.random.default_rng(9)
    date = np.repeat(np.arange(60), 3)
    reference = rng.uniform(0, 0.5, 180)
    loss = 0.9 * reference + rng.normal(0, 0.02, 180)
    found = dated.skilled(loss, reference, date, 1)
    own, other = dated.totals(date, loss, reference)
    whole = dated.compared(own, other, dated.block(1))
    assert (found.skill, found.low, found.high) == (whole.skill, whole.low, whole.high)
    assert (found.n, found.dates) == (180, 60)
    assert found.n_eff == dated.effective(loss, date, dated.block(1))
    assert whole.p_value is not None
    assert found.p_value == pytest.approx(whole.p_value / 2)
    worse = dated.skilled(reference, loss, date, 1)
    assert worse.p_value is not None
    assert worse.p_value > 0.5


def test_nothing_settled_has_no_skill():
    """An empty record has no number."""
    none = np.zeros(0)
    found = dated.skilled(none, none, np.zeros(0, np.int64), 1)
    assert (found.n, found.skill, found.p_value) == (0, None, None)
