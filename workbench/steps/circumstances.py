"""Where the lead's venue stands at the cycle's moment, and so what may be called today.

The last session is not of the current date on weekends and holidays, before the open and while
the venue trades: then its move is told with its day and date (``closed``). On a half-day the
session is over at lunch; like on such a day, nothing of it is called today (``dated``).
"""

from __future__ import annotations

import datetime as dt

from workbench.domain.calendars import NEW_YORK, iso, to_datetime, venue
from workbench.domain.instruments import ALWAYS
from workbench.steps.bench import Bench
from workbench.steps.facts import Facts


def gather(facts: Facts, bench: Bench) -> None:
    """Adds when the last session was, when the next one is, and why there is none now."""
    own, words, lead = bench.lead_bars, facts.words, bench.lead
    last, calendar = own.dates[-1].item(), venue(lead.venue)
    words["when"], words["day"] = f"{last:%A}", f"{last:%A}"
    if lead.venue == ALWAYS:
        return
    here = bench.as_of.astimezone(NEW_YORK)
    if last == here.date():
        if calendar.session(last).early:
            facts.has.add("dated")
        return
    del words["when"]
    closed = to_datetime(own.at[-1])
    add = facts.numbers(f"calendar {lead.venue}", iso(closed))
    add("when", last.toordinal(), spelled(last), f"the last session of {lead.venue}")
    hours = int((bench.as_of - closed) / dt.timedelta(hours=1))
    add("closed_hours", hours, f"{hours} hours", "from that close to this moment")
    after = calendar.after(bench.as_of).date
    add("next_session", after.toordinal(), spelled(after), f"the next close of {lead.venue}")
    words["here_day"] = f"{here:%A}"
    facts.has.update({"closed", "dated", f"closed_{_why(bench, here)}"})


def _why(bench: Bench, here: dt.datetime) -> str:
    """Why the last session is not of this date."""
    calendar = venue(bench.lead.venue)
    if calendar.is_open(bench.as_of):
        return "running"
    if calendar.is_session(here.date()):
        return "before" if calendar.session(here.date()).close > bench.as_of else "late"
    return "weekend" if here.weekday() >= 5 else "holiday"


def spelled(date: dt.date) -> str:
    """A date as prose has it: ``Friday 27 March``."""
    return f"{date:%A} {date.day} {date:%B}"
