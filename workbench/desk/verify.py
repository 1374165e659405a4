"""Re-checking the record: the chain, every settlement, and every stored arithmetic."""

from __future__ import annotations

import json
from dataclasses import dataclass

import sqlalchemy as sa

from workbench.domain.calendars import moment
from workbench.domain.claims import from_content
from workbench.measures import gate
from workbench.measures.prices import Bars, bars
from workbench.measures.settling import settle
from workbench.steps.bench import fill
from workbench.steps.score import row as as_row
from workbench.world import ledger as book
from workbench.world.ledger import Ledger
from workbench.world.params import Desk

_MOST = 20  # differences listed


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What verifying found.

    Attributes:
        rows: Rows of the chain.
        claims: Settlements derived again.
        differences: One sentence each, at most twenty.
    """

    rows: int
    claims: int
    differences: tuple[str, ...]


def verify(desk: Desk) -> Verdict:
    """Checks a ledger against itself and against the archive.

    The chain is recomputed from its first row; every claim is settled again from the archive as
    of the cycle that settled it; a claim's id and a decision's gain are derived again.
    """
    ledger, archive = Ledger(desk.ledger), fill(desk)
    differences = [broken] if (broken := ledger.broken()) else []
    instruments = {one.symbol: one for one in desk.table}
    settled = book.settlements
    query = (
        sa.select(settled, book.claims.c.content, book.cycles.c.as_of)
        .join(book.claims, book.claims.c.id == settled.c.claim)
        .join(book.cycles, book.cycles.c.number == settled.c.cycle)
        .order_by(settled.c.cycle, settled.c.seq)
    )
    wanted = {one.symbol: one.sources for one in desk.instruments}
    rows = ledger.read(query)
    known: dict[str, Bars | None] = {}
    as_of = ""
    for row in rows:
        if row["as_of"] != as_of:
            as_of = row["as_of"]
            snapshot = archive.as_of(moment(as_of), wanted)
            known = {one.symbol: bars(snapshot, one) for one in desk.instruments}
        claim = from_content(json.loads(row["content"]))
        again = settle(claim, known, instruments, moment(as_of))
        expected = None if again is None else as_row(again)
        stored = None if expected is None else {name: row[name] for name in expected}
        if claim.id != row["claim"] or stored != expected:
            outcome = "nothing" if expected is None else expected["outcome"]
            differences.append(
                f"Claim {row['claim']} is on record as {row['outcome']}, settles as {outcome}."
            )
    differences += [
        f"Decision on {row['claim']} states a gain that its numbers do not give."
        for row in ledger.read(sa.select(book.decisions))
        if abs(gate.gain(row["probability"], row["base_rate"]) - row["gain"]) > 1e-12
    ]
    return Verdict(rows=ledger.head()[0], claims=len(rows), differences=tuple(differences[:_MOST]))
