"""How the call's probability came about: each answer beside the base rate, and what it may move."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from workbench.desk.debated import answers, rulings
from workbench.desk.standing import Standing
from workbench.domain.figures import difference, share
from workbench.domain.records import NOT_MINDS
from workbench.measures.logistic import logit
from workbench.measures.trial import Ruling
from workbench.steps.speakers import speakers
from workbench.world.ledger import Ledger

_POWER: Mapping[Ruling, str] = {
    "open": "moves it", "shut": "scored, moves nothing", "ended": "scored, moves nothing",
    "young": "not yet tried, moves nothing",
}  # fmt: skip
_TERMS = {"climatology": "Base rate", "scenario": "Scenario model", "synthesis": "I say"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One probability of the call's claim; the distance is in log odds from the base rate."""

    name: str
    says: str
    distance: str
    power: str


def terms(ledger: Ledger, number: int, subject: Standing) -> Iterator[Term]:
    """Base rate, reference, each mind and what was said, each with its distance and power.

    Args:
        ledger: What everyone said of the claim.
        number: The cycle.
        subject: Its call, or the claim that came nearest to being one.
    """
    said = answers(ledger, subject.claim)
    minds = [who for who in said if who not in NOT_MINDS]
    known, found = speakers(ledger, number, number), rulings(ledger, number, subject.claim)
    for who in ("climatology", "scenario", *minds, "synthesis"):
        if who in said:
            far = logit(said[who]) - logit(said["climatology"])
            yield Term(
                name=_TERMS.get(who, who), says=share(said[who]), distance=difference(far, 3),
                power=power(known.get((number, who), who), found) if who in minds else "",
            )  # fmt: skip


def power(name: str, found: Mapping[str, Ruling]) -> str:
    """What a mind may move on claims like this one, in words.

    Args:
        name: Of the forecaster; empty where its model may have read what followed.
        found: Forecaster to its gate's last ruling, see ``debated.rulings``.
    """
    return _POWER[found.get(name, "young")] if name else "in-sample, never scored"
