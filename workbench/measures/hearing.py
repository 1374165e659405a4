"""How a mind is heard where the reference speaks too: by what of its opinion is its own.

Agreeing, a constant lean and a bolder copy of the reference are nothing of its own: a line in
logit r through the mind's past distances takes them out. What is left counts by what it has been
worth so far.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import logit as log_odds

from workbench.measures.logistic import logit, mode, within
from workbench.measures.prices import Array

REACH = 1.5  # distance from the reference that counts, log odds, as in the pool
STATED, POOLED = 0.3, 1.0  # prior mean and sd of g: of a mind as stated, of a pool that weighed it


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """How a mind is heard in a category, given what has settled there.

    Attributes:
        lean: Its usual distance from the reference, log odds, where r is one half.
        bold: How that distance grows with logit r.
        gain: What an unusual distance has been worth, per unit, at least 0.
    """

    lean: float = 0.0
    bold: float = 0.0
    gain: float = 0.0

    def own(self, r: float, q: float) -> float:
        """What of a mind's distance from the reference is its own, log odds."""
        base = logit(r)
        far = min(max(logit(q) - base, -REACH), REACH)
        return far - self.lean - self.bold * base

    def of(self, z0: float, own: float) -> float:
        """z1, the recalibrated reference z0 moved by the mind, strictly inside (0, 1)."""
        return within(logit(z0) + self.gain * own)


UNHEARD = Hearing()


def hearing(
    r: Array, q: Array, y: Array, weight: Array, z0: Array, own: Array, gain: float = STATED
) -> Hearing:
    """How a mind is to be heard, from settled claims of one category, shape (n,) each.

    Args:
        r: The reference.
        q: The mind as stated.
        y: Outcomes.
        weight: How much each counts, such as one over how many settled on its date.
        z0: The recalibrated reference when each was asked.
        own: What was the mind's own of its distance when each was asked; 0 before it was heard.
        gain: Prior mean and standard deviation of what its own distance is worth.
    """
    base = log_odds(r)
    root = np.sqrt(weight)
    line = np.stack([np.ones(len(r)), base], axis=1)
    far = np.clip(log_odds(q) - base, -REACH, REACH)
    usual, *_ = np.linalg.lstsq(root[:, None] * line, root * far, rcond=1e-9)
    worth = mode(
        own[:, None], y, np.array([gain]), np.array([gain]), offset=log_odds(z0), weight=weight
    )
    return Hearing(lean=float(usual[0]), bold=float(usual[1]), gain=max(float(worth[0]), 0.0))
