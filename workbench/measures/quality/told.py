"""What follows from flags: what no claim may use, and the words for it."""

from __future__ import annotations

from collections.abc import Iterable

from workbench.domain.records import Flag


def reason(found: Iterable[Flag], symbol: str, otherwise: str) -> str:
    """What was seen by the flag that hides a series or its close; ``otherwise`` without one."""
    grave = (f for f in found if f.series == symbol and f.severity != "note")
    return next((flag.seen for flag in grave if flag.field in {"", "close"}), otherwise)


def withheld(found: Iterable[Flag]) -> frozenset[str]:
    """Symbols that no claim may use now: dark, or with their close withheld."""
    return frozenset(
        flag.series
        for flag in found
        if flag.severity == "dark" or (flag.severity == "withheld" and flag.field == "close")
    )
