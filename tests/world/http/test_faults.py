"""Every transport fault of RELIABILITY.md against the one client, and planted bugs it must show."""

import asyncio
import json
import tracemalloc

import httpx2
import pytest

from tests.bench.faults import FAULTS
from tests.bench.transport import LIMITS, price, serving, survived, tried
from workbench.domain.errors import FeedDark
from workbench.world.http import clocks
from workbench.world.http.answers import Answer, Client
from workbench.world.http.client import connected


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_refused_in_time(run, fault: str):
    """Each fault is refused with its own reason within the deadline, asked again once at most."""

    async def scene():
        async with serving() as server:
            outcome = await tried(fault, server)
            return outcome, server.reached

    outcome, reached = run(scene())
    assert outcome.wrong() == "", outcome
    assert reached == []
    assert "\n" not in outcome.reason
    assert bool(outcome.reason) == bool(FAULTS[fault].codes)


def test_all_46_are_tried():
    """The table is the whole of RELIABILITY.md's list."""
    assert list(FAULTS) == [f"T{number:02d}" for number in range(1, 47)]
    assert {code for code, fault in FAULTS.items() if not fault.codes} == {
        "T21", "T40", "T45", "T46",
    }  # fmt: skip


@pytest.mark.parametrize("fault", ["T04", "T05", "T29", "T42"])
def test_endless_answers_take_little_memory(run, fault: str):
    """A bomb or an endless answer is dropped before it unfolds: a cap is a cap on memory too."""

    async def scene():
        async with serving() as server:
            await tried("T46", server)
            await tried(fault, server)
            tracemalloc.start()
            outcome = await tried(fault, server)
            return outcome, tracemalloc.get_traced_memory()[1]

    try:
        outcome, peak = run(scene())
    finally:
        tracemalloc.stop()
    assert outcome.wrong() == ""
    assert peak < 5 * LIMITS.inflated


def test_a_wrong_clock_is_seen(run):
    """T45: a host whose time is two hours off answers, and the difference is told."""

    async def scene():
        async with serving() as server, connected(LIMITS) as client:
            await price(client, f"{server.base}/T45")
            return client.skews

    ((_, seconds),) = run(scene()).items()
    assert -7_210 < seconds < -7_190


def test_mutated_answers_are_answers_or_reasons(run):
    """Whatever bytes come, they are an answer with a price or one kind of error, in time."""
    found = run(survived(range(60)))
    assert sum(found.values()) == 60
    assert len(found) > 3
    assert found["accepted"] < 40


# Planted bugs: ways of asking that lack a guard


class _Loose:
    """The client, with its guards taken away one at a time."""

    def __init__(self, inner: httpx2.AsyncClient) -> None:
        self.inner = inner

    async def ask(self, url: str, **_: object) -> Answer:
        try:
            response = await self.inner.get(url)
        except httpx2.HTTPError as error:
            raise FeedDark("broken", type(error).__name__) from None
        return Answer(
            url=url, status=response.status_code, headers=dict(response.headers),
            body=response.content, at=clocks.dated("Thu, 01 Jan 2026 00:00:00 GMT"),
        )  # fmt: skip


def _planted(run, faults: list[str], **options: object) -> dict[str, str]:
    """What the harness says of a client that trusts its library."""

    async def loose(client: Client, url: str) -> float:
        answer = await client.ask(url, form="json")
        try:
            found = json.loads(answer.body)
            return float(found["price"] if isinstance(found, dict) else found or 0)
        except (ValueError, KeyError, RecursionError, TypeError):
            raise FeedDark("not_json", "no price") from None

    async def scene():
        async with serving() as server, httpx2.AsyncClient(trust_env=False, **options) as inner:
            client = _Loose(inner)
            return [await tried(one, server, lambda url: loose(client, url)) for one in faults]

    return {one.fault: one.wrong() for one in run(scene()) if one.wrong()}


def test_a_client_that_trusts_its_parser_is_caught(run):
    """The harness sees what the usual parser lets by."""
    wrong = _planted(run, ["T14", "T16", "T17", "T18", "T23", "T46"])
    assert set(wrong) == {"T14", "T16", "T17", "T18", "T23"}


def test_a_client_that_follows_is_caught(run):
    """The harness sees a redirect to another port that was followed, and 5xx taken for answers."""
    wrong = _planted(run, ["T33", "T38", "T46"], follow_redirects=True)
    assert wrong["T38"].startswith("accepted")
    assert "T33" in wrong
    assert "T46" not in wrong


def test_a_client_that_waits_is_caught(run):
    """The harness sees a client that is held by a silent host past the deadline."""
    assert _planted(run, ["T01"], timeout=1.2) == {"T01": "broken instead of timeout"}


def test_a_deadline_is_not_a_timeout_of_reads(run):
    """A byte now and then resets a read's timeout, and never the deadline."""

    async def scene():
        async with serving() as server, connected(LIMITS) as client:
            began = asyncio.get_running_loop().time()
            with pytest.raises(FeedDark) as dark:
                await price(client, f"{server.base}/T03")
            return dark.value.code, asyncio.get_running_loop().time() - began

    code, seconds = run(scene())
    assert code == "timeout"
    assert LIMITS.deadline <= seconds < LIMITS.deadline + 2.0
