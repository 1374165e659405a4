"""The one guarded client of all feeds.

An answer is whole, small enough, of the form asked for, from the host asked, within its deadline,
and on record; everything else is a ``FeedDark`` with its code. Every host has its pace and its
circuit breaker. Codes: ``timeout no_connection broken too_large bad_encoding redirect empty
not_found denied limited unavailable status not_json not_csv not_xml not_html not_text`` of what
came; ``open limited queue no_key bad_address unrecorded`` where nothing was asked or recorded.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import datetime as dt
import os
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpcore2
import httpx2

from workbench import __version__
from workbench.domain.errors import FeedDark
from workbench.world.http import addresses, replies
from workbench.world.http.answers import Answer, Form, Key
from workbench.world.http.breakers import Breakers
from workbench.world.http.exchanges import Exchange, Keep, digest
from workbench.world.http.keys import Secret, secret
from workbench.world.http.limits import PACES, Limits, Pace, Turns
from workbench.world.http.replies import Asked, Guards, Sent
from workbench.world.http.transport import SECRET, TooMuch, Transport

CONTACT = "WORKBENCH_CONTACT"
AGAIN = frozenset({"no_connection", "broken", "unavailable", "limited"})
_REQUESTS_FAULT = frozenset({"not_found", "status"})  # a host that answers so works
_NOT_ASKED = frozenset({"queue", "bad_address"})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Guarded:
    """The client; ``of`` gives each feed its own, which share everything but the name.

    Attributes:
        http: What it sends through.
        guards: What answers are held to.
        turns: Who may ask which host when.
        keep: Where exchanges go; None for nowhere.
        feed: Under which its exchanges are recorded.
        trials: One lock for each host.
    """

    http: httpx2.AsyncClient
    guards: Guards
    turns: Turns
    keep: Keep | None
    feed: str = ""
    trials: dict[str, asyncio.Lock] = field(default_factory=dict)

    @property
    def breakers(self) -> Breakers:
        """Those of this pull; their ``state()`` is what the next one should know."""
        return self.guards.breakers

    @property
    def skews(self) -> dict[str, float]:
        """Host to seconds by which its clock was ahead of ours."""
        return self.guards.skews

    def of(self, feed: str) -> Guarded:
        """The same client in the name of a feed."""
        return dataclasses.replace(self, feed=feed)

    async def ask(
        self,
        url: str,
        *,
        form: Form,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        key: Key | None = None,
    ) -> Answer:
        """As ``answers.Client`` says; ``FeedDark`` is all that it raises."""
        call = Asked(
            url=addresses.asked(url, query), form=form, headers=headers or {}, body=body,
            method="GET" if body is None else "POST",
        )  # fmt: skip
        sent = Sent()
        hidden = Secret()
        try:
            hidden = secret(key)
            sent.answer = await self._allowed(call, hidden, sent)
        except FeedDark as dark:
            # Nothing of it is used, so a record that is full changes nothing.
            with contextlib.suppress(FeedDark):
                await self._record(call, hidden, sent, dark)
            raise
        await self._record(call, hidden, sent, None)
        return sent.answer

    async def _allowed(self, call: Asked, hidden: Secret, sent: Sent) -> Answer:
        """Waits for the host's turn, unless it is left alone."""
        host = call.host
        self.breakers.check(host, self.guards.now())
        async with self.turns.place(call.name):
            async with self.trials.setdefault(host, asyncio.Lock()):
                # While one request tries whether the host is back, the others wait for it.
                if self.breakers.on_trial(host):
                    return await self._counted(call, hidden, sent)
            return await self._counted(call, hidden, sent)

    async def _counted(self, call: Asked, hidden: Secret, sent: Sent) -> Answer:
        """Asks within the deadline, and tells the breaker what came of it."""
        await self.turns.start(call.name)
        self.breakers.check(call.host, self.guards.now())
        limits = self.guards.limits
        try:
            async with asyncio.timeout(limits.deadline):
                answer = await self._persistent(call, hidden, sent)
        except TimeoutError:
            self.breakers.failed(call.host)
            raise FeedDark(
                "timeout", f"{call.host} gave no whole answer within {limits.deadline:g} s."
            ) from None
        except FeedDark as dark:
            if sent.status >= 500 or dark.code not in _REQUESTS_FAULT | _NOT_ASKED:
                self.breakers.failed(call.host)
            elif dark.code in _REQUESTS_FAULT:
                self.breakers.answered(call.host)
            raise
        self.breakers.answered(call.host)
        return answer

    async def _persistent(self, call: Asked, hidden: Secret, sent: Sent) -> Answer:
        """Tries twice where that may help and fits the deadline."""
        clock = asyncio.get_running_loop().time
        until = clock() + self.guards.limits.deadline
        try:
            return await self._once(call, hidden, sent)
        except FeedDark as dark:
            wait = self._wait(dark)
            if wait is None or clock() + wait >= until:
                raise
        await asyncio.sleep(wait)
        await self.turns.start(call.name)
        return await self._once(call, hidden, sent)

    def _wait(self, dark: FeedDark) -> float | None:
        """Seconds before the retry; None for no retry."""
        if dark.code not in AGAIN or (dark.code == "limited" and not dark.retry_at):
            return None
        if not dark.retry_at:
            return self.guards.limits.backoff
        return max(
            (dt.datetime.fromisoformat(dark.retry_at) - self.guards.now()).total_seconds(), 0.0
        )

    async def _once(self, call: Asked, hidden: Secret, sent: Sent) -> Answer:
        """One attempt, with its redirects."""
        sent.again()
        url = call.url
        for _ in range(self.guards.limits.redirects + 1):
            try:
                step = await self._step(call, url, hidden, sent)
            except (httpcore2.ConnectError, httpcore2.ProxyError) as error:
                raise _unreachable(call.host, error) from None
            except httpcore2.TimeoutException:
                raise FeedDark("timeout", f"{call.host} was silent for too long.") from None
            except TooMuch:
                raise FeedDark(
                    "too_large", f"{call.host} sent more headers or framing than is read of anyone."
                ) from None
            except (httpcore2.NetworkError, httpcore2.ProtocolError) as error:
                raise FeedDark(
                    "broken",
                    f"{call.host} broke off, or does not speak HTTP ({type(error).__name__}).",
                ) from None
            except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, ValueError) as error:
                raise FeedDark(
                    "bad_address", f"{call.host} cannot be asked ({type(error).__name__})."
                ) from None
            if isinstance(step, Answer):
                return step
            url = step
            await self.turns.start(call.name)
        raise FeedDark(
            "redirect", f"{call.host} redirected more than {self.guards.limits.redirects} times."
        )

    async def _step(self, call: Asked, url: str, hidden: Secret, sent: Sent) -> Answer | str:
        """One request: its answer, or the address to which it was redirected."""
        own = {
            "Accept": replies.ACCEPT[call.form], "User-Agent": user_agent(),
            **({"Content-Type": "application/json"} if call.body is not None else {}),
            **call.headers, "Accept-Encoding": "gzip", "Connection": "close",
        }  # fmt: skip
        request = self.http.build_request(
            call.method, url, headers=own, content=call.body, extensions={SECRET: hidden}
        )
        response = await self.http.send(request, stream=True)
        try:
            return await replies.received(response, call, url, hidden, sent, self.guards)
        finally:
            await response.aclose()

    async def _record(self, call: Asked, hidden: Secret, sent: Sent, dark: FeedDark | None) -> None:
        if self.keep is None:
            return
        answer = sent.answer
        one = Exchange(
            feed=self.feed, method=call.method, url=hidden.out_of(call.url),
            sent=digest(call.body), at=answer.at if answer else self.guards.now(),
            status=sent.status, headers=sent.headers, body=digest(sent.body or None),
            moved=answer.moved if answer else "", cut=bool(answer and answer.cut),
            code=dark.code if dark else "",
            reason=hidden.out_of(str(dark)) if dark else "",
            retry_at=dark.retry_at if dark else "", tries=sent.tries,
        )  # fmt: skip
        try:
            await self.keep(one, sent.body)
        except Exception as error:  # noqa: BLE001  # an object store has errors of its own kinds
            raise FeedDark(
                "unrecorded",
                f"What {call.host} answered could not be recorded ({type(error).__name__}), so it "
                "is not used. Look whether the outputs' folder can be written and has room.",
            ) from None


def user_agent(environment: Mapping[str, str] | None = None) -> str:
    """Who asks: this program, and whom to write to when WORKBENCH_CONTACT says it."""
    found = os.environ if environment is None else environment
    contact = found.get(CONTACT, "").strip()
    plain = contact.isascii() and contact.isprintable() and not set(contact) & set("()")
    return f"workbench/{__version__}" + (f" ({contact})" if contact and plain else "")


def clock() -> dt.datetime:
    """This machine's time."""
    return dt.datetime.now(dt.UTC)


@asynccontextmanager
async def connected(
    limits: Limits | None = None,
    breakers: Breakers | None = None,
    *,
    paces: Mapping[str, Pace] = PACES,
    record: Keep | None = None,
    now: Callable[[], dt.datetime] = clock,
) -> AsyncIterator[Guarded]:
    """The client, open as long as the block.

    Args:
        limits: What one request may take.
        breakers: Those of this pull; its ``state()`` is what the next one should know.
        paces: Host names to how often they are asked.
        record: Where every exchange goes, such as ``Recorder.keep``; None for nowhere.
        now: This machine's time, aware UTC.
    """
    own = limits or Limits()
    # Chunks of a few bytes come with as much framing.
    transport = Transport(head=own.head, whole=own.head + 2 * own.body)
    async with httpx2.AsyncClient(
        transport=transport, trust_env=False, follow_redirects=False, timeout=None,
        cookies=replies.no_cookies(),
    ) as http:  # fmt: skip
        guards = Guards(limits=own, breakers=breakers or Breakers(), now=now)
        yield Guarded(http=http, guards=guards, turns=Turns(own, paces), keep=record)


def _unreachable(host: str, error: Exception) -> FeedDark:
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLError):
            return FeedDark("no_connection", f"{host} cannot prove who it is ({seen.reason}).")
        seen = seen.__cause__ or seen.__context__
    return FeedDark("no_connection", f"{host} cannot be reached.")
