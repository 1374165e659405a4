"""How many of the desk's shares go along with its index."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from workbench.domain.calendars import venue
from workbench.domain.instruments import Instrument
from workbench.measures.breadth import LEAST, breadth
from workbench.steps import origins
from workbench.steps.bench import Bench

SHARES = "mega-cap"  # the theme whose instruments are shares of large companies


def index(bench: Bench) -> Instrument | None:
    """The index that breadth is read against: the lead if it is one, else the desk's first."""
    usable = [one for one in bench.instruments if one.symbol in bench.bars]
    return next((one for one in usable if one.theme == "index"), None)


def members(bench: Bench) -> list[Instrument]:
    """The desk's shares on the venue of that index whose closes may be used."""
    against = index(bench)
    return [
        one
        for one in bench.instruments
        if against
        and (one.theme, one.venue) == (SHARES, against.venue)
        and one.symbol in bench.bars
    ]


def origin(bench: Bench) -> str:
    """Where ``history`` comes from."""
    against = index(bench)
    shares = [one.symbol for one in members(bench)]
    return origins.market(bench, *([against.symbol] if against else []), *shares)


def history(bench: Bench, sessions: int) -> pd.DataFrame:
    """The index's last sessions with the share of the desk's shares above their own means.

    Returns:
        Indexed by the dates of all sessions whose close was due: ``close`` of the index, NaN where
        it has none, and what ``measures.breadth.breadth`` gives. Empty without an index or with
        fewer than three shares.
    """
    against, shares = index(bench), members(bench)
    if against is None or len(shares) < LEAST:
        return pd.DataFrame()
    own = bench.bars[against.symbol]
    due = bench.as_of - dt.timedelta(minutes=against.lag_minutes)
    dates = venue(against.venue).dates_until(own.dates[0], due)
    found = breadth([bench.bars[one.symbol] for one in shares], dates)
    close = pd.Series(own.close, pd.DatetimeIndex(own.dates))
    found.insert(0, "close", close.reindex(found.index))
    return found.iloc[-sessions:]
