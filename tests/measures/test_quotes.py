"""Markets' prices: read as claims, the newest counts, and what is no claim is told."""

from collections.abc import Callable

import pytest

from workbench.domain import claims
from workbench.domain.calendars import moment
from workbench.domain.instruments import find
from workbench.domain.snapshots import Column, Snapshot
from workbench.measures.quotes import price_of, quotes

NOW = moment("2018-01-29T22:00Z")
SPX, VIX = find("SPX"), find("VIX")
TABLE = (SPX, VIX, find("COMP"))
ABOVE = "S&P 500 closes above 2,850 on Tue 30 Jan 2018"
CLAIM = claims.level(SPX, claims.window(SPX, NOW, 1), ">", 2850)


@pytest.fixture
def seen(column: Callable[..., Column]) -> Callable[..., Snapshot]:
    """A snapshot of prices: (market, sentence, moment, price)."""

    def build(*rows: tuple[str, str, str, float]) -> Snapshot:
        columns = {
            (f"market:{market}", text): column([at], [price], [at], unit="probability")
            for market, text, at, price in rows
        }
        return Snapshot(as_of=NOW, columns=columns)

    return build


def test_a_sentence_is_the_claim_that_it_says(seen: Callable[..., Snapshot]):
    """A market's price belongs to the claim of the slate that says the same, and to no other."""
    found, flags = quotes(seen(("one", ABOVE, "2018-01-29T20:00", 0.4)), TABLE)
    assert (found[0].claim, found[0].probability, flags) == (CLAIM, 0.4, ())
    frozen = claims.Reference(symbol="SPX", at=NOW, known_at=NOW, value=2853.0)
    assert price_of(claims.with_references(CLAIM, (frozen,)), found) == 0.4
    assert price_of(claims.level(SPX, claims.window(SPX, NOW, 1), ">", 2855), found) is None
    assert price_of(claims.level(SPX, claims.window(SPX, NOW, 2), ">", 2850), found) is None


def test_the_newest_price_counts(seen: Callable[..., Snapshot]):
    """Of two markets the one that traded last; nobody's price of the day before yesterday."""
    found, _ = quotes(seen(("a", ABOVE, "2018-01-29T20:00", 0.4),
                           ("b", ABOVE, "2018-01-29T21:00", 0.5),
                           ("c", ABOVE, "2018-01-27T21:00", 0.9)), TABLE)  # fmt: skip
    assert [(one.market, one.probability) for one in found] == [("b", 0.5)]


def test_what_is_no_claim_is_told_once_a_market(seen: Callable[..., Snapshot]):
    """Vague sentences and prices outside (0, 1) are counted in one flag; the past is in none."""
    at = "2018-01-29T20:00"
    found, flags = quotes(seen(
        ("a", "Sentiment stays elevated", at, 0.4), ("a", ABOVE, at, 1.0),
        ("a", "S&P 500 closes above 2,850 on Fri 26 Jan 2018", at, 0.4),
        ("a", "VIX closes below 14 on Tue 30 Jan 2018", at, 0.7),
        ("b", "S&P 500 rises and VIX falls tomorrow", at, 0.2)), TABLE)  # fmt: skip
    assert [one.claim.subject for one in found] == ["VIX"]
    assert [flag.series for flag in flags] == ["market:a", "market:b"]
    assert flags[0].seen.startswith("2 sentences left out")
    assert {flag.severity for flag in flags} == {"note"}


@pytest.mark.parametrize(
    ("text", "paid", "kept"),
    [
        ("S&P 500 closes higher tomorrow", "2018-01-29T21:30", True),  # after Monday's close
        ("S&P 500 closes higher tomorrow", "2018-01-28T23:00", False),  # it meant Monday
        ("S&P 500 closes higher on Tue 30 Jan 2018", "2018-01-29T15:00", False),  # than Friday
        ("S&P 500 moves more than 3% by Fri 2 Feb 2018", "2018-01-29T15:00", False),
        ("S&P 500 stays above 2,800 through Tue 30 Jan 2018", "2018-01-29T15:00", False),
        ("S&P 500 stays above 2,800 through Tue 30 Jan 2018", "2018-01-29T21:30", True),
        ("S&P 500 closes above 2,800 on Tue 30 Jan 2018", "2018-01-29T15:00", True),
        ("S&P 500 closes between 2,800 and 2,850 on Tue 30 Jan 2018", "2018-01-29T15:00", True),
    ],
)
def test_a_price_is_of_what_was_traded_then(
    seen: Callable[..., Snapshot], text: str, paid: str, kept: bool
):
    """The same words mean another claim after a close: another day, or another price to beat."""
    found, flags = quotes(seen(("one", text, paid, 0.4)), TABLE)
    assert (len(found), len(flags)) == ((1, 0) if kept else (0, 1))
