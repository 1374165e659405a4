"""Text and our own HTML as CommonMark without HTML.

Tables are written with pipes, which most readers of Markdown draw and the others show as they
stand. Whatever goes in, what comes out reads as the same words and as nothing else: no tag, no
link and no heading that was not one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString, PageElement
from markupsafe import Markup

from workbench.desk.markup import plain

_INLINE = re.compile(
    r"[\\`*|\[\]]"
    r"|(?<![^\W_])_|_(?![^\W_])"  # inside a word it is only a letter
    r"|<(?=[A-Za-z/!?])|&(?=#|\w+;)|~(?=~)|(?<=~)~"
)
_START = re.compile(r"^(?:#{1,6}(?=\s|$)|>|[-+](?=\s|$)|(?:-\s*){3,}$|=+$|~~~)")
_COUNT = re.compile(r"^(\d{1,9})(?=[.)](?:\s|$))")
_BLOCKS = frozenset(
    {"blockquote", "dd", "details", "div", "dl", "dt", "figcaption", "figure", "h2", "h3", "h4"}
    | {"hr", "li", "ol", "p", "pre", "section", "summary", "table", "ul"}
)
_SPACE = re.compile(r"\s+")


def escaped(text: str) -> Markup:
    """One line of text, so that Markdown says just that, wherever in a line it stands."""
    line = _SPACE.sub(" ", plain(text)).strip()
    line = _COUNT.sub(r"\1\\", _START.sub(lambda found: f"\\{found[0]}", _marked(line)))
    return Markup(line)  # noqa: S704  (nothing in it means anything to Markdown)


def converted(html: str) -> Markup:
    """A fragment of the site's HTML as blocks of Markdown with an empty line between.

    Links keep their address, charts become the words and the table that stand with them, pictures
    what they are said to show.

    Args:
        html: From `render`, `markup` or `figures`: their tags alone are known here.
    """
    found = "\n\n".join(_blocks(BeautifulSoup(html, "html.parser").children))
    return Markup(found)  # noqa: S704  (as above)


def _marked(text: str) -> str:
    return _INLINE.sub(lambda found: f"\\{found[0]}", text)


def _blocks(nodes: Iterable[PageElement]) -> Iterator[str]:
    """The blocks of some nodes; loose text between blocks is a paragraph."""
    loose: list[PageElement] = []
    for node in nodes:
        if isinstance(node, Tag) and node.name in _BLOCKS:
            yield from _paragraph(loose)
            loose = []
            yield from _block(node)
        else:
            loose.append(node)
    yield from _paragraph(loose)


def _paragraph(nodes: Iterable[PageElement]) -> Iterator[str]:
    text = _line(nodes)
    if text:
        yield text


def _line(nodes: Iterable[PageElement]) -> str:
    """Inline content as the start of a block."""
    lines = re.split(r"\\\n", _inline(nodes))
    kept = [_SPACE.sub(" ", line).strip() for line in lines]
    kept = [_COUNT.sub(r"\1\\", _START.sub(lambda m: f"\\{m[0]}", line)) for line in kept if line]
    return "\\\n".join(kept)


def _block(node: Tag) -> Iterator[str]:
    match node.name:
        case "h2" | "h3" | "h4":
            text = re.sub(r"#(?=#*$)", r"\\#", _line(node.children).replace("\\\n", " "))
            if text:
                yield f"{'#' * int(node.name[1])} {text}"
        case "hr":
            yield "* * *"
        case "ul" | "ol":
            yield _items(node)
        case "dl":
            yield _terms(node)
        case "pre":
            yield _code(node.get_text())
        case "blockquote":
            yield _quoted(_blocks(node.children))
        case "table":
            yield from _table(node)
        case "div" if _has(node, "chart"):
            return  # what it shows stands beside it as words
        case "div" if _has(node, "note"):
            yield _quoted(_blocks(node.children))
        case "p" if _has(node, "ft"):  # a chart's finding
            yield from (f"**{text}**" for text in _paragraph(node.children))
        case "p" | "summary" | "figcaption" | "dt" | "dd":
            yield from _paragraph(node.children)
        case _:
            yield from _blocks(node.children)


def _inline(nodes: Iterable[PageElement]) -> str:
    text = ""
    for node in nodes:
        if isinstance(node, NavigableString):
            text += _marked(_SPACE.sub(" ", str(node)))
        elif isinstance(node, Tag):
            text += _element(node, text)
    return text


def _element(node: Tag, before: str) -> str:
    """One inline element; strong only where Markdown would see it as strong."""
    inner = _inline(node.children)
    match node.name:
        case "br":
            return "\\\n"
        case "img":
            return _marked(str(node.get("alt", "")))
        case "a" if node.get("href") and inner.strip():
            return f"[{inner}]({_address(str(node['href']))})"
        case "b" | "strong" if _may_be_strong(node, inner, before):
            return f"**{inner}**"
        case "small" | "code" | "summary":
            return f" {inner}" if before and node.name == "small" else inner
    return inner


def _may_be_strong(node: Tag, inner: str, before: str) -> bool:
    after = node.next_sibling.get_text()[:1] if node.next_sibling else ""
    beside = not re.search(r"[\w*\\]$", before) and not re.match(r"[\w*]", after)
    return beside and bool(re.match(r"[^\s*]", inner)) and not re.search(r"[\s*\\]$", inner)


def _address(href: str) -> str:
    return re.sub(r"[()<>\s\\]", lambda found: f"%{ord(found[0]):02X}", href)


def _items(node: Tag) -> str:
    ordered, made = node.name == "ol", []
    items = (one for one in node.children if isinstance(one, Tag) and one.name == "li")
    for number, item in enumerate(items, 1):
        mark = f"{number}. " if ordered else "- "
        inner = "\n\n".join(_blocks(item.children)) or "–"
        inner = re.sub(r"\n\n(?=- |1\. )", "\n", inner)  # a list in a list stays a short one
        made.append(mark + re.sub(r"\n(?=[^\n])", "\n" + " " * len(mark), inner))
    return "\n".join(made)


def _terms(node: Tag) -> str:
    made: list[str] = []
    for one in node.children:
        if isinstance(one, Tag):
            text = _line(one.children).replace("\\\n", " ")
            made += [f"- {text}:"] if one.name == "dt" else [f"  {text}"]
    return "\n".join(made)


def _quoted(blocks: Iterable[str]) -> str:
    return "\n".join(f"> {line}".rstrip() for line in "\n\n".join(blocks).split("\n"))


def _code(text: str) -> str:
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{plain(text).strip(chr(10))}\n{fence}"


def _table(node: Tag) -> Iterator[str]:
    """Its caption, then its rows; columns of numbers stand flush right as on the page."""
    if node.caption:
        yield from _paragraph(node.caption.children)
    rows = [row.find_all(["th", "td"], recursive=False) for row in node.find_all("tr")]
    rows = [row for row in rows if row]
    if not rows:
        return
    width = max(map(len, rows))
    headed = bool(node.thead and node.thead.find("tr"))
    head, body = (rows[0], rows[1:]) if headed else ([], rows)
    right = [any(_has(row[i], "r") for row in rows if i < len(row)) for i in range(width)]
    lines = [_row(head, width), "|" + "|".join("--:" if flush else "---" for flush in right) + "|"]
    yield "\n".join([*lines, *(_row(row, width) for row in body)])


def _row(cells: list[Tag], width: int) -> str:
    shown = [_line(cell.children).replace("\\\n", " ") for cell in cells]
    return "| " + " | ".join(shown + [""] * (width - len(shown))) + " |"


def _has(node: Tag, name: str) -> bool:
    return name in (node.get_attribute_list("class") or ())
