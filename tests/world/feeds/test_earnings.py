"""When companies report is an event with its window; who does not report has none."""

import datetime as dt
import json
from typing import Any

import pytest
from hypothesis import given

from tests.bench.markets import (
    altered,
    codes,
    drop,
    mutations,
    outcome,
    pulled,
    put,
    request,
    same,
)
from tests.bench.served import Reply, served
from workbench.domain.deliveries import Delivered
from workbench.domain.errors import FeedDark
from workbench.world.feeds import earnings, earnings_pages

NOW = dt.datetime(2026, 4, 17, 12, tzinfo=dt.UTC)  # a Friday
DAY = "https://api.nasdaq.com/api/calendar/earnings?date=2026-04-30"
PAGE = "https://query2.finance.yahoo.com/v10/finance/quoteSummary/AAPL?modules=calendarEvents"


def calendar() -> dict[str, Any]:
    return {
        "data": {
            "asOf": "Thu, Apr 30, 2026",
            "rows": [
                {
                    "symbol": "AAPL", "name": "Apple Inc.", "time": "time-after-hours",
                    "epsForecast": "$1.62", "noOfEsts": "11", "fiscalQuarterEnding": "Mar/2026",
                },
                {
                    "symbol": "MSTR", "name": "Strategy Inc", "time": "time-pre-market",
                    "epsForecast": "($0.11)", "noOfEsts": "4",
                },
                {"symbol": "XYZ", "name": "Other", "time": "time-not-supplied"},
            ],
        },
        "message": None,
        "status": {"rCode": 200},
    }  # fmt: skip


def page() -> dict[str, Any]:
    return {
        "quoteSummary": {
            "result": [
                {
                    "calendarEvents": {
                        "earnings": {
                            "earningsDate": [1777492740, 1777838400],
                            "isEarningsDateEstimate": True,
                            "earningsAverage": 1.62,
                            "earningsLow": 1.5,
                            "earningsHigh": 1.67,
                        }
                    }
                }
            ],
            "error": None,
        }
    }


def read_day(whole: Any, *series: str) -> Delivered:
    asked = request("earnings", {one: one for one in series or ("AAPL", "MSTR")}, now=NOW)
    return earnings_pages.nasdaq(json.dumps(whole).encode(), asked, DAY)


def read_page(whole: Any, series: str = "AAPL") -> Delivered:
    asked = request("earnings", {series: series}, now=NOW)
    return earnings_pages.events(json.dumps(whole).encode(), asked, PAGE.replace("AAPL", series))


def test_the_calendar_gives_a_window_and_an_estimate():
    """After the market is from the close on, before it to the open; a loss stands in brackets."""
    items = read_day(calendar()).items.set_index("series")
    apple, strategy = (json.loads(items.loc[name, "detail"]) for name in ("AAPL", "MSTR"))
    assert items.loc["AAPL", "title"] == "Apple reports earnings"
    assert items.loc["AAPL", "at"] == dt.datetime(2026, 4, 30, 20, tzinfo=dt.UTC)
    assert apple["until"] == "2026-05-01T00:00:00Z"
    assert (apple["eps_average"], apple["estimates"]) == (1.62, 11)
    assert items.loc["MSTR", "at"] == dt.datetime(2026, 4, 30, 8, tzinfo=dt.UTC)
    assert strategy["until"] == "2026-04-30T13:30:00Z"
    assert strategy["eps_average"] == -0.11
    assert set(items["kind"]) == {"event"}
    assert items["known_at"].eq(NOW).all()
    assert set(items["basis"]) == {"seen"}


def test_a_time_that_is_not_told_is_the_whole_day():
    """Nothing is guessed: the window is the day in New York."""
    [item] = read_day(calendar(), "XYZ").items.to_dict("records")
    assert item["at"] == dt.datetime(2026, 4, 30, 4, tzinfo=dt.UTC)
    assert json.loads(item["detail"]) == {
        "estimate": True, "time": "not-supplied", "until": "2026-05-01T04:00:00Z",
    }  # fmt: skip


@pytest.mark.parametrize("data", [None, {"rows": None}, {"rows": []}])
def test_a_day_without_reports_is_no_fault(data: Any):
    """On a Saturday Nasdaq answers null."""
    found = read_day(calendar() | {"data": data})
    assert found.items.empty
    assert found.gaps == ()


@pytest.mark.parametrize(
    ("path", "change", "code", "kept"),
    [
        (("data", "rows", 0, "symbol"), drop, "no_field", 1),
        (("data", "rows", 0, "time"), drop, "no_field", 1),
        (("data", "rows", 0, "time"), put(None), "blank", 1),
        (("data", "rows", 0, "epsForecast"), put("a lot"), "wrong_type", 1),
        (("data", "rows", 0, "epsForecast"), put([]), "wrong_type", 1),
        (("data", "rows", 0), put([]), "wrong_type", 1),
    ],
)
def test_parser_faults_of_the_calendar(path: tuple[Any, ...], change: Any, code: str, kept: int):
    """A line that is not understood is a gap, and the others are kept."""
    found = outcome(lambda: read_day(altered(calendar(), path, change)))
    assert isinstance(found, Delivered)
    assert codes(found) == {code}
    assert len(found.items) == kept


@pytest.mark.parametrize("missing", [drop, put([]), put("x")])
def test_another_calendar_is_dark(missing: Any):
    """Without its data an answer is no calendar."""
    assert outcome(lambda: read_day(altered(calendar(), ("data",), missing))) in {
        "no_field", "wrong_type",
    }  # fmt: skip


def test_the_page_of_a_company_gives_a_window():
    """The first and last announced time bound the window, and estimates stand in the detail."""
    [item] = read_page(page()).items.to_dict("records")
    assert item["at"] == dt.datetime(2026, 4, 29, 19, 59, tzinfo=dt.UTC)
    assert json.loads(item["detail"]) == {
        "estimate": True, "eps_average": 1.62, "eps_low": 1.5, "eps_high": 1.67,
        "until": "2026-05-03T20:00:00Z",
    }  # fmt: skip
    assert item["key"] == "earnings:2026-04-29"


EVENT = ("quoteSummary", "result", 0, "calendarEvents", "earnings")


@pytest.mark.parametrize(
    ("path", "change", "code"),
    [
        ((*EVENT, "earningsDate"), put([]), "empty"),
        ((*EVENT, "earningsDate"), drop, "no_field"),
        ((*EVENT, "earningsDate", 0), put({"raw": 1777492740}), "wrong_type"),
        ((*EVENT, "earningsDate", 0), put(1777492740000), "wrong_time"),
        ((*EVENT, "isEarningsDateEstimate"), put("yes"), "wrong_type"),
        ((*EVENT, "earningsLow"), put("1.5"), "wrong_type"),
        (EVENT, drop, "no_field"),
        (("quoteSummary", "result"), put([]), "empty"),
        (("quoteSummary", "error"), put({"code": "Not Found", "description": "None"}), "not_found"),
    ],
)
def test_parser_faults_of_the_page(path: tuple[Any, ...], change: Any, code: str):
    """Each fault is a gap with its code, and no event is made up."""
    found = outcome(lambda: read_page(altered(page(), path, change)))
    assert isinstance(found, Delivered)
    assert codes(found) == {code}
    assert found.items.empty


def test_an_estimate_that_is_null_is_left_out():
    """No estimate is no 0."""
    [item] = read_page(altered(page(), (*EVENT, "earningsLow"), put(None))).items.to_dict("records")
    assert "eps_low" not in json.loads(item["detail"])


@given(mutations(calendar()), mutations(page()))
def test_no_mutation_raises(day: Any, summary: Any):
    """However a body is broken, it is a gap or dark."""
    for found in (outcome(lambda: read_day(day)), outcome(lambda: read_page(summary))):
        if isinstance(found, Delivered):
            assert set(found.items["kind"]) <= {"event"}


# Over the real client


def test_the_days_ahead_are_asked_for():
    """Each weekday from today on is one request; what no company of the desk does is no gap."""

    def answer(_method: str, path: str, _body: bytes) -> Reply | None:
        found = calendar() if path.endswith("2026-04-20") else calendar() | {"data": None}
        return Reply(body=json.dumps(found).encode())

    with served(answer) as server:
        asked = request("earnings", {"AAPL": "AAPL"}, now=NOW, base=server.base, days="4")
        found = pulled(earnings, asked)
        assert same(found, pulled(earnings, asked))
        dates = sorted({path.rpartition("=")[2] for _, path in server.asked})
    assert dates == ["2026-04-17", "2026-04-20", "2026-04-21"]
    assert found.items["series"].tolist() == ["AAPL"]
    assert found.gaps == ()


def test_yahoo_is_an_option_and_denied_is_told():
    """Without a crumb Yahoo denies the page: dark with that reason; a fund has no such page."""
    one = {"AAPL": "AAPL", "QQQ": "QQQ"}

    def answer(_method: str, path: str, _body: bytes) -> Reply | None:
        return Reply(body=json.dumps(page()).encode()) if "/AAPL?" in path else None

    with served(answer) as server:
        found = pulled(
            earnings, request("earnings", one, now=NOW, base=server.base, source="yahoo")
        )
    assert found.items["series"].tolist() == ["AAPL"]
    assert [(gap.series, gap.code) for gap in found.gaps] == [("QQQ", "not_found")]
    crumb = (
        b'{"finance":{"result":null,"error":{"code":"Unauthorized","description":"Invalid Crumb"}}}'
    )
    with served(lambda *_: Reply(body=crumb, status=401)) as server:
        asked = request("earnings", one, now=NOW, base=server.base, source="yahoo")
        with pytest.raises(FeedDark, match="401") as dark:
            pulled(earnings, asked)
    assert dark.value.code == "denied"


@pytest.mark.parametrize("options", [{"source": "other"}, {"days": "many"}, {"days": "99"}])
def test_an_unknown_option_is_dark(options: dict[str, str]):
    """An option that cannot be read is told, and nothing is asked."""
    with served(lambda *_: None) as server:
        asked = request("earnings", {"AAPL": "AAPL"}, now=NOW, base=server.base, **options)
        with pytest.raises(FeedDark) as dark:
            pulled(earnings, asked)
        assert server.asked == []
    assert dark.value.code == "bad_option"
