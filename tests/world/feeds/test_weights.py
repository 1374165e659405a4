"""Weights are fractions of a whole that adds up, from one day's file of the fund that was meant."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.bench.markets import codes, outcome, pulled, request, same
from tests.bench.served import Reply, by_path, served
from workbench.domain.contracts import contract
from workbench.domain.deliveries import Delivered
from workbench.domain.errors import FeedDark
from workbench.world.feeds import weights

NOW = dt.datetime(2026, 4, 4, 12, tzinfo=dt.UTC)
QQQ = (
    "https://www.invesco.com/us/financial-products/etfs/holdings/main/holdings/0"
    "?audienceType=Investor&action=download&ticker=QQQ"
)
IWM = (
    "https://www.ishares.com/us/products/239710/ishares-russell-2000-etf/1467271812596.ajax"
    "?fileType=csv&fileName=IWM_holdings&dataType=fund"
)
CSV = {"Content-Type": "text/csv"}
HEAD = (
    "Fund Ticker,Security Identifier,Holding Ticker,Shares/Par Value,MarketValue,Weight,Name,"
    "Class of Shares,Sector,Date"
)


def invesco(*rows: tuple[str, str], date: str = "04/02/2026", fund: str = "QQQ") -> bytes:
    found = [
        f'{fund},1,{ticker},"1,000","2,000.5",{weight},Name,Common Stock,IT,{date}'
        for ticker, weight in rows
    ]
    return "\n".join([HEAD, *found]).encode()


GOOD = invesco(("NVDA", "50.5"), ("AAPL ", "30"), ("BRK/B", "18.2"), ("-USD-", "1.3"))
ISHARES = (
    "iShares Russell 2000 ETF\n"
    'Fund Holdings as of,"Apr 02, 2026"\n'
    'Shares Outstanding,"1,000.00"\n'
    "\xa0\n"
    "Ticker,Name,Sector,Asset Class,Market Value,Weight (%)\n"
    '"FTAI","FTAI AVIATION","Industrials","Equity","1,000.0","60.10"\n'
    '"IONQ","IONQ INC","IT","Equity","500.0","39.20"\n'
    '"XTSLA","BLK CSH FND","Cash","Money Market","10.0","0.70"\n'
    "\xa0\n"
    '"The content contained herein is owned by others."\n'
).encode()


def read(body: bytes, now: dt.datetime = NOW, **options: str) -> Delivered:
    asked = request("weights", {"weights:QQQ": "weights:QQQ"}, now=now, **options)
    return weights.invesco(body, asked, QQQ)


def test_weights_are_fractions_under_the_members_tickers():
    """Percent become fractions; cash is no member; the day is the file's own."""
    rows = read(GOOD).observations
    assert dict(zip(rows["field"], rows["value"], strict=True)) == {
        "NVDA": 0.505, "AAPL": 0.3, "BRK/B": 0.182,
    }  # fmt: skip
    assert rows["at"].eq(dt.datetime(2026, 4, 2, 20, tzinfo=dt.UTC)).all()
    agreed = contract("weights:QQQ", "NVDA")
    assert agreed is not None
    assert set(rows["unit"]) == {agreed.unit} == {"fraction"}


def test_the_other_house_has_another_file():
    """Lines about the fund before the table and terms below it are no holdings."""
    asked = request("weights", {"weights:IWM": "weights:IWM"}, now=NOW)
    found = weights.ishares(ISHARES, asked, IWM)
    rows = found.observations
    assert dict(zip(rows["field"], rows["value"], strict=True)) == {"FTAI": 0.601, "IONQ": 0.392}
    assert set(rows["series"]) == {"weights:IWM"}
    assert found.gaps == ()


def test_light_members_may_be_left_out():
    """The option keeps what is heavy, after the sum was checked."""
    assert set(read(GOOD, least="0.25").observations["field"]) == {"NVDA", "AAPL"}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (invesco(("NVDA", "50.5"), ("AAPL", "30")), "wrong_sum"),
        (invesco(("NVDA", "0.505"), ("AAPL", "0.495")), "wrong_sum"),  # fractions, not percent
        (invesco(), "wrong_time"),
        (invesco(("NVDA", "99"), date="2026-04-02"), "wrong_time"),
        (invesco(("NVDA", "99"), date="04/06/2026"), "future"),
        (invesco(("NVDA", "99"), fund="QQQM"), "renamed"),
        (GOOD.replace(b"Holding Ticker", b"Ticker"), "no_field"),
        (GOOD.replace(b",Weight,", b",Share,"), "no_field"),
        (GOOD.replace(b",Date", b",Day"), "wrong_time"),
        (b"<html>not here</html>", "no_field"),
        (b"", "no_field"),
    ],
)
def test_another_file_is_dark(body: bytes, code: str):
    """A file that is not this fund's whole of one day is dark with its code."""
    assert outcome(lambda: read(body)) == code


@pytest.mark.parametrize("weight", ["", "-", "heavy", "101", "-1"])
def test_a_weight_that_is_none_is_a_gap(weight: str):
    """A blank is never 0, and one bad line leaves the others when they still add up."""
    found = read(invesco(("NVDA", "98"), ("AAPL", weight)))
    assert set(found.observations["field"]) == {"NVDA"}
    assert len(codes(found)) == 1


@given(st.integers(0, len(GOOD) - 1), st.binary(min_size=0, max_size=4))
def test_no_mutation_breaks_the_sum(place: int, new: bytes):
    """Whatever bytes stand somewhere in the file: shares that add up, or dark."""
    found = outcome(lambda: read(GOOD[:place] + new + GOOD[place + 3 :]))
    if isinstance(found, Delivered):
        rows = found.observations["value"]
        assert rows.between(0, 1).all()
        assert 0.95 <= rows.sum() <= 1.02


def test_each_fund_is_asked_at_its_house():
    """One house that does not answer is a gap; the other's fund is delivered."""
    routes = {"/us/financial-products": Reply(body=GOOD, headers=CSV)}
    with served(by_path(routes)) as server:
        asked = request("weights", now=NOW, base=server.base)
        found = pulled(weights, asked)
        assert same(found, pulled(weights, asked))
        assert sorted({path.partition("?")[0] for _, path in server.asked}) == [
            "/us/financial-products/etfs/holdings/main/holdings/0",
            "/us/products/239710/ishares-russell-2000-etf/1467271812596.ajax",
            "/us/products/239726/ishares-core-sp-500-etf/1467271812596.ajax",
        ]
    assert set(found.observations["series"]) == {"weights:QQQ"}
    assert {(gap.series, gap.code) for gap in found.gaps} == {
        ("weights:SPY", "not_found"), ("weights:IWM", "not_found"),
    }  # fmt: skip


def test_an_option_that_cannot_be_read_is_told():
    """A weight that is no fraction is dark, and nothing is asked."""
    with served(lambda *_: None) as server:
        with pytest.raises(FeedDark, match="least") as dark:
            pulled(weights, request("weights", now=NOW, base=server.base, least="5%"))
        assert server.asked == []
    assert dark.value.code == "bad_option"
