"""Walk-forward evidence: rebuilt from the past of each date, refreshed once a quarter."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from workbench.domain.instruments import find
from workbench.measures import evidence
from workbench.measures.evidence import REFRESH, walk_forward
from workbench.measures.prices import Bars

SPX, COMP, VIX = (find(name) for name in ("SPX", "COMP", "VIX"))


def mean_skill(walk: Callable[..., Bars], swing: float) -> dict[str, float]:
    """Each family's evidence, averaged over five made-up histories."""
    found: dict[str, list[float]] = {}
    for seed in range(100, 105):
        families = walk_forward([walk(900, seed=seed, swing=swing)], [SPX], [1])
        for (_, kind, _), one in families.items():
            # Every ninth of the 632 past sessions; a path needs 250 episodes with a volatility.
            assert one.dates == 71
            found.setdefault(kind, []).append(one.skill)
    return {kind: float(np.mean(skills)) for kind, skills in found.items()}


def test_evidence_finds_what_is_there(walk: Callable[..., Bars]):
    """Where volatility comes and goes the reference has skill on width and none on the sign."""
    found = mean_skill(walk, swing=0.6)
    assert set(found) == {"direction", "level", "band", "magnitude", "touch", "stays", "range"}
    assert min(found["band"], found["magnitude"], found["stays"], found["range"]) > 0.02
    assert abs(found["direction"]) < 0.01


def test_evidence_finds_nothing_where_nothing_is(walk: Callable[..., Bars]):
    """On walks of constant width, rescaling past episodes only adds noise: no family has skill."""
    assert max(mean_skill(walk, swing=0.0).values()) < 0.02


def test_evidence_is_refreshed_once_a_quarter(walk: Callable[..., Bars]):
    """Bars after the last refresh, whatever they are, leave the verdict alone."""
    whole = walk(REFRESH * 8 + 40, seed=13, swing=0.6)
    then = whole.until(REFRESH * 8 + 1)
    shaken = replace(whole, close=whole.close.copy())
    shaken.close[REFRESH * 8 + 1 :] *= 3
    verdict = walk_forward([then], [SPX], [1])
    assert verdict == walk_forward([whole], [SPX], [1]) == walk_forward([shaken], [SPX], [1])


def test_evidence_of_a_relative_family(walk: Callable[..., Bars]):
    """The second index is asked against the first, and judged under its own name."""
    pair = [walk(500, seed=14, symbol="SPX"), walk(500, seed=15, symbol="COMP")]
    found = walk_forward(pair, [SPX, COMP], [1])
    assert ("COMP", "relative", 1) in found
    assert ("SPX", "relative", 1) not in found


@pytest.mark.parametrize("missing", ["begins later", "a hole"])
def test_relative_evidence_by_date(walk: Callable[..., Bars], missing: str):
    """When one index lacks sessions, both are still compared on the same dates."""
    lead, other = walk(500, seed=14), walk(500, seed=15, symbol="COMP")
    keep = np.arange(500) >= 30 if missing == "begins later" else np.arange(500) != 300
    short = other.picked(keep)
    found = walk_forward([lead, short], [SPX, COMP], [1])
    # The lead's last refresh is its 442nd session; the first 250 of one's own are not asked.
    asked = len(range(250, 441 - 30 * (missing == "begins later") - 1, 9))
    assert found["COMP", "level", 1].dates == asked
    assert asked - 5 <= found["COMP", "relative", 1].dates <= asked


def test_no_evidence_from_a_short_history(walk: Callable[..., Bars]):
    """With less than a year there is nothing to judge by, and so no family is open."""
    assert walk_forward([walk(251)], [SPX], [1]) == {}


def test_evidence_without_highs(walk: Callable[..., Bars]):
    """An instrument of closes only has no evidence on touches and stays."""
    own = walk(500, symbol="VIX")
    closes = replace(own, high=np.full(500, np.nan), low=np.full(500, np.nan))
    kinds = {kind for _, kind, _ in walk_forward([closes], [VIX], [1])}
    assert kinds == {"direction", "level", "band", "magnitude"}


def test_a_longer_history_scores_only_what_it_adds(walk: Callable[..., Bars]):
    """Carried on from last quarter's record or scored afresh, the verdict is the same number."""
    pair = [walk(800, seed=14, swing=0.5), walk(800, seed=15, swing=0.5, symbol="COMP")]
    evidence._scored.clear()
    for n in (600, 700, 800):
        carried = walk_forward([one.until(n) for one in pair], [SPX, COMP], [1, 3])
    evidence._scored.clear()
    assert carried == walk_forward(pair, [SPX, COMP], [1, 3])
