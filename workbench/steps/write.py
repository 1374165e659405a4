"""The dispatch: title and essay by rule, from findings, in the first person.

What is said follows from the circumstances that hold; how, from ``voice.yaml`` and from what the
dispatches before said, as their plans on the ledger tell. Where a Claude Synthesis was heard, its
title and sections stand in their places, and the rules write the rest.
"""

from __future__ import annotations

import json
from collections.abc import Set
from dataclasses import asdict
from typing import cast

import sqlalchemy as sa

from workbench.domain.negations import negated
from workbench.measures import conviction
from workbench.steps import (
    due,
    items,
    joining,
    predict,
    regime,
    said,
    synthesis,
    tape,
    taught,
    trust,
    wire,
)
from workbench.steps.bench import Bench
from workbench.steps.essay import Dispatch, Section, slug
from workbench.steps.facts import Facts, Plan
from workbench.steps.wording import Writer, voice
from workbench.world import entries as book
from workbench.world.entries import canonical

__all__ = ["Dispatch", "compose", "gathered", "past_plans", "prepare", "slug", "written"]

_MEMORY = 12  # dispatches whose wording is remembered


def prepare(bench: Bench) -> None:
    """Asks Claude's Synthesis where the desk has one, and keeps what it wrote.

    It runs in the cycle's own process before 6_dispatch, since a notebook's kernel holds no key.
    """
    if synthesis.wanted(bench):
        synthesis.outcome(bench, gathered(bench))


def gathered(bench: Bench) -> Facts:
    """All that the dispatch may say."""
    facts = Facts(past=past_plans(bench))
    tape.gather(facts, bench, regime.read(bench))
    due.gather(facts, bench)
    said.gather(facts, bench)
    taught.gather(facts, bench)
    wire.gather(facts, items.known(bench), bench.as_of, bench.instruments)
    return facts


def compose(bench: Bench) -> Dispatch:
    """Writes the dispatch and puts its title and plan on the ledger.

    Raises:
        ReplayMiss: No model may be asked, and Synthesis' reply was never recorded.
    """
    facts = gathered(bench)
    part = synthesis.outcome(bench, facts) if synthesis.wanted(bench) else None
    dispatch = written(facts, bench.number, joining.given(part) if part else frozenset())
    if part is not None:
        dispatch = joining.joined(bench, part, dispatch)
    voices = [(book.voices, joining.voice(bench, part))] if part is not None else []
    call = predict.gated(bench) if "call" in facts.has else None
    row = {"of": bench.number, "slug": dispatch.slug, "title": dispatch.title,
           "call": call and call.id, "plan": canonical(dispatch.plan)}  # fmt: skip
    bench.ledger.append(bench.number, [*voices, (book.dispatches, row)])
    leans = predict.leans(bench)
    kept = {
        "title": dispatch.title,
        "dek": dispatch.dek,
        "slug": dispatch.slug,
        "label": conviction.label(leans),
        "conviction": conviction.conviction(list(leans.values())),
        "wrong_if": "" if call is None else negated(call, bench.desk.table),
        "sources": sorted({c.source for c in bench.seen.columns.values()}),
        "notices": list(trust.notices(bench)),
        "findings": [asdict(f) for f in dispatch.findings.values()],
        "written_by": dispatch.written_by,
        "by_rules": list(dispatch.by_rules),
        "unheard": dispatch.reason,
        "cuts": [asdict(one) for one in dispatch.cuts],
        **({name: part[name] for name in joining.COST} if part else {}),
    }
    bench.remember("dispatch", kept)
    return dispatch


def written(facts: Facts, turn: int, given: Set[str] = frozenset()) -> Dispatch:
    """The dispatch that these facts make.

    Args:
        facts: What may be said.
        turn: The cycle's number.
        given: What another writes: sections, of which only the heading is made here, ``title`` and
            ``dek``, which stay empty.
    """
    writer = Writer(facts, turn, voice())
    title = "" if "title" in given else writer.say(_first(_TITLES, facts), link=False)
    below = "dek_call" if "call" in facts.has else "dek_sitting"
    dek = "" if "dek" in given else writer.say(below, link=False)
    sections = _sections(facts, writer, given)
    return Dispatch(
        title=title, dek=dek, slug=slug(title), sections=sections, findings=writer.cited,
        plan=writer.plan | facts.told,
    )  # fmt: skip


def _sections(facts: Facts, writer: Writer, given: Set[str]) -> dict[str, Section]:
    has = facts.has

    def one(*slots: str) -> str:
        return " ".join(writer.say(slot) for slot in slots if slot)

    def holds(*slots: str) -> list[str]:
        return [slot for slot in slots if slot in has]

    def section(name: str, heading: str, *paragraphs: list[str]) -> tuple[str, Section]:
        title = writer.say(heading, link=False) if heading else ""
        said = () if name in given else (one(*slots) for slots in paragraphs if slots)
        return name, Section(heading=title, paragraphs=tuple(said))

    news = "waiting" not in has
    sizes = holds("superlative", "superlative_ever") if news else []
    opened = ["tape", *holds("range"), *holds("other"), *sizes] if news else ["tape_waiting"]
    if "closed" in has:  # also where it is no news: what the last session did, with its date
        opened = [*holds(*_CLOSED), "tape", *["other_closed"] * ("other" in has)]
    fear = holds("fear", "fear_beside", "fear_closed", "fear_old", "fear_dark", "fear_withheld")
    heads = ("spread", "agreed", "same", "alone", "alone_still", "sole", "silent")
    silent = ["unknown_cause"] * ("wire" not in has)
    blind = writer.stalest([*holds(*_UNKNOWN), *silent, "unknown_hours"], 2)
    called = "call" in has
    return dict([
        section(
            "opening",
            "",
            [*holds(*_SETTLED), *holds("despite_right", "despite_wrong", "lesson", "rest"),
             *holds("shadows", "shadows_alone")],
            holds("record_positive", "record_zero", "record_negative", "record_few"),
            holds("rule_new", "rule_gone"),
        ),
        section("question", "", [_first(_QUESTIONS, facts)]),
        section(
            "evidence",
            "heading_evidence",
            [*opened, "month_high" if "high" in has else "month"],
            holds(*_BREADTH),
            holds("coins_along", "coins_apart", "coins_since", "coins_behind", "listed"),
            ["width", *holds("regime_new", "regime")],
            [*fear, *holds("rates")],
            holds("stars"),
            holds(*(f"story_{status}" for status in
                    ("confirmed", "falsified", "dormant", "dark", "new", "again"))),
        ),
        *([_wire(facts, writer)] if facts.lines else []),
        section(
            "call",
            "heading_call" if called else "heading_sitting",
            holds("call", "sitting", "beside", "sitting_beside"),
            holds("silence", "paper"),
        ),
        section(
            "debate",
            "heading_debate" if "spread" in has else "heading_table",
            [*holds(*heads), *holds("argues")],
            holds("blocked_more", "blocked_less", *_REFUSED),
            holds("power_some", "power_few", "power_none"),
            holds("absent", "absent_still"),
        ),
        section("change", "heading_change", ["change" if called else "change_sitting"]),
        section("unknown", "heading_unknown", holds("broken", "broken_still"), blind,
                holds("unknown_flag")),
    ])  # fmt: skip


def _wire(facts: Facts, writer: Writer) -> tuple[str, Section]:
    """Headlines and filings."""
    writer.cited |= {line.when.name: line.when for line in facts.lines}
    heading = writer.say("heading_wire", link=False)
    said = (writer.say("wire"), *(line.html for line in facts.lines))
    return "wire", Section(heading=heading, paragraphs=said)


_CLOSED = ("closed_weekend", "closed_holiday", "closed_before", "closed_running", "closed_late")
_BREADTH = (
    "mega_down", "mega_up", "mega_mixed",
    "breadth_hidden", "breadth_more", "breadth_less",
    "small_along", "small_apart",
)  # fmt: skip
_REFUSED = ("refused_family", "refused_rule", "refused_pooled")
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
    ("shut_down", "title_shut_down"),
    ("shut_up", "title_shut_up"),
    ("shut_mixed", "title_shut_mixed"),
    ("shut", "title_shut"),
    ("ahead", "title_ahead"),
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
    ("shut", "question_shut"),
    ("ahead", "question_ahead"),
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
