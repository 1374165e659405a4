"""What an examination costs a cycle: ``python -m tests.bench.examination``.

A clean desk of 17 instruments with 5,000 daily bars each and 20 slow series; processor time of one
call on data that was looked at before, as in a replay.
"""

from __future__ import annotations

import datetime as dt
import time

import numpy as np

from tests.bench.days import column
from workbench.domain.calendars import to_numpy, venue
from workbench.domain.instruments import INSTRUMENTS, indicator
from workbench.domain.snapshots import Column, Snapshot
from workbench.measures import quality

AS_OF = dt.datetime(2026, 4, 10, 21, 0, tzinfo=dt.UTC)
N, ROUNDS = 5_000, 60
_NAMES = (
    "FEDFUNDS", "DFF", "EFFR", "SOFR", "DGS3MO", "DGS2", "DGS5", "DGS10", "DGS30", "T10Y2Y",
    "T10Y3M", "T10YIE", "AAA", "BAA", "UNRATE", "CPIAUCSL", "CPILFESL", "NFCI", "DTWEXBGS", "WTI",
)  # fmt: skip
SLOW = tuple(map(indicator, _NAMES))
_LEVEL = {"index": 150.0, "%": 3.0, "USD a barrel": 60.0}
_DAYS = {"day": 1, "week": 7, "month": 30}


def desk() -> Snapshot:
    """The made snapshot."""
    chance = np.random.default_rng(1)
    columns: dict[tuple[str, str], Column] = {}
    for one in INSTRUMENTS:
        closes = venue(one.venue).closes
        at = closes[closes <= to_numpy(AS_OF) - np.timedelta64(40, "m")][-N:]
        close = 20 * np.exp(0.3 * np.sin(np.cumsum(0.05 * chance.standard_normal(N))))
        opens = np.r_[close[0], close[:-1]] * np.exp(0.003 * chance.standard_normal(N))
        fields = {
            "open": opens, "high": np.maximum(opens, close) * 1.005,
            "low": np.minimum(opens, close) * 0.995, "close": close,
            "volume": chance.uniform(1e6, 1e7, N),
        }  # fmt: skip
        columns |= {(one.symbol, f): column(at, v, one.unit, 15) for f, v in fields.items()}
    for slow in SLOW:
        n = N // _DAYS[slow.period]
        step = np.timedelta64(_DAYS[slow.period], "D")
        at = np.datetime64("2026-04-09T00:00", "us") - np.arange(n)[::-1] * step
        base = 0.5 if slow.series == "NFCI" else _LEVEL[slow.unit]
        value = base * np.exp(0.001 * np.cumsum(chance.standard_normal(n)))
        columns[slow.series, slow.field] = column(at, value, slow.unit)
    return Snapshot(as_of=AS_OF, columns=columns)


def main() -> None:
    """Prints the median and the least of many calls."""
    seen, taken = desk(), []
    found = quality.examined(seen, INSTRUMENTS, SLOW)
    for _ in range(ROUNDS):
        start = time.process_time()
        quality.examined(seen, INSTRUMENTS, SLOW)
        taken.append(1000 * (time.process_time() - start))
    print(f"{len(INSTRUMENTS)} instruments of {N} bars, {len(SLOW)} slow series, "
          f"{len(found.faults)} faults: median {np.median(taken):.1f} ms, "
          f"least {min(taken):.1f} ms of {ROUNDS} calls")  # fmt: skip


if __name__ == "__main__":
    main()
