"""Figures of the stories: words that the data prove, whatever the desk follows."""

import numpy as np
import pandas as pd
import pytest

from tests.desk.test_charts import FROM, words
from workbench.desk import charts
from workbench.measures.together import RECENT


def leads(*stories: tuple[str, float, float], lags: tuple[int, ...] = (-1, 0, 1)) -> pd.DataFrame:
    """As ``steps.trials.leads`` says it of stories with these p-values."""
    rows = [
        (title, f"{title} One", f"{title} Two", f"{title}1 → {title}2", lag, 0.1 * lag,
         0.1 * lag - 0.05, 0.1 * lag + 0.05, p, asymmetry, 504, np.datetime64("2018-01-26"))
        for title, p, asymmetry in stories
        for lag in lags
    ]  # fmt: skip
    names = "title leader follower pair lag correlation low high p_value asymmetry_p n last"
    return pd.DataFrame(rows, columns=names.split())


def joint(alike: float = 0.5, fell: int = 12, n: int = 100) -> pd.DataFrame:
    index = pd.DatetimeIndex(pd.bdate_range(end="2018-01-26", periods=n), name="session")
    frame = pd.DataFrame({"alike": alike, "fell": False}, index=index)
    frame.iloc[n - fell :, 1] = True
    frame["low"], frame["high"], frame["usual"] = 0.3, 0.6, 0.15
    frame["least"], frame["members"] = 5, 7
    return frame


@pytest.mark.parametrize(
    ("told", "title"),
    [
        ([("A", 0.01, 0.01)], "A One moves before A Two"),
        ([("A", 0.01, 0.2)], "Nothing shows that A One moves before A Two"),
        ([("A", 0.2, 0.01)], "Nothing shows that A One moves before A Two"),
        (
            [("A", 0.2, 0.2), ("B", 1.0, 0.5)],
            "Neither lead that the stories tell of shows in the data",
        ),
        ([("A", 0.2, 0.2), ("B", 0.01, 0.0)], "B One moves before B Two"),
    ],
)
def test_the_title_is_what_the_leads_prove(told: list[tuple[str, float, float]], title: str):
    """A lead is said only when there is one, and more of it than the other way round."""
    shown = words(charts.lead_lag(leads(*told), FROM))["title"]
    assert shown.removesuffix(" on the sessions shown") == title


def test_every_lag_is_in_the_table_and_the_same_session_is_not_drawn():
    """The bars are the lags apart, with their intervals; the same session stands in the table."""
    figure = charts.lead_lag(leads(("A", 0.2, 0.2), ("B", 0.2, 0.2)), FROM)
    table = words(figure)["table"]
    assert [row[:2] for row in table["rows"]] == [[t, k] for t in "AB" for k in ("−1", "0", "1")]
    assert table["rows"][2][2:] == ["+0.10", "+0.05 to +0.15"]
    bars = [(trace.name, list(trace.x), list(trace.y)) for trace in figure.data]
    assert bars == [
        ("thesis", [1.0], [0.1]), ("reverse", [0.0], [-0.1]),
        ("thesis", [4.0], [0.1]), ("reverse", [3.0], [-0.1]),
    ]  # fmt: skip
    assert list(figure.layout.xaxis.ticktext) == ["−1", "1", "−1", "1"]
    assert [note.text for note in figure.layout.annotations] == ["A1 → A2", "B1 → B2"]
    assert np.allclose(figure.data[0].error_y.array, 0.05)


def test_falling_together_is_counted():
    """The title counts joint falls among the sessions of a reading; the band is of the past."""
    figure = charts.together(joint(fell=12), FROM)
    told = words(figure)
    assert (
        told["title"] == f"At least 5 of 7 fell together on 12 of {RECENT} sessions; usual is 15%"
    )
    assert told["table"]["rows"][-1] == ["2018-01-26", "+0.50", "yes"]
    assert (figure.layout.shapes[0].y0, figure.layout.shapes[0].y1) == (0.3, 0.6)


def test_a_desk_without_stories_has_a_figure_that_says_so():
    """An empty frame is no error: the figure's title says why nothing is drawn."""
    assert "no story of a lead" in words(charts.lead_lag(leads(), FROM))["title"]
    assert "fall together" in words(charts.together(joint(n=1).iloc[:0], FROM))["title"]
