"""Regimes: filtered as statsmodels does it, named by the stated rule, blind to the future."""

import math
import warnings
from dataclasses import replace

import numpy as np
import pytest
from statsmodels.tsa.regime_switching.markov_regression import MarkovRegression

from workbench.measures import regimes
from workbench.measures.prices import Bars, log_returns
from workbench.measures.regimes import MIN_SESSIONS, REFIT

N = 63 * 12 + 40


@pytest.fixture(scope="session")
def switching(bars_of) -> Bars:
    """Calm and wild spells of known dates: the wild ones end the history."""
    rng = np.random.default_rng(9)
    wild = (np.arange(N) % 250 > 180) | (np.arange(N) > N - 20)
    moves = np.where(wild, 0.025, 0.006) * rng.standard_normal(N)
    return bars_of(1000 * np.exp(np.cumsum(moves)))


def test_filter_agrees_with_statsmodels(switching: Bars):
    """Given the fit, each filtered probability is statsmodels' own, on data beyond the fit too."""
    probability, fitted = regimes.turbulent(switching.close)
    percent = 100 * log_returns(switching.close)[1:]
    assert fitted == 63 * 12
    shape = {"k_regimes": 2, "trend": "c", "switching_trend": False, "switching_variance": True}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        params = MarkovRegression(percent[:fitted], **shape).fit(disp=False, maxiter=200).params
    theirs = MarkovRegression(percent, **shape).filter(params).filtered_marginal_probabilities
    wild = int(params[3] < params[4])
    own = len(switching) - 1 - fitted  # the sessions under these parameters
    assert probability[-own:] == pytest.approx(theirs[-own:, wild], abs=1e-6)


def test_turbulent_is_the_wild_state(switching: Bars):
    """The probability is of the state with the larger variance, and it finds the wild spells."""
    probability, _ = regimes.turbulent(switching.close)
    place = np.arange(N)[-len(probability) :] % 250
    assert ((probability >= 0) & (probability <= 1)).all()
    assert probability[(place > 200)].mean() > 0.8
    assert probability[(place > 60) & (place < 170)].mean() < 0.2
    assert probability[-1] > 0.9


def test_appended_bars_change_no_name(switching: Bars):
    """Between two refits no day is renamed, whatever bars come after it."""
    base = switching.until(63 * 12 + 2)
    crash = switching.close.copy()
    crash[63 * 12 + 2 :] *= 0.5
    before, fitted = regimes.turbulent(base.close)
    names = regimes.names(base, before)
    for later in (switching, replace(switching, close=crash)):
        after, again = regimes.turbulent(later.close)
        assert again == fitted
        assert (after[: len(before)] == before).all()
        assert (regimes.names(later, after)[: len(names)] == names).all()


def test_a_refit_renames_no_past_day(switching: Bars):
    """What a day was called under the parameters of its own quarter, it is called ever after."""
    before, _ = regimes.turbulent(switching.close[: 63 * 12])
    after, _ = regimes.turbulent(switching.close[: 63 * 12 + 1])
    assert after[: len(before)] == pytest.approx(before, abs=1e-12)


def test_parameters_are_held_for_a_quarter(switching: Bars):
    """A fit serves from the session after the one that it reaches to, until the next one."""
    for n in (63 * 11 + 2, 63 * 11 + 30, 63 * 12 + 1):
        assert regimes.turbulent(switching.close[:n])[1] == 63 * 11
    assert regimes.turbulent(switching.close[: 63 * 12 + 2])[1] == 63 * 12
    assert REFIT == 63


def test_a_fit_that_does_not_converge_is_no_fit(switching: Bars, bars_of):
    """Prices that stand still fit no model: no state is made up, and the last sound fit serves."""
    still = regimes.read(bars_of(np.full(600, 100.0)))
    assert still.name == "unknown"
    assert math.isnan(still.turbulent)
    assert still.fitted is None
    assert still.rule == "no fit to 600 sessions converged"
    stuck = np.r_[switching.close, np.full(600, switching.close[-1])]
    probability, fitted = regimes.turbulent(stuck)
    assert fitted < len(stuck) - 1 - REFIT  # later refits failed
    assert np.isfinite(probability).all()


def test_unknown_with_too_little_history(walk):
    """Under 500 sessions there is no regime, and the record says how many there were."""
    found = regimes.read(walk(MIN_SESSIONS - 1))
    assert found.name == "unknown"
    assert math.isnan(found.turbulent)
    assert math.isnan(found.volatility)
    assert "needs 500 sessions and has 499" in found.rule
    assert regimes.read(walk(MIN_SESSIONS)).name != "unknown"


def test_reading_the_last_bar(switching: Bars):
    """The regime read is the last session's, with the day its run began and its fit."""
    found = regimes.read(switching)
    probability, fitted = regimes.turbulent(switching.close)
    names = regimes.names(switching, probability)
    days = list(switching.dates[-len(names) :])
    assert found.name == names[-1]
    assert found.turbulent == probability[-1]
    assert found.fitted == switching.dates[fitted].item()
    start = days.index(np.datetime64(found.since))
    assert set(names[start:]) == {found.name}
    assert names[start - 1] != found.name


# The rule


def shaped(bars_of, *legs: tuple[float, int], noise: float = 0.002) -> Bars:
    """A price that drifts by these daily log returns for so many sessions."""
    rng = np.random.default_rng(1)
    drift = np.concatenate([np.full(n, move) for move, n in legs])
    wobble = noise * np.where(np.arange(len(drift)) % 2, 1, -1) * rng.uniform(0.5, 1.5, len(drift))
    return bars_of(100 * np.exp(np.cumsum(drift + wobble)))


@pytest.mark.parametrize(
    ("legs", "turbulent", "expected"),
    [
        ([(0.0, 300), (-0.004, 40)], 0.80, "crisis"),  # about 15 % under the high
        ([(0.0, 300), (-0.004, 40)], 0.79, "risk_off"),
        ([(0.0, 300), (-0.001, 40)], 0.95, "risk_off"),  # only 4 % under
        ([(0.001, 300)], 0.50, "risk_off"),  # turbulence comes before trend
        ([(0.001, 300)], 0.49, "trending_up"),
        ([(-0.001, 300)], 0.49, "trending_down"),
        ([(0.0, 300), (0.0004, 30)], 0.1, "risk_on"),  # a little up, near the high, no trend
        ([(0.0, 300), (-0.0004, 30)], 0.1, "choppy"),
        ([(0.0, 200), (-0.002, 21), (0.0, 100), (0.0004, 30)], 0.1, "choppy"),  # far from the high
    ],
)
def test_names_by_the_stated_rule(bars_of, legs, turbulent: float, expected: str):
    """The rule on the page, case by case, each at its threshold."""
    own = shaped(bars_of, *legs)
    assert regimes.names(own, np.array([turbulent]))[-1] == expected


def test_trend_strength_by_hand(walk):
    """The log return over 63 sessions in units of what 63 days of today's volatility would give."""
    own = walk(200)
    found = regimes.trend_strength(own)
    close = own.close
    variance = np.mean(log_returns(close)[1:61] ** 2)
    for r in log_returns(close)[61:]:
        variance = 0.94 * variance + 0.06 * r * r
    expected = math.log(close[-1] / close[-64]) / (math.sqrt(variance) * math.sqrt(63))
    assert found[-1] == pytest.approx(expected)
    assert np.isnan(found[:63]).all()
    assert len(regimes.trend_strength(walk(30))) == 30
