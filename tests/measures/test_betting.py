"""Betting: wealth that a hypothesis forbids, however often one looks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.measures.betting import PROOF, STAKES, wealth

edges = st.lists(st.floats(-1, 1), min_size=1, max_size=40).map(np.array)


def test_worked_by_hand():
    """An edge of 1 adds its stake, one of -1 takes it, and each gambler stakes its own part."""
    after_win = np.mean([1 + s for s in STAKES])
    after_both = np.mean([(1 + s) * (1 - s) for s in STAKES])
    assert wealth(np.array([1.0, -1.0])) == pytest.approx([after_win, after_both])


@given(edges)
def test_nobody_is_ruined_and_nothing_bet_is_nothing_won(made: np.ndarray):
    """Wealth stays positive, and sessions without a bet leave it as it was."""
    grown = wealth(made)
    assert (grown > 0).all()
    assert wealth(np.r_[made, 0.0, 0.0])[-1] == grown[-1]


@given(edges)
def test_the_past_of_wealth_is_fixed(made: np.ndarray):
    """What comes later changes no wealth that was reached before."""
    assert np.array_equal(wealth(made), wealth(np.r_[made, 1.0, -1.0])[: len(made)])


def test_no_edge_seldom_makes_rich():
    """With edges of mean zero at most one gambler in twenty ever reaches the proof in 500 looks."""
    rng = np.random.default_rng(3)
    ever = [wealth(rng.choice([-1.0, 1.0], 500)).max() >= PROOF for _ in range(1000)]
    assert 0 < np.mean(ever) <= 1 / PROOF


@pytest.mark.parametrize("bad", [1.01, -1.01, np.nan])
def test_an_edge_beyond_its_bounds_is_refused(bad: float):
    """Nothing is clipped or imputed: a bet that could lose more than all is an error."""
    with pytest.raises(ValueError, match="lie in"):
        wealth(np.array([0.0, bad]))
