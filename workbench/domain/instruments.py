"""What the desk can speak about: instruments that claims settle on, and indicators that minds read.

Each row states its publication lag, from which ``known_at`` follows when a source gives none.
A desk extends the table in its params file. Series ids are those of the archive.
"""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from workbench.domain.contracts import CONTRACTS, Period, contract
from workbench.domain.errors import ClaimRefused, ParamsError

Theme = Literal[
    "rates", "inflation", "volatility", "index", "mega-cap", "small-cap", "crypto", "oil", "gold",
    "dollar", "geopolitics", "filings", "earnings", "AI",
]  # fmt: skip
ALWAYS = "24/7"  # the venue that never closes


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """A priced series with a venue, on which claims can settle.

    Attributes:
        symbol: Series id in the archive.
        name: How sentences name it.
        venue: Calendar name.
        theme: Category for record and rules.
        unit: Unit of its price.
        tick: Smallest step of its price; strikes are multiples of it.
        lag_minutes: Minutes after the close when that close is taken as known.
        aliases: Other names that sentences may use, matched without case.
        sources: Archive sources in order of preference; empty accepts any one source.
        ticker: What desks call it where the archive's series id differs, such as BTC.
        intraday: Series whose bars shorter than a session speak for it, in order of preference,
            each with its accepted sources in order; empty for its own series, any one source.
    """

    symbol: str
    name: str
    venue: str = "XNYS"
    theme: Theme = "mega-cap"
    unit: str = "USD"
    tick: float = 0.01
    lag_minutes: int = 15
    aliases: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    ticker: str = ""
    intraday: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def quotes(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Series whose bars shorter than a session speak for it, each with its sources."""
        return self.intraday or ((self.symbol, ()),)

    @property
    def short(self) -> str:
        """The ticker, or the symbol where both are the same."""
        return self.ticker or self.symbol


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """A field of a series that informs minds but settles no claim.

    Attributes:
        symbol: How params and minds call it: its series, and its field unless that is ``value``.
        series: Series id in the archive.
        field: Field of that series.
        name: How prose names it.
        unit: Unit of its value.
        period: What one value describes: a moment, or a ``day`` and longer.
        lag: From the end of that period until the value is taken as known.
    """

    symbol: str
    series: str
    field: str
    name: str
    unit: str
    period: Period
    lag: dt.timedelta

    @property
    def lag_days(self) -> int:
        """The lag in whole days, rounded up."""
        return -(-self.lag // dt.timedelta(days=1))


def indicator(symbol: str) -> Indicator:
    """The indicator that params and minds call so: ``DGS10``, ``ETH.tx_count``.

    Raises:
        ParamsError: No contract speaks for it.
    """
    head, dot, tail = symbol.rpartition(".")
    for series, field in ((symbol, "value"), *([(head, tail)] if dot and head and tail else [])):
        one = contract(series, field)
        if one is not None:
            return Indicator(
                symbol=symbol, series=series, field=field, name=one.named(series), unit=one.unit,
                period=one.period, lag=one.lag,
            )  # fmt: skip
    near = difflib.get_close_matches(symbol, _NAMED, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise ParamsError(
        f"{symbol!r} is no series that a contract of workbench/domain/contracts.py speaks for."
        f"{hint} Write a series id such as DGS10, or a series and its field such as ETH.tx_count."
    )


def _index(symbol: str, name: str, *aliases: str) -> Instrument:
    return Instrument(symbol=symbol, name=name, theme="index", unit="points", aliases=aliases)


def _share(symbol: str, name: str, *aliases: str) -> Instrument:
    return Instrument(symbol=symbol, name=name, aliases=(symbol, *aliases), sources=("H",))


def _coin(symbol: str, name: str, series: str, *aliases: str) -> Instrument:
    return Instrument(
        symbol=series, name=symbol, venue=ALWAYS, theme="crypto", lag_minutes=5,
        aliases=(name, symbol, *aliases), sources=("B-yahoo", "K-yahoo"), ticker=symbol,
        # Hours of coins are mostly published against the tether: second to those in dollars.
        intraday=((series, ()), (f"{symbol}USDT", ("A", "Z"))),
    )  # fmt: skip


def _fund(symbol: str, theme: Theme, *aliases: str, sources: tuple[str, ...] = ()) -> Instrument:
    return Instrument(symbol=symbol, name=symbol, theme=theme, aliases=aliases, sources=sources)


INSTRUMENTS: tuple[Instrument, ...] = (
    _index("SPX", "S&P 500", "the S&P 500", "S&P", "the S&P"),
    _index("COMP", "Nasdaq Composite", "Nasdaq", "the Nasdaq"),
    Instrument(
        symbol="VIX", name="VIX", theme="volatility", unit="points", lag_minutes=30,
        aliases=("the VIX",),
    ),
    _fund("SPY", "index", sources=("H", "S", "Z")),
    _fund("QQQ", "index", sources=("H",)),
    _fund("IWM", "small-cap", sources=("J",)),
    _share("TSLA", "Tesla"),
    _share("META", "Meta"),
    _share("AMZN", "Amazon"),
    _share("MSFT", "Microsoft"),
    _share("NVDA", "Nvidia"),
    _share("GOOGL", "Alphabet", "Google"),
    _share("AAPL", "Apple"),
    Instrument(
        symbol="MSTR", name="MicroStrategy", theme="crypto", aliases=("MSTR", "Strategy"),
        sources=("H",),
    ),
    _coin("BTC", "bitcoin", "BTC-USD"),
    _coin("ETH", "ether", "ETH-USD", "Ethereum"),
    _coin("SOL", "solana", "SOL-USD"),
)  # fmt: skip

# What sentences may name beyond the desk's table. Closes are taken on XNYS sessions; what their
# sources print on other days is not read. A desk that has the prices lists them in its params.
QUOTED: tuple[Instrument, ...] = (
    Instrument(
        symbol="10Y", name="10Y", theme="rates", unit="%",
        aliases=(
            "the 10Y", "10-year", "the 10-year", "10Y yield", "the 10Y yield", "10-year yield",
            "the 10-year yield", "10-year Treasury yield", "the 10-year Treasury yield",
            "US10Y", "TNX",
        ),
    ),
    Instrument(
        symbol="DXY", name="DXY", theme="dollar", unit="points",
        aliases=("the DXY", "dollar index", "the dollar index", "the dollar"),
    ),
    Instrument(
        symbol="CL", name="WTI", theme="oil", ticker="WTI", unit="USD a barrel",
        aliases=("WTI crude", "crude", "crude oil"),
    ),
    Instrument(
        symbol="BZ", name="Brent", theme="oil", ticker="Brent", unit="USD a barrel",
        aliases=("Brent crude",),
    ),
    Instrument(
        symbol="XAU", name="gold", theme="gold", ticker="gold", unit="USD an ounce",
        aliases=("spot gold",),
    ),
)  # fmt: skip
KNOWN: tuple[Instrument, ...] = (*INSTRUMENTS, *QUOTED)

_NAMED = tuple(
    one.pattern if one.field == "value" else f"{one.pattern}.{one.field}"
    for one in CONTRACTS
    if "*" not in one.pattern + one.field
)
# What the bundled history has of slow series, and the house minds know.
INDICATORS: tuple[Indicator, ...] = tuple(map(indicator, ("WTI", "AAA", "BAA", "CPILFESL")))


def known(table: Iterable[Instrument]) -> tuple[Instrument, ...]:
    """A desk's table and, behind it, the quoted instruments that it does not list itself."""
    own = tuple(table)
    names = {name.casefold() for one in own for name in (one.symbol, one.name, *one.aliases)}
    names |= {one.short.casefold() for one in own}
    return (*own, *(one for one in QUOTED if one.short.casefold() not in names))


def find(text: str, table: Iterable[Instrument] = KNOWN) -> Instrument:
    """The instrument that a symbol, name or alias means, matched without case.

    Raises:
        ClaimRefused: No instrument of the table has that name.
    """
    rows = list(table)
    wanted = text.strip().casefold()
    for one in rows:
        if wanted in {one.symbol.casefold(), one.name.casefold(), *map(str.casefold, one.aliases)}:
            return one
    raise ClaimRefused(
        "no_instrument",
        f"{text.strip()!r} is not an instrument of this desk. "
        f"Known: {', '.join(one.short for one in rows)}. Add it under 'instruments' in params.",
    )
