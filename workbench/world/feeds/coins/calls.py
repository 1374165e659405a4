"""Asking one thing after the other: what fails is a gap, and all failing is dark."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from workbench.domain.deliveries import Delivered, Gap, Request, none_delivered
from workbench.domain.errors import FeedDark
from workbench.world.feeds.endpoints import Endpoint, Parse, together
from workbench.world.http.answers import Client, Form, Key
from workbench.world.http.decoding import apart


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request of a feed, and who reads its answer.

    Attributes:
        series: Series that it is for.
        url: Address without query.
        parse: Reads the answer.
        query: Query parameters, without secrets.
        form: What the body must be.
        body: Bytes of a POST; None for a GET.
        headers: Headers without secrets.
        key: The secret to add.
    """

    series: tuple[str, ...]
    url: str
    parse: Parse
    query: Mapping[str, str] = field(default_factory=dict)
    form: Form = "json"
    body: bytes | None = None
    headers: Mapping[str, str] | None = None
    key: Key | None = None

    @property
    def address(self) -> str:
        """What is asked, with its query."""
        return f"{self.url}?{urlencode(self.query)}" if self.query else self.url


def endpoint(
    name: str, path: str, parse: Parse, hosts: tuple[str, ...], form: Form = "json"
) -> Endpoint:  # fmt: skip
    """An endpoint by its whole path, a regular expression; any query may follow."""
    pattern = re.compile(rf"^/{path}/?(\?|$)")
    return Endpoint(name=name, pattern=pattern, hosts=hosts, form=form, parse=parse)


def in_order(*endpoints: Endpoint) -> tuple[Endpoint, ...]:
    """The endpoints, each for what none before it takes: an address has one reader."""
    taken: list[str] = []
    found = []
    for each in endpoints:
        path = each.pattern.pattern.removeprefix("^")
        ahead = "".join(f"(?!{before})" for before in taken)
        found.append(replace(each, pattern=re.compile(f"^{ahead}{path}")))
        taken.append(path)
    return tuple(found)


async def one(client: Client, request: Request, call: Call) -> Delivered:
    """The answer of one call, read; raises ``FeedDark`` as the client or the reader does."""
    answer = await client.ask(
        call.url, form=call.form, query=call.query or None, headers=call.headers, body=call.body,
        key=call.key,
    )  # fmt: skip
    return _told(await apart(call.parse, answer.body, request, call.address), call)


def _told(read: Delivered, call: Call) -> Delivered:
    """Gaps under the series that the call was for, and one for each that got nothing at all."""
    gaps = [
        replace(gap, series=call.series[0])
        if gap.series and gap.series not in call.series and len(call.series) == 1
        else gap
        for gap in read.gaps
    ]
    came = set(read.observations["series"]) | {gap.series for gap in gaps}
    gaps += [
        Gap(series=series, code="nothing", reason=f"Nothing of {series} was in the answer.")
        for series in call.series
        if series not in came
    ]
    return replace(read, gaps=tuple(gaps))


async def all_of(client: Client, request: Request, calls: Iterable[Call]) -> Delivered:
    """The answers of all calls, in order.

    Raises:
        FeedDark: None of them gave anything, with what the first was refused for.
    """
    parts, failed, count = [], [], 0
    for call in calls:
        count += 1
        try:
            parts.append(await one(client, request, call))
        except FeedDark as dark:
            failed.append(dark)
            named = call.series or ("",)
            gaps = (Gap(series=series, code=dark.code, reason=dark.reason) for series in named)
            parts.append(none_delivered(*gaps))
    if failed and len(failed) == count:
        raise failed[0]
    if not count:
        raise FeedDark(
            "nothing_asked", f"{request.feed}: the params name no series that it brings."
        )
    return together(parts)
