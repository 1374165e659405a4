"""What an answer holds, read strictly: rows, and a gap for whatever could not be used.

A number is as ``nodes.number_or_numeral`` reads it, as venues send text instead. A time is read in
the one unit that the source documents, and held to the years in which there were coins:
milliseconds read as seconds lie far outside.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from workbench.domain.calendars import UTC
from workbench.domain.deliveries import Basis, Delivered, Gap
from workbench.domain.errors import FeedDark
from workbench.world.feeds.endpoints import Row, delivered
from workbench.world.feeds.nodes import Unfit, number_or_numeral, sentence, shown

Clock = Literal["s", "ms", "us", "ns", "iso"]
AHEAD = dt.timedelta(minutes=10)
"""A pull lasts minutes, and its moment is its start: what it brings may be that much later."""

_EACH = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
_FIRST = dt.datetime(2009, 1, 1, tzinfo=UTC)  # no coin is older
_LAST = dt.datetime(2100, 1, 1, tzinfo=UTC)


def moment(value: object, clock: Clock) -> dt.datetime:
    """A moment in the unit that the source documents, aware UTC.

    Raises:
        Unfit: It is none, or none of the years 2009 to 2099 when read in that unit.
    """
    if clock == "iso":
        found = _iso(value)
    else:
        count = number_or_numeral(value, "it")
        if math.isnan(count):
            raise Unfit("no_time", "a time is expected, got a blank.")
        seconds = count / _EACH[clock]
        if not _FIRST.timestamp() <= seconds < _LAST.timestamp():
            raise Unfit("wrong_time", f"{shown(value)} counted in {clock} is no moment since 2009.")
        found = dt.datetime.fromtimestamp(seconds, UTC)
    if not _FIRST <= found < _LAST:
        raise Unfit("wrong_time", f"{shown(value)} is no moment since 2009.")
    return found


def _iso(value: object) -> dt.datetime:
    if not isinstance(value, str) or len(value) > 40:
        raise Unfit("wrong_type", f"expected an ISO time, got {shown(value)}.")
    try:
        found = dt.datetime.fromisoformat(value)
    except ValueError as error:
        raise Unfit("wrong_type", f"expected an ISO time, got {shown(value)}.") from error
    if found.tzinfo is None:
        raise Unfit("no_zone", f"the time {shown(value)} says no zone.")
    return found.astimezone(UTC)


def part(holder: object, key: str | int) -> object:
    """What stands under a key of an object, or at a place of a list.

    Raises:
        Unfit: There is no such key or place, or it is neither an object nor a list.
    """
    if isinstance(key, str) and isinstance(holder, Mapping):
        if key not in holder:
            raise Unfit("no_field", f"{key!r} is missing.")
        return holder[key]
    if isinstance(key, int) and isinstance(holder, Sequence) and not isinstance(holder, str):
        if not -len(holder) <= key < len(holder):
            raise Unfit("no_field", f"place {key} is missing, the row has {len(holder)}.")
        return holder[key]
    raise Unfit("wrong_type", f"expected {'an object' if isinstance(key, str) else 'a list'}, "
                 f"got {shown(holder)}.")  # fmt: skip


def wide(holder: object, *widths: int) -> object:
    """A row of a list that has so many places, so that none of them has moved.

    Raises:
        Unfit: It is no list, or has more or fewer.
    """
    if not isinstance(holder, list):
        raise Unfit("wrong_type", f"expected a list, got {shown(holder)}.")
    if len(holder) not in widths:
        expected = " or ".join(map(str, widths))
        raise Unfit("wrong_shape", f"expected {expected} places, the row has {len(holder)}.")
    return holder


def within(holder: object, *keys: str | int) -> object:
    """What stands under several keys, one in the other; raises ``Unfit`` like ``part``."""
    for key in keys:
        holder = part(holder, key)
    return holder


def text(holder: object, key: str | int) -> str:
    """A name of an answer; raises ``Unfit`` when it is missing, empty or no text."""
    value = part(holder, key)
    if not isinstance(value, str) or not value:
        raise Unfit("wrong_type", f"{key!r} should be a text, got {shown(value)}.")
    return value


def objects(body: object, *keys: str | int, what: str) -> list[object]:
    """The list under some keys of an answer.

    Raises:
        FeedDark: There is none, or it is empty: the body as a whole is not what was asked for.
    """
    try:
        value = within(body, *keys)
    except Unfit as error:
        raise FeedDark("wrong_shape", f"{what}: {error.reason}") from error
    if not isinstance(value, list):
        raise FeedDark("wrong_shape", f"{what}: expected a list, got {shown(value)}.")
    if not value:
        raise FeedDark("empty", f"{what}: the list is empty.")
    return value


def mapping(body: object, *keys: str | int, what: str) -> dict[str, object]:
    """The object under some keys of an answer; raises ``FeedDark`` as ``objects`` does."""
    try:
        value = within(body, *keys)
    except Unfit as error:
        raise FeedDark("wrong_shape", f"{what}: {error.reason}") from error
    if not isinstance(value, dict):
        raise FeedDark("wrong_shape", f"{what}: expected an object, got {shown(value)}.")
    if not value:
        raise FeedDark("empty", f"{what}: the object is empty.")
    return value


@dataclass(slots=True, kw_only=True)
class Found:
    """What is being read of one answer; gaps of the same kind are told once, with their count."""

    source: str
    now: dt.datetime
    rows: list[Row] = field(default_factory=list)
    gaps: dict[tuple[str, str, str], list[str]] = field(default_factory=dict)

    def gap(self, series: str, code: str, reason: str, about: str = "") -> None:
        """Notes what could not be used; those that are about the same thing are one gap."""
        self.gaps.setdefault((series, code, about or reason), []).append(sentence(reason))

    def add(
        self, series: str, name: str, at: dt.datetime, value: float, unit: str,
        basis: Basis = "rule",
    ) -> None:  # fmt: skip
        """One row; what is stated or seen was known at the moment that it describes."""
        self.rows.append(
            Row(
                series=series, field=name, at=at, value=value, unit=unit,
                known_at=None if basis == "rule" else at, basis=basis,
            )
        )  # fmt: skip

    def take(
        self, series: str, name: str, holder: object, keys: str | int | tuple[str | int, ...],
        at: dt.datetime, unit: str, basis: Basis = "rule", times: float = 1.0,
    ) -> None:  # fmt: skip
        """One row from a field of the answer, or the gap that says why there is none.

        Args:
            series: Series id.
            name: Field of the row.
            holder: What holds the number.
            keys: Where it stands in there.
            at: What it describes.
            unit: Its unit, after multiplication.
            basis: How its availability is known.
            times: What the source's number is multiplied with to be in that unit.
        """
        try:
            one = within(holder, *(keys if isinstance(keys, tuple) else (keys,)))
            value = number_or_numeral(one, name)
        except Unfit as error:
            said = error.reason if error.reason.startswith(name) else f"{name}: {error.reason}"
            self.gap(series, error.code, said, about=name)
            return
        if math.isinf(value * times):
            self.gap(series, "wrong_type", f"{name}: beyond all bounds", about=name)
            return
        self.add(series, name, at, value * times, unit, basis)

    def time(self, holder: object, keys: str | int, clock: Clock) -> dt.datetime:
        """A moment that the answer states, not after this pull has run.

        Raises:
            Unfit: There is none, it is malformed, or it lies after the pull.
        """
        at = moment(part(holder, keys), clock)
        if at > self.now + AHEAD:
            raise Unfit("future", f"{at:%Y-%m-%dT%H:%MZ} lies after the pull.")
        return at

    def stamp(
        self, series: str, holder: object, keys: str | int, clock: Clock
    ) -> tuple[dt.datetime, Basis] | None:
        """When a quote was true, by the answer's own word; None, with its gap, without it.

        What became true while the pull ran is dated by the pull's moment, as seen then.
        """
        try:
            at = self.time(holder, keys, clock)
        except Unfit as error:
            self.gap(series, error.code, f"time: {error.reason}", about="time")
            return None
        return (at, "stated") if at <= self.now else (self.now, "seen")

    def _distinct(self) -> list[Row]:
        told: dict[tuple[str, str, dt.datetime], list[Row]] = {}
        for row in self.rows:
            told.setdefault((row.series, row.field, row.at), []).append(row)
        kept = []
        for (series, name, at), same in told.items():
            if len({repr(row.value) for row in same}) > 1:
                reason = f"{name} of {at:%Y-%m-%dT%H:%MZ} has {len(same)} values that differ"
                self.gap(series, "conflict", reason, about=name)
            else:
                kept.append(same[0])
        return kept

    def delivered(self) -> Delivered:
        """Everything as a delivery; two different values of one field and moment are none."""
        rows = self._distinct()
        gaps = [
            Gap(
                series=series, code=code,
                reason=all_[0] + (f" And {len(all_) - 1} more." if all_[1:] else ""),
            )
            for (series, code, _), all_ in self.gaps.items()
        ]  # fmt: skip
        return delivered(self.source, rows, gaps=gaps)
