"""Walks: what they give as of each session is what a history cut there gives, to the bit."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pytest

from workbench.domain.instruments import find
from workbench.measures import walks
from workbench.measures.prices import Bars, ewma_volatility
from workbench.measures.scenarios import Episodes, episodes
from workbench.measures.volatility import HOUR, forecast
from workbench.measures.walks import Walk, reference, walk

SPX, COMP, VIX, BTC = (find(name) for name in ("SPX", "COMP", "VIX", "bitcoin"))
DESK = (SPX, COMP, VIX, BTC)
HORIZONS = (1, 5)
N = 1250
FIELDS = ("open", "high", "low", "close")
Made = Mapping[str, Bars]


def forget() -> None:
    walks._known.clear()


@pytest.fixture(scope="session")
def desk(walk: Callable[..., Bars]) -> Made:
    """Two indices, a volatility index that follows the first, and a coin; VIX is known later."""
    spx = walk(N, seed=31, swing=0.6)
    fear = 100 * np.sqrt(252) * ewma_volatility(spx.close) * np.exp(0.2 * (spx.close / 1000 - 1))
    fear = np.where(np.isfinite(fear), fear, 15.0)
    jitter = np.exp(0.03 * np.random.default_rng(5).standard_normal((3, N)))
    close = fear * jitter[0]
    vix = replace(
        spx, symbol="VIX", close=close, open=fear, high=np.maximum(close, fear) * 1.03,
        low=np.minimum(close, fear) * 0.97, known_at=spx.at + np.timedelta64(30, "m"),
    )  # fmt: skip
    vix = vix.picked(np.arange(N) >= 200)  # begins later
    return {
        "SPX": spx,
        "COMP": walk(N, seed=32, swing=0.5, symbol="COMP").picked(np.arange(N) != 700),  # a hole
        "VIX": vix,
        "BTC-USD": walk(N, seed=33, swing=0.5, symbol="BTC-USD", name="24/7"),
    }


def known(bars: Made, moment: np.datetime64, seed: int | None = None) -> Made:
    """The desk as known at a moment: the rest deleted, or scrambled."""
    found = {}
    for symbol, own in bars.items():
        kept = own.known_at <= moment
        if seed is None:
            found[symbol] = own.picked(kept)
            continue
        noise = np.random.default_rng(seed).normal(0, 0.5, len(own))
        factor = np.where(kept, 1.0, np.exp(noise))
        found[symbol] = replace(own, **{name: getattr(own, name) * factor for name in FIELDS})
    return found


def same(one: Episodes, other: Episodes) -> bool:
    names = ("dates", "close", "high", "low", "weight")
    return one.price == other.price and all(
        getattr(one, name).tobytes() == getattr(other, name).tobytes() for name in names
    )


Maker = Callable[[Made], Mapping[tuple[str, int], Walk]]


def differing(make: Maker, desk: Made, rows: list[int]) -> int:
    """How many scenario sets change when all that was known later is deleted or scrambled."""
    forget()
    whole, count = make(desk), 0
    for row in rows:
        own = desk["SPX"]
        moment = own.known_at[row] + HOUR
        for later in (None, 1, 2):
            forget()
            seen = make(known(desk, moment, later))
            for key, then in whole.items():
                t = int(np.searchsorted(then.bars.known_at, moment, side="right")) - 1
                if t >= 250 and key in seen:
                    count += not same(then.at(t), seen[key].at(t))
                    count += not same(then.base(t), seen[key].base(t))
    forget()
    return count


def engine(bars: Made) -> Mapping[tuple[str, int], Walk]:
    return reference(bars, DESK, HORIZONS)


def test_no_future_moves_a_scenario(desk: Made):
    """Delete or scramble what was known later: every scenario as of then is the same to the bit."""
    rows = [int(row) for row in np.random.default_rng(3).integers(260, N - 1, 7)]
    assert differing(engine, desk, [*rows, 1000, N - 2]) == 0


def test_a_planted_leak_is_caught(desk: Made):
    """A scale fitted on the full sample changes scenarios of the past, and the check sees it."""

    def leaky(bars: Made) -> Mapping[tuple[str, int], Walk]:
        found = walk(bars["SPX"], SPX, 1)
        usual = np.nanmean(np.log(found.scale))  # one number from the whole sample
        scale = np.exp(0.5 * np.log(found.scale) + 0.5 * usual)
        standard = np.stack([found.past.close, found.past.high, found.past.low])
        standard = (standard / scale[:, : len(found.past)])[:, found.kept]
        return {("SPX", 1): replace(found, scale=scale, standard=standard)}

    # Scrambled futures change it, and so does a deleted one.
    assert differing(leaky, desk, [1000, 1150]) >= 6


def test_memory_changes_nothing(desk: Made):
    """Carried on from day to day, asked out of order, or computed afresh: the same bits."""
    moments = desk["SPX"].known_at[[900, 901, 922, 1100, 905, 1248, 1100]] + HOUR
    afresh = []
    for moment in moments:
        forget()
        afresh.append(engine(known(desk, moment)))
    forget()
    for moment, expected in zip(moments, afresh, strict=True):
        found = engine(known(desk, moment))
        assert found.keys() == expected.keys()
        for key, one in found.items():
            assert same(one.at(), expected[key].at()), (key, moment)
            assert one.location.tobytes() == expected[key].location.tobytes()
            assert one.scale.tobytes() == expected[key].scale.tobytes()
    forget()


def test_another_history_is_not_carried_on(desk: Made):
    """A revised close starts over: nothing of the old history's forecasts is left."""
    own = desk["SPX"]
    forget()
    walk(own, SPX, 1)
    revised = replace(own, close=np.where(np.arange(N) == 640, own.close * 1.05, own.close))
    found = walk(revised, SPX, 1)
    forget()
    assert same(found.at(), walk(revised, SPX, 1).at())


# What a walk holds


def test_scenarios_are_past_episodes_at_todays_forecast(desk: Made):
    """Each is a past episode times the ratio of forecasts, halved in weight after ten years."""
    own, t = desk["SPX"], 1100
    forget()
    found = walk(own, SPX, 5).at(t)
    sigma, _ = forecast(own.until(t + 1), 5)
    past = episodes(own.until(t + 1), 5)
    kept = np.isfinite(sigma[: len(past)])
    factor = sigma[t] / sigma[: len(past)][kept]
    assert list(found.dates) == list(past.dates[kept])
    for name in ("close", "high", "low"):
        assert getattr(found, name) == pytest.approx(getattr(past, name)[kept] * factor)
    years = (own.dates[t] - found.dates).astype(int) / 365.25
    assert found.weight == pytest.approx(0.5 ** (years / 10))
    assert found.price == own.close[t]


@pytest.mark.parametrize("symbol", ["SPX", "COMP", "VIX", "BTC-USD"])
def test_a_scenario_is_a_path(desk: Made, symbol: str):
    """The maximum is never below the close, nor the minimum above it, whatever scaled them."""
    for horizon in HORIZONS:
        own = walk(desk[symbol], find(symbol), horizon, desk, DESK).at()
        assert (own.high >= own.close).all()
        assert (own.low <= own.close).all()


def test_a_young_instrument_is_scaled_by_its_ewma(desk: Made):
    """Until 250 episodes have a forecast, scenarios are those at the present EWMA volatility."""
    own = desk["SPX"].until(700)
    young = walk(own, SPX, 1).at()
    assert len(young) == 639
    sigma = ewma_volatility(own.close)
    past = episodes(own, 1)
    assert young.close == pytest.approx((past.close * sigma[-1] / sigma[:-1])[60:])
    grown = walk(desk["SPX"].until(950), SPX, 1).at()
    assert len(grown) < 400


def test_closes_only_have_no_path(desk: Made):
    """Without highs and lows there are scenarios of the close and none of the path."""
    for symbol in ("SPX", "VIX"):
        nothing = np.full(len(desk[symbol]), np.nan)
        closes = replace(desk[symbol], open=nothing, high=nothing, low=nothing)
        own = walk(closes, find(symbol), 1, desk | {symbol: closes}, DESK).at()
        assert len(own) > 300
        assert np.isfinite(own.close).all()
        assert not own.has_path


def test_an_index_of_volatility_reverts(desk: Made):
    """From a high VIX is expected to fall, from a low one to rise; an index is not."""
    own = walk(desk["VIX"], VIX, 5, desk, DESK)
    level = np.log(own.bars.close) - np.log(own.bars.close).mean()
    location = own.location[0]
    there = np.isfinite(location)
    assert np.corrcoef(level[there], location[there])[0, 1] < -0.3
    assert (walk(desk["SPX"], SPX, 5).location == 0).all()


def test_reference_has_what_is_old_enough(desk: Made):
    """Instruments that are dark, or have fewer than 250 closes, have no walk."""
    some = {"SPX": desk["SPX"], "COMP": desk["COMP"].until(249)}
    assert set(reference(some, DESK, HORIZONS)) == {("SPX", 1), ("SPX", 5)}


def test_actual_is_what_followed(desk: Made):
    """The episode of one session is the close, high and low that came; before its end there is
    none."""
    own = walk(desk["SPX"], SPX, 2)
    found, t = own.actual(800), 800
    bars = desk["SPX"]
    assert np.exp(found.close[0]) == pytest.approx(bars.close[t + 2] / bars.close[t])
    assert np.exp(found.high[0]) == pytest.approx(bars.high[t + 1 : t + 3].max() / bars.close[t])
    assert len(own.actual(N - 2)) == 0
