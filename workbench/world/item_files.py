"""A file of items as the archive takes them: headlines, filings and events of one's own.

``series, title, source`` and one of ``published`` and ``at`` on every row. An item is known when
it was published, or at the moment that it describes, unless ``known_at`` says otherwise.
"""

from __future__ import annotations

from typing import get_args

import numpy as np
import pandas as pd

from workbench.domain.deliveries import ITEM_COLUMNS, Kind
from workbench.world.long_files import ITEM_TEXTS, LongFile

KINDS = get_args(Kind)


def items(file: LongFile) -> pd.DataFrame:
    """The items of one file, checked one by one.

    Args:
        file: Texts ``series, title, source``; ``kind``, a headline where it is empty; ``key``,
            the link where it is empty, and else the title; ``link``; ``detail``, a JSON object.

    Returns:
        Columns ``ITEM_COLUMNS``.

    Raises:
        ImportRefused: A row lacks a text or its time, or names a kind that there is not.
    """
    if not len(file):
        return pd.DataFrame(columns=list(ITEM_COLUMNS))
    frame = pd.DataFrame({name: file.texts(name).astype(object) for name in ITEM_TEXTS})
    for name, default in (("kind", "headline"), ("link", ""), ("detail", "{}"), ("key", None)):
        given = file.texts(name).astype(object) if name in file else pd.Series(None, frame.index)
        frame[name] = given.astype(object).where(given.notna(), default)
    wrong = ~frame["kind"].isin(KINDS).to_numpy(bool)
    if wrong.any():
        file.refuse("kind", wrong, f"Write one of {', '.join(KINDS)}, or leave it empty.")
    fallback = frame["link"].where(frame["link"] != "", frame["title"])
    frame["key"] = frame["key"].where(frame["key"].notna(), fallback)
    frame["at"] = file.moments(file.time)
    known = pd.Series(pd.NaT, frame.index, dtype="datetime64[us, UTC]")
    if "known_at" in file:
        known = file.moments("known_at")
    said = known.notna() | (file.time == "published")
    frame["known_at"] = known.where(known.notna(), frame["at"])
    frame["basis"] = np.where(said, "stated", "rule")
    return frame.loc[:, list(ITEM_COLUMNS)]
