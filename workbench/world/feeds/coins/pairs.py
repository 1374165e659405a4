"""Pairs of currencies, however a venue writes them, and the series that were asked of one.

A quote in a stablecoin is not a quote in dollars: ``BTC-USD`` takes dollars alone, tether is
``BTCUSDT``, and a perpetual swap that counts in tether is ``BTCUSDT-PERP``.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urlsplit

import numpy as np

from workbench.domain import intraday
from workbench.domain.deliveries import Request
from workbench.world.feeds.coins.found import Found

DAY = dt.timedelta(days=1)
# Longest first: a name ends in the longest that fits.
_QUOTES = (
    "USDT", "USDC", "USDP", "EURC", "ZUSD", "ZEUR", "ZGBP", "ZJPY", "ZCAD", "ZAUD", "XXBT",
    "XETH", "USD", "EUR", "GBP", "JPY", "CAD", "AUD", "CHF", "BRL", "TRY", "SGD", "PAX", "DAI",
    "XBT", "BTC", "ETH", "BNB", "SOL", "LTC", "BCH", "FIL",
)  # fmt: skip
# Stablecoins that end as dollars do: XBTUSD is no XB in TUSD, BTCTUSD is. Where neither reading
# has a coin that is known here, the name does not say its quote.
_LIKE_DOLLARS = ("FDUSD", "PYUSD", "RLUSD", "BUSD", "TUSD", "GUSD")
_COINS = """
    BTC XBT ETH SOL BNB XRP ADA DOGE XDG DOT LTC BCH LINK AVAX MATIC POL UNI ATOM TRX XLM
    ETC FIL NEAR APT ARB OP SUI TON SHIB PEPE FET GRT AAVE MKR ALGO EOS XTZ XMR ZEC DASH
    USDT USDC DAI PAX PAXG WBTC STETH HYPE BONK WIF INJ TAO KEEP NKN SUSHI COMP SNX CRV YFI
    BAT
"""
_KNOWN = frozenset(_COINS.split())
_OLD = re.compile(r"X([A-Z]{3})[XZ]([A-Z]{3})")  # Kraken's first pairs: XXBTZUSD
_SAME = {"XBT": "BTC", "XXBT": "BTC", "XETH": "ETH", "XDG": "DOGE"} | {
    f"Z{one}": one for one in ("USD", "EUR", "GBP", "JPY", "CAD", "AUD")
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """What is priced, and in what."""

    base: str
    quote: str

    def written(self, between: str = "") -> str:
        """As most venues write it."""
        return f"{self.base}{between}{self.quote}"


def pair(name: str) -> Pair | None:
    """The pair that a venue's name means; None where its quote cannot be told.

    >>> pair("XXBTZUSD") == pair("BTC-USD") == pair("btcusd") == pair("XBTUSD")
    True
    """
    upper = name.upper()
    if len(parts := re.split(r"[-/_:]", upper)) == 2 and all(parts):
        base, quote = parts
        if not re.fullmatch("[A-Z]{2,5}", quote) or quote in {"PERP", "SWAP"}:
            return None  # a date or a kind of contract
    elif old := _OLD.fullmatch(upper):
        base, quote = old.groups()
    else:
        quote = _quote(upper)
        if not quote:
            return None
        base = upper.removesuffix(quote)
    return Pair(base=_SAME.get(base, base), quote=_SAME.get(quote, quote))


def _quote(name: str) -> str:
    like = next((one for one in _LIKE_DOLLARS if name.endswith(one)), "")
    if like:
        stable, dollars = name.removesuffix(like) in _KNOWN, name.removesuffix("USD") in _KNOWN
        return like if stable and not dollars else "USD" if dollars and not stable else ""
    return next((one for one in _QUOTES if name.endswith(one) and len(name) > len(one)), "")


def currency(series: str) -> str:
    """The currency that a series' id promises; empty where it promises none.

    >>> currency("BTC-USD@1h"), currency("BTC-PERP"), currency("BTCUSDT-PERP"), currency("BTC")
    ('USD', 'USD', 'USDT', '')
    """
    plain = intraday.plain(series)
    if plain.endswith("-PERP"):
        found = pair(plain.removesuffix("-PERP"))
        return found.quote if found else "USD"
    found = pair(plain)
    return found.quote if found else ""


def fits(found: Found, series: str, unit: str, name: str) -> bool:
    """Whether a price in this unit may stand under that series; notes the gap where it may not."""
    if not unit:
        found.gap(series, "no_unit", f"it cannot be told in what {name} is quoted")
        return False
    if (wanted := currency(series)) and wanted != unit:
        found.gap(series, "other_unit", f"{series} is in {wanted}, {name} is quoted in {unit}")
        return False
    return True


def length_of(series: str) -> dt.timedelta:
    """How long a bar of a series lasts: a day where its id names no length."""
    length = intraday.length(series)
    return (
        DAY if length is None else dt.timedelta(microseconds=int(length / np.timedelta64(1, "us")))
    )


def named(request: Request, series: str) -> str:
    """How the source knows a series; its plain id where the params say nothing else."""
    name = request.series[series]
    return intraday.plain(series) if name == series else name


def asked(
    request: Request, symbol: str, length: dt.timedelta | None = None
) -> tuple[str, ...]:  # fmt: skip
    """The series that an answer about a symbol is for.

    Args:
        request: What was asked; with no series, everything is kept under the source's own names.
        symbol: The pair or contract, as the answer or its address writes it.
        length: Length of its bars; None for a quote, which is for the plain series.

    Returns:
        Series ids; none where nobody asked for it.
    """
    finer = length is not None and length < DAY
    if not request.series:
        bars = np.timedelta64(length or DAY, "us")
        return (intraday.name(symbol, bars) if finer else symbol,)
    wanted = pair(symbol)
    return tuple(
        series
        for series in request.series
        if _means(named(request, series), symbol, wanted)
        and (length_of(series) == length if finer else intraday.length(series) is None)
    )


def _means(name: str, symbol: str, wanted: Pair | None) -> bool:
    if name.upper() == symbol.upper():
        return True
    return wanted is not None and not name.endswith("-PERP") and pair(name) == wanted


def query(url: str) -> dict[str, str]:
    """The query parameters of an address."""
    return dict(parse_qsl(urlsplit(url).query))


def listing(found: Found, request: Request, listed: dict[str, bool], what: str) -> None:
    """Says of a list of instruments that it is not kept, and what it tells of the asked ones.

    Args:
        found: Takes the gaps.
        request: What was asked.
        listed: Each symbol, and whether it is traded.
        what: What the list is of.
    """
    trading = sum(listed.values())
    found.gap("", "not_kept", f"{what}: {len(listed)} listed, {trading} of them traded")
    for series in request.series:
        name = named(request, series)
        hits = [on for symbol, on in listed.items() if _means(name, symbol, pair(symbol))]
        if not hits:
            found.gap(series, "not_found", f"{name} is not in the list of {what}")
        elif not any(hits):
            found.gap(series, "delisted", f"{name} is listed by {what} but not traded")


SPOT = tuple(f"{coin}-USD{bars}" for coin in ("BTC", "ETH", "SOL") for bars in ("", "@1h"))
"""What a venue of spot brings without being told."""
PERPS = ("BTC-PERP", "ETH-PERP", "SOL-PERP")
"""What a venue of perpetual swaps brings without being told."""


def spelt(
    request: Request, own: Callable[[str, str], str], series: Iterable[str] = ()
) -> Request:  # fmt: skip
    """The request with every perpetual swap named as the venue names it.

    Args:
        request: What was asked.
        own: The venue's name of a coin's swap that counts in a currency: both to a symbol.
        series: What is asked where the request names none; with none, it stays so.
    """
    of = request.series or {one: one for one in series}
    return replace(
        request,
        series={
            one: own(pair_of(one).base, pair_of(one).quote)
            if one == name and one.endswith("-PERP") else name
            for one, name in of.items()
        },
    )  # fmt: skip


def pair_of(series: str) -> Pair:
    """The coin of a perpetual swap's series, and what it counts in.

    >>> pair_of("BTCUSDT-PERP") == Pair(base="BTC", quote="USDT")
    True
    """
    stem = series.removesuffix("-PERP")
    return pair(stem) or Pair(base=stem, quote="USD")
