"""Frames as a reader wants them: the columns that matter, each in the unit it is thought in.

Steps return fractions, floats and None. What is shown is made here, from the name of a column: a
probability and a skill are per cent, an interval stands beside its middle, a count is whole, and
what is missing is a word. The first column names the row.
"""

from __future__ import annotations

import datetime as dt
import html
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from workbench.domain.figures import MINUS, day, difference, share, typeset

_ENDS = {
    "skill": (("skill_low", "skill_high"), ("low", "high")),
    "edge_skill": (("edge_low", "edge_high"),),
    "earned": (("low", "high"),),
}
_AGAINST = {"probability": "base_rate", "base_rate": "probability"}
_HEADS = {
    "brier": "Brier",
    "n_eff": "effective n",
    "edge_skill": "over the scenarios",
    "p_value": "p",
    "usd": "USD",
    "in_sample": "in sample",
}
_ABSENT = "–"
_WORDS = {"skill": "too few dates", "edge_skill": "too few dates", "earned": "too few dates"}


@dataclass(frozen=True, slots=True)
class Note:
    """One sentence in a table's place."""

    text: str

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(self.text)}</p>"


def shown(frame: pd.DataFrame, *columns: str, empty: str = "None.") -> pd.DataFrame | Note:
    """A frame as text, the first column as its index.

    Args:
        frame: What a step returns.
        columns: Which of its columns, in order; all of them when none is named. ``skill``,
            ``edge_skill`` and ``earned`` bring their interval with them.
        empty: Said when there is no row.
    """
    if frame.empty:
        return Note(empty)
    first, *rest = columns or tuple(map(str, frame.columns))
    made = pd.DataFrame({_head(name): _column(frame, name) for name in rest})
    made.index = pd.Index(_column(frame, first), name=_head(first))
    return made


def odds(frame: pd.DataFrame) -> pd.DataFrame:
    """Probabilities by claim and forecaster as whole per cent; a dash where nobody spoke."""
    return frame.map(_odd)


def _odd(p: float) -> str:
    return _ABSENT if np.isnan(p) else share(p)


def upright(frame: pd.DataFrame, empty: str = "None.") -> pd.DataFrame | Note:
    """A frame of one row, read from top to bottom."""
    if frame.empty:
        return Note(empty)
    names = [str(name) for name in frame.columns]
    told = [_column(frame, name)[0] for name in names]
    return pd.DataFrame({"": told}, index=pd.Index([_head(name) for name in names]))


def rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """A frame as records of plain values, as JSON keeps them; NaN is None."""
    return [
        {str(name): plain(value) for name, value in row.items()}
        for row in frame.to_dict("records")
    ]  # fmt: skip


def plain(value: Any) -> Any:
    """A value as JSON keeps it: a number of Python's own, None for NaN."""
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and np.isnan(value) else value


def _head(name: str) -> str:
    return _HEADS.get(name, name.replace("_", " "))


def _column(frame: pd.DataFrame, name: str) -> list[str]:
    ends = next((pair for pair in _ENDS.get(name, ()) if pair[0] in frame.columns), None)
    values = frame[name].tolist()
    other = _AGAINST.get(name)
    if other in frame.columns:
        pairs = zip(values, frame[other].tolist(), strict=True)
        return [_ABSENT if pd.isna(p) else share(p, None if pd.isna(b) else b) for p, b in pairs]
    if ends is None:
        return [_said(name, value) for value in values]
    triples = zip(values, *(frame[end].tolist() for end in ends), strict=True)
    return [_beside(name, *triple) for triple in triples]


def _beside(name: str, middle: Any, low: Any, high: Any) -> str:
    """A middle with its interval: ``+11.6% [+8.5, +14.8]``."""
    scale, unit = (1, "") if name == "earned" else (100, "%")
    if pd.isna(middle):
        return _WORDS[name]
    told = f"{difference(scale * middle)}{unit}"
    if pd.isna(low) or pd.isna(high):
        return told
    ends = f"{difference(scale * low)}, {difference(scale * high)}"
    return told if low == high == 0 else f"{told} [{ends}]"


def _said(name: str, value: Any) -> str:
    if pd.isna(value):
        return _WORDS.get(name, _ABSENT)
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, dt.date):
        return day(value)
    if isinstance(value, str):
        told = value.replace("_", " ") if name == "regime" else value
        return typeset(told) or _ABSENT
    form = _FORMS.get(name)
    if form is not None:
        return form(float(value))
    return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}".replace("-", MINUS)


def _signed(digits: int) -> Callable[[float], str]:
    return lambda value: difference(value, digits)


def _percent(value: float) -> str:
    return f"{100 * value:.1f}%".replace("-", MINUS)


def _change(value: float) -> str:
    return f"{difference(100 * value)}%"


def _whole(value: float) -> str:
    return f"{value:,.0f}"


def _fine(value: float) -> str:
    return f"{value:.3f}"


def _tenths(value: float) -> str:
    return f"{value:,.1f}"


def _times(value: float) -> str:
    return f"{value:.1f}×"


_FORMS: Mapping[str, Callable[[float], str]] = (
    dict.fromkeys(["probability", "base_rate", "says", "before", "turbulent", "sure"], share)
    | dict.fromkeys(["volatility", "exposure", "kelly"], _percent)
    | dict.fromkeys(["return", "hold", "drawdown", "hold_drawdown", "skill"], _change)
    | dict.fromkeys(["n_eff"], _whole)
    | dict.fromkeys(["brier", "gain", "p_value", "usd"], _fine)
    | dict.fromkeys(["seconds"], _tenths)
    | dict.fromkeys(["for", "against"], _times)
    | dict.fromkeys(["lean", "evidence"], _signed(2))
)
