"""A paper account in double entry: what each event posts, and what the books add up to.

Debits are positive. Money is in cents, and the lines of an entry sum to zero. ``cash`` and
``position:<symbol>`` are what the account has, ``fees`` and ``slippage`` what it paid, ``capital``
and ``profit`` (negative when it earned) where it came from. What is ordered stands in two
memorandum accounts of its own, ``ordered:<symbol>`` against ``free``, outside the equity.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from workbench.measures.prices import Array, drawdown

FEWEST = 30  # cycles that a volatility needs
Line = tuple[str, float, float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """One line of an entry.

    Attributes:
        entry: What was booked: ``<claim>:order``, ``:open``, ``:split:<cycle>``,
            ``:mark:<cycle>``, ``:close`` or ``:lapse``, or ``capital:<mode>``.
        line: From 0.
        account: Which account.
        amount: Money, positive for a debit.
        units: Of the instrument; None on lines that are money alone.
        memo: JSON: the price and why.
    """

    entry: str
    line: int
    account: str
    amount: float
    units: float | None
    memo: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """An order that waits, or a position that is open.

    Attributes:
        claim: Claim id.
        symbol: Instrument.
        ordered: Money that waits to be placed, negative to sell short; 0 once it is.
        units: Held, negative when short.
        book: What the books say it is worth.
    """

    claim: str
    symbol: str
    ordered: float = 0.0
    units: float = 0.0
    book: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What one side of a trade costs, as shares of its value."""

    fee: float
    slippage: float

    @property
    def both(self) -> float:
        """Of going in and out again."""
        return 2 * (self.fee + self.slippage)


def funded(name: str, capital: float) -> list[Posting]:
    """The capital paid in."""
    return _entry(f"capital:{name}", "", ("cash", capital, None), ("capital", -capital, None))


def ordered(lot: Lot, memo: str) -> list[Posting]:
    """An order: no money moves, but what it will take is set aside for all to see."""
    return _entry(f"{lot.claim}:order", memo, *_aside(lot, lot.ordered))


def lapsed(lot: Lot, memo: str) -> list[Posting]:
    """An order for which no price could be had."""
    return _entry(f"{lot.claim}:lapse", memo, *_aside(lot, -lot.ordered))


def opened(lot: Lot, price: float, costs: Costs, memo: str) -> tuple[Lot, list[Posting]]:
    """The order filled: the position at its price, its costs paid from cash."""
    value, units = lot.ordered, round(lot.ordered / price, 8)
    fee, slip = _cents(abs(value) * costs.fee), _cents(abs(value) * costs.slippage)
    found = _entry(
        f"{lot.claim}:open", memo, (f"position:{lot.symbol}", value, units), ("cash", -value, None),
        ("fees", fee, None), ("slippage", slip, None), ("cash", -_cents(fee + slip), None),
        *_aside(lot, -lot.ordered),
    )  # fmt: skip
    return replace(lot, ordered=0.0, units=units, book=value), found


def split(lot: Lot, units: float, cycle: int, memo: str) -> tuple[Lot, list[Posting]]:
    """Other shares for the old ones, at no gain: how many there are now."""
    units, account = round(units, 8), f"position:{lot.symbol}"
    if units == lot.units:
        return lot, []
    lines = [(account, -lot.book, -lot.units), (account, lot.book, units)]
    return replace(lot, units=units), _entry(f"{lot.claim}:split:{cycle}", memo, *lines)


def marked(lot: Lot, price: float, cycle: int, memo: str) -> tuple[Lot, list[Posting]]:
    """The position at a price; nothing when it is worth what the books say."""
    worth = _cents(lot.units * price)
    change = _cents(worth - lot.book)
    if change == 0:
        return lot, []
    account = f"position:{lot.symbol}"
    lines = [(account, change, 0.0), ("profit", -change, None)]
    return replace(lot, book=worth), _entry(f"{lot.claim}:mark:{cycle}", memo, *lines)


def closed(lot: Lot, price: float, costs: Costs, memo: str) -> list[Posting]:
    """The position sold or bought back, its costs paid from cash."""
    worth = _cents(lot.units * price)
    fee, slip = _cents(abs(worth) * costs.fee), _cents(abs(worth) * costs.slippage)
    return _entry(
        f"{lot.claim}:close", memo, ("cash", worth, None),
        (f"position:{lot.symbol}", -lot.book, -lot.units),
        ("profit", -_cents(worth - lot.book), None), ("fees", fee, None), ("slippage", slip, None),
        ("cash", -_cents(fee + slip), None),
    )  # fmt: skip


def curve(equity: Array, exposure: Array, lead: Array) -> pd.DataFrame:
    """Equity beside holding the lead at the account's own mean exposure.

    Args:
        equity: At each cycle, shape (n,), positive.
        exposure: Share at work from the cycle before to each, net of what is sold short; NaN
            first. Shape (n,).
        lead: The lead's close known at each cycle, in one kind of share, shape (n,); NaN where
            it had none.

    Returns:
        ``equity, drawdown, exposure, hold, hold_drawdown``: hold starts with the same money and
        keeps the mean exposure in the lead at every cycle, without costs.
    """
    mean = float(np.nanmean(exposure[1:])) if len(exposure) > 1 else 0.0
    moved = pd.Series(lead).ffill().pct_change(fill_method=None).fillna(0.0).to_numpy(float)
    hold = equity[0] * np.cumprod(1 + mean * moved)
    return pd.DataFrame(
        {
            "equity": equity,
            "drawdown": drawdown(equity),
            "exposure": exposure,
            "hold": hold,
            "hold_drawdown": drawdown(hold),
        }
    )


def volatility(values: Array, years: float) -> float | None:
    """Standard deviation of the return from cycle to cycle, a year; None under 30 of them."""
    change = values[1:] / values[:-1] - 1
    if len(change) < FEWEST or years <= 0:
        return None
    return float(change.std(ddof=1) * (len(change) / years) ** 0.5)


def _aside(lot: Lot, amount: float) -> tuple[Line, Line]:
    return (f"ordered:{lot.symbol}", amount, None), ("free", -amount, None)


def _cents(amount: float) -> float:
    return round(amount, 2)


def _entry(name: str, memo: str, *lines: Line) -> list[Posting]:
    """The lines that move anything, which must balance."""
    if round(sum(amount for _, amount, _ in lines), 2) != 0:
        raise ValueError(f"The entry {name} does not balance: {lines}.")
    kept: Sequence[Line] = [line for line in lines if line[1] or line[2]]
    return [
        Posting(entry=name, line=i, account=account, amount=amount, units=units, memo=memo)
        for i, (account, amount, units) in enumerate(kept)
    ]
