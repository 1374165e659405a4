"""One long file's columns as checked arrays: Parquet or CSV, typed alike.

A long file has ``series, field, value, source``, exactly one of ``date``, ``ts`` or ``at``, and
optionally ``known_at``, ``unit`` and ``basis``; a file of items ``series, title, source``, one of
``at`` and ``published``, and optionally more texts and ``known_at``. Other columns are ignored. An
empty or NaN value is a blank that the source published as missing. Whatever else is wrong is
refused by file, row (counted from 1 below the header), column, what was got there, what to do.
"""

from __future__ import annotations

import csv
import gzip
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv
import pyarrow.parquet as pq

from workbench.domain.calendars import UTC
from workbench.domain.errors import ImportRefused

TEXTS = ("series", "field", "source")
TIMES = ("date", "ts", "at")
ITEM_TEXTS, ITEM_TIMES = ("series", "title", "source"), ("at", "published")
OPTIONAL = frozenset({"unit", "basis", "key", "kind", "link", "detail"})
_ZONED = r"[T ].*(Z|[+-]\d\d(:?\d\d)?)$"
_EARLIEST, _LATEST = pd.Timestamp("1600-01-01", tz=UTC), pd.Timestamp("2200-01-01", tz=UTC)

Flags = npt.NDArray[np.bool_]


def unfit(path: Path) -> str:
    """Why a file is neither long nor one of items, from its name and columns; empty if it is."""
    suffixes = path.name.lower()
    try:
        if suffixes.endswith((".parquet", ".pq")):
            columns = pq.read_schema(path).names
        elif suffixes.endswith((".csv", ".csv.gz")):
            opened = gzip.open if suffixes.endswith(".gz") else open
            with opened(path, "rt", encoding="utf-8-sig", newline="") as lines:
                columns = next(csv.reader(lines), [])
        else:
            return "not Parquet or CSV"
    except (pa.ArrowException, OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        return f"not readable: {' '.join(str(error).split())[:120]}"
    items = _of_items(columns)
    sort, texts = ("items", ITEM_TEXTS) if items else ("long", (*TEXTS, "value"))
    missing = [repr(name) for name in texts if name not in columns]
    if missing:
        return f"not {sort}: no column {', '.join(missing)}"
    if not set(columns) & set(ITEM_TIMES if items else TIMES):
        return f"not {sort}: no column " + (
            "'at' or 'published'" if items else "'date', 'ts' or 'at'"
        )
    return ""


def _of_items(columns: Sequence[str]) -> bool:
    """Whether a file holds texts rather than numbers."""
    return "title" in columns and "value" not in columns


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LongFile:
    """The content of one long file, its header checked.

    Attributes:
        name: How errors name it.
        table: Its columns as they are stored; of a CSV, the known ones as texts.
    """

    name: str
    table: pa.Table

    @classmethod
    def read(cls, name: str, path: Path) -> LongFile:
        """Reads a file that ``unfit`` says nothing against.

        Raises:
            ImportRefused: It cannot be read, or a column stands there twice.
        """
        table = _table(name, path)
        twice = sorted({n for n in table.column_names if table.column_names.count(n) > 1})
        wanted = ITEM_TIMES if _of_items(table.column_names) else TIMES
        times = [column for column in wanted if column in table.column_names]
        if twice or len(times) > 1:
            got = ", ".join(map(repr, twice or times))
            raise ImportRefused(
                f"{name}, header: got the columns {got}{' twice' if twice else ''}. Keep one; "
                "nothing was imported."
            )
        return cls(name=name, table=table)

    @property
    def time(self) -> str:
        """The one column of times that the file has."""
        return next(column for column in (*TIMES, *ITEM_TIMES) if column in self)

    @property
    def of_items(self) -> bool:
        """Whether the file holds texts rather than numbers."""
        return _of_items(self.table.column_names)

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def __contains__(self, column: str) -> bool:
        return column in self.table.column_names

    def refuse(self, column: str, bad: Flags, remedy: str) -> NoReturn:
        """Names the first bad row of a column, what was got there, and what to do.

        Raises:
            ImportRefused: Always.
        """
        row, more = int(bad.argmax()), int(bad.sum()) - 1
        first = self.table.column(column)[row].as_py()
        got = "nothing" if first is None or str(first).strip() == "" else repr(str(first)[:60])
        rest = f" (and {more:,} rows more)" if more else ""
        raise ImportRefused(
            f"{self.name}, row {row + 1:,}, column '{column}': got {got}{rest}. "
            f"{remedy} Nothing was imported."
        )

    def texts(self, column: str) -> pd.Series[str]:
        """A column of texts without surrounding space; an optional one may be empty, then null.

        Raises:
            ImportRefused: A row is empty, or the column holds no texts.
        """
        array = self.table.column(column)
        given = _strings(array)
        if given is None:
            given = pa.chunked_array([pa.nulls(len(array), pa.large_string())])
            if column not in OPTIONAL or array.null_count < len(array):
                self.refuse(column, np.ones(len(array), bool), "Write it as text.")
        if column not in OPTIONAL and given.null_count:
            self.refuse(column, _flags(pc.is_null(given)), f"Name the {column} on every row.")
        texts: pd.Series[str] = given.dictionary_encode().to_pandas()
        return texts

    def numbers(self) -> npt.NDArray[np.float64]:
        """The column ``value``; NaN is a blank.

        Raises:
            ImportRefused: A row holds neither a finite number nor a blank.
        """
        array = self.table.column("value")
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
            self.refuse("value", bad, "Write a plain number, or leave it empty for a blank.")
        if np.isinf(numbers).any():
            self.refuse("value", np.isinf(numbers), "Leave it empty for a blank.")
        return numbers

    def moments(self, column: str) -> pd.Series[pd.Timestamp]:
        """A column of times as aware UTC microseconds; only ``known_at`` may be empty, then NaT.

        Raises:
            ImportRefused: A row holds no time between 1600 and 2200, a ``date`` names a time
                zone, or another time names none.
        """
        array = self.table.column(column)
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
            self.refuse(column, bad, remedy)
        if wrong.any():
            remedy = f"It names no time zone: write {example}."
            if not aware:
                remedy = f"It names a time zone: write {example}, or call the column 'at' or 'ts'."
            self.refuse(column, wrong, remedy)
        return times


def _table(name: str, path: Path) -> pa.Table:
    try:
        if not path.name.lower().endswith((".csv", ".csv.gz")):
            return pq.read_table(path, partitioning=None)  # a folder a=b is no column
        known = (*TEXTS, *TIMES, *ITEM_TEXTS, *ITEM_TIMES, *OPTIONAL, "value", "known_at")
        texts = dict.fromkeys(known, pa.string())
        return pcsv.read_csv(
            path,
            read_options=pcsv.ReadOptions(use_threads=False),  # so that errors name the row
            convert_options=pcsv.ConvertOptions(column_types=texts, strings_can_be_null=False),
        )
    except (pa.ArrowException, OSError) as error:
        said = re.sub(r"Row #(\d+)", lambda at: f"row {int(at[1]) - 1:,}", str(error))
        said = " ".join(said.split())[:160]
        raise ImportRefused(
            f"{name} cannot be read ({said}). Mend or remove it; nothing was imported."
        ) from error


def _flags(array: pa.ChunkedArray) -> Flags:
    return np.asarray(pc.fill_null(array, False), bool)


def _strings(array: pa.ChunkedArray) -> pa.ChunkedArray | None:
    """The column as texts without surrounding space, empty ones null; None when it holds none."""
    kind = array.type.value_type if pa.types.is_dictionary(array.type) else array.type
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        return None
    array = pc.utf8_trim_whitespace(pc.cast(array, pa.large_string()))
    return pc.if_else(pc.equal(array, ""), pa.scalar(None, pa.large_string()), array)
