"""GJR-GARCH simulation: agrees with arch, and knows nothing of the future."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from arch import arch_model

from workbench.measures import garch
from workbench.measures.prices import Bars, log_returns

FIELDS = ("close", "high", "low", "weight")


@pytest.fixture(scope="module")
def own(walk: Callable[..., Bars]) -> Bars:
    """Four years of bars whose volatility comes and goes."""
    return walk(1100, swing=0.5)


def test_the_recursion_is_that_of_arch(own: Bars):
    """Once the start is forgotten, variances are those that the arch package filters."""
    fit = garch.fitted(own, 1000)
    assert fit is not None
    moves = 100 * log_returns(own.close[:1000])[1:]
    model = arch_model(moves, p=1, o=1, q=1, dist="t", rescale=False)
    theirs = model.fit(disp="off").conditional_volatility
    ours = np.sqrt(garch.variances(fit, own)[1:1000])
    assert ours[500:] == pytest.approx(theirs[500:], rel=1e-6)


def test_variance_follows_by_hand(own: Bars):
    """A falling return adds alpha plus gamma times its square, a rising one only alpha."""
    fit = garch.Fit(bars=10, mu=0.1, omega=0.02, alpha=0.05, gamma=0.1, beta=0.8)
    assert fit.follows(np.array([-2.0, 2.0])) == pytest.approx([0.02 + 0.15 * 4, 0.02 + 0.05 * 4])
    variance = garch.variances(fit, own)
    shock = 100 * np.log(own.close[7] / own.close[6]) - 0.1
    expected = 0.02 + (0.05 + 0.1 * (shock < 0)) * shock**2 + 0.8 * variance[7]
    assert variance[8] == pytest.approx(expected)
    assert len(variance) == len(own) + 1


@pytest.mark.parametrize("horizon", [1, 5])
def test_no_future_is_known(own: Bars, horizon: int):
    """Scenarios as of a close are the same to the bit when later bars are cut or scrambled."""
    t = 1050
    rng = np.random.default_rng(3)
    order = np.r_[np.arange(t + 1), t + 1 + rng.permutation(len(own) - t - 1)]
    wild = replace(own, **{name: getattr(own, name)[order] for name in ("close", "high", "low")})
    whole = garch.Walk(own, horizon).at(t)
    for other in (own.until(t + 1), wild):
        found = garch.Walk(other, horizon).at(t)
        for name in FIELDS:
            assert (getattr(found, name) == getattr(whole, name)).all(), name


def test_fits_are_made_once_a_year(own: Bars):
    """A close is served by the latest fit on a grid of bars up to it; before there is none."""
    fits: dict[int, garch.Fit | None] = {}
    walk = garch.Walk(own, 1, fits)
    assert walk.at(garch.MIN_BARS - 2) is None
    assert fits == {}
    assert walk.fit(garch.MIN_BARS - 1).bars == walk.fit(1000).bars == garch.MIN_BARS
    assert walk.fit(1001).bars == garch.MIN_BARS + garch.REFIT
    assert sorted(fits) == [750, 1002]


def test_a_fit_that_fails_is_no_fit(own: Bars):
    """Where the optimiser did not converge, the fit before it goes on."""
    good = garch.Fit(bars=750, mu=0.0, omega=0.02, alpha=0.05, gamma=0.1, beta=0.8)
    assert garch.Walk(own, 1, {750: good, 1002: None}).fit(1050) is good
    assert garch.Walk(own, 1, {750: None, 1002: None}).at(1050) is None


def test_paths_are_paths(own: Bars):
    """Highs hold every close, lows are below, and the spread is that of the forecast variance."""
    t = 1050
    walk = garch.Walk(own, 5)
    ahead = walk.at(t)
    assert len(ahead) == garch.PATHS
    assert (ahead.high >= ahead.close).all()
    assert (ahead.low <= ahead.close).all()
    next_ = garch.Walk(own, 1).at(t)
    variance = garch.variances(walk.fit(t), own)[t + 1] / 1e4
    assert next_.close.var() == pytest.approx(variance, rel=0.15)
    assert ahead.price == own.close[t]


def test_closes_alone_have_no_path(own: Bars, bars_of: Callable[..., Bars]):
    """Without highs and lows the simulation has none either."""
    ahead = garch.Walk(bars_of(own.close), 1).at(900)
    assert np.isnan(ahead.high).all()
    assert np.isfinite(ahead.close).all()


def test_bars_without_highs_are_not_drawn(own: Bars):
    """Where highs begin late, only whole bars are drawn from, and not before there are 250."""
    late = replace(own, high=np.where(np.arange(len(own)) < 700, np.nan, own.high))
    walk = garch.Walk(late, 1)
    assert walk.at(948) is None
    assert np.isfinite(walk.at(949).high).all()
