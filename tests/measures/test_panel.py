"""The panel: the same claims at every close, true exactly when the desk's own claims are."""

import datetime as dt
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from workbench.domain import claims
from workbench.domain.claims import Claim, Window
from workbench.domain.instruments import INSTRUMENTS
from workbench.measures import answers, panel, scenarios
from workbench.measures.panel import PATH_FAMILIES, Family, Panel
from workbench.measures.prices import Bars

SPX = INSTRUMENTS[0]
INF = float("inf")


def one(family: Family, lo: float, hi: float, n: int, horizon: int = 1) -> Panel:
    """A panel of a single claim."""
    return Panel(horizon=horizon, family=(family,), lo=np.full((n, 1), lo), hi=np.full((n, 1), hi))


def test_the_panel_is_the_one_of_the_science(walk: Callable[..., Bars]):
    """Twenty-three claims on a price, twelve on a volatility index, by family."""
    own = walk(300)
    assert Counter(panel.fixed(own, 1).family) == {
        "direction": 1, "level": 6, "band": 4, "magnitude": 3, "touch": 4, "corridor": 2,
        "range": 3,
    }  # fmt: skip
    assert Counter(panel.fixed(own, 1, fear=True).family) == {
        "direction": 1, "level": 5, "stays_below": 3, "touch": 2, "band": 1
    }  # fmt: skip


def test_fixed_strikes_by_hand(walk: Callable[..., Bars]):
    """Per cent of the price times the root of the horizon, doubled for crypto, in logs."""
    four = panel.fixed(walk(300), 4, factor=2.0)
    level = four.of("level")
    assert np.exp(four.hi[0, level]) - 1 == pytest.approx([-0.08, -0.04, -0.02, 0.02, 0.04, 0.08])
    assert (four.lo[0, level] == -INF).all()
    band = four.of("band")[0]
    assert np.exp([four.lo[-1, band], four.hi[-1, band]]) - 1 == pytest.approx([-0.032, -0.012])
    fear = panel.fixed(walk(300), 5, fear=True)
    assert np.exp(fear.hi[0, fear.of("stays_below")]) - 1 == pytest.approx([0.05, 0.1, 0.2])


def test_scaled_strikes_by_hand(walk: Callable[..., Bars]):
    """Deviations of the latest 22 log returns times the root of the horizon; unknown before."""
    own = walk(300, swing=0.5)
    four = panel.scaled(own, 4)
    deviation = np.diff(np.log(own.close))[-22:].std(ddof=1)
    assert four.hi[-1, four.of("magnitude")] == pytest.approx(2 * deviation * np.array([1, 2, 3]))
    assert four.lo[-1, four.of("magnitude")] == pytest.approx(-2 * deviation * np.array([1, 2, 3]))
    assert np.isnan(four.hi[:22]).all()
    assert np.isfinite(four.hi[22:, four.of("level")]).all()
    fear = panel.scaled(own, 1, fear=True)
    assert fear.hi[-1, fear.of("stays_below")] == pytest.approx(deviation * np.array([1, 2, 4]))


@pytest.mark.parametrize(
    ("family", "lo", "hi", "true"),
    [
        # of four futures: up one, down one, unchanged, up three per cent
        ("direction", -INF, 0.0, [1, 0, 0, 1]),
        ("level", -INF, 0.01, [0, 1, 1, 0]),
        ("band", -0.01, 0.01, [1, 1, 1, 0]),
        ("magnitude", -0.01, 0.01, [0, 0, 0, 1]),
        ("touch", -0.01, INF, [1, 1, 0, 0]),
        ("touch", -INF, 0.02, [1, 0, 0, 1]),
        ("corridor", -0.02, 0.03, [1, 0, 1, 0]),
        ("stays_below", -INF, 0.02, [0, 1, 1, 0]),
        ("range", -INF, 0.02, [1, 1, 0, 0]),
    ],
)
def test_hits_by_hand(family: Family, lo: float, hi: float, true: list[int]):
    """Strict where the grammar is strict, closed bands, inclusive touches, a tie is no rise."""
    close = np.array([0.01, -0.01, 0.0, 0.03])
    high, low = np.array([0.02, 0.0, 0.01, 0.03]), np.array([-0.01, -0.03, 0.0, 0.01])
    assert panel.hits(family, lo, hi, close, high, low).tolist() == [bool(x) for x in true]


def typed(price: float) -> dict[tuple[Family, float, float], Claim]:
    """Claims of the desk and the panel's (family, lower, upper price) that says the same."""
    start = dt.datetime(2018, 1, 26, 22, tzinfo=dt.UTC)
    when = Window(start=start, sessions=2, date=dt.date(2018, 1, 30),
                  deadline=dt.datetime(2018, 1, 30, 21, tzinfo=dt.UTC))  # fmt: skip
    down, up = round(0.99 * price, 2), round(1.01 * price, 2)
    return {
        ("direction", 0.0, price): claims.direction(SPX, when, "up"),
        ("level", 0.0, up): claims.level(SPX, when, "<", up),
        ("band", down, up): claims.band(SPX, when, down, up, "price"),
        ("magnitude", 0.98 * price, 1.02 * price): claims.magnitude(SPX, when, 2.0, "any"),
        ("touch", down, INF): claims.touch(SPX, when, down, None),
        ("touch", 0.0, up): claims.touch(SPX, when, None, up),
        ("corridor", down, up): claims.stays(SPX, when, down, up),
        ("stays_below", 0.0, up): claims.stays(SPX, when, None, up),
    }


def test_a_claim_of_the_panel_is_one_of_the_desk(walk: Callable[..., Bars]):
    """The panel's share of a claim is what the desk's own claim gets from the same scenarios."""
    own = walk(500, swing=0.5)
    ahead = scenarios.ewma_scaled(own, 2)
    ahead = replace(ahead, weight=0.5 ** (np.arange(len(ahead))[::-1] / 200))
    price = float(own.close[-1])
    for (family, lo, hi), claim in typed(price).items():
        with np.errstate(divide="ignore"):
            asked = one(family, float(np.log(lo / price)), float(np.log(hi / price)), len(own), 2)
        found = panel.shares(asked, len(own) - 1, ahead)
        assert found == pytest.approx([answers.probability(claim, ahead)], rel=1e-12), family


def test_outcomes_wait_for_the_window(walk: Callable[..., Bars]):
    """What has not ended is NaN, never a 0; what has ended is what the episode says."""
    own = walk(300)
    asked, past = panel.fixed(own, 5), scenarios.episodes(own, 5)
    y = panel.outcomes(asked, past)
    assert np.isnan(y[-5:]).all()
    assert set(np.unique(y[:-5])) == {0.0, 1.0}
    direction = asked.of("direction")[0]
    assert (y[:-5, direction] == (own.close[5:] > own.close[:-5])).all()


def test_missing_highs(walk: Callable[..., Bars], bars_of: Callable[..., Bars]):
    """A missing high makes path claims unknown on that day and no other; without any, none are
    asked.
    """
    own = walk(400)
    high = own.high.copy()
    high[100] = np.nan
    asked = panel.fixed(own, 1)
    y = panel.outcomes(asked, scenarios.episodes(replace(own, high=high), 1))
    path = np.isin(asked.family, list(PATH_FAMILIES))
    assert np.isnan(y[99, path]).all()
    assert np.isfinite(y[99, ~path]).all()
    assert np.isfinite(np.delete(y, 99, axis=0)[:-1]).all()
    assert not PATH_FAMILIES & set(panel.fixed(bars_of(own.close), 1).family)


def test_shares_are_coherent(walk: Callable[..., Bars]):
    """A lower bar is passed more often, a touch is likelier than a close beyond, bands nest."""
    own = walk(600, swing=0.5)
    asked = panel.fixed(own, 2)
    p = panel.shares(asked, len(own) - 1, scenarios.ewma_scaled(own, 2))
    level, touch = p[asked.of("level")], p[asked.of("touch")]
    assert (np.diff(level) >= 0).all()
    assert (np.diff(p[asked.of("magnitude")]) <= 0).all()
    assert (np.diff(p[asked.of("range")]) <= 0).all()
    assert touch[1] >= level[1]  # one per cent down
    assert touch[2] >= 1 - level[4]  # one per cent up
    corridor, band = p[asked.of("corridor")], p[asked.of("band")]
    assert corridor[0] <= band[3] <= 1
    assert ((p > 0) & (p < 1)).all()


def test_a_walk_is_asked_only_where_wanted(walk: Callable[..., Bars]):
    """Rows that nobody asks for, and rows without scenarios, hold no number."""
    own = walk(300)
    asked = panel.fixed(own, 1)
    ahead = scenarios.ewma_scaled(own, 1)
    found = panel.walked(asked, lambda t: ahead if t > 280 else None, np.arange(270, 290))
    assert np.flatnonzero(np.isfinite(found).all(axis=1)).tolist() == list(range(281, 290))
    assert np.isnan(found[:281]).all()
