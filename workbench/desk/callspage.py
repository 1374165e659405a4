"""The pages of calls: every prediction on record, in shards, to be filtered and sorted offline.

``calls/index.html`` shows the newest dispatches and the totals, ``calls/<k>.html`` the shard of
the dispatches from 100 k; beside each stands its JSON.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from workbench.desk import callsdata, layout
from workbench.desk.callsdata import Prediction
from workbench.desk.editions import Edition
from workbench.desk.layout import WORDS
from workbench.desk.standing import Standing
from workbench.desk.views import Link, State
from workbench.domain.calendars import moment
from workbench.domain.figures import typeset
from workbench.domain.records import Mode, Role
from workbench.steps.facts import counted, listed

STATES: tuple[State, ...] = ("right", "wrong", "void", "open", "awaiting")
MODES: tuple[Mode, ...] = ("live", "replay")
_NEWEST = 50  # dispatches on the front


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRow:
    """A prediction on record as a row: what was said, and what became of it.

    Attributes:
        standing: The claim and what was said of it.
        state: As of now.
        mode: Of its dispatch.
        how: What it ended at, or why it is void; empty until settled.
        score: As text; empty without one.
        worth: The score itself, or None.
        made: Moment of its dispatch.
        deadline: When it is decided.
        href: Its dispatch, or empty where that has no page.
        trail: Its place on the trail, or empty.
    """

    standing: Standing
    state: State
    mode: Mode
    how: str
    score: str
    worth: float | None
    made: dt.datetime
    deadline: dt.datetime
    href: str
    trail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A button of the filters: its value, its word, and its rows by scope and mode."""

    value: str
    word: str
    counts: tuple[tuple[str, Mode, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """What is counted over all dispatches, in which mode, and how much of it is in each state."""

    name: str
    mode: Mode
    counts: tuple[tuple[State, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallsPage:
    """A page of calls.

    Attributes:
        as_of: The moment as of which they stand.
        title: The finding.
        note: How many dispatches made no call.
        span: The dispatches that it shows.
        rows: Newest dispatch first.
        modes: Those of the rows, live first.
        states: Buttons of the filter by state.
        scopes: Buttons of the filter by role.
        totals: Over all dispatches; of the front page only.
        data: Its JSON.
        older: The shard before it, or None.
        newer: The shard after it, or None.
        shards: All of them, newest first; of the front page only.
    """

    template: ClassVar[str] = "calls.html.j2"
    as_of: dt.datetime
    title: str
    note: str
    span: str
    rows: tuple[CallRow, ...]
    modes: tuple[Mode, ...]
    states: tuple[Choice, ...]
    scopes: tuple[Choice, ...]
    data: str
    totals: tuple[Total, ...] = ()
    older: Link | None = None
    newer: Link | None = None
    shards: tuple[Link, ...] = ()

    @property
    def mode(self) -> Mode:
        """Live only when every row is."""
        return "live" if self.modes == ("live",) else "replay"


def files(edition: Edition) -> dict[str, str]:
    """The shards that changed or are missing, as pages and as JSON, the front, and the index."""
    missing = set(callsdata.spans(edition)) - set(callsdata.kept(edition.site))
    return shards(edition, callsdata.moved(edition) | missing)


def shards(edition: Edition, which: Collection[int]) -> dict[str, str]:
    """These shards alone, with the front and the index of those that are there by then."""
    spans, kept = callsdata.spans(edition), callsdata.kept(edition.site)
    tallies = {shard: kept[shard] for shard in spans if shard in kept}
    made: dict[str, str] = {}
    for shard in sorted(set(which).intersection(spans)):
        found = callsdata.predictions(edition, spans[shard])
        tallies[shard] = callsdata.tally(edition, spans[shard], found)
        page = shard_page(edition, shard, found, tallies[shard])
        made[f"calls/{shard}.html"] = layout.html(page, "../")
        made[f"calls/{shard}.json"] = callsdata.shard_json(edition, found)
    made["calls/index.html"] = layout.html(front_page(edition, tallies), "../")
    return made | {callsdata.INDEX: callsdata.index_json(edition, tallies)}


def shard_page(
    edition: Edition, shard: int, found: Sequence[Prediction], tally: callsdata.Tally
) -> CallsPage:
    """The page of one shard."""
    spans = callsdata.spans(edition)
    near = {at: _link(at, spans[at]) for at in (shard - 1, shard + 1) if at in spans}
    return replace(
        _page(edition, found, f"Dispatches {_span(*spans[shard])}:", tally),
        span=_span(*spans[shard]), data=f"calls/{shard}.json",
        older=near.get(shard - 1), newer=near.get(shard + 1),
    )  # fmt: skip


def front_page(edition: Edition, tallies: Mapping[int, callsdata.Tally]) -> CallsPage:
    """The page of the newest dispatches, with the totals over all."""
    spans = callsdata.spans(edition)
    span = max(edition.number - _NEWEST + 1, min(spans.values())[0]), edition.number
    total = callsdata.total(tallies.values())
    which = "Every live call I made:" if len(total) > 1 else "Every call I made:"
    names: Mapping[Role, str] = {"call": "Calls", "other": "Other predictions"}
    return replace(
        _page(edition, callsdata.predictions(edition, span), which, total),
        span=_span(*span), data=callsdata.INDEX,
        totals=tuple(
            Total(name=name, mode=mode, counts=tuple(
                (state, total[mode].get(role, Counter())[state]) for state in STATES))
            for mode in MODES if mode in total for role, name in names.items()
        ),
        shards=tuple(_link(*one) for one in reversed(spans.items())),
    )  # fmt: skip


def _page(
    edition: Edition, found: Sequence[Prediction], which: str, tally: callsdata.Tally
) -> CallsPage:
    rows = tuple(_row(one, edition.now) for one in found)
    modes = tuple(mode for mode in MODES if any(row.mode == mode for row in rows))
    calls = tally[next(mode for mode in MODES if mode in tally)].get("call", {}) if tally else {}
    n, out = sum(calls.values()), calls.get("none", 0)
    return CallsPage(
        as_of=edition.now, title=f"{which} {_standing(calls)}", span="", data="",
        note=f"In {counted(out)} of {n:,} dispatch{'es' * (n != 1)} I "
        "made no call, which is neither right nor wrong." if out else "",
        rows=rows, modes=modes,
        states=(
            _choice("all", "All", rows, modes),
            *(_choice(state, WORDS[state], kept, modes) for state in STATES
              if (kept := [row for row in rows if row.state == state])),
        ),
        scopes=(
            _choice("call", "Calls", rows, modes, ("call",)),
            _choice("all", "All predictions on record", rows, modes, ("all",)),
        ),
    )  # fmt: skip


def _choice(
    value: str, word: str, rows: Iterable[CallRow], modes: Iterable[Mode],
    scopes: Sequence[str] = ("call", "all"),
) -> Choice:  # fmt: skip
    n = Counter((scope, row.mode) for row in rows for scope in {row.standing.role, "all"})
    counts = tuple((scope, mode, n[scope, mode]) for scope in scopes for mode in modes)
    return Choice(value=value, word=word, counts=counts)


def _standing(calls: Mapping[str, int]) -> str:
    """How calls stand, in words: ``512 right, 331 wrong and eight open``."""
    words = {**{state: state for state in STATES}, "awaiting": "awaiting data"}
    parts = [f"{counted(calls[state])}\u00a0{words[state]}" for state in STATES if calls.get(state)]
    return listed(parts) if parts else "none so far"


def _row(one: Prediction, now: dt.datetime) -> CallRow:
    own = one.standing
    shown = "" if one.score is None else f"{one.score:.2f}"
    if shown == "0.50" and one.score != 0.5:
        shown = f"{one.score:.3f}"
    return CallRow(
        standing=own, state=own.state(now), mode=one.mode, score=shown, worth=one.score,
        how=typeset(own.how).rstrip("."),
        made=moment(one.as_of), deadline=own.claim.window.deadline, href=one.path,
        trail=one.path and f"read/{one.cycle}/trail/index.html#desk-ledger",
    )  # fmt: skip


def _link(shard: int, span: callsdata.Span) -> Link:
    return Link(title=f"Dispatches {_span(*span)}", href=f"calls/{shard}.html")


def _span(first: int, last: int) -> str:
    return f"{first} to {last}" if last > first else f"{last}"
