"""How far prices will move: realised variance of a session and its walk-forward forecast.

Forecasts are heterogeneous autoregressions (HAR) of log variance on its means over 1 to 66
sessions, leverage, overnight gaps, implied volatility and the week, fitted directly for each
horizon on what had closed by each session. Everything at row t uses rows up to t only, and is
the same to the bit whatever history follows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from workbench.domain.calendars import Moments
from workbench.measures.prices import Array, Bars, last_known, log_returns
from workbench.measures.regression import REFIT, Regression, expanding
from workbench.measures.windows import lag, trailing, weekday, weekdays

MEMORY = 420  # rows before a row that its features can depend on, and more
LEAST, LEAST_DAILY = 500, 400  # rows of a first fit, on session venues and on 24/7
_FLOOR, _FLOOR_ROWS = 0.02, 250  # a variance is at least this share of its mean over a year
_TINY, _SMALL = 1e-10, 1e-5  # of a variance, of a move; only against log 0
_STALE = np.timedelta64(7, "D")
HOUR = np.timedelta64(1, "h")

Design = tuple[Array, Array, Array | None]  # range variance, features, features of the driver


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Driver:
    """Another instrument's bars as they were known at each of one's own bars.

    Attributes:
        close: Its latest known close, shape (n,); NaN where it was dark for a week.
        range: Log of high over low of that bar, shape (n,); NaN without them.
    """

    close: Array
    range: Array


def beside(bars: Bars, other: Bars) -> Driver:
    """What was known of another instrument one hour after each of one's own closes was known.

    The hour lets an index that is published a little later speak of the same session; a moment
    before it sees the session before.
    """
    index = last_known(other.known_at, bars.known_at + HOUR)
    safe = np.maximum(index, 0)
    if not len(other):
        nothing = np.full(len(bars), np.nan)
        return Driver(close=nothing, range=nothing)
    fresh = (index >= 0) & (bars.at - other.at[safe] <= _STALE)
    width = np.log(other.high / other.low)
    width = np.where(width >= 0, width, np.nan)
    return Driver(
        close=np.where(fresh, other.close[safe], np.nan),
        range=np.where(fresh, width[safe], np.nan),
    )


def realised_variance(bars: Bars) -> Array:
    """Variance of each session, from its open, high, low and close.

    Args:
        bars: Where an open is missing or lies outside the session's range, the last close moved
            into the range stands for it, so that an open that only repeats the last close turns
            into the gap that the session cannot have filled. Where highs or lows are missing, the
            squared return counts.

    Returns:
        Shape (n,), squared fraction a session, positive; NaN first. Not below 2 % of the mean of
        the latest 250 sessions, all known by then.

    Source:
        Overnight squared return + Rogers and Satchell (1991),
        (h - c)(h - o) + (l - c)(l - o) in logs.
    """
    close = np.log(bars.close)
    last, start = lag(close, 1), _start(bars)
    top, bottom = _extremes(bars)
    inside = (top - close) * (top - start) + (bottom - close) * (bottom - start)
    variance = (start - last) ** 2 + inside
    return _floored(np.where(np.isfinite(variance), variance, (close - last) ** 2))


def range_variance(bars: Bars) -> Array:
    """Variance of each session from its true range: how far it reached, the last close included.

    Less noisy in logs than ``realised_variance``, so it is what forecasts are fitted to.

    Args:
        bars: Where highs or lows are missing, the squared return counts.

    Returns:
        Shape (n,), squared fraction a session, positive; NaN first; with the same floor.

    Source:
        Parkinson (1980), range squared over 4 log 2; Alizadeh, Brandt and Diebold (2002).
    """
    last = lag(np.log(bars.close), 1)
    top, bottom = _extremes(bars)
    variance = (np.maximum(top, last) - np.minimum(bottom, last)) ** 2 / (4 * np.log(2))
    squared = (np.log(bars.close) - last) ** 2
    return _floored(np.where(np.isfinite(variance), variance, squared))


def _start(bars: Bars) -> Array:
    """Log opens by the stated rule; NaN without a range."""
    known = np.log(bars.open)
    top, bottom = _extremes(bars)
    found = np.where(np.isfinite(known), known, lag(np.log(bars.close), 1))
    start: Array = np.clip(found, bottom, top)
    return start


def _extremes(bars: Bars) -> tuple[Array, Array]:
    """Log highs and lows that hold the close."""
    close = np.log(bars.close)
    return np.maximum(np.log(bars.high), close), np.minimum(np.log(bars.low), close)


def _floored(variance: Array) -> Array:
    past = np.nan_to_num(variance)
    early = np.cumsum(past) / np.maximum(np.arange(len(past)), 1)
    mean = trailing(variance, _FLOOR_ROWS) / _FLOOR_ROWS
    floor = _FLOOR * np.where(np.isfinite(mean), mean, early) + _TINY
    return np.maximum(variance, floor)


def forecast(
    bars: Bars,
    horizon: int,
    driver: Driver | None = None,
    *,
    daily: bool = False,
    past: Sequence[Regression] | None = None,
    shared: dict[int, Design] | None = None,
) -> tuple[Array, tuple[Regression, ...]]:
    """Volatility a session over the next ``horizon`` sessions, as forecast at each close.

    Args:
        bars: Daily bars as known.
        horizon: Sessions, at least 1.
        driver: Implied volatility beside these bars. Until it has 500 sessions, and where it is
            missing, the forecast without it stands.
        daily: True for a venue that never closes: the share of weekend days ahead counts, 400
            rows are enough for a fit, and beyond one session the forecast is shrunk to the
            slow average by a quarter in logs.
        past: The regressions of the same forecast up to an earlier row, to be carried on.
        shared: Designs of these bars by first row, for other horizons to use; filled here.

    Returns:
        Volatilities, shape (n,), fraction a session, NaN until there is a fit; and the
        regressions.

    Source:
        Corsi (2009), in logs; features of the desk's own evaluation.
    """
    n = len(bars)
    done = len(past[0].predicted) if past else 0
    first = max(done - MEMORY - horizon // REFIT * REFIT, 0)
    shared = {} if shared is None else shared
    if first not in shared:
        shared[first] = _design(bars, driver, daily, first)
    reach, base, implied = shared[first]
    ahead = np.full(len(reach), np.nan)
    m = max(len(reach) - horizon, 0)
    ahead[:m] = np.log(trailing(reach, horizon)[horizon:] / horizon)
    if daily:
        day = weekday(bars.dates[first:])
        weekend = np.stack([(day + k) % 7 >= 5 for k in range(1, horizon + 1)]).mean(axis=0)
        base = np.column_stack([base, weekend])
    designs = [base] if implied is None else [base, np.column_stack([base, implied])]
    least = LEAST_DAILY if daily else LEAST
    before: Sequence[Regression | None] = past or [None] * len(designs)
    fits = tuple(
        expanding(design, ahead, horizon, least=least, n=n, past=earlier)
        for design, earlier in zip(designs, before, strict=True)
    )
    found = fits[0].predicted
    for better in fits[1:]:
        found = np.where(np.isfinite(better.predicted), better.predicted, found)
    sigma = np.exp(0.5 * found)
    if daily and horizon > 1:
        slow = decayed_volatility(log_returns(bars.close), 0.97)
        sigma = sigma**0.75 * slow**0.25
    return sigma, fits


def _design(bars: Bars, driver: Driver | None, daily: bool, first: int) -> Design:
    own = bars.picked(slice(first, None)) if first else bars
    reach = range_variance(own)
    base = np.column_stack(_features(own, reach, daily))
    if driver is None:
        return reach, base, None
    implied = Driver(close=driver.close[first:], range=driver.range[first:])
    return reach, base, np.column_stack(_implied(implied, own.dates))


def _features(bars: Bars, reach: Array, daily: bool) -> list[Array]:
    close, returns, variance = np.log(bars.close), log_returns(bars.close), realised_variance(bars)
    means = {n: trailing(variance, n) / n for n in (1, 2, 5, 10, 22, 66)}
    month, quarter = np.sqrt(means[22]), np.sqrt(means[66])
    week = (close - lag(close, 5)) / month
    night = np.nan_to_num(np.abs(_start(bars) - lag(close, 1)))
    columns = [np.ones(len(close)), *(np.log(mean) for mean in means.values())]
    columns += [np.log(reach), np.log(trailing(reach, 5) / 5)]
    columns += [np.log(trailing(np.abs(returns), 10) / 10 + _SMALL)]
    columns += [np.log(trailing(night, 22) / 22 + _SMALL), night / month]
    columns += [np.minimum(returns, 0) / month, np.abs(returns) / month]
    columns += [np.minimum(week, 0), np.minimum((close - lag(close, 22)) / quarter, 0), week]
    columns.append(np.log(decayed_volatility(returns, 0.94) + _SMALL))
    if daily:
        day = weekday(bars.dates)
        columns += [(day >= 5).astype(float), np.abs(week)]
    return columns


def _implied(driver: Driver, dates: Moments) -> list[Array]:
    level = np.log(driver.close)
    wide = np.isfinite(driver.range)
    return [
        2 * level,
        level - lag(level, 1),
        np.log(np.where(wide, driver.range, 0) + 1e-3) * wide,
        (~wide).astype(float),
        level - trailing(level, 22) / 22,
        *weekdays(dates),
    ]


def decayed_volatility(returns: Array, decay: float) -> Array:
    """Exponentially weighted volatility over the last 256 returns (60 while fewer are there).

    Args:
        returns: Log returns, shape (n,), NaN first.
        decay: Weight of yesterday's variance.

    Returns:
        Shape (n,), a fraction a session; NaN for the first 60.
    """
    found = np.full(len(returns), np.nan)
    for n in (60, 128, 256):
        mean = trailing(returns**2, n, decay) * (1 - decay) / (1 - decay**n)
        found = np.where(np.isfinite(mean), mean, found)
    volatility: Array = np.sqrt(found)
    return volatility
