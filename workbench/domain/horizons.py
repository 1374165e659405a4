"""Words for a horizon as windows on a calendar: ``in 24h``, ``by Friday``, ``this week``.

A day is the local date of the venue. A date without a session is refused; hours without one roll
to the next close.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Any
from zoneinfo import ZoneInfo

from workbench.domain import claims
from workbench.domain.calendars import UTC, venue
from workbench.domain.claims import Window
from workbench.domain.errors import ClaimRefused
from workbench.domain.instruments import ALWAYS, Instrument
from workbench.domain.vocabulary import Token

_WORDS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6,
          "seven": 7, "ten": 10}  # fmt: skip
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def count(text: str) -> float:
    """A number in digits or words up to ten."""
    word = text.strip().casefold()
    return float(_WORDS[word]) if word in _WORDS else float(word)


def local(one: Instrument, at: dt.datetime) -> dt.date:
    """The date at the venue."""
    zone = UTC if one.venue == ALWAYS else ZoneInfo("America/New_York")
    return at.astimezone(zone).date()


def hours(token: Token) -> float | None:
    """How many hours a clock horizon lasts, None for one that names sessions or days."""
    fields = _fields(token)
    span = fields.get("span", "").casefold()
    each = {"h": 1, "d": 24, "w": 168}.get(span[:1])
    if each is None or span.startswith("trading") or span[:1] == "s":
        return None
    return each * count(fields.get("count", "1"))


def resolve(token: Token, one: Instrument, as_of: dt.datetime) -> Window:
    """The window that a horizon's words mean for an instrument.

    Raises:
        ClaimRefused: No session, already over, or no day of the calendar.
    """
    fields = _fields(token)
    word = token.value if isinstance(token.value, str) else ""
    calendar, today = venue(one.venue), local(one, as_of)
    if "instant" in fields:
        try:
            end = dt.datetime.fromisoformat(fields["instant"].upper()).replace(tzinfo=UTC)
        except ValueError as error:
            raise ClaimRefused("no_date", f"{fields['instant']!r} is no moment.") from error
        return claims.window_to(one, as_of, end)
    if "date" in fields:
        return claims.window_until(one, as_of, named_date(fields["date"], today))
    if "weekday" in fields:
        date = _weekday(fields["weekday"], today, bool(fields.get("next")))
        if date == today and calendar.is_session(date) and calendar.session(date).close <= as_of:
            date += dt.timedelta(days=7)
        return claims.window_until(one, as_of, date)
    if word in {"today", "tomorrow"}:
        return claims.window_until(one, as_of, today + dt.timedelta(days=word == "tomorrow"))
    if word in {"week", "month"}:
        return _last_of(one, as_of, today, word)
    length = hours(token)
    if fields["span"].casefold() == "week" and "count" not in fields:
        return _last_of(one, as_of, today + dt.timedelta(days=7 - today.weekday()), "week")
    if length is not None:
        if not 0 < length <= 24 * 3660:
            raise ClaimRefused("no_session", f"A window of {length:g} hours is none.")
        return claims.window_to(one, as_of, as_of + dt.timedelta(hours=length))
    sessions = count(fields.get("count", "1"))
    if sessions != int(sessions) or sessions > 2520:
        raise ClaimRefused("no_session", f"A window of {sessions:g} sessions is none.")
    return claims.window(one, as_of, int(sessions))


def named_date(text: str, today: dt.date) -> dt.date:
    """The date that a text names; without a year the next such date from today on.

    Raises:
        ClaimRefused: No such day, another weekday than stated, or without a year more than half
            a year ahead (``no_date``; ``window_over`` when it has just gone by).
    """
    words = re.findall(r"[a-z]+|\d+", re.sub(r"(?<=\d)(?:st|nd|rd|th)\b", "", text.casefold()))
    weekday = _DAYS.index(words.pop(0)[:3]) if words[0][:3] in _DAYS else None
    month_word = next((word for word in words if word.isalpha()), None)
    figures = [int(word) for word in words if word.isdigit()]
    try:
        if month_word is None:
            date = dt.date(*figures)
        else:
            month = _MONTHS.index(month_word[:3]) + 1
            if len(figures) == 2:
                date = dt.date(figures[1], month, figures[0])
            else:
                date = min(
                    (dt.date(today.year + k, month, figures[0]) for k in (-1, 0, 1)),
                    key=lambda day: abs((day - today).days),
                )
    except (ValueError, TypeError) as error:
        raise ClaimRefused("no_date", f"{text.strip()!r} is not a date of the calendar.") from error
    if weekday is not None and date.weekday() != weekday:
        raise ClaimRefused(
            "no_date", f"{date} is a {date:%A}, not a {text.split(maxsplit=1)[0].strip(',')}."
        )
    return date


def past_day(fields: dict[str, str], today: dt.date) -> dt.date:
    """The date of a close that has been: ``Friday`` is the last one up to today."""
    text = fields["ref"].casefold()
    if text in {"yesterday", "today"}:
        return today - dt.timedelta(days=text == "yesterday")
    if text[:3] in _DAYS and not re.search(r"\d", text):
        return today - dt.timedelta(days=(today.weekday() - _DAYS.index(text[:3])) % 7)
    return named_date(text, today)


def _weekday(text: str, today: dt.date, next_one: bool) -> dt.date:
    wanted = _DAYS.index(text.casefold()[:3])
    date = today + dt.timedelta(days=(wanted - today.weekday()) % 7)
    if next_one and date.isocalendar()[:2] == today.isocalendar()[:2]:
        raise ClaimRefused(
            "no_date", f"'next {text}' may be {date} or the week after; give a date."
        )
    return date


def _last_of(one: Instrument, as_of: dt.datetime, day: dt.date, unit: str) -> Window:
    """The window to the last session of the week or month that holds a day."""
    if unit == "week":
        first = day - dt.timedelta(days=day.weekday())
        last = first + dt.timedelta(days=6)
    else:
        first = day.replace(day=1)
        last = (first + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)
    sessions = venue(one.venue).between(first, last)
    if not sessions or sessions[-1].close <= as_of:
        raise ClaimRefused("window_over", f"The last session of that {unit} had closed by then.")
    return claims.window_until(one, as_of, sessions[-1].date)


def _fields(token: Token) -> dict[str, Any]:
    return token.value[1] if isinstance(token.value, tuple) else {}
