"""The documents of a filing: the text of each item of an 8-K, and what its cover pages say.

An item's text runs from its own heading to the next heading or the signatures, so that the text
of one item never stands under another.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from bs4 import BeautifulSoup

from workbench.domain.calendars import NEW_YORK
from workbench.domain.errors import FeedDark
from workbench.domain.hygiene import visible

LONGEST = 1_000_000  # bytes of a document that are read; the longest recorded 8-K has 49 kB
KEPT = 4_000  # characters of one item
CUT = " [cut]"
# What an item of Form 8-K is about, in the words of a headline (SEC, General Instructions, 2004).
NAMES: Mapping[str, str] = {
    "1.01": "enters a material agreement", "1.02": "ends a material agreement",
    "1.03": "is in bankruptcy or receivership", "1.04": "reports on mine safety",
    "1.05": "reports a cybersecurity incident", "2.01": "completes an acquisition or disposal",
    "2.02": "reports results", "2.03": "takes on an obligation",
    "2.04": "reports a triggered obligation", "2.05": "plans an exit or restructuring",
    "2.06": "reports an impairment", "3.01": "reports on its listing",
    "3.02": "sells unregistered shares", "3.03": "changes the rights of its holders",
    "4.01": "changes its auditor", "4.02": "withdraws earlier statements",
    "5.01": "reports a change in control", "5.02": "changes directors, officers or their pay",
    "5.03": "amends its charter or bylaws", "5.04": "suspends trading in its benefit plans",
    "5.05": "amends its code of ethics", "5.06": "is no shell company any more",
    "5.07": "reports a vote of its holders", "5.08": "reports on nominations of directors",
    "6.01": "reports on asset-backed securities", "6.02": "changes its servicer or trustee",
    "6.03": "reports on credit enhancement", "6.04": "fails a distribution",
    "6.05": "updates its securities act disclosure", "6.06": "reports on a static pool",
    "7.01": "discloses under Regulation FD", "8.01": "reports another event",
    "9.01": "files statements or exhibits",
}  # fmt: skip
_BLOCKS = (
    "p", "div", "tr", "li", "ul", "ol", "table", "h1", "h2", "h3", "h4", "h5", "h6", "br", "hr",
    "center", "dt", "dd", "pre",
)  # fmt: skip
_NUMBERS = r"\d\.\d{2}(?:\s*(?:,|;|and|&)\s*(?:item\s*)?\d\.\d{2})*"
# What stands behind the number tells a heading from a mention: "Item 2.02 of this report".
_HEADING = re.compile(
    rf"^[ \t|]*items?[\s|]*({_NUMBERS})(?![\d.]*\d)[ \t|.:)–—-]*"
    r"(?![ \t|]*(?:of|above|below|is|are|was|were|and|or|hereof|hereto|shall|in|to|for|by)\b"
    r"|[,;)])",
    re.IGNORECASE | re.MULTILINE,
)
_END = re.compile(
    r"^[ \t|]*(?:signatures?|signature\(s\)|exhibit\s+index|index\s+to\s+exhibits)[ \t|:.]*$",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """A document taken apart.

    Attributes:
        texts: Number of an item to its text, without its heading.
        cut: Numbers of the items whose text was longer than what is kept.
        named: Fields of the cover that inline XBRL marks, such as ``EntityRegistrantName``.
    """

    texts: Mapping[str, str]
    cut: tuple[str, ...]
    named: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """What a filing's index page, or the header of its full text, says about it.

    Attributes:
        accession: EDGAR's number.
        form: Such as ``8-K``.
        company: First filer named; may be empty.
        cik: Its ten digits; may be empty.
        accepted: When EDGAR took it; both pages show New York's clock.
        items: Numbers of its items.
        report_date: Day reported on, ISO; may be empty.
        document: Address path of the main document; empty in a full text.
    """

    accession: str
    form: str
    company: str
    cik: str
    accepted: dt.datetime
    items: tuple[str, ...] = ()
    report_date: str = ""
    document: str = ""


def split(body: bytes, wanted: Collection[str] = (), kept: int = KEPT) -> Texts:
    """The items of an 8-K.

    Args:
        body: The main document, HTML or plain text.
        wanted: Items that the filing's list names; headings of others are not believed. Empty
            believes every heading of an item that exists.
        kept: Characters kept of each.

    Raises:
        FeedDark: It has no heading of an item.
    """
    text, named = _text(body)
    believed = frozenset(wanted) or frozenset(NAMES)
    heads = [
        (found.start(), found.end(), numbers)
        for found in _HEADING.finditer(text)
        if (numbers := [one for one in re.findall(r"\d\.\d{2}", found[1]) if one in believed])
    ]
    if not heads:
        raise FeedDark("no_items", "The document has no heading of an item of Form 8-K.")
    texts: dict[str, str] = {}
    for at, (_, start, numbers) in enumerate(heads):
        stop = heads[at + 1][0] if at + 1 < len(heads) else len(text)
        end = _END.search(text, start, stop)
        piece = "\n".join(
            line for raw in text[start : end.start() if end else stop].splitlines()
            if (line := " ".join(raw.split()).strip("| "))
        )  # fmt: skip
        for number in numbers:
            texts[number] = f"{texts[number]}\n{piece}".strip() if number in texts else piece
    long = tuple(number for number, piece in texts.items() if len(piece) > kept)
    if len(body) > LONGEST:
        long = tuple(dict.fromkeys((*long, *heads[-1][2])))
    return Texts(
        texts={n: t[:kept].rstrip() + CUT if n in long else t for n, t in texts.items()},
        cut=long, named=named,
    )  # fmt: skip


def _text(body: bytes) -> tuple[str, dict[str, str]]:
    """The lines that a reader sees, and the fields that inline XBRL marks."""
    raw = body[:LONGEST]
    if not re.search(rb"<(?:html|body|div|p|table)\b", raw[:20_000], re.IGNORECASE):
        return visible(raw.decode("utf-8", "replace")), {}
    soup = _soup(raw)
    named: dict[str, str] = {}
    for mark in soup.find_all("ix:nonnumeric"):
        name = str(mark.get("name", "")).removeprefix("dei:")
        named.setdefault(name, " ".join(visible(mark.get_text()).split())[:200])
    for gone in soup.find_all(["script", "style", "head", "ix:header"]):
        gone.extract()
    pieces: list[str] = []
    for one in soup.descendants:
        if isinstance(one, str):
            # A line break within a paragraph's source is no line of the page.
            pieces.append(
                re.sub(r"\s+", " ", one) if type(one).__name__ == "NavigableString" else ""
            )
        elif getattr(one, "name", "") in _BLOCKS:
            pieces.append("\n")
        elif getattr(one, "name", "") in ("td", "th"):
            pieces.append(" | ")
    return visible("".join(pieces)), named


def _soup(raw: bytes) -> BeautifulSoup:
    """The page; a declaration of XML would have bs4 doubt that it is one."""
    return BeautifulSoup(re.sub(rb"<\?[^>]*>?", b"", raw), "html.parser")


def index(body: bytes) -> Cover:
    """The index page of a filing, ``…-index.htm``.

    Raises:
        FeedDark: It does not say what was accepted, and when.
    """
    soup = _soup(body[:LONGEST])
    heads = {
        " ".join(head.get_text().split()): value
        for head in soup.find_all(class_="infoHead")
        if (value := head.find_next_sibling(class_="info")) is not None
    }
    said = {name: " ".join(value.get_text(" ").split()) for name, value in heads.items()}
    form = _first(r"Form\s+(\S[^\n-]*(?:-\S+)?)", _of(soup, "formName"))
    number = _first(r"(\d{10}-\d{2}-\d{6})", _of(soup, "secNum"))
    at = _new_york(re.sub(r"\D", "", said.get("Accepted", "")))
    if not number or at is None:
        raise FeedDark("no_field", "The index page has no accession number or no time 'Accepted'.")
    filer = _of(soup, "companyName", by_class=True)
    link = soup.select_one("table.tableFile td a[href]")
    href = str(link.get("href", "")) if link else ""
    return Cover(
        accession=number, form=form.strip()[:20], accepted=at,
        company=" ".join(re.split(r"\(Filer\)|\(Issuer\)|\(Subject\)|CIK", filer)[0].split())[:200],
        cik=_first(r"(\d{10})", filer), items=_items(said.get("Items", "")),
        report_date=_first(r"(\d{4}-\d{2}-\d{2})", said.get("Period of Report", "")),
        document=href.removeprefix("/ix?doc="),
    )  # fmt: skip


def full_text(body: bytes) -> tuple[Cover, bytes]:
    """The header of a full submission, ``….txt``, and its first document.

    Raises:
        FeedDark: It has no header that says what was accepted, and when.
    """
    raw = body[:LONGEST]
    head = raw[:20_000].decode("latin-1")
    at = _new_york(_first(r"<ACCEPTANCE-DATETIME>\s*(\d{14})", head))
    number = _first(r"ACCESSION NUMBER:\s*(\d{10}-\d{2}-\d{6})", head)
    if at is None or not number:
        raise FeedDark("no_field", "The submission's header has no accession number or acceptance.")
    day = _first(r"CONFORMED PERIOD OF REPORT:\s*(\d{8})", head)
    document = re.search(rb"<TEXT>(.*?)(?:</TEXT>|$)", raw, re.DOTALL)
    cover = Cover(
        accession=number, form=_first(r"CONFORMED SUBMISSION TYPE:\s*(\S+)", head), accepted=at,
        company=_first(r"COMPANY CONFORMED NAME:[ \t]*([^\n]+)", head).strip(),
        cik=_first(r"CENTRAL INDEX KEY:\s*(\d{10})", head),
        report_date=f"{day[:4]}-{day[4:6]}-{day[6:]}" if day else "",
    )  # fmt: skip
    return cover, document[1] if document else b""


def _items(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(re.findall(r"\bItem (\d\.\d{2})\b", text)))


def _of(soup: BeautifulSoup, name: str, *, by_class: bool = False) -> str:
    found = soup.find(class_=name) if by_class else soup.find(id=name)
    return " ".join(found.get_text(" ").split()) if found else ""


def _first(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    return found[1] if found else ""


def _new_york(digits: str) -> dt.datetime | None:
    """``20260306161125`` on New York's clock, in UTC."""
    try:
        return (
            dt.datetime.strptime(digits, "%Y%m%d%H%M%S").replace(tzinfo=NEW_YORK).astimezone(dt.UTC)
        )
    except ValueError:
        return None
