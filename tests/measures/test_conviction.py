"""How a debate leans, by hand: labels, conviction, and nothing where nobody debates."""

import pytest

from workbench.measures.conviction import conviction, label


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
