"""Instruments: names that sentences may use, and none that mean two things."""

import datetime as dt
from dataclasses import replace

import pytest

from workbench.domain.calendars import venue
from workbench.domain.errors import ClaimRefused, ParamsError
from workbench.domain.instruments import INDICATORS, INSTRUMENTS, find, indicator


@pytest.mark.parametrize("one", INSTRUMENTS, ids=lambda one: one.symbol)
def test_each_name_means_one_instrument(one):
    """A symbol, name or alias finds its own instrument and no other, in any case and spacing."""
    for name in (one.symbol, one.name, *one.aliases):
        for written in (name, name.upper(), name.lower(), f"  {name} "):
            assert find(written) is one


def test_an_unknown_name_is_refused_with_the_known_ones():
    """A name nobody taught the desk is refused; the refusal lists what it has and where to add."""
    table = [one for one in INSTRUMENTS if one.symbol in {"SPX", "VIX"}]
    with pytest.raises(ClaimRefused, match=r"'Nikkei' is not .* Known: SPX, VIX\. Add it") as error:
        find(" Nikkei ", table)
    assert error.value.code == "no_instrument"


def test_only_the_table_given_is_searched():
    """A desk that does not list an instrument cannot speak of it."""
    with pytest.raises(ClaimRefused):
        find("bitcoin", [one for one in INSTRUMENTS if one.venue == "XNYS"])


def test_no_substring_is_a_name():
    """`SP` is not `S&P 500`: a name is matched whole, never guessed."""
    for part in ("S&", "SP", "", "Nasdaq Comp"):
        with pytest.raises(ClaimRefused):
            find(part)


def test_the_table_can_be_settled():
    """Every built-in instrument has a known venue, a positive tick and a lag that is not early."""
    for one in INSTRUMENTS:
        assert len(venue(one.venue).closes) > 10_000
        assert one.tick > 0
        assert one.lag_minutes > 0
    symbols = [one.symbol for one in (*INSTRUMENTS, *INDICATORS)]
    assert len(symbols) == len(set(symbols))


def test_lag_of_an_indicator():
    """Core CPI of a month is taken as known twenty days after the month's end."""
    cpi = next(one for one in INDICATORS if one.symbol == "CPILFESL")
    assert cpi.lag == dt.timedelta(days=20)
    assert (cpi.lag_days, replace(cpi, lag=dt.timedelta(hours=25)).lag_days) == (20, 2)


def test_an_indicator_is_a_series_and_its_field():
    """Any field that a contract speaks for can inform minds; a misspelt one is refused by name."""
    chain = indicator("ETH.tx_count")
    assert (chain.series, chain.field, chain.unit) == ("ETH", "tx_count", "transactions a day")
    stars = indicator("langflow-ai/langflow.stars")
    assert (stars.series, stars.field) == ("langflow-ai/langflow", "stars")
    assert stars.name == "stars of langflow-ai/langflow"
    with pytest.raises(ParamsError, match="Did you mean 'DGS10'"):
        indicator("DGS1O")
