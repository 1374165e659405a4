"""What readers care about, beside how much a prediction tells them.

It breaks near ties between predictions that passed the gate, and never lets one through.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal

from workbench.domain.claims import Claim
from workbench.measures.prices import Bars, ewma_volatility, simple_return

_EXTRA = 0.5  # of a claim's worth, for each reason to care
_MOVED = 1.5  # expected deviations: what moved less is not talked about
_DIGITS = 2  # a level that people watch is said in so many: 2,700, 26, 7,000


def interest(claim: Claim, talked: Collection[str]) -> float:
    """Factor of a claim's worth: 1, and half as much again for each reason to care.

    Args:
        claim: With a strike at a price that people watch, or on an instrument that is talked of.
        talked: Symbols of such instruments.
    """
    watched = claim.unit == "price" and any(
        digits(strike) <= _DIGITS for strike in (claim.lo, claim.hi) if strike is not None
    )
    return 1 + _EXTRA * watched + _EXTRA * bool(set(claim.symbols) & set(talked))


def digits(price: float) -> int:
    """Significant digits of a price: 2 of 2,700, 3 of 26.5."""
    return len(Decimal(str(price)).normalize().as_tuple().digits)


def talked_of(known: Mapping[str, Bars]) -> frozenset[str]:
    """The instrument whose last session was farthest out of the ordinary, if that was far enough.

    Args:
        known: Bars by symbol; those too young for a volatility are passed over.

    Returns:
        Its symbol alone, or nothing; a tie goes to the first.
    """
    found, most = "", _MOVED
    for symbol, own in known.items():
        if len(own) < 2:
            continue
        expected = float(ewma_volatility(own.close)[-2])
        size = abs(simple_return(own.close)) / expected if expected > 0 else 0.0  # NaN is not
        if size > most:
            found, most = symbol, size
    return frozenset({found} - {""})
