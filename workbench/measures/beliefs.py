"""What a pool has learned of its minds: a value, with room for minds and categories not met yet.

A mind has a global weight and a deviation from it in each category, known together as one normal
distribution. A weight that was never learned is at its prior and independent of the others, so
that a mind heard for the first time today is as if it had been listed from the start.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import expit

from workbench.measures.prices import Array

Name = tuple[str, str]  # a mind and a category; the category is empty for its global weight


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How the pool learns.

    Attributes:
        weight: Prior mean of a mind's global weight: four minds together start at a fifth.
        weight_sd: Prior standard deviation of it.
        own_sd: Prior standard deviation of a category's deviation, whose mean is 0.
        memory: Share of what was learned that is left after one more claim; .9985 halves it in
            462. Single claims of a category and date count once, see ``alike``.
        reach: Largest distance of a mind from the reference that counts, log odds.
        rate: Learning rate between r and z; 2 is the largest with the guarantee.
        alike: Correlation assumed between claims of one category and date: k of them count as
            k / (1 + (k - 1) alike) claims. 1 takes them for one claim said k times.
    """

    weight: float = 0.05
    weight_sd: float = 0.1
    own_sd: float = 0.15
    memory: float = 0.9985
    reach: float = 1.5
    rate: float = 2.0
    alike: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A claim with what was said of it and what happened.

    Attributes:
        category: What its weights share, such as a family.
        reference: The reference's probability, inside (0, 1).
        said: Present minds' probabilities, each inside (0, 1).
        happened: 1 or 0; a void claim teaches nothing and is left out.
        pooled: z as of when it was asked (``learning.expert``); None has z made up from what is
            known on the date it settles, which is the same where windows do not overlap.
        count: How much it counts, in (0, 1]: 1/h for windows of h sessions asked every session.
    """

    category: str
    reference: float
    said: Mapping[str, float]
    happened: float
    pooled: float | None = None
    count: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pool:
    """All that was learned so far: a value, the fold of ``settle`` over dates in order.

    Attributes:
        terms: How it learns.
        names: Mind and category of each weight, as they were first heard.
        mean: Means of the weights, shape (d,).
        covariance: Of the weights, shape (d, d).
        lead: Log odds of the pooled z over the reference r as experts; 0 before anything.
        dates: Dates learned from.
    """

    terms: Terms
    names: tuple[Name, ...]
    mean: Array
    covariance: Array
    lead: float
    dates: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """The weight in force of one mind in one category, to be shown.

    Attributes:
        learned: Its weight in z, at least 0.
        sd: Standard deviation of the belief about it, before the bound at 0.
        in_force: ``learned`` times the trust in z: what a small distance of the mind moves what
            is said, as a share of that distance.
    """

    learned: float
    sd: float
    in_force: float


def start(terms: Terms | None = None) -> Pool:
    """A pool that has learned nothing."""
    empty = np.zeros(0)
    return Pool(
        terms=terms or Terms(), names=(), mean=empty, covariance=np.zeros((0, 0)), lead=0.0, dates=0
    )


def weight(state: Pool, mind: str, category: str) -> Weight:
    """The weight in force of a mind in a category, met or not."""
    claim = Settled(category=category, reference=0.5, said={mind: 0.5}, happened=0.0)
    state = met(state, [claim])
    both = [state.names.index((mind, "")), state.names.index((mind, category))]
    learned = max(float(state.mean[both].sum()), 0.0)
    return Weight(
        learned=learned,
        sd=math.sqrt(float(state.covariance[np.ix_(both, both)].sum())),
        in_force=float(expit(state.lead)) * learned,
    )


def weights(state: Pool) -> dict[tuple[str, str], Weight]:
    """Mind and category to the weight in force, for all that were learned from."""
    return {name: weight(state, *name) for name in sorted(state.names) if name[1]}


def met(state: Pool, claims: Sequence[Settled]) -> Pool:
    """The pool with room for all minds and categories; a new weight is at its prior, so exact."""
    needed = {(mind, part) for c in claims for mind in c.said for part in ("", c.category)}
    new = tuple(sorted(needed.difference(state.names)))
    if not new:
        return state
    d, (mean, variance) = len(state.names), prior(state.terms, new)
    covariance = np.diag(np.concatenate([np.zeros(d), variance]))
    covariance[:d, :d] = state.covariance
    return replace(
        state,
        names=state.names + new,
        mean=np.concatenate([state.mean, mean]),
        covariance=covariance,
    )


def prior(terms: Terms, names: Sequence[Name]) -> tuple[Array, Array]:
    """Prior means and variances of weights, shape (d,) each."""
    own = np.array([category != "" for _, category in names])
    return np.where(own, 0.0, terms.weight), np.where(own, terms.own_sd, terms.weight_sd) ** 2
