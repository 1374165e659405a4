"""FRED's values come with the day on which they became known, and a blank is never 0."""

import datetime as dt
import itertools
import json
import math
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

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
from tests.bench.served import Reply, Served, served
from workbench.domain.deliveries import Delivered
from workbench.domain.errors import FeedDark
from workbench.world.feeds import fred, fred_pages
from workbench.world.feeds.fred_rows import known_from

NOW = dt.datetime(2026, 4, 10, 12, tzinfo=dt.UTC)
SINCE = dt.datetime(2026, 2, 1, tzinfo=dt.UTC)
URL = "https://api.stlouisfed.org/fred/series/observations?series_id=UNRATE&file_type=json"
CSV = {"Content-Type": "application/csv"}


def vintage(date: str, value: str, start: str, end: str = "9999-12-31") -> dict[str, str]:
    return {"date": date, "value": value, "realtime_start": start, "realtime_end": end}


def good() -> dict[str, Any]:
    """January's rate as first told and as revised a month later, and February's."""
    return {
        "realtime_start": "2026-02-01",
        "realtime_end": "9999-12-31",
        "units": "lin",
        "output_type": 1,
        "count": 4,
        "offset": 0,
        "limit": 40000,
        "observations": [
            vintage("2025-12-01", "4.4", "2026-02-01"),
            vintage("2026-01-01", "4.3", "2026-02-06", "2026-03-05"),
            vintage("2026-01-01", "4.2", "2026-03-06"),
            vintage("2026-02-01", "4.4", "2026-03-06"),
        ],
    }


def read(whole: Any, now: dt.datetime = NOW) -> Delivered:
    asked = request("fred", {"UNRATE": "UNRATE"}, now=now)
    return fred.observations(json.dumps(whole).encode(), asked, URL)


def test_each_vintage_is_known_when_its_day_ends_in_st_louis():
    """A revision is a row of its own, known no earlier than the day on which it came out."""
    rows = read(good()).observations
    assert rows["value"].tolist() == [4.4, 4.3, 4.2, 4.4]
    assert rows["known_at"].dt.strftime("%Y-%m-%dT%H").tolist() == [
        "2026-02-02T06", "2026-02-07T06", "2026-03-07T06", "2026-03-07T06",
    ]  # fmt: skip
    assert rows["at"].dt.strftime("%Y-%m-%d").tolist() == [
        "2026-01-01", "2026-02-01", "2026-02-01", "2026-03-01",
    ]  # fmt: skip
    assert set(rows["basis"]) == {"stated"}
    assert set(rows["unit"]) == {"%"}


def test_a_vintage_of_today_is_known_now():
    """What is in our hands is known, though its day is not over; summer time is minded."""
    assert known_from(dt.date(2026, 4, 10), NOW) == NOW
    assert known_from(dt.date(2026, 4, 8), NOW) == dt.datetime(2026, 4, 9, 5, tzinfo=dt.UTC)


def test_a_later_pull_changes_nothing_that_was_known():
    """Appending vintages leaves every earlier row as it was."""
    longer = good()
    longer["observations"].append(vintage("2026-03-01", "4.1", "2026-04-03"))
    longer["count"] = 5
    assert read(longer).observations.iloc[:4].equals(read(good()).observations)


def test_a_window_repeats_what_was_known_before_it():
    """The same value at the start of a next window is no revision."""
    whole = good()
    whole["observations"].insert(1, vintage("2025-12-01", "4.4", "2026-03-01"))
    whole["count"] = 5
    assert same(read(whole), read(good()))


@pytest.mark.parametrize("blank", [".", ""])
def test_a_full_stop_is_a_blank(blank: str):
    """FRED's sign for a missing value is NaN, not 0."""
    found = read(altered(good(), ("observations", 1, "value"), put(blank)))
    assert math.isnan(values(found)[1])
    assert found.gaps == ()


@pytest.mark.parametrize(
    ("path", "change", "code", "kept"),
    [
        (("observations",), drop, "no_field", 0),
        (("observations",), rename, "no_field", 0),
        (("observations",), put({}), "wrong_type", 0),
        (("observations",), put([]), "empty", 0),
        (("observations", 3), drop, "incomplete", 3),
        (("observations", 3), put("4.4"), "wrong_type", 3),
        (("observations", 3, "value"), drop, "no_field", 3),
        (("observations", 3, "value"), put(4.4), "wrong_type", 3),
        (("observations", 3, "value"), put("4,4"), "wrong_type", 3),
        (("observations", 3, "value"), put("n/a"), "wrong_type", 3),
        (("observations", 3, "value"), put("1e999"), "not_finite", 3),
        (("observations", 3, "date"), put("02/01/2026"), "wrong_time", 3),
        (("observations", 3, "date"), put("2026-02-30"), "wrong_time", 3),
        (("observations", 3, "date"), put("2026-04-01"), "unfinished", 3),
        (("observations", 3, "realtime_start"), drop, "no_field", 3),
        (("observations", 3, "realtime_start"), put("2026-04-12"), "future", 3),
        (("units",), put("pch"), "other_unit", 0),
        (("output_type",), put(2), "other_unit", 0),
        (("count",), put("4"), "wrong_type", 0),
        (("count",), put(9), "incomplete", 4),
        (("error_message",), put("Bad Request.  The series does not exist."), "not_found", 0),
    ],
)
def test_parser_faults(path: tuple[Any, ...], change: Any, code: str, kept: int):
    """Each fault is a gap with its code, and every value that it does not touch is kept."""
    base = good() | ({"error_message": ""} if path == ("error_message",) else {})
    found = outcome(lambda: read(altered(base, path, change)))
    assert isinstance(found, Delivered)
    assert code in codes(found)
    assert len(found.observations) == kept


def test_two_dates_of_one_month_are_told():
    """A monthly series with two dates in a month keeps one value of it, and says so."""
    whole = altered(good(), ("observations", 3, "date"), put("2026-01-15"))
    found = read(whole)
    assert codes(found) == {"duplicate"}
    assert values(found) == [4.4, 4.3, 4.4]


def test_a_wrong_key_is_told_as_such():
    """A refused key is dark with the name of the variable that holds it."""
    body = b'{"error_code":400,"error_message":"Bad Request.  The value for variable api_key is not registered."}'  # noqa: E501
    with pytest.raises(FeedDark, match="FRED_API_KEY") as dark:
        fred.observations(body, request("fred"), URL)
    assert dark.value.code == "bad_key"


@given(mutations(good()))
def test_no_mutation_makes_a_number(whole: Any):
    """However a body is broken, nothing is delivered that it does not hold, and nothing raised."""
    found = outcome(lambda: read(whole))
    if isinstance(found, Delivered):
        assert all(math.isnan(one) or one in numbers(whole) for one in values(found))
        assert found.observations["known_at"].le(NOW).all()


# Without a key


def table(*lines: str) -> bytes:
    return "\n".join(lines).encode()


def test_both_forms_of_the_file_are_read():
    """The old header with full stops and the new one with blanks give the same, and say revised."""
    old = table("DATE,DGS10", "2026-04-02,4.31", "2026-04-03,.")
    new = table("observation_date,DGS10", "2026-04-02,4.31", "2026-04-03,")
    asked = request("fred", {"DGS10": "DGS10"}, now=NOW)
    one, other = (fred_pages.graph(body, asked, "u?id=DGS10") for body in (old, new))
    assert same(one, other)
    assert one.observations["value"].iloc[0] == 4.31
    assert math.isnan(one.observations["value"].iloc[1])
    assert one.observations["known_at"].isna().all()
    assert codes(one) == {"revised"}


@pytest.mark.parametrize(
    ("lines", "wanted"),
    [
        (("<html>", "x"), "no_field"),
        (("day,DGS10", "2026-04-02,4.31"), "no_field"),
        (("observation_date,DGS2", "2026-04-02,4.31"), "renamed"),
        (("observation_date,DGS10",), "empty"),
        (("observation_date,DGS10", "2026-04-02,4.31,9"), "not_csv"),
    ],
)
def test_another_file_is_dark(lines: tuple[str, ...], wanted: str):
    """A file of another series, without lines, or of another form is dark with its code."""
    asked = request("fred", {"DGS10": "DGS10"}, now=NOW)
    assert outcome(lambda: fred_pages.graph(table(*lines), asked, "u")) == wanted


def test_a_bad_line_of_the_file_is_a_gap():
    """One line that is no number, or has no date, or stands twice, leaves the others."""
    body = table(
        "DATE,DGS10", "2026-04-01,4.33", "2026-04-02,high", "soon,4", "2026-04-01,4.34",
    )  # fmt: skip
    asked = request("fred", {"DGS10": "DGS10"}, now=NOW)
    found = fred_pages.graph(body, asked, "u")
    assert values(found) == [4.34]
    assert codes(found) == {"wrong_type", "wrong_time", "duplicate", "revised"}


# The calendar


def page(*lines: str) -> bytes:
    return json.dumps({"pager": f"<table>{''.join(lines)}</table>", "ptic": "2"}).encode()


DAY = "<tr><td colspan='2'><span>Friday April 10, 2026</span></td></tr>"
LINE = "<tr><td>{}</td><td><a href='/release?rid={}'>{}</a></td></tr>"


def test_releases_are_events_at_their_time_in_st_louis():
    """A blank time is that of the line above, and one that is not told is the day's start."""
    body = page(
        DAY, LINE.format("7:30 am", 10, "Consumer Price Index"), LINE.format("", 11, "Earnings"),
        LINE.format("N/A", 12, "Rates"),
    )  # fmt: skip
    found = fred_pages.calendar(body, request("fred", now=NOW), "u")
    assert found.items["title"].tolist() == ["Consumer Price Index", "Earnings", "Rates"]
    assert found.items["at"].dt.strftime("%d %H:%M").tolist() == [
        "10 12:30",
        "10 12:30",
        "10 05:00",
    ]
    assert set(found.items["kind"]) == {"event"}
    assert found.items["known_at"].eq(NOW).all()


def test_a_calendar_without_dates_is_a_gap():
    """A release below no date, and a page without releases, are told."""
    asked = request("fred", now=NOW)
    assert codes(fred_pages.calendar(page(LINE.format("", 1, "x")), asked, "u")) == {
        "no_field", "empty",
    }  # fmt: skip
    assert outcome(lambda: fred_pages.calendar(b"[]", asked, "u")) == "wrong_type"


# Over the real client

ABOUT = {"id": "UNRATE", "units": "Percent", "frequency_short": "M"}


def api(
    about: dict[str, Any] | None, pages: Callable[[dict[str, list[str]]], Any]
) -> Callable[[str, str, bytes], Reply | None]:
    def answer(_method: str, path: str, _body: bytes) -> Reply | None:
        query = parse_qs(urlsplit(path).query)
        if path.startswith("/fred/series/observations?"):
            return Reply(body=json.dumps(pages(query)).encode())
        if path.startswith("/fred/series?") and about:
            return Reply(body=json.dumps({"seriess": [about]}).encode())
        if path.startswith("/graph/fredgraph.csv?"):
            return Reply(body=table("observation_date,UNRATE", "2026-02-01,4.4"), headers=CSV)
        return None

    return answer


def asked(server: Served, **options: str) -> Any:
    return request("fred", {"UNRATE": "UNRATE"}, now=NOW, since=SINCE, base=server.base, **options)


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("FRED_API_KEY", "0123456789abcdef0123456789abcdef")
    return "0123456789abcdef0123456789abcdef"


def test_with_a_key_vintages_are_asked_for(key: str):
    """The window begins with the year of the oldest moment wanted, and ends with FRED's time."""
    with served(api(ABOUT, lambda _: good())) as server:
        found = pulled(fred, asked(server))
        paths = [path for _, path in server.asked]
    assert values(found) == [4.4, 4.3, 4.2, 4.4]
    assert found.gaps == ()
    query = parse_qs(urlsplit(paths[-1]).query)
    assert query["realtime_start"] == ["2026-01-01"]
    assert query["realtime_end"] == ["9999-12-31"]
    assert query["observation_start"] == ["2024-11-27"]
    assert all(parse_qs(urlsplit(path).query)["api_key"] == [key] for path in paths)


def test_many_faults_of_a_kind_are_one_gap(key: str):
    """A field renamed throughout is told once, with how often, and not line by line."""
    whole = good()
    for one in whole["observations"][:3]:
        one["worth"] = one.pop("value")
    with served(api(ABOUT, lambda _: whole)) as server:
        [gap] = pulled(fred, asked(server)).gaps
    assert gap.code == "no_field"
    assert gap.reason.endswith("And 2 more.")


def test_long_answers_come_in_pages(key: str):
    """Pages are asked for until all values that FRED counts are there."""

    def pages(query: dict[str, list[str]]) -> Any:
        offset = int(query["offset"][0])
        found = [vintage("2026-01-01", "4.3", "2026-02-06")] * 40000 if offset == 0 else []
        found = found or [vintage("2026-02-01", "4.4", "2026-03-06")]
        return good() | {"count": 40001, "offset": offset, "observations": found}

    with served(api(ABOUT, pages)) as server:
        found = pulled(fred, asked(server))
        assert sum("observations" in path for _, path in server.asked) == 2
    assert values(found) == [4.3, 4.4]
    assert found.gaps == ()


def test_long_spans_come_in_windows(key: str):
    """Sixteen years are four windows of five years or less, with no day between them."""
    with served(api(ABOUT, lambda _: good())) as server:
        pulled(fred, request(
            "fred", {"UNRATE": "UNRATE"}, now=NOW, base=server.base,
            since=dt.datetime(2010, 1, 2, tzinfo=dt.UTC),
        ))  # fmt: skip
        queries = [parse_qs(urlsplit(path).query) for _, path in server.asked]
    spans = [(q["realtime_start"][0], q["realtime_end"][0]) for q in queries if "offset" in q]
    assert [start for start, _ in spans] == ["2010-01-01", "2015-01-01", "2020-01-01", "2024-12-31"]
    for (_, end), (start, _) in itertools.pairwise(spans):
        assert dt.date.fromisoformat(end) + dt.timedelta(days=1) == dt.date.fromisoformat(start)
    assert spans[-1][1] == "9999-12-31"


@pytest.mark.parametrize(
    ("change", "code"),
    [({"units": "Thousands of Persons"}, "other_unit"), ({"id": "PAYEMS"}, "unchecked")],
)
def test_another_unit_is_refused(change: dict[str, str], code: str, key: str):
    """Values in another unit than the contract's are withheld; an unknown one is told."""
    with served(api(ABOUT | change, lambda _: good())) as server:
        if code == "other_unit":
            with pytest.raises(FeedDark) as dark:
                pulled(fred, asked(server))
            assert dark.value.code == code
        else:
            assert codes(pulled(fred, asked(server))) == {code}


def test_without_a_key_the_file_stands_in(monkeypatch: pytest.MonkeyPatch):
    """No key is no darkness: today's values come, and a gap says that they are revised."""
    monkeypatch.delenv("FRED_API_KEY", raising=False)
    with served(api(ABOUT, lambda _: good())) as server:
        found = pulled(fred, asked(server))
        assert [path.partition("?")[0] for _, path in server.asked] == ["/graph/fredgraph.csv"]
    assert values(found) == [4.4]
    assert codes(found) == {"revised"}
    assert set(found.observations["basis"]) == {"rule"}


def test_a_refused_key_is_dark_and_not_replaced(key: str):
    """A key that FRED refuses is one clear line, without the key, and no revised values instead."""
    refusal = b'{"error_code":400,"error_message":"Bad Request.  The value for variable api_key is not registered."}'  # noqa: E501
    with (
        served(lambda *_: Reply(body=refusal, status=400)) as server,
        pytest.raises(FeedDark) as dark,
    ):
        pulled(fred, asked(server))
    assert "400" in str(dark.value)
    assert key not in str(dark.value)
    assert "\n" not in str(dark.value)


def test_an_option_that_cannot_be_read_is_told():
    """A history that is no number of days is dark, and nothing is asked."""
    with served(lambda *_: None) as server:
        with pytest.raises(FeedDark, match="history") as dark:
            pulled(fred, asked(server, history="long"))
        assert server.asked == []
    assert dark.value.code == "bad_option"
