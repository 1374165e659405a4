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
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from workbench.domain.calendars import UTC, moment
from workbench.domain.errors import WorkbenchError
from workbench.world.blocks import encoded, repeated
from workbench.world.files import Place, names, place, write_atomic

COMPACTED, MANIFEST = "compacted", ".manifest"
_TRIES = 8
_T = TypeVar("_T")


def stamp(at: dt.datetime) -> str:
    """A moment as ISO text to the microsecond, where it has any."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Who delivered a part.

    Attributes:
        origin: Name of the deliverer.
        through: Moment that the delivery reached, as ISO text.
        pull: Whether a feed was asked just then, rather than a file imported.
        series: Series that a pull brought, whether or not anything of them was new.
    """

    origin: str
    through: str
    pull: bool = False
    series: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """A part that compaction wrote."""

    name: str
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What compaction has done so far; one file each time, counted up.

    Attributes:
        number: Of this manifest; 0 before the first.
        parts: Merged parts that count, the largest first.
        taken: Loose parts that are in them, and that may not have been deleted yet.
        series: Ids of all series in the merged parts.
        notes: File with the notes of all merged parts, by name; empty before the first.
        end: Latest moment that any of them reached, as ISO text; empty for none.
    """

    number: int = 0
    parts: tuple[Merged, ...] = ()
    taken: frozenset[str] = frozenset()
    series: frozenset[str] = frozenset()
    notes: str = ""
    end: str = ""

    def text(self) -> str:
        """As JSON."""
        kept = asdict(self) | {"taken": sorted(self.taken), "series": sorted(self.series)}
        return json.dumps(kept)

    @classmethod
    def of(cls, text: bytes) -> Manifest:
        """From JSON."""
        found = json.loads(text)
        return cls(
            number=found["number"], parts=tuple(Merged(**one) for one in found["parts"]),
            taken=frozenset(found["taken"]), series=frozenset(found["series"]),
            notes=found["notes"], end=found["end"],
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Which parts counted at one moment."""

    manifest: Manifest = field(default_factory=Manifest)
    loose: tuple[str, ...] = ()


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

    @property
    def merged(self) -> Place:
        """The folder of what compaction writes."""
        return self.folder / COMPACTED

    def listed(self) -> Listing:
        """The parts that count now; loose ones in order of name."""
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
        return self._manifest if number else Manifest()

    def paths(self, listing: Listing) -> list[Place]:
        """Merged parts, the largest first, then loose ones in order of name."""
        merged = [self.merged / one.name for one in listing.manifest.parts]
        return [*merged, *(self.folder / name for name in listing.loose)]

    def again(self, read: Callable[[Listing], _T]) -> _T:
        """What a reader makes of the parts that count; once more where one was merged meanwhile."""
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
            with self._opened(path) as file:
                self._footers[path.name] = file.metadata
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
        footer, wanted = self.footer(path), sorted(series)
        place_of = {footer.schema.column(i).name: i for i in range(len(footer.schema))}
        return list(_apart(footer, place_of, wanted, since))

    def read(self, path: Place, groups: Sequence[int]) -> pa.Table:
        """Row groups of a part, with the columns of the schema."""
        with self._opened(path, self.footer(path)) as file:
            table = file.read_row_groups(list(groups))
        for index, one in enumerate(self.schema):
            if one.name not in table.column_names:  # of a part from before this column
                rule = pa.DictionaryArray.from_arrays(
                    pa.array([0] * len(table), pa.int32()), ["rule"]
                )
                table = table.add_column(index, one.name, rule)
        return table.select(self.schema.names)

    def column(self, path: Place, name: str) -> pa.ChunkedArray:
        """One column of a part."""
        with self._opened(path, self.footer(path)) as file:
            return file.read(columns=[name]).column(0)

    def _opened(self, path: Place, footer: pq.FileMetaData | None = None) -> pq.ParquetFile:
        here = isinstance(path, Path)
        try:
            return pq.ParquetFile(
                path if here else path.open("rb"), metadata=footer, memory_map=here,
                read_dictionary=repeated(self.schema), pre_buffer=not here,
            )  # fmt: skip
        except pa.ArrowInvalid as error:
            raise WorkbenchError(
                f"The part {path.name} of the archive at {self.folder.name!r} cannot be read "
                f"({' '.join(str(error).split())[:120]}). Restore it from a copy, or rebuild the "
                "archive from what was recorded."
            ) from error


def _apart(
    footer: pq.FileMetaData, places: Mapping[str, int], wanted: Sequence[str], since: int | None
) -> Iterator[int]:
    """Row groups whose least and greatest values do not rule them out."""
    for index in range(footer.num_row_groups):
        group = footer.row_group(index)
        bounds = group.column(places["series"]).statistics
        if bounds is not None and bounds.has_min_max:
            first = bisect.bisect_left(wanted, bounds.min)
            if first == len(wanted) or wanted[first] > bounds.max:
                continue
        if since is not None:
            late = group.column(places["at"]).statistics
            if late is not None and late.has_min_max and late.max_raw < since:
                continue
        yield index
