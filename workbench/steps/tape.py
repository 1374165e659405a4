"""Findings from the market: the lead's session, its month and width, VIX, and the regime."""

from __future__ import annotations

import numpy as np

from workbench.domain.calendars import iso, to_datetime, venue
from workbench.domain.instruments import Instrument
from workbench.domain.records import Regime
from workbench.measures import prices
from workbench.measures.prices import Array, Bars
from workbench.steps.bench import Bench
from workbench.steps.facts import Facts, Number, counted, named

_RARE = 126  # sessions without a larger move before one is called the largest since
_STREAK = 4


def gather(facts: Facts, bench: Bench, regime: Regime) -> None:
    """Adds all that the market says as of the cycle's moment."""
    own, one = bench.lead_bars, bench.lead
    add = facts.numbers(f"{one.symbol}.close", _of(own))
    _session(facts, bench, add)
    _month(facts, own, one, add)
    _width(own, add)
    _largest(facts, own, add)
    _streak(facts, own.close, add)
    _other(facts, bench)
    _fear(facts, bench)
    _regime(facts, bench, regime)


def _session(facts: Facts, bench: Bench, add: Number) -> None:
    own, one, words = bench.lead_bars, bench.lead, facts.words
    change = prices.simple_return(own.close)
    sigma = float(prices.ewma_volatility(own.close)[-2])
    words["lead"] = named(one.name)
    words["day"] = f"{own.dates[-1].item():%A}"
    words["last_day"] = f"{own.dates[-2].item():%A}"
    words["next_day"] = f"{venue(one.venue).after(bench.as_of).date:%A}"
    words["direction"] = "rise" if change > 0 else "fall"
    add("close", own.close[-1], f"{own.close[-1]:,.2f}", f"{one.name}, last close")
    facts.change(add, "change", change, f"{one.name}, close to close")
    words["moved"], words["fell"] = words["change_moved"], words["change_fell"]
    size = abs(change) / sigma
    add("sigmas", size, f"{size:.1f}", "that change in expected daily deviations")
    span = float(own.high[-1] / own.low[-1] - 1)
    if np.isfinite(span):
        add("range", span, f"{100 * span:.2f}%", f"{one.name}, high over low")
    if size >= 2:
        facts.has.add("shock_up" if change > 0 else "shock_down")
    elif size < 0.35:
        facts.has.add("quiet")
    facts.has.add("up" if change > 0 else "down")


def _month(facts: Facts, own: Bars, one: Instrument, add: Number) -> None:
    month = prices.simple_return(own.close, 21)
    facts.change(add, "month", month, f"{one.name} over 21 sessions")
    fall = float(prices.drawdown(own.close)[-1])
    add("drawdown", fall, f"{abs(100 * fall):.1f}%", f"{one.name} under its highest close")
    if fall == 0.0:
        facts.has.add("high")


def _width(own: Bars, add: Number) -> None:
    now = float(prices.ewma_volatility(own.close)[-1])
    yearly = now * prices.SESSIONS_A_YEAR**0.5
    add("vol", now, f"{100 * now:.2f}%", "EWMA daily volatility")
    add("vol_year", yearly, f"{100 * yearly:.0f}%", "EWMA volatility, annualised")
    add("two_sigma", 2 * now, f"{200 * now:.1f}%", "two daily deviations")


def _largest(facts: Facts, own: Bars, add: Number) -> None:
    """The last session with a larger move the same way, when that is long enough ago."""
    returns = own.close[1:] / own.close[:-1] - 1
    change = returns[-1]
    larger = np.flatnonzero(returns[:-1] >= change if change > 0 else returns[:-1] <= change)
    if len(larger) and len(returns) - 1 - larger[-1] >= _RARE:
        when = own.dates[larger[-1] + 1].item()
        shown = f"{when.day} {when:%B %Y}"
        add("since", when.toordinal(), shown, "last session with a larger move the same way")
        facts.has.add("superlative")


def _streak(facts: Facts, close: Array, add: Number) -> None:
    signs = np.sign(np.diff(close))
    other = signs[::-1] != signs[-1]
    run = int(np.argmax(other)) if other.any() else len(signs)
    if run >= _STREAK:
        add("streak", run, counted(run), "sessions in a row the same way")
        facts.has.add("streak_up" if signs[-1] > 0 else "streak_down")


def _other(facts: Facts, bench: Bench) -> None:
    """The second instrument of the lead's theme, if the desk has one."""
    lead, own = bench.lead, bench.lead_bars
    rest = [o for o in bench.instruments[1:] if o.theme == lead.theme and o.symbol in bench.bars]
    if not rest:
        return
    other = rest[0]
    change = prices.simple_return(own.close)
    moved = prices.simple_return(bench.bars[other.symbol].close)
    add = facts.numbers(f"{other.symbol}.close", _of(bench.bars[other.symbol]))
    facts.words["other"] = named(other.name)
    facts.change(add, "other_change", moved, f"{other.name}, close to close")
    facts.words["other_fell"] = facts.words["other_change_fell"]
    gap = moved - change
    meaning = f"difference of the changes of {other.name} and {lead.name}"
    add("gap", gap, f"{100 * abs(gap):.2f} points", meaning)
    facts.has.add("other")
    if abs(gap) > 1.2 * float(prices.ewma_volatility(own.close)[-2]) and moved * change <= 0:
        facts.has.add("split")


def _fear(facts: Facts, bench: Bench) -> None:
    fear = bench.bars.get("VIX")
    if fear is None or len(fear) < 2:
        if any(one.symbol == "VIX" for one in bench.instruments):
            facts.has.add("fear_dark")
        return
    add = facts.numbers("VIX.close", _of(fear))
    change = prices.simple_return(fear.close)
    add("vix", fear.close[-1], f"{fear.close[-1]:.2f}", "VIX, last close")
    add("vix_last", fear.close[-2], f"{fear.close[-2]:.2f}", "VIX, the close before")
    facts.change(add, "vix_change", change, "VIX, close to close")
    facts.words["vix_moved"] = facts.words["vix_change_moved"]
    facts.words["vix_gained"] = facts.words["vix_change_gained"]
    facts.has.add("fear")
    if abs(change) > 0.12:
        facts.has.add("fear_moved_up" if change > 0 else "fear_moved_down")


def _regime(facts: Facts, bench: Bench, regime: Regime) -> None:
    word = regime.name.replace("_", " ")
    facts.words["regime_word"], facts.words["regime_title"] = word, word.capitalize()
    if regime.name == "unknown":
        return
    add = facts.numbers("3_regime", _of(bench.lead_bars))
    shown = f"{100 * regime.turbulent:.0f}%"
    meaning = "filtered probability of the high-variance state"
    add("turbulent", regime.turbulent, "<1%" if shown == "0%" else shown, meaning)
    since = f"{regime.since.day} {regime.since:%B %Y}"
    add("regime_since", regime.since.toordinal(), since, "first session of the present regime")
    facts.has.add("regime")
    if regime.since == bench.lead_bars.dates[-1].item():
        facts.has.add("regime_new")


def _of(own: Bars) -> str:
    return iso(to_datetime(own.at[-1]))
