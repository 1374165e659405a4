"""The 46 transport faults of RELIABILITY.md, each as what a server does on a connection."""

import asyncio
import gzip
import json
import socket
import struct
import time
import zlib
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from functools import cache

GOOD = json.dumps({"symbol": "ETH", "price": 2001.5, "volume": 123456, "n": 1800000}).encode()
OK = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
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


def endless(piece: bytes) -> Reply:
    return lambda link: link.repeat(piece)


def refusal(status: str, **more: str) -> bytes:
    return full(b"{}", status=status, **more)


async def silent(_link: Link) -> None:
    await asyncio.sleep(HELD)


_LENGTH = f"Content-Length: {len(GOOD)}\r\n\r\n"
_CHUNK = f"{OK}Transfer-Encoding: chunked\r\n\r\n28\r\n".encode()
_HEADER = b"X-A: " + b"a" * 1_000 + b"\r\n"
_HINT = b"HTTP/1.1 103 Early Hints\r\n\r\n"
_TWICE = gzip.compress(gzip.compress(GOOD))
_NOT_JSON = {"not_json"}
_CUT = {"broken", "too_large"}
_TABLE: tuple[tuple[str, str, Reply, Collection[str]], ...] = (
    ("T01", "hang", silent, {"timeout"}),
    ("T02", "slow body 1 B/s", after(OK + _LENGTH, lambda x: x.drip(GOOD, 1.0)), {"timeout"}),
    ("T03", "slow headers", lambda x: x.drip(full(GOOD), 0.1), {"timeout"}),
    ("T04", "endless body", after(OK + '\r\n{"a":"', endless(b"x" * 65_536)), {"too_large"}),
    ("T05", "endless headers", after("HTTP/1.1 200 OK\r\n", endless(_HEADER)), _CUT),
    ("T06", "short Content-Length", says(full(GOOD[:40], length=1_000)), {"broken"}),
    ("T07", "close without length", says((OK + "\r\n").encode() + GOOD[:40]), _NOT_JSON),
    ("T08", "truncated chunk", says(_CHUNK + GOOD[:20]), {"broken"}),
    ("T09", "RST mid-body", after(OK + _LENGTH + '{"a"', lambda x: x.reset()), {"broken"}),
    ("T10", "empty 200", body(b""), {"empty"}),
    ("T11", "no bytes", says(b""), {"broken"}),
    ("T12", "HTML 200", says(full(b"<html><title>No</title></html>", kind="text/html")), _NOT_JSON),
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
    ("T30", "double gzip", packed(_TWICE, "gzip, gzip"), {"bad_encoding"}),
    ("T31", "429 + Retry-After 3600", says(refusal("429 No", Retry_After="3600")), {"limited"}),
    ("T32", "429 garbage Retry-After", says(refusal("429 No", Retry_After="soon")), {"limited"}),
    ("T33", "503", says(refusal("503 No")), {"unavailable"}),
    ("T34", "204", says(b"HTTP/1.1 204 No Content\r\n\r\n"), {"empty"}),
    ("T35", "status 999", says(refusal("999 Denied")), {"status"}),
    ("T36", "redirect loop", moved("/T36"), {"redirect"}),
    ("T37", "redirect 169.254.169.254", moved("http://169.254.169.254/latest"), {"redirect"}),
    ("T38", "redirect loopback port", moved("http://127.0.0.1:{other}/secret"), {"redirect"}),
    ("T39", "redirect file:", moved("file:///etc/passwd"), {"redirect"}),
    ("T40", "stray Location", says(full(GOOD, Location="http://x/")), ()),
    ("T41", "not HTTP", says(b"SSH-2.0-OpenSSH_9.0\r\n"), {"broken"}),
    ("T42", "1xx flood", says(_HINT * 5_000 + full(GOOD)), {"too_large"}),
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
