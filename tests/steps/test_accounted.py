"""The paper account as the record page shows it: what it came to is of its whole course."""

import json

import numpy as np
import pandas as pd
import pytest

from workbench.steps import accounted


def course(n: int) -> pd.DataFrame:
    """A walk of n cycles with one deep and short fall."""
    steps = np.random.default_rng(4).normal(0.0002, 0.002, (2, n))
    steps[0, n // 3], steps[0, n // 3 + 1] = -0.5, 0.5
    worth, hold = 100 * np.exp(np.cumsum(steps, axis=1))
    made = pd.DataFrame({"equity": worth, "hold": hold})
    made["drawdown"], made["hold_drawdown"] = (
        made[name] / made[name].cummax() - 1 for name in ("equity", "hold")
    )
    made["exposure"] = [np.nan, *[0.25] * (n - 1)]
    days = pd.date_range("2001-01-01", periods=n).strftime("%Y-%m-%dT22:00:00Z")
    return made.assign(as_of=days)


@pytest.mark.parametrize("n", [2, 90, 6000])
def test_a_long_course_is_thinned_and_its_facts_are_not(n: int):
    """Ends, deepest points and exposure are of all cycles; the line has a bounded number."""
    whole = course(n)
    found = accounted.told(whole, 3)
    assert (found["cycles"], found["trades"]) == (n, 3)
    assert found["return"] == pytest.approx(whole["equity"].iloc[-1] / whole["equity"].iloc[0] - 1)
    assert found["hold"] == pytest.approx(whole["hold"].iloc[-1] / whole["hold"].iloc[0] - 1)
    assert found["exposure"] == pytest.approx(0.25)
    kept = pd.DataFrame(found["course"])
    assert len(kept) <= accounted.POINTS + 2
    assert kept["as_of"].iloc[[0, -1]].tolist() == whole["as_of"].iloc[[0, -1]].tolist()
    for name in ("drawdown", "hold_drawdown"):
        assert kept[name].min() == found[name] == whole[name].min()
    json.dumps(found, allow_nan=False)


def test_an_account_without_a_course_is_its_size():
    """Before the second cycle there is nothing to say beyond how many there were."""
    assert accounted.told(course(2)[:1], 0) == {"cycles": 1, "trades": 0}


def test_a_lead_without_a_price_is_no_number():
    """What cannot be held against anything is None, which JSON has, and never NaN."""
    found = accounted.told(course(40).assign(hold=np.nan, hold_drawdown=np.nan), 1)
    assert (found["hold"], found["hold_drawdown"]) == (None, None)
    assert all(row["hold"] is None for row in found["course"])
