"""Claims as sentences and back: ``parse(render(claim)) == claim`` for unregistered claims.

A sentence names its deadline; horizon and window follow from the venue's calendar and the moment
of issue. Reference prices are the desk's, so no sentence states one.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable
from typing import TypeVar

from workbench.domain import claims, windows
from workbench.domain.claims import Claim, Op, Side, Unit, Window
from workbench.domain.errors import ClaimRefused
from workbench.domain.figures import (
    MINUS,
    date_of,
    day,
    instant,
    instant_of,
    number,
    plain,
    size,
    strike,
)  # fmt: skip
from workbench.domain.instruments import KNOWN, Instrument, find

_OPS: dict[Op, str] = {">": "above", "<": "below", ">=": "at or above", "<=": "at or below"}
_MOVES: dict[Side, str] = {"up": "rises", "down": "falls", "any": "moves"}
_SIZES: dict[Op, str] = {">": "more than", ">=": "at least", "<": "less than", "<=": "at most"}
_SIDES: dict[tuple[Side | None, Op | None], str] = {
    ("up", None): "higher", ("down", None): "lower",
    ("up", ">="): "no lower", ("down", "<="): "no higher",
}  # fmt: skip


def render(claim: Claim, table: Iterable[Instrument] = KNOWN) -> str:
    """The one sentence that these fields mean."""
    known = list(table)
    text = _main(claim, known)
    if claim.window.rolled:
        text += f", rolled from {instant(claim.window.rolled)}"
    return f"If {render(claim.given, known)}, then {text}" if claim.given else text


def _main(claim: Claim, known: list[Instrument]) -> str:
    one, clock = find(claim.subject, known), claim.window.mode == "clock"
    name, end = one.name, instant(claim.window.deadline) if clock else day(claim.window.date)
    on, by = ("at " + end, "by " + end) if clock else ("on " + end, "by the close on " + end)
    since = "" if claim.unit == "price" else " from its last close"

    def at(value: float | None) -> str:
        return strike(one, value, claim.unit)

    match claim.kind:
        case "direction":
            return f"{name} closes {_SIDES[claim.side, claim.op]} {on} than at its last close"
        case "level":
            value = claim.lo if claim.lo is not None else claim.hi
            verb = "ends" if since else "closes"
            return f"{name} {verb} {_OPS[claim.op or '>']} {at(value)}{since} {on}"
        case "band" if claim.unit == "price":
            return f"{name} closes between {at(claim.lo)} and {at(claim.hi)} {on}"
        case "band":
            return f"{name} ends {at(claim.lo)} to {at(claim.hi)}{since} {on}"
        case "magnitude":
            more = _SIZES[claim.op or ">"]
            return f"{name} {_MOVES[claim.side or 'any']} {more} {size(claim.lo, claim.unit)} {by}"
        case "relative":
            other = find(claim.versus or "", known).name
            if not claim.margin:
                return f"{name} {'matches or beats' if claim.op else 'beats'} {other} {by}"
            more = _SIZES[claim.op or ">"]
            return f"{name} beats {other} by {more} {plain(claim.margin)} points {by}"
        case "stays" if claim.lo is not None and claim.hi is not None:
            return f"{name} stays between {at(claim.lo)} and {at(claim.hi)}{since} through {end}"
        case "stays":
            side, value = ("above", claim.lo) if claim.lo is not None else ("below", claim.hi)
            return f"{name} stays {side} {at(value)}{since} through {end}"
        case "touch":
            if claim.lo == claim.hi:
                return f"{name} trades at {at(claim.hi)}{since} {by}"
            side, value = ("lower", claim.lo) if claim.hi is None else ("higher", claim.hi)
            return f"{name} trades at {at(value)} or {side}{since} {by}"
        case "range":
            value = claim.lo if claim.lo is not None else claim.hi
            far = f"{_SIZES[claim.op or '>']} {size(value, claim.unit)}"
            return f"{name} spans {far} high to low {by}"
        case "rank":
            place = "top" if claim.side == "up" else "bottom"
            names = ", ".join(find(symbol, known).name for symbol in claim.group)
            return f"{name} ranks in the {place} {claim.places} of {names} {by}"
        case "count":
            if claim.versus:
                daily = f"beats {find(claim.versus, known).name}"
            elif claim.side:
                daily = f"closes {_SIDES[claim.side, None]} than the session before"
            else:
                value = claim.lo if claim.lo is not None else claim.hi
                daily = f"closes {_OPS[claim.op or '>']} {at(value)}"
            return f"{name} {daily} on at least {claim.times} sessions to {end}"


def parse(text: str, as_of: dt.datetime, table: Iterable[Instrument] = KNOWN) -> Claim:
    """The claim that a sentence of the desk means, issued at a moment.

    Args:
        text: A sentence as ``render`` writes it; names may be symbols or aliases.
        as_of: Moment of issue, aware UTC.
        table: Instruments that the sentence may name.

    Raises:
        ClaimRefused: Unknown form (``not_a_claim``), unknown instrument, a date without session,
            a window already over, or strikes that make no sense.
    """
    known = list(table)
    words = " ".join(text.replace(MINUS, "-").split()).rstrip(".")
    if found := re.fullmatch(r"[Ii]f (.+), then (.+)", words):
        condition, then = (parse(part, as_of, known) for part in found.groups())
        return claims.conditional(then, condition)
    for pattern, build in _FORMS:
        if found := re.fullmatch(pattern + _END, words):
            *slots, date, clock, rolled, rolled_clock = found.groups()
            nominal = instant_of(rolled, rolled_clock) if rolled else None

            def when(one: Instrument) -> Window:
                return _window(one, as_of, date, clock, nominal)  # noqa: B023 - called at once

            return build(slots, when, known)
    raise ClaimRefused(
        "not_a_claim",
        f"No rule settles {text.strip()!r}.",
        "S&P 500 closes higher on Tue 30 Jan 2018 than at its last close",
    )


def _window(
    one: Instrument,
    as_of: dt.datetime,
    date: str,
    clock: str | None,
    nominal: dt.datetime | None,
) -> Window:
    end = instant_of(date, clock) if clock else nominal
    if end is None:
        return claims.window_until(one, as_of, date_of(date))
    found = claims.window_to(one, as_of, end)
    if not clock and (found.rolled != end or found.date != date_of(date)):
        raise ClaimRefused("contradictory", f"{instant(end)} does not roll to {date}.")
    return found


_K = TypeVar("_K")
_Slots = list[str]
_When = Callable[[Instrument], Window]
_Build = Callable[[_Slots, _When, list[Instrument]], Claim]


def _direction(slots: _Slots, when: _When, known: list[Instrument]) -> Claim:
    one = find(slots[0], known)
    side, op = next(key for key, word in _SIDES.items() if word == slots[1])
    return claims.direction(one, when(one), side or "up", op)


def _level(slots: _Slots, when: _When, known: list[Instrument]) -> Claim:
    one = find(slots[0], known)
    return claims.level(one, when(one), _key(_OPS, slots[1]), number(slots[2]), _unit(slots[3]))


def _band(slots: _Slots, when: _When, known: list[Instrument]) -> Claim:
    one = find(slots[0], known)
    unit = _unit(slots[-1]) if len(slots) > 3 else "price"
    return claims.band(one, when(one), number(slots[1]), number(slots[2]), unit)


def _magnitude(slots: _Slots, when: _When, known: list[Instrument]) -> Claim:
    one = find(slots[0], known)
    side, op = _key(_MOVES, slots[1]), _key(_SIZES, slots[2])
    return claims.magnitude(one, when(one), number(slots[3]), side, op, _unit(slots[4]))


def _relative(slots: _Slots, when: _When, known: list[Instrument]) -> Claim:
    one, other = find(slots[0], known), find(slots[2], known)
    op: Op = ">=" if slots[1] != "beats" else _key(_SIZES, slots[3] or "more than")
    margin = number(slots[4] or "0")
    return claims.relative(one, other, when(windows.leg(one, other)), margin, op)


def _corridor(slots: _Slots, when: _When, known: list[Instrument]) -> Claim:
    one = find(slots[0], known)
    return claims.stays(one, when(one), number(slots[1]), number(slots[3]), _unit(slots[4]))


def _stays(slots: _Slots, when: _When, known: list[Instrument]) -> Claim:
    one, value = find(slots[0], known), number(slots[2])
    lo, hi = (value, None) if slots[1] == "above" else (None, value)
    return claims.stays(one, when(one), lo, hi, _unit(slots[3]))


def _touch(slots: _Slots, when: _When, known: list[Instrument]) -> Claim:
    one, value = find(slots[0], known), number(slots[1])
    lo = None if slots[3] == "higher" else value
    hi = None if slots[3] == "lower" else value
    return claims.touch(one, when(one), lo, hi, _unit(slots[2]))


def _range(slots: _Slots, when: _When, known: list[Instrument]) -> Claim:
    one = find(slots[0], known)
    return claims.span(one, when(one), number(slots[2]), _key(_SIZES, slots[1]), _unit(slots[3]))


def _rank(slots: _Slots, when: _When, known: list[Instrument]) -> Claim:
    one, group = find(slots[0], known), [find(name, known) for name in slots[3].split(", ")]
    side: Side = "up" if slots[1] == "top" else "down"
    return claims.rank(one, group, when(windows.leg(one, *group)), int(slots[2]), side)


def _count(slots: _Slots, when: _When, known: list[Instrument]) -> Claim:
    one = find(slots[0], known)
    return claims.count(
        one, when(one), int(slots[2]), side="up" if slots[1] == "higher" else "down"
    )


def _count_level(slots: _Slots, when: _When, known: list[Instrument]) -> Claim:
    one = find(slots[0], known)
    op, value = _key(_OPS, slots[1]), number(slots[2])
    return claims.count(one, when(one), int(slots[3]), op=op, value=value)


def _count_relative(slots: _Slots, when: _When, known: list[Instrument]) -> Claim:
    one = find(slots[0], known)
    return claims.count(one, when(one), int(slots[2]), other=find(slots[1], known))


_NUMBER = r"([+-]?(?:(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|\.\d+))"  # commas part thousands
_UNIT = r"(%| points)?"
_CHANGE = r"(%| points)"
_OP = r"(above|below|at or above|at or below)"
_SIZE = r"(more than|at least|less than|at most)"
_SINCE = r"(?: from its last close)?"
_TIME = r"(\d{2}:\d{2}(?::\d{2})?)"
_DATE = r"((?:[A-Z][a-z]{2} )?\d{1,2} [A-Z][a-z]{2} \d{4}|\d{4}-\d{2}-\d{2})"
_ON, _BY = r" (?:on|at) \0", r" by (?:the close on )?\0"  # \0 stands for the deadline
_END = rf"(?:, rolled from {_DATE} {_TIME} UTC)?"
_PATTERNS: tuple[tuple[str, _Build], ...] = (
    (rf"(.+?) closes (higher|lower|no higher|no lower){_ON} than at its last close", _direction),
    (rf"(.+?) (?:closes|ends) {_OP} {_NUMBER}{_UNIT}{_SINCE}{_ON}", _level),
    (rf"(.+?) ends {_NUMBER}(?:%| points) to {_NUMBER}{_CHANGE}{_SINCE}{_ON}", _band),
    (rf"(.+?) closes between {_NUMBER} and {_NUMBER}{_ON}", _band),
    (rf"(.+?) (rises|falls|moves) {_SIZE} {_NUMBER}{_CHANGE}{_BY}", _magnitude),
    (rf"(.+?) (beats|matches or beats) (.+?)(?: by {_SIZE} {_NUMBER} points)?{_BY}", _relative),
    (
        rf"(.+?) stays between {_NUMBER}{_UNIT} and {_NUMBER}{_UNIT}{_SINCE} through \0",
        _corridor,
    ),
    (rf"(.+?) stays (above|below) {_NUMBER}{_UNIT}{_SINCE} through \0", _stays),
    (rf"(.+?) trades at {_NUMBER}{_UNIT}(?: or (higher|lower))?{_SINCE}{_BY}", _touch),
    (rf"(.+?) spans {_SIZE} {_NUMBER}{_CHANGE} high to low{_BY}", _range),
    (rf"(.+?) ranks in the (top|bottom) (\d+) of (.+?){_BY}", _rank),
    (
        r"(.+?) closes (higher|lower) than the session before on at least (\d+) sessions to \0",
        _count,
    ),
    (rf"(.+?) closes {_OP} {_NUMBER} on at least (\d+) sessions to \0", _count_level),
    (r"(.+?) beats (.+?) on at least (\d+) sessions to \0", _count_relative),
)
_FORMS = tuple(
    (form.replace(r"\0", rf"{_DATE}(?: {_TIME} UTC)?"), make) for form, make in _PATTERNS
)


def _key(words: dict[_K, str], word: str) -> _K:
    return next(key for key, text in words.items() if text == word)


def _unit(text: str | None) -> Unit:
    return {"%": "pct", " points": "pts"}.get(text or "", "price")  # type: ignore[return-value]
