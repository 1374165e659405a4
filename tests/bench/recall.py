"""Recall on real errors, false flags on clean history: ``python -m tests.bench.recall [FOLDER]``.

FOLDER holds ``series/`` as SERIES.md describes it, and in it ``yfinance_repair_pairs``; pairs of
another folder of such files are tried with ``--pairs DIR``. A *real error* is a row whose open,
high, low, close, adjusted close or payment differs between a file and its ``-fixed`` one by more
than 0.5 %. A *false flag* is a row left out of a file without errors: a ``-fixed`` one, one that
has no fixed one, or a history that is taken to be clean.
"""

from __future__ import annotations

import argparse
import datetime as dt
import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from tests.bench import left_out
from workbench.domain.contracts import contract
from workbench.domain.snapshots import Column, Snapshot
from workbench.measures.quality import bars, breaks, distributions, runs
from workbench.measures.quality.breaks import Basis
from workbench.measures.quality.levels import level_faults
from workbench.measures.quality.rows import Fault, rows, without

SHARED = Path(__file__).parents[2].parent / "shared" / "data"
LATER = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)
FIELDS = {
    "Open": "open", "High": "high", "Low": "low", "Close": "close", "Adj Close": "close_adj",
    "Volume": "volume", "Dividends": "dividend", "Stock Splits": "split",
    "Capital Gains": "capital_gain",
}  # fmt: skip
PRICED = ["Open", "High", "Low", "Close", "Adj Close", "Dividends"]
APART = 5e-3


@cache
def read(path: Path) -> pd.DataFrame:
    """One file of a pair, in order of time."""
    frame = pd.read_csv(path, index_col=0)
    frame.index = pd.to_datetime(frame.index, utc=True)
    return frame.sort_index()


def _naive(frame: pd.DataFrame) -> np.ndarray:
    return pd.DatetimeIndex(frame.index).tz_convert(None).to_numpy().astype("datetime64[us]")


def snapshot(frame: pd.DataFrame, fields: Sequence[tuple[str, str]]) -> Snapshot:
    """A frame's columns as the series X, all of them known."""
    at = _naive(frame)
    columns = {
        ("X", field): Column(
            at=at, known_at=at, value=frame[name].to_numpy(float), unit="", source=""
        )
        for name, field in fields
        if name in frame
    }
    return Snapshot(as_of=LATER, columns=columns)


def faults(
    seen: Snapshot, *, basis: Basis, jump: float = 0.5, tick: float = 0.0, low: float = 0,
    high: float = 1e8, coin: bool = False,
) -> list[Fault]:  # fmt: skip
    """What an examination leaves out of one series, without a desk around it."""
    own = rows(seen, "X")
    if own is None:
        return []
    found = bars.bar_faults(seen, own, tick=tick, low=low, high=high)
    left = rows(without(seen, [fault for fault in found if not fault.field]), "X")
    if left is not None:
        found += breaks.break_faults(left, jump=jump, basis=basis)
        left = rows(without(seen, [fault for fault in found if not fault.field]), "X")
    gone = [fault.at for fault in found if not fault.field]
    if left is None:
        return found
    found += runs.swapped_faults(left, always=coin)
    if coin and left.volume is not None:
        found += runs.volume_faults("X", "volume", left.at, left.volume, left.close)
    return found + distributions.distribution_faults(left, np.concatenate(gone) if gone else None)


def hit(frame: pd.DataFrame, found: Sequence[Fault]) -> np.ndarray:
    """Which rows of a frame are concerned."""
    at = _naive(frame)
    return np.isin(at, np.concatenate([f.at for f in found])) if found else np.zeros(len(at), bool)


def pairs(folder: Path) -> pd.DataFrame:
    """One row a file: ``file, kind, rows, errors, found, extra, codes``."""
    table = []
    for path in sorted(folder.glob("*.csv.gz")):
        frame, name = read(path), path.name.removesuffix(".csv.gz")
        found = faults(snapshot(frame, list(FIELDS.items())), basis="adjusted")
        flagged = hit(frame, found)
        fixed = folder / f"{name}-fixed.csv.gz"
        errors = np.zeros(len(frame), bool)
        if fixed.exists():
            other = read(fixed).reindex(frame.index)
            for column in PRICED:
                if column in frame and column in other:
                    errors |= ~np.isclose(
                        frame[column], other[column], rtol=APART, atol=1e-12, equal_nan=True
                    )
        kind = re.sub(r"^.*?-\d+(?:d|wk|m|h|mo)-", "", name) if fixed.exists() else "clean"
        codes = ", ".join(f"{f.check} {f.field or 'bar'} {len(f.at)}" for f in found)
        table.append(
            (name, kind, len(frame), int(errors.sum()), int((errors & flagged).sum()),
             int((flagged & ~errors).sum()), codes)
        )  # fmt: skip
    return pd.DataFrame(
        table, columns=["file", "kind", "rows", "errors", "found", "extra", "codes"]
    )


def _long(path: Path) -> Iterator[tuple[str, pd.DataFrame]]:
    frame = pd.read_parquet(path)
    time = "date" if "date" in frame else "ts"
    for (series, source), part in frame.groupby(["series", "source"]):
        wide = part.pivot_table(index=time, columns="field", values="value", dropna=False)
        wide.index = pd.to_datetime(wide.index, utc=True)
        yield f"{series}/{source}", wide.rename(columns={"adj_close": "close_adj"})


def history(folder: Path, only: Sequence[str] = ()) -> pd.DataFrame:
    """One row a data set of clean history: ``data, series, rows, out, codes, share``.

    Prices are looked at as bars; series with a contract by it, under their own names.
    """
    shown = {
        "equity_daily_ohlcv": {"tick": 0.01}, "equity_daily_adj": {"tick": 0.01},
        "crypto_daily": {"tick": 0.01, "coin": True},
        "vix_daily": {"tick": 0.01, "low": 5.0, "high": 150.0, "jump": 1.0},
        "crypto_hourly": {"tick": 0.01}, "etf_1h_2024_2026": {"tick": 0.01},
        "intraday_5m_2025_2026": {"tick": 0.01},
    }  # fmt: skip
    table = []
    for name, terms in shown.items():
        if only and name not in only:
            continue
        path, count, n, out = folder / f"{name}.parquet", 0, 0, 0
        codes: dict[str, int] = {}
        for _, wide in _long(path):
            plain = (
                wide.rename(columns=lambda c: c.removesuffix("_adj"))
                if "close" not in wide
                else wide
            )
            found = faults(snapshot(plain, [(c, c) for c in plain]), basis="adjusted", **terms)
            count, n, out = count + 1, n + len(plain), out + int(hit(plain, found).sum())
            for fault in found:
                key = f"{fault.check} {fault.field or 'bar'}"
                codes[key] = codes.get(key, 0) + len(fault.at)
        table.append((name, count, n, out, codes))
    for name in ("fred", "github_repo_daily"):
        if only and name not in only:
            continue
        count, n, out, codes = 0, 0, 0, {}
        for series, wide in _long(folder / f"{name}.parquet"):
            own = series.rpartition("/")[0]
            columns = {
                (own, c): column
                for (_, c), column in snapshot(wide, [(c, c) for c in wide]).columns.items()
                if contract(own, c) is not None
            }
            if not columns:
                continue
            found = level_faults(Snapshot(as_of=LATER, columns=columns), ())
            count, n, out = count + 1, n + len(wide), out + int(hit(wide, found).sum())
            for fault in found:
                codes[fault.check] = codes.get(fault.check, 0) + len(fault.at)
        table.append((name, count, n, out, codes))
    frame = pd.DataFrame(table, columns=["data", "series", "rows", "out", "codes"])
    return frame.assign(share=frame["out"] / frame["rows"])


def vix(folder: Path) -> tuple[int, int, int, int]:
    """Of VIX: opens outside their range and how many were found; flat bars, and how many."""
    _, wide = next(_long(folder / "vix_daily.parquet"))
    found = faults(
        snapshot(wide, [(c, c) for c in wide]), basis="adjusted", tick=0.01, low=5, high=150, jump=1
    )
    slack = 0.01 + 1e-3 * wide["close"]
    outside = (wide["open"] > wide["high"] + slack) | (wide["open"] < wide["low"] - slack)
    flat = (wide["high"] == wide["low"]) & (wide["open"] == wide["close"])
    flat &= wide.index < pd.Timestamp("1992-01-01", tz="UTC")
    opens = hit(wide, [f for f in found if f.check == "BROKEN_OPEN"])
    flats = hit(wide, [f for f in found if f.check == "FLAT_BARS"])
    return (
        int(outside.sum()),
        int((outside & opens).sum()),
        int(flat.sum()),
        int((flat & flats).sum()),
    )


def rates(table: pd.DataFrame) -> tuple[float, float, float]:
    """Recall by row, least recall of a file, false flags by row of files without errors."""
    bad, good = table[table["errors"] > 0], table[table["errors"] == 0]
    each = bad["found"] / bad["errors"]
    return (
        float(bad["found"].sum() / bad["errors"].sum()), float(each.min()),
        float(good["extra"].sum() / good["rows"].sum()),
    )  # fmt: skip


def main() -> None:
    """Prints the tables."""
    asked = argparse.ArgumentParser(prog="tests.bench.recall", description=__doc__)
    asked.add_argument("folder", type=Path, nargs="?", default=SHARED, help="holds series/")
    asked.add_argument("--pairs", type=Path, help="folder of pairs, instead of its own")
    asked.add_argument("--leave-out", action="store_true", help="every number of the rules moved")
    given = asked.parse_args()
    folder = given.pairs or given.folder / "series" / "yfinance_repair_pairs"
    table = pairs(folder)
    print(table.to_string(index=False))
    recall, least, false = rates(table)
    print(f"\nreal errors found: {recall:.2%} of rows, at least {least:.2%} of any one file")
    print(f"false flags: {false:.3%} of rows of files without errors\n")
    kinds = table[table["errors"] > 0].groupby("kind")[["rows", "errors", "found", "extra"]].sum()
    print(kinds.to_string(), "\n")
    if given.leave_out:
        left_out.told(lambda: pairs(folder))
    if given.pairs or given.leave_out:
        return
    clean = history(given.folder / "series")
    print(clean.to_string(index=False))
    print(f"\nclean history: {clean['out'].sum()} of {clean['rows'].sum()} rows left out")
    outside, opens, flat, flats = vix(given.folder / "series")
    print(f"VIX: {opens} of {outside} opens outside their range, {flats} of {flat} flat bars found")


if __name__ == "__main__":
    main()
