"""What is known of each series, and how old it is."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from workbench.domain.calendars import to_numpy
from workbench.domain.snapshots import Snapshot


def _ago(span: np.timedelta64) -> str:
    """A span as text: ``45 minutes``, ``22 hours``, ``19 days``."""
    minutes = int(span / np.timedelta64(1, "m"))
    for size, name in ((1440, "days"), (60, "hours")):
        if minutes >= 2 * size:
            return f"{minutes // size} {name}"
    return f"{minutes} minutes"


def coverage(snapshot: Snapshot, wanted: Mapping[str, str]) -> pd.DataFrame:
    """What is known of each series: first and last moment, when known, count, source, basis.

    Args:
        snapshot: What may be seen.
        wanted: Series id to its name, in order.

    Returns:
        One row a series with columns ``series, name, state, values, first, last,
        known_before, source, basis``; ``basis`` says what dated the values, as in ``Column``.
    """
    rows: list[tuple[object, ...]] = []
    until = to_numpy(snapshot.as_of)
    for series, name in wanted.items():
        columns = [c for (key, _), c in snapshot.columns.items() if key == series]
        if not columns:
            rows.append((series, name, "dark", 0, None, None, None, "", ""))
            continue
        main = max(columns, key=lambda c: len(c.at))
        dates = pd.DatetimeIndex([main.at[0], main.at[-1]]).strftime("%Y-%m-%d")
        late = _ago(until - main.known_at[-1])
        count = int(np.isfinite(main.value).sum())
        own = (count, dates[0], dates[1], late, main.source, main.basis)
        rows.append((series, name, "live", *own))
    names = ["series", "name", "state", "values", "first", "last", "known_before", "source"]
    return pd.DataFrame(rows, columns=[*names, "basis"])
