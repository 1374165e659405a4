"""Notebooks become fragments in which nothing can run, and charts whose numbers are strict."""

import base64
import copy
import json
import re
from collections.abc import Callable
from html import escape
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbformat import NotebookNode, v4

from workbench.desk import figures, guard, layout, markup, render, views

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(20)).decode()
PAYLOADS = [
    "<script>canary()</script>",
    "<ScRiPt src=//evil.example/x.js></sCrIpT>",
    "<img src=x onerror=canary()>",
    "<svg onload=canary()><script>canary()</script></svg>",
    "<svg><style><img src=x onerror=canary()></style></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=canary()>",
    "<iframe srcdoc='<script>canary()</script>'></iframe>",
    "<object data=javascript:canary()></object><embed src=javascript:canary()>",
    "<a href='java\tscript:canary()'>x</a>",
    "<a href=' javascript:canary()'>x</a>",
    "[x](javascript:canary())",
    "![x](https://evil.example/x.png)",
    "[x]: javascript:canary()\n\n[x]",
    "<a href=//evil.example>x</a><a href='\\\\evil.example'>x</a>",
    "<a href=data:text/html,<script>canary()</script>>x</a>",
    "<form action=javascript:canary()><button>x</button></form>",
    "<p style='background:url(https://evil.example/x)'>x</p><style>*{display:none}</style>",
    "<meta http-equiv=refresh content=0;url=https://evil.example>",
    "<base href=https://evil.example/>",
    "<details open ontoggle=canary()>x</details>",
    "</pre></div></article><script>canary()</script>",
    "--><script>canary()</script><!--",
    "`</code><script>canary()</script>`",
    "$$\\href{javascript:canary()}{x}$$",
    "<p id=desk-main class='top foot'>x</p>",
    '"><script>canary()</script>',
    "'\" autofocus onfocus=canary() x='",
]
CHANNELS: dict[str, Callable[[str], NotebookNode]] = {
    **{
        mime: lambda text, mime=mime: v4.new_output("display_data", {mime: text})
        for mime in (
            "text/html",
            "text/markdown",
            "text/plain",
            "text/latex",
            "image/svg+xml",
            "image/png",
            "image/jpeg",
            "application/javascript",
            "application/json",
            "application/pdf",
            "application/vnd.jupyter.widget-view+json",
            "application/vnd.mermaid",
            "text/vnd.mermaid",
            "no/such",
            render.PLOTLY,
        )
    },
    "result": lambda text: v4.new_output("execute_result", {"text/html": text}),
    "stdout": lambda text: v4.new_output("stream", name="stdout", text=text),
    "stderr": lambda text: v4.new_output("stream", name="stderr", text=text),
    "error": lambda text: v4.new_output("error", ename=text, evalue=text, traceback=[text]),
    "alt": lambda text: v4.new_output("display_data", {"image/png": PNG, "text/plain": text}),
    "figure": lambda text: v4.new_output("display_data", {render.PLOTLY: poisoned(text)}),
}


def poisoned(text: str) -> dict[str, Any]:
    """A figure that says ``text`` wherever plotly or this site would print it."""
    meta = dict.fromkeys(("title", "subtitle", "caption", "alt"), text)
    return {
        "data": [{"type": "scatter", "x": [1], "y": [1], "text": [text], "hovertemplate": text}],
        "layout": {
            "meta": {**meta, "table": {"columns": [text], "rows": [[text]]}},
            "images": [{"source": text}],
            "annotations": [{"text": text}],
            "xaxis": {"title": {"text": text}},
        },
        "config": {"plotlyServerURL": text},
    }


def ran(html: str, build: Callable[..., views.TrailPage]) -> list[str]:
    return guard.scan(layout.html(build(html), "../../../"))


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("channel", CHANNELS)
def test_every_output_channel_is_dead(
    channel: str, payload: str, sample_trail: Callable[..., views.TrailPage]
) -> None:
    """Whatever an output holds, nothing of it can run, load, restyle or pose as the page."""
    cell = v4.new_code_cell("", outputs=[CHANNELS[channel](payload)])
    nb = v4.new_notebook(cells=[cell])
    for html in (render.dispatch_body(nb), render.trail_body(nb)):
        assert not ran(html, sample_trail)
        assert 'id="desk-main"' not in html
        assert 'class="top' not in html


@pytest.mark.parametrize("payload", PAYLOADS)
def test_cells_themselves_are_dead(
    payload: str, sample_trail: Callable[..., views.TrailPage]
) -> None:
    """Prose is cleaned, code is escaped and raw cells are not shown."""
    nb = v4.new_notebook(
        cells=[
            v4.new_markdown_cell(payload),
            v4.new_code_cell(payload),
            v4.new_raw_cell(payload + "raw only"),
        ]
    )
    html = render.trail_body(nb)
    assert not ran(html, sample_trail)
    assert "raw only" not in html


@given(st.text(st.characters(exclude_categories=[])))
def test_any_text_renders(text: str) -> None:
    """No text, control characters and halves of surrogates included, breaks a page or encoding."""
    outputs = [CHANNELS[name](text) for name in ("text/html", "text/plain", "stdout", "figure")]
    nb = v4.new_notebook(cells=[v4.new_code_cell(text, outputs=outputs)])
    assert "\x1b" not in render.trail_body(nb).encode().decode()


def test_a_dispatch_shows_results_and_a_trail_everything(
    sample_notebook: Callable[..., NotebookNode],
) -> None:
    """A dispatch leaves out heading, question, parameters, hidden cells and code; a trail none."""
    nb = sample_notebook()
    before = copy.deepcopy(nb)
    essay, trail = render.dispatch_body(nb), render.trail_body(nb)
    for absent in ("page of the moment", "What is asked", "params/", "secret_", "essay(", "2 rows"):
        assert absent not in essay
        assert (absent in trail) is (absent != "page of the moment")
    assert render.heading(nb) == "What is the page of the moment?"
    assert essay.index("no tape today") < essay.index("Four of six") < essay.index("do not know")
    assert "<h1" not in trail
    assert nb == before


def test_errors_are_text_on_the_trail_only() -> None:
    """An error names itself without its traceback, which would print paths of the machine."""
    error = v4.new_output("error", ename="KeyError", evalue="<b>", traceback=["at /home/me/x.py"])
    nb = v4.new_notebook(cells=[v4.new_code_cell("x", outputs=[error])])
    assert "KeyError: &lt;b&gt;" in render.trail_body(nb)
    assert "/home/" not in render.trail_body(nb)
    assert "KeyError" not in render.dispatch_body(nb)


def test_the_richest_form_that_survives_is_shown() -> None:
    """An output whose HTML is only a script falls back to its next form, not to nothing."""
    both = {"text/html": "<script>1</script>", "text/plain": "plain"}
    nb = v4.new_notebook(
        cells=[v4.new_code_cell("", outputs=[v4.new_output("display_data", both)])]
    )
    assert "plain" in render.dispatch_body(nb)


@pytest.mark.parametrize(
    ("link", "kept"),
    [
        ("https://a.example/b?c=d", True),
        ("../trail/index.html#spy", True),
        ("#spy", True),
        ("http://a.example", False),
        ("//a.example", False),
        ("/absolute", False),
        ("mailto:a@b", False),
        ("\\\\a.example", False),
        ("x y", False),
    ],
)
def test_links(link: str, kept: bool) -> None:
    """Links lead to https, to a place of this site, or nowhere."""
    assert ("href=" in markup.sanitise(f'<a href="{link}">x</a>')) is kept


def test_png_only_when_it_is_one() -> None:
    """A picture is shown only when its base64 is valid and its bytes are a PNG's."""
    shown = [
        render.dispatch_body(
            v4.new_notebook(
                cells=[
                    v4.new_code_cell("", outputs=[v4.new_output("display_data", {"image/png": p})])
                ]
            )
        )
        for p in (PNG, PNG[:30] + "\n" + PNG[30:], '"><script>', base64.b64encode(b"GIF").decode())
    ]
    assert ["<img" in html for html in shown] == [True, True, False, False]


def shown(frame: pd.DataFrame) -> str:
    """A frame as the page shows it, spaces between tags left out."""
    out = v4.new_output("display_data", {"text/html": frame.to_html()})
    html = render.dispatch_body(v4.new_notebook(cells=[v4.new_code_cell("", outputs=[out])]))
    return re.sub(r">\s+<", "><", html)


def test_numbers_of_a_frame_are_flush_right() -> None:
    """A column of numbers is flush right with its head; text, and a mixed column, is not."""
    frame = pd.DataFrame({"n": [12, -3], "name": ["a", "b"], "value": ["x", "3.9 %"]})
    assert '<td class="r">3.9\u202f%</td>' in shown(frame[1:])
    html = shown(frame.assign(skill=[-0.5, np.nan]))
    assert '<th class="r">n</th><th>name</th><th>value</th><th class="r">skill</th>' in html
    assert '<td class="r">12</td><td>a</td><td>x</td><td class="r">−0.5</td>' in html
    assert '<td class="r">−3</td><td>b</td><td>3.9\u202f%</td><td class="r">–</td>' in html


def test_a_named_index_needs_no_row_of_its_own() -> None:
    """The index's name stands in the one row of the head; prose gets a width."""
    html = shown(pd.DataFrame({"said": ["word " * 9]}, pd.Index(["2018-01-29"], name="session")))
    assert '<thead><tr><th>session</th><th class="t">said</th></tr></thead>' in html


def test_prose_beside_prose_is_named_for_a_phone() -> None:
    """Each cell of such a table says which column it is of, since a phone sets them in a pile."""
    claim, why = "S&P 500 closes above 2,850 on Tuesday", "its family is shut, as it has no skill"
    frame = pd.DataFrame({"n": [3], 'the "why"': [why]}, pd.Index([claim], name="claim"))
    html = shown(frame)
    assert '<table class="dataframe deep" role="table">' in html.replace(' border="1"', "")
    assert '<th class="t" role="rowheader" data-l="claim">' in html
    assert '<td class="r" role="cell" data-l="n">3</td>' in html
    assert 'data-l="the &quot;why&quot;">' in html
    assert "deep" not in shown(frame[["n"]])


def test_an_interval_is_a_number() -> None:
    """A skill with its interval is flush right like any other figure."""
    frame = pd.DataFrame({"skill": ["+1.6% [−8.5, +14.8]", "too few dates"], "p": ["<1%", "–"]})
    assert shown(frame).count('<td class="r">') == 4


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame(),
        pd.DataFrame({"a": []}),
        pd.DataFrame(index=[1, 2]),
        pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_product([["a"], ["b", "c"]])),
        pd.DataFrame({"a": [1, 2]}, pd.MultiIndex.from_product([["x"], ["y", "z"]])),
        pd.DataFrame({"<td>1</td>": ["</tr><tr><td>2", "</table>"]}),
    ],
)
def test_odd_frames_keep_every_cell(
    frame: pd.DataFrame, sample_trail: Callable[..., views.TrailPage]
) -> None:
    """Empty, spanning and hostile frames lose nothing and break nothing."""
    html = shown(frame)
    assert not ran(html, sample_trail)
    assert html.count("<tr>") == html.count("</tr>") == frame.to_html().count("<tr")
    for value in frame.to_numpy().ravel():
        assert escape(str(value), quote=False) in html


class Figure(HTMLParser):
    """Reads a figure back as a browser would."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.figure: Any = None
        self.alt: str | None = None
        self.texts: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if given.get("class") == "chart":
            self.figure = json.loads(given["data-figure"] or "", parse_constant=pytest.fail)
            self.alt = given["aria-label"]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_figure_contract(sample_chart: Callable[..., dict[str, Any]]) -> None:
    """Title, subtitle, caption, alt text and table stand as HTML; the drawing's JSON is theirs."""
    given = sample_chart()
    read = Figure(figures.html(given))
    meta = given["layout"]["meta"]
    for text in (meta["title"], meta["subtitle"], "The numbers behind this chart", "31.05"):
        assert markup.tidy(text) in read.texts
    assert read.alt == meta["alt"]
    assert read.figure["data"][0]["y"] == given["data"][0]["y"]
    assert read.figure["data"][0]["line"]["color"] == "ink"
    assert "meta" not in read.figure["layout"]


def test_arrays_are_unpacked_and_gaps_are_null() -> None:
    """plotly's typed arrays arrive as lists, and NaN and infinity as null, in either spelling."""
    y = np.array([1.5, np.nan, -np.inf, 2.0])
    z = np.arange(6, dtype="int32").reshape(2, 3)
    figure = go.Figure([go.Scatter(x=[float("nan"), 1.0], y=y), go.Heatmap(z=z)])
    read = Figure(figures.html(json.loads(figure.to_json()))).figure
    assert read["data"][0]["y"] == [1.5, None, None, 2.0]
    assert read["data"][1]["z"] == [[0, 1, 2], [3, 4, 5]]
    raw = {"data": [{"y": [float("nan"), float("inf"), 1]}]}
    assert Figure(figures.html(raw)).figure["data"][0]["y"] == [None, None, 1]


DEEP: list[Any] = []
for _ in range(400):
    DEEP = [DEEP]


@pytest.mark.parametrize(
    "figure",
    [
        {"data": [{"type": "scattergl", "y": [1]}]},
        {"data": [{"type": "scatter"}, {"type": "choropleth"}]},
        {"data": []},
        {"data": [{"y": {"dtype": "O", "bdata": "AAAA"}}]},
        {"data": [{"y": {"dtype": "f8", "bdata": "not base64"}}]},
        {"data": [{"y": {"dtype": "f8", "bdata": "AAAA", "shape": "9"}}]},
        {"data": [{"y": DEEP}]},
        {"data": [{"y": [object()]}]},
        "no figure",
        None,
    ],
)
def test_what_cannot_be_drawn_is_said(figure: object) -> None:
    """A figure that the site does not draw leaves a note in its place, not a hole or a guess."""
    html = figures.html(figure)
    assert "This chart is not drawn" in html
    assert "data-figure" not in html


def test_no_key_reaches_a_prototype_and_no_text_a_tag() -> None:
    """Keys that could touch an object's prototype are dropped; plotly's own tags are the few."""
    trace = {"y": [1], "__proto__": {"a": 1}, "constructor": {"b": 1}, "marker": {"prototype": 1}}
    text = "<b>a</b><br><a href='javascript:canary()'>b</a><extra></extra>"
    read = Figure(figures.html({"data": [{**trace, "text": text}]})).figure["data"][0]
    assert set(read) == {"y", "marker", "text"}
    assert read["marker"] == {}
    assert "<a" not in read["text"]
    assert "<b>a</b><br>" in read["text"]


@pytest.mark.parametrize("height", [-5, 0, 1e9, float("nan"), float("inf"), "9", None, True])
def test_height_is_bounded(height: object) -> None:
    """No figure can take more of a page than a screen, or vanish."""
    html = figures.html({"data": [{"y": [1]}], "layout": {"height": height}})
    assert 48 <= Figure(html).figure["layout"]["height"] <= 900


def test_numbers_keep_their_unit_on_the_line() -> None:
    """A number and its per-cent sign, n and its value, the parts of a date do not part."""
    assert markup.markdown("Mon 5 Feb 2018") == "<p>Mon\u00a05\u00a0Feb\u00a02018</p>"
    assert markup.markdown("May 5 or 2018") == "<p>May 5 or 2018</p>"
    assert markup.markdown("an e-value of 20") == "<p>an e\u2011value of 20</p>"
    assert markup.markdown("Moody's yield") == "<p>Moody\u2019s yield</p>"
    assert markup.markdown("up 0.09 %, n = 9") == "<p>up 0.09\u202f%, n\u00a0=\u00a09</p>"
    assert markup.markdown("`7 % 2`") == "<p><code>7 % 2</code></p>"
    assert markup.markdown("$0 on 1.8 and $3") == "<p>$0 on 1.8 and $3</p>"
