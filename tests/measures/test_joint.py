"""The joint set: shares of one set of weights agree with each other, before a tilt and after."""

import math
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize

from workbench.domain import claims
from workbench.domain.calendars import moment
from workbench.domain.claims import Claim
from workbench.domain.errors import ClaimRefused
from workbench.domain.instruments import find
from workbench.measures import walks
from workbench.measures.answers import probability
from workbench.measures.entropy import nearest
from workbench.measures.joint import Joint, joint
from workbench.measures.prices import Bars, merged
from workbench.measures.scenarios import Episodes, share

SPX, COMP = find("SPX"), find("COMP")
WHEN = claims.window(SPX, moment("2018-01-26T22:00Z"), 1)


def legs_of(close: dict[str, list[float]], weight: list[float]) -> dict[str, Episodes]:
    """Scenarios by hand: a NaN close is a date that the leg lacks."""
    dates = np.datetime64("2018-01-01") + np.arange(len(weight))
    found = {}
    for symbol, values in close.items():
        there = np.isfinite(values)
        log = np.log1p(np.array(values)[there] / 100)
        found[symbol] = Episodes(
            symbol=symbol, horizon=1, dates=dates[there], close=log, high=np.maximum(log, 0.001),
            low=np.minimum(log, -0.001), weight=np.array(weight)[there], price=100.0,
        )  # fmt: skip
    return found


NAN = math.nan
FIVE = {"SPX": [1.0, -1, 2, NAN, -2], "COMP": [2.0, NAN, -1, 3, -3]}
WEIGHT = [1.0, 2, 4, 8, 16]
UP, COMP_UP = (claims.direction(one, WHEN, "up") for one in (SPX, COMP))


def test_shares_by_hand():
    """Each claim counts the dates that its instruments have, with the weights of the set."""
    one = joint(legs_of(FIVE, WEIGHT))
    assert list(one.weight) == WEIGHT
    assert one.probability(UP) == share(np.array([1, 0, 1, 0], bool), np.array([1.0, 2, 4, 16]))
    beats = claims.relative(COMP, SPX, WHEN, 0.5)
    # Common dates 1, 3, 5: COMP wins by 1 and loses twice.
    assert one.probability(beats) == share(np.array([1, 0, 0], bool), np.array([1.0, 4, 16]))


def test_a_leg_of_another_scale_of_weights():
    """Legs state weights up to a constant; the set joins them on what they share."""
    legs = legs_of(FIVE, WEIGHT)
    legs["COMP"] = legs["COMP"].weighted(legs["COMP"].dates, 3 * legs["COMP"].weight)
    found = joint(legs).weight
    assert found / found[0] == pytest.approx(np.array(WEIGHT))


def test_conditional_by_hand():
    """P(A | B) is the share of A among the scenarios in which B holds and A can be told."""
    many = {symbol: values * 40 for symbol, values in FIVE.items()}  # 30 in which B holds, at least
    one = joint(legs_of(many, WEIGHT * 40))
    found = one.probability(claims.conditional(COMP_UP, UP))  # dates 1 and 3 of every five
    assert found == share(np.array([True, False] * 40), np.array([1.0, 4.0] * 40))


def test_a_rare_condition_is_refused(made: Callable[[int], Joint]):
    """A condition that hardly any scenario meets gives no number."""
    far = claims.level(SPX, WHEN, ">", 1.5 * made(1).legs["SPX"].price)
    with pytest.raises(ClaimRefused, match="effective scenarios of the 30"):
        made(1).probability(claims.conditional(COMP_UP, far))


@pytest.fixture(scope="session")
def made(walk: Callable[..., Bars]) -> Callable[[int], Joint]:
    """Two instruments that move together, COMP with a shorter history; horizon 1 to 3."""
    known: dict[int, Joint] = {}

    def build(seed: int) -> Joint:
        if seed not in known:
            one, noise = walk(420, seed=seed, swing=0.5), walk(420, seed=99)
            both = 1000 * (one.close / 1000) ** 0.8 * (noise.close / 1000) ** 0.5
            two = walk(420, seed=98, symbol="COMP")
            two = type(two)(
                symbol="COMP", dates=two.dates, at=two.at, known_at=two.known_at, open=both,
                close=both, high=both * 1.004, low=both * 0.996, volume=two.volume,
            )  # fmt: skip
            horizon = 1 + seed % 3
            pair = {"SPX": (one, SPX), "COMP": (two.picked(slice(60, None)), COMP)}
            legs = {s: walks.walk(own, which, horizon).at() for s, (own, which) in pair.items()}
            known[seed] = joint(legs)
        return known[seed]

    return build


# Tilts

seeds = st.integers(0, 5)
strikes = st.floats(0.97, 1.03)


def raw(one: Joint, claim: Claim) -> float:
    """The weighted share, without half a scenario on either side."""
    true, known = one.happened(claim)
    return float(one.weight[true & known].sum() / one.weight[known].sum())


def pooled(one: Joint, *views: tuple[Claim, float]) -> Joint:
    """The nearest set in which these claims have these weighted shares."""
    gap = np.zeros((len(views), len(one.dates)))
    for row, (claim, p) in enumerate(views):
        true, known = one.happened(claim)
        gap[row] = (true - p) * known
    weight = nearest(one.weight, gap)
    assert weight is not None
    return replace(one, weight=weight)


@given(seed=seeds, p=st.floats(0.05, 0.95), strike=strikes)
def test_one_view_is_a_tilt(made, seed: int, p: float, strike: float):
    """One view is reached by one factor where it comes true and one where it does not."""
    one = made(seed)
    claim = claims.level(SPX, WHEN, ">", round(strike * one.legs["SPX"].price, 2))
    true, known = one.happened(claim)
    if 0 < raw(one, claim) < 1:
        after = pooled(one, (claim, p))
        assert raw(after, claim) == pytest.approx(p, abs=1e-8)
        for side in (known & true, known & ~true):
            factor = after.weight[side] / one.weight[side]
            assert factor == pytest.approx(factor[0])


def test_views_move_what_moves_together(made):
    """Thinking the first index will rise makes the second's rise likelier too, but less so."""
    one = made(0)
    after = pooled(one, (UP, 0.75))
    assert raw(one, COMP_UP) < raw(after, COMP_UP) < raw(after, UP)


@given(seed=seeds, p=st.floats(0.3, 0.7), q=st.floats(0.3, 0.7), r=st.floats(0.2, 0.5))
def test_several_stated_probabilities_hold_at_once(made, seed: int, p: float, q: float, r: float):
    """Entropy pooling satisfies every view, on claims of either instrument."""
    one = made(seed)
    views = [(UP, p), (COMP_UP, q), (claims.magnitude(SPX, WHEN, 0.8, "any"), r)]
    after = pooled(one, *views)
    for claim, wanted in views:
        assert raw(after, claim) == pytest.approx(wanted, abs=1e-8)
    assert (after.weight >= 0).all()
    assert after.weight.sum() == pytest.approx(one.weight.sum())


def test_pooling_is_the_nearest_set():
    """Against a general optimiser: the weights of least relative entropy that meet the views."""
    rng = np.random.default_rng(2)
    close = {"SPX": list(rng.normal(0, 1, 12)), "COMP": list(rng.normal(0, 1, 12))}
    one = joint(legs_of(close, list(rng.uniform(0.5, 2, 12))))
    views = [(UP, 0.55), (COMP_UP, 0.35)]
    base = one.weight / one.weight.sum()
    true = [(one.happened(claim)[0], p) for claim, p in views]
    rules = [{"type": "eq", "fun": lambda w, t=t, p=p: w[t].sum() - p} for t, p in true]
    rules.append({"type": "eq", "fun": lambda w: w.sum() - 1})
    slow = minimize(
        lambda w: float(w @ np.log(w / base)), base, bounds=[(1e-9, 1)] * 12, constraints=rules,
        options={"maxiter": 500, "ftol": 1e-14},
    )  # fmt: skip
    found = pooled(one, *views).weight
    assert found / found.sum() == pytest.approx(slow.x, abs=1e-5)


# Soft views


def at(price: float, factor: float) -> Claim:
    return claims.level(SPX, WHEN, ">", round(price * factor, 2))


@given(seed=seeds, move=st.floats(-0.1, 0.1))
def test_a_soft_view_comes_all_but_a_hundredth_of_the_way(made, seed: int, move: float):
    """One claim alone gets what is wanted of it; what is not wanted follows."""
    one = made(seed)
    held = one.asked([UP, at(one.legs["SPX"].price, 1.004), COMP_UP])
    before = held.shares(one.weight)
    wanted = {UP.id: before[UP.id] + move}
    weight = held.leaning(one.weight, wanted)
    after = held.shares(weight)
    assert after[UP.id] == pytest.approx(wanted[UP.id], abs=0.02 * abs(move) + 1e-6)
    assert (after[COMP_UP.id] - before[COMP_UP.id]) * move >= 0
    assert weight.sum() == pytest.approx(one.weight.sum())
    assert (weight >= 0).all()


def test_a_soft_view_leaves_dates_without_its_instrument_alone(made):
    """Scenarios that cannot say whether a claim comes true keep their weight, to the bit."""
    one = made(0)
    held = one.asked([UP, COMP_UP])
    blind = held.known[1] == 0  # COMP's history is the shorter
    assert blind.any()
    after = held.leaning(one.weight, {COMP_UP.id: 0.7})
    assert np.array_equal(after[blind], one.weight[blind])
    assert not np.array_equal(after[~blind], one.weight[~blind])


def test_nothing_wanted_is_the_very_set(made):
    """Without a view the weights are the ones given, to the bit."""
    one = made(2)
    held = one.asked([UP, COMP_UP])
    assert held.leaning(one.weight, {}) is one.weight
    assert held.leaning(one.weight, {"stranger": 0.9}) is one.weight


@given(seed=seeds, low=st.floats(0.05, 0.4), high=st.floats(0.6, 0.95))
def test_soft_views_that_clash_meet_in_between(made, seed: int, low: float, high: float):
    """A farther strike held likelier than a nearer one: the answer keeps their order."""
    one = made(seed)
    price = one.legs["SPX"].price
    near, far = at(price, 0.998), at(price, 1.003)
    held = one.asked([near, far])
    after = held.shares(held.leaning(one.weight, {near.id: low, far.id: high}))
    assert low < after[far.id] <= after[near.id] < high


def test_soft_views_against_a_general_optimiser():
    """Relative entropy plus squared distances over twice the softness, at its least."""
    rng = np.random.default_rng(3)
    close = {"SPX": list(rng.normal(0, 1, 12)), "COMP": list(rng.normal(0, 1, 12))}
    one = joint(legs_of(close, list(rng.uniform(0.5, 2, 12))))
    held = one.asked([UP, COMP_UP])
    wanted = {UP.id: 0.6, COMP_UP.id: 0.35}
    base = one.weight / one.weight.sum()
    count = 1 / (base**2).sum()
    stated = np.array([(wanted[c.id] * (count + 1) - 0.5) / count for c in (UP, COMP_UP)])

    def cost(w: np.ndarray) -> float:
        off = held.true @ w - stated
        return float(w @ np.log(w / base) + off @ off / (2 * 0.002))

    rules = [{"type": "eq", "fun": lambda w: w.sum() - 1}]
    slow = minimize(cost, base, bounds=[(1e-9, 1)] * 12, constraints=rules,
                    options={"maxiter": 800, "ftol": 1e-15})  # fmt: skip
    found = held.leaning(one.weight, wanted)
    assert found / found.sum() == pytest.approx(slow.x, abs=2e-5)


def test_views_that_clash_have_no_answer(made):
    """Contradictions, and what never happens in any scenario, are never approximated."""
    one = made(0)
    (rises, _), (beyond, _) = (
        one.happened(claim)
        for claim in (UP, claims.level(SPX, WHEN, ">", 3 * one.legs["SPX"].price))
    )
    for gap in ([rises - 0.8, ~rises - 0.7], [beyond - 0.2]):
        assert nearest(one.weight, np.array(gap)) is None


# Coherence, untilted and tilted


@given(seed=seeds, p=st.floats(0.3, 0.7), cuts=st.lists(
    st.integers(-30, 30), min_size=2, max_size=5, unique=True))  # fmt: skip
def test_all_numbers_agree(made, seed: int, p: float, cuts: list[int]):
    """Monotone in the strike, parts sum to one, a touch is no rarer than the close beyond."""
    before = made(seed)
    for one in (before, pooled(before, (COMP_UP, p)), pooled(before, (UP, p))):
        price = one.legs["SPX"].price
        at = [round(price * (1 + cut / 1000), 2) for cut in sorted(cuts)]
        above = [one.probability(claims.level(SPX, WHEN, ">", k)) for k in at]
        touch = [one.probability(claims.touch(SPX, WHEN, None, k)) for k in at]
        stays = [one.probability(claims.stays(SPX, WHEN, None, k)) for k in at]
        for rising in (above[::-1], touch[::-1], stays):
            assert all(a <= b + 1e-12 for a, b in pairwise(rising))
        assert all(t >= a - 1e-12 for t, a in zip(touch, above, strict=True))
        assert [t + s for t, s in zip(touch, stays, strict=True)] == pytest.approx([1] * len(at))
        parts = [claims.level(SPX, WHEN, "<", at[0]), claims.level(SPX, WHEN, ">", at[-1])]
        parts += [claims.band(SPX, WHEN, a, b, "price") for a, b in pairwise(at)]
        assert sum(raw(one, part) for part in parts) == pytest.approx(1)


@given(seed=seeds, p=st.floats(0.3, 0.7), strike=strikes, other=strikes)
def test_pairs_keep_frechets_bounds(made, seed: int, p: float, strike: float, other: float):
    """On common dates a conjunction lies between what the two shares allow."""
    start = made(seed)
    for one in (start, pooled(start, (UP, p))):
        a = claims.level(SPX, WHEN, ">", round(strike * one.legs["SPX"].price, 2))
        b = claims.level(COMP, WHEN, "<", round(other * one.legs["COMP"].price, 2))
        (first, here), (second, there) = one.happened(a), one.happened(b)
        weight = one.weight * (here & there)
        both, pa, pb = (
            float(weight[x].sum() / weight.sum()) for x in (first & second, first, second)
        )
        assert max(0.0, pa + pb - 1) - 1e-12 <= both <= min(pa, pb) + 1e-12
        if pb > 0.2:
            given_b = one.probability(claims.conditional(a, b))
            assert given_b == pytest.approx(both / pb, abs=0.02)


def test_the_set_says_what_its_legs_say(made):
    """Untilted, a claim on one instrument has the probability that its own scenarios give."""
    one = made(2)
    for claim in (UP, COMP_UP, claims.magnitude(COMP, WHEN, 0.5, "any")):
        assert one.probability(claim) == pytest.approx(probability(claim, one.legs[claim.subject]))
        assert probability(claim, one.of(claim.subject)) == pytest.approx(one.probability(claim))


# Two calendars


def test_a_coin_on_the_exchanges_sessions(bars_of: Callable[..., Bars]):
    """Friday to Monday is one bar: first open, highest high, lowest low, last close."""
    import datetime as dt

    days = dt.date(2018, 1, 29)  # a Monday; seven days from Tuesday the 23rd
    coin = bars_of(
        [1, 2, 3, 4, 5, 6, 7], [2, 3, 4, 9, 8, 7, 7.5], [1, 1, 2, 3, 0.5, 5, 6],
        [10, 20, 30, 40, 50, 60, 70], start=[1, 1, 2, 3, 4, 5, 6], symbol="BTC-USD", last=days,
        name="24/7",
    )  # fmt: skip
    index = bars_of([1] * 5, last=days)  # Tuesday to Friday, and Monday
    found = merged(coin, index.dates)
    assert list(found.dates) == list(index.dates[1:])
    assert list(found.close) == [2, 3, 4, 7]
    assert list(found.open) == [1, 2, 3, 4]
    assert list(found.high) == [3, 4, 9, 8]
    assert list(found.low) == [1, 2, 3, 0.5]
    assert list(found.volume) == [20, 30, 40, 180]
    assert (found.known_at == coin.known_at[[1, 2, 3, 6]]).all()
    assert len(merged(coin, index.dates[:1])) == 0


# Views of a house mind


@given(seed=seeds, factor=st.floats(0.6, 1.8))
def test_a_wider_set_is_as_wide_as_stated(made, seed: int, factor: float):
    """The matched width is that of all scenarios multiplied; what moves together widens too."""
    one = made(seed)
    after = one.widened("SPX", factor)
    own = one.legs["SPX"]
    x = (own.high - own.low) / np.median(own.high - own.low)
    wanted = np.average(np.log1p((factor * x) ** 2), weights=one.weight)
    assert np.average(np.log1p(x**2), weights=after.weight) == pytest.approx(wanted, abs=1e-9)
    size = claims.magnitude(SPX, WHEN, 1.0, "any")
    other = claims.magnitude(COMP, WHEN, 1.0, "any")
    for claim in (size, other):
        sign = np.sign(raw(after, claim) - raw(one, claim))
        assert sign in {0, np.sign(factor - 1)} or abs(factor - 1) < 1e-3


def test_a_width_of_one_changes_nothing(made):
    """Who expects what the scenarios hold leaves their weights alone."""
    assert made(1).widened("SPX", 1.0).weight == pytest.approx(made(1).weight)


@pytest.mark.parametrize("factor", [0.2, 4.5, 0.26])
def test_a_width_out_of_reach_is_refused(made, factor: float):
    """No few scenarios are made to stand for a width that hardly any of them has."""
    with pytest.raises(ClaimRefused, match="times as much"):
        made(1).widened("SPX", factor)


def test_days_between_sessions_resemble_the_one_before():
    """A weekend's scenario takes Friday's likeness; one before the first session the mean."""
    one = joint(legs_of(FIVE, WEIGHT))
    found = one.resembling(one.dates[[1, 3]], np.array([0.5, 0.1]))
    assert found.weight == pytest.approx(one.weight * np.array([0.3, 0.5, 0.5, 0.1, 0.1]))


def test_a_width_leaves_dates_without_its_instrument_alone(walk: Callable[..., Bars]):
    """A coin's weekends keep their weight, whatever is thought of an index that stands still."""
    index = walks.walk(walk(420, seed=1, swing=0.5), SPX, 1).at()
    days = walk(588, seed=2, symbol="BTC-USD", name="24/7", swing=0.5)
    coin = walks.walk(days, find("BTC"), 1).at()
    one = joint({"SPX": index, "BTC-USD": coin})
    away = ~np.isfinite(one.legs["SPX"].close)
    assert 0.2 < one.weight[away].sum() / one.weight.sum() < 0.4
    for after in (one.widened("SPX", 1.8), one.widened("SPX", 0.6)):
        assert after.weight[away] == pytest.approx(one.weight[away])
        assert after.weight.sum() == pytest.approx(one.weight.sum())
        assert not np.allclose(after.weight[~away], one.weight[~away])


def test_prices_that_stand_still_have_no_width():
    """Nothing can be widened that never moved: refused, as any width out of reach."""
    one = joint(legs_of({"SPX": [0.0] * 5}, WEIGHT))
    still = Joint(
        legs={"SPX": replace(one.legs["SPX"], high=np.zeros(5), low=np.zeros(5))},
        dates=one.dates, weight=one.weight,
    )  # fmt: skip
    with pytest.raises(ClaimRefused, match="times as much"):
        still.widened("SPX", 1.5)
