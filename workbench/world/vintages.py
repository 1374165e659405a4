"""The vintages of one series, and which of them was the latest known at a moment.

Rows come ordered within their part, so that most series need no sorting; where several parts or
sources meet, they are ordered by moment, rank of the source and ``known_at``. Of two rows that
agree in all of these the greater value counts, a blank before any, however the parts are merged.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from workbench.domain.calendars import Moments
from workbench.domain.snapshots import Column
from workbench.world.blocks import numbers

Codes = npt.NDArray[np.signedinteger[Any]]
_NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Texts:
    """One text a row, most often the same on all.

    Attributes:
        names: The distinct texts.
        codes: Place of each row's text in ``names``; None where there is only one.
    """

    names: tuple[str, ...]
    codes: Codes | None

    def first(self, row: int) -> str:
        """The text of one row."""
        return self.names[0 if self.codes is None else int(self.codes[row])]

    def last(self, kept: slice | Codes) -> str:
        """The text of the last row kept."""
        return self.names[0 if self.codes is None else int(self.codes[kept][-1])]

    def used(self, kept: slice | Codes) -> list[str]:
        """The texts of the rows kept, in order of ``names``."""
        if self.codes is None:
            return list(self.names)
        counts = np.bincount(self.codes[kept], minlength=len(self.names))
        return [name for name, count in zip(self.names, counts, strict=True) if count]

    def of(self, rows: int) -> Codes:
        """The places as an array."""
        return np.zeros(rows, np.int64) if self.codes is None else self.codes

    def take(self, kept: Codes | npt.NDArray[np.bool_]) -> Texts:
        """The texts of some rows."""
        return self if self.codes is None else Texts(names=self.names, codes=self.codes[kept])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Piece:
    """Rows of one (series, field) in one part, times in microseconds since 1970."""

    at: Codes
    known_at: Codes
    value: npt.NDArray[np.float64]
    source: Texts
    unit: Texts
    basis: Texts

    def take(self, kept: Codes | npt.NDArray[np.bool_]) -> Piece:
        """Some of its rows."""
        return Piece(
            at=self.at[kept], known_at=self.known_at[kept], value=self.value[kept],
            source=self.source.take(kept), unit=self.unit.take(kept), basis=self.basis.take(kept),
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class History:
    """All vintages of one (series, field), ordered by (at, source rank, known_at)."""

    at: Moments
    known_at: Moments
    value: npt.NDArray[np.float64]
    source: Texts  # in order of preference
    unit: Texts
    basis: Texts
    plain: bool  # one vintage a moment and known_at never falls: as-of is a prefix
    replaced: Moments | None  # of one source: when each row's next vintage was known

    def known_sources(self, until: np.datetime64) -> set[str]:
        """The sources that had published anything by a moment."""
        if self.source.codes is None:
            return set(self.source.names) if self.known_at.min() <= until else set()
        if self.plain:
            known = slice(0, int(np.searchsorted(self.known_at, until, side="right")))
            return set(self.source.used(known)) if known.stop else set()
        kept = np.flatnonzero(self.known_at <= until)
        return set(self.source.used(kept)) if len(kept) else set()

    def as_of(self, until: np.datetime64) -> Column | None:
        """The values known at a moment, None when there were none."""
        if self.plain:
            kept: slice | Codes = slice(0, int(np.searchsorted(self.known_at, until, side="right")))
        else:
            kept = self._winners(until)
        at = self.at[kept]
        if not len(at):
            return None
        arrays = at, self.known_at[kept], self.value[kept]
        for array in arrays:
            array.flags.writeable = False
        # Unit, source and basis are those of the rows kept, so that no later row can change them.
        return Column(
            at=arrays[0],
            known_at=arrays[1],
            value=arrays[2],
            unit=self.unit.last(kept),
            source="+".join(self.source.used(kept)),
            basis="+".join(sorted(self.basis.used(kept))),
        )

    def _winners(self, until: np.datetime64) -> Codes:
        """Of each moment: the best-ranked source's latest vintage known by then."""
        if self.replaced is not None:
            alone: Codes = np.flatnonzero((self.known_at <= until) & (self.replaced > until))
            return alone
        known: Codes = np.flatnonzero(self.known_at <= until)
        if self.source.codes is not None and len(known):
            at, rank = self.at[known], self.source.codes[known]
            first = np.r_[True, at[1:] != at[:-1]]
            known = known[rank == rank[first][np.cumsum(first) - 1]]
        at = self.at[known]
        last = np.r_[at[1:] != at[:-1], True] if len(known) else np.zeros(0, bool)
        winners: Codes = known[last]
        return winners


def pieces(
    rows: pa.RecordBatch, same: Mapping[str, str], wanted: Container[str] | None = None
) -> Iterator[tuple[str, str, Piece]]:
    """Series, field and rows of each run of one field of one series.

    Args:
        rows: Columns of the archive, texts that repeat as dictionaries.
        same: Texts of the columns that are not there, the same on all rows.
        wanted: Series that are wanted; None for all.
    """
    if not len(rows):
        return
    series, field, source, unit, basis = (
        _column(rows, same, name) for name in ("series", "field", "source", "unit", "basis")
    )
    at, known, value = (numbers(rows.column(name)) for name in ("at", "known_at", "value"))
    new = np.zeros(len(at) - 1, bool)
    for one in (series, field):
        if one.codes is not None:
            new |= one.codes[1:] != one.codes[:-1]
    ends = [*(np.flatnonzero(new) + 1).tolist(), len(at)]
    starts = [0, *ends[:-1]]
    for start, end in zip(starts, ends, strict=True):
        name = series.first(start)
        if wanted is None or name in wanted:
            run = slice(start, end)
            yield name, field.first(start), Piece(
                at=at[run], known_at=known[run], value=value[run],
                source=_run(source, run), unit=_run(unit, run), basis=_run(basis, run),
            )  # fmt: skip


def _column(rows: pa.RecordBatch, same: Mapping[str, str], name: str) -> Texts:
    """The texts of one column."""
    if name in same:
        return Texts(names=(same[name],), codes=None)
    column = rows.column(name)
    names = tuple(column.dictionary.to_pylist())
    return Texts(names=names, codes=None if len(names) == 1 else numbers(column.indices))


def _run(texts: Texts, run: slice) -> Texts:
    """The texts of a run of rows."""
    if texts.codes is None:
        return texts
    own = texts.codes[run]
    if (own == own[0]).all():
        return Texts(names=(texts.names[int(own[0])],), codes=None)
    return Texts(names=texts.names, codes=own)


def history(found: Sequence[Piece], order: Sequence[str]) -> History | None:
    """The vintages of one (series, field), of these sources in this order; None without any."""
    wanted = [part for one in found if (part := _of(one, order)) is not None]
    if not wanted:
        return None
    wanted.sort(key=lambda one: int(one.at[0]))  # parts mostly follow one another
    rows = wanted[0] if len(wanted) == 1 else _together(wanted)
    if rows.source.codes is not None:
        rows = _ranked(rows, order)
    plain = bool((rows.at[1:] > rows.at[:-1]).all())
    if not plain:
        rows = _ordered(rows)
        plain = bool((rows.at[1:] > rows.at[:-1]).all())
    plain = plain and bool((rows.known_at[1:] >= rows.known_at[:-1]).all())
    replaced = None
    if rows.source.codes is None and not plain:
        replaced = np.full(len(rows.at), _NEVER)
        again = np.flatnonzero(rows.at[1:] == rows.at[:-1])
        replaced[again] = rows.known_at[again + 1]
    return History(
        at=rows.at.view("datetime64[us]"), known_at=rows.known_at.view("datetime64[us]"),
        value=rows.value, source=rows.source, unit=rows.unit, basis=rows.basis,
        plain=plain, replaced=None if replaced is None else replaced.view("datetime64[us]"),
    )  # fmt: skip


def _of(piece: Piece, order: Sequence[str]) -> Piece | None:
    """The rows of these sources, None without any."""
    names = piece.source.names
    if piece.source.codes is None:
        return piece if names[0] in order else None
    kept = np.array([name in order for name in names])
    if kept.all():
        return piece
    rows = kept[piece.source.codes]
    return piece.take(rows) if rows.any() else None


def _together(found: Sequence[Piece]) -> Piece:
    """Several pieces as one, in their order."""
    rows = [len(one.at) for one in found]
    return Piece(
        at=np.concatenate([one.at for one in found]),
        known_at=np.concatenate([one.known_at for one in found]),
        value=np.concatenate([one.value for one in found]),
        source=_joined([one.source for one in found], rows),
        unit=_joined([one.unit for one in found], rows),
        basis=_joined([one.basis for one in found], rows),
    )


def _joined(found: Sequence[Texts], rows: Sequence[int]) -> Texts:
    names = found[0].names
    if len(names) == 1 and all(one.names == names for one in found):
        return found[0]
    names = tuple(sorted({name for one in found for name in one.names}))
    places = {name: place for place, name in enumerate(names)}
    codes = [
        np.array([places[name] for name in one.names])[one.of(count)]
        for one, count in zip(found, rows, strict=True)
    ]
    return Texts(names=names, codes=np.concatenate(codes))


def _ranked(rows: Piece, order: Sequence[str]) -> Piece:
    """The rows with their sources numbered by preference."""
    place = {name: index for index, name in enumerate(order)}
    names = rows.source.names
    codes = np.array([place.get(name, -1) for name in names])[rows.source.of(len(rows.at))]
    source = Texts(names=tuple(order), codes=codes)
    return Piece(at=rows.at, known_at=rows.known_at, value=rows.value, source=source,
                 unit=rows.unit, basis=rows.basis)  # fmt: skip


def _ordered(rows: Piece) -> Piece:
    """The rows by moment, rank, known_at; then, so that no merging matters, by what they say."""
    codes = rows.source.codes
    if codes is not None or not _in_order(rows.at, rows.known_at):
        keys = (rows.known_at, rows.at) if codes is None else (rows.known_at, codes, rows.at)
        rows = rows.take(np.lexsort(keys))
    again = np.flatnonzero(rows.at[1:] == rows.at[:-1])
    again = again[rows.known_at[again] == rows.known_at[again + 1]]
    rank = rows.source.of(len(rows.at))
    if not (rank[again] == rank[again + 1]).any():
        return rows
    unit, basis = (_alphabetic(one, len(rows.at)) for one in (rows.unit, rows.basis))
    return rows.take(np.lexsort((basis, unit, rows.value, rows.known_at, rank, rows.at)))


def _in_order(at: Codes, known: Codes) -> bool:
    """Whether rows of one source stand by moment and known_at."""
    if (at[1:] < at[:-1]).any():
        return False
    again = np.flatnonzero(at[1:] == at[:-1])
    return bool((known[again] <= known[again + 1]).all())


def _alphabetic(texts: Texts, rows: int) -> Codes:
    """The place of each row's text among all in order of the alphabet."""
    places = np.argsort(np.argsort(np.array(texts.names)))
    found: Codes = places[texts.of(rows)]
    return found
