"""Findings from the ledger: what settled, the record, the call, the minds, what was refused."""

from __future__ import annotations

from workbench.domain.calendars import iso
from workbench.domain.claims import Claim
from workbench.domain.records import Decision, Opinion
from workbench.domain.sentences import day, negated, render
from workbench.measures.scoring import is_right
from workbench.steps import debate, predict, score
from workbench.steps.bench import Bench
from workbench.steps.facts import Facts, counted, share

_WIDE = 0.05  # a gap between minds that is worth a sentence of its own


def gather(facts: Facts, bench: Bench) -> None:
    """Adds all that the ledger says of this cycle and the record before it."""
    asked = {claim.id: claim for claim in debate.slate_on_record(bench)}
    decisions = predict.decisions_on_record(bench)
    opinions = {one.mind: one for one in debate.opinions(bench)}
    _due(facts, bench)
    _record(facts, bench)
    _slate(facts, bench, asked, decisions)
    _minds(facts, bench, decisions, opinions)
    _refused(facts, bench, asked, decisions, opinions)
    _unknown(facts, bench)


def _due(facts: Facts, bench: Bench) -> None:
    of = iso(bench.as_of)
    add, quote = facts.numbers("ledger", of), facts.quotes("ledger", of)
    counts = bench.ledger.frame(score.settled_counts(bench.number))
    total = int(counts["n"].sum()) if len(counts) else 0
    if total:
        yes = int(counts.loc[counts["outcome"] == "yes", "n"].sum())
        add("due_all", total, str(total), "claims settled this cycle, shadows included")
        add("due_yes", yes, str(yes), "of them true")
    due = score.settled_now(bench)
    calls = due[due["role"] == "call"]
    if total:
        facts.has.add("shadows_alone" if calls.empty else "shadows")
    if calls.empty:
        first = bench.ledger.first_cycle() == bench.number
        facts.has.add("settled_first" if first else "settled_nothing")
        return
    last = calls.iloc[-1]
    quote("due_claim", str(last["sentence"]), "the claim")
    quote("due_fact", str(last["reason"]), "how it settled")
    add("due_p", last["probability"], share(last["probability"]), "what I had said")
    add("due_base", last["base_rate"], share(last["base_rate"]), "the base rate then")
    if last["outcome"] == "void":
        facts.has.add("settled_void")
        return
    meaning = "score W; one half is what the base rate earns"
    add("due_score", last["score"], f"{last['score']:.2f}", meaning)
    right = is_right(float(last["probability"]), last["outcome"] == "yes")
    facts.has.add("settled_right" if right else "settled_wrong")


def _record(facts: Facts, bench: Bench) -> None:
    frame = score.on_record(bench.ledger, bench.number, bench.mode)
    if frame.empty:
        return
    found = score.record_skill(frame)
    add = facts.numbers("ledger", iso(bench.as_of))
    add("rec_n", found.n, f"{found.n:,}", "predictions on record, settled")
    if found.skill is None or found.low is None or found.high is None:
        facts.has.add("record_few")
        return
    add("rec_eff", found.n_eff, f"{found.n_eff:,.0f}", "effective n of the record")
    add("rec_skill", found.skill, f"{100 * found.skill:+.1f}%", "skill over the base rate")
    add("rec_low", found.low, f"{100 * found.low:+.1f}%", "lower end of its interval")
    add("rec_high", found.high, f"{100 * found.high:+.1f}%", "upper end of its interval")
    sign = "positive" if found.low > 0 else "negative" if found.high < 0 else "zero"
    facts.has.add(f"record_{sign}")


def _slate(facts: Facts, bench: Bench, asked: dict[str, Claim], decisions: list[Decision]) -> None:
    of = iso(bench.as_of)
    add, quote = facts.numbers("ledger", of), facts.quotes("ledger", of)
    add("slate", len(asked), str(len(asked)), "claims on the slate")
    past = bench.scenarios[bench.lead.symbol, bench.desk.params.horizons[0]]
    begin = past.dates[0].item()
    facts.numbers("scenarios", of)("episodes", len(past), f"{len(past):,}", "past episodes")
    facts.numbers("scenarios", of)("begin", begin.toordinal(), f"{begin.year}", "first episode")
    others = sum(d.role == "other" for d in decisions)
    words = f"{counted(others)} other prediction{'s' * (others != 1)}" if others else "nothing else"
    add("others", others, words, "other predictions on record")
    call = predict.called(decisions)
    chosen = call or predict.nearest(decisions)
    claim = asked[chosen.claim]
    sentence = render(claim, bench.desk.table)
    kind = "call" if call else "near"
    quote(f"{kind}_claim", sentence, "the call" if call else "the nearest claim to a call")
    add(f"{kind}_p", chosen.probability, share(chosen.probability), "what I say")
    add(f"{kind}_base", chosen.base_rate, share(chosen.base_rate), "the base rate")
    edge = 100 * (chosen.probability - chosen.base_rate)
    add(f"{kind}_edge", edge, f"{edge:+.0f} points", "what I say less the base rate")
    quote(f"{kind}_reason", chosen.reason, "the gate's reason")
    facts.has.add("call" if call else "sitting")
    quote("wrong_if", negated(claim, bench.desk.table), "what makes the claim false")
    quote("deadline", day(claim.window.date), "the claim's deadline")


def _minds(
    facts: Facts, bench: Bench, decisions: list[Decision], opinions: dict[str, Opinion]
) -> None:
    of = iso(bench.as_of)
    add, quote = facts.numbers("ledger", of), facts.quotes("ledger", of)
    call = predict.called(decisions) or predict.nearest(decisions)
    said = {
        name: one.probabilities[call.claim]
        for name, one in opinions.items()
        if call.claim in one.probabilities
    }
    ranked = sorted(said, key=lambda name: (said[name], name))
    for side, name in (("low", ranked[0]), ("high", ranked[-1])) if ranked else ():
        facts.words[f"{side}_mind"] = name
        facts.words[f"{side}_argument"] = opinions[name].argument
        facts.findings.update({one.name: one for one in opinions[name].evidence})
        add(f"{side}_p", said[name], share(said[name]), f"{name} on that claim")
    if len(said) >= 2:
        spread = max(said.values()) - min(said.values())
        wide = round(100 * spread)
        add("spread", spread, f"{wide} point{'s' * (wide != 1)}", "widest gap between minds")
        facts.has.add("spread" if spread >= _WIDE else "agreed")
    else:
        facts.has.add("alone" if said else "silent")
    gone = next((one for one in debate.absences_on_record(bench) if not one.scope), None)
    if gone is not None:
        facts.words["absent_mind"] = gone.mind
        quote("absent_reason", gone.reason, "reason of the absence")
        facts.has.add("absent")


def _refused(
    facts: Facts,
    bench: Bench,
    asked: dict[str, Claim],
    decisions: list[Decision],
    opinions: dict[str, Opinion],
) -> None:
    """The claim that the gate refused on its merits, on which a mind stands out the most."""
    wanted = [
        (abs(one.probabilities[d.claim] - d.base_rate), name, d.claim, d)
        for name, one in opinions.items()
        for d in decisions
        if d.role == "shadow" and d.claim in one.probabilities and "instrument" not in d.reason
    ]
    if not wanted:
        return
    _, name, _, refused = max(wanted, key=lambda w: w[:3])
    of = iso(bench.as_of)
    add, quote = facts.numbers("ledger", of), facts.quotes("5_predict", of)
    p = opinions[name].probabilities[refused.claim]
    facts.words["blocked_mind"] = name
    quote("blocked_claim", render(asked[refused.claim], bench.desk.table), "the refused claim")
    quote("blocked_reason", refused.reason, "why the gate refused it")
    add("blocked_p", p, share(p), f"{name} on the refused claim")
    add("blocked_base", refused.base_rate, share(refused.base_rate), "its base rate")
    facts.has.add("blocked")


def _unknown(facts: Facts, bench: Bench) -> None:
    of = iso(bench.as_of)
    family = (bench.lead.symbol, "direction", bench.desk.params.horizons[0])
    found = predict.evidence(bench).get(family)
    if found is not None and found.skill is not None:
        add = facts.numbers("5_predict", of)
        shown = f"{100 * found.skill:+.1f}%"
        add("dir_skill", found.skill, shown, "walk-forward skill at direction")
        add("dir_n", found.dates, f"{found.dates:,}", "walk-forward dates")
        facts.has.add("unknown_sign")
    flags = [flag for flag in bench.flags if flag.severity != "note"] or bench.flags
    if flags:
        flag = flags[bench.number % len(flags)]
        facts.quotes("1_pull", of)("flag", f"{flag.series}, {flag.seen}", flag.check)
        facts.has.add("unknown_flag")
