"""Rules: in this category the desk puts nothing on record, as it is worse than the base rate.

A rule is a hypothesis. It is mined from settled claims where the desk's skill is credibly
negative; many categories are searched, so that proves nothing, and only claims asked afterwards
are its trial. In force once their evidence survives e-BH over all rules ever mined; for a year,
then renewed on what it blocked, or retired; retired early when that speaks for the desk. A claim
is evidence of one stage only: each change of state begins a new tally. Rulings fall at reviews.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from workbench.domain.claims import Claim
from workbench.domain.figures import difference
from workbench.measures.blocks import Block, Category
from workbench.measures.multiplicity import least
from workbench.measures.scoring import MIN_BLOCKS
from workbench.measures.tallies import Evidence, Tally, counted, evidence, latest, tally
from workbench.measures.trial import BLOCKS, FACTOR, FALSE_DISCOVERIES, HARMFUL, SURE

RECENT = 252  # last dates of a category that are mined
LATELY = 126  # last dates of what a rule blocked that may reverse it, however right it was before
TRIED = 730  # days after which a trial that has found nothing is dropped
VALID = 365  # days, 252 sessions, for which a rule is in force before it must be renewed

Stage = Literal["trial", "in_force", "retired", "dropped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule as of its last change of state.

    Attributes:
        id: Its category in short and the cycle that mined it.
        category: Where the desk is to keep silent.
        state: On trial, in force, or ended: retired from force, or dropped from its trial.
        of: Cycle of that change; claims asked from it on are the evidence for the next.
        changed: Its date.
        until: Day from which a rule in force must be renewed, or a trial ends; None once ended.
        factor: Natural log of the e-value of its trial, 0 before and kept ever after.
        evidence: What the change rests on.
        reason: The change with its numbers, one sentence.
    """

    id: str
    category: Category
    state: Stage
    of: int
    changed: dt.date
    until: dt.date | None
    factor: float
    evidence: Evidence
    reason: str

    @property
    def alive(self) -> bool:
        """On trial or in force."""
        return self.state in {"trial", "in_force"}

    @property
    def forbids(self) -> str:
        """Why a claim that it blocks is not on record; begins with ``names(id)``."""
        return f"{names(self.id)} forbids it: {told(self.evidence)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """All that was learned from the claims of past reviews.

    Attributes:
        rules: Every rule ever mined by its id, as of its last change.
        tallies: What was settled by category, since its rule last changed.
    """

    rules: Mapping[str, Rule] = field(default_factory=dict)
    tallies: Mapping[Category, Tally] = field(default_factory=dict)

    @property
    def alive(self) -> dict[Category, Rule]:
        """The rule on trial or in force of each category that has one."""
        return {one.category: one for one in self.rules.values() if one.alive}

    def so_far(self, rule: Rule) -> Evidence:
        """What speaks for or against a rule since its last change; its last word once ended."""
        return evidence(self.tallies[rule.category]) if rule.alive else rule.evidence


def names(rule: str) -> str:
    """How a decision names the rule that blocked it."""
    return f"rule {rule}"


def told(found: Evidence) -> str:
    """A skill with its interval and dates, in words."""
    if found.skill is None or found.low is None or found.high is None:
        return f"{found.dates} dates are too few to tell"
    own, low, high = (difference(100 * value) for value in (found.skill, found.low, found.high))
    return f"skill {own}% [{low}, {high}] on {found.dates} dates, {found.n_eff:.0f} effective"


def folded(state: Rulebook, settled: Mapping[Category, Sequence[Block]]) -> Rulebook:
    """What is known after more claims have settled.

    Args:
        state: What was known at the last review.
        settled: ``blocks`` of all that settled since.
    """
    tallies, alive = dict(state.tallies), state.alive
    for category, found in settled.items():
        so_far = tallies.get(category) or tally(category.horizon, 0)
        tallies[category] = counted(so_far, found, None if category in alive else RECENT)
    return replace(state, tallies=tallies)


def rulings(state: Rulebook, cycle: int, date: dt.date) -> list[Rule]:
    """The rules whose state changes at a review, in order of their categories.

    Args:
        state: What is known, the claims settled by now included.
        cycle: Of the review.
        date: Its day.
    """
    alive = state.alive
    found = {one.id: state.so_far(one) for one in alive.values()}
    mined = [
        one
        for category, seen in sorted(state.tallies.items())
        if category not in alive
        for one in _mined(category, seen, cycle, date)
    ]
    factors = {one.id: one.factor for one in state.rules.values()}
    factors |= {one.id: found[one.id].worse for one in alive.values() if one.state == "trial"}
    factors |= {one.id: one.factor for one in mined}
    need = max(math.log(FACTOR), least(factors.values(), FALSE_DISCOVERIES))
    changes = [
        _tried(one, found[one.id], cycle, date, need, len(factors))
        if one.state == "trial"
        else _kept(
            one, found[one.id], evidence(latest(state.tallies[one.category], LATELY)), cycle, date
        )
        for one in alive.values()
    ]
    changed = [*mined, *(one for one in changes if one is not None)]
    return sorted(changed, key=lambda one: one.category)


def applied(state: Rulebook, changes: Iterable[Rule]) -> Rulebook:
    """The state after a review: what its rulings rest on is spent, and new tallies begin."""
    rules, tallies = dict(state.rules), dict(state.tallies)
    for one in changes:
        seen = tallies.get(one.category)
        after = seen.after if seen else ""
        rules[one.id] = one
        tallies[one.category] = tally(one.category.horizon, one.of, after)
    return Rulebook(rules=rules, tallies=tallies)


def forbidding(rules: Iterable[Rule], claim: Claim, regime: str) -> Rule | None:
    """The rule in force that keeps a claim off the record; the one for any regime comes first.

    Args:
        rules: Any; only those in force count.
        claim: A claim of the slate.
        regime: The cycle's.
    """
    own = claim.theme, claim.kind, claim.window.sessions
    there = {one.category: one for one in rules if one.state == "in_force"}
    return there.get(Category(*own)) or there.get(Category(*own, regime))


def _mined(category: Category, seen: Tally, cycle: int, date: dt.date) -> list[Rule]:
    """A new hypothesis where the recent past looks bad, or none."""
    recent = seen.blocks
    if len(recent) < MIN_BLOCKS or math.fsum(block.gain for block in recent) >= 0:
        return []
    # What was searched for is no evidence: the streams of a tally that is mined do not count.
    found = replace(evidence(seen), worse=0.0, better=0.0)
    if found.high is None or found.high >= 0:
        return []
    part = category.regime or "any"
    short = f"{category.theme}-{category.kind}-{category.horizon}-{part}-{cycle}"
    return [
        Rule(
            id=short, category=category, state="trial", of=cycle, changed=date,
            until=date + dt.timedelta(days=TRIED), factor=0.0, evidence=found,
            reason=f"Mined: {told(found)}; claims asked from now on are its trial.",
        )
    ]  # fmt: skip


def _tried(
    rule: Rule, found: Evidence, cycle: int, date: dt.date, need: float, tried: int
) -> Rule | None:
    """A rule on trial that comes in force or is dropped; None while it goes on."""
    words = f"{told(found)}, e-value {_e(found.worse)}"
    if found.below is not None and found.dates >= BLOCKS:
        if found.worse >= need and found.below > SURE:
            return replace(
                rule, state="in_force", of=cycle, changed=date, factor=found.worse,
                until=date + dt.timedelta(days=VALID), evidence=found,
                reason=f"Its trial: {words}, where {_e(need)} is needed among {tried} ever mined.",
            )  # fmt: skip
        if found.below < 1 - SURE:
            return _ended(rule, "dropped", f"its trial says otherwise: {words}", found, cycle, date)
    if rule.until is not None and date >= rule.until:
        return _ended(rule, "dropped", f"its trial found nothing: {words}", found, cycle, date)
    return None


def _kept(rule: Rule, found: Evidence, lately: Evidence, cycle: int, date: dt.date) -> Rule | None:
    """A rule in force that is retired or renewed; None while it goes on."""
    if found.below is None or lately.below is None or found.dates < BLOCKS:
        return _expired(rule, found, cycle, date)
    if found.better >= math.log(FACTOR):
        words = f"reversed: {told(found)}, e-value for the desk {_e(found.better)}"
        return _ended(rule, "retired", words, found, cycle, date)
    if lately.below < 1 - HARMFUL:
        return _ended(rule, "retired", f"reversed: lately {told(lately)}", lately, cycle, date)
    if found.below > SURE and rule.until is not None and date >= rule.until:
        return replace(
            rule, of=cycle, changed=date, until=date + dt.timedelta(days=VALID), evidence=found,
            reason=f"Renewed: of what it blocked, {told(found)}.",
        )  # fmt: skip
    return _expired(rule, found, cycle, date)


def _expired(rule: Rule, found: Evidence, cycle: int, date: dt.date) -> Rule | None:
    """The rule, retired, if its time is up."""
    if rule.until is None or date < rule.until:
        return None
    words = f"expired: what it blocked does not renew it, {told(found)}"
    return _ended(rule, "retired", words, found, cycle, date)


def _ended(
    rule: Rule, state: Stage, words: str, found: Evidence, cycle: int, date: dt.date
) -> Rule:
    factor = found.worse if rule.state == "trial" else rule.factor
    return replace(
        rule, state=state, of=cycle, changed=date, until=None, factor=factor, evidence=found,
        reason=f"{words[0].upper()}{words[1:]}.",
    )  # fmt: skip


def _e(log: float) -> str:
    """An e-value as text; beyond what anybody can picture only its size."""
    if log > math.log(1e6):
        return "over 1,000,000"
    return f"{math.exp(log):,.0f}" if log > math.log(10) else f"{math.exp(log):.2g}"
