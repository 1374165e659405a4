"""When a claim runs: from its issue to a deadline on its venue's calendar.

A window of *sessions* ends at an official close. A *clock* window ends so many hours after issue;
where the instrument trades in sessions it ends at the last close inside those hours, or, when
they hold none, rolls to the next close and keeps the moment it was rolled from. Only a venue
without closing hours has windows that end between closes.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass, replace
from typing import Any, Literal

from workbench.domain.calendars import UTC, iso, moment, venue
from workbench.domain.errors import ClaimRefused
from workbench.domain.instruments import ALWAYS, Instrument


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """When a claim runs.

    Attributes:
        start: Moment of issue, UTC.
        sessions: Closes from issue to deadline, at least 1; of a clock window its days, rounded up.
        date: The deadline's session, local date of the venue; its UTC date in a clock window.
        deadline: Official close of that session, UTC; in a clock window the moment itself.
        mode: ``clock`` when the deadline need not be a close.
        rolled: End of the hours asked for when they held no close, else None.
    """

    start: dt.datetime
    sessions: int
    date: dt.date
    deadline: dt.datetime
    mode: Literal["sessions", "clock"] = "sessions"
    rolled: dt.datetime | None = None

    def content(self) -> dict[str, Any]:
        """The window as plain JSON values, without fields at their default."""
        found: dict[str, Any] = {
            "start": iso(self.start),
            "sessions": self.sessions,
            "date": self.date.isoformat(),
            "deadline": iso(self.deadline),
        }
        if self.mode != "sessions":
            found["mode"] = self.mode
        return found | ({"rolled": iso(self.rolled)} if self.rolled else {})


def from_content(content: dict[str, Any]) -> Window:
    """The window whose ``content()`` this is."""
    return Window(
        start=moment(content["start"]),
        sessions=content["sessions"],
        date=dt.date.fromisoformat(content["date"]),
        deadline=moment(content["deadline"]),
        mode=content.get("mode", "sessions"),
        rolled=moment(content["rolled"]) if "rolled" in content else None,
    )


def leg(one: Instrument, *others: Instrument) -> Instrument:
    """Of several instruments, the one whose calendar rules: the first that trades in sessions."""
    return next((each for each in (one, *others) if each.venue != ALWAYS), one)


def window(one: Instrument, as_of: dt.datetime, sessions: int) -> Window:
    """The window of the next ``sessions`` closes after a moment.

    Raises:
        ClaimRefused: No session at all (``no_session``), or beyond the calendar.
    """
    if sessions < 1:
        raise ClaimRefused("no_session", f"A window of {sessions} sessions holds no close.")
    calendar = venue(one.venue)
    calendar.last(as_of)  # refuses a moment before the calendar begins
    last = calendar.after(as_of, sessions)
    return Window(start=_issue(as_of), sessions=sessions, date=last.date, deadline=last.close)


def window_until(one: Instrument, as_of: dt.datetime, date: dt.date) -> Window:
    """The window that ends with the session of this date.

    Raises:
        ClaimRefused: The venue is closed that day (``no_session``) or the session's close is not
            after the moment (``window_over``).
    """
    session = venue(one.venue).session(date)
    if session.close <= as_of:
        raise ClaimRefused(
            "window_over",
            f"The session of {date} closed at {iso(session.close)}, before the claim.",
        )
    return window(one, as_of, venue(one.venue).count(as_of, session.close))


def window_to(one: Instrument, as_of: dt.datetime, end: dt.datetime) -> Window:
    """The window that ends at a moment, or at the last close before it.

    Args:
        one: Whose calendar rules.
        as_of: Issue.
        end: Where the hours asked for end.

    Returns:
        On a venue without closing hours a clock window to ``end``; else the sessions that close
        by then, or the next one, with ``rolled``, when none does.

    Raises:
        ClaimRefused: ``end`` is not after the moment (``window_over``).
    """
    start, last = _issue(as_of), _issue(end)
    if last <= start:
        raise ClaimRefused("window_over", f"The window ended at {iso(last)}, before the claim.")
    if one.venue == ALWAYS:
        venue(one.venue).after(last)  # refuses a moment beyond the calendar
        days = math.ceil((last - start) / dt.timedelta(days=1))
        return Window(start=start, sessions=days, date=last.date(), deadline=last, mode="clock")
    count = venue(one.venue).count(start, last)
    return window(one, start, count) if count else replace(window(one, start, 1), rolled=last)


def _issue(at: dt.datetime) -> dt.datetime:
    return at.astimezone(UTC).replace(microsecond=0)
