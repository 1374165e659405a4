"""Calibration and discrimination: by hand, against statsmodels and scipy, and never with a gap."""

from collections.abc import Callable

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.special import expit, logit
from scipy.stats import mannwhitneyu

from workbench.measures.judging import (
    calibration,
    checked,
    discrimination,
    slope,
    years_positive,
)


def honest(n: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Forecasts between .05 and .95, and outcomes that come as often as said."""
    rng = np.random.default_rng(seed)
    p = 0.05 + 0.9 * rng.random(n)
    return p, (rng.random(n) < p).astype(float)


@pytest.mark.parametrize("judge", [
    calibration,
    lambda p, y: discrimination(p, y, np.zeros(len(p), int)),
    checked,
])  # fmt: skip
@pytest.mark.parametrize("bad", [np.nan, 0.0, 1.0, 1.2])
def test_a_missing_forecast_is_an_error(judge: Callable[..., object], bad: float):
    """NaN or certainty among the forecasts raises; it is neither left out nor clipped."""
    p, y = honest(40)
    p[7] = bad
    with pytest.raises(ValueError, match="none is left out or clipped"):
        judge(p, y)
    p[7], y[7] = 0.5, np.nan
    with pytest.raises(ValueError, match="outcome is 0 or 1"):
        judge(p, y)


# Calibration


def test_ece_by_hand():
    """Thirty forecasts in 15 bins of two: the mean distance of said and happened."""
    p = np.repeat(np.linspace(0.1, 0.8, 15), 2)
    y = np.tile([1.0, 0.0], 15)  # one half in every bin
    expected = np.abs(np.linspace(0.1, 0.8, 15) - 0.5).mean()
    order = np.random.default_rng(1).permutation(30)
    assert calibration(p, y).ece == pytest.approx(expected)
    pairs = p.reshape(15, 2)[order[order < 15]]
    assert calibration(pairs.ravel(), y).ece == pytest.approx(expected)


def test_few_forecasts_are_bins_of_their_own():
    """With fewer forecasts than bins each one is a bin, and nothing divides by zero."""
    assert calibration(np.array([0.2, 0.9]), np.array([0.0, 0.0])).ece == pytest.approx(0.55)


def test_the_null_band_holds_honest_forecasters():
    """About 19 of 20 calibrated forecasters have an ECE below their null, a biased one has not."""
    records = [honest(2000, seed) for seed in range(200)]
    found = [calibration(p, y) for p, y in records]
    assert 0.90 <= np.mean([one.ece <= one.null for one in found]) <= 0.99
    p, y = records[0]
    biased = calibration(expit(logit(p) + 0.5), y)
    assert biased.ece > 2 * biased.null


def test_null_of_the_science():
    """With 6,700 claims near a half, 95 % of perfect forecasters have an ECE below about .025."""
    p, y = honest(6700)
    assert calibration(p, y).null == pytest.approx(0.023, abs=0.003)


def test_slope_agrees_with_statsmodels():
    """The slope is that of a maximum-likelihood logit."""
    for stretch in (0.4, 1.0, 2.5):
        p, y = honest(800, 3)
        said = expit(stretch * logit(p))
        theirs = sm.Logit(y, sm.add_constant(logit(said))).fit(disp=False).params[1]
        assert slope(said, y) == pytest.approx(theirs, rel=1e-6)
        assert slope(said, y) == pytest.approx(1 / stretch, rel=0.25)


def test_slope_far_from_one():
    """Forecasts near certainty that are often wrong still have a slope, found without a clip."""
    rng = np.random.default_rng(4)
    p = np.where(rng.random(400) < 0.5, 0.999, 0.97)
    y = (rng.random(400) < 0.4).astype(float)
    theirs = sm.Logit(y, sm.add_constant(logit(p))).fit(disp=False).params[1]
    assert slope(p, y) == pytest.approx(theirs, rel=1e-5, abs=1e-8)


@pytest.mark.parametrize(
    ("p", "y"),
    [
        ([0.2, 0.4, 0.6, 0.8], [0, 0, 0, 0]),  # nothing happened
        ([0.5, 0.5, 0.5, 0.5], [0, 1, 0, 1]),  # nothing was said
        ([0.2, 0.4, 0.6, 0.8], [0, 0, 1, 1]),  # a threshold separates them: infinite
    ],
)
def test_no_slope_is_no_number(p: list[float], y: list[int]):
    """Where no finite slope exists there is none, not a 0 or a large number."""
    assert slope(np.array(p), np.array(y, float)) is None


# Discrimination


def test_auc_by_hand():
    """Of four pairs two are concordant, one tied, one not."""
    p = np.array([0.9, 0.3, 0.3, 0.5])
    y = np.array([1.0, 1, 0, 0])
    assert discrimination(p, y, np.zeros(4, int)) == pytest.approx((2 + 0.5) / 4)


def test_auc_agrees_with_scipy():
    """AUC is Mann and Whitney's U over the number of pairs, ties included."""
    p, y = honest(500)
    p = np.round(p, 1)
    u = mannwhitneyu(p[y == 1], p[y == 0]).statistic
    pairs = (y == 1).sum() * (y == 0).sum()
    assert discrimination(p, y, np.zeros(500, int)) == pytest.approx(u / pairs)


def test_templates_are_not_compared():
    """Who only knows each strike's frequency does not discriminate, however they differ."""
    rng = np.random.default_rng(2)
    template = np.repeat([0, 1], 500)
    p = np.where(template == 0, 0.1, 0.9)
    y = (rng.random(1000) < p).astype(float)
    assert discrimination(p, y, template) == 0.5
    assert discrimination(p, y, np.zeros(1000, int)) > 0.8


def test_templates_count_the_same():
    """The mean over templates, whatever their numbers; one without a yes does not count."""
    p = np.array([0.1, 0.9, 0.9, 0.1, 0.4, 0.6])
    y = np.array([0.0, 1, 0, 1, 0, 0])
    template = np.array([0, 0, 1, 1, 2, 2])
    assert discrimination(p, y, template) == pytest.approx((1 + 0) / 2)
    assert discrimination(p[4:], y[4:], template[4:]) is None


def test_years_by_hand():
    """A year is positive when its sum of losses lies below the reference's; a draw is not."""
    loss = np.array([0.1, 0.3, 0.2, 0.2, 0.4])
    reference = np.array([0.2, 0.3, 0.1, 0.3, 0.1])
    year = np.array([2001, 2001, 2002, 2002, 2003])
    assert years_positive(loss, reference, year) == (1, 3)
