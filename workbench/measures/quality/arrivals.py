"""Whether delivered observations look as their contracts say: unit, range, time, session, spacing.

For what comes in from outside, once, before it is stored: pandera takes two seconds to import, so
nothing that a replay does may import this module.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from typing import cast

import numpy as np
import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaErrors

from workbench.domain import intraday
from workbench.domain.calendars import FIRST, venue
from workbench.domain.contracts import contract, prices
from workbench.domain.deliveries import COLUMNS, Gap
from workbench.domain.instruments import KNOWN, Instrument

_BARS = frozenset({"open", "high", "low", "close"})
_AHEAD = frozenset({"split", "dividend"})  # announced before they take effect
_STABLE = frozenset({"USDT", "USDC"})
_SOON = dt.timedelta(minutes=2)
_OLDEST = pd.Timestamp("1850-01-01", tz="UTC")
_SPACED = {"day": 0.5, "week": 4.0, "month": 20.0, "quarter": 60.0}  # least median, days
_KEY = ["series", "field", "at", "known_at", "source"]
_REASONS = {
    "other_unit": "its unit is not that of its contract",
    "out_of_range": "outside what can be true",
    "zero": "0, which cannot be true",
    "not_finite": "no finite number",
    "future": "it describes a moment after the pull",
    "bad_time": "its moment is long before there was such data: seconds read as milliseconds?",
    "off_session": "no session of its venue closes then",
    "other_frequency": "values come more often than its contract's period",
    "wrong_type": "its value is no number",
}


def conforming(
    frame: pd.DataFrame, *, now: dt.datetime, table: Iterable[Instrument] = KNOWN
) -> tuple[pd.DataFrame, tuple[Gap, ...]]:
    """The rows of a delivery that may be stored, and what was left out of it.

    Args:
        frame: Columns ``COLUMNS`` of ``domain.deliveries``; NaN values are blanks and stay NaN.
        now: The pull's moment, aware UTC.
        table: Instruments whose bars are held to their price's range, unit and sessions.

    Returns:
        The good rows by series, field and time, each once, and one gap a series and code.
        Equal rows are one without a word; of two values of one moment and vintage the later
        one in the delivery stays, with a gap.
    """
    missing = [name for name in COLUMNS if name not in frame]
    if missing:
        reason = f"the delivery lacks {', '.join(missing)}"
        return pd.DataFrame(columns=list(COLUMNS)), (
            Gap(series="", code="no_field", reason=reason),
        )
    gaps: list[Gap] = []
    rows = frame.loc[:, list(COLUMNS)].reset_index(drop=True)
    rows = _timed(rows, gaps)
    number = pd.to_numeric(rows["value"], errors="coerce")
    lost = number.isna() & rows["value"].notna()
    gaps += _told(rows[lost], "wrong_type")
    rows = rows[~lost].assign(value=number[~lost].astype(np.float64))
    if rows.empty:
        return rows, tuple(gaps)
    named = {series: one for one in table for series in _names(one)}
    bad = pd.Series("", index=rows.index)
    alike: dict[object, list[tuple[str, str, pd.Index]]] = {}
    for key, index in rows.groupby(["series", "field"], sort=False).groups.items():
        series, field = map(str, cast(tuple[object, object], key))
        if _spaced(rows.loc[index, "at"], series, field):
            alike.setdefault(_terms(series, field, named), []).append((series, field, index))
        else:
            bad.loc[index] = "other_frequency"
    for group in alike.values():  # a chain has a thousand fields of four contracts
        series, field, _ = group[0]
        labels = np.concatenate([index for _, _, index in group])
        one = named.get(intraday.plain(series))
        for code, failed in _failures(rows.loc[np.sort(labels)], series, field, one, now):
            fresh = [row for row in failed if not bad.at[row]]
            bad.loc[fresh] = code
    for code in dict.fromkeys(bad[bad != ""]):
        gaps += _told(rows[bad == code], code)
    return _ordered(rows[bad == ""], gaps), tuple(gaps)


def _terms(series: str, field: str, named: Mapping[str, Instrument]) -> object:
    """What decides the schema of a field of a series: equal terms, equal schema."""
    one = named.get(intraday.plain(series))
    own = field if one is not None or field in _AHEAD else ""
    unit = None if one is None else _quoted(series, one)
    return one, own, unit, intraday.length(series) is None, contract(series, field)


def _names(one: Instrument) -> tuple[str, ...]:
    return (one.symbol, *(intraday.plain(series) for series, _ in one.quotes))


def _timed(rows: pd.DataFrame, gaps: list[Gap]) -> pd.DataFrame:
    """The rows whose times name a zone, in UTC and microseconds."""
    kept = pd.Series(True, index=rows.index)
    moments = {}
    for name in ("at", "known_at"):
        zoned = pd.Series([_zoned(value) for value in rows[name]], index=rows.index, dtype=bool)
        if name == "at":
            zoned &= rows[name].notna()
        kept &= zoned
        moments[name] = rows[name].where(zoned)
    for series in dict.fromkeys(rows.loc[~kept, "series"]):
        reason = f"{int((rows.loc[~kept, 'series'] == series).sum())} rows whose time names no zone"
        gaps.append(Gap(series=str(series), code="no_zone", reason=reason))
    times = {
        name: pd.to_datetime(value[kept], utc=True).astype("datetime64[us, UTC]")
        for name, value in moments.items()
    }
    return rows[kept].assign(**times)


def _zoned(value: object) -> bool:
    """Whether a time is missing, or says which zone it is in."""
    return value is pd.NaT or value is None or getattr(value, "tzinfo", None) is not None


def _failures(
    part: pd.DataFrame, series: str, field: str, one: Instrument | None, now: dt.datetime
) -> Iterator[tuple[str, list[int]]]:
    """Codes with the index labels of the rows that break the contract."""
    try:
        schema(series, field, one, now).validate(part, lazy=True)
    except SchemaErrors as errors:
        cases = errors.failure_cases
        for code, found in cases.groupby("check", sort=False):
            yield str(code), [int(label) for label in found["index"].dropna()]


def schema(series: str, field: str, one: Instrument | None, now: dt.datetime) -> pa.DataFrameSchema:
    """The pandera contract of one field of a series; checks are named by their gap's code."""
    value = [pa.Check(lambda v: np.isfinite(v) | v.isna(), error="not_finite")]
    units: list[pa.Check] = []
    oldest = _OLDEST
    latest = pd.Timestamp(now) + _SOON
    at = []
    terms = contract(series, field)
    if one is not None and field in _BARS:
        low, high = prices(one.symbol)
        value.append(_between(low, high, low != 0))
        units.append(pa.Check.isin([_quoted(series, one)], error="other_unit"))
        oldest = pd.Timestamp(FIRST, tz="UTC")
        if intraday.length(series) is None and field == "close":
            closes = pd.DatetimeIndex(venue(one.venue).closes).tz_localize("UTC")
            at.append(pa.Check(lambda moments: moments.isin(closes), error="off_session"))
    elif one is not None and field == "volume":
        value.append(_between(0, 1e15, True))
    elif field == "split":
        value.append(_between(0, 1e4, False))
    elif field == "dividend":
        value.append(_between(0, 1e6, True))
    elif terms is not None:
        value.append(_between(terms.low, terms.high, True))
        units.append(pa.Check.isin([terms.unit], error="other_unit"))
        if not terms.zero:
            value.append(pa.Check(lambda v: v != 0, error="zero"))
        if terms.period == "tick":
            oldest = pd.Timestamp(FIRST, tz="UTC")
    at.append(pa.Check(lambda moments: moments >= oldest, error="bad_time"))
    if field not in _AHEAD:
        at.append(pa.Check(lambda moments: moments <= latest, error="future"))
    return pa.DataFrameSchema(
        {
            "value": pa.Column(float, value, nullable=True),
            "unit": pa.Column(None, units),
            "at": pa.Column(None, at),
            "known_at": pa.Column(
                None, pa.Check(lambda moments: moments <= latest, error="future"), nullable=True
            ),
        }
    )


def _quoted(series: str, one: Instrument) -> str:
    """The unit in which a series tells an instrument's price: of a pair in tethers, tethers."""
    own = intraday.plain(series).removeprefix(one.ticker)
    return own if one.ticker and own in _STABLE else one.unit


def _between(low: float, high: float, closed: bool) -> pa.Check:
    return pa.Check.in_range(low, high, include_min=closed, error="out_of_range")


def _spaced(at: pd.Series[pd.Timestamp], series: str, field: str) -> bool:
    """Whether values come as seldom as the contract's period says."""
    terms = contract(series, field)
    least = _SPACED.get(terms.period) if terms is not None else None
    if least is None:
        return True
    moments = np.unique(at.to_numpy())
    if len(moments) < 3:
        return True
    return bool(np.median(np.diff(moments)) / np.timedelta64(1, "D") >= least)


def _told(rows: pd.DataFrame, code: str) -> list[Gap]:
    """One gap a series, with how many rows and the first of them."""
    found = []
    for series, part in rows.groupby("series", sort=False):
        first = part.iloc[0]
        reason = (
            f"{len(part)} rows left out, the first {first['field']} {first['value']} "
            f"{first['unit']} of {first['at']:%Y-%m-%d %H:%M}Z: {_REASONS[code]}"
        )
        found.append(Gap(series=str(series), code=code, reason=reason))
    return found


def _ordered(rows: pd.DataFrame, gaps: list[Gap]) -> pd.DataFrame:
    """The rows in time, each moment and vintage once."""
    for series, part in rows.groupby("series", sort=False):
        groups = part.groupby(["field", "known_at"], sort=False, dropna=False)
        several = part[groups["at"].transform("size") > 2]  # fewer are in one order or the other
        groups = several.groupby(["field", "known_at"], sort=False, dropna=False)
        steps = [np.diff(own["at"].astype(np.int64).to_numpy()) for _, own in groups]
        if any((one > 0).any() and (one < 0).any() for one in steps):
            gaps.append(Gap(series=str(series), code="out_of_order", reason="its rows were mixed"))
    rows = rows.drop_duplicates()
    twice = rows.duplicated(_KEY, keep="last")
    for series in dict.fromkeys(rows.loc[twice, "series"]):
        reason = "two values of one moment in one delivery; the later one stays"
        gaps.append(Gap(series=str(series), code="revised", reason=reason))
    return rows[~twice].sort_values(_KEY[:4], kind="stable", na_position="last", ignore_index=True)
