"""Where a price leaves its level: other units, splits that nothing explains, lone jumps.

A *break* is a move far beyond what the series did before and beyond what its kind of instrument
does. One by a hundredfold or by a ratio of a split is mechanical: rows on the other side of it are
in other units, so rows of both sides must never meet in one return. The level at which the newest
rows stand counts once it has stood for ``_STOOD`` bars; until then the newest rows wait. Another
unit than that of a long history waits for ``_LONG``: no market makes it, so repetition says little.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from workbench.measures.prices import Array
from workbench.measures.quality.rows import Fault, Mask, Positions, Rows

Basis = Literal["traded", "adjusted"]
_SIGMAS = 8.0
_STOOD = 5  # bars after which a new level is the series' own
_LONG = 20  # the same of another unit, after a history of more than ``_HISTORY`` bars
_HISTORY = 60
_WINDOW = 60  # bars that say how far one moves
_RESTING = 0.5  # share of bars without a move, beyond which a price hardly trades
_LEAST = 0.3  # log move under which nothing mechanical is looked for
_NEAR = 10  # bars around a split within which a move of its size is its own, misdated
_TOLD = 0.1  # log size of a reported split from which adjusted prices may show it
_SHOWN = (0.6, 1.4)  # of its size: a move that shows it
_SAME = 0.2  # log distance of levels that are one
_BACK = 0.25  # of a move, within which another takes it back
_THROUGH = 0.5  # share of a move that its own bar traded through
_HARDLY = 1.5  # log move that no market makes in a bar
_THIRD = 1.05  # log move of a split of 3 for 1, with a spare; by half a market may fall
_NEVER = float(np.log(20))  # satoshi, thousandths, another asset under the same name
_HUNDRED = float(np.log(100))
_RATIOS = np.log([2, 5 / 2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 25, 30, 40, 50])
_CODES = {
    "UNIT_100X": ("stood a hundredfold or a hundredth away from the others", "a second source"),
    "SPLIT_UNEXPLAINED": (
        "stood apart by the ratio of a split that nothing reports",
        "a row of that split, or a second source that did not move",
    ),
    "UNIT_OTHER": (
        "stood apart from the others by a factor that no market makes",
        "a second source",
    ),
    "SPLIT_MISDATED": ("stood apart by a split that was reported for other days", "a true date"),
    "SPLIT_UNCLEAR": ("held a split and yet moved by its size", "a second source"),
    "JUMP": (
        "moved beyond 8 σ and came back, or nothing confirms it yet",
        "a second source, or a next bar at that level",
    ),
}


@dataclass(frozen=True, slots=True)
class _Break:
    index: int  # first bar of the new level, among the bars that have a price
    move: float  # log change that is not explained
    offset: float  # the mechanical part of it; 0 for a jump
    check: str


def break_faults(
    own: Rows,
    *,
    jump: float,
    basis: Basis = "traded",
    splits: bool = True,
    confirmed: Callable[[int], bool] = lambda _: False,
) -> list[Fault]:
    """Rows whose level nothing explains.

    Args:
        own: The series' rows.
        jump: Log move beyond which a lone jump waits, at least 8 σ in any case.
        basis: ``traded`` where prices are as they were on their day, so that a reported split
            explains its own break; ``adjusted`` where splits should not show at all.
        splits: Whether its kind is ever split: a coin or a volatility that halves has halved.
        confirmed: Whether a second source made the move into the bar at this position too.

    Returns:
        At most one fault a code.
    """
    index = np.flatnonzero(own.close > 0)
    if len(index) < 2:
        return []
    price = np.log(own.close[index])
    moves = np.diff(price)
    # Without splits, nothing but moves beyond the least is looked at: almost always none.
    split = _log_splits(own.split, index)
    bad: dict[str, Mask] = {}

    def mark(check: str, positions: slice) -> None:
        bad.setdefault(check, np.zeros(len(own.at), bool))[index[positions]] = True

    if split is not None and basis == "traded":
        # As traded, a price falls to a k-th on the day of a split of k for one.
        explained = np.abs(moves + split) < np.abs(moves)
        moves = np.where(explained, moves + split, moves)
    elif split is not None:
        size = np.abs(split)
        shown = (np.abs(moves) > _SHOWN[0] * size) & (np.abs(moves) < _SHOWN[1] * size)
        for i in np.flatnonzero(shown & (size > _TOLD)):
            if np.abs(moves[i]) > _SIGMAS / 2 * _sigma(moves, int(i), jump):
                mark("SPLIT_UNCLEAR", slice(i + 1, i + 2))
    large = np.flatnonzero(np.abs(moves) > min(_LEAST, jump))
    if len(large):
        tradable = _tradable(own, index, moves, splits)
        found = _breaks(moves, large, split, jump, tradable)
        found = [one for one in found if _silent(one) or not confirmed(int(index[one.index]))]
        _levels([one for one in found if one.offset], len(price), mark)
        _jumps([one for one in found if not one.offset], price, mark)
    return [_fault(own, check, mask) for check, mask in bad.items()]


def _log_splits(split: Array, index: Positions) -> Array | None:
    if (split == 1).all():
        return None
    # Splits of bars without a price belong to the next one that has a price.
    total = np.cumsum(np.log(split))
    steps: Array = np.diff(total[index])
    return steps


def _silent(one: _Break) -> bool:
    """Whether a second source that fell as far says nothing: prices of all split together."""
    return one.check == "SPLIT_UNEXPLAINED" and abs(one.move) > _THIRD


def _tradable(own: Rows, index: Positions, moves: Array, splits: bool) -> Mask:
    """The moves by a split's ratio that are the market's: of no shares, or traded within the bar.

    A split leaves a gap between two bars; the bar of a crash goes through the prices between, as
    GameStop's of 2021-02-02 did, which closed at two fifths of the close before. A price that
    rests on most days moves by what they gathered, by a ratio of splits as by any other.
    """
    if not splits:
        return np.ones(len(moves), bool)
    with np.errstate(invalid="ignore", divide="ignore"):
        span = np.log(own.high[index] / own.low[index])[1:]
    through: Mask = span > _THROUGH * np.abs(moves)
    for i in np.flatnonzero(np.abs(moves) > _LEAST):
        before = moves[max(0, i - _WINDOW) : i]
        through[i] |= len(before) >= _STOOD and np.mean(before == 0) > _RESTING
    return through


def _breaks(
    moves: Array, large: Positions, split: Array | None, jump: float, tradable: Mask
) -> list[_Break]:
    found = []
    for i in large:
        move = float(moves[i])
        sigma = _sigma(moves, int(i), jump)
        if abs(move) <= _SIGMAS * sigma:
            continue
        check, offset = _mechanical(move, int(i), sigma, split, bool(tradable[i]))
        if offset or abs(move) > jump:
            found.append(_Break(int(i) + 1, move, offset, check))
    return _paired(found)


def _paired(found: list[_Break]) -> list[_Break]:
    """The breaks, those that lead away and back under one code, whatever the market did there."""
    made = list(found)
    for k in range(len(made) - 1):
        away, back = made[k], made[k + 1]
        if away.move * back.move > 0 or bool(away.offset) == bool(back.offset):
            continue
        if abs(away.move + back.move) < _BACK * max(abs(away.move), abs(back.move)):
            offset, check = (away.offset, away.check) if away.offset else (-back.offset, back.check)
            made[k] = replace(away, offset=offset, check=check)
            made[k + 1] = replace(back, offset=-offset, check=check)
    return made


def _sigma(moves: Array, i: int, jump: float) -> float:
    """How far the series usually moves: by the moves before, or after at its very beginning."""
    around = moves[max(0, i - _WINDOW) : i]
    if len(around) < _STOOD:
        around = moves[max(0, i - _WINDOW) : i + 1 + _WINDOW]
    calm = around[np.abs(around) < min(_LEAST, jump)]
    return max(float(np.std(calm)), 0.002) if len(calm) > 1 else 0.02


def _mechanical(
    move: float, i: int, sigma: float, split: Array | None, tradable: bool
) -> tuple[str, float]:
    """Which code a break has, and how much of it is of units and not of the market."""
    size, sign = abs(move), np.sign(move)
    if abs(size - _HUNDRED) < max(0.1, min(4 * sigma, 0.4)):
        return "UNIT_100X", float(sign * _HUNDRED)
    if split is not None:
        near = slice(max(0, i - _NEAR), i + _NEAR + 1)
        told = split[near][split[near] != 0]
        for ratio in told:
            if abs(size - abs(ratio)) < 0.5 * abs(ratio):
                return "SPLIT_MISDATED", move
    if tradable and size < _HARDLY:
        return "JUMP", 0.0
    close = float(np.min(np.abs(_RATIOS - size)))
    # A fall by half can be true; a price five times the one before hardly ever is.
    widest, least = (0.03, 0.01) if size < 1 else (0.05, 0.01) if size < _HARDLY else (0.1, 0.1)
    if close < max(least, min(sigma, widest)):
        return "SPLIT_UNEXPLAINED", move
    return ("UNIT_OTHER", move) if size > _NEVER else ("JUMP", 0.0)


def _levels(found: list[_Break], n: int, mark: Callable[[str, slice], None]) -> None:
    """Marks every stretch of rows that does not stand at the series' present level."""
    if not found:
        return
    edges = [0, *(one.index for one in found), n]
    levels = np.r_[0.0, np.cumsum([one.offset for one in found])]
    # The present level: the newest one at which the series stood, before or after what left it.
    bars = [int(np.sum(np.diff(edges)[np.abs(levels - level) <= _SAME])) for level in levels]
    stood = [
        number >= (_LONG if _foreign(found, levels, bars, k) else _STOOD)
        for k, number in enumerate(bars)
    ]
    reference = int(np.flatnonzero(stood)[-1]) if any(stood) else 0
    if found[-1].check == "SPLIT_MISDATED":  # a reported split needs no time to be believed
        reference = len(levels) - 1
    for k, level in enumerate(levels):
        if abs(level - levels[reference]) > _SAME:
            # Named for the break that leads towards the present level.
            check = found[k].check if k < reference else found[k - 1].check
            mark(check, slice(edges[k], edges[k + 1]))


def _foreign(found: list[_Break], levels: Array, bars: list[int], k: int) -> bool:
    """Whether a level is in another unit than one at which the series long stood before."""
    if k == 0 or found[k - 1].check not in {"UNIT_100X", "UNIT_OTHER"}:
        return False
    away = np.abs(levels[:k] - levels[k]) > _SAME
    return bool(np.any(away & (np.array(bars[:k]) >= _HISTORY)))


def _jumps(found: list[_Break], price: Array, mark: Callable[[str, slice], None]) -> None:
    """Marks jumps that came back within two bars, and one that is the newest bar."""
    for one in found:
        after = price[one.index + 1 : one.index + 3]
        back = np.flatnonzero(np.abs(after - price[one.index - 1]) < _BACK * abs(one.move))
        if len(back):
            mark(one.check, slice(one.index, one.index + 1 + int(back[0])))
        elif one.index == len(price) - 1:
            mark(one.check, slice(one.index, one.index + 1))


def _fault(own: Rows, check: str, bad: Mask) -> Fault:
    what, lifted = _CODES[check]
    at = own.at[bad]
    first, last = np.datetime_as_string(at[[0, -1]], unit="D")
    span = f"the bar of {first} is" if len(at) == 1 else f"{len(at)} bars of {first} to {last} are"
    seen = f"{span} left out: {'it' if len(at) == 1 else 'they'} {what}"
    return Fault(series=own.series, field="", check=check, at=at, seen=seen, lifted=lifted)
