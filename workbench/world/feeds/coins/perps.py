"""Perpetual swaps: what venues say of them, as fractions of eight hours and in their currency.

Venues charge funding every hour, four or eight hours; a series has one unit, so each rate is taken
times eight over the hours of its own period. Where that period cannot be told, there is no rate.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from itertools import pairwise

from workbench.domain.deliveries import Basis, Request
from workbench.world.feeds.coins.found import Clock, Found
from workbench.world.feeds.coins.pairs import asked, fits
from workbench.world.feeds.nodes import Unfit, number_or_numeral, shown

FUNDING = "fraction of 8 hours"
_HOURS = frozenset({1, 2, 4, 8})


def per_eight(hours: float) -> float:
    """What a rate for so many hours is multiplied with.

    >>> per_eight(1), per_eight(8)
    (8.0, 1.0)
    """
    return 8 / hours


def hours(value: object) -> float:
    """Over how many hours a rate is charged; raises ``Unfit`` unless it is part of a day."""
    found = number_or_numeral(value, "a period")
    if not 0 < found <= 24:
        raise Unfit("no_period", f"a period of {shown(value)} hours.")
    return found


def state(
    found: Found,
    request: Request,
    symbol: str,
    holder: object,
    fields: Mapping[str, tuple[str | int | tuple[str | int, ...], float]],
    when: tuple[dt.datetime, Basis],
    unit: str,
) -> None:
    """Funding, open interest, mark and the like at a moment, for the series that asked.

    Args:
        found: Takes rows and gaps.
        request: What was asked, its swaps named as the venue does.
        symbol: The contract.
        holder: The part of the answer that holds the fields.
        fields: Field to its key, and what its number is multiplied with to be in its unit:
            ``open_interest``, ``volume`` and prices in ``unit``, ``*_coins`` in coins, ``funding``
            a fraction of eight hours.
        when: The moment, and how it is known.
        unit: The currency in which the contract counts.
    """
    of = asked(request, symbol)
    if not of:
        found.gap("", "not_asked", f"{symbol} was not asked for", about="asked")
    for series in of:
        money = fits(found, series, unit, symbol)
        for name, (keys, times) in fields.items():
            if name == "funding":
                found.take(series, name, holder, keys, when[0], FUNDING, when[1], times)
            elif name.endswith(("_coins", "_24h")):
                found.take(series, name, holder, keys, when[0], "coins", when[1], times)
            elif money:
                measured = f"{unit} a day" if name == "volume" else unit
                found.take(series, name, holder, keys, when[0], measured, when[1], times)


def paid_of_each(
    found: Found,
    request: Request,
    rates: Mapping[str, Sequence[object]],
    wanted: str,
    keys: tuple[str, str],
    clock: Clock,
) -> None:
    """Rates of several contracts, whose distance tells their period.

    Args:
        found: Takes rows and gaps.
        request: What was asked, its swaps named as the venue does.
        rates: Contract to its rates.
        wanted: The one contract that the address asks for; empty for all.
        keys: Where a rate has its time and its number.
        clock: Unit of that time.
    """
    if wanted and set(rates) - {wanted}:
        found.gap("", "other_symbol", f"asked for {wanted}, got {', '.join(sorted(rates))[:80]}")
    for symbol, table in rates.items():
        paid(found, request, symbol, table, keys, clock)


def paid(
    found: Found,
    request: Request,
    symbol: str,
    table: Sequence[object],
    keys: tuple[str, str],
    clock: Clock,
    every: float | None = None,
) -> None:
    """Rates that were charged, each at the end of its period.

    Args:
        found: Takes rows and gaps.
        request: What was asked, its swaps named as the venue does.
        symbol: The contract.
        table: One object for each rate, in any order.
        keys: Where a rate has its time and its number.
        clock: Unit of that time.
        every: Over how many hours a rate is charged; None where only their distance tells.
    """
    of = asked(request, symbol)
    if not of:
        found.gap("", "not_asked", f"funding of {symbol} was not asked for", about="asked")
        return
    rates: dict[dt.datetime, object] = {}
    torn = set()
    for one in table:
        try:
            at = found.time(one, keys[0], clock)
        except Unfit as error:
            found.gap(symbol, error.code, f"time of a rate: {error.reason}", about="time")
            continue
        if at > found.now:
            continue  # charged while the pull ran: the next one brings it
        if at in rates and rates[at] != one:
            torn.add(at)
            found.gap(symbol, "conflict", f"two different rates of {at}", about="twice")
        rates[at] = one
    # Beside a rate that could not be read, distances are those of two periods.
    torn_apart = every is None and any(code != "not_asked" for _, code, _ in found.gaps)
    periods = {} if torn_apart else _periods(sorted(rates), every)
    for at in sorted(rates.keys() - torn):
        for series in of:
            period = periods.get(at)
            if period is None:
                found.gap(series, "no_period", f"the rate of {at} says no period", about="period")
                continue
            times = per_eight(period)
            found.take(series, "funding", rates[at], keys[1], at, FUNDING, "stated", times)


def _periods(times: Sequence[dt.datetime], every: float | None) -> dict[dt.datetime, float]:
    if every is not None:
        return dict.fromkeys(times, every)
    found: dict[dt.datetime, float] = {}
    for before, after in pairwise(times):
        # Venues stamp a rate some milliseconds after the hour.
        distance = round((after - before) / dt.timedelta(hours=1))
        if distance in _HOURS and abs(after - before - dt.timedelta(hours=distance)) < dt.timedelta(
            minutes=5
        ):
            found[after] = distance
            found.setdefault(before, distance)
    return found
