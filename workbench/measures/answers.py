"""In which scenarios a claim comes true: one rule for each kind, as ``settling`` has for bars.

Strikes are measured from the price at which scenarios start, which is what the desk freezes as
the claim's reference. A claim is answered over the scenarios that can say; under a condition,
over those of them in which the condition holds.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from workbench.domain.claims import WATCHED, Claim, Op
from workbench.domain.errors import ClaimRefused
from workbench.measures.prices import Array
from workbench.measures.scenarios import Episodes, Hits, share, width


def probability(claim: Claim, *legs: Episodes) -> float:
    """The weighted share of scenarios in which a claim comes true, strictly inside (0, 1).

    Args:
        claim: Over the horizon of the scenarios.
        legs: Scenarios of ``claim.symbols``, in that order.
    """
    return share(*outcomes(claim, *legs))


def outcomes(claim: Claim, *legs: Episodes) -> tuple[Hits, Array]:
    """In which scenarios a claim comes true, and their weights.

    Args:
        claim: Over the horizon of the scenarios.
        legs: Scenarios of ``claim.symbols``, in that order.

    Returns:
        Two arrays of one shape, of the scenarios that can say: with highs and lows for a claim
        on the path, started on dates that all legs have.
    """
    dates = legs[0].dates
    placed = [legs[0], *(leg.on(dates) for leg in legs[1:])]
    true, known = hits(claim, dict(zip(claim.symbols, placed, strict=True)))
    return true[known], legs[0].weight[known]


def hits(claim: Claim, legs: Mapping[str, Episodes]) -> tuple[Hits, Hits]:
    """Where a claim comes true, and which scenarios can say.

    Args:
        claim: Over the horizon of the scenarios.
        legs: Symbol to scenarios, all on the same dates, NaN where one has none.

    Returns:
        Both of the shape of the legs; true only where known.

    Raises:
        ClaimRefused: The scenarios do not carry what the claim asks (``not_priced``).
    """
    if claim.window.mode == "clock":
        raise ClaimRefused(
            "not_priced", "It runs by the clock, and scenarios of daily bars end at closes."
        )
    true, known = _plain(claim, legs)
    if claim.given is not None:
        if claim.given.window.deadline != claim.window.deadline:
            raise ClaimRefused(
                "not_priced",
                "The condition ends before the claim, and scenarios carry one horizon. "
                "Give both the same deadline.",
            )
        holds, told = hits(claim.given, legs)
        known = known & told & holds
    return true & known, known


def _plain(claim: Claim, legs: Mapping[str, Episodes]) -> tuple[Hits, Hits]:
    own = legs[claim.subject]
    known = np.isfinite(own.close)
    if claim.kind in WATCHED:
        return _path(claim, own), np.isfinite(own.high + own.low)
    if claim.versus is not None:
        known &= np.isfinite(legs[claim.versus].close)
    for symbol in claim.group:
        known &= np.isfinite(legs[symbol].close)
    lo, hi = distance(claim, own.price, claim.lo), distance(claim, own.price, claim.hi)
    true: Hits
    match claim.kind:
        case "direction":
            op: Op = claim.op or (">" if claim.side == "up" else "<")
            true = _compared(own.close, op, 0.0)
        case "level":
            true = _compared(own.close, claim.op or ">", hi if claim.lo is None else lo)
        case "band":
            true = (own.close >= lo) & (own.close <= hi)
        case "magnitude":
            inclusive = claim.op == ">="
            down = distance(claim, own.price, -(claim.lo or 0.0))
            above = own.close >= lo if inclusive else own.close > lo
            below = own.close <= down if inclusive else own.close < down
            true = {"any": above | below, "up": above, "down": below}[claim.side or "any"]
        case "relative":
            gap = _percent(own) - _percent(legs[claim.versus or ""])
            true = _compared(gap, claim.op or ">", claim.margin or 0.0)
        case "rank":
            returns = {symbol: legs[symbol].close for symbol in claim.group}
            mine = returns.pop(claim.subject)
            best = claim.side != "down"
            ahead = [other >= mine if best else other <= mine for other in returns.values()]
            true = np.sum(ahead, axis=0) < (claim.places or 1)
        case "count":
            true = _times(claim, legs) >= (claim.times or 1)
        case _:  # pragma: no cover - the kinds of the path are answered above
            raise AssertionError(claim.kind)
    return true, known


def _path(claim: Claim, own: Episodes) -> Hits:
    """Highs and lows against strikes: NaN is never a hit."""
    true: Hits
    if claim.kind == "range":
        unit = 100.0 if claim.unit == "pct" else own.price
        size = claim.lo if claim.lo is not None else claim.hi
        return _compared(unit * width(own), claim.op or ">", size or 0.0)
    lo, hi = distance(claim, own.price, claim.lo), distance(claim, own.price, claim.hi)
    if claim.kind == "touch" and claim.lo is not None and claim.lo == claim.hi:
        true = own.high >= hi if hi >= 0 else own.low <= lo
    elif claim.kind == "touch":
        true = own.high >= hi if claim.hi is not None else own.low <= lo
    else:
        above = own.high >= hi if claim.hi is not None else np.zeros(len(own), bool)
        below = own.low <= lo if claim.lo is not None else np.zeros(len(own), bool)
        true = ~(above | below)
    return true & np.isfinite(own.high + own.low)


def _times(claim: Claim, legs: Mapping[str, Episodes]) -> Array:
    """On how many sessions the counted claim comes true, shape (n,)."""
    closes = {}
    for symbol in (claim.subject, *([claim.versus] if claim.versus else [])):
        daily = legs[symbol].daily
        if daily is None or len(daily) != claim.window.sessions:
            raise ClaimRefused(
                "not_priced", f"The scenarios of {symbol} do not carry each session's close."
            )
        closes[symbol] = np.vstack([np.zeros(daily.shape[1]), daily])
    line = closes[claim.subject]
    move = np.diff(line, axis=0)
    hit: Hits
    if claim.versus is not None:
        hit = np.expm1(move) > np.expm1(np.diff(closes[claim.versus], axis=0))
    elif claim.side is not None:
        hit = move > 0 if claim.side == "up" else move < 0
    else:
        own = legs[claim.subject]
        strike = distance(claim, own.price, claim.lo if claim.lo is not None else claim.hi)
        hit = _compared(line[1:], claim.op or ">", strike)
    times: Array = hit.sum(axis=0, dtype=float)
    return times


def distance(claim: Claim, price: float, strike: float | None, none: float = np.nan) -> float:
    """A strike of a claim as a log distance from a price, ``none`` where there is none.

    A fall of everything and more is at minus infinity.
    """
    if strike is None:
        return none
    if claim.unit == "price":
        return float(np.log(strike / price))
    change = strike / 100 if claim.unit == "pct" else strike / price
    return float(np.log1p(change)) if change > -1 else -np.inf


def _percent(own: Episodes) -> Array:
    change: Array = 100 * np.expm1(own.close)
    return change


def _compared(values: Array, op: Op, strike: float) -> Hits:
    found: Hits = {
        ">": np.greater, ">=": np.greater_equal, "<": np.less, "<=": np.less_equal,
    }[op](values, strike)  # fmt: skip
    return found
