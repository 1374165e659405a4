"""Every feed of the live desk against every fault of its source, and what came of it.

``python -m tests.bench.feeds`` prints the table, and writes it for people with ``--page PATH``. In
each pull one half of the feeds has the fault and the other half has not, then the other way round,
so that a fault that reaches a neighbour shows. What is stored is compared with what a pull without
faults stores.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime as dt
import json
import os
import re
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from tests.bench import spoilt
from tests.bench.world import NAMES, World, params, serving
from workbench.domain.deliveries import Health
from workbench.steps.refresh import refresh
from workbench.world.archive import Archive
from workbench.world.http.limits import Limits
from workbench.world.params import Desk, open_desk
from workbench.world.pulls import Pull

NOW = dt.datetime(2026, 3, 26, 20, 45, tzinfo=dt.UTC)
START = dt.date(2026, 3, 2)
KEYS = {
    "FRED_API_KEY": "canary0fred0canary0fred0canary01",
    "WORKBENCH_CONTACT": "Jo canary@example.com",
    "GITHUB_TOKEN": "canary-github-token", "BLOCKCHAIR_API_KEY": "canary-blockchair-key",
    "ETHERSCAN_API_KEY": "canary-etherscan-key", "COINGECKO_API_KEY": "canary-coingecko-key",
}  # fmt: skip
SHORT = Limits(deadline=3.0, backoff=0.02, body=1_500_000)
LEAN = {
    "yahoo": ("SPY", "VIX", "BTC-USD"), "cboe": ("SPY", "VIX"), "fred": ("DGS10", "CPIAUCSL"),
    "kraken": ("BTC-USD", "BTC-USD@1h"), "earnings": ("TSLA", "MSTR"),
}  # fmt: skip
Row = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one feed under one fault.

    Attributes:
        health: How the feed stood after the pull.
        changed: Whether the fault found anything in the feed's answers to change.
        wrong: Rows and items stored that a pull without faults does not store.
        seconds: How long the whole pull took.
    """

    feed: str
    fault: str
    health: Health
    changed: bool
    wrong: tuple[Row, ...]
    seconds: float

    @property
    def word(self) -> str:
        """What came of it in a word or two, for the page."""
        if not self.changed:
            return "says none" if self.fault == "unit" else "unchanged"
        rows = f" {self.health.rows}" if self.health.rows else ""
        return f"**FALSE {len(self.wrong)}**" if self.wrong else f"{self.health.state}{rows}"


@contextmanager
def keyed(keys: Mapping[str, str] = KEYS) -> Iterator[None]:
    """Keys of every source in the environment, as long as the block."""
    before = {name: os.environ.get(name) for name in keys}
    os.environ.update(keys)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def lean(world: World) -> list[dict[str, Any]]:
    """The live desk's feeds, each with its first series or two: every adapter, in little time."""
    told: dict[str, Any] = yaml.safe_load(params(world))
    found = []
    for feed in told["feeds"]:
        series = feed.get("series", {})
        few = LEAN.get(feed["feed"], list(series)[:2])
        kept = [one for one in series if one in few]
        own = {one: series[one] for one in kept} if isinstance(series, dict) else kept
        found.append(feed | ({"series": own} if own else {}))
    return found


def opened(world: World, folder: Path, **changes: object) -> Desk:
    """The live desk on a made-up world, in a folder of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    pull = {"seconds": 25, "history": str(world.numbers.start)}
    path = folder / "live.yaml"
    path.write_text(params(world, **({"pull": pull} | changes)), "utf-8")
    return open_desk(str(path), str(folder / "outputs"), str(folder / "archive"))


def pulled(world: World, desk: Desk, limits: Limits = SHORT) -> Pull:
    """One pull at the world's moment."""
    return refresh(desk, Archive(desk.archive), now=world.clock, limits=limits)


def stored(desk: Desk) -> dict[str, set[Row]]:
    """Source, without what follows its dot, to all that is stored of it, as text."""
    archive, found = Archive(desk.archive), dict[str, set[Row]]()
    rows = pd.concat(archive.rows(archive.series()))
    frames = [rows[["source", "series", "field", "at", "value", "unit"]]]
    items = archive.items.as_of(dt.datetime(2100, 1, 1, tzinfo=dt.UTC))
    frames.append(items[["source", "series", "key", "at", "title", "link"]])
    for frame in frames:
        for row in frame.itertuples(index=False):
            source = str(row[0]).partition(".")[0]
            found.setdefault(source, set()).add(tuple(map(str, row[1:])))
    return found


def tried(
    fault: str, feeds: Iterable[str], truth: Mapping[str, set[Row]], folder: Path
) -> tuple[list[Outcome], Pull]:
    """A pull in which these feeds have a fault: what came of each, and the whole pull."""
    own = set(feeds)
    world = World(now=NOW, start=START, faults=dict.fromkeys(own, fault))
    with serving(world):
        desk = opened(world, folder, feeds=lean(world))
        began = time.monotonic()
        pull = pulled(world, desk)
        seconds = time.monotonic() - began
    kept = stored(desk)
    health = {one.feed: one for one in pull.health}
    found = []
    for feed in (one for one in NAMES if one in own):
        more = kept.get(feed, set()) - truth.get(feed, set())
        wrong = sorted(row for row in more if row[3] != "nan")  # a blank is no number
        found.append(Outcome(
            feed=feed, fault=fault, health=health[feed], wrong=tuple(wrong), seconds=seconds,
            changed=fault in {"refuse", "hang"} or feed in world.changed,
        ))  # fmt: skip
    return found, pull


def truth(folder: Path) -> dict[str, set[Row]]:
    """What a pull without faults stores.

    Raises:
        RuntimeError: A feed is not live even so.
    """
    world = World(now=NOW, start=START)
    with serving(world):
        desk = opened(world, folder, feeds=lean(world))
        pull = pulled(world, desk, dataclasses.replace(SHORT, deadline=10.0))
    if bad := [one for one in pull.health if one.state != "live"]:
        raise RuntimeError(f"Without a fault {bad[0].feed} is {bad[0].state}: {bad[0].reason}")
    return stored(desk)


def halves() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The feeds in two halves."""
    return NAMES[::2], NAMES[1::2]


def measured(faults: Iterable[str] = spoilt.NAMES) -> pd.DataFrame:
    """The table: ``feed, fault, state, word, rows, wrong, others, seconds, reason``."""
    rows = []
    with tempfile.TemporaryDirectory() as place, keyed():
        right = truth(Path(place) / "truth")
        for fault in faults:
            for n, half in enumerate(halves()):
                found, pull = tried(fault, half, right, Path(place) / f"{fault}{n}")
                down = [
                    one.feed for one in pull.health if one.feed not in half and one.state != "live"
                ]
                rows += [
                    {
                        "feed": one.feed, "fault": one.fault, "state": one.health.state,
                        "word": one.word,
                        "rows": one.health.rows, "wrong": len(one.wrong),
                        "others": ", ".join(down) or "live", "seconds": round(one.seconds, 1),
                        "reason": one.health.reason,
                    }
                    for one in found
                ]  # fmt: skip
    return pd.DataFrame(rows).sort_values(["feed", "fault"], kind="stable")


INTRO = f"""# What a fault of a source does to its feed

Every feed of `params/live.yaml` on a made-up world behind servers of this machine, once with each
fault, with keys: {len(NAMES)} feeds, {len(spoilt.NAMES)} faults. This page is made by

    python -m tests.bench.feeds --page docs/feed-faults.md

| fault | what the source does |
|---|---|
| refuse | no connection |
| hang | takes the question and never answers |
| error, denied | status 500; status 401 |
| html | status 200 with a page that says to wait |
| nothing | status 200 without a body |
| cut | the first half of its body |
| big | its body and 30 MB of spaces |
| empty | empty lists, tables without lines |
| renamed | every name of a field or column is another |
| wordy | "n/a, see page" where a number stood |
| blank | null, or nothing, where a number stood |
| unit | another currency or unit (GBp for USD, pch for lin, bps for %), and other numbers with it |

*dark*: nothing of it could be used, and its health says why in a line. *degraded 8*: part of it
could not, and 8 rows or items that the fault left true are stored. *live 8*: there are 8, and the
fault took away nothing that the desk needs. *unchanged*: its answers hold nothing that this fault
would change. *says none*: its answers name neither a currency nor a unit, so what was asked for
counts. *FALSE*: something that the world never said is stored.
"""


def page(table: pd.DataFrame) -> str:
    """The table as Markdown: a line a feed, a column a fault, and what was said of other units."""
    faults = [one for one in spoilt.NAMES if one in set(table["fault"])]
    words = table.pivot_table(index="feed", columns="fault", values="word", aggfunc="first")
    lines = [f"| feed | {' | '.join(faults)} |", "|---" * (len(faults) + 1) + "|"]
    lines += [f"| {feed} | {' | '.join(words.loc[feed, faults])} |" for feed in words.index]
    down = sorted({name for one in table["others"] if one != "live" for name in one.split(", ")})
    said = (
        f"{len(table)} cells: {int(table['wrong'].sum())} false rows stored; of the feeds beside "
        f"them {', '.join(down) or 'none'} was not live."
    )
    units = table[(table["fault"] == "unit") & (table["word"] != "says none")]
    heard = [f"| {one.feed} | {_plain(one.reason)} |" for one in units.itertuples()]
    told = ["## What is said of another unit", "", "| feed | reason |", "|---|---|", *heard]
    return "\n".join([INTRO, *lines, "", said, "", *(told if heard else [])]).rstrip() + "\n"


def _plain(reason: str) -> str:
    """A reason without the port, which is another each time."""
    return re.sub(r"127\.0\.0\.1:\d+", "the host", reason).replace("|", "/")


def main() -> None:
    """Prints the table, and keeps it when told where."""
    asked = argparse.ArgumentParser(prog="python -m tests.bench.feeds", description=__doc__)
    asked.add_argument("--outputs", type=Path, default=Path("outputs"), help="folder")
    asked.add_argument("--page", type=Path, help="where the table goes as Markdown")
    asked.add_argument("faults", nargs="*", default=spoilt.NAMES, help="only these")
    given = asked.parse_args()
    table = measured(given.faults)
    print(table.to_string(index=False, max_colwidth=110))
    if given.page:
        given.page.write_text(page(table), encoding="utf-8")
    folder = given.outputs / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(json.loads(table.to_json(orient="records")), indent=1)
    (folder / "feeds.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
