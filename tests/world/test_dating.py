"""Dating: when a date's value became known, rule by rule."""

import numpy as np
import pandas as pd
import pytest

from workbench.domain.instruments import Instrument
from workbench.world import dating


def dated(series: str, *dates: str, **columns: object) -> pd.DataFrame:
    frame = pd.DataFrame({"series": series, "date": pd.to_datetime(list(dates))})
    return dating.dated(frame.assign(value=1.0, **columns))


def times(frame: pd.DataFrame, column: str) -> list[str]:
    return [moment.strftime("%Y-%m-%d %H:%M") for moment in frame[column]]


@pytest.mark.parametrize(
    ("series", "date", "at", "known"),
    [
        ("SPX", "2018-02-05", "2018-02-05 21:00", "2018-02-05 21:15"),
        ("SPX", "2018-07-02", "2018-07-02 20:00", "2018-07-02 20:15"),  # summer time
        ("SPX", "2018-11-23", "2018-11-23 18:00", "2018-11-23 18:15"),  # half-day
        ("VIX", "2018-02-05", "2018-02-05 21:00", "2018-02-05 21:30"),
        ("VIX", "2018-03-30", "2018-03-30 20:00", "2018-03-30 20:30"),  # holiday: 16:00 there
        ("BTC-USD", "2018-02-05", "2018-02-06 00:00", "2018-02-06 00:05"),
        ("BTC-USD", "2050-02-05", "2050-02-06 00:00", "2050-02-06 00:05"),  # past the calendar
        ("WTI", "2018-02-05", "2018-02-06 00:00", "2018-02-13 00:00"),
        ("AAA", "2018-01-01", "2018-02-01 00:00", "2018-02-08 00:00"),
        ("CPILFESL", "2017-12-01", "2018-01-01 00:00", "2018-01-21 00:00"),
    ],
)
def test_table_rules(series: str, date: str, at: str, known: str):
    """A series of the tables is dated by its venue or period and its stated lag."""
    frame = dated(series, date)
    assert times(frame, "at") == [at]
    assert times(frame, "known_at") == [known]
    assert str(frame["at"].dtype) == str(frame["known_at"].dtype) == "datetime64[us, UTC]"


@pytest.mark.parametrize(
    ("dates", "at", "known"),
    [
        (["2018-02-02", "2018-02-05"], "2018-02-03 00:00", "2018-02-04 00:00"),  # day
        (["2018-02-02", "2018-02-09"], "2018-02-03 00:00", "2018-02-10 00:00"),  # week
        (["2018-01-01", "2018-02-01"], "2018-02-01 00:00", "2018-03-04 00:00"),  # month
        (["2018-01-01", "2018-04-01"], "2018-04-01 00:00", "2018-05-31 00:00"),  # quarter
        (["2018-01-01", "2019-01-01"], "2019-01-01 00:00", "2019-05-01 00:00"),  # year
    ],
)
def test_spacing_rules(dates: list[str], at: str, known: str):
    """An unknown series is known after the end of the period that its spacing implies."""
    frame = dated("NOBODY", *dates)
    assert times(frame, "at")[0] == at
    assert times(frame, "known_at")[0] == known


def test_two_dates_in_one_period_stay_apart():
    """A fortnightly series keeps one moment a date, with a month's lag: never two on one moment."""
    frame = dated("FORTNIGHTLY", "2018-02-01", "2018-02-15", "2018-03-01")
    assert times(frame, "at") == ["2018-02-02 00:00", "2018-02-16 00:00", "2018-03-02 00:00"]
    assert times(frame, "known_at")[0] == "2018-03-05 00:00"


def test_a_daily_field_does_not_hasten_a_monthly_one():
    """Spacing is read field by field and source by source, so no monthly value is known early."""
    days = pd.date_range("2018-01-01", "2018-03-31").astype(str)
    daily = pd.DataFrame({"series": "X", "field": "price", "source": "a", "date": days})
    monthly = daily[daily["date"].str.endswith("-01")].assign(field="earnings")
    frame = pd.concat([daily, monthly], ignore_index=True)
    frame["date"] = pd.to_datetime(frame["date"])
    frame = dating.dated(frame)
    assert times(frame[frame["field"] == "earnings"], "at")[0] == "2018-02-01 00:00"
    assert times(frame[frame["field"] == "price"], "at")[0] == "2018-01-02 00:00"


def test_given_known_at_is_kept():
    """A moment that the source gives wins over the rule, row by row and series by series."""
    given = pd.Series([pd.NaT, "2018-02-09T12:00Z", pd.NaT], dtype="datetime64[us, UTC]")
    frame = pd.DataFrame({"series": ["SPX", "VIX", "VIX"], "date": pd.Timestamp("2018-02-05")})
    frame = dating.dated(frame.assign(known_at=given))
    assert times(frame, "known_at") == ["2018-02-05 21:15", "2018-02-09 12:00", "2018-02-05 21:30"]


def test_rows_keep_their_order():
    """Rows come back in the order in which they were given."""
    frame = pd.DataFrame({"series": ["B", "A", "B"], "date": pd.Timestamp("2018-02-05")})
    assert list(dating.dated(frame)["series"]) == ["B", "A", "B"]


def test_own_instrument():
    """An instrument that the desk defines is dated by its own venue and lag."""
    own = Instrument(symbol="DOGE", name="dogecoin", venue="24/7", lag_minutes=2)
    frame = pd.DataFrame({"series": ["DOGE"], "date": [pd.Timestamp("2018-03-30")]})
    assert times(dating.dated(frame, {"DOGE": own}), "known_at") == ["2018-03-31 00:02"]


def test_week_ends_on_its_date():
    """A weekly date names the week's last day; a month's names its first."""
    days = np.array(["2018-02-02"], "datetime64[D]")
    assert dating.period_end(days, "week") == np.datetime64("2018-02-03")
    assert dating.period_end(days, "month") == np.datetime64("2018-03-01")
