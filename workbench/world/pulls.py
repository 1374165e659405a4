"""How every pull ended: one manifest a pull, beside the recorded responses.

A manifest says how each feed stood after it, so that the newest one up to a moment tells what was
known of the feeds then. It is written last: a pull without one was cut off and counts for nothing.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from workbench.domain.calendars import UTC, moment
from workbench.domain.deliveries import ROUTINE, Gap, Health
from workbench.world.feeds.asking import Heard
from workbench.world.files import Place, write_atomic
from workbench.world.http import recording

_GAPS = 50  # of one feed that a manifest lists; more are counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Pull:
    """One pull, as its manifest tells it.

    Attributes:
        began: The moment that its requests named as now.
        ended: The moment from which what it brought is known.
        backfill: Whether it asked for history.
        health: How each of the desk's feeds stood after it.
        skews: Host to seconds by which its clock was ahead of ours.
        breakers: State of the circuit breakers, as the client saves it.
    """

    began: dt.datetime
    ended: dt.datetime
    backfill: bool
    health: tuple[Health, ...]
    skews: Mapping[str, float]
    breakers: Mapping[str, Any]


class Pulls:
    """The pulls of one archive, beside what its record holds of each.

    Args:
        folder: The archive's.
    """

    def __init__(self, folder: Place) -> None:
        self.folder = folder

    def moments(self) -> list[dt.datetime]:
        """When each whole pull began, oldest first."""
        return [one for one in recording.pulls(self.folder) if self._manifest(one).exists()]

    def last(self, until: dt.datetime | None = None) -> Pull | None:
        """The newest pull that had ended by a moment, or None."""
        for began in reversed(recording.pulls(self.folder)):
            if (until is None or began <= until) and self._manifest(began).exists():
                found = self.read(began)
                if until is None or found.ended <= until:
                    return found
        return None

    def before(self, pull: Pull, most: int) -> list[Pull]:
        """The pulls before one, the latest first, at most so many; backfills are left out."""
        found: list[Pull] = []
        for began in reversed(self.moments()):
            if began < pull.began and len(found) < most:
                one = self.read(began)
                found += [] if one.backfill else [one]
        return found

    def read(self, began: dt.datetime) -> Pull:
        """One pull."""
        return _pull(self._manifest(began))

    def intend(self, pull: Pull) -> None:
        """Notes that every feed was heard, and that what came is about to be stored."""
        _write(self._intent(pull.began), pull)

    def write(self, pull: Pull) -> None:
        """Keeps a pull; what it brought is in the archive by then."""
        _write(self._manifest(pull.began), pull)

    def unfinished(self) -> list[Pull]:
        """Pulls that were heard and not wholly stored, oldest first; their health is not known."""
        found = recording.pulls(self.folder)
        cut = [b for b in found if self._intent(b).exists() and not self._manifest(b).exists()]
        return [_pull(self._intent(began)) for began in cut]

    def _intent(self, began: dt.datetime) -> Place:
        return self.folder / "pulls" / recording.stamp(began) / "ended.json"

    def _manifest(self, began: dt.datetime) -> Place:
        return self.folder / "pulls" / recording.stamp(began) / "pull.json"


def _write(path: Place, pull: Pull) -> None:
    told = {
        "began": _iso(pull.began), "ended": _iso(pull.ended), "backfill": pull.backfill,
        "health": [_plain(asdict(one)) for one in pull.health],
        "skews": dict(pull.skews), "breakers": dict(pull.breakers),
    }  # fmt: skip
    text = json.dumps(told, ensure_ascii=False, indent=1, allow_nan=False)
    write_atomic(path, text.encode())


def _pull(path: Place) -> Pull:
    told = json.loads(path.read_text("utf-8"))
    return Pull(
        began=moment(told["began"]), ended=moment(told["ended"]), backfill=told["backfill"],
        health=tuple(map(_health, told["health"])), skews=told["skews"], breakers=told["breakers"],
    )  # fmt: skip


def health(
    heard: Heard, rows: int, gaps: Sequence[Gap], last: Health | None, at: dt.datetime,
    brought: Collection[str] = (),
) -> Health:  # fmt: skip
    """How a feed stands after a pull.

    Args:
        heard: What came of asking it.
        rows: Observations and items that could be used.
        gaps: What could not; what is left out of a healthy answer says nothing of its health.
        last: How it stood before; None when it was never asked.
        at: The pull's moment.
        brought: Series of which something could be used.
    """
    faults = [gap for gap in gaps if gap.code not in ROUTINE]
    dark = heard.delivered is None or (not rows and bool(faults))
    state = "dark" if dark else "degraded" if faults else "live"
    reason = heard.reason or (_reason(faults or gaps) if gaps else "")
    same = last is not None and last.state == state
    good = at if not dark else last.good if last else None
    return Health(
        feed=heard.request.feed, state=state, reason=reason, at=at,  # type: ignore[arg-type]  # one of the three
        since=last.since if same and last else at, good=good, rows=rows, gaps=tuple(gaps[:_GAPS]),
        reached=_reached(heard, {gap.series for gap in faults} - set(brought), last, at, dark),
    )  # fmt: skip


def _reached(
    heard: Heard, missed: Collection[str], last: Health | None, at: dt.datetime, dark: bool
) -> dict[str, dt.datetime | None]:
    """Each series to the last pull that missed nothing of it; the dark feed's stay as they were."""
    before = last.reached if last else {}
    if dark:
        return {name: before[name] for name in heard.request.series if name in before}
    return {name: before.get(name) if name in missed else at for name in heard.request.series}


def stood(last: Pull | None) -> dict[str, Health]:
    """How each feed stood after a pull; one that params list twice by all that it was asked for."""
    found: dict[str, Health] = {}
    for one in last.health if last else ():
        before = found.get(one.feed)
        found[one.feed] = replace(
            one, reached={**before.reached, **one.reached} if before else one.reached
        )
    return found


def carried(before: Sequence[Health], feeds: Sequence[str]) -> tuple[Health, ...]:
    """How feeds stood that a pull did not ask, so that no pull forgets them."""
    return tuple(replace(one) for one in before if one.feed not in feeds)


def _reason(gaps: Sequence[Gap]) -> str:
    more = f" And {len(gaps) - 1} more." if len(gaps) > 1 else ""
    series, said = gaps[0].series, gaps[0].reason
    return f"{said if not series or series in said else f'{series}: {said}'}{more}"


def _iso(value: dt.datetime) -> str:
    """To the microsecond: a pull's moment names its folder."""
    return value.astimezone(UTC).isoformat()


def _plain(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return _iso(value)
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value


def _health(told: Mapping[str, Any]) -> Health:
    good = told["good"]
    return Health(
        **{
            **told,
            "at": moment(told["at"]), "since": moment(told["since"]),
            "good": None if good is None else moment(good),
            "reached": {
                name: None if at is None else moment(at)
                for name, at in told.get("reached", {}).items()
            },
            "gaps": tuple(Gap(**one) for one in told["gaps"]),
        }
    )  # fmt: skip
