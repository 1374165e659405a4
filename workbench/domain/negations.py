"""What makes a registered claim false, as a clause after "wrong if"."""

from __future__ import annotations

from collections.abc import Iterable

from workbench.domain.claims import Claim, Op
from workbench.domain.figures import day, instant, plain, size, strike
from workbench.domain.instruments import KNOWN, Instrument, find

_OPPOSITE: dict[Op, str] = {
    ">": "at or below", ">=": "below", "<": "at or above", "<=": "above",
}  # fmt: skip


def negated(claim: Claim, table: Iterable[Instrument] = KNOWN) -> str:
    """What makes a registered claim false, as a clause after "wrong if"."""
    known = list(table)
    one = find(claim.subject, known)
    clock = claim.window.mode == "clock"
    name, on = one.name, instant(claim.window.deadline) if clock else day(claim.window.date)
    since = "" if claim.unit == "price" else f" from {claim.reference:,.2f}"

    def at(value: float | None) -> str:
        return strike(one, value, claim.unit)

    match claim.kind:
        case "direction":
            strict = {"up": "at or below", "down": "at or above"}[claim.side or "up"]
            side = {"up": "below", "down": "above"}[claim.side or "up"] if claim.op else strict
            return f"{name} closes {side} {claim.reference:,.2f} on {on}"
        case "level":
            value = claim.lo if claim.lo is not None else claim.hi
            return f"{name} closes {_OPPOSITE[claim.op or '>']} {at(value)}{since} on {on}"
        case "band" if claim.unit != "price":
            ends = f"{at(claim.lo)} to {at(claim.hi)}"
            return f"{name} ends outside {ends} from {claim.reference:,.2f} on {on}"
        case "band":
            return f"{name} closes outside {at(claim.lo)} to {at(claim.hi)} on {on}"
        case "magnitude":
            verb = {"up": "has not risen", "down": "has not fallen"}.get(claim.side or "")
            more = "at least" if claim.op == ">=" else "more than"
            moved = f"{verb} by {more}" if verb else "is less than" if claim.op else "is within"
            away = "from" if claim.op and not verb else "of"
            far = size(claim.lo, claim.unit)
            return f"{name} {moved} {far} {away} {claim.reference:,.2f} at the close on {on}"
        case "relative":
            other = find(claim.versus or "", known).name
            less = "less than {} points" if claim.op else "{} points or less"
            by = less.format(plain(claim.margin))
            return f"{name} leads {other} by {by} at the close on {on}"
        case "stays":
            edges = [f"{at(claim.lo)} or lower"] * (claim.lo is not None)
            edges += [f"{at(claim.hi)} or higher"] * (claim.hi is not None)
            return f"{name} trades at {', or at '.join(edges)}{since} by the close on {on}"
        case "touch":
            side = "reaches" if claim.hi is not None else "falls to"
            value = claim.hi if claim.hi is not None else claim.lo
            return f"{name} never {side} {at(value)}{since} by the close on {on}"
        case "range":
            value = claim.lo if claim.lo is not None else claim.hi
            than = {">": "no more than", ">=": "less than", "<": "at least", "<=": "more than"}
            far = size(value, claim.unit)
            return f"{name} spans {than[claim.op or '>']} {far} high to low by the close on {on}"
        case "rank":
            well = "well" if claim.side == "up" else "badly"
            rivals = len(claim.group) - 1
            return (
                f"{claim.places} or more of the other {rivals} do as {well} as {name} "
                f"by the close on {on}"
            )
        case "count":
            return f"that comes true on fewer than {claim.times} sessions to {on}"
