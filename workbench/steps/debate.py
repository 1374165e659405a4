"""Each mind's opinion or absence on the slate, beside the controls."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, cast

import pandas as pd
import sqlalchemy as sa

from workbench.domain import claims
from workbench.domain.calendars import iso, to_datetime
from workbench.domain.claims import Claim, Reference
from workbench.domain.instruments import Instrument
from workbench.domain.records import CONTROLS, Absence, Finding, Opinion
from workbench.domain.sentences import render
from workbench.measures import baselines, house, scenarios, slate
from workbench.measures.prices import Bars, bars
from workbench.measures.scenarios import Episodes, ewma_scaled
from workbench.steps.bench import Bench
from workbench.world import ledger as book
from workbench.world.ledger import canonical
from workbench.world.params import Mind


def build_slate(bench: Bench) -> list[Claim]:
    """The cycle's claims with their reference prices frozen."""
    windows = {
        (one.symbol, horizon): claims.window(one, bench.as_of, horizon)
        for one in bench.instruments
        for horizon in bench.desk.params.horizons
    }
    lead = bench.lead_bars
    asked = slate.build(bench.scenarios, bench.instruments, windows, turn=len(lead))
    return [claims.with_references(claim, references(bench, claim)) for claim in asked]


def references(bench: Bench, claim: Claim) -> tuple[Reference, ...]:
    """The last close of each of a claim's instruments, as known."""
    found = []
    for symbol in claim.symbols:
        own = bench.bars[symbol]
        found.append(
            Reference(
                symbol=symbol,
                at=to_datetime(own.at[-1]),
                known_at=to_datetime(own.known_at[-1]),
                value=float(own.close[-1]),
            )
        )
    return tuple(found)


def hold(bench: Bench) -> list[Opinion | Absence]:
    """Builds the slate, asks controls and minds, and registers claims with all forecasts.

    Returns:
        One opinion or absence a mind, plus one absence for each instrument outside a mind's
        slice.
    """
    asked = build_slate(bench)
    heard: list[Opinion | Absence] = []
    for mind in bench.desk.minds:
        heard += listen(bench, mind, asked)
    rows = [(book.claims, claim_row(claim, bench.desk.table)) for claim in asked]
    said = controls(bench, asked)
    said |= {one.mind: one.probabilities for one in heard if isinstance(one, Opinion)}
    forecasts = [
        (book.forecasts, {"claim": claim.id, "forecaster": who, "probability": said[who][claim.id]})
        for who in said
        for claim in asked
        if claim.id in said[who]
    ]
    absences = [
        (book.absences, {"of": bench.number, **asdict(one)})
        for one in heard
        if isinstance(one, Absence)
    ]
    bench.ledger.append(bench.number, [*rows, *forecasts, *absences])
    opinions = [asdict(one) for one in heard if isinstance(one, Opinion)]
    bench.remember("opinions", opinions)
    return heard


def controls(bench: Bench, asked: list[Claim]) -> dict[str, dict[str, float]]:
    """What the standing controls say: forecaster to claim id to probability."""
    said: dict[str, dict[str, float]] = {name: {} for name in CONTROLS}
    for claim in asked:
        horizon = claim.window.sessions
        keys = [(symbol, horizon) for symbol in claim.symbols]
        said["scenario"][claim.id] = scenarios.probability(
            claim, *(bench.scenarios[key] for key in keys)
        )
        happened, weight = scenarios.outcomes(claim, *(bench.episodes[key] for key in keys))
        said["climatology"][claim.id] = scenarios.share(happened, weight)
        said["persistence"][claim.id] = baselines.persistence(happened, horizon)
    return said


def listen(bench: Bench, mind: Mind, asked: list[Claim]) -> list[Opinion | Absence]:
    """What one mind says of the slate, from its own slice of the snapshot and nothing else."""
    name = mind.params.mind
    think = house.MINDS[name]
    shown = bench.snapshot.only(sees(bench, mind), mind.params.fields).without(
        (flag.series, flag.field) for flag in bench.flags if flag.severity != "note"
    )
    views: dict[str, tuple[Bars, house.View]] = {}
    absent: list[Absence] = []
    for one in bench.instruments:
        own = None if one.symbol in bench.withheld else bars(shown, one)
        if own is None:
            view: house.View | Absence = Absence(
                mind=name, scope=one.symbol, reason=f"{one.symbol} is outside my slice or withheld"
            )
        else:
            view = think(shown, own)
        if isinstance(view, Absence):
            absent.append(Absence(mind=name, scope=one.symbol, reason=view.reason))
        elif own is not None:
            views[one.symbol] = (own, view)
    if bench.lead.symbol not in views:
        reason = next(a.reason for a in absent if a.scope == bench.lead.symbol)
        return [Absence(mind=name, scope="", reason=reason)]
    said = _answers(bench, views, asked)
    spoken = views[bench.lead.symbol][1]
    opinion = Opinion(
        mind=name, argument=spoken.argument, evidence=spoken.findings, probabilities=said
    )
    return [opinion, *absent]


def sees(bench: Bench, mind: Mind) -> frozenset[str]:
    """The series of a mind's slice; ``instruments`` stands for all that the desk trades in."""
    named = set(mind.params.series)
    if "instruments" in named:
        named |= {one.symbol for one in bench.instruments}
    return frozenset(named)


def _answers(
    bench: Bench, views: dict[str, tuple[Bars, house.View]], asked: list[Claim]
) -> dict[str, float]:
    legs: dict[tuple[str, int], Episodes] = {}
    for symbol, (own, view) in views.items():
        for horizon in bench.desk.params.horizons:
            if len(own) >= scenarios.MIN_CLOSES:
                scaled = ewma_scaled(own, horizon).weighted(own.dates, view.weights)
                factor = scaled.close * 0 + view.ratio
                legs[symbol, horizon] = scaled.scaled(factor)
    said = {}
    for claim in asked:
        keys = [(symbol, claim.window.sessions) for symbol in claim.symbols]
        if all(key in legs for key in keys):
            said[claim.id] = scenarios.probability(claim, *(legs[key] for key in keys))
    return said


def claim_row(claim: Claim, table: Iterable[Instrument]) -> dict[str, Any]:
    """A claim as its ledger row, its sentence in the names of a table."""
    return {
        "id": claim.id,
        "kind": claim.kind,
        "subject": claim.subject,
        "horizon": claim.window.sessions,
        "theme": claim.theme,
        "deadline": iso(claim.window.deadline),
        "sentence": render(claim, table),
        "content": canonical(claim.content()),
    }


def slate_on_record(bench: Bench) -> list[Claim]:
    """The cycle's claims as registered; a scratch bench holds the debate first if need be."""
    query = sa.select(book.claims.c.content).where(book.claims.c.cycle == bench.number)
    rows = bench.ledger.read(query.order_by(book.claims.c.seq))
    if not rows and not bench.keep:
        hold(bench)
        rows = bench.ledger.read(query.order_by(book.claims.c.seq))
    return [claims.from_content(_json(row["content"])) for row in rows]


def forecasts_on_record(bench: Bench) -> dict[str, dict[str, float]]:
    """Every forecast of the cycle: forecaster to claim id to probability."""
    query = sa.select(book.forecasts).where(book.forecasts.c.cycle == bench.number)
    said: dict[str, dict[str, float]] = {}
    for row in bench.ledger.read(query.order_by(book.forecasts.c.seq)):
        said.setdefault(row["forecaster"], {})[row["claim"]] = row["probability"]
    return said


def absences_on_record(bench: Bench) -> list[Absence]:
    """Who was absent in the cycle, and why."""
    query = sa.select(book.absences).where(book.absences.c.cycle == bench.number)
    return [
        Absence(mind=row["mind"], scope=row["scope"], reason=row["reason"])
        for row in bench.ledger.read(query.order_by(book.absences.c.seq))
    ]


def opinions(bench: Bench) -> list[Opinion]:
    """The present minds' opinions of the cycle; held again when its folder has lost them."""
    kept = bench.recall("opinions")
    if kept is None:
        hold(bench)
        kept = bench.recall("opinions")
    return [
        Opinion(
            mind=one["mind"],
            argument=one["argument"],
            evidence=tuple(Finding(**finding) for finding in one["evidence"]),
            probabilities=one["probabilities"],
        )
        for one in cast(list[dict[str, Any]], kept or [])
    ]


def side_by_side(bench: Bench) -> pd.DataFrame:
    """The slate with every forecaster's probability, one column each; NaN where absent."""
    asked = slate_on_record(bench)
    said = forecasts_on_record(bench)
    index = [render(claim, bench.desk.table) for claim in asked]
    columns = {who: [said[who].get(claim.id) for claim in asked] for who in said}
    return pd.DataFrame(columns, index=pd.Index(index, name="claim"), dtype=float)


def arguments(bench: Bench) -> pd.DataFrame:
    """Who says what: ``mind, present, says``; an absent mind's row holds the reason."""
    present = [(one.mind, "present", one.argument) for one in opinions(bench)]
    gone = [(a.mind, f"absent {a.scope}".strip(), a.reason) for a in absences_on_record(bench)]
    return pd.DataFrame([*present, *gone], columns=["mind", "present", "says"])


def _json(text: str) -> dict[str, Any]:
    return cast(dict[str, Any], json.loads(text))
