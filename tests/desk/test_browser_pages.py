"""Every type of page in a real Chromium: by keyboard, without scripts, in the dark and on paper.

All stand on one small site of made-up cycles, live and replayed; no notebook runs.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import feedparser
import pytest
from axe_playwright_python.sync_playwright import Axe
from nbformat import NotebookNode

from tests.bench.published import FIRST, Published, plainly, published
from tests.bench.visits import DESKTOP, PHONE, Visits, drawn, kinds, unfolded

pytestmark = pytest.mark.browser
A4 = 673  # CSS pixels between the margins of a sheet
WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
# Where the focus is: what it is, whether it is seen, and whether a ring says so.
FOCUS = """() => {
  const one = document.activeElement;
  if (!one || one === document.body) return null;
  const seen = one.matches("input[type=radio]") ? one.parentElement : one;
  const style = getComputedStyle(seen), box = seen.getBoundingClientRect();
  one.dataset.stop = (Number(one.dataset.stop) || 0) + 1;
  return { tag: one.tagName, text: one.textContent.trim().slice(0, 40), times: one.dataset.stop,
    ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    seen: box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight
      && box.right > 0 && box.left < innerWidth,
    chart: !!one.closest(".chart"), main: !!one.closest("main") };
}"""
# Everything that a key should reach: one of a group of radios stands for the group.
STOPS = """() => [...document.querySelectorAll(
    "a[href], button, summary, input:not([type=radio]), input:checked, [tabindex='0']")]
  .filter((one) => !one.closest(".chart") && one.checkVisibility({ contentVisibilityAuto: true })
    && getComputedStyle(one).visibility === "visible").length"""
# Text that paper would cut: a box that scrolls, or one whose words stand outside the sheet.
CUT = """() => [...document.querySelectorAll("main *, footer *")].filter((one) => {
  const style = getComputedStyle(one);
  if (one.closest(".chart, svg, .vh, thead.vh") || style.display === "none") return false;
  const clips = style.overflowX !== "visible" && one.scrollWidth > one.clientWidth + 1;
  const box = one.getBoundingClientRect();
  return clips || (box.width > 1 && box.right > innerWidth + 1);
}).map((one) => `${one.tagName}.${one.className}: ${one.textContent.trim().slice(0, 60)}`)"""

# What a style sheet would write beside a link or a button.
ARROWS = """() => [...document.querySelectorAll("a, th button")].flatMap((one) =>
  ["::before", "::after"].map((place) => getComputedStyle(one, place).content)
).filter((content) => content !== "none" && content !== "normal")"""


@pytest.fixture(scope="module")
def small(
    new_project: Callable[..., Path],
    tmp_path_factory: pytest.TempPathFactory,
    sample_notebook: Callable[..., NotebookNode],
    board: Callable[..., dict[str, Any]],
    books: dict[str, Any],
) -> Published:
    """The small site with charts in its notebooks and both records."""
    root = tmp_path_factory.mktemp("small")
    boards = [board("live"), board("replay", n=1616)]
    return published(
        root / "outputs", new_project(root / "project"), sample_notebook(), plainly,
        boards=boards, books=books, first=FIRST,
    )  # fmt: skip


@pytest.mark.parametrize("screen", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_every_page_is_silent_and_fits(screen: dict[str, Any], small: Published, visit: Visits):
    """On a phone in the dark and on a desk by day each type of page draws its charts, says nothing
    on the console, asks for nothing beyond its site and never scrolls sideways.
    """
    page = None
    for kind, path in kinds(small.folder).items():
        page = unfolded(drawn(visit(path, **screen, page=page)))
        assert page.evaluate(WIDE) <= 0, kind
        assert page.locator("h1").count() == 1, kind


@pytest.mark.parametrize(
    "screen", [PHONE | {"scheme": "light"}, DESKTOP | {"scheme": "dark"}], ids=["light", "dark"]
)
def test_text_stands_out(screen: dict[str, Any], small: Published, visit: Visits):
    """In both colour schemes text stands out from its ground as WCAG AA asks, on every type of
    page; with axe's whole run in the other two pairs of screen and scheme, all four are seen.
    """
    found, page = {}, None
    for kind, path in kinds(small.folder, doubles=False).items():
        page = unfolded(drawn(visit(path, **screen, page=page)))
        asked = Axe().run(page, options={"runOnly": ["color-contrast"]}).response
        assert asked["passes"], kind
        for broken in asked["violations"]:
            found[kind] = [node["html"][:120] for node in broken["nodes"][:3]]
    assert found == {}


def test_every_page_reads_without_scripts(small: Published, visit: Visits):
    """With scripts off, every type of page has its words, and in place of each chart its title and
    its table; no control stands there dead.
    """
    page, charts = None, 0
    for kind, path in kinds(small.folder, doubles=False).items():
        page = visit(path, scripts=False, page=page)
        assert page.locator("h1").inner_text().strip(), kind
        assert page.locator(".chart:visible, button, input[type=search]").count() == 0, kind
        for one in page.locator("figure:has(.chart)").all():
            charts += 1
            assert one.locator(".ft").is_visible(), kind
            assert one.locator("table td").first.is_visible(), kind
        for one in page.locator("details").all():
            assert one.locator("td, li, p").first.is_visible(), kind
    assert charts >= 8


def test_the_keyboard_reaches_everything(small: Published, visit: Visits):
    """On every type of page Tab goes to the skip link first, then the masthead, then each link and
    control once, in sight and with a ring around it, into no chart and past no trap, to the end.
    """
    page = None
    for kind, path in kinds(small.folder, doubles=False).items():
        page = drawn(visit(path, page=page))
        page.emulate_media(reduced_motion="reduce")  # else it is still rolling when it is looked at
        expected, stops = page.evaluate(STOPS), []
        for _ in range(expected + 2):
            page.keyboard.press("Tab")
            stop = page.evaluate(FOCUS)
            if stop is None or (stop["times"] == "2" and len(stops) == expected):
                break  # round again
            stops.append(stop)
        texts = [stop["text"] for stop in stops]
        assert texts[:3] == ["Skip to the text", "Workbench", "Dispatches"], kind
        assert [stop for stop in stops if not stop["seen"] or not stop["ring"]] == [], kind
        assert [stop for stop in stops if stop["chart"] or stop["times"] != "1"] == [], kind
        assert len(stops) == expected, kind


def test_keys_open_what_is_folded_and_skip_the_masthead(small: Published, visit: Visits):
    """Enter on the skip link goes past the masthead; Enter on a summary opens it, and shuts it."""
    page = drawn(visit(kinds(small.folder)["record"]))
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUS)["main"]
    summary = page.locator("summary").first
    summary.focus()
    for is_open in (True, False):
        page.keyboard.press("Enter")
        assert summary.evaluate("one => one.parentElement.open") == is_open


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_on_paper(scheme: str, small: Published, visit: Visits):
    """Printed, every type of page is dark on white whatever the scheme, without navigation and
    controls, with its charts, no text cut and no address spilt; no words are lost but those.
    """
    page, cut = None, {}
    for kind, path in kinds(small.folder).items():
        page = drawn(visit(path, width=A4, scheme=scheme, page=page))
        page.emulate_media(media="print")
        gone = "nav:visible, .skip:visible, .filters:visible, input:visible, summary:visible"
        assert page.locator(gone).count() == 0, kind
        assert page.evaluate(ARROWS) == [], kind
        for one in page.locator(".chart").all():
            room, drawing = one.bounding_box(), one.locator("svg.main-svg").first.bounding_box()
            assert drawing["width"] == pytest.approx(room["width"], abs=1), kind
            assert 40 < drawing["height"] <= room["height"] + 1, kind
        if lost := page.evaluate(CUT):
            cut[kind] = lost
        colours = "(({ color, backgroundColor }) => [color, backgroundColor])"
        ink, paper = page.evaluate(f"{colours}(getComputedStyle(document.body))")
        assert (ink, paper) == ("rgb(0, 0, 0)", "rgb(255, 255, 255)"), kind
        assert page.locator("h1").is_visible(), kind
        page.emulate_media(media="screen")
    assert cut == {}


def test_live_and_replay_are_badged_and_never_mixed(small: Published, visit: Visits):
    """On the record each part says which it is, and no figure of the one stands in the other."""
    page = drawn(visit(kinds(small.folder)["record"]))
    parts: dict[str, list[str]] = {}
    mode = ""
    for one in page.locator("article > *").all():
        chip = one.locator("xpath=self::header").locator(".mode .chip")
        mode = chip.get_attribute("data-s") if chip.count() else mode
        parts.setdefault(mode, []).append(one.inner_text())
        label = one.get_attribute("aria-label") or ""
        if re.search("live|replay", label):
            assert label.endswith(mode), label
    assert list(parts) == ["live", "replay"]
    live, replay = (" ".join(texts) for texts in parts.values())
    assert "395" in live
    assert "395" not in replay
    assert "1,616" in replay
    assert "1,616" not in live


def test_a_replay_wears_its_badge_wherever_it_is_named(small: Published, visit: Visits):
    """A replayed dispatch is badged on its page, its trail, in lists, search, feed, calls and
    their data; a live one is nowhere called a replay.
    """
    modes = {number: small.mode(number) for number in small.numbers}
    assert set(modes.values()) == {"live", "replay"}
    page = None
    for number, mode in modes.items():
        folder = small.folder / "read" / str(number)
        for path in (*folder.glob("day-*/index.html"), *folder.glob("trail/*.html")):
            page = visit(path, page=page)
            chips = page.locator("header.head .mode .chip")
            assert [one.get_attribute("data-s") for one in chips.all()] == [mode], path
    page = visit(small.folder / "read" / "index.html", page=page)
    for entry in page.locator("ul.list > li").all():
        number = int(entry.locator(".desk span").first.inner_text())
        assert entry.locator(".mode .chip").get_attribute("data-s") == modes[number]
    page.get_by_role("searchbox").fill("title")
    page.get_by_text("titles match.").wait_for()
    for text in page.get_by_role("search").locator("li small").all_inner_texts():
        assert ("Replay" in text) == (modes[int(text.split()[0])] == "replay")
    page = visit(small.folder / "index.html", page=page)
    for entry in page.locator("ul.list > li").all():
        number = int(entry.locator(".desk span").first.inner_text())
        told = entry.locator(".mode .chip")
        assert (told.count() == 1) == (modes[number] != modes[small.number])
    page = visit(small.folder / "calls" / "0.html", page=page)
    for row in page.locator("table.sorts tbody tr").all():
        chip = row.locator(".mode .chip").get_attribute("data-s")
        assert chip == row.get_attribute("data-m")
    for one in json.loads((small.folder / "calls" / "0.json").read_text())["predictions"]:
        assert one["mode"] == small.mode(one["dispatch"])
    read = feedparser.parse((small.folder / "feed.xml").read_text("utf-8"))
    assert not read.bozo
    for entry in read.entries:
        mode = modes[int(re.findall(r"read/(\d+)/", entry.link)[0])]
        assert entry.tags[0].term == mode
        assert entry.summary.startswith(mode.capitalize())
