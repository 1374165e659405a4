"""No bulk data leaves: a page or notebook may show what was made of bars, never the bars.

Terms of most sources allow derived numbers and charts and forbid their rows; see
``docs/data-terms.md``. The check looks for tables of bars and of raw observations.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape
from typing import Any

MOST = 10  # rows of bars that may stand for an example
_TABLE = re.compile(r"<table\b.*?</table>", re.DOTALL | re.IGNORECASE)
_HEAD = re.compile(r"<th\b[^>]*>(.*?)</th>", re.DOTALL | re.IGNORECASE)
_ROW = re.compile(r"<tr\b", re.IGNORECASE)
_TAG = re.compile(r"<[^>]+>")
_BARS = frozenset({"open", "high", "low", "close", "volume"})
_RAW = frozenset({"series", "field", "at", "known_at", "value"})
_OHLC = frozenset({"ohlc", "candlestick"})


def bulk(text: str) -> list[str]:
    """What forbids publishing a page or a notebook, for it hands on rows of a source.

    Args:
        text: The whole document: HTML, or a notebook's JSON.

    Returns:
        One line a finding.
    """
    pieces = [text] if not text.lstrip().startswith("{") else list(_outputs(json.loads(text)))
    return [found for piece in pieces for found in _found(piece)]


def _found(piece: str) -> Iterator[str]:
    for table in _TABLE.findall(piece):
        heads = {_TAG.sub("", unescape(head)).strip().lower() for head in _HEAD.findall(table)}
        rows = sum("<td" in row.lower() for row in _ROW.split(table))
        if rows > MOST and ("close" in heads and len(heads & _BARS) > 1):
            yield f"a table of {rows} bars, of which no source allows that they are passed on"
        elif rows > MOST and len(heads & _RAW) > 3:
            yield f"a table of {rows} raw observations"
    if any(f'"type": "{kind}"' in piece or f'"type":"{kind}"' in piece for kind in _OHLC):
        yield "a chart that carries whole bars; draw closes or what was made of them"


def _outputs(notebook: dict[str, Any]) -> Iterator[str]:
    for cell in notebook.get("cells", ()):
        for output in cell.get("outputs", ()):
            for kind, data in output.get("data", {}).items():
                if kind == "text/html":
                    yield "".join(data)
                elif kind.endswith("json"):
                    yield json.dumps(data)
