"""Whether *the highest since*, *in two years* and *outperformed* are so: against the closes.

Closes alone are compared, never highs and lows within a session.
"""

from __future__ import annotations

import datetime as dt
import re

import numpy as np

from workbench.measures import datings
from workbench.measures.binding import (
    Binding,
    free,
    in_finding,
    of_finding,
    of_row,
    shown,
    unbound,
)  # fmt: skip
from workbench.measures.cells import Series
from workbench.measures.contexts import Context, Desk
from workbench.measures.mentions import Figure
from workbench.measures.patterns import COUNTED

_SPAN = re.compile(
    rf"(?P<n>an?|\d+|{'|'.join(COUNTED)})[ -](?:trading )?(?P<unit>session|day|week|month|year)",
    re.IGNORECASE,
)
_DAYS = {"day": 1, "week": 7, "month": 30.4375, "year": 365.25}


def comparison(figure: Figure, context: Context, desk: Desk) -> Binding:
    """A superlative must hold on the rows since, or over, what it names."""
    found = in_finding(figure, context, desk)
    if found is not None:
        return of_finding(figure, found)
    said = figure.text.lower()
    if re.match(r"outperform|underperform|lag|beat|trail", said):
        return _between(figure, context, desk, 1 if said[:1] in "ob" else -1)
    about = [desk.own.get(symbol) for symbol in context.subjects(figure)]
    own = next((row for row in about if row is not None), None)
    if own is None:
        return unbound(figure, "no finding holds it, and nothing is known of whom it is about")
    sign, moves = _kind(said)
    if not sign:
        return unbound(figure, "no finding holds it")
    value = sign * (own.change if moves else own.value)
    start = _start(figure, context, desk, own)
    if isinstance(start, str):
        return unbound(figure, start)
    first, since = start
    rest = value[first:-1]
    if not len(rest) or not np.isfinite(value[-1]):
        return unbound(figure, "no row lies between")
    if rest.max() >= value[-1]:
        row = first + int(np.flatnonzero(rest >= value[-1])[-1])
        size = float(own.change[row] if moves else own.value[row])
        return unbound(figure, f"{own.shown(row)} had {shown(size, '%' if moves else 'level')}")
    if since is not None and value[since].max() < value[-1]:
        return unbound(figure, "the day named was exceeded too: it is more than that")
    return of_row(figure, own, -1, "change over one row" if moves else "close", sign * value[-1])


def _kind(said: str) -> tuple[int, bool]:
    """(+1 for greatest or −1 for least, whether of changes); 0 where the words do not tell."""
    if re.search(r"\b(?:drop|fall|loss|decline|selloff)\b", said):
        return -1, True
    if re.search(r"\b(?:gain|rise|rally|advance|climb)\b", said):
        return 1, True
    if re.match(r"best|worst", said):
        return (1 if said.startswith("b") else -1), True
    if re.match(r"highest", said) or re.search(r"\bhighs?$", said):
        return 1, False
    return (-1, False) if re.match(r"lowest", said) or re.search(r"\blows?$", said) else (0, False)


def _start(
    figure: Figure, context: Context, desk: Desk, own: Series
) -> tuple[int, list[int] | None] | str:
    """First row that the superlative is over, and the rows of the day that it is since."""
    said, begins = figure.text.lower(), own.shown(0)
    if said.endswith("since"):
        date = next((one for one in context.figures if one.kind == "date"
                     and 0 <= one.start - figure.end <= 6), None)  # fmt: skip
        span = datings.days(date.text, desk.as_of) if date else None
        if span is None:
            return "no day follows"
        rows = own.within(span)
        if not rows or rows[-1] >= len(own.value) - 1:
            return f"no row of that day; the series begins on {begins}"
        return rows[-1] + 1, rows
    if found := _SPAN.search(said):
        word, unit = found["n"].lower(), found["unit"].lower()
        n = 1 if word in {"a", "an"} else COUNTED.get(word) or int(word)
        if unit == "session":
            first = len(own.value) - n
            return (first, None) if first >= 0 else f"the series begins on {begins}"
        day = desk.as_of.date() - dt.timedelta(days=round(n * _DAYS[unit]))
    elif found := re.search(r"of the (day|week|month|year)$", said):
        today = desk.as_of.date()
        day = {
            "day": today,
            "week": today - dt.timedelta(days=today.weekday()),
            "month": today.replace(day=1),
            "year": today.replace(month=1, day=1),
        }[found[1]]
    else:
        return f"no source reaches back to all time; the series begins on {begins}"
    if own.days[0] > np.datetime64(day + dt.timedelta(days=4)):  # a holiday weekend may lie between
        return f"the series begins on {begins}"
    return int(np.searchsorted(own.days, np.datetime64(day))), None


def _between(figure: Figure, context: Context, desk: Desk, sign: int) -> Binding:
    names_ = [one for one in context.figures if one.kind == "name"]
    before = [one for one in names_ if one.end <= figure.start]
    after = [one for one in names_ if one.start >= figure.end]
    if context.ahead or not before or not after or after[0].start - figure.end > 12:
        return free(figure, "compares no two series")
    rows = [desk.own.get(one.symbol) for one in (before[-1], after[0])]
    first, second = rows
    if first is None or second is None or first.days[-1] != second.days[-1]:
        return unbound(figure, "no rows of one and the same day")
    gap = float(first.change[-1] - second.change[-1])
    if gap * sign > 0:
        return of_row(figure, first, -1, f"change over one row less that of {second.one.name}", gap)
    return unbound(figure, f"the changes of {first.shown(-1)} differ by {shown(gap, 'move')}")
