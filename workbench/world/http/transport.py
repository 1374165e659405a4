"""Connections of the one client: one for each request, the head of an answer bounded.

A connection is never used twice, so that no leftover of one answer is taken for the next. The
proxy of the environment (``HTTPS_PROXY``, ``NO_PROXY``) is used for https, within which it sees
nothing but the host's name; this machine is always asked directly. Secrets join a request here,
below the library that logs its address.
"""

from __future__ import annotations

import logging
import ssl
import urllib.request
from collections.abc import AsyncIterator, Iterable
from typing import Any

import httpcore2
import httpx2

from workbench.domain.errors import FeedDark
from workbench.world.http.addresses import near
from workbench.world.http.keys import Secret

SECRET = "workbench.secret"  # noqa: S105  # the extension's name


class TooMuch(httpcore2.ReadError):
    """A host sent more than is read of anyone."""


class _Counted(httpcore2.AsyncNetworkStream):
    """A connection that counts what it read since it last wrote, and stops at a limit."""

    def __init__(self, inner: httpcore2.AsyncNetworkStream, most: int) -> None:
        self._inner, self._read, self.most = inner, 0, most

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if self._read > self.most:
            raise TooMuch(f"more than {self.most} bytes")
        data = await self._inner.read(max_bytes, timeout)
        self._read += len(data)
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._read = 0
        await self._inner.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        inner = await self._inner.start_tls(ssl_context, server_hostname, timeout)
        return _Counted(inner, self.most)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)

    def widen(self, most: int) -> None:
        """Lets more be read, now that the head is there.

        Raises:
            TooMuch: The head was too long; what came with its last bytes is counted with it.
        """
        if self._read > self.most:
            raise TooMuch(f"more than {self.most} bytes before the body")
        self.most = most


class _Network(httpcore2.AsyncNetworkBackend):
    """TCP whose connections count."""

    def __init__(self, most: int) -> None:
        self._inner, self._most = httpcore2.AnyIOBackend(), most

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        inner = await self._inner.connect_tcp(host, port, timeout, local_address, socket_options)
        return _Counted(inner, self._most)

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


class _Stream(httpx2.AsyncByteStream):
    def __init__(self, inner: httpcore2.Response) -> None:
        self._inner = inner

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._inner.aiter_stream():
            yield part

    async def aclose(self) -> None:
        await self._inner.aclose()


class Transport(httpx2.AsyncBaseTransport):
    """What ``httpx2.AsyncClient`` sends through.

    Args:
        head: Most bytes of a response before its body.
        whole: Most bytes of a response, its framing included.
    """

    def __init__(self, *, head: int, whole: int) -> None:
        logging.getLogger("httpcore2.http11").addFilter(_without_heads)
        self._network, self._whole = _Network(head), whole
        self._pools: dict[str, httpcore2.AsyncConnectionPool] = {}
        self._context: ssl.SSLContext | None = None

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Sends a request.

        Raises:
            httpcore2.NetworkError: And the other errors of that library, as they are.
            TooMuch: The head or the whole is beyond its limit.
            FeedDark: ``no_connection`` for a proxy that cannot be used.
        """
        url, headers = request.url, list(request.headers.raw)
        hidden: Secret = request.extensions.get(SECRET) or Secret()
        pair, own = hidden.query(), hidden.header()
        if pair is not None and pair[0] not in url.params:
            url = url.copy_add_param(*pair)
        if own is not None:
            name = own[0].lower().encode("ascii")
            headers = [one for one in headers if one[0].lower() != name]
            headers.append((own[0].encode("ascii"), own[1].encode("ascii")))
        response = await self._pool(url.scheme, url.host).handle_async_request(
            httpcore2.Request(
                method=request.method,
                url=httpcore2.URL(
                    scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
                ),
                headers=headers,
                content=request.content,
            )
        )
        stream = response.extensions.get("network_stream")
        if isinstance(stream, _Counted):
            try:
                stream.widen(self._whole)
            except TooMuch:
                await response.aclose()
                raise
        return httpx2.Response(
            status_code=response.status, headers=response.headers, stream=_Stream(response)
        )

    async def aclose(self) -> None:
        """Closes all connections."""
        for pool in self._pools.values():
            await pool.aclose()
        self._pools.clear()

    def _pool(self, scheme: str, host: str) -> httpcore2.AsyncConnectionPool:
        proxy = _proxy(scheme, host)
        known = self._pools.get(scheme + proxy)
        if known is not None:
            return known
        if scheme == "https" and self._context is None:
            self._context = httpcore2.default_ssl_context()
        options: dict[str, Any] = {
            "ssl_context": self._context,
            "max_connections": None,
            "max_keepalive_connections": 0,
            "network_backend": self._network,
        }
        direct = httpcore2.AsyncConnectionPool
        pool = _through(proxy, options) if proxy else direct(**options)
        self._pools[scheme + proxy] = pool
        return pool


def _without_heads(record: logging.LogRecord) -> bool:
    """Keeps what a host answered out of the log: a redirect or a broken head may repeat a key."""
    return not record.getMessage().startswith("receive_response")


def _proxy(scheme: str, host: str) -> str:
    """The environment's proxy for a host; empty for none."""
    if scheme != "https" or near(host) or urllib.request.proxy_bypass(host):
        return ""
    found = urllib.request.getproxies()
    return found.get("https") or found.get("all") or ""


def _through(proxy: str, options: dict[str, Any]) -> httpcore2.AsyncConnectionPool:
    """Connections through a proxy.

    Raises:
        FeedDark: ``no_connection``; the proxy's address is not shown, as it may hold a password.
    """
    try:
        given = httpx2.Proxy(proxy if "://" in proxy else f"http://{proxy}")
    except (ValueError, httpx2.InvalidURL):
        given = None
    if given is None or given.url.scheme not in {"http", "https"} or not given.url.host:
        raise FeedDark(
            "no_connection", "HTTPS_PROXY names no http proxy that could be used. Correct it."
        )
    return httpcore2.AsyncHTTPProxy(
        proxy_url=httpcore2.URL(
            scheme=given.url.raw_scheme, host=given.url.raw_host, port=given.url.port, target="/"
        ),
        proxy_auth=given.raw_auth,
        **options,
    )
