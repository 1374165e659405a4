"""One predicate as claims: the shapes that are understood, each with its builder.

A shape is the letters of a clause's tokens; what fits no shape is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from workbench.domain import claims, horizons, paths, quantities
from workbench.domain.claims import Claim, Op, Side, Unit, Window
from workbench.domain.clauses import Clause
from workbench.domain.errors import ClaimRefused
from workbench.domain.instruments import Instrument
from workbench.domain.vocabulary import figure

_Build = Callable[[Clause, Instrument, Window], Claim]


def build(clause: Clause, one: Instrument, other: Instrument | None, when: Window) -> list[Claim]:
    """The claims of a clause on one of its subjects.

    Raises:
        ClaimRefused: No shape fits, or the strikes make no sense.
    """
    quantities.no_dotted(clause, one)
    throughout = any(token.text.casefold().startswith("throughout") for token in clause.horizons)
    if throughout and set(clause.shape) & set("DMBL") and "S" not in clause.shape:
        raise ClaimRefused("ambiguous", "All along, or at the end? Say 'stays', or 'in 24h'.")
    if clause.counted is not None:
        return [_count(clause, one, other, when)]
    if other is not None:
        return [_relative(clause, one, other, when)]
    if "t" in clause.shape:
        return [paths.at_some_point(clause, one, when)]
    for shape, make in _SHAPES:
        if re.fullmatch(shape, clause.shape):
            return [make(clause, one, when)]
    raise quantities.unfit(clause, one)


def _direction(clause: Clause, one: Instrument, when: Window) -> Claim:
    token = next(token for token in clause.said if token.kind in "DM")
    side, op = token.value if token.kind == "D" else (token.value, None)
    if side == "any":
        raise ClaimRefused("no_threshold", f"How far must {one.name} move?")
    if clause.negated:
        if op:
            raise ClaimRefused("negation", "A negated negation; state it without them.")
        up = side == "down"
        return claims.direction(one, when, "up" if up else "down", ">=" if up else "<=")
    return claims.direction(one, when, side, op)


def _at_reference(clause: Clause, one: Instrument, when: Window) -> Claim:
    """*At or above its last close*: a direction that a tie satisfies."""
    quantities.no_denial(clause)
    op = quantities.comparison(clause)
    if not clause.references or op not in {">=", "<="}:
        raise quantities.unfit(clause, one)
    return claims.direction(one, when, "up" if op == ">=" else "down", op)


def _flat(clause: Clause, one: Instrument, when: Window) -> Claim:
    quantities.no_denial(clause)
    _, fields = quantities.fields(quantities.token(clause, "F"))
    if word := fields.get("flat"):
        up = word.casefold() in {"up", "higher"}
        return claims.direction(one, when, "up" if up else "down", ">=" if up else "<=")
    if edge := fields.get("edge"):
        found = figure(edge)
        size, unit = quantities.change(found, one)
        if fields.get("side", "").casefold() == "down":
            size = -abs(size)
        return claims.band(one, when, min(0.0, size), max(0.0, size), unit)
    raise ClaimRefused(
        "no_threshold", f"How flat? {one.name} never ends where it was to the tick; give a band."
    )


def _level(clause: Clause, one: Instrument, when: Window) -> Claim:
    verb = next((token for token in clause.said if token.kind == "V"), None)
    exceeds = any(token.text.casefold().startswith("exceed") for token in clause.said)
    if clause.negated and (exceeds or (verb is not None and paths.trades(verb))):
        return paths.at_some_point(clause, one, when)  # "does not trade below" speaks of the path
    closes = verb is not None and not paths.trades(verb)
    lasting = any(horizons.lasting(token) for token in clause.horizons)
    if lasting and not (closes and when.sessions == 1):
        return paths.all_along(clause, one, when)
    if clause.never and when.sessions > 1:
        return paths.every_close(clause, one, when)
    op, (value, unit) = (
        quantities.comparison(clause),
        quantities.strike(figure(quantities.token(clause, "N").text), one),
    )
    more = next((t.text for t in clause.said if t.kind == "H"), "").casefold()
    if value < 0 and more in {"or more", "or less", "or better"}:
        raise ClaimRefused("ambiguous", f"Is {value:g} {more} a larger fall or a smaller one?")
    return claims.level(one, when, quantities.INVERSE[op] if clause.negated else op, value, unit)


def _band(clause: Clause, one: Instrument, when: Window) -> Claim:
    quantities.no_denial(clause)
    low, high, unit = quantities.ends(clause, one)
    lasting = any(horizons.lasting(token) for token in clause.horizons)
    closes = any(token.kind == "V" and not paths.trades(token) for token in clause.said)
    if lasting and unit == "price" and closes and when.sessions > 1:
        raise ClaimRefused("ambiguous", "Every close until then, or the last? Name the last day.")
    if (lasting and unit == "price" and not closes) or "Z" in clause.shape:
        if unit != "price":
            raise quantities.unfit(clause, one)
        return paths.pathed(claims.stays, one, when, low, high, unit)
    if any(token.kind == "S" for token in clause.said) and "F" not in clause.shape:
        return paths.pathed(claims.stays, one, when, low, high, unit)
    return claims.band(one, when, low, high, unit)


def _magnitude(clause: Clause, one: Instrument, when: Window) -> Claim:
    sides = [token for token in clause.said if token.kind in "DM"]
    found = figure(next(token.text for token in clause.said if token.kind == "N"))
    better = any(token.text.casefold() == "or better" for token in clause.said)
    if better and (found.value < 0 or any(s.value in {"down", ("down", None)} for s in sides)):
        raise ClaimRefused("ambiguous", "Is better a larger fall or a smaller one?")
    op: Op = quantities.comparison(clause) if set(clause.shape) & set("CAH") else ">="
    value, unit = quantities.change(found, one)
    side: Side = "any"
    if sides:
        side = sides[0].value[0] if sides[0].kind == "D" else sides[0].value
    elif found.signed:
        side, value = ("up", value) if value > 0 else ("down", -value)
    else:
        raise ClaimRefused("no_side", f"Is {one.name} to rise or to fall by {found.value:g}?")
    if found.signed and sides and (value < 0) != (side == "down"):
        raise ClaimRefused("contradictory", f"{sides[0].text!r} and the sign of the move disagree.")
    return _sized(clause, one, when, abs(value), side, op, unit)


def _swing(clause: Clause, one: Instrument, when: Window) -> Claim:
    """*Moves at least ±2%*: a move either way."""
    quantities.no_denial(clause)
    span, verb = quantities.token(clause, "R"), quantities.token(clause, "M")
    if "pm" not in quantities.fields(span)[1] or verb.value != "any":
        raise quantities.unfit(clause, one)
    _, high = quantities.pair(span)
    value, unit = quantities.change(high, one)
    return _sized(clause, one, when, value, "any", quantities.comparison(clause), unit)


def _sized(
    clause: Clause, one: Instrument, when: Window, size: float, side: Side, op: Op, unit: Unit
) -> Claim:
    """A move of a size: outward a magnitude, inward (or denied) a band or a level of changes."""
    op = quantities.INVERSE[op] if clause.negated else op
    if op in {">", ">="}:
        if side == "down":
            claims.amount(one, -size, unit)  # no price falls by all of itself
        return claims.magnitude(one, when, size, side, op, unit)
    if side == "any":
        return claims.band(one, when, -size, size, unit)
    if not clause.negated:
        raise ClaimRefused(
            "ambiguous", f"Must {one.name} go {side} at all? State a band from 0% to {size:g}%."
        )
    outer: Op = op if side == "up" else {"<": ">", "<=": ">="}[op]  # type: ignore[assignment]
    return claims.level(one, when, outer, size if side == "up" else -size, unit)


def _from_stated(clause: Clause, one: Instrument, when: Window) -> Claim:
    """*Down 1% from 655.85*: the stated price makes it a level."""
    quantities.no_denial(clause)
    size, stated = (figure(token.text) for token in clause.said if token.kind == "N")
    token = next(token for token in clause.said if token.kind in "DM")
    side = token.value[0] if token.kind == "D" else token.value
    if side == "any":
        raise ClaimRefused("no_side", f"Is {one.name} to rise or to fall by that?")
    value, unit = quantities.change(size, one)
    op: Op = quantities.comparison(clause) if set(clause.shape) & set("CA") else ">="
    if op not in {">", ">="}:
        raise ClaimRefused("ambiguous", f"Must {one.name} go {side} at all? State a band.")
    price = quantities.around(stated, abs(value) * (1 if side == "up" else -1), unit)
    down: Op = "<" if op == ">" else "<="
    return claims.level(one, when, op if side == "up" else down, price)


def _rank(clause: Clause, one: Instrument, when: Window) -> Claim:
    quantities.no_denial(clause)
    end, fields = quantities.fields(quantities.token(clause, "k"))
    side: Side = "up" if end == "up" else "down"
    places = int(horizons.count(fields.get("places", "1")))
    return claims.rank(one, (one, *clause.group), when, places, side)


def _relative(clause: Clause, one: Instrument, other: Instrument, when: Window) -> Claim:
    if not re.fullmatch(r"[VMD]?[BL](?:y?[CA]?NH?)?", clause.shape):
        raise quantities.unfit(clause, one)
    ahead = any(token.kind == "B" for token in clause.said)
    first, second = (one, other) if ahead else (other, one)
    sizes = [figure(token.text) for token in clause.said if token.kind == "N"]
    if not sizes:
        if clause.negated:
            return claims.relative(second, first, when, 0.0, ">=")
        return claims.relative(first, second, when, 0.0)
    if sizes[0].unit not in {"%", "pp", "points", "bp"} or sizes[0].signed:
        raise ClaimRefused(
            "unit", f"By how many percentage points? {sizes[0].value:g} has no unit."
        )
    margin = sizes[0].value / (100 if sizes[0].unit == "bp" else 1)
    op: Op = quantities.comparison(clause) if set(clause.shape) & set("CAH") else ">="
    if clause.negated or op in {"<", "<="}:
        raise ClaimRefused("ambiguous", "A lead of less than a margin may be none; state a lead.")
    return claims.relative(first, second, when, margin, op)


def _count(clause: Clause, one: Instrument, other: Instrument | None, when: Window) -> Claim:
    quantities.no_denial(clause)
    assert clause.counted is not None  # noqa: S101 - asked by the caller
    fields = quantities.fields(clause.counted)[1]
    times = int(horizons.count(fields.get("m", fields["n"])))
    if other is not None:
        if not re.fullmatch(r"[BL]", clause.shape):
            raise quantities.unfit(clause, one)
        first, second = (one, other) if clause.shape == "B" else (other, one)
        return claims.count(first, when, times, other=second)
    if re.fullmatch(r"V?D|M", clause.shape):
        side = _direction(clause, one, when).side
        return claims.count(one, when, times, side=side)
    if re.fullmatch(r"V?[CA]N|V?NH", clause.shape):
        value, unit = quantities.strike(figure(quantities.token(clause, "N").text), one)
        if unit == "price":
            return claims.count(one, when, times, op=quantities.comparison(clause), value=value)
    raise quantities.unfit(clause, one)


_SHAPES: tuple[tuple[str, _Build], ...] = (
    (r"V?[DM]", _direction),
    (r"S[VD]?D", paths.in_the_green),
    (r"[VS]?F", _flat),
    (r"[VSFDM]*W?RoN|[VSF]*WNoN|[VSF]*WN|[VSFDM]*y?W?R|ZR|V?R[DM]", _band),
    (r"SV?[CA]N|SN", paths.stays),
    (r"T[CA]?NH?|TND", paths.touch),
    (r"V?[DM]y?[CA]?NoN", _from_stated),
    (r"V?Zo?[SV]?[CA]N|V?[CA]NZ", paths.span),
    (r"M[CA]R", _swing),
    (r"V?[DM]o?y?[CA]?N|V?[DM]o?y?NH|V?[CA]?N[DM]", _magnitude),
    (r"V?[CA]N|V?NH", _level),
    (r"V?C", _at_reference),
    (r"V?N", _magnitude),
    (r"V?ko?", _rank),
)
