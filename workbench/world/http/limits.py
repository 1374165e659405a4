"""How much of one answer is read, and how often a host is asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from workbench.domain.errors import FeedDark
from workbench.world.http.addresses import near


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one request may take.

    Attributes:
        deadline: Seconds from connecting to the last byte, redirects and the retry included.
        queue: Seconds that a request may wait for its turn at its host before that.
        backoff: Seconds before the one retry; none when it does not fit the deadline.
        head: Bytes of a response before its body, 1xx responses included, and what came of the
            body in the same read of at most 65,536.
        body: Bytes of a body as received.
        inflated: Bytes of a body after decompression.
        redirects: Most redirects within a host.
    """

    deadline: float = 20.0
    queue: float = 300.0
    backoff: float = 0.5
    head: int = 98_304
    body: int = 5_000_000
    inflated: int = 25_000_000
    redirects: int = 3

    def __post_init__(self) -> None:
        """Refuses limits under which nothing could be asked, or nothing would end."""
        if not (0 < self.deadline < float("inf") and 0 <= self.queue < float("inf")):
            raise ValueError(f"Deadlines are finite seconds above 0 (got {self}).")
        if min(self.head, self.body, self.inflated) < 1 or min(self.backoff, self.redirects) < 0:
            raise ValueError(f"At least one byte is needed, and no wait is negative (got {self}).")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often a host is asked.

    Attributes:
        every: Seconds between the starts of two requests.
        at_once: Requests under way at the same time.
    """

    every: float = 0.25
    at_once: int = 4


# A name covers its subdomains, which share one pace.
PACES: Mapping[str, Pace] = {
    # 10 a second over all its hosts, else blocked for ten minutes: its page "Accessing EDGAR data"
    "sec.gov": Pace(every=0.125, at_once=4),
    "mempool.space": Pace(every=1.0, at_once=1),  # undisclosed, on purpose (mempool discussion 752)
    "stlouisfed.org": Pace(every=0.5, at_once=2),  # 120 a minute and key
    "api.github.com": Pace(every=1.0, at_once=1),  # asks for serial requests: secondary limits
    "yahoo.com": Pace(every=0.5, at_once=2),  # undisclosed; answers 429 in bouts
    "etherscan.io": Pace(every=0.4, at_once=1),  # 3 a second on the free plan
    "coingecko.com": Pace(every=2.5, at_once=1),  # 30 a minute keyless at best
    "blockchair.com": Pace(every=2.1, at_once=1),  # 30 a minute keyless
    "api.kraken.com": Pace(every=1.0, at_once=1),  # public calls, about one a second
    "coinbase.com": Pace(every=0.125, at_once=4),  # 10 a second and address
    "kalshi.com": Pace(every=0.1, at_once=2),  # 20 reads a second on the lowest tier
    "bbc.co.uk": Pace(every=1.0, at_once=1),  # feeds: no more than a reader would
}
DEFAULT = Pace()
UNLIMITED = Pace(every=0.0, at_once=64)


def pace(host: str, paces: Mapping[str, Pace]) -> tuple[str, Pace]:
    """The name under which a host is paced, and its pace; this machine has none of its own."""
    parts = host.split(".")
    names = (".".join(parts[first:]) for first in range(len(parts)))
    for name in names:
        if name in paces:
            return name, paces[name]
    return host, UNLIMITED if near(host) else paces.get("*", DEFAULT)


class Turns:
    """Who may ask which host when, for one event loop.

    Args:
        limits: How long one may wait.
        paces: Host names to their paces; ``*`` for all others.
    """

    def __init__(self, limits: Limits, paces: Mapping[str, Pace] = PACES) -> None:
        self._limits = limits
        self._paces = paces
        self._next: dict[str, float] = {}
        self._places: dict[str, asyncio.Semaphore] = {}

    @asynccontextmanager
    async def place(self, host: str) -> AsyncIterator[None]:
        """A place among those who ask the host at once, held as long as the block.

        Raises:
            FeedDark: ``queue`` when none was free in time.
        """
        name, own = pace(host, self._paces)
        places = self._places.setdefault(name, asyncio.Semaphore(own.at_once))
        try:
            async with asyncio.timeout(self._limits.queue):
                await places.acquire()
        except TimeoutError:
            raise self._crowded(host) from None
        try:
            yield
        finally:
            places.release()

    async def start(self, host: str) -> None:
        """Waits until the host may be asked again.

        Raises:
            FeedDark: ``queue`` when that lies too far ahead.
        """
        name, own = pace(host, self._paces)
        now = asyncio.get_running_loop().time()
        begin = max(now, self._next.get(name, now))
        if begin - now > self._limits.queue:
            raise self._crowded(host)
        self._next[name] = begin + own.every
        if begin > now:
            await asyncio.sleep(begin - now)

    def _crowded(self, host: str) -> FeedDark:
        return FeedDark(
            "queue",
            f"{host} could not be asked within {self._limits.queue:g} s: as many requests as its "
            "pace allows stood before this one. Ask for fewer series.",
        )
