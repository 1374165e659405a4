"""The figures of a clause as strikes, changes and comparisons, each with its unit.

Per cent and basis points are changes from the reference, except on a yield, whose own unit is
per cent.
"""

from __future__ import annotations

import re
from dataclasses import replace

from workbench.domain.claims import Op, Unit
from workbench.domain.clauses import Clause
from workbench.domain.errors import ClaimRefused
from workbench.domain.instruments import Instrument
from workbench.domain.vocabulary import Figure, Token, figure

INVERSE: dict[Op, Op] = {">": "<=", ">=": "<", "<": ">=", "<=": ">"}


_DOTTED = re.compile(r"(?<![\d.,])\d{1,3}\.\d{3}(?!\d)(?!\s?(?:%|p|b|k|m))", re.IGNORECASE)


def no_dotted(clause: Clause, one: Instrument) -> None:
    """Refuses ``95.000``: thousands to some writers, and finer than a price's tick to others."""
    found = [_DOTTED.search(token.text) for token in clause.said if token.kind in "NR"]
    for dotted in filter(None, found):
        if one.unit != "%" and one.tick > 0.001:
            raise ClaimRefused(
                "ambiguous",
                f"Is {dotted[0]!r} thousands? Write them with a comma, or two decimals.",
            )


def ends(clause: Clause, one: Instrument) -> tuple[float, float, Unit]:
    """The ends of a band: prices, changes, or changes around a stated price."""
    span = next((token for token in clause.said if token.kind == "R"), None)
    figures = [figure(token.text) for token in clause.said if token.kind == "N"]
    if span is None:
        size = figures.pop(0)
        low, high = replace(size, value=-size.value, signed=True), replace(size, signed=True)
    else:
        low, high = pair(span)
    side = next((t.value for t in clause.said if t.kind in "DM"), None)
    side = side[0] if isinstance(side, tuple) else side
    side = fields(span)[1].get("side", side) if span is not None else side
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
    (first, unit), (second, _) = change(low, one), change(high, one)
    if figures:
        return (*(around(figures[0], each, unit) for each in (first, second)), "price")  # type: ignore[return-value]
    return first, second, unit


def around(stated: Figure, change: float, unit: Unit) -> float:
    """The price so far from a stated one."""
    if stated.unit not in {"", "$"}:
        raise ClaimRefused("unit", "The reference of a range is a price.")
    return stated.value * (1 + change / 100) if unit == "pct" else stated.value + change


def pair(token: Token) -> tuple[Figure, Figure]:
    """The two figures of a range, in one unit."""
    _, named = fields(token)
    if "size" in named:
        size = figure(named["size"])
        return replace(size, value=-abs(size.value), signed=True), replace(size, signed=True)
    low, high = figure(named["lo"]), figure(named["hi"])
    if low.unit != high.unit:
        if low.unit not in {"", "$"} or high.unit == "":
            if high.unit not in {"", "$"}:
                raise ClaimRefused("unit", f"{token.text!r} mixes units.")
            high = replace(high, unit=low.unit) if low.unit == "$" else high
        low = replace(low, unit=high.unit)
        if low.unit == "" and high.unit == "":
            raise ClaimRefused("unit", f"{token.text!r} mixes units.")
    return low, high


def comparison(clause: Clause) -> Op:
    """The one comparison of a clause."""
    found: list[Op] = [token.value for token in clause.said if token.kind in "CAH"]
    if len(found) != 1:
        raise ClaimRefused("not_a_claim", "Two comparisons for one strike.")
    return found[0]


def strike(found: Figure, one: Instrument) -> tuple[float, Unit]:
    """A strike: a price, or a signed change in per cent or points."""
    if found.unit in {"", "$"} or (found.unit == "%" and one.unit == "%" and not found.signed):
        return found.value, "price"
    if not found.signed:
        if found.unit == "points" and one.unit == "points":
            return found.value, "price"
        raise ClaimRefused(
            "unit", f"{found.value:g}{found.unit} is no price of {one.name}; sign a change."
        )
    return change(found, one)


def change(found: Figure, one: Instrument) -> tuple[float, Unit]:
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


def token(clause: Clause, kind: str) -> Token:
    """A clause's first token of a kind."""
    return next(token for token in clause.said if token.kind == kind)


def fields(token: Token) -> tuple[str, dict[str, str]]:
    """A token's meaning and the named parts of its pattern."""
    return token.value if isinstance(token.value, tuple) else (token.value, {})


def no_denial(clause: Clause) -> None:
    """Refuses a *not* that has no single opposite."""
    if clause.negated:
        raise ClaimRefused("negation", "This cannot be denied in one claim; state what will be.")


def unfit(clause: Clause, one: Instrument) -> ClaimRefused:
    """The refusal of a predicate that fits no shape."""
    words = " ".join(token.text for token in clause.said)
    if not set(clause.shape) & set("NR"):
        return ClaimRefused("no_threshold", f"{one.name} {words!r} states no threshold.")
    return ClaimRefused("not_a_claim", f"No rule settles {one.name} {words!r}.")
