"""Which single bars cannot be true: their own prices, volume and time contradict each other."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from workbench.domain.calendars import iso, to_numpy
from workbench.domain.snapshots import Snapshot
from workbench.measures.quality.rows import Fault, Mask, Rows

_ROUNDING = 1e-3  # relative; a closing auction may print a little beyond the range of the day
_UNITS = 20.0  # prices of one bar that differ by such a factor are in two units
_BUSY = 20  # bars before one that say whether its series trades on every bar
_AUCTIONS = 0.05  # share of closes outside their range that is no chance
_FAR = 0.05  # of the price
_RUN = 5  # bars in a row that are no chance
_SOON = np.timedelta64(2, "m")  # clocks of sources may run ahead by this much


def bar_faults(
    snapshot: Snapshot, own: Rows, *, tick: float, low: float, high: float
) -> list[Fault]:
    """Bars that are rejected for what they themselves say.

    Args:
        snapshot: Whose moment it is.
        own: The series' rows.
        tick: Smallest step of the price: a close may lie so far outside its bar's range.
        low: Least price that can be true; one above it where that is 0.
        high: Greatest price that can be true.

    Returns:
        At most one fault a code: ``FUTURE`` and ``PARTIAL``, ``NONPOSITIVE``, ``OUT_OF_RANGE``,
        ``UNIT_100X`` within one bar, ``BROKEN_BAR``, ``PLACEHOLDER_BAR``; of the open alone
        ``BROKEN_OPEN``; of open, high and low ``FLAT_BARS``.
    """
    close = own.close
    now = to_numpy(snapshot.as_of)
    found: list[Fault] = []

    def reject(
        check: str, bad: Mask, seen: str, lifted: str = "a corrected row", field: str = ""
    ) -> None:
        if bad.any():
            ends = np.datetime_as_string(own.at[bad][-1:], unit="m")[0]
            number = int(bad.sum())
            what = f"{f'the {field} of ' if field else ''}{number} bar{'s' * (number != 1)}"
            found.append(
                Fault(
                    series=own.series, field=field, check=check, at=own.at[bad],
                    seen=f"{what} left out: {seen}; the last ends {ends}Z", lifted=lifted,
                )
            )  # fmt: skip

    if len(own.at) and own.at[-1] > now:
        early = own.at > now
        far = early & (own.at - now > max(_length(own), _SOON))
        reject("FUTURE", far, f"they end after {iso(snapshot.as_of)}", "a row with its true time")
        reject("PARTIAL", early & ~far, "they have not ended yet", "the end of the bar")
    with np.errstate(invalid="ignore", divide="ignore"):
        outside = ~((close > low) if low == 0 else (close >= low)) & np.isfinite(close)
        if low == 0:
            reject("NONPOSITIVE", outside, "the price is not above zero")
        outside = (close > high) | (outside if low != 0 else False)
        reject("OUT_OF_RANGE", outside, f"the price lies outside {low:g} to {high:g}")
        if np.isfinite(own.high).any() or np.isfinite(own.low).any():
            _ranges(own, tick, low, reject)
        if own.volume is not None:
            reject("PLACEHOLDER_BAR", placeholders(own), "one price, no volume, and not the last")
    return found


def _ranges(own: Rows, tick: float, low: float, reject: Callable[..., None]) -> None:
    close, slack = own.close, tick + _ROUNDING * np.abs(own.close)
    positive = close > 0
    other = np.zeros(len(close), bool)
    for prices in (own.open, own.high, own.low):
        # A price at or under zero in a bar whose close is above is as foreign as a hundredfold.
        other |= positive & ((prices > _UNITS * close) | (prices * _UNITS < close))
    reject("UNIT_100X", other, "their prices are in two units")
    broken = (own.high < own.low - slack) | (close > own.high + slack) | (close < own.low - slack)
    if np.mean(broken) > _AUCTIONS:
        # A source whose ranges leave the closing auction out: only what is far outside is false.
        slack = np.maximum(slack, _FAR * np.abs(close))
        broken = (own.high < own.low) | (close > own.high + slack) | (close < own.low - slack)
    broken &= ~other & (close > low)  # a bar is left out for one reason
    reject("BROKEN_BAR", broken, "the close lies outside the range")
    opens = (own.open > own.high + slack) | (own.open < own.low - slack)
    reject("BROKEN_OPEN", opens & ~other & ~broken, "it lies outside the range", field="open")
    if own.volume is None:
        for field in ("open", "high", "low"):
            reject("FLAT_BARS", flats(own), "the bar repeats its close", field=field)


def flats(own: Rows) -> Mask:
    """Bars without a range of their own: one price each in a run of many whose closes move."""
    same: Mask = (own.high == own.low) & (own.open == own.high) & (own.close == own.high)
    same[1:] &= own.close[1:] != own.close[:-1]
    if not same.any():
        return same
    edges = np.flatnonzero(np.diff(np.r_[False, same, False]))
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        same[first:last] = last - first >= _RUN
    return same


def placeholders(own: Rows) -> Mask:
    """Lone bars of one price without volume, in a series that trades on every bar.

    Lone is a price beyond 2 σ of both its neighbours. Where bars without volume are usual, as
    of shares that hardly trade, such a quotation is what its market said.
    """
    close, volume = own.close, own.volume
    bad = np.zeros(len(close), bool)
    if volume is None or len(close) < 2:
        return bad
    none = volume == 0
    if not none.any():
        return bad
    flat = (own.high == own.low) & (own.open == own.high) & (close == own.high)
    for i in np.flatnonzero(none & flat):
        before, prices = volume[max(0, i - _BUSY) : i], close[max(0, i - _BUSY) : i]
        prices = prices[prices > 0]
        if len(prices) and np.mean(before > 0) >= 0.9 and close[i] > 0:
            usual = float(np.std(np.diff(np.log(prices)))) if len(prices) > 2 else 0.0
            away = np.abs(np.log(close[i] / np.r_[prices[-1], close[i + 1 : i + 2]]))
            bad[i] = not (away <= max(2 * usual, _ROUNDING)).any()
    return bad


def _length(own: Rows) -> np.timedelta64:
    """How long bars last, by their usual distance; a day where there is one bar."""
    if len(own.at) < 2:
        return np.timedelta64(1, "D")
    return np.timedelta64(int(np.median(np.diff(own.at[-20:]).astype(np.int64))), "us")
