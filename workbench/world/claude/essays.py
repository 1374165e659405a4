"""What a Claude Synthesis is asked for: title, line below it, and paragraphs by section.

The schema is the door: lengths are bounded and nothing else is taken. It has no field for a
probability, a label or a claim, so no answer can change what the ledger says.
"""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

SECTIONS = ("opening", "question", "evidence", "call", "debate", "change", "unknown")


def _said(text: str) -> str:
    if not re.search(r"\w", text):
        raise ValueError("holds no word")
    return text


def _line(text: str) -> str:
    if "\n" in text.strip():
        raise ValueError("is more than one line")
    return text


_Title = Annotated[
    str, Field(min_length=1, max_length=90), AfterValidator(_said), AfterValidator(_line)
]
_Dek = Annotated[
    str, Field(min_length=1, max_length=240), AfterValidator(_said), AfterValidator(_line)
]
_Paragraph = Annotated[str, Field(min_length=1, max_length=1_200), AfterValidator(_said)]


def _paragraphs(most: int, told: str) -> object:
    return Field(default=(), max_length=most, description=told)


class Essay(BaseModel):
    """A dispatch's prose. A section may be empty; the desk then writes its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Annotated[_Title, Field(description="Plain text, at most 90 characters, no full stop")]
    dek: Annotated[_Dek, Field(description="One sentence below the title")]
    opening: Annotated[
        tuple[_Paragraph, ...], _paragraphs(3, "What settled since, and what it taught")
    ]
    question: Annotated[tuple[_Paragraph, ...], _paragraphs(2, "The question of the moment")]
    evidence: Annotated[tuple[_Paragraph, ...], _paragraphs(4, "What the tape says of it")]
    call: Annotated[tuple[_Paragraph, ...], _paragraphs(3, "The call, or why there is none")]
    debate: Annotated[
        tuple[_Paragraph, ...], _paragraphs(4, "Where minds part; whose proposal what blocked")
    ]
    change: Annotated[tuple[_Paragraph, ...], _paragraphs(2, "What would change my mind")]
    unknown: Annotated[tuple[_Paragraph, ...], _paragraphs(3, "What I do not know")]

    def paragraphs(self, section: str) -> tuple[str, ...]:
        """The paragraphs of a section."""
        found: tuple[str, ...] = getattr(self, section)
        return found
