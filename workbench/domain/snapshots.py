"""What was known at a moment: the only door through which data reaches a mind or a claim.

A snapshot holds, for each (series, field), one value per described moment: the vintage with the
latest ``known_at`` not after ``as_of``. Arrays are read-only and ordered by time.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from workbench.domain.calendars import Moments, iso


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Column:
    """One field of one series, as known.

    Attributes:
        at: Moments described, ``datetime64[us]`` UTC, strictly increasing.
        known_at: When each value could first be known, same shape.
        value: Values, same shape; NaN where the source published a blank.
        unit: Unit of the values.
        source: Where they come from, joined by ``+`` when several were spliced.
        basis: Where ``known_at`` comes from: ``stated`` by the source, first ``seen`` by us, or a
            ``rule``; joined by ``+``. No part of what the snapshot's hash says.
    """

    at: Moments
    known_at: Moments
    value: npt.NDArray[np.float64]
    unit: str
    source: str
    basis: str = "rule"


@dataclass(frozen=True, kw_only=True, eq=False)
class Snapshot:
    """Everything that a desk may see as of one moment.

    Attributes:
        as_of: The moment, UTC.
        columns: (series, field) to column; a series that is dark has no entry.
    """

    as_of: dt.datetime
    columns: Mapping[tuple[str, str], Column]

    def get(self, series: str, field: str = "close") -> Column | None:
        """The column, or None when nothing of it was known."""
        return self.columns.get((series, field))

    def only(self, series: Iterable[str], fields: Iterable[str] | None = None) -> Snapshot:
        """The slice with these series (and fields): what one mind is allowed to see."""
        wanted, kept = set(series), None if fields is None else set(fields)
        return Snapshot(
            as_of=self.as_of,
            columns={
                key: column
                for key, column in self.columns.items()
                if key[0] in wanted and (kept is None or key[1] in kept)
            },
        )

    def without(self, hidden: Iterable[tuple[str, str]]) -> Snapshot:
        """The rest without these (series, field) pairs; an empty field hides the whole series."""
        gone = set(hidden)
        kept = {k: c for k, c in self.columns.items() if k not in gone and (k[0], "") not in gone}
        return Snapshot(as_of=self.as_of, columns=kept)

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the content: equal data as of equal moments give equal hashes."""
        digest = hashlib.sha256(iso(self.as_of).encode())
        for (series, field), column in sorted(self.columns.items()):
            digest.update(f"{series}|{field}|{column.unit}|{column.source}".encode())
            for array in (column.at, column.known_at, column.value):
                digest.update(np.ascontiguousarray(array).view(np.uint8).data)
        return digest.hexdigest()
