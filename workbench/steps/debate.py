"""Each mind's opinion or absence on the slate, beside the controls."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any, cast

import pandas as pd
import sqlalchemy as sa

from workbench.domain import claims
from workbench.domain.claims import Claim
from workbench.domain.errors import ClaimRefused
from workbench.domain.records import CONTROLS, Absence, Opinion
from workbench.domain.sentences import render
from workbench.measures import controls, house, quotes
from workbench.measures.joint import Asked, Joint
from workbench.measures.prices import bars
from workbench.steps import asking, slates
from workbench.steps.bench import Bench
from workbench.steps.heard import opinion
from workbench.steps.rows import seen
from workbench.world import entries as book
from workbench.world.schema import Mind


def hold(bench: Bench) -> list[Opinion | Absence]:
    """Builds the slate, asks controls and minds, and registers claims with all forecasts.

    Returns:
        One opinion or absence a mind.
    """
    asked = slates.build(bench)
    told = asking.heard_of(bench, asked, partial(_answers, bench))
    asked += told.joined
    opinions_ = [
        listen(bench, mind, asked)
        if mind.is_house
        else told.spoken.get(mind.name) or _unasked(mind)
        for mind in bench.desk.minds
    ]
    rows = [(book.claims, slates.row(claim, bench.desk.table)) for claim in asked]
    said = standing(bench, asked) | dict(told.plain)
    said |= {one.mind: one.probabilities for one in opinions_ if isinstance(one, Opinion)}
    forecasts = [
        (book.forecasts, {"claim": claim.id, "forecaster": who, "probability": said[who][claim.id]})
        for who in said
        for claim in asked
        if claim.id in said[who]
    ]
    absences = [
        (book.absences, {"of": bench.number, **asdict(one)})
        for one in opinions_
        if isinstance(one, Absence)
    ]
    voices = [(book.voices, row) for row in told.rows(bench.number)]
    bench.ledger.append(bench.number, [*rows, *forecasts, *absences, *voices])
    opinions = [asdict(one) for one in opinions_ if isinstance(one, Opinion)]
    bench.remember("opinions", opinions)
    return opinions_


def _unasked(mind: Mind) -> Absence:
    return Absence(mind=mind.name, scope="", reason="No model is asked in a warm-up.")


def prepare(bench: Bench) -> None:
    """Asks the Claude minds of a cycle before its notebook runs, which has no key.

    What they said is kept in the cycle's folder, where ``hold`` finds it. Nothing is asked when
    it is there already, or when the desk asks no model.
    """
    if asking.asks(bench) and bench.recall("heard") is None:
        bench.agree()  # before anything is paid for
        asking.heard_of(bench, slates.build(bench), partial(_answers, bench))


def _answers(
    bench: Bench, asked: Sequence[Claim]
) -> tuple[dict[str, dict[str, float]], list[Opinion]]:
    """What controls and house minds say of these claims, for minds to hear."""
    said = [listen(bench, mind, list(asked)) for mind in bench.desk.house]
    present = [one for one in said if isinstance(one, Opinion)]
    return standing(bench, list(asked)), present


def standing(bench: Bench, asked: list[Claim]) -> dict[str, dict[str, float]]:
    """What the standing controls say: forecaster to claim id to probability, see ``controls``."""
    held = on_reference(bench, asked)
    said = controls.controls(
        bench.joints, bench.bases, held, bench.bars, bench.instruments, bench.chains
    )
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


def listen(bench: Bench, mind: Mind, asked: list[Claim]) -> Opinion | Absence:
    """What one mind says of the slate.

    It reads its own slice of the snapshot and nothing else, and speaks of the lead; what that
    means for the rest follows from the scenarios that all share.
    """
    name = mind.params.mind
    view, own = views(bench)[name]
    if isinstance(view, Absence):
        return view
    said: dict[str, float] = {}
    for horizon, held in on_reference(bench, asked).items():
        said |= held.shares(own[horizon].weight)
    return Opinion(mind=name, argument=view.argument, evidence=view.findings, probabilities=said)


def views(bench: Bench) -> dict[str, tuple[house.View | Absence, dict[int, Joint]]]:
    """Each mind's view of the lead and the sets that it makes of it; an absent one has none."""

    def make() -> dict[str, tuple[house.View | Absence, dict[int, Joint]]]:
        return {mind.params.mind: think(bench, mind) for mind in bench.desk.house}

    return bench.once("views", make)


def sets(bench: Bench) -> dict[str, dict[int, Joint]]:
    """Each present mind's weights of the reference's scenarios, by horizon."""
    return {name: own for name, (_, own) in views(bench).items() if own}


def think(
    bench: Bench, mind: Mind, minds: Mapping[str, house.Mind] = house.MINDS
) -> tuple[house.View | Absence, dict[int, Joint]]:
    """What one mind makes of the lead, and of the reference's scenarios by horizon."""
    name, lead = mind.params.mind, bench.lead

    def absent(reason: str) -> tuple[Absence, dict[int, Joint]]:
        return Absence(mind=name, scope="", reason=reason), {}

    series = seen(mind, bench.instruments)
    if lead.symbol not in series:
        return absent(f"{lead.symbol} is outside my slice")
    shown = bench.seen.only(series, mind.params.fields).without(
        (flag.series, flag.field) for flag in bench.flags if flag.severity != "note"
    )
    own = bars(shown, lead)
    if own is None:
        return absent(f"{lead.symbol} is dark or withheld")
    view = minds[name](shown, own)
    if isinstance(view, Absence):
        return view, {}
    try:
        return view, {h: house.swayed(view, set_, own) for h, set_ in bench.joints.items()}
    except ClaimRefused as refused:  # data errors propagate; a view that cannot be had is absent
        return absent(refused.reason)


def slate_on_record(bench: Bench) -> list[Claim]:
    """The cycle's claims as registered; a scratch bench holds the debate first if need be."""
    query = sa.select(book.claims.c.content).where(book.claims.c.cycle == bench.number)
    rows = bench.ledger.read(query.order_by(book.claims.c.seq))
    if not rows and not bench.keep:
        hold(bench)
        rows = bench.ledger.read(query.order_by(book.claims.c.seq))

    def read() -> list[Claim]:
        return [claims.from_content(_json(row["content"])) for row in rows]

    return bench.once(f"slate of {len(rows)}", read)  # no row is ever taken back


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
    return [opinion(one) for one in cast(list[dict[str, Any]], kept or [])]


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
    asked, said = sentences(bench), forecasts_on_record(bench)
    columns = {who: [said[who].get(claim) for claim in asked] for who in shown}
    return pd.DataFrame(columns, index=pd.Index(list(asked.values()), name="claim"), dtype=float)


def sentences(bench: Bench) -> dict[str, str]:
    """Claim id to sentence, in slate order."""
    return {claim.id: render(claim, bench.desk.table) for claim in slate_on_record(bench)}


def arguments(bench: Bench) -> pd.DataFrame:
    """Who says what: ``mind, present, says``; an absent mind's row holds the reason."""
    cut = "No sentence of it had a source, so none is left."
    present = [(one.mind, "present", one.argument or cut) for one in opinions(bench)]
    gone = [(a.mind, f"absent {a.scope}".strip(), a.reason) for a in absences_on_record(bench)]
    return pd.DataFrame([*present, *gone], columns=["mind", "present", "says"])


def _json(text: str) -> dict[str, Any]:
    return cast(dict[str, Any], json.loads(text))
