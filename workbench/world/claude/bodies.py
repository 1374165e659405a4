"""Bytes of a reply to the object that they spell: strict JSON, or a stream of events put together.

What cannot be read is a fault with its code; what was read is not checked yet.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any

from workbench.domain.hygiene import visible
from workbench.domain.leaks import withheld
from workbench.world.claude.faults import Unheard

# Kinds of pieces, and the field of the piece that holds it; an input's JSON is read at the end.
_INPUT = "partial_json"
_DELTAS = {
    "text_delta": "text",
    "thinking_delta": "thinking",
    "signature_delta": "signature",
    "input_json_delta": _INPUT,
}


def strict(text: str | bytes) -> Any:
    """JSON without the liberties of Python's parser.

    Raises:
        ValueError: Not UTF-8, not one JSON document, a name given twice, a number that is not
            finite or absurdly long, or nesting too deep to read.
    """
    try:
        return json.loads(
            text.decode() if isinstance(text, bytes) else text,
            parse_constant=_refused,
            parse_float=_finite,
            object_pairs_hook=_distinct,
        )
    except RecursionError:
        raise ValueError("nested too deep") from None


def _refused(word: str) -> float:
    raise ValueError(f"{word} is no JSON number")


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError(f"{digits[:20]} is out of range")
    return value


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name is given twice")
    return found


def shown(text: object, limit: int = 200) -> str:
    """Words of a stranger for a reason: visible characters, one line, no key, bounded."""
    line = " ".join(visible(str(text)[: 10 * limit]).split())
    return withheld(re.sub(r"sk-ant-[\w-]*", "[key withheld]", line))[:limit]


def document(body: bytes, content_type: str) -> dict[str, Any]:
    """The message of a body, not yet checked.

    Raises:
        Unheard: ``not_json``, ``cut``, ``overloaded`` or ``not_a_message``.
    """
    try:
        if content_type.partition(";")[0].strip().lower() == "text/event-stream":
            return _assembled(body)
        found = strict(body)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unheard(
            "not_json",
            f"The reply of {len(body)} bytes ({shown(content_type, 40) or 'no type'}) cannot be "
            f"read: {shown(error)}.",
        ) from error
    if not isinstance(found, dict):
        raise Unheard("not_a_message", f"The reply is JSON, but {type(found).__name__}.")
    return found


def _events(body: bytes) -> Iterator[dict[str, Any]]:
    for part in re.split(r"\r?\n\r?\n", body.decode()):
        lines = re.findall(r"^data: ?(.*?)\r?$", part, re.MULTILINE)
        if lines:
            event = strict("\n".join(lines))
            if not isinstance(event, dict):
                raise ValueError("an event is no object")
            yield event


def _assembled(body: bytes) -> dict[str, Any]:
    """The message that a stream of events spells.

    A field of an event is taken by its name, so a missing one is a ``KeyError`` of the caller's.
    """
    found: dict[str, Any] | None = None
    pieces: dict[tuple[int, str], list[str]] = {}
    for event in _events(body):
        kind = event.get("type")
        if kind == "error":
            raise Unheard("overloaded", f"The stream broke off: {shown(event.get('error'))}.")
        if kind == "message_start":
            if found is not None:
                raise ValueError("the message starts twice")
            found = {**event["message"], "content": []}
            found["usage"] = dict(found.get("usage") or {})
            continue
        if found is None:
            continue
        blocks: list[dict[str, Any]] = found["content"]
        if kind == "content_block_start":
            if event["index"] != len(blocks):
                raise ValueError("a block is out of order")
            blocks.append(dict(event["content_block"]))
        elif kind == "content_block_delta":
            name = _DELTAS.get(event["delta"]["type"])
            if event["index"] not in range(len(blocks)):
                raise ValueError("a piece belongs to no block")
            if name is not None:
                pieces.setdefault((event["index"], name), []).append(event["delta"][name])
        elif kind == "message_delta":
            found |= event["delta"]
            told = event.get("usage") or {}
            found["usage"] |= {k: v for k, v in told.items() if v is not None}
        elif kind == "message_stop":
            return found | {"content": _whole(blocks, pieces)}
    raise Unheard("cut", f"The stream of {len(body)} bytes ends before the message does.")


def _whole(
    blocks: list[dict[str, Any]], pieces: dict[tuple[int, str], list[str]]
) -> list[dict[str, Any]]:
    """The blocks with their pieces put together; an input without pieces stays as it began."""
    for (index, name), parts in pieces.items():
        text = "".join(parts)
        if name != _INPUT:
            blocks[index][name] = blocks[index].get(name, "") + text
        elif text:
            blocks[index]["input"] = strict(text)
    return blocks
