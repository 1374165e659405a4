"""Whether an index and its members tell one story: only ever a note, as both can be true."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from workbench.domain.calendars import to_datetime
from workbench.domain.records import Flag
from workbench.measures.prices import Bars

_APART = 0.03  # gap between an index's move and the middle one of its members
_FEW = 3


def members_apart(bars: Mapping[str, Bars], index: str, members: Sequence[str]) -> Flag | None:
    """``MEMBERS_DISAGREE`` where most members moved one way and their index did not.

    Args:
        bars: By symbol; those whose last session is not the index's are left out.
        index: Symbol of the index or fund.
        members: Symbols of some of its members.
    """
    if index not in bars or len(bars[index]) < 2:
        return None
    own = bars[index]
    moves = [
        float(bars[one].close[-1] / bars[one].close[-2] - 1)
        for one in members
        if one in bars and len(bars[one]) > 1 and (bars[one].dates[-2:] == own.dates[-2:]).all()
    ]
    move = float(own.close[-1] / own.close[-2] - 1)
    middle = float(np.median(moves)) if len(moves) >= _FEW else move
    if abs(middle - move) <= _APART:
        return None
    return Flag(
        series=index, field="close", check="MEMBERS_DISAGREE", severity="note",
        seen=f"moved {move:+.1%} while the middle one of {len(moves)} members moved {middle:+.1%}; "
        "both can be true",
        since=to_datetime(own.at[-1]),
    )  # fmt: skip
