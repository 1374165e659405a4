"""The weekly review: one page an ISO week, and the list of weeks by year.

A publish writes the week of its cycle, the week before it (which has ended), those weeks on the
site whose predictions it settled or found overdue, and the lists of their years. A year keeps its
rows beside its page, so that no other week is read again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import ClassVar

import sqlalchemy as sa

from workbench.desk import layout, weekview
from workbench.desk.editions import Edition, on_ledger
from workbench.desk.standing import ON_RECORD
from workbench.desk.views import Link
from workbench.domain.calendars import moment
from workbench.domain.records import Mode
from workbench.steps import stretches, weekly, weekly_said
from workbench.steps.weekly import Review, Week, week_of
from workbench.world import entries as book

_ROOT = "../../"  # from a week or a year to the site's root


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekRow:
    """One week in the list of its year."""

    name: str
    days: str
    title: str
    tally: str
    mode: Mode

    @property
    def href(self) -> str:
        """Its page."""
        return f"weekly/{self.name}/index.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekliesPage:
    """The weeks of one year, the latest first, and the other years."""

    template: ClassVar[str] = "weeklies.html.j2"
    year: int
    weeks: tuple[WeekRow, ...]
    years: tuple[Link, ...]
    mode: Mode


def files(edition: Edition) -> dict[str, str]:
    """The reviews that change with this edition, and the lists of their years."""
    site = edition.desk.outputs / "site"
    reviews = {week: one for week in due(edition)
               if (one := weekly.review(edition.ledger, week, edition.number))}  # fmt: skip
    titles = {one.name: one.params.title for one in edition.desk.stories}
    told = {week: weekly_said.told(one, titles) for week, one in reviews.items()}
    years = _years(site, {week: _row(one, told[week]) for week, one in reviews.items()})
    order = sorted(name for rows in years.values() for name in rows)
    found = {
        f"weekly/{week.name}/index.html": layout.html(
            weekview.page(edition, one, told[week], order), _ROOT
        )
        for week, one in reviews.items()
    }  # fmt: skip
    newest = max(years)
    known = sorted({*years, *_on_site(site)}, reverse=True)
    links = tuple(Link(title=str(year), href=f"weekly/{year}/index.html") for year in known)
    for year in {week.year for week in reviews}:
        rows = tuple(years[year][name] for name in sorted(years[year], reverse=True))
        made = WeekliesPage(year=year, weeks=rows, years=links, mode=edition.row["mode"])
        found[f"weekly/{year}/index.html"] = layout.html(made, _ROOT)
        found[f"weekly/{year}/weeks.json"] = json.dumps([asdict(one) for one in rows], indent=1)
        if year == newest:
            found["weekly/index.html"] = layout.html(made, "../")
    return found


def due(edition: Edition) -> list[Week]:
    """The weeks whose pages this edition writes, in order."""
    site, ledger = edition.desk.outputs / "site", edition.ledger
    before = edition.numbers[-2] if len(edition.numbers) > 1 else 0
    own = week_of(moment(edition.row["as_of"]))
    if not before:
        return [own]
    since = on_ledger(ledger, before)["as_of"]
    claims, decisions, settlements = book.claims.c, book.decisions.c, book.settlements.c
    cycles = book.cycles.c
    asked = (
        sa.select(cycles.as_of)
        .join(book.decisions, decisions.cycle == cycles.number)
        .where(decisions.role.in_(ON_RECORD))
        .distinct()
    )
    settled = asked.join(book.settlements, settlements.claim == decisions.claim).where(
        settlements.cycle > before, settlements.cycle <= edition.number
    )
    overdue = (
        asked.join(book.claims, claims.id == decisions.claim)
        .outerjoin(book.settlements, settlements.claim == decisions.claim)
        .where(claims.deadline > since, claims.deadline <= edition.row["as_of"])
        .where(settlements.claim.is_(None))
    )
    moved = {
        week_of(moment(row["as_of"])) for query in (settled, overdue) for row in ledger.read(query)
    }
    kept = {week for week in moved if _path(site, week).is_file() and week < own}
    return sorted({own, week_of(moment(since)), *kept})


def _row(review: Review, told: weekly_said.Told) -> WeekRow:
    tally = stretches.tally(review.settled)
    counts = (("right", tally.right), ("wrong", tally.wrong), ("void", tally.void))
    said = ", ".join(f"{n:,} {word}" for word, n in counts if n) or "nothing settled"
    worth = "" if tally.worth is None else f"; mean score {tally.worth:.2f}"
    return WeekRow(
        name=review.week.name, days=weekview.days(review.week), title=told.title,
        tally=said + worth, mode=review.mode,
    )  # fmt: skip


def _years(site: Path, new: Mapping[Week, WeekRow]) -> dict[int, dict[str, WeekRow]]:
    """The rows of the years that are written and of their neighbours, old ones as kept."""
    years: dict[int, dict[str, WeekRow]] = {}
    for year in {near for week in new for near in (week.year - 1, week.year, week.year + 1)}:
        path = site / "weekly" / str(year) / "weeks.json"
        kept = json.loads(path.read_text("utf-8")) if path.is_file() else []
        rows = {one["name"]: WeekRow(**one) for one in kept}
        rows |= {week.name: row for week, row in new.items() if week.year == year}
        if rows:
            years[year] = rows
    return years


def _on_site(site: Path) -> list[int]:
    return [int(path.parent.name) for path in (site / "weekly").glob("[0-9]*/weeks.json")]


def _path(site: Path, week: Week) -> Path:
    return site / "weekly" / week.name / "index.html"
