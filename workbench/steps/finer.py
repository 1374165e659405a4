"""Bars of an hour or finer from the archive, for the claims that run by the clock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

from workbench.domain import intraday
from workbench.domain.calendars import to_datetime, to_numpy
from workbench.domain.claims import Claim
from workbench.domain.instruments import Instrument
from workbench.measures import clock, prices
from workbench.measures.prices import Bars
from workbench.measures.quality.finer import finer_faults
from workbench.measures.quality.rows import without
from workbench.world.archive import Archive


def finer_bars(
    archive: Archive,
    asked: Iterable[Claim],
    instruments: Mapping[str, Instrument],
    as_of: dt.datetime,
) -> dict[str, list[Bars]]:
    """What the archive knew, at a moment, of the instruments that these claims read by the clock.

    Bars that cannot be true are left out.

    Args:
        archive: The observation store; not opened when no claim runs by the clock.
        asked: Claims, registered or not.
        instruments: Venues and quotes, by symbol.
        as_of: The moment; nothing known later is read.

    Returns:
        By symbol its bars of an hour at most from two hours before the first issue on: quotes in
        order of the instrument's preference, finest first. What ``settle`` and ``references`` take.

    Raises:
        BeyondArchive: The moment lies after the last pull.
        ParamsError: Several sources hold one of these series and the desk prefers none.
    """
    starts: dict[str, dt.datetime] = {}
    for claim in asked:
        for symbol in clock.clocked(claim, instruments):
            starts[symbol] = min(claim.window.start, starts.get(symbol, claim.window.start))
    if not starts:
        return {}
    held = _lengths(archive)
    sources = {
        symbol: {
            series: accepted
            for quote, accepted in instruments[symbol].quotes
            for series in held.get(quote, ())
        }
        for symbol in starts
    }
    wanted = {series: accepted for one in sources.values() for series, accepted in one.items()}
    since = to_datetime(to_numpy(min(starts.values())) - clock.STALE)
    snapshot = archive.as_of(as_of, wanted, since)
    for symbol, names in sources.items():
        for series in names:
            faults, _ = finer_faults(snapshot, instruments[symbol], series)
            snapshot = without(snapshot, faults)
    found = {
        symbol: [prices.intraday_bars(snapshot, series) for series in names]
        for symbol, names in sources.items()
    }
    return {symbol: [one for one in own if one is not None] for symbol, own in found.items()}


def _lengths(archive: Archive) -> dict[str, list[str]]:
    """Each quote's series of bars of an hour at most, finest first."""
    finest = sorted(
        (length, series)
        for series in archive.series()
        if (length := intraday.length(series)) is not None and length <= clock.HOUR
    )
    found: dict[str, list[str]] = {}
    for _, series in finest:
        found.setdefault(intraday.plain(series), []).append(series)
    return found
