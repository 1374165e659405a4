"""Expanding regressions: what each row may learn from, and the same bits however they are made."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.measures.regression import REFIT, expanding

K = 3


def made(n: int, seed: int = 1, holes: bool = True) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = np.column_stack([np.ones(n), rng.standard_normal((n, K - 1))])
    y = x @ [0.3, -1.0, 0.5] + rng.standard_normal(n)
    if holes:
        x[rng.random(n) < 0.05, 1] = np.nan
        y[rng.random(n) < 0.05] = np.nan
    return x, y


def slow(x: np.ndarray, y: np.ndarray, horizon: int, least: int, ridge: float) -> list[float]:
    """Refit by refit: least squares on the rows whose targets had closed, with penalty rows."""
    found, beta = [], None
    for t in range(len(x)):
        if t % REFIT == 0:
            known = [
                s for s in range(t - horizon + 1) if np.isfinite(x[s]).all() and np.isfinite(y[s])
            ]
            if t > 0 and len(known) >= least:
                penalty = np.sqrt(ridge * len(known)) * np.eye(K)
                table = np.vstack([x[known], penalty])
                beta = np.linalg.lstsq(table, np.r_[y[known], np.zeros(K)], rcond=None)[0]
        found.append(float("nan") if beta is None else float(x[t] @ beta))
    return found


@pytest.mark.parametrize("horizon", [1, 5, 30])
@pytest.mark.parametrize("ridge", [1e-6, 0.1])
def test_against_a_loop_of_least_squares(horizon: int, ridge: float):
    """Every prediction is that of a regression on the rows that had closed by the last refit."""
    x, y = made(300)
    found = expanding(x, y, horizon, least=40, ridge=ridge).predicted
    assert found == pytest.approx(slow(x, y, horizon, 40, ridge), nan_ok=True, abs=1e-9)


def test_by_hand():
    """With only a constant the prediction is the mean of the targets closed by row 21, then 42."""
    y = np.arange(60.0)
    found = expanding(np.ones((60, 1)), y, 2, least=5, ridge=0.0).predicted
    assert np.isnan(found[:21]).all()
    assert found[21:42] == pytest.approx(np.mean(np.arange(20)))  # rows 0..19 closed by 21
    assert found[42:] == pytest.approx(np.mean(np.arange(41)))


cuts = st.lists(st.integers(0, 400), min_size=1, max_size=4)


@given(cuts=cuts, horizon=st.integers(1, 7), seed=st.integers(0, 5))
def test_carried_on_to_the_bit(cuts: list[int], horizon: int, seed: int):
    """Carried on in steps, from the latest rows alone or from all, it is the same to the bit."""
    x, y = made(400, seed)
    whole = expanding(x, y, horizon, least=40)
    past = None
    for n in sorted({*cuts, 400}):
        first = 0 if past is None else max(len(past.predicted) - REFIT - horizon, 0)
        past = expanding(x[first:n], y[first:n], horizon, least=40, past=past, n=n)
        assert past.predicted.tobytes() == whole.predicted[:n].tobytes()
    assert past is not None
    assert past.beta.tobytes() == whole.beta.tobytes()


def test_a_shorter_history_is_the_beginning_of_a_longer():
    """Asked for fewer rows than the past it is given, a regression returns that beginning."""
    x, y = made(200)
    whole = expanding(x, y, 1, least=40)
    short = expanding(x[:150], y[:150], 1, least=40, past=whole)
    assert short.predicted.tobytes() == whole.predicted[:150].tobytes()


def test_nothing_to_learn_from():
    """Too few rows, or none at all, predict nothing."""
    x, y = made(30)
    assert np.isnan(expanding(x, y, 1, least=40).predicted).all()
    assert len(expanding(x[:0], y[:0], 1, least=40).predicted) == 0
