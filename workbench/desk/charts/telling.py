"""Which chart of the market stands in a dispatch beside the regime's: the one that tells.

A dispatch has few charts, and its trail has them all. The order is a rule: an inverted term
structure, a VIX in the top tenth of the sessions shown, an index near its high while fewer than
half of the desk's shares stand above their own mean; on other days none. A value that is not of
the last session due tells nothing.
"""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from workbench.desk.charts.breadth import breadth
from workbench.desk.charts.fear import fear, term_slope
from workbench.measures.breadth import LONG
from workbench.measures.implied import NEAR, slope
from workbench.steps import breadth as breadths
from workbench.steps import fear as fears
from workbench.steps.bench import Bench

_TOP = 0.9  # share of the sessions before that a telling VIX stands above
_HIGH = 0.98  # of the highest close, from where an index is near it
_FEW = 0.5  # share of shares under which a rise is narrow


def telling(bench: Bench, sessions: int) -> go.Figure | None:
    """The market's chart that carries a story today, if one does.

    Args:
        bench: The cycle's.
        sessions: How many are shown.
    """
    cost = fears.history(bench, sessions)
    if is_inverted(cost):
        return term_slope(cost, fears.origin(bench))
    if is_feared(cost):
        return fear(cost, fears.insured(bench), fears.origin(bench))
    wide = breadths.history(bench, sessions)
    if is_narrow(wide):
        return breadth(wide, breadths.index(bench), breadths.origin(bench))
    return None


def is_inverted(cost: pd.DataFrame) -> bool:
    """Whether insurance over 30 days costs more than over three months, to the hundredth."""
    return bool(len(cost) and round(slope(cost).iloc[-1], 2) > 1)


def is_feared(cost: pd.DataFrame) -> bool:
    """Whether the VIX stands above nine in ten of the sessions before."""
    if not len(cost) or not (before := cost[NEAR].iloc[:-1].dropna()).size:
        return False
    return bool((before < cost[NEAR].iloc[-1]).mean() > _TOP)


def is_narrow(wide: pd.DataFrame) -> bool:
    """Whether the index is near its high without half of the shares above their long mean."""
    if not len(wide):
        return False
    last = wide.iloc[-1]
    near = last["close"] >= _HIGH * wide["close"].max()
    return bool(near and last[f"above_{LONG}"] < _FEW)
