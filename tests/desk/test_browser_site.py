"""The site of real cycles in a real Chromium, opened from its folder as a reader would."""

from pathlib import Path
from typing import Any

import pytest

from tests.bench.visits import Visits, unfolded

pytestmark = [pytest.mark.browser, pytest.mark.notebook, pytest.mark.timeout(1200)]
Made = dict[str, Any]


def dispatch(made: Made, number: int) -> Path:
    folder = made["outputs"] / "site" / "read" / str(number)
    return next(path for path in folder.glob("*/index.html"))


def test_charts_are_drawn(made: Made, visit: Visits):
    """The dispatch shows its charts, each with title and caption, in silence and offline.

    They are the regime's, the VIX's, which stands that day above nine in ten before, and the fan.
    """
    page = visit(dispatch(made, 7))
    charts = page.locator(".chart")
    assert charts.count() == 3
    for chart in charts.all():
        chart.locator("svg.main-svg").first.wait_for(state="visible", timeout=20_000)
        assert chart.locator("path.js-line, .point").count() > 0
    for figure in page.locator("figure").all():
        assert figure.inner_text().strip()


def test_trail_charts_are_drawn(made: Made, visit: Visits):
    """The regime notebook's page draws the charts that it ran."""
    page = visit(made["outputs"] / "site" / "read" / "7" / "trail" / "3_regime.html")
    charts = page.locator(".chart")
    assert charts.count() >= 3
    for chart in charts.all():
        chart.locator("svg.main-svg").first.wait_for(state="attached", timeout=20_000)


def test_older_newer_and_trail_can_be_walked(made: Made, visit: Visits):
    """From the last dispatch back to the first and forward again, then into the trail and back."""
    page = visit(dispatch(made, 7))
    for number in (6, 5, 4, 3):
        page.get_by_role("link", name="← Older").click()
        page.wait_for_url(f"**/read/{number}/**")
    assert page.get_by_role("link", name="← Older").count() == 0
    for number in (4, 5):
        page.get_by_role("link", name="Newer →").click()
        page.wait_for_url(f"**/read/{number}/**")
    page.get_by_role("link", name="The whole trail").click()
    page.wait_for_url("**/read/5/trail/index.html")
    page.get_by_role("link", name="6_dispatch").click()
    page.wait_for_url("**/trail/6_dispatch.html")
    page.get_by_role("link", name="← The dispatch").click()
    page.wait_for_url("**/read/5/*/index.html")
    page.get_by_role("link", name="All dispatches").click()
    page.wait_for_url("**/site/read/index.html")


def test_a_number_leads_to_its_finding(made: Made, visit: Visits):
    """A click on a number of the essay opens the trail at the row that holds that very number."""
    page = visit(dispatch(made, 7))
    link = page.locator("a.n").first
    shown, address = link.inner_text(), link.get_attribute("href")
    link.click()
    page.wait_for_url("**/trail/6_dispatch.html#f-*")
    row = page.locator(f"[id='{address.partition('#')[2]}']")
    row.wait_for(timeout=5_000)
    assert shown in row.inner_text()


@pytest.mark.parametrize("width", [390, 820])
def test_no_page_scrolls_sideways(width: int, made: Made, visit: Visits):
    """On a phone every page of the cycle fits the screen, its folded tables opened too."""
    site = made["outputs"] / "site"
    pages = [dispatch(made, 7), dispatch(made, 6), site / "index.html"]
    pages += sorted((site / "read" / "7" / "trail").glob("*.html"))
    for path in pages:
        page = visit(path, width=width)
        unfolded(page)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{path.parent.name}/{path.name} is {wide} wide"


def test_it_reads_without_scripts(made: Made, visit: Visits):
    """With scripts off, the essay, the call and each chart's numbers are there to read."""
    page = visit(dispatch(made, 7), scripts=False)
    assert page.locator("main h1").is_visible()
    assert page.get_by_role("heading", name="The debate").is_visible()
    assert page.locator("figure table").count() == page.locator(".chart").count() == 3
