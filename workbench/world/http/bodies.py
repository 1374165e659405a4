"""A body as it comes in, to bytes that are known to be whole and not too many.

Decompression is done here, a piece at a time and under a cap of its own, so that a small bomb
never unfolds. What has no end of its own (csv, text, html) must be told to be whole by the
transport: by a length, by chunks, or by gzip's own trailer.
"""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

from workbench.domain.errors import FeedDark
from workbench.world.http.answers import Form
from workbench.world.http.limits import Limits

_PIECE = 65_536
_BOMB = 50  # times; prose and tables deflate to a tenth, a bomb to a thousandth
_GZIP, _ZLIB, _DEFLATE = 31, 15, -15
_PROSE: frozenset[Form] = frozenset({"html", "text"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """Bytes after decompression, and whether they end where the cap is."""

    content: bytes
    cut: bool = False


class _Full(Exception):
    """The cap is reached."""


class _Inflating:
    """Pieces as received to a whole; ``None`` for no compression."""

    def __init__(self, window: int | None, most: int) -> None:
        self._window, self._most = window, most
        self._inner = zlib.decompressobj(window) if window is not None else None
        self._begun = False
        self.found, self.used = bytearray(), 0

    def add(self, piece: bytes, left: int = 0) -> None:
        """Adds a piece.

        Args:
            piece: As received.
            left: Bytes that may still be received after it; below 0 it is too much by itself.

        Raises:
            _Full: There would be more than allowed; what is allowed is there.
            zlib.error: It is not compressed as the header says.
        """
        self._add(piece)
        if left < 0:
            raise _Full

    def _add(self, piece: bytes) -> None:
        if self._inner is None:
            self.used += len(piece)
            self._take(piece)
            return
        if not self._begun and self._window == _ZLIB and piece and piece[0] & 0x0F != 8:
            # Some servers send bare deflate under that name.
            self._inner = zlib.decompressobj(_DEFLATE)
        self._begun = self._begun or bool(piece)
        more = False
        while piece or more:
            if self._inner.eof:
                if self._window != _GZIP:
                    raise zlib.error("bytes after the end")
                self._inner = zlib.decompressobj(_GZIP)  # the next member of a gzip file
            unfolded = self._inner.decompress(piece, _PIECE)
            rest = self._inner.unconsumed_tail or self._inner.unused_data
            self.used += len(piece) - len(rest)
            # A full piece may leave output within, though all input is taken.
            piece, more = rest, len(unfolded) == _PIECE and not self._inner.eof
            self._take(unfolded)

    def whole(self) -> bool:
        """True when the compressed bytes came to their own end."""
        return self._inner is None or self._inner.eof

    def _take(self, piece: bytes) -> None:
        left = self._most - len(self.found)
        self.found += piece[:left]
        if len(piece) > left:
            raise _Full


async def read(
    stream: AsyncIterator[bytes],
    headers: Mapping[str, str],
    form: Form,
    limits: Limits,
    host: str,
) -> Body:
    """The whole body of a response.

    Args:
        stream: Its bytes as received.
        headers: Names in lower case.
        form: What it should be; html and text are cut at the cap, of others too much is refused.
        limits: ``body`` and ``inflated``.
        host: Named in errors.

    Raises:
        FeedDark: ``too_large``, ``bad_encoding``, ``broken`` or ``empty``.
    """
    encoding = headers.get("content-encoding", "").strip().lower()
    window = _window(encoding, host)
    length = headers.get("content-length", "")
    most = limits.body if window is None or form in _PROSE else limits.inflated
    if form not in _PROSE and length.isdecimal() and int(length) > limits.body:
        raise _too_large(host, limits, "announces more")
    inflating = _Inflating(window, most)
    received = 0
    try:
        async for piece in stream:
            received += len(piece)
            inflating.add(piece, limits.body - received)
    except _Full:
        found = inflating.found
        if form not in _PROSE or len(found) > _BOMB * inflating.used:
            raise _too_large(host, limits, "sent more") from None
        return Body(content=bytes(found), cut=True)
    except zlib.error:
        raise FeedDark(
            "bad_encoding", f"{host} says {encoding}, and the body cannot be unpacked as that."
        ) from None
    if received and not inflating.whole():
        raise FeedDark("broken", f"{host} sent a body whose {encoding} ends before its end.")
    if not inflating.found.strip():
        raise FeedDark("empty", f"{host} answered with an empty body.")
    ends = window is not None or length or "chunked" in headers.get("transfer-encoding", "")
    if form in {"csv", "text", "html"} and not ends:
        raise FeedDark(
            "broken", f"{host} told nowhere how long its {form} is, so it may have been cut off."
        )
    return Body(content=bytes(inflating.found))


async def glimpse(
    stream: AsyncIterator[bytes], headers: Mapping[str, str], most: int = 65_536
) -> bytes:
    """The beginning of an error's body, which may say why; empty when it cannot be read."""
    with contextlib.suppress(FeedDark, zlib.error):
        inflating = _Inflating(_window(headers.get("content-encoding", "").lower(), ""), most)
        with contextlib.suppress(_Full):
            async for piece in stream:
                inflating.add(piece)
        return bytes(inflating.found)
    return b""


def _window(encoding: str, host: str) -> int | None:
    if encoding in {"", "identity"}:
        return None
    if encoding in {"gzip", "x-gzip"}:
        return _GZIP
    if encoding == "deflate":
        return _ZLIB
    raise FeedDark(
        "bad_encoding", f"{host} packed its answer in a way that was not asked for; gzip was."
    )


def _too_large(host: str, limits: Limits, what: str) -> FeedDark:
    return FeedDark(
        "too_large",
        f"{host} {what} than {limits.body} bytes, or {limits.inflated} unpacked, "
        "which is the most that is read of one answer.",
    )
