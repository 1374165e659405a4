"""Bytes to objects: what is not wholly of its form is refused, and no number is made up."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.domain.errors import FeedDark
from workbench.world.http.decoding import DEPTH, DIGITS, as_csv, as_json, as_text, as_xml

WIRE = Path(__file__).parents[4] / "shared" / "data" / "wire"


def refused(decode: Any, body: bytes) -> str:
    with pytest.raises(FeedDark) as dark:
        decode(body)
    assert "\n" not in str(dark.value)
    return dark.value.code


@pytest.mark.parametrize(
    "body",
    [
        b"", b" ", b"nul", b'{"a":NaN}', b"[Infinity]", b"[-Infinity]", b"[1e999]", b"[-1e999]",
        b"[1e-999]", b"[0.0000001e-400]", b'{"a":1,"a":1}', b'[{"a":{"b":1,"b":2}}]',
        b"[" + b"9" * (DIGITS + 1) + b"]", b"[0." + b"1" * DIGITS + b"]", b"[" * 100_000,
        b"[" * (DEPTH + 1) + b"]" * (DEPTH + 1), b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
        b"{}{}", b"{} x", b"{}<!-- -->", b"[1,]", b"{'a':1}", b"[01]", b"[+1]", b"[.5]", b"[1.]",
        b"// x\n{}", b'"\xff"', b'"\xc0\xaf"', b'"\xed\xa0\x80"', b'["\\ud800"]',
        b'{"\\udfff":1}', b'["\\ud800\\u0041"]', b'["a\nb"]', b'["\x00"]',
        b"\xff\xfe[\x001\x00]\x00",
        b"\xef\xbb\xbf\xef\xbb\xbf{}", b"[True]", b"[0x10]", b"[1_000]", "[١]".encode(),
    ],
)  # fmt: skip
def test_what_is_not_json_is_refused(body: bytes):
    """No NaN, no infinity, no overflow or underflow, no name twice, one document, UTF-8."""
    assert refused(as_json, body) == "not_json"


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b"\xef\xbb\xbf[1]", [1]), (b" [1]\n", [1]), (b'["1,234.5", "0.1"]', ["1,234.5", "0.1"]),
        (b"[0.0, 0e5, -0.0, 0E-999]", [0.0, 0.0, 0.0, 0.0]), (b"null", None),
        (b"[5e-324, 1.7976931348623157e308]", [5e-324, 1.7976931348623157e308]),
        (b'["\\ud83d\\ude00"]', ["\U0001f600"]), (b'["\\\\ud800"]', ["\\ud800"]),
        (b"[" + b"9" * 78 + b"]", [10**78 - 1]), (b'{"a":{"a":1}}', {"a": {"a": 1}}),
        (b"[" * DEPTH + b"]" * DEPTH, None),
    ],
)  # fmt: skip
def test_json_is_what_was_written(body: bytes, found: object):
    """Text that looks like a number stays text, numbers are exact, a byte order mark is let by."""
    assert as_json(body) == found or body.startswith(b"[[")


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
)  # fmt: skip


@settings(max_examples=60)
@given(_JSON, st.booleans())
def test_whatever_is_json_is_read(value: object, ascii_only: bool):
    """Agreement with the standard encoder on every value that JSON can hold."""
    assert as_json(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


@given(
    st.binary(max_size=60) | st.text(alphabet='[]{}",:0123456789.eE+-\\u tfnNaI').map(str.encode)
)
def test_nothing_else_is_raised(body: bytes):
    """Any bytes at all are an object or one kind of error, and no number is without end."""
    for decode in (as_json, as_csv, as_xml, as_text):
        try:
            found = decode(body)
        except FeedDark:
            continue
        if decode is as_json:
            assert math.isfinite(found if isinstance(found, float) else 0)


# Tables


def test_a_table_is_text():
    """Numbers stay as written; a blank is an empty text; the header's spaces are not its names'."""
    body = b"\xef\xbb\xbfDATE, VALUE\r\n2026-04-02,4.31\r\n2026-04-03,.\r\n\r\n2026-04-06,\r\n"
    assert as_csv(body) == [
        {"DATE": "2026-04-02", "VALUE": "4.31"},
        {"DATE": "2026-04-03", "VALUE": "."},
        {"DATE": "2026-04-06", "VALUE": ""},
    ]
    assert as_csv(b"a;b\n1;2", delimiter=";") == [{"a": "1", "b": "2"}]
    assert as_csv(b'a,b\n"x\ny",2\n') == [{"a": "x\ny", "b": "2"}]
    assert as_csv(b"a,b\n") == []


@pytest.mark.parametrize(
    "body",
    [
        b"", b"\n\n", b"a,a\n1,2\n", b"a,\n1,2\n", b"a,b\n1\n", b"a,b\n1,2,3\n", b'a,b\n"1,2\n',
        b'a,b\n"1"x,2\n', b"a,b\n\xff,2\n", b"a,b\n1,2\n<html>\n", b"a\n" + b"x" * 200_000,
    ],
)  # fmt: skip
def test_what_is_no_table_is_refused(body: bytes):
    """A ragged row, a name twice or none, an open quote: the whole table is in doubt."""
    assert refused(as_csv, body) == "not_csv"


# Markup and text


def test_xml_is_read():
    """A feed's elements, in the encoding that it declares."""
    body = '<?xml version="1.0" encoding="ISO-8859-1"?><rss><title>Zoë</title></rss>'.encode(
        "latin-1"
    )
    assert as_xml(body).findtext("title") == "Zoë"


@pytest.mark.parametrize(
    "body",
    [
        b"", b"<a>", b"<a/><b/>", b"<a>&nbsp;</a>", b"<a>\xff</a>",
        b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        b'<!DOCTYPE l [<!ENTITY a "b"><!ENTITY c "&a;&a;&a;">]><l>&c;</l>',
        b'<?xml version="1.0" encoding="nonsense"?><a/>',
        b"<a>" * 5_000 + b"</a>" * 5_000,
    ],
)  # fmt: skip
def test_what_is_no_xml_is_refused(body: bytes):
    """No entity, of its own or from a file, and no nesting that a reader would fall into."""
    assert refused(as_xml, body) == "not_xml"


def test_text_is_text():
    """Strict in its encoding; a byte order mark is not part of it."""
    assert as_text(b"\xef\xbb\xbfItem 8.01\n") == "Item 8.01\n"
    assert as_text("Zoë".encode("latin-1"), "latin-1") == "Zoë"
    for body in (b"\xff", b"a\x00b", b"\x1b\x07"):
        assert refused(as_text, body) == "not_text"
    assert refused(lambda body: as_text(body, "no-such"), b"a") == "not_text"


# Recordings


@pytest.mark.skipif(not WIRE.is_dir(), reason="the recorded bodies are not here")
def test_real_bodies_are_read():
    """What real sources answered is let by: strictness costs nothing."""
    found = {".json": 0, ".csv": 0}
    for path in WIRE.rglob("*"):
        if path.suffix in found:
            (as_json if path.suffix == ".json" else as_csv)(path.read_bytes())
            found[path.suffix] += 1
    assert found[".json"] > 200
    assert found[".csv"] >= 5
