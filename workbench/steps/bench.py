"""The bench: everything that the steps of one cycle share.

A cycle's bench writes to the desk's ledger and to ``outputs/cycles/<n>``. A scratch bench, for a
notebook run alone, works on a copy of the ledger in memory and keeps nothing.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeVar, cast

import sqlalchemy as sa

from workbench import __version__
from workbench.domain.calendars import iso
from workbench.domain.deliveries import Health
from workbench.domain.errors import BeyondArchive, UserMistake
from workbench.domain.instruments import (
    INDICATORS,
    INSTRUMENTS,
    Indicator,
    Instrument,
    indicator,
)
from workbench.domain.records import Flag, Mode
from workbench.domain.snapshots import Column, Snapshot
from workbench.measures import options, prices, quality, quotes
from workbench.measures.joint import Joint, joint
from workbench.measures.options import Chain
from workbench.measures.prices import Bars
from workbench.measures.scenarios import MIN_CLOSES, MIN_PATHS, Episodes
from workbench.measures.walks import Walk, reference
from workbench.world import entries as book
from workbench.world.archive import Archive
from workbench.world.files import write_atomic
from workbench.world.ledger import Ledger
from workbench.world.params import Desk
from workbench.world.pulls import Pull, Pulls

_PULLS = 10  # that say what is usual of a feed
_CHAIN = dt.timedelta(days=5)  # a long weekend
CODE = f"workbench {__version__}"
Made = TypeVar("Made")
Asks = Literal["models", "records", "nobody"]


class Bench:
    """One cycle's working place.

    Args:
        desk: The desk.
        archive: Its observation store, filled.
        ledger: Where rows go.
        number: The cycle's number, from 1.
        as_of: The moment that the cycle knows.
        mode: ``live`` or ``replay``.
        keep: False for a scratch bench that writes no files.
        asks: Whom a cycle with models asks: the ``models``, the ``records`` of what they once
            answered, or ``nobody``, as in a warm-up, where they are absent.
    """

    def __init__(
        self,
        desk: Desk,
        archive: Archive,
        ledger: Ledger,
        *,
        number: int,
        as_of: dt.datetime,
        mode: Mode,
        keep: bool,
        asks: Asks = "models",
    ) -> None:
        self.desk, self.archive, self.ledger = desk, archive, ledger
        self.number, self.as_of, self.mode, self.keep = number, as_of, mode, keep
        self.asks = asks
        self._memory: dict[str, object] = {}
        self._made: dict[str, object] = {}

    @property
    def folder(self) -> Path:
        """The cycle's own folder."""
        return self.desk.outputs / "cycles" / str(self.number)

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """The desk's instruments; the first one leads."""
        return self.desk.instruments

    @property
    def names(self) -> dict[str, str]:
        """Symbol to name of the desk's instruments."""
        return {one.symbol: one.name for one in self.instruments}

    @property
    def lead(self) -> Instrument:
        """The instrument that regime and essay speak of first."""
        return self.desk.instruments[0]

    @cached_property
    def indicators(self) -> tuple[Indicator, ...]:
        """The desk's slow series."""
        return tuple(indicator(one.symbol) for one in self.desk.params.indicators)

    @cached_property
    def snapshot(self) -> Snapshot:
        """What is known as of the cycle's moment."""
        wanted = {one.symbol: one.sources for one in INSTRUMENTS if one.symbol in self._read}
        wanted |= {one.symbol: () for one in INDICATORS if one.symbol in self._read}
        slow: dict[str, tuple[str, ...]] = {}
        for one, told in zip(self.indicators, self.desk.params.indicators, strict=True):
            slow[one.series] = (*slow.get(one.series, ()), *told.sources)
        wanted |= slow
        wanted |= {one.symbol: one.sources for one in self.instruments}
        wanted |= {name: () for name in self.archive.series() if name.startswith(quotes.SERIES)}
        return self.archive.as_of(self.as_of, wanted)

    @property
    def _read(self) -> set[str]:
        """Series that the desk or one of its minds names."""
        return {series for mind in self.desk.minds for series in mind.params.series}

    @cached_property
    def health(self) -> tuple[Health, ...]:
        """How the desk's feeds stood after the last pull known; empty without one."""
        return self._pulled.health if self._pulled else ()

    @cached_property
    def _pulled(self) -> Pull | None:
        """The last pull known."""
        return Pulls(self.archive.folder).last(self.as_of)

    @cached_property
    def clock_off(self) -> str:
        """Why nothing may be registered, when that pull shows this machine's clock to be wrong."""
        return quality.clock_off(self._pulled.skews) if self._pulled else ""

    @cached_property
    def flags(self) -> list[Flag]:
        """What is wrong with the snapshot."""
        return [
            *self.examined.flags, *self._quoted[1], *self._clock, *self._quiet, *self._apart,
        ]  # fmt: skip

    @property
    def _quiet(self) -> list[Flag]:
        """Feeds that brought far less than their pulls of late did."""
        if self._pulled is None:
            return []
        before = Pulls(self.archive.folder).before(self._pulled, _PULLS)
        usual: dict[str, list[int]] = {}
        for pull in before:
            for one in pull.health:
                usual.setdefault(one.feed, []).append(one.rows)
        return quality.quiet(self.health, usual)

    @property
    def _apart(self) -> list[Flag]:
        """Indices that did not move with the large names in them."""
        members = [one.symbol for one in self.instruments if one.theme == "mega-cap"]
        indices = [one.symbol for one in self.instruments if one.theme == "index"]
        told = (quality.members_apart(self._known, one, members) for one in indices)
        return [flag for flag in told if flag is not None]

    @property
    def _clock(self) -> list[Flag]:
        if not self.clock_off:
            return []
        return [Flag(
            series="clock", field="", check="CLOCK_OFF", severity="note", seen=self.clock_off,
            since=self.as_of, lifted="a pull after this machine's clock is set right",
        )]  # fmt: skip

    @cached_property
    def examined(self) -> quality.Examined:
        """The snapshot's examination; what minds and claims see is its rest."""
        return quality.examined(
            self.snapshot, self.instruments, self.indicators, health=self.health,
            others=self._others,
        )  # fmt: skip

    @property
    def seen(self) -> Snapshot:
        """The snapshot without the rows that cannot be true; its hash is not the cycle's."""
        return self.examined.snapshot

    @cached_property
    def _others(self) -> dict[str, list[Column]]:
        """Closes by the sources that each instrument does not prefer, each source apart."""
        found: dict[str, list[Column]] = {}
        for one in self.instruments:
            for source in one.sources[1:]:
                known = self.archive.as_of(self.as_of, {one.symbol: (source,)})
                column = known.get(one.symbol)
                if column is not None:
                    found.setdefault(one.symbol, []).append(column)
        return found

    @property
    def traded(self) -> tuple[quotes.Quote, ...]:
        """What markets pay for claims, as known."""
        return self._quoted[0]

    @cached_property
    def _quoted(self) -> tuple[tuple[quotes.Quote, ...], tuple[Flag, ...]]:
        return quotes.quotes(self.snapshot, self.desk.table)

    @cached_property
    def withheld(self) -> frozenset[str]:
        """Symbols that no claim may use now."""
        return quality.withheld(self.flags)

    @cached_property
    def bars(self) -> dict[str, Bars]:
        """Bars of every instrument that is not withheld or dark, in the shares of now."""
        return {s: b for s, b in self._known.items() if s not in self.withheld}

    @cached_property
    def _known(self) -> dict[str, Bars]:
        """The same of those that are withheld too."""
        found = {one.symbol: prices.bars(self.seen, one) for one in self.instruments}
        return {s: b for s, b in found.items() if b is not None}

    @cached_property
    def as_traded(self) -> dict[str, Bars]:
        """The same bars as they were traded, each in the shares of its own day."""
        own = (one for one in self.instruments if one.symbol in self.bars)
        found = {one.symbol: prices.as_traded(self.seen, one) for one in own}
        return {s: b for s, b in found.items() if b is not None}

    @cached_property
    def chains(self) -> dict[str, Chain]:
        """What option chains imply, by symbol; empty without chains of the last session.

        They are read apart from the snapshot, whose hash they are no part of: a chain has some
        hundred fields, and new ones every week.
        """
        names = {f"{options.SERIES}{one.symbol}": () for one in self.instruments}
        wanted = {name: () for name in names if name in self.archive.series()}
        if not wanted:
            return {}
        seen = self.archive.as_of(self.as_of, wanted, since=self.as_of - _CHAIN)
        prices = {symbol: float(own.close[-1]) for symbol, own in self.bars.items()}
        return options.chains(seen, prices, self.instruments)

    @property
    def lead_bars(self) -> Bars:
        """The lead's bars.

        Raises:
            BeyondArchive: The lead is dark, so there is nothing to speak of.
        """
        if self.lead.symbol not in self.bars:
            seen = quality.reason(self.flags, self.lead.symbol, "its close is withheld")
            raise BeyondArchive(
                f"{self.lead.symbol}, the desk's lead, cannot be used as of {iso(self.as_of)}: "
                f"{seen}. Import its history first."
            )
        return self.bars[self.lead.symbol]

    def check(self) -> None:
        """Refuses a moment at which there is nothing to speak of.

        Raises:
            BeyondArchive: The lead is dark, withheld, too young for a slate, or stands still.
        """
        have = len(self.lead_bars)
        if have < MIN_CLOSES:
            raise BeyondArchive(
                f"{self.lead.symbol} has {have} closes as of {iso(self.as_of)} and a cycle needs "
                f"{MIN_CLOSES}. Choose a later moment, or import more history."
            )
        horizon = self.desk.params.horizons[0]
        if len(self.scenarios[self.lead.symbol, horizon]) < MIN_PATHS:
            raise BeyondArchive(
                f"The closes of {self.lead.symbol} as of {iso(self.as_of)} hardly move, so no past "
                "episode can be scaled to today. Choose another lead, or mend its history."
            )

    @cached_property
    def _walks(self) -> dict[tuple[str, int], Walk]:
        return reference(self.bars, self.instruments, self.desk.params.horizons)

    @cached_property
    def joints(self) -> dict[int, Joint]:
        """By horizon, the reference scenarios of all instruments as one set."""
        return self._sets(self.scenarios)

    @cached_property
    def bases(self) -> dict[int, Joint]:
        """By horizon, the past episodes of all instruments as one set."""
        return self._sets(self.episodes)

    def _sets(self, legs: Mapping[tuple[str, int], Episodes]) -> dict[int, Joint]:
        horizons = dict.fromkeys(horizon for _, horizon in legs)
        return {h: joint({s: own for (s, of), own in legs.items() if of == h}) for h in horizons}

    @cached_property
    def scenarios(self) -> dict[tuple[str, int], Episodes]:
        """Reference scenarios by (symbol, horizon); young instruments have none."""
        return {key: one.at() for key, one in self._walks.items()}

    @cached_property
    def episodes(self) -> dict[tuple[str, int], Episodes]:
        """Unscaled past episodes, the base rate's, by (symbol, horizon)."""
        return {key: one.base() for key, one in self._walks.items()}

    @property
    def stamp(self) -> dict[str, str]:
        """What a cycle's work depends on, as its row on the ledger says it too."""
        return {"snapshot": self.snapshot.hash, "params": self.desk.hash, "code": CODE}

    def agree(self) -> None:
        """Refuses to go on with a cycle that was begun on other data or with other params.

        Raises:
            UserMistake: Its row on the ledger names another snapshot or other params.
        """
        query = sa.select(book.cycles).where(book.cycles.c.number == self.number)
        for row in self.ledger.read(query):
            if row["params"] != self.desk.hash:
                raise UserMistake(
                    f"Cycle {self.number} as of {row['as_of']} was begun with other params. "
                    "Finish it with those, or choose a fresh --outputs."
                )
            if row["snapshot"] != self.snapshot.hash:
                raise UserMistake(
                    f"Cycle {self.number} was begun on other data: the archive now says otherwise "
                    f"of what was known at {row['as_of']}. Take back what was imported since, or "
                    "choose a fresh --outputs."
                )

    def once(self, name: str, make: Callable[[], Made]) -> Made:
        """What ``make`` returns, made once a bench and never kept on disk."""
        if name not in self._made:
            self._made[name] = make()
        return cast(Made, self._made[name])

    def remember(self, name: str, value: object) -> None:
        """Keeps a part of this cycle for later steps; a cycle under papermill also on disk."""
        self._memory[name] = value
        if self.keep:
            kept = {**self.stamp, "part": value}
            text = json.dumps(kept, ensure_ascii=False, indent=1, allow_nan=False)
            write_atomic(self.folder / f"{name}.json", text.encode())

    def recall(self, name: str) -> object | None:
        """A part kept earlier in this cycle, or None."""
        if name not in self._memory:
            found = kept_part(self.folder, name, self.stamp)
            if found is None:
                return None
            self._memory[name] = found
        return self._memory[name]


def kept_part(folder: Path, name: str, stamp: Mapping[str, Any]) -> object | None:
    """A part that a cycle kept in its folder.

    Args:
        folder: The cycle's own.
        name: Of the part.
        stamp: ``Bench.stamp``, or the cycle's row on the ledger.

    Returns:
        The part; None when there is none, or when it was made from another snapshot, with other
        params or by other code, as after a ledger was taken away and its cycles' folders not; or
        when it cannot be read, as after a disk's fault: then it is made again.
    """
    path = folder / f"{name}.json"
    if not path.is_file():
        return None
    try:
        kept = json.loads(path.read_text("utf-8"))
    except ValueError:
        return None
    if not isinstance(kept, dict) or "part" not in kept:
        return None
    same = all(kept.get(name) == stamp[name] for name in ("snapshot", "params", "code"))
    return kept["part"] if same else None
