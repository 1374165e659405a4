"""The record page in a real Chromium: charts drawn, nothing sideways, readable without scripts."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.bench.visits import Visits, drawn, unfolded
from workbench.desk import layout, recordpage, site

pytestmark = pytest.mark.browser
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
def written(board: Callable[..., dict[str, Any]], books: dict[str, Any], tmp_path: Path) -> Path:
    """A page of a live and a replayed record, beside its assets."""
    kept = {"as_of": "2026-04-02T22:00:00Z", "boards": [board("live"), board("replay", n=1616)]}
    page = layout.html(recordpage.made(kept, books, 126, "live"), "../")
    site.write(tmp_path, layout.assets() | {"record/index.html": page.encode()})
    return tmp_path / "record" / "index.html"


@pytest.mark.parametrize("width", [390, 820, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_chart_is_drawn_and_fits(width: int, scheme: str, visit: Visits, written: Path):
    """Calibration, skill, coverage and account: each draws, and the page never scrolls sideways."""
    page = drawn(visit(written, width=width, scheme=scheme))
    charts = page.locator(".chart")
    assert charts.count() == 4 + 3  # the replayed account never began
    assert page.locator(".chart svg.main-svg:visible").count() >= 7
    unfolded(page)
    assert page.evaluate(SIDEWAYS) == 0
    assert page.locator("figure .ft").count() == 7


def test_it_reads_without_scripts(visit: Visits, written: Path):
    """With scripts off, the finding, the tables and each chart's title and numbers are there."""
    page = visit(written, width=1440, scripts=False)
    assert page.locator("h1").inner_text().startswith("A little better than the base rate")
    assert page.locator("figure .ft").count() == 7
    for name in ("Mind by regime", "Controls", "Voids"):
        assert page.get_by_role("heading", name=name).count() == 2
    cells = page.locator("details td")
    assert cells.first.is_visible()
    assert page.locator(".chart").first.is_hidden()
