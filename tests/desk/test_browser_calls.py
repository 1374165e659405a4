"""The calls in a real Chromium: filtered without a script, sorted with one, whole at any width."""

from pathlib import Path
from typing import Any

import pytest

from tests.bench.shelf import shelf
from tests.bench.visits import Visits
from workbench.desk import callspage, editions, layout, site

pytestmark = pytest.mark.browser
VISIBLE = "table.sorts tbody tr:visible"


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of calls of a site of 130 dispatches, the last 40 live."""
    of = shelf(tmp_path_factory.mktemp("calls"), 130, live=40, waiting=0.05)
    files = callspage.files(editions.edition(of.desk, of.ledger, of.number))
    root = of.desk.outputs / "site"
    site.write(root, layout.assets() | {name: text.encode() for name, text in files.items()})
    return root / "calls"


def states(page: Any, name: str = "data-s") -> list[str]:
    """An attribute of the rows that are seen, in their order."""
    return [row.get_attribute(name) for row in page.locator(VISIBLE).all()]


def numbers(page: Any, column: int) -> list[float | None]:
    """The values of a column of the rows that are seen; None where a cell has none."""
    cells = page.locator(VISIBLE).locator(f":nth-child({column})[data-l]")
    found = [cell.get_attribute("data-v") for cell in cells.all()]
    return [None if value is None else float(value) for value in found]


def test_filters_work_without_scripts(visit: Visits, calls: Path):
    """With scripts off, each choice leaves its rows and no others, as many as its button says, and
    no control stands there dead.
    """
    page = visit(calls / "1.html", scripts=False)
    assert page.locator("button").count() == 0
    assert set(states(page, "data-k")) == {"call"}
    page.get_by_label("All predictions on record").check()
    assert set(states(page, "data-k")) == {"call", "other"}
    everything = len(states(page))
    total = 0
    for state in ("right", "wrong", "void", "open", "awaiting"):
        button = page.locator(f"#desk-s-{state}")
        if button.count() == 0:
            continue
        button.check()
        found = states(page)
        assert set(found) <= {state}
        label = page.locator("label", has=button)
        assert int(label.locator(".n:visible").inner_text()) == len(found)
        total += len(found)
    assert total == everything > 30
    page.locator("#desk-k-call").check()
    page.locator("#desk-s-right").check()
    assert set(zip(states(page), states(page, "data-k"), strict=True)) == {("right", "call")}


def test_live_and_replayed_are_never_seen_together(visit: Visits, calls: Path):
    """On a page of both, one choice shows the live rows and the other the replayed ones."""
    page = visit(calls / "0.html", scripts=False)
    assert set(states(page, "data-m")) == {"live"}
    assert page.locator(VISIBLE).first.locator(".chip[data-s=live]").is_visible()
    page.get_by_label("Replay", exact=True).check()
    assert set(states(page, "data-m")) == {"replay"}
    shown = int(page.locator("label:has(#desk-k-call) .n:visible").inner_text())
    assert shown == len(states(page))


def test_sorting_by_keyboard(visit: Visits, calls: Path):
    """A head is reached and pressed with keys; it sorts numbers as numbers with absent ones last
    either way, says so to whoever cannot see it, and is marked.
    """
    page = visit(calls / "1.html")
    page.get_by_label("All predictions on record").check()
    score = page.get_by_role("button", name="Score")
    page.get_by_role("button", name="Base rate").focus()
    page.keyboard.press("Tab")
    assert score.evaluate("button => button === document.activeElement")
    for key, order, words in (
        ("Enter", "descending", "Sorted by Score, highest first."),
        ("Space", "ascending", "Sorted by Score, lowest first."),
    ):
        page.keyboard.press(key)
        found = numbers(page, 5)
        given = [value for value in found if value is not None]
        assert given == sorted(given, reverse=order == "descending")
        assert 0 < len(given) < len(found)
        assert found[: len(given)] == given
        head = page.locator("th[aria-sort]")
        assert (head.count(), head.get_attribute("aria-sort")) == (1, order)
        assert page.get_by_role("status").inner_text() == words
    assert score.evaluate("button => button === document.activeElement")


def test_dates_numbers_and_words_sort_as_such(visit: Visits, calls: Path):
    """Deadlines sort by time, the ledger's numbers by size and claims by their words."""
    page = visit(calls / "1.html")

    def column(n: int) -> list[str]:
        return [
            row.locator(f":scope > :nth-child({n})").get_attribute("data-v")
            or row.locator(f":scope > :nth-child({n})").inner_text()
            for row in page.locator(VISIBLE).all()
        ]

    page.get_by_role("button", name="Deadline").click()
    assert column(6) == sorted(column(6), reverse=True)
    page.get_by_role("button", name="Ledger").click()
    rows = [int(value) for value in column(7)]
    assert rows == sorted(rows, reverse=True)
    page.get_by_role("button", name="Claim").click()
    firsts = [text.split()[0] for text in column(1)]
    assert firsts == sorted(firsts)
    page.get_by_role("button", name="Claim").click()
    assert [text.split()[0] for text in column(1)] == sorted(firsts, reverse=True)
    assert page.locator("th[aria-sort]").count() == 1


def test_a_filter_keeps_its_order_and_a_sort_its_filter(visit: Visits, calls: Path):
    """Sorting leaves hidden what a choice has hidden."""
    page = visit(calls / "1.html")
    page.locator("#desk-s-wrong").check()
    before = len(states(page))
    page.get_by_role("button", name="I said").click()
    assert set(states(page)) == {"wrong"}
    assert len(states(page)) == before > 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 820, 1440])
def test_it_fits_every_screen(width: int, scheme: str, visit: Visits, calls: Path):
    """At no width and in no colour scheme does a page scroll sideways; its buttons to sort stay in
    sight, and text stands out from its ground.
    """
    for name in ("index.html", "0.html", "1.html"):
        page = visit(calls / name, width=width, scheme=scheme)
        page.get_by_label("All predictions on record").check()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        for button in page.locator("table.sorts thead button").all():
            box = button.bounding_box()
            assert box is not None
            assert box["width"] > 20
            assert box["x"] + box["width"] <= width
        button.click()
        ink, paper = (
            page.evaluate(f"getComputedStyle(document.body).{name}")
            for name in ("color", "backgroundColor")
        )
        assert ink != paper
