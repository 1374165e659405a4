"""What else Yahoo answers: quotes, search with its news, and pages of which nothing is kept.

Quotes are a cross-check of the bars, never asked for by the feed: they need a crumb, which only a
browser's session has. News come as headlines with their publisher and link.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from urllib.parse import parse_qs, unquote, urlsplit

from workbench.domain.deliveries import Delivered, Gap, Request
from workbench.domain.errors import FeedDark
from workbench.world.feeds import nodes
from workbench.world.feeds.endpoints import Item, Row, delivered
from workbench.world.feeds.nodes import Node, Unfit
from workbench.world.feeds.yahoo_symbol import SOURCE, ids_of, instrument
from workbench.world.http.decoding import as_json

NEWS = "news:yahoo"
_PRICED = ("EQUITY", "ETF", "CRYPTOCURRENCY")


def top(body: bytes, name: str) -> Node:
    """The object under the one name that an answer of Yahoo's has.

    Raises:
        FeedDark: The body is not of this form.
    """
    try:
        return nodes.table(
            nodes.field(nodes.table(as_json(body), "The answer"), name, "The answer"), name
        )
    except Unfit as error:
        raise FeedDark(error.code, f"Yahoo's {name}: {error.reason}") from error


def results(node: Node, name: str) -> Sequence[object]:
    """The results of an answer of Yahoo's.

    Raises:
        Unfit: The answer is an error, such as ``not_found``, or holds nothing.
    """
    error = node.get("error")
    if error is not None:
        said = f"{error.get('code')}: {error.get('description')}" if isinstance(error, dict) else ""
        code = "not_found" if "not found" in said.lower() else "refused"
        raise Unfit(code, f"Yahoo answers {nodes.shown(said or error)}.")
    found = nodes.listed(nodes.field(node, "result", name), f"{name}.result")
    if not found:
        raise Unfit("empty", f"{name}.result holds nothing.")
    return found


def last(url: str) -> str:
    """The last part of an address' path, which names what most of Yahoo's pages are about."""
    return unquote(urlsplit(url).path.rpartition("/")[2])


def quotes(body: bytes, request: Request, url: str) -> Delivered:  # noqa: ARG001  # a Parse
    """Last prices, ``last``, at the time of the last trade, for what is priced in USD.

    Raises:
        FeedDark: The body is no answer of v7 quote.
    """
    node = top(body, "quoteResponse")
    try:
        found = results(node, "quoteResponse")
    except Unfit as error:
        return delivered(SOURCE, gaps=[error.gap()])
    return _priced(found, request)


def summary_price(body: bytes, request: Request, url: str) -> Delivered:
    """The same of v10 quoteSummary's module ``price``.

    Raises:
        FeedDark: The body is no answer of v10 quoteSummary.
    """
    node = top(body, "quoteSummary")
    asked = last(url)
    try:
        found = [
            nodes.field(nodes.table(one, "A result"), "price", "A result")
            for one in results(node, "quoteSummary")
        ]
    except Unfit as error:
        return delivered(SOURCE, gaps=[error.gap(asked)])
    return _priced(found, request)


def _priced(found: Sequence[object], request: Request) -> Delivered:
    rows: list[Row] = []
    gaps: list[Gap] = []
    for node in found:
        name = ""
        try:
            one = nodes.table(node, "A quote")
            name = nodes.text(nodes.field(one, "symbol", "A quote"), "symbol")
            price, at = _last(one, request.now)
        except Unfit as error:
            gaps.append(error.gap(name))
            continue
        for series in ids_of(name, request):
            expected = instrument(series) if request.series else None
            if expected is not None and expected.unit != "USD":
                gaps.append(
                    Gap(series=series, code="not_kept", reason=f"{series} is no price in USD.")
                )
            else:
                rows.append(Row(series=series, field="last", at=at, value=price, unit="USD"))
    return delivered(SOURCE, rows, gaps=gaps)


def _last(one: Node, now: dt.datetime) -> tuple[float, dt.datetime]:
    kind = nodes.text(nodes.field(one, "quoteType", "A quote"), "quoteType")
    if kind == "NONE":
        raise Unfit("not_found", f"Yahoo has no quote of {one['symbol']}: delisted or renamed.")
    price = nodes.number(nodes.field(one, "regularMarketPrice", "A quote"), "regularMarketPrice")
    at = nodes.seconds(nodes.field(one, "regularMarketTime", "A quote"), "regularMarketTime")
    currency = nodes.text(nodes.field(one, "currency", "A quote"), "currency")
    nodes.ahead(at, now, "The last trade")
    if currency != "USD":
        raise Unfit("other_currency", f"A last price is kept in USD, got {currency}.")
    if kind not in _PRICED:
        raise Unfit("not_kept", f"The last level of {kind.lower()} is not kept: its bars are.")
    if not price > 0:
        raise Unfit("blank", f"A last price of {price:g} is none.")
    return price, at


def search(body: bytes, request: Request, url: str) -> Delivered:  # noqa: ARG001  # a Parse
    """The news of a search as headlines of the series ``news:yahoo``.

    Raises:
        FeedDark: The body is no answer of v1 search.
    """
    try:
        found = nodes.listed(
            nodes.field(nodes.table(as_json(body), "The answer"), "news", "The answer"), "news"
        )
    except Unfit as error:
        raise FeedDark(error.code, f"Yahoo's search: {error.reason}") from error
    items: dict[str, Item] = {}
    gaps: list[Gap] = []
    for place, node in enumerate(found):
        try:
            one = _headline(nodes.table(node, f"news[{place}]"), request.now)
        except Unfit as error:
            gaps.append(error.gap(NEWS))
        else:
            items.setdefault(one.key, one)
    if not found:
        gaps.append(Gap(series=NEWS, code="empty", reason="The search found no news."))
    return delivered(SOURCE, items=items.values(), gaps=gaps)


def _headline(one: Node, now: dt.datetime) -> Item:
    link = nodes.text(nodes.field(one, "link", "A story"), "link")
    if not link.startswith("https://"):
        raise Unfit("bad_link", f"A story's link should be https, got {nodes.shown(link)}.")
    at = nodes.seconds(nodes.field(one, "providerPublishTime", "A story"), "providerPublishTime")
    nodes.ahead(at, now, "A story")
    about = one.get("relatedTickers", [])
    return Item(
        series=NEWS,
        key=nodes.text(nodes.field(one, "uuid", "A story"), "uuid"),
        kind="headline",
        at=at,
        known_at=at,
        title=nodes.text(nodes.field(one, "title", "A story"), "title"),
        link=link,
        detail={
            "publisher": nodes.text(nodes.field(one, "publisher", "A story"), "publisher"),
            "tickers": [name for name in about if isinstance(name, str)]
            if isinstance(about, list)
            else [],
        },
        basis="stated",
    )


def consent(body: bytes, request: Request, url: str) -> Delivered:  # noqa: ARG001  # a Parse
    """A page of the session of a browser: consent, or its crumb; nothing that the desk keeps.

    Raises:
        FeedDark: Always.
    """
    host = urlsplit(url).netloc
    gone = parse_qs(urlsplit(url).query).get("done", [url])[0]
    raise FeedDark(
        "consent",
        f"{host} wants a browser's session and consent before {gone}: nothing is answered here.",
    )
