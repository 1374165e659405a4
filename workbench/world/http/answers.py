"""What the client gives back, and the one method by which every adapter asks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

Form = Literal["json", "csv", "xml", "html", "text"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A secret that only the client reads, and that no record holds.

    Attributes:
        env: Environment variable that holds it.
        query: Query parameter that carries it, or empty.
        header: Header that carries it, or empty.
        prefix: What stands before it in the header, such as ``Bearer ``.
        required: Without it nothing is asked: ``no_key``.
    """

    env: str
    query: str = ""
    header: str = ""
    prefix: str = ""
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A whole response whose transport was in order.

    Attributes:
        url: What was asked, without secrets.
        status: 200, or 304 where an ``If-None-Match`` was sent.
        headers: Those that are kept, names in lower case.
        body: The bytes after decompression.
        at: When the last byte was there, aware UTC.
        moved: Where a redirect within the host led, without secrets; empty without one.
        cut: Whether an html or text body was longer than allowed, and ends where the cap is;
            of other forms such a body is refused.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    at: dt.datetime
    moved: str = ""
    cut: bool = False


class Client(Protocol):
    """The one way in which an adapter reaches a source."""

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
        """A whole answer of status 200, or 304 when asked for by ``If-None-Match``.

        Args:
            url: Absolute address without secrets.
            form: What the body must be; the content type and the first bytes are held to it.
            query: Query parameters without secrets.
            headers: Headers without secrets.
            body: Bytes of a POST (JSON); None for a GET.
            key: The secret to add.

        Raises:
            FeedDark: Nothing usable came; ``code`` says which of the guards refused it.
        """
        ...
