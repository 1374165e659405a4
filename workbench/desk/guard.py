"""The last look at a page's bytes before they are published.

`render` and `layout` already keep out what could run; this check trusts neither. It allows tags,
a few scripts and links by list, so that what it does not know is a finding. A page with any finding
is not published. Findings say what and where, and never repeat a secret.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser

from workbench.domain.leaks import MARKS, SECRETS

_TAGS = frozenset(
    {"html", "head", "meta", "title", "link", "script", "body", "header", "footer", "main", "nav"}
    | {"article", "section", "aside", "figure", "figcaption", "details", "summary", "div", "span"}
    | {"h1", "h2", "h3", "h4", "p", "a", "b", "i", "u", "s", "em", "strong", "small", "sub", "sup"}
    | {"del", "mark", "abbr", "time", "code", "pre", "blockquote", "br", "hr", "ul", "ol", "li"}
    | {"dl", "dt", "dd", "table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td", "img"}
    | {"svg", "line", "circle", "text"}
    | {"fieldset", "legend", "label", "input"}
)
_SCRIPT = re.compile(r"(\.\./)*assets/(plotly\.min|charts|search|calls)\.js")
_LOADED = re.compile(r"(\.\./)*[\w-][\w./-]*")
_LINK = re.compile(r"https://[^\s\\]+|#[\w-]*|(\.\./)*[\w-][\w./-]*(#[\w-]*)?")
_PNG = re.compile(r"data:image/png;base64,[A-Za-z0-9+/]+=*")
_LOADING = frozenset(
    {"src", "srcset", "poster", "data", "background", "action", "formaction", "ping", "manifest"}
    | {"srcdoc", "xlink:href", "usemap", "cite", "longdesc"}
)


class _Reader(HTMLParser):
    """Collects findings from the elements of a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.findings: list[str] = []
        self.policies = 0
        self._in_script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_script = tag == "script"
        given = [(name, value or "") for name, value in attrs]
        for problem in _problems(tag, given):
            self._find(f"<{tag}> {problem}")
        if ("http-equiv", "Content-Security-Policy") in given:
            self.policies += "script-src 'self';" in dict(given).get("content", "")

    def handle_endtag(self, tag: str) -> None:
        self._in_script = self._in_script and tag != "script"

    def handle_data(self, data: str) -> None:
        if self._in_script and data.strip():
            self._find("a script with code of its own")

    def _odd(self, data: str) -> None:
        self._find(f"a comment or declaration of {len(data)} characters")

    handle_comment = handle_pi = unknown_decl = _odd

    def _find(self, what: str) -> None:
        self.findings.append(f"{what}, line {self.getpos()[0]}")


def scan(html: str) -> list[str]:
    """What forbids publishing a page.

    Args:
        html: The whole document, as it would be written.

    Returns:
        One line a finding: what could run or load from elsewhere, a missing policy, and what
        `leaks` finds. Empty when the page may be published.
    """
    reader = _Reader()
    reader.feed(html)
    reader.close()
    findings = reader.findings
    if reader.policies != 1:
        findings.append("no single Content-Security-Policy with script-src 'self'")
    tags = len(re.findall(r"(?i)<\s*/?\s*script", html))
    if tags != 2 * len(re.findall(r'<script src="[^"<>]*" defer></script>', html)):
        findings.append("a script that is not written as the templates write it")
    return findings + leaks(html)


def leaks(text: str) -> list[str]:
    """Secrets and paths of the machine in any text that is to be published, HTML or not.

    Args:
        text: A page, a feed, a markdown twin or a notebook's JSON.

    Returns:
        One line a finding, without the secret.
    """
    plain = unescape(text.replace("&#34;", '"'))  # charts hold thousands of these
    folded = plain.casefold()
    return [
        f"{what}, line {plain.count(chr(10), 0, match.start()) + 1}"
        for what, pattern in SECRETS.items()
        if any(mark in folded for mark in MARKS[what])
        for match in re.finditer(pattern, plain)
    ]


def _problems(tag: str, given: list[tuple[str, str]]) -> Iterator[str]:
    """What is wrong with one start tag; a browser obeys the first of two like attributes."""
    if tag not in _TAGS:
        yield "is not a tag of ours"
    if tag == "script" and "src" not in dict(given):
        yield "has no source"
    if tag == "input" and [value for name, value in given if name == "type"] != ["radio"]:
        yield "asks for more than a choice"
    for name, value in given:
        squeezed = re.sub(r"[\x00-\x20]", "", value).lower()
        if name.startswith("on"):
            yield f"has a handler, {name}"
        elif squeezed.startswith(("javascript:", "vbscript:")):
            yield f"has a script in {name}"
        elif name == "style" and re.search(r"url|expression|@import|\\", squeezed):
            yield "loads or hides something in its style"
        elif name in _LOADING and not _may_load(tag, name, value):
            yield f"loads from {name}"
        elif name == "href" and not (_LINK if tag == "a" else _LOADED).fullmatch(value):
            yield "has a link that is neither https nor of this site"
        elif name == "http-equiv" and squeezed != "content-security-policy":
            yield "acts on the page"


def _may_load(tag: str, name: str, value: str) -> bool:
    if name != "src":
        return False
    if tag == "script":
        return bool(_SCRIPT.fullmatch(value))
    return tag == "img" and bool(_PNG.fullmatch(value) or _LOADED.fullmatch(value))
