"""Made-up bars and snapshots, built on the sessions of real venues."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pytest

from workbench.domain.calendars import to_numpy, venue
from workbench.domain.snapshots import Column, Snapshot
from workbench.measures.prices import Bars

LAST = dt.date(2018, 1, 26)
LAG = np.timedelta64(15, "m")


def sessions(n: int, last: dt.date, name: str = "XNYS") -> tuple[np.ndarray, np.ndarray]:
    """Dates and closes of the n sessions that end with a date."""
    calendar = venue(name)
    end = int(np.searchsorted(calendar.dates, np.datetime64(last), side="right"))
    return calendar.dates[end - n : end], calendar.closes[end - n : end]


def _full(values: Sequence[float] | None, n: int) -> np.ndarray:
    return np.full(n, np.nan) if values is None else np.asarray(values, float)


@pytest.fixture(scope="session")
def bars_of() -> Callable[..., Bars]:
    """Bars from closes (and highs, lows, volumes), the last one on a date."""

    def build(
        close: Sequence[float], high: Sequence[float] | None = None,
        low: Sequence[float] | None = None, volume: Sequence[float] | None = None, *,
        start: Sequence[float] | None = None, symbol: str = "SPX", last: dt.date = LAST,
        name: str = "XNYS",
    ) -> Bars:  # fmt: skip
        n = len(close)
        dates, at = sessions(n, last, name)
        return Bars(
            symbol=symbol, dates=dates, at=at, known_at=at + LAG, open=_full(start, n),
            close=np.asarray(close, float),
            high=_full(high, n), low=_full(low, n), volume=_full(volume, n),
        )  # fmt: skip

    return build


@pytest.fixture(scope="session")
def walk(bars_of: Callable[..., Bars]) -> Callable[..., Bars]:
    """A random walk with highs, lows and volumes; ``swing`` makes its volatility come and go."""

    def build(n: int, seed: int = 1, swing: float = 0.0, **where: object) -> Bars:
        rng = np.random.default_rng(seed)
        state = np.zeros(n)
        for i in range(1, n):
            state[i] = 0.98 * state[i - 1] + 0.2 * rng.standard_normal()
        sigma = 0.01 * np.exp(swing * state)
        moves = sigma * rng.standard_normal((5, n)) / np.sqrt(5)
        paths = np.cumsum(moves, axis=0)
        end = np.cumsum(paths[-1])
        start = end - paths[-1]
        top = start + np.maximum(paths.max(axis=0), 0)
        bottom = start + np.minimum(paths.min(axis=0), 0)
        volume = 1e9 * np.exp(0.2 * rng.standard_normal(n))
        return bars_of(1000 * np.exp(end), 1000 * np.exp(top), 1000 * np.exp(bottom), volume,
                       start=1000 * np.exp(start), **where)  # fmt: skip

    return build


@pytest.fixture(scope="session")
def column() -> Callable[..., Column]:
    """A column from moments and values, known after a lag."""

    def build(
        at: Sequence[object], value: Sequence[float], known_at: Sequence[object] | None = None,
        unit: str = "points",
    ) -> Column:  # fmt: skip
        moments = np.asarray(at, "datetime64[us]")
        known = moments + LAG if known_at is None else np.asarray(known_at, "datetime64[us]")
        return Column(
            at=moments, known_at=known, value=np.asarray(value, float), unit=unit, source="made up"
        )

    return build


@pytest.fixture(scope="session")
def market(walk: Callable[..., Bars], column: Callable[..., Column]) -> Callable[..., Snapshot]:
    """A clean snapshot of the default desk's series, an hour after its last close."""

    def build(n: int = 900, seed: int = 1, last: dt.date = LAST) -> Snapshot:
        dates, at = sessions(n, last)
        columns: dict[tuple[str, str], Column] = {}
        for i, symbol in enumerate(("SPX", "COMP")):
            own = walk(n, seed + i, 0.5, symbol=symbol, last=last)
            fields = {"open": (own.high + own.low) / 2, "close": own.close, "high": own.high,
                      "low": own.low, "volume": own.volume}  # fmt: skip
            columns |= {(symbol, name): column(at, values) for name, values in fields.items()}
        rng = np.random.default_rng(seed + 7)
        fear = 18 * np.exp(np.cumsum(0.02 * rng.standard_normal(n)) * 0.5)
        columns["VIX", "close"] = column(at, fear, at + np.timedelta64(30, "m"))
        barrel = 60 * np.exp(np.cumsum(0.01 * rng.standard_normal(n)))
        week = np.timedelta64(7, "D")
        columns["WTI", "value"] = column(at - week, barrel, at)
        first = dates[0].astype("datetime64[M]")
        months = np.arange(first, dates[-1].astype("datetime64[M]"))
        published = (months + 1).astype("datetime64[us]") + week
        for i, name in enumerate(("AAA", "BAA", "CPILFESL")):
            level = 4 + i + 0.1 * np.cumsum(rng.standard_normal(len(months)))
            kept = published <= at[-1]
            columns[name, "value"] = column(months[kept], level[kept], published[kept])
        as_of = at[-1].astype("datetime64[us]").astype(dt.datetime) + dt.timedelta(hours=1)
        return Snapshot(as_of=as_of.replace(tzinfo=dt.UTC), columns=columns)

    return build


@pytest.fixture(scope="session")
def changed() -> Callable[..., Snapshot]:
    """A snapshot with some columns replaced, or removed where the new one is None."""

    def build(seen: Snapshot, changes: Mapping[tuple[str, str], Column | None]) -> Snapshot:
        columns = {key: one for key, one in {**seen.columns, **changes}.items() if one is not None}
        return Snapshot(as_of=seen.as_of, columns=columns)

    return build


@pytest.fixture(scope="session")
def shown_until() -> Callable[[Snapshot, dt.datetime], Snapshot]:
    """What of a snapshot was known at an earlier moment."""

    def build(seen: Snapshot, as_of: dt.datetime) -> Snapshot:
        columns = {}
        for key, one in seen.columns.items():
            kept = one.known_at <= to_numpy(as_of)
            if kept.any():
                columns[key] = Column(
                    at=one.at[kept], known_at=one.known_at[kept], value=one.value[kept],
                    unit=one.unit, source=one.source,
                )  # fmt: skip
        return Snapshot(as_of=as_of, columns=columns)

    return build
