"""The published site of five real cycles: complete, linked, sealed, and never half-written."""

import contextlib
import datetime as dt
import html
import itertools
import json
import re
import shutil
import sqlite3
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag

import nbformat
import pytest
import sqlalchemy as sa

from workbench.desk import editions, guard, site
from workbench.desk.debated import debate
from workbench.desk.notebooks import NAMES
from workbench.desk.standing import Standing
from workbench.domain import claims
from workbench.domain.errors import CycleFailed
from workbench.domain.instruments import find
from workbench.measures.scoring import desk_score, is_right
from workbench.world import entries as book
from workbench.world.ledger import Ledger
from workbench.world.params import Desk, open_desk

pytestmark = [pytest.mark.notebook, pytest.mark.timeout(1200)]  # the first waits for the cycles
Made = dict[str, Any]
NUMBERS = [3, 4, 5, 6, 7]


class Links(HTMLParser):
    """Every address of a page, and every id."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.linked: list[str] = []
        self.ids: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if "id" in given:
            self.ids.add(given["id"])
        if tag == "a" and "href" in given:
            self.linked.append(given["href"])
        else:
            self.asked += [
                given[n] for n in ("src", "href", "srcset", "data", "poster") if n in given
            ]


def read(text: str) -> str:
    """HTML's text as a reader takes it: spaces that do not break are spaces."""
    return re.sub("[\u00a0\u202f]", " ", html.unescape(text))


@pytest.fixture(scope="module")
def pages(made: Made) -> dict[str, str]:
    """Every HTML page of the site by its path."""
    root = made["outputs"] / "site"
    return {p.relative_to(root).as_posix(): p.read_text("utf-8") for p in root.rglob("*.html")}


@pytest.fixture(scope="module")
def dispatches(pages: dict[str, str]) -> dict[int, str]:
    """Number to the path of its dispatch."""
    found = {p: re.fullmatch(r"read/(\d+)/(?!trail/)[a-z0-9-]+/index\.html", p) for p in pages}
    return {int(match[1]): path for path, match in found.items() if match}


@pytest.fixture
def copy(made: Made, tmp_path: Path) -> Desk:
    """The desk on a copy of its project, to be harmed."""
    root = tmp_path / "project"
    shutil.copytree(made["root"], root, ignore=shutil.ignore_patterns("ledger.db*"))
    with (
        contextlib.closing(sqlite3.connect(made["outputs"] / "ledger.db")) as source,
        contextlib.closing(sqlite3.connect(root / "outputs" / "ledger.db")) as target,
    ):
        source.backup(target)
    return open_desk(root / "params" / "small.yaml", root / "outputs")


def calls(made: Made) -> list[sa.RowMapping]:
    """Each dispatch's call with its settlement, None where there is none."""
    query = (
        sa.select(book.dispatches.c.of, book.dispatches.c.title, book.decisions.c.probability,
                  book.decisions.c.base_rate, book.settlements.c.outcome,
                  book.settlements.c.cycle.label("at"), book.settlements.c.reason)
        .select_from(
            book.dispatches
            .outerjoin(book.decisions, book.decisions.c.claim == book.dispatches.c.call)
            .outerjoin(book.settlements, book.settlements.c.claim == book.dispatches.c.call)
        )
        .where(book.dispatches.c.of >= NUMBERS[0])
        .order_by(book.dispatches.c.of)
    )  # fmt: skip
    return list(Ledger(f"sqlite:///{made['outputs'] / 'ledger.db'}").read(query))


def state(call: sa.RowMapping, cycle: int) -> str:
    """What the banner of a call should say once a cycle was published."""
    if call["probability"] is None:
        return "none"
    if call["at"] is None or call["at"] > cycle:
        return "open"
    if call["outcome"] == "void":
        return "void"
    return "right" if is_right(call["probability"], call["outcome"] == "yes") else "wrong"


def test_banners_follow_the_ledger(made: Made):
    """After each cycle every dispatch's banner says how its call stands by then, older ones too."""
    good = [run for run in made["runs"] if run["code"] == 0]
    seen = set()
    for run in good:
        due = [call for call in calls(made) if call["of"] <= run["cycle"]]
        assert run["states"] == {str(call["of"]): state(call, run["cycle"]) for call in due}
        seen |= set(run["states"].values())
    assert seen >= {"open"}
    assert seen & {"right", "wrong"}  # some call did settle, so its banner was rendered anew


def test_a_settled_banner_gives_its_score(
    made: Made, pages: dict[str, str], dispatches: dict[int, str]
):
    """The banner of a settled call shows the score W of the ledger's numbers and what happened."""
    settled = [call for call in calls(made) if call["outcome"] in {"yes", "no"}]
    assert settled
    for call in settled:
        score = desk_score(call["probability"], call["base_rate"], float(call["outcome"] == "yes"))
        banner = re.search(r'<p class="state">.*?</p>', pages[dispatches[call["of"]]], re.DOTALL)
        assert banner is not None
        said = read(banner[0])
        assert f"Score {score:.2f}" in said
        assert re.sub(r"(?<!\w)-(?=\d)", "\N{MINUS SIGN}", call["reason"]) in said


def test_only_pages_whose_state_changed_are_written(made: Made):
    """A cycle adds its own pages, and rewrites the index, the one before it and what it settled."""
    runs = [run for run in made["runs"] if run["code"] == 0]
    for before, after in itertools.pairwise(runs):
        changed = {p for p in after["pages"] if before["pages"].get(p) != after["pages"][p]}
        number = after["cycle"]
        settled = {call["of"] for call in calls(made) if call["at"] == number}
        may = {number, number - 1, *settled}
        lists = re.compile(
            r"(data/|about/|read/|record/|mind/|weekly/|calls/)?index\.html|read/\d+\.html|feed\.xml|"
            r"robots\.txt|search/\w+\.js|calls/(0\.html|0\.json|index\.json)|weekly/[\w-]+/index\.html"
        )
        for path in (one for one in changed if not lists.fullmatch(one)):
            assert int(path.split("/")[1]) in may
            front = path.endswith("/trail/index.html")  # which tells what settled since
            assert f"/{number}/" in path or front or "/trail/" not in path
        assert set(before["pages"]) <= set(after["pages"])


def test_each_cycle_has_its_pages(made: Made, pages: dict[str, str], dispatches: dict[int, str]):
    """A dispatch and six trail pages a cycle, each with the notebook to download."""
    assert sorted(dispatches) == NUMBERS
    for number in NUMBERS:
        for name in NAMES:
            assert f"read/{number}/trail/{name}.html" in pages
            path = made["outputs"] / "site" / "read" / str(number) / "trail" / f"{name}.ipynb"
            nbformat.validate(nbformat.read(path, as_version=4))


def test_every_link_leads_somewhere(pages: dict[str, str], made: Made):
    """Each address on each page is a file of the site, each fragment an id on the page it names."""
    root = made["outputs"] / "site"
    ids = {path: Links(text).ids for path, text in pages.items()}
    for path, text in pages.items():
        links = Links(text)
        for address in {*links.linked, *links.asked}:
            if address.startswith("data:image/png"):
                continue
            assert not re.match(r"[a-z]+:|//|/", address), f"{path} leads out to {address}"
            file, fragment = urldefrag(address)
            target = (root / path).parent / file if file else root / path
            target = target.resolve()
            assert target.is_file(), f"{path} links to {address}"
            if fragment:
                assert fragment in ids[target.relative_to(root.resolve()).as_posix()]


def test_older_and_newer(pages: dict[str, str], dispatches: dict[int, str]):
    """Each dispatch leads to the one before and the one after it, the last one only back."""
    for number in NUMBERS:
        pager = re.search(r'<nav class="pager".*?</nav>', pages[dispatches[number]], re.DOTALL)
        assert pager is not None
        found = re.findall(r'href="\.\./\.\./\.\./(read/[^"]+)"><small>(← Older|Newer →)', pager[0])
        beside = ((number - 1, "← Older"), (number + 1, "Newer →"))
        expected = [(dispatches[n], word) for n, word in beside if n in dispatches]
        assert found == expected


def test_the_index_lists_them(pages: dict[str, str], dispatches: dict[int, str], made: Made):
    """The front page opens with the latest dispatch and lists the others, latest first."""
    linked = [link for link in Links(pages["index.html"]).linked if link in dispatches.values()]
    assert list(dict.fromkeys(linked)) == [dispatches[n] for n in reversed(NUMBERS)]
    assert all(call["title"] in read(pages["index.html"]) for call in calls(made))


def essay_of(made: Made, number: int) -> str:
    """The essay as its notebook wrote it."""
    path = made["outputs"] / "cycles" / str(number) / "notebooks" / "6_dispatch.ipynb"
    return "".join(
        "".join(output["data"]["text/html"])
        for cell in nbformat.read(path, as_version=4).cells
        if cell.cell_type == "code" and cell.source.startswith("dispatch.sections")
        for output in cell.outputs
    )


@pytest.mark.parametrize("number", NUMBERS)
def test_no_figure_of_the_essay_stands_alone(
    number: int, pages: dict[str, str], dispatches: dict[int, str], made: Made
):
    """Every figure in the essay is inside a link to a finding, and the page shows it so."""
    essay, page = essay_of(made, number), pages[dispatches[number]]
    links = re.findall(r'<a class="([nq])" href="([^"]+)"[^>]*>(.*?)</a>', essay)
    assert len(links) > 10
    for kind, address, shown in links:
        assert address.startswith("../trail/6_dispatch.html#f-")
        assert re.search(rf'<a class="{kind}" href="{re.escape(address)}"[^>]*>', page)
        assert read(shown) in read(page)
    prose = re.sub(r'<a class="[nq]".*?</a>', "", essay)
    prose = read(re.sub(r"<[^>]+>", " ", prose)).replace("S&P 500", "")
    assert not re.search(r"\d", prose), re.findall(r".{0,30}\d.{0,30}", prose)


@pytest.mark.parametrize("number", NUMBERS)
def test_each_number_leads_to_its_finding(number: int, pages: dict[str, str], made: Made):
    """Each link of the essay ends at a row of the trail that shows that very number."""
    trail = pages[f"read/{number}/trail/6_dispatch.html"]
    for address, shown in re.findall(r'<a class="[nq]" href="([^"]+)"[^>]*>(.*?)</a>',
                                     essay_of(made, number)):  # fmt: skip
        fragment = urldefrag(address).fragment
        row = re.search(rf'<tr id="{fragment}">.*?</tr>', trail, re.DOTALL)
        assert row is not None, fragment
        assert f">{read(shown)}<".lower() in read(row[0]).lower()  # a capital begins a sentence


def test_nothing_of_the_machine_is_published(made: Made):
    """No path, no host, no secret, no name of a folder that the project lies in, in any byte."""
    root = made["root"]
    for path in (made["outputs"] / "site").rglob("*"):
        if not path.is_file() or path.name == "plotly.min.js":
            continue
        text = path.read_text("utf-8")
        for secret in (str(root), str(root.parent), str(Path(__file__).parents[2]), "sk-ant-",
                       str(Path.home()) + "/"):  # fmt: skip
            assert secret not in text, path
        assert guard.leaks(text) == []


def test_nothing_is_asked_of_others(pages: dict[str, str]):
    """Every page carries the strict policy and loads only own files; the guard agrees."""
    for text in pages.values():
        assert guard.scan(text) == []
        assert not [a for a in Links(text).asked if re.match(r"https?:|//", a)]


def test_what_a_page_must_say(pages: dict[str, str], dispatches: dict[int, str], made: Made):
    """A program wrote it by rules, it is no advice, it is a replay; hash and sources are there."""
    query = sa.select(book.cycles.c.number, book.cycles.c.snapshot)
    rows = Ledger(f"sqlite:///{made['outputs'] / 'ledger.db'}").read(query)
    snapshots = {row["number"]: row["snapshot"] for row in rows}
    for number, path in dispatches.items():
        text = read(re.sub(r"<[^>]+>", " ", pages[path]))
        for said in ("Written by a program", "rules", "not investment advice", "Replay",
                     snapshots[number][:12], "arch.sp500", "The debate", "Synthesis"):  # fmt: skip
            assert said in text
        assert 'data-s="replay"' in pages[path]


def test_publishing_again_changes_nothing(copy: Desk):
    """Publishing the latest cycle once more writes the very same bytes."""
    before = tree(copy)
    site.publish(copy, Ledger(copy.ledger), 7)
    assert tree(copy) == before


def test_a_lost_site_comes_back(copy: Desk):
    """The site is made of cycles and ledger alone: deleted, it is published again as it was."""
    before = tree(copy)
    shutil.rmtree(copy.outputs / "site")
    for number in NUMBERS:
        site.publish(copy, Ledger(copy.ledger), number)
    after = tree(copy)
    assert set(after) == set(before)
    same = {path for path in after if after[path] == before[path]}
    assert {path for path in after if "/trail/" in path} <= same
    assert "index.html" in same


@pytest.mark.parametrize(
    "name",
    [
        "1_pull",
        "6_dispatch",
    ],
)
@pytest.mark.parametrize(
    "leak", ["/home/somebody/desk", "sk-ant-api03-abcdefghijk", "-----BEGIN RSA PRIVATE KEY"]
)
def test_a_page_that_leaks_stops_everything(name: str, leak: str, copy: Desk):
    """A secret in any notebook: nothing of the cycle is published, and no page leads to it."""
    shutil.rmtree(copy.outputs / "site" / "read" / "7")
    ledger = Ledger(copy.ledger)
    shutil.move(copy.outputs / "cycles" / "7", copy.outputs.parent / "7")
    site.publish(copy, ledger, 6)
    shutil.move(copy.outputs.parent / "7", copy.outputs / "cycles" / "7")
    path = copy.outputs / "cycles" / "7" / "notebooks" / f"{name}.ipynb"
    nb = json.loads(path.read_text("utf-8"))
    cell = next(c for c in nb["cells"] if c["cell_type"] == "markdown")
    cell["source"] = [*cell["source"], f"\n\n{leak}"]
    path.write_text(json.dumps(nb), encoding="utf-8")
    before = tree(copy)
    with pytest.raises(CycleFailed) as stopped:
        site.publish(copy, ledger, 7)
    assert leak not in str(stopped.value)
    after = tree(copy)
    assert not [
        path for path in after if path.startswith("read/7/") and path.endswith("index.html")
    ]
    assert after == before


def test_a_cycle_without_its_dispatch_is_no_neighbour(copy: Desk):
    """A cycle that never finished, later passed by a replay, is not linked and stops nothing."""
    folder = copy.outputs / "cycles"
    shutil.rmtree(folder / "6" / "notebooks")
    (folder / "6" / "dispatch.json").unlink()
    status = json.loads((folder / "6" / "status.json").read_text("utf-8"))
    (folder / "6" / "status.json").write_text(json.dumps(status | {"state": "failed"}))
    shutil.rmtree(copy.outputs / "site")
    for number in (3, 4, 5, 7):
        page = site.publish(copy, Ledger(copy.ledger), number)
    assert "read/5/" in page.path.read_text("utf-8")
    assert "read/6/" not in page.path.read_text("utf-8")


def test_a_lost_folder_stops_no_later_dispatch(copy: Desk):
    """Where an older cycle's folder is gone its page stays as it was, and is named as stale."""
    before = tree(copy)
    shutil.rmtree(copy.outputs / "cycles" / "6")
    page = site.publish(copy, Ledger(copy.ledger), 7)
    assert page.stale == (6,)
    after = tree(copy)
    assert {p: d for p, d in after.items() if p.startswith("read/6/")} == {
        p: d for p, d in before.items() if p.startswith("read/6/")
    }


def filled(table: sa.Table, **given: Any) -> tuple[sa.Table, dict[str, Any]]:
    """A row of a table with something in every column that is not given."""
    blank = {c.name: 0 if isinstance(c.type, sa.Integer | sa.Float) else "" for c in table.columns}
    for name in ("seq", "cycle", "hash", "registered_at"):
        del blank[name]
    return table, blank | given


def test_only_what_moved_is_read_from_a_long_backlog():
    """Predictions past their deadline since the last publication change their page; shadows, of
    which more may wait than a query can name, and what was overdue before do not.
    """
    ledger = Ledger("sqlite://")
    moments = {n: f"2018-01-{24 + n}T22:00:00Z" for n in (1, 2, 3, 4, 5)}
    waiting = {1: ("shadow", 5), 2: ("other", 5), 3: ("call", 4), 4: ("call", 6)}
    for number, moment in moments.items():
        rows = [filled(book.cycles, number=number, as_of=moment)]
        rows.append(filled(book.dispatches, of=number))
        role, due = waiting.get(number, ("call", 7))
        for i in range(40_000 if role == "shadow" else 1):
            one, deadline = f"{number}-{i}", f"2018-01-{24 + due}T21:00:00Z"
            rows.append(filled(book.claims, id=one, deadline=deadline))
            rows.append(filled(book.decisions, claim=one, role=role))
        ledger.append(number, rows)
    assert editions.changed(ledger, [1, 2, 3, 4, 5]) == [2, 4, 5]
    ledger.append(5, [filled(book.settlements, claim="3-0", outcome="yes")])
    assert editions.changed(ledger, [1, 2, 3, 4, 5]) == [2, 3, 4, 5]
    assert editions.changed(ledger, [1, 3, 5]) == [3, 5]
    assert editions.changed(ledger, [5]) == [5]


def test_a_mind_absent_on_either_side_is_shown():
    """On a relative claim a mind that lacks the other instrument has its reason, not a gap."""
    spx, comp = find("SPX"), find("COMP")
    as_of = dt.datetime(2018, 1, 29, 22, tzinfo=dt.UTC)
    claim = claims.relative(spx, comp, claims.window(spx, as_of, 1), 0.0)
    ledger = Ledger("sqlite://")
    said = [filled(book.forecasts, claim=claim.id, forecaster=who, probability=0.5)
            for who in ("scenario", "Flow", "synthesis")]  # fmt: skip
    gone = [filled(book.absences, of=1, mind=mind, scope=scope, reason=why)
            for mind, scope, why in (("Macro", "COMP", "no COMP"), ("Contrarian", "", "no history"),
                                     ("Flow", "VIX", "no volume"))]  # fmt: skip
    ledger.append(1, [*said, *gone])
    standing = Standing(
        claim=claim, sentence="S&P 500 beats Nasdaq", role="shadow", probability=0.5,
        base_rate=0.5, gain=0.0, verdict="shut", why="", number=1, chain="", registered_at="",
        outcome=None, how="",
    )  # fmt: skip
    view = debate(ledger, 1, [standing], {"label": "unknown", "conviction": None})
    assert {one.name: one.absent for one in view.minds} == {
        "Flow": "", "Macro": "no COMP", "Contrarian": "no history", "Scenario model": "",
        "Synthesis": "",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("state", "in_sample", "said"),
    [
        ("shut", 0, "No gate is open on claims of this kind"),
        ("open", 0, "Macro moved this number: its gate is open"),
        ("open", 1, "In-sample: the model behind Macro may have read what followed"),
    ],
)
def test_the_page_says_what_an_opinion_may_move(state: str, in_sample: int, said: str):
    """Power is told by the gate of mind and model; who may know the end has none, whatever it
    says."""
    spx = find("SPX")
    as_of = dt.datetime(2018, 1, 29, 22, tzinfo=dt.UTC)
    claim = claims.level(spx, claims.window(spx, as_of, 1), ">", 2850)
    ledger = Ledger("sqlite://")
    rows = [filled(book.forecasts, claim=claim.id, forecaster=who, probability=p)
            for who, p in (("scenario", 0.5), ("Macro", 0.6), ("synthesis", 0.52))]  # fmt: skip
    voice = filled(book.voices, of=1, mind="Macro", model="m", in_sample=in_sample, usd="0.1")
    ruling = filled(book.rulings, of=1, mind="Macro (m)", category="index level 1", state=state)
    ledger.append(1, [*rows, voice, ruling])
    standing = Standing(
        claim=claim, sentence="S&P 500", role="call", probability=0.52, base_rate=0.5, gain=0.0,
        verdict="passed", why="", number=1, chain="", registered_at="", outcome=None, how="",
    )  # fmt: skip
    notes = " ".join(debate(ledger, 1, [standing], {"label": "unknown", "conviction": None}).notes)
    assert said in notes
    assert ("its gate is open" in notes) == (state == "open" and not in_sample)
    assert "0.1000 USD" in notes


def tree(desk: Desk) -> dict[str, bytes]:
    root = desk.outputs / "site"
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*") if p.is_file()}
