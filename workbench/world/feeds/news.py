"""Headlines from RSS and Atom: title, source, link and time; nothing else of an article is kept.

Series ``news:NAME``, the name behind it the feed's address. A headline is dated by its publisher
and known from when we first saw it. What has no date, one of the future or one more than
``days`` old (option, default 7) is left out of the present, and a gap says how many.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from workbench.domain.deliveries import Delivered, Gap, Request
from workbench.domain.errors import FeedDark
from workbench.domain.hygiene import clean, link
from workbench.world.feeds.endpoints import Endpoint, Item, delivered
from workbench.world.feeds.gathering import each
from workbench.world.http.answers import Client, Form
from workbench.world.http.decoding import apart, as_json

SOURCE = "news"
BASE = ""  # every feed has its own address
DAYS = 7
AHEAD = dt.timedelta(minutes=10)  # publishers' clocks; one recorded list is 2 minutes ahead
MOST = 500  # entries read of one list; the longest recorded has 100
# Names of days and months as newspapers of other languages write them into RFC 822 dates.
_MONTHS = {
    "fev": "Feb", "abr": "Apr", "mai": "May", "ago": "Aug", "set": "Sep", "out": "Oct",
    "dez": "Dec", "ene": "Jan", "dic": "Dec", "avr": "Apr", "juin": "Jun", "juil": "Jul",
    "aout": "Aug", "mär": "Mar", "okt": "Oct", "gen": "Jan", "mag": "May", "giu": "Jun",
    "lug": "Jul", "ott": "Oct",
}  # fmt: skip


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of a list, as it came.

    Attributes:
        title: With markup, if any.
        link: Anything.
        key: What the list tells it by; may be empty.
        date: As written; may be empty.
        source: Whose it is, where the list says so.
    """

    title: str
    link: str
    key: str
    date: str
    source: str


async def fetch(client: Client, request: Request) -> Delivered:
    """The headlines of each list.

    Raises:
        FeedDark: No list could be read.
    """
    if not request.series:
        raise FeedDark(
            "no_series", "No list is named. Write series: {news:cnbc: https://…} in params."
        )
    return await each(
        SOURCE,
        {series: _one(client, request, series, url) for series, url in request.series.items()},
    )


async def _one(client: Client, request: Request, series: str, url: str) -> Delivered:
    found = re.match(r"https?://[^/]+(/.*)?$", url)
    if not found:
        raise FeedDark("no_address", f"{series} has no address: {url[:80]!r} is none.")
    address = request.base + (found[1] or "/") if request.base else url
    form: Form = "json" if address.endswith(".json") else "xml"
    return await apart(parse, (await client.ask(address, form=form)).body, request, url)


def parse(body: bytes, request: Request, address: str) -> Delivered:
    """A list in RSS, Atom or JSON; without series it is called by the host that it came from.

    Raises:
        FeedDark: It is none of them.
    """
    found = gathered(body) if body.lstrip()[:1] in (b"{", b"[") else entries(body)
    return _headlines(found, request, _series(request, address))


def gathered(body: bytes) -> list[Entry]:
    """Headlines gathered by others: ``items`` with headline, source, link and timestamp.

    Raises:
        FeedDark: It is no such object.
    """
    whole = as_json(body)
    rows = whole.get("items") if isinstance(whole, dict) else None
    if not isinstance(rows, list):
        raise FeedDark("no_field", "The gathered headlines have no list 'items'.")
    found = [
        Entry(
            title=_said(one, "headline", "title"), link=_said(one, "link", "url"),
            key=_said(one, "id", "guid"), date=_said(one, "timestamp", "published", "pubDate"),
            source=_said(one, "source", "publisher"),
        )
        for one in rows[:MOST]
        if isinstance(one, dict)
    ]  # fmt: skip
    if rows and not any(one.title for one in found):
        raise FeedDark("no_field", f"None of {len(rows)} gathered headlines has a 'headline'.")
    return found


def entries(body: bytes) -> list[Entry]:
    """The entries of a list.

    Args:
        body: RSS of any version or Atom, in whatever encoding it says or shows.

    Raises:
        FeedDark: It is neither.
    """
    import feedparser  # type: ignore[import-untyped]  # it ships neither types nor stubs

    # Titles are cleaned and links judged here, so feedparser need not.
    whole = feedparser.parse(body, sanitize_html=False, resolve_relative_uris=False)
    if not whole.get("version") and not whole.entries:
        raise FeedDark("not_feed", f"The {len(body)} bytes are neither RSS nor Atom.")
    # As plain mappings: feedparser's own guess one field for another.
    return [_entry(dict(one)) for one in whole.entries[:MOST]]


def _entry(one: Mapping[str, Any]) -> Entry:
    source = one.get("source")
    return Entry(
        title=_said(one, "title"), link=_said(one, "link"), key=_said(one, "id"),
        date=_said(one, "published", "updated", "created"),
        source=_said(source, "title") if isinstance(source, Mapping) else "",
    )  # fmt: skip


def _said(one: Mapping[str, Any], *names: str) -> str:
    return next((v for name in names if isinstance(v := one.get(name), str) and v.strip()), "")


def _headlines(found: list[Entry], request: Request, series: str) -> Delivered:
    if not found:
        reason = "The list is empty, which does not say that nothing happened."
        return delivered(SOURCE, gaps=[Gap(series=series, code="no_items", reason=reason)])
    days = int(text) if (text := request.options.get("days", "")).isdecimal() else DAYS
    items: dict[str, Item] = {}
    lost: dict[str, list[str]] = {}
    for one in found:
        title = clean(_unsourced(one))
        when = moment(one.date)
        if code := _why_not(title.text, when, request, days):
            lost.setdefault(code, []).append(title.text[:60])
            continue
        address = link(one.link)
        key = one.key or address or title.text
        item = Item(
            series=series, key=hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()[:24],
            kind="headline", at=when or request.now, known_at=request.now, title=title.text,
            link=address, basis="seen",
            detail={"source": clean(one.source, 80).text, "flags": list(title.flags)},
        )  # fmt: skip
        items.setdefault(item.key, item)
    gaps = [
        Gap(series=series, code=code, reason=f"{len(some)} of {len(found)} entries {_LOST[code]}.")
        for code, some in sorted(lost.items())
    ]
    if unlinked := sum(not one.link for one in items.values()):
        reason = f"{unlinked} of {len(items)} headlines have no https link; they stand without one."
        gaps.append(Gap(series=series, code="no_link", reason=reason))
    return delivered(SOURCE, items=items.values(), gaps=gaps)


_LOST = {
    "no_title": "have no title", "undated": "have no date that can be read",
    "future": "are dated in the future", "old": "are older than the present set reaches",
}  # fmt: skip


def _why_not(title: str, when: dt.datetime | None, request: Request, days: int) -> str:
    if not title:
        return "no_title"
    if when is None:
        return "undated"
    if when > request.now + AHEAD:
        return "future"
    return "old" if when < request.now - dt.timedelta(days=days) else ""


def _unsourced(one: Entry) -> str:
    """The title without `` - Publisher`` at its end, where the list names that publisher."""
    tail = f" - {one.source}"
    return one.title.removesuffix(tail) if one.source else one.title


def moment(text: str) -> dt.datetime | None:
    """A moment from RFC 822 or ISO 8601 with its zone; None for any other text.

    >>> moment("Seg, 24 Set 2018 19:42:40 -0300").isoformat()
    '2018-09-24T22:42:40+00:00'
    """
    plain = " ".join(text.split())[:60]
    try:
        found = dt.datetime.fromisoformat(plain)
    except ValueError:
        found = None
    if found is None:
        # The day's name says nothing that its date does not, and comes in every language.
        words = re.sub(r"^[^\d]*", "", plain).split()
        if len(words) > 1:
            words[1] = _MONTHS.get(
                words[1].casefold()[:4], _MONTHS.get(words[1].casefold()[:3], words[1])
            )
        # Without a zone at the end the parser would guess UTC.
        if len(words) < 5 or not re.fullmatch(r"[+-]\d{4}|[A-Za-z]{1,4}", words[-1]):
            return None
        try:
            found = parsedate_to_datetime(" ".join(words))
        except (ValueError, TypeError, IndexError):
            return None
    try:
        return found.astimezone(dt.UTC) if found.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _series(request: Request, address: str) -> str:
    own = {url: series for series, url in request.series.items()}
    if request.series:
        return own.get(address, next(iter(request.series)))
    found = re.match(r"https?://(?:www\.|rss\.|feeds?\.)?([^/:]+)", address)
    return f"news:{found[1] if found else 'unnamed'}"


ENDPOINTS = (Endpoint(name="list", pattern=re.compile(""), hosts=(), form="xml", parse=parse),)
