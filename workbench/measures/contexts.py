"""What stands around a figure: its sentence, whom it is about, which days are named there."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from workbench.domain.instruments import QUOTED, Instrument
from workbench.domain.records import Finding
from workbench.domain.snapshots import Snapshot
from workbench.measures import cells, datings
from workbench.measures.cells import Cell, Series
from workbench.measures.datings import Days
from workbench.measures.mentions import Figure, Named, figures, names, normal
from workbench.measures.passages import Sentence, sentences

_AHEAD = re.compile(
    r"\b(?:will|would|won't|going to|should|could|might|may|must|if|whether|unless|expects?|predict"
    r"\w*|forecasts?|next|coming|tomorrow|within|call:|in \d+\s?(?:h|hours|days|sessions))\b|\?"
)
_JOINED = re.compile(r"(?:[,/&\s]|\band\b|\bor\b)*")
_CLAUSE = re.compile(
    r"[,;:()—]|\s–\s|\b(?:and|but|while|whereas|from|after|although|as|when|versus|vs|against)\b"
)
_PRONOUN = re.compile(r"\b(?:it|its|it's|they|their|they're|them|both|each)\b", re.IGNORECASE)
# Words without which an open, a high, a low or a volume is not what a number means.
_FIELDS = {
    "open": re.compile(r"\bopen"),
    "high": re.compile(r"\b(?:high|peak|reach|touch|top)"),
    "low": re.compile(r"\b(?:low\b|lows\b|trough|reach|touch|bottom)"),
    "volume": re.compile(r"\b(?:volume|turnover|traded)\b"),
    "high over low": re.compile(r"\b(?:range|high over low)\b"),
}
_COMPARED = re.compile(  # the day of a superlative is that of nothing else
    r"\b(?:highest|lowest|best|worst|biggest|largest|steepest|deepest|highs?|lows?)\b[^.;:!?]{0,40}"
    r"\bsince (?:\w+ )?$"
)
_SINCE = re.compile(
    r"\b(?:since|from|than|above|below|under|compared|its|of|level|against)\b", re.I
)
_SPANS = {"sessions": 1, "days": 1, "weeks": 5, "trading days": 1}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Desk:
    """What there is to bind to.

    Attributes:
        snapshot: What was known.
        as_of: The moment of writing.
        named: Series that may be spoken of.
        own: Symbol to rows, None where nothing is known.
        findings: What the writer was given.
        told: Each finding's own figures, and the symbols that its source and meaning name.
    """

    snapshot: Snapshot
    as_of: dt.datetime
    named: tuple[Named, ...]
    own: dict[str, Series | None]
    findings: tuple[Finding, ...]
    told: tuple[tuple[tuple[Figure, ...], frozenset[str]], ...]

    @property
    def lead(self) -> Series | None:
        """The first index of the table that is known, else the first series."""
        known = [row for row in self.own.values() if row is not None]
        rows = (self.own[one.symbol] for one in self.named
                if isinstance(one, Instrument) and one.theme == "index")  # fmt: skip
        return next((row for row in rows if row is not None), known[0] if known else None)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Context:
    """A sentence with its figures.

    Attributes:
        text: The whole text, in one spelling.
        place: Where the sentence stands.
        figures: Its figures in order.
        carried: Symbols that the paragraph spoke of last, for a sentence that names none.
        ahead: True where it speaks of what may come.
    """

    text: str
    place: Sentence
    figures: tuple[Figure, ...]
    carried: tuple[str, ...]
    ahead: bool

    @property
    def said(self) -> str:
        """The sentence."""
        return self.text[self.place.start : self.place.end]

    @property
    def symbols(self) -> tuple[str, ...]:
        """Symbols that the sentence names."""
        return tuple(dict.fromkeys(one.symbol for one in self.figures if one.kind == "name"))

    def subjects(self, of: Figure) -> tuple[str, ...]:
        """Whom a figure is about.

        The names last said before it in the sentence; else, behind *it* or *they*, those that the
        paragraph spoke of; else the next name. A sentence that names none and refers to none is
        about no one.
        """
        before = [one for one in self.figures if one.kind == "name" and one.end <= of.start]
        after = [one for one in self.figures if one.kind == "name" and one.start >= of.end]
        if before:
            group = [before[-1]]
            for one in reversed(before[:-1]):
                if not _JOINED.fullmatch(self.text[one.end : group[-1].start]):
                    break
                group.append(one)
            return tuple(dict.fromkeys(one.symbol for one in reversed(group)))
        if self.carried and _PRONOUN.search(self.text, self.place.start, of.start):
            return self.carried
        return (after[0].symbol,) if after else ()

    def clause(self, of: Figure) -> tuple[int, int]:
        """The piece of the sentence, between pauses, that holds a figure."""
        low, high = self.place.start, self.place.end
        for pause in _CLAUSE.finditer(self.text, low, high):
            if pause.end() <= of.start:
                low = pause.end()
            elif pause.start() >= of.end:
                high = pause.start()
                break
        return low, high

    def dates(self, low: int, high: int, as_of: dt.datetime) -> tuple[Days, ...]:
        """The days that date words between two places mean."""
        found = (datings.days(one.text, as_of) for one in self.figures
                 if one.kind == "date" and low <= one.start < high
                 and not _COMPARED.search(self.text, low, one.start))  # fmt: skip
        return tuple(one for one in found if one is not None)

    def spans(self) -> tuple[int, ...]:
        """Numbers of rows that the sentence names as the span of a change."""
        return tuple(
            round((one.low + one.high) / 2) * _SPANS[one.unit]
            for one in self.figures if one.unit in _SPANS and one.kind == "number"
        )  # fmt: skip

    def cells(self, desk: Desk, of: Figure) -> list[Cell]:
        """What the snapshot says of a figure's subjects, as dated as its clause is."""
        dated = self.dates(self.place.start, self.place.end, desk.as_of)
        here = bool(self.dates(*self.clause(of), desk.as_of))
        found = []
        for symbol in self.subjects(of):
            own = desk.own.get(symbol)
            if own is not None:
                made = cells.cells(desk.snapshot, own, dated=dated, spans=self.spans())
                found += [one for one in made if (one.named or not here) and self._meant(one)]
        return found

    def _meant(self, cell: Cell) -> bool:
        if cell.named and re.search(r", (?:change since|ratio to) ", cell.what):
            return bool(_SINCE.search(self.said))
        word = _FIELDS.get(cell.what.rpartition(", ")[2])
        return word is None or bool(word.search(self.said))


def desk_of(
    findings: Sequence[Finding], snapshot: Snapshot, as_of: dt.datetime, table: Iterable[Named]
) -> Desk:
    """What there is to bind to; quoted instruments that the table lacks may be named too."""
    own = tuple(table)
    said = {name for one in own for name in names(one)}
    named = (*own, *(one for one in QUOTED if not said & set(names(one))))
    told = tuple(
        (
            tuple(figures(one.text, named)),
            frozenset(
                found.symbol
                for found in figures(f"{one.meaning} ; {one.source}", named)
                if found.kind == "name"
            ),
        )
        for one in findings
    )
    return Desk(
        snapshot=snapshot, as_of=as_of, named=named, findings=tuple(findings), told=told,
        own={one.symbol: cells.series(snapshot, one) for one in named},
    )  # fmt: skip


def contexts(text: str, desk: Desk) -> list[Context]:
    """The sentences of a text, each with its figures and what its paragraph spoke of before."""
    plain, every = normal(text), figures(text, desk.named)
    found: list[Context] = []
    carried: tuple[str, ...] = ()
    paragraph = -1
    for place in sentences(plain):
        if place.paragraph != paragraph:
            paragraph, carried = place.paragraph, ()
        own = tuple(one for one in every if place.start <= one.start < place.end)
        ahead = bool(_AHEAD.search(plain[place.start : place.end]))
        found.append(Context(text=plain, place=place, figures=own, carried=carried, ahead=ahead))
        carried = found[-1].symbols or carried
    return found
