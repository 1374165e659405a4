"""What readers care about breaks near ties, by rules that can be read off a claim."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.domain import claims
from workbench.domain.calendars import moment
from workbench.domain.instruments import find
from workbench.measures.interest import digits, interest, talked_of
from workbench.measures.prices import Bars

SPX, COMP = find("SPX"), find("COMP")
DAY = claims.window(SPX, moment("2018-01-26T22:00Z"), 1)


@pytest.mark.parametrize(
    ("price", "expected"), [(2700, 2), (2700.0, 2), (26.5, 3), (7000, 1), (2675, 4), (0.5, 1)]
)
def test_digits_by_hand(price: float, expected: int):
    """A level that people watch is said in few digits."""
    assert digits(price) == expected


def test_interest_by_hand():
    """A round level counts half as much again, so does what is talked of; a change is no level."""
    plain, watched = claims.level(SPX, DAY, ">", 2675), claims.level(SPX, DAY, ">", 2700)
    size = claims.magnitude(SPX, DAY, 1.0, "any")
    assert [interest(c, ()) for c in (plain, watched, size)] == [1.0, 1.5, 1.0]
    assert [interest(c, {"SPX"}) for c in (plain, watched, size)] == [1.5, 2.0, 1.5]
    assert interest(claims.relative(COMP, SPX, DAY, 0), {"SPX"}) == 1.5


def bars(last: float, n: int = 90) -> Bars:
    """Closes that move by 1 % up and down, and then by this much."""
    step = np.append(np.resize([0.01, -0.01], n - 2), last)
    close = 100 * np.exp(np.concatenate([[0], np.cumsum(step)]))
    at = np.datetime64("2018-01-01T21:00") + np.arange(n) * np.timedelta64(1, "D")
    gone = np.full(n, np.nan)
    return Bars(
        symbol="X", dates=at.astype("datetime64[D]"), at=at.astype("datetime64[us]"),
        known_at=at.astype("datetime64[us]"), open=gone, high=gone, low=gone, close=close,
        volume=gone,
    )  # fmt: skip


@given(st.floats(-0.06, 0.06), st.floats(-0.06, 0.06))
def test_what_moved_most_is_talked_of(one: float, other: float):
    """One instrument at most, the one farther out of its ordinary, and none on an ordinary day."""
    found = talked_of({"A": bars(one), "B": bars(other)})
    assert len(found) <= 1
    if max(abs(one), abs(other)) < 0.014:
        assert not found
    if abs(one) > 0.02 and abs(one) > 1.2 * abs(other):
        assert found == {"A"}


def test_a_young_history_is_not_talked_of():
    """Without sixty closes nothing is ordinary."""
    assert talked_of({"A": bars(0.1, 40)}) == frozenset()
    assert talked_of({"A": bars(0.1, 3)}) == frozenset()
