"""What the desk says: the reference, moved by those minds whose gate is open, as one set.

The learned pool of all minds is asked beside it, as a forecaster of its own without power, so that
what the gates keep out is known too.
"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from workbench.domain.claims import Claim
from workbench.measures.histories import Question
from workbench.measures.joint import Joint
from workbench.measures.learned import Said
from workbench.steps import debate, learned
from workbench.steps.bench import Bench


def said(bench: Bench, asked: list[Claim]) -> dict[str, Said]:
    """Claim id to what was learned makes of it, for all that the reference answers."""

    def make() -> dict[str, Said]:
        known = learned.learned(bench)
        return {one.claim: known.says(one) for one in _questions(bench, asked)}

    return bench.once(f"said {_named(asked)}", make)


def _questions(bench: Bench, asked: list[Claim]) -> list[Question]:
    """The claims with what reference and minds say of them, as on record."""

    def make() -> list[Question]:
        return learned.questions(bench, asked, debate.forecasts_on_record(bench))

    return bench.once(f"questions {_named(asked)}", make)


def _named(asked: list[Claim]) -> str:
    return ",".join(claim.id for claim in asked)


def published(bench: Bench, asked: list[Claim]) -> dict[int, Joint]:
    """By horizon, the reference's scenarios with the weights that the desk stands behind.

    They are the nearest to the reference's under which each claim that a mind may move, or whose
    reference has credibly been off, has the probability that was learned. All other numbers
    follow, so what is published agrees with itself; where nothing moves, it is the reference.
    """
    wanted = moved(bench, asked)
    return {
        horizon: replace(own, weight=held.leaning(own.weight, wanted))
        for horizon, held in debate.on_reference(bench, asked).items()
        for own in [bench.joints[horizon]]
    }


def moved(bench: Bench, asked: list[Claim]) -> dict[str, float]:
    """Claim id to probability, for the claims that are not left to the reference."""
    reference = {one.claim: one.reference for one in _questions(bench, asked)}
    return {
        claim: one.published
        for claim, one in said(bench, asked).items()
        if one.published != reference[claim]
    }


def synthesis(bench: Bench, asked: list[Claim]) -> dict[str, float]:
    """Claim id to its share of the published set."""
    sets, found = published(bench, asked), dict[str, float]()
    for horizon, held in debate.on_reference(bench, asked).items():
        found |= held.shares(sets[horizon].weight)
    return found


def opinion(bench: Bench, asked: list[Claim]) -> dict[str, float]:
    """Claim id to what the learned pool of all minds says; nothing where nobody spoke."""
    spoken = {one.claim for one in _questions(bench, asked) if one.said}  # by minds to be heard
    return {claim: one.pool for claim, one in said(bench, asked).items() if claim in spoken}


def gates(bench: Bench) -> pd.DataFrame:
    """Where each mind stands in each category that it has spoken of, the best evidence first.

    Returns:
        ``mind category ruling claims dates evidence skill sure weight``: evidence is the natural
        log of the Bayes factor, skill what it adds to the recalibrated reference, sure the
        probability that this is worth having, weight its pull in the pool.
    """
    known = learned.learned(bench)
    rows = []
    for (mind, category), one in known.trials.items():
        ruling, _, weight = known.standing(mind, category)
        row = (mind, category, ruling, one.claims, one.blocks, one.factor, one.skill, one.sure)
        rows.append((*row, weight.in_force))
    names = "mind category ruling claims dates evidence skill sure weight"
    frame = pd.DataFrame(rows, columns=names.split())
    return frame.sort_values(["evidence", "mind"], ascending=[False, True], ignore_index=True)


def tally(bench: Bench) -> pd.DataFrame:
    """How many categories each mind's gate is open, shut, young or ended in: one row a mind."""
    frame = gates(bench)
    counted = pd.crosstab(frame["mind"], frame["ruling"])
    return counted.reindex(columns=["open", "shut", "young", "ended"], fill_value=0)
