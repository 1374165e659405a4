"""Prices: bars on sessions, and measures against plain loops."""

import datetime as dt
import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.domain.calendars import moment
from workbench.domain.instruments import find
from workbench.domain.snapshots import Column, Snapshot
from workbench.measures import prices

SPX, BTC = find("SPX"), find("bitcoin")
AS_OF = moment("2018-02-01T00:00Z")
MON, TUE, WED, THU = (f"2018-01-{day}T21:00" for day in (22, 23, 24, 25))
SUNDAY = "2018-01-21T21:00"
NAN = float("nan")


def seen(**columns: Column) -> Snapshot:
    return Snapshot(as_of=AS_OF, columns={("SPX", name): one for name, one in columns.items()})


# Bars


def test_bars_are_the_closes_of_the_sessions(column):
    """Each close is a bar, dated by its session, with the moment it became known."""
    found = prices.bars(seen(close=column([MON, TUE], [2800, 2810])), SPX)
    assert found is not None
    assert len(found) == 2
    assert [d.item() for d in found.dates] == [dt.date(2018, 1, 22), dt.date(2018, 1, 23)]
    assert list(found.known_at - found.at) == [np.timedelta64(15, "m")] * 2
    assert np.isnan(found.high).all()
    assert np.isnan(found.volume).all()


def test_rows_off_the_sessions_are_dropped(column):
    """A price on a Sunday, or at an hour when no session closes, is no bar."""
    close = column([SUNDAY, MON, "2018-01-23T20:00", WED], [1, 2800, 2, 2820])
    found = prices.bars(seen(close=close), SPX)
    assert found is not None
    assert list(found.close) == [2800, 2820]


@pytest.mark.parametrize("blank", [NAN, 0.0, -1.0])
def test_blanks_are_dropped(column, blank: float):
    """A blank or impossible close is no bar, and nothing is filled in."""
    found = prices.bars(seen(close=column([MON, TUE, WED], [2800, blank, 2820])), SPX)
    assert found is not None
    assert list(found.close) == [2800, 2820]


def test_no_bar_at_all(column):
    """Without a single usable close there are no bars, which is not an empty list of them."""
    assert prices.bars(seen(), SPX) is None
    assert prices.bars(seen(close=column([SUNDAY], [2800])), SPX) is None
    assert prices.bars(seen(close=column([MON], [NAN])), SPX) is None


def test_fields_stand_beside_their_close(column):
    """A missing high is NaN on its own day; highs of days without a close are left out."""
    found = prices.bars(
        seen(
            close=column([MON, TUE, WED], [10, 11, 12]),
            high=column([MON, WED, THU], [20, 22, 23]),
            low=column([TUE], [5]),
        ),
        SPX,
    )
    assert found is not None
    assert found.high == pytest.approx([20, NAN, 22], nan_ok=True)
    assert found.low == pytest.approx([NAN, 5, NAN], nan_ok=True)


def test_equal_length_is_not_equal_days(column):
    """Three closes and three highs that share their ends may still differ in between."""
    found = prices.bars(
        seen(
            close=column([MON, TUE, THU], [10, 11, 13]), high=column([MON, WED, THU], [20, 22, 23])
        ),
        SPX,
    )
    assert found is not None
    assert found.high == pytest.approx([20, NAN, 23], nan_ok=True)


def test_zero_volume_is_no_volume(column):
    """A volume of zero is missing data and becomes NaN; the close beside it stays."""
    found = prices.bars(
        seen(close=column([MON, TUE], [10, 11]), volume=column([MON, TUE], [0, 7])), SPX
    )
    assert found is not None
    assert found.volume == pytest.approx([NAN, 7], nan_ok=True)


def test_a_split_is_undone_from_its_day_on(column):
    """Five shares for one: bars before are in the new shares, those as traded are not changed."""
    taken = seen(
        close=column([MON, TUE, WED], [500, 510, 103]),
        open=column([MON, TUE, WED], [495, 500, 101]),
        volume=column([MON, TUE, WED], [10, 20, 90]),
        split=column(["2018-01-24T14:30"], [5]),
    )
    own, traded = prices.bars(taken, SPX), prices.as_traded(taken, SPX)
    assert own is not None
    assert traded is not None
    assert list(own.close) == [100, 102, 103]
    assert list(own.open) == [99, 100, 101]
    assert list(own.volume) == [50, 100, 90]
    assert list(traded.close) == [500, 510, 103]
    assert prices.splits(taken, "SPX") == [(moment("2018-01-24T14:30Z"), 5.0)]


def test_a_split_that_the_prices_do_not_show_was_undone_by_their_source(column):
    """Where closes do not fall by the ratio they are adjusted already: not changed twice."""
    taken = seen(
        close=column([MON, TUE, WED], [100, 102, 103]), split=column(["2018-01-24T14:30"], [5])
    )
    found = prices.bars(taken, SPX)
    assert found is not None
    assert list(found.close) == [100, 102, 103]
    assert prices.splits(taken, "SPX") == []


def test_a_split_that_is_only_announced_changes_nothing(column):
    """Shares are counted in the new kind from the day on which these trade, and not before."""
    later = AS_OF + dt.timedelta(days=1)
    split = column([later.strftime("%Y-%m-%dT%H:%M")], [2])
    found = prices.bars(seen(close=column([MON, TUE], [500, 510]), split=split), SPX)
    assert found is not None
    assert list(found.close) == [500, 510]


def test_bars_of_a_coin(column):
    """A 24/7 venue's bars end at midnight and are dated by the day that ended."""
    close = column(["2018-01-21T00:00", "2018-01-22T00:00"], [11_000, 11_500])
    found = prices.bars(Snapshot(as_of=AS_OF, columns={("BTC-USD", "close"): close}), BTC)
    assert found is not None
    assert [d.item() for d in found.dates] == [dt.date(2018, 1, 20), dt.date(2018, 1, 21)]


def test_has_path_asks_for_the_latest_250(walk):
    """Older bars may lack highs; one missing within the latest 250 closes path claims."""
    own = walk(400)
    old, new = own.high.copy(), own.high.copy()
    old[149], new[150] = NAN, NAN
    assert replace(own, high=old).has_path
    assert not replace(own, high=new).has_path


# Slow series


def days(*numbers: int) -> np.ndarray:
    return np.array([f"2018-03-{n:02}" for n in numbers], "datetime64[us]")


def test_a_slow_series_as_it_stood(column):
    """At each moment the latest value known by then, NaN before the first; any order of asking."""
    slow = column(["2018-01-31", "2018-02-28"], [3.5, 3.8], ["2018-02-20", "2018-03-20"])
    asked = days(20, 19, 1)
    assert list(prices.known_by(slow, asked)) == [3.8, 3.5, 3.5]
    early = np.array(["2018-02-19T23:59:59"], "datetime64[us]")
    assert np.isnan(prices.known_by(slow, early)).all()


def test_a_blank_of_a_slow_series_is_skipped(column):
    """A blank is no value: the one before it still stands."""
    slow = column(days(1, 2, 3), [1.0, NAN, 3.0], days(2, 3, 4))
    assert list(prices.known_by(slow, days(3, 4))) == [1.0, 3.0]


def test_values_delivered_together(column):
    """Of values that became known at one moment, the one of the latest period stands."""
    slow = column(days(1, 2, 3), [1.0, 2.0, 3.0], days(9, 9, 9))
    assert list(prices.known_by(slow, days(9))) == [3.0]


def test_a_late_revision_of_an_old_period_is_not_news(column):
    """January's revision of March does not stand in for February's value, published before it."""
    slow = column(days(1, 2), [1.0, 2.0], days(20, 10))
    assert list(prices.known_by(slow, days(9, 10, 21))) == pytest.approx([NAN, 2, 2], nan_ok=True)


# Measures


closes = st.lists(st.floats(10, 1000), min_size=2, max_size=40)


def test_ewma_against_a_loop(walk):
    """v = 0.94 v + 0.06 r^2, begun with the mean square of the first sixty returns."""
    close = walk(200, swing=0.8).close
    squares = [math.log(b / a) ** 2 for a, b in pairwise(close)]
    variance = sum(squares[:60]) / 60
    expected = [NAN] * 60 + [math.sqrt(variance)]
    for square in squares[60:]:
        variance = 0.94 * variance + 0.06 * square
        expected.append(math.sqrt(variance))
    assert prices.ewma_volatility(close) == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize("n", [1, 2, 60])
def test_no_volatility_without_sixty_returns(walk, n: int):
    """Sixty closes hold 59 returns: too few to begin with."""
    assert np.isnan(prices.ewma_volatility(walk(n).close)).all()
    assert np.isfinite(prices.ewma_volatility(walk(61).close)).sum() == 1


def test_volatility_knows_no_future(walk):
    """Volatility at a close is the same, whatever closes follow."""
    close = walk(300, swing=0.8).close
    assert (prices.ewma_volatility(close[:200])[60:] == prices.ewma_volatility(close)[60:200]).all()


@given(closes)
def test_returns_add_up(values: list[float]):
    """Log returns sum to the log of last over first, with NaN in the first place."""
    found = prices.log_returns(np.array(values))
    assert math.isnan(found[0])
    assert found[1:].sum() == pytest.approx(math.log(values[-1] / values[0]), abs=1e-9)


def test_simple_return_by_hand():
    """The change over n closes as a fraction; NaN when there are not n + 1."""
    close = np.array([100.0, 110.0, 99.0])
    assert prices.simple_return(close) == pytest.approx(-0.1)
    assert prices.simple_return(close, 2) == pytest.approx(-0.01)
    assert math.isnan(prices.simple_return(close, 3))


def test_drawdown_by_hand():
    """Distance from the highest close so far, zero at a high."""
    found = prices.drawdown(np.array([100.0, 120.0, 90.0, 108.0, 130.0]))
    assert found == pytest.approx([0, 0, -0.25, -0.1, 0])


@given(closes)
def test_drawdown_bounds(values: list[float]):
    """A drawdown lies in (-1, 0] and is zero exactly at a new high."""
    found = prices.drawdown(np.array(values))
    assert ((found > -1) & (found <= 0)).all()
    high = [value == max(values[: i + 1]) for i, value in enumerate(values)]
    assert list(found == 0) == high


@given(closes, st.integers(1, 10))
def test_rolling_mean_against_a_loop(values: list[float], n: int):
    """The mean of the last n values, NaN until n are there."""
    expected = [
        sum(values[i + 1 - n : i + 1]) / n if i + 1 >= n else NAN for i in range(len(values))
    ]
    assert prices.rolling_mean(np.array(values), n) == pytest.approx(expected, nan_ok=True)


def test_rolling_mean_after_a_missing_beginning():
    """Values that begin late have a mean as soon as n of them are there."""
    found = prices.rolling_mean(np.array([NAN, NAN, 1.0, 2.0, 3.0, 4.0]), 2)
    assert found == pytest.approx([NAN, NAN, NAN, 1.5, 2.5, 3.5], nan_ok=True)


def test_correlation_on_common_sessions(walk):
    """Correlation lines sessions up by date: with itself it is 1, and a shorter one is no shift."""
    own = walk(120, seed=2)
    fields = ("dates", "at", "known_at", "close", "high", "low", "volume")
    short = replace(own, **{name: getattr(own, name)[40:] for name in fields})
    found = prices.correlation(own, short, 21).dropna()
    assert found.to_numpy() == pytest.approx(1.0)
    assert found.index[-1].date() == own.dates[-1].item()
    mirror = replace(own, close=1 / own.close)
    assert prices.correlation(own, mirror, 21).dropna().to_numpy() == pytest.approx(-1.0)


def test_correlation_against_numpy(walk):
    """The last value is the plain correlation of the last window's returns."""
    one, other = walk(100, seed=2), walk(100, seed=3)
    left, right = (prices.log_returns(own.close)[-21:] for own in (one, other))
    expected = np.corrcoef(left, right)[0, 1]
    assert prices.correlation(one, other, 21).iloc[-1] == pytest.approx(expected)


def test_bars_are_cut_in_every_field(walk):
    """The first n bars, or chosen ones, hold all of their own fields and nothing else."""
    own = walk(20)
    names = ("dates", "at", "known_at", "open", "high", "low", "close", "volume")
    for found, index in ((own.until(7), slice(0, 7)), (own.picked(np.array([3, 9])), [3, 9])):
        assert found.symbol == own.symbol
        for name in names:
            assert (getattr(found, name) == getattr(own, name)[index]).all()


def test_last_known_by_hand():
    """The latest row known at each moment; a late revision of an old row is not the latest."""
    day = np.datetime64("2018-01-01", "us") + np.arange(6) * np.timedelta64(1, "D")
    known = day[[0, 4, 2]]  # the second row was revised late
    assert list(prices.last_known(known, day)) == [0, 0, 2, 2, 2, 2]
    assert list(prices.last_known(known, day[:1] - np.timedelta64(1, "h"))) == [-1]
    assert list(prices.last_known(known[:0], day[:2])) == [-1, -1]
