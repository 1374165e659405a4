"""What the ledger holds for the paper account: its predictions, waiting orders, open positions.

Read as of the cycle before, of its mode alone, so that a cycle run again books the same.
"""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import sqlalchemy as sa

from workbench.domain.claims import Claim, from_content
from workbench.measures.accounts import Lot
from workbench.steps.bench import Bench
from workbench.world import entries as book

_ID = 16  # digits of a claim's id, with which the names of its entries begin


def on_record(bench: Bench) -> list[tuple[Claim, float, float]]:
    """This cycle's predictions on record with probability and base rate, the call first."""
    decided = book.decisions.c
    query = (
        sa.select(
            book.claims.c.content, decided.role, decided.probability, decided.base_rate,
            decided.gain,
        )
        .join(book.claims, book.claims.c.id == decided.claim)
        .where(decided.cycle == bench.number, decided.role != "shadow")
        .order_by(decided.role, decided.gain.desc(), decided.claim)
    )  # fmt: skip
    return [
        (from_content(json.loads(row["content"])), row["probability"], row["base_rate"])
        for row in bench.ledger.read(query)
    ]


def lots(bench: Bench) -> list[tuple[Lot, Claim]]:
    """Waiting orders and open positions as of the cycle before, in order of their claims."""
    posted = book.postings.c
    claim = sa.func.substr(posted.entry, 1, _ID).label("claim")
    amount, units = sa.func.sum(posted.amount), sa.func.sum(posted.units)
    query = (
        _before(bench, claim, posted.account, amount.label("amount"), units.label("units"))
        .where(
            sa.or_(posted.account.startswith("ordered:"), posted.account.startswith("position:"))
        )
        .group_by(claim, posted.account)
        .having(sa.or_(sa.func.abs(amount) > 0.005, sa.func.abs(units) > 1e-9))
    )
    found = []
    for row in bench.ledger.read(query):
        what, symbol = row["account"].split(":", 1)
        sums = round(row["amount"], 2)
        found.append(
            Lot(claim=row["claim"], symbol=symbol, ordered=sums)
            if what == "ordered"
            else Lot(claim=row["claim"], symbol=symbol, book=sums, units=round(row["units"], 8))
        )
    asked = sa.select(book.claims.c.id, book.claims.c.seq, book.claims.c.content)
    rows = bench.ledger.read(
        asked.where(book.claims.c.id.in_([lot.claim for lot in found])).order_by(book.claims.c.seq)
    ) if found else []  # fmt: skip
    lots = {lot.claim: lot for lot in found}
    return [(lots[row["id"]], from_content(json.loads(row["content"]))) for row in rows]


def is_booked(bench: Bench, entry: str) -> bool:
    """True when an entry was booked before this cycle."""
    query = sa.select(book.postings.c.line).where(
        book.postings.c.entry == entry, book.postings.c.cycle < bench.number
    )
    return bool(bench.ledger.read(query))


def worth(bench: Bench) -> float:
    """Cash and positions as of the cycle before, by the books."""
    posted = book.postings.c
    query = _before(bench, sa.func.sum(posted.amount).label("worth"))
    query = query.where(sa.or_(posted.account == "cash", posted.account.startswith("position:")))
    return float(bench.ledger.read(query)[0]["worth"] or 0.0)


def filled(bench: Bench, lot: Lot) -> tuple[float, dt.date]:
    """Units that a position was opened with, and the date of that session."""
    query = sa.select(book.postings.c.units, book.postings.c.memo)
    query = query.where(book.postings.c.entry == f"{lot.claim}:open", book.postings.c.line == 0)
    row = bench.ledger.read(query)[0]
    return row["units"], dt.date.fromisoformat(json.loads(row["memo"])["session"])


def void(bench: Bench, claim: Claim) -> str:
    """Why a claim was void, as far as it has settled; else an empty string."""
    query = sa.select(book.settlements.c.outcome, book.settlements.c.reason)
    query = query.where(
        book.settlements.c.claim == claim.id, book.settlements.c.cycle <= bench.number
    )
    found = bench.ledger.read(query)
    return f"void: {found[0]['reason']}" if found and found[0]["outcome"] == "void" else ""


def _before(bench: Bench, *columns: Any) -> sa.Select[Any]:
    """Postings of earlier cycles of this mode."""
    return (
        sa.select(*columns)
        .select_from(book.postings)
        .join(book.cycles, book.cycles.c.number == book.postings.c.cycle)
        .where(book.postings.c.cycle < bench.number, book.cycles.c.mode == bench.mode)
    )
