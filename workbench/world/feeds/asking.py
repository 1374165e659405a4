"""All feeds of a desk asked at once, each within the pull's deadline; none can stop another."""

from __future__ import annotations

import asyncio
import importlib
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import cast

from workbench.domain.deliveries import Delivered, Request
from workbench.domain.errors import FeedDark
from workbench.world.http.answers import Client

Fetch = Callable[[Client, Request], Awaitable[Delivered]]
Ended = Callable[[Request], Awaitable[None]]
Told = Callable[[str, int, int], None]
LATE = "deadline"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Heard:
    """What came of asking one feed.

    Attributes:
        request: What it was asked for.
        delivered: What it gave, or None when it is dark.
        code: Why it is dark, a short stable word; empty when it is not.
        reason: The same as a sentence.
        seconds: How long it took.
    """

    request: Request
    delivered: Delivered | None
    code: str = ""
    reason: str = ""
    seconds: float = 0.0


def adapter(feed: str) -> Fetch:
    """The function that asks a feed: ``fetch`` of its module."""
    return cast(Fetch, importlib.import_module(f"workbench.world.feeds.{feed}").fetch)


async def asked(
    requests: Sequence[Request],
    client: Callable[[str], Client],
    seconds: float,
    told: Told = lambda _what, _done, _of: None,
    adapters: Callable[[str], Fetch] = adapter,
    ended: Ended | None = None,
) -> tuple[Heard, ...]:
    """Asks every feed at once.

    Args:
        requests: One a feed.
        client: The client by which a feed is asked, from its name.
        seconds: What all of them may take together; a feed that is not done by then is dark.
        told: Progress: which feed has answered, how many have, of how many.
        adapters: Name of a feed to the function that asks it.
        ended: Told of every fetch that came to its own end, such as ``Recorder.fetched``.

    Returns:
        What came of each, in the order of the requests. Nothing that an adapter does raises.
    """
    until = asyncio.get_running_loop().time() + seconds
    done = 0

    async def one(request: Request) -> Heard:
        nonlocal done
        began = time.monotonic()
        fetch = adapters(request.feed)
        heard = await _heard(fetch, request, client(request.feed), until, seconds)
        if ended is not None and heard.code != LATE:
            await ended(request)
        done += 1
        told(request.feed, done, len(requests))
        return Heard(
            request=request, delivered=heard.delivered, code=heard.code, reason=heard.reason,
            seconds=round(time.monotonic() - began, 2),
        )  # fmt: skip

    return tuple(await asyncio.gather(*(one(request) for request in requests)))


async def _heard(
    fetch: Fetch, request: Request, client: Client, until: float, seconds: float
) -> Heard:
    try:
        async with asyncio.timeout_at(until):
            delivered = await fetch(client, request)
    except TimeoutError:
        late = f"{request.feed} was not done within the {seconds:g} s that a pull may take."
        return Heard(request=request, delivered=None, code=LATE, reason=late)
    except FeedDark as error:
        return Heard(request=request, delivered=None, code=error.code, reason=error.reason)
    except Exception as error:  # noqa: BLE001  # an adapter's own fault darkens its feed, not the desk
        # Its words may quote what was sent, so only its kind is told.
        kind = f"The adapter of {request.feed} failed ({type(error).__name__})."
        return Heard(request=request, delivered=None, code="fault", reason=kind)
    return Heard(request=request, delivered=delivered)
