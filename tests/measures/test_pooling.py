"""Pooling: minds move the reference by small stated weights, and the absent do not."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.measures.pooling import CLIP, conviction, label, logit, pooled

inside = st.floats(0.01, 0.99)


def odds(p: float) -> float:
    return p / (1 - p)


def test_pooling_by_hand():
    """From odds of 1, a mind at odds of 3 with weight 1/2 moves to odds of sqrt 3."""
    assert odds(pooled(0.5, {"Macro": 0.75}, 0.5)) == pytest.approx(math.sqrt(3))
    both = pooled(0.5, {"Macro": 0.75, "Flow": 0.6}, 0.5)
    assert odds(both) == pytest.approx(math.sqrt(3 * 1.5))


@given(inside)
def test_an_absent_mind_changes_nothing(reference: float):
    """With nobody present the reference stands; absence is never counted as one half."""
    assert pooled(reference, {}, 0.3) == pytest.approx(reference)
    present = {"Macro": 0.7}
    assert pooled(reference, present, 0.3) != pytest.approx(
        pooled(reference, {**present, "Flow": 0.5}, 0.3)
    ) or reference == pytest.approx(0.5)


@given(inside, st.lists(inside, max_size=4))
def test_a_weight_of_zero_is_the_reference(reference: float, said: list[float]):
    """Minds without weight do not move the desk."""
    assert pooled(reference, dict(enumerate(map(float, said))), 0) == pytest.approx(reference)


@given(inside, st.lists(inside, min_size=1, max_size=4), st.floats(0, 1))
def test_who_says_it_does_not_matter(reference: float, said: list[float], weight: float):
    """Minds have equal pull: names and order change nothing, and the result stays inside (0, 1)."""
    one = pooled(reference, {f"m{i}": q for i, q in enumerate(said)}, weight)
    other = pooled(reference, {f"x{i}": q for i, q in enumerate(reversed(said))}, weight)
    assert one == pytest.approx(other)
    assert 0 < one < 1


@given(inside, inside, st.floats(0.01, 1))
def test_a_mind_pulls_towards_itself(reference: float, q: float, weight: float):
    """One mind with a weight up to 1 moves the desk towards its view and never past it."""
    low, high = sorted((reference, q))
    assert low - 1e-12 <= pooled(reference, {"Flow": q}, weight) <= high + 1e-12


@pytest.mark.parametrize("q", [0.999, 0.999999])
def test_an_extreme_mind_is_clipped(q: float):
    """No mind moves the log odds by more than the weight times the clip, however sure it is."""
    assert logit(pooled(0.5, {"Contrarian": q}, 0.1)) == pytest.approx(0.1 * CLIP)
    assert logit(pooled(0.5, {"Contrarian": 1 - q}, 0.1)) == pytest.approx(-0.1 * CLIP)


def test_the_clip_is_on_the_difference():
    """Clipped is the distance from the reference, not the mind's own log odds."""
    assert logit(pooled(0.95, {"Macro": 0.05}, 1.0)) == pytest.approx(logit(0.95) - CLIP)
    assert pooled(0.95, {"Macro": 0.96}, 1.0) == pytest.approx(0.96)


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
