"""The desk's Atom feed: its latest dispatches, each entry renewed when its predictions settle.

Ids come from the ledger's hashes, so that no change of address or title makes an old dispatch new.
Moments are those of the ledger's own rows, by the wall clock, for replays too: what was written
today about 2018 was written today. Source: RFC 4287.
"""

from __future__ import annotations

import uuid
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from xml.etree import ElementTree as ET

import sqlalchemy as sa

from workbench.desk import editions, standing
from workbench.desk.dispatches import link
from workbench.desk.editions import Edition
from workbench.desk.markup import xml
from workbench.domain.calendars import iso, moment
from workbench.domain.figures import instant, share
from workbench.steps import joining, stretches
from workbench.world import entries as book

LISTED = 30  # entries
_ATOM = "http://www.w3.org/2005/Atom"


def files(edition: Edition) -> dict[str, str]:
    """The feed."""
    return {"feed.xml": feed(edition)}


def feed(edition: Edition) -> str:
    """The feed as XML.

    Links are whole where the desk has an address, else relative to the feed, wherever it lies.
    """
    numbers = edition.numbers[-LISTED:]
    rows = list(editions.rows(edition.ledger, numbers).values())
    when = renewed(edition, rows)
    held = standing.of_each(edition.ledger, numbers, standing.ON_RECORD)
    root = ET.Element("feed", {"xmlns": _ATOM, "xml:lang": "en"})
    home = edition.desk.params.site.address
    _text(root, "id", _id(_genesis(edition)))
    _text(root, "title", "Workbench")
    _text(root, "subtitle", "A market-research desk that keeps score")
    _text(root, "updated", max(when.values()))
    _link(root, "self", f"{home}feed.xml", "application/atom+xml")
    _link(root, "alternate", f"{home}index.html", "text/html")
    _author(root, "Workbench, a program")
    for row in reversed(rows):
        _entry(root, edition, row, when[row["of"]], held.get(row["of"], []))
    ET.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def renewed(edition: Edition, rows: Sequence[sa.RowMapping]) -> dict[int, str]:
    """When the page of each dispatch last said something new, ISO by the wall clock.

    That is its own registration, the settlement of one of its predictions, or the registration of
    the first dispatch on the site that saw a deadline of its pass without one.

    Args:
        edition: What is published.
        rows: Of `editions.rows`, oldest first.
    """
    claims, decisions, settled = book.claims.c, book.decisions.c, book.settlements.c
    query = (
        sa.select(claims.cycle, claims.deadline, settled.registered_at)
        .join(book.decisions, decisions.claim == claims.id)
        .outerjoin(book.settlements, settled.claim == claims.id)
        .where(claims.cycle.in_([row["of"] for row in rows]))
        .where(standing.in_roles(standing.ON_RECORD))
    )
    found = {row["of"]: row["entered"] for row in rows}
    awaited: dict[str, set[int]] = {}
    for one in edition.ledger.read(query):
        number = one["cycle"]
        if one["registered_at"]:
            found[number] = max(found[number], one["registered_at"])
        elif one["deadline"] <= iso(edition.now):
            awaited.setdefault(one["deadline"], set()).add(number)
    for number, said in _saw(edition, awaited):
        found[number] = max(found[number], said)
    return {number: iso(moment(at)) for number, at in found.items()}


def _saw(edition: Edition, awaited: Mapping[str, set[int]]) -> Iterator[tuple[int, str]]:
    """Each dispatch that waits, with when the first one after its deadline was registered."""
    numbers, first = edition.numbers, dict[str, int]()
    for deadline in awaited:
        cycle = stretches.start(edition.ledger, moment(deadline), edition.number)
        if cycle <= numbers[-1]:
            first[deadline] = numbers[bisect_left(numbers, cycle)]
    known = editions.rows(edition.ledger, list(set(first.values())))
    for deadline, seen in first.items():
        if seen in known:
            yield from ((number, known[seen]["entered"]) for number in awaited[deadline])


def _entry(
    root: ET.Element,
    edition: Edition,
    row: sa.RowMapping,
    renewed_at: str,
    held: Sequence[standing.Standing],
) -> None:
    kept: Mapping[str, Any] | None = editions.part(edition.desk, row, "dispatch")
    entry = ET.SubElement(root, "entry")
    _text(entry, "id", _id(row["chain"]))
    _text(entry, "title", row["title"])
    _text(entry, "published", iso(moment(row["entered"])))
    _text(entry, "updated", renewed_at)
    address = edition.desk.params.site.address + link(row).href
    _link(entry, "alternate", address, "text/html")
    _link(entry, "alternate", address.removesuffix("html") + "md", "text/markdown")
    _author(entry, "Workbench, by " + (joining.byline(kept).partition(",")[0] if kept
                                       else "a program"))  # fmt: skip
    ET.SubElement(entry, "category", term=row["mode"], label=row["mode"].capitalize())
    _text(entry, "summary", " ".join(_summary(row, kept, held)))


def _summary(
    row: sa.RowMapping, kept: Mapping[str, Any] | None, held: Sequence[standing.Standing]
) -> Iterable[str]:
    """What a reader of feeds sees: mode and moment, the dek, and the call in one line."""
    mode = "Replay" if row["mode"] == "replay" else "Live"
    yield f"{mode}, as of {instant(moment(row['as_of']))}."
    if kept:
        yield kept["dek"]
    call = standing.called(held)
    if call is None:
        yield "I sit this one out."
    else:
        p, base = call.probability, call.base_rate
        yield (f"My call: {call.sentence}, {share(p, base)} beside a base rate of "
               f"{share(base, p)}.")  # fmt: skip


def _genesis(edition: Edition) -> str:
    """Hash of the ledger's first cycle, which names the desk for good."""
    query = sa.select(book.cycles.c.hash).order_by(book.cycles.c.number).limit(1)
    return str(edition.ledger.read(query)[0]["hash"])


def _id(chain: str) -> str:
    """A permanent id out of a row's hash on the ledger, the same at any address."""
    return uuid.uuid5(uuid.NAMESPACE_OID, chain).urn


def _text(parent: ET.Element, tag: str, text: str) -> None:
    ET.SubElement(parent, tag).text = xml(text)


def _author(parent: ET.Element, name: str) -> None:
    _text(ET.SubElement(parent, "author"), "name", name)


def _link(parent: ET.Element, rel: str, href: str, kind: str) -> None:
    ET.SubElement(parent, "link", rel=rel, type=kind, href=href)
