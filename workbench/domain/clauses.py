"""Tokens as clauses: who it is about, what is said of them, until when.

A clause has subjects and one predicate. Commentary after *as*, *amid*, *because* is set aside
and named; whatever else is left unread refuses the sentence.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from workbench.domain import horizons
from workbench.domain.errors import ClaimRefused
from workbench.domain.instruments import Instrument
from workbench.domain.vocabulary import Token, figure

_PREDICATE = frozenset("VSTMBLDFRNCAWkZnt")
_SAYS = frozenset("VSTMBLD")
_STOPS = frozenset(".!?")
_HARD = frozenset(
    {"unless", "except", "otherwise", "provided", "assuming", "as long as", "so long as"}
)
_TICKER = re.compile(r"\$?[A-Z]{2,5}")
_REASONS = {
    "e": ("event", "{} is an event; no price of the desk settles it."),
    "v": ("vague", "{} has no threshold that a rule could test."),
    "b": ("no_instrument", "{} is a basket, not an instrument of the desk."),
    "h": ("unread", "{} may turn the meaning round."),
    "?": ("unread", "{} is not understood, and may change the meaning."),
    "c": ("unread", "{} is not understood here, and may change the meaning."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One predicate about some instruments.

    Attributes:
        subjects: What it is about, each on its own.
        said: The predicate's tokens, negation and connectives aside.
        negated: True under a *not*.
        never: True when that is a *never*.
        rivals: Instruments that a relative predicate compares with, each on its own.
        group: Instruments of a ranking.
        counted: The token that asks for a number of sessions, if any.
        horizons: Horizons stated in the clause.
        references: References named in the clause.
    """

    subjects: tuple[Instrument, ...]
    said: tuple[Token, ...]
    negated: bool = False
    never: bool = False
    rivals: tuple[Instrument, ...] = ()
    group: tuple[Instrument, ...] = ()
    counted: Token | None = None
    horizons: tuple[Token, ...] = ()
    references: tuple[Token, ...] = ()

    @property
    def shape(self) -> str:
        """The kinds of its tokens, one letter each."""
        return "".join(token.kind for token in self.said)

    @property
    def leans(self) -> tuple[str, ...]:
        """The side that a plain word takes: ``up`` or ``down``, or nothing."""
        if self.negated:
            return ()
        for token in self.said:
            if token.kind == "D":
                return (token.value[0],)
            if token.kind in "MT" and token.value in {"up", "down"}:
                return (token.value,)
            if token.kind in "BL":
                return ("up" if token.kind == "B" else "down",)
        return ()


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


def clauses(found: Sequence[Token], direction: str = "", tagged: bool = False) -> Reading:
    """The clauses of a text.

    Args:
        found: Its tokens.
        direction: A side stated beside the text, read when the text has no predicate.
        tagged: True in the tagged style, where sentences after the first give reasons.

    Raises:
        ClaimRefused: With the code of the first thing that stands in the way.
    """
    read = Reading(stated=[token for token in found if token.kind == "p"])
    words = _last_share([token for token in found if token.kind != "p"], read)
    words = _brackets(words, read)
    if not any(token.kind == "I" for token in words):
        raise _nobody(words)
    segments = _segments(words)
    subjects: tuple[Instrument, ...] = ()
    refused: ClaimRefused | None = None
    for k, (mark, segment) in enumerate(segments):
        if not read.clauses and _scene(segment, segments[k + 1 :]):
            read.commentary.append(_text(segment))
            continue
        if mark in _STOPS and read.clauses and not _more(segment, direction, tagged):
            read.commentary.append(_text(segment))
            continue
        if read.clauses and (segment[0].kind == "c" or _prose(mark, segment)):
            _no_claim(segment)
            read.commentary.append(_text(segment))
            continue
        try:
            made = _segment(segment, subjects, read, direction)
        except ClaimRefused as error:
            if refused is None and not read.clauses:
                refused, subjects = error, _instruments(segment)[:1] or subjects
                continue
            raise
        if refused is not None and not mark.startswith(("—", "-", "–", ".")):
            raise refused
        if refused is not None:
            first = segment[0]
            if not (first.kind == "_" and first.text.casefold() in {"it", "they"}):
                raise refused
            read.commentary.append(_text(segments[0][1]))
            refused = None
        read.clauses += made
        subjects = made[-1].subjects if made else subjects
    if refused is not None:
        raise refused
    if not read.clauses:
        raise ClaimRefused("not_a_claim", "The text says nothing that a rule could settle.")
    return read


def _nobody(words: Sequence[Token]) -> ClaimRefused:
    """Why a text that names no instrument is refused."""
    for kind in "evb":
        if odd := [token.text for token in words if token.kind == kind]:
            code, reason = _REASONS[kind]
            return ClaimRefused(code, reason.format(repr(odd[0])))
    if any(token.kind in _PREDICATE for token in words):
        return ClaimRefused("no_instrument", f"{_text(words)!r} names no instrument of the desk.")
    return ClaimRefused("not_a_claim", "The text says nothing that a rule could settle.")


def _segments(words: list[Token]) -> list[tuple[str, list[Token]]]:
    """(mark before it, tokens) of the parts between stops."""
    found: list[tuple[str, list[Token]]] = [("", [])]
    for token in words:
        if token.kind == ";":
            found.append((token.text.strip(), []))
        else:
            found[-1][1].append(token)
    return [(mark, segment) for mark, segment in found if segment]


def _more(segment: list[Token], direction: str, tagged: bool) -> bool:
    """True when a further sentence is a claim too, and no reason that may be set aside.

    A claim has a horizon of its own. Without one, or when it cannot be read, what has the makings
    of a claim is not set aside either, except in the tagged style.
    """
    kinds = [token.kind for token in segment]
    if any(token.kind == "x" and token.text.casefold() in _HARD for token in segment):
        return True
    turned = any(token.kind in "hn" for token in segment) and "I" not in kinds
    if turned and len([kind for kind in kinds if kind not in "_,"]) <= 3:
        return True  # "Not." or "I doubt it." speaks of what was said
    try:
        made = _segment(list(segment), (), Reading(), direction)
    except ClaimRefused:
        threshold = any(a in "CA" and b == "N" for a, b in itertools.pairwise(kinds))
        predicate = bool(set(kinds) & _SAYS) and "w" in kinds
        return not tagged and "I" in kinds and ("R" in kinds or threshold or predicate)
    if any(clause.horizons for clause in made):
        return True
    if not tagged:
        raise ClaimRefused("unread", f"{_text(segment)!r} may be a claim or a reason; say which.")
    return False


def _brackets(words: list[Token], read: Reading) -> list[Token]:
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
        before = out[-1].kind if out else ""
        if before == "b" and named and kinds <= set("I&,_"):
            while out and out[-1].kind in "b?_v":
                out.pop()
            joint = Token(kind="&", text="and")
            out += [one for k, each in enumerate(named) for one in ([joint] * (k > 0) + [each])]
        elif (share := _bare_percent(inside)) is not None:
            _take_share(share, inside[0], out, read)
        elif kinds & (_PREDICATE | set("xwrqI")) - set("MDn") or kinds <= set("DM_"):
            out += [token, *inside, words[end]]
        else:
            read.commentary.append(_text(inside))
        at = end + 1
    return out


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
            "ambiguous", f"Is {token.text} the size of a move or a probability? Say 'with {share:g}% "
            f"probability', or 'by {share:g}%'."
        )  # fmt: skip
    read.stated.append(replace(token, kind="p", value=(None, {"p": f"{share:g}%"})))


def _last_share(words: list[Token], read: Reading) -> list[Token]:
    """The words without a probability that ends them: ``SPY closes higher tomorrow, 62%``."""
    end = len(words) - (words[-1:] != [] and words[-1].kind == ";")
    share = _bare_percent(words[end - 1 : end])
    if share is None or end < 2 or words[end - 2].kind not in {",", ";"} or share < 50:
        return words
    read.stated.append(replace(words[end - 1], kind="p", value=(None, {"p": f"{share:g}%"})))
    return words[: end - 2]


def _segment(
    segment: list[Token], before: tuple[Instrument, ...], read: Reading, direction: str
) -> tuple[Clause, ...]:
    main, aside = _without_commentary(segment)
    for token in (*main, *aside):
        serious = token.kind == "x" and (
            token in main or token.text.casefold() not in {"or", "then"}
        )
        if serious:
            raise ClaimRefused(
                "alternative", f"{token.text!r} makes it more than one claim; state one of them."
            )
    if aside:
        _no_claim(aside)
    late = [token for token in aside if token.kind == "w" and horizons.hours(token) is not None]
    words = [token for token in main if token.kind != "_"]
    if not any(token.kind == "w" for token in words):
        words += late
    made = _groups(words, before, direction)
    if aside:
        read.commentary.append(_text(aside))
    return made


def _no_claim(aside: Sequence[Token]) -> None:
    """Refuses a reason that holds a threshold, or a condition, and may be a claim itself."""
    kinds = [token.kind for token in aside]
    joint = aside[0].text.casefold() in {"given", "with", "after", "following"}
    condition = joint and "I" in kinds and set(kinds) & _SAYS
    threshold = any(a in "CA" and b == "N" for a, b in itertools.pairwise(kinds))
    hard = any(token.kind == "x" and token.text.casefold() in _HARD for token in aside)
    if "R" in kinds or threshold or condition or hard:
        raise ClaimRefused("unread", f"{_text(aside)!r} may be a claim or a reason; say which.")


def _scene(segment: Sequence[Token], later: Sequence[tuple[str, list[Token]]]) -> bool:
    """True of a sentence that sets the scene for the claim after it: *Breadth is narrow. SPY …*."""
    closed = bool(later) and (later[0][0] in _STOPS or later[0][0].strip(" ,").isalpha())
    claimed = set("IbewRNxnhpqkTSBLFCADM")
    return (
        closed
        and not claimed & {token.kind for token in segment}
        and any(token.kind == "I" for _, words in later for token in words)
    )


def _prose(mark: str, segment: Sequence[Token]) -> bool:
    """True of prose behind a dash that can neither be a claim nor turn one round."""
    words = [token for token in segment if token.kind not in "_,&"]
    claimed = set("IbwRNxnhpqkDMTSBLFCA")
    return mark in {"—", "-", "–", "--", ";"} and len(words) > 2 and not (
        claimed & {token.kind for token in words}
    )


def _without_commentary(segment: list[Token]) -> tuple[list[Token], list[Token]]:
    """The claim's own tokens, and those of a reason before or after it."""
    start = next((k for k, token in enumerate(segment) if token.kind == "c"), None)
    if start is None:
        return segment, []
    if not any(token.kind in _PREDICATE for token in segment[:start]):
        stop = next((k for k in range(start, len(segment)) if segment[k].kind == ","), None)
        if stop is None or start > 0:
            return segment, []
        rest, more = _without_commentary(segment[stop + 1 :])
        return rest, segment[start:stop] + more
    return segment[:start], segment[start:]


def _groups(
    words: list[Token], before: tuple[Instrument, ...], direction: str
) -> tuple[Clause, ...]:
    """Clauses of a segment: each subject list with the predicates that follow it."""
    made: list[Clause] = []
    words = _horizon_after_subject(words)
    at, subjects = 0, before
    while at < len(words):
        while at < len(words) and words[at].kind in ",&":
            at += 1
        fresh, at = _list(words, at)
        subjects = fresh or subjects
        end = at
        while end < len(words) and not _starts_clause(words, end, at):
            end += 1
        pieces = _pieces(words[at:end])
        if not pieces and fresh and direction and end >= len(words):
            word = direction.casefold().split()[0]
            if word in {"up", "down"}:
                pieces = [[Token(kind="D", text=word, value=(word, None))]]
        if fresh and not any(_said(piece) for piece in pieces):
            raise ClaimRefused(
                "vague", f"Nothing is said of {fresh[-1].name} that a rule could test."
            )
        made += _predicates(pieces, subjects)
        at = end
    return tuple(made)


def _horizon_after_subject(words: list[Token]) -> list[Token]:
    """*Tomorrow SPY closes higher* in the order of *SPY tomorrow closes higher*."""
    ahead = list(itertools.takewhile(lambda token: token.kind in "wr,&", words))
    rest = words[len(ahead) :]
    subjects, end = _list(rest, 0)
    if not subjects:
        return words
    return [*rest[:end], *(token for token in ahead if token.kind in "wr"), *rest[end:]]


def _said(piece: Sequence[Token]) -> list[Token]:
    return [token for token in piece if token.kind not in "wrq,&n"]


def _list(words: Sequence[Token], at: int) -> tuple[tuple[Instrument, ...], int]:
    """The instruments joined by *and* or commas from a place on, and where they end."""
    found: list[Instrument] = []
    k = at
    while k < len(words):
        if words[k].kind == "I":
            found.append(words[k].value)
            k += 1
            at = k
        elif found and words[k].kind in ",&":
            k += 1
        else:
            break
    return tuple(found), at


def _starts_clause(words: Sequence[Token], k: int, first: int) -> bool:
    """True where a new subject list begins: an instrument that is no object."""
    if words[k].kind != "I" or k == first:
        return False
    back = k - 1
    while back >= first and words[back].kind in ",&I":
        back -= 1
    if back >= first and words[back].kind in "BLko":
        follows = words[k + 1].kind if k + 1 < len(words) else ""
        joined = words[k - 1].kind in ",&"
        return joined and follows in set("VSTMBLDFCkZn") - {"C"}
    return True


def _pieces(words: Sequence[Token]) -> list[list[Token]]:
    """Predicates between *and* and commas; lists of instruments stay whole."""
    found: list[list[Token]] = [[]]
    for k, token in enumerate(words):
        follows = words[k + 1].kind if k + 1 < len(words) else ""
        if token.kind in ",&" and not (follows == "I" or (follows in ",&" and follows)):
            found.append([])
        elif token.kind not in ",&":
            found[-1].append(token)
    for k in range(len(found) - 1, 0, -1):  # "flat (within 0.3%)" is one predicate
        shape = "".join(token.kind for token in _said(found[k - 1]))
        if shape in {"F", "VF", "SF"} and _said(found[k])[:1] and _said(found[k])[0].kind in "WR":
            found[k - 1 : k + 1] = [found[k - 1] + found[k]]
    return [piece for piece in found if piece]


def _predicates(pieces: list[list[Token]], subjects: tuple[Instrument, ...]) -> list[Clause]:
    made: list[Clause] = []
    loose: list[Token] = []
    for piece in pieces:
        said = _said(piece)
        if not said:
            loose += [token for token in piece if token.kind in "wr"]
            if any(token.kind in "nq" for token in piece):
                raise ClaimRefused("unread", f"{_text(piece)!r} stands alone.")
            continue
        for kind, (code, reason) in _REASONS.items():
            if odd := [token.text for token in said if token.kind == kind]:
                if kind == "?" and all(_TICKER.fullmatch(text) for text in odd):
                    code, reason = "no_instrument", "{} is not an instrument of the desk."
                raise ClaimRefused(code, reason.format(repr(" ".join(odd))))
        if not subjects:
            raise ClaimRefused(
                "no_instrument", f"{_text(piece)!r} names no instrument of the desk."
            )
        made.append(_clause(piece, said, subjects, made[-1] if made else None))
    if loose and made:
        horizon = tuple(token for token in loose if token.kind == "w")
        named = tuple(token for token in loose if token.kind == "r")
        made = [
            replace(one, horizons=one.horizons + horizon, references=one.references + named)
            for one in made
        ]
    elif loose:
        name = subjects[-1].name if subjects else "nobody"
        raise ClaimRefused("vague", f"Nothing is said of {name} that a rule could test.")
    return made


def _clause(
    piece: Sequence[Token],
    said: Sequence[Token],
    subjects: tuple[Instrument, ...],
    last: Clause | None,
) -> Clause:
    named = tuple(token.value for token in said if token.kind == "I")
    words = tuple(token for token in said if token.kind != "I")
    ranked = any(token.kind == "k" for token in words)
    if named and not ranked and not any(token.kind in "BL" for token in words):
        raise ClaimRefused("unread", f"{named[0].name} stands where no second instrument belongs.")
    if last is not None and words[0].kind in "CA" and last.said[0].kind in "ST":
        words = (last.said[0], *words)
        if last.negated:
            raise ClaimRefused("negation", "It is not clear how far the 'not' reaches; repeat it.")
    elif last is not None and last.negated and words[0].kind in "CAND":
        raise ClaimRefused("negation", "It is not clear how far the 'not' reaches; repeat it.")
    denials = sum(token.kind == "n" for token in piece)
    if denials > 1:
        raise ClaimRefused("negation", "Two negations; state it without them.")
    counted = [token for token in piece if token.kind == "q"]
    return Clause(
        subjects=subjects,
        said=words,
        negated=denials == 1,
        never=any(token.text.casefold() == "never" for token in piece if token.kind == "n"),
        rivals=() if ranked else named,
        group=named if ranked else (),
        counted=counted[0] if counted else None,
        horizons=tuple(token for token in piece if token.kind == "w"),
        references=tuple(token for token in piece if token.kind == "r"),
    )


def _instruments(segment: Sequence[Token]) -> tuple[Instrument, ...]:
    return tuple(token.value for token in segment if token.kind == "I")


def _text(words: Sequence[Token]) -> str:
    return " ".join(token.text for token in words).strip(" ,")
