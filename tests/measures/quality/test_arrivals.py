"""Arrivals: what a contract cannot hold stays out of the archive, with one reason each."""

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench.domain.calendars import venue
from workbench.domain.deliveries import COLUMNS, Gap
from workbench.measures.quality.arrivals import conforming

SERIES = Path(__file__).parents[4] / "shared" / "data" / "series"
here = pytest.mark.skipif(not SERIES.is_dir(), reason="the shared data is not here")
NOW = dt.datetime(2026, 4, 2, 22, 0, tzinfo=dt.UTC)
GOOD = {
    "series": "DGS10", "field": "value", "known_at": pd.NaT, "value": 4.3, "unit": "%",
    "source": "fred", "basis": "rule",
}  # fmt: skip


def delivered(*rows: dict[str, object]) -> pd.DataFrame:
    base = pd.Timestamp("2026-03-02T00:00Z")
    filled = [{**GOOD, "at": base + pd.Timedelta(days=i), **row} for i, row in enumerate(rows)]
    return pd.DataFrame(filled).reindex(columns=list(COLUMNS))


def codes(gaps: tuple[Gap, ...]) -> list[str]:
    return [gap.code for gap in gaps]


def test_a_good_delivery_passes_whole():
    """Rows within their contract come back in order of time, blanks as blanks."""
    frame = delivered({}, {"value": np.nan}, {"value": 4.4})
    good, gaps = conforming(frame.iloc[::-1], now=NOW)
    assert gaps == ()
    pd.testing.assert_series_equal(good["value"], frame["value"], check_index=False)
    assert list(good["at"]) == sorted(good["at"])
    assert list(good.columns) == list(COLUMNS)


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({"value": 431.0}, "out_of_range"),
        ({"value": float("inf")}, "not_finite"),
        ({"value": "4,3"}, "wrong_type"),
        ({"unit": "bp"}, "other_unit"),
        ({"at": pd.Timestamp("2026-04-03T00:00Z")}, "future"),
        ({"known_at": pd.Timestamp("2026-04-03T00:00Z")}, "future"),
        ({"at": pd.Timestamp("2026-03-05")}, "no_zone"),
        ({"series": "ETH", "field": "tx_count", "unit": "transactions a day", "value": 0.0},
         "zero"),
        ({"series": "SPY", "field": "close", "unit": "USD", "value": 650.0,
          "at": pd.Timestamp("2026-03-29T20:00Z")}, "off_session"),
        ({"series": "SPY", "field": "open", "unit": "USD", "value": 0.0}, "out_of_range"),
        ({"series": "SPY", "field": "volume", "unit": "shares", "value": -1.0}, "out_of_range"),
        ({"series": "SPY", "field": "split", "unit": "new for old", "value": 0.0},
         "out_of_range"),
        ({"series": "BTC-mempool", "field": "count", "unit": "transactions",
          "at": pd.Timestamp("1970-01-21T00:00Z")}, "bad_time"),
    ],
)  # fmt: skip
def test_a_bad_row_is_one_gap(row: dict[str, object], code: str):
    """The row is left out under its code, what came is named, and the rest is kept."""
    good, gaps = conforming(delivered({}, {}, row), now=NOW)
    assert len(good) == 2
    assert codes(gaps) == [code]
    assert gaps[0].series == row.get("series", "DGS10")
    assert "1 rows" in gaps[0].reason


def test_an_announced_split_may_lie_ahead():
    """Splits and dividends are known before they take effect."""
    ahead = {"series": "SPY", "field": "split", "unit": "new for old", "value": 2.0,
             "at": pd.Timestamp("2026-04-20T13:30Z")}  # fmt: skip
    good, gaps = conforming(delivered(ahead), now=NOW)
    assert (len(good), gaps) == (1, ())


def test_clocks_may_differ_by_two_minutes():
    """A moment two minutes ahead of ours is a clock's, a third minute is a fault."""
    moments = [pd.Timestamp(NOW) + pd.Timedelta(minutes=m) for m in (2, 3)]
    rows = [{"series": "BTC-USD", "field": "bid", "unit": "USD", "at": at} for at in moments]
    good, gaps = conforming(delivered(*rows), now=NOW)
    assert (len(good), codes(gaps)) == (1, ["future"])


def test_a_monthly_series_that_comes_daily():
    """Daily values under the name of a monthly series are another series."""
    month = {"series": "UNRATE"}
    good, gaps = conforming(delivered(month, month, month), now=NOW)
    assert (len(good), codes(gaps)) == (0, ["other_frequency"])


def test_vintages_of_one_moment_stay():
    """Two values known at two moments are a revision, which is no error."""
    at = pd.Timestamp("2026-01-01T00:00Z")
    rows = [
        {"series": "UNRATE", "at": at, "known_at": pd.Timestamp(known), "value": value}
        for known, value in (("2026-02-06T13:30Z", 4.3), ("2026-03-06T13:30Z", 4.4))
    ]
    good, gaps = conforming(delivered(*rows), now=NOW)
    assert (list(good["value"]), gaps) == ([4.3, 4.4], ())


def test_a_delivery_without_a_column():
    """A delivery that lacks a column is one gap and no row."""
    good, gaps = conforming(delivered({}).drop(columns="unit"), now=NOW)
    assert (len(good), codes(gaps)) == (0, ["no_field"])
    assert "unit" in gaps[0].reason


def test_nothing_delivered():
    """An empty delivery is no fault of its rows."""
    good, gaps = conforming(delivered({}).iloc[:0], now=NOW)
    assert (len(good), gaps) == (0, ())


def test_series_without_a_contract_pass_if_they_are_numbers():
    """What no contract speaks for is kept unless it is no finite number."""
    rows = [{"series": "mine", "value": value} for value in (1e12, float("-inf"))]
    good, gaps = conforming(delivered(*rows), now=NOW)
    assert (list(good["value"]), codes(gaps)) == ([1e12], ["not_finite"])


@pytest.mark.filterwarnings("error")
def test_no_warning_reaches_the_reader():
    """What libraries deprecate is none of a pull's business."""
    good, _ = conforming(delivered({}, {"value": 99.0}), now=NOW)
    assert len(good) == 1


def _real(path: Path, rows: pd.DataFrame) -> tuple[pd.DataFrame, tuple[Gap, ...]]:
    assert path.is_file()
    now = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)
    return conforming(rows.reindex(columns=list(COLUMNS)), now=now)


@here
def test_real_revisions_are_no_errors():
    """Every vintage of every month of consumer prices is kept, though some differ."""
    path = SERIES / "macro_vintages.parquet"
    frame = pd.read_parquet(path)
    frame = frame[frame["series"] == "CPIAUCNS_datasets"]
    rows = frame.assign(
        series="CPIAUCSL", field="value", at=frame["date"].dt.tz_localize("UTC"),
        known_at=frame["vintage_utc"], unit="index", basis="seen",
    )  # fmt: skip
    good, gaps = _real(path, rows)
    assert gaps == ()
    assert len(good) == len(frame) > 200
    assert len(set(good["known_at"])) > 1


@here
def test_real_first_prints_and_their_revisions_stay():
    """What VIX was first printed as stays beside what it became, on every session."""
    path = SERIES / "vix_first_seen.parquet"
    frame = pd.read_parquet(path)
    calendar = venue("XNYS")
    dates = frame["date"].to_numpy().astype("datetime64[D]")
    index = np.searchsorted(calendar.dates, dates)
    open_day = calendar.dates[index] == dates
    at = pd.DatetimeIndex(calendar.closes[index]).tz_localize("UTC")
    rows = frame.assign(
        at=at, known_at=frame["first_seen_utc"], unit="points", basis="seen", source="DV"
    )[open_day]
    good, gaps = _real(path, rows)
    assert gaps == ()
    assert len(good) == int(open_day.sum())
    assert (frame[open_day]["kind"] == "revision").sum() > 0


def test_a_pair_in_tethers_is_in_tethers():
    """Hours against the tether, which may speak for a coin, are kept, and never as dollars."""
    bar = {"field": "close", "value": 64_000.0, "source": "binance", "at": NOW.replace(hour=20)}
    frame = delivered(
        {**bar, "series": "BTCUSDT@1h", "unit": "USDT"},
        {**bar, "series": "BTC-USD@1h", "unit": "USD"},
        {**bar, "series": "ETHUSDT@1h", "unit": "USD"},
        {**bar, "series": "ETH-USD@1h", "unit": "USDT"},
    )
    good, gaps = conforming(frame, now=NOW)
    assert sorted(good["series"]) == ["BTC-USD@1h", "BTCUSDT@1h"]
    assert codes(gaps) == ["other_unit", "other_unit"]
