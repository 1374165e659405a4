"""Items whose texts fit into the store: what is longer than anything that can be shown is cut."""

from __future__ import annotations

import hashlib
import json

import pandas as pd

from workbench.domain.deliveries import ITEM_COLUMNS
from workbench.domain.errors import ImportRefused

TITLE, LINK, KEY, DETAIL = 1_000, 2_000, 300, 65_536  # characters that are kept
CUT = " … [cut]"


def bounded(frame: pd.DataFrame) -> pd.DataFrame:
    """Items with texts that fit: what is longer is cut, and says so.

    Args:
        frame: Columns ``ITEM_COLUMNS``.

    Returns:
        The same rows. A link that is too long is left out, as half a link leads elsewhere; a long
        ``detail`` becomes a JSON object with its beginning under ``cut``.

    Raises:
        ImportRefused: An item names no moment.
    """
    rows = frame.loc[:, list(ITEM_COLUMNS)].reset_index(drop=True)
    if rows["at"].isna().any():
        first = rows[rows["at"].isna()].iloc[0]
        raise ImportRefused(
            f"An item of {first['series']} from {first['source']} names no moment: "
            f"{str(first['title'])[:60]!r}. Give it its time of publication; nothing was stored."
        )
    times = {name: rows[name].astype("datetime64[us, UTC]") for name in ("at", "known_at")}
    fits = {"title": _title, "link": _link, "key": _key, "detail": _detail}
    texts = {name: rows[name].map(fit).astype(object) for name, fit in fits.items()}
    others = {name: rows[name].astype(object) for name in ("series", "kind", "source", "basis")}
    return rows.assign(**times, **texts, **others)


def _text(given: object) -> str:
    """A text that can be stored; half a character, where a source cut one, is spelt out."""
    if not isinstance(given, str):
        return ""
    return given.encode("utf-8", "backslashreplace").decode()


def _title(given: object) -> str:
    text = _text(given)
    return text if len(text) <= TITLE else text[: TITLE - len(CUT)] + CUT


def _link(given: object) -> str:
    text = _text(given)
    return text if len(text) <= LINK else ""


def _key(given: object) -> str:
    text = _text(given)
    if len(text) <= KEY:
        return text
    return f"{text[:100]} {hashlib.sha256(text.encode()).hexdigest()}"


def _detail(given: object) -> str:
    text = _text(given) or "{}"
    return text if len(text) <= DETAIL else json.dumps({"cut": text[:1_000]}, ensure_ascii=False)
