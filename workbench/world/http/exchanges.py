"""What is recorded of one request, whatever came of it."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from workbench.domain.errors import FeedDark
from workbench.world.http.answers import Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request and what came of it; no secret is in it.

    Attributes:
        feed: Who asked.
        method: ``GET`` or ``POST``.
        url: What was asked, its query in stable order.
        sent: SHA-256 of a POST's body; empty for a GET.
        at: When it was over, aware UTC.
        status: 0 when none came.
        headers: Those that are kept, names in lower case.
        body: SHA-256 of the body as recorded; empty when none was read.
        moved: Where a redirect led.
        cut: As in ``Answer``.
        code: Why nothing of it can be used, as in ``FeedDark``; empty for an answer.
        reason: The same as a sentence.
        retry_at: As in ``FeedDark``.
        tries: Requests that were sent, redirects not counted.
    """

    feed: str
    method: str
    url: str
    sent: str
    at: dt.datetime
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    moved: str = ""
    cut: bool = False
    code: str = ""
    reason: str = ""
    retry_at: str = ""
    tries: int = 0

    @property
    def identity(self) -> tuple[str, str, str, str]:
        """What makes two requests the same."""
        return self.feed, self.method, self.url, self.sent

    def line(self) -> str:
        """One line of JSON."""
        told = dataclasses.asdict(self) | {"at": self.at.isoformat()}
        return json.dumps(told, sort_keys=True, ensure_ascii=False)

    def outcome(self, body: bytes) -> Answer:
        """The answer that it was.

        Raises:
            FeedDark: It was none.
        """
        if self.code:
            raise FeedDark(self.code, self.reason, self.retry_at)
        return Answer(
            url=self.url, status=self.status, headers=self.headers, body=body, at=self.at,
            moved=self.moved, cut=self.cut,
        )  # fmt: skip


def exchange(line: str) -> Exchange:
    """An exchange from its line.

    Raises:
        ValueError: It is none.
    """
    try:
        told = json.loads(line)
        return Exchange(**told | {"at": dt.datetime.fromisoformat(told["at"])})
    except (KeyError, TypeError) as error:
        raise ValueError(f"not an exchange: {error}") from error


def digest(body: bytes | None) -> str:
    """SHA-256 in hex; empty for nothing."""
    return "" if body is None else hashlib.sha256(body).hexdigest()


Keep = Callable[[Exchange, bytes], Awaitable[None]]
"""Records an exchange with the body that came; what it raises makes the answer unusable."""
