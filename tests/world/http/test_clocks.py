"""This machine's clock beside those of the hosts."""

import datetime as dt

import pytest

from workbench.world.http.clocks import off, skew

NOW = dt.datetime(2026, 4, 3, 17, 44, tzinfo=dt.UTC)
DATE = "Fri, 03 Apr 2026 17:40:00 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"date": DATE}, 240.0), ({"date": DATE, "age": "240"}, 0.0),
        ({"date": DATE, "age": "x"}, 240.0),
        ({"date": "Fri, 03 Apr 2026 19:44:00 GMT"}, -7_200.0), ({}, None),
        ({"date": "today"}, None),
        ({"date": "Fri, 03 Apr 2026 99:99:99 GMT"}, None),
    ],
)  # fmt: skip
def test_a_difference_is_measured(headers: dict[str, str], seconds: float | None):
    """Received minus Date, less the time that a cache held the answer."""
    assert skew(headers, NOW) == seconds


@pytest.mark.parametrize(
    ("skews", "wrong"),
    [
        ({"a": 130.0, "b": 125.0, "c": 121.0}, 125.0),
        ({"a": -7_200.0, "b": -7_199.0, "c": -7_201.0, "d": 0.0}, -7_200.0),
        ({"a": 130.0, "b": 125.0}, None),
        ({"a": 130.0, "b": 125.0, "c": 119.0}, None),
        ({"a": 130.0, "b": -125.0, "c": 121.0}, None),
        ({"a": 130.0, "b": 130.0, "c": 130.0, "d": 0.0, "e": 1.0, "f": 2.0}, None),
        ({}, None),
    ],
)
def test_our_clock_is_wrong_when_hosts_agree(skews: dict[str, float], wrong: float | None):
    """S52: three hosts and most of them, beyond two minutes, on the same side."""
    assert off(skews) == wrong
