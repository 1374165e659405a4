"""One pull: every feed of a desk asked at once, and what came put into the archive.

What came is held to its contract before it is stored; what does not conform is a gap with its
reason. The manifest is written last, so that a pull that was cut off counts for nothing but what
had already arrived, which the next pull finds again.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import math
import time
from collections.abc import Callable, Sequence

from upath import UPath

from workbench.domain.calendars import UTC
from workbench.domain.deliveries import Gap, Health, Request
from workbench.domain.errors import ParamsError
from workbench.measures.quality import conforming
from workbench.world.archive import Archive
from workbench.world.feeds.asking import Heard, Told, asked
from workbench.world.params import Desk
from workbench.world.pulls import Pull, Pulls, carried, health

OVERLAP = dt.timedelta(days=10)  # asked for again, so that late bars and revisions are found


def requests(
    desk: Desk, last: Pull | None, now: dt.datetime, since: dt.datetime | None = None
) -> tuple[Request, ...]:
    """What each feed of a desk is asked.

    Args:
        desk: Whose feeds.
        last: The pull before, or None.
        now: The pull's moment.
        since: Oldest moment wanted; None for what may have changed since a feed's last good pull,
            or for the desk's ``pull.history`` where there was none.
    """
    good = {one.feed: one.good for one in last.health} if last else {}
    history = dt.datetime.combine(desk.params.pull.history, dt.time(), UTC)
    found = []
    for one in desk.params.asked:
        before = good.get(one.feed)
        found.append(
            Request(
                feed=one.feed, series=one.series, base=one.base, now=now, options=one.options,
                since=since or (history if before is None else before - OVERLAP),
            )
        )  # fmt: skip
    return tuple(found)
