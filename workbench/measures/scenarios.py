"""The reference: past episodes, rescaled to today's volatility, answer any claim as a share.

For each past close s the episode is what followed over the horizon: closing return, running
maximum and minimum. Episode s times sigma_t / sigma_s is one scenario for today; the probability
of a claim is the weighted share of scenarios in which it comes true. Deterministic, no draws.
Left unscaled, the same episodes are the base rate (climatology).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from workbench.domain.calendars import Moments
from workbench.domain.claims import PATH_KINDS, Claim
from workbench.measures.prices import Array, Bars, ewma_volatility

Hits = npt.NDArray[np.bool_]
Positions = npt.NDArray[np.intp]
MIN_CLOSES = 250  # an instrument with fewer has no scenarios
MIN_PATHS = 150  # episodes with highs and lows, or common to a pair, that a share needs


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Episodes:
    """What followed each past close of one instrument over one horizon.

    Attributes:
        symbol: Instrument.
        horizon: Sessions.
        dates: Session at whose close each episode starts, shape (n,).
        close: Log return from start to end, shape (n,).
        high: Log distance of the highest high, shape (n,); NaN without highs.
        low: Log distance of the lowest low, shape (n,); NaN without lows.
        weight: How much each episode counts, shape (n,), not negative.
        price: Today's close, from which scenarios start.
    """

    symbol: str
    horizon: int
    dates: Moments
    close: Array
    high: Array
    low: Array
    weight: Array
    price: float

    def __len__(self) -> int:
        return len(self.close)

    def scaled(self, factor: Array) -> Episodes:
        """Every episode multiplied by its own factor, in log terms; NaN factors drop out."""
        stretched = replace(
            self, close=self.close * factor, high=self.high * factor, low=self.low * factor
        )
        return stretched.picked(np.flatnonzero(np.isfinite(factor)))

    def weighted(self, dates: Moments, weight: Array) -> Episodes:
        """The episodes with the weight of their start date; dates not named weigh nothing."""
        index = np.minimum(np.searchsorted(dates, self.dates), len(dates) - 1)
        found = np.where(dates[index] == self.dates, weight[index], 0.0)
        return replace(self, weight=found)

    def picked(self, index: slice | Positions | Hits) -> Episodes:
        """The episodes at these positions."""
        return replace(
            self,
            dates=self.dates[index],
            close=self.close[index],
            high=self.high[index],
            low=self.low[index],
            weight=self.weight[index],
        )

    def ended(self, t: int, price: float) -> Episodes:
        """Those of a whole history that had ended by its row t, from that row's price."""
        return replace(self.picked(slice(0, max(t - self.horizon + 1, 0))), price=price)

    @property
    def whole(self) -> Episodes:
        """The episodes that have highs and lows."""
        there = np.isfinite(self.high + self.low)
        return self if there.all() else self.picked(there)

    @property
    def has_path(self) -> bool:
        """True when at least 150 episodes have highs and lows."""
        return int(np.isfinite(self.high + self.low).sum()) >= MIN_PATHS


def episodes(bars: Bars, horizon: int) -> Episodes:
    """All episodes that had ended by the last bar.

    Args:
        bars: Daily bars as known.
        horizon: Sessions from start to end, at least 1.

    Returns:
        n = len(bars) - horizon episodes, oldest first.
    """
    n = max(len(bars) - horizon, 0)
    close, high, low = np.log(bars.close), np.log(bars.high), np.log(bars.low)
    start = close[:n]
    top, bottom = high[1 : n + 1], low[1 : n + 1]
    for k in range(2, horizon + 1):
        top = np.maximum(top, high[k : n + k])
        bottom = np.minimum(bottom, low[k : n + k])
    return Episodes(
        symbol=bars.symbol,
        horizon=horizon,
        dates=bars.dates[:n],
        close=close[horizon : n + horizon] - start,
        high=top - start,
        low=bottom - start,
        weight=np.ones(n),
        price=float(bars.close[-1]),
    )


def ewma_scaled(bars: Bars, horizon: int) -> Episodes:
    """Episodes at today's EWMA volatility: how house minds see them."""
    return rescaled(episodes(bars, horizon), ewma_volatility(bars.close), len(bars) - 1)


def rescaled(past: Episodes, sigma: Array, t: int) -> Episodes:
    """Each episode times the volatility of row t over that of the row it started on.

    Args:
        past: Episodes of the first rows of a history, oldest first.
        sigma: Volatility at each row; episodes of rows without a positive one drop out.
        t: Row whose volatility they take.
    """
    then = sigma[: len(past)]
    factor = np.divide(sigma[t], then, out=np.full(len(past), np.nan), where=then > 0)
    return past.scaled(factor)


def probability(claim: Claim, own: Episodes, other: Episodes | None = None) -> float:
    """The weighted share of scenarios in which a claim comes true, strictly inside (0, 1)."""
    return share(*outcomes(claim, own, other))


def outcomes(claim: Claim, own: Episodes, other: Episodes | None = None) -> tuple[Hits, Array]:
    """In which scenarios a claim comes true, and their weights.

    Args:
        claim: Its strikes in price are read against the episodes' present price.
        own: Scenarios of the subject.
        other: Scenarios of the versus, for a relative claim.

    Returns:
        Two arrays of one shape. Episodes without highs and lows are left out of a path claim,
        and episodes that only one instrument has out of a relative one.
    """
    happened, own = answered(claim, own, other)
    return happened, own.weight


def answered(claim: Claim, own: Episodes, other: Episodes | None = None) -> tuple[Hits, Episodes]:
    """In which scenarios a claim comes true, and the scenarios that can say so."""
    if claim.kind in PATH_KINDS:
        own = own.whole
    if other is not None:
        own, other = joined(own, other)
    return _hits(claim, own, other), own


def _hits(claim: Claim, own: Episodes, other: Episodes | None) -> Hits:
    shape = claim.kind, claim.unit
    strange = claim.unit == "pts" or shape in {(k, "pct") for k in ("level", "stays", "touch")}
    if strange or claim.given or claim.window.mode == "clock" or claim.symbols[2:]:
        raise ValueError(f"Scenarios of daily bars cannot price this {claim.kind} claim.")
    close, percent = own.close, claim.unit == "pct"
    change = 100 * np.expm1(close) if percent else close

    def at(strike: float) -> float:
        return strike if percent else float(np.log(strike / own.price))

    lo, hi = claim.lo, claim.hi
    result: Hits
    match claim.kind:
        case "direction":
            result = close > 0 if claim.side == "up" else close < 0
        case "level":
            strike = at(lo if lo is not None else hi or 0.0)
            result = {
                ">": close > strike,
                ">=": close >= strike,
                "<": close < strike,
                "<=": close <= strike,
            }[claim.op or ">"]
        case "band":
            result = (change >= at(lo or 0.0)) & (change <= at(hi or 0.0))
        case "magnitude":
            size = lo or 0.0
            up, down = change > size, change < -size
            result = {"any": up | down, "up": up, "down": down}[claim.side or "any"]
        case "relative":
            if other is None:
                raise ValueError("A relative claim needs the scenarios of both instruments.")
            result = change - 100 * np.expm1(other.close) > (claim.margin or 0.0)
        case "stays":
            above = np.ones(len(own), bool) if lo is None else own.low > at(lo)
            below = np.ones(len(own), bool) if hi is None else own.high < at(hi)
            result = above & below
        case "touch":
            result = own.high >= at(hi) if hi is not None else own.low <= at(lo or 0.0)
        case _:
            raise ValueError(f"Scenarios cannot price a claim of kind {claim.kind!r}.")
    return result


def share(happened: Hits, weight: Array) -> float:
    """The weighted share of true scenarios, with half a scenario added to either side.

    Args:
        happened: Shape (n,).
        weight: Shape (n,), not negative, not all zero.

    Returns:
        (W_true + 1/2) / (W + 1), strictly inside (0, 1); weights are scaled to their effective
        number first, so that a few heavy scenarios do not claim certainty.
    """
    total, count = float(weight.sum()), effective(weight)
    return (float(weight[happened].sum()) / total * count + 0.5) / (count + 1.0)


def effective(weight: Array) -> float:
    """How many equally weighted scenarios these weights are worth: (sum w)^2 / sum w^2."""
    squares = float(weight @ weight)
    return float(weight.sum()) ** 2 / squares if squares > 0 else 0.0


def joined(one: Episodes, other: Episodes) -> tuple[Episodes, Episodes]:
    """The episodes of two instruments that start on the same sessions."""
    if len(one) == len(other) and (one.dates == other.dates).all():
        return one, other
    _, left, right = np.intersect1d(one.dates, other.dates, return_indices=True)
    return one.picked(left), other.picked(right)
