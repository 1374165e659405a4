"""The figure of calibration: how often what was said came true, bin by bin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from workbench.desk.charts.frame import ACCENT, INK, SOFT, finished, label, line, nothing
from workbench.domain.figures import opened, share
from workbench.domain.records import Mode
from workbench.measures.scoring import MIN_BLOCKS
from workbench.steps.facts import counted

_SMALLEST, _LARGEST = 5.0, 16.0  # diameters of dots, pixels
Bin = Mapping[str, Any]


def calibration(
    bins: Sequence[Bin], mode: Mode, origin: str, n_eff: float | None = None
) -> go.Figure:
    """Probability said against the share that came true, with 95 % bars on effective n.

    Args:
        bins: ``measures.bins.Bin`` as records; none before anything has settled.
        mode: Of which record.
        origin: ``steps.origins.ledger``.
        n_eff: Effective n of all claims together.
    """
    if not bins:
        return nothing(f"No {mode} claim has settled that I gave a probability")
    own = pd.DataFrame(bins)
    said, happened, low, high = (100 * own[name] for name in ("said", "happened", "low", "high"))
    figure = go.Figure(line([0, 100], [0, 100], SOFT, "perfect", dash="dot"))
    figure.add_scatter(
        x=said.tolist(),
        y=happened.tolist(),
        mode="markers",
        name="happened, %",
        marker={"color": ACCENT, "size": _sizes(own["n"]), "opacity": 1, "line": {"width": 0}},
        cliponaxis=False,  # a point at 0 or 100 is whole
    )
    figure.add_scatter(  # over the dots, which would hide a short bar
        x=said.tolist(), y=happened.tolist(), mode="markers", name="95%", hoverinfo="skip",
        marker={"color": INK, "size": 1}, cliponaxis=False,
        error_y={
            "type": "data", "color": INK, "thickness": 1.25, "width": 0, "symmetric": False,
            "array": (high - happened).tolist(), "arrayminus": (happened - low).tolist(),
        },
    )  # fmt: skip
    figure.update_xaxes(range=[0, 100], tickvals=[0, 25, 50, 75, 100])
    figure.update_yaxes(range=[0, 100], tickvals=[0, 25, 50, 75, 100])
    label(figure, 0, 97, "it happened", SOFT)
    worth = f", effective n = {n_eff:,.0f}" if n_eff is not None else ""
    return finished(
        figure,
        title=title(bins),
        subtitle="Across: what I said, per cent. Up: how often it happened, per cent",
        caption="Each dot is a tenth of the scale, its area the number of claims. Bars: 95% on "
        "effective n. The dotted line is perfect calibration. All settled claims, shadows "
        f"included, so that choosing when to speak changes nothing. {origin} "
        f"n = {int(own['n'].sum()):,} {mode} claims{worth}.",
        alt=f"Calibration: {counted(len(bins))} dots with upright bars beside the rising "
        f"diagonal; {_crossing(bins)}.",
        table=pd.DataFrame(
            {
                "I said": [share(v) for v in own["said"]],
                "It happened": [share(v) for v in own["happened"]],
                "95%": [f"{share(a)} to {share(b)}" for a, b in zip(own["low"], own["high"],
                                                                   strict=True)],
                "n": [f"{k:,}" for k in own["n"]],
                "Effective n": [f"{k:,.0f}" for k in own["n_eff"]],
            }
        ),
        height=360,
    )  # fmt: skip


def title(bins: Sequence[Bin]) -> str:
    """The finding: where the diagonal lies outside the bars, and to which side.

    Bins that are worth fewer independent claims than a skill needs dates find nothing.
    """
    if sum(one["n_eff"] for one in bins) < MIN_BLOCKS:
        return "Too few independent claims to judge what I said"
    off = _off(bins)
    if not off:
        return (
            "The one bar crosses the diagonal: nothing here contradicts what I said"
            if len(bins) == 1
            else f"All {counted(len(bins))} bars cross the diagonal: nothing here contradicts "
            "what I said"
        )
    sure = [(one["said"] - 0.5) * (one["happened"] - one["said"]) < 0 for one in off]
    side = ""
    if all(sure):
        side = ": there I was too sure"
    elif not any(sure):
        side = ": there I was not sure enough"
    many = f"{counted(len(off))} of {counted(len(bins))} bars" if len(bins) > 1 else "the one bar"
    return f"{opened(many)} {'misses' if len(off) == 1 else 'miss'} the diagonal{side}"


def _off(bins: Sequence[Bin]) -> list[Bin]:
    return [one for one in bins if not one["low"] <= one["said"] <= one["high"]]


def _crossing(bins: Sequence[Bin]) -> str:
    crossing = len(bins) - len(_off(bins))
    return "every bar crosses it" if crossing == len(bins) else f"{counted(crossing)} of them cross"


def _sizes(n: pd.Series[int]) -> list[float]:
    """Diameters of dots whose area is the number of claims, the largest as large as may be."""
    sizes = np.maximum(_LARGEST * np.sqrt(n / n.max()), _SMALLEST)
    return [round(float(size), 1) for size in sizes]
