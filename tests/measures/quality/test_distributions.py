"""Payments: prices, payments and adjusted closes outvote the one of them that is wrong."""

from collections.abc import Mapping

import numpy as np
import pytest

from tests.bench.days import THURSDAY
from workbench.domain.calendars import venue
from workbench.domain.snapshots import Column, Snapshot
from workbench.measures.quality.distributions import distribution_faults
from workbench.measures.quality.rows import rows

N = 300
EVENTS = (60, 120, 180, 240)
YIELD = 0.015
PAID = dict.fromkeys(EVENTS, YIELD)


def told(
    paid: Mapping[int, float] = PAID, taken: Mapping[int, float] = PAID,
    fell: Mapping[int, float] = PAID, gains: Mapping[int, float] | None = None,
) -> dict[tuple[str, str], int]:  # fmt: skip
    """Rows out by field and check, of closes that paid, fell, and were adjusted by these yields."""
    at = venue("XNYS").closes[9000 : 9000 + N]
    moves = 0.004 * np.random.default_rng(5).standard_normal(N)
    for index, share in fell.items():
        moves[index] += np.log1p(-share)
    close = 100 * np.exp(np.cumsum(moves))
    factor = np.ones(N)
    for index, share in taken.items():
        factor[:index] *= 1 - share
    cash, extra = np.zeros(N), np.zeros(N)
    for index, share in paid.items():
        cash[index] = share * close[index - 1]
    for index, share in (gains or {}).items():
        extra[index] = share * close[index - 1]
    fields = {"close": close, "close_adj": close * factor, "dividend": cash, "capital_gain": extra}
    columns = {
        ("X", name): Column(at=at, known_at=at, value=value, unit="", source="")
        for name, value in fields.items()
    }
    own = rows(Snapshot(as_of=THURSDAY, columns=columns), "X")
    assert own is not None
    return {(f.field, f.check): len(f.at) for f in distribution_faults(own)}


def test_one_story_is_no_fault():
    """What was paid, what the price fell by and what was taken off agree."""
    assert told() == {}
    assert told({}, {}, {}) == {}


def test_a_payment_not_taken_off():
    """A missing step makes every adjusted close before it wrong, and none after."""
    assert told(taken={60: YIELD, 120: YIELD, 240: YIELD}) == {("close_adj", "ADJUSTMENT"): 180}


def test_a_step_without_payment():
    """What was taken off without being paid is wrong too."""
    assert told(taken={**PAID, 200: 0.02}) == {("close_adj", "ADJUSTMENT"): 200}


def test_a_payment_in_pence():
    """A payment above half the price that it did not fall by is in another unit."""
    assert told(paid={**PAID, 120: 100 * YIELD}) == {("dividend", "DIVIDEND_UNIT"): 1}


def test_a_payment_at_the_old_shares():
    """Prices and adjusted closes agree on a fifth of what is listed: the listing is wrong."""
    assert told(paid={**PAID, 120: 5 * YIELD}) == {("dividend", "DIVIDEND_UNIT"): 1}


def test_payments_a_hundredth_of_the_truth():
    """Prices that fall a hundred times farther than what is listed, again and again."""
    small = dict.fromkeys(EVENTS, YIELD / 100)
    assert told(paid=small, taken=small) == {
        ("dividend", "DIVIDEND_UNIT"): 4, ("close_adj", "ADJUSTMENT"): 240,
    }  # fmt: skip


def test_small_payments_of_a_company_that_pays_little():
    """A share that pays a hundredth of a per cent falls by no more and is clean."""
    small = dict.fromkeys(EVENTS, YIELD / 100)
    assert told(small, small, small) == {}


def test_a_payment_that_never_was():
    """A tenth of the price that nobody lost: the payment is out, and what was adjusted by it."""
    assert told({**PAID, 120: 0.1}, {**PAID, 120: 0.1}) == {
        ("dividend", "DIVIDEND_UNPAID"): 1, ("close_adj", "ADJUSTMENT"): 120,
    }  # fmt: skip


def test_a_payment_listed_twice():
    """Of two alike on two days the one never taken off is the phantom; else both wait."""
    twice = {**PAID, 118: YIELD}
    assert told(paid=twice) == {("dividend", "DIVIDEND_TWICE"): 1}
    assert told(paid=twice, taken=twice)["dividend", "DIVIDEND_TWICE"] == 2


def test_a_fund_that_pays_every_week_pays_nothing_twice():
    """Payments that are as near to each other all along are many, not one."""
    weekly = dict.fromkeys(range(10, 295, 5), 0.004)
    assert told(weekly, weekly, weekly) == {}


def test_small_payments_not_taken_off_add_up():
    """Each is too small to matter, and three of them shift the closes before by half a per cent."""
    small = dict.fromkeys(EVENTS, 0.002)
    assert told(small, dict.fromkeys(EVENTS, 0.00002), small) == {("close_adj", "ADJUSTMENT"): 120}
    assert told(small, dict.fromkeys(EVENTS, 0.0019), small) == {}


def test_a_price_that_rests_says_nothing_of_a_payment():
    """A share that hardly trades does not fall on the day of its payment, which was paid."""
    at = venue("XNYS").closes[9000 : 9000 + N]
    close = np.repeat(100 * np.exp(np.linspace(0, 0.2, N // 10)), 10)
    paid = np.zeros(N)
    paid[125] = 0.03 * close[124]
    factor = np.where(np.arange(N) < 125, 0.97, 1.0)
    fields = {"close": close, "close_adj": close * factor, "dividend": paid}
    moving = close * np.exp(0.002 * np.random.default_rng(1).standard_normal(N))
    moving[125] = moving[124]
    lively = {"close": moving, "close_adj": moving * factor, "dividend": 0.03 * moving * (paid > 0)}
    found = []
    for one in (fields, lively):
        columns = {
            ("X", name): Column(at=at, known_at=at, value=value, unit="", source="")
            for name, value in one.items()
        }
        own = rows(Snapshot(as_of=THURSDAY, columns=columns), "X")
        assert own is not None
        found.append({f.check for f in distribution_faults(own)})
    assert found == [set(), {"DIVIDEND_UNPAID", "ADJUSTMENT"}]


def test_gains_taken_off_twice():
    """Gains that the distribution holds already are taken off once more: all before is wrong."""
    assert told(taken={**PAID, 120: YIELD + 0.012}, gains={120: 0.012}) == {
        ("close_adj", "ADJUSTMENT"): 120
    }


def test_gains_paid_beside_the_distribution():
    """Where the price fell by both, both were paid and nothing is wrong."""
    both = {**PAID, 120: YIELD + 0.03}
    assert told(taken=both, fell=both, gains={120: 0.03}) == {}


@pytest.mark.parametrize("value", [-1.0, 0.0, float("-inf")])
def test_impossible_adjusted_closes(value: float):
    """An adjusted close at or under zero is none, and those before it rest on it."""
    at = venue("XNYS").closes[9000 : 9000 + N]
    close = np.full(N, 100.0) + np.arange(N) % 3
    adjusted = close.copy()
    adjusted[50] = value
    columns = {
        ("X", name): Column(at=at, known_at=at, value=values, unit="", source="")
        for name, values in (
            ("close", close), ("close_adj", adjusted), ("dividend", np.zeros(N)),
        )
    }  # fmt: skip
    own = rows(Snapshot(as_of=THURSDAY, columns=columns), "X")
    assert own is not None
    (fault,) = distribution_faults(own)
    assert (fault.field, fault.check, len(fault.at)) == ("close_adj", "ADJUSTMENT", 51)


def test_a_source_that_reports_no_payments_is_not_judged():
    """Adjusted closes without payments beside them may take off anything."""
    at = venue("XNYS").closes[9000 : 9000 + N]
    columns = {
        ("X", name): Column(at=at, known_at=at, value=np.full(N, value), unit="", source="")
        for name, value in (("close", 100.0), ("close_adj", 90.0))
    }
    own = rows(Snapshot(as_of=THURSDAY, columns=columns), "X")
    assert own is not None
    assert distribution_faults(own) == []
