"""The record of what was asked and answered: bodies by their hash, exchanges in order.

``bodies/ab/<sha256>.gz`` is written once; ``pulls/<pull>/<number>.jsonl`` holds exchanges, a line
each, in immutable parts. Every file appears whole or not at all, so a pull that is killed leaves
fewer lines, never half a one. The folder may be one of an object store.
"""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import gzip
import hashlib
import json
import re
import threading
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from workbench.domain.deliveries import Request
from workbench.domain.errors import WorkbenchError
from workbench.world.files import Place, folders, names, place, write_atomic
from workbench.world.http.exchanges import Exchange, exchange

PART = 50  # lines of one part; a killed pull loses fewer, and it has stored nothing yet
_FETCHED = "fetched"
_STAMP = "%Y%m%dT%H%M%S.%fZ"
_PULL = re.compile(r"\d{8}T\d{6}\.\d{6}Z")


class Recorder:
    """The record of one pull; an asynchronous context that writes the last lines at its end.

    Args:
        folder: Of all records.
        pull: The pull's moment, aware UTC; unique among pulls.
    """

    def __init__(self, folder: Place, pull: dt.datetime) -> None:
        self._folder = place(folder)
        self._pull = stamp(pull)
        self._pending: list[str] = []
        self._known: set[str] = set()
        self._turn, self._one = asyncio.Lock(), threading.Lock()

    async def __aenter__(self) -> Self:
        """Begins."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Writes what is pending.

        Raises:
            WorkbenchError: It cannot be written, so nothing of this pull should be used.
        """
        try:
            async with self._turn:
                await self._flush()
        except Exception as failure:  # an object store has its own kinds
            if error is None:
                raise WorkbenchError(
                    f"The record of the pull {self._pull} could not be completed "
                    f"({type(failure).__name__}), so nothing of it is used. Look whether the "
                    "outputs' folder can be written and has room, and pull again."
                ) from failure

    async def keep(self, one: Exchange, body: bytes) -> None:
        """Records an exchange; its body is there before its line is.

        Raises:
            Exception: It could not be written, ``OSError`` where the folder is of this machine.
        """
        if one.body and one.body not in self._known:
            await asyncio.to_thread(_write_body, self._folder, one.body, body)
            self._known.add(one.body)
        await self._add(one.line())

    async def fetched(self, request: Request) -> None:
        """Notes that a feed's ``fetch`` came to its own end, well or badly.

        Only such a fetch can be made again from the record: one that was cancelled might deliver
        from it what it did not deliver then.
        """
        told = dataclasses.asdict(request) | {
            "since": request.since.isoformat(), "now": request.now.isoformat(),
            "series": dict(request.series), "options": dict(request.options),
        }  # fmt: skip
        await self._add(json.dumps({_FETCHED: told}, ensure_ascii=False))

    async def _add(self, line: str) -> None:
        async with self._turn:
            self._pending.append(line + "\n")
            if len(self._pending) >= PART:
                await self._flush()

    async def _flush(self) -> None:
        lines, self._pending = self._pending, []
        if not lines:
            return
        try:
            await asyncio.to_thread(self._write_part, "".join(lines).encode())
        except Exception:
            self._pending = lines + self._pending
            raise

    def _write_part(self, data: bytes) -> None:
        # Counted anew, so that a pull that is begun again under its moment adds to its record; the
        # lock is held by threads, as a cancelled pull does not wait for its last one.
        with self._one:
            folder = self._folder / "pulls" / self._pull
            write_atomic(folder / f"{len(_parts(folder)):05d}.jsonl", data)


def stamp(pull: dt.datetime) -> str:
    """The name of a pull's folder; their order is that of time."""
    return pull.astimezone(dt.UTC).strftime(_STAMP)


def pulls(folder: Place) -> list[dt.datetime]:
    """The moments of all pulls on record, in order."""
    found = [name for name in folders(place(folder) / "pulls") if _PULL.fullmatch(name)]
    return sorted(dt.datetime.strptime(name, _STAMP).replace(tzinfo=dt.UTC) for name in found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulled:
    """What is on record of a pull.

    Attributes:
        requests: Those of the fetches that came to their own end.
        exchanges: In the order in which they ended.
    """

    requests: tuple[Request, ...]
    exchanges: tuple[Exchange, ...]


def pulled(folder: Place, pull: dt.datetime) -> Pulled:
    """The record of a pull.

    Raises:
        WorkbenchError: A line of it is damaged.
    """
    root: Place = place(folder) / "pulls" / stamp(pull)
    requests, exchanges = [], []
    for name in _parts(root):
        lines = (root / name).read_text("utf-8").split("\n")[:-1]
        for number, line in enumerate(lines, start=1):
            try:
                if line.startswith(f'{{"{_FETCHED}": '):
                    requests.append(_request(json.loads(line)[_FETCHED]))
                else:
                    exchanges.append(exchange(line))
            except (ValueError, KeyError, TypeError):
                raise WorkbenchError(
                    f"Line {number} of {name} in the record of {stamp(pull)} is damaged. "
                    "Restore it from a copy, or leave this pull out."
                ) from None
    return Pulled(requests=tuple(requests), exchanges=tuple(exchanges))


def _request(told: dict[str, Any]) -> Request:
    times = {name: dt.datetime.fromisoformat(told[name]) for name in ("since", "now")}
    return Request(**told | times)


def body(folder: Place, digest: str) -> bytes:
    """A body on record; empty for an empty digest.

    Raises:
        WorkbenchError: It is missing, or is not what was recorded.
    """
    if not digest:
        return b""
    try:
        found = gzip.decompress(_body(place(folder), digest).read_bytes())
    except (OSError, EOFError, ValueError):
        found = b""
    if hashlib.sha256(found).hexdigest() != digest:
        raise WorkbenchError(
            f"The recorded body {digest[:12]} is missing or damaged. Restore it from a copy, or "
            "leave its pull out."
        )
    return found


def _parts(pull: Place) -> list[str]:
    """The parts of the record of a pull, in order."""
    return [name for name in names(pull) if name.endswith(".jsonl")]


def _body(folder: Place, digest: str) -> Place:
    return folder / "bodies" / digest[:2] / f"{digest}.gz"


def _write_body(folder: Place, digest: str, content: bytes) -> None:
    path = _body(folder, digest)
    if not path.exists():
        write_atomic(path, gzip.compress(content, 6, mtime=0))
