"""Executed notebooks as HTML fragments in which nothing can run.

Every output is taken for hostile. What is shown comes from an allow-list of mime types, richest
first: plotly figures as data for our own script, HTML and markdown through nh3, PNG as checked
base64, plain text escaped. Scripts, widgets, SVG, LaTeX and raw cells are dropped.
`dispatch_body` shows prose and results, `trail_body` also code, streams and errors.
The contract for charts is `figure_html`'s.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from copy import copy
from functools import cache
from importlib.resources import files

import mistune
import nh3
import numpy as np
from markupsafe import Markup
from nbconvert.exporters.templateexporter import TemplateExporter
from nbformat import NotebookNode

PLOTLY = "application/vnd.plotly.v1+json"
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
NOT_ON_DISPATCH = frozenset({"hide", "question", "parameters", "injected-parameters"})

_TRACES = frozenset({"scatter", "bar", "heatmap"})
_LAYOUT = re.compile(
    r"[xy]axis\d*|shapes|annotations|bar(mode|gap|groupgap)|height|margin|legend|showlegend|"
    r"hovermode|coloraxis"
)
# Keys of plotly are camel or lower case; the others could reach a prototype in the browser.
_KEY = re.compile(r"(?!constructor$|prototype$)[a-z][A-Za-z0-9_]*")
_NUMBER_CELL = re.compile(r"<td>([-+−]?[\d,]+(?:\.\d+)?(?:e[-+]\d+)?%?|–)</td>")
_BLANK_CELL = re.compile(r"(?<=<td>)(?:NaN|NaT|None)(?=</td>)")
_MARKUP = re.compile(r"<(?!/?(?:b|i|br|sub|sup|extra)\s*/?>)")
_ARRAYS = frozenset({"i1", "u1", "i2", "u2", "i4", "u4", "f4", "f8"})
_DEPTH = 24
_TOP = 8
_UNSEEN = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f]")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TAGS = _words(
    "a abbr b blockquote br caption code dd del details div dl dt em h2 h3 h4 hr i li mark ol p "
    "pre s section small span strong sub summary sup table tbody td tfoot th thead time tr u ul"
)
_CLASSES = _words(
    "all aside chip dataframe desk eq eyebrow facts for full hash key line list meta more n nb "
    "note num pool q r scroll st stack two wide"
)
_TABLE_ROLES = {"table", "rowgroup", "row", "cell", "columnheader", "rowheader"}
_STATES = {"open", "awaiting", "right", "wrong", "void", "none", "shadow", "live", "replay"}
_STATES |= {"late", "dark", "quarantined", "trial", "force", "retired"}
_ID = re.compile(r"(?!desk-)[a-z][a-z0-9_-]{0,63}")
_HREF = re.compile(r"https://[^\s\\]+|#[\w-]*|(?:\.{1,2}/)*[\w-][\w./#-]*", re.ASCII)


def _attribute(_tag: str, name: str, value: str) -> str | None:
    """Keeps an attribute's value, or drops an id of ours and a link that leaves by a side door."""
    if name == "href":
        return value if _HREF.fullmatch(value) else None
    if name == "id":
        return value if _ID.fullmatch(value) else None
    return value


_CLEANER = nh3.Cleaner(
    tags=_TAGS,
    clean_content_tags={"script", "style", "svg", "math", "iframe", "template", "title"},
    attributes={
        "*": {"id", "aria-label"},
        "a": {"href", "title"},
        "abbr": {"title"},
        "ol": {"start"},
        "td": {"colspan", "rowspan", "data-l"},
        "th": {"colspan", "rowspan"},
        "time": {"datetime"},
    },
    attribute_filter=_attribute,
    tag_attribute_values={
        "div": {"role": {"note"}, "tabindex": {"0"}},
        "span": {"data-s": _STATES},
        "th": {"scope": {"col", "row", "colgroup", "rowgroup"}, "role": _TABLE_ROLES},
        **{tag: {"role": _TABLE_ROLES} for tag in ("table", "thead", "tbody", "tr", "td")},
    },
    url_schemes={"https"},
    allowed_classes=dict.fromkeys(_TAGS, _CLASSES),
)


class _Prose(mistune.HTMLRenderer):
    """Markdown as the page wants it: one `h1` a page, wide tables in a frame that scrolls."""

    def heading(self, text: str, level: int, **_attrs: object) -> str:
        level = min(max(level, 2), 4)
        return f"<h{level}>{text}</h{level}>\n"

    def table(self, text: str) -> str:
        return f'<div class="scroll" tabindex="0"><table>{text}</table></div>\n'

    def table_cell(self, text: str, align: str | None = None, head: bool = False) -> str:
        tag = "th" if head else "td"
        mark = ' class="r"' if align == "right" else ""
        return f"<{tag}{mark}>{text}</{tag}>"


_MARKDOWN = mistune.create_markdown(
    renderer=_Prose(escape=False, allow_harmful_protocols=True), plugins=["table"]
)


def tidy(text: str) -> str:
    """Text in which "84 %" and "n = 9" never break over a line."""
    return re.sub(r"\bn = (?=\d)", "n\u00a0=\u00a0", re.sub(r"(?<=\d) (?=%)", "\u202f", text))


def sanitise(html: str) -> Markup:
    """The part of an HTML fragment that may be published.

    Args:
        html: Any text, balanced or not.

    Returns:
        A balanced fragment of allowed tags, attributes, classes and links (https, relative, #).
    """
    clean = _CLEANER.clean(_text(html)).strip()
    return Markup(clean if "<code" in clean else tidy(clean))  # noqa: S704  (nh3 has cleaned it)


def markdown(source: str) -> Markup:
    """Markdown, raw HTML in it included, as a fragment that may be published."""
    return sanitise(str(_MARKDOWN(_text(source))))


def heading(nb: NotebookNode) -> str:
    """The question a notebook asks: the text of its own ``#`` heading, or an empty string."""
    cells = (cell.source for cell in nb.cells if cell.cell_type == "markdown")
    found = (re.match(r"#[ \t]+(.+)", _text(source).lstrip()) for source in cells)
    return next((match[1].strip() for match in found if match), "")


def dispatch_body(nb: NotebookNode) -> str:
    """The essay: prose and results of a notebook, without its code.

    Args:
        nb: The executed notebook; it is not changed. Cells tagged `hide`, `question`,
            `parameters` or `injected-parameters` and its ``#`` heading are left out.

    Returns:
        Flat HTML: the children of the dispatch's grid.
    """
    shown = [c for c in nb.cells if not NOT_ON_DISPATCH & set(c.metadata.get("tags", ()))]
    return _export(nb, shown, code=False)


def trail_body(nb: NotebookNode) -> str:
    """The whole notebook: prose, code in ``pre.cell``, results, streams and errors.

    Args:
        nb: The executed notebook; it is not changed. Its ``#`` heading is left to the page's head
            (see `heading`).

    Returns:
        Flat HTML: the children of the trail's grid.
    """
    return _export(nb, list(nb.cells), code=True)


def figure_html(figure: object) -> Markup:
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
    layout = _mapping(_mapping(figure).get("layout"))
    meta = {
        k: tidy(_text(v)) for k, v in _mapping(layout.get("meta")).items() if isinstance(v, str)
    }
    parts = [Markup('<p class="ft">{}</p>').format(meta["title"]) if meta.get("title") else ""]
    if meta.get("subtitle"):
        parts.append(Markup('<p class="fs">{}</p>').format(meta["subtitle"]))
    try:
        data, height = _drawable(figure)
        alt = meta.get("alt") or meta.get("title") or "A chart without a description"
        parts.append(
            Markup(
                '<div class="chart" role="img" aria-label="{}" data-figure="{}" '
                'style="min-block-size:{}px"></div>'
            ).format(alt, data, height)
        )
    except ValueError as error:
        parts.append(Markup('<p class="undrawn">This chart is not drawn: {}.</p>').format(error))
    if meta.get("caption"):
        parts.append(Markup("<figcaption>{}</figcaption>").format(meta["caption"]))
    parts.append(_numbers(_mapping(_mapping(layout.get("meta")).get("table"))))
    return Markup("<figure>{}</figure>").format(Markup("").join(parts))


def _drawable(figure: object) -> tuple[str, int]:
    """The strict JSON that `charts.js` reads, and the chart's height in pixels."""
    given = _mapping(figure)
    traces, layout = given.get("data"), _mapping(given.get("layout"))
    if not isinstance(traces, list) or not traces:
        raise ValueError("it holds no data")
    kinds = {_show(_mapping(trace).get("type", "scatter")) for trace in traces}
    if kinds - _TRACES:
        raise ValueError(f"the site draws no “{min(kinds - _TRACES)[:40]}”")
    asked = layout.get("height")
    height = 280
    if isinstance(asked, (int, float)) and math.isfinite(asked):
        height = min(max(int(asked), 120), 900)
    kept = {key: value for key, value in layout.items() if _LAYOUT.fullmatch(str(key))}
    if _mapping(layout.get("meta")).get("title"):  # its room is not needed: the title is text
        margin = dict(_mapping(kept.get("margin")))
        top, margin["t"] = margin.get("t", _TOP), _TOP
        height = max(height - (top - _TOP if isinstance(top, int) else 0), 120)
        kept["margin"] = margin
    strict = _plain({"data": traces, "layout": {**kept, "height": height}})
    return json.dumps(strict, allow_nan=False, separators=(",", ":")), height


def _plain(value: object, depth: int = 0) -> object:
    """A copy of JSON-like data with typed arrays unpacked and nothing but safe keys and text."""
    if depth > _DEPTH:
        raise ValueError("it is nested too deeply")
    if isinstance(value, Mapping):
        if "bdata" in value:
            return _plain(_unpacked(value), depth + 1)
        return {k: _plain(v, depth + 1) for k, v in value.items() if _KEY.fullmatch(str(k))}
    if isinstance(value, (list, tuple)):
        return [_plain(item, depth + 1) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, str):
        return _NAMED.get(value.lower(), _MARKUP.sub("&lt;", _text(value)))
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
        Markup('<th scope="col"{}>{}</th>').format(m, _show(name))
        for m, name in zip(mark, columns, strict=True)
    )
    body = (
        Markup("<tr>{}</tr>").format(
            Markup("").join(
                Markup("<td{}>{}</td>").format(m, _show(cell))
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


def _shown(output: NotebookNode, code: bool) -> Markup:
    """One output of a cell in its richest allowed form, or nothing."""
    if output.output_type == "stream":
        wanted = code and output.get("name") == "stdout"
        return _pre(output.get("text", "")) if wanted else Markup("")
    if output.output_type == "error":  # a traceback would print the paths of this machine
        return _pre(f"{output.ename}: {output.evalue}") if code else Markup("")
    data = _mapping(output.get("data"))
    forms = (_FORMS[mime](data[mime], data) for mime in _FORMS if mime in data)
    return next((form for form in forms if form), Markup(""))


def _html(value: object, _data: Mapping[str, object]) -> Markup:
    clean = sanitise(_show(value))
    if "dataframe" in clean:  # pandas aligns nothing: numbers go right, text stays left
        clean = Markup(_NUMBER_CELL.sub(r'<td class="r">\1</td>', _BLANK_CELL.sub("–", clean)))  # noqa: S704  # sanitised above
        return Markup('<div class="scroll full" tabindex="0">{}</div>').format(clean)
    frame = Markup('<div class="scroll" tabindex="0">{}</div>')
    return frame.format(clean) if clean.startswith("<table") else clean


def _png(value: object, data: Mapping[str, object]) -> Markup:
    try:
        raw = base64.b64decode("".join(_show(value).split()), validate=True)
    except (binascii.Error, ValueError):
        return Markup("")
    if not raw.startswith(b"\x89PNG\r\n\x1a\n"):
        return Markup("")
    return Markup('<figure><img src="data:image/png;base64,{}" alt="{}"></figure>').format(
        base64.b64encode(raw).decode(), _show(data.get("text/plain", "A picture"))
    )


def _pre(text: object) -> Markup:
    shown = _show(text).strip("\n")
    form = Markup('<pre class="cell out" tabindex="0">{}</pre>')
    return form.format(shown) if shown.strip() else Markup("")


_FORMS: Mapping[str, Callable[[object, Mapping[str, object]], Markup]] = {
    PLOTLY: lambda value, _data: figure_html(value),
    "text/html": _html,
    "text/markdown": lambda value, _data: markdown(_show(value)),
    "image/png": _png,
    "text/plain": lambda value, _data: _pre(value),
}


def _text(value: str) -> str:
    """Text without terminal codes, control characters and halves of surrogate pairs."""
    return _UNSEEN.sub("", value.replace("\r\n", "\n")).encode("utf-8", "replace").decode()


def _show(value: object) -> str:
    """A cell of a table, or a notebook's multi-line string, as text."""
    if isinstance(value, list):
        return _text("".join(part for part in value if isinstance(part, str)))
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return "–"
    if isinstance(value, (int, float)):
        return (
            f"{value:,.6g}".replace("-", "−")
            if isinstance(value, float)
            else f"{value:,}".replace("-", "−")
        )
    return _text(str(value))


def _is_number(value: object) -> bool:
    return (
        value is None
        or isinstance(value, (int, float))
        or bool(
            re.fullmatch(r"[+−-]?[\d., \u202f\u00a0]*\d[\d., ]*[\u202f\u00a0 ]?%?|–", str(value))
        )
    )


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


class PageExporter(TemplateExporter):
    """nbconvert with our template and filters alone: no template or filter of the machine's."""

    def default_filters(self) -> Iterable[tuple[str, Callable[..., str]]]:
        """The three filters that our template uses."""
        return (("prose", markdown), ("plain", _text), ("shown", _shown))


@cache
def _exporter() -> PageExporter:
    folder = str(files("workbench.desk") / "pages")
    return PageExporter(  # type: ignore[no-untyped-call]  # nbconvert's constructor is untyped
        template_paths=[folder], template_file="notebook.html.j2"
    )


def _export(nb: NotebookNode, cells: list[NotebookNode], *, code: bool) -> str:
    """The given cells of a notebook, without its heading, through the exporter."""
    chosen = copy(nb)
    chosen.cells = [copy(cell) for cell in cells]
    for cell in chosen.cells:
        if cell.cell_type == "markdown" and re.match(r"\s*#[ \t]", cell.source):
            cell.source = cell.source.lstrip().partition("\n")[2]
            break
    html, _resources = _exporter().from_notebook_node(chosen, {"code": code})
    return html.strip()
