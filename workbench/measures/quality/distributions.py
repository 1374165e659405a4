"""What was paid out, and whether prices, payments and adjusted closes tell one story.

An adjusted close says what fraction of the price before was paid: ``u = 1 - f(before) / f(after)``
with ``f = adjusted / close``. The payment itself says ``y = paid / close before``, and the price
should fall by about as much. Two of the three that agree outvote the third.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from workbench.domain.calendars import Moments
from workbench.measures.prices import Array
from workbench.measures.quality.rows import Fault, Mask, Positions, Rows

_MATERIAL = 0.005  # of the price: what adjusted closes may differ by without being left out
_SHARE = 0.2  # of the yield
_ROUNDING = 0.0005  # of the price, of an adjusted close
_ABSURD = 0.5  # no going concern pays half of its price in one payment
_WINDOW = 60
_UNPAID = 0.02  # yield from which a price must show what was paid
_FELL = 0.6  # share of a payment by which the price must fall, and more than 5 σ are to spare
_RESTING = 0.5  # share of bars without a move, beyond which a price hardly trades
_TWICE = np.timedelta64(10, "D")  # payments nearer than this are one, listed twice
_ALIKE = 0.25  # log distance of payments that are one
_TINY = 0.001  # yields under it may be a hundredth of the truth
_HALVED = 0.5  # of a wrong step: what is left of it where the bar beside it makes up for it
_OFTEN = 4  # payments; one says little beside a day's noise
_EVIDENCE = 3.0  # log likelihood ratio that says so


@dataclass(frozen=True, slots=True, eq=False)
class _Told:
    """Payments on the bars that have a price; arrays of one shape but for ``index``."""

    index: Positions  # positions of these bars among all
    move: Array  # simple return into the bar
    paid: Array  # yield that the payment says
    gains: Array  # yield of its capital gains
    implied: Array  # yield that the adjusted closes say; NaN where unknown
    sigma: float


def distribution_faults(own: Rows, gone: Moments | None = None) -> list[Fault]:
    """Payments and adjusted closes that cannot be true.

    Args:
        own: The series' rows; nothing is said where the source reports no payments.
        gone: Moments of bars that were left out: what was paid across them is not judged, as
            the price that it was paid of is not known.

    Returns:
        Faults of the fields ``dividend`` and ``close_adj``: ``DIVIDEND_UNIT``,
        ``DIVIDEND_TWICE``, ``DIVIDEND_UNPAID`` where the price did not fall by it, and
        ``ADJUSTMENT`` with every adjusted close before a wrong step.
    """
    if not own.events:
        return []
    bad: dict[tuple[str, str], Mask] = {}

    def mark(field: str, check: str, positions: slice | Positions) -> None:
        bad.setdefault((field, check), np.zeros(len(own.at), bool))[positions] = True

    if own.adjusted is not None:
        with np.errstate(invalid="ignore"):
            impossible = np.isfinite(own.close) & ~(np.isfinite(own.adjusted) & (own.adjusted > 0))
        if impossible.any():
            mark("close_adj", "ADJUSTMENT", slice(0, int(np.flatnonzero(impossible)[-1]) + 1))
    index = np.flatnonzero(own.close > 0)
    if len(index) > 2 and (own.paid[index].any() or own.adjusted is not None):
        told = _told(own, index, gone)
        wrong = _payments(own, told)
        for check, mask in wrong.items():
            mark("dividend", check, index[np.flatnonzero(mask)])
        if own.adjusted is not None:
            last = _last_wrong_step(told, wrong)
            if last is not None:
                mark("close_adj", "ADJUSTMENT", slice(0, index[last]))
    return [_fault(own, *key, mask) for key, mask in bad.items() if mask.any()]


def _told(own: Rows, index: Positions, gone: Moments | None) -> _Told:
    close = own.close[index]
    change = close[1:] / close[:-1]
    log_split = np.diff(np.cumsum(np.log(own.split))[index])
    # As traded, the close before is in old shares on the day of a split.
    traded = np.abs(np.log(change) + log_split) < np.abs(np.log(change))
    ratio = np.where(traded, np.exp(log_split), 1.0)
    before = close[:-1] / ratio
    paid = np.diff(np.cumsum(own.paid)[index]) / before
    gains = np.diff(np.cumsum(own.gains)[index]) / before
    move = np.r_[np.nan, close[1:] / before - 1]
    implied = np.full(len(close), np.nan)
    if own.adjusted is not None:
        with np.errstate(invalid="ignore", divide="ignore"):
            factor = own.adjusted[index] / close
            factor[~(factor > 0)] = np.nan
            implied[1:] = 1 - ratio * factor[:-1] / factor[1:]
    if gone is not None and len(gone):
        between = np.diff(np.searchsorted(np.sort(gone), own.at[index])) > 0
        paid, gains = np.where(between, 0.0, paid), np.where(between, 0.0, gains)
        implied[1:][between] = np.nan
    calm = move[np.isfinite(move) & (np.abs(move) < 0.3)]
    sigma = max(float(np.std(calm)), 0.002) if len(calm) > 1 else 0.02
    return _Told(
        index=index, move=move, paid=np.r_[0.0, paid], gains=np.r_[0.0, gains], implied=implied,
        sigma=sigma,
    )  # fmt: skip


def _payments(own: Rows, told: _Told) -> dict[str, Mask]:
    """By code, the bars whose payment itself is wrong."""
    n = len(told.index)
    found = {
        name: np.zeros(n, bool) for name in ("DIVIDEND_UNIT", "DIVIDEND_TWICE", "DIVIDEND_UNPAID")
    }
    events = np.flatnonzero(told.paid > 0)
    for i in events:
        # Of a week's bar the price may fall in the bar after, as far as that is there.
        y = told.paid[i]
        r = float(np.min(np.cumprod(1 + told.move[i : i + 2]) - 1))
        sigma = _sigma(told, int(i))
        u = told.implied[i]
        if y >= _ABSURD and r > -y / 2:
            found["DIVIDEND_UNIT"][i] = True
        elif np.isfinite(u) and abs(u - y) > _tolerance(y) and u > 0:
            # Adjusted closes and the price agree on another payment.
            if abs(r + y) - abs(r + u) > 2 * sigma and y > u:
                found["DIVIDEND_UNIT"][i] = True
        elif y > _UNPAID and r + y > max(5 * sigma, _FELL * y) and not _rests(told, int(i)):
            found["DIVIDEND_UNPAID"][i] = True
    usual = [i for i in events if not found["DIVIDEND_UNIT"][i]]
    at = own.at[told.index]
    if len(events) > 2 and np.median(np.diff(at[events])) <= _TWICE:
        usual = []  # it pays as often
    for i, j in itertools.pairwise(usual):
        alike = abs(np.log(told.paid[i] / told.paid[j])) <= _ALIKE
        if at[j] - at[i] <= _TWICE and alike and at[j] - at[i] >= np.timedelta64(12, "h"):
            # The one that adjusted closes never took off is the phantom; else neither is sure.
            steps = [told.implied[k] < _SHARE * told.paid[k] for k in (i, j)]
            pair = [k for k, none in zip((i, j), steps, strict=True) if none] or [i, j]
            found["DIVIDEND_TWICE"][pair] = True
    tiny = np.array([i for i in events if told.paid[i] < _TINY], dtype=int)
    if len(tiny) >= _OFTEN:
        y, r = told.paid[tiny], told.move[tiny]
        calm = np.array([_sigma(told, int(i)) for i in tiny])
        evidence = np.sum(((r + y) ** 2 - (r + 100 * y) ** 2) / (2 * calm**2))
        if evidence > _EVIDENCE:
            found["DIVIDEND_UNIT"][tiny] = True
    return found


def _last_wrong_step(told: _Told, wrong: dict[str, Mask]) -> int | None:
    """The newest bar before which adjusted closes are wrong, None where none are."""
    u = told.implied
    known = np.isfinite(u)
    y = np.where(known, told.paid, 0.0)
    # Too little to matter alone, as yet: where something was paid, any step but a rounding.
    off = known & (
        np.abs(u - y) > np.where(y > 0, np.maximum(_ROUNDING, _SHARE * y), _tolerance(y))
    )
    # A fund's gains may be listed beside its distribution instead of in it.
    both = y + told.gains
    with np.errstate(invalid="ignore"):
        beside = (np.abs(u - both) <= _MATERIAL) & (
            np.abs(told.move + both) < np.abs(told.move + y)
        )
    off &= ~((told.gains > 0) & beside)
    listed = np.zeros(len(u), bool)
    for mask in wrong.values():
        listed |= mask
    # A payment of a week may be taken off in the week after: two steps that match together do.
    for i in np.flatnonzero(off):
        for a, b in ((i - 1, i), (i, i + 1)):
            if a >= 1 and b < len(u) and known[a] and known[b]:
                rest = abs(1 - (1 - u[a]) * (1 - u[b]) - y[a] - y[b])
                limit = max(_MATERIAL, _SHARE * (y[a] + y[b]))
                if rest <= limit and rest < _HALVED * abs(u[i] - y[i]):
                    off[i] = False
    # A wrong payment beside right adjusted closes is its own fault only ...
    off &= ~listed
    off = _mattering(u, y, off)
    # ... and wrong ones that adjusted closes took over are theirs too.
    with np.errstate(invalid="ignore"):
        off |= listed & (np.abs(u - told.paid) <= _tolerance(told.paid)) & (u != 0)
        off |= wrong["DIVIDEND_UNIT"] & (told.paid >= _ABSURD) & _foreign(told)
    found = np.flatnonzero(off)
    return int(found[-1]) if len(found) else None


def _mattering(u: Array, y: Array, off: Mask) -> Mask:
    """The wrong steps that alone, or with the wrong ones after them, shift a close materially."""
    with np.errstate(invalid="ignore", divide="ignore"):
        shift = np.where(off, np.log1p(-u) - np.log1p(-y), 0.0)
    together = np.abs(np.cumsum(shift[::-1])[::-1]) > _MATERIAL
    with np.errstate(invalid="ignore"):
        alone = np.abs(u - y) > np.maximum(_MATERIAL, _SHARE * np.abs(y))
    found: Mask = off & (alone | together)
    return found


def _foreign(told: _Told) -> Mask:
    """Where the adjusted closes took off something that is not a hundredth of the payment."""
    with np.errstate(invalid="ignore", divide="ignore"):
        hundredth = np.abs(told.implied * 100 / told.paid - 1) < 0.1
        return np.isfinite(told.implied) & (told.implied > _MATERIAL) & ~hundredth


def _tolerance(y: Array) -> Array:
    return np.maximum(0.0015, _SHARE * np.abs(y))


def _sigma(told: _Told, i: int) -> float:
    around = told.move[max(1, i - _WINDOW) : i]
    if len(around) < 5:
        return told.sigma
    return max(float(np.std(around)), 0.002)


def _rests(told: _Told, i: int) -> bool:
    """Whether a price hardly trades: that it did not fall then says nothing of a payment."""
    return bool(np.mean(told.move[max(1, i - _WINDOW) : i + 1] == 0) > _RESTING)


def _fault(own: Rows, field: str, check: str, bad: Mask) -> Fault:
    if field == "close_adj":
        bad = bad & np.isfinite(own.close)
    at = own.at[bad]
    seen = {
        "DIVIDEND_UNIT": "payments are in other units than the price",
        "DIVIDEND_TWICE": "payments are listed twice",
        "DIVIDEND_UNPAID": "payments that the price never fell by",
        "ADJUSTMENT": "adjusted closes do not follow from what was paid",
    }[check]
    days = np.datetime_as_string(at[-1:], unit="D")[0]
    return Fault(
        series=own.series, field=field, check=check, at=at,
        seen=f"{len(at)} rows left out: {seen}; the last of {days}",
        lifted="a corrected row, or a second source",
    )  # fmt: skip
