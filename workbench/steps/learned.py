"""What the desk has learned of its minds, as known to a cycle, from its ledger.

A fold over cycles: what each one asked, then what the next one settled. Lines and rulings are
drawn anew in the first cycle of each quarter. A ledger remembers it from cycle to cycle of a
replay; where it is not at hand it is learned again from the rows. Live and replayed cycles teach
alike, as both knew only their past; a forecast of a model that may have read what followed is left
out.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypedDict

import numpy as np
import sqlalchemy as sa

from workbench.domain.calendars import Moments, moment, to_numpy, venue
from workbench.domain.claims import Claim
from workbench.domain.records import NOT_MINDS
from workbench.measures.histories import Question
from workbench.measures.learned import Cell, Learned
from workbench.measures.trial import Ruling
from workbench.steps.bench import Bench
from workbench.steps.settled import REFERENCE
from workbench.steps.speakers import Speakers, speakers
from workbench.world import entries as book

_SILENT = tuple(who for who in NOT_MINDS if who != REFERENCE)


@dataclass(slots=True, kw_only=True)
class _Kept:
    """What a ledger has learned from settlements up to a cycle."""

    state: Learned
    cycle: int = 0
    quarter: str = ""
    changed: dict[Cell, Ruling] = field(default_factory=dict)


def learned(bench: Bench) -> Learned:
    """As of a cycle: from all that it and those before it settled, and nothing later."""
    return _kept(bench).state


def changed(bench: Bench) -> dict[Cell, Ruling]:
    """Rulings that this cycle's review changed; empty in a cycle without a review."""
    return _kept(bench).changed


def category(kind: str, theme: str, horizon: int) -> str:
    """What claims are learned about together."""
    return f"{theme} {kind} {horizon}"


def questions(
    bench: Bench, asked: Iterable[Claim], said: Mapping[str, Mapping[str, float]]
) -> list[Question]:
    """The slate's claims as ``Learned`` takes them.

    Args:
        bench: The cycle.
        asked: Its claims.
        said: Forecaster to claim id to probability; controls among them are passed over.
    """
    ends, known = _ends(bench), speakers(bench.ledger, bench.number, bench.number)
    return [
        Question(
            claim=one.id, category=category(one.kind, one.theme, one.window.sessions),
            horizon=max(one.window.sessions, 1),
            settles=_number(ends[one.subject], to_numpy(one.window.deadline)),
            reference=said[REFERENCE][one.id],
            **_minds({who: said[who][one.id] for who in said if one.id in said[who]},
                     bench.number, known),
        )
        for one in asked
        if one.id in said[REFERENCE]
    ]  # fmt: skip


def _kept(bench: Bench) -> _Kept:
    kept = bench.ledger.memory.get("learned")
    if not isinstance(kept, _Kept) or kept.cycle > bench.number:
        kept = _Kept(state=Learned())
    if kept.cycle < bench.number:
        _advance(bench, kept)
        bench.ledger.memory["learned"] = kept
    return kept


def _advance(bench: Bench, kept: _Kept) -> None:
    """Learns what came since, up to a cycle."""
    first, last = kept.cycle, bench.number
    asked = _asked(bench, first, last)
    outcomes = _outcomes(bench, first, last)
    quarters = _quarters(bench, first, last)
    for number in range(first, last):
        kept.state.ask(asked.get(number, ()))
        kept.state.settle(outcomes.get(number + 1, {}))
        quarter = quarters.get(number + 1, kept.quarter)
        kept.changed = kept.state.review() if quarter != kept.quarter else {}
        kept.quarter = quarter
    kept.cycle = last


def _asked(bench: Bench, first: int, last: int) -> dict[int, list[Question]]:
    """By cycle, from the first to before the last, its claims as they were asked."""
    of = book.forecasts.c
    query = (
        sa.select(of.claim, of.forecaster, of.probability)
        .where(of.cycle >= first, of.cycle < last, of.forecaster.not_in(_SILENT))
        .order_by(of.seq)
    )
    said: dict[str, dict[str, float]] = defaultdict(dict)
    for row in bench.ledger.read(query):
        said[row["claim"]][row["forecaster"]] = row["probability"]
    claims, ends = book.claims.c, _ends(bench)
    listed = (
        sa.select(
            claims.id, claims.cycle, claims.kind, claims.theme, claims.horizon, claims.subject,
            claims.deadline,
        )
        .where(claims.cycle >= first, claims.cycle < last)
        .order_by(claims.seq)
    )  # fmt: skip
    known = speakers(bench.ledger, first, last)
    found: dict[int, list[Question]] = defaultdict(list)
    for row in bench.ledger.read(listed):
        told, cycle = said[row["id"]], row["cycle"]
        if REFERENCE in told and row["subject"] in ends:
            question = Question(
                claim=row["id"], category=category(row["kind"], row["theme"], row["horizon"]),
                horizon=max(row["horizon"], 1),
                settles=_number(ends[row["subject"]], np.datetime64(row["deadline"][:-1])),
                reference=told[REFERENCE], **_minds(told, cycle, known),
            )  # fmt: skip
            found[cycle].append(question)
    return found


def _outcomes(bench: Bench, first: int, last: int) -> dict[int, dict[str, float | None]]:
    """By cycle, from after the first to the last, what it settled; None is void."""
    of = book.settlements.c
    query = (
        sa.select(of.claim, of.outcome, of.cycle)
        .where(of.cycle > first, of.cycle <= last)
        .order_by(of.seq)
    )
    found: dict[int, dict[str, float | None]] = defaultdict(dict)
    for row in bench.ledger.read(query):
        void = row["outcome"] == "void"
        found[row["cycle"]][row["claim"]] = None if void else float(row["outcome"] == "yes")
    return found


def _quarters(bench: Bench, first: int, last: int) -> dict[int, str]:
    """By cycle, the quarter of its moment."""
    of = book.cycles.c
    rows = bench.ledger.read(sa.select(of.number, of.as_of).where(of.number > first))
    found = {row["number"]: _quarter(moment(row["as_of"])) for row in rows if row["number"] < last}
    return found | {last: _quarter(bench.as_of)}


def _quarter(when: dt.datetime) -> str:
    return f"{when.year} {(when.month + 2) // 3}"


def _minds(told: Mapping[str, float], cycle: int, known: Speakers) -> _Minds:
    """Minds among forecasters by name and model; whoever knew the end is left out."""
    found = {known.get((cycle, who), who): p for who, p in told.items() if who not in NOT_MINDS}
    found.pop("", None)
    return {"said": found, "models": frozenset(found) & frozenset(known.values())}


class _Minds(TypedDict):
    said: dict[str, float]
    models: frozenset[str]


def _ends(bench: Bench) -> dict[str, Moments]:
    """Symbol to the closes of its venue."""
    return {one.symbol: venue(one.venue).closes for one in bench.desk.table}


def _number(closes: Moments, deadline: np.datetime64) -> int:
    """Number of the session in which a moment lies, or that it closes."""
    return int(np.searchsorted(closes, deadline))
