"""Bars of venues that never close, and the best bid and ask of an order book.

A bar is delivered once, when it is over, under its end. What a venue repeats is one bar; two that
differ for the same time are none. Lengths that do not divide a day (weeks, months) are not kept.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from workbench.domain.deliveries import Basis, Request
from workbench.world.feeds.coins.found import Clock, Found, moment, part, wide
from workbench.world.feeds.coins.pairs import DAY, asked, fits, pair
from workbench.world.feeds.nodes import Unfit, number_or_numeral, shown

_ZERO = dt.timedelta(0)
_PRICES = ("open", "high", "low", "close")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Where a venue's bar has what.

    Attributes:
        start: Its start: a key, or a place in a row.
        fields: Field to key or place; volumes count coins of the pair's base.
        clock: Unit of its start.
        width: Places of a row, where it is a list.
    """

    start: str | int
    fields: Mapping[str, str | int]
    clock: Clock
    width: int = 0


def row(places: str, clock: Clock) -> Shape:
    """The shape of a bar that is a list.

    >>> row("start low high open close volume", "s").fields["open"]
    3
    """
    names = places.split()
    fields = {name: names.index(name) for name in (*_PRICES, "volume")}
    return Shape(start=names.index("start"), fields=fields, clock=clock, width=len(names))


@dataclass(slots=True, kw_only=True)
class _Bars:
    starts: list[dt.datetime] = field(default_factory=list)
    bars: dict[dt.datetime, object] = field(default_factory=dict)
    torn: set[dt.datetime] = field(default_factory=set)


def bars(
    found: Found,
    request: Request,
    symbol: str,
    table: Sequence[object],
    shape: Shape,
    *,
    length: dt.timedelta | None = None,
    unit: str = "",
    last: dt.datetime | None = None,
) -> None:
    """The finished bars of an answer, as rows of the series that were asked for.

    Args:
        found: Takes rows and gaps.
        request: What was asked.
        symbol: What the bars are of, as answer or address names it.
        table: The bars, in any order.
        shape: Where each has what.
        length: How long one lasts, where the address says so; else it is read from their starts.
        unit: Unit of the prices; by default the quote of the pair.
        last: Start of the last finished one, where the answer names it.
    """
    read = _read(found, symbol, table, shape)
    length = length or _length(read.starts)
    if length is None:
        found.gap(symbol, "no_period", f"{len(table)} bars of {symbol}, and nothing says how long")
        return
    if length <= _ZERO or length > DAY or DAY % length:
        found.gap(symbol, "other_period", f"bars of {symbol} that last {length} are not kept")
        return
    of = asked(request, symbol, length)
    if not of:
        found.gap("", "not_asked", f"bars of {symbol} that last {length} were not asked for")
        return
    quoted = pair(symbol)
    unit = unit or (quoted.quote if quoted else "")
    ends = _ends(found, symbol, read, length, last)
    for series in of:
        if not fits(found, series, unit, symbol):
            continue
        if not ends:
            found.gap(series, "empty", f"no finished bar of {symbol} was among {len(table)}")
        for start, end in ends:
            for name, key in shape.fields.items():
                measured = unit if name in _PRICES else "coins"
                # The volume of a swap is a currency's: its bars count coins.
                told = "volume_coins" if series.endswith("-PERP") and name == "volume" else name
                found.take(series, told, read.bars[start], key, end, measured)


def _read(found: Found, symbol: str, table: Sequence[object], shape: Shape) -> _Bars:
    read = _Bars()
    for one in table:
        try:
            if shape.width:
                wide(one, shape.width)
            start = moment(part(one, shape.start), shape.clock)
        except Unfit as error:
            found.gap(symbol, error.code, f"start of a bar: {error.reason}", about="start")
            continue
        read.starts.append(start)
        if start in read.bars and read.bars[start] != one:
            read.torn.add(start)
            found.gap(symbol, "conflict", f"two different bars start at {start}", about="twice")
        read.bars[start] = one
    if len(read.starts) > 1 and read.starts not in (sorted(read.starts), sorted(read.starts)[::-1]):
        found.gap(symbol, "out_of_order", f"the bars of {symbol} came out of order and were sorted")
    return read


def _length(starts: Sequence[dt.datetime]) -> dt.timedelta | None:
    ordered = sorted(set(starts))
    return min((b - a for a, b in pairwise(ordered)), default=None)


def _ends(
    found: Found, symbol: str, read: _Bars, length: dt.timedelta, last: dt.datetime | None
) -> list[tuple[dt.datetime, dt.datetime]]:
    kept = []
    for start in sorted(read.bars.keys() - read.torn):
        midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
        if start > found.now + length:
            found.gap(symbol, "future", f"a bar starts at {start}, after the pull", about="future")
        elif (start - midnight) % length:
            found.gap(
                symbol, "off_grid", f"a bar of {length} starts at {start}, not on a multiple of it",
                about="grid",
            )  # fmt: skip
        elif start + length <= found.now and (last is None or start <= last):
            kept.append((start, start + length))
    return kept


def quotes(
    found: Found,
    request: Request,
    symbol: str,
    holder: object,
    fields: Mapping[str, str | int | tuple[str | int, ...]],
    when: tuple[dt.datetime, Basis],
    *,
    unit: str = "",
) -> None:
    """Prices at a moment, as rows of the series that were asked for.

    Args:
        found: Takes rows and gaps.
        request: What was asked.
        symbol: What is quoted, as answer or address names it.
        holder: The part of the answer that holds the fields.
        fields: Field to its key; sizes and volumes count coins.
        when: The moment, and how it is known.
        unit: Unit of the prices; by default the quote of the pair.
    """
    quoted = pair(symbol)
    unit = unit or (quoted.quote if quoted else "")
    of = asked(request, symbol)
    if not of:
        found.gap("", "not_asked", f"a quote of {symbol} was not asked for", about="asked")
    at, basis = when
    for series in of:
        if not fits(found, series, unit, symbol):
            continue
        for name, keys in fields.items():
            coins = "volume" in name or name.endswith("_size")
            found.take(series, name, holder, keys, at, "coins" if coins else unit, basis)


def book(
    found: Found,
    request: Request,
    symbol: str,
    sides: tuple[object, object],
    when: tuple[dt.datetime, Basis],
    *,
    keys: tuple[str | int, str | int] = (0, 1),
    unit: str = "",
    coins: bool = True,
    width: int = 0,
) -> None:
    """The best bid and ask of an order book with what stands there, whatever its order.

    Args:
        found: Takes rows and gaps.
        request: What was asked.
        symbol: Whose book it is.
        sides: Levels of the bids and of the asks.
        when: The moment, and how it is known.
        keys: Where a level has its price and its size.
        coins: Whether sizes count coins; contracts are left out.
        width: Places of a level, where it is a list.
        unit: Unit of the prices; by default the quote of the pair.
    """
    best: dict[str, object] = {}
    fields: dict[str, str | int | tuple[str | int, ...]] = {}
    for name, levels, side in zip(("bid", "ask"), sides, (max, min), strict=True):
        if not isinstance(levels, list) or not levels:
            found.gap(symbol, "empty", f"the {name}s of {symbol} are {shown(levels)}")
            continue
        try:
            for level in levels if width else ():
                wide(level, width)
            best[name] = side(levels, key=lambda level: _price(level, keys[0]))
        except Unfit as error:
            found.gap(symbol, error.code, f"{name}s of {symbol}: {error.reason}")
            continue
        fields |= {name: (name, keys[0])}
        if coins:
            fields |= {f"{name}_size": (name, keys[1])}
    quotes(found, request, symbol, best, fields, when, unit=unit)


def _price(level: object, key: str | int) -> float:
    price = number_or_numeral(part(level, key), "a price")
    if math.isnan(price):  # a blank has no place in an order
        raise Unfit("wrong_type", f"a level without a price: {shown(level)}.")
    return price
