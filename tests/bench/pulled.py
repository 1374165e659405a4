"""One feed pulled through the real client from a local server, and again from its record."""

import asyncio
import dataclasses
import datetime as dt
from collections.abc import Awaitable, Callable, Mapping

from tests.bench.served import Answering, Served, served
from workbench.domain.deliveries import Delivered, Request
from workbench.world.http.answers import Client
from workbench.world.http.client import connected
from workbench.world.http.exchanges import Exchange
from workbench.world.http.limits import Limits
from workbench.world.http.replaying import replayed

NOW = dt.datetime(2026, 3, 9, 1, tzinfo=dt.UTC)
Fetch = Callable[[Client, Request], Awaitable[Delivered]]


def request(series: Mapping[str, str], now: dt.datetime = NOW, **options: str) -> Request:
    """What is asked of everything since 1990."""
    return Request(
        feed="",
        series=series,
        since=dt.datetime(1990, 1, 1, tzinfo=dt.UTC),
        now=now,
        options=options,
    )


def pulled(fetch: Fetch, asked: Request, answering: Answering) -> tuple[Delivered, Served]:
    """What the feed delivers; its record must give the same again."""
    kept: list[tuple[Exchange, bytes]] = []

    async def keep(one: Exchange, body: bytes) -> None:
        kept.append((one, body))

    async def live(whole: Request) -> Delivered:
        limits = Limits(deadline=5.0, backoff=0.01)
        async with connected(limits, paces={}, record=keep) as client:
            return await fetch(client, whole)

    with served(answering) as server:
        whole = dataclasses.replace(asked, base=server.base)
        found = asyncio.run(live(whole))
    bodies = {one.body: body for one, body in kept}
    again = asyncio.run(fetch(replayed([one for one, _ in kept], bodies.__getitem__), whole))
    assert again.observations.equals(found.observations)
    assert again.items.equals(found.items)
    assert again.gaps == found.gaps
    return found, server
