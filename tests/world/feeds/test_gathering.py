"""Several answers of one source: what is said when none of them could be used."""

import asyncio

import pytest

from workbench.domain.deliveries import Delivered, Gap
from workbench.domain.errors import FeedDark
from workbench.world.feeds.endpoints import delivered
from workbench.world.feeds.gathering import several


async def dark() -> Delivered:
    raise FeedDark("timeout", "It gave no answer.")


async def empty() -> Delivered:
    return delivered("a", gaps=[Gap(series="A", code="blank", reason="All of A is blank.")])


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({"A": dark}, "It gave no answer."),
        ({"A": empty, "B": dark}, "None of 2 answers could be used. All of A is blank."),
    ],
)
def test_a_dark_feed_counts_its_answers_where_there_are_several(parts: dict, reason: str):
    """The reason is the first that there is; how many answers were lost is told beside it."""
    with pytest.raises(FeedDark) as told:
        asyncio.run(several({name: part() for name, part in parts.items()}))
    assert (told.value.code, told.value.reason) == ("timeout", reason)
