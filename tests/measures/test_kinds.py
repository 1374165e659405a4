"""Settling by hand: ranges, ranks, counts, clocks, conditions, splits and two calendars."""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from workbench.domain import claims
from workbench.domain.calendars import moment, to_datetime, venue
from workbench.domain.claims import Claim, Reference
from workbench.domain.instruments import KNOWN, find
from workbench.domain.records import Settlement
from workbench.measures.prices import Bars
from workbench.measures.settling import GRACE, references, settle

SPY, QQQ, IWM, VIX, BTC = (find(name) for name in ("SPY", "QQQ", "IWM", "VIX", "BTC"))
TABLE = {one.symbol: one for one in KNOWN}
THURSDAY = moment("2026-04-02T22:00Z")  # before Good Friday; Monday 6 April is the next session
TWO = claims.window(SPY, THURSDAY, 2)  # Monday and Tuesday
LATER = moment("2026-04-30T22:00Z")


@pytest.fixture(scope="session")
def days(bars_of: Callable[..., Bars]) -> Callable[..., Bars]:
    """Daily bars from Thursday 2 April 2026 on, Thursday's first."""

    def build(symbol: str, close: list[float], high: list[float] | None = None,
              low: list[float] | None = None) -> Bars:  # fmt: skip
        last = venue("XNYS").after(THURSDAY, len(close) - 1).date if close[1:] else None
        return bars_of(close, high, low, symbol=symbol, last=last or dt.date(2026, 4, 2))

    return build


def hourly(
    close: list[float], first: str, high: list[float] | None = None, low: list[float] | None = None
) -> Bars:
    """Bars of an hour each, the first one ending at a moment."""
    at = np.datetime64(first.removesuffix("Z"), "us") + np.arange(len(close)) * np.timedelta64(
        1, "h"
    )
    prices = np.asarray(close, float)
    return Bars(
        symbol="BTC-USD", dates=at.astype("datetime64[D]"), at=at,
        known_at=at + np.timedelta64(5, "m"), open=prices * np.nan, close=prices,
        high=np.asarray(high or close, float), low=np.asarray(low or close, float),
        volume=prices * np.nan,
    )  # fmt: skip


def frozen(claim: Claim, *values: float) -> Claim:
    close = venue("XNYS").last(claim.window.start).close
    pairs = zip(claim.symbols, values, strict=True)
    return claims.with_references(
        claim, tuple(Reference(symbol=s, at=close, known_at=close, value=v) for s, v in pairs)
    )


def outcome(claim: Claim, *bars: Bars, **more: object) -> str:
    found = ended(claim, *bars, **more)
    assert found is not None
    return found.outcome


def ended(
    claim: Claim, *bars: Bars, as_of: dt.datetime = LATER, splits: object = None
) -> Settlement | None:
    held = {one.symbol: one for one in bars}
    return settle(claim, held, TABLE, as_of, splits)  # type: ignore[arg-type]


# Inclusive comparisons and changes in points


@pytest.mark.parametrize(
    ("build", "close", "expected"),
    [
        (lambda w: claims.direction(SPY, w, "down", "<="), 100.0, "yes"),  # a tie is no higher
        (lambda w: claims.direction(SPY, w, "down", "<="), 100.01, "no"),
        (lambda w: claims.direction(SPY, w, "up", ">="), 100.0, "yes"),
        (lambda w: claims.magnitude(SPY, w, 1, "up", ">="), 101.0, "yes"),
        (lambda w: claims.magnitude(SPY, w, 1, "up", ">"), 101.0, "no"),
        (lambda w: claims.magnitude(SPY, w, 2, "down", ">=", "pts"), 98.0, "yes"),
        (lambda w: claims.magnitude(SPY, w, 2, "any", ">", "pts"), 98.0, "no"),
        (lambda w: claims.level(SPY, w, ">=", -2, "pct"), 98.0, "yes"),
        (lambda w: claims.level(SPY, w, ">", -2, "pct"), 98.0, "no"),
        (lambda w: claims.level(SPY, w, "<", 3, "pts"), 102.99, "yes"),
        (lambda w: claims.level(SPY, w, "<", 3, "pts"), 103.0, "no"),
        (lambda w: claims.band(SPY, w, -2, 3, "pts"), 103.0, "yes"),  # closed
        (lambda w: claims.band(SPY, w, -2, 3, "pts"), 97.99, "no"),
    ],
)
def test_ties_and_points(days, build, close: float, expected: str):
    """From 100: *at least* takes the tie, *more than* does not; points are the price's own."""
    when = claims.window(SPY, THURSDAY, 1)
    assert outcome(frozen(build(when), 100), days("SPY", [100, close])) == expected


@pytest.mark.parametrize(
    ("margin", "op", "expected"),
    [(0.5, ">=", "yes"), (0.5, ">", "no"), (0.0, ">", "yes"), (0.51, ">=", "no")],
)
def test_a_lead_of_exactly_the_margin(days, margin: float, op: claims.Op, expected: str):
    """100 to 101 against 100 to 100.5 is a lead of 0.5: at least that, not more than that."""
    claim = frozen(claims.relative(SPY, QQQ, TWO, margin, op), 100, 100)
    assert outcome(claim, days("SPY", [100, 99, 101]), days("QQQ", [100, 99, 100.5])) == expected


# Paths


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        (lambda w: claims.span(SPY, w, 5, ">"), "no"),  # 103 - 98 is exactly 5 % of 100
        (lambda w: claims.span(SPY, w, 5, ">="), "yes"),
        (lambda w: claims.span(SPY, w, 5, "<="), "yes"),
        (lambda w: claims.span(SPY, w, 4.99, ">", "pts"), "yes"),
        (lambda w: claims.stays(SPY, w, -2, 3.01, "pct"), "no"),  # 98 is touched
        (lambda w: claims.stays(SPY, w, -2.01, 3.01, "pct"), "yes"),
        (lambda w: claims.touch(SPY, w, None, 3, "pts"), "yes"),
        (lambda w: claims.touch(SPY, w, 103, 103), "yes"),  # reached from below
        (lambda w: claims.touch(SPY, w, 98, 98), "yes"),  # and from above
        (lambda w: claims.touch(SPY, w, 103.01, 103.01), "no"),
        (lambda w: claims.touch(SPY, w, 97.99, 97.99), "no"),
    ],
)
def test_paths_by_hand(days, build, expected: str):
    """Highs 102 and 103, lows 99 and 98, from 100; Thursday's own bar does not count."""
    bars = days("SPY", [100, 101, 100], [150, 102, 103], [50, 99, 98])
    assert outcome(frozen(build(TWO), 100), bars) == expected


def test_a_touch_across_a_gap(days):
    """From 100 to an open of 104: the price between was passed, though it never printed."""
    bars = days("SPY", [100, 105], [100, 106], [100, 104])
    when = claims.window(SPY, THURSDAY, 1)
    assert outcome(frozen(claims.touch(SPY, when, 102, 102), 100), bars) == "yes"


# Ranks and counts


@pytest.mark.parametrize(
    ("places", "side", "ends", "expected"),
    [
        (1, "up", (103, 102, 101), "yes"),
        (1, "up", (102, 103, 101), "no"),
        (1, "up", (102, 102, 101), "no"),  # an equal return counts against it
        (2, "up", (102, 103, 101), "yes"),
        (1, "down", (99, 100, 101), "yes"),
        (1, "down", (99, 99, 101), "no"),
    ],
)
def test_ranks_by_hand(
    days, places: int, side: claims.Side, ends: tuple[float, ...], expected: str
):
    """IWM among SPY, QQQ and IWM, all from 100."""
    claim = frozen(claims.rank(IWM, [SPY, QQQ, IWM], TWO, places, side), 100, 100, 100)
    assert claim.symbols == ("IWM", "QQQ", "SPY")
    bars = [days(s, [100, 50, e]) for s, e in zip(("IWM", "QQQ", "SPY"), ends, strict=True)]
    assert outcome(claim, *bars) == expected


@pytest.mark.parametrize(
    ("fields", "times", "expected"),
    [
        ({"side": "up"}, 3, "yes"),  # up, up, tie, up
        ({"side": "up"}, 4, "no"),
        ({"side": "down"}, 1, "no"),
        ({"op": ">", "value": 102}, 1, "yes"),
        ({"op": ">", "value": 102}, 2, "no"),
        ({"op": ">=", "value": 102}, 3, "yes"),
        ({"other": QQQ}, 2, "yes"),
        ({"other": QQQ}, 3, "no"),
    ],
)
def test_counts_by_hand(days, fields: dict[str, object], times: int, expected: str):
    """SPY 100 → 101, 102, 102, 103 against QQQ 100 → 100, 101.5, 101.5, 102: each day by itself."""
    when = claims.window(SPY, THURSDAY, 4)
    claim = claims.count(SPY, when, times, **fields)  # type: ignore[arg-type]
    claim = frozen(claim, *[100.0] * len(claim.symbols))
    bars = days("SPY", [100, 101, 102, 102, 103]), days("QQQ", [100, 100, 101.5, 101.5, 102])
    assert outcome(claim, *bars) == expected


# Conditions


@pytest.mark.parametrize(
    ("spy", "vix", "expected"),
    [(99, 29, "yes"), (99, 27, "no"), (101, 29, "void"), (100, 29, "void")],
)
def test_a_condition_that_fails_makes_it_void(days, spy: float, vix: float, expected: str):
    """If SPY closes lower, VIX closes above 28: a tie of SPY is no fall, so the claim is void."""
    when = claims.window(SPY, THURSDAY, 1)
    claim = claims.conditional(
        claims.level(VIX, when, ">", 28), claims.direction(SPY, when, "down")
    )
    found = ended(frozen(claim, 25, 100), days("SPY", [100, spy]), days("VIX", [25, vix]))
    assert found is not None
    assert (found.outcome, found.claim) == (expected, frozen(claim, 25, 100).id)
    if expected == "void":
        assert found.reason.startswith("The condition ended no")


# The clock


def clocked(hours: float, start: str = "2026-04-04T10:00Z") -> claims.Window:
    at = moment(start)
    return claims.window_to(BTC, at, at + dt.timedelta(hours=hours))


def registered(claim: Claim, bars: Bars) -> Claim:
    found = references(claim, {"BTC-USD": bars})
    assert found is not None
    return claims.with_references(claim, found)


def test_a_coin_by_the_clock():
    """On a Saturday, from 10:00 to 13:00: counted from the last hour known, to the last ended."""
    bars = hourly([100, 101, 102, 103, 99], "2026-04-04T09:00Z")  # ends 09:00 to 13:00
    up = registered(claims.direction(BTC, clocked(3), "up"), bars)
    assert up.reference == 100  # the bar that ends at 10:00 is known five minutes later
    assert outcome(up, bars) == "no"
    assert outcome(registered(claims.level(BTC, clocked(2), ">", 102.5), bars), bars) == "yes"
    assert settle(up, {"BTC-USD": bars}, TABLE, moment("2026-04-04T13:04Z")) is None


def test_daily_bars_do_not_settle_a_clock(bars_of):
    """A day's close is not the price at 13:00: the claim waits, and then it is void and says so."""
    when = clocked(3)
    daily = bars_of([100, 101, 102], symbol="BTC-USD", last=dt.date(2026, 4, 5), name="24/7")
    start = Reference(symbol="BTC-USD", at=when.start, known_at=when.start, value=100.0)
    claim = claims.with_references(claims.direction(BTC, when, "up"), (start,))
    soon = when.deadline + dt.timedelta(days=GRACE)
    assert settle(claim, {"BTC-USD": daily}, TABLE, soon) is None
    found = ended(claim, daily)
    assert found is not None
    assert found.outcome == "void"
    assert "no complete hourly bars" in found.reason


def test_an_old_price_is_no_reference():
    """Counted from a price of more than two hours before issue, a claim by the clock is void."""
    bars = hourly([100] * 12, "2026-04-04T02:00Z")
    old = moment("2026-04-04T07:59Z")
    claim = claims.with_references(
        claims.direction(BTC, clocked(3), "up"),
        (Reference(symbol="BTC-USD", at=old, known_at=old, value=100.0),),
    )
    found = ended(claim, bars)
    assert found is not None
    assert found.outcome == "void"
    assert "too old" in found.reason


@pytest.mark.parametrize(
    ("highs", "expected"),
    [
        ([100, 100, 110, 100, 100], "yes"),  # wholly inside
        ([100, 100, 100, 100, 100], "no"),
        ([100, 110, 100, 100, 100], "void"),  # in the hour of issue
        ([100, 100, 100, 100, 110], "void"),  # in the hour of the deadline
        ([110, 100, 100, 100, 100], "no"),  # before issue
    ],
)
def test_the_hours_of_issue_and_deadline(highs: list[float], expected: str):
    """From 10:30 to 13:30 a touch in the hours that straddle either is undecided, so void."""
    bars = hourly([100] * 5, "2026-04-04T10:00Z", high=highs)  # ends 10:00 to 14:00
    claim = claims.touch(BTC, clocked(3, "2026-04-04T10:30Z"), None, 110)
    assert outcome(registered(claim, bars), bars) == expected


def test_a_gap_in_the_hours_settles_nothing():
    """A missing hour inside a watched window leaves it open."""
    bars = hourly([100] * 5, "2026-04-04T09:00Z")
    kept = [0, 1, 3, 4]
    names = ("dates", "at", "known_at", "close", "high", "low", "volume")
    holed = replace(bars, **{name: getattr(bars, name)[kept] for name in names})
    claim = registered(claims.stays(BTC, clocked(3), 90, None), bars)
    assert settle(claim, {"BTC-USD": holed}, TABLE, moment("2026-04-04T14:00Z")) is None


def test_two_calendars(days):
    """BTC against SPY ends with SPY's close; the coin is read at its last hours by both moments."""
    sunday = moment("2026-04-05T16:17Z")
    when = claims.window(SPY, sunday, 1)  # Monday 20:00
    claim = claims.relative(BTC, SPY, when, 0)
    coin = hourly([100] * 10 + [104] * 20, "2026-04-05T10:00Z")  # to Monday 15:00
    index = days("SPY", [200, 204])
    held = {"BTC-USD": coin, "SPY": index}
    found = references(claim, held)
    assert found is not None
    assert [(r.value, r.at) for r in found] == [
        (100.0, moment("2026-04-05T16:00Z")), (200.0, moment("2026-04-02T20:00Z")),
    ]  # fmt: skip
    claim = claims.with_references(claim, found)
    assert settle(claim, held, TABLE, moment("2026-04-06T22:00Z")) is None  # no hour by 20:00
    longer = hourly([100] * 10 + [104.1] * 25, "2026-04-05T10:00Z")
    assert outcome(claim, longer, index) == "yes"  # +4.1 % against +2 %
    assert to_datetime(longer.at[-1]) == moment("2026-04-06T20:00Z")


# Splits


SPLIT = {"SPY": [(moment("2026-04-06T13:30Z"), 4.0)]}


@pytest.mark.parametrize(
    ("build", "close", "expected"),
    [
        (lambda w: claims.level(SPY, w, ">", 640), 160.01, "yes"),  # 640 / 4
        (lambda w: claims.level(SPY, w, ">", 640), 160.0, "no"),
        (lambda w: claims.direction(SPY, w, "up"), 158.77, "yes"),  # from 635 / 4
        (lambda w: claims.band(SPY, w, -1, 1, "pct"), 158.75, "yes"),
        (lambda w: claims.magnitude(SPY, w, 4, "up", ">=", "pts"), 159.75, "yes"),
        (lambda w: claims.stays(SPY, w, 600, None), 158.75, "void"),
        (lambda w: claims.span(SPY, w, 2), 158.75, "void"),
    ],
)
def test_a_split_inside_the_window(days, build, close: float, expected: str):
    """Four for one on Monday: strikes and reference are quartered; a path across it is void."""
    bars = days("SPY", [635, close], [635, close], [635, close])
    claim = frozen(build(claims.window(SPY, THURSDAY, 1)), 635)
    assert outcome(claim, bars, splits=SPLIT) == expected


def test_a_split_before_the_window_changes_nothing(days):
    """A split that was in force at issue is in the reference already."""
    before = {"SPY": [(moment("2026-04-02T13:30Z"), 4.0)]}
    claim = frozen(claims.level(SPY, claims.window(SPY, THURSDAY, 1), ">", 640), 635)
    assert outcome(claim, days("SPY", [635, 641]), splits=before) == "yes"


# Paths that begin inside a session


UNDER_WAY = moment("2026-04-06T15:00Z")  # a Monday; the last close is that of Thursday


@pytest.mark.parametrize(
    ("high", "low", "close", "stays", "touches"),
    [
        ([100, 104, 103], [99, 99, 99], [100, 100, 100], "yes", "no"),  # never there
        ([100, 106, 103], [99, 99, 99], [100, 104, 100], "void", "void"),  # perhaps before issue
        ([100, 106, 103], [99, 99, 99], [100, 105, 100], "no", "yes"),  # it closed there
        ([100, 104, 105], [99, 99, 99], [100, 100, 100], "no", "yes"),  # on the day after
        ([100, 106, 105], [99, 99, 99], [100, 100, 100], "no", "yes"),  # on both
    ],
)
def test_a_session_under_way_at_issue_decides_by_its_close(
    days: Callable[..., Bars], high: list[float], low: list[float], close: list[float],
    stays: str, touches: str,
):  # fmt: skip
    """Its high may have been made before the claim was; its close cannot have been."""
    when = claims.window(SPY, UNDER_WAY, 2)
    bars = days("SPY", close, high, low)
    for claim, expected in (
        (claims.stays(SPY, when, None, 105), stays), (claims.touch(SPY, when, None, 105), touches),
    ):  # fmt: skip
        found = ended(frozen(claim, 100.0), bars)
        assert found is not None
        assert found.outcome == expected
        assert ("finer bars would tell" in found.reason) == (expected == "void")
