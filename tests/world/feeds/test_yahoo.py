"""Yahoo's bars: as traded, finished, of the asset that was meant, or left out with a reason."""

import copy
import datetime as dt
import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

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
)  # fmt: skip
from tests.bench.served import Reply, served
from workbench.domain.deliveries import Delivered
from workbench.domain.errors import FeedDark
from workbench.world.feeds import yahoo, yahoo_pages
from workbench.world.feeds.yahoo_actions import plain
from workbench.world.feeds.yahoo_chart import chart

# Sessions of 27, 28 and 31 August 2020; on the 31st four new Apple shares came for one.
STAMPS = [1598535000, 1598621400, 1598880600]
NOW = dt.datetime(2020, 9, 1, 12, tzinfo=dt.UTC)
URL = "https://query2.finance.yahoo.com/v8/finance/chart/AAPL?interval=1d&period2=1599048000"


def single(value: float) -> float:
    """As Yahoo writes it."""
    return float(np.float32(value))


def good() -> dict[str, Any]:
    return {
        "chart": {
            "result": [
                {
                    "meta": {
                        "currency": "USD",
                        "symbol": "AAPL",
                        "instrumentType": "EQUITY",
                        "exchangeTimezoneName": "America/New_York",
                        "dataGranularity": "1d",
                        "regularMarketTime": 1598904001,
                        "currentTradingPeriod": {
                            "regular": {"start": 1598967000, "end": 1598990400}
                        },
                    },
                    "timestamp": list(STAMPS),
                    "events": {
                        "splits": {
                            "1598880600": {"date": 1598880600, "numerator": 4, "denominator": 1}
                        },
                        "dividends": {"1598535000": {"amount": 0.205, "date": 1598535000}},
                    },
                    "indicators": {
                        "quote": [
                            {
                                "open": [single(v) for v in (127.1425, 126.0125, 127.58)],
                                "high": [single(v) for v in (127.485, 126.4425, 131.0)],
                                "low": [single(v) for v in (123.8325, 124.5775, 126.0)],
                                "close": [single(v) for v in (125.01, 124.8075, 129.04)],
                                "volume": [155552400, 187630000, 225702700],
                            }
                        ]
                    },
                }
            ],
            "error": None,
        }
    }


META = ("chart", "result", 0, "meta")
QUOTE = ("chart", "result", 0, "indicators", "quote", 0)
EVENTS = ("chart", "result", 0, "events")
SPLIT = (*EVENTS, "splits", "1598880600")
DIVIDEND = (*EVENTS, "dividends", "1598535000")
TIMES = ("chart", "result", 0, "timestamp")


def read(whole: Any, series: str = "AAPL", now: dt.datetime = NOW, url: str = URL) -> Delivered:
    return chart(json.dumps(whole).encode(), request("yahoo", {series: series}, now=now), url)


def test_prices_before_a_split_are_those_of_their_day():
    """A close before a split is what was traded then: 124.8075 adjusted is 499.23 on 28 August."""
    found = read(good())
    assert values(found, "close") == [500.04, 499.23, 129.04]
    assert values(found, "volume") == [38888100, 46907500, 225702700]
    assert values(found, "split") == [4.0]
    assert values(found, "dividend") == [0.82]
    assert found.gaps == ()


def test_a_bar_ends_with_its_session_and_an_action_comes_at_its_open():
    """``at`` is the official close in UTC, and of a split or dividend the open of its session."""
    rows = read(good()).observations.set_index("field")
    assert rows.loc["split", "at"] == dt.datetime(2020, 8, 31, 13, 30, tzinfo=dt.UTC)
    assert rows.loc["dividend", "at"] == dt.datetime(2020, 8, 27, 13, 30, tzinfo=dt.UTC)
    assert rows.loc["close", "at"].tolist() == [
        dt.datetime(2020, 8, day, 20, tzinfo=dt.UTC) for day in (27, 28, 31)
    ]
    assert rows["known_at"].isna().all()
    assert set(rows["unit"]) == {"USD", "shares", "new shares for one"}


@pytest.mark.parametrize(
    ("value", "meant"), [(164.32000732421875, 164.32), (0.1, 0.1), (218.0, 218)]
)
def test_single_precision_is_read_as_the_decimal_that_was_meant(value: float, meant: float):
    """A close of 164.32 does not pass for one above 164.32; other numbers stay as they are."""
    assert plain(value) == meant


@pytest.mark.parametrize(
    ("path", "change", "code", "kept"),
    [
        ((*META, "currency"), put("EUR"), "other_currency", 0),
        ((*META, "currency"), drop, "no_field", 0),
        ((*META, "instrumentType"), put("CRYPTOCURRENCY"), "other_asset", 0),
        ((*META, "exchangeTimezoneName"), put("Europe/Berlin"), "other_asset", 0),
        ((*META, "exchangeTimezoneName"), put("Mars/Base"), "wrong_type", 0),
        ((*META, "symbol"), put("APPL"), "renamed", 0),
        ((*META, "dataGranularity"), put("1mo"), "other_period", 0),
        ((*META, "regularMarketTime"), put("soon"), "wrong_type", 0),
        ((*META, "currentTradingPeriod"), rename, "no_field", 0),
        (TIMES, drop, "empty", 0),
        (TIMES, put([]), "empty", 0),
        (TIMES, put(STAMPS[:2]), "unequal_lengths", 0),
        ((*QUOTE, "close"), put([1.0]), "unequal_lengths", 0),
        ((*TIMES, 1), put(1598621400000), "wrong_time", 10),
        ((*TIMES, 1), put("2020-08-28"), "wrong_type", 10),
        ((*TIMES, 2), put(1599999999), "future", 10),
        ((*TIMES, 1), put(1598707800), "no_session", 10),
        ((*TIMES, 1), put(STAMPS[2]), "duplicate", 10),
        ((*TIMES,), put(STAMPS[::-1]), "out_of_order", 15),
        ((*QUOTE, "volume"), drop, "no_field", 12),
        ((*QUOTE, "close"), rename, "no_field", 12),
        ((*QUOTE, "open"), put("127"), "wrong_type", 12),
        ((*QUOTE, "close", 0), put("125.01"), "wrong_type", 14),
        ((*QUOTE, "close", 0), put(True), "wrong_type", 14),
        ((*QUOTE, "close", 0), put({"raw": 1}), "wrong_type", 14),
        (QUOTE, put({}), "no_field", 0),
        (QUOTE[:-1], put([]), "empty", 0),
        (("chart", "result"), put([]), "empty", 0),
        (("chart", "result"), put(None), "wrong_type", 0),
        (("chart", "error"), put({"code": "Not Found", "description": "No data"}), "not_found", 0),
        ((*SPLIT, "denominator"), put(0), "bad_split", 0),
        ((*SPLIT, "numerator"), drop, "no_field", 0),
        ((*DIVIDEND, "amount"), put(None), "wrong_type", 15),
        ((*DIVIDEND, "currency"), put("EUR"), "other_currency", 15),
    ],
)  # fmt: skip
def test_parser_faults(path: tuple[Any, ...], change: Any, code: str, kept: int):
    """Each fault is a gap with its code, and every bar that it does not touch is kept."""
    found = outcome(lambda: read(altered(good(), path, change)))
    assert isinstance(found, Delivered)
    assert code in codes(found)
    assert all(gap.series == "AAPL" for gap in found.gaps)
    bars = found.observations[~found.observations["field"].isin(["split", "dividend"])]
    assert len(bars) == kept


def test_a_null_is_a_blank():
    """What Yahoo leaves out of a bar is NaN, never 0 and never the value of the day before."""
    whole = altered(good(), (*QUOTE, "close", 1), put(None))
    whole = altered(whole, (*QUOTE, "volume", 1), put(None))
    found = read(whole)
    assert math.isnan(values(found, "close")[1])
    assert math.isnan(values(found, "volume")[1])
    assert len(found.observations) == 17


def test_an_unfinished_bar_is_left_out():
    """Neither a session under way nor one whose closing trade Yahoo does not show is delivered."""
    early = dt.datetime(2020, 8, 31, 20, 10, tzinfo=dt.UTC)
    assert len(values(read(good(), now=early), "close")) == 2
    halted = altered(good(), (*META, "regularMarketTime"), put(1598900000))
    assert "unfinished" in codes(read(halted))
    assert len(values(read(halted), "close")) == 2


def test_the_same_bar_twice_counts_once():
    """A bar that stands twice with the same values is no fault."""
    whole = good()
    result = whole["chart"]["result"][0]
    for column in (result["timestamp"], *result["indicators"]["quote"][0].values()):
        column.append(column[-1])
    assert same(read(whole), read(good()))


def test_a_window_that_ends_early_gives_no_shares():
    """Splits after a window are unknown, so its prices are refused, not taken as traded."""
    found = read(good(), url=URL.replace("1599048000", "1598800000"))
    assert codes(found) == {"basis_unknown"}
    assert values(found, "close") == []


def test_a_coin_is_pinned_too():
    """A coin's day ends at midnight UTC; a fund under a coin's name is refused."""
    whole = good()
    result = whole["chart"]["result"][0]
    result["events"] = {}
    result["timestamp"] = [1598486400, 1598572800, 1598832000]
    result["meta"] |= {
        "symbol": "BTC-USD", "instrumentType": "CRYPTOCURRENCY", "exchangeTimezoneName": "UTC",
        "currentTradingPeriod": {"regular": {"start": 1598918400, "end": 1599004740}},
    }  # fmt: skip
    url = URL.replace("AAPL", "BTC-USD")
    rows = read(whole, "BTC-USD", url=url).observations
    assert rows["at"].iloc[0] == dt.datetime(2020, 8, 28, tzinfo=dt.UTC)
    assert rows[rows["field"] == "volume"]["unit"].unique().tolist() == ["USD"]
    result["meta"]["instrumentType"] = "ETF"
    assert codes(read(whole, "BTC-USD", url=url)) == {"other_asset"}


def test_shorter_bars_have_a_series_of_their_own():
    """Hours end with their end or the close, under SPY@1h, and the print of the close is no bar."""
    whole = good()
    result = whole["chart"]["result"][0]
    result["meta"]["dataGranularity"] = "1h"
    result["timestamp"] = [1598880600, 1598902200, 1598904000]  # 13:30, 19:30 and 20:00 UTC
    url = URL.replace("1d", "60m")
    rows = read(whole, url=url).observations
    assert set(rows["series"]) == {"AAPL@1h"}
    assert rows[rows["field"] == "close"]["at"].dt.strftime("%H:%M").tolist() == ["14:30", "20:00"]
    assert "split" not in set(rows["field"])


def test_an_index_of_chicago_follows_new_yorks_sessions():
    """Yahoo keeps the VIX in Chicago's time, from long before the open; its close is XNYS's."""
    whole = good()
    result = whole["chart"]["result"][0]
    result["events"] = {}
    result["meta"] |= {
        "symbol": "^VIX", "instrumentType": "INDEX", "exchangeTimezoneName": "America/Chicago",
        "currentTradingPeriod": {"regular": {"start": 1598944500, "end": 1598991300}},
    }  # fmt: skip
    rows = read(whole, "VIX", url=URL.replace("AAPL", "%5EVIX")).observations
    assert rows["at"].max() == dt.datetime(2020, 8, 31, 20, tzinfo=dt.UTC)
    assert set(rows[rows["field"] == "close"]["unit"]) == {"points"}
    result["meta"]["dataGranularity"] = "1h"
    result["timestamp"] = [1598860800, 1598880600, 1598884200]  # 8:00, 13:30 and 14:30 UTC
    url = URL.replace("AAPL", "%5EVIX").replace("1d", "1h")
    rows = read(whole, "VIX", url=url).observations
    assert rows["at"].min() == dt.datetime(2020, 8, 31, 14, 30, tzinfo=dt.UTC)


def test_a_volume_is_not_rounded():
    """A count is no price in single precision: 225,702,704 stays what it is."""
    whole = altered(good(), (*QUOTE, "volume", 2), put(225702704))
    assert values(read(whole), "volume")[2] == 225702704


def test_what_was_asked_must_be_what_came():
    """An answer of other bars than asked for is refused: Yahoo widens long ranges by itself."""
    assert codes(read(good(), url=URL.replace("interval=1d", "interval=5m"))) == {"other_period"}


@pytest.mark.parametrize("body", [b"[]", b"null", b"{}", b'{"chart": 3}', b'{"finance": {}}'])
def test_another_page_is_dark(body: bytes):
    """A body that is no chart at all is dark, with its code."""
    with pytest.raises(FeedDark):
        chart(body, request("yahoo", now=NOW), URL)


@given(mutations(good()))
def test_no_mutation_raises(whole: Any):
    """However a body is broken, its parts are gaps or it is dark; the same twice over."""
    found = outcome(lambda: read(whole))
    if isinstance(found, Delivered):
        assert same(found, read(whole))


@given(mutations(altered(good(), EVENTS, put({}))))
def test_no_mutation_makes_a_number(whole: Any):
    """Without splits every number delivered stands in the body: none comes of a blank."""
    found = outcome(lambda: read(whole))
    if isinstance(found, Delivered):
        held = {plain(value) for value in numbers(whole)} | numbers(whole)
        assert all(math.isnan(one) or one in held for one in values(found))
        assert set(found.observations["unit"]) <= {"USD", "shares"}


@given(st.permutations(range(3)))
def test_the_order_of_bars_does_not_matter(order: list[int]):
    """Bars out of order give the same rows, and a gap that says so."""
    whole = good()
    result = whole["chart"]["result"][0]
    quote = result["indicators"]["quote"][0]
    for holder, key in [(result, "timestamp"), *((quote, name) for name in list(quote))]:
        holder[key] = [holder[key][place] for place in order]
    found = read(whole)
    assert found.observations.equals(read(good()).observations)
    assert bool(found.gaps) == (order != [0, 1, 2])


# Quotes and news


def test_quotes_are_kept_in_dollars_alone():
    """A last price has the time of its trade; pence, indices and delisted names are not kept."""
    one = {
        "symbol": "AAPL", "quoteType": "EQUITY", "currency": "USD", "regularMarketPrice": 129.04,
        "regularMarketTime": 1598904001,
    }  # fmt: skip
    for change, kept, gap in (
        ({}, [129.04], set()), ({"currency": "GBp"}, [], {"other_currency"}),
        ({"quoteType": "NONE"}, [], {"not_found"}), ({"quoteType": "INDEX"}, [], {"not_kept"}),
        ({"regularMarketPrice": None}, [], {"blank"}),
        ({"regularMarketPrice": "129"}, [], {"wrong_type"}),
        ({"regularMarketTime": 1598904001000}, [], {"wrong_time"}),
        ({"regularMarketTime": 1699999999}, [], {"future"}),
    ):  # fmt: skip
        body = json.dumps({"quoteResponse": {"result": [one | change], "error": None}}).encode()
        found = yahoo_pages.quotes(body, request("yahoo", now=NOW), "https://x/v7/finance/quote?")
        assert (values(found, "last"), codes(found)) == (kept, gap)


def test_news_need_a_time_a_title_and_a_safe_link():
    """A story without one of them is a gap; the same story twice is one."""
    one = {
        "uuid": "a", "title": "Apple splits", "publisher": "Wire",
        "providerPublishTime": 1598904001, "link": "https://finance.yahoo.com/a",
    }  # fmt: skip
    stories: list[Any] = [one, copy.deepcopy(one)]
    stories += [
        one | {"uuid": "b", "link": "javascript:alert(1)"},
        one | {"uuid": "c", "title": ""},
    ]
    stories += [{k: v for k, v in one.items() if k != "providerPublishTime"}, "text"]
    found = yahoo_pages.search(
        json.dumps({"news": stories}).encode(), request("yahoo", now=NOW), "u"
    )
    assert found.items["title"].tolist() == ["Apple splits"]
    assert [gap.code for gap in found.gaps] == ["bad_link", "blank", "no_field", "wrong_type"]


# Over the real client


def test_a_feed_asks_each_series_and_says_which_failed():
    """One unknown symbol is a gap; the rest is delivered, asked up to a day past the pull."""
    whole = json.dumps(good()).encode()

    def answer(_method: str, path: str, _body: bytes) -> Reply | None:
        return Reply(body=whole) if "/AAPL?" in path else None

    with served(answer) as server:
        asked = request(
            "yahoo", {"AAPL": "AAPL", "VIX": "VIX"}, now=NOW, base=server.base,
            since=dt.datetime(2020, 8, 25, tzinfo=dt.UTC),
        )  # fmt: skip
        found = pulled(yahoo, asked)
        assert values(found, "close", "AAPL") == [500.04, 499.23, 129.04]
        assert [(gap.series, gap.code) for gap in found.gaps] == [("VIX", "not_found")]
        assert {path.partition("?")[0] for _, path in server.asked} == {
            "/v8/finance/chart/AAPL", "/v8/finance/chart/%5EVIX",
        }  # fmt: skip
        assert all("period2=1599048000" in path for _, path in server.asked)
        assert same(found, pulled(yahoo, asked))


def test_when_nothing_comes_the_feed_is_dark():
    """All symbols failing is dark with the source's own reason; an unknown option is too."""
    with served(lambda *_: None) as server:
        asked = request("yahoo", {"AAPL": "AAPL"}, now=NOW, base=server.base)
        with pytest.raises(FeedDark) as dark:
            pulled(yahoo, asked)
        assert dark.value.code == "not_found"
        odd = request("yahoo", {"AAPL": "AAPL"}, now=NOW, base=server.base, intraday="3h")
        with pytest.raises(FeedDark, match="intraday"):
            pulled(yahoo, odd)


def test_shorter_bars_are_asked_for_by_option():
    """The option adds one request a series, no further back than Yahoo keeps such bars."""
    with served(lambda *_: Reply(body=json.dumps(good()).encode())) as server:
        asked = request("yahoo", {"AAPL": "AAPL"}, now=NOW, base=server.base, intraday="5m")
        found = pulled(yahoo, asked)
        starts = sorted(path.partition("period1=")[2].partition("&")[0] for _, path in server.asked)
        assert len(starts) == 2
        assert int(max(starts, key=int)) == int((NOW - dt.timedelta(days=59)).timestamp())
        assert [gap.code for gap in found.gaps] == ["other_period"]  # daily bars came for both
