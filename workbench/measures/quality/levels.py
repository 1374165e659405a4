"""Which values of other series than prices cannot be true: range, unit, zero, fall, activity."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from workbench.domain.calendars import to_datetime
from workbench.domain.contracts import Contract, contract
from workbench.domain.records import Flag
from workbench.domain.snapshots import Column, Snapshot
from workbench.measures.prices import Array, aligned, known_by
from workbench.measures.quality.rows import Fault, Mask
from workbench.measures.quality.runs import volume_faults

_FALL = 0.05  # of what only ever grows, such as stars
_STOOD = 5  # values after which a lower level is the series' own
_GROWS = frozenset({"stars", "forks"})
_HUNDRED = (80.0, 125.0)  # a ratio between these is a change of unit
_SIGMAS = 8.0
_WINDOW = 60
_SAME = np.timedelta64(2, "D")  # how far apart fields of one day may be dated
_PER_TRANSACTION = (60.0, 100_000.0)  # vB: the least possible, and a block's tenth
_PER_VBYTE = (0.01, 10_000.0)  # sat


def level_faults(snapshot: Snapshot, priced: Iterable[str]) -> list[Fault]:
    """Values that break their contract.

    Args:
        snapshot: What may be seen.
        priced: Symbols whose bars are looked at elsewhere.

    Returns:
        ``OUT_OF_RANGE``, ``ZERO``, ``ZERO_VOLUME_ACTIVE``, ``UNIT_100X``, ``FELL``,
        ``CROSSED_QUOTE``, ``UNITS_DISAGREE``, in the order of the snapshot's columns.
    """
    own = frozenset(priced)
    found: list[Fault] = []
    for (series, field), column in snapshot.columns.items():
        terms = contract(series, field)
        if terms is None or (series in own and field in {"close", "volume"}):
            continue
        for check, bad, seen in _values(snapshot, series, field, column, terms):
            if bad.any():
                found.append(_fault(series, field, check, column, bad, seen))
    return [*found, *_crossed(snapshot), *_mempool(snapshot)]


def _values(
    snapshot: Snapshot, series: str, field: str, column: Column, terms: Contract
) -> Iterator[tuple[str, Mask, str]]:
    value = column.value
    outside = (value < terms.low) | (value > terms.high)
    span = f"{terms.low:g} to {terms.high:g} {terms.unit}"
    yield "OUT_OF_RANGE", outside, f"outside {span}"
    zero = value == 0
    if zero.any() and not terms.zero:
        yield "ZERO", zero, "0, which cannot be true"
    if zero.any() and terms.active:
        dead = zero & _moving(snapshot, series, field, column)
        beside = _beside(snapshot, series, field, column.at[dead][-1]) if dead.any() else ""
        yield "ZERO_VOLUME_ACTIVE", dead, f"0 beside {beside}"
    if field in _GROWS:
        yield "FELL", _fallen(value), f"more than {_FALL:.0%} under what it was"
    elif terms.period != "tick" and not terms.active:
        yield "UNIT_100X", _hundredfold(value) & ~outside, "a hundredfold or hundredth of before"


def _moving(snapshot: Snapshot, series: str, field: str, column: Column) -> Mask:
    """Whether any other field of the series was above zero near each of these moments."""
    moving = np.zeros(len(column.at), bool)
    for (name, other), activity in snapshot.columns.items():
        if name != series or other == field:
            continue
        live = activity.at[activity.value > 0]
        if len(live):
            index = np.minimum(np.searchsorted(live, column.at), len(live) - 1)
            near = np.minimum(
                np.abs(live[index] - column.at), np.abs(live[np.maximum(index - 1, 0)] - column.at)
            )
            moving |= near <= _SAME
    return moving


def _beside(snapshot: Snapshot, series: str, field: str, at: np.datetime64) -> str:
    """The nearest activity of the series as text: ``1,806,814 transactions a day``."""
    found = []
    for (name, other), activity in snapshot.columns.items():
        if name == series and other != field:
            live = np.flatnonzero(activity.value > 0)
            gap = np.abs(activity.at[live] - at)
            if len(live) and gap.min() <= _SAME:
                found.append(
                    (gap.min(), other, float(activity.value[live[gap.argmin()]]), activity)
                )
    _, _, value, activity = min(found, key=lambda one: one[:2])
    return f"{value:,.10g} {activity.unit}"


def _fallen(value: Array) -> Mask:
    """Values far under the highest before them, until they have stood there for a while.

    A highest value that the one after it took back does not count. What stands at its new level
    for ``_STOOD`` values is true: accounts are deleted, repositories begin anew.
    """
    full = np.flatnonzero(np.isfinite(value))
    own = value[full]
    bad = np.zeros(len(value), bool)
    first = 0
    while first < len(own) - 1:
        part = own[first:]
        stood = np.minimum(part[:-1], part[1:])
        # The newest value can only be compared with those before it.
        highest = np.maximum.accumulate(np.r_[part[0], part[0], stood[:-1]])
        low = part < (1 - _FALL) * highest
        if not low.any():
            break
        start = int(np.argmax(low))
        rest = np.flatnonzero(~low[start:])
        length = int(rest[0]) if len(rest) else len(part) - start
        if length < _STOOD or part[start : start + length].max() == 0:
            bad[full[first + start : first + start + length]] = True
            own = np.delete(own, np.s_[first + start : first + start + length])
            full = np.delete(full, np.s_[first + start : first + start + length])
        else:
            first += start
    return bad


def _hundredfold(value: Array) -> Mask:
    """Values after a change of level by a hundred, until one comes that goes back."""
    full = np.flatnonzero(np.isfinite(value))
    size = np.abs(value[full])
    bad = np.zeros(len(value), bool)
    if len(full) < 3:
        return bad
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = size[1:] / size[:-1]
        near = ((ratio > _HUNDRED[0]) & (ratio < _HUNDRED[1])) | (
            (ratio * _HUNDRED[0] < 1) & (ratio * _HUNDRED[1] > 1)
        )
    off, steps = False, np.diff(value[full])
    for i in np.flatnonzero(near):
        before = steps[max(0, i - _WINDOW) : i]
        usual = float(np.std(before[np.abs(before) < np.abs(steps[i])])) if len(before) > 4 else 0.0
        if abs(steps[i]) > max(_SIGMAS * usual, 0.25):
            off = not off
        if off:
            after = np.flatnonzero(near[i + 1 :])
            end = i + 1 + (int(after[0]) + 1 if len(after) else len(full) - i - 1)
            bad[full[i + 1 : end]] = True
    return bad


def _crossed(snapshot: Snapshot) -> Iterator[Fault]:
    """Quotations whose bid is above their ask, or that have a side at or under zero."""
    for (series, field), bid in snapshot.columns.items():
        if not field.endswith("bid"):
            continue
        ask = snapshot.get(series, field.removesuffix("bid") + "ask")
        if ask is None:
            continue
        other = aligned(ask, bid.at)
        bad = bid.value > other
        if field == "bid":  # of an option far out of the money a bid of 0 is true
            bad |= (bid.value >= other) | (bid.value <= 0) | (other <= 0)
        if bad.any():
            for name in (field, field.removesuffix("bid") + "ask"):
                yield _fault(series, name, "CROSSED_QUOTE", bid, bad, "of a bid not under its ask")


def _mempool(snapshot: Snapshot) -> Iterator[Fault]:
    """Sizes that are not in vB of so many transactions, and fees not in sat of such a size."""
    pairs = (("vsize", "count", _PER_TRANSACTION), ("fees", "vsize", _PER_VBYTE))
    for field, per, (low, high) in pairs:
        column = snapshot.get("BTC-mempool", field)
        if column is None:
            continue
        with np.errstate(invalid="ignore", divide="ignore"):
            ratio = column.value / aligned(snapshot.get("BTC-mempool", per), column.at)
        bad = ((ratio < low) | (ratio > high)) & (column.value > 0) & np.isfinite(ratio)
        if bad.any():
            seen = f"not {low:g} to {high:g} of {per}, so in another unit"
            yield _fault("BTC-mempool", field, "UNITS_DISAGREE", column, bad, seen)


def coin_volumes(snapshot: Snapshot) -> list[Fault]:
    """``VOLUME_UNIT`` of coins' volumes in dollars that are in coins, by the closes known then."""
    found = []
    for (series, field), column in snapshot.columns.items():
        close = snapshot.get(f"{series}-USD", "close") if field == "volume_usd" else None
        if close is not None:
            price = known_by(close, column.known_at)
            found += volume_faults(series, field, column.at, column.value, price)
    return found


def blank_fees(snapshot: Snapshot) -> list[Flag]:
    """``FEES_EMPTY`` where the mempool was counted and its fees came empty."""
    count = snapshot.get("BTC-mempool", "count")
    found = []
    for field in ("fee_fastest", "fee_hour"):
        fee = snapshot.get("BTC-mempool", field)
        if count is None or fee is None:
            continue
        full = fee.at[np.isfinite(fee.value)]
        if not len(full) or full[-1] < count.at[-1]:
            since = to_datetime(count.at[-1])
            found.append(
                Flag(
                    series="BTC-mempool", field=field, check="FEES_EMPTY", severity="withheld",
                    seen="transactions were counted and their fees came empty", since=since,
                    lifted="the next count with its fees",
                )
            )  # fmt: skip
    return found


def _fault(series: str, field: str, check: str, column: Column, bad: Mask, seen: str) -> Fault:
    worst, count = column.value[bad][-1], int(bad.sum())
    # A day ends with the midnight after it.
    day = np.datetime_as_string(column.at[bad][-1:] - np.timedelta64(1, "us"), unit="D")[0]
    return Fault(
        series=series, field=field, check=check, at=column.at[bad],
        seen=f"{count:,} value{'s' * (count != 1)} left out: {seen}; the last {worst:g} of {day}",
        lifted="the next value within its contract",
    )  # fmt: skip
