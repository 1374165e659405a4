"""What the desk has learned not to say: rules reviewed on the first cycle of each month.

Only claims of the cycle's own mode count, all that the desk forecast and not only what it put on
record.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import sqlalchemy as sa

from workbench.measures import dated
from workbench.measures.blocks import blocks
from workbench.measures.rules import Rule, applied, folded, names, rulings, told
from workbench.measures.scoring import brier, desk_score
from workbench.steps import reviews, rulebook
from workbench.steps.bench import Bench
from workbench.world import entries as book


def review(bench: Bench) -> list[Rule]:
    """Rules that come, go or stay: once a month, after the cycle has settled what came due.

    Returns:
        The rules whose state changes now, as put on the ledger; none between reviews.
    """
    before = reviews.before(bench)
    if before is None or not reviews.is_due(bench, before):
        return []
    reached, state = rulebook.learned(bench, bench.number - 1)
    for _, claims in rulebook.settled(bench, reached, [bench.number]):
        state = folded(state, blocks(claims))
    changes = rulings(state, bench.number, bench.as_of.date())
    bench.ledger.append(bench.number, [(book.rules, rulebook.row(one)) for one in changes])
    rulebook.remember(bench, bench.number, applied(state, changes))
    return changes


def in_force(bench: Bench) -> list[Rule]:
    """The rules that bind this cycle, in the order in which they were mined."""
    return rulebook.latest(bench, "in_force")


def bound(bench: Bench) -> pd.DataFrame:
    """The rules in force with what each has kept off the record so far.

    Returns:
        ``rule category since until`` and the columns of ``saved``, one row a rule.
    """
    rows = [
        (one.id, str(one.category), one.changed, one.until, *saved(blocked(bench, one)).iloc[0])
        for one in in_force(bench)
    ]
    columns = "rule category since until claims settled score saved skill skill_low skill_high"
    return pd.DataFrame(rows, columns=columns.split())


def table(bench: Bench) -> pd.DataFrame:
    """Every rule ever mined in this mode, those in force first.

    Returns:
        ``rule category state since until n n_eff dates skill low high first last then reason``:
        what its state rests on, skill as a fraction, and ``then`` what settled since up to the
        last review, an em dash once it has ended.
    """
    _, state = rulebook.learned(bench, bench.number)
    order = rulebook.STATES
    rows = [
        (
            one.id, str(one.category), one.state.replace("_", " "), one.changed, one.until,
            one.evidence.n, one.evidence.n_eff, one.evidence.dates, one.evidence.skill,
            one.evidence.low, one.evidence.high, one.evidence.first, one.evidence.last,
            told(state.so_far(one)) if one.alive else "—", one.reason,
        )
        for one in sorted(rulebook.latest(bench, *order), key=lambda one: order.index(one.state))
    ]  # fmt: skip
    columns = "rule category state since until n n_eff dates skill low high first last then reason"
    frame = pd.DataFrame(rows, columns=columns.split())
    return frame.astype({"skill": float, "low": float, "high": float})


def blocked(bench: Bench, rule: Rule) -> pd.DataFrame:
    """The claims that a rule kept off the record, and what they would have scored.

    Returns:
        ``cycle sentence horizon probability base_rate outcome score``; outcome is None while the
        claim is open, and score, W, where 1/2 is what the base rate earns, is missing then and
        when it is void.
    """
    done = (book.settlements.c.claim == book.claims.c.id) & (
        book.settlements.c.cycle <= bench.number
    )
    query = (
        sa.select(
            book.decisions.c.cycle, book.claims.c.sentence, book.claims.c.horizon,
            book.decisions.c.probability, book.decisions.c.base_rate, book.settlements.c.outcome,
        )
        .join(book.claims, book.claims.c.id == book.decisions.c.claim)
        .join(book.cycles, book.cycles.c.number == book.decisions.c.cycle)
        .outerjoin(book.settlements, done)
        .where(
            book.decisions.c.verdict == "ruled", book.cycles.c.mode == bench.mode,
            book.decisions.c.reason.startswith(f"{names(rule.id)} ", autoescape=True),
            book.decisions.c.cycle <= bench.number,
        )
        .order_by(book.decisions.c.seq)
    )  # fmt: skip
    frame = bench.ledger.frame(query)
    scores = [
        desk_score(p, b, float(outcome == "yes")) if outcome in {"yes", "no"} else None
        for p, b, outcome in zip(
            frame["probability"], frame["base_rate"], frame["outcome"], strict=True
        )
    ]
    return frame.assign(score=pd.Series(scores, dtype=float))


def saved(silenced: pd.DataFrame) -> pd.DataFrame:
    """What a rule has saved or cost so far, in one row.

    Args:
        silenced: ``blocked`` of the rule.

    Returns:
        ``claims settled score saved skill skill_low skill_high``: mean W of what settled, the mean
        Brier loss above the base rate's that silence saved (negative: it cost), and the skill that
        was not put on record, None under 30 dates; of nothing settled, none of them.
    """
    known = silenced[silenced["score"].notna()]
    p, b = (known[name].to_numpy(float) for name in ("probability", "base_rate"))
    y = np.array([outcome == "yes" for outcome in known["outcome"]], float)
    longest = int(known["horizon"].max()) if len(known) else 1
    found = dated.skilled(brier(p, y), brier(b, y), known["cycle"].to_numpy(np.int64), longest)
    score = float(known["score"].mean()) if len(known) else None
    row = (
        len(silenced), len(known), score, None if score is None else 1 - 2 * score,
        found.skill, found.low, found.high,
    )  # fmt: skip
    columns = "claims settled score saved skill skill_low skill_high"
    return pd.DataFrame([row], columns=columns.split())
