"""What came over the wire: headlines once a story, and filings of the desk's own instruments.

A headline is quoted by title, source and link, and nothing is made of it; a filing is told by its
form and items, with the moment at which it was accepted. Text from outside is data: it is cut to
one line, addresses and secrets leave it, and what a feed flagged stays in the trail.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from workbench.domain.calendars import UTC, iso
from workbench.domain.hygiene import link
from workbench.domain.instruments import Instrument
from workbench.domain.records import Finding
from workbench.steps.essay import Line
from workbench.steps.facts import Facts, listed, named, several
from workbench.steps.grounded import shown
from workbench.steps.items import detail, is_quotable, source, title

MOST = 6  # headlines, and filings as well
FRESH = dt.timedelta(days=3)
_TITLE = 160  # characters of a title that are shown
_ITEM = re.compile(r"\d\d?\.\d\d")


def gather(
    facts: Facts, items: pd.DataFrame, as_of: dt.datetime, instruments: Sequence[Instrument]
) -> None:
    """Adds the lines of the section; nothing where nothing came.

    Args:
        facts: What the dispatch may say.
        items: What ``steps.items.counted`` returns; of it the last ``FRESH`` are told.
        as_of: The cycle's moment.
        instruments: The desk's own, whose filings are told.
    """
    seen = items[(items["at"] <= as_of) & (items["at"] > as_of - FRESH)]
    facts.lines.extend(_headlines(seen[seen["kind"] == "headline"]))
    facts.lines.extend(_filings(seen[seen["kind"] == "filing"], instruments))
    if facts.lines:
        facts.has.add("wire")


def _headlines(rows: pd.DataFrame) -> Iterable[Line]:
    """One line a story, those that most sources had first, then the latest."""
    stories: dict[str, Mapping[Any, Any]] = {}
    for row in rows.to_dict("records"):
        if is_quotable(row):
            stories.setdefault(str(row["story"]), row)
    told = sorted(stories.values(), key=lambda one: (-one["told"], -one["at"].timestamp()))
    for n, one in enumerate(told[:MOST], 1):
        yield _line(one, n, _title(title(one)), source(one), one["told"])


def _filings(rows: pd.DataFrame, instruments: Sequence[Instrument]) -> Iterable[Line]:
    """One line a filing, the latest first."""
    own = {one.symbol: one for one in instruments}
    latest = [row for row in rows.to_dict("records") if _whose(row) in own][::-1]
    for n, row in enumerate(latest[:MOST], 1):
        told = detail(row)
        form = shown(str(told.get("form", "")))[:20] or "a filing"
        said = told.get("items")
        numbers = [str(one) for one in said if _ITEM.fullmatch(str(one))] if said else []
        items = f", item{'s' * (len(numbers) > 1)} {listed(numbers)}" if numbers else ""
        name = named(own[_whose(row)])
        yield _line(row, n, f"{form}{items}", name, 1)


def _whose(row: Mapping[Any, Any]) -> str:
    """Whose filing it is: of ``sec:TSLA`` it is ``TSLA``."""
    return str(row["series"]).removeprefix("sec:")


def _line(row: Mapping[Any, Any], n: int, text: str, source: str, told: int) -> Line:
    kind, at = str(row["kind"]), row["at"].tz_convert(UTC).to_pydatetime()
    when = Finding(
        name=f"{kind}_{n}", value=None, text=f"{at.day} {at:%b %H:%M} UTC",
        meaning=f"when it came: {source}, {text}", source=f"{row['series']}, {row['source']}",
        as_of=iso(at),
    )  # fmt: skip
    also = f" and {several(told - 1, 'other source')}" if told > 1 else ""
    return Line(
        kind=kind, text=text, link=link(str(row["link"])), source=source, also=also, when=when
    )


def _title(text: object) -> str:
    line = shown(str(text))
    return line if len(line) <= _TITLE else f"{line[:_TITLE].rsplit(' ', 1)[0]}…"
