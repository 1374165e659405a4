"""Index weights, as the funds that hold the index publish their holdings: no key, fractions.

Invesco (QQQ) and iShares (IVV for SPY, IWM) give a file a fund. State Street gives SPY's own only
as a spreadsheet, which no guard reads: IVV holds the same index. Cash and derivatives are left out,
and what the shares add up to is checked: far from 1 the file is not the fund's whole.

Params: ``series`` are ``weights:QQQ`` and the like, or a mapping of ids to the fund's ticker; empty
asks for ``FUNDS``. Option ``least``: lighter members are left out, 0 if not told.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

from workbench.domain.calendars import UTC, venue
from workbench.domain.deliveries import Delivered, Gap, Request
from workbench.domain.errors import FeedDark
from workbench.world.feeds import nodes
from workbench.world.feeds.endpoints import Endpoint, Row, delivered
from workbench.world.feeds.gathering import several
from workbench.world.feeds.nodes import Unfit
from workbench.world.http.answers import Client
from workbench.world.http.decoding import apart, as_text

SOURCE = "weights"
BASE = "https://www.invesco.com"
ISHARES = "https://www.ishares.com"
FUNDS: Mapping[str, str] = {"weights:QQQ": "QQQ", "weights:SPY": "IVV", "weights:IWM": "IWM"}
_PAGES: Mapping[str, str] = {  # where iShares keeps a fund
    "IVV": "239726/ishares-core-sp-500-etf",
    "IWM": "239710/ishares-russell-2000-etf",
}
_LOW, _HIGH = 0.95, 1.02  # what shares of an index fund add up to, its cash aside
_TICKER = re.compile(r"[A-Z]{1,5}([./ -][A-Z]{1,2})?")
_INVESCO = {"ticker": "Holding Ticker", "weight": "Weight", "date": "Date"}
_ISHARES = {"ticker": "Ticker", "weight": "Weight (%)", "kind": "Asset Class"}


def invesco(body: bytes, request: Request, url: str) -> Delivered:
    """Weights from Invesco's file: a line a holding, dated on each line, weights in percent.

    Raises:
        FeedDark: The body is not that file.
    """
    lines = _lines(body)
    head = _header(lines, _INVESCO["ticker"])
    rows = [dict(zip(lines[head], line, strict=False)) for line in lines[head + 1 :]]
    dates = {row["Date"].strip() for row in rows if row.get("Date", "").strip()}
    if len(dates) != 1:
        got = nodes.few(sorted(dates)) or "none"
        raise FeedDark("wrong_time", f"Invesco's lines should be of one date, got {got}.")
    try:
        date = nodes.day(dates.pop(), "Date", "%m/%d/%Y")
    except Unfit as error:
        raise FeedDark(error.code, f"Invesco: {error.reason}") from error
    fund = parse_qs(urlsplit(url).query).get("ticker", [""])[0]
    other = {row.get("Fund Ticker", "").strip() for row in rows} - {fund, ""}
    if other:
        raise FeedDark(
            "renamed", f"Asked for {fund}, Invesco answers about {nodes.few(sorted(other))}."
        )
    return _weights(rows, _INVESCO, date, fund, request)


def ishares(body: bytes, request: Request, url: str) -> Delivered:
    """Weights from iShares' file: some lines about the fund, then a line a holding, in percent.

    Raises:
        FeedDark: The body is not that file.
    """
    lines = _lines(body)
    head = _header(lines, _ISHARES["ticker"])
    said = next((line[1] for line in lines[:head] if line[0] == "Fund Holdings as of"), "")
    try:
        date = nodes.day(said, "Fund Holdings as of", "%b %d, %Y")
    except Unfit as error:
        raise FeedDark(error.code, f"iShares: {error.reason}") from error
    # Below the holdings stands an empty line, and then the terms.
    rows = [dict(zip(lines[head], line, strict=False)) for line in lines[head + 1 :]]
    name = parse_qs(urlsplit(url).query).get("fileName", [""])[0]
    return _weights(rows, _ISHARES, date, name.removesuffix("_holdings"), request)


ENDPOINTS = (
    Endpoint(
        name="invesco",
        pattern=re.compile(r"/etfs/holdings/main/holdings/.*[?&]ticker="),
        hosts=("www.invesco.com",),
        form="csv",
        parse=invesco,
    ),
    Endpoint(
        name="ishares",
        pattern=re.compile(r"\.ajax\?.*fileType=csv"),
        hosts=("www.ishares.com",),
        form="csv",
        parse=ishares,
    ),
)


async def fetch(client: Client, request: Request) -> Delivered:
    """The weights of each fund, as of the last day that its house has published.

    Raises:
        FeedDark: Nothing usable came for any fund, or the option cannot be read.
    """
    least = request.options.get("least", "0")
    if not re.fullmatch(r"0|1|0?\.\d{1,9}", least):
        raise FeedDark("bad_option", f"weights: least {least!r} is no fraction.")
    told = replace(request, series=request.series or FUNDS)
    parts: dict[str, Awaitable[Delivered]] = {
        series: _fund(client, replace(told, series={series: known}))
        for series, known in told.series.items()
    }
    return await several(parts)


async def _fund(client: Client, request: Request) -> Delivered:
    [fund] = _wanted(request).values()
    if fund in _PAGES:
        url = f"{request.base or ISHARES}/us/products/{_PAGES[fund]}/1467271812596.ajax"
        query = {"fileType": "csv", "fileName": f"{fund}_holdings", "dataType": "fund"}
        answer = await client.ask(url, form="csv", query=query)
        return await apart(ishares, answer.body, request, answer.url)
    url = f"{request.base or BASE}/us/financial-products/etfs/holdings/main/holdings/0"
    query = {"audienceType": "Investor", "action": "download", "ticker": fund}
    answer = await client.ask(url, form="csv", query=query)
    return await apart(invesco, answer.body, request, answer.url)


def _wanted(request: Request) -> Mapping[str, str]:
    """Series to the fund whose file tells them."""
    return {
        series: FUNDS.get(series, known.partition(":")[2]) if known in {series, ""} else known
        for series, known in request.series.items()
    }


def _lines(body: bytes) -> list[list[str]]:
    try:
        return [line for line in csv.reader(io.StringIO(as_text(body)), strict=True) if line]
    except csv.Error as error:
        raise FeedDark("not_csv", f"The file of holdings is no table: {error}.") from error


def _header(lines: Sequence[Sequence[str]], name: str) -> int:
    found = next((n for n, line in enumerate(lines[:40]) if name in line), None)
    if found is None:
        raise FeedDark("no_field", f"The file of holdings has no column {name!r}.")
    return found


def _weights(
    rows: Sequence[Mapping[str, str]], names: Mapping[str, str], date: dt.date, fund: str,
    request: Request,
) -> Delivered:  # fmt: skip
    ids = [series for series, known in _wanted(request).items() if known == fund]
    series = (ids or [f"weights:{fund}"])[0]
    calendar = venue("XNYS")
    at = (
        calendar.session(date).close
        if calendar.is_session(date)
        else dt.datetime.combine(date, dt.time(21), UTC)
    )
    if at > request.now:
        raise FeedDark("future", f"The holdings of {fund} are of {date}, ahead of the pull.")
    gaps: list[Gap] = []
    members: dict[str, float] = {}
    for row in rows:
        ticker = row.get(names["ticker"], "").strip()
        kind = row.get(names["kind"], "").strip() if "kind" in names else "Equity"
        if kind != "Equity" or not _TICKER.fullmatch(ticker):
            continue  # cash, futures and the terms below the table
        try:
            members[ticker] = members.get(ticker, 0.0) + _fraction(row, names["weight"], ticker)
        except Unfit as error:
            gaps.append(error.gap(series))
    if gaps and not members:
        raise FeedDark(gaps[0].code, f"The file of {fund}: {gaps[0].reason}")
    total = sum(members.values())
    if not _LOW <= total <= _HIGH:
        raise FeedDark(
            "wrong_sum",
            f"The {len(members)} shares of {fund} on {date} add up to {total:.4f}, not 1.",
        )
    least = float(request.options.get("least", "0"))
    return delivered(
        SOURCE,
        [
            Row(series=series, field=ticker, at=at, value=value, unit="fraction")
            for ticker, value in members.items()
            if value >= least
        ],
        gaps=gaps,
    )


def _fraction(row: Mapping[str, str], name: str, ticker: str) -> float:
    said = row.get(name)
    if said is None:
        raise Unfit("no_field", f"The line of {ticker} has no {name!r}.")
    value = nodes.numeral(said.strip().removesuffix("%"), f"{ticker}'s weight")
    if not 0 <= value <= 100:  # NaN is not, either
        raise Unfit("blank", f"{ticker}'s weight should be a percentage, got {nodes.shown(said)}.")
    return round(value / 100, 9)
