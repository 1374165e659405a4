"""Figures of the stories: who moves first, and who falls together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from workbench.desk.charts.frame import (
    ACCENT,
    INK,
    RULE,
    SOFT,
    TINT2,
    days,
    finished,
    label,
    line,
    nothing,
    span,
)
from workbench.domain.figures import MINUS, day, difference, interval, share
from workbench.measures.together import RECENT
from workbench.steps.facts import counted

_CREDIBLE = 0.05


def lead_lag(leads: pd.DataFrame, origin: str) -> go.Figure:
    """Correlation with the other's later bars, both ways round, one group a story.

    Args:
        leads: ``steps.trials.leads``.
        origin: ``steps.origins.market``.
    """
    if leads.empty:
        return nothing("The desk follows no story of a lead that it can test")
    figure, table, told = go.Figure(), [], []
    ticks: dict[float, str] = {}
    at = 0.0
    for title, own in leads.groupby("title", sort=False):
        drawn = own[own["lag"] != 0]
        place = at + np.arange(len(drawn))
        ahead = (drawn["lag"] > 0).to_numpy()
        for chosen, colour, name in ((ahead, ACCENT, "thesis"), (~ahead, RULE, "reverse")):
            _bars(figure, place[chosen], drawn[chosen], colour, name)
        ticks |= dict(zip(place.tolist(), map(_bars_ahead, drawn["lag"]), strict=True))
        first = own.iloc[0]
        figure.add_annotation(
            x=float(place.mean()), y=1, yref="paper", yanchor="top", showarrow=False,
            text=first["pair"], font={"color": INK, "size": 12},
        )  # fmt: skip
        told.append((first, _held(own)))
        lags = own[["lag", "correlation", "low", "high"]].to_numpy(float)
        table += [
            (title, _bars_ahead(lag), difference(r, 2), interval(low, high, 2))
            for lag, r, low, high in lags
        ]
        at = float(place[-1]) + 2
    figure.add_hline(y=0, line={"color": SOFT, "width": 1})
    figure.update_xaxes(tickmode="array", tickvals=list(ticks), ticktext=list(ticks.values()))
    figure.update_layout(bargap=0.35)
    drawn = leads[leads["lag"] != 0]
    low, high = min(drawn["low"].min(), 0.0), max(drawn["high"].max(), 0.0)
    figure.update_yaxes(range=[low - 0.1 * (high - low), high + 0.25 * (high - low)])
    last = max(pd.to_datetime(leads["last"])).date()
    counts = " to ".join(f"{n}" for n in sorted({int(leads["n"].min()), int(leads["n"].max())}))
    made = finished(
        figure,
        title=_found(told),
        subtitle="Correlation with bars that began after the other’s was known; dark: as the "
        "thesis has it, pale: the other way round",
        caption="Below: bars ahead. Log returns in units of volatility, cut at two. Lines: 95%, "
        f"Newey–West. {origin} n = {counts} sessions to {day(last)}.",
        alt=f"{len(ticks)} bars about zero with their intervals, in {len(told)} groups.",
        table=pd.DataFrame(table, columns=["Thesis", "Bars ahead", "Correlation", "95%"]),
        height=260,
    )
    return made.update_layout(hovermode="closest")


def _bars(
    figure: go.Figure, place: np.ndarray, drawn: pd.DataFrame, colour: str, name: str
) -> None:
    middle, low, high = (drawn[column].to_numpy() for column in ("correlation", "low", "high"))
    figure.add_bar(
        x=place.tolist(),
        y=middle.tolist(),
        name=name,
        marker={"color": colour},
        error_y={
            "type": "data", "symmetric": False, "array": (high - middle).tolist(),
            "arrayminus": (middle - low).tolist(), "color": SOFT, "thickness": 1.5, "width": 0,
        },
    )  # fmt: skip


def _bars_ahead(lag: float) -> str:
    return f"{lag:.0f}".replace("-", MINUS)


def _held(own: pd.DataFrame) -> bool:
    """True when a thesis is borne out: something at a lag, and more than the other way round."""
    return bool(max(own["p_value"].iloc[0], own["asymmetry_p"].iloc[0]) < _CREDIBLE)


def _found(told: list[tuple[Any, bool]]) -> str:
    """What the readings together say, as a title."""
    held = [f"{one['leader']} moves before {one['follower']}" for one, true in told if true]
    if held:
        return f"{' and '.join(held)} on the sessions shown"
    if len(told) == 1:
        one = told[0][0]
        return f"Nothing shows that {one['leader']} moves before {one['follower']}"
    none = "Neither lead" if len(told) == 2 else f"None of the {counted(len(told))} leads"
    return f"{none} that the stories tell of shows in the data"


def together(joint: pd.DataFrame, origin: str) -> go.Figure:
    """Mean correlation of pairs, with what it usually was.

    Args:
        joint: ``steps.trials.joint``.
        origin: ``steps.origins.market``.
    """
    if joint.empty:
        return nothing("The desk follows no story of shares that fall together")
    dates, values, last = days(joint.index), joint["alike"].tolist(), joint.iloc[-1]
    figure = go.Figure(line(dates, values, ACCENT, "mean correlation"))
    figure.add_hrect(y0=last["low"], y1=last["high"], line_width=0, fillcolor=TINT2, layer="below")
    label(figure, dates[-1], values[-1], difference(values[-1], 2), ACCENT)
    recent = joint["fell"].iloc[-RECENT:]
    n, fell = len(recent), int(recent.sum())
    shown = joint.iloc[-10:]
    return finished(
        figure,
        title=f"At least {last['least']} of {last['members']} fell together on {fell} of {n} "
        f"sessions; usual is {share(last['usual'])}",
        subtitle=f"Mean correlation of pairs over {RECENT} sessions, {span(dates)}; shaded: nine "
        "in ten stretches of the five years before the last",
        caption="Log returns in units of each share’s volatility, cut at two; a fall is beyond "
        f"the story’s part of a usual day. {origin} n = {len(joint)} sessions shown.",
        alt=f"A line between {difference(min(values), 2)} and {difference(max(values), 2)}, last "
        f"{difference(values[-1], 2)}.",
        table=pd.DataFrame(
            {
                "Session": days(shown.index),
                "Mean correlation": [difference(value, 2) for value in shown["alike"]],
                "Fell together": ["yes" if value else "no" for value in shown["fell"]],
            }
        ),
        height=240,
    )
