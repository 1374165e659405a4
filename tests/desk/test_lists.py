"""What lists many dispatches: archive, feed, sitemap, index of titles; and the about page.

All stand on a made-up shelf of dispatches: no notebook runs.
"""

import json
import re
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import feedparser
import pytest
import sqlalchemy as sa
from defusedxml.ElementTree import fromstring

from tests.bench.shelf import Shelf, as_of, shelf
from workbench.desk import (
    aboutpage,
    archivepage,
    callspage,
    debated,
    editions,
    feed,
    front,
    guard,
    mindpage,
    outlets,
    traced,
    views,
    weeklypage,
)
from workbench.desk.editions import Edition
from workbench.desk.standing import ON_RECORD, of_each, standings
from workbench.domain.calendars import iso, moment
from workbench.measures.scoring import desk_score
from workbench.world import entries as book
from workbench.world.params import Desk, read
from workbench.world.schema import SiteParams

LENGTH, LIVE = 213, 20
ATOM = "{http://www.w3.org/2005/Atom}"
HOSTILE = 'A <b>bold</b> & "quoted" ]]> title</title><script>alert(1)</script> \x1b[31m\ufffe\u2028'


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    """A shelf of 213 dispatches, the last twenty live."""
    return shelf(tmp_path_factory.mktemp("shelf"), LENGTH, live=LIVE)


@pytest.fixture
def now(made: Shelf) -> Edition:
    """Its last edition; no cycle of a shelf has a folder, so what changed counts as stale."""
    began = editions.edition(made.desk, made.ledger, made.number)
    changed = tuple(editions.changed(made.ledger, began.numbers))
    return replace(began, changed=changed, stale=())


@pytest.fixture
def at(now: Edition) -> Callable[[str], Edition]:
    """The same edition of a desk with an address."""

    def addressed(address: str) -> Edition:
        desk = Desk(now.desk.path, now.desk.outputs, now.desk.archive)
        site = SiteParams(address=address)
        desk.params = desk.params.model_copy(update={"site": site})
        return replace(now, desk=desk)

    return addressed


def listed(page: str) -> list[int]:
    """Numbers of the dispatches of a page of the archive, as they stand."""
    return [int(number) for number in re.findall(r'href="\.\./read/(\d+)/what-', page)]


def test_a_dispatch_keeps_its_page(now: Edition):
    """Page k holds the dispatches k00 to k99, newest first; the first page is the newest."""
    files = archivepage.files(replace(now, changed=tuple(now.numbers)))
    assert set(files) == {"read/index.html", "read/0.html", "read/1.html", "read/2.html"}
    assert listed(files["read/0.html"]) == list(range(99, 0, -1))
    assert listed(files["read/1.html"]) == list(range(199, 99, -1))
    assert listed(files["read/2.html"]) == listed(files["read/index.html"])
    assert listed(files["read/index.html"]) == list(range(LENGTH, 199, -1))
    for k in range(3):
        assert f'href="../read/{k}.html"' in files["read/index.html"]
    assert all(guard.scan(text) == [] for text in files.values())


def test_only_pages_that_changed_are_written(now: Edition):
    """A publication writes the pages of what it changed, the first one, and no other."""
    assert set(archivepage.files(replace(now, changed=(LENGTH,)))) == {
        "read/index.html", "read/2.html"}  # fmt: skip
    assert "read/1.html" in archivepage.files(replace(now, changed=(150, LENGTH)))
    assert "read/0.html" in archivepage.files(replace(now, changed=(LENGTH,), stale=(7,)))


def test_pages_lead_to_their_neighbours(now: Edition):
    """From the first page back to the oldest and forward again, without an end that leads out."""
    files = archivepage.files(replace(now, changed=tuple(now.numbers)))
    pager = re.compile(r'href="\.\./(read/\w+\.html)"><small>(← Older|Newer →|All pages)')
    assert pager.findall(files["read/index.html"]) == [("read/1.html", "← Older")]
    assert pager.findall(files["read/1.html"]) == [
        ("read/0.html", "← Older"), ("read/index.html", "All pages"),
        ("read/2.html", "Newer →")]  # fmt: skip
    assert [word for _, word in pager.findall(files["read/0.html"])] == ["All pages", "Newer →"]


def test_entries_say_how_calls_stand(now: Edition, made: Shelf):
    """Each entry has its date, title, call, chip and score of the ledger, and its mode."""
    files = archivepage.files(replace(now, changed=tuple(now.numbers)))
    text = files["read/1.html"] + files["read/2.html"]
    entries = dict(
        re.findall(r"<li><p class=\"desk\"><span>(\d+)</span>(.*?)</li>", text, re.DOTALL)
    )
    of, decided, settled = book.dispatches.c, book.decisions.c, book.settlements.c
    query = (
        sa.select(of.of, of.title, decided.probability, decided.base_rate, settled.outcome)
        .select_from(book.dispatches.outerjoin(book.decisions, decided.claim == of.call)
                     .outerjoin(book.settlements, settled.claim == of.call))
        .where(of.of >= 100)
    )  # fmt: skip
    seen = set()
    for row in made.ledger.read(query):
        entry = entries[str(row["of"])]
        mode = "live" if row["of"] > LENGTH - LIVE else "replay"
        assert f'data-s="{mode}"' in entry
        assert row["title"] in entry.replace("\u00a0", " ")
        if row["outcome"] in {"yes", "no"}:
            y = float(row["outcome"] == "yes")
            score = desk_score(row["probability"], row["base_rate"], y)
            assert f"Score {score:.2f}" in entry
        seen |= set(re.findall(r'data-s="(\w+)"', entry))
    assert seen >= {"right", "wrong", "void", "none", "open"}


def test_many_are_read_as_one_is(made: Shelf):
    """Asked at once, predictions of a run of cycles are those that each cycle has alone."""
    many = of_each(made.ledger, range(40, 61), ON_RECORD)
    for number in range(40, 61):
        assert many.get(number, []) == standings(made.ledger, number, ON_RECORD)


def test_archive_pages_are_no_dispatches(made: Shelf, tmp_path: Path):
    """Pages of the archive lie beside the dispatches' folders and are not taken for one."""
    place = made.desk.outputs / "site" / "read" / "9.html"
    place.write_text("a page")
    try:
        numbers = editions.edition(made.desk, made.ledger, made.number).numbers
        assert numbers == list(range(1, LENGTH + 1))
    finally:
        place.unlink()


@pytest.mark.parametrize("address", ["", "https://desk.example/a/"])
def test_the_feed_is_atom(address: str, at: Callable[[str], Edition]):
    """feedparser reads thirty entries without complaint; all that RFC 4287 asks for is there."""
    edition = at(address)
    text = feed.feed(edition)
    read = feedparser.parse(text)
    assert (read.bozo, read.version, len(read.entries)) == (False, "atom10", 30)
    root = fromstring(text)
    for element in (root, *root.findall(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            assert len(element.findall(f"{ATOM}{name}")) == 1, name
        assert element.find(f"{ATOM}author/{ATOM}name") is not None
        assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", element.findtext(f"{ATOM}id", ""))
        assert moment(element.findtext(f"{ATOM}updated", ""))
        links = [(one.get("rel"), one.get("type")) for one in element.findall(f"{ATOM}link")]
        assert ("alternate", "text/html") in links
        assert len(set(links)) == len(links)
    numbers = [int(one.link.split("read/")[1].split("/")[0]) for one in read.entries]
    assert numbers == list(range(LENGTH, LENGTH - 30, -1))
    assert all(one.link.startswith(f"{address}read/") for one in read.entries)
    assert len({one.id for one in read.entries} | {read.feed.id}) == 31
    assert read.feed.updated == max(one.updated for one in read.entries)
    terms = {n: one.tags[0].term for n, one in zip(numbers, read.entries, strict=True)}
    assert terms == {n: "live" if n > LENGTH - LIVE else "replay" for n in numbers}


def test_ids_outlive_an_address(at: Callable[[str], Edition]):
    """A desk that moves keeps every id, so that no reader of feeds is shown old news as new."""
    ids = [re.findall("<id>(.*?)</id>", feed.feed(at(one))) for one in ("", "https://a.example/")]
    assert ids[0] == ids[1]
    assert len(set(ids[0])) == 31


def test_an_entry_says_the_call_in_one_line(now: Edition, made: Shelf):
    """Mode, moment and the call with both probabilities; where there is none it says so."""
    read = feedparser.parse(feed.feed(now))
    for one in read.entries:
        number = int(one.link.split("/")[1])
        call = next((s for s in standings(made.ledger, number) if s.role == "call"), None)
        assert one.summary.startswith("Live" if number > LENGTH - LIVE else "Replay")
        said = "I sit this one out." if call is None else call.sentence
        assert said in one.summary


def test_updated_follows_the_settlements(now: Edition, made: Shelf):
    """An entry is renewed by the settlement of its predictions, and by nothing before it."""
    rows = list(editions.rows(now.ledger, range(100, LENGTH + 1)).values())
    when = feed.renewed(now, rows)
    decided, settled = book.decisions.c, book.settlements.c
    query = sa.select(decided.cycle, settled.registered_at).join(
        book.settlements, settled.claim == decided.claim
    )
    latest: dict[int, str] = {}
    for row in made.ledger.read(query.where(decided.role.in_(ON_RECORD))):
        latest[row["cycle"]] = max(latest.get(row["cycle"], ""), row["registered_at"])
    for row in rows:
        own = max(row["entered"], latest.get(row["of"], ""))
        assert moment(when[row["of"]]) >= moment(own[:19] + "Z")
    renewed = [row["of"] for row in rows if latest.get(row["of"], "") > row["entered"]]
    assert renewed
    assert LENGTH not in renewed


def test_hostile_titles_stay_text(tmp_path: Path):
    """Markup, quotes and characters that XML has not: the feed and the index stay what they are."""
    made = shelf(tmp_path, 3)
    last = {"number": 4, "desk": "shelf", "mode": "live", "as_of": "2000-01-04T22:00:00Z",
            "params": "made", "code": "made", "snapshot": "made"}  # fmt: skip
    said = {"of": 4, "slug": "a-bold-title", "title": HOSTILE, "call": None, "plan": "{}"}
    made.ledger.append(4, [(book.cycles, last), (book.dispatches, said)])
    now = replace(editions.edition(made.desk, made.ledger, 4), changed=(4,), stale=())
    read = feedparser.parse(feed.feed(now))
    assert not read.bozo
    assert read.entries[0].title_detail.type == "text/plain"
    assert "<script>alert(1)</script>" in fromstring(feed.feed(now)).findtext(
        f"{ATOM}entry/{ATOM}title", "")  # fmt: skip
    script = outlets.titles(now, 0)
    rows = json.loads(script.partition(" = ")[2].rstrip(";\n"))
    assert rows[0][2].startswith("A <b>bold</b> &")
    assert script.isascii()  # no line separator of Unicode ends a line of script
    page = archivepage.files(now)["read/index.html"]
    assert "<script>alert" not in page
    assert guard.scan(page) == []


def test_titles_are_indexed_in_shards(now: Edition):
    """Each dispatch stands once in the shard of its number; the index names all, newest first."""
    files = outlets.files(replace(now, changed=tuple(now.numbers)))
    assert files["search/index.js"] == "window.workbenchShards = [2, 1, 0];\n"
    numbers = []
    for k in (2, 1, 0):
        name, _, rows = files[f"search/{k}.js"].partition(" = ")
        assert name == f"(window.workbenchTitles ||= {{}})[{k}]"
        numbers += [row[0] for row in json.loads(rows.rstrip(";\n"))]
    assert numbers == list(range(LENGTH, 0, -1))
    assert set(outlets.files(replace(now, changed=(LENGTH,)))) == {
        "search/2.js", "search/index.js", "robots.txt"}  # fmt: skip


def test_a_sitemap_needs_an_address(now: Edition, at: Callable[[str], Edition]):
    """With an address every dispatch stands once in a sitemap, and robots.txt names it."""
    assert not [name for name in outlets.files(now) if "sitemap" in name]
    assert "Sitemap" not in outlets.files(now)["robots.txt"]
    home = "https://desk.example/a/"
    files = outlets.files(replace(at(home), changed=tuple(now.numbers)))
    assert f"Sitemap: {home}sitemap.xml" in files["robots.txt"]
    maps = [one.text for one in fromstring(files["sitemap.xml"]).iter() if one.tag.endswith("loc")]
    assert maps == [f"{home}sitemap-{k}.xml" for k in ("pages", 0, 1, 2)]
    found = []
    for address in maps[1:]:
        root = fromstring(files[str(address).removeprefix(home)])
        found += [one.text for one in root.iter() if one.tag.endswith("loc")]
        assert all(moment(str(one.text)) for one in root.iter() if one.tag.endswith("lastmod"))
    assert len(found) == len(set(found)) == LENGTH
    assert all(re.fullmatch(rf"{home}read/\d+/[\w-]+/", str(one)) for one in found)
    pages = files["sitemap-pages.xml"]
    assert f"<loc>{home}</loc>" in pages
    assert f"<loc>{home}about/</loc>" in pages


def test_a_deadline_passes_in_the_next_shard(tmp_path: Path):
    """A dispatch whose deadline only those of the next shard saw pass is renewed by the first."""
    shelf(tmp_path, 99, waiting=1.0).ledger.close()
    time.sleep(1.1)  # a second is the least that a feed can tell apart
    made = shelf(tmp_path, 110, waiting=1.0)
    now = editions.edition(made.desk, made.ledger, 110)
    rows = editions.rows(made.ledger, now.numbers)
    expected = {}
    for n in range(1, 100):
        deadlines = [one.claim.window.deadline for one in standings(made.ledger, n, ON_RECORD)]
        saw = [next((m for m in range(n, 111) if as_of(m) >= end), n) for end in deadlines]
        expected[n] = iso(moment(rows[max(saw, default=n)]["entered"]))
    assert feed.renewed(now, [rows[n] for n in range(1, 100)]) == expected
    assert set(expected.values()) > {iso(moment(rows[n]["entered"])) for n in range(1, 100)}
    made.ledger.close()


def test_pages_of_the_whole_desk_are_renewed(at: Callable[[str], Edition]):
    """The sitemap says of each that it changed with the newest dispatch, but of the one about."""
    edition = at("https://desk.example/")
    own = editions.rows(edition.ledger, [LENGTH])[LENGTH]
    when = iso(moment(own["entered"]))
    text = outlets.files(edition)["sitemap-pages.xml"]
    found = re.findall(r"<loc>https://desk.example/([^<]*)</loc>(?:<lastmod>([^<]*)<)?", text)
    assert dict(found)["about/"] == ""
    assert {said for page, said in found if page != "about/"} == {when}


def test_no_publication_walks_the_ledger(made: Shelf, at: Callable[[str], Edition]):
    """What is asked of claims, and of what was said and became of them, is asked by an index: a
    publication of the 20,000th dispatch reads as much as one of the tenth.
    """
    asked: dict[str, Any] = {}

    def noted(_c: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        asked[statement] = parameters

    sa.event.listen(made.ledger.engine, "before_cursor_execute", noted)
    edition = at("https://desk.example/")
    editions.edition(made.desk, made.ledger, made.number)
    for part in (archivepage, outlets, feed, callspage, mindpage, weeklypage, traced):
        part.files(edition)
    front.entries(edition, edition.numbers[-31:])
    debated.rulings(made.ledger, LENGTH, standings(made.ledger, LENGTH)[0].claim)
    sa.event.remove(made.ledger.engine, "before_cursor_execute", noted)
    queries = {one: given for one, given in asked.items() if one.startswith("SELECT")}
    assert len(queries) > 20
    long = re.compile(r"SCAN (claims|forecasts|decisions|settlements|lessons|postings)\b.*")
    with made.ledger.engine.connect() as connection:
        for query, given in queries.items():
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", given).all()
            assert not [row[3] for row in plan if long.match(row[3])], query


@pytest.mark.parametrize(
    ("given", "kept"), [("https://desk.example", "https://desk.example/"),
                        ("https://desk.example/a/", "https://desk.example/a/"), ("", "")]
)  # fmt: skip
def test_an_address_ends_in_a_slash(given: str, kept: str):
    """However it is written, paths may be put behind it."""
    assert SiteParams(address=given).address == kept


@pytest.mark.parametrize("given", ["http://desk.example/", "desk.example", "https://a:b@c.example/",
                                   "https://desk.example/?a=b", "javascript:alert(1)"])  # fmt: skip
def test_an_odd_address_is_refused(given: str):
    """An address is https, and holds neither user nor query."""
    with pytest.raises(ValueError, match="an address"):
        SiteParams(address=given)


def test_an_address_makes_no_other_desk(made: Shelf, tmp_path: Path):
    """Where the site is read changes nothing that a cycle says, so the desk's hash stays."""
    source = made.desk.path
    (tmp_path / "params").mkdir()
    for name in ("minds", "stories"):
        (tmp_path / "params" / name).symlink_to(source.parent / name)
    path = tmp_path / "params" / "moved.yaml"
    path.write_text(source.read_text("utf-8") + "site: {address: 'https://desk.example/'}\n")
    assert read(path).site.address == "https://desk.example/"
    assert Desk(path, tmp_path, tmp_path).hash == Desk(source, tmp_path, tmp_path).hash


def test_about_says_the_desk_s_own_terms(
    made: Shelf, sample_page: Callable[..., views.DispatchPage]
):
    """The gate's terms, minds and sources on the page are the desk's; the example adds up."""
    latest = sample_page(sources=("one.source",), notices=("A notice.",))
    page = aboutpage.page(made.desk, latest)
    terms = made.desk.params.gate
    assert (page.material, page.trivial) == (terms.material, terms.trivial)
    assert page.points == pytest.approx(3.5, abs=0.05)  # 0.005 at even odds, as the gate says
    assert [one.score for one in page.example] == pytest.approx([0.545, 0.445])
    assert page.expected == pytest.approx(0.505)
    now = editions.edition(made.desk, made.ledger, made.number)
    text = aboutpage.files(now, latest)["about/index.html"]
    assert guard.scan(text) == []
    plain = re.sub(r"<[^>]+>|\s", " ", text)
    for said in ("one.source", "A notice.", "0.545", "0.505", "3.5 points", "Macro", "Contrarian",
                 "0.005 or more", "between 3% and 97%", "workbench verify -f params/default.yaml",
                 "no language model takes part", "not investment advice"):  # fmt: skip
        assert said in plain, said
    assert not re.search(r"\b[Ww]e\b|\b[Oo]ur\b|\bus\b", plain)
