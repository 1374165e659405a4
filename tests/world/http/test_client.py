"""What the one client sends, follows, reads and refuses, beyond the table of faults."""

import asyncio
import gzip
import zlib
from typing import Any

import pytest

from tests.bench.faults import GOOD, after, body, full, moved, says
from tests.bench.transport import LIMITS, PATIENT, serving
from workbench import __version__
from workbench.domain.errors import FeedDark
from workbench.world.http.answers import Key
from workbench.world.http.client import connected, user_agent
from workbench.world.http.limits import Limits, Pace

HTML = (
    b"<!DOCTYPE html><html><body>" + b"<p>Item 8.01 of a filing.</p>\n" * 90_000 + b"</body></html>"
)
FEED = b'<?xml version="1.0"?>\n<rss version="2.0"><channel/></rss>'


async def one(reply: Any, form: Any = "json", limits: Limits = PATIENT, **options: Any) -> Any:
    """The answer to one request, or the code of its refusal, and the heads that were sent."""
    async with serving({"x": reply}) as server, connected(limits) as client:
        try:
            return await client.ask(f"{server.base}/x", form=form, **options), server.heads
        except FeedDark as dark:
            return dark, server.heads


def code(found: tuple[Any, Any]) -> str:
    return getattr(found[0], "code", "")


def test_a_request_says_who_asks(run):
    """One User-Agent with the program's version; gzip only; no cookie; a connection of its own."""
    _, (head,) = run(one(body(GOOD)))
    lines = head.lower().split("\r\n")
    assert f"user-agent: workbench/{__version__}" in lines
    assert "accept-encoding: gzip" in lines
    assert "connection: close" in lines
    assert not [line for line in lines if line.startswith(("cookie", "authorization"))]


@pytest.mark.parametrize(
    ("contact", "told"),
    [
        ("desk@example.org", f"workbench/{__version__} (desk@example.org)"),
        ("", f"workbench/{__version__}"),
        ("two\r\nlines", f"workbench/{__version__}"),
        ("Zoë", f"workbench/{__version__}"),
        ("a) b", f"workbench/{__version__}"),
    ],
)
def test_a_contact_is_named_when_a_header_can_carry_it(contact: str, told: str):
    """WORKBENCH_CONTACT is added where it is set; nothing in it can write a header of its own."""
    assert user_agent({"WORKBENCH_CONTACT": contact}) == told


def test_an_adapter_has_headers_of_its_own(run):
    """An adapter's own headers are sent; those of the guards are not its to change."""
    given = {"User-Agent": "desk test", "Accept-Encoding": "br", "X-One": "1"}
    _, (head,) = run(one(body(GOOD), headers=given))
    assert "user-agent: desk test" in head.lower()
    assert "accept-encoding: gzip" in head.lower()
    assert "x-one: 1" in head.lower()


def test_no_cookie_is_kept(run):
    """A cookie that a host sets does not come back to it."""

    async def scene():
        replies = {"x": says(full(GOOD, Set_Cookie="id=1; Path=/"))}
        async with serving(replies) as server, connected(PATIENT) as client:
            for _ in range(2):
                await client.ask(f"{server.base}/x", form="json")
            return server.heads

    assert "cookie" not in run(scene())[1].lower()


def test_a_query_is_sent_and_told_in_order(run):
    """The same question has the same address, however an adapter words it."""

    async def scene():
        async with serving({"x": body(GOOD)}) as server, connected(PATIENT) as client:
            url = f"{server.base}/x"
            first = await client.ask(f"{url}?b=2&a=%5E1", form="json", query={"c": "é ,"})
            other = await client.ask(url, form="json", query={"c": "é ,", "b": "2", "a": "^1"})
            return first.url, other.url, server.asked

    first, other, asked = run(scene())
    assert first == other
    assert asked == ["/x?a=%5E1&b=2&c=%C3%A9%20%2C"] * 2


def test_a_post_carries_its_bytes(run):
    """A body makes a POST of JSON."""
    answer, (head,) = run(one(body(GOOD), body=b'{"method":"eth_feeHistory"}'))
    assert answer.body == GOOD
    assert head.startswith("POST /x ")
    assert "content-type: application/json" in head.lower()


# Redirects


def test_a_renamed_path_is_followed_and_told(run):
    """S40: a rename within the host is followed, and the record says where it led."""

    async def scene():
        replies = {"old": moved("/new?page=1", "301 Moved"), "new": body(GOOD)}
        async with serving(replies) as server, connected(PATIENT) as client:
            answer = await client.ask(f"{server.base}/old", form="json")
            return answer, server

    answer, server = run(scene())
    assert answer.url == f"{server.base}/old"
    assert answer.moved == f"{server.base}/new?page=1"
    assert answer.body == GOOD


@pytest.mark.parametrize(
    "to",
    [
        "https://127.0.0.1:{port}/y", "http://localhost:{port}/y", "//127.0.0.1:{other}/y", "",
        "http://127.0.0.1.example.org:{port}/y", "http://127.0.0.1:{port}@127.0.0.1:{other}/y",
        "javascript:alert(1)", "http://[::1", "http://10.0.0.1/", "http://127.0.0.1:99999/",
    ],
)  # fmt: skip
def test_no_redirect_leaves_the_host(run, to: str):
    """Another scheme, name, port or user is another host: nothing is asked there."""

    async def scene():
        async with (
            serving({"x": moved(to), "y": body(GOOD)}) as server,
            connected(PATIENT) as client,
        ):
            with pytest.raises(FeedDark) as dark:
                await client.ask(f"{server.base}/x", form="json")
            return dark.value.code, server.asked, server.reached

    assert run(scene()) == ("redirect", ["/x"], [])


def test_a_post_is_not_sent_twice_by_a_redirect(run):
    """What is posted goes to the address that was asked, and to no other."""
    found = run(one(moved("/x"), body=b"{}"))
    assert code(found) == "redirect"
    assert len(found[1]) == 1


# Forms


@pytest.mark.parametrize(
    ("form", "kind", "content", "expected"),
    [
        ("json", "application/json; charset=utf-8", b"{}", ""),
        ("json", "application/vnd.github+json", b"[]", ""),
        ("json", "text/html; charset=UTF-8", b'{"pager": 1}', ""),
        ("json", "text/plain", b" [1]", ""),
        ("json", "application/octet-stream", b"{}", ""),
        ("json", "text/html", b"<p>no</p>", "not_json"),
        ("json", "application/pdf", b"{}", "not_json"),
        ("json", "application/xml", b"<Error/>", "not_json"),
        ("json", "application/json", b"callback({})", "not_json"),
        ("json", "application/json", b"\x1f\x8b\x08\x00", "not_json"),
        ("csv", "text/csv", b"DATE,OPEN\n1,2\n", ""),
        ("csv", "application/octet-stream", b"DATE,OPEN\n", ""),
        ("csv", "text/html", b"<html>", "not_csv"),
        ("csv", "text/csv", b'{"error": 1}', "not_csv"),
        ("csv", "image/png", b"a,b\n", "not_csv"),
        ("xml", "application/rss+xml", FEED, ""),
        ("xml", "application/atom+xml", FEED, ""),
        ("xml", "text/html", FEED, ""),
        ("xml", "text/xml", b"<!-- x --><!DOCTYPE html><html/>", "not_xml"),
        ("xml", "text/xml", b"no feed today", "not_xml"),
        ("xml", "application/json", FEED, "not_xml"),
        ("html", "text/html", b"<DOCUMENT><TYPE>8-K", ""),
        ("html", "text/html", b"\x00\x01", "not_html"),
        ("html", "application/pdf", b"%PDF-1.7", "not_html"),
        ("html", "text/html", b'{"a": 1}', "not_html"),
        ("text", "text/markdown", b"# Title", ""),
        ("text", "text/plain", b"<h1 align=center>Title</h1>", ""),
        ("text", "text/plain", b"<!doctype html><html>", "not_text"),
        ("text", "text/plain", b"a\x00b", "not_text"),
    ],
)
def test_a_body_is_of_its_form(run, form: str, kind: str, content: bytes, expected: str):
    """Label and first bytes are held to the form; a common mislabel with the right bytes passes."""
    assert code(run(one(says(full(content, kind=kind)), form))) == expected


@pytest.mark.parametrize("form", ["csv", "text", "html"])
def test_what_has_no_end_of_its_own_must_be_told_its_length(run, form: str):
    """A table or text that a closed connection ends may have been cut off; gzip's end shows it."""
    content = b"DATE,VALUE\n2026-04-02,1\n"
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
    packed = head + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(content)
    chunked = head + b"Transfer-Encoding: chunked\r\n\r\n18\r\n" + content + b"\r\n0\r\n\r\n"
    assert code(run(one(says(head + b"\r\n" + content), form))) == "broken"
    assert run(one(says(packed), form))[0].body == content
    assert run(one(says(chunked), form))[0].body == content


# Sizes and packing


@pytest.mark.parametrize("encoding", ["", "gzip", "x-gzip", "deflate", "bare deflate", "members"])
def test_packed_bodies_are_unpacked(run, encoding: str):
    """gzip, in one member or several, and both things called deflate give the same bytes."""
    bare = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = {
        "": GOOD, "gzip": gzip.compress(GOOD), "x-gzip": gzip.compress(GOOD),
        "deflate": zlib.compress(GOOD), "bare deflate": bare.compress(GOOD) + bare.flush(),
        "members": gzip.compress(GOOD[:10]) + gzip.compress(GOOD[10:]),
    }[encoding]  # fmt: skip
    name = {"bare deflate": "deflate", "members": "gzip"}.get(encoding, encoding) or "identity"
    assert run(one(says(full(packed, Content_Encoding=name))))[0].body == GOOD


@pytest.mark.parametrize(
    ("content", "encoding", "expected"),
    [
        (gzip.compress(GOOD) + b"more", "gzip", "bad_encoding"),
        (gzip.compress(GOOD)[:-3], "gzip", "broken"),
        (gzip.compress(GOOD)[:-8] + b"\0" * 8, "gzip", "bad_encoding"),
        (gzip.compress(gzip.compress(GOOD)), "gzip", "not_json"),
        (zlib.compress(GOOD) + b"x", "deflate", "bad_encoding"),
        (GOOD, "br", "bad_encoding"),
        (gzip.compress(b""), "gzip", "empty"),
        (b"", "gzip", "empty"),
    ],
    ids=[
        "more",
        "cut",
        "false sum",
        "twice",
        "deflate and more",
        "unknown",
        "packed nothing",
        "nothing",
    ],
)
def test_bad_packing_is_refused(run, content: bytes, encoding: str, expected: str):
    """Garbage behind the end, a wrong checksum and a packing not asked for are refused."""
    assert code(run(one(says(full(content, Content_Encoding=encoding))))) == expected


@pytest.mark.parametrize("packed", [True, False])
def test_a_huge_filing_is_cut_and_says_so(run, packed: bool):
    """S42: prose beyond the cap ends there, marked; the same as JSON is refused, unread."""
    content = gzip.compress(HTML) if packed else HTML
    encoding = "gzip" if packed else "identity"
    # The paragraphs of this one repeat, so that it packs better than a filing does.
    reply = says(full(content, kind="text/html", Content_Encoding=encoding))
    answer, _ = run(one(reply, "html"))
    if packed:
        assert answer.code == "too_large"
    else:
        assert (answer.cut, len(answer.body)) == (True, PATIENT.body)
        assert HTML.startswith(answer.body)
    assert code(run(one(reply, "json"))) in {"too_large", "not_json"}


def test_a_packed_filing_is_cut_like_any_other(run):
    """A filing that packs to a tenth is no bomb, and ends at the cap."""
    rows = b"".join(
        b"<tr><td>%08x</td></tr>\n" % (n * 2_654_435_761 % 2**32) for n in range(60_000)
    )
    filing = b"<html><table>" + rows
    reply = says(full(gzip.compress(filing), kind="text/html", Content_Encoding="gzip"))
    answer, _ = run(one(reply, "html"))
    assert answer.cut
    assert answer.body == filing[: PATIENT.body]


def test_a_body_of_just_the_cap_is_whole(run):
    """The cap is the most that is read, not the least that is refused."""
    exact = b"[" + b" " * (PATIENT.body - 2) + b"]"
    assert run(one(body(exact)))[0].body == exact
    assert code(run(one(body(exact + b" ")))) == "too_large"


# Statuses


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("201 Created", "status"), ("206 Partial", "status"), ("304 Not Modified", "status"),
        ("400 Bad", "status"), ("401 No", "denied"), ("403 No", "denied"), ("404 No", "not_found"),
        ("410 Gone", "not_found"), ("429 No", "limited"), ("451 No", "denied"),
        ("500 No", "unavailable"), ("502 No", "unavailable"), ("599 No", "unavailable"),
        ("101 Switching", "broken"),
    ],
)  # fmt: skip
def test_a_status_is_an_answer_or_a_reason(run, status: str, expected: str):
    """Only 200 is an answer; every other status is told by its kind."""
    dark, _ = run(one(says(full(b"{}", status=status))))
    assert dark.code in {expected, "status"}
    assert dark.code == expected or status.startswith("101")


def test_304_is_an_answer_to_who_asked_for_it(run):
    """An adapter that sent If-None-Match hears that nothing changed."""
    reply = says(b'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\n\r\n')
    answer, _ = run(one(reply, headers={"If-None-Match": '"a"'}))
    assert (answer.status, answer.body, answer.headers["etag"]) == (304, b"", '"a"')


def test_what_an_error_says_is_quoted_plainly(run):
    """A JSON error's own words help a person; markup and a second line do not come with them."""
    said = b'{"error_code":400,"error_message":"Bad <b>Request</b>.\\nUnknown series \\u202eX"}'
    dark, _ = run(one(says(full(said, status="400 Bad"))))
    assert "Bad b Request /b . Unknown series X" in str(dark)
    assert "<" not in str(dark)
    assert "\n" not in str(dark)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (
            '{"error_code":400,"error_message":"Bad Request.  The series does not exist."}',
            "not_found",
        ),
        ('{"a":{"result":null,"error":{"description":"Unknown symbol"}}}', "not_found"),
        ('{"error_message":"The value for variable api_key is not registered."}', "denied"),
        ('{"error_message":"Bad Request. Variable limit is not between 1 and 100."}', "status"),
        ("Unknown", "status"),
        ('{"message": {"a": ["not found"]}}', "status"),
        ("[" * 5_000, "status"),
    ],
)
def test_a_400_may_say_which_mistake_it_is(
    run, monkeypatch: pytest.MonkeyPatch, said: str, expected: str
):
    """An unknown series and a wrong key are told apart where a source answers 400 to both."""
    monkeypatch.setenv("DESK_TEST_KEY", "not-registered")
    key = Key(env="DESK_TEST_KEY", query="api_key")
    dark, _ = run(one(says(full(said.encode(), status="400 Bad")), key=key))
    assert dark.code == expected
    assert ("Check DESK_TEST_KEY." in str(dark)) == (expected != "not_found")


def test_an_error_whose_body_hangs_still_says_what_it_is(run):
    """A 429 is known from its head: its Retry-After is not lost to a body that never comes."""
    head = "HTTP/1.1 429 No\r\nRetry-After: 60\r\nContent-Length: 100\r\n\r\n"

    async def hang(_link: object) -> None:
        await asyncio.sleep(3)

    dark, _ = run(one(after(head, hang), limits=LIMITS))
    assert dark.code == "limited"
    assert dark.retry_at


# Addresses


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/x", "ftp://127.0.0.1/x", "file:///etc/passwd", "x", "", "https://",
        "https://user:hunter2@example.org/", "https://example.org:port/", "https://exa mple.org/",
        "https://[::1", "http://10.0.0.1/x", "https://example.org/\r\nX: 1", "http://localhost.example.org/",
    ],
)  # fmt: skip
def test_only_https_or_this_machine_is_asked(run, url: str):
    """Nothing travels unencrypted but on loopback, and no address holds a password."""

    async def scene():
        async with connected(PATIENT) as client:
            with pytest.raises(FeedDark) as dark:
                await client.ask(url, form="json")
            return dark.value

    dark = run(scene())
    assert dark.code == "bad_address"
    assert "hunter2" not in str(dark)


def test_nobody_there_is_a_reason(run):
    """A refused connection and an unusable proxy are one line each."""

    async def scene():
        async with serving({"x": body(GOOD)}) as server:
            base = server.base
        async with connected(PATIENT) as client:
            with pytest.raises(FeedDark) as dark:
                await client.ask(f"{base}/x", form="json")
            return dark.value.code

    assert run(scene()) == "no_connection"


def test_the_proxy_of_the_environment_serves_https_only(run, monkeypatch: pytest.MonkeyPatch):
    """https goes through HTTPS_PROXY as a tunnel; this machine is asked directly."""

    async def scene():
        async with serving({"x": body(GOOD)}) as proxy, serving({"x": body(GOOD)}) as server:
            monkeypatch.setenv("HTTPS_PROXY", proxy.base)
            monkeypatch.setenv("HTTP_PROXY", proxy.base)
            async with connected(PATIENT) as client:
                await client.ask(f"{server.base}/x", form="json")
                direct = list(proxy.asked)
                with pytest.raises(FeedDark) as dark:
                    await client.ask("https://feeds.example.org/x", form="json")
            return direct, [head.split("\r\n")[0] for head in proxy.heads], dark.value.code

    direct, tunnels, refused = run(scene())
    assert direct == []
    assert set(tunnels) == {"CONNECT feeds.example.org:443 HTTP/1.1"}
    assert refused in {"no_connection", "broken"}


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1", "http://", "https:///x"])
def test_a_proxy_that_cannot_be_used_is_a_reason(run, monkeypatch: pytest.MonkeyPatch, proxy: str):
    """A kind of proxy that is not spoken is told, without its address."""
    monkeypatch.setenv("HTTPS_PROXY", proxy)

    async def scene():
        async with connected(PATIENT) as client:
            with pytest.raises(FeedDark) as dark:
                await client.ask("https://feeds.example.org/x", form="json")
            return dark.value

    dark = run(scene())
    assert dark.code == "no_connection"
    assert "HTTPS_PROXY" in str(dark)


# Retries


def test_one_retry_helps(run):
    """A host that fails once and answers then has answered; it was asked twice."""
    asked = []

    async def reply(link: Any) -> None:
        asked.append(1)
        await link.send(full(b"no", status="503 No") if len(asked) == 1 else full(GOOD))

    assert run(one(reply))[0].body == GOOD
    assert len(asked) == 2


def test_a_wait_that_fits_is_waited(run):
    """A Retry-After of a second is kept within the deadline; a longer one is not waited for."""
    asked = []

    async def reply(link: Any) -> None:
        asked.append(asyncio.get_running_loop().time())
        late = full(b"{}", status="429 No", Retry_After="1")
        await link.send(late if len(asked) == 1 else full(GOOD))

    roomy = Limits(deadline=4.0, backoff=0.02)
    assert run(one(reply, limits=roomy))[0].body == GOOD
    assert asked[1] - asked[0] >= 1.0
    asked.clear()
    assert code(run(one(reply, limits=LIMITS))) == "limited"
    assert len(asked) == 1


# Paces


def test_a_host_is_asked_at_its_pace(run):
    """Requests that are made at once start apart from each other, and few at a time."""
    under_way, most = [], []

    async def reply(link: Any) -> None:
        under_way.append(1)
        most.append(len(under_way))
        await asyncio.sleep(0.08)
        under_way.pop()
        await link.send(full(GOOD))

    async def scene():
        paces = {"127.0.0.1": Pace(every=0.04, at_once=2)}
        async with serving({"x": reply}) as server, connected(PATIENT, paces=paces) as client:
            began = asyncio.get_running_loop().time()
            await asyncio.gather(*(client.ask(f"{server.base}/x", form="json") for _ in range(6)))
            return asyncio.get_running_loop().time() - began

    assert run(scene()) >= 0.2
    assert max(most) <= 2


def test_who_waits_too_long_is_told(run):
    """A queue has an end: what cannot be asked in time is refused before it is asked."""

    async def scene():
        paces = {"127.0.0.1": Pace(every=5.0, at_once=4)}
        short = Limits(deadline=0.5, queue=0.1)
        async with serving({"x": body(GOOD)}) as server, connected(short, paces=paces) as client:
            asks = (client.ask(f"{server.base}/x", form="json") for _ in range(3))
            found = await asyncio.gather(*asks, return_exceptions=True)
            return sorted(getattr(one, "code", "") for one in found), server.asked

    assert run(scene()) == (["", "queue", "queue"], ["/x"])


def test_waiting_for_a_turn_is_not_the_hosts_delay(run):
    """The deadline begins when a request starts: a long queue makes no timeout."""

    async def scene():
        paces = {"127.0.0.1": Pace(every=0.15, at_once=4)}
        limits = Limits(deadline=0.3, queue=5.0)
        async with serving({"x": body(GOOD)}) as server, connected(limits, paces=paces) as client:
            asks = (client.ask(f"{server.base}/x", form="json") for _ in range(6))
            return [answer.body for answer in await asyncio.gather(*asks)]

    assert run(scene()) == [GOOD] * 6


@pytest.mark.parametrize(
    "options", [{"deadline": 0.0}, {"deadline": float("inf")}, {"body": 0}, {"backoff": -1.0}]
)
def test_limits_have_limits(options: dict[str, Any]):
    """Limits under which nothing ends, or nothing could be asked, are no limits."""
    with pytest.raises(ValueError, match=r"needed|finite"):
        Limits(**options)
