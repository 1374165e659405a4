"""What a dispatch, its trail and the front page show: typed facts, before any HTML.

Hrefs and permalinks are paths from the site's root, as `layout` takes them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from workbench.domain.records import Mode

State = Literal["open", "awaiting", "right", "wrong", "void", "none"]
# The chip of what the desk has learned by its state on the ledger; of a rule its word besides.
RULE: Mapping[str, tuple[str, str]] = {
    "in_force": ("force", "In force"), "trial": ("trial", "On trial"),
    "retired": ("retired", "Retired"), "dropped": ("retired", "Dropped"),
}  # fmt: skip
STORY: Mapping[str, str] = {
    "developing": "open", "confirmed": "right", "falsified": "wrong", "dormant": "none",
}  # fmt: skip
GATE: Mapping[str, str] = {"open": "force", "young": "trial", "shut": "retired", "ended": "none"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A title and where it leads."""

    title: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Banner:
    """Where a call stands: the chip's state, one sentence, and how the others did."""

    state: State
    text: str
    others: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallCard:
    """The call as registered. Probabilities are fractions, the edge is in points."""

    sentence: str
    direction: str
    horizon: str
    probability: float
    base_rate: float
    edge_points: float
    wrong_if: str
    deadline: str
    settles_on: str
    ledger_number: int
    ledger_hash: str
    registered_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictionRow:
    """Another claim of the cycle; a shadow is one that the gate refused, with the reason."""

    sentence: str
    horizon: str
    probability: float
    base_rate: float
    state: State | Literal["shadow"]
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MindRow:
    """A mind's probability, or with None the reason why it is absent."""

    name: str
    probability: float | None = None
    absent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DebateView:
    """The debate over one claim.

    ``formula`` says how the conviction was computed, ``notes`` what each opinion may move, what
    asking cost, and whose model may have read what followed: plain sentences. ``probability`` is
    what the desk says of the claim, beside which the base rate is written.
    """

    label: str
    conviction: str
    formula: str
    claim: str
    base_rate: float
    minds: tuple[MindRow, ...]
    notes: tuple[str, ...] = ()
    probability: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchPage:
    """Everything a dispatch shows. ``call`` is None when the desk sits out."""

    template: ClassVar[str] = "dispatch.html.j2"
    number: int
    as_of: dt.datetime
    local_time: str
    mode: Mode
    title: str
    dek: str
    banner: Banner
    call: CallCard | None
    body_html: str
    predictions: tuple[PredictionRow, ...]
    debate: DebateView | None
    permalink: str
    older: Link | None
    newer: Link | None
    previous: tuple[Link, ...]
    sources: tuple[str, ...]
    notices: tuple[str, ...]
    written_by: str
    code_version: str
    snapshot: str
    trail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailPage:
    """One executed notebook of a dispatch; ``question`` is its heading (`render.heading`).

    The link in ``notebooks`` whose title is ``name`` is marked as the current one. Without a mode
    the page promises no more than a replay's does.
    """

    template: ClassVar[str] = "trail.html.j2"
    number: int
    title: str
    name: str
    question: str
    body_html: str
    notebooks: tuple[Link, ...]
    dispatch: Link
    download: str
    mode: Mode = "replay"


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexEntry:
    """One dispatch in the list."""

    number: int
    mode: Mode
    date: str
    title: str
    href: str
    call: str
    banner: Banner
    score: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexPage:
    """The front page: the latest dispatch, those before it, and the record's key figures."""

    template: ClassVar[str] = "index.html.j2"
    latest: DispatchPage
    entries: tuple[IndexEntry, ...]
    record: tuple[tuple[str, str], ...]

    @property
    def mode(self) -> Mode:
        """That of the latest dispatch."""
        return self.latest.mode
