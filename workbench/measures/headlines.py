"""What a headline says: its words, and what two tellings of one story cannot differ in.

Such are figures, tickers, names, days and quarters, a denial, and which way something went. It
takes one on each side: what only one of two headlines says, the other may have left out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from workbench.domain.instruments import INSTRUMENTS

# Words of every headline.
_COMMON = """
    a an the of to in on for and or at by with from as is are was were be been it its this that
    after amid into over than but has have had will would can could may might not no more out
    about who what when why how his her their our your says say said report reports news update
    live breaking exclusive video watch here heres
"""
# Words that say which way something went: one side, and what it excludes.
_WAYS = (
    ("""rise gain jump surge rally climb soar advance rebound beat top higher up raise upgrade grow
        buy acquire purchase win""",
     """fall drop slump plunge slide sink tumble decline lose loss miss lower down cut downgrade
        shrink sell dump"""),
    ("hold keep pause steady unchanged", "raise cut hike lower"),
    ("approve accept allow clear pass back uphold", "block reject bar ban veto overturn refuse"),
    ("open launch start begin resume", "close shut end stop halt"),
)  # fmt: skip
_DENIALS = re.compile(r"\b(?:not|never|den(?:y|ies|ied))\b|n['’]t\b", re.IGNORECASE)
_IRREGULAR = {
    "fell": "fall", "fallen": "fall", "rose": "rise", "risen": "rise", "sank": "sink",
    "lost": "lose", "sold": "sell", "bought": "buy", "grew": "grow", "won": "win",
    "slid": "slide", "held": "hold", "kept": "keep", "began": "begin",
    "crude": "oil", "shares": "stock", "equities": "stock",
}  # fmt: skip
_NUMBERS = {
    word: f"{n}"
    for n, word in enumerate("zero one two three four five six seven eight nine ten".split())  # noqa: SIM905  # a list of words reads better so
} | {"first": "1", "second": "2", "third": "3", "fourth": "4"}
_DAYS = """
    monday tuesday wednesday thursday friday saturday sunday january february march april may june
    july august september october november december
"""
_PLACES = """
    us china japan england uk britain europe eu ecb boj boe rba snb fed opec germany france italy
    spain india korea taiwan australia canada mexico brazil russia ukraine iran israel iraq turkey
    switzerland sweden norway silver gold copper platinum
"""
_WORD = re.compile(r"\d+(?:\.\d+)*|[^\W\d_]+(?:['’][^\W\d_]+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """What one headline says.

    Attributes:
        words: Stems, figures and tickers, without the words of every headline.
        names: Those of them that name somebody, something or a day; a company by its symbol.
        first: The first of the words, which often names whom all is about; empty without any.
        denied: Whether it denies something.
    """

    words: frozenset[str]
    names: frozenset[str]
    first: str
    denied: bool


def headline(title: str) -> Headline:
    """The words and names of a title."""
    plain = re.sub(r"(\d)\s?,\s?(\d{3})\b", r"\1\2", title)
    if len(plain.split()) > 5:
        plain = re.sub(r"\s+[-|–—]\s+[^-|–—]{2,40}$", "", plain)  # the publisher's name
    words = {f"${one.casefold()}" for one in re.findall(r"\(([A-Z]{1,5})\)", plain)}
    found, names, first = _WORD.findall(plain), set[str](), ""
    rest = [word for word in found[1:] if word[0].isalpha()]
    # Where most words are small, a capital is a name's.
    sentence = 2 * sum(word[0].islower() for word in rest) > len(rest)
    for place, word in enumerate(found):
        stem = _stem(word.casefold())
        if word.casefold() in _STOP or stem in _STOP or not (len(stem) > 1 or stem.isdigit()):
            continue
        words.add(stem)
        first = first or stem
        if stem in _NAMES:
            names.add(_NAMES[stem])
        elif sentence and place and word[0].isupper():
            names.add(stem)
    return Headline(
        words=frozenset(words), names=frozenset(names), first=first,
        denied=bool(_DENIALS.search(plain)),
    )  # fmt: skip


def agree(one: Headline, other: Headline) -> bool:
    """Whether neither says what the other excludes."""
    ours, theirs = one.words - other.words, other.words - one.words
    for mark in (
        str.isdigit,
        "$".__eq__,
    ):  # figures; tickers in brackets, which templates differ by
        if any(mark(word[0]) for word in ours) and any(mark(word[0]) for word in theirs):
            return False
    if one.denied != other.denied or (one.names - other.names and other.names - one.names):
        return False
    # The same said of another: of two unknown names nothing else tells.
    if ours == {one.first} and theirs == {other.first}:
        return False
    for yes, no in _SIDES:
        ways = {(bool(some.words & yes), bool(some.words & no)) for some in (one, other)}
        if ways == {(True, False), (False, True)}:
            return False
    return True


def _stem(word: str) -> str:
    if word[0].isdigit():
        return word
    word = re.sub(r"['’]s?$", "", word)
    if word in _NUMBERS:
        return _NUMBERS[word]
    word = _IRREGULAR.get(word, word)
    for tail, put in (("ies", "y"), ("sses", "ss"), ("ing", ""), ("ed", ""), ("s", "")):
        if word.endswith(tail) and len(word) - len(tail) >= 3 and not word.endswith("ss"):
            word = word[: len(word) - len(tail)] + put
            break
    return word.removesuffix("e") if len(word) > 3 else word


def _stems(text: str) -> frozenset[str]:
    return frozenset(map(_stem, text.split()))


_STOP = frozenset(_COMMON.split())
_SIDES = tuple((_stems(yes), _stems(no)) for yes, no in _WAYS)
# By stem; "strategy" is a company's name and everybody's word.
_NAMES = {stem: stem for stem in _stems(f"{_DAYS} {_PLACES}") - _STOP} | {
    _stem(name.casefold()): one.symbol
    for one in INSTRUMENTS
    for name in (one.symbol, one.name, *one.aliases)
    if name.isalpha() and name != "Strategy"
}
