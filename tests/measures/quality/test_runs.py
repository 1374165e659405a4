"""What only a run of bars shows: swapped prices, volumes in other units, splits that look true."""

from dataclasses import replace

import numpy as np
import pytest

from tests.bench.days import THURSDAY, N, changed_to, column, day, looked, poked, scaled
from workbench.domain.instruments import find
from workbench.domain.snapshots import Snapshot
from workbench.measures import quality
from workbench.measures.quality.runs import volume_faults


def joined(symbol: str, gap: float) -> Snapshot:
    """The day with bars that open near the close before, as far away as a night moves."""
    chance = np.random.default_rng(5)
    close = day().columns[symbol, "close"].value
    opens = np.r_[close[0], close[:-1]] * np.exp(gap * chance.standard_normal(N))
    seen = poked((symbol, "open"), slice(None), opens)
    seen = poked((symbol, "high"), slice(None), np.maximum(opens, close) * 1.004, seen)
    return poked((symbol, "low"), slice(None), np.minimum(opens, close) * 0.996, seen)


def swapped(seen: Snapshot, symbol: str, index: slice) -> Snapshot:
    opens, close = (seen.columns[symbol, field].value for field in ("open", "close"))
    turned = poked((symbol, "open"), index, close[index], seen)
    return poked((symbol, "close"), index, opens[index], turned)


@pytest.mark.parametrize(
    ("symbol", "gap", "rows"), [("SPY", 0.001, slice(200, 240)), ("BTC-USD", 1e-5, slice(-8, None))]
)
def test_open_and_close_that_were_swapped(symbol: str, gap: float, rows: slice):
    """A run of bars that join only when turned round is out; the same bars as they are stay."""
    seen = joined(symbol, gap)
    assert looked(seen).faults == ()
    found = [f for f in looked(swapped(seen, symbol, rows)).faults if f.series == symbol]
    bad = seen.columns[symbol, "close"].at[rows]
    assert [f.check for f in found] == ["OPEN_CLOSE_SWAPPED"]
    assert np.isin(bad, found[0].at).mean() >= 0.9
    assert len(found[0].at) <= len(bad) + 4


def test_swapped_bars_of_late_hide_the_close():
    """A close that may be an open is no close to make claims on."""
    found = looked(swapped(joined("BTC-USD", 1e-5), "BTC-USD", slice(-8, None)))
    assert quality.withheld(found.flags) == {"BTC-USD"}


def test_minutes_are_turned_round_too():
    """Bars of five minutes are held to the same: a day of them swapped is out, and no other."""
    at = np.datetime64("2026-04-02T22:00", "us") - np.arange(600)[::-1] * np.timedelta64(5, "m")
    close = 66_000 * np.exp(0.001 * np.cumsum(np.random.default_rng(3).standard_normal(600)))
    opens = np.r_[close[0], close[:-1]]
    rows = slice(100, 388)

    def faults(index: slice) -> list[tuple[str, int]]:
        first, last = opens.copy(), close.copy()
        first[index], last[index] = close[index], opens[index]
        fields = {
            "open": first, "close": last, "high": np.maximum(opens, close),
            "low": np.minimum(opens, close), "volume": np.full(600, 5.0),
        }  # fmt: skip
        columns = {("BTC-USD@5m", name): column(at, v, "USD", 0) for name, v in fields.items()}
        seen = Snapshot(as_of=THURSDAY, columns=columns)
        found, _ = quality.finer_faults(seen, find("BTC"), "BTC-USD@5m")
        return [(f.check, len(f.at)) for f in found]

    assert faults(slice(0)) == []
    ((check, number),) = faults(rows)
    assert check == "OPEN_CLOSE_SWAPPED"
    assert 286 <= number <= 292


def volumes(index: slice, factor: float = 1.0) -> Snapshot:
    """Bitcoin's volumes in dollars, and of some days in coins."""
    price = day().columns["BTC-USD", "close"].value
    dollars = day().columns["BTC-USD", "volume"].value * 3e3
    dollars[index] /= price[index] * factor
    return poked(("BTC-USD", "volume"), slice(None), dollars)


@pytest.mark.parametrize("rows", [slice(-1, None), slice(-9, None), slice(150, 190), slice(0, 60)])
def test_volumes_in_coins_among_volumes_in_dollars(rows: slice):
    """The volumes in the unit that fewer have are out, wherever they stand; the price stays."""
    found = looked(volumes(rows))
    at = day().columns["BTC-USD", "volume"].at[rows]
    assert [(f.check, f.field) for f in found.faults] == [("VOLUME_UNIT", "volume")]
    assert (found.faults[0].at == at).all()
    assert quality.withheld(found.flags) == set()


def test_volumes_that_grow_are_true():
    """Trade that is ten times livelier, or that dies down to a twentieth, is in dollars still."""
    for factor in (10.0, 0.05):
        own = day().columns["BTC-USD", "volume"].value.copy()
        own[200:] *= factor
        assert looked(poked(("BTC-USD", "volume"), slice(None), own)).faults == ()


def test_the_price_of_the_day_is_the_factor():
    """A hundredth of the volume of a coin at 66,000 is no change of unit; of one at 100 it is."""
    at = day().columns["BTC-USD", "close"].at
    size = 1e9 * np.exp(0.2 * np.random.default_rng(1).standard_normal(N))
    size[-7:] /= 100.0
    assert volume_faults("X", "volume", at, size, np.full(N, 66_000.0)) == []
    (found,) = volume_faults("X", "volume", at, size, np.full(N, 100.0))
    assert (found.at == at[-7:]).all()


def test_a_chains_volume_in_coins():
    """ETH's volume in dollars is held to the closes of ether that were known by then."""
    close = day().columns["BTC-USD", "close"]
    volume = day().columns["BTC-USD", "volume"]
    dollars = 4e10 * volume.value / volume.value.mean()
    late = {("ETH-USD", "close"): replace(close, value=close.value / 30)}
    clean = changed_to({**late, ("ETH", "volume_usd"): replace(volume, value=dollars, unit="USD")})
    assert [f for f in looked(clean).faults if f.check == "VOLUME_UNIT"] == []
    coins = dollars.copy()
    coins[-2:] /= close.value[-2:] / 30
    seen = poked(("ETH", "volume_usd"), slice(None), coins, clean)
    (found,) = (f for f in looked(seen).faults if f.check == "VOLUME_UNIT")
    assert (found.series, found.field, len(found.at)) == ("ETH", "volume_usd", 2)


@pytest.mark.parametrize("ratio", [2 / 3, 4 / 5, 3 / 2])
def test_a_small_split_that_nothing_reports_is_told(ratio: float):
    """A whole bar at two thirds of the price is told of, and used: a market may fall so."""
    seen = joined("TSLA", 0.001)
    exact = seen.columns["TSLA", "close"].value[-6] * ratio / seen.columns["TSLA", "open"].value[-5]
    found = looked(scaled("TSLA", slice(-5, None), exact, seen))
    assert [(f.check, f.severity) for f in found.flags] == [("SPLIT_LIKELY", "note")]
    assert found.faults == ()


def test_a_fall_through_its_day_is_no_split():
    """A bar that falls by a third within the day, or by another share, is told of by nobody."""
    seen = joined("TSLA", 0.001)
    assert looked(seen).flags == ()
    assert looked(scaled("TSLA", slice(-5, None), 0.70, seen)).flags == ()
    exact = seen.columns["TSLA", "close"].value[-6] * 2 / 3 / seen.columns["TSLA", "open"].value[-5]
    wide = scaled("TSLA", slice(-5, None), exact, seen)
    wide = poked(("TSLA", "high"), -5, wide.columns["TSLA", "high"].value[-5] * 1.2, wide)
    assert looked(wide).flags == ()


@pytest.mark.parametrize("length", [5, 6, 19])
def test_another_unit_is_not_believed_for_repeating_itself(length: int):
    """Prices in cents for up to a month after a year in dollars: they are out, not the year."""
    found = looked(scaled("SPY", slice(-length, None), 100.0))
    assert [(f.check, len(f.at)) for f in found.faults] == [("UNIT_100X", length)]
    assert quality.withheld(found.flags) == {"SPY"}


def test_another_unit_that_stays_is_the_series_own():
    """After a month the older rows are those in another unit, and the close still waits."""
    found = looked(scaled("SPY", slice(-20, None), 100.0))
    assert [(f.check, len(f.at)) for f in found.faults] == [("UNIT_100X", N - 20)]
    assert quality.withheld(found.flags) == {"SPY"}


def test_a_price_that_rests_jumps_by_any_ratio():
    """Of a share that trades one day in ten a halving is as likely the market's as a split."""
    own = day().columns["TSLA", "close"].value
    rests = np.repeat(own[::10], 10)
    seen = day()
    for field in ("open", "high", "low", "close"):
        seen = poked(("TSLA", field), slice(None), rests, seen)
    assert rests.shape == own.shape
    fallen = scaled("TSLA", slice(250, None), rests[249] / rests[250] / 2, seen)
    assert "SPLIT_UNEXPLAINED" not in {f.check for f in looked(fallen).faults}
    lively = scaled("TSLA", slice(250, None), own[249] / own[250] / 2)
    assert "SPLIT_UNEXPLAINED" in {f.check for f in looked(lively).faults}
