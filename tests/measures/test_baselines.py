"""Baselines: persistence by hand."""

import numpy as np
import pytest

from workbench.measures.baselines import persistence

T, F = True, False


@pytest.mark.parametrize(
    ("happened", "horizon", "expected"),
    [
        # after a yes came no, yes, no; the last was a yes: (1 + 1) / (3 + 2)
        ([T, F, T, T, F, T], 1, 2 / 5),
        # two apart, after a yes came yes, no, yes: (2 + 1) / (3 + 2)
        ([T, F, T, T, F, T], 2, 3 / 5),
        # the last was a no: after the two earlier ones came yes and yes
        ([T, F, T, F, T, F], 1, 3 / 4),
        # never seen before, so nothing is known
        ([T, T, T, F], 1, 1 / 2),
        ([T, T, T, T], 1, 4 / 5),
    ],
)
def test_persistence_by_hand(happened: list[bool], horizon: int, expected: float):
    """The share of yes among what followed, one horizon later, outcomes like the last one."""
    assert persistence(np.array(happened), horizon) == pytest.approx(expected)


def test_persistence_of_a_coin_is_a_coin():
    """When outcomes do not depend on each other, persistence finds about their plain share."""
    coin = np.random.default_rng(5).random(4000) < 0.3
    assert persistence(coin, 1) == pytest.approx(0.3, abs=0.03)
