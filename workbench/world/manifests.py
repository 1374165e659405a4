"""What says which parts of a folder count: the note in each, and the manifest of merged ones."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict, dataclass, field

from workbench.domain.calendars import UTC


def stamp(at: dt.datetime) -> str:
    """A moment as ISO text to the microsecond, where it has any."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Who delivered a part.

    Attributes:
        origin: Name of the deliverer.
        through: Moment that the delivery reached, as ISO text.
        pull: Whether a feed was asked just then, rather than a file imported.
        series: Series that a pull brought, whether or not anything of them was new.
    """

    origin: str
    through: str
    pull: bool = False
    series: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """A part that compaction wrote."""

    name: str
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What compaction has done so far; one file each time, counted up.

    Attributes:
        number: Of this manifest; 0 before the first.
        parts: Merged parts that count, the largest first.
        taken: Loose parts that are in them, and that may not have been deleted yet.
        series: Ids of all series in the merged parts.
        notes: File with the notes of all merged parts, by name; empty before the first.
        end: Latest moment that any of them reached, as ISO text; empty for none.
    """

    number: int = 0
    parts: tuple[Merged, ...] = ()
    taken: frozenset[str] = frozenset()
    series: frozenset[str] = frozenset()
    notes: str = ""
    end: str = ""

    def text(self) -> str:
        """As JSON."""
        kept = asdict(self) | {"taken": sorted(self.taken), "series": sorted(self.series)}
        return json.dumps(kept)

    @classmethod
    def of(cls, text: bytes) -> Manifest:
        """From JSON."""
        found = json.loads(text)
        return cls(
            number=found["number"], parts=tuple(Merged(**one) for one in found["parts"]),
            taken=frozenset(found["taken"]), series=frozenset(found["series"]),
            notes=found["notes"], end=found["end"],
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Which parts counted at one moment."""

    manifest: Manifest = field(default_factory=Manifest)
    loose: tuple[str, ...] = ()
