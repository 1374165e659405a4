"""Yahoo's v8 chart: daily bars and shorter ones, with their splits and dividends, as traded."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from urllib.parse import parse_qs, unquote, urlsplit

import numpy as np

from workbench.domain import intraday
from workbench.domain.calendars import UTC, venue
from workbench.domain.deliveries import Delivered, Gap, Request
from workbench.domain.errors import FeedDark
from workbench.domain.instruments import Instrument
from workbench.world.feeds import nodes
from workbench.world.feeds.endpoints import Row, delivered, together
from workbench.world.feeds.nodes import Node, Unfit
from workbench.world.feeds.yahoo_actions import Split, ends_early, events, factor, plain
from workbench.world.feeds.yahoo_symbol import SOURCE, Symbol, checked, ids_of, instrument, opening
from workbench.world.http.decoding import as_json

FIELDS = ("open", "high", "low", "close", "volume")
_SPLITTING = ("EQUITY", "ETF", "MUTUALFUND")
_SETTLED = dt.timedelta(minutes=2)  # a last trade this near to the close may be the closing one


def chart(body: bytes, request: Request, url: str) -> Delivered:
    """Bars, splits and dividends of the one symbol that the address names.

    Daily bars: series as asked, ``at`` the official close of the session; shorter ones under
    ``SERIES@1h`` with ``at`` the end of the bar. Unfinished bars are left out.

    Raises:
        FeedDark: The body is no chart.
    """
    path = urlsplit(url)
    asked = unquote(path.path.rpartition("/")[2])
    ids = ids_of(asked, request)
    top = as_json(body)
    try:
        chart_node = nodes.table(
            nodes.field(nodes.table(top, "The answer"), "chart", "The answer"), "chart"
        )
    except Unfit as error:
        raise FeedDark(error.code, f"Yahoo's chart of {asked}: {error.reason}") from error
    if not ids:
        gap = Gap(series=asked, code="not_asked", reason=f"{asked} answers no series of the feed.")
        return delivered(SOURCE, gaps=[gap])
    query = parse_qs(path.query)
    return together(_one(chart_node, series, asked, query, request) for series in ids)


def _one(
    node: Node, series: str, asked: str, query: Mapping[str, list[str]], request: Request
) -> Delivered:
    gaps: list[Gap] = []
    try:
        result = _result(node)
        meta = nodes.table(nodes.field(result, "meta", "The chart"), "meta")
        expected = instrument(series) if request.series else None
        symbol = checked(meta, asked, expected, query.get("interval", [""])[0])
        splits, rows = events(result, series, symbol, request, gaps)
        gaps += _basis(series, symbol, meta, query, request)
        rows += _bars(result, series, symbol, splits, expected, request, gaps)
    except Unfit as error:
        return delivered(SOURCE, gaps=[error.gap(series), *gaps])
    return delivered(SOURCE, rows, gaps=gaps)


def _basis(
    series: str, symbol: Symbol, meta: Node, query: Mapping[str, list[str]], request: Request
) -> list[Gap]:
    """That prices may not be as traded: refused when a series is asked for, else told."""
    beyond = ends_early(meta, query) if symbol.kind in _SPLITTING else ""
    if beyond and request.series:
        raise Unfit("basis_unknown", beyond)
    return [Gap(series=series, code="basis_unknown", reason=beyond)] if beyond else []


def _result(node: Node) -> Node:
    error = node.get("error")
    if error is not None:
        about = nodes.table(error, "chart.error")
        said = f"{about.get('code')}: {about.get('description')}"
        code = "not_found" if "not found" in said.lower() or "delisted" in said else "refused"
        raise Unfit(code, f"Yahoo answers {nodes.shown(said)}.")
    results = nodes.listed(nodes.field(node, "result", "chart"), "chart.result")
    if not results:
        raise Unfit("empty", "chart.result holds nothing.")
    return nodes.table(results[0], "chart.result[0]")


def _bars(
    result: Node, series: str, symbol: Symbol, splits: Sequence[Split],
    expected: Instrument | None, request: Request, gaps: list[Gap],
) -> list[Row]:  # fmt: skip
    stamps = result.get("timestamp")
    if stamps is None:
        raise Unfit("empty", "The chart has no timestamps: no bars in the window.")
    times = nodes.listed(stamps, "timestamp")
    if not times:
        raise Unfit("empty", "The chart's timestamps are an empty list.")
    columns = _columns(result, len(times), series, gaps)
    order, starts = _ordered(times, series, request, gaps)
    lag = dt.timedelta(0)
    if symbol.length is None:  # the close is a while in coming, as the VIX's at 16:15
        lag = dt.timedelta(minutes=15 if expected is None else expected.lag_minutes)
    ended = _ends(symbol)
    name = series
    if symbol.length is not None:
        name = intraday.name(series, np.timedelta64(symbol.length))
    rows: dict[dt.datetime, list[Row]] = {}
    left: dict[str, list[object]] = {}
    for index in order:
        date = starts[index].astimezone(symbol.zone).date()
        at = ended(starts[index])
        if at is None:
            left.setdefault("no_session", []).append(date)
        elif at + lag > request.now:
            continue  # the running bar is no fault
        elif _short(symbol, date, at):
            left.setdefault("unfinished", []).append(date)
        else:
            bar = list(_row(name, index, at, columns, factor(date, splits), symbol, left))
            if at in rows and repr(bar) != repr(rows[at]):  # as text, for a blank equals no blank
                left.setdefault("duplicate", []).append(date)
            rows[at] = bar
    gaps += [_told(series, code, names) for code, names in left.items()]
    return [one for bar in rows.values() for one in bar]


def _told(series: str, code: str, names: Sequence[object]) -> Gap:
    why = {
        "no_session": "outside the sessions of XNYS, left out",
        "unfinished": "the last trade is not the closing one yet, left out",
        "duplicate": "more than one bar of other values, the later one kept",
    }.get(code, "not a number that can be used, left out")
    return Gap(series=series, code=code, reason=f"{nodes.few(names)}: {why}.")


def _columns(
    result: Node, length: int, series: str, gaps: list[Gap]
) -> Mapping[str, Sequence[object]]:
    indicators = nodes.table(nodes.field(result, "indicators", "The chart"), "indicators")
    quotes = nodes.listed(nodes.field(indicators, "quote", "indicators"), "indicators.quote")
    if not quotes:
        raise Unfit("empty", "indicators.quote holds nothing.")
    quote = nodes.table(quotes[0], "indicators.quote[0]")
    columns = {}
    for name in FIELDS:
        try:
            columns[name] = nodes.listed(nodes.field(quote, name, "quote"), name)
        except Unfit as error:
            gaps.append(error.gap(series))
    if not columns:
        raise Unfit("no_field", "The quote holds none of open, high, low, close and volume.")
    uneven = {name: len(found) for name, found in columns.items() if len(found) != length}
    if uneven:
        raise Unfit(
            "unequal_lengths",
            f"{length} timestamps, but {uneven}: which belongs to which is unknown.",
        )
    return columns


def _ordered(
    times: Sequence[object], series: str, request: Request, gaps: list[Gap]
) -> tuple[list[int], Mapping[int, dt.datetime]]:
    """Places of the bars in order of time, and their starts."""
    starts: dict[int, dt.datetime] = {}
    for index, node in enumerate(times):
        try:
            at = nodes.seconds(node, f"timestamp[{index}]")
            nodes.ahead(at, request.now, f"timestamp[{index}]")
        except Unfit as error:
            gaps.append(error.gap(series))
        else:
            starts[index] = at
    order = sorted(starts, key=lambda index: starts[index])
    if order != list(starts):
        gaps.append(
            Gap(series=series, code="out_of_order", reason="The bars were not in order of time.")
        )
    return order, starts


def _ends(symbol: Symbol) -> Callable[[dt.datetime], dt.datetime | None]:
    """From a bar's start to its end; None where the day has no session."""
    calendar = venue("XNYS")

    def daily(start: dt.datetime) -> dt.datetime | None:
        date = start.astimezone(symbol.zone).date()
        if symbol.xnys:
            return calendar.session(date).close if calendar.is_session(date) else None
        if symbol.close == dt.time(0):
            date += dt.timedelta(days=1)
        return dt.datetime.combine(date, symbol.close, symbol.zone).astimezone(UTC)

    def short(start: dt.datetime) -> dt.datetime | None:
        end = start + (symbol.length or dt.timedelta(0))
        close = daily(start)
        if not symbol.xnys:
            return end
        date = start.astimezone(symbol.zone).date()
        # The print of the close itself comes as a bar that begins with it.
        within = close is not None and opening(date) <= start < close
        return min(end, close) if close is not None and within else None

    return daily if symbol.length is None else short


def _short(symbol: Symbol, date: dt.date, at: dt.datetime) -> bool:
    """True for a session of which the last trade, where Yahoo stands, is not the closing one."""
    traded = symbol.traded
    if symbol.length is not None or traded is None or not symbol.xnys:
        return False
    return traded.astimezone(symbol.zone).date() == date and traded < at - _SETTLED


def _row(
    name: str, index: int, at: dt.datetime, columns: Mapping[str, Sequence[object]], factor: float,
    symbol: Symbol, left: dict[str, list[object]],
) -> Iterable[Row]:  # fmt: skip
    for key, column in columns.items():
        try:
            value = nodes.number(column[index], key)
        except Unfit as error:
            left.setdefault(error.code, []).append(f"{key} of {at.date()}")
            continue
        if key == "volume":
            yield Row(series=name, field=key, at=at, value=value / factor, unit=_counted(symbol))
        else:
            price = plain(value) if factor == 1 else round(plain(value) * factor, 4)
            yield Row(series=name, field=key, at=at, value=price, unit=symbol.unit)


def _counted(symbol: Symbol) -> str:
    return {"CRYPTOCURRENCY": "USD", "FUTURE": "contracts"}.get(symbol.kind, "shares")
