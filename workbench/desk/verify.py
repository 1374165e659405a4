"""Re-checking the record: the chain, every settlement, and every stored arithmetic."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import groupby

import sqlalchemy as sa

from workbench.domain.calendars import moment
from workbench.domain.claims import from_content
from workbench.measures import gate
from workbench.steps import score
from workbench.steps.bench import fill
from workbench.world import ledger as book
from workbench.world.archive import Archive
from workbench.world.ledger import Ledger, existing
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
    of the cycle that settled it; a claim that could have been settled and was not is found; a
    claim's id and a decision's gain are derived again.

    Raises:
        UserMistake: There is no ledger yet.
        ParamsError: A claim is on an instrument that the params no longer know.
    """
    ledger, archive = existing(desk.ledger), fill(desk)
    differences = [broken] if (broken := ledger.broken()) else []
    count, changed = _resettled(desk, archive, ledger)
    differences += changed + _forgotten(desk, archive, ledger)
    differences += [
        f"Decision on {row['claim']} states a gain that its numbers do not give."
        for row in ledger.read(sa.select(book.decisions))
        if abs(gate.gain(row["probability"], row["base_rate"]) - row["gain"]) > 1e-12
    ]
    return Verdict(rows=ledger.head()[0], claims=count, differences=tuple(differences[:_MOST]))


def _resettled(desk: Desk, archive: Archive, ledger: Ledger) -> tuple[int, list[str]]:
    """How many settlements were derived again, and those that come out otherwise."""
    query = (
        sa.select(book.settlements, book.claims.c.content, book.cycles.c.as_of)
        .join(book.claims, book.claims.c.id == book.settlements.c.claim)
        .join(book.cycles, book.cycles.c.number == book.settlements.c.cycle)
        .order_by(book.settlements.c.cycle, book.settlements.c.seq)
    )
    rows = ledger.read(query)
    differences = []
    for as_of, group in groupby(rows, key=lambda row: row["as_of"]):
        stored = {row["claim"]: row for row in group}
        claims = [from_content(json.loads(row["content"])) for row in stored.values()]
        again = score.settlements(desk, archive, claims, moment(as_of))
        expected = {one.claim: score.row(one) for one in again}
        for claim, row in stored.items():
            told = expected.get(claim)
            if told is None or any(row[name] != value for name, value in told.items()):
                outcome = "nothing" if told is None else told["outcome"]
                differences.append(
                    f"Claim {claim} is on record as {row['outcome']}, settles as {outcome}."
                )
    return len(rows), differences


def _forgotten(desk: Desk, archive: Archive, ledger: Ledger) -> list[str]:
    """Claims that the last finished cycle could have settled and that are not settled."""
    done = sa.select(book.cycles.c.as_of).join(
        book.dispatches, book.dispatches.c.of == book.cycles.c.number
    )
    last = ledger.read(done.order_by(book.cycles.c.number.desc()).limit(1))
    if not last:
        return []
    as_of = moment(last[0]["as_of"])
    found = score.settlements(desk, archive, ledger.unsettled(as_of), as_of)
    return [
        f"Claim {one.claim} is not settled; as of {last[0]['as_of']} it settles as {one.outcome}."
        for one in found
    ]
