"""Pooling: minds move the weights of scenarios by small stated powers, and the absent do not."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from workbench.measures.pooling import conviction, label, pooled

weights = arrays(float, 6, elements=st.floats(0.01, 10))
powers = st.floats(0, 1)


def odds(weight: np.ndarray) -> float:
    """Odds of an event that the first half of the scenarios hold."""
    return float(weight[:3].sum() / weight[3:].sum())


def test_pooling_by_hand():
    """From even odds, a mind that gives 3 to 1 moves the odds to sqrt 3 with power 1/2."""
    even, mind = np.ones(6), np.array([3.0, 3, 3, 1, 1, 1])
    assert odds(pooled(even, [mind], 0.5)) == pytest.approx(math.sqrt(3))
    other = np.array([1.5, 1.5, 1.5, 1, 1, 1])
    assert odds(pooled(even, [mind, other], 0.5)) == pytest.approx(math.sqrt(3 * 1.5))


@given(weights, powers)
def test_an_absent_mind_changes_nothing(reference: np.ndarray, power: float):
    """With nobody present, or only one that agrees, the reference stands."""
    assert pooled(reference, [], power) == pytest.approx(reference)
    assert pooled(reference, [3 * reference], power) == pytest.approx(reference)


@given(weights, st.lists(weights, max_size=4))
def test_a_power_of_zero_is_the_reference(reference: np.ndarray, minds: list[np.ndarray]):
    """Minds without power do not move the desk."""
    assert pooled(reference, minds, 0) == pytest.approx(reference)


@given(weights, st.lists(weights, min_size=1, max_size=4), powers)
def test_only_what_is_said_matters(reference: np.ndarray, minds: list[np.ndarray], power: float):
    """Order and scale change nothing; the sum is kept, and what is impossible stays so."""
    reference[2] = 0.0
    one = pooled(reference, minds, power)
    assert one == pytest.approx(pooled(reference, [7 * m for m in reversed(minds)], power))
    assert one.sum() == pytest.approx(reference.sum())
    assert one[2] == 0.0
    assert (np.delete(one, 2) > 0).all()


@given(weights, weights, st.floats(0.01, 1))
def test_a_mind_pulls_towards_itself(reference: np.ndarray, mind: np.ndarray, power: float):
    """One mind with a power up to 1 moves each pair of scenarios towards its odds, never past."""
    own, its, found = (w[0] / w[1] for w in (reference, mind, pooled(reference, [mind], power)))
    low, high = sorted((own, its))
    assert low * (1 - 1e-9) <= found <= high * (1 + 1e-9)


@pytest.mark.parametrize(
    ("leans", "expected"),
    [
        ([], "unknown"),
        ([0.9], "unknown"),
        ([0.2, 0.01], "aligned_bullish"),
        ([-0.2, -0.01, -1.0], "aligned_bearish"),
        ([0.2, -0.01], "split"),
        ([0.2, 0.0], "split"),
    ],
)
def test_labels_by_hand(leans: list[float], expected: str):
    """Which way the present minds lean; with fewer than two there is no debate."""
    assert label({f"m{i}": lean for i, lean in enumerate(leans)}) == expected


@pytest.mark.parametrize(
    ("leans", "expected"),
    [
        ([0.2, 0.1], 1),
        ([-0.3, -0.1], 1),
        ([0.3, -0.1], 0.5),
        ([0.2, -0.2], 0),
        ([0.5, 0.2, -0.3], 0.4),
    ],
)
def test_conviction_by_hand(leans: list[float], expected: float):
    """The printed formula: 1 when all pull together, 0 when they cancel."""
    assert conviction(leans) == pytest.approx(expected)


@pytest.mark.parametrize("leans", [[], [0.4], [0.0, 0.0]])
def test_no_conviction_without_a_debate(leans: list[float]):
    """Fewer than two minds, or minds without a lean, have no conviction, not one of zero."""
    assert conviction(leans) is None
