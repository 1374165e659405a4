"""A ledger's database: its folder and tables made, its writes locked, its rows never changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa

from workbench.domain.errors import UserMistake
from workbench.world.entries import GENESIS, SCHEMA, TABLES, heads


def opened(url: str) -> sa.Engine:
    """The engine of an address, with all that a ledger needs; what is there already stays.

    Execution option ``writing`` makes a transaction take the lock at once.

    Raises:
        UserMistake: Its folder cannot be made, or it cannot be written to.
    """
    database = sa.engine.make_url(url).database
    if database:
        try:
            Path(database).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserMistake(
                f"The ledger's folder {Path(database).parent.name!r} cannot be made: "
                f"{error.strerror}. Choose another --outputs."
            ) from error
    engine = sa.create_engine(url, poolclass=sa.StaticPool if not database else None)
    sa.event.listen(engine, "connect", _configure)
    sa.event.listen(engine, "begin", _begin)
    try:
        with engine.execution_options(writing=True).begin() as connection:
            SCHEMA.create_all(connection)
            for table in TABLES:
                for verb in ("UPDATE", "DELETE"):
                    connection.execute(_refuse(table.name, verb))
            if connection.execute(sa.select(heads.c.id)).first() is None:
                connection.execute(heads.insert().values(id=1, seq=0, hash=GENESIS))
    except sa.exc.DatabaseError as error:
        raise UserMistake(
            f"The ledger cannot be opened for writing: {error.orig}. "
            "Check that --outputs is a folder you may write to."
        ) from error
    return engine


def _configure(connection: Any, _record: Any) -> None:
    """SQLite as a ledger needs it; autocommit off so that BEGIN is ours."""
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "recursive_triggers=ON"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("PRAGMA busy_timeout=10000")


def _begin(connection: sa.Connection) -> None:
    """Writers take the lock at once, so that a read cannot go stale before its write."""
    writing = connection.get_execution_options().get("writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _refuse(table: str, verb: str) -> sa.TextClause:
    return sa.text(
        f"CREATE TRIGGER IF NOT EXISTS {table}_{verb.lower()} BEFORE {verb} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, 'the ledger is append-only: {table}'); END"
    )
