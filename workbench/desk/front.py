"""The front page: the latest dispatch, those before it, and the record's key figures."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import sqlalchemy as sa

from workbench.desk import layout, views
from workbench.desk.dispatches import link
from workbench.desk.editions import Edition, on_ledger
from workbench.desk.standing import ON_RECORD, Standing, banner, called, standings
from workbench.domain.calendars import moment
from workbench.domain.figures import difference
from workbench.domain.sentences import day
from workbench.steps import account, score
from workbench.world.ledger import Ledger

_LISTED = 30  # dispatches on the front page


def files(edition: Edition, latest: views.DispatchPage) -> dict[str, str]:
    """The front page.

    Args:
        edition: What is published.
        latest: Its dispatch.
    """
    ledger, now = edition.ledger, edition.now
    entries = (entry(ledger, n, now) for n in reversed(edition.numbers[-_LISTED - 1 : -1]))
    page = views.IndexPage(latest=latest, entries=tuple(entries), record=_record(ledger, latest))
    return {"index.html": layout.html(page, "")}


def entry(ledger: Ledger, number: int, now: dt.datetime) -> views.IndexEntry:
    """One dispatch in a list, as it stands at a moment."""
    return listed(on_ledger(ledger, number), standings(ledger, number, ON_RECORD), now)


def listed(row: sa.RowMapping, standing: Sequence[Standing], now: dt.datetime) -> views.IndexEntry:
    """The same of a dispatch whose row and predictions have been read."""
    call, said = called(standing), banner(standing, now)
    settled = call is not None and said.state in {"right", "wrong"}
    return views.IndexEntry(
        number=row["of"],
        date=day(moment(row["as_of"]).date()),
        title=row["title"],
        href=link(row).href,
        call="" if call is None else call.sentence,
        banner=said,
        score=f"score {call.score:.2f}" if settled and call is not None else "",
    )


def _record(ledger: Ledger, latest: views.DispatchPage) -> tuple[tuple[str, str], ...]:
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
