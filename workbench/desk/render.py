"""Executed notebooks as HTML fragments in which nothing can run.

Every output is taken for hostile. What is shown comes from an allow-list of mime types, richest
first: plotly figures as data for our own script, HTML and markdown through nh3, PNG as checked
base64, plain text escaped. Scripts, widgets, SVG, LaTeX and raw cells are dropped.
`dispatch_body` shows prose and results, `trail_body` also code, streams and errors.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Mapping
from copy import copy
from functools import cache
from importlib.resources import files

from markupsafe import Markup
from nbconvert.exporters.templateexporter import TemplateExporter
from nbformat import NotebookNode

from workbench.desk import figures
from workbench.desk.markup import markdown, plain, sanitise
from workbench.desk.tables import aligned

PLOTLY = "application/vnd.plotly.v1+json"
NOT_ON_DISPATCH = frozenset({"hide", "question", "parameters", "injected-parameters"})


def heading(nb: NotebookNode) -> str:
    """The question a notebook asks: the text of its own ``#`` heading, or an empty string."""
    cells = (cell.source for cell in nb.cells if cell.cell_type == "markdown")
    found = (re.match(r"#[ \t]+(.+)", plain(source).lstrip()) for source in cells)
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


class PageExporter(TemplateExporter):
    """nbconvert with our template and filters alone: no template or filter of the machine's."""

    def default_filters(self) -> Iterable[tuple[str, Callable[..., str]]]:
        """The three filters that our template uses."""
        return (("prose", markdown), ("plain", plain), ("shown", _shown))


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
    # The exporter's own way there copies and validates the whole notebook a dozen times, for
    # preprocessors of which none is on.
    html: str = _exporter().template.render(nb=chosen, resources={"code": code})
    return html.strip()


def _shown(output: NotebookNode, code: bool) -> Markup:
    """One output of a cell in its richest allowed form, or nothing."""
    if output.output_type == "stream":
        wanted = code and output.get("name") == "stdout"
        return _pre(output.get("text", "")) if wanted else Markup("")
    if output.output_type == "error":  # a traceback would print the paths of this machine
        return _pre(f"{output.ename}: {output.evalue}") if code else Markup("")
    data = output.get("data")
    data = data if isinstance(data, Mapping) else {}
    forms = (_FORMS[mime](data[mime], data) for mime in _FORMS if mime in data)
    return next((form for form in forms if form), Markup(""))


def _html(value: object, _data: Mapping[str, object]) -> Markup:
    clean = sanitise(_text(value))
    if "dataframe" in clean:
        return Markup('<div class="scroll full" tabindex="0">{}</div>').format(aligned(clean))
    frame = Markup('<div class="scroll" tabindex="0">{}</div>')
    return frame.format(clean) if clean.startswith("<table") else clean


def _png(value: object, data: Mapping[str, object]) -> Markup:
    try:
        raw = base64.b64decode("".join(_text(value).split()), validate=True)
    except (binascii.Error, ValueError):
        return Markup("")
    if not raw.startswith(b"\x89PNG\r\n\x1a\n"):
        return Markup("")
    return Markup('<figure><img src="data:image/png;base64,{}" alt="{}"></figure>').format(
        base64.b64encode(raw).decode(), _text(data.get("text/plain", "A picture"))
    )


def _pre(text: object) -> Markup:
    shown = _text(text).strip("\n")
    form = Markup('<pre class="cell out" tabindex="0">{}</pre>')
    return form.format(shown) if shown.strip() else Markup("")


def _text(value: object) -> str:
    """A notebook's string, which may be stored as a list of its lines."""
    lines = value if isinstance(value, list) else [value]
    return plain("".join(str(line) for line in lines))


_FORMS: Mapping[str, Callable[[object, Mapping[str, object]], Markup]] = {
    PLOTLY: lambda value, _data: figures.html(value),
    "text/html": _html,
    "text/markdown": lambda value, _data: markdown(_text(value)),
    "image/png": _png,
    "text/plain": lambda value, _data: _pre(value),
}
