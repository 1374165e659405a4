"""Plotly figures in the site's manner: the title is the finding, one colour makes the point.

Every figure carries ``layout.meta`` with title, subtitle, caption, alt text and the table behind
it; the publisher writes those as text around the drawing. Colours are those of
``render.COLOURS``, which the site replaces by its own light and dark ones.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from workbench.desk.render import COLOURS
from workbench.domain.calendars import iso, to_datetime
from workbench.domain.claims import Claim
from workbench.domain.sentences import render
from workbench.measures.prices import SESSIONS_A_YEAR
from workbench.measures.scoring import reliability
from workbench.steps.bench import Bench

INK, SOFT, ACCENT, RULE = (COLOURS[name] for name in ("ink", "soft", "accent", "rule"))
_WILD = ("risk_off", "crisis")


def finished(
    figure: go.Figure,
    *,
    title: str,
    subtitle: str,
    caption: str,
    alt: str,
    table: pd.DataFrame,
    height: int = 300,
) -> go.Figure:
    """The figure with quiet axes, its words, and the table behind it.

    Args:
        figure: Traces in colours of ``COLOURS``.
        title: The finding, a sentence that the data prove.
        subtitle: What, when and unit.
        caption: Key, source, as-of and n.
        alt: The shape in words, for who cannot see it.
        table: The numbers drawn, formatted, at most some forty rows.
        height: Pixels.
    """
    axis = {
        "showgrid": False,
        "zeroline": False,
        "linecolor": RULE,
        "ticks": "",
        "nticks": 6,
        "tickfont": {"color": SOFT, "size": 12},
        "fixedrange": True,
    }
    figure.update_xaxes(**axis)
    figure.update_yaxes(**axis | {"showgrid": True, "gridcolor": RULE, "nticks": 5})
    figure.update_layout(
        height=height + 56,
        # For the notebook; the site writes title and subtitle as text and takes the room back.
        title={"text": f"{title}<br><sub>{subtitle}</sub>", "x": 0, "font": {"size": 16}},
        margin={"l": 44, "r": 64, "t": 64, "b": 32},
        showlegend=False,
        plot_bgcolor="rgba(0,0,0,0)",
        paper_bgcolor="rgba(0,0,0,0)",
        font={"color": INK, "size": 12},
        hovermode="x unified",
        meta={
            "title": title,
            "subtitle": subtitle,
            "caption": caption,
            "alt": alt,
            "table": {
                "columns": [str(name) for name in table.columns],
                "rows": [[str(value) for value in row] for row in table.itertuples(index=False)],
            },
        },
    )
    return figure


def _line(
    x: Sequence[object], y: Sequence[float], colour: str, name: str, **more: object
) -> go.Scatter:
    width = 2.25 if colour == ACCENT else 1.75
    return go.Scatter(
        x=list(x),
        y=[float(v) for v in y],
        mode="lines",
        name=name,
        line={"color": colour, "width": width, **more},
    )


def _label(figure: go.Figure, x: object, y: float, text: str, colour: str) -> None:
    figure.add_annotation(
        x=x,
        y=y,
        text=text,
        showarrow=False,
        xanchor="left",
        xshift=6,
        font={"color": colour, "size": 12},
    )


def _days(index: pd.DatetimeIndex) -> list[str]:
    return [f"{day:%Y-%m-%d}" for day in index]


def regime_ribbon(history: pd.DataFrame, name: str) -> go.Figure:
    """Price with the sessions in a turbulent regime shaded.

    Args:
        history: ``steps.regime.history``.
        name: The instrument's name.
    """
    days = _days(pd.DatetimeIndex(history.index))
    figure = go.Figure(_line(days, history["close"].tolist(), INK, name))
    wild = history["regime"].isin(_WILD).to_numpy()
    for first, last in _runs(wild):
        figure.add_vrect(
            x0=days[first],
            x1=days[min(last + 1, len(days) - 1)],
            line_width=0,
            fillcolor=COLOURS["tint"],
            layer="below",
        )
    figure.add_scatter(
        x=[days[-1]],
        y=[float(history["close"].iloc[-1])],
        mode="markers",
        marker={"color": ACCENT, "size": 9},
        name="last",
    )
    regime, since = str(history["regime"].iloc[-1]), _since(history)
    share = float(wild.mean())
    title = f"{name} is {regime.replace('_', ' ')}, for {since} sessions now"
    counts = history["regime"].value_counts()
    table = pd.DataFrame({"Regime": counts.index, "Sessions": counts.to_numpy()})
    return finished(
        figure,
        title=title,
        subtitle=f"{name} at the close, {days[0]} to {days[-1]}; shaded: risk off or crisis",
        caption=f"Index points. Filtered regime, parameters fitted at the last quarterly refit. "
        f"n = {len(days)} sessions, {share:.0%} of them shaded.",
        alt=f"Line of {name} over {len(days)} sessions with {len(_runs(wild))} shaded spells.",
        table=table,
    )


def _runs(flags: np.ndarray) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.r_[False, flags, False].astype(int)))
    return [(int(a), int(b) - 1) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _since(history: pd.DataFrame) -> int:
    labels = history["regime"].to_numpy()
    different = np.flatnonzero(labels != labels[-1])
    return len(labels) - 1 - int(different[-1]) if len(different) else len(labels)


def turbulence(history: pd.DataFrame) -> go.Figure:
    """Filtered probability of the high-variance state."""
    days = _days(pd.DatetimeIndex(history.index))
    values = (100 * history["turbulent"]).tolist()
    figure = go.Figure(_line(days, values, ACCENT, "turbulent, %"))
    figure.update_yaxes(range=[0, 100])
    now, above = values[-1], int((history["turbulent"] >= 0.5).sum())
    table = history[["turbulent"]].iloc[-10:]
    shown = pd.DataFrame(
        {
            "Session": _days(pd.DatetimeIndex(table.index)),
            "Turbulent": [f"{100 * v:.1f}%" for v in table["turbulent"]],
        }
    )
    return finished(
        figure,
        title=f"Turbulence stands at {now:.0f}%; above one half on {above} of {len(days)} sessions",
        subtitle="Filtered probability of the high-variance state, in per cent",
        caption=f"Two-state Markov-switching variance of log returns. n = {len(days)} sessions.",
        alt=f"Probability between 0 and 100 per cent, last value {now:.0f}.",
        table=shown,
        height=220,
    )


def volatility(history: pd.DataFrame, name: str) -> go.Figure:
    """Annualised EWMA volatility."""
    days = _days(pd.DatetimeIndex(history.index))
    values = (100 * SESSIONS_A_YEAR**0.5 * history["volatility"]).tolist()
    figure = go.Figure(_line(days, values, INK, "volatility, %"))
    middle = float(np.median(values))
    figure.add_hline(y=middle, line={"color": SOFT, "width": 1, "dash": "dot"})
    _label(figure, days[-1], values[-1], f"{values[-1]:.0f}%", INK)
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
        subtitle=f"EWMA volatility, annualised, {days[0]} to {days[-1]}; dotted: median",
        caption=f"Per cent a year, from closes, decay 0.94. n = {len(days)} sessions.",
        alt=f"Volatility between {min(values):.0f} and {max(values):.0f} per cent a year.",
        table=table,
        height=220,
    )


def correlations(frame: pd.DataFrame, names: dict[str, str], window: int) -> go.Figure:
    """Rolling correlation of the lead with the other instruments."""
    days = _days(pd.DatetimeIndex(frame.index))
    figure = go.Figure()
    rows = []
    for i, symbol in enumerate(frame.columns):
        values = frame[symbol].to_numpy(float)
        colour = ACCENT if i == len(frame.columns) - 1 else INK
        figure.add_trace(_line(days, values.tolist(), colour, names[symbol]))
        _label(figure, days[-1], float(values[-1]), symbol, colour)
        rows.append(
            (
                names[symbol],
                f"{values[-1]:+.2f}",
                f"{np.nanmin(values):+.2f}",
                f"{np.nanmax(values):+.2f}",
            )
        )
    figure.add_hline(y=0, line={"color": SOFT, "width": 1})
    last = ", ".join(f"{row[0]} {row[1]}" for row in rows) or "nothing to compare with"
    return finished(
        figure,
        title=f"Moving with the lead: {last}",
        subtitle=f"Correlation of daily log returns over {window} sessions",
        caption=f"Common sessions only. n = {len(days)} sessions shown.",
        alt=f"Rolling correlations; last values {last}.",
        table=pd.DataFrame(rows, columns=["Instrument", "Now", "Lowest", "Highest"]),
        height=240,
    )


def fan(bench: Bench, claim: Claim) -> go.Figure:
    """Recent closes, where the scenarios go until the deadline, and the claim's strikes."""
    own, scenarios = (
        bench.bars[claim.subject],
        bench.scenarios[claim.subject, claim.window.sessions],
    )
    name = next(i.name for i in bench.desk.table if i.symbol == claim.subject)
    sentence = render(claim, bench.desk.table)
    recent = (
        slice(-12 * claim.window.sessions, None) if claim.window.sessions < 3 else slice(-40, None)
    )
    days = [str(day) for day in own.dates[recent]]
    end = f"{claim.window.date:%Y-%m-%d}"
    figure = go.Figure()
    close = scenarios.close
    quantiles = {
        q: scenarios.price * np.exp(np.quantile(close, q)) for q in (0.05, 0.25, 0.5, 0.75, 0.95)
    }
    start = [days[-1], end]
    for low, high, colour in ((0.05, 0.95, "tint2"), (0.25, 0.75, "tint")):
        figure.add_scatter(
            x=[*start, end, days[-1]],
            y=[scenarios.price, quantiles[high], quantiles[low], scenarios.price],
            fill="toself",
            fillcolor=COLOURS[colour],
            mode="lines",
            line={"width": 0},
            hoverinfo="skip",
            name=f"{high - low:.0%}",
        )
    figure.add_trace(_line(days, own.close[recent].tolist(), INK, name))
    for strike in _strikes(claim):
        figure.add_trace(_line(start, [strike, strike], ACCENT, "strike", dash="dash"))
        _label(figure, end, strike, f"{strike:,.4g}" if strike < 1000 else f"{strike:,.0f}", ACCENT)
    inside = (
        f"{quantiles[0.05]:,.0f} to {quantiles[0.95]:,.0f}"
        if quantiles[0.05] > 100
        else f"{quantiles[0.05]:,.1f} to {quantiles[0.95]:,.1f}"
    )
    as_of = iso(to_datetime(own.known_at[-1]))
    return finished(
        figure,
        title=f"Nine scenarios in ten end at {inside}",
        subtitle=f"{name} at the close, and the scenarios until {end}",
        caption=f"Dashed: the strikes of “{sentence}”. Shaded: 50% and 90% of "
        f"n = {len(scenarios):,} rescaled past episodes. Known {as_of}.",
        alt=f"Closes of {name} over {len(days)} sessions and a widening fan to {end}.",
        table=pd.DataFrame(
            {
                "Share of scenarios below": [f"{q:.0%}" for q in quantiles],
                "Close": [f"{v:,.2f}" for v in quantiles.values()],
            }
        ),
    )


def _strikes(claim: Claim) -> list[float]:
    """The strikes of a claim as prices of its subject."""
    ref = claim.reference
    if claim.kind == "direction":
        return [ref]
    if claim.kind == "magnitude":
        size = (claim.lo or 0.0) / 100
        sides = {"any": (1 - size, 1 + size), "up": (1 + size,), "down": (1 - size,)}
        return [ref * side for side in sides[claim.side or "any"]]
    found = [value for value in (claim.lo, claim.hi) if value is not None]
    return [ref * (1 + value / 100) for value in found] if claim.unit == "pct" else found


def _nothing(why: str) -> go.Figure:
    """A figure that says why there is nothing to draw."""
    figure = go.Figure(_line([0, 1], [0, 0], RULE, "nothing"))
    return finished(
        figure, title=why, subtitle="", caption="n = 0.", alt="Nothing to draw.",
        table=pd.DataFrame(), height=120,
    )  # fmt: skip


def calibration(p: np.ndarray, y: np.ndarray, who: str) -> go.Figure:
    """Forecast probability against observed share, with 95 % binomial bars.

    Args:
        p: Probabilities in (0, 1).
        y: Outcomes, 1 or 0, same shape.
        who: The forecaster.
    """
    if not len(p):
        return _nothing("No claim of this forecaster has settled yet")
    forecast, happened, n = reliability(p, y)
    error = 1.96 * np.sqrt(np.maximum(happened * (1 - happened), 0.01) / n)
    figure = go.Figure(_line([0, 100], [0, 100], SOFT, "perfect", dash="dot"))
    figure.add_scatter(
        x=(100 * forecast).tolist(),
        y=(100 * happened).tolist(),
        mode="markers",
        name=who,
        marker={"color": ACCENT, "size": 9},
        error_y={
            "type": "data",
            "array": (100 * error).tolist(),
            "color": SOFT,
            "thickness": 1.5,
            "width": 0,
        },
    )
    figure.update_xaxes(range=[0, 100], title=None)
    figure.update_yaxes(range=[0, 100])
    off = float(np.average(np.abs(forecast - happened), weights=n))
    table = pd.DataFrame(
        {
            "Said": [f"{v:.0%}" for v in forecast],
            "Happened": [f"{v:.0%}" for v in happened],
            "n": [f"{k:,}" for k in n],
        }
    )
    return finished(
        figure,
        title=f"{who} is off by {100 * off:.1f} points on average between said and happened",
        subtitle="Across: probability said, per cent. Up: share that came true, per cent",
        caption=f"Bars: 95% as if claims were independent. n = {int(n.sum()):,} claims.",
        alt=f"{len(n)} points near the diagonal from 0 to 100 per cent.",
        table=table,
        height=340,
    )


def skill_bars(record: pd.DataFrame, forecasters: Sequence[str]) -> go.Figure:
    """Skill over the base rate with intervals, one row a forecaster.

    Args:
        record: ``steps.score.record``; rows with family ``all`` and horizon 0 are drawn.
        forecasters: Which, in order.
    """
    whole = record[(record["horizon"] == 0) & record["skill"].notna()]
    whole = whole[whole["mode"] == whole["mode"].iloc[-1]] if len(whole) else whole
    whole = whole.set_index("forecaster")
    rows = [name for name in forecasters if name in whole.index][::-1]
    if not rows:
        return _nothing("Too few claims have settled to speak of skill")
    shown = 100 * whole.loc[rows, ["skill", "skill_low", "skill_high"]].astype(float)
    values = shown["skill"].tolist()
    low = (shown["skill"] - shown["skill_low"]).tolist()
    high = (shown["skill_high"] - shown["skill"]).tolist()
    figure = go.Figure(
        go.Scatter(
            x=values,
            y=rows,
            mode="markers",
            marker={"color": ACCENT, "size": 9},
            name="skill",
            error_x={
                "type": "data",
                "array": high,
                "arrayminus": low,
                "symmetric": False,
                "color": SOFT,
                "thickness": 1.5,
                "width": 0,
            },
        )
    )
    figure.add_vline(x=0, line={"color": SOFT, "width": 1})
    best = max(zip(values, rows, strict=True))
    n = int(whole["n"].max())
    table = pd.DataFrame({"Forecaster": rows[::-1], "Skill": [f"{v:+.1f}%" for v in values[::-1]]})
    return finished(
        figure,
        title=f"{best[1]} has the highest skill over the base rate, {best[0]:+.1f}%",
        subtitle="Skill over climatology on all settled claims, shadows included, per cent",
        caption=f"Bars: 95%, block bootstrap over dates. n = {n:,} claims.",
        alt=f"{len(rows)} points with intervals around zero.",
        table=table,
        height=260,
    )
