"""The Markdown twin of a dispatch: the same words and numbers, beside its page as ``index.md``.

It is made of the facts that the page is made of, by a template that tells them in the same order;
whatever is not the template's own is escaped.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from workbench.desk import layout
from workbench.desk.commonmark import converted, escaped
from workbench.desk.dispatches import ROOT
from workbench.desk.views import DispatchPage
from workbench.domain.figures import difference, opened, share


def files(pages: Mapping[int, DispatchPage]) -> dict[str, str]:
    """The twins of these dispatches."""
    return {twin_of(page.permalink): twin(page) for page in pages.values()}


def twin(page: DispatchPage) -> str:
    """A dispatch as CommonMark without HTML; links are relative to its own folder."""
    return _template().get_template("dispatch.md.j2").render(page=page, body=page.body_html)


def twin_of(permalink: str) -> str:
    """The place of a dispatch's twin."""
    return permalink.removesuffix("index.html") + "index.md"


def _to(href: str) -> Markup:
    """A path from the site's root as a link out of a dispatch's folder."""
    return Markup(layout.address(ROOT, href))  # noqa: S704  (checked there)


@cache
def _template() -> Environment:
    env = Environment(  # noqa: S701  (what it makes is no HTML)
        loader=PackageLoader("workbench.desk", "pages"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: value if isinstance(value, Markup) else escaped(str(value)),
    )
    env.filters |= {"share": share, "points": difference, "day": layout.day, "html": converted}
    env.filters["opened"] = opened
    env.globals |= {"WORDS": layout.WORDS, "to": _to}
    return env
