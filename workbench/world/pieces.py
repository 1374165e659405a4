"""The rows of one (series, field) in one part, and several of them as one."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from workbench.world.blocks import numbers

Codes = npt.NDArray[np.signedinteger[Any]]


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


def together(found: Sequence[Sequence[Piece]]) -> list[Piece]:
    """The pieces of each (series, field) as one, in their order.

    All lie in one array a column, which costs far less than an array each: a machine hands out
    memory by the page.
    """
    many = [one for rows in found if len(rows) > 1 for one in rows]
    if not many:
        return [rows[0] for rows in found]
    at, known, value = (
        np.concatenate([getattr(one, name) for one in many]) for name in ("at", "known_at", "value")
    )
    result, start = [], 0
    for rows in found:
        if len(rows) == 1:
            result.append(rows[0])
            continue
        counts = [len(one.at) for one in rows]
        run = slice(start, start + sum(counts))
        source, unit, basis = (
            _joined([getattr(one, name) for one in rows], counts)
            for name in ("source", "unit", "basis")
        )
        result.append(Piece(at=at[run], known_at=known[run], value=value[run],
                            source=source, unit=unit, basis=basis))  # fmt: skip
        start = run.stop
    return result


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
