"""Betting against a hypothesis: evidence that may be looked at every day.

A gambler who stakes a part of what it owns on each edge cannot grow rich while the hypothesis
holds: the chance that its wealth ever reaches 1/a is at most a, however often one looks (Ville).
Wealth processes under one hypothesis may be averaged, whatever their dependence.
"""

from __future__ import annotations

import numpy as np

from workbench.measures.prices import Array

STAKES = (0.1, 0.2, 0.4, 0.8)  # parts of its wealth; one gambler each, all start equally rich
PROOF = 20.0  # wealth that is taken as proof: at most one chance in twenty without an edge


def wealth(edges: Array) -> Array:
    """What a stake of 1 has become after each edge.

    Args:
        edges: Shape (n,), each in [-1, 1], each of mean at most 0 given what came before it if
            the hypothesis holds; 0 where there is nothing to bet on.

    Returns:
        Shape (n,), positive: the mean over gamblers of ``STAKES``.

    Raises:
        ValueError: An edge is missing or beyond 1, on which more than all could be lost.

    Source:
        Waudby-Smith and Ramdas (2024), betting on a bounded mean; mixture over fixed stakes.
    """
    if not (np.abs(edges) <= 1).all():
        raise ValueError("An edge must lie in [-1, 1]; nothing is clipped.")
    grown: Array = np.mean([np.cumprod(1 + stake * edges) for stake in STAKES], axis=0)
    return grown
