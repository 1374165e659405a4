"""Several series asked at once: one that fails is a gap, all that fail make the feed dark."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping

from workbench.domain.deliveries import Delivered, Gap
from workbench.domain.errors import FeedDark
from workbench.world.feeds.endpoints import delivered, together


async def each(source: str, asked: Mapping[str, Awaitable[Delivered]]) -> Delivered:
    """What all of them deliver, in their order.

    Args:
        source: Under whose name the gaps stand.
        asked: Series to what asks for it; at least one.

    Raises:
        FeedDark: The first one's reason, when none delivered.
    """
    answers = await asyncio.gather(*(_settled(one) for one in asked.values()))
    darks = [one for one in answers if isinstance(one, FeedDark)]
    if len(darks) == len(answers):
        raise darks[0]
    return together(
        delivered(source, gaps=[Gap(series=series, code=one.code, reason=str(one))])
        if isinstance(one, FeedDark)
        else one
        for series, one in zip(asked, answers, strict=True)
    )


async def _settled(one: Awaitable[Delivered]) -> Delivered | FeedDark:
    try:
        return await one
    except FeedDark as dark:
        return dark
