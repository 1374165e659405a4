"""What the record page shows: the second notebook's own figures, kept in the cycle's folder.

Live and replay have a board each, and no figure is of both. What a model said of dates that it
was trained on is in neither. A board's size does not grow with the record.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, cast

import numpy as np
import pandas as pd
import sqlalchemy as sa

from workbench.domain.calendars import iso
from workbench.domain.records import CONTROLS, Mode
from workbench.measures.bins import binned
from workbench.measures.scoring import brier, is_right
from workbench.steps import abstention, origins, record, score, voided
from workbench.steps.bench import Bench, kept_part
from workbench.steps.frames import rows
from workbench.world import entries as book

PART = "record"
POINTS = 40  # of the course of skill: what a table behind a chart can hold
_MODES: tuple[Mode, ...] = ("live", "replay")
_ROW = (
    "forecaster", "regime", "n", "n_eff", "dates", "brier", "skill", "skill_low", "skill_high",
    "credible", "tried",
)  # fmt: skip
_MINE = "synthesis"


def keep(bench: Bench) -> dict[str, Any]:
    """Keeps what the page of this cycle shows in the cycle's folder, and returns it."""
    found = view(bench)
    bench.remember(PART, found)
    return found


def origin(bench: Bench) -> str:
    """Where the figures of the record come from, as the end of a caption."""
    return origins.ledger(bench.as_of)


def view(bench: Bench) -> dict[str, Any]:
    """The page's content.

    Returns:
        ``as_of``, and ``boards``: one a mode of which anything has settled, live first, each as
        ``board`` returns it.
    """
    boards = (_unchanged(bench, mode) or board(bench, mode) for mode in _MODES)
    return {"as_of": iso(bench.as_of), "boards": [one for one in boards if one is not None]}


def _unchanged(bench: Bench, mode: Mode) -> dict[str, Any] | None:
    """The board of the other mode as the last cycle kept it, if nothing of it settled since.

    A live desk's replayed record stands still, and working it out again takes seconds.
    """
    of = book.cycles.c
    before = bench.ledger.read(sa.select(book.cycles).where(of.number == bench.number - 1))
    if mode == bench.mode or not before:
        return None
    place = bench.folder.parent / str(bench.number - 1)
    kept = cast(dict[str, Any] | None, kept_part(place, PART, dict(before[0])))
    found = own(kept, mode) if kept else None
    return found if found and found["settled"] == _count(bench, mode) else None


def _count(bench: Bench, mode: Mode) -> int:
    """Settlements of claims of a mode up to this cycle, voids included."""
    claims, cycles = book.claims.c, book.cycles.c
    query = (
        sa.select(sa.func.count().label("n"))
        .select_from(book.settlements)
        .join(book.claims, claims.id == book.settlements.c.claim)
        .join(book.cycles, cycles.number == claims.cycle)
        .where(book.settlements.c.cycle <= bench.number, cycles.mode == mode)
    )
    return int(bench.ledger.read(query)[0]["n"])


def own(kept: Mapping[str, Any], mode: Mode) -> dict[str, Any] | None:
    """The board of a mode, or None when nothing of it has settled."""
    return next((one for one in kept["boards"] if one["mode"] == mode), None)


def board(bench: Bench, mode: Mode) -> dict[str, Any] | None:
    """The record of one mode as plain JSON values; a missing one is None.

    Returns:
        ``settled`` (how many settlements it rests on, voids included), ``said`` (predictions on
        record), ``course`` (their skill over time), ``voids``, ``calibration`` (bins of all
        claims), ``forecasters`` and ``regimes`` (rows of ``record.judged``), ``debate``,
        ``silence`` and ``coverage``; None when nothing of this mode has settled, void or not.
    """
    count = _count(bench, mode)
    if not count:
        return None
    decided = abstention.decided(bench.ledger, bench.number, mode)
    silence = abstention.abstention(decided)
    helped, judged = record.help_of_cycle(bench, mode), record.of_cycle(bench, mode)
    margin = (judged["family"] == "all") & ~judged["forecaster"].isin(CONTROLS)
    whole = (judged["family"] == "all") & (judged["regime"] == "")
    return {
        "mode": mode,
        "settled": count,
        "said": aloud(bench, mode),
        "course": rows(course(bench, mode)),
        "voids": voided.voids(bench.ledger, bench.number, mode),
        "calibration": calibration(bench, mode),
        "forecasters": rows(judged.loc[whole, list(_ROW)]),
        "regimes": rows(judged.loc[margin & ~whole, list(_ROW)]),
        "debate": {"told": record.sentence(helped), "rows": rows(helped)},
        "silence": {"told": abstention.sentence(silence), "rows": rows(abstention.worded(decided))},
        "coverage": rows(abstention.risk_coverage(decided)),
    }  # fmt: skip


def aloud(bench: Bench, mode: Mode) -> dict[str, Any]:
    """The predictions on record of a mode.

    Returns:
        ``n n_eff dates skill low high`` as ``score.record_skill``; ``brier`` and ``base_brier``,
        means on the same claims; ``right`` and ``wrong``, by the side of one half; and ``times``,
        how many times as long the record would have to be for its interval to leave zero, were
        the skill to stay: None unless it is positive and its interval holds zero.
    """
    frame = score.on_record(bench.ledger, bench.number, mode)
    found = score.record_skill(frame)
    p, b, y = (frame[name].to_numpy(float) for name in ("probability", "base_rate", "outcome"))
    right = sum(bool(is_right(said, happened > 0)) for said, happened in zip(p, y, strict=True))
    means = (float(brier(p, y).mean()), float(brier(b, y).mean())) if len(y) else (None, None)
    times = None
    if found.skill is not None and found.low is not None and found.low <= 0 < found.skill:
        times = ((found.skill - found.low) / found.skill) ** 2  # an interval narrows as 1/√n
    return {
        "n": found.n, "n_eff": found.n_eff, "dates": found.dates, "skill": found.skill,
        "low": found.low, "high": found.high, "brier": means[0], "base_brier": means[1],
        "right": right, "wrong": found.n - right, "times": times,
    }  # fmt: skip


def course(bench: Bench, mode: Mode) -> pd.DataFrame:
    """Skill of the predictions on record as it stood after cycles that settled some.

    Returns:
        ``cycle date n n_eff skill low high``, at most ``POINTS`` rows evenly spaced and the last
        always among them; without a row before there are enough dates for a skill.
    """
    frame = score.on_record(bench.ledger, bench.number, mode)
    if frame.empty:
        return pd.DataFrame()
    ends = frame[["settled", "known"]].drop_duplicates().sort_values("settled")
    points = []
    for place in np.unique(np.linspace(0, len(ends) - 1, POINTS).round().astype(int)):
        cycle, known = (ends[name].iloc[place] for name in ("settled", "known"))
        found = score.record_skill(frame[frame["settled"] <= cycle])
        if found.skill is not None:
            points.append((int(cycle), known[:10], found.n, found.n_eff, found.skill, found.low,
                           found.high))  # fmt: skip
    return pd.DataFrame(points, columns=["cycle", "date", "n", "n_eff", "skill", "low", "high"])


def calibration(bench: Bench, mode: Mode) -> list[dict[str, Any]]:
    """What the desk said of every settled claim, shadows included, beside what happened.

    Returns:
        ``measures.bins.Bin`` as records; none before anything has settled.
    """
    known = record.known(bench, mode)
    if known is None or _MINE not in known.said:
        return []
    spoken = ~np.isnan(known.said[_MINE])
    found = binned(
        known.said[_MINE][spoken], known.outcome[spoken], known.cycle[spoken],
        int(known.horizon[spoken].max()),
    )  # fmt: skip
    return [asdict(one) for one in found]
