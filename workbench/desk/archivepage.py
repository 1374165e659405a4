"""The paged archive: every published dispatch, a hundred to a page, newest first.

``read/<k>.html`` holds the dispatches whose number divided by a hundred is k, so that a dispatch
never moves to another page; ``read/index.html`` is the newest of them with links to all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from workbench.desk import front, layout
from workbench.desk.editions import SHARD, Edition, shard, shards
from workbench.desk.views import IndexEntry, Link
from workbench.domain.records import Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivePage:
    """One page of the archive.

    Attributes:
        title: Its finding, as a sentence.
        home: Whether it is the newest, which links to all.
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
    entries: tuple[IndexEntry, ...]
    shards: tuple[Link, ...]
    older: Link | None
    newer: Link | None
    total: int
    mode: Mode


def files(edition: Edition) -> dict[str, str]:
    """The shards of the dispatches that changed, and the newest as the archive's first page."""
    due = sorted({n // SHARD for n in (*edition.changed, *edition.stale, edition.number)})
    made = {k: page(edition, k) for k in due}
    known = reversed(shards(edition.numbers))
    home = replace(made[due[-1]], home=True, shards=tuple(_link(edition.numbers, k) for k in known))
    return {f"read/{k}.html": layout.html(one, "../") for k, one in made.items()} | {
        "read/index.html": layout.html(home, "../")
    }


def page(edition: Edition, k: int) -> ArchivePage:
    """What one page of the archive shows."""
    numbers, known = shard(edition.numbers, k), shards(edition.numbers)
    entries = front.entries(edition, numbers)
    here = known.index(k)
    return ArchivePage(
        title=_span(numbers), home=False, total=len(edition.numbers), entries=entries,
        shards=(),
        older=_link(edition.numbers, known[here - 1]) if here else None,
        newer=_link(edition.numbers, known[here + 1]) if here + 1 < len(known) else None,
        mode="live" if {one.mode for one in entries} == {"live"} else "replay",
    )  # fmt: skip


def _link(numbers: Sequence[int], k: int) -> Link:
    return Link(title=_span(shard(numbers, k)), href=f"read/{k}.html")


def _span(numbers: Sequence[int]) -> str:
    """Numbers of a page as text: ``Dispatches 900 to 923``."""
    if len(numbers) == 1:
        return f"Dispatch {numbers[0]}"
    return f"Dispatches {numbers[0]} to {numbers[-1]}"
