"""The paged archive: every published dispatch, a hundred to a page, newest first.

``read/<k>.html`` holds the dispatches whose number divided by a hundred is k, so that a dispatch
never moves to another page; ``read/index.html`` is the newest of them with links to all.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import sqlalchemy as sa

from workbench.desk import front, layout, standing
from workbench.desk.editions import Edition
from workbench.desk.views import IndexEntry, Link
from workbench.domain.records import Mode
from workbench.world import entries as book

SIZE = 100  # dispatches a shard


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivePage:
    """One page of the archive.

    Attributes:
        title: Its finding, as a sentence.
        home: Whether it is the newest, which links to all.
        modes: Number of a dispatch to its mode.
        entries: Newest first.
        shards: All pages, newest first; on the newest alone.
        older: The page before it.
        newer: The page after it.
        total: Dispatches on the site.
        mode: Live when all of its dispatches are.
    """

    template: ClassVar[str] = "archive.html.j2"
    title: str
    home: bool
    modes: dict[int, Mode]
    entries: tuple[IndexEntry, ...]
    shards: tuple[Link, ...]
    older: Link | None
    newer: Link | None
    total: int
    mode: Mode


def files(edition: Edition) -> dict[str, str]:
    """The shards of the dispatches that changed, and the newest as the archive's first page."""
    due = sorted({n // SIZE for n in (*edition.changed, *edition.stale, edition.number)})
    made = {k: page(edition, k) for k in due}
    known = reversed(shards(edition.numbers))
    home = replace(made[due[-1]], home=True, shards=tuple(_link(edition.numbers, k) for k in known))
    return {f"read/{k}.html": layout.html(one, "../") for k, one in made.items()} | {
        "read/index.html": layout.html(home, "../")
    }


def page(edition: Edition, k: int) -> ArchivePage:
    """What one page of the archive shows."""
    numbers, known = shard(edition.numbers, k), shards(edition.numbers)
    rows = {row["of"]: row for row in dispatches(edition, numbers[0], numbers[-1])}
    held = standing.between(edition.ledger, numbers[0], numbers[-1], standing.ON_RECORD)
    modes: dict[int, Mode] = {n: rows[n]["mode"] for n in numbers}
    here = known.index(k)
    return ArchivePage(
        title=_span(numbers), home=False, modes=modes, total=len(edition.numbers),
        entries=tuple(front.listed(rows[n], held.get(n, []), edition.now)
                      for n in reversed(numbers)),
        shards=(),
        older=_link(edition.numbers, known[here - 1]) if here else None,
        newer=_link(edition.numbers, known[here + 1]) if here + 1 < len(known) else None,
        mode="live" if set(modes.values()) == {"live"} else "replay",
    )  # fmt: skip


def dispatches(edition: Edition, first: int, last: int) -> Sequence[sa.RowMapping]:
    """The rows of the dispatches from one number to another with their cycles', oldest first.

    ``entered`` is when the dispatch's own row was registered, ``chain`` that row's hash.
    """
    of = book.dispatches.c
    query = (
        sa.select(of.of, of.slug, of.title, of.call, of.hash.label("chain"),
                  of.registered_at.label("entered"), book.cycles)
        .join(book.cycles, book.cycles.c.number == of.of)
        .where(of.of.between(first, last))
        .order_by(of.of)
    )  # fmt: skip
    return edition.ledger.read(query)


def shards(numbers: Sequence[int]) -> list[int]:
    """Which pages there are, oldest first."""
    return sorted({n // SIZE for n in numbers})


def shard(numbers: Sequence[int], k: int) -> Sequence[int]:
    """Those of the published dispatches, oldest first, that stand on a page."""
    return numbers[bisect_left(numbers, k * SIZE) : bisect_left(numbers, (k + 1) * SIZE)]


def _link(numbers: Sequence[int], k: int) -> Link:
    return Link(title=_span(shard(numbers, k)), href=f"read/{k}.html")


def _span(numbers: Sequence[int]) -> str:
    """Numbers of a page as text: ``Dispatches 900 to 923``."""
    if len(numbers) == 1:
        return f"Dispatch {numbers[0]}"
    return f"Dispatches {numbers[0]} to {numbers[-1]}"
