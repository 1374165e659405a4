"""What each source lets us do with its data: keep, show, pass on, and what must stand beside it.

Written from what is known of the sources' terms, which nobody here could open: every row says what
must be checked before a desk is published. ``docs/data-terms.md`` shows the same table.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Keep = Literal["yes", "own use", "short"]
"""``yes`` without limit, for one's ``own use`` only, or no longer than needed (``short``)."""
Show = Literal["values", "derived", "title, source, link"]
"""What a public page may hold: the ``values``, only what we ``derived`` of them, or a headline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Of one source.

    Attributes:
        name: How pages call it.
        keep: How long its answers may be kept.
        show: What of it may stand on a public page.
        redistribute: Whether its rows may be passed on in bulk, as in an export.
        notice: What must stand on a page that uses it; empty for nothing that is known.
        under: Name of the terms, to be found on the source's own site.
        check: What must be checked there, each a short sentence.
    """

    name: str
    keep: Keep
    show: Show
    redistribute: bool
    notice: str
    under: str
    check: tuple[str, ...]


_LATEST = "Whether the terms are still those."


def _exchange(name: str, under: str) -> Terms:
    """A venue that publishes its market data without a key."""
    return Terms(
        name=name, keep="own use", show="derived", redistribute=False,
        notice=f"Market data: {name}.", under=under,
        check=("Whether public display of single prices is allowed.", _LATEST),
    )  # fmt: skip


TERMS: Mapping[str, Terms] = MappingProxyType({
    "bundled": Terms(
        name="Bundled history", keep="yes", show="values", redistribute=True,
        notice="History of 1999–2018 as shipped with the arch package.",
        under="Licence of the arch package (NCSA), which holds the files",
        check=("Whether the providers of its series restrict their display.",),
    ),
    "yahoo": Terms(
        name="Yahoo Finance", keep="own use", show="derived", redistribute=False,
        notice="Market data: Yahoo Finance, for personal use.",
        under="Yahoo Terms of Service; Yahoo Finance data providers",
        check=("Whether automated access is allowed at all.", _LATEST),
    ),
    "cboe": Terms(
        name="Cboe", keep="own use", show="derived", redistribute=False,
        notice="Index values and delayed quotes: Cboe Exchange, Inc.",
        under="Cboe Website Terms and Conditions; index licensing",
        check=(
            "Whether VIX closes may be shown as values.", "How long quotes are delayed.", _LATEST,
        ),
    ),
    "fred": Terms(
        name="FRED and ALFRED", keep="own use", show="values", redistribute=False,
        notice=(
            "This product uses the FRED® API but is not endorsed or certified by the Federal "
            "Reserve Bank of St. Louis."
        ),
        under="FRED API Terms of Use",
        check=(
            "Whether a series is marked as copyrighted by its own source: such are not shown.",
            "Whether storing and caching, and use with language models, need a permission.",
            _LATEST,
        ),
    ),
    "earnings": Terms(
        name="Earnings calendar (Yahoo Finance)", keep="own use", show="values", redistribute=False,
        notice="Earnings dates: Yahoo Finance.",
        under="Yahoo Terms of Service",
        check=("Whether dates may be shown.", _LATEST),
    ),
    "weights": Terms(
        name="Index weights (fund sponsors)", keep="own use", show="derived", redistribute=False,
        notice="Fund holdings as published by the fund's sponsor.",
        under="Terms of the sponsor's site",
        check=("Which sponsor's file a desk uses, and whether single weights may be shown.",),
    ),
    "cftc": Terms(
        name="CFTC Commitments of Traders", keep="yes", show="values", redistribute=True,
        notice="Positioning: U.S. Commodity Futures Trading Commission.",
        under="CFTC Web Policy (works of the US government)",
        check=(_LATEST,),
    ),
    "kraken": _exchange("Kraken", "Kraken API Terms"),
    "kraken_futures": _exchange("Kraken Futures", "Kraken API Terms"),
    "coinbase": _exchange("Coinbase", "Coinbase Market Data Terms of Use"),
    "bitstamp": _exchange("Bitstamp", "Bitstamp Terms of Use"),
    "gemini": _exchange("Gemini", "Gemini API Agreement; Market Data Agreement"),
    "binance": _exchange("Binance", "Binance Terms of Use"),
    "binance_futures": _exchange("Binance Futures", "Binance Terms of Use"),
    "bybit": _exchange("Bybit", "Bybit API Terms"),
    "okx": _exchange("OKX", "OKX API Agreement"),
    "deribit": _exchange("Deribit", "Deribit Terms of Service"),
    "hyperliquid": _exchange("Hyperliquid", "Hyperliquid Terms of Use"),
    "coingecko": Terms(
        name="CoinGecko", keep="short", show="values", redistribute=False,
        notice="Data provided by CoinGecko.",
        under="CoinGecko API Terms of Service; attribution guide",
        check=("How long answers may be cached.", "The exact form of the attribution.", _LATEST),
    ),
    "mempool": Terms(
        name="mempool.space", keep="yes", show="values", redistribute=False,
        notice="Bitcoin mempool: mempool.space.",
        under="mempool.space Terms of Service",
        check=("Limits of the public server; a server of one's own has none.", _LATEST),
    ),
    "ethereum": Terms(
        name="Ethereum node", keep="yes", show="values", redistribute=True, notice="",
        under="Terms of whoever runs the node",
        check=("Terms of the node's provider, where it is not one's own.",),
    ),
    "etherscan": Terms(
        name="Etherscan", keep="own use", show="values", redistribute=False,
        notice="Powered by Etherscan.io APIs.",
        under="Etherscan API Terms of Service",
        check=("Whether the free tier allows public display.", _LATEST),
    ),
    "blockchair": Terms(
        name="Blockchair", keep="own use", show="values", redistribute=False,
        notice="Data: Blockchair.com.",
        under="Blockchair Terms of Service",
        check=("The form of the attribution on the free tier.", _LATEST),
    ),
    "fear_greed": Terms(
        name="Fear & Greed indices (alternative.me, CNN)", keep="own use", show="values",
        redistribute=False,
        notice="Crypto Fear & Greed Index: alternative.me. Fear & Greed Index: CNN Business.",
        under="alternative.me API terms; CNN Terms of Use",
        check=("Whether CNN's index may be shown at all; leave it out where in doubt.", _LATEST),
    ),
    "sec": Terms(
        name="SEC EDGAR", keep="yes", show="values", redistribute=True,
        notice="Filings: U.S. Securities and Exchange Commission, EDGAR.",
        under="SEC Privacy and Security Policy; EDGAR access guidelines",
        check=("The request limit, 10 a second by last knowledge.",
               "That exhibits which are others' works are not copied in full."),
    ),
    "github": Terms(
        name="GitHub", keep="own use", show="values", redistribute=False,
        notice="Repository counts: GitHub API.",
        under="GitHub Terms of Service, section H (API terms); Acceptable Use Policies",
        check=("The limits without and with a token.", _LATEST),
    ),
    "news": Terms(
        name="News feeds", keep="own use", show="title, source, link", redistribute=False,
        notice="Headlines belong to their publishers and link to them.",
        under="Terms of each publisher whose feed a desk lists",
        check=(
            "For each feed listed, whether it is for personal use only (Seeking Alpha says so in "
            "the feed itself): then its headlines are not published.",
            "Whether a feed may be given to a language model.",
        ),
    ),
    "polymarket": Terms(
        name="Polymarket", keep="own use", show="values", redistribute=False,
        notice="Market prices: Polymarket.",
        under="Polymarket Terms of Use",
        check=("Whether access is allowed from where the desk runs.", _LATEST),
    ),
    "kalshi": Terms(
        name="Kalshi", keep="own use", show="values", redistribute=False,
        notice="Market prices: Kalshi.",
        under="Kalshi Developer Agreement; Data Terms of Use",
        check=("Whether prices may be shown without an agreement.", _LATEST),
    ),
    "manifold": Terms(
        name="Manifold", keep="own use", show="values", redistribute=False,
        notice="Play-money prices: Manifold.",
        under="Manifold Terms of Service; API documentation",
        check=("Whether bulk use needs the data dump's terms.", _LATEST),
    ),
    "anthropic": Terms(
        name="Anthropic", keep="yes", show="values", redistribute=True,
        notice="Texts marked so were written by a Claude model of Anthropic.",
        under="Anthropic Commercial Terms of Service; Usage Policies",
        check=("Disclosure that the Usage Policies ask of published model text.",
               "That data whose terms forbid it is not sent to the model.", _LATEST),
    ),
})  # fmt: skip


def notices(sources: Iterable[str]) -> tuple[str, ...]:
    """What must stand on a page that uses these sources.

    Args:
        sources: Names of feeds, or ``anthropic``; archive names such as ``B-yahoo`` mean none.

    Returns:
        Each notice once, in the table's order.

    >>> notices(["sec", "ethereum", "sec"])
    ('Filings: U.S. Securities and Exchange Commission, EDGAR.',)
    """
    wanted = set(sources)
    found = (terms.notice for name, terms in TERMS.items() if name in wanted)
    return tuple(dict.fromkeys(one for one in found if one))


def table() -> str:
    """The terms as a table in Markdown, one row a source; what ``docs/data-terms.md`` holds."""
    lines = [
        "| source | name | keep | show | pass on | notice | terms to read | CHECK |",
        "|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| `{source}` | {one.name} | {one.keep} | {one.show} | "
        f"{'yes' if one.redistribute else 'no'} | {one.notice or '–'} | {one.under} | "
        f"{' '.join(one.check)} |"
        for source, one in TERMS.items()
    ]
    return "\n".join(lines)
