"""How figures are written: one rule for every page."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.domain.figures import opened, share, worded

FRACTIONS = st.floats(0, 1)


@pytest.mark.parametrize(
    ("p", "shown"),
    [
        (0, "0%"), (1, "100%"), (1 + 1e-12, "100%"), (0.5, "50%"), (0.0001, "<0.1%"),
        (0.004, "0.4%"), (0.01, "1%"), (0.126, "13%"), (0.498, "49.8%"), (0.503, "50.3%"),
        (0.5003, "50%"), (0.843, "84%"), (0.99, "99%"), (0.996, "99.6%"), (0.9999, ">99.9%"),
    ],
)  # fmt: skip
def test_a_probability_is_whole_unless_that_would_say_something_else(p: float, shown: str):
    """Rounding makes no forecast a certainty, and no doubt of a tenth even odds."""
    assert share(p) == shown


@pytest.mark.parametrize(
    ("p", "base", "shown"),
    [
        (0.843, 0.838, ("84.3%", "83.8%")), (0.843, 0.843, ("84%", "84%")),
        (0.8412, 0.8414, ("84%", "84%")), (0.84, 0.8, ("84%", "80%")),
        (0.503, 0.5, ("50.3%", "50%")), (0.003, 0.0, ("0.3%", "0%")),
    ],
)  # fmt: skip
def test_two_figures_that_differ_do_not_read_the_same(
    p: float, base: float, shown: tuple[str, str]
):
    """Where whole percentages hide what sets a claim apart from its base rate, a decimal tells."""
    assert (share(p, base), share(base, p)) == shown


@given(FRACTIONS, FRACTIONS)
def test_what_is_written_is_what_it_is(p: float, beside: float):
    """Whatever stands beside it, the figure is within half of its last digit of the number."""
    text = share(p, beside)
    number = float(text.strip("<>%"))
    if text[0] == "<":
        assert 0 < 100 * p < number
    elif text[0] == ">":
        assert number < 100 * p < 100
    else:
        assert abs(number - 100 * p) <= (0.05 if "." in text else 0.5) + 1e-6


@pytest.mark.parametrize("p", [-0.01, 1.01, 84.3, float("nan")])
def test_no_probability_is_made_up(p: float):
    """What is no fraction between 0 and 1 is refused, neither clipped nor written."""
    with pytest.raises(ValueError, match="no probability"):
        share(p)


def test_iso_stamps_are_told_as_dates():
    """A reader meets no ISO date; what only looks like one, or is part of a name, stays."""
    assert worded("last 2015-05-12, 2018-01-09.") == "last 12 May 2015, 9 Jan 2018."
    assert worded("as of 2018-02-08T22:00:00Z") == "as of 8 Feb 2018 22:00"
    assert worded("on 2018-13-45 by run-2018-01-09-x") == "on 2018-13-45 by run-2018-01-09-x"


def test_a_line_opens_with_a_capital():
    """Only the first letter changes: a name inside keeps its own spelling, an empty text too."""
    assert opened("bitcoin and S&P 500 I know") == "Bitcoin and S&P 500 I know"
    assert opened("") == ""
