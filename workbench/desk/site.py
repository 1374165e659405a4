"""Publishing: the pages of a finished cycle, checked and written.

Publishing a cycle writes its own pages and rewrites only those whose state it changed. All pages
are made and checked before the first is written, so one that fails the final check stops
everything.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from workbench.desk import (
    aboutpage,
    archivepage,
    callspage,
    datapage,
    dispatches,
    feed,
    front,
    guard,
    layout,
    mindpage,
    outlets,
    recordpage,
    traced,
    trails,
    twins,
    views,
    weeklypage,
)
from workbench.desk.bulk import bulk
from workbench.desk.editions import Edition, edition
from workbench.domain.errors import CycleFailed
from workbench.domain.figures import share
from workbench.world.files import write_atomic
from workbench.world.ledger import Ledger
from workbench.world.params import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A published dispatch: its file, its title, and its call in one line.

    ``stale`` are older dispatches whose pages should have changed with this one and could not,
    because their cycles' folders are gone.
    """

    path: Path
    title: str
    call: str
    stale: tuple[int, ...] = ()


def publish(desk: Desk, ledger: Ledger, number: int) -> Page:
    """Publishes one finished cycle.

    Args:
        desk: Whose site.
        ledger: All rows of the cycle are on it.
        number: The cycle.

    Returns:
        The dispatch's page.

    Raises:
        CycleFailed: A page holds something that could run, leak or load from elsewhere.
    """
    with _uncollected():
        now = edition(desk, ledger, number)
        pages = dispatches.pages(now)
        latest = pages[number]
        files = checked(own(now, pages) | shared(now, latest))
        write(now.site, layout.assets() | files)
    return Page(
        path=now.site / latest.permalink, title=latest.title, call=_line(latest), stale=now.stale
    )


@contextmanager
def _uncollected() -> Iterator[None]:
    """Lets no search for cycles of garbage interrupt, which takes a third of a publication's time.

    What a publication makes is a few megabytes that all live until its end.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def own(edition: Edition, pages: Mapping[int, views.DispatchPage]) -> dict[str, str]:
    """What belongs to single dispatches: those that changed, and the trail of the edition's own."""
    files = trails.files(edition) | dispatches.files(pages) | traced.files(edition)
    return files | twins.files(pages)


def shared(edition: Edition, latest: views.DispatchPage) -> dict[str, str]:
    """What tells of many dispatches: pages of the whole desk, and shards of its lists."""
    files = front.files(edition, latest) | datapage.files(edition)
    files |= archivepage.files(edition) | outlets.files(edition) | feed.files(edition)
    files |= callspage.files(edition)
    files |= recordpage.files(edition) | mindpage.files(edition) | weeklypage.files(edition)
    return files | aboutpage.files(edition, latest)


def listed(edition: Edition, shard: int) -> dict[str, str]:
    """What tells of the dispatches of one shard, as `shared` has it, and nothing of the others."""
    files = archivepage.files(edition) | outlets.files(edition)
    return files | weeklypage.files(edition) | callspage.shards(edition, {shard})


def checked(files: Mapping[str, str]) -> dict[str, bytes]:
    """The bytes of files that may be published.

    Raises:
        CycleFailed: One of them holds something that could run, leak or load from elsewhere.
    """
    for name, text in files.items():
        problems = guard.scan(text) if name.endswith(".html") else guard.leaks(text)
        problems += bulk(text)
        if problems:
            raise CycleFailed(f"{name} is not published, nor anything else: {problems[0]}.")
    return {name: text.encode() for name, text in files.items()}


def write(site: Path, files: Mapping[str, bytes]) -> None:
    """Writes files below a folder, each whole or not at all, and only where bytes differ."""
    for name, data in files.items():
        path = site / name
        if not path.is_file() or path.read_bytes() != data:
            write_atomic(path, data)


def _line(page: views.DispatchPage) -> str:
    """The call in one line, as the command prints it."""
    if page.call is None:
        return "I'm sitting this one out."
    p, b = page.call.probability, page.call.base_rate
    return (
        f"{page.call.sentence}: {share(p, b)} (base rate {share(b, p)}), due {page.call.deadline}"
    )
