"""Every recorded body of Yahoo, Cboe and FRED is read: rows, items, gaps, or dark with a reason."""

from collections import Counter
from types import ModuleType

import pytest

from tests.bench.markets import NOW, body, endpoint, index, outcome, recorded, request
from workbench.domain.deliveries import Delivered
from workbench.world.feeds import cboe, earnings, fred, yahoo

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
