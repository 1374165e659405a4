"""The trail of a dispatch: its executed notebooks, as pages and as downloads."""

from __future__ import annotations

from nbformat import v4

from workbench.desk import layout, render, views
from workbench.desk.dispatches import ROOT, link, notebook
from workbench.desk.editions import Edition, folder
from workbench.desk.notebooks import NAMES


def files(edition: Edition) -> dict[str, str]:
    """The executed notebooks of a cycle, as pages and as downloads: path to text."""
    number, to_dispatch = edition.number, link(edition.row)
    found: dict[str, str] = {}
    for one in links(number):
        nb = notebook(folder(edition.desk, number), one.title)
        download = one.href.replace(".html", ".ipynb")
        page = views.TrailPage(
            number=number,
            title=to_dispatch.title,
            name=one.title,
            question=render.heading(nb),
            body_html=render.trail_body(nb),
            notebooks=links(number),
            dispatch=to_dispatch,
            download=download,
            mode=edition.row["mode"],
        )
        found[one.href] = layout.html(page, ROOT)
        nb.metadata.pop("papermill", None)  # paths of the machine that ran it
        text: str = v4.writes(nb)  # type: ignore[no-untyped-call]  # nbformat is untyped
        found[download] = text
    return found


def links(number: int) -> tuple[views.Link, ...]:
    """The notebooks of a dispatch's trail, in the order in which they ran."""
    return tuple(views.Link(title=name, href=f"read/{number}/trail/{name}.html") for name in NAMES)
