"""The dispatch: title and essay by rule, from findings, in the first person.

Sentences come from ``voice.yaml``; of each slot's variants the one used longest ago is taken,
as the plans of earlier dispatches on the ledger tell. No number is written that is no finding.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib import resources
from string import Formatter
from typing import cast

import pandas as pd
import sqlalchemy as sa
import yaml

from workbench.domain.errors import WorkbenchError
from workbench.domain.records import Finding
from workbench.measures import pooling
from workbench.steps import predict, regime, said, tape
from workbench.steps.bench import Bench
from workbench.steps.facts import Facts
from workbench.world import ledger as book
from workbench.world.ledger import canonical

_MEMORY = 12  # dispatches whose wording is remembered
_TRAIL = "../trail/6_dispatch.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A heading (empty for none) and paragraphs as HTML, numbers linked to their rows."""

    heading: str
    paragraphs: tuple[str, ...]

    def _repr_html_(self) -> str:
        head = f"<h2>{html.escape(self.heading)}</h2>\n" if self.heading else ""
        return head + "\n".join(f"<p>{text}</p>" for text in self.paragraphs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """One dispatch as written.

    Attributes:
        title: Plain text.
        dek: One sentence below the title, plain text.
        slug: The title as a path segment.
        sections: Name to section: ``opening question evidence call debate change unknown``.
        findings: Every number cited, by name.
        plan: Slot to the variant taken, kept so that later dispatches word it otherwise.
    """

    title: str
    dek: str
    slug: str
    sections: Mapping[str, Section]
    findings: Mapping[str, Finding]
    plan: Mapping[str, int]

    def table(self) -> pd.DataFrame:
        """The findings cited: ``name, shown, meaning, source, as_of``."""
        rows = [(f.name, f.text, f.meaning, f.source, f.as_of) for f in self.findings.values()]
        return pd.DataFrame(rows, columns=["name", "shown", "meaning", "source", "as_of"])

    def trace(self) -> Trace:
        """The same as a table whose rows the essay's numbers link to."""
        return Trace(tuple(self.findings.values()))


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


@lru_cache(maxsize=1)
def voice() -> dict[str, list[str]]:
    """Slot to its variants, from ``voice.yaml``."""
    text = resources.files("workbench.steps").joinpath("voice.yaml").read_text("utf-8")
    return cast(dict[str, list[str]], yaml.safe_load(text))


class Writer:
    """Fills slots with facts, choosing the wording used longest ago."""

    def __init__(self, facts: Facts, past: list[dict[str, int]], turn: int) -> None:
        self.facts, self.past, self.turn = facts, past, turn
        self.plan: dict[str, int] = {}
        self.cited: dict[str, Finding] = {}

    def say(self, slot: str, link: bool = True) -> str:
        """One sentence of a slot, as HTML with linked numbers, or as plain text."""
        variants = voice()[slot]
        usable = [i for i, text in enumerate(variants) if self._known(text)]
        if not usable:
            raise WorkbenchError(f"No wording of {slot!r} can be filled from this cycle's facts.")
        used = [plan[slot] for plan in self.past if slot in plan]  # latest first
        age = {i: used.index(i) if i in used else len(used) + 1 for i in usable}
        chosen = max(usable, key=lambda i: (age[i], (i * 7 + self.turn * 3) % 11, -i))
        self.plan[slot] = chosen
        text = re.sub(r"{(\w+)}", lambda m: self._fill(m.group(1), link), variants[chosen])
        return _capital(text)

    def _known(self, text: str) -> bool:
        names = {name for _, name, _, _ in Formatter().parse(text) if name}
        return names <= self.facts.findings.keys() | self.facts.words.keys()

    def _fill(self, name: str, link: bool) -> str:
        if name in self.facts.words:
            return self._quoted(name, link)
        finding = self.facts.findings[name]
        self.cited[name] = finding
        return _anchor(finding) if link else finding.text

    def _quoted(self, word: str, link: bool) -> str:
        """A word or a mind's argument, in which the findings that this mind cites become links."""
        text = self.facts.words[word]
        if not link:
            return text
        shown = html.escape(text, quote=False)
        side = word.removesuffix("_argument")
        speaker = self.facts.words.get(f"{side}_mind", "") if side != word else ""
        for name, finding in self.facts.findings.items():
            if speaker and name.startswith(f"{speaker.lower()}_"):
                plain = html.escape(finding.text, quote=False)
                bare = rf"(?<![\w.>]){re.escape(plain)}(?![\w<])"
                shown, found = re.subn(bare, _anchor(finding), shown, count=1)
                if found:
                    self.cited[name] = finding
        return shown


def compose(bench: Bench) -> Dispatch:
    """Writes the dispatch and puts its title and plan on the ledger."""
    found = regime.read(bench)
    facts = Facts()
    tape.gather(facts, bench, found)
    said.gather(facts, bench)
    writer = Writer(facts, past_plans(bench), bench.number)
    title = writer.say(title_slot(facts), link=False)
    dek = writer.say("dek_call" if "call" in facts.has else "dek_sitting", link=False)
    sections = _sections(facts, writer)
    dispatch = Dispatch(
        title=title, dek=dek, slug=slug(title), sections=sections, findings=writer.cited,
        plan=writer.plan,
    )  # fmt: skip
    call = predict.called(predict.decisions_on_record(bench))
    row = {"of": bench.number, "slug": dispatch.slug, "title": title, "call": call and call.claim,
           "plan": canonical(writer.plan)}  # fmt: skip
    bench.ledger.append(bench.number, [(book.dispatches, row)])
    leans = predict.leans(bench)
    sources = {c.source for c in bench.snapshot.columns.values()}
    kept = {
        "title": title,
        "dek": dek,
        "slug": dispatch.slug,
        "label": pooling.label(leans),
        "conviction": pooling.conviction(list(leans.values())),
        "wrong_if": facts.findings["wrong_if"].text if "call" in facts.has else "",
        "sources": sorted(sources),
        "findings": [asdict(f) for f in writer.cited.values()],
    }
    bench.remember("dispatch", kept)
    return dispatch


def _sections(facts: Facts, writer: Writer) -> dict[str, Section]:
    has, say = facts.has, writer.say

    def one(*slots: str) -> str:
        return " ".join(say(slot) for slot in slots)

    def any_of(*slots: str) -> list[str]:
        return [slot for slot in slots if slot in has]

    opening = [one(*any_of(*_SETTLED), *any_of("shadows", "shadows_alone"))]
    if record := any_of("record_positive", "record_zero", "record_negative", "record_few"):
        opening.append(one(*record))
    tape = "tape" if "other" in has and "range" in facts.findings else "tape_alone"
    evidence = [
        one(tape, *any_of("superlative"), "month_high" if "high" in has else "month"),
        one("width", *(["regime_new"] if "regime_new" in has else any_of("regime"))),
    ]
    evidence += [one(*fear)] if (fear := any_of("fear", "fear_dark")) else []
    debate = [one(*any_of("spread", "agreed", "alone", "silent"))]
    debate += [one(slot) for slot in any_of("blocked", "absent")]
    change = "change" if "call" in has else "change_sitting"
    return {
        "opening": Section(heading="", paragraphs=tuple(opening)),
        "question": Section(heading="", paragraphs=(one(question_slot(facts)),)),
        "evidence": Section(heading=say("heading_evidence", False), paragraphs=tuple(evidence)),
        "call": Section(
            heading=say("heading_call", False),
            paragraphs=(one("call" if "call" in has else "sitting"),),
        ),
        "debate": Section(heading=say("heading_debate", False), paragraphs=tuple(debate)),
        "change": Section(heading=say("heading_change", False), paragraphs=(one(change),)),
        "unknown": Section(
            heading=say("heading_unknown", False),
            paragraphs=(one(*any_of("unknown_sign"), "unknown_lag"),
                        *(one(slot) for slot in any_of("unknown_flag"))),
        ),
    }  # fmt: skip


_SETTLED = (
    "settled_right",
    "settled_wrong",
    "settled_void",
    "settled_nothing",
    "settled_first",
)
_TITLES: tuple[tuple[str, str], ...] = (
    ("shock_down", "title_shock_down"),
    ("shock_up", "title_shock_up"),
    ("regime_new", "title_regime"),
    ("fear_moved_up", "title_fear_up"),
    ("fear_moved_down", "title_fear_down"),
    ("split", "title_split"),
    ("high", "title_high"),
    ("quiet", "title_quiet"),
    ("streak_up", "title_streak_up"),
    ("streak_down", "title_streak_down"),
    ("up", "title_up"),
    ("down", "title_down"),
)
_QUESTIONS: tuple[tuple[str, str], ...] = (
    ("shock_down", "question_shock"),
    ("shock_up", "question_shock"),
    ("regime_new", "question_regime"),
    ("fear_moved_up", "question_fear"),
    ("fear_moved_down", "question_fear"),
    ("split", "question_split"),
    ("quiet", "question_quiet"),
    ("up", "question_trend"),
    ("down", "question_down"),
)


def title_slot(facts: Facts) -> str:
    """Which kind of title the day calls for: the rarest circumstance that holds."""
    return next(slot for condition, slot in _TITLES if condition in facts.has)


def question_slot(facts: Facts) -> str:
    """Which question the day asks."""
    return next(slot for condition, slot in _QUESTIONS if condition in facts.has)


def past_plans(bench: Bench) -> list[dict[str, int]]:
    """The wording of the dispatches before this one, latest first."""
    query = sa.select(book.dispatches.c.plan).where(book.dispatches.c.of < bench.number)
    rows = bench.ledger.read(query.order_by(book.dispatches.c.of.desc()).limit(_MEMORY))
    return [cast(dict[str, int], json.loads(row["plan"])) for row in rows]


def slug(title: str) -> str:
    """A title as lower-case words joined by hyphens, at most 80 characters, never empty."""
    words = re.findall(r"[a-z0-9]+", title.lower().replace("’", ""))
    return "-".join(words)[:80].strip("-") or "dispatch"


def _anchor(finding: Finding) -> str:
    shown = html.escape(finding.text, quote=False)
    told = html.escape(f"{finding.meaning}; {finding.source}, {finding.as_of}")
    kind = "q" if finding.value is None else "n"
    return f'<a class="{kind}" href="{_TRAIL}#f-{finding.name}" title="{told}">{shown}</a>'


def _capital(text: str) -> str:
    """First letter of every sentence in upper case; links are left alone."""
    return re.sub(
        r"(^|[.?!] |: “)([a-z])", lambda found: found.group(1) + found.group(2).upper(), text
    )
