"""What one series says of another: yields and spreads, and one asset under another's name."""

from dataclasses import replace

import numpy as np
import pytest

from tests.bench.days import DESK, THURSDAY, N, changed_to, column, day, looked
from workbench.domain.calendars import to_datetime
from workbench.domain.instruments import Instrument, find, indicator
from workbench.domain.snapshots import Snapshot
from workbench.measures import quality
from workbench.measures.quality.siblings import scale_faults, spread_faults, spreads_apart

BARS = ("open", "high", "low", "close")


def priced_as(symbol: str, other: str, index: object, factor: float = 1.0) -> Snapshot:
    """The day with some bars of one instrument replaced by those of another."""
    changes = {}
    for field in BARS:
        own, its = (day().columns[name, field] for name in (symbol, other))
        value = own.value.copy()
        value[index] = its.value[index] * factor
        changes[symbol, field] = replace(own, value=value)
    return changed_to(changes)


def twins(seen: Snapshot) -> list[tuple[str, int]]:
    return [(f.series, len(f.at)) for f in looked(seen).faults if f.check == "OTHER_ASSET"]


@pytest.mark.parametrize("factor", [1.0, 1.0005])
def test_bars_of_another_asset_are_left_out(factor: float):
    """TSLA answered with the bars of META, exactly or but for roundings: TSLA's are out."""
    found = looked(priced_as("TSLA", "META", slice(-4, None), factor))
    assert ("TSLA", "OTHER_ASSET", 4) in {(f.series, f.check, len(f.at)) for f in found.faults}
    assert {f.series for f in found.faults} == {"TSLA"}
    assert quality.withheld(found.flags) == {"TSLA"}


def test_one_bar_of_another_asset_is_enough():
    """A single newest bar that is another's in all four prices is no chance."""
    assert twins(priced_as("TSLA", "META", slice(-1, None))) == [("TSLA", 1)]


def test_a_whole_history_of_another_asset_withholds_both():
    """Which of two equal histories is the false one cannot be told from them."""
    found = looked(priced_as("TSLA", "META", slice(None)))
    assert quality.withheld(found.flags) == {"TSLA", "META"}


def test_assets_that_meet_are_two():
    """Two prices that pass through each other, or are near each other for days, are true."""
    near = priced_as("TSLA", "META", slice(None), 1.004)
    assert twins(near) == []
    assert twins(day()) == []


def test_two_names_of_one_asset_are_no_fault():
    """A coin against the dollar and against a tether is never further away than a rounding."""
    coin = replace(find("BTC"), symbol="BTCUSDT", name="bitcoin in tethers", ticker="", aliases=())
    chance = np.random.default_rng(3)
    changes = {}
    for field in BARS:
        own = day().columns["BTC-USD", field]
        value = own.value * (1 + 4e-4 * chance.standard_normal(N))
        changes["BTCUSDT", field] = replace(own, value=value)
    found = quality.examined(changed_to(changes), (*DESK, coin), ())
    assert [f for f in found.faults if f.check == "OTHER_ASSET"] == []


def test_instruments_that_share_a_name_are_not_compared():
    """Oil that a desk lists twice is one asset, and both are right."""
    twice = Instrument(symbol="TSLA2", name="Tesla")
    changes = {("TSLA2", field): day().columns["TSLA", field] for field in BARS}
    found = quality.examined(changed_to(changes), (*DESK, twice), ())
    assert found.faults == ()


def yields(**changed: np.ndarray) -> Snapshot:
    """Ten years' and two years' yields with their spread, rounded to hundredths."""
    chance = np.random.default_rng(2)
    at = np.datetime64("2026-04-02T00:00", "us") - np.arange(60)[::-1] * np.timedelta64(1, "D")
    ten = np.round(4.3 + np.cumsum(0.03 * chance.standard_normal(60)), 2)
    two = np.round(3.7 + np.cumsum(0.03 * chance.standard_normal(60)), 2)
    values = {"DGS10": ten, "DGS2": two, "T10Y2Y": np.round(ten - two, 2)}
    values |= {name: values[name] * factor for name, factor in changed.items()}
    columns = {(name, "value"): column(at, value, "%") for name, value in values.items()}
    return Snapshot(as_of=THURSDAY, columns=columns)


@pytest.mark.parametrize("name", ["DGS10", "DGS2", "T10Y2Y"])
def test_a_fraction_from_its_first_row_breaks_the_spread(name: str):
    """Of three series that must agree the one in fractions is found, on every row of it."""
    found = list(spread_faults(yields(**{name: np.full(60, 0.01)})))
    assert [(f.series, f.check, len(f.at)) for f in found] == [(name, "UNITS_DISAGREE", 60)]


def test_a_spread_that_is_not_the_difference_of_its_two_is_withheld():
    """From the first day on which they part; not where they part by a rounding, or met again."""
    away = np.r_[np.full(57, 1.0), 1.4, 1.4, 1.4]
    apart = yields(T10Y2Y=away)
    (flag,) = spreads_apart(apart)
    ten, two, spread = (apart.columns[s, "value"] for s in ("DGS10", "DGS2", "T10Y2Y"))
    assert (flag.series, flag.check, flag.severity) == ("T10Y2Y", "SPREAD_APART", "withheld")
    assert flag.since == to_datetime(spread.at[57])
    assert f"{spread.value[-1]:+.2f} points" in flag.seen
    assert f"is {ten.value[-1] - two.value[-1]:+.2f}" in flag.seen
    assert spreads_apart(yields()) == []
    assert spreads_apart(yields(T10Y2Y=np.r_[away[:59], 1.0])) == []


def test_yields_that_agree_have_no_fault():
    """A spread that is the difference of its two, but for the rounding, is left alone."""
    assert list(spread_faults(yields())) == []
    assert scale_faults(yields()) == []


def test_a_first_value_that_is_a_fraction_is_withheld():
    """A ten years' yield of 0.0364 has nothing before it, and yet none ever stood there."""
    for series, field in (("DGS10", "value"), ("10Y", "close")):
        one = column(np.array(["2026-04-01T00:00"], "M8[us]"), np.array([0.0364]), "%")
        found = scale_faults(Snapshot(as_of=THURSDAY, columns={(series, field): one}))
        assert [(f.series, f.field, f.check) for f in found] == [(series, field, "UNIT_100X")]
    first = Snapshot(as_of=THURSDAY, columns={("DGS10", "value"): one})
    flags = quality.examined(first, (), (indicator("DGS10"),)).flags
    assert ("UNIT_100X", "withheld") in {(f.check, f.severity) for f in flags}


def test_short_rates_may_be_a_twentieth():
    """The Fed funds rate stood at 0.05 % for years: that is no fraction."""
    at = np.array(["2021-04-01T00:00", "2021-05-01T00:00"], "M8[us]")
    low = {
        (name, "value"): column(at, np.array([0.07, 0.05]), "%") for name in ("FEDFUNDS", "DGS3MO")
    }
    assert scale_faults(Snapshot(as_of=THURSDAY, columns=low)) == []
