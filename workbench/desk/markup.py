"""Untrusted text as HTML that may be published.

Whatever goes in, what comes out is a balanced fragment of tags, attributes, classes and links
from a list, in which nothing can run, load, restyle the page or pose as a part of it.
"""

from __future__ import annotations

import re

import mistune
import nh3
from markupsafe import Markup


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TAGS = _words(
    "a abbr b blockquote br caption code dd del details div dl dt em h2 h3 h4 hr i li mark ol p "
    "pre s section small span strong sub summary sup table tbody td tfoot th thead time tr u ul"
)
_CLASSES = _words("aside chip dataframe eyebrow hash n nb note q r scroll")
_STATES = set(
    _words(
        "open awaiting right wrong void none shadow live replay late dark degraded withheld note"
    )
)
_ID = re.compile(r"(?!desk-)[a-z][a-z0-9_-]{0,63}")
_HREF = re.compile(r"https://[^\s\\]+|#[\w-]*|(?:\.{1,2}/)*[\w-][\w./#-]*", re.ASCII)
_MONTHS = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_DAY = re.compile(
    rf"(?<=\d) (?={_MONTHS}[a-z]*\b)|(?<=\d[ \u00a0]{_MONTHS}) (?=\d{{4}}\b)"
    rf"|(?<=\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)) (?=\d+[ \u00a0]{_MONTHS}\b)"
)
_APOSTROPHE = re.compile(r"(?<=\w)'(?=s\b)")
# The last of these turn what follows them around: a stranger's title could turn our number.
_UNSEEN = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f]"
    r"|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)


def _attribute(_tag: str, name: str, value: str) -> str | None:
    """Keeps an attribute's value, or drops an id of ours and a link that leaves by a side door."""
    if name == "href":
        return value if _HREF.fullmatch(value) else None
    if name == "id":
        return value if _ID.fullmatch(value) else None
    return value


_CLEANER = nh3.Cleaner(
    tags=_TAGS,
    clean_content_tags={"script", "style", "svg", "math", "iframe", "template", "title"},
    attributes={
        "*": {"id", "aria-label"},
        "a": {"href", "title"},
        "abbr": {"title"},
        "ol": {"start"},
        "td": {"colspan", "rowspan"},
        "th": {"colspan", "rowspan"},
        "time": {"datetime"},
    },
    attribute_filter=_attribute,
    tag_attribute_values={
        "div": {"role": {"note"}, "tabindex": {"0"}},
        "span": {"data-s": _STATES},
        "th": {"scope": {"col", "row", "colgroup", "rowgroup"}},
    },
    url_schemes={"https"},
    allowed_classes=dict.fromkeys(_TAGS, _CLASSES),
)


class _Prose(mistune.HTMLRenderer):
    """Markdown as the page wants it: one `h1` a page, wide tables in a frame that scrolls."""

    def heading(self, text: str, level: int, **_attrs: object) -> str:
        level = min(max(level, 2), 4)
        return f"<h{level}>{text}</h{level}>\n"

    def table(self, text: str) -> str:
        return f'<div class="scroll" tabindex="0"><table>{text}</table></div>\n'

    def table_cell(self, text: str, align: str | None = None, head: bool = False) -> str:
        tag = "th" if head else "td"
        mark = ' class="r"' if align == "right" else ""
        return f"<{tag}{mark}>{text}</{tag}>"


_MARKDOWN = mistune.create_markdown(
    renderer=_Prose(escape=False, allow_harmful_protocols=True), plugins=["table"]
)


def plain(text: str) -> str:
    """Text without terminal codes, control characters, marks of direction, half surrogates."""
    return _UNSEEN.sub("", text.replace("\r\n", "\n")).encode("utf-8", "replace").decode()


def tidy(text: str) -> str:
    """Text in which "84 %", "n = 9", "Mon 5 Feb 2018" and "e-value" never break over a line."""
    whole = re.sub(r"(?<=\d) (?=%)", "\u202f", _APOSTROPHE.sub("\u2019", text))
    whole = re.sub(r"\be-(?=value)", "e\u2011", whole)
    return _DAY.sub("\u00a0", re.sub(r"\bn = (?=\d)", "n\u00a0=\u00a0", whole))


def sanitise(html: str) -> Markup:
    """The part of an HTML fragment that may be published.

    Args:
        html: Any text, balanced or not.

    Returns:
        A balanced fragment of allowed tags, attributes, classes and links (https, relative, #).
    """
    clean = plain(_CLEANER.clean(plain(html))).strip()  # again, as entities are undone by now
    return Markup(clean if "<code" in clean else tidy(clean))  # noqa: S704  (nh3 has cleaned it)


def markdown(source: str) -> Markup:
    """Markdown, raw HTML in it included, as a fragment that may be published."""
    return sanitise(str(_MARKDOWN(plain(source))))


def xml(text: str) -> str:
    """Text without what XML cannot hold at all: control characters and the two non-characters."""
    return re.sub("[\ufffe\uffff]", "", plain(text))
