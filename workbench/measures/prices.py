"""Bars and what follows from them: returns, volatility, drawdown, correlation."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.domain import intraday
from workbench.domain.calendars import Moments, to_datetime, to_numpy, venue
from workbench.domain.instruments import Instrument
from workbench.domain.snapshots import Column, Snapshot

Array = npt.NDArray[np.float64]
EWMA_DECAY = 0.94  # RiskMetrics' daily decay
SESSIONS_A_YEAR = 252
_SEED = 60  # sessions whose mean square starts the recursion


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bars:
    """One instrument's daily bars on the sessions of its venue; all arrays have one shape.

    Bars shorter than a session have a ``length``; their ``symbol`` is the series that they are
    of, such as ``BTC-USD@1h``, their dates are UTC ones, and ``at`` is the end of each.

    Attributes:
        symbol: Instrument.
        dates: Session dates, ``datetime64[D]``, increasing.
        at: Official closes, UTC.
        known_at: When each close could first be known.
        open: Opens, NaN where the source has none.
        close: Closing prices, finite and positive.
        high: Highs, NaN where the source has none.
        low: Lows, NaN where the source has none.
        volume: Volumes, NaN where missing or zero.
        length: How long each bar lasts; None where bars are sessions.
    """

    symbol: str
    dates: Moments
    at: Moments
    known_at: Moments
    open: Array
    close: Array
    high: Array
    low: Array
    volume: Array
    length: np.timedelta64 | None = None

    def __len__(self) -> int:
        return len(self.close)

    @property
    def has_path(self) -> bool:
        """True when the latest 250 bars all have highs and lows."""
        return bool(len(self) and np.isfinite(self.high[-250:] + self.low[-250:]).all())

    def picked(self, index: slice | npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> Bars:
        """The bars at these positions, in every field."""
        return replace(self, **{name: getattr(self, name)[index] for name in ARRAYS})

    def until(self, n: int) -> Bars:
        """The first n bars: what was there when the n-th had just closed."""
        return self.picked(slice(0, n))


ARRAYS = tuple(field.name for field in fields(Bars) if field.name not in {"symbol", "length"})


def bars(snapshot: Snapshot, one: Instrument) -> Bars | None:
    """The instrument's bars as known, in the shares of the snapshot's moment.

    Args:
        snapshot: What may be seen.
        one: Whose bars.

    Returns:
        Bars without blanks and without rows off its sessions, or None when no close is known. A
        zero volume is no volume: it becomes NaN. Every split that has taken effect by then is
        undone, so that a return across it is what a holder earned.
    """
    own = as_traded(snapshot, one)
    for at, ratio in splits(snapshot, one.symbol) if own is not None else ():
        if own is not None and at <= snapshot.as_of:
            own = _rebased(own, to_numpy(at), ratio)
    return own


def splits(snapshot: Snapshot, symbol: str) -> list[tuple[dt.datetime, float]]:
    """Splits as known: when the new shares first trade, and how many there are for one old.

    One that the prices do not show is left out: then their source had adjusted them already.
    """
    column, close = snapshot.get(symbol, "split"), snapshot.get(symbol, "close")
    if column is None:
        return []
    return [
        (to_datetime(at), float(ratio))
        for at, ratio in zip(column.at, column.value, strict=True)
        if ratio > 0 and ratio != 1 and not _adjusted(close, at, float(ratio))
    ]


def _adjusted(close: Column | None, at: np.datetime64, ratio: float) -> bool:
    """Whether the closes on both sides of a split are in one kind of share."""
    if close is None:
        return False
    full = np.isfinite(close.value) & (close.value > 0)
    moments, value = close.at[full], close.value[full]
    first = int(np.searchsorted(moments, at))
    if not 0 < first < len(value):
        return False
    move = float(np.log(value[first] / value[first - 1]))
    return bool(abs(move + np.log(ratio)) >= abs(move))


def _rebased(own: Bars, at: np.datetime64, ratio: float) -> Bars:
    """The bars with those before a split in the new shares."""
    per = np.where(own.at < at, ratio, 1.0)
    return replace(
        own,
        open=own.open / per, high=own.high / per, low=own.low / per, close=own.close / per,
        volume=own.volume * per,
    )  # fmt: skip


def as_traded(snapshot: Snapshot, one: Instrument) -> Bars | None:
    """The instrument's bars as ``bars`` gives them, but each in the shares of its own day."""
    close = snapshot.get(one.symbol, "close")
    if close is None:
        return None
    calendar = venue(one.venue)
    index = np.minimum(np.searchsorted(calendar.closes, close.at), len(calendar.closes) - 1)
    kept = (calendar.closes[index] == close.at) & (close.value > 0)
    if not kept.any():
        return None
    return _bars(snapshot, one.symbol, kept, calendar.dates[index[kept]])


def intraday_bars(snapshot: Snapshot, series: str) -> Bars | None:
    """Bars shorter than a session as known, without blanks.

    Args:
        snapshot: What may be seen.
        series: Id that names their length, such as ``BTC-USD@1h``.

    Returns:
        Bars whose ``symbol`` is the series, or None when no close is known. Where the source has
        a hole there is a gap in ``at``.
    """
    close = snapshot.get(series, "close")
    if close is None or not (kept := close.value > 0).any():
        return None
    dates = close.at[kept].astype("datetime64[D]")
    return replace(_bars(snapshot, series, kept, dates), length=intraday.length(series))


def _bars(snapshot: Snapshot, series: str, kept: npt.NDArray[np.bool_], dates: Moments) -> Bars:
    close = snapshot.columns[series, "close"]
    at = close.at[kept]
    volume = aligned(snapshot.get(series, "volume"), at)
    return Bars(
        symbol=series,
        dates=dates,
        at=at,
        known_at=close.known_at[kept],
        open=aligned(snapshot.get(series, "open"), at),
        close=close.value[kept],
        high=aligned(snapshot.get(series, "high"), at),
        low=aligned(snapshot.get(series, "low"), at),
        volume=np.where(volume > 0, volume, np.nan),
    )


def merged(bars: Bars, dates: Moments) -> Bars:
    """The bars put on the sessions of another venue that trades on fewer days.

    Args:
        bars: Of a venue that trades on every one of these dates, and more.
        dates: The other venue's sessions, increasing.

    Returns:
        One bar a date that both have, holding all since the date before: first open, highest
        high, lowest low, last close, total volume. The first is dropped, as what came before is
        unknown. A missing high or low makes its bar's missing.
    """
    last = np.flatnonzero(np.isin(bars.dates, dates))
    if len(last) < 2:
        return bars.until(0)
    first = last[:-1] + 1
    until = slice(0, int(last[-1]) + 1)
    return replace(
        bars.picked(last[1:]),
        open=bars.open[first],
        high=np.maximum.reduceat(bars.high[until], first),
        low=np.minimum.reduceat(bars.low[until], first),
        volume=np.add.reduceat(bars.volume[until], first),
    )


def aligned(column: Column | None, at: Moments) -> Array:
    """A field's values at these moments, NaN where it has none."""
    if column is None:
        return np.full(len(at), np.nan)
    if np.array_equal(column.at, at):
        return column.value
    index = np.minimum(np.searchsorted(column.at, at), len(column.at) - 1)
    return np.where(column.at[index] == at, column.value[index], np.nan)


def known_by(column: Column, moments: Moments) -> Array:
    """A slow series as it stood at each moment: the latest value known by then, else NaN.

    Args:
        column: Values with their ``known_at``; blanks are skipped.
        moments: When to look, any order.

    Returns:
        One value a moment, in the column's unit.
    """
    full = np.isfinite(column.value)
    index, value = last_known(column.known_at[full], moments), column.value[full]
    if not len(value):
        return np.full(len(moments), np.nan)
    return np.where(index >= 0, value[np.maximum(index, 0)], np.nan)


def last_known(known_at: Moments, moments: Moments) -> npt.NDArray[np.intp]:
    """Which row was the latest one known at each moment.

    Args:
        known_at: When each row became known; rows are ordered by what they describe.
        moments: When to look, any order.

    Returns:
        One position a moment, -1 where nothing was known. A late revision of an old row does
        not count as the latest.
    """
    if not len(known_at):
        return np.full(len(moments), -1)
    order = np.argsort(known_at, kind="stable")
    newest = np.maximum.accumulate(order)
    index = np.searchsorted(known_at[order], moments, side="right") - 1
    return np.where(index >= 0, newest[np.maximum(index, 0)], -1)


def log_returns(close: Array) -> Array:
    """Log change from one close to the next, same shape, NaN first."""
    return np.diff(np.log(close), prepend=np.nan)


def sessions_a_year(dates: Moments) -> int:
    """Sessions of a year on the venue that has these: 365 if it trades on weekends, else 252."""
    return SESSIONS_A_YEAR if np.is_busday(dates.astype("datetime64[D]")).all() else 365


def simple_return(close: Array, sessions: int = 1) -> float:
    """Change over the last ``sessions`` closes as a fraction; NaN with too few."""
    return float(close[-1] / close[-1 - sessions] - 1) if len(close) > sessions else float("nan")


def ewma_volatility(close: Array, decay: float = EWMA_DECAY) -> Array:
    """Exponentially weighted daily volatility of log returns, known at each close.

    Args:
        close: Prices, shape (n,).
        decay: Weight of yesterday's variance.

    Returns:
        Shape (n,), a fraction a day; NaN for the first 60 closes.

    Source:
        RiskMetrics: v_t = decay * v_{t-1} + (1 - decay) * r_t^2.
    """
    squares = log_returns(close) ** 2
    if len(squares) <= _SEED:
        return np.full(len(squares), np.nan)
    start = float(squares[1 : _SEED + 1].mean())
    tail = pd.Series(np.r_[start, squares[_SEED + 1 :]])
    variance = tail.ewm(alpha=1 - decay, adjust=False).mean().to_numpy()
    return np.concatenate([np.full(_SEED, np.nan), np.sqrt(variance)])


def drawdown(close: Array) -> Array:
    """Distance of each close from the running maximum, a fraction at most 0."""
    fall: Array = close / np.maximum.accumulate(close) - 1
    return fall


def rolling_mean(values: Array, n: int) -> Array:
    """Mean of the last n values; NaN until n are there and wherever one of them is missing."""
    return pd.Series(values).rolling(n).mean().to_numpy(np.float64)


def correlation(one: Bars, other: Bars, window: int) -> pd.Series[float]:
    """Rolling correlation of daily log returns on common sessions.

    Returns:
        Indexed by session date, in [-1, 1]; NaN for the first ``window`` sessions.
    """
    first = pd.Series(log_returns(one.close), index=pd.DatetimeIndex(one.dates))
    second = pd.Series(log_returns(other.close), index=pd.DatetimeIndex(other.dates))
    both = pd.concat([first, second], axis=1, join="inner")
    return both.iloc[:, 0].rolling(window).corr(both.iloc[:, 1])
