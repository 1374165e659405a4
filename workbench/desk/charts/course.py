"""The figure of skill over time: cumulative, as it stood after each settlement, with its band."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from workbench.desk.charts.frame import ACCENT, SOFT, TINT2, finished, label, line, span
from workbench.domain.figures import day, difference, interval
from workbench.domain.records import Mode

_ROOM = 3.0  # half-widths of the last interval, or sizes of the line, that the axis has room for


def skill_course(points: Sequence[Mapping[str, Any]], mode: Mode, origin: str) -> go.Figure:
    """Skill of the predictions on record over the base rate, by the date that settled them.

    Args:
        points: ``steps.scoreboard.course`` as records, at least one.
        mode: Of which record.
        origin: ``steps.origins.ledger``.
    """
    own = pd.DataFrame(points)
    x, last = own["date"].tolist(), own.iloc[-1]
    skill, low, high = (100 * own[name].astype(float) for name in ("skill", "low", "high"))
    reach = max(
        _ROOM * float(high.iloc[-1] - low.iloc[-1]) / 2 + abs(float(skill.iloc[-1])),
        1.1 * float(skill.abs().max()), 1.0,
    )  # fmt: skip
    top, bottom = (high.clip(-reach, reach), low.clip(-reach, reach))
    room = 0.06 * float(max(top.max(), 0.0) - min(bottom.min(), 0.0))
    cut = bool(low.min() < -reach or high.max() > reach)
    figure = go.Figure()
    figure.add_scatter(
        x=[*x, *reversed(x)],
        y=[*top, *reversed(bottom.tolist())],
        fill="toself", fillcolor=TINT2, line={"width": 0}, mode="lines", hoverinfo="skip",
        name="95%",
    )  # fmt: skip
    figure.add_hline(y=0, line={"color": SOFT, "width": 1})
    figure.add_trace(line(x, skill.tolist(), ACCENT, "skill, %"))
    figure.add_scatter(
        x=x[-1:], y=[float(skill.iloc[-1])], mode="markers", hoverinfo="skip", name="now",
        marker={"color": ACCENT, "size": 9}, cliponaxis=False,
    )  # fmt: skip
    said = f"{difference(float(skill.iloc[-1]))}%"
    label(figure, x[-1], float(skill.iloc[-1]), said, ACCENT)
    figure.update_xaxes(type="date")
    figure.update_yaxes(range=[min(bottom.min(), 0.0) - room, max(top.max(), 0.0) + room])
    ends = interval(100 * float(last["low"]), 100 * float(last["high"]))
    shown = _behind(own)
    return finished(
        figure,
        title=title(float(last["skill"]), float(last["low"]), float(last["high"])),
        subtitle="Brier skill of the predictions on record over the base rate, cumulative, per "
        f"cent; {span([x[0], x[-1]]) if len(x) > 1 else day(pd.Timestamp(x[0]).date())}",
        caption="Zero is what the base rate earns. Band: 95%, blocks of dates"
        f"{'; it is cut at the frame where it began' if cut else ''}. Each point is the record as "
        f"it stood that day. {origin} n = {int(last['n']):,} {mode} predictions, "
        f"effective n = {last['n_eff']:,.0f}.",
        alt=f"Skill over time, ending at {said} with an interval from {ends} per cent.",
        table=shown,
        height=300,
    )


def title(skill: float, low: float, high: float) -> str:
    """The finding: on which side of zero the line ends, and whether its interval does."""
    if difference(100 * skill) == "0.0":
        return "Skill ends at zero, to the decimal that is shown"
    side = "above" if skill > 0 else "below"
    if low > 0 or high < 0:
        return f"Skill ends {side} zero, and so does its whole interval"
    return f"Skill ends {side} zero; its interval reaches across"


def _behind(own: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "To": [day(pd.Timestamp(text).date()) for text in own["date"]],
            "Skill": [f"{difference(100 * v)}%" for v in own["skill"]],
            "95%": [
                f"{interval(100 * low, 100 * high)}%"
                for low, high in zip(own["low"], own["high"], strict=True)
            ],
            "n": [f"{n:,}" for n in own["n"]],
            "Effective n": [f"{n:,.0f}" for n in own["n_eff"]],
        }
    )
