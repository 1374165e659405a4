"""Whether a body is what its form says, by its label and its first bytes.

Labels lie in the wild: calendars of the St. Louis Fed are JSON labelled html, feeds are labelled
plain. So html and plain may stand on anything, and the first bytes decide.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from workbench.domain.errors import FeedDark
from workbench.world.http.answers import Form

_ANY = "text/html text/plain application/octet-stream binary/octet-stream"
_LABELS: Mapping[Form, re.Pattern[str]] = {
    "json": re.compile(r"(application|text)/([\w.+-]+\+)?(x-)?(json|javascript|jsonp)"),
    "csv": re.compile(
        r"(application|text)/(x-)?(csv|comma-separated-values|download|vnd\.ms-excel|tab-.*)"
        r"|application/(force-)?download"
    ),
    "xml": re.compile(r"(application|text)/([\w.+-]+\+)?(xml|rss|atom)"),
    "html": re.compile(r"application/xhtml\+xml|(application|text)/xml"),
    "text": re.compile(r"text/.*|application/(json|xml|x-yaml|toml|.*\+(json|xml))"),
}
_HTML = re.compile(
    rb"(<!--.*?-->\s*)*<(!doctype\s+html|html|head|body|script|title)\b", re.I | re.S
)
_JSON = re.compile(rb"[\[{\"0-9tfnNI-]")
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_LOOKED_AT = 2048


def check(body: bytes, content_type: str, form: Form, host: str) -> None:
    """Lets a body by that is what was asked for.

    Raises:
        FeedDark: ``not_json``, ``not_csv``, ``not_xml``, ``not_html`` or ``not_text``.
    """
    label = content_type.partition(";")[0].strip().lower()
    known = not label or label in _ANY.split() or _LABELS[form].fullmatch(label)
    if not known:
        shown = re.sub(r"[^\w/.+-]", "", label)[:40]
        raise FeedDark(
            f"not_{form}", f"{host} answered with {shown or 'no type'} instead of {form}."
        )
    start = body[:_LOOKED_AT].removeprefix(b"\xef\xbb\xbf").lstrip()
    wrong = _wrong(start, form)
    if wrong:
        raise FeedDark(
            f"not_{form}",
            f"{host} answered with {wrong} instead of {form}"
            f"{', though it is labelled so' if _LABELS[form].fullmatch(label) else ''}.",
        )


def _wrong(start: bytes, form: Form) -> str:
    """What the first bytes show it to be instead; empty when they agree."""
    wide = start.startswith((b"\xff\xfe", b"\xfe\xff")) and form in {"xml", "html"}
    if _CONTROL.search(start) and not wide:
        return "binary data"
    if form in {"json", "csv", "xml", "text"} and _HTML.match(start):
        return "an html page"
    if form == "json" and not _JSON.match(start):
        return "something else"
    if form == "csv" and start[:1] in {b"<", b"{", b"["}:
        return "markup or JSON"
    if form == "xml" and not start.startswith(b"<") and not wide:
        return "something else"
    if form == "html" and start[:1] in {b"{", b"["}:
        return "JSON"
    return ""
