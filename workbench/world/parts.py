"""Immutable Parquet parts in a folder, and the one manifest that says which of them count.

What is delivered becomes a loose part, named by its content, with a note of who brought it and
when. Compaction (``world.compaction``) merges parts into the folder ``compacted`` and then writes
the next manifest, which only one writer can. Loose parts that a manifest has taken in do not count
any more, nor does a merged part that no manifest names, so that a crash at any point loses nothing
and doubles nothing. Readers list again when a part is gone: it was merged meanwhile.
"""

from __future__ import annotations

import bisect
import datetime as dt
import json
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from workbench.domain.calendars import moment
from workbench.domain.errors import WorkbenchError
from workbench.world.blocks import encoded, repeated
from workbench.world.files import Place, names, place, write_atomic
from workbench.world.manifests import Listing, Manifest, Note

COMPACTED, MANIFEST = "compacted", ".manifest"
_TRIES = 8
_T = TypeVar("_T")


class Parts:
    """The parts of one folder.

    Args:
        folder: Where they lie; made on the first delivery.
        schema: Columns of every part; ``series``, ``at`` and ``known_at`` among them.
        order: Columns by which a part's rows are ordered, ``series`` first.
    """

    def __init__(self, folder: Place | str, schema: pa.Schema, order: Sequence[str]) -> None:
        self.folder, self.schema, self.order = place(folder), schema, tuple(order)
        self._manifest = Manifest()
        self._footers: dict[str, pq.FileMetaData] = {}
        self._files: dict[str, pq.ParquetFile] = {}  # those of this machine, which stay open

    @property
    def merged(self) -> Place:
        """The folder of what compaction writes."""
        return self.folder / COMPACTED

    def listed(self) -> Listing:
        """The parts that count now; loose ones in order of name.

        Raises:
            WorkbenchError: They change faster than they can be listed.
        """
        for _ in range(_TRIES):
            number = self._number()
            found = [name for name in names(self.folder) if name.endswith(".parquet")]
            # Between two looks at the same manifest nothing that it does not tell was taken away.
            if self._number() != number:
                continue
            try:
                manifest = self._told(number)
            except FileNotFoundError:
                continue
            loose = tuple(name for name in found if name not in manifest.taken)
            return Listing(manifest=manifest, loose=loose)
        raise WorkbenchError(
            f"The archive at {self.folder.name!r} is merged faster than it can be listed. "
            "End the other process that writes it, and try again."
        )

    def _number(self) -> int:
        found = [name for name in names(self.merged) if name.endswith(MANIFEST)]
        return int(found[-1].removesuffix(MANIFEST)) if found else 0

    def _told(self, number: int) -> Manifest:
        if number != self._manifest.number:
            text = (self.merged / f"{number:08}{MANIFEST}").read_bytes()
            self._manifest = Manifest.of(text)
            self._footers.clear()
            self._files.clear()
        return self._manifest if number else Manifest()

    def paths(self, listing: Listing) -> list[Place]:
        """Merged parts, the largest first, then loose ones in order of name."""
        merged = [self.merged / one.name for one in listing.manifest.parts]
        return [*merged, *(self.folder / name for name in listing.loose)]

    def again(self, read: Callable[[Listing], _T]) -> _T:
        """What a reader makes of the parts that count; once more where one was merged meanwhile.

        Raises:
            WorkbenchError: A part that counts is gone for good.
        """
        gone = ""
        for _ in range(_TRIES):
            try:
                return read(self.listed())
            except FileNotFoundError as error:
                gone = str(error)
        raise WorkbenchError(
            f"The archive at {self.folder.name!r} lacks a part that its manifest names "
            f"({gone}). Restore it from a copy, or rebuild the archive from what was recorded."
        )

    def add(self, name: str, rows: pa.Table, note: Note) -> int:
        """Writes a loose part.

        Args:
            name: Its name, from its content.
            rows: Its rows, in their order.
            note: Who brought it.

        Returns:
            Its rows.
        """
        data, count = encoded([rows], self.schema, asdict(note))
        write_atomic(self.folder / f"{name}.parquet", data)
        return count

    def note(self, path: Place) -> Note:
        """Who delivered a loose part."""
        found = json.loads((self.footer(path).metadata or {})[b"workbench"])
        return Note(**found | {"series": tuple(found.get("series", ()))})

    def end(self, listing: Listing) -> dt.datetime | None:
        """The latest moment that any delivery reached, or None when there was none."""
        reached = [self.note(self.folder / name).through for name in listing.loose]
        reached += [listing.manifest.end] if listing.manifest.end else []
        return max(map(moment, reached), default=None)

    def footer(self, path: Place) -> pq.FileMetaData:
        """A part's footer; parts never change, so each is read once."""
        if path.name not in self._footers:
            self._footers[path.name] = self._opened(path).metadata
        return self._footers[path.name]

    def count(self, path: Place) -> int:
        """The rows of a part."""
        return int(self.footer(path).num_rows)

    def groups(self, path: Place, series: Collection[str], since: int | None = None) -> list[int]:
        """Row groups of a part that can hold any of these series, at a moment or later.

        Args:
            path: The part.
            series: Ids.
            since: The moment, in microseconds since 1970; None for all.
        """
        return list(_apart(self.footer(path), sorted(series), since))

    def read(self, path: Place, groups: Sequence[int]) -> pa.Table:
        """Row groups of a part, with the columns of the schema."""
        table = self._opened(path).read_row_groups(list(groups))
        if table.column_names == self.schema.names:
            return table
        for index, one in enumerate(self.schema):
            if one.name not in table.column_names:  # of a part from before this column
                zeros = pa.array(np.zeros(len(table), np.int32))
                rule = pa.DictionaryArray.from_arrays(zeros, ["rule"])
                table = table.add_column(index, one.name, rule)
        return table.select(self.schema.names)

    def batches(
        self, path: Place, groups: Sequence[int]
    ) -> Iterator[tuple[pa.RecordBatch, dict[str, str]]]:
        """Row groups of a part, without the texts that are the same on all rows of a group.

        Returns:
            Batches in order, each with those texts by column.
        """
        footer, columns = self.footer(path), self.footer(path).schema.names
        texts = [(name, columns.index(name)) for name in repeated(self.schema) if name in columns]
        same = {index: _same(footer.row_group(index), texts) for index in groups}
        skipped = set.intersection(*(set(one) for one in same.values()))
        if skipped | set(columns) < set(self.schema.names):
            same = {index: {**one, "basis": "rule"} for index, one in same.items()}
        read = [name for name in self.schema.names if name in columns and name not in skipped]
        table, start = self._opened(path).read_row_groups(list(groups), columns=read), 0
        for index in groups:
            rows = footer.row_group(index).num_rows
            for batch in table.slice(start, rows).to_batches():
                yield batch, same[index]
            start += rows

    def column(self, path: Place, name: str) -> pa.ChunkedArray:
        """One column of a part."""
        return self._opened(path).read(columns=[name]).column(0)

    def _opened(self, path: Place) -> pq.ParquetFile:
        if path.name in self._files:
            return self._files[path.name]
        here, texts = isinstance(path, Path), repeated(self.schema)
        try:
            source = pa.memory_map(str(path)) if here else path.open("rb")
            footer = self._footers.get(path.name)
            try:
                file = pq.ParquetFile(source, metadata=footer, read_dictionary=texts)
            except KeyError:  # a part from before a column
                there = pq.ParquetFile(source).schema.names
                texts = [name for name in texts if name in there]
                file = pq.ParquetFile(source, read_dictionary=texts)
        except pa.ArrowInvalid as error:
            raise WorkbenchError(
                f"The part {path.name} of the archive at {self.folder.name!r} cannot be read "
                f"({' '.join(str(error).split())[:120]}). Restore it from a copy, or rebuild the "
                "archive from what was recorded."
            ) from error
        if here:
            self._files[path.name] = file
        return file


def _same(group: pq.RowGroupMetaData, texts: Sequence[tuple[str, int]]) -> dict[str, str]:
    """The texts that are the same on all rows of a group, by column."""
    found = {}
    for name, index in texts:
        bounds = group.column(index).statistics
        if bounds is not None and bounds.has_min_max and bounds.has_null_count:
            low = bounds.min
            if low == bounds.max and not bounds.null_count:
                found[name] = low
    return found


def _apart(footer: pq.FileMetaData, wanted: Sequence[str], since: int | None) -> Iterator[int]:
    """Row groups whose least and greatest values do not rule them out."""
    columns = footer.schema.names
    series, at = columns.index("series"), columns.index("at")
    for index in range(footer.num_row_groups):
        group = footer.row_group(index)
        bounds = group.column(series).statistics
        if bounds is not None and bounds.has_min_max:
            first = bisect.bisect_left(wanted, bounds.min)
            if first == len(wanted) or wanted[first] > bounds.max:
                continue
        if since is not None:
            late = group.column(at).statistics
            if late is not None and late.has_min_max and late.max_raw < since:
                continue
        yield index
