"""Whether any one file carries a number of the rules: ``python -m tests.bench.recall --leave-out``.

The rules of quality were written by hand, so there is nothing to fit again without a file. What can
be tried is every number in them: each is moved, one at a time, and every file is looked at anew.
A number that no file carries can be moved far without a file being lost. An instrument is *left
out* by asking how far the others alone would let each number be moved, and what the unluckiest
choice among those finds of the instrument itself.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd

from workbench.measures.quality import bars, breaks, distributions, runs

MODULES = (bars, breaks, distributions, runs)
FACTORS = (0.5, 0.7, 1.4, 2.0)
NEAR = (0.7, 1.4)
GOOD, CLEAN = 0.9, 0.005  # recall of a file, share of false flags


@dataclass(frozen=True, slots=True)
class Number:
    """A number of a module's source: where it stands, and its line as text."""

    module: ModuleType
    line: int
    column: int
    value: float
    text: str

    @property
    def name(self) -> str:
        """Module, line, value and what it is in."""
        head = self.module.__name__.rpartition(".")[2]
        return f"{head}:{self.line} {self.value:g} in {self.text[:52]}"


def numbers(module: ModuleType) -> list[Number]:
    """Every threshold in a module: what is no 0, 1 or 2, and whole numbers only where named."""
    source = Path(str(module.__file__)).read_text("utf-8")
    lines, found = source.splitlines(), []
    tree = ast.parse(source)
    for statement in tree.body:
        named = isinstance(statement, ast.Assign) and "_RATIOS" not in ast.unparse(statement)
        inside = isinstance(statement, ast.FunctionDef)
        for node in ast.walk(statement):
            if not isinstance(node, ast.Constant) or type(node.value) not in (int, float):
                continue
            if node.value in (0, 1, 2) or not (
                named or (inside and isinstance(node.value, float))
            ):  # fmt: skip
                continue
            text = lines[node.lineno - 1].strip()
            found.append(Number(module, node.lineno, node.col_offset, float(node.value), text))
    return found


@contextmanager
def moved(number: Number, factor: float) -> Iterator[None]:
    """The module with one of its numbers multiplied."""
    path = str(number.module.__file__)
    source = Path(path).read_text("utf-8")
    tree = ast.parse(source)
    for node in ast.walk(tree):
        at = (getattr(node, "lineno", 0), getattr(node, "col_offset", 0))
        if isinstance(node, ast.Constant) and at == (number.line, number.column):
            node.value = type(node.value)(node.value * factor)  # type: ignore[operator,call-arg,arg-type]  # a number
    kept = dict(vars(number.module))
    try:
        exec(compile(tree, path, "exec"), vars(number.module))  # noqa: S102  # our own source
        yield
    finally:
        vars(number.module).update(kept)


def tried(pairs: Callable[[], pd.DataFrame]) -> pd.DataFrame:
    """One row a number, factor and file: ``number, factor, file, rows, errors, found, extra``."""
    found = []
    for number in itertools.chain.from_iterable(map(numbers, MODULES)):
        for factor in FACTORS:
            with moved(number, factor):
                found.append(pairs().assign(number=number.name, factor=factor))
    return pd.concat(found, ignore_index=True)


def rates(table: pd.DataFrame) -> pd.Series[float]:
    """Recall by row, the least of a file, and false flags by row of files without errors."""
    bad, good = table[table["errors"] > 0], table[table["errors"] == 0]
    each = bad["found"] / bad["errors"]
    worst = bad["file"].loc[each.idxmin()] if len(bad) and each.min() < 1 else ""
    return pd.Series(
        {
            "recall": bad["found"].sum() / max(bad["errors"].sum(), 1),
            "files": (each >= GOOD).mean() if len(bad) else np.nan,
            "false": good["extra"].sum() / max(good["rows"].sum(), 1), "worst": worst,
        }
    )  # fmt: skip


def instrument(file: pd.Series[str]) -> pd.Series[str]:
    """The instrument of a file's name: what stands before its interval."""
    return file.str.replace(r"-\d+(?:d|wk|m|h|mo)-.*$", "", regex=True)


def left_out(table: pd.DataFrame) -> pd.DataFrame:
    """One row an instrument: the unluckiest of the numbers that the others alone allow.

    Args:
        table: As ``tried`` gives it.

    Returns:
        Columns ``instrument, choices, recall, recall_by, false, false_by``: how many single
        changes keep recall of the others at nine in ten and their false flags at one in 200, the
        least recall and most false flags of the instrument itself among them, and their numbers.
    """
    names, found = instrument(table["file"]), []
    for name in sorted(set(names)):
        own, rest = table[names == name], table[names != name]
        told = rest.groupby(["number", "factor"])[["file", "rows", "errors", "found", "extra"]]
        others = told.apply(rates)
        allowed = others[(others["recall"] >= GOOD) & (others["false"] <= CLEAN)].index
        each = own.groupby(["number", "factor"])[["file", "rows", "errors", "found", "extra"]]
        mine = each.apply(rates).loc[allowed]
        bad = bool((own["errors"] > 0).any())
        recall = mine["recall"].astype(float) if bad else pd.Series(np.nan, mine.index)
        false = mine["false"].astype(float)
        found.append(
            {
                "instrument": name, "choices": len(allowed), "recall": recall.min(),
                "recall_by": _named(recall.idxmin()) if bad and recall.min() < 1 else "",
                "false": false.max(), "false_by": _named(false.idxmax()) if false.max() else "",
            }
        )  # fmt: skip
    return pd.DataFrame(found)


def _named(key: object) -> str:
    number, factor = key  # type: ignore[misc]  # a pair, as grouped
    return f"{str(number).partition(' in ')[0]} × {factor:g}"


def told(pairs: Callable[[], pd.DataFrame]) -> None:
    """Prints the tables."""
    table = tried(pairs)
    each = table.groupby(["number", "factor"])[["file", "rows", "errors", "found", "extra"]]
    every = each.apply(rates).reset_index()
    plain = rates(pairs())
    near = every[every["factor"].isin(NEAR)]
    same = (every["recall"] == plain["recall"]) & (every["false"] == plain["false"])
    print(f"\n{every['number'].nunique()} numbers, each × {', '.join(map(str, FACTORS))}: "
          f"{int(same.sum())} of {len(every)} changes change nothing; the others:\n")  # fmt: skip
    print(every[~same].to_string(index=False, float_format="{:.4f}".format))
    for span, part in (("0.7 and 1.4", near), ("0.5 to 2", every)):
        print(f"\n× {span}: recall at least {part['recall'].min():.2%}, files with nine in ten "
              f"at least {part['files'].min():.1%}, false flags at most "
              f"{part['false'].max():.3%}")  # fmt: skip
    print("\neach instrument left out, and the unluckiest number that the others allow:\n")
    print(left_out(table).to_string(index=False, float_format="{:.4f}".format))
