"""Where the numbers of a figure come from and as of when, as the end of its caption."""

from __future__ import annotations

import datetime as dt

from workbench.domain.figures import minute
from workbench.steps.bench import Bench
from workbench.steps.facts import listed


def market(bench: Bench, *symbols: str) -> str:
    """The sources of closes, as this cycle knows them.

    Args:
        bench: The cycle's.
        symbols: Instruments that were drawn; all of the desk's where none is named.
    """
    wanted = symbols or tuple(bench.bars)
    columns = (bench.seen.get(symbol) for symbol in wanted)
    names = sorted({name for one in columns if one for name in one.source.split("+")})
    return _told(listed(names) if names else "none", bench.as_of)


def ledger(as_of: dt.datetime) -> str:
    """The ledger, as it stood at a moment."""
    return _told("the ledger", as_of)


def _told(sources: str, as_of: dt.datetime) -> str:
    return f"Source: {sources}, as of {minute(as_of)} UTC."
