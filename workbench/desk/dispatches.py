"""One dispatch as its page shows it, read from the ledger and the cycle's folder.

The essay is the executed notebook, never edited; everything that becomes known later (banner,
states, newer links) is read anew each time.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import nbformat
import sqlalchemy as sa
from nbformat import v4

from workbench.desk import debated, layout, render, views
from workbench.desk.editions import Edition, folder, on_ledger, part
from workbench.desk.standing import Standing, banner, called, deadline, standings
from workbench.domain.calendars import moment, venue
from workbench.domain.claims import WATCHED, Claim
from workbench.domain.errors import CycleFailed
from workbench.domain.figures import due, price
from workbench.domain.instruments import find
from workbench.steps import joining
from workbench.world.ledger import Ledger
from workbench.world.params import Desk

ROOT = "../../../"  # from a dispatch or a page of its trail to the site's root
_CLOSES = {"XNYS": "the New York {}", "24/7": "the {} of the UTC day"}
_PREVIOUS = 5  # dispatches linked below, before the older one
_SHADOWS = 6  # shadows shown below the predictions


def files(pages: Mapping[int, views.DispatchPage]) -> dict[str, str]:
    """The pages of these dispatches."""
    return {page.permalink: layout.html(page, ROOT) for page in pages.values()}


def pages(edition: Edition) -> dict[int, views.DispatchPage]:
    """What the dispatches that changed show, by number."""
    return {n: dispatch(edition, n) for n in edition.changed}


def dispatch(edition: Edition, number: int) -> views.DispatchPage:
    """Everything that the page of one dispatch shows.

    Raises:
        CycleFailed: The ledger holds no dispatch of that cycle, or its folder has lost it.
    """
    desk, ledger, numbers, now = edition.desk, edition.ledger, edition.numbers, edition.now
    row = on_ledger(ledger, number)
    kept: dict[str, Any] | None = part(desk, row, "dispatch")
    if kept is None:
        raise CycleFailed(
            f"The folder of cycle {number} has lost what its dispatch was written from. "
            "Restore outputs/cycles, or go on in a fresh --outputs."
        )
    standing = standings(ledger, number)
    call = called(standing)
    as_of, local = moment(row["as_of"]), ZoneInfo(desk.params.zone)
    here = numbers.index(number)
    before = numbers[max(0, here - 1 - _PREVIOUS) : max(0, here - 1)]
    return views.DispatchPage(
        number=number,
        as_of=as_of,
        local_time=f"{as_of.astimezone(local):%H:%M} in {_city(local)}",
        mode=row["mode"],
        title=row["title"],
        dek=kept["dek"],
        banner=banner(standing, now),
        call=None if call is None else _card(desk, call, kept["wrong_if"]),
        body_html=render.dispatch_body(notebook(folder(desk, number), "6_dispatch")),
        predictions=_predictions(standing, now),
        debate=debated.debate(ledger, number, standing, kept) if standing else None,
        permalink=link(row).href,
        older=_link(ledger, numbers[here - 1]) if here else None,
        newer=_link(ledger, numbers[here + 1]) if here + 1 < len(numbers) else None,
        previous=tuple(_link(ledger, n) for n in reversed(before)),
        sources=tuple(kept["sources"]),
        notices=tuple(kept["notices"]),
        written_by=joining.byline(kept),
        code_version=row["code"],
        snapshot=row["snapshot"],
        trail=f"read/{number}/trail/index.html",
    )


def link(row: sa.RowMapping) -> views.Link:
    """Title and permanent place of a dispatch."""
    return views.Link(title=row["title"], href=f"read/{row['of']}/{row['slug']}/index.html")


def _link(ledger: Ledger, number: int) -> views.Link:
    return link(on_ledger(ledger, number))


def notebook(kept: Path, name: str) -> nbformat.NotebookNode:
    """A notebook as a cycle ran it.

    Args:
        kept: The cycle's own folder.
        name: Without its suffix.
    """
    path = kept / "notebooks" / f"{name}.ipynb"
    # Not nbformat.read, which validates against the schema what a checked run has written.
    found: nbformat.NotebookNode = v4.reads(path.read_text("utf-8"))  # type: ignore[no-untyped-call]  # nbformat is untyped
    return found


def _city(zone: ZoneInfo) -> str:
    """The last part of a zone's name: America/New_York gives New York."""
    return zone.key.rpartition("/")[2].replace("_", " ")


def _card(desk: Desk, call: Standing, wrong_if: str) -> views.CallCard:
    claim = call.claim
    one, *_ = named = [find(symbol, desk.table) for symbol in claim.symbols]
    session = venue(one.venue).session(claim.window.date)
    kind = "half-day close" if session.early else "close"
    what = "highs and lows" if claim.kind in WATCHED else "official close"
    names = " and ".join(each.name for each in named)
    references = ", ".join(
        price(r.value, each.tick) for each, r in zip(named, claim.references, strict=True)
    )
    return views.CallCard(
        sentence=call.sentence,
        direction=direction(claim),
        horizon=_horizon(claim),
        probability=call.probability,
        base_rate=call.base_rate,
        edge_points=100 * (call.probability - call.base_rate),
        wrong_if=wrong_if,
        deadline=f"{deadline(claim)}, {_CLOSES[one.venue].format(kind)}",
        settles_on=f"{what} of {names}; reference {references}",
        ledger_number=call.number,
        ledger_hash=call.chain,
        registered_at=due(moment(call.registered_at)),
    )


def direction(claim: Claim) -> str:
    """Which way the claim points, as one word with an arrow."""
    up, down, width = "↑ Up", "↓ Down", "↔ Width"
    match claim.kind:
        case "direction" | "magnitude":
            return {"up": up, "down": down}.get(claim.side or "", width)
        case "level":
            return up if claim.lo is not None else down
        case "stays" | "touch" if claim.lo is None or claim.hi is None:
            return up if (claim.kind == "touch") == (claim.hi is not None) else down
        case "relative":
            return "↑ Relative"
        case _:
            return width


def _horizon(claim: Claim) -> str:
    count = claim.window.sessions
    return f"{count} session{'s' * (count > 1)}"


def _predictions(standing: Sequence[Standing], now: dt.datetime) -> tuple[views.PredictionRow, ...]:
    others = [one for one in standing if one.role == "other"]
    # Of each family only the shadow that came nearest to being said.
    nearest = {one.claim.kind: one for one in reversed(standing) if one.role == "shadow"}
    shadows = sorted(nearest.values(), key=lambda one: -one.gain)[:_SHADOWS]
    return tuple(
        views.PredictionRow(
            sentence=one.sentence,
            horizon=_horizon(one.claim),
            probability=one.probability,
            base_rate=one.base_rate,
            state="shadow" if one.role == "shadow" else one.state(now),
            reason=one.why if one.role == "shadow" else "",
        )
        for one in (*others, *shadows)
    )
