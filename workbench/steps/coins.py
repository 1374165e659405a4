"""Findings of what trades around the clock, beside a lead that does not.

A coin's day ends at midnight UTC and a session hours before. Their changes are set side by side
only over the same dates, from the midnight after one session to the midnight after the next; what
the coin did since then, or before the session began, is told by itself, with its window.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from workbench.domain.calendars import iso, to_datetime
from workbench.domain.instruments import ALWAYS, Instrument
from workbench.measures import prices
from workbench.measures.prices import Bars
from workbench.steps.bench import Bench
from workbench.steps.circumstances import spelled
from workbench.steps.facts import Facts, listed, named

_DAY = np.timedelta64(1, "D")


def gather(facts: Facts, bench: Bench) -> None:
    """Adds the coins' changes over the session's dates, or why there are none, and since then."""
    if bench.lead.venue == ALWAYS:
        return
    there = [
        (one, bench.bars[one.symbol])
        for one in bench.instruments
        if one.venue == ALWAYS and len(bench.bars.get(one.symbol, ())) > 1
    ]
    if not there:
        return
    session = bench.lead_bars.dates[-1]
    reached = [(one, bars) for one, bars in there if bars.dates[-1] >= session]
    if len(reached) < len(there):
        _behind(facts, [(o, b) for o, b in there if b.dates[-1] < session])
    if reached:
        _beside(facts, bench)
        _since(facts, bench, reached, session)


def matched(bench: Bench) -> list[tuple[Instrument, float, Bars]]:
    """Each coin's change over the dates of the lead's last session, with its bars on sessions.

    From the UTC midnight after the session before to the one after the last; empty while the
    coins' day has not ended, and for a lead without sessions.
    """
    own = bench.lead_bars
    told: list[tuple[Instrument, float, Bars]] = []
    if bench.lead.venue == ALWAYS:
        return told
    for one in bench.instruments:
        bars = bench.bars.get(one.symbol)
        if one.venue != ALWAYS or bars is None:
            continue
        same = prices.merged(bars, own.dates)
        if len(same) > 1 and np.array_equal(same.dates[-2:], own.dates[-2:]):
            told.append((one, prices.simple_return(same.close), same))
    return told


def _beside(facts: Facts, bench: Bench) -> None:
    """The changes over the dates of the lead's last session."""
    own, told = bench.lead_bars, []
    for one, change, same in matched(bench):
        add = facts.numbers(f"{one.symbol}.close", iso(to_datetime(same.at[-1])))
        key = f"coin_{one.short.lower().replace('-', '_')}"
        span = f"from the UTC midnight after {own.dates[-2]} to that after {own.dates[-1]}"
        facts.change(add, key, change, f"{one.name} {span}")
        told.append((one, key, change))
    if not told:
        return
    _said(facts, "coin", told)
    lead = prices.simple_return(own.close)
    add = facts.numbers(f"calendar {bench.lead.venue}", iso(to_datetime(own.at[-1])))
    before = own.dates[-2].item()
    add("coin_from", before.toordinal(), spelled(before), "the session before the last")
    facts.has.add("coins_along" if told[0][2] * lead > 0 else "coins_apart")


def _since(
    facts: Facts,
    bench: Bench,
    there: Sequence[tuple[Instrument, Bars]],
    session: np.datetime64,
) -> None:
    """The changes over the whole days after that session's date, for which no session exists."""
    told = []
    for one, bars in there:
        start = int(np.searchsorted(bars.dates, session))
        days = len(bars) - 1 - start
        whole = start < len(bars) and bars.dates[start] == session
        if not whole or not days or bars.dates[-1] - session != days * _DAY:
            continue
        change = float(bars.close[-1] / bars.close[start] - 1)
        add = facts.numbers(f"{one.symbol}.close", iso(to_datetime(bars.at[-1])))
        key = f"since_{one.short.lower().replace('-', '_')}"
        meaning = f"{one.name}, {24 * days} hours to midnight UTC after {bars.dates[-1]}"
        facts.change(add, key, change, meaning)
        told.append((one, key, change, days))
    if told:
        kept = [row for row in told if row[3] == told[0][3]]
        _said(facts, "since", [row[:3] for row in kept])
        add = facts.numbers("calendar 24/7", iso(bench.as_of))
        hours = 24 * told[0][3]
        add("since_hours", hours, f"{hours} hours", "whole UTC days since that session’s date")
        facts.has.add("coins_since")


def _behind(facts: Facts, there: Sequence[tuple[Instrument, Bars]]) -> None:
    """The last whole day of coins whose day has not ended since the session began."""
    date = there[0][1].dates[-1]
    told = []
    for one, bars in there:
        if bars.dates[-1] != date or bars.dates[-2] != date - _DAY:
            continue
        change = prices.simple_return(bars.close)
        add = facts.numbers(f"{one.symbol}.close", iso(to_datetime(bars.at[-1])))
        key = f"day_{one.short.lower().replace('-', '_')}"
        facts.change(add, key, change, f"{one.name}, the UTC day {date}")
        told.append((one, key, change))
    if told:
        _said(facts, "day", told)
        add = facts.numbers("calendar 24/7", iso(to_datetime(there[0][1].at[-1])))
        day = date.item()
        add("coin_day", day.toordinal(), spelled(day), "the coins’ last whole UTC day")
        facts.has.add("coins_behind")


def _said(facts: Facts, what: str, told: Sequence[tuple[Instrument, str, float]]) -> None:
    """The list as a phrase, and the first of it by itself."""
    facts.phrases[f"{what}_list"] = listed(
        [f"{named(one)} {{{key}_signed}}" for one, key, _ in told]
    )
    first, key, _ = told[0]
    facts.words["coin"] = named(first)
    facts.phrases[f"{what}_first"] = f"{{{key}_signed}}"
    facts.words[f"{what}_fell"] = facts.words[f"{key}_fell"]
