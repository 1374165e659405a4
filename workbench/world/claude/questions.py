"""One mind's question as a request, its repair, and the check of its answer. Pure.

What is asked is a pydantic model's schema; what comes back is validated strictly against the model,
since the service promises the shape of an answer and not its ranges.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ValidationError

from workbench.world.claude import bodies, wire

M = TypeVar("M", bound=BaseModel)
TOOL = "answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question(Generic[M]):
    """What one mind is asked.

    Attributes:
        mind: Who.
        model: The model's name, one of the price table.
        system: Mandate and rules, the same every cycle.
        prompt: The slice of data and the slate, strangers' text fenced.
        schema: Pydantic model of the answer; it is validated strictly.
        context: Handed to the model's validators.
        max_tokens: Bound of the answer, thinking included.
        via: ``format`` asks for structured text, ``tool`` offers one tool that takes the answer.
        stream: Whether the reply comes as events.
        cached: Whether the system text is written to the prompt cache for five minutes.
        doubts: What a valid answer is sent back for, once, as when a figure of it has no source;
            empty when there is nothing. What comes back then is taken, and if that is not valid
            the first answer is.
    """

    mind: str
    model: str
    system: str
    prompt: str
    schema: type[M]
    context: Mapping[str, Any] = field(default_factory=dict)
    max_tokens: int = 8_000
    via: Literal["format", "tool"] = "format"
    stream: bool = True
    cached: bool = False
    doubts: Callable[[M], str] | None = None


def opening(question: Question[Any]) -> dict[str, Any]:
    """The body of a question's first request."""
    from anthropic import transform_schema

    schema = transform_schema(question.schema)
    system: dict[str, Any] = {"type": "text", "text": question.system}
    if question.cached:
        system["cache_control"] = {"type": "ephemeral"}
    body: dict[str, Any] = {
        "model": question.model,
        "max_tokens": question.max_tokens,
        "system": [system],
        "messages": [{"role": "user", "content": question.prompt}],
        "stream": question.stream,
    }
    if question.via == "tool":
        # The newest models refuse a forced tool, so it is offered and its absence is a fault.
        told = "Takes the whole answer. Call it exactly once and write nothing else."
        body["tools"] = [{"name": TOOL, "description": told, "input_schema": schema}]
        return body
    return body | {"output_config": {"format": {"type": "json_schema", "schema": schema}}}


def repair(body: dict[str, Any], told: wire.Message, errors: Sequence[str]) -> dict[str, Any]:
    """The body that hands an invalid answer back, with what is wrong with it."""
    listed = "\n".join(f"- {one}" for one in errors)
    text = f"That answer cannot stand:\n{listed}\nGive the whole answer again, corrected."
    turn: list[dict[str, Any]] = [
        {"type": "tool_result", "tool_use_id": one.get("id"), "is_error": True, "content": text}
        for one in told.blocks
        if one.get("type") == "tool_use"
    ]
    said = [
        # A reply's text may carry fields (citations: null) that a request may not.
        {"type": "text", "text": one.get("text")} if one.get("type") == "text" else one
        for one in told.blocks
        if one.get("type") != "text" or str(one.get("text") or "").strip()
    ]
    turns = [
        {"role": "assistant", "content": said},
        {"role": "user", "content": turn or [{"type": "text", "text": text}]},
    ]
    return body | {"messages": [*body["messages"], *turns]}


def validated(question: Question[M], text: str) -> M | tuple[str, ...]:
    """The answer, or what is wrong with it, without quoting what it said."""
    try:
        bodies.strict(text)
        return question.schema.model_validate_json(
            text, strict=True, context=dict(question.context)
        )
    except ValidationError as error:
        return tuple(
            bodies.shown(f"{'.'.join(map(str, one['loc'])) or 'answer'}: {one['msg']}")
            for one in error.errors(include_input=False, include_url=False)[:20]
        )
    except ValueError as error:
        return (f"It is not one JSON document: {bodies.shown(error)}",)
