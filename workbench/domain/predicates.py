"""One predicate as claims: the shapes that are understood, each with its builder.

A shape is the letters of a clause's tokens; what fits no shape is refused. Units: per cent and
basis points are changes from the reference, except on a yield, whose own unit is per cent.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from workbench.domain import claims, horizons
from workbench.domain.calendars import venue
from workbench.domain.claims import Claim, Op, Side, Unit, Window
from workbench.domain.clauses import Clause
from workbench.domain.errors import ClaimRefused
from workbench.domain.instruments import ALWAYS, Instrument
from workbench.domain.vocabulary import Figure, Token, figure

_INVERSE: dict[Op, Op] = {">": "<=", ">=": "<", "<": ">=", "<=": ">"}
_Build = Callable[[Clause, Instrument, Window], Claim]


def build(clause: Clause, one: Instrument, other: Instrument | None, when: Window) -> list[Claim]:
    """The claims of a clause on one of its subjects.

    Raises:
        ClaimRefused: No shape fits, or the strikes make no sense.
    """
    if clause.counted is not None:
        return [_count(clause, one, other, when)]
    if other is not None:
        return [_relative(clause, one, other, when)]
    if "t" in clause.shape:
        return [_at_some_point(clause, one, when)]
    for shape, make in _SHAPES:
        if re.fullmatch(shape, clause.shape):
            return [make(clause, one, when)]
    raise _unfit(clause, one)


def _unfit(clause: Clause, one: Instrument) -> ClaimRefused:
    words = " ".join(token.text for token in clause.said)
    if not set(clause.shape) & set("NR"):
        return ClaimRefused("no_threshold", f"{one.name} {words!r} states no threshold.")
    return ClaimRefused("not_a_claim", f"No rule settles {one.name} {words!r}.")


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


def _in_the_green(clause: Clause, one: Instrument, when: Window) -> Claim:
    """*Stays in the green*: never at or beyond the reference."""
    _no_denial(clause)
    side = _token(clause, "D").value[0]
    lo, hi = (0.0, None) if side == "up" else (None, 0.0)
    return _pathed(claims.stays, one, when, lo, hi, "pct")


def _flat(clause: Clause, one: Instrument, when: Window) -> Claim:
    _no_denial(clause)
    _, fields = _value(_token(clause, "F"))
    if word := fields.get("flat"):
        up = word.casefold() in {"up", "higher"}
        return claims.direction(one, when, "up" if up else "down", ">=" if up else "<=")
    if edge := fields.get("edge"):
        found = figure(edge)
        size, unit = _change(found, one)
        if fields.get("side", "").casefold() == "down":
            size = -abs(size)
        return claims.band(one, when, min(0.0, size), max(0.0, size), unit)
    raise ClaimRefused(
        "no_threshold", f"How flat? {one.name} never ends where it was to the tick; give a band."
    )


def _at_some_point(clause: Clause, one: Instrument, when: Window) -> Claim:
    """*Trades below 600 at some point*: a touch, whatever verb says it."""
    said = tuple(token for token in clause.said if token.kind != "t")
    rest = replace(clause, said=said)
    closes = any(token.kind == "V" and not _trades(token) for token in said)
    if closes and when.sessions > 1:
        raise ClaimRefused("ambiguous", "One close of several is a count: 'on 1 of the next …'.")
    if closes or not re.fullmatch(r"T[CA]?NH?|V?[CA]N|V?NH|V?[DM]y?[CA]?N|V?[DM]y?NH", rest.shape):
        raise _unfit(clause, one)
    if "T" in rest.shape:
        return _touch(rest, one, when)
    if set(rest.shape) & set("DM"):
        moved = _magnitude(replace(rest, negated=False), one, when)
        if moved.kind != "magnitude" or moved.side == "any" or moved.lo is None:
            raise _unfit(clause, one)
        value, unit, above = moved.lo, moved.unit, moved.side == "up"
        value = value if above else -value
    else:
        value, unit = _strike(figure(_token(rest, "N").text), one)
        above = _op(rest) in {">", ">="}
    lo, hi = (None, value) if above else (value, None)
    return _pathed(claims.stays if clause.negated else claims.touch, one, when, lo, hi, unit)


def _all_along(clause: Clause, one: Instrument, when: Window) -> Claim:
    """*Below 26 through Friday*: the path stays there; of closes that would be a count."""
    if any(token.kind == "V" and not _trades(token) for token in clause.said):
        if when.sessions == 1:
            return _level(replace(clause, horizons=()), one, when)
        if clause.never:
            return _every_close(clause, one, when)
        raise ClaimRefused(
            "ambiguous", "Every close until then, or the last? Say 'on each of the next …' or 'on'."
        )
    value, unit = _strike(figure(_token(clause, "N").text), one)
    op = _INVERSE[_op(clause)] if clause.negated else _op(clause)
    lo, hi = (value, None) if op in {">", ">="} else (None, value)
    return _pathed(claims.stays, one, when, lo, hi, unit)


def _every_close(clause: Clause, one: Instrument, when: Window) -> Claim:
    """*Never closes below 640 this week*: each of its closes is at 640 or above."""
    value, unit = _strike(figure(_token(clause, "N").text), one)
    if unit != "price":
        raise _unfit(clause, one)
    return claims.count(one, when, when.sessions, op=_INVERSE[_op(clause)], value=value)


def _trades(token: Token) -> bool:
    return token.text.casefold().startswith("trad")


def _level(clause: Clause, one: Instrument, when: Window) -> Claim:
    verb = next((token for token in clause.said if token.kind == "V"), None)
    exceeds = any(token.text.casefold().startswith("exceed") for token in clause.said)
    if clause.negated and (exceeds or (verb is not None and _trades(verb))):
        return _at_some_point(clause, one, when)  # "does not trade below" speaks of the path
    if any(horizons.lasting(token) for token in clause.horizons):
        return _all_along(clause, one, when)
    if clause.never and when.sessions > 1:
        return _every_close(clause, one, when)
    op, (value, unit) = _op(clause), _strike(figure(_token(clause, "N").text), one)
    more = next((t.text for t in clause.said if t.kind == "H"), "").casefold()
    if value < 0 and more in {"or more", "or less"}:
        raise ClaimRefused("ambiguous", f"Is {value:g} {more} a larger fall or a smaller one?")
    return claims.level(one, when, _INVERSE[op] if clause.negated else op, value, unit)


def _stays(clause: Clause, one: Instrument, when: Window) -> Claim:
    value, unit = _strike(figure(_token(clause, "N").text), one)
    if clause.shape == "SN" and not _token(clause, "S").text.casefold().startswith("hold"):
        raise _unfit(clause, one)
    above = clause.shape == "SN" or _op(clause) in {">", ">="}  # to hold 640 is to stay above it
    lo, hi = (value, None) if above else (None, value)
    make = claims.touch if clause.negated else claims.stays
    return _pathed(make, one, when, lo, hi, unit)


def _touch(clause: Clause, one: Instrument, when: Window) -> Claim:
    verb = _token(clause, "T")
    compared = [token for token in clause.said if token.kind in "CAH"]
    side = verb.value
    if compared and side == "any":
        side = "up" if _op(clause) in {">", ">="} else "down"
    value, unit = _strike(figure(_token(clause, "N").text), one)
    lo = None if side == "up" else value
    hi = None if side == "down" else value
    if clause.negated:
        if side == "any":
            raise ClaimRefused("no_side", f"From which side does {one.name} not reach {value:g}?")
        return _pathed(claims.stays, one, when, lo, hi, unit)
    return _pathed(claims.touch, one, when, lo, hi, unit)


def _band(clause: Clause, one: Instrument, when: Window) -> Claim:
    _no_denial(clause)
    low, high, unit = _ends(clause, one)
    lasting = any(horizons.lasting(token) for token in clause.horizons)
    closes = any(token.kind == "V" and not _trades(token) for token in clause.said)
    if lasting and unit == "price" and closes and when.sessions > 1:
        raise ClaimRefused("ambiguous", "Every close until then, or the last? Name the last day.")
    if (lasting and unit == "price" and not closes) or "Z" in clause.shape:
        if unit != "price":
            raise _unfit(clause, one)
        return _pathed(claims.stays, one, when, low, high, unit)
    if any(token.kind == "S" for token in clause.said) and "F" not in clause.shape:
        return _pathed(claims.stays, one, when, low, high, unit)
    return claims.band(one, when, low, high, unit)


def _ends(clause: Clause, one: Instrument) -> tuple[float, float, Unit]:
    """The ends of a band: prices, changes, or changes around a stated price."""
    span = next((token for token in clause.said if token.kind == "R"), None)
    figures = [figure(token.text) for token in clause.said if token.kind == "N"]
    if span is None:
        size = figures.pop(0)
        low, high = replace(size, value=-size.value, signed=True), replace(size, signed=True)
    else:
        low, high = _pair(span)
    side = next((t.value for t in clause.said if t.kind in "DM"), None)
    side = side[0] if isinstance(side, tuple) else side
    side = _value(span)[1].get("side", side) if span is not None else side
    price = low.unit in {"", "$"} or (one.unit == "%" and low.unit == "%" and side is None)
    if price and (side is not None or low.signed):
        raise ClaimRefused(
            "unit", f"Is {one.name} to change by that, or to trade there? Add % or $."
        )
    if price:
        return low.value, high.value, "price"
    if not (low.signed or high.signed):
        if side not in {"up", "down"}:
            raise ClaimRefused("no_side", f"Is {one.name} to rise or to fall by that?")
        if side == "down":
            low, high = replace(high, value=-high.value), replace(low, value=-low.value)
    elif (
        side in {"up", "down"}
        and (min if side == "up" else max)(low.value, high.value) * (1 if side == "up" else -1) < 0
    ):
        raise ClaimRefused("contradictory", f"{side!r} and the signs of the range disagree.")
    elif low.value < 0 and high.value < 0 and low.value > high.value:
        low, high = high, low  # "-0.3% to -0.8%" has one meaning
    (first, unit), (second, _) = _change(low, one), _change(high, one)
    if figures:
        return (*(_around(figures[0], each, unit) for each in (first, second)), "price")  # type: ignore[return-value]
    return first, second, unit


def _around(stated: Figure, change: float, unit: Unit) -> float:
    if stated.unit not in {"", "$"}:
        raise ClaimRefused("unit", "The reference of a range is a price.")
    return stated.value * (1 + change / 100) if unit == "pct" else stated.value + change


def _pair(token: Token) -> tuple[Figure, Figure]:
    _, fields = _value(token)
    if "size" in fields:
        size = figure(fields["size"])
        return replace(size, value=-abs(size.value), signed=True), replace(size, signed=True)
    low, high = figure(fields["lo"]), figure(fields["hi"])
    if low.unit != high.unit:
        if low.unit not in {"", "$"} or high.unit == "":
            if high.unit not in {"", "$"}:
                raise ClaimRefused("unit", f"{token.text!r} mixes units.")
            high = replace(high, unit=low.unit) if low.unit == "$" else high
        low = replace(low, unit=high.unit)
        if low.unit == "" and high.unit == "":
            raise ClaimRefused("unit", f"{token.text!r} mixes units.")
    return low, high


def _magnitude(clause: Clause, one: Instrument, when: Window) -> Claim:
    sides = [token for token in clause.said if token.kind in "DM"]
    found = figure(next(token.text for token in clause.said if token.kind == "N"))
    op: Op = _op(clause) if set(clause.shape) & set("CAH") else ">="
    value, unit = _change(found, one)
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
    _no_denial(clause)
    span, verb = _token(clause, "R"), _token(clause, "M")
    if "pm" not in _value(span)[1] or verb.value != "any":
        raise _unfit(clause, one)
    _, high = _pair(span)
    value, unit = _change(high, one)
    return _sized(clause, one, when, value, "any", _op(clause), unit)


def _sized(
    clause: Clause, one: Instrument, when: Window, size: float, side: Side, op: Op, unit: Unit
) -> Claim:
    """A move of a size: outward a magnitude, inward (or denied) a band or a level of changes."""
    op = _INVERSE[op] if clause.negated else op
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
    _no_denial(clause)
    size, stated = (figure(token.text) for token in clause.said if token.kind == "N")
    token = next(token for token in clause.said if token.kind in "DM")
    side = token.value[0] if token.kind == "D" else token.value
    if side == "any":
        raise ClaimRefused("no_side", f"Is {one.name} to rise or to fall by that?")
    value, unit = _change(size, one)
    op: Op = _op(clause) if set(clause.shape) & set("CA") else ">="
    if op not in {">", ">="}:
        raise ClaimRefused("ambiguous", f"Must {one.name} go {side} at all? State a band.")
    price = _around(stated, abs(value) * (1 if side == "up" else -1), unit)
    down: Op = "<" if op == ">" else "<="
    return claims.level(one, when, op if side == "up" else down, price)


def _range(clause: Clause, one: Instrument, when: Window) -> Claim:
    if not set(clause.shape) & set("CA"):
        raise ClaimRefused("no_threshold", "A range needs more than, or less than, a size.")
    value, unit = _change(figure(_token(clause, "N").text), one)
    op = _INVERSE[_op(clause)] if clause.negated else _op(clause)
    return claims.span(one, _path_window(one, when), value, op, unit)


def _rank(clause: Clause, one: Instrument, when: Window) -> Claim:
    _no_denial(clause)
    side, fields = _value(_token(clause, "k"))
    return claims.rank(one, (one, *clause.group), when, int(fields.get("places", "1")), side)  # type: ignore[arg-type]


def _relative(clause: Clause, one: Instrument, other: Instrument, when: Window) -> Claim:
    if not re.fullmatch(r"[VMD]?[BL](?:y?[CA]?NH?)?", clause.shape):
        raise _unfit(clause, one)
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
    op: Op = _op(clause) if set(clause.shape) & set("CAH") else ">="
    if clause.negated or op in {"<", "<="}:
        raise ClaimRefused("ambiguous", "A lead of less than a margin may be none; state a lead.")
    return claims.relative(first, second, when, margin, op)


def _count(clause: Clause, one: Instrument, other: Instrument | None, when: Window) -> Claim:
    _no_denial(clause)
    assert clause.counted is not None  # noqa: S101 - asked by the caller
    fields = _value(clause.counted)[1]
    times = int(horizons.count(fields.get("m", fields["n"])))
    if other is not None:
        if not re.fullmatch(r"[BL]", clause.shape):
            raise _unfit(clause, one)
        first, second = (one, other) if clause.shape == "B" else (other, one)
        return claims.count(first, when, times, other=second)
    if re.fullmatch(r"V?D|M", clause.shape):
        side = _direction(clause, one, when).side
        return claims.count(one, when, times, side=side)
    if re.fullmatch(r"V?[CA]N|V?NH", clause.shape):
        value, unit = _strike(figure(_token(clause, "N").text), one)
        if unit == "price":
            return claims.count(one, when, times, op=_op(clause), value=value)
    raise _unfit(clause, one)


def _pathed(
    make: Callable[..., Claim],
    one: Instrument,
    when: Window,
    lo: float | None,
    hi: float | None,
    unit: Unit,
) -> Claim:
    return make(one, _path_window(one, when), lo, hi, unit)


def _path_window(one: Instrument, when: Window) -> Window:
    """On a venue that never closes a path runs by the clock, from issue to the deadline."""
    if one.venue == ALWAYS and when.mode == "sessions" and venue(one.venue).is_open(when.start):
        return claims.window_to(one, when.start, when.deadline)
    return when


def _op(clause: Clause) -> Op:
    found: list[Op] = [token.value for token in clause.said if token.kind in "CAH"]
    if len(found) != 1:
        raise ClaimRefused("not_a_claim", "Two comparisons for one strike.")
    return found[0]


def _strike(found: Figure, one: Instrument) -> tuple[float, Unit]:
    """A strike: a price, or a signed change in per cent or points."""
    if found.unit in {"", "$"} or (found.unit == "%" and one.unit == "%" and not found.signed):
        return found.value, "price"
    if not found.signed:
        if found.unit == "points" and one.unit == "points":
            return found.value, "price"
        raise ClaimRefused(
            "unit", f"{found.value:g}{found.unit} is no price of {one.name}; sign a change."
        )
    return _change(found, one)


def _change(found: Figure, one: Instrument) -> tuple[float, Unit]:
    """A change and its unit; a yield moves in points, stated as bp or pp."""
    if one.unit == "%":
        if found.unit in {"bp", "pp"}:
            return found.value / (100 if found.unit == "bp" else 1), "pts"
        raise ClaimRefused("unit", f"State a change of {one.name} in basis points.")
    if found.unit == "bp":
        if one.theme == "volatility":
            raise ClaimRefused("unit", f"{one.name} moves in points or per cent, not basis points.")
        return found.value / 100, "pct"
    if found.unit == "%":
        return found.value, "pct"
    if found.unit in {"points", "$"}:
        return found.value, "pts"
    raise ClaimRefused("unit", f"{found.value:g} has no unit: per cent, or points of {one.name}?")


def _token(clause: Clause, kind: str) -> Token:
    return next(token for token in clause.said if token.kind == kind)


def _value(token: Token) -> tuple[str, dict[str, str]]:
    return token.value if isinstance(token.value, tuple) else (token.value, {})


def _no_denial(clause: Clause) -> None:
    if clause.negated:
        raise ClaimRefused("negation", "This cannot be denied in one claim; state what will be.")


_SHAPES: tuple[tuple[str, _Build], ...] = (
    (r"V?[DM]", _direction),
    (r"S[VD]?D", _in_the_green),
    (r"[VS]?F", _flat),
    (r"[VSFDM]*W?RoN|[VSF]*WNoN|[VSF]*WN|[VSFDM]*y?W?R|ZR|V?R[DM]", _band),
    (r"SV?[CA]N|SN", _stays),
    (r"T[CA]?NH?", _touch),
    (r"V?[DM]y?[CA]?NoN", _from_stated),
    (r"V?Zo?[SV]?[CA]N|V?[CA]NZ", _range),
    (r"M[CA]R", _swing),
    (r"V?[DM]o?y?[CA]?N|V?[DM]o?y?NH|V?[CA]?N[DM]", _magnitude),
    (r"V?[CA]N|V?NH", _level),
    (r"V?N", _magnitude),
    (r"V?ko?", _rank),
)
