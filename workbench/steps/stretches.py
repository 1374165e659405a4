"""What settled in a stretch of cycles, and how what was said of it came out.

Reading a stretch costs the same however long the ledger is. A claim counts in the mode of the
cycle that asked it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import sqlalchemy as sa

from workbench.domain.calendars import moment
from workbench.domain.records import Mode
from workbench.measures import dated
from workbench.measures.bins import BINS, places
from workbench.measures.scoring import MIN_BLOCKS, Skill, brier, desk_score, is_right
from workbench.steps import score
from workbench.world import entries as book
from workbench.world.ledger import Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Predictions on record that settled.

    Attributes:
        right: Came out on the side that was held likelier.
        wrong: The other side.
        void: Without an outcome.
        worth: Mean score W of those with an outcome, one half what the base rate earns; None
            without any.
    """

    right: int
    wrong: int
    void: int
    worth: float | None

    @property
    def n(self) -> int:
        """Those with an outcome."""
        return self.right + self.wrong


def start(ledger: Ledger, when: dt.datetime, until: int) -> int:
    """The first cycle at or after a moment; one after the last if none is.

    It is looked for from the end in growing steps, then by halving: the past costs nothing. Where
    numbers are missing, it may be a number without a cycle that stands for the next one.
    """
    of, low, high, step = book.cycles.c, ledger.first_cycle() or 1, until + 1, 1
    while low < high:
        middle = high - step if step else (low + high) // 2
        if middle <= low:
            middle, step = (low + high) // 2, 0
        query = sa.select(of.number, of.as_of).where(of.number >= middle, of.number < high)
        found = ledger.read(query.order_by(of.number).limit(1))
        if not found or moment(found[0]["as_of"]) >= when:
            high, step = middle, 2 * step
        else:
            low, step = found[0]["number"] + 1, 0
    return low


def settled(ledger: Ledger, first: int, last: int, mode: Mode) -> pd.DataFrame:
    """Every claim of one mode that was decided on and that these cycles settled, in order.

    Returns:
        ``claim cycle settled kind horizon sentence role verdict probability base_rate gain
        outcome how lesson score``: outcome as text, lesson empty for shadows, score W or None
        when void.
    """
    claims, own, done = book.claims.c, book.decisions.c, book.settlements.c
    query = (
        sa.select(
            own.claim, own.cycle, done.cycle.label("settled"), claims.kind, claims.horizon,
            claims.sentence, own.role, own.verdict, own.probability, own.base_rate, own.gain,
            done.outcome, done.reason.label("how"),
            sa.func.coalesce(book.lessons.c.text, "").label("lesson"),
        )
        .join(book.decisions, own.claim == done.claim)
        .join(book.claims, claims.id == done.claim)
        .join(book.cycles, book.cycles.c.number == own.cycle)
        .outerjoin(book.lessons, book.lessons.c.claim == done.claim)
        .where(done.cycle >= first, done.cycle <= last, book.cycles.c.mode == mode)
        .order_by(done.seq)
    )  # fmt: skip
    frame = ledger.frame(query)
    scores = [
        None if outcome == "void" else desk_score(p, b, float(outcome == "yes"))
        for p, b, outcome in zip(
            frame["probability"], frame["base_rate"], frame["outcome"], strict=True
        )
    ]
    return frame.assign(score=pd.Series(scores, dtype=float))


def on_record(found: pd.DataFrame) -> pd.DataFrame:
    """What of ``settled`` was said: calls and others, calls first."""
    said = found[found["role"] != "shadow"]
    return said.sort_values("role", kind="stable").reset_index(drop=True)


def answered(found: pd.DataFrame) -> pd.DataFrame:
    """What of ``settled`` has an outcome, as 1 or 0."""
    kept = found[found["outcome"] != "void"]
    return kept.assign(outcome=(kept["outcome"] == "yes").astype(float)).reset_index(drop=True)


def tally(found: Iterable[tuple[float, float, str]]) -> Tally:
    """How predictions came out: of each its probability, base rate and outcome as text."""
    said = list(found)
    known = [(p, b, outcome == "yes") for p, b, outcome in said if outcome != "void"]
    right = sum(is_right(p, happened) for p, _, happened in known)
    scores = [desk_score(p, b, float(happened)) for p, b, happened in known]
    return Tally(
        right=right, wrong=len(known) - right, void=len(said) - len(known),
        worth=float(np.mean(scores)) if scores else None,
    )  # fmt: skip


def skill(found: pd.DataFrame) -> Skill:
    """Skill over the base rate of what ``settled`` has on record, with n and effective n."""
    return score.record_skill(answered(on_record(found)))


def calibration(found: pd.DataFrame) -> pd.DataFrame:
    """What happened where the desk said so much, in ten bins of equal width, empty ones left out.

    Args:
        found: ``answered`` of what settled, shadows included: choosing when to speak earns nothing.

    Returns:
        ``low high said n n_eff dates came rate``: mean of what was said, claims, effective claims,
        dates, how many came true; ``rate`` is their share, NaN under 30 dates.
    """
    columns = ["low", "high", "said", "n", "n_eff", "dates", "came", "rate"]
    p, y = (found[name].to_numpy(float) for name in ("probability", "outcome"))
    date, which = found["cycle"].to_numpy(np.int64), places(p)
    rows = []
    for place in np.unique(which):
        own = which == place
        dates, n = len(np.unique(date[own])), int(own.sum())
        length = dated.block(int(found["horizon"].to_numpy(np.int64)[own].max()))
        rate = float(y[own].mean()) if dates >= MIN_BLOCKS else float("nan")
        n_eff = dated.effective(brier(p[own], y[own]), date[own], length)
        rows.append((place / BINS, (place + 1) / BINS, float(p[own].mean()), n, n_eff, dates,
                     int(y[own].sum()), rate))  # fmt: skip
    return pd.DataFrame(rows, columns=columns)
