"""What a story's file may say: a thesis, how it is tested, and which claims belong to it.

A file is YAML front matter between two lines of ``---``, then the thesis in plain words, and a
last paragraph that begins with "Wrong if". Unknown keys are refused.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from workbench.domain.errors import ParamsError
from workbench.world.schema import Strict, distinct

Way = Literal["up", "down", "follows"]
_Symbols = Annotated[tuple[str, ...], Field(min_length=1), AfterValidator(distinct)]
_Name = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
_Title = Annotated[str, Field(min_length=1, max_length=80)]
WRONG = "Wrong if"


class Pattern(Strict):
    """Claims that belong to a story, and on which side of them it stands.

    ``up`` and ``down``: the subject rises or falls, or beats or trails its ``versus``;
    ``follows``: it goes where the leader's last known bar points. Without ``versus`` any will do.
    """

    kinds: Annotated[
        tuple[Literal["direction", "magnitude", "relative"], ...],
        Field(min_length=1),
        AfterValidator(distinct),
    ]
    subjects: _Symbols
    versus: Annotated[tuple[str, ...], AfterValidator(distinct)] = ()
    way: Way


class Lead(Strict):
    """One instrument moves first; of several named, the first that the desk has is meant.

    ``lags`` are bars searched, ``material`` is the correlation at one of them that would matter.
    """

    story: _Name
    title: _Title
    test: Literal["lead"]
    leader: _Symbols
    follower: _Symbols
    sign: Literal["same", "opposite"] = "same"
    lags: Annotated[int, Field(ge=1, le=5, strict=True)] = 2
    material: Annotated[float, Field(gt=0, lt=1)] = 0.15
    claims: tuple[Pattern, ...] = ()

    @model_validator(mode="after")
    def _two(self) -> Lead:
        if both := sorted(set(self.leader) & set(self.follower)):
            raise ValueError(f"{', '.join(both)} would lead itself")
        return self


class Together(Strict):
    """Members fall on the same days: ``least`` of them by more than ``down`` usual days.

    ``material`` is how many times as frequent as usual such days would have to be.
    """

    story: _Name
    title: _Title
    test: Literal["together"]
    members: Annotated[tuple[str, ...], Field(min_length=3), AfterValidator(distinct)]
    least: Annotated[int, Field(ge=2, strict=True)]
    down: Annotated[float, Field(ge=0, le=2)] = 0.5
    material: Annotated[float, Field(gt=1, le=5)] = 1.5
    claims: tuple[Pattern, ...] = ()

    @model_validator(mode="after")
    def _sound(self) -> Together:
        if self.least > len(self.members):
            raise ValueError(f"asks for {self.least} of {len(self.members)} members")
        if any(pattern.way == "follows" for pattern in self.claims):
            raise ValueError("claims follow a leader, and these members have none")
        return self


TESTS: dict[str, type[Lead | Together]] = {"lead": Lead, "together": Together}


class Story(Strict):
    """One story: how it is tested, the thesis, and what would prove it wrong."""

    params: Annotated[Lead | Together, Field(discriminator="test")]
    thesis: str
    wrong: str

    @property
    def name(self) -> str:
        """As params and ledger call it."""
        return self.params.story


def halves(body: str, file: str) -> tuple[str, str]:
    """Thesis and what would prove it wrong, the last paragraph, each on one line.

    Raises:
        ParamsError: One of the two is missing.
    """
    thesis, _, wrong = body.rpartition("\n\n")
    if not wrong.startswith(WRONG):
        raise ParamsError(f"{file}: its last paragraph must begin with {WRONG!r}.")
    if not thesis.strip():
        raise ParamsError(f"{file} has an empty thesis below its front matter.")
    return " ".join(thesis.split()), " ".join(wrong.split())
