"""One pull: every feed of a desk asked at once, and what came put into the archive.

What came is held to its contract before it is stored; what does not conform is a gap with its
reason. The manifest is written last. A pull that was cut off while it asked counts for nothing; one
that was cut off while it stored is finished from its record by the next.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import partial

import pandas as pd

from workbench.domain.calendars import UTC, iso
from workbench.domain.deliveries import Delivered, Gap, Health, Request
from workbench.domain.errors import ImportRefused, ParamsError
from workbench.world.archive import Archive
from workbench.world.feeds.asking import Heard, Told, adapter, asked
from workbench.world.http import recording
from workbench.world.http.breakers import Breakers
from workbench.world.http.client import clock, connected
from workbench.world.http.limits import Limits
from workbench.world.http.recording import Recorder
from workbench.world.http.replaying import replayed
from workbench.world.params import Desk
from workbench.world.pulls import Pull, Pulls, carried, health, stood

OVERLAP = dt.timedelta(days=10)  # asked for again, so that late bars and revisions are found
CAUGHT = dt.timedelta(days=100)  # how far back a series is asked for that was missed for a while
_SILENT: Told = lambda _what, _done, _of: None  # noqa: E731  # a default, no function to read


def refresh(
    desk: Desk,
    archive: Archive,
    *,
    since: dt.datetime | None = None,
    told: Told = _SILENT,
    now: Callable[[], dt.datetime] = clock,
    limits: Limits | None = None,
) -> Pull:
    """Asks every feed of the desk and stores what comes.

    Args:
        desk: Whose feeds.
        archive: Where observations, items and the bytes of every response go.
        since: Oldest moment wanted, for a backfill; None for a pull.
        told: Progress: which feed has answered, how many have, of how many.
        now: This machine's time.
        limits: What one request may take; None for the client's own.

    Returns:
        The pull; what it brought is known from its ``ended`` on.

    Raises:
        ParamsError: The desk has no feed to ask.
    """
    if not desk.params.asked:
        raise ParamsError(
            f"{desk.path.name} names no feed to pull. Add some under 'feeds', as params/live.yaml "
            "does, or use that desk (-f params/live.yaml)."
        )
    pulls = Pulls(archive.folder)
    for cut in pulls.unfinished():
        _kept(desk, archive, pulls, cut, _heard_again(desk, pulls, cut))
    last, began = pulls.last(), now()
    wanted = requests(desk, last, began, since)
    breakers = Breakers(last.breakers if last else None)
    heard, skews = asyncio.run(_asked(desk, archive, wanted, breakers, told, now, limits))
    ended = _whole_second(now)
    pull = Pull(
        began=began, ended=ended, backfill=since is not None, health=(), skews=skews,
        breakers=breakers.state(),
    )  # fmt: skip
    pulls.intend(pull)
    return _kept(desk, archive, pulls, pull, heard)


def _heard_again(desk: Desk, pulls: Pulls, pull: Pull) -> tuple[Heard, ...]:
    """What the feeds said in a pull, from its record."""
    found = recording.pulled(pulls.folder, pull.began)
    client = replayed(found.exchanges, partial(recording.body, pulls.folder))
    return asyncio.run(asked(found.requests, client.of, desk.params.pull.seconds))


def _kept(desk: Desk, archive: Archive, pulls: Pulls, pull: Pull, heard: Sequence[Heard]) -> Pull:
    """Stores what was heard, and then how the feeds stand; what is stored already is left alone."""
    found = [
        (one, *_stored(desk, archive, one, pull.ended, backfill=pull.backfill)) for one in heard
    ]
    before = stood(pulls.last())
    told = [
        health(one, n, gaps, before.get(one.request.feed), pull.ended, brought)
        for one, n, gaps, brought in found
    ]
    rest = carried(tuple(before.values()), [one.request.feed for one in heard])
    whole = replace(pull, health=(*told, *rest))
    pulls.write(whole)
    return whole


def requests(
    desk: Desk, last: Pull | None, now: dt.datetime, since: dt.datetime | None = None
) -> tuple[Request, ...]:
    """What each feed of a desk is asked.

    Args:
        desk: Whose feeds.
        last: The pull before, or None.
        now: The pull's moment.
        since: Oldest moment wanted; None for what may have changed since a feed's last good pull,
            or for the desk's ``pull.history`` where there was none. One series that an otherwise
            good feed missed for a while is asked for since then, a new one for its history.
    """
    before = stood(last)
    history = dt.datetime.combine(desk.params.pull.history, dt.time(), UTC)
    found = []
    for one in desk.params.asked:
        start = since or _since(one.series, before.get(one.feed), now) or history
        found.append(
            Request(
                feed=one.feed, series=one.series, base=one.base, now=now, options=one.options,
                since=max(start, history) if since is None else start,
            )
        )  # fmt: skip
    return tuple(found)


def _since(series: Collection[str], before: Health | None, now: dt.datetime) -> dt.datetime | None:
    """From when a feed is asked for what it may have changed; None for its whole history."""
    if before is None or before.good is None:
        return None
    reached = [before.reached.get(name) for name in series]
    if any(name not in before.reached for name in series):
        return None  # asked for the first time
    if None in reached and now.date() > before.at.date():
        return None  # never brought: its history is asked for once a day, lest a typo cost more
    oldest = min((one for one in reached if one is not None), default=before.good)
    return max(min(oldest, before.good), before.good - CAUGHT) - OVERLAP


def rebuild(desk: Desk, into: Archive, *, told: Told = _SILENT) -> tuple[int, int]:
    """Makes an archive anew from the recorded responses of every pull of a desk's own.

    Args:
        desk: Whose archive is read.
        into: The new one, empty.
        told: Progress: which pull, how many are done, of how many.

    Returns:
        How many pulls were run again, and how many rows they brought.

    Raises:
        ParamsError: The new archive holds something, or there is no pull on record.
    """
    source = Pulls(Archive(desk.archive).folder)
    moments = source.moments()
    if not moments:
        raise ParamsError(
            f"The archive at {source.folder.name!r} has no pull on record to rebuild from. "
            "Run 'workbench pull' first."
        )
    if (end := into.end()) is not None:
        raise ParamsError(
            f"The archive at {into.folder.name!r} to rebuild into is not empty: it reaches "
            f"{iso(end)}. Give an empty --into."
        )
    rows = 0
    for done, began in enumerate(moments, 1):
        pull = source.read(began)
        heard = _heard_again(desk, source, pull)
        stored = [_stored(desk, into, one, pull.ended, backfill=pull.backfill) for one in heard]
        rows += sum(n for n, _, _ in stored)
        told(f"rebuild {began:%Y-%m-%d %H:%M}", done, len(moments))
    return len(moments), rows


def frame(pull: Pull) -> pd.DataFrame:
    """A pull as a table: ``feed, state, rows, gaps, reason``, dark feeds first."""
    order = {"dark": 0, "degraded": 1, "live": 2}
    rows = [
        (one.feed, one.state, one.rows, len(one.gaps), one.reason)
        for one in sorted(pull.health, key=lambda one: (order[one.state], one.feed))
    ]
    return pd.DataFrame(rows, columns=["feed", "state", "rows", "gaps", "reason"])


def summary(pull: Pull) -> str:
    """A pull for people: a line a feed, dark ones first, and what it came to."""
    rows = frame(pull)
    wide = int(rows["feed"].str.len().max())
    lines = [
        f"{one.feed:<{wide}}  {one.state:<8}  {one.rows:>7,}  {one.reason}".rstrip()
        for one in rows.itertuples(index=False)
    ]
    counts = rows["state"].value_counts(sort=False)
    said = ", ".join(f"{count} {state}" for state, count in counts.items())
    lines.append(
        f"{len(rows)} feeds: {said}. {rows['rows'].sum():,} observations and items, known from "
        f"{iso(pull.ended)} on."
    )
    return "\n".join(lines)


async def _asked(
    desk: Desk,
    archive: Archive,
    wanted: Sequence[Request],
    breakers: Breakers,
    told: Told,
    now: Callable[[], dt.datetime],
    limits: Limits | None,
) -> tuple[tuple[Heard, ...], dict[str, float]]:
    async with (
        Recorder(archive.folder, wanted[0].now) as record,
        connected(limits, breakers, record=record.keep, now=now) as client,
    ):
        heard = await asked(
            wanted, client.of, desk.params.pull.seconds, told, adapter, record.fetched
        )
        return heard, dict(client.skews)


def _stored(
    desk: Desk, archive: Archive, heard: Heard, now: dt.datetime, *, backfill: bool
) -> tuple[int, tuple[Gap, ...], frozenset[str]]:
    """What of a delivery could be used: how many rows and items, its gaps, and which series."""
    from workbench.measures.quality.arrivals import conforming  # pandera takes two seconds

    if heard.delivered is None:
        return 0, (), frozenset()
    rows, gaps = conforming(heard.delivered.observations, now=now, table=desk.table)
    rows, blank = _valued(rows)
    gaps = (*gaps, *blank)
    found = Delivered(
        observations=rows, items=heard.delivered.items, gaps=(*heard.delivered.gaps, *gaps)
    )
    feed = heard.request.feed
    try:
        _, unsaid = archive.arrive(
            rows, origin=feed, now=now, backfill=backfill, instruments=desk.instruments
        )
        archive.items.arrive(found.items, origin=feed, now=now)
    except ImportRefused as error:
        refused = Gap(series="", code="refused", reason=str(error))
        return 0, (*found.gaps, refused), frozenset()
    brought = {*map(str, rows["series"].unique()), *map(str, found.items["series"].unique())}
    return len(rows) + len(found.items), (*found.gaps, *unsaid), frozenset(brought)


def _valued(rows: pd.DataFrame) -> tuple[pd.DataFrame, list[Gap]]:
    """The rows without series of which nothing but blanks came: they would hide what is known."""
    given = rows["value"].notna().groupby(rows["series"]).transform("any").astype(bool)
    lost = rows.loc[~given, "series"].value_counts(sort=False)
    return rows[given], [
        Gap(series=str(series), code="blank", reason=f"all {count} values of {series} are blank")
        for series, count in lost.items()
    ]


def _whole_second(now: Callable[[], dt.datetime]) -> dt.datetime:
    """The next whole second, when it has come: a cycle's moment has no fraction."""
    at = now()
    whole = at.replace(microsecond=0) + dt.timedelta(seconds=bool(at.microsecond))
    time.sleep(max((whole - at).total_seconds(), 0.0))
    return whole
