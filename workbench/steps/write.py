"""The dispatch: title and essay by rule, from findings, in the first person.

What is said follows from the circumstances that hold; how, from ``voice.yaml`` and from what the
dispatches before said, as their plans on the ledger tell.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import cast

import sqlalchemy as sa

from workbench.domain.records import Finding
from workbench.domain.sentences import negated
from workbench.measures import pooling
from workbench.steps import due, predict, regime, said, tape
from workbench.steps.bench import Bench
from workbench.steps.essay import Section, Trace
from workbench.steps.facts import Facts, Plan
from workbench.steps.wording import Writer, voice
from workbench.world import entries as book
from workbench.world.entries import canonical

_MEMORY = 12  # dispatches whose wording is remembered


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """One dispatch as written.

    Attributes:
        title: Plain text.
        dek: One sentence below the title, plain text.
        slug: The title as a path segment.
        sections: Name to section: ``opening question evidence call debate change unknown``.
        findings: Every number cited, by name.
        plan: Slot to the variant taken, and what was told, kept so that later dispatches say it
            otherwise or not again.
    """

    title: str
    dek: str
    slug: str
    sections: Mapping[str, Section]
    findings: Mapping[str, Finding]
    plan: Mapping[str, int]

    def trace(self) -> Trace:
        """The findings cited, as a table whose rows the essay's numbers link to."""
        return Trace(tuple(self.findings.values()))


def prepare(bench: Bench) -> None:
    """Asks nobody: this essay is written by rule."""


def compose(bench: Bench) -> Dispatch:
    """Writes the dispatch and puts its title and plan on the ledger."""
    facts = Facts(past=past_plans(bench))
    tape.gather(facts, bench, regime.read(bench))
    due.gather(facts, bench)
    said.gather(facts, bench)
    dispatch = written(facts, bench.number)
    call = predict.gated(bench) if "call" in facts.has else None
    row = {"of": bench.number, "slug": dispatch.slug, "title": dispatch.title,
           "call": call and call.id, "plan": canonical(dispatch.plan)}  # fmt: skip
    bench.ledger.append(bench.number, [(book.dispatches, row)])
    leans = predict.leans(bench)
    kept = {
        "title": dispatch.title,
        "dek": dispatch.dek,
        "slug": dispatch.slug,
        "label": pooling.label(leans),
        "conviction": pooling.conviction(list(leans.values())),
        "wrong_if": "" if call is None else negated(call, bench.desk.table),
        "sources": sorted({c.source for c in bench.snapshot.columns.values()}),
        "findings": [asdict(f) for f in dispatch.findings.values()],
    }
    bench.remember("dispatch", kept)
    return dispatch


def written(facts: Facts, turn: int) -> Dispatch:
    """The dispatch that these facts make.

    Args:
        facts: What may be said.
        turn: The cycle's number.
    """
    writer = Writer(facts, turn, voice())
    title = writer.say(_first(_TITLES, facts), link=False)
    dek = writer.say("dek_call" if "call" in facts.has else "dek_sitting", link=False)
    sections = _sections(facts, writer)
    return Dispatch(
        title=title, dek=dek, slug=slug(title), sections=sections, findings=writer.cited,
        plan=writer.plan | facts.told,
    )  # fmt: skip


def _sections(facts: Facts, writer: Writer) -> dict[str, Section]:
    has = facts.has

    def one(*slots: str) -> str:
        return " ".join(writer.say(slot) for slot in slots if slot)

    def holds(*slots: str) -> list[str]:
        return [slot for slot in slots if slot in has]

    def section(heading: str, *paragraphs: list[str]) -> Section:
        title = writer.say(heading, link=False) if heading else ""
        said = (one(*slots) for slots in paragraphs if slots)
        return Section(heading=title, paragraphs=tuple(said))

    news = "waiting" not in has
    sizes = holds("superlative", "superlative_ever") if news else []
    opened = ["tape", *holds("range"), *holds("other"), *sizes] if news else ["tape_waiting"]
    fear = holds("fear", "fear_beside", "fear_old", "fear_dark", "fear_withheld")
    heads = ("spread", "agreed", "alone", "alone_still", "sole", "silent")
    blind = writer.stalest([*holds(*_UNKNOWN), "unknown_cause", "unknown_hours"], 2)
    called = "call" in has
    return {
        "opening": section(
            "",
            [*holds(*_SETTLED), *holds("despite_right", "despite_wrong", "rest"),
             *holds("shadows", "shadows_alone")],
            holds("record_positive", "record_zero", "record_negative", "record_few"),
        ),
        "question": section("", [_first(_QUESTIONS, facts)]),
        "evidence": section(
            "heading_evidence",
            [*opened, "month_high" if "high" in has else "month"],
            ["width", *holds("regime_new", "regime")],
            fear,
        ),
        "call": section(
            "heading_call" if called else "heading_sitting",
            holds("call", "sitting", "beside", "sitting_beside"),
        ),
        "debate": section(
            "heading_debate" if "spread" in has else "heading_table",
            [*holds(*heads), *holds("argues")],
            holds("blocked_more", "blocked_less", "refused_family", "refused_pooled"),
            holds("absent", "absent_still"),
        ),
        "change": section("heading_change", ["change" if called else "change_sitting"]),
        "unknown": section("heading_unknown", blind, holds("unknown_flag")),
    }  # fmt: skip


_SETTLED = (
    "settled_right",
    "settled_wrong",
    "doubted_right",
    "doubted_wrong",
    "settled_void",
    "settled_awaiting",
    "settled_nothing",
    "settled_idle",
    "settled_first",
)
_UNKNOWN = (
    "unknown_sign_none",
    "unknown_sign_some",
    "unknown_sign_shut",
    "unknown_sign_worse",
    "unknown_sign_few",
    "unknown_families",
    "unknown_slow",
)
# Circumstance to slot, the rarest first: the first that holds makes the title or the question.
_TITLES = (
    ("waiting", "title_waiting"),
    ("shock_down", "title_shock_down"),
    ("shock_up", "title_shock_up"),
    ("regime_new", "title_regime"),
    ("fear_moved_up", "title_fear_up"),
    ("fear_moved_down", "title_fear_down"),
    ("split", "title_split"),
    ("high", "title_high"),
    ("round_trip", "title_round_trip"),
    ("quiet", "title_quiet"),
    ("streak_up", "title_streak_up"),
    ("streak_down", "title_streak_down"),
    ("wide_up", "title_wide_up"),
    ("wide_down", "title_wide_down"),
    ("up", "title_up"),
    ("down", "title_down"),
    ("flat", "title_flat"),
)
_QUESTIONS = (
    ("waiting", "question_waiting"),
    ("shock_down", "question_shock"),
    ("shock_up", "question_shock"),
    ("regime_new", "question_regime"),
    ("fear_moved_up", "question_fear"),
    ("fear_moved_down", "question_fear"),
    ("split", "question_split"),
    ("round_trip", "question_round_trip"),
    ("quiet", "question_quiet"),
    ("high", "question_high"),
    ("streak_up", "question_streak"),
    ("streak_down", "question_streak"),
    ("wide_up", "question_wide"),
    ("wide_down", "question_wide"),
    ("up", "question_up"),
    ("down", "question_down"),
    ("flat", "question_quiet"),
)


def _first(table: tuple[tuple[str, str], ...], facts: Facts) -> str:
    return next(slot for circumstance, slot in table if circumstance in facts.has)


def past_plans(bench: Bench) -> list[Plan]:
    """What the dispatches before this one said, latest first."""
    query = sa.select(book.dispatches.c.plan).where(book.dispatches.c.of < bench.number)
    rows = bench.ledger.read(query.order_by(book.dispatches.c.of.desc()).limit(_MEMORY))
    return [cast(Plan, json.loads(row["plan"])) for row in rows]


def slug(title: str) -> str:
    """A title as lower-case words joined by hyphens, at most 80 characters, never empty."""
    words = re.findall(r"[a-z0-9]+", title.lower().replace("’", ""))
    return "-".join(words)[:80].strip("-") or "dispatch"
