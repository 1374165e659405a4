"""Corrections for how many were tried: published values, and no order among hypotheses."""

from hypothesis import given
from hypothesis import strategies as st

from workbench.measures import multiplicity

# Benjamini and Hochberg (1995), section 3.2: fifteen p-values of a trial of thrombolysis.
PUBLISHED = [
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262,
    0.5719, 0.6528, 0.7590, 1.0,
]  # fmt: skip


def test_published_corrections():
    """Of the fifteen p-values four fall by Benjamini and Hochberg's rule, three by Holm's."""
    assert multiplicity.step_up(PUBLISHED) == [True] * 4 + [False] * 11
    assert multiplicity.holm(PUBLISHED) == [True] * 3 + [False] * 12


@given(st.lists(st.floats(0, 1), max_size=30), st.randoms(use_true_random=False))
def test_corrections_know_no_order(p_values: list[float], shuffled: object):
    """A hypothesis falls by its p-value and not by its place; Holm fells no more than the other."""
    holm, stepped = multiplicity.holm(p_values), multiplicity.step_up(p_values)
    assert all(one <= other for one, other in zip(holm, stepped, strict=True))
    order = list(range(len(p_values)))
    shuffled.shuffle(order)
    assert multiplicity.step_up([p_values[i] for i in order]) == [stepped[i] for i in order]
