"""The fan: where a claim's instrument has been, where the scenarios go, and what is claimed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from workbench.desk.charts.frame import (
    ACCENT,
    INK,
    SOFT,
    TINT,
    TINT2,
    finished,
    label,
    line,
)
from workbench.domain.claims import Claim, decimals
from workbench.domain.figures import day, difference, plain, price
from workbench.domain.instruments import Instrument, find
from workbench.domain.sentences import render
from workbench.measures.prices import Array
from workbench.measures.scenarios import episodes, joined, quantile, width
from workbench.steps import origins
from workbench.steps.bench import Bench

_SHARES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Course:
    """What a fan draws, in one unit.

    Attributes:
        dates: Sessions drawn, the last one being that of the last close.
        past: One value a session.
        ends: Share of scenarios below to their value at the deadline.
        strikes: Value to its label.
    """

    dates: list[str]
    past: Array
    ends: Mapping[float, float]
    strikes: Mapping[float, str]


def fan(bench: Bench, claim: Claim) -> go.Figure:
    """What has been, where the scenarios go until the deadline, and the claim's strikes.

    Prices of the subject; for a relative claim the subject's change since the last close minus
    the versus's, in percentage points, with the margin as the strike.

    Args:
        bench: The cycle's bench, with scenarios for the claim's instruments and horizon.
        claim: As registered, its reference prices frozen.
    """
    if claim.versus:
        return _difference(bench, claim)
    return _width(bench, claim) if claim.kind == "range" else _prices(bench, claim)


def _prices(bench: Bench, claim: Claim) -> go.Figure:
    one = find(claim.subject, bench.desk.table)
    own, scenarios = bench.bars[one.symbol], bench.scenarios[one.symbol, claim.window.sessions]
    recent = _recent(claim)
    ends = {q: quantile(scenarios.close, scenarios.weight, q) for q in _SHARES}
    course = _Course(
        dates=[str(date) for date in own.dates[recent]],
        past=own.close[recent],
        ends={q: scenarios.price * float(np.exp(end)) for q, end in ends.items()},
        strikes={value: _exact(value, one) for value in _strikes(claim)},
    )
    low, high = (_short(course.ends[q], one) for q in (_SHARES[0], _SHARES[-1]))
    return finished(
        _drawn(course, claim, one.name),
        title=f"Nine scenarios in ten end between {low} and {high}",
        subtitle=f"{one.name} at the close, in {one.unit}, and the scenarios until "
        f"{day(claim.window.date)}",
        caption=_caption(
            bench,
            claim,
            "strikes" if len(course.strikes) > 1 else "strike",
            f"{len(scenarios):,} rescaled past episodes",
        ),
        alt=f"Closes of {one.name} over {len(course.dates)} sessions and a widening fan to "
        f"{claim.window.date}.",
        table=_table(course, "Close", [_exact(v, one) for v in course.ends.values()]),
    )


def _difference(bench: Bench, claim: Claim) -> go.Figure:
    one, other = (find(symbol, bench.desk.table) for symbol in claim.symbols)
    sessions = claim.window.sessions
    left, right = (bench.bars[i.symbol] for i in (one, other))
    ours, theirs = joined(*(bench.scenarios[i.symbol, sessions] for i in (one, other)))
    common, first, second = np.intersect1d(left.dates, right.dates, return_indices=True)
    recent = _recent(claim)
    own, versus = left.close[first], right.close[second]
    change = 100 * (np.expm1(ours.close) - np.expm1(theirs.close))
    course = _Course(
        dates=[str(date) for date in common[recent]],
        past=100 * (own / own[-1] - versus / versus[-1])[recent],
        ends={q: quantile(change, ours.weight, q) for q in _SHARES},
        strikes={claim.margin or 0.0: plain(claim.margin)},
    )
    low, high = (difference(course.ends[q], 2) for q in (_SHARES[0], _SHARES[-1]))
    figure = _drawn(course, claim, f"{one.name} minus {other.name}")
    zero = {"y0": 0, "y1": 0, "line": {"color": SOFT, "width": 1}, "layer": "below"}
    figure.add_shape(type="line", x0=course.dates[0], x1=course.dates[-1], **zero)
    return finished(
        figure,
        title=f"Nine scenarios in ten end {low} to {high} points ahead of {other.name}",
        subtitle=f"Change of {one.name} minus change of {other.name} since the last close, in "
        f"percentage points, and the scenarios until {day(claim.window.date)}",
        caption=_caption(bench, claim, "margin", f"{len(ours):,} pairs of rescaled past episodes"),
        alt=f"Difference of the two over {len(course.dates)} sessions, zero at the last close, and "
        f"a widening fan to {claim.window.date}.",
        table=_table(course, "Points ahead", [difference(v, 2) for v in course.ends.values()]),
    )


def _width(bench: Bench, claim: Claim) -> go.Figure:
    one = find(claim.subject, bench.desk.table)
    own, sessions = bench.bars[one.symbol], claim.window.sessions
    scenarios = bench.scenarios[one.symbol, sessions].whole
    percent = claim.unit == "pct"
    said = "%" if percent else f" {one.unit}"
    past = width(episodes(own, sessions)) * (100.0 if percent else own.close[:-sessions])
    recent = _recent(claim)
    ahead = width(scenarios) * (100.0 if percent else scenarios.price)
    strike = claim.lo if claim.lo is not None else claim.hi or 0.0
    course = _Course(
        dates=[str(date) for date in own.dates[sessions:][recent]],
        past=past[recent],
        ends={q: quantile(ahead, scenarios.weight, q) for q in _SHARES},
        strikes={strike: f"{plain(strike)}{said}"},
    )
    low, high = (f"{course.ends[q]:.2f}{said}" for q in (_SHARES[0], _SHARES[-1]))
    window = "the session" if sessions == 1 else f"{sessions} sessions"
    of = "per cent of the close before" if percent else one.unit
    return finished(
        _drawn(course, claim, f"{one.name}, high to low"),
        title=f"Nine scenarios in ten span between {low} and {high}",
        subtitle=f"{one.name} from high to low of {window}, in {of}, and the scenarios until "
        f"{day(claim.window.date)}",
        caption=_caption(bench, claim, "size", f"{len(scenarios):,} rescaled past episodes"),
        alt=f"High less low of {one.name} over {len(course.dates)} sessions and a widening fan to "
        f"{claim.window.date}.",
        table=_table(course, "High to low", [f"{v:.2f}{said}" for v in course.ends.values()]),
    )


def _recent(claim: Claim) -> slice:
    """Sessions shown before the fan, so that a short one is no sliver."""
    return slice(-12 * claim.window.sessions if claim.window.sessions < 3 else -40, None)


def _drawn(course: _Course, claim: Claim, name: str) -> go.Figure:
    figure = go.Figure()
    last, end = course.dates[-1], str(claim.window.date)
    now = float(course.past[-1])
    for low, high, colour in ((0.05, 0.95, TINT2), (0.25, 0.75, TINT)):
        figure.add_scatter(
            x=[last, end, end, last],
            y=[now, course.ends[high], course.ends[low], now],
            fill="toself",
            fillcolor=colour,
            mode="lines",
            line={"width": 0},
            hoverinfo="skip",
            name=f"{high - low:.0%}",
        )
    figure.add_trace(line(course.dates, course.past.tolist(), INK, name))
    for strike, text in course.strikes.items():
        figure.add_trace(line([last, end], [strike, strike], ACCENT, "strike", dash="dash"))
        label(figure, end, strike, text, ACCENT)
    return figure


def _caption(bench: Bench, claim: Claim, dashed: str, counted: str) -> str:
    return (
        f"Dashed: the {dashed} of “{render(claim, bench.desk.table)}”. Shaded: 50% and 90% of "
        f"n = {counted}. {origins.market(bench, *claim.symbols)}"
    )


def _table(course: _Course, what: str, shown: Sequence[str]) -> pd.DataFrame:
    below = [f"{share:.0%}" for share in course.ends]
    return pd.DataFrame({"Share of scenarios below": below, what: shown})


def _exact(value: float, one: Instrument) -> str:
    """A price to its tick: 2,822.43, and 2,850 when it is whole."""
    return price(round(value, decimals(one.tick)), one.tick)


def _short(value: float, one: Instrument) -> str:
    """A price to four digits, never finer than its tick: 115,598, 2,823, 13.85, 0.01234."""
    wanted = 3 - int(np.floor(np.log10(value)))
    return f"{value:,.{min(max(wanted, 0), decimals(one.tick))}f}"


def _strikes(claim: Claim) -> list[float]:
    """The strikes of a claim as prices of its subject."""
    ref = claim.reference
    if claim.kind == "direction":
        return [ref]
    found = [value for value in (claim.lo, claim.hi) if value is not None]
    if claim.kind == "magnitude":
        sides = {"any": (-1, 1), "up": (1,), "down": (-1,)}[claim.side or "any"]
        found = [side * value for value in found for side in sides]
    per = {"price": 0.0, "pct": ref / 100, "pts": 1.0}[claim.unit]
    return [ref + per * value for value in found] if per else found
