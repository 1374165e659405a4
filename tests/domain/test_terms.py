"""The sources' terms: every source has them, and the page says the same as the table."""

import re
from pathlib import Path
from typing import get_args

import pytest

from workbench.domain import terms
from workbench.domain.terms import TERMS, notices
from workbench.world.schema import FeedName

PAGE = (Path(__file__).parents[2] / "docs/data-terms.md").read_text("utf-8")


def test_every_source_has_terms():
    """No feed may be added without saying what may be done with what it brings."""
    assert set(TERMS) == {*get_args(FeedName), "anthropic"}


def test_the_page_is_the_table():
    """What a reader finds in the documentation is what the publisher enforces."""
    assert terms.table() in PAGE


@pytest.mark.parametrize("source", TERMS)
def test_what_was_not_checked_is_marked(source: str):
    """Nobody here could open the terms, so each source says what must be checked."""
    assert TERMS[source].check
    assert all(one.endswith(".") for one in TERMS[source].check)


def test_headlines_and_bars_are_never_passed_on():
    """A public page holds a headline's title, source and link, and no bulk bars (TERMS)."""
    assert TERMS["news"].show == "title, source, link"
    bars = {"yahoo", "cboe", "kraken", "coinbase", "bitstamp", "gemini", "binance", "bybit", "okx"}
    assert all(not TERMS[one].redistribute and TERMS[one].show == "derived" for one in bars)


def test_fred_is_named_as_it_asks():
    """FRED asks for this very sentence."""
    (notice,) = notices(["fred"])
    assert "not endorsed or certified by the Federal Reserve Bank of St. Louis" in notice


def test_notices_are_said_once():
    """A page names each notice once, in one order, and none for a source that it did not use."""
    assert notices(["kraken", "fred", "kraken", "B-yahoo"]) == (
        TERMS["fred"].notice, TERMS["kraken"].notice,
    )  # fmt: skip
    assert notices([]) == ()


def test_no_address_stands_in_the_table():
    """Terms are found by name: an address would age, and be followed unread."""
    assert not re.search(r"https?://", PAGE)
