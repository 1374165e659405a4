"""Breadth: how many shares stand above their own mean, session by session of one venue.

Each share is compared with nothing but its own past closes, so that no price level matters. Who is
not there in a session, or too young for a mean, does not count in it, neither above nor below.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from workbench.domain.calendars import Moments
from workbench.measures.prices import Bars

SHORT, LONG = 50, 200  # sessions of the two means
LEAST = 3  # shares under which there is no breadth to speak of
_THERE = 0.9  # share of a window's sessions that need a close for a mean of it


def breadth(shares: Sequence[Bars], dates: Moments) -> pd.DataFrame:
    """The share of shares above the mean of their last 50, and of their last 200 sessions.

    Args:
        shares: Bars of any length, of the venue of ``dates``, split-adjusted.
        dates: That venue's sessions, increasing, without holes.

    Returns:
        Indexed by session: ``above_50`` and ``above_200``, fractions in [0, 1], and ``n_50`` and
        ``n_200``, how many shares were counted. A share counts where it has that session's close
        and closes on nine in ten sessions of the window, which ends with it. A close at its mean
        is not above it. NaN where fewer than three count.
    """
    index = pd.DatetimeIndex(dates, name="session")
    table = {own.symbol: pd.Series(own.close, pd.DatetimeIndex(own.dates)) for own in shares}
    close = pd.DataFrame({symbol: one.reindex(index) for symbol, one in table.items()}, index)
    found = pd.DataFrame(index=index)
    for window in (SHORT, LONG):
        mean = close.rolling(window, min_periods=int(np.ceil(_THERE * window))).mean()
        counted = (close.notna() & mean.notna()).sum(axis=1)
        share = (close > mean).sum(axis=1) / counted.where(counted >= LEAST)
        found[f"above_{window}"], found[f"n_{window}"] = share, counted
    return found
