"""What was asked and answered is kept byte for byte, without secrets, and replayed or missed."""

import datetime as dt
import hashlib
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from workbench.domain.errors import ReplayMiss
from workbench.world.claude import prices, replies
from workbench.world.claude.asking import Said, Unsaid
from workbench.world.claude.budget import Budget, Caps
from workbench.world.claude.hearing import hear
from workbench.world.claude.questions import Question
from workbench.world.claude.replies import Replies
from workbench.world.claude.sending import Limits

AS_OF = dt.datetime(2026, 11, 20, 21, tzinfo=dt.UTC)
VALID = '{"p": 0.62}'


class View(BaseModel):
    """A small answer."""

    p: float


@pytest.fixture
def ask(tmp_path: Path, wire: Any) -> Any:
    """Asks one mind, live or from the store, with a budget that may be named."""

    def asked(*, replay: bool = False, cap: str = "1", limits: Limits | None = None, **more: Any):
        plain: dict[str, Any] = {
            "mind": "Macro", "model": wire.MODEL, "system": "s", "prompt": "p – “q”",
            "schema": View, "max_tokens": 500, "stream": False,
        }  # fmt: skip
        budget = Budget(tmp_path / "spend", Caps(cycle=Decimal(cap), day=Decimal(cap)), "7")
        (told,) = hear(
            [Question(**(plain | more))], store=Replies(tmp_path / "replies"),
            table=prices.shipped(), budget=None if replay else budget, as_of=AS_OF,
            limits=limits or Limits(mind=60, cycle=90, backoff=0),
        )  # fmt: skip
        return told

    return asked


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("stream", [False, True])
def test_request_and_reply_are_kept_byte_for_byte(
    service: Any, ask: Any, tmp_path: Path, wire: Any, stream: bool
):
    """The request as the service received it lies under its own SHA-256, the reply under its."""
    service.answer(VALID)
    told = ask(stream=stream)
    (asked,) = service.asked
    assert told.calls[0].key == hashlib.sha256(asked.body).hexdigest()
    place = tmp_path / "replies" / told.calls[0].key[:2] / told.calls[0].key
    assert (place / "request.json").read_bytes() == asked.body
    whole = wire.message(VALID)
    sent = wire.events(whole) if stream else json.dumps(whole).encode()
    assert (place / f"{hashlib.sha256(sent).hexdigest()}.body").read_bytes() == sent


def test_the_key_is_the_same_whatever_the_order(wire: Any):
    """A canonical request has one spelling, which anyone can hash with the standard library."""
    one, other = {"a": 1, "b": {"c": "ü", "d": [1]}}, {"b": {"d": [1], "c": "ü"}, "a": 1}
    assert (
        replies.canonical(one)
        == replies.canonical(other)
        == '{"a":1,"b":{"c":"ü","d":[1]}}'.encode()
    )
    with pytest.raises(ValueError, match="not JSON compliant"):
        replies.canonical({"a": float("nan")})


def test_no_secret_is_kept(service: Any, ask: Any, tmp_path: Path, wire: Any):
    """A reply that repeats the key, in its body or in a header, leaves no trace of it."""
    service.answer(
        wire.error("401 Unauthorized", "authentication_error", f"bad key {wire.KEY}",
                   set_cookie=f"k={wire.KEY}", x_echo=wire.KEY)
    )  # fmt: skip
    told = ask()
    assert "bad key [key withheld]" in told.absence.reason
    kept = files(tmp_path)
    assert len(kept) >= 4
    assert [path for path in kept if wire.KEY.encode() in path.read_bytes()] == []
    assert [path for path in kept if b"cookie" in path.read_bytes().lower()] == []


def test_a_replay_answers_from_the_store(service: Any, ask: Any, tmp_path: Path):
    """The same answer, nothing sent, nothing paid, no key needed."""
    service.answer('{"p": "x"}', VALID)
    live = ask()
    spent = files(tmp_path / "spend")
    before = [path.read_bytes() for path in spent]
    sent = len(service.asked)
    again = ask(replay=True)
    assert again.value == live.value
    assert [one.usd for one in again.calls] == [one.usd for one in live.calls]
    assert not any(one.fresh for one in again.calls)
    assert len(service.asked) == sent == 2
    assert [path.read_bytes() for path in spent] == before


def test_a_replay_needs_no_key(service: Any, ask: Any, monkeypatch: pytest.MonkeyPatch):
    """Whoever has the store can replay."""
    service.answer(VALID)
    ask()
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    assert isinstance(ask(replay=True), Said)


def test_a_replay_fails_on_a_miss(service: Any, ask: Any):
    """Nothing stands in for a reply that was never recorded."""
    service.answer(VALID)
    ask()
    with pytest.raises(ReplayMiss, match=r"No reply to request [0-9a-f]{12} is kept"):
        ask(replay=True, prompt="another")
    assert len(service.asked) == 1


@pytest.mark.parametrize("file", ["request.json", "*.body"])
def test_changed_bytes_are_not_replayed(service: Any, ask: Any, tmp_path: Path, file: str):
    """A reply edited afterwards is no record."""
    service.answer(VALID)
    ask()
    (path,) = (tmp_path / "replies").rglob(file)
    path.write_bytes(path.read_bytes().replace(b"0.62", b"0.99") + b" ")
    with pytest.raises(ReplayMiss, match="changed afterwards"):
        ask(replay=True)


def test_a_torn_record_is_not_replayed(service: Any, ask: Any, tmp_path: Path):
    """A record that cannot be read is told as such; asked live, it is written anew."""
    service.answer(VALID)
    ask()
    (path,) = (tmp_path / "replies").rglob("record-*.json")
    path.write_text("{")
    with pytest.raises(ReplayMiss, match="cannot be read"):
        ask(replay=True)
    assert isinstance(ask(), Said)
    assert isinstance(ask(replay=True), Said)


def test_a_resumed_cycle_does_not_pay_twice(service: Any, ask: Any):
    """The same request is answered from the store."""
    service.answer(VALID)
    first, second = ask(), ask()
    assert second.value == first.value
    assert not second.calls[0].fresh
    assert len(service.asked) == 1


def test_a_resumed_cycle_needs_no_key_for_what_was_answered(
    service: Any, ask: Any, monkeypatch: pytest.MonkeyPatch
):
    """A key that is gone makes only new questions absent."""
    service.answer(VALID)
    ask()
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    assert isinstance(ask(), Said)
    assert ask(prompt="another").code == "no_key"
    assert isinstance(ask(replay=True), Said)


def test_a_failure_is_asked_again_and_both_are_kept(
    service: Any, ask: Any, tmp_path: Path, wire: Any
):
    """What was an overload, or a page under a 200, is no answer to a resumed cycle."""
    service.answer(
        wire.error("529 Overloaded", "overloaded_error", x_should_retry="false"),
        wire.http(b"<html>", kind="text/html"),
        VALID,
    )
    assert [type(ask()) for _ in range(3)] == [Unsaid, Unsaid, Said]
    assert len(list((tmp_path / "replies").rglob("record-*.json"))) == 3
    assert isinstance(ask(replay=True), Said)


@pytest.mark.parametrize("why", ["deadline", "budget", "no_key", "refusal", "overloaded"])
def test_an_absence_is_replayed_as_the_same_absence(
    service: Any, ask: Any, wire: Any, why: str, monkeypatch: pytest.MonkeyPatch
):
    """Whatever kept a mind silent, its replay is silent for the same reason."""
    service.answer(wire.message(VALID, stop_reason="refusal"))
    more: dict[str, Any] = {}
    if why == "deadline":
        service.answer(lambda _link, _asked: service.ended.wait(30))
        more = {"limits": Limits(mind=0.4, cycle=60)}
    elif why == "budget":
        more = {"cap": "0.0001"}
    elif why == "no_key":
        monkeypatch.setenv("ANTHROPIC_API_KEY", " ")
    elif why == "overloaded":
        service.answer(wire.error("529 Overloaded", "overloaded_error", x_should_retry="false"))
    live = ask(**more)
    again = ask(replay=True)
    assert live.code == again.code == why
    assert live.absence == again.absence
    assert [one.usd for one in again.calls if one.usd] == [one.usd for one in live.calls if one.usd]
