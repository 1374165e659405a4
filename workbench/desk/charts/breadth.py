"""The figure of breadth: an index, and below it how many of the desk's shares go along."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from workbench.desk.charts.frame import (
    ACCENT,
    INK,
    SOFT,
    TINT,
    apart,
    days,
    finished,
    label,
    line,
    nothing,
    or_dash,
    span,
)
from workbench.domain.figures import difference, opened, share
from workbench.domain.instruments import Instrument
from workbench.measures.breadth import LEAST, LONG, SHORT
from workbench.steps.facts import counted, named, several

_GAP = 18.0  # least distance of two labels, percentage points
_EDGE = 9.0  # least distance of a label from the hairlines at 0 and 100
_SHOWN = 12  # sessions in the table


def breadth(history: pd.DataFrame, index: Instrument | None, origin: str) -> go.Figure:
    """An index's closes, and the share of shares above the mean of their own last sessions.

    Args:
        history: ``steps.breadth.history``.
        index: ``steps.breadth.index``.
        origin: ``steps.breadth.origin``.
    """
    if index is None or history.empty:
        return nothing(
            f"Breadth is not drawn: it takes an index and {counted(LEAST)} shares, which this desk "
            "does not follow"
        )
    name, told = named(index), history[f"above_{LONG}"].notna()
    if not told.any():
        return nothing(
            f"Breadth is not drawn: fewer than {counted(LEAST)} of the shares have closes of "
            f"{LONG} sessions"
        )
    drawn = history.loc[told.idxmax() :]
    counts, dates = drawn.loc[told, f"n_{LONG}"].astype(int), days(drawn.index)
    shares = " to ".join(map(str, sorted({counts.min(), counts.max()})))
    last = float(drawn.loc[told, f"above_{LONG}"].iloc[-1])
    return finished(
        _drawn(drawn, dates, name),
        title=title(drawn, name),
        subtitle=f"{opened(name)} at the close; below it, the shares above the mean "
        f"of their own last {LONG} sessions, as a line, and {SHORT}, shaded, in per cent; "
        f"{span(dates)}",
        caption="Large companies that the desk follows today, not the index’s members: their past "
        f"is that of winners. Closes, splits undone. Dotted: one half. {origin} n = {shares} "
        f"shares in {len(counts)} sessions.",
        alt=f"A line of {name} over {len(dates)} sessions, and below it steps between "
        f"{share(float(drawn[f'above_{LONG}'].min()))} and "
        f"{share(float(drawn[f'above_{LONG}'].max()))}, last {share(last)} of "
        f"{several(int(counts.iloc[-1]), 'share')}.",
        table=_table(drawn),
        height=360,
    )


def _drawn(drawn: pd.DataFrame, dates: list[str], name: str) -> go.Figure:
    figure = make_subplots(
        rows=2, cols=1, shared_xaxes=True, row_heights=[0.55, 0.45], vertical_spacing=0.08
    )
    figure.add_trace(line(dates, drawn["close"].tolist(), INK, name), row=1, col=1)
    ends = {}
    # A share of few shares goes by steps: a slope would be of none of them. The shorter mean turns
    # so often that a second line would hide the first.
    for window, colour in ((SHORT, SOFT), (LONG, ACCENT)):
        values = (100 * drawn[f"above_{window}"]).round(1)
        steps = line(dates, values.tolist(), colour, f"above {window}, %", shape="hv")
        if window == SHORT:
            steps.update(fill="tozeroy", fillcolor=TINT, line_width=0)
        figure.add_trace(steps, row=2, col=1)
        if values.notna().any():
            last = float(values.dropna().iloc[-1])
            ends[f"{window} sessions"] = min(max(last, _EDGE), 100 - _EDGE)
    figure.add_hline(y=50, line={"color": SOFT, "width": 1, "dash": "dot"}, row=2, col=1)
    figure.update_yaxes(range=[-5, 105], tickvals=[0, 50, 100], row=2, col=1)
    colours = {f"{LONG} sessions": ACCENT, f"{SHORT} sessions": SOFT}
    for text, height in apart(ends, _GAP).items():
        label(figure, dates[-1], height, text, colours[text])
        figure.layout.annotations[-1].update(xref="x2", yref="y2")
    return figure


def title(drawn: pd.DataFrame, name: str) -> str:
    """The finding: how many stand above their long mean, and where the index stands then."""
    told = drawn[drawn[f"above_{LONG}"].notna()]
    n = int(told[f"n_{LONG}"].iloc[-1])
    above = round(n * float(told[f"above_{LONG}"].iloc[-1]))
    many = {0: "none of", n: "all"}.get(above, f"{counted(above)} of")
    stand = "stands above its" if above < 2 else "stand above their"
    close = drawn["close"].loc[: told.index[-1]].dropna()
    fall = 100 * (1 - float(close.iloc[-1]) / float(close.max()))
    where = "at" if fall == 0 else "a hair below" if fall < 0.05 else f"{fall:.1f}% below"
    return (
        f"{opened(many)} {counted(n)} shares {stand} {LONG}-session mean, with "
        f"{name} {where} its highest close shown"
    )


def _table(drawn: pd.DataFrame) -> pd.DataFrame:
    """The last sessions; of the index only how far below its highest close it stood."""
    below = (100 * (drawn["close"] / drawn["close"].max() - 1)).iloc[-_SHOWN:]
    shown = drawn.iloc[-_SHOWN:]
    return pd.DataFrame(
        {
            "Session": days(shown.index),
            "Index, from its highest": [or_dash(v, lambda v: f"{difference(v)}%") for v in below],
            f"Above {LONG}": [or_dash(v, share) for v in shown[f"above_{LONG}"]],
            f"Above {SHORT}": [or_dash(v, share) for v in shown[f"above_{SHORT}"]],
            "n": [str(n) for n in shown[f"n_{LONG}"].astype(int)],
        }
    )
