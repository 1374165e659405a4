"""The desk's stories: where each stands, and what moved it.

A story is reviewed in the first cycle of each calendar month, on sessions and settlements after
it last changed; nothing else moves it. What is told of it is a row on the ledger.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict, dataclass
from typing import Any, cast

import numpy as np
import pandas as pd
import sqlalchemy as sa

from workbench.domain.calendars import moment
from workbench.domain.figures import day
from workbench.measures import stories as measure
from workbench.measures.betting import PROOF
from workbench.measures.stories import Evidence, Status
from workbench.steps import bearings, reviews, trials
from workbench.steps.bench import Bench
from workbench.steps.trials import Blocked, Tested
from workbench.world import entries as book
from workbench.world.entries import canonical
from workbench.world.stories import Story

QUIET, DARK = "quiet", "dark"  # why a story sleeps


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A story's change of status.

    Attributes:
        story: Its name.
        status: What it became.
        evidence: As the ledger keeps it: wealth for and against, sessions, claims, the finding.
        reason: Why, one sentence with its numbers.
    """

    story: str
    status: Status
    evidence: dict[str, Any]
    reason: str


def follow(bench: Bench) -> list[Change]:
    """Reviews the desk's stories when that is due, and puts what changed on the ledger."""
    if not bench.desk.stories:
        return []
    before = reviews.before(bench)
    if not reviews.is_due(bench, before):
        return []
    rows = _rows(bench, bench.number - 1)
    reviewed = [_review(bench, one, rows.get(one.name), before) for one in bench.desk.stories]
    found = [change for change in reviewed if change is not None]
    if found:
        bench.ledger.append(bench.number, [(book.stories, _row(bench, one)) for one in found])
    return found


def _row(bench: Bench, one: Change) -> dict[str, Any]:
    return {
        "story": one.story,
        "of": bench.number,
        "status": one.status,
        "evidence": canonical(one.evidence),
        "reason": one.reason,
    }


def _rows(bench: Bench, until: int) -> dict[str, dict[str, Any]]:
    """Each story's latest row of this mode up to a cycle, with that cycle's moment."""
    query = (
        sa.select(book.stories, book.cycles.c.as_of)
        .join(book.cycles, book.cycles.c.number == book.stories.c.of)
        .where(book.cycles.c.mode == bench.mode, book.stories.c.of <= until)
        .order_by(book.stories.c.of)
    )
    return {row["story"]: dict(row) for row in bench.ledger.read(query)}


def _review(
    bench: Bench, story: Story, last: dict[str, Any] | None, before: dt.datetime | None
) -> Change | None:
    """What a review makes of a story; None when it stands where it stood."""
    seen = trials.tested(bench, story)
    if isinstance(seen, Blocked):
        if last is not None and last["status"] == "dormant":
            return None
        told = {"why": DARK, "was": last and last["status"]}
        return Change(story=story.name, status="dormant", evidence=told, reason=seen.reason)
    if last is None:
        reason = f"Followed from {day(bench.as_of.date())} on; nothing before it counts."
        return Change(story=story.name, status="developing", evidence={}, reason=reason)
    slept = json.loads(last["evidence"])
    if slept.get("why") == DARK:
        was: Status = slept["was"] or "developing"
        reason = f"It can be read again and stands as {was}, from {day(bench.as_of.date())} on."
        return Change(story=story.name, status=was, evidence={}, reason=reason)
    found = _evidence(bench, story, seen, last, before)
    turn = measure.turn(cast(Status, last["status"]), found)
    if turn is None:
        return None
    told = _told(turn.evidence, seen)
    if turn.status == "dormant":
        told |= {"why": QUIET}
    reason = _reason(turn.status, turn.evidence, seen)
    return Change(story=story.name, status=turn.status, evidence=told, reason=reason)


def _evidence(
    bench: Bench, story: Story, seen: Tested, last: dict[str, Any], before: dt.datetime | None
) -> list[Evidence]:
    """Evidence of what is new since a story's last change, see ``measure.stretches``.

    Args:
        bench: The cycle's.
        story: The story.
        seen: Its test's reading.
        last: The row of its last change; later sessions count, and claims from its cycle on.
        before: Moment of the cycle before, in whose month the last review was.
    """
    since = np.datetime64(moment(last["as_of"]).date())
    first = int(np.searchsorted(seen.dates, since, side="right"))
    n = len(seen.dates) - first
    reviewed = (
        n
        if before is None
        else int((seen.dates < np.datetime64(before.date().replace(day=1))).sum())
    )
    parts = measure.stretches(n, len(seen.dates) - reviewed)
    if not parts:
        return []
    answered = bearings.answered(bench, story, seen, int(last["of"]), first + parts[0][0])
    return [measure.weigh(seen.bets, answered, first + a, first + b) for a, b in parts]


def _told(found: Evidence, seen: Tested) -> dict[str, Any]:
    weight = {name: round(value, 4) for name, value in asdict(found).items()}
    return weight | {"finding": seen.finding}


def _reason(status: Status, found: Evidence, seen: Tested) -> str:
    bet = {
        "confirmed": f"a bet that there is something in it reached {found.supports:.1f} times its "
        "stake",
        "falsified": f"a bet against it reached {found.opposes:.1f} times its stake",
    }.get(status, f"no bet reached {PROOF:.0f} times its stake")
    counted = f"{found.claims} settled claim{'s' * (found.claims != 1)}"
    return f"In {found.sessions} sessions and {counted} {bet}. {seen.said}"


def standing(bench: Bench) -> pd.DataFrame:
    """Where the desk's stories stand, as the ledger says after this cycle's review.

    Returns:
        One row a story in the desk's order: ``story title status since for against reason``;
        ``since`` is the date of its last change, ``for`` and ``against`` the wealth that made it
        (NaN where none was counted). A story without a row yet is left out.
    """
    rows = _rows(bench, bench.number)
    table = []
    for story in bench.desk.stories:
        if (row := rows.get(story.name)) is not None:
            kept = json.loads(row["evidence"])
            both = (kept.get("supports", np.nan), kept.get("opposes", np.nan))
            since = moment(row["as_of"]).date()
            title = story.params.title
            table.append((story.name, title, row["status"], since, *both, row["reason"]))
    names = "story title status since for against reason"
    return pd.DataFrame(table, columns=names.split())


def weighed(bench: Bench) -> pd.DataFrame:
    """What has been counted for and against each story since its last change.

    Returns:
        One row a story that can be tested: ``story status since sessions claims for against``;
        wealth of 20 is a verdict, 1 is none.
    """
    rows, table = _rows(bench, bench.number), []
    for story in bench.desk.stories:
        seen, row = trials.tested(bench, story), rows.get(story.name)
        if row is None or isinstance(seen, Blocked):
            continue
        since = moment(row["as_of"])
        found = _evidence(bench, story, seen, row, bench.as_of)
        one = found[-1] if found else Evidence(supports=1.0, opposes=1.0, sessions=0, claims=0)
        counted = (one.sessions, one.claims, one.supports, one.opposes)
        table.append((story.name, row["status"], since.date(), *counted))
    names = "story status since sessions claims for against"
    return pd.DataFrame(table, columns=names.split())


def is_known(bench: Bench, story: str) -> bool:
    """Whether an earlier cycle of this mode has spoken of a story."""
    return story in _rows(bench, bench.number - 1)


def told(bench: Bench) -> Change | None:
    """A story's change in this very cycle, a verdict before any other; None without one."""
    rows = [row for row in _rows(bench, bench.number).values() if row["of"] == bench.number]
    order = ("falsified", "confirmed", "dormant", "developing")
    if not rows:
        return None
    row = min(rows, key=lambda one: (order.index(one["status"]), one["seq"]))
    return Change(
        story=row["story"],
        status=row["status"],
        evidence=json.loads(row["evidence"]),
        reason=row["reason"],
    )
