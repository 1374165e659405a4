"""Faults of a source of the made-up world: what it answers instead of the truth.

``refuse`` listens to nobody, ``hang`` never answers, ``big`` sends 30 MB; the others change an
answer in the way that its name says, whatever its format is. ``unit`` says another currency or
unit where an answer says one, and other numbers with it, so that one that is stored shows.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from tests.bench.served import Reply

BIG = 30_000_000
_HTML = {"Content-Type": "text/html"}
_PAGE = b"<!DOCTYPE html><html><head><title>One moment</title></head><body>Checking</body></html>"


def _values(node: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(node, dict):
        return {key: _values(value, change) for key, value in node.items()}
    if isinstance(node, list):
        return [_values(one, change) for one in node]
    return change(node)


def _renamed_keys(node: Any) -> Any:
    if isinstance(node, dict):
        return {f"{key}_v2": _renamed_keys(value) for key, value in node.items()}
    return [_renamed_keys(one) for one in node] if isinstance(node, list) else node


def _emptied(node: Any) -> Any:
    if isinstance(node, dict):
        return {
            key: type(value)() if isinstance(value, dict | list) else value
            for key, value in node.items()
        }
    return [] if isinstance(node, list) else node


def _is_number(value: Any) -> bool:
    if isinstance(value, str):
        return bool(re.fullmatch(r"-?[\d.]+|0x[0-9a-f]{1,16}", value))
    return isinstance(value, int | float) and not isinstance(value, bool)


def _wordy(value: Any) -> Any:
    return "n/a, see page" if _is_number(value) else value


def _missing(value: Any) -> Any:
    return None if _is_number(value) else value


def _as_json(change: Callable[[Any], Any]) -> Callable[[bytes], bytes]:
    return lambda body: json.dumps(change(json.loads(body))).encode()


def _cells(change: Callable[[list[list[str]]], list[list[str]]]) -> Callable[[bytes], bytes]:
    def made(body: bytes) -> bytes:
        text = io.StringIO()
        csv.writer(text).writerows(change(list(csv.reader(io.StringIO(body.decode())))))
        return text.getvalue().encode()

    return made


def _head(rows: list[list[str]]) -> int:
    """The line of a file that names its columns: the first of the most cells."""
    return max(range(min(8, len(rows))), key=lambda n: len(rows[n]))


def _beheaded(rows: list[list[str]]) -> list[list[str]]:
    at = _head(rows)
    return [*rows[:at], [f"{one}_v2" for one in rows[at]], *rows[at + 1 :]]


def _in_cells(change: Callable[[Any], Any]) -> Callable[[list[list[str]]], list[list[str]]]:
    return lambda rows: [[change(one) if _is_number(one) else one for one in row] for row in rows]


_CHANGES: Mapping[str, tuple[Callable[[bytes], bytes], ...]] = {  # of JSON, CSV, XML
    "empty": (
        _as_json(_emptied),
        _cells(lambda rows: rows[: _head(rows) + 1]),
        lambda body: re.sub(rb"<(item|nonDerivativeTable|issuer)>.*</\1>", b"", body, flags=re.S),
    ),
    "renamed": (
        _as_json(_renamed_keys),
        _cells(_beheaded),
        lambda body: re.sub(rb"<(/?)(item|title|issuer)\b", rb"<\1\2-v2", body),
    ),
    "wordy": (
        _as_json(lambda node: _values(node, _wordy)),
        _cells(_in_cells(_wordy)),
        lambda body: re.sub(rb"(<pubDate>|<value>)[^<]*", rb"\1n/a, see page", body),
    ),
    "blank": (
        _as_json(lambda node: _values(node, _missing)),
        _cells(_in_cells(lambda _one: "")),
        lambda body: re.sub(rb"(<pubDate>|<value>|<title>)[^<]*", rb"\1", body),
    ),
}
NAMES = (
    "refuse", "hang", "error", "denied", "html", "nothing", "cut", "big", *_CHANGES, "unit",
)  # fmt: skip
# What an answer says of its currency or unit, and what it would say of another: the first counts.
_LABELS = (
    (rb'("currency": )"USD"', rb'\1"GBp"'),
    (rb'("units": )"(?!lin")[^"]*"', rb'\1"Euro"'),
    (rb'("units": )"lin"', rb'\1"pch"'),
    (rb'("category": )"inverse"', rb'\1"linear"'),
    (rb'"(BTC|ETH|SOL)-PERPETUAL"', rb'"\1_USDC-PERPETUAL"'),
    (rb'(?<=[A-Z])USD"', rb'EUR"'),
    (rb'_usd"', rb'_eur"'),
    (rb'_dollars"', rb'_euros"'),
    (rb'": "\$(?=\d)', '": "€'.encode()),
    (rb'"FutOnly"', rb'"Combined"'),
    (rb'"result": "0x1"', rb'"result": "0x89"'),
    (rb"Weight \(%\)", rb"Weight (bps)"),
)
_AMOUNT = re.compile(rb'(?<![\w.:-])\d+\.\d+(?![\w.:-])|(?<=")\d{5,7}(?=")')


def _other_unit(body: bytes) -> bytes:
    for label, other in _LABELS:
        found, times = re.subn(label, other, body)
        if times:
            return _AMOUNT.sub(lambda one: b"%.6g" % (float(one[0]) * 0.9), found)
    return body


def spoilt(fault: str, reply: Reply) -> Reply:
    """The answer with a fault; refusing and hanging are the server's own."""
    match fault:
        case "error":
            return Reply(body=b'{"message": "Internal Server Error"}', status=500)
        case "denied":
            return Reply(body=b'{"message": "Invalid credentials"}', status=401)
        case "html":
            return Reply(body=_PAGE, headers=_HTML)
        case "nothing":
            return Reply(body=b"", headers=reply.headers)
        case "cut":
            return Reply(body=reply.body[: len(reply.body) // 2], headers=reply.headers)
        case "big":
            return Reply(body=reply.body + b" " * BIG, headers=reply.headers)
    if fault == "unit" and reply.status == 200:
        return Reply(body=_other_unit(reply.body), headers=reply.headers)
    if fault not in NAMES:
        raise ValueError(f"{fault!r} is none of {', '.join(NAMES)}.")
    if reply.status != 200:
        return reply
    as_json, as_csv, as_xml = _CHANGES[fault]
    kind = reply.headers.get("Content-Type", "")
    change = as_json if "json" in kind else as_csv if "csv" in kind else as_xml
    return Reply(body=change(reply.body), headers=reply.headers)
