"""The driftless lognormal: closed forms against second formulas and published moments."""

import datetime as dt
import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from workbench.domain import claims
from workbench.domain.calendars import moment
from workbench.domain.claims import Window
from workbench.domain.instruments import INSTRUMENTS
from workbench.measures import lognormal, panel
from workbench.measures.prices import Bars

SPX, COMP = INSTRUMENTS[:2]
INF = float("inf")


def test_one_barrier_by_reflection():
    """A level is touched twice as often as the walk ends beyond it."""
    for sigma, barrier in ((0.01, 0.01), (0.02, 0.05), (0.03, 0.001)):
        touched = 2 * norm.sf(barrier / sigma)
        assert 1 - lognormal.stays(-INF, barrier, sigma) == pytest.approx(touched, rel=1e-9)
        assert 1 - lognormal.stays(-barrier, INF, sigma) == pytest.approx(touched, rel=1e-9)
    assert lognormal.stays(-INF, INF, 0.01) == 1


@pytest.mark.parametrize("sigma", [0.004, 0.01, 0.03, 0.08])
def test_a_corridor_is_its_sine_series(sigma: float):
    """The images agree with the eigenfunctions of the heat equation between two walls."""
    lo, hi = -0.013, 0.021
    width = hi - lo
    k = np.arange(1, 400, 2)
    series = (
        4 / (math.pi * k) * np.sin(k * math.pi * -lo / width)
        * np.exp(-((k * math.pi * sigma / width) ** 2) / 2)
    )  # fmt: skip
    assert lognormal.stays(lo, hi, sigma) == pytest.approx(series.sum(), abs=1e-12)


def test_range_has_fellers_moments():
    """Mean 2 sqrt(2 / pi) and second moment 4 ln 2 of the range of a walk of unit deviation."""

    def above(r: float) -> float:
        return float(lognormal.range_above(r, 1.0))

    mean = quad(above, 0, 12, limit=200)[0]
    second = quad(lambda r: 2 * r * above(r), 0, 12, limit=200)[0]
    assert mean == pytest.approx(2 * math.sqrt(2 / math.pi), abs=1e-6)
    assert second == pytest.approx(4 * math.log(2), abs=1e-6)
    assert above(1e-6) == 1


def test_a_range_holds_a_touch(walk: Callable[..., Bars]):
    """A range above k is likelier than a touch of k on one given side."""
    for k in (0.5, 1.0, 2.0, 4.0):
        assert lognormal.range_above(k, 1.0) > 1 - lognormal.stays(-INF, k, 1.0)


def test_one_claim_is_a_cell_of_the_panel(walk: Callable[..., Bars]):
    """What the law says of a claim of the desk is what it says of the panel's."""
    own, sigma = walk(300), 0.012
    asked = panel.fixed(own, 1)
    cells = lognormal.probabilities(asked, np.full(len(own), sigma))[-1]
    start = dt.datetime(2018, 1, 26, 22, tzinfo=dt.UTC)
    when = Window(start=start, sessions=1, date=dt.date(2018, 1, 29),
                  deadline=dt.datetime(2018, 1, 29, 21, tzinfo=dt.UTC))  # fmt: skip
    price = 1e6  # so that a tick is nothing
    up, down = 1.01 * price, 0.99 * price
    pairs = {
        claims.direction(SPX, when, "up"): cells[asked.of("direction")[0]],
        claims.level(SPX, when, "<", up): cells[asked.of("level")[4]],
        claims.level(SPX, when, ">", up): 1 - cells[asked.of("level")[4]],
        claims.band(SPX, when, -1.0, 1.0, "pct"): cells[asked.of("band")[3]],
        claims.band(SPX, when, down, up, "price"): cells[asked.of("band")[3]],
        claims.magnitude(SPX, when, 2.0, "any"): cells[asked.of("magnitude")[1]],
        claims.touch(SPX, when, None, up): cells[asked.of("touch")[2]],
        claims.touch(SPX, when, down, None): cells[asked.of("touch")[1]],
        claims.stays(SPX, when, down, up): cells[asked.of("corridor")[0]],
    }
    for claim, cell in pairs.items():
        assert lognormal.probability(claim, price, sigma) == pytest.approx(cell, abs=1e-9), claim
    one_way = [claims.magnitude(SPX, when, 2.0, side) for side in ("up", "down")]
    both = sum(lognormal.probability(claim, price, sigma) for claim in one_way)
    assert both == pytest.approx(cells[asked.of("magnitude")[1]], abs=2e-4)
    assert lognormal.probability(claims.relative(SPX, COMP, when, 0.0), price, sigma) is None


def test_every_unit_is_the_same_law():
    """A strike is a strike: in price, per cent or points it has one probability."""
    when = claims.window(SPX, moment("2018-01-26T22:00Z"), 1)
    for price, sigma in ((100.0, 0.01), (2800.0, 0.02)):
        said = [
            [lognormal.probability(build(unit, value), price, sigma) for unit, value in (
                ("price", price * 1.01), ("pct", 1.0), ("pts", price * 0.01))]
            for build in (
                lambda unit, v: claims.level(SPX, when, ">", v, unit),
                lambda unit, v: claims.touch(SPX, when, None, v, unit),
                lambda unit, v: claims.stays(SPX, when, None, v, unit),
            )
        ]  # fmt: skip
        for three in said:
            assert three == pytest.approx([three[0]] * 3, rel=1e-9)


def test_a_range_of_prices_against_a_simulated_walk():
    """Highest less lowest price over the start, drawn: wide and narrow, in per cent and points."""
    rng = np.random.default_rng(3)
    steps = rng.standard_normal((4_000, 1_000)) / np.sqrt(1_000)
    paths = np.concatenate([np.zeros((4_000, 1)), np.cumsum(steps, axis=1)], axis=1)
    top, bottom = paths.max(axis=1), paths.min(axis=1)
    when = claims.window(SPX, moment("2018-01-26T22:00Z"), 1)
    for sigma, size in ((0.01, 1.5), (0.06, 10.0), (0.15, 25.0)):
        drawn = np.mean(100 * (np.exp(sigma * top) - np.exp(sigma * bottom)) > size)
        for unit, value in (("pct", size), ("pts", 2 * size)):
            law = lognormal.probability(claims.span(SPX, when, value, ">", unit), 200.0, sigma)
            assert law == pytest.approx(drawn, abs=0.035), (sigma, unit)  # drawn in steps: less
            below = lognormal.probability(claims.span(SPX, when, value, "<", unit), 200.0, sigma)
            assert law + below == pytest.approx(1, abs=3e-4)


def test_outside_its_corridor_a_walk_has_left_it():
    """A corridor that does not hold the price is left at once, on either side and on its edge."""
    for lo, hi in ((-0.05, -0.03), (0.01, 0.02), (0.0, 0.02), (-INF, -0.01), (0.01, INF)):
        assert float(lognormal.stays(lo, hi, 0.01)) == 0.0
    when = claims.window(SPX, moment("2018-01-26T22:00Z"), 1)
    law = lognormal.probability(claims.stays(SPX, when, 95.0, 97.0), 100.0, 0.01)
    assert law == pytest.approx(0, abs=2e-4)


def test_nothing_is_certain(walk: Callable[..., Bars]):
    """However quiet or wild, no probability is 0 or 1; an unknown volatility gives no number."""
    own = walk(300)
    asked = panel.fixed(own, 1)
    sigma = np.full(len(own), np.nan)
    sigma[-3:] = 1e-5, 0.01, 5.0
    p = lognormal.probabilities(asked, sigma)
    assert np.isnan(p[:-3]).all()
    assert ((p[-3:] > 0) & (p[-3:] < 1)).all()


def test_implied_volatility_is_corrected():
    """An index that says twice what happens is halved, from what had happened by then alone."""
    n = 600
    close = np.exp(np.cumsum(np.where(np.arange(n) % 2, 0.01, -0.01)))
    vix = np.full(n, 2 * 100 * 0.01 * math.sqrt(252))
    found = lognormal.implied_volatility(vix, close)
    assert np.isnan(found[:250]).all()
    assert found[250:] == pytest.approx(np.full(n - 250, 0.01))
    cut = lognormal.implied_volatility(vix[:400], close[:400])
    assert np.array_equal(cut, found[:400], equal_nan=True)
