"""No secret leaves the client: not in an address, a record, an error, a log or an answer."""

import gzip
import json
import logging
import traceback
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.bench.faults import GOOD, body, full, moved, says
from tests.bench.transport import PATIENT, serving
from workbench.domain.errors import FeedDark
from workbench.world.http.answers import Key
from workbench.world.http.client import connected
from workbench.world.http.exchanges import Exchange
from workbench.world.http.keys import Secret, secret

CANARY = "canary/Zq7+x&9=4711"  # changes under every kind of quoting
QUERY = Key(env="DESK_TEST_KEY", query="api_key", required=True)
HEADER = Key(env="DESK_TEST_KEY", header="Authorization", prefix="Bearer ")
PIECE = "Zq7"


class Shelf:
    """A record in memory."""

    def __init__(self) -> None:
        self.kept: list[tuple[Exchange, bytes]] = []

    async def keep(self, one: Exchange, content: bytes) -> None:
        self.kept.append((one, content))


async def _asked(reply: Any, key: Key, **options: Any) -> dict[str, Any]:
    """Everything that comes out of one request with a key."""
    shelf = Shelf()
    found: dict[str, Any] = {"shelf": shelf}
    async with serving({"x": reply, "y": body(GOOD)}) as server:
        async with connected(PATIENT, record=shelf.keep) as client:
            try:
                found["answer"] = await client.of("f").ask(
                    f"{server.base}/x", form="json", key=key, **options
                )
            except FeedDark as dark:
                found["dark"] = dark
                found["trace"] = "".join(traceback.format_exception(dark))
            found["state"] = client.breakers.state()
        found["heads"] = server.heads
    return found


ECHOES = {
    "plain": says(full(json.dumps({"you sent": CANARY}).encode())),
    "escaped": says(full(json.dumps({"you sent": CANARY}).replace("/", "\\/").encode())),
    "quoted": says(full(json.dumps({"url": f"/x?api_key={quote(CANARY, safe='')}"}).encode())),
    "packed": says(full(gzip.compress(json.dumps([CANARY] * 9).encode()), Content_Encoding="gzip")),
    "error": says(full(json.dumps({"message": f"bad key {CANARY}"}).encode(), status="400 Bad")),
    "denied": says(full(CANARY.encode(), status="403 No")),
    "page": says(full(f"<html>{CANARY}</html>".encode(), kind="text/html")),
    "header": says(full(GOOD, ETag=CANARY, Link=f"</x?api_key={quote(CANARY, safe='')}>")),
    "redirect": moved(f"/y?api_key={quote(CANARY, safe='')}&page=2"),
    "path": moved(f"/y/{quote(CANARY, safe='')}"),
    "away": moved(f"https://{PIECE}.example.org/?api_key={quote(CANARY, safe='')}"),
    "broken": says(b"HTTP/1.1 200 OK\r\n" + CANARY.encode() + b"\r\n\r\n"),
    "hang-up": says(b""),
}


@pytest.mark.parametrize("key", [QUERY, HEADER], ids=["query", "header"])
@pytest.mark.parametrize("echo", ECHOES)
def test_no_key_comes_out(
    run,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    key: Key,
    echo: str,
):
    """Whatever a host does with the key, it is in nothing that an adapter, a log or a disk sees."""
    monkeypatch.setenv("DESK_TEST_KEY", CANARY)
    with caplog.at_level(logging.DEBUG):
        found = run(_asked(ECHOES[echo], key))
    carried = f"api_key={quote(CANARY, safe='')}" if key is QUERY else f"Bearer {CANARY}"
    assert carried in found["heads"][0].replace("authorization", "Authorization")
    shown = [str(found.get("answer", "")), found.get("trace", ""), str(found["state"]), caplog.text]
    shown += [str(record.__dict__) for record in caplog.records]
    shown += [one.line() + content.decode() for one, content in found["shelf"].kept]
    assert len(found["shelf"].kept) == 1
    for text in shown:
        # A host's name that merely holds a piece of the key is not the key.
        assert PIECE not in text.replace(f"{PIECE}.example.org", ""), text


def test_a_redirect_gets_the_key_anew(run, monkeypatch: pytest.MonkeyPatch):
    """A rename within the host is asked with the key, and told without it."""
    monkeypatch.setenv("DESK_TEST_KEY", CANARY)
    found = run(_asked(ECHOES["redirect"], QUERY))
    assert found["answer"].moved.endswith("/y?page=2")
    assert f"api_key={quote(CANARY, safe='')}" in found["heads"][1].split("\r\n")[0]


def test_an_answer_that_repeats_the_key_is_still_of_use(run, monkeypatch: pytest.MonkeyPatch):
    """The key is taken out, and what is left is JSON still."""
    monkeypatch.setenv("DESK_TEST_KEY", CANARY)
    for echo in ("plain", "escaped", "quoted", "packed"):
        assert "[key withheld]" in str(json.loads(run(_asked(ECHOES[echo], QUERY))["answer"].body))


def test_a_missing_key_is_one_line(run, monkeypatch: pytest.MonkeyPatch):
    """A required key that is not set: nothing is asked, and the line names the variable."""
    monkeypatch.delenv("DESK_TEST_KEY", raising=False)
    found = run(_asked(body(GOOD), QUERY))
    assert found["heads"] == []
    assert found["dark"].code == "no_key"
    assert "DESK_TEST_KEY is not set" in str(found["dark"])
    assert "\n" not in str(found["dark"])
    assert run(_asked(body(GOOD), HEADER))["answer"].body == GOOD


@pytest.mark.parametrize("value", ["ключ-ключ", "two\nlines", "tab\there", "nul\0byte", "ab", "  "])
def test_a_key_that_no_header_can_carry_is_refused(value: str):
    """Nothing in a key can write a header, or be found in every answer."""
    with pytest.raises(FeedDark) as dark:
        secret(QUERY, {"DESK_TEST_KEY": value})
    assert dark.value.code == "no_key"
    assert not value.strip() or value not in str(dark.value)


def test_a_wrong_key_is_one_line(run, monkeypatch: pytest.MonkeyPatch):
    """A refusal names the variable to look at, with a key and without one."""
    monkeypatch.setenv("DESK_TEST_KEY", "wrong-key")
    refused = says(full(b"{}", status="401 No"))
    assert "Check DESK_TEST_KEY." in str(run(_asked(refused, QUERY))["dark"])
    monkeypatch.delenv("DESK_TEST_KEY")
    assert "DESK_TEST_KEY is not set" in str(run(_asked(refused, HEADER))["dark"])


def test_a_contact_may_be_a_key(run, monkeypatch: pytest.MonkeyPatch):
    """SEC's User-Agent, a name and an address, comes from the environment alone."""
    contact = Key(env="WORKBENCH_CONTACT", header="User-Agent", prefix="workbench ", required=True)
    monkeypatch.setenv("WORKBENCH_CONTACT", "Ada Desk ada@example.org")
    (head,) = run(_asked(body(GOOD), contact))["heads"]
    agents = [one for one in head.split("\r\n") if one.lower().startswith("user-agent")]
    assert agents == ["User-Agent: workbench Ada Desk ada@example.org"]


def test_a_secret_does_not_show_itself():
    """A debugger's or a log's repr of it is blank."""
    assert CANARY not in repr(Secret(key=QUERY, value=CANARY))


def test_keys_are_read_nowhere_else():
    """Only the module of keys, and the client for its contact, reads the environment."""
    folder = Path(__file__).parents[3] / "workbench" / "world" / "http"
    readers = {path.name for path in folder.glob("*.py") if "environ" in path.read_text("utf-8")}
    assert readers <= {"keys.py", "client.py", "transport.py"}
