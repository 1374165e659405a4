"""What a Claude mind is asked for: an opinion on every claim of the slate, and claims of its own.

The schema is the door: a probability outside (0, 1), one that contradicts its direction, a claim
that is not on the slate or missing from the answer, and a row that the mind was not shown are
refused, so that a repair can name them. Nothing is clipped or filled in.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, model_validator

from workbench.domain.records import Finding, Opinion, Point
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
        _answered(told, known.get("claims"), known.get("claims"))
        _shown(self.opinions, known.get("rows"))
        return self


class Rebuttal(_Strict):
    """A mind's answer to the others: what it revises, and its opinion on claims that joined."""

    argument: Annotated[_Words, Field(description="One paragraph that answers the others")]
    opinions: Annotated[
        tuple[ClaimOpinion, ...],
        Field(description="Every claim that is marked as new, and any whose opinion you change"),
    ]

    @model_validator(mode="after")
    def _whole(self, info: ValidationInfo) -> Rebuttal:
        known: Mapping[str, Any] = info.context or {}
        _answered([one.claim for one in self.opinions], known.get("claims"), known.get("required"))
        _shown(self.opinions, known.get("rows"))
        return self


class Chance(_Strict):
    """One claim and how likely it is to settle yes, nothing else."""

    claim: Annotated[str, Field(description="Id of the claim, exactly as on the slate")]
    probability: Annotated[
        float, Field(gt=0, lt=1, description="Of yes, as a fraction strictly between 0 and 1")
    ]


class Chances(_Strict):
    """The answer of a plain call."""

    chances: tuple[Chance, ...]

    @model_validator(mode="after")
    def _whole(self, info: ValidationInfo) -> Chances:
        known: Mapping[str, Any] = info.context or {}
        told = [one.claim for one in self.chances]
        _answered(told, known.get("claims"), known.get("claims"))
        return self


def _answered(
    told: Sequence[str], claims: Collection[str] | None, required: Collection[str] | None
) -> None:
    """Refuses a claim that is answered twice, is not on the slate, or is due and missing."""
    if twice := sorted({one for one in told if told.count(one) > 1}):
        raise ValueError(f"answered twice: {_few(twice)}")
    if claims is not None and (stray := sorted(set(told) - set(claims))):
        raise ValueError(f"not on the slate: {_few(stray)}")
    if required is not None and (missing := sorted(set(required) - set(told))):
        raise ValueError(f"no opinion on: {_few(missing)}")


def _shown(said: Sequence[ClaimOpinion], rows: Collection[str] | None) -> None:
    """Refuses a row that the mind was not shown."""
    cited = {row for one in said for row in one.cited}
    if rows is not None and (unseen := sorted(cited - set(rows))):
        raise ValueError(f"cites rows that were not shown: {_few(unseen)}")


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
        points=tuple(map(point, told.opinions)),
    )


def point(one: ClaimOpinion) -> Point:
    """What the answer says of one claim, as the desk keeps it."""
    return Point(claim=one.claim, argument=one.argument, cited=one.cited, change=one.change)


def obeyed(told: Opinions | Rebuttal, untrusted: Collection[str]) -> dict[str, tuple[Echo, ...]]:
    """Opinions that repeat instructions of strangers.

    Returns:
        Claim id to what it repeats; the empty id is the paragraph on the whole slate with the
        proposed claims. Unflagged ones are missing.
    """
    proposed = told.proposed if isinstance(told, Opinions) else ()
    found = {"": echoes("\n".join((told.argument, *proposed)), untrusted)} | {
        one.claim: echoes(f"{one.argument}\n{one.change}", untrusted, (one.probability,))
        for one in told.opinions
    }
    return {claim: flags for claim, flags in found.items() if flags}
