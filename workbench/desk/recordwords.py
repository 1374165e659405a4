"""What the record page says in words: findings chosen by rule from figures, never beyond them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.domain.figures import difference, opened
from workbench.domain.records import Mode
from workbench.measures.scoring import MIN_BLOCKS
from workbench.steps.facts import several

LITTLE = 0.05  # a skill under this is "a little"
FORECASTERS: Mapping[str, str] = {
    "synthesis": "What I publish",
    "pool": "All minds pooled, without a gate",
    "scenario": "Scenario model",
    "climatology": "Base rate",
    "climatology_1y": "Base rate of one year",
    "persistence": "Persistence",
    "lognormal_ewma": "Lognormal walk, recent volatility",
    "lognormal_vix": "Lognormal walk, volatility of VIX",
    "gjr_fhs": "GJR-GARCH, simulated",
    "options": "Option prices",
    "market": "Prediction-market prices",
    "plain": "A model asked once, without debate",
    "plain_median": "A model asked several times, median",
}
NOTHING = "Nothing has settled yet, so there is no record"
Board = Mapping[str, Any]


def title(board: Board | None, *, alone: Mode | None = None) -> str:
    """The finding of one record as a sentence without its full stop.

    Args:
        board: ``steps.scoreboard.board``, None when nothing has settled.
        alone: The mode, where the sentence stands alone and must say that it is of a replay.
    """
    if board is None:
        return NOTHING
    said = _title(board)
    return f"In replay, {said[:1].lower()}{said[1:]}" if alone == "replay" else said


def _title(board: Board) -> str:
    said, skill = board["said"], board["said"]["skill"]
    if not said["n"]:
        if board["silence"]["rows"]:
            return "Nothing that was said aloud has settled yet"
        return "Everything that came due was void, so nothing has been scored"
    if said["dates"] < MIN_BLOCKS:
        return "Too few dates to say whether I know more than the base rate"
    if skill is None:
        return "The base rate has not missed once, so there is no skill to measure"
    if is_level(skill):
        return "No better and no worse than the base rate so far"
    side = "better" if skill > 0 else "worse"
    how = f"A little {side}" if abs(skill) < LITTLE else side.capitalize()
    if holds_zero(said):
        return f"{how} than the base rate, and not yet sure of it"
    return f"{how} than the base rate, and the interval leaves zero out"


def is_level(skill: float) -> bool:
    """True when a skill is zero to the decimal that is shown."""
    return difference(100 * skill) == "0.0"


def holds_zero(said: Mapping[str, Any]) -> bool:
    """True when the interval of a skill holds zero."""
    return bool(said["low"] <= 0 <= said["high"])


def dek(board: Board | None) -> str:
    """How much there is to go by: ``395 settled predictions from 124 dates, worth about 61 …``.

    Empty where nothing has settled.
    """
    if board is None:
        return ""
    said, voids = board["said"], board["voids"]["n"]
    if not said["n"]:
        return f"{several(voids, 'claim')} came due and could not be settled." if voids else ""
    one = f"{several(said['n'], 'settled prediction')} from {several(said['dates'], 'date')}"
    one = opened(one)
    if round(said["n_eff"]) >= said["n"]:
        return f"{one}, as uncertain as if each stood alone."
    return f"{one}, worth about {said['n_eff']:,.0f} independent ones."


def meaning(board: Board) -> str:
    """What the skill on record allows to claim, in one or two sentences."""
    said = board["said"]
    if not said["n"]:
        return ""
    if said["skill"] is None:
        if said["dates"] >= MIN_BLOCKS:
            return "Skill divides by what the base rate loses, and it has lost nothing."
        return (
            f"I give a skill from {MIN_BLOCKS} dates on and there "
            f"{'is' if said['dates'] == 1 else 'are'} {said['dates']:,}, so no figure stands here."
        )
    if not holds_zero(said):
        if said["skill"] > 0:
            told = (
                "The whole interval lies above zero: on these claims I knew something that the "
                "base rate did not."
            )
            if _verdict(board) == "identical":
                told += (
                    " All of it is the scenario model’s, which knows today’s volatility: the "
                    "debate has not moved a number."
                )
            return told
        return (
            "The whole interval lies below zero: on these claims the base rate alone would have "
            "served a reader better."
        )
    told = "The interval includes zero, so I claim nothing."
    if said["times"] is not None and not is_level(said["skill"]):
        told += (
            f" Were the skill to stay as it is, the record would have to be {times(said['times'])} "
            "as long to tell it from luck."
        )
    return told


def _verdict(board: Board) -> str:
    rows = [one for one in board["debate"]["rows"] if one["forecaster"] == "synthesis"]
    return str(rows[0]["verdict"]) if rows else ""


def times(factor: float) -> str:
    """How many times as long: ``about 3.2 times``, ``some 40 times``, ``over a thousand times``."""
    if factor >= 1000:
        return "over a thousand times"
    return f"about {factor:.1f} times" if factor < 10 else f"some {factor:,.0f} times"


def everything(board: Board) -> str:
    """The record on all claims, shadows included, in a sentence; empty before there is one."""
    rows = [one for one in board["forecasters"] if one["forecaster"] == "synthesis"]
    if not rows:
        return ""
    one = rows[0]
    on = f"On all {one['n']:,} settled claims, shadows included,"
    if one["skill"] is None:
        return f"{on} there are {several(one['dates'], 'date')}: too few for a skill."
    return (
        f"{on} my skill is {interval(one['skill'], one['skill_low'], one['skill_high'])}, "
        f"effective n {one['n_eff']:,.0f}. There, choosing when to speak earns nothing."
    )  # fmt: skip


def tally(board: Board) -> str:
    """Right, wrong and void of the predictions on record, in a sentence."""
    said, void = board["said"], board["voids"]["said"]
    return f"{said['right']:,} right, {said['wrong']:,} wrong, {void:,} void."


def voided(board: Board) -> str:
    """How many claims were void, in a sentence."""
    found = board["voids"]
    if not found["n"]:
        return "No claim has been void."
    spoken = f"{found['said']:,} of them on record" if found["said"] else "none of them on record"
    one = "claim has" if found["n"] == 1 else "claims have"
    return f"{found['n']:,} {one} been void, {spoken}."


def interval(middle: float, low: float, high: float) -> str:
    """A skill with its interval: ``+1.8% [−2.1, +5.6]``."""
    ends = ", ".join(difference(100 * end) for end in (low, high))
    return f"{difference(100 * middle)}% [{ends}]"
