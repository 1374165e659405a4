"""A dispatch's parts: sections as HTML, and the table of findings that their numbers link to."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from workbench.domain.figures import worded
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
    """Findings as a table with one anchor a row.

    Attributes:
        findings: All that were cited.
        written: Name to the words by which a model's prose cites it; empty when rules wrote all.
    """

    findings: tuple[Finding, ...]
    written: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def _repr_html_(self) -> str:
        names = ["Shown", *["Written as"] * bool(self.written), "What it is", "Source", "As of"]
        return _table(names, (self._row(one) for one in self.findings))

    def _row(self, one: Finding) -> str:
        said = [", ".join(self.written.get(one.name, ()))] if self.written else []
        cells = "".join(f"<td>{html.escape(c)}</td>"
                        for c in (*said, one.meaning, one.source, worded(one.as_of)))  # fmt: skip
        return f'<tr id="f-{one.name}"><th scope="row">{html.escape(one.text)}</th>{cells}</tr>'


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """A sentence of a model that was cut: from which section, its words, and why."""

    section: str
    sentence: str
    why: str


@dataclass(frozen=True, slots=True)
class Removals:
    """Sentences cut, as a table; a line when none was."""

    rows: tuple[Removed, ...]
    written_by: str

    def _repr_html_(self) -> str:
        if not self.rows:
            told = "Rules wrote this essay" if self.written_by == "rules" else "No sentence was cut"
            return f"<p>{told}.</p>"
        rows = (
            f'<tr><th scope="row">{html.escape(one.section)}</th>'
            f"<td>{html.escape(one.sentence)}</td><td>{html.escape(one.why)}</td></tr>"
            for one in self.rows
        )
        return _table(["Section", "Sentence cut", "Why"], rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """One dispatch as written.

    Attributes:
        title: Plain text.
        dek: One sentence below the title, plain text.
        slug: The title as a path segment.
        sections: Name to section: ``opening question evidence call debate change
            unknown``, and ``wire`` where something came over it.
        findings: Every number cited, by name.
        plan: Slot to the variant taken, and what was told, kept so that later dispatches say it
            otherwise or not again.
        written_by: ``rules``, or the model that wrote at least one section.
        by_rules: Of a model's dispatch, what the rules wrote: sections, ``title``, ``dek``.
        reason: Why a model that should have written did not; empty otherwise.
        cuts: Sentences of the model that had no source.
        written: Name of a finding to the model's words that cite it.
    """

    title: str
    dek: str
    slug: str
    sections: Mapping[str, Section]
    findings: Mapping[str, Finding]
    plan: Mapping[str, int]
    written_by: str = "rules"
    by_rules: tuple[str, ...] = ()
    reason: str = ""
    cuts: tuple[Removed, ...] = ()
    written: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def trace(self) -> Trace:
        """The findings cited, as a table whose rows the essay's numbers link to."""
        return Trace(tuple(self.findings.values()), self.written)

    def cuts_table(self) -> Removals:
        """What the model wrote and no source bears, as a table for the trail."""
        return Removals(self.cuts, self.written_by)


def _table(names: Iterable[str], rows: Iterable[str]) -> str:
    head = "".join(f'<th scope="col">{name}</th>' for name in names)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def anchor(finding: Finding, said: str = "") -> str:
    """A finding's text as a link to its row: class ``n`` for a number, ``q`` for a quotation.

    Args:
        finding: What is cited.
        said: The words that cite it, where they are not its own.
    """
    told = html.escape(f"{finding.meaning}; {finding.source}, {worded(finding.as_of)}")
    kind = "q" if finding.value is None else "n"
    text = html.escape(said or finding.text, quote=False)
    return f'<a class="{kind}" href="{_TRAIL}#f-{finding.name}" title="{told}">{text}</a>'


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of what came over the wire.

    Attributes:
        kind: ``headline`` or ``filing``.
        text: Title, or form and items; one line of plain text.
        link: Address, https; empty for none.
        source: Who said so, or whose filing it is.
        also: How many others had the story, as text; empty for none.
        when: The finding of its moment.
    """

    kind: str
    text: str
    link: str
    source: str
    also: str
    when: Finding

    @property
    def html(self) -> str:
        """The line, its text linked to where it stands and its moment to its row."""
        text = html.escape(self.text, quote=False)
        said = f'<a href="{html.escape(self.link)}">{text}</a>' if self.link else text
        source = html.escape(self.source, quote=False)
        if self.kind == "filing":
            return f"{source}: {said}, accepted {anchor(self.when)}."
        return f"{said} ({source}{self.also}, {anchor(self.when)})"


def slug(title: str) -> str:
    """A title as lower-case words joined by hyphens, at most 80 characters, never empty."""
    words = re.findall(r"[a-z0-9]+", title.lower().replace("’", ""))
    return "-".join(words)[:80].strip("-") or "dispatch"
