"""What every adapter is made of: the answers that it can read, and rows made of them.

A module of this folder has ``fetch(client, request)``, which asks, and ``ENDPOINTS``, the answers
that it reads; ``fetch`` reads with the very same functions. ``SOURCE`` is the name under which its
rows stand in the archive, ``BASE`` the address that ``request.base`` may stand for.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from workbench.domain.deliveries import COLUMNS, ITEM_COLUMNS, Basis, Delivered, Gap, Kind, Request
from workbench.world.feeds.nodes import Unfit
from workbench.world.http.answers import Form

Parse = Callable[[bytes, Request, str], Delivered]
"""Body, what was asked, and the address that gave it, to what it delivers.

With an empty ``request.series`` everything found is delivered, under the source's own names.
Raises ``FeedDark`` when the body as a whole is not what the endpoint answers.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One kind of answer of a source.

    Attributes:
        name: Short name for tables and errors, such as ``chart``.
        pattern: Searched in the address without its scheme and host, query included.
        hosts: Host names of the source's own addresses.
        form: What the body is.
        parse: Reads it.
    """

    name: str
    pattern: re.Pattern[str]
    hosts: tuple[str, ...]
    form: Form
    parse: Parse


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One observation as an adapter finds it; without ``known_at`` the stated lag dates it."""

    series: str
    field: str
    at: dt.datetime
    value: float
    unit: str
    known_at: dt.datetime | None = None
    basis: Basis = "rule"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One text as an adapter finds it; ``key`` is unique within its series."""

    series: str
    key: str
    kind: Kind
    at: dt.datetime
    known_at: dt.datetime
    title: str
    link: str
    detail: Mapping[str, object]
    basis: Basis


def delivered(
    source: str, rows: Iterable[Row] = (), items: Iterable[Item] = (), gaps: Iterable[Gap] = ()
) -> Delivered:
    """Rows and items of one source as a delivery."""
    numbers = pd.DataFrame(
        [
            (r.series, r.field, r.at, r.known_at, r.value, r.unit, source, r.basis)
            for r in rows
        ],
        columns=list(COLUMNS),
    )  # fmt: skip
    texts = pd.DataFrame(
        [
            (
                i.series, i.key, i.kind, i.at, i.known_at, i.title, i.link, source,
                json.dumps(dict(i.detail), sort_keys=True, ensure_ascii=False), i.basis,
            )
            for i in items
        ],
        columns=list(ITEM_COLUMNS),
    )  # fmt: skip
    for frame in (numbers, texts):
        for name in ("at", "known_at"):
            frame[name] = pd.to_datetime(frame[name], utc=True).astype("datetime64[us, UTC]")
    numbers["value"] = numbers["value"].astype(float)
    return Delivered(observations=numbers, items=texts, gaps=tuple(gaps))


def unkept(
    source: str,
    what: str,
    read: Callable[[bytes, str], object],
    of: Callable[[str], str] = lambda _url: "",
) -> Parse:
    """Reads answers of which the desk keeps nothing: one gap says so.

    Args:
        source: As rows of the feed are called.
        what: The answer holds, for the reason.
        read: Body and address to anything; raises as a reader does for what is no such answer.
        of: Address to the series that it is about.
    """

    def parse(body: bytes, request: Request, url: str) -> Delivered:  # noqa: ARG001  # a Parse
        gap = Gap(series=of(url), code="not_kept", reason=f"{what}: nothing of it is kept.")
        try:
            read(body, url)
        except Unfit as error:
            gap = error.gap(of(url))
        return delivered(source, gaps=[gap])

    return parse


def together(parts: Iterable[Delivered]) -> Delivered:
    """Several deliveries of one feed as one, in order."""
    found = list(parts)
    rows = [one.observations for one in found if len(one.observations)]
    items = [one.items for one in found if len(one.items)]
    return Delivered(
        observations=pd.concat(rows, ignore_index=True) if rows else delivered("").observations,
        items=pd.concat(items, ignore_index=True) if items else delivered("").items,
        gaps=tuple(gap for one in found for gap in one.gaps),
    )
