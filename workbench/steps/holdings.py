"""What is wrong with what an archive holds, as a desk sees it at the archive's end."""

from __future__ import annotations

import pandas as pd

from workbench.domain.errors import WorkbenchError
from workbench.domain.records import SEVERITIES
from workbench.steps import pull
from workbench.steps.bench import Bench
from workbench.world.archive import Archive
from workbench.world.ledger import Ledger
from workbench.world.params import Desk

MANY = 12  # fields of one series and source that are told one by one


def gathered(coverage: pd.DataFrame) -> pd.DataFrame:
    """Coverage with one row for a series of very many fields, such as an option chain.

    Args:
        coverage: Of ``Status``.

    Returns:
        The same columns; where fields were put together ``field`` says how many, and what differs
        between them is empty.
    """
    many = coverage.groupby(["series", "source"])["field"].transform("nunique") > MANY
    if not many.any():
        return coverage
    sums = {"rows": "sum", "blanks": "sum", "first": "min", "last": "max", "known": "max"}
    groups = coverage[many].groupby(["series", "source"], as_index=False)
    told = groups.agg({"field": "nunique", **sums})
    told["field"] = [f"{count:,} fields" for count in told["field"]]
    return pd.concat([coverage[~many], told], ignore_index=True)[list(coverage.columns)]


def flags_at_end(desk: Desk, archive: Archive) -> pd.DataFrame:
    """The flags as of the archive's end, graver ones first.

    Returns:
        Columns of ``pull.flags``; no rows for an empty archive. Where the desk cannot open it, as
        when it prefers none of several sources, one row says why.
    """
    end = archive.end()
    if end is None:
        return pd.DataFrame(columns=["series", "field", "check", "severity", "seen", "since"])
    bench = Bench(
        desk, archive, Ledger("sqlite://"), number=0, as_of=end, mode="replay", keep=False
    )
    try:
        found = pull.flags(bench)
    except WorkbenchError as error:
        return pd.DataFrame([{"series": "", "check": "UNREADABLE", "seen": str(error)}])
    return found.sort_values("severity", key=lambda s: s.map(SEVERITIES.index), kind="stable")
