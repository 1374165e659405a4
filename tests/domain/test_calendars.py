"""Venues: what counts as a session, and when it closes."""

import datetime as dt

import pytest

from workbench.domain import calendars
from workbench.domain.errors import ClaimRefused, ParamsError

NYSE, ALWAYS = calendars.venue("XNYS"), calendars.venue("24/7")


def utc(text: str) -> dt.datetime:
    return calendars.moment(text)


def test_half_day():
    """The day after Thanksgiving closes at 13:00 in New York, and says that it is short."""
    session = NYSE.session(dt.date(2018, 11, 23))
    assert session.close == utc("2018-11-23T18:00Z")
    assert session.early
    assert not NYSE.is_open(utc("2018-11-23T18:30Z"))
    assert NYSE.is_open(utc("2018-11-23T17:59Z"))


@pytest.mark.parametrize(
    ("closed", "following"),
    [
        (dt.date(2018, 3, 30), dt.date(2018, 4, 2)),  # Good Friday
        (dt.date(2012, 10, 29), dt.date(2012, 10, 31)),  # hurricane Sandy, two days
        (dt.date(2018, 12, 5), dt.date(2018, 12, 6)),  # mourning for a president
        (dt.date(2018, 2, 4), dt.date(2018, 2, 5)),  # a Sunday
    ],
)
def test_closed_days(closed: dt.date, following: dt.date):
    """A day without trading is no session, planned or not; the refusal names the next one."""
    assert not NYSE.is_session(closed)
    with pytest.raises(ClaimRefused, match=f"no session on {closed}; the next is {following}") as e:
        NYSE.session(closed)
    assert e.value.code == "no_session"


def test_daylight_saving():
    """The close stays at 16:00 in New York, so it moves by an hour in UTC."""
    friday, monday = NYSE.session(dt.date(2018, 3, 9)), NYSE.session(dt.date(2018, 3, 12))
    assert friday.close == utc("2018-03-09T21:00Z")
    assert monday.close == utc("2018-03-12T20:00Z")


def test_last_and_after_at_the_close_itself():
    """A close belongs to the past at its very moment: `last` includes it, `after` does not."""
    close = utc("2018-02-05T21:00Z")
    before = close - dt.timedelta(microseconds=1)
    assert NYSE.last(close).date == dt.date(2018, 2, 5)
    assert NYSE.last(before).date == dt.date(2018, 2, 2)
    assert NYSE.after(close).date == dt.date(2018, 2, 6)
    assert NYSE.after(before).date == dt.date(2018, 2, 5)
    assert NYSE.after(close, 5).date == dt.date(2018, 2, 12)


def test_count_is_half_open():
    """A span counts the close at its end and not the one at its start."""
    monday, friday = utc("2018-03-26T20:00Z"), utc("2018-04-02T20:00Z")
    assert NYSE.count(monday, friday) == 4  # Tue Wed Thu, no Good Friday, Mon
    assert NYSE.count(friday, friday) == 0


def test_between_includes_both_ends():
    """Sessions of a span of dates include its first and its last."""
    found = NYSE.between(dt.date(2018, 3, 29), dt.date(2018, 4, 2))
    assert [session.date for session in found] == [dt.date(2018, 3, 29), dt.date(2018, 4, 2)]


def test_always_open():
    """The 24/7 venue has each UTC day as a session that closes at midnight, holidays too."""
    session = ALWAYS.session(dt.date(2018, 12, 25))
    assert session.close == utc("2018-12-26T00:00Z")
    assert not session.early
    assert ALWAYS.is_open(utc("2018-12-25T03:00Z"))
    assert ALWAYS.count(utc("2018-12-25T00:00Z"), utc("2019-01-01T00:00Z")) == 7


def test_beyond_the_calendar():
    """Past the last known session there is no answer, and no nearest one either."""
    for ask in (
        lambda: NYSE.after(utc("2040-12-31T22:00Z")),
        lambda: NYSE.last(utc("1985-01-01T00:00Z")),
        lambda: ALWAYS.session(dt.date(2041, 1, 1)),
    ):
        with pytest.raises(ClaimRefused, match="covers 1985-01-01 to 2040-12-31") as error:
            ask()
        assert error.value.code == "beyond_calendar"


def test_unknown_venue():
    """A venue that nobody taught us is refused with the ones that are known."""
    with pytest.raises(ParamsError, match=r"'XLON' is unknown\. Known venues: XNYS, 24/7"):
        calendars.venue("XLON")


def test_moment_wants_a_zone():
    """A text becomes a moment only when it says its zone, and is kept in UTC."""
    assert utc("2018-01-29T17:00-05:00") == dt.datetime(2018, 1, 29, 22, tzinfo=dt.UTC)
    with pytest.raises(ParamsError, match="names no time zone"):
        utc("2018-01-29T22:00")
    for text in ("yesterday", "0001-01-01T00:00+14:00", "9999-12-31T23:59-14:00"):
        with pytest.raises(ParamsError, match="is not a moment"):
            utc(text)


def test_iso_orders_like_time():
    """Written moments sort as text in the order of time."""
    moments = [utc(t) for t in ("2018-01-29T22:00Z", "2018-01-30T00:00+03:00", "2018-02-01T00:00Z")]
    assert sorted(map(calendars.iso, moments)) == list(map(calendars.iso, sorted(moments)))
    assert calendars.iso(moments[1]) == "2018-01-29T21:00:00Z"


def test_numpy_and_back():
    """A moment survives the way through NumPy to the microsecond."""
    at = dt.datetime(2018, 2, 5, 21, 15, 0, 123456, tzinfo=dt.UTC)
    assert calendars.to_datetime(calendars.to_numpy(at)) == at
