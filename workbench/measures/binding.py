"""Where a number comes from: a finding, a cell of the snapshot, an old cell, or nowhere."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import permutations
from typing import Literal, NamedTuple

from workbench.domain.figures import MINUS
from workbench.domain.records import Finding
from workbench.measures import cells
from workbench.measures.cells import Cell, Series
from workbench.measures.contexts import Context, Desk
from workbench.measures.mentions import Figure, normal

Verdict = Literal["bound", "stale", "unbound", "free"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """What was found for one figure.

    Attributes:
        figure: The figure.
        verdict: ``bound``; ``stale``, equal only to an older value than the newest known;
            ``unbound``; or ``free``, a word that says nothing of a series.
        source: Finding or cell in words; empty without one.
        value: The source's number; None where it has none.
        at: Day or moment that the source describes; empty without one.
        reason: Why it is not bound, one clause; empty when bound.
        finding: Name of the finding, empty where a cell or nothing is the source.
    """

    figure: Figure
    verdict: Verdict
    source: str = ""
    value: float | None = None
    at: str = ""
    reason: str = ""
    finding: str = ""


_MONEY = frozenset({"", "$", "points"})
_SIZE = re.compile(r"\b(?:moves?|moved|change[sd]?|swings?|swung|size|gap|range|spread|by|of)\b")
_FALLS = re.compile(r"\b(?:size|distance|below|drops?|falls?|loss|losses|range|drawdown)\b")
_PAST = re.compile(r"\b(?:from|was|were|had|before|previous|earlier|prior|yesterday|after|then)\b")
_PAIR = re.compile(
    r"\b(?:spread|gap|difference|between|less|minus|apart|ratio|ahead|behind|than)\b"
)
_UNITS = {"hours", "days", "weeks", "months", "years", "sessions", "minutes", "trading days"}


def shown(value: float, unit: str) -> str:
    """A cell's number as text."""
    digits = 4 if 0 < abs(value) < 0.01 else 2
    text = f"{value:+,.{digits}f}" if unit in {"%", "move", "bp"} else f"{value:,.{digits}f}"
    tail = {"%": "%", "bp": " bp", "x": " times"}.get(unit, "")
    return text.replace("-", MINUS) + tail


def holds(figure: Figure, value: float) -> bool:
    """True when the figure's digits can stand for the size of a value."""
    slack = 1e-9 * max(1.0, abs(figure.high))
    return figure.low - slack <= abs(value) <= figure.high + slack


def in_finding(figure: Figure, context: Context, desk: Desk) -> Finding | None:
    """The finding that a figure repeats: the same words, or the same number in the same unit."""
    # Whom a pronoun means is a guess: good enough to find a cell, not to refuse a finding.
    about = set(context.subjects(figure)) & set(context.symbols)
    for one, (told, symbols) in zip(desk.findings, desk.told, strict=True):
        if one.value is not None and symbols and about and not symbols & about:
            continue
        if one.value is None or not figure.moved:
            for start in _occurrences(context, one.text):
                within = start <= figure.start and figure.end <= start + len(one.text)
                if within and any(figure.text == mine.text for mine in told):
                    return one
        if figure.kind in {"number", "times"} and any(
            _repeats(figure, said, one.meaning)
            and (symbols & about or figure.step <= 1.001 * said.step or _digits(figure) >= 2)
            for said in _numbers(one, told)
        ):
            return one
        if figure.kind not in {"number", "times"} and figure.kind != "direction":
            same = figure.text.casefold()
            if any(mine.kind == figure.kind and mine.text.casefold() == same for mine in told):
                return one
    return None


def _occurrences(context: Context, text: str) -> Iterator[int]:
    wanted = normal(text)
    first = max(0, context.place.start - len(wanted))
    at = context.text.find(wanted, first) if wanted else -1
    while -1 < at < context.place.end:
        yield at
        at = context.text.find(wanted, at + 1)


def _digits(figure: Figure) -> int:
    """Digits that say something: 2 for 0.87% and for 12, 1 for 4% and for about 40."""
    return len(f"{figure.high / figure.step:.0f}") if figure.high > figure.step else 1


class _Said(NamedTuple):
    """A number of a finding: signed value, unit, is the sign known, is only a size shown."""

    value: float
    unit: str
    known: bool
    size: bool
    step: float


def _numbers(one: Finding, told: Iterable[Figure]) -> Iterator[_Said]:
    shown_any = False
    for mine in told:
        if mine.kind not in {"number", "times"}:
            continue
        shown_any = True
        number = (mine.low + mine.high) / 2
        if one.value is None:
            signed = bool(mine.sign)
            yield _Said(number * (mine.sign or 1), mine.unit, signed, not signed, mine.step)
            continue
        scaled = (one.value * scale for scale in (1, 100, 1e4) if holds(mine, one.value * scale))
        exact = next(scaled, math.copysign(number, mine.sign or one.value))
        size = not mine.sign and (exact < 0 or bool(_FALLS.search(one.meaning)))
        yield _Said(exact, mine.unit, True, size, mine.step)
        if holds(mine, 100 * one.value) and mine.unit == "%":
            yield _Said(one.value, "part", True, size, mine.step / 100)
    if one.value is not None and not shown_any:
        yield _Said(one.value, "", True, False, 1.0)


def _repeats(figure: Figure, said: _Said, meaning: str) -> bool:
    value, unit, known, size, _ = said
    same = figure.unit == unit or {figure.unit, unit} <= _MONEY
    if not unit and (figure.unit in _UNITS or figure.unit == "th"):  # a bare count of these
        same = {"th": "row"}.get(figure.unit, figure.unit.removesuffix("s")) in meaning
    if unit == "part":
        same = figure.unit in {"", "part"}
    if not same or not holds(figure, value):
        return False
    if not figure.sign:
        return value >= 0 or size
    agrees = value * figure.sign >= 0
    return agrees or not known or (size and value > 0)


def fits(figure: Figure, cell: Cell) -> bool:
    """True when a figure's unit can state a cell."""
    if cell.unit == "level":
        if figure.moved or figure.kind != "number":
            return False
        own = "$" if cell.of.startswith("USD") else cell.of
        return figure.unit in {"", own} & {"", "$", "points", "%"}
    if cell.unit == "move":
        moneyed = figure.unit in ({"", "$"} if cell.of.startswith("USD") else {"", "points"})
        return moneyed and (figure.moved or bool(figure.sign) or figure.unit == "points")
    return figure.unit == cell.unit


def agrees(figure: Figure, cell: Cell, said: str) -> bool:
    """True when a cell's number is the figure's within rounding, sign included."""
    if not holds(figure, cell.value):
        return False
    sign = 0 if abs(cell.value) < 1e-12 else math.copysign(1, cell.value)
    if figure.sign or cell.unit == "level":
        return sign * (figure.sign or 1) >= 0
    return sign >= 0 or bool(_SIZE.search(said))


def number(figure: Figure, context: Context, desk: Desk) -> Binding:
    """The source of a number: findings first, then cells, then what the cells were before."""
    found = in_finding(figure, context, desk)
    seen = [cell for cell in context.cells(desk, figure) if fits(figure, cell)]
    seen += [cell for cell in _pairs(context, desk) if fits(figure, cell)]
    same = sorted((c for c in seen if agrees(figure, c, context.said)), key=lambda c: c.age)
    if same and same[0].age == 0:
        return of_cell(figure, same[0])
    older = next((cell for cell in same if _recognised(figure, cell, found)), None)
    if found is not None and (older is None or _PAST.search(context.said)):
        return of_finding(figure, found)
    if older is not None:
        newest = next((c for c in seen if c.what == older.what and c.age == 0), None)
        known = f"; {shown(newest.value, newest.unit)} of {newest.at} was known" if newest else ""
        why = f"is {older.what} of {older.at}{known}"
        return Binding(figure=figure, verdict="stale", source=older.what, value=older.value,
                       at=older.at, reason=why)  # fmt: skip
    return Binding(figure=figure, verdict="unbound", reason=_why(figure, context, desk, seen))


def _recognised(figure: Figure, cell: Cell, found: Finding | None) -> bool:
    """True when an older cell is no chance match: many digits, or the level of the row before.

    A finding stands against an older change, as both may be meant; not against an older level.
    """
    if cell.unit == "level":
        return cell.age == 1 or figure.high >= 100 * figure.step
    return found is None and figure.high >= 100 * figure.step


def unbound(figure: Figure, reason: str) -> Binding:
    """Without a source, and why."""
    return Binding(figure=figure, verdict="unbound", reason=reason)


def free(figure: Figure, reason: str) -> Binding:
    """A word that says nothing of a series."""
    return Binding(figure=figure, verdict="free", reason=reason)


def of_row(figure: Figure, own: Series, row: int, what: str, value: float) -> Binding:
    """Bound to a row of a series."""
    return Binding(figure=figure, verdict="bound", source=f"{own.one.name}, {what}", value=value,
                   at=own.shown(row))  # fmt: skip


def of_cell(figure: Figure, cell: Cell) -> Binding:
    """Bound to a cell."""
    return Binding(
        figure=figure, verdict="bound", source=cell.what, value=cell.value, at=cell.at
    )  # fmt: skip


def of_finding(figure: Figure, one: Finding) -> Binding:
    """Bound to a finding."""
    told = f"{one.meaning} ({one.name}; {one.source})"
    return Binding(figure=figure, verdict="bound", source=told, value=one.value, at=one.as_of,
                   finding=one.name)  # fmt: skip


def _pairs(context: Context, desk: Desk) -> Iterator[Cell]:
    rows = [desk.own[symbol] for symbol in context.symbols[:4]]
    if len(rows) > 1 and _PAIR.search(context.said):
        for first, second in permutations((row for row in rows if row is not None), 2):
            yield from cells.ratios(first, second)


def _why(figure: Figure, context: Context, desk: Desk, seen: list[Cell]) -> str:
    current = [cell for cell in seen if cell.age == 0]
    turned = next((cell for cell in current if holds(figure, cell.value)), None)
    if turned is not None:
        return f"has the wrong sign: {turned.what} is {shown(turned.value, turned.unit)}"
    about = context.subjects(figure)
    if figure.unit in _UNITS or not about:
        return "no finding holds it"
    if not any(desk.own.get(symbol) is not None for symbol in about):
        return f"nothing is known of {', '.join(about)}"
    if not current:
        return "no cell of this unit on the days named"
    middle = (figure.low + figure.high) / 2 * (figure.sign or 1)
    near = min(current, key=lambda cell: abs(cell.value - middle))
    if abs(near.value - middle) > 0.25 * max(abs(middle), figure.step):
        return "no finding and no cell holds it"
    return f"the nearest is {shown(near.value, near.unit)}, {near.what} of {near.at}"
