"""What one mind is shown of the tape: the rows of its own slice, as findings with their dates.

A withheld field is no row; that it is withheld is said. Equal benches give equal rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from workbench.domain.calendars import Moments, iso, to_datetime
from workbench.domain.figures import MINUS, difference, share
from workbench.domain.instruments import INDICATORS, Instrument
from workbench.domain.records import Finding
from workbench.domain.snapshots import Column
from workbench.measures.prices import (
    Bars,
    bars,
    drawdown,
    ewma_volatility,
    rolling_mean,
    simple_return,
)
from workbench.steps.bench import Bench
from workbench.world.schema import Mind

_SPANS = (1, 5, 21)  # sessions: a day, a week, a month
_MONTH = 21
_WORTH = 60  # closes below which a place among them says nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One finding as a mind is shown it.

    Attributes:
        finding: Name, value, text, meaning, source and the moment that it describes.
        unit: Of the value as shown.
        known_at: When it could first be known, as text.
    """

    finding: Finding
    unit: str
    known_at: str

    @property
    def line(self) -> str:
        """The row as one line of a prompt."""
        one = self.finding
        return " | ".join((one.name, one.text, self.unit, one.meaning, one.as_of, self.known_at))


HEADER = "name | value | unit | what it is | describes | known at"


def seen(mind: Mind, instruments: Iterable[Instrument]) -> frozenset[str]:
    """The series of a mind's slice; ``instruments`` stands for all that the desk trades in."""
    named = set(mind.params.series)
    if "instruments" in named:
        named |= {one.symbol for one in instruments}
        named.discard("instruments")
    return frozenset(named)


def rows(bench: Bench, series: Iterable[str], fields: Iterable[str] | None = None) -> list[Row]:
    """The rows of a slice, its instruments in the desk's order and then the rest by name.

    Args:
        bench: The cycle's.
        series: What may be seen.
        fields: Fields of them that may be seen; None for all.
    """
    wanted = set(series)
    shown = bench.seen.only(wanted, fields).without(
        (flag.series, flag.field) for flag in bench.flags if flag.severity != "note"
    )
    found: list[Row] = []
    told = set()
    for one in bench.desk.table:
        own = bars(shown, one) if one.symbol in wanted else None
        if own is not None:
            found += _of_bars(own, one)
            told.add(one.symbol)
    names = {one.symbol: one.name for one in INDICATORS}
    for (symbol, field), column in sorted(shown.columns.items()):
        if symbol not in told:
            found += _of_column(column, symbol, field, names.get(symbol, symbol))
    return found


def hidden(bench: Bench, series: Iterable[str], fields: Iterable[str]) -> list[str]:
    """What of a slice cannot be shown, one sentence each."""
    wanted, named = set(series), {"", *fields}
    found = [
        f"{flag.series} {flag.field}".strip() + f" is {flag.severity}: {flag.seen}"
        for flag in bench.flags
        if flag.series in wanted and flag.field in named and flag.severity != "note"
    ]
    said = {flag.series for flag in bench.flags}
    known = {symbol for symbol, _ in bench.seen.columns}
    gone = sorted(wanted - known - said)
    return [*found, *(f"{symbol} is dark: nothing of it is known" for symbol in gone)]


def _of_bars(own: Bars, one: Instrument) -> Iterator[Row]:
    """Last close, changes, volatility, drawdown, place in its history, volume."""
    make = _Maker(one.symbol, f"{one.symbol}.close", own.at, own.known_at)
    close = own.close
    yield make("close", close[-1], f"{close[-1]:,.2f}", one.unit, f"{one.name} last close")
    for n in _SPANS:
        change = simple_return(close, n)
        over = "last session" if n == 1 else f"last {n} sessions"
        yield from _finite(
            make, f"change_{n}", change, f"{difference(100 * change, 2)}%", "",
            f"{one.name} change over the {over}",
        )  # fmt: skip
    sigma = float(ewma_volatility(close)[-1])
    yield from _finite(
        make, "volatility", sigma, f"{100 * sigma:.2f}%", "a day", f"{one.name} EWMA volatility"
    )
    fall = abs(float(drawdown(close)[-1]))
    yield make("drawdown", fall, f"{100 * fall:.1f}%", "", f"{one.name} below its highest close")
    if len(close) >= _WORTH:
        place = float((close < close[-1]).mean())
        meaning = f"share of all known {one.name} closes that lie below the last one"
        yield make("place", place, share(place), f"of {len(close):,} closes", meaning)
    usual = float(rolling_mean(own.volume, _MONTH)[-1])
    times = float(own.volume[-1]) / usual if usual else float("nan")
    make = _Maker(one.symbol, f"{one.symbol}.volume", own.at, own.known_at)
    meaning = f"{one.name} volume over its mean of a month"
    yield from _finite(make, "volume", times, f"{times:.2f} times", "", meaning)


def _of_column(column: Column, symbol: str, field: str, name: str) -> Iterator[Row]:
    """The last value of a slow series, and its change from the one before."""
    full = np.flatnonzero(np.isfinite(column.value))
    if not len(full):
        return
    at, known, value = column.at[full], column.known_at[full], column.value[full]
    make = _Maker(symbol, f"{symbol}.{field}", at, known)
    what = name if field == "value" else f"{name} {field}"
    yield make(field, value[-1], f"{value[-1]:,.2f}", column.unit, f"{what}, last value")
    if len(value) > 1:
        moved = value[-1] - value[-2]
        meaning = f"{what}, change from the value before"
        yield make(f"{field}_change", moved, difference(moved, 2), column.unit, meaning)


class _Maker:
    """Makes the rows of one source."""

    def __init__(self, symbol: str, source: str, at: Moments, known_at: Moments) -> None:
        self.start = re.sub(r"\W+", "_", symbol.lower())
        self.source = source
        self.at, self.known_at = (iso(to_datetime(each[-1])) for each in (at, known_at))

    def __call__(self, name: str, value: float, text: str, unit: str, meaning: str) -> Row:
        finding = Finding(
            name=f"{self.start}_{name}", value=float(value), text=text.replace("-", MINUS),
            meaning=meaning, source=self.source, as_of=self.at,
        )  # fmt: skip
        return Row(finding=finding, unit=unit, known_at=self.known_at)


def _finite(
    make: _Maker, name: str, value: float, text: str, unit: str, meaning: str
) -> Sequence[Row]:
    """The row, or none where there is too little to say."""
    return [make(name, value, text, unit, meaning)] if np.isfinite(value) else []
