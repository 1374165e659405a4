"""One set of scenarios for all instruments, and views as tilts of its weights.

A scenario is named by the session on which its episode started; instruments of different venues
meet on the same dates, each over sessions of its own (put one on the other's sessions first,
with ``prices.merged``, where both must end together). Every probability is a share of one set of
weights, so they agree with each other, before a tilt and after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from workbench.domain.calendars import Moments
from workbench.domain.claims import Claim
from workbench.domain.errors import ClaimRefused
from workbench.measures.answers import hits
from workbench.measures.entropy import nearest
from workbench.measures.prices import Array
from workbench.measures.scenarios import Episodes, Hits, effective, share

MIN_GIVEN = 30.0  # effective scenarios in which a condition must hold
WIDEST = 4.0  # times the present width that a tilt can reach with enough scenarios left
_SOFT = 0.002  # of a claim's variance, at most 1/4: how far a view may stay away from its claim


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Asked:
    """Claims held against one set of scenarios, to be counted under any weights.

    Attributes:
        claims: C of them.
        true: 1 where a claim comes true, shape (C, n).
        known: 1 where a scenario can say, shape (C, n).
    """

    claims: tuple[Claim, ...]
    true: Array
    known: Array

    def shares(self, weight: Array) -> dict[str, float]:
        """Claim id to ``scenarios.share`` under these weights of shape (n,), inside (0, 1)."""
        true, total = self.true @ weight, self.known @ weight
        count = total**2 / (self.known @ weight**2)
        found = (true / total * count + 0.5) / (count + 1.0)
        return {claim.id: float(p) for claim, p in zip(self.claims, found, strict=True)}

    def leaning(self, weight: Array, wanted: Mapping[str, float]) -> Array:
        """The weights nearest to these under which some claims come near stated probabilities.

        Args:
            weight: Shape (n,), not negative; its sum is kept.
            wanted: Claim id to probability, inside (0, 1); claims that are not named follow.

        Returns:
            Shape (n,), of least relative entropy plus what the distances from the probabilities
            cost. A single claim comes all but a hundredth of the way, and probabilities that
            contradict each other meet in between; there always is an answer. Scenarios that can
            say nothing of these claims keep their weight. The very weights given when nothing is
            wanted.

        Source:
            Meucci (2008), entropy pooling, with views held softly: a ridge on its dual.
        """
        rows = [row for row, claim in enumerate(self.claims) if claim.id in wanted]
        if not rows:
            return weight
        known = self.known[rows]
        total = known @ weight
        count = total**2 / (known @ weight**2)
        stated = np.array([wanted[self.claims[row].id] for row in rows])
        share_ = (stated * (count + 1.0) - 0.5) / count  # of which ``shares`` makes the stated
        gap = (self.true[rows] - share_[:, None]) * known
        spoken = known.any(axis=0)  # what no view speaks of keeps its weight
        found = nearest(weight[spoken], gap[:, spoken], softness=_SOFT)
        leaned = weight.copy()
        leaned[spoken] = weight[spoken] if found is None else found  # with a ridge there is one
        return leaned


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Joint:
    """Scenarios of several instruments over one horizon.

    Attributes:
        legs: Symbol to its scenarios on ``dates``, NaN where it has none.
        dates: Every date on which some leg has a scenario, increasing, shape (n,).
        weight: Weight of each date, shape (n,), not negative.
    """

    legs: Mapping[str, Episodes]
    dates: Moments
    weight: Array

    def of(self, symbol: str) -> Episodes:
        """One instrument's scenarios, with the weights of the set."""
        own = replace(self.legs[symbol], weight=self.weight)
        return own.picked(np.isfinite(own.close))

    def happened(self, claim: Claim) -> tuple[Hits, Hits]:
        """Where a claim comes true, and which scenarios can say, both of shape (n,)."""
        return hits(claim, self.legs)

    def asked(self, claims: Iterable[Claim]) -> Asked:
        """Claims over this horizon, about instruments of the set, held against it.

        Raises:
            ClaimRefused: See ``probability``.
        """
        claims = tuple(claims)
        true, known = np.empty((2, len(claims), len(self.dates)))
        for row, claim in enumerate(claims):
            true[row], known[row] = self._told(claim)
        return Asked(claims=claims, true=true, known=known)

    def probability(self, claim: Claim) -> float:
        """The weighted share of scenarios in which a claim comes true.

        Args:
            claim: About instruments of the set; under a condition, only scenarios count in
                which it holds.

        Returns:
            Strictly inside (0, 1), half a scenario on either side.

        Raises:
            ClaimRefused: The condition holds in fewer than 30 effective scenarios (``too_rare``),
                or the scenarios do not carry what the claim asks (``not_priced``).
        """
        true, known = self._told(claim)
        return share(true[known], self.weight[known])

    def _told(self, claim: Claim) -> tuple[Hits, Hits]:
        true, known = self.happened(claim)
        if claim.given is not None and (have := effective(self.weight[known])) < MIN_GIVEN:
            raise ClaimRefused(
                "too_rare",
                f"The condition on {claim.given.subject} holds in {have:.0f} effective scenarios "
                f"of the {MIN_GIVEN:.0f} that a conditional probability needs. Widen it.",
            )
        if not known.any():
            raise ClaimRefused(
                "not_priced",
                f"No past episode can say whether this {claim.kind} claim on {claim.subject} comes "
                "true: its history has no highs and lows, or too few dates in common.",
            )
        return true, known

    def _nearest(self, gap: Array, known: Hits) -> Joint | None:
        """The nearest set in which each row of ``gap`` has mean zero over the known scenarios.

        The others keep their weights, and all of them together theirs.
        """
        found = nearest(self.weight[known], gap[:, known])
        if found is None:
            return None
        weight = self.weight.copy()
        weight[known] = found
        return replace(self, weight=weight)

    def resembling(self, dates: Moments, likeness: Array) -> Joint:
        """The set in which the days like today count more.

        Args:
            dates: Sessions that are judged, increasing, shape (m,).
            likeness: Factor of each one's weight, positive, shape (m,).

        Returns:
            The same scenarios; one that starts between two sessions takes the earlier's factor,
            and one before the first takes the mean.
        """
        row = np.searchsorted(dates, self.dates, side="right") - 1
        factor = np.where(row >= 0, likeness[np.maximum(row, 0)], likeness.mean())
        return replace(self, weight=self.weight * factor)

    def widened(self, symbol: str, factor: float) -> Joint:
        """The nearest set in which an instrument moves as if all its scenarios were so much wider.

        What is matched is the mean of log(1 + (x / m)^2), x the distance from high to low (from
        start to close without them) and m its median: a width that no single crash decides.

        Args:
            symbol: Whose scenarios.
            factor: Width wanted over the present width.

        Returns:
            Weights of least relative entropy to the present ones; those of scenarios without
            this instrument stay.

        Raises:
            ClaimRefused: A factor outside 1/4 to 4, for which too few scenarios would decide, or
                prices that stand still (``views_clash``).
        """
        if not 1 / WIDEST <= factor <= WIDEST:
            raise ClaimRefused(
                "views_clash",
                f"{symbol} is expected to move {factor:.2g} times as much as its scenarios do, "
                f"which weights alone give from 1/{WIDEST:g} to {WIDEST:g}.",
            )
        own = self.legs[symbol]
        path = np.isfinite(own.high + own.low)
        move = own.high - own.low if path.any() else np.abs(own.close)
        known = np.isfinite(move)
        typical = float(np.median(move[known])) if known.any() else 0.0
        x = np.where(known, move, 0.0) / (typical or np.nan)
        weight = self.weight * known
        target = float(weight @ np.log1p((factor * x) ** 2) / weight.sum()) if typical else np.nan
        found = self._nearest((np.log1p(x**2) - target)[None], known) if typical else None
        if found is None:
            raise ClaimRefused(
                "views_clash", f"No weights make {symbol} move {factor:.2g} times as much."
            )
        return found


def joint(legs: Mapping[str, Episodes]) -> Joint:
    """The scenarios of several instruments as one set.

    Args:
        legs: Symbol to today's scenarios, all over one horizon. Legs give a date one weight, up
            to a constant; where they differ, the first that has the date decides.
    """
    even = {symbol: own.even for symbol, own in legs.items()}
    first = next(iter(even.values())).dates
    same = all(len(own) == len(first) and np.array_equal(own.dates, first) for own in even.values())
    dates = first if same else np.unique(np.concatenate([own.dates for own in even.values()]))
    placed = {symbol: own.on(dates) for symbol, own in even.items()}
    weight = np.zeros(len(dates))
    for own in reversed(list(placed.values())):
        here = np.isfinite(own.close)
        common = here & (weight > 0) & (own.weight > 0)
        if common.any():  # the newest common date links the two legs' constants
            weight *= own.weight[common][-1] / weight[common][-1]
        weight = np.where(here, own.weight, weight)
    return Joint(legs=placed, dates=dates, weight=weight)
