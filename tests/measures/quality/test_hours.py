"""Hours: a change belongs to a session, and a market that is closed says since when."""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from tests.bench.days import DESK, GOOD_FRIDAY, THURSDAY, day
from workbench.domain.instruments import find
from workbench.domain.snapshots import Snapshot
from workbench.measures import quality
from workbench.measures.prices import Bars, bars
from workbench.measures.quality.hours import closed, still
from workbench.measures.quality.rows import rows

SPY, BTC = find("SPY"), find("BTC")
UTC = dt.UTC


def test_good_friday():
    """On Good Friday the last session is Thursday's, 21.9 hours old; the next opens on Monday."""
    now = quality.hours(SPY, GOOD_FRIDAY)
    assert (now.session, now.is_open, now.today) == (dt.date(2026, 4, 2), False, False)
    assert now.age == dt.timedelta(hours=21, minutes=51)
    assert now.opens == dt.datetime(2026, 4, 6, 13, 30, tzinfo=UTC)
    assert now.label == "last session 2026-04-02"
    flag = closed(SPY, GOOD_FRIDAY)
    assert flag is not None
    assert (flag.check, flag.severity, flag.since) == ("MARKET_CLOSED", "note", now.closed)
    assert flag.seen == (
        "closed since Thu 2 Apr 2026, 20:00 UTC, 21.9 hours ago; opens again Mon 6 Apr 2026, "
        "13:30 UTC"
    )


def test_a_sunday():
    """On Sunday 29 March 2026 at 16:17 UTC New York had been closed for 44.3 hours."""
    moment = dt.datetime(2026, 3, 29, 16, 17, tzinfo=UTC)
    assert quality.hours(SPY, moment).age == dt.timedelta(hours=44, minutes=17)
    assert quality.hours(SPY, moment).session == dt.date(2026, 3, 27)


def test_an_evening_after_the_close_is_today():
    """An hour after Thursday's close its change is today's, and nothing is said of closing."""
    assert quality.hours(SPY, THURSDAY).label == "today"
    assert closed(SPY, THURSDAY) is None


def test_a_morning_before_the_open_is_not():
    """Before Thursday's open the last session is Wednesday's."""
    morning = dt.datetime(2026, 4, 2, 12, 0, tzinfo=UTC)
    now = quality.hours(SPY, morning)
    assert (now.label, now.is_open) == ("last session 2026-04-01", False)
    assert now.opens == dt.datetime(2026, 4, 2, 13, 30, tzinfo=UTC)


def test_an_open_market():
    """While it trades the last close is the day before's, and the open is its own."""
    noon = dt.datetime(2026, 4, 2, 16, 0, tzinfo=UTC)
    now = quality.hours(SPY, noon)
    assert (now.is_open, now.today) == (True, False)
    assert now.opens == dt.datetime(2026, 4, 2, 13, 30, tzinfo=UTC)


def test_coins_never_close():
    """A coin is open on every day, and no closing is told."""
    assert closed(BTC, GOOD_FRIDAY) is None
    assert quality.hours(BTC, GOOD_FRIDAY).is_open


def test_changes_over_other_windows_are_not_compared():
    """SPY's Thursday and bitcoin's UTC day end hours apart; two shares' sessions are one."""
    seen = Snapshot(as_of=THURSDAY, columns=day().columns)
    moves = {}
    for one in DESK:
        own = bars(seen, one)
        assert own is not None
        moves[one.symbol] = quality.change(own, one, GOOD_FRIDAY)
    assert None not in moves.values()
    assert quality.comparable(moves["SPY"], moves["TSLA"])
    assert not quality.comparable(moves["SPY"], moves["BTC-USD"])


def test_a_change_is_the_last_bar_over_the_one_before(bars_of: Callable[..., Bars]):
    """Up two per cent on Friday 26 January 2018, told as its session's on Saturday."""
    own = bars_of([100.0, 102.0])
    saturday = dt.datetime(2018, 1, 27, 12, 0, tzinfo=UTC)
    found = quality.change(own, find("SPX"), saturday)
    assert found is not None
    assert found.value == pytest.approx(0.02)
    assert found.label == "last session 2018-01-26"
    assert quality.change(own.until(1), find("SPX"), saturday) is None


def test_a_missing_session_is_not_today(bars_of: Callable[..., Bars]):
    """With the newest session missing the move is of the one before, whatever the hour."""
    own = bars_of([100.0, 102.0], last=dt.date(2018, 1, 25))
    friday = dt.datetime(2018, 1, 26, 22, 0, tzinfo=UTC)
    found = quality.change(own, find("SPX"), friday)
    assert found is not None
    assert found.label == "last session 2018-01-25"


def test_five_repeats_are_stale_and_four_are_not():
    """A price that six closes share stands still; one that five share may rest."""
    for count, stale in ((6, True), (5, False)):
        own = rows(day(), "SPY")
        assert own is not None
        close = own.close.copy()
        close[-count:] = close[-count]
        flag = still(SPY, replace(own, close=close))
        assert (flag is not None) is stale


def test_prints_on_holidays_do_not_make_a_price_stale():
    """Only closes of sessions count: a price copied over a long weekend is not stale."""
    own = rows(day(), "SPY")
    assert own is not None
    weekend = own.at[-1] + np.arange(1, 8) * np.timedelta64(1, "h")
    prices = {
        name: np.r_[each, np.full(7, each[-1])]
        for name in ("open", "high", "low", "close")
        if (each := getattr(own, name)) is not None
    }
    assert still(SPY, replace(own, at=np.r_[own.at, weekend], **prices)) is None


def test_a_bar_that_repeats_the_one_before_is_stale():
    """The same open, high, low and close twice is a source that stands still, a close alone not."""
    own = rows(day(), "SPY")
    assert own is not None
    close = np.r_[own.close[:-1], own.close[-2]]
    high, low, first = (np.r_[each[:-1], each[-2]] for each in (own.high, own.low, own.open))
    assert still(SPY, replace(own, close=close)) is None
    flag = still(SPY, replace(own, open=first, high=high, low=low, close=close))
    assert flag is not None
    assert flag.since is not None
    assert (flag.check, flag.severity, flag.since.date()) == (
        "STALE_PRICE", "withheld", dt.date(2026, 4, 2),
    )  # fmt: skip


def test_a_rate_may_rest():
    """A yield that stands for weeks is no stale price."""
    own = rows(day(), "SPY")
    assert own is not None
    close = np.full(len(own.close), 4.33)
    assert still(find("10Y"), replace(own, close=close)) is None
    assert still(SPY, replace(own, close=close)) is not None


def test_minutes_of_a_closed_market_do_not_make_a_price_stale():
    """Bars after the close repeat the last price; within a session they would be stale."""
    own = rows(day(), "SPY")
    assert own is not None
    for end, stale in (("2026-04-02T19:00", True), ("2026-04-03T19:00", False)):
        at = np.datetime64(end, "us") - np.arange(60)[::-1] * np.timedelta64(5, "m")
        flat = dict.fromkeys(("open", "high", "low", "close"), np.full(60, 650.0))
        short = replace(own, series="SPY@5m", at=at, **flat)
        assert (still(SPY, short, 12) is not None) is stale
