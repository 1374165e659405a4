"""Figures of the market: price and regime, turbulence, volatility, correlations."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go

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
    span,
)
from workbench.domain.figures import difference, share
from workbench.measures.prices import EWMA_DECAY, sessions_a_year
from workbench.measures.regimes import MIN_SESSIONS

_WILD = ("risk_off", "crisis")
_FEW = 4  # lines up to which each has its label
_LABEL_GAP = 0.08  # least distance of two labels, as a share of the axis


def regime_ribbon(history: pd.DataFrame, name: str, origin: str) -> go.Figure:
    """Price with the sessions in a turbulent regime shaded.

    Args:
        history: ``steps.regime.history``.
        name: The instrument's name.
        origin: ``steps.origins.market``.
    """
    dates = days(history.index)
    figure = go.Figure(line(dates, history["close"].tolist(), INK, name))
    wild = history["regime"].isin(_WILD).to_numpy()
    spells = _runs(wild)
    for first, last in spells:
        figure.add_vrect(
            x0=dates[first],
            x1=dates[min(last + 1, len(dates) - 1)],
            line_width=0,
            fillcolor=TINT,
            layer="below",
        )
    figure.add_scatter(
        x=dates[-1:],
        y=[float(history["close"].iloc[-1])],
        mode="markers",
        marker={"color": ACCENT, "size": 9},
        name="last",
    )
    counts = history["regime"].value_counts()
    return finished(
        figure,
        title=_state(history["regime"], name),
        subtitle=f"{name} at the close, {span(dates)}; shaded: risk off or crisis",
        caption="Price in its own unit. Each session’s regime is filtered with the parameters in "
        f"force on it, refitted quarterly. {origin} n = {len(dates)} sessions, "
        f"{wild.mean():.0%} shaded.",
        alt=f"Line of {name} over {len(dates)} sessions with {len(spells)} "
        f"shaded spell{'s' * (len(spells) != 1)}.",
        table=pd.DataFrame({"Regime": counts.index, "Sessions": counts.to_numpy()}),
    )


def _runs(flags: np.ndarray) -> list[tuple[int, int]]:
    """First and last position of each run of true values."""
    edges = np.flatnonzero(np.diff(np.r_[False, flags, False].astype(int)))
    return [(int(a), int(b) - 1) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _state(regime: pd.Series[str], name: str) -> str:
    """The present regime and for how long, as a title."""
    labels = regime.to_numpy()
    if labels[-1] == "unknown":
        return f"{name} has no regime: {_untold(len(labels))}"
    different = np.flatnonzero(labels != labels[-1])
    since = len(labels) - 1 - int(different[-1]) if len(different) else len(labels)
    count = "its first session" if since == 1 else f"{since} sessions now"
    word = "in crisis" if labels[-1] == "crisis" else labels[-1].replace("_", " ")
    return f"{name} is {word}, for {count}"


def _untold(n: int) -> str:
    """Why n sessions shown have no regime; fewer than a fit takes may be a window on more."""
    if n >= MIN_SESSIONS:
        return f"no fit to these {n} sessions has converged"
    return f"that takes {MIN_SESSIONS} sessions and a fit that converges"


def turbulence(history: pd.DataFrame, origin: str) -> go.Figure:
    """Filtered probability of the high-variance state.

    Args:
        history: ``steps.regime.history``.
        origin: ``steps.origins.market``.
    """
    told = history["turbulent"].dropna()
    if told.empty:
        return nothing(f"No turbulence is told: {_untold(len(history))}")
    dates = days(told.index)
    figure = go.Figure(line(dates, (100 * told).tolist(), ACCENT, "turbulent, %"))
    figure.update_yaxes(range=[0, 100])
    now, above = share(told.iloc[-1]), int((told >= 0.5).sum())
    shown = [share(value) for value in told.iloc[-10:]]
    return finished(
        figure,
        title=f"Turbulence stands at {now}; above one half on {above} of {len(told)} sessions",
        subtitle="Filtered probability of the high-variance state, in per cent",
        caption=f"Two-state Markov-switching variance of log returns. {origin} "
        f"n = {len(told)} sessions.",
        alt=f"Probability between 0 and 100 per cent, last value {now}.",
        table=pd.DataFrame({"Session": dates[-10:], "Turbulent": shown}),
        height=220,
    )


def volatility(history: pd.DataFrame, name: str, origin: str) -> go.Figure:
    """Annualised EWMA volatility (see `regime_ribbon` for the arguments)."""
    year = sessions_a_year(history.index.to_numpy())
    told = 100 * year**0.5 * history["volatility"].dropna()
    if told.empty:
        return nothing(f"{name} is too young for a volatility")
    dates, values = days(told.index), told.tolist()
    figure = go.Figure(line(dates, values, INK, "volatility, %"))
    middle = float(np.median(values))
    figure.add_hline(y=middle, line={"color": SOFT, "width": 1, "dash": "dot"})
    label(figure, dates[-1], values[-1], f"{values[-1]:.0f}%", INK)
    side = "above" if values[-1] > middle else "below"
    table = pd.DataFrame(
        {
            "Quantile": ["lowest", "median", "highest", "now"],
            "Volatility": [f"{v:.1f}%" for v in (min(values), middle, max(values), values[-1])],
        }
    )
    return finished(
        figure,
        title=f"{name} moves {values[-1]:.0f}% a year, {side} its median of {middle:.0f}%",
        subtitle=f"EWMA volatility, annualised, {span(dates)}; dotted: median",
        caption=f"Per cent a year, from closes, decay {EWMA_DECAY}. {origin} "
        f"n = {len(dates)} sessions.",
        alt=f"Volatility between {min(values):.0f} and {max(values):.0f} per cent a year.",
        table=table,
        height=220,
    )


def correlations(
    frame: pd.DataFrame, names: Mapping[str, str], window: int, origin: str
) -> go.Figure:
    """Rolling correlation of the lead with the other instruments.

    Args:
        frame: ``steps.regime.correlations``.
        names: Symbol to name.
        window: Sessions of each correlation.
        origin: ``steps.origins.market``.
    """
    told = frame.dropna(axis="columns", how="all")
    if told.empty:
        return nothing("The lead has no other instrument to move with")
    last = {symbol: float(told[symbol].dropna().iloc[-1]) for symbol in told.columns}
    order = sorted(last, key=lambda symbol: last[symbol])
    few = len(order) <= _FEW
    shown = dict.fromkeys(told.columns, INK) | {told.columns[-1]: ACCENT}
    shown = shown if few else {order[0]: INK, order[-1]: ACCENT}
    figure = go.Figure()
    for symbol in sorted(told.columns, key=lambda symbol: symbol in shown):  # context lies behind
        drawn = line(days(told.index), told[symbol].round(4).tolist(), shown.get(symbol, SOFT),
                     names[symbol])  # fmt: skip
        figure.add_trace(drawn if symbol in shown else drawn.update(line_width=0.75))
    ends = {symbol: last[symbol] for symbol in shown}
    for symbol, height in apart(ends, _LABEL_GAP * _spread(told)).items():
        label(figure, days(told.index)[-1], height, symbol, shown[symbol])
    rows = [
        (names[s], *(difference(v, 2) for v in (last[s], told[s].min(), told[s].max())))
        for s in told.columns
    ]
    figure.add_hline(y=0, line={"color": SOFT, "width": 1})
    said = ", ".join(f"{row[0]} {row[1]}" for row in rows)
    top, low = (f"{names[one]} {difference(last[one], 2)}" for one in (order[-1], order[0]))
    return finished(
        figure,
        title=f"Moving with the lead: {said}"
        if few
        else f"Of {len(order)} instruments, moving most with the lead: {top}; least: {low}",
        subtitle=f"Correlation of daily log returns over {window} sessions",
        caption=f"Common sessions only. {origin} n = {len(told)} sessions shown.",
        alt=f"Rolling correlations; last values {said}.",
        table=pd.DataFrame(rows, columns=["Instrument", "Now", "Lowest", "Highest"]),
        height=240,
    )


def _spread(frame: pd.DataFrame) -> float:
    """From the lowest value drawn to the highest, zero included."""
    values = np.r_[frame.to_numpy(float).ravel(), 0.0]
    return float(np.nanmax(values) - np.nanmin(values))
