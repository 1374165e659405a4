"""What a Claude mind is asked for: an opinion on every claim of the slate, and claims of its own.

The schema is the door: a probability outside (0, 1), one that contradicts its direction, a claim
that is not on the slate or missing from the answer, and a row that the mind was not shown are
refused, so that a repair can name them. Nothing is clipped or filled in.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, model_validator

from workbench.domain.records import Finding, Opinion
from workbench.world.claude.fence import Echo, echoes

_Words = Annotated[str, Field(min_length=1, max_length=1_200)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ClaimOpinion(_Strict):
    """One claim: how likely it is to settle yes, why, and what would change that."""

    claim: Annotated[str, Field(description="Id of the claim, exactly as on the slate")]
    direction: Annotated[
        Literal["yes", "no", "even"], Field(description="Which outcome is likelier; even is 0.5")
    ]
    probability: Annotated[
        float, Field(gt=0, lt=1, description="Of yes, as a fraction strictly between 0 and 1")
    ]
    argument: _Words
    cited: Annotated[
        tuple[str, ...], Field(description="Names of the rows shown that the argument rests on")
    ]
    change: Annotated[_Words, Field(description="What, if seen, would change this opinion")]

    @model_validator(mode="after")
    def _agrees(self) -> ClaimOpinion:
        side = {"yes": self.probability > 0.5, "no": self.probability < 0.5}
        if not side.get(self.direction, self.probability == 0.5):
            raise ValueError(
                f"direction {self.direction!r} contradicts probability {self.probability:g}"
            )
        return self


class Opinions(_Strict):
    """A mind's whole answer."""

    argument: Annotated[_Words, Field(description="One paragraph on the slate as a whole")]
    opinions: tuple[ClaimOpinion, ...]
    proposed: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=300)], ...],
        Field(max_length=3, description="Claims of your own as plain sentences, at most three"),
    ]

    @model_validator(mode="after")
    def _whole(self, info: ValidationInfo) -> Opinions:
        known: Mapping[str, Any] = info.context or {}
        told = [one.claim for one in self.opinions]
        if twice := sorted({one for one in told if told.count(one) > 1}):
            raise ValueError(f"answered twice: {_few(twice)}")
        if "claims" in known:
            if stray := sorted(set(told) - set(known["claims"])):
                raise ValueError(f"not on the slate: {_few(stray)}")
            if missing := sorted(set(known["claims"]) - set(told)):
                raise ValueError(f"no opinion on: {_few(missing)}")
        if "rows" in known:
            cited = {row for one in self.opinions for row in one.cited}
            if unseen := sorted(cited - set(known["rows"])):
                raise ValueError(f"cites rows that were not shown: {_few(unseen)}")
        return self


def _few(names: Collection[str]) -> str:
    some = [name[:60] for name in list(names)[:5]]
    return ", ".join(some) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def record(mind: str, told: Opinions, rows: Mapping[str, Finding]) -> Opinion:
    """The answer as the desk keeps opinions.

    Args:
        mind: Who.
        told: The validated answer.
        rows: The findings shown to the mind, by name.
    """
    cited = dict.fromkeys(row for one in told.opinions for row in one.cited)
    return Opinion(
        mind=mind,
        argument=told.argument,
        evidence=tuple(rows[name] for name in cited if name in rows),
        probabilities={one.claim: one.probability for one in told.opinions},
    )


def obeyed(told: Opinions, untrusted: Collection[str]) -> dict[str, tuple[Echo, ...]]:
    """Opinions that repeat instructions of strangers.

    Returns:
        Claim id to what it repeats; the empty id is the paragraph on the whole slate with the
        proposed claims. Unflagged ones are missing.
    """
    found = {"": echoes("\n".join((told.argument, *told.proposed)), untrusted)} | {
        one.claim: echoes(f"{one.argument}\n{one.change}", untrusted, (one.probability,))
        for one in told.opinions
    }
    return {claim: flags for claim, flags in found.items() if flags}
