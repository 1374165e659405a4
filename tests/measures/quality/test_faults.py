"""Semantic faults: each of the 52 that can be met here is flagged, rejected or impossible."""

from dataclasses import replace

import pytest

from tests.bench import broken
from tests.bench import semantic as faults
from tests.bench.days import changed_to, day, looked, poked, scaled
from workbench.domain.contracts import prices
from workbench.measures import quality

TRIED = {name: case for name, case in faults.CASES.items() if case.expected}


def test_a_clean_day_has_no_flag():
    """Nothing is said of a day without a fault, and nothing of it is left out."""
    found = looked()
    assert found.flags == ()
    assert found.faults == ()
    assert found.snapshot is day()


@pytest.mark.parametrize("name", TRIED)
def test_a_fault_has_its_outcome(name: str):
    """A fault on that day is found under its code, with what it hides and what it leaves."""
    assert TRIED[name].run() == TRIED[name].expected


def test_there_are_52_faults():
    """Every fault of the list is tried here or names where it is caught."""
    assert list(faults.CASES) == [f"S{n:02}" for n in range(1, 53)]
    assert all(case.where for case in faults.CASES.values())


def test_the_harness_catches_a_planted_bug():
    """A fault that nothing looks for comes out wrong, so that ok means something."""
    assert faults.state(faults.PLANTED) == "WRONG"


def test_every_flag_that_hides_says_what_would_lift_it():
    """A reader is told since when a field is withheld and what would bring it back."""
    for seen in (
        scaled("SPY", slice(-1, None), 100.0),
        poked(("ETH", "transfer_usd"), -1, 0.0),
        poked(("BTC-mempool", "fee_fastest"), -1, float("nan")),
        poked(("SPY", "volume"), -1, 0.0),
    ):
        hidden = [f for f in looked(seen).flags if f.severity != "note" and f.check != "STALE"]
        assert hidden
        assert all(f.lifted and f.since is not None and f.seen for f in hidden)


def test_the_price_is_kept_when_only_the_volume_is_false():
    """A zero volume hides the volume and nothing else."""
    found = looked(poked(("SPY", "volume"), -1, 0.0))
    assert quality.withheld(found.flags) == set()
    assert found.snapshot.columns["SPY", "close"] is day().columns["SPY", "close"]


def test_oil_may_be_negative():
    """WTI closed at -37.63 on 2020-04-20: that price is true, as it is of no share."""
    assert prices("CL")[0] < -37.63 < 0 <= prices("SPY")[0]


def test_a_reported_split_explains_its_break():
    """With the row of the split the bars stay, and returns across it are those of the market."""
    assert broken.unsplit(10.0, told_of=True) == ("usable", "joined")
    assert broken.unsplit(0.1, told_of=True) == ("usable", "joined")


def test_an_adjusted_dividend_is_no_fault():
    """An adjusted close that takes off just what was paid is clean."""
    assert broken.dividend(adjusted=True) == ("usable",)


def test_a_jump_is_believed_when_confirmed():
    """A second source, or a next bar at the new level, ends the quarantine."""
    assert broken.jump(then=True) == ("usable",)
    assert broken.jump(agreed=True) == ("usable",)


def test_two_of_three_sources_decide():
    """Ours stands when one other agrees, and when the only other one does; it falls to two."""
    assert broken.sources(1.002) == ("usable",)
    assert broken.sources(1.05, 0.999) == ("usable",)
    assert broken.sources(1.05) == ("SOURCES_DISAGREE withheld", "unusable")
    assert broken.sources(1.05, 1.0501) == ("SOURCES_DISAGREE withheld", "unusable")


def test_coins_may_differ_more():
    """Venues of coins differ by up to three per cent, which withholds no close."""
    own = day().columns["BTC-USD", "close"]
    far = {"BTC-USD": [replace(own, value=own.value * 1.02)]}
    assert looked(others=far).flags == ()
    farther = {"BTC-USD": [replace(own, value=own.value * 1.04)]}
    assert quality.withheld(looked(others=farther).flags) == {"BTC-USD"}


def test_a_single_price_in_cents_takes_its_bar_along():
    """A high in another unit than its close is no high."""
    found = looked(poked(("SPY", "high"), 200, 65_000.0))
    assert [(f.check, len(f.at)) for f in found.faults] == [("UNIT_100X", 1)]


def test_a_hundredfold_past_leaves_the_present():
    """Older rows in cents go, and the close waits: no return of a year can be trusted."""
    found = looked(scaled("SPY", slice(0, 200), 100.0))
    assert [(f.check, len(f.at)) for f in found.faults] == [("UNIT_100X", 200)]
    assert quality.withheld(found.flags) == {"SPY"}
    kept = found.snapshot.columns["SPY", "close"]
    assert kept.at[0] == day().columns["SPY", "close"].at[200]


def test_a_hundredfold_stretch_that_came_back_is_only_left_out():
    """Both ends of a series agree on its level: the stretch between them is wrong, not they."""
    found = looked(scaled("SPY", slice(100, 140), 0.01))
    assert [(f.check, len(f.at)) for f in found.faults] == [("UNIT_100X", 40)]
    assert quality.withheld(found.flags) == set()


@pytest.mark.parametrize("back", range(2, 8))
def test_a_hundredfold_bar_of_late_is_one_bar(back: int):
    """However few bars stand after it, a bar that went and came back takes no others along."""
    found = looked(scaled("SPY", -back, 100.0))
    assert [(f.check, len(f.at)) for f in found.faults] == [("UNIT_100X", 1)]
    assert quality.withheld(found.flags) == set()


@pytest.mark.parametrize(("symbol", "factor"), [("BTC-USD", 0.5), ("VIX", 2.0)])
def test_what_has_no_shares_is_never_split(symbol: str, factor: float):
    """A coin that halves in a day has halved, and the years before it are still its history."""
    assert looked(scaled(symbol, slice(-6, None), factor)).faults == ()


def test_a_crash_by_the_ratio_of_a_split_is_told_by_its_bar():
    """GameStop closed at 90 on 2021-02-02 after 225, traded between: no split, and no past lost."""
    fallen = scaled("TSLA", slice(-6, None), 0.4)
    close = fallen.columns["TSLA", "close"].value
    crash = poked(("TSLA", "high"), -6, 0.7 * close[-7], fallen)
    crash = poked(("TSLA", "low"), -6, 0.33 * close[-7], crash)
    assert [f.check for f in looked(fallen).faults] == ["SPLIT_UNEXPLAINED"]
    assert looked(crash).faults == ()


def test_a_factor_that_no_market_makes_is_never_believed_by_repetition():
    """Bitcoin in satoshi for four days is no crash, however often it is said."""
    found = looked(scaled("BTC-USD", slice(-4, None), 1e-8))
    assert [(f.check, len(f.at)) for f in found.faults] == [("UNIT_OTHER", 4)]
    assert quality.withheld(found.flags) == {"BTC-USD"}


def test_a_second_source_that_falls_as_far_explains_no_split():
    """Every price as traded falls to a tenth in a split of ten for one: its row is wanted."""
    fallen = scaled("SPY", slice(-3, None), 0.1)
    second = [replace(fallen.columns["SPY", "close"], source="other")]
    found = looked(fallen, others={"SPY": second})
    assert [(f.check, len(f.at)) for f in found.faults] == [("SPLIT_UNEXPLAINED", 3)]
    halved = scaled("SPY", slice(-3, None), 0.5)
    second = [replace(halved.columns["SPY", "close"], source="other")]
    assert looked(halved, others={"SPY": second}).faults == ()


def test_a_quotation_without_volume_among_quotations_is_no_placeholder():
    """Where bars without volume are usual, a flat one says what its market said."""
    seen = poked(("SPY", "volume"), slice(150, 200), 0.0, broken.flat("SPY", 200, 900.0))
    assert "PLACEHOLDER_BAR" not in {f.check for f in looked(seen).faults}


def test_a_repository_that_stays_smaller_is_believed():
    """Stars that fell and stand there for five counts are true; none at all never are."""
    key = ("langflow-ai/langflow", "stars")
    assert looked(poked(key, slice(-5, None), 90_000.0)).faults == ()
    assert [len(f.at) for f in looked(poked(key, slice(-4, None), 90_000.0)).faults] == [4]
    assert [len(f.at) for f in looked(poked(key, slice(-9, None), 0.0)).faults] == [9]


def test_a_spike_of_stars_poisons_nothing():
    """One count far too high is not the height from which later counts fell."""
    key = ("langflow-ai/langflow", "stars")
    own = day().columns[key].value
    assert looked(poked(key, 200, own[200] * 3)).faults == ()


def test_a_spread_through_zero_is_no_change_of_unit():
    """A spread that passes from 0.56 to nearly nothing in small steps keeps its unit."""
    own = day().columns["T10Y2Y", "value"]
    falling = own.value.copy()
    falling[-20:] = [0.56 - 0.029 * k for k in range(20)]
    seen = changed_to({("T10Y2Y", "value"): replace(own, value=falling)})
    assert looked(seen).faults == ()
