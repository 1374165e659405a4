"""Desk English as tokens: every character of a sentence ends up in one.

What no row of ``phrases`` knows becomes a token of kind ``?``, and a sentence with one of those
in a claim's place is refused: nothing is skipped unread.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from workbench.domain.figures import MINUS
from workbench.domain.instruments import Instrument
from workbench.domain.phrases import PHRASES


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One phrase of a sentence.

    Attributes:
        kind: One letter, see ``PHRASES``; ``?`` for what is not known.
        text: As written.
        value: What it means.
    """

    kind: str
    text: str
    value: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A number as written.

    Attributes:
        value: The number, thousands written out.
        unit: ``%``, ``pp``, ``bp``, ``points``, ``$`` or empty.
        signed: True when it carries a plus or minus.
    """

    value: float
    unit: str
    signed: bool


_WORD = re.compile(r"[^\s]\w*(?:[-'][\w]+)*")
_SPACE = re.compile(r"\s+")
WORDS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6,
         "seven": 7, "eight": 8, "nine": 9, "ten": 10}  # fmt: skip
_OF_SIZE = r"(?= (?:per ?cent|pct|percentage points?|basis points?|points?|bps?)\b)"
_WRITTEN = re.compile(rf"(?<![\w-])({'|'.join(WORDS)}){_OF_SIZE}", re.IGNORECASE)
_HALF = re.compile(
    r"\b(half|(?:a )?quarter)(?: of)?(?: an?| one)? (per ?cent|pct|percentage point|point)\b",
    re.IGNORECASE,
)
_AROUND = re.compile(r"(?<![\w.,$])(\$?\d[\d,]*(?:\.\d+)?k?)\s?(?:±|\+/-)\s?(\d+(?:\.\d+)?\s?%)")
_COMPILED = tuple(
    (kind, re.compile(pattern, re.IGNORECASE), value) for kind, pattern, value in PHRASES
)


def normal(text: str) -> str:
    """The text in one spelling of minus signs, dashes, quotes and spaces."""
    text = (
        text.replace(MINUS, "-")
        .replace("’", "'")
        .replace("**", "")
        .replace("\N{NO-BREAK SPACE}", " ")
    )
    text = re.sub("[\u200b\u200c\u200d\u2060\ufeff]", "", text)  # spaces without width
    text = re.sub(r"\n\s*\n", " ; ", text.strip())  # a new paragraph ends a sentence
    text = re.sub(r"\bS&P500\b", "S&P 500", text, flags=re.IGNORECASE)
    text = _HALF.sub(
        lambda found: f"0.{'5' if found[1].lower() == 'half' else '25'} {found[2]}", text
    )
    text = _WRITTEN.sub(lambda found: str(WORDS[found[1].casefold()]), text)
    text = re.sub(r"\bT\+(?=\d+\s?h)", "in ", text)
    text = re.sub(r"(?<=\d)\+(\s?(?:points|pts|bps|pp|%))(?!\w)", r"\1+", text)  # "1+ points"
    text = _AROUND.sub(r"within ±\2 of \1", text)
    text = re.sub(r"(?<=[\d%])\s?–\s?(?=[\d+$-])", "-", text)
    return " ".join(text.split())


def tokens(text: str, table: Iterable[Instrument]) -> list[Token]:
    """The tokens of a normalised sentence, every character accounted for."""
    names = {
        name.casefold(): one
        for one in reversed(list(table))
        for name in (*one.aliases, one.symbol, one.short, one.name)
    }
    longest = sorted(names, key=len, reverse=True)
    instrument = re.compile(
        rf"(?<![\w$.])(?:\$(?=[a-z]))?(?P<name>{'|'.join(map(re.escape, longest))})(?:"
        rf"(?<=yield)s)?(?![\w]|-\w|\.\d)",
        re.IGNORECASE,
    )
    found: list[Token] = []
    at = 0
    while at < len(text):
        if space := _SPACE.match(text, at):
            at = space.end()
            continue
        for kind, pattern, value in _COMPILED:
            regex = instrument if kind == "I" else pattern
            if (match := regex.match(text, at)) and match.end() > at:
                meaning = names[match["name"].casefold()] if kind == "I" else value
                if kind != "I" and (match.groupdict() or kind == "N"):
                    meaning = (value, {k: v for k, v in match.groupdict().items() if v})
                found.append(Token(kind=kind, text=match[0], value=meaning))
                at = match.end()
                break
        else:
            word = _WORD.match(text, at)
            end = word.end() if word else at + 1
            found.append(Token(kind="?", text=text[at:end]))
            at = end
    return found


def figure(text: str) -> Figure:
    """The figure that a text writes: ``$66,739``, ``66k``, ``-0.3%``, ``1.2pp``, ``25bp``."""
    found = re.match(r"([+-]?)\s?(\$?)([\d,]*\.?\d*)([km]?)\s?(.*)", text.strip().lower())
    assert found is not None  # noqa: S101 - the pattern matches any text
    sign, dollar, digits, scale, unit = found.groups()
    value = float(digits.replace(",", "")) * {"k": 1e3, "m": 1e6}.get(scale, 1.0)
    short = {
        "%": "%", "per cent": "%", "percent": "%", "pct": "%", "percentage point": "pp",
        "percentage points": "pp", "pp": "pp", "p.p.": "pp", "bp": "bp", "bps": "bp",
        "basis point": "bp", "basis points": "bp", "point": "points", "points": "points",
        "pt": "points", "pts": "points",
    }  # fmt: skip
    kind = short.get(unit.strip(), "$" if dollar or unit else "")
    return Figure(value=-value if sign == "-" else value, unit=kind, signed=bool(sign))
