"""Made-up desks of known skill, and what their rules make of them.

24 categories, half of one session and half of five, whose outcomes share each day's shock, in four
regimes that last. What the desk says strays from the base rate, and the strays last too. A review
follows each month. ``python -m tests.bench.rules --worlds 50`` measures all.
"""

from __future__ import annotations

import argparse
import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit, logit, ndtr

from workbench.measures.blocks import Block, Category
from workbench.measures.rules import Rule, Rulebook, applied, folded, rulings

CATEGORIES, REGIMES, CLAIMS = 24, 4, 2
DATES = 1_260
TURNS = 756
FIRST = dt.date(2010, 1, 4)
# How far what happens lies from the base rate, in units of the desk's distance: 0 is a desk that
# strays for nothing, 1/2 one without any skill, 1 a calibrated one.
STANDS = {"worse": 0.0, "no skill": 0.5, "overconfident, better": 0.6, "calibrated, better": 1.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What a made-up desk is worth; skills as fractions.

    Attributes:
        rest: How it stands where it is not planted, one of ``STANDS``.
        far: Mean squared distance from the base rate over b (1 - b), everywhere but there.
        planted: How it stands in category 0, or None for the same as elsewhere.
        skill: Its distance there: what a desk that strays for nothing loses.
        turns: Whether it becomes calibrated there, three years on.
    """

    rest: str = "no skill"
    far: float = 0.05
    planted: str | None = None
    skill: float = 0.0
    turns: bool = False


DESKS = {
    "no skill": Desk(),
    "no skill, far from the base rate": Desk(far=0.2),
    "overconfident, better": Desk(rest="overconfident, better", far=0.1),
    "calibrated, better by 2%": Desk(rest="calibrated, better", far=0.02),
    "3% worse in one category": Desk(planted="worse", skill=0.03),
    "10% worse in one category": Desk(planted="worse", skill=0.10),
    "30% worse in one category": Desk(planted="worse", skill=0.30),
    "30% worse, better after three years": Desk(planted="worse", skill=0.30, turns=True),
}


def sessions(n: int) -> list[dt.date]:
    """The first n weekdays."""
    return [day.date() for day in pd.bdate_range(FIRST, periods=n)]


def lasting(rng: np.random.Generator, n: int, width: int, keep: float = 0.8) -> np.ndarray:
    """Standard normal paths that forget slowly, shape (n, width)."""
    fresh = rng.standard_normal((n, width))
    path = fresh.copy()
    for i in range(1, n):
        path[i] = keep * path[i - 1] + math.sqrt(1 - keep**2) * fresh[i]
    return path


def world(desk: Desk, seed: int, n: int = DATES) -> dict[str, dict[Category, list[Block]]]:
    """What settles in each month: blocks by category, with and without the regime."""
    rng = np.random.default_rng(seed)
    days = sessions(n + 6)
    switch, drawn = rng.random(n) < 0.02, rng.integers(0, REGIMES, n)
    regime = drawn[np.maximum.accumulate(np.where(switch, np.arange(n), 0))]
    market = rng.standard_normal(n + 6)
    months: dict[str, dict[Category, list[Block]]] = {}
    for i in range(CATEGORIES):
        horizon = 5 if i % 2 else 1
        late = np.arange(n) >= TURNS if desk.turns else np.zeros(n, bool)
        own = i == 0 and desk.planted is not None
        far = desk.skill if own else desk.far
        stands = STANDS[desk.planted] if own and desk.planted else STANDS[desk.rest]
        truth = np.where(late & own, 1.0, stands)[:, None]
        b = rng.uniform(0.15, 0.85, (n, CLAIMS))
        p = expit(logit(b) + math.sqrt(far / 0.2) * lasting(rng, n, CLAIMS))
        shocks = math.sqrt(0.5) * (market + rng.standard_normal(n + 6))
        moved = np.array([shocks[t + 1 : t + 1 + horizon].sum() for t in range(n)])
        u = ndtr(moved / math.sqrt(horizon))[:, None]
        y = np.where(np.arange(CLAIMS) % 2 == 0, u, 1 - u) < b + truth * (p - b)
        scored = blocked(p, b, y)
        for t in range(n - horizon):
            day, due = days[t], days[t + horizon]
            block = Block(
                date=due.isoformat(), claims=CLAIMS, cycle=t, start=f"{day}T21:00:00Z",
                deadline=f"{due}T20:00:00Z", **{name: float(v[t]) for name, v in scored.items()},
            )  # fmt: skip
            month = months.setdefault(f"{due:%Y-%m}", {})
            for name in ("", f"r{regime[t]}"):
                month.setdefault(Category("made", f"k{i}", horizon, name), []).append(block)
    return months


def blocked(p: np.ndarray, b: np.ndarray, y: np.ndarray) -> Mapping[str, np.ndarray]:
    """Gain, loss and log likelihood ratios of blocks, one a row."""
    said, base = np.where(y, p, 1 - p), np.where(y, b, 1 - b)
    middle = (said + base) / 2
    return {
        "gain": ((1 - base) ** 2 - (1 - said) ** 2).mean(axis=1),
        "loss": ((1 - base) ** 2).mean(axis=1),
        "worse": np.log((base / middle).mean(axis=1)),
        "better": np.log((said / middle).mean(axis=1)),
    }


def lived(desk: Desk, seed: int, n: int = DATES) -> list[Rule]:
    """Every change of state that the desk's rules went through, reviewed month by month."""
    days = sessions(n + 6)
    cycles = {day: t for t, day in enumerate(days)}
    state, changes = Rulebook(), list[Rule]()
    for month, settled in sorted(world(desk, seed, n).items()):
        state = folded(state, settled)
        last = max(block.date for found in settled.values() for block in found)
        cycle = cycles[dt.date.fromisoformat(last)]
        found = rulings(state, cycle, days[cycle])
        state = applied(state, found)
        changes += found
        assert month == last[:7]
    return changes


def measured(worlds: int, names: list[str] | None = None, seed: int = 11) -> pd.DataFrame:
    """Per desk: rules a world and their fate, wrong ones, and the time to find the planted one.

    Returns:
        ``desk mined in_force wrong_rules wrong_worlds found found_at retired retired_at``: rules
        mined and in force a world; share of mined rules, and of worlds, with one in force where
        the desk is no worse; share of worlds with one where it is, and median dates until then;
        share of these retired after the turn, and median dates from it.
    """
    rows = []
    for name in names or list(DESKS):
        desk = DESKS[name]
        mined, forced, wrong, wrong_worlds = 0, 0, 0, 0
        found: list[int] = []
        gone: list[int] = []
        for i in range(worlds):
            changes = lived(desk, seed + i)
            first = {one.id: one for one in reversed(changes) if one.state == "in_force"}
            right = [one for one in first.values() if meant(desk, one)]
            mined += sum(one.state == "trial" for one in changes)
            forced += len(first)
            wrong += len(first) - len(right)
            wrong_worlds += len(first) > len(right)
            if right:
                found.append(min(one.of for one in right))
                ends = {one.id: one.of for one in changes if one.state == "retired"}
                silent = [ends.get(one.id, DATES) for one in right if one.of < TURNS]
                if silent and max(silent) < DATES:
                    gone.append(max(silent) - TURNS)
        rows.append({
            "desk": name, "mined": mined / worlds, "in_force": forced / worlds,
            "wrong_rules": wrong / max(mined, 1), "wrong_worlds": wrong_worlds / worlds,
            "found": len(found) / worlds, "found_at": float(np.median(found or [math.nan])),
            "retired": len(gone) / max(len(found), 1) if desk.turns else math.nan,
            "retired_at": float(np.median(gone)) if desk.turns and gone else math.nan,
        })  # fmt: skip
    return pd.DataFrame(rows)


def meant(desk: Desk, rule: Rule) -> bool:
    """Whether the desk was worse there on claims of the rule's trial."""
    there = desk.planted == "worse" and rule.category.kind == "k0"
    return there and not (desk.turns and rule.of > TURNS)


def main() -> None:
    """Prints the table, whole or the desks that are named."""
    asked = argparse.ArgumentParser(prog="python -m tests.bench.rules", description=__doc__)
    asked.add_argument("--worlds", type=int, default=50)
    asked.add_argument("--only", action="append", help="a desk; may be repeated")
    given = asked.parse_args()
    print(measured(given.worlds, given.only).round(3).to_string(index=False))


if __name__ == "__main__":
    main()
