"""Plotly figures, untrusted, as HTML that stands without a script.

The contract of a figure is `html`'s: words and numbers arrive in ``layout.meta`` and become text;
the drawing becomes strict JSON that the page's own script reads, in the page's own colours.
"""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Mapping

import numpy as np
from markupsafe import Markup

from workbench.desk.markup import plain, tidy

# Notebooks draw in these colours; on the site each becomes a name that the stylesheet defines
# for light and dark.
COLOURS: Mapping[str, str] = {
    "paper": "#fbfbf9",
    "ink": "#14191b",
    "soft": "#545e62",
    "rule": "#d8dcda",
    "accent": "#00606b",
    "tint": "#cfe3e4",
    "tint2": "#e4efef",
}
_NAMED = {value: name for name, value in COLOURS.items()}
_TRACES = frozenset({"scatter", "bar", "heatmap"})
_LAYOUT = re.compile(
    r"[xy]axis\d*|shapes|annotations|bar(mode|gap|groupgap)|height|margin|legend|showlegend|"
    r"hovermode|coloraxis"
)
# Keys of plotly are camel or lower case; the others could reach a prototype in the browser.
_KEY = re.compile(r"(?!constructor$|prototype$)[a-z][A-Za-z0-9_]*")
_MARKUP = re.compile(r"<(?!/?(?:b|i|br|sub|sup|extra)\s*/?>)")
_NUMBERED = re.compile(r"&(?=#)")  # plotly undoes these too, and so would any mark of direction
_ARRAYS = frozenset({"i1", "u1", "i2", "u2", "i4", "u4", "f4", "f8"})
_NUMBER = re.compile(r"[+−-]?[\d., \u202f\u00a0]*\d[\d., ]*[\u202f\u00a0 ]?%?|–")
_DEPTH = 24
_TOP = 8
_LOWEST, _HIGHEST = 48, 900  # pixels: no figure vanishes or takes more than a screen


def html(figure: object) -> Markup:
    """A plotly figure as a `<figure>` that stands without a script.

    The contract: ``layout.meta`` may hold ``title`` (the finding, as a sentence), ``subtitle``
    (what, when, unit), ``caption`` (source, as-of, n), ``alt`` (the shape, in words) and ``table``
    (``{"columns": [...], "rows": [[...]]}``), all plain text. A colour is one of `COLOURS`, as
    name or as value, under any key that ends in ``color``, ``colors``, ``colorscale`` or
    ``colorway``; `charts.js` puts the page's own in its place, in light and dark. Of the layout,
    axes, shapes, annotations, bars, height, margin, legend and hover mode pass. Typed arrays are
    unpacked; NaN is null.

    Args:
        figure: The figure's JSON, untrusted.

    Returns:
        The figure, or a figure with a note in the chart's place when a trace is not of a type
        that the site draws or the JSON is not a figure.
    """
    meta = _mapping(_mapping(_mapping(figure).get("layout")).get("meta"))
    words = {k: tidy(plain(v)) for k, v in meta.items() if isinstance(v, str)}
    parts = [_worded(words.get("title"), '<p class="ft">{}</p>')]
    parts.append(_worded(words.get("subtitle"), '<p class="fs">{}</p>'))
    try:
        data, height = _drawable(figure)
    except ValueError as error:
        parts.append(Markup('<p class="undrawn">This chart is not drawn: {}.</p>').format(error))
    else:
        alt = words.get("alt") or words.get("title") or "A chart without a description"
        parts.append(
            Markup(
                '<div class="chart" role="img" aria-label="{}" data-figure="{}" '
                'style="min-block-size:{}px"></div>'
            ).format(alt, data, height)
        )
    parts.append(_worded(words.get("caption"), "<figcaption>{}</figcaption>"))
    parts.append(_numbers(_mapping(meta.get("table"))))
    return Markup("<figure>{}</figure>").format(Markup("").join(parts))


def _drawable(figure: object) -> tuple[str, int]:
    """The strict JSON that `charts.js` reads, and the chart's height in pixels.

    Raises:
        ValueError: The site cannot draw it; the message says why, for the reader.
    """
    given = _mapping(figure)
    traces, layout = given.get("data"), _mapping(given.get("layout"))
    if not isinstance(traces, list) or not traces:
        raise ValueError("it holds no data")
    kinds = {plain(str(_mapping(trace).get("type", "scatter"))) for trace in traces}
    if kinds - _TRACES:
        raise ValueError(f"the site draws no “{min(kinds - _TRACES)[:40]}”")
    asked = layout.get("height")
    height = 280
    if isinstance(asked, (int, float)) and math.isfinite(asked):
        height = min(max(int(asked), _LOWEST), _HIGHEST)
    kept = {key: value for key, value in layout.items() if _LAYOUT.fullmatch(str(key))}
    if _mapping(layout.get("meta")).get("title"):  # its room is not needed: the title is text
        margin = dict(_mapping(kept.get("margin")))
        top, margin["t"] = margin.get("t", _TOP), _TOP
        height = max(height - (top - _TOP if isinstance(top, int) else 0), _LOWEST)
        kept["margin"] = margin
    strict = _strict({"data": traces, "layout": {**kept, "height": height}})
    return json.dumps(strict, allow_nan=False, separators=(",", ":")), height


def _strict(value: object, depth: int = 0) -> object:
    """A copy of JSON-like data with typed arrays unpacked and nothing but safe keys and text."""
    if depth > _DEPTH:
        raise ValueError("it is nested too deeply")
    if isinstance(value, Mapping):
        if "bdata" in value:
            return _strict(_unpacked(value), depth + 1)
        return {k: _strict(v, depth + 1) for k, v in value.items() if _KEY.fullmatch(str(k))}
    if isinstance(value, (list, tuple)):
        return [_strict(item, depth + 1) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, str):
        shown = _NUMBERED.sub("&amp;", _MARKUP.sub("&lt;", plain(value)))
        return _NAMED.get(value.lower(), shown)
    raise ValueError(f"it holds a {type(value).__name__}")


def _unpacked(array: Mapping[str, object]) -> object:
    """The lists that one of plotly's base64 arrays (``dtype``, ``bdata``, ``shape``) stands for."""
    if (dtype := array.get("dtype")) not in _ARRAYS:
        raise ValueError("it holds an array of unknown type")
    raw = base64.b64decode(str(array["bdata"]), validate=True)
    shape = [int(length) for length in str(array.get("shape", "-1")).split(",")]
    unpacked: object = np.frombuffer(raw, f"<{dtype}").reshape(shape).tolist()
    return unpacked


def _numbers(table: Mapping[str, object]) -> Markup:
    """The table behind a chart, closed; nothing when there is none."""
    columns, rows = table.get("columns"), table.get("rows")
    if not isinstance(columns, list) or not isinstance(rows, list) or not rows:
        return Markup("")
    rows = [row for row in rows if isinstance(row, list)]
    right = [all(_is_number(row[i]) for row in rows if i < len(row)) for i in range(len(columns))]
    mark = [Markup(' class="r"') if flush else Markup("") for flush in right]
    head = (
        Markup('<th scope="col"{}>{}</th>').format(m, _cell(name))
        for m, name in zip(mark, columns, strict=True)
    )
    body = (
        Markup("<tr>{}</tr>").format(
            Markup("").join(
                Markup("<td{}>{}</td>").format(m, _cell(cell))
                for m, cell in zip(mark, row, strict=False)
            )
        )
        for row in rows
    )
    return Markup(
        "<details><summary>The numbers behind this chart</summary>"
        '<div class="scroll" tabindex="0"><table><thead><tr>{}</tr></thead>'
        "<tbody>{}</tbody></table></div></details>"
    ).format(Markup("").join(head), Markup("").join(body))


def _cell(value: object) -> str:
    """A cell of a table as text: six digits, a true minus, a dash where nothing is known."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return "–"
    if isinstance(value, (int, float)):
        shown = f"{value:,.6g}" if isinstance(value, float) else f"{value:,}"
        return shown.replace("-", "−")
    return plain(str(value))


def _is_number(value: object) -> bool:
    if value is None or isinstance(value, (int, float)):
        return True
    return _NUMBER.fullmatch(str(value)) is not None


def _worded(text: str | None, form: str) -> Markup:
    return Markup(form).format(text) if text else Markup("")  # noqa: S704  (a form of ours)


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}
