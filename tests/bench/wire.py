"""A local service that speaks the Messages wire, well and badly, and a guard of the loopback."""

import contextlib
import ipaddress
import json
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

MODEL = "claude-sonnet-5-5"
KEY = "sk-ant-no-real-key-0123456789"
GUARD = {"on": False}
BEYOND: list[object] = []


def _audit(event: str, args: tuple[Any, ...]) -> None:
    """Sockets beyond loopback fail, and fail the test that opened them, while the guard is on."""
    if not GUARD["on"] or event != "socket.connect" or not isinstance(args[1], tuple):
        return
    host = args[1][0]
    with contextlib.suppress(ValueError):
        if ipaddress.ip_address(host).is_loopback:
            return
    BEYOND.append(host)
    raise AssertionError(f"a socket to {host}, beyond loopback")


def _watch() -> None:
    """Installs the guard once; a hook cannot be taken away, and each one costs every socket."""
    if "installed" not in GUARD:
        sys.addaudithook(_audit)
    GUARD["installed"] = GUARD["on"] = True


@dataclass
class Asked:
    """One request as the service received it."""

    line: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


@dataclass
class Service:
    """Answers each request with the next of its replies, the last one again and again."""

    replies: list[Callable[[socket.socket, Asked], None]] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)
    threads: list[threading.Thread] = field(default_factory=list)

    def start(self, port: int = 0) -> str:
        self.listener = socket.create_server(("127.0.0.1", port))
        self.listener.settimeout(0.1)
        self._thread(self._accept)
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def stop(self) -> None:
        self.ended.set()
        for thread in self.threads:
            thread.join(10)
        self.listener.close()

    def answer(self, *replies: Any) -> None:
        """What comes next: text of a good reply, a message, or a function of socket and request."""
        self.replies = [one if callable(one) else good(one) for one in replies]

    def _thread(self, run: Callable[..., None], *args: Any) -> None:
        thread = threading.Thread(target=run, args=args, daemon=True)
        self.threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self.ended.is_set():
            with contextlib.suppress(TimeoutError):
                self._thread(self._serve, self.listener.accept()[0])

    def _serve(self, link: socket.socket) -> None:
        with link, contextlib.suppress(OSError):
            link.settimeout(10)
            data = b""
            while b"\r\n\r\n" not in data:
                data += self._more(link)
            head, body = data.split(b"\r\n\r\n", 1)
            line, *rest = head.decode().split("\r\n")
            headers = {k.lower(): v.strip() for k, v in (one.split(":", 1) for one in rest)}
            while len(body) < int(headers.get("content-length", 0)):
                body += self._more(link)
            asked = Asked(line, headers, body)
            with self.lock:
                self.asked.append(asked)
                reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
            reply(link, asked)

    @staticmethod
    def _more(link: socket.socket) -> bytes:
        got = link.recv(65_536)
        if not got:
            raise ConnectionError
        return got


def http(
    body: bytes,
    *,
    status: str = "200 OK",
    kind: str = "application/json",
    length: int = -1,
    **more: str,
) -> Callable[[socket.socket, Asked], None]:
    """A whole response; ``length`` lies about the body's."""
    size = len(body) if length < 0 else length
    lines = [f"HTTP/1.1 {status}", f"content-type: {kind}", f"content-length: {size}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in more.items()]
    head = "\r\n".join([*lines, "connection: close", "", ""]).encode()

    def reply(link: socket.socket, _: Asked) -> None:
        link.sendall(head + body)

    return reply


def error(status: str, kind: str, said: str = "no", **more: str) -> Callable[..., None]:
    """An error as the service words it."""
    told = {"type": "error", "error": {"type": kind, "message": said}, "request_id": "req_1"}
    return http(json.dumps(told).encode(), status=status, **more)


def message(text: str | None = "{}", **more: Any) -> dict[str, Any]:
    """A message of the service; ``more`` replaces fields, None takes one away."""
    whole = {
        "id": "msg_1", "type": "message", "role": "assistant", "model": MODEL,
        "content": [{"type": "text", "text": text}], "stop_reason": "end_turn",
        "stop_sequence": None, "stop_details": None,
        "usage": {
            "input_tokens": 1_000, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0,
            "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
            "output_tokens": 100, "service_tier": "standard",
        },
    }  # fmt: skip
    return {k: v for k, v in (whole | more).items() if v is not None or k.startswith("stop_")}


def events(told: dict[str, Any]) -> bytes:
    """The same message as a stream, text and tool inputs in two pieces."""
    start = told | {"content": [], "stop_reason": None, "stop_details": None}
    if "usage" in told:
        start["usage"] = told["usage"] | {"output_tokens": 1}
    sent: list[dict[str, Any]] = [{"type": "message_start", "message": start}, {"type": "ping"}]
    for index, block in enumerate(told.get("content") or []):
        name, kind = {
            "text": ("text", "text_delta"), "tool_use": ("partial_json", "input_json_delta"),
            "thinking": ("thinking", "thinking_delta"),
        }[block["type"]]  # fmt: skip
        whole = json.dumps(block["input"]) if name == "partial_json" else block[name]
        empty = {"input": {}} if name == "partial_json" else {name: ""}
        first = {"type": "content_block_start", "index": index, "content_block": block | empty}
        sent.append(first)
        for piece in ("", whole[: len(whole) // 2], whole[len(whole) // 2 :]):
            delta = {"type": kind, name: piece}
            sent.append({"type": "content_block_delta", "index": index, "delta": delta})
        sent.append({"type": "content_block_stop", "index": index})
    delta = {k: told.get(k) for k in ("stop_reason", "stop_sequence", "stop_details")}
    last = {"type": "message_delta", "delta": delta}
    if "usage" in told:
        last["usage"] = {"output_tokens": told["usage"]["output_tokens"]}
    sent += [last, {"type": "message_stop"}]
    return b"".join(f"event: {one['type']}\ndata: {json.dumps(one)}\n\n".encode() for one in sent)


def good(told: str | dict[str, Any]) -> Callable[[socket.socket, Asked], None]:
    """A reply as JSON or as a stream, whichever is asked for."""
    whole = message(told) if isinstance(told, str) else told

    def reply(link: socket.socket, asked: Asked) -> None:
        if asked.json["stream"]:
            http(events(whole), kind="text/event-stream; charset=utf-8")(link, asked)
        else:
            http(json.dumps(whole).encode(), request_id="req_1")(link, asked)

    return reply


class Wire:
    """What tests need of this module, as one fixture."""

    MODEL, KEY = MODEL, KEY
    http, error, message, events, good = (
        staticmethod(http), staticmethod(error), staticmethod(message), staticmethod(events),
        staticmethod(good),
    )  # fmt: skip


@pytest.fixture(scope="session")
def wire() -> type[Wire]:
    """Builders of replies."""
    return Wire


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """The service on loopback, named by the environment, with a key that no one would accept."""
    for name in ("AUTH_TOKEN", "CUSTOM_HEADERS", "PROFILE", "LOG"):
        monkeypatch.delenv(f"ANTHROPIC_{name}", raising=False)
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    running = Service()
    monkeypatch.setenv("ANTHROPIC_BASE_URL", running.start())
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    BEYOND.clear()
    _watch()
    yield running
    GUARD["on"] = False
    running.stop()
    assert BEYOND == []


@pytest.fixture
def beyond() -> list[object]:
    """Addresses beyond loopback that were tried."""
    return BEYOND
