"""What each series must look like: unit, range, period and, where nothing else says it, its lag.

A contract speaks for one field of every series whose id matches its pattern. Feeds deliver in
these units, quality holds every value to them, and an import of a series that is listed here gets
its unit and its lag. Prices of instruments are listed in ``domain.instruments``.
"""

from __future__ import annotations

import datetime as dt
import fnmatch
from dataclasses import dataclass
from functools import cache
from typing import Literal

Period = Literal["tick", "day", "week", "month", "quarter"]
_DAY = 1440


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """What one field of a series must look like.

    Attributes:
        pattern: Series ids, with ``*`` for any text.
        field: Field of these series.
        name: How prose names it; ``*`` stands for what the pattern's ``*`` matched.
        unit: Unit of every value.
        low: Least value that can be true.
        high: Greatest value that can be true.
        period: What one value describes; ``tick`` a moment.
        lag_minutes: From the end of that period to the moment when the value is taken as known,
            where the source states none.
        zero: Whether 0 can be true.
        active: Whether a 0 is false while the series' other fields show activity.
    """

    pattern: str
    field: str
    name: str
    unit: str
    low: float
    high: float
    period: Period
    lag_minutes: int
    zero: bool = True
    active: bool = False

    @property
    def lag(self) -> dt.timedelta:
        """Time from the end of the period to first availability."""
        return dt.timedelta(minutes=self.lag_minutes)

    def named(self, series: str) -> str:
        """How prose names the field of one of these series."""
        head, _, tail = self.pattern.partition("*")
        return self.name.replace("*", series.removeprefix(head).removesuffix(tail) or series)


def _rate(series: str, name: str, period: Period, days: float, low: float = -2) -> Contract:
    return Contract(
        pattern=series, field="value", name=name, unit="%", low=low, high=25, period=period,
        lag_minutes=int(days * _DAY),
    )  # fmt: skip


def _macro(
    series: str, name: str, unit: str, low: float, high: float, period: Period, days: int
) -> Contract:
    return Contract(
        pattern=series, field="value", name=name, unit=unit, low=low, high=high, period=period,
        lag_minutes=days * _DAY,
    )  # fmt: skip


def _tick(
    pattern: str, field: str, name: str, unit: str, high: float, *, low: float = 0.0,
    zero: bool = True, active: bool = False, period: Period = "tick", lag: int = 5,
) -> Contract:  # fmt: skip
    return Contract(
        pattern=pattern, field=field, name=name, unit=unit, low=low, high=high, period=period,
        lag_minutes=lag, zero=zero, active=active,
    )  # fmt: skip


CONTRACTS: tuple[Contract, ...] = (
    # Rates and macro, under the ids of FRED; a month's date is its first day.
    _rate("FEDFUNDS", "Fed funds rate", "month", 3),
    _rate("DFF", "effective Fed funds rate", "day", 1),
    _rate("EFFR", "effective Fed funds rate", "day", 1),
    _rate("SOFR", "SOFR", "day", 1),
    _rate("DGS3MO", "3-month Treasury yield", "day", 1),
    _rate("DGS2", "2-year Treasury yield", "day", 1),
    _rate("DGS5", "5-year Treasury yield", "day", 1),
    _rate("DGS10", "10-year Treasury yield", "day", 1),
    _rate("DGS30", "30-year Treasury yield", "day", 1),
    _rate("T10Y2Y", "10Y–2Y spread", "day", 1, low=-5),
    _rate("T10Y3M", "10Y–3M spread", "day", 1, low=-5),
    _rate("T10YIE", "10-year breakeven inflation", "day", 1, low=-5),
    _rate("AAA", "Moody's Aaa yield", "month", 7),
    _rate("BAA", "Moody's Baa yield", "month", 7),
    _rate("UNRATE", "unemployment rate", "month", 10, low=0),
    _macro("CPIAUCSL", "CPI", "index", 5, 1_000, "month", 20),
    _macro("CPILFESL", "core CPI", "index", 5, 1_000, "month", 20),
    _macro("PAYEMS", "nonfarm payrolls", "thousand persons", 10_000, 400_000, "month", 10),
    _macro("NFCI", "financial conditions", "index", -5, 10, "week", 6),
    _macro("DTWEXBGS", "broad dollar", "index", 50, 250, "day", 7),
    _macro("WTI", "WTI crude", "USD a barrel", -60, 500, "day", 7),
    _macro("DCOILWTICO", "WTI crude", "USD a barrel", -60, 500, "day", 7),
    _macro("DCOILBRENTEU", "Brent crude", "USD a barrel", 1, 500, "day", 7),
    _macro("VIXCLS", "VIX", "points", 5, 150, "day", 1),
    # Ethereum and bitcoin, the chains themselves.
    _tick("ETH", "tx_count", "Ethereum transactions", "transactions a day", 2e7, zero=False,
          period="day", lag=_DAY),
    _tick("ETH", "transfer_usd", "value moved on Ethereum", "USD a day", 1e13, active=True,
          period="day", lag=_DAY),
    _tick("ETH", "gas_used", "Ethereum gas used", "gas a day", 1e13, zero=False, period="day",
          lag=_DAY),
    _tick("ETH", "gas_gwei", "Ethereum gas price", "gwei", 1e5, zero=False),
    _tick("ETH", "active_addresses", "active Ethereum addresses", "addresses a day", 1e8,
          zero=False, period="day", lag=_DAY),
    _tick("ETH", "volume_usd", "ether volume", "USD a day", 1e13, active=True),
    _tick("BTC", "tx_count", "bitcoin transactions", "transactions a day", 1e7, zero=False,
          period="day", lag=_DAY),
    _tick("BTC", "volume_usd", "bitcoin volume", "USD a day", 1e13, active=True),
    _tick("BTC-mempool", "count", "transactions in the mempool", "transactions", 1e7, zero=False),
    _tick("BTC-mempool", "vsize", "mempool size", "vB", 1e10, zero=False),
    _tick("BTC-mempool", "fees", "fees in the mempool", "sat", 2.1e15),
    _tick("BTC-mempool", "fee_fastest", "fee for the next block", "sat/vB", 1e5, zero=False),
    _tick("BTC-mempool", "fee_hour", "fee for the next hour", "sat/vB", 1e5, zero=False),
    # Coins: what chains, venues and lists of coins say besides.
    _tick("ETH", "priority_gwei", "Ethereum tip", "gwei", 1e5),
    _tick("ETH", "propose_gwei", "Ethereum gas price with tip", "gwei", 1e5, zero=False),
    _tick("ETH", "mempool_gas_gwei", "gas price of waiting Ethereum transactions", "gwei", 1e5),
    _tick("ETH", "block_tx_count", "transactions of an Ethereum block", "transactions", 1e5),
    _tick("ETH", "block_gas_used", "gas of an Ethereum block", "gas", 1e9),
    _tick("BTC", "transfer_usd", "value moved on Bitcoin", "USD a day", 1e13, active=True,
          period="day", lag=_DAY),
    _tick("BTC", "difficulty_change", "expected change of Bitcoin's difficulty", "%", 300, low=-75),
    _tick("BTC", "retarget_blocks", "blocks to Bitcoin's next difficulty", "blocks", 2016),
    _tick("BTC", "hashrate", "Bitcoin's hashrate", "hashes a second", 1e24, zero=False,
          period="day", lag=_DAY),
    _tick("BTC", "difficulty", "Bitcoin's difficulty", "difficulty", 1e17, zero=False),
    _tick("BTC-mempool", "fee_*", "mempool fee", "sat/vB", 1e5, zero=False),
    _tick("CRYPTO", "market_cap", "value of all coins", "USD", 1e15, zero=False),
    _tick("CRYPTO", "volume_usd", "volume of all coins", "USD a day", 1e14, active=True),
    _tick("CRYPTO", "btc_share", "bitcoin's share of all coins", "%", 100, zero=False),
    _tick("SOL", "volume_usd", "solana volume", "USD a day", 1e13, active=True),
    *(
        _tick(coin, "market_cap", f"value of all {name}", "USD", 1e14, zero=False)
        for coin, name in (("BTC", "bitcoin"), ("ETH", "ether"), ("SOL", "solana"))
    ),
    # A quote in a stablecoin is in that coin, of pairs and of swaps alike.
    *(
        _tick(f"*{coin}{kind}", field, f"* {field.replace('_', ' ')}", unit, high, zero=zero)
        for coin in ("USDT", "USDC")
        for kind, field, unit, high, zero in (
            ("-PERP", "open_interest", coin, 1e13, False),
            ("-PERP", "volume", f"{coin} a day", 1e13, True),
            ("-PERP", "mark", coin, 1e8, False),
            *((kind, price, coin, 1e8, False) for kind in ("-PERP", "")
              for price in ("bid", "ask", "last")),
        )
    ),
    _tick("*-PERP", "open_interest_coins", "* open interest in coins", "coins", 1e13, zero=False),
    _tick("*", "bid_size", "size at the * bid", "coins", 1e13, zero=False),
    _tick("*", "ask_size", "size at the * ask", "coins", 1e13, zero=False),
    # Perpetual swaps: BTC-PERP, ETH-PERP, SOL-PERP.
    _tick("*-PERP", "funding", "* funding", "fraction of 8 hours", 0.1, low=-0.1),
    _tick("*-PERP", "open_interest", "* open interest", "USD", 1e13, zero=False),
    _tick("*-PERP", "mark", "* mark price", "USD", 1e8, zero=False),
    _tick("*-PERP", "volume", "* volume", "USD a day", 1e13, active=True),
    # Closes adjusted for splits and dividends by factors of a later day: their changes are true,
    # their levels were never quoted.
    _tick("*", "close_adj", "* with dividends", "USD", 1e8, zero=False, period="day", lag=15),
    # Markets that are asked for by their own name, claims of the desk or not; before those
    # of every instrument, which are in dollars.
    *(
        _tick(f"{market}:*", field, f"{said} of *", "probability", 1, lag=0)
        for market in ("polymarket", "kalshi", "manifold")
        for field, said in (("mid", "price"), ("spread", "spread"), ("last", "last price"))
    ),
    # Order books and quotes at a moment, whatever the venue: the series of the instrument.
    _tick("*", "bid", "* bid", "USD", 1e8, zero=False),
    _tick("*", "ask", "* ask", "USD", 1e8, zero=False),
    _tick("*", "last", "* last price", "USD", 1e8, zero=False),
    _tick("*", "volume_24h", "* volume of 24 hours", "coins", 1e13, active=True),
    # Builders: the repository's own name is the series.
    _tick("*/*", "stars", "stars of *", "stars", 1e7),
    _tick("*/*", "forks", "forks of *", "forks", 1e7),
    _tick("*/*", "open_issues", "open issues of *", "issues", 1e6),
    # Mood, positioning, weights.
    _tick("CRYPTO_FNG", "value", "crypto fear and greed", "points of 100", 100, period="day",
          lag=60),
    _tick("CNN_FNG", "value", "CNN fear and greed", "points of 100", 100, period="day", lag=60),
    _tick("cftc:*", "long", "speculators' longs in *", "contracts", 1e8, period="week",
          lag=4 * _DAY),
    _tick("cftc:*", "short", "speculators' shorts in *", "contracts", 1e8, period="week",
          lag=4 * _DAY),
    _tick("cftc:*", "open_interest", "open interest in *", "contracts", 1e9, zero=False,
          period="week", lag=4 * _DAY),
    _tick("weights:*", "*", "weight in *", "fraction", 1, period="day", lag=_DAY),
    # What markets pay for claims, and by how much they disagree with themselves.
    _tick("market:*", "*", "price at *", "probability", 1, lag=0),
    _tick("spread:*", "*", "spread at *", "probability", 1, lag=0),
    # What happens to shares, at the open of the session on which it takes effect.
    _tick("*", "split", "split of *", "new shares for one", 1e4, low=1e-4, zero=False,
          lag=0),
    _tick("*", "dividend", "dividend of *", "USD", 1e5, zero=False, lag=0),
    # Option chains: field "2026-04-17 C 655 iv".
    _tick("options:*", "* iv", "implied volatility of *", "fraction a year", 20),
    _tick("options:*", "* bid", "bid of *", "USD", 1e6),
    _tick("options:*", "* ask", "ask of *", "USD", 1e6),
    _tick("options:*", "* oi", "open interest of *", "contracts", 1e9),
)  # fmt: skip


# What prices of instruments can be, by symbol; the first pattern that matches speaks. A least
# price of 0 is never reached; that of oil may be negative, as WTI was on 2020-04-20.
_PRICES: tuple[tuple[str, float, float], ...] = (
    ("VIX*", 5, 150),
    ("10Y", -2, 25),
    ("DXY", 50, 250),
    ("CL", -60, 500),
    ("WTI", -60, 500),
    ("*", 0, 1e8),
)


# Medians, in per cent, that no history of these has ever been under; a yield as a fraction is. Of
# short rates none can be named: they stood at a twentieth for years.
_USUAL = {
    ("DGS10", "value"): 0.3, ("DGS30", "value"): 0.5, ("10Y", "close"): 0.3, ("AAA", "value"): 0.7,
    ("BAA", "value"): 0.7, ("UNRATE", "value"): 0.7,
}  # fmt: skip


def usual(series: str, field: str) -> float:
    """What the middle value of a history is at least, in its unit; 0 where nothing can be said.

    >>> usual("DGS10", "value"), usual("SOFR", "value")
    (0.3, 0.0)
    """
    return _USUAL.get((series, field), 0.0)


@cache
def prices(symbol: str) -> tuple[float, float]:
    """Least and greatest price that an instrument can have; a least of 0 is not reached itself.

    >>> prices("VIX9D"), prices("CL")
    ((5, 150), (-60, 500))
    """
    return next(
        (low, high) for pattern, low, high in _PRICES if fnmatch.fnmatchcase(symbol, pattern)
    )


@cache
def contract(series: str, field: str) -> Contract | None:
    """The first contract that speaks for this field of this series, or None.

    >>> contract("langflow-ai/langflow", "stars").unit
    'stars'
    """
    return next(
        (
            one
            for one in CONTRACTS
            if fnmatch.fnmatchcase(series, one.pattern) and fnmatch.fnmatchcase(field, one.field)
        ),
        None,
    )
