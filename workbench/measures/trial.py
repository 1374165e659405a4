"""A mind's gate: does it add anything to the reference in a category, and does it do harm?

The null is the reference recalibrated online, logit z0 = a + b logit r; the claim for the mind is
logit z0 + g x, with x what is left of its distance from r after a line in logit r. So agreeing, a
constant lean and a bolder copy of r have x = 0 and earn exactly nothing. Evidence is counted by
block (one category, one date of settlement), as the mean of its claims' likelihood ratios, so
that a claim said twenty times is one claim; every number in it was known when the claim was asked.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np
import numpy.typing as npt
from scipy.special import logsumexp, ndtr

from workbench.measures.hearing import STATED, hearing
from workbench.measures.judging import checked
from workbench.measures.multiplicity import least
from workbench.measures.prices import Array
from workbench.measures.recalibration import online
from workbench.measures.scoring import MIN_BLOCKS

FACTOR = 20.0  # Bayes factor that opens, and the e-value that ends
SURE = 0.9  # probability of a skill worth having
WORTH = 0.002  # skill worth having
BLOCKS = 60
HARMFUL = 0.95  # probability of a negative skill that ends
FALSE_DISCOVERIES = 0.1
FIRST = 10  # blocks before a mind's usual distance is known
_SKILL_SD = 0.05  # prior of skill, mean 0
_DUST = 1e-9
_MOST = float(np.finfo(float).max) / 2  # a ratio that still has a logarithm to put on record

Ruling = Literal["open", "shut", "young", "ended"]
Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Claims:
    """Settled claims of one category that one mind answered; voids and absences are left out.

    Attributes:
        reference: r, shape (n,), strictly inside (0, 1).
        mind: q as stated, shape (n,), strictly inside (0, 1).
        happened: 0 or 1, shape (n,).
        asked: Session in which each was asked, a whole number, shape (n,).
        settled: Session in which it settled, shape (n,).
        horizon: Longest sessions from one to the other.
    """

    reference: Array
    mind: Array
    happened: Array
    asked: npt.NDArray[np.int64]
    settled: npt.NDArray[np.int64]
    horizon: int

    def __post_init__(self) -> None:
        """Refuses what cannot be judged, with a ValueError."""
        checked(self.reference, self.happened)
        checked(self.mind, self.happened)
        took = self.settled - self.asked
        if not ((took >= 1) & (took <= self.horizon)).all():
            raise ValueError(f"A claim settles 1 to {self.horizon} sessions after it is asked.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """Where a mind stands in a category.

    Attributes:
        claims: Settled claims.
        blocks: Dates on which they settled.
        factor: Natural log of the Bayes factor for what the mind adds; 0 before any evidence.
        skill: Posterior mean of the Brier skill that it adds; None under 30 blocks.
        sure: Probability that this skill exceeds .2 %; None under 30 blocks.
        against: Natural log of the evidence for r over q as stated.
        harm: Probability that q as stated has negative skill over r; None under 30 blocks.
    """

    claims: int
    blocks: int
    factor: float
    skill: float | None
    sure: float | None
    against: float
    harm: float | None

    @property
    def beaten(self) -> bool:
        """Whether q as stated has lost to r, whatever the mind knows."""
        return self.against >= math.log(FACTOR) or (self.harm or 0.0) > HARMFUL

    @property
    def ruling(self) -> Ruling:
        """Open, ended (no longer worth asking here), young (under 60 blocks) or shut.

        A mind that has lost as stated is ended only once it also credibly adds nothing: one that
        overstates what it knows loses within ten claims, and is worth hearing at a small weight.
        """
        if self.sure is None or self.blocks < BLOCKS:
            return "young"
        if self.sure > SURE and self.factor >= math.log(FACTOR):
            return "open"
        return "ended" if self.sure < 1 - SURE and self.beaten else "shut"


NOBODY = Trial(claims=0, blocks=0, factor=0.0, skill=None, sure=None, against=0.0, harm=None)


def opened(trials: Mapping[Key, Trial], rate: float = FALSE_DISCOVERIES) -> frozenset[Key]:
    """The cells (a mind in a category, say) that may move what is published.

    Args:
        trials: Every cell that was tried, also those without a chance.
        rate: Expected share of cells without skill among those that the evidence lets through.

    Returns:
        Those whose own ruling is open and that e-BH keeps, however the cells depend: the k
        largest e-values with e >= K / (rate k). Source: Wang and Ramdas (2022).
    """
    bar = least((trial.factor for trial in trials.values()), rate)
    return frozenset(
        key for key, one in trials.items() if one.ruling == "open" and one.factor >= bar
    )


def trial(claims: Claims, gain: float = STATED) -> Trial:
    """Where a mind stands after these claims; the last of ``course``, or nothing yet."""
    found = course(claims, gain)
    return found[-1] if found else NOBODY


def course(claims: Claims, gain: float = STATED) -> tuple[Trial, ...]:
    """Where the mind stood after each block, in order of settlement.

    Later claims change no earlier entry. Overlapping windows of h sessions are h interleaved
    streams of windows that do not overlap; the evidence is the mean of their products.
    """
    found = _evidence(claims, *predicted(claims, gain))
    return tuple(_trial(found, i) for i in range(len(found["claims"])))


def judged(claims: Claims, z0: Array, z1: Array) -> Trial:
    """Where a mind stands after claims that were predicted without it and with it.

    Args:
        claims: What was said and what happened.
        z0: What the recalibrated reference said when each was asked, shape (n,).
        z1: What it said with the mind, shape (n,).
    """
    return _trial(_evidence(claims, z0, z1), -1) if len(z0) else NOBODY


def _trial(found: Mapping[str, Array], i: int) -> Trial:
    blocks = range(1, len(found["claims"]) + 1)[i]

    def known(name: str) -> float | None:
        return float(found[name][i]) if blocks >= MIN_BLOCKS else None

    return Trial(
        claims=int(found["claims"][i]), blocks=blocks, factor=float(found["factor"][i]),
        skill=known("skill"), sure=known("sure"), against=float(found["against"][i]),
        harm=known("harm"),
    )  # fmt: skip


def _evidence(claims: Claims, z0: Array, z1: Array) -> dict[str, Array]:
    """The fields of a trial after each block, shape (m,) each."""
    r, q, y = claims.reference, claims.mind, claims.happened
    dates, block, size = np.unique(claims.settled, return_inverse=True, return_counts=True)
    stream = dates % claims.horizon

    def mean(value: Array) -> Array:
        return np.asarray(np.bincount(block, value / size[block]), dtype=float)

    def evidence(better: Array, worse: Array) -> Array:
        with np.errstate(over="ignore"):  # of a mind that gives 5e-324 to what then happens
            ratio = np.where(y > 0, better / worse, (1 - better) / (1 - worse))
        ratio = np.minimum(ratio, _MOST)
        turn = np.where(
            stream[:, None] == np.arange(claims.horizon), np.log(mean(ratio))[:, None], 0
        )
        found = logsumexp(np.cumsum(turn, axis=0), axis=1) - math.log(claims.horizon)
        return np.asarray(found, dtype=float)

    def belief(better: Array, worse: Array) -> tuple[Array, Array]:
        loss = mean((worse - y) ** 2)
        return skill(loss - mean((better - y) ** 2), loss, claims.horizon)

    (added, added_sd), (raw, raw_sd) = belief(z1, z0), belief(q, r)
    return {
        "claims": np.cumsum(size), "factor": evidence(z1, z0), "against": evidence(r, q),
        "skill": added, "sure": above(added - WORTH, added_sd), "harm": above(-raw, raw_sd),
    }  # fmt: skip


def predicted(claims: Claims, gain: float = STATED) -> tuple[Array, Array]:
    """z0 without the mind and z1 with it, from what was settled when each claim was asked.

    Returns:
        Two of shape (n,), strictly inside (0, 1), the same until ten blocks have settled.
    """
    r, y = claims.reference, claims.happened
    _, block, size = np.unique(claims.settled, return_inverse=True, return_counts=True)
    weight = 1 / size[block]
    z0 = online(r, y, asked=claims.asked, settled=claims.settled, weight=weight)
    own, z1 = np.zeros(len(r)), z0.copy()
    for moment in np.unique(claims.asked):
        past, now = claims.settled <= moment, claims.asked == moment
        if len(np.unique(block[past])) < FIRST:
            continue
        heard = hearing(
            r[past], claims.mind[past], y[past], weight[past], z0[past], own[past], gain
        )
        for i in np.flatnonzero(now):
            own[i] = heard.own(float(r[i]), float(claims.mind[i]))
            z1[i] = heard.of(float(z0[i]), float(own[i]))
    return z0, z1


def skill(gain: Array, loss: Array, horizon: int) -> tuple[Array, Array]:
    """Posterior of skill, sum of gains over sum of losses, after each block.

    Args:
        gain: Loss without less loss with, mean of each block, shape (m,).
        loss: Loss without, shape (m,).
        horizon: Sessions that windows overlap, at least 1.

    Returns:
        Means and standard deviations, shape (m,), given a normal prior of mean 0 and sd 5 %. The
        error of a ratio is that of gain - skill * loss, with Bartlett weights over 2h - 1 blocks.
    """
    total = np.cumsum(loss)
    found = np.cumsum(gain) / total
    variance, reach = np.zeros(len(gain)), 2 * horizon - 1
    for lag in range(min(reach, len(gain))):
        share = (1.0 if lag == 0 else 2.0) * (1 - lag / reach)
        early, late = slice(None, len(gain) - lag), slice(lag, None)
        both, cross, own = (
            np.r_[np.zeros(lag), np.cumsum(product)]
            for product in (
                gain[early] * gain[late],
                gain[early] * loss[late] + loss[early] * gain[late],
                loss[early] * loss[late],
            )
        )
        variance += share * (both - found * cross + found**2 * own)
    variance = np.maximum(variance, 0.0) / total**2
    heed = _SKILL_SD**2 / (_SKILL_SD**2 + variance)
    return heed * found, np.sqrt(heed * variance)


def above(value: Array, sd: Array) -> Array:
    """Probability that a normal is above 0; where nothing is in doubt, whether it is.

    A mind that agrees has a skill of 0 up to rounding, and rounding is no evidence.
    """
    certain = sd < _DUST
    found = ndtr(value / np.where(certain, 1.0, sd))
    return np.where(certain, (value > _DUST).astype(float), found)
