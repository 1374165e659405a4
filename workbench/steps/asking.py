"""Claude minds asked: one round alone, one round on the others, beside plain calls as controls.

Each mind answers the whole slate from its own slice. Claims that minds propose join it, and the
second round asks for them too. A fault makes an absence or leaves the first round standing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import sqlalchemy as sa

from workbench.domain.claims import Claim
from workbench.domain.records import Opinion
from workbench.steps import grounded, heard, prompting, proposing, questions, voices
from workbench.steps.bench import Bench
from workbench.steps.heard import Heard
from workbench.world import entries as book
from workbench.world.claude import prices
from workbench.world.claude.asking import Said, Unsaid
from workbench.world.claude.budget import Budget, Caps
from workbench.world.claude.hearing import hear
from workbench.world.claude.questions import Question
from workbench.world.claude.replies import Replies
from workbench.world.claude.sending import Limits

Answers = Callable[[Sequence[Claim]], tuple[Mapping[str, Mapping[str, float]], Sequence[Opinion]]]
"""What the standing controls say of claims, and the opinions of the house minds present."""
Hears = Callable[[Sequence[Question[Any]]], tuple[Said[Any] | Unsaid, ...]]

_LEAST = 0.05  # seconds: a deadline that has passed lets nothing through and is no error


def asks(bench: Bench) -> bool:
    """Whether the desk asks models at all."""
    return bool(bench.desk.claude or bench.desk.params.claude.plain)


def heard_of(bench: Bench, asked: Sequence[Claim], answers: Answers) -> Heard:
    """What models say of a slate: as the cycle kept it, else asked now and kept.

    Args:
        bench: The cycle's; one that asks no model answers from the store of replies.
        asked: The slate built by rule.
        answers: See ``Answers``.

    Raises:
        ReplayMiss: No model may be asked, and a reply is not in the store.
    """
    if not asks(bench) or bench.asks == "nobody":
        return Heard()
    kept = bench.recall("heard")
    if kept is None:
        bench.remember("heard", heard.dumped(_held(bench, asked, answers, _ears(bench))))
        kept = bench.recall("heard")
    return heard.loaded(cast(Mapping[str, Any], kept))


def _ears(bench: Bench) -> Hears:
    """How this cycle asks: from its store, on its account, within its time."""
    params, outputs = bench.desk.params.claude, bench.desk.outputs
    store = Replies(outputs / "replies")
    caps = Caps(cycle=params.cycle_usd, day=params.day_usd)
    # What is on record was answered before: the same words, and the same silences.
    told = sa.select(book.voices.c.of).where(book.voices.c.of == bench.number)
    may = bench.asks == "models" and not bench.ledger.read(told)
    budget = Budget(outputs / "spend", caps, str(bench.number)) if may else None
    began = time.monotonic()

    def ears(asked: Sequence[Question[Any]]) -> tuple[Said[Any] | Unsaid, ...]:
        if not asked:
            return ()
        left = params.cycle_seconds - (time.monotonic() - began)
        limits = Limits(mind=params.mind_seconds, cycle=max(left, _LEAST))
        return hear(
            asked, store=store, table=prices.shipped(), budget=budget, as_of=bench.as_of,
            limits=limits,
        )  # fmt: skip

    return ears


def _held(bench: Bench, asked: Sequence[Claim], answers: Answers, ears: Hears) -> Heard:
    """Both rounds and the plain calls."""
    said, _ = answers(asked)
    slate = prompting.slate(bench, asked, said)
    briefs = {one.name: prompting.brief(bench, one, slate) for one in bench.desk.claude}
    able = [one for one in briefs.values() if one.rows]
    opened = ears([questions.opening(bench, one, slate) for one in able])
    first = {one.mind.name: reply for one, reply in zip(able, opened, strict=True)}
    spoken = {name: one.value for name, one in first.items() if isinstance(one, Said)}
    views = {name: voices.view(bench, briefs[name], slate, one) for name, one in spoken.items()}
    proposed = [(name, grounded.shown(t)) for name, one in spoken.items() for t in one.proposed]
    joined, proposals = proposing.join(bench, asked, proposed)
    said, house = answers([*asked, *joined])
    whole = prompting.slate(bench, [*asked, *joined], said)
    others = {
        name: [*(view for who, view in views.items() if who != name), *house] for name in briefs
    }
    due = [name for name in views if joined or others[name]]
    plain = questions.plain(bench, whole)
    told = ears([
        *(questions.answering(bench, briefs[name], whole, views[name], others[name], joined)
          for name in due),
        *plain,
    ])  # fmt: skip
    second = dict(zip(due, told[: len(due)], strict=True))
    answered = [
        voices.voice(bench, shown, whole, first.get(name), views.get(name), second.get(name),
                     others[name])
        for name, shown in briefs.items()
    ]  # fmt: skip
    found, costs = voices.controls(bench, told[len(due) :], whole)
    return Heard(
        voices=(*answered, *costs), proposals=tuple(proposals), joined=tuple(joined), plain=found
    )
