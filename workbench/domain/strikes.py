"""Strikes as claims keep them: prices at the instrument's tick, changes to four decimals."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Literal

from workbench.domain.errors import ClaimRefused
from workbench.domain.instruments import Instrument

Unit = Literal["price", "pct", "pts"]


def strike(one: Instrument, value: float) -> float:
    """A price rounded to the instrument's tick.

    Raises:
        ClaimRefused: Not a positive finite number (``bad_strike``).
    """
    if not math.isfinite(value) or value <= 0:
        raise ClaimRefused("bad_strike", f"{value!r} is no price of {one.name}.")
    price = round(round(value / one.tick) * one.tick, decimals(one.tick))
    if price <= 0:
        raise ClaimRefused(
            "bad_strike", f"{value!r} is less than a tick of {one.name}, {one.tick}."
        )
    return price


def decimals(tick: float) -> int:
    """Digits after the point that a tick needs: 0.01 gives 2."""
    exponent = Decimal(str(tick)).normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def percent(value: float) -> float:
    """A percentage, or a change in points, rounded to four decimals.

    Raises:
        ClaimRefused: Not finite (``bad_strike``).
    """
    if not math.isfinite(value):
        raise ClaimRefused("bad_strike", f"{value!r} is no percentage.")
    return round(value, 4) + 0.0  # no negative zero


def amount(one: Instrument, value: float, unit: Unit) -> float:
    """A strike in its unit: a price at the tick, or a change.

    Raises:
        ClaimRefused: No price, or no number, or a fall of 100 % and more (``bad_strike``).
    """
    if unit == "price":
        return strike(one, value)
    change = percent(value)
    if unit == "pct" and change <= -100:
        raise ClaimRefused("bad_strike", f"{one.name} cannot lose {-change:g} % of its price.")
    return change
