"""A prediction and its tags: ``[DIRECTION: down] [TIMEFRAME: 48h] [CONFIDENCE: 0.62]``.

Tags stand in square or round brackets, or bare behind their names, in any order. A tag that is
not known, or that is given twice with two meanings, refuses the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from workbench.domain.errors import ClaimRefused
from workbench.domain.vocabulary import normal

_KNOWN = {
    "direction": "direction", "side": "direction", "bias": "direction",
    "timeframe": "timeframe", "time frame": "timeframe", "time-frame": "timeframe",
    "horizon": "timeframe", "deadline": "timeframe",
    "confidence": "confidence", "conf": "confidence", "conviction": "confidence",
    "probability": "confidence", "prob": "confidence", "p": "confidence",
    "mind": "", "regime": "", "theme": "", "category": "",
}  # fmt: skip
_SIDES = {
    "up": ("up", "higher", "bullish", "long", "rise", "rising", "positive", "↑"),
    "down": ("down", "lower", "bearish", "short", "fall", "falling", "negative", "↓"),
    "neutral": ("neutral", "flat", "sideways", "range", "range-bound", "unchanged"),
}
_SIDE = {word: side for side, words in _SIDES.items() for word in words}
_EMPTY = {"", "n/a", "na", "none", "-", "—"}

_NAMES = "|".join(sorted(_KNOWN, key=len, reverse=True))
_SQUARE = re.compile(r"\[\s*([A-Za-z][\w -]*?)\s*[:=]\s*([^\]]*)\]")
_ROUND = re.compile(rf"\(\s*((?:{_NAMES}))\s*[:=]\s*((?:[^()]|\([^()]*\))*)\)", re.IGNORECASE)
# Bare confidences are left to the vocabulary, which reads them in prose too.
_BARE = re.compile(
    rf"(?:^|(?<=[\s|;,.*]))\*{{0,2}}(direction|time[ -]?frame|horizon)\*{{0,2}}\s*[:=]\*{{0,2}}\s*"
    rf"([^|;,\[\]\n]+?)\s*(?=[|;,\[\]\n]|\.(?:\s|$)|$|\b(?:{_NAMES})\s*[:=])",
    re.IGNORECASE,
)
# The line under a call on the seed's own cards: "↓ DOWN 24h conviction 54%", glued or in part.
_WAY = r"(?:[↑↓→]\s*)?(?:up|down|neutral|flat|higher|lower)(?![a-bd-z])|[↑↓→]"
_APART = r"[\s·•|,/–—-]*"
_LASTS = r"\d+\s?(?:hours?|hrs?|h|days?|d)(?![a-bd-z])"
_SURE = r"(?:conviction|confidence|conf)\s*[:=]?\s*(\d+(?:\.\d+)?\s?%|0?\.\d+)"
_CARD = re.compile(
    rf"(?:^|(?<=[\n.!?;|\"”*]))[ \t]*(?:({_WAY}){_APART}({_LASTS})?{_APART}(?:{_SURE})?|"
    rf"({_LASTS}){_APART}{_SURE})[ \t*]*(?:\.(?=\s|$)|(?=\n|$))",
    re.IGNORECASE,
)
_SPOKEN = re.compile(
    r"(?<=[\n.!?;])[ \t]*(direction|bias|time[ -]?frame|horizon)(?: is)? "
    rf"({_WAY}|{_LASTS})[ \t]*(?:\.(?=\s|$)|(?=\n|$))",
    re.IGNORECASE,
)
_INSIDE = re.compile(rf"\s*[|;,]\s*(?=(?:{_NAMES})\s*[:=])", re.IGNORECASE)

_BOLD = re.compile(r"\*\*(?!\s*[A-Za-z ]+[:=])(.+?)\*\*")
_GOES_ON = re.compile(
    r"\W*(?:unless|except|if|only|but|or|nor|and|not|when|once|provided|assuming|before|until|than)\b",
    re.IGNORECASE,
)
_AGAINST = re.compile(r"\b(?:relative|versus|vs)\b", re.IGNORECASE)
_ABSTENTION = "An abstention predicts nothing, so nothing can settle it."
_ABSTAINS = re.compile(
    r"\W*(?:[\w&]+\s*[:—-]\s*)?(?:abstain|no (?:directional )?(?:prediction|call|trade|claim|"
    r"forecast|view|edge|opinion|position)\b|sit(?:ting)? (?:this|it) (?:one )?out|pass(?:ing)?\b|"
    r"stand(?:ing)? (?:aside|down)|skip(?:ping)?\b|(?:i'm |i am |we're |we are )?on the sidelines|"
    r"i(?:'m| am) sitting|i(?:'m| am)? (?:pass|abstain)|"
    r"(?:we|i) (?:declin|refus|have no )|waiting\b|"
    r"(?:we|i)(?: do| am| are|'m)? not (?:mak|predict))",
    re.IGNORECASE,
)
_CHANCE = re.compile(r"p(?:rob(?:ability)?)?\s*\((.+)\)\s*[=:]\s*([\d.]+\s?%?)\.?", re.IGNORECASE)
_LABEL = re.compile(
    r"^\W*(?:(?:(?:my|our|the|today's) )?(?:(?:(?:high|highest|low|lowest|top)-conviction|top|main|"
    r"base|base-case|final|best|key|core|central|working|market) )?"
    r"(?:call|prediction|claim|forecast|view|thesis|base case)s?\s*(?:#?\d{1,2}\s*)?"
    r"(?::|—|-(?=\s)|is that|is)|"
    r"(?:synthesis|verdict|net(?: net)?|bottom line|update|conclusion|in short|summary|takeaway|"
    r"high conviction|tl;?dr)\s*(?::|—|-(?=\s))|"
    r"\d+[.)]\s)\s*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tags:
    """What the tags of a text say.

    Attributes:
        body: The claim itself, in one spelling, without tags and labels.
        around: What stood around a claim in bold, as written.
        side: ``up``, ``down``, ``neutral`` or empty.
        versus: True when the side is meant against another instrument.
        timeframe: Words of a horizon, or empty.
        confidences: Stated probabilities, as written.
        any: True when there is a tag at all.
    """

    body: str
    around: tuple[str, ...] = ()
    side: str = ""
    versus: bool = False
    timeframe: str = ""
    confidences: tuple[str, ...] = ()
    any: bool = False


@dataclass(kw_only=True)
class _Found:
    values: dict[str, list[str]] = field(default_factory=dict)

    def take(self, match: re.Match[str]) -> str:
        """Keeps the tags of a match, and leaves a space in their place."""
        first, *others = _INSIDE.split(match[2])
        self.keep(match[1], first)
        for other in others:
            name, value = re.split(r"\s*[:=]\s*", other, maxsplit=1)
            self.keep(name, value)
        return " "

    def card(self, match: re.Match[str]) -> str:
        """Keeps what a card's line states: side, horizon, conviction."""
        way, lasts, sure, alone, its = match.groups()
        named = (("direction", way), ("timeframe", lasts or alone), ("confidence", sure or its))
        for name, value in named:
            if value:
                self.keep(name, value)
        return "\n"

    def keep(self, name: str, value: str) -> None:
        kind = _KNOWN.get(" ".join(name.casefold().split()))
        if kind is None:
            raise ClaimRefused("unread", f"The tag {name} means nothing here.")
        if kind:
            self.values.setdefault(kind, []).append(value.strip(" *"))


def read(text: str) -> Tags:
    """The tags of a text, and its claim: the one passage in bold, or what is left without tags.

    Raises:
        ClaimRefused: The text predicts nothing (``abstention``), or a tag or direction is unknown
            (``unread``), or two differ (``contradictory``).
    """
    found = _Found()
    body = text
    for pattern in (_SQUARE, _ROUND, _BARE):
        body = pattern.sub(found.take, body)
    body = _SPOKEN.sub(found.take, body)
    body = _CARD.sub(found.card, body) if re.search(r"\w", _CARD.sub("", body)) else body
    body = body.replace("[", "(").replace("]", ")")  # what is no tag is a bracket
    sides = {_side(value) for value in found.values.get("direction", [])} - {""}
    spans = [value for value in found.values.get("timeframe", []) if value.casefold() not in _EMPTY]
    if len(sides) > 1 or len({" ".join(value.casefold().split()) for value in spans}) > 1:
        words = sorted(sides) if len(sides) > 1 else spans
        raise ClaimRefused("contradictory", f"Two tags disagree: {' and '.join(words)}.")
    said = found.values.get("confidence", [])
    body, around = _in_bold(body)
    body = normal(body)
    if chance := _CHANCE.fullmatch(body.strip()):
        body, said = chance[1], [*said, chance[2].strip()]
    body = _LABEL.sub("", body).strip(" \"'“”|")
    if _ABSTAINS.match(body):
        raise ClaimRefused("abstention", _ABSTENTION)
    return Tags(
        body=body,
        around=around,
        side=next(iter(sides), ""),
        versus=any(_AGAINST.search(value) for value in found.values.get("direction", [])),
        timeframe=spans[0] if spans else "",
        confidences=tuple(said),
        any=bool(found.values) or "[" in text,
    )


def _in_bold(text: str) -> tuple[str, tuple[str, ...]]:
    """The one passage in bold that is a sentence of its own, and what stands around it.

    A word in bold is only stressed, and a passage that goes on (*unless …*) is not whole: then
    the text is read as if it were plain.
    """
    found = _BOLD.findall(text)
    if len(found) != 1:
        return text, ()
    before, after = (part.strip() for part in text.split(f"**{found[0]}**", 1))
    before = _LABEL.sub("", before + " ").strip()
    opens = not before or before[-1] in ".!?:—"
    ends = found[0].rstrip()[-1:] in {".", "!", "?"} or not after or after[0] in ".!?—–-(|"
    if not (opens and ends) or _GOES_ON.match(after):
        return text, ()
    return found[0], tuple(part for part in (before, after) if re.search(r"\w", part))


def _side(value: str) -> str:
    """The side that a direction tag means, empty for ``N/A``."""
    if value.casefold() in _EMPTY:
        return ""
    words = re.findall(r"[a-z-]+|[↑↓]", value.casefold())
    if words[:1] == ["abstain"]:
        raise ClaimRefused("abstention", _ABSTENTION)
    side = _SIDE.get(words[0]) if words else None
    plain = re.sub(r"\(?\b(?:relative to|versus|vs)\b.*", "", value.casefold())
    stray = [word for word in re.findall(r"[a-z-]+|[↑↓]", plain) if _SIDE.get(word) != side]
    if side is None or stray or re.search(r"\d", plain):
        raise ClaimRefused("unread", f"The direction {value!r} is not just up, down or neutral.")
    return side
