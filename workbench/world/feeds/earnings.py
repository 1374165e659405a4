"""When companies report: Nasdaq's calendar, a day an answer, or Yahoo's page of one company.

Neither needs a key. Nasdaq's calendar may refuse what does not look like a browser; Yahoo's page
wants a crumb that belongs to a browser's session, which this client never opens, so that it is
denied in most places. Either way the feed is dark with that reason.

Params: ``series`` are tickers; empty asks for ``SERIES``. Option ``source``: ``nasdaq`` (default)
or ``yahoo``; ``days``: how far Nasdaq's calendar is read, 10 unless told, 30 at most.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Awaitable
from dataclasses import replace
from urllib.parse import quote

from workbench.domain.calendars import NEW_YORK
from workbench.domain.deliveries import Delivered, Request
from workbench.domain.errors import FeedDark
from workbench.world.feeds.earnings_pages import estimates, events, history, nasdaq
from workbench.world.feeds.endpoints import Endpoint
from workbench.world.feeds.gathering import several
from workbench.world.http.answers import Client
from workbench.world.http.decoding import apart

BASE = "https://api.nasdaq.com"
YAHOO = "https://query2.finance.yahoo.com"
SERIES = ("TSLA", "META", "AMZN", "MSFT", "NVDA", "GOOGL", "AAPL", "MSTR")
_DAYS, _MOST_DAYS = 10, 30
_SUMMARY = r"^/v10/finance/quoteSummary/.*[?&]modules={}(&|$)"
_HOSTS = ("query1.finance.yahoo.com", "query2.finance.yahoo.com")
ENDPOINTS = (
    Endpoint(
        name="calendar",
        pattern=re.compile(r"^/api/calendar/earnings\?"),
        hosts=("api.nasdaq.com",),
        form="json",
        parse=nasdaq,
    ),
    *(
        Endpoint(
            name=name,
            pattern=re.compile(_SUMMARY.format(module)),
            hosts=_HOSTS,
            form="json",
            parse=parse,
        )
        for name, module, parse in (
            ("events", "calendarEvents", events),
            ("estimates", "earnings", estimates),
            ("history", "earningsHistory", history),
        )
    ),
)


async def fetch(client: Client, request: Request) -> Delivered:
    """The reports that are announced, of each series.

    Raises:
        FeedDark: Nothing usable came, or an option is unknown.
    """
    told = replace(request, series=request.series or {one: one for one in SERIES})
    source, days = told.options.get("source", "nasdaq"), told.options.get("days", str(_DAYS))
    if source not in {"nasdaq", "yahoo"} or not days.isdecimal() or int(days) > _MOST_DAYS:
        raise FeedDark("bad_option", f"earnings: source {source!r}, days {days!r} cannot be read.")
    parts: dict[str, Awaitable[Delivered]] = {}
    if source == "yahoo":
        for one, known in told.series.items():
            parts[one] = _page(client, replace(told, series={one: known}))
    else:
        today = told.now.astimezone(NEW_YORK).date()
        for date in (today + dt.timedelta(days=n) for n in range(int(days) + 1)):
            if date.weekday() < 5:
                parts[f"reports of {date}"] = _day(client, told, date)
    return await several(parts)


async def _day(client: Client, request: Request, date: dt.date) -> Delivered:
    url = f"{request.base or BASE}/api/calendar/earnings"
    answer = await client.ask(url, form="json", query={"date": str(date)})
    return await apart(nasdaq, answer.body, request, answer.url)


async def _page(client: Client, request: Request) -> Delivered:
    [known] = request.series.values()
    answer = await client.ask(
        f"{request.base or YAHOO}/v10/finance/quoteSummary/{quote(known, safe='')}",
        form="json",
        query={"formatted": "false", "modules": "calendarEvents"},
    )
    return await apart(events, answer.body, request, answer.url)
