"""Forecasters that need no view: what a claim must be measured against.

Climatology, the base rate, is ``scenarios.probability`` on unscaled episodes: how often the same
claim, relative to its reference price, came true. Persistence asks how often it came true after
having come true, or not, the last time.
"""

from __future__ import annotations

import numpy as np

from workbench.measures.scenarios import Hits


def persistence(happened: Hits, horizon: int) -> float:
    """How often the claim came true when the episode before had ended as the last one did.

    Args:
        happened: Past outcomes of the same claim, oldest first, shape (n,).
        horizon: Sessions an episode lasts; outcomes ``horizon`` apart do not overlap.

    Returns:
        Inside (0, 1), by Laplace's rule.
    """
    before, after = happened[:-horizon], happened[horizon:]
    like = before == happened[-1]
    return float((np.count_nonzero(after[like]) + 1) / (np.count_nonzero(like) + 2))
