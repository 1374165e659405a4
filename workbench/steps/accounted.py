"""What the record page shows of the paper account: its course, thinned, and what it came to.

A desk's live account and its replayed one are two, and have a part each.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from workbench.domain.records import Mode
from workbench.steps import account
from workbench.steps.bench import Bench
from workbench.steps.frames import plain, rows

PART = "account"
POINTS = 160  # of a course, which a line across a page cannot tell from all of them
_DRAWN = ("as_of", "equity", "drawdown", "hold", "hold_drawdown")
_MODES: tuple[Mode, ...] = ("live", "replay")


def keep(bench: Bench) -> dict[str, Any]:
    """Keeps the accounts of this cycle in its folder, and returns that of its own mode."""
    found = {
        mode: told(account.equity(bench, mode), len(account.trades(bench, mode)))
        for mode in _MODES
    }  # fmt: skip
    bench.remember(PART, {"lead": bench.lead.name, "accounts": found})
    return found[bench.mode]


def told(course: pd.DataFrame, trades: int) -> dict[str, Any]:
    """A course and what it came to, as plain JSON values.

    Args:
        course: ``account.equity``.
        trades: Positions that were closed.

    Returns:
        ``cycles`` and ``trades``; from two cycles on also ``idle`` (nothing was ever held),
        ``return`` and ``hold`` (of the lead at the same exposure) with the deepest ``drawdown``
        and ``hold_drawdown``, the mean ``exposure``, all fractions, None where the lead had no
        price; and ``course``: some ``POINTS`` rows of it at most, its ends and deepest points
        among them.
    """
    size = {"cycles": len(course), "trades": trades}
    if len(course) < 2:
        return size
    still = bool((course["equity"] == course["equity"].iloc[0]).all())
    ends = course[["equity", "hold"]].iloc[-1] / course[["equity", "hold"]].iloc[0] - 1
    return size | {
        "idle": still and not course["exposure"].fillna(0).any(),
        "return": plain(ends["equity"]),
        "hold": plain(ends["hold"]),
        "drawdown": plain(course["drawdown"].min()),
        "hold_drawdown": plain(course["hold_drawdown"].min()),
        "exposure": plain(course["exposure"].mean()),
        "course": _thinned(course),
    }


def own(kept: Mapping[str, Any], mode: Mode) -> dict[str, Any]:
    """The account of one mode of what was kept."""
    found: dict[str, Any] = kept["accounts"][mode]
    return found


def _thinned(course: pd.DataFrame) -> list[dict[str, Any]]:
    even = np.linspace(0, len(course) - 1, POINTS).round().astype(int)
    deepest = [int(np.argmin(course[name].to_numpy())) for name in ("drawdown", "hold_drawdown")]
    return rows(course[list(_DRAWN)].iloc[np.unique([*even, *deepest])])
