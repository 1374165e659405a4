"""Every kind of page of the site, looked at by axe-core in a real Chromium."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.bench.visits import DESKTOP, PHONE, Visits, drawn, kinds, unfolded

pytestmark = [pytest.mark.browser, pytest.mark.notebook, pytest.mark.timeout(1200)]
Made = dict[str, Any]


@pytest.mark.parametrize("screen", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_axe_finds_no_violation(screen: dict[str, Any], visit: Visits, made: Made):
    """No page type breaks a rule of axe-core, on a phone in the dark or on a desk by day."""
    found, page = {}, None
    for kind, path in kinds(made["outputs"] / "site").items():
        page = unfolded(drawn(visit(path, **screen, page=page)))
        # It would fetch the style sheet anew, which the policy rightly forbids.
        looked = Axe().run(page, options={"preload": False}).response
        for broken in looked["violations"]:
            nodes = [node["html"][:120] for node in broken["nodes"][:2]]
            found[f"{kind}: {broken['id']}"] = nodes
    assert found == {}
