"""The track record for the command line: every table at once, in words or as JSON.

Live and replay are reckoned apart and shown one after the other, live first.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from workbench.domain.figures import difference
from workbench.domain.records import Mode
from workbench.steps import abstention, record
from workbench.steps.settled import settled
from workbench.world.ledger import Ledger

NOTHING = "Nothing has settled yet. Run 'workbench cycle' or 'workbench replay' first."
WIDE = 100  # characters of a line at most, and those that all columns need
_MODES: tuple[Mode, ...] = ("live", "replay")
_FEW = "too few"
_NARROW = ("n", "n_eff", "over base rate", "over scenario")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reckoned:
    """One mode's record.

    Attributes:
        mode: Live or replay.
        rows: Its part of ``steps.record.judged``.
        helping: ``steps.record.debate_help``.
        silence: ``steps.abstention.abstention``.
        curve: ``steps.abstention.risk_coverage``.
    """

    mode: Mode
    rows: pd.DataFrame
    helping: pd.DataFrame
    silence: pd.DataFrame
    curve: pd.DataFrame


def reckoned(ledger: Ledger) -> list[Reckoned]:
    """The whole record, one entry a mode that has settled anything, live first."""
    answered = settled(ledger)
    rows = record.judged(answered)
    last = ledger.last_cycle()
    found = []
    for mode in _MODES:
        own = rows[rows["mode"] == mode].reset_index(drop=True)
        if last is None or own.empty:
            continue
        decided = abstention.decided(ledger, int(last["number"]), mode)
        found.append(
            Reckoned(
                mode=mode,
                rows=own,
                helping=record.debate_help(answered[mode]),
                silence=abstention.abstention(decided),
                curve=abstention.risk_coverage(decided),
            )
        )
    return found


def answer(found: Sequence[Reckoned]) -> dict[str, Any]:
    """Everything as plain JSON values: missing ones are null, every row has its mode."""

    def rows(name: str) -> list[Any]:
        frames = [getattr(one, name).assign(mode=one.mode) for one in found]
        # Frame by frame: an empty one beside others would turn their integers into floats.
        return [row for frame in frames for row in json.loads(frame.to_json(orient="records"))]

    said = {
        one.mode: {
            "debate": record.sentence(one.helping), "silence": abstention.sentence(one.silence)
        }
        for one in found
    }  # fmt: skip
    return {
        "record": rows("rows"), "debate_help": rows("helping"), "abstention": rows("silence"),
        "risk_coverage": rows("curve"), "said": said,
    }  # fmt: skip


def text(found: Sequence[Reckoned], width: int = WIDE) -> str:
    """The headline tables.

    Args:
        found: ``reckoned``.
        width: Characters of a line. Under 100, tables leave out dates, Brier, W and slope.
    """
    return "\n\n".join(_mode(one, min(width, WIDE)) for one in found) if found else NOTHING


def _mode(one: Reckoned, width: int) -> str:
    whole = one.rows[(one.rows["family"] == "all") & (one.rows["regime"] == "")]
    order = {"synthesis": 0, "pool": 1}
    whole = whole.sort_values("forecaster", key=lambda who: who.map(order).fillna(2), kind="stable")
    families = _of(one.rows, "synthesis", (one.rows["regime"] == "") & (one.rows["horizon"] > 0))
    regimes = _of(one.rows, "synthesis", (one.rows["family"] == "all") & (one.rows["regime"] != ""))
    tried = one.rows[(one.rows["horizon"] > 0) | (one.rows["regime"] != "")]
    credible = int((tried["edge_credible"] == True).sum())  # noqa: E712  (None where not tried)
    cells = int(tried["edge_credible"].notna().sum())
    parts = [
        _wrapped(
            f"{one.mode.upper()}, all claims, shadows included. Skill is per cent with its 95% "
            "interval; * differs from zero beyond all that were tried.",
            width,
        ),
        _table(whole, "forecaster", width),
        "Does the debate help? Skill over the scenario model on the same claims",
        _helping(one.helping),
        _wrapped(record.sentence(one.helping), width),
        "Synthesis by family and sessions",
        _table(families.assign(name=_families(families)), "name", width),
        "Synthesis by regime",
        _table(regimes, "regime", width),
        _wrapped(
            f"Cells of forecaster x family x horizon x regime tried: {cells:,}; skill over the "
            f"scenario model credible in {credible:,} of them at a false discovery rate of 5%.",
            width,
        ),
        _wrapped(
            "What not speaking has cost (+) or saved (−): W less one half, added up over claims",
            width,
        ),
        _silence(one.silence),
        _wrapped(abstention.sentence(one.silence), width),
    ]
    return "\n\n".join(parts)


def _of(rows: pd.DataFrame, forecaster: str, kept: pd.Series[bool]) -> pd.DataFrame:
    return rows[(rows["forecaster"] == forecaster) & kept]


def _families(rows: pd.DataFrame) -> list[str]:
    return [
        f"{kind} {sessions}" for kind, sessions in zip(rows["family"], rows["horizon"], strict=True)
    ]


def _table(rows: pd.DataFrame, name: str, width: int) -> str:
    shown = [
        (
            row[name], f"{row['n']:,}", f"{row['n_eff']:,.0f}", f"{row['dates']:,}",
            f"{row['brier']:.4f}", _skill(row, "skill", "skill_low", "skill_high", "credible"),
            _skill(row, "edge_skill", "edge_low", "edge_high", "edge_credible"),
            f"{row['edge']:.3f}", "–" if pd.isna(row["slope"]) else f"{row['slope']:.2f}",
        )
        for row in rows.to_dict("records")
    ]  # fmt: skip
    heads = [name if name != "name" else "family", "n", "n_eff", "dates", "Brier", "over base rate",
             "over scenario", "W", "slope"]  # fmt: skip
    if width >= WIDE:
        return _lines(heads, shown)
    narrow = [heads.index(one) for one in (heads[0], *_NARROW)]
    return _lines([heads[k] for k in narrow], [[row[k] for k in narrow] for row in shown])


def _helping(rows: pd.DataFrame) -> str:
    shown = [
        (
            row["forecaster"], f"{row['n']:,}", f"{row['n_eff']:,.0f}", f"{row['dates']:,}",
            f"{row['moved']:,}", _skill(row, "skill", "low", "high"), row["verdict"],
        )
        for row in rows.to_dict("records")
    ]  # fmt: skip
    return _lines(["", "n", "n_eff", "dates", "moved", "skill", "verdict"], shown)


def _silence(rows: pd.DataFrame) -> str:
    shown = [
        (row["verdict"], f"{row['n']:,}", f"{row['dates']:,}", difference(row["earned"]),
         "" if pd.isna(row["low"]) else f"[{difference(row['low'])}, {difference(row['high'])}]")
        for row in rows.to_dict("records")
    ]  # fmt: skip
    return _lines(["", "n", "dates", "earned", "95%"], shown)


def _skill(row: Any, middle: str, low: str, high: str, credible: str = "") -> str:
    if pd.isna(row[middle]):
        return _FEW
    found, *ends = (difference(100 * row[name]) for name in (middle, low, high))
    if row[low] == row[high] == 0:
        return f"{found} "
    return f"{found} [{ends[0]}, {ends[1]}]{'*' if credible and row[credible] is True else ' '}"


def _lines(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as they must be, the first flush left and the others right."""
    wide = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    return "\n".join(
        "  ".join(
            text.ljust(width) if place == 0 else text.rjust(width)
            for place, (text, width) in enumerate(zip(row, wide, strict=True))
        ).rstrip()
        for row in [heads, *rows]
    )


def _wrapped(sentence: str, width: int) -> str:
    return "\n".join(textwrap.wrap(sentence, width))
