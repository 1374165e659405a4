"""What has settled, as arrays: every forecaster's probabilities on the claims of one mode.

Live and replay are never mixed, and what a model said of dates that it was trained on is not here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import sqlalchemy as sa

from workbench.measures.prices import Array
from workbench.steps.speakers import speakers
from workbench.world import entries as book
from workbench.world.ledger import Ledger

BASE, REFERENCE = "climatology", "scenario"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Settled:
    """What has settled in one mode, a column a claim.

    Attributes:
        cycle: In which each was asked, shape (n,).
        family: Its kind.
        horizon: Sessions.
        regime: Of the cycle that asked; ``unknown`` where none was read.
        outcome: 1 or 0; voids are left out.
        said: Forecaster to probabilities, NaN where it was silent or knew the outcome.
    """

    cycle: npt.NDArray[np.int64]
    family: npt.NDArray[np.object_]
    horizon: npt.NDArray[np.int64]
    regime: npt.NDArray[np.object_]
    outcome: Array
    said: Mapping[str, Array]


def settled(ledger: Ledger, until: int | None = None) -> dict[str, Settled]:
    """Everything that both references answered and that has settled, by mode.

    Args:
        ledger: Where forecasts and settlements are.
        until: Settlements of later cycles are left out; None for all.
    """
    claims, regimes = book.claims.c, book.regimes.c
    query = (
        sa.select(
            claims.id, claims.cycle, claims.kind, claims.horizon, book.cycles.c.mode,
            sa.func.coalesce(regimes.name, "unknown").label("regime"),
            (book.settlements.c.outcome == "yes").label("outcome"),
        )
        .join(book.settlements, book.settlements.c.claim == claims.id)
        .join(book.cycles, book.cycles.c.number == claims.cycle)
        .outerjoin(book.regimes, regimes.of == claims.cycle)
        .where(book.settlements.c.outcome != "void")
        .order_by(claims.seq)
    )  # fmt: skip
    forecasts = book.forecasts.c
    spoken = sa.select(forecasts.claim, forecasts.forecaster, forecasts.probability)
    if until is not None:
        query = query.where(book.settlements.c.cycle <= until)
        spoken = spoken.where(forecasts.cycle <= until)
    asked = ledger.frame(query)
    if asked.empty:
        return {}
    said = _said(asked, ledger.frame(spoken), ledger)
    if not {BASE, REFERENCE} <= said.keys():
        return {}
    both = ~np.isnan(said[BASE]) & ~np.isnan(said[REFERENCE])
    return {
        str(mode): _of(asked, said, both & (asked["mode"] == mode).to_numpy())
        for mode in sorted(asked["mode"].unique())
    }


def _said(asked: pd.DataFrame, spoken: pd.DataFrame, ledger: Ledger) -> dict[str, Array]:
    """Forecaster to its probabilities in order of the claims, minds told apart by model."""
    place = pd.Index(asked["id"]).get_indexer(pd.Index(spoken["claim"]))
    who, names = pd.factorize(spoken["forecaster"], sort=True)
    table = np.full((len(names), len(asked)), np.nan)
    known = place >= 0
    table[who[known], place[known]] = spoken["probability"].to_numpy(float)[known]
    said = {str(name): row for name, row in zip(names, table, strict=True)}
    spoke: dict[tuple[str, str], list[int]] = {}
    for (cycle, mind), name in speakers(ledger).items():
        spoke.setdefault((mind, name), []).append(cycle)
    for (mind, name), cycles in spoke.items():
        if mind in said and mind != name:
            there = asked["cycle"].isin(cycles).to_numpy()
            if name:
                said[name] = np.where(there, said[mind], said.get(name, np.nan))
            said[mind][there] = np.nan
    return {who: row for who, row in said.items() if not np.isnan(row).all()}


def _of(asked: pd.DataFrame, said: Mapping[str, Array], kept: npt.NDArray[np.bool_]) -> Settled:
    own = asked[kept]
    spoken = {who: values[kept] for who, values in said.items()}
    return Settled(
        cycle=own["cycle"].to_numpy(np.int64),
        family=own["kind"].to_numpy(object),
        horizon=own["horizon"].to_numpy(np.int64),
        regime=own["regime"].to_numpy(object),
        outcome=own["outcome"].to_numpy(float),
        said={who: values for who, values in spoken.items() if not np.isnan(values).all()},
    )
