"""Predictions compiled for the command line: one answer a text, one JSON line a line."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from workbench.domain.calendars import moment
from workbench.domain.claims import Claim
from workbench.domain.english import compile_text, content
from workbench.domain.errors import ClaimRefused, ParamsError
from workbench.domain.instruments import Instrument

Odds = Callable[[Claim], dict[str, float]]


def answer(
    text: str,
    as_of: dt.datetime,
    table: Sequence[Instrument],
    timeframe: str = "",
    confidence: str = "",
    odds: Odds | None = None,
) -> dict[str, Any]:
    """What a text compiles to, or why it does not.

    Args:
        text: A prediction.
        as_of: Moment of issue.
        table: Instruments that it may name.
        timeframe: A horizon stated beside the text.
        confidence: A probability stated beside it.
        odds: Asked of each claim: what forecasters say of it.

    Returns:
        ``status`` (compiled or refused), ``claims`` with a probability ``p`` where one is stated
        and belongs to the claim, ``notes``, and ``reason``, ``code``, ``nearest`` of a refusal.
        With ``odds`` each claim has them, forecaster to probability, or ``no_odds``, why not.
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
    if odds is not None:
        beside = [_odds(claim, odds) for claim in found.claims]
        claims = [one | more for one, more in zip(claims, beside, strict=True)]
    return {"status": "compiled", "claims": claims, "notes": list(found.notes), "reason": "",
            "code": "", "nearest": ""}  # fmt: skip


def _odds(claim: Claim, odds: Odds) -> dict[str, Any]:
    try:
        return {"odds": odds(claim)}
    except ClaimRefused as refused:
        return {"no_odds": refused.reason}


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
        timeframe, confidence = (str(one.get(name) or "") for name in ("timeframe", "confidence"))
        yield answer(one["text"], when, table, timeframe, confidence)


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
            *(f"  {who:<15} {share:6.1%}" for who, share in one.get("odds", {}).items()),
            *([f"  no odds: {one['no_odds']}"] if "no_odds" in one else []),
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
