"""The ledger: append-only, every row hash-chained, one transaction a step.

Each row's hash covers the hash before it and the row's content; wall-clock ``registered_at`` is
kept beside the content, outside the hash, so a replay of the same inputs gives the same chain.
Appending rows that are there already adds nothing; other content under an old key is refused.
SQLite by default (WAL, synchronous=FULL), through SQLAlchemy Core.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from heapq import merge
from pathlib import Path
from typing import Any

import pandas as pd
import sqlalchemy as sa

from workbench.domain.calendars import UTC, iso
from workbench.domain.claims import Claim, from_content
from workbench.domain.errors import LedgerConflict, UserMistake
from workbench.domain.records import Mode
from workbench.world.database import opened
from workbench.world.entries import (
    GENESIS,
    TABLES,
    Row,
    chained,
    claims,
    cycles,
    decisions,
    dispatches,
    heads,
    settlements,
)


class Ledger:
    """One ledger behind a database address.

    Args:
        url: ``sqlite:///path/to/ledger.db`` or ``sqlite://`` for one in memory.

    Attributes:
        memory: What was worked out from rows that are here for good; emptied when some are
            rolled back, and not part of a copy.
    """

    def __init__(self, url: str) -> None:
        self.url, self.engine = url, opened(url)
        self._writer = self.engine.execution_options(writing=True)
        self._open: sa.Connection | None = None
        self._settled_before = ""
        self.memory: dict[str, object] = {}

    def close(self) -> None:
        """Lets go of every connection."""
        self.engine.dispose()

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """All appends inside become durable together or not at all; nests into the outer one."""
        if self._open is not None:
            yield self._open
            return
        with self._writer.begin() as connection:
            self._open = connection
            try:
                yield connection
            except BaseException:
                self._settled_before = ""  # what looked settled is rolled back
                self.memory.clear()
                raise
            finally:
                self._open = None

    @contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        if self._open is not None:
            yield self._open
        else:
            with self.engine.connect() as connection:
                yield connection

    def append(self, cycle: int, rows: Iterable[tuple[sa.Table, Row]]) -> int:
        """Adds rows of one cycle to the chain in one transaction.

        Args:
            cycle: Number that every row belongs to.
            rows: Tables with their content columns.

        Returns:
            Rows added; those on record already with the same content are skipped.

        Raises:
            LedgerConflict: A key is on record with other content.
        """
        with self.transaction() as connection:
            seq, previous = connection.execute(sa.select(heads.c.seq, heads.c.hash)).one()
            now = dt.datetime.now(UTC).isoformat(timespec="milliseconds")
            fresh: dict[sa.Table, list[dict[str, Any]]] = {}
            before: dict[sa.Table, dict[tuple[Any, ...], Row]] = {}
            added = 0
            for table, content in rows:
                row = {"cycle": cycle, **_typed(table, content)}
                if table not in before:
                    before[table] = self._present(connection, table, cycle)
                key = tuple(row[column.name] for column in table.primary_key)
                old = before[table].get(key)
                if old is not None:
                    _same(table, key, old, row)
                    continue
                seq, previous = seq + 1, chained(previous, table.name, row)
                row |= {"seq": seq, "hash": previous, "registered_at": now}
                fresh.setdefault(table, []).append(row)
                before[table][key] = row
                added += 1
            try:
                for table, new in fresh.items():
                    connection.execute(table.insert(), new)
            except sa.exc.IntegrityError as error:
                raise LedgerConflict(
                    f"Cycle {cycle} repeats a key of an earlier cycle: {error.orig}."
                ) from error
            if added:
                connection.execute(heads.update().values(seq=seq, hash=previous))
            return added

    @staticmethod
    def _present(
        connection: sa.Connection, table: sa.Table, cycle: int
    ) -> dict[tuple[Any, ...], Row]:
        found = connection.execute(sa.select(table).where(table.c.cycle == cycle)).mappings()
        names = [column.name for column in table.primary_key]
        return {tuple(row[name] for name in names): dict(row) for row in found}

    def read(self, query: sa.Select[Any]) -> Sequence[sa.RowMapping]:
        """The rows that a query selects, as mappings."""
        with self._reading() as connection:
            return connection.execute(query).mappings().all()

    def frame(self, query: sa.Select[Any]) -> pd.DataFrame:
        """The rows that a query selects, as a frame with its columns."""
        with self._reading() as connection:
            result = connection.execute(query)
            return pd.DataFrame([tuple(row) for row in result], columns=list(result.keys()))

    def head(self) -> tuple[int, str]:
        """Number and hash of the last row; (0, zeros) when empty."""
        with self._reading() as connection:
            seq, found = connection.execute(sa.select(heads.c.seq, heads.c.hash)).one()
        return int(seq), str(found)

    def last_cycle(self) -> sa.RowMapping | None:
        """The latest cycle with ``done`` (true once its dispatch is on record), or None."""
        done = dispatches.c.of.is_not(None).label("done")
        joined = cycles.outerjoin(dispatches, dispatches.c.of == cycles.c.number)
        query = sa.select(cycles, done).select_from(joined).order_by(cycles.c.number.desc())
        found = self.read(query.limit(1))
        return found[0] if found else None

    def mode_of(self, number: int) -> Mode | None:
        """The mode of a cycle, or None before it is on record."""
        found = self.read(sa.select(cycles.c.mode).where(cycles.c.number == number))
        mode: Mode | None = found[0]["mode"] if found else None
        return mode

    def first_cycle(self) -> int | None:
        """The lowest cycle number on the ledger, or None when empty."""
        found = self.read(sa.select(sa.func.min(cycles.c.number).label("first")))
        first: int | None = found[0]["first"]
        return first

    def due(self, as_of: dt.datetime) -> list[Claim]:
        """Claims whose deadline has come and that have no settlement yet, oldest first.

        A ledger remembers what it has seen settled, so each asks later than the one before.
        """
        settled = sa.select(settlements.c.claim).where(settlements.c.claim == claims.c.id)
        query = (
            sa.select(claims.c.content, claims.c.deadline)
            .where(claims.c.deadline <= iso(as_of), claims.c.deadline >= self._settled_before)
            .where(~settled.exists())
            .order_by(claims.c.deadline, claims.c.seq)
        )
        found = self.read(query)
        # Everything before the oldest unsettled deadline is settled for good.
        self._settled_before = found[0]["deadline"] if found else self._settled_before
        return [from_content(json.loads(row["content"])) for row in found]

    def running(self, as_of: dt.datetime, before: int, mode: Mode) -> list[Claim]:
        """Predictions on record of a mode, made before a cycle, whose deadline is still to come."""
        query = (
            sa.select(claims.c.content, claims.c.cycle, claims.c.seq)
            .join(decisions, decisions.c.claim == claims.c.id)
            .join(cycles, cycles.c.number == claims.c.cycle)
            .where(decisions.c.role != "shadow", claims.c.deadline > iso(as_of))
            .where(cycles.c.mode == mode)
        )
        # Cycle and order are seen to here: in the query they tempt SQLite to scan every claim.
        found = [row for row in self.read(query) if row["cycle"] < before]
        found.sort(key=lambda row: row["seq"])
        return [from_content(json.loads(row["content"])) for row in found]

    def broken(self) -> str | None:
        """Where the chain breaks, one sentence; None when every row follows from the one before."""
        seq, previous = 0, GENESIS
        with self.engine.connect() as connection:
            streams = [_stream(connection, table) for table in TABLES]
            for number, name, row in merge(*streams, key=lambda entry: entry[0]):
                seq += 1
                if number != seq:
                    return f"Row {seq} is missing; {name} row {number} follows row {seq - 1}."
                previous = chained(previous, name, row)
                if previous != row["hash"]:
                    return f"Row {seq} ({name}) does not follow from the row before it."
        if (seq, previous) != self.head():
            return f"The head says row {self.head()[0]}, the last row is {seq}."
        return None

    def copy(self) -> Ledger:
        """A scratch copy in memory: what is appended to it is gone with it."""
        scratch = Ledger("sqlite://")
        with self.engine.connect() as source, scratch._writer.begin() as target:
            for table in (*TABLES, heads):
                rows = [dict(row) for row in source.execute(sa.select(table)).mappings()]
                if table is heads:
                    target.execute(
                        heads.update().values(**{k: rows[0][k] for k in ("seq", "hash")})
                    )
                elif rows:
                    target.execute(table.insert(), rows)
        return scratch


def existing(url: str) -> Ledger:
    """The ledger at an address, for commands that only read: they make none.

    Raises:
        UserMistake: There is no ledger yet.
    """
    database = sa.engine.make_url(url).database
    if database and not Path(database).is_file():
        raise UserMistake(
            f"There is no ledger in the outputs {Path(database).parent.name!r}. Run "
            "'workbench cycle' or 'workbench replay' first, or name other --outputs."
        )
    return Ledger(url)


def _stream(connection: sa.Connection, table: sa.Table) -> Iterator[tuple[int, str, Row]]:
    """A table's rows in chain order, with their number and the table's name."""
    for row in connection.execute(sa.select(table).order_by(table.c.seq)).mappings():
        yield row["seq"], table.name, dict(row)


def _typed(table: sa.Table, content: Row) -> dict[str, Any]:
    """The content as the database will give it back, so that it hashes alike both times."""
    return {
        name: float(value) + 0.0  # no negative zero
        if isinstance(table.c[name].type, sa.Float) and value is not None
        else value
        for name, value in content.items()
    }


def _same(table: sa.Table, key: tuple[Any, ...], old: Row, new: Row) -> None:
    changed = [name for name, value in new.items() if old[name] != value]
    if changed:
        name = changed[0]
        raise LedgerConflict(
            f"{table.name} {'/'.join(map(str, key))} of cycle {new['cycle']} is on record with "
            f"{name} = {old[name]!r}, not {new[name]!r}. The data or the code changed since; "
            "start a new cycle or use a fresh --outputs."
        )
