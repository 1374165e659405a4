"""The whole site anew: complete, resumable to the byte, and never half in place of the old one."""

import json
import os
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode

from tests.bench.shelf import Shelf, shelf
from workbench.desk import building, editions, site
from workbench.desk.editions import on_ledger
from workbench.desk.layout import CSP
from workbench.desk.notebooks import NAMES
from workbench.desk.serving import Server
from workbench.domain.errors import CycleFailed, UserMistake
from workbench.world.ledger import Ledger

LENGTH, KEPT = 104, (99, 100, 103, 104)  # two shards; 102 has lost its folder
ROOT = Path(__file__).parents[2]
CHILD = """
import os, signal, sys
from pathlib import Path
from workbench.desk import building
from workbench.world.ledger import Ledger
from workbench.world.params import open_desk
desk = open_desk(sys.argv[1], sys.argv[2])
def told(what, done, of):
    if done == int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)
building.build(desk, Ledger(desk.ledger), told)
"""


def keep(made: Shelf, number: int, notebook: NotebookNode) -> None:
    """Gives a cycle of the shelf the folder that running it would have left."""
    folder = made.desk.outputs / "cycles" / str(number)
    (folder / "notebooks").mkdir(parents=True)
    for name in NAMES:
        text = nbformat.writes(notebook)  # type: ignore[no-untyped-call]  # nbformat is untyped
        (folder / "notebooks" / f"{name}.ipynb").write_text(text, encoding="utf-8")
    row = on_ledger(made.ledger, number)
    stamp = {name: row[name] for name in ("snapshot", "params", "code")}
    parts: dict[str, Any] = {
        "dispatch": {"dek": f"Made up, number {number}.", "wrong_if": "it is not so",
                     "label": "unknown", "conviction": None, "sources": ["made"], "notices": [],
                     "written_by": "rules"},
        "data": {"series": [], "feeds": [], "flags": []},
        "record": {"as_of": row["as_of"], "boards": []},
        "account": {
            "lead": "SPX",
            "accounts": {mode: {"cycles": 0, "trades": 0} for mode in ("live", "replay")},
        },
    }  # fmt: skip
    for name, part in parts.items():
        text = json.dumps({**stamp, "part": part})
        (folder / f"{name}.json").write_text(text, encoding="utf-8")


@pytest.fixture
def made(tmp_path: Path, sample_notebook: Callable[..., NotebookNode]) -> Iterator[Shelf]:
    """A shelf of which some cycles have their folders, and one of the others an old page."""
    found = shelf(tmp_path / "outputs", LENGTH)
    read = found.desk.outputs / "site" / "read"
    for number in range(1, LENGTH):
        if number != 102:
            (read / str(number)).rmdir()
    (read / "102" / "what-102-leaves-open").mkdir()
    (read / "102" / "what-102-leaves-open" / "index.html").write_text("as it was")
    for number in KEPT:
        keep(found, number, sample_notebook())
    yield found
    found.ledger.close()


def tree(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*")
            if p.is_file()}  # fmt: skip


def test_a_build_is_what_publishing_gave(made: Shelf):
    """Built anew, the site has the bytes that it has when its last cycle is published on it."""
    done = building.build(made.desk, made.ledger)
    assert (done.dispatches, done.began, done.old) == (len(KEPT) + 1, 0, (102,))
    before = tree(made.desk.outputs / "site")
    site.publish(made.desk, made.ledger, LENGTH)
    assert tree(made.desk.outputs / "site") == before
    for number in KEPT:
        place = f"read/{number}/what-{number}-leaves-open/index"
        assert {f"{place}.html", f"{place}.md", f"read/{number}/trail/index.html"} <= set(before)
    assert {"index.html", "feed.xml", "read/0.html", "read/1.html", "search/0.js"} <= set(before)
    assert before["read/102/what-102-leaves-open/index.html"] == b"as it was"
    assert b"read/102/" in before["read/1.html"]


@pytest.mark.parametrize("step", [1, 5])
def test_a_killed_build_goes_on(step: int, made: Shelf):
    """Killed at any step, the old site stands; run again, it goes on there, to the same bytes."""
    outputs = made.desk.outputs
    stood = tree(outputs / "site")
    line = [sys.executable, "-c", CHILD, str(made.desk.path), str(outputs), str(step)]
    killed = subprocess.run(line, check=False, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)})
    assert killed.returncode == -signal.SIGKILL
    assert tree(outputs / "site") == stood
    (outputs / "site-build" / ".index.html.torn").write_text("half a pa")
    assert building.build(made.desk, made.ledger).began == step
    resumed = tree(outputs / "site")
    building.build(made.desk, made.ledger)
    assert tree(outputs / "site") == resumed
    assert sorted(p.name for p in outputs.glob("site*")) == ["site"]


def test_other_data_begins_again(made: Shelf):
    """What was made of another ledger, params or program is thrown away, not mixed in."""
    stop = 2

    def told(_what: str, done: int, _of: int) -> None:
        if done == stop:
            raise KeyboardInterrupt

    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            building.build(made.desk, made.ledger, told)
    note = made.desk.outputs / "site-build.json"
    noted = json.loads(note.read_text())
    assert noted["done"] == stop
    note.write_text(json.dumps(noted | {"stamp": "of another"}))
    (made.desk.outputs / "site-build" / "stray.html").write_text("of another")
    assert building.build(made.desk, made.ledger).began == 0
    assert not (made.desk.outputs / "site" / "stray.html").exists()


def test_a_kill_while_it_is_put_in_place(made: Shelf):
    """The old site, moved aside when the power went, stands again before anything is built."""
    outputs = made.desk.outputs
    (outputs / "site").rename(outputs / "site-old")
    assert building.build(made.desk, made.ledger).old == (102,)
    assert (outputs / "site" / "read" / "102" / "what-102-leaves-open" / "index.html").is_file()
    assert not (outputs / "site-old").exists()


def test_a_build_that_leaks_leaves_the_site(made: Shelf):
    """A secret in any notebook stops the build by name, and the site that stands is left alone."""
    before = tree(made.desk.outputs / "site")
    path = made.desk.outputs / "cycles" / "99" / "notebooks" / "2_score.ipynb"
    nb = json.loads(path.read_text("utf-8"))
    nb["cells"][0]["source"] = "sk-ant-api03-abcdefghijk"
    path.write_text(json.dumps(nb), encoding="utf-8")
    with pytest.raises(CycleFailed, match="read/99/trail/2_score"):
        building.build(made.desk, made.ledger)
    assert tree(made.desk.outputs / "site") == before


def test_a_folder_of_an_older_program(made: Shelf):
    """A cycle that kept nothing for the record page is not published: the error says what to do,
    and nothing is written.
    """
    before = tree(made.desk.outputs / "site")
    (made.desk.outputs / "cycles" / str(LENGTH) / "record.json").unlink()
    for publish in (lambda: site.publish(made.desk, made.ledger, LENGTH),
                    lambda: building.build(made.desk, made.ledger)):  # fmt: skip
        with pytest.raises(CycleFailed, match=f"delete outputs/cycles/{LENGTH}/notebooks"):
            publish()
    assert tree(made.desk.outputs / "site") == before


def test_an_empty_ledger_has_no_moment():
    """Claims stand as of the last cycle; where there is none, no other moment takes its place."""
    with pytest.raises(CycleFailed, match="holds no cycle"):
        editions.now(Ledger("sqlite://"))


def test_nothing_to_build(tmp_path: Path):
    """Without a cycle's folder there is nothing to make; it says so and writes nothing."""
    made = shelf(tmp_path, 3)
    before = set(tree(tmp_path))
    with pytest.raises(UserMistake, match="workbench cycle"):
        building.build(made.desk, made.ledger)
    made.ledger.close()
    assert {name for name in tree(tmp_path) if "ledger" not in name} <= before


def test_as_a_person_types_it(made: Shelf, inside: Callable[..., Any], tmp_path: Path):
    """`workbench site build` says how many and where; mistakes are one line."""
    line = ("-f", str(made.desk.path), "--outputs", str(made.desk.outputs))
    ran = inside("site", "build", *line, cwd=tmp_path)
    assert (ran.returncode, ran.stdout.splitlines()) == (
        0, ["5 dispatches: outputs/site/index.html", "Left as they were, because their folders "
            "under outputs/cycles are gone: 102"])  # fmt: skip
    assert "place: 6 of 6" in ran.stderr
    for command in ("build", "serve"):
        ran = inside("site", command, "--outputs", "nowhere", "-f", str(made.desk.path),
                     cwd=tmp_path)  # fmt: skip
        assert (ran.returncode, ran.stdout, len(ran.stderr.splitlines())) == (2, "", 1)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Server]:
    """A small site, served."""
    (tmp_path / "site" / "read").mkdir(parents=True)
    (tmp_path / "site" / "index.html").write_text("<p>here</p>")
    (tmp_path / "site" / "index.md").write_text("– here")
    (tmp_path / "secret").write_text("not here")
    with Server(tmp_path / "site", 0) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()


def asked(address: str, method: str = "GET") -> tuple[int, dict[str, str], bytes]:
    request = urllib.request.Request(address, method=method)  # noqa: S310  (loopback)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310
            return answer.status, dict(answer.headers), answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, {}, b""


def test_the_site_is_served_and_nothing_else(served: Server):
    """Files of the site under its policy; no list of a folder, nothing above it, no POST."""
    assert served.server_address[0] == "127.0.0.1"
    status, headers, body = asked(served.address)
    assert (status, body) == (200, b"<p>here</p>")
    assert headers["Content-Security-Policy"] == CSP
    assert asked(f"{served.address}index.md")[1]["Content-type"] == "text/markdown; charset=utf-8"
    for path in ("read/", "../secret", "%2e%2e/secret", "none.html"):
        assert asked(served.address + path)[0] == 404, path
    assert asked(served.address, "POST")[0] == 501


def test_many_readers_are_answered(served: Server):
    """More readers than are answered at once all get their page, one after the other."""
    answers: list[int] = []
    threads = [threading.Thread(target=lambda: answers.append(asked(served.address)[0]))
               for _ in range(60)]  # fmt: skip
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert answers == [200] * 60


def test_a_port_that_is_taken(served: Server, tmp_path: Path):
    """A second one on the same port is refused in one line that says what to do."""
    with pytest.raises(UserMistake, match="--port"):
        Server(tmp_path / "site", served.server_port)
