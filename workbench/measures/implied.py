"""What insurance of one index costs over several spans: the term structure of its volatility.

Near spans are mostly cheaper than far ones; where the near one costs more, the market expects its
trouble now. Source: Cboe's VIX indices, each in points, an annualised volatility in per cent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from workbench.domain.calendars import Moments
from workbench.domain.instruments import Instrument, find
from workbench.measures.prices import Bars

NEAR, FAR = "VIX", "VIX3M"
SPANS: Mapping[str, str] = {
    "VIX9D": "9 days", "VIX": "30 days", "VIX3M": "3 months", "VIX6M": "6 months",
}  # fmt: skip
# The spans beside the VIX itself: read like it, spoken of by no claim.
BESIDE: tuple[Instrument, ...] = tuple(
    replace(find(NEAR), symbol=name, name=name, aliases=()) for name in SPANS if name != NEAR
)


def curve(found: Mapping[str, Bars], dates: Moments) -> pd.DataFrame:
    """Closes by span on these sessions.

    Args:
        found: Bars by symbol; other symbols than those of ``SPANS`` are left out.
        dates: Sessions, increasing.

    Returns:
        Indexed by session, one column a span that is there, the shortest first, in points. NaN
        where a span has no close of that session.
    """
    index = pd.DatetimeIndex(dates, name="session")
    own = {name: found[name] for name in SPANS if name in found}
    return pd.DataFrame(
        {name: pd.Series(b.close, pd.DatetimeIndex(b.dates)).reindex(index)
         for name, b in own.items()}, index,
    )  # fmt: skip


def slope(closes: pd.DataFrame) -> pd.Series[float]:
    """The VIX over its three-month sister: below one where far costs more, as is usual.

    Args:
        closes: ``curve``.

    Returns:
        Indexed as given, NaN where either is missing and throughout without ``VIX3M``.
    """
    far = closes[FAR] if FAR in closes else pd.Series(float("nan"), closes.index)
    return (closes[NEAR] / far).rename("slope")
