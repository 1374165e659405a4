"""The weekly review: one page an ISO week, and the list of weeks by year.

An edition writes the weeks of the dispatches that changed (its own, the one before, those whose
predictions settled or fell due) and the lists of their years. Weeks without a published dispatch
have no page.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import ClassVar

import sqlalchemy as sa

from workbench.desk import layout, weekview
from workbench.desk.editions import Edition, on_ledger
from workbench.desk.views import Link
from workbench.domain.calendars import moment
from workbench.domain.records import Mode
from workbench.steps import weekly, weekly_said, weeks
from workbench.steps.weeks import Headline, Week, week_of
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
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekliesPage:
    """The weeks of one year, the latest first, and the years beside it."""

    template: ClassVar[str] = "weeklies.html.j2"
    year: int
    weeks: tuple[WeekRow, ...]
    older: Link | None
    newer: Link | None
    mode: Mode


def files(edition: Edition) -> dict[str, str]:
    """The reviews that change with this edition, and the lists of their years."""
    found = {}
    own = due(edition)
    for week in own:
        review = weekly.review(edition.ledger, week, edition.numbers[-1])
        if review is not None:
            page = weekview.page(edition, review)
            found[f"weekly/{week.name}/index.html"] = layout.html(page, _ROOT)
    newest = _week(edition, edition.numbers[-1]).year
    for year in sorted({week.year for week in own}):
        listed = of_year(edition, year)
        found[f"weekly/{year}/index.html"] = layout.html(listed, _ROOT)
        if year == newest:
            found["weekly/index.html"] = layout.html(listed, "../")
    return found


def due(edition: Edition) -> list[Week]:
    """The weeks whose pages this edition writes, in order."""
    of, numbers = book.cycles.c, {*edition.changed, *edition.stale, edition.number}
    rows = edition.ledger.read(sa.select(of.as_of).where(of.number.in_(numbers)))
    return sorted({week_of(moment(row["as_of"])) for row in rows})


def of_year(edition: Edition, year: int) -> WeekliesPage:
    """The list of one ISO year."""
    last = dt.date(year, 12, 28).isocalendar().week  # the day is in the last week of its year
    span = Week(year=year, number=1), Week(year=year, number=last)
    numbers, titles = edition.numbers, {one.name: one.params.title for one in edition.desk.stories}
    heads = [
        head
        for head in weeks.headlines(edition.ledger, *span, numbers[-1])
        if bisect_left(numbers, head.span[0]) < bisect_right(numbers, head.span[1])
    ]
    before, after = bisect_left(numbers, heads[0].span[0]), bisect_right(numbers, heads[-1].span[1])
    return WeekliesPage(
        year=year,
        weeks=tuple(_row(head, weekly_said.title(head, titles)) for head in reversed(heads)),
        older=_year(_week(edition, numbers[before - 1])) if before else None,
        newer=_year(_week(edition, numbers[after])) if after < len(numbers) else None,
        mode="live" if all(head.mode == "live" for head in heads) else "replay",
    )


def _row(head: Headline, title: str) -> WeekRow:
    tally, week = head.tally, head.week
    counts = (("right", tally.right), ("wrong", tally.wrong), ("void", tally.void))
    said = ", ".join(f"{n:,} {word}" for word, n in counts if n) or "Nothing settled"
    worth = "" if tally.worth is None else f"; mean score {tally.worth:.2f}, n = {tally.n:,}"
    return WeekRow(
        name=week.name, days=weekview.days(week), title=title, tally=said + worth, mode=head.mode,
        href=f"weekly/{week.name}/index.html",
    )  # fmt: skip


def _week(edition: Edition, number: int) -> Week:
    return week_of(moment(on_ledger(edition.ledger, number)["as_of"]))


def _year(week: Week) -> Link:
    return Link(title=f"Weeks of {week.year}", href=f"weekly/{week.year}/index.html")
