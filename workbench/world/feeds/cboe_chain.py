"""Cboe's delayed option chain: bid, ask, implied volatility and open interest around the money.

Of thousands of contracts the desk keeps those from which a distribution can be read: the listed
expiries nearest to ``DAYS`` from the pull, and of each at most ``STRIKES`` strikes, evenly spaced
by rank within a band about the money that widens with the square root of the days.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from workbench.domain.calendars import NEW_YORK, UTC
from workbench.domain.deliveries import Delivered, Gap, Request
from workbench.domain.errors import FeedDark
from workbench.world.feeds import nodes
from workbench.world.feeds.endpoints import Row, delivered
from workbench.world.feeds.nodes import Node, Unfit
from workbench.world.http.decoding import as_json

SOURCE = "cboe"
DAYS = (1, 5, 10, 20, 30)
STRIKES = 41
_BAND = 0.03  # of the price, for one day
_WIDEST = 0.25
_CONTRACT = re.compile(r"(?P<root>[A-Z0-9.^]{1,6})(?P<date>\d{6})(?P<side>[CP])(?P<strike>\d{8})")
_FIELDS = {  # the desk's field, Cboe's, unit
    "bid": ("bid", "USD"),
    "ask": ("ask", "USD"),
    "iv": ("iv", "fraction a year"),
    "oi": ("open_interest", "contracts"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Contract:
    expiry: dt.date
    side: str
    strike: float
    node: Node


def chain(body: bytes, request: Request, url: str) -> Delivered:
    """Fields such as ``2026-04-17 C 655 iv`` of the series ``options:SPY``.

    ``at`` is the underlying's last trade, ``known_at`` the time of Cboe's answer. Cboe writes 0
    where it has no implied volatility: a blank.

    Raises:
        FeedDark: The body is no option chain.
    """
    name = url.rpartition("/")[2].partition(".json")[0].removeprefix("_")
    ids = [one for one, known in wanted(request).items() if known == name]
    series = ids[0] if request.series and ids else f"options:{name}"
    try:
        top = nodes.table(as_json(body), "The answer")
        data = nodes.table(nodes.field(top, "data", "The answer"), "data")
        options = nodes.listed(nodes.field(data, "options", "data"), "data.options")
        said = nodes.text(nodes.field(data, "symbol", "data"), "data.symbol").lstrip("_^")
        if said != name:
            _refuse("renamed", f"Asked for the options of {name}, Cboe answers about {said}.")
        spot = nodes.number(nodes.field(data, "current_price", "data"), "data.current_price")
        if not spot > 0:
            _refuse("blank", "The chain states no price of what it is written on.")
        known = moment(nodes.field(top, "timestamp", "The answer"), UTC, "timestamp")
        at = moment(nodes.field(data, "last_trade_time", "data"), NEW_YORK, "data.last_trade_time")
        nodes.ahead(at, request.now, "The last trade")
    except Unfit as error:
        raise FeedDark(error.code, f"Cboe's chain of {name}: {error.reason}") from error
    gaps: list[Gap] = []
    contracts, odd = _contracts(options)
    if odd:
        reason = f"{len(odd)} of {len(options)} contracts are not understood: {nodes.few(odd, 2)}."
        gaps.append(Gap(series=series, code="wrong_type", reason=reason))
    kept = _kept(contracts, spot, at.astimezone(NEW_YORK).date())
    if not kept:
        reason = f"No contract of {len(options)} lies near {spot:g} and within {DAYS[-1]} days."
        gaps.append(Gap(series=series, code="empty", reason=reason))
    rows = _rows(kept, series, at, min(max(known, at), request.now), gaps)
    return delivered(SOURCE, rows, gaps=gaps)


def wanted(request: Request) -> Mapping[str, str]:
    """Series of chains to the name of what they are written on."""
    return {
        series: known.rpartition(":")[2].removeprefix("_")
        for series, known in request.series.items()
        if series.startswith("options:")
    }


def moment(node: object, zone: dt.tzinfo, where: str) -> dt.datetime:
    """The moment, aware UTC, that a text without zone means in this one.

    Raises:
        Unfit: ``blank``, ``wrong_type`` or ``wrong_time``.
    """
    said = nodes.text(node, where)
    try:
        found = dt.datetime.fromisoformat(said)
    except ValueError as error:
        raise Unfit("wrong_time", f"{where} should be a time, got {nodes.shown(said)}.") from error
    if found.tzinfo is not None or not 1990 <= found.year <= 2100 or len(said) < 16:
        raise Unfit("wrong_time", f"{where} should be a local time, got {nodes.shown(said)}.")
    return found.replace(tzinfo=zone).astimezone(UTC)


def _refuse(code: str, reason: str) -> None:
    raise Unfit(code, reason)


def _contracts(options: Sequence[object]) -> tuple[list[_Contract], list[str]]:
    found: dict[tuple[dt.date, str, float], _Contract] = {}
    odd: list[str] = []
    for node in options:
        symbol = node.get("option") if isinstance(node, dict) else None
        match = _CONTRACT.fullmatch(symbol.replace(" ", "")) if isinstance(symbol, str) else None
        try:
            expiry = nodes.day(match["date"], "The expiry", "%y%m%d") if match else None
        except Unfit:
            expiry = None
        if match is None or expiry is None or not isinstance(node, dict):
            odd.append(nodes.shown(symbol))
            continue
        one = _Contract(
            expiry=expiry, side=match["side"], strike=int(match["strike"]) / 1000, node=node
        )
        # Of an index's weekly and monthly contracts of one day the first stands for both.
        found.setdefault((one.expiry, one.side, one.strike), one)
    return list(found.values()), odd


def _kept(contracts: Sequence[_Contract], spot: float, today: dt.date) -> list[_Contract]:
    ahead = sorted({one.expiry for one in contracts if 0 < (one.expiry - today).days <= 45})
    if not ahead:
        return []
    chosen = {min(ahead, key=lambda date: abs((date - today).days - days)) for days in DAYS}
    result: list[_Contract] = []
    for expiry in sorted(chosen):
        band = min(_BAND * math.sqrt((expiry - today).days), _WIDEST) * spot
        near = sorted(
            {
                one.strike
                for one in contracts
                if one.expiry == expiry and abs(one.strike - spot) <= band
            }
        )
        last = len(near) - 1
        count = min(len(near), STRIKES)
        ranks = {round(place * last / max(count - 1, 1)) for place in range(count)}
        strikes = {near[rank] for rank in ranks}
        result += [one for one in contracts if one.expiry == expiry and one.strike in strikes]
    return sorted(result, key=lambda one: (one.expiry, one.side, one.strike))


def _rows(
    kept: Sequence[_Contract], series: str, at: dt.datetime, known: dt.datetime, gaps: list[Gap]
) -> list[Row]:
    rows: list[Row] = []
    bad: dict[tuple[str, str], list[str]] = {}
    for one in kept:
        label = f"{one.expiry} {one.side} {one.strike:g}"
        for field, (name, unit) in _FIELDS.items():
            try:
                value = nodes.number(nodes.field(one.node, name, label), name)
                if value < 0:
                    _refuse("wrong_type", f"{name} is negative.")
            except Unfit as error:
                bad.setdefault((error.code, field), []).append(label)
                continue
            if field == "iv" and value == 0:
                value = math.nan
            rows.append(
                Row(
                    series=series,
                    field=f"{label} {field}",
                    at=at,
                    value=value,
                    unit=unit,
                    known_at=known,
                    basis="stated",
                )
            )
    gaps += [
        Gap(series=series, code=code, reason=f"No usable {field} of {nodes.few(labels, 3)}.")
        for (code, field), labels in bad.items()
    ]
    return rows
