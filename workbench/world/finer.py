"""Bars shorter than a session, kept in the archive under a series id of their own.

An hourly row that ends on an official close would pass for that session's daily bar, with the
high and low of one hour. So a series of an instrument, or one that speaks for it, is named by the
length of its bars as soon as they are shorter than a session: ``SPY@5m``. See ``domain.intraday``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.domain import intraday
from workbench.domain.calendars import venue
from workbench.domain.instruments import INSTRUMENTS, Instrument
from workbench.world.dating import DAY

Lengths = npt.NDArray[np.timedelta64]


def apart(
    frame: pd.DataFrame, length: Lengths, own: Mapping[str, Instrument], time: str
) -> tuple[pd.DataFrame, Lengths]:
    """The rows, those of bars shorter than a session under the id of their length.

    Args:
        frame: Long rows with a categorical ``series``.
        length: Of the bar on each row, from the spacing of its series; NaT for a lone one, which
            keeps its name, as nothing tells that it is not a day's.
        own: The desk's instruments beyond the built-in table, by symbol.
        time: ``ts`` where rows start bars: less than a day is shorter than a session. ``at``
            where they end them: daily closes lie 21 hours apart over a half-day, so only what
            lies closer than any two closes of the venue is shorter.

    Returns:
        The frame, and the lengths; a series that arrives with a length in its id keeps both.
    """
    names = [str(one) for one in frame["series"].cat.categories]
    codes = frame["series"].cat.codes.to_numpy(np.int64)
    stated = [intraday.length(one) for one in names]
    said = np.array([np.timedelta64("NaT") if one is None else one for one in stated], "m8[us]")
    length = np.where(np.isnat(said[codes]), length, said[codes])
    speakers = _speakers(own)
    least = [
        np.timedelta64(0, "us")
        if one not in speakers or each is not None
        else _session(speakers[one], time)
        for one, each in zip(names, stated, strict=True)
    ]
    short = length < np.array(least, "m8[us]")[codes]
    places = {one: place for place, one in enumerate(names)}
    for code in np.unique(codes[short]):
        for each in np.unique(length[short & (codes == code)]):
            finer = intraday.name(names[code], each)
            codes[(codes == code) & (length == each)] = places.setdefault(finer, len(places))
    series = pd.Categorical.from_codes(codes, pd.Index(list(places)))
    return frame.assign(series=series.remove_unused_categories()), length


def spoken(series: Iterable[str], own: Mapping[str, Instrument]) -> dict[str, Instrument]:
    """The instrument of each of these series that holds bars shorter than a session."""
    speakers = _speakers(own)
    return {
        one: speakers[intraday.plain(one)]
        for one in series
        if intraday.length(one) is not None and intraday.plain(one) in speakers
    }


def _speakers(own: Mapping[str, Instrument]) -> dict[str, Instrument]:
    """Series id to its instrument, or the first one that it speaks for."""
    table = (*own.values(), *(one for one in INSTRUMENTS if one.symbol not in own))
    quoted = {series: one for one in reversed(table) for series, _ in one.quotes}
    return quoted | {one.symbol: one for one in table}


def _session(one: Instrument, time: str) -> np.timedelta64:
    """Bars of the instrument shorter than this are not a session's."""
    if time == "ts":
        return DAY
    closes = venue(one.venue).closes
    return np.timedelta64(int(np.diff(closes).astype(np.int64).min()), "us")
