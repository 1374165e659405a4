"""Predictions compiled for the command line: one answer a text, one JSON line a line."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from workbench.domain.calendars import moment
from workbench.domain.english import compile_text, content
from workbench.domain.errors import ClaimRefused, ParamsError
from workbench.domain.instruments import Instrument


def answer(
    text: str,
    as_of: dt.datetime,
    table: Sequence[Instrument],
    timeframe: str = "",
    confidence: str = "",
) -> dict[str, Any]:
    """What a text compiles to, or why it does not.

    Returns:
        ``status`` (compiled or refused), ``claims`` with a probability ``p`` where one is stated
        and belongs to the claim, ``notes``, and ``reason``, ``code``, ``nearest`` of a refusal.
    """
    try:
        found = compile_text(text, as_of, table, timeframe=timeframe, confidence=confidence)
    except ClaimRefused as refused:
        return {"status": "refused", "claims": [], "notes": [], "reason": refused.reason,
                "code": refused.code, "nearest": refused.nearest}  # fmt: skip
    claims = [
        content(one, table) | ({"p": found.probability} if found.attaches == k else {})
        for k, one in enumerate(found.claims)
    ]
    return {"status": "compiled", "claims": claims, "notes": list(found.notes), "reason": "",
            "code": "", "nearest": ""}  # fmt: skip


def batch(path: Path, as_of: dt.datetime, table: Sequence[Instrument]) -> Iterator[dict[str, Any]]:
    """One answer for each line of a file, in order.

    Args:
        path: JSON lines with ``text``, and where they have them ``as_of``, ``timeframe`` and
            ``confidence``; blank lines are passed over.
        as_of: Moment of issue for lines that state none.
        table: The desk's instruments.

    Raises:
        ParamsError: A line is not a JSON object with a text, or its moment cannot be read; names
            the line. Nothing is answered then.
    """
    lines = path.read_text("utf-8-sig").splitlines()
    asked = [(k, _line(path, k, line)) for k, line in enumerate(lines, 1) if line.strip()]
    moments = [_moment(path, k, one.get("as_of"), as_of) for k, one in asked]
    for (_, one), when in zip(asked, moments, strict=True):
        beside = {name: str(one[name]) for name in ("timeframe", "confidence") if one.get(name)}
        yield answer(one["text"], when, table, **beside)


def block(answered: dict[str, Any]) -> str:
    """An answer as a block to read."""
    if answered["status"] == "refused":
        nearest = f" Nearest: {answered['nearest']}" if answered["nearest"] else ""
        return f"refused ({answered['code']}): {answered['reason']}{nearest}"
    lines = []
    for one in answered["claims"]:
        p = f", p = {one['p']:g}" if "p" in one else ""
        lines += [
            one["sentence"],
            f"  {one['kind']}, theme {one['theme']}, due {one['deadline']}{p}",
        ]
    return "\n".join([*lines, *(f"  note: {note}" for note in answered["notes"])])


def _line(path: Path, number: int, line: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except json.JSONDecodeError as error:
        raise ParamsError(f"{path.name}, line {number} is not JSON: {error.msg}.") from error
    if not isinstance(found, dict) or not isinstance(found.get("text"), str):
        raise ParamsError(f"{path.name}, line {number} is no object with a 'text'.")
    return found


def _moment(path: Path, number: int, stated: object, otherwise: dt.datetime) -> dt.datetime:
    if not stated:
        return otherwise
    try:
        return moment(re.sub(r"\s*UTC$", "Z", str(stated).strip()))
    except ParamsError as error:
        raise ParamsError(f"{path.name}, line {number}: {error}") from error
