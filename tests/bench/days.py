"""A made desk on a day of spring 2026, without a fault: what harnesses then break one thing of."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from functools import cache

import numpy as np

from workbench.domain.calendars import to_numpy, venue
from workbench.domain.instruments import Indicator, Instrument, find, indicator
from workbench.domain.snapshots import Column, Snapshot
from workbench.measures import quality
from workbench.measures.quality import Examined

THURSDAY = dt.datetime(2026, 4, 2, 22, 0, tzinfo=dt.UTC)
GOOD_FRIDAY = dt.datetime(2026, 4, 3, 17, 51, tzinfo=dt.UTC)
N = 320
DESK: tuple[Instrument, ...] = tuple(map(find, ("SPY", "VIX", "TSLA", "META", "AMZN", "BTC")))
SLOW: tuple[Indicator, ...] = tuple(
    map(
        indicator,
        (
            "DGS10", "FEDFUNDS", "T10Y2Y", "ETH.tx_count", "ETH.transfer_usd",
            "BTC-mempool.count", "BTC-mempool.vsize", "BTC-mempool.fees",
            "BTC-mempool.fee_fastest", "langflow-ai/langflow.stars",
        ),
    )
)  # fmt: skip
LEVELS: Mapping[str, tuple[float, float]] = {  # where a series stands, and how far it moves
    "DGS10": (4.3, 0.01), "FEDFUNDS": (3.64, 0.0), "T10Y2Y": (0.56, 0.01),
    "ETH.tx_count": (1.8e6, 0.03), "ETH.transfer_usd": (8e9, 0.05),
    "BTC-mempool.count": (30_000, 0.05), "BTC-mempool.vsize": (1.2e7, 0.05),
    "BTC-mempool.fees": (3e7, 0.05), "BTC-mempool.fee_fastest": (4, 0.05),
    "langflow-ai/langflow.stars": (146_000, 0.0),
}  # fmt: skip
_START = {"SPY": 650.0, "VIX": 24.0, "TSLA": 360.0, "META": 560.0, "AMZN": 200.0,
          "BTC-USD": 66_000.0}  # fmt: skip


def column(at: np.ndarray, value: np.ndarray, unit: str = "", lag: int = 5) -> Column:
    """Values known some minutes after the moments that they describe."""
    known = at + np.timedelta64(lag, "m")
    return Column(at=at, known_at=known, value=np.asarray(value, float), unit=unit, source="made")


@cache
def day() -> Snapshot:
    """Bars of six instruments and ten slow series as of Thursday 2026-04-02 22:00 UTC."""
    rng = np.random.default_rng(7)
    columns: dict[tuple[str, str], Column] = {}
    for one in DESK:
        closes = venue(one.venue).closes
        at = closes[closes <= to_numpy(THURSDAY)][-N:]
        step = 0.05 if one.symbol == "VIX" else 0.012
        moves = step * rng.standard_normal(N)
        close = _START[one.symbol] * np.exp(np.cumsum(moves - moves.mean()) * 0.5)
        opens = close * np.exp(0.2 * step * rng.standard_normal(N))
        fields = {
            "open": opens, "high": np.maximum(opens, close) * 1.004,
            "low": np.minimum(opens, close) * 0.996, "close": close,
            "volume": 1e7 * np.exp(0.2 * rng.standard_normal(N)),
        }  # fmt: skip
        lag = one.lag_minutes
        columns |= {(one.symbol, f): column(at, v, one.unit, lag) for f, v in fields.items()}
    for slow in SLOW:
        base, step = LEVELS[slow.symbol]
        days = np.datetime64("2026-04-02T00:00", "us") - np.arange(N)[::-1] * np.timedelta64(1, "D")
        if slow.period == "month":
            days = np.arange(np.datetime64("2024-02"), np.datetime64("2026-03")).astype("M8[us]")
        value = base * np.exp(step * rng.standard_normal(len(days)))
        if slow.field == "stars":
            value = base + 40.0 * np.arange(len(days))
        columns[slow.series, slow.field] = column(days, value, slow.unit)
    return Snapshot(as_of=THURSDAY, columns=columns)


def poked(
    key: tuple[str, str], index: object, value: object, seen: Snapshot | None = None
) -> Snapshot:
    """The day with some values of one column replaced."""
    seen = seen or day()
    own = seen.columns[key]
    changed = own.value.copy()
    changed[index] = value
    return changed_to({key: replace(own, value=changed)}, seen)


def scaled(symbol: str, index: object, factor: float, seen: Snapshot | None = None) -> Snapshot:
    """The day with the prices of some bars multiplied."""
    seen = seen or day()
    for field in ("open", "high", "low", "close"):
        own = seen.columns[symbol, field].value
        seen = poked((symbol, field), index, own[index] * factor, seen)
    return seen


def changed_to(changes: Mapping[tuple[str, str], Column], seen: Snapshot | None = None) -> Snapshot:
    """The day with columns added or replaced."""
    seen = seen or day()
    return Snapshot(as_of=seen.as_of, columns={**seen.columns, **changes})


def looked(seen: Snapshot | None = None, **more: object) -> Examined:
    """The examination of a day by its desk."""
    return quality.examined(seen or day(), DESK, SLOW, **more)  # type: ignore[arg-type]  # health and others pass through


def known_until(seen: Snapshot, moment: dt.datetime) -> Snapshot:
    """What of a day was known at an earlier moment."""
    until = to_numpy(moment)
    columns = {}
    for key, own in seen.columns.items():
        kept = own.known_at <= until
        if kept.any():
            columns[key] = replace(
                own, at=own.at[kept], known_at=own.known_at[kept], value=own.value[kept]
            )
    return Snapshot(as_of=moment, columns=columns)
