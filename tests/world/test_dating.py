"""Dating: when the value of a date, a bar or a moment became known, rule by rule."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from workbench.domain.calendars import venue
from workbench.domain.instruments import Instrument
from workbench.world import dating


def dated(series: str, *dates: str, **columns: object) -> pd.DataFrame:
    frame = pd.DataFrame({"series": series, "date": pd.to_datetime(list(dates))})
    return dating.dated(frame.assign(value=1.0, **columns))


def ended(series: str, *starts: str, **columns: object) -> pd.DataFrame:
    frame = pd.DataFrame(
        {"series": series, "ts": pd.to_datetime(list(starts), format="ISO8601", utc=True)}
    )
    frame = frame.assign(value=1.0, **columns)
    return dating.ended(frame, dating.lengths(frame))


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


@pytest.mark.parametrize(
    ("series", "starts", "at", "known"),
    [
        ("SPY", ["2018-02-05 20:50", "2018-02-05 20:55"], "2018-02-05 20:55", "2018-02-05 21:10"),
        ("VIX", ["2018-02-05 19:30", "2018-02-05 20:30"], "2018-02-05 20:30", "2018-02-05 21:00"),
        ("BTC-USD", ["2018-02-05", "2018-02-05 01:00"], "2018-02-05 01:00", "2018-02-05 01:05"),
        ("BTC-USD", ["2018-02-05", "2018-02-06"], "2018-02-06 00:00", "2018-02-06 00:05"),
        ("ETH-USD", ["2018-02-05T05", "2018-02-06T05"], "2018-02-06 05:00", "2018-02-06 05:05"),
        ("WTI", ["2018-02-05", "2018-02-06"], "2018-02-06 00:00", "2018-02-13 00:00"),
        ("WTI", ["2018-02-05 10:00", "2018-02-05 11:00"], "2018-02-05 11:00", "2018-02-12 11:00"),
        ("NOBODY", ["2018-02-05", "2018-02-05 00:05"], "2018-02-05 00:05", "2018-02-05 00:20"),
        ("NOBODY", ["2018-02-05", "2018-02-05 04:00"], "2018-02-05 04:00", "2018-02-05 08:00"),
        ("NOBODY", ["2018-02-05", "2018-02-06"], "2018-02-06 00:00", "2018-02-07 00:00"),
        ("NOBODY", ["2018-02-02", "2018-02-05"], "2018-02-03 00:00", "2018-02-04 00:00"),  # weekend
    ],
)  # fmt: skip
def test_bars_are_known_after_their_end(series: str, starts: list[str], at: str, known: str):
    """A bar lasts until the next one, a day at most, and is known its series' lag after that."""
    frame = ended(series, *starts)
    assert times(frame, "at")[0] == at
    assert times(frame, "known_at")[0] == known
    assert str(frame["at"].dtype) == str(frame["known_at"].dtype) == "datetime64[us, UTC]"


@pytest.mark.parametrize(
    ("starts", "at"),
    [
        (["2018-02-05 00:00", "2018-02-06 00:00"], "2018-02-05 21:00"),
        (["2018-02-05 05:00", "2018-02-06 05:00"], "2018-02-05 21:00"),  # midnight in New York
        (["2018-02-05 14:30", "2018-02-06 14:30"], "2018-02-05 21:00"),  # the opening bell
        (["2018-07-02 04:00", "2018-07-03 04:00"], "2018-07-02 20:00"),  # summer time
        (["2018-11-23 00:00", "2018-11-24 00:00"], "2018-11-23 18:00"),  # half-day
        (["2018-02-02 22:00", "2018-02-03 22:00"], "2018-02-03 22:00"),  # holds no session
        (["2018-03-30 00:00", "2018-03-31 00:00"], "2018-03-31 00:00"),  # Good Friday
        (["2018-07-02 14:30", "2018-07-03 14:30"], "2018-07-03 14:30"),  # two half sessions
        (["2018-11-22 20:00", "2018-11-23 20:00"], "2018-11-23 18:00"),  # after a holiday
        (["2018-12-20 20:30", "2018-12-21 20:30"], "2018-12-21 20:30"),  # cut before the bell
        (["2018-07-02 19:00", "2018-07-03 19:00"], "2018-07-03 19:00"),  # an hour of the day before
        (["2018-02-05 09:00", "2018-02-05 21:00"], "2018-02-05 21:00"),  # 12 hours: its own end
        (["2018-02-05 10:00", "2018-02-05 22:00"], "2018-02-05 22:00"),
        (["2018-02-05 00:00"], "2018-02-06 00:00"),  # a lone bar does not say that it is a day's
        (["1962-02-05 00:00", "1962-02-06 00:00"], "1962-02-06 00:00"),  # before the calendar
        (["2050-02-05 00:00", "2050-02-06 00:00"], "2050-02-06 00:00"),  # past it
    ],
)
def test_a_daily_bar_ends_with_its_session(starts: list[str], at: str):
    """A day's bar of a session's venue ends at the official close, if it holds just one session."""
    frame = ended("SPX", *starts)
    assert times(frame, "at")[0] == at
    assert frame["known_at"][0] - frame["at"][0] == pd.Timedelta(minutes=15)


def test_equally_common_spacings_err_late():
    """Where bars are a minute and an hour apart equally often, they may last the hour."""
    frame = ended("NOBODY", "2018-02-05 10:00", "2018-02-05 10:01", "2018-02-05 11:01")
    assert times(frame, "at")[0] == "2018-02-05 11:00"


def test_no_bar_of_a_month():
    """Of a monthly indicator even a lone bar is longer than a day, which the import refuses."""
    lone = pd.DataFrame({"series": ["AAA", "WTI"], "ts": pd.Timestamp("2018-01-01", tz="UTC")})
    assert dating.lengths(lone)[0] == np.timedelta64(31, "D")
    assert np.isnat(dating.lengths(lone)[1])


@given(
    series=st.sampled_from(["SPX", "BTC-USD", "WTI", "NOBODY"]),
    minutes=st.lists(st.integers(0, 60 * 24 * 30), min_size=1, max_size=8, unique=True),
)
def test_no_bar_is_known_before_it_could_be(series: str, minutes: list[int]):
    """A bar ends after its start, within a day of it, and is known later than it ends.

    Unless it ends with a whole session, it ends no sooner than its length says.
    """
    starts = pd.Series(pd.Timestamp("2018-11-01", tz="UTC") + pd.to_timedelta(minutes, unit="m"))
    frame = pd.DataFrame({"series": series, "ts": starts.astype("datetime64[us, UTC]")})
    lengths = dating.lengths(frame)
    assume((np.isnat(lengths) | (lengths <= dating.DAY)).all())
    found = dating.ended(frame, lengths)
    lasted = found["at"] - frame["ts"]
    assert (lasted > pd.Timedelta(0)).all()
    assert (lasted <= pd.Timedelta(days=1)).all()
    assert (found["known_at"] > found["at"]).all()
    closes = found["at"].dt.tz_localize(None).isin(venue("XNYS").closes)
    assert ((lasted >= pd.Series(lengths).fillna(dating.DAY)) | (closes & (series == "SPX"))).all()


@pytest.mark.parametrize(
    ("series", "at", "known"),
    [
        ("SPX", ["2018-02-05 21:00"], "2018-02-05 21:15"),
        ("VIX", ["2018-02-05 21:00", "2018-02-05 21:01"], "2018-02-05 21:30"),
        ("AAA", ["2018-02-01"], "2018-02-08 00:00"),
        ("NOBODY", ["2018-02-05 10:00", "2018-02-05 10:05"], "2018-02-05 10:15"),  # 15 minutes
        ("NOBODY", ["2018-02-05 10:00", "2018-02-05 12:00"], "2018-02-05 12:00"),  # the spacing
        ("NOBODY", ["2018-02-05", "2018-02-06"], "2018-02-06 00:00"),  # day
        ("NOBODY", ["2018-02-02", "2018-02-05"], "2018-02-03 00:00"),  # day, over a weekend
        ("NOBODY", ["2018-02-02", "2018-02-09"], "2018-02-09 00:00"),  # week
        ("NOBODY", ["2018-02-01", "2018-03-01"], "2018-03-04 00:00"),  # month
        ("NOBODY", ["2018-04-01", "2018-07-01"], "2018-05-31 00:00"),  # quarter
        ("NOBODY", ["2018-01-01", "2019-01-01"], "2018-05-01 00:00"),  # year
        ("NOBODY", ["2018-02-05 10:00"], "2018-02-06 10:00"),  # a lone row: day
    ],
)
def test_moments_are_known_after_their_lag(series: str, at: list[str], known: str):
    """A moment of a table's series waits for the stated lag, any other as its spacing implies."""
    frame = pd.DataFrame({"series": series, "at": pd.to_datetime(at, format="ISO8601", utc=True)})
    found = dating.lagged(frame)
    assert times(found, "known_at")[0] == known
    assert (found["at"] == frame["at"]).all()


@pytest.mark.parametrize("column", ["ts", "at"])
def test_frequent_rows_do_not_hasten_rare_ones(column: str):
    """Spacing is read by series, source and field, so that no day's volume is known at 00:05."""
    often = pd.date_range("2018-02-05", periods=600, freq="5min", tz="UTC")
    daily = pd.date_range("2018-02-05", periods=3, tz="UTC")
    fast = pd.DataFrame({"series": "X", "source": "a", "field": "price", column: often})
    slow = pd.DataFrame({"series": "X", "source": "a", "field": "volume", column: daily})
    other = slow.assign(source="b", field="price")
    frame = pd.concat([fast, slow, other], ignore_index=True)
    found = dating.lagged(frame) if column == "at" else dating.ended(frame, dating.lengths(frame))
    least = pd.Timedelta(days=1)
    assert ((found["known_at"] - frame[column])[600:] >= least).all()
    assert ((found["known_at"] - frame[column])[:600] < least).all()


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


@pytest.mark.parametrize(
    ("series", "field", "date", "at", "known"),
    [
        ("DGS10", "value", "2018-02-05", "2018-02-06 00:00", "2018-02-07 00:00"),
        ("FEDFUNDS", "value", "2018-02-01", "2018-03-01 00:00", "2018-03-04 00:00"),
        ("NFCI", "value", "2018-02-02", "2018-02-03 00:00", "2018-02-09 00:00"),  # its last day
        ("BTC-PERP", "funding", "2018-02-05", "2018-02-06 00:00", "2018-02-06 00:05"),
        ("DGS10", "yield", "2018-02-05", "2018-02-06 00:00", "2018-02-07 00:00"),  # inferred: a day
        ("SPY", "last", "2018-02-05", "2018-02-05 21:00", "2018-02-05 21:15"),  # the instrument's
    ],
)
def test_contracts_rule(series: str, field: str, date: str, at: str, known: str):
    """What a contract speaks for is dated by its period and lag, unless an instrument has it."""
    frame = dated(series, date, field=field)
    assert times(frame, "at") == [at]
    assert times(frame, "known_at") == [known]
    assert set(frame["basis"]) == {"rule"}


def test_dates_closer_than_their_contract_says():
    """Days of a series whose contract says months stay apart: never two on one moment."""
    frame = dated("FEDFUNDS", "2018-02-01", "2018-02-02", field="value")
    assert times(frame, "at") == ["2018-02-02 00:00", "2018-02-03 00:00"]


def test_a_week_is_no_bar():
    """Of a weekly contract even a lone bar is longer than a day, which the import refuses."""
    lone = pd.DataFrame(
        {"series": ["NFCI"], "field": "value", "ts": pd.Timestamp("2018", tz="UTC")}
    )
    assert dating.lengths(lone)[0] == np.timedelta64(7, "D")


def test_basis_says_what_dated_a_row():
    """A given ``known_at`` was stated, any other comes from a rule."""
    given = pd.Series([pd.NaT, "2018-02-09T12:00Z"], dtype="datetime64[us, UTC]")
    frame = pd.DataFrame({"series": ["SPX", "VIX"], "date": pd.Timestamp("2018-02-05")})
    assert dating.dated(frame.assign(known_at=given))["basis"].tolist() == ["rule", "stated"]
