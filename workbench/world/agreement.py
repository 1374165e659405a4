"""Whether each key has one value, within a delivery and against the archive; and which are new.

A key is ``series, field, at, known_at, source``. Two values under one key contradict each other
and are refused by name; a newer value has a ``known_at`` of its own. Keys are compared by a
64-bit hash, so that deliveries of millions of rows are compared in seconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.domain.errors import ImportRefused

KEY = ["series", "field", "at", "known_at", "source"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Keyed:
    """All rows of a delivery, ordered by the hash of their key.

    Attributes:
        frames: File name to its observations; the index is the row in the file, from 0.
        keys: Hash of each row's key, increasing.
        value: Each row's value, in the same order.
        row: Each row's place in all files laid end to end.
    """

    frames: Mapping[str, pd.DataFrame]
    keys: npt.NDArray[np.uint64]
    value: npt.NDArray[np.float64]
    row: npt.NDArray[np.int64]

    @classmethod
    def of(cls, frames: Mapping[str, pd.DataFrame]) -> Keyed:
        """The rows of these files, of which at least one has a row."""
        keys = np.concatenate([_keys(frame) for frame in frames.values()])
        value = np.concatenate([frame["value"].to_numpy(float) for frame in frames.values()])
        row = np.argsort(keys, kind="stable")
        return cls(frames=frames, keys=keys[row], value=value[row], row=row)

    def agree(self) -> None:
        """Nothing when each key of the delivery has one value.

        Raises:
            ImportRefused: Two rows give one key two values.
        """
        twice = self.keys[1:] == self.keys[:-1]
        bad = np.flatnonzero(twice & ~_same(self.value[1:], self.value[:-1]))
        if len(bad):
            index = bad[self.row[bad + 1].argmin()]
            name, row, _ = self._place(int(index))
            self._refuse(int(index) + 1, float(self.value[index]), f"row {row:,} of {name}")

    def new(self, held: Iterable[pd.DataFrame]) -> Mapping[str, pd.DataFrame]:
        """The rows that are not there yet, each once; a file without any is left out.

        Args:
            held: Rows of the archive, with the columns of a key and ``value``.

        Raises:
            ImportRefused: The archive holds another value for the same key.
        """
        first = np.r_[True, self.keys[1:] != self.keys[:-1]]  # rows of one key agree: see ``agree``
        for rows in held:
            first[self._found(rows)] = False
        new = np.zeros(len(self.row), bool)
        new[self.row] = first
        ends = np.cumsum([len(frame) for frame in self.frames.values()])[:-1]
        files = zip(self.frames.items(), np.split(new, ends), strict=True)
        return {name: frame[kept] for (name, frame), kept in files if kept.any()}

    def _found(self, rows: pd.DataFrame) -> npt.NDArray[np.int64]:
        """Where the keys of these rows of the archive first stand in the order of this delivery."""
        keys, value = _keys(rows), rows["value"].to_numpy(float)
        index = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        there = self.keys[index] == keys
        bad = np.flatnonzero(there & ~_same(self.value[index], value))
        if len(bad):
            first = bad[self.row[index[bad]].argmin()]
            self._refuse(int(index[first]), float(value[first]), "the archive")
        found: npt.NDArray[np.int64] = index[there]
        return found

    def _place(self, index: int) -> tuple[str, int, pd.Series[Any]]:
        """File, row in it, and content of an ordered row."""
        row = int(self.row[index])
        for name, frame in self.frames.items():
            if row < len(frame):
                return name, int(frame.index[row]) + 1, frame.iloc[row]
            row -= len(frame)
        raise IndexError(index)

    def _refuse(self, index: int, other: float, where: str) -> NoReturn:
        name, row, content = self._place(index)
        raise ImportRefused(
            f"{name}, row {row:,}, column 'value': got {_shown(content['value'])} for "
            f"{content['series']} {content['field']} at {content['at'].isoformat()} from "
            f"{content['source']}, known at {content['known_at'].isoformat()}, where {where} has "
            f"{_shown(other)}. Keep one, or give 'known_at' to say when the newer value became "
            "known. Nothing was imported."
        )


def _keys(frame: pd.DataFrame) -> npt.NDArray[np.uint64]:
    return pd.util.hash_pandas_object(frame[KEY], index=False).to_numpy().astype(np.uint64)


def _same(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    same: npt.NDArray[np.bool_] = (one == other) | (np.isnan(one) & np.isnan(other))
    return same


def _shown(value: float) -> str:
    return "a blank" if np.isnan(value) else f"{value:.10g}"
