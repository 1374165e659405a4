"""What a series says of another: yields and their spread, one asset under the name of another."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from workbench.domain.calendars import to_datetime
from workbench.domain.contracts import usual
from workbench.domain.instruments import Instrument
from workbench.domain.records import Flag
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
_WIDE = 5e-3  # the same of bars that are alike but for roundings
_SIGMAS = 8.0  # of its own moves, by which it left its level for them
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
        if not least:
            continue
        full = np.isfinite(column.value)
        if not full.any():
            continue
        middle = float(np.median(np.abs(column.value[full])))
        if middle < least:
            seen = (
                f"its {int(full.sum())} values stand at {middle:g}, under {least:g} {column.unit}"
            )
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


def spreads_apart(snapshot: Snapshot) -> list[Flag]:
    """``SPREAD_APART`` withholds a spread that is not the difference of its two on its last day.

    Which of the three is off cannot be told from them, and the spread says nothing of its own.
    """
    found = []
    for spread, *legs in _SPREADS:
        columns = [snapshot.get(name, "value") for name in (spread, *legs)]
        if any(column is None or not len(column.at) for column in columns):
            continue
        own, ten, short = (column for column in columns if column is not None)
        rest = _rest([own.value, aligned(ten, own.at), aligned(short, own.at)])
        if abs(rest[-1]) <= _OFF:
            continue
        since = np.flatnonzero(np.abs(rest) <= _OFF)
        first = own.at[since[-1] + 1 if len(since) else 0]
        said, theirs = own.value[-1], own.value[-1] - rest[-1]
        found.append(Flag(
            series=spread, field="value", check="SPREAD_APART", severity="withheld",
            seen=f"{said:+.2f} points where {legs[0]} less {legs[1]} is {theirs:+.2f}",
            since=to_datetime(first), lifted="a day on which the three agree",
        ))  # fmt: skip
    return found


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
    groups: dict[tuple[str, str], list[tuple[Instrument, Rows]]] = {}
    for one, own in table:
        groups.setdefault((one.venue, one.unit), []).append((one, own))
    found: list[Fault] = []
    for group in groups.values():
        for k, j in _near(group):
            found += _pair(*group[k], *group[j])
    return found


def _near(group: Sequence[tuple[Instrument, Rows]]) -> list[tuple[int, int]]:
    """Pairs of positions whose closes are nearly one on any of the newest bars."""
    at = group[0][1].at[-_LATELY:]
    close = np.full((len(group), len(at)), np.nan)
    for k, (_, own) in enumerate(group):
        newest = own.at[-_LATELY:]
        if len(newest) == len(at) and (newest == at).all():
            close[k] = own.close[-_LATELY:]
        else:
            index = np.minimum(np.searchsorted(own.at, at), len(own.at) - 1)
            close[k] = np.where(own.at[index] == at, own.close[index], np.nan)
    order = np.argsort(close, axis=0)
    ranked = np.take_along_axis(close, order, axis=0)
    with np.errstate(invalid="ignore"):
        rank, bar = np.nonzero(np.diff(ranked, axis=0) <= _EQUAL * np.abs(ranked[:-1]))
    pairs = {(int(order[r, b]), int(order[r + 1, b])) for r, b in zip(rank, bar, strict=True)}
    return sorted({(min(pair), max(pair)) for pair in pairs})


def _pair(one: Instrument, own: Rows, other: Instrument, its: Rows) -> list[Fault]:
    if _names(one) & _names(other):
        return []
    _, mine, theirs = np.intersect1d(own.at[-_LATELY:], its.at[-_LATELY:], return_indices=True)
    mine, theirs = mine + max(0, len(own.at) - _LATELY), theirs + max(0, len(its.at) - _LATELY)
    same, exact = _same(own, its, mine, theirs)
    if not same.any():
        return []
    both = ((own, mine, other), (its, theirs, one))
    moves = [_sigmas(rows, index[same][0]) for rows, index, _ in both]
    if not exact and max(moves) < _SIGMAS:
        return []  # two names of one asset, or two that met
    return [
        _twin(rows, index[same], sibling)
        for (rows, index, sibling), move, against in zip(both, moves, moves[::-1], strict=True)
        if move * _PLAINLY >= against
    ]


def _same(own: Rows, its: Rows, mine: Positions, theirs: Positions) -> tuple[Mask, bool]:
    """Bars that are those of the other, nearly and several in a row, or exactly; and whether so."""
    price = own.close[mine]
    fields = (
        (own.open, its.open),
        (own.high, its.high),
        (own.low, its.low),
        (own.close, its.close),
    )
    gaps = np.array([np.abs(a[mine] - b[theirs]) for a, b in fields])
    with np.errstate(invalid="ignore"):
        span = own.high[mine] - own.low[mine]
        near: Mask = (gaps <= _EQUAL * price).all(axis=0) & (span > _WIDE * price)
        exact: Mask = (gaps == 0).all(axis=0) & (span > _RANGE * price)
    edges = np.flatnonzero(np.diff(np.r_[False, near, False]))
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        near[first:last] &= last - first >= _RUN
    return near | exact, bool(exact.any())


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
