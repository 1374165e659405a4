"""Replies of the real service, where its recordings are at hand, and of odd ones of our own."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.world.claude import bodies, wire
from workbench.world.claude.faults import Unheard

SHARED = Path(os.environ.get("WORKBENCH_SHARED") or Path(__file__).parents[3] / "shared")
FOLDER = SHARED / "data" / "wire" / "anthropic"
RECORDED = sorted(FOLDER.glob("*.json")) + sorted(FOLDER.glob("*.sse"))
BODIES = [path for path in RECORDED if not path.name.endswith(".request.json")]


def read(path: Path) -> Any:
    kind = "text/event-stream; charset=utf-8" if path.suffix == ".sse" else "application/json"
    return bodies.document(path.read_bytes(), kind)


@pytest.mark.skipif(not BODIES, reason="no recorded replies are at hand")
def test_recorded_replies_are_read_as_the_sdk_reads_them():
    """Model, stop reason, tokens and text are those that the SDK makes of the same bytes."""
    messages = 0
    for path in BODIES:
        found = read(path)
        if found.get("type") != "message":
            with pytest.raises(Unheard):
                wire.message(found)
            continue
        told, sdk = wire.message(found), by_sdk(path)
        usage = sdk.usage
        prompt = (
            usage.input_tokens
            + (usage.cache_creation_input_tokens or 0)
            + (usage.cache_read_input_tokens or 0)
        )
        assert (told.model, told.stop) == (sdk.model, sdk.stop_reason), path.name
        assert (told.usage.prompt, told.usage.output) == (prompt, usage.output_tokens), path.name
        texts = [one["text"] for one in told.blocks if one["type"] == "text"]
        assert texts == [one.text for one in sdk.content if one.type == "text"], path.name
        inputs = [one["input"] for one in told.blocks if one["type"] == "tool_use"]
        assert inputs == [one.input for one in sdk.content if one.type == "tool_use"], path.name
        messages += 1
    assert messages > 50


def by_sdk(path: Path) -> Any:
    """The message that the SDK makes of a body, over a transport in memory."""
    import anthropic
    import httpx2

    kind = "text/event-stream; charset=utf-8" if path.suffix == ".sse" else "application/json"
    body, headers = path.read_bytes(), {"content-type": kind}
    transport = httpx2.MockTransport(lambda _: httpx2.Response(200, content=body, headers=headers))
    asked: Any = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "?"}]}
    with httpx2.Client(transport=transport) as http:
        client = anthropic.Anthropic(api_key="none", max_retries=0, http_client=http)
        if path.suffix == ".json":
            return client.messages.create(**asked)
        with client.messages.stream(**asked) as stream:
            return stream.get_final_message()


@pytest.mark.skipif(not BODIES, reason="no recorded replies are at hand")
def test_recorded_structured_replies_are_answers():
    """What was asked for by schema is JSON of the text blocks; refusals are refusals."""
    answers, refusals = 0, 0
    for path in BODIES:
        asked = path.with_name(path.name + ".request.json")
        request = json.loads(asked.read_text()) if asked.is_file() else {}
        found = read(path)
        if found.get("stop_reason") == "refusal":
            with pytest.raises(Unheard, match="refused"):
                wire.answer(wire.message(found), found["model"])
            refusals += 1
        elif found.get("stop_reason") == "end_turn" and request.get("output_config", {}).get(
            "format"
        ):
            bodies.strict(wire.answer(wire.message(found), request["model"]))
            answers += 1
    assert answers >= 5
    assert refusals >= 2


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_a_stream_spells_the_message(wire_events: Any, ends: str):
    """Text, thoughts and a tool's input come in pieces; the tokens are the last ones told."""
    whole, body = wire_events
    found = bodies.document(body.replace(b"\n", ends.encode()), "text/event-stream")
    assert found["content"] == whole["content"]
    assert found["stop_reason"] == "tool_use"
    assert wire.message(found).usage == wire.message(whole).usage


@pytest.fixture
def wire_events(request: pytest.FixtureRequest) -> tuple[dict[str, Any], bytes]:
    made = request.getfixturevalue("wire")
    blocks = [
        {"type": "thinking", "thinking": "hm, so", "signature": "x"},
        {"type": "text", "text": "– “é” 東京"},
        {"type": "tool_use", "id": "t", "name": "answer", "input": {"p": 0.5, "q": ["é"]}},
    ]
    whole = made.message(content=blocks, stop_reason="tool_use")
    return whole, made.events(whole)


def test_a_stream_cut_anywhere_is_no_message(wire_events: Any):
    """Every proper part that lacks the last event is a fault, and never a shorter message."""
    _, body = wire_events
    last = body.rindex(b"data:")
    for end in range(0, last, 7):
        with pytest.raises(Unheard) as told:
            bodies.document(body[:end], "text/event-stream")
        assert told.value.code in {"cut", "not_json"}


def test_events_unknown_are_let_by(wire_events: Any):
    """The service may add some; comments and fields of no interest, too."""
    whole, body = wire_events
    more = b': hello\nid: 3\nretry: 5\n\ndata: {"type":"weather","sun":true}\n\n'
    cut = body.index(b"\n\n") + 2
    found = bodies.document(body[:cut] + more + body[cut:], "Text/Event-Stream")
    assert found["content"] == whole["content"]


@pytest.mark.parametrize(
    "text",
    ["", "{", "{} {}", '{"a":1,"a":2}', '{"a":NaN}', '{"a":-Infinity}', '{"a":1e999}',
     '{"a":' + "9" * 5_000 + "}", "[" * 100_000, "\ufeff{}", "'a'"],
)  # fmt: skip
def test_json_without_liberties(text: str):
    """What Python's parser lets by or chokes on is refused as one kind of error."""
    with pytest.raises(ValueError):  # noqa: PT011  # the sentence is Python's own
        bodies.strict(text)


def test_a_split_of_cache_writes_that_does_not_add_up_costs_the_dearer_kind():
    """Nothing is lost and nothing becomes cheaper."""
    usage = {"input_tokens": 1, "output_tokens": 1, "cache_creation_input_tokens": 10}
    for creation in (None, {}, {"ephemeral_5m_input_tokens": 99}):
        told = wire.usage({"type": "message", "usage": usage | {"cache_creation": creation}})
        assert (told.cache_write_5m, told.cache_write_1h) == (0, 10)


def test_a_reason_shows_no_key_and_no_hidden_text():
    """Words of strangers in a reason are one short visible line."""
    text = "bad\x1b[31m key\u202e sk-ant-api03-abc_DEF-123 \n\n in header" + "x" * 500
    assert bodies.shown(text).startswith("bad[31m key [key withheld] in header")
    assert len(bodies.shown(text)) == 200


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)


def changed(data: st.DataObject, value: Any) -> Any:
    """The value with one part of it replaced by something odd, or taken away."""
    if isinstance(value, dict) and value and data.draw(st.integers(0, 4)):
        name = data.draw(st.sampled_from(sorted(value)))
        if not data.draw(st.integers(0, 4)):
            return {k: v for k, v in value.items() if k != name}
        return value | {name: changed(data, value[name])}
    if isinstance(value, list) and value and data.draw(st.integers(0, 4)):
        at = data.draw(st.integers(0, len(value) - 1))
        return [*value[:at], changed(data, value[at]), *value[at + 1 :]]
    return data.draw(ODD)


@given(data=st.data(), streamed=st.booleans())
def test_a_mutated_reply_is_an_answer_or_a_fault(
    wire: type[Any], data: st.DataObject, streamed: bool
):
    """Whatever field is missing or of another kind: a fault with its code, and no other error."""
    blocks = [
        {"type": "thinking", "thinking": "hm", "signature": "x"},
        {"type": "text", "text": "{}"},
        {"type": "tool_use", "id": "t", "name": "answer", "input": {"p": 0.5}},
    ]
    whole = wire.message(content=blocks, stop_reason="tool_use")
    if streamed:
        lines = wire.events(whole).decode().split("\n\n")[:-1]
        events = changed(data, [json.loads(line.partition("data: ")[2]) for line in lines])
        told = events if isinstance(events, list) else [events]
        body = "".join(f"data: {json.dumps(one)}\n\n" for one in told).encode()
    else:
        body = json.dumps(changed(data, whole)).encode()
    text, fault = heard(body, "text/event-stream" if streamed else "application/json")
    assert (fault is None) == bool(text)
    if fault is None:
        json.loads(text)
    else:
        assert fault.code
        assert fault.reason == " ".join(fault.reason.split())


def heard(body: bytes, kind: str) -> tuple[str, Unheard | None]:
    try:
        told = wire.message(bodies.document(body, kind))
        return wire.answer(told, told.model, "answer"), None
    except Unheard as fault:
        return "", fault
