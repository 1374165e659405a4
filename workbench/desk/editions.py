"""One edition of the site: what is published now, and which older pages change with it.

Every part of the site (`dispatches`, `trails`, `front`, `datapage` …) has one function
``files(edition)``: paths from the site's root to their text. What it costs does not grow with the
number of dispatches: an edition names the few that changed, and lists are paged.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from workbench.desk.standing import ON_RECORD, in_roles
from workbench.domain.calendars import iso, moment
from workbench.domain.errors import CycleFailed
from workbench.steps.bench import kept_part
from workbench.world import entries as book
from workbench.world import files
from workbench.world.ledger import Ledger
from workbench.world.params import Desk

SHARD = 100  # dispatches, by number


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """What is published now.

    Attributes:
        desk: Whose site.
        site: Folder that it is written to.
        ledger: All rows of the cycle are on it.
        number: The cycle that is published.
        row: Its dispatch and cycle on the ledger.
        numbers: Every dispatch on the site, oldest first; ``number`` is the last of them.
        now: The moment at which claims stand as shown.
        changed: Dispatches whose pages are written anew, in order, ``number`` the last.
        stale: Those that should be and cannot, because their cycles' folders are gone.
    """

    desk: Desk
    site: Path
    ledger: Ledger
    number: int
    row: sa.RowMapping
    numbers: Sequence[int]
    now: dt.datetime
    changed: tuple[int, ...]
    stale: tuple[int, ...]


def edition(desk: Desk, ledger: Ledger, number: int) -> Edition:
    """The edition that publishes a cycle.

    Raises:
        CycleFailed: The ledger holds no dispatch of that cycle.
    """
    # Beside them lie the archive's own pages, which are no folders.
    site = desk.outputs / "site"
    known = sorted(map(int, files.folders(site / "read")))
    numbers = [n for n in known if n < number] + [number]
    row = on_ledger(ledger, number)
    due = changed(ledger, numbers)
    stale = tuple(n for n in due if n != number and not is_kept(desk, ledger, n))
    return Edition(
        desk=desk, site=site, ledger=ledger, number=number, row=row, numbers=numbers,
        now=now(ledger), changed=tuple(n for n in due if n not in stale), stale=stale,
    )  # fmt: skip


def changed(ledger: Ledger, numbers: Sequence[int]) -> list[int]:
    """Published dispatches that show something new, in order.

    These are the last one, the one before it, and all with a prediction that has settled, or has
    passed its deadline unsettled, since the one before it was published.
    """
    *before, number = numbers
    return sorted({number, *before[-1:], *moved(ledger, numbers).intersection(before)})


def moved(ledger: Ledger, numbers: Sequence[int]) -> set[int]:
    """Cycles with a prediction that has settled, or passed its deadline unsettled, of late.

    Args:
        ledger: All of their rows.
        numbers: The published dispatches, oldest first. Of late is since the last but one.

    Returns:
        Their numbers, those of cycles without a page too.
    """
    before = numbers[:-1]
    last = before[-1] if before else 0
    since = on_ledger(ledger, last)["as_of"] if before else ""
    until = iso(now(ledger))
    claims, decisions, settlements = book.claims.c, book.decisions.c, book.settlements.c
    # Not "distinct", which tempts SQLite to walk every decision in the order of its cycle.
    shown = sa.select(decisions.cycle).where(in_roles(ON_RECORD))
    settled = shown.join(book.settlements, settlements.claim == decisions.claim).where(
        settlements.cycle > last
    )
    overdue = (
        shown.join(book.claims, claims.id == decisions.claim)
        .outerjoin(book.settlements, settlements.claim == decisions.claim)
        .where(claims.deadline > since, claims.deadline <= until, settlements.claim.is_(None))
    )
    return {row["cycle"] for query in (settled, overdue) for row in ledger.read(query)}


def now(ledger: Ledger) -> dt.datetime:
    """The moment of the ledger's last cycle, at which claims stand as shown.

    Raises:
        CycleFailed: The ledger holds no cycle.
    """
    last = ledger.last_cycle()
    if last is None:
        raise CycleFailed("The ledger holds no cycle. Run 'workbench cycle' first.")
    return moment(last["as_of"])


def shards(numbers: Sequence[int]) -> list[int]:
    """The shards that hold a dispatch, oldest first.

    A list of all dispatches is kept in shards of ``SHARD`` numbers, so that a dispatch never moves
    from one to another, and one more dispatch writes no more than one of them.
    """
    return sorted({n // SHARD for n in numbers})


def shard(numbers: Sequence[int], k: int) -> Sequence[int]:
    """Those of the dispatches, oldest first, that a shard holds."""
    return numbers[bisect_left(numbers, k * SHARD) : bisect_left(numbers, (k + 1) * SHARD)]


def is_kept(desk: Desk, ledger: Ledger, number: int) -> bool:
    """True while a cycle's folder still holds what its page is made from."""
    notebook = folder(desk, number) / "notebooks" / "6_dispatch.ipynb"
    return notebook.is_file() and part(desk, on_ledger(ledger, number), "dispatch") is not None


def folder(desk: Desk, number: int) -> Path:
    """Where a cycle keeps its notebooks, and what its pages are made from."""
    return desk.outputs / "cycles" / str(number)


def part(desk: Desk, row: sa.RowMapping, name: str) -> Any:
    """What a cycle kept in its folder under a name, as JSON has it; None where that is lost.

    Args:
        desk: Whose.
        row: The cycle's on the ledger, by which what another ledger's cycle left is known.
        name: Of the part, such as ``steps.trust.PART``.
    """
    return kept_part(folder(desk, row["number"]), name, dict(row))


def on_ledger(ledger: Ledger, number: int) -> sa.RowMapping:
    """A dispatch's row on the ledger, with its cycle's.

    Raises:
        CycleFailed: There is none.
    """
    found = rows(ledger, [number])
    if not found:
        raise CycleFailed(f"Cycle {number} has no dispatch on the ledger. Run it again.")
    return found[number]


def rows(ledger: Ledger, numbers: Sequence[int]) -> dict[int, sa.RowMapping]:
    """The rows of several dispatches with their cycles', in order, as far as they are there.

    ``entered`` is when the dispatch's own row was registered, ``chain`` that row's hash.
    """
    of = book.dispatches.c
    query = (
        sa.select(of.of, of.slug, of.title, of.call, of.hash.label("chain"),
                  of.registered_at.label("entered"), book.cycles)
        .join(book.cycles, book.cycles.c.number == of.of)
        .where(of.of.in_(numbers))
        .order_by(of.of)
    )  # fmt: skip
    return {row["of"]: row for row in ledger.read(query)}
