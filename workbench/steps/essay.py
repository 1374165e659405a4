"""An essay's parts: sections as HTML, and the table of findings that their numbers link to."""

from __future__ import annotations

import html
from dataclasses import dataclass

from workbench.domain.records import Finding

_TRAIL = "../trail/6_dispatch.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A heading (empty for none) and paragraphs as HTML, numbers linked to their rows."""

    heading: str
    paragraphs: tuple[str, ...]

    def _repr_html_(self) -> str:
        head = f"<h2>{html.escape(self.heading)}</h2>\n" if self.heading else ""
        return head + "\n".join(f"<p>{text}</p>" for text in self.paragraphs)


@dataclass(frozen=True, slots=True)
class Trace:
    """Findings as a table with one anchor a row."""

    findings: tuple[Finding, ...]

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr id="f-{f.name}"><th scope="row">{html.escape(f.text)}</th>'
            f"<td>{html.escape(f.meaning)}</td><td>{html.escape(f.source)}</td>"
            f"<td>{html.escape(f.as_of)}</td></tr>"
            for f in self.findings
        )
        head = "".join(f'<th scope="col">{n}</th>' for n in ("Shown", "What it is", "Source", "Of"))
        return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def anchor(finding: Finding) -> str:
    """A finding's text as a link to its row: class ``n`` for a number, ``q`` for a quotation."""
    told = html.escape(f"{finding.meaning}; {finding.source}, {finding.as_of}")
    kind = "q" if finding.value is None else "n"
    text = html.escape(finding.text, quote=False)
    return f'<a class="{kind}" href="{_TRAIL}#f-{finding.name}" title="{told}">{text}</a>'
