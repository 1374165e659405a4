"""The clauses of a sentence: who it is about, what is said of them, until when.

A clause has subjects and one predicate. A token that no predicate reads refuses the sentence.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from workbench.domain.errors import ClaimRefused
from workbench.domain.instruments import Instrument
from workbench.domain.vocabulary import Token

PREDICATE = frozenset("VSTMBLDFRNCAWkZntz")

SAYS = frozenset("VSTMBLD")

TICKER = re.compile(r"\$?[A-Z]{2,5}")

REASONS = {
    "e": ("event", "{} is an event; no price of the desk settles it."),
    "v": ("vague", "{} has no threshold that a rule could test."),
    "b": ("no_instrument", "{} is a basket, not an instrument of the desk."),
    "h": ("unread", "{} may turn the meaning round."),
    "?": ("unread", "{} is not understood, and may change the meaning."),
    "z": ("ambiguous", "{} is a size at most or one reached; say 'at least', or 'falls to'."),
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


def of_segment(
    words: list[Token], before: tuple[Instrument, ...], direction: str
) -> tuple[Clause, ...]:
    """Clauses of a segment: each subject list with the predicates that follow it."""
    made: list[Clause] = []
    words = _horizon_after_subject(words)
    at, subjects = 0, before
    while at < len(words):
        while at < len(words) and words[at].kind in ",&":
            at += 1
        joint = words[at - 1].text.casefold() if at else ""
        fresh, at = _list(words, at)
        subjects = fresh or subjects
        end = at
        while end < len(words) and not _starts_clause(words, end, at):
            end += 1
        if made and fresh and joint in {"and", "&", ","}:
            _reach(made[-1], words[at:end])
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


def _reach(last: Clause, words: Sequence[Token]) -> None:
    """Refuses *SPY won't close lower and QQQ higher*: the *not* may reach the verb left out."""
    verbs = set("VSTMBL")
    if (
        last.negated
        and set(last.shape) & verbs
        and not {one.kind for one in words} & (verbs | {"n"})
    ):
        raise ClaimRefused("negation", "It is not clear how far the 'not' reaches; repeat it.")


def _horizon_after_subject(words: list[Token]) -> list[Token]:
    """*Tomorrow SPY closes higher* in the order of *SPY tomorrow closes higher*."""
    ahead = list(itertools.takewhile(lambda token: token.kind in "wrt,&", words))
    rest = words[len(ahead) :]
    subjects, end = _list(rest, 0)
    if not subjects:
        return words
    return [*rest[:end], *(token for token in ahead if token.kind in "wrt"), *rest[end:]]


def _said(piece: Sequence[Token]) -> list[Token]:
    return [token for token in piece if token.kind not in "wrq,&n"]


def _list(words: Sequence[Token], at: int) -> tuple[tuple[Instrument, ...], int]:
    """The instruments joined by *and* or commas from a place on, and where they end."""
    found: list[Instrument] = []
    k = at
    while k < len(words):
        if words[k].kind == "I":
            if words[k].value in found:
                raise ClaimRefused("unread", f"{words[k].value.name} is named twice.")
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
                raise ClaimRefused("unread", f"{written(piece)!r} stands alone.")
            continue
        for kind, (code, reason) in REASONS.items():
            if odd := [token.text for token in said if token.kind == kind]:
                if kind == "?" and all(TICKER.fullmatch(text) for text in odd):
                    unknown = f"{' '.join(odd)!r} is not an instrument of the desk."
                    raise ClaimRefused("no_instrument", unknown)
                raise ClaimRefused(code, reason.format(repr(" ".join(odd))))
        if not subjects:
            raise ClaimRefused(
                "no_instrument", f"{written(piece)!r} names no instrument of the desk."
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


def written(words: Sequence[Token]) -> str:
    """Tokens as they were written."""
    return " ".join(token.text for token in words).strip(" ,")
