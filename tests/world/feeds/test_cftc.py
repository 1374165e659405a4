"""CFTC's positions: counts of contracts of a Tuesday, known from the Friday after it."""

import datetime as dt
import json
import math
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
from tests.bench.served import Reply, served
from workbench.domain.contracts import contract
from workbench.domain.deliveries import Delivered
from workbench.domain.errors import FeedDark
from workbench.world.feeds import cftc

NOW = dt.datetime(2026, 4, 4, 12, tzinfo=dt.UTC)
URL = "https://publicreporting.cftc.gov/resource/6dca-aqww.json?$limit=50000"


def row(date: str, code: str = "13874A", **change: Any) -> dict[str, Any]:
    return {
        "report_date_as_yyyy_mm_dd": f"{date}T00:00:00.000",
        "cftc_contract_market_code": code,
        "open_interest_all": "2000000",
        "noncomm_positions_long_all": "300000",
        "noncomm_positions_short_all": "350000",
        "futonly_or_combined": "FutOnly",
    } | change


def good() -> list[dict[str, Any]]:
    return [row("2026-03-17"), row("2026-03-24", noncomm_positions_long_all="310000")]


def read(whole: Any, now: dt.datetime = NOW) -> Delivered:
    asked = request("cftc", {"cftc:ES": "cftc:ES"}, now=now)
    return cftc.positions(json.dumps(whole).encode(), asked, URL)


def test_positions_are_known_on_friday():
    """A Tuesday's positions are known on Friday at 15:30 in New York, in the contract's unit."""
    rows = read(good()).observations
    assert values(read(good()), "long") == [300000.0, 310000.0]
    assert rows["at"].iloc[0] == dt.datetime(2026, 3, 17, 20, tzinfo=dt.UTC)
    assert rows["known_at"].iloc[0] == dt.datetime(2026, 3, 20, 19, 30, tzinfo=dt.UTC)
    assert set(rows["basis"]) == {"rule"}
    for name in ("long", "short", "open_interest"):
        agreed = contract("cftc:ES", name)
        assert agreed is not None
        assert agreed.unit == "contracts"
    assert set(rows["unit"]) == {"contracts"}


@pytest.mark.parametrize(
    ("tuesday", "known"),
    [
        ("2026-03-24", "2026-03-27T19:30"),
        ("2026-03-31", "2026-04-06T19:30"),  # Good Friday
        ("2025-11-25", "2025-12-01T20:30"),  # Thanksgiving
        ("2025-12-23", "2025-12-29T20:30"),  # Christmas
        ("2026-11-10", "2026-11-16T20:30"),  # Veterans Day, when the exchange is open
    ],
)
def test_a_holiday_puts_the_report_off(tuesday: str, known: str):
    """With a holiday between them the report is known after the weekend, on the late side."""
    found = cftc.published(dt.date.fromisoformat(tuesday))
    assert found.strftime("%Y-%m-%dT%H:%M") == known


@pytest.mark.parametrize(
    ("path", "change", "code", "kept"),
    [
        ((0, "open_interest_all"), drop, "no_field", 5),
        ((0, "noncomm_positions_long_all"), rename, "no_field", 5),
        ((0, "noncomm_positions_long_all"), put("many"), "wrong_type", 5),
        ((0, "noncomm_positions_long_all"), put("-1"), "wrong_type", 5),
        ((0, "noncomm_positions_long_all"), put("1.5"), "wrong_type", 5),
        ((0, "noncomm_positions_long_all"), put(300000), None, 6),
        ((0, "noncomm_positions_long_all"), put(None), None, 6),
        ((0, "report_date_as_yyyy_mm_dd"), drop, "no_field", 3),
        ((0, "report_date_as_yyyy_mm_dd"), put("17.03.2026"), "wrong_time", 3),
        ((0, "report_date_as_yyyy_mm_dd"), put("2026-04-07T00:00:00.000"), "future", 3),
        ((0, "report_date_as_yyyy_mm_dd"), put("2026-03-24T00:00:00.000"), "duplicate", 3),
        ((0, "cftc_contract_market_code"), drop, "no_field", 3),
        ((0, "futonly_or_combined"), put("Combined"), "other_unit", 3),
        ((0,), put("row"), "wrong_type", 3),
    ],
)
def test_parser_faults(path: tuple[Any, ...], change: Any, code: str | None, kept: int):
    """Each fault is a gap with its code, and every count that it does not touch is kept."""
    found = outcome(lambda: read(altered(good(), path, change)))
    assert isinstance(found, Delivered)
    assert len(found.observations) == kept
    assert (code in codes(found)) if code else found.gaps == ()


def test_a_contract_that_does_not_come_is_told():
    """An empty answer, or one of other contracts, is a gap of each series asked for."""
    assert codes(read([])) == {"not_found"}
    assert codes(read([row("2026-03-17", "209742")])) == {"not_found"}


def test_an_error_of_the_source_is_dark():
    """Socrata tells errors as an object."""
    assert outcome(lambda: read({"error": True, "message": "Invalid SoQL"})) == "wrong_type"


@given(mutations(good()))
def test_no_mutation_makes_a_number(whole: Any):
    """However a body is broken, nothing is delivered that it does not hold, and nothing raised."""
    found = outcome(lambda: read(whole))
    if isinstance(found, Delivered):
        assert all(math.isnan(one) or one in numbers(whole) for one in values(found))


def test_one_request_asks_for_all_contracts():
    """The query names the codes and a Tuesday before the oldest moment wanted."""
    with served(lambda *_: Reply(body=json.dumps(good()).encode())) as server:
        asked = request(
            "cftc", {"cftc:ES": "cftc:ES", "cftc:NQ": "cftc:NQ"}, now=NOW, base=server.base,
            since=dt.datetime(2026, 3, 20, tzinfo=dt.UTC),
        )  # fmt: skip
        found = pulled(cftc, asked)
        assert same(found, pulled(cftc, asked))
        [path, _] = [path for _, path in server.asked]
    assert [(gap.series, gap.code) for gap in found.gaps] == [("cftc:NQ", "not_found")]
    assert urlsplit(path).path == "/resource/6dca-aqww.json"
    where = parse_qs(urlsplit(path).query)["$where"][0]
    assert "('13874A','209742')" in where
    assert "2026-03-06" in where


def test_leveraged_funds_are_an_option():
    """The report on financial futures has other names for the same fields."""
    whole = [row("2026-03-17")]
    whole[0]["lev_money_positions_long"] = whole[0].pop("noncomm_positions_long_all")
    whole[0]["lev_money_positions_short"] = whole[0].pop("noncomm_positions_short_all")
    with served(lambda *_: Reply(body=json.dumps(whole).encode())) as server:
        one = {"cftc:ES": "cftc:ES"}
        found = pulled(cftc, request("cftc", one, now=NOW, base=server.base, report="tff"))
        assert server.asked[0][1].startswith("/resource/gpe5-46if.json")
        with pytest.raises(FeedDark, match="neither"):
            pulled(cftc, request("cftc", one, now=NOW, base=server.base, report="other"))
    assert values(found) == [300000.0, 350000.0, 2000000.0]
