"""Opening a bench for a notebook: its desk, archive and ledger, at the moment that it asks for."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pandas as pd

from workbench.domain.calendars import UTC, iso, moment, venue
from workbench.domain.errors import ParamsError
from workbench.domain.figures import worded
from workbench.domain.records import Mode
from workbench.measures import quality
from workbench.steps.bench import CODE, Bench
from workbench.world.archive import Archive
from workbench.world.feeds import bundled
from workbench.world.ledger import Ledger
from workbench.world.params import Desk, open_desk
from workbench.world.pulls import Pulls
from workbench.world.schema import BUNDLED


def fill(desk: Desk) -> Archive:
    """The desk's archive, with its bundled feed delivered once."""
    archive = Archive(desk.archive)
    own = any(one.feed == BUNDLED for one in desk.params.feeds)
    if own and not archive.has(bundled.ORIGIN, bundled.THROUGH):
        archive.append(bundled.observations(), origin=bundled.ORIGIN, through=bundled.THROUGH)
    return archive


def after_close(desk: Desk, date: dt.date) -> dt.datetime:
    """The moment of the cycle that follows a session's close."""
    clock = desk.params.clock
    return venue(clock.venue).session(date).close + dt.timedelta(minutes=clock.after_close)


def first_moment(desk: Desk) -> dt.datetime:
    """The moment of a desk's first cycle, as its params say it.

    Raises:
        ParamsError: They do not, because its cycles look when its feeds were pulled.
    """
    if desk.params.first is None:
        raise ParamsError(
            f"{desk.path.name} names no first session: its cycles look when its feeds were pulled. "
            "Run 'workbench cycle' first, or give --as-of."
        )
    return after_close(desk, desk.params.first)


def bench(desk: str, as_of: str = "", cycle: int = 0) -> Bench:
    """The bench of a notebook.

    Args:
        desk: Params file, looked for from the working folder upwards.
        as_of: ISO moment; empty for the latest cycle's, or the desk's first.
        cycle: The running cycle's number; 0 works on a scratch copy of the ledger.

    Raises:
        ParamsError: A cycle without a moment.
        UserMistake: A cycle that was begun on other data or with other params.
    """
    # Notebooks show sentences and probabilities: no cell is cut, and no number is 1e-05.
    pd.set_option(
        "display.max_colwidth", None, "display.max_rows", None, "display.max_columns", None,
        "display.float_format", "{:.3f}".format,
    )  # fmt: skip
    opened = open_desk(desk)
    archive, ledger = fill(opened), Ledger(opened.ledger)
    if cycle:
        if not as_of:
            raise ParamsError(f"Cycle {cycle} needs its moment. Give as_of, or leave cycle at 0.")
        when = moment(as_of)
        how = mode(opened, ledger, cycle, when)
        made = Bench(opened, archive, ledger, number=cycle, as_of=when, mode=how, keep=True)
        made.agree()
        return made
    last = ledger.last_cycle()
    known = moment(last["as_of"]) if last else first_moment(opened)
    when = moment(as_of) if as_of else known
    number = (
        int(last["number"]) if last and when == known else int(last["number"]) + 1 if last else 1
    )
    how = mode(opened, ledger, number, when)
    # Before the latest cycle the ledger already knows more than that moment did.
    scratch = ledger.copy() if when >= known else Ledger("sqlite://")
    return Bench(opened, archive, scratch, number=number, as_of=when, mode=how, keep=False)


def mode(desk: Desk, ledger: Ledger, number: int, as_of: dt.datetime) -> Mode:
    """Whether a cycle is ``live`` or ``replay``, as its own row says once it has one.

    A cycle is live when it runs before the close that its first claims settle on. What was
    known to the world when it was registered is history, however honestly replayed; and while
    this machine's clock is shown to be wrong, nobody can say when anything was registered.
    """
    known = ledger.mode_of(number)
    if known is not None:
        return known
    last = Pulls(Archive(desk.archive).folder).last(as_of)
    if last is not None and quality.clock_off(last.skews):
        return "replay"
    following = min(venue(one.venue).after(as_of).close for one in desk.instruments)
    return "live" if dt.datetime.now(UTC) < following else "replay"


@dataclass(frozen=True, slots=True, kw_only=True)
class Footer:
    """What ran, on what: the last line of every notebook, and the sign that it ran to its end."""

    cycle: int
    as_of: str
    mode: str
    snapshot: str
    code: str

    def _repr_html_(self) -> str:
        return (
            f"<p><small>Cycle {self.cycle}, {self.mode}, as of {worded(self.as_of)} UTC. Snapshot "
            f"<code>{self.snapshot[:12]}</code>, {self.code}.</small></p>"
        )


def footer(of: Bench) -> Footer:
    """The footer of a notebook."""
    return Footer(
        cycle=of.number,
        as_of=iso(of.as_of),
        mode=of.mode,
        snapshot=of.snapshot.hash,
        code=CODE,
    )
