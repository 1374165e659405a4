"""One request to the Messages API: our own retries, one deadline for all of it, a bounded reply.

The SDK's defaults allow half an hour, obey a Retry-After of hours, never time out a byte a second
and follow a redirect with the key in hand. Here nothing outlives ``until``. The key is read from
ANTHROPIC_API_KEY and from nowhere else, and is taken out of a reply that repeats it.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import email.utils
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from workbench.world.claude.bodies import shown
from workbench.world.claude.faults import Unheard
from workbench.world.claude.replies import HEADERS, Answer

if TYPE_CHECKING:
    import anthropic
    import httpx2  # only types here; a cycle of house minds loads neither

PATH = "/v1/messages"
Send = Callable[[bytes, float], Awaitable[Answer]]
"""Sends a canonical request until a moment of the running loop's clock; never raises a fault."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one cycle of asking may take.

    Attributes:
        mind: Seconds for one mind: its waits, retries and repair.
        cycle: Seconds for all minds together.
        attempts: Requests for one answer, at least 1, when the service says to try again.
        backoff: Seconds before the second attempt when no Retry-After is given; then doubled.
        body: Bytes of one reply.
    """

    mind: float = 120.0
    cycle: float = 180.0
    attempts: int = 3
    backoff: float = 1.0
    body: int = 5_000_000

    def __post_init__(self) -> None:
        """Refuses limits under which nothing could be asked, or nothing would end."""
        if not (0 < self.mind < float("inf") and 0 < self.cycle < float("inf")):
            raise ValueError(f"Deadlines are finite seconds above 0 (got {self}).")
        if self.attempts < 1 or self.backoff < 0 or self.body < 1:
            raise ValueError(f"At least one attempt and one byte are needed (got {self}).")


class _TooLarge(Exception):
    pass


@asynccontextmanager
async def connected(limits: Limits) -> AsyncIterator[Send]:
    """A way to send, open as long as the block.

    The address is the SDK's: ANTHROPIC_BASE_URL, else Anthropic's own.

    Raises:
        Unheard: ``no_key``, or ``no_connection`` when the key would travel unencrypted.
    """
    import anthropic
    import httpx2

    class Capped(httpx2.AsyncByteStream):
        """A body of at most so many bytes."""

        def __init__(self, inner: httpx2.AsyncByteStream) -> None:
            self.inner = inner

        async def __aiter__(self) -> AsyncIterator[bytes]:
            size = 0
            async for chunk in self.inner:
                size += len(chunk)
                if size > limits.body:
                    raise _TooLarge(f"it has more than {limits.body} bytes")
                yield chunk

        async def aclose(self) -> None:
            await self.inner.aclose()

    secret = os.environ.get("ANTHROPIC_API_KEY", "").strip()
    if not secret:
        raise Unheard("no_key", "ANTHROPIC_API_KEY is not set, so no Claude mind can be asked.")
    if not secret.isascii() or not secret.isprintable():
        raise Unheard("no_key", "ANTHROPIC_API_KEY holds what no header can carry. Set it again.")

    async def capped(response: httpx2.Response) -> None:
        # Compressed bytes are not asked for: a small bomb would pass a cap on what is received.
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            raise _TooLarge("it is compressed, which was not asked for")
        if isinstance(response.stream, httpx2.AsyncByteStream):
            response.stream = Capped(response.stream)

    try:
        http = anthropic.DefaultAsyncHttpxClient(
            follow_redirects=False, event_hooks={"response": [capped]}
        )
        client = anthropic.AsyncAnthropic(
            api_key=secret,
            max_retries=0,
            http_client=http,
            default_headers={"Accept-Encoding": "identity"},
        )
    except (httpx2.InvalidURL, anthropic.AnthropicError, ValueError, OSError) as error:
        raise Unheard(
            "no_connection",
            f"ANTHROPIC_BASE_URL, or a proxy or certificate of the environment, is of no use "
            f"({type(error).__name__}). Correct it or unset it.",
        ) from None
    async with http:
        address = urlsplit(str(client.base_url))
        near = address.hostname in {"127.0.0.1", "::1", "localhost"}
        if address.scheme != "https" and not (near and address.scheme == "http"):
            raise Unheard(
                "no_connection",
                f"ANTHROPIC_BASE_URL names {shown(address.scheme)}://{shown(address.hostname)}, "
                "over which the key would travel unencrypted. Use https.",
            )

        async def send(request: bytes, until: float) -> Answer:
            return await _persistent(client, request, until, limits, secret.encode())

        yield send


@dataclass(frozen=True, slots=True)
class _Attempt:
    status: int | None
    headers: dict[str, str]
    body: bytes
    failure: tuple[str, str] | None
    again: bool


async def _persistent(
    client: anthropic.AsyncAnthropic, request: bytes, until: float, limits: Limits, secret: bytes
) -> Answer:
    """Attempts until one ends the matter, all within ``until``."""
    began = time.monotonic()
    allowed = until - began
    told: list[str] = []
    late = ("deadline", f"No whole answer within {max(allowed, 0):.1f} s.")
    last = _Attempt(None, {}, b"", late, False)
    try:
        async with asyncio.timeout_at(until):
            for attempt in range(limits.attempts):
                last = await _post(client, request, max(until - time.monotonic(), 0.001))
                what = str(last.status) if last.status else (last.failure or ("",))[0]
                told.append(f"{what} after {time.monotonic() - began:.2f} s")
                if not last.again or attempt + 1 == limits.attempts:
                    break
                wait = _wait(last.headers, limits.backoff * 2**attempt)
                left = until - time.monotonic()
                if wait >= left:
                    told.append(f"asked to wait {wait:.0f} s with {max(left, 0):.0f} s left")
                    break
                await asyncio.sleep(wait)
    except TimeoutError:
        told.append(f"cut off after {time.monotonic() - began:.2f} s")
        before = f" Before: {'; '.join(told[:-1])}." if told[:-1] else ""
        last = _Attempt(None, {}, b"", (late[0], late[1] + before), False)
    body = last.body
    if secret in body:
        body = body.replace(secret, b"[key withheld]")
        told.append("the key was taken out of the reply")
    return Answer(
        status=last.status, headers=last.headers, body=body, failure=last.failure,
        attempts=tuple(told), seconds=time.monotonic() - began, at=dt.datetime.now(dt.UTC),
    )  # fmt: skip


async def _post(client: anthropic.AsyncAnthropic, request: bytes, seconds: float) -> _Attempt:
    import anthropic
    import httpx2

    try:
        response = await client.post(
            PATH,
            content=request,
            cast_to=httpx2.Response,
            options={"headers": {"Content-Type": "application/json"}, "timeout": seconds},
        )
    except anthropic.APIStatusError as error:
        response = error.response
    except anthropic.APITimeoutError:
        failure = ("deadline", f"Nothing was heard for {seconds:.1f} s.")
        return _Attempt(None, {}, b"", failure, False)
    except anthropic.APIConnectionError as error:
        cause = error.__cause__
        if isinstance(cause, _TooLarge):
            failure = ("too_large", f"The reply was left unread: {cause}.")
        elif isinstance(cause, httpx2.ConnectError):
            failure = ("no_connection", f"The service cannot be reached: {shown(cause)}.")
        else:
            kind = type(cause or error).__name__
            failure = ("cut", f"The connection broke before the reply was whole ({kind}).")
        return _Attempt(None, {}, b"", failure, isinstance(cause, httpx2.ConnectError))
    except Exception as error:  # noqa: BLE001  # the SDK's own trouble is one mind's absence
        # Its words may quote a header, so only its kind is told.
        failure = ("cut", f"The request failed before a reply was whole ({type(error).__name__}).")
        return _Attempt(None, {}, b"", failure, False)
    headers = {k.lower(): v[:200] for k, v in response.headers.items() if k.lower() in HEADERS}
    again = response.status_code == 429 or response.status_code >= 500
    again &= headers.get("x-should-retry", "").lower() != "false"
    return _Attempt(response.status_code, headers, response.content, None, again)


def _wait(headers: dict[str, str], otherwise: float) -> float:
    """Seconds before another attempt: what the service asks for, or our own backoff."""
    told = headers.get("retry-after", "").strip()
    try:
        seconds = float(told)
    except ValueError:
        try:
            then = email.utils.parsedate_to_datetime(told)
            seconds = (then - dt.datetime.now(dt.UTC)).total_seconds()
        except (ValueError, TypeError, OverflowError):
            return otherwise
    # A date in the past or a nonsense number is no answer to "when".
    return seconds if 0 < seconds < float("inf") else otherwise
