"""What publishing one more dispatch costs: ``python -m tests.bench.publish 10 1000 20000``.

The last dispatches of each shelf are real: cycles of the default desk, run once by its own command
and entered with their own rows under the last numbers; those shortly before them borrow their
folders. Timed is `site.publish` itself, after the dispatch before was published, and then each of
its parts; CPU and wall, least and median of five rounds after the first, and once in a new process
that has nothing warm.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tests.bench.shelf import PARAMS, Entry, Pace, sessions, shelf
from workbench.desk import (
    aboutpage,
    archivepage,
    callspage,
    datapage,
    dispatches,
    feed,
    front,
    guard,
    layout,
    mindpage,
    outlets,
    recordpage,
    site,
    traced,
    trails,
    twins,
    weeklypage,
)  # fmt: skip
from workbench.desk.bulk import bulk
from workbench.desk.editions import Edition, edition, shard, shards
from workbench.domain.calendars import moment
from workbench.world import entries as book
from workbench.world.ledger import Ledger
from workbench.world.params import Desk, open_desk
from workbench.world.schema import SiteParams

ROUNDS = 5
CYCLES = 3  # real ones
BORROWED = 40  # dispatches before them that have a folder
_A_DAY = 8  # dispatches a session, so that 20,000 end where the real ones begin
_HISTORY = (book.absences, book.rules, book.rulings, book.stories)  # of the real desk's warm-up
Took = tuple[float, float]
"""CPU and wall seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Real:
    """Cycles that were run: the last of a real desk, and what it had learned before.

    Attributes:
        folder: Its outputs.
        numbers: Of the cycles, oldest first.
        rows: What each entered, in order; of older claims nothing.
        history: Rules, rulings, stories and absences of the cycles before, by number.
    """

    folder: Path
    numbers: tuple[int, ...]
    rows: Mapping[int, list[Entry]]
    history: Mapping[int, list[Entry]]


def run(folder: Path) -> Real:
    """The default desk's first cycles, run by its own command where they are missing."""
    while len(found := sorted(int(p.name) for p in folder.glob("cycles/*"))) < CYCLES:
        line = [sys.executable, "-m", "workbench.cli", "cycle", "-f", str(PARAMS)]
        subprocess.run([*line, "--outputs", str(folder)], check=True)
    ledger, numbers = Ledger(f"sqlite:///{folder}/ledger.db"), tuple(found[-CYCLES:])
    rows: dict[int, list[tuple[int, Entry]]] = {}
    own: set[str] = set()
    for table in (book.claims, *(t for t in book.TABLES if t is not book.claims)):
        for row in map(dict, ledger.read(sa.select(table).order_by(table.c.seq))):
            number, seq = row["cycle"], row["seq"]
            of_own = number in numbers and ("claim" not in row or row["claim"] in own)
            if table is book.claims and of_own:
                own.add(row["id"])
            if of_own or (number < numbers[0] and table in _HISTORY):
                content = {k: v for k, v in row.items() if k not in {"cycle", *book.BOOKKEEPING}}
                rows.setdefault(number, []).append((seq, (table, content)))
    ledger.close()
    ordered = {n: [entry for _, entry in sorted(found, key=lambda one: one[0])]
               for n, found in rows.items()}  # fmt: skip
    return Real(
        folder=folder, numbers=numbers, rows={n: ordered[n] for n in numbers},
        history={n: found for n, found in ordered.items() if n not in numbers},
    )  # fmt: skip


def desk_of(outputs: Path) -> Desk:
    """The default desk with an address, so that it has a sitemap."""
    desk = open_desk(PARAMS, outputs)
    site = SiteParams(address="https://desk.example/")
    desk.params = desk.params.model_copy(update={"site": site})
    return desk


def filled(outputs: Path, length: int, real: Real, shadows: int, borrowed: int = BORROWED) -> Desk:
    """A desk of so many dispatches, all published but the last, of which the last ones are real."""
    made = length - len(real.numbers)
    begins = next(row for table, row in real.rows[real.numbers[0]] if table is book.cycles)
    first = next(k for k, s in enumerate(sessions()) if s.date == moment(begins["as_of"]).date())
    pace = Pace(first=first - -(-made // _A_DAY), a_day=_A_DAY)
    cycle = {name: begins[name] for name in ("desk", "params", "code", "snapshot")}

    def history(number: int) -> Iterator[Entry]:
        """The warm-up's own, so that it ends where the real cycles begin, over and over."""
        before = made - number
        turn, back = divmod(before, real.numbers[0] - 1)
        for table, row in real.history.get(real.numbers[0] - 1 - back, ()):
            rule = {"rule": f"{row['rule']}-{turn}"} if table is book.rules and turn else {}
            yield table, row | rule | {"of": number}

    of = shelf(outputs, made, shadows=shadows, pace=pace, cycle=cycle, more=history)
    read = outputs / "site" / "read"
    for number, own in enumerate(real.numbers, made + 1):
        now = next(row["as_of"] for table, row in real.rows[own] if table is book.cycles)
        rows = list(_renumbered(real.rows[own], number))
        for at in sorted(of.due):
            if all(row.get("known_at", "") <= now for _, row in of.due[at]):
                rows[1:1] = of.due.pop(at)
        of.ledger.append(number, rows)
    of.ledger.close()
    for number in range(max(1, made - borrowed), length + 1):
        own = real.numbers[max(0, number - made - 1)]
        shutil.copytree(real.folder / "cycles" / str(own), outputs / "cycles" / str(number),
                        copy_function=os.link)  # fmt: skip
    for number in range(1, length):
        (read / str(number)).mkdir(parents=True, exist_ok=True)
    desk = desk_of(outputs)
    ledger = Ledger(desk.ledger)
    now = edition(desk, ledger, length - 1)
    for k in shards(now.numbers):
        of_shard = replace(now, changed=(shard(now.numbers, k)[-1],), stale=())
        site.write(now.site, {name: text.encode() for part in (archivepage, outlets)
                              for name, text in part.files(of_shard).items()})  # fmt: skip
    ledger.close()
    return desk


def _renumbered(rows: list[Entry], number: int) -> Iterator[Entry]:
    for table, row in rows:
        name = "number" if table is book.cycles else "of"
        yield table, row | ({name: number} if name in table.c else {})


def published(desk: Desk, length: int) -> Took:
    """One publication of the last dispatch, after the one before it."""
    shutil.rmtree(desk.outputs / "site" / "read" / str(length), ignore_errors=True)
    ledger = Ledger(desk.ledger)
    site.publish(desk, ledger, length - 1)
    ledger.close()
    return _timed(lambda: site.publish(desk, Ledger(desk.ledger), length))


def _first(outputs: Path, length: int) -> Took:
    """The same in a process that has published nothing yet."""
    desk = desk_of(outputs)
    return _timed(lambda: site.publish(desk, Ledger(desk.ledger), length))


def parts(desk: Desk, length: int) -> Iterator[tuple[str, Took]]:
    """Each part of a publication by itself, and last the guard and the writing."""
    ledger, spent = Ledger(desk.ledger), dict[str, Took]()
    files: dict[str, str] = {}

    def lap(name: str, work: Callable[[], Any]) -> Any:
        kept: list[Any] = []
        spent[name] = _timed(lambda: kept.append(work()))
        return kept[0]

    now: Edition = lap("edition", lambda: edition(desk, ledger, length))
    pages = lap("dispatch: facts", lambda: dispatches.pages(now))
    latest = pages[length]
    for name, work in {
        "dispatch: pages": lambda: dispatches.files(pages), "dispatch: twins": lambda: twins.files(
            pages), "trail: notebooks": lambda: trails.files(now),
        "trail: fronts": lambda: traced.files(now), "front": lambda: front.files(now, latest),
        "data": lambda: datapage.files(now), "archive": lambda: archivepage.files(now),
        "titles, sitemap": lambda: outlets.files(now), "feed": lambda: feed.files(now),
        "calls": lambda: callspage.files(now), "record": lambda: recordpage.files(now),
        "mind": lambda: mindpage.files(now), "weekly": lambda: weeklypage.files(now),
        "about": lambda: aboutpage.files(now, latest),
    }.items():  # fmt: skip
        files |= lap(name, work)
    if set(files) != set(site.own(now, pages) | site.shared(now, latest)):
        raise SystemExit("The parts that are timed are not those that are published: amend them.")
    lap("guard: pages", lambda: [guard.scan(t) for n, t in files.items() if n.endswith(".html")])
    lap("guard: other", lambda: [guard.leaks(t) for n, t in files.items()
                                 if not n.endswith(".html")])  # fmt: skip
    lap("guard: bulk", lambda: [bulk(t) for t in files.values()])
    scratch = desk.outputs / "scratch"
    lap("write", lambda: site.write(
        scratch, layout.assets() | {name: text.encode() for name, text in files.items()}
    ))  # fmt: skip
    shutil.rmtree(scratch)
    size = sum(len(text.encode()) for text in files.values())
    yield f"({len(files)} files, {size / 1e6:.1f} MB, {len(now.changed)} dispatches)", (0.0, 0.0)
    yield from spent.items()
    ledger.close()


def _timed(work: Callable[[], object]) -> Took:
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return time.process_time() - cpu, time.perf_counter() - wall


def measured(folder: Path, length: int, real: Real, shadows: int) -> float:
    """Prints a length's table; the median CPU seconds of the whole."""
    began = time.perf_counter()
    built = (folder / "site").is_dir()
    desk = desk_of(folder) if built else filled(folder, length, real, shadows)
    print(f"\n{length:,} dispatches (ledger made in {time.perf_counter() - began:.0f} s)"
          if not built else f"\n{length:,} dispatches (as kept)")  # fmt: skip
    whole = [published(desk, length) for _ in range(ROUNDS + 1)][1:]
    ledger = Ledger(desk.ledger)
    shutil.rmtree(desk.outputs / "site" / "read" / str(length))
    site.publish(desk, ledger, length - 1)
    ledger.close()
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        cold = pool.apply(_first, (folder, length))
    rounds = [dict(parts(desk, length)) for _ in range(ROUNDS + 1)][1:]
    for name in rounds[0]:
        _say(name, [one[name] for one in rounds])
    _say("all parts", [tuple(map(sum, zip(*one.values(), strict=True))) for one in rounds])
    _say("publish", whole)
    _say("publish, new process", [cold])
    pages = (desk.outputs / "site" / "read" / str(length)).glob("*/index.html")
    page = next(one for one in pages if one.parent.name != "trail")
    print(f"  the dispatch's page: {page.stat().st_size / 1000:,.0f} KB", flush=True)
    return statistics.median(cpu for cpu, _ in whole)


def _say(name: str, took: list[Any]) -> None:
    if not any(took[0]):
        print(f"  {name}")
        return
    cpu, wall = ([one[k] for one in took] for k in (0, 1))
    print(f"  {name:<22} CPU {min(cpu):6.3f} least {statistics.median(cpu):6.3f} median"
          f"   wall {min(wall):6.3f} least {statistics.median(wall):6.3f} median")  # fmt: skip


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("lengths", nargs="*", type=int, default=[10, 1000])
    asked.add_argument("--shadows", type=int, default=35, help="claims not said, of each dispatch")
    asked.add_argument("--keep", type=Path, help="where cycles and ledgers stay for another run")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        place = given.keep or Path(scratch)
        cycles = run(place / "real")
        print(f"load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
        medians = {
            length: measured(place / f"{length}-{given.shadows}", length, cycles, given.shadows)
            for length in given.lengths
        }
        print(f"load after: {os.getloadavg()[0]:.1f}")
    first, last = min(medians), max(medians)
    print(f"{last:,} to {first:,} dispatches: {medians[last] / medians[first]:.2f} times the CPU")
