"""The built pages in a real Chromium: charts draw, nothing else runs, nothing leaves."""

import functools
import http.server
import itertools
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from nbformat import NotebookNode, v4

from tests.desk.test_charts import FROM
from tests.desk.test_market_charts import cost, wide
from workbench.desk import charts, figures, render, views
from workbench.domain.instruments import find

pytestmark = pytest.mark.browser
Build = Callable[..., dict[str, Path]]
CANARY = "window.canary=1;document.title='canary'"
ATTACKS = "".join(
    (
        f"<script>{CANARY}</script>",
        f'<img src=x onerror="{CANARY}">',
        f'<svg onload="{CANARY}"></svg>',
        f'<iframe srcdoc="<script>parent.{CANARY}</script>"></iframe>',
        f'<details open ontoggle="{CANARY}">x</details>',
        f'<a id="trap" href="javascript:{CANARY}">trap</a>',
        "<style>body{display:none}</style>",
        '<img src="https://evil.example/x.png">',
    )
)


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the base's name)
        pass


@pytest.fixture
def served() -> Iterator[Callable[[Path], str]]:
    """Serves a folder on the loopback and gives its address."""
    servers: list[http.server.ThreadingHTTPServer] = []

    def serve(folder: Path) -> str:
        handler = functools.partial(Quiet, directory=str(folder))
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


class Visit:
    """One page opened, with everything that it said and asked for."""

    def __init__(self, browser: Any, url: str, **context: Any) -> None:
        self.context = browser.new_context(**context)
        self.page = self.context.new_page()
        self.said: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(url)
        self.page.wait_for_load_state("networkidle")

    def __enter__(self) -> "Visit":
        return self

    def __exit__(self, *_error: object) -> None:
        self.context.close()

    def wait_for_charts(self) -> None:
        """Waits until each chart is drawn; the page allows no eval, so not by an expression."""
        for chart in self.page.locator(".chart").all():
            chart.locator("svg.main-svg").first.wait_for(state="attached", timeout=20_000)


@pytest.mark.parametrize("over", ["file", "http"])
def test_charts_draw_and_nothing_leaves(
    over: str,
    browser: Any,
    served: Callable[[Path], str],
    build_site: Build,
    sample_page: Callable[..., views.DispatchPage],
    sample_trail: Callable[..., views.TrailPage],
    tmp_path: Path,
) -> None:
    """From a folder and from a server, charts draw in silence and only own files are asked for."""
    pages = build_site(tmp_path, sample_page(), sample_trail())
    origin = tmp_path.as_uri() if over == "file" else served(tmp_path)
    for name, path in pages.items():
        with Visit(browser, f"{origin}/{path.relative_to(tmp_path).as_posix()}") as visit:
            visit.wait_for_charts()
            assert visit.page.locator(".chart svg.main-svg").count() >= 3 * (name != "index")
            assert visit.page.locator(".heatmaplayer .hm").count() == (name != "index")
            assert visit.said == []
            assert all(url.startswith((origin, "data:", "blob:")) for url in visit.asked)


@pytest.mark.parametrize("width", [390, 820, 1440])
def test_no_page_is_wider_than_its_screen(
    width: int,
    browser: Any,
    build_site: Build,
    sample_page: Callable[..., views.DispatchPage],
    sample_trail: Callable[..., views.TrailPage],
    tmp_path: Path,
) -> None:
    """No page scrolls sideways at any width, the tables behind the charts opened too."""
    screen = {"viewport": {"width": width, "height": 900}}
    for path in build_site(tmp_path, sample_page(), sample_trail()).values():
        with Visit(browser, path.as_uri(), **screen) as visit:
            visit.wait_for_charts()
            for summary in visit.page.locator("summary").all():
                summary.click()
            assert visit.page.evaluate("document.documentElement.scrollWidth") <= width


def test_colours_follow_the_scheme(
    browser: Any,
    build_site: Build,
    sample_page: Callable[..., views.DispatchPage],
    sample_trail: Callable[..., views.TrailPage],
    tmp_path: Path,
) -> None:
    """Symbolic colours are the page's own, and are drawn anew when light turns dark."""
    path = build_site(tmp_path, sample_page(), sample_trail())["dispatch"]
    with Visit(browser, path.as_uri(), color_scheme="light") as visit:
        visit.wait_for_charts()
        line = visit.page.locator(".chart .js-line").first
        ink = "getComputedStyle(document.body).color"
        before = visit.page.evaluate(ink)
        assert line.evaluate("line => line.style.stroke") == before
        visit.page.emulate_media(color_scheme="dark")
        visit.page.wait_for_timeout(500)
        after = visit.page.evaluate(ink)
        assert visit.page.locator(".chart .js-line").first.evaluate("l => l.style.stroke") == after
        assert after != before


def test_payloads_do_not_run(
    browser: Any,
    build_site: Build,
    sample_notebook: Callable[..., NotebookNode],
    sample_chart: Callable[..., dict[str, Any]],
    sample_page: Callable[..., views.DispatchPage],
    sample_trail: Callable[..., views.TrailPage],
    tmp_path: Path,
) -> None:
    """Scripts in every output, in prose, in code and in a chart's own texts stay dead."""
    chart = sample_chart(images=[{"source": "https://evil.example/x.png"}])
    chart["data"][0] |= {"text": [ATTACKS], "hovertemplate": ATTACKS, "mode": "lines+text"}
    chart["layout"]["meta"] = dict.fromkeys(("title", "subtitle", "caption", "alt"), ATTACKS)
    chart["layout"]["xaxis"] = {"title": {"text": ATTACKS}}
    data = [
        {mime: ATTACKS}
        for mime in ("text/html", "text/markdown", "text/plain", "image/svg+xml", "text/latex",
                     "application/javascript", "application/vnd.jupyter.widget-view+json")
    ]  # fmt: skip
    outputs = [v4.new_output("display_data", each) for each in [*data, {render.PLOTLY: chart}]]
    outputs += [v4.new_output("error", ename=ATTACKS, evalue=ATTACKS, traceback=[ATTACKS])]
    nb = sample_notebook(v4.new_code_cell(ATTACKS, outputs=outputs), v4.new_markdown_cell(ATTACKS))
    poisoned = sample_page(title=ATTACKS, dek=ATTACKS, body_html=render.dispatch_body(nb))
    pages = build_site(tmp_path, poisoned, sample_trail(render.trail_body(nb)))
    for path in pages.values():
        with Visit(browser, path.as_uri()) as visit:
            visit.wait_for_charts()
            for trap in visit.page.get_by_text("trap", exact=True).all():
                trap.click(timeout=2_000)
            assert visit.page.evaluate("window.canary") is None
            assert visit.page.title() != "canary"
            assert visit.page.locator("main").is_visible()
            assert visit.said == []
            assert not any("evil" in url for url in visit.asked)


def test_pages_stand_without_scripts(
    browser: Any,
    build_site: Build,
    sample_page: Callable[..., views.DispatchPage],
    sample_trail: Callable[..., views.TrailPage],
    tmp_path: Path,
) -> None:
    """With scripts off, a chart's title, caption and numbers are there to read, and no hole."""
    path = build_site(tmp_path, sample_page(), sample_trail())["dispatch"]
    with Visit(browser, path.as_uri(), java_script_enabled=False) as visit:
        assert visit.page.get_by_text("Four of six giants fell").is_visible()
        assert visit.page.get_by_role("cell", name="31.05").is_visible()
        assert not visit.page.locator(".chart").first.is_visible()


def test_labels_at_the_ends_of_lines_are_whole(
    browser: Any,
    build_site: Build,
    sample_page: Callable[..., views.DispatchPage],
    sample_trail: Callable[..., views.TrailPage],
    tmp_path: Path,
) -> None:
    """On a phone too the axis leaves room for a label, and no tick covers another."""
    frame = pd.DataFrame({"A-LONG-SYMBOL": 0.5}, pd.bdate_range("2017-01-02", periods=250))
    figure = charts.correlations(frame, {"A-LONG-SYMBOL": "Long"}, 63, "Source: made.")
    body = str(figures.html(json.loads(figure.to_json())))
    path = build_site(tmp_path, sample_page(), sample_trail(body))["trail"]
    with Visit(browser, path.as_uri(), viewport={"width": 390, "height": 900}) as visit:
        visit.wait_for_charts()
        chart = visit.page.locator(".chart").bounding_box()
        label = visit.page.locator(".chart .annotation-text").bounding_box()
        assert label["x"] + label["width"] <= chart["x"] + chart["width"]
        assert label["width"] > 60
        ticks = [each.bounding_box() for each in visit.page.locator(".chart .xtick text").all()]
        assert len(ticks) > 2
        for left, right in itertools.pairwise(ticks):
            assert left["x"] + left["width"] < right["x"]


@pytest.mark.parametrize("width", [390, 1440])
def test_no_label_of_the_market_s_charts_is_cut(
    browser: Any,
    build_site: Build,
    sample_page: Callable[..., views.DispatchPage],
    sample_trail: Callable[..., views.TrailPage],
    tmp_path: Path,
    width: int,
) -> None:
    """Breadth and the price of insurance have their labels whole, at any width, none over another.

    Ticks of two lines are as small as those of one: no class of a page reaches into a chart.
    """
    made = [
        charts.breadth(wide(1.0), find("SPX"), FROM),
        charts.breadth(wide(0.0), find("SPX"), FROM),
        charts.fear(cost(10.1, n=500), find("SPX"), FROM),
        charts.term_slope(cost(12.0, 16.0), FROM),
        charts.term_curve(cost(12.0, 16.0), FROM),
    ]
    body = "".join(figures.html(json.loads(one.to_json())) for one in made if one)
    path = build_site(tmp_path, sample_page(), sample_trail(body))["trail"]
    with Visit(browser, path.as_uri(), viewport={"width": width, "height": 900}) as visit:
        visit.wait_for_charts()
        for chart in visit.page.locator(".chart").all():
            frame = chart.bounding_box()
            boxes = [one.bounding_box() for one in chart.locator(".annotation-text").all()]
            assert boxes
            for box in boxes:
                assert frame["x"] <= box["x"]
                assert box["x"] + box["width"] <= frame["x"] + frame["width"]
            tops = sorted(box["y"] for box in boxes)
            assert all(b - a >= 10 for a, b in itertools.pairwise(tops))
        sizes = (
            "[...document.querySelectorAll('.xtick tspan')].map(t => getComputedStyle(t).fontSize)"
        )
        assert set(visit.page.evaluate(sizes)) == {"12px"}
