"""Falling together: counted in usual days, compared with the same shares' own past."""

import itertools

import numpy as np
import pytest

from workbench.domain.calendars import venue
from workbench.measures.prices import Bars
from workbench.measures.together import LEARNING, RECENT, Group, alike, group, read, rolling, usual


def made(seed: int, n: int = 900, shared: float = 0.3, last: float | None = None) -> Group:
    """Five members with this correlation, another over the last 63 sessions."""
    rng = np.random.default_rng(seed)
    weight = np.full(n, shared)
    if last is not None:
        weight[-RECENT:] = last
    common, own = rng.standard_normal((n, 1)), rng.standard_normal((n, 5))
    returns = np.sqrt(weight)[:, None] * common + np.sqrt(1 - weight)[:, None] * own
    return Group(dates=venue("XNYS").dates[:n], returns=np.clip(returns, -2, 2))


def test_joint_falls_worked_by_hand():
    """A day is a joint fall when enough members are down by more than the stated part."""
    returns = np.array([[-1, -1, -1], [-1, -1, 0.5], [-0.5, -1, -1], [2, 2, 2]], float)
    own = Group(dates=venue("XNYS").dates[:4], returns=returns)
    assert own.falls(3, 0.4).tolist() == [True, False, True, False]
    assert own.falls(3, 0.5).tolist() == [True, False, False, False]
    assert own.falls(2, 0.5).tolist() == [True, True, True, False]


def test_alike_is_the_mean_of_all_pairs():
    """The formula agrees with the mean of every pair's correlation."""
    returns = made(1, 80).returns
    pairs = [np.corrcoef(returns[:, i], returns[:, j])[0, 1]
             for i, j in itertools.combinations(range(5), 2)]  # fmt: skip
    assert alike(returns) == pytest.approx(np.mean(pairs))
    assert rolling(made(1, 80))[-1] == pytest.approx(alike(returns[-RECENT:]))
    assert np.isnan(rolling(made(1, 80))[: RECENT - 1]).all()
    assert np.isnan(rolling(made(1, 20))).all()


def test_members_are_read_on_common_sessions():
    """A session that one member lacks is none for all: the next bar holds both days."""
    dates, closes = venue("XNYS").dates[:200], venue("XNYS").closes[:200]
    rng = np.random.default_rng(2)

    def bars(symbol: str, kept: np.ndarray) -> Bars:
        close = 100 * np.exp(np.cumsum(0.01 * rng.standard_normal(200)))[kept]
        return Bars(symbol=symbol, dates=dates[kept], at=closes[kept], known_at=closes[kept],
                    open=close, close=close, high=close, low=close, volume=close)  # fmt: skip

    all_of_them = np.ones(200, bool)
    without = all_of_them.copy()
    without[150] = False
    own = group([bars("A", all_of_them), bars("B", without), bars("C", all_of_them)])
    assert dates[150] not in own.dates
    assert {dates[149], dates[151]} <= set(own.dates)
    assert np.isfinite(own.returns).all()
    assert own.returns.shape == (len(own), 3)


def test_what_is_usual_is_of_the_past_alone():
    """The usual share of a session does not count the session itself."""
    fell = np.zeros(400, bool)
    fell[[10, 20, 399]] = True
    share, error = usual(fell)
    assert np.isnan(share[:LEARNING]).all()
    assert share[399] == pytest.approx(3 / 401)
    assert error[399] == pytest.approx(np.sqrt(3 / 401 * 398 / 401 / 399))


def test_a_common_spell_is_found_and_calm_is_not():
    """Members that come to move as one lie beyond their past; without a change few groups do."""
    spell = read(made(3, last=0.9), 4, 0.5)
    assert spell is not None
    assert spell.alike > spell.high
    assert spell.p_value < 0.01
    assert spell.falls / spell.n > spell.usual
    plain = [read(made(seed), 4, 0.5) for seed in range(60)]
    assert np.mean([one.p_value < 0.05 for one in plain if one is not None]) <= 0.15


def test_too_little_past_is_no_reading():
    """Under 250 sessions of past, or with a member that stands still, nothing is compared."""
    assert read(made(4, LEARNING + RECENT - 1), 4, 0.5) is None
    assert read(made(4, LEARNING + RECENT), 4, 0.5) is not None
    still = made(4)
    still.returns[-RECENT:, 0] = 0
    assert read(still, 4, 0.5) is None
