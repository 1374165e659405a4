"""Figure of one session: how far each instrument went in it, and the coins over its dates."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from workbench.desk.charts.frame import ACCENT, INK, SOFT, finished
from workbench.domain.figures import day, difference
from workbench.measures.prices import simple_return
from workbench.steps import coins, movers, origins
from workbench.steps.bench import Bench

_FEW = 4  # rows under which a list in the text is enough
_ROW = 22  # pixels


def session(bench: Bench) -> go.Figure | None:
    """The changes of the lead's last session, the lowest on top; None for a desk of few.

    Coins are hollow: theirs is another window, from the UTC midnight after the session before to
    the one after this one.
    """
    told = movers.moves(bench)
    if len(told) < _FEW:
        return None
    own = bench.lead_bars
    last, before = own.dates[-1].item(), own.dates[-2].item()
    rows = [(bench.lead.name, simple_return(own.close), "session", ACCENT)]
    rows += [(move.one.name, move.change, "session", INK) for move in told]
    beside = [(one.name, change, "dates", SOFT) for one, change, _ in coins.matched(bench)]
    rows = sorted([*rows, *beside], key=lambda row: -row[1])
    change = 100 * np.array([row[1] for row in rows])
    figure = go.Figure()
    figure.add_scatter(
        x=change.tolist(),
        y=[row[0] for row in rows],
        mode="markers",
        name="change, %",
        marker={
            "color": [row[3] for row in rows],
            "size": 9,
            "symbol": ["circle" if row[2] == "session" else "circle-open" for row in rows],
        },
        error_x={
            "type": "data", "symmetric": False, "array": np.maximum(-change, 0).tolist(),
            "arrayminus": np.maximum(change, 0).tolist(), "color": SOFT, "thickness": 1,
            "width": 0,
        },
    )  # fmt: skip
    figure.add_vline(x=0, line={"color": SOFT, "width": 1})
    fell = sum(row[1] < 0 for row in rows if row[2] == "session")
    n = len(rows) - len(beside)
    hollow = f"; hollow: UTC midnight after {day(before)} to that after {day(last)}"
    dividends = [m.one.name for m in told if m.source.endswith(movers.ADJUSTED)]
    counted = f"With dividends: {', '.join(dividends)}. " if dividends else ""
    made = finished(
        figure,
        title=f"{_share(fell, n)} fell in the session of {day(last)}",
        subtitle=f"Close to close of that session, per cent{hollow if beside else ''}",
        caption=f"{bench.lead.name} in colour. {counted}{origins.market(bench)} "
        f"n = {len(rows)} instruments.",
        alt=f"{len(rows)} points from {difference(change.min(), 2)} to "
        f"{difference(change.max(), 2)} per cent.",
        table=pd.DataFrame(
            {
                "Instrument": [row[0] for row in rows][::-1],
                "Change": [f"{difference(100 * row[1], 2)}%" for row in rows][::-1],
                "Over": ["the session" if row[2] == "session" else "its dates, by UTC midnights"
                         for row in rows][::-1],
            }
        ),
        height=_ROW * len(rows) + 48,
    )  # fmt: skip
    made.update_yaxes(dtick=1, showgrid=False)
    return made.update_layout(hovermode="closest", margin={"l": 96})


def _share(count: int, n: int) -> str:
    if count in {0, n}:
        return f"All {n}" if count else f"None of {n}"
    return f"{count} of {n}"
