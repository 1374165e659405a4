"""What not speaking has cost or saved: every claim that the gate kept off the record is scored.

A score here is W - 1/2 of SCIENCE.md with the base rate as reference, as the dispatches show it:
what the desk would have earned, or lost, by saying aloud what it thought.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import sqlalchemy as sa

from workbench.domain.figures import difference
from workbench.domain.records import Mode
from workbench.measures import dated
from workbench.measures.scoring import brier
from workbench.world import entries as book
from workbench.world.ledger import Ledger

STEPS = 20  # points of the curve, equal steps of coverage
_SAID = {
    "crowded": "crowded out by another of the day",
    "overlaps": "like one still open",
    "shut": "of families still shut",
    "young": "of families too young to judge",
    "ruled": "forbidden by a rule",
    "certain": "too certain to be worth saying",
    "immaterial": "too near the base rate",
}
_CURVE = ["coverage", "n", "n_eff", "brier", "skill", "low", "high", "spoken"]


def decided(ledger: Ledger, until: int, mode: Mode) -> pd.DataFrame:
    """Every claim of one mode that was decided on and has settled up to a cycle.

    Returns:
        ``cycle role verdict horizon probability base_rate gain outcome``; outcome is 1 or 0,
        voids are left out.
    """
    claims, own = book.claims.c, book.decisions.c
    query = (
        sa.select(
            own.cycle, own.role, own.verdict, claims.horizon, own.probability, own.base_rate,
            own.gain, (book.settlements.c.outcome == "yes").label("outcome"),
        )
        .join(book.claims, claims.id == own.claim)
        .join(book.settlements, book.settlements.c.claim == own.claim)
        .join(book.cycles, book.cycles.c.number == own.cycle)
        .where(book.settlements.c.outcome != "void", book.settlements.c.cycle <= until)
        .where(book.cycles.c.mode == mode)
        .order_by(own.seq)
    )  # fmt: skip
    return ledger.frame(query).astype({"outcome": float})


def abstention(found: pd.DataFrame) -> pd.DataFrame:
    """What each reason for silence has cost so far.

    Args:
        found: What ``decided`` returns.

    Returns:
        ``verdict n n_eff dates earned low high``, one row a verdict, then ``silent`` for all
        that was not said and ``spoken`` for all that was; the costliest silence first.
        ``earned`` is the sum of W - 1/2 over the base rate: positive is what silence has
        forgone, negative what it has saved. The interval is 95 %, None under 30 dates.
    """
    shadow = found["role"] == "shadow"
    parts = [(str(name), own) for name, own in found[shadow].groupby("verdict", sort=True)]
    rows = sorted((_earned(*part) for part in parts), key=lambda row: (-row[4], row[0]))
    rows += [_earned(name, own) for name, own in
             (("silent", found[shadow]), ("spoken", found[~shadow])) if len(own)]  # fmt: skip
    return pd.DataFrame(rows, columns=["verdict", "n", "n_eff", "dates", "earned", "low", "high"])


def worded(found: pd.DataFrame) -> pd.DataFrame:
    """``abstention`` with a first column ``silence`` that says each reason in words."""
    rows = abstention(found)
    known = _SAID | {"silent": "all that I kept to myself", "spoken": "all that I said"}
    return rows.assign(silence=rows["verdict"].map(lambda verdict: known.get(verdict, verdict)))


def _earned(
    verdict: str, own: pd.DataFrame
) -> tuple[str, int, float, int, float, float | None, float | None]:
    p, base, y = (own[name].to_numpy(float) for name in ("probability", "base_rate", "outcome"))
    date, length = own["cycle"].to_numpy(np.int64), dated.block(int(own["horizon"].max()))
    edge = (brier(base, y) - brier(p, y)) / 2
    (by_date,) = dated.totals(date, edge)
    return (
        verdict,
        len(y),
        dated.effective(edge, date, length),
        len(by_date),
        *dated.summed(by_date, length),
    )


def risk_coverage(found: pd.DataFrame) -> pd.DataFrame:
    """How good the record would be had the desk spoken more, or less.

    Args:
        found: What ``decided`` returns.

    Returns:
        ``coverage n n_eff brier skill low high spoken``, rising coverage in ``STEPS`` equal steps.
        Claims are ranked by the gate's expected gain, and coverage is the share of them that is
        said, the most promising first; claims of equal gain come in order of the ledger. Skill is
        over the base rate, None under 30 dates. ``spoken`` is the share that was said in fact.
    """
    if found.empty:
        return pd.DataFrame(columns=_CURVE)
    ranked = found.iloc[np.argsort(-found["gain"].to_numpy(float), kind="stable")]
    p, base, y = (ranked[name].to_numpy(float) for name in ("probability", "base_rate", "outcome"))
    date, horizon = ranked["cycle"].to_numpy(np.int64), ranked["horizon"].to_numpy(np.int64)
    own, other = brier(p, y), brier(base, y)
    spoken = float((found["role"] != "shadow").mean())
    rows = []
    for n in np.unique(np.ceil(np.linspace(0, len(y), STEPS + 1)).astype(int)[1:]):
        length = dated.block(int(horizon[:n].max()))
        losses, others = dated.totals(date[:n], own[:n], other[:n])
        over = dated.compared(losses, others, length)
        mean, worth = float(own[:n].mean()), dated.effective(own[:n], date[:n], length)
        rows.append((n / len(y), int(n), worth, mean, over.skill, over.low, over.high, spoken))
    frame = pd.DataFrame(rows, columns=_CURVE)
    return frame.astype({"skill": float, "low": float, "high": float})


def sentence(found: pd.DataFrame) -> str:
    """What ``abstention`` found, in one sentence for the page."""
    rows = found[found["verdict"] == "silent"].to_dict("records")
    if not rows:
        return "Nothing that I kept to myself has settled yet."
    one = rows[0]
    dates = "one date" if one["dates"] == 1 else f"{one['dates']:,} dates"
    kept = f"What I kept to myself, {one['n']:,} claims on {dates},"
    if pd.isna(one["low"]) or pd.isna(one["high"]):
        return f"{kept} covers too few dates to say what silence has cost."
    earned, low, high = (one[name] for name in ("earned", "low", "high"))
    ends = f"[{difference(low)}, {difference(high)}]"
    over = f"{kept} would have scored {difference(earned)} {ends} in all against the base rate"
    if round(low, 1) <= 0 <= round(high, 1):  # as shown
        return f"{over}. That can be luck, so I call silence neither dear nor cheap."
    if high < 0:
        return f"{over}. That much silence has saved."
    most = found[found["verdict"] != "silent"].iloc[0]
    return (
        f"{over}. That much silence has cost, {difference(most['earned'])} of it for "
        f"{most['n']:,} claims that were {_SAID.get(most['verdict'], most['verdict'])}."
    )
