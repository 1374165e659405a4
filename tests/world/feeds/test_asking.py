"""Asking all feeds at once: each within the deadline, none able to stop another."""

import asyncio
import importlib
import time
from typing import cast, get_args

import pytest

from workbench.domain.calendars import moment
from workbench.domain.deliveries import Delivered, Request
from workbench.domain.errors import FeedDark
from workbench.world.feeds import asking
from workbench.world.feeds.endpoints import Row, delivered
from workbench.world.http.answers import Client
from workbench.world.schema import BUNDLED, FeedName

NOW = moment("2026-04-02T21:00Z")
SECRET = "s3cr3t-of-a-feed"  # noqa: S105  # a canary, no password


async def good(_client: Client, request: Request) -> Delivered:
    row = Row(series="SPY", field="close", at=request.now, value=655.85, unit="USD")
    return delivered("good", [row])


async def slow(_client: Client, _request: Request) -> Delivered:
    await asyncio.sleep(30)
    raise AssertionError


async def refused(_client: Client, _request: Request) -> Delivered:
    raise FeedDark("not_json", "The answer of refused is HTML, not JSON.")


async def broken(_client: Client, _request: Request) -> Delivered:
    raise KeyError(SECRET)


ADAPTERS = {"good": good, "slow": slow, "refused": refused, "broken": broken}


def heard(*feeds: str, seconds: float = 0.3) -> dict[str, asking.Heard]:
    told: list[tuple[str, int, int]] = []
    requests = [Request(feed=name, series={}, since=NOW, now=NOW) for name in feeds]
    nobody = cast(Client, object())
    found = asyncio.run(
        asking.asked(
            requests, lambda _: nobody, seconds, lambda *one: told.append(one), ADAPTERS.__getitem__
        )
    )
    assert [one.request.feed for one in found] == list(feeds)
    assert [(done, of) for _, done, of in told] == [(n + 1, len(feeds)) for n in range(len(feeds))]
    return {one.request.feed: one for one in found}


def test_a_feed_that_fails_stops_no_other():
    """Whatever one feed does, the others deliver, and it is dark with its reason."""
    found = heard("broken", "good", "refused", "slow")
    assert found["good"].delivered is not None
    assert found["good"].delivered.observations["value"].tolist() == [655.85]
    assert {name: one.code for name, one in found.items()} == {
        "broken": "fault", "good": "", "refused": "not_json", "slow": "deadline",
    }  # fmt: skip
    assert found["refused"].reason == "The answer of refused is HTML, not JSON."


def test_all_feeds_share_one_deadline():
    """Ten hanging feeds take as long as one: they are asked at once, and cut off together."""
    began = time.monotonic()
    found = asyncio.run(_ten())
    assert time.monotonic() - began < 5
    assert {one.code for one in found} == {"deadline"}


async def _ten() -> tuple[asking.Heard, ...]:
    requests = [Request(feed="slow", series={}, since=NOW, now=NOW) for _ in range(10)]
    nobody = cast(Client, object())
    return await asking.asked(requests, lambda _: nobody, 0.2, adapters=ADAPTERS.__getitem__)


def test_the_words_of_a_fault_are_not_told():
    """An adapter's own exception may quote a key, so only its kind reaches a page."""
    reason = heard("broken")["broken"].reason
    assert reason == "The adapter of broken failed (KeyError)."
    assert SECRET not in reason


@pytest.mark.parametrize("feed", sorted(set(get_args(FeedName)) - {BUNDLED}))
def test_every_feed_that_params_may_name_can_be_asked(feed: str):
    """A name that the params accept has a module with ``fetch`` and the answers that it reads."""
    assert callable(asking.adapter(feed))
    assert importlib.import_module(f"workbench.world.feeds.{feed}").ENDPOINTS
