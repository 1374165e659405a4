"""The paper account's books: every entry balances, and money neither appears nor vanishes."""

import json
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.measures import accounts
from workbench.measures.accounts import Costs, Lot, Posting

COSTS = Costs(fee=1e-4, slippage=2e-4)
NAME = "0123456789abcdef"


def sums(posted: list[Posting]) -> dict[str, float]:
    """Account to its balance."""
    found: dict[str, float] = defaultdict(float)
    for one in posted:
        found[one.account] += one.amount
    return {account: round(amount, 2) + 0.0 for account, amount in found.items()}


def test_a_round_trip_by_hand():
    """10,000 placed at 50 and sold at 55: 1,000 earned, 3 and 3.30 of costs."""
    posted = accounts.funded("replay", 100_000.0)
    lot = Lot(claim=NAME, symbol="ONE", ordered=10_000.0)
    posted += accounts.ordered(lot, "{}")
    assert sums(posted) == {"cash": 1e5, "capital": -1e5, "ordered:ONE": 1e4, "free": -1e4}
    lot, more = accounts.opened(lot, 50.0, COSTS, "{}")
    assert (lot.units, lot.book, lot.ordered) == (200, 10_000, 0)
    lot, marked = accounts.marked(lot, 52.5, 3, "{}")
    posted += more + marked
    assert sums(posted)["position:ONE"] == 10_500
    assert sums(posted)["profit"] == -500
    posted += accounts.closed(lot, 55.0, COSTS, "{}")
    assert sums(posted) == {
        "cash": 100_993.7, "capital": -1e5, "ordered:ONE": 0, "free": 0, "position:ONE": 0,
        "fees": 2.1, "slippage": 4.2, "profit": -1000,
    }  # fmt: skip
    assert [one.entry.split(":", 1)[1] for one in posted if one.line == 0] == [
        "replay", "order", "open", "mark:3", "close"
    ]  # fmt: skip


def test_a_short_earns_when_the_price_falls():
    """10,000 sold at 50 and bought back at 40 earn 2,000, and both sides cost."""
    lot, posted = accounts.opened(Lot(claim=NAME, symbol="ONE", ordered=-1e4), 50.0, COSTS, "{}")
    assert lot.units == -200
    posted += accounts.closed(lot, 40.0, COSTS, "{}")
    assert sums(posted)["profit"] == -2000
    assert sums(posted)["cash"] == 2000 - 3 - 2.4


def test_a_split_is_no_gain():
    """Two shares for one at half the price: the books do not move."""
    lot, _ = accounts.opened(Lot(claim=NAME, symbol="ONE", ordered=1e4), 50.0, COSTS, "{}")
    lot, posted = accounts.split(lot, 400.0, 4, "{}")
    assert sums(posted) == {"position:ONE": 0}
    assert sum(one.units or 0 for one in posted) == 200
    assert accounts.marked(lot, 25.0, 4, "{}")[1] == []
    assert accounts.split(lot, 400.0, 5, "{}") == (lot, [])


def test_an_order_that_lapses_leaves_nothing():
    """What was set aside is free again, and no cash has moved."""
    lot = Lot(claim=NAME, symbol="ONE", ordered=-123.45)
    assert sums(accounts.ordered(lot, "{}") + accounts.lapsed(lot, "{}")) == {
        "ordered:ONE": 0, "free": 0
    }  # fmt: skip


trips = st.lists(
    st.tuples(
        st.floats(-50_000, 50_000).filter(lambda x: abs(x) > 1).map(lambda x: round(x, 2)),
        st.lists(st.floats(0.01, 90_000), min_size=2, max_size=6),
        st.sampled_from([1.0, 2.0, 0.1, 3.0]),
        st.booleans(),
    ),
    max_size=6,
)


@given(trips)
def test_any_sequence_balances(made: list[tuple[float, list[float], float, bool]]):
    """Every entry sums to zero, and equity is capital, less costs, plus units times price moves."""
    posted, earned, sides = accounts.funded("replay", 1e5), 0.0, 0.0
    for i, (amount, prices, ratio, ends) in enumerate(made):
        lot = Lot(claim=f"{i:016d}", symbol=f"S{i % 2}", ordered=amount)
        posted += accounts.ordered(lot, "{}")
        lot, more = accounts.opened(lot, prices[0], COSTS, "{}")
        posted, worth = posted + more, amount
        lot, more = accounts.split(lot, lot.units * ratio, 1, "{}")
        posted += more
        for cycle, price in enumerate(prices[1:], 1):
            lot, more = accounts.marked(lot, price / ratio, cycle, "{}")
            posted, worth = posted + more, amount / prices[0] * price
        earned, sides = earned + worth - amount, sides + abs(amount)
        if ends:
            posted += accounts.closed(lot, prices[-1] / ratio, COSTS, "{}")
            sides += abs(worth)
    entries: dict[str, float] = defaultdict(float)
    for one in posted:
        entries[one.entry] += one.amount
    assert all(abs(total) < 1e-6 for total in entries.values())
    assert len({(one.entry, one.line) for one in posted}) == len(posted)
    found = sums(posted)
    held = sum(amount for name, amount in found.items() if name.startswith("position:"))
    paid = found.get("fees", 0.0) + found.get("slippage", 0.0)
    assert found["cash"] + held == pytest.approx(1e5 - found.get("profit", 0.0) - paid, abs=0.01)
    off = 0.02 * (len(posted) + 1) + 1e-6 * sum(max(p) / p[0] for _, p, _, _ in made) * 1e5
    assert -found.get("profit", 0.0) == pytest.approx(earned, abs=off)
    assert paid == pytest.approx(sides * 3e-4, abs=off)
    assert sum(amount for name, amount in found.items() if name.startswith("ordered:")) == 0


def test_a_memo_is_kept_on_every_line():
    """The price of a fill stands on the ledger with it."""
    memo = json.dumps({"price": ["ONE", "open", "a", "b", 50.0]})
    _, posted = accounts.opened(Lot(claim=NAME, symbol="ONE", ordered=1e4), 50.0, COSTS, memo)
    assert {one.memo for one in posted} == {memo}


def test_the_curve_by_hand():
    """Half in a lead that doubles and halves, beside an account that lost a tenth."""
    found = accounts.curve(
        np.array([100.0, 110.0, 99.0]), np.array([np.nan, 1.0, 0.0]), np.array([10.0, 20.0, 10.0])
    )
    assert found["drawdown"].tolist() == pytest.approx([0, 0, -0.1])
    assert found["hold"].tolist() == pytest.approx([100, 150, 112.5])
    assert found["hold_drawdown"].tolist() == pytest.approx([0, 0, -0.25])


def test_a_lead_that_is_missing_stands_still():
    """A hole in the lead is no move, and a young account holds nothing."""
    found = accounts.curve(
        np.array([100.0, 100.0, 100.0]), np.array([np.nan, 1.0, 1.0]), np.array([10.0, np.nan, 11])
    )
    assert found["hold"].tolist() == pytest.approx([100, 100, 110])
    assert accounts.curve(np.array([5.0]), np.array([np.nan]), np.array([1.0]))[
        "hold"
    ].tolist() == [5]


def test_volatility_needs_thirty_returns():
    """Up and down 1 % by turns, 252 times a year: 1 % times the root of 252, about."""
    steps = np.cumprod(np.r_[1.0, np.tile([1.01, 0.99], 126)])
    assert accounts.volatility(steps, 1.0) == pytest.approx(0.01 * 252**0.5, rel=0.01)
    assert accounts.volatility(steps[:30], 1.0) is None
