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
from workbench.domain.hygiene import clean, link
from workbench.measures.clusters import stories
from workbench.steps.bench import Bench

RECENT = dt.timedelta(days=7)  # what came before is no news
_MOST = 60  # lines of one sort that a mind is shown
_TEXT = 1_500  # characters of a filing's items that a mind is shown
_NAME = 40  # characters of a source's name
_ODD = frozenset({"invisible", "look_alike", "order"})  # what an imported title is looked at for
_HARMLESS = frozenset({"cut", "folded", "markup"})  # what cleaning has dealt with
_KINDS = {"headline": "headlines", "filing": "filings", "event": "announced events"}


def known(bench: Bench) -> pd.DataFrame:
    """The items of the last week, and the events that are announced: see ``counted``."""

    def made() -> pd.DataFrame:
        found = bench.archive.items.as_of(bench.as_of, since=bench.as_of - RECENT)
        return counted(found, bench.as_of)

    return bench.once("items", made)


def counted(items: pd.DataFrame, as_of: dt.datetime) -> pd.DataFrame:
    """Items as of a moment, with the stories that headlines tell: the one place that counts them.

    Args:
        items: Columns ``deliveries.ITEM_COLUMNS``; those not known at the moment, those before
            ``RECENT`` and what is dated later, but for events, are left out.
        as_of: The moment.

    Returns:
        The same columns and, of headlines, ``story``, which names the story that they tell, and
        ``told``, by how many sources in all of the span; in order of ``at``, series and key.
    """
    moment = pd.Timestamp(as_of)
    now = (items["at"] <= moment) | (items["kind"] == "event")
    seen = now & (items["known_at"] <= moment) & (items["at"] >= moment - RECENT)
    found = items[seen].sort_values(["at", "series", "key"], kind="stable", ignore_index=True)
    found = found.assign(story="", told=1)
    heads = found.index[found["kind"] == "headline"]
    at = found.loc[heads, "at"].dt.tz_convert(None).to_numpy().astype("datetime64[us]")
    rows = found.loc[heads].to_dict("records")
    fair = np.array([is_quotable(row) for row in rows], bool)
    for some in (fair, ~fair):  # what deceives adds no source to what does not
        own = [row for row, is_of in zip(rows, some, strict=True) if is_of]
        for one in stories([title(row) for row in own], at[some], [source(row) for row in own]):
            same = heads[some][list(one.members)]
            found.loc[same, "story"] = one.id if some is fair else f"{one.id}?"
            found.loc[same, "told"] = one.sources
    return found


def wire(bench: Bench) -> pd.DataFrame:
    """What came over the wire as a table, one row a story or filing, the latest first.

    Returns:
        ``title, source, told, at, known, link``; of a headline title, source and link are all
        that is kept.
    """
    found = known(bench)
    found = found[found["kind"] != "event"]
    heads = found[found["kind"] == "headline"].drop_duplicates("story")
    rows = pd.concat([heads, found[found["kind"] == "filing"]]).sort_values(
        ["at", "series", "key"], ascending=[False, True, True], kind="stable"
    )
    told = [
        (title(row), source(row), row["told"], iso(row["at"].to_pydatetime()),
         iso(row["known_at"].to_pydatetime()), link(str(row["link"])))
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
    odd = f", flagged: {', '.join(flags(row))}" if flags(row) else ""
    texts = detail(row).get("texts")
    said = " ".join(f"{k}: {v}" for k, v in texts.items()) if isinstance(texts, dict) else ""
    body = f" – {said[:_TEXT]}" if said else ""
    return f"{when} {title(row)} ({source(row)}{more}{odd}){body}"


def title(row: Mapping[Any, Any]) -> str:
    """An item's title as one plain line, whoever brought it."""
    return clean(str(row["title"])).text


def flags(row: Mapping[Any, Any]) -> tuple[str, ...]:
    """What is odd about an item's title, as its feed said or, of an imported one, as it shows."""
    told = detail(row).get("flags")
    named = {str(one) for one in told} if isinstance(told, list) else set[str]()
    return tuple(sorted(named | (_ODD & set(clean(str(row["title"])).flags))))


def is_quotable(row: Mapping[Any, Any]) -> bool:
    """Whether a title may be quoted: it gives no orders and shows no other letters than it has."""
    return bool(title(row)) and _HARMLESS.issuperset(flags(row))


def source(row: Mapping[Any, Any]) -> str:
    """Whose item it is: the publisher that it names, else the list that it came in, or the feed."""
    # A publisher's name may look like an address, and may stand: it is no link.
    named = clean(str(detail(row).get("source") or ""), _NAME).text
    series = str(row["series"])
    return named or clean(series.removeprefix("news:") if series.startswith("news:")
                          else str(row["source"]), _NAME).text  # fmt: skip


def detail(row: Mapping[Any, Any]) -> Mapping[str, Any]:
    """What an item's ``detail`` holds; empty where it is no JSON object."""
    try:
        read = json.loads(str(row["detail"]))
    except ValueError:  # of an imported file, whose details are its own
        return {}
    return read if isinstance(read, dict) else {}
