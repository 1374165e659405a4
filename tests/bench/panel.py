"""A simulated panel of minds of known skill, heard by the desk's own account of them.

Per session one claim in each of six categories; four minds answer all: one that knows something
everywhere (skilled), one that knows nothing (noise), one that knows the opposite (opposed), and
one that knows something only in a regime that comes and goes (regime). The reference is calibrated
and a tenth short of what can be known, as in ``tests.bench.minds``; reviews are quarterly, as the
desk's. ``python -m tests.bench.panel --worlds N`` measures weights, when gates open, how often
wrongly, what is gained, and the regret against the best fixed pool in hindsight.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from tests.bench.minds import World, best_fixed, regret, truth
from workbench.measures.histories import Question
from workbench.measures.learned import Learned

MINDS = ("skilled", "noise", "opposed", "regime")
CATEGORIES, QUARTER, SPELL = 6, 63, 126


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Run:
    """What the account said of each claim, and how it ended.

    Attributes:
        world: The claims.
        pool: The learned pool's own opinion, shape (n,).
        published: What the desk says, shape (n,).
        opened: Mind and category to the session in which its gate first opened.
        ended: The same for gates that ended.
        account: At the end.
    """

    world: World
    pool: np.ndarray
    published: np.ndarray
    opened: dict[tuple[str, str], int]
    ended: dict[tuple[str, str], int]
    account: Learned


def world(seed: int, sessions: int, skill: float = 0.8) -> World:
    """Claims by session and category, with what the four minds say."""
    rng = np.random.default_rng(seed)
    n = sessions * CATEGORIES
    r, y, known = truth(rng, n)
    category = np.tile(np.arange(CATEGORIES), sessions)
    noise = rng.standard_normal((len(MINDS), n))
    session = np.arange(n) // CATEGORIES
    there = (session // SPELL) % 2 == 0
    far = 0.8 * noise
    far[0] = skill * known + 0.3 * noise[0]
    far[2] = -0.5 * known + 0.3 * noise[2]
    far[3] = np.where(there, skill * known + 0.3 * noise[3], 0.6 * noise[3])
    return World(r=r, y=y, category=category, q=expit(np.clip(logit(r) + far, -7, 7)))


def run(made: World, minds: tuple[str, ...] = MINDS) -> Run:
    """The account over a world, one session after another."""
    account, n = Learned(), len(made.r)
    pool, published = np.empty(n), np.empty(n)
    opened: dict[tuple[str, str], int] = {}
    ended: dict[tuple[str, str], int] = {}
    for session in range(n // CATEGORIES):
        rows = range(session * CATEGORIES, (session + 1) * CATEGORIES)
        asked = [
            Question(
                claim=str(i), category=f"c{made.category[i]}", horizon=1, settles=session + 1,
                reference=float(made.r[i]),
                said={who: float(q) for who, q in zip(minds, made.q[:, i], strict=True)},
            )
            for i in rows
        ]  # fmt: skip
        for i, one in zip(rows, asked, strict=True):
            told = account.says(one)
            pool[i], published[i] = told.pool, told.published
        account.ask(asked)
        account.settle({str(i): float(made.y[i]) for i in rows})
        if (session + 1) % QUARTER == 0:
            for cell, ruling in account.review().items():
                if ruling == "open":
                    opened.setdefault(cell, session + 1)
                if ruling == "ended":
                    ended.setdefault(cell, session + 1)
    return Run(
        world=made, pool=pool, published=published, opened=opened, ended=ended, account=account
    )


def gained(said: np.ndarray, made: World) -> float:
    """Brier skill over the reference, per cent."""
    own, base = ((said - made.y) ** 2).sum(), ((made.r - made.y) ** 2).sum()
    return 100 * (1 - float(own / base))


def measured(worlds: int, sessions: int, skill: float, seed: int = 11) -> dict[str, pd.DataFrame]:
    """Two tables: by mind, and of what is said."""
    runs = [run(world(seed + i, sessions, skill)) for i in range(worlds)]
    cells = worlds * CATEGORIES
    rows = []
    for who in MINDS:
        opens = [at for one in runs for (mind, _), at in one.opened.items() if mind == who]
        ends = [at for one in runs for (mind, _), at in one.ended.items() if mind == who]
        weights = [
            one.account.standing(who, f"c{c}")[2].in_force
            for one in runs
            for c in range(CATEGORIES)
        ]
        rows.append({
            "mind": who, "weight": np.mean(weights), "opened": len(opens) / cells,
            "opened_at": np.median(opens) if opens else math.nan,
            "worlds_opened": sum(any(m == who for m, _ in one.opened) for one in runs) / worlds,
            "ended": len(ends) / cells, "ended_at": np.median(ends) if ends else math.nan,
        })  # fmt: skip
    said = []
    for name in ("pool", "published"):
        of = [getattr(one, name) for one in runs]
        said.append({
            "said": name,
            "skill": np.mean([gained(p, r.world) for p, r in zip(of, runs, strict=True)]),
            "worst": np.min([gained(p, r.world) for p, r in zip(of, runs, strict=True)]),
            "regret_reference": np.mean(
                [regret(p, r.world.r, r.world.y) for p, r in zip(of, runs, strict=True)]
            ),
            "regret_best_fixed": np.mean(
                [regret(p, best_fixed(r.world), r.world.y) for p, r in zip(of, runs, strict=True)]
            ),
            "best_fixed": np.mean([gained(best_fixed(r.world), r.world) for r in runs]),
        })  # fmt: skip
    return {"minds": pd.DataFrame(rows), "said": pd.DataFrame(said)}


def main() -> None:
    """Prints both tables."""
    asked = argparse.ArgumentParser(prog="python -m tests.bench.panel", description=__doc__)
    asked.add_argument("--worlds", type=int, default=20)
    asked.add_argument("--sessions", type=int, default=1_000)
    asked.add_argument("--skill", type=float, default=0.8, help="of the skilled, 0 for none")
    given = asked.parse_args()
    for table in measured(given.worlds, given.sessions, given.skill).values():
        print(table.round(3).to_string(index=False))


if __name__ == "__main__":
    main()
