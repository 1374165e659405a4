"""The exact bytes asked and answered, by the hash of the request: audit trail and replay store.

A request's key is the SHA-256 of its canonical JSON, which is also what is sent; a body lies under
its own SHA-256. Nothing is overwritten: a question asked again adds a record. No header that could
carry a secret is kept, and a replay answers from here or fails.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.domain.errors import ReplayMiss
from workbench.world.files import write_atomic

# Kept by name, so that a header nobody thought of is left out.
HEADERS = frozenset({"content-type", "date", "request-id", "retry-after", "x-should-retry"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """How one request ended.

    Attributes:
        status: HTTP status, or None when no whole reply came.
        headers: Those of ``HEADERS``, lower-case.
        body: Exact bytes of the reply, with the key taken out should it be in there.
        failure: Code and sentence when there is no status, else empty.
        attempts: What became of each attempt, in order.
        seconds: From the first attempt to the end, waits included.
        at: When it ended, UTC.
        fresh: Whether it was asked just now rather than found in the store.
    """

    status: int | None
    headers: Mapping[str, str]
    body: bytes
    failure: tuple[str, str] | None
    attempts: tuple[str, ...]
    seconds: float
    at: dt.datetime
    fresh: bool = True


def canonical(body: Mapping[str, Any]) -> bytes:
    """A request's body as it is sent and hashed: keys sorted, no spaces, UTF-8.

    Raises:
        ValueError: A number that is not finite.
    """
    return json.dumps(
        body, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def key(request: bytes) -> str:
    """SHA-256 of a canonical request, hexadecimal."""
    return hashlib.sha256(request).hexdigest()


class Replies:
    """The store.

    Args:
        folder: Made when the first reply is kept.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def _place(self, name: str) -> Path:
        return self.folder / name[:2] / name

    def keep(self, request: bytes, answer: Answer) -> str:
        """Writes request, reply and record, the record last; returns the request's key."""
        name = key(request)
        place = self._place(name)
        digest = hashlib.sha256(answer.body).hexdigest()
        for file, data in (("request.json", request), (f"{digest}.body", answer.body)):
            if not (place / file).is_file() or (place / file).read_bytes() != data:
                write_atomic(place / file, data)
        record = {
            "request": name, "body": digest, "status": answer.status,
            "headers": dict(answer.headers), "failure": answer.failure,
            "attempts": answer.attempts, "seconds": answer.seconds, "at": answer.at.isoformat(),
        }  # fmt: skip
        text = json.dumps(record, indent=1, sort_keys=True)
        write_atomic(place / f"record-{len(self._records(name)):04d}.json", text.encode())
        return name

    def _records(self, name: str) -> list[Path]:
        return sorted(self._place(name).glob("record-*.json"))

    def latest(self, request: bytes) -> Answer:
        """The last answer to a request, whatever it was.

        Raises:
            ReplayMiss: None is kept, or its bytes are not those that were kept.
        """
        name = key(request)
        records = self._records(name)
        if not records:
            raise ReplayMiss(
                f"No reply to request {name[:12]} is kept, so this replay cannot go on. "
                "Run 'workbench cycle' there once, which asks; replay with the params, minds and "
                "replies that were recorded; or take Claude minds, or 'warmup', out of the params."
            )
        place = self._place(name)
        try:
            record = json.loads(records[-1].read_text("utf-8"))
            body = (place / f"{record['body']}.body").read_bytes()
            sound = (
                hashlib.sha256(body).hexdigest() == record["body"]
                and (place / "request.json").read_bytes() == request
            )
            failure = record["failure"]
            answer = Answer(
                status=record["status"], headers=record["headers"], body=body,
                failure=(failure[0], failure[1]) if failure else None,
                attempts=tuple(record["attempts"]), seconds=float(record["seconds"]),
                at=dt.datetime.fromisoformat(record["at"]), fresh=False,
            )  # fmt: skip
        except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
            raise ReplayMiss(
                f"The record of request {name[:12]} cannot be read ({type(error).__name__}). "
                "Restore it from a copy of the outputs."
            ) from error
        if not sound:
            raise ReplayMiss(
                f"The bytes kept for request {name[:12]} are not those recorded: they were changed "
                "afterwards. Restore them from a copy of the outputs."
            )
        return answer

    def usable(self, request: bytes) -> Answer | None:
        """A whole reply of status 200 kept earlier, so that a resumed cycle does not pay twice."""
        try:
            found = self.latest(request)
        except ReplayMiss:
            return None
        return found if found.status == 200 else None
