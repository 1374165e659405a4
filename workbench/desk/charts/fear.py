"""Figures of fear: the VIX beside what its index moved, and what insurance costs by its span."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from workbench.desk.charts.frame import (
    ACCENT,
    INK,
    SOFT,
    TINT,
    TINT2,
    apart,
    days,
    finished,
    label,
    line,
    nothing,
    or_dash,
    span,
)
from workbench.domain.figures import day, difference, share
from workbench.domain.instruments import Instrument
from workbench.measures.implied import FAR, NEAR, SPANS, slope
from workbench.measures.prices import EWMA_DECAY, Array
from workbench.steps.facts import counted, named

_SHOWN = 12  # sessions in a table
_GAP = 0.08  # least distance of two labels, as a share of the axis
_ALL_BUT = 4  # fewer closes than this at or above the VIX are counted, not told as a share
_FEW = 60  # sessions under which today's curve has no usual one beside it
_BANDS = ((0.05, 0.95, TINT2), (0.25, 0.75, TINT))


def fear(history: pd.DataFrame, insured: Instrument | None, origin: str) -> go.Figure:
    """The VIX, and beside it how much its index moved of late.

    Args:
        history: ``steps.fear.history``.
        insured: ``steps.fear.insured``.
        origin: ``steps.fear.origin``.
    """
    told = pd.Series(dtype=float) if history.empty else history[NEAR].dropna()
    if told.empty:
        return nothing("No VIX is drawn: this desk has no close of it that may be used")
    shown = history.loc[told.index[0] :]
    dates, drawn = days(shown.index), {"VIX": (shown[NEAR], ACCENT)}
    if insured is not None and shown["moved"].notna().any():
        drawn = {"moved": (shown["moved"], INK), **drawn}
    figure = go.Figure()
    for word, (values, colour) in drawn.items():
        figure.add_trace(line(dates, values.round(2).tolist(), colour, f"{word}, %"))
    ends = {word: float(values.dropna().iloc[-1]) for word, (values, _) in drawn.items()}
    every = np.concatenate([values.to_numpy(float) for values, _ in drawn.values()])
    for word, height in apart(ends, _GAP * float(np.nanmax(every) - np.nanmin(every))).items():
        label(figure, dates[-1], height, f"{word} {ends[word]:.1f}", drawn[word][1])
    beside = "" if insured is None or "moved" not in drawn else named(insured)
    return finished(
        figure,
        title=_feared(told, _late(told, shown), ends.get("moved"), beside),
        subtitle="VIX at the close, what options on the S&P 500 expect over 30 days"
        + (f"; beside it how much {beside} moved" if beside else "")
        + f"; in per cent a year, {span(dates)}",
        caption=(f"Moved: EWMA of returns, decay {EWMA_DECAY}, as of each close. " * bool(beside))
        + f"{origin} n = {len(told)} sessions.",
        alt=f"A line of VIX between {told.min():.1f} and {told.max():.1f}, last {ends['VIX']:.1f}"
        + (f", and one of what {beside} moved, last {ends['moved']:.1f}." if beside else "."),
        table=_quantiles({word: values for word, (values, _) in reversed(drawn.items())}),
        height=260,
    )


def _quantiles(drawn: Mapping[str, pd.Series[float]]) -> pd.DataFrame:
    """What the lines are made of, without their rows, which are not ours to pass on."""
    told = [values.dropna() for values in drawn.values()]
    rows = {
        "lowest": [v.min() for v in told], "median": [v.median() for v in told],
        "highest": [v.max() for v in told], "last": [v.iloc[-1] for v in told],
    }  # fmt: skip
    shown = {
        word.capitalize() if word == "moved" else word: [f"{row[k]:.2f}" for row in rows.values()]
        for k, word in enumerate(drawn)
    }
    return pd.DataFrame({"Close": list(rows), **shown})


def _late(told: pd.Series[float], shown: pd.DataFrame) -> str:
    """The day of the last value, where a later session has none; else empty."""
    last = told.index[-1]
    return "" if last == shown.index[-1] else f" on {day(pd.Timestamp(last).date())}"


def _feared(vix: pd.Series[float], late: str, moved: float | None, insured: str) -> str:
    """The finding: how high the VIX stands among the sessions shown, and over what was moved."""
    now, before = float(vix.iloc[-1]), vix.iloc[:-1]
    n, below = len(before), int((before < now).sum())
    if not n:
        where = "is the only close there is"
    elif below == n:
        where = f"is the highest of {n + 1} closes"
    elif not (before <= now).any():
        where = f"is the lowest of {n + 1} closes"
    elif n - below < _ALL_BUT:
        where = f"is above all but {counted(n - below)} of the {n} closes before"
    else:
        where = f"is above {share(below / n)} of the {n} closes before"
    if moved is None:
        return f"VIX at {now:.1f}{late} {where}"
    over = round(round(now, 1) - round(moved, 1), 1)  # of the two as they are shown
    size = f"{abs(over):.1f} points {'more' if over > 0 else 'less'} than" if over else "just what"
    return f"VIX at {now:.1f}{late} {where}, and {size} {insured} has moved"


def term_slope(history: pd.DataFrame, origin: str) -> go.Figure:
    """The VIX over its three-month sister, session by session.

    Args:
        history: ``steps.fear.history``.
        origin: ``steps.fear.origin``.
    """
    if history.empty or FAR not in history:
        return nothing(
            "No term structure is drawn: there is no three-month VIX from the VIX’s own source"
        )
    own = slope(history)
    told = own.dropna()
    if told.empty:
        return nothing("No term structure is drawn: the VIX and its sister share no session")
    shown = history.loc[told.index[0] :]
    dates, now = days(shown.index), float(told.iloc[-1])
    figure = go.Figure(line(dates, own.loc[shown.index].round(4).tolist(), ACCENT, f"VIX / {FAR}"))
    figure.add_hline(y=1, line={"color": SOFT, "width": 1})
    label(figure, dates[-1], now, f"{now:.2f}", ACCENT)
    low, high = min(0.96, float(told.min())), max(1.04, float(told.max()))
    room = 0.06 * (high - low)
    figure.update_yaxes(range=[low - room, high + room])
    behind = shown.iloc[-_SHOWN:]
    return finished(
        figure,
        title=_sloped(told, _late(told, history)),
        subtitle=f"VIX, of 30 days, over {FAR}, of three months; above one the near one is dearer; "
        f"{span(dates)}",
        caption=f"Ratio of closes of one session. {origin} n = {len(told)} sessions with both.",
        alt=f"A line between {told.min():.2f} and {told.max():.2f}, last {now:.2f}, and another "
        "at one.",
        table=pd.DataFrame(
            {
                "Session": days(behind.index),
                "Ratio": [or_dash(v, "{:.2f}".format) for v in slope(behind)],
            }
        ),
        height=240,
    )


def _sloped(told: pd.Series[float], late: str) -> str:
    """The finding: which way the curve slopes, and on how many of the sessions shown it did."""
    now, n = float(told.iloc[-1]), len(told)
    if round(now, 2) == 1:
        return f"Near and far insurance cost the same{late}: VIX is 1.00 times {FAR}"
    alike = int(((told > 1) == (now > 1)).sum())
    often = f"as on {'all' if alike == n else f'{alike} of'} {n} sessions"
    often = often if n > 1 else "on the one session shown"
    word = "more" if now > 1 else "less"
    return f"Near insurance costs {word} than far{late}: VIX is {now:.2f} times {FAR}, {often}"


def term_curve(history: pd.DataFrame, origin: str) -> go.Figure | None:
    """What insurance costs by its span at the last close, over what it usually cost.

    Args:
        history: ``steps.fear.history``.
        origin: ``steps.fear.origin``.

    Returns:
        None where `term_slope` says that there is no term structure, and where fewer than sixty
        sessions have the spans of the last one.
    """
    if history.empty or FAR not in history:
        return None
    spans = [name for name in SPANS if name in history and np.isfinite(history[name].iloc[-1])]
    past = history[spans].iloc[:-1].dropna()
    if FAR not in spans or len(past) < _FEW:
        return None
    now = history[spans].iloc[-1].to_numpy(float)
    at = [SPANS[name] for name in spans]
    usual = {q: past.quantile(q).to_numpy(float) for q in (0.05, 0.25, 0.5, 0.75, 0.95)}
    figure = go.Figure()
    for low, high, colour in _BANDS:
        figure.add_scatter(
            x=[*at, *reversed(at)],
            y=[*usual[high].tolist(), *usual[low][::-1].tolist()],
            fill="toself", fillcolor=colour, line={"width": 0}, mode="lines", hoverinfo="skip",
            name=f"{high - low:.0%}",
        )  # fmt: skip
    figure.add_trace(line(at, usual[0.5].tolist(), SOFT, "median", dash="dot"))
    figure.add_trace(line(at, now.tolist(), ACCENT, "last close"))
    figure.add_scatter(
        x=at, y=now.tolist(), mode="markers", marker={"color": ACCENT, "size": 8},
        hoverinfo="skip", name="last close",
    )  # fmt: skip
    ends = {"now": float(now[-1]), "usual": float(usual[0.5][-1])}
    drawn = np.concatenate([now, *usual.values()])
    for word, height in apart(ends, _GAP * float(np.ptp(drawn))).items():
        label(figure, at[-1], height, word, {"now": ACCENT, "usual": SOFT}[word])
    figure.update_xaxes(type="category")
    return finished(
        figure,
        title=_against(now, usual[0.5], at),
        subtitle=f"VIX by its span at the close of {day(pd.Timestamp(history.index[-1]).date())}, "
        "in per cent a year",
        caption="Dotted and shaded: median, middle half and nine in ten of the sessions before, "
        f"{span(days(past.index))}. {origin} n = {len(past)} sessions.",
        alt=f"A line over {counted(len(at))} spans from {now[0]:.1f} to {now[-1]:.1f}, over bands "
        "of what was usual.",
        table=pd.DataFrame(
            {
                "Span": at,
                "Now": [f"{v:.2f}" for v in now],
                "Median": [f"{v:.2f}" for v in usual[0.5]],
                "Nine in ten": [
                    f"{a:.2f} to {b:.2f}" for a, b in zip(usual[0.05], usual[0.95], strict=True)
                ],
                "Over the median": [difference(v, 2) for v in (now - usual[0.5]).tolist()],
            }
        ),
        height=240,
    )


def _against(now: Array, usual: Array, spans: Sequence[str]) -> str:
    """The finding: at how many spans insurance costs more than it mostly did."""
    n, above = len(now), int((now > usual).sum())
    ends = f": {now[0]:.1f} for {spans[0]}, {now[-1]:.1f} for {spans[-1]}"
    if above in {0, n}:
        return f"Insurance costs {'more' if above else 'less'} than usual at every span{ends}"
    return f"Insurance costs more than usual at {counted(above)} of {counted(n)} spans{ends}"
