"""Each mind's opinion or absence on the slate, beside the controls."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from typing import Any, cast

import pandas as pd
import sqlalchemy as sa

from workbench.domain import claims
from workbench.domain.calendars import iso, to_datetime
from workbench.domain.claims import WATCHED, Claim, Reference
from workbench.domain.errors import ClaimRefused
from workbench.domain.instruments import Instrument
from workbench.domain.records import CONTROLS, Absence, Finding, Opinion
from workbench.domain.sentences import render
from workbench.measures import controls, house, pooling, quotes, slate
from workbench.measures.joint import Asked, Joint
from workbench.measures.prices import bars
from workbench.steps.bench import Bench
from workbench.world import ledger as book
from workbench.world.ledger import canonical
from workbench.world.params import Mind

_TRADED = 10  # claims of markets that join a slate at most


def build_slate(bench: Bench) -> list[Claim]:
    """The cycle's claims with their reference prices frozen."""
    windows = {
        (one.symbol, horizon): claims.window(one, bench.as_of, horizon)
        for one in bench.instruments
        for horizon in bench.desk.params.horizons
    }
    lead = bench.lead_bars
    asked = slate.build(bench.scenarios, bench.instruments, windows, turn=len(lead))
    asked += [claim for claim in _traded(bench) if claim not in asked][:_TRADED]
    return [claims.with_references(claim, references(bench, claim)) for claim in asked]


def _traded(bench: Bench) -> list[Claim]:
    """Claims that a market pays for, over a horizon of the desk on instruments with scenarios."""
    return [
        quote.claim
        for quote in bench.traded
        if quote.claim.window.mode == "sessions"
        and quote.claim.kind != "count"
        and quote.claim.given is None
        and all((s, quote.claim.window.sessions) in bench.scenarios for s in quote.claim.symbols)
        and (quote.claim.kind not in WATCHED or bench.bars[quote.claim.subject].has_path)
    ]


def references(bench: Bench, claim: Claim) -> tuple[Reference, ...]:
    """The last close of each of a claim's instruments, as known.

    Raises:
        ClaimRefused: One of them is dark, withheld, or not the desk's (``no_data``).
    """
    found = []
    for symbol in claim.symbols:
        if symbol not in bench.bars:
            grave = (f for f in bench.flags if f.series == symbol and f.severity != "note")
            seen = next((f.seen for f in grave), "it is no instrument of this desk")
            raise ClaimRefused(
                "no_data", f"{symbol} cannot be used as of {iso(bench.as_of)}: {seen}."
            )
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
    said = standing(bench, asked)
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


def standing(bench: Bench, asked: list[Claim]) -> dict[str, dict[str, float]]:
    """What the standing controls say: forecaster to claim id to probability, see ``controls``."""
    held = on_reference(bench, asked)
    said = controls.controls(bench.joints, bench.bases, held, bench.bars, bench.instruments)
    paid = {claim.id: quotes.price_of(claim, bench.traded) for claim in asked}
    traded = {claim: price for claim, price in paid.items() if price is not None}
    return said | ({"market": traded} if traded else {})


def on_reference(bench: Bench, asked: list[Claim]) -> dict[int, Asked]:
    """By horizon, the slate held against the reference's scenarios, once for all forecasters."""

    def make() -> dict[int, Asked]:
        horizons = dict.fromkeys(claim.window.sessions for claim in asked)
        return {
            h: bench.joints[h].asked(claim for claim in asked if claim.window.sessions == h)
            for h in horizons
        }

    return bench.once(f"asked {','.join(claim.id for claim in asked)}", make)


def listen(bench: Bench, mind: Mind, asked: list[Claim]) -> list[Opinion | Absence]:
    """What one mind says of the slate, from its own slice of the snapshot and nothing else."""
    view = views(bench)[mind.params.mind]
    if isinstance(view, Absence):
        return [view]
    held = on_reference(bench, asked)
    hidden = unseen(bench, mind)
    said: dict[str, float] = {}
    for horizon, own in sets(bench)[mind.params.mind].items():
        if horizon in held:
            said |= held[horizon].shares(own.weight)
    blind = {claim.id for claim in asked if hidden.keys() & set(claim.symbols)}
    opinion = Opinion(
        mind=mind.params.mind,
        argument=view.argument,
        evidence=view.findings,
        probabilities={claim: p for claim, p in said.items() if claim not in blind},
    )
    return [opinion, *(
        Absence(mind=mind.params.mind, scope=symbol, reason=reason)
        for symbol, reason in hidden.items()
    )]  # fmt: skip


def views(bench: Bench) -> dict[str, house.View | Absence]:
    """What each mind makes of the lead, from its own slice of the snapshot and nothing else."""
    return {name: view for name, (view, _) in _heard(bench).items()}


def sets(bench: Bench) -> dict[str, dict[int, Joint]]:
    """Each present mind's weights of the reference's scenarios, by horizon."""
    return {name: own for name, (view, own) in _heard(bench).items() if own}


def _heard(bench: Bench) -> dict[str, tuple[house.View | Absence, dict[int, Joint]]]:
    """Each mind's view of the lead and the sets that it makes of it; an absent one has none."""

    def make() -> dict[str, tuple[house.View | Absence, dict[int, Joint]]]:
        return {mind.params.mind: _think(bench, mind) for mind in bench.desk.minds}

    return bench.once("heard", make)


def _think(bench: Bench, mind: Mind) -> tuple[house.View | Absence, dict[int, Joint]]:
    name = mind.params.mind
    hidden = unseen(bench, mind)
    if bench.lead.symbol in hidden:
        return Absence(mind=name, scope="", reason=hidden[bench.lead.symbol]), {}
    shown = bench.snapshot.only(seen(mind, bench.instruments), mind.params.fields).without(
        (flag.series, flag.field) for flag in bench.flags if flag.severity != "note"
    )
    lead = bars(shown, bench.lead)
    if lead is None:
        return Absence(mind=name, scope="", reason=f"{bench.lead.symbol} has no close to see"), {}
    view = house.MINDS[name](shown, lead)
    if isinstance(view, Absence):
        return view, {}
    try:
        own = {h: house.swayed(view, joint, lead) for h, joint in bench.joints.items()}
    except ClaimRefused as refused:  # data errors propagate; a view that cannot be had is absent
        return Absence(mind=name, scope="", reason=refused.reason), {}
    return view, own


def unseen(bench: Bench, mind: Mind) -> dict[str, str]:
    """The desk's instruments that a mind says nothing of, and why."""
    shown = seen(mind, bench.instruments)
    found = {}
    for one in bench.instruments:
        if one.symbol not in shown:
            found[one.symbol] = f"{one.symbol} is outside my slice"
        elif one.symbol not in bench.bars:
            found[one.symbol] = f"{one.symbol} is dark or withheld"
    return found


def seen(mind: Mind, instruments: Iterable[Instrument]) -> frozenset[str]:
    """The series of a mind's slice; ``instruments`` stands for all that the desk trades in."""
    named = set(mind.params.series)
    if "instruments" in named:
        named |= {one.symbol for one in instruments}
    return frozenset(named)


def pooled(bench: Bench) -> dict[int, Joint]:
    """By horizon, the set in which all present minds have their say."""
    power = bench.desk.params.pool_weight
    return {
        horizon: replace(
            reference,
            weight=pooling.pooled(
                reference.weight, [own[horizon].weight for own in sets(bench).values()], power
            ),
        )
        for horizon, reference in bench.joints.items()
    }


def synthesis(bench: Bench, asked: list[Claim]) -> dict[str, float]:
    """Claim id to its share of the pooled set."""
    sets_, said = pooled(bench), dict[str, float]()
    for horizon, held in on_reference(bench, asked).items():
        said |= held.shares(sets_[horizon].weight)
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
    """The slate with base rate, reference and minds, one column each; NaN where absent."""
    said = forecasts_on_record(bench)
    shown = [who for who in said if who not in CONTROLS or who in {"climatology", "scenario"}]
    return _table(bench, sorted(shown, key=lambda who: who != "climatology"))


def baselines(bench: Bench) -> pd.DataFrame:
    """The slate with the cheap baselines, one column each; NaN where one is silent."""
    said = forecasts_on_record(bench)
    return _table(bench, [who for who in CONTROLS if who in said and who != "scenario"])


def _table(bench: Bench, shown: Sequence[str]) -> pd.DataFrame:
    asked, said = slate_on_record(bench), forecasts_on_record(bench)
    index = [render(claim, bench.desk.table) for claim in asked]
    columns = {who: [said[who].get(claim.id) for claim in asked] for who in shown}
    return pd.DataFrame(columns, index=pd.Index(index, name="claim"), dtype=float)


def arguments(bench: Bench) -> pd.DataFrame:
    """Who says what: ``mind, present, says``; an absent mind's row holds the reason."""
    present = [(one.mind, "present", one.argument) for one in opinions(bench)]
    gone = [(a.mind, f"absent {a.scope}".strip(), a.reason) for a in absences_on_record(bench)]
    return pd.DataFrame([*present, *gone], columns=["mind", "present", "says"])


def _json(text: str) -> dict[str, Any]:
    return cast(dict[str, Any], json.loads(text))
