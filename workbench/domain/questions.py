"""Questions that prediction markets trade, as claims of the desk, or refused.

Only a question that means exactly what a sentence of the desk means is put into one: the close of
one instrument of the desk against one level, on one session that is named, on a price that is the
desk's. Anything else that could turn the outcome, or that is not said, refuses it.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass

from workbench.domain import question_forms as forms
from workbench.domain.calendars import NEW_YORK, venue
from workbench.domain.english import LONGEST, compile_text
from workbench.domain.errors import ClaimRefused
from workbench.domain.instruments import ALWAYS, Instrument
from workbench.domain.sentences import render

_NEAR = dt.timedelta(days=2)  # between the close and the end of trade that the market states

_SAID = {">": "above", "<": "below", ">=": "at or above", "<=": "at or below"}
# Names of exchanges and of half the market: alone they do not say which index is meant.
_LOOSE = frozenset({"Nasdaq", "the Nasdaq", "Strategy", "S&P", "the S&P"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What one market trades.

    Attributes:
        text: Its title, as asked.
        rules: What decides it; may be empty.
        ends: When trade ends, as the market states it.
    """

    text: str
    rules: str
    ends: dt.datetime


def sentence(question: Question, now: dt.datetime, table: Sequence[Instrument]) -> str:
    """The sentence of the desk that means exactly the same.

    Args:
        question: As the market asks it.
        now: Aware UTC.
        table: The desk's instruments.

    Raises:
        ClaimRefused: It means something else, or does not say enough; ``code`` says why.
    """
    asked = " ".join(question.text.split())
    whole = f"{asked} . {' '.join(question.rules.split())}"
    if len(whole) > LONGEST:
        raise ClaimRefused("too_long", f"It has {len(whole):,} characters of rules.")
    if not question.rules.strip():
        raise ClaimRefused("no_rules", "It does not say what decides it.")
    own = _instrument(asked, table)
    if another := forms.other(whole):
        raise ClaimRefused(*another)
    _alone(own, whole, table)
    day = _day(whole, question.ends)
    at = _moment(own, day, whole)
    if abs(at - question.ends) > _NEAR:
        raise ClaimRefused("no_date", "Its trade ends on another day than the one that it names.")
    sign, level = _level(asked, whole)
    spot = own.venue == ALWAYS
    when = f"at {at:%Y-%m-%d %H:%M} UTC" if spot else f"on {day.isoformat()}"
    claims = compile_text(f"{own.short} closes {_SAID[sign]} {level} {when}", now, table).claims
    if len(claims) != 1 or claims[0].window.deadline != at:
        raise ClaimRefused("not_a_claim", "The desk reads it otherwise.")
    return render(claims[0], table)


def _instrument(asked: str, table: Sequence[Instrument]) -> Instrument:
    found = _named(asked, table)
    if len(found) != 1:
        raise ClaimRefused(
            "no_instrument", f"It names {len(found)} instruments of the desk, not one."
        )
    return found[0]


def _alone(one: Instrument, whole: str, table: Sequence[Instrument]) -> None:
    """Raises where the rules speak of another instrument, or may."""
    if others := [other.short for other in _named(whole, table) if other is not one]:
        raise ClaimRefused("no_instrument", f"Its rules name {others[0]} besides {one.short}.")
    fund = re.search(r"\b(?:etf|trust|fund|token|xstock|e-mini)\b", whole, re.IGNORECASE)
    if fund and one.symbol != one.name:
        raise ClaimRefused("no_instrument", f"It may be of another instrument ({fund[0]!r}).")


def _named(text: str, table: Sequence[Instrument]) -> list[Instrument]:
    return [one for one in table if any(_has(text, name) for name in _names(one))]


def _names(one: Instrument) -> set[str]:
    said = {one.symbol, one.name, one.short, *one.aliases} - _LOOSE
    return said | {name[:1].upper() + name[1:] for name in said}


def _has(text: str, name: str) -> bool:
    """Whether the text names it, written so, and not as a part of another name."""
    tail = r"(?!\s*(?:100|minus|cash|short|classic)\b)"
    return bool(re.search(rf"(?<![\w&]){re.escape(name)}(?![\w&]){tail}", text))


def _day(whole: str, ends: dt.datetime) -> dt.date:
    days = set()
    for found in forms.DAY.finditer(whole):
        try:
            if found[4]:
                days.add(dt.date(int(found[4]), int(found[5]), int(found[6])))
                continue
            month = forms.MONTHS.index(found[1].lower()[:3]) + 1
            year = int(found[3]) if found[3] else ends.year
            days.add(dt.date(year, month, int(found[2])))
        except ValueError:
            raise ClaimRefused("no_date", f"{found[0]!r} is no day.") from None
    if len(days) != 1:
        raise ClaimRefused("no_date", f"It names {len(days)} days, not one.")
    return days.pop()


def _moment(one: Instrument, day: dt.date, whole: str) -> dt.datetime:
    """When it settles: the official close, or for a coin the one time that is stated."""
    times = {_time(found, day) for found in forms.CLOCK.finditer(whole)}
    if one.venue == ALWAYS:
        if forms.ELSEWHERE.search(whole) or not forms.SPOT.search(whole):
            raise ClaimRefused(
                "venue", "It settles on a price that is not the desk's, or names none."
            )
        if not re.search(rf"\b{re.escape(one.short)}\s*[-/]\s*USD\b", whole):
            raise ClaimRefused("venue", f"It does not say that the pair is {one.short}/USD.")
        if len(times) != 1:
            raise ClaimRefused("no_date", f"It names {len(times)} times of the day, not one.")
        return times.pop()
    calendar = venue(one.venue)
    if not calendar.is_session(day):
        raise ClaimRefused("no_session", f"There is no session on {day}.")
    close = calendar.session(day).close
    if not forms.CLOSE.search(whole):
        raise ClaimRefused("no_date", "It does not say that the close decides.")
    if others := times - {close}:
        raise ClaimRefused(
            "no_date", f"It names a time that is not the close: {min(others):%H:%M} UTC."
        )
    return close


def _time(found: re.Match[str], day: dt.date) -> dt.datetime:
    if found[5]:
        raise ClaimRefused("no_date", f"{found[0]!r} has no zone, or the wrong side of a day.")
    hour, minute, half = (
        int(found[1]),
        int(found[2] or 0),
        (found[3] or "").lower().replace(".", ""),
    )
    if hour > (12 if half else 23) or minute > 59 or (half and not hour):
        raise ClaimRefused("no_date", f"{found[0]!r} is no time.")
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    zone = dt.UTC if found[4].lower() in {"utc", "gmt"} else NEW_YORK
    at = dt.datetime.combine(day, dt.time(hour, minute), zone)
    # In summer "EST" is not New York's time, whatever its writer meant.
    stated = found[4].lower()
    if stated in {"est", "edt"} and at.tzname() != stated.upper():
        raise ClaimRefused("zone", f"{found[0]!r} is not the time of New York on that day.")
    return at.astimezone(dt.UTC)


def _level(asked: str, whole: str) -> tuple[str, str]:
    levels = _levels(whole)
    if len({figure for _, figure in levels}) != 1:
        raise ClaimRefused("no_threshold", f"It names {len(levels)} levels, not one.")
    sides = {sign[0] for sign, _ in levels}
    if len(sides) != 1:
        raise ClaimRefused("no_side", "It names both sides of its level.")
    # A title says "above" loosely; what the rules say decides, and they must say one thing.
    rules = {sign for sign, _ in _levels(whole.removeprefix(asked))}
    if len(rules) != 1:
        raise ClaimRefused("no_threshold", "Its rules do not say one thing about its level.")
    return rules.pop(), levels[0][1]


def _levels(text: str) -> list[tuple[str, str]]:
    found, rest = [], text
    for sign, pattern in forms.LEVELS:
        for one in pattern.finditer(rest):
            if forms.OTHER_UNIT.match(rest, one.end()):
                raise ClaimRefused("unit", f"{one[0]!r} is in another unit.")
            figure = float(one[1].replace(",", "")) * (1000 if one[2] else 1)
            found.append((sign, f"{figure:,.10f}".rstrip("0").rstrip(".")))
        rest = pattern.sub(lambda one: " " * len(one[0]), rest)
    return found
