"""Text of strangers made harmless: what a reader would see, without markup, and what was odd.

Nothing is hidden by cleaning: what was taken out or looks like something else is named in a flag,
and an instruction stays where it stands, as the data that it is.
"""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass

LONGEST = 300  # characters of a title; the longest of 5,000 recorded ones has 229

# Shown as nothing although their category is a letter's, a mark's or a symbol's: joiners, Hangul
# and Khmer fillers, the Braille blank, Mongolian and other variation selectors.
_BLANK = frozenset(
    map(chr, (0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0, 0x180F))
) | frozenset(
    chr(code)
    for first, last in ((0x180B, 0x180D), (0xFE00, 0xFE0F), (0xE0100, 0xE01EF))
    for code in range(first, last + 1)
)
# Control, format (zero width, bidi, tags), surrogate, private use, unassigned.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
# Letters of other scripts that are drawn like a Latin one (Unicode's confusables, the capitals
# and those small letters that occur in names of securities).
_LIKE = dict(
    zip(
        "АВЕЅЗІЈКМНОРСТУХҮԌԚԜаеіјкморсѕтухѵԁԛԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧαικνορτυχϲϳ",
        "ABESЗIJKMHOPCTYXYGQWaeijkmopcsTyxvdqwABEZHIKMNOPTYXaiKvopTuXcj",
        strict=True,
    )
)
# Newspapers are full of "say that", "models are" and "prompt": an order is more than its verb.
_ORDER = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass|obey)\b"
    r"|\b(?:you|assistants?|ai)\s+(?:must|should|shall|need to|have to|will now|are (?:now|an?))\b"
    r"|\b(?:models?|analysts?|forecasters?|minds?)\s+(?:must|shall)\b"
    r"|\b(?:previous|prior|above|earlier|these|your|new|following)\s+(?:instructions?|prompts?)\b"
    r"|\b(?:system prompt|developer message)\b"
    r"|(?:^|[:,;]\s*|\b(?:please|always|must|only|just|then)\s+)"
    r"(?:answer|reply|respond|say|write|print|repeat|output|return|include|state|conclude)\s+"
    r"(?:only|with|that|the|exactly|this|in|by|your|[\"“'‘«])"
    r"|\b(?:set|assign)\b[^.!?]{0,60}\b(?:probabilit\w+|confidence|conviction|forecasts?)\b"
    r"|\b(?:give|raise|lower|report|use|put)\b[^.!?]{0,40}\b(?:your|all|every|each)\s+"
    r"(?:\w+\s+){0,2}(?:probabilit\w+|confidence|conviction|forecasts?)\b"
    r"|^\s*(?:system|assistant|user|human|developer)\s*:"
    r"|\b(?:note|message|memo) to (?:the |any |all )?(?:ai|llm|model|assistant|forecaster|mind)s?\b"
    r"|\bdo not (?:flag|disclose|mention)\b|\btell (?:the|your) (?:readers?|users?)\b"
    r"|<\|\w+\|>|\[/?inst\]|<</?sys>>|#\s*(?:system|instructions?)\b"
)
_SILENT = re.compile(r"(?is)<(script|style|template|noscript|iframe|object|svg)\b.*?(?:</\1\s*>|$)")
_TAG = re.compile(r"(?s)<!--.*?(?:-->|$)|<[a-z/!?][^<>]*>", re.IGNORECASE)
_LABEL = re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*(?:\([^()]*\)[^()\s]*)*(?:\s+[\"'][^\"']*[\"'])?\)")
_STRESS = re.compile(r"(\*\*|__|`{1,3})(?=\S)([^*_`]+?)(?<=\S)\1")
_WORD = re.compile(r"[^\W\d_]+")
_GAPS = frozenset("\n\t\r\v\f\u0085\u2028\u2029")
_ADDRESS = re.compile(
    r"https://(?:[a-z0-9_-]+\.)+[a-z][a-z0-9-]*(?::443)?(?:[/?#][^\s\\\"'<>`]*)?", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleaned:
    """A text as it may be shown and read.

    Attributes:
        text: One line, without markup and without what cannot be seen.
        flags: What was odd, sorted: ``cut`` at the limit, ``folded`` letters of a compatibility
            form, ``invisible`` characters taken out, ``look_alike`` letters of another script in
            a Latin word, ``markup`` taken out, ``order`` that it gives to whoever reads it.
    """

    text: str
    flags: tuple[str, ...]


def clean(text: str, limit: int = LONGEST) -> Cleaned:
    """A title or sentence of a stranger as one plain line.

    Args:
        text: Anything; entities and markup may be nested or torn.
        limit: Characters kept, at least 1.

    >>> clean("Oil <b>surges</b> [here](javascript:alert(1))")
    Cleaned(text='Oil surges here', flags=('markup',))
    """
    raw = text[: 20 * limit]
    flags = {"cut"} if len(raw) < len(text) else set()
    if any(one not in _GAPS and _hidden(one) for one in raw):
        flags.add("invisible")
    if any(not one.isascii() and _plain_letter(one) for one in raw):
        flags.add("folded")
    folded = visible(raw)
    plain = _plain(folded)
    if plain != _undone(folded):
        flags.add("markup")
    line = " ".join(visible(plain).split())
    if len(line) > limit:
        flags.add("cut")
    line = line[:limit].rstrip()
    if _look_alike(line):
        flags.add("look_alike")
    if any(is_order(one) for one in re.split(r"(?<=[.!?])\s+", line)):
        flags.add("order")
    return Cleaned(text=line, flags=tuple(sorted(flags)))


def visible(text: str) -> str:
    """The text as a reader sees it: compatibility forms folded, what shows as nothing removed.

    Line breaks and tabs stay; other separators of lines become line breaks.
    """
    return _seen(unicodedata.normalize("NFKC", _seen(text)))


def is_order(sentence: str) -> bool:
    """Whether it reads like an order, or speaks to a model."""
    return bool(_ORDER.search(sentence.casefold()))


def link(address: str) -> str:
    """The address if a reader may follow it: https, a host by name, no user; else an empty text.

    >>> link("https://www.example.org/a?b=1"), link("javascript:alert(1)"), link("http://e.org/")
    ('https://www.example.org/a?b=1', '', '')
    """
    text = address.strip()
    good = len(text) <= 2_000 and visible(text) == text and _ADDRESS.fullmatch(text)
    return text if good else ""


def _hidden(one: str) -> bool:
    return one in _BLANK or unicodedata.category(one) in _UNSEEN


def _plain_letter(one: str) -> bool:
    """Whether it is another form of a plain letter or figure, such as a full-width one."""
    form = unicodedata.normalize("NFKC", one)
    return form.isascii() and form.isalnum()


def _seen(text: str) -> str:
    lines = re.sub(r"\r\n?|[\u0085\u2028\u2029\v\f]", "\n", text)
    return "".join(one for one in lines if one in "\n\t" or not _hidden(one))


def _undone(text: str) -> str:
    """Entities undone, up to three layers of them."""
    for _ in range(3):
        text, before = html.unescape(text), text
        if text == before:
            break
    return text


def _plain(text: str) -> str:
    """No tag, comment, link or stress is left; every pass that changes something shortens it."""
    text = _undone(text)
    while True:
        bare = _TAG.sub(" ", _SILENT.sub(" ", text))
        bare = _STRESS.sub(r"\2", _LABEL.sub(r"\1", bare))
        if bare == text:
            break
        text = bare
    # A tag that was never closed, or that only now came together.
    return re.sub(r"<(?=[A-Za-z/!?])", "‹", text)


def _look_alike(line: str) -> bool:
    """Whether letters of another script stand for Latin ones.

    A word that mixes scripts does, and a short word in capitals that could be a ticker and is
    drawn in Latin letters only, unless the text is in that script anyway.
    """
    words = _WORD.findall(line)
    latin = sum(one.isascii() for one in words)
    for word in words:
        foreign = [one for one in word if one in _LIKE]
        if not foreign:
            continue
        if any(one.isascii() for one in word):
            return True
        drawn = "".join(_LIKE.get(one, one) for one in word)
        if drawn.isascii() and 2 <= len(word) <= 5 and word.isupper() and 2 * latin >= len(words):
            return True
    return False
