"""What stands beside a prediction: ``[DIRECTION: down] [TIMEFRAME: 48h] [CONFIDENCE: 0.62]``.

Tags stand in square or round brackets, or bare behind their names, in any order. A tag that is
not known, or that is given twice with two meanings, refuses the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from workbench.domain.errors import ClaimRefused

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
_INSIDE = re.compile(rf"\s*[|;,]\s*(?=(?:{_NAMES})\s*[:=])", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tags:
    """What the tags of a text say.

    Attributes:
        body: The text without them.
        side: ``up``, ``down``, ``neutral`` or empty.
        versus: True when the side is meant against another instrument.
        timeframe: Words of a horizon, or empty.
        confidences: Stated probabilities, as written.
        any: True when there is a tag at all.
    """

    body: str
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

    def keep(self, name: str, value: str) -> None:
        kind = _KNOWN.get(" ".join(name.casefold().split()))
        if kind is None:
            raise ClaimRefused("unread", f"The tag {name} means nothing here.")
        if kind:
            self.values.setdefault(kind, []).append(value.strip(" *"))


def read(text: str) -> Tags:
    """The tags of a text and what is left of it.

    Raises:
        ClaimRefused: An unknown tag or direction (``unread``), or two that differ
            (``contradictory``).
    """
    found = _Found()
    body = text
    for pattern in (_SQUARE, _ROUND, _BARE):
        body = pattern.sub(found.take, body)
    body = body.replace("[", "(").replace("]", ")")  # what is no tag is a bracket
    sides = {_side(value) for value in found.values.get("direction", [])} - {""}
    spans = [value for value in found.values.get("timeframe", []) if value.casefold() not in _EMPTY]
    if len(sides) > 1 or len({" ".join(value.casefold().split()) for value in spans}) > 1:
        words = sorted(sides) if len(sides) > 1 else spans
        raise ClaimRefused("contradictory", f"Two tags disagree: {' and '.join(words)}.")
    against = re.compile(r"\b(?:relative|versus|vs)\b", re.IGNORECASE)
    return Tags(
        body=body,
        side=next(iter(sides), ""),
        versus=any(against.search(value) for value in found.values.get("direction", [])),
        timeframe=spans[0] if spans else "",
        confidences=tuple(found.values.get("confidence", [])),
        any=bool(found.values) or "[" in text,
    )


def _side(value: str) -> str:
    """The side that a direction tag means, empty for ``N/A``."""
    if value.casefold() in _EMPTY:
        return ""
    words = re.findall(r"[a-z-]+|[↑↓]", value.casefold())
    if words[:1] == ["abstain"]:
        raise ClaimRefused(
            "abstention", "An abstention predicts nothing, so nothing can settle it."
        )
    side = _SIDE.get(words[0]) if words else None
    plain = re.sub(r"\(?\b(?:relative to|versus|vs)\b.*", "", value.casefold())
    stray = [word for word in re.findall(r"[a-z-]+|[↑↓]", plain) if _SIDE.get(word) != side]
    if side is None or stray:
        raise ClaimRefused("unread", f"The direction {value!r} is neither up, down nor neutral.")
    return side
