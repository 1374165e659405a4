"""Re-checking the record: the chain, every settlement, and every stored arithmetic."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

import sqlalchemy as sa

from workbench.domain.calendars import moment
from workbench.domain.claims import from_content
from workbench.domain.errors import LedgerConflict
from workbench.measures import gate
from workbench.steps import lessons, predict, rules, score, slates, stories
from workbench.steps.bench import CODE, Bench
from workbench.steps.opening import fill
from workbench.world import entries as book
from workbench.world.archive import Archive
from workbench.world.ledger import Ledger, existing
from workbench.world.params import Desk

_MOST = 20  # differences listed
_CENT = 0.005


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
    of the cycle that settled it; a claim that could have been settled and was not is found. Ids,
    columns and sentences of claims, and the probability, base rate and gain of decisions, are
    derived again from what they stand for. Lessons, rules and rulings on minds of cycles that this
    version ran are learned again, and stories where the params are the same. The paper account's
    entries balance.

    Raises:
        UserMistake: There is no ledger yet.
        ParamsError: A claim is on an instrument that the params no longer know.
    """
    ledger, archive = existing(desk.ledger), fill(desk)
    differences = [broken] if (broken := ledger.broken()) else []
    count, changed = _resettled(desk, archive, ledger)
    differences += changed + _forgotten(desk, archive, ledger)
    differences += [*_claims(desk, ledger), *_decisions(ledger), *_books(ledger)]
    differences += _learned(desk, archive, ledger)
    return Verdict(rows=ledger.head()[0], claims=count, differences=tuple(differences[:_MOST]))


def _claims(desk: Desk, ledger: Ledger) -> Iterator[str]:
    """Claims whose row says other than their content; sentences where the params are the same."""
    query = sa.select(book.claims, book.cycles.c.params).join(
        book.cycles, book.cycles.c.number == book.claims.c.cycle
    )
    for row in ledger.read(query):
        expected = slates.row(from_content(json.loads(row["content"])), desk.table)
        if row["params"] != desk.hash:  # names may have changed since
            del expected["sentence"]
        if wrong := [name for name, value in expected.items() if row[name] != value]:
            yield f"Claim {row['id']} states a {wrong[0]} that its content does not give."


def _decisions(ledger: Ledger) -> Iterator[str]:
    """Decisions whose numbers are not those of the forecasts that they rest on."""
    said, base = sa.alias(book.forecasts), sa.alias(book.forecasts)
    query = (
        sa.select(
            book.decisions, said.c.probability.label("said"), base.c.probability.label("base")
        )
        .outerjoin(
            said, (said.c.claim == book.decisions.c.claim) & (said.c.forecaster == "synthesis")
        )
        .outerjoin(
            base, (base.c.claim == book.decisions.c.claim) & (base.c.forecaster == "climatology")
        )
    )
    for row in ledger.read(query):
        stands = (row["probability"], row["base_rate"]) == (row["said"], row["base"])
        gain = gate.gain(row["probability"], row["base_rate"])
        if not stands or abs(gain - row["gain"]) > 1e-12:
            yield f"Decision on {row['claim']} states numbers that its forecasts do not give."


def _books(ledger: Ledger) -> Iterator[str]:
    """Entries of the paper account that do not balance."""
    of = book.postings.c
    query = sa.select(of.entry, sa.func.sum(of.amount).label("sum")).group_by(of.entry)
    for row in ledger.read(query):
        if abs(row["sum"]) > _CENT:
            yield f"Entry {row['entry']} of the paper account is off by {row['sum']:.6f}."


def _learned(desk: Desk, archive: Archive, ledger: Ledger) -> list[str]:
    """What past cycles learned, learned again cycle by cycle on a scratch copy.

    A copy takes the same row twice without a word, refuses another one, and grows by one that
    was missing.
    """
    scratch, differences = ledger.copy(), list[str]()
    for row in ledger.read(sa.select(book.cycles).order_by(book.cycles.c.number)):
        bench = Bench(
            desk, archive, scratch, number=row["number"], as_of=moment(row["as_of"]),
            mode=row["mode"], keep=False, asks="nobody",
        )  # fmt: skip
        if row["code"] != CODE:  # other code learned other things
            continue
        same = row["params"] == desk.hash
        verbs = [lessons.write, rules.review, predict.rule, *([stories.follow] if same else [])]
        for verb in verbs:
            head = scratch.head()
            try:
                verb(bench)
            except LedgerConflict as conflict:
                differences.append(f"Cycle {bench.number} learned otherwise: {conflict}")
            if scratch.head() != head:
                what = verb.__module__.rpartition(".")[2]
                differences.append(f"Cycle {bench.number} lacks what it learned ({what}).")
    return differences


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
    found = score.settlements(desk, archive, ledger.due(as_of), as_of)
    return [
        f"Claim {one.claim} is not settled; as of {last[0]['as_of']} it settles as {one.outcome}."
        for one in found
    ]
