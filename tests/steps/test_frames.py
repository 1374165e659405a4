"""What a table shows is what a reader thinks in: per cent, whole counts, words for what is not."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from workbench.steps import frames


def text(name: str, *values: object) -> list[str]:
    """A column as shown beside a first one that names the rows."""
    frame = pd.DataFrame({"row": [str(k) for k in range(len(values))], name: values})
    made = frames.shown(frame)
    assert isinstance(made, pd.DataFrame)
    return made.iloc[:, 0].tolist()


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("probability", 0.4979, "49.8%"),
        ("base_rate", 0.9999, ">99.9%"),
        ("n", 12345, "12,345"),
        ("n_eff", 941.728, "942"),
        ("brier", 0.23456, "0.235"),
        ("skill", -0.013, "−1.3%"),
        ("drawdown", 0.0, "0.0%"),
        ("lean", -0.129, "−0.13"),
        ("for", 1.163, "1.2×"),
        ("open", np.True_, "yes"),
        ("open", False, "no"),
        ("since", dt.date(2017, 10, 2), "Mon 2 Oct 2017"),
        ("amount", -1234.5, "−1,234.50"),
        ("reason", "", "–"),
        ("reason", "moved -0.90% by 2018-02-12", "moved −0.90% by 2018-02-12"),
        ("regime", "risk_off", "risk off"),
    ],
)
def test_a_value_is_shown_in_its_unit(name: str, value: object, said: str):
    """The column's name says how: a fraction that means a share is per cent, a count is whole."""
    assert text(name, value) == [said]


def test_what_is_missing_is_a_word():
    """None, NaN and NaT never reach a page; a skill that is missing says why."""
    assert text("score", 0.5, None) == ["0.50", "–"]
    assert text("score", float("nan")) == ["–"]
    assert text("until", pd.NaT) == ["–"]
    assert text("skill", None) == ["too few dates"]


def test_an_interval_stands_beside_its_middle():
    """One column for three, and a reference compared with itself has none."""
    frame = pd.DataFrame({
        "who": ["a", "b", "c"], "skill": [0.116, 0.0, None], "skill_low": [0.085, 0.0, None],
        "skill_high": [0.148, 0.0, None], "dates": [81, 81, 2],
    })  # fmt: skip
    made = frames.shown(frame, "who", "dates", "skill")
    assert made["skill"].tolist() == ["+11.6% [+8.5, +14.8]", "0.0%", "too few dates"]
    assert made.index.tolist() == ["a", "b", "c"]
    assert made.columns.tolist() == ["dates", "skill"]


def test_an_empty_frame_is_a_sentence():
    """A head without rows tells nobody that nothing happened."""
    made = frames.shown(pd.DataFrame(columns=["mind"]), empty="No mind <proposed> a claim.")
    assert made._repr_html_() == "<p>No mind &lt;proposed&gt; a claim.</p>"
    assert "None." in frames.upright(pd.DataFrame())._repr_html_()


def test_odds_are_whole_per_cent():
    """Claims side by side; who is silent has a dash."""
    frame = pd.DataFrame({"Macro": [0.489, None]}, index=pd.Index(["x", "y"], name="claim"))
    assert frames.odds(frame.astype(float))["Macro"].tolist() == ["49%", "–"]


def test_one_row_is_read_downwards():
    """Fifteen columns of one row are fifteen rows."""
    made = frames.upright(pd.DataFrame([{"trades": 3, "return": 0.0123, "volatility": None}]))
    assert dict(zip(made.index, made[""], strict=True)) == {
        "trades": "3", "return": "+1.2%", "volatility": "–"
    }  # fmt: skip
