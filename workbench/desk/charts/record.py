"""Figures of the record: who has skill, and what speaking more or less would have been."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from workbench.desk.charts.frame import (
    ACCENT,
    SOFT,
    TINT2,
    finished,
    line,
    nothing,
)
from workbench.domain.figures import difference, interval, opened
from workbench.domain.records import Mode

_POINT = {"color": ACCENT, "size": 9}
_BAR = {"type": "data", "color": SOFT, "thickness": 1.5, "width": 0}


def skill_bars(record: pd.DataFrame, forecasters: Sequence[str], origin: str) -> go.Figure:
    """Skill over the base rate with intervals, one row a forecaster.

    Args:
        record: ``steps.score.record``; rows with family ``all`` and horizon 0 are drawn. The live
            record goes before the replayed one as soon as there is any of it.
        forecasters: Which, in order.
        origin: ``steps.origins.ledger``.
    """
    mode = "live" if (record["mode"] == "live").any() else "replay"
    whole = record[(record["horizon"] == 0) & (record["mode"] == mode) & record["skill"].notna()]
    whole = whole.set_index("forecaster")
    rows = [name for name in forecasters if name in whole.index][::-1]
    if not rows:
        return nothing(f"Too few {mode} claims have settled to speak of skill")
    n = whole.loc[rows, "n"].astype(int)
    counts = " to ".join(f"{count:,}" for count in sorted({n.min(), n.max()}))
    shown = 100 * whole.loc[rows, ["skill", "skill_low", "skill_high"]].astype(float)
    values = shown["skill"].tolist()
    bars = {
        "array": (shown["skill_high"] - shown["skill"]).tolist(),
        "arrayminus": (shown["skill"] - shown["skill_low"]).tolist(),
        "symmetric": False,
    }
    figure = go.Figure()
    figure.add_scatter(
        x=values, y=rows, mode="markers", name="skill", marker=_POINT, error_x=_BAR | bars
    )
    figure.add_vline(x=0, line={"color": SOFT, "width": 1})
    figure.update_yaxes(dtick=1)  # every row has its name
    whole_slate = [(value, name) for value, name in zip(values, rows, strict=True)
                   if n[name] == n.max()]  # fmt: skip
    highest, best = max(whole_slate)
    ends = zip(shown["skill_low"], shown["skill_high"], strict=True)
    table = pd.DataFrame(
        {
            "Forecaster": rows[::-1],
            "Skill": [f"{difference(v)}%" for v in values[::-1]],
            "Interval, 95%": [f"{interval(low, high)}%" for low, high in [*ends][::-1]],
            "n": [f"{count:,}" for count in n[::-1]],
        }
    )
    return finished(
        figure,
        title=f"Of those who answered most, {best} has the highest skill over the base rate, "
        f"{difference(highest)}%"
        if n.min() < n.max()
        else f"{opened(best)} has the highest skill over the base rate, {difference(highest)}%",
        subtitle=f"Skill over climatology on all settled {mode} claims, shadows included, per cent",
        caption=f"Bars: 95%, block bootstrap over dates. {origin} n = {counts} {mode} claims "
        "a forecaster.",
        alt=f"{len(rows)} points with their intervals, and a line at zero.",
        table=table,
        height=120 + 28 * len(rows),
    )


def risk_coverage(curve: pd.DataFrame, mode: Mode, origin: str) -> go.Figure:
    """Skill of what would have been said, against how much of it is said.

    Args:
        curve: ``steps.abstention.risk_coverage``.
        mode: Of which record.
        origin: ``steps.origins.ledger``.
    """
    drawn = curve[curve["skill"].notna()]
    if drawn.empty:
        return nothing(f"Too few {mode} claims have settled to say what silence costs")
    x = (100 * drawn["coverage"]).tolist()
    skill, low, high = (100 * drawn[name] for name in ("skill", "low", "high"))
    figure = go.Figure()
    figure.add_scatter(
        x=[*x, *reversed(x)],
        y=[*high, *reversed(low.tolist())],
        fill="toself",
        fillcolor=TINT2,
        line={"width": 0},
        mode="lines",
        hoverinfo="skip",
        name="95%",
    )
    figure.add_trace(line(x, skill.tolist(), ACCENT, "skill"))
    figure.add_hline(y=0, line={"color": SOFT, "width": 1})
    spoken = 100 * float(drawn["spoken"].iloc[0])
    figure.add_vline(x=spoken, line={"color": SOFT, "width": 1, "dash": "dot"})
    top = float(high.max())
    early = spoken < 50  # the words keep to the side where there is room
    figure.add_annotation(
        x=spoken,
        y=top,
        text=f"said in fact, {spoken:.0f}%",
        showarrow=False,
        xanchor="left" if early else "right",
        xshift=6 if early else -6,
        font={"color": SOFT, "size": 12},
    )
    figure.update_xaxes(range=[0, 100])
    first, last = drawn.iloc[0], drawn.iloc[-1]
    least, most = (difference(100 * float(row["skill"])) for row in (first, last))
    title = (
        f"The {first['coverage']:.0%} that promised most had {least}% skill, "
        f"all claims together {most}%"
    )
    table = pd.DataFrame(
        {
            "Said": [f"{v:.0f}%" for v in x],
            "Skill": [f"{difference(v)}%" for v in skill],
            "Interval, 95%": [f"{interval(*ends)}%" for ends in zip(low, high, strict=True)],
            "Brier": [f"{v:.4f}" for v in drawn["brier"]],
            "n": [f"{n:,}" for n in drawn["n"]],
            "Effective n": [f"{n:,.0f}" for n in drawn["n_eff"]],
        }
    )
    return finished(
        figure,
        title=title,
        subtitle="Skill over the base rate, per cent, by the share of claims said",
        caption=f"Claims in order of expected gain. Band: 95%, blocks of dates. {origin} "
        f"n = {int(last['n']):,} {mode} claims, effective n = {last['n_eff']:,.0f}.",
        alt=f"A line from {least} to {most} per cent as coverage grows to all claims.",
        table=table,
        height=300,
    )
