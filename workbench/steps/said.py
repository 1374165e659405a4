"""Findings about this cycle: the call, what stands beside it, the minds, what was refused."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from workbench.domain.calendars import iso
from workbench.domain.claims import Claim, Kind
from workbench.domain.figures import day, difference, share, worded
from workbench.domain.negations import negated
from workbench.domain.records import Absence, Decision, Opinion, Verdict
from workbench.domain.sentences import render
from workbench.measures import gate
from workbench.steps import debate, predict
from workbench.steps.bench import Bench
from workbench.steps.facts import NEVER, Facts, counted, listed, named, several

# Refused on its merits, by its family or after pooling; not because somebody spoke first.
_MERITS: dict[Verdict, str] = {
    "young": "refused_family",
    "shut": "refused_family",
    "ruled": "refused_rule",
    "certain": "refused_pooled",
    "immaterial": "refused_pooled",
}
_ASKS: dict[Kind, str] = {
    "direction": "which way it closes",
    "level": "where it closes",
    "band": "how far from here it ends",
    "magnitude": "how large the move is",
    "relative": "which of two comes out ahead",
    "stays": "whether a line holds",
    "touch": "whether a price is reached",
    "range": "how far apart high and low come to lie",
    "rank": "which of several comes out ahead",
    "count": "on how many days it happens",
}
_WIDE = 0.05  # a gap between minds that is worth a sentence of its own
_LATELY = 4  # dispatches in which the same refusal is not told twice


def gather(facts: Facts, bench: Bench) -> None:
    """Adds all that the ledger says of this cycle."""
    asked = {claim.id: claim for claim in debate.slate_on_record(bench)}
    decisions = predict.decisions_on_record(bench)
    opinions = {one.mind: one for one in debate.opinions(bench)}
    _scenarios(facts, bench)
    chosen = _chosen(facts, bench, asked, decisions)
    _minds(facts, bench, chosen, opinions)
    _absent(facts, bench)
    _refused(facts, bench, asked, [d for d in decisions if d is not chosen], opinions)
    _unknown(facts, bench)
    _flag(facts, bench)


def _scenarios(facts: Facts, bench: Bench) -> None:
    """How many past episodes of the lead became scenarios, since when, and how wide they are."""
    horizon = bench.desk.params.horizons[0]
    past = bench.scenarios[bench.lead.symbol, horizon]
    add = facts.numbers("scenarios", iso(bench.as_of))
    begin = past.dates[0].item()
    add("episodes", len(past), f"{len(past):,}", "past episodes")
    add("begin", begin.toordinal(), f"{begin.year}", "first episode")
    noun = facts.words["session"]
    span = f"the next {noun if horizon == 1 else several(horizon, noun)}"
    add("next_span", horizon, span, "the shortest horizon asked")
    ahead = float(np.sqrt(np.average(past.close**2, weights=past.weight)))
    meaning = f"root mean square move of the {bench.lead.symbol} scenarios over {span}"
    add("ahead", ahead, f"{100 * ahead:.2f}%", meaning)


def _chosen(
    facts: Facts, bench: Bench, asked: dict[str, Claim], decisions: Sequence[Decision]
) -> Decision:
    """The call, or with none the claim that came nearest; and what goes on record beside it."""
    of = iso(bench.as_of)
    add, quote = facts.numbers("ledger", of), facts.quotes("ledger", of)
    add("slate", len(asked), str(len(asked)), "claims on the slate")
    others = sum(d.role == "other" for d in decisions)
    call = predict.called(decisions)
    words = several(others, "other prediction" if call else "prediction")
    add("others", others, words if others else "nothing else", "predictions beside a call")
    facts.words["go"] = "goes" if others == 1 else "go"
    chosen = call or predict.nearest(decisions)
    claim = asked[chosen.claim]
    kind = "call" if call else "near"
    about = "the call" if call else "the claim that came nearest"
    facts.words["the_claim"], facts.words["asks"] = about, _ASKS[claim.kind]
    quote(f"{kind}_claim", render(claim, bench.desk.table), about)
    p, base = chosen.probability, chosen.base_rate
    add(f"{kind}_p", p, share(p, base), "what I say")
    add(f"{kind}_base", base, share(base, p), "the base rate")
    prose = [replace(one, name=named(one)) for one in bench.desk.table]
    quote("wrong_if", negated(claim, prose), "what makes the claim false")
    quote("deadline", day(claim.window.date), "the claim's deadline")
    if call:
        edge = 100 * (p - base)
        add("call_edge", edge, f"{difference(edge)} points", "what I say less the base rate")
        facts.has.update({"call", "beside"} if others else {"call"})
    else:
        quote("near_reason", chosen.reason, "the gate's reason")
        facts.has.update({"sitting", "sitting_beside"} if others else {"sitting"})
    return chosen


def _minds(facts: Facts, bench: Bench, chosen: Decision, opinions: dict[str, Opinion]) -> None:
    add = facts.numbers("ledger", iso(bench.as_of))
    said = {
        name: one.probabilities[chosen.claim]
        for name, one in opinions.items()
        if chosen.claim in one.probabilities
    }
    if not said:
        facts.has.add("silent")
        return
    ranked = sorted(said, key=lambda name: (said[name], name))
    for side, name in (("low", ranked[0]), ("high", ranked[-1])):
        facts.words[f"{side}_mind"] = name
        shown = share(said[name], chosen.base_rate)
        add(f"{side}_p", said[name], shown, f"{name} on {facts.words['the_claim']}")
    if len(said) >= 2:
        spread = max(said.values()) - min(said.values())
        wide = round(100 * max(said.values())) - round(100 * min(said.values()))
        add("spread", spread, f"{wide} point{'s' * (wide != 1)}", "widest gap between minds")
        facts.has.add("spread" if spread >= _WIDE else "agreed" if wide else "same")
    elif len(bench.desk.minds) > 1:
        key = f"alone {ranked[0]}"
        facts.has.add("alone_still" if facts.ago(key) == 1 else "alone")
        facts.told[key] = 0
    else:
        facts.has.add("sole")
    # Of the two ends, the one that was not quoted for longer.
    quoted = max((ranked[-1], ranked[0]), key=lambda name: facts.ago(f"heard {name}"))
    facts.words["quoted_mind"] = quoted
    facts.speak("quoted_argument", opinions[quoted], iso(bench.as_of))
    # A lone mind's argument has a fixed form, and is not read twice in a row.
    if "quoted_argument" in facts.speeches and facts.ago(f"heard {quoted}") > 1:
        facts.told[f"heard {quoted}"] = 0
        facts.has.add("argues")


def _absent(facts: Facts, bench: Bench) -> None:
    """A mind that is absent as a whole, with its reason unless the last dispatch gave it.

    First one that was never told, then the one told last, so that two do not take turns.
    """
    gone = [one for one in debate.absences_on_record(bench) if not one.scope]
    if not gone:
        return
    quote = facts.quotes("ledger", iso(bench.as_of))
    keys = {one.mind: f"absent {one.mind} {cause(one.reason)}" for one in gone}
    ago = {one.mind: facts.ago(keys[one.mind]) for one in gone}
    one = max(gone, key=lambda one: (ago[one.mind] == NEVER, ago[one.mind] == 1, ago[one.mind]))
    facts.words["absent_mind"] = one.mind
    too = [other.mind for other in gone if other is not one and other.reason == one.reason]
    why = clause(one) + (f", and the same holds for {listed(too)}" if too else "")
    quote("absent_reason", why, "reason of the absence")
    facts.has.add("absent_still" if ago[one.mind] == 1 else "absent")
    facts.told[keys[one.mind]] = 0


def clause(one: Absence) -> str:
    """A reason as the middle of a sentence wants it: some are sentences of their own."""
    first = one.reason.partition(" ")[0]
    named = first == one.mind or not first.istitle()
    reason = one.reason if named else one.reason[0].lower() + one.reason[1:]
    return reason.removesuffix(".")


def cause(reason: str) -> str:
    """A reason without its figures: what stays the same from day to day."""
    return " ".join(re.sub(r"\d\S*|as of .*", "", reason).split())


def _refused(
    facts: Facts,
    bench: Bench,
    asked: dict[str, Claim],
    decisions: Sequence[Decision],
    opinions: dict[str, Opinion],
) -> None:
    """A claim that the gate refused on its merits, on which a mind stands out.

    The one on which it stands out most, unless that question was told lately.
    """
    wanted = [
        (
            min(facts.ago(f"refused {gate.call_key(asked[d.claim])}"), _LATELY + 1),
            abs(one.probabilities[d.claim] - d.base_rate),
            name,
            d.claim,
            d,
        )
        for name, one in opinions.items()
        for d in decisions
        if d.verdict in _MERITS and d.claim in one.probabilities
        if abs(one.probabilities[d.claim] - d.base_rate) >= _WIDE
    ]
    if not wanted:
        return
    _, _, name, _, refused = max(wanted, key=lambda w: w[:4])
    of = iso(bench.as_of)
    add, quote = facts.numbers("ledger", of), facts.quotes("5_predict", of)
    p = opinions[name].probabilities[refused.claim]
    facts.words["blocked_mind"] = name
    quote("blocked_claim", render(asked[refused.claim], bench.desk.table), "the refused claim")
    why = refused.reason.partition(": ")[2] if refused.verdict == "ruled" else refused.reason
    quote("blocked_reason", why, "why the gate refused it")
    base = refused.base_rate
    add("blocked_p", p, share(p, base), f"{name} on the refused claim")
    add("blocked_base", base, share(base, refused.probability), "its base rate")
    facts.told[f"refused {gate.call_key(asked[refused.claim])}"] = 0
    facts.has.update({"blocked_more" if p > refused.base_rate else "blocked_less"})
    facts.has.add(_MERITS[refused.verdict])


def _unknown(facts: Facts, bench: Bench) -> None:
    of = iso(bench.as_of)
    add = facts.numbers("5_predict", of)
    horizon = bench.desk.params.horizons[0]
    families = predict.evidence(bench)
    opened = gate.opened(families)
    if families:
        add("families", len(families), counted(len(families)), "families of claims under test")
        n = len(opened)
        add("allowed", n, counted(n) if n else "none", "families that are open")
        if n < len(families):
            facts.has.add("unknown_families")
    family = bench.lead.symbol, "direction", horizon
    found = families.get(family)
    if found is not None:
        add("dir_n", found.dates, f"{found.dates:,}", "walk-forward dates")
        if found.skill is None or found.low is None or found.high is None:
            facts.has.add("unknown_sign_few")
        else:
            for name, value, meaning in (
                ("dir_skill", found.skill, "walk-forward skill at direction"),
                ("dir_low", found.low, "lower end of its interval"),
                ("dir_high", found.high, "upper end of its interval"),
            ):
                add(name, value, f"{difference(100 * value, 2)}%", meaning)
            few, credible = found.dates < gate.MIN_DATES, family in opened
            alone = "shut" if found.low > 0 else "worse" if found.high < 0 else "none"
            sign = "few" if few else "some" if credible else alone
            facts.has.add(f"unknown_sign_{sign}")
    late = {(flag.series, flag.field) for flag in bench.flags}
    slow = [
        one
        for one in bench.indicators
        if one.period != "tick" and one.lag >= dt.timedelta(days=1)
        if (one.series, one.field) not in late
        if bench.seen.get(one.series, one.field) is not None
    ]
    if slow:
        one = slow[bench.number % len(slow)]
        facts.words["slow"] = one.name.replace("'", "’")
        facts.words["slow_period"] = one.period
        lag = several(one.lag_days, "day")
        facts.numbers("params", of)("slow_lag", one.lag_days, lag, f"publication lag of {one.name}")
        facts.has.add("unknown_slow")


def _flag(facts: Facts, bench: Bench) -> None:
    """A flag on the data that was not told lately, graver ones first."""
    told = {"VIX"} if facts.has & {"fear_dark", "fear_withheld"} else set()
    news = [
        flag
        for flag in bench.flags
        if flag.check != "MARKET_CLOSED"  # which each move on a closed day says already
        if flag.series not in told and facts.ago(f"flag {flag.series} {flag.check}") == NEVER
        if f"withheld {flag.series} {flag.field} {flag.check}" not in facts.told
    ]
    if not news:
        return
    flag = min(news, key=lambda flag: flag.severity == "note")
    names = {one.symbol: named(one) for one in bench.instruments}
    names |= {one.series: one.name.replace("'", "’") for one in bench.indicators}
    facts.words["flag_series"] = names.get(flag.series, flag.series)
    facts.quotes("1_pull", iso(bench.as_of))("flag", worded(flag.seen), flag.check)
    facts.told[f"flag {flag.series} {flag.check}"] = 0
    facts.has.add("unknown_flag")
