"""Merging parts, so that their number stays bounded and one desk's series lie together.

Rows are only reordered: none is dropped, none is changed, so nothing that was known at any moment
differs. Loose parts are merged when there are more than ``LOOSE`` of them, together with the
merged parts that are at most twice as large; each row is thus rewritten a few times in all, and
merged parts double in size: a dozen of them for millions of pulls.
"""

from __future__ import annotations

import itertools
import secrets
import time
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from workbench.world.blocks import MOST, encoded, ordered, whole
from workbench.world.files import Place, names, remove, write_atomic, write_new
from workbench.world.manifests import Listing, Manifest, Merged
from workbench.world.notes import notes
from workbench.world.parts import MANIFEST, Parts

LOOSE = 16
_DAY = 86_400  # seconds after which what a crash left behind is no other writer's work


def settle(parts: Parts) -> bool:
    """Merges when many loose parts have gathered; whether it did."""
    listing = parts.listed()
    if len(listing.loose) <= LOOSE:
        return False
    rows = sum(parts.count(parts.folder / name) for name in listing.loose)
    chosen = []
    for one in reversed(listing.manifest.parts):  # the smallest first
        if one.rows > 2 * rows:
            break
        chosen.append(one)
        rows += one.rows
    return merge(parts, listing, tuple(chosen))


def compact(parts: Parts) -> bool:
    """Merges everything into one part; whether anything was left to merge."""
    listing = parts.listed()
    if not listing.loose and len(listing.manifest.parts) < 2:
        return False
    return merge(parts, listing, listing.manifest.parts)


def merge(parts: Parts, listing: Listing, chosen: tuple[Merged, ...]) -> bool:
    """Merges all loose parts and some merged ones, and says so in the next manifest.

    Returns:
        False when another writer was faster: then nothing has changed.
    """
    old, token = listing.manifest, secrets.token_hex(12)
    inputs = [parts.merged / one.name for one in chosen]
    inputs += [parts.folder / name for name in listing.loose]
    try:
        counts = _counts(parts, inputs)
        data, rows = encoded(_merged(parts, inputs, counts), parts.schema, {})
        told, end = notes(parts, listing), parts.end(listing)  # the old manifest's end included
    except FileNotFoundError:
        return False
    made = [Merged(name=f"{token}.parquet", rows=rows)] if rows else []
    for one in made:
        write_atomic(parts.merged / one.name, data)
    write_atomic(parts.merged / f"{token}.json", told.text().encode())
    kept = [one for one in old.parts if one not in chosen]
    still = old.taken & set(names(parts.folder))
    new = Manifest(
        number=old.number + 1,
        parts=tuple(sorted([*kept, *made], key=lambda one: (-one.rows, one.name))),
        taken=still | set(listing.loose),
        series=old.series | set(counts),
        notes=f"{token}.json",
        end="" if end is None else end.isoformat(),
    )
    if not _settled(parts, new):
        for name in (*(one.name for one in made), new.notes):
            remove(parts.merged / name)
        return False
    _sweep(parts, old, new)
    return True


def _settled(parts: Parts, new: Manifest) -> bool:
    """Writes the manifest, if nobody has written this one or a later one."""
    own = parts.merged / f"{new.number:08}{MANIFEST}"
    if not write_new(own, new.text().encode()):
        return False
    last = max(name for name in names(parts.merged) if name.endswith(MANIFEST))
    if last != own.name:
        remove(own)
    return last == own.name


def _sweep(parts: Parts, old: Manifest, new: Manifest) -> None:
    """Deletes what no longer counts, and what a crash left behind."""
    live = {one.name for one in new.parts} | {new.notes, f"{new.number:08}{MANIFEST}"}
    gone = {one.name for one in old.parts} | {old.notes, f"{old.number:08}{MANIFEST}"}
    for name in new.taken:
        remove(parts.folder / name)
    for name in names(parts.merged):
        path = parts.merged / name
        if name not in live and (name in gone or _left(path)):
            remove(path)


def _left(path: Place) -> bool:
    """Whether a file was written so long ago that no writer can still be at work on it."""
    try:
        return time.time() - path.stat().st_mtime > _DAY
    except FileNotFoundError:
        return False


def _counts(parts: Parts, inputs: list[Place]) -> dict[str, int]:
    """How many rows each series has in these parts, by id in order."""
    found: dict[str, int] = {}
    for path in inputs:
        column = parts.column(path, "series")
        for pair in pc.value_counts(column).to_pylist():
            found[pair["values"]] = found.get(pair["values"], 0) + pair["counts"]
    return dict(sorted(found.items()))


def _merged(parts: Parts, inputs: list[Place], counts: dict[str, int]) -> Iterator[pa.Table]:
    """The rows of these parts in their order, a few series at a time."""
    held: dict[Place, tuple[int, pa.Table]] = {}  # each part's last group, which two runs may share
    rows = itertools.accumulate(counts.values())
    runs = itertools.groupby(zip(counts, rows, strict=True), lambda one: one[1] // MOST)
    for _, run in runs:
        wanted = [name for name, _ in run]
        found = []
        for path in inputs:
            for group in parts.groups(path, (wanted[0], wanted[-1], *wanted)):
                if held.get(path, (-1, None))[0] != group:
                    held[path] = group, parts.read(path, [group])
                table = held[path][1]
                keep = pc.is_in(table.column("series"), pa.array(wanted))
                found.append(table.filter(keep))
        yield ordered(pa.table(whole(pa.concat_tables(found))), parts.order)
