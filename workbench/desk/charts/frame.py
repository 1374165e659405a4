"""What every figure has: quiet axes, its words, the table behind it, labels at the lines' ends.

Title, subtitle, caption, alt text and table travel in ``layout.meta``; the publisher writes them
as text around the drawing (`workbench.desk.figures`) and replaces the colours by the page's own.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from workbench.desk.figures import COLOURS
from workbench.domain.figures import day

INK, SOFT, ACCENT, RULE, TINT, TINT2, PAPER = (
    COLOURS[name] for name in ("ink", "soft", "accent", "rule", "tint", "tint2", "paper")
)
_TEXT = 12  # size of ticks and labels, pixels
_AXIS = {
    "showgrid": False,
    "zeroline": False,
    "linecolor": RULE,
    "ticks": "",
    "nticks": 5,
    "tickangle": 0,
    "layer": "below traces",
    "tickfont": {"color": SOFT, "size": _TEXT},
    "fixedrange": True,
}


def finished(
    figure: go.Figure,
    *,
    title: str,
    subtitle: str,
    caption: str,
    alt: str,
    table: pd.DataFrame,
    height: int = 300,
) -> go.Figure:
    """The figure with quiet axes, its words, and the table behind it.

    Args:
        figure: Traces in colours of ``COLOURS``, labels by `label`.
        title: The finding, a sentence that the data prove.
        subtitle: What, when and unit.
        caption: Key, source, as-of and n.
        alt: The shape in words, for who cannot see it.
        table: The numbers drawn, formatted, at most some forty rows.
        height: Pixels of the drawing, title not counted.

    Returns:
        The same figure. A tick of its upright axis is written in full, as 2,500 or 0.00012.
    """
    figure.update_xaxes(**_AXIS)
    # Six digits, thousands apart, no idle zeros: prices of any size read as prices.
    figure.update_yaxes(**_AXIS | {"showgrid": True, "gridcolor": RULE, "tickformat": ",~r"})
    figure.update_layout(
        height=height + 56,
        # For the notebook; the site writes title and subtitle as text and takes the room back.
        title={"text": f"{title}<br><sub>{subtitle}</sub>", "x": 0, "font": {"size": 16}},
        margin={"l": 44, "r": 12, "t": 64, "b": 32},
        showlegend=False,
        plot_bgcolor="rgba(0,0,0,0)",
        paper_bgcolor="rgba(0,0,0,0)",
        font={"color": INK, "size": _TEXT},
        hovermode="x unified",
        meta={
            "title": title,
            "subtitle": subtitle,
            "caption": caption,
            "alt": alt,
            "table": {
                "columns": [str(name) for name in table.columns],
                "rows": [[str(value) for value in row] for row in table.itertuples(index=False)],
            },
        },
    )
    return figure


def nothing(why: str) -> go.Figure:
    """A figure whose title says why there is nothing to draw, with a hairline in its place."""
    figure = finished(
        go.Figure(line([0, 1], [0, 0], RULE, "nothing")), title=why, subtitle="",
        caption="No rows to draw: n = 0.", alt="Nothing to draw.", table=pd.DataFrame(), height=48,
    )  # fmt: skip
    figure.update_traces(hoverinfo="skip")
    figure.update_layout(margin={"l": 0, "r": 0, "b": 8})
    figure.update_xaxes(visible=False)
    return figure.update_yaxes(visible=False)


def line(
    x: Sequence[object], y: Sequence[float], colour: str, name: str, **more: object
) -> go.Scatter:
    """A line; the accent's is a little wider. NaN is a gap, ``more`` goes to plotly's line."""
    return go.Scatter(
        x=list(x),
        y=[float(value) for value in y],
        mode="lines",
        name=name,
        line={"color": colour, "width": 2.25 if colour == ACCENT else 1.75, **more},
    )


def label(figure: go.Figure, x: object, y: float, text: str, colour: str) -> None:
    """Writes a text to the right of a point, where a line ends; the axis makes room for it."""
    figure.add_annotation(
        x=x,
        y=y,
        text=text,
        showarrow=False,
        xanchor="left",
        xshift=6,
        font={"color": colour, "size": _TEXT},
        bgcolor=PAPER,  # a hairline does not strike it through
    )


def days(index: pd.Index) -> list[str]:
    """Session dates as plotly reads them: 2018-01-29."""
    return [f"{date:%Y-%m-%d}" for date in pd.DatetimeIndex(index)]


def span(dates: Sequence[str]) -> str:
    """From when to when, for a reader: Tue 7 Feb 2017 to Fri 2 Feb 2018."""
    return " to ".join(day(dt.date.fromisoformat(end)) for end in (dates[0], dates[-1]))


def apart(ends: Mapping[str, float], gap: float) -> dict[str, float]:
    """Where labels stand so that none covers another: raised as needed, in the order given."""
    heights: dict[str, float] = {}
    for name in sorted(ends, key=lambda one: ends[one]):
        least = max(heights.values(), default=-np.inf) + gap
        heights[name] = max(ends[name], least)
    return {name: heights[name] for name in ends}


def or_dash(value: float, shown: Callable[[float], str]) -> str:
    """A cell of the table behind: the value as it is shown there, a dash for NaN."""
    return "–" if np.isnan(value) else shown(float(value))
