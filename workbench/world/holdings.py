"""What an archive holds: counts, spans, and whether the newest value is as new as it should be."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from workbench.domain import intraday
from workbench.domain.calendars import to_datetime, to_numpy, venue
from workbench.domain.contracts import contract
from workbench.domain.instruments import ALWAYS, Instrument
from workbench.world.manifests import Listing
from workbench.world.parts import Parts
from workbench.world.pieces import Codes, Piece, pieces

_TAIL = 64  # moments by which a series' own frequency is judged
_DAY = 86_400_000_000  # microseconds
_PERIODS = {"tick": 1, "day": 1, "week": 7, "month": 31, "quarter": 92}
_COLUMNS = (
    "series", "field", "source", "rows", "blanks", "first", "last", "known", "unit", "basis",
    "freshness",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Status:
    """An archive at a glance.

    Attributes:
        parts: Parquet parts that count.
        loose: Those of them that wait for compaction.
        bytes: What the parts take.
        series: Series with observations.
        rows: Observations, all vintages counted.
        items: Items, all vintages counted.
        end: Latest moment that a delivery reached, None of an empty archive.
        coverage: See ``coverage``.
    """

    parts: int
    loose: int
    bytes: int
    series: int
    rows: int
    items: int
    end: dt.datetime | None
    coverage: pd.DataFrame


@dataclass(slots=True)
class _Held:
    """What was counted so far of one (series, field, source); times in microseconds."""

    rows: int = 0
    blanks: int = 0
    first: int = np.iinfo(np.int64).max
    last: int = np.iinfo(np.int64).min
    known: int = np.iinfo(np.int64).min
    lag: int = np.iinfo(np.int64).max
    unit: str = ""
    basis: set[str] = field(default_factory=set)
    tail: Codes = field(default_factory=lambda: np.zeros(0, np.int64))

    def add(self, rows: Piece) -> None:
        self.rows += len(rows.at)
        self.blanks += int(np.isnan(rows.value).sum())
        self.first = min(self.first, int(rows.at.min()))
        if int(rows.at.max()) >= self.last:
            self.last, self.unit = int(rows.at.max()), rows.unit.last(slice(None))
        self.known = max(self.known, int(rows.known_at.max()))
        self.lag = min(self.lag, max(0, int((rows.known_at - rows.at).min())))
        self.basis |= set(rows.basis.used(slice(None)))
        self.tail = np.unique(np.concatenate([self.tail, rows.at[-4 * _TAIL :]]))[-_TAIL:]


def coverage(
    parts: Parts, listing: Listing, now: dt.datetime | None, instruments: Sequence[Instrument]
) -> pd.DataFrame:
    """What is there.

    Args:
        parts: The store.
        listing: Its parts that count.
        now: Moment by which freshness is judged; None of an empty archive.
        instruments: Those whose sessions are known.

    Returns:
        One row a (series, field, source): ``rows``, ``blanks`` among them, ``first`` and ``last``
        moment described, last ``known`` moment, ``unit``, ``basis`` of what dated them, joined by
        ``+``, and ``freshness``: ``fresh`` where no newer value is due by now, ``late`` where one
        is, ``stale`` where more are. Due is each session of an instrument, its lag after the close,
        and of anything else one value every so often as nine of its last ten did.
    """
    held: dict[tuple[str, str, str], _Held] = {}
    for path in parts.paths(listing):
        for group in range(parts.footer(path).num_row_groups):
            for batch, same in parts.batches(path, [group]):
                for series, name, rows in pieces(batch, same):
                    for source, own in _by_source(rows):
                        held.setdefault((series, name, source), _Held()).add(own)
    table = {one.symbol: one for one in instruments}
    found = [
        (
            *key, one.rows, one.blanks, one.first, one.last, one.known, one.unit,
            "+".join(sorted(one.basis)), "" if now is None else _freshness(key, one, now, table),
        )
        for key, one in sorted(held.items())
    ]  # fmt: skip
    frame = pd.DataFrame(found, columns=list(_COLUMNS))
    for name in ("first", "last", "known"):
        moments = frame[name].to_numpy(np.int64).view("datetime64[us]")
        frame[name] = pd.Series(moments, frame.index).dt.tz_localize("UTC")
    return frame


def _by_source(rows: Piece) -> Iterator[tuple[str, Piece]]:
    """The rows of each source."""
    if rows.source.codes is None:
        yield rows.source.names[0], rows
        return
    for place in np.unique(rows.source.codes):
        yield rows.source.names[place], rows.take(rows.source.codes == place)


def _freshness(
    key: tuple[str, str, str], held: _Held, now: dt.datetime, table: dict[str, Instrument]
) -> str:
    series, name, _ = key
    one = table.get(intraday.plain(series))
    last = np.datetime64(held.last, "us")
    if one is not None and (intraday.length(series) is None or one.venue != ALWAYS):
        lag = dt.timedelta(minutes=one.lag_minutes)
        due = venue(one.venue).count(to_datetime(last), now - lag)
    else:
        usual = _usual(series, name, held.tail)
        since = int((to_numpy(now) - last) / np.timedelta64(1, "us")) - held.lag
        due = 0 if since <= usual else 1 if since <= 2 * usual else 2
    return ("fresh", "late", "stale")[min(due, 2)]


def _usual(series: str, name: str, moments: Codes) -> int:
    """Microseconds within which nine of ten values were followed by the next one."""
    if len(moments) > 1:
        return int(np.quantile(np.diff(moments), 0.9))
    stated = contract(series, name)
    return _DAY * _PERIODS["day" if stated is None else stated.period]


def status(parts: Parts, listing: Listing, table: pd.DataFrame, items: int) -> Status:
    """An archive at a glance.

    Args:
        parts: The store.
        listing: Its parts that count.
        table: Its ``coverage``.
        items: Items beside it.
    """
    paths = parts.paths(listing)
    return Status(
        parts=len(paths), loose=len(listing.loose),
        bytes=sum(path.stat().st_size for path in paths), series=table["series"].nunique(),
        rows=int(table["rows"].sum()), items=items, end=parts.end(listing), coverage=table,
    )  # fmt: skip
