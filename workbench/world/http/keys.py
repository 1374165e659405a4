"""Secrets: read from the environment here and nowhere else, and taken out of all that is kept."""

from __future__ import annotations

import html
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, quote_plus

from workbench.domain.errors import FeedDark
from workbench.world.http.answers import Key

TAKEN = "[key withheld]"
# A shorter word would be found in every answer that merely happens to hold it.
_SHORTEST = 6


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Secret:
    """A key's value, and where it goes; its ``repr`` does not show it.

    Attributes:
        key: Where it comes from.
        value: What it is; empty when there is none and none is needed.
    """

    key: Key | None = None
    value: str = ""

    def query(self) -> tuple[str, str] | None:
        """The query parameter that carries it."""
        return (self.key.query, self.value) if self.value and self.key and self.key.query else None

    def header(self) -> tuple[str, str] | None:
        """The header that carries it."""
        if not (self.value and self.key and self.key.header):
            return None
        return self.key.header, self.key.prefix + self.value

    def out_of(self, text: str) -> str:
        """The text without the secret, however it is written there."""
        for form in _forms(self.value):
            text = text.replace(form, TAKEN)
        return text

    def out_of_bytes(self, body: bytes) -> bytes:
        """The bytes without the secret; the length may change."""
        for form in _forms(self.value):
            body = body.replace(form.encode(), TAKEN.encode())
        return body

    def hint(self) -> str:
        """What a person may do when the source refuses it."""
        if self.key is None:
            return ""
        if not self.value:
            return f" {self.key.env} is not set; with it the source may answer."
        return f" Check {self.key.env}."


def _forms(value: str) -> tuple[str, ...]:
    if not value:
        return ()
    quoted = quote(value, safe="")
    forms = {
        value, quoted, quoted.lower(), quote(value), quote_plus(value), html.escape(value),
        json.dumps(value)[1:-1], json.dumps(value)[1:-1].replace("/", "\\/"),
    }  # fmt: skip
    return tuple(sorted(forms, key=len, reverse=True))


def secret(key: Key | None, environment: Mapping[str, str] | None = None) -> Secret:
    """The secret of a key.

    Args:
        key: What an adapter names; None for a request without one.
        environment: Where it stands; None for this process's.

    Raises:
        FeedDark: ``no_key``: it is required and not set, or nothing could carry it.
    """
    if key is None:
        return Secret()
    found = (os.environ if environment is None else environment).get(key.env, "").strip()
    if not found:
        if key.required:
            raise FeedDark("no_key", f"{key.env} is not set, and the source asks for it. Set it.")
        return Secret(key=key)
    if not found.isascii() or not found.isprintable():
        raise FeedDark("no_key", f"{key.env} holds what no header can carry. Set it again.")
    if len(found) < _SHORTEST:
        raise FeedDark(
            "no_key", f"{key.env} holds fewer than {_SHORTEST} characters. Set it again."
        )
    return Secret(key=key, value=found)
