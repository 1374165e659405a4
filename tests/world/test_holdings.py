"""Holdings: what an archive says of itself."""

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest

from workbench.domain.calendars import UTC, moment
from workbench.domain.deliveries import COLUMNS
from workbench.world.archive import Archive


def filled(folder: Path, series: str, field: str, *ats: str, lag: str = "15min") -> Archive:
    at = pd.to_datetime(list(ats), utc=True, format="ISO8601").astype("datetime64[us, UTC]")
    rows = pd.DataFrame({"at": at, "known_at": at + pd.Timedelta(lag), "value": 1.0})
    texts = {"series": series, "field": field, "unit": "USD", "source": "a", "basis": "rule"}
    archive = Archive(folder)
    archive.append(rows.assign(**texts)[list(COLUMNS)], origin="file", through=END)
    return archive


END = dt.datetime(2018, 12, 31, tzinfo=UTC)
CLOSES = ["2018-02-01T21:00Z", "2018-02-02T21:00Z", "2018-02-05T21:00Z"]
MONTHS = ["2017-11-01", "2017-12-01", "2018-01-01", "2018-02-01"]


@pytest.mark.parametrize(
    ("series", "field", "ats", "lag", "now", "said"),
    [
        ("SPY", "close", CLOSES, "15min", "2018-02-06T21:10Z", "fresh"),  # not due yet
        ("SPY", "close", CLOSES, "15min", "2018-02-06T21:20Z", "late"),
        ("SPY", "close", CLOSES, "15min", "2018-02-07T21:20Z", "stale"),
        ("SPY", "close", CLOSES[:2], "15min", "2018-02-05T20:00Z", "fresh"),  # over a weekend
        ("BTC-USD", "close", ["2018-02-05", "2018-02-06"], "5min", "2018-02-07T00:04Z", "fresh"),
        ("BTC-USD", "close", ["2018-02-05", "2018-02-06"], "5min", "2018-02-07T00:06Z", "late"),
        ("BTC-USD@1h", "close", ["2018-02-05T00:00Z", "2018-02-05T01:00Z"], "5min",
         "2018-02-05T03:30Z", "stale"),
        ("CPI", "value", MONTHS, "20D", "2018-03-20T00:00Z", "fresh"),
        ("CPI", "value", MONTHS, "20D", "2018-03-28T00:00Z", "late"),
        ("CPI", "value", MONTHS, "20D", "2018-06-28T00:00Z", "stale"),
        ("UNRATE", "value", MONTHS[:1], "10D", "2017-12-10T00:00Z", "fresh"),  # alone: its contract
        ("NOBODY", "value", MONTHS[:1], "1D", "2017-12-10T00:00Z", "stale"),
    ],
)  # fmt: skip
def test_freshness(
    tmp_path: Path, series: str, field: str, ats: list[str], lag: str, now: str, said: str
):
    """A value is late when the next one is due, by sessions or by its own frequency."""
    table = filled(tmp_path, series, field, *ats, lag=lag).coverage(moment(now))
    assert table["freshness"].tolist() == [said]


def test_status(tmp_path: Path):
    """Parts, bytes, rows and what dated them, over all parts."""
    archive = filled(tmp_path, "SPY", "close", *CLOSES)
    filled(tmp_path, "SPY", "high", *CLOSES[:1])
    rows = pd.concat(archive.rows(["SPY"]))
    more = rows[rows["field"] == "close"].iloc[:1].assign(basis="seen", value=2.0)
    archive.append(more, origin="more", through=END + dt.timedelta(1))
    status = archive.status()
    assert (status.parts, status.loose, status.series, status.rows) == (3, 3, 1, 5)
    assert status.end == END + dt.timedelta(1)
    assert status.bytes == sum(path.stat().st_size for path in archive.parts())
    basis = status.coverage.set_index("field")["basis"]
    assert basis.to_dict() == {"close": "rule+seen", "high": "rule"}
    archive.compact()
    after = archive.status()
    assert (after.parts, after.loose, after.rows) == (1, 0, 5)
    pd.testing.assert_frame_equal(after.coverage, status.coverage)


def test_status_of_nothing(tmp_path: Path):
    """An empty archive says so without a number that it does not have."""
    status = Archive(tmp_path / "none").status()
    assert (status.parts, status.rows, status.items, status.end) == (0, 0, 0, None)
    assert status.coverage.empty
