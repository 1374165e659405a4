"""Calibration in bins: shares, and how sure one may be of them."""

import numpy as np
import pytest

from workbench.measures.bins import binned, wilson


def test_a_bin_by_hand():
    """Four claims of about 70 %, three of them true, and one of 5 %, false."""
    p = np.array([0.70, 0.72, 0.74, 0.76, 0.05])
    y = np.array([1.0, 1.0, 0.0, 1.0, 0.0])
    low, high = binned(p, y, np.arange(5), 1)
    assert (low.said, low.happened, low.n, low.n_eff) == (0.05, 0.0, 1, 1.0)
    assert (high.said, high.happened, high.n, high.n_eff) == (pytest.approx(0.73), 0.75, 4, 4.0)
    assert (high.low, high.high) == wilson(0.75, 4.0)


@pytest.mark.parametrize("p", [0.0, 1.0])
def test_the_ends_of_the_scale_have_a_bin(p: float):
    """Certainty falls into the first or the last bin, not beyond it."""
    (one,) = binned(np.full(3, p), np.full(3, p), np.arange(3), 1)
    assert (one.said, one.happened, one.n) == (p, p, 3)


def test_claims_of_one_date_are_one():
    """Ten claims of each date that end alike are worth about as many as dates, and bars say so."""
    rng = np.random.default_rng(3)
    y = (rng.random(200) < 0.5).astype(float)
    (found,) = binned(np.full(2000, 0.5), np.repeat(y, 10), np.repeat(np.arange(200), 10), 1)
    assert found.n == 2000
    assert 100 < found.n_eff < 400
    assert found.high - found.low > 2 * 1.9 * np.sqrt(0.25 / 400)


def test_wilson_against_a_published_value():
    """Ten of a hundred: 5.5 % to 17.4 %, as statisticians' tables have it."""
    assert wilson(0.1, 100) == pytest.approx((0.0552, 0.1744), abs=1e-4)


def test_an_interval_holds_its_share_and_stays_inside():
    """Whatever the share and however few the trials."""
    for n in (1.0, 3.5, 400.0):
        for share in (0.0, 0.02, 0.5, 1.0):
            low, high = wilson(share, n)
            assert 0 <= low <= share <= high <= 1
            assert low < high
