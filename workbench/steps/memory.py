"""What a mind remembers: short, numeric, and as known at the cycle's moment.

Everything is read from the ledger, of cycles of the same mode and none later than this one; what
is not there yet is told as such.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence

import sqlalchemy as sa

from workbench.domain.calendars import iso
from workbench.domain.claims import Claim
from workbench.domain.figures import difference, share
from workbench.domain.records import Finding
from workbench.measures.scoring import is_right
from workbench.steps import lessons, rulebook, stories
from workbench.steps.bench import Bench
from workbench.world import entries as book
from workbench.world.schema import MindParams

ENOUGH = 30  # settled claims below which a skill is no number
_SETTLED, _LESSONS, _EACH = 6, 5, 8  # lines of each kind at most


def recollection(
    bench: Bench, mind: MindParams, asked: Sequence[Claim], chances: Mapping[str, float]
) -> list[Finding]:
    """All that a mind is reminded of, as findings that it may cite.

    Args:
        bench: The cycle's.
        mind: Whose record; by another model it is another forecaster.
        asked: The slate, which decides which lessons are near.
        chances: Claim id to the scenario model's probability, by which nearness is measured.
    """
    near = lessons.similar(bench, asked, chances, _LESSONS)
    parts: tuple[tuple[str, str, Iterable[str]], ...] = (
        ("call", "the desk's last call", _call(bench)),
        ("settled", "what settled since", _settled(bench)),
        ("record", "your own record", _record(bench, mind)),
        ("rule", "a rule in force", itertools.islice(_rules(bench), _EACH)),
        ("story", "an open story", itertools.islice(_stories(bench), _EACH)),
        ("lesson", "a lesson of a similar past claim", (one.text for one in near)),
    )
    of = iso(bench.as_of)
    return [
        Finding(
            name=f"memory_{name}_{n}", value=None, text=text, meaning=meaning, source="ledger",
            as_of=of,
        )
        for name, meaning, texts in parts
        for n, text in enumerate(texts, 1)
    ]  # fmt: skip


def _before(bench: Bench, table: sa.FromClause) -> sa.ColumnElement[bool]:
    """Rows of this cycle or an earlier one of its mode."""
    same = sa.select(book.cycles.c.number).where(book.cycles.c.mode == bench.mode)
    return sa.and_(table.c.cycle <= bench.number, table.c.cycle.in_(same))


def _call(bench: Bench) -> Iterator[str]:
    done, settled = book.dispatches, book.settlements
    known = sa.and_(
        settled.c.claim == done.c.call, settled.c.cycle <= bench.number,
        settled.c.known_at <= iso(bench.as_of),
    )  # fmt: skip
    query = (
        sa.select(
            done.c.of, done.c.call, book.claims.c.sentence, book.decisions.c.probability,
            settled.c.outcome,
        )
        .outerjoin(book.claims, book.claims.c.id == done.c.call)
        .outerjoin(book.decisions, book.decisions.c.claim == done.c.call)
        .outerjoin(settled, known)
        .where(_before(bench, done), done.c.of < bench.number)
        .order_by(done.c.of.desc())
        .limit(1)
    )  # fmt: skip
    for row in bench.ledger.read(query):
        if row["call"] is None:
            yield "The last dispatch made no call."
            return
        p, outcome = row["probability"], row["outcome"]
        state = outcome or "open"
        if outcome in {"yes", "no"}:
            state = "right" if is_right(p, outcome == "yes") else "wrong"
        yield f"{_stem(row['sentence'])} (the desk said {share(p)}): {state}."


def _settled(bench: Bench) -> Iterator[str]:
    """Predictions on record that this cycle settled."""
    settled = book.settlements
    query = (
        sa.select(book.claims.c.sentence, book.decisions.c.probability, settled.c.outcome)
        .join(book.claims, book.claims.c.id == settled.c.claim)
        .join(book.decisions, book.decisions.c.claim == settled.c.claim)
        .where(settled.c.cycle == bench.number, book.decisions.c.role != "shadow")
        .where(_before(bench, book.claims))
        .order_by(book.claims.c.seq)
        .limit(_SETTLED)
    )
    for row in bench.ledger.read(query):
        said = share(row["probability"])
        yield f"{_stem(row['sentence'])} (the desk said {said}): settled {row['outcome']}."


def _record(bench: Bench, mind: MindParams) -> Iterator[str]:
    """Skill over the scenarios by family and regime, of answers that no model may have known."""
    own, ref = book.forecasts.alias("own"), book.forecasts.alias("ref")
    settled, voices = book.settlements, book.voices
    y = sa.case((settled.c.outcome == "yes", 1.0), else_=0.0)
    counted = sa.select(voices.c.of).where(
        voices.c.mind == mind.mind, voices.c.model == mind.model, voices.c.in_sample == 0
    )
    query = (
        sa.select(
            book.claims.c.kind, book.regimes.c.name, sa.func.count().label("n"),
            sa.func.sum((own.c.probability - y) * (own.c.probability - y)).label("own"),
            sa.func.sum((ref.c.probability - y) * (ref.c.probability - y)).label("ref"),
        )
        .select_from(own)
        .join(ref, sa.and_(ref.c.claim == own.c.claim, ref.c.forecaster == "scenario"))
        .join(settled, settled.c.claim == own.c.claim)
        .join(book.claims, book.claims.c.id == own.c.claim)
        .join(book.regimes, book.regimes.c.of == own.c.cycle)
        .where(
            own.c.forecaster == mind.mind, _before(bench, own), own.c.cycle.in_(counted),
            _before(bench, settled), settled.c.known_at <= iso(bench.as_of),
            settled.c.outcome != "void",
        )
        .group_by(book.claims.c.kind, book.regimes.c.name)
        .order_by(sa.desc("n"), book.claims.c.kind, book.regimes.c.name)
    )  # fmt: skip
    found = bench.ledger.read(query)
    for row in found[:_EACH]:
        name = f"{row['kind']} claims in {row['name']}"
        if row["n"] < ENOUGH or not row["ref"]:
            yield f"{name}: too few settled (n = {row['n']}) to say."
            continue
        skill = 1 - row["own"] / row["ref"]
        yield f"{name}: skill over the scenarios {difference(100 * skill)}% (n = {row['n']})."


def _rules(bench: Bench) -> Iterator[str]:
    for one in rulebook.latest(bench, "in_force"):
        yield f"{one.category}: {one.reason}"


def _stories(bench: Bench) -> Iterator[str]:
    for row in stories.standing(bench).to_dict("records"):
        if row["status"] in {"developing", "confirmed"}:
            yield f"{row['title']} ({row['status']}): {row['reason']}"


def _stem(sentence: str) -> str:
    return sentence.rstrip(". ")
