"""The session's figure: every instrument that closed with the lead, and coins apart from them."""

import datetime as dt
import json
from types import SimpleNamespace
from typing import cast

import numpy as np

from tests.desk.test_charts import seen
from workbench.desk import charts, figures
from workbench.domain.calendars import to_numpy, venue
from workbench.domain.instruments import Instrument, find
from workbench.measures.prices import Bars
from workbench.steps.bench import Bench

SUNDAY = dt.datetime(2026, 3, 29, 16, 17, tzinfo=dt.UTC)


def bars(one: Instrument, change: float) -> Bars:
    """Ten closes up to that Sunday, of which the one of Friday's session moved so far."""
    calendar = venue(one.venue)
    last = int(np.searchsorted(calendar.closes, to_numpy(SUNDAY), side="right"))
    dates = calendar.dates[last - 10 : last]
    close = 100.0 * np.where(dates >= np.datetime64("2026-03-27"), 1 + change, 1.0)
    at = calendar.closes[last - 10 : last]
    return Bars(symbol=one.symbol, dates=dates, at=at, known_at=at, open=close, close=close,
                high=close, low=close, volume=close)  # fmt: skip


def bench(**changes: float) -> Bench:
    """What the figure reads of a bench; the first symbol leads."""
    own = [find(symbol.replace("_", "-")) for symbol in changes]
    made = {one.symbol: bars(one, moved) for one, moved in zip(own, changes.values(), strict=True)}
    return cast(Bench, SimpleNamespace(
        lead=own[0], lead_bars=made[own[0].symbol], instruments=tuple(own), bars=made, flags=[],
        indicators=(), desk=SimpleNamespace(table=tuple(own)), as_of=SUNDAY, seen=seen(made),
    ))  # fmt: skip


def test_the_figure_says_the_session_and_sets_coins_apart():
    """The title counts the session's moves only, the table says over what each change is."""
    figure = charts.session(
        bench(SPY=-0.01, TSLA=-0.03, META=0.01, AMZN=-0.02, MSFT=-0.005, BTC_USD=-0.04)
    )
    assert figure is not None
    meta = figure.layout.meta
    assert meta["title"] == "4 of 5 fell in the session of Fri 27 Mar 2026"
    assert "UTC midnight after Thu 26 Mar 2026" in meta["subtitle"]
    assert meta["table"]["rows"][0] == ["BTC", "−4.00%", "its dates, by UTC midnights"]
    assert meta["table"]["rows"][1] == ["Tesla", "−3.00%", "the session"]
    assert [*figure.data[0].marker.symbol].count("circle-open") == 1
    assert "undrawn" not in figures.html(json.loads(figure.to_json()))


def test_a_desk_of_few_has_no_such_figure():
    """Two or three instruments are told in the text alone."""
    assert charts.session(bench(SPY=-0.01, QQQ=0.01, TSLA=0.02)) is None
    assert charts.session(bench(BTC_USD=0.01, ETH_USD=0.01)) is None
