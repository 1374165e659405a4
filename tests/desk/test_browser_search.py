"""Search over titles in a real Chromium: by keyboard, from a folder and from a server."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.bench.shelf import Shelf, shelf
from tests.bench.visits import Visits
from workbench.desk import archivepage, editions, layout, outlets, site
from workbench.desk.serving import Server
from workbench.world import entries as book

pytestmark = pytest.mark.browser
LENGTH = 230
WORDS = 'Zürich’s <img src=x onerror="document.title=1"> day'


def written(made: Shelf, folder: Path, number: int) -> None:
    """The archive's pages and the index of a shelf's titles, as publishing would write them."""
    now = editions.edition(made.desk, made.ledger, number)
    whole = replace(now, changed=tuple(now.numbers), stale=())
    files = archivepage.files(whole) | outlets.files(whole) | {"index.html": "<!doctype html>"}
    for row in editions.rows(whole.ledger, range(1, number + 1)).values():
        files[f"read/{row['of']}/{row['slug']}/index.html"] = (
            f"<!doctype html><link rel=icon href=data:,>{row['of']}"
        )
    site.write(folder, layout.assets() | {name: text.encode() for name, text in files.items()})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site of 231 titles in three shards; one of the oldest is hostile."""
    outputs = tmp_path_factory.mktemp("search")
    made = shelf(outputs, LENGTH)
    row = {"number": LENGTH + 1, "desk": "shelf", "mode": "live", "as_of": "2001-01-04T22:00:00Z",
           "params": "made", "code": "made", "snapshot": "made"}  # fmt: skip
    said = {"of": LENGTH + 1, "slug": "zurich", "title": WORDS, "call": None, "plan": "{}"}
    made.ledger.append(LENGTH + 1, [(book.cycles, row), (book.dispatches, said)])
    (outputs / "site" / "read" / str(LENGTH)).mkdir()
    written(made, outputs / "site", LENGTH + 1)
    made.ledger.close()
    return outputs / "site"


@pytest.fixture(params=["file", "http"])
def home(request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    """The site's address: its folder, or a server on this machine."""
    if request.param == "file":
        yield f"{folder.as_uri()}/"
        return
    with Server(folder, 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.address
        server.shutdown()


def found(page: Any, text: str) -> str:
    """What the live region says once it speaks of a text."""
    status = page.get_by_role("status")
    before = status.inner_text()
    page.get_by_role("searchbox").fill(text)
    page.wait_for_function(
        "([region, before]) => region.textContent && region.textContent !== before",
        arg=[status.element_handle(), before],
    )
    return str(status.inner_text())


def test_a_title_is_found_by_keyboard(visit: Visits, home: str):
    """Tab to the box, type, arrow down to a match and back, Enter: the dispatch opens."""
    page = visit(f"{home}read/index.html")
    box = page.get_by_role("searchbox", name="Search titles")
    for _ in range(12):
        page.keyboard.press("Tab")
        if box.evaluate("e => e === document.activeElement"):
            break
    assert box.evaluate("e => e === document.activeElement")
    page.keyboard.type("made up 218")
    links = page.get_by_role("search").get_by_role("link")
    page.get_by_text("One title matches.").wait_for()
    page.keyboard.press("ArrowDown")
    assert links.first.evaluate("e => e === document.activeElement")
    page.keyboard.press("ArrowUp")
    assert box.evaluate("e => e === document.activeElement")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{home}read/218/what-218-leaves-open/index.html")


def test_only_the_shards_that_are_needed_are_read(visit: Visits, home: str):
    """Nothing is read before a word is typed; then the newest shards, until enough match."""
    page = visit(f"{home}read/index.html")
    assert not [url for url in visit.asked if "/search/" in url]
    assert found(page, "made up").startswith("The newest 20 matches, back to dispatch 211.")
    names = [url.rpartition("/")[2] for url in visit.asked if "/search/" in url]
    assert names == ["index.js", "2.js"]
    assert page.get_by_role("search").get_by_role("listitem").count() == 20
    assert found(page, "no such title anywhere") == "No titles match."
    names = [url.rpartition("/")[2] for url in visit.asked if "/search/" in url]
    assert names == ["index.js", "2.js", "1.js", "0.js"]


def test_titles_are_text(visit: Visits, home: str):
    """Accents and curly quotes need not be typed, and markup in a title stays words."""
    page = visit(f"{home}read/0.html")
    assert found(page, "zurich's DAY") == "One title matches."
    link = page.get_by_role("search").get_by_role("link")
    assert WORDS in link.inner_text()
    assert page.locator(".search img").count() == 0
    assert page.title() != "1"


def test_escape_clears(visit: Visits, home: str):
    """Escape empties the box from wherever in the matches one is, and goes back to it."""
    page = visit(f"{home}read/1.html")
    found(page, "218")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    box = page.get_by_role("searchbox")
    assert box.input_value() == ""
    assert box.evaluate("e => e === document.activeElement")
    assert page.get_by_role("search").get_by_role("link").count() == 0
    assert page.get_by_role("status").inner_text() == ""


def test_what_is_typed_last_is_shown(visit: Visits, home: str):
    """Typing on while shards are read never leaves the matches of an older word."""
    page = visit(f"{home}read/index.html")
    box = page.get_by_role("searchbox")
    for text in ("1", "12", "nowhere to be found", "218"):
        box.fill(text)
    page.get_by_text("One title matches.").wait_for()
    page.wait_for_load_state("networkidle")
    assert page.get_by_role("search").get_by_role("link").count() == 1


def test_no_box_without_scripts(visit: Visits, home: str):
    """With scripts off there is no box that would do nothing; the list is there to read."""
    page = visit(f"{home}read/index.html", scripts=False)
    assert page.get_by_role("searchbox").count() == 0
    assert page.locator(".list > li").count() == 32


def test_a_missing_shard_is_said(browser: Any, home: str):
    """A shard that cannot be read: what the others hold is shown, and that some is missing."""
    context = browser.new_context()
    page = context.new_page()
    page.route("**/search/1.js", lambda route: route.abort())
    page.goto(f"{home}read/index.html")
    assert found(page, "218") == "One title matches. Part of the index could not be read."
    assert page.get_by_role("search").get_by_role("link").count() == 1
    context.close()
