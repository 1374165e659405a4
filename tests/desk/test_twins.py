"""The Markdown twin of a dispatch: the page's words in the page's order, and nothing but words."""

import re
from collections.abc import Callable, Iterator

import pytest
from bs4 import BeautifulSoup
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from nbformat import v4

from workbench.desk import layout, render, twins, views
from workbench.desk.commonmark import converted, escaped
from workbench.desk.figures import html as figure
from workbench.desk.markup import markdown, plain, sanitise

MARKDOWN = MarkdownIt("commonmark").enable("table")
BARE = MarkdownIt("commonmark")
HOSTILE = (
    "<script>alert(1)</script> <img src=x onerror=alert(1)> [a](javascript:alert(1)) ![b](http://x)"
    " `code` **bold** _it_ # no heading &lt;b&gt; | pipe | <https://evil.example> ~~gone~~ \\ end"
)


def words(text: str) -> list[str]:
    """Words and numbers, signs of numbers included, in the order in which they stand."""
    return re.findall(r"[+−<>]?\w+(?:[.,:’\-]\w+)*%?", text.lower().replace("\u202f%", "%"))


def shown(html: str) -> str:
    """A page's text as a reader meets it: main and foot, without what is drawn or only heard."""
    soup = BeautifulSoup(html, "html.parser")
    for gone in soup.select("svg, .vh, thead.vh, script, .foot nav"):
        gone.replace_with(" ")
    return " ".join(f"{soup.main.get_text(' ')} {soup.footer.get_text(' ')}".split())  # type: ignore[union-attr]  # every page has both


def told(markdown_text: str) -> str:
    """What a reader of the twin meets, as a CommonMark parser reads it."""
    return " ".join(
        BeautifulSoup(MARKDOWN.render(markdown_text), "html.parser").get_text(" ").split()
    )


def kinds(text: str, parser: MarkdownIt = BARE) -> Iterator[str]:
    """Every kind of token that a CommonMark parser finds in a text."""
    for token in parser.parse(text):
        yield token.type
        yield from (child.type for child in token.children or ())


PAGES = {
    "open": {},
    "live": {"mode": "live"},
    "replay": {"mode": "replay"},
    "without a call": {"call": None, "debate": None, "predictions": ()},
    "alone": {"older": None, "newer": None, "previous": (), "notices": ()},
}


@pytest.mark.parametrize("name", PAGES)
def test_a_twin_says_what_the_page_says(name: str, sample_page: Callable[..., views.DispatchPage]):
    """Every word and number of the page is in the twin, in the page's order."""
    page = sample_page(**PAGES[name])
    there = iter(words(told(twins.twin(page))))
    missing = [word for word in words(shown(layout.html(page, "../../../"))) if word not in there]
    assert missing == []


def test_the_order_counts(sample_page: Callable[..., views.DispatchPage]):
    """The check above sees a word that is missing, and two that have changed places."""
    page = words(shown(layout.html(sample_page(), "../../../")))
    for harmed in (page[:50] + page[51:], [*page[:50], page[51], page[50], *page[52:]]):
        there = iter(harmed)
        assert any(word not in there for word in page)


def test_a_twin_adds_nothing_of_its_own(sample_page: Callable[..., views.DispatchPage]):
    """The twin is the page again, not more: it has as many words but for heads heard only."""
    page = sample_page()
    heard = 2 + 4  # "My call", which the page only speaks, and the debate's own head
    assert (
        len(words(told(twins.twin(page)))) - len(words(shown(layout.html(page, "../../../"))))
        <= heard
    )


def test_a_twin_is_no_html(sample_page: Callable[..., views.DispatchPage]):
    """Hostile words in every place become words: no tag, no link, no picture, no code of theirs."""
    body = render.dispatch_body(v4.new_notebook(cells=[v4.new_markdown_cell(HOSTILE)]))
    assert sample_page().call is not None
    page = sample_page(
        title=HOSTILE, dek=HOSTILE, body_html=body, sources=(HOSTILE,), notices=(HOSTILE,),
        banner=views.Banner(state="open", text=HOSTILE, others=HOSTILE), written_by=HOSTILE,
        older=views.Link(title=HOSTILE, href="read/1/a/index.html"),
    )  # fmt: skip
    text = twins.twin(page)
    found = set(kinds(text))
    assert not found & {"html_block", "html_inline", "image", "fence", "code_block"}
    links = re.findall(r'href="([^"]*)"', BARE.render(text))
    assert not [link for link in links if not re.fullmatch(r"[\w./#-]+", link)]
    assert HOSTILE.replace("  ", " ") in told(text)


def test_links_lead_where_the_page_leads(sample_page: Callable[..., views.DispatchPage]):
    """The twin lies beside the page, so that its links are the page's, relative to one folder."""
    page = sample_page()
    of_page = {a["href"] for a in BeautifulSoup(layout.html(page, "../../../"), "html.parser")
               .select("main a[href]")}  # fmt: skip
    of_twin = set(re.findall(r'href="([^"]*)"', MARKDOWN.render(twins.twin(page))))
    assert of_twin == of_page
    assert twins.twin_of("read/1/a/index.html") == twins.twin_of("read/1/a/") == "read/1/a/index.md"


@given(st.text(max_size=60))
@example("# no heading").via("discovered failure")
@example("1. no list").via("discovered failure")
@example("- - -").via("discovered failure")
@example("===").via("discovered failure")
@example("**a** _b_ a_b_c `c` [d](e) <b> &amp; ~~f~~").via("discovered failure")
@example("+ \\* \\").via("discovered failure")
def test_any_text_reads_as_itself(text: str):
    """A line of text, escaped, is one paragraph (or nothing) whose text is that line."""
    line = " ".join(plain(text).split())
    tokens = BARE.parse(f"{escaped(text)}\n")
    assert [token.type for token in tokens] == (
        ["paragraph_open", "inline", "paragraph_close"] if line else []
    )
    if line:
        assert "".join(c.content for c in tokens[1].children or ()) == line
        assert {c.type for c in tokens[1].children or ()} <= {"text", "text_special"}


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=80))
def test_any_fragment_keeps_its_words(text: str):
    """Whatever nh3 lets through, its letters come out in their order and no tag does."""
    html = str(markdown(text))
    made = converted(html)
    assert not set(kinds(made)) & {"html_block", "html_inline", "image"}
    there = iter(told(made))  # letters, as a tag may stand inside a word
    said = re.findall(r"\w", BeautifulSoup(html, "html.parser").get_text())
    assert [letter for letter in said if letter not in there] == []


def test_blocks_become_blocks():
    """Headings, lists, quotations, notes, code and tables are what they were."""
    html = sanitise(
        "<h2>One #</h2><p>A <b>b</b>, <a href='../x.html#f'>c (d)</a>.<br>e</p><ul><li>f<ul><li>g"
        "</li></ul></li><li>h</li></ul><ol><li>i</li></ol><blockquote><p>j</p></blockquote>"
        "<div class='note' role='note'><p>k</p></div><pre>l ` m</pre><hr>"
        "<table><caption>n</caption><thead><tr><th>o</th><th class='r'>p | q</th></tr></thead>"
        "<tbody><tr><th>r</th><td class='r'>−1</td></tr></tbody></table>"
    )
    assert converted(html).split("\n\n") == [
        "## One \\#", "A **b**, [c (d)](../x.html#f).\\\ne", "- f\n  - g\n- h", "1. i", "> j",
        "> k", "```\nl ` m\n```", "* * *", "n",
        "| o | p \\| q |\n|---|--:|\n| r | −1 |",
    ]  # fmt: skip


def test_a_chart_becomes_its_words(sample_chart: Callable[..., dict[str, object]]):
    """Title, subtitle, caption and numbers stand; what plotly would draw does not."""
    text = converted(str(figure(sample_chart())))
    assert "data-figure" not in text
    meta = sample_chart()["layout"]["meta"]  # type: ignore[index]  # a chart of ours
    flat = told(text)
    at = [flat.index(" ".join(meta[part].split())) for part in ("title", "subtitle", "caption")]
    assert at == sorted(at)
    assert "| 2026-03-30 | 30.6 |" in text
