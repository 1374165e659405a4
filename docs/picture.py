"""Takes the picture that opens the README: the top of the latest dispatch, in real Chromium.

Run it with ``make picture`` after a cycle. Needs Debian's ``chromium`` on the path.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parent.parent
WIDTH, HEIGHT = 1180, 1500


def main() -> int:
    """Writes docs/dispatch.png; 2 with one line when there is nothing to photograph."""
    site = ROOT / "outputs" / "site"
    found = re.search(r'href="(read/\d+/[^"/]+/index\.html)"', _text(site / "index.html"))
    chromium = shutil.which("chromium")
    if found is None or chromium is None:
        what = (
            "dispatch in outputs/site: run make cycle" if found is None else "chromium on the path"
        )
        sys.stderr.write(f"picture: no {what}.\n")
        return 2
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(
            viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light", device_scale_factor=1
        )
        page.goto((site / found[1]).as_uri())
        page.wait_for_selector("svg.main-svg")
        page.screenshot(path=ROOT / "docs" / "dispatch.png")
        browser.close()
    return 0


def _text(path: Path) -> str:
    return path.read_text("utf-8") if path.is_file() else ""


if __name__ == "__main__":
    sys.exit(main())
