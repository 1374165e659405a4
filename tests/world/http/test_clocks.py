"""The clocks of the hosts beside this machine's."""

import datetime as dt

import pytest

from workbench.world.http.clocks import skew

NOW = dt.datetime(2026, 4, 3, 17, 44, tzinfo=dt.UTC)
DATE = "Fri, 03 Apr 2026 17:40:00 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"date": DATE}, -240.0), ({"date": DATE, "age": "240"}, 0.0),
        ({"date": DATE, "age": "x"}, -240.0),
        ({"date": "Fri, 03 Apr 2026 19:44:00 GMT"}, 7_200.0), ({}, None),
        ({"date": "today"}, None),
        ({"date": "Fri, 03 Apr 2026 99:99:99 GMT"}, None),
    ],
)  # fmt: skip
def test_a_difference_is_measured(headers: dict[str, str], seconds: float | None):
    """Date minus received, and the time that a cache held the answer on top."""
    assert skew(headers, NOW) == seconds
