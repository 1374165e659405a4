"""The desk's gate: which families may speak, what goes on record, and which one is my call.

A family (instrument, kind, horizon) is open when walk-forward evidence shows that the reference
beats the base rate there, at a false discovery rate of 5 % over all families asked.
A claim goes on record when its family is open, no rule in force forbids it, its expected gain is
material, it is not trivial, its inputs are neither dark nor withheld, and no open prediction on
one of its instruments overlaps its window: so predictions on an instrument are independent looks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType

import numpy as np

from workbench.domain.claims import Claim
from workbench.domain.figures import difference
from workbench.domain.records import Decision, Role, Terms, Verdict
from workbench.measures.evidence import Family
from workbench.measures.multiplicity import step_up
from workbench.measures.scoring import Skill

MIN_DATES = 60
FALSE_DISCOVERIES = 0.05  # expected share of open families in which there is no skill
_KIND, _SUBJECT = 0.5, 0.75  # of a claim's worth, for each time that the call was like it lately
Obstacle = tuple[Verdict, str]


def opened(families: Mapping[Family, Skill]) -> frozenset[Family]:
    """The families in which the reference credibly beats the base rate.

    Args:
        families: Walk-forward evidence of every family asked.

    Returns:
        Those with at least 60 dates that Benjamini and Hochberg's step-up rule keeps at a false
        discovery rate of 5 %, so that asking more families opens none by luck alone.
    """
    judged = {
        family: found.p_value
        for family, found in families.items()
        if found.p_value is not None and found.dates >= MIN_DATES
    }
    kept = step_up(list(judged.values()), FALSE_DISCOVERIES)
    return frozenset(family for family, open_ in zip(judged, kept, strict=True) if open_)


def gain(p: float, base: float) -> float:
    """Expected gain over the base rate, (p - b)^2 / (b (1 - b)): 0.005 is 3.5 points at 1/2."""
    return (p - base) ** 2 / (base * (1 - base))


def information(p: float, base: float) -> float:
    """Expected information gain over the base rate, nats: the divergence of p from b."""
    return float(p * np.log(p / base) + (1 - p) * np.log((1 - p) / (1 - base)))


def decide(
    slate: Iterable[Claim],
    said: Mapping[str, float],
    base: Mapping[str, float],
    families: Mapping[Family, Skill],
    *,
    terms: Terms,
    withheld: Collection[str],
    running: Sequence[Claim],
    recent: Sequence[str],
    forbidden: Mapping[str, str] = MappingProxyType({}),
    interest: Mapping[str, float] = MappingProxyType({}),
) -> list[Decision]:
    """What goes on record, what stays a shadow, and which prediction is the call.

    Args:
        slate: The cycle's claims.
        said: Claim id to the desk's probability.
        base: Claim id to the base rate.
        families: Walk-forward evidence.
        terms: What the gate asks for.
        withheld: Symbols with a withheld or dark series.
        running: Predictions on record that are still open.
        recent: ``call_key`` of the last calls, latest last.
        forbidden: Claim id to the rule in force that forbids it, as a reason.
        interest: Claim id to how much readers care, as a factor; 1 where it is missing.

    Returns:
        One decision a claim, in slate order. Claims rank by information over the square root of
        their sessions, times interest, halved for each time that their kind was the call lately,
        a quarter less for each time that their instrument was. The call is the first that I hold
        more likely than not and than history does; then follow, in order, those on instruments
        that none before them speaks of.
    """
    asked = list(slate)
    allowed = opened(families)
    obstacles: dict[str, Obstacle] = {}
    for claim in asked:
        p, b = said[claim.id], base[claim.id]
        obstacle = _obstacle(claim, p, b, families, allowed, terms, withheld, forbidden)
        if obstacle is None and (same := _beside(claim, running)):
            reason = f"a {same[0].kind} claim on {same[0].subject} to {same[0].window.date} is open"
            obstacle = "overlaps", reason
        if obstacle is not None:
            obstacles[claim.id] = obstacle
    lately = [key.split(" ") for key in recent[-terms.recent :]]
    subjects, kinds = (Counter(key[part] for key in lately) for part in (0, 1))

    def worth(claim: Claim) -> float:
        nats = information(said[claim.id], base[claim.id]) / claim.window.sessions**0.5
        fresh = _KIND ** kinds[claim.kind] * _SUBJECT ** subjects[claim.subject]
        return float(nats * interest.get(claim.id, 1.0) * fresh)

    free = sorted((c for c in asked if c.id not in obstacles), key=lambda c: (-worth(c), c.id))
    call = next((c for c in free if said[c.id] >= max(0.5, base[c.id])), None)
    taken: list[Claim] = [] if call is None else [call]
    for claim in free:
        if claim is call:
            continue
        if beside := _beside(claim, taken):
            reason = f"today's {beside[0].kind} claim on {beside[0].subject} overlaps it"
            obstacles[claim.id] = "crowded", reason
        else:
            taken.append(claim)
    roles: dict[str, Role] = {c.id: "call" if c is call else "other" for c in taken}
    return [
        _decision(c, said[c.id], base[c.id], roles.get(c.id, "shadow"), obstacles.get(c.id))
        for c in asked
    ]


def call_key(claim: Claim) -> str:
    """What should vary from call to call: the instrument and the kind."""
    return f"{claim.subject} {claim.kind}"


def _obstacle(
    claim: Claim,
    p: float,
    base: float,
    families: Mapping[Family, Skill],
    allowed: Collection[Family],
    terms: Terms,
    withheld: Collection[str],
    forbidden: Mapping[str, str],
) -> Obstacle | None:
    """What keeps a claim off the record whatever else is on it."""
    if hidden := [symbol for symbol in claim.symbols if symbol in withheld]:
        return "withheld", f"{hidden[0]} is withheld"
    family = _owner(claim, families), claim.kind, claim.window.sessions
    found = families.get(family)
    if found is None or found.skill is None or found.dates < MIN_DATES:
        return "young", "its family has too little history to be judged"
    if family not in allowed:
        own, low, high = (
            difference(100 * (value or 0.0)) for value in (found.skill, found.low, found.high)
        )
        return "shut", (
            f"its family is shut: skill {own}% [{low}, {high}] on {found.dates} dates, "
            f"p = {found.p_value:.3f} among {len(families)} families"
        )
    if not terms.trivial <= p <= 1 - terms.trivial:
        return "certain", "it is too certain to be worth saying"
    if gain(p, base) < terms.material:
        edge = difference(100 * (p - base))
        return "immaterial", f"its edge is {edge} points on the base rate, too little to matter"
    if claim.id in forbidden:  # last, so that a rule's cost is that of what else would pass
        return "ruled", forbidden[claim.id]
    return None


def _owner(claim: Claim, families: Mapping[Family, Skill]) -> str:
    """The instrument whose evidence a claim uses; a relative one may be asked either way."""
    key = (claim.subject, claim.kind, claim.window.sessions)
    return claim.subject if key in families or claim.versus is None else claim.versus


def _beside(claim: Claim, others: Iterable[Claim]) -> list[Claim]:
    """Those of the others that speak of one of its instruments over some of its window."""
    mine = claim.window
    return [
        other
        for other in others
        if set(claim.symbols) & set(other.symbols)
        and mine.start < other.window.deadline
        and other.window.start < mine.deadline
    ]


def _decision(
    claim: Claim, p: float, base: float, role: Role, obstacle: Obstacle | None
) -> Decision:
    edge = f"edge {difference(100 * (p - base))} points on the base rate"
    verdict, reason = obstacle or ("passed", f"open family, {edge}")
    return Decision(
        claim=claim.id, role=role, probability=p, base_rate=base, gain=gain(p, base),
        verdict=verdict, reason=reason,
    )  # fmt: skip
