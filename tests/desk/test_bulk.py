"""Rows of a source stay on the machine that fetched them."""

import json

import numpy as np
import pandas as pd
import pytest

from workbench.desk.bulk import bulk


def bars(n: int) -> pd.DataFrame:
    days = pd.date_range("2026-01-01", periods=n)
    return pd.DataFrame({"close": np.arange(n), "volume": 1.0}, index=pd.Index(days, name="date"))


def notebook(**data: object) -> str:
    output = {"output_type": "display_data", "metadata": {}, "data": data}
    return json.dumps({"cells": [{"cell_type": "code", "outputs": [output]}]})


@pytest.mark.parametrize("wrap", [str, lambda html: notebook(**{"text/html": [html]})])
def test_a_table_of_bars_is_not_published(wrap):
    """Neither a page nor a downloadable notebook hands on a source's bars; an example may stand."""
    assert bulk(wrap(bars(250).to_html())) == [
        "a table of 250 bars, of which no source allows that they are passed on"
    ]
    assert bulk(wrap(bars(5).to_html())) == []


def test_raw_observations_are_not_published():
    """Nor rows of the archive, whatever their field."""
    frame = pd.DataFrame({"series": "DGS10", "field": "value", "at": range(40), "value": 4.3})
    assert bulk(frame.to_html()) == ["a table of 40 raw observations"]


def test_a_chart_of_whole_bars_is_not_published():
    """A candlestick chart carries open, high, low and close of every day."""
    figure = {"data": [{"type": "candlestick", "open": [1.0]}]}
    (found,) = bulk(notebook(**{"application/vnd.plotly.v1+json": figure}))
    assert found.startswith("a chart that carries whole bars")
    line = {"data": [{"type": "scatter", "y": [1.0, 2.0]}]}
    assert bulk(notebook(**{"application/vnd.plotly.v1+json": line})) == []


def test_what_was_made_of_bars_may_be_shown():
    """A long table of claims or of skill is the desk's own work."""
    frame = pd.DataFrame({"claim": ["SPY closes above 650"] * 60, "probability": 0.5})
    assert bulk(frame.to_html()) == []
