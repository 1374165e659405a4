"""What a series says of another: yields and their spread, one asset under the name of another."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from workbench.domain.contracts import usual
from workbench.domain.instruments import Instrument
from workbench.domain.snapshots import Column, Snapshot
from workbench.measures.prices import Array, aligned
from workbench.measures.quality.rows import Fault, Mask, Positions, Rows

# A spread and the two that it is the difference of, all in per cent.
_SPREADS = (("T10Y2Y", "DGS10", "DGS2"), ("T10Y3M", "DGS10", "DGS3MO"))
_OFF = 0.15  # per cent by which they cannot differ, whenever each was rounded
_HOLDS = 0.03
_MOST = 0.8  # of the days on which they differ
_LATELY = 250  # newest bars that are compared with other instruments
_EQUAL = 1e-3  # relative; prices of two assets that are one
_RANGE = 1e-3  # of the close; narrower bars of few ticks are alike by chance
_RUN = 2  # bars in a row that are no chance
_PLAINLY = 2.0  # times as far as the other, in its own σ
_WINDOW = 60


def scale_faults(snapshot: Snapshot) -> list[Fault]:
    """``UNIT_100X`` of a history that as a whole stands a hundredth under what it ever was.

    A first value has none before it; what such a series has always been is the only judge.
    """
    found = []
    for (series, field), column in snapshot.columns.items():
        least = usual(series, field)
        full = np.isfinite(column.value)
        if not least or not full.any():
            continue
        middle = float(np.median(np.abs(column.value[full])))
        if middle < least:
            seen = f"its {int(full.sum())} values stand at {middle:g}, under {least:g} {column.unit}"
            found.append(_told(series, field, "UNIT_100X", column, full, seen))
    return found


def spread_faults(snapshot: Snapshot) -> Iterator[Fault]:
    """``UNITS_DISAGREE`` of the one of three whose hundredfold or hundredth makes a spread true."""
    for names in _SPREADS:
        columns = [snapshot.get(name, "value") for name in names]
        if any(column is None for column in columns):
            continue
        own = [column for column in columns if column is not None]
        values = [own[0].value, *(aligned(column, own[0].at) for column in own[1:])]
        off = np.abs(_rest(values)) > _OFF
        if not off.any():
            continue
        shares = {}
        for k, factor in itertools.product(range(3), (100.0, 0.01)):
            scaled = [value * (factor if i == k else 1.0) for i, value in enumerate(values)]
            shares[k, factor] = off & (np.abs(_rest(scaled)) <= _HOLDS)
        (k, factor), held = max(shares.items(), key=lambda one: int(one[1].sum()))
        if held.sum() >= _MOST * off.sum():
            bad = np.isin(own[k].at, own[0].at[held])
            seen = f"{names[0]} is {names[1]} less {names[2]} only with it times {factor:g}"
            yield _told(names[k], "value", "UNITS_DISAGREE", own[k], bad, seen)


def _rest(values: Sequence[Array]) -> Array:
    """What is left of a spread beyond its two; 0 where one is not known."""
    rest: Array = np.nan_to_num(values[0] - (values[1] - values[2]), nan=0.0)
    return rest


def twin_faults(table: Iterable[tuple[Instrument, Rows]]) -> list[Fault]:
    """``OTHER_ASSET``: newest bars that are those of another instrument, price by price.

    Args:
        table: The instruments with their bars; of those that share a name none is compared.

    Returns:
        The bars of the one that left its own level for them; of both where that cannot be told.
    """
    found = []
    for (one, own), (other, its) in itertools.combinations(table, 2):
        if (one.venue, one.unit) != (other.venue, other.unit) or _names(one) & _names(other):
            continue
        # Two that are not at one price now and were not at the window's beginning cost nothing.
        mine, theirs = _common(own, its)
        if not len(mine):
            continue
        same = _same(own, its, mine, theirs)
        if not same.any():
            continue
        both = ((own, mine, other), (its, theirs, one))
        moves = [_sigmas(rows, index[same][0]) for rows, index, _ in both]
        for (rows, index, sibling), move, against in zip(both, moves, moves[::-1], strict=True):
            if move * _PLAINLY >= against:
                found.append(_twin(rows, index[same], sibling))
    return found


def _common(own: Rows, its: Rows) -> tuple[Positions, Positions]:
    """Positions of the newest bars that both have."""
    if np.array_equal(own.at[-_LATELY:], its.at[-_LATELY:]):
        n, m = len(own.at), len(its.at)
        k = min(n, m, _LATELY)
        return np.arange(n - k, n), np.arange(m - k, m)
    at, mine, theirs = np.intersect1d(own.at[-_LATELY:], its.at[-_LATELY:], return_indices=True)
    del at
    return mine + max(0, len(own.at) - _LATELY), theirs + max(0, len(its.at) - _LATELY)


def _same(own: Rows, its: Rows, mine: Positions, theirs: Positions) -> Mask:
    """Bars that are those of the other: one exactly, or a run of them nearly."""
    close, foreign = own.close[mine], its.close[theirs]
    with np.errstate(invalid="ignore"):
        same: Mask = np.abs(close - foreign) <= _EQUAL * np.abs(close)
        if not same.any():
            return same
        exact = same.copy()
        for a, b in ((own.open, its.open), (own.high, its.high), (own.low, its.low)):
            same &= np.abs(a[mine] - b[theirs]) <= _EQUAL * np.abs(close)
            exact &= a[mine] == b[theirs]
        wide = own.high[mine] - own.low[mine] > _RANGE * close
    exact &= wide & (close == foreign)
    same &= wide
    edges = np.flatnonzero(np.diff(np.r_[False, same, False]))
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        same[first:last] &= last - first >= _RUN
    return same | exact


def _sigmas(own: Rows, i: int) -> float:
    """How far a bar moved, in what its series usually moves; 0 for a first bar."""
    before = own.close[max(0, i - _WINDOW) : i + 1]
    moves = np.diff(np.log(before[before > 0]))
    if len(moves) < 3:
        return 0.0
    return float(abs(moves[-1]) / max(float(np.std(moves[:-1])), 0.002))


def _names(one: Instrument) -> frozenset[str]:
    return frozenset(name.casefold() for name in (one.symbol, one.short, one.name, *one.aliases))


def _twin(own: Rows, index: Positions, sibling: Instrument) -> Fault:
    at = own.at[index]
    day = np.datetime_as_string(at[-1], unit="D")
    return Fault(
        series=own.series, field="", check="OTHER_ASSET", at=at,
        seen=f"{len(at)} bars left out: they are those of {sibling.short}, price by price; the "
        f"last of {day}",
        lifted="bars of its own",
    )  # fmt: skip


def _told(series: str, field: str, check: str, column: Column, bad: Mask, seen: str) -> Fault:
    number = int(bad.sum())
    return Fault(
        series=series, field=field, check=check, at=column.at[bad],
        seen=f"{number:,} value{'s' * (number != 1)} left out: {seen}",
        lifted="values in the unit of its contract",
    )  # fmt: skip
