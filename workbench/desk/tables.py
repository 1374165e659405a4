"""Frames of pandas, already sanitised, as the site sets tables."""

from __future__ import annotations

import re

from markupsafe import Markup

_ROW = re.compile(r"<tr>(.*?)</tr>", re.DOTALL)
_CELL = re.compile(r"<(t[hd])([^>]*)>(.*?)</\1>", re.DOTALL)
_FIGURE = r"(?:[-+−]|&lt;|&gt;)?[\d,]+(?:\.\d+)?(?:e[-+]\d+)?[ \u00a0\u202f]?[%×]?"
_NUMBER = re.compile(rf"{_FIGURE}(?: \[{_FIGURE}, {_FIGURE}\])?|–|too few dates")
_BLANK = re.compile(r"(?<=<td>)(?:NaN|NaT|None)(?=</td>)")
_LONG = 24  # characters from which a cell is prose and wants a width of its own

Cell = tuple[str, str, str]  # tag, attributes, content


def aligned(frame: Markup) -> Markup:
    """A frame with columns of numbers flush right, heads included, and a dash for what is missing.

    Args:
        frame: Sanitised HTML around one table that pandas wrote.

    Returns:
        The same; a head of two rows, of which one only names the index, becomes one row. With two
        columns of prose or more it is marked ``deep``, and each cell with the name of its column,
        so that a phone can set its rows one below the other. A table with spanning cells is left
        as it is but for the dashes.
    """
    html = _BLANK.sub("–", frame)
    head, end, body = html.partition("</thead>")
    rows = [_CELL.findall(row) for row in _ROW.findall(body)]
    widths = {sum(tag == "td" for tag, _, _ in row) for row in rows}
    if len(widths) != 1 or 0 in widths or "span=" in html:
        return Markup(html)  # noqa: S704  (sanitised by the caller)
    width = widths.pop()
    named = {len(row) for row in rows} == {width + 1}  # one index, which names the row
    columns = range(-width - named, 0)
    kinds = [_kind([row[i][2] for row in rows]) for i in columns]
    kinds[:named] = [kind if kind == "t" else "" for kind in kinds[:named]]
    heads = _one_row([_CELL.findall(row) for row in _ROW.findall(head)], width)
    opened = head[: head.index("<tr>")] if heads else head
    top = "".join(_written(row, kinds) for row in heads)
    deep = kinds.count("t") > 1 and len(heads) == 1 and len(heads[0]) >= len(kinds)
    labels = [heads[0][i][2] for i in columns] if deep else []
    if labels:
        opened = opened.replace('class="dataframe"', 'class="dataframe deep" role="table"')
    filled = iter(rows)
    rest = _ROW.sub(lambda _: _written(next(filled), kinds, labels), body)
    return Markup(opened + top + end + rest)  # noqa: S704  (as above)


def _kind(column: list[str]) -> str:
    """The class of a column's cells: r for numbers, t for prose, none for short words."""
    if all(_NUMBER.fullmatch(text) for text in column):
        return "r"
    return "t" if max(map(len, column)) > _LONG else ""


def _one_row(heads: list[list[Cell]], width: int) -> list[list[Cell]]:
    """The rows of the head, the index's names moved beside those of the columns."""
    match heads:
        case [upper, lower] if len(upper) == len(lower) and not any(
            text for _, _, text in (*upper[:-width], *lower[-width:])
        ):
            return [lower[:-width] + upper[-width:]]
    return heads


def _written(row: list[Cell], kinds: list[str], labels: list[str] | None = None) -> str:
    """A row whose last cells carry the classes and, where given, the names of their columns."""
    before = [""] * (len(row) - len(kinds))
    named = before + (labels or [""] * len(kinds))
    role = ' role="row"' if labels else ""
    return f"<tr{role}>{''.join(map(_cell, row, before + kinds, named))}</tr>"


def _cell(cell: Cell, kind: str, label: str) -> str:
    tag, attributes, text = cell
    tag = tag if text.strip() else "td"  # a head without words names nothing
    mark = f' class="{kind}"' if kind else ""
    if label:
        role = "cell" if tag == "td" else "rowheader"
        mark += f' role="{role}" data-l="{label.replace(chr(34), "&quot;")}"'
    shown = re.sub(r"^-", "−", text) if kind == "r" else text
    return f"<{tag}{attributes}{mark}>{shown}</{tag}>"
