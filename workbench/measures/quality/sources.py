"""Whether other sources of the same close say the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from workbench.domain.calendars import to_datetime
from workbench.domain.instruments import ALWAYS, Instrument
from workbench.domain.records import Flag
from workbench.domain.snapshots import Column
from workbench.measures.prices import aligned
from workbench.measures.quality.rows import Rows

_LIQUID, _COINS = 0.01, 0.03  # relative gap of two closes of one session
_LATEST = 5  # bars at the end whose agreement decides whether the close can be used now
_MOVES = 0.1  # share of a jump by which a second source's may differ


def disagreement(one: Instrument, own: Rows, others: Sequence[Column]) -> Flag | None:
    """``SOURCES_DISAGREE`` where no two of three agree on one of the newest closes.

    Args:
        one: Whose close.
        own: Its rows.
        others: The same close as other sources have it, in the same unit and basis.

    Returns:
        A flag that withholds the close: with one other source a gap is enough, with two the
        majority decides, and ours stands when one of them agrees with it. Bars that no other
        source has are not judged.
    """
    limit = _COINS if one.venue == ALWAYS else _LIQUID
    index = np.flatnonzero(own.close > 0)[-_LATEST:]
    worst: tuple[float, int, float] | None = None
    for i in index[::-1]:
        said = [float(aligned(other, own.at[i : i + 1])[0]) for other in others]
        said = [value for value in said if value > 0]
        gaps = [abs(float(np.log(value / own.close[i]))) for value in said]
        if gaps and min(gaps) > limit:
            worst = (min(gaps), int(i), said[int(np.argmin(gaps))])
            break
    if worst is None:
        return None
    gap, i, value = worst
    day = np.datetime_as_string(own.at[i : i + 1], unit="D")[0]
    return Flag(
        series=one.symbol, field="close", check="SOURCES_DISAGREE", severity="withheld",
        seen=f"{own.close[i]:g} on {day} against {value:g} of the nearest of {len(others)} other "
        f"sources, {gap:.1%} apart where {limit:.0%} is usual",
        since=to_datetime(own.at[i]), lifted="two sources that agree",
    )  # fmt: skip


def confirmed(own: Rows, others: Sequence[Column]) -> Callable[[int], bool]:
    """Whether a second source made the move into the bar at a position too."""

    def check(position: int) -> bool:
        before = np.flatnonzero(own.close[:position] > 0)
        if not len(before):
            return False
        pair = own.at[[before[-1], position]]
        move = float(np.log(own.close[position] / own.close[before[-1]]))
        for other in others:
            values = aligned(other, pair)
            if (values > 0).all() and abs(np.log(values[1] / values[0]) - move) <= max(
                _MOVES * abs(move), _COINS
            ):
                return True
        return False

    return check
