"""One response of a host to an answer, to the next address, or to the reason why it is neither."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from urllib.parse import parse_qsl, urljoin, urlsplit, urlunsplit

import httpcore2
import httpx2

from workbench.domain.calendars import iso
from workbench.domain.errors import FeedDark
from workbench.world.http import addresses, bodies, clocks, forms
from workbench.world.http.answers import Answer, Form
from workbench.world.http.breakers import Breakers
from workbench.world.http.keys import Secret
from workbench.world.http.limits import Limits

ACCEPT: Mapping[Form, str] = {
    "json": "application/json, */*;q=0.5",
    "csv": "text/csv, */*;q=0.5",
    "xml": "application/rss+xml, application/atom+xml, application/xml, text/xml, */*;q=0.5",
    "html": "text/html, application/xhtml+xml, */*;q=0.5",
    "text": "text/plain, */*;q=0.5",
}
_NAMES = """
    age cache-control content-encoding content-length content-type date etag last-modified link
    location retry-after x-ratelimit-limit x-ratelimit-remaining x-ratelimit-reset
"""
KEPT = frozenset(_NAMES.split())
_MOVED = frozenset({301, 302, 303, 307, 308})
_ABSENT = re.compile(r"does not exist|not found|unknown|no such", re.I)
_KEYED = re.compile(r"api.?key|token|credential", re.I)
_SAID = ("error_message", "message", "error", "description", "detail")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked, without the secret."""

    method: str
    url: str
    form: Form
    headers: Mapping[str, str]
    body: bytes | None

    @property
    def host(self) -> str:
        """Host and port, as errors and breakers name it."""
        return addresses.place(self.url)

    @property
    def name(self) -> str:
        """The host alone, as paces name it."""
        return addresses.origin(self.url)[1]


@dataclass(slots=True, kw_only=True)
class Sent:
    """What is known of a call so far, for its record."""

    tries: int = 0
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    answer: Answer | None = None

    def again(self) -> None:
        """Another attempt begins."""
        self.tries, self.status, self.headers, self.body = self.tries + 1, 0, {}, b""


def no_cookies() -> CookieJar:
    """A jar that takes nothing."""
    return CookieJar(DefaultCookiePolicy(allowed_domains=[]))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Guards:
    """What every answer is held to, and what is learnt of its host.

    Attributes:
        limits: What may be read.
        breakers: Are told a Retry-After.
        now: This machine's time, aware UTC.
        skews: Host to seconds by which its clock was ahead of ours.
    """

    limits: Limits
    breakers: Breakers
    now: Callable[[], dt.datetime]
    skews: dict[str, float] = field(default_factory=dict)


async def received(
    response: httpx2.Response, call: Asked, url: str, hidden: Secret, sent: Sent, guards: Guards
) -> Answer | str:
    """The answer, or the address to which the host redirects.

    Args:
        response: Its head; the body is not read yet.
        call: What was asked.
        url: Where, after redirects.
        hidden: The secret that was sent.
        sent: Is told status, headers and body.
        guards: What it is held to.

    Raises:
        FeedDark: It is neither.
    """
    headers = {name.lower(): value for name, value in response.headers.items()}
    at, limits = guards.now(), guards.limits
    sent.status = response.status_code
    sent.headers = {
        name: hidden.out_of(headers[name])[:500] for name in sorted(KEPT & headers.keys())
    }
    skew = clocks.skew(headers, at)
    if skew is not None:
        guards.skews[call.host] = skew
    if response.status_code in _MOVED:
        return _next(headers.get("location", ""), url, call, hidden)
    moved = "" if url == call.url else hidden.out_of(url)
    conditional = any(name.lower() == "if-none-match" for name in call.headers)
    if response.status_code == 304 and conditional:
        return Answer(
            url=hidden.out_of(call.url), status=304, headers=sent.headers, body=b"", at=at,
            moved=moved,
        )  # fmt: skip
    if response.status_code == 204:
        raise FeedDark("empty", f"{call.host} answered 204: it has no content.")
    if response.status_code != 200:
        until = guards.breakers.asked_for(call.host, _patience(headers, at), at)
        sent.body = hidden.out_of_bytes(await _glimpse(response, headers, limits))
        raise _refused(response.status_code, call, hidden, until, said(sent.body))
    body = await bodies.read(response.aiter_raw(), headers, call.form, limits, call.host)
    sent.body = hidden.out_of_bytes(body.content)
    forms.check(sent.body, headers.get("content-type", ""), call.form, call.host)
    return Answer(
        url=hidden.out_of(call.url), status=200, headers=sent.headers, body=sent.body,
        at=guards.now(), moved=moved, cut=body.cut,
    )  # fmt: skip


def _next(location: str, url: str, call: Asked, hidden: Secret) -> str:
    """Where a redirect leads, when it stays with the host.

    Raises:
        FeedDark: ``redirect``.
    """
    name = hidden.key.query if hidden.key else ""
    try:
        parts = urlsplit(urljoin(url, location))
        pairs = [one for one in parse_qsl(parts.query, keep_blank_values=True) if one[0] != name]
        # The key is added to each request anew, so an address never holds it.
        target = urlunsplit(parts._replace(query=addresses.written(pairs), fragment=""))
        stays = addresses.origin(target) == addresses.origin(url) and parts.username is None
    except ValueError:
        raise FeedDark(
            "redirect", f"{call.host} redirects to an address that cannot be read."
        ) from None
    if not location or call.body is not None or not stays:
        host = re.sub(r"[^\w.:-]", "", parts.netloc.rpartition("@")[2] or "nowhere")[:60]
        raise FeedDark(
            "redirect",
            f"{call.host} redirects to {host} ({parts.scheme[:8]}), and only a host's own "
            "redirects are followed. If it moved, correct the feed's base.",
        )
    if hidden.out_of(target) != target:
        raise FeedDark("redirect", f"{call.host} redirects to an address that holds the key.")
    return addresses.asked(target)


def _patience(headers: Mapping[str, str], at: dt.datetime) -> str:
    """The Retry-After; GitHub's spent allowance says it in another way."""
    told = headers.get("retry-after", "")
    reset = headers.get("x-ratelimit-reset", "")
    if told or headers.get("x-ratelimit-remaining") != "0" or not reset.isdecimal():
        return told
    # Moments in seconds since 1970 have ten digits until 2286.
    return str(max(int(reset) - int(at.timestamp()), 0)) if len(reset) == 10 else ""


async def _glimpse(response: httpx2.Response, headers: Mapping[str, str], limits: Limits) -> bytes:
    """What an error says, if it says it soon: its status is known already."""
    try:
        async with asyncio.timeout(min(1.0, limits.deadline / 4)):
            return await bodies.glimpse(response.aiter_raw(), headers, min(65_536, limits.body))
    except (TimeoutError, httpcore2.NetworkError, httpcore2.ProtocolError, httpx2.HTTPError):
        return b""


def _refused(
    status: int, call: Asked, hidden: Secret, until: dt.datetime | None, words: str
) -> FeedDark:
    """The error of a status that is no answer."""
    then = iso(until) if until else ""
    quoted = f" “{words}”" if words else ""
    host = call.host
    doubted = status in {400, 422}  # what some sources answer to everything that is wrong
    if status in {404, 410} or (doubted and _ABSENT.search(words)):
        return FeedDark(
            "not_found", f"{host} does not know what was asked ({status}).{quoted}", then
        )
    keyed = doubted and bool(hidden.value) and bool(_KEYED.search(words))
    if keyed or (status in {401, 403, 407, 451} and not (status == 403 and then)):
        return FeedDark("denied", f"{host} refused with {status}.{quoted}{hidden.hint()}", then)
    if status in {403, 429}:
        wait = f" and asks to be left alone until {then}" if then else ""
        return FeedDark("limited", f"{host} was asked too often ({status}){wait}.{quoted}", then)
    if 500 <= status < 600:
        return FeedDark("unavailable", f"{host} is out of order ({status}).{quoted}", then)
    hint = hidden.hint() if hidden.value else ""
    return FeedDark("status", f"{host} answered {status} instead of 200.{quoted}{hint}", then)


def said(body: bytes) -> str:
    """What a JSON error says of itself, as one short line of plain characters."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    for _ in range(4):
        if not isinstance(found, dict):
            break
        inner = next((found[name] for name in _SAID if found.get(name)), "")
        # Some wrap all that they say into one name.
        found = inner or (next(iter(found.values())) if len(found) == 1 else "")
    if not isinstance(found, str):
        return ""
    return " ".join(re.sub(r"[^A-Za-z0-9 .,:;/'()?_=-]", " ", found).split())[:120]
