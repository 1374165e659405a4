"""Long answers are read beside the event loop, so that one feed never holds up the others."""

import asyncio
import datetime as dt
import threading
from collections.abc import Mapping
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest

from tests.bench import made_coins
from tests.bench.feeds import NOW, START, keyed, lean
from tests.bench.made import Numbers
from tests.bench.world import NAMES, SOURCES, World
from workbench.domain.deliveries import Request
from workbench.domain.errors import FeedDark
from workbench.world.feeds.asking import adapter
from workbench.world.http.answers import Answer, Form, Key
from workbench.world.http.decoding import APART, apart, as_json

NUMBERS = Numbers(start=START)


class Watched(bytes):
    """A body that notes which threads read it."""

    readers: set[int] = set()  # noqa: RUF012  # of all bodies, as one feed asks for several

    def _read(self) -> None:
        self.readers.add(threading.get_ident())

    def removeprefix(self, prefix: bytes, /) -> bytes:  # type: ignore[override]
        self._read()
        return super().removeprefix(prefix)

    def lstrip(self, chars: bytes | None = None, /) -> bytes:  # type: ignore[override]
        self._read()
        return super().lstrip(chars)

    def __getitem__(self, place):  # type: ignore[no-untyped-def,override]
        self._read()
        return super().__getitem__(place)


class Made:
    """A client that answers as the made-up world does, at length."""

    def __init__(self, source: str, longer: int) -> None:
        self.source, self.longer = source, longer

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
        """An answer with so many empty lines after it."""
        del form, headers
        asked = dict(parse_qsl(urlsplit(url).query)) | dict(query or {})
        if key and key.query:
            asked[key.query] = "a" * 32
        path = unquote(urlsplit(url).path).removeprefix(f"/{self.source}")
        if self.source == "ethereum":
            found = made_coins.ethereum(NUMBERS, NOW, body or b"")
        else:
            found = SOURCES[self.source](NUMBERS, NOW, path, asked)
        if found is None or found.status != 200:
            raise FeedDark("not_found", "There is no such page.")
        long = Watched(found.body + b"\n" * self.longer)
        return Answer(url=f"{url}?{'&'.join(f'{k}={v}' for k, v in asked.items())}", status=200,
                      headers={}, body=long, at=NOW)  # fmt: skip


def asked(feed: str) -> Request:
    world = World(now=NOW, start=START, base=dict.fromkeys(NAMES, ""))
    told = next(one for one in lean(world) if one["feed"] == feed)
    series = told.get("series", {})
    return Request(
        feed=feed, series=series if isinstance(series, dict) else {one: one for one in series},
        base=f"https://made.example/{feed}", options=told.get("options", {}), now=NOW,
        since=dt.datetime.combine(START, dt.time(), dt.UTC),
    )  # fmt: skip


@pytest.mark.parametrize("feed", NAMES)
def test_no_feed_reads_a_long_answer_in_the_event_loop(feed: str):
    """Whatever a feed asks for, an answer that takes long to read is read by another thread, and
    what it says is what a short one says.
    """
    told = []
    with keyed():
        for longer in (0, 2 * APART):
            Watched.readers.clear()
            told.append(asyncio.run(adapter(feed)(Made(feed, longer), asked(feed))))
    assert Watched.readers
    assert threading.get_ident() not in Watched.readers
    short, long = told
    assert len(long.observations) + len(long.items) > 0
    assert long.observations.equals(short.observations)
    assert long.items.equals(short.items)
    assert long.gaps == short.gaps


def test_others_go_on_while_thirty_megabytes_are_read():
    """Others take 100 steps and more while one feed reads 30 MB; read in the loop, they take 0."""
    row = b'[1767225600,"42000.1","42100.2","41900.3","42050.4","42010.5","12.25",100],'
    body = b"[" + row * (30_000_000 // len(row)) + b"[]]"

    async def steps(read: bool) -> int:
        count, over = 0, False

        async def other() -> None:
            nonlocal count
            while not over:
                count += 1
                await asyncio.sleep(0)

        task = asyncio.create_task(other())
        await asyncio.sleep(0)
        before = count
        found = await apart(as_json, body) if read else as_json(body)
        between, over = count - before, True
        assert len(found) > 300_000
        await task
        return between

    assert asyncio.run(steps(read=False)) == 0
    assert asyncio.run(steps(read=True)) > 100
