"""The whole site anew, out of the ledger and the cycles' folders.

It is made beside the site that stands, a dispatch at a time, and takes its place when it is whole.
An interrupted build goes on where it was, unless ledger, params or program have changed meanwhile:
then it begins again. Dispatches whose cycles' folders are gone keep the pages that they have.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, replace
from pathlib import Path

import sqlalchemy as sa

import workbench
from workbench.desk import callsdata, dispatches, layout, site
from workbench.desk.editions import SHARD, Edition, is_kept, now, on_ledger, shard, shards
from workbench.domain.errors import UserMistake
from workbench.world import entries as book
from workbench.world.files import write_atomic
from workbench.world.ledger import Ledger
from workbench.world.params import Desk

Told = Callable[[str, int, int], None]
Step = tuple[str, int]
"""What is made, and which: a dispatch by its number, or lists by their shard."""
_BESIDE = "site-build"


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """What a build made.

    Attributes:
        dispatches: On the site.
        began: Steps that an interrupted build had done already.
        old: Dispatches whose pages are as they were, because their cycles' folders are gone.
    """

    dispatches: int
    began: int
    old: tuple[int, ...]


def build(desk: Desk, ledger: Ledger, told: Told = lambda _what, _done, _of: None) -> Built:
    """Makes the whole site anew, or goes on with a build that was interrupted.

    Args:
        desk: Whose site; the caller holds its lock.
        ledger: All of its cycles.
        told: Progress: what is going on, how much is done, of how much.

    Raises:
        UserMistake: No dispatch can be made.
        CycleFailed: A page holds something that could run, leak or load from elsewhere.
    """
    stands, gone = desk.outputs / "site", desk.outputs / "site-old"
    if gone.is_dir() and not stands.is_dir():  # killed while the new one was put in its place
        gone.rename(stands)
    old, kept = _known(desk, ledger)
    if not kept:
        raise UserMistake(
            f"There is nothing to build in the outputs {desk.outputs.name!r}: no cycle of this "
            "ledger has its notebooks under cycles. Run 'workbench cycle' first."
        )
    numbers = sorted({*old, *kept})
    whole = _edition(desk, ledger, numbers, kept[-1])
    steps, anew = _steps(whole, kept), frozenset(kept)
    place, note = whole.site, desk.outputs / f"{_BESIDE}.json"
    stamp, began = _stamp(desk, ledger, steps, numbers), 0
    if place.is_dir() and note.is_file():
        noted = json.loads(note.read_text("utf-8"))
        began = noted["done"] if noted["stamp"] == stamp else 0
    if not began:
        shutil.rmtree(place, ignore_errors=True)
    for left in place.rglob(".*"):  # what a killed writer had not renamed yet
        left.unlink()
    for done in range(began, len(steps)):
        told("{} {}".format(*steps[done]), done, len(steps))
        site.write(place, _made(whole, anew, steps[done]))
        write_atomic(note, json.dumps({"done": done + 1, "stamp": stamp}).encode())
    told("place", len(steps), len(steps))
    for number in old:
        before = desk.outputs / "site" / "read" / str(number)
        shutil.copytree(before, place / "read" / str(number), dirs_exist_ok=True)
    shutil.rmtree(gone, ignore_errors=True)
    if stands.is_dir():
        stands.rename(gone)
    place.rename(stands)
    shutil.rmtree(gone, ignore_errors=True)
    note.unlink()
    return Built(dispatches=len(numbers), began=began, old=tuple(old))


def _known(desk: Desk, ledger: Ledger) -> tuple[list[int], list[int]]:
    """Dispatches that only the present site has, and those that can be made anew, in order."""
    query = sa.select(book.dispatches.c.of).order_by(book.dispatches.c.of)
    ledgered = {row["of"] for row in ledger.read(query)}
    folders = _numbers(desk.outputs / "cycles") & ledgered
    kept = sorted(n for n in folders if is_kept(desk, ledger, n))
    published = _numbers(desk.outputs / "site" / "read") & ledgered
    return sorted(published.difference(kept)), kept


def _numbers(folder: Path) -> set[int]:
    if not folder.is_dir():
        return set()
    return {int(one.name) for one in folder.iterdir() if one.name.isdecimal() and one.is_dir()}


def _edition(desk: Desk, ledger: Ledger, numbers: Sequence[int], number: int) -> Edition:
    """The edition in which every dispatch stands as it does now."""
    return Edition(
        desk=desk, site=desk.outputs / _BESIDE, ledger=ledger, number=number,
        row=on_ledger(ledger, number), numbers=numbers, now=now(ledger),
        changed=(number,), stale=(),
    )  # fmt: skip


def _steps(whole: Edition, kept: Sequence[int]) -> list[Step]:
    """Each dispatch by itself, then the lists, a shard at a time and the newest last."""
    listed = {*shards(whole.numbers), *callsdata.spans(whole)}
    return [*(("dispatch", n) for n in kept), *(("list", k) for k in sorted(listed))]


def _made(whole: Edition, anew: Set[int], step: Step) -> dict[str, bytes]:
    """The files of one step.

    Args:
        whole: The edition of all dispatches.
        anew: Those that can be made anew.
        step: Which.
    """
    what, which = step
    if what == "dispatch":
        row = on_ledger(whole.ledger, which)
        edition = replace(whole, number=which, row=row, changed=(which,))
        return site.checked(site.own(edition, dispatches.pages(edition)))
    there = shard(whole.numbers, which)
    edition = replace(whole, changed=tuple(n for n in there if n in anew),
                      stale=tuple(n for n in there if n not in anew))  # fmt: skip
    if which < whole.number // SHARD:
        return site.checked(site.listed(edition, which))
    latest = dispatches.dispatch(edition, edition.number)
    return layout.assets() | site.checked(site.shared(edition, latest))


def _stamp(desk: Desk, ledger: Ledger, steps: Sequence[Step], numbers: Sequence[int]) -> str:
    """What a build depends on: the ledger's head, the desk, the program, and which steps it has."""
    code = hashlib.sha256()
    root = Path(workbench.__file__).parent
    for path in sorted(root.rglob("*")):
        if path.suffix in {".py", ".j2", ".js", ".css", ".svg", ".yaml"}:
            code.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    which = (steps, numbers)
    parts = (ledger.head(), desk.hash, desk.params.site.address, code.hexdigest(), which)
    return hashlib.sha256(repr(parts).encode()).hexdigest()
