"""Which addresses are asked: https, or http on this machine, and how one is written down."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from workbench.domain.errors import FeedDark


def near(host: str) -> bool:
    """True for a name or number of this machine."""
    try:
        return host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def asked(url: str, query: Mapping[str, str] | None = None) -> str:
    """The address with its query in a stable order, which is how it is sent and recorded.

    Raises:
        FeedDark: ``bad_address``.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
        pairs = parse_qsl(parts.query, keep_blank_values=True, errors="strict")
    except ValueError:
        raise FeedDark(
            "bad_address", "The address cannot be read. Correct the feed's base."
        ) from None
    if not host or not host.isascii() or any(c.isspace() or not c.isprintable() for c in url):
        raise FeedDark("bad_address", "The address names no host. Correct the feed's base.")
    if parts.scheme != "https" and not (parts.scheme == "http" and near(host)):
        raise FeedDark(
            "bad_address",
            f"{host} would be asked over {parts.scheme or 'no scheme'}: only https, or http on "
            "this machine, is. Correct the feed's base.",
        )
    if parts.username is not None or parts.password is not None:
        raise FeedDark(
            "bad_address", f"The address of {host} holds a user or password. Take them out."
        )
    pairs += sorted((query or {}).items())
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    return urlunsplit((parts.scheme, parts.netloc, path, written(pairs), ""))


def written(pairs: list[tuple[str, str]]) -> str:
    """Query parameters as text, in order of their names."""
    return urlencode(sorted(pairs, key=lambda pair: pair[0]), quote_via=quote)


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port; no two origins share a redirect."""
    parts = urlsplit(url)
    port = parts.port if parts.port is not None else {"https": 443, "http": 80}.get(parts.scheme)
    return parts.scheme, parts.hostname or "", port or 0


def place(url: str) -> str:
    """Host and port as errors and circuit breakers name them."""
    scheme, host, port = origin(url)
    usual = (scheme, port) in {("https", 443), ("http", 80)}
    return host if usual else f"{host}:{port}"
