"""Claims: windows on the calendar, strikes that make sense, and an identity made of content."""

import datetime as dt
import json
import math
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.domain import claims, windows
from workbench.domain.calendars import UTC, moment, venue
from workbench.domain.claims import Claim, Reference
from workbench.domain.errors import ClaimRefused
from workbench.domain.instruments import Instrument, find

SPX, COMP, VIX, BTC = (find(name) for name in ("SPX", "COMP", "VIX", "bitcoin"))
NOW = moment("2018-01-26T22:00Z")  # Friday, an hour after the close
WEEK = claims.window(SPX, NOW, 5)

moments = st.integers(631_152_000, 2_082_758_400).map(lambda s: dt.datetime.fromtimestamp(s, UTC))


def a_claim_of_each_kind(when: claims.Window = WEEK) -> list[Claim]:
    return [
        claims.direction(SPX, when, "down"),
        claims.level(SPX, when, ">=", 2850),
        claims.band(SPX, when, -0.8, -0.3, "pct"),
        claims.band(SPX, when, 2800, 2900, "price"),
        claims.magnitude(SPX, when, 3, "any"),
        claims.relative(COMP, SPX, when, 0.5),
        claims.stays(SPX, when, 2700, 2900),
        claims.touch(SPX, when, None, 2900),
    ]


def refused(build: Callable[[], object]) -> str:
    with pytest.raises(ClaimRefused) as error:
        build()
    return error.value.code


# Windows


def test_window_over_good_friday():
    """The next close after Maundy Thursday is Monday's: the holiday and the weekend are none."""
    when = claims.window(SPX, moment("2018-03-29T21:00Z"), 1)
    assert (when.date, when.deadline) == (dt.date(2018, 4, 2), moment("2018-04-02T20:00Z"))
    until = claims.window_until(SPX, moment("2018-03-28T21:00Z"), dt.date(2018, 4, 3))
    assert until.sessions == 3  # Thursday, Monday, Tuesday


def test_window_to_a_half_day():
    """The deadline of a claim on the day after Thanksgiving is 13:00 in New York."""
    when = claims.window(SPX, moment("2018-11-21T22:00Z"), 1)
    assert when.deadline == moment("2018-11-23T18:00Z")


def test_issued_exactly_at_a_close():
    """A claim issued at the very moment of a close runs to the next one; a second before, to it."""
    close = moment("2018-01-26T21:00Z")
    assert claims.window(SPX, close, 1).date == dt.date(2018, 1, 29)
    assert claims.window(SPX, close - dt.timedelta(seconds=1), 1).date == dt.date(2018, 1, 26)
    assert refused(lambda: claims.window_until(SPX, close, dt.date(2018, 1, 26))) == "window_over"


def test_window_of_a_coin():
    """On the 24/7 venue a session is a UTC day, weekends included, and ends at midnight."""
    when = claims.window(BTC, moment("2018-01-26T22:00Z"), 3)
    assert (when.date, when.deadline) == (dt.date(2018, 1, 28), moment("2018-01-29T00:00Z"))


@given(moments, st.integers(1, 40), st.sampled_from([SPX, BTC]))
def test_a_window_holds_as_many_closes_as_it_says(at: dt.datetime, n: int, one: Instrument):
    """From any moment, n sessions are n closes after issue, the last of them the deadline."""
    when = claims.window(one, at, n)
    calendar = venue(one.venue)
    assert calendar.count(when.start, when.deadline) == n
    assert calendar.session(when.date).close == when.deadline > at
    assert claims.window_until(one, at, when.date) == when


@pytest.mark.parametrize("sessions", [0, -1])
def test_a_window_without_a_close_is_refused(sessions: int):
    """Nothing can be settled in a window that holds no session."""
    assert refused(lambda: claims.window(SPX, NOW, sessions)) == "no_session"


def test_a_deadline_on_a_closed_day_is_refused():
    """A claim on Good Friday names the next session instead of rolling there silently."""
    with pytest.raises(ClaimRefused, match="the next is 2018-04-02") as error:
        claims.window_until(SPX, NOW, dt.date(2018, 3, 30))
    assert error.value.code == "no_session"


# Strikes

BAD = [float("nan"), float("inf"), float("-inf"), -1.0, 0.0]


@pytest.mark.parametrize("value", BAD)
def test_a_strike_is_a_price(value: float):
    """NaN, infinite, zero and negative prices are refused by every kind that takes a price."""
    builds = [
        lambda: claims.level(SPX, WEEK, ">", value),
        lambda: claims.band(SPX, WEEK, value, 2900, "price"),
        lambda: claims.band(SPX, WEEK, 2700, value, "price"),
        lambda: claims.stays(SPX, WEEK, value, None),
        lambda: claims.stays(SPX, WEEK, 2700, value),
        lambda: claims.touch(SPX, WEEK, None, value),
    ]
    assert [refused(build) for build in builds] == ["bad_strike"] * len(builds)


def test_a_strike_that_rounds_to_nothing_is_refused():
    """A price below half a tick is no price: no claim has a strike of zero."""
    assert refused(lambda: claims.level(SPX, WEEK, "<", 0.004)) == "bad_strike"


@pytest.mark.parametrize(
    "build",
    [
        lambda: claims.band(SPX, WEEK, 1, -1, "pct"),
        lambda: claims.band(SPX, WEEK, 1, 1, "pct"),
        lambda: claims.band(SPX, WEEK, 1, 1.00001, "pct"),  # equal once rounded
        lambda: claims.band(SPX, WEEK, float("nan"), 1, "pct"),
        lambda: claims.band(SPX, WEEK, 0, float("inf"), "pct"),
        lambda: claims.band(SPX, WEEK, 2900, 2800, "price"),
        lambda: claims.band(SPX, WEEK, 2900, 2900.004, "price"),  # equal at the tick
        lambda: claims.magnitude(SPX, WEEK, 0, "any"),
        lambda: claims.magnitude(SPX, WEEK, -3, "down"),
        lambda: claims.magnitude(SPX, WEEK, 0.00001, "any"),
        lambda: claims.magnitude(SPX, WEEK, float("nan"), "any"),
        lambda: claims.relative(COMP, SPX, WEEK, -0.5),
        lambda: claims.relative(COMP, SPX, WEEK, float("nan")),
        lambda: claims.stays(SPX, WEEK, 2900, 2700),
        lambda: claims.stays(SPX, WEEK, 2900, 2900),
    ],
)
def test_empty_and_inverted_strikes_are_refused(build: Callable[[], Claim]):
    """A band without inside, a move of no size and a negative margin say nothing."""
    assert refused(build) == "bad_strike"


@given(st.sampled_from([0.0001, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0]), st.floats(10, 1e5))
def test_a_strike_is_a_multiple_of_the_tick(tick: float, value: float):
    """A strike is the multiple of the tick nearest to the price asked for."""
    found = claims.strike(replace(SPX, tick=tick), value)
    assert math.isclose(found / tick, round(found / tick), rel_tol=1e-9)
    assert abs(found - value) <= tick / 2 * (1 + 1e-6)


@pytest.mark.parametrize(("tick", "digits"), [(0.25, 2), (0.125, 3), (0.025, 3), (0.01, 2), (5, 0)])
def test_a_tick_of_quarters_is_kept(tick: float, digits: int):
    """A tick of 0.25 needs two digits: 13.25 stays 13.25 and is not rounded to 13.2."""
    assert claims.decimals(tick) == digits
    assert claims.strike(replace(SPX, tick=tick), 53 * tick) == pytest.approx(53 * tick, abs=1e-12)


def test_percentages_keep_four_decimals_and_no_negative_zero():
    """Percentages are rounded to four decimals, and nothing is ever `-0`."""
    assert claims.percent(1.23456789) == 1.2346
    assert math.copysign(1, claims.percent(-0.00001)) == 1


# What each kind needs


def test_a_direction_has_a_side():
    """A direction is up or down; `any` would always be true."""
    assert refused(lambda: claims.direction(SPX, WEEK, "any")) == "no_side"


@pytest.mark.parametrize("op", [">", ">=", "<", "<="])
def test_a_level_has_its_strike_on_one_side(op: claims.Op):
    """Above a price it is the lower end of what counts, below a price the upper."""
    claim = claims.level(SPX, WEEK, op, 2850)
    assert (claim.lo, claim.hi) == ((2850, None) if ">" in op else (None, 2850))


def test_a_touch_has_one_strike():
    """A touch of nothing or of two prices, and a stay between none, are refused."""
    assert refused(lambda: claims.touch(SPX, WEEK, None, None)) == "no_threshold"
    assert refused(lambda: claims.touch(SPX, WEEK, 2700, 2900)) == "no_threshold"
    assert refused(lambda: claims.stays(SPX, WEEK, None, None)) == "no_threshold"


def test_relative_needs_two_instruments():
    """None is compared with itself; a coin and an index are, at the index's closes."""
    assert refused(lambda: claims.relative(SPX, SPX, WEEK, 0)) == "no_instrument"
    assert claims.relative(BTC, SPX, WEEK, 0).symbols == ("BTC-USD", "SPX")
    assert windows.leg(BTC, SPX) == windows.leg(SPX, BTC) == SPX


def test_a_path_claim_may_start_inside_a_session():
    """Made while the market trades it is a claim like any other; settling reads what is left."""
    during = claims.window(SPX, moment("2018-01-26T20:59Z"), 1)
    for build in (claims.stays, claims.touch):
        assert build(SPX, during, 2700, None).window.date == dt.date(2018, 1, 26)
    assert refused(lambda: claims.span(SPX, during, 1.0)) == "in_session"  # its morning counts
    later = claims.window(BTC, moment("2018-01-27T00:01Z"), 1)
    assert claims.touch(BTC, later, 10_000, None).lo == 10_000


# Identity


def variations(claim: Claim) -> list[Claim]:
    """The claim with each of its fields changed in turn."""
    reference = Reference(
        symbol="SPX", at=moment("2018-01-26T21:00Z"), known_at=moment("2018-01-26T21:15Z"),
        value=2872.87,
    )  # fmt: skip
    second = dt.timedelta(seconds=1)
    when = claim.window
    windows = [
        replace(when, start=when.start + second),
        replace(when, sessions=when.sessions + 1),
        replace(when, date=when.date + dt.timedelta(days=1)),
        replace(when, deadline=when.deadline + second),
    ]
    references = [
        (reference,),
        (replace(reference, symbol="COMP"),),
        (replace(reference, at=reference.at + second),),
        (replace(reference, known_at=reference.known_at + second),),
        (replace(reference, value=2872.88),),
        (reference, reference),
    ]
    other = {
        "kind": "level" if claim.kind != "level" else "band",
        "subject": "VIX", "theme": "volatility", "versus": "QQQ", "op": "<", "side": "up",
        "lo": 1.5, "hi": 1e6, "margin": 0.25, "unit": "price" if claim.unit == "pct" else "pct",
    }  # fmt: skip
    emptied = [n for n in ("versus", "op", "side", "lo", "hi", "margin") if getattr(claim, n)]
    return [
        *(replace(claim, **{name: value}) for name, value in other.items()),
        *(replace(claim, **{name: None}) for name in emptied),
        *(replace(claim, window=one) for one in windows),
        *(replace(claim, references=one) for one in references),
    ]


@pytest.mark.parametrize("claim", a_claim_of_each_kind(), ids=lambda c: f"{c.kind}-{c.unit}")
def test_any_field_changes_the_id(claim: Claim):
    """Two claims that differ in anything at all never share an id."""
    ids = [claim.id, *(other.id for other in variations(claim))]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("claim", a_claim_of_each_kind(), ids=lambda c: f"{c.kind}-{c.unit}")
def test_content_and_back(claim: Claim):
    """A claim read back from the JSON of its content is the same claim with the same id."""
    for one in (claim, *variations(claim)):
        back = claims.from_content(json.loads(json.dumps(one.content())))
        assert (back, back.id) == (one, one.id)


def test_equal_content_has_equal_id():
    """The id is made of content alone, so the same claim built twice is one claim."""
    once, again = a_claim_of_each_kind(), a_claim_of_each_kind(claims.window(SPX, NOW, 5))
    assert [c.id for c in once] == [c.id for c in again]
    assert len({c.id for c in once}) == len(once)


def test_the_zone_of_issue_is_no_content():
    """A moment written in another zone is the same moment."""
    local = NOW.astimezone(dt.timezone(dt.timedelta(hours=-5)))
    here, there = (claims.direction(SPX, claims.window(SPX, at, 1), "up") for at in (NOW, local))
    assert (here, here.id) == (there, there.id)
    assert there.content()["window"]["start"] == "2018-01-26T22:00:00Z"


def test_symbols():
    """A claim speaks about its subject, and about its versus when it has one."""
    assert claims.direction(SPX, WEEK, "up").symbols == ("SPX",)
    assert claims.relative(COMP, SPX, WEEK, 0).symbols == ("COMP", "SPX")
