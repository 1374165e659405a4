"""What the tests of market feeds share: requests, recorded bodies, faults made in good ones."""

import asyncio
import copy
import datetime as dt
import gzip
import json
import math
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import pandas as pd
import pytest
from hypothesis import strategies as st

from workbench.domain.deliveries import COLUMNS, ITEM_COLUMNS, Delivered, Request
from workbench.domain.errors import FeedDark
from workbench.world.feeds.endpoints import Endpoint
from workbench.world.http.client import connected
from workbench.world.http.exchanges import Exchange
from workbench.world.http.replaying import replayed

WIRE = Path(__file__).parents[2].parent / "shared" / "data" / "wire"
NOW = dt.datetime(2026, 8, 22, 12, tzinfo=dt.UTC)  # after the last recording
recorded = pytest.mark.skipif(not (WIRE / "INDEX.jsonl").exists(), reason="no recorded bodies here")


def request(
    feed: str,
    series: Mapping[str, str] | None = None,
    *,
    now: dt.datetime = NOW,
    since: dt.datetime = dt.datetime(1990, 1, 1, tzinfo=dt.UTC),
    base: str = "",
    **options: str,
) -> Request:
    """A request of one feed; without series everything found is wanted."""
    return Request(feed=feed, series=series or {}, base=base, since=since, now=now, options=options)


def index(*services: str) -> list[dict[str, Any]]:
    """The lines of the index of recorded bodies, of these services."""
    lines = map(json.loads, (WIRE / "INDEX.jsonl").read_text("utf-8").splitlines())
    return [line for line in lines if line["service"] in services]


def body(line: Mapping[str, Any]) -> bytes:
    """The recorded bytes of a line of the index."""
    found = (WIRE / line["file"]).read_bytes()
    return gzip.decompress(found) if line["file"].endswith(".gz") else found


def endpoint(url: str, *modules: ModuleType) -> tuple[str, Endpoint]:
    """The one endpoint that reads the answers of an address."""
    parts = urlsplit(url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    found = [
        (module.__name__.rpartition(".")[2], one)
        for module in modules
        for one in module.ENDPOINTS
        if parts.netloc in one.hosts and one.pattern.search(target)
    ]
    assert len(found) == 1, (url, found)
    return found[0]


def values(found: Delivered, field: str = "", series: str = "") -> list[float]:
    """The delivered values, of one field or series where it is named."""
    rows = found.observations
    rows = rows[rows["field"].eq(field) | (field == "")]
    return rows[rows["series"].eq(series) | (series == "")]["value"].tolist()


def codes(found: Delivered) -> set[str]:
    """The codes of the gaps."""
    return {gap.code for gap in found.gaps}


def sound(found: Delivered) -> None:
    """What holds of every delivery: its columns, aware times, and no number out of nothing."""
    rows, items = found.observations, found.items
    assert tuple(rows.columns) == COLUMNS
    assert tuple(items.columns) == ITEM_COLUMNS
    for frame in (rows, items):
        for name in ("at", "known_at"):
            assert isinstance(frame[name].dtype, pd.DatetimeTZDtype)
        assert frame["at"].notna().all()
    assert rows["unit"].ne("").all()
    assert not rows["value"].isin([math.inf, -math.inf]).any()
    assert rows.duplicated(["series", "field", "at", "known_at"]).sum() == 0
    assert items.duplicated(["series", "key"]).sum() == 0
    assert all(gap.code and gap.reason for gap in found.gaps)


def outcome(parse: Callable[[], Delivered]) -> Delivered | str:
    """What a body gives: a delivery, or the code for which it is dark; nothing else is let by."""
    try:
        found = parse()
    except FeedDark as dark:
        return dark.code if str(dark) else "dark without a reason"
    sound(found)
    return found


def same(one: Delivered, other: Delivered) -> bool:
    """Whether two deliveries are equal, blanks included."""
    return (
        one.observations.equals(other.observations)
        and one.items.equals(other.items)
        and one.gaps == other.gaps
    )


def pulled(module: ModuleType, asked: Request) -> Delivered:
    """What a feed gives over the real client, and gives again from the record of that pull."""
    exchanges: list[Exchange] = []
    bodies: dict[str, bytes] = {}

    async def keep(one: Exchange, found: bytes) -> None:
        exchanges.append(one)
        bodies[one.body] = found

    async def live() -> Delivered:
        async with connected(paces={}, record=keep) as client:
            found: Delivered = await module.fetch(client.of(asked.feed), asked)
            return found

    async def again() -> Delivered:
        client = replayed(exchanges, lambda digest: bodies.get(digest, b""))
        found: Delivered = await module.fetch(client.of(asked.feed), asked)
        return found

    try:
        first = asyncio.run(live())
    except FeedDark as dark:
        with pytest.raises(FeedDark) as other:
            asyncio.run(again())
        if (other.value.code, str(other.value)) != (dark.code, str(dark)):
            raise AssertionError(f"dark otherwise from its record: {other.value}") from dark
        raise
    sound(first)
    assert same(first, asyncio.run(again()))
    return first


def paths(node: object, here: tuple[object, ...] = ()) -> Iterator[tuple[object, ...]]:
    """The places of all nodes below one, each as its keys and indices."""
    children: Iterator[tuple[object, object]] = iter(())
    if isinstance(node, dict):
        children = iter(node.items())
    elif isinstance(node, list):
        children = iter(enumerate(node))
    for key, child in children:
        yield (*here, key)
        yield from paths(child, (*here, key))


def altered(good: Any, path: tuple[Any, ...], change: Callable[[Any, Any], None]) -> Any:
    """A copy in which one node was changed, given its parent and its key there."""
    whole = copy.deepcopy(good)
    parent = whole
    for key in path[:-1]:
        parent = parent[key]
    change(parent, path[-1])
    return whole


def put(value: object) -> Callable[[Any, Any], None]:
    """A change: another value in a node's place."""

    def change(parent: Any, key: Any) -> None:
        parent[key] = value

    return change


def drop(parent: Any, key: Any) -> None:
    """A change: the node is gone."""
    del parent[key]


def rename(parent: Any, key: Any) -> None:
    """A change: the field has another name; an item of a list becomes null."""
    if isinstance(parent, dict):
        parent[f"{key}_v2"] = parent.pop(key)
    else:
        parent[key] = None


STRANGE: tuple[object, ...] = (
    None, True, "", "abc", ".", -1, 0, 1e17, 1.5, 10**30, [], {}, [None], {"raw": 1}, "2099-01-01",
)  # fmt: skip


def mutations(good: Any) -> st.SearchStrategy[Any]:
    """One to three nodes of a good body dropped, renamed, or put in another type."""
    places = sorted(paths(good), key=str)

    @st.composite
    def draw_one(draw: st.DrawFn) -> Any:
        whole = good
        for _ in range(draw(st.integers(1, 3))):
            path = draw(st.sampled_from(places))
            change = draw(st.sampled_from([drop, rename, *map(put, STRANGE)]))
            try:
                whole = altered(whole, path, change)
            except (KeyError, IndexError, TypeError, AttributeError):
                continue  # an earlier change took the place away
        return whole

    return draw_one()


def numbers(node: object) -> set[float]:
    """Every number that a body holds, as a number or as a text that is one."""
    found: set[float] = set()
    for path in [(), *paths(node)]:
        one: Any = node
        for key in path:
            one = one[key]
        if isinstance(one, bool) or not isinstance(one, (int, float, str)):
            continue
        try:
            value = float(one.replace(",", "") if isinstance(one, str) else one)
        except (ValueError, OverflowError):
            continue
        found.add(value)
    return found
