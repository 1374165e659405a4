"""Predicates about the path to the deadline: stays, touches, ranges, *at some point*."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from workbench.domain import claims, quantities
from workbench.domain.calendars import venue
from workbench.domain.claims import Claim, Unit, Window
from workbench.domain.clauses import Clause
from workbench.domain.errors import ClaimRefused
from workbench.domain.instruments import ALWAYS, Instrument
from workbench.domain.vocabulary import Token, figure

_AT_CLOSE = re.compile(r"\bat\b.*\bclos(?:e|ing)\b", re.IGNORECASE)


def in_the_green(clause: Clause, one: Instrument, when: Window) -> Claim:
    """*Stays in the green*: never at or beyond the reference."""
    quantities.no_denial(clause)
    side = quantities.token(clause, "D").value[0]
    lo, hi = (0.0, None) if side == "up" else (None, 0.0)
    return pathed(claims.stays, one, when, lo, hi, "pct")


def at_some_point(clause: Clause, one: Instrument, when: Window) -> Claim:
    """*Trades below 600 at some point*: a touch, whatever verb says it."""
    said = tuple(token for token in clause.said if token.kind != "t")
    rest = replace(clause, said=said)
    closes = any(token.kind == "V" and not trades(token) for token in said)
    if closes and when.sessions > 1:
        raise ClaimRefused("ambiguous", "One close of several is a count: 'on 1 of the next …'.")
    if closes or not re.fullmatch(r"T[CA]?NH?|V?[CA]N|V?NH|V?[DM]y?[CA]?N|V?[DM]y?NH", rest.shape):
        raise quantities.unfit(clause, one)
    if "T" in rest.shape:
        return touch(rest, one, when)
    if set(rest.shape) & set("DM"):
        verb = next(token for token in said if token.kind in "DM")
        side = verb.value[0] if verb.kind == "D" else verb.value
        size, unit = quantities.change(figure(quantities.token(rest, "N").text), one)
        compared = set(rest.shape) & set("CAH") and quantities.comparison(rest) in {"<", "<="}
        if side == "any" or size <= 0 or compared:
            raise quantities.unfit(clause, one)
        above = side == "up"
        value = size if above else -size
    else:
        value, unit = quantities.strike(figure(quantities.token(rest, "N").text), one)
        above = quantities.comparison(rest) in {">", ">="}
    lo, hi = (None, value) if above else (value, None)
    return pathed(claims.stays if clause.negated else claims.touch, one, when, lo, hi, unit)


def all_along(clause: Clause, one: Instrument, when: Window) -> Claim:
    """*Below 26 through Friday*: the path stays there; of closes that would be a count."""
    if any(token.kind == "V" and not trades(token) for token in clause.said):
        if clause.never:
            return every_close(clause, one, when)
        raise ClaimRefused(
            "ambiguous", "Every close until then, or the last? Say 'on each of the next …' or 'on'."
        )
    value, unit = quantities.strike(figure(quantities.token(clause, "N").text), one)
    op = (
        quantities.INVERSE[quantities.comparison(clause)]
        if clause.negated
        else quantities.comparison(clause)
    )
    lo, hi = (value, None) if op in {">", ">="} else (None, value)
    return pathed(claims.stays, one, when, lo, hi, unit)


def every_close(clause: Clause, one: Instrument, when: Window) -> Claim:
    """*Never closes below 640 this week*: each of its closes is at 640 or above."""
    value, unit = quantities.strike(figure(quantities.token(clause, "N").text), one)
    if unit != "price":
        raise quantities.unfit(clause, one)
    return claims.count(
        one, when, when.sessions, op=quantities.INVERSE[quantities.comparison(clause)], value=value
    )


def stays(clause: Clause, one: Instrument, when: Window) -> Claim:
    """*Stays above 640*: never at the strike or beyond, and denied, once there."""
    value, unit = quantities.strike(figure(quantities.token(clause, "N").text), one)
    if clause.shape == "SN" and not quantities.token(clause, "S").text.casefold().startswith(
        "hold"
    ):
        raise quantities.unfit(clause, one)
    above = clause.shape == "SN" or quantities.comparison(clause) in {
        ">",
        ">=",
    }  # to hold 640 is to stay above it
    lo, hi = (value, None) if above else (None, value)
    make = claims.touch if clause.negated else claims.stays
    return pathed(make, one, when, lo, hi, unit)


def touch(clause: Clause, one: Instrument, when: Window) -> Claim:
    """*Drops below 640*: at the strike or beyond at least once."""
    verb = quantities.token(clause, "T")
    compared = [token for token in clause.said if token.kind in "CAH"]
    side = verb.value
    lean = next((token.value[0] for token in clause.said if token.kind == "D"), side)
    if side != "any" and "D" in clause.shape:
        raise quantities.unfit(clause, one)
    side = lean
    if any(_AT_CLOSE.search(token.text) for token in clause.horizons):
        raise ClaimRefused("ambiguous", "A touch, or the close? Say 'closes' or 'by the close'.")
    if compared and side == "any":
        side = "up" if quantities.comparison(clause) in {">", ">="} else "down"
    value, unit = quantities.strike(figure(quantities.token(clause, "N").text), one)
    lo = None if side == "up" else value
    hi = None if side == "down" else value
    if clause.negated:
        if side == "any":
            raise ClaimRefused("no_side", f"From which side does {one.name} not reach {value:g}?")
        return pathed(claims.stays, one, when, lo, hi, unit)
    return pathed(claims.touch, one, when, lo, hi, unit)


def span(clause: Clause, one: Instrument, when: Window) -> Claim:
    """*Ranges over 1.5%*: the highest high less the lowest low."""
    if not set(clause.shape) & set("CA"):
        raise ClaimRefused("no_threshold", "A range needs more than, or less than, a size.")
    value, unit = quantities.change(figure(quantities.token(clause, "N").text), one)
    op = (
        quantities.INVERSE[quantities.comparison(clause)]
        if clause.negated
        else quantities.comparison(clause)
    )
    return claims.span(one, _path_window(one, when), value, op, unit)


def trades(token: Token) -> bool:
    """True of a verb that speaks of trading, not of a close."""
    return token.text.casefold().startswith("trad")


def pathed(
    make: Callable[..., Claim],
    one: Instrument,
    when: Window,
    lo: float | None,
    hi: float | None,
    unit: Unit,
) -> Claim:
    """A claim on the path, on the window that a path has."""
    return make(one, _path_window(one, when), lo, hi, unit)


def _path_window(one: Instrument, when: Window) -> Window:
    """On a venue that never closes a path runs by the clock, from issue to the deadline."""
    if one.venue == ALWAYS and when.mode == "sessions" and venue(one.venue).is_open(when.start):
        return claims.window_to(one, when.start, when.deadline)
    return when
