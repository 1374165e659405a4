"""Ordered rows as the bytes of one Parquet part, in row groups that end where a series ends.

So the rows of one desk's series are read without the others: a reader looks at the least and the
greatest series id of each group. Texts that repeat are dictionaries; times are stored as their
differences; LZ4, because a reader waits for it and a disk does not.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

REPEATED = pa.dictionary(pa.int32(), pa.string())
MOMENT = pa.timestamp("us", "UTC")
LEAST, MOST = 16_384, 131_072  # rows of a group, where series allow it


def repeated(schema: pa.Schema) -> list[str]:
    """The columns of a schema whose texts repeat."""
    return [one.name for one in schema if pa.types.is_dictionary(one.type)]


def numbers(column: pa.Array) -> npt.NDArray[Any]:
    """An array's numbers, or its moments as microseconds; NaN where there is no number."""
    if pa.types.is_timestamp(column.type):
        column = column.view(pa.int64())
    found: npt.NDArray[Any] = column.to_numpy(zero_copy_only=False)
    return found


def whole(table: pa.Table) -> pa.RecordBatch:
    """The rows of a table as one batch, with one dictionary for each text that repeats."""
    batches = table.unify_dictionaries().combine_chunks().to_batches()
    return batches[0] if batches else pa.RecordBatch.from_pylist([], schema=table.schema)


def ordered(table: pa.Table, order: Sequence[str]) -> pa.Table:
    """The rows in the one order of a part: by these columns, blanks last."""
    rows, keys = whole(table), []
    for name in order:
        column = rows.column(name)
        if pa.types.is_dictionary(column.type):
            if len(column.dictionary) > 1:
                keys.append(_places(column.dictionary)[numbers(column.indices)])
        elif pa.types.is_string(column.type):
            keys.append(np.unique(column.to_numpy(zero_copy_only=False), return_inverse=True)[1])
        else:
            keys.append(numbers(column))
    if not keys or not len(rows):
        return pa.table(rows)
    return pa.table(rows).take(pa.array(np.lexsort(keys[::-1])))


def _places(texts: pa.Array) -> npt.NDArray[np.int64]:
    """Each text's place when they are ordered."""
    places = np.empty(len(texts), np.int64)
    places[np.argsort(np.array(texts.to_pylist(), object), kind="stable")] = np.arange(len(texts))
    return places


def encoded(
    tables: Iterable[pa.Table], schema: pa.Schema, note: Mapping[str, object]
) -> tuple[bytes, int]:
    """The bytes of one part, and its rows.

    Args:
        tables: Ordered rows, and each table's after those before it; a series lies in one of them.
        schema: Their columns; ``at`` and ``known_at`` among them.
        note: What is written beside them, as JSON.
    """
    buffer, rows = io.BytesIO(), 0
    noted = schema.with_metadata({b"workbench": json.dumps(note).encode()})
    with pq.ParquetWriter(
        buffer, noted, compression="lz4", use_dictionary=repeated(schema),
        column_encoding=dict.fromkeys(("at", "known_at"), "DELTA_BINARY_PACKED"),
    ) as writer:  # fmt: skip
        for table in tables:
            rows += len(table)
            for start, stop in _groups(table):
                writer.write_table(table.slice(start, stop - start), row_group_size=MOST)
    return buffer.getvalue(), rows


def _groups(table: pa.Table) -> Iterator[tuple[int, int]]:
    """First row and end of each run of whole series that has the rows of a group."""
    if not len(table):
        return
    codes = numbers(whole(table.select(["series"])).column(0).indices)
    start = 0
    for end in (*(np.flatnonzero(codes[1:] != codes[:-1]) + 1), len(codes)):
        if end - start >= LEAST or end == len(codes):
            yield start, int(end)
            start = int(end)
