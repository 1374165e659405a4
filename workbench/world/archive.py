"""The observation store: bitemporal, append-only, in immutable Parquet parts.

A row is ``series, field, at, known_at, value, unit, source, basis``. The same delivery twice adds
nothing; a revision is a new row with a later ``known_at``. Readers go through ``as_of``, which
never sees past its moment. How parts lie and are merged is told in ``parts`` and ``compaction``,
and what a pull may add in ``arrivals``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from workbench.domain import intraday
from workbench.domain.calendars import iso, moment, to_numpy
from workbench.domain.deliveries import Gap
from workbench.domain.errors import BeyondArchive, ParamsError
from workbench.domain.instruments import INSTRUMENTS, Instrument
from workbench.domain.snapshots import Snapshot
from workbench.world import arrivals, compaction, holdings
from workbench.world.blocks import LEAST, MOMENT, ordered, whole
from workbench.world.files import Place
from workbench.world.items import Items
from workbench.world.manifests import Listing, Note, stamp
from workbench.world.notes import notes
from workbench.world.observations import ORDER, SCHEMA, digest, table
from workbench.world.parts import Parts
from workbench.world.pieces import Piece, pieces
from workbench.world.vintages import History, columns, histories

_Key = tuple[str, tuple[str, ...]]


class Archive:
    """One store of observations, and of items, in a folder of its own.

    Args:
        folder: Where the parts lie, here or in an object store; made on the first delivery.
    """

    def __init__(self, folder: Place | str) -> None:
        self._parts = Parts(folder, SCHEMA, ORDER)
        self.folder = self._parts.folder
        self.items = Items(self.folder / "items")
        self._histories: dict[_Key, dict[str, History]] = {}
        self._names: frozenset[str] | None = None
        self._seen: Listing | None = None
        self._end: dt.datetime | None = None

    def parts(self) -> list[Place]:
        """The Parquet parts that count: merged ones, then loose ones in order of name."""
        return self._parts.paths(self._parts.listed())

    def append(self, frame: pd.DataFrame, *, origin: str, through: dt.datetime) -> int:
        """Adds observations as one immutable part.

        Args:
            frame: Columns ``series, field, at, known_at, value, unit, source``, and ``basis``,
                without which a rule dated them; times aware UTC; a NaN value is a blank that the
                source published.
            origin: Who delivered it, for the status table.
            through: The delivery's moment: the archive knows nothing later from it.

        Returns:
            Rows added: the frame's length, or 0 when this very part is there already.
        """
        rows = table(frame)
        name = digest(rows)
        if (
            f"{name}.parquet"
            in self._parts.again(lambda found: notes(self._parts, found)).delivered
        ):
            return 0
        self._parts.add(name, rows, Note(origin=origin, through=stamp(through)))
        compaction.settle(self._parts)
        return len(rows)

    def arrive(
        self,
        frame: pd.DataFrame,
        *,
        origin: str,
        now: dt.datetime,
        backfill: bool = False,
        instruments: Iterable[Instrument] = (),
    ) -> tuple[int, tuple[Gap, ...]]:
        """Adds what a pull brought that is new, and notes that its series were looked at.

        Args:
            frame: ``Delivered.observations``.
            origin: The feed.
            now: The pull's moment, not before the one of any pull so far.
            backfill: Whether moments older than all that is held may date from their own time.
            instruments: The desk's own, beside the built-in table: they say lags.

        Returns:
            Rows added, what is held already is not added again; and the gaps of blanks that
            came for what is known. See ``arrivals``.

        Raises:
            ImportRefused: A row describes a later moment than the pull's, or a later pull was
                stored already; nothing was added.
        """
        told = self._parts.again(lambda found: notes(self._parts, found))
        told.check(origin, now)
        series = sorted(map(str, frame["series"].unique()))
        rows, gaps = arrivals.news(
            frame, self._held(frame, backfill=backfill), origin=origin, now=now,
            asked=told.before(now), pulled=told.pulled(now), backfill=backfill,
            instruments=instruments,
        )  # fmt: skip
        new = table(rows)
        note = Note(origin=origin, through=stamp(now), pull=True, series=tuple(series))
        self._parts.add(digest(new, origin, note.through, *series), new, note)
        compaction.settle(self._parts)
        return len(new), gaps

    def _held(self, frame: pd.DataFrame, *, backfill: bool) -> pd.DataFrame:
        """What is held of the series of a delivery, from its first moment on."""
        since = None if backfill or not len(frame) else frame["at"].min().to_pydatetime()
        nothing = SCHEMA.empty_table().to_pandas()
        found = [one for one in self.rows(frame["series"].unique(), since) if len(one)]
        return pd.concat(found, ignore_index=True) if found else nothing

    def compact(self) -> bool:
        """Merges all parts into one; whether there was anything to merge."""
        merged = compaction.compact(self._parts)
        return self.items.compact() or merged

    def has(self, origin: str, through: dt.datetime) -> bool:
        """True when this deliverer's history was already delivered up to this moment."""
        told = self._parts.again(lambda found: notes(self._parts, found))
        return any(
            who == origin and moment(when) == through for who, when in told.delivered.values()
        )

    def end(self) -> dt.datetime | None:
        """The latest moment that any delivery reached, or None when the archive is empty."""
        return self._refresh()

    def series(self) -> frozenset[str]:
        """The ids of all series that the archive holds, whatever their moment."""
        self._refresh()
        if self._names is None:
            self._names = self._parts.again(self._named)
        return self._names

    def _named(self, found: Listing) -> frozenset[str]:
        loose = (self._parts.column(self.folder / name, "series") for name in found.loose)
        return found.manifest.series.union(*(pc.unique(one).to_pylist() for one in loose))

    def as_of(
        self,
        at: dt.datetime,
        wanted: Mapping[str, Sequence[str]],
        since: dt.datetime | None = None,
    ) -> Snapshot:
        """What was known at a moment.

        Args:
            at: The moment, aware UTC.
            wanted: Series id to its accepted sources in order of preference; an empty
                preference accepts the series' only source.
            since: Where only what describes this moment or a later one is wanted, as of series
                with many rows: little more is read, and nothing of it stays in memory.

        Raises:
            BeyondArchive: The moment lies after the last pull, or nothing was ever pulled.
            ParamsError: A field had several sources by then and the desk prefers none.
        """
        end = self._refresh()
        if end is None:
            raise BeyondArchive(
                f"The archive at {self.folder.name!r} is empty, so nothing is known as of "
                f"{iso(at)}. Bring history with 'workbench archive import PATH'."
            )
        if at > end:
            raise BeyondArchive(
                f"Nothing is known as of {iso(at)}: the last pull reached {iso(end)}. "
                "Ask for an earlier moment, or import later history."
            )
        until, known = to_numpy(at), self._known(wanted, since)
        asked: dict[tuple[str, str], History] = {}
        for series, preferred in wanted.items():
            for field, one in known[series, tuple(preferred)].items():
                asked[series, field] = one
                present = sorted(one.known_sources(until))
                if not preferred and len(present) > 1:
                    raise ParamsError(
                        f"{series} has {len(present)} sources of its {field} in the archive as of "
                        f"{iso(at)} ({', '.join(present)}) and the desk prefers none. Name one or "
                        f"more under 'instruments: ... {_where(series)}:' in params, or of an "
                        f"indicator under 'indicators: ... sources:'."
                    )
        found = zip(asked, columns(list(asked.values()), until), strict=True)
        return Snapshot(as_of=at, columns={key: one for key, one in found if one is not None})

    def _refresh(self) -> dt.datetime | None:
        """Forgets everything when parts were added; returns where the archive ends."""
        found = self._parts.listed()
        if found != self._seen:
            self._histories, self._names = {}, None
            self._end = self._parts.again(self._parts.end)
            self._seen = found
        return self._end

    def _known(
        self, wanted: Mapping[str, Sequence[str]], since: dt.datetime | None
    ) -> Mapping[_Key, Mapping[str, History]]:
        """The histories of these series; whole ones are loaded once."""
        keys = {(name, tuple(sources)) for name, sources in wanted.items()}
        if since is not None:
            return self._read(keys, since)
        self._histories |= self._read(keys - set(self._histories))
        return self._histories

    def _read(
        self, keys: Collection[_Key], since: dt.datetime | None = None
    ) -> dict[_Key, dict[str, History]]:
        if not keys:
            return {}
        least = None if since is None else int(to_numpy(since).astype(np.int64))
        found = self._parts.again(lambda now: self._pieces(now, {name for name, _ in keys}, least))
        asked: dict[tuple[_Key, str], tuple[list[Piece], Sequence[str]]] = {}
        for name, preferred in keys:
            fields = found.get(name, {})
            sources = {one for rows in fields.values() for row in rows for one in row.source.names}
            order = preferred or tuple(sorted(sources))
            asked |= {((name, preferred), field): (rows, order) for field, rows in fields.items()}
        result: dict[_Key, dict[str, History]] = {key: {} for key in keys}
        for (key, field), one in zip(asked, histories(list(asked.values())), strict=True):
            if one is not None:
                result[key][field] = one
        return result

    def _pieces(
        self, found: Listing, wanted: Collection[str], least: int | None
    ) -> dict[str, dict[str, list[Piece]]]:
        """The rows of these series, by series and field, part after part."""
        result: dict[str, dict[str, list[Piece]]] = {name: {} for name in wanted}
        for batch, same in self._batches(found, wanted, least):
            for series, field, each in pieces(batch, same, result):
                rows = each if least is None else each.take(each.at >= least)
                if len(rows.at):
                    result[series].setdefault(field, []).append(rows)
        return result

    def _batches(
        self, found: Listing, wanted: Collection[str], least: int | None
    ) -> Iterator[tuple[pa.RecordBatch, Mapping[str, str]]]:
        """Batches that hold these series, with the texts that are the same on all their rows.

        Small parts, such as those of single pulls, are one batch together: a piece of each series
        from each of them would cost more than their rows.
        """
        small = []
        for path in self._parts.paths(found):
            if groups := self._parts.groups(path, wanted, least):
                if self._parts.count(path) < LEAST:
                    small.append(_only(self._parts.read(path, groups), wanted))
                else:
                    yield from self._parts.batches(path, groups)
        if small:
            yield whole(ordered(pa.concat_tables(small), ORDER)), {}

    def rows(
        self, series: Collection[str], since: dt.datetime | None = None
    ) -> Iterator[pd.DataFrame]:
        """All vintages of these series whatever their moment, part by part: for checks only."""
        wanted = {str(one) for one in series}
        least = None if since is None else int(to_numpy(since).astype(np.int64))

        def read(found: Listing) -> list[pa.Table]:
            kept = []
            for path in self._parts.paths(found):
                if groups := self._parts.groups(path, wanted, least):
                    rows = _only(self._parts.read(path, groups), wanted)
                    if since is not None:
                        later = pc.greater_equal(rows.column("at"), pa.scalar(since, MOMENT))
                        rows = rows.filter(later)
                    kept.append(rows)
            return kept

        return (pa.table(whole(one)).to_pandas() for one in self._parts.again(read))

    def coverage(
        self, now: dt.datetime | None = None, instruments: Iterable[Instrument] = INSTRUMENTS
    ) -> pd.DataFrame:
        """What is there: one row a (series, field, source); see ``holdings.coverage``."""
        when = now or self._refresh()
        return self._parts.again(
            lambda found: holdings.coverage(self._parts, found, when, tuple(instruments))
        )

    def status(
        self, now: dt.datetime | None = None, instruments: Iterable[Instrument] = INSTRUMENTS
    ) -> holdings.Status:
        """What is there, in how many parts and bytes, and where it ends."""
        held = self.coverage(now, instruments)
        return self._parts.again(
            lambda found: holdings.status(self._parts, found, held, len(self.items))
        )


def _only(rows: pa.Table, wanted: Collection[str]) -> pa.Table:
    """The rows of these series."""
    return rows.filter(pc.is_in(rows.column("series"), pa.array(sorted(wanted), pa.string())))


def _where(series: str) -> str:
    """The key of the params that prefers sources of this series."""
    return "sources" if intraday.length(series) is None else "intraday"
