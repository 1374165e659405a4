"""A model's paragraphs and the rules' own, joined to one dispatch, and what it cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from workbench.steps import grounded, synthesis
from workbench.steps.bench import Bench
from workbench.steps.essay import Dispatch, Removed, Section
from workbench.steps.essay import slug as slug_of
from workbench.world.entries import canonical

COST = ("model", "in_sample", "usd", "seconds")


def given(part: synthesis.Part) -> frozenset[str]:
    """What the rules need not write: sections, ``title``, ``dek``."""
    if part["reason"]:
        return frozenset()
    return frozenset(part["sections"]) | {name for name in ("title", "dek") if part[name]}


def joined(bench: Bench, part: synthesis.Part, house: Dispatch) -> Dispatch:
    """The dispatch that Synthesis wrote, with the rules' own words where it wrote none.

    Args:
        bench: Whose snapshot its figures are bound to.
        part: What became of the question.
        house: What the rules wrote beside it.
    """
    cuts = tuple(Removed(**one) for one in part["cuts"])
    if part["reason"]:
        return replace(house, reason=part["reason"], cuts=cuts)
    known = synthesis.findings(part)
    sections, findings = dict(house.sections), dict(house.findings)
    words: dict[str, tuple[str, ...]] = {}
    for name, paragraphs in part["sections"].items():
        shown = []
        for text in paragraphs:
            linked = grounded.anchored(bench, text, known)
            shown.append(linked.html)
            findings |= linked.findings
            for cited, said in linked.written.items():
                words[cited] = tuple(dict.fromkeys((*words.get(cited, ()), *said)))
        sections[name] = Section(heading=house.sections[name].heading, paragraphs=tuple(shown))
    title, own = part["title"] or house.title, given(part)
    return replace(
        house, title=title, dek=part["dek"] or house.dek, slug=slug_of(title), sections=sections,
        findings=findings, written_by=part["model"], cuts=cuts, written=words,
        by_rules=tuple(name for name in ("title", "dek", *sections) if name not in own),
    )  # fmt: skip


def voice(bench: Bench, part: synthesis.Part) -> dict[str, Any]:
    """Synthesis' row on the ledger: who, at what cost, from which replies, what became of it."""
    cut = f"{len(part['cuts'])} cut" if part["cuts"] else ""
    return {
        "of": bench.number, "mind": synthesis.NAME, "model": part["model"],
        "in_sample": int(part["in_sample"]), "usd": part["usd"], "seconds": part["seconds"],
        "replies": canonical(part["replies"]), "note": part["reason"] or cut,
    }  # fmt: skip


def byline(kept: Mapping[str, Any]) -> str:
    """Who wrote a dispatch, as its footer says it.

    Args:
        kept: The part ``dispatch`` of a cycle.
    """
    by, findings = kept.get("written_by", "rules"), "from the findings of this cycle"
    if by == "rules":
        unheard = str(kept.get("unheard", "")).rstrip(".")
        return f"rules, {findings}" + (f"; {kept['model']} did not: {unheard}" if unheard else "")
    told = [f"{by}, {findings}"]
    if kept["in_sample"]:
        told.append("a model that may have read what followed")
    if kept["by_rules"]:
        told.append(f"rules wrote {', '.join(kept['by_rules'])}")
    cut = len(kept["cuts"])
    if cut:
        told.append(f"{cut} sentence{'s' * (cut > 1)} cut, as the trail says")
    return "; ".join([*told, f"{float(kept['usd']):.3f} USD and {kept['seconds']:.0f} s"])
