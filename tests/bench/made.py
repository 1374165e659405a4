"""A made-up world's numbers: one seeded random walk an instrument, from which all venues quote.

Everything is drawn once for three years from ``START`` of the world and cut at its clock, so that
a later moment shows more of the same world. Nothing here is or resembles a real price path.
"""

from __future__ import annotations

import datetime as dt
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from workbench.domain.calendars import to_datetime, venue

UTC = dt.UTC
YEARS = 3
SHARES: Mapping[str, float] = {  # symbol to its first price
    "SPY": 450.0, "QQQ": 380.0, "IWM": 195.0, "TSLA": 210.0, "META": 330.0, "AMZN": 145.0,
    "MSFT": 340.0, "NVDA": 480.0, "GOOGL": 135.0, "AAPL": 185.0, "MSTR": 420.0,
}  # fmt: skip
FUNDS = ("SPY", "QQQ", "IWM")
INDICES: Mapping[str, float] = {"VIX": 0.0, "VIX9D": -0.8, "VIX3M": 1.6, "VIX6M": 2.6}
COINS: Mapping[str, float] = {"BTC": 42_000.0, "ETH": 2_300.0, "SOL": 95.0}
PAYERS: Mapping[str, float] = {"SPY": 1.71, "QQQ": 0.62, "IWM": 0.55, "MSFT": 0.75, "AAPL": 0.24}
HOUR = dt.timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One session or hour as traded: prices in USD or points, volume in shares or coins."""

    start: dt.datetime
    end: dt.datetime
    open: float
    high: float
    low: float
    close: float
    volume: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One session of XNYS."""

    date: dt.date
    open: dt.datetime
    close: dt.datetime


def rng(*names: object) -> np.random.Generator:
    """The generator of one thing, the same in every process."""
    return np.random.default_rng(zlib.crc32("|".join(map(str, names)).encode()))


@dataclass(kw_only=True)
class Numbers:
    """All numbers of one world.

    Attributes:
        start: Its first day.
        splits: Symbol to the session date from which its shares are others, and how many for one.
    """

    start: dt.date
    splits: Mapping[str, tuple[dt.date, float]] = field(default_factory=dict)

    @cached_property
    def sessions(self) -> tuple[Day, ...]:
        """Sessions of XNYS."""
        calendar = venue("XNYS")
        last = self.start + dt.timedelta(days=366 * YEARS)
        return tuple(
            Day(date=one.date, close=one.close, open=to_datetime(
                calendar.opens[np.searchsorted(calendar.dates, np.datetime64(one.date))]
            ))
            for one in calendar.between(self.start, last)
        )  # fmt: skip

    @cached_property
    def _market(self) -> np.ndarray:
        return rng("market").normal(0.0003, 0.009, len(self.sessions))

    def draw(self) -> None:
        """Draws everything."""
        _ = self._shares, self._indices, self._days

    def shares(self, symbol: str, now: dt.datetime) -> list[Bar]:
        """Daily bars of a share or fund that are over, or under way, as traded."""
        return [bar for bar in self._shares[symbol] if bar.start <= now]

    @cached_property
    def _shares(self) -> dict[str, list[Bar]]:
        found = {}
        for symbol, first in SHARES.items():
            draw = rng("share", symbol)
            own = 0.002 if symbol in FUNDS else 0.012
            steps = self._market * (1.0 if symbol in FUNDS else 1.2)
            steps = steps + draw.normal(0, own, len(steps))
            closes = first * np.exp(np.cumsum(steps))
            opens = np.concatenate([[first], closes[:-1]]) * np.exp(
                draw.normal(0, 0.002, len(steps))
            )
            found[symbol] = self._bars(symbol, opens, closes, draw)
        return found

    def _bars(
        self, symbol: str, opens: np.ndarray, closes: np.ndarray, draw: np.random.Generator
    ) -> list[Bar]:
        volumes = np.exp(draw.normal(17.0, 0.25, len(closes)))
        reach = np.abs(draw.normal(0, 0.004, (2, len(closes))))
        when, ratio = self.splits.get(symbol, (dt.date.max, 1.0))
        bars = []
        for place, one in enumerate(self.sessions):
            by = ratio if one.date >= when else 1.0
            o, c = opens[place] / by, closes[place] / by
            bars.append(Bar(
                start=one.open, end=one.close, open=round(o, 2), close=round(c, 2),
                high=round(max(o, c) * (1 + reach[0, place]) + 0.01, 2),
                low=round(min(o, c) * (1 - reach[1, place]) - 0.01, 2),
                volume=float(round(volumes[place] * by)),
            ))  # fmt: skip
        return bars

    def index(self, symbol: str, now: dt.datetime) -> list[Bar]:
        """Daily bars of the VIX or one of its terms."""
        return [bar for bar in self._indices[symbol] if bar.start <= now]

    @cached_property
    def _indices(self) -> dict[str, list[Bar]]:
        draw, level, levels = rng("vix"), 17.0, []
        for step in self._market:
            level += 0.06 * (17.0 - level) - 90 * step + draw.normal(0, 0.5)
            level = float(np.clip(level, 9.5, 70))
            levels.append(level)
        found = {}
        for symbol, off in INDICES.items():
            closes = np.array(levels) + off
            opens = np.concatenate([[17.0 + off], closes[:-1]]) + 0.11
            found[symbol] = self._bars(symbol, opens, closes, rng("index", symbol))
        return found

    def dividends(self, symbol: str, now: dt.datetime) -> list[tuple[Day, float]]:
        """Ex-dates so far and USD a share as paid then."""
        if symbol not in PAYERS:
            return []
        when, ratio = self.splits.get(symbol, (dt.date.max, 1.0))
        every = self.sessions[40::63]
        return [
            (one, round(PAYERS[symbol] / (ratio if one.date >= when else 1.0), 4))
            for one in every
            if one.open <= now
        ]

    def split(self, symbol: str, now: dt.datetime) -> tuple[Day, float] | None:
        """The split that has happened."""
        if symbol not in self.splits:
            return None
        when, ratio = self.splits[symbol]
        one = next(one for one in self.sessions if one.date == when)
        return (one, ratio) if one.open <= now else None

    def coin(self, coin: str, now: dt.datetime, hours: int) -> list[Bar]:
        """Bars of a coin, of one hour or of a UTC day, those over and the one under way."""
        found = self._hours[coin] if hours == 1 else self._days[coin]
        return [bar for bar in found if bar.start <= now]

    @cached_property
    def _hours(self) -> dict[str, list[Bar]]:
        count = YEARS * 366 * 24
        first = dt.datetime.combine(self.start, dt.time(), UTC)
        shared = rng("coins").normal(0, 0.004, count)
        found = {}
        for coin, price in COINS.items():
            draw = rng("coin", coin)
            closes = price * np.exp(np.cumsum(shared + draw.normal(0, 0.002, count)))
            opens = np.concatenate([[price], closes[:-1]]) * np.exp(draw.normal(0, 1e-3, count))
            reach = np.abs(draw.normal(0, 0.001, (2, count)))
            volumes = np.exp(draw.normal(5.0, 0.3, count))
            found[coin] = [
                Bar(
                    start=first + HOUR * n, end=first + HOUR * (n + 1), open=round(o, 2),
                    high=round(max(o, c) * (1 + up), 2), low=round(min(o, c) * (1 - down), 2),
                    close=round(c, 2), volume=round(v, 4),
                )
                for n, (o, c, up, down, v) in enumerate(
                    zip(opens.tolist(), closes.tolist(), reach[0].tolist(), reach[1].tolist(),
                        volumes.tolist(), strict=True)
                )
            ]  # fmt: skip
        return found

    @cached_property
    def _days(self) -> dict[str, list[Bar]]:
        found: dict[str, list[Bar]] = {}
        for coin, hours in self._hours.items():
            found[coin] = [
                Bar(
                    start=day[0].start,
                    end=day[-1].end,
                    open=day[0].open,
                    high=max(one.high for one in day),
                    low=min(one.low for one in day),
                    close=day[-1].close,
                    volume=round(sum(one.volume for one in day), 4),
                )
                for day in (hours[n : n + 24] for n in range(0, len(hours), 24))
            ]
        return found

    def price(self, coin: str, now: dt.datetime) -> float:
        """The last price of a coin."""
        return self.coin(coin, now, 1)[-1].open


@dataclass(frozen=True, slots=True, kw_only=True)
class Vintage:
    """One value of a macro series, and from which to which day it stood."""

    date: dt.date
    value: float
    first: dt.date
    last: dt.date


@dataclass(frozen=True, slots=True, kw_only=True)
class Macro:
    """What a macro series is: level, step, unit, how often, days until it is out, decimals."""

    level: float
    step: float
    unit: str
    period: str
    lag: int
    revised: float = 0.0


MACRO: Mapping[str, Macro] = {
    "DGS10": Macro(level=4.2, step=0.04, unit="Percent", period="D", lag=1),
    "DGS2": Macro(level=3.9, step=0.04, unit="Percent", period="D", lag=1),
    "T10Y2Y": Macro(level=0.3, step=0.02, unit="Percent", period="D", lag=1),
    "FEDFUNDS": Macro(level=4.3, step=0.05, unit="Percent", period="M", lag=32),
    "UNRATE": Macro(level=4.1, step=0.08, unit="Percent", period="M", lag=36),
    "CPIAUCSL": Macro(level=315.0, step=0.7, unit="Index 1982-1984=100", period="M", lag=43,
                      revised=0.05),
    "CPILFESL": Macro(level=321.0, step=0.8, unit="Index 1982-1984=100", period="M", lag=43),
    "NFCI": Macro(level=-0.5, step=0.02, unit="Index", period="W", lag=5, revised=0.01),
    "DTWEXBGS": Macro(level=121.0, step=0.3, unit="Index Jan 2006=100", period="D", lag=4),
    "DCOILWTICO": Macro(level=71.0, step=0.9, unit="Dollars per Barrel", period="D", lag=5),
    "AAA": Macro(level=5.1, step=0.05, unit="Percent", period="M", lag=33),
    "BAA": Macro(level=6.0, step=0.05, unit="Percent", period="M", lag=33),
}  # fmt: skip
LATEST = dt.date(9999, 12, 31)


def _values(name: str, n: int) -> np.ndarray:
    """A walk; a spread is the difference of its two."""
    if name == "T10Y2Y":
        return _values("DGS10", n).round(3) - _values("DGS2", n).round(3)
    about = MACRO[name]
    return about.level + np.cumsum(rng("macro", name).normal(0, about.step, n))


def vintages(name: str, start: dt.date, today: dt.date) -> list[Vintage]:
    """Every value of a macro series with the days on which it stood, as known by a day."""
    about = MACRO[name]
    freq = {"D": "B", "W": "W-FRI", "M": "MS"}[about.period]
    early = start - dt.timedelta(days=400)  # so that a young world has last year's figures
    dates = [one.date() for one in pd.date_range(early, periods=1100, freq=freq)]
    values, found = _values(name, len(dates)), []
    for date, value in zip(dates, values.tolist(), strict=True):
        out = date + dt.timedelta(days=about.lag)
        again = out + dt.timedelta(days=28)
        if out > today:
            break
        number = round(value, 3)
        if about.revised and again <= today:
            then = again - dt.timedelta(days=1)
            found.append(Vintage(date=date, value=number, first=out, last=then))
            revised = round(number + about.revised, 3)
            found.append(Vintage(date=date, value=revised, first=again, last=LATEST))
        else:
            found.append(Vintage(date=date, value=number, first=out, last=LATEST))
    return found
