"""Every figure of a text bound to its source, or its sentence cut.

``figures`` finds what wants a source, ``bind`` finds the source, ``repair`` says once what has
none, ``cut`` takes out the sentences that still hold it. Nothing is marked and left standing. A
number is bound to what its digits can stand for, never to something merely near.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from workbench.measures import binding, comparing, spoken, superlatives
from workbench.measures.binding import Binding, Verdict
from workbench.measures.contexts import Context, Desk, contexts, desk_of
from workbench.measures.mentions import Figure, Kind, Named, figures
from workbench.measures.passages import Sentence, without

__all__ = [
    "Binding", "Cut", "Desk", "Figure", "Kind", "Named", "Verdict", "bind", "cut",
    "desk_of", "figures", "repair",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """A sentence taken out, for the trail.

    Attributes:
        sentence: As written.
        why: Its figures without a source, each with the reason.
    """

    sentence: str
    why: str


def bind(text: str, desk: Desk) -> list[Binding]:
    """Where each figure of a text comes from.

    Args:
        text: Prose, markdown allowed.
        desk: What there is to bind to, as ``desk_of`` makes it once for many texts.

    Returns:
        One binding a figure, in order of the text.
    """
    return [one for context in contexts(text, desk) for one in _bound(context, desk)]


def cut(text: str, desk: Desk) -> tuple[str, list[Cut]]:
    """The text without the sentences that hold a figure without a source.

    A sentence may lean on one before it, so what is left is bound again until all of it is.

    Args:
        text: Prose, markdown allowed.
        desk: As in ``bind``.

    Returns:
        What is left, with its quotations and paragraphs, and what was taken out.
    """
    cuts: list[Cut] = []
    while True:
        gone: list[Sentence] = []
        for context in contexts(text, desk):
            bad = [one for one in _bound(context, desk) if one.verdict in {"stale", "unbound"}]
            if bad:
                place = context.place
                gone.append(place)
                cuts.append(Cut(sentence=text[place.start : place.end], why=_listed(bad)))
        if not gone:
            return text, cuts
        text = without(text, gone)


def repair(bindings: Iterable[Binding]) -> str:
    """What a writer is told once: which figures have no source; empty when all have one."""
    bad = [one for one in bindings if one.verdict in {"stale", "unbound"}]
    if not bad:
        return ""
    return (
        f"These figures have no source: {_listed(bad)}. Write the text again with figures of the "
        "findings only, as they are shown there; a sentence that keeps one of these is cut."
    )


def _listed(bad: Iterable[Binding]) -> str:
    return "; ".join(dict.fromkeys(f"{one.figure.text}: {one.reason}" for one in bad))


def _bound(context: Context, desk: Desk) -> list[Binding]:
    found = {one: _one(one, context, desk) for one in context.figures}
    for one, before in found.items():
        follows = [other for other in context.figures if 0 <= other.start - one.end <= 7
                   and other.kind in {"number", "times"}]  # fmt: skip
        if one.kind == "comparison" and follows and _is_threshold(one):
            found[one] = _same(one, found[follows[0]])  # a side is as good as its number
        elif one.kind == "direction" and before.verdict == "unbound":
            found[one] = _told(one, found) or before
        elif one.kind == "number" and before.verdict == "unbound":
            found[one] = _span(one, found) or before
    return list(found.values())


def _one(one: Figure, context: Context, desk: Desk) -> Binding:
    match one.kind:
        case "name":
            return spoken.name(one, context, desk)
        case "date":
            return spoken.date(one, context, desk)
        case "clock":
            return spoken.clock(one, context, desk)
        case "direction":
            return comparing.direction(one, context, desk)
        case "comparison":
            return superlatives.comparison(one, context, desk)
    special = comparing.times(one, context, desk) or comparing.streak(one, context, desk)
    if special is not None:
        return special
    found = binding.number(one, context, desk)
    if found.verdict == "bound":
        return found
    return comparing.threshold(one, context, desk) or found


def _is_threshold(one: Figure) -> bool:
    return one.text.lower().split()[0] in {
        "above", "below", "over", "under", "beneath", "higher", "lower", "more", "less", "greater",
        "at",
    }  # fmt: skip


def _same(one: Figure, other: Binding) -> Binding:
    return replace(other, figure=one)


def _told(one: Figure, found: dict[Figure, Binding]) -> Binding | None:
    """A direction is that of the change beside it: *over a month it gained 1.06%*."""
    for other, binding_ in found.items():
        near = 0 <= other.start - one.end <= 30 or 0 <= one.start - other.end <= 10
        if near and other.moved and other.sign == one.sign and binding_.verdict == "bound":
            return _same(one, binding_)
    return None


def _span(one: Figure, found: dict[Figure, Binding]) -> Binding | None:
    """A span of days is bound by the change over it that is bound."""
    if one.unit not in {"days", "sessions", "weeks"}:
        return None
    for other in found.values():
        if other.verdict == "bound" and "change since" in other.source:
            return _same(one, other)
    return None
