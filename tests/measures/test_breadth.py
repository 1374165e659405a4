"""Breadth: shares against their own means, counted session by session."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from workbench.measures.breadth import LEAST, LONG, SHORT, breadth
from workbench.measures.prices import Bars

BarsOf = Callable[..., Bars]


def rising(bars_of: BarsOf, n: int, symbol: str) -> Bars:
    return bars_of(np.linspace(100, 200, n), symbol=symbol)


def falling(bars_of: BarsOf, n: int, symbol: str) -> Bars:
    return bars_of(np.linspace(200, 100, n), symbol=symbol)


def test_by_hand(bars_of: BarsOf):
    """Two that rise and two that fall are one half, from the first session with a mean on."""
    up = [rising(bars_of, 220, name) for name in "AB"]
    down = [falling(bars_of, 220, name) for name in "CD"]
    found = breadth([*up, *down], up[0].dates)
    assert found["above_200"].first_valid_index() == found.index[179]  # nine in ten of 200
    assert found["above_50"].first_valid_index() == found.index[44]
    told = found.dropna()
    assert (told[["above_50", "above_200"]] == 0.5).all(axis=None)
    assert (told[["n_50", "n_200"]] == 4).all(axis=None)


def test_a_close_at_its_mean_is_not_above_it(bars_of: BarsOf):
    """What stands still is above nothing."""
    still = [bars_of(np.full(60, 100.0), symbol=name) for name in "ABC"]
    assert breadth(still, still[0].dates)["above_50"].iloc[-1] == 0


def test_against_a_loop(walk: Callable[..., Bars]):
    """On full histories it is the count of closes above the plain mean of the window."""
    own = [walk(260, seed) for seed in range(1, 6)]
    own = [replace(one, symbol=f"S{k}") for k, one in enumerate(own)]
    found = breadth(own, own[0].dates)
    for window in (SHORT, LONG):
        for t in (200, 231, 259):
            above = [one.close[t] > one.close[t - window + 1 : t + 1].mean() for one in own]
            assert found[f"above_{window}"].iloc[t] == pytest.approx(np.mean(above))


def test_who_is_not_there_does_not_count(bars_of: BarsOf):
    """A share without the session's close is neither above nor below; nor is a young one."""
    full = [rising(bars_of, 120, name) for name in "ABC"]
    late = falling(bars_of, 120, "D").until(119)
    young = falling(bars_of, 20, "E")
    found = breadth([*full, late, young], full[0].dates)
    assert list(found["n_50"].iloc[-2:]) == [4, 3]
    assert list(found["above_50"].iloc[-2:]) == [0.75, 1.0]


def test_too_few_shares_are_a_gap(bars_of: BarsOf):
    """Two of two is no breadth: below three counted there is no value, and never a zero."""
    own = [rising(bars_of, 120, name) for name in "ABC"]
    holed = own[2].picked(np.r_[0:100, 101:120])
    found = breadth([*own[:2], holed], own[0].dates)
    assert np.isnan(found["above_50"].iloc[100])
    assert found["n_50"].iloc[100] == LEAST - 1
    assert found["above_50"].iloc[101] == 1


def test_a_hole_in_a_window_is_bridged_and_a_gulf_is_not(bars_of: BarsOf):
    """One missing session in ten leaves the mean standing; more take the share out."""
    own = [rising(bars_of, 120, name) for name in "ABCD"]
    few = own[3].picked(np.r_[0:110, 115:120])
    many = own[3].picked(np.r_[0:110, 116:120])
    dates = own[0].dates
    assert breadth([*own[:3], few], dates)["n_50"].iloc[-1] == 4
    assert breadth([*own[:3], many], dates)["n_50"].iloc[-1] == 3


def test_the_future_changes_nothing(walk: Callable[..., Bars]):
    """A session's breadth is the same whatever came after it."""
    own = [replace(walk(260, seed), symbol=f"S{seed}") for seed in range(1, 5)]
    whole = breadth(own, own[0].dates)
    cut = breadth([one.until(230) for one in own], own[0].dates[:230])
    assert whole.iloc[:230].equals(cut)
