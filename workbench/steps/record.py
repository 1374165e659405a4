"""The track record: every forecaster on every settled claim, and whether the debate helps.

All claims count, shadows included, so that choosing when to speak earns nothing. Live and replay
are never mixed, and what a model said of dates that it was trained on never enters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.domain.figures import difference
from workbench.domain.records import CONTROLS, Mode
from workbench.measures import dated, multiplicity
from workbench.measures.dated import Compared
from workbench.measures.judging import calibration
from workbench.measures.scoring import MIN_BLOCKS, brier, log_loss
from workbench.steps.bench import Bench
from workbench.steps.settled import BASE, REFERENCE, Settled, settled
from workbench.world.ledger import Ledger

COLUMNS = (
    "forecaster", "family", "horizon", "n", "n_eff", "brier", "log", "skill", "skill_low",
    "skill_high", "dates", "mode", "regime", "edge_skill", "edge_low", "edge_high", "score",
    "edge", "accuracy", "slope", "ece", "ece_null", "credible", "edge_credible", "tried",
)  # fmt: skip
SHOWN = ("skill", "edge_skill", "credible", "n", "n_eff", "brier")
_HELP = "forecaster n n_eff dates moved skill low high verdict"
_RANK = {"synthesis": 0, "pool": 1, "plain": 3, "plain_median": 4}  # others come between
_SAME = 1e-9  # what adding up weights in another order may differ by
_Cell = tuple[str, int, str]


def record(ledger: Ledger, until: int | None = None) -> pd.DataFrame:
    """The track record; see ``judged``."""
    return judged(settled(ledger, until))


def of_cycle(bench: Bench, mode: Mode | None = None) -> pd.DataFrame:
    """``judged`` of what a cycle knows, of a mode; of its own without one."""
    of = mode or bench.mode

    def make() -> pd.DataFrame:
        found = known(bench, of)
        return judged({of: found} if found else {})

    return bench.once(f"judged {of}", make)


def help_of_cycle(bench: Bench, mode: Mode | None = None) -> pd.DataFrame:
    """``debate_help`` as a cycle knows it; without rows before anything has settled."""
    found = known(bench, mode or bench.mode)
    return debate_help(found) if found else pd.DataFrame(columns=_HELP.split())


def known(bench: Bench, mode: Mode) -> Settled | None:
    """What a cycle knows to have settled of a mode; None before anything has."""
    return bench.once("settled", lambda: settled(bench.ledger, bench.number)).get(mode)


def judged(found: Mapping[str, Settled]) -> pd.DataFrame:
    """One row a forecaster x family x horizon x regime x mode, with the margins.

    Args:
        found: By mode, what ``settled`` returns.

    Returns:
        ``COLUMNS``. The whole is family ``all``, horizon 0, regime empty; a family and horizon
        over all regimes has an empty regime, a regime over all claims family ``all``.
        ``skill`` is over climatology and ``edge_skill`` over the scenario model, each with its
        95 % interval; None under 30 dates. ``score`` is W of the dispatches, one half what the
        base rate earns, ``edge`` the same over the scenario model, ``accuracy`` 1 - Brier.
        ``credible`` and ``edge_credible`` say whether a skill differs from zero once all that
        were tried are reckoned with, ``tried`` being their number: Holm over the wholes,
        Benjamini and Hochberg over the cells, 5 % each. None where nothing was tried.
    """
    rows = [row for mode, one in found.items() for row in _rows(mode, one)]
    frame = pd.DataFrame(rows, columns=[*COLUMNS[:-3], "p_skill", "p_edge"])
    return _corrected(frame)[list(COLUMNS)]


def _rows(mode: str, one: Settled) -> Iterator[tuple[Any, ...]]:
    for cell, picked in _cells(one):
        for who, values in one.said.items():
            spoken = picked[~np.isnan(values[picked])]
            if len(spoken):
                yield _row(mode, who, cell, one, spoken)


def _cells(one: Settled) -> Iterator[tuple[_Cell, npt.NDArray[np.intp]]]:
    """Each cell with the places of its claims; the whole, then margins, then full cells."""
    yield ("all", 0, ""), np.arange(len(one.cycle))
    every = pd.DataFrame({"family": one.family, "horizon": one.horizon, "regime": one.regime})
    for keys in (["family", "horizon"], ["regime"], ["family", "horizon", "regime"]):
        for key, places in sorted(every.groupby(keys).indices.items()):
            named = dict(zip(keys, key if isinstance(key, tuple) else (key,), strict=True))
            family, horizon = str(named.get("family", "all")), int(named.get("horizon", 0))
            yield (family, horizon, str(named.get("regime", ""))), np.asarray(places, np.intp)


def _row(
    mode: str, who: str, cell: _Cell, one: Settled, spoken: npt.NDArray[np.intp]
) -> tuple[Any, ...]:
    y, date = one.outcome[spoken], one.cycle[spoken]
    p, base, reference = (one.said[name][spoken] for name in (who, BASE, REFERENCE))
    length = dated.block(int(one.horizon[spoken].max()))
    losses = brier(p, y), brier(base, y), brier(reference, y)
    own, others, edges = dated.totals(date, *losses)
    over = dated.compared(own, others, length)
    beyond = dated.compared(own, edges, length)
    told = calibration(p, y) if len(own) >= MIN_BLOCKS else None
    mean = [float(loss.mean()) for loss in losses]
    family, horizon, regime = cell
    return (
        who, family, horizon, len(y), dated.effective(losses[0], date, length), mean[0],
        float(log_loss(p, y).mean()), over.skill, over.low, over.high, len(own), mode, regime,
        beyond.skill, beyond.low, beyond.high, 0.5 + (mean[1] - mean[0]) / 2,
        0.5 + (mean[2] - mean[0]) / 2, 1 - mean[0], told and told.slope, told and told.ece,
        told and told.null, _asked(who, BASE, over), _asked(who, REFERENCE, beyond),
    )  # fmt: skip


def _asked(who: str, reference: str, found: Compared) -> float | None:
    """A p-value, unless a reference is compared with itself, which asks nothing."""
    return None if who == reference else found.p_value


def _corrected(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with what stays credible among all that were tried."""
    whole = (frame["family"] == "all") & (frame["regime"] == "")
    kept = frame.assign(credible=None, edge_credible=None, tried=None).astype(
        {"credible": object, "edge_credible": object, "tried": object}
    )
    for mode in frame["mode"].unique():
        for part, rule in ((whole, multiplicity.holm), (~whole, multiplicity.step_up)):
            for name, asked in (("credible", "p_skill"), ("edge_credible", "p_edge")):
                rows = frame.index[part & (frame["mode"] == mode) & frame[asked].notna()]
                kept.loc[rows, name] = rule(frame.loc[rows, asked].astype(float).tolist())
                kept.loc[rows, "tried"] = len(rows)
    return kept


def debate_help(found: Settled) -> pd.DataFrame:
    """Whether what was said beyond the scenario model was worth saying.

    Args:
        found: One mode of ``settled``.

    Returns:
        One row a voice, Synthesis first and single calls of a model last:
        ``forecaster n n_eff dates moved skill low high verdict``. ``moved`` counts the claims on
        which it differs from the scenario model, skill is over that model on the same claims
        with its 95 % interval, and ``verdict`` is ``too few``, ``identical``, ``helps``,
        ``harms`` or ``nothing``. No correction: each row answers a question of its own.
    """
    voices = sorted(
        (who for who in found.said if who in _RANK or who not in CONTROLS),
        key=lambda who: (_RANK.get(who, 2), who),
    )
    rows = []
    for who in voices:
        spoken = np.flatnonzero(~np.isnan(found.said[who]))
        y, date = found.outcome[spoken], found.cycle[spoken]
        p, reference = found.said[who][spoken], found.said[REFERENCE][spoken]
        length = dated.block(int(found.horizon[spoken].max()))
        own, other = dated.totals(date, brier(p, y), brier(reference, y))
        over = dated.compared(own, other, length)
        moved = int((np.abs(p - reference) > _SAME).sum())
        effective = dated.effective(brier(p, y), date, length)
        rows.append((who, len(y), effective, len(own), moved, over.skill, over.low, over.high,
                     _verdict(over, moved)))  # fmt: skip
    return pd.DataFrame(rows, columns=_HELP.split())


def _verdict(found: Compared, moved: int) -> str:
    if found.low is None or found.high is None:
        return "too few"
    if not moved:
        return "identical"
    return "helps" if found.low > 0 else "harms" if found.high < 0 else "nothing"


def sentence(found: pd.DataFrame) -> str:
    """``debate_help`` of Synthesis in one sentence."""
    rows = found[found["forecaster"] == "synthesis"].to_dict("records")
    if not rows:
        return "No claim has settled yet, so nobody knows whether the debate helps."
    one = rows[0]
    on = f"on {one['n']:,} claims of {one['dates']:,} dates"
    match one["verdict"]:
        case "too few":
            return (
                f"Too few dates to say whether the debate helps: {one['dates']:,} of {MIN_BLOCKS}."
            )
        case "identical":
            return f"The debate has not moved a single number so far, {on}."
    ends = [100 * one[name] for name in ("skill", "low", "high")]
    # As many digits as an interval without zero needs to be seen without it.
    finer = (
        d for d in (1, 2, 3) if one["verdict"] == "nothing" or round(ends[1], d) * round(ends[2], d)
    )
    digits = next(finer, 4)
    skill, low, high = (difference(end, digits) for end in ends)
    said = {"helps": "helps", "harms": "has cost skill", "nothing": "has added nothing"}
    return f"The debate {said[one['verdict']]}: {skill}% [{low}, {high}] {on}."
