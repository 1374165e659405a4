"""What the ledger holds for the paper account: its predictions, cash, waiting orders, positions.

Read as of the cycle before, of its mode alone, so that a cycle run again books the same.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection

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


def standing(bench: Bench) -> tuple[float | None, list[tuple[Lot, Claim]]]:
    """Cash, waiting orders and open positions as of the cycle before, in one look at the books.

    Returns:
        Cash, None before any capital; lots in the order in which their claims were registered.
    """
    posted = book.postings.c
    claim = sa.case((posted.account == "cash", ""), else_=sa.func.substr(posted.entry, 1, _ID))
    amount, units = sa.func.sum(posted.amount), sa.func.sum(posted.units)
    there = sa.or_(sa.func.abs(amount) > 0.005, sa.func.abs(units) > 1e-9)
    query = (
        sa.select(
            claim.label("claim"), posted.account, amount.label("amount"), units.label("units")
        )
        .join(book.cycles, book.cycles.c.number == posted.cycle)
        .where(posted.cycle < bench.number, book.cycles.c.mode == bench.mode)
        .where(posted.account.not_in(("capital", "fees", "slippage", "profit", "free")))
        .group_by(sa.text("1"), posted.account)
        .having(sa.or_(there, posted.account == "cash"))
    )
    cash, lots = None, dict[str, Lot]()
    for row in bench.ledger.read(query):
        what, _, symbol = row["account"].partition(":")
        total, own = round(row["amount"], 2), row["claim"]
        if what == "cash":
            cash = total
        elif what == "ordered":
            lots[own] = Lot(claim=own, symbol=symbol, ordered=total)
        else:
            lots[own] = Lot(claim=own, symbol=symbol, book=total, units=round(row["units"], 8))
    if not lots:
        return cash, []
    asked = sa.select(book.claims.c.id, book.claims.c.content).where(book.claims.c.id.in_(lots))
    rows = bench.ledger.read(asked.order_by(book.claims.c.seq))
    return cash, [(lots[row["id"]], from_content(json.loads(row["content"]))) for row in rows]


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
