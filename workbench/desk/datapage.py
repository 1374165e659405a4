"""The data page: what the desk knew at its last cycle, and what it did not trust."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from workbench.desk import layout
from workbench.desk.dispatches import link
from workbench.desk.editions import Edition, part
from workbench.desk.views import Link
from workbench.domain.calendars import moment
from workbench.domain.errors import CycleFailed
from workbench.domain.figures import day, minute, opened, worded
from workbench.domain.records import Mode
from workbench.steps import trust
from workbench.steps.facts import counted, listed

_WORDS = {"live": "usable", "late": "late", "withheld": "withheld", "dark": "dark"}
_PLACE = {"withheld": 0, "dark": 1, "late": 2, "live": 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesRow:
    """One series on the data page.

    Attributes:
        name: In words.
        source: Where its values come from.
        state: ``live``, ``late``, ``withheld`` or ``dark``.
        last: What its newest value is of.
        behind: What should have come by then and had not.
        dated: Who says when its values could first be known.
    """

    name: str
    source: str
    state: str
    last: str
    behind: str
    dated: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedRow:
    """One feed on the data page, as its last pull left it."""

    name: str
    state: str
    at: str
    rows: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagRow:
    """One flag: what was seen, what that means, and what would lift it."""

    head: str
    seen: str
    state: str
    check: str
    since: str
    lifted: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DataPage:
    """What the desk knew and did not trust at its last cycle."""

    template: ClassVar[str] = "data.html.j2"
    as_of: dt.datetime
    title: str
    series: tuple[SeriesRow, ...]
    feeds: tuple[FeedRow, ...]
    flags: tuple[FlagRow, ...]
    notices: tuple[str, ...]
    dispatch: Link
    trail: str
    mode: Mode


def files(edition: Edition) -> dict[str, str]:
    """The data page."""
    return {"data/index.html": layout.html(page(edition), "../")}


def page(edition: Edition) -> DataPage:
    """What the page shows.

    Raises:
        CycleFailed: The cycle's folder has lost what it kept for the page.
    """
    row, dispatch = edition.row, link(edition.row)
    kept: dict[str, Any] | None = part(edition.desk, row, trust.PART)
    if kept is None:
        raise CycleFailed(
            f"The folder of cycle {row['number']} has lost what its data page is made of. "
            "Restore outputs/cycles, or go on in a fresh --outputs."
        )
    series = sorted(kept["series"], key=lambda one: _PLACE[one["state"]])
    return DataPage(
        as_of=moment(row["as_of"]), title=title(series, kept["feeds"]),
        series=tuple(
            SeriesRow(
                name=one["name"], source=one["source"], state=one["state"],
                last=one["last"] or "–", behind=one["behind"],
                dated=one.get("dated") or "–",
            )
            for one in series
        ),
        feeds=tuple(
            FeedRow(
                name=one["feed"], state=one["state"], at=_minute(one["at"]), rows=one["rows"],
                reason=one["reason"],
            )
            for one in kept["feeds"]
        ),
        flags=tuple(_flag(one) for one in kept["flags"]),
        notices=tuple(kept.get("notices", ())),
        dispatch=dispatch, trail=f"read/{row['number']}/trail/1_pull.html", mode=row["mode"],
    )  # fmt: skip


def title(series: Sequence[Mapping[str, str]], feeds: Sequence[Mapping[str, str]]) -> str:
    """The page's finding as one sentence: ``Fifteen series usable, one dark; two feeds dark``."""
    parts: list[str] = []
    for state, word in _WORDS.items():
        n = sum(one["state"] == state for one in series)
        if n:
            parts.append(f"{counted(n)} {'series ' if not parts else ''}{word}")
    dark = sum(one["state"] == "dark" for one in feeds)
    said = listed(parts) if parts else "no series"
    if dark:
        said += f"; {counted(dark)} feed{'s' * (dark != 1)} dark"
    return opened(said)


def _flag(one: Mapping[str, str]) -> FlagRow:
    field = {"": "", "close": "", "value": ""}.get(one["field"], f", {one['field']}")
    return FlagRow(
        head=f"{one['name']}{field}", seen=opened(worded(one["seen"]).rstrip(".")),
        state=one["severity"], check=check_words(one["check"]),
        since=one["since"] and day(dt.date.fromisoformat(one["since"])), lifted=one["lifted"],
    )  # fmt: skip


def check_words(check: str) -> str:
    """The name of a check in words: ``PLACEHOLDER_OPEN`` is a placeholder open."""
    return check.replace("_", " ").capitalize()


def _minute(text: str) -> str:
    """A kept moment as the page writes it; a dash without one."""
    return minute(moment(text)) if text else "–"
