"""What the weekly review says in sentences, by rule and from the review's figures.

The wording of every slot goes round with the number of the week, so that neighbours differ, and a
week reads the same whenever it is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from importlib import resources
from typing import cast

import numpy as np
import pandas as pd
import yaml

from workbench.domain.figures import difference, opened, share, typeset
from workbench.measures.scoring import MIN_BLOCKS, is_right
from workbench.steps import abstention, stretches
from workbench.steps.facts import Facts, counted, listed, several
from workbench.steps.lessons import of_category
from workbench.steps.weekly import Review
from workbench.steps.weekly_lessons import learned
from workbench.steps.weeks import Headline, Week
from workbench.steps.wording import Writer

_HALF = 0.5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Told:
    """A review in sentences, each empty where there is nothing to say.

    ``kept_back`` is what each reason for silence cost, as ``abstention.worded`` of the week.
    """

    title: str
    dek: str
    settled: str
    best: str
    worst: str
    month: str
    silence: str
    regimes: str
    absent: str
    costs: str
    changes: str
    learned: str
    kept_back: pd.DataFrame


@lru_cache(maxsize=1)
def voice() -> dict[str, list[str]]:
    """Slot to its variants, from ``weekly.yaml``."""
    text = resources.files("workbench.steps").joinpath("weekly.yaml").read_text("utf-8")
    return cast(dict[str, list[str]], yaml.safe_load(text))


def told(review: Review, stories: Mapping[str, str]) -> Told:
    """The review in sentences.

    Args:
        review: A week.
        stories: Name of a story to its title.
    """
    writer, n = _writer(review.head.week), review.head.tally.n
    tally = review.head.tally
    _gather(writer.facts, review)
    kept_back = abstention.worded(stretches.answered(review.settled))
    kind = "scored" if n else "void" if tally.void else "none"
    settled = {"scored": "scored", "void": "voids_only"}.get(
        kind, "unsettled_first" if review.head.is_first else "unsettled"
    )
    return Told(
        title=title(review.head, stories), dek=writer.say(f"dek_{kind}", link=False),
        settled=writer.say(settled, link=False),
        best=_extreme(writer, review, "best") if n else "",
        worst=_extreme(writer, review, "worst") if n else "",
        month=_month(writer, review), silence=_silence(writer, review, kept_back),
        regimes=_regimes(writer, review),
        absent="" if review.absent else writer.say("absent_none", link=False),
        costs=_costs(writer, review),
        changes="" if review.head.rules or review.head.stories or review.gates
        else writer.say("changes_none", link=False),
        learned="" if learned(review) else writer.say("learned_none", link=False),
        kept_back=kept_back,
    )  # fmt: skip


def title(head: Headline, stories: Mapping[str, str]) -> str:
    """The week's finding: a verdict on a story or rule, else what settled and what it was worth.

    Args:
        head: A week.
        stories: Name of a story to its title.
    """
    writer = _writer(head.week)
    return writer.say(_title(writer.facts, head, stories), link=False)


def _writer(week: Week) -> Writer:
    """A writer to whom it seems that the weeks before went round the wordings in order."""
    return Writer(Facts(past=_past(week.turn)), week.turn, voice())


def _past(turn: int) -> list[dict[str, int]]:
    return [
        {slot: (turn - ago) % len(variants) for slot, variants in voice().items()}
        for ago in range(1, max(map(len, voice().values())))
    ]


def _gather(facts: Facts, review: Review) -> None:
    """What most sentences need."""
    tally, skill = review.head.tally, stretches.skill(review.settled)
    add = facts.numbers("ledger", review.head.week.name)
    n = tally.n
    calls = several(review.calls, "call") if review.calls else "no call"
    facts.words["made"] = f"{_dispatches(len(review.head.cycles)).capitalize()}, {calls}"
    facts.words["right_of"] = _of(tally.right, n)
    facts.words["voids_said"] = several(tally.void, "prediction")
    facts.words["voided"] = (
        f", and {counted(tally.void)} {'was' if tally.void == 1 else 'were'} void"
        if tally.void
        else ""
    )
    facts.words["dates"] = several(skill.dates, "date")
    add("n", n, f"{n:,}", "predictions on record with an outcome")
    add("voids", tally.void, f"{tally.void:,}", "predictions on record that were void")
    add("half", _HALF, f"{_HALF:.2f}", "what the base rate earns")
    add("n_eff", skill.n_eff, f"{skill.n_eff:,.0f}", "effective n of them")
    if tally.worth is not None:
        add("worth", tally.worth, f"{tally.worth:.2f}", "mean score of them")


def _of(part: int, whole: int) -> str:
    """A count among others in words: ``none of five``, ``all five``, ``three of five``."""
    if part == whole and whole > 2:
        return f"all {counted(whole)}"
    return f"{counted(part) if part else 'none'} of {counted(whole)}"


def _dispatches(n: int) -> str:
    return f"{counted(n)} dispatch{'es' * (n != 1)}"


def _title(facts: Facts, head: Headline, stories: Mapping[str, str]) -> str:
    """The slot of the week's finding."""
    tally, n = head.tally, head.tally.n
    facts.words["right_of"] = _of(tally.right, n)
    verdict = [one for one in head.stories if one.status in {"falsified", "confirmed"}]
    if verdict:
        name = verdict[-1].story
        facts.words["story"] = stories.get(name, name.replace("-", " "))
        facts.words["story_status"] = verdict[-1].status
        return "title_story"
    for state, slot in (("in_force", "title_force"), ("retired", "title_retired")):
        ruled = [one for one in head.rules if one.state == state]
        if ruled:
            own = ruled[-1].category
            regime = own.regime.replace("_", " ")
            facts.words["rule_of"] = f"{own.theme} {own.kind}" + (f" when {regime}" * bool(regime))
            return slot
    if tally.worth is None:
        return "title_void" if tally.void else "title_first" if head.is_first else "title_none"
    if n == 1:
        return "title_one_right" if tally.right else "title_one_wrong"
    first, last = (head.spells[end].regime if head.spells else "" for end in (0, -1))
    if first != last:
        facts.words["regime_from"] = first.replace("_", " ")
        facts.words["regime_to"] = last.replace("_", " ")
        return "title_turned"
    if not tally.right or not tally.wrong:
        facts.words["n_said"] = counted(n)
        return "title_all" if tally.right else "title_nothing"
    shown = float(f"{tally.worth:.2f}")  # as the page shows it
    return "title_above" if shown > _HALF else "title_below" if shown < _HALF else "title_level"


def _extreme(writer: Writer, review: Review, which: str) -> str:
    """The best hit or the worst miss among what settled, with the lesson of its kind."""
    known = stretches.answered(stretches.on_record(review.settled))
    right = np.array(
        [is_right(p, y > 0) for p, y in zip(known["probability"], known["outcome"], strict=True)]
    )
    own = known[right if which == "best" else ~right]
    if own.empty:
        return writer.say(f"no_{which}", link=False)
    ranked = own.sort_values("score", kind="stable").to_dict("records")
    one = ranked[-1] if which == "best" else ranked[0]
    quote = writer.facts.quotes("ledger", review.head.week.name)
    p, base = one["probability"], one["base_rate"]
    for name, text in {
        "claim": one["sentence"], "p": share(p, base), "b": share(base, p),
        "how": ended(one["how"]), "score": f"{one['score']:.2f}",
    }.items():  # fmt: skip
        quote(f"{which}_{name}", text, f"{which} of the week, {name}")
    shown = float(f"{one['score']:.2f}")
    mild = shown <= _HALF if which == "best" else shown >= _HALF
    said = writer.say(f"{which}_mild" if mild else which, link=False)
    lesson = of_category(one["lesson"]).rstrip(".").rpartition(". ")[2]
    if not lesson:
        return said
    quote("lesson", f"{lesson}.", "what the lesson of its kind comes to")
    return f"{said} {writer.say('lesson', link=False)}"


def ended(text: str) -> str:
    """A record's sentence as a page writes it: real minus signs, one full stop at its end."""
    said = typeset(text).rstrip(". ")
    return f"{opened(said)}." if said else ""


def _month(writer: Writer, review: Review) -> str:
    known = stretches.answered(review.month)
    add = writer.facts.numbers("ledger", review.head.week.name)
    writer.facts.words["month"] = f"{review.head.last:%B}"
    if known.empty:
        return writer.say("month_none", link=False)
    dates = int(known["cycle"].nunique())
    writer.facts.words["month_claims"] = several(len(known), "claim")
    add("needed", MIN_BLOCKS, f"{MIN_BLOCKS}", "dates that a share needs")
    writer.facts.words["month_dates"] = several(dates, "date")
    enough = bool((stretches.calibration(known)["dates"] >= MIN_BLOCKS).any())
    return writer.say("month_enough" if enough else "month_few", link=False)


def _silence(writer: Writer, review: Review, rows: pd.DataFrame) -> str:
    own = rows[rows["verdict"] == "silent"].to_dict("records")
    if not own:
        return writer.say("silent_none", link=False)
    one, add = own[0], writer.facts.numbers("ledger", review.head.week.name)
    writer.facts.words["silent_claims"] = several(int(one["n"]), "claim")
    add("silent_sum", one["earned"], difference(one["earned"], 2), "what they would have added")
    writer.facts.words["silent_dates"] = several(int(one["dates"]), "date")
    shown = round(one["earned"], 2)
    slot = "silent_cost" if shown > 0 else "silent_saved" if shown < 0 else "silent_level"
    return writer.say(slot, link=False)


def _regimes(writer: Writer, review: Review) -> str:
    spells = review.head.spells
    if not spells:
        return writer.say("regime_none", link=False)
    words = [one.regime.replace("_", " ") for one in spells]
    if len(spells) == 1:
        writer.facts.words["regime"] = words[0]
        writer.facts.words["readings"] = several(spells[0].cycles, "reading")
        return writer.say("regime_one", link=False)
    parts = [f"{word} ({several(one.cycles, 'reading')})"
             for word, one in zip(words, spells, strict=True)]  # fmt: skip
    writer.facts.words["regimes"] = listed(parts)
    return writer.say("regime_many", link=False)


def _costs(writer: Writer, review: Review) -> str:
    if not review.costs:
        return writer.say("cost_none", link=False)
    total = sum((one.usd for one in review.costs), Decimal())
    most = max(one.cycles for one in review.costs)
    quote = writer.facts.quotes("ledger", review.head.week.name)
    quote("usd", f"${total:,.2f}", "what models cost this week")
    writer.facts.words["asked_cycles"] = _dispatches(most)
    return writer.say("cost_some", link=False)
