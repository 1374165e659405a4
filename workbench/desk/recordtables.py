"""Tables of the record page: minds by regime, controls, silence and voids, as text in cells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.desk.recordwords import FORECASTERS, Board
from workbench.domain.figures import difference, interval
from workbench.domain.records import CONTROLS

FEW = "too few"
_REGIMES = (
    "risk_on", "risk_off", "choppy", "crisis", "trending_up", "trending_down", "unknown",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A figure and the lines below it: ``+1.6%``, ``n 1,240``, ``eff. 96``.

    ``starred`` figures stay credible among all that were tried.
    """

    shown: str
    below: tuple[str, ...] = ()
    starred: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of a table: its name, and its cells in order."""

    name: str
    cells: tuple[Cell, ...]


def regimes(board: Board) -> list[str]:
    """The regimes in which a mind's claims were made, in their usual order."""
    return [one for one in _REGIMES if any(r["regime"] == one for r in board["regimes"])]


def minds(board: Board, regimes: Sequence[str]) -> Iterator[Row]:
    """A row a mind, by skill over all regimes; those with too few dates last and unranked."""
    cells = {(r["forecaster"], r["regime"]): r for r in board["regimes"]}
    whole = {r["forecaster"]: r for r in board["forecasters"]}
    names = {name for name, _ in cells}
    for who in sorted(
        names,
        key=lambda who: (whole[who]["skill"] is None, -(whole[who]["skill"] or 0.0), who),
    ):
        row = [*(cells.get((who, regime)) for regime in regimes), whole[who]]
        yield Row(name=FORECASTERS.get(who, who), cells=tuple(_skill(one) for one in row))


def _skill(row: Mapping[str, Any] | None) -> Cell:
    if row is None:
        return Cell(shown="–")
    counts = (f"n {row['n']:,}", f"eff. {row['n_eff']:,.0f}")
    if row["skill"] is None:
        return Cell(shown=FEW, below=counts)
    return Cell(
        shown=f"{difference(100 * row['skill'])}%", below=counts, starred=row["credible"] is True
    )


def controls(board: Board) -> Iterator[Row]:
    """What I publish, then all rules that need no mind, by skill; those without one last."""
    own = [r for r in board["forecasters"] if r["forecaster"] in {*CONTROLS, "synthesis"}]
    for row in sorted(own, key=lambda r: (r["forecaster"] != "synthesis", r["skill"] is None,
                                          -(r["skill"] or 0.0))):  # fmt: skip
        skill = _skill(row)
        ends = "–"
        if row["skill"] is not None and row["forecaster"] != "climatology":
            ends = interval(100 * row["skill_low"], 100 * row["skill_high"])
        yield Row(
            name=FORECASTERS.get(row["forecaster"], row["forecaster"]),
            cells=(
                Cell(shown=f"{row['brier']:.3f}"),
                Cell(shown=skill.shown, starred=skill.starred),
                Cell(shown=ends),
                Cell(shown=f"{row['n']:,}"),
                Cell(shown=f"{row['n_eff']:,.0f}"),
            ),
        )


def silences(board: Board) -> Iterator[Row]:
    """Each reason for silence: what it would have earned, its interval, n and effective n."""
    for row in board["silence"]["rows"]:
        ends = FEW
        if row["low"] is not None:
            ends = interval(row["low"], row["high"])
        yield Row(
            name=row["silence"],
            cells=(
                Cell(shown=difference(row["earned"])), Cell(shown=ends),
                Cell(shown=f"{row['n']:,}"), Cell(shown=f"{row['n_eff']:,.0f}"),
            ),
        )  # fmt: skip


def voids(board: Board) -> Iterator[Row]:
    """Each reason for a void: how many on record, how many in all."""
    for one in board["voids"]["reasons"]:
        yield Row(
            name=one["reason"],
            cells=(Cell(shown=f"{one['said']:,}"), Cell(shown=f"{one['n']:,}")),
        )
