"""What the blocks of a category add up to: evidence that can be read at any moment.

Windows of h sessions overlap, so blocks are dealt to h streams of windows that do not; in each the
likelihood ratios multiply, and the e-value is the mean of the streams' products. The skill beside
it has a normal posterior whose error knows of the overlap, as in ``trial.skill``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

import numpy as np

from workbench.measures import trial
from workbench.measures.blocks import Block
from workbench.measures.prices import Array
from workbench.measures.scoring import MIN_BLOCKS


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """The blocks of a category since a cycle, with the evidence that they add up to.

    Attributes:
        horizon: Sessions that windows overlap, and streams of blocks that do not.
        since: First cycle whose claims count.
        after: Date of the last block that any tally of the category has seen; older is late.
        blocks: In order of dates.
        worse: Log evidence of each stream that the desk is worse.
        better: Log evidence of each stream that it is better.
        ends: Deadline at which each stream is free again.
    """

    horizon: int
    since: int
    after: str = ""
    blocks: tuple[Block, ...] = ()
    worse: tuple[float, ...] = ()
    better: tuple[float, ...] = ()
    ends: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a tally comes to.

    Attributes:
        n: Settled claims.
        dates: Blocks.
        n_eff: Independent blocks that would leave the skill as uncertain as it is.
        skill: Posterior mean of the desk's Brier skill over the base rate; None under 30 blocks.
        low: Lower end of its 95 % interval, or None.
        high: Upper end, or None.
        below: Probability of a negative skill, or None.
        worse: Natural log of the e-value against "no worse than the base rate".
        better: Natural log of the e-value against "no better than the base rate".
        first: Date of the first block, empty without one.
        last: Date of the last.
    """

    n: int
    dates: int
    n_eff: float
    skill: float | None
    low: float | None
    high: float | None
    below: float | None
    worse: float
    better: float
    first: str
    last: str


def tally(horizon: int, since: int, after: str = "") -> Tally:
    """An empty one."""
    nothing = (0.0,) * horizon
    return Tally(
        horizon=horizon, since=since, after=after, worse=nothing, better=nothing,
        ends=("",) * horizon,
    )  # fmt: skip


def counted(told: Tally, found: Iterable[Block], longest: int | None = None) -> Tally:
    """The tally after more blocks, in order of dates.

    Args:
        told: What was counted before.
        found: Blocks of its category. One with a claim asked before ``since`` does not count, and
            a date counts once: claims that settle after theirs was counted are late.
        longest: Only so many of the last blocks are kept, for a tally that looks at the recent
            past; None for all.

    Returns:
        Evidence goes to the first stream that is free when the block's first claim is asked, and
        is left out when none is, as when cycles are closer than sessions.
    """
    return reduce(lambda so_far, block: _counted(so_far, block, longest), found, told)


def _counted(told: Tally, block: Block, longest: int | None) -> Tally:
    if block.date <= told.after:
        return told
    if block.cycle < told.since:
        return replace(told, after=block.date)
    kept = (*told.blocks, block)
    kept = kept if longest is None else kept[-longest:]
    free = next((i for i, end in enumerate(told.ends) if end <= block.start), None)
    if free is None:
        return replace(told, after=block.date, blocks=kept)
    return Tally(
        horizon=told.horizon, since=told.since, after=block.date, blocks=kept,
        worse=_with(told.worse, free, told.worse[free] + block.worse),
        better=_with(told.better, free, told.better[free] + block.better),
        ends=_with(told.ends, free, block.deadline),
    )  # fmt: skip


def _with(parts: tuple[Any, ...], place: int, part: Any) -> tuple[Any, ...]:
    return (*parts[:place], part, *parts[place + 1 :])


def latest(told: Tally, dates: int) -> Tally:
    """The tally with only its last blocks; what its streams add up to stays as it is."""
    return replace(told, blocks=told.blocks[-dates:])


def log_e(streams: tuple[float, ...]) -> float:
    """Log of the mean of the streams' products."""
    top = max(streams)
    return top + math.log(math.fsum(math.exp(one - top) for one in streams) / len(streams))


def evidence(told: Tally) -> Evidence:
    """What a tally comes to; skill and its interval as in ``trial.skill``."""
    gain = np.array([block.gain for block in told.blocks])
    loss = np.array([block.loss for block in told.blocks])
    judged = len(gain) >= MIN_BLOCKS
    skill = low = high = below = None
    if judged:
        means, spreads = trial.skill(gain, loss, told.horizon)
        skill, spread = float(means[-1]), float(spreads[-1])
        low, high = skill - 1.96 * spread, skill + 1.96 * spread
        below = float(trial.above(-means[-1], spreads[-1]))
    return Evidence(
        n=sum(block.claims for block in told.blocks), dates=len(gain),
        n_eff=effective(gain, loss, told.horizon), skill=skill, low=low, high=high, below=below,
        worse=log_e(told.worse), better=log_e(told.better),
        first=told.blocks[0].date if told.blocks else "",
        last=told.blocks[-1].date if told.blocks else "",
    )  # fmt: skip


def effective(gain: Array, loss: Array, horizon: int) -> float:
    """Independent blocks that would leave the skill as uncertain as these overlapping ones do.

    Args:
        gain: Of each block in order of dates, shape (m,).
        loss: Of the base rate, shape (m,).
        horizon: Sessions that windows overlap, at least 1.

    Returns:
        m times the variance of gain - skill * loss over its long-run variance, with Bartlett
        weights over 2h - 1 blocks as in ``trial.skill``; between 1 and m, or 0 without a block.
    """
    if not len(gain):
        return 0.0
    error = gain - gain.sum() / loss.sum() * loss
    own, reach = float(error @ error), 2 * horizon - 1
    lags = range(1, min(reach, len(error)))
    whole = own + sum(2 * (1 - k / reach) * float(error[k:] @ error[:-k]) for k in lags)
    return float(len(gain)) if whole <= own else max(len(gain) * own / whole, 1.0)
