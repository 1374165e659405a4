"""What do we know, what is dark, what is flagged."""

from __future__ import annotations

from dataclasses import asdict

import pandas as pd

from workbench.domain.calendars import iso
from workbench.measures import quality
from workbench.steps import items, trust
from workbench.steps.bench import CODE, Bench
from workbench.world import entries as book


def observe(bench: Bench) -> pd.DataFrame:
    """Takes the cycle's snapshot and opens the cycle on the ledger.

    Returns:
        One row a series: ``series, name, state, values, first, last, known_before, source, basis``.
    """
    row = {
        "number": bench.number,
        "desk": bench.desk.params.desk,
        "mode": bench.mode,
        "as_of": iso(bench.as_of),
        "params": bench.desk.hash,
        "code": CODE,
        "snapshot": bench.snapshot.hash,
    }
    bench.check()
    bench.ledger.append(bench.number, [(book.cycles, row)])
    if bench.keep:
        trust.keep(bench)
    return coverage(bench)


def coverage(bench: Bench) -> pd.DataFrame:
    """What is known of each of the desk's series."""
    found = [quality.coverage(bench.seen, bench.names)]
    for one in bench.indicators:
        own = bench.seen.only([one.series], [one.field])
        found.append(quality.coverage(own, {one.series: one.name}).assign(series=one.symbol))
    return pd.concat(found, ignore_index=True)


def feeds(bench: Bench) -> pd.DataFrame:
    """How each feed stood after the last pull: ``feed, state, rows, good, reason``."""
    rows = [
        (one.feed, one.state, one.rows, one.good.isoformat() if one.good else None, one.reason)
        for one in bench.health
    ]
    return pd.DataFrame(rows, columns=["feed", "state", "rows", "good", "reason"])


def wire(bench: Bench) -> pd.DataFrame:
    """What came over the wire in the last week: see ``items.wire``."""
    return items.wire(bench)


def flags(bench: Bench) -> pd.DataFrame:
    """The flags: ``series, field, check, severity, seen, since`` (a date)``, lifted``."""
    names = ["series", "field", "check", "severity", "seen", "since", "lifted"]
    rows = [asdict(f) | {"since": f.since and f.since.date().isoformat()} for f in bench.flags]
    return pd.DataFrame(rows, columns=names)
