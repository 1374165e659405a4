"""What the lessons of a week come to, kind of claims by kind."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.steps.lessons import of_category
from workbench.steps.weekly import Review

LESSONS = {
    "I have been worse than the base rate there": "Where I have been worse than the base rate",
    "I have been better than the base rate there, and change nothing": (
        "Where I have been better than the base rate"
    ),
    "That may be luck either way, so I change nothing": "Where it may be luck either way",
    "too few to learn from": "Where there is too little to learn from",
}
_OTHER = "What else was noted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """What a kind of claims has taught, as its last lesson of the week says.

    Attributes:
        verdict: Under what it is told.
        text: The lesson.
        n: Lessons of the week that say so of this kind.
    """

    verdict: str
    text: str
    n: int


def learned(review: Review) -> list[Lesson]:
    """What the week's lessons say, kind by kind, grouped by what they come to."""
    found: dict[str, Lesson] = {}
    for text in review.settled["lesson"]:
        if said := of_category(text):
            kind, tail = said.partition(" I had ")[0], said.rstrip(".")
            verdict = next((words for words in LESSONS if tail.endswith(words)), "")
            kept = said if verdict not in list(LESSONS)[:3] else tail[: -len(verdict)].strip()
            n = found[kind].n + 1 if kind in found else 1
            found[kind] = Lesson(verdict=LESSONS.get(verdict, _OTHER), text=kept, n=n)
    order = [*LESSONS.values(), _OTHER]
    return sorted(found.values(), key=lambda one: order.index(one.verdict))
