"""Long files into the archive: ``workbench archive import PATH``.

A long file is Parquet or CSV with ``series, field, value, source``, exactly one of ``date``
(see ``dating``), ``ts`` (start of a bar) or ``at`` (the moment described), and optionally
``known_at`` and ``unit``; other columns are ignored. Everything is read and checked before
anything is written, and one malformed file refuses the whole delivery. Rows are counted from 1
below the header. An empty or NaN value is a blank that the source published as missing.
"""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, cast

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv
import pyarrow.parquet as pq

from workbench.domain.calendars import UTC, venue
from workbench.domain.errors import ImportRefused
from workbench.domain.instruments import INSTRUMENTS, Indicator, Instrument
from workbench.world.archive import COLUMNS, Archive
from workbench.world.dating import INFERRED, TABLE, dated

TEXTS = ("series", "field", "source")
TIMES = ("date", "ts", "at")
KEY = ["series", "field", "at", "known_at", "source"]
PRICES = {"open", "high", "low", "close", "value"}
_DAY = np.timedelta64(1, "D")
_ZONED = r"[T ].*(Z|[+-]\d\d(:?\d\d)?)$"
_EARLIEST, _LATEST = pd.Timestamp("1600-01-01", tz=UTC), pd.Timestamp("2200-01-01", tz=UTC)

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Delivery:
    """What an import would add: read and checked, nothing written yet.

    Attributes:
        frames: File name (relative to the folder) to its observations, as the archive takes them;
            the index is the row in the file, from 0.
        skipped: File name and reason, for each file of the folder that is not long.
        through: Latest ``known_at`` of the instruments' closes, or of all rows when there are
            none; None when no file holds a row.
    """

    frames: Mapping[str, pd.DataFrame]
    skipped: tuple[tuple[str, str], ...]
    through: dt.datetime | None

    @property
    def accepted(self) -> tuple[str, ...]:
        """The files that were read, in order of name."""
        return tuple(self.frames)

    @property
    def rows(self) -> int:
        """Observations in all files."""
        return sum(map(len, self.frames.values()))


def read(path: Path, instruments: Iterable[Instrument] = ()) -> Delivery:
    """Reads and checks a long file, or every long file below a folder.

    Args:
        path: File or folder.
        instruments: The desk's own instruments, beside the built-in table.

    Returns:
        The checked rows of each file, repeated ones once; nothing is written.

    Raises:
        ImportRefused: A long file is malformed, nothing there is long, or the path is missing.
    """
    if not path.exists():
        raise ImportRefused(f"{str(path)!r} does not exist. Give a long Parquet or CSV file.")
    root = path if path.is_dir() else path.parent
    files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    own = {one.symbol: one for one in instruments}
    frames, skipped = {}, []
    for file in files:
        name = file.relative_to(root).as_posix()
        reason = _unfit(file)
        if reason:
            skipped.append((name, reason))
        else:
            frames[name] = _observations(name, _table(name, file), own)
    if not frames:
        found = "; ".join(f"{name}: {reason}" for name, reason in skipped[:3]) or "no file"
        raise ImportRefused(
            f"Nothing to import from {str(path)!r}: {found}. A long file has the columns "
            "series, field, value, source and one of date, ts, at."
        )
    full = {name: frame for name, frame in frames.items() if len(frame)}
    if full:
        _Keyed.of(full).agree()
        frames |= {name: frame[~frame.duplicated(KEY)] for name, frame in full.items()}
    return Delivery(frames=frames, skipped=tuple(skipped), through=_through(frames, own))


def append(archive: Archive, delivery: Delivery) -> int:
    """Adds a delivery to an archive, one part a file; what is there already is left alone.

    Returns:
        Rows added.

    Raises:
        ImportRefused: The archive holds another value for the same key; nothing was added.
    """
    frames = {name: frame for name, frame in delivery.frames.items() if len(frame)}
    if delivery.through is None or not frames:
        return 0
    new = _Keyed.of(frames)
    names: set[str] = set().union(*(frame["series"].unique() for frame in frames.values()))
    for rows in archive.rows(names):
        new.check(rows)
    return sum(
        archive.append(frame, origin=name, through=delivery.through)
        for name, frame in frames.items()
    )


def _unfit(file: Path) -> str:
    """Why a file is not long, from its name and columns alone; empty when it is."""
    suffixes = file.name.lower()
    try:
        if suffixes.endswith((".parquet", ".pq")):
            columns = pq.read_schema(file).names
        elif suffixes.endswith((".csv", ".csv.gz")):
            opened = gzip.open if suffixes.endswith(".gz") else open
            with opened(file, "rt", encoding="utf-8-sig", newline="") as lines:
                columns = next(csv.reader(lines), [])
        else:
            return "not Parquet or CSV"
    except (pa.ArrowException, OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        return f"not readable: {' '.join(str(error).split())[:120]}"
    missing = [repr(name) for name in (*TEXTS, "value") if name not in columns]
    if missing:
        return f"not long: no column {', '.join(missing)}"
    if not set(columns) & set(TIMES):
        return "not long: no column 'date', 'ts' or 'at'"
    return ""


def _table(name: str, file: Path) -> pa.Table:
    try:
        if not file.name.lower().endswith((".csv", ".csv.gz")):
            table = pq.read_table(file, partitioning=None)  # a folder a=b is no column
        else:
            texts = dict.fromkeys((*TEXTS, *TIMES, "value", "known_at", "unit"), pa.string())
            table = pcsv.read_csv(
                file,
                read_options=pcsv.ReadOptions(use_threads=False),  # so that errors name the row
                convert_options=pcsv.ConvertOptions(column_types=texts, strings_can_be_null=False),
            )
    except (pa.ArrowException, OSError) as error:
        said = re.sub(r"Row #(\d+)", lambda at: f"row {int(at[1]) - 1:,}", str(error))
        said = " ".join(said.split())[:160]
        raise ImportRefused(
            f"{name} cannot be read ({said}). Mend or remove it; nothing was imported."
        ) from error
    twice = sorted({n for n in table.column_names if table.column_names.count(n) > 1})
    times = [column for column in TIMES if column in table.column_names]
    if twice or len(times) > 1:
        got = ", ".join(map(repr, twice or times))
        raise ImportRefused(
            f"{name}, header: got the columns {got}{' twice' if twice else ''}. Keep one; "
            "nothing was imported."
        )
    return table


def _refuse(name: str, array: pa.ChunkedArray, column: str, bad: Flags, remedy: str) -> NoReturn:
    """Names the first bad row of a column, what was got there, and what to do."""
    first, more = array[int(bad.argmax())].as_py(), int(bad.sum()) - 1
    got = "nothing" if first is None or str(first).strip() == "" else repr(str(first)[:60])
    rest = f" (and {more:,} rows more)" if more else ""
    raise ImportRefused(
        f"{name}, row {int(bad.argmax()) + 1:,}, column '{column}': got {got}{rest}. "
        f"{remedy} Nothing was imported."
    )


def _flags(array: pa.ChunkedArray) -> Flags:
    return np.asarray(pc.fill_null(array, False), bool)


def _strings(array: pa.ChunkedArray) -> pa.ChunkedArray | None:
    """The column as texts without surrounding space, empty ones null; None when it holds none."""
    kind = array.type.value_type if pa.types.is_dictionary(array.type) else array.type
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        return None
    array = pc.utf8_trim_whitespace(pc.cast(array, pa.large_string()))
    return pc.if_else(pc.equal(array, ""), pa.scalar(None, pa.large_string()), array)


def _texts(name: str, table: pa.Table, column: str) -> pd.Series[str]:
    array = table.column(column)
    given = _strings(array)
    if given is None:
        given = pa.chunked_array([pa.nulls(len(array), pa.large_string())])
        if column != "unit" or array.null_count < len(array):
            _refuse(name, array, column, np.ones(len(array), bool), "Write it as text.")
    if column != "unit" and given.null_count:
        bad = _flags(pc.is_null(given))
        _refuse(name, array, column, bad, f"Name the {column} on every row.")
    texts: pd.Series[str] = given.dictionary_encode().to_pandas()
    return texts


def _numbers(name: str, table: pa.Table) -> npt.NDArray[np.float64]:
    array = table.column("value")
    given, kind = _strings(array), array.type
    if given is not None:
        texts = given.to_pandas().fillna("")
        numbers: npt.NDArray[np.float64] = pd.to_numeric(texts, errors="coerce").to_numpy(float)
        bad = np.isnan(numbers) & ~texts.str.lower().isin(["", "nan"]).to_numpy(bool)
    elif (
        pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_null(kind)
    ):
        numbers = pc.cast(array, pa.float64(), safe=False).to_pandas().to_numpy(np.float64)
        bad = np.zeros(len(numbers), bool)
    else:
        numbers, bad = np.zeros(len(array)), np.ones(len(array), bool)
    if bad.any():
        _refuse(name, array, "value", bad, "Write a plain number, or leave it empty for a blank.")
    if np.isinf(numbers).any():
        _refuse(name, array, "value", np.isinf(numbers), "Leave it empty for a blank.")
    return numbers


def _moments(name: str, table: pa.Table, column: str) -> pd.Series[pd.Timestamp]:
    """A column of times as UTC microseconds; of dates when it is ``date``, else aware."""
    array = table.column(column)
    given, kind = _strings(array), array.type
    aware, zoned = column != "date", pa.types.is_timestamp(kind) and kind.tz is not None
    present, wrong = _flags(pc.is_valid(array if given is None else given)), np.zeros(0, bool)
    times = pd.Series(pd.NaT, index=range(len(array)), dtype="datetime64[us, UTC]")
    if given is not None:
        wrong = present & (_flags(pc.match_substring_regex(given, _ZONED)) != aware)
        times = pd.to_datetime(given.to_pandas(), format="ISO8601", errors="coerce", utc=True)
    elif pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        wrong = present & (zoned != aware)
        times = pc.cast(array, pa.timestamp("us"), safe=False).to_pandas().dt.tz_localize(UTC)
    times = times.astype("datetime64[us, UTC]")
    bad = (times.isna() | (times < _EARLIEST) | (times > _LATEST)).to_numpy(bool)
    if column == "known_at":
        bad = bad & present  # where none is given, the lag rules say it
    example = "2018-02-05T21:00Z" if aware else "2018-02-05"
    if bad.any():
        remedy = f"Write ISO 8601 between 1600 and 2200, such as {example}."
        _refuse(name, array, column, bad, remedy)
    if wrong.any():
        remedy = f"It names no time zone: write {example}."
        if not aware:
            remedy = f"It names a time zone: write {example}, or call the column 'at' or 'ts'."
        _refuse(name, array, column, wrong, remedy)
    return times


def _observations(name: str, table: pa.Table, own: Mapping[str, Instrument]) -> pd.DataFrame:
    """The rows of one long file as the archive takes them, checked one by one."""
    time = next(column for column in TIMES if column in table.column_names)
    if not table.num_rows:
        return pd.DataFrame(columns=list(COLUMNS))
    frame = pd.DataFrame({column: _texts(name, table, column) for column in TEXTS})
    frame["value"] = _numbers(name, table)
    frame[time] = _moments(name, table, time)
    given = "known_at" in table.column_names
    if given:
        frame["known_at"] = _moments(name, table, "known_at")
    starts = frame[time]
    if time == "date":
        frame["date"] = frame["date"].dt.tz_localize(None)
        frame = dated(frame, own)
    elif time == "ts":
        frame = _bars(name, frame)
    else:
        frame = _lagged(frame, own)
    if given:
        least = _closed(frame, own) if time == "date" else starts
        early = (frame["known_at"] < least).to_numpy(bool)
        if early.any():
            said = least[early].iloc[0].isoformat()
            remedy = f"It lies before {said}, which the row describes: a value is known later."
            _refuse(name, table.column("known_at"), "known_at", early, remedy)
    frame["unit"] = _units(frame, own)
    if "unit" in table.column_names:
        stated = _texts(name, table, "unit").astype(object)
        frame["unit"] = stated.where(stated.notna(), frame["unit"].astype(object))
    frame["unit"] = frame["unit"].astype("category")
    return frame.loc[:, list(COLUMNS)]


def _closed(frame: pd.DataFrame, own: Mapping[str, Instrument]) -> pd.Series[pd.Timestamp]:
    """The close before which a dated row of an instrument cannot be known, else NaT."""
    least = pd.Series(pd.NaT, index=frame.index, dtype="datetime64[us, UTC]")
    table = {**TABLE, **own}
    for series, rows in frame.groupby("series", observed=True).indices.items():
        one = table.get(str(series))
        if isinstance(one, Instrument):
            at = frame["at"].iloc[rows]
            official = at.dt.tz_localize(None).isin(venue(one.venue).closes)
            least.iloc[rows] = at.where(official & (frame["field"].iloc[rows] != "open"))
    return least


def _bars(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """``at`` is the end of each bar; bars are as long as their most common spacing."""
    ts = frame.pop("ts")
    starts = ts.dt.tz_localize(None).to_numpy().astype("datetime64[us]")
    at = starts.copy()
    longest = np.timedelta64(INFERRED[0][0], "D")  # a day's bar, over a long weekend
    for rows in frame.groupby(["series", "source"], observed=True).indices.values():
        spacings, counts = np.unique(np.diff(np.unique(starts[rows])), return_counts=True)
        spacing = spacings[counts.argmax()] if len(spacings) else _DAY
        if spacing > longest:
            days = spacing / _DAY
            raise ImportRefused(
                f"{name}, row {rows[0] + 1:,}, column 'ts': got bars of "
                f"{frame['series'].iloc[rows[0]]} {days:g} days apart. "
                "Bars last a day at most; use 'date', or 'at' with 'known_at'. "
                "Nothing was imported."
            )
        at[rows] += min(spacing, _DAY)
    frame["at"] = pd.Series(at, index=frame.index).dt.tz_localize(UTC)
    return _filled(frame, frame["at"])


def _lagged(frame: pd.DataFrame, own: Mapping[str, Instrument]) -> pd.DataFrame:
    """``known_at`` is as given, else after the lag that the series' table row states."""
    table = {**TABLE, **own}
    lags = frame["series"].map(lambda name: _lag(table.get(name))).astype("timedelta64[us]")
    return _filled(frame, frame["at"] + lags)


def _filled(frame: pd.DataFrame, rule: pd.Series[pd.Timestamp]) -> pd.DataFrame:
    if "known_at" not in frame:
        return frame.assign(known_at=rule)
    return frame.assign(known_at=frame["known_at"].where(frame["known_at"].notna(), rule))


def _lag(one: Instrument | Indicator | None) -> dt.timedelta:
    if isinstance(one, Instrument):
        return dt.timedelta(minutes=one.lag_minutes)
    return dt.timedelta(0) if one is None else one.lag


def _units(frame: pd.DataFrame, own: Mapping[str, Instrument]) -> npt.NDArray[np.object_]:
    """The table's unit for prices and values, shares for volume, else ``unknown``."""
    table = {**TABLE, **own}
    units = np.full(len(frame), "unknown", object)
    for key, rows in frame.groupby(["series", "field"], observed=True).indices.items():
        series, field = cast("tuple[str, str]", key)
        one = table.get(series)
        if one is None:
            continue
        if field.removesuffix("_adj").removeprefix("adj_") in PRICES:
            units[rows] = one.unit
        elif field == "volume" and isinstance(one, Instrument) and one.venue != "24/7":
            units[rows] = "shares"  # of a coin, sources count coins or dollars
    return units


def _keys(frame: pd.DataFrame) -> npt.NDArray[np.uint64]:
    return pd.util.hash_pandas_object(frame[KEY], index=False).to_numpy().astype(np.uint64)


def _same(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> Flags:
    same: Flags = (one == other) | (np.isnan(one) & np.isnan(other))
    return same


def _shown(value: float) -> str:
    return "a blank" if np.isnan(value) else f"{value:.10g}"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Keyed:
    """All rows of a delivery, ordered by the hash of their key."""

    frames: Mapping[str, pd.DataFrame]
    keys: npt.NDArray[np.uint64]
    value: npt.NDArray[np.float64]
    row: npt.NDArray[np.int64]  # place in all files laid end to end

    @classmethod
    def of(cls, frames: Mapping[str, pd.DataFrame]) -> _Keyed:
        keys = np.concatenate([_keys(frame) for frame in frames.values()])
        value = np.concatenate([frame["value"].to_numpy(float) for frame in frames.values()])
        row = np.argsort(keys, kind="stable")
        return cls(frames=frames, keys=keys[row], value=value[row], row=row)

    def place(self, index: int) -> tuple[str, int, pd.Series[Any]]:
        """File, row in it, and content of an ordered row."""
        row = int(self.row[index])
        for name, frame in self.frames.items():
            if row < len(frame):
                return name, int(frame.index[row]) + 1, frame.iloc[row]
            row -= len(frame)
        raise IndexError(index)

    def refuse(self, index: int, other: float, where: str) -> NoReturn:
        name, row, content = self.place(index)
        raise ImportRefused(
            f"{name}, row {row:,}, column 'value': got {_shown(content['value'])} for "
            f"{content['series']} {content['field']} at {content['at'].isoformat()} from "
            f"{content['source']}, known at {content['known_at'].isoformat()}, where {where} has "
            f"{_shown(other)}. Keep one, or give 'known_at' to say when the newer value became "
            "known. Nothing was imported."
        )

    def agree(self) -> None:
        """Refuses two values under one key."""
        twice = self.keys[1:] == self.keys[:-1]
        bad = np.flatnonzero(twice & ~_same(self.value[1:], self.value[:-1]))
        if len(bad):
            index = bad[self.row[bad + 1].argmin()]
            name, row, _ = self.place(int(index))
            self.refuse(int(index) + 1, float(self.value[index]), f"row {row:,} of {name}")

    def check(self, rows: pd.DataFrame) -> None:
        """Refuses a value that differs from the archive's under the same key."""
        keys, value = _keys(rows), rows["value"].to_numpy(float)
        index = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        bad = np.flatnonzero((self.keys[index] == keys) & ~_same(self.value[index], value))
        if len(bad):
            first = bad[self.row[index[bad]].argmin()]
            self.refuse(int(index[first]), float(value[first]), "the archive")


def _through(
    frames: Mapping[str, pd.DataFrame], own: Mapping[str, Instrument]
) -> dt.datetime | None:
    symbols = {one.symbol for one in INSTRUMENTS} | set(own)
    known, closed = [], []
    for frame in frames.values():
        if len(frame):
            known.append(frame["known_at"].max())
            closes = frame["series"].isin(symbols) & (frame["field"] == "close")
            closed.append(frame["known_at"].where(closes).max())
    latest = max((moment for moment in closed if not pd.isna(moment)), default=None)
    latest = latest or max(known, default=None)
    return None if latest is None else latest.ceil("s").to_pydatetime()
