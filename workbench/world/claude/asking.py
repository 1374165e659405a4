"""One mind asked once: a validated answer, or an absence with its reason and its cost.

One turn and at most one repair within the mind's deadline. Faults of the model, the service and
the money become absences; a replay without its record is an error, for nothing may stand in.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Generic

from workbench.domain.records import Absence
from workbench.world.claude import bodies, prices, replies, wire
from workbench.world.claude.budget import Budget
from workbench.world.claude.faults import Unheard
from workbench.world.claude.questions import TOOL, M, Question, opening, repair, validated
from workbench.world.claude.replies import Answer, Replies
from workbench.world.claude.sending import Send


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request and what came of it.

    Attributes:
        key: Its key in the store, hexadecimal.
        usd: What it cost, or the most that it may have cost when ``exact`` is false.
        exact: Whether the reply said its tokens, or an error shows that nothing is billed.
        usage: Tokens, when told.
        seconds: Its duration when it was made.
        attempts: What became of each attempt.
        fresh: Whether it was made just now; a stored reply costs nothing again.
    """

    key: str
    usd: Decimal
    exact: bool
    usage: prices.Usage | None
    seconds: float
    attempts: tuple[str, ...]
    fresh: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Said(Generic[M]):
    """A mind's validated answer.

    Attributes:
        mind: Who.
        model: The model that answered, by its own word.
        value: The answer.
        calls: One, or two after a repair.
        in_sample: Whether the model may have read what followed ``as_of``; such an answer is
            labelled and never enters the record.
    """

    mind: str
    model: str
    value: M
    calls: tuple[Call, ...]
    in_sample: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsaid:
    """Why a mind said nothing: a code for counting, the absence for the page, and the cost."""

    code: str
    absence: Absence
    calls: tuple[Call, ...]

    @property
    def mind(self) -> str:
        """Who."""
        return self.absence.mind


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What asking needs; ``send`` and ``budget`` are None in a replay, which sends nothing."""

    store: Replies
    table: prices.Table
    send: Send | None = None
    budget: Budget | None = None


async def ask(
    question: Question[M], means: Means, *, until: float, as_of: dt.datetime
) -> Said[M] | Unsaid:
    """Asks one mind once, and once more when its answer is not valid.

    Args:
        question: What is asked.
        means: Store, prices, and unless it is a replay budget and sender.
        until: Moment of the running loop's clock after which nothing is waited for.
        as_of: The moment that the question is about.

    Raises:
        ReplayMiss: A replay has no record of a request.
    """
    calls: list[Call] = []
    tool = TOOL if question.via == "tool" else ""
    try:
        found = prices.price(means.table, question.model)
        body = opening(question)
        told = await _exchange(question, means, body, until, found, calls)
        value = validated(question, wire.answer(told, question.model, tool))
        doubted = "" if isinstance(value, tuple) or not question.doubts else question.doubts(value)
        if isinstance(value, tuple) or doubted:
            wrong = value if isinstance(value, tuple) else (doubted,)
            body = repair(body, told, wrong)
            try:
                told = await _exchange(question, means, body, until, found, calls)
                again = validated(question, wire.answer(told, question.model, tool))
            except Unheard as fault:
                if not doubted:
                    reason = f"Its answer was not valid ({wrong[0]}), and then: {fault.reason}"
                    raise Unheard(fault.code, reason) from fault
            else:
                value = value if doubted and isinstance(again, tuple) else again
    except Unheard as fault:
        return unsaid(question, fault, calls)
    if isinstance(value, tuple):
        more = f" and {len(value) - 1} more" if len(value) > 1 else ""
        reason = f"Its answer was not valid after one repair: {value[0]}{more}"
        return unsaid(question, Unheard("invalid", reason), calls)
    return Said(
        mind=question.mind, model=told.model, value=value, calls=tuple(calls),
        in_sample=prices.in_sample(found, as_of),
    )  # fmt: skip


def unsaid(question: Question[Any], fault: Unheard, calls: Sequence[Call] = ()) -> Unsaid:
    """The absence that a fault makes."""
    absence = Absence(mind=question.mind, scope="", reason=fault.reason)
    return Unsaid(code=fault.code, absence=absence, calls=tuple(calls))


def unsent(fault: Unheard) -> Answer:
    """What is kept of a request that was never sent, so that a replay finds the same absence."""
    return Answer(
        status=None, headers={}, body=b"", failure=(fault.code, fault.reason), attempts=(),
        seconds=0.0, at=dt.datetime.now(dt.UTC),
    )  # fmt: skip


async def _exchange(
    question: Question[Any], means: Means, body: dict[str, Any], until: float,
    found: prices.Price, calls: list[Call],
) -> wire.Message:  # fmt: skip
    """The message of one request: found in the store, or paid for and kept."""
    request = replies.canonical(body)
    most = prices.bound(found, request, question.max_tokens)
    if means.send is None or means.budget is None:
        answer = means.store.latest(request)
        calls.append(_call(request, answer, question, means.table, most))
        return _heard(answer)
    kept = means.store.usable(request)
    if kept is not None:
        # What is no message was a fault of the way here, so it is asked for again.
        with contextlib.suppress(Unheard):
            told = _heard(kept)
            calls.append(_call(request, kept, question, means.table, most))
            return told
    try:
        held = means.budget.reserve(most, mind=question.mind, model=question.model)
    except Unheard as fault:
        refused = unsent(fault)
        means.store.keep(request, refused)
        calls.append(_call(request, refused, question, means.table, most))  # as its replay has it
        raise
    answer = await means.send(request, until)
    call = _call(request, answer, question, means.table, most)
    calls.append(call)
    try:
        means.store.keep(request, answer)
    finally:
        # Should the account be out of reach now, the reservation stands in full.
        with contextlib.suppress(Unheard):
            means.budget.settle(held, call.usd)
    return _heard(answer)


def _heard(answer: Answer) -> wire.Message:
    """The checked message of an answer, whatever its status."""
    if answer.failure is not None:
        raise Unheard(*answer.failure)
    if answer.status == 200:
        return wire.message(bodies.document(answer.body, answer.headers.get("content-type", "")))
    try:
        told = bodies.strict(answer.body)["error"]
        said = bodies.shown(f"{told['type']}: {told['message']}")
    except (ValueError, KeyError, TypeError):
        said = bodies.shown(answer.body[:400].decode(errors="replace"))
    status = answer.status or 0
    code = "overloaded" if status == 429 or status >= 500 else "rejected"
    tries = "; ".join(answer.attempts)
    raise Unheard(code, f"The service answered {status} ({said}). Attempts: {tries}.")


def _call(
    request: bytes, answer: Answer, question: Question[Any], table: prices.Table, most: Decimal
) -> Call:
    usage = None
    usd, exact = most, False
    if answer.status == 200:
        # No tokens told: the reservation is what it may have cost.
        with contextlib.suppress(Unheard):
            found = bodies.document(answer.body, answer.headers.get("content-type", ""))
            usage = wire.usage(found)
            usd, exact = _dearest(table, (question.model, str(found.get("model"))), usage), True
    elif answer.status is not None or not answer.attempts or _unreached(answer):
        usd, exact = Decimal(0), True  # errors and what was never sent are not billed
    return Call(
        key=replies.key(request), usd=usd, exact=exact, usage=usage, seconds=answer.seconds,
        attempts=answer.attempts, fresh=answer.fresh,
    )  # fmt: skip


def _unreached(answer: Answer) -> bool:
    return answer.failure is not None and answer.failure[0] == "no_connection"


def _dearest(table: prices.Table, models: tuple[str, ...], usage: prices.Usage) -> Decimal:
    """What the usage cost on the model asked or, should another have answered, on that one."""
    costs = []
    for model in models:
        with contextlib.suppress(Unheard):
            costs.append(prices.cost(prices.price(table, model), usage))
    return max(costs)
