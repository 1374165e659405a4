"""What the data page shows: each series and how far behind it is, each feed, each flag."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from workbench.domain import terms
from workbench.domain.calendars import iso, to_datetime, venue
from workbench.domain.contracts import Period
from workbench.domain.deliveries import Health
from workbench.domain.figures import minute
from workbench.domain.instruments import ALWAYS, Indicator, Instrument
from workbench.domain.records import SEVERITIES, Flag
from workbench.domain.snapshots import Column
from workbench.steps import items
from workbench.steps.bench import Bench
from workbench.steps.facts import listed, several
from workbench.world.feeds import bundled

PART = "data"


def keep(bench: Bench) -> None:
    """Keeps what the page of this cycle shows in the cycle's folder."""
    bench.remember(PART, view(bench))


def view(bench: Bench) -> dict[str, Any]:
    """The page's content.

    Returns:
        ``as_of``; ``series``, ``feeds`` and ``flags``, each a list of records of texts, grave
        flags first; and ``notices``, sentences.
    """
    flags = sorted(bench.flags, key=lambda flag: SEVERITIES.index(flag.severity))
    alike: dict[Flag, list[str]] = {}  # a holiday is one flag, whatever number of series rest
    for one in flags:
        alike.setdefault(replace(one, series=""), []).append(one.series)
    names = bench.names | {one.symbol: one.name for one in bench.indicators}
    slow = {(one.series, one.field): one.name for one in bench.indicators}
    plain = {one.series: one.name for one in bench.indicators} | bench.names
    rows = [_instrument(bench, one) for one in bench.instruments]
    rows += [_indicator(bench, one) for one in bench.indicators]

    def told(own: Sequence[str], field: str) -> dict[str, str]:
        """Name and field: a slow series' name says which of its fields it is."""
        shown = listed([slow.get((one, field)) or plain.get(one, one) for one in own])
        return {"name": shown} | ({"field": ""} if (own[0], field) in slow else {})

    return {
        "as_of": iso(bench.as_of),
        "series": [row | {"name": names[row["series"]]} for row in rows],
        "feeds": [_feed(one) for one in bench.health],
        "flags": [_flag(one, own) | told(own, one.field) for one, own in alike.items()],
        "notices": list(notices(bench)),
    }


def notices(bench: Bench) -> tuple[str, ...]:
    """What must stand on a page that uses what this cycle used."""
    used = {c.source.partition(".")[0] for c in bench.seen.columns.values()}
    used = {part for one in used for part in one.split("+")} | set(items.known(bench)["source"])
    used = {"bundled" if one == bundled.ORIGIN else one for one in used}
    return terms.notices(used | ({"anthropic"} if bench.desk.claude else set()))


def _instrument(bench: Bench, one: Instrument) -> dict[str, str]:
    column = bench.seen.get(one.symbol, "close")
    row = _row(bench, one.symbol, one.symbol, "close", column, "day")
    if column is None:
        return row
    calendar, last = venue(one.venue), to_datetime(column.at[-1])
    missed = calendar.count(last, bench.as_of - dt.timedelta(minutes=one.lag_minutes))
    session = calendar.last(bench.as_of)
    closed = one.venue != ALWAYS and bench.as_of - session.close > dt.timedelta(hours=8)
    shut = closed and not calendar.is_open(bench.as_of)
    late = several(missed, "session") if missed else "on time"
    row["behind"] = f"{late}, closed since {session.date:%a} {session.date.day} {session.date:%b}"
    return row if shut else row | {"behind": late}


def _indicator(bench: Bench, one: Indicator) -> dict[str, str]:
    column = bench.seen.get(one.series, one.field)
    row = _row(bench, one.symbol, one.series, one.field, column, one.period)
    if column is not None and np.isfinite(column.value).any():
        known = to_datetime(column.known_at[np.isfinite(column.value)][-1])
        row["behind"] = f"known for {_ago(bench.as_of - known)}"
    return row


def _row(
    bench: Bench, symbol: str, series: str, field: str, column: Column | None, period: Period
) -> dict[str, str]:
    if column is None or not len(column.at):
        nothing = dict.fromkeys(("last", "known", "behind", "source", "dated"), "")
        return {"series": symbol, "state": "dark", **nothing}
    own = [f for f in bench.flags if f.series == series and f.field in {"", field}]
    worst = min((SEVERITIES.index(f.severity) for f in own), default=2)
    late = any(f.check.startswith("STALE") for f in own)
    state = {0: "dark", 1: "withheld", 2: "late" if late else "live"}[worst]
    full = column.at[np.isfinite(column.value)]
    last = _of(to_datetime(full[-1]), period) if len(full) and state != "dark" else ""
    return {
        "series": symbol, "state": state, "last": last, "behind": "", "source": column.source,
        "dated": dated(column), "known": _of(to_datetime(column.known_at[-1]), "tick"),
    }  # fmt: skip


def dated(column: Column) -> str:
    """Who says when its values could first be known: ``its source``, ``a rule, two days later``.

    Where a rule dated all of them, how long after its moment it took the newest value as known.
    """
    words = {"stated": "its source", "seen": "our first sight of it", "rule": "a rule"}
    told = [words[one] for one in sorted(column.basis.split("+"), key=list(words).index)]
    if column.basis != "rule":
        return " or ".join(told)
    lag = to_datetime(column.known_at[-1]) - to_datetime(column.at[-1])
    minutes = round(lag.total_seconds() / 60)
    after = several(minutes, "minute") if minutes < 120 else _ago(lag)
    return f"a rule, {after} later" if minutes > 0 else "a rule, at once"


def _of(at: dt.datetime, period: Period) -> str:
    """What a value is of, in words: ``February 2026``, ``2 Apr 2026``, ``2 Apr 2026 20:00``."""
    day = at - dt.timedelta(microseconds=1)  # a period ends with the midnight after it
    if period in {"month", "quarter"}:
        return f"{day:%B %Y}"
    if period in {"day", "week"} and at.time() == dt.time():
        return f"{day.day} {day:%b %Y}"
    return minute(at)


def _feed(one: Health) -> dict[str, str]:
    return {
        "feed": one.feed, "state": one.state, "reason": one.reason, "since": iso(one.since),
        "at": iso(one.at), "good": iso(one.good) if one.good else "", "rows": f"{one.rows:,}",
        "gaps": f"{len(one.gaps):,}",
    }  # fmt: skip


def _flag(one: Flag, series: Sequence[str]) -> dict[str, str]:
    return {
        "series": ", ".join(series), "field": one.field, "check": one.check,
        "severity": one.severity, "seen": one.seen, "lifted": one.lifted,
        "since": one.since.date().isoformat() if one.since else "",
    }  # fmt: skip


def _ago(span: dt.timedelta) -> str:
    hours = int(span.total_seconds() // 3600)
    if not hours:
        return "less than an hour"
    return several(hours // 24, "day") if hours >= 48 else several(hours, "hour")
