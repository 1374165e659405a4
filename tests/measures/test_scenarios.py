"""Scenarios: past episodes, rescaled, counted against each claim."""

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.domain import claims
from workbench.domain.calendars import moment
from workbench.domain.claims import Claim
from workbench.domain.instruments import find
from workbench.measures import answers, scenarios
from workbench.measures.answers import probability
from workbench.measures.prices import Bars
from workbench.measures.scenarios import Episodes, episodes, ewma_scaled

SPX, COMP = find("SPX"), find("COMP")
WHEN = claims.window(SPX, moment("2018-01-26T22:00Z"), 1)

CLOSES = [100.0, 110.0, 99.0, 100.0, 120.0, 90.0]
HIGHS = [101.0, 112.0, 111.0, 105.0, 121.0, 119.0]
LOWS = [98.0, 99.0, 95.0, 97.0, 100.0, 88.0]


@pytest.fixture(scope="session")
def six(bars_of) -> Bars:
    return bars_of(CLOSES, HIGHS, LOWS)


# Episodes by hand


def test_one_session_episodes_by_hand(six):
    """Each close but the last starts an episode: what the next session closed, reached, fell to."""
    found = episodes(six, 1)
    assert np.exp(found.close) == pytest.approx([110 / 100, 99 / 110, 100 / 99, 1.2, 0.75])
    assert np.exp(found.high) == pytest.approx([1.12, 111 / 110, 105 / 99, 1.21, 119 / 120])
    assert np.exp(found.low) == pytest.approx([0.99, 95 / 110, 97 / 99, 1.0, 88 / 120])
    assert found.price == 90.0
    assert list(found.dates) == list(six.dates[:5])
    assert set(found.weight) == {1.0}


def test_three_session_episodes_by_hand(six):
    """Over three sessions the highest high and the lowest low of the three count."""
    found = episodes(six, 3)
    assert np.exp(found.close) == pytest.approx([100 / 100, 120 / 110, 90 / 99])
    assert np.exp(found.high) == pytest.approx([112 / 100, 121 / 110, 121 / 99])
    assert np.exp(found.low) == pytest.approx([95 / 100, 95 / 110, 88 / 99])


def test_an_episode_without_a_high_has_none(six):
    """One missing high makes the highest high of its episodes unknown, not that of the others."""
    holed = replace(six, high=np.where(np.arange(6) == 3, np.nan, six.high))
    found = episodes(holed, 2)
    assert list(np.isnan(found.high)) == [False, True, True, False]
    assert np.isfinite(found.low).all()


@pytest.mark.parametrize("horizon", [6, 7])
def test_no_episode_has_ended(six, horizon: int):
    """With no more bars than the horizon nothing has ended, and nothing is made up."""
    assert len(episodes(six, horizon)) == 0


def test_scaled_in_log_terms(six):
    """An episode doubled moves twice as far in logs; one without a factor drops out."""
    found = episodes(six, 1).scaled(np.array([2, 0.5, np.nan, 1, 1]))
    assert len(found) == 4
    assert np.exp(found.close) == pytest.approx([1.21, math.sqrt(0.9), 1.2, 0.75])
    assert np.exp(found.high)[0] == pytest.approx(1.12**2)
    assert np.exp(found.low)[1] == pytest.approx(math.sqrt(95 / 110))
    assert list(found.dates) == [six.dates[i] for i in (0, 1, 3, 4)]


def test_weighted_by_date(six):
    """Each episode takes its own date's weight; a date that is not named weighs nothing."""
    found = episodes(six, 1).weighted(six.dates[[1, 3]], np.array([0.25, 4.0]))
    assert list(found.weight) == [0, 0.25, 0, 4, 0]


# Against a slow count


def slow_volatility(close: list[float]) -> list[float | None]:
    """RiskMetrics as a loop: the mean square of the first sixty starts it."""
    found: list[float | None] = [None] * 60
    returns = [math.log(b / a) for a, b in pairwise(close)]
    variance = sum(r * r for r in returns[:60]) / 60
    found.append(math.sqrt(variance))
    for r in returns[60:]:
        variance = 0.94 * variance + 0.06 * r * r
        found.append(math.sqrt(variance))
    return found


def slow_paths(bars: Bars, horizon: int, scaled: bool) -> list[tuple[float, float, float]]:
    """Prices today's close would reach: at the end, at the highest, at the lowest."""
    close, high, low = (list(map(float, a)) for a in (bars.close, bars.high, bars.low))
    sigma = slow_volatility(close)
    paths = []
    for s in range(len(close) - horizon):
        if scaled and sigma[s] is None:
            continue
        factor = sigma[-1] / sigma[s] if scaled else 1.0
        after = range(s + 1, s + horizon + 1)
        ends = close[s + horizon], max(high[k] for k in after), min(low[k] for k in after)
        paths.append(tuple(close[-1] * (end / close[s]) ** factor for end in ends))
    return paths


def slow_truth(claim: Claim, start: float, end: float, top: float, bottom: float) -> bool:
    change = 100 * (end - start) / start
    strike = claim.lo if claim.lo is not None else claim.hi
    match claim.kind:
        case "direction":
            return end > start if claim.side == "up" else end < start
        case "level":
            return end > strike if claim.op in {">", ">="} else end < strike
        case "band":
            value = change if claim.unit == "pct" else end
            return claim.lo <= value <= claim.hi
        case "magnitude":
            return {"up": change, "down": -change, "any": abs(change)}[claim.side] > claim.lo
        case "touch":
            return top >= claim.hi if claim.hi is not None else bottom <= claim.lo
        case "stays":
            left = (claim.hi is not None and top >= claim.hi) or (
                claim.lo is not None and bottom <= claim.lo
            )
            return not left
    raise AssertionError(claim.kind)


def asked(price: float) -> list[Claim]:
    """One claim of each kind and side, with strikes around a price."""
    at = [round(price * x, 2) for x in (0.985, 0.995, 1.004, 1.012)]
    return [
        claims.direction(SPX, WHEN, "up"),
        claims.direction(SPX, WHEN, "down"),
        *(claims.level(SPX, WHEN, op, at[2]) for op in (">", ">=", "<", "<=")),
        claims.band(SPX, WHEN, -0.83, 0.41, "pct"),
        claims.band(SPX, WHEN, at[1], at[2], "price"),
        *(claims.magnitude(SPX, WHEN, 0.77, side) for side in ("any", "up", "down")),
        claims.touch(SPX, WHEN, None, at[2]),
        claims.touch(SPX, WHEN, at[1], None),
        claims.stays(SPX, WHEN, None, at[3]),
        claims.stays(SPX, WHEN, at[0], None),
        claims.stays(SPX, WHEN, at[0], at[3]),
    ]


@pytest.mark.parametrize("horizon", [1, 4])
@pytest.mark.parametrize("scaled", [False, True])
def test_probabilities_against_a_slow_count(walk, horizon: int, scaled: bool):
    """Every kind's probability is the count of its true scenarios, half a one on either side."""
    own = walk(400, seed=3, swing=0.7)
    fast = (ewma_scaled if scaled else episodes)(own, horizon)
    paths = slow_paths(own, horizon, scaled)
    start = float(own.close[-1])
    for claim in asked(start):
        true = sum(slow_truth(claim, start, *path) for path in paths)
        expected = (true + 0.5) / (len(paths) + 1)
        assert probability(claim, fast) == pytest.approx(expected, abs=1e-12), claim


def test_relative_against_a_slow_count(walk):
    """A relative claim counts simple returns of both over the same sessions."""
    one, other = walk(300, seed=4, symbol="COMP"), walk(300, seed=5)
    for margin in (0.0, 0.4):
        claim = claims.relative(COMP, SPX, WHEN, margin)
        pairs = zip(slow_paths(one, 2, False), slow_paths(other, 2, False), strict=True)
        gaps = [100 * (a[0] / one.close[-1] - b[0] / other.close[-1]) for a, b in pairs]
        expected = (sum(gap > margin for gap in gaps) + 0.5) / (len(gaps) + 1)
        found = probability(claim, episodes(one, 2), episodes(other, 2))
        assert found == pytest.approx(expected, abs=1e-12)


def test_relative_is_in_simple_returns(bars_of):
    """From 100 to 150 beats standing still by 50 points; the log returns are only 41 apart."""
    one, other = bars_of([100, 150], symbol="COMP"), bars_of([100, 100])
    for margin, true in ((45, 1), (50.5, 0)):
        claim = claims.relative(COMP, SPX, WHEN, margin)
        assert probability(claim, episodes(one, 1), episodes(other, 1)) == (true + 0.5) / 2


def test_relative_on_common_sessions_only(walk):
    """An instrument with a shorter history is compared on the sessions that both have."""
    long, short = walk(300, seed=4, symbol="COMP"), walk(120, seed=5)
    own, other = scenarios.joined(episodes(long, 1), episodes(short, 1))
    assert len(own) == len(other) == 119
    assert (own.dates == other.dates).all()
    assert (own.close == episodes(long, 1).close[-119:]).all()


def test_relative_without_the_other_is_an_error(six):
    """A relative claim is never answered from one instrument alone."""
    with pytest.raises(ValueError, match="shorter"):
        probability(claims.relative(COMP, SPX, WHEN, 0), episodes(six, 1))


def test_path_claims_leave_out_what_has_no_path(walk):
    """Years of closes only count for closing claims and not at all for touches."""
    own = walk(400, seed=6)
    older = np.arange(400) < 150
    holed = replace(own, high=np.where(older, np.nan, own.high))
    strike = float(own.close[-1]) * 1.004
    touch = claims.touch(SPX, WHEN, None, strike)
    happened, weight = answers.outcomes(touch, episodes(holed, 1))
    assert len(happened) == len(weight) == 250  # episodes that start at bar 149 or later
    level = claims.level(SPX, WHEN, ">", strike)
    assert len(answers.outcomes(level, episodes(holed, 1))[0]) == 399


def test_a_path_needs_150_episodes(walk):
    """An instrument has path claims once 150 of its episodes have highs and lows."""
    assert not episodes(walk(150), 1).has_path
    assert episodes(walk(151), 1).has_path


@pytest.mark.parametrize("size", [100.0, 150.0])
def test_a_fall_of_more_than_everything(walk, size: float):
    """VIX doubled in a day of 2018: a move of 100 % is a question, and no fall is that large."""
    own = episodes(walk(300), 1)
    down = probability(claims.magnitude(SPX, WHEN, size, "down"), own)
    both = probability(claims.magnitude(SPX, WHEN, size, "any"), own)
    assert down == both == pytest.approx(0.5 / (len(own) + 1))


# Coherence

seeds = st.integers(0, 30)
strikes = st.floats(0.96, 1.04)


def made(walk, seed: int) -> Episodes:
    return ewma_scaled(walk(330, seed=seed, swing=0.5), 1 + seed % 3)


@given(seed=seeds, low=strikes, high=strikes)
def test_a_lower_strike_is_never_less_likely_passed(walk, seed: int, low: float, high: float):
    """Closing above, or touching, a lower price is at least as likely as a higher one."""
    own = made(walk, seed)
    low, high = sorted((low * own.price, high * own.price))
    for build in (
        lambda k: claims.level(SPX, WHEN, ">", k),
        lambda k: claims.touch(SPX, WHEN, None, k),
        lambda k: claims.stays(SPX, WHEN, None, 2 * own.price - k),
    ):
        assert probability(build(low), own) >= probability(build(high), own)


@given(seed=seeds, cuts=st.lists(st.integers(-40, 40), min_size=1, max_size=5, unique=True))
def test_bands_that_part_the_line_sum_to_one(walk, seed: int, cuts: list[int]):
    """Below, between and above the same cuts, one thing happens: the shares sum to one."""
    own = made(walk, seed)
    at = [round(own.price * (1 + cut / 1000), 2) for cut in sorted(cuts)]
    parts = [claims.level(SPX, WHEN, "<", at[0]), claims.level(SPX, WHEN, ">", at[-1])]
    parts += [claims.band(SPX, WHEN, a, b, "price") for a, b in pairwise(at)]
    total = sum(probability(part, own) for part in parts)
    assert total == pytest.approx((len(own) + len(parts) / 2) / (len(own) + 1))


@given(seed=seeds, strike=strikes)
def test_closing_beyond_a_price_means_having_touched_it(walk, seed: int, strike: float):
    """A touch is at least as likely as the close beyond the same price, above and below."""
    own = made(walk, seed)
    k = strike * own.price
    up, down = claims.touch(SPX, WHEN, None, k), claims.touch(SPX, WHEN, k, None)
    assert probability(up, own) >= probability(claims.level(SPX, WHEN, ">=", k), own)
    assert probability(down, own) >= probability(claims.level(SPX, WHEN, "<=", k), own)


@given(seed=seeds, strike=strikes)
def test_it_stays_or_it_touches(walk, seed: int, strike: float):
    """At one price, staying on this side and touching it exclude and exhaust each other."""
    own = made(walk, seed)
    k = strike * own.price
    below, above = claims.stays(SPX, WHEN, None, k), claims.stays(SPX, WHEN, k, None)
    high, low = claims.touch(SPX, WHEN, None, k), claims.touch(SPX, WHEN, k, None)
    assert probability(below, own) + probability(high, own) == pytest.approx(1)
    assert probability(above, own) + probability(low, own) == pytest.approx(1)


def test_up_down_and_ties_are_everything(bars_of):
    """Up, down and unchanged sum to one; an unchanged close is neither up nor down."""
    own = episodes(bars_of([100, 101, 101, 101, 100, 102]), 1)
    up, down = (probability(claims.direction(SPX, WHEN, side), own) for side in ("up", "down"))
    assert (up, down) == (2.5 / 6, 1.5 / 6)
    assert up + down + 2 / 6 == pytest.approx(1)


# Weights


def test_equal_weights_are_no_weights(walk):
    """Weights that are all alike change nothing, whatever their size."""
    own = episodes(walk(300), 1)
    for claim in asked(own.price):
        doubled = replace(own, weight=2.5 * own.weight)
        assert probability(claim, doubled) == pytest.approx(probability(claim, own))


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 5)), min_size=1, max_size=40))
def test_weights_count_like_repeated_episodes(rows: list[tuple[bool, int]]):
    """Whole weights give the share of repeated episodes, smoothed by their effective number."""
    repeated = [hit for hit, times in rows for _ in range(times)]
    raw = sum(repeated) / len(repeated)
    effective = sum(t for _, t in rows) ** 2 / sum(t * t for _, t in rows)
    hits, weight = (np.array(column) for column in zip(*rows, strict=True))
    found = scenarios.share(hits, weight.astype(float))
    assert found == pytest.approx((raw * effective + 0.5) / (effective + 1))
    assert 0 < found < 1


def test_one_heavy_scenario_claims_no_certainty():
    """A thousand scenarios of which one has all the weight are worth one: 3/4, not 1."""
    weight = np.full(1000, 1e-9)
    weight[0] = 1.0
    found = scenarios.share(np.arange(1000) == 0, weight)
    assert found == pytest.approx(0.75, abs=1e-5)


# The future


def test_any_future_leaves_the_episodes_alone(walk, bars_of):
    """What had ended by a close is the same, to the bit, after more bars have come."""
    whole = walk(420, seed=8, swing=0.5)
    past, later = episodes(whole.until(400), 3), episodes(whole, 3)
    for name in ("dates", "close", "high", "low"):
        assert (getattr(past, name) == getattr(later, name)[: len(past)]).all()
