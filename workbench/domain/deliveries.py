"""What a feed is asked, and what it delivers: observations, items, and gaps with their reasons.

An *observation* is a number, an *item* a text with a title and a link: a headline, a filing, an
event. Both know the moment that they describe and the moment when they could first be known.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

COLUMNS = ("series", "field", "at", "known_at", "value", "unit", "source", "basis")
ITEM_COLUMNS = (
    "series", "key", "kind", "at", "known_at", "title", "link", "source", "detail", "basis",
)  # fmt: skip
Basis = Literal["stated", "seen", "rule"]
"""Where ``known_at`` comes from: the source says it, we saw it first then, or a stated lag."""
Kind = Literal["headline", "filing", "event"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What one feed is asked for in one pull.

    Attributes:
        feed: Name of the adapter, a module of ``world.feeds``.
        series: Series id in the archive to the name by which the source knows it.
        base: Address that stands for the adapter's own; empty for its own.
        since: Oldest moment wanted, aware UTC.
        now: The pull's moment, aware UTC: nothing delivered may describe a later one, but for
            events that are announced.
        options: What else the adapter's own page says that it takes.
    """

    feed: str
    series: Mapping[str, str]
    base: str = ""
    since: dt.datetime
    now: dt.datetime
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Something of an answer that could not be used.

    Attributes:
        series: Series concerned; empty for the whole answer.
        code: Stable lower-case word, such as ``no_field``, ``wrong_type``, ``not_found``.
        reason: One sentence: what was expected, what came.
    """

    series: str
    code: str
    reason: str


# What a healthy answer may hold: it is left out or put in order, and says nothing against the rest.
ROUTINE = frozenset({
    "closed", "duplicate", "incomplete", "no_session", "no_spread", "not_a_claim", "not_asked",
    "not_kept", "not_read", "off_session", "old", "out_of_order", "revised", "too_many",
    "unchecked", "unfinished", "unlisted",
})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Delivered:
    """What a feed gave.

    Attributes:
        observations: Columns ``COLUMNS``; times aware UTC; a NaN value is a blank that the
            source published. ``known_at`` is NaT where the source states none (``basis`` rule):
            whoever stores the row dates it.
        items: Columns ``ITEM_COLUMNS``; ``detail`` is a JSON object as text.
        gaps: What was not understood or left out, with the reason of each.
    """

    observations: pd.DataFrame
    items: pd.DataFrame
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How one feed stood at a moment.

    Attributes:
        feed: Its name.
        state: ``live``, ``degraded`` where parts of it could not be used, or ``dark``.
        reason: Why it is not live, one sentence; empty when it is.
        at: Its last pull.
        since: First pull of the present state.
        good: Its last pull that was not dark; None when there was none.
        rows: Observations and items that the last pull brought.
        gaps: What of it could not be used.
        reached: Each series asked for to the last pull that missed nothing of it, None where
            there was none.
    """

    feed: str
    state: Literal["live", "degraded", "dark"]
    reason: str
    at: dt.datetime
    since: dt.datetime
    good: dt.datetime | None
    rows: int
    gaps: tuple[Gap, ...] = ()
    reached: Mapping[str, dt.datetime | None] = field(default_factory=dict, compare=False)


def none_delivered(*gaps: Gap) -> Delivered:
    """A delivery of nothing but its gaps."""
    return Delivered(
        observations=pd.DataFrame(columns=list(COLUMNS)),
        items=pd.DataFrame(columns=list(ITEM_COLUMNS)),
        gaps=gaps,
    )
