"""The 46 transport faults of RELIABILITY.md, a server that has them all, and what comes of each.

``python -m tests.bench.transport`` prints the table fault × outcome × seconds.
"""

import asyncio
import contextlib
import gzip
import json
import socket
import struct
import time
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from workbench.domain.errors import FeedDark
from workbench.world.http.answers import Client
from workbench.world.http.client import connected
from workbench.world.http.decoding import as_json
from workbench.world.http.limits import Limits

GOOD = json.dumps({"symbol": "ETH", "price": 2001.5, "volume": 123456, "n": 1800000}).encode()
OK = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
LIMITS = Limits(
    deadline=0.5, queue=5.0, backoff=0.02, body=1_000_000, inflated=4_000_000, redirects=3
)
ROUNDS = 10_000  # of a loop that has no end of its own
HELD = 3.0  # seconds that a silent server keeps a connection


class Link:
    """One connection of the server, and the ports that it may name."""

    def __init__(self, writer: asyncio.StreamWriter, port: int, other: int) -> None:
        self.writer, self.port, self.other = writer, port, other

    async def send(self, data: bytes | str) -> None:
        self.writer.write(data if isinstance(data, bytes) else data.encode())
        await self.writer.drain()

    async def drip(self, data: bytes, every: float) -> None:
        for place in range(len(data)):
            await self.send(data[place : place + 1])
            await asyncio.sleep(every)

    async def repeat(self, piece: bytes) -> None:
        for _ in range(ROUNDS):
            await self.send(piece)

    async def reset(self) -> None:
        link = self.writer.get_extra_info("socket")
        # Closing without lingering is a RST instead of a FIN.
        link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


Reply = Callable[[Link], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault: its name, what the server does, and the codes with which it may be refused.

    No code at all means that the answer is accepted.
    """

    name: str
    reply: Reply
    codes: frozenset[str]


def full(
    body: bytes,
    *,
    status: str = "200 OK",
    kind: str = "application/json",
    length: int | None = None,
    **more: str,
) -> bytes:
    """A whole response; ``length`` lies about its body's."""
    head = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", "Connection: close"]
    head += [f"{name.replace('_', '-')}: {value}" for name, value in more.items()]
    head += [f"Content-Length: {len(body) if length is None else length}", "", ""]
    return "\r\n".join(head).encode() + body


def says(data: bytes) -> Reply:
    return lambda link: link.send(data)


def body(content: bytes) -> Reply:
    return says(full(content))


def packed(content: bytes, encoding: str = "gzip") -> Reply:
    return says(full(content, Content_Encoding=encoding))


def moved(to: str, status: str = "302 Found") -> Reply:
    """A redirect; ``{port}`` is this server's and ``{other}`` that of the one it must not reach."""

    async def reply(link: Link) -> None:
        where = to.format(port=link.port, other=link.other)
        await link.send(full(b"", status=status, Location=where))

    return reply


@cache
def bomb() -> bytes:
    """100 MB of zeros in 100 kB."""
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    piece = b"0" * 4_000_000
    parts = [packer.compress(b'{"a":"'), *(packer.compress(piece) for _ in range(25))]
    return b"".join([*parts, packer.compress(b'"}'), packer.flush()])


def after(first: bytes | str, then: Callable[[Link], Awaitable[None]]) -> Reply:
    async def reply(link: Link) -> None:
        await link.send(first)
        await then(link)

    return reply


async def silent(_link: Link) -> None:
    await asyncio.sleep(HELD)


_LENGTH = f"Content-Length: {len(GOOD)}\r\n\r\n"
_NOT_JSON = {"not_json"}
_TABLE: tuple[tuple[str, str, Reply, Collection[str]], ...] = (
    ("T01", "hang", silent, {"timeout"}),
    ("T02", "slow body 1 B/s", after(OK + _LENGTH, lambda x: x.drip(GOOD, 1.0)), {"timeout"}),
    ("T03", "slow headers", lambda x: x.drip(full(GOOD), 0.1), {"timeout"}),
    ("T04", "endless body", after(OK + '\r\n{"a":"', lambda x: x.repeat(b"x" * 65_536)), {"too_large"}),
    ("T05", "endless headers", after("HTTP/1.1 200 OK\r\n", lambda x: x.repeat(b"X-A: " + b"a" * 1_000 + b"\r\n")), {"broken", "too_large"}),
    ("T06", "short Content-Length", says(full(GOOD[:40], length=1_000)), {"broken"}),
    ("T07", "close without length", says((OK + "\r\n").encode() + GOOD[:40]), _NOT_JSON),
    ("T08", "truncated chunk", says((OK + "Transfer-Encoding: chunked\r\n\r\n28\r\n").encode() + GOOD[:20]), {"broken"}),
    ("T09", "RST mid-body", after(OK + 'Content-Length: 100\r\n\r\n{"a"', lambda x: x.reset()), {"broken"}),
    ("T10", "empty 200", body(b""), {"empty"}),
    ("T11", "no bytes", says(b""), {"broken"}),
    ("T12", "HTML 200", says(full(b"<html><title>Access denied</title></html>", kind="text/html")), _NOT_JSON),
    ("T13", "HTML labelled JSON", body(b"<!doctype html><html>maintenance</html>"), _NOT_JSON),
    ("T14", "null", body(b"null"), {"not_understood"}),
    ("T15", "error object in 200", body(b'{"error":"invalid api key"}'), {"not_understood"}),
    ("T16", "NaN/Infinity", body(b'{"price":NaN,"volume":Infinity}'), _NOT_JSON),
    ("T17", "1e999", body(b'{"price":1e999}'), _NOT_JSON),
    ("T18", "duplicate keys", body(b'{"price":1,"price":2}'), _NOT_JSON),
    ("T19", "5,000-digit int", body(b'{"price":' + b"9" * 5_000 + b"}"), _NOT_JSON),
    ("T20", "nesting 100 k", body(b"[" * 100_000 + b"]" * 100_000), _NOT_JSON),
    ("T21", "BOM", body(b"\xef\xbb\xbf" + GOOD), ()),
    ("T22", "invalid UTF-8", body(b'{"price":1,"t":"\xff\xfe\xc3"}'), _NOT_JSON),
    ("T23", "lone surrogate", body(b'{"price":1,"t":"\\ud800"}'), _NOT_JSON),
    ("T24", 'number as "1,234.5"', body(b'{"price":"1,234.5"}'), {"not_understood"}),
    ("T25", "trailing garbage", body(GOOD + b"<!-- -->"), _NOT_JSON),
    ("T26", "two documents", body(GOOD + GOOD), _NOT_JSON),
    ("T27", "gzip header, plain body", packed(GOOD), {"bad_encoding"}),
    ("T28", "truncated gzip", packed(gzip.compress(GOOD * 50)[:60]), {"broken"}),
    ("T29", "gzip bomb", lambda x: x.send(full(bomb(), Content_Encoding="gzip")), {"too_large"}),
    ("T30", "double gzip", packed(gzip.compress(gzip.compress(GOOD)), "gzip, gzip"), {"bad_encoding"}),
    ("T31", "429 + Retry-After 3600", says(full(b"{}", status="429 No", Retry_After="3600")), {"limited"}),
    ("T32", "429 garbage Retry-After", says(full(b"{}", status="429 No", Retry_After="soon")), {"limited"}),
    ("T33", "503", says(full(b"oops", status="503 No")), {"unavailable"}),
    ("T34", "204", says(b"HTTP/1.1 204 No Content\r\n\r\n"), {"empty"}),
    ("T35", "status 999", says(full(b"no", status="999 Denied")), {"status"}),
    ("T36", "redirect loop", moved("/T36"), {"redirect"}),
    ("T37", "redirect 169.254.169.254", moved("http://169.254.169.254/latest/meta-data/"), {"redirect"}),
    ("T38", "redirect loopback port", moved("http://127.0.0.1:{other}/secret"), {"redirect"}),
    ("T39", "redirect file:", moved("file:///etc/passwd"), {"redirect"}),
    ("T40", "stray Location", says(full(GOOD, Location="http://x/")), ()),
    ("T41", "not HTTP", says(b"SSH-2.0-OpenSSH_9.0\r\n"), {"broken"}),
    ("T42", "1xx flood", after(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 9_000, lambda x: x.send(full(GOOD))), {"too_large"}),
    ("T43", "body longer than length", says(full(GOOD, length=10)), _NOT_JSON),
    # RFC 9112 6.3: to be discarded; requests and browsers let it by, so the table leaves it open.
    ("T44", "negative length", says(full(GOOD, length=-5)), {"broken"}),
    ("T45", "Date skew 2 h", lambda x: x.send(full(GOOD, Date=_two_hours_ago())), ()),
    ("T46", "good", body(GOOD), ()),
)  # fmt: skip


def _two_hours_ago() -> str:
    return time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() - 7_200))


FAULTS = {
    code: Fault(name=name, reply=reply, codes=frozenset(codes))
    for code, name, reply, codes in _TABLE
}


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
    known = replies or {code: fault.reply for code, fault in FAULTS.items()}
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
        return "too late" if self.seconds > LIMITS.deadline + 1.0 else ""


Ask = Callable[[str], Awaitable[float]]


async def tried(fault: str, server: Running, ask: Ask | None = None) -> Outcome:
    """One fault against the client, or against another way of asking."""
    before, began = len(server.asked), time.perf_counter()
    code = reason = ""
    try:
        if ask is not None:
            await ask(f"{server.base}/{fault}")
        else:
            async with connected(LIMITS) as client:
                await price(client, f"{server.base}/{fault}")
    except FeedDark as dark:
        code, reason = dark.code, str(dark)
    return Outcome(
        fault=fault, code=code, reason=reason, seconds=time.perf_counter() - began,
        tries=len(server.asked) - before,
    )  # fmt: skip


async def _table() -> list[Outcome]:
    async with serving() as server:
        return [await tried(fault, server) for fault in FAULTS]


def main() -> None:
    """Prints the table."""
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
