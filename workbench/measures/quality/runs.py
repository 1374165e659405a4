"""What only a run of bars shows: open and close swapped, another unit of volume, likely splits."""

from __future__ import annotations

import numpy as np

from workbench.domain.calendars import Moments, to_datetime
from workbench.domain.records import Flag
from workbench.measures.prices import Array
from workbench.measures.quality.rows import Fault, Mask, Rows

# Over so many bars, gaps from close to open so many times those of the bars turned round, and so
# many of them wider: none of 640,000 clean bars had them. A venue that never closes has no gaps.
_SESSIONS = (20, 1.8, 15)
_ALWAYS = (5, 10.0, 5)
_FACTOR = 4.0  # log of a price from which its factor is no day of many trades
_NEAR = 0.7  # log distance from that factor
_BEFORE = 20  # volumes that say what is usual
_FEW = 5
_SIGMAS = 6.0
_SMALL = np.log([3 / 2, 5 / 4, 4 / 3])  # splits that look as a fall of a market does
_EXACT = 0.01  # log distance of a gap from such a ratio
_WITHIN = 0.04  # range of a bar that did not trade through a gap
_LATELY = 20  # bars for which a likely split is told


def swapped_faults(own: Rows, *, always: bool) -> list[Fault]:
    """``OPEN_CLOSE_SWAPPED``: bars that join each other only when they are turned round.

    A bar opens near the close before it. Where over a run of bars each close lies nearer to the
    open before than each open to the close before, the two were swapped.

    Args:
        own: The series' rows.
        always: Whether its venue never closes, so that a few bars are enough.
    """
    length, times, most = _ALWAYS if always else _SESSIONS
    index = np.flatnonzero((own.close > 0) & (own.open > 0))
    if len(index) <= length:
        return []
    opens, closes = own.open[index], own.close[index]
    given, turned = np.abs(opens[1:] - closes[:-1]), np.abs(closes[1:] - opens[:-1])
    wider = given > turned
    many = np.cumsum(np.r_[0, wider])
    far = many[length:] - many[:-length] >= most
    if not far.any():
        return []
    a, b = (np.cumsum(np.r_[0.0, each]) for each in (given, turned))
    far &= a[length:] - a[:-length] > times * (b[length:] - b[:-length])
    bad = np.zeros(len(index), bool)
    for first in np.flatnonzero(far):
        # Bars at the ends of the window may be whole: they join as they are.
        inside = np.flatnonzero(wider[first : first + length])
        bad[first + inside[0] : first + inside[-1] + 2] = True
    if not bad.any():
        return []
    at = own.at[index[bad]]
    return [
        Fault(
            series=own.series, field="", check="OPEN_CLOSE_SWAPPED", at=at,
            seen=f"{_span(at)} left out: each open is far from the close before, each close near "
            "the open before",
            lifted="bars that open where the one before closed",
        )
    ]  # fmt: skip


def volume_faults(series: str, field: str, at: Moments, volume: Array, price: Array) -> list[Fault]:
    """``VOLUME_UNIT``: volumes that left their level by the factor of the price itself.

    Args:
        series: Series id.
        field: Field of its volume.
        at: Moments of the volumes, increasing.
        volume: Volumes, NaN where blank.
        price: Price of one coin or share at those moments.

    Returns:
        The volumes at the level that fewer of them have; of a whole history in another unit
        nothing is seen.
    """
    index = np.flatnonzero((volume > 0) & (price > np.exp(_FACTOR)))
    if len(index) <= _FEW:
        return []
    size, factor = np.log(volume[index]), np.log(price[index])
    level, off = 0, np.zeros(len(index), np.intp)
    steps = np.diff(size)
    for i in np.flatnonzero(np.abs(np.abs(steps) - factor[1:]) < 1.5 * _NEAR) + 1:
        # Each volume on the level that it would have in the unit of the one before.
        before = (size - off * factor)[max(0, i - _BEFORE) : i]
        if len(before) < _FEW:
            continue
        after = size[i : i + _FEW] - level * factor[i : i + _FEW]
        step = float(np.median(after) - np.median(before))
        sign = int(np.sign(steps[i - 1]))
        alone = abs(size[i] - level * factor[i] - np.median(before) - sign * factor[i])
        if len(index) - i < _FEW or abs(step - sign * factor[i]) >= _NEAR:
            step = sign * factor[i] if alone < _NEAR else 0.0
        if step and abs(step) > _SIGMAS * max(float(np.std(before)), 0.05):
            level += sign
            off[i:] = level
    if not off.any():
        return []
    kinds, counts = np.unique(off, return_counts=True)
    bad = off != kinds[int(np.argmax(counts))]
    moments = at[index[bad]]
    return [
        Fault(
            series=series, field=field, check="VOLUME_UNIT", at=moments,
            seen=f"{len(moments)} volumes left out: away from the others by the price of one, so "
            "counted in pieces for dollars or the reverse",
            lifted="volumes at the level of the others",
        )
    ]  # fmt: skip


def likely_split(own: Rows) -> Flag | None:
    """``SPLIT_LIKELY``: a gap of late by the ratio of a small split; only told, as it can be true.

    A split of three for two looks as a fall by a third does, but that the whole bar lies at the
    new price from its open on. Nothing is left out for it: a second source falls as far.
    """
    index = np.flatnonzero(own.close > 0)[-_LATELY - 1 :]
    if len(index) < 2:
        return None
    close, opens, high, low = (each[index] for each in (own.close, own.open, own.high, own.low))
    with np.errstate(invalid="ignore", divide="ignore"):
        gap, whole = np.log(opens[1:] / close[:-1]), np.log(high[1:] / low[1:])
        ratio = np.min(np.abs(np.abs(gap)[:, None] - _SMALL), axis=1)
        found: Mask = (ratio < _EXACT) & (whole < _WITHIN) & (own.split[index][1:] == 1)
    if not found.any():
        return None
    i = int(np.flatnonzero(found)[-1])
    day = np.datetime_as_string(own.at[index[i + 1]], unit="D")
    return Flag(
        series=own.series, field="close", check="SPLIT_LIKELY", severity="note",
        seen=f"the bar of {day} opened at {opens[i + 1]:g} after {close[i]:g}, by the ratio of a "
        "split that nothing reports, and stayed there; it can be true",
        since=to_datetime(own.at[index[i + 1]]), lifted="a row of that split",
    )  # fmt: skip


def _span(at: Moments) -> str:
    first, last = np.datetime_as_string(at[[0, -1]], unit="D")
    return f"{len(at)} bars of {first} to {last} are"
