"""Whether the days, times of day and names that a text speaks of are those of known rows."""

from __future__ import annotations

import re

from workbench.domain.calendars import venue
from workbench.domain.figures import day as shown_day
from workbench.domain.instruments import ALWAYS, Instrument
from workbench.measures import datings
from workbench.measures.binding import Binding, free, in_finding, of_finding, of_row, unbound
from workbench.measures.contexts import Context, Desk
from workbench.measures.datings import Days
from workbench.measures.mentions import Figure


def name(figure: Figure, context: Context, desk: Desk) -> Binding:
    """A name is bound when anything is known of its series."""
    own = desk.own.get(figure.symbol)
    if own is not None:
        return of_row(figure, own, -1, "newest row", float(own.value[-1]))
    for one, (_, symbols) in zip(desk.findings, desk.told, strict=True):
        if figure.symbol in symbols:
            return of_finding(figure, one)
    if figure.text.islower():
        return free(figure, "an ordinary word")
    found = in_finding(figure, context, desk)
    return of_finding(figure, found) if found else unbound(figure, "nothing is known of it")


def date(figure: Figure, context: Context, desk: Desk) -> Binding:
    """A day must exist, and be a session with a row where a session's market is spoken of."""
    spans = [datings.days(figure.text, desk.as_of, ahead=ahead) for ahead in (False, context.ahead)]
    found = [_date(figure, span, context, desk) for span in dict.fromkeys(spans)]
    return next((one for one in found if one.verdict != "unbound"), found[-1])


def _date(figure: Figure, span: Days | None, context: Context, desk: Desk) -> Binding:
    if span is None:
        return unbound(figure, "the calendar has no such day")
    if re.match(r"this|tonight", figure.text.lower()) and all(
        one.kind == "date" for one in context.figures
    ):
        return free(figure, "says nothing of a market")
    near = bool(re.match(r"today|tonight|this|yesterday|tomorrow", figure.text.lower()))
    today = desk.as_of.date()
    if span == (today, today) and not near:
        return Binding(figure=figure, verdict="bound", source="as of", at=shown_day(today))
    about = [desk.own.get(symbol) for symbol in context.subjects(figure)] or [desk.lead]
    rows = [own for own in about if own is not None] or ([desk.lead] if desk.lead else [])
    closed = ""
    for own in rows:
        found = own.within(span)
        if found:
            return of_row(figure, own, found[-1], "row of that day", float(own.value[found[-1]]))
        calendar = venue(own.one.venue if isinstance(own.one, Instrument) else "XNYS")
        open_ = calendar.between(*span)
        if open_ and (span[1] >= today or calendar.name == ALWAYS):
            return Binding(figure=figure, verdict="bound", source=f"sessions of {calendar.name}",
                           at=shown_day(open_[-1].date))  # fmt: skip
        closed = "" if open_ else f"{calendar.name} has no session on {shown_day(span[0])}"
    found_in = in_finding(figure, context, desk)
    if found_in is not None and not near:
        return of_finding(figure, found_in)
    for one in desk.findings:
        if one.as_of[:10] == span[0].isoformat() and span[0] == span[1] and not near:
            return of_finding(figure, one)
    return unbound(figure, closed or "nothing known describes that day")


def clock(figure: Figure, context: Context, desk: Desk) -> Binding:
    """A time of day must be that of writing, in UTC, or a finding's."""
    found = in_finding(figure, context, desk)
    if found is not None:
        return of_finding(figure, found)
    told = figure.text.removesuffix(" UTC").removesuffix(" GMT")
    if re.fullmatch(r"[\d:]+", told) and f"{desk.as_of:%H:%M:%S}".startswith(told.zfill(5)):
        return Binding(figure=figure, verdict="bound", source="as of", at=f"{desk.as_of:%H:%M} UTC")
    return unbound(figure, "is not the time of writing in UTC, and no finding holds it")
