"""A text's tokens as claims and commentary, sentence by sentence.

Commentary after *as*, *amid*, *because* is set aside and named; whatever else is left unread
refuses the text.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

from workbench.domain import agreement, horizons
from workbench.domain.asides import (
    HARD,
    STOPS,
    Reading,
    brackets,
    is_prose,
    is_scene,
    is_stop,
    last_share,
    no_claim,
    set_aside,
    split_stated,
    without_commentary,
)
from workbench.domain.clauses import PREDICATE, REASONS, SAYS, TICKER, Clause, of_segment, written
from workbench.domain.errors import ClaimRefused
from workbench.domain.instruments import Instrument
from workbench.domain.vocabulary import Token


def clauses(found: Sequence[Token], direction: str = "", tagged: bool = False) -> Reading:
    """The clauses of a text.

    Args:
        found: Its tokens.
        direction: A side stated beside the text, read when the text has no predicate.
        tagged: True in the tagged style, where sentences after the first give reasons.

    Raises:
        ClaimRefused: With the code of the first thing that stands in the way.
    """
    stated, words = split_stated(found)
    read = Reading(stated=stated)
    words = brackets(last_share(words, read), read)
    if not any(token.kind == "I" for token in words):
        raise _nobody(words)
    _asserted(words)
    for one, between, other in zip(words, words[1:], words[2:], strict=False):
        if (one.kind, between.text, other.kind) == ("I", "/", "I"):
            raise ClaimRefused("ambiguous", "A ratio, or both of them? Say 'and', or 'beats'.")
    words = _headline(words, read)
    segments = _segments(words)
    _known_subject(segments[0][1])
    subjects: tuple[Instrument, ...] = ()
    refused: ClaimRefused | None = None
    aside = False
    for k, (mark, segment) in enumerate(segments):
        if read.clauses and {token.kind for token in segment} <= set("w_,"):  # "— resolves in 24h"
            ends = tuple(token for token in segment if token.kind == "w")
            read.clauses = tuple(replace(one, horizons=one.horizons + ends) for one in read.clauses)
            continue
        if not read.clauses and is_scene(segment, segments[k + 1 :]):
            set_aside(segment, read)
            continue
        told = (mark in STOPS or aside) and bool(read.clauses)  # also what goes on in a reason
        aside = told and not _more(segment, direction, tagged)
        if aside:
            set_aside(segment, read)
            continue
        if read.clauses and (segment[0].kind == "c" or is_prose(mark, segment)):
            no_claim(segment)
            set_aside(segment, read)
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
            set_aside(segments[0][1], read)
            refused = None
        read.clauses += made
        subjects = made[-1].subjects if made else subjects
    if refused is not None:
        raise refused
    if not read.clauses:
        raise ClaimRefused("not_a_claim", "The text says nothing that a rule could settle.")
    return read


def _headline(words: list[Token], read: Reading) -> list[Token]:
    """The words behind a headline on a basket, which is set aside: *Small caps lag: IWM …*."""
    end = next((k for k, token in enumerate(words) if token.text == ":"), len(words))
    kinds = {token.kind for token in words[:end]}
    plain = kinds <= set("bMLBDSV_v&") and "b" in kinds and kinds & set("MLBD")
    if end > 6 or not plain or not any(token.kind == "I" for token in words[end:]):
        return words
    set_aside(words[:end], read)
    return words[end + 1 :]


def _asserted(words: Sequence[Token]) -> None:
    """Refuses a question: its first sentence about an instrument ends with a question mark."""
    named = False
    for token in words:
        named |= token.kind == "I"
        if named and is_stop(token):
            if "?" in token.text:
                raise ClaimRefused("not_a_claim", "A question claims nothing; state what will be.")
            return


def _known_subject(first: Sequence[Token]) -> None:
    """Refuses a claim about a ticker that the desk has not, whatever its reasons are about."""
    kinds = [token.kind for token in first]
    says = min((k for k, kind in enumerate(kinds) if kind in SAYS), default=0)
    unknown = kinds[:1] == ["?"] and TICKER.fullmatch(first[0].text) is not None
    if unknown and says and "I" not in kinds[:says]:
        raise ClaimRefused("no_instrument", f"{first[0].text!r} is not an instrument of the desk.")


def _nobody(words: Sequence[Token]) -> ClaimRefused:
    """Why a text that names no instrument is refused."""
    for kind in "evb":
        if odd := [token.text for token in words if token.kind == kind]:
            code, reason = REASONS[kind]
            return ClaimRefused(code, reason.format(repr(odd[0])))
    if any(token.kind in PREDICATE for token in words):
        return ClaimRefused("no_instrument", f"{written(words)!r} names no instrument of the desk.")
    return ClaimRefused("not_a_claim", "The text says nothing that a rule could settle.")


def _segments(words: list[Token]) -> list[tuple[str, list[Token]]]:
    """(mark before it, tokens) of the parts between stops."""
    found: list[tuple[str, list[Token]]] = [("", [])]
    for token in words:
        if token.kind == ";":
            found.append((token.text.strip()[:1] if is_stop(token) else token.text.strip(), []))
        else:
            found[-1][1].append(token)
    return [(mark, segment) for mark, segment in found if segment]


def _more(segment: list[Token], direction: str, tagged: bool) -> bool:
    """True when a further sentence is a claim too, and no reason that may be set aside.

    A claim has a horizon of its own. Without one, or when it cannot be read, what has the makings
    of a claim is not set aside either, except in the tagged style.
    """
    kinds = [token.kind for token in segment]
    if any(token.kind == "x" and token.text.casefold() in HARD for token in segment):
        return True
    if not tagged and any(
        token.kind == "x" and token.text.casefold() in {"if", "only"} for token in segment
    ):
        return True
    turned = any(token.kind in "hn" for token in segment) and "I" not in kinds
    quoted = "D" in kinds and "I" not in kinds and any(one.text == ":" for one in segment)
    content = [kind for kind in kinds if kind not in "_,"]
    order = "N" in kinds and 1 < len(content) <= 3 and not set(kinds) & set("Ieb")
    if (quoted or order) and not tagged:
        return True  # "Macro: higher." is another's call, "Stop at 690." no reason
    if turned and len(content) <= 3:
        return True  # "Not." or "I doubt it." speaks of what was said
    told = bool({"R", "w"} & set(kinds)) or any(b == "N" for b in kinds)
    pronoun = segment[0].text.casefold() in {"it", "they", "both"}
    told = told or segment[0].text.casefold() == "both"
    if pronoun and told and set(kinds) & (SAYS | {"C", "R"}) and not tagged:
        return True  # "It stays above 690 tomorrow." goes on about the same
    try:
        made = _segment(list(segment), (), Reading(), direction)
    except ClaimRefused:
        threshold = any(a in "CA" and b == "N" for a, b in itertools.pairwise(kinds))
        predicate = bool(set(kinds) & SAYS) and "w" in kinds
        short = len([kind for kind in kinds if kind not in "_,"]) <= 3  # "QQQ too."
        return not tagged and "I" in kinds and ("R" in kinds or threshold or predicate or short)
    if any(clause.horizons for clause in made):
        return True
    if not tagged:
        raise ClaimRefused("unread", f"{written(segment)!r} may be a claim or a reason; say which.")
    return False


def _segment(
    segment: list[Token], before: tuple[Instrument, ...], read: Reading, direction: str
) -> tuple[Clause, ...]:
    main, aside = without_commentary(segment)
    for token in (*main, *aside):
        serious = token.kind == "x" and (
            token in main or token.text.casefold() not in {"or", "then"}
        )
        if serious:
            raise ClaimRefused(
                "alternative", f"{token.text!r} makes it more than one claim; state one of them."
            )
    if aside:
        no_claim(aside)
    late = [token for token in aside if token.kind == "w" and horizons.hours(token) is not None]
    words = [token for token in main if token.kind != "_"]
    if not any(token.kind == "w" for token in words):
        words += late
    agreement.nouns(main)
    agreement.counted_from(main, aside)
    made = of_segment(words, before, direction)
    _joined(main, made)
    about = [one for clause in made for one in (*clause.subjects, *clause.rivals)]
    if any(one.unit == "%" for one in about) and "yield" not in written(main).casefold():
        agreement.as_yield(main)
    if aside:
        set_aside(aside, read)
    return made


def _joined(main: Sequence[Token], made: Sequence[Clause]) -> None:
    """Refuses *both* and *they* where the clause speaks of another number of instruments."""
    for k, token in enumerate(main):
        word = token.text.casefold()
        follows = next((one.kind for one in main[k + 1 :] if one.kind != "_"), "")
        before = list(itertools.takewhile(lambda one: one.kind != "I", reversed(main[:k])))
        denied = any(one.kind == "n" for one in before)
        if denied and token.kind == "_" and word in {"both", "all", "each"}:
            raise ClaimRefused("negation", f"Not {word}, or none of them? Name each.")
        if token.kind != "_" or word not in {"both", "all", "they"} or follows == "I":
            continue
        about = len(made[-1].subjects) if made else 0
        if about < 2 or (word == "both" and about > 2):
            raise ClaimRefused("ambiguous", f"Who are {word!r}? Name them.")


def _instruments(segment: Sequence[Token]) -> tuple[Instrument, ...]:
    return tuple(token.value for token in segment if token.kind == "I")
