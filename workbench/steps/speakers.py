"""Who spoke: a mind that a model answers for is, with another model, another forecaster.

Its evidence, its gate and its record are those of mind and model. What a model said of dates that
it was trained on is nobody's.
"""

from __future__ import annotations

import sqlalchemy as sa

from workbench.domain.records import NOT_MINDS
from workbench.world import entries as book
from workbench.world.ledger import Ledger

Speakers = dict[tuple[int, str], str]
"""Cycle and mind to the forecaster's name; empty where the model may have read what followed."""


def speakers(ledger: Ledger, first: int = 0, last: int | None = None) -> Speakers:
    """Every mind of these cycles that a model answered for; those of the house are not in it."""
    of = book.voices.c
    query = sa.select(of.of, of.mind, of.model, of.in_sample).where(of.of >= first)
    if last is not None:
        query = query.where(of.of <= last)
    return {
        (row["of"], row["mind"]): "" if row["in_sample"] else named(row["mind"], row["model"])
        for row in ledger.read(query)
    }


def named(mind: str, model: str) -> str:
    """A mind by its model, ``Macro (claude-sonnet-5-5)``; a control keeps its name."""
    return mind if mind in NOT_MINDS else f"{mind} ({model})"
