"""Walks: an instrument's past episodes, standardised once, ready to be read as of any session.

Scale (and for a mean-reverting index location) at each session come from walk-forward forecasts
that know only what had closed, so the scenarios as of row t of a long history are, to the bit,
those of the history that ends at t. A later call on a longer history carries the forecasts on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from workbench.domain.instruments import ALWAYS, Instrument
from workbench.measures.prices import Array, Bars, ewma_volatility, last_known, log_returns
from workbench.measures.regression import Regression
from workbench.measures.reversion import location_scale
from workbench.measures.scenarios import MIN_CLOSES, Episodes, Positions, episodes, rescaled
from workbench.measures.volatility import Design, Driver, beside, forecast

HALF_LIFE = 3652.5  # days after which an episode counts half: ten years, on every calendar
GROWN = 250  # episodes with a forecast that make an instrument old enough for it
_AHEAD = 5  # sessions of the lead's forecast that an index of volatility is held against
_KEPT = 256
Fits = tuple[Regression, ...]
_known: dict[tuple[object, ...], tuple[tuple[bytes, ...], Fits]] = {}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Walk:
    """Every episode of one instrument and horizon, and how to read it at every session.

    Attributes:
        bars: The history.
        past: Its episodes as they were, shape (n - horizon,).
        location: Expected log change of close, high and low at each session, shape (3, n).
        scale: Size of their errors at each session, shape (3, n); NaN before the first forecast.
        plain: EWMA volatility, shape (n,), for the years before.
        kept: Rows of episodes whose location and scale are known, increasing.
        standard: Those episodes less location over scale, shape (3, len(kept)).
    """

    bars: Bars
    past: Episodes
    location: Array
    scale: Array
    plain: Array
    kept: Positions
    standard: Array

    @property
    def horizon(self) -> int:
        """Sessions an episode lasts."""
        return self.past.horizon

    def at(self, t: int = -1, *, daily: bool = False) -> Episodes:
        """The reference scenarios as of the close of row t, from episodes that had ended then.

        Args:
            t: Row of the bars; the last one if negative.
            daily: True to carry each session's close too, as a count needs.

        Returns:
            Episodes weighted by age, half after ten years. With fewer than 250 standardised
            episodes, those at the present EWMA volatility.
        """
        t = len(self.bars) - 1 if t < 0 else t
        count = int(np.searchsorted(self.kept, t - self.horizon, side="right"))
        if count < GROWN or not np.isfinite(self.scale[0, t]):
            return self._young(t, daily)
        rows = self.kept[:count]
        place, scale = self.location[:, t, None], self.scale[:, t, None]
        close, high, low = place + self.standard[:, :count] * scale
        return Episodes(
            symbol=self.bars.symbol,
            horizon=self.horizon,
            dates=self.past.dates[rows],
            close=close,
            high=np.maximum(high, close),
            low=np.minimum(low, close),
            weight=self._weight(rows, t),
            price=float(self.bars.close[t]),
            daily=self._daily(rows, t) if daily else None,
        )

    def base(self, t: int = -1, *, daily: bool = False) -> Episodes:
        """The episodes as they were that had ended by row t: climatology."""
        t = len(self.bars) - 1 if t < 0 else t
        ended = self.past.ended(t, float(self.bars.close[t]))
        return replace(ended, daily=self._inside(np.arange(len(ended)))) if daily else ended

    def actual(self, t: int, *, daily: bool = False) -> Episodes:
        """What followed row t, one episode; none while it has not ended."""
        one = replace(self.past.picked(slice(t, t + 1)), price=float(self.bars.close[t]))
        return replace(one, daily=self._inside(np.array([t])[: len(one)])) if daily else one

    def _inside(self, rows: Positions) -> Array:
        """Log return of each session's close since the start of these episodes, shape (h, m)."""
        log = np.log(self.bars.close)
        return np.stack([log[rows + k] - log[rows] for k in range(1, self.horizon + 1)])

    def _daily(self, rows: Positions, t: int) -> Array:
        """The same as scenarios: scaled as the end is, the location reached in equal steps."""
        part = np.arange(1, self.horizon + 1)[:, None] / self.horizon
        scale = self.scale[0, t] / self.scale[0, rows]
        apart = self._inside(rows) - part * self.location[0, rows]
        found: Array = part * self.location[0, t] + apart * scale
        return found

    def _young(self, t: int, daily: bool) -> Episodes:
        ended = self.base(t, daily=daily)
        weighted = replace(ended, weight=self._weight(np.arange(len(ended)), t))
        return rescaled(weighted, self.plain, t)

    def _weight(self, rows: Positions, t: int) -> Array:
        """One weight for a date whatever the instrument, so that all share one set."""
        age = (self.bars.dates[t] - self.past.dates[rows]).astype("timedelta64[D]").astype(int)
        weight: Array = _BY_AGE[np.minimum(age, len(_BY_AGE) - 1)]
        return weight


_BY_AGE = 0.5 ** (np.arange(60 * 366) / HALF_LIFE)


def walk(bars: Bars, one: Instrument, horizon: int, others: Mapping[str, Bars] | None = None,
         table: Iterable[Instrument] = ()) -> Walk:  # fmt: skip
    """The walk of one instrument over one horizon.

    Args:
        bars: Its daily bars as known.
        one: Its venue and theme choose the forecast: mean reversion for theme volatility,
            the week for a venue that never closes, implied volatility for the rest.
        horizon: Sessions, at least 1.
        others: Bars of the desk's other instruments, among them perhaps the index of volatility
            and the equity index that drive this one.
        table: What those instruments are.
    """
    return _walks(bars, one, (horizon,), others or {}, tuple(table))[horizon]


def _walks(
    bars: Bars,
    one: Instrument,
    horizons: Sequence[int],
    others: Mapping[str, Bars],
    table: Sequence[Instrument],
) -> dict[int, Walk]:
    mates = [i for i in table if i.venue == one.venue and i.symbol in others and i is not one]
    moving = "index" if one.theme == "volatility" else "volatility"
    mate = next((i for i in mates if i.theme == moving), None)
    plain = ewma_volatility(bars.close)
    past = {horizon: episodes(bars, horizon) for horizon in horizons}
    if one.theme == "volatility":
        lead = None if mate is None else _lead(bars, others[mate.symbol], mate, others, table)
        found = _reverting(bars, past, lead)
    else:
        driver = None if mate is None else beside(bars, others[mate.symbol])
        found = _moving(bars, past, driver, one.venue == ALWAYS)
    return {h: _walk(bars, past[h], *found[h], plain) for h in past}


def _walk(bars: Bars, past: Episodes, location: Array, scale: Array, plain: Array) -> Walk:
    values = np.stack([past.close, past.high, past.low])
    m = len(past)
    standard = (values - location[:, :m]) / scale[:, :m]
    kept = np.flatnonzero(np.isfinite(standard[0]))
    return Walk(
        bars=bars, past=past, location=location, scale=scale, plain=plain, kept=kept,
        standard=standard[:, kept],
    )  # fmt: skip


def reference(
    bars: Mapping[str, Bars], instruments: Sequence[Instrument], horizons: Sequence[int]
) -> dict[tuple[str, int], Walk]:
    """The walks of a desk's instruments that have 250 closes, by symbol and horizon.

    Args:
        bars: Symbol to bars as known; instruments missing here are dark.
        instruments: The desk's.
        horizons: Sessions.
    """
    return {
        (one.symbol, horizon): found
        for one in instruments
        if one.symbol in bars and len(bars[one.symbol]) >= MIN_CLOSES
        for horizon, found in _walks(bars[one.symbol], one, horizons, bars, instruments).items()
    }


def _moving(
    bars: Bars, past: Mapping[int, Episodes], driver: Driver | None, daily: bool
) -> dict[int, tuple[Array, Array]]:
    inputs = [bars.dates, bars.open, bars.high, bars.low, bars.close]
    inputs += [] if driver is None else [driver.close, driver.range]
    content = tuple(one.tobytes() for one in inputs)
    shared: dict[int, Design] = {}
    found = {}
    for horizon in past:
        key = ("price", bars.symbol, horizon, driver is None, daily)
        before, keep = _recalled(key, content)
        sigma, fits = forecast(bars, horizon, driver, daily=daily, past=before, shared=shared)
        keep(fits)
        found[horizon] = np.zeros((3, len(bars))), np.tile(sigma, (3, 1))
    return found


def _reverting(
    bars: Bars, past: Mapping[int, Episodes], lead: Array | None
) -> dict[int, tuple[Array, Array]]:
    inputs = [bars.dates, bars.high, bars.low, bars.close, *(() if lead is None else lead)]
    content = tuple(one.tobytes() for one in inputs)
    found = {}
    for horizon, ended in past.items():
        outcome = np.full((3, len(bars)), np.nan)
        outcome[:, : len(ended)] = ended.close, ended.high, ended.low
        before, keep = _recalled(("index", bars.symbol, horizon, lead is None), content)
        location, scale, fits = location_scale(bars, outcome, horizon, lead, past=before)
        keep(fits)
        found[horizon] = location, scale
    return found


def _lead(
    bars: Bars, lead: Bars, one: Instrument, others: Mapping[str, Bars], table: Sequence[Instrument]
) -> Array:
    """Log return and volatility forecast of the equity index, as known at each of the bars."""
    index = last_known(lead.known_at, bars.known_at)
    ahead = walk(lead, one, _AHEAD, others, table).scale[0]
    found = np.stack([log_returns(lead.close), ahead])[:, np.maximum(index, 0)]
    same = (index >= 0) & (lead.dates[np.maximum(index, 0)] == bars.dates)
    return np.where(same, found, np.nan)


def _recalled(
    key: tuple[object, ...], content: tuple[bytes, ...]
) -> tuple[Fits | None, Callable[[Fits], None]]:
    """The regressions of an earlier call on a history that agrees with this one, if any.

    A pure memory: histories are compared byte for byte, and carrying on gives the same bits as
    starting over.
    """
    key = (*key, *(one[:8] for one in content))
    before, fits = _known.get(key, ((), ()))
    agree = all(a[: len(b)] == b[: len(a)] for a, b in zip(content, before, strict=bool(before)))

    def keep(found: Fits) -> None:
        if not (agree and before and len(before[0]) >= len(content[0])):
            while len(_known) >= _KEPT:
                _known.pop(next(iter(_known)))
            _known[key] = content, found

    return (fits if agree and fits else None), keep
