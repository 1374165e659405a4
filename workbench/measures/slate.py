"""The slate: the cycle's candidate claims, built by rule, answered by every forecaster.

Instruments x families x horizons; strikes come from quantiles of the reference scenarios, moved
to round levels, and turn from session to session so that the same question is not asked daily.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from workbench.domain import claims
from workbench.domain.calendars import venue
from workbench.domain.claims import Claim, Window
from workbench.domain.errors import ClaimRefused
from workbench.domain.instruments import Instrument
from workbench.measures.scenarios import MIN_PATHS, Episodes, joined, width

# Quantiles of the scenarios, so that most claims are held more likely than not as worded.
_LEVELS: tuple[tuple[float, claims.Op], ...] = ((0.25, ">"), (0.65, "<"), (0.35, ">"), (0.75, "<"))
_BANDS = ((0.20, 0.80), (0.30, 0.90), (0.10, 0.70), (0.45, 0.95))
_WIDTHS = (0.30, 0.65, 0.40, 0.75)
_SIDES: tuple[claims.Side, ...] = ("any", "down", "any", "up")
_ROUND = (1.0, 2.0, 2.5, 5.0, 10.0)


def build(
    scenarios: Mapping[tuple[str, int], Episodes],
    instruments: Sequence[Instrument],
    windows: Mapping[tuple[str, int], Window],
    turn: int,
) -> list[Claim]:
    """The candidate claims of one cycle, without references.

    Args:
        scenarios: (symbol, horizon) to today's reference scenarios; instruments missing here
            are dark or too young and get no claim.
        instruments: The desk's, in order; later ones are compared with the first.
        windows: (symbol, horizon) to the claims' window.
        turn: A number that grows by one a session; it turns the strikes.

    Returns:
        Between 3 and 7 claims an instrument and horizon, plus one relative claim for each
        later instrument of the first one's theme and venue.
    """
    found: list[Claim] = []
    for (symbol, _), own in scenarios.items():
        one = next(i for i in instruments if i.symbol == symbol)
        when = windows[symbol, own.horizon]
        found += single(own, one, when, turn)
        first = instruments[0]
        if one is not first and (one.venue, one.theme) == (first.venue, first.theme):
            found += versus(own, scenarios.get((first.symbol, own.horizon)), one, first, when, turn)
    return found


def single(own: Episodes, one: Instrument, when: Window, turn: int) -> list[Claim]:
    """The claims on one instrument over one horizon; those without a tick between strikes fall out.

    Args:
        own: Reference scenarios.
        one: The instrument.
        when: The claims' window.
        turn: Turns the strikes, as in ``build``.
    """
    if len(own) < MIN_PATHS:  # as when prices stand still, which leaves no episode to scale
        return []
    k = (turn + own.horizon) % 4
    close = own.close
    share, op = _LEVELS[k]
    low, high = (_percent(np.quantile(close, q)) for q in _BANDS[k])
    size = _percent(float(np.quantile(np.abs(close), 0.75 if k % 2 else 0.4)))
    level = _round_level(own, one, np.quantile(close, share))
    makers: list[Callable[[], Claim]] = [
        lambda: claims.direction(one, when, "up" if k % 2 else "down"),
        lambda: claims.level(one, when, op, level),
        lambda: claims.band(one, when, low, high, "pct"),
        lambda: claims.magnitude(one, when, max(size, 0.1), _SIDES[k]),
    ]
    if own.has_path and not venue(one.venue).is_open(when.start):
        makers += _paths(own, one, when, k)
    return [claim for make in makers if (claim := _made(make)) is not None]


def _made(make: Callable[[], Claim]) -> Claim | None:
    """The claim, or None where rounding left no strike, as for a price of a few ticks."""
    try:
        return make()
    except ClaimRefused as refused:
        if refused.code != "bad_strike":
            raise
        return None


def _paths(own: Episodes, one: Instrument, when: Window, k: int) -> list[Callable[[], Claim]]:
    top, bottom, floor, ceiling = (
        _round_level(own, one, np.nanquantile(values, share))
        for values, share in ((own.high, 0.45), (own.low, 0.55), (own.low, 0.25), (own.high, 0.85))
    )
    inside = k % 2 == 0 and floor < own.price < ceiling
    wide = round(100 * float(np.nanquantile(width(own), _WIDTHS[k])), 1)
    return [
        lambda: claims.touch(one, when, *((None, top) if k % 2 else (bottom, None))),
        lambda: claims.stays(one, when, floor, ceiling if inside else None),
        lambda: claims.span(one, when, max(wide, 0.1), "<" if k % 2 else ">"),
    ]


def versus(
    own: Episodes,
    other: Episodes | None,
    one: Instrument,
    first: Instrument,
    when: Window,
    turn: int,
) -> list[Claim]:
    """The relative claim of a later instrument on the first one, if both have scenarios."""
    if other is None:
        return []
    left, right = joined(own, other)
    if len(left) < MIN_PATHS:
        return []
    gap = np.expm1(left.close) - np.expm1(right.close)
    ahead = turn % 2 == 0
    margin = 100 * float(np.quantile(gap if ahead else -gap, 0.7))
    margin = round(max(margin, 0.0) / 0.05) * 0.05
    pair = (one, first) if ahead else (first, one)
    return [claims.relative(*pair, when, margin)]


def near(price: float, apart: float) -> float:
    """The nearest round level: steps of 1, 2, 2.5 or 5 times a power of ten, about ``apart`` apart.

    Args:
        price: Where the level should lie.
        apart: Wanted distance between levels, in units of the price, positive.
    """
    power = 10.0 ** math.floor(math.log10(apart))
    step = min((r * power for r in _ROUND), key=lambda s: abs(math.log(s / apart)))
    return float(round(round(price / step) * step, 8))


def _round_level(own: Episodes, one: Instrument, log_return: float) -> float:
    """The scenario price at this log return, moved to a level that people would name."""
    price = own.price * math.exp(float(log_return))
    return near(price, max(0.25 * own.price * float(np.std(own.close)), one.tick))


def _percent(log_return: float) -> float:
    return float(round(100 * math.expm1(float(log_return)), 1)) + 0.0
