"""Breadth and the price of insurance, drawn: words that the data prove, and reasons where not."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from tests.desk.test_charts import FROM, words
from workbench.desk import charts
from workbench.desk.charts.telling import is_feared, is_inverted, is_narrow
from workbench.domain.calendars import venue
from workbench.domain.instruments import find

SPX = find("SPX")


def sessions(n: int) -> pd.DatetimeIndex:
    dates = venue("XNYS").dates
    last = int(np.searchsorted(dates, np.datetime64("2018-01-26")))
    return pd.DatetimeIndex(dates[last - n + 1 : last + 1], name="session")


def wide(above: float, n: int = 7, close: float = 100.0, high: float = 100.0) -> pd.DataFrame:
    """As ``steps.breadth.history`` says it: an index that was at its high and is at its close."""
    frame = pd.DataFrame({"close": np.linspace(high - 5, high, 100)}, sessions(100))
    frame.iloc[-1, 0] = close
    frame["above_50"], frame["n_50"] = above, n
    frame["above_200"], frame["n_200"] = above, n
    return frame


def cost(vix: float, far: float | None = None, n: int = 100, moved: float = 10.0) -> pd.DataFrame:
    """As ``steps.fear.history`` says it: calm sessions, and the last one as given."""
    frame = pd.DataFrame({"VIX": np.linspace(12, 14, n)}, sessions(n))
    frame.iloc[-1, 0] = vix
    if far is not None:
        frame["VIX9D"], frame["VIX3M"], frame["VIX6M"] = frame["VIX"] - 1, 16.0, 18.0
        frame.iloc[-1, frame.columns.get_loc("VIX3M")] = far
    frame["moved"] = moved
    return frame


def labels(figure: go.Figure) -> list[str]:
    return [note.text for note in figure.layout.annotations]


@pytest.mark.parametrize(
    ("above", "n", "close", "said"),
    [
        (0, 7, 100.0, "None of seven shares stands above its 200-session mean, with the S&P 500 at "
         "its highest close shown"),
        (1 / 7, 7, 95.6, "One of seven shares stands above its 200-session mean, with the S&P 500 "
         "4.4% below its highest close shown"),
        (2 / 7, 7, 99.96, "Two of seven shares stand above their 200-session mean, with the "
         "S&P 500 a hair below its highest close shown"),
        (1, 3, 90.0, "All three shares stand above their 200-session mean, with the S&P 500 10.0% "
         "below its highest close shown"),
        (6 / 12, 12, 90.0, "Six of 12 shares stand above their 200-session mean, with the S&P 500 "
         "10.0% below its highest close shown"),
    ],
)  # fmt: skip
def test_breadth_says_how_many_go_along(above: float, n: int, close: float, said: str):
    """The title counts shares and says where the index stands, in the grammar of each number."""
    frame = wide(above, n, close)
    high = frame["close"].iloc[:-1].max()
    frame.loc[frame.index[:-1], "close"] *= 100.0 / high
    told = words(charts.breadth(frame, SPX, FROM))
    assert told["title"] == said
    assert f"n = {n} shares in 100 sessions." in told["caption"]
    assert len(told["table"]["rows"]) == 12


def test_breadth_draws_gaps_as_gaps():
    """A session without breadth or without the index is a gap in the line and a dash below."""
    frame = wide(4 / 7)
    frame.iloc[-2, frame.columns.get_loc("above_200")] = np.nan
    frame.iloc[-3, frame.columns.get_loc("close")] = np.nan
    figure = charts.breadth(frame, SPX, FROM)
    index, _, long = (np.array(trace.y, float) for trace in figure.data)
    assert np.isnan(index[-3])
    assert np.isnan(long[-2])
    assert np.isfinite(np.delete(long, -2)).all()
    told = words(figure)
    rows = told["table"]["rows"]
    assert [row[1] for row in rows].count("–") == 1
    assert rows[-1][1] == "0.0%"
    assert [row[2] for row in rows].count("–") == 1
    assert "in 99 sessions." in told["caption"]


def test_breadth_speaks_of_the_last_session_that_has_it():
    """Where the shares’ closes are not there yet, the title is of the session before, whole."""
    frame = wide(1.0, close=50.0)
    frame.iloc[-1, 1:] = [np.nan, 0, np.nan, 0]
    title = words(charts.breadth(frame, SPX, FROM))["title"]
    assert title.startswith("All seven")
    assert title.endswith("at its highest close shown")


def test_breadth_without_shares_says_why():
    """A desk without shares, and one whose shares are young, get a sentence and no axes."""
    none = charts.breadth(pd.DataFrame(), SPX, FROM)
    assert "three shares, which this desk does not follow" in words(none)["title"]
    assert none.layout.yaxis.visible is False
    young = wide(np.nan, 0)
    assert "fewer than three of the shares" in words(charts.breadth(young, SPX, FROM))["title"]


def test_labels_of_breadth_stand_apart():
    """Both means end at one height; their labels do not cover each other or the hairlines."""
    for above in (0.0, 1.0):
        notes = charts.breadth(wide(above), SPX, FROM).layout.annotations
        heights = sorted(note.y for note in notes)
        assert [note.yref for note in notes] == ["y2", "y2"]
        assert heights[1] - heights[0] >= 18
        assert heights[0] >= 9


@pytest.mark.parametrize(
    ("vix", "moved", "said"),
    [
        (37.3, 20.0, "VIX at 37.3 is the highest of 100 closes, and 17.3 points more than the "
         "S&P 500 has moved"),
        (9.0, 10.0, "VIX at 9.0 is the lowest of 100 closes, and 1.0 points less than the S&P 500 "
         "has moved"),
        (13.97, 10.0, "VIX at 14.0 is above all but one of the 99 closes before, and 4.0 points "
         "more than the S&P 500 has moved"),
        (13.0, 13.04, "VIX at 13.0 is above 51% of the 99 closes before, and just what the "
         "S&P 500 has moved"),
    ],
)  # fmt: skip
def test_fear_says_where_it_stands(vix: float, moved: float, said: str):
    """The title ranks the VIX among the closes shown and sets it against what was moved."""
    figure = charts.fear(cost(vix, moved=moved), SPX, FROM)
    assert words(figure)["title"] == said
    assert sorted(labels(figure)) == [f"VIX {vix:.1f}", f"moved {moved:.1f}"]


def test_fear_alone_has_one_line():
    """A desk without the S&P 500 sees the VIX and nothing beside it."""
    figure = charts.fear(cost(20.0, moved=np.nan), None, FROM)
    told = words(figure)
    assert told["title"] == "VIX at 20.0 is the highest of 100 closes"
    assert len(figure.data) == 1
    assert told["table"]["columns"] == ["Close", "VIX"]
    assert told["table"]["rows"][0] == ["lowest", "12.00"]
    assert told["table"]["rows"][-2:] == [["highest", "20.00"], ["last", "20.00"]]
    assert "moved" not in told["subtitle"]


def test_an_old_close_is_told_with_its_day():
    """A VIX that is not of the last session due is never told as if it were of now."""
    frame = cost(20.0, 16.0)
    frame.iloc[-1] = np.nan
    assert "VIX at 14.0 on Thu 25 Jan 2018 is" in words(charts.fear(frame, SPX, FROM))["title"]
    title = words(charts.term_slope(frame, FROM))["title"]
    assert "less than far on Thu 25 Jan 2018: VIX is 0.87 times VIX3M" in title
    assert charts.term_curve(frame, FROM) is None


def test_fear_without_a_vix_says_so():
    """No close that may be used, in the whole stretch or at all: a sentence, no axes."""
    for frame in (pd.DataFrame(), cost(np.nan).assign(VIX=np.nan)):
        assert words(charts.fear(frame, SPX, FROM))["title"].startswith("No VIX is drawn")


def test_one_close_is_not_ranked():
    """The first close of a history is neither highest nor lowest of anything."""
    title = words(charts.fear(cost(20.0, n=1), None, FROM))["title"]
    assert title == "VIX at 20.0 is the only close there is"


@pytest.mark.parametrize(
    ("vix", "far", "said"),
    [
        (12.0, 16.0, "Near insurance costs less than far: VIX is 0.75 times VIX3M, as on all 100 "
         "sessions"),
        (30.0, 24.0, "Near insurance costs more than far: VIX is 1.25 times VIX3M, as on 1 of 100 "
         "sessions"),
        (20.0, 20.04, "Near and far insurance cost the same: VIX is 1.00 times VIX3M"),
    ],
)  # fmt: skip
def test_the_slope_says_which_insurance_is_dearer(vix: float, far: float, said: str):
    """Contango, backwardation and neither are three sentences, with how often it was so."""
    figure = charts.term_slope(cost(vix, far), FROM)
    told = words(figure)
    assert told["title"] == said
    low, high = figure.layout.yaxis.range
    assert low < min(1.0, *figure.data[0].y)
    assert max(1.0, *figure.data[0].y) < high
    assert told["table"]["rows"][-1][1:] == [f"{vix / far:.2f}"]


def test_no_term_structure_says_why():
    """A desk with the VIX alone gets one sentence, not two and not an empty chart."""
    assert "no three-month VIX" in words(charts.term_slope(cost(20.0), FROM))["title"]
    assert charts.term_curve(cost(20.0), FROM) is None
    apart = cost(20.0, 20.0)
    apart.loc[:, "VIX3M"] = np.nan
    assert "share no session" in words(charts.term_slope(apart, FROM))["title"]


def test_the_curve_of_today_against_its_history():
    """Each span's last close is set against the sessions before, which it is no part of."""
    frame = cost(30.0, 24.0)
    figure = charts.term_curve(frame, FROM)
    told = words(figure)
    assert told["title"] == (
        "Insurance costs more than usual at three of four spans: 29.0 for 9 days, 18.0 for 6 months"
    )
    assert "n = 99 sessions." in told["caption"]
    rows = told["table"]["rows"]
    assert [row[0] for row in rows] == ["9 days", "30 days", "3 months", "6 months"]
    past = frame["VIX"].iloc[:-1]
    assert rows[1][1:3] == ["30.00", f"{past.median():.2f}"]
    assert charts.term_curve(cost(30.0, 24.0, n=60), FROM) is None  # 59 before it


@pytest.mark.parametrize(
    ("frame", "inverted", "feared"),
    [
        (cost(12.0, 16.0), False, False),
        (cost(13.99, 16.0), False, True),
        (cost(17.0, 16.0), True, True),
        (cost(16.05, 16.0), False, True),  # 1.00 to the hundredth, which is what its title says
        (cost(np.nan, 16.0), False, False),
        (pd.DataFrame(), False, False),
    ],
)
def test_fear_tells_when_it_is_rare(frame: pd.DataFrame, inverted: bool, feared: bool):
    """A dispatch has the chart of an inversion or of a VIX in its top tenth, and of today only."""
    assert is_inverted(frame) is inverted
    assert is_feared(frame) is feared


@pytest.mark.parametrize(
    ("frame", "narrow"),
    [
        (wide(3 / 7, close=99.0), True),
        (wide(4 / 7, close=99.0), False),
        (wide(3 / 7, close=97.0), False),
        (wide(np.nan, 0, close=99.0), False),
        (wide(3 / 7, close=np.nan), False),
        (pd.DataFrame(), False),
    ],
)
def test_breadth_tells_when_a_rise_is_narrow(frame: pd.DataFrame, narrow: bool):
    """An index within two per cent of its high while fewer than half of the shares go along."""
    assert is_narrow(frame) is narrow
