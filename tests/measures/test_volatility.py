"""Volatility: a session's variance by hand, its forecast by a loop, and no view of the future."""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.measures.prices import Bars, log_returns
from workbench.measures.volatility import (
    Driver,
    beside,
    decayed_volatility,
    forecast,
    range_variance,
    realised_variance,
)
from workbench.measures.windows import trailing, weekday

FIELDS = ("open", "high", "low", "close")


# A session's variance


def variance(o: float, h: float, low: float, c: float, last: float = 100.0) -> float:
    """Overnight squared return and Rogers-Satchell, straight from the paper."""
    o, h, low, c, last = map(math.log, (o, h, low, c, last))
    return (o - last) ** 2 + (h - c) * (h - o) + (low - c) * (low - o)


@pytest.mark.parametrize(
    ("bar", "expected"),
    [
        ((101, 104, 99, 103), variance(101, 104, 99, 103)),
        ((100, 104, 99, 103), variance(100, 104, 99, 103)),
        # An open that repeats the last close below the session's low: the gap up to the low.
        ((100, 104, 101, 103), variance(101, 104, 101, 103)),
        ((100, 98, 95, 96), variance(98, 98, 95, 96)),
        ((math.nan, 104, 101, 103), variance(101, 104, 101, 103)),
        ((math.nan, 104, 99, 103), variance(100, 104, 99, 103)),
        # No range: the squared return.
        ((101, math.nan, 99, 103), math.log(1.03) ** 2),
        ((math.nan, math.nan, math.nan, 103), math.log(1.03) ** 2),
        # A close above the high extends the range.
        ((101, 102, 99, 103), variance(101, 103, 99, 103)),
    ],
)
def test_variance_by_hand(bars_of: Callable[..., Bars], bar: tuple[float, ...], expected: float):
    """Each bar's variance follows the formula, or the stated rule where the bar is not whole."""
    o, h, low, c = bar
    own = bars_of([100, c], [100, h], [100, low], start=[100, o])
    found = realised_variance(own)
    assert math.isnan(found[0])
    assert found[1] == pytest.approx(expected + 0.0, abs=1e-9)


@pytest.mark.parametrize(
    ("bar", "low", "high"),
    [((104, 99, 103), 99, 104), ((104, 101, 103), 100, 104), ((98, 95, 96), 95, 100),
     ((102, 99, 103), 99, 103)],
)  # fmt: skip
def test_range_variance_by_hand(bars_of: Callable[..., Bars], bar, low: float, high: float):
    """The true range holds the last close and the close; 4 log 2 makes it a variance."""
    top, bottom, close = bar
    found = range_variance(bars_of([100, close], [100, top], [100, bottom]))
    assert found[1] == pytest.approx(math.log(high / low) ** 2 / (4 * math.log(2)), abs=1e-9)
    nothing = range_variance(bars_of([100, close]))
    assert nothing[1] == pytest.approx(math.log(close / 100) ** 2, abs=1e-9)


def test_a_variance_is_never_nothing(bars_of: Callable[..., Bars]):
    """A session without a move counts as 2 % of the mean of the year by then, itself included."""
    close = np.r_[100 * np.exp(0.01 * (np.arange(300) % 2)), 100.0, 100.0]
    found = realised_variance(bars_of(close))
    assert found[301] == pytest.approx(0.02 * 1e-4 * 249 / 250, rel=1e-3)


@given(st.integers(0, 50))
def test_variance_is_positive(walk: Callable[..., Bars], seed: int):
    """On sound bars Rogers-Satchell cannot be negative, so every logarithm exists."""
    own = walk(80, seed=seed, swing=0.5)
    assert (realised_variance(own)[1:] > 0).all()


# Sums


@given(n=st.integers(1, 80), decay=st.sampled_from([1.0, 0.94, 0.5]))
def test_trailing_against_a_loop(n: int, decay: float):
    """The doubled sums are the plain weighted sums of the last n values, and NaN before."""
    values = np.random.default_rng(n).standard_normal(120)
    slow = [sum(decay**k * values[t - k] for k in range(n)) for t in range(n - 1, 120)]
    found = trailing(values, n, decay)
    assert np.isnan(found[: n - 1]).all()
    assert found[n - 1 :] == pytest.approx(slow, abs=1e-9)


def test_trailing_does_not_know_where_history_began():
    """The same last n values give the same bits, however much history lies before them."""
    values = np.random.default_rng(1).standard_normal(500)
    for n in (5, 22, 66, 250):
        assert (trailing(values[100:], n)[300:] == trailing(values, n)[400:]).all()


def test_decayed_is_riskmetrics(walk: Callable[..., Bars]):
    """Over 256 returns the weights of RiskMetrics have all but run out."""
    returns = log_returns(walk(600).close)
    slow = pd.Series(returns[1:] ** 2).ewm(alpha=0.06, adjust=True).mean().to_numpy() ** 0.5
    found = decayed_volatility(returns, 0.94)
    assert np.isnan(found[:60]).all()
    assert found[300:] == pytest.approx(slow[299:], rel=1e-5)


# The forecast


def test_forecast_against_least_squares_from_scratch(walk: Callable[..., Bars]):
    """At the last refit the forecast is that of statsmodels on log variances built with pandas."""
    import statsmodels.api as sm

    own, h = walk(21 * 40 + 1, swing=0.6), 3
    gap = np.exp(0.003 * np.random.default_rng(1).standard_normal(len(own)))
    own = replace(own, open=np.clip(own.open * gap, own.low, own.high))
    rv, r = pd.Series(realised_variance(own)), pd.Series(log_returns(own.close))
    reach, close = pd.Series(range_variance(own)), pd.Series(np.log(own.close))
    means = {n: rv.rolling(n).mean() for n in (1, 2, 5, 10, 22, 66)}
    month, quarter = means[22] ** 0.5, means[66] ** 0.5
    week = close.diff(5) / month
    night = (pd.Series(np.log(own.open)) - close.shift()).abs()
    ewma = pd.Series(decayed_volatility(r.to_numpy(), 0.94))
    x = pd.concat(
        [np.log(m) for m in means.values()]
        + [np.log(reach), np.log(reach.rolling(5).mean()), np.log(r.abs().rolling(10).mean())]
        + [np.log(night.rolling(22).mean() + 1e-5), night / month]
        + [r.clip(upper=0) / month, r.abs() / month, week.clip(upper=0)]
        + [(close.diff(22) / quarter).clip(upper=0), week, np.log(ewma)],
        axis=1,
    )
    y = np.log(sum(reach.shift(-k) for k in range(1, h + 1)) / h)
    t = len(own) - 1
    known = (x.notna().all(axis=1) & y.notna() & (x.index <= t - h)).to_numpy()
    design = sm.add_constant(x.to_numpy(), has_constant="add")
    fit = sm.OLS(y.to_numpy()[known], design[known]).fit()
    sigma, _ = forecast(own, h)
    assert sigma[t] == pytest.approx(float(np.exp(0.5 * fit.predict(design[t])[0])), rel=0.01)


def test_forecast_follows_volatility(walk: Callable[..., Bars]):
    """Where volatility comes and goes, forecasts rank what follows; by then 500 rows were seen."""
    own = walk(1500, swing=0.6)
    sigma, _ = forecast(own, 1)
    assert np.isnan(sigma[:566]).all()
    assert np.isfinite(sigma[600:]).all()
    after = np.log(realised_variance(own)[601:])
    assert np.corrcoef(np.log(sigma[600:-1]), after)[0, 1] > 0.4


def test_implied_volatility_counts_once_it_has_been_seen_enough(walk: Callable[..., Bars]):
    """Before 500 sessions of the driver, and where it is dark, the forecast is the one without."""
    own = walk(1400, swing=0.6)
    fear = 1600 * np.sqrt(realised_variance(own)) + 5
    fear[:300] = np.nan
    fear[1200:1210] = np.nan
    driver = Driver(close=fear, range=np.full(1400, np.nan))
    plain, _ = forecast(own, 1)
    driven, _ = forecast(own, 1, driver)
    assert (driven[570:800] == plain[570:800]).all()
    assert (driven[1200:1210] == plain[1200:1210]).all()
    assert (driven[900:1200] != plain[900:1200]).all()


def test_beside_knows_what_was_published(walk: Callable[..., Bars]):
    """A driver known half an hour later counts for the same session, two hours later for the
    one before, and one that has been dark for a week not at all."""
    own = walk(30)
    fear = replace(walk(30, seed=2), symbol="VIX")
    late = np.timedelta64(1, "m")
    for minutes, shift in ((30, 0), (120, 1)):
        told = replace(fear, known_at=fear.at + minutes * late)
        found = beside(own, told)
        assert (found.close[shift:] == fear.close[: 30 - shift]).all()
        assert np.isnan(found.close[:shift]).all()
    ended = beside(own, fear.until(20))
    assert np.isnan(ended.close[-1])
    assert np.isnan(beside(own, fear.until(0)).close).all()


def test_weekends_count_where_every_day_trades(walk: Callable[..., Bars]):
    """A coin that only moves on weekdays is expected to rest on a Saturday."""
    own = walk(1200, name="24/7", symbol="BTC-USD")
    day = weekday(own.dates)
    moves = np.where(day < 5, 1.0, 0.1) * np.diff(np.log(own.close), prepend=0)
    closes = replace(own, close=100 * np.exp(np.cumsum(moves)), high=own.high * np.nan)
    sigma, _ = forecast(closes, 1, daily=True)
    late = np.arange(1200) > 800
    friday, tuesday = (np.median(sigma[late & (day == k)]) for k in (4, 1))
    assert friday < 0.4 * tuesday


# The future


def scrambled(own: Bars, n: int) -> Bars:
    """The same first n bars, then noise."""
    noise = np.exp(np.random.default_rng(n).normal(0, 0.5, len(own) - n))
    later = {name: getattr(own, name).copy() for name in FIELDS}
    for values in later.values():
        values[n:] *= noise
    return replace(own, **later)


def moved(sigma_of: Callable[[Bars], np.ndarray], own: Bars, cuts: list[int]) -> int:
    """How many values known at a cut differ once the future is deleted or scrambled."""
    whole, differ = sigma_of(own), 0
    for n in cuts:
        for other in (own.until(n), scrambled(own, n)):
            found = sigma_of(other)[:n]
            differ += int((found.view(np.int64) != whole[:n].view(np.int64)).sum())
    return differ


@pytest.mark.parametrize("horizon", [1, 5])
@pytest.mark.parametrize("daily", [False, True])
def test_no_future_moves_a_forecast(walk: Callable[..., Bars], horizon: int, daily: bool):
    """Delete or scramble what came later: every forecast made before is the same to the bit."""
    own = walk(900, swing=0.5)
    cuts = [int(n) for n in np.random.default_rng(horizon).integers(300, 899, 6)]
    assert moved(lambda bars: forecast(bars, horizon, daily=daily)[0], own, cuts) == 0
    assert moved(realised_variance, own, cuts) == moved(range_variance, own, cuts) == 0


def leaky(own: Bars) -> np.ndarray:
    """The same regression fitted once on the whole sample: the classic silent leak."""
    sigma = np.log(realised_variance(own)[1:])
    slope, level = np.polyfit(sigma[:-1], sigma[1:], 1)
    return np.r_[np.nan, np.exp(0.5 * (level + slope * sigma))]


def test_a_planted_leak_is_caught(walk: Callable[..., Bars]):
    """The check above sees a model fitted on the full sample at every cut."""
    assert moved(leaky, walk(900, swing=0.5), [400, 700]) > 1000
