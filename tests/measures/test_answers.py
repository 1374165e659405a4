"""Which scenarios make a claim true: the same that settling calls true, for every kind."""

import dataclasses
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.domain import claims
from workbench.domain.calendars import moment, to_datetime
from workbench.domain.claims import Claim, Window
from workbench.domain.errors import ClaimRefused
from workbench.domain.instruments import find
from workbench.measures import walks
from workbench.measures.answers import hits, outcomes, probability
from workbench.measures.joint import joint
from workbench.measures.prices import Bars
from workbench.measures.settling import references, settle

NAMES = ("SPX", "COMP", "QQQ")
SPX, COMP, QQQ = TABLE = tuple(find(name) for name in NAMES)
HORIZON = 3
Build = Callable[[Window, float], Claim]
KINDS: dict[str, Build] = {
    "up": lambda w, _: claims.direction(SPX, w, "up"),
    "no lower": lambda w, _: claims.direction(SPX, w, "up", ">="),
    "down": lambda w, _: claims.direction(SPX, w, "down"),
    "no higher": lambda w, _: claims.direction(SPX, w, "down", "<="),
    "above": lambda w, p: claims.level(SPX, w, ">", 1.004 * p),
    "at least": lambda w, p: claims.level(SPX, w, ">=", 0.997 * p),
    "per cent": lambda w, _: claims.level(SPX, w, "<", 0.7, "pct"),
    "points": lambda w, _: claims.level(SPX, w, "<=", -3.05, "pts"),
    "band": lambda w, _: claims.band(SPX, w, -0.4, 1.1, "pct"),
    "band of prices": lambda w, p: claims.band(SPX, w, 0.99 * p, 1.004 * p, "price"),
    "band of points": lambda w, _: claims.band(SPX, w, -9.0, 4.0, "pts"),
    "moves": lambda w, _: claims.magnitude(SPX, w, 0.9, "any"),
    "rises": lambda w, _: claims.magnitude(SPX, w, 0.5, "up", ">="),
    "falls": lambda w, _: claims.magnitude(SPX, w, 7.0, "down", unit="pts"),
    "beats": lambda w, _: claims.relative(SPX, COMP, w, 0.0),
    "by a margin": lambda w, _: claims.relative(COMP, SPX, w, 0.3, ">="),
    "stays above": lambda w, p: claims.stays(SPX, w, 0.99 * p, None),
    "stays within": lambda w, _: claims.stays(SPX, w, -1.2, 1.5, "pct"),
    "touches": lambda w, p: claims.touch(SPX, w, None, 1.007 * p),
    "reaches": lambda w, p: claims.touch(SPX, w, 0.995 * p, 0.995 * p),
    "falls to": lambda w, _: claims.touch(SPX, w, -6.0, None, "pts"),
    "ranges": lambda w, _: claims.span(SPX, w, 1.8),
    "keeps to": lambda w, _: claims.span(SPX, w, 16.0, "<=", "pts"),
    "best": lambda w, _: claims.rank(QQQ, TABLE, w, 1),
    "worst two": lambda w, _: claims.rank(SPX, TABLE, w, 2, "down"),
    "up days": lambda w, _: claims.count(SPX, w, 2, side="up"),
    "days above": lambda w, p: claims.count(SPX, w, 2, op=">", value=1.001 * p),
    "days ahead": lambda w, _: claims.count(SPX, w, 2, other=COMP),
    "if it rises": lambda w, _: claims.conditional(
        claims.level(COMP, w, ">", 0.2, "pct"), claims.direction(SPX, w, "up")
    ),
}


@pytest.fixture(scope="session")
def market(walk: Callable[..., Bars]) -> dict[str, Bars]:
    """Three instruments with prices in ticks, so that ties and strikes at the price occur."""

    def ticked(own: Bars) -> Bars:
        prices = {
            name: np.round(getattr(own, name), 1) for name in ("open", "close", "high", "low")
        }
        return replace(own, **prices)

    return {name: ticked(walk(420, seed=7 + i, symbol=name)) for i, name in enumerate(NAMES)}


@pytest.mark.parametrize("kind", KINDS)
def test_an_episode_is_a_hit_where_the_claim_settles_yes(market: dict[str, Bars], kind: str):
    """What the engine counts and what settling rules are one predicate, at every past close.

    Strikes lie between ticks: scenarios are measured in logs, where a tie is no longer one.
    """
    made = {name: walks.walk(own, find(name), HORIZON) for name, own in market.items()}
    instruments = {one.symbol: one for one in TABLE}
    lead, end = market["SPX"], moment("2018-06-01T22:00Z")
    seen = set()
    for t in range(300, 410):
        when = claims.window(SPX, to_datetime(lead.known_at[t]), HORIZON)
        claim = KINDS[kind](when, float(lead.close[t]))
        known = references(claim, market)
        assert known is not None
        claim = claims.with_references(claim, known)
        settled = settle(claim, market, instruments, end)
        legs = [made[symbol].actual(t, daily=True) for symbol in claim.symbols]
        true, weight = outcomes(claim, *legs)
        assert settled is not None
        said = "void" if not len(weight) else "yes" if true[0] else "no"
        assert said == settled.outcome, (t, settled.reason)
        seen.add(said)
    assert {"yes", "no"} <= seen  # the strikes were such that both happened


def test_a_condition_leaves_the_scenarios_in_which_it_holds(market: dict[str, Bars]):
    """P(A | B) = P(A and B) / P(B), counted: half a scenario on either side."""
    when = claims.window(SPX, to_datetime(market["SPX"].known_at[-1]), HORIZON)
    legs = {name: walks.walk(own, find(name), HORIZON).at() for name, own in market.items()}
    a, b = claims.level(COMP, when, ">", 0.2, "pct"), claims.direction(SPX, when, "up")
    one = joint(legs)
    (first, _), (second, _) = hits(a, one.legs), hits(b, one.legs)
    both, of = (float(one.weight[x].sum()) for x in (first & second, second))
    found = one.probability(claims.conditional(a, b))
    assert found == pytest.approx(both / of, abs=0.01)
    assert one.asked([claims.conditional(a, b)]).shares(one.weight).popitem()[1] == found


def test_a_count_is_asked_of_each_session(market: dict[str, Bars]):
    """The daily course ends where the episode ends, scaled alike; without it a count is refused."""
    own = walks.walk(market["SPX"], SPX, HORIZON)
    for found in (own.at(daily=True), own.base(daily=True)):
        assert found.daily is not None
        assert found.daily.shape == (HORIZON, len(found))
        assert found.daily[-1] == pytest.approx(found.close, abs=1e-12)
        assert found.picked(slice(5, 9)).daily[-1] == pytest.approx(found.close[5:9])  # type: ignore[index]
    when = claims.window(SPX, to_datetime(market["SPX"].known_at[-1]), HORIZON)
    some = [
        probability(claims.count(SPX, when, n, side="up"), own.at(daily=True)) for n in (1, 2, 3)
    ]
    assert some == sorted(some, reverse=True)
    with pytest.raises(ClaimRefused, match="each session's close"):
        probability(claims.count(SPX, when, 2, side="up"), own.at())


def test_what_scenarios_do_not_carry_is_refused(market: dict[str, Bars]):
    """Claims by the clock and conditions that end earlier get no number."""
    start = to_datetime(market["SPX"].known_at[-1])
    when, sooner = (claims.window(SPX, start, n) for n in (3, 1))
    legs = {name: walks.walk(market[name], find(name), 3).at() for name in ("SPX", "COMP")}
    clock = claims.direction(SPX, dataclasses.replace(when, mode="clock"), "up")
    early = claims.conditional(
        claims.direction(COMP, when, "up"), claims.direction(SPX, sooner, "up")
    )
    for claim, why in ((clock, "by the clock"), (early, "ends before")):
        with pytest.raises(ClaimRefused, match=why) as refused:
            joint(legs).probability(claim)
        assert refused.value.code == "not_priced"


@given(cut=st.integers(1, 200), lost=st.integers(0, 60))
def test_dates_that_a_leg_lacks_are_blank(market: dict[str, Bars], cut: int, lost: int):
    """Put on other dates, an episode keeps its numbers, and where there is none there is NaN."""
    own = walks.walk(market["SPX"], SPX, 1).at(daily=True)
    dates = np.delete(own.dates, lost)[cut:]
    found = own.picked(slice(lost + 1, None)).on(dates)
    there = np.isin(dates, own.dates[lost + 1 :])
    assert (np.isfinite(found.close) == there).all()
    assert (found.weight[~there] == 0).all()
    assert found.close[there] == pytest.approx(own.close[np.isin(own.dates, dates[there])])
    assert (found.dates == dates).all()
