"""Pages: every fact in its place and in order, escaped, linked from the site's root."""

import re
from collections.abc import Callable
from dataclasses import fields, replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from nbformat import v4

from workbench.desk import guard, layout, markup, render, site, views
from workbench.desk.notebooks import NAMES, QUESTIONS
from workbench.domain.figures import difference

Page = Callable[..., views.DispatchPage]
ROOT = "../../../"


class Shape(HTMLParser):
    """Whether elements nest, which ids stand, and where links lead."""

    VOID = frozenset({"meta", "link", "br", "img", "hr", "input"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.labelled: list[str] = []
        self.feed(html)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.ids += [given["id"]] if "id" in given else []
        self.links += [given[name] for name in ("href", "src") if name in given]
        self.labelled += [given["aria-labelledby"]] if "aria-labelledby" in given else []
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_a_dispatch_in_order(sample_page: Page) -> None:
    """The parts of a dispatch follow each other as every dispatch's do."""
    html = layout.html(sample_page(), ROOT)
    order = [
        "Dispatch 126",
        "Friday 3\u00a0April 2026, 17:44\u00a0UTC",
        "13:44 in New York",
        "Live",
        "<h1>",
        "New York is closed",
        "Waiting on the deadline",
        "+1 other right",
        "VIX stays below 26.00 until",
        "84%",
        "Base rate 80%",
        "Wrong if",
        "Deadline",
        "Settles on",
        "№ 2,418",
        "9f3c 71e0",
        "no tape today",
        "Other predictions",
        "The debate",
        "Aligned bearish",
        "conviction 0.62",
        "Flow absent",
        "Permanent link",
        "Older",
        "Newer",
        "Previous dispatches",
        "Written by a program: rules",
        "a sample feed",
        "not investment advice",
    ]
    body = html[html.index("<main") :]
    at = -1
    for part in order:
        found = body.find(part, at + 1)
        assert found > at, part
        at = found


def test_every_page_passes_the_guard_and_nests(
    build_site: Callable[..., dict[str, Path]],
    sample_page: Page,
    sample_trail: Callable[..., views.TrailPage],
    tmp_path: Path,
) -> None:
    """Pages are well formed, ids are unique, labels exist, and the guard finds nothing."""
    for path in build_site(tmp_path, sample_page(), sample_trail()).values():
        html = path.read_text(encoding="utf-8")
        shape = Shape(html)
        assert len(set(shape.ids)) == len(shape.ids)
        assert set(shape.labelled) <= set(shape.ids)
        assert not guard.scan(html)


def test_links_work_from_a_folder(
    build_site: Callable[..., dict[str, Path]],
    sample_page: Page,
    sample_trail: Callable[..., views.TrailPage],
    tmp_path: Path,
) -> None:
    """Every link to what is built here is relative and names a file that exists (file://)."""
    later = ("calls/", "record/", "mind/", "data/", "feed.xml", ".ipynb", "2_score.html",
             "about/", "weekly/", "read/index.html", "index.md", "trail/index.html")  # fmt: skip
    for path in build_site(tmp_path, sample_page(), sample_trail()).values():
        for link in Shape(path.read_text(encoding="utf-8")).links:
            if link.startswith("#") or any(part in link for part in later):
                continue
            assert (path.parent / link.partition("#")[0]).resolve().is_file(), link


def test_text_is_escaped(sample_page: Page) -> None:
    """A caller's text is text in every field of a page."""
    bad = "<script>canary()</script>\"'"
    page = sample_page()
    texts = {
        f.name: bad
        for f in fields(page)
        if isinstance(getattr(page, f.name), str)
        and f.name not in {"mode", "body_html", "permalink", "trail"}
    }
    assert page.call
    assert page.debate
    call = {f.name: bad for f in fields(page.call) if isinstance(getattr(page.call, f.name), str)}
    html = layout.html(
        replace(
            page,
            **texts,
            call=replace(page.call, **call),
            banner=replace(page.banner, text=bad, others=bad),
            predictions=(replace(page.predictions[0], sentence=bad, horizon=bad, reason=bad),),
            debate=replace(
                page.debate,
                label=bad,
                conviction=bad,
                formula=bad,
                claim=bad,
                minds=(
                    views.MindRow(name=bad, probability=0.5),
                    views.MindRow(name=bad, absent=bad),
                ),
            ),
            sources=(bad,),
            previous=(views.Link(title=bad, href="index.html"),),
        ),
        ROOT,
    )
    assert not guard.scan(html)


@pytest.mark.parametrize(
    "href",
    ["javascript:1", "//evil.example", "http://a.example", "/abs", "../../up", 'x" y', "data:,"],
)
def test_bad_links_are_refused(href: str, sample_page: Page) -> None:
    """A link that is no path of the site, https or fragment is an error, not a broken page."""
    with pytest.raises(ValueError, match="Href"):
        layout.html(sample_page(older=views.Link(title="x", href=href)), ROOT)


def test_root_is_a_way_up(sample_page: Page) -> None:
    """A root that is not a relative prefix is refused, since every link would be wrong."""
    with pytest.raises(ValueError, match="Root"):
        layout.html(sample_page(), "/site/")


def test_sitting_out_has_no_card(sample_page: Page) -> None:
    """With no call there is no probability, and the chip says that the desk sits out."""
    quiet = views.Banner(state="none", text="The gate stayed shut.")
    html = layout.html(sample_page(call=None, banner=quiet), ROOT)
    assert "Sitting this one out" in html
    assert 'class="odds"' not in html
    assert "The dot is what I say" not in html


def test_replay_says_so(sample_page: Page) -> None:
    """A replayed dispatch is badged and says that it never counts as live."""
    html = layout.html(sample_page(mode="replay"), ROOT)
    assert 'data-s="replay">Replay<' in html
    assert "no part of the live record" in html


def test_only_a_live_page_promises_to_be_early(
    build_site: Callable[..., dict[str, Path]],
    sample_page: Page,
    sample_trail: Callable[..., views.TrailPage],
    tmp_path: Path,
) -> None:
    """A replay was registered after its outcome, so no page of it says otherwise."""
    promise, instead = "registered before its outcome", "ritten from what was known at that moment"
    for mode, there, gone in (("live", promise, instead), ("replay", instead, promise)):
        trail = replace(sample_trail(), mode=mode)  # type: ignore[arg-type]  # it is a Mode
        for path in build_site(tmp_path, sample_page(mode=mode), trail).values():
            html = re.sub("[\u00a0\u202f]", " ", path.read_text(encoding="utf-8"))
            assert there in html
            assert gone not in html


def test_an_absent_mind_has_words_and_no_dot(sample_page: Page) -> None:
    """An absent mind shows its reason where its dot would stand, and no number."""
    html = layout.html(sample_page(), ROOT)
    row = re.search(r"<tr><th scope=\"row\">Flow.*?</tr>", html, re.DOTALL)
    assert row
    assert "absent — no order-flow feed" in row[0]
    assert "circle" not in row[0]
    assert "%" not in row[0]


def test_dot_and_tick_stand_where_the_numbers_say(sample_page: Page) -> None:
    """The dot is at the probability and the tick at the base rate, in per cent of the bar."""
    html = layout.html(sample_page(), ROOT)
    assert 'cx="84.30%" cy="15"' in html
    assert 'x1="80.20%" x2="80.20%" y1="2" y2="28" class="tk"' in html


@pytest.mark.parametrize(
    ("edge", "text"), [(4.1, "+4.1"), (-0.34, "−0.3"), (0.04, "0.0"), (-0.04, "0.0")]
)
def test_points(edge: float, text: str) -> None:
    """An edge has its sign with a true minus, and nothing has none."""
    assert difference(edge) == text


@pytest.mark.parametrize("state", layout.WORDS)
def test_a_notebook_may_use_every_chip(state: str) -> None:
    """A state that pages have a word for passes in an essay too, and no other does."""
    chip = f'<span class="chip" data-s="{state}">x</span>'
    assert markup.sanitise(chip) == chip
    assert "data-s" not in markup.sanitise(chip.replace(state, "other"))


def test_plotly_loads_only_where_a_chart_is(sample_page: Page) -> None:
    """A page without a chart does not ask its reader for megabytes of script."""
    assert "plotly.min.js" in layout.html(sample_page(), ROOT)
    assert "<script" not in layout.html(sample_page(body_html="<p>x</p>"), ROOT)


def test_assets_are_written_once(tmp_path: Path) -> None:
    """Assets are replaced only when their bytes differ, and leave nothing half-written behind."""
    site.write(tmp_path, layout.assets())
    assets = {path.name: path.stat() for path in (tmp_path / "assets").iterdir()}
    scripts = {"plotly.min.js", "charts.js", "search.js", "calls.js"}
    assert set(assets) == {"style.css", "icon.svg", *scripts}
    (tmp_path / "assets" / "style.css").write_text("old", encoding="utf-8")
    site.write(tmp_path, layout.assets())
    after = {path.name: path.stat() for path in (tmp_path / "assets").iterdir()}
    same = {name for name in assets if after[name].st_ino == assets[name].st_ino}
    assert same == set(assets) - {"style.css"}
    assert after["style.css"].st_size == assets["style.css"].st_size


def test_the_trail_names_each_notebook_by_its_own_question() -> None:
    """The questions on a trail's front are the headings of the six notebooks, in their order."""
    folder = Path(__file__).parents[2] / "notebooks"
    asked = {
        path.stem: v4.reads(path.read_text("utf-8")) for path in sorted(folder.glob("*.ipynb"))
    }
    assert {name: render.heading(nb) for name, nb in asked.items()} == QUESTIONS
    assert tuple(QUESTIONS) == NAMES
