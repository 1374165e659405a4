"""Settling: every kind by hand, and what happens while bars are missing."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench.domain import claims
from workbench.domain.calendars import moment, to_datetime, to_numpy, venue
from workbench.domain.claims import Claim, Reference, Window
from workbench.domain.deliveries import COLUMNS
from workbench.domain.instruments import find
from workbench.domain.records import Settlement
from workbench.measures import prices
from workbench.measures.prices import Bars
from workbench.measures.settling import GRACE, settle
from workbench.world.archive import Archive

SPX, COMP, VIX, BTC = (find(name) for name in ("SPX", "COMP", "VIX", "bitcoin"))
TABLE = {one.symbol: one for one in (SPX, COMP, VIX, BTC)}
FRIDAY = dt.date(2018, 1, 26)
NOW = moment("2018-01-26T22:00Z")
MONDAY = claims.window(SPX, NOW, 1)
THREE = claims.window(SPX, NOW, 3)  # Monday, Tuesday, Wednesday
EVENING = moment("2018-01-31T22:00Z")


def frozen(claim: Claim, *values: float) -> Claim:
    """The claim as registered at Friday's closes."""
    close = venue("XNYS").session(FRIDAY).close
    return claims.with_references(
        claim,
        tuple(
            Reference(symbol=s, at=close, known_at=close + dt.timedelta(minutes=15), value=v)
            for s, v in zip(claim.symbols, values, strict=True)
        ),
    )


@pytest.fixture(scope="session")
def week(bars_of: Callable[..., Bars]) -> Callable[..., Bars]:
    """Bars of one instrument from Friday 26 January 2018 on."""

    def build(
        close: Sequence[float], high: Sequence[float] | None = None,
        low: Sequence[float] | None = None, symbol: str = "SPX",
    ) -> Bars:  # fmt: skip
        last = venue("XNYS").after(to_datetime(np.datetime64("2018-01-26T20:00")), len(close)).date
        return bars_of(close, high, low, symbol=symbol, last=last)

    return build


def outcome(claim: Claim, *bars: Bars, as_of: dt.datetime = EVENING) -> str:
    found = settle(claim, {own.symbol: own for own in bars}, TABLE, as_of)
    assert found is not None
    return found.outcome


# Closing kinds, from a reference of 100


@pytest.mark.parametrize(
    ("build", "close", "expected"),
    [
        (lambda w: claims.direction(SPX, w, "up"), 100.01, "yes"),
        (lambda w: claims.direction(SPX, w, "up"), 99.99, "no"),
        (lambda w: claims.direction(SPX, w, "up"), 100.00, "no"),  # a tie is neither side
        (lambda w: claims.direction(SPX, w, "down"), 99.99, "yes"),
        (lambda w: claims.direction(SPX, w, "down"), 100.01, "no"),
        (lambda w: claims.direction(SPX, w, "down"), 100.00, "no"),
        (lambda w: claims.level(SPX, w, ">", 101), 101.01, "yes"),
        (lambda w: claims.level(SPX, w, ">", 101), 101.00, "no"),  # strict
        (lambda w: claims.level(SPX, w, ">=", 101), 101.00, "yes"),
        (lambda w: claims.level(SPX, w, ">=", 101), 100.99, "no"),
        (lambda w: claims.level(SPX, w, "<", 101), 100.99, "yes"),
        (lambda w: claims.level(SPX, w, "<", 101), 101.00, "no"),
        (lambda w: claims.level(SPX, w, "<=", 101), 101.00, "yes"),
        (lambda w: claims.level(SPX, w, "<=", 101), 101.01, "no"),
        (lambda w: claims.band(SPX, w, 99, 101, "price"), 99.00, "yes"),  # closed at both ends
        (lambda w: claims.band(SPX, w, 99, 101, "price"), 101.00, "yes"),
        (lambda w: claims.band(SPX, w, 99, 101, "price"), 98.99, "no"),
        (lambda w: claims.band(SPX, w, 99, 101, "price"), 101.01, "no"),
        (lambda w: claims.band(SPX, w, -0.8, -0.3, "pct"), 99.40, "yes"),
        (lambda w: claims.band(SPX, w, -0.8, -0.3, "pct"), 99.10, "no"),
        (lambda w: claims.band(SPX, w, -0.8, -0.3, "pct"), 100.40, "no"),
        (lambda w: claims.magnitude(SPX, w, 3, "any"), 103.01, "yes"),
        (lambda w: claims.magnitude(SPX, w, 3, "any"), 96.99, "yes"),
        (lambda w: claims.magnitude(SPX, w, 3, "any"), 102.99, "no"),
        (lambda w: claims.magnitude(SPX, w, 3, "up"), 103.01, "yes"),
        (lambda w: claims.magnitude(SPX, w, 3, "up"), 96.99, "no"),
        (lambda w: claims.magnitude(SPX, w, 3, "down"), 96.99, "yes"),
        (lambda w: claims.magnitude(SPX, w, 3, "down"), 103.01, "no"),
    ],
)
def test_closing_kinds_by_hand(week, build, close: float, expected: str):
    """The close of the deadline's session against the strikes, ties as the grammar says."""
    assert outcome(frozen(build(MONDAY), 100), week([100, close])) == expected


@pytest.mark.parametrize(
    ("build", "close", "expected"),
    [
        (lambda w: claims.band(SPX, w, -0.5, 0.5, "pct"), 100.5, "yes"),
        (lambda w: claims.band(SPX, w, -0.5, 0.5, "pct"), 99.5, "yes"),
        (lambda w: claims.band(SPX, w, 0.3, 1, "pct"), 100.3, "yes"),
        (lambda w: claims.magnitude(SPX, w, 1, "any"), 101, "no"),
        (lambda w: claims.magnitude(SPX, w, 1, "up"), 101, "no"),
        (lambda w: claims.magnitude(SPX, w, 1, "down"), 99, "no"),
        (lambda w: claims.magnitude(SPX, w, 10, "up"), 110, "no"),
    ],
)
def test_a_percentage_exactly_at_its_strike(week, build, close: float, expected: str):
    """From 100, a close of 101 is a move of exactly 1 %: in a closed band, not more than 1 %."""
    assert outcome(frozen(build(MONDAY), 100), week([100, close])) == expected


@pytest.mark.parametrize(
    ("own", "other", "margin", "expected"),
    [
        (100.6, 100.0, 0.5, "yes"),
        (100.4, 100.0, 0.5, "no"),
        (99.0, 98.0, 0.0, "yes"),  # beats while both fall
        (101.0, 102.0, 0.0, "no"),
        (101.0, 101.0, 0.0, "no"),  # equal is not more
        (101.0, 100.0, 1.0, "no"),  # exactly by the margin is not more than the margin
        (100.5, 100.0, 0.5, "no"),
    ],
)
def test_relative_by_hand(week, own: float, other: float, margin: float, expected: str):
    """Simple return less simple return over the same closes, strictly more than the margin."""
    claim = frozen(claims.relative(COMP, SPX, MONDAY, margin), 100, 100)
    bars = week([100, own], symbol="COMP"), week([100, other])
    assert outcome(claim, *bars) == expected


def test_relative_uses_each_ones_own_reference(week):
    """COMP from 7000 to 7070 (+1 %) beats SPX from 2800 to 2814 (+0.5 %) by 0.5, not by 0.6."""
    bars = week([7000, 7070.01], symbol="COMP"), week([2800, 2814])
    for margin, expected in ((0.45, "yes"), (0.55, "no")):
        claim = frozen(claims.relative(COMP, SPX, MONDAY, margin), 7000, 2800)
        assert outcome(claim, *bars) == expected


# Path kinds

HIGHS = [101, 102.0, 105.00, 103.0]
LOWS = [99, 98.5, 99.0, 97.00]
CLOSES = [100, 100.0, 100.0, 100.0]


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        (lambda w: claims.touch(SPX, w, None, 105), "yes"),  # inclusive, on the middle day
        (lambda w: claims.touch(SPX, w, None, 105.01), "no"),
        (lambda w: claims.touch(SPX, w, 97, None), "yes"),  # inclusive, on the last day
        (lambda w: claims.touch(SPX, w, 96.99, None), "no"),
        (lambda w: claims.stays(SPX, w, None, 105.01), "yes"),
        (lambda w: claims.stays(SPX, w, None, 105), "no"),  # touched exactly
        (lambda w: claims.stays(SPX, w, 96.99, None), "yes"),
        (lambda w: claims.stays(SPX, w, 97, None), "no"),
        (lambda w: claims.stays(SPX, w, 96.99, 105.01), "yes"),
        (lambda w: claims.stays(SPX, w, 97, 105.01), "no"),  # left below only
        (lambda w: claims.stays(SPX, w, 96.99, 105), "no"),  # left above only
    ],
)
def test_path_kinds_by_hand(week, build, expected: str):
    """A touch is inclusive, a stay is its opposite, and every session of the window counts."""
    assert outcome(frozen(build(THREE), 100), week(CLOSES, HIGHS, LOWS)) == expected


def test_the_bar_of_issue_does_not_count(week):
    """Friday's own high and low were made before the claim and cannot settle it."""
    bars = week([100, 100], [150, 101], [50, 99])
    assert outcome(frozen(claims.touch(SPX, MONDAY, None, 150), 100), bars) == "no"
    assert outcome(frozen(claims.stays(SPX, MONDAY, 60, 140), 100), bars) == "yes"


def test_the_bar_after_the_deadline_does_not_count(week):
    """What trades after the deadline settles nothing."""
    bars = week([100, 100, 200], [101, 101, 200], [99, 99, 99])
    assert outcome(frozen(claims.touch(SPX, MONDAY, None, 150), 100), bars) == "no"
    assert outcome(frozen(claims.level(SPX, MONDAY, ">", 150), 100), bars) == "no"


def test_a_coin_settles_on_its_own_days(bars_of):
    """On the 24/7 venue Saturday's bar settles a claim made on Friday."""
    when = claims.window(BTC, moment("2018-01-27T00:00Z"), 1)
    own = bars_of([100, 100], [101, 120], [99, 90], symbol="BTC-USD", name="24/7",
                  last=dt.date(2018, 1, 27))  # fmt: skip
    claim = claims.touch(BTC, when, None, 120)
    reference = Reference(symbol="BTC-USD", at=when.start, known_at=when.start, value=100.0)
    claim = claims.with_references(claim, (reference,))
    assert outcome(claim, own, as_of=moment("2018-01-28T01:00Z")) == "yes"


# Ticks


def test_prices_are_compared_at_the_tick(week):
    """A feed's 2853.530029 is the official 2853.53: at the strike, not above it."""
    bars = week([2853.53, 2853.530029])
    assert outcome(frozen(claims.level(SPX, MONDAY, ">", 2853.53), 2853.53), bars) == "no"
    assert outcome(frozen(claims.level(SPX, MONDAY, ">=", 2853.53), 2853.53), bars) == "yes"


def test_a_tie_at_the_tick_is_a_tie(week):
    """Noise below the tick on either side of a comparison moves no outcome."""
    for reference, close in ((2853.53, 2853.530029), (2853.530029, 2853.53)):
        for side in ("up", "down"):
            claim = frozen(claims.direction(SPX, MONDAY, side), reference)
            assert outcome(claim, week([reference, close])) == "no"


def test_path_prices_are_compared_at_the_tick(week):
    """A high of 104.996 is a print of 105.00: touched, and so not stayed below."""
    bars = week([100, 100], [101, 104.996], [99, 99])
    assert outcome(frozen(claims.touch(SPX, MONDAY, None, 105), 100), bars) == "yes"
    assert outcome(frozen(claims.stays(SPX, MONDAY, None, 105), 100), bars) == "no"


def test_both_references_of_a_relative_claim_are_at_the_tick(week):
    """When neither instrument moved by a tick, neither beat the other, whatever the noise."""
    claim = frozen(claims.relative(COMP, SPX, MONDAY, 0), 100.0, 100.003)
    assert outcome(claim, week([100, 100], symbol="COMP"), week([100.003, 100.003])) == "no"


def test_a_coarser_tick(week):
    """The tick is the instrument's own: at a tick of 0.05 a close of 100.02 is 100."""
    coarse = {**TABLE, "SPX": replace(SPX, tick=0.05)}
    claim = frozen(claims.direction(SPX, MONDAY, "up"), 100)
    for close, expected in ((100.02, "no"), (100.03, "yes")):
        found = settle(claim, {"SPX": week([100, close])}, coarse, EVENING)
        assert found is not None
        assert found.outcome == expected


# What a settlement says


def test_what_settled_it_is_named(week):
    """A settlement holds the very rows that decided: for a path, the highest and lowest bar."""
    bars = week(CLOSES, HIGHS, LOWS)
    found = settle(frozen(claims.stays(SPX, THREE, 98, 104), 100), {"SPX": bars}, TABLE, EVENING)
    assert found is not None
    assert {(row[1], row[2], row[4]) for row in found.observations} == {
        ("high", "2018-01-30T21:00:00Z", 105.0),
        ("low", "2018-01-31T21:00:00Z", 97.0),
    }
    closing = frozen(claims.relative(COMP, SPX, MONDAY, 0), 100, 100)
    both = {"COMP": week([100, 102], symbol="COMP"), "SPX": week([100, 101])}
    pair = settle(closing, both, TABLE, EVENING)
    assert pair is not None
    assert [row[0] for row in pair.observations] == ["COMP", "SPX"]
    assert pair.value == pytest.approx(1.0)


def known_late(bars: Bars, index: int, when: dt.datetime) -> Bars:
    late = bars.known_at.copy()
    late[index] = to_numpy(when)
    return replace(bars, known_at=late)


def test_known_when_its_latest_bar_was(week):
    """A settlement could first be known when the last of both closes was."""
    late = moment("2018-01-30T15:00Z")
    bars = {"COMP": week([100, 102], symbol="COMP"), "SPX": known_late(week([100, 101]), 1, late)}
    found = settle(frozen(claims.relative(COMP, SPX, MONDAY, 0), 100, 100), bars, TABLE, EVENING)
    assert found is not None
    assert found.known_at == late


def test_known_when_a_late_bar_inside_the_window_was(week):
    """A middle bar that arrived after the deadline's own decides when a path claim was known."""
    late = moment("2018-01-31T21:45Z")
    bars = known_late(week(CLOSES, HIGHS, LOWS), 2, late)  # Tuesday's, with the highest high
    found = settle(frozen(claims.touch(SPX, THREE, None, 105), 100), {"SPX": bars}, TABLE, EVENING)
    assert found is not None
    assert found.known_at == late


# Waiting


def test_not_before_the_deadline(week):
    """Until the deadline there is no settlement, whatever the bars; at its very moment there is."""
    claim, bars = frozen(claims.level(SPX, MONDAY, ">", 50), 100), {"SPX": week([100, 101])}
    before = MONDAY.deadline - dt.timedelta(seconds=1)
    assert settle(claim, bars, TABLE, before) is None


def test_nothing_known_later_is_read(week):
    """A bar that becomes known at 22:30 settles nothing at 22:00, even when it is handed in."""
    claim = frozen(claims.level(SPX, MONDAY, ">", 50), 100)
    late = {"SPX": known_late(week([100, 101]), 1, moment("2018-01-29T22:30Z"))}
    assert settle(claim, late, TABLE, moment("2018-01-29T22:00Z")) is None
    assert settle(claim, late, TABLE, moment("2018-01-29T22:30Z")) is not None


def after_closes(n: int) -> dt.datetime:
    """The moment of the n-th close after Monday's deadline."""
    return venue("XNYS").after(MONDAY.deadline, n).close


@pytest.mark.parametrize("held", ["dark", "short"])
def test_a_missing_bar_waits_and_then_voids(week, held: str):
    """Without the deadline's bar a claim waits for the grace; then it is void, never guessed."""
    claim = frozen(claims.level(SPX, MONDAY, ">", 50), 100)
    bars = {"SPX": None if held == "dark" else week([100])}
    assert settle(claim, bars, TABLE, MONDAY.deadline) is None
    assert settle(claim, bars, TABLE, after_closes(GRACE)) is None
    found = settle(claim, bars, TABLE, after_closes(GRACE + 1))
    assert found is not None
    assert (found.outcome, found.value, found.observations) == ("void", None, ())
    assert "SPX has no complete bars to 2018-01-29" in found.reason


def test_one_missing_leg_is_enough(week):
    """A relative claim waits for both legs; the reason names the one that is missing."""
    claim = frozen(claims.relative(COMP, SPX, MONDAY, 0), 100, 100)
    bars = {"COMP": week([100, 102], symbol="COMP"), "SPX": None}
    assert settle(claim, bars, TABLE, EVENING) is None
    found = settle(claim, bars, TABLE, after_closes(GRACE + 1))
    assert found is not None
    assert found.reason.startswith("SPX has")


def without(bars: Bars, index: int) -> Bars:
    kept = np.arange(len(bars)) != index
    arrays = ("dates", "at", "known_at", "close", "high", "low", "volume")
    return replace(bars, **{name: getattr(bars, name)[kept] for name in arrays})


@pytest.mark.parametrize("index", [1, 2, 3])
def test_a_bar_missing_inside_the_window(week, index: int):
    """With any bar of the window missing nothing is settled, and after the grace it is void."""
    bars = {"SPX": without(week(CLOSES, HIGHS, LOWS), index)}
    for build in (claims.touch, claims.stays):
        claim = frozen(build(SPX, THREE, None, 105), 100)
        assert settle(claim, bars, TABLE, EVENING) is None
        void = settle(claim, bars, TABLE, moment("2018-02-28T22:00Z"))
        assert void is not None
        assert void.outcome == "void"


def test_a_bar_missing_before_the_window_changes_nothing(week):
    """The reference is frozen, so an older hole in the bars is of no concern."""
    bars = without(week(CLOSES, HIGHS, LOWS), 0)
    assert outcome(frozen(claims.touch(SPX, THREE, None, 105), 100), bars) == "yes"


def test_more_bars_than_sessions_settle_nothing(week):
    """Three bars where the claim was issued for two sessions are another calendar's: no outcome."""
    claim = frozen(claims.direction(SPX, replace(THREE, sessions=2), "up"), 100)
    assert settle(claim, {"SPX": week(CLOSES, HIGHS, LOWS)}, TABLE, EVENING) is None


@pytest.mark.parametrize("field", ["high", "low"])
def test_a_path_needs_every_high_and_low(week, field: str):
    """A session without its high or low leaves a path claim open; a closing claim is settled."""
    bars = week(CLOSES, HIGHS, LOWS)
    holed = getattr(bars, field).copy()
    holed[2] = np.nan
    own = {"SPX": replace(bars, **{field: holed})}
    assert settle(frozen(claims.touch(SPX, THREE, None, 105), 100), own, TABLE, EVENING) is None
    assert settle(frozen(claims.direction(SPX, THREE, "up"), 100), own, TABLE, EVENING) is not None


# From the archive


def observed(*rows: tuple[str, str, float]) -> pd.DataFrame:
    """SPX closes: (session's close, moment known, value)."""
    frame = pd.DataFrame(rows, columns=["at", "known_at", "value"])
    for name in ("at", "known_at"):
        frame[name] = pd.to_datetime(frame[name], utc=True).astype("datetime64[us, UTC]")
    frame = frame.assign(series="SPX", field="close", unit="points", source="a", basis="rule")
    return frame.loc[:, list(COLUMNS)]


def settled_from(archive: Archive, claim: Claim, as_of: str) -> Settlement | None:
    seen = archive.as_of(moment(as_of), {"SPX": ()})
    return settle(claim, {"SPX": prices.bars(seen, SPX)}, TABLE, moment(as_of))


def test_the_first_official_print_counts(tmp_path: Path):
    """Settled on Monday evening at 101, the claim stays so though Wednesday revises it to 99."""
    archive = Archive(tmp_path)
    rows = [
        ("2018-01-26T21:00Z", "2018-01-26T21:15Z", 100.0),
        ("2018-01-29T21:00Z", "2018-01-29T21:15Z", 101.0),
        ("2018-01-29T21:00Z", "2018-01-31T12:00Z", 99.0),
    ]
    archive.append(observed(*rows), origin="test", through=moment("2018-02-28T00:00Z"))
    claim = frozen(claims.direction(SPX, MONDAY, "up"), 100)
    assert settled_from(archive, claim, "2018-01-29T21:14Z") is None  # not yet published
    first = settled_from(archive, claim, "2018-01-29T22:00Z")
    assert first is not None
    assert (first.outcome, first.known_at) == ("yes", moment("2018-01-29T21:15Z"))


def test_any_future_leaves_a_settlement_alone(tmp_path: Path):
    """Settling as of a past moment gives the same record before and after more data came."""
    archive = Archive(tmp_path)
    known = observed(
        ("2018-01-26T21:00Z", "2018-01-26T21:15Z", 100.0),
        ("2018-01-29T21:00Z", "2018-01-29T21:15Z", 101.0),
    )
    later = observed(
        ("2018-01-29T21:00Z", "2018-01-30T12:00Z", 55.0),
        ("2018-01-30T21:00Z", "2018-01-30T21:15Z", 300.0),
    )
    claim = frozen(claims.band(SPX, MONDAY, 0.5, 1.5, "pct"), 100)
    archive.append(known, origin="one", through=moment("2018-01-30T00:00Z"))
    before = settled_from(archive, claim, "2018-01-29T22:00Z")
    archive.append(later, origin="two", through=moment("2018-01-31T00:00Z"))
    assert settled_from(archive, claim, "2018-01-29T22:00Z") == before
    assert before is not None
    assert before.outcome == "yes"


def test_half_day_deadline(bars_of):
    """A claim due on a half-day settles from that session's bar once its early close has come."""
    start = moment("2018-11-21T22:00Z")
    when: Window = claims.window(SPX, start, 1)
    own = bars_of([100, 101], last=dt.date(2018, 11, 23))
    reference = Reference(symbol="SPX", at=start, known_at=start, value=100.0)
    claim = claims.with_references(claims.direction(SPX, when, "up"), (reference,))
    assert settle(claim, {"SPX": own}, TABLE, moment("2018-11-23T17:59Z")) is None
    assert outcome(claim, own, as_of=moment("2018-11-23T18:15Z")) == "yes"
