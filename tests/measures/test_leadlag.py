"""Lead and lag: a planted lead is found, and none where the truth is known to hold none."""

from typing import Any

import numpy as np
import pytest

from workbench.domain.calendars import Moments, venue
from workbench.domain.instruments import ALWAYS, Instrument
from workbench.measures import leadlag
from workbench.measures.leadlag import CUT, Pair, pair, products, read
from workbench.measures.prices import Bars
from workbench.measures.scoring import counts

SHARE = Instrument(symbol="ONE", name="One")
OTHER = Instrument(symbol="TWO", name="Two")
COIN = Instrument(symbol="COIN", name="Coin", venue=ALWAYS, lag_minutes=5)
LATE = Instrument(symbol="LATE", name="Late", lag_minutes=30)


def bars(one: Instrument, dates: Moments, at: Moments, close: np.ndarray) -> Bars:
    return Bars(symbol=one.symbol, dates=dates, at=at, known_at=at, open=close, close=close,
                high=close, low=close, volume=close)  # fmt: skip


def sessions(one: Instrument, n: int, start: str = "2010-01-04") -> tuple[Moments, Moments]:
    calendar = venue(one.venue)
    first = int(np.searchsorted(calendar.dates, np.datetime64(start)))
    return calendar.dates[first : first + n], calendar.closes[first : first + n]


def walk(one: Instrument, moves: np.ndarray) -> Bars:
    """Bars on consecutive sessions with these log returns."""
    return bars(one, *sessions(one, len(moves)), 100 * np.exp(np.cumsum(0.01 * moves)))


def walks(seed: int, n: int = 700, rho: float = 0.0, common: float = 0.0, lag: int = 1) -> Pair:
    """Two sessions' walks: one's moves come back in the other's ``lag`` later, with weight rho."""
    rng = np.random.default_rng(seed)
    shared, x, y = rng.standard_normal((3, n))
    x, y = (np.sqrt(common) * shared + np.sqrt(1 - common) * own for own in (x, y))
    y[lag:] = np.sqrt(1 - rho**2) * y[lag:] + rho * x[:-lag]
    return pair((SHARE, walk(SHARE, x)), (OTHER, walk(OTHER, y)))


def by_lag(found: leadlag.LeadLag | None) -> dict[int, leadlag.Lag]:
    assert found is not None
    return {one.lag: one for one in found.lags}


@pytest.mark.parametrize("lag", [1, 2, 3])
def test_a_planted_lead_is_found_at_its_lag(lag: int):
    """The planted lag holds the planted correlation in its interval; the others hold nothing."""
    found = read(walks(1, 1200, rho=0.3, common=0.4, lag=lag), 3, window=1100)
    assert found is not None
    assert found.best.lag == lag
    assert found.best.low < 0.3 < found.best.high
    assert found.p_value < 0.001
    assert found.asymmetry_p < 0.01
    mirrored = by_lag(found)[-lag]
    assert mirrored.low < 0 < mirrored.high


def test_a_lead_the_opposite_way_is_its_own_thesis():
    """A thesis that says the opposite way is borne out by negative correlation, and only by it."""
    both = walks(2, rho=-0.3)
    opposite, alike = read(both, 2, -1), read(both, 2, 1)
    assert opposite is not None
    assert alike is not None
    assert opposite.p_value < 0.001
    assert alike.p_value > 0.5
    assert opposite.asymmetry == pytest.approx(-alike.asymmetry)


@pytest.mark.parametrize("common", [0.0, 0.7])
def test_no_lead_is_found_at_more_than_the_stated_rate(common: float):
    """Independent walks, or walks moved by one cause at once, seldom show a lead: 5 % of 300."""
    found = [read(walks(seed, common=common), 3) for seed in range(300)]
    for share in (
        np.mean([one.p_value < 0.05 for one in found if one is not None]),
        np.mean([one.asymmetry_p < 0.05 for one in found if one is not None]),
    ):
        assert 0.005 <= share <= 0.09


def test_a_cause_that_comes_in_waves_is_no_asymmetry():
    """A shared move that persists correlates every lag, but neither of the two is ahead."""
    share = []
    for seed in range(100):
        rng = np.random.default_rng(seed)
        x, y, shared = rng.standard_normal((3, 700))
        shared[1:] += 0.6 * shared[:-1]
        made = pair((SHARE, walk(SHARE, x + shared)), (OTHER, walk(OTHER, y + shared)))
        found = read(made, 1)
        assert found is not None
        share.append((found.p_value < 0.05, found.asymmetry_p < 0.05))
    lead, uneven = np.mean(share, axis=0)
    assert lead > 0.9
    assert uneven < 0.12


def hourly() -> tuple[Pair, Pair]:
    """One price by the hour, read by a venue of sessions and by one that never closes.

    Returns:
        The pair by the clock, shares first; and what pairing by UTC date would make of it, with
        the coin a day ahead.
    """
    days = 900
    hours = np.datetime64("2010-01-01", "h") + np.arange(24 * days)
    moves = 0.004 * np.random.default_rng(5).standard_normal(24 * days)
    price = 100 * np.exp(np.cumsum(moves))

    def at(moments: Moments) -> np.ndarray:
        return price[np.searchsorted(hours, moments.astype("datetime64[h]")) - 1]

    share, coin = (sessions(one, n, "2010-01-04") for one, n in ((SHARE, 600), (COIN, 880)))
    one, two = bars(SHARE, *share, at(share[1])), bars(COIN, *coin, at(coin[1]))
    honest = pair((SHARE, one), (COIN, two))
    before = np.arange(len(honest)) - 1
    naive = Pair(dates=honest.dates, leader=honest.follower, follower=honest.leader,
                 before=before, after=before)  # fmt: skip
    return honest, naive


def test_a_day_that_ends_after_the_other_began_is_no_leader():
    """One price read at New York's close and at midnight UTC: dates show a lead, the clock none."""
    honest, naive = hourly()
    false = by_lag(read(naive, 1))[1]
    assert false.low > 0
    assert false.p_value < 0.05
    told = by_lag(read(honest, 2))
    assert all(told[k].low < 0 < told[k].high for k in (-2, -1, 1, 2))
    assert told[0].correlation > 0.8


def test_who_was_known_before_whom_worked_by_hand():
    """Shares tell of the coin's next day; a coin's day, over at midnight, of the session after."""
    honest, _ = hourly()
    n = np.arange(3, len(honest))
    assert (honest.before[n] == n - 1).all()
    assert (honest.after[n] == n - 2).all()


def test_a_close_known_later_leads_a_session_later():
    """VIX is known after the shares' close: it may lead only a bar that began after that."""
    moves = np.random.default_rng(1).standard_normal((2, 100))
    both = pair((LATE, walk(LATE, moves[0])), (SHARE, walk(SHARE, moves[1])))
    n = np.arange(3, len(both))
    assert (both.before[n] == n - 2).all()
    assert (both.after[n] == n - 1).all()


def test_the_interval_agrees_with_a_bootstrap():
    """The formula's interval is as wide as that of a stationary bootstrap of the same sessions."""
    both = walks(4, 900, rho=0.2)
    found = by_lag(read(both, 1, window=800))[1]
    x, y = both.led(1), both.follower
    kept = np.flatnonzero(np.isfinite(x + y + both.trailed(1)))[-800:]
    picks = counts(len(kept), 5) / len(kept)
    ex, ey, exx, eyy, exy = (
        picks @ v for v in (x[kept], y[kept], x[kept] ** 2, y[kept] ** 2, x[kept] * y[kept])
    )
    drawn = (exy - ex * ey) / np.sqrt((exx - ex**2) * (eyy - ey**2))
    low, high = np.quantile(drawn, [0.025, 0.975])
    assert found.low == pytest.approx(low, abs=0.015)
    assert found.high == pytest.approx(high, abs=0.015)
    assert found.correlation == pytest.approx(np.corrcoef(x[kept], y[kept])[0, 1])


@pytest.mark.parametrize("n", [0, 1, 2, 100])
def test_too_little_is_no_reading(n: int):
    """With too few common sessions there is no reading, and nothing fails."""
    dates, at = sessions(SHARE, 400)
    close = 100 * np.exp(np.cumsum(0.01 * np.random.default_rng(1).standard_normal(400)))
    one, two = bars(SHARE, dates, at, close), bars(OTHER, dates[:n], at[:n], close[:n])
    assert read(pair((SHARE, one), (OTHER, two)), 2) is None


def test_what_stands_still_has_no_reading():
    """A price that never moves correlates with nothing, and is not called zero."""
    flat = walk(OTHER, np.zeros(400))
    moving = walk(SHARE, np.random.default_rng(1).standard_normal(400))
    assert read(pair((SHARE, moving), (OTHER, flat)), 2) is None


def fields(made: Any) -> list[np.ndarray]:
    return [made.own, made.back, made.full]


def test_products_are_of_the_past_alone():
    """No product changes when later sessions come, and each lies within the bounds of a bet."""
    moves = np.random.default_rng(8).standard_normal((2, 500))
    whole, part = (
        products(pair((SHARE, walk(SHARE, moves[0, :n])), (OTHER, walk(OTHER, moves[1, :n]))), 2)
        for n in (500, 400)
    )
    for later, before in zip(fields(whole), fields(part), strict=True):
        assert np.array_equal(later[:, : before.shape[1]], before)
        assert (np.abs(later) <= 1).all()
    assert (whole.own[:, :120] == 0).all()


def test_products_have_the_planted_mean():
    """The mean product over what a correlation of 1 would give is the planted correlation."""
    made = products(walks(9, 4000, rho=0.3), 2)
    kept = made.full[0] > 0
    assert made.own[0, kept].mean() / made.full[0, kept].mean() == pytest.approx(0.3, abs=0.05)
    assert made.own[1].mean() == pytest.approx(0, abs=0.02)
    assert made.full.max() <= CUT**2
