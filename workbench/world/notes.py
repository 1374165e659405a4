"""What all deliveries of a folder of parts noted: who brought what, and when feeds were asked."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import dataclass

from workbench.domain.calendars import moment
from workbench.domain.errors import ImportRefused
from workbench.world.manifests import Listing, Note, stamp
from workbench.world.parts import Parts


@dataclass(frozen=True, slots=True, kw_only=True)
class Notes:
    """The notes of all parts, merged ones too.

    Attributes:
        delivered: Name of each part to its origin and the moment that it reached, as ISO text.
        pulls: Moments at which feeds were asked, increasing.
        first: Series to the moment of the first pull that brought it.
    """

    delivered: dict[str, tuple[str, str]]
    pulls: tuple[dt.datetime, ...]
    first: dict[str, dt.datetime]

    def before(self, now: dt.datetime) -> dt.datetime | None:
        """The last pull before a moment, None when there was none."""
        return max((one for one in self.pulls if one < now), default=None)

    def pulled(self, now: dt.datetime) -> frozenset[str]:
        """Series that a pull brought before a moment."""
        return frozenset(name for name, first in self.first.items() if first < now)

    def check(self, origin: str, now: dt.datetime) -> None:
        """Refuses a pull before the last one: what was known then would change.

        Raises:
            ImportRefused: A later pull was stored already.
        """
        if self.pulls and now < self.pulls[-1]:
            raise ImportRefused(
                f"A pull of {origin} as of {stamp(now)} comes after one as of "
                f"{stamp(self.pulls[-1])}: what was known then would change. Set this machine's "
                "clock and pull again; nothing was stored."
            )

    def text(self) -> str:
        """As JSON."""
        kept = {
            "delivered": self.delivered,
            "pulls": [one.isoformat() for one in self.pulls],
            "first": {name: one.isoformat() for name, one in sorted(self.first.items())},
        }
        return json.dumps(kept)


def notes(parts: Parts, listing: Listing) -> Notes:
    """The notes of the parts that count."""
    told = listing.manifest.notes
    kept = json.loads((parts.merged / told).read_bytes()) if told else {}
    old = Notes(
        delivered={name: (who, when) for name, (who, when) in kept.get("delivered", {}).items()},
        pulls=tuple(moment(one) for one in kept.get("pulls", ())),
        first={name: moment(one) for name, one in kept.get("first", {}).items()},
    )
    return _with(old, ((name, parts.note(parts.folder / name)) for name in listing.loose))


def _with(old: Notes, new: Iterable[tuple[str, Note]]) -> Notes:
    delivered, pulls, first = dict(old.delivered), set(old.pulls), dict(old.first)
    for name, note in new:
        delivered[name] = note.origin, note.through
        if note.pull:
            at = moment(note.through)
            pulls.add(at)
            first |= {one: min(at, first.get(one, at)) for one in note.series}
    return Notes(delivered=delivered, pulls=tuple(sorted(pulls)), first=first)
