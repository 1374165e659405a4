"""What one dispatch can say: findings, words, and which circumstances hold.

A finding is a number, or a quotation with numbers in it, and carries its source; words hold no
figure. ``steps.tape`` gathers them from the market, ``steps.said`` from the ledger.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from workbench.domain.records import Finding

Number = Callable[[str, float, str, str], None]
Quote = Callable[[str, str, str], None]

_UP = {"moved": "up", "fell": "rose", "gained": "gained"}
_DOWN = {"moved": "down", "fell": "fell", "gained": "lost"}
_FLAT = {"moved": "unchanged at", "fell": "moved", "gained": "moved"}
_COUNT = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything that the writer may use.

    Attributes:
        findings: Name to number or quotation with its source.
        words: Name to text without figures.
        has: Names of the circumstances that hold; they choose the slots of the voice.
    """

    findings: dict[str, Finding] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)
    has: set[str] = field(default_factory=set)

    def numbers(self, source: str, of: str) -> Number:
        """A function that adds (name, value, shown, meaning) from this source as of then."""

        def add(name: str, value: float, shown: str, meaning: str) -> None:
            self._add(name, float(value), shown, meaning, source, of)

        return add

    def quotes(self, source: str, of: str) -> Quote:
        """A function that adds (name, text, meaning): words of a record, numbers included."""

        def add(name: str, text: str, meaning: str) -> None:
            self._add(name, None, text, meaning, source, of)

        return add

    def _add(
        self, name: str, value: float | None, shown: str, meaning: str, source: str, of: str
    ) -> None:
        text = re.sub(r"(?<!\w)-(?=\d)", "\N{MINUS SIGN}", shown)
        self.findings[name] = Finding(
            name=name, value=value, text=text, meaning=meaning, source=source, as_of=of
        )

    def change(self, add: Number, name: str, change: float, meaning: str) -> None:
        """Adds a change as its size, as ``name_signed``, and as verbs ``name_moved`` and so on."""
        add(name, change, f"{100 * abs(change):.2f}%", f"{meaning}, size")
        add(f"{name}_signed", change, f"{100 * change:+.2f}%", meaning)
        verbs = _UP if change > 0 else _DOWN if change < 0 else _FLAT
        self.words.update({f"{name}_{form}": verb for form, verb in verbs.items()})


def share(p: float) -> str:
    """A probability as a whole percentage."""
    return f"{100 * p:.0f}%"


def counted(n: int) -> str:
    """A small number as a word, a large one as figures."""
    return _COUNT[n] if n < len(_COUNT) else f"{n:,}"


def named(name: str) -> str:
    """An instrument's name in running text: ``the S&P 500``, but ``VIX`` and ``SPY``."""
    return name if name.isupper() and len(name) < 5 else f"the {name}"
