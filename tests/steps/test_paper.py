"""The paper account over cycles of a made-up desk: its books, its prices, its course."""

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Callable
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa

from workbench.desk import replay
from workbench.domain.calendars import UTC, iso, moment, venue
from workbench.steps import account, books, paper
from workbench.steps.bench import Bench
from workbench.world import entries as book

PARAMS = """\
instruments: [SPX, COMP]
horizons: [1, 3]
minds: [flow]
gate: {material: 0.00001}
paper: {capital: 50000, cost_bps: 0.3, slippage_bps: 0.4, tradable: [SPX, COMP]}
"""
LONG = PARAMS.replace("[1, 3]", "[3]")  # windows that closes alone can be traded over
CYCLES = 11
Posted = list[dict[str, Any]]


def opens(made: Any) -> pd.DataFrame:
    """Opens of the last thirty sessions: the close before, and a tenth of a per cent on top."""
    closes = made.archive.rows(["SPX", "COMP"])
    frame = pd.concat(closes).query("field == 'close'").sort_values(["series", "at"])
    before = frame.groupby("series", observed=True)["value"].shift()
    found = frame.assign(field="open", value=1.001 * before).groupby("series", observed=True)
    return found.tail(30).astype({"series": str, "unit": str, "source": str})


def cycled(made: Any, number: int) -> Bench:
    """A whole cycle in which only directions and levels may be said, its trades booked twice."""
    bench: Bench = made.bench(number, CYCLES - number)
    kept = cast(list[list[Any]], bench.recall("evidence"))
    bench.remember("evidence", [row for row in kept if row[1] in {"direction", "level"}])
    replay.cycle(bench)
    assert paper.trade(bench) == paper.trade(made.bench(number, CYCLES - number))
    return bench


def traded(made: Any) -> Any:
    """The desk after all its cycles."""
    for number in range(1, CYCLES + 1):
        cycled(made, number)
    return made


@pytest.fixture(scope="module")
def closes_only(room: Callable[..., Any], world: Callable[..., Any]) -> Any:
    return traded(room(world(params=LONG, ranges=False)))


@pytest.fixture(scope="module")
def opened(room: Callable[..., Any], world: Callable[..., Any]) -> Any:
    made = room(world(params=PARAMS, ranges=False))
    made.archive.append(opens(made), origin="opens", through=made.end + dt.timedelta(days=1))
    return traded(made)


@pytest.fixture(params=["closes_only", "opened"])
def desk(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(request.param)


def postings(made: Any) -> Posted:
    query = sa.select(book.postings, book.cycles.c.as_of).join(
        book.cycles, book.cycles.c.number == book.postings.c.cycle
    )
    return [dict(row) for row in made.ledger.read(query.order_by(book.postings.c.seq))]


def what(row: dict[str, Any]) -> str:
    return str(row["entry"].split(":")[1])


def last(made: Any) -> Bench:
    found: Bench = made.bench(CYCLES)
    return found


def test_every_entry_balances(desk: Any):
    """Entry by entry and all together, the books sum to zero, and money accounts for itself."""
    entries: dict[str, float] = defaultdict(float)
    for row in postings(desk):
        entries[row["entry"]] += row["amount"]
    assert all(abs(total) < 1e-6 for total in entries.values())
    sums = account.balance(last(desk)).set_index("account")["amount"]
    assert sums["capital"] == -50_000
    assert abs(sums.sum()) < 1e-6
    held = sums[[name for name in sums.index if name.startswith("position:")]].sum()
    paid = sums["fees"] + sums["slippage"]
    assert sums["cash"] + held == pytest.approx(50_000 - sums["profit"] - paid, abs=0.01)
    assert sums["slippage"] == pytest.approx(sums["fees"] * 4 / 3, abs=0.2)
    course = account.equity(last(desk))
    assert course["equity"].iloc[-1] == pytest.approx(sums["cash"] + held, abs=0.001)


def test_a_live_account_is_not_the_replayed_one(closes_only: Any):
    """What a replay earned is no part of what a live desk is worth."""
    then = last(closes_only)
    live = Bench(then.desk, then.archive, then.ledger, number=CYCLES + 1, as_of=then.as_of,
                 mode="live", keep=False)  # fmt: skip
    worth = account.course(then.ledger, then.number, "replay")
    assert worth[-1] == pytest.approx(account.equity(then)["equity"].iloc[-1])
    assert len(account.course(live.ledger, live.number, "live")) == 0
    for of in (account.balance, account.equity, account.positions, account.trades, account.summary):
        assert of(live).empty
    assert books.lots(live) == []
    assert books.cash(live) == 0


def test_no_price_is_had_before_it_could_be(desk: Any):
    """A fill was known at its cycle, is of the archive, and of a session that opened later."""
    rows = postings(desk)
    ordered = {row["entry"][:16]: moment(row["as_of"]) for row in rows if what(row) == "order"}
    fills = [row for row in rows if what(row) in {"open", "close"} and row["line"] == 0]
    assert {what(row) for row in fills} == {"open", "close"}
    closes = venue("XNYS")
    for row in fills:
        memo = json.loads(row["memo"])
        symbol, field, at, known_at, price = memo["price"]
        assert known_at <= row["as_of"]
        column = last(desk).snapshot.get(symbol, field)
        assert column is not None
        where = np.flatnonzero(column.at == np.datetime64(moment(at).replace(tzinfo=None)))
        assert column.value[where].tolist() == [price]
        session = int(np.searchsorted(closes.dates, np.datetime64(memo["session"])))
        opening = closes.opens[session].item().replace(tzinfo=UTC)
        assert ordered[row["entry"][:16]] < opening


def test_a_window_of_one_session_needs_an_open(closes_only: Any, opened: Any):
    """Without opens only longer windows are held; with them each starts at the next morning's."""
    horizons = sa.select(book.claims.c.id, book.claims.c.horizon)
    for made, fields in ((closes_only, {"close"}), (opened, {"open"})):
        length = {row["id"]: row["horizon"] for row in made.ledger.read(horizons)}
        rows = [row for row in postings(made) if what(row) == "open"]
        assert {json.loads(row["memo"])["price"][1] for row in rows} == fields
        assert (1 in {length[row["entry"][:16]] for row in rows}) == (fields == {"open"})


def test_a_position_ends_with_its_claim(desk: Any):
    """It is closed at the close of the deadline's session, in the cycle that first knows it."""
    claims = {
        row["id"]: row["deadline"]
        for row in desk.ledger.read(sa.select(book.claims.c.id, book.claims.c.deadline))
    }
    for row in postings(desk):
        if what(row) == "close":
            _, field, at, _, _ = json.loads(row["memo"])["price"]
            assert (field, at) == ("close", claims[row["entry"][:16]])
            assert dt.timedelta(0) < moment(row["as_of"]) - moment(at) < dt.timedelta(hours=3)


def test_an_order_is_on_record_when_it_is_decided(desk: Any):
    """Its cycle is its claim's, it agrees with its decision, and all stay under the cap."""
    rows = postings(desk)
    decided = {row["claim"]: row for row in desk.ledger.read(sa.select(book.decisions))}
    orders = [row for row in rows if what(row) == "order" and row["line"] == 0]
    assert orders
    for row in orders:
        own, why = decided[row["entry"][:16]], json.loads(row["memo"])
        assert own["role"] != "shadow"
        assert own["cycle"] == row["cycle"]
        assert np.sign(why["kelly"]) == np.sign(row["amount"])
        assert abs(row["amount"]) <= 0.25 * abs(why["kelly"]) * why["equity"] + 0.1
    for cycle in range(1, CYCLES + 1):
        lots: dict[tuple[str, str], float] = defaultdict(float)
        for row in rows:
            if row["cycle"] <= cycle and row["account"].startswith(("position:", "ordered:")):
                lots[row["entry"][:16], row["account"]] += row["amount"]
        worth = sum(
            row["amount"] for row in rows
            if row["cycle"] <= cycle
            and (row["account"] == "cash" or row["account"].startswith("position:"))
        )  # fmt: skip
        assert sum(map(abs, lots.values())) <= 1.02 * worth


def test_positions_and_trades_add_up(desk: Any):
    """Profit of what is closed and open is the books' profit, and costs are fees and slippage."""
    bench = last(desk)
    done, held = account.trades(bench), account.positions(bench)
    sums = account.balance(bench).set_index("account")["amount"]
    assert done["profit"].sum() + held["profit"].sum() == pytest.approx(-sums["profit"], abs=0.01)
    begun = sum(row["amount"] for row in postings(desk) if row["account"] in {"fees", "slippage"})
    assert sums["fees"] + sums["slippage"] == pytest.approx(begun)
    own = [name for name in sums.index if name.startswith("position:")]
    assert held["value"].sum() == pytest.approx(sums[own].sum(), abs=0.01)
    found = account.summary(bench).iloc[0]
    assert found["trades"] == len(done)
    assert found["cycles"] == CYCLES
    assert found["profit"] == pytest.approx(found["equity"] - 50_000)
    assert found["volatility"] is None
    assert found["drawdown"] <= 0


def test_what_is_considered_is_what_is_ordered(opened: Any):
    """Each prediction on record is ordered, or the page says why it is not."""
    for number in range(1, CYCLES + 1):
        shown = paper.considered(opened.bench(number, CYCLES - number))
        ordered = {
            row["entry"] for row in postings(opened)
            if row["cycle"] == number and what(row) == "order"
        }  # fmt: skip
        said = shown["position"].str.startswith("ordered")
        assert len(ordered) <= said.sum()
        assert shown.loc[said, "kelly"].abs().gt(0).all()


def test_a_later_cycle_changes_no_earlier_course(opened: Any):
    """The course as of an early cycle is the head of the later one, but for what it is held to."""
    early, late = account.equity(opened.bench(6, CYCLES - 6)), account.equity(last(opened))
    shared = ["as_of", "equity", "drawdown", "exposure"]
    pd.testing.assert_frame_equal(early[shared], late.loc[:5, shared])


def test_a_desk_without_an_account_books_nothing(room: Callable[..., Any], world: Any):
    """Without ``paper`` in the params there is no posting and nothing to show."""
    made = room(world(params="instruments: [SPX]\nhorizons: [5]\nminds: [flow]\n"))
    made.cycle(1)
    bench = made.bench(1)
    assert paper.trade(bench) == []
    assert postings(made) == []
    assert account.equity(bench).empty
    assert account.summary(bench).empty
    assert account.balance(bench).empty
    assert paper.considered(bench).empty


def test_a_split_changes_units_and_not_worth(room: Callable[..., Any], world: Any):
    """Three shares for one while a position is open: thrice the units, the same value."""
    made = room(world(params=LONG, ranges=False))
    begun: list[dict[str, Any]] = []
    number = 0
    while not begun:
        number += 1
        cycled(made, number)
        begun = [row for row in postings(made) if what(row) == "open" and row["line"] == 0]
    symbol = begun[0]["account"].split(":")[1]
    before = moment(begun[0]["as_of"])
    day = venue("XNYS").after(before)
    frame = pd.concat(made.archive.rows([symbol])).query("field == 'close'")
    later = frame[frame["at"] >= day.close].astype({"series": str, "unit": str, "source": str})
    now = pd.Timestamp(before) + pd.Timedelta(minutes=1)
    split = later.head(1).assign(field="split", value=3.0, unit="ratio", known_at=now)
    shares = later.assign(
        value=later["value"] / 3, known_at=later["known_at"] + pd.Timedelta("1min")
    )
    made.archive.append(
        pd.concat([split, shares]), origin="split", through=made.end + dt.timedelta(days=1)
    )
    worth = account.equity(made.bench(number, CYCLES - number))["equity"].iloc[-1]
    cycled(made, number + 1)
    lines = [row for row in postings(made) if what(row) == "split"]
    assert {row["entry"][:16] for row in lines} >= {begun[0]["entry"][:16]}
    own = [row for row in lines if row["entry"][:16] == begun[0]["entry"][:16]]
    assert sum(row["units"] for row in own) == pytest.approx(2 * begun[0]["units"])
    assert sum(row["amount"] for row in own) == 0
    after = account.equity(made.bench(number + 1, CYCLES - number - 1))["equity"].iloc[-1]
    assert after == pytest.approx(worth, rel=0.03)
    assert iso(before) < iso(day.close)


def test_no_future_changes_what_was_booked(room: Callable[..., Any], world: Any, closes_only: Any):
    """With every price revised one second after the sixth cycle, its books are the same."""
    made = room(world(params=LONG, ranges=False))
    soon = pd.Timestamp(made.bench(6, CYCLES - 6).as_of) + pd.Timedelta(seconds=1)
    frame = pd.concat(made.archive.rows(["SPX", "COMP"]))
    frame = frame[frame["at"] < soon].astype(
        {"series": str, "field": str, "unit": str, "source": str}
    )
    wild = frame.assign(known_at=soon, value=1e4 * frame["value"])
    made.archive.append(wild, origin="wild", through=made.end + dt.timedelta(days=1))
    for number in range(1, 7):
        cycled(made, number)
    hidden = {"seq", "hash", "registered_at"}
    there = [
        [{k: v for k, v in row.items() if k not in hidden} for row in postings(one)]
        for one in (made, closes_only)
    ]
    assert there[0]
    assert there[0] == [row for row in there[1] if row["cycle"] <= 6]


def test_a_series_that_goes_dark_waits(room: Callable[..., Any], world: Any, closes_only: Any):
    """While its last closes are missing a position is neither marked nor closed; then it is."""

    def booked(made: Any, until: int) -> dict[str, float]:
        lots: dict[str, float] = defaultdict(float)
        for row in postings(made):
            if row["account"] in {"position:COMP", "ordered:COMP"} and row["cycle"] <= until:
                lots[row["entry"][:16]] += row["amount"]
        return {claim: amount for claim, amount in lots.items() if abs(amount) > 100}

    dark = max(n for n in range(1, CYCLES) if booked(closes_only, n))
    made = room(world(params=LONG, ranges=False, late={"COMP": CYCLES - dark}))
    for number in range(1, CYCLES + 1):
        cycled(made, number)
    held = booked(made, dark)
    assert held == booked(closes_only, dark) == booked(made, CYCLES)
    back = pd.concat(made.archive.rows(["SPX"])).query("field == 'close'").tail(CYCLES - dark)
    late = pd.Timestamp(last(made).as_of) + pd.Timedelta(minutes=30)
    back = back.astype({"field": str, "unit": str, "source": str})
    made.archive.append(
        back.assign(series="COMP", known_at=late, value=90.0), origin="late",
        through=made.end + dt.timedelta(days=1),
    )  # fmt: skip
    made.cycle(CYCLES + 1, -1)
    paper.trade(made.bench(CYCLES + 1, -1))
    ends = [row for row in postings(made) if row["cycle"] > CYCLES and what(row) == "close"]
    ends = [row for row in ends if row["entry"][:16] in held]
    assert {json.loads(row["memo"])["price"][4] for row in ends} <= {90.0}
    assert set(held) - set(booked(made, CYCLES + 1)) == {row["entry"][:16] for row in ends}
    moved = [row for row in postings(made) if row["cycle"] > CYCLES]
    assert {row["entry"][:16] for row in moved} >= set(held)


def test_the_course_is_the_equity(opened: Any):
    """What the front page adds up from the ledger alone is the account's own equity."""
    bench = last(opened)
    found = account.course(opened.ledger, CYCLES, "replay")
    equity = account.equity(bench)["equity"].to_numpy()
    assert found[0] == 50_000
    assert found[-1] == pytest.approx(equity[-1], abs=0.01)
    assert found.min() == pytest.approx(equity.min(), abs=0.01)
