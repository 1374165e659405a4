"""The data page: what the desk knew at its last cycle, and what it did not trust."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from workbench.desk import layout
from workbench.domain.calendars import moment
from workbench.domain.errors import CycleFailed
from workbench.steps import trust
from workbench.steps.bench import kept_part
from workbench.steps.facts import counted, listed
from workbench.world.params import Desk

_WORDS = {"live": "usable", "late": "late", "withheld": "withheld", "dark": "dark"}
_PLACE = {"withheld": 0, "dark": 1, "late": 2, "live": 3}


def page(desk: Desk, row: Mapping[str, Any], dispatch: layout.Link) -> layout.DataPage:
    """The page of a cycle.

    Args:
        desk: Whose.
        row: The cycle's row on the ledger.
        dispatch: Its dispatch.

    Raises:
        CycleFailed: The cycle's folder has lost what it kept for the page.
    """
    folder = desk.outputs / "cycles" / str(row["number"])
    kept = cast(dict[str, Any] | None, kept_part(folder, trust.PART, dict(row)))
    if kept is None:
        raise CycleFailed(
            f"The folder of cycle {row['number']} has lost what its data page is made of. "
            "Restore outputs/cycles, or go on in a fresh --outputs."
        )
    series = sorted(kept["series"], key=lambda one: _PLACE[one["state"]])
    return layout.DataPage(
        as_of=moment(row["as_of"]), title=title(series, kept["feeds"]),
        series=tuple(
            layout.SeriesRow(
                name=one["name"], source=one["source"], state=one["state"],
                last=one["last"] or "–", behind=one["behind"],
                dated=one.get("dated") or "–",
            )
            for one in series
        ),
        feeds=tuple(
            layout.FeedRow(
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
    return said[:1].upper() + said[1:]


def _flag(one: Mapping[str, str]) -> layout.FlagRow:
    field = {"": "", "close": "", "value": ""}.get(one["field"], f", {one['field']}")
    return layout.FlagRow(
        head=f"{one['name']}{field}", seen=one["seen"].rstrip("."), state=one["severity"],
        check=one["check"], since=one["since"], lifted=one["lifted"],
    )  # fmt: skip


def _minute(text: str) -> str:
    """A moment as ``3 Apr 2026 17:04``, UTC."""
    if not text:
        return "–"
    when = moment(text)
    return f"{when.day} {when:%b %Y %H:%M}"
