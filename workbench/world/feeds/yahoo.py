"""Yahoo Finance: bars of shares, funds, indices and coins, keyless and for personal use.

Asked through the one guarded client and not through yfinance, which has a session of its own for
the whole process: no cap on bytes, no total deadline, no recorded bytes, and errors as empty
frames. Yahoo answers 429 in bouts, so ``cboe`` stands beside it.

Params: ``series`` are the desk's symbols, or a mapping to Yahoo's names where they differ from
``yahoo_symbol.NAMES``; empty asks for all built-in instruments. Option ``intraday``: lengths of
shorter bars besides the daily ones, such as ``1h`` (730 days back) or ``5m`` (60 days back).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Awaitable, Mapping
from dataclasses import replace
from urllib.parse import quote

from workbench.domain.deliveries import Delivered, Request
from workbench.domain.errors import FeedDark
from workbench.domain.instruments import INSTRUMENTS
from workbench.world.feeds import yahoo_chart, yahoo_pages, yahoo_symbol
from workbench.world.feeds.endpoints import Endpoint, Parse, unkept
from workbench.world.feeds.gathering import several
from workbench.world.http.answers import Client
from workbench.world.http.decoding import apart

SOURCE = yahoo_symbol.SOURCE
BASE = "https://query2.finance.yahoo.com"
_HOSTS = ("query1.finance.yahoo.com", "query2.finance.yahoo.com")
# Days back that Yahoo keeps bars of a length, one less for what a day is where Yahoo stands.
_BACK: Mapping[str, int] = {
    "1m": 6, "2m": 59, "5m": 59, "15m": 59, "30m": 59, "90m": 59, "1h": 729, "60m": 729,
}  # fmt: skip
_EARLIER = dt.timedelta(days=7)  # so that a late correction, and any session at all, is within


def _endpoint(name: str, pattern: str, parse: Parse) -> Endpoint:
    return Endpoint(name=name, pattern=re.compile(pattern), hosts=_HOSTS, form="json", parse=parse)


def _unkept(what: str, name: str) -> Parse:
    def found(body: bytes, _url: str) -> object:
        return yahoo_pages.results(yahoo_pages.top(body, name), name)

    return unkept(SOURCE, what, found, yahoo_pages.last)


ENDPOINTS = (
    _endpoint("chart", r"^/v8/finance/chart/[^/?]+", yahoo_chart.chart),
    _endpoint("quote", r"^/v7/finance/quote\?", yahoo_pages.quotes),
    _endpoint(
        "price", r"^/v10/finance/quoteSummary/.*[?&]modules=price(&|$)", yahoo_pages.summary_price
    ),
    _endpoint(
        "filings",
        r"^/v10/finance/quoteSummary/.*[?&]modules=secFilings(&|$)",
        _unkept("Filings, which SEC itself tells with their times", "quoteSummary"),
    ),
    # Other modules than these and those of ``earnings``.
    _endpoint(
        "summary",
        r"^/v10/finance/quoteSummary/(?!.*[?&]modules="
        r"(price|secFilings|calendarEvents|earnings|earningsHistory)(&|$))",
        _unkept("A summary", "quoteSummary"),
    ),
    _endpoint("search", r"^/v1/finance/search\b", yahoo_pages.search),
    _endpoint("screener", r"^/v1/finance/screener\b", _unkept("A screener", "finance")),
    _endpoint("trending", r"^/v1/finance/trending\b", _unkept("Trending names", "finance")),
    _endpoint("recommended", r"^/v6/finance/", _unkept("Recommendations", "finance")),
    _endpoint("options", r"^/v7/finance/options/", _unkept("Options", "optionChain")),
    _endpoint("insights", r"^/ws/insights/", _unkept("Insights", "finance")),
    _endpoint(
        "fundamentals",
        r"^/ws/fundamentals-timeseries/",
        _unkept("Fundamentals", "timeseries"),
    ),
    Endpoint(
        name="consent",
        pattern=re.compile(""),
        hosts=("guce.yahoo.com", "consent.yahoo.com", "finance.yahoo.com"),
        form="html",
        parse=yahoo_pages.consent,
    ),
    Endpoint(
        name="crumb",
        pattern=re.compile(r"^/v1/test/getcrumb"),
        hosts=_HOSTS,
        form="text",
        parse=yahoo_pages.consent,
    ),
)


async def fetch(client: Client, request: Request) -> Delivered:
    """Daily bars of each series and, where asked for, shorter ones.

    Raises:
        FeedDark: Nothing usable came for any series, or an option is unknown.
    """
    said = request.options.get("intraday", "").replace(" ", "").split(",")
    lengths = [one for one in said if one]
    if unknown := [one for one in lengths if one not in _BACK]:
        raise FeedDark(
            "bad_option", f"yahoo: intraday {unknown[0]!r} is none of {', '.join(_BACK)}."
        )
    series = request.series or {one.symbol: one.symbol for one in INSTRUMENTS}
    parts: dict[str, Awaitable[Delivered]] = {}
    for one, known in series.items():
        for length in ("1d", *lengths):
            name = one if length == "1d" else f"{one}@{length}"
            parts[name] = _ask(client, replace(request, series={one: known}), length)
    return await several(parts)


async def _ask(client: Client, request: Request, length: str) -> Delivered:
    """Bars of one length of the request's one series."""
    [(series, known)] = request.series.items()
    since = request.since - _EARLIER
    if length in _BACK:
        since = max(since, request.now - dt.timedelta(days=_BACK[length]))
    symbol = quote(yahoo_symbol.symbol_of(series, known), safe="")
    answer = await client.ask(
        f"{request.base or BASE}/v8/finance/chart/{symbol}",
        form="json",
        query={
            "interval": length,
            "period1": str(int(since.timestamp())),
            # A day on, so that every split up to this moment is within the window.
            "period2": str(int(request.now.timestamp()) + 86_400),
            "events": "div|split",
            "includePrePost": "false",
        },
    )
    return await apart(yahoo_chart.chart, answer.body, request, answer.url)
