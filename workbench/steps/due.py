"""Findings about what came due: my predictions, the shadows beside them, and the record so far.

A prediction is on record as a call or beside one. Only when none of either came due does the
essay say that nothing did.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from workbench.domain.calendars import iso
from workbench.domain.figures import difference, share
from workbench.measures.scoring import is_right
from workbench.steps import score
from workbench.steps.bench import Bench
from workbench.steps.facts import Facts, as_sentence, counted, several
from workbench.world import entries as book

_PATIENCE = dt.timedelta(days=30)  # after far fewer an unsettled claim is void
_APART = 0.95  # share of the record under which its effective size is another number


def gather(facts: Facts, bench: Bench) -> None:
    """Adds what settled in this cycle and what the record says with it."""
    due: list[dict[Hashable, Any]] = score.settled_now(bench).to_dict("records")
    if due:
        told = _telling(due)
        _told(facts, bench, told)
        _rest(facts, bench, [_ending(one) for one in due if one is not told])
        _record(facts, bench)
    else:
        _nothing(facts, bench)
    _shadows(facts, bench, beside=bool(due))


def _ending(one: Mapping[Hashable, Any]) -> str:
    if one["outcome"] == "void":
        return "void"
    return "right" if is_right(one["probability"], one["outcome"] == "yes") else "wrong"


def _telling(due: Sequence[dict[Hashable, Any]]) -> dict[Hashable, Any]:
    """Which prediction to tell: a call if one settled, else any; the one farthest from one half."""
    among = [one for one in due if one["role"] == "call"] or due
    return max(among, key=lambda one: -1 if _ending(one) == "void" else abs(one["score"] - 0.5))


def _told(facts: Facts, bench: Bench, one: Mapping[Hashable, Any]) -> None:
    of = iso(bench.as_of)
    add, quote = facts.numbers("ledger", of), facts.quotes("ledger", of)
    p, base, worth, ending = one["probability"], one["base_rate"], one["score"], _ending(one)
    quote("due_claim", one["sentence"], "the claim")
    quote("due_fact", as_sentence(one["reason"], bench.desk.table), "how it settled")
    add("due_p", p, share(p, base), "what I had said")
    add("due_base", base, share(base, p), "the base rate then")
    facts.words["due_what"] = "call" if one["role"] == "call" else "prediction"
    if ending == "void":
        facts.has.add("settled_void")
        return
    shown = f"{worth:.2f}"
    shown = shown if shown != "0.50" else f"{worth:.3f}"  # which side of one half it lies on
    add("due_score", worth, shown, "score W; one half is what the base rate earns")
    facts.has.add(f"settled_{ending}" if p >= 0.5 else f"doubted_{ending}")
    if (ending == "right") != (worth > 0.5):
        facts.has.add(f"despite_{ending}")


def _rest(facts: Facts, bench: Bench, endings: Sequence[str]) -> None:
    """The predictions that settled beside the one told."""
    if not endings:
        return
    add = facts.numbers("ledger", iso(bench.as_of))
    n = len(endings)
    add("rest", n, several(n, "other prediction"), "predictions settled beside it")
    add("rest_tally", endings.count("right"), tally(endings), "how they ended")
    facts.has.add("rest")


def tally(endings: Sequence[str]) -> str:
    """Endings as text: ``right``, ``both wrong``, ``two right, one void``."""
    n = {how: endings.count(how) for how in ("right", "wrong", "void") if how in endings}
    if len(n) > 1:
        return ", ".join(f"{counted(count)} {how}" for how, count in n.items())
    whole = {1: "", 2: "both "}.get(len(endings), f"all {counted(len(endings))} ")
    return f"{whole}{endings[0]}"


def _nothing(facts: Facts, bench: Bench) -> None:
    """Why there is no verdict: data are late, deadlines lie ahead, or nothing was on record."""
    add = facts.numbers("ledger", iso(bench.as_of))
    late = _late(bench)
    running = len(bench.ledger.running(bench.as_of, bench.number, bench.mode))
    if late:
        facts.has.add("settled_awaiting")
        add("late", late, several(late, "prediction"), "predictions past their deadline")
        facts.words["late_are"] = "is" if late == 1 else "are"
    elif running:
        facts.has.add("settled_nothing")
        add("open", running, several(running, "prediction"), "predictions still open")
        facts.words["open_are"] = "is" if running == 1 else "are"
    else:
        first = bench.ledger.first_cycle() in {None, bench.number}
        facts.has.add("settled_first" if first else "settled_idle")


def _late(bench: Bench) -> int:
    """Predictions on record whose deadline has passed and that no data have settled."""
    query = (
        sa.select(sa.func.count().label("n"))
        .select_from(book.claims)
        .join(book.decisions, book.decisions.c.claim == book.claims.c.id)
        .outerjoin(book.settlements, book.settlements.c.claim == book.claims.c.id)
        .join(book.cycles, book.cycles.c.number == book.claims.c.cycle)
        .where(book.decisions.c.role != "shadow", book.settlements.c.claim.is_(None))
        .where(book.cycles.c.mode == bench.mode)
        .where(book.claims.c.deadline <= iso(bench.as_of), book.claims.c.cycle < bench.number)
        .where(book.claims.c.deadline >= iso(bench.as_of - _PATIENCE))  # an index, not a scan
    )
    return int(bench.ledger.read(query)[0]["n"])


def _shadows(facts: Facts, bench: Bench, *, beside: bool) -> None:
    """Every claim that settled, and those of them that were never said."""
    counted_ = sa.func.count().label("n")
    query = (
        sa.select(book.decisions.c.role, book.settlements.c.outcome, counted_)
        .join(book.decisions, book.decisions.c.claim == book.settlements.c.claim)
        .join(book.cycles, book.cycles.c.number == book.decisions.c.cycle)
        .where(book.settlements.c.cycle == bench.number, book.cycles.c.mode == bench.mode)
        .group_by(book.decisions.c.role, book.settlements.c.outcome)
    )
    rows = bench.ledger.read(query)
    add = facts.numbers("ledger", iso(bench.as_of))
    for name, roles in (("due", {"call", "other", "shadow"}), ("shadow", {"shadow"})):
        own = [row for row in rows if row["role"] in roles]
        n = sum(row["n"] for row in own)
        yes = sum(row["n"] for row in own if row["outcome"] == "yes")
        whose = "claims" if name == "due" else "claims not on record"
        add(f"{name}_all", n, f"{n:,}", f"{whose}, settled this cycle")
        add(f"{name}_yes", yes, f"{yes:,}", "of them true")
    if facts.findings["shadow_all"].value not in {0.0, 1.0}:
        facts.has.add("shadows" if beside else "shadows_alone")


def _record(facts: Facts, bench: Bench) -> None:
    frame = score.on_record(bench.ledger, bench.number, bench.mode)
    if frame.empty:
        return
    found = score.record_skill(frame)
    add = facts.numbers("ledger", iso(bench.as_of))
    add("rec_n", found.n, several(found.n, "prediction"), "predictions on record, settled")
    if found.skill is None or found.low is None or found.high is None:
        facts.has.add("record_few")
        return
    if found.n_eff < _APART * found.n:
        add("rec_eff", found.n_eff, f"{found.n_eff:,.0f}", "effective n of the record")
    for name, value, meaning in (
        ("skill", found.skill, "skill over the base rate"),
        ("low", found.low, "lower end of its interval"),
        ("high", found.high, "upper end of its interval"),
    ):
        add(f"rec_{name}", value, f"{difference(100 * value)}%", meaning)
    sign = "positive" if found.low > 0 else "negative" if found.high < 0 else "zero"
    facts.has.add(f"record_{sign}")
