"""Every kind of page of the site, looked at by axe-core in a real Chromium."""

import re
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

pytestmark = [pytest.mark.browser, pytest.mark.notebook, pytest.mark.timeout(1200)]
Made = dict[str, Any]
SCREENS = {
    "phone": {"viewport": {"width": 390, "height": 900}, "color_scheme": "dark"},
    "desktop": {"viewport": {"width": 1440, "height": 900}, "color_scheme": "light"},
}


def kinds(site: Path) -> dict[str, Path]:
    """One page of each kind, the newest: paths that differ in numbers, weeks and titles only."""
    found: dict[str, Path] = {}
    for path in sorted(site.rglob("*.html")):
        name = path.relative_to(site).as_posix()
        kind = re.sub(r"read/\d+/(?!trail)[^/]+/", "read/dispatch/", name)
        found[re.sub(r"\d[\d-]*(W\d+)?(?=[/.])", "n", kind)] = path
    return found


@pytest.mark.parametrize("screen", SCREENS)
def test_axe_finds_no_violation(screen: str, browser: Any, made: Made):
    """No page type breaks a rule of axe-core, on a phone in the dark or on a desk by day."""
    pages = kinds(made["outputs"] / "site")
    assert len(pages) >= 10
    context = browser.new_context(**SCREENS[screen])
    page, found = context.new_page(), {}
    for kind, path in pages.items():
        page.goto(path.as_uri())
        for chart in page.locator(".chart").all():
            chart.locator("svg.main-svg").first.wait_for(state="attached", timeout=20_000)
        for summary in page.locator("summary").all():
            summary.click()
        for broken in Axe().run(page).response["violations"]:
            nodes = [node["html"][:120] for node in broken["nodes"][:2]]
            found[f"{kind}: {broken['id']}"] = nodes
    context.close()
    assert found == {}
