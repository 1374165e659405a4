"""Texts with a moment: headlines, filings, events; append-only, in parts beside the observations.

An item is known by its series and key. What comes again as it was is left out; another title,
link or detail is a new vintage, known when we saw it. As with observations, no pull changes what
was known at the moment of an earlier one: see ``arrivals``. Texts are kept as they came, but cut
where they are longer than any that can be shown; whoever shows them makes them harmless.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from workbench.domain.calendars import to_numpy
from workbench.domain.deliveries import ITEM_COLUMNS
from workbench.world import compaction
from workbench.world.blocks import MOMENT, REPEATED, numbers, ordered, whole
from workbench.world.files import Place
from workbench.world.item_texts import bounded
from workbench.world.manifests import Listing, Note, stamp
from workbench.world.notes import notes
from workbench.world.observations import digest, typed
from workbench.world.parts import Parts

_TYPES = {"at": MOMENT, "known_at": MOMENT} | dict.fromkeys(
    ("key", "title", "link", "detail"), pa.string()
)
SCHEMA = pa.schema([(name, _TYPES.get(name, REPEATED)) for name in ITEM_COLUMNS])
ORDER = ("series", "key", "known_at", "at", "title", "link", "detail", "kind", "source", "basis")
_SAID = ["kind", "at", "title", "link", "detail", "source"]
_PLAIN = dict.fromkeys(("series", "kind", "source", "basis"), object)
_NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True, kw_only=True)
class _Vintages:
    """All vintages of all items, in order of the moment described.

    Attributes:
        table: Their columns.
        at: What moment each describes, in microseconds.
        known: From when each counts.
        until: When another one of the same item took its place.
    """

    table: pa.Table
    at: npt.NDArray[np.int64]
    known: npt.NDArray[np.int64]
    until: npt.NDArray[np.int64]


class Items:
    """One store of items.

    Args:
        folder: Where the parts lie; made on the first delivery.
    """

    def __init__(self, folder: Place | str) -> None:
        self._parts = Parts(folder, SCHEMA, ORDER)
        self._seen: Listing | None = None
        self._read: _Vintages | None = None

    def __len__(self) -> int:
        """Items that are held, all vintages counted."""
        return self._parts.again(
            lambda found: sum(map(self._parts.count, self._parts.paths(found)))
        )

    def parts(self) -> list[Place]:
        """The Parquet parts that count."""
        return self._parts.paths(self._parts.listed())

    def compact(self) -> bool:
        """Merges all parts into one; whether there was anything to merge."""
        return compaction.compact(self._parts)

    def end(self) -> dt.datetime | None:
        """The latest moment that any delivery reached, or None when there was none."""
        return self._parts.again(self._parts.end)

    def arrive(self, frame: pd.DataFrame, *, origin: str, now: dt.datetime) -> int:
        """Adds what a pull brought that is new, and notes that its series were looked at.

        Args:
            frame: ``Delivered.items``; without ``known_at`` an item is known when first seen.
            origin: The feed.
            now: The pull's moment, not before the one of any pull so far.

        Returns:
            Items added.

        Raises:
            ImportRefused: A later pull was stored already; nothing was added.
        """
        told = self._parts.again(lambda found: notes(self._parts, found))
        told.check(origin, now)
        # Of an item that a delivery names twice the last counts, even when it says what is held.
        rows = bounded(frame).drop_duplicates(["series", "key"], keep="last")
        rows, asked = rows.reset_index(drop=True), told.before(now)
        latest = pd.Timestamp(now)
        given = rows["known_at"]
        fresh = given.notna() & (given <= latest)
        if asked is not None:
            fresh &= (given > pd.Timestamp(asked)) | ~rows["series"].isin(told.pulled(now))
        rows = self._new(rows, fresh, latest)
        names = tuple(sorted(map(str, frame["series"].unique())))
        note = Note(origin=origin, through=stamp(now), pull=True, series=names)
        return self._add(rows, note)

    def append(self, frame: pd.DataFrame, *, origin: str, through: dt.datetime) -> int:
        """Adds what a file says, each item known when the file says so.

        Args:
            frame: Columns ``ITEM_COLUMNS``; every ``known_at`` is given.
            origin: The file.
            through: Moment that it reached.

        Returns:
            Items added; a vintage that is held is not added again.
        """
        rows = bounded(frame)
        held = self._held(rows["series"].unique())
        keys = ["series", "key", "known_at", *_SAID]
        there = rows[keys].merge(held[keys].drop_duplicates(), how="left", indicator=True)
        rows = rows[(there["_merge"] == "left_only").to_numpy()].drop_duplicates(keys)
        if not len(rows):
            return 0
        return self._add(rows, Note(origin=origin, through=stamp(through)))

    def _add(self, rows: pd.DataFrame, note: Note) -> int:
        table = pa.Table.from_arrays([typed(rows[f.name], f.type) for f in SCHEMA], schema=SCHEMA)
        table = ordered(table, ORDER)
        name = digest(table, note.origin, note.through, *note.series)
        self._parts.add(name, table, note)
        compaction.settle(self._parts)
        return len(table)

    def _new(
        self, rows: pd.DataFrame, fresh: pd.Series[bool], latest: pd.Timestamp
    ) -> pd.DataFrame:
        """The items that say something new, each known from its own time or from now on."""
        held = self._held(rows["series"].unique())
        held = held[held["known_at"] <= latest]
        held = held.drop_duplicates(["series", "key"], keep="last")
        both = rows.merge(held[["series", "key", *_SAID]], on=["series", "key"], how="left",
                          suffixes=("", "_held"), indicator=True)  # fmt: skip
        there = (both["_merge"] == "both").to_numpy()
        same = there.copy()
        for name in _SAID:
            same &= (both[name] == both[f"{name}_held"]).to_numpy(bool)
        own = fresh.to_numpy(bool) & ~there
        kept = rows.assign(
            known_at=rows["known_at"].where(own, latest),
            basis=rows["basis"].where(rows["basis"].notna(), "stated").where(own, "seen"),
        )
        return kept[~same]

    def _held(self, series: Collection[str]) -> pd.DataFrame:
        """All vintages of these series, in the order in which they became known."""
        wanted = pa.array(list(map(str, series)), pa.string())
        frame: pd.DataFrame = self._parts.again(
            lambda found: self._table(found, wanted)
        ).to_pandas()
        # Of two that became known at once, which one counts must not depend on their parts.
        return frame.astype(_PLAIN).sort_values(["known_at", *_SAID]).reset_index(drop=True)

    def _table(self, found: Listing, wanted: pa.Array | None = None) -> pa.Table:
        tables = [SCHEMA.empty_table()]
        for path in self._parts.paths(found):
            if wanted is None:
                every = range(self._parts.footer(path).num_row_groups)
                tables.append(self._parts.read(path, every))
            elif groups := self._parts.groups(path, wanted.to_pylist()):
                rows = self._parts.read(path, groups)
                tables.append(rows.filter(pc.is_in(rows.column("series"), wanted)))
        return pa.concat_tables(tables)

    def _vintages(self) -> _Vintages:
        """Everything that is held: read once, and again when parts were added."""

        def read(found: Listing) -> _Vintages:
            if self._read is None or found != self._seen:
                self._read, self._seen = _vintages(self._table(found)), found
            return self._read

        return self._parts.again(read)

    def as_of(
        self,
        at: dt.datetime,
        series: Collection[str] | None = None,
        since: dt.datetime | None = None,
        kinds: Collection[str] | None = None,
    ) -> pd.DataFrame:
        """The items that were known at a moment, each as it was known then.

        Args:
            at: The moment, aware UTC.
            series: Ids that are wanted; None for all.
            since: Oldest moment described that is wanted; None for all.
            kinds: ``headline``, ``filing``, ``event``; None for all.

        Returns:
            Columns ``ITEM_COLUMNS``, in order of ``at``, series and key.
        """
        held, moment = self._vintages(), _micros(at)
        first = 0 if since is None else int(np.searchsorted(held.at, _micros(since)))
        there = (held.known[first:] <= moment) & (held.until[first:] > moment)
        rows = held.table.take(pa.array(first + np.flatnonzero(there)))
        for name, wanted in (("series", series), ("kind", kinds)):
            if wanted is not None:
                some = pa.array(list(map(str, wanted)), pa.string())
                rows = rows.filter(pc.is_in(rows.column(name), some))
        frame: pd.DataFrame = rows.to_pandas()
        return frame.astype(_PLAIN)


def _vintages(table: pa.Table) -> _Vintages:
    # Of two that became known at once, which one counts must not depend on their parts.
    named = ordered(table, ["series", "key", "known_at", *_SAID])
    rows = whole(named)
    known = numbers(rows.column("known_at")).astype(np.int64)
    until = np.full(len(rows), _NEVER)
    if len(rows) > 1:
        next_too = np.ones(len(rows) - 1, bool)
        for name in ("series", "key"):
            text = rows.column(name)
            text = text.dictionary_decode() if pa.types.is_dictionary(text.type) else text
            next_too &= pc.equal(text[:-1], text[1:]).to_numpy(zero_copy_only=False)
        until[:-1][next_too] = known[1:][next_too]
    at = numbers(rows.column("at")).astype(np.int64)
    order = np.argsort(at, kind="stable")
    table = named.take(pa.array(order))
    return _Vintages(table=table, at=at[order], known=known[order], until=until[order])


def _micros(at: dt.datetime) -> int:
    return int(to_numpy(at).astype("datetime64[us]").astype(np.int64))
