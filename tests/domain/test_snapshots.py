"""Snapshots: what a mind is shown, and the hash that says so."""

import datetime as dt

import numpy as np

from workbench.domain.snapshots import Column, Snapshot

AS_OF = dt.datetime(2018, 2, 6, tzinfo=dt.UTC)
DAYS = np.array(["2018-02-02T21:00", "2018-02-05T21:00"], "datetime64[us]")


def column(*values: float, unit: str = "points", source: str = "arch.sp500") -> Column:
    lag = np.timedelta64(15, "m")
    value = np.array(values, float)
    at = DAYS[: len(values)]
    return Column(at=at, known_at=at + lag, value=value, unit=unit, source=source)


def snapshot(**columns: Column) -> Snapshot:
    return Snapshot(as_of=AS_OF, columns={tuple(k.split("_")): c for k, c in columns.items()})  # type: ignore[misc]


def test_dark_series_has_no_column():
    """What was not known is None, never an empty or filled column."""
    seen = snapshot(SPX_close=column(2762.13, 2648.94))
    assert seen.get("SPX") is not None
    assert seen.get("SPX", "volume") is None
    assert seen.get("VIX") is None


def test_only_shows_nothing_else():
    """A slice holds the series and fields asked for, and nothing beside them."""
    seen = snapshot(SPX_close=column(1), SPX_volume=column(2), VIX_close=column(3))
    assert set(seen.only(["SPX"]).columns) == {("SPX", "close"), ("SPX", "volume")}
    assert set(seen.only(["SPX", "VIX"], ["close"]).columns) == {("SPX", "close"), ("VIX", "close")}
    assert seen.only([]).columns == {}
    assert seen.only(["SPX"]).as_of == AS_OF


def test_equal_content_has_equal_hash():
    """The hash speaks of content alone: neither the columns' order nor their identity."""
    one = snapshot(SPX_close=column(1, 2), VIX_close=column(3, float("nan")))
    other = snapshot(VIX_close=column(3, float("nan")), SPX_close=column(1, 2))
    assert one.hash == other.hash
    assert len(one.hash) == 64


def test_any_difference_changes_the_hash():
    """A value, a blank, a unit, a source, a name or the moment itself: each shows in the hash."""
    base = snapshot(SPX_close=column(1, 2))
    others = [
        snapshot(SPX_close=column(1, 2.0000001)),
        snapshot(SPX_close=column(1, float("nan"))),
        snapshot(SPX_close=column(1)),
        snapshot(SPX_close=column(1, 2, unit="USD")),
        snapshot(SPX_close=column(1, 2, source="H")),
        snapshot(SPX_open=column(1, 2)),
        snapshot(),
        Snapshot(as_of=AS_OF + dt.timedelta(seconds=1), columns=base.columns),
    ]
    assert len({base.hash, *(other.hash for other in others)}) == 1 + len(others)
