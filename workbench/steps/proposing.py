"""Claims that minds propose: compiled like anybody's, and joined to the slate or refused."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from workbench.domain import claims
from workbench.domain.claims import Claim
from workbench.domain.english import compile_text
from workbench.domain.errors import ClaimRefused
from workbench.domain.instruments import find
from workbench.domain.sentences import render
from workbench.steps import slates
from workbench.steps.bench import Bench


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A claim that a mind proposed, and what became of it.

    Attributes:
        mind: Who.
        text: As it was worded.
        claim: Id of the claim that joined the slate; empty when refused.
        sentence: The claim in the desk's words; empty when refused.
        reason: Why it was refused; empty when it joined.
    """

    mind: str
    text: str
    claim: str
    sentence: str
    reason: str


def join(
    bench: Bench, asked: Sequence[Claim], proposed: Iterable[tuple[str, str]]
) -> tuple[list[Claim], list[Proposal]]:
    """The claims that join a slate, and what became of each proposal.

    Args:
        bench: The cycle's.
        asked: The slate before.
        proposed: Mind and sentence, in order; of two that mean the same claim the first joins.
    """
    ids = {claim.id for claim in asked}
    joined: list[Claim] = []
    told: list[Proposal] = []
    for mind, text in proposed:
        try:
            claim = compiled(bench, text)
        except ClaimRefused as refused:
            told.append(Proposal(mind=mind, text=text, claim="", sentence="", reason=str(refused)))
            continue
        fresh = claim.id not in ids
        told.append(
            Proposal(
                mind=mind, text=text, claim=claim.id if fresh else "",
                sentence=render(claim, bench.desk.table) if fresh else "",
                reason="" if fresh else "It is on the slate already.",
            )
        )  # fmt: skip
        if fresh:
            ids.add(claim.id)
            joined.append(claim)
    return joined, told


def compiled(bench: Bench, text: str) -> Claim:
    """The claim that a sentence means as of the bench's moment, its prices frozen.

    Raises:
        ClaimRefused: It does not compile, is several claims, names an instrument that is dark,
            withheld or not the desk's, or cannot be answered by the cycle's scenarios.
    """
    table = bench.desk.table
    found = compile_text(text, bench.as_of, table)
    if len(found.claims) != 1:
        raise ClaimRefused("several", f"It is {len(found.claims)} claims; propose one at a time.")
    claim = found.claims[0]
    frozen = claims.with_references(claim, slates.frozen(bench, claim))
    if why := slates.unanswerable(bench, claim):
        raise ClaimRefused("off_slate", why)
    whole = claims.window(find(claim.subject, table), bench.as_of, claim.window.sessions)
    if claim.window != whole:
        raise ClaimRefused("off_slate", "Its window is not the slate's, which begins now.")
    for sets in (bench.joints, bench.bases):  # a set that cannot say raises its own refusal
        sets[claim.window.sessions].probability(frozen)
    return frozen
