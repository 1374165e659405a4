"""Examination: a verdict rests on what was known by then, and costs a cycle little."""

import dataclasses
import datetime as dt

import numpy as np
import pytest

from tests.bench.days import DESK, SLOW, THURSDAY, N, day, known_until, looked, poked, scaled
from workbench.domain.calendars import to_numpy
from workbench.domain.deliveries import Gap, Health
from workbench.domain.snapshots import Snapshot
from workbench.measures import quality
from workbench.measures.quality.rows import rows, without


def broken() -> Snapshot:
    """A day with a fault of every kind that a later row could change the mind about."""
    seen = scaled("SPY", slice(150, None), 0.01)
    seen = scaled("TSLA", slice(-30, -20), 1.8, seen)
    seen = poked(("META", "high"), 200, 1.0, seen)
    seen = poked(("langflow-ai/langflow", "stars"), slice(-8, None), 90_000.0, seen)
    return poked(("DGS10", "value"), -3, 431.0, seen)


@pytest.mark.parametrize("days", [1, 7, 21, 29, 90, 170])
def test_no_future_changes_what_was_said(days: int):
    """Append any future: what was examined as of the past is the same, flag by flag, row by row."""
    moment = THURSDAY - dt.timedelta(days=days)
    then = known_until(broken(), moment)
    before = quality.examined(then, DESK, SLOW)
    quality.examined(broken(), DESK, SLOW)
    again = quality.examined(known_until(broken(), moment), DESK, SLOW)
    assert before.flags == again.flags
    assert before.snapshot.hash == again.snapshot.hash
    until = to_numpy(moment)
    assert all((column.known_at <= until).all() for column in before.snapshot.columns.values())
    assert all((fault.at <= until).all() for fault in before.faults)


def test_what_stays_is_what_came():
    """No value is changed: every row of the rest is a row that was delivered."""
    seen = broken()
    for key, column in looked(seen).snapshot.columns.items():
        own = seen.columns[key]
        index = np.searchsorted(own.at, column.at)
        np.testing.assert_array_equal(own.at[index], column.at)
        np.testing.assert_array_equal(own.value[index], column.value)


def test_an_examination_of_the_rest_finds_the_same_rest():
    """What was left out once leaves nothing more to leave out."""
    once = looked(broken()).snapshot
    assert looked(once).faults == ()


def test_bars_go_with_all_their_fields():
    """A bar that is out has no open, range or volume either."""
    found = looked(poked(("META", "high"), 200, 1.0))
    at = found.faults[0].at
    for field in ("open", "high", "low", "close", "volume"):
        assert not np.isin(at, found.snapshot.columns["META", field].at).any()
    assert len(found.snapshot.columns["META", "close"].at) == N - 1


def test_a_series_that_keeps_no_row_is_dark():
    """When everything of a close is false there is none."""
    found = looked(poked(("SPY", "close"), slice(None), -1.0))
    assert ("SPY", "close") not in found.snapshot.columns
    assert "DARK" in {f.check for f in found.flags if f.series == "SPY"}
    assert "SPY" in quality.withheld(found.flags)


def test_why_is_told_before_what_is_missing():
    """The reason for a withheld close is the fault, not the hole that it left."""
    found = looked(scaled("SPY", slice(-1, None), 100.0))
    assert "hundred" in quality.reason(found.flags, "SPY", "nothing")


def test_without_faults_the_snapshot_is_the_very_same():
    """Clean data is not copied, so that its hash is made once."""
    assert without(day(), ()) is day()
    own = rows(day(), "SPY")
    assert own is not None
    assert own.close is day().columns["SPY", "close"].value


def test_health_becomes_notes():
    """A dark feed and its reason are told beside the data."""
    health = Health(
        feed="yahoo", state="dark", reason="refused", at=THURSDAY, since=THURSDAY, good=None, rows=0
    )
    (flag,) = looked(health=(health,)).flags
    assert (flag.series, flag.check, flag.severity) == ("yahoo", "FEED_DARK", "note")
    live = dataclasses.replace(health, state="live", reason="")
    assert looked(health=(live,)).flags == ()


def test_what_every_pull_leaves_out_is_no_flag():
    """An unfinished bar is left out daily; a field that is gone is told, once a series."""
    gaps = tuple(
        Gap(series="SPY", code=code, reason=f"{code} {n}")
        for n, code in enumerate(("unfinished", "no_field", "no_field", "revised", "odd"))
    )
    health = Health(
        feed="yahoo", state="degraded", reason="parts", at=THURSDAY, since=THURSDAY,
        good=THURSDAY, rows=9, gaps=gaps,
    )  # fmt: skip
    found = looked(health=(health,)).flags
    assert [(f.series, f.check, f.severity) for f in found] == [
        ("SPY", "SCHEMA", "note"), ("SPY", "ODD", "note"),
    ]  # fmt: skip
    assert found[0].seen == "yahoo: no_field 1"
