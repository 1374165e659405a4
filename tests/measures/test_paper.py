"""Which predictions are held, how much of them, and at which prices."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.domain import claims
from workbench.domain.calendars import UTC, venue
from workbench.domain.claims import Claim
from workbench.domain.instruments import Instrument
from workbench.measures import paper
from workbench.measures.prices import Bars

ONE = Instrument(symbol="ONE", name="First")
TWO = Instrument(symbol="TWO", name="Second")
COIN = Instrument(symbol="COIN", name="Coin", venue="24/7")
AS_OF = dt.datetime(2018, 1, 29, 22, tzinfo=UTC)  # an hour after Monday's close


def bars(one: Instrument, first: dt.date, close: list[float], *, opens: list[float] | None = None):
    """Bars of consecutive sessions from a date on; the opens are missing unless given."""
    calendar = venue(one.venue)
    start = int(np.searchsorted(calendar.dates, np.datetime64(first)))
    rows = slice(start, start + len(close))
    price, blank = np.array(close), np.full(len(close), np.nan)
    return Bars(
        symbol=one.symbol, dates=calendar.dates[rows], at=calendar.closes[rows],
        known_at=calendar.closes[rows], open=blank if opens is None else np.array(opens),
        close=price, high=blank, low=blank, volume=blank,
    )  # fmt: skip


def up(sessions: int, one: Instrument = ONE) -> Claim:
    return claims.direction(one, claims.window(one, AS_OF, sessions), "up")


@pytest.mark.parametrize(("p", "b"), [(0.6, 1.0), (0.3, 4.0), (0.55, 0.95)])
def test_kelly_is_the_closed_form_of_a_binary_bet(p: float, b: float):
    """Winning b with probability p, else losing all: (b p - q) / b, whatever the weights' sum."""
    found = paper.kelly(np.array([b, -1.0]), 7 * np.array([p, 1 - p]), 0.0)
    assert found == pytest.approx((b * p - (1 - p)) / b, abs=1e-9)


@given(
    returns=st.lists(st.floats(-0.9, 3), min_size=2, max_size=12),
    seed=st.integers(0, 99),
    cost=st.floats(0, 0.05),
)
def test_kelly_is_the_best_of_a_grid(returns: list[float], seed: int, cost: float):
    """No share of a fine grid from -1 to 1 has a higher expected log growth."""
    r, w = np.array(returns), np.random.default_rng(seed).random(len(returns)) + 0.01

    def growth(share: np.ndarray) -> np.ndarray:
        left = 1 + share[:, None] * r - np.abs(share[:, None]) * cost
        return np.where(left > 0, np.log(np.maximum(left, 1e-300)), -np.inf) @ w / w.sum()

    best = growth(np.array([paper.kelly(r, w, cost)]))[0]
    assert best >= growth(np.linspace(-1, 1, 401)).max() - 1e-9


def test_kelly_stays_out_when_no_side_pays_its_costs():
    """A mean of 3 basis points is not worth a round trip of 6; absent scenarios do not count."""
    r = np.array([0.0103, -0.0097, np.nan])
    assert paper.kelly(r, np.ones(3), 0.0006) == 0
    assert 0 < paper.kelly(r * 0.5 + 0.0016, np.ones(3), 0.0006) <= 1
    assert paper.kelly(-r, np.ones(3), 0.0) == -1
    assert paper.kelly(np.array([np.nan]), np.ones(1), 0.0) == 0


def test_kelly_sells_short_as_it_buys():
    """Mirrored returns give the mirrored share."""
    r, w = np.array([0.5, -0.4]), np.array([0.5, 0.5])
    assert paper.kelly(-r, w, 0.01) == pytest.approx(-paper.kelly(r, w, 0.01))


def test_kelly_never_stakes_what_a_scenario_would_take():
    """A coin that may treble is not sold short whole, though it falls nearly always."""
    found = paper.kelly(np.array([-0.5, 2.0]), np.array([0.95, 0.05]), 0.0)
    assert -0.5 < found < 0


WINDOW = claims.window(ONE, AS_OF, 5)
SIDED = [
    (claims.direction(ONE, WINDOW, "up"), 1),
    (claims.direction(ONE, WINDOW, "down"), -1),
    (claims.level(ONE, WINDOW, ">", 110), 1),
    (claims.level(ONE, WINDOW, "<=", 90), -1),
    (claims.touch(ONE, WINDOW, None, 110), 1),
    (claims.touch(ONE, WINDOW, 90, None), -1),
]
SIDELESS = [
    claims.touch(ONE, WINDOW, 110, 110),
    claims.stays(ONE, WINDOW, 90, None),
    claims.band(ONE, WINDOW, -1, 1, "pct"),
    claims.magnitude(ONE, WINDOW, 1, "up"),
    claims.span(ONE, WINDOW, 2),
    claims.relative(ONE, TWO, WINDOW, 0),
    claims.count(ONE, WINDOW, 3, side="up"),
]


@pytest.mark.parametrize(("claim", "side"), SIDED)
def test_a_prediction_points_to_its_side_of_the_base_rate(claim: Claim, side: int):
    """Likelier than usual points to the claim's side, less likely to the other."""
    assert paper.refused(claim, ["ONE"]) == ""
    assert paper.lean(claim, 0.4, 0.3) == side
    assert paper.lean(claim, 0.6, 0.7) == -side
    assert paper.lean(claim, 0.5, 0.5) == 0


@pytest.mark.parametrize("claim", SIDELESS)
def test_a_bet_on_width_or_on_a_pair_is_no_position(claim: Claim):
    """Only claims that say which way one price goes are held."""
    assert paper.refused(claim, ["ONE"]) == "says no side of one instrument"


def test_what_cannot_be_held_is_refused():
    """An instrument not named, a condition, and a window that ends between closes."""
    claim = up(5)
    assert paper.refused(claim, ["TWO"]) == "not tradable here"
    assert paper.refused(claims.conditional(claim, up(1)), ["ONE"]) == "conditional"
    hours = claims.direction(COIN, claims.window_to(COIN, AS_OF, AS_OF + dt.timedelta(hours=12)),
                             "up")  # fmt: skip
    assert paper.refused(hours, ["COIN"]).startswith("ends by the clock")


def test_orders_share_what_is_left_in_their_order():
    """The first gets its wish, a second window on the same side only tops up, the rest waits."""
    wanted = [("A", 0.25), ("A", 0.2), ("B", -0.25), ("C", 0.25), ("D", 0.1)]
    held = [("A", 0.1), ("B", 0.2)]
    assert paper.allotted(wanted, held, 0.8) == pytest.approx([0.15, 0, -0.25, 0.1, 0])


@given(
    wanted=st.lists(st.tuples(st.sampled_from("ABC"), st.floats(-1, 1)), max_size=8),
    gross=st.floats(0.05, 1),
)
def test_orders_never_exceed_the_cap(wanted: list[tuple[str, float]], gross: float):
    """Absolute shares add up to the cap at most, and none turns its sign or grows."""
    found = paper.allotted(wanted, [("A", 0.02)], gross)
    assert sum(map(abs, found)) <= max(gross - 0.02, 0) + 1e-12
    assert all(
        abs(got) <= abs(w) and got * w >= 0 for got, (_, w) in zip(found, wanted, strict=True)
    )


def test_a_position_opens_at_the_next_open():
    """Monday's prediction, made after Monday's close, is opened at Tuesday's open, not before."""
    own = bars(ONE, dt.date(2018, 1, 26), [100, 101, 102], opens=[99, 100.5, 101.5])
    found = paper.entered(up(1), own, venue("XNYS"))
    assert found is not None
    assert (found.field, found.date, found.price) == ("open", dt.date(2018, 1, 30), 101.5)
    assert paper.entered(up(1), own.until(2), venue("XNYS")) is None
    assert not paper.is_over(up(1), own.until(2))


def test_without_opens_it_opens_at_the_close_and_one_session_is_none():
    """Tuesday's close opens a longer window; a window that ends there cannot be held."""
    own = bars(ONE, dt.date(2018, 1, 26), [100, 101, 102])
    found = paper.entered(up(5), own, venue("XNYS"))
    assert found is not None
    assert (found.field, found.price) == ("close", 102)
    assert paper.can_enter(up(5), own, venue("XNYS"))
    assert paper.entered(up(1), own, venue("XNYS")) is None
    assert not paper.can_enter(up(1), own, venue("XNYS"))
    assert paper.is_over(up(1), own)


def test_a_hole_is_stepped_over():
    """Without Tuesday's bar the position opens on Wednesday, and closes after a missing Monday."""
    own = bars(ONE, dt.date(2018, 1, 26), [100, 101, 102, 103, 104, 105, 106, 107])
    tuesday, deadline = np.datetime64("2018-01-30"), np.datetime64("2018-02-05")
    holed = own.picked((own.dates != tuesday) & (own.dates != deadline))
    found = paper.entered(up(5), holed, venue("XNYS"))
    assert found is not None
    assert found.date == dt.date(2018, 1, 31)
    end = paper.left(up(5), holed, venue("XNYS"))
    assert end is not None
    assert (end.date, end.price) == (dt.date(2018, 2, 6), 107)
    straight = paper.left(up(5), own, venue("XNYS"))
    assert straight is not None
    assert (straight.date, straight.price) == (dt.date(2018, 2, 5), 106)
    assert paper.left(up(5), own.until(6), venue("XNYS")) is None


def test_a_coin_waits_for_a_day_that_begins_after_issue():
    """At 22:00 UTC the day is under way: what ends at midnight is not held, the rest from there."""
    own = bars(COIN, dt.date(2018, 1, 28), [10, 11, 12], opens=[9.0, 10.0, 11.0])
    one = claims.direction(COIN, claims.window(COIN, AS_OF, 1), "up")
    two = claims.direction(COIN, claims.window(COIN, AS_OF, 2), "up")
    assert not paper.can_enter(one, own, venue("24/7"))
    assert paper.entered(one, own, venue("24/7")) is None
    found = paper.entered(two, own, venue("24/7"))
    assert found is not None
    assert (found.field, found.date, found.price) == ("open", dt.date(2018, 1, 30), 11)


def test_a_placeholder_is_no_open():
    """An open that repeats the close before, or lies outside its bar, is no price."""
    close = [100.0 + i for i in range(40)]
    own = bars(ONE, dt.date(2018, 1, 2), close, opens=[c - 0.5 for c in close])
    calendar = venue("XNYS")
    assert paper.has_open(own, 39, calendar)
    for blank in (np.nan, 0.0, close[38]):
        own.open[39] = blank
        assert not paper.has_open(own, 39, calendar)
    own.open[39] = 138.5
    assert not paper.has_open(replace(own, high=np.full(40, 138.0)), 39, calendar)
    own.open[10:13] = close[9:12]
    assert not paper.has_open(own, 39, calendar)


def test_splits_count_after_the_opening_session():
    """A split on the day of the opening is in its price already; later ones multiply."""
    splits = [(dt.datetime(2018, 1, 30, 14, 30, tzinfo=UTC), 2.0),
              (dt.datetime(2018, 1, 31, 21, tzinfo=UTC), 3.0),
              (dt.datetime(2018, 2, 1, 14, 30, tzinfo=UTC), 5.0)]  # fmt: skip
    days = [dt.date(2018, 1, d) for d in (29, 30, 31)]
    calendar = venue("XNYS")
    assert paper.growth(splits, calendar, days[0], days[2]) == 6
    assert paper.growth(splits, calendar, days[1], days[2]) == 3
    assert paper.growth(splits, calendar, days[2], days[2]) == 1
