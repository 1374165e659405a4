"""Who is said to have said what: odds, words, proposals and rules put into the right mouths.

A binding shows that a number exists; here a sentence must also leave it with whoever gave it. Only
what a sentence says outright is read: somebody's name or *I*, a verb, and the number or quotation.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from workbench.domain.records import Finding
from workbench.measures.binding import Binding, holds
from workbench.measures.mentions import Figure, normal

ME = "I"
_SHORT = 4  # words from which a quotation is somebody's
_OWN = re.compile(
    r"\b(?:I(?:'d)?(?: \w+ly| now| still| only| just| would)? (?:say|said|give|gave|put|hold|held"
    r"|have (?:it|this|that|the \w+)|make (?:it|this|that)|stand|answer|am|stay)"
    r"|(?:my|the desk's|our) (?:\w+ )?(?:call|probability|number|odds|answer|figure)"
    r"|the (?:call(?:'s)?|probability|odds))\b[^\d.;:()\"“”]{0,45}$",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"^ (?:is (?:what I|my (?:call|number|odds|probability|answer))|say I\b|from me\b)", re.I
)
_SPEAKS = (
    "says|said|argues|argued|gives|gave|puts|thinks|thought|sees|saw|expects|expected|wants|wanted"
    "|proposes|proposed|holds|held|believes|warns|warned|reads|notes|noted|answers|answered|objects"
    "|objected|agrees|agreed|doubts|doubted|prefers|leans|leaned|disagrees|dissents|has|had|would|"
    "asks|asked|insists|counters|replies|concedes|adds|points|claims|speaks|spoke"
)
_NOT = r"(?!\s+(?:nothing|no\b|not\b|none\b|neither\b|been absent))"
_RULED = re.compile(
    r"\brules?\b[^.;]{0,30}\b(?:block|forb|refus|stopp|barr|veto)\w*"
    r"|\b(?:block|forb|refus|stopp|barr|veto)\w* by (?:\w+ ){0,3}rules?\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]+(?:[.,][0-9]+)*%?")
_QUOTED = re.compile(r"[\"“]([^\"“”]+)[\"”]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Voices:
    """Who may be said to have said what in one dispatch.

    Attributes:
        owned: Whose each probability is, by name of the finding: a mind, ``I``, or ``history``.
        findings: All findings, by name.
        words: Mind to everything that it wrote; minds that are present only.
        absent: Minds that said nothing.
        proposed: Minds with a claim of their own, or one on which they stand out, among what was
            refused or passed.
        texts: Everything else that may be quoted: claims, reasons, lessons.
        ruled: Whether a rule in force blocked anything.
    """

    owned: Mapping[str, str]
    findings: Mapping[str, Finding]
    words: Mapping[str, str]
    absent: frozenset[str]
    proposed: frozenset[str]
    texts: tuple[str, ...]
    ruled: bool

    @property
    def minds(self) -> tuple[str, ...]:
        """Every mind of the desk."""
        return (*self.words, *sorted(self.absent))


def fault(said: str, bound: Sequence[Binding], voices: Voices) -> str:
    """What a sentence puts into the wrong mouth, one clause; empty for nothing.

    Args:
        said: The sentence.
        bound: Its figures' bindings, places counted in the sentence.
        voices: Who said what.
    """
    text = normal(said)
    checks = (_odds(text, bound, voices), _absent(text, voices), _proposal(text, voices),
              _quotation(text, voices))  # fmt: skip
    ruled = "" if voices.ruled or not _RULED.search(text) else "no rule in force blocked anything"
    return next((one for one in (*checks, ruled) if one), "")


def _odds(text: str, bound: Sequence[Binding], voices: Voices) -> str:
    """A probability must be that of whoever is said to give it."""
    for one in bound:
        figure = one.figure
        if one.verdict != "bound" or figure.kind != "number" or figure.unit != "%":
            continue
        before = text[: figure.start]
        who = _speaker(before, voices)
        owner = voices.owned.get(one.finding, "")
        if who:
            if owner not in {"", who} and not _gives(who, figure, voices):
                return f"{figure.text} is not what {who} gives"
        elif _OWN.search(before) or _AFTER.match(text[figure.end :]):
            if _gives(ME, figure, voices):
                continue
            return f"{figure.text} is no probability of mine"
    return ""


def _gives(who: str, figure: Figure, voices: Voices) -> bool:
    own = (voices.findings[name] for name, owner in voices.owned.items() if owner == who)
    return any(
        holds(figure, 100 * one.value) or one.text.lstrip("<>") == figure.text
        for one in own if one.value is not None
    )  # fmt: skip


def _speaker(before: str, voices: Voices) -> str:
    """The mind whose name stands last before a figure, with no other figure or pause between."""
    near = re.search(r"[^\d.;:,()\"]{0,60}$", before)
    tail = near[0] if near else ""
    said = [(m.start(), mind) for mind in voices.minds
            for m in re.finditer(rf"\b{re.escape(mind)}\b", tail)]  # fmt: skip
    who = max(said, default=(0, ""))[1]
    return "" if re.search(r"\bI\b|\bhistory\b|\bbase rate\b", tail) else who


def _absent(text: str, voices: Voices) -> str:
    for mind in sorted(voices.absent):
        if re.search(rf"\b{re.escape(mind)}(?:'s (?:view|case|argument|odds|number)\b|,?"
                     rf"(?: \w+ly| also| still| alone)? (?:{_SPEAKS})\b{_NOT})", text):  # fmt: skip
            return f"{mind} is absent and said nothing"
    return ""


def _proposal(text: str, voices: Voices) -> str:
    for mind in voices.minds:
        asked = rf"\b{re.escape(mind)}(?:'s)?(?: \w+){{0,2}} propos(?:es|ed|al|als)\b"
        if mind not in voices.proposed and re.search(asked, text):
            return f"{mind} proposed nothing"
    return ""


def _quotation(text: str, voices: Voices) -> str:
    """A quotation must be somebody's very words, and theirs who is named."""
    named = {mind for mind in voices.minds if re.search(rf"\b{re.escape(mind)}\b", text)}
    for quoted in _QUOTED.findall(text):
        if len(quoted.split()) < _SHORT and not re.search(r"\d", quoted):
            continue
        words = _flat(quoted)
        owners = {mind for mind, own in voices.words.items() if words in _flat(own)}
        if any(words in _flat(one) for one in voices.texts):
            continue
        if not owners:
            return "nobody wrote the words that it quotes"
        if named and not named & owners:
            return f"the words that it quotes are {' and '.join(sorted(owners))}'s"
    return ""


def _flat(text: str) -> str:
    """Words alone, so that punctuation at the edges of a quotation does not count."""
    return f" {' '.join(_WORD.findall(normal(text).casefold()))} "
