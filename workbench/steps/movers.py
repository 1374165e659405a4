"""Findings of breadth: how far the mega-caps and small caps went in the lead's last session.

A change is told only where both closes are there, of that session and the one before. Adjusted
closes give changes as well, and never a level.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from workbench.domain.calendars import Moments, iso, to_datetime
from workbench.domain.instruments import ALWAYS, Instrument, Theme
from workbench.measures import prices
from workbench.steps.bench import Bench
from workbench.steps.facts import Facts, Number, counted, listed, named

ADJUSTED = "close_adj"
_FEW = 3  # mega-caps under which there is no breadth to speak of


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """How far one instrument went in the session that the lead closed last.

    Attributes:
        one: The instrument.
        change: Close to close, a fraction.
        source: Series and field.
    """

    one: Instrument
    change: float
    source: str

    @property
    def key(self) -> str:
        """What its finding is called."""
        return f"move_{self.one.short.lower().replace('-', '_')}"

    @property
    def meaning(self) -> str:
        """What its finding is."""
        basis = ", dividends included" if self.source.endswith(ADJUSTED) else ""
        return f"{self.one.name}, close to close{basis}"


def gather(facts: Facts, bench: Bench) -> None:
    """Adds the session's moves, for a desk whose lead has sessions and others beside it."""
    if bench.lead.venue == ALWAYS:
        return
    told = moves(bench)
    own = bench.lead_bars
    change = prices.simple_return(own.close)
    of = iso(to_datetime(own.at[-1]))
    for move in told:
        add = facts.numbers(move.source, of)
        facts.change(add, move.key, move.change, move.meaning)
    mega = _of(told, "mega-cap")
    if len(mega) >= _FEW:
        _mega(facts, mega, change, of, index=bench.lead.theme == "index")
    _small(facts, _of(told, "small-cap"), [*mega] if len(mega) >= _FEW else [], change)
    listed_ = _of(told, "crypto")
    if listed_:
        facts.words["listed"] = named(listed_[0].one)
        facts.phrases["listed_signed"] = f"{{{listed_[0].key}_signed}}"
        facts.has.add("listed")


def _of(told: Sequence[Move], theme: Theme) -> list[Move]:
    return [move for move in told if move.one.theme == theme]


def _mega(facts: Facts, mega: Sequence[Move], change: float, of: str, *, index: bool) -> None:
    """The list, how many went which way, and their plain mean beside the lead's change."""
    mean = float(np.mean([move.change for move in mega]))
    fell = sum(move.change < 0 for move in mega)
    rose = sum(move.change > 0 for move in mega)
    order = sorted(mega, key=lambda move: move.change, reverse=mean > 0)
    facts.phrases["mega_list"] = listed(
        [f"{named(move.one)} {{{move.key}_signed}}" for move in order]
    )
    facts.words["mega_first"] = named(order[0].one)
    facts.phrases["mega_first_signed"] = f"{{{order[0].key}_signed}}"
    source = ", ".join(move.source for move in mega)
    add: Number = facts.numbers(source, of)
    n = len(mega)
    add("mega_n", n, counted(n), "mega-caps of this desk with that session’s close")
    add("mega_fell", fell, counted(fell), "of them with a lower close than before")
    add("mega_rose", rose, counted(rose), "of them with a higher close than before")
    facts.change(add, "mega_mean", mean, f"plain mean of the changes of {n} mega-caps")
    every = "down" if fell == n else "up" if rose == n else "mixed"
    facts.has.add(f"mega_{every}")
    gap = mean - change
    add("mega_gap", gap, f"{100 * abs(gap):.2f} points", "that mean less the lead’s change")
    if index:
        hidden = mean * change < 0
        facts.has.add("breadth_hidden" if hidden else
                      "breadth_more" if abs(mean) > abs(change) else "breadth_less")  # fmt: skip


def _small(facts: Facts, small: Sequence[Move], mega: Sequence[Move], change: float) -> None:
    """Small caps beside the mega-caps, or beside the lead where the desk has too few of those."""
    if not small:
        return
    facts.words["small"] = named(small[0].one)
    facts.phrases["small_signed"] = f"{{{small[0].key}_signed}}"
    beside = float(np.mean([move.change for move in mega])) if mega else change
    if mega:
        facts.phrases["small_beside"] = "the mega-caps’ mean of {mega_mean_signed}"
    else:
        facts.phrases["small_beside"] = "{change_signed} for {lead}"
    facts.has.add("small_apart" if small[0].change * beside < 0 else "small_along")


def moves(bench: Bench) -> list[Move]:
    """The changes of all that closed with the lead, in the desk's order; the lead left out."""
    own = bench.lead_bars
    if len(own) < 2:
        return []
    found = dict(_closes(bench))
    told = []
    for symbol, (one, at, value, source) in found.items():
        both = len(at) > 1 and at[-1] == own.at[-1] and at[-2] == own.at[-2]
        if both and symbol != bench.lead.symbol and value[-2] > 0 < value[-1]:
            told.append(Move(one=one, change=float(value[-1] / value[-2] - 1), source=source))
    return told


_Closes = tuple[Instrument, Moments, prices.Array, str]


def _closes(bench: Bench) -> Iterator[tuple[str, _Closes]]:
    """Closes by symbol, adjusted ones where the desk has no others."""
    table = {one.symbol: one for one in bench.desk.table}
    known = {one.symbol for one in bench.instruments}
    hidden = {(f.series, f.field) for f in bench.flags if f.severity != "note"}
    for slow in bench.indicators:
        column = bench.seen.get(slow.series, slow.field)
        if slow.field != ADJUSTED or column is None or slow.series not in table:
            continue
        if slow.series in known or hidden & {(slow.series, ""), (slow.series, ADJUSTED)}:
            continue
        full = np.isfinite(column.value)
        source = f"{slow.series}.{slow.field}"
        yield slow.series, (table[slow.series], column.at[full], column.value[full], source)
    for one in bench.instruments:
        own = bench.bars.get(one.symbol)
        if own is not None and one.venue == bench.lead.venue and one.theme != "volatility":
            yield one.symbol, (one, own.at, own.close, f"{one.symbol}.close")
