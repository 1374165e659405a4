"""Names of bars shorter than a session: they read back, and no instrument has one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.domain import intraday
from workbench.domain.instruments import KNOWN


@given(series=st.text(min_size=1), length=st.integers(1, 10**12))
def test_a_name_reads_back(series: str, length: int):
    """Series and length come back from the id, whatever either is, one already of the form too."""
    each = np.timedelta64(length, "us")
    name = intraday.name(series, each)
    assert (intraday.plain(name), intraday.length(name)) == (series, each)


@pytest.mark.parametrize(
    ("seconds", "name"),
    [(60, "X@1m"), (300, "X@5m"), (3600, "X@1h"), (5400, "X@90m"), (14400, "X@4h"), (90, "X@90s")],
)
def test_a_length_is_named_as_people_say_it(seconds: int, name: str):
    """In the first of hours, minutes and seconds that divides it."""
    assert intraday.name("X", np.timedelta64(seconds, "s")) == name


@pytest.mark.parametrize("series", ["SPY", "BTC-USD", "a@b", "mail@1host", "X@0h", "X@h", "@1h"])
def test_other_names_are_plain(series: str):
    """Only a count and a unit after the last @ make a length."""
    assert (intraday.plain(series), intraday.length(series)) == (series, None)


def test_no_instrument_has_such_a_name():
    """Daily bars and finer ones can never be asked for by one id."""
    for one in KNOWN:
        for series in (one.symbol, *(quote for quote, _ in one.quotes)):
            assert intraday.length(series) is None
