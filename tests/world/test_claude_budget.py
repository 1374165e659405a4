"""Money: reserved in full before a call, settled after it, capped, and never forgotten."""

import datetime as dt
import json
import threading
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.domain.errors import ParamsError
from workbench.world.claude import prices
from workbench.world.claude.budget import Budget, Caps
from workbench.world.claude.faults import Unheard
from workbench.world.claude.prices import Usage

NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)


class Clock:
    """A clock that is set by hand."""

    def __init__(self, at: dt.datetime = NOON) -> None:
        self.at = at

    def __call__(self) -> dt.datetime:
        return self.at


def account(folder: Path, cycle: str = "7", caps: tuple[str, str] = ("1", "2"), **more: Any):
    return Budget(
        folder, Caps(cycle=Decimal(caps[0]), day=Decimal(caps[1])), cycle, now=Clock(), **more
    )


def usd(amount: str) -> Decimal:
    return Decimal(amount)


def reserve(budget: Budget, amount: str) -> Any:
    return budget.reserve(usd(amount), mind="Macro", model="m")


def test_a_reservation_counts_until_it_is_settled(tmp_path: Path):
    """In full at first, then what the call cost."""
    budget = account(tmp_path)
    held = reserve(budget, "0.60")
    assert budget.spent().cycle == usd("0.60")
    budget.settle(held, usd("0.05"))
    assert budget.spent().cycle == budget.spent().day == usd("0.05")


def test_a_cycle_has_a_cap(tmp_path: Path):
    """What does not fit is refused with its numbers, and costs nothing."""
    budget = account(tmp_path)
    reserve(budget, "0.60")
    with pytest.raises(Unheard, match=r"up to 0\.5000 USD.*cycle 7 0\.4000 USD is left") as told:
        reserve(budget, "0.50")
    assert told.value.code == "budget"
    reserve(budget, "0.40")
    assert budget.spent().cycle == usd("1.00")


def test_a_day_has_a_cap_for_all_cycles(tmp_path: Path):
    """Cycles share the day's money."""
    for cycle in ("7", "8"):
        reserve(account(tmp_path, cycle), "0.90")
    with pytest.raises(Unheard, match=r"the day 2026-11-20 0\.2000 USD is left"):
        reserve(account(tmp_path, "9"), "0.30")


def test_a_crash_forgets_nothing(tmp_path: Path):
    """A reservation that nobody settled is spent, as a new process sees it."""
    reserve(account(tmp_path), "0.80")
    assert account(tmp_path).spent().cycle == usd("0.80")
    with pytest.raises(Unheard, match="left"):
        reserve(account(tmp_path), "0.80")


def test_midnight_begins_a_day_and_not_a_cycle(tmp_path: Path):
    """The day's count starts anew in UTC; a cycle across midnight keeps its own, and settles in
    the day in which it reserved."""
    budget = account(tmp_path)
    clock = Clock(dt.datetime(2026, 11, 20, 23, 59, tzinfo=dt.UTC))
    budget._now = clock
    held = reserve(budget, "0.90")
    clock.at = dt.datetime(2026, 11, 21, 1, 30, tzinfo=dt.timezone(dt.timedelta(hours=1)))
    assert budget.spent().day == 0
    assert budget.spent().cycle == usd("0.90")
    budget.settle(held, usd("0.10"))
    assert budget.spent().cycle == usd("0.10")
    assert [path.name for path in sorted(tmp_path.glob("*.json"))] == ["2026-11-20.json"]


def test_minds_reserving_at_once_never_pass_a_cap(tmp_path: Path):
    """Of twenty that want a tenth of the cap each, ten get it."""
    got: list[str] = []
    start = threading.Barrier(20)

    def one() -> None:
        budget = account(tmp_path)
        start.wait()
        try:
            reserve(budget, "0.10")
            got.append("yes")
        except Unheard:
            got.append("no")

    threads = [threading.Thread(target=one) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == ["no"] * 10 + ["yes"] * 10
    assert account(tmp_path).spent().cycle == usd("1.00")


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"entries": 3}', '{"entries": [{}]}',
     '{"entries": [{"id": "a", "cycle": "7", "reserved": "x", "cost": null}]}',
     '{"entries": [{"id": "a", "cycle": "7", "reserved": "-5", "cost": null}]}',
     '{"entries": [{"id": "a", "cycle": "7", "reserved": "NaN", "cost": null}]}'],
)  # fmt: skip
def test_an_account_that_cannot_be_read_stops_all_spending(tmp_path: Path, text: str):
    """It is not taken for an empty one, and it is left as it was found."""
    path = tmp_path / "2026-11-20.json"
    path.write_text(text)
    with pytest.raises(Unheard, match="cannot be read"):
        reserve(account(tmp_path), "0.01")
    assert path.read_text() == text


def test_an_account_that_cannot_be_written_stops_all_spending(tmp_path: Path):
    """Where the folder should be there is a file."""
    (tmp_path / "spend").write_text("")
    with pytest.raises(Unheard, match="nothing is spent"):
        reserve(account(tmp_path / "spend"), "0.01")


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "-1"])
def test_an_amount_that_is_none_is_refused(tmp_path: Path, amount: str):
    """Neither as a cap nor as a reservation."""
    with pytest.raises(ValueError, match="finite amount"):
        Caps(cycle=usd(amount), day=usd("1"))
    with pytest.raises(ValueError, match="finite amount"):
        reserve(account(tmp_path), amount)


def test_the_file_says_who_spent_what(tmp_path: Path):
    """Reservation and cost stay side by side for whoever checks the account."""
    budget = account(tmp_path)
    budget.settle(reserve(budget, "0.6"), usd("0.05"))
    (entry,) = json.loads((tmp_path / "2026-11-20.json").read_text())["entries"]
    assert {k: entry[k] for k in ("cycle", "mind", "model", "reserved", "cost")} == {
        "cycle": "7", "mind": "Macro", "model": "m", "reserved": "0.6", "cost": "0.05",
    }  # fmt: skip


# Prices


def test_every_price_is_plausible():
    """Cached reads are cheaper than input, writes and output dearer; the table is dated."""
    table = prices.shipped()
    for name, one in table.models.items():
        for rates in (one, one.above) if one.above else (one,):
            order = (rates.cache_read, rates.input, rates.cache_write_5m, rates.cache_write_1h)
            assert sorted(order) == list(order), name
            assert rates.output > rates.cache_write_1h, name
        assert one.cutoff < table.as_of, name


def test_a_cost_worked_by_hand():
    """Opus 5.5: 10,000 in, 2,000 out, 4,000 and 6,000 written, 100,000 read."""
    found = prices.price(prices.shipped(), "claude-opus-5-5")
    usage = Usage(
        input=10_000, output=2_000, cache_write_5m=4_000, cache_write_1h=6_000, cache_read=100_000
    )
    assert prices.cost(found, usage) == usd("0.04") + usd("0.04") + usd("0.02") + usd(
        "0.048"
    ) + usd("0.02")


def test_a_long_prompt_is_billed_at_its_band():
    """Haiku 5.5 charges five times as much beyond 100,000 tokens, what is cached included."""
    found = prices.price(prices.shipped(), "claude-haiku-5-5")
    assert prices.cost(found, Usage(input=100_000, output=0)) == usd("0.01")
    assert prices.cost(found, Usage(input=60_000, output=0, cache_read=40_001)) == usd(
        "0.03"
    ) + usd("0.00200005")


@given(st.data())
def test_a_bound_is_never_too_little(data: st.DataObject):
    """Whatever the split of at most one token a byte over the cache, at any length of answer."""
    table = prices.shipped()
    found = table.models[data.draw(st.sampled_from(sorted(table.models)))]
    size = data.draw(st.integers(0, 300_000))
    parts = [data.draw(st.integers(0, size // 4)) for _ in range(4)]
    most = data.draw(st.integers(0, 64_000))
    usage = Usage(
        input=parts[0], cache_write_5m=parts[1], cache_write_1h=parts[2], cache_read=parts[3],
        output=data.draw(st.integers(0, most)),
    )  # fmt: skip
    assert prices.cost(found, usage) <= prices.bound(found, b"x" * size, most)


def test_a_bound_knows_the_dearer_band():
    """A prompt that may be billed as a long one is reserved for as one."""
    found = prices.price(prices.shipped(), "claude-haiku-5-5")
    cost = prices.cost(found, Usage(input=200_000, output=1_000))
    assert prices.bound(found, b"x" * 200_000, 1_000) >= cost == usd("0.1025")


@pytest.mark.parametrize(
    ("asked", "told", "same"),
    [
        ("claude-haiku-4-5", "claude-haiku-4-5", True),
        ("claude-haiku-4-5", "claude-haiku-4-5-20251001", True),
        ("claude-haiku-4-5-20251001", "claude-haiku-4-5", False),
        ("claude-haiku-4-5", "claude-haiku-4-5-mini", False),
        ("claude-opus-5", "claude-opus-5-5", False),
        ("claude-opus-5", "Claude-Opus-5", False),
    ],
)
def test_a_dated_release_is_the_model_asked_for(asked: str, told: str, same: bool):
    """And nothing else is, least of all a later version that begins alike."""
    assert prices.same_model(asked, told) is same


@pytest.mark.parametrize(
    "change",
    [("input: 4,", "input: -4,"), ("input: 4,", "input: .nan,"),
     ("input: 4,", "input: 4, inptu: 4,"), ("as_of:", "as_off:"), ("models:", "models: [")],
)  # fmt: skip
def test_a_broken_table_is_refused(change: tuple[str, str]):
    """A price that is wrong, misspelt or missing would make the account lie."""
    whole = Path(prices.__file__).with_name("prices.yaml").read_text("utf-8")
    assert prices.table(whole, "p").models
    assert change[0] in whole
    with pytest.raises(ParamsError, match=r"^p"):
        prices.table(whole.replace(*change), "p")
