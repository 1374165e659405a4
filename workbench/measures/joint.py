"""One set of scenarios for all instruments, and views as tilts of its weights.

A scenario is named by the session on which its episode started; instruments of different venues
meet on the same dates, each over sessions of its own (put one on the other's sessions first,
with ``prices.merged``, where both must end together). Every probability is a share of one set of
weights, so they agree with each other, before a tilt and after it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from workbench.domain.calendars import Moments
from workbench.domain.claims import Claim
from workbench.domain.errors import ClaimRefused
from workbench.measures.prices import Array
from workbench.measures.scenarios import Episodes, Hits, answered, effective, share

MIN_GIVEN = 30.0  # effective scenarios in which a condition must hold
_STEPS, _TOLERANCE, _FARTHEST = 100, 1e-12, 30.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Joint:
    """Scenarios of several instruments over one horizon.

    Attributes:
        legs: Symbol to its scenarios; a date that a leg lacks is a scenario without it.
        dates: Every date on which some leg has a scenario, increasing, shape (n,).
        weight: Weight of each date, shape (n,), not negative.
    """

    legs: Mapping[str, Episodes]
    dates: Moments
    weight: Array

    def of(self, symbol: str) -> Episodes:
        """One instrument's scenarios, with the weights of the set."""
        return self.legs[symbol].weighted(self.dates, self.weight)

    def happened(self, claim: Claim) -> tuple[Hits, Hits]:
        """Where a claim comes true, and which scenarios can say, both of shape (n,)."""
        hits, said = answered(claim, *(self.legs[symbol] for symbol in claim.symbols))
        rows = np.searchsorted(self.dates, said.dates)
        true, known = np.zeros(len(self.dates), bool), np.zeros(len(self.dates), bool)
        true[rows], known[rows] = hits, True
        return true, known

    def probability(self, claim: Claim, given: Claim | None = None) -> float:
        """The weighted share of scenarios in which a claim comes true.

        Args:
            claim: About instruments of the set.
            given: A condition; then only scenarios count in which it holds.

        Returns:
            Strictly inside (0, 1), half a scenario on either side.

        Raises:
            ClaimRefused: The condition holds in fewer than 30 effective scenarios (``too_rare``).
        """
        true, known = self.happened(claim)
        if given is not None:
            holds, said = self.happened(given)
            known = known & said & holds
            have = effective(self.weight[known])
            if have < MIN_GIVEN:
                raise ClaimRefused(
                    "too_rare",
                    f"The condition on {given.subject} holds in {have:.0f} effective scenarios of "
                    f"the {MIN_GIVEN:.0f} that a conditional probability needs. Widen it.",
                )
        return share(true[known], self.weight[known])

    def tilted(self, views: Sequence[tuple[Claim, float]]) -> Joint:
        """The set after views in log odds: w times exp(sum of shift where a claim is true).

        Args:
            views: Claims and shifts; for one claim, logit p becomes logit p + shift.

        Returns:
            The same scenarios; those that cannot say whether a claim is true keep their weight.
        """
        factor = np.ones(len(self.dates))
        for claim, shift in views:
            true, known = self.happened(claim)
            lift = np.where(true, np.exp(shift), 1.0)
            mean = float(self.weight[known] @ lift[known] / self.weight[known].sum())
            factor = factor * np.where(known, lift / mean, 1.0)
        return replace(self, weight=self.weight * factor)

    def pooled(self, views: Sequence[tuple[Claim, float]]) -> Joint:
        """The set nearest to this one in which several claims have stated probabilities.

        Args:
            views: Claims and probabilities, each inside (0, 1), held of the weighted shares.

        Returns:
            Weights of least relative entropy to the present ones.

        Raises:
            ClaimRefused: No weights satisfy all views (``views_clash``): some never happens in
                the scenarios, or they contradict each other.

        Source:
            Meucci (2008), entropy pooling; Newton steps on its dual.
        """
        rows = [self.happened(claim) for claim, _ in views]
        gap = np.array(
            [(true - p) * known for (true, known), (_, p) in zip(rows, views, strict=True)]
        )
        base = self.weight / self.weight.sum()
        shift = np.zeros(len(views))
        value, weight = _dual(shift, gap, base)
        for _ in range(_STEPS):
            slope = gap @ weight
            if np.abs(slope).max(initial=0.0) < _TOLERANCE:
                return replace(self, weight=weight * self.weight.sum())
            curve = (gap * weight) @ gap.T - np.outer(slope, slope)
            step = np.linalg.lstsq(curve + 1e-14 * np.eye(len(shift)), -slope, rcond=None)[0]
            step *= min(1.0, 4.0 / max(float(np.abs(step).max()), 1e-300))
            while True:
                after, found = _dual(shift + step, gap, base)
                if after <= value or float(np.abs(step).max()) < 1e-14:
                    break
                step /= 2
            shift, value, weight = shift + step, after, found
            if np.abs(shift).max() > _FARTHEST:
                break
        if np.abs(gap @ weight).max(initial=0.0) < 1e-9:
            return replace(self, weight=weight * self.weight.sum())
        stated = ", ".join(f"{claim.kind} {claim.subject} {p:g}" for claim, p in views)
        raise ClaimRefused("views_clash", f"No weights of the scenarios give {stated} together.")


def _dual(shift: Array, gap: Array, base: Array) -> tuple[float, Array]:
    exponent = shift @ gap
    top = float(exponent.max(initial=0.0))
    weight = base * np.exp(exponent - top)
    total = float(weight.sum())
    return float(np.log(total)) + top, weight / total


def joint(legs: Mapping[str, Episodes]) -> Joint:
    """The scenarios of several instruments as one set.

    Args:
        legs: Symbol to today's scenarios, all over one horizon. Legs give a date one weight, up
            to a constant; where they differ, the first that has the date decides.
    """
    dates = np.unique(np.concatenate([own.dates for own in legs.values()]))
    weight = np.zeros(len(dates))
    for own in reversed(list(legs.values())):
        rows = np.searchsorted(dates, own.dates)
        common = weight[rows] > 0
        scale = 1.0
        if common.any():  # the newest common date links the two legs' constants
            scale = float(own.weight[common][-1] / weight[rows][common][-1])
        weight *= scale
        weight[rows] = own.weight
    return Joint(legs=dict(legs), dates=dates, weight=weight)
