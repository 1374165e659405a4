"""Observations as the rows of a part: their types, their one order, and the name of their part."""

from __future__ import annotations

import hashlib

import pandas as pd
import pyarrow as pa

from workbench.domain.deliveries import COLUMNS
from workbench.world.blocks import MOMENT, REPEATED, ordered, whole

_TYPES = {"at": MOMENT, "known_at": MOMENT, "value": pa.float64()}
SCHEMA = pa.schema([(name, _TYPES.get(name, REPEATED)) for name in COLUMNS])
ORDER = ("series", "field", "source", "at", "known_at", "value", "unit", "basis")
BASES = frozenset({"stated", "seen", "rule"})


def table(frame: pd.DataFrame) -> pa.Table:
    """A frame's observations with the types and in the one order of a part.

    Args:
        frame: Columns ``COLUMNS``; rows without ``basis`` were dated by a rule; a NaN value is a
            blank.

    Raises:
        ValueError: A basis that there is not.
    """
    told = frame["basis"] if "basis" in frame else pd.Series(pd.NA, frame.index, dtype=object)
    frame = frame.assign(basis=told.astype(object).where(told.notna(), "rule"))
    wrong = set(frame["basis"].unique()) - BASES
    if wrong:
        raise ValueError(f"A basis is one of {sorted(BASES)} (got {sorted(map(str, wrong))}).")
    columns = [typed(frame[one.name], one.type) for one in SCHEMA]
    return ordered(pa.Table.from_arrays(columns, schema=SCHEMA), ORDER)


def typed(column: pd.Series, kind: pa.DataType) -> pa.Array:
    """One column with the type of a part; a blank number stays NaN."""
    if kind == MOMENT:
        return pa.array(column.astype("datetime64[us, UTC]"), MOMENT)
    if kind == REPEATED:
        found = pa.array(column.astype("category"))
        texts = found.dictionary.cast(pa.string())
        return pa.DictionaryArray.from_arrays(found.indices.cast(pa.int32()), texts)
    if pa.types.is_floating(kind):
        return pa.array(column.to_numpy(float))
    return pa.array(column.astype(object).tolist(), kind)


def digest(rows: pa.Table, *more: str) -> str:
    """The name of a part: of its content, and of what else sets it apart."""
    frame = pa.table(whole(rows)).to_pandas()
    hashed = hashlib.sha256(pd.util.hash_pandas_object(frame, index=False).to_numpy().tobytes())
    for text in more:
        hashed.update(f"|{text}".encode())
    return hashed.hexdigest()[:24]
