"""Which days the date words of a text mean, seen from a moment."""

from __future__ import annotations

import datetime as dt
import re

from workbench.measures.mentions import normal

Days = tuple[dt.date, dt.date]  # first and last, both included
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_NEAR = {"today": 0, "tonight": 0, "this": 0, "yesterday": -1, "tomorrow": 1}


def days(text: str, as_of: dt.datetime, *, ahead: bool = False) -> Days | None:
    """The days that a date word means.

    Args:
        text: As written: ``Friday``, ``3 April``, ``2026-04-02``, ``April 1-2``, ``March``.
        as_of: From when it is read; a date without a year is the one nearest to it.
        ahead: True where a weekday lies in the future.

    Returns:
        First and last day, or None where the calendar has no such day, or another weekday.
    """
    plain, today = normal(text).lower().replace("–", "-"), as_of.date()
    if (near := plain.split()[0]) in _NEAR:
        day = today + dt.timedelta(days=_NEAR[near])
        return day, day
    weekday = re.match(rf"({'|'.join(_WEEKDAYS)})[a-z]*\b", plain)
    try:
        found = _dated(plain[weekday.end() if weekday else 0 :].strip(" ,"), today)
    except ValueError:
        return None
    if weekday is None:
        return found
    wanted = _WEEKDAYS.index(weekday[1])
    if found is not None:
        return found if found[0].weekday() == wanted else None
    back = (today.weekday() - wanted) % 7
    day = today - dt.timedelta(days=back) if not ahead else today + dt.timedelta(days=7 - back)
    return day, day


def _dated(text: str, today: dt.date) -> Days | None:
    if iso := re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        day = dt.date.fromisoformat(iso[0])
        return day, day
    year = re.search(r"\b(?:19|20)\d\d$", text)
    month = next((n for n, name in enumerate(_MONTHS, 1) if re.search(rf"\b{name}", text)), 0)
    bare = text.removesuffix(year[0]) if year else text
    numbers = [int(found) for found in re.findall(r"\d+", bare)]
    if not month:
        return (dt.date(int(year[0]), 1, 1), dt.date(int(year[0]), 12, 31)) if year else None
    first = dt.date(int(year[0]) if year else today.year, month, numbers[0] if numbers else 1)
    if not year:
        first = min(_years(first), key=lambda one: abs(one - today))
        if not numbers and first > today:
            first = first.replace(year=first.year - 1)
    if numbers:
        return first, first.replace(day=numbers[-1])
    later = (first + dt.timedelta(days=31)).replace(day=1)
    return first, later - dt.timedelta(days=1)


def _years(day: dt.date) -> list[dt.date]:
    found = []
    for year in (day.year - 1, day.year, day.year + 1):
        try:
            found.append(day.replace(year=year))
        except ValueError:  # 29 February of another year
            continue
    return found
