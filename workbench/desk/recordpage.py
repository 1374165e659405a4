"""The record page: what was said against what happened, live and replay strictly apart.

It is made of what the cycle's notebooks kept (`steps.scoreboard`, `steps.accounted`), so that it
costs the same however long the record is, and its figures are theirs.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import pandas as pd
import plotly.graph_objects as go
from markupsafe import Markup

from workbench.desk import charts, figures, layout, recordtables
from workbench.desk import recordwords as words
from workbench.desk.editions import Edition, part
from workbench.desk.recordtables import FEW, Row
from workbench.domain.calendars import moment
from workbench.domain.errors import CycleFailed
from workbench.domain.figures import difference, interval, share
from workbench.domain.records import Mode
from workbench.measures.scoring import MIN_BLOCKS
from workbench.steps import accounted, origins, scoreboard

Board = words.Board


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """The record of one mode, ready to be written; a figure is HTML of ours.

    Attributes:
        mode: Live or replay.
        title: The finding.
        dek: How much there is to go by.
        meaning: What may be claimed.
        everything: The record on all claims.
        tally: Right, wrong, void.
        keys: Key figures as (name, value, beside).
        calibration: Figure.
        course: Figure.
        regimes: Heads of the minds' table, over all regimes last; empty without rows.
        minds: Its rows.
        cells_tried: Cells that an asterisk was corrected for.
        controls: Rows of the controls' table.
        wholes_tried: Forecasters that its asterisk was corrected for.
        debate: Whether it helps.
        coverage: Figure, or empty.
        silence: What it cost, in a sentence.
        silences: The same by reason.
        account: Figure, or empty.
        voided: How many voids.
        voids: The same by reason.
    """

    mode: Mode
    title: str
    dek: str
    meaning: str
    everything: str
    tally: str
    keys: tuple[tuple[str, str, str], ...]
    calibration: Markup
    course: Markup
    regimes: tuple[str, ...]
    minds: tuple[Row, ...]
    cells_tried: int
    controls: tuple[Row, ...]
    wholes_tried: int
    debate: str
    coverage: Markup
    silence: str
    silences: tuple[Row, ...]
    account: Markup
    voided: str
    voids: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPage:
    """The page: its finding, and a record a mode, live first.

    ``waits`` is true on a live desk of which only what was replayed has settled. ``least`` is how
    many dates a skill needs.
    """

    template: ClassVar[str] = "record.html.j2"
    as_of: dt.datetime
    title: str
    dek: str
    records: tuple[Record, ...]
    waits: bool
    least: int
    trail: str
    mode: Mode

    @property
    def body_html(self) -> str:
        """Whatever may hold a chart, for the scripts that it needs."""
        return "".join(
            figure
            for one in self.records
            for figure in (one.course, one.calibration, one.coverage, one.account)
        )


def files(edition: Edition) -> dict[str, str]:
    """The record page."""
    return {"record/index.html": layout.html(page(edition), "../")}


def page(edition: Edition) -> RecordPage:
    """What the page shows.

    Raises:
        CycleFailed: The cycle's folder has lost what it kept for the page.
    """
    board, books = kept(edition)
    return made(board, books, edition.number, edition.row["mode"])


def kept(edition: Edition) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the cycle kept of its record and of the paper account.

    Raises:
        CycleFailed: Its folder has lost it.
    """
    board, books = (
        part(edition.desk, edition.row, name) for name in (scoreboard.PART, accounted.PART)
    )
    if board is None or books is None:
        raise CycleFailed(
            f"The folder of cycle {edition.number} holds nothing for the record page: it was lost, "
            "or an older program ran that cycle. Run 'workbench cycle'; where that says the same, "
            f"delete outputs/cycles/{edition.number}/notebooks first, and they run again."
        )
    return board, books


def made(board: Mapping[str, Any], books: Mapping[str, Any], number: int, mode: Mode) -> RecordPage:
    """The page of what a cycle kept.

    Args:
        board: ``steps.scoreboard.view``.
        books: What ``steps.accounted.keep`` kept.
        number: The cycle.
        mode: Its mode.
    """
    origin = origins.ledger(moment(board["as_of"]))
    records = tuple(record(one, books, origin) for one in board["boards"])
    first = board["boards"][0] if records else None
    mine = scoreboard.own(board, "live")
    waits = mode == "live" and mine is None and bool(records)
    return RecordPage(
        as_of=moment(board["as_of"]),
        title="Nothing said live has settled yet" if waits
        else words.title(first, alone=first and first["mode"]),
        dek="What stands below was replayed, and counts for nothing live." if waits
        else words.dek(first),
        records=records, waits=waits, least=MIN_BLOCKS,
        trail=f"read/{number}/trail/2_score.html", mode=mode,
    )  # fmt: skip


def record(board: Board, books: Mapping[str, Any], origin: str) -> Record:
    """The record of one mode."""
    mode: Mode = board["mode"]
    account = accounted.own(books, mode)
    regimes = recordtables.regimes(board)
    mine = next((r for r in board["forecasters"] if r["forecaster"] == "synthesis"), None)
    drawn = [one for one in board["coverage"] if one["skill"] is not None]
    return Record(
        mode=mode, title=words.title(board, alone=mode), dek=words.dek(board),
        meaning=words.meaning(board), everything=words.everything(board),
        tally=words.tally(board), keys=tuple(_keys(board)),
        calibration=_figure(
            charts.calibration(board["calibration"], mode, origin, mine and mine["n_eff"])
        ) if board["calibration"] else Markup(""),
        course=_figure(charts.skill_course(board["course"], mode, origin))
        if board["course"] else Markup(""),
        regimes=(*(one.replace("_", " ") for one in regimes), "all") if regimes else (),
        minds=tuple(recordtables.minds(board, regimes)),
        cells_tried=max((r["tried"] or 0 for r in board["regimes"]), default=0),
        controls=tuple(recordtables.controls(board)),
        wholes_tried=max((r["tried"] or 0 for r in board["forecasters"]), default=0),
        debate=board["debate"]["told"],
        coverage=_figure(charts.risk_coverage(pd.DataFrame(drawn), mode, origin))
        if drawn else Markup(""),
        silence=board["silence"]["told"], silences=tuple(recordtables.silences(board)),
        account=_figure(charts.account(account, books["lead"]))
        if account["cycles"] > 1 else Markup(""),
        voided=words.voided(board),
        voids=tuple(recordtables.voids(board)),
    )  # fmt: skip


def _keys(board: Board) -> Iterator[tuple[str, str, str]]:
    """Key figures as (name, value, beside)."""
    said = board["said"]
    if not said["n"]:
        return
    yield "Settled predictions", f"{said['n']:,}", f"effective n {said['n_eff']:,.0f}"
    if said["skill"] is None:
        yield "Skill", FEW, f"{said['dates']:,} of {MIN_BLOCKS} dates"
    else:
        ends = interval(100 * said["low"], 100 * said["high"])
        yield "Skill", f"{difference(100 * said['skill'])}%", f"95%: {ends}"
    yield "Brier score", f"{said['brier']:.3f}", f"base rate {said['base_brier']:.3f}"
    if board["coverage"]:
        last = board["coverage"][-1]
        yield "Said aloud", share(last["spoken"]), f"of {last['n']:,} settled claims"


def _figure(figure: go.Figure) -> Markup:
    return figures.html(json.loads(figure.to_json()))
