"""A server that has the 46 transport faults, and what comes of each with the one client.

``python -m tests.bench.transport`` prints the table fault × outcome × seconds, and with a number
what comes of so many mutated answers.
"""

import asyncio
import contextlib
import dataclasses
import gzip
import random
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tests.bench.faults import FAULTS, GOOD, Link, Reply, bomb, full, says
from workbench.domain.errors import FeedDark
from workbench.world.http.answers import Client
from workbench.world.http.client import connected
from workbench.world.http.decoding import as_json
from workbench.world.http.limits import Limits

LIMITS = Limits(
    deadline=0.5, queue=5.0, backoff=0.02, body=1_000_000, inflated=4_000_000, redirects=3
)
# Where time is not the point, a loaded machine must not make it so.
PATIENT = dataclasses.replace(LIMITS, deadline=6.0)


@dataclass(slots=True)
class Running:
    """A server that is running: its address, and the paths it was asked for, with their heads."""

    base: str
    asked: list[str] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)
    reached: list[str] = field(default_factory=list)
    """What the port that nobody may reach was asked."""


@asynccontextmanager
async def serving(replies: dict[str, Reply] | None = None) -> AsyncIterator[Running]:
    """A server on loopback: each path's first part names its reply; ``FAULTS`` when None."""
    faults = {code: fault.reply for code, fault in FAULTS.items()}
    known = faults if replies is None else replies
    state = Running("")
    ports = [0, 0]

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Cancelled when the server ends while a fault still drips.
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            path = head.split(" ")[1]
            state.asked.append(path)
            state.heads.append(head)
            name = path.partition("?")[0].strip("/").partition("/")[0]
            await known[name](Link(writer, *ports))
        writer.transport.abort() if writer.transport.get_write_buffer_size() else writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    async def secret(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        state.reached.append((await reader.readline()).decode())
        writer.write(full(b'{"price": 1.0}'))
        writer.close()

    own = await asyncio.start_server(serve, "127.0.0.1", 0)
    other = await asyncio.start_server(secret, "127.0.0.1", 0)
    ports[:] = (one.sockets[0].getsockname()[1] for one in (own, other))
    state.base = f"http://127.0.0.1:{ports[0]}"
    try:
        yield state
    finally:
        for one in (own, other):
            one.close()
        here = asyncio.current_task()
        left = [task for task in asyncio.all_tasks() if task is not here]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)


class _Quote(BaseModel):
    """What an adapter reads of these answers."""

    model_config = ConfigDict(strict=True, extra="ignore")
    price: float = Field(gt=0, allow_inf_nan=False)


async def price(client: Client, url: str) -> float:
    """The smallest adapter."""
    answer = await client.ask(url, form="json")
    try:
        return _Quote.model_validate(as_json(answer.body)).price
    except ValidationError as error:
        raise FeedDark("not_understood", str(error.errors()[0]["msg"])) from None


def limits(fault: str) -> Limits:
    """Those of a fault: short where only the deadline ends it."""
    return LIMITS if FAULTS[fault].codes == {"timeout"} else PATIENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a fault: the code of its refusal, or empty, in how many seconds and requests."""

    fault: str
    code: str
    reason: str
    seconds: float
    tries: int

    def wrong(self) -> str:
        """What is not as it should be; empty when all is."""
        allowed = FAULTS[self.fault].codes
        if self.code not in allowed if allowed else self.code:
            return (
                f"{self.code or 'accepted'} instead of {' or '.join(sorted(allowed)) or 'accepted'}"
            )
        if self.tries > (4 if self.fault == "T36" else 2):
            return f"{self.tries} requests"
        return "too late" if self.seconds > limits(self.fault).deadline + 1.0 else ""


Ask = Callable[[str], Awaitable[float]]


async def tried(fault: str, server: Running, ask: Ask | None = None) -> Outcome:
    """One fault against the client, or against another way of asking."""
    bomb()  # made once, and not at the cost of a deadline
    before, began = len(server.asked), time.perf_counter()
    code = reason = ""
    try:
        if ask is not None:
            await ask(f"{server.base}/{fault}")
        else:
            async with connected(limits(fault)) as client:
                await price(client, f"{server.base}/{fault}")
    except FeedDark as dark:
        code, reason = dark.code, str(dark)
    return Outcome(
        fault=fault, code=code, reason=reason, seconds=time.perf_counter() - began,
        tries=len(server.asked) - before,
    )  # fmt: skip


def mutated(seed: int) -> bytes:
    """A sound response with a few bytes changed, lost, doubled or put in, by chance."""
    chance = random.Random(seed)
    packed = chance.random() < 0.3
    content = gzip.compress(GOOD) if packed else GOOD
    data = bytearray(full(content, **({"Content_Encoding": "gzip"} if packed else {})))
    for _ in range(chance.randint(1, 4)):
        where = chance.randrange(len(data) + 1)
        until = min(where + chance.randint(1, 12), len(data))
        piece = chance.choice(
            [b"", bytes(data[where:until]) * 2, chance.randbytes(until - where), b"\r\n", b"0"]
        )
        data[where:until] = piece
    return bytes(data)


async def survived(seeds: Iterable[int]) -> dict[str, int]:
    """Outcomes of mutated responses with their counts; anything but an answer or a reason raises.

    Raises:
        AssertionError: An answer was taken whose price is none, or it came too late.
    """
    found: dict[str, int] = {}
    replies: dict[str, Reply] = {}
    async with serving(replies) as server:
        for seed in seeds:
            replies["x"] = says(mutated(seed))
            began, code = time.perf_counter(), "accepted"
            async with connected(LIMITS) as client:
                try:
                    assert 0 < await price(client, f"{server.base}/x") < float("inf"), seed
                except FeedDark as dark:
                    code = dark.code
            assert time.perf_counter() - began < LIMITS.deadline + 5.0, seed
            found[code] = found.get(code, 0) + 1
    return found


async def _table() -> list[Outcome]:
    async with serving() as server:
        return [await tried(fault, server) for fault in FAULTS]


def main() -> None:
    """Prints the table, and with a number what comes of so many mutated answers."""
    if len(sys.argv) > 1:
        print(asyncio.run(survived(range(int(sys.argv[1])))))
        return
    outcomes = asyncio.run(_table())
    for one in outcomes:
        told = one.code or "accepted"
        print(
            f"{one.fault}  {FAULTS[one.fault].name:<26} {told:<15} {one.seconds:5.2f} s  "
            f"{one.tries} asked  {one.wrong() and 'WRONG: ' + one.wrong()}{one.reason}"
        )
    print(f"{sum(not one.wrong() for one in outcomes)} of {len(outcomes)} as they should be")


if __name__ == "__main__":
    main()
