"""What an archive holds, as the command tells it."""

import pandas as pd

from workbench.steps.holdings import MANY, gathered


def coverage(series: str, fields: int) -> pd.DataFrame:
    day = pd.Timestamp("2026-04-02", tz="UTC")
    return pd.DataFrame(
        {
            "series": series, "field": [f"f{n}" for n in range(fields)], "source": "cboe",
            "rows": 2, "blanks": 1, "first": day, "last": day, "known": day, "unit": "USD",
            "basis": "seen", "freshness": "fresh",
        }
    )  # fmt: skip


def test_a_chain_is_one_line():
    """A thousand fields of one series are a line with their number, and nothing is lost of it."""
    told = gathered(pd.concat([coverage("SPY", 5), coverage("options:SPY", 1_200)]))
    assert len(told) == 6
    chain = told[told["series"] == "options:SPY"].iloc[0]
    assert (chain["field"], chain["rows"], chain["blanks"]) == ("1,200 fields", 2_400, 1_200)


def test_few_fields_are_told_one_by_one():
    """What a person can read is left as it is."""
    few = coverage("SPY", MANY)
    pd.testing.assert_frame_equal(gathered(few), few)
