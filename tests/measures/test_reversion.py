"""Mean reversion: location and scale of a made-up index are found, and closes alone suffice."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from workbench.measures.prices import Bars
from workbench.measures.reversion import location_scale
from workbench.measures.scenarios import episodes
from workbench.measures.windows import weekday

N = 2400


@pytest.fixture(scope="session")
def index(bars_of: Callable[..., Bars]) -> Bars:
    """Log level that loses a tenth of its distance from 15 a day and moves 4 % on Mondays."""
    rng = np.random.default_rng(3)
    day = weekday(bars_of(np.ones(N)).dates)
    level = np.zeros(N)
    for t in range(1, N):
        size = 0.05 if level[t - 1] > 0 else 0.025  # wilder when high
        level[t] = 0.9 * level[t - 1] + size * rng.standard_normal() + 0.04 * (day[t] == 0)
    close = 15 * np.exp(level)
    return bars_of(close, close * 1.02, close * 0.98, symbol="VIX")


def fitted(own: Bars, horizon: int = 1) -> tuple[np.ndarray, np.ndarray]:
    past = episodes(own, horizon)
    outcome = np.full((3, len(own)), np.nan)
    outcome[:, : len(past)] = past.close, past.high, past.low
    location, scale, _ = location_scale(own, outcome, horizon)
    return location, scale


def test_location_and_scale_are_found(index: Bars):
    """What was put in comes out: a tenth of the way back, 4 % after Fridays, wilder when high."""
    location, scale = fitted(index)
    level, day = np.log(index.close / 15), weekday(index.dates)
    late = np.arange(N) > 1200
    friday = late & (day == 4)
    other = late & np.isin(day, (0, 1, 2, 3))
    slope = np.polyfit(level[other], location[0][other], 1)[0]
    assert slope == pytest.approx(-0.1, abs=0.04)
    gap = np.median(location[0][friday] + 0.1 * level[friday])
    assert gap - np.median(location[0][other] + 0.1 * level[other]) == pytest.approx(0.04, abs=0.01)
    high, low = level > 0.1, level < -0.02
    assert np.median(scale[0][late & high]) > 1.2 * np.median(scale[0][late & low])


def test_the_maximum_lies_above_and_the_minimum_below(index: Bars):
    """Peak and trough have locations of their own, on either side of the close's."""
    location, _ = fitted(index, 5)
    there = np.isfinite(location).all(axis=0)
    assert (location[1][there] > location[0][there]).mean() > 0.99
    assert (location[2][there] < location[0][there]).mean() > 0.99


def test_closes_alone_have_no_peaks(index: Bars):
    """Without highs and lows the close still has both, peak and trough have neither."""
    nothing = np.full(N, np.nan)
    location, scale = fitted(replace(index, high=nothing, low=nothing, open=nothing))
    assert np.isfinite(location[0][600:]).all()
    assert np.isfinite(scale[0][600:]).all()
    assert np.isnan(location[1:]).all()


def test_nothing_before_a_year_of_rows(index: Bars):
    """The mean of 252 closes, then 250 rows: no location before session 501."""
    location, _ = fitted(index)
    assert np.isnan(location[0][:500]).all()
    assert np.isfinite(location[0][530:]).all()
