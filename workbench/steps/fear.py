"""What insurance costs: the VIX, the same over other spans, and what its index moved in fact."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from workbench.domain.calendars import venue
from workbench.domain.instruments import Instrument
from workbench.measures import implied, prices, quality
from workbench.measures.prices import Bars
from workbench.steps import origins
from workbench.steps.bench import Bench
from workbench.steps.tape import INSURED


def history(bench: Bench, sessions: int) -> pd.DataFrame:
    """The VIX's last sessions with its term structure and the volatility of what it insures.

    Returns:
        Indexed by the dates of all sessions whose close was due: ``VIX``, and beside it ``VIX9D``,
        ``VIX3M`` and ``VIX6M`` where the archive has them of the source that the VIX has, all
        closes in points, NaN where one has none; ``moved``, the annualised EWMA volatility of the
        desk's S&P 500 in per cent, known at that close, NaN without one. Empty where the desk has
        no VIX to speak of.
    """
    if implied.NEAR not in bench.bars:
        return pd.DataFrame()
    near = bench.bars[implied.NEAR]
    vix = next(one for one in bench.instruments if one.symbol == implied.NEAR)
    due = bench.as_of - dt.timedelta(minutes=vix.lag_minutes)
    dates = venue(vix.venue).dates_until(near.dates[0], due)
    found = implied.curve({implied.NEAR: near, **_beside(bench, vix)}, dates)
    found["moved"] = np.nan
    index = insured(bench)
    if index is not None:
        own = bench.bars[index.symbol]
        moved = 100 * prices.SESSIONS_A_YEAR**0.5 * prices.ewma_volatility(own.close)
        found["moved"] = pd.Series(moved, pd.DatetimeIndex(own.dates)).reindex(found.index)
    return found.iloc[-sessions:]


def insured(bench: Bench) -> Instrument | None:
    """The desk's instrument that the VIX insures, if it has one."""
    return next((i for i in bench.instruments if i.symbol in INSURED & bench.bars.keys()), None)


def origin(bench: Bench) -> str:
    """Where ``history`` comes from; its other spans are of the source of the VIX."""
    index = insured(bench)
    return origins.market(bench, implied.NEAR, *([index.symbol] if index else []))


def _beside(bench: Bench, vix: Instrument) -> dict[str, Bars]:
    """The other spans as known and examined; those that cannot be trusted are left out.

    They are read apart from the snapshot, as option chains are: no mind and no claim uses them, so
    that a cycle's hash does not depend on them.
    """
    near = bench.seen.columns[implied.NEAR, "close"]
    sources = vix.sources or tuple(near.source.split("+"))
    known = bench.archive.series()
    asked = [one for one in implied.BESIDE if one.symbol in known]
    if not asked:
        return {}
    seen = bench.archive.as_of(bench.as_of, {one.symbol: sources for one in asked})
    examined = quality.examined(seen, asked, ())
    hidden = quality.withheld(examined.flags)
    found = {one.symbol: prices.bars(examined.snapshot, one) for one in asked}
    return {name: own for name, own in found.items() if own is not None and name not in hidden}
