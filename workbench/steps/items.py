"""Headlines, filings and events as known at the cycle's moment, the same story counted once."""

from __future__ import annotations

import datetime as dt
import fnmatch
import json
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from workbench.domain.calendars import iso
from workbench.measures.clusters import stories
from workbench.steps.bench import Bench

RECENT = dt.timedelta(days=7)  # what came before is no news
_MOST = 60  # lines of one sort that a mind is shown
_TEXT = 1_500  # characters of a filing's items that a mind is shown
_KINDS = {"headline": "headlines", "filing": "filings", "event": "announced events"}


def known(bench: Bench) -> pd.DataFrame:
    """The items of the last week, and the events that are announced.

    Returns:
        Columns ``ITEM_COLUMNS`` and, of headlines, ``story``, which names the story that they
        tell, and ``told``, by how many sources; in order of ``at``.
    """
    return bench.once("items", lambda: _known(bench))


def _known(bench: Bench) -> pd.DataFrame:
    found = bench.archive.items.as_of(bench.as_of, since=bench.as_of - RECENT)
    found = found.assign(story="", told=1)
    heads = found.index[found["kind"] == "headline"]
    at = found.loc[heads, "at"].dt.tz_localize(None).to_numpy().astype("datetime64[us]")
    named = [_source(row) for row in found.loc[heads].to_dict("records")]
    for one in stories(found.loc[heads, "title"].tolist(), at, named):
        rows = heads[list(one.members)]
        found.loc[rows, "story"] = one.id
        found.loc[rows, "told"] = one.sources
    return found


def wire(bench: Bench) -> pd.DataFrame:
    """What came over the wire as a table, one row a story or filing, the latest first.

    Returns:
        ``title, source, told, at, known, link``; of a headline title, source and link are all
        that is kept.
    """
    found = known(bench)
    found = found[(found["kind"] != "event") & (found["at"] <= pd.Timestamp(bench.as_of))]
    heads = found[found["kind"] == "headline"].drop_duplicates("story")
    rows = pd.concat([heads, found[found["kind"] == "filing"]]).sort_values(
        ["at", "series", "key"], ascending=[False, True, True], kind="stable"
    )
    told = [
        (row["title"], _source(row), row["told"], iso(row["at"].to_pydatetime()),
         iso(row["known_at"].to_pydatetime()), row["link"])
        for row in rows.head(_MOST).to_dict("records")
    ]  # fmt: skip
    return pd.DataFrame(told, columns=["title", "source", "told", "at", "known", "link"])


def texts(bench: Bench, patterns: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """What a mind is shown of the wire: whose words, and the words, all of them untrusted.

    Args:
        bench: The cycle's.
        patterns: Series of items that the mind may see, such as ``news:*`` and ``sec:TSLA``.
    """
    wanted = tuple(patterns)
    if not wanted:
        return ()
    found = known(bench)
    mine = [any(fnmatch.fnmatchcase(s, one) for one in wanted) for s in found["series"]]
    found = found.loc[np.array(mine, bool)]
    told = []
    for kind, name in _KINDS.items():
        rows = found[found["kind"] == kind]
        rows = rows.drop_duplicates("story") if kind == "headline" else rows
        lines = [_line(row) for row in rows.tail(_MOST).to_dict("records")]
        if lines:
            told.append((name, "\n".join(lines)))
    return tuple(told)


def _line(row: Mapping[Any, Any]) -> str:
    when = iso(row["at"].to_pydatetime())
    more = f", told by {row['told']} sources" if row["told"] > 1 else ""
    texts = detail(row).get("texts")
    said = " ".join(f"{k}: {v}" for k, v in texts.items()) if isinstance(texts, dict) else ""
    body = f" – {said[:_TEXT]}" if said else ""
    return f"{when} {row['title']} ({_source(row)}{more}){body}"


def _source(row: Mapping[Any, Any]) -> str:
    return str(detail(row).get("source") or row["source"])


def detail(row: Mapping[Any, Any]) -> Mapping[str, Any]:
    """What an item's ``detail`` holds; empty where it is no JSON object."""
    try:
        read = json.loads(str(row["detail"]))
    except ValueError:  # of an imported file, whose details are its own
        return {}
    return read if isinstance(read, dict) else {}
