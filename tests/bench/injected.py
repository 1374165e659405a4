"""Errors put into clean history, and how many are found: ``python -m tests.bench.injected``.

What repair pairs show of each kind of error is put into real bars of other shares, at random
places, so that recall is not only measured where the rules were looked at. Payments are those that
adjusted closes imply.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from tests.bench.recall import SHARED, _long, _naive, faults, snapshot

PRICES = ["open", "high", "low", "close"]
Made = tuple[pd.DataFrame, np.ndarray]
Chance = np.random.Generator


def shares(folder: Path, bars: int = 1500) -> list[pd.DataFrame]:
    """Bars of shares with the payments that their adjusted closes imply, the newest of each."""
    found = []
    for _, wide in _long(folder / "series" / "equity_daily_ohlcv.parquet"):
        if not {"close", "close_adj"} <= set(wide) or wide["close_adj"].isna().all():
            continue
        own = wide.dropna(subset=["close", "close_adj"]).iloc[-bars:].copy()
        factor = own["close_adj"] / own["close"]
        share = (1 - factor.shift(1) / factor).fillna(0)
        paid = share.where(share > 5e-4, 0.0) * own["close"].shift(1)
        found.append(own.assign(dividend=paid.fillna(0), split=0.0))
    return found


def _scaled(own: pd.DataFrame, rows: np.ndarray, factor: float, names: list[str]) -> pd.DataFrame:
    made = own.copy()
    made.loc[rows, names] *= factor
    return made


def _somewhere(own: pd.DataFrame, chance: Chance, length: int) -> np.ndarray:
    first = int(chance.integers(100, len(own) - 100 - length))
    rows = np.zeros(len(own), bool)
    rows[first : first + length] = True
    return rows


def _hundredfold(own: pd.DataFrame, chance: Chance) -> Made:
    rows = _somewhere(own, chance, int(chance.choice([1, 2, 5, 30])))
    return _scaled(own, rows, float(chance.choice([0.01, 100])), [*PRICES, "close_adj"]), rows


def _cell(own: pd.DataFrame, chance: Chance) -> Made:
    rows = _somewhere(own, chance, 1)
    name = str(chance.choice(PRICES))
    return _scaled(own, rows, float(chance.choice([0.01, 100])), [name]), rows


def _before(own: pd.DataFrame, chance: Chance) -> np.ndarray:
    rows = np.zeros(len(own), bool)
    rows[: int(chance.integers(100, len(own) - 100))] = True
    return rows


def _currency(own: pd.DataFrame, chance: Chance) -> Made:
    rows = _before(own, chance)
    return _scaled(own, rows, float(chance.choice([0.01, 100])), [*PRICES, "close_adj"]), rows


def _split(own: pd.DataFrame, chance: Chance) -> Made:
    ratio = float(chance.choice([2, 3, 4, 5, 10, 20, 0.5, 0.2, 0.1, 0.05]))
    rows = _before(own, chance)
    return _scaled(own, rows, ratio, [*PRICES, "close_adj"]), rows


def _reported(own: pd.DataFrame, chance: Chance) -> Made:
    """A split that is listed up to six bars from where prices change."""
    made, rows = _split(own, chance)
    first = int(rows.sum())
    ratio = made["close"].iloc[first - 1] / own["close"].iloc[first - 1]
    column = made.columns.get_loc("split")
    made.iloc[first + int(chance.integers(0, 7)), column] = ratio
    return made, rows


def _spike(own: pd.DataFrame, chance: Chance) -> Made:
    rows = _somewhere(own, chance, 1)
    factor = float(chance.choice([1 / 7, 1 / 2.7, 2.7, 7]))
    return _scaled(own, rows, factor, [*PRICES, "close_adj"]), rows


def _events(own: pd.DataFrame) -> np.ndarray:
    share = own["dividend"] / own["close"].shift(1)
    found = np.flatnonzero(share > 0.003)
    return found[(found > 80) & (found < len(own) - 5)]


def _not_taken_off(own: pd.DataFrame, chance: Chance) -> Made:
    """A payment of more than half a per cent that adjusted closes before it miss."""
    share = (own["dividend"] / own["close"].shift(1)).to_numpy()
    events = np.flatnonzero(share > 0.007)
    rows = np.zeros(len(own), bool)
    if not len(events):
        return own, rows
    at = int(chance.choice(events))
    rows[:at] = True
    return _scaled(own, rows, 1 / (1 - share[at]), ["close_adj"]), rows


def _hundredths(own: pd.DataFrame, chance: Chance) -> Made:
    """Adjusted closes that took a hundredth of every payment off, however small each was."""
    share = (own["dividend"] / own["close"].shift(1)).fillna(0)
    share = share.where(np.arange(len(own)) > int(chance.integers(60, 300)), 0.0)
    right, wrong = (np.log1p(-part)[::-1].cumsum()[::-1].shift(-1).fillna(0)
                    for part in (share, share / 100))  # fmt: skip
    factor = np.exp(wrong - right)
    rows = (factor > 1.005).to_numpy()
    return own.assign(close_adj=own["close_adj"] * factor), rows


def _in_pence(own: pd.DataFrame, chance: Chance) -> Made:
    events = _events(own)
    rows = np.zeros(len(own), bool)
    if not len(events):
        return own, rows
    rows[int(chance.choice(events))] = True
    return _scaled(own, rows, 100.0, ["dividend"]), rows


def _phantom(own: pd.DataFrame, chance: Chance) -> Made:
    """A payment of a tenth of the price that nobody received, taken off all the same."""
    at = int(chance.integers(100, len(own) - 100))
    made = own.copy()
    made.iloc[at, made.columns.get_loc("dividend")] = 0.15 * own["close"].iloc[at - 1]
    rows = np.zeros(len(own), bool)
    rows[: at + 1] = True
    before = rows.copy()
    before[at] = False
    return _scaled(made, before, 0.85, ["close_adj"]), rows


KINDS: Mapping[str, Callable[[pd.DataFrame, Chance], Made]] = {
    "hundredfold stretch": _hundredfold, "hundredfold cell": _cell,
    "other currency unit before": _currency, "split not applied": _split,
    "split applied on another day": _reported, "spike": _spike,
    "payment not taken off": _not_taken_off, "payments taken off by hundredths": _hundredths,
    "payment in pence": _in_pence, "phantom payment": _phantom,
}  # fmt: skip


def measured(folder: Path, rounds: int, seed: int = 11) -> pd.DataFrame:
    """One row a kind: ``kind, tried, caught``, and rows ``errors, found, extra, clean``.

    Caught is an error of which half the rows are found.
    """
    own, table = shares(folder), []
    for kind, make in KINDS.items():
        chance = np.random.default_rng(seed)
        tried = caught = errors = found = extra = total = 0
        for one in own * rounds:
            if len(one) < 400:
                continue
            made, rows = make(one, chance)
            if not rows.any():
                continue
            seen = snapshot(made, [(c, c) for c in made])
            out = faults(seen, basis="adjusted", tick=0.01)
            at = _naive(made)
            flagged = np.isin(at, np.concatenate([at[:0], *(f.at for f in out)]))
            tried, total = tried + 1, total + len(made)
            hits = int((flagged & rows).sum())
            caught += hits >= 0.5 * rows.sum()
            errors, found = errors + int(rows.sum()), found + hits
            extra += int((flagged & ~rows).sum())
        table.append((kind, tried, caught, errors, found, extra, total - errors))
    names = ["kind", "tried", "caught", "errors", "found", "extra", "clean"]
    return pd.DataFrame(table, columns=names)


def main() -> None:
    """Prints the table."""
    asked = argparse.ArgumentParser(prog="tests.bench.injected", description=__doc__)
    asked.add_argument("folder", type=Path, nargs="?", default=SHARED, help="holds series/")
    asked.add_argument("--rounds", type=int, default=2)
    given = asked.parse_args()
    plain = [faults(snapshot(o, [(c, c) for c in o]), basis="adjusted", tick=0.01)
             for o in shares(given.folder)]  # fmt: skip
    print(f"without errors: {sum(len(f.at) for found in plain for f in found)} rows left out\n")
    table = measured(given.folder, given.rounds)
    print(table.to_string(index=False))
    caught, tried = table["caught"].sum(), table["tried"].sum()
    beside = table["extra"].sum() / table["clean"].sum()
    print(f"\n{caught} of {tried} errors caught ({caught / tried:.1%})")
    print(f"{beside:.3%} of the good rows beside them left out")


if __name__ == "__main__":
    main()
