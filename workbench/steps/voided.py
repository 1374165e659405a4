"""Claims that no rule could settle: how many, and why."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import sqlalchemy as sa

from workbench.domain.records import Mode
from workbench.world import entries as book
from workbench.world.ledger import Ledger

# What ``measures.settling`` writes as the reason of a void, told apart by its fixed words.
_KINDS = (
    (r"has no complete hourly bars", "an hourly bar was still missing after the days of grace"),
    (r"has no complete bars", "a bar was still missing after the days of grace"),
    (r"^The condition ended void", "its condition was void itself"),
    (r"^The condition ended", "its condition did not come true"),
    (r"^The reference of", "its reference price was too old"),
    (r"split inside the window", "the shares were split inside its window"),
)
_OTHER = "another reason, which its trail gives"


def voids(ledger: Ledger, until: int, mode: Mode) -> dict[str, Any]:
    """The voids of one mode up to a cycle.

    Returns:
        ``n``, ``said`` (those of them that were on record), and ``reasons``: records of
        ``reason n said``, the most frequent first.
    """
    claims, ended = book.claims.c, book.settlements.c
    query = (
        sa.select(ended.reason, book.decisions.c.role)
        .join(book.claims, claims.id == ended.claim)
        .join(book.cycles, book.cycles.c.number == claims.cycle)
        .outerjoin(book.decisions, book.decisions.c.claim == ended.claim)
        .where(ended.outcome == "void", ended.cycle <= until, book.cycles.c.mode == mode)
    )
    rows = ledger.read(query)
    every = Counter(kind(row["reason"]) for row in rows)
    spoken = Counter(kind(row["reason"]) for row in rows if row["role"] in {"call", "other"})
    return {
        "n": every.total(), "said": spoken.total(),
        "reasons": [
            {"reason": reason, "n": n, "said": spoken[reason]}
            for reason, n in sorted(every.items(), key=lambda one: (-one[1], one[0]))
        ],
    }  # fmt: skip


def kind(reason: str) -> str:
    """What a void's reason is an instance of, in words.

    >>> kind("The reference of SPX is of 2018-01-29T21:00:00Z, too old at 2018-02-01T21:00:00Z.")
    'its reference price was too old'
    """
    return next((words for shape, words in _KINDS if re.search(shape, reason)), _OTHER)
