"""The record of a pull: whole, true, and enough to make the pull again."""

import asyncio
import datetime as dt
import gzip
import hashlib
import os
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from upath import UPath

from tests.bench.faults import FAULTS, GOOD, Reply, body, moved, refusal, says
from tests.bench.transport import PATIENT, Running, serving
from workbench.domain.deliveries import Gap, Request, none_delivered
from workbench.domain.errors import FeedDark, WorkbenchError
from workbench.world.feeds.asking import Heard
from workbench.world.http import recording
from workbench.world.http.answers import Client, Key
from workbench.world.http.breakers import Breakers
from workbench.world.http.client import Guarded, connected
from workbench.world.http.recording import PART, Recorder, pulled, pulls
from workbench.world.http.replaying import replayed
from workbench.world.pulls import health

NOW = dt.datetime(2026, 4, 3, 17, 44, tzinfo=dt.UTC)
KEY = Key(env="DESK_TEST_KEY", query="api_key")


def request(base: str, feed: str = "f") -> Request:
    return Request(
        feed=feed, series={"SPY": "spy"}, base=base, since=NOW - dt.timedelta(days=2), now=NOW,
        options={"page": "é"},
    )  # fmt: skip


async def fetched(client: Client, base: str, paths: list[str]) -> list[Any]:
    """What an adapter would see: answers, or the refusals' code, words and time."""
    found: list[Any] = []
    for path in paths:
        try:
            found.append(await client.ask(f"{base}/{path}", form="json", key=KEY))
        except FeedDark as dark:
            found.append((dark.code, str(dark), dark.retry_at))
    return found


@asynccontextmanager
async def pulling(
    folder: Any, replies: dict[str, Reply] | None = None, pull: dt.datetime = NOW
) -> AsyncIterator[tuple[Running, Guarded]]:
    """A server, and a client whose every exchange is recorded."""
    async with (
        serving(replies) as server,
        Recorder(folder, pull) as recorder,
        connected(PATIENT, Breakers(failures=99), record=recorder.keep) as client,
    ):
        yield server, client


def _again(folder: Any, pull: dt.datetime = NOW) -> Any:
    record = pulled(folder, pull)
    return replayed(record.exchanges, partial(recording.body, folder))


@pytest.mark.parametrize("where", ["disk", "memory"])
def test_a_pull_is_made_again_from_its_record(
    run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
):
    """Every fault and answer of a pull comes again, to the letter and the microsecond, keyless."""
    monkeypatch.setenv("DESK_TEST_KEY", "canary/4711")
    folder = tmp_path if where == "disk" else UPath(f"memory://records/{tmp_path.name}")
    paths = [one for one in FAULTS if one not in {"T01", "T02", "T03"}] + ["T46", "T46?page=2"]

    async def scene():
        async with pulling(folder) as (server, client):
            found = await fetched(client.of("f"), server.base, paths)
        async with Recorder(folder, NOW) as recorder:
            await recorder.fetched(request(server.base))
            return server.base, found

    base, found = run(scene())
    monkeypatch.delenv("DESK_TEST_KEY")
    client = _again(folder).of("f")
    assert run(fetched(client, base, paths)) == found
    assert {code for code, *_ in (one for one in found if isinstance(one, tuple))} > {"limited"}
    assert run(fetched(client, base, ["T46"]))[0][0] == "not_recorded"
    assert pulled(folder, NOW).requests == (request(base),)
    assert pulls(folder) == [NOW]


def test_answers_come_again_in_order(run, tmp_path: Path):
    """The same question asked twice got two answers then, and gets the same two in turn."""
    told = [b'{"a": 1}', b'{"a": 2}', b'{"a": 3}']

    async def reply(link: Any) -> None:
        await link.send(body_of(told.pop(0)))

    def body_of(content: bytes) -> bytes:
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(content)}\r\n\r\n"
        return head.encode() + content

    async def scene():
        async with pulling(tmp_path, {"x": reply}) as (server, client):
            for feed in ("a", "b", "a"):
                await client.of(feed).ask(f"{server.base}/x", form="json")
        again = _again(tmp_path)
        asks = [await again.of(feed).ask(f"{server.base}/x", form="json") for feed in "aab"]
        return [one.body for one in asks]

    assert run(scene()) == [b'{"a": 1}', b'{"a": 3}', b'{"a": 2}']


def test_what_was_not_asked_is_on_record_too(run, tmp_path: Path):
    """A host that was left alone is as dark in the replay; a POST is known by its body."""

    async def scene():
        replies = {"x": says(refusal("429 No", Retry_After="60")), "y": body(GOOD)}
        async with pulling(tmp_path, replies) as (server, client):
            found = await fetched(client, server.base, ["x", "x"])
        async with pulling(tmp_path, replies) as (other, client):
            await client.ask(f"{other.base}/y", form="json", body=b'{"id":1}')
        again = _again(tmp_path)
        assert await fetched(again, server.base, ["x", "x"]) == found
        with pytest.raises(FeedDark) as dark:
            await again.ask(f"{other.base}/y", form="json", body=b'{"id":2}')
        answer = await again.ask(f"{other.base}/y", form="json", body=b'{"id":1}')
        return found, dark.value.code, answer.body

    found, code, content = run(scene())
    assert [one[0] for one in found] == ["limited", "limited"]
    assert (code, content) == ("not_recorded", GOOD)


def test_a_rename_is_on_record(run, tmp_path: Path):
    """S40: where a redirect led is known to whoever reads the record."""

    async def scene():
        replies = {"x": moved("/y", "301 Moved"), "y": body(GOOD)}
        async with pulling(tmp_path, replies) as (server, client):
            await client.ask(f"{server.base}/x", form="json")
        return server.base

    base = run(scene())
    (one,) = pulled(tmp_path, NOW).exchanges
    assert (one.url, one.moved, one.status, one.tries) == (f"{base}/x", f"{base}/y", 200, 1)


def test_a_body_is_kept_once(run, tmp_path: Path):
    """Bodies lie under the hash of their bytes, packed, however often they came."""

    async def scene():
        async with pulling(tmp_path, {"x": body(GOOD)}) as (server, client):
            asks = (client.ask(f"{server.base}/x?n={n}", form="json") for n in range(2 * PART))
            await asyncio.gather(*asks)

    run(scene())
    digest = hashlib.sha256(GOOD).hexdigest()
    (path,) = (tmp_path / "bodies").rglob("*.gz")
    assert path == tmp_path / "bodies" / digest[:2] / f"{digest}.gz"
    assert gzip.decompress(path.read_bytes()) == GOOD
    record = pulled(tmp_path, NOW).exchanges
    assert len({one.url for one in record}) == len(record) == 2 * PART


def test_a_pull_that_begins_again_adds_to_its_record(run, tmp_path: Path):
    """Nothing on record is written over, by the same pull or by another."""

    async def scene(pull: dt.datetime) -> None:
        async with pulling(tmp_path, {"x": body(GOOD)}, pull) as (server, client):
            await client.ask(f"{server.base}/x", form="json")

    later = NOW + dt.timedelta(minutes=10)
    for pull in (NOW, NOW, later):
        run(scene(pull))
    assert [len(pulled(tmp_path, pull).exchanges) for pull in pulls(tmp_path)] == [2, 1]


def test_what_cannot_be_recorded_is_not_used(run, tmp_path: Path):
    """An answer that is not on record could never be explained: it is refused, and that is told."""
    (tmp_path / "bodies").write_text("a file where a folder should be")

    async def scene():
        async with serving({"x": body(GOOD)}) as server:
            recorder = Recorder(tmp_path, NOW)
            async with connected(PATIENT, record=recorder.keep) as client:
                return await fetched(client, server.base, ["x"])

    ((code, reason, _),) = run(scene())
    assert code == "unrecorded"
    assert str(tmp_path) not in reason
    # Beside other answers of the feed it is a gap, and not one of those that are left out as usual.
    request = Request(feed="yahoo", series={"SPY": "SPY"}, since=NOW, now=NOW)
    heard = Heard(request=request, delivered=none_delivered())
    gap = Gap(series="SPY", code=code, reason=reason)
    assert health(heard, 9, [gap], None, NOW).state == "degraded"


def test_a_record_that_cannot_be_completed_is_an_error(run, tmp_path: Path):
    """A pull whose last lines cannot be written fails as a whole, and says what to do."""
    (tmp_path / "pulls").write_text("a file where a folder should be")

    async def scene():
        async with pulling(tmp_path, {"x": body(GOOD)}) as (server, client):
            await client.ask(f"{server.base}/x", form="json")

    with pytest.raises(WorkbenchError, match="could not be completed"):
        run(scene())


def test_a_cancelled_pull_leaves_whole_lines(run, tmp_path: Path):
    """A feed that is cut off leaves what it asked, and its fetch is not noted as ended."""

    async def scene():
        replies = {"x": body(GOOD), "T01": FAULTS["T01"].reply}
        async with pulling(tmp_path, replies) as (server, client):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await fetched(client.of("f"), server.base, ["x", "T01"])

    run(scene())
    record = pulled(tmp_path, NOW)
    assert [one.body for one in record.exchanges] == [hashlib.sha256(GOOD).hexdigest()]
    assert record.requests == ()


KILLED = """
    import asyncio, datetime as dt, os, signal, sys, time
    from pathlib import Path
    from workbench.world.http.exchanges import Exchange, digest
    from workbench.world.http.recording import Recorder

    async def main(folder):
        at = dt.datetime(2026, 4, 3, 17, 44, tzinfo=dt.UTC)
        recorder = Recorder(folder, at)
        for n in range(1_000_000):
            content = b"%d" % n * 2_000
            await recorder.keep(
                Exchange(feed="f", method="GET", url=f"https://example.org/{n}", sent="", at=at,
                         status=200, body=digest(content)), content)

    for number in range(3):
        folder = Path(sys.argv[1]) / str(number)
        child = os.fork()
        if not child:
            asyncio.run(main(folder))
        while not list(folder.glob("pulls/*/*.jsonl")):
            time.sleep(0.001)
        time.sleep(0.011 * number)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
"""


def test_a_killed_pull_leaves_whole_records(tmp_path: Path):
    """kill -9 at any moment: every line is whole, in order, and its body is there and true."""
    root = str(Path(__file__).parents[3])
    subprocess.run(
        [sys.executable, "-c", textwrap.dedent(KILLED), str(tmp_path)],
        env=os.environ | {"PYTHONPATH": root}, check=True, timeout=60,
    )  # fmt: skip
    folders = sorted(tmp_path.iterdir())
    assert len(folders) == 3
    for folder in folders:
        record = pulled(folder, NOW).exchanges
        assert record
        assert len(record) % PART == 0
        for number, one in enumerate(record):
            assert one.url == f"https://example.org/{number}"
            assert recording.body(folder, one.body) == b"%d" % number * 2_000


def test_damage_is_told(run, tmp_path: Path):
    """A line or a body that is not what was written is an error, never an answer."""

    async def scene():
        async with pulling(tmp_path, {"x": body(GOOD)}) as (server, client):
            await client.ask(f"{server.base}/x", form="json")

    run(scene())
    (part,) = (tmp_path / "pulls").rglob("*.jsonl")
    whole = part.read_text("utf-8")
    part.write_text(whole.replace('"tries"', '"trials"'), encoding="utf-8")
    with pytest.raises(WorkbenchError, match=r"Line 1 of 00000.jsonl"):
        pulled(tmp_path, NOW)
    part.write_text(whole, encoding="utf-8")
    digest = pulled(tmp_path, NOW).exchanges[0].body
    (path,) = (tmp_path / "bodies").rglob("*.gz")
    for damage in (path.read_bytes()[:-4], gzip.compress(b"other"), b""):
        path.write_bytes(damage)
        with pytest.raises(WorkbenchError, match="missing or damaged"):
            recording.body(tmp_path, digest)


def test_no_record_is_an_empty_one(tmp_path: Path):
    """Where nothing was pulled there is nothing, and no error."""
    assert pulls(tmp_path) == []
    assert pulled(tmp_path, NOW).exchanges == ()
    assert pulls(UPath(f"memory://nothing/{tmp_path.name}")) == []
