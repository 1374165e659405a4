"""What programs ask a site for: the index of titles for its search, a sitemap, robots.txt.

All of it is in shards of a hundred dispatches, as the archive is. A sitemap needs whole addresses,
so that a desk without one has none.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from xml.sax.saxutils import escape

from workbench.desk import feed, layout
from workbench.desk.dispatches import link
from workbench.desk.editions import SHARD, Edition, rows, shard, shards
from workbench.desk.markup import plain
from workbench.domain.calendars import iso, moment
from workbench.domain.figures import day

_SITEMAPS = "http://www.sitemaps.org/schemas/sitemap/0.9"
_HEAD = '<?xml version="1.0" encoding="utf-8"?>\n'


def files(edition: Edition) -> dict[str, str]:
    """Index of titles, robots.txt and, with an address, the sitemap."""
    due = sorted({n // SHARD for n in (*edition.changed, *edition.stale)})
    found = {f"search/{k}.js": titles(edition, k) for k in due} | {
        "search/index.js": _script("workbenchShards", shards(edition.numbers)[::-1]),
        "robots.txt": _robots(edition.desk.params.site.address),
    }
    if edition.desk.params.site.address:
        found |= {f"sitemap-{k}.xml": _mapped(edition, k) for k in due}
        found |= {"sitemap-pages.xml": _pages(edition), "sitemap.xml": _index(edition)}
    return found


def titles(edition: Edition, k: int) -> str:
    """One shard of the index: number, date, title, place and mode of its dispatches.

    It is a script that adds to a global, because a page opened from a folder may not fetch.
    """
    found = rows(edition.ledger, shard(edition.numbers, k))
    listed = [
        (row["of"], day(moment(row["as_of"]).date()), plain(row["title"]), link(row).href,
         row["mode"])
        for row in reversed(found.values())
    ]  # fmt: skip
    said = ",\n".join(json.dumps(row) for row in listed)
    return f"(window.workbenchTitles ||= {{}})[{k}] = [\n{said}\n];\n"


def _script(name: str, value: object) -> str:
    return f"window.{name} = {json.dumps(value)};\n"


def _robots(address: str) -> str:
    return "User-agent: *\nAllow: /\n" + (f"\nSitemap: {address}sitemap.xml\n" if address else "")


def _index(edition: Edition) -> str:
    """The sitemap of sitemaps."""
    address = edition.desk.params.site.address
    names = ["pages", *shards(edition.numbers)]
    inner = (f"<sitemap><loc>{escape(address)}sitemap-{k}.xml</loc></sitemap>\n" for k in names)
    return f'{_HEAD}<sitemapindex xmlns="{_SITEMAPS}">\n{"".join(inner)}</sitemapindex>\n'


def _mapped(edition: Edition, k: int) -> str:
    """The dispatches of a shard, each with the day on which it last said something new."""
    found = list(rows(edition.ledger, shard(edition.numbers, k)).values())
    when = feed.renewed(edition, found)
    return _urls(edition, ((link(row).href, when[row["of"]]) for row in found))


def _pages(edition: Edition) -> str:
    """The pages that are no dispatch: all but one are renewed with each."""
    hrefs = [href for _, href in (*layout.SECTIONS, *layout.ABOUT) if href.endswith(".html")]
    own = rows(edition.ledger, [edition.number])[edition.number]
    when = iso(moment(own["entered"]))
    return _urls(edition, ((href, "" if href.startswith("about/") else when) for href in hrefs))


def _urls(edition: Edition, found: Iterable[tuple[str, str]]) -> str:
    address = escape(edition.desk.params.site.address)
    inner = "".join(
        f"<url><loc>{address}{escape(href.removesuffix('index.html'))}</loc>"
        f"{f'<lastmod>{when}</lastmod>' if when else ''}</url>\n"
        for href, when in found
    )
    return f'{_HEAD}<urlset xmlns="{_SITEMAPS}">\n{inner}</urlset>\n'
