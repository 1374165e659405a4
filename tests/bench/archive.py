"""How fast the archive appends, merges and reads, at 10⁵, 10⁶ and 10⁷ rows.

``python -m tests.bench.archive [--rows 100000 1000000 10000000]``. The archive holds series of
five fields and twenty years of days, one row in fifty revised, delivered in eight parts and merged,
with eight small pulls after that; at fewer rows the same series, and fewer of them. The desk's
are thirty of them, spread evenly. Before anything is timed, what is read is compared with the same
question put to one plain frame.
"""

from __future__ import annotations

import argparse
import datetime as dt
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from workbench.domain.calendars import UTC
from workbench.domain.snapshots import Snapshot
from workbench.world.archive import Archive

FIELDS = ("open", "high", "low", "close", "volume")
DAYS, DESK, REPEATS = 5_040, 30, 9
FIRST = np.datetime64("2006-01-02T21:00:00", "us")
END = dt.datetime(2027, 1, 1, tzinfo=UTC)


def observations(series: int, days: int, seed: int) -> pd.DataFrame:
    """Days of five fields of these series, and revisions of one row in fifty."""
    rng = np.random.default_rng(seed)
    at = FIRST + np.arange(days) * np.timedelta64(36, "h")
    n = series * len(FIELDS) * days
    names = np.array([f"S{i:04}" for i in range(series)])
    frame = pd.DataFrame(
        {
            "series": pd.Categorical.from_codes(
                np.repeat(np.arange(series), len(FIELDS) * days), names
            ),
            "field": pd.Categorical.from_codes(
                np.tile(np.repeat(np.arange(len(FIELDS)), days), series), FIELDS
            ),
            "at": np.tile(at, series * len(FIELDS)),
            "value": np.round(rng.normal(100, 20, n), 2),
        }
    )
    frame["known_at"] = frame["at"] + np.timedelta64(15, "m")
    late = frame.iloc[np.sort(rng.choice(n, n // 50, replace=False))].copy()
    late["known_at"] += pd.to_timedelta(rng.integers(1, 60, len(late)), unit="D")
    late["value"] += 1
    made = pd.concat([frame, late], ignore_index=True)
    for name in ("at", "known_at"):
        made[name] = made[name].astype("datetime64[us]").dt.tz_localize("UTC")
    texts = {"unit": "USD", "source": "H", "basis": "rule"}
    for name, text in texts.items():
        made[name] = pd.Categorical.from_codes(np.zeros(len(made), np.int8), [text])
    return made


def pulls(series: int, count: int) -> list[pd.DataFrame]:
    """One new day of every series each, after all others."""
    found = []
    for number in range(count):
        frame = observations(series, 1, number)
        shift = pd.Timestamp("2026-12-01", tz="UTC") + pd.Timedelta(days=number) - frame["at"].min()
        found.append(frame.assign(at=frame["at"] + shift, known_at=frame["known_at"] + shift))
    return found


def plainly(frame: pd.DataFrame, at: dt.datetime, wanted: list[str]) -> pd.DataFrame:
    """The question put to one frame: the latest vintage known of each moment."""
    known = frame[frame["series"].isin(wanted) & (frame["known_at"] <= pd.Timestamp(at))]
    ordered = known.sort_values(["series", "field", "at", "known_at"])
    return ordered.drop_duplicates(["series", "field", "at"], keep="last")


def agrees(snapshot: Snapshot, rows: pd.DataFrame) -> bool:
    """Whether both say the same."""
    found = 0
    for (series, field), own in rows.groupby(["series", "field"], observed=True):
        column = snapshot.get(str(series), str(field))
        if column is None or not np.array_equal(column.value, own["value"].to_numpy()):
            return False
        if not np.array_equal(column.at, own["at"].dt.tz_localize(None).to_numpy()):
            return False
        found += len(own)
    return found == sum(len(one.at) for one in snapshot.columns.values())


def timed(
    work: Callable[[], object],
    repeats: int = REPEATS,
    clock: Callable[[], float] = time.perf_counter,
) -> float:
    """Median seconds by a clock: of the wall, or of the processor alone."""
    spans = []
    for _ in range(repeats):
        start = clock()
        work()
        spans.append(clock() - start)
    return statistics.median(spans)


def peak() -> float:
    """Greatest memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(rows: int) -> dict[str, float]:
    """The timings at about this many rows, in seconds."""
    series = max(1, round(rows / 1.02 / DAYS / len(FIELDS)))
    days = min(DAYS, rows // len(FIELDS))
    frame, new = observations(series, days, 7), pulls(series, 8)
    step = max(1, series // DESK)
    wanted = [f"S{i:04}" for i in range(0, series, step)][:DESK]
    asked = dict.fromkeys(wanted, ("H",))
    with tempfile.TemporaryDirectory() as folder:
        path, found = Path(folder), {"rows": float(len(frame)), "desk": float(len(wanted))}
        archive = Archive(path)
        start = time.perf_counter()
        for number, piece in enumerate(np.array_split(np.arange(len(frame)), 8)):
            archive.append(frame.iloc[piece], origin=f"file {number}", through=END)
        found["append"] = time.perf_counter() - start
        found["cold, loose"] = timed(lambda: Archive(path).as_of(END, asked))
        before = Archive(path).as_of(END, asked).hash
        start = time.perf_counter()
        archive.compact()
        found["compact"] = time.perf_counter() - start
        assert Archive(path).as_of(END, asked).hash == before
        for number, one in enumerate(new):
            archive.append(one, origin=f"pull {number}", through=END)
        whole = pd.concat([frame, *new])
        chance = np.random.default_rng(3)
        span = (END - dt.datetime(2006, 2, 1, tzinfo=UTC)).days
        moments = [END - dt.timedelta(days=float(one)) for one in chance.uniform(0, span, 100)]
        for at in (END, *moments[:2]):
            assert agrees(Archive(path).as_of(at, asked), plainly(whole, at, wanted))
        del frame, whole
        found["rows read"] = float(
            sum(len(c.at) for c in archive.as_of(END, asked).columns.values())
        )
        found["cold"] = timed(lambda: Archive(path).as_of(END, asked))
        found["cold, processor"] = timed(
            lambda: Archive(path).as_of(END, asked), clock=time.process_time
        )
        found["warm"] = timed(lambda: archive.as_of(END, asked))
        found["past, warm"] = timed(lambda: [archive.as_of(at, asked) for at in moments], 3) / 100
        found["past, cold"] = (
            timed(lambda: [Archive(path).as_of(at, asked) for at in moments[:20]], 3) / 20
        )
        start = time.perf_counter()
        archive.coverage()
        found["coverage"] = time.perf_counter() - start
        found["parts"] = float(len(archive.parts()))
        found["MB"] = sum(one.stat().st_size for one in archive.parts()) / 2**20
        found["peak MB"] = peak()
    return found


def main() -> None:
    """Prints one line a size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000, 10_000_000])
    for rows in parser.parse_args().rows:
        found = measure(rows)
        counts = {"rows", "desk", "rows read", "parts"}
        told = []
        for name, value in found.items():
            if name in counts or name.endswith("MB"):
                told.append(f"{name} {value:,.0f}")
            else:
                told.append(f"{name} {1000 * value:,.1f} ms")
        print("; ".join(told), flush=True)


if __name__ == "__main__":
    main()
