"""Desk English compiled to claims, or refused: ``BTC beats SPY over 48h``.

Tokens, then clauses, then one predicate at a time; every token is read, named as commentary, or
the sentence is refused. The rules of reading are in docs/claims.md.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass

from workbench.domain import agreement, claims, horizons, tags, windows
from workbench.domain.calendars import iso
from workbench.domain.claims import Claim, Window
from workbench.domain.clauses import Clause
from workbench.domain.errors import ClaimRefused
from workbench.domain.figures import instant
from workbench.domain.instruments import Instrument, find, known
from workbench.domain.predicates import build
from workbench.domain.reading import clauses
from workbench.domain.sentences import parse, render
from workbench.domain.tags import Tags
from workbench.domain.vocabulary import Token, normal, tokens

LONGEST = 10_000  # characters; a dispatch has some 6,000, and reading takes their square


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """What a text means.

    Attributes:
        claims: Its parts, in order; each settles by itself.
        probability: The stated probability, inside (0, 1), or None.
        attaches: Position of the narrowest claim, to which that probability belongs; None
            when there is none, or several are equally narrow.
        notes: What a reader must know: a roll, a split, dropped commentary.
    """

    claims: tuple[Claim, ...]
    probability: float | None
    attaches: int | None
    notes: tuple[str, ...]


def compile_text(
    text: str,
    as_of: dt.datetime,
    table: Iterable[Instrument],
    *,
    timeframe: str = "",
    confidence: str = "",
) -> Compiled:
    """The claims of a text in desk English or in the desk's own sentences.

    Args:
        text: One prediction, with or without tags such as ``[TIMEFRAME: 48h]``.
        as_of: Moment of issue, aware UTC.
        table: The desk's instruments; those of ``QUOTED`` are known besides.
        timeframe: A horizon stated beside the text.
        confidence: A probability stated beside the text.

    Raises:
        ClaimRefused: No rule could settle it; with the nearest sentence that one could.
    """
    rows = known(table)
    if len(text) > LONGEST:
        long = ClaimRefused(
            "not_a_claim",
            f"{len(text):,} characters are no prediction; state it in {LONGEST:,} at most.",
        )
        raise _with_nearest(long, text[:LONGEST], as_of, rows)
    try:
        own = parse(text, as_of, rows)
        probability = _probability([confidence] if confidence else [])
        return _finished([own], probability, [], rows)
    except ClaimRefused as refused:
        if refused.code != "not_a_claim":
            raise _with_nearest(refused, text, as_of, rows) from refused
    try:
        return _english(text, as_of, rows, timeframe, confidence)
    except ClaimRefused as refused:
        raise _with_nearest(refused, text, as_of, rows) from refused


_GIVEN = (
    r"(?:(?<!even )if|(?<!even )when|(?<!least )once|in case|provided(?: that)?|"
    r"assuming(?: that)?)"
)
_IF = re.compile(
    rf"(?:{_GIVEN}|should) (.+?),? then (.+)|(?:{_GIVEN}|should) (.+?), (.+)|"
    rf"(.+?),? \b{_GIVEN} (.+)",
    re.IGNORECASE,
)


def _english(
    text: str, as_of: dt.datetime, table: tuple[Instrument, ...], timeframe: str, confidence: str
) -> Compiled:
    beside = tags.read(text)
    body = beside.body
    said = [*beside.confidences, *([confidence] if confidence else [])]
    aside = [f"Commentary, not part of the claim: {part!r}." for part in beside.around]
    for part in beside.around:  # "**SPY closes lower.** Confidence: 62%"
        stands = [token for token in tokens(normal(part), table) if token.kind == "p"]
        said += [token.value[1]["p"] for token in stands if token.text[:1].casefold() in "cp"]
    stated = _horizon(beside.timeframe or timeframe, table)
    if (found := _IF.fullmatch(body.rstrip("."))) and ". " not in body:
        first, second = _halves(found)
        then, notes = _claims(second, as_of, table, stated, beside, said)
        shared = [_ends_token(then[0])] if then else []
        untagged = Tags(body=first, any=beside.any)
        given, more = _claims(first, as_of, table, stated, untagged, said, spare=shared)
        if len(given) != 1:
            raise ClaimRefused("bad_condition", "A condition is one claim, not several.")
        built = [claims.conditional(one, given[0]) for one in then]
        notes += more
    else:
        built, notes = _claims(body, as_of, table, stated, beside, said)
    return _finished(built, _probability(said), notes + aside, table)


def _halves(found: re.Match[str]) -> tuple[str, str]:
    """Condition and claim of an if-sentence."""
    one, then, other, after, claim, condition = found.groups()
    return (one or other or condition, then or after or claim)


def _ends_token(claim: Claim) -> Token:
    end = claim.window.deadline.strftime("%Y-%m-%d %H:%M:%S")
    return Token(kind="w", text=end, value=(None, {"instant": end}))


def _horizon(text: str, table: tuple[Instrument, ...]) -> Token | None:
    """The horizon of a tag, None for an empty one or ``N/A``."""
    if not text or text.casefold() in {"n/a", "na", "none", "-"}:
        return None
    found = horizons.timed([token for token in tokens(normal(text), table) if token.kind != "_"])
    if len(found) != 1 or found[0].kind != "w":
        raise ClaimRefused("no_date", f"The timeframe {text!r} is no horizon.")
    return found[0]


def _claims(
    body: str,
    as_of: dt.datetime,
    table: tuple[Instrument, ...],
    tag: Token | None,
    beside: Tags,
    said: list[str],
    spare: list[Token] | None = None,
) -> tuple[list[Claim], list[str]]:
    """The claims of one unconditional text and notes on how it was read."""
    read = clauses(tokens(body, table), direction=beside.side, tagged=beside.any)
    said += [token.value[1]["p"] for token in read.stated]
    notes = [f"Commentary, not part of the claim: {text!r}." for text in read.commentary]
    built: list[Claim] = []
    shared = [*([tag] if tag else []), *(spare or [])]
    for clause in read.clauses:
        for subject in clause.subjects:
            for rival in clause.rivals or (None,):
                ruling = windows.leg(subject, *([rival] if rival else clause.group))
                horizon, when = _one_horizon(clause, read.clauses, shared, ruling, as_of)
                agreement.within_tag(when, tag, horizon, ruling, as_of)
                agreement.named_references(clause, subject, as_of)
                made = build(clause, subject, rival, when)
                for claim in made:
                    agreement.period(claim, horizon, ruling, as_of)
                built += made
    built = list({claim.id: claim for claim in built}.values())  # what is said twice counts once
    built = agreement.plainest(built)
    agreement.parts(built)
    agreement.side(built, beside, read.clauses)
    return built, notes


def _one_horizon(
    clause: Clause,
    every: tuple[Clause, ...],
    beside: list[Token],
    one: Instrument,
    as_of: dt.datetime,
) -> tuple[Token, Window]:
    """A clause's horizon and its window: its own, else what the others share, else one beside."""
    if clause.counted is not None:
        if clause.horizons:
            raise ClaimRefused("contradictory", "A count of sessions is its own horizon.")
        sessions = {"count": clause.counted.value[1]["n"], "span": "sessions"}
        counted = Token(kind="w", text=clause.counted.text, value=(None, sessions))
        return counted, horizons.resolve(counted, one, as_of)
    found = list(clause.horizons) or [one for each in every for one in each.horizons]
    found = horizons.timed(found or beside[:1])
    dated = [one for one in found if horizons.hours(one) is None]
    resolved = [(token, horizons.resolve(token, one, as_of)) for token in dated or found]
    if not resolved:
        years = [token.text for token in clause.said if re.fullmatch(r"20\d\d", token.text)]
        named = f"{years[0]!r} is read as a figure; name the day." if years else "nothing ends it."
        raise ClaimRefused("no_deadline", f"The text states no horizon: {named}")
    if len({when.deadline for _, when in resolved}) > 1:
        words = " and ".join(repr(token.text) for token, _ in resolved)
        raise ClaimRefused("contradictory", f"The horizons {words} disagree.")
    if dated:
        agreement.hours_hold(resolved[0], [each for each in found if each not in dated], one, as_of)
    return resolved[0]


def _probability(said: list[str]) -> float | None:
    """The one stated probability.

    Raises:
        ClaimRefused: Not inside (0, 1), or several that differ (``bad_probability``).
    """
    values = set()
    for text in said:
        try:
            number = float(text.replace("%", "").strip())
        except ValueError as error:
            raise ClaimRefused("bad_probability", f"{text!r} is no probability.") from error
        value = number / 100 if "%" in text else number
        if not 0 < value < 1:
            raise ClaimRefused(
                "bad_probability",
                f"A probability of {text} is not inside (0, 1); write 0.62 or 62%.",
            )
        values.add(round(value, 6))
    if len(values) > 1:
        raise ClaimRefused("contradictory", f"Several probabilities: {sorted(values)}.")
    return values.pop() if values else None


_NARROW = ("band", "relative", "range", "rank", "count", "magnitude", "touch", "stays", "level",
           "direction")  # fmt: skip


def _finished(
    built: list[Claim], probability: float | None, notes: list[str], table: tuple[Instrument, ...]
) -> Compiled:
    notes += [
        f"No {_settled_by(claim, table).name} close by {instant(claim.window.rolled)}: "
        f"rolled to the next, {instant(claim.window.deadline)}."
        for claim in built
        if claim.window.rolled
    ]
    if len(built) > 1:
        notes.append(f"Split into {len(built)} claims, each settled by itself.")
    order = sorted(range(len(built)), key=lambda i: _NARROW.index(built[i].kind))
    best = order[0]
    alone = len(order) == 1 or built[order[1]].kind != built[best].kind
    attaches = best if probability is not None and alone else None
    if probability is not None and len(built) > 1:
        notes.append(
            "The stated probability belongs to the narrowest claim; the others need their own."
            if alone
            else "No part is narrowest: each needs a probability of its own."
        )
    return Compiled(
        claims=tuple(built), probability=probability, attaches=attaches,
        notes=tuple(dict.fromkeys(notes)),
    )  # fmt: skip


def _settled_by(claim: Claim, table: tuple[Instrument, ...]) -> Instrument:
    """The instrument whose closes rule a claim's window: SPY, of BTC against SPY."""
    one, *others = (find(symbol, table) for symbol in claim.symbols)
    return windows.leg(one, *others)


def _with_nearest(
    refused: ClaimRefused, text: str, as_of: dt.datetime, table: tuple[Instrument, ...]
) -> ClaimRefused:
    """The refusal with a sentence that would be accepted: on its instrument, at the next close."""
    if refused.code == "abstention":
        return refused
    found = tokens(normal(text), table)
    fallback = "10Y" if refused.code == "event" else "SPY"
    closest = next((t.value for t in found if t.kind == "b"), fallback)
    named = next((t.value for t in found if t.kind == "I"), None)
    one = named or find(closest, table)
    try:
        near = render(claims.direction(one, claims.window(one, as_of, 1), "up"), table)
    except ClaimRefused:
        near = ""
    return ClaimRefused(refused.code, refused.reason, near)


def content(claim: Claim, table: Iterable[Instrument]) -> dict[str, object]:
    """A claim as the command line answers it: content, tickers, deadline and sentence."""
    rows = known(table)
    shown = {symbol: find(symbol, rows).short for symbol in claim.symbols}
    found: dict[str, object] = dict(claim.content())
    found |= {
        "subject": shown[claim.subject],
        "versus": shown.get(claim.versus or ""),
        "side": claim.side, "op": claim.comparison, "lo": claim.lo, "hi": claim.hi,
        "margin": claim.margin, "deadline": iso(claim.window.deadline),
        "rolled": claim.window.rolled is not None,
        "symbols": list(claim.symbols), "sentence": render(claim, rows), "id": claim.id,
    }  # fmt: skip
    if claim.group:
        found["group"] = [shown[symbol] for symbol in claim.group]
    if claim.given is not None:
        found["given"] = content(claim.given, rows)
    return found
