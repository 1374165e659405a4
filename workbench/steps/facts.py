"""What one dispatch can say: findings, words, quotations of minds, and which circumstances hold.

A finding is a number, or a quotation with numbers in it, and carries its source; words hold no
figure but those of names. ``steps.tape`` gathers them from the market, ``steps.due`` and
``steps.said`` from the ledger.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from workbench.domain.figures import difference, opened, typeset
from workbench.domain.instruments import Instrument
from workbench.domain.records import Finding, Opinion
from workbench.steps.essay import Line

Number = Callable[[str, float, str, str], None]
Quote = Callable[[str, str, str], None]
Plan = dict[str, int]

NEVER = 10_000  # dispatches ago: longer than any memory
_UP = {"moved": "up", "fell": "rose", "gained": "gained"}
_DOWN = {"moved": "down", "fell": "fell", "gained": "lost"}
_FLAT = {"moved": "unchanged at", "fell": "moved", "gained": "moved"}
_COUNT = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_TICKER = re.compile(r"[A-Z0-9.^=-]{1,6}")
_AS_OF = re.compile(r" as of \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """A mind's words as quoted.

    Attributes:
        whole: The quotation as one finding.
        evidence: The findings that its numbers come from.
    """

    whole: Finding
    evidence: tuple[Finding, ...]

    @property
    def text(self) -> str:
        """The words."""
        return self.whole.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything that the writer may use.

    Attributes:
        findings: Name to number or quotation with its source.
        words: Name to text without figures.
        phrases: Name to a list or clause with names of the others in braces.
        speeches: Name to a mind's words.
        lines: What came over the wire.
        has: Names of the circumstances that hold; they choose the slots of the voice.
        past: What earlier dispatches said and in which wording, latest first.
        told: What this one says that the next ones should not repeat.
    """

    findings: dict[str, Finding] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)
    phrases: dict[str, str] = field(default_factory=dict)
    speeches: dict[str, Speech] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    has: set[str] = field(default_factory=set)
    past: Sequence[Plan] = ()
    told: Plan = field(default_factory=dict)

    def ago(self, key: str) -> int:
        """Dispatches since something was told, 1 for the last one; ``NEVER`` if not remembered."""
        return next((n for n, plan in enumerate(self.past, 1) if key in plan), NEVER)

    def numbers(self, source: str, of: str) -> Number:
        """A function that adds (name, value, shown, meaning) from this source as of then."""

        def add(name: str, value: float, shown: str, meaning: str) -> None:
            self._add(name, float(value), shown, meaning, source, of)

        return add

    def quotes(self, source: str, of: str) -> Quote:
        """A function that adds (name, text, meaning): words of a record, numbers included."""

        def add(name: str, text: str, meaning: str) -> None:
            self._add(name, None, _AS_OF.sub("", text), meaning, source, of)

        return add

    def _add(
        self, name: str, value: float | None, shown: str, meaning: str, source: str, of: str
    ) -> None:
        text = typeset(shown)
        self.findings[name] = Finding(
            name=name, value=value, text=text, meaning=meaning, source=source, as_of=of
        )

    def change(self, add: Number, name: str, change: float, meaning: str) -> None:
        """Adds a change as its size, as ``name_signed``, and as verbs ``name_moved`` and so on."""
        add(name, change, f"{100 * abs(change):.2f}%", f"{meaning}, size")
        add(f"{name}_signed", change, f"{difference(100 * change, 2)}%", meaning)
        verbs = _UP if change > 0 else _DOWN if change < 0 else _FLAT
        self.words.update({f"{name}_{form}": verb for form, verb in verbs.items()})

    def speak(self, name: str, opinion: Opinion, of: str) -> None:
        """Adds a mind's argument, if it gives one, as it can stand between quotation marks."""
        text = quotable(opinion.argument)
        if not text:
            return
        meaning = f"what {opinion.mind} argues"
        whole = Finding(
            name=name, value=None, text=text, meaning=meaning, source="4_debate", as_of=of
        )
        own = f"{opinion.mind.lower()}_"
        evidence = tuple(
            replace(one, name=one.name if one.name.startswith(own) else f"{own}{one.name}")
            for one in opinion.evidence
        )
        self.speeches[name] = Speech(whole=whole, evidence=evidence)


def quotable(text: str) -> str:
    """Words as they can stand between double quotation marks: one line that ends its sentence."""
    line = " ".join(text.split()).translate(str.maketrans("“”", "‘’"))
    line = re.sub(r'"([^"]*)"', r"‘\1’", line).replace('"', "’").rstrip(",;: –—-")
    closed = re.search(r"[.?!…][)’]*$", line)
    return line if not line or closed else f"{line}."


def counted(n: int) -> str:
    """A small number as a word, a large one as figures."""
    return _COUNT[n] if n < len(_COUNT) else f"{n:,}"


def several(n: int, noun: str) -> str:
    """A count with its noun: ``one prediction``, ``two predictions``."""
    return f"{counted(n)} {noun}{'s' * (n != 1)}"


def listed(names: Sequence[str]) -> str:
    """Names as running text: ``Macro``, ``Macro and Flow``, ``Macro, Flow and Contrarian``."""
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def named(one: Instrument) -> str:
    """An instrument's name in running text.

    An index has an article (``the S&P 500``); a ticker (``VIX``, ``SPY``), a share (``Tesla``) and
    a coin (``bitcoin``) have none.
    """
    bare = one.name.lower().startswith("the ") or _TICKER.fullmatch(one.name)
    index = one.unit == "points" or one.theme == "index"
    return f"the {one.name}" if index and not bare else one.name


def as_sentence(text: str, table: Sequence[Instrument]) -> str:
    """A sentence of the record, which begins with an instrument's bare name, as prose begins."""
    for one in sorted(table, key=lambda one: -len(one.name)):
        if text.startswith(f"{one.name} "):
            prose = named(one) + text.removeprefix(one.name)
            return opened(prose)
    return text
