"""A client that answers from the record of a pull, as the hosts did then."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from workbench.domain.errors import FeedDark
from workbench.world.http import addresses
from workbench.world.http.answers import Answer, Form, Key
from workbench.world.http.exchanges import Exchange, digest

_Left = dict[tuple[str, str, str, str], deque[Exchange]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Replayed:
    """The client; ``of`` gives each feed its own.

    The same request gets what it got then, the second the second, and the same errors; no key is
    read. Attributes:
        left: Exchanges that were not asked for yet.
        body: Gives the bytes of a digest.
        feed: Whose exchanges answer.
    """

    left: _Left
    body: Callable[[str], bytes]
    feed: str = ""

    def of(self, feed: str) -> Replayed:
        """The same record for a feed."""
        return Replayed(left=self.left, body=self.body, feed=feed)

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
        """As ``answers.Client`` says; ``not_recorded`` for what was not asked then."""
        del form, headers, key
        clean = addresses.asked(url, query)
        method = "GET" if body is None else "POST"
        waiting = self.left.get((self.feed, method, clean, digest(body)))
        if not waiting:
            raise FeedDark(
                "not_recorded",
                f"{self.feed or 'The feed'} did not ask {addresses.place(clean)} for this when the "
                "record was made, so it has no answer.",
            )
        one = waiting.popleft()
        return one.outcome(self.body(one.body))


def replayed(exchanges: Iterable[Exchange], body: Callable[[str], bytes]) -> Replayed:
    """A client that answers from these exchanges.

    Args:
        exchanges: In the order in which they ended.
        body: Gives the bytes of a digest, such as ``partial(recording.body, folder)``.
    """
    left: _Left = defaultdict(deque)
    for one in exchanges:
        left[one.identity].append(one)
    return Replayed(left=dict(left), body=body)
