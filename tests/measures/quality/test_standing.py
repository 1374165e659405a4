"""Quality: each fault is flagged, with what was seen and since when; clean data has no flag."""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from workbench.domain.calendars import to_datetime
from workbench.domain.figures import day
from workbench.domain.instruments import INDICATORS, Indicator, find
from workbench.domain.records import Flag
from workbench.domain.snapshots import Column, Snapshot
from workbench.measures import quality

SPX, COMP, VIX = (find(name) for name in ("SPX", "COMP", "VIX"))
DESK = (SPX, COMP, VIX)
NAN = float("nan")


@pytest.fixture(scope="session")
def clean(market: Callable[..., Snapshot]) -> Snapshot:
    return market(n=600)


def find_indicator(series: str) -> Indicator:
    return next(one for one in INDICATORS if one.series == series)


def flags(seen: Snapshot) -> dict[tuple[str, str], Flag]:
    """Flags by series and check, without the note that VIX has closes only."""
    found = quality.flags(seen, DESK, INDICATORS)
    kept = [f for f in found if (f.series, f.check) != ("VIX", "CLOSES_ONLY")]
    by_key = {(f.series, f.check): f for f in kept}
    assert len(by_key) == len(kept)
    return by_key


def only(seen: Snapshot) -> Flag:
    """The one flag that there is."""
    found = list(flags(seen).values())
    assert len(found) == 1, found
    return found[0]


def poked(column: Column, index: object, value: object) -> Column:
    changed = column.value.copy()
    changed[index] = value
    return replace(column, value=changed)


def kept(column: Column, keep: np.ndarray) -> Column:
    return replace(
        column, at=column.at[keep], known_at=column.known_at[keep], value=column.value[keep]
    )


def test_clean_data_has_no_flag(clean: Snapshot):
    """Nothing is said about data without a fault, but that VIX has closes only."""
    assert flags(clean) == {}
    closes_only = quality.flags(clean, [VIX], [])
    assert [(f.check, f.severity) for f in closes_only] == [("CLOSES_ONLY", "note")]
    assert quality.withheld(closes_only) == set()


def test_a_dark_series(clean: Snapshot, changed: Callable[..., Snapshot]):
    """A series without any value is dark, was never there, and no claim may use it."""
    seen = changed(clean, {("VIX", "close"): None})
    flag = only(seen)
    assert (flag.series, flag.check, flag.severity, flag.since) == ("VIX", "DARK", "dark", None)
    assert quality.withheld([flag]) == {"VIX"}


def test_a_series_off_all_sessions_is_dark(clean: Snapshot, changed: Callable[..., Snapshot]):
    """Values that fall on no session are no closes."""
    column = clean.columns["VIX", "close"]
    moved = replace(column, at=column.at + np.timedelta64(1, "h"))
    found = flags(changed(clean, {("VIX", "close"): moved}))
    assert found["VIX", "DARK"].severity == "dark"


def test_a_dark_indicator(clean: Snapshot, changed: Callable[..., Snapshot]):
    """A slow series that is missing is dark as well."""
    flag = only(changed(clean, {("WTI", "value"): None}))
    assert (flag.series, flag.severity) == ("WTI", "dark")


def test_a_dark_indicator_leaves_its_siblings_alone(
    clean: Snapshot, changed: Callable[..., Snapshot]
):
    """Where several indicators are fields of one series, the flag names the one that is missing."""
    value = clean.columns["WTI", "value"]
    seen = changed(clean, {("WTI", "value"): None, ("WTI", "stocks"): replace(value)})
    stocks = replace(find_indicator("WTI"), field="stocks")
    found = quality.flags(seen, (), (find_indicator("WTI"), stocks))
    assert [(one.series, one.field, one.check) for one in found] == [("WTI", "value", "DARK")]


@pytest.mark.parametrize("series", ["WTI", "AAA"])
def test_an_indicator_of_blanks_only(
    clean: Snapshot, changed: Callable[..., Snapshot], series: str
):
    """A slow series that was delivered without a single value is dark, and no reason to stop."""
    column = clean.columns[series, "value"]
    flag = only(changed(clean, {(series, "value"): poked(column, slice(None), NAN)}))
    assert (flag.series, flag.severity) == (series, "dark")


def test_a_stale_close(clean: Snapshot, changed: Callable[..., Snapshot]):
    """When the last session's close is late, the close is withheld until it comes."""
    column = clean.columns["SPX", "close"]
    late = kept(column, np.arange(len(column.at)) < len(column.at) - 1)
    found = flags(changed(clean, {("SPX", "close"): late}))
    flag = found["SPX", "STALE"]
    assert (flag.severity, flag.field) == ("withheld", "close")
    assert flag.since == to_datetime(column.at[-1])
    assert "last close is of 2018-01-25, of the session of 2018-01-26 none can be used" in flag.seen
    assert quality.withheld(found.values()) == {"SPX"}


def test_not_stale_before_its_lag(clean: Snapshot, shown_until: Callable[..., Snapshot]):
    """Fourteen minutes after the close the close before is still the newest that can be known."""
    close = to_datetime(clean.columns["SPX", "close"].at[-1])
    for minutes in (0, 14):
        seen = shown_until(clean, close + dt.timedelta(minutes=minutes))
        assert ("SPX", "STALE") not in flags(seen)
        assert seen.columns["SPX", "close"].at[-1] < clean.columns["SPX", "close"].at[-1]
    assert flags(shown_until(clean, close + dt.timedelta(minutes=30))) == {}


def test_not_stale_on_a_weekend(clean: Snapshot):
    """On Sunday Friday's close is the last one; on Tuesday morning it is stale."""
    sunday = Snapshot(as_of=clean.as_of + dt.timedelta(days=2), columns=clean.columns)
    assert not any(check == "STALE" for _, check in flags(sunday))
    tuesday = Snapshot(as_of=clean.as_of + dt.timedelta(days=4), columns=clean.columns)
    assert {s for s, check in flags(tuesday) if check == "STALE"} == {"SPX", "COMP", "VIX"}


def test_a_stale_indicator(clean: Snapshot, changed: Callable[..., Snapshot]):
    """A daily series that stopped two months ago, or a monthly one that stopped in autumn."""
    for series, held in (("WTI", 560), ("AAA", -6)):
        column = clean.columns[series, "value"]
        stopped = kept(column, np.arange(len(column.at)) < np.arange(len(column.at))[held])
        flag = only(changed(clean, {(series, "value"): stopped}))
        assert (flag.series, flag.check, flag.severity) == (series, "STALE_SERIES", "note")
        assert flag.since == to_datetime(stopped.at[-1])


def test_a_missing_session(clean: Snapshot, changed: Callable[..., Snapshot]):
    """A hole between two closes is told, with its number and its last date."""
    column = clean.columns["VIX", "close"]
    holed = kept(column, ~np.isin(np.arange(600), [400, 401]))
    flag = only(changed(clean, {("VIX", "close"): holed}))
    assert (flag.check, flag.severity) == ("MISSING_SESSIONS", "note")
    assert flag.since == to_datetime(column.at[400])
    assert flag.seen.startswith("2 sessions have no close, the last on ")
    assert str(column.at[401].astype("datetime64[D]")) in flag.seen


def test_blanks_on_sessions(clean: Snapshot, changed: Callable[..., Snapshot]):
    """A blank on a session is a lost close: told as a blank, and as a missing session."""
    column = clean.columns["VIX", "close"]
    found = flags(changed(clean, {("VIX", "close"): poked(column, 300, NAN)}))
    assert set(found) == {("VIX", "BLANKS"), ("VIX", "MISSING_SESSIONS")}
    assert found["VIX", "BLANKS"].seen == "1 blanks, 1 of them on sessions"
    assert found["VIX", "BLANKS"].since == to_datetime(column.at[300])


def test_blanks_on_holidays(clean: Snapshot, changed: Callable[..., Snapshot], column):
    """A blank on a day without a session loses nothing, and the flag says so."""
    own = clean.columns["VIX", "close"]
    christmas = np.datetime64("2017-12-25T21:00", "us")
    order = np.argsort(np.r_[own.at, christmas])
    at, value = np.r_[own.at, christmas][order], np.r_[own.value, NAN][order]
    flag = only(changed(clean, {("VIX", "close"): column(at, value)}))
    assert (flag.check, flag.severity, flag.seen) == ("BLANKS", "note", "1 blanks, all on holidays")


def test_placeholder_opens(clean: Snapshot, changed: Callable[..., Snapshot]):
    """Opens that repeat the close before for a year are withheld; the close is still usable."""
    close, opens = clean.columns["SPX", "close"], clean.columns["SPX", "open"]
    year = np.flatnonzero(close.at.astype("datetime64[Y]") == np.datetime64("2016"))
    copied = poked(opens, year, close.value[year - 1])
    flag = only(changed(clean, {("SPX", "open"): copied}))
    assert (flag.check, flag.field, flag.severity) == ("PLACEHOLDER_OPEN", "open", "withheld")
    assert "in 1 years of 2016" in flag.seen
    assert to_datetime(close.at[year[0]]) == flag.since
    assert quality.withheld([flag]) == set()


def test_one_placeholder_in_ten_is_a_fault(clean: Snapshot, changed: Callable[..., Snapshot]):
    """A source that fills a tenth of its opens with the close before has no overnight moves."""
    close, opens = clean.columns["SPX", "close"], clean.columns["SPX", "open"]
    tenth = np.arange(10, 600, 10)
    copied = poked(opens, tenth, close.value[tenth - 1])
    assert only(changed(clean, {("SPX", "open"): copied})).check == "PLACEHOLDER_OPEN"


def test_placeholder_opens_beside_a_missing_one(clean: Snapshot, changed: Callable[..., Snapshot]):
    """One open that is missing somewhere does not hide a year of placeholders."""
    close, opens = clean.columns["SPX", "close"], clean.columns["SPX", "open"]
    copied = poked(opens, slice(1, None), close.value[:-1])
    short = kept(copied, np.arange(600) != 77)
    assert ("SPX", "PLACEHOLDER_OPEN") in flags(changed(clean, {("SPX", "open"): short}))


def test_a_few_equal_opens_are_no_fault(clean: Snapshot, changed: Callable[..., Snapshot]):
    """An open at the close before happens; one in fifty is below the share that is a fault."""
    close, opens = clean.columns["SPX", "close"], clean.columns["SPX", "open"]
    rare = np.arange(50, 600, 50)
    assert flags(changed(clean, {("SPX", "open"): poked(opens, rare, close.value[rare - 1])})) == {}


@pytest.mark.parametrize("value", [0.0, NAN])
def test_zero_volume(clean: Snapshot, changed: Callable[..., Snapshot], value: float):
    """A session with a volume of zero is named; the volume is withheld, the close is not."""
    column = clean.columns["SPX", "volume"]
    flag = only(changed(clean, {("SPX", "volume"): poked(column, [10, 500], value)}))
    assert (flag.check, flag.field, flag.severity) == ("ZERO_VOLUME", "volume", "note")
    assert "2 sessions" in flag.seen
    assert day(to_datetime(column.at[500]).date()) in flag.seen
    assert flag.since == to_datetime(column.at[10])
    assert quality.withheld([flag]) == set()


def test_an_index_has_no_volume_to_miss(clean: Snapshot, changed: Callable[..., Snapshot]):
    """Zeros throughout say of an index that nobody trades it; a single one is told."""
    column = clean.columns["SPX", "volume"]
    assert not flags(changed(clean, {("SPX", "volume"): poked(column, slice(None), 0.0)}))
    assert only(changed(clean, {("SPX", "volume"): poked(column, 7, 0.0)})).check == "ZERO_VOLUME"


def test_a_broken_range(clean: Snapshot, changed: Callable[..., Snapshot]):
    """A close above its high, and a high below its low, are told."""
    close, high, low = (clean.columns["SPX", name] for name in ("close", "high", "low"))
    above = poked(high, 200, close.value[200] - 0.02)
    under = poked(high, 200, low.value[200] - 1)
    for broken in (above, under):
        flag = only(changed(clean, {("SPX", "high"): broken}))
        assert (flag.check, flag.severity) == ("BROKEN_RANGE", "note")
        assert flag.seen.startswith("1 bars")
        assert flag.since == to_datetime(high.at[200])


def test_a_range_within_a_tick_is_whole(clean: Snapshot, changed: Callable[..., Snapshot]):
    """A high that lies a tick's noise below the close is rounding and no fault."""
    close, high, low = (clean.columns["SPX", name] for name in ("close", "high", "low"))
    bar = int(np.argmax(close.value - low.value))
    assert (
        flags(changed(clean, {("SPX", "high"): poked(high, bar, close.value[bar] - 0.005)})) == {}
    )


def test_a_young_series(clean: Snapshot, changed: Callable[..., Snapshot]):
    """Under 250 closes an instrument's families stay closed; the flag says how many there are."""
    column = clean.columns["VIX", "close"]
    for n, young in ((249, True), (250, False)):
        seen = changed(clean, {("VIX", "close"): kept(column, np.arange(600) >= 600 - n)})
        assert (("VIX", "YOUNG") in flags(seen)) is young
        if young:
            assert only(seen).seen.startswith("249 closes")


def test_flags_come_in_the_desks_order(clean: Snapshot, changed: Callable[..., Snapshot]):
    """Instruments first, in the desk's order, then indicators."""
    gone = {key: None for key in clean.columns if key[0] != "COMP"}
    found = quality.flags(changed(clean, gone), DESK, INDICATORS)
    assert [f.series for f in found] == ["SPX", "VIX", "WTI", "AAA", "BAA", "CPILFESL"]


def test_coverage(clean: Snapshot, changed: Callable[..., Snapshot]):
    """One row a series: what is known of it, from when to when, or that it is dark."""
    seen = changed(clean, {("WTI", "value"): None})
    frame = quality.coverage(seen, {"SPX": "S&P 500", "VIX": "VIX", "WTI": "oil"}).set_index(
        "series"
    )
    assert list(frame["state"]) == ["live", "live", "dark"]
    assert list(frame["values"]) == [600, 600, 0]
    assert frame.loc["SPX", "last"] == "2018-01-26"
    assert frame.loc["SPX", "known_before"] == "45 minutes"
    assert frame.loc["SPX", "basis"] == "rule"
