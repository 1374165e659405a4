"""The questions of one cycle, as the service is sent them: who, which schema, which doors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from workbench.domain.claims import Claim
from workbench.domain.records import Opinion
from workbench.steps import prompting, rows, sourced
from workbench.steps.bench import Bench
from workbench.steps.prompting import Brief, Slate
from workbench.world.claude.opinions import Chances, Opinions, Rebuttal
from workbench.world.claude.questions import Question

_TOKENS, _EACH = 2_000, 200  # bound of an answer: for thought and paragraph, and for one claim
_CHANCE = 60  # the same for one probability alone


def opening(bench: Bench, shown: Brief, asked: Slate) -> Question[Opinions]:
    """The first round: opinions on the whole slate, and claims of the mind's own."""
    known = sourced.sources(bench, shown, asked)
    return Question(
        mind=shown.mind.name, model=shown.mind.params.model, system=prompting.system(shown.mind),
        prompt=prompting.opening(bench, shown, asked), schema=Opinions,
        context={"claims": set(asked.sentences), "rows": shown.named},
        max_tokens=_TOKENS + _EACH * len(asked.claims),
        doubts=partial(sourced.doubts, bench, known),
    )  # fmt: skip


def answering(
    bench: Bench, shown: Brief, asked: Slate, own: Opinion, others: Sequence[Opinion],
    joined: Sequence[Claim],
) -> Question[Rebuttal]:  # fmt: skip
    """The second round: what a mind answers to the others, and its opinion on what joined."""
    known = sourced.sources(bench, shown, asked, [own, *others])
    return Question(
        mind=shown.mind.name, model=shown.mind.params.model, system=prompting.system(shown.mind),
        prompt=prompting.answering(bench, shown, asked, own, others, joined), schema=Rebuttal,
        context={
            "claims": set(asked.sentences), "rows": shown.named,
            "required": {claim.id for claim in joined},
        },
        max_tokens=_TOKENS + _EACH * len(asked.claims),
        doubts=partial(sourced.doubts, bench, known),
    )  # fmt: skip


def plain(bench: Bench, asked: Slate) -> list[Question[Chances]]:
    """The plain calls, which differ in the order of the claims alone; none without a model."""
    params, n = bench.desk.params.claude, len(asked.claims)
    if not params.plain or not n:
        return []
    market = rows.rows(bench, [one.symbol for one in bench.instruments])
    first = [n * k // params.plain_calls for k in range(params.plain_calls)]
    turned = [asked.claims[k:] + asked.claims[:k] for k in first]
    return [
        Question(
            mind="plain", model=params.plain, system=prompting.PLAIN,
            prompt=prompting.plain(bench, replace(asked, claims=order), market), schema=Chances,
            context={"claims": set(asked.sentences)}, max_tokens=_TOKENS + _CHANCE * n,
        )
        for order in turned
    ]  # fmt: skip
