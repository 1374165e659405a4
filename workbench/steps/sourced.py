"""A mind's words held against their sources: what has none is sent back once, then cut."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import TypeVar

from workbench.domain.calendars import iso
from workbench.domain.figures import share
from workbench.domain.records import Finding, Opinion
from workbench.steps import grounded
from workbench.steps.bench import Bench
from workbench.steps.prompting import Brief, Slate
from workbench.world.claude.opinions import ClaimOpinion, Opinions, Rebuttal

Cuts = list[tuple[str, str]]
Told = TypeVar("Told", Opinions, Rebuttal)
_GAP = "\n\n"  # between texts that are bound at once: each is a paragraph of its own


def sources(
    bench: Bench, shown: Brief, asked: Slate, others: Sequence[Opinion] = ()
) -> tuple[Finding, ...]:
    """What a mind's figures may come from: its rows and memory, the slate, and who it heard.

    The snapshot is a source besides. A claim's sentence is one for its strikes and its deadline.
    """
    of = iso(bench.as_of)
    claims = (
        _quoted(claim.id, asked.sentences[claim.id], "a claim", "slate", of)
        for claim in asked.claims
    )
    heard = (p for other in others for p in other.probabilities.values())
    stated = _chances("slate", (*asked.base.values(), *asked.reference.values(), *heard), of)
    return (*shown.named.values(), *claims, *stated)


def _quoted(name: str, text: str, meaning: str, source: str, of: str) -> Finding:
    return Finding(name=name, value=None, text=text, meaning=meaning, source=source, as_of=of)


def _chances(name: str, said: Iterable[float], of: str) -> Iterator[Finding]:
    """Probabilities as they were shown, as one quotation: binding each by itself takes minutes."""
    if texts := dict.fromkeys(map(share, said)):
        yield _quoted(f"{name}_chances", ", ".join(texts), "probabilities", "4_debate", of)


def doubts(bench: Bench, known: Sequence[Finding], told: Opinions | Rebuttal) -> str:
    """What an answer is sent back for: its figures without a source; empty when all have one."""
    return grounded.doubts(bench, _GAP.join(_texts(told)), _beside(bench, told, known))


def kept(bench: Bench, told: Told, known: Sequence[Finding]) -> tuple[Told, Cuts]:
    """The answer without the sentences that still hold a figure without a source, and those.

    Its probabilities stay as they are, and a text of which nothing is left is empty.
    """
    given = _beside(bench, told, known)
    texts: list[str] = _texts(told)
    starts = [0, *accumulate(len(text) + len(_GAP) for text in texts)]
    bad = grounded.unsound(bench, _GAP.join(texts), given)
    cuts: Cuts = []
    for at, text in enumerate(texts):
        if any(starts[at] <= place < starts[at + 1] for place in bad):
            left, gone = grounded.kept(bench, text, given)
            texts[at] = grounded.plain(left)
            cuts += [(one.sentence, one.why) for one in gone]
    words = iter(texts)
    argument = next(words)
    opinions: list[ClaimOpinion] = [
        one.model_copy(update={"argument": next(words), "change": next(words)})
        for one in told.opinions
    ]
    changed = {"argument": argument, "opinions": tuple(opinions)}
    return told.model_copy(update=changed), list(dict.fromkeys(cuts))


def _texts(told: Opinions | Rebuttal) -> list[str]:
    """All prose of an answer in a fixed order, each text one line."""
    texts = [told.argument]
    texts += [text for one in told.opinions for text in (one.argument, one.change)]
    return list(map(grounded.plain, texts))


def _beside(
    bench: Bench, told: Opinions | Rebuttal, known: Sequence[Finding]
) -> tuple[Finding, ...]:
    """The sources with the answer's own probabilities, which its words may repeat."""
    own = (one.probability for one in told.opinions)
    return (*known, *_chances("own", own, iso(bench.as_of)))
