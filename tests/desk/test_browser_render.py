"""The built pages in a real Chromium: charts draw, nothing else runs, nothing leaves."""

import itertools
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest

from tests.bench.visits import Visits, drawn, unfolded
from tests.desk.test_charts import FROM
from tests.desk.test_market_charts import cost, wide
from workbench.desk import charts, figures, views
from workbench.desk.serving import Server
from workbench.domain.instruments import find

pytestmark = pytest.mark.browser
Build = Callable[..., dict[str, Path]]


@pytest.fixture
def served() -> Iterator[Callable[[Path], str]]:
    """Serves a folder on the loopback and gives its address."""
    servers: list[Server] = []

    def serve(folder: Path) -> str:
        servers.append(Server(folder, 0))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        return servers[-1].address.removesuffix("/")

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("over", ["file", "http"])
def test_charts_draw_and_nothing_leaves(
    over: str,
    visit: Visits,
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
        page = drawn(visit(f"{origin}/{path.relative_to(tmp_path).as_posix()}"))
        assert page.locator(".chart svg.main-svg").count() >= 3 * (name != "index")
        assert page.locator(".heatmaplayer .hm").count() == (name != "index")


@pytest.mark.parametrize("width", [390, 820, 1440])
def test_no_page_is_wider_than_its_screen(
    width: int,
    visit: Visits,
    build_site: Build,
    sample_page: Callable[..., views.DispatchPage],
    sample_trail: Callable[..., views.TrailPage],
    tmp_path: Path,
) -> None:
    """No page scrolls sideways at any width, the tables behind the charts opened too."""
    for path in build_site(tmp_path, sample_page(), sample_trail()).values():
        page = unfolded(drawn(visit(path, width=width)))
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_colours_follow_the_scheme(
    visit: Visits,
    build_site: Build,
    sample_page: Callable[..., views.DispatchPage],
    sample_trail: Callable[..., views.TrailPage],
    tmp_path: Path,
) -> None:
    """Symbolic colours are the page's own, and are drawn anew when light turns dark."""
    path = build_site(tmp_path, sample_page(), sample_trail())["dispatch"]
    page = drawn(visit(path))
    line = page.locator(".chart .js-line").first
    ink = "getComputedStyle(document.body).color"
    before = page.evaluate(ink)
    assert line.evaluate("line => line.style.stroke") == before
    page.emulate_media(color_scheme="dark")
    page.wait_for_timeout(500)
    after = page.evaluate(ink)
    assert page.locator(".chart .js-line").first.evaluate("l => l.style.stroke") == after
    assert after != before


def test_pages_stand_without_scripts(
    visit: Visits,
    build_site: Build,
    sample_page: Callable[..., views.DispatchPage],
    sample_trail: Callable[..., views.TrailPage],
    tmp_path: Path,
) -> None:
    """With scripts off, a chart's title, caption and numbers are there to read, and no hole."""
    path = build_site(tmp_path, sample_page(), sample_trail())["dispatch"]
    page = visit(path, scripts=False)
    assert page.get_by_text("Four of six giants fell").is_visible()
    assert page.get_by_role("cell", name="31.05").is_visible()
    assert not page.locator(".chart").first.is_visible()


def test_labels_at_the_ends_of_lines_are_whole(
    visit: Visits,
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
    page = drawn(visit(path, width=390))
    chart = page.locator(".chart").bounding_box()
    label = page.locator(".chart .annotation-text").bounding_box()
    assert label["x"] + label["width"] <= chart["x"] + chart["width"]
    assert label["width"] > 60
    ticks = [each.bounding_box() for each in page.locator(".chart .xtick text").all()]
    assert len(ticks) > 2
    for left, right in itertools.pairwise(ticks):
        assert left["x"] + left["width"] < right["x"]


@pytest.mark.parametrize("width", [390, 1440])
def test_no_label_of_the_market_s_charts_is_cut(
    visit: Visits,
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
    page = drawn(visit(path, width=width))
    for chart in page.locator(".chart").all():
        frame = chart.bounding_box()
        boxes = [one.bounding_box() for one in chart.locator(".annotation-text").all()]
        assert boxes
        for box in boxes:
            assert frame["x"] <= box["x"]
            assert box["x"] + box["width"] <= frame["x"] + frame["width"]
        tops = sorted(box["y"] for box in boxes)
        assert all(b - a >= 10 for a, b in itertools.pairwise(tops))
    sizes = "[...document.querySelectorAll('.xtick tspan')].map(t => getComputedStyle(t).fontSize)"
    assert set(page.evaluate(sizes)) == {"12px"}
