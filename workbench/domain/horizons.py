"""Words for a horizon as windows on a calendar: ``in 24h``, ``by Friday``, ``this week``.

A day is the local date of the venue. A date without a session is refused; hours without one roll
to the next close.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import Any

from workbench.domain import claims
from workbench.domain.calendars import NEW_YORK, UTC, venue
from workbench.domain.claims import Window
from workbench.domain.errors import ClaimRefused
from workbench.domain.instruments import ALWAYS, Instrument
from workbench.domain.vocabulary import WORDS, Token

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS_OF = {"month": 1, "quarter": 3, "year": 12}
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def count(text: str) -> float:
    """A number in digits or words up to ten."""
    word = text.strip().casefold()
    return float(WORDS[word]) if word in WORDS else float(word)


def local(one: Instrument, at: dt.datetime) -> dt.date:
    """The date at the venue."""
    zone = UTC if one.venue == ALWAYS else NEW_YORK
    return at.astimezone(zone).date()


def hours(token: Token) -> float | None:
    """How many hours a clock horizon lasts, None for one that names sessions or days."""
    fields = _fields(token)
    span = fields.get("span", "").casefold()
    each = {"h": 1, "d": 24, "w": 168}.get(span[:1])
    if each is None or span.startswith("trading") or span[:1] == "s":
        return None
    return each * count(fields.get("count", "1"))


def timed(found: Sequence[Token]) -> list[Token]:
    """Horizons with the time of day, or *the close*, that stands beside a day joined to it.

    *By 4pm ET on Friday* and *by the close tomorrow* are one horizon each; beside hours, or alone,
    a time of day means today's.
    """
    clocks = [token for token in found if _word(token) == "close"]
    others = [token for token in found if _word(token) != "close"]
    if not clocks or not any(hours(token) is None for token in others):
        return list(found)
    stated: list[dict[str, Any]] = []
    for token in clocks:
        fields = {name: text for name, text in _fields(token).items() if text}
        stated += [fields] if "clock" in fields and fields not in stated else []
    if len(stated) > 1:
        words = " and ".join(repr(token.text) for token in clocks)
        raise ClaimRefused("contradictory", f"The times {words} disagree.")
    beside = stated[0] if stated else {}
    return [
        Token(
            kind="w",
            text=f"{token.text} {clocks[0].text}",
            value=(_word(token), {**_fields(token), **beside}),
        )
        if hours(token) is None
        else token
        for token in others
    ]


def resolve(token: Token, one: Instrument, as_of: dt.datetime) -> Window:
    """The window that a horizon's words mean for an instrument.

    Raises:
        ClaimRefused: No session, already over, no day of the calendar, or a time that is no close.
    """
    if "clock" in _fields(token):
        return _by_clock(token, one, as_of)
    return _by_day(token, one, as_of)


def _by_clock(token: Token, one: Instrument, as_of: dt.datetime) -> Window:
    """The window to a time of day: a coin's ends there, a session's must end at its close."""
    fields = dict(_fields(token))
    text, zone_text, before = fields.pop("clock"), fields.pop("zone", ""), fields.pop("by", "")
    if one.venue == ALWAYS and not zone_text:
        raise ClaimRefused("ambiguous", f"In which time zone is {text!r}? Add ET or UTC.")
    zone = UTC if zone_text.casefold() in {"utc", "gmt", "z"} else NEW_YORK
    day = Token(kind="w", text=token.text, value=(_word(token), fields))
    local_day = as_of.astimezone(zone).date()
    if one.venue == ALWAYS and local_day != local(one, as_of) and "date" not in fields:
        raise ClaimRefused("ambiguous", f"It is {local_day} there and another day in UTC; name it.")
    end = dt.datetime.combine(_by_day(day, one, as_of).date, _time(text), zone)
    if one.venue == ALWAYS:
        return claims.window_to(one, as_of, end.astimezone(UTC))
    when = _by_day(day, one, as_of)
    late = bool(before) or _time(text) == dt.time(16)  # the usual close, also on a half-day
    if end.astimezone(UTC) == when.deadline or (late and end.astimezone(UTC) > when.deadline):
        return when
    raise ClaimRefused(
        "not_a_claim",
        f"{one.name} is settled at closes; {text} {zone_text} on {when.date} is none.",
    )


def _time(text: str) -> dt.time:
    """A time of day: ``4pm``, ``4:00 PM``, ``16:00``."""
    found = re.fullmatch(r"(\d+)(?::(\d+))?(?::\d+)?\s?([ap])?\.?m?\.?", text.strip().casefold())
    assert found is not None  # noqa: S101 - the vocabulary matched it
    hour, minute, half = int(found[1]), int(found[2] or 0), found[3]
    if half and not 1 <= hour <= 12:
        raise ClaimRefused("no_date", f"{text!r} is no time of day.")
    hour = hour % 12 + 12 * (half == "p") if half else hour
    try:
        return dt.time(hour, minute)
    except ValueError as error:
        raise ClaimRefused("no_date", f"{text!r} is no time of day.") from error


def _by_day(token: Token, one: Instrument, as_of: dt.datetime) -> Window:
    """The window to a day, to so many hours or sessions, or to a moment in UTC."""
    fields, word = _fields(token), _word(token)
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
    if word in {"today", "tomorrow", "close"}:
        return claims.window_until(one, as_of, today + dt.timedelta(days=word == "tomorrow"))
    if word in {"week", "month", "quarter", "year"}:
        return _last_of(one, as_of, _day_of(one, today, word), word)
    if word == "period":
        period = fields["period"].casefold()
        return _last_of(one, as_of, _day_of(one, today, period), period)
    if word == "next week":
        return _last_of(one, as_of, today + dt.timedelta(days=7 - today.weekday()), "week")
    if "month" in fields:
        return _last_of(one, as_of, named_date(f"{fields['month']} 15", today), "month")
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
    if slashed := re.search(r"(\d+)/(\d+)(?:/(\d+))?", text):  # New York writes the month first
        month, number = int(slashed[1]), int(slashed[2])
        year = int(slashed[3]) + (2000 if len(slashed[3]) == 2 else 0) if slashed[3] else 0
        if not 1 <= month <= 12:
            raise ClaimRefused(
                "no_date", f"{slashed[0]!r} has no month {month}: the month is written first."
            )
        words = [_MONTHS[month - 1], str(number), *([str(year)] if year else [])]
        if not year and number <= 12 and number != month:
            _not_turned(slashed[0], today)
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


def _not_turned(text: str, today: dt.date) -> None:
    """Refuses ``6/4`` in early April: 4 June is far, but to who puts the day first it is near."""
    one, two = text.split("/", 1)
    first, turned = (
        abs((named_date(f"{_MONTHS[int(month) - 1]} {date}", today) - today).days)
        for month, date in ((one, two), (two, one))
    )
    if first > 31 and turned <= 31:
        raise ClaimRefused("no_date", f"{text!r} may put the day first; write the month by name.")


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


def _first_of(day: dt.date, unit: str) -> dt.date:
    """The first day of the week, month, quarter or year that holds a day."""
    if unit == "week":
        return day - dt.timedelta(days=day.weekday())
    return day.replace(day=1, month=day.month - (day.month - 1) % _MONTHS_OF[unit])


def _day_of(one: Instrument, today: dt.date, unit: str) -> dt.date:
    """A day of *this week*: on a Sunday, where no session is left, the week that comes."""
    sunday = unit == "week" and today.weekday() == 6 and one.venue != ALWAYS
    return today + dt.timedelta(days=int(sunday))


def _last_of(one: Instrument, as_of: dt.datetime, day: dt.date, unit: str) -> Window:
    """The window to the last session of the week or month that holds a day."""
    first = _first_of(day, unit)
    if unit == "week":
        last = first + dt.timedelta(days=6)
    else:
        months = _MONTHS_OF[unit]
        after = first.month - 1 + months
        last = dt.date(first.year + after // 12, after % 12 + 1, 1) - dt.timedelta(days=1)
    sessions = venue(one.venue).between(first, last)
    if not sessions or sessions[-1].close <= as_of:
        raise ClaimRefused("window_over", f"The last session of that {unit} had closed by then.")
    return claims.window_until(one, as_of, sessions[-1].date)


def lasting(token: Token) -> bool:
    """True of a horizon that speaks of all the time to its end: *through Friday*, *for 3 days*."""
    text = token.text.casefold()
    days = bool({"date", "weekday"} & set(_fields(token))) or _word(token) in {"today", "tomorrow"}
    return text.startswith("through") or (text.startswith("for ") and not days)


def opened(token: Token, one: Instrument, as_of: dt.datetime) -> dt.date | None:
    """The day that opens the period of *for the week*, None for another horizon."""
    period = _fields(token).get("period", "").casefold()
    return _first_of(_day_of(one, local(one, as_of), period), period) if period else None


def _word(token: Token) -> str:
    """The word of a horizon that is one: ``tomorrow``, ``week``, ``close``."""
    word = token.value[0] if isinstance(token.value, tuple) else token.value
    return word or ""


def _fields(token: Token) -> dict[str, Any]:
    return token.value[1] if isinstance(token.value, tuple) else {}
