"""Recalibration: by hand, against statsmodels and scipy, from the past only, inside (0, 1)."""

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import minimize
from scipy.special import expit, logit

from workbench.measures import logistic
from workbench.measures.recalibration import HONEST, LANGUAGE_MODEL, Platt, Prior, online, platt

probabilities = arrays(float, 12, elements=st.floats(0, 1, exclude_min=True, exclude_max=True))
outcomes = arrays(float, 12, elements=st.sampled_from([0.0, 1.0]))
WIDE = Prior(slope_sd=1e4, intercept_sd=1e4)


def stated(n: int, slope: float, seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """True p, what a forecaster of that overconfidence says, and outcomes."""
    rng = np.random.default_rng(seed)
    p = np.clip(rng.beta(1.5, 1.5, n), 0.02, 0.98)
    return p, expit(slope * logit(p)), (rng.random(n) < p).astype(float)


def test_one_claim_by_hand():
    """q = 1/2 came true: only the intercept can learn; it solves (1 - p) = a / sd^2."""
    found = platt(np.array([0.5]), np.array([1.0]))
    assert found.slope == pytest.approx(1)
    assert found.intercept / 0.09 == pytest.approx(1 - expit(found.intercept))
    assert found.intercept == pytest.approx(0.0440, abs=1e-4)


def test_nothing_settled_is_the_prior():
    """Before the first outcome a forecaster is taken at its word, a language model for less."""
    q, none = np.array([0.2, 0.9]), np.zeros(0)
    assert platt(none, none).of(q) == pytest.approx(q)
    assert logit(platt(none, none, LANGUAGE_MODEL).of(q)) == pytest.approx(0.7 * logit(q))


def test_it_agrees_with_statsmodels_where_the_prior_says_nothing():
    """With hardly a prior it is plain logistic regression."""
    _, q, y = stated(400, 2)
    theirs = sm.Logit(y, sm.add_constant(logit(q))).fit(disp=0).params
    found = platt(q, y, WIDE)
    assert [found.intercept, found.slope] == pytest.approx(list(theirs), abs=1e-5)


def test_it_agrees_with_scipy_on_the_posterior():
    """The same top as a general optimiser finds of likelihood times prior, weights and all."""
    _, q, y = stated(60, 2)
    weight = np.random.default_rng(3).random(60)

    def cost(t: np.ndarray) -> float:
        odds = t[0] + t[1] * logit(q)
        prior = (t[0] / 0.3) ** 2 / 2 + ((t[1] - 0.7) / 0.3) ** 2 / 2
        return float(weight @ (np.logaddexp(0, odds) - y * odds) + prior)

    theirs = minimize(cost, [0.0, 1.0], method="BFGS").x
    found = platt(q, y, LANGUAGE_MODEL, weight=weight)
    assert [found.intercept, found.slope] == pytest.approx(list(theirs), abs=1e-4)


def test_two_forms_of_one_posterior():
    """The form for joint coefficients finds the top of the form for independent ones."""
    _, q, y = stated(40, 2)
    design, sd = np.stack([np.ones(40), logit(q)], axis=1), np.array([0.3, 0.3])
    mean, offset = np.array([0.0, 1.0]), np.linspace(-0.2, 0.2, 40)
    weight = np.linspace(0.1, 1, 40)
    found, covariance = logistic.updated(
        mean, np.diag(sd**2), design, y, offset=offset, weight=weight
    )
    top = logistic.mode(design, y, mean, sd, offset=offset, weight=weight)
    assert found == pytest.approx(top, abs=1e-8)
    said = expit(offset + design @ top)
    curve = (design.T * (weight * said * (1 - said))) @ design + np.diag(1 / sd**2)
    assert covariance == pytest.approx(np.linalg.inv(curve), abs=1e-8)


def test_a_weight_is_a_count():
    """A claim that counts twice is the same claim twice."""
    _, q, y = stated(20, 2)
    twice = platt(np.tile(q, 2), np.tile(y, 2))
    counted = platt(q, y, weight=np.full(20, 2.0))
    assert (twice.intercept, twice.slope) == pytest.approx((counted.intercept, counted.slope))


@given(probabilities, outcomes, st.sampled_from([HONEST, LANGUAGE_MODEL, WIDE]))
def test_always_strictly_inside(q: np.ndarray, y: np.ndarray, prior: Prior):
    """However certain, however wrong: never 0 or 1, never NaN."""
    found = platt(q, y, prior).of(q)
    assert ((found > 0) & (found < 1)).all()
    edge = Platt(intercept=0, slope=3).of(np.array([5e-324, 1 - 2**-53]))
    assert ((edge > 0) & (edge < 1)).all()


def test_online_is_batch_on_what_was_settled():
    """Each forecast is recalibrated by the fit of all that had settled, and nothing later."""
    _, q, y = stated(30, 2)
    rng = np.random.default_rng(4)
    asked = rng.integers(0, 10, 30)
    settled = asked + rng.integers(1, 5, 30)
    found = online(q, y, asked=asked, settled=settled)
    for i in range(30):
        past = settled <= asked[i]
        assert found[i] == platt(q[past], y[past]).of(q[i : i + 1])[0]


def test_no_future_changes_the_past():
    """Append, change or withhold what settles later: nothing said before changes, to the bit."""
    _, q, y = stated(60, 2)
    asked = np.repeat(np.arange(20), 3)
    early = asked < 12
    whole = online(q, y, asked=asked, settled=asked + 2)
    changed, unknown = y.copy(), y.copy()
    changed[asked >= 10] = 1 - changed[asked >= 10]
    unknown[asked >= 10] = np.nan
    for other in (changed, unknown):
        assert np.array_equal(online(q, other, asked=asked, settled=asked + 2)[early], whole[early])
    cut = online(q[early], y[early], asked=asked[early], settled=asked[early] + 2)
    assert np.array_equal(cut, whole[early])


def test_moments_are_times_too():
    """Dates do as well as numbers of sessions."""
    _, q, y = stated(30, 2)
    days = np.arange(30)
    dates = np.datetime64("2020-01-01") + days
    by_date = online(q, y, asked=dates, settled=dates + np.timedelta64(1, "D"))
    assert np.array_equal(by_date, online(q, y, asked=days, settled=days + 1))


def test_a_void_teaches_nothing():
    """A claim without an outcome is recalibrated, and counts as if it had not been asked."""
    _, q, y = stated(20, 2)
    day = np.arange(20)
    y[5] = np.nan
    kept = day != 5
    with_it = online(q, y, asked=day, settled=day + 1)
    without = online(q[kept], y[kept], asked=day[kept], settled=day[kept] + 1)
    assert np.array_equal(with_it[kept], without)
    assert 0 < with_it[5] < 1


@pytest.mark.parametrize("bad", [np.nan, 0.0, 1.0])
def test_an_absent_forecast_is_an_error(bad: float):
    """Who did not answer is left out before; nothing is imputed or clipped."""
    _, q, y = stated(5, 1)
    q[2] = bad
    day = np.arange(5)
    with pytest.raises(ValueError, match="none is left out or clipped"):
        platt(q, y)
    with pytest.raises(ValueError, match="none is left out or clipped"):
        online(q, y, asked=day, settled=day + 1)


def test_a_claim_cannot_settle_when_it_is_asked():
    """A claim that knew its own outcome would be recalibrated by itself."""
    _, q, y = stated(5, 1)
    with pytest.raises(ValueError, match="after it is asked"):
        online(q, y, asked=np.arange(5), settled=np.arange(5))


def excess(n: int, slope: float, prior: Prior, worlds: int) -> float:
    """Mean divergence of recalibrated forecasts from the truth, thousandths of a nat."""
    found = []
    for seed in range(worlds):
        _, q, y = stated(n, slope, seed)
        p, fresh, _ = stated(2_000, slope, 1_000 + seed)
        z = platt(q, y, prior).of(fresh)
        found.append(float((p * np.log(p / z) + (1 - p) * np.log((1 - p) / (1 - z))).mean()))
    return 1_000 * float(np.mean(found))


def test_small_samples_help_and_hardly_harm():
    """At 25 claims less than half the harm of overconfidence is left and a
    calibrated forecaster loses a few thousandths of a nat, where no prior would cost it tens.
    """
    raw = excess(0, 2, HONEST, 20)
    assert raw == pytest.approx(64, rel=0.15)
    assert excess(25, 2, HONEST, 60) < 0.5 * raw
    assert excess(25, 1, HONEST, 60) < 6
    assert excess(25, 1, WIDE, 60) > 20
    assert excess(1_000, 2, HONEST, 20) < 2
