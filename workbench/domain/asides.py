"""What of a text is no part of its claim: brackets, reasons, scenes, a stated probability.

Nothing is dropped: what is set aside is named as commentary, and what may be a claim itself, or
turn the claim round, is never set aside.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from workbench.domain.clauses import PREDICATE, SAYS, Clause, written
from workbench.domain.errors import ClaimRefused
from workbench.domain.vocabulary import Token, figure

STOPS = frozenset(".!?")

HARD = frozenset(
    {
        "unless",
        "except",
        "otherwise",
        "provided",
        "assuming",
        "as long as",
        "so long as",
        "barring",
        "absent",
        "pending",
        "subject to",
        "depending on",
        "contingent",
        "contingent on",
    }
)

_LIKEWISE = frozenset({"as does", "as do", "as will"})

# What speaks of the claim itself, in any aside: withdrawn, doubted, another's, measured otherwise.
_DENIES = re.compile(
    r"^(?:(?:this|that|it|call|i|we|is|was|now|has|have|been) )*(?:cancel|withdr[ae]w|retract|"
    r"rescind)\w*|\b(?:invalid|hypothetical\w*|kidding|joking|a joke|sorry|(?:no )?wait$|"
    r"(?:ignore|disregard|fade|give|reverse) (?:this|that|it|my)|this (?:was|is an example)|"
    r"(?:take|taking) the other side|bet(?:ting)? against|the reverse of|opposite of|"
    r"(?:i|we)(?:'d| would)? (?:doubt|reject|disagree)|no longer (?:hold|think|believe)|"
    r"not (?:an? |my |our |the |this )?(?:real |own )?(?:call|prediction|view|claim|forecast|mine)|"
    r"no (?:call|prediction)|(?:not|won't) happen|"
    r"(?:yesterday|last (?:week|month|cycle))'s (?:call|view|prediction|claim|forecast)|"
    r"(?:old|previous|last) (?:call|prediction)|reference is|measured|by that (?:i|we) mean|"
    r"as (?:the |a )?(?:reference|benchmark|baseline|yardstick)|only valid|valid only|"
    r"my better judge?ment|(?:said|say|says|think) the (?:bears?|bulls?|consensus)|"
    r"what (?:the )?(?:bears?|bulls?|consensus) (?:said|says?|thinks?))\b",
    re.IGNORECASE,
)
# What a reason's first words measure or whom they quote, where the claim says something else.
_QUALIFIES = re.compile(
    r"as (?:measured|per|seen|implied|of(?! late)|if|on|opposed|judged|priced|quoted|\w+ as)\b|"
    r"as an? (?:\w+ )?(?:average|basket|ratio|spread|pair|group|multiple|share)$|"
    r"on (?!a clos(?:e|ing) basis)(?:[\w'-]+ ){0,3}?(?:basis|open|opening|hourly|daily|weekly|"
    r"monthly|days?|sessions?|of|average|downside|upside|paper|balance|view|close|closes|candle|"
    r"tick|wick|timeframe|terms|chart)$|on (?:any|an?|one|a single) (?:print|spike)$|"
    r"on (?:the )?(?:\w+ )?futures$|with (?:.* )?to go$|"
    r"with (?:an? )?(?:stop|target|take-profit|leverage|\d+x|lag|dividends?|at least|"
    r"(?:no|low|little|some|high) con)\w*\b|after -?hours\b|after which\b|where it\b|"
    r"(?:after|since|following) (?:the )?(?:[\w']+ )?(?:hours|open|opening|close|bell|costs?|fees?|"
    r"tax(?:es)?|slippage|adjust\w*|dividends?)\b|given (?:(?:enough )?time\b|(?:its|the) open$)|"
    r".*\b(?:nobody|no one|never)\b|thanks to nothing",
    re.IGNORECASE,
)
# What brackets behind a claim measure it in, or say of it.
_BRACKETED = re.compile(
    r"\b(?:futures?|e-?minis?|contracts?|cme|perps?|pre-?market|after[- ]hours|overnight|open|"
    r"opening|terms|inverse|leveraged?|\d+x|equal[- ]weight\w*|relative|average|weekly|monthly|"
    r"hourly|daily|basis|adjusted|proxy:|withdrawn|rejected|void|old|prior|previous|contrarian|"
    r"case|scenario|call|view|example|swaps?|fix(?:ing)?|returns?|fees|tongue|(?:morning|afternoon|"
    r"asian?|european|london|evening) session)\b|proxy\s*:",
    re.IGNORECASE,
)
_FUNDS = {"SPX": "SPY", "COMP": "QQQ"}  # "S&P 500 (SPY)" names the fund of an index
_CONTRASTS = frozenset({"though", "although", "even", "which", "where"})


@dataclass(kw_only=True)
class Reading:
    """What a text says.

    Attributes:
        clauses: Its claims, in order.
        commentary: What was set aside, as written.
        stated: Tokens that state a probability.
    """

    clauses: tuple[Clause, ...] = ()
    commentary: list[str] = field(default_factory=list)
    stated: list[Token] = field(default_factory=list)


def set_aside(words: Sequence[Token], read: Reading) -> None:
    """Names words as commentary.

    Raises:
        ClaimRefused: They take the claim back, or say that it is another's (``unread``).
    """
    text = written(words)
    if _DENIES.search(text.replace(" '", "'")):
        raise _turns(text)
    read.commentary.append(text)


def _turns(text: str) -> ClaimRefused:
    return ClaimRefused(
        "unread", f"{text!r} may change what is claimed, or take it back; state the claim plainly."
    )


def _explains(inside: Sequence[Token]) -> None:
    """Refuses brackets behind a claim that say how it is measured, or take it back."""
    said = [token for token in inside if token.kind not in "_,&"]
    odd = len(said) <= 1 and (not said or said[0].kind in "?nhc" or said[0].text.endswith("ly"))
    if odd or _BRACKETED.search(written(inside)) or any(token.kind == "h" for token in said):
        raise _turns(written(inside))


def brackets(words: list[Token], read: Reading) -> list[Token]:
    """Brackets resolved: an instrument that stands for a basket, or an aside."""
    out: list[Token] = []
    at = 0
    while at < len(words):
        token = words[at]
        end = next((k for k in range(at, len(words)) if words[k].text == ")"), None)
        if token.text != "(" or end is None:
            out.append(token)
            at += 1
            continue
        inside = words[at + 1 : end]
        named = [one for one in inside if one.kind == "I"]
        kinds = {one.kind for one in inside if one.text.casefold() not in {"as", "proxy"}}
        last = next((one for one in reversed(out) if one.kind != "_"), None)
        before = last.kind if last else ""
        later = _is_later(out)
        if not later and before == "I" and named and not kinds & set("&,") and kinds <= set("I_"):
            fund = _FUNDS.get(last.value.symbol) if last else None
            if fund == named[0].value.symbol and not any(map(_is_price, words)):
                out[out.index(last)] = named[0]  # type: ignore[arg-type]
            elif len(inside) == 1 and last and named[0].value != last.value:
                raise ClaimRefused("ambiguous", f"Is it {last.text} or {named[0].text}?")
            if len(inside) > 1:  # "SPY (the S&P 500 ETF)" says what it is
                read.commentary.append(written(inside))
        elif before == "b" and named and kinds <= set("I&,_"):
            while out and out[-1].kind in "b?_v":
                out.pop()
            joint = Token(kind="&", text="and")
            out += [one for k, each in enumerate(named) for one in ([joint] * (k > 0) + [each])]
        elif not later and (share := _bare_percent(inside)) is not None:
            _take_share(share, inside[0], out, read)
        elif kinds & (PREDICATE | set("xwrqI")) - set("MDn") or kinds <= set("DM_"):
            out += [token, *inside, words[end]]
        else:
            if not later and any(one.kind == "I" for one in out):
                _explains(inside)
            set_aside(inside, read)
        at = end + 1
    return out


def _is_later(before: Sequence[Token]) -> bool:
    """True behind the first sentence that names an instrument, where reasons begin."""
    named = False
    for token in before:
        named |= token.kind == "I"
        if named and is_stop(token):
            return True
    return False


def is_stop(token: Token) -> bool:
    """True of what ends a sentence."""
    return token.kind == ";" and token.text.strip()[:1] in STOPS


def split_stated(found: Sequence[Token]) -> tuple[list[Token], list[Token]]:
    """The tokens that state the claim's probability, and all others.

    In a sentence of reasons (*markets show a 42% chance of rain*) a probability is another's.
    """
    stated: list[Token] = []
    words: list[Token] = []
    for k, token in enumerate(found):
        if token.kind != "p":
            words.append(token)
            continue
        start = next((i + 1 for i in range(k - 1, -1, -1) if is_stop(found[i])), 0)
        end = next((i for i in range(k, len(found)) if is_stop(found[i])), len(found))
        others = [one for one in found[start:end] if one.kind not in "p_,"]
        if _is_later(found[:start]) and len(others) > 2:
            words.append(replace(token, kind="?"))
        else:
            stated.append(token)
    return stated, words


def _is_price(token: Token) -> bool:
    """True of a figure that is no change, so a price of either an index or its fund."""
    if token.kind == "R":
        return not re.search(r"%|per ?cent|pct|p\.?p|bp|basis", token.text, re.IGNORECASE)
    return token.kind == "N" and figure(token.text).unit in {"", "$", "points"}


def _bare_percent(words: Sequence[Token]) -> float | None:
    """The per cent of words that are nothing but an unsigned one."""
    if [token.kind for token in words] != ["N"]:
        return None
    found = figure(words[0].text)
    return found.value if found.unit == "%" and not found.signed else None


def _take_share(share: float, token: Token, before: Sequence[Token], read: Reading) -> None:
    """A bare percentage in brackets read as a probability, where it cannot be a size.

    Half and more is no size of a move; less may be one, unless a figure is stated already.
    """
    sized = any(one.kind in "NR" for one in before)
    if share < (10 if sized else 50):
        raise ClaimRefused(
            "ambiguous",
            f"Is {token.text} a size or a probability? Say 'with {share:g}% probability' or "
            f"'by {share:g}%'.",
        )
    read.stated.append(replace(token, kind="p", value=(None, {"p": f"{share:g}%"})))


def last_share(words: list[Token], read: Reading) -> list[Token]:
    """The words without a probability that ends them: ``SPY closes higher tomorrow, 62%``."""
    end = len(words) - (words[-1:] != [] and words[-1].kind == ";")
    share = _bare_percent(words[end - 1 : end])
    if share is None or end < 2 or words[end - 2].kind not in {",", ";"} or share < 50:
        return words
    read.stated.append(replace(words[end - 1], kind="p", value=(None, {"p": f"{share:g}%"})))
    return words[: end - 2]


def no_claim(aside: Sequence[Token]) -> None:
    """Refuses a reason that holds a threshold, or a condition, and may be a claim itself."""
    kinds = [token.kind for token in aside]
    joint = aside[0].text.casefold() in {"given", "with", "after", "following"}
    if len(aside) > 1 and (aside[0].text + " " + aside[1].text).casefold() in _LIKEWISE:
        raise ClaimRefused("unread", f"{written(aside)!r} may be a claim; write it out.")
    condition = joint and "I" in kinds and set(kinds) & SAYS
    sized = "CATMD" if "I" in kinds else "CA"
    threshold = any(a in sized and b == "N" for a, b in itertools.pairwise(kinds))
    reached = any(token.kind == "z" or " as " in token.text for token in aside)
    hard = any(token.kind == "x" and token.text.casefold() in HARD for token in aside)
    if aside[0].kind == "c":
        _says_why(aside)
    if "R" in kinds or reached or threshold or condition or hard:
        raise ClaimRefused("unread", f"{written(aside)!r} may be a claim or a reason; say which.")


def _says_why(aside: Sequence[Token]) -> None:
    """Refuses what follows *as, on, with, after, though* and gives no reason, but qualifies."""
    rest = [token for token in aside[1:] if token.kind not in "_,&wp"]
    text = written([token for token in aside if token.kind not in "wp"])
    first, shape = aside[0].text.casefold(), "".join(token.kind for token in rest)
    if first in {"on", "as", "since"} and not rest and any(token.kind == "w" for token in aside):
        raise ClaimRefused(
            "no_date",
            f"{written(aside)!r} is not one day: name it, or say 'on each of the next …'.",
        )
    bare = bool(shape) and set(shape) == {"I"} and first in {"as", "with", "given", "following"}
    contrast = first in _CONTRASTS and set(shape) & set("nhxDF")
    if bare or contrast or _QUALIFIES.match(text) or (first == "despite" and "VD" in shape):
        raise _turns(written(aside))


def is_scene(segment: Sequence[Token], later: Sequence[tuple[str, list[Token]]]) -> bool:
    """True of a sentence that sets the scene for the claim after it: *Breadth is narrow. SPY …*."""
    closed = bool(later) and (later[0][0] in STOPS or later[0][0].strip(" ,").isalpha())
    claimed = set("IbewRNxnhpqkTSBLFCADM")
    return (
        closed
        and not claimed & {token.kind for token in segment}
        and any(token.kind == "I" for _, words in later for token in words)
    )


def is_prose(mark: str, segment: Sequence[Token]) -> bool:
    """True of prose behind a dash that can neither be a claim nor turn one round."""
    words = [token for token in segment if token.kind not in "_,&"]
    claimed = set("IbwRNxnhpqkDMTSBLFCA")
    return (
        mark in {"—", "-", "–", "--", ";"}
        and len(words) > 2
        and not (claimed & {token.kind for token in words})
    )


def without_commentary(segment: list[Token]) -> tuple[list[Token], list[Token]]:
    """The claim's own tokens, and those of a reason before or after it."""
    start = next((k for k, token in enumerate(segment) if token.kind == "c"), None)
    if start is None:
        return segment, []
    if not any(token.kind in PREDICATE for token in segment[:start]):
        stop = next((k for k in range(start, len(segment)) if segment[k].kind == ","), None)
        if stop is None or start > 0:
            return segment, []
        rest, more = without_commentary(segment[stop + 1 :])
        return rest, segment[start:stop] + more
    return segment[:start], segment[start:]
