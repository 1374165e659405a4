"""Claude's Synthesis: title and essay, asked for once and held against the findings.

The text changes no call, probability, label or conviction: those are on the ledger before it is
asked. What is left of it after the cuts is kept in the cycle's folder, and 6_dispatch reads it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Any, cast

from workbench.domain.records import Finding
from workbench.measures import attribution
from workbench.measures.binding import Binding
from workbench.steps import grounded
from workbench.steps.bench import Bench
from workbench.steps.briefing import Briefing, brief
from workbench.steps.essay import Removed
from workbench.steps.facts import Facts
from workbench.world.claude import fence, prices
from workbench.world.claude.asking import Call, Said, Unsaid
from workbench.world.claude.budget import Budget, Caps
from workbench.world.claude.essays import SECTIONS, Essay
from workbench.world.claude.hearing import hear
from workbench.world.claude.questions import Question
from workbench.world.claude.replies import Replies
from workbench.world.claude.sending import Limits

NAME = "Synthesis"
Part = dict[str, Any]
"""What became of the question, as it is kept.

``reason`` is empty when some of the text stands; then ``title`` and ``dek`` (empty where cut),
``sections`` (name to paragraphs, none empty), and ``findings`` that they were held against. Always
``model``, ``in_sample``, ``usd``, ``seconds``, ``replies`` (keys of the store) and ``cuts``.
"""


def wanted(bench: Bench) -> bool:
    """Whether a Claude Synthesis writes this cycle; in a warm-up the desk's rules do."""
    return bench.desk.synthesis is not None and bench.asks != "nobody"


def outcome(bench: Bench, facts: Facts) -> Part:
    """What Synthesis wrote in this cycle, asked for now unless it was before.

    Args:
        bench: After ``predict.decide``.
        facts: As the rules' essay is made of.

    Raises:
        ReplayMiss: No model may be asked, and the store has no reply.
    """
    found = cast(Part | None, bench.recall("essay"))
    if found is None:
        told = brief(bench, facts)
        found = _part(bench, told, heard(bench, question(bench, told)))
        bench.remember("essay", found)
    return found


def question(bench: Bench, told: Briefing) -> Question[Essay]:
    """The question, whose bytes depend on what is known and on nothing else."""
    file = bench.desk.synthesis
    if file is None:
        raise ValueError("This desk has no Claude Synthesis; its rules write.")

    def doubts(essay: Essay) -> str:
        texts = [grounded.plain(text) for _, texts in _texts(essay) for text in texts]
        return grounded.doubts(bench, "\n\n".join(texts), told.findings, _also(told))

    return Question(
        mind=NAME, model=file.params.model, system=f"{file.mandate}\n\n{fence.RULE}",
        prompt=told.prompt, schema=Essay, max_tokens=8_000, doubts=doubts,
    )  # fmt: skip


def heard(bench: Bench, asked: Question[Essay]) -> Said[Essay] | Unsaid:
    """The answer or the absence, within the cycle's deadline and budget."""
    own, outputs = bench.desk.params.claude, bench.desk.outputs
    caps = Caps(cycle=Decimal(str(own.cycle_usd)), day=Decimal(str(own.day_usd)))
    account = Budget(outputs / "spend", caps, str(bench.number))
    budget = account if bench.asks == "models" else None
    limits = Limits(mind=own.mind_seconds, cycle=own.cycle_seconds)
    found = hear(
        [asked], store=Replies(outputs / "replies"), table=prices.shipped(), budget=budget,
        as_of=bench.as_of, limits=limits,
    )  # fmt: skip
    return found[0]


def _part(bench: Bench, told: Briefing, found: Said[Essay] | Unsaid) -> Part:
    file = bench.desk.synthesis
    asked = file.params.model if file else ""
    said = found.value if isinstance(found, Said) else None
    part: Part = {
        "reason": "" if isinstance(found, Said) else found.absence.reason,
        "model": found.model if isinstance(found, Said) else asked,
        "in_sample": found.in_sample if isinstance(found, Said) else False,
        **_cost(found.calls), "title": "", "dek": "", "sections": {}, "cuts": [],
        "findings": [asdict(one) for one in told.findings],
    }  # fmt: skip
    if said is None:
        return part
    cuts: list[Removed] = []
    for name, texts in _texts(said):
        text = "\n\n".join(grounded.plain(one) for one in texts)
        left, gone = grounded.kept(bench, text, told.findings, _also(told))
        cuts += [Removed(section=name, sentence=one.sentence, why=one.why) for one in gone]
        paragraphs = [one for one in left.split("\n\n") if one.strip()]
        if name in {"title", "dek"}:
            part[name] = "" if gone else left
        elif paragraphs:
            part["sections"][name] = paragraphs
    part["cuts"] = [asdict(one) for one in cuts]
    if not part["sections"]:
        part["reason"] = (
            f"None of its sentences had a source ({len(cuts)} cut)" if cuts else "It wrote nothing"
        )
        part["title"] = part["dek"] = ""
    return part


def _cost(calls: Sequence[Call]) -> Mapping[str, Any]:
    return {
        "usd": str(sum((one.usd for one in calls), Decimal(0))),
        "seconds": round(sum(one.seconds for one in calls), 3),
        "replies": [one.key for one in calls],
    }


def _texts(essay: Essay) -> list[tuple[str, tuple[str, ...]]]:
    sections = [(name, essay.paragraphs(name)) for name in SECTIONS]
    return [("title", (essay.title,)), ("dek", (essay.dek,)), *sections]


def _also(told: Briefing) -> grounded.Also:
    """What else a sentence must not do: put words or odds into the wrong mouth."""

    def fault(said: str, bound: Sequence[Binding]) -> str:
        return attribution.fault(said, bound, told.voices)

    return fault


def findings(part: Part) -> tuple[Finding, ...]:
    """What the text of a kept part was held against."""
    return tuple(Finding(**one) for one in part["findings"])
