"""The front page: the latest dispatch, those before it, and the record's key figures."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from workbench.desk import layout, recordpage, views
from workbench.desk.dispatches import link
from workbench.desk.editions import Edition, rows
from workbench.desk.standing import ON_RECORD, Standing, banner, called, of_each
from workbench.domain.calendars import moment
from workbench.domain.figures import day, difference, interval
from workbench.domain.records import Mode
from workbench.steps import accounted, scoreboard

_LISTED = 30  # dispatches on the front page


def files(edition: Edition, latest: views.DispatchPage) -> dict[str, str]:
    """The front page.

    Args:
        edition: What is published.
        latest: Its dispatch.
    """
    record = key_figures(*recordpage.kept(edition), latest.mode)
    before = entries(edition, edition.numbers[-_LISTED - 1 : -1])
    page = views.IndexPage(latest=latest, entries=before, record=record)
    return {"index.html": layout.html(page, "")}


def entries(edition: Edition, numbers: Sequence[int]) -> tuple[views.IndexEntry, ...]:
    """Dispatches in a list, newest first, as they stand now."""
    held = of_each(edition.ledger, numbers, ON_RECORD)
    found = reversed(rows(edition.ledger, numbers).items())
    return tuple(_entry(row, held.get(number, []), edition.now) for number, row in found)


def _entry(row: sa.RowMapping, standing: Sequence[Standing], now: dt.datetime) -> views.IndexEntry:
    call, said = called(standing), banner(standing, now)
    settled = call is not None and said.state in {"right", "wrong"}
    return views.IndexEntry(
        number=row["of"],
        mode=row["mode"],
        date=day(moment(row["as_of"]).date()),
        title=row["title"],
        href=link(row).href,
        call="" if call is None else call.sentence,
        banner=said,
        score=f"Score {call.score:.2f}" if settled and call is not None else "",
    )


def key_figures(
    board: Mapping[str, Any], books: Mapping[str, Any], mode: Mode
) -> tuple[tuple[str, str], ...]:
    """The record's key figures as name and value, of one mode alone.

    Args:
        board: ``steps.scoreboard.view``.
        books: What ``steps.accounted.keep`` kept.
        mode: Whose.
    """
    own, account = scoreboard.own(board, mode), accounted.own(books, mode)
    found = [("Settled predictions", f"{own['said']['n'] if own else 0:,}")]
    if own is not None and own["said"]["n"]:
        said = own["said"]
        found.append(("Effective n", f"{said['n_eff']:,.0f}"))
        if said["skill"] is None:
            found.append(("Skill", "too few"))
        else:
            ends = interval(100 * said["low"], 100 * said["high"])
            found += [("Skill over the base rate", f"{difference(100 * said['skill'])}%"),
                     ("Interval, 95%", f"{ends}%")]  # fmt: skip
    if account["cycles"] > 1:
        found += [("Paper account, after costs", f"{difference(100 * account['return'])}%"),
                 ("Its deepest drawdown", f"{difference(100 * account['drawdown'])}%")]  # fmt: skip
    return tuple(found)
