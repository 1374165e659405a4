"""Findings about what the desk has learned: lessons, rules, stories, its minds, its silence.

Nothing of it is told every day. A change is told in the cycle in which it is made; what stands as
it stood comes up again after so many dispatches.
"""

from __future__ import annotations

import sqlalchemy as sa

from workbench.domain.calendars import iso
from workbench.domain.figures import difference
from workbench.steps import abstention, account, debate, learned, lessons, predict, stories
from workbench.steps.bench import Bench
from workbench.steps.facts import Facts, counted, listed, several
from workbench.steps.speakers import speakers
from workbench.world import entries as book

_LESSON, _POWER, _ACCOUNT = 4, 9, 12  # dispatches after which each is told again


def gather(facts: Facts, bench: Bench) -> None:
    """Adds all that was learned and is news, or was not told for long."""
    _lesson(facts, bench)
    _rules(facts, bench)
    _story(facts, bench)
    _power(facts, bench)
    _silence(facts, bench)
    _account(facts, bench)


def _lesson(facts: Facts, bench: Bench) -> None:
    """What the category of the prediction told last says now."""
    if facts.ago("lesson told") <= _LESSON or "due_claim" not in facts.findings:
        return
    query = (
        sa.select(book.lessons.c.text)
        .join(book.claims, book.claims.c.id == book.lessons.c.claim)
        .where(book.lessons.c.cycle == bench.number)
        .where(book.claims.c.sentence == facts.findings["due_claim"].text)
    )
    for row in bench.ledger.read(query):
        if of_kind := lessons.of_category(row["text"]):  # what was said and scored is told already
            quote = facts.quotes("ledger", iso(bench.as_of))
            quote("lesson", of_kind, "what the record of its kind says")
            facts.has.add("lesson")
            facts.told["lesson told"] = 0


def _rules(facts: Facts, bench: Bench) -> None:
    """A rule that came into force or went, in this very cycle."""
    of = book.rules.c
    query = sa.select(of.rule, of.state, of.category, of.reason).where(of.of == bench.number)
    rows = bench.ledger.read(query.order_by(of.seq))
    for state, name in (("in_force", "rule_new"), ("retired", "rule_gone")):
        row = next((row for row in rows if row["state"] == state), None)
        if row is not None:
            quote = facts.quotes("ledger", iso(bench.as_of))
            quote(f"{name}_category", row["category"], "the rule’s category")
            quote(f"{name}_reason", row["reason"], "the rule’s evidence")
            facts.has.add(name)


def _story(facts: Facts, bench: Bench) -> None:
    """A story whose status changed in this very cycle."""
    change = stories.told(bench)
    if change is None:
        return
    titles = {one.name: one.params.title for one in bench.desk.stories}
    facts.words["story_title"] = titles.get(change.story, change.story)
    reason = change.reason[:1].lower() + change.reason[1:].rstrip(".")
    facts.quotes("ledger", iso(bench.as_of))("story_reason", reason, "why the story moved")
    facts.has.add(f"story_{_moved(bench, change)}")


def _moved(bench: Bench, change: stories.Change) -> str:
    """How a story moved: a verdict or sleep by its name, else dark, new, or read again."""
    if change.evidence.get("why") == stories.DARK:
        return "dark"
    if not change.evidence:  # nothing was counted, so no verdict fell
        return "again" if stories.is_known(bench, change.story) else "new"
    return change.status


def _power(facts: Facts, bench: Bench) -> None:
    """Whether any mind moves what is published."""
    asked = debate.slate_on_record(bench)
    chosen = predict.called(predict.decisions_on_record(bench))
    claim = next((c for c in asked if chosen is not None and c.id == chosen.claim), None)
    rulings = learned.learned(bench).rulings
    if not rulings:
        return
    if claim is not None:
        own = learned.category(claim.kind, claim.theme, claim.window.sessions)
        said, known = debate.forecasts_on_record(bench), speakers(bench.ledger, bench.number)
        here = [
            mind
            for mind in said
            if rulings.get((known.get((bench.number, mind), mind), own)) == "open"
            if claim.id in said[mind]
        ]
        if here:
            facts.words["power_minds"] = listed(here)
            facts.words["power_have"] = "has" if len(here) == 1 else "have"
            facts.has.add("power_some")
            return
    if facts.ago("power told") <= _POWER:
        return
    opened = sum(one == "open" for one in rulings.values())
    add = facts.numbers("ledger", iso(bench.as_of))
    add("gates", len(rulings), counted(len(rulings)), "gates of minds and kinds of claims, tried")
    add("gates_open", opened, counted(opened) if opened else "none", "gates of them that are open")
    facts.has.add("power_few" if opened else "power_none")
    facts.told["power told"] = 0


def _silence(facts: Facts, bench: Bench) -> None:
    """When I sit out: what silence has cost or saved so far."""
    if "sitting" not in facts.has:
        return
    found = abstention.abstention(abstention.decided(bench.ledger, bench.number, bench.mode))
    told = abstention.sentence(found)
    facts.quotes("ledger", iso(bench.as_of))("silence_cost", told, "what silence has cost")
    facts.has.add("silence")


def _account(facts: Facts, bench: Bench) -> None:
    """How the paper account stands."""
    terms = bench.desk.params.paper
    if terms is None or facts.ago("account told") <= _ACCOUNT:
        return
    course = account.course(bench.ledger, bench.number, bench.mode)
    worth = float(course[-1]) if len(course) else terms.capital
    if round(worth, 2) == terms.capital:
        return
    gained = worth / terms.capital - 1
    add = facts.numbers("ledger", iso(bench.as_of))
    add("paper_worth", worth, f"{worth:,.0f}", "worth of the paper account")
    add("paper_gain", gained, f"{difference(100 * gained)}%", "since it began, after costs")
    add("paper_capital", terms.capital, f"{terms.capital:,.0f}", "what it began with")
    held = len(account.positions(bench))
    add("paper_held", held, several(held, "position") if held else "nothing", "positions open")
    facts.has.add("paper")
    facts.told["account told"] = 0
