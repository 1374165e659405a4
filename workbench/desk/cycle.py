"""One cycle: warm-up on first use, six notebooks under papermill, publish.

What a cycle has finished is in ``outputs/cycles/<n>/status.json``; an interrupted or failed one
resumes at its first unfinished notebook, with the moment and the knobs that it started with.
"""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from workbench.desk import notebooks, replay, site
from workbench.desk.lock import held
from workbench.domain.calendars import iso, moment, venue
from workbench.domain.errors import BeyondArchive, CycleFailed, UserMistake
from workbench.steps import debate, write
from workbench.steps.bench import Bench
from workbench.steps.opening import fill, first_moment, mode
from workbench.world.archive import Archive
from workbench.world.files import write_atomic
from workbench.world.ledger import Ledger
from workbench.world.params import Desk

Told = Callable[[str, int, int], None]
_ASKS = {"4_debate": debate.prepare, "6_dispatch": write.prepare}


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """Where a cycle's dispatch is, what it says in one line, and which older pages are stale."""

    number: int
    as_of: dt.datetime
    page: Path
    title: str
    call: str
    stale: tuple[int, ...]


def run(
    desk: Desk,
    *,
    given: Mapping[str, str],
    as_of: dt.datetime | None = None,
    told: Told = lambda _what, _done, _of: None,
) -> Published:
    """Runs the next cycle of a desk, or resumes the one that was not finished.

    Args:
        desk: Whose cycle.
        given: Knobs of the notebooks, as text.
        as_of: Its moment. None for the desk's clock: the session after the last cycle's, or, on a
            desk with feeds, now, when they have been pulled.
        told: Progress: what is going on, how much is done, of how much.

    Raises:
        BeyondArchive: The archive ends before that moment.
        CycleFailed: A notebook failed; nothing was published.
        UserMistake: A knob is unknown, the moment lies before the last cycle, or another cycle
            holds the outputs.
    """
    folder = desk.root / "notebooks"
    known = notebooks.declared(folder)
    parameters = notebooks.knobs(given, known)
    with held(desk.outputs):
        archive, ledger = fill(desk), Ledger(desk.ledger)
        try:
            if as_of is None and desk.params.asked and not _unfinished(desk, ledger):
                from workbench.steps.refresh import refresh  # loads the client of the feeds

                as_of = refresh(desk, archive, told=told).ended
            if as_of is not None:
                _look(desk, archive, ledger, as_of)
            _warm_up(desk, archive, ledger, as_of, told)
            status = _status(desk, archive, ledger, as_of, parameters, known)
            _notebooks(desk, archive, ledger, folder, status, told)
            told("publish", len(notebooks.NAMES), len(notebooks.NAMES) + 1)
            page = site.publish(desk, ledger, status["number"])
            _note(desk, status | {"state": "published"})
            told("publish", len(notebooks.NAMES) + 1, len(notebooks.NAMES) + 1)
            return Published(number=status["number"], as_of=moment(status["as_of"]), page=page.path,
                             title=page.title, call=page.call, stale=page.stale)  # fmt: skip
        finally:
            ledger.close()


def _warm_up(
    desk: Desk, archive: Archive, ledger: Ledger, as_of: dt.datetime | None, told: Told
) -> None:
    """Replays the params' warm-up on first use, or finishes one that was interrupted."""
    warm, last = desk.params.warmup, ledger.last_cycle()
    if warm is None:
        return
    until = warm.last or replay.noted(desk, warm.first) or _session_before(desk, as_of)
    if not replay.interrupted(desk, warm.first, until) and last is not None:
        return
    replay.replay(
        desk, archive, ledger, warm.first, until, asks="nobody",
        progress=lambda done, of, session: told(f"warm-up {session}", done, of),
    )  # fmt: skip


def _session_before(desk: Desk, as_of: dt.datetime | None) -> dt.date:
    """The last session whose own cycle would lie before the first cycle."""
    when, clock = as_of or _next(desk, None), desk.params.clock
    early = when - dt.timedelta(minutes=clock.after_close, microseconds=1)
    return venue(clock.venue).last(early).date


def _unfinished(desk: Desk, ledger: Ledger) -> bool:
    """Whether a cycle was begun and not published: it comes first, with its own moment."""
    last = ledger.last_cycle()
    number = 1 if last is None else int(last["number"])
    paths = [path for n in (number, number + 1) if (path := _path(desk, n)).is_file()]
    return any(json.loads(path.read_text("utf-8"))["state"] != "published" for path in paths)


def _status(
    desk: Desk,
    archive: Archive,
    ledger: Ledger,
    as_of: dt.datetime | None,
    parameters: dict[str, Any],
    known: Mapping[str, Mapping[str, str]],
) -> dict[str, Any]:
    """The status of the cycle to run: the unfinished one, else a new one."""
    last = ledger.last_cycle()
    number = 1 if last is None else int(last["number"])
    for candidate in (number, number + 1):
        path = _path(desk, candidate)
        if path.is_file():
            status = cast(dict[str, Any], json.loads(path.read_text("utf-8")))
            if status["state"] != "published":
                resumed = turned(_resumed(status, as_of), parameters, known)
                _looking(desk, archive, ledger, candidate, moment(resumed["as_of"])).agree()
                # Without its row the ledger is not the one that these notebooks wrote to.
                return resumed if ledger.mode_of(candidate) else resumed | {"done": {}}
    number += last is not None
    when = (
        as_of.replace(microsecond=0)
        if as_of
        else _next(desk, None if last is None else moment(last["as_of"]))
    )
    if last is not None and when <= moment(last["as_of"]):
        raise UserMistake(
            f"The last cycle knows {last['as_of']}, and cycles only go forward. "
            "Choose a later --as-of, or a fresh --outputs."
        )
    if as_of is None:  # a given one was looked at before the warm-up
        _look(desk, archive, ledger, when)
    status = {
        "number": number,
        "as_of": iso(when),
        "knobs": parameters,
        "done": {},
        "state": "running",
    }
    _note(desk, status)
    return status


def _look(desk: Desk, archive: Archive, ledger: Ledger, when: dt.datetime) -> None:
    """Refuses a moment that the archive cannot know, before anything is written."""
    end = archive.end()
    if end is None or when > end:
        raise BeyondArchive(_ended(when, end))
    _looking(desk, archive, ledger, 0, when).check()


def _looking(
    desk: Desk, archive: Archive, ledger: Ledger, number: int, as_of: dt.datetime
) -> Bench:
    """A bench that only looks, so that its mode says nothing."""
    return Bench(desk, archive, ledger, number=number, as_of=as_of, mode="replay", keep=False)


def _ended(when: dt.datetime, end: dt.datetime | None) -> str:
    reach = "is empty" if end is None else f"ends {iso(end)}"
    return (
        f"There is nothing to know as of {iso(when)}: the archive {reach}. To go on, bring later "
        "history with 'workbench archive import PATH' and a params file that names it (-f)."
    )


def _resumed(status: dict[str, Any], as_of: dt.datetime | None) -> dict[str, Any]:
    if as_of is not None and iso(as_of) != status["as_of"]:
        raise UserMistake(
            f"Cycle {status['number']} as of {status['as_of']} is not finished; it comes first. "
            "Run 'workbench cycle' without --as-of to resume it."
        )
    return status


def turned(
    status: dict[str, Any],
    parameters: dict[str, Any],
    known: Mapping[str, Mapping[str, str]],
) -> dict[str, Any]:
    """The status with other knobs where some are given; notebooks that they turn run again."""
    changed = {k for k, value in parameters.items() if status["knobs"].get(k) != value}
    done = {name: took for name, took in status["done"].items() if not changed & set(known[name])}
    return status | {"knobs": status["knobs"] | parameters, "done": done}


def _next(desk: Desk, last: dt.datetime | None) -> dt.datetime:
    if last is None:
        return first_moment(desk)
    clock = desk.params.clock
    following = venue(clock.venue).after(last)
    return following.close + dt.timedelta(minutes=clock.after_close)


def _notebooks(
    desk: Desk, archive: Archive, ledger: Ledger, folder: Path, status: dict[str, Any], told: Told
) -> None:
    known = notebooks.declared(folder)
    environment = {
        "WORKBENCH_OUTPUTS": str(desk.outputs),
        "WORKBENCH_ARCHIVE": str(desk.archive),
        "WORKBENCH_PARAMS": str(desk.path.parent),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }
    own = {"desk": desk.name, "as_of": status["as_of"], "cycle": status["number"]}
    place = _path(desk, status["number"]).parent / "notebooks"
    for done, name in enumerate(notebooks.NAMES):
        output = place / f"{name}.ipynb"
        if name in status["done"] and not notebooks.verdict(output):
            continue
        told(name, done, len(notebooks.NAMES) + 1)
        values = own | {k: v for k, v in status["knobs"].items() if k in known[name]}
        began = time.monotonic()
        _prepared(name, desk, archive, ledger, status)
        try:
            notebooks.run(folder / f"{name}.ipynb", output, values, environment)
        except CycleFailed:
            _note(desk, status | {"state": "failed"})
            raise
        status["done"][name] = round(time.monotonic() - began, 2)
        _note(desk, status)


def _prepared(
    name: str, desk: Desk, archive: Archive, ledger: Ledger, status: Mapping[str, Any]
) -> None:
    """Does what a notebook needs a key for, here, as its kernel has none; the folder keeps it."""
    if name not in _ASKS:
        return
    number, when = int(status["number"]), moment(status["as_of"])
    how = mode(desk, ledger, number, when)
    bench = Bench(desk, archive, ledger, number=number, as_of=when, mode=how, keep=True)
    _ASKS[name](bench)


def _path(desk: Desk, number: int) -> Path:
    return desk.outputs / "cycles" / str(number) / "status.json"


def _note(desk: Desk, status: Mapping[str, Any]) -> None:
    write_atomic(_path(desk, status["number"]), json.dumps(status, indent=1).encode())
