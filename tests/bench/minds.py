"""Made-up minds of known skill, heard by the learned pool and by the trial of a mind.

The reference is calibrated and knows all but a tenth of what could be known: the true p is
Beta(9r, 9(1 - r)), so an oracle's Brier skill over r is 10 % at every r. What a mind can know of
a claim is how far p's log odds lie from r's. ``python -m tests.bench.minds`` measures all.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import expit, logit

from workbench.measures import hearing, learning, trial
from workbench.measures.beliefs import Pool, Settled, start
from workbench.measures.trial import Claims, Trial

MINDS, CATEGORIES = 4, 6
DIES = 1_500
SCENARIOS = (
    "all noise", "one good mind, one category", "all weak, correlated",
    "coin-flippers", "one dies", "overconfident, informed", "all opposed",
)  # fmt: skip
KINDS = (
    "noise", "skilled", "weak", "coin-flipper", "overconfident", "opposed",
    "agrees", "leans", "bolder copy", "trivial",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class World:
    """Claims with what the reference and all minds said: r, y, category (n,), q (minds, n)."""

    r: np.ndarray
    y: np.ndarray
    category: np.ndarray
    q: np.ndarray

    def until(self, n: int) -> World:
        """The first n claims."""
        r, y, category, q = self.r[:n], self.y[:n], self.category[:n], self.q[:, :n]
        return World(r=r, y=y, category=category, q=q)

    def settled(self, i: int) -> Settled:
        """One claim as the pool learns from it."""
        said = {f"m{m}": float(q) for m, q in enumerate(self.q[:, i])}
        return Settled(
            category=f"c{self.category[i]}", reference=float(self.r[i]), said=said,
            happened=float(self.y[i]),
        )  # fmt: skip


def truth(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """r, y, and how far the true log odds lie from r's, within 2."""
    r = np.clip(rng.beta(0.55, 0.55, n), 0.02, 0.98)
    p = np.clip(rng.beta(9 * r, 9 * (1 - r)), 1e-3, 1 - 1e-3)
    return r, (rng.random(n) < p).astype(float), np.clip(logit(p) - logit(r), -2, 2)


def world(scenario: str, seed: int, n: int = 3_000, dies: int = DIES) -> World:
    """One of ``SCENARIOS``; the good mind of ``one dies`` knows nothing from claim ``dies`` on."""
    rng = np.random.default_rng(seed)
    r, y, known = truth(rng, n)
    category = rng.integers(0, CATEGORIES, n)
    base, noise = logit(r), rng.standard_normal((MINDS, n))
    far = 0.8 * noise
    if scenario == "one good mind, one category":
        far[0] = np.where(category == 0, 0.8 * known + 0.3 * noise[0], far[0])
    elif scenario == "all weak, correlated":
        far = 0.5 * known + 0.5 * rng.standard_normal(n) + 0.4 * noise
    elif scenario == "one dies":
        far[0] = np.where(np.arange(n) < dies, 0.8 * known + 0.3 * noise[0], far[0])
    elif scenario == "overconfident, informed":
        far = 3 * (0.75 * known + 1.2 * noise)
    elif scenario == "all opposed":
        far = -0.5 * known + 0.3 * noise
    q = expit(np.clip(base + far, -7, 7))
    if scenario == "coin-flippers":
        q = np.where(noise > 0, 0.375, 0.625)
    return World(r=r, y=y, category=category, q=q)


def replayed(made: World) -> tuple[np.ndarray, Pool]:
    """What the pool said of each claim before it settled, one claim a date, and all it learned."""
    state, said = start(), np.empty(len(made.r))
    for i in range(len(made.r)):
        one = made.settled(i)
        said[i] = learning.predict(state, one.category, one.reference, one.said)
        state = learning.settle(state, [one])
    return said, state


def bss(z: np.ndarray, made: World, first: int, last: int) -> float:
    """Brier skill over the reference on some claims."""
    kept = slice(first, last)
    y = made.y[kept]
    return 1 - float(((z[kept] - y) ** 2).sum() / ((made.r[kept] - y) ** 2).sum())


def best_fixed(made: World) -> np.ndarray:
    """The pool of constant weights, none negative, that would have been best in hindsight."""
    far = np.clip(logit(made.q) - logit(made.r), -1.5, 1.5)

    def loss(w: np.ndarray) -> tuple[float, np.ndarray]:
        z = expit(logit(made.r) + w @ far)
        return float(((z - made.y) ** 2).sum()), far @ (2 * (z - made.y) * z * (1 - z))

    found = minimize(loss, np.full(len(far), 0.1), jac=True, bounds=[(0, 3)] * len(far))
    return expit(logit(made.r) + found.x @ far)


def regret(z: np.ndarray, other: np.ndarray, y: np.ndarray) -> float:
    """The most by which z's summed Brier loss was ever above the other's."""
    return float(np.maximum(np.cumsum((z - y) ** 2 - (other - y) ** 2), 0).max())


def pooled(
    worlds: int, scenarios: Sequence[str] = SCENARIOS, seed: int = 5, n: int = 3_000
) -> pd.DataFrame:
    """Per scenario, in per cent and Brier units: skill of the plain mean and of the pool early and
    late with the latter's standard error, regret, and the gate of the pool in category 0, with
    its evidence alone.
    """
    rows = []
    for scenario in scenarios:
        found = []
        for i in range(worlds):
            made = world(scenario, seed + i, n)
            z, _ = replayed(made)
            plain = expit(logit(made.q).mean(axis=0))
            own = np.flatnonzero(made.category == 0)
            gate = course(made.r[own], z[own], made.y[own], gain=hearing.POOLED)
            evident = [t.blocks for t in gate if t.factor >= math.log(trial.FACTOR)]
            found.append({
                "mean_early": 100 * bss(plain, made, 0, 250),
                "mean_late": 100 * bss(plain, made, n // 3, n),
                "early": 100 * bss(z, made, 0, 250), "late": 100 * bss(z, made, n // 3, n),
                "after_death": 100 * bss(z, made, n // 2, n // 2 + 500),
                "regret": regret(z, made.r, made.y),
                "regret_fixed": regret(z, best_fixed(made), made.y),
                "opened": float(first(gate, "open") is not None),
                "evident": float(bool(evident)), "evident_at": min(evident, default=math.nan),
            })  # fmt: skip
        table = pd.DataFrame(found)
        rows.append({
            "scenario": scenario, **table.drop(columns="evident_at").mean(),
            "evident_at": table["evident_at"].median(),
            "late_se": table["late"].std() / math.sqrt(worlds),
        })  # fmt: skip
    return pd.DataFrame(rows)


def minded(kind: str, seed: int, n: int = 500) -> Mapping[str, np.ndarray]:
    """r, q and y of one mind of a kind in one category."""
    rng = np.random.default_rng(seed)
    r, y, known = truth(rng, n)
    base, noise = logit(r), rng.standard_normal(n)
    if kind == "trivial":  # only asked what is as good as certain, and says so
        r = np.where(r > 0.5, 0.995, 0.005)
        y, base = (rng.random(n) < r).astype(float), logit(r)
    far = {
        "noise": 0.8 * noise, "skilled": 0.8 * known + 0.3 * noise,
        "weak": 0.4 * known + 0.6 * noise, "coin-flipper": -0.51 * np.sign(noise) - base,
        "overconfident": 3 * (0.75 * known + 1.2 * noise), "agrees": 0 * base,
        "opposed": 0.3 * noise - 0.5 * known, "leans": 0 * base + 0.4, "bolder copy": 0.5 * base,
        "trivial": np.sign(base) + 0.3 * noise,
    }  # fmt: skip
    return {"r": r, "q": expit(np.clip(base + far[kind], -7, 7)), "y": y}


def course(
    r: np.ndarray, q: np.ndarray, y: np.ndarray, copies: int = 1, gain: float = hearing.STATED
) -> tuple[Trial, ...]:
    """The trial of a mind with one independent claim a session, each said several times."""
    r, q, y, day = (np.repeat(value, copies) for value in (r, q, y, np.arange(len(r))))
    return trial.course(
        Claims(reference=r, mind=q, happened=y, asked=day, settled=day + 1, horizon=1), gain
    )


def first(found: tuple[Trial, ...], ruling: str) -> int | None:
    """Blocks until a ruling is first given, or None."""
    return next((one.blocks for one in found if one.ruling == ruling), None)


def tried(worlds: int, kinds: Sequence[str] = KINDS, seed: int = 77, n: int = 500) -> pd.DataFrame:
    """Per kind of mind: its raw skill, how often and when its gate opens or it is ended."""
    rows = []
    for kind in kinds:
        raw, opens, ends, losses = [], [], [], []
        for i in range(worlds):
            made = minded(kind, seed + i, n)
            found = course(**made)
            r, q, y = (made[name] for name in "rqy")
            raw.append(1 - ((q - y) ** 2).sum() / ((r - y) ** 2).sum())
            opens.append(first(found, "open"))
            ends.append(first(found, "ended"))
            losses.append(next((t.blocks for t in found if t.beaten), None))
        rows.append({
            "kind": kind, "raw": 100 * np.mean(raw), **often("opened", opens),
            **often("ended", ends), **often("beaten", losses),
            "ended_first": np.mean([
                b is not None and (a is None or b < a) for a, b in zip(opens, ends, strict=True)
            ]),
        })  # fmt: skip
    return pd.DataFrame(rows)


def often(name: str, found: list[int | None]) -> dict[str, float]:
    """Share of worlds in which it came about, and the median claim."""
    there = [one for one in found if one is not None]
    return {name: len(there) / len(found), f"{name}_at": float(np.median(there or [math.nan]))}


def main() -> None:
    """Prints one of the tables, whole or the rows that are named."""
    asked = argparse.ArgumentParser(prog="python -m tests.bench.minds", description=__doc__)
    asked.add_argument("part", choices=["pooled", "tried"])
    asked.add_argument("--worlds", type=int, default=40)
    asked.add_argument("--only", action="append", help="a row; may be repeated")
    given = asked.parse_args()
    measured, rows = {"pooled": (pooled, SCENARIOS), "tried": (tried, KINDS)}[given.part]
    table = measured(given.worlds, given.only or rows)
    print(table.round(2).to_string(index=False))


if __name__ == "__main__":
    main()
