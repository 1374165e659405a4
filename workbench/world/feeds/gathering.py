"""Several answers of one source asked for at once: one that fails is a gap, all make it dark.

``each`` is dark only where no answer came; ``several`` also where answers came and nothing of them
could be used. Venues of coins are asked one call after the other instead: ``coins.calls``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from dataclasses import replace

from workbench.domain.deliveries import ROUTINE, Delivered, Gap
from workbench.domain.errors import FeedDark
from workbench.world.feeds.endpoints import delivered, together
from workbench.world.feeds.nodes import gathered


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


async def several(parts: Mapping[str, Awaitable[Delivered]]) -> Delivered:
    """Several answers as one delivery: one that fails is a gap, and all failing is dark.

    Args:
        parts: Series, or another name of the part, to its coming delivery.

    Raises:
        FeedDark: Nothing usable came, and at least one part says why.
    """
    answers = await asyncio.gather(*parts.values(), return_exceptions=True)
    found: list[Delivered] = []
    dark: FeedDark | None = None
    for name, answer in zip(parts, answers, strict=True):
        if isinstance(answer, FeedDark):
            dark = dark or answer
            found.append(
                delivered("", gaps=[Gap(series=name, code=answer.code, reason=str(answer))])
            )
        elif isinstance(answer, BaseException):
            raise answer
        else:
            found.append(answer)
    whole = together(found)
    whole = replace(whole, gaps=gathered(whole.gaps))
    bad = [gap for gap in whole.gaps if gap.code not in ROUTINE]
    if len(whole.observations) or len(whole.items) or not bad:
        return whole
    none = f"None of {len(parts)} answers could be used. " if len(parts) > 1 else ""
    raise FeedDark(
        dark.code if dark else bad[0].code, none + bad[0].reason, dark.retry_at if dark else ""
    )
