"""Cboe's bars in points and dollars, and an option chain thinned to what a distribution needs."""

import datetime as dt
import json
import math
from typing import Any

import pytest
from hypothesis import given

from tests.bench.markets import (
    altered,
    codes,
    drop,
    mutations,
    numbers,
    outcome,
    pulled,
    put,
    rename,
    request,
    same,
    values,
)
from tests.bench.served import Reply, by_path, served
from workbench.domain.contracts import contract
from workbench.domain.deliveries import Delivered
from workbench.domain.errors import FeedDark
from workbench.world.feeds import cboe, cboe_chain, cboe_history

NOW = dt.datetime(2026, 4, 4, 12, tzinfo=dt.UTC)  # the Saturday after Good Friday
BASE = "https://cdn.cboe.com/api/global"
CHART = f"{BASE}/delayed_quotes/charts/historical/AAPL.json"
FILE = f"{BASE}/us_indices/daily_prices/VIX_History.csv"
CHAIN = f"{BASE}/delayed_quotes/options/SPY.json"
CSV = {"Content-Type": "text/csv"}


def bar(date: str, close: float) -> dict[str, Any]:
    return {
        "date": date, "volume": 40000000, "open": close, "high": close + 1, "low": close - 1,
        "close": close,
    }  # fmt: skip


def good() -> dict[str, Any]:
    return {
        "timestamp": "2026-04-04 11:00:17",
        "data": [bar("2026-03-31", 251.0), bar("2026-04-01", 252.0), bar("2026-04-02", 253.0)],
        "symbol": "AAPL",
    }


def read(whole: Any, now: dt.datetime = NOW, series: str = "AAPL") -> Delivered:
    asked = request("cboe", {series: series}, now=now)
    return cboe_history.chart(json.dumps(whole).encode(), asked, CHART)


def test_a_bar_ends_with_its_session():
    """A share's bars are in dollars and shares, and end at the official close in summer time."""
    rows = read(good()).observations
    assert len(rows) == 15
    assert rows["at"].iloc[-1] == dt.datetime(2026, 4, 2, 20, tzinfo=dt.UTC)
    assert set(rows["unit"]) == {"USD", "shares"}
    assert values(read(good()), "close") == [251.0, 252.0, 253.0]


def test_numbers_may_be_texts():
    """Cboe writes numbers in some charts and texts in others: both are the same numbers."""
    texts = good()
    texts["data"] = [
        {k: v if k == "date" else f"{v:.6f}" for k, v in one.items()} for one in texts["data"]
    ]
    assert same(read(texts), read(good()))


@pytest.mark.parametrize(
    ("path", "change", "code", "kept"),
    [
        (("data", 1, "close"), put(None), None, 15),
        (("data", 1, "close"), put("high"), "wrong_type", 14),
        (("data", 1, "close"), drop, "no_field", 14),
        (("data", 1, "close"), rename, "no_field", 14),
        (("data", 1, "date"), drop, "no_field", 10),
        (("data", 1, "date"), put("04/01/2026"), "wrong_time", 10),
        (("data", 1, "date"), put(1775000000), "wrong_type", 10),
        (("data", 1, "date"), put("2026-04-03"), "no_session", 10),
        (("data", 1, "date"), put("2026-04-02"), "duplicate", 10),
        (("data", 1, "date"), put("2026-04-06"), "future", 10),
        (("data", 1, "date"), put("2026-03-30"), "out_of_order", 15),
        (("data", 1), put(None), "wrong_type", 10),
        (("data",), put([]), "empty", 0),
    ],
)
def test_parser_faults_of_a_chart(path: tuple[Any, ...], change: Any, code: str | None, kept: int):
    """Each fault is a gap with its code, and every bar that it does not touch is kept."""
    found = outcome(lambda: read(altered(good(), path, change)))
    assert isinstance(found, Delivered)
    assert len(found.observations) == kept
    if code is None:
        assert math.isnan(values(found, "close")[1])
        assert found.gaps == ()
    else:
        assert code in codes(found)


@pytest.mark.parametrize(
    ("path", "change", "code"),
    [
        (("data",), drop, "no_field"),
        (("data",), put({}), "wrong_type"),
        (("symbol",), put("MSFT"), "renamed"),
        (("symbol",), drop, "no_field"),
    ],
)
def test_another_chart_is_dark(path: tuple[Any, ...], change: Any, code: str):
    """A body that is no chart, or another symbol's, is dark with its code."""
    assert outcome(lambda: read(altered(good(), path, change))) == code


def test_a_field_that_no_bar_has_is_told():
    """A column that is gone or renamed throughout is a gap, not a series that ends."""
    whole = good()
    for one in whole["data"]:
        one["last"] = one.pop("close")
    found = read(whole)
    assert codes(found) == {"no_field"}
    assert len(found.observations) == 12


def test_points_are_not_dollars():
    """A chart in dollars is refused for a series in points."""
    asked = request("cboe", {"VIX": "AAPL"}, now=NOW)
    found = cboe_history.chart(json.dumps(good()).encode(), asked, CHART)
    assert codes(found) == {"other_unit"}
    assert found.observations.empty


def test_a_close_is_known_only_after_its_lag():
    """At 20:14 UTC the share's close of 20:00 is not delivered yet; at 20:15 it is."""
    for minute, closes in ((14, 2), (15, 3)):
        now = dt.datetime(2026, 4, 2, 20, minute, tzinfo=dt.UTC)
        found = read(good(), now=now)
        assert len(values(found, "close")) == closes
        assert found.gaps == ()


@given(mutations(good()))
def test_no_mutation_of_a_chart_makes_a_number(whole: Any):
    """However a body is broken, nothing is delivered that it does not hold, and nothing raised."""
    found = outcome(lambda: read(whole))
    if isinstance(found, Delivered):
        assert all(math.isnan(one) or one in numbers(whole) for one in values(found))


# The file of an index


def lines(*found: str) -> bytes:
    return "\n".join(found).encode()


HISTORY = lines(
    "DATE,OPEN,HIGH,LOW,CLOSE",
    "04/01/2026,25.0,26.0,24.0,24.54",
    "04/02/2026,24.6,25.5,23.5,23.87",
    "04/03/2026,23.9,24.0,23.8,23.90",
)


def test_an_index_is_in_points_and_has_no_volume():
    """The file's dates are American; what is printed on Good Friday is left out and told."""
    found = cboe_history.index_file(HISTORY, request("cboe", {"VIX": "VIX"}, now=NOW), FILE)
    assert values(found, "close") == [24.54, 23.87]
    assert set(found.observations["unit"]) == {"points"}
    assert codes(found) == {"no_session"}


def test_a_file_of_one_value_a_day_is_a_close():
    """Some indices have one column under their own name."""
    body = lines("DATE,VIX9D", "04/01/2026,25.5", "04/02/2026,")
    url = FILE.replace("VIX_", "VIX9D_")
    found = cboe_history.index_file(body, request("cboe", {"VIX9D": "VIX9D"}, now=NOW), url)
    assert values(found, "close")[0] == 25.5
    assert math.isnan(values(found, "close")[1])
    assert found.gaps == ()


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (("DATE,OPEN", "04/01/2026,1"), "no_field"),
        (("DAY,CLOSE", "04/01/2026,1"), "no_field"),
        (("DATE,CLOSE",), "empty"),
        (("DATE,CLOSE", "04/01/2026"), "not_csv"),
    ],
)
def test_another_file_is_dark(found: tuple[str, ...], code: str):
    """A file without its columns or lines is dark with its code."""
    asked = request("cboe", {"VIX": "VIX"}, now=NOW)
    assert outcome(lambda: cboe_history.index_file(lines(*found), asked, FILE)) == code


# The chain


def option(expiry: str, side: str, strike: float, **change: Any) -> dict[str, Any]:
    return {
        "option": f"SPY{expiry}{side}{round(strike * 1000):08d}",
        "bid": 1.0, "ask": 1.1, "iv": 0.2, "open_interest": 100.0,
    } | change  # fmt: skip


def chain(*options: Any) -> dict[str, Any]:
    return {
        "timestamp": "2026-04-02 20:30:00",
        "data": {
            "options": list(options), "symbol": "SPY", "security_type": "stock",
            "current_price": 655.0, "last_trade_time": "2026-04-02T15:59:59",
        },
        "symbol": "SPY",
    }  # fmt: skip


def read_chain(whole: Any) -> Delivered:
    asked = request("cboe", {"options:SPY": "options:SPY"}, now=NOW)
    return cboe_chain.chain(json.dumps(whole).encode(), asked, CHAIN)


ONE = option("260417", "C", 655)


def test_a_contract_has_four_fields_under_the_contract_tables_units():
    """Fields are named as the contract table says; the chain states when it was published."""
    found = read_chain(chain(ONE))
    rows = found.observations.set_index("field")
    assert set(rows.index) == {f"2026-04-17 C 655 {name}" for name in ("bid", "ask", "iv", "oi")}
    assert set(rows["series"]) == {"options:SPY"}
    for name, row in rows.iterrows():
        agreed = contract("options:SPY", str(name))
        assert agreed is not None
        assert agreed.unit == row["unit"]
        assert agreed.low <= row["value"] <= agreed.high
    assert rows["at"].iloc[0] == dt.datetime(2026, 4, 2, 19, 59, 59, tzinfo=dt.UTC)
    assert rows["known_at"].iloc[0] == dt.datetime(2026, 4, 2, 20, 30, tzinfo=dt.UTC)


def test_the_chain_is_thinned_around_the_money():
    """Five expiries at most, within a month and a half; strikes in a band that widens with time."""
    days = ["260402", "260403", "260406", "260410", "260417", "260424", "260501", "260618"]
    found = read_chain(
        chain(*(option(day, side, strike) for day in days for side in "CP"
                for strike in range(400, 900)))
    )  # fmt: skip
    fields = found.observations["field"].str.split(" ", expand=True)
    # Nearest to 1, 5, 10, 20 and 30 days from 2 April, none of them that day's own.
    assert sorted(set(fields[0])) == [
        "2026-04-03", "2026-04-06", "2026-04-10", "2026-04-24", "2026-05-01",
    ]  # fmt: skip
    for expiry, rows in fields.groupby(0):
        strikes = rows[2].astype(float)
        assert strikes.nunique() <= 41
        ahead = (dt.date.fromisoformat(str(expiry)) - dt.date(2026, 4, 2)).days
        assert (strikes - 655).abs().max() <= 655 * 0.03 * math.sqrt(ahead)
        assert 655.0 in set(strikes)


def test_no_volatility_is_a_blank():
    """Cboe writes 0 where it has none; a bid of 0 is a bid."""
    found = read_chain(chain(ONE | {"iv": 0.0, "bid": 0.0}))
    assert math.isnan(values(found, "2026-04-17 C 655 iv")[0])
    assert values(found, "2026-04-17 C 655 bid") == [0.0]


@pytest.mark.parametrize(
    ("change", "code", "kept"),
    [
        ({"bid": None}, None, 4),
        ({"bid": "1.0"}, "wrong_type", 3),
        ({"ask": -1}, "wrong_type", 3),
        ({"iv": True}, "wrong_type", 3),
        ({"option": "SPY"}, "wrong_type", 0),
        ({"option": "SPY261317C00655000"}, "wrong_type", 0),
        ({"option": None}, "wrong_type", 0),
    ],
)
def test_parser_faults_of_a_chain(change: dict[str, Any], code: str | None, kept: int):
    """A contract that is not understood is counted, and the fields that are good are kept."""
    found = read_chain(chain(ONE | change))
    assert len(found.observations) == kept
    assert (code in codes(found)) if code else found.gaps == ()


@pytest.mark.parametrize(
    ("path", "change", "code"),
    [
        (("data",), drop, "no_field"),
        (("data", "options"), drop, "no_field"),
        (("data", "options"), put({}), "wrong_type"),
        (("data", "symbol"), put("QQQ"), "renamed"),
        (("data", "current_price"), put(0), "blank"),
        (("data", "current_price"), put("655"), "wrong_type"),
        (("data", "last_trade_time"), put("2026-04-09T16:00:00"), "future"),
        (("data", "last_trade_time"), put("2026-04-02T15:59:59Z"), "wrong_time"),
        (("timestamp",), rename, "no_field"),
    ],
)
def test_another_chain_is_dark(path: tuple[Any, ...], change: Any, code: str):
    """Without what it is written on, its price or its times a chain cannot be used."""
    assert outcome(lambda: read_chain(altered(chain(ONE), path, change))) == code


def test_an_empty_chain_is_a_gap():
    """No contract near the money is told, and is no chain without open interest."""
    assert codes(read_chain(chain())) == {"empty"}


@given(mutations(chain(ONE, option("260417", "P", 650))))
def test_no_mutation_of_a_chain_makes_a_number(whole: Any):
    """However a body is broken, nothing is delivered that it does not hold, and nothing raised."""
    found = outcome(lambda: read_chain(whole))
    if isinstance(found, Delivered):
        assert all(math.isnan(one) or one in numbers(whole) for one in values(found))


# Quotes


def test_a_delayed_quote_is_known_when_it_was_published():
    """Bid, ask and last describe the last trade; a side without a quote is a gap, not 0."""
    data = {
        "symbol": "AAPL", "security_type": "stock", "current_price": 253.0, "bid": 0, "ask": 253.2,
        "last_trade_time": "2026-04-02T15:59:59",
    }  # fmt: skip
    body = json.dumps({"timestamp": "2026-04-02 20:15:00", "data": data}).encode()
    url = f"{BASE}/delayed_quotes/quotes/AAPL.json"
    found = cboe.quotes(body, request("cboe", {"AAPL": "AAPL"}, now=NOW), url)
    assert values(found, "last") == [253.0]
    assert values(found, "bid") == []
    assert codes(found) == {"blank"}
    assert found.observations["known_at"].iloc[0] == dt.datetime(2026, 4, 2, 20, 15, tzinfo=dt.UTC)


# Over the real client


def test_a_feed_asks_each_series_where_it_is():
    """Indices come from their file, shares from charts, chains as a whole; one failing is a gap."""
    routes = {
        "/api/global/us_indices/daily_prices/VIX_History.csv": Reply(body=HISTORY, headers=CSV),
        "/api/global/delayed_quotes/charts/historical/AAPL.json": Reply(
            body=json.dumps(good()).encode()
        ),
        "/api/global/delayed_quotes/options/SPY.json": Reply(body=json.dumps(chain(ONE)).encode()),
    }
    names = ("VIX", "AAPL", "options:SPY", "IWM")
    with served(by_path(routes)) as server:
        asked = request("cboe", {name: name for name in names}, now=NOW, base=server.base)
        found = pulled(cboe, asked)
        assert same(found, pulled(cboe, asked))
    assert found.observations.groupby("series").size().to_dict() == {
        "AAPL": 15, "VIX": 8, "options:SPY": 4,
    }  # fmt: skip
    assert {(gap.series, gap.code) for gap in found.gaps} == {
        ("IWM", "not_found"), ("VIX", "no_session"),
    }  # fmt: skip


def test_only_what_is_wanted_is_delivered():
    """Bars of more than a week before the oldest moment wanted are left out."""
    whole = good()
    whole["data"].insert(0, bar("2026-03-02", 250.0))
    asked = request("cboe", {"AAPL": "AAPL"}, now=NOW, since=dt.datetime(2026, 4, 1, tzinfo=dt.UTC))
    found = cboe_history.chart(json.dumps(whole).encode(), asked, CHART)
    assert values(found, "close") == [251.0, 252.0, 253.0]


def test_when_nothing_comes_the_feed_is_dark():
    """All series failing is dark with the source's own reason."""
    with served(lambda *_: None) as server, pytest.raises(FeedDark) as dark:
        pulled(cboe, request("cboe", {"VIX": "VIX"}, now=NOW, base=server.base))
    assert dark.value.code == "not_found"
