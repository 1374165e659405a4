"""The observation store: bitemporal, append-only, in immutable Parquet parts.

A row is ``series, field, at, known_at, value, unit, source``. Parts are named by the hash of
their content, so the same pull twice adds nothing; a revision is a new row with a later
``known_at``. Readers go through ``as_of``, which never sees past its moment.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from workbench.domain import intraday
from workbench.domain.calendars import iso, moment, to_numpy
from workbench.domain.errors import BeyondArchive, ParamsError
from workbench.domain.snapshots import Snapshot
from workbench.world.files import write_atomic
from workbench.world.vintages import History, histories

COLUMNS = ("series", "field", "at", "known_at", "value", "unit", "source")
SCHEMA = pa.schema(
    [
        ("series", pa.string()),
        ("field", pa.string()),
        ("at", pa.timestamp("us", "UTC")),
        ("known_at", pa.timestamp("us", "UTC")),
        ("value", pa.float64()),
        ("unit", pa.string()),
        ("source", pa.string()),
    ]
)


class Archive:
    """One store of observations in a folder of its own.

    Args:
        folder: Where the parts lie; made on the first append.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._histories: dict[tuple[str, tuple[str, ...]], dict[str, History]] = {}
        self._names: frozenset[str] | None = None
        self._seen: tuple[Path, ...] = ()
        self._end: dt.datetime | None = None

    def parts(self) -> list[Path]:
        """The Parquet parts, in order of name."""
        return sorted(self.folder.glob("*.parquet"))

    def append(self, frame: pd.DataFrame, *, origin: str, through: dt.datetime) -> int:
        """Adds observations as one immutable part.

        Args:
            frame: Columns ``series, field, at, known_at, value, unit, source``; times aware UTC;
                a NaN value is a blank that the source published.
            origin: Who delivered it, for the status table.
            through: The pull's moment: the archive knows nothing later from this delivery.

        Returns:
            Rows added: the frame's length, or 0 when this very part is there already.
        """
        ordered = _ordered(frame)
        digest = hashlib.sha256(
            pd.util.hash_pandas_object(ordered, index=False).to_numpy().tobytes()
        ).hexdigest()
        path = self.folder / f"{digest[:24]}.parquet"
        if path.exists():
            return 0
        table = pa.Table.from_pandas(ordered, schema=SCHEMA, preserve_index=False)
        note = json.dumps({"origin": origin, "through": iso(through)})
        table = table.replace_schema_metadata({b"workbench": note.encode()})
        buffer = io.BytesIO()
        pq.write_table(table, buffer, compression="zstd", row_group_size=65_536)
        write_atomic(path, buffer.getvalue())
        return len(ordered)

    def has(self, origin: str, through: dt.datetime) -> bool:
        """True when this deliverer's history was already delivered up to this moment."""
        wanted = {"origin": origin, "through": iso(through)}
        return any(self._note(path) == wanted for path in self.parts())

    def end(self) -> dt.datetime | None:
        """The latest moment that any delivery reached, or None when the archive is empty."""
        notes = [self._note(path) for path in self.parts()]
        return max((moment(note["through"]) for note in notes), default=None)

    @staticmethod
    def _note(path: Path) -> dict[str, str]:
        metadata = pq.read_schema(path).metadata or {}
        note: dict[str, str] = json.loads(metadata[b"workbench"])
        return note

    def series(self) -> frozenset[str]:
        """The ids of all series that the archive holds, whatever their moment."""
        self._refresh()
        if self._names is None:
            columns = (_column(part, "series") for part in self._seen)
            self._names = frozenset(name for column in columns for name in column)
        return self._names

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
            ParamsError: A series had several sources by then and the desk prefers none.
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
        columns = {}
        for series, preferred in wanted.items():
            fields = known[series, tuple(preferred)]
            present = sorted({s for h in fields.values() for s in h.known_sources(until)})
            if not preferred and len(present) > 1:
                raise ParamsError(
                    f"{series} has {len(present)} sources in the archive as of {iso(at)} "
                    f"({', '.join(present)}) and the desk prefers none. "
                    f"Name one or more under 'instruments: ... {_where(series)}:' in params."
                )
            for field, history in fields.items():
                column = history.as_of(until)
                if column is not None:
                    columns[series, field] = column
        return Snapshot(as_of=at, columns=columns)

    def _refresh(self) -> dt.datetime | None:
        """Forgets everything when parts were added; returns where the archive ends."""
        parts = tuple(self.parts())
        if parts != self._seen:
            self._histories, self._names, self._seen, self._end = {}, None, parts, self.end()
        return self._end

    def _known(
        self, wanted: Mapping[str, Sequence[str]], since: dt.datetime | None
    ) -> Mapping[tuple[str, tuple[str, ...]], Mapping[str, History]]:
        """The histories of these series; whole ones are loaded once."""
        keys = {(name, tuple(sources)) for name, sources in wanted.items()}
        if since is not None:
            return self._read(keys, since)
        self._histories |= self._read(keys - set(self._histories))
        return self._histories

    def _read(
        self, keys: Collection[tuple[str, tuple[str, ...]]], since: dt.datetime | None = None
    ) -> dict[tuple[str, tuple[str, ...]], dict[str, History]]:
        if not keys:
            return {}
        rows = _table(self._seen, {name for name, _ in keys}, since).to_pandas()
        groups = dict(iter(rows.groupby("series", observed=True)))
        return {(name, order): histories(groups.get(name), order) for name, order in keys}

    def rows(self, series: Collection[str]) -> Iterator[pd.DataFrame]:
        """All vintages of these series whatever their moment, part by part: for checks only."""
        return (_table([part], series).to_pandas() for part in self.parts())

    def coverage(self) -> pd.DataFrame:
        """What is there.

        Returns:
            One row a (series, field, source): ``rows``, ``blanks`` among them, ``first`` and
            ``last`` moment described, last ``known`` moment, ``unit``.
        """
        sums = {"rows": "sum", "blanks": "sum", "first": "min", "last": "max", "known": "max"}
        pieces = [_counts(part) for part in self.parts()]
        if not pieces:
            return pd.DataFrame(columns=["series", "field", "source", *sums, "unit"])
        return (
            pd.concat(pieces)
            .groupby(["series", "field", "source"], as_index=False)
            .agg({**sums, "unit": "last"})
        )


def _where(series: str) -> str:
    """The key of the params that prefers sources of this series."""
    return "sources" if intraday.length(series) is None else "intraday"


def _counts(part: Path) -> pd.DataFrame:
    """The coverage of one part, counted without making a frame of its rows."""
    names = {
        "rows": ("value", "count", pc.CountOptions(mode="all")),
        "blanks": ("value", "count", pc.CountOptions(mode="only_null")),
        "first": ("at", "min", None),
        "last": ("at", "max", None),
        "known": ("known_at", "max", None),
    }
    keys = ["series", "field", "source", "unit"]
    counted = _table([part]).group_by(keys).aggregate(list(names.values()))
    counts: pd.DataFrame = counted.rename_columns([*keys, *names]).to_pandas()
    return counts.astype(dict.fromkeys(keys, str))


def _ordered(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows in the one order and with the types that name a part."""
    texts = {
        name: frame[name].astype("category").cat.set_categories(sorted(frame[name].unique()))
        for name in ("series", "field", "unit", "source")
    }
    moments = {name: frame[name].astype("datetime64[us, UTC]") for name in ("at", "known_at")}
    return (
        frame.loc[:, list(COLUMNS)]
        .assign(**texts, **moments)
        .sort_values(["series", "field", "at", "known_at", "source", "value"], kind="stable")
    )


def _column(part: Path, name: str) -> list[str]:
    """The distinct texts of one column of a part."""
    table = pq.read_table(part, columns=[name], read_dictionary=[name])
    found: list[str] = pc.unique(table.column(name)).to_pylist()
    return found


def _table(
    parts: Sequence[Path],
    series: Collection[str] | None = None,
    since: dt.datetime | None = None,
) -> pa.Table:
    """Rows of these parts, with texts as dictionaries: they repeat on every row."""
    filters: list[tuple[str, str, object]] = []
    filters += [] if series is None else [("series", "in", series)]
    filters += [] if since is None else [("at", ">=", pa.scalar(since, SCHEMA.field("at").type))]
    table = pq.read_table(list(parts), filters=filters or None, schema=SCHEMA)
    for name in ("series", "field", "unit", "source"):
        index = table.schema.get_field_index(name)
        table = table.set_column(index, name, table.column(name).dictionary_encode())
    return table
