"""Pool and gate: what goes on record, what is refused and why."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields, replace
from typing import Any, cast

import pandas as pd
import sqlalchemy as sa

from workbench.domain.claims import Claim, from_content
from workbench.domain.records import NOT_MINDS, Decision, Label
from workbench.domain.sentences import render
from workbench.measures import conviction, gate, interest
from workbench.measures.evidence import Family, walk_forward
from workbench.measures.logistic import logit
from workbench.measures.rules import forbidding
from workbench.measures.scoring import Skill
from workbench.steps import debate, learned, pool, regime, rules
from workbench.steps.bench import Bench
from workbench.world import entries as book
from workbench.world.entries import canonical


def evidence(bench: Bench) -> Mapping[Family, Skill]:
    """Walk-forward skill of the reference by family, as of the last refresh.

    Kept in the cycle's folder, so that the dispatch need not walk again.
    """
    kept = cast(list[list[Any]] | None, bench.recall("evidence"))
    if kept is not None:
        return {(row[0], row[1], row[2]): Skill(**row[3]) for row in kept}
    known = [one for one in bench.instruments if one.symbol in bench.bars]
    bars = [bench.bars[one.symbol] for one in known]
    found = walk_forward(bars, known, bench.desk.params.horizons)
    bench.remember("evidence", [[*family, asdict(skill)] for family, skill in found.items()])
    return found


def decide(bench: Bench) -> list[Decision]:
    """Pools the slate, passes it through the gate, and puts the decisions on the ledger.

    Returns:
        One decision a claim, in slate order.
    """
    asked = debate.slate_on_record(bench)
    said = debate.forecasts_on_record(bench)
    published = pool.synthesis(bench, asked)
    talked = interest.talked_of(bench.bars)
    decisions = gate.decide(
        asked,
        published,
        said["climatology"],
        evidence(bench),
        terms=bench.desk.params.gate.terms(),
        withheld=bench.withheld,
        running=bench.ledger.running(bench.as_of, bench.number, bench.mode),
        recent=recent_calls(bench),
        forbidden=forbidden(bench, asked),
        interest={claim.id: interest.interest(claim, talked) for claim in asked},
    )
    if bench.clock_off:
        decisions = unregistered(decisions, bench.clock_off)
    told = {"synthesis": published, "pool": pool.opinion(bench, asked)}
    rows = [
        (book.forecasts, {"claim": c.id, "forecaster": who, "probability": answers[c.id]})
        for who, answers in told.items()
        for c in asked
        if c.id in answers
    ]
    decided = [(book.decisions, asdict(d)) for d in decisions]
    bench.ledger.append(bench.number, [*rows, *decided])
    rule(bench)
    return decisions


def unregistered(decisions: Sequence[Decision], why: str) -> list[Decision]:
    """The decisions with every claim a shadow: while the clock is wrong, nobody can say when.

    The cycle is a replay then (``opening.mode``), so that the live record knows none of them.

    Args:
        decisions: The gate's.
        why: What shows the clock to be wrong, hosts in brackets.
    """
    plain = why.partition(" (")[0].rstrip(".")
    reason = plain[:1].lower() + plain[1:]
    return [replace(one, role="shadow", verdict="withheld", reason=reason) for one in decisions]


def rule(bench: Bench) -> None:
    """Puts on the ledger which minds' gates opened, shut or ended at this cycle's review."""
    bench.ledger.append(bench.number, _rulings(bench))


def forbidden(bench: Bench, asked: Sequence[Claim]) -> dict[str, str]:
    """Claim id to the rule in force that forbids it in this cycle's regime, as a reason."""
    binding, now = rules.in_force(bench), regime.named(bench)
    found = {claim.id: forbidding(binding, claim, now) for claim in asked}
    return {claim: rule.forbids for claim, rule in found.items() if rule is not None}


def _rulings(bench: Bench) -> list[tuple[sa.Table, dict[str, Any]]]:
    """These changes as ledger rows."""
    known = learned.learned(bench)
    return [
        (
            book.rulings,
            {
                "of": bench.number, "mind": mind, "category": category, "state": state,
                "evidence": canonical(asdict(known.trials[mind, category])),
            },
        )
        for (mind, category), state in sorted(learned.changed(bench).items())
    ]  # fmt: skip


def recent_calls(bench: Bench) -> list[str]:
    """``call_key`` of as many calls before this cycle as the gate's terms ask for, latest last."""
    query = (
        sa.select(book.claims.c.content)
        .join(book.decisions, book.decisions.c.claim == book.claims.c.id)
        .where(book.decisions.c.role == "call", book.decisions.c.cycle < bench.number)
        .order_by(book.decisions.c.cycle.desc())
        .limit(bench.desk.params.gate.terms().recent)
    )
    rows = bench.ledger.read(query)
    return [gate.call_key(from_content(json.loads(row["content"]))) for row in reversed(rows)]


def decisions_on_record(bench: Bench) -> list[Decision]:
    """The cycle's decisions; a scratch bench decides first if need be."""
    query = sa.select(book.decisions).where(book.decisions.c.cycle == bench.number)
    query = query.order_by(book.decisions.c.seq)
    rows = bench.ledger.read(query)
    if not rows and not bench.keep:
        decide(bench)
        rows = bench.ledger.read(query)
    names = [field.name for field in fields(Decision)]
    return [Decision(**{name: row[name] for name in names}) for row in rows]


def leans(bench: Bench) -> dict[str, float]:
    """Each present mind's mean log-odds lean towards higher prices, on direction claims.

    The lean is the mind's log odds of a rise less the base rate's; VIX does not count.
    """
    asked: list[Claim] = [
        claim
        for claim in debate.slate_on_record(bench)
        if claim.kind == "direction" and claim.theme != "volatility"
    ]
    said = debate.forecasts_on_record(bench)
    base = said.get("climatology", {})
    found = {}
    for who, answers in said.items():
        if who in NOT_MINDS:
            continue
        shifts = [
            (logit(answers[c.id]) - logit(base[c.id])) * (1 if c.side == "up" else -1)
            for c in asked
            if c.id in answers
        ]
        if shifts:
            found[who] = sum(shifts) / len(shifts)
    return found


def leaning(bench: Bench) -> pd.DataFrame:
    """The leans as a table: ``mind, lean`` in log odds, positive towards higher prices."""
    return pd.DataFrame(list(leans(bench).items()), columns=["mind", "lean"])


def label(bench: Bench) -> Label:
    """Which way the debate leans; ``unknown`` with fewer than two minds present."""
    return conviction.label(leans(bench))


def families(bench: Bench) -> pd.DataFrame:
    """The evidence: ``instrument kind horizon open dates skill skill_low skill_high p_value``."""
    found = evidence(bench)
    allowed = gate.opened(found)
    rows = [
        (*family, family in allowed, s.dates, s.skill, s.low, s.high, s.p_value)
        for family, s in sorted(found.items())
    ]
    names = "instrument kind horizon open dates skill skill_low skill_high p_value"
    return pd.DataFrame(rows, columns=names.split())


def reasons(bench: Bench) -> pd.DataFrame:
    """What became of each claim: ``claim role says base_rate gain reason``, calls first."""
    claims = {c.id: render(c, bench.desk.table) for c in debate.slate_on_record(bench)}
    rows = [
        (claims[d.claim], d.role, d.probability, d.base_rate, d.gain, d.reason)
        for d in sorted(decisions_on_record(bench), key=lambda d: (d.role, -d.gain))
    ]
    return pd.DataFrame(rows, columns=["claim", "role", "says", "base_rate", "gain", "reason"])


def called(decisions: Sequence[Decision]) -> Decision | None:
    """The decision that is the call, or None when the desk sits out."""
    return next((d for d in decisions if d.role == "call"), None)


def nearest(decisions: Sequence[Decision]) -> Decision:
    """The shadow with the largest expected edge: what came nearest to being said."""
    shadows = [d for d in decisions if d.role == "shadow"] or decisions
    return max(shadows, key=lambda d: (d.gain, d.claim))


def chosen(decisions: Sequence[Decision]) -> Decision:
    """The call, or without one what came nearest to being said: what a dispatch speaks of."""
    return called(decisions) or nearest(decisions)


def gated(bench: Bench) -> Claim:
    """The call, or with none the claim whose expected edge came nearest."""
    one = chosen(decisions_on_record(bench))
    return next(c for c in debate.slate_on_record(bench) if c.id == one.claim)
