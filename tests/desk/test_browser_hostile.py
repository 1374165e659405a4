"""Hostile texts in everything that reaches a page from outside, read in a real Chromium.

That a payload stays dead is shown by the page's shape: with the payload in every text it has the
very elements, attributes and addresses that it has with plain words. Nothing may have run, nothing
been asked for, and nothing left for the page's policy to stop.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import pandas as pd
import pytest
from defusedxml.ElementTree import fromstring
from markdown_it import MarkdownIt
from nbformat import NotebookNode, v4

from tests.bench.payloads import EVIL, PAYLOADS, SHAPE, STRANGE, TOUCH, WATCH
from tests.bench.published import Published, Words, plainly, published, quiet
from tests.bench.visits import DOUBLES, KINDS, Visits, drawn, kinds
from workbench.desk import layout, render, site
from workbench.domain.records import Finding
from workbench.steps import frames
from workbench.steps.essay import Line, Removals, Removed, Section, Trace

pytestmark = pytest.mark.browser
DOC = Path(__file__).parents[2] / "docs" / "hostile-texts.md"
PER_PAGE = 8  # payloads in one text: they are escaped letter by letter, so that none hides another
GROUPS = [list(PAYLOADS)[k : k + PER_PAGE] for k in range(0, len(PAYLOADS), PER_PAGE)]
PIXEL = ("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5E"
         "rkJggg==")  # fmt: skip
TURNED = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")  # turns what follows
Make = Callable[[Words], Published]


@pytest.fixture(scope="module")
def make(
    new_project: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Published]:
    """Publishes the small site with the words of a channel."""
    root = tmp_path_factory.mktemp("hostile")
    project = new_project(root / "project")
    site.write(root / "shared", layout.assets())
    count = iter(range(100))

    def made(words: Words, notebook: NotebookNode | None = None, **kept: Any) -> Published:
        folder = root / f"of{next(count)}"
        (folder / "site").mkdir(parents=True)
        (folder / "site" / "assets").symlink_to(root / "shared" / "assets")
        return published(folder, project, notebook or quiet(), words, **kept)

    return made


@pytest.fixture(scope="module")
def told(board: Callable[..., dict[str, Any]]) -> Callable[[Words], list[dict[str, Any]]]:
    """The record of both modes in words of a channel; its charts hold numbers alone."""

    def boards(words: Words) -> list[dict[str, Any]]:
        found = [board(mode, course=[]) for mode in ("live", "replay")]
        for one in found:
            one["calibration"], one["coverage"] = [], []
            one["voids"]["reasons"][0]["reason"] = words("void reason")
            one["debate"]["told"] = words("debate's help")
            one["silence"]["told"] = words("silence")
            one["silence"]["rows"][0]["silence"] = words("reason for silence")
            for row in (*one["forecasters"], *one["regimes"]):
                row["forecaster"] = {"Flow": words("mind name")}.get(
                    row["forecaster"], row["forecaster"]
                )
        return found

    return boards


@pytest.fixture(scope="module")
def plain(make: Make, told: Callable[..., Any]) -> Published:
    """The small site in plain words."""
    return make(plainly, boards=told(plainly))


def read(visits: Visits, of: Published) -> Iterator[tuple[str, Any]]:
    """Every page of a site and what is made beside the pages, as (what, page in the browser)."""
    page, pages = None, kinds(of.folder, doubles=False)
    before = of.folder / "read" / str(of.number - 1)  # what settled stands there
    pages["trail before"] = before / "trail" / "index.html"
    pages["dispatch before"] = next(before.glob("day*/index.html"))
    for kind, path in pages.items():
        page = visits(path, first=WATCH, page=page)
        assert page.url == path.as_uri()
        if kind == "archive":
            page.get_by_role("searchbox").fill("words of the title")
            page.get_by_text("titles match.").wait_for()
        yield kind, page
        if kind == "dispatch":
            twin = path.with_name("index.md").read_text("utf-8")
            page.goto("about:blank")
            page.set_content(MarkdownIt("commonmark").enable("table").render(twin))
            yield "twin", page
    visits(of.folder / "feed.xml", first=WATCH, page=page)
    visits(of.folder / "calls" / "0.json", first=WATCH, page=page)


@pytest.fixture(scope="module")
def shapes(browser: Any, plain: Published) -> dict[str, list[str]]:
    """What every page is made of when its words are plain."""
    visits = Visits(browser)
    found = {what: page.evaluate(SHAPE) for what, page in read(visits, plain)}
    visits.close()
    return found


def outline(element: Element) -> list[Any]:
    """An XML tree without its words: tags, attributes' names and where links lead."""
    href = element.get("href") or (element.text if element.tag.endswith("loc") else "")
    return [element.tag, sorted(element.keys()), href, [outline(one) for one in element]]


def keys(value: Any) -> Any:
    """JSON without its words."""
    if isinstance(value, Mapping):
        return {name: keys(one) for name, one in value.items()}
    return [keys(one) for one in value] if isinstance(value, list) else type(value).__name__


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: f"{group[0]} to {group[-1]}")
def test_words_stay_words(
    group: list[str],
    make: Make,
    told: Callable[..., Any],
    plain: Published,
    shapes: dict[str, list[str]],
    visit: Visits,
):
    """With these payloads in every text of ledger, minds, feeds and record, no page, no twin, feed,
    sitemap, search or JSON is made of anything but what plain words make it of.
    """

    def words(channel: str) -> str:
        return f"{' '.join(PAYLOADS[name] for name in group)} Words of the {channel} end."

    of = make(words, boards=told(words))
    for what, page in read(visit, of):
        assert page.evaluate(SHAPE) == shapes[what], what
        assert page.evaluate(TOUCH) == [], what
        assert TURNED.findall(page.evaluate("document.documentElement.textContent")) == []
    for name in ("feed.xml", "sitemap.xml", "sitemap-0.xml", "sitemap-pages.xml"):
        now, then = (fromstring((one.folder / name).read_text("utf-8")) for one in (of, plain))
        assert outline(now) == outline(then), name
    for name in ("calls/index.json", "calls/0.json"):
        now, then = (json.loads((one.folder / name).read_text("utf-8")) for one in (of, plain))
        assert keys(now) == keys(then), name


def test_every_channel_is_read(make: Make, told: Callable[..., Any], visit: Visits):
    """What the test above poisons does reach readers: each channel's words are on some page."""
    asked: set[str] = set()

    def words(channel: str) -> str:
        asked.add(channel)
        return plainly(channel)

    read_on: dict[str, set[str]] = {}
    of = make(words, boards=told(words))
    for what, page in read(visit, of):
        text = page.evaluate("document.documentElement.textContent")
        for channel in re.findall(r"[Ww]ords of the ([a-z' ]+?) end", " ".join(text.split())):
            read_on.setdefault(channel, set()).add(what)
    feed = (of.folder / "feed.xml").read_text("utf-8")
    for channel in ("title", "dek", "call sentence"):
        assert plainly(channel) in feed
    assert set(read_on) == asked - {"note of a voice"}, "that one stays on the ledger"
    told_of = re.findall(r"^\| ([a-z' ]+) \|", DOC.read_text("utf-8"), re.MULTILINE)
    assert set(told_of) == set(read_on), "docs/hostile-texts.md names them all"
    assert len(asked) > 35
    unspoken = {"notebook", "weeks"}  # its own words, see below; rules' alone
    assert {what for on in read_on.values() for what in on} >= {*KINDS, "twin"} - DOUBLES - unspoken


def poisoned(payload: str, sample_chart: Callable[..., dict[str, Any]]) -> list[NotebookNode]:
    """A cell of every kind with a payload in all that it holds, and in what the steps' own
    functions make of it.
    """
    when = Finding(name="when", value=None, text=payload, meaning=payload, source=payload,
                   as_of=payload)  # fmt: skip
    line = Line(kind="headline", text=payload, link="", source=payload, also="", when=when)
    filed = Line(kind="filing", text=payload, link=f"{EVIL}/?{payload}", source=payload, also="",
                 when=when)  # fmt: skip
    cut = Removed(section=payload, sentence=payload, why=payload)
    shown = [
        Section(heading=payload, paragraphs=(line.html, filed.html)), Trace((when,)),
        Removals((cut,), payload), frames.Note(payload),
        frames.shown(pd.DataFrame({payload: [payload, "b"], "why": [payload * 2, payload]})),
    ]  # fmt: skip
    drawing = sample_chart(images=[{"source": f"{EVIL}/x.png", "xref": payload}])
    drawing["data"][0] |= {
        "text": [payload] * 12, "hovertemplate": payload, "mode": "lines+text", "name": payload,
        "customdata": [[payload]] * 12, "hovertext": payload, "textfont": {"family": payload},
        "ids": [payload] * 12, "line": {"color": payload, "dash": payload}, "meta": payload,
        payload: payload,
    }  # fmt: skip
    words = dict.fromkeys(("title", "subtitle", "caption", "alt"), payload)
    table = {"columns": [payload, "n"], "rows": [[payload, payload]]}
    drawing["layout"] |= {
        "meta": {**words, "table": table}, "height": 120, "showlegend": True,
        "xaxis": {"title": {"text": payload}, "ticktext": [payload], "tickvals": ["2026-03-16"]},
        "legend": {"title": {"text": payload}},
        "annotations": [{"text": payload, "hovertext": payload, "x": 0.5, "xref": "paper"}],
        "shapes": [{"type": "rect", "fillcolor": payload, "label": {"text": payload}}],
        "title": {"text": payload},
    }  # fmt: skip
    bundles: list[dict[str, Any]] = [
        {mime: payload}
        for mime in ("text/html", "text/markdown", "text/plain", "image/svg+xml", "text/latex",
                     "application/javascript", "application/vnd.jupyter.widget-view+json",
                     "application/json", "application/xhtml+xml", "image/png", payload)
    ]  # fmt: skip
    bundles += [{"text/html": one._repr_html_(), "text/plain": payload} for one in shown]
    bundles += [{"text/html": f"<table class='{payload}'><tr><td>{payload}</td></tr></table>"},
                {"text/html": f"<p id='{payload}' title='{payload}'>{payload}</p>"},
                {"text/markdown": f"- {payload}\n\n> {payload}\n\n# {payload}\n\n`{payload}`"},
                {"image/png": PIXEL, "text/plain": payload}, {render.PLOTLY: drawing}]  # fmt: skip
    outputs = [v4.new_output("display_data", one) for one in bundles]
    outputs += [v4.new_output("stream", name=name, text=payload) for name in ("stdout", "stderr")]
    outputs += [v4.new_output("error", ename=payload, evalue=payload, traceback=[payload])]
    return [v4.new_code_cell(payload, outputs=outputs), v4.new_markdown_cell(payload),
            v4.new_raw_cell(payload)]  # fmt: skip


def test_outputs_stay_dead(
    make: Callable[..., Published],
    sample_chart: Callable[..., dict[str, Any]],
    visit: Visits,
):
    """With every payload in outputs of every type, allowed or not, in code, streams, errors, prose
    and in all that a chart says, dispatch, trail and twin hold nothing beyond the list of what may
    be there, and their charts are drawn and hovered over.
    """
    cells = [one for payload in PAYLOADS.values() for one in poisoned(payload, sample_chart)]
    of = make(plainly, v4.new_notebook(cells=cells))
    pages = kinds(of.folder)
    for what in ("dispatch", "notebook"):
        page = drawn(visit(pages[what], first=WATCH))
        assert page.locator(".chart svg.main-svg").count() >= len(PAYLOADS), what
        page.evaluate("""() => { for (const one of document.querySelectorAll(".chart"))
            Plotly.Fx.hover(one, [{ curveNumber: 0, pointNumber: 3 }]); }""")
        assert page.locator(".chart .hoverlayer text").count() > 0, what
        assert page.evaluate(STRANGE) == [], what
        assert TURNED.findall(page.evaluate("document.documentElement.textContent")) == []
        assert page.evaluate(TOUCH) == [], what
        assert page.url.partition("#")[0] == pages[what].as_uri()
        assert page.locator("footer.foot").is_visible()
        assert page.locator("main").count() == page.locator("#desk-main").count() == 1
    twin = pages["dispatch"].with_name("index.md").read_text("utf-8")
    page.goto("about:blank")
    page.set_content(MarkdownIt("commonmark").enable("table").render(twin))
    ours = {
        "a link to :",
        "a link to about:",
        "TD style=text-align:right",
        "TH style=text-align:right",
    }
    assert set(page.evaluate(STRANGE)) <= ours, "a relative link and markdown-it's own style"
    assert page.evaluate(TOUCH) == []
