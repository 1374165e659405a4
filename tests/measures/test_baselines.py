"""Baselines: by hand, against the desk's own, and without a future."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from workbench.measures import baselines, lognormal, panel
from workbench.measures.baselines import persistence
from workbench.measures.prices import Bars, ewma_volatility
from workbench.measures.scenarios import episodes, ewma_scaled, share

T, F = True, False


@pytest.mark.parametrize(
    ("happened", "horizon", "expected"),
    [
        # after a yes came no, yes, no; the last was a yes; in all 4 of 6: (1 + 4.5 / 7) / (3 + 1)
        ([T, F, T, T, F, T], 1, (1 + 4.5 / 7) / 4),
        # two apart, after a yes came yes, no, yes
        ([T, F, T, T, F, T], 2, (2 + 4.5 / 7) / 4),
        # the last was a no: after the two earlier ones came yes and yes
        ([T, F, T, F, T, F], 1, (2 + 3.5 / 7) / 3),
        # never seen before, so the base rate stands
        ([T, T, T, F], 1, 3.5 / 5),
        ([T, T, T, T], 1, (3 + 4.5 / 5) / 4),
    ],
)
def test_persistence_by_hand(happened: list[bool], horizon: int, expected: float):
    """The share of yes among what followed, one horizon later, outcomes like the last one."""
    assert persistence(np.array(happened), horizon) == pytest.approx(expected)


def test_persistence_of_a_coin_is_a_coin():
    """When outcomes do not depend on each other, persistence finds about their plain share."""
    coin = np.random.default_rng(5).random(4000) < 0.3
    assert persistence(coin, 1) == pytest.approx(0.3, abs=0.03)


@pytest.fixture
def y() -> np.ndarray:
    """Outcomes of three claims on 700 days."""
    return (np.random.default_rng(1).random((700, 3)) < [0.2, 0.5, 0.9]).astype(float)


@pytest.mark.parametrize("horizon", [1, 5])
def test_whole_matrix_is_what_each_row_says(y: np.ndarray, horizon: int):
    """Row t is the desk's own answer from the outcomes of windows that had ended at t."""
    always = baselines.climatology(y, horizon)
    year = baselines.climatology(y, horizon, baselines.YEAR)
    again = baselines.persistences(y, horizon)
    for t in (249 + horizon, 400, 699):
        ended = y[: t - horizon + 1] > 0
        for c in range(3):
            ones = np.ones(len(ended))
            assert always[t, c] == pytest.approx(share(ended[:, c], ones))
            assert year[t, c] == pytest.approx(share(ended[-252:, c], ones[-252:]))
            assert again[t, c] == pytest.approx(persistence(ended[:, c], horizon))
    for matrix in (always, year, again):
        assert np.isnan(matrix[: 249 + horizon]).all()
        assert np.isfinite(matrix[249 + horizon :]).all()


def test_unknown_outcomes_are_not_counted(y: np.ndarray):
    """A NaN outcome is no 0: the base rate is that of the others, and one still answers."""
    holed = y.copy()
    holed[300:320, 0] = np.nan
    kept = np.delete(y[:, 0], np.s_[300:320])[:, None]
    assert baselines.climatology(holed, 1)[-1, 0] == baselines.climatology(kept, 1)[-1, 0]
    for matrix in (
        baselines.climatology(holed, 1, baselines.YEAR),
        baselines.persistences(holed, 1),
    ):
        assert np.isfinite(matrix[250:]).all()


@pytest.mark.parametrize("horizon", [1, 5])
def test_ewma_walk_is_the_desks_own(walk: Callable[..., Bars], horizon: int):
    """As of any close it holds the very scenarios that the bars up to it give."""
    own = walk(700, swing=0.5)
    walked = baselines.EwmaWalk(own, horizon)
    assert walked.at(248) is None
    for t in (249, 500, 699):
        ours, theirs = walked.at(t), ewma_scaled(own.until(t + 1), horizon)
        for name in ("close", "high", "low", "weight", "dates", "price"):
            assert np.array_equal(getattr(ours, name), getattr(theirs, name)), name


def answers(own: Bars, horizon: int, rows: np.ndarray) -> dict[str, np.ndarray]:
    asked = panel.scaled(own, horizon)
    y = panel.outcomes(asked, episodes(own, horizon))
    sigma = ewma_volatility(own.close) * np.sqrt(horizon)
    fear = 15 + 5 * np.sin(np.arange(len(own)))
    implied = lognormal.implied_volatility(fear, own.close) * np.sqrt(horizon)
    return {
        "climatology": baselines.climatology(y, horizon),
        "climatology_1y": baselines.climatology(y, horizon, baselines.YEAR),
        "persistence": baselines.persistences(y, horizon),
        "lognormal_ewma": lognormal.probabilities(asked, sigma),
        "lognormal_vix": lognormal.probabilities(asked, implied),
        "ewma_fhs": panel.walked(asked, baselines.EwmaWalk(own, horizon).at, rows),
    }


@pytest.mark.parametrize("horizon", [1, 5])
def test_no_future_is_known(walk: Callable[..., Bars], horizon: int):
    """What each says at t is the same to the bit when later bars are cut or scrambled."""
    own, t = walk(700, swing=0.5), 600
    order = np.r_[np.arange(t + 1), t + 1 + np.random.default_rng(2).permutation(len(own) - t - 1)]
    wild = replace(own, **{n: getattr(own, n)[order] for n in ("open", "close", "high", "low")})
    rows = np.arange(550, t + 1)
    whole = answers(own, horizon, rows)
    for other in (own.until(t + 1), wild):
        for who, found in answers(other, horizon, rows).items():
            assert np.isfinite(found[rows]).all(), who
            assert (found[rows] == whole[who][rows]).all(), who
