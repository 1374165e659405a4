"""Every recorded body of Yahoo, Cboe and FRED is read: rows, items, gaps, or dark with a reason."""

import math
from collections import Counter
from collections.abc import Mapping
from types import ModuleType
from typing import Any

import pytest

from tests.bench.markets import (
    NOW,
    body,
    codes,
    endpoint,
    index,
    numbers,
    outcome,
    pulled,
    recorded,
    request,
    sound,
)
from tests.bench.served import Reply, by_path, served
from workbench.domain.deliveries import Delivered
from workbench.world.feeds import cboe, earnings, fred, nodes, yahoo
from workbench.world.feeds.endpoints import Row, delivered

MODULES: tuple[ModuleType, ...] = (yahoo, earnings, cboe, fred)
# Worked by hand from the bodies: rows, items, codes of the gaps.
EXPECTED: dict[str, tuple[int, int, set[str]]] = {
    # One day of five fields, and a window that ends in 2022, before splits that nobody tells.
    "chart-AAPL.json": (5, 0, {"basis_unknown"}),
    "chart-AAPL-2025-02-01-to-2025-02-02-includePrePost-false-interval-1m.json": (
        0, 0, {"empty", "basis_unknown"},
    ),
    "chart-BTC-USD-2020-01-01-to-2020-01-03.json": (15, 0, set()),
    "chart-EURUSD_X-2020-01-01-to-2020-01-03.json": (15, 0, set()),
    "quote-AAPL.json": (1, 0, set()),
    "quote-SI.json": (0, 0, {"not_found"}),
    "quote-OCDO.L.json": (0, 0, {"other_currency"}),
    "quoteSummary-calendarEvents-AAPL.json": (0, 1, set()),
    "quoteSummary-calendarEvents-QQQ.json": (0, 0, {"not_found"}),
    "quoteSummary-earnings-SPOT.json": (0, 0, {"empty"}),
    "quoteSummary-earningsHistory-GOOG.json": (0, 0, {"not_kept"}),
    "search-AAPL.json": (0, 4, set()),
    "search-NO0010123060.json": (0, 0, {"empty"}),
    "trendingSymbols-US.json": (0, 0, {"not_kept"}),
    # 600 bars of five fields, one of them on Memorial Day.
    "cboe_equity_historical-1.json": (2995, 0, {"no_session"}),
    "cboe_futures_curve-1.json": (2400, 0, set()),
    "cboe_equity_quote-2.json": (3, 0, set()),
    "cboe_equity_quote-1.csv.gz": (0, 0, {"not_kept"}),
    # 157 days from 1 January to 6 June 2023.
    "fred_ameribor-1.json": (157, 0, set()),
    "fred_balance_of_payments-1.json": (0, 0, {"not_found"}),
    # Years 2015 to 2026, the last of which has not ended.
    "fredprojection-1.json": (11, 0, {"unfinished"}),
    "fred_economic_calendar-1.json": (0, 43, set()),
    "fredgraph-DGS10-new-header.csv": (520, 0, {"revised"}),
    "fred_tips_yields-1.json": (0, 0, {"not_kept"}),
}  # fmt: skip


@recorded
@pytest.mark.parametrize("service", ["yahoo", "cboe", "fred"])
def test_every_recorded_body_is_read(service: str):
    """No body of these services gives an exception, or nothing at all without saying why."""
    lines = index(service)
    seen: Counter[str] = Counter()
    for line in lines:
        feed, one = endpoint(line["url"], *MODULES)
        found = outcome(lambda: one.parse(body(line), request(feed), line["url"]))  # noqa: B023
        kind = "dark" if isinstance(found, str) else "rows" if len(found.observations) else "other"
        seen[kind] += 1
        if isinstance(found, Delivered):
            assert len(found.observations) or len(found.items) or found.gaps, line["file"]
            assert found.observations.empty or found.observations["at"].max() <= NOW
    assert sum(seen.values()) == len(lines)
    # Only pages that want a browser's session are dark as a whole.
    assert seen["dark"] == sum(line["status"] in {302, 307} for line in lines)


@recorded
@pytest.mark.parametrize("name", EXPECTED)
def test_recorded_bodies_give_what_they_hold(name: str):
    """Counts that were worked by hand from the bodies themselves."""
    lines = [line for line in index("yahoo", "cboe", "fred") if line["file"].endswith(f"/{name}")]
    if not lines:
        pytest.skip("this body is not among those here")
    feed, one = endpoint(lines[0]["url"], *MODULES)
    found = one.parse(body(lines[0]), request(feed), lines[0]["url"])
    assert (
        len(found.observations), len(found.items), {gap.code for gap in found.gaps},
    ) == EXPECTED[name]  # fmt: skip


# The recorded bytes behind a local server, over the real client.

# Feed; recorded file to the path at which it is served; series, options, and what must come of it:
# rows and items by series, and codes of gaps.
CBOE = "/api/global"
ENDS = {
    "yahoo": (
        yahoo,
        {
            "chart-AAPL.json": "/v8/finance/chart/AAPL",
            "chart-QQQ-2020-01-01-to-2020-01-03.json": "/v8/finance/chart/QQQ",
            "chart-BTC-USD-2020-01-01-to-2020-01-03.json": "/v8/finance/chart/BTC-USD",
            "chart-WSU.DE-2023-08-04-to-2023-08-09.json": "/v8/finance/chart/WSU.DE",
        },
        {"AAPL": "AAPL", "QQQ": "QQQ", "BTC-USD": "BTC-USD", "SPY": "WSU.DE", "META": "META"},
        {},
        {"AAPL": 5, "QQQ": 5, "BTC-USD": 15},
        {"other_currency", "not_found"},
    ),
    "earnings": (
        earnings,
        {
            "quoteSummary-calendarEvents-AAPL.json": "/v10/finance/quoteSummary/AAPL",
            "quoteSummary-calendarEvents-AMZN.json": "/v10/finance/quoteSummary/AMZN",
        },
        {"AAPL": "AAPL", "AMZN": "AMZN", "QQQ": "QQQ"},
        {"source": "yahoo"},
        {"AAPL": 1, "AMZN": 1},
        {"not_found"},
    ),
    "cboe": (
        cboe,
        {
            "cboe_equity_historical-1.json": f"{CBOE}/delayed_quotes/charts/historical/AAPL.json",
            "cboe_index_historical-1.csv": f"{CBOE}/us_indices/daily_prices/AAVE10RP_History.csv",
        },
        {"AAPL": "AAPL", "AAVE10RP": "_AAVE10RP", "VIX": "VIX"},
        {},
        {"AAPL": 2995, "AAVE10RP": 1169},
        {"no_session", "not_found"},
    ),
    "fred": (
        fred,
        {
            "fred_federal_funds_rate-1.json": "/fred/series/observations?",
            "fred_federal_funds_rate-2.json": "/fred/series?",
            "fred_economic_calendar-1.json": "/releases/calendar",
        },
        {"DFF": "DFF"},
        {"calendar": "yes"},
        {"DFF": 157, "calendar:fred": 43},
        set(),
    ),
}


@recorded
@pytest.mark.parametrize("feed", ENDS)
def test_recorded_bytes_are_read_from_end_to_end(feed: str, monkeypatch: pytest.MonkeyPatch):
    """Bytes as recorded, from a server, over the guarded client, and again from its own record."""
    module, files, series, options, expected, gaps = ENDS[feed]
    lines = {line["file"].rpartition("/")[2]: line for line in index("yahoo", "cboe", "fred")}
    if missing := set(files) - set(lines):
        pytest.skip(f"not among the bodies here: {missing}")
    monkeypatch.setenv("FRED_API_KEY", "0123456789abcdef0123456789abcdef")
    routes = {
        path: Reply(body=body(lines[name]), headers={"Content-Type": content_type(lines[name])})
        for name, path in files.items()
    }
    with served(by_path(routes)) as server:
        found = pulled(module, request(feed, series, base=server.base, **options))
    counts: Counter[str] = Counter(found.observations["series"])
    counts.update(found.items["series"])
    assert counts == expected
    assert codes(found) == gaps


def content_type(line: Mapping[str, Any]) -> str:
    """As it was recorded."""
    return str(line["headers"].get("content-type", "application/json"))


# The checks themselves


def test_a_planted_exception_is_caught():
    """Only a reasoned refusal passes for an outcome; a slip of a parser does not."""
    with pytest.raises(KeyError):
        outcome(lambda: {}["value"])


@pytest.mark.parametrize(
    "rows",
    [
        [("A", 1.0, "USD"), ("A", 2.0, "USD")],  # two values of one moment
        [("A", math.inf, "USD")],
        [("A", 1.0, "")],
    ],
)
def test_a_planted_row_is_caught(rows: list[tuple[str, float, str]]):
    """Rows that contradict each other, are no number or have no unit do not pass."""
    planted = delivered(
        "x",
        [Row(series=s, field="close", at=NOW, value=v, unit=u) for s, v, u in rows],
    )
    with pytest.raises(AssertionError):
        sound(planted)


def test_a_planted_zero_is_caught():
    """A 0 that stands for a blank is not among the numbers that a body holds."""
    held = numbers({"close": [1.5, None, "."], "volume": ["2,000", True]})
    assert held == {1.5, 2000.0}


@pytest.mark.parametrize(
    "said", ["2026-W14-1", "20260402", "2026-4-2", "２０２６-04-02", "2026-02-30"]
)
def test_a_date_is_written_one_way(said: str):
    """Other forms of a date than the one asked for are refused, weeks of ISO 8601 too."""
    with pytest.raises(nodes.Unfit):
        nodes.day(said, "The date")


@pytest.mark.parametrize(
    ("said", "value"),
    [("1,234.5", 1234.5), ("-0.5", -0.5), ("1e3", 1000.0), (" 7 ", 7.0), (".5", 0.5)],
)
def test_a_number_may_be_written_as_text(said: str, value: float):
    """Thousands' commas and exponents are read; what only looks like a number is refused."""
    assert nodes.numeral(said, "x") == value
    assert all(math.isnan(nodes.numeral(blank, "x")) for blank in (None, "", ".", "N/A", "-"))
    for other in ("1,23", "1.2.3", "12%", "0x10", "1_000", "inf", "１２", "--1", "1e9999"):
        with pytest.raises(nodes.Unfit):
            nodes.numeral(other, "x")
