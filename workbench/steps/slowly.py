"""Findings of what moves slowly or not at all: rates, builders' stars, and feeds that are withheld.

Each value is told with the day or month that it describes. What its own frequency has outrun is
left to the flags.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from workbench.domain.calendars import Moments, iso, to_datetime
from workbench.domain.contracts import contract
from workbench.domain.figures import difference
from workbench.domain.instruments import Indicator
from workbench.domain.records import Flag
from workbench.measures.prices import Array
from workbench.steps.bench import Bench
from workbench.steps.circumstances import spelled
from workbench.steps.facts import Facts, listed, named

_RATES = ("DGS10", "DGS2", "T10Y2Y", "DFF", "FEDFUNDS")  # in the order of telling
_SPREADS = frozenset({"T10Y2Y", "T10Y3M"})
_PRICES = frozenset({"open", "high", "low", "close"})
_WEEK = np.timedelta64(7, "D")
_LATELY = {"rates": 4, "stars": 6}  # dispatches of open days between two tellings


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A slow series as known, without blanks.

    Attributes:
        one: Which.
        at: Ends of what its values describe.
        value: Its values.
    """

    one: Indicator
    at: Moments
    value: Array

    @property
    def source(self) -> str:
        """Series and field."""
        return f"{self.one.series}.{self.one.field}"

    @property
    def day(self) -> dt.date:
        """The last day that the last value describes."""
        return (to_datetime(self.at[-1]) - dt.timedelta(microseconds=1)).date()


def gather(facts: Facts, bench: Bench) -> None:
    """Adds rates and stars when it is their turn, and every feed that is withheld."""
    known = {one.one.symbol: one for one in _known(bench)}
    if _due(facts, "rates"):
        _rates(facts, [known[symbol] for symbol in _RATES if symbol in known])
    if _due(facts, "stars"):
        _stars(facts, [one for one in known.values() if one.one.field == "stars"])
    withheld(facts, bench, bench.flags)


def _due(facts: Facts, slot: str) -> bool:
    return "closed" in facts.has or facts.ago(slot) > _LATELY[slot]


def _known(bench: Bench) -> Iterator[Known]:
    """The desk's slow series that no flag calls stale or hides, each with its values."""
    bad = {(flag.series, flag.field) for flag in bench.flags}
    for one in bench.indicators:
        column = bench.seen.get(one.series, one.field)
        if column is None or bad & {(one.series, one.field), (one.series, "")}:
            continue
        full = np.isfinite(column.value)
        if full.any():
            yield Known(one=one, at=column.at[full], value=column.value[full])


def _rates(facts: Facts, known: Sequence[Known]) -> None:
    """Rates as one list: those of one day together, then those of a month."""
    groups: dict[str, list[str]] = {}
    for one in known:
        add = facts.numbers(one.source, iso(to_datetime(one.at[-1])))
        key = f"rate_{one.one.series.lower()}"
        value = float(one.value[-1])
        spread = one.one.series in _SPREADS
        text = f"{difference(value, 2)} points" if spread else f"{value:.2f}%"
        add(key, value, text, f"{one.one.name}, last value known")
        whole = one.one.period in {"month", "quarter"}
        when = f"{one.day:%B}" if whole else spelled(one.day)
        clause = f"the {one.one.name} {{{key}}}"
        if whole:
            groups[f"for {when}"] = [*groups.get(f"for {when}", []), clause]
            continue
        dated = f"rates_{one.day:%m%d}"
        add(dated, one.day.toordinal(), when, "the day that these rates describe")
        groups[f"on {{{dated}}}"] = [*groups.get(f"on {{{dated}}}", []), clause]
    if groups:
        told = [f"{listed(clauses)} {when}" for when, clauses in groups.items()]
        facts.phrases["rates_list"] = "; ".join(told)
        facts.has.add("rates")


def _stars(facts: Facts, known: Sequence[Known]) -> None:
    """Stars of those counted on the latest day, with what a week added."""
    if not known:
        return
    latest = max(one.at[-1] for one in known)
    parts = []
    for one in known:
        week = np.flatnonzero(one.at == one.at[-1] - _WEEK)
        if one.at[-1] != latest or not len(week):
            continue
        add = facts.numbers(one.source, iso(to_datetime(latest)))
        name = one.one.series.rpartition("/")[2]
        key = f"stars_{''.join(c if c.isalnum() else '_' for c in name.lower())}"
        now, gained = float(one.value[-1]), float(one.value[-1] - one.value[week[0]])
        add(key, now, f"{now:,.0f}", f"{one.one.name}, as counted")
        add(f"{key}_week", gained, f"{gained:+,.0f}", f"{one.one.name}, change over seven days")
        parts.append(f"{name} {{{key}}} ({{{key}_week}} in a week)")
    if parts:
        day = next(one.day for one in known if one.at[-1] == latest)
        add = facts.numbers("calendar 24/7", iso(to_datetime(latest)))
        add("stars_day", day.toordinal(), spelled(day), "the day of the count")
        facts.phrases["stars_list"] = listed(parts)
        facts.has.add("stars")


def withheld(facts: Facts, bench: Bench, flags: Sequence[Flag]) -> None:
    """A feed that is withheld: told when it breaks, and shortly as long as it stays so.

    Prices have places of their own; this is of volumes, counts and other slow series.
    """
    gone = [f for f in flags if f.severity == "withheld" and f.field not in {"", *_PRICES}]
    if not gone:
        return
    # One never told comes first, then the one told longest ago.
    flag = max(gone, key=lambda flag: facts.ago(_key(flag)))
    names = {one.symbol: named(one) for one in bench.desk.table}
    stated = contract(flag.series, flag.field)
    of = names.get(flag.series, flag.series)
    facts.words["broken_what"] = (
        f"{of} {flag.field}" if flag.series in names or stated is None
        else stated.named(flag.series)
    )  # fmt: skip
    facts.quotes("1_pull", iso(bench.as_of))("broken_seen", flag.seen, flag.check)
    facts.has.add("broken_still" if facts.ago(_key(flag)) <= len(facts.past) else "broken")
    facts.told[_key(flag)] = 0


def _key(flag: Flag) -> str:
    return f"withheld {flag.series} {flag.field} {flag.check}"
