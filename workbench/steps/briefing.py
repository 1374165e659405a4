"""What Synthesis is told before it writes: the cycle's findings, who said what, what changed.

The findings of the rules' own essay come first. Beside them stand, as findings too, each mind's
odds on the call, every prediction on record, the refused claims on which minds stand out most, and
the lessons, rules and stories of this cycle.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa

from workbench.domain.calendars import iso
from workbench.domain.claims import Claim
from workbench.domain.figures import share
from workbench.domain.records import Absence, Decision, Finding, Opinion
from workbench.domain.sentences import render
from workbench.measures.attribution import ME, Voices
from workbench.steps import debate, predict
from workbench.steps.bench import Bench
from workbench.steps.facts import Facts, quotable
from workbench.world import entries as book
from workbench.world.claude.fence import RULE, fenced

_REFUSED = 6  # refused claims told, those on which a mind stands out most
_HISTORY = "history"
_ORDERS = (
    "Write the dispatch. Copy figures from the column 'shown'. Cite no name of a finding: names "
    "are for you alone."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Briefing:
    """What a writer is given, as prompt and as what its text is held against."""

    prompt: str
    findings: tuple[Finding, ...]
    voices: Voices


def brief(bench: Bench, facts: Facts) -> Briefing:
    """What Synthesis is told of this cycle.

    Args:
        bench: After ``predict.decide``.
        facts: Gathered from it, as the rules' essay is made of.
    """
    facts = replace(facts, findings=dict(facts.findings), told=dict(facts.told))
    asked = {claim.id: claim for claim in debate.slate_on_record(bench)}
    decisions = predict.decisions_on_record(bench)
    opinions, absences = debate.opinions(bench), debate.absences_on_record(bench)
    owned = _odds_of_the_call(facts, bench, decisions, opinions)
    owned |= _on_record(facts, bench, asked, decisions)
    stands_out, refused = _refused(facts, bench, asked, decisions, opinions)
    changed = _changed(facts, bench)
    for one in opinions:
        prefix = f"{_key(one.mind)}_"
        for row in one.evidence:
            name = row.name if row.name.startswith(prefix) else f"{prefix}{row.name}"
            facts.findings.setdefault(name, replace(row, name=name))
    gone = [one for one in absences if not one.scope]
    _spans(facts)
    facts.findings.pop("absent_reason", None)
    shown = tuple(facts.findings.values())
    strange = _strangers(facts, bench, opinions, gone)
    findings = tuple(facts.findings.values())
    voices = Voices(
        owned={name: who for name, who in (owned | refused).items() if name in facts.findings},
        findings={one.name: one for one in findings},
        words={one.mind: one.argument for one in opinions},
        absent=frozenset(one.mind for one in gone) - {one.mind for one in opinions},
        proposed=frozenset(stands_out),
        texts=(*(one.text for one in findings if one.value is None), *(a.reason for a in gone)),
        ruled=any(one.verdict == "ruled" for one in decisions),
    )
    prompt = "\n".join(_prompt(bench, facts, shown, changed, strange, gone, opinions))
    return Briefing(prompt=prompt, findings=findings, voices=voices)


def _strangers(
    facts: Facts, bench: Bench, opinions: Sequence[Opinion], gone: Sequence[Absence]
) -> dict[str, str]:
    """What minds and services wrote, by whom: findings that may be quoted, told inside a fence."""
    quote = facts.quotes("4_debate", iso(bench.as_of))
    told: dict[str, str] = {}
    for one in opinions:
        quote(f"{_key(one.mind)}_argument", quotable(one.argument), f"what {one.mind} argues")
        told[f"{one.mind}, argument"] = one.argument
    for gap in gone:
        quote(f"{_key(gap.mind)}_absent", gap.reason, f"why {gap.mind} is absent")
        told[f"{gap.mind}, why absent"] = gap.reason
    return told


def _key(mind: str) -> str:
    """A mind's name as part of a finding's."""
    return re.sub(r"\W+", "_", mind.lower())


def _spans(facts: Facts) -> None:
    """The lengths that meanings speak of, so that they may be said: *over 21 sessions*."""
    for one in list(facts.findings.values()):
        found = re.search(r"\bover (\d+) (sessions|days)\b", one.meaning)
        if found and one.value is not None and not one.name.endswith("_signed"):
            name, text = f"{one.name}_span", f"{found[1]} {found[2]}"
            add = facts.numbers(one.source, one.as_of)
            add(name, float(found[1]), text, f"what {one.name} is measured over")


def _odds_of_the_call(
    facts: Facts, bench: Bench, decisions: Sequence[Decision], opinions: Sequence[Opinion]
) -> dict[str, str]:
    """Each mind's and control's odds on the call, or on what came nearest; and whose they are."""
    add = facts.numbers("ledger", iso(bench.as_of))
    chosen = predict.chosen(decisions)
    about = facts.words["the_claim"]
    add("gain", chosen.gain, f"{chosen.gain:.3f}",
        f"expected gain of {about}, (p − b)² / (b (1 − b))")  # fmt: skip
    owned = {
        "call_p": ME, "near_p": ME, "due_p": ME,
        "call_base": _HISTORY, "near_base": _HISTORY, "due_base": _HISTORY,
        "low_p": facts.words.get("low_mind", ""), "high_p": facts.words.get("high_mind", ""),
        "blocked_p": facts.words.get("blocked_mind", ""), "blocked_base": _HISTORY,
    }  # fmt: skip
    said = debate.forecasts_on_record(bench)
    for name, who in (("reference", "scenario"), ("persistence", "persistence")):
        p = said.get(who, {}).get(chosen.claim)
        if p is not None:
            add(f"{name}_p", p, share(p, chosen.base_rate), f"the {name} model on {about}")
            owned[f"{name}_p"] = _HISTORY
    for one in opinions:
        p = one.probabilities.get(chosen.claim)
        if p is not None:
            shown = share(p, chosen.base_rate)
            add(f"{_key(one.mind)}_p", p, shown, f"{one.mind} on {about}")
            owned[f"{_key(one.mind)}_p"] = one.mind
    return owned


def _on_record(
    facts: Facts, bench: Bench, asked: Mapping[str, Claim], decisions: Sequence[Decision]
) -> dict[str, str]:
    """The predictions beside the call."""
    of = iso(bench.as_of)
    add, quote = facts.numbers("ledger", of), facts.quotes("ledger", of)
    owned: dict[str, str] = {}
    for n, one in enumerate((d for d in decisions if d.role == "other"), 1):
        quote(f"other{n}_claim", render(asked[one.claim], bench.desk.table),
              "another prediction on record")  # fmt: skip
        p, base = one.probability, one.base_rate
        add(f"other{n}_p", p, share(p, base), f"what I say of other {n}")
        add(f"other{n}_base", base, share(base, p), f"base rate of other {n}")
        owned |= {f"other{n}_p": ME, f"other{n}_base": _HISTORY}
    return owned


def _refused(
    facts: Facts, bench: Bench, asked: Mapping[str, Claim], decisions: Sequence[Decision],
    opinions: Sequence[Opinion],
) -> tuple[set[str], dict[str, str]]:  # fmt: skip
    """The refused claims on which a mind stands out most: who stood out, and whose odds are whose.

    What a rule in force blocked comes first, since the dispatch names it.
    """
    of = iso(bench.as_of)
    add, quote = facts.numbers("ledger", of), facts.quotes("5_predict", of)
    wanted = sorted(
        (
            (d.verdict != "ruled", -abs(one.probabilities[d.claim] - d.base_rate), one.mind, d)
            for one in opinions
            for d in decisions
            if d.role == "shadow" and d.claim in one.probabilities
        ),
        key=lambda row: (*row[:3], row[3].claim),
    )
    told: dict[str, tuple[str, Decision]] = {}
    for _, _, mind, one in wanted:
        told.setdefault(one.claim, (mind, one))
    who, owned = set(), dict[str, str]()
    by_mind = {one.mind: one for one in opinions}
    for n, (mind, one) in enumerate(list(told.values())[:_REFUSED], 1):
        p = by_mind[mind].probabilities[one.claim]
        by = "a rule in force" if one.verdict == "ruled" else "the gate"
        quote(f"refused{n}_claim", render(asked[one.claim], bench.desk.table),
              f"{mind}’s proposal, refused by {by}")  # fmt: skip
        quote(f"refused{n}_reason", one.reason, f"why {by} refused proposal {n}")
        base = one.base_rate
        add(f"refused{n}_p", p, share(p, base), f"{mind} on proposal {n}")
        add(f"refused{n}_base", base, share(base, one.probability), f"base rate of proposal {n}")
        owned |= {f"refused{n}_p": mind, f"refused{n}_base": _HISTORY}
        who.add(mind)
    return who, owned


def _changed(facts: Facts, bench: Bench) -> list[str]:
    """Lessons, rules and stories of this cycle: quotations, with one line each for the prompt."""
    quote = facts.quotes("ledger", iso(bench.as_of))
    lines = []
    queries = (
        ("lesson", sa.select(book.lessons).where(book.lessons.c.cycle == bench.number), "text"),
        ("rule", sa.select(book.rules).where(book.rules.c.of == bench.number), "reason"),
        ("story", sa.select(book.stories).where(book.stories.c.of == bench.number), "reason"),
    )
    for kind, query, words in queries:
        for n, row in enumerate(bench.ledger.read(query.order_by("seq")), 1):
            about = {"lesson": "what a settlement taught"}.get(kind) or (
                f"{kind} {row[kind]}, now {row['state' if kind == 'rule' else 'status']}"
            )
            if row[words].strip():
                quote(f"{kind}{n}", row[words], about)
                lines.append(f"{kind}{n}: {about}")
    return lines


def _prompt(
    bench: Bench, facts: Facts, findings: Sequence[Finding], changed: Sequence[str],
    strange: Mapping[str, str], gone: Sequence[Absence], opinions: Sequence[Opinion],
) -> Iterator[str]:  # fmt: skip
    label, leans = predict.label(bench), predict.leans(bench)
    yield f"Cycle {bench.number}, {bench.mode}, as of {iso(bench.as_of)}."
    yield f"What holds: {', '.join(sorted(facts.has))}."
    yield "Words: " + "; ".join(f"{name}: {text}" for name, text in sorted(facts.words.items()))
    sides = [f"{who} {'higher' if lean > 0 else 'lower'}" for who, lean in leans.items()]
    yield f"The debate is {label.replace('_', ' ')}. Leaning: {', '.join(sides) or 'nobody'}."
    yield f"Present: {', '.join(one.mind for one in opinions) or 'no mind'}."
    yield f"Absent: {', '.join(one.mind for one in gone) or 'no mind'}."
    yield "\nFindings: name | shown | what it is | source | of"
    for one in findings:
        yield f"{one.name} | {one.text} | {one.meaning} | {one.source} | {one.as_of}"
    yield f"\nChanged in this cycle: {'; '.join(changed) or 'no lesson, rule or story'}."
    yield f"\n{RULE}"
    for who, text in strange.items():
        yield fenced(text, source=who, limit=1_500)
    yield f"\n{_ORDERS}"
