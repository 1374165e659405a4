"""Ground truth: real errors beside their repairs are found, clean history is left alone."""

from pathlib import Path

import pytest

from tests.bench import injected, left_out, recall
from workbench.measures.quality import breaks

SERIES = Path(__file__).parents[4] / "shared" / "data" / "series"
PAIRS = SERIES / "yfinance_repair_pairs"
here = pytest.mark.skipif(not PAIRS.is_dir(), reason="the shared data is not here")


@here
def test_recall_on_real_errors():
    """Nine in ten real errors of every kind are found, and one row in 200 at most is none."""
    table = recall.pairs(PAIRS)
    found, _, false = recall.rates(table)
    assert found >= 0.9
    assert false <= 0.005
    kinds = table[table["errors"] > 0].groupby("kind")[["errors", "found"]].sum()
    assert (kinds["found"] >= 0.9 * kinds["errors"]).all(), kinds


@here
def test_daily_history_is_clean():
    """Closes of shares, funds and coins of thirty years are left alone."""
    table = recall.history(SERIES, ("equity_daily_ohlcv", "crypto_daily", "fred"))
    assert (table["share"] <= 0.005).all(), table
    assert table["rows"].sum() > 100_000


@here
def test_the_known_faults_of_vix():
    """Opens outside their range, and the flat bars of its first two years, are found."""
    outside, opens, flat, flats = recall.vix(SERIES)
    assert outside >= 43
    assert opens >= 0.9 * outside
    assert flats >= 0.9 * flat > 0


@here
def test_recall_on_errors_put_into_other_shares():
    """The same kinds of error at random places of shares that no rule was looked at with."""
    table = injected.measured(SERIES.parent, rounds=1)
    assert (table["caught"] >= 0.9 * table["tried"]).all(), table
    assert table["extra"].sum() <= 0.005 * table["clean"].sum(), table


@here
def test_no_file_carries_a_number():
    """The numbers that one file once carried may be moved by a third without a file being lost."""
    carried = {"_LEAST", "_UNPAID", "_TWICE", "_ALIKE", "_TOLD", "_SIGMAS"}
    for number in (n for module in left_out.MODULES for n in left_out.numbers(module)):
        if number.text.partition(" =")[0] in carried:
            for factor in left_out.NEAR:
                with left_out.moved(number, factor):
                    found = left_out.rates(recall.pairs(PAIRS))
                assert found["recall"] >= 0.9, (number.name, factor)
                assert found["files"] >= 0.9, (number.name, factor)
                assert found["false"] <= 0.005, (number.name, factor)


def test_a_number_is_moved_and_put_back():
    """A harness that moved nothing would find every rule robust."""
    number = next(n for n in left_out.numbers(breaks) if n.text.startswith("_SIGMAS"))
    with left_out.moved(number, 0.5):
        assert breaks._SIGMAS == 4.0
    assert breaks._SIGMAS == 8.0
