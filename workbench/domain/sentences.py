"""Claims as sentences and back: ``parse(render(claim)) == claim`` for unregistered claims.

A sentence names its deadline's date; horizon and deadline follow from the venue's calendar and
the moment of issue. Reference prices are the desk's, so no sentence states one.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable

from workbench.domain import claims
from workbench.domain.claims import Claim, Op, Side
from workbench.domain.errors import ClaimRefused
from workbench.domain.instruments import INSTRUMENTS, Instrument, find

MINUS = "\N{MINUS SIGN}"
_OPS: dict[Op, str] = {">": "above", "<": "below", ">=": "at or above", "<=": "at or below"}
_MOVES: dict[Side, str] = {"up": "rises", "down": "falls", "any": "moves"}
_NUMBER = r"([+-]?[\d,]*\.?\d+)"
_DATE = r"((?:[A-Z][a-z]{2} )?\d{1,2} [A-Z][a-z]{2} \d{4}|\d{4}-\d{2}-\d{2})"


def price(value: float, tick: float) -> str:
    """A price as text: ``2,850`` or ``13.85``."""
    return f"{value:,.0f}" if value == int(value) else f"{value:,.{claims.decimals(tick)}f}"


def plain(value: float | None) -> str:
    """A percentage as text, in full and without idle zeros: ``115.5983``, ``1.5``, ``2``."""
    return f"{value or 0.0:.4f}".rstrip("0").rstrip(".")


def signed(value: float | None) -> str:
    """The same with its sign, a real minus for negative ones."""
    sign = "+" if (value or 0.0) >= 0 else MINUS
    return sign + plain(abs(value or 0.0))


def day(date: dt.date) -> str:
    """A date as text: ``Tue 30 Jan 2018``."""
    return f"{date:%a} {date.day} {date:%b %Y}"


def render(claim: Claim, table: Iterable[Instrument] = INSTRUMENTS) -> str:
    """The one sentence that these fields mean."""
    known = list(table)
    one = find(claim.subject, known)
    name, on = one.name, day(claim.window.date)

    def at(value: float | None) -> str:
        return price(value or 0.0, one.tick)

    match claim.kind:
        case "direction":
            word = "higher" if claim.side == "up" else "lower"
            return f"{name} closes {word} on {on} than at its last close"
        case "level":
            value = claim.lo if claim.lo is not None else claim.hi
            return f"{name} closes {_OPS[claim.op or '>']} {at(value)} on {on}"
        case "band" if claim.unit == "pct":
            ends = f"{signed(claim.lo)}% to {signed(claim.hi)}%"
            return f"{name} ends {ends} from its last close on {on}"
        case "band":
            return f"{name} closes between {at(claim.lo)} and {at(claim.hi)} on {on}"
        case "magnitude":
            moves = _MOVES[claim.side or "any"]
            return f"{name} {moves} more than {plain(claim.lo)}% by the close on {on}"
        case "relative":
            by = f" by more than {plain(claim.margin)} points" if claim.margin else ""
            return f"{name} beats {find(claim.versus or '', known).name}{by} by the close on {on}"
        case "stays" if claim.lo is not None and claim.hi is not None:
            return f"{name} stays between {at(claim.lo)} and {at(claim.hi)} through {on}"
        case "stays":
            side = "above" if claim.lo is not None else "below"
            return f"{name} stays {side} {at(claim.lo or claim.hi)} through {on}"
        case "touch":
            side = "or higher" if claim.hi is not None else "or lower"
            return f"{name} trades at {at(claim.hi or claim.lo)} {side} by the close on {on}"


def negated(claim: Claim, table: Iterable[Instrument] = INSTRUMENTS) -> str:
    """What makes a registered claim false, as a clause after "wrong if"."""
    known = list(table)
    one = find(claim.subject, known)
    name, on = one.name, day(claim.window.date)

    def at(value: float | None) -> str:
        return price(value or 0.0, one.tick)

    match claim.kind:
        case "direction":
            side = "at or below" if claim.side == "up" else "at or above"
            return f"{name} closes {side} {claim.reference:,.2f} on {on}"
        case "level":
            opposite = {">": "at or below", ">=": "below", "<": "at or above", "<=": "above"}
            return f"{name} closes {opposite[claim.op or '>']} {at(claim.lo or claim.hi)} on {on}"
        case "band" if claim.unit == "pct":
            ends = f"{signed(claim.lo)}% to {signed(claim.hi)}%"
            return f"{name} ends outside {ends} from {claim.reference:,.2f} on {on}"
        case "band":
            return f"{name} closes outside {at(claim.lo)} to {at(claim.hi)} on {on}"
        case "magnitude":
            verb = {"up": "has not risen", "down": "has not fallen"}.get(claim.side or "")
            moved = f"{verb} by more than" if verb else "is within"
            return (
                f"{name} {moved} {plain(claim.lo)}% of {claim.reference:,.2f} at the close on {on}"
            )
        case "relative":
            other = find(claim.versus or "", known).name
            return (
                f"{name} leads {other} by {plain(claim.margin)} points or less at the close on {on}"
            )
        case "stays":
            edges = [f"{at(claim.lo)} or lower"] * (claim.lo is not None)
            edges += [f"{at(claim.hi)} or higher"] * (claim.hi is not None)
            return f"{name} trades at {', or at '.join(edges)} by the close on {on}"
        case "touch":
            side = "reaches" if claim.hi is not None else "falls to"
            return f"{name} never {side} {at(claim.hi or claim.lo)} by the close on {on}"


def parse(text: str, as_of: dt.datetime, table: Iterable[Instrument] = INSTRUMENTS) -> Claim:
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
    words_only = " ".join(text.replace(MINUS, "-").split()).rstrip(".")
    for pattern, build in _FORMS:
        if found := re.fullmatch(pattern, words_only):
            *words, date = found.groups()
            one = find(words[0], known)
            when = claims.window_until(one, as_of, _date(date))
            if build == "relative":
                other = find(words[1], known)
                return claims.relative(one, other, when, _number(words[2] or "0"))
            return _build(build, one, when, words[1:])
    raise ClaimRefused(
        "not_a_claim",
        f"No rule settles {text.strip()!r}.",
        "S&P 500 closes higher on Tue 30 Jan 2018 than at its last close",
    )


_FORMS: tuple[tuple[str, str], ...] = (
    (rf"(.+?) closes (higher|lower) on {_DATE} than at its last close", "direction"),
    (rf"(.+?) closes (above|below|at or above|at or below) {_NUMBER} on {_DATE}", "level"),
    (rf"(.+?) ends {_NUMBER}% to {_NUMBER}% from its last close on {_DATE}", "band_pct"),
    (rf"(.+?) closes between {_NUMBER} and {_NUMBER} on {_DATE}", "band_price"),
    (rf"(.+?) (rises|falls|moves) more than {_NUMBER}% by the close on {_DATE}", "magnitude"),
    (
        rf"(.+?) beats (.+?)(?: by more than {_NUMBER} points)? by the close on {_DATE}",
        "relative",
    ),
    (rf"(.+?) stays between {_NUMBER} and {_NUMBER} through {_DATE}", "corridor"),
    (rf"(.+?) stays (above|below) {_NUMBER} through {_DATE}", "stays"),
    (rf"(.+?) trades at {_NUMBER} or (higher|lower) by the close on {_DATE}", "touch"),
)


def _build(form: str, one: Instrument, when: claims.Window, words: list[str]) -> Claim:
    match form:
        case "direction":
            return claims.direction(one, when, "up" if words[0] == "higher" else "down")
        case "level":
            op = next(op for op, name in _OPS.items() if name == words[0])
            return claims.level(one, when, op, _number(words[1]))
        case "band_pct":
            return claims.band(one, when, _number(words[0]), _number(words[1]), "pct")
        case "band_price":
            return claims.band(one, when, _number(words[0]), _number(words[1]), "price")
        case "magnitude":
            side = next(side for side, name in _MOVES.items() if name == words[0])
            return claims.magnitude(one, when, _number(words[1]), side)
        case "corridor":
            return claims.stays(one, when, _number(words[0]), _number(words[1]))
        case "stays":
            value = _number(words[1])
            above = words[0] == "above"
            return claims.stays(one, when, value if above else None, None if above else value)
        case _:
            value, higher = _number(words[0]), words[1] == "higher"
            return claims.touch(one, when, None if higher else value, value if higher else None)


def _number(text: str) -> float:
    return float(text.replace(",", ""))


def _date(text: str) -> dt.date:
    weekday, _, rest = text.rpartition(" ")[0].rpartition(" ")[0].rpartition(" ")
    try:
        if "-" in text:
            return dt.date.fromisoformat(text)
        plain_date = text.removeprefix(weekday).strip() if weekday else text
        found = dt.datetime.strptime(plain_date + " +0000", "%d %b %Y %z").date()
    except ValueError as error:
        raise ClaimRefused("no_date", f"{text!r} is not a date of the calendar.") from error
    if weekday and weekday != f"{found:%a}":
        raise ClaimRefused("no_date", f"{rest} {found:%b %Y} is a {found:%A}, not {weekday}.")
    return found
