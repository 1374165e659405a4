"""The real daily history that the ``arch`` package ships: the default desk's only feed.

S&P 500 and Nasdaq Composite OHLCV 1999-2018, VIX closes 2014-2018, WTI 1986-2018, Moody's
yields and core CPI. No network. Publication lags are those of ``domain.instruments``.
Source: ``arch.data`` (sp500, nasdaq, vix, wti, default, core_cpi).
"""

from __future__ import annotations

import datetime as dt
import importlib

import numpy as np
import pandas as pd

from workbench.domain.calendars import UTC
from workbench.domain.instruments import INDICATORS, INSTRUMENTS
from workbench.world.dating import dated

ORIGIN = "arch"
# The equity files end with 2018; VIX and WTI run two days longer, but without the index that
# the desk's clock follows, so the bundle is complete only to here.
THROUGH = dt.datetime(2018, 12, 31, 22, 0, tzinfo=UTC)

_FIELDS = {"Open": "open", "High": "high", "Low": "low", "Close": "close", "Volume": "volume"}
_FILES = {
    "SPX": ("sp500", _FIELDS),
    "COMP": ("nasdaq", _FIELDS),
    "VIX": ("vix", {"vix": "close"}),
    "WTI": ("wti", {"DCOILWTICO": "value"}),
    "AAA": ("default", {"AAA": "value"}),
    "BAA": ("default", {"BAA": "value"}),
    "CPILFESL": ("core_cpi", {"CPILFESL": "value"}),
}


def observations() -> pd.DataFrame:
    """All observations of the bundle.

    Returns:
        Columns ``series, field, at, known_at, value, unit, source``; a NaN value is a blank that
        the file holds (VIX and WTI have one on each holiday).
    """
    units = {one.symbol: one.unit for one in INSTRUMENTS}
    units |= {one.symbol: one.unit for one in INDICATORS}
    frames = []
    for series, (module, fields) in _FILES.items():
        table = importlib.import_module(f"arch.data.{module}").load()
        long = (
            table[list(fields)]
            .rename(columns=fields)
            .rename_axis("date")
            .reset_index()
            .melt(id_vars="date", var_name="field", value_name="number")
        )
        long["value"] = long.pop("number").astype(np.float64)
        long["series"] = series
        long["source"] = f"{ORIGIN}.{module}"
        long["unit"] = np.where(long["field"] == "volume", "shares", units[series])
        frames.append(dated(long))
    return pd.concat(frames, ignore_index=True)
