"""Long files and files of items into the archive: ``workbench archive import PATH``.

``read`` checks everything before anything is written, and one malformed file refuses the whole
delivery; ``append`` writes it. What such files are, and how their rows are refused, is told in
``long_files``; when their values became known, in ``dating``; which of their bars are kept apart
from daily ones, in ``finer``; what an item is, in ``item_files``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.domain import intraday
from workbench.domain.contracts import contract
from workbench.domain.deliveries import COLUMNS
from workbench.domain.errors import ImportRefused
from workbench.domain.instruments import ALWAYS, INSTRUMENTS, Instrument
from workbench.world import dating, finer, item_files
from workbench.world.agreement import KEY, Keyed
from workbench.world.archive import Archive
from workbench.world.long_files import TEXTS, LongFile, unfit
from workbench.world.observations import BASES

PRICES = {"open", "high", "low", "close", "value"}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Delivery:
    """What an import would add: read and checked, nothing written yet.

    Attributes:
        frames: File name (relative to the folder) to its observations, as the archive takes them;
            the index is the row in the file, from 0.
        skipped: File name and reason, for each file of the folder that is not long.
        through: Latest ``known_at`` of the instruments' closes, or of all rows when there are
            none; None when no file holds a row.
        finer: Series ids of the bars shorter than a session, in order of name.
        items: File name to its items, of files that hold texts.
    """

    frames: Mapping[str, pd.DataFrame]
    skipped: tuple[tuple[str, str], ...]
    through: dt.datetime | None
    finer: tuple[str, ...] = ()
    items: Mapping[str, pd.DataFrame] = field(default_factory=dict)

    @property
    def accepted(self) -> tuple[str, ...]:
        """The files that were read, in order of name."""
        return tuple(sorted([*self.frames, *self.items]))


def read(path: Path, instruments: Iterable[Instrument] = ()) -> Delivery:
    """Reads and checks a long file, or every long file below a folder.

    Args:
        path: File or folder.
        instruments: The desk's own instruments, beside the built-in table.

    Returns:
        The checked rows of each file, repeated ones once; nothing is written.

    Raises:
        ImportRefused: A long file is malformed, nothing there is long, or the path is missing.
    """
    if not path.exists():
        raise ImportRefused(f"{str(path)!r} does not exist. Give a long Parquet or CSV file.")
    root = path if path.is_dir() else path.parent
    files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    own = {one.symbol: one for one in instruments}
    frames: dict[str, pd.DataFrame] = {}
    items: dict[str, pd.DataFrame] = {}
    skipped = []
    for file in files:
        name = file.relative_to(root).as_posix()
        reason = unfit(file)
        if reason:
            skipped.append((name, reason))
            continue
        opened = LongFile.read(name, file)
        if opened.of_items:
            items[name] = item_files.items(opened)
        else:
            frames[name] = _observations(opened, own)
    if not frames and not items:
        found = "; ".join(f"{name}: {reason}" for name, reason in skipped[:3]) or "no file"
        raise ImportRefused(
            f"Nothing to import from {str(path)!r}: {found}. A long file has the columns "
            "series, field, value, source and one of date, ts, at; a file of items series, title, "
            "source and one of at, published."
        )
    full = {name: frame for name, frame in frames.items() if len(frame)}
    if full:
        Keyed.of(full).agree()
        frames |= {name: frame[~frame.duplicated(KEY)] for name, frame in full.items()}
    return Delivery(
        frames=frames,
        skipped=tuple(skipped),
        through=_through(frames, own),
        finer=tuple(sorted(finer.spoken(_series(frames), own))),
        items=items,
    )


def append(archive: Archive, delivery: Delivery) -> int:
    """Adds a delivery to an archive, one part a file; what is there already is left alone.

    A row that the archive or an earlier file of the delivery holds is not stored again, so that
    a file which grows day by day adds its new days only.

    Returns:
        Rows added, items counted too.

    Raises:
        ImportRefused: The archive holds another value for the same key; nothing was added.
    """
    frames = {name: frame for name, frame in delivery.frames.items() if len(frame)}
    added = 0
    if delivery.through is not None and frames:
        names: set[str] = set().union(*(frame["series"].unique() for frame in frames.values()))
        new = Keyed.of(frames).new(archive.rows(names))
        for name, frame in new.items():
            added += archive.append(frame, origin=name, through=delivery.through)
    for name, frame in delivery.items.items():
        if len(frame):
            through = frame["known_at"].max().to_pydatetime()
            added += archive.items.append(frame, origin=name, through=through)
    return added


def _observations(file: LongFile, own: Mapping[str, Instrument]) -> pd.DataFrame:
    """The rows of one long file as the archive takes them, checked one by one."""
    if not len(file):
        return pd.DataFrame(columns=list(COLUMNS))
    frame = pd.DataFrame({column: file.texts(column) for column in TEXTS})
    frame["value"] = file.numbers()
    frame[file.time] = file.moments(file.time)
    if "known_at" in file:
        frame["known_at"] = file.moments("known_at")
    frame, own = _timed(file, frame, own)
    early = (frame["known_at"] < frame["earliest"]).to_numpy(bool)
    if early.any():
        said = frame.loc[early, "earliest"].iloc[0].isoformat()
        other = (
            "" if file.time == "at" else f", or name the moment in 'at' instead of '{file.time}'"
        )
        remedy = (
            f"It lies before {said}, when what the row describes can first be known. Leave it "
            f"empty for the stated lag{other}."
        )
        file.refuse("known_at", early, remedy)
    frame["unit"] = _units(frame, own)
    if "unit" in file:
        stated = file.texts("unit").astype(object)
        frame["unit"] = stated.where(stated.notna(), frame["unit"].astype(object))
    frame["unit"] = frame["unit"].astype("category")
    if "basis" in file:  # as of what another archive exported
        said = file.texts("basis").astype(object)
        wrong = said.notna() & ~said.isin(sorted(BASES))
        if wrong.any():
            remedy = f"Write one of {', '.join(sorted(BASES))}, or leave the column out."
            file.refuse("basis", wrong.to_numpy(bool), remedy)
        told = said.notna() & (frame["basis"] == "stated")
        frame["basis"] = said.where(told, frame["basis"].astype(object)).astype("category")
    return frame.loc[:, list(COLUMNS)]


def _timed(
    file: LongFile, frame: pd.DataFrame, own: Mapping[str, Instrument]
) -> tuple[pd.DataFrame, Mapping[str, Instrument]]:
    """The rows with ``at``, ``known_at``, and the moment before which none can be known.

    Bars shorter than a session have their own series ids; the instruments come with these.
    """
    if file.time == "date":
        if wrong := sorted(one for one in frame["series"].cat.categories if intraday.length(one)):
            bad = (frame["series"] == wrong[0]).to_numpy(bool)
            file.refuse("series", bad, "Bars shorter than a session have 'ts' or 'at'.")
        return dating.dated(frame.assign(date=frame["date"].dt.tz_localize(None)), own), own
    length = dating.lengths(frame, own, file.time)
    if file.time == "ts" and (length > dating.DAY).any():
        row = int((length > dating.DAY).argmax())
        raise ImportRefused(
            f"{file.name}, row {row + 1:,}, column 'ts': got bars of {frame['series'].iloc[row]} "
            f"{length[row] / dating.DAY:g} days long. Bars last a day at most; use 'date', or "
            "'at' with 'known_at'. Nothing was imported."
        )
    frame, length = finer.apart(frame, length, own, file.time)
    own = {**own, **finer.spoken(frame["series"].cat.categories, own)}
    if file.time == "at":
        return dating.lagged(frame, own), own
    return dating.ended(frame, length, own), own


def _units(frame: pd.DataFrame, own: Mapping[str, Instrument]) -> npt.NDArray[np.object_]:
    """The table's unit for prices and values, shares for volume, a contract's, else ``unknown``."""
    table = {**dating.TABLE, **own}
    units = np.full(len(frame), "unknown", object)
    for key, rows in frame.groupby(["series", "field"], observed=True).indices.items():
        series, name = cast("tuple[str, str]", key)
        one, stated = table.get(series), contract(series, name)
        if one is not None and intraday.plain(series) != one.symbol:
            continue  # a series that speaks for an instrument may be in another unit
        if one is not None and name.removesuffix("_adj").removeprefix("adj_") in PRICES:
            units[rows] = one.unit
        elif isinstance(one, Instrument) and name == "volume" and one.venue != ALWAYS:
            units[rows] = "shares"  # of a coin, sources count coins or dollars
        elif stated is not None:  # a quote of an instrument is in the instrument's own unit
            units[rows] = one.unit if one is not None and stated.unit == "USD" else stated.unit
    return units


def _series(frames: Mapping[str, pd.DataFrame]) -> set[str]:
    return set().union(*(frame["series"].unique() for frame in frames.values()))


def _through(
    frames: Mapping[str, pd.DataFrame], own: Mapping[str, Instrument]
) -> dt.datetime | None:
    symbols = {one.symbol for one in INSTRUMENTS} | set(own)
    symbols |= finer.spoken(_series(frames), own).keys()
    known, closed = [], []
    for frame in frames.values():
        if len(frame):
            known.append(frame["known_at"].max())
            closes = frame["series"].isin(symbols) & (frame["field"] == "close")
            closed.append(frame["known_at"].where(closes).max())
    latest = max((moment for moment in closed if not pd.isna(moment)), default=None)
    latest = latest or max(known, default=None)
    return None if latest is None else latest.ceil("s").to_pydatetime()
