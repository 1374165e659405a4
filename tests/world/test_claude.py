"""Claude minds against a local service that speaks the Messages wire, well and badly."""

import asyncio
import datetime as dt
import json
import socket
import threading
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, ConfigDict, Field

from workbench.world.claude import prices
from workbench.world.claude.asking import Said, Unsaid
from workbench.world.claude.budget import Budget, Caps
from workbench.world.claude.hearing import hear
from workbench.world.claude.questions import Question
from workbench.world.claude.replies import Replies
from workbench.world.claude.sending import Limits

AS_OF = dt.datetime(2026, 11, 20, 21, tzinfo=dt.UTC)
WIDE = Limits(mind=60, cycle=90, backoff=0)
VALID = '{"p": 0.62, "why": "calm"}'
both = pytest.mark.parametrize("stream", [False, True], ids=["json", "sse"])


class View(BaseModel):
    """A small answer."""

    model_config = ConfigDict(extra="forbid")
    p: Annotated[float, Field(gt=0, lt=1)]
    why: str


class Desk:
    """One store and account, and how to ask with them."""

    def __init__(self, folder: Path, wire: Any) -> None:
        self.store = Replies(folder / "replies")
        self.caps = Caps(cycle=Decimal(1), day=Decimal(2))
        self.budget = Budget(folder / "spend", self.caps, "7")
        self.model = wire.MODEL

    def ask(self, limits: Limits = WIDE, *, replay: bool = False, **more: Any) -> Any:
        return self.all([more], limits, replay=replay)[0]

    def all(
        self, minds: list[dict[str, Any]], limits: Limits = WIDE, *, replay: bool = False
    ) -> tuple[Said[View] | Unsaid, ...]:
        plain = {
            "mind": "Macro", "model": self.model, "system": "Be brief.", "prompt": "Will it?",
            "schema": View, "max_tokens": 500, "stream": False,
        }  # fmt: skip
        return hear(
            [Question(**(plain | more)) for more in minds], store=self.store,
            table=prices.shipped(), budget=None if replay else self.budget, as_of=AS_OF,
            limits=limits,
        )  # fmt: skip

    def gone(self) -> Decimal:
        return self.budget.spent().day


@pytest.fixture
def desk(tmp_path: Path, wire: Any) -> Desk:
    return Desk(tmp_path, wire)


@both
def test_a_valid_answer_is_returned_with_its_cost(service: Any, desk: Desk, stream: bool):
    """What the mind said, the tokens it took and what they cost by the table."""
    service.answer(VALID)
    told = desk.ask(stream=stream)
    assert told.value == View(p=0.62, why="calm")
    (call,) = told.calls
    assert (call.usage.input, call.usage.output) == (1_000, 100)
    assert call.usd == Decimal("0.003")  # 1,000 at 2 and 100 at 10 USD per million
    assert call.exact
    assert call.fresh
    assert desk.gone() == call.usd
    assert not told.in_sample


def test_the_request_speaks_the_wire(service: Any, desk: Desk, wire: Any):
    """Key and version in headers, structured output asked for, no temperature; no other header
    has the key."""
    service.answer(VALID)
    desk.ask(cached=True)
    (asked,) = service.asked
    assert asked.line == "POST /v1/messages HTTP/1.1"
    assert [v for v in asked.headers.values() if wire.KEY in v] == [f"Bearer {wire.KEY}"]
    assert asked.headers["anthropic-version"]
    assert asked.headers["content-type"] == "application/json"
    assert asked.json["output_config"]["format"]["type"] == "json_schema"
    assert asked.json["system"][0]["cache_control"] == {"type": "ephemeral"}
    assert not {"temperature", "top_p", "tools"} & set(asked.json)


@both
def test_a_tool_may_carry_the_answer(service: Any, desk: Desk, wire: Any, stream: bool):
    """The one tool offered takes the answer, after a thought that may come first."""
    block = {"type": "tool_use", "id": "t1", "name": "answer", "input": json.loads(VALID)}
    thought = {"type": "thinking", "thinking": "hm, so", "signature": "x"}
    service.answer(wire.message(content=[thought, block], stop_reason="tool_use"))
    assert desk.ask(via="tool", stream=stream).value.p == 0.62
    assert service.asked[0].json["tools"][0]["name"] == "answer"
    assert "tool_choice" not in service.asked[0].json  # the newest models refuse a forced tool


@both
def test_cache_usage_is_billed_at_its_rates(service: Any, desk: Desk, wire: Any, stream: bool):
    """Cache writes and reads have prices of their own."""
    usage = {
        "input_tokens": 1_000, "cache_creation_input_tokens": 10_000,
        "cache_read_input_tokens": 100_000, "output_tokens": 100,
        "cache_creation": {"ephemeral_5m_input_tokens": 4_000, "ephemeral_1h_input_tokens": 6_000},
    }  # fmt: skip
    service.answer(wire.message(VALID, usage=usage))
    (call,) = desk.ask(stream=stream).calls
    assert call.usd == Decimal("0.002") + Decimal("0.010") + Decimal("0.024") + Decimal(
        "0.010"
    ) + Decimal("0.001")


def absent(told: Any, code: str, *words: str) -> None:
    assert isinstance(told, Unsaid), told
    assert told.code == code, told
    for word in words:
        assert word in told.absence.reason
    assert told.absence.mind == "Macro"


FAULTS: dict[str, tuple[dict[str, Any], str, str]] = {
    "other model": ({"model": "claude-other"}, "wrong_model", "claude-other"),
    "refusal": (
        {"stop_reason": "refusal", "stop_details": {"type": "refusal", "category": "cyber"}},
        "refusal",
        "cyber",
    ),
    "cut by max_tokens": ({"text": '{"p": 0.', "stop_reason": "max_tokens"}, "truncated", "100"),
    "context full": ({"stop_reason": "model_context_window_exceeded"}, "truncated", ""),
    "paused": ({"stop_reason": "pause_turn"}, "stopped", "pause_turn"),
    "no stop reason": ({"stop_reason": None}, "not_a_message", "stop_reason"),
    "no content": ({"content": []}, "empty", ""),
    "blank text": ({"text": "  "}, "empty", ""),
    "a tool not offered": (
        {"content": [{"type": "tool_use", "id": "t", "name": "x", "input": {}}],
         "stop_reason": "tool_use"},
        "stopped",
        "tool_use",
    ),
    "no usage": ({"usage": None}, "no_usage", "tokens"),
    "negative usage": ({"usage": {"input_tokens": -1, "output_tokens": 1}}, "no_usage", ""),
    "usage in words": ({"usage": {"input_tokens": "9", "output_tokens": 1}}, "no_usage", ""),
    "no type": ({"type": None}, "not_a_message", ""),
    "another role": ({"role": "user"}, "not_a_message", "role"),
}  # fmt: skip


@both
@pytest.mark.parametrize("name", FAULTS)
def test_a_reply_that_is_no_answer_is_an_absence(
    service: Any, desk: Desk, wire: Any, name: str, stream: bool
):
    """Each field that matters is checked; what is missing or odd is absent with its reason."""
    more, code, word = FAULTS[name]
    service.answer(wire.message(**({"text": VALID} | more)))
    absent(desk.ask(stream=stream), code, word)
    assert len(service.asked) == 1


BODIES: dict[str, tuple[bytes, str, str]] = {
    "nothing": (b"", "application/json", "not_json"),
    "HTML": (b"<html>gateway</html>", "text/html", "not_json"),
    "HTML as JSON": (b"<html>gateway</html>", "application/json", "not_json"),
    "half of a message": (b'{"type": "message", "content": [', "application/json", "not_json"),
    "an empty object": (b"{}", "application/json", "not_a_message"),
    "null": (b"null", "application/json", "not_a_message"),
    "an error under 200": (
        b'{"type":"error","error":{"type":"api_error","message":"x"}}',
        "application/json",
        "not_a_message",
    ),
    "not UTF-8": (b"\xff\xfe{}", "application/json", "not_json"),
    "a name twice": (b'{"type":"message","type":"message"}', "application/json", "not_json"),
    "NaN": (b'{"type":"message","usage":NaN}', "application/json", "not_json"),
    "deep nesting": (b"[" * 100_000, "application/json", "not_json"),
    "a stream of nothing": (b"", "text/event-stream", "cut"),
    "a stream of pings": (b'data: {"type":"ping"}\n\n' * 50, "text/event-stream", "cut"),
    "a stream of rubbish": (b"data: {{{\n\n", "text/event-stream", "not_json"),
    "a stream's error": (
        b'data: {"type":"error","error":{"type":"overloaded_error","message":"x"}}\n\n',
        "text/event-stream",
        "overloaded",
    ),
    "a delta of no block": (
        b'data: {"type":"message_start","message":{"type":"message"}}\n\n'
        b'data: {"type":"content_block_delta","index":3,"delta":{"type":"text_delta"}}\n\n',
        "text/event-stream",
        "not_json",
    ),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_is_no_message_is_an_absence(service: Any, desk: Desk, wire: Any, name: str):
    """A 200 proves nothing; its cost is unknown, so the whole reservation is charged."""
    body, kind, code = BODIES[name]
    service.answer(wire.http(body, kind=kind))
    told = desk.ask()
    absent(told, code)
    assert not told.calls[0].exact
    assert desk.gone() == told.calls[0].usd > 0


def test_an_answer_of_a_dearer_model_is_charged_as_such(service: Any, desk: Desk, wire: Any):
    """Whoever answered in the place of the model asked may be billed."""
    service.answer(wire.message(VALID, model="claude-opus-5-5"))
    told = desk.ask()
    absent(told, "wrong_model")
    assert told.calls[0].usd == desk.gone() == Decimal("0.006")


def test_no_key_reaches_a_log(
    service: Any, desk: Desk, wire: Any, caplog: pytest.LogCaptureFixture
):
    """Not even at the most talkative level of every library on the way."""
    caplog.set_level(0)
    service.answer(wire.error("401 Unauthorized", "authentication_error", wire.KEY), VALID)
    desk.ask()
    desk.ask()
    assert caplog.records
    assert wire.KEY not in caplog.text


def test_null_content_is_an_absence(service: Any, desk: Desk, wire: Any):
    """A message whose content is null has none."""
    service.answer(wire.http(json.dumps(wire.message() | {"content": None}).encode()))
    absent(desk.ask(), "not_a_message", "content")


@both
def test_a_stream_cut_in_the_middle_is_an_absence(
    service: Any, desk: Desk, wire: Any, stream: bool
):
    """Half of a good reply, ended as if it were whole or by a closed connection."""
    whole = wire.events(wire.message(VALID))
    half = whole[: len(whole) // 2]
    service.answer(wire.http(half, kind="text/event-stream", length=-1 if stream else len(whole)))
    absent(desk.ask(stream=stream), "not_json" if b"\n\n" not in half[-2:] and stream else "cut")


STATUSES: dict[str, tuple[str, str, str]] = {
    "400": ("400 Bad Request", "invalid_request_error", "rejected"),
    "401": ("401 Unauthorized", "authentication_error", "rejected"),
    "404": ("404 Not Found", "not_found_error", "rejected"),
    "413": ("413 Too Large", "request_too_large", "rejected"),
    "500": ("500 Internal", "api_error", "overloaded"),
    "529": ("529 Overloaded", "overloaded_error", "overloaded"),
    "429": ("429 Too Many", "rate_limit_error", "overloaded"),
}


@pytest.mark.parametrize("name", STATUSES)
def test_an_error_is_an_absence_that_costs_nothing(service: Any, desk: Desk, wire: Any, name: str):
    """What may pass is tried again, three times in all; what may not, once."""
    status, kind, code = STATUSES[name]
    service.answer(wire.error(status, kind, "because of this"))
    absent(desk.ask(), code, name, "because of this")
    assert len(service.asked) == (3 if code == "overloaded" else 1)
    assert desk.gone() == 0


def test_an_overload_that_passes_is_waited_out(service: Any, desk: Desk, wire: Any):
    """529, then 429 with a short Retry-After or a garbled one, then the answer."""
    service.answer(
        wire.error("529 Overloaded", "overloaded_error"),
        wire.error("429 Too Many", "rate_limit_error", retry_after="soon"),
        VALID,
    )
    told = desk.ask()
    assert told.value.p == 0.62
    assert [one.split()[0] for one in told.calls[0].attempts] == ["529", "429", "200"]


@pytest.mark.parametrize("asks", ["3600", "Fri, 01 Jan 2100 00:00:00 GMT"])
def test_a_long_retry_after_is_not_waited_for(service: Any, desk: Desk, wire: Any, asks: str):
    """An hour's wait does not fit into the deadline, so the mind is absent at once."""
    service.answer(wire.error("429 Too Many", "rate_limit_error", retry_after=asks))
    absent(desk.ask(), "overloaded", "asked to wait")
    assert len(service.asked) == 1


def test_a_service_that_asks_not_to_retry_is_obeyed(service: Any, desk: Desk, wire: Any):
    """x-should-retry: false ends the matter."""
    service.answer(wire.error("529 Overloaded", "overloaded_error", x_should_retry="false"))
    absent(desk.ask(), "overloaded")
    assert len(service.asked) == 1


def drip(wire: Any, service: Any, head: bytes, body: bytes) -> Any:
    """A reply of a byte every twentieth of a second."""

    def reply(link: socket.socket, _: Any) -> None:
        link.sendall(head)
        for at in range(len(body)):
            if service.ended.wait(0.05):
                return
            link.sendall(body[at : at + 1])

    return reply


@pytest.mark.parametrize("kind", ["application/json", "text/event-stream"])
def test_a_dripping_reply_ends_at_the_deadline(service: Any, desk: Desk, wire: Any, kind: str):
    """Each byte is in time and the whole is not; what it cost is unknown and charged in full."""
    body = json.dumps(wire.message(VALID)).encode() * 20
    head = f"HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n\r\n"
    service.answer(drip(wire, service, head.encode(), body))
    told = desk.ask(Limits(mind=0.5, cycle=60))
    absent(told, "deadline", "No whole answer")
    assert desk.gone() == told.calls[0].usd > 0


def test_dripping_headers_end_at_the_deadline(service: Any, desk: Desk, wire: Any):
    """The status line may drip, too."""
    service.answer(drip(wire, service, b"", b"HTTP/1.1 200 OK\r\nx: " + b"y" * 4_000))
    absent(desk.ask(Limits(mind=0.5, cycle=60)), "deadline")


def test_a_silent_service_ends_at_the_deadline(service: Any, desk: Desk):
    """Nothing at all is heard."""
    service.answer(lambda _link, _asked: service.ended.wait(30))
    absent(desk.ask(Limits(mind=0.5, cycle=60)), "deadline")


def test_the_deadline_includes_the_repair(service: Any, desk: Desk):
    """An invalid answer in time and a repair that never comes are one absence, naming both."""
    service.answer('{"p": 7, "why": ""}', lambda _link, _asked: service.ended.wait(30))
    absent(desk.ask(Limits(mind=5, cycle=60)), "deadline", "not valid", "No whole answer")


def test_the_cycles_deadline_holds_even_for_what_cannot_be_interrupted(
    desk: Desk, service: Any, monkeypatch: pytest.MonkeyPatch
):
    """A name lookup that hangs in a thread of its own does not keep the cycle waiting."""
    hung, over = threading.Event(), threading.Event()

    def lookup(*_args: Any, **_more: Any) -> list[Any]:
        hung.wait(20)
        over.set()
        return []

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "https://service.invalid")
    absent(desk.ask(Limits(mind=0.3, cycle=0.3)), "deadline")
    assert not over.is_set()
    hung.set()


def test_an_endless_reply_is_left_unread(service: Any, desk: Desk, wire: Any):
    """Beyond the limit of bytes nothing more is read."""
    service.answer(wire.http(b" " * 50_000))
    absent(desk.ask(Limits(mind=60, cycle=90, body=10_000)), "too_large", "10000")


def test_a_compressed_reply_is_left_unread(service: Any, desk: Desk, wire: Any):
    """Compression is not asked for, so that no bomb is unpacked."""
    service.answer(wire.http(b"\x1f\x8b", content_encoding="gzip"))
    absent(desk.ask(), "too_large", "compressed")
    assert service.asked[0].headers["accept-encoding"] == "identity"


def test_a_redirect_is_not_followed(service: Any, desk: Desk, wire: Any):
    """The key does not travel to where a reply points."""
    service.answer(wire.http(b"", status="307 Temporary", location="http://127.0.0.1:9/"))
    absent(desk.ask(), "rejected", "307")
    assert len(service.asked) == 1


def test_no_service_is_an_absence(service: Any, desk: Desk, monkeypatch: pytest.MonkeyPatch):
    """A refused connection is tried again and costs nothing."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    monkeypatch.setenv("ANTHROPIC_BASE_URL", f"http://127.0.0.1:{port}")
    told = desk.ask()
    absent(told, "no_connection")
    assert len(told.calls[0].attempts) == 3
    assert desk.gone() == 0


def test_no_key_is_an_absence(service: Any, desk: Desk, monkeypatch: pytest.MonkeyPatch):
    """Without a key nothing is asked, whatever else the machine is logged in to."""
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "another")
    absent(desk.ask(), "no_key", "ANTHROPIC_API_KEY")
    assert service.asked == []


def test_the_key_never_travels_unencrypted(
    service: Any, desk: Desk, monkeypatch: pytest.MonkeyPatch
):
    """An address without TLS is asked only on this machine."""
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://service.invalid")
    absent(desk.ask(), "no_connection", "unencrypted")


INVALID = {
    "above one": '{"p": 1.2, "why": "x"}',
    "zero": '{"p": 0, "why": "x"}',
    "in words": '{"p": "62%", "why": "x"}',
    "as text": '{"p": "0.62", "why": "x"}',
    "NaN": '{"p": NaN, "why": "x"}',
    "endless": '{"p": 1e999, "why": "x"}',
    "null": '{"p": null, "why": "x"}',
    "missing": '{"why": "x"}',
    "a field more": '{"p": 0.6, "why": "x", "q": 1}',
    "prose around it": f"Here it is: {VALID}",
    "two answers": VALID + VALID,
    "a name twice": '{"p": 0.6, "p": 0.7, "why": "x"}',
    "prose": "I think it will.",
}


@pytest.mark.parametrize("name", INVALID)
def test_an_invalid_answer_is_repaired_once(service: Any, desk: Desk, name: str):
    """It is handed back with what is wrong; a valid second answer counts, at the cost of both."""
    service.answer(INVALID[name], VALID)
    told = desk.ask()
    assert told.value.p == 0.62
    assert desk.gone() == sum(one.usd for one in told.calls) == Decimal("0.006")
    turns = service.asked[1].json["messages"]
    assert [one["role"] for one in turns] == ["user", "assistant", "user"]
    assert turns[1]["content"] == [{"type": "text", "text": INVALID[name]}]
    assert "cannot stand" in turns[2]["content"][0]["text"]


def _doubts(value: View) -> str:
    return "calm has no source" if "calm" in value.why else ""


@pytest.mark.parametrize(
    ("second", "why"),
    [('{"p": 0.3, "why": "quiet"}', "quiet"), ('{"p": 3}', "calm"), (VALID, "calm")],
    ids=["mended", "worse", "the same"],
)
def test_a_doubted_answer_is_sent_back_once(service: Any, desk: Desk, second: str, why: str):
    """A valid answer that is doubted is asked for once more, and stands if nothing better comes."""
    service.answer(VALID, second)
    told = desk.ask(doubts=_doubts)
    assert told.value.why == why
    assert len(told.calls) == 2
    assert "calm has no source" in service.asked[1].json["messages"][2]["content"][0]["text"]


def test_a_doubted_answer_stands_when_the_service_then_fails(service: Any, desk: Desk, wire: Any):
    """What was valid is not lost to a fault of its repair."""
    service.answer(VALID, wire.error("400 Bad Request", "invalid_request_error"))
    assert desk.ask(doubts=_doubts).value.why == "calm"


def test_an_answer_without_doubt_is_asked_once(service: Any, desk: Desk):
    """Nothing is paid for twice."""
    service.answer('{"p": 0.3, "why": "quiet"}')
    assert len(desk.ask(doubts=_doubts).calls) == 1


def test_a_repair_sends_no_field_that_a_request_may_not_have(service: Any, desk: Desk, wire: Any):
    """A reply's text comes with fields of its own; its blank blocks would be refused."""
    said = {"type": "text", "text": INVALID["prose"], "citations": None}
    service.answer(wire.message(content=[{"type": "text", "text": " "}, said]), VALID)
    assert desk.ask().value.p == 0.62
    turn = service.asked[1].json["messages"][1]
    assert turn["content"] == [{"type": "text", "text": INVALID["prose"]}]


def test_an_answer_invalid_twice_is_an_absence(service: Any, desk: Desk):
    """There is one repair and no third try; both calls are paid for."""
    service.answer(INVALID["above one"])
    told = desk.ask()
    absent(told, "invalid", "p: Input should be less than 1")
    assert len(service.asked) == len(told.calls) == 2


def test_a_tool_answer_is_repaired_as_a_tool_result(service: Any, desk: Desk, wire: Any):
    """The errors come back as the tool's result; thoughts go back as they came."""
    thought = {"type": "thinking", "thinking": "hm", "signature": "x"}
    bad, fine = (
        wire.message(
            content=[thought, {"type": "tool_use", "id": "t1", "name": "answer", "input": given}],
            stop_reason="tool_use",
        )
        for given in ({"p": 3, "why": ""}, {"p": 0.3, "why": ""})
    )
    service.answer(bad, fine)
    assert desk.ask(via="tool").value.p == 0.3
    said, result = service.asked[1].json["messages"][1:]
    assert said["content"][0] == thought
    assert result["content"][0]["tool_use_id"] == "t1"
    assert result["content"][0]["is_error"] is True


def test_several_minds_are_asked_at_once(service: Any, desk: Desk):
    """All wait for each other at the service, so none was asked after another had answered."""
    together = threading.Barrier(3, timeout=30)

    def meet(link: socket.socket, asked: Any) -> None:
        together.wait()
        service_good(link, asked)

    service.answer(VALID)
    service_good = service.replies[0]
    service.answer(meet)
    names = ("Macro", "Flow", "Contrarian")
    told = desk.all([{"mind": name, "prompt": f"For {name}"} for name in names])
    assert [one.mind for one in told] == list(names)
    assert all(isinstance(one, Said) for one in told)
    assert desk.gone() == Decimal("0.009")


def test_one_absent_mind_leaves_the_others(service: Any, desk: Desk):
    """A mind that never answers does not take the others' answers with it."""
    service.answer(VALID)
    fine = service.replies[0]
    service.answer(
        lambda link, asked: service.ended.wait(30) if b"Macro" in asked.body else fine(link, asked)
    )
    slow, quick = desk.all(
        [{"prompt": "For Macro"}, {"mind": "Flow", "prompt": "For Flow"}], Limits(mind=5, cycle=60)
    )
    absent(slow, "deadline")
    assert isinstance(quick, Said)


def test_minds_are_heard_inside_a_running_loop(service: Any, desk: Desk):
    """A notebook's kernel runs a loop of its own."""
    service.answer(VALID)

    async def cell() -> Any:
        return desk.ask()

    assert asyncio.run(cell()).value.p == 0.62


def test_an_answer_before_the_cut_off_is_in_sample(service: Any, desk: Desk):
    """The model may have read what followed, so the answer is labelled."""
    found = prices.price(prices.shipped(), desk.model)
    assert prices.in_sample(found, dt.datetime(2026, 6, 30, 23, 59, tzinfo=dt.UTC))
    assert not prices.in_sample(found, dt.datetime(2026, 7, 1, tzinfo=dt.UTC))
    service.answer(VALID)
    question = Question(
        mind="Macro", model=desk.model, system="s", prompt="p", schema=View, stream=False
    )
    (told,) = hear(
        [question], store=desk.store, table=prices.shipped(), budget=desk.budget,
        as_of=dt.datetime(2018, 2, 5, tzinfo=dt.UTC), limits=WIDE,
    )  # fmt: skip
    assert isinstance(told, Said)
    assert told.in_sample


def test_a_model_without_a_price_is_not_asked(service: Any, desk: Desk):
    """What it may cost is unknown."""
    absent(desk.ask(model="claude-nobody-9"), "no_price", "claude-nobody-9")
    assert service.asked == []


def test_an_exhausted_budget_is_an_absence_with_its_numbers(service: Any, desk: Desk):
    """Nothing is sent when the reservation does not fit."""
    service.answer(VALID)
    desk.budget = Budget(desk.budget.folder, Caps(cycle=Decimal("0.01"), day=Decimal(2)), "7")
    absent(desk.ask(), "budget", "0.0100 USD for cycle 7", "left")
    assert service.asked == []
    assert desk.gone() == 0


def test_a_repair_that_cannot_be_paid_is_an_absence(service: Any, desk: Desk):
    """The first answer's fault and the money's are both told."""
    service.answer(INVALID["zero"], VALID)
    desk.budget = Budget(desk.budget.folder, Caps(cycle=Decimal("0.0215"), day=Decimal(2)), "7")
    absent(desk.ask(), "budget", "not valid", "left")
    assert len(service.asked) == 1


def test_a_planted_socket_beyond_loopback_is_caught(service: Any, beyond: list[object]):
    """The guard of these tests sees it; 192.0.2.1 is reserved for documentation."""
    with socket.socket() as link, pytest.raises(AssertionError, match="beyond loopback"):
        link.connect(("192.0.2.1", 9))
    assert beyond == ["192.0.2.1"]
    beyond.clear()


@pytest.mark.parametrize("address", ["http://[", "https://x:port", "nonsense", "ftp://127.0.0.1"])
def test_an_address_of_no_use_is_an_absence(
    service: Any, desk: Desk, address: str, monkeypatch: pytest.MonkeyPatch
):
    """A misspelt ANTHROPIC_BASE_URL stops the minds and not the cycle."""
    monkeypatch.setenv("ANTHROPIC_BASE_URL", address)
    absent(desk.ask(), "no_connection", "ANTHROPIC_BASE_URL")
    assert service.asked == []


def test_odd_headers_of_the_environment_are_an_absence(
    service: Any, desk: Desk, monkeypatch: pytest.MonkeyPatch
):
    """What the SDK stumbles over is told by its kind, without its words."""
    monkeypatch.setenv("ANTHROPIC_CUSTOM_HEADERS", "x-secret: s€cret")
    service.answer(VALID)
    told = desk.ask()
    assert isinstance(told, Said) or "cret" not in told.absence.reason
