"""Every call on the site: complete, as the ledger has it, cheap to keep, and to be checked."""

import json
import re
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa

from tests.bench.shelf import Shelf, as_of, shelf
from workbench.desk import callsdata, callspage, editions, guard, layout, site
from workbench.desk.bulk import bulk
from workbench.domain.calendars import iso
from workbench.domain.claims import from_content
from workbench.domain.figures import share
from workbench.measures.scoring import desk_score, is_right
from workbench.world import entries as book
from workbench.world.ledger import Ledger

DOCS = Path(__file__).parents[2] / "docs" / "calls-json.md"
N = 230
SEEN = ("series", "field", "at", "known_at", "value")
CELLS = ("claim", "state", "said", "base", "score", "deadline", "ledger")


def published(of: Shelf, number: int) -> dict[str, str]:
    """The files of one more dispatch, written to the site."""
    (of.desk.outputs / "site" / "read" / str(number)).mkdir(parents=True, exist_ok=True)
    files = callspage.files(editions.edition(of.desk, of.ledger, number))
    site.write(of.desk.outputs / "site", {name: text.encode() for name, text in files.items()})
    return files


@pytest.fixture(scope="module")
def shelved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Shelf, dict[str, str]]:
    """A desk of 230 dispatches, the last 30 of them live, and what its first publication wrote."""
    made = shelf(tmp_path_factory.mktemp("shelf"), N, live=30)
    return made, published(made, N)


def on_record(ledger: Ledger) -> list[sa.RowMapping]:
    query = (
        sa.select(book.decisions, book.claims.c.deadline, book.claims.c.sentence,
                  book.settlements.c.outcome, book.settlements.c.reason.label("how"),
                  book.settlements.c.observations, book.settlements.c.cycle.label("settled"),
                  book.lessons.c.text, book.cycles.c.mode)
        .join(book.claims, book.claims.c.id == book.decisions.c.claim)
        .join(book.cycles, book.cycles.c.number == book.decisions.c.cycle)
        .outerjoin(book.settlements, book.settlements.c.claim == book.decisions.c.claim)
        .outerjoin(book.lessons, book.lessons.c.claim == book.decisions.c.claim)
        .where(book.decisions.c.role != "shadow")
    )  # fmt: skip
    return list(ledger.read(query))


def rows(page: str) -> list[dict[str, str]]:
    """The rows of the list of calls: their attributes and the text of their cells."""
    found = []
    for attributes, inner in re.findall(r'<tr role="row"( data-s=[^>]*)>(.*?)</tr>', page):
        cells = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", inner)
        text = [unescape(re.sub("<[^>]+>", "|", cell)) for cell in cells]
        given = dict(re.findall(r'(data-\w)="(\w+)"', attributes))
        found.append(given | dict(zip(CELLS, text, strict=True)) | {"html": inner})
    return found


def test_every_prediction_has_its_row(shelved: tuple[Shelf, dict[str, str]]):
    """No prediction on record is missing from the shards' pages or their JSON, and none is twice;
    no shadow is among them.
    """
    of, files = shelved
    wanted = on_record(of.ledger)
    data = [one for k in range(3) for one in json.loads(files[f"calls/{k}.json"])["predictions"]]
    assert sorted(one["claim"] for one in data) == sorted(row["claim"] for row in wanted)
    shown = [row["ledger"] for k in range(3) for row in rows(files[f"calls/{k}.html"])]
    assert len(shown) == len(wanted)
    numbers = {int(re.sub(r"\D", "", text.split("№")[1].split("|")[0])) for text in shown}
    assert numbers == {row["seq"] for row in wanted}


def test_a_row_says_what_the_ledger_says(shelved: tuple[Shelf, dict[str, str]]):
    """Claim, end, state, probability, base rate, score, deadline and hash are the ledger's."""
    of, files = shelved
    by_hash = {f"{r['hash'][:4]} {r['hash'][4:8]}": r for r in on_record(of.ledger)}
    seen = set()
    for row in rows(files["calls/1.html"]):
        own = by_hash[row["ledger"].split("|")[-2]]
        p, b, outcome = own["probability"], own["base_rate"], own["outcome"]
        seen.add(row["data-s"])
        if outcome in ("yes", "no"):
            y = float(outcome == "yes")
            assert row["data-s"] == ("right" if is_right(p, y > 0) else "wrong")
            assert abs(float(row["score"]) - desk_score(p, b, y)) < 0.0051
        else:
            assert row["score"] == "–"
            waiting = "open" if own["deadline"] > iso(as_of(N)) else "awaiting"
            assert row["data-s"] == (outcome or waiting)
        assert (row["said"], row["base"]) == (share(p, b), share(b, p))
        assert own["sentence"].replace(" ", "") in re.sub(r"\s", "", row["claim"])
        if own["how"]:
            assert own["how"].rstrip(".") in row["claim"].replace("\u00a0", " ")
        assert (row["data-k"], row["data-m"]) == (own["role"], own["mode"])
        assert f'data-v="{own["deadline"][:16]}' in row["html"]
    assert seen >= {"right", "wrong", "void"}


def test_rows_are_newest_first_and_lead_to_dispatch_and_trail(
    shelved: tuple[Shelf, dict[str, str]],
):
    """The newest dispatch stands first, its call before the others; a claim leads to its dispatch
    and its number to the ledger's part of that dispatch's trail.
    """
    _, files = shelved
    found = rows(files["calls/2.html"])
    numbers = [int(re.findall(r'href="\.\./read/(\d+)/what-', row["html"])[0]) for row in found]
    assert numbers == sorted(numbers, reverse=True)
    for number, row in zip(numbers, found, strict=True):
        assert f'href="../read/{number}/trail/index.html#desk-ledger"' in row["html"]
    firsts = {n: row["data-k"] for n, row in reversed(list(zip(numbers, found, strict=True)))}
    assert all(role == "call" for n, role in firsts.items() if n % 13)


def test_replays_without_a_page_lead_nowhere(tmp_path: Path):
    """A replay that warmed the desk up has no page, so its row has no link that would be dead."""
    of = shelf(tmp_path, 12)
    for number in range(1, 12):
        (tmp_path / "site" / "read" / str(number)).rmdir()
    files = published(of, 12)
    linked = set(re.findall(r"read/(\d+)/", files["calls/0.html"]))
    assert linked == {"12"}
    assert {row["data-m"] for row in rows(files["calls/0.html"])} == {"replay"}
    data = json.loads(files["calls/0.json"])["predictions"]
    assert {one["dispatch"] for one in data if one["path"]} == {12}
    assert "no page of its own" in files["calls/0.html"]


def test_a_cycle_without_its_dispatch_keeps_its_calls(tmp_path: Path):
    """What a cycle registered before it broke off was said, and stays in the list."""
    of = shelf(tmp_path, 12)
    cycle, claim = (
        dict(of.ledger.read(sa.select(table).where(table.c.cycle == 12))[0])
        for table in (book.cycles, book.claims)
    )
    own = replace(from_content(json.loads(claim["content"])), theme="oil")
    claim |= {"id": own.id, "content": book.canonical(own.content())}
    decision = {"claim": own.id, "role": "call", "probability": 0.7, "base_rate": 0.5,
                "gain": 0.16, "verdict": "passed", "reason": "made up"}  # fmt: skip
    dispatch = {"of": 14, "slug": "on", "title": "On", "call": None, "plan": "{}"}

    def content(row: dict[str, Any]) -> dict[str, Any]:
        return {name: row[name] for name in row.keys() - book.BOOKKEEPING - {"cycle"}}

    of.ledger.append(13, [(book.cycles, content(cycle) | {"number": 13}),
                          (book.claims, content(claim)), (book.decisions, decision)])  # fmt: skip
    of.ledger.append(14, [(book.cycles, content(cycle) | {"number": 14}),
                          (book.dispatches, dispatch)])  # fmt: skip
    files = published(of, 14)
    found = {one["claim"]: one for one in json.loads(files["calls/0.json"])["predictions"]}
    assert (found[own.id]["dispatch"], found[own.id]["path"]) == (13, None)
    assert len(rows(files["calls/0.html"])) == len(on_record(of.ledger))


def test_the_title_counts_one_mode_and_all_of_it(shelved: tuple[Shelf, dict[str, str]]):
    """The front's title counts the live calls alone once there are any, over all shards, and its
    totals show the replayed ones in rows of their own.
    """
    of, files = shelved
    rights = dict.fromkeys(("live", "replay"), 0)
    for row in on_record(of.ledger):
        if row["role"] == "call" and row["outcome"] in ("yes", "no"):
            rights[row["mode"]] += is_right(row["probability"], row["outcome"] == "yes")
    page = files["calls/index.html"]
    title = unescape(re.findall("<h1>(.*?)</h1>", page)[0]).replace("\u00a0", " ")
    assert title.startswith("Every live call I made: ")
    edition = editions.edition(of.desk, of.ledger, N)
    total = callsdata.total(callsdata.kept(of.desk.outputs / "site").values())
    assert {mode: total[mode]["call"]["right"] for mode in total} == rights
    assert f"{callspage.counted(rights['live'])} right" in title
    totals = re.findall(r'<th scope="row"[^>]*>(Calls|Other)[^<]*<.*?data-s="(\w+)"', page)
    assert totals == [(name, mode) for mode in ("live", "replay") for name in ("Calls", "Other")]
    tally = {"live": {"call": {"right": 3, "none": 1}}, "replay": {"call": {"wrong": 92}}}
    both = callspage.shard_page(edition, 2, callsdata.predictions(edition, (195, 210)), tally)
    assert both.title.endswith(": three\u00a0right")
    assert "one of 4 dispatches" in both.note


def test_filters_count_what_they_show(shelved: tuple[Shelf, dict[str, str]]):
    """Each button's number, by scope and mode, is that of the rows which it leaves."""
    _, files = shelved
    page = files["calls/2.html"]
    found = rows(page)
    buttons = re.findall(r'id="desk-([sk])-(\w+)"[^>]*>[^<]*((?:<span class="n".*?</span>)+)', page)
    assert len(buttons) >= 5
    for group, value, counts in buttons:
        for scope, mode, n in re.findall(r'data-k="(\w+)" data-m="(\w+)">([\d,]+)<', counts):
            left = [
                row for row in found
                if row["data-m"] == mode and scope in (row["data-k"], "all")
                and (group == "k" or value in (row["data-s"], "all"))
            ]  # fmt: skip
            assert int(n) == len(left), (group, value, scope, mode)


def test_a_badge_on_every_row_where_modes_meet(shelved: tuple[Shelf, dict[str, str]]):
    """Where live and replayed rows share a page, each says which it is and one kind is shown at a
    time; a page of one kind says so once.
    """
    _, files = shelved
    mixed, plain = files["calls/index.html"], files["calls/0.html"]
    for row in rows(mixed):
        assert f'<span class="chip" data-s="{row["data-m"]}">' in row["html"]
    assert 'id="desk-m-live" checked' in mixed
    assert 'id="desk-m-' not in plain
    assert '<span class="mode"><span class="chip" data-s="replay">' in plain.split("<h1>")[0]
    assert "All are replayed" in plain


def test_what_one_more_dispatch_rewrites(tmp_path: Path):
    """A publication writes the shards in which something moved, the front and the index; a shard
    untouched for long is left alone, and its tally still counts.
    """
    of = shelf(tmp_path, 330)
    published(of, 328)
    files = published(of, 329)
    assert set(files) == {"calls/3.html", "calls/3.json", "calls/index.html", "calls/index.json"}
    index = json.loads(files["calls/index.json"])
    assert [one["shard"] for one in index["shards"]] == [0, 1, 2, 3]
    edition = editions.edition(of.desk, of.ledger, 329)
    for one in index["shards"]:
        span = tuple(one["dispatches"])
        again = callsdata.tally(edition, span, callsdata.predictions(edition, span))
        assert json.loads(json.dumps(again)) == one["tally"]


def test_publishing_bit_by_bit_comes_to_the_same(tmp_path: Path):
    """After many publications, each of which writes few shards, every shard is what one made from
    nothing would be: settled, overdue and added predictions reach the shard where they belong.
    """
    before: dict[str, str] = {}
    states: set[tuple[str, str]] = set()
    for number in (90, 97, 101, 102, 113, 121, 205):
        of = shelf(tmp_path, number, waiting=0.2)  # adds to what is there
        for folder in (tmp_path / "site" / "read").iterdir():
            if folder.name not in before:
                folder.rmdir()
        published(of, number)
        (tmp_path / "site" / "read" / str(number) / "kept").mkdir()
        before[str(number)] = ""
        data = list((tmp_path / "site" / "calls").glob("[0-9].json"))
        states |= {
            (one["claim"], one["state"]) for path in data
            for one in json.loads(path.read_text("utf-8"))["predictions"]
        }  # fmt: skip
    folder = tmp_path / "site" / "calls"
    kept = {path.name: path.read_text("utf-8") for path in folder.iterdir()}
    for path in folder.iterdir():
        path.unlink()
    fresh = published(of, 205)
    assert set(fresh) == {f"calls/{name}" for name in kept}
    for k in range(3):
        again, old = json.loads(fresh[f"calls/{k}.json"]), json.loads(kept[f"{k}.json"])
        assert again["predictions"] == old["predictions"]
        assert rows(fresh[f"calls/{k}.html"]) == rows(kept[f"{k}.html"])
    assert fresh["calls/index.html"] == kept["index.html"]
    turned = {claim for claim, state in states if state == "open"}
    assert {state for claim, state in states if claim in turned} >= {"right", "wrong", "awaiting"}


@pytest.mark.parametrize("damage", ["index", "page", "not json"])
def test_what_is_missing_is_written_again(damage: str, tmp_path: Path):
    """A lost shard, or an index that cannot be read, comes back with the next publication."""
    of = shelf(tmp_path, 130)
    whole = published(of, 128)
    folder = tmp_path / "site" / "calls"
    if damage == "page":
        (folder / "0.html").unlink()
    elif damage == "index":
        (folder / "index.json").unlink()
    else:
        (folder / "index.json").write_text('{"shards": 3}', encoding="utf-8")
    files = published(of, 129)
    assert {"calls/0.html", "calls/0.json"} <= set(files)
    assert rows(files["calls/0.html"]) == rows(whole["calls/0.html"])


def test_neighbours_are_linked(shelved: tuple[Shelf, dict[str, str]]):
    """Every shard leads to the ones before and after it, the front to all, and no link is dead."""
    _, files = shelved
    for k in range(3):
        near = set(re.findall(r'href="\.\./calls/(\d)\.html"', files[f"calls/{k}.html"]))
        assert near == {str(at) for at in (k - 1, k + 1) if 0 <= at < 3}
    assert re.findall(r'href="\.\./(calls/\d\.html)"', files["calls/index.html"]) == [
        "calls/2.html", "calls/1.html", "calls/0.html"]  # fmt: skip
    for text in files.values():
        for target in re.findall(r'href="\.\./(calls/[\w.]+)"', text):
            assert target in files


def test_the_json_is_strict_and_sorted(shelved: tuple[Shelf, dict[str, str]]):
    """No NaN, keys in order, all that the docs list and nothing else; an absent value is null."""
    of, files = shelved
    listed = set(re.findall(r"`(\w+)`", "".join(
        line.split("|")[1] for line in DOCS.read_text("utf-8").split("## A prediction")[1]
        .splitlines() if line.startswith("| `"))))  # fmt: skip

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    def ordered(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert [name for name, _ in pairs] == sorted(name for name, _ in pairs)
        return dict(pairs)

    by_claim = {row["claim"]: row for row in on_record(of.ledger)}
    for name in (f"calls/{k}.json" for k in range(3)):
        whole = json.loads(files[name], parse_constant=refuse, object_pairs_hook=ordered)
        for one in whole["predictions"]:
            own = by_claim[one["claim"]]
            assert set(one) == listed
            assert one["lesson"] == own["text"]
            assert one["settled"] == own["settled"]
            assert [[row[name] for name in SEEN] for row in one["observations"]] == json.loads(
                own["observations"] or "[]"
            )
            if one["outcome"] not in ("yes", "no"):
                assert one["score"] is None


def test_the_example_of_the_docs_runs(
    shelved: tuple[Shelf, dict[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The lines that the docs print recompute every score and id of a shard, and notice a change
    of either.
    """
    of, _ = shelved
    first, second = re.findall(r"```python\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
    assert sum(bool(line) for line in first.splitlines()) == 5
    folder = tmp_path / "calls"
    folder.mkdir()
    data = (of.desk.outputs / "site" / "calls" / "1.json").read_text("utf-8")
    (folder / "9.json").write_text(data, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    space: dict[str, Any] = {}
    exec(first + second, space)  # noqa: S102  (our own docs)
    assert len(space["again"].dropna()) > 100
    assert isinstance(space["calls"], pd.DataFrame)
    for name, other in (("score", 0.9), ("sentence", "")):
        spoilt = json.loads(data)
        scored = next(one for one in spoilt["predictions"] if one["score"] is not None)
        if name == "score":
            scored["score"] = other
        else:
            scored["content"]["subject"] = "OTHER"
        (folder / "9.json").write_text(json.dumps(spoilt), encoding="utf-8")
        with pytest.raises(AssertionError):
            exec(first + second, {})  # noqa: S102  (our own docs)


def test_the_pages_may_be_published(shelved: tuple[Shelf, dict[str, str]]):
    """The guard finds nothing in pages and JSON, and no bulk rows leave."""
    for name, text in shelved[1].items():
        problems = guard.scan(text) if name.endswith(".html") else guard.leaks(text)
        assert problems + bulk(text) == [], name


def test_a_desk_without_a_call_says_so(tmp_path: Path):
    """With nothing on record the page stands, and says that there is none so far."""
    of = shelf(tmp_path, 1)
    edition = editions.edition(of.desk, of.ledger, 1)
    page = callspage.shard_page(edition, 0, [], {"live": {"call": {"none": 1}}})
    html = layout.html(page, "../")
    assert "Dispatches 1: none so far" in html
    assert "In one of 1 dispatch I made no call" in html
    assert "Nothing went on record here" in html
    assert guard.scan(html) == []
