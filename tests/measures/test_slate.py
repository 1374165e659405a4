"""The slate: enough questions, on known instruments, that can be settled."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.domain import claims
from workbench.domain.calendars import moment
from workbench.domain.claims import PATH_KINDS, Claim
from workbench.domain.instruments import Instrument, find
from workbench.domain.sentences import parse, render
from workbench.measures import answers, scenarios, slate
from workbench.measures.prices import Bars
from workbench.measures.scenarios import Episodes

SPX, COMP, VIX, BTC = (find(name) for name in ("SPX", "COMP", "VIX", "bitcoin"))
DESK = (SPX, COMP, VIX)
NOW = moment("2018-01-26T22:00Z")
HORIZONS = (1, 5)

Scenarios = dict[tuple[str, int], Episodes]


def windows(table: tuple[Instrument, ...] = DESK) -> dict[tuple[str, int], claims.Window]:
    return {(one.symbol, h): claims.window(one, NOW, h) for one in table for h in HORIZONS}


@pytest.fixture(scope="session")
def desk(walk: Callable[..., Bars]) -> Scenarios:
    """Scenarios of the default desk's shape: two indices with ranges, VIX with closes only."""
    fear = walk(700, seed=23, symbol="VIX")
    fear = replace(fear, close=fear.close / 60, high=fear.high * np.nan, low=fear.low * np.nan)
    own = [walk(700, seed=21, swing=0.5), walk(700, seed=22, swing=0.5, symbol="COMP"), fear]
    return {(bars.symbol, h): scenarios.ewma_scaled(bars, h) for bars in own for h in HORIZONS}


def built(found: Scenarios, turn: int) -> list[Claim]:
    return slate.build(found, DESK, windows(), turn)


@pytest.mark.parametrize("turn", range(700, 708))
def test_the_default_desk_asks_twenty_to_forty(desk: Scenarios, turn: int):
    """Every session has 20 to 40 different claims, on the desk's instruments and horizons."""
    asked = built(desk, turn)
    assert 20 <= len(asked) <= 40
    assert len({claim.id for claim in asked}) == len(asked)
    assert {symbol for claim in asked for symbol in claim.symbols} == {"SPX", "COMP", "VIX"}
    assert {claim.window for claim in asked} == set(windows().values())
    assert all(not claim.references for claim in asked)


def test_no_path_claim_without_highs(desk: Scenarios):
    """VIX has closes only, so nothing is asked about where it trades in between."""
    for turn in range(4):
        kinds = {claim.kind for claim in built(desk, turn) if claim.subject == "VIX"}
        assert kinds.isdisjoint(PATH_KINDS)
        assert {"direction", "level", "band", "magnitude"} <= kinds
        index = {claim.kind for claim in built(desk, turn) if claim.subject == "SPX"}
        assert index >= PATH_KINDS


def test_relative_is_asked_both_ways(desk: Scenarios):
    """COMP against SPX on one session, SPX against COMP on the next; VIX is never compared."""
    pairs = [
        {c.symbols for c in built(desk, turn) if c.kind == "relative"} for turn in (700, 701, 702)
    ]
    assert pairs == [{("COMP", "SPX")}, {("SPX", "COMP")}, {("COMP", "SPX")}]


def test_relative_needs_both(desk: Scenarios):
    """While the first index is dark, nothing is compared with it and the others are still asked."""
    without = {key: one for key, one in desk.items() if key[0] != "SPX"}
    asked = built(without, 700)
    assert {claim.kind for claim in asked}.isdisjoint({"relative"})
    assert {claim.subject for claim in asked} == {"COMP", "VIX"}


def test_other_venues_are_not_compared(walk: Callable[..., Bars]):
    """A coin beside an index gets its own claims and no relative one."""
    found = {
        ("SPX", 1): scenarios.ewma_scaled(walk(400), 1),
        ("BTC-USD", 1): scenarios.ewma_scaled(walk(400, symbol="BTC-USD", name="24/7"), 1),
    }
    midnight = claims.window(BTC, moment("2018-01-27T00:00Z"), 1)
    when = {("SPX", 1): windows()["SPX", 1], ("BTC-USD", 1): midnight}
    asked = slate.build(found, (SPX, BTC), when, 3)
    assert {claim.subject for claim in asked} == {"SPX", "BTC-USD"}
    assert all(claim.versus is None for claim in asked)


@pytest.mark.parametrize("price", [0.36, 0.02, 0.004, 3e6])
@pytest.mark.parametrize("turn", range(4))
def test_a_price_of_few_ticks(walk: Callable[..., Bars], price: float, turn: int):
    """Strikes that no tick parts make no claim; the rest of the slate stands."""
    own = walk(700, seed=21, swing=0.5)
    k = price / own.close[-1]
    cheap = replace(own, close=own.close * k, high=own.high * k, low=own.low * k)
    asked = slate.single(scenarios.ewma_scaled(cheap, 1), SPX, claims.window(SPX, NOW, 1), turn)
    assert {"direction", "magnitude"} <= {claim.kind for claim in asked}
    for claim in asked:
        assert parse(render(claim), NOW) == claim


def test_a_price_that_stands_still_is_asked_nothing(walk: Callable[..., Bars]):
    """Without a move there is no episode to scale, so there is no question, and no error."""
    own = walk(700, seed=21)
    still = replace(own, close=own.close * 0 + 5, high=own.high * 0 + 5, low=own.low * 0 + 5)
    found = scenarios.ewma_scaled(still, 1)
    assert slate.single(found, SPX, claims.window(SPX, NOW, 1), 700) == []


def test_nothing_known_nothing_asked():
    """A desk whose instruments are all dark has an empty slate."""
    assert built({}, 1) == []


def test_the_slate_is_deterministic(desk: Scenarios):
    """The same scenarios on the same session give the same claims in the same order."""
    assert [c.id for c in built(desk, 705)] == [c.id for c in built(desk, 705)]


def test_the_question_turns_from_day_to_day(desk: Scenarios):
    """Four sessions in a row ask differently; what is asked of direction alternates."""
    days = [built(desk, turn) for turn in range(700, 704)]
    first = [next(c for c in asked if c.subject == "SPX") for asked in days]
    assert [c.side for c in first] in (["down", "up"] * 2, ["up", "down"] * 2)
    level = [
        next(c for c in asked if (c.subject, c.kind) == ("SPX", "level")).content()
        for asked in days
    ]
    assert len({str(one) for one in level}) == 4


def test_every_claim_can_be_said(desk: Scenarios):
    """A slate's strikes survive their own sentence: what is shown is what will be settled."""
    for turn in range(4):
        for claim in built(desk, turn):
            assert parse(render(claim), NOW) == claim


def test_strikes_lie_where_the_scenarios_are(desk: Scenarios):
    """No claim is settled before it begins: all have a chance between 2 % and 98 %."""
    for turn in range(4):
        for claim in built(desk, turn):
            keys = [(symbol, claim.window.sessions) for symbol in claim.symbols]
            p = answers.probability(claim, *(desk[key] for key in keys))
            assert 0.02 < p < 0.98, render(claim)


@pytest.mark.parametrize(
    ("price", "width", "expected"),
    [
        (2853.53, 5.7, 2855),
        (2853.53, 12.0, 2850),
        (2853.53, 22.0, 2860),
        (2853.53, 24.0, 2850),
        (13.87, 0.21, 13.8),
        (13.87, 0.09, 13.9),
        (0.034, 0.0011, 0.034),
    ],
)
def test_near_by_hand(price: float, width: float, expected: float):
    """The nearest multiple of 1, 2, 2.5 or 5 times a power of ten, chosen by the width."""
    assert slate.near(price, width) == pytest.approx(expected, abs=1e-9)


@given(st.floats(1, 1e5), st.floats(0.001, 0.2))
def test_near_is_near_and_round(price: float, share: float):
    """A level moves its price by less than the width, and has few digits."""
    width = price * share
    found = slate.near(price, width)
    assert abs(found - price) <= 0.75 * width
    step = 10.0 ** np.floor(np.log10(width)) / 2  # half of the smallest step that could be meant
    assert found / step == pytest.approx(round(found / step), abs=1e-5)
