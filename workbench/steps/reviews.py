"""When rules and stories are reviewed: in the first cycle of each calendar month of a mode."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from workbench.domain.calendars import moment
from workbench.steps.bench import Bench
from workbench.world import entries as book


def before(bench: Bench) -> dt.datetime | None:
    """Moment of the cycle of this mode before this one, or None."""
    query = (
        sa.select(book.cycles.c.as_of)
        .where(book.cycles.c.number < bench.number, book.cycles.c.mode == bench.mode)
        .order_by(book.cycles.c.number.desc())
        .limit(1)
    )
    found = bench.ledger.read(query)
    return moment(found[0]["as_of"]) if found else None


def is_due(bench: Bench, before: dt.datetime | None) -> bool:
    """True in the first cycle of a month (UTC), and in the very first of a mode."""
    return before is None or (before.year, before.month) != (bench.as_of.year, bench.as_of.month)
