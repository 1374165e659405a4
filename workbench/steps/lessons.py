"""Lessons: after each settlement of a prediction on record, what it and its category now say.

Every number is the ledger's arithmetic. What earlier cycles settled is read once and kept with
the ledger, so that a cycle reads only what is new; a fresh process comes to the same figures.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pandas as pd
import sqlalchemy as sa
from scipy.special import ndtri

from workbench.domain.claims import Claim
from workbench.domain.figures import difference, share
from workbench.measures import dated
from workbench.measures.scoring import MIN_BLOCKS, desk_score, is_right
from workbench.steps.bench import Bench
from workbench.steps.facts import several
from workbench.world import entries as book

_WEATHER = {
    "risk_on": "with risk on",
    "risk_off": "with risk off",
    "choppy": "in choppy markets",
    "crisis": "in a crisis",
    "trending_up": "in a rising trend",
    "trending_down": "in a falling trend",
    "unknown": "with no regime read",
}
_ANY = "in any regime"
_Category = tuple[str, int, str]  # kind, sessions, regime of the cycle that asked
_Dated = dict[int, list[float]]  # cycle to claims, of them right, loss, loss of the base rate
_Scores = dict[_Category, _Dated]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A lesson with what tells how alike its claim is to another.

    Attributes:
        claim: Claim id.
        sentence: The claim.
        text: The lesson.
        regime: Of the cycle that asked.
        shape: Which strikes it has, which way they compare.
        width: The scenario model's probability as a normal quantile: between strikes of one
            shape, their distance in widths of the scenarios.
        cycle: In which it settled.
    """

    claim: str
    sentence: str
    text: str
    regime: str
    shape: tuple[object, ...]
    width: float
    cycle: int


_Told = dict[tuple[str, str, int], list[Told]]
_Unlike = tuple[bool, bool, float, int, str]


def write(bench: Bench) -> dict[str, str]:
    """Puts on the ledger a lesson for each prediction on record that this cycle settled.

    Returns:
        Claim id to its lesson, in order of settlement.
    """
    before, now = _grown("scores", bench, _SETTLED, book.settlements.c.cycle, _score)
    rows = [row for row in now if row["role"] != "shadow"]
    if not rows:
        return {}
    fresh: _Scores = {}
    for row in now:
        _score(fresh, row)
    asked = {
        (row["kind"], row["horizon"], row["regime"]) for row in rows if row["outcome"] != "void"
    }
    says = {category: _category(category, (before, fresh)) for category in asked}
    found = {row["claim"]: _said(row, says) for row in rows}
    bench.ledger.append(
        bench.number, [(book.lessons, {"claim": one, "text": text}) for one, text in found.items()]
    )
    return found


def table(bench: Bench) -> pd.DataFrame:
    """This cycle's lessons with their claims, put on the ledger if need be: ``claim, lesson``."""
    told = write(bench)
    of = book.claims.c
    rows = bench.ledger.read(sa.select(of.id, of.sentence).where(of.id.in_(told)))
    said = {row["id"]: row["sentence"] for row in rows}
    return pd.DataFrame([(said[one], told[one]) for one in told], columns=["claim", "lesson"])


def similar(
    bench: Bench, asked: Iterable[Claim], chances: Mapping[str, float], k: int
) -> list[Told]:
    """The lessons of the past claims most like one of these, as known in this cycle.

    Args:
        bench: Of the cycle; its regime has been read and its settlements have taught.
        asked: Claims of now.
        chances: Claim id to what the scenario model gives it, inside (0, 1); a claim without is
            like none.
        k: How many at most.

    Returns:
        Lessons on claims of the same kind, instrument and horizon, most alike first: those of
        the present regime before others, then the same shape of strikes, then the nearest
        strike in widths of the scenarios, then the latest.
    """

    def make() -> tuple[str, _Told, _Told]:
        read = sa.select(book.regimes.c.name).where(book.regimes.c.of == bench.number)
        regime = next((str(row["name"]) for row in bench.ledger.read(read)), "unknown")
        before, now = _grown("lessons", bench, _LESSONS, book.lessons.c.cycle, _tell)
        fresh: _Told = {}
        for row in now:
            _tell(fresh, row)
        return regime, before, fresh

    regime, *parts = bench.once("lessons", make)
    found: dict[str, tuple[_Unlike, Told]] = {}
    for claim in asked:
        if claim.id not in chances:
            continue
        key = claim.kind, claim.subject, claim.window.sessions
        shape, width = _shape(claim.content()), float(ndtri(chances[claim.id]))
        for one in (one for part in parts for one in part.get(key, ())):
            far = abs(one.width - width)
            unlike = one.regime != regime, one.shape != shape, far, -one.cycle, one.claim
            if one.claim not in found or unlike < found[one.claim][0]:
                found[one.claim] = unlike, one
    return [one for _, one in sorted(found.values(), key=lambda pair: pair[0])][:k]


_SETTLED = (
    sa.select(
        book.settlements.c.cycle, book.settlements.c.claim, book.settlements.c.outcome,
        book.decisions.c.role, book.decisions.c.probability, book.decisions.c.base_rate,
        book.claims.c.cycle.label("asked"), book.claims.c.kind, book.claims.c.horizon,
        sa.func.coalesce(book.regimes.c.name, "unknown").label("regime"),
    )
    .join(book.claims, book.claims.c.id == book.settlements.c.claim)
    .join(book.decisions, book.decisions.c.claim == book.settlements.c.claim)
    .join(book.cycles, book.cycles.c.number == book.claims.c.cycle)
    .outerjoin(book.regimes, book.regimes.c.of == book.claims.c.cycle)
    .order_by(book.settlements.c.seq)
)  # fmt: skip
_LESSONS = (
    sa.select(
        book.lessons.c.cycle, book.lessons.c.claim, book.lessons.c.text, book.claims.c.kind,
        book.claims.c.subject, book.claims.c.horizon, book.claims.c.sentence,
        book.claims.c.content, book.forecasts.c.probability.label("chance"),
        sa.func.coalesce(book.regimes.c.name, "unknown").label("regime"),
    )
    .join(book.claims, book.claims.c.id == book.lessons.c.claim)
    .join(
        book.forecasts,
        (book.forecasts.c.claim == book.claims.c.id) & (book.forecasts.c.forecaster == "scenario"),
    )
    .join(book.cycles, book.cycles.c.number == book.claims.c.cycle)
    .outerjoin(book.regimes, book.regimes.c.of == book.claims.c.cycle)
    .order_by(book.lessons.c.seq)
)  # fmt: skip


def _grown(
    name: str,
    bench: Bench,
    query: sa.Select[Any],
    cycle: sa.ColumnElement[int],
    add: Callable[[Any, sa.RowMapping], None],
) -> tuple[Any, list[sa.RowMapping]]:
    """What all cycles before this one add up to, and the rows of this one."""
    key = f"{name} {bench.mode}"
    through, before = cast(tuple[int, dict[Any, Any]], bench.ledger.memory.get(key, (0, {})))
    if through >= bench.number:  # an earlier cycle is looked at again
        through, before = 0, {}
    query = query.where(cycle > through, cycle <= bench.number, book.cycles.c.mode == bench.mode)
    rows = bench.ledger.read(query)
    for row in rows:
        if row["cycle"] < bench.number:
            add(before, row)
    # This cycle's own rows are not kept: until it is done they may be taken back.
    bench.ledger.memory[key] = bench.number - 1, before
    return before, [row for row in rows if row["cycle"] == bench.number]


def _score(scored: _Scores, row: sa.RowMapping) -> None:
    if row["outcome"] == "void":
        return
    p, base, y = row["probability"], row["base_rate"], float(row["outcome"] == "yes")
    by_date = scored.setdefault((row["kind"], row["horizon"], row["regime"]), {})
    sums = by_date.setdefault(row["asked"], [0.0] * 4)
    for place, value in enumerate((1, is_right(p, y > 0), (p - y) ** 2, (base - y) ** 2)):
        sums[place] += value


def _tell(told: _Told, row: sa.RowMapping) -> None:
    one = Told(
        claim=row["claim"], sentence=row["sentence"], text=row["text"], regime=row["regime"],
        shape=_shape(json.loads(row["content"])), width=float(ndtri(row["chance"])),
        cycle=row["cycle"],
    )  # fmt: skip
    told.setdefault((row["kind"], row["subject"], row["horizon"]), []).append(one)


def _shape(content: Mapping[str, Any]) -> tuple[object, ...]:
    """Op and side, and which strikes there are."""
    return content.get("op"), content.get("side"), "lo" in content, "hi" in content


def _said(row: sa.RowMapping, says: Mapping[_Category, str]) -> str:
    p, base, happened = row["probability"], row["base_rate"], row["outcome"] == "yes"
    said = f"Said {share(p, base)} against a base rate of {share(base, p)}"
    if row["outcome"] == "void":
        return f"{said}; void, so there is no score and nothing to learn."
    worth = desk_score(p, base, float(happened))
    shown = f"{worth:.2f}" if f"{worth:.2f}" != "0.50" else f"{worth:.3f}"
    ended = "it happened" if happened else "it did not happen"
    return f"{said}; {ended}. W = {shown}. {says[row['kind'], row['horizon'], row['regime']]}"


def of_category(lesson: str) -> str:
    """What a lesson says of its category, without what was said and scored; empty of a void."""
    _, _, scored = lesson.partition(" W = ")
    return scored.partition(". ")[2]


def _category(category: _Category, past: Sequence[_Scores]) -> str:
    """What the record says of it, or of all its regimes while it has too few dates."""
    kind, horizon, regime = category
    claims = f"Of {kind} claims {several(horizon, 'close')} ahead, said or not,"
    narrow = _dated(past, [(kind, horizon, regime)])
    if len(narrow) >= MIN_BLOCKS:
        return f"{claims} asked {_WEATHER[regime]} {_judged(narrow, horizon)}"
    wide = _dated(past, [(kind, horizon, other) for other in _WEATHER])
    if len(wide) >= MIN_BLOCKS:
        return f"{claims} asked {_ANY} {_judged(wide, horizon)}"
    n, right = (int(sum(sums[place] for sums in wide)) for place in (0, 1))
    return (
        f"{claims} asked {_ANY} I had {right:,} of {n:,} on the right side. They are of "
        f"{several(len(wide), 'date')}, and a skill needs {MIN_BLOCKS}: too few to learn from."
    )


def _dated(past: Sequence[_Scores], categories: Sequence[_Category]) -> list[list[float]]:
    """Sums by date, dates in order; a date asked in several cycles' settlements is one date."""
    found: _Dated = {}
    for part in past:
        for category in categories:
            for date, sums in part.get(category, {}).items():
                old = found.get(date)
                found[date] = (
                    sums if old is None else [a + b for a, b in zip(old, sums, strict=True)]
                )
    return [found[date] for date in sorted(found)]


def _judged(by_date: list[list[float]], horizon: int) -> str:
    n, right, own, base = np.array(by_date).T
    tally = f"I had {int(right.sum()):,} of {int(n.sum()):,} on the right side"
    over = dated.compared(own, base, dated.block(horizon))
    if over.skill is None or over.low is None or over.high is None:
        return f"{tally}; the base rate made no error there, so I change nothing."
    skill, low, high = (difference(100 * value) for value in (over.skill, over.low, over.high))
    if over.high < 0:
        lesson = "I have been worse than the base rate there"
    elif over.low > 0:
        lesson = "I have been better than the base rate there, and change nothing"
    else:
        lesson = "That may be luck either way, so I change nothing"
    return f"{tally}, with a skill of {skill}% [{low}, {high}] on {len(by_date):,} dates. {lesson}."
