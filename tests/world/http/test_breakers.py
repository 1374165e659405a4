"""Hosts that are left alone: after failures, and for as long as they asked; across pulls."""

import asyncio
import datetime as dt
import json
from typing import Any

import pytest

from tests.bench.faults import FAULTS, GOOD, body, full, refusal, says
from tests.bench.transport import PATIENT, serving
from workbench.domain.errors import FeedDark
from workbench.world.http.breakers import LONGEST, Breakers, wait_until
from workbench.world.http.client import connected
from workbench.world.http.limits import PACES, Pace, pace

NOW = dt.datetime(2026, 4, 3, 17, 44, tzinfo=dt.UTC)


async def pull(
    base: str, paths: list[str], state: object, now: dt.datetime = NOW, **options: Any
) -> tuple[list[str], dict[str, Any]]:
    """One pull: the codes of its asks in turn, and the state that it saves, through JSON."""
    breakers = Breakers(json.loads(json.dumps(state)))
    codes = []
    async with connected(PATIENT, breakers, now=lambda: now, **options) as client:
        for path in paths:
            try:
                await client.ask(f"{base}/{path}", form="json")
                codes.append("")
            except FeedDark as dark:
                codes.append(dark.code)
    return codes, breakers.state()


@pytest.mark.parametrize("fault", ["T06", "T10", "T12", "T27", "T33", "T35", "T36", "T41", "T42"])
def test_three_failures_leave_a_host_alone(run, fault: str):
    """After three failures in a row a host is not asked again in that pull."""

    async def scene():
        async with serving() as server:
            codes, _ = await pull(server.base, [fault] * 3, {})
            asked = len(server.asked)
            breakers = Breakers()
            async with connected(PATIENT, breakers) as client:
                for _ in range(5):
                    with pytest.raises(FeedDark) as dark:
                        await client.ask(f"{server.base}/{fault}", form="json")
            return codes, asked, len(server.asked) - asked, dark.value.code

    codes, three, five, last = run(scene())
    assert set(codes) <= FAULTS[fault].codes
    assert five == three
    assert last == "open"


def test_the_next_pull_tries_once(run):
    """Half-open: the next pull asks once; a failure leaves the host alone, an answer frees it."""

    async def scene():
        down = {"x": says(refusal("503 No"))}
        async with serving(down) as server:
            first, saved = await pull(server.base, ["x"] * 4, {})
            before = len(server.asked)
            second, saved = await pull(server.base, ["x"] * 4, saved)
            tries = len(server.asked) - before
            down["x"] = body(GOOD)
            third, saved = await pull(server.base, ["x"] * 3, saved)
            return first, second, tries, third, saved

    first, second, tries, third, saved = run(scene())
    assert first == ["unavailable"] * 3 + ["open"]
    assert second == ["unavailable", "open", "open", "open"]
    assert tries == 2  # one ask and its one retry
    assert third == ["", "", ""]
    assert saved == {}


def test_on_trial_only_one_asks(run):
    """Many feeds ask at once; while a host is on trial one of them does, the others wait."""

    async def scene():
        async with serving({"x": says(refusal("503 No"))}) as server:
            _, saved = await pull(server.base, ["x"] * 3, {})
            before = len(server.asked)
            async with connected(PATIENT, Breakers(saved)) as client:
                asks = (client.of(str(n)).ask(f"{server.base}/x", form="json") for n in range(8))
                found = await asyncio.gather(*asks, return_exceptions=True)
            return sorted(one.code for one in found), len(server.asked) - before

    codes, asked = run(scene())
    assert codes == ["open"] * 7 + ["unavailable"]
    assert asked == 2


def test_what_the_host_rightly_refuses_is_not_its_failure(run):
    """A hundred unknown symbols are no outage: 404 and 400 leave the breaker closed."""

    async def scene():
        replies = {
            "a": says(refusal("404 No")), "b": says(refusal("400 Bad")), "x": body(GOOD)
        }  # fmt: skip
        async with serving(replies) as server:
            return await pull(server.base, [*"abab" * 5, "x"], {})

    codes, saved = run(scene())
    assert codes[-1] == ""
    assert "open" not in codes
    assert saved == {}


def test_an_answer_between_failures_counts(run):
    """Three failures in a row open a breaker, not three in a day."""

    async def scene():
        replies = {"a": says(refusal("503 No")), "x": body(GOOD)}
        async with serving(replies) as server:
            return await pull(server.base, ["a", "a", "x", "a", "a", "x"], {})

    codes, saved = run(scene())
    assert codes == ["unavailable", "unavailable", "", "unavailable", "unavailable", ""]
    assert saved == {}


def test_another_host_is_another_matter(run):
    """A host that is down takes no other one with it."""

    async def scene():
        async with (
            serving({"x": says(refusal("503 No"))}) as down,
            serving({"x": body(GOOD)}) as up,
        ):
            _, saved = await pull(down.base, ["x"] * 3, {})
            return await pull(up.base, ["x"], saved)

    assert run(scene())[0] == [""]


# Retry-After


def test_retry_after_holds_across_pulls(run):
    """T31: a host that asks for an hour is not asked in that hour, whatever is pulled."""

    async def scene():
        late = {"x": says(refusal("429 No", Retry_After="3600"))}
        async with serving(late) as server:
            first, saved = await pull(server.base, ["x", "x"], {})
            second, saved = await pull(server.base, ["x"], saved, NOW + dt.timedelta(minutes=59))
            asked = len(server.asked)
            late["x"] = body(GOOD)
            third, saved = await pull(server.base, ["x"], saved, NOW + dt.timedelta(seconds=3601))
            return first, second, asked, third, saved

    first, second, asked, third, saved = run(scene())
    assert (first, second, asked) == (["limited", "limited"], ["limited"], 1)
    assert third == [""]
    assert saved == {}


def test_who_is_held_says_until_when(run):
    """The reason names the moment, and ``retry_at`` holds it."""

    async def scene():
        replies = {"x": says(full(b"{}", status="503 No", Retry_After="120"))}
        async with serving(replies) as server, connected(PATIENT, now=lambda: NOW) as client:
            with pytest.raises(FeedDark):
                await client.ask(f"{server.base}/x", form="json")
            with pytest.raises(FeedDark) as dark:
                await client.ask(f"{server.base}/x", form="json")
            return dark.value

    dark = run(scene())
    assert dark.code == "limited"
    assert dark.retry_at == "2026-04-03T17:46:01Z"
    assert dark.retry_at in str(dark)


def test_a_spent_allowance_is_waited_for(run):
    """GitHub says 403 with an allowance of 0 and when it is full again: no call before that."""
    reset = str(int(NOW.timestamp()) + 600)
    spent = full(
        b'{"message":"API rate limit exceeded"}', status="403 No", X_RateLimit_Remaining="0",
        X_RateLimit_Reset=reset,
    )  # fmt: skip

    async def scene():
        async with serving({"x": says(spent)}) as server:
            codes, saved = await pull(server.base, ["x", "x"], {})
            return codes, saved, len(server.asked)

    codes, saved, asked = run(scene())
    assert codes == ["limited", "limited"]
    assert asked == 1
    assert [one["until"] for one in saved.values()] == ["2026-04-03T17:54:01Z"]


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("120", 121), ("Fri, 03 Apr 2026 17:46:00 GMT", 121), ("86400", 86_401),
        ("999999", 86_401), ("99999999999999999999", 86_401),
        ("Fri, 03 Apr 2099 17:46:00 GMT", 86_401), ("0", None), ("-5", None), ("soon", None),
        ("", None), ("1e9", None), ("Fri, 03 Apr 2020 17:46:00 GMT", None), ("٣٠", None),
        ("nan", None),
    ],
)  # fmt: skip
def test_a_wait_is_read_and_bounded(told: str, seconds: int | None):
    """Seconds or a date, rounded up to the second, a day at most; anything else says nothing."""
    until = wait_until(told, NOW)
    assert until == (NOW + dt.timedelta(seconds=seconds) if seconds else None)


@pytest.mark.parametrize(
    "state",
    [
        {"h": None}, {"h": {}}, {"h": {"failures": "3"}}, {"h": {"failures": -1, "until": "soon"}},
        {"h": {"until": "2026-04-03T18:00"}}, {"h": {"failures": 1e9, "until": 5}},
    ],
)  # fmt: skip
def test_a_damaged_state_is_forgotten(state: dict[str, object]):
    """State that is not understood closes no host off for ever, and stops no pull."""
    breakers = Breakers(state)
    breakers.check("h", NOW)
    assert breakers.state() == {}


def test_a_clock_set_back_holds_nobody_for_longer():
    """A time saved under a wrong clock is a day away at most."""
    breakers = Breakers({"h": {"failures": 0, "until": "2031-01-01T00:00:00Z"}})
    with pytest.raises(FeedDark) as dark:
        breakers.check("h", NOW)
    assert dark.value.retry_at == "2026-04-04T17:44:00Z"
    breakers.check("h", NOW + LONGEST)


# Paces


def test_subdomains_share_a_pace():
    """A limit is for all hosts of a name together, and for no name that just ends alike."""
    paces = {"example.org": Pace(every=0.125), "api.example.org": Pace(every=1.0)}
    for host in ("data.example.org", "www.example.org", "example.org"):
        assert pace(host, paces) == ("example.org", Pace(every=0.125))
    assert pace("api.example.org", paces)[1].every == 1.0
    assert pace("notexample.org", paces)[0] == "notexample.org"


def test_every_pace_is_one():
    """No host of the table is asked without a pause, or by nobody."""
    assert all(one.every > 0 and one.at_once >= 1 for one in PACES.values())


def test_this_machine_is_not_paced_unless_told():
    """Self-hosted sources are asked freely; a test may slow them."""
    assert pace("127.0.0.1", PACES)[1].every == 0
    assert pace("::1", PACES)[1].every == 0
    assert pace("127.0.0.1", {"127.0.0.1": Pace(every=1.0)})[1].every == 1.0
    assert pace("feeds.example.org", {"*": Pace(every=9.0)})[1].every == 9.0
