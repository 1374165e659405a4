"""Pages of the site: typed facts in, complete HTML out.

Every text is escaped; only ``body_html`` is taken as HTML, and it must come from `render`.
Hrefs and permalinks are paths from the site's root (``read/126/a-slug/index.html``; a trailing
slash means its ``index.html``), a ``#`` fragment or https. ``root`` is the relative prefix from
the page to that root: ``""`` for the index, ``"../../../"`` for a dispatch and for its trail,
``read/126/trail/<notebook>.html``: one depth, so that a notebook's own links hold on both.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, partial
from importlib.resources import files
from typing import Literal

from jinja2 import Environment, PackageLoader, StrictUndefined
from plotly.offline import get_plotlyjs

from workbench.desk.markup import tidy
from workbench.domain.figures import difference, share
from workbench.domain.records import Mode

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; base-uri 'none'; form-action 'none'"
)
WORDS: Mapping[str, str] = {
    "open": "Open",
    "awaiting": "Awaiting data",
    "right": "Right",
    "wrong": "Wrong",
    "void": "Void",
    "none": "Sitting this one out",
    "shadow": "Shadow",
    "late": "Late",
    "dark": "Dark",
    "degraded": "In part",
    "withheld": "Withheld",
    "note": "Note",
    "live": "Live",
    "replay": "Replay",
}
SECTIONS: tuple[tuple[str, str], ...] = (
    ("Dispatches", "index.html"),
    ("Data", "data/index.html"),
)
State = Literal["open", "awaiting", "right", "wrong", "void", "none"]


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
    date: str
    title: str
    href: str
    call: str
    banner: Banner
    score: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexPage:
    """The front page: the latest dispatch, those before it, and the record's key figures."""

    latest: DispatchPage
    entries: tuple[IndexEntry, ...]
    record: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesRow:
    """One series on the data page.

    Attributes:
        name: In words.
        source: Where its values come from.
        state: ``live``, ``late``, ``withheld`` or ``dark``.
        last: What its newest value is of.
        behind: What should have come by then and had not.
        dated: Who says when its values could first be known.
    """

    name: str
    source: str
    state: str
    last: str
    behind: str
    dated: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedRow:
    """One feed on the data page, as its last pull left it."""

    name: str
    state: str
    at: str
    rows: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagRow:
    """One flag: what was seen, what that means, and what would lift it."""

    head: str
    seen: str
    state: str
    check: str
    since: str
    lifted: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DataPage:
    """What the desk knew and did not trust at its last cycle."""

    as_of: dt.datetime
    title: str
    series: tuple[SeriesRow, ...]
    feeds: tuple[FeedRow, ...]
    flags: tuple[FlagRow, ...]
    notices: tuple[str, ...]
    dispatch: Link
    trail: str
    mode: Mode


def dispatch_html(page: DispatchPage, root: str) -> str:
    """A dispatch, in the order that every dispatch has.

    Args:
        page: Its facts.
        root: Relative path from the page's folder to the site's root.

    Returns:
        A complete HTML document.
    """
    return _page("dispatch.html.j2", page, root)


def trail_html(page: TrailPage, root: str) -> str:
    """One executed notebook, code and all (see `dispatch_html` for the arguments)."""
    return _page("trail.html.j2", page, root)


def index_html(page: IndexPage, root: str = "") -> str:
    """The front page (see `dispatch_html` for the arguments)."""
    return _page("index.html.j2", page, root)


def data_html(page: DataPage, root: str = "../") -> str:
    """The data page (see `dispatch_html` for the arguments)."""
    return _page("data.html.j2", page, root)


def assets() -> dict[str, bytes]:
    """The stylesheet, icon and scripts that every page asks for: path to content."""
    pages = files("workbench.desk") / "pages"
    found = {name: (pages / name).read_bytes() for name in ("style.css", "charts.js", "icon.svg")}
    found["plotly.min.js"] = get_plotlyjs().encode()
    return {f"assets/{name}": data for name, data in found.items()}


def _href(root: str, href: str) -> str:
    """A link from this page to a path from the site's root; anything else is refused."""
    if href.startswith(("https://", "#")):
        return href
    if not re.fullmatch(r"[\w-][\w./-]*(#[\w-]*)?", href) or ".." in href:
        raise ValueError(
            f"Href {href!r} is no path from the site's root, no https and no fragment."
        )
    return root + (f"{href}index.html" if href.endswith("/") else href)


def _day(moment: dt.datetime) -> str:
    """A moment as a reader says it: Friday 3 April 2026, 17:44 UTC."""
    utc = moment.astimezone(dt.UTC)
    return f"{utc:%A} {utc.day}\u00a0{utc:%B %Y, %H:%M}\u202fUTC"


@cache
def _templates() -> Environment:
    env = Environment(
        loader=PackageLoader("workbench.desk", "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: tidy(value) if type(value) is str else value,
    )
    env.filters |= {"share": share, "points": difference, "day": _day}
    env.globals |= {"CSP": CSP, "WORDS": WORDS, "SECTIONS": SECTIONS}
    return env


def _page(template: str, page: DispatchPage | TrailPage | IndexPage | DataPage, root: str) -> str:
    if not re.fullmatch(r"(\.\./)*", root):
        raise ValueError(f"Root {root!r} is not a relative path upwards.")
    to = partial(_href, root)
    mode = page.latest.mode if isinstance(page, IndexPage) else page.mode
    return _templates().get_template(template).render(page=page, mode=mode, root=root, to=to)
