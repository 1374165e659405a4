"""Breadth and the price of insurance as of a cycle's moment: whose closes, from when, known by."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from workbench.domain.calendars import venue
from workbench.domain.instruments import find
from workbench.measures import prices
from workbench.steps import breadth, fear, origins

PARAMS = (
    "instruments: [SPX, TSLA, META, AMZN, MSFT, MSTR, VIX]\nhorizons: [1]\nminds: [flow]\n"
)  # fmt: skip
SISTERS = ("VIX9D", "VIX3M", "VIX6M")
Opened = Callable[..., Any]


def sisters(made: Any, source: str = "made", wild: float = 1.0, without: int = 0) -> Any:
    """The room with sister indices of the VIX besides; one lacks a session counted from behind."""
    sessions = venue("XNYS")
    last = int(np.searchsorted(sessions.closes, np.datetime64(made.end.replace(tzinfo=None))))
    at = pd.DatetimeIndex(sessions.closes[last - 320 : last], tz="UTC")
    rng = np.random.default_rng(4)
    rows = [
        pd.DataFrame({"series": name, "field": "close", "at": at,
                      "known_at": at + pd.Timedelta(minutes=30),
                      "value": (18.0 + place + rng.normal(0, 0.3, len(at))) * wild,
                      "unit": "points", "source": source})
        for place, name in enumerate(SISTERS)
    ]  # fmt: skip
    if without:
        rows[1] = rows[1].drop(index=len(at) - without)
    made.archive.append(
        pd.concat(rows, ignore_index=True),
        origin=f"sisters-{source}",
        through=made.end + pd.Timedelta(days=4),
    )
    return made


@pytest.fixture(scope="module")
def made(room: Opened, world: Opened) -> Any:
    return sisters(room(world(params=PARAMS)))


def test_breadth_is_of_the_desk_s_shares(made: Any):
    """Large companies count; the index, the VIX and a company that is a coin do not."""
    bench = made.bench(1)
    assert [one.symbol for one in breadth.members(bench)] == ["TSLA", "META", "AMZN", "MSFT"]
    assert breadth.index(bench) == find("SPX")
    found = breadth.history(bench, 50)
    own = bench.bars["SPX"]
    assert list(found.index.to_numpy().astype("datetime64[D]")) == list(own.dates[-50:])
    assert list(found["close"]) == list(own.close[-50:])
    above = [
        one.close[-1] > one.close[-200:].mean()
        for one in (bench.bars[m.symbol] for m in breadth.members(bench))
    ]
    assert found["above_200"].iloc[-1] == np.mean(above)
    assert found["n_200"].iloc[-1] == 4


def test_breadth_and_fear_know_no_future(made: Any):
    """As of an earlier moment both are what they were then, and end there."""
    early, late = made.bench(1, 5), made.bench(2)
    for history in (breadth.history, fear.history):
        then, now = history(early, 1000), history(late, 1000)
        assert len(now) == len(then) + 5
        pd.testing.assert_frame_equal(now.iloc[:-5], then, check_freq=False)


def test_a_desk_without_shares_has_no_breadth(room: Opened, world: Opened):
    """Two shares, or none, or no index to set them against: an empty frame, never a zero."""
    for own in ("SPX, TSLA, META", "SPX, VIX", "TSLA, META, AMZN, MSFT"):
        bench = room(world(params=f"instruments: [{own}]\nhorizons: [1]\nminds: []\n")).bench(1)
        assert breadth.history(bench, 100).empty


def test_fear_has_the_spans_of_the_same_source(made: Any):
    """The VIX, its sisters, and what the S&P 500 moved, on the same sessions, in per cent."""
    bench = made.bench(1)
    found = fear.history(bench, 100)
    assert list(found) == ["VIX9D", "VIX", "VIX3M", "VIX6M", "moved"]
    assert found.notna().all(axis=None)
    assert list(found["VIX"]) == list(bench.bars["VIX"].close[-100:])
    spx = bench.bars["SPX"].close
    daily = prices.ewma_volatility(spx)[-1]
    assert found["moved"].iloc[-1] == pytest.approx(100 * daily * 252**0.5)
    assert fear.insured(bench) == find("SPX")


def test_the_sisters_are_no_part_of_the_snapshot(room: Opened, world: Opened):
    """No mind and no claim reads them, so that a cycle's hash is the same without them."""
    plain = room(world(params=PARAMS))
    before = plain.bench(1).snapshot.hash
    assert sisters(plain).bench(1).snapshot.hash == before
    assert set(SISTERS) <= set(fear.history(plain.bench(1), 10))


def test_another_source_s_sisters_are_left_out(room: Opened, world: Opened):
    """Two sources are never divided by each other."""
    found = fear.history(sisters(room(world(params=PARAMS)), "other").bench(1), 10)
    assert list(found) == ["VIX", "moved"]


def test_sisters_that_cannot_be_true_are_left_out(room: Opened, world: Opened):
    """A value out of range is no close: the examination is the one that the VIX passes."""
    found = fear.history(sisters(room(world(params=PARAMS)), wild=100.0).bench(1), 10)
    assert not set(SISTERS) & set(found.dropna(axis="columns", how="all"))


def test_a_late_vix_is_not_drawn(room: Opened, world: Opened):
    """A close that was due and is not there withholds the rest: nothing is told of an old one."""
    late = room(world(params=PARAMS, late={"VIX": 1})).bench(1)
    assert fear.history(late, 100).empty


def test_a_missing_session_is_a_gap(room: Opened, world: Opened):
    """Sessions are the venue's: where a sister has no close there is none, before and after are."""
    found = fear.history(sisters(room(world(params=PARAMS)), without=10).bench(1), 20)
    assert found["VIX3M"].isna().to_numpy().nonzero()[0].tolist() == [10]
    assert found["VIX"].notna().all()


def test_a_desk_without_a_vix_has_no_fear(room: Opened, world: Opened):
    """An empty frame, and nobody whom it would insure."""
    bench = room(world(params="instruments: [TSLA]\nhorizons: [1]\nminds: []\n")).bench(1)
    assert fear.history(bench, 10).empty
    assert fear.insured(bench) is None


def test_a_caption_names_the_sources_that_were_drawn(made: Any):
    """Each source once, those of the symbols named, and the moment of the cycle."""
    bench = made.bench(1)
    assert origins.market(bench, "SPX", "VIX") == "Source: made, as of 2 Feb 2018 22:00 UTC."
    assert origins.market(bench, "TSLA") == "Source: H, as of 2 Feb 2018 22:00 UTC."
    assert origins.market(bench) == "Source: H and made, as of 2 Feb 2018 22:00 UTC."
    assert fear.origin(bench) == origins.market(bench, "SPX", "VIX")
    assert breadth.origin(bench).startswith("Source: H and made, as of")
    assert origins.ledger(bench.as_of).startswith("Source: the ledger, as of 2 Feb")
