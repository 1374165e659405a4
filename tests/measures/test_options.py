"""What an option chain implies, against closed forms and prices differentiated by hand."""

import datetime as dt
from collections.abc import Callable

import numpy as np
import pytest
from scipy.special import ndtr

from workbench.domain import claims
from workbench.domain.calendars import moment, to_numpy, venue
from workbench.domain.instruments import find
from workbench.domain.snapshots import Column, Snapshot
from workbench.measures import lognormal, options

SPY = find("SPY")
CLOSE = venue("XNYS").session(dt.date(2026, 4, 2)).close
AS_OF = moment("2026-04-02T21:00Z")
PRICE = 655.83
EXPIRIES = (dt.date(2026, 4, 6), dt.date(2026, 4, 10), dt.date(2026, 4, 17))
Smile = Callable[[np.ndarray], np.ndarray]


def snapshot(smile: Smile, *, at: dt.datetime = CLOSE, **broken: float) -> Snapshot:
    """A chain with this volatility at each log-moneyness, and quotes replaced by name."""
    strikes = np.arange(600.0, 711.0, 5.0)
    columns = {}
    for expiry in EXPIRIES:
        for strike, sigma in zip(strikes, smile(np.log(strikes / PRICE)), strict=True):
            for side in "CP":
                told = {"iv": float(sigma), "bid": 1.0, "ask": 1.1} | broken
                for field, value in told.items():
                    name = f"{expiry} {side} {strike:g} {field}"
                    columns["options:SPY", name] = Column(
                        at=np.array([to_numpy(at)]), known_at=np.array([to_numpy(at)]),
                        value=np.array([value]), unit="", source="cboe",
                    )  # fmt: skip
    return Snapshot(as_of=AS_OF, columns=columns)


def flat(k: np.ndarray) -> np.ndarray:
    return np.full(len(k), 0.2)


def skewed(k: np.ndarray) -> np.ndarray:
    return 0.2 - 0.8 * k + 1.5 * k**2


def chain(smile: Smile, **broken: float) -> options.Chain | None:
    return options.chains(snapshot(smile, **broken), {"SPY": PRICE}, [SPY]).get("SPY")


def asked() -> list[claims.Claim]:
    day = claims.window(SPY, AS_OF, 1)
    return [
        claims.direction(SPY, day, "up"), claims.direction(SPY, day, "down"),
        claims.level(SPY, day, ">", 660.0), claims.level(SPY, day, "<", 640.0),
        claims.band(SPY, day, 650.0, 660.0, "price"), claims.magnitude(SPY, day, 1.0, "any"),
        claims.magnitude(SPY, day, 1.0, "down"),
    ]  # fmt: skip


def test_a_flat_smile_is_the_lognormal_law():
    """With one volatility for all strikes the chain says what Black and Scholes say."""
    found = chain(flat)
    assert found is not None
    assert [one.sessions for one in found.smiles] == [1, 5, 10]
    moves, sigma = np.linspace(-0.06, 0.06, 25), 0.2 * (5 / 252) ** 0.5
    law = found.below(moves, 5)
    assert law is not None
    np.testing.assert_allclose(law, ndtr(moves / sigma + sigma / 2), atol=2e-3)


def test_the_law_is_the_slope_of_put_prices():
    """Of a skewed smile too, the probability of ending below K is dP/dK of its own put prices."""
    found = chain(skewed)
    assert found is not None
    years = 5 / 252

    def put(strike: np.ndarray) -> np.ndarray:
        w = skewed(np.log(strike / PRICE)) * years**0.5
        d1 = np.log(PRICE / strike) / w + w / 2
        return strike * ndtr(w - d1) - PRICE * ndtr(-d1)

    strikes, h = np.array([630.0, 645.0, 655.0, 665.0, 680.0]), 0.01
    slope = (put(strikes + h) - put(strikes - h)) / (2 * h)
    law = found.below(np.log(strikes / PRICE), 5)
    assert law is not None
    np.testing.assert_allclose(law, slope, atol=0.01)
    straight = found.below(np.array([0.0]), 5)
    assert straight is not None
    assert straight[0] < ndtr(0.2 * years**0.5 / 2)  # a skew lifts the odds of a small rise


def test_probabilities_of_a_slate_agree_with_each_other():
    """Up and down share all, a tail is in the law of its side, and nothing is certain."""
    found = chain(skewed)
    assert found is not None
    said = [options.probability(one, found) for one in asked()]
    up, down, above, below, inside, either, fall = (p for p in said if p is not None)
    assert up + down == pytest.approx(1, abs=1e-3)
    assert 0 < fall < either < 1
    assert above < up
    assert below < down
    assert inside + above < 1


def test_a_flat_chain_agrees_with_the_closed_forms_of_a_claim():
    """Levels, bands and moves are those of the lognormal law, but for its driftless mean."""
    found, sigma = chain(flat), 0.2 * (1 / 252) ** 0.5
    assert found is not None
    for one in asked()[2:]:
        law = lognormal.probability(one, PRICE, sigma)
        assert options.probability(one, found) == pytest.approx(law, abs=0.006)


def test_between_expiries_variance_grows_with_sessions():
    """Three sessions lie between the expiries of one and of five."""
    found = chain(flat)
    assert found is not None
    a, _, _ = found.variance(3) or (0.0, 0.0, 0.0)
    assert a == pytest.approx(0.04 * 3 / 252, rel=1e-6)
    assert found.variance(11) is None
    assert found.below(np.array([0.0]), 11) is None


@pytest.mark.parametrize(
    "broken", [{"iv": 0.0}, {"bid": 2.0}, {"ask": 0.0, "bid": 0.0}, {"iv": float("nan")}]
)
def test_quotes_that_cannot_be_true_are_not_read(broken: dict[str, float]):
    """Crossed quotes, empty ones and options without a volatility make no smile."""
    assert chain(flat, **broken) is None


def test_an_old_chain_says_nothing():
    """Quotes of an earlier session say what was thought before the last one."""
    old = snapshot(flat, at=moment("2026-04-01T20:00Z"))
    assert options.chains(old, {"SPY": PRICE}, [SPY]) == {}
    assert options.chains(snapshot(flat), {}, [SPY]) == {}


def test_paths_are_not_answered():
    """A chain knows where a price ends and not where it has been."""
    found = chain(flat)
    assert found is not None
    touch = claims.touch(SPY, claims.window(SPY, AS_OF, 1), None, 660.0)
    assert options.probability(touch, found) is None
