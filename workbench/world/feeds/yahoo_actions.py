"""Splits and dividends of Yahoo's chart, and how they turn its prices back into those of the day.

Yahoo divides every price and dividend before a split by its ratio, and multiplies volumes. The
answer's own split events undo that, so a window must reach the last trade: splits after it would be
unknown. Prices come in single precision, 164.32 as 164.32000732421875: the shortest decimal that
names the same number is meant.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from workbench.domain.calendars import UTC, venue
from workbench.domain.deliveries import Gap, Request
from workbench.world.feeds import nodes
from workbench.world.feeds.endpoints import Row
from workbench.world.feeds.nodes import Node, Unfit
from workbench.world.feeds.yahoo_symbol import Symbol, opening

SPLIT_UNIT = "new shares for one"


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """On which session date one old share became ``ratio`` new ones."""

    date: dt.date
    ratio: float


def ends_early(meta: Node, query: Mapping[str, list[str]]) -> str:
    """Why splits after the window may be missing; empty where it reaches the last trade."""
    end, traded = query.get("period2", [""])[0], meta.get("regularMarketTime")
    if not end.isdigit() or not isinstance(traded, int) or int(end) >= traded:
        return ""
    last = dt.datetime.fromtimestamp(int(end), UTC).date()
    return (
        f"The window ends {last}, before the last trade: splits after it are unknown, so these "
        "prices are as Yahoo adjusts them today, not as traded."
    )


def events(
    result: Node, series: str, symbol: Symbol, request: Request, gaps: list[Gap]
) -> tuple[list[Split], list[Row]]:
    """Splits in order of date, and the rows of both kinds of event."""
    node = result.get("events")
    if node is None:
        return [], []
    whole = nodes.table(node, "events")
    splits, rows = [], []
    for part in _values(whole, "splits"):
        one = nodes.table(part, "A split")
        at = nodes.seconds(nodes.field(one, "date", "A split"), "A split's date")
        parts = [
            nodes.number(nodes.field(one, key, "A split"), key)
            for key in ("numerator", "denominator")
        ]
        if not all(part > 0 for part in parts):
            # Without it no price before it can be undone, so nothing of the symbol is kept.
            raise Unfit("bad_split", f"A split of {parts[0]:g} for {parts[1]:g} is none.")
        splits.append(Split(date=at.astimezone(symbol.zone).date(), ratio=parts[0] / parts[1]))
    splits.sort(key=lambda one: one.date)
    for split in splits:
        rows += _event(series, "split", split.date, split.ratio, symbol, request, gaps)
    for part in _values(whole, "dividends"):
        try:
            date, amount = _dividend(part, symbol)
        except Unfit as error:
            gaps.append(error.gap(series))
        else:
            paid = round(plain(amount) * factor(date, splits), 6)
            rows += _event(series, "dividend", date, paid, symbol, request, gaps)
    return splits, rows


def _dividend(part: object, symbol: Symbol) -> tuple[dt.date, float]:
    """Ex-date and amount a share, as adjusted for later splits."""
    one = nodes.table(part, "A dividend")
    at = nodes.seconds(nodes.field(one, "date", "A dividend"), "A dividend's date")
    amount = nodes.number(nodes.field(one, "amount", "A dividend"), "A dividend's amount")
    if not amount > 0:
        raise Unfit("wrong_type", f"A dividend of {nodes.shown(one['amount'])} is none.")
    paid_in = one.get("currency", symbol.unit)
    if paid_in != symbol.unit:
        raise Unfit(
            "other_currency", f"A dividend should be in {symbol.unit}, got {nodes.shown(paid_in)}."
        )
    return at.astimezone(symbol.zone).date(), amount


def _values(events: Node, name: str) -> Iterable[object]:
    node = events.get(name)
    return [] if node is None else nodes.table(node, f"events.{name}").values()


def _event(
    series: str, name: str, date: dt.date, value: float, symbol: Symbol, request: Request,
    gaps: list[Gap],
) -> list[Row]:  # fmt: skip
    """The row at the open of the session on which the event takes effect."""
    if symbol.length is not None:
        return []  # daily bars bring them
    if not symbol.xnys or not venue("XNYS").is_session(date):
        reason = f"A {name} on {date}, which is no session of XNYS."
        gaps.append(Gap(series=series, code="no_session", reason=reason))
        return []
    at = opening(date)
    unit = SPLIT_UNIT if name == "split" else symbol.unit
    return [Row(series=series, field=name, at=at, value=value, unit=unit)] * (at <= request.now)


def factor(date: dt.date, splits: Sequence[Split]) -> float:
    """New shares that one share of this date has become: what its price was divided by."""
    return math.prod(one.ratio for one in splits if one.date > date)


def plain(value: float) -> float:
    """The shortest decimal of a single-precision number; any other number as it is."""
    single = np.float32(value)
    return float(str(single)) if float(single) == value else value
