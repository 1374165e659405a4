"""What came of asking models in one cycle, as its folder keeps it and the ledger records it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from workbench.domain import claims
from workbench.domain.claims import Claim
from workbench.domain.records import Absence, Finding, Opinion, Point
from workbench.steps.proposing import Proposal
from workbench.world.entries import canonical


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """One forecaster that a model answers for: what it said or why not, and what that took.

    Attributes:
        mind: Who; ``plain`` and ``plain_median`` are controls and have neither opinion nor absence.
        model: The model that was asked.
        opinion: What it thinks; None when absent.
        absence: Why it says nothing; None when present.
        usd: What it cost, USD as text; an upper bound where the note says so.
        seconds: Time of its requests together.
        in_sample: Whether the model may have read what followed the cycle's moment.
        replies: Keys of its requests in the store, in order.
        note: What a reader should know: a rebuttal that failed, instructions that were echoed.
    """

    mind: str
    model: str
    opinion: Opinion | None
    absence: Absence | None
    usd: str
    seconds: float
    in_sample: bool
    replies: tuple[str, ...]
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """All of it.

    Attributes:
        voices: One a Claude mind of the desk, in its order, then the controls that were asked.
        proposals: What became of the claims that minds proposed.
        joined: Those that joined the slate, prices frozen.
        plain: Control to claim id to probability; one that did not answer is missing.
    """

    voices: tuple[Voice, ...] = ()
    proposals: tuple[Proposal, ...] = ()
    joined: tuple[Claim, ...] = ()
    plain: Mapping[str, dict[str, float]] = field(default_factory=dict)

    @property
    def spoken(self) -> dict[str, Opinion | Absence]:
        """Mind to what it said or why it did not; without the controls."""
        found = ((one.mind, one.opinion or one.absence) for one in self.voices)
        return {mind: said for mind, said in found if said is not None}

    def rows(self, number: int) -> Iterable[dict[str, Any]]:
        """The rows of the ledger's ``voices`` of a cycle."""
        for one in self.voices:
            yield {
                "of": number, "mind": one.mind, "model": one.model, "in_sample": int(one.in_sample),
                "usd": one.usd, "seconds": one.seconds, "replies": canonical(list(one.replies)),
                "note": one.note,
            }  # fmt: skip


def dumped(told: Heard) -> dict[str, Any]:
    """As JSON holds it."""
    return {
        "voices": [asdict(one) for one in told.voices],
        "proposals": [asdict(one) for one in told.proposals],
        "joined": [claim.content() for claim in told.joined],
        "plain": dict(told.plain),
    }


def loaded(kept: Mapping[str, Any]) -> Heard:
    """What ``dumped`` made of it."""
    return Heard(
        voices=tuple(map(_voice, kept["voices"])),
        proposals=tuple(Proposal(**one) for one in kept["proposals"]),
        joined=tuple(map(claims.from_content, kept["joined"])),
        plain=kept["plain"],
    )


def opinion(kept: Mapping[str, Any]) -> Opinion:
    """An opinion from its fields as JSON holds them."""
    return Opinion(
        mind=kept["mind"],
        argument=kept["argument"],
        evidence=tuple(Finding(**one) for one in kept["evidence"]),
        probabilities=kept["probabilities"],
        points=tuple(Point(**(one | {"cited": tuple(one["cited"])})) for one in kept["points"]),
        rebuttal=kept["rebuttal"],
        before=kept["before"],
        cuts=tuple((sentence, why) for sentence, why in kept["cuts"]),
    )


def _voice(kept: Mapping[str, Any]) -> Voice:
    said, gone = kept["opinion"], kept["absence"]
    return Voice(**(dict(kept) | {
        "opinion": said and opinion(said), "absence": Absence(**gone) if gone else None,
        "replies": tuple(kept["replies"]),
    }))  # fmt: skip
