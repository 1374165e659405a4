"""Publishing: the pages of a finished cycle, checked and written.

Publishing a cycle writes its own pages and rewrites only those whose state it changed. All pages
are made and checked before the first is written, so one that fails the final check stops
everything.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import nbformat
import numpy as np
import sqlalchemy as sa

from workbench.desk import datapage, guard, layout, render
from workbench.desk.bulk import bulk
from workbench.desk.dispatches import dispatch, is_kept, link, notebook, on_ledger
from workbench.desk.notebooks import NAMES
from workbench.desk.standing import ON_RECORD, banner, called, standings
from workbench.domain.calendars import moment
from workbench.domain.errors import CycleFailed
from workbench.domain.figures import difference, share
from workbench.domain.sentences import day
from workbench.steps import account, score
from workbench.world import entries as book
from workbench.world.files import write_atomic
from workbench.world.ledger import Ledger
from workbench.world.params import Desk

_LISTED = 30  # dispatches on the front page
_ROOT = "../../../"


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
    site = desk.outputs / "site"
    numbers = _published(site, number)
    files = _trail(desk, ledger, number)
    now = moment((ledger.last_cycle() or on_ledger(ledger, number))["as_of"])
    due = changed(ledger, numbers)
    stale = tuple(n for n in due if n != number and not is_kept(desk, ledger, n))
    pages = {n: dispatch(desk, ledger, n, numbers, now) for n in due if n not in stale}
    files |= {page.permalink: layout.dispatch_html(page, _ROOT) for page in pages.values()}
    latest = pages[number]
    files["index.html"] = layout.index_html(_index(ledger, latest, numbers, now))
    row = on_ledger(ledger, number)
    files["data/index.html"] = layout.data_html(datapage.page(desk, dict(row), link(row)))
    for name, text in files.items():
        problems = guard.scan(text) if name.endswith(".html") else guard.leaks(text)
        problems += bulk(text)
        if problems:
            raise CycleFailed(f"{name} is not published, nor anything else: {problems[0]}.")
    write(site, layout.assets() | {name: text.encode() for name, text in files.items()})
    return Page(path=site / latest.permalink, title=latest.title, call=_line(latest), stale=stale)


def write(site: Path, files: Mapping[str, bytes]) -> None:
    """Writes files below a folder, each whole or not at all, and only where bytes differ."""
    for name, data in files.items():
        path = site / name
        if not path.is_file() or path.read_bytes() != data:
            write_atomic(path, data)


def _published(site: Path, number: int) -> list[int]:
    """Cycles with pages before this one, oldest first, and this one last."""
    known = sorted(int(path.name) for path in (site / "read").glob("[0-9]*"))
    return [n for n in known if n < number] + [number]


def changed(ledger: Ledger, numbers: Sequence[int]) -> list[int]:
    """Published dispatches that show something new, in order.

    These are the last one, the one before it, and all with a prediction that has settled, or has
    passed its deadline unsettled, since the one before it was published.
    """
    *before, number = numbers
    last = before[-1] if before else 0
    since = on_ledger(ledger, last)["as_of"] if before else ""
    until = on_ledger(ledger, number)["as_of"]
    claims, decisions, settlements = book.claims.c, book.decisions.c, book.settlements.c
    shown = sa.select(decisions.cycle).where(decisions.role.in_(ON_RECORD)).distinct()
    settled = shown.join(book.settlements, settlements.claim == decisions.claim).where(
        settlements.cycle > last
    )
    overdue = (
        shown.join(book.claims, claims.id == decisions.claim)
        .outerjoin(book.settlements, settlements.claim == decisions.claim)
        .where(claims.deadline > since, claims.deadline <= until, settlements.claim.is_(None))
    )
    moved = {row["cycle"] for query in (settled, overdue) for row in ledger.read(query)}
    return sorted({number, *before[-1:], *moved.intersection(before)})


def _trail(desk: Desk, ledger: Ledger, number: int) -> dict[str, str]:
    """The executed notebooks of a cycle, as pages and as downloads: path to text."""
    row = on_ledger(ledger, number)
    to_dispatch = link(row)
    links = tuple(
        layout.Link(title=name, href=f"read/{number}/trail/{name}.html") for name in NAMES
    )
    files: dict[str, str] = {}
    for one in links:
        nb = notebook(desk.outputs / "cycles" / str(number), one.title)
        download = one.href.replace(".html", ".ipynb")
        page = layout.TrailPage(
            number=number,
            title=to_dispatch.title,
            name=one.title,
            question=render.heading(nb),
            body_html=render.trail_body(nb),
            notebooks=links,
            dispatch=to_dispatch,
            download=download,
            mode=row["mode"],
        )
        files[one.href] = layout.trail_html(page, _ROOT)
        nb.metadata.pop("papermill", None)  # paths of the machine that ran it
        text: str = nbformat.writes(nb)  # type: ignore[no-untyped-call]  # nbformat is untyped
        files[download] = text
    return files


def _index(
    ledger: Ledger, latest: layout.DispatchPage, numbers: Sequence[int], now: dt.datetime
) -> layout.IndexPage:
    entries = (_entry(ledger, n, now) for n in reversed(numbers[-_LISTED - 1 : -1]))
    return layout.IndexPage(latest=latest, entries=tuple(entries), record=_record(ledger, latest))


def _entry(ledger: Ledger, number: int, now: dt.datetime) -> layout.IndexEntry:
    """One dispatch in the front page's list, as it stands at a moment."""
    row, standing = on_ledger(ledger, number), standings(ledger, number, ON_RECORD)
    call, said = called(standing), banner(standing, now)
    settled = call is not None and said.state in {"right", "wrong"}
    return layout.IndexEntry(
        number=number,
        date=day(moment(row["as_of"]).date()),
        title=row["title"],
        href=link(row).href,
        call="" if call is None else call.sentence,
        banner=said,
        score=f"score {call.score:.2f}" if settled and call is not None else "",
    )


def _record(ledger: Ledger, latest: layout.DispatchPage) -> tuple[tuple[str, str], ...]:
    """The record's key figures, as name and value."""
    found = score.record_skill(score.on_record(ledger, latest.number, latest.mode))
    rows = [("Settled predictions", f"{found.n:,}"), ("Effective n", f"{found.n_eff:,.0f}")]
    if found.skill is None or found.low is None or found.high is None:
        rows.append(("Skill", "too few"))
    else:
        ends = f"{difference(100 * found.low)} to {difference(100 * found.high)}%"
        rows += [
            ("Skill over the base rate", f"{difference(100 * found.skill)}%"),
            ("Interval, 95%", ends),
        ]
    worth = account.course(ledger, latest.number, latest.mode)
    if len(worth):
        fall = float((worth / np.maximum.accumulate(worth) - 1).min())
        gained = f"{difference(100 * (float(worth[-1] / worth[0]) - 1))}%"
        rows.append(("Paper account, after costs", gained))
        rows.append(("Its deepest drawdown", f"{difference(100 * fall)}%"))
    return tuple(rows)


def _line(page: layout.DispatchPage) -> str:
    """The call in one line, as the command prints it."""
    if page.call is None:
        return "I'm sitting this one out."
    p, b = page.call.probability, page.call.base_rate
    return (
        f"{page.call.sentence}: {share(p, b)} (base rate {share(b, p)}), due {page.call.deadline}"
    )
