"""Whether what a text says of one claim agrees: parts, tags, horizons, references, instruments.

Nothing is decided by precedence: what disagrees is refused.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence

from workbench.domain import horizons
from workbench.domain.calendars import iso, venue
from workbench.domain.claims import Claim, Window
from workbench.domain.clauses import Clause, written
from workbench.domain.errors import ClaimRefused
from workbench.domain.figures import day
from workbench.domain.instruments import ALWAYS, Instrument
from workbench.domain.sentences import render
from workbench.domain.tags import Tags
from workbench.domain.vocabulary import Token

# Verbs of a bond's price, which falls where its yield rises.
_OF_BONDS = re.compile(
    r"\b(?:rall|recover|rebound|strength|stronger|firm|soften|softer|weak|appreci|depreci|gain|los[es]|"
    r"sells? off|advanc|slump|green|red\b|in the black|positive|negative)",
    re.IGNORECASE,
)


def within_tag(
    when: Window, tag: Token | None, horizon: Token, one: Instrument, as_of: dt.datetime
) -> None:
    """Refuses a horizon in the text that its tag contradicts."""
    if tag is None or tag is horizon:
        return
    stated = horizons.resolve(tag, one, as_of)
    both = horizons.hours(tag), horizons.hours(horizon)
    if both[1] is not None and both[0] is not None and both[0] != both[1]:
        raise ClaimRefused(
            "contradictory", f"The text says {horizon.text!r}, the tag {tag.text!r}."
        )
    if when.deadline > stated.deadline:
        raise ClaimRefused(
            "contradictory",
            f"The text ends at {iso(when.deadline)}, after the tag's {tag.text!r}.",
        )


def hours_hold(
    dated: tuple[Token, Window], spans: list[Token], one: Instrument, as_of: dt.datetime
) -> None:
    """Refuses hours beside a date that do not hold it, or hold far more: *200-day*, *tomorrow*."""
    token, when = dated
    for span in spans:
        end = horizons.resolve(span, one, as_of).deadline
        if when.deadline > end or end - as_of > 2 * (when.deadline - as_of):
            raise ClaimRefused("contradictory", f"{token.text!r} and {span.text!r} disagree.")


def named_references(clause: Clause, one: Instrument, as_of: dt.datetime) -> None:
    """Refuses a named reference that is not the last close before issue."""
    for token in clause.references:
        kind, fields = token.value if isinstance(token.value, tuple) else (token.value, {})
        last = venue(one.venue).last(as_of)
        if kind == "last":
            continue
        if kind == "named":
            date = horizons.past_day(fields, horizons.local(one, as_of))
            if date == last.date:
                continue
        raise ClaimRefused(
            "reference_other",
            f"{token.text!r} is not the last close before the claim: {one.name} last closed on "
            f"{day(last.date)}. A claim counts from there, or moves made before it would count.",
        )


def period(claim: Claim, horizon: Token, one: Instrument, as_of: dt.datetime) -> None:
    """Refuses *up for the week* once the week has a close: it counts from the week before's."""
    first = horizons.opened(horizon, one, as_of)
    changes = claim.kind in {"direction", "relative", "magnitude"} or claim.unit != "price"
    last = venue(one.venue).last(as_of)
    if first is not None and changes and last.date >= first:
        raise ClaimRefused(
            "reference_other",
            f"{horizon.text!r} counts from before {day(first)}, but a claim counts from its last "
            f"close, {day(last.date)}; name the day it ends on instead.",
        )


def nouns(main: Sequence[Token]) -> None:
    """Refuses *SPY yield*, *BTC shares*, *10Y price*: another thing than the instrument's quote."""
    last: Instrument | None = None
    for k, token in enumerate(main):
        if token.kind == "I":
            last = token.value
        elif token.kind != "_":
            last = None
        elif last is not None and not _is_quote(last, token.text.casefold(), main[k + 1 : k + 2]):
            raise ClaimRefused(
                "unread", f"{token.text!r} is another thing than {last.name} itself."
            )


def _is_quote(one: Instrument, noun: str, after: Sequence[Token]) -> bool:
    """True of a noun behind an instrument that means nothing else than what it settles on."""
    share = one.unit == "USD" and one.venue != ALWAYS
    if noun in {"price", "prices"}:
        return one.unit != "%"
    if noun in {"share", "shares", "stock"}:
        return share
    if noun == "etf":
        return share and one.theme != "mega-cap"
    if noun == "call":
        return [token.text for token in after] == [":"]
    return {"yield": one.unit == "%", "index": one.unit == "points"}.get(noun, True)


def as_yield(main: Sequence[Token]) -> None:
    """Refuses *10Y rallies*: of the bond, whose yield then falls, or of the yield?"""
    for token in main:
        priced = token.text.casefold() in {"price", "prices"}
        bond = token.kind in "MTDV" and _OF_BONDS.search(token.text)
        if priced or bond or token.kind in "BL":
            raise ClaimRefused("ambiguous", f"{token.text!r}: the bond or its yield? Say 'yield'.")


def counted_from(main: Sequence[Token], aside: Sequence[Token]) -> None:
    """Refuses hours or sessions *after Thursday's CPI*: a window starts at issue."""
    last = next((token for token in reversed(main) if token.kind not in "_,"), None)
    if not aside or aside[0].text.casefold() not in {"after", "following"} or last is None:
        return
    if last.kind != "w" or "span" not in (last.value[1] if isinstance(last.value, tuple) else {}):
        return
    ahead = re.search(r"\b(?:next|coming)\b", last.text, re.IGNORECASE)
    plain = ahead or re.match(r"(?:in|within|over|for|during) (?!the\b)", last.text, re.IGNORECASE)
    rest = [token for token in aside[1:] if token.kind not in "_,"]
    event = len(rest) <= 2 and any(token.kind == "e" for token in rest)
    dated = any(token.kind == "w" and horizons.hours(token) is None for token in rest)
    if not plain or event or (dated and not ahead):
        raise ClaimRefused(
            "no_date", f"A window starts at issue, not {written(aside)!r}: say 'in the next …'."
        )


def plainest(built: list[Claim]) -> list[Claim]:
    """The claims without a direction that another says more strictly: *higher, not lower*."""
    strict = {
        (one.subject, one.side, one.window.deadline)
        for one in built
        if one.kind == "direction" and not one.op
    }
    return [
        one
        for one in built
        if one.kind != "direction"
        or not one.op
        or (one.subject, one.side, one.window.deadline) not in strict
    ]


def parts(built: list[Claim]) -> None:
    """Refuses claims of which no price could make all true."""
    for i, one in enumerate(built):
        for other in built[i + 1 :]:
            if one.subject != other.subject or one.window.deadline != other.window.deadline:
                continue
            left, right = _interval(one), _interval(other)
            strict = {"direction", "level", "magnitude", "stays"}
            if left and right and left[0] == right[0]:
                gap = max(left[1], right[1]) - min(left[2], right[2])
                if gap > 0 or (gap == 0 and {one.kind, other.kind} & strict):
                    raise ClaimRefused(
                        "contradictory",
                        f"No close makes all of it true: {render(one)}; {render(other)}.",
                    )


def side(built: list[Claim], tags: Tags, read: tuple[Clause, ...]) -> None:
    """Refuses a direction tag that the first claim does not have, or has the other way round."""
    if not tags.side or not built:
        return
    if tags.versus and not any(claim.kind == "relative" for claim in built):
        raise ClaimRefused(
            "contradictory", "The tag's side is relative to another instrument, the text's is not."
        )
    first = [claim for claim in built if claim.subject == built[0].subject]
    if tags.side == "neutral":  # what stays below a price may be neutral, what falls may not
        first = [claim for claim in first if claim.kind in {"direction", "magnitude", "band"}]
    said = {word for word in map(_lean, first) if word} | set(read[0].leans)
    if said - {tags.side}:
        raise ClaimRefused(
            "contradictory",
            f"The tag says {tags.side}, the text {' and '.join(sorted(said - {tags.side}))}.",
        )


def _interval(claim: Claim) -> tuple[str, float, float] | None:
    """The values at the close that a claim allows, with their unit."""
    low, high = claim.lo, claim.hi
    ends = (-1e300 if low is None else low, 1e300 if high is None else high)
    if claim.kind in {"level", "band", "stays"}:
        return (claim.unit, *ends)
    if claim.kind == "direction":
        return ("pct", 0.0, 1e300) if claim.side == "up" else ("pct", -1e300, 0.0)
    if claim.kind == "magnitude" and claim.side != "any" and low is not None:
        return (claim.unit, low, 1e300) if claim.side == "up" else (claim.unit, -1e300, -low)
    return None


def _lean(claim: Claim) -> str:
    """The side that a claim takes by itself; empty for one that takes none."""
    low, high = claim.lo, claim.hi
    if claim.kind in {"direction", "magnitude"}:
        return "" if claim.side in {None, "any"} else str(claim.side)
    if claim.kind == "band" and claim.unit != "price" and low is not None and high is not None:
        return "up" if low >= 0 else "down" if high <= 0 else ""
    if claim.kind == "level" and claim.unit == "price":
        return "up" if low is not None else "down"
    if claim.kind in {"touch", "stays"} and (low is None) != (high is None):
        beyond = claim.kind == "touch"
        return "up" if (high is not None) == beyond else "down"
    return ""
