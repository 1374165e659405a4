"""SEC filings: who filed what and when it was accepted, each item of an 8-K, each insider's trade.

Series ``sec:TSLA``; the name behind it is a ticker or a company's number (CIK). Options:
``forms`` (default ``8-K,4``, amendments included), ``texts`` (``no`` lists without reading),
``most`` (filings of a company that are read in one pull, default 25), ``kept`` (characters of an
item, default 4000). Needs ``WORKBENCH_CONTACT``, a name and an address, as the SEC asks.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping

from workbench.domain.deliveries import Delivered, Gap, Request
from workbench.domain.errors import FeedDark
from workbench.world.feeds import form4, sec_filings, sec_items, sec_lists
from workbench.world.feeds.endpoints import Endpoint, Parse, delivered, together
from workbench.world.feeds.gathering import each
from workbench.world.feeds.sec_items import SOURCE
from workbench.world.feeds.sec_lists import Filing, cik10
from workbench.world.http.answers import Client, Form, Key
from workbench.world.http.decoding import apart

DATA, BASE = "https://data.sec.gov", "https://www.sec.gov"
KEY = Key(env="WORKBENCH_CONTACT", header="User-Agent", prefix="workbench ", required=True)
PAGES = 20  # older pages of one company; the longest list known has 12


async def fetch(client: Client, request: Request) -> Delivered:
    """The filings of each company since ``request.since``, the newest of them read.

    Raises:
        FeedDark: No company's list could be read.
    """
    wanted = {series: sec_items.asked(series, name) for series, name in request.series.items()}
    if not wanted:
        raise FeedDark("no_series", "No company is named. Write series: [sec:TSLA] in params.")
    known: Mapping[str, str] = {}
    lost: FeedDark | None = None
    if not all(cik10(name) for name in wanted.values()):
        try:
            body = await _ask(client, request, "/files/company_tickers.json")
            known = await apart(sec_lists.tickers, body)
        except FeedDark as dark:
            lost = dark
    return await each(
        SOURCE,
        {
            series: _company(
                client, request, series, cik10(name) or known.get(name, ""), name, lost
            )
            for series, name in wanted.items()
        },
    )


async def _company(
    client: Client, request: Request, series: str, cik: str, name: str, lost: FeedDark | None
) -> Delivered:
    if not cik and lost:
        raise lost
    if not cik:
        raise FeedDark(
            "not_found",
            f"No company has the ticker {name} today: renamed or delisted. "
            f"Write its number instead, as in {{{series}: '1318605'}}.",
        )
    asked = dataclasses.replace(request, series={series: cik})
    body = await _ask(client, request, f"/submissions/CIK{cik}.json", host=DATA)
    whole = await apart(sec_lists.submissions, body, cik)
    filings, gaps = list(whole.filings), list(whole.gaps)
    ticker = series.removeprefix("sec:").upper()
    if whole.tickers and ticker.isalpha() and ticker not in whole.tickers:
        gaps.append(
            sec_items.gap(
                "renamed", f"{cik} trades as {', '.join(whole.tickers)} now, not {ticker}."
            )
        )
    pages = [page for page, last in whole.older if last >= request.since.date()]
    for page in pages[:PAGES]:
        try:
            body = await _ask(client, request, f"/submissions/{page}", host=DATA)
            older = await apart(sec_lists.submissions, body, cik)
        except FeedDark as dark:
            gaps.append(sec_items.gap(dark.code, f"Older page {page}: {dark}"))
            continue
        company = whole.filings[0].company if whole.filings else ""
        filings += [dataclasses.replace(one, company=company) for one in older.filings]
        gaps += older.gaps
    chosen = sec_items.chosen(filings, asked)
    most = (
        sec_items.number(request, "most", 25) if request.options.get("texts", "yes") != "no" else 0
    )
    read = [await _read(client, asked, series, one) for one in chosen[:most]]
    bare = [
        delivered(SOURCE, items=[sec_items.item(series, one, request)]) for one in chosen[most:]
    ]
    if most and bare:
        gaps.append(
            sec_items.gap("not_read", f"{len(bare)} older filings are listed without their text.")
        )
    own = [dataclasses.replace(one, series=series) for one in gaps]
    return together([*read, *bare, delivered(SOURCE, gaps=own)])


async def _read(client: Client, request: Request, series: str, one: Filing) -> Delivered:
    """One filing with its text; without it where it cannot be had, and a gap says why."""
    gaps: list[Gap] = []
    folder = f"/Archives/edgar/data/{int(one.cik)}/{one.accession.replace('-', '')}"
    document = form4.raw_path(one.document) if sec_items.is_ownership(one.form) else one.document
    if one.clock == "unclear":
        try:
            page = await _ask(client, request, f"{folder}/{one.accession}-index.htm", form="html")
            cover = await apart(sec_filings.index, page)
            one = dataclasses.replace(one, accepted=cover.accepted, clock="New York")
        except FeedDark as dark:
            gaps.append(
                sec_items.gap(
                    dark.code, f"{one.accession}: its index page cannot be read: {dark}", series
                )
            )
    detail: dict[str, object] = {}
    title = ""
    if document:
        try:
            kind: Form = "xml" if sec_items.is_ownership(one.form) else "html"
            body = await _ask(client, request, f"{folder}/{document}", form=kind)
            title, detail, lost = await apart(sec_items.understood, body, one, request, series)
            gaps += lost
        except FeedDark as dark:
            gaps.append(sec_items.gap(dark.code, f"{one.form} {one.accession}: {dark}", series))
    return delivered(SOURCE, items=[sec_items.item(series, one, request, title, detail)], gaps=gaps)


async def _ask(
    client: Client, request: Request, path: str, *, host: str = BASE, form: Form = "json"
) -> bytes:
    return (await client.ask((request.base or host) + path, form=form, key=KEY)).body


def _endpoint(name: str, pattern: str, form: Form, parse: Parse) -> Endpoint:
    hosts = ("data.sec.gov",) if form == "json" and name != "tickers" else ("www.sec.gov",)
    return Endpoint(name=name, pattern=re.compile(pattern), hosts=hosts, form=form, parse=parse)


ENDPOINTS = (
    _endpoint(
        "submissions",
        r"/submissions/CIK\d{10}(?:-submissions-\d{3})?\.json",
        "json",
        sec_items.listed,
    ),
    _endpoint("tickers", r"/files/company_tickers\.json", "json", sec_items.named),
    _endpoint("facts", r"/api/xbrl/companyfacts/", "json", sec_items.facts),
    _endpoint("current", r"/cgi-bin/browse-edgar\?.*action=getcurrent", "xml", sec_items.current),
    _endpoint("index", r"/Archives/edgar/data/.*-index\.html?$", "html", sec_items.indexed),
    _endpoint(
        "full text", r"/Archives/edgar/data/.*\d{10}-\d{2}-\d{6}\.txt$", "text", sec_items.whole
    ),
    _endpoint(
        "ownership", r"/Archives/edgar/data/\d+/\d+/(?!xsl)[^/]+\.xml$", "xml", sec_items.owned
    ),
    _endpoint(
        "document", r"/Archives/edgar/data/\d+/\d+/[^/]+\.html?$", "html", sec_items.document
    ),
)
