"""Minds asked at once, in a thread of their own, under one deadline for the cycle."""

from __future__ import annotations

import asyncio
import datetime as dt
import threading
import time
from collections.abc import Sequence

from workbench.world.claude import prices
from workbench.world.claude.asking import Means, Said, Unsaid, ask, unsaid, unsent
from workbench.world.claude.budget import Budget
from workbench.world.claude.faults import Unheard
from workbench.world.claude.questions import M, Question
from workbench.world.claude.replies import Answer, Replies
from workbench.world.claude.sending import Limits, Send, connected

_GRACE = 1.0  # seconds beyond the cycle's deadline for what cannot be interrupted: a name lookup


def hear(
    questions: Sequence[Question[M]], *, store: Replies, table: prices.Table,
    budget: Budget | None, as_of: dt.datetime, limits: Limits | None = None,
) -> tuple[Said[M] | Unsaid, ...]:  # fmt: skip
    """Asks all minds at once, and returns within the cycle's deadline whatever they do.

    It works inside a notebook, whose own loop is running: the minds are asked in a thread.

    Args:
        questions: One a mind.
        store: Where replies are kept, and found again by a resumed cycle.
        table: Prices.
        budget: The cycle's account; None replays the store and sends nothing.
        as_of: The moment that the questions are about, aware.
        limits: Deadlines and bounds.

    Returns:
        One result a question, in their order.

    Raises:
        ReplayMiss: A replay has no record of a request.
    """
    import anthropic  # noqa: F401  # takes seconds the first time, which are no mind's

    bounds = limits or Limits()
    began = time.monotonic()
    heard: dict[int, Said[M] | Unsaid] = {}
    broken: list[Exception] = []

    async def one(at: int, means: Means) -> None:
        until = began + min(bounds.mind, bounds.cycle)
        try:
            heard[at] = await ask(questions[at], means, until=until, as_of=as_of)
        except Exception as error:  # noqa: BLE001  # raised again where it was asked for
            broken.append(error)

    async def all_with(send: Send | None) -> None:
        means = Means(store=store, table=table, send=send, budget=budget)
        await asyncio.gather(*(one(at, means) for at in range(len(questions))))

    async def everyone() -> None:
        if budget is None:
            await all_with(None)
            return
        try:
            async with connected(bounds) as send:
                await all_with(send)
        except Unheard as fault:
            # Nothing can be sent, yet what was answered before is still an answer.
            kept = unsent(fault)

            async def refused(_request: bytes, _until: float) -> Answer:
                return kept

            await all_with(refused)

    def run() -> None:
        try:
            asyncio.run(everyone())
        except Exception as error:  # noqa: BLE001  # as above
            broken.append(error)

    thread = threading.Thread(target=run, name="minds", daemon=True)
    thread.start()
    thread.join(bounds.cycle + _GRACE)
    if broken:
        raise broken[0]
    late = Unheard("deadline", f"Nothing within the cycle's {bounds.cycle:g} s.")
    return tuple(heard.get(at) or unsaid(q, late) for at, q in enumerate(questions))
