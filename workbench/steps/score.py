"""What came due: settlements by rule, and what they say about the record."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa

from workbench.domain.calendars import iso
from workbench.domain.claims import Claim
from workbench.domain.errors import ParamsError
from workbench.domain.records import Mode, Settlement
from workbench.measures import dated
from workbench.measures.prices import as_traded, splits
from workbench.measures.scoring import Skill, brier, desk_score
from workbench.measures.settling import settle
from workbench.steps import lessons
from workbench.steps.bench import Bench
from workbench.steps.finer import finer_bars
from workbench.world import entries as book
from workbench.world.archive import Archive
from workbench.world.entries import canonical
from workbench.world.ledger import Ledger
from workbench.world.params import Desk


def settle_due(bench: Bench) -> list[Settlement]:
    """Settles every claim whose deadline has come and whose bars are known, and writes lessons.

    Returns:
        The new settlements, oldest deadline first; claims still awaiting data are left open.
    """
    settled = settlements(bench.desk, bench.archive, bench.ledger.due(bench.as_of), bench.as_of)
    bench.ledger.append(bench.number, [(book.settlements, row(one)) for one in settled])
    lessons.write(bench)
    return settled


def settlements(
    desk: Desk, archive: Archive, due: Sequence[Claim], as_of: dt.datetime
) -> list[Settlement]:
    """What these claims settle as, from what the archive knew at a moment.

    Present flags do not matter: a complete window of known bars settles. Nor does it matter
    whether the desk still trades an instrument that it made claims on.

    Returns:
        The settlements in order of the claims; those that cannot be settled yet are left out.

    Raises:
        ParamsError: An instrument is neither in the params nor built in.
    """
    if not due:
        return []
    instruments = {one.symbol: one for one in desk.table}
    for claim in due:
        if gone := [symbol for symbol in claim.symbols if symbol not in instruments]:
            raise ParamsError(
                f"A claim to {claim.window.date} speaks of {gone[0]}, which these params do not "
                "know. Put it back under 'instruments', so that the claim can settle."
            )
    wanted = {symbol for claim in due for symbol in claim.symbols}
    snapshot = archive.as_of(as_of, {symbol: instruments[symbol].sources for symbol in wanted})
    # Each bar in the shares of its own day: what was registered is rebased by the splits since.
    bars = {symbol: as_traded(snapshot, instruments[symbol]) for symbol in wanted}
    known = {symbol: splits(snapshot, symbol) for symbol in wanted}
    finer = finer_bars(archive, due, instruments, as_of)
    found = [settle(claim, bars, instruments, as_of, known, finer) for claim in due]
    return [one for one in found if one is not None]


def row(one: Settlement) -> dict[str, Any]:
    """A settlement as its ledger row."""
    return {
        "claim": one.claim,
        "outcome": one.outcome,
        "reason": one.reason,
        "value": one.value,
        "observations": canonical(one.observations),
        "known_at": iso(one.known_at),
    }


def settled_now(bench: Bench) -> pd.DataFrame:
    """The predictions on record that this cycle settled, of its own mode, with their scores.

    Returns:
        ``sentence, role, probability, base_rate, outcome, reason, score``; score is W, 1/2 what
        the base rate earns, None when void.
    """
    query = (
        sa.select(
            book.claims.c.sentence, book.decisions.c.role, book.decisions.c.probability,
            book.decisions.c.base_rate, book.settlements.c.outcome, book.settlements.c.reason,
        )
        .join(book.decisions, book.decisions.c.claim == book.claims.c.id)
        .join(book.settlements, book.settlements.c.claim == book.claims.c.id)
        .join(book.cycles, book.cycles.c.number == book.claims.c.cycle)
        .where(book.settlements.c.cycle == bench.number, book.decisions.c.role != "shadow")
        .where(book.cycles.c.mode == bench.mode)
        .order_by(book.decisions.c.role, book.claims.c.seq)
    )  # fmt: skip
    frame = bench.ledger.frame(query)
    scores = [
        None if outcome == "void" else desk_score(p, b, float(outcome == "yes"))
        for p, b, outcome in zip(
            frame["probability"], frame["base_rate"], frame["outcome"], strict=True
        )
    ]
    return frame.assign(score=pd.Series(scores, dtype=float))


def on_record(ledger: Ledger, until: int, mode: Mode) -> pd.DataFrame:
    """Every settled prediction on record of one mode, calls and others, up to a cycle.

    Returns:
        ``cycle, role, kind, horizon, probability, base_rate, outcome, settled, known``; outcome is
        1 or 0, voids are left out. ``settled`` is the cycle that settled it, ``known`` its moment.
    """
    ending = book.cycles.alias("ending")
    query = (
        sa.select(
            book.decisions.c.cycle, book.decisions.c.role, book.claims.c.kind,
            book.claims.c.horizon, book.decisions.c.probability, book.decisions.c.base_rate,
            (book.settlements.c.outcome == "yes").label("outcome"),
            book.settlements.c.cycle.label("settled"), ending.c.as_of.label("known"),
        )
        .join(book.claims, book.claims.c.id == book.decisions.c.claim)
        .join(book.settlements, book.settlements.c.claim == book.decisions.c.claim)
        .where(book.decisions.c.role.in_(["call", "other"]), book.settlements.c.outcome != "void")
        .join(book.cycles, book.cycles.c.number == book.decisions.c.cycle)
        .join(ending, ending.c.number == book.settlements.c.cycle)
        .where(book.settlements.c.cycle <= until, book.cycles.c.mode == mode)
    )  # fmt: skip
    frame = ledger.frame(query).astype({"outcome": float})
    return frame.sort_values(["cycle", "kind", "probability"], ignore_index=True)


def record_skill(frame: pd.DataFrame) -> Skill:
    """Skill over the base rate of the predictions of ``on_record``."""
    p, b, y = (frame[name].to_numpy(float) for name in ("probability", "base_rate", "outcome"))
    longest = int(frame["horizon"].max()) if len(frame) else 1
    return dated.skilled(brier(p, y), brier(b, y), frame["cycle"].to_numpy(np.int64), longest)


def headline(bench: Bench) -> pd.DataFrame:
    """The record of predictions on record in one row: ``n n_eff skill skill_low skill_high``."""
    found = record_skill(on_record(bench.ledger, bench.number, bench.mode))
    row = (found.n, found.n_eff, found.skill, found.low, found.high)
    return pd.DataFrame([row], columns=["n", "n_eff", "skill", "skill_low", "skill_high"])
