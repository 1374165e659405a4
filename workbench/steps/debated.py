"""The debate as tables: points, answers to the others, proposals, costs and cuts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import pandas as pd
import sqlalchemy as sa

from workbench.domain.records import Finding
from workbench.steps import debate, heard
from workbench.steps.bench import Bench
from workbench.steps.heard import Heard
from workbench.world import entries as book


def of(bench: Bench) -> Heard:
    """What came of asking models in this cycle; nobody when its folder has lost it."""
    kept = bench.recall("heard")
    return heard.loaded(cast(Mapping[str, Any], kept)) if kept else Heard()


def points(bench: Bench) -> pd.DataFrame:
    """What minds say of single claims, the most disputed first.

    Returns:
        ``mind, claim, before, says, argument, cites, would_change_my_mind``; ``before`` is the
        probability of the first round, NaN without one; a house mind has no points.
    """
    said = debate.forecasts_on_record(bench)
    index = debate.sentences(bench)
    minds = debate.opinions(bench)
    spread = {
        claim: max(ps) - min(ps)
        for claim in index
        if (ps := [said[o.mind][claim] for o in minds if claim in said.get(o.mind, {})])
    }
    rows = [
        (
            one.mind, index[p.claim], one.before.get(p.claim), one.probabilities[p.claim],
            p.argument, _cited(one.evidence, p.cited), p.change,
        )
        for claim in sorted(spread, key=lambda claim: -spread[claim])
        for one in minds for p in one.points if p.claim == claim
    ]  # fmt: skip
    names = ["mind", "claim", "before", "says", "argument", "cites", "would_change_my_mind"]
    return pd.DataFrame(rows, columns=names).astype({"before": float})


def _cited(evidence: tuple[Finding, ...], names: tuple[str, ...]) -> str:
    found = {one.name: one for one in evidence}
    return "; ".join(f"{found[n].meaning} {found[n].text}" for n in names if n in found)


def rebuttals(bench: Bench) -> pd.DataFrame:
    """What each mind answered: ``mind, answers, revised, added``, the latter counts of claims."""
    rows = [
        (
            one.mind, one.rebuttal,
            sum(one.probabilities[c] != p for c, p in one.before.items()),
            len(one.probabilities.keys() - one.before.keys()),
        )
        for one in debate.opinions(bench) if one.before
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["mind", "answers", "revised", "added"])


def proposals(bench: Bench) -> pd.DataFrame:
    """What minds proposed: ``mind, proposed, became``, the claim that joined or the refusal."""
    rows = [
        (one.mind, one.text, one.sentence if one.claim else f"refused: {one.reason}")
        for one in of(bench).proposals
    ]
    return pd.DataFrame(rows, columns=["mind", "proposed", "became"])


def costs(bench: Bench) -> pd.DataFrame:
    """What asking took: ``mind, model, usd, seconds, requests, in_sample, note``, as on record."""
    query = sa.select(book.voices).where(book.voices.c.of == bench.number)
    rows = [
        (
            row["mind"], row["model"], float(row["usd"]), row["seconds"],
            row["replies"].count('"') // 2, bool(row["in_sample"]), row["note"],
        )
        for row in bench.ledger.read(query.order_by(book.voices.c.seq))
    ]  # fmt: skip
    names = ["mind", "model", "usd", "seconds", "requests", "in_sample", "note"]
    return pd.DataFrame(rows, columns=names)


def cuts(bench: Bench) -> pd.DataFrame:
    """Sentences taken out because a figure of them has no source: ``mind, sentence, why``."""
    rows = [(one.mind, *cut) for one in debate.opinions(bench) for cut in one.cuts]
    return pd.DataFrame(rows, columns=["mind", "sentence", "why"])
