"""Replies of the Messages API, checked.

The SDK builds a message out of almost any 200 and raises nothing; here each field that matters is
looked at, and what is missing or odd is a fault with its code. Unknown fields are let by.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from workbench.world.claude.bodies import shown
from workbench.world.claude.faults import Unheard
from workbench.world.claude.prices import Usage, same_model

_Count = Annotated[int, Field(ge=0)]


class _Wire(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")


class _Creation(_Wire):
    ephemeral_5m_input_tokens: _Count = 0
    ephemeral_1h_input_tokens: _Count = 0


class _Usage(_Wire):
    input_tokens: _Count
    output_tokens: _Count
    cache_creation_input_tokens: _Count | None = None
    cache_read_input_tokens: _Count | None = None
    cache_creation: _Creation | None = None


class _Message(_Wire):
    type: Literal["message"]
    role: Literal["assistant"]
    model: Annotated[str, Field(min_length=1)]
    content: list[dict[str, Any]]
    stop_reason: Annotated[str, Field(min_length=1)]
    stop_details: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A reply whose type, usage, model and stop reason are there."""

    model: str
    stop: str
    detail: str
    blocks: tuple[dict[str, Any], ...]
    usage: Usage


def usage(found: dict[str, Any]) -> Usage:
    """The tokens of a reply.

    Raises:
        Unheard: ``no_usage``, or ``not_a_message`` for an error under a 200.
    """
    if found.get("type") != "message":
        raise Unheard(
            "not_a_message", f"The reply is no message but {shown(found.get('error', found))!r}."
        )
    try:
        told = _Usage.model_validate(found.get("usage"))
    except ValidationError as error:
        raise Unheard("no_usage", f"The reply does not say its tokens: {_first(error)}.") from error
    written = told.cache_creation_input_tokens or 0
    # Without a split, or with one that does not add up, the dearer kind is assumed.
    short = told.cache_creation.ephemeral_5m_input_tokens if told.cache_creation else 0
    short = short if told.cache_creation and short <= written else 0
    return Usage(
        input=told.input_tokens,
        output=told.output_tokens,
        cache_write_5m=short,
        cache_write_1h=written - short,
        cache_read=told.cache_read_input_tokens or 0,
    )


def message(found: dict[str, Any]) -> Message:
    """A reply, checked.

    Raises:
        Unheard: As ``usage``, and ``not_a_message`` when a field is missing or of another type.
    """
    tokens = usage(found)
    try:
        told = _Message.model_validate(found)
    except ValidationError as error:
        raise Unheard(
            "not_a_message", f"The reply is no whole message: {_first(error)}."
        ) from error
    details = told.stop_details or {}
    detail = ", ".join(shown(details[k]) for k in ("category", "explanation") if details.get(k))
    return Message(
        model=told.model, stop=told.stop_reason, detail=detail,
        blocks=tuple(told.content), usage=tokens,
    )  # fmt: skip


def _first(error: ValidationError) -> str:
    one = error.errors()[0]
    return shown(f"{'.'.join(map(str, one['loc'])) or 'usage'}: {one['msg']}")


def answer(told: Message, asked: str, tool: str = "") -> str:
    """The JSON text of an answer.

    Args:
        told: The reply.
        asked: The model that was asked.
        tool: The tool that carries the answer; empty for an answer in text.

    Raises:
        Unheard: ``wrong_model refusal truncated stopped empty``.
    """
    if not same_model(asked, told.model):
        raise Unheard("wrong_model", f"{asked} was asked and {shown(told.model)} answered.")
    if told.stop == "refusal":
        raise Unheard("refusal", f"{asked} refused" + (f": {told.detail}." if told.detail else "."))
    if told.stop in {"max_tokens", "model_context_window_exceeded"}:
        raise Unheard(
            "truncated",
            f"The answer was cut off ({told.stop}) after {told.usage.output} tokens. "
            "Allow more tokens or ask for less.",
        )
    due = "tool_use" if tool else "end_turn"
    if told.stop != due:
        raise Unheard("stopped", f"{asked} stopped for {shown(told.stop)!r} instead of {due!r}.")
    if tool:
        calls = [one for one in told.blocks if one.get("type") == "tool_use"]
        if len(calls) != 1 or calls[0].get("name") != tool:
            names = shown([one.get("name") for one in calls])
            raise Unheard("stopped", f"{asked} called {names} instead of {tool} once.")
        return json.dumps(calls[0].get("input"), ensure_ascii=False)
    parts = [one.get("text") for one in told.blocks if one.get("type") == "text"]
    text = "".join(one for one in parts if isinstance(one, str))
    if not text.strip():
        raise Unheard("empty", f"{asked} ended its turn without a word.")
    return text
