"""What the ledger holds for the paper account: its predictions, cash, waiting orders, positions.

Read as of the cycle before, of its mode alone, so that a cycle run again books the same.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection
from dataclasses import replace

import sqlalchemy as sa

from workbench.domain.claims import Claim, Kind, from_content
from workbench.measures.accounts import Lot
from workbench.steps.bench import Bench
from workbench.world import entries as book

_ID = 16  # digits of a claim's id, with which the names of its entries begin


def on_record(
    bench: Bench, kinds: Collection[Kind] | None = None
) -> list[tuple[Claim, float, float]]:
    """This cycle's predictions on record with probability and base rate, the call first.

    Args:
        bench: After the gate has decided.
        kinds: Only claims of these; None for all.
    """
    decided = book.decisions.c
    query = (
        sa.select(book.claims.c.content, decided.probability, decided.base_rate)
        .join(book.claims, book.claims.c.id == decided.claim)
        .where(decided.cycle == bench.number, decided.role != "shadow")
        .order_by(decided.role, decided.gain.desc(), decided.claim)
    )
    if kinds is not None:
        query = query.where(book.claims.c.kind.in_(kinds))
    return [
        (from_content(json.loads(row["content"])), row["probability"], row["base_rate"])
        for row in bench.ledger.read(query)
    ]


def lots(bench: Bench) -> list[tuple[Lot, Claim]]:
    """Orders that wait and positions that are open, in the order of their claims' registration."""
    since = _running(bench)
    if not since:
        return []
    posted = book.postings.c
    claim = sa.func.substr(posted.entry, 1, _ID).label("claim")
    amount, units = sa.func.sum(posted.amount), sa.func.sum(posted.units)
    query = (
        sa.select(claim, posted.account, amount.label("amount"), units.label("units"))
        .where(posted.cycle >= min(since.values()), posted.cycle < bench.number)
        .where(claim.in_(since), posted.account.not_in(("cash", "free", "fees", "slippage")))
        .group_by(claim, posted.account)
    )
    found: dict[str, Lot] = {}
    for row in bench.ledger.read(query):
        what, _, symbol = row["account"].partition(":")
        own, total = row["claim"], round(row["amount"], 2)
        lot = found.get(own, Lot(claim=own, symbol=symbol))
        if what == "ordered":
            found[own] = replace(lot, ordered=total)
        elif what == "position":
            found[own] = replace(lot, book=total, units=round(row["units"], 8))
    asked = sa.select(book.claims.c.id, book.claims.c.content).where(book.claims.c.id.in_(found))
    rows = bench.ledger.read(asked.order_by(book.claims.c.seq))
    return [(found[row["id"]], from_content(json.loads(row["content"]))) for row in rows]


def _running(bench: Bench) -> dict[str, int]:
    """Claim id to the cycle of its order, of every order without a close or lapse.

    It reads the names of entries alone, not what was posted.
    """
    posted, after = book.postings.c, sa.alias(book.postings)
    claim = sa.func.substr(posted.entry, 1, _ID)
    ended = sa.exists().where(
        after.c.entry.in_((claim.concat(":close"), claim.concat(":lapse"))),
        after.c.cycle < bench.number,
    )
    query = (
        sa.select(claim.label("claim"), posted.cycle)
        .join(book.cycles, book.cycles.c.number == posted.cycle)
        .where(posted.line == 0, posted.entry.like("%:order"), ~ended)
        .where(posted.cycle < bench.number, book.cycles.c.mode == bench.mode)
    )
    return {row["claim"]: row["cycle"] for row in bench.ledger.read(query)}


def is_booked(bench: Bench, entry: str) -> bool:
    """True when an entry was booked before this cycle."""
    posted = book.postings.c
    query = sa.select(posted.line).where(posted.entry == entry, posted.cycle < bench.number)
    return bool(bench.ledger.read(query))


def cash(bench: Bench) -> float:
    """Cash as of the cycle before; 0 before any capital."""
    posted = book.postings.c
    query = (
        sa.select(sa.func.sum(posted.amount).label("cash"))
        .join(book.cycles, book.cycles.c.number == posted.cycle)
        .where(posted.account == "cash", posted.cycle < bench.number)
        .where(book.cycles.c.mode == bench.mode)
    )
    return float(bench.ledger.read(query)[0]["cash"] or 0.0)


def filled(bench: Bench, lot: Lot) -> tuple[float, dt.date]:
    """Units that a position was opened with, and the date of that session."""
    posted = book.postings.c
    query = sa.select(posted.units, posted.memo)
    row = bench.ledger.read(query.where(posted.entry == f"{lot.claim}:open", posted.line == 0))[0]
    return row["units"], dt.date.fromisoformat(json.loads(row["memo"])["session"])


def void(bench: Bench, claim: Claim) -> str:
    """Why a claim was void, as far as it has settled; else an empty string."""
    query = sa.select(book.settlements.c.outcome, book.settlements.c.reason).where(
        book.settlements.c.claim == claim.id, book.settlements.c.cycle <= bench.number
    )
    found = bench.ledger.read(query)
    return f"void: {found[0]['reason']}" if found and found[0]["outcome"] == "void" else ""
