"""The findings and words of one dispatch: every number that its essay may use, with its source.

Gathered from the snapshot, the measures and the ledger, all as of the cycle's moment.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np

from workbench.domain.calendars import iso, to_datetime, venue
from workbench.domain.claims import Claim
from workbench.domain.records import Decision, Finding, Opinion, Regime
from workbench.domain.sentences import day as date_text
from workbench.domain.sentences import price, render
from workbench.measures import prices, scoring
from workbench.steps import debate, predict, score
from workbench.steps.bench import Bench

REGIME_WORDS = {
    "risk_on": "risk on",
    "risk_off": "risk off",
    "choppy": "choppy",
    "crisis": "crisis",
    "trending_up": "trending up",
    "trending_down": "trending down",
    "unknown": "unknown",
}


_UP = {"moved": "up", "fell": "rose", "gained": "gained"}
_DOWN = {"moved": "down", "fell": "fell", "gained": "lost"}
_FLAT = {"moved": "unchanged at", "fell": "moved", "gained": "moved"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a dispatch can say.

    Attributes:
        findings: Name to number with its source.
        words: Name to text without figures of its own.
        has: Names of the circumstances that hold, which choose the slots.
    """

    findings: dict[str, Finding] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)
    has: set[str] = field(default_factory=set)

    def number(
        self, name: str, value: float, text: str, meaning: str, source: str, of: str
    ) -> None:
        """Adds a finding under this name."""
        shown = text.replace("-", "\N{MINUS SIGN}")
        self.findings[name] = Finding(
            name=name, value=float(value), text=shown, meaning=meaning, source=source, as_of=of
        )

    def quote(self, name: str, text: str, meaning: str, source: str, of: str) -> None:
        """Adds words taken from a record, numbers included, as a finding of its own."""
        shown = re.sub(r"(?<![\w])-(?=\d)", "\N{MINUS SIGN}", text)
        self.findings[name] = Finding(
            name=name, value=None, text=shown, meaning=meaning, source=source, as_of=of
        )

    def moved(self, name: str, change: float, meaning: str, source: str, of: str) -> None:
        """Adds a change as ``name`` (its size), ``name_signed`` and the verb ``name_moved``."""
        self.number(name, change, f"{100 * abs(change):.2f}%", f"{meaning}, size", source, of)
        self.number(f"{name}_signed", change, f"{100 * change:+.2f}%", meaning, source, of)
        verbs = _UP if change > 0 else _DOWN if change < 0 else _FLAT
        self.words.update({f"{name}_{form}": verb for form, verb in verbs.items()})


def gather(bench: Bench, regime: Regime) -> Facts:
    """All facts of the cycle."""
    facts = Facts()
    _tape(facts, bench)
    _fear(facts, bench)
    _regime(facts, bench, regime)
    _due(facts, bench)
    _record(facts, bench)
    asked = debate.slate_on_record(bench)
    decisions = predict.decisions_on_record(bench)
    _slate(facts, bench, asked, decisions)
    _minds(facts, bench, asked, decisions)
    _unknown(facts, bench)
    return facts


def _tape(facts: Facts, bench: Bench) -> None:
    own, one = bench.lead_bars, bench.lead
    source, of = f"{one.symbol}.close", _of(own)
    change = prices.simple_return(own.close)
    sigma = float(prices.ewma_volatility(own.close)[-2])
    words = facts.words
    words["lead"] = _named(one.name)
    words["day"] = f"{own.dates[-1].item():%A}"
    words["last_day"] = f"{own.dates[-2].item():%A}"
    words["next_day"] = f"{venue(one.venue).after(bench.as_of).date:%A}"
    words["direction"] = "rise" if change > 0 else "fall"
    facts.number(
        "close", own.close[-1], f"{own.close[-1]:,.2f}", f"{one.name}, last close", source, of
    )
    facts.moved("change", change, f"{one.name}, close to close", source, of)
    words["moved"], words["fell"] = words["change_moved"], words["change_fell"]
    facts.number(
        "sigmas",
        abs(change) / sigma,
        f"{abs(change) / sigma:.1f}",
        "that change in expected daily deviations of the day before",
        source,
        of,
    )
    span = float(own.high[-1] / own.low[-1] - 1)
    if np.isfinite(span):
        facts.number(
            "range",
            span,
            f"{100 * span:.2f}%",
            f"{one.name}, high over low",
            f"{one.symbol}.high,low",
            of,
        )
    month = prices.simple_return(own.close, 21)
    facts.moved("month", month, f"{one.name} over 21 sessions", source, of)
    fall = float(prices.drawdown(own.close)[-1])
    facts.number(
        "drawdown", fall, f"{-100 * fall:.1f}%", f"{one.name} under its highest close", source, of
    )
    now = float(prices.ewma_volatility(own.close)[-1])
    yearly = now * prices.SESSIONS_A_YEAR**0.5
    facts.number("vol", now, f"{100 * now:.2f}%", "EWMA daily volatility", source, of)
    facts.number("vol_year", yearly, f"{100 * yearly:.0f}%", "the same, annualised", source, of)
    facts.number("two_sigma", 2 * now, f"{200 * now:.1f}%", "two daily deviations", source, of)
    _circumstances(facts, change, sigma, fall)
    _superlative(facts, own, change, source)
    _streak(facts, own.close, source, of)
    other = next(
        (o for o in bench.instruments[1:] if o.theme == one.theme and o.symbol in bench.bars), None
    )
    if other is not None:
        moved = prices.simple_return(bench.bars[other.symbol].close)
        words["other"] = _named(other.name)
        facts.moved(
            "other_change", moved, f"{other.name}, close to close", f"{other.symbol}.close", of
        )
        words["other_fell"] = words["other_change_fell"]
        gap = moved - change
        facts.number(
            "gap",
            gap,
            f"{100 * abs(gap):.2f} points",
            "difference of the two changes",
            f"{one.symbol}.close, {other.symbol}.close",
            of,
        )
        facts.has.add("other")
        if abs(gap) > 1.2 * sigma and moved * change <= 0:
            facts.has.add("split")


def _circumstances(facts: Facts, change: float, sigma: float, fall: float) -> None:
    size = abs(change) / sigma
    if size >= 2:
        facts.has.add("shock_up" if change > 0 else "shock_down")
    elif size < 0.35:
        facts.has.add("quiet")
    if fall == 0.0:
        facts.has.add("high")
    facts.has.add("up" if change > 0 else "down")


def _superlative(facts: Facts, own: prices.Bars, change: float, source: str) -> None:
    """The last session with a larger move the same way, when that is half a year ago or more."""
    returns = own.close[1:] / own.close[:-1] - 1
    larger = returns[:-1] >= change if change > 0 else returns[:-1] <= change
    index = np.flatnonzero(larger)
    if len(index) and len(returns) - 1 - index[-1] >= 126:
        when = own.dates[index[-1] + 1].item()
        facts.number(
            "since",
            when.toordinal(),
            f"{when.day} {when:%B %Y}",
            "last session with a larger move the same way",
            source,
            _of(own),
        )
        facts.has.add("superlative")


def _streak(facts: Facts, close: prices.Array, source: str, of: str) -> None:
    signs = np.sign(np.diff(close))
    last = signs[-1]
    run = int(np.argmax(signs[::-1] != last)) if (signs != last).any() else len(signs)
    if run >= 4:
        facts.number("streak", run, _word(run), "sessions in a row the same way", source, of)
        facts.has.add("streak_up" if last > 0 else "streak_down")


def _fear(facts: Facts, bench: Bench) -> None:
    fear = bench.bars.get("VIX")
    if fear is None or len(fear) < 2:
        if any(one.symbol == "VIX" for one in bench.instruments):
            facts.has.add("fear_dark")
        return
    change = prices.simple_return(fear.close)
    facts.number(
        "vix", fear.close[-1], f"{fear.close[-1]:.2f}", "VIX, last close", "VIX.close", _of(fear)
    )
    facts.number(
        "vix_last",
        fear.close[-2],
        f"{fear.close[-2]:.2f}",
        "VIX, close before",
        "VIX.close",
        _of(fear),
    )
    facts.moved("vix_change", change, "VIX, close to close", "VIX.close", _of(fear))
    facts.words["vix_moved"] = facts.words["vix_change_moved"]
    facts.words["vix_gained"] = facts.words["vix_change_gained"]
    facts.has.add("fear")
    if abs(change) > 0.12:
        facts.has.add("fear_moved")


def _regime(facts: Facts, bench: Bench, regime: Regime) -> None:
    word = REGIME_WORDS[regime.name]
    facts.words["regime_word"] = word
    facts.words["regime_title"] = word.capitalize()
    if np.isnan(regime.turbulent):
        return
    of = _of(bench.lead_bars)
    text = f"{100 * regime.turbulent:.0f}%"
    facts.number(
        "turbulent",
        regime.turbulent,
        "<1%" if text == "0%" else text,
        "filtered probability of the high-variance state",
        "3_regime",
        of,
    )
    facts.number(
        "regime_since",
        regime.since.toordinal(),
        f"{regime.since.day} {regime.since:%B %Y}",
        "first session of the present regime",
        "3_regime",
        of,
    )
    facts.has.add("regime")
    if regime.since == bench.lead_bars.dates[-1].item():
        facts.has.add("regime_new")


def _due(facts: Facts, bench: Bench) -> None:
    due = score.settled_now(bench)
    calls = due[due["role"] == "call"]
    whole = bench.ledger.frame(score.settled_counts(bench.number))
    of = iso(bench.as_of)
    if len(whole) and int(whole["n"].sum()):
        total = int(whole["n"].sum())
        yes = int(whole.loc[whole["outcome"] == "yes", "n"].sum())
        facts.number("due_all", total, str(total), "claims settled this cycle", "ledger", of)
        facts.number("due_yes", yes, str(yes), "of them true", "ledger", of)
        facts.has.add("shadows")
    if calls.empty:
        facts.has.add(
            "settled_first" if bench.ledger.first_cycle() == bench.number else "settled_nothing"
        )
        return
    last = calls.iloc[-1]
    facts.quote("due_claim", str(last["sentence"]), "the claim", "ledger", of)
    facts.quote("due_fact", str(last["reason"]), "how it settled", "ledger", of)
    facts.number(
        "due_p", last["probability"], _share(last["probability"]), "what I said", "ledger", of
    )
    facts.number(
        "due_base", last["base_rate"], _share(last["base_rate"]), "base rate then", "ledger", of
    )
    if last["outcome"] == "void":
        facts.has.add("settled_void")
        return
    facts.number(
        "due_score",
        last["score"],
        f"{last['score']:.2f}",
        "score W; one half is what the base rate earns",
        "ledger",
        of,
    )
    happened = last["outcome"] == "yes"
    right = scoring.is_right(float(last["probability"]), happened)
    ahead = float(last["score"]) >= 0.5
    names = (
        ("settled_right", "settled_cheap") if right else ("settled_wrong_better", "settled_wrong")
    )
    facts.has.add(names[0] if ahead else names[1])


def _record(facts: Facts, bench: Bench) -> None:
    frame = score.on_record(bench.ledger, bench.number)
    if frame.empty:
        return
    found, of = score.record_skill(frame), iso(bench.as_of)
    facts.number("rec_n", found.n, f"{found.n:,}", "predictions on record, settled", "ledger", of)
    if found.skill is None or found.low is None or found.high is None:
        facts.has.add("record_few")
        return
    facts.number("rec_eff", found.n_eff, f"{found.n_eff:,.0f}", "effective n", "ledger", of)
    for name, value in (("skill", found.skill), ("low", found.low), ("high", found.high)):
        facts.number(
            f"rec_{name}",
            value,
            f"{100 * value:+.1f}%",
            f"skill over the base rate, {name}",
            "ledger",
            of,
        )
    facts.has.add("record_positive" if found.low > 0 else "record_zero")


def _slate(facts: Facts, bench: Bench, asked: list[Claim], decisions: list[Decision]) -> None:
    of = iso(bench.as_of)
    claims = {claim.id: claim for claim in asked}
    facts.number("slate", len(asked), str(len(asked)), "claims on the slate", "ledger", of)
    horizon = bench.desk.params.horizons[0]
    lead = bench.scenarios[bench.lead.symbol, horizon]
    facts.number(
        "episodes", len(lead), f"{len(lead):,}", "past episodes of the lead", "scenarios", of
    )
    begin = lead.dates[0].item()
    facts.number("begin", begin.toordinal(), f"{begin.year}", "first episode", "scenarios", of)
    others = [d for d in decisions if d.role == "other"]
    facts.number(
        "others", len(others), _others(len(others)), "other predictions on record", "ledger", of
    )
    call = next((d for d in decisions if d.role == "call"), None)
    if call is None:
        near = max(decisions, key=lambda d: (d.gain, d.claim))
        sentence = render(claims[near.claim], bench.desk.table)
        facts.quote("near_claim", sentence, "the nearest claim", "ledger", of)
        facts.quote("near_reason", near.reason, "why it was refused", "5_predict", of)
        facts.number(
            "near_p", near.probability, _share(near.probability), "what I would say", "ledger", of
        )
        facts.number("near_base", near.base_rate, _share(near.base_rate), "base rate", "ledger", of)
        facts.has.add("sitting")
        return
    claim = claims[call.claim]
    facts.has.add("call")
    sentence = render(claim, bench.desk.table)
    facts.quote("call_claim", sentence, "the call", "ledger", of)
    facts.quote("wrong_if", wrong_if(claim, bench), "what makes it false", "ledger", of)
    facts.quote("deadline", date_text(claim.window.date), "the call's deadline", "ledger", of)
    facts.number("call_p", call.probability, _share(call.probability), "what I say", "ledger", of)
    facts.number("call_base", call.base_rate, _share(call.base_rate), "base rate", "ledger", of)
    edge = 100 * (call.probability - call.base_rate)
    facts.number(
        "call_edge", edge, f"{edge:+.0f} points", "what I say less the base rate", "ledger", of
    )


def _minds(facts: Facts, bench: Bench, asked: list[Claim], decisions: list[Decision]) -> None:
    of = iso(bench.as_of)
    opinions = {one.mind: one for one in debate.opinions(bench)}
    call = next((d.claim for d in decisions if d.role == "call"), None)
    subject = call or max(decisions, key=lambda d: (d.gain, d.claim)).claim
    said = {
        name: one.probabilities[subject]
        for name, one in opinions.items()
        if subject in one.probabilities
    }
    for side, pick in (("high", max), ("low", min)):
        if said:
            name = pick(said, key=lambda mind: (said[mind], mind))
            facts.words[f"{side}_mind"] = name
            facts.words[f"{side}_argument"] = opinions[name].argument
            facts.number(
                f"{side}_p", said[name], _share(said[name]), f"{name} on the call", "ledger", of
            )
            for one in opinions[name].evidence:
                facts.findings[one.name] = one
    if len(said) >= 2:
        spread = max(said.values()) - min(said.values())
        facts.number("spread", spread, f"{100 * spread:.0f} points", "widest gap", "ledger", of)
        facts.has.add("spread" if spread >= 0.05 else "agreed")
    else:
        facts.has.add("alone" if said else "silent")
    gone = next((a for a in debate.absences_on_record(bench) if not a.scope), None)
    if gone is not None:
        facts.words["absent_mind"] = gone.mind
        facts.quote("absent_reason", gone.reason, "reason of the absence", "ledger", of)
        facts.has.add("absent")
    _blocked(facts, bench, asked, decisions, opinions)


def _blocked(
    facts: Facts,
    bench: Bench,
    asked: list[Claim],
    decisions: list[Decision],
    opinions: dict[str, Opinion],
) -> None:
    """The refused claim on which some mind stands furthest from the base rate."""
    of = iso(bench.as_of)
    claims = {claim.id: claim for claim in asked}
    wanted = [
        (abs(one.probabilities[d.claim] - d.base_rate), name, d)
        for name, one in opinions.items()
        for d in decisions
        if d.role == "shadow" and d.claim in one.probabilities and "instrument" not in d.reason
    ]
    if not wanted:
        return
    _, name, refused = max(wanted, key=lambda w: (w[0], w[1], w[2].claim))
    p = opinions[name].probabilities[refused.claim]
    facts.words["blocked_mind"] = name
    sentence = render(claims[refused.claim], bench.desk.table)
    facts.quote("blocked_claim", sentence, "the refused claim", "ledger", of)
    facts.quote("blocked_reason", refused.reason, "why it was refused", "5_predict", of)
    facts.number("blocked_p", p, _share(p), f"{name} on the refused claim", "ledger", of)
    facts.number(
        "blocked_base", refused.base_rate, _share(refused.base_rate), "base rate", "ledger", of
    )
    facts.has.add("blocked")


def _unknown(facts: Facts, bench: Bench) -> None:
    found = predict.evidence(bench).get(
        (bench.lead.symbol, "direction", bench.desk.params.horizons[0])
    )
    if found is not None and found.skill is not None:
        of = iso(bench.as_of)
        facts.number(
            "dir_skill",
            found.skill,
            f"{100 * found.skill:+.1f}%",
            "walk-forward skill of the reference at direction",
            "5_predict",
            of,
        )
        facts.number("dir_n", found.dates, str(found.dates), "walk-forward dates", "5_predict", of)
        facts.has.add("unknown_sign")
    flags = [flag for flag in bench.flags if flag.severity != "note"] or bench.flags
    if flags:
        flag = flags[bench.number % len(flags)]
        facts.quote("flag", f"{flag.series}, {flag.seen}", flag.check, "1_pull", iso(bench.as_of))
        facts.has.add("unknown_flag")


def wrong_if(claim: Claim, bench: Bench) -> str:
    """The observation that makes a claim false, as a clause."""
    one = next(i for i in bench.desk.table if i.symbol == claim.subject)
    name, on = one.name, date_text(claim.window.date)
    ref = claim.reference

    def at(value: float | None) -> str:
        return price(value or 0.0, one.tick)

    match claim.kind:
        case "direction":
            side = "at or below" if claim.side == "up" else "at or above"
            return f"{name} closes {side} {price(round(ref, 2), one.tick)} on {on}"
        case "level":
            opposite = {">": "at or below", ">=": "below", "<": "at or above", "<=": "above"}
            return f"{name} closes {opposite[claim.op or '>']} {at(claim.lo or claim.hi)} on {on}"
        case "band":
            unit = "%" if claim.unit == "pct" else ""
            return f"{name} ends outside {claim.lo:g}{unit} to {claim.hi:g}{unit} on {on}"
        case "magnitude":
            return (
                f"{name} is within {claim.lo:g}% of its reference at the close on {on}"
                if claim.side == "any"
                else f"{name} does not move that far by the close on {on}"
            )
        case "relative":
            return f"the gap at the close on {on} is {claim.margin:g} points or less"
        case "stays":
            edges = [f"{at(claim.lo)} or lower"] * (claim.lo is not None)
            edges += [f"{at(claim.hi)} or higher"] * (claim.hi is not None)
            return f"{name} trades at {' or at '.join(edges)} before the close on {on}"
        case "touch":
            return f"{name} never trades at {at(claim.hi or claim.lo)} before the close on {on}"


def _of(own: prices.Bars) -> str:
    return iso(to_datetime(own.at[-1]))


def _named(name: str) -> str:
    return name if name.isupper() and len(name) < 5 else f"the {name}"


def _share(p: float) -> str:
    return f"{100 * p:.0f}%"


def _word(n: int) -> str:
    words = [
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
    ]
    return words[n] if n < len(words) else str(n)


def _others(n: int) -> str:
    return f"{_word(n)} other prediction{'' if n == 1 else 's'}" if n else "nothing else"
