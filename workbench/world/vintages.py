"""The vintages of one series, and which of them was the latest known at a moment.

Rows come ordered within their part, so that most series need no sorting; where several parts or
sources meet, they are ordered by moment, rank of the source and ``known_at``. Of two rows that
agree in all of these the greater value counts, a blank before any, however the parts are merged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workbench.domain.calendars import Moments
from workbench.domain.snapshots import Column
from workbench.world.pieces import Codes, Piece, Texts, together


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class History:
    """All vintages of one (series, field), ordered by (at, source rank, known_at).

    Attributes:
        at: Moments described, never falling.
        known_at: When each value could first be known.
        value: Values; NaN where a blank was published.
        source: In order of preference.
        unit: Of each value.
        basis: What dated each.
        again: Rows whose moment the next row has too.
        plain: One vintage a moment and ``known_at`` never falls: what is known is a prefix.
    """

    at: Moments
    known_at: Moments
    value: npt.NDArray[np.float64]
    source: Texts
    unit: Texts
    basis: Texts
    again: Codes
    plain: bool

    def known_sources(self, until: np.datetime64) -> set[str]:
        """The sources that had published anything by a moment."""
        if self.source.codes is None:
            return set(self.source.names) if self.known_at.min() <= until else set()
        kept = np.flatnonzero(self.known_at <= until)
        return set(self.source.used(kept)) if len(kept) else set()

    def kept(self, until: np.datetime64) -> slice | Codes:
        """The rows known at a moment: of each moment described, the latest of the best source."""
        if self.plain:
            return slice(0, int(np.searchsorted(self.known_at, until, side="right")))
        known = self.known_at <= until
        if self.source.codes is None:
            known[self.again[known[self.again + 1]]] = False
            return np.flatnonzero(known)
        rows = np.flatnonzero(known)
        if not len(rows):
            return rows
        at, rank = self.at[rows], self.source.codes[rows]
        first = np.r_[True, at[1:] != at[:-1]]
        rows = rows[rank == rank[first][np.cumsum(first) - 1]]
        at = self.at[rows]
        winners: Codes = rows[np.r_[at[1:] != at[:-1], True]]
        return winners


def columns(found: Sequence[History], until: np.datetime64) -> list[Column | None]:
    """What each says was known at a moment, None where there was nothing."""
    kept = [one.kept(until) for one in found]
    count = sum(len(rows) for rows in kept if not isinstance(rows, slice))
    at, known = np.empty(count, "datetime64[us]"), np.empty(count, "datetime64[us]")
    value, start, result = np.empty(count), 0, []
    for one, rows in zip(found, kept, strict=True):
        if isinstance(rows, slice):
            arrays = one.at[rows], one.known_at[rows], one.value[rows]
        else:
            run = slice(start, start + len(rows))
            arrays = at[run], known[run], value[run]
            for whole, own in zip((one.at, one.known_at, one.value), arrays, strict=True):
                whole.take(rows, out=own, mode="clip")  # in range anyway; "raise" copies twice
            start = run.stop
        result.append(_column(one, rows, *arrays) if len(arrays[0]) else None)
    return result


def _column(
    one: History, rows: slice | Codes, at: Moments, known: Moments, value: npt.NDArray[np.float64]
) -> Column:
    """These rows; unit, source and basis are theirs, so that no later row can change them."""
    for array in (at, known, value):
        array.flags.writeable = False
    return Column(
        at=at, known_at=known, value=value, unit=one.unit.last(rows),
        source="+".join(one.source.used(rows)), basis="+".join(sorted(one.basis.used(rows))),
    )  # fmt: skip


def histories(found: Sequence[tuple[Sequence[Piece], Sequence[str]]]) -> list[History | None]:
    """The vintages of several (series, field), None where a preference leaves none.

    Args:
        found: Of each its pieces, and its sources in order of preference.
    """
    wanted = [
        sorted(
            (part for one in rows if (part := _of(one, order)) is not None),
            key=lambda one: int(one.at[0]),  # parts mostly follow one another
        )
        for rows, order in found
    ]
    whole = iter(together([rows for rows in wanted if rows]))
    return [
        _history(next(whole), order) if rows else None
        for rows, (_, order) in zip(wanted, found, strict=True)
    ]


def _history(rows: Piece, order: Sequence[str]) -> History:
    if rows.source.codes is not None:
        rows = _ranked(rows, order)
    again = _again(rows)
    if again is None:
        rows = _ordered(rows)
        again = np.flatnonzero(rows.at[1:] == rows.at[:-1])
    return History(
        at=rows.at.view("datetime64[us]"), known_at=rows.known_at.view("datetime64[us]"),
        value=rows.value, source=rows.source, unit=rows.unit, basis=rows.basis, again=again,
        plain=not len(again) and bool((rows.known_at[1:] >= rows.known_at[:-1]).all()),
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


def _ranked(rows: Piece, order: Sequence[str]) -> Piece:
    """The rows with their sources numbered by preference."""
    place = {name: index for index, name in enumerate(order)}
    names = rows.source.names
    codes = np.array([place.get(name, -1) for name in names])[rows.source.of(len(rows.at))]
    source = Texts(names=tuple(order), codes=codes)
    return Piece(at=rows.at, known_at=rows.known_at, value=rows.value, source=source,
                 unit=rows.unit, basis=rows.basis)  # fmt: skip


def _again(rows: Piece) -> Codes | None:
    """Rows whose moment the next one has too; None where the rows have to be put in order first."""
    steps = np.diff(rows.at)
    if rows.source.codes is not None or (len(steps) and steps.min() < 0):
        return None
    again = np.flatnonzero(steps == 0)
    return again if (rows.known_at[again] < rows.known_at[again + 1]).all() else None


def _ordered(rows: Piece) -> Piece:
    """The rows by moment, rank, known_at; then, so that no merging matters, by what they say."""
    rank = rows.source.of(len(rows.at))
    unit, basis = (_alphabetic(one, len(rows.at)) for one in (rows.unit, rows.basis))
    return rows.take(np.lexsort((basis, unit, rows.value, rows.known_at, rank, rows.at)))


def _alphabetic(texts: Texts, rows: int) -> Codes:
    """The place of each row's text among all in order of the alphabet."""
    places = np.argsort(np.argsort(np.array(texts.names)))
    found: Codes = places[texts.of(rows)]
    return found
