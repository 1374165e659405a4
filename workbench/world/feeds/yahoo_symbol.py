"""What a symbol of Yahoo's is, by the metadata of its chart: pinned to the desk's instrument.

Currency, type of instrument, time zone and length of a bar are held to what the desk expects, so
that a symbol that now means another asset, or the same one in another currency, is refused.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo, available_timezones

import numpy as np

from workbench.domain.calendars import to_datetime, venue
from workbench.domain.deliveries import Request
from workbench.domain.instruments import ALWAYS, KNOWN, Instrument
from workbench.world.feeds import nodes
from workbench.world.feeds.nodes import Node, Unfit

SOURCE = "yahoo"
LENGTHS = {
    "1m": 1, "2m": 2, "5m": 5, "15m": 15, "30m": 30, "60m": 60, "1h": 60, "90m": 90,
}  # fmt: skip
# Under which name Yahoo knows a series that it does not call as the desk does.
NAMES: Mapping[str, str] = {
    "VIX": "^VIX", "VIX9D": "^VIX9D", "VIX3M": "^VIX3M", "VIX6M": "^VIX6M", "SPX": "^GSPC",
    "COMP": "^IXIC", "10Y": "^TNX", "DXY": "DX-Y.NYB", "CL": "CL=F", "BZ": "BZ=F", "XAU": "GC=F",
}  # fmt: skip
TERM = ("VIX9D", "VIX3M", "VIX6M")  # computed as the VIX is, and as late
_TYPES = {"points": ("INDEX",), "%": ("INDEX",), "USD": ("EQUITY", "ETF")}
_LISTED = ("EQUITY", "ETF", "INDEX")
_WHOLE_DAY = dt.timedelta(hours=23)


@dataclass(frozen=True, slots=True, kw_only=True)
class Symbol:
    """What the metadata say, checked."""

    kind: str
    unit: str
    zone: ZoneInfo
    length: dt.timedelta | None  # None: whole sessions
    traded: dt.datetime | None  # the last trade
    close: dt.time  # local end of the regular session; midnight where it lasts all day
    xnys: bool  # its sessions are those of XNYS


def opening(date: dt.date) -> dt.datetime:
    """The official open of the XNYS session on this date, which must be one."""
    calendar = venue("XNYS")
    index = int(np.searchsorted(calendar.dates, np.datetime64(date)))
    return to_datetime(calendar.opens[index])


def instrument(series: str) -> Instrument | None:
    """What the desk expects of a series; None where its tables do not list it."""
    if series in TERM:
        return Instrument(symbol=series, name=series, unit="points", lag_minutes=30)
    return next((one for one in KNOWN if one.symbol == series), None)


def ids_of(name: str, request: Request) -> list[str]:
    """The series that a name of Yahoo's stands for; the name itself where all is wanted."""
    if not request.series:
        return [name]
    return [one for one, known in request.series.items() if symbol_of(one, known) == name]


def symbol_of(series: str, known: str) -> str:
    """Yahoo's name of a series; a series that params give no other name has the usual one."""
    return NAMES.get(series, series) if known in {series, ""} else known


def checked(meta: Node, asked: str, expected: Instrument | None, interval: str) -> Symbol:
    """Pins what the symbol is, so that another asset under its name is refused."""
    name = nodes.text(nodes.field(meta, "symbol", "meta"), "meta.symbol")
    if name != asked:
        raise Unfit("renamed", f"Asked for {asked}, Yahoo answers about {name}.")
    kind = nodes.text(nodes.field(meta, "instrumentType", "meta"), "meta.instrumentType")
    currency = nodes.text(nodes.field(meta, "currency", "meta"), "meta.currency")
    zone = nodes.text(
        nodes.field(meta, "exchangeTimezoneName", "meta"), "meta.exchangeTimezoneName"
    )
    if zone not in available_timezones():
        raise Unfit(
            "wrong_type", f"meta.exchangeTimezoneName is no time zone: {nodes.shown(zone)}."
        )
    said = nodes.text(nodes.field(meta, "dataGranularity", "meta"), "meta.dataGranularity")
    if interval and LENGTHS.get(interval, interval) != LENGTHS.get(said, said):
        raise Unfit("other_period", f"Asked for bars of {interval}, got bars of {said}.")
    if said != "1d" and said not in LENGTHS:
        raise Unfit("other_period", f"Bars of {said} are not kept.")
    unit = currency
    if expected is not None:
        unit = expected.unit
        _pinned(kind, currency, zone, expected)
    elif kind == "INDEX":
        unit = "points"
    traded = meta.get("regularMarketTime")
    close = _close(meta, ZoneInfo(zone))
    # Yahoo keeps Cboe's indices in Chicago's time, though they follow New York's sessions.
    listed = kind in _LISTED and expected is not None and expected.venue != ALWAYS
    in_zone = zone == "America/New_York" or (zone == "America/Chicago" and kind == "INDEX")
    return Symbol(
        kind=kind,
        unit=unit,
        zone=ZoneInfo(zone),
        length=None if said == "1d" else dt.timedelta(minutes=LENGTHS[said]),
        traded=None if traded is None else nodes.seconds(traded, "meta.regularMarketTime"),
        close=close,
        xnys=listed or (in_zone and close != dt.time(0)),
    )


def _pinned(kind: str, currency: str, zone: str, expected: Instrument) -> None:
    if currency != "USD":  # Yahoo gives indices a currency too
        raise Unfit("other_currency", f"{expected.symbol} should be in USD, got {currency}.")
    always = expected.venue == ALWAYS
    kinds = ("CRYPTOCURRENCY",) if always else _TYPES.get(expected.unit, ("FUTURE", "CURRENCY"))
    if kind not in kinds:
        raise Unfit("other_asset", f"{expected.symbol} should be {' or '.join(kinds)}, got {kind}.")
    zones = ("UTC",) if always else ("America/New_York",)
    if zone not in zones and kind in {"EQUITY", "ETF", "CRYPTOCURRENCY"}:
        raise Unfit("other_asset", f"{expected.symbol} should trade in {zones[0]}, got {zone}.")


def _close(meta: Node, zone: ZoneInfo) -> dt.time:
    """The local time at which a daily bar ends, midnight for what trades all day."""
    period = nodes.table(
        nodes.field(meta, "currentTradingPeriod", "meta"), "meta.currentTradingPeriod"
    )
    regular = nodes.table(nodes.field(period, "regular", "currentTradingPeriod"), "regular")
    start, end = (
        nodes.seconds(nodes.field(regular, at, "regular"), f"regular.{at}")
        for at in ("start", "end")
    )
    return dt.time(0) if end - start >= _WHOLE_DAY else end.astimezone(zone).time()
