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
from functools import cache, lru_cache, partial
from importlib.resources import files
from typing import ClassVar, Protocol

from jinja2 import Environment, PackageLoader, StrictUndefined
from plotly.offline import get_plotlyjs

from workbench.desk.markup import plain, tidy
from workbench.domain.calendars import moment
from workbench.domain.figures import difference, due, opened, share
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
    ("Calls", "calls/index.html"),
    ("Record", "record/index.html"),
    ("Mind", "mind/index.html"),
    ("Data", "data/index.html"),
    ("About", "about/index.html"),
)
ABOUT: tuple[tuple[str, str], ...] = (
    ("How settling and scoring work", "about/index.html"),
    ("All dispatches", "read/index.html"),
    ("Weekly reviews", "weekly/index.html"),
    ("Every call as JSON", "calls/index.json"),
    ("Atom feed", "feed.xml"),
)


class Page(Protocol):
    """What a page shows; its template knows it as ``page``.

    Attributes:
        template: Its template in ``desk/pages``.
        mode: Whether what it tells is live or replayed. A page of neither is told as a replay,
            which promises no more.
    """

    template: ClassVar[str]

    @property
    def mode(self) -> Mode:
        """Live or replay."""


def html(page: Page, root: str) -> str:
    """One page of the site.

    Args:
        page: Its facts.
        root: Relative path from the page's folder to the site's root.

    Returns:
        A complete HTML document.

    Raises:
        ValueError: The root is no relative path upwards, or an href leads nowhere of ours.
    """
    if not re.fullmatch(r"(\.\./)*", root):
        raise ValueError(f"Root {root!r} is not a relative path upwards.")
    to = partial(address, root)
    template = _templates().get_template(page.template)
    return template.render(page=page, mode=page.mode, root=root, to=to)


def assets() -> dict[str, bytes]:
    """The stylesheet, icon and scripts that every page asks for: path to content."""
    pages = files("workbench.desk") / "pages"
    names = ("style.css", "icon.svg", "charts.js", "search.js", "calls.js")
    found = {name: (pages / name).read_bytes() for name in names}
    found["plotly.min.js"] = get_plotlyjs().encode()
    return {f"assets/{name}": data for name, data in found.items()}


def address(root: str, href: str) -> str:
    """A link from this page to a path from the site's root; anything else is refused."""
    if href.startswith(("https://", "#")):
        return href
    if not re.fullmatch(r"[\w-][\w./-]*(#[\w-]*)?", href) or ".." in href:
        raise ValueError(
            f"Href {href!r} is no path from the site's root, no https and no fragment."
        )
    return root + (f"{href}index.html" if href.endswith("/") else href)


def day(when: dt.datetime) -> str:
    """A moment as a reader says it: Friday 3 April 2026, 17:44 UTC."""
    utc = when.astimezone(dt.UTC)
    return f"{utc:%A} {utc.day}\u00a0{utc:%B %Y, %H:%M}\u00a0UTC"


@lru_cache(maxsize=10_000)  # labels, dates and figures come again and again
def _shown(text: str) -> str:
    return tidy(plain(text))


@cache
def _templates() -> Environment:
    env = Environment(
        loader=PackageLoader("workbench.desk", "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: _shown(value) if type(value) is str else value,
    )
    env.filters |= {"share": share, "points": difference, "day": day, "moment": moment, "due": due}
    env.filters["opened"] = opened
    env.globals |= {"CSP": CSP, "WORDS": WORDS, "SECTIONS": SECTIONS, "ABOUT": ABOUT}
    return env
