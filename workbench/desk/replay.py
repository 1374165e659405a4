"""Walk-forward replay: the six steps as plain functions, one cycle after another, no kernels.

A replay writes the very rows that notebook cycles write. It only goes forward: dates at or
before the last cycle are refused, except to finish a replay that was interrupted.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Sequence

from workbench.domain.calendars import Session, iso, moment, venue
from workbench.domain.errors import BeyondArchive, ReplayMiss, UserMistake
from workbench.steps import debate, paper, predict, pull, regime, rules, score, stories, write
from workbench.steps.bench import Asks, Bench
from workbench.steps.opening import after_close
from workbench.world.archive import Archive
from workbench.world.files import write_atomic
from workbench.world.ledger import Ledger
from workbench.world.params import Desk

Progress = Callable[[int, int, str], None]


def cycle(bench: Bench) -> write.Dispatch:
    """All steps of one cycle, in one transaction."""
    with bench.ledger.transaction():
        pull.observe(bench)
        score.settle_due(bench)
        rules.review(bench)
        regime.read(bench)
        stories.follow(bench)
        debate.hold(bench)
        predict.decide(bench)
        paper.trade(bench)
        return write.compose(bench)


def replay(
    desk: Desk,
    archive: Archive,
    ledger: Ledger,
    first: dt.date,
    last: dt.date,
    *,
    every: int = 1,
    asks: Asks = "records",
    progress: Progress | None = None,
) -> int:
    """Replays the sessions from ``first`` to ``last``.

    Args:
        desk: Whose cycles.
        archive: Its observations.
        ledger: Where the rows go.
        first: First session's date, or any date before it.
        last: Last date.
        every: Sessions from one cycle to the next.
        asks: Whom minds that are models ask; a warm-up asks nobody.
        progress: Told (done, total, session) after each cycle.

    Returns:
        Cycles replayed now.

    Raises:
        UserMistake: The dates are not after the last cycle, or hold no session.
        BeyondArchive: The archive does not reach ``last``.
        ReplayMiss: A model was never asked what a cycle asks.
    """
    sessions = _sessions(desk, archive, first, last)[::every]
    note = desk.outputs / "replay.json"
    terms = _terms(first, last, every)
    before = ledger.last_cycle()
    number = 1
    if before is not None:
        if not before["done"]:  # a replay writes whole cycles, so this one is of notebooks
            raise UserMistake(
                f"Cycle {before['number']} as of {before['as_of']} is not finished; it is first. "
                "Run 'workbench cycle'."
            )
        reached = moment(before["as_of"])
        resumed = note.is_file() and json.loads(note.read_text("utf-8")) == terms
        if reached >= after_close(desk, sessions[0].date) and not resumed:
            raise UserMistake(
                f"The ledger has cycles up to {iso(reached)}, and a replay only goes forward. "
                f"Start after that date, or replay into a fresh --outputs."
            )
        number = int(before["number"]) + 1
        sessions = [s for s in sessions if after_close(desk, s.date) > reached]
    if sessions:  # what the first cycle would refuse is refused before anything is written
        when = after_close(desk, sessions[0].date)
        Bench(desk, archive, ledger, number=number, as_of=when, mode="replay", keep=False).check()
    write_atomic(note, json.dumps(terms).encode())
    for done, session in enumerate(sessions, 1):
        bench = Bench(
            desk, archive, ledger, number=number, as_of=after_close(desk, session.date),
            mode="replay", keep=False, asks=asks,
        )  # fmt: skip
        try:
            cycle(bench)
        except ReplayMiss:  # what was never asked will not be, so there is nothing to go on with
            note.unlink()
            raise
        number += 1
        if progress is not None:
            progress(done, len(sessions), str(session.date))
    note.unlink()
    return len(sessions)


def noted(desk: Desk, first: dt.date) -> dt.date | None:
    """The last date of a replay from this one that was begun and not finished, or None."""
    note = desk.outputs / "replay.json"
    if not note.is_file():
        return None
    terms = json.loads(note.read_text("utf-8"))
    return dt.date.fromisoformat(terms["to"]) if terms["from"] == str(first) else None


def interrupted(desk: Desk, first: dt.date, last: dt.date) -> bool:
    """True when this very replay was begun and not finished.

    Raises:
        UserMistake: Another replay was; it comes first.
    """
    note = desk.outputs / "replay.json"
    if not note.is_file():
        return False
    terms = json.loads(note.read_text("utf-8"))
    if terms != _terms(first, last, 1):
        raise UserMistake(
            f"A replay from {terms['from']} to {terms['to']} was interrupted. Go on with it: "
            f"'workbench replay --from {terms['from']} --to {terms['to']} --every {terms['every']}'"
            "; or use a fresh --outputs."
        )
    return True


def _terms(first: dt.date, last: dt.date, every: int) -> dict[str, object]:
    """What a replay was asked for; with which params is on each cycle's own row."""
    return {"from": str(first), "to": str(last), "every": every}


def _sessions(desk: Desk, archive: Archive, first: dt.date, last: dt.date) -> Sequence[Session]:
    found = venue(desk.params.clock.venue).between(first, last)
    if not found:
        raise UserMistake(f"There is no session from {first} to {last}. Give later or wider dates.")
    end = archive.end()
    if end is None or after_close(desk, found[-1].date) > end:
        reach = "is empty" if end is None else f"was last pulled {iso(end)}"
        raise BeyondArchive(
            f"The session of {found[-1].date} cannot be replayed: the archive {reach}. "
            "Choose an earlier --to, or import more history."
        )
    return found
