"""Whether directions, sides of a number, counts of days and runs are so."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from workbench.measures import datings
from workbench.measures.binding import (
    Binding,
    free,
    holds,
    in_finding,
    of_cell,
    of_finding,
    of_row,
    shown,
    unbound,
)  # fmt: skip
from workbench.measures.contexts import Context, Desk
from workbench.measures.mentions import Figure

_ATTACHED = re.compile(
    r"^(?:'s)?(?: (?:has|have|had|is|are|was|were|been|being|also|still|just|barely|then|now|moved"
    r"|went|traded|trading|trades|closed|closes|ended|ends|finished|all|both|themselves))*\s$"
)
_COLLECTIVE = re.compile(
    r"\b(?:stocks|equities|shares|the (?:stock )?market|(?:the )?indices)"
    r"(?: (?:has|have|had|is|are|was|were|been|also|still|just|closed|ended|all|themselves))*\s$",
    re.IGNORECASE,
)
_CROSSED = re.compile(
    r"\b(?:fell|falls|dropped|slipped|slid|sank|broke|rose|rises|climbed|jumped|crossed|closed back"
    r"|moved|back)\s$"
)
# The verbs of claims: what they say is to come, and its strike is a finding's or nobody's.
_CLAIMS = re.compile(r"\b(?:ranges|closes|ends|moves|touches|stays|remains|beats|exceeds)\b")
_OVER = {"above", "over", "higher", "more", "greater", "at least"}


def direction(figure: Figure, context: Context, desk: Desk) -> Binding:
    """A direction said of a series must be the one that it took on the days named."""
    if context.ahead:
        return free(figure, "of what may come")
    last = max((one.end for one in context.figures
                if one.kind == "name" and one.end <= figure.start), default=None)  # fmt: skip
    before = context.text[context.place.start : figure.start]
    if last is not None and _ATTACHED.match(context.text[last : figure.start]):
        about = context.subjects(figure)
    elif _COLLECTIVE.search(before) and desk.lead is not None:
        about = (desk.lead.one.symbol,)
    else:
        return free(figure, "said of no series")
    cells = []
    dated = context.dates(context.place.start, context.place.end, desk.as_of)
    for symbol in about:
        alone = Figure(kind="name", text="", start=figure.start, end=figure.start, symbol=symbol)
        others = (one for one in context.figures if one.kind != "name")
        own = replace(context, figures=(*others, alone), carried=())
        moves = [c for c in own.cells(desk, figure) if ", change" in c.what and c.age == 0]
        if any(first < last for first, last in dated):  # a month's direction is not its days'
            moves = [c for c in moves if ", change from " in c.what]
        right = next((cell for cell in moves if cell.value * figure.sign > 0), None)
        if right is None:
            if (found := in_finding(figure, context, desk)) is not None:
                return of_finding(figure, found)
            what = f"{moves[0].what} is {shown(moves[0].value, moves[0].unit)}" if moves else (
                f"nothing is known of {symbol} on the days named")  # fmt: skip
            return unbound(figure, what)
        cells.append(right)
    return of_cell(figure, cells[0])


def threshold(figure: Figure, context: Context, desk: Desk) -> Binding | None:
    """A number after *above*, *below*, *more than* is bound when the newest row is on that side.

    It must also be near: within a tenth of a level, within a factor of two of a change. That
    the VIX is below 900 is so, and no source for 900.

    Returns:
        None where no such word stands before the number, or the sentence speaks of what may come.
    """
    word = next((one for one in context.figures if one.kind == "comparison"
                 and 0 <= figure.start - one.end <= 7), None)  # fmt: skip
    if word is None or context.ahead or figure.unit not in {"", "$", "%"}:
        return None
    if _CLAIMS.search(context.text, context.place.start, word.start):
        return None
    side = 1 if word.text.lower().removesuffix(" than") in _OVER else -1
    limit = (figure.low + figure.high) / 2
    for symbol in context.subjects(figure):
        own = desk.own.get(symbol)
        if own is None or len(own.value) < 2:
            continue
        if figure.unit == "%" and own.one.unit != "%":
            value, before = float(own.change[-1]), None
            if figure.sign and value * figure.sign < 0:
                continue
            value, told = abs(value), "change over one row, size"
        else:
            value, before, told = float(own.value[-1]), float(own.value[-2]), "close"
        lead = context.text[max(0, word.start - 12) : word.start]
        crossed = before is not None and _CROSSED.search(lead)
        near = 0.9 <= value / limit <= 1.1 if told == "close" and limit else (
            0.5 * limit <= value <= 2 * limit)  # fmt: skip
        if (
            near
            and side * (value - limit) > 0
            and not (crossed and side * ((before or 0) - limit) > 0)
        ):
            return of_row(figure, own, -1, told, value)
    return None


def times(figure: Figure, context: Context, desk: Desk) -> Binding | None:
    """A count of events with their days given must count them; None where no days follow."""
    listed = [one for one in context.figures if one.kind == "date" and one.start >= figure.end]
    counts = figure.unit in {"x", "sessions", "days"}
    bracketed = bool(listed) and re.search(r"\($", context.text[figure.end : listed[0].start])
    if not counts or not (bracketed or len(listed) > 1):
        return None
    spans = [datings.days(one.text, desk.as_of) for one in listed]
    count = sum((span[1] - span[0]).days + 1 for span in spans if span is not None)
    if holds(figure, count):
        return Binding(figure=figure, verdict="bound", source="the days that it lists",
                       value=float(count), at=listed[-1].text)  # fmt: skip
    return unbound(figure, f"{figure.text}, and {count} {'days' if count != 1 else 'day'} named")


def streak(figure: Figure, context: Context, desk: Desk) -> Binding | None:
    """*Third straight* must be the run of changes of one sign that ends with the newest row."""
    after = context.text[figure.start : context.place.end]
    if figure.unit != "th" or not re.search(r"\b(?:straight|consecutive|in a row)\b", after):
        return None
    for symbol in context.subjects(figure):
        own = desk.own.get(symbol)
        if own is None or len(own.value) < 2:
            continue
        signs = np.sign(np.diff(own.value))
        other = np.flatnonzero(signs != signs[-1])
        run = len(signs) - 1 - int(other[-1]) if len(other) else len(signs)
        said = next((one.sign for one in context.figures if one.kind == "direction"), 0)
        if holds(figure, run) and said * signs[-1] >= 0:
            return of_row(figure, own, -1, "changes of one sign in a row", float(run))
        return unbound(figure, f"the newest run of {own.one.name} is {run} rows")
    return None
