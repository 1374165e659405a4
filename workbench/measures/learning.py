"""The learned pool: how far each mind has earned to move the reference, claim by claim.

logit z = logit r + sum over present minds of w * clip(logit q - logit r, ±1.5), with w a mind's
global weight plus its deviation in the claim's category. The weights start near nothing, are
learned from settled claims (Bayesian logistic regression, normal after every date), drift back to
where they started, and never count below zero. What is said is z and r aggregated so that the
mean losses of dates, each settled before the next is asked, never add up to more than ln 2 / 2
above the reference's. An absent mind has no term; it is never counted as 1/2.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
from scipy.special import expit

from workbench.measures.beliefs import Name, Pool, Settled, Terms, met, prior
from workbench.measures.logistic import logit, updated, within
from workbench.measures.prices import Array


def predict(state: Pool, category: str, r: float, said: Mapping[str, float]) -> float:
    """What the pool says of a claim.

    Args:
        state: What was learned from claims settled before this one was asked.
        category: The claim's; one never met has its minds' global weights.
        r: The reference's probability, inside (0, 1).
        said: Present minds' probabilities, each inside (0, 1); a mind never met has the prior.

    Returns:
        Strictly inside (0, 1), between r and z; r itself when nobody is present or all agree.

    Raises:
        ValueError: A probability that is missing or not inside (0, 1).

    Source:
        The substitution rule of Vovk (1990, 2001) for Brier losses, of which rate 2 is mixable.
    """
    return _between(state, r, expert(state, category, r, said))


def expert(state: Pool, category: str, r: float, said: Mapping[str, float]) -> float:
    """Z itself, before the trust in it; what ``Settled.pooled`` keeps. Otherwise ``predict``."""
    claim = Settled(category=category, reference=r, said=said, happened=0.0)
    return _pooled(met(state, [claim]), claim)


def learn(state: Pool, category: str, r: float, said: Mapping[str, float], y: float) -> Pool:
    """The pool after one claim that settled on a date of its own; see ``settle``."""
    return settle(state, [Settled(category=category, reference=r, said=said, happened=y)])


def settle(state: Pool, claims: Iterable[Settled]) -> Pool:
    """The pool after the claims of one date, whatever their order, to the bit.

    Args:
        state: What was learned before.
        claims: All that settled on that date. Where no mind was present there is nothing to
            learn, and nothing is forgotten either.

    Returns:
        Weights: the normal approximation (Laplace's) at the most probable weights given all
        claims at once, then forgetting. Trust in z: by the mean loss over the date, so that many
        claims of one bad day are one bad day.

    Raises:
        ValueError: A probability that is missing or not inside (0, 1); an outcome not 0 or 1.

    Source:
        Adamskiy, Bellotti, Dzhamtyrova and Kalnishkan (2019) on aggregating packs of outcomes.
    """
    heard = sorted((c for c in claims if c.said), key=_order)
    if not heard:
        return state
    if any(c.happened not in {0.0, 1.0} for c in heard):
        raise ValueError("An outcome is 0 or 1; leave out claims that have none.")
    state, terms = met(state, heard), state.terms
    share, count = _counts(terms, heard)
    x = np.stack([_row(state, c) for c in heard])
    z = np.array([_pooled(state, c) if c.pooled is None else c.pooled for c in heard])
    r, y = (np.array([getattr(c, part) for c in heard]) for part in ("reference", "happened"))
    odds = np.array([logit(c.reference) for c in heard])
    mean, covariance = updated(state.mean, state.covariance, x, y, offset=odds, weight=count)
    kept, (first, spread) = terms.memory ** count.sum(), prior(terms, state.names)
    return replace(
        state,
        mean=first + kept * (mean - first),
        covariance=kept**2 * covariance + (1 - kept**2) * np.diag(spread),
        lead=state.lead + _gained(terms, count, share, r, z, y),
        dates=state.dates + 1,
    )


def trusting(state: Pool, claims: Iterable[Settled]) -> Pool:
    """The pool with its trust alone moved by the claims of one date, which say their pooled z.

    Of a forecast that weighs some of the minds only, with the weights that all are learned from.
    """
    heard = sorted((c for c in claims if c.pooled is not None), key=_order)
    if not heard:
        return state
    share, count = _counts(state.terms, heard)
    z, r, y = (
        np.array([getattr(c, part) for c in heard]) for part in ("pooled", "reference", "happened")
    )
    return replace(state, lead=state.lead + _gained(state.terms, count, share, r, z, y))


def _counts(terms: Terms, claims: Sequence[Settled]) -> tuple[Array, Array]:
    """What claims of one date are worth each: among those of their category, and in all."""
    alike = Counter(c.category for c in claims)
    share = np.array([1 / (1 + (alike[c.category] - 1) * terms.alike) for c in claims])
    return share, share * np.array([c.count for c in claims])


def _gained(terms: Terms, count: Array, share: Array, r: Array, z: Array, y: Array) -> float:
    """By how much z's log odds over r as experts move with a date."""
    return terms.rate * float(count @ ((r - y) ** 2 - (z - y) ** 2) / share.sum())


def _order(claim: Settled) -> tuple[object, ...]:
    z = -1.0 if claim.pooled is None else claim.pooled
    said = sorted(claim.said.items())
    return claim.category, claim.reference, said, claim.happened, claim.count, z


def _heard(state: Pool, claim: Settled) -> dict[str, float]:
    """Each present mind's distance from the reference, log odds, in order of their names."""
    told = [claim.reference, *claim.said.values()]
    told += [] if claim.pooled is None else [claim.pooled]
    if not all(0 < p < 1 for p in told):
        raise ValueError(f"A probability lies strictly inside (0, 1), none is clipped; got {told}.")
    reach, base = state.terms.reach, logit(claim.reference)
    return {
        mind: min(max(logit(q) - base, -reach), reach) for mind, q in sorted(claim.said.items())
    }


def _row(state: Pool, claim: Settled) -> Array:
    """Those distances at both weights of each mind, shape (d,)."""
    x, place = np.zeros(len(state.names)), _places(state.names)
    for mind, far in _heard(state, claim).items():
        x[[place[mind, ""], place[mind, claim.category]]] = far
    return x


def _pooled(state: Pool, claim: Settled) -> float:
    """What the reference becomes by the weights, less the more they are in doubt."""
    place, rows, far, pull = _places(state.names), list[int](), list[float](), 0.0
    for mind, away in _heard(state, claim).items():
        both = place[mind, ""], place[mind, claim.category]
        pull += away * max(float(state.mean[both[0]] + state.mean[both[1]]), 0.0)
        rows += both
        far += [away, away]
    if pull == 0:
        return claim.reference
    x = np.array(far)
    doubt = max(float(x @ state.covariance[np.ix_(rows, rows)] @ x), 0.0)
    return within(logit(claim.reference) + pull / math.sqrt(1 + math.pi * doubt / 8))


@lru_cache(maxsize=8)
def _places(names: tuple[Name, ...]) -> dict[Name, int]:
    return {name: row for row, name in enumerate(names)}


def _between(state: Pool, r: float, z: float) -> float:
    """The forecast whose Brier loss is at most the mixed loss of r and z, either way it goes."""
    rate, trust, far = state.terms.rate, float(expit(state.lead)), z - r
    if_no = -math.log1p(trust * math.expm1(-rate * far * (z + r))) / rate
    if_yes = -math.log1p(trust * math.expm1(-rate * far * (z + r - 2))) / rate
    low, high = sorted((r, z))
    return min(max(r + (if_no - if_yes) / 2, low), high)  # rounding may step over an end
