"""The debate as a dispatch shows it: every mind on the call, and what its opinion may move."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from workbench.desk import views
from workbench.desk.standing import Standing
from workbench.domain.claims import Claim
from workbench.domain.figures import share
from workbench.domain.records import NOT_MINDS
from workbench.measures.conviction import CONVICTION
from workbench.measures.trial import Ruling
from workbench.steps import learned, predict
from workbench.steps.facts import listed
from workbench.steps.speakers import speakers
from workbench.world import entries as book
from workbench.world.ledger import Ledger

# Forecasters shown below the minds, where they answered, by the name that they have there.
_BESIDE = {
    "plain": "One plain call", "plain_median": "Median of plain calls", "pool": "All minds pooled",
    "scenario": "Scenario model", "synthesis": "Synthesis",
}  # fmt: skip


def debate(
    ledger: Ledger, number: int, standing: Sequence[Standing], kept: Mapping[str, Any]
) -> views.DebateView:
    """Every mind on the call, or on the claim that came nearest to being one.

    Args:
        ledger: What the minds said and why some did not.
        number: The cycle.
        standing: All its decisions.
        kept: Its ``label`` and ``conviction``.
    """
    one = subject(standing)
    said = answers(ledger, one.claim)
    minds = {who: p for who, p in said.items() if who not in NOT_MINDS}
    absent = _absent(ledger, number, one.claim, minds)
    conviction = kept["conviction"]
    return views.DebateView(
        label=kept["label"],
        conviction="none" if conviction is None else share(conviction),
        formula=CONVICTION,
        claim=one.sentence,
        base_rate=one.base_rate,
        probability=one.probability,
        minds=(
            *(views.MindRow(name=mind, probability=p) for mind, p in minds.items()),
            *(views.MindRow(name=mind, absent=why) for mind, why in absent.items()),
            *(
                views.MindRow(name=name, probability=said[who])
                for who, name in _BESIDE.items()
                if who in said
            ),
        ),
        notes=tuple(_notes(ledger, number, one.claim, said)),
    )


def subject(standing: Sequence[Standing]) -> Standing:
    """The claim that a dispatch speaks of: its call, or without one what came nearest to it.

    Args:
        standing: All decisions of the cycle, at least one.
    """
    chosen = predict.chosen([one.decision for one in standing])
    return next(one for one in standing if one.claim.id == chosen.claim)


def _named(who: str) -> str:
    """A voice in running text."""
    said = {"plain": "one plain call", "plain_median": "the median of plain calls"}
    return said.get(who, who)


def answers(ledger: Ledger, claim: Claim) -> dict[str, float]:
    """Forecaster to its probability of a claim, a fraction, in the order of the ledger."""
    of = book.forecasts.c
    query = sa.select(of.forecaster, of.probability).where(of.claim == claim.id).order_by(of.seq)
    return {row["forecaster"]: row["probability"] for row in ledger.read(query)}


def _absent(
    ledger: Ledger, number: int, claim: Claim, minds: Mapping[str, float]
) -> dict[str, str]:
    of = book.absences.c
    query = sa.select(of.mind, of.reason).where(
        of.cycle == number, of.scope.in_(("", claim.id, *claim.symbols))
    )
    return {row["mind"]: row["reason"] for row in ledger.read(query) if row["mind"] not in minds}


def _notes(ledger: Ledger, number: int, claim: Claim, said: Mapping[str, float]) -> Iterable[str]:
    """What the opinions may move, what they cost, and whose model may know the end."""
    known = speakers(ledger, number, number)
    names = {who: known.get((number, who), who) for who in said if who not in NOT_MINDS}
    able = {who: name for who, name in names.items() if name}  # the rest knew the end
    if able:
        found, followed = rulings(ledger, number, claim), said["synthesis"] != said["scenario"]
        led = [who for who, name in able.items() if found.get(name) == "open"]
        yield _power(led, followed=followed)
    of = book.voices.c
    query = sa.select(of.mind, of.model, of.usd, of.seconds, of.in_sample)
    voices = ledger.read(query.where(of.of == number).order_by(of.seq))
    if voices:
        models = listed(sorted({row["model"] for row in voices}))
        usd = sum((Decimal(row["usd"]) for row in voices), Decimal(0))
        seconds = max(row["seconds"] for row in voices)
        yield f"Asking {models} cost {usd:.4f} USD and took at most {seconds:.0f} s a voice."
    if blind := [_named(row["mind"]) for row in voices if row["in_sample"]]:
        yield (
            f"In-sample: the model behind {listed(blind)} may have read what followed. Shown, "
            "never scored, and without power."
        )


def _power(led: Sequence[str], *, followed: bool) -> str:
    if led:
        whose = "its gate is" if len(led) == 1 else "their gates are"
        return f"{listed(led)} moved this number: {whose} open on claims of this kind."
    nothing = "No gate is open on claims of this kind: minds are scored and move nothing."
    if followed:
        return f"{nothing} Synthesis follows the claims beside it that were moved."
    return f"{nothing} Synthesis is the scenario model’s number."


def rulings(ledger: Ledger, number: int, claim: Claim) -> dict[str, Ruling]:
    """Forecaster to its gate's last ruling on claims like this one, as of a cycle.

    Minds are named with their models, see ``speakers``; those without a ruling are out.
    """
    of = book.rulings.c
    category = learned.category(claim.kind, claim.theme, claim.window.sessions)
    query = sa.select(of.mind, of.state).where(of.category == category, of.of <= number)
    return {row["mind"]: row["state"] for row in ledger.read(query.order_by(of.of))}
