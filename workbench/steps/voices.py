"""What models answered, as voices of the record: opinions, absences, costs, what to look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from statistics import median
from typing import Any

from workbench.domain.records import Absence, Opinion
from workbench.steps import sourced
from workbench.steps.bench import Bench
from workbench.steps.heard import Voice
from workbench.steps.prompting import Brief, Slate
from workbench.world.claude import opinions, prices
from workbench.world.claude.asking import Said, Unsaid
from workbench.world.claude.faults import Unheard
from workbench.world.claude.opinions import Opinions

Reply = Said[Any] | Unsaid


def view(bench: Bench, shown: Brief, asked: Slate, told: Opinions) -> Opinion:
    """A first answer as an opinion, its sentences without a source cut."""
    clean, cuts = sourced.kept(bench, told, sourced.sources(bench, shown, asked))
    found = opinions.record(shown.mind.name, clean, shown.named)
    quoted = [one for one in shown.named.values() if one.text in found.argument]
    evidence = tuple(dict.fromkeys((*found.evidence, *quoted)))
    return replace(found, evidence=evidence, cuts=tuple(cuts))


def voice(
    bench: Bench, shown: Brief, asked: Slate, first: Reply | None, own: Opinion | None,
    second: Reply | None, others: Sequence[Opinion],
) -> Voice:  # fmt: skip
    """One mind's voice after both rounds.

    Args:
        bench: The cycle's.
        shown: What it was shown.
        asked: The slate with what joined it.
        first: Its first answer; None when it could be shown nothing and was not asked.
        own: The opinion in it; None when absent.
        second: Its answer to the others; None when it was not asked for one.
        others: Whom it heard.
    """
    name, texts, notes = shown.mind.name, [text for _, text in shown.texts], list[str]()
    calls = [one for one in (first, second) if one is not None]
    absence = None
    if isinstance(first, Unsaid):
        absence = first.absence
    elif first is None:
        reason = "; ".join(shown.hidden) or "its slice is empty"
        absence = Absence(mind=name, scope="", reason=f"nothing can be shown to it: {reason}")
    else:
        notes += _echoes(first, texts)
    if own is not None and isinstance(second, Said):
        notes += _echoes(second, [*texts, *(one.argument for one in others)])
        known = sourced.sources(bench, shown, asked, [own, *others])
        own = _answered(bench, own, second, shown, known)
    elif isinstance(second, Unsaid):
        notes.append(f"Its answer to the others failed: {second.absence.reason}")
    return _kept(bench, name, shown.mind.params.model, calls, own, absence, notes)


def _answered(
    bench: Bench, own: Opinion, told: Said[Any], shown: Brief, known: Sequence[Any]
) -> Opinion:
    """The opinion after the second round: what is revised replaces what was said."""
    clean, cuts = sourced.kept(bench, told.value, known)
    revised = {one.claim: opinions.point(one) for one in clean.opinions}
    cited = (shown.named[row] for point in revised.values() for row in point.cited)
    return replace(
        own, rebuttal=clean.argument, before=own.probabilities,
        evidence=tuple(dict.fromkeys((*own.evidence, *cited))),
        probabilities=own.probabilities | {one.claim: one.probability for one in clean.opinions},
        points=(*(p for p in own.points if p.claim not in revised), *revised.values()),
        cuts=tuple(dict.fromkeys((*own.cuts, *cuts))),
    )  # fmt: skip


def controls(
    bench: Bench, replies: Sequence[Reply], asked: Slate
) -> tuple[dict[str, dict[str, float]], list[Voice]]:
    """The first plain call, and the median of those that came when they are two or more."""
    came = [
        {one.claim: one.probability for one in reply.value.chances}
        for reply in replies if isinstance(reply, Said)
    ]  # fmt: skip
    found: dict[str, dict[str, float]] = {}
    if replies and isinstance(replies[0], Said):
        found["plain"] = came[0]
    if len(came) > 1:
        ids = asked.sentences
        found["plain_median"] = {claim: median(one[claim] for one in came) for claim in ids}
    made = []
    for name, own in (("plain", replies[:1]), ("plain_median", replies[1:])):
        failed = dict.fromkeys(one.absence.reason for one in own if isinstance(one, Unsaid))
        notes = [f"A plain call failed: {reason}" for reason in failed]
        if own:
            model = bench.desk.params.claude.plain
            made.append(_kept(bench, name, model, own, None, None, notes))
    return found, made


def _echoes(reply: Said[Any], untrusted: Sequence[str]) -> list[str]:
    """What an answer repeats of instructions in what it read, a sentence each."""
    return [
        f"Its words{f' on claim {claim}' if claim else ''} repeat an instruction of a text that it "
        f"was shown: “{flag.repeated}”."
        for claim, flags in opinions.obeyed(reply.value, untrusted).items()
        for flag in flags
    ]


def _kept(
    bench: Bench, name: str, model: str, replies: Sequence[Reply], own: Opinion | None,
    absence: Absence | None, notes: Sequence[str],
) -> Voice:  # fmt: skip
    calls = [call for reply in replies for call in reply.calls]
    vague = [] if all(call.exact for call in calls) else ["Its cost is an upper bound."]
    return Voice(
        mind=name, model=model, opinion=own, absence=absence,
        usd=f"{sum((call.usd for call in calls), Decimal(0)):.6f}",
        seconds=round(sum(call.seconds for call in calls), 3),
        in_sample=_in_sample(bench, model), replies=tuple(call.key for call in calls),
        note=" ".join((*notes, *vague)),
    )  # fmt: skip


def _in_sample(bench: Bench, model: str) -> bool:
    """Whether a model may have read what followed; one without a price was not asked."""
    try:
        return prices.in_sample(prices.price(prices.shipped(), model), bench.as_of)
    except Unheard:
        return False
