"""Pages of a site in a real browser: opened, waited for, and every word that they say kept.

`kinds` is the one list of page types, so that no test of "every page" leaves one out.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

PHONE: dict[str, Any] = {"width": 390, "scheme": "dark"}
DESKTOP: dict[str, Any] = {"width": 1440, "scheme": "light"}
# Page type to the paths that are of it, from the site's root.
KINDS: dict[str, str] = {
    "home": r"index\.html",
    "archive": r"read/index\.html",
    "archive shard": r"read/\d+\.html",
    "dispatch": r"read/\d+/(?!trail/)[^/]+/index\.html",
    "trail": r"read/\d+/trail/index\.html",
    "notebook": r"read/\d+/trail/\d_\w+\.html",
    "calls": r"calls/index\.html",
    "calls shard": r"calls/\d+\.html",
    "record": r"record/index\.html",
    "mind": r"mind/index\.html",
    "data": r"data/index\.html",
    "weeks": r"weekly/index\.html",
    "weeks of a year": r"weekly/\d{4}/index\.html",
    "week": r"weekly/\d{4}-W\d\d/index\.html",
    "about": r"about/index\.html",
}
DOUBLES = frozenset({"archive shard", "calls shard", "weeks of a year"})  # of another's template


def kinds(site: Path, *, doubles: bool = True) -> dict[str, Path]:
    """The newest page of every type, by the type's name; without doubles one of each template.

    Raises:
        LookupError: A type has no page here, or a page is of no type that is known.
    """
    found: dict[str, Path] = {}
    for path in sorted(site.rglob("*.html"), key=_numbered):
        name = path.relative_to(site).as_posix()
        of = [kind for kind, pattern in KINDS.items() if re.fullmatch(pattern, name)]
        if len(of) != 1:
            raise LookupError(f"{name} is a page of no known type. Name its type in KINDS.")
        found[of[0]] = path
    if missing := set(KINDS) - set(found):
        raise LookupError(f"This site has no page of the types {sorted(missing)}.")
    return {kind: path for kind, path in found.items() if doubles or kind not in DOUBLES}


def _numbered(path: Path) -> list[str]:
    """Paths in the order of the numbers in them."""
    return [part.zfill(9) for part in re.split(r"(\d+)", path.as_posix())]


class Visits:
    """Opens pages in one browser.

    Attributes:
        said: What their consoles said, errors and failed requests included.
        asked: Every address that they asked for.
        outside: Those beyond the site that a page belongs to.
    """

    def __init__(self, browser: Any) -> None:
        self.said: list[str] = []
        self.asked: list[str] = []
        self.outside: list[str] = []
        self._browser = browser
        self._contexts: dict[tuple[object, ...], Any] = {}

    def __call__(
        self,
        place: Path | str,
        *,
        width: int = 1280,
        scheme: str = "light",
        scripts: bool = True,
        first: str = "",
        page: Any = None,
    ) -> Any:
        """A page, loaded.

        Args:
            place: A file of a site, or its address.
            width: Of the screen, in pixels.
            scheme: Light or dark.
            scripts: False for a reader who has them off.
            first: A script that runs before the page's own, whatever its policy.
            page: One opened before, to be led there instead of a new one; the other
                arguments are then as they were.
        """
        address = place.as_uri() if isinstance(place, Path) else place
        root = site_of(address)
        if page is None:
            page = self._context(width, scheme, scripts, first).new_page()
            page.on("console", lambda message: self.said.append(f"{page.url}: {message.text}"))
            page.on("pageerror", lambda error: self.said.append(f"{page.url}: {error}"))
            page.on("dialog", lambda dialog: self._asks(page, dialog))
            page.on("requestfailed", self._failed)
            page.on("request", lambda request: self._asked(root, request.url))
        page.goto(address)
        return page

    def _context(self, width: int, scheme: str, scripts: bool, first: str) -> Any:
        key = width, scheme, scripts, first
        if key not in self._contexts:
            context = self._browser.new_context(
                viewport={"width": width, "height": 900}, color_scheme=scheme,
                java_script_enabled=scripts,
            )  # fmt: skip
            if first:
                context.add_init_script(first)
            self._contexts[key] = context
        return self._contexts[key]

    def _asked(self, root: str, address: str) -> None:
        self.asked.append(address)
        if not address.startswith((root, "data:", "blob:")):
            self.outside.append(address)

    def _failed(self, request: Any) -> None:
        if request.failure != "net::ERR_ABORTED":  # as is an icon's, when a reader goes on at once
            self.said.append(f"failed: {request.url}, {request.failure}")

    def _asks(self, page: Any, dialog: Any) -> None:
        self.said.append(f"{page.url}: a dialog, {dialog.message}")
        dialog.dismiss()

    def close(self) -> None:
        """Hears the last words of every page, then closes them."""
        for context in self._contexts.values():
            for page in context.pages:
                page.wait_for_timeout(0)
            context.close()
        self._contexts.clear()


def site_of(address: str) -> str:
    """The address of the site's root, with its slash: where the folder of assets lies."""
    parts = urlsplit(address)
    if parts.scheme != "file":
        return f"{parts.scheme}://{parts.netloc}/"
    path = Path(unquote(parts.path))
    root = next((one for one in path.parents if (one / "assets").is_dir()), None)
    if root is None:
        raise LookupError(f"{address} is no page of a site: no folder above it has assets.")
    return f"{root.as_uri()}/"


def drawn(page: Any) -> Any:
    """The page once each of its charts is drawn; it allows no eval, so not by an expression."""
    for chart in page.locator(".chart").all():
        chart.locator("svg.main-svg").first.wait_for(state="attached", timeout=20_000)
    return page


def unfolded(page: Any) -> Any:
    """The page with everything that is folded away opened."""
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    return page
