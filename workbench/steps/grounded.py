"""Model prose held against this cycle's findings and snapshot, and linked to what bears it.

What has no source is sent back once (``doubts``), then its sentence is cut (``kept``). Only what a
model wrote is bound: the house's essays are made of findings by construction, a binding takes
about a tenth of a second, and a replay writes hundreds of essays. Tests bind those.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from workbench.domain.figures import MINUS
from workbench.domain.hygiene import visible
from workbench.domain.leaks import WITHHELD, withheld
from workbench.domain.records import Finding
from workbench.measures import grounding
from workbench.measures.binding import Binding
from workbench.measures.grounding import Cut
from workbench.measures.mentions import Named, normal
from workbench.measures.passages import Sentence, sentences, without
from workbench.steps.bench import Bench
from workbench.steps.essay import anchor

Also = Callable[[str, Sequence[Binding]], str]
"""What else is wrong with a sentence, given its bindings; empty for nothing."""

_ADDRESS = re.compile(
    r"\b[a-z][a-z0-9+.-]*://\S*|\bwww\.\S+|\b(?:mailto|javascript|data):\S+|\S+@\w+\.\w+"
    r"|\b(?:[\w-]+\.)+(?:com|org|net|io|ai|co|info|dev|app|xyz|ru|cn|uk|de|eu)\b(?:/\S*)?",
    re.IGNORECASE,
)
_MARKUP = re.compile(r"</?[a-z!?][^>\n]*>?|!?\[[^\]\n]*\]\s?[(\[]|&#?\w+;", re.IGNORECASE)
_EMPHASIS = re.compile(r"(\*\*\*|\*\*|\*|__|`+|~~)(?=\S)(.+?)(?<=\S)\1")
_LINE = re.compile(r"^\s*(?:#{1,6}|[-*•>])\s+")
_WORD = re.compile(r"(?!(?:the|an?|of|in|its?|on|by|and|to|is|at)\b)\b[a-z]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """Prose whose figures link to their sources.

    Attributes:
        html: Escaped, with anchors to the trail's table.
        findings: What the anchors point at, by name; figures of cells have findings of their own.
        written: Name of a finding to the words by which this prose cites it.
    """

    html: str
    findings: Mapping[str, Finding] = field(default_factory=dict)
    written: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def plain(text: str) -> str:
    """A model's paragraph as one line of prose: no invisible characters, no marks of emphasis.

    Quotation marks and minus signs become those of the house; markup and addresses stay, what looks
    like a secret is withheld, and ``kept`` cuts the sentences of all three.
    """
    lines = (_LINE.sub("", line) for line in visible(text).split("\n"))
    line = " ".join(" ".join(lines).split())
    while (bare := _EMPHASIS.sub(r"\2", line)) != line:
        line = bare
    line = re.sub(r'"([^"]*)"', r"“\1”", line).replace("'", "’")
    return withheld(re.sub(r"(?<![\w.)])-(?=\d)", MINUS, line))


def shown(text: str) -> str:
    """Words that no source need bear as one line: their addresses and secrets are left out."""
    return withheld(_ADDRESS.sub("[address]", " ".join(visible(text).split())))


def sources(bench: Bench, text: str, findings: Sequence[Finding]) -> list[Binding]:
    """Where each figure of a text comes from, in order of the text.

    Args:
        bench: Whose snapshot and moment.
        text: Prose as ``plain`` leaves it; paragraphs apart by an empty line.
        findings: What the writer was given.
    """
    return grounding.bind(text, _desk(bench, findings))


def doubts(
    bench: Bench, text: str, findings: Sequence[Finding], also: Also = lambda _said, _bound: ""
) -> str:
    """What a writer is sent back, once; empty when every figure has a source.

    Args:
        bench: Whose snapshot and moment.
        text: Prose as ``plain`` leaves it.
        findings: What the writer was given.
        also: What else a sentence must not do.
    """
    bound = sources(bench, text, findings)
    told = [grounding.repair(bound)]
    told += [f"“{text[one.start : one.end][:80]}”: {why}."
             for one, why in _faulty(text, bound, also)]  # fmt: skip
    return " ".join(one for one in told if one)


def unsound(bench: Bench, text: str, findings: Sequence[Finding]) -> list[int]:
    """Places of a text whose sentences cannot stand: figures without a source, and other faults."""
    bound = sources(bench, text, findings)
    bare = [one.figure.start for one in bound if one.verdict in {"stale", "unbound"}]
    return bare + [one.start for one, _ in _faulty(text, bound, lambda _said, _bound: "")]


def kept(
    bench: Bench, text: str, findings: Sequence[Finding], also: Also = lambda _said, _bound: ""
) -> tuple[str, tuple[Cut, ...]]:
    """The text without sentences that no source bears, and what was cut.

    A sentence may lean on one before it, so what is left is read again until all of it stands.
    """
    cuts: list[Cut] = []
    while True:
        text, more = grounding.cut(text, _desk(bench, findings))
        cuts += more
        faulty = _faulty(text, sources(bench, text, findings), also) if text.strip() else []
        if not faulty:
            shown = (Cut(sentence=_ADDRESS.sub("[address]", c.sentence), why=c.why) for c in cuts)
            return text, tuple(shown)
        cuts += [Cut(sentence=text[one.start : one.end], why=why) for one, why in faulty]
        text = without(text, [one for one, _ in faulty])


def _desk(bench: Bench, findings: Sequence[Finding]) -> grounding.Desk:
    """What there is to bind to, made once for all texts that were given the same findings."""

    def make() -> grounding.Desk:
        return grounding.desk_of(findings, bench.seen, bench.as_of, _table(bench))

    return bench.once(f"grounds {hash(tuple(findings))}", make)


def _table(bench: Bench) -> tuple[Named, ...]:
    return (*bench.desk.table, *bench.indicators)


def _faulty(text: str, bound: Sequence[Binding], also: Also) -> list[tuple[Sentence, str]]:
    """Sentences with markup, an address, a secret or another fault, and which."""
    found = []
    for one in sentences(normal(text)):
        said = text[one.start : one.end]
        own = [b for b in bound if one.start <= b.figure.start < one.end]
        why = (
            "it holds an address" if _ADDRESS.search(said)
            else "it holds what looks like a secret" if WITHHELD in said
            else "it holds markup" if _MARKUP.search(said)
            else also(said, [_moved(b, -one.start) for b in own])
        )  # fmt: skip
        if why:
            found.append((one, why))
    return found


def _moved(one: Binding, by: int) -> Binding:
    """The binding with its figure's place counted from elsewhere."""
    figure = replace(one.figure, start=one.figure.start + by, end=one.figure.end + by)
    return replace(one, figure=figure)


def anchored(bench: Bench, text: str, findings: Sequence[Finding]) -> Linked:
    """Prose as escaped HTML in which each bound number links to its source.

    A number inside the words of a quoted finding links with them. One that a cell of the snapshot
    bears gets a finding made of that cell. Days and clauses that repeat a finding link to it; other
    names, days and directions stay plain.

    Args:
        bench: Whose snapshot and moment.
        text: One paragraph as ``kept`` leaves it.
        findings: What the writer was given.
    """
    known, table = {one.name: one for one in findings}, _table(bench)
    bound = sources(bench, text, findings)
    spans: list[tuple[int, int, Finding]] = []
    cited: dict[str, Finding] = {}
    for one in bound:
        figure, whole = one.figure, _nearest(one, text, known)
        if one.verdict != "bound" or figure.kind in {"name", "direction"}:
            continue
        side = figure.kind == "comparison" and any(
            0 <= other.figure.start - figure.end <= 7 and other.figure.kind in {"number", "times"}
            for other in bound
        )
        if side or (figure.kind == "date" and whole is None):
            continue  # a side links with its number; a day of the calendar needs no source shown
        finding = whole or _of_cell(one, text, table, cited | known)
        start, end = _words(text, figure.start, figure.end, finding)
        if spans and start < spans[-1][1]:
            continue  # another figure of the same quoted words
        spans.append((start, end, finding))
        cited[finding.name] = finding
    parts, at = [], 0
    written: dict[str, tuple[str, ...]] = {}
    for start, end, finding in spans:
        said = text[start:end]
        parts += [html.escape(text[at:start], quote=False), anchor(finding, said)]
        same = written.get(finding.name, ())
        written[finding.name] = same if said in same else (*same, said)
        at = end
    parts.append(html.escape(text[at:], quote=False))
    return Linked(html="".join(parts), findings=cited, written=written)


def _nearest(one: Binding, text: str, known: Mapping[str, Finding]) -> Finding | None:
    """The finding that a figure most likely cites; None where only a cell bears it.

    Many findings may be shown alike. Those whose very text stands there come first, and of them the
    one whose meaning shares most words with what is said before the figure.
    """
    figure = one.figure
    said = normal(text[figure.start : figure.end]).casefold()
    around = normal(text[max(0, figure.start - 70) : figure.end + 30]).casefold()
    heard = set(_WORD.findall(around))
    just = (_WORD.findall(normal(text[: figure.start]).casefold()) or [""])[-3:]

    def alike(other: Finding) -> tuple[int, int]:
        meant = set(_WORD.findall(normal(other.meaning).casefold()))
        return len(meant & set(just)), len(meant & heard)

    same = [
        other
        for other in known.values()
        if normal(other.text).casefold() == said
        and (one.finding or figure.kind == "date" or _same_value(one, other))
    ]
    return max(same, key=alike) if same else known.get(one.finding)


def _same_value(one: Binding, other: Finding) -> bool:
    """Whether a cell's value, in per cent where it is a change, is a finding's."""
    if one.value is None or other.value is None:
        return False
    return any(abs(one.value - other.value * by) < 1e-6 * max(1.0, abs(one.value))
               for by in (1, 100))  # fmt: skip


def _words(text: str, start: int, end: int, finding: Finding) -> tuple[int, int]:
    """Where the finding's own words stand around a figure; else the figure's place."""
    plain_, wanted = normal(text), normal(finding.text)
    at = plain_.find(wanted, max(0, start - len(wanted))) if wanted else -1
    while -1 < at <= start:
        if end <= at + len(wanted):
            return at, at + len(wanted)
        at = plain_.find(wanted, at + 1)
    return start, end


def _of_cell(
    one: Binding, text: str, table: Sequence[Named], taken: Mapping[str, Finding]
) -> Finding:
    """The finding that a cell makes, under a name that the same cell always has."""
    said = text[one.figure.start : one.figure.end]
    stem = re.sub(r"\W+", "_", f"cell {one.source} {one.at}".lower()).strip("_")
    made = Finding(
        name=stem, value=one.value, text=said, meaning=one.source,
        source=_series(one.source, table), as_of=one.at,
    )  # fmt: skip
    n = 1
    while made.name in taken and (taken[made.name].meaning, taken[made.name].as_of) != (
        made.meaning, made.as_of,
    ):  # fmt: skip
        n += 1
        made = replace(made, name=f"{stem}_{n}")
    return taken.get(made.name, made)


def _series(what: str, table: Sequence[Named]) -> str:
    """The series and fields of a cell's words: ``SPX.close``; the words of what is no series."""
    whose, _, told = what.partition(", ")
    own = [one.symbol for one in table if one.name in {whose, *whose.split(" and ")}]
    if not own:
        return "this text" if what.startswith("the days") else what
    if quoted := re.search(r" of (\S+@\S+)$", told):
        return f"{quoted[1]}.close"
    slow = {one.symbol for one in table if not hasattr(one, "venue")}
    fields = {"open": "open", "high": "high", "low": "low", "volume": "volume"}
    plain_ = "high and low" if told == "high over low" else fields.get(told, "close")
    return ", ".join(f"{name}.{'value' if name in slow else plain_}" for name in own)
