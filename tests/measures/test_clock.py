"""By the clock: which of several finer bars a claim is counted and settled on."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from workbench.domain import claims, intraday
from workbench.domain.calendars import moment
from workbench.domain.claims import Claim, Window
from workbench.domain.instruments import KNOWN, find
from workbench.measures import clock
from workbench.measures.prices import Bars
from workbench.measures.settling import GRACE, references, settle

BTC, ETH, SPY = (find(name) for name in ("BTC", "ETH", "SPY"))
TABLE = {one.symbol: one for one in KNOWN}
COIN = "BTC-USD"
START = moment("2026-04-04T10:00Z")
LATER = moment("2026-04-06T00:00Z")
VOID = START + dt.timedelta(days=GRACE + 3)


def finer(
    series: str, first: str, close: Sequence[float], high: Sequence[float] | None = None
) -> Bars:
    """Bars of the length that the id says, the first one ending at a moment of 4 April."""
    length = intraday.length(series)
    at = np.datetime64(f"2026-04-04T{first}", "us") + np.arange(len(close)) * length
    prices = np.asarray(close, float)
    return Bars(
        symbol=series, dates=at.astype("datetime64[D]"), at=at,
        known_at=at + np.timedelta64(5, "m"), open=prices * np.nan, close=prices,
        high=np.asarray(close if high is None else high, float), low=prices,
        volume=prices * np.nan, length=length,
    )  # fmt: skip


def without(bars: Bars, *gone: int) -> Bars:
    return bars.picked(np.setdiff1d(np.arange(len(bars)), gone))


def window(hours: float, start: dt.datetime = START) -> Window:
    return claims.window_to(BTC, start, start + dt.timedelta(hours=hours))


def up(hours: float = 2) -> Claim:
    return claims.direction(BTC, window(hours), "up")


def registered(claim: Claim, *own: Bars) -> Claim:
    found = references(claim, {}, TABLE, {COIN: own})
    assert found is not None
    return claims.with_references(claim, found)


def ended(claim: Claim, *own: Bars, as_of: dt.datetime = LATER) -> tuple[str, set[str]]:
    """Outcome, ``open`` while there is none, and the series of the observations."""
    found = settle(claim, {}, TABLE, as_of, finer={COIN: own})
    if found is None:
        return "open", set()
    return found.outcome, {row[0] for row in found.observations}


HOURS = finer("BTC-USD@1h", "08:00", [100, 100, 100, 101, 102, 103])  # to 13:00
FIVES = finer("BTC-USD@5m", "08:00", [200 + n for n in range(61)])  # to 13:00
TETHER = finer("BTCUSDT@1h", "08:00", [300, 300, 300, 299, 298, 297])


def test_the_last_price_known_at_issue_is_frozen():
    """From the latest bar that had ended and was known, to the second, and named by its end."""
    for start, value, at in (
        ("10:05:00", 100.0, "10:00"), ("11:04:59", 100.0, "10:00"), ("11:05:00", 101.0, "11:00"),
    ):  # fmt: skip
        claim = claims.direction(BTC, window(2, moment(f"2026-04-04T{start}Z")), "up")
        (one,) = registered(claim, HOURS).references
        assert (one.symbol, one.value, one.at) == (COIN, value, moment(f"2026-04-04T{at}Z"))
    assert registered(up(), FIVES, HOURS).reference == FIVES.close[23]  # ended 09:55, known 10:00


def test_daily_prices_where_nothing_finer_is_fresh(bars_of):
    """Without a finer price of the two hours before issue the last close is frozen, and no other
    instrument is touched: SPY is counted from its close, whatever minutes of it there are.
    """
    daily = bars_of([90, 91], symbol=COIN, last=dt.date(2026, 4, 3), name="24/7")
    index = bars_of([500, 501], symbol="SPY", last=dt.date(2026, 4, 2))
    old = finer("BTC-USD@1h", "03:00", [100] * 4)  # to 06:00
    claim = claims.relative(BTC, SPY, claims.window(SPY, START, 1), 0)
    held = {COIN: daily, "SPY": index}
    minutes = finer("SPY@5m", "08:00", [700] * 20)
    for own, expected in ((old, 91.0), (HOURS, 100.0)):
        found = references(claim, held, TABLE, {COIN: [own], "SPY": [minutes]})
        assert found is not None
        assert [one.value for one in found] == [expected, 501.0]
    assert references(claim, held, TABLE, {}) == references(claim, held)


def test_sessions_of_a_coin_are_days():
    """A claim in sessions is no claim by the clock: finer bars neither count nor settle it."""
    claim = claims.direction(BTC, claims.window(BTC, START, 1), "up")
    assert clock.clocked(claim, TABLE) == ()
    assert references(claim, {}, TABLE, {COIN: [HOURS]}) is None


def test_what_is_read_by_the_clock():
    """Coins in hours, the coin of a pair with a share, and a condition's; never the share."""
    pair = claims.relative(BTC, SPY, claims.window(SPY, START, 1), 0)
    week = claims.direction(BTC, claims.window(BTC, START, 5), "up")
    other = claims.direction(ETH, window(3), "up")
    assert clock.clocked(up(), TABLE) == (COIN,)
    assert clock.clocked(pair, TABLE) == (COIN,)
    assert clock.clocked(claims.conditional(week, other), TABLE) == ("ETH-USD",)
    assert clock.clocked(claims.direction(SPY, claims.window(SPY, START, 1), "up"), TABLE) == ()


def test_the_finest_complete_bars_settle():
    """Minutes where they are complete; where their last or one inside is missing, the hours."""
    closing = registered(up(), HOURS)
    touch = claims.touch(BTC, window(2), None, 1000)
    assert ended(closing, FIVES, HOURS) == ("yes", {"BTC-USD@5m"})
    assert ended(touch, FIVES, HOURS) == ("no", {"BTC-USD@5m"})
    no_last, holed = without(FIVES, 48), without(FIVES, 30)  # of 12:00, and of 10:30
    assert ended(closing, no_last, HOURS) == ("yes", {"BTC-USD@1h"})
    assert ended(closing, holed, HOURS) == ("yes", {"BTC-USD@5m"})  # a close needs no path
    assert ended(touch, holed, HOURS) == ("no", {"BTC-USD@1h"})


def test_a_missing_minute_may_hide_a_touch():
    """Bars of five minutes with one left out settle no path, however short the hole is."""
    touch = claims.touch(BTC, window(2), None, 1000)
    holed = without(FIVES, 30)
    assert ended(touch, holed) == ("open", set())
    assert ended(touch, holed, as_of=VOID) == ("void", set())


def test_a_path_without_highs_falls_to_the_next():
    """Minutes that have closes only cannot tell a path; hours that have highs can."""
    bare = replace(FIVES, high=FIVES.high * np.nan)
    touch = claims.touch(BTC, window(2), None, 1000)
    assert ended(touch, bare, HOURS) == ("no", {"BTC-USD@1h"})


def test_one_quote_from_issue_to_deadline():
    """Dollars go before tethers; where they had no price at issue, the tether counts and settles.

    A rise in one quote over the other is not a rise of the coin.
    """
    assert ended(registered(up(), HOURS, TETHER), HOURS, TETHER) == ("yes", {"BTC-USD@1h"})
    late = HOURS.picked(HOURS.at > np.datetime64("2026-04-04T10:00"))
    claim = registered(up(), late, TETHER)
    assert claim.reference == 300
    assert ended(claim, late, TETHER) == ("no", {"BTCUSDT@1h"})
    short = HOURS.picked(HOURS.at < np.datetime64("2026-04-04T12:00"))
    claim = registered(up(), short, TETHER)
    assert ended(claim, short, TETHER) == ("open", set())  # never on the other quote
    assert ended(claim, short, TETHER, as_of=VOID) == ("void", set())


def test_no_daily_price_mends_finer_bars(bars_of):
    """Where the claim has finer bars, a day that ends at the deadline does not stand in for one
    of them: it may be another quote's.
    """
    midnight = moment("2026-04-05T00:00Z")
    claim = registered(claims.level(BTC, claims.window_to(BTC, START, midnight), ">", 50), HOURS)
    daily = {COIN: bars_of([90, 91], symbol=COIN, last=dt.date(2026, 4, 4), name="24/7")}
    assert settle(claim, daily, TABLE, LATER, finer={COIN: [HOURS]}) is None
    alone = settle(claim, daily, TABLE, LATER, finer={COIN: []})
    assert alone is not None
    assert alone.outcome == "yes"


@pytest.mark.parametrize("more", [(), (1,), (1, 2, 3)])
def test_what_lies_far_from_the_window_changes_nothing(more: Sequence[int]):
    """Bars of before two hours before issue, and of an hour after the deadline on, are not used:
    how much is read for other claims cannot matter.
    """
    claim = registered(up(), HOURS)
    ago = finer("BTC-USD@1h", "00:00", [999] * 14)
    near = HOURS.picked(slice(0, 5))
    joined = replace(ago, close=np.r_[ago.close[:8], near.close, 999])
    for own in (near, joined, *(joined.picked(slice(n, None)) for n in more)):
        assert settle(claim, {}, TABLE, LATER, finer={COIN: [own]}) == settle(
            claim, {}, TABLE, LATER, finer={COIN: [HOURS]}
        )


def test_nothing_known_later_settles():
    """The last hour is known at five past: not before is there an outcome."""
    claim = registered(up(), HOURS)
    soon = claim.window.deadline + dt.timedelta(minutes=5)
    assert ended(claim, HOURS, as_of=soon - dt.timedelta(seconds=1)) == ("open", set())
    assert ended(claim, HOURS, as_of=soon) == ("yes", {"BTC-USD@1h"})


def test_a_condition_by_the_clock():
    """Both parts are read from finer bars: the condition first, then the claim."""
    given = claims.level(BTC, window(1), ">", 100.5)
    claim = registered(claims.conditional(up(3), given), HOURS)
    assert ended(claim, HOURS) == ("yes", {"BTC-USD@1h"})
    none = claims.conditional(up(3), claims.level(BTC, window(1), ">", 200))
    assert ended(registered(none, HOURS), HOURS) == ("void", set())


def test_a_claim_settles_on_the_quote_that_it_was_counted_from():
    """Its reference names the quote, whatever became known since of this one or another."""
    claim = registered(up(), HOURS, TETHER)
    assert claim.references[0].series == "BTC-USD@1h"
    assert claims.from_content(claim.content()) == claim
    revised = replace(HOURS, known_at=HOURS.known_at + np.timedelta64(12, "h"))
    assert ended(claim, revised, TETHER) == ("yes", {"BTC-USD@1h"})
    assert ended(claim, TETHER) == ("open", set())


def test_a_claim_counted_from_a_daily_close_settles_on_no_other_quote(bars_of):
    """A fresh daily close is the coin's own: a tether's hours, known late, never settle it."""
    midnight = moment("2026-04-04T00:20Z")
    daily = bars_of([90, 91], symbol=COIN, last=dt.date(2026, 4, 3), name="24/7")
    claim = claims.direction(BTC, window(9, midnight), "up")
    found = references(claim, {COIN: daily}, TABLE, {})
    assert found is not None
    claim = claims.with_references(claim, found)
    assert (claim.reference, claim.references[0].series) == (91.0, "")
    tether, own = (finer(f"{name}@1h", "00:00", [95] * 14) for name in ("BTCUSDT", "BTC-USD"))
    assert ended(claim, tether) == ("open", set())
    assert ended(claim, tether, own) == ("yes", {"BTC-USD@1h"})
