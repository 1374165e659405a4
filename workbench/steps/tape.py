"""Findings from the market: the lead's last close, its month and width, VIX, and the regime.

Each is as of the last close known. One that the dispatch before knew already is not news, and the
circumstance ``waiting`` says so.
"""

from __future__ import annotations

import numpy as np
import sqlalchemy as sa

from workbench.domain.calendars import iso, moment, to_datetime, to_numpy, venue
from workbench.domain.figures import share
from workbench.domain.instruments import ALWAYS, Instrument
from workbench.domain.records import Regime
from workbench.measures import prices
from workbench.measures.prices import Array, Bars
from workbench.steps import circumstances, coins, movers, slowly
from workbench.steps.bench import Bench
from workbench.steps.circumstances import spelled
from workbench.steps.facts import Facts, Number, counted, named
from workbench.world import entries as book

FEAR = "VIX"
INSURED = frozenset({"SPX", "SPY"})  # what VIX is the price of insuring
_RARE = 126  # sessions without a larger move before one is called the largest since
_STREAK = 4
_SHOCK, _WIDE, _QUIET = 2.0, 1.0, 0.35  # expected deviations
_HOUR = np.timedelta64(1, "h")
_TRAVEL = 1.6  # an ordinary day's range, in deviations


def gather(facts: Facts, bench: Bench, regime: Regime) -> None:
    """Adds all that the market says as of the cycle's moment."""
    own, one = bench.lead_bars, bench.lead
    add = facts.numbers(f"{one.symbol}.close", _of(own))
    fresh = _fresh(bench, own)
    if not fresh:
        facts.has.add("waiting")
    circumstances.gather(facts, bench)
    _clock(facts, bench)
    _session(facts, own, one, add)
    _month(facts, own, one, add)
    _width(own, add)
    _largest(facts, own, add)
    _streak(facts, own.close, add)
    _other(facts, bench)
    _fear(facts, bench)
    _regime(facts, bench, regime, fresh)
    movers.gather(facts, bench)
    coins.gather(facts, bench)
    slowly.gather(facts, bench)
    ways = {f"shut_{way}" for way in ("down", "up", "mixed") if f"mega_{way}" in facts.has}
    if facts.has & {"closed_weekend", "closed_holiday"}:
        facts.has.update({"shut", *ways})
    elif "closed" in facts.has:
        facts.has.add("ahead")


def _fresh(bench: Bench, own: Bars) -> bool:
    """True when the dispatch before this one did not know the last bar."""
    query = sa.select(book.cycles.c.as_of).where(book.cycles.c.number < bench.number)
    before = bench.ledger.read(query.order_by(book.cycles.c.number.desc()).limit(1))
    return not before or bool(own.known_at[-1] > to_numpy(moment(before[0]["as_of"])))


def _clock(facts: Facts, bench: Bench) -> None:
    """How the lead's venue counts time."""
    own, words = bench.lead_bars, facts.words
    around = bench.lead.venue == ALWAYS
    words["lead"] = named(bench.lead)
    words["last_day"] = f"{own.dates[-2].item():%A}"
    words["next_day"] = f"{venue(bench.lead.venue).after(bench.as_of).date:%A}"
    words["session"] = "day" if around else "session"
    words["sessions"] = f"{words['session']}s"


def _session(facts: Facts, own: Bars, one: Instrument, add: Number) -> None:
    words, has = facts.words, facts.has
    change = prices.simple_return(own.close)
    widths = prices.ewma_volatility(own.close)
    sigma, usual = float(widths[-2]), float(np.nanmedian(widths))
    words["direction"] = "rise" if change > 0 else "fall"
    add("close", own.close[-1], f"{own.close[-1]:,.2f}", f"{one.name}, last close")
    facts.change(add, "change", change, f"{one.name}, close to close")
    words["moved"], words["fell"] = words["change_moved"], words["change_fell"]
    size = abs(change) / sigma
    add("sigmas", size, f"{size:.1f}", "that change in expected daily deviations")
    span = float(own.high[-1] / own.low[-1] - 1)
    if np.isfinite(span):
        add("range", span, f"{100 * span:.2f}%", f"{one.name}, high over low")
        has.add("range")
    side = "up" if change > 0 else "down" if change < 0 else "flat"
    if size >= _SHOCK:
        has.add(f"shock_{side}")
    elif size < _QUIET and span > _TRAVEL * usual:
        has.add("round_trip")
    elif size < _QUIET and (np.isfinite(span) or sigma <= usual):
        has.add("quiet")
    elif size >= _WIDE:
        has.add(f"wide_{side}")
    else:
        has.add(side)


def _month(facts: Facts, own: Bars, one: Instrument, add: Number) -> None:
    days = 30 if one.venue == ALWAYS else 21
    month = prices.simple_return(own.close, days)
    facts.change(add, "month", month, f"{one.name} over {days} {facts.words['sessions']}")
    fall = float(prices.drawdown(own.close)[-1])
    meaning = f"{one.name} under its highest close in this archive"
    add("drawdown", fall, f"{abs(100 * fall):.1f}%", meaning)
    first = own.dates[0].item()
    add("first_year", first.toordinal(), f"{first.year}", "where this archive's closes begin")
    if own.close[-1] > own.close[:-1].max():
        facts.has.add("high")


def _width(own: Bars, add: Number) -> None:
    now = float(prices.ewma_volatility(own.close)[-1])
    yearly = now * prices.sessions_a_year(own.dates) ** 0.5
    add("vol", now, f"{100 * now:.2f}%", "EWMA daily volatility")
    add("vol_year", yearly, f"{100 * yearly:.0f}%", "EWMA volatility, annualised")
    add("two_sigma", 2 * now, f"{200 * now:.1f}%", "two EWMA deviations a day")


def _largest(facts: Facts, own: Bars, add: Number) -> None:
    """The last session with a larger move the same way, when that is long enough ago."""
    returns = own.close[1:] / own.close[:-1] - 1
    change = returns[-1]
    larger = np.flatnonzero(returns[:-1] >= change if change > 0 else returns[:-1] <= change)
    if change == 0:
        return
    if not len(larger):
        facts.has.add("superlative_ever")
    elif len(returns) - 1 - larger[-1] >= _RARE:
        when = own.dates[larger[-1] + 1].item()
        shown = f"{when.day} {when:%B %Y}"
        add("since", when.toordinal(), shown, "last session with a larger move the same way")
        facts.has.add("superlative")


def _streak(facts: Facts, close: Array, add: Number) -> None:
    signs = np.sign(np.diff(close))
    other = signs[::-1] != signs[-1]
    run = int(np.argmax(other)) if other.any() else len(signs)
    if run >= _STREAK and signs[-1]:
        add("streak", run, counted(run), "closes in a row the same way")
        facts.has.add("streak_up" if signs[-1] > 0 else "streak_down")


def _other(facts: Facts, bench: Bench) -> None:
    """The second instrument of the lead's theme, if the desk has one that closed with it."""
    lead, own = bench.lead, bench.lead_bars
    rest = [
        one
        for one in bench.instruments[1:]
        if (one.theme, one.venue) == (lead.theme, lead.venue)
        and one.symbol in bench.bars
        and bench.bars[one.symbol].at[-1] == own.at[-1]
        and len(bench.bars[one.symbol]) > 1
    ]
    if not rest:
        return
    other = rest[0]
    change = prices.simple_return(own.close)
    moved = prices.simple_return(bench.bars[other.symbol].close)
    add = facts.numbers(f"{other.symbol}.close", _of(bench.bars[other.symbol]))
    facts.words["other"] = named(other)
    facts.change(add, "other_change", moved, f"{other.name}, close to close")
    facts.words["other_fell"] = facts.words["other_change_fell"]
    gap = moved - change
    meaning = f"difference of the changes of {other.name} and {lead.name}"
    add("gap", gap, f"{100 * abs(gap):.2f} points", meaning)
    facts.has.add("other")
    if abs(gap) > 1.2 * float(prices.ewma_volatility(own.close)[-2]) and moved * change <= 0:
        facts.has.add("split")


def _fear(facts: Facts, bench: Bench) -> None:
    """VIX, on a desk that has it beside its lead: its close, or why there is none."""
    desk = {one.symbol: one for one in bench.instruments[1:]}
    if FEAR not in desk:
        return
    own = bench.bars.get(FEAR)
    if own is None:
        hidden = [f for f in bench.flags if f.series == FEAR and f.severity != "note"]
        gone = next((flag for flag in hidden if flag.field in {"", "close"}), None)
        if gone is not None and gone.severity == "dark":
            facts.has.add("fear_dark")
        elif gone is not None:
            facts.quotes("1_pull", iso(bench.as_of))("fear_flag", gone.seen, gone.check)
            facts.has.add("fear_withheld")
        return
    if len(own) < 2:
        return
    add = facts.numbers(f"{FEAR}.close", _of(own))
    change = prices.simple_return(own.close)
    add("vix", own.close[-1], f"{own.close[-1]:.2f}", "VIX, last close")
    add("vix_last", own.close[-2], f"{own.close[-2]:.2f}", "VIX, the close before")
    facts.change(add, "vix_change", change, "VIX, close to close")
    facts.words["vix_moved"] = facts.words["vix_change_moved"]
    facts.words["vix_gained"] = facts.words["vix_change_gained"]
    facts.words["vix_day"] = f"{own.dates[-1].item():%A}"
    if "closed" in facts.has:
        session, hours = own.dates[-1].item(), (to_numpy(bench.as_of) - own.at[-1]) // _HOUR
        add("vix_session", session.toordinal(), spelled(session), "the session of that close")
        add("vix_age", float(hours), f"{hours} hours", "from that close to this moment")
        facts.has.add("fear_closed")
        return
    if not _fresh(bench, own):
        facts.has.add("fear_old")
        return
    if bench.lead.symbol in INSURED:
        daily = own.close[-1] / 100 / prices.SESSIONS_A_YEAR**0.5
        add("vix_width", daily, f"{100 * daily:.2f}%", "VIX as a width a day")
        facts.has.add("fear")
    else:
        facts.has.add("fear_beside")
    if abs(change) > 0.12 and bench.lead.venue == desk[FEAR].venue:
        facts.has.add("fear_moved_up" if change > 0 else "fear_moved_down")


def _regime(facts: Facts, bench: Bench, regime: Regime, fresh: bool) -> None:
    word = regime.name.replace("_", " ")
    facts.words["regime_word"], facts.words["regime_title"] = word, word.capitalize()
    if regime.name == "unknown":
        return
    add = facts.numbers("3_regime", _of(bench.lead_bars))
    meaning = "filtered probability of the high-variance state"
    add("turbulent", regime.turbulent, share(regime.turbulent), meaning)
    since = f"{regime.since.day} {regime.since:%B %Y}"
    add("regime_since", regime.since.toordinal(), since, "first session of the present regime")
    today = regime.since == bench.lead_bars.dates[-1].item()
    facts.has.add("regime_new" if today and fresh else "regime")


def _of(own: Bars) -> str:
    return iso(to_datetime(own.at[-1]))
