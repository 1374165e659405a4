"""The paper account's figure: its equity beside the lead held at the same exposure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from workbench.desk.charts.frame import (
    ACCENT,
    INK,
    SOFT,
    apart,
    finished,
    label,
    line,
    nothing,
    span,
)
from workbench.domain.figures import difference

_GAP = 0.06  # least distance of two labels, as a share of the axis


def account(found: Mapping[str, Any], name: str) -> go.Figure:
    """Equity and drawdown of the paper account, and of the lead at its mean exposure.

    Args:
        found: ``steps.accounted.told``.
        name: The lead's name.
    """
    if found["cycles"] < 2:
        return nothing("The paper account has no course yet")
    if found["idle"]:
        return nothing("The paper account has held nothing yet")
    if found["hold"] is None:
        return nothing(f"{name} has no price to hold the paper account against")
    course = pd.DataFrame(found["course"])
    dates = [text[:10] for text in course["as_of"]]
    start = float(course["equity"].iloc[0])
    figure = make_subplots(
        rows=2, cols=1, shared_xaxes=True, row_heights=[0.68, 0.32], vertical_spacing=0.1
    )
    shown = {"the account": ("equity", "drawdown", ACCENT), "held": ("hold", "hold_drawdown", INK)}
    ends, falls = {}, {}
    for who, (worth, fall, colour) in reversed(shown.items()):
        value, depth = 100 * (course[worth] / start - 1), 100 * course[fall]
        ends[who], falls[who] = float(value.iloc[-1]), float(depth.min())
        figure.add_trace(line(dates, value.tolist(), colour, f"{who}, %"), row=1, col=1)
        figure.add_trace(line(dates, depth.tolist(), colour, f"{who}, drawdown, %"), row=2, col=1)
    drawn = course[["equity", "hold"]].to_numpy(float)
    width = float(100 * (drawn.max() - drawn.min()) / start)
    for who, height in apart(ends, _GAP * width).items():
        label(figure, dates[-1], height, who, shown[who][2])
    figure.add_hline(y=0, line={"color": SOFT, "width": 1}, row=1, col=1)
    mean, trades, cycles = found["exposure"], found["trades"], found["cycles"]
    said = f"{difference(ends['the account'])}%"
    ahead = round(ends["the account"] - ends["held"], 1)
    beside = f"{abs(ahead):.1f} points {'ahead of' if ahead > 0 else 'behind'}"
    table = pd.DataFrame(
        {
            "Who": ["The account", f"{name}, held"],
            "Return": [f"{difference(ends[who])}%" for who in shown],
            "Deepest drawdown": [f"{difference(falls[who])}%" for who in shown],
            "Mean exposure": [f"{100 * mean:.1f}%"] * 2,
            "Costs": ["paid", "none"],
        }
    )
    return finished(
        figure,
        title=f"The paper account stands at {said}, {beside if ahead else 'level with'} the "
        f"{name} at the same exposure",
        subtitle="Return since the start, per cent, and below it the distance from the highest "
        f"so far; {span([dates[0], dates[-1]])}",
        caption=f"Paper money, after fees and slippage, marked at the last close known at each "
        f"cycle. Held: {name} at the account’s mean exposure of {100 * mean:.1f}%, without costs. "
        f"Source: the ledger’s postings. n = {trades:,} closed positions in {cycles:,} "
        "cycles. It never feeds the score.",
        alt=f"Two lines over {cycles:,} cycles that end at {said} for the account and "
        f"{difference(ends['held'])}% held, and two below zero that reach "
        f"{difference(falls['the account'])}% and {difference(falls['held'])}%.",
        table=table,
        height=360,
    )
