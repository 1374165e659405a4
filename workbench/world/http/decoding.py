"""Bytes to objects, without the liberties that the usual parsers take.

What is not wholly and unmistakably of its form is a ``FeedDark``; numbers are those that were
written, or there is none. A byte order mark at the start is let by.
"""

from __future__ import annotations

import asyncio
import csv
import io
import json
import math
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn, ParamSpec, TypeVar

from workbench.domain.errors import FeedDark

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

DIGITS = 400  # of one number; a balance in wei has 78 at most, a float's shortest form 25
DEPTH = 100  # of nesting; real answers have about ten
APART = 50_000  # bytes, read in a few milliseconds
_BOM = b"\xef\xbb\xbf"
_P = ParamSpec("_P")
_T = TypeVar("_T")


async def apart(read: Callable[_P, _T], *args: _P.args, **named: _P.kwargs) -> _T:
    """What a function makes of its arguments, the first of which is what it reads.

    Anything but a short body is read beside the event loop, so that other feeds and their deadlines
    go on; what is read is the same.
    """
    if isinstance(args[0], bytes) and len(args[0]) <= APART:
        return read(*args, **named)
    return await asyncio.to_thread(read, *args, **named)


def as_json(body: bytes) -> Any:
    """The object that a JSON document spells.

    Text that looks like a number stays text.

    Raises:
        FeedDark: ``not_json``: not UTF-8, not exactly one document, NaN or Infinity, a number out
            of range or absurdly long, a name given twice, nested too deep, half a character.
    """
    try:
        text = _text(body)
        found = json.loads(
            text, parse_constant=_constant, parse_float=_float, parse_int=_int,
            object_pairs_hook=_distinct,
        )  # fmt: skip
        _shallow(found)
        if "\\ud" in text.lower():
            json.dumps(found, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise FeedDark("not_json", "The JSON holds half a character (a lone surrogate).") from None
    except RecursionError:
        raise FeedDark("not_json", f"The JSON is nested deeper than {DEPTH}.") from None
    except ValueError as error:
        raise FeedDark("not_json", f"The body is not JSON that can be used: {error}.") from None
    return found


def as_csv(body: bytes, delimiter: str = ",") -> list[dict[str, str]]:
    """The rows of a table whose first line names its columns.

    Returns:
        One mapping of column to text for each row, in order; empty for a header alone.

    Raises:
        FeedDark: ``not_csv``: not UTF-8, an empty or repeated column name, a row of another
            length than the header, or a quote that never ends.
    """
    try:
        lines = csv.reader(io.StringIO(_text(body), newline=""), delimiter=delimiter, strict=True)
        rows = [(lines.line_num, row) for row in lines if row]
    except (ValueError, csv.Error) as error:
        raise FeedDark("not_csv", f"The body is no table: {error}.") from None
    if not rows:
        raise FeedDark("not_csv", "The body is no table: it has no header.")
    header = [name.strip() for name in rows[0][1]]
    if not all(header) or len(set(header)) != len(header):
        raise FeedDark("not_csv", "The header names a column twice, or one without a name.")
    for line, row in rows[1:]:
        if len(row) != len(header):
            raise FeedDark(
                "not_csv", f"Line {line} has {len(row)} fields, and the header {len(header)}."
            )
    return [dict(zip(header, row, strict=True)) for _, row in rows[1:]]


def as_xml(body: bytes) -> Element:
    """The root of an XML document.

    Raises:
        FeedDark: ``not_xml``: not well-formed, with entities of its own or from elsewhere, or
            nested too deep.
    """
    from xml.etree.ElementTree import ParseError

    import defusedxml
    from defusedxml import ElementTree

    try:
        root: Element = ElementTree.fromstring(body)
    except (ParseError, defusedxml.DefusedXmlException, ValueError, LookupError) as error:
        raise FeedDark(
            "not_xml", f"The body is not XML that can be used ({type(error).__name__})."
        ) from None
    level, depth = [root], 0
    while level:
        level, depth = [child for one in level for child in one], depth + 1
        if depth > DEPTH:
            raise FeedDark("not_xml", f"The XML is nested deeper than {DEPTH}.")
    return root


def as_text(body: bytes, encoding: str = "utf-8") -> str:
    """The text of a body.

    Raises:
        FeedDark: ``not_text``: not in that encoding, or with control characters in it.
    """
    try:
        text = body.removeprefix(_BOM).decode(encoding)
    except (ValueError, LookupError) as error:
        raise FeedDark("not_text", f"The body is not {encoding} text: {_plain(error)}.") from None
    if re.search(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]", text):
        raise FeedDark("not_text", "The body holds control characters, so it is no text.")
    return text


def _text(body: bytes) -> str:
    try:
        return body.removeprefix(_BOM).decode()
    except UnicodeDecodeError as error:
        raise ValueError(_plain(error)) from None


def _plain(error: Exception) -> str:
    """Where decoding failed, without the bytes."""
    if isinstance(error, UnicodeDecodeError):
        return f"byte {error.start} is not {error.encoding}"
    return "no such encoding"


def _constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON number")


def _float(digits: str) -> float:
    value = float(digits) if len(digits) <= DIGITS else math.inf
    written = re.search(r"[1-9]", digits.lower().partition("e")[0])
    # 1e-999 is not 0, as 1e999 is not the largest number.
    if not math.isfinite(value) or (written and value == 0):
        raise ValueError(f"the number {digits[:20]} is out of range")
    return value


def _int(digits: str) -> int:
    if len(digits) > DIGITS:
        raise ValueError(f"a number has {len(digits)} digits")
    return int(digits)


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name is given twice in one object")
    return found


def _shallow(found: object) -> None:
    level, depth = [found], 0
    while level:
        level = [
            child
            for one in level
            if isinstance(one, dict | list)
            for child in (one.values() if isinstance(one, dict) else one)
            if isinstance(child, dict | list)
        ]
        depth += 1
        if depth > DEPTH:
            raise RecursionError
