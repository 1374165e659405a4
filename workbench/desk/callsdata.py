"""Every prediction on record as data, in shards of a hundred dispatches.

A shard's JSON holds what a stranger needs to check each prediction (docs/calls-json.md); an index
names the shards and holds their tallies, so that totals need no look at the whole ledger.
"""

from __future__ import annotations

import datetime as dt
import json
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from workbench.desk import editions, standing
from workbench.desk.dispatches import direction
from workbench.desk.editions import SHARD, Edition
from workbench.desk.standing import Standing
from workbench.domain.calendars import iso
from workbench.domain.records import Mode
from workbench.world import entries as book

INDEX = "calls/index.json"
_OBSERVED = ("series", "field", "at", "known_at", "value")
Span = tuple[int, int]
"""First and last dispatch."""
Tally = Mapping[str, Mapping[str, Mapping[str, int]]]
"""Mode to role to state to count. Of calls, ``none`` counts dispatches that sat out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """A prediction on record, with what a stranger needs to check it.

    Attributes:
        claim: The claim's id, as registered.
        standing: The claim, what was said of it, and how it ended.
        content: The claim's structured content, whose hash is its id.
        cycle: Number of its dispatch.
        as_of: Moment of that dispatch, ISO.
        mode: Of that dispatch.
        path: Of its page from the site's root; empty where none was published, as for the
            replays that warm a desk up and for a cycle that never came to its dispatch.
        settled: Number of the cycle that settled it, or None.
        value: What was compared with the strike, or None.
        observations: What settled it: series, field, at, known_at, value.
        known_at: When the last of these could first be known, ISO; empty until settled.
        lesson: What it taught; empty until settled.
    """

    claim: str
    standing: Standing
    content: Mapping[str, Any]
    cycle: int
    as_of: str
    mode: Mode
    path: str
    settled: int | None
    value: float | None
    observations: Sequence[Sequence[Any]]
    known_at: str
    lesson: str

    @property
    def score(self) -> float | None:
        """The score W; None unless it settled yes or no."""
        return self.standing.score if self.standing.outcome in ("yes", "no") else None


def spans(edition: Edition) -> dict[int, Span]:
    """Every shard's first and last dispatch, as far as published, oldest first."""
    first = edition.ledger.first_cycle() or edition.number
    return {
        shard: (max(SHARD * shard, first), min(SHARD * shard + SHARD - 1, edition.number))
        for shard in range(first // SHARD, edition.number // SHARD + 1)
    }


def predictions(edition: Edition, span: Span) -> list[Prediction]:
    """The predictions on record of a span of dispatches: newest dispatch first, its call first."""
    claims, decisions, settled = book.claims.c, book.decisions.c, book.settlements.c
    query = (
        sa.select(
            *standing.columns(), claims.id, decisions.cycle, book.cycles.c.as_of,
            book.cycles.c.mode, book.dispatches.c.slug,
            settled.cycle.label("settled"), settled.value, settled.observations,
            settled.known_at, book.lessons.c.text.label("lesson"),
        )
        .select_from(book.decisions)
        .join(book.claims, claims.id == decisions.claim)
        .join(book.cycles, book.cycles.c.number == decisions.cycle)
        .outerjoin(book.dispatches, book.dispatches.c.of == decisions.cycle)
        .outerjoin(book.settlements, settled.claim == decisions.claim)
        .outerjoin(book.lessons, book.lessons.c.claim == decisions.claim)
        .where(decisions.cycle.between(*span), standing.in_roles(standing.ON_RECORD))
        .order_by(decisions.cycle.desc(), decisions.role, decisions.gain.desc(), decisions.seq)
    )  # fmt: skip
    numbers, (first, last) = edition.numbers, span
    here = frozenset(numbers[bisect_left(numbers, first) : bisect_right(numbers, last)])
    return [_prediction(row, here) for row in edition.ledger.read(query)]


def _prediction(row: sa.RowMapping, published: frozenset[int]) -> Prediction:
    cycle = row["cycle"]
    return Prediction(
        claim=row["id"], standing=standing.of_row(row), content=json.loads(row["content"]),
        cycle=cycle, as_of=row["as_of"], mode=row["mode"],
        path=f"read/{cycle}/{row['slug']}/index.html" if cycle in published else "",
        settled=row["settled"], value=row["value"],
        observations=json.loads(row["observations"] or "[]"), known_at=row["known_at"] or "",
        lesson=row["lesson"] or "",
    )  # fmt: skip


def moved(edition: Edition) -> set[int]:
    """The shards in which something settled, fell due or was added since the last publication."""
    found = editions.moved(edition.ledger, edition.numbers)
    return {number // SHARD for number in found.union(edition.numbers[-2:])}


def tally(edition: Edition, span: Span, found: Iterable[Prediction]) -> Tally:
    """How a span's predictions stand, and how many of its dispatches sat out."""
    counts: dict[str, dict[str, Counter[str]]] = {}
    for one in found:
        of_mode = counts.setdefault(one.mode, {})
        of_mode.setdefault(one.standing.role, Counter())[one.standing.state(edition.now)] += 1
    of, cycles = book.dispatches.c, book.cycles.c
    without = (
        sa.select(cycles.mode, sa.func.count().label("n"))
        .join(book.cycles, cycles.number == of.of)
        .where(of.of.between(*span), of.call.is_(None))
        .group_by(cycles.mode)
    )
    for row in edition.ledger.read(without):
        counts.setdefault(row["mode"], {}).setdefault("call", Counter())["none"] = row["n"]
    return counts


def total(tallies: Iterable[Tally]) -> dict[str, dict[str, Counter[str]]]:
    """Tallies added up, the modes apart."""
    added: dict[str, dict[str, Counter[str]]] = {}
    for one in tallies:
        for mode, roles in one.items():
            for role, states in roles.items():
                added.setdefault(mode, {}).setdefault(role, Counter()).update(states)
    return added


def kept(site: Path) -> dict[int, Tally]:
    """The tallies of the shards that are on the site, by the index that lies there.

    A shard whose page or data is gone is left out, and so is all of an index that cannot be read:
    what is missing is written again.
    """
    path = site / INDEX
    try:
        rows = json.loads(path.read_text("utf-8"))["shards"] if path.is_file() else []
        return {
            one["shard"]: one["tally"]
            for one in rows
            if all((site / one[name]).is_file() for name in ("data", "page"))
        }
    except (ValueError, KeyError, TypeError):
        return {}


def index_json(edition: Edition, tallies: Mapping[int, Tally]) -> str:
    """The index of all shards with a tally, each with its dispatches, its files and its tally."""
    rows = [
        _text({"shard": shard, "dispatches": span, "tally": tallies[shard],
               "data": f"calls/{shard}.json", "page": f"calls/{shard}.html"})
        for shard, span in spans(edition).items() if shard in tallies
    ]  # fmt: skip
    return _file(edition, "shards", rows)


def shard_json(edition: Edition, found: Iterable[Prediction]) -> str:
    """A shard's predictions as JSON, one a line."""
    return _file(edition, "predictions", [_text(record(one, edition.now)) for one in found])


def record(one: Prediction, now: dt.datetime) -> dict[str, Any]:
    """One prediction as its JSON has it; what is not there yet is null."""
    own = one.standing
    return {
        "claim": one.claim, "sentence": own.sentence, "content": one.content,
        "direction": direction(own.claim).partition(" ")[2].lower(), "role": own.role,
        "probability": own.probability, "base_rate": own.base_rate,
        "edge": own.probability - own.base_rate, "gain": own.gain,
        "verdict": own.verdict, "why": own.why,
        "mode": one.mode, "dispatch": one.cycle, "path": one.path or None, "as_of": one.as_of,
        "registered_at": own.registered_at, "ledger_number": own.number, "ledger_hash": own.chain,
        "deadline": iso(own.claim.window.deadline), "state": own.state(now),
        "outcome": own.outcome, "how": own.how or None, "value": one.value,
        "observations": [dict(zip(_OBSERVED, seen, strict=True)) for seen in one.observations],
        "known_at": one.known_at or None, "settled": one.settled, "score": one.score,
        "lesson": one.lesson or None,
    }  # fmt: skip


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False)


def _file(edition: Edition, name: str, rows: Sequence[str]) -> str:
    """An object of one list, a row a line, after whose desk it is and as of when it stands."""
    head = _text({"as_of": iso(edition.now), "desk": edition.row["desk"]})
    return f'{head[:-1]}, "{name}": [\n' + ",\n".join(rows) + "\n]}\n"
