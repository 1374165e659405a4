"""``workbench cycle``: notebooks and replay agree, failures resume, mistakes leave nothing."""

import datetime as dt
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
import sqlalchemy as sa

from workbench.desk import cycle as cycles
from workbench.desk.lock import held
from workbench.desk.notebooks import NAMES, verdict
from workbench.desk.replay import replay
from workbench.desk.verify import verify
from workbench.world import entries as book
from workbench.world.archive import Archive
from workbench.world.ledger import Ledger
from workbench.world.params import open_desk

notebook_cycles = [pytest.mark.notebook, pytest.mark.timeout(1200)]  # the first waits for them
Command = Callable[..., subprocess.CompletedProcess[str]]
Made = dict[str, Any]
FAILED, RESUMED = 1, 2  # places in ``runs``


def marked(test: Callable[..., None]) -> Callable[..., None]:
    for mark in notebook_cycles:
        test = mark(test)
    return test


def table_of(ledger: Ledger, table: sa.Table) -> list[dict[str, Any]]:
    rows = ledger.read(sa.select(table).order_by(table.c.seq))
    return [{k: v for k, v in row.items() if k != "registered_at"} for row in rows]


@marked
def test_notebooks_and_replay_write_the_same_rows(made: Made, bundle: Archive, tmp_path: Path):
    """Warm-up and five cycles of six kernels each, one resumed after a failure, write what the
    step functions write: every column of every table but the time of registration.
    """
    path = made["root"] / "params" / "small.yaml"
    desk, replayed = open_desk(path, made["outputs"]), open_desk(path, tmp_path)
    ours = Ledger(desk.ledger)
    theirs = Ledger(replayed.ledger)
    assert replay(replayed, bundle, theirs, dt.date(2018, 1, 25), dt.date(2018, 2, 2)) == 7
    for table in book.TABLES:
        assert table_of(ours, table) == table_of(theirs, table)
    assert ours.head() == theirs.head()
    assert len(table_of(ours, book.dispatches)) == 7


@marked
def test_five_cycles_in_order(made: Made):
    """Cycles go on from the warm-up, one session each, and say in three lines what came out."""
    runs = [run for run in made["runs"] if run["code"] == 0]
    assert [run["cycle"] for run in runs] == [3, 4, 5, 6, 7]
    dates = ["2018-01-29", "2018-01-30", "2018-01-31", "2018-02-01", "2018-02-02"]
    assert [run["status"]["as_of"] for run in runs] == [f"{date}T22:00:00Z" for date in dates]
    for run in runs:
        first, call, where = run["out"].splitlines()
        assert first.startswith(f"Dispatch {run['cycle']}, as of {run['status']['as_of']}: ")
        assert call.startswith("My call: ")
        page = re.fullmatch(r"Read it: (outputs/site/read/\d+/[a-z0-9-]+/index\.html)", where)
        assert page is not None
        assert (made["root"] / page[1]).is_file()


@marked
def test_what_a_cycle_leaves(made: Made):
    """Its folder holds a status that says published, six good executed notebooks, and its parts."""
    for number in range(3, 8):
        folder = made["outputs"] / "cycles" / str(number)
        status = json.loads((folder / "status.json").read_text("utf-8"))
        assert (status["state"], list(status["done"])) == ("published", list(NAMES))
        assert all(seconds > 0 for seconds in status["done"].values())
        assert [verdict(folder / "notebooks" / f"{name}.ipynb") for name in NAMES] == [""] * 6
        left = {path.name for path in folder.iterdir()}
        assert left >= {"status.json", "notebooks", "opinions.json", "dispatch.json"}
        assert not [name for name in left if name.startswith((".", "tmp"))]  # nothing half-written


@marked
def test_every_chart_of_a_cycle_can_be_checked(made: Made):
    """A chart says what, unit, source, moment and n, in words and numbers; or why there is none."""
    pages = [*(made["outputs"] / "site" / "read" / "7").rglob("*.html")]
    pages.append(made["outputs"] / "site" / "record" / "index.html")
    drawn = 0
    for page in pages:
        for figure in re.findall(r"<figure>.*?</figure>", page.read_text("utf-8"), re.DOTALL):
            text = figure.replace("\N{NO-BREAK SPACE}", " ")
            assert re.search(r'class="ft">[^<]{12,}', text)
            assert re.search(r'role="img" aria-label="[^"]{12,}"', text)
            if "n = 0." in text:
                continue
            drawn += 1
            assert re.search(r'class="fs">[^<]{12,}', text)
            caption = re.search(r"<figcaption>.*?</figcaption>", text, re.DOTALL)
            assert caption is not None
            for part in ("Source: ", "n = "):
                assert part in caption[0], page
            assert " as of " in caption[0] or "at each cycle" in caption[0], caption[0]
            assert "<details><summary>The numbers behind this chart" in text
    assert drawn > 10


@marked
def test_the_warm_up_has_no_pages(made: Made):
    """Warm-up cycles are on the ledger, and only notebook cycles are dispatched."""
    numbers = [row["number"] for row in table_of(Ledger(_url(made)), book.cycles)]
    assert numbers == [1, 2, 3, 4, 5, 6, 7]
    read = made["outputs"] / "site" / "read"
    pages = {path.name for path in read.iterdir() if path.is_dir()}
    assert pages == {"3", "4", "5", "6", "7"}
    assert {row["mode"] for row in table_of(Ledger(_url(made)), book.cycles)} == {"replay"}


@marked
def test_a_knob_reaches_its_notebooks(made: Made):
    """-p window=90 is set in the notebooks that declare it, in that cycle alone."""
    for number, expected in ((4, False), (5, True), (6, False)):
        for name in NAMES:
            path = made["outputs"] / "cycles" / str(number) / "notebooks" / f"{name}.ipynb"
            cells = nbformat.read(path, as_version=4).cells
            injected = [
                c.source for c in cells if "injected-parameters" in c.metadata.get("tags", [])
            ]
            has = name in {"3_regime", "6_dispatch"} and expected
            assert len(injected) == 1
            assert ("window = 90" in injected[0]) == has


@marked
def test_sources_are_untouched(made: Made):
    """Running notebooks never writes into the source notebooks."""
    ours = Path(__file__).parents[2] / "notebooks"
    for name in NAMES:
        source = json.loads((made["root"] / "notebooks" / f"{name}.ipynb").read_text("utf-8"))
        assert all(not cell.get("outputs") for cell in source["cells"])
        assert source == json.loads((ours / f"{name}.ipynb").read_text("utf-8"))


@marked
def test_a_failed_notebook_publishes_nothing(made: Made):
    """Exit 1, one line that names notebook and error, status failed, and the site as it was."""
    before, failed = made["runs"][FAILED - 1], made["runs"][FAILED]
    assert failed["code"] == 1
    said = failed["err"][-1]
    assert said.startswith("workbench: Notebook 2_score failed: RuntimeError: ")
    assert "4/notebooks/2_score.ipynb" in said
    assert "workbench cycle" in said
    assert "Traceback" not in " ".join(failed["err"])
    assert failed["out"] == ""
    assert failed["status"]["state"] == "failed"
    assert list(failed["status"]["done"]) == ["1_pull"]
    assert failed["pages"] == before["pages"]
    assert set(failed["ran"]) == {"1_pull", "2_score"}  # the executed copy with its error is kept


@marked
def test_kernels_see_no_secret(made: Made):
    """The environment of a kernel holds no key, even when the command's own does."""
    assert "RuntimeError: []" in made["runs"][FAILED]["err"][-1]


@marked
def test_a_mended_cycle_resumes_where_it_failed(made: Made):
    """The next command finishes that very cycle: what had run is not run again, the rest is."""
    failed, resumed = made["runs"][FAILED], made["runs"][RESUMED]
    assert resumed["code"] == 0
    assert (resumed["cycle"], resumed["status"]["as_of"]) == (4, failed["status"]["as_of"])
    assert resumed["status"]["state"] == "published"
    assert resumed["ran"]["1_pull"] == failed["ran"]["1_pull"]
    assert resumed["ran"]["2_score"] > failed["ran"]["2_score"]
    assert set(resumed["ran"]) == set(NAMES)
    assert resumed["status"]["done"]["1_pull"] == failed["status"]["done"]["1_pull"]


@marked
def test_the_record_verifies(made: Made, tmp_path: Path):
    """Every settlement of these cycles settles again from the archive, and the chain holds."""
    found = verify(open_desk(made["root"] / "params" / "small.yaml", made["outputs"]))
    assert found.differences == ()
    assert found.claims > 50


def _url(made: Made) -> str:
    return f"sqlite:///{made['outputs'] / 'ledger.db'}"


def without_warmup(root: Path) -> Path:
    params = root / "params" / "small.yaml"
    lines = params.read_text("utf-8").splitlines()
    params.write_text("\n".join(one for one in lines if "warmup" not in one), encoding="utf-8")
    return root


@pytest.fixture
def cold(new_project: Callable[..., Path], tmp_path: Path) -> Path:
    """A project whose desk has no warm-up and has never run."""
    return without_warmup(new_project(tmp_path / "project"))


@pytest.fixture(scope="module")
def begun(
    new_project: Callable[..., Path], bundle: Archive, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The same with one replayed cycle on its ledger, of 2018-01-26; read it only."""
    root = without_warmup(new_project(tmp_path_factory.mktemp("begun") / "project"))
    desk = open_desk(root / "params" / "small.yaml")
    ledger = Ledger(desk.ledger)
    replay(desk, bundle, ledger, dt.date(2018, 1, 26), dt.date(2018, 1, 26))
    ledger.close()
    return root


@pytest.fixture
def run(inside: Command, bundle: Archive) -> Command:
    """Runs a command on the archive that is filled already."""
    return lambda *args, **options: inside(
        *args, env={"WORKBENCH_ARCHIVE": str(bundle.folder)}, **options
    )


def tree(root: Path) -> dict[str, bytes]:
    """Every file of the outputs with its content; the lock and the database's own aside."""
    passing = {".lock", "ledger.db-wal", "ledger.db-shm"}
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in (root / "outputs").rglob("*")
        if path.is_file() and path.name not in passing
    }


def refused(run: subprocess.CompletedProcess[str], *parts: str) -> None:
    """Exit 2, nothing on stdout, and one line on stderr that holds these parts."""
    assert run.returncode == 2, run.stderr
    assert run.stdout == ""
    assert len(run.stderr.splitlines()) == 1, run.stderr
    assert run.stderr.startswith("workbench: ")
    for part in parts:
        assert part in run.stderr


MISTAKES = {
    "unknown": (["-p", "windw=90"], ["'windw'", "correlation, window"]),
    "own": (["-p", "cycle=3"], ["'cycle'"]),
    "size": (["-p", "window=-5"], ["window counts", "not -5"]),
    "type": (["-p", "window=many"], ["window is int", "'many'"]),
    "bare": (["-p", "window"], ["-p 'window'", "key=value"]),
    "no zone": (["--as-of", "2018-01-29T22:00"], ["time zone"]),
    "no moment": (["--as-of", "monday"], ["'monday'", "ISO 8601"]),
    "gone": (["--as-of", "2018-01-26T22:00Z"], ["2018-01-26T22:00:00Z", "--as-of"]),
    "earlier": (["--as-of", "2018-01-25T22:00Z"], ["2018-01-26T22:00:00Z", "--as-of"]),
    "beyond": (["--as-of", "2019-02-01T22:00Z"], ["2019-02-01T22:00:00Z", "2018-12-31T22:00:00Z"]),
    "other file": (["-f", "params/none.yaml"], ["'params/none.yaml'", "-f"]),
    "other place": (["--outputs", "params/small.yaml"], ["'small.yaml'", "--outputs"]),
    "other store": (["--archive", "params/small.yaml"], ["'small.yaml'", "--archive"]),
    "option": (["--windw", "90"], ["--windw"]),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_is_one_line_and_leaves_nothing(case: str, begun: Path, run: Command):
    """Exit 2, one line that says what and what to do, and the outputs as they were."""
    args, parts = MISTAKES[case]
    before = tree(begun)
    own = [] if "-f" in args else ["-f", "params/small.yaml"]
    refused(run("cycle", *own, *args, cwd=begun), *parts)
    assert tree(begun) == before


def test_before_there_is_any_data(cold: Path, run: Command):
    """A first cycle dated before the archive begins is refused, and the next one runs as if
    nobody had asked: no unfinished cycle stands in its way.
    """
    line = ["cycle", "-f", "params/small.yaml", "--as-of", "1990-01-02T22:00Z"]
    refused(run(*line, cwd=cold), "1990-01-02T22:00:00Z")
    assert not (cold / "outputs" / "cycles").exists()


def test_a_moment_beyond_the_archive_needs_no_warm_up(
    new_project: Callable[..., Path], tmp_path: Path, run: Command
):
    """A first cycle that cannot be is refused at once, not after minutes of warm-up."""
    root = new_project(tmp_path / "project")
    line = ["cycle", "-f", "params/small.yaml", "--as-of", "2030-01-02T22:00Z"]
    refused(run(*line, cwd=root), "2030-01-02T22:00:00Z")
    desk = open_desk(root / "params" / "small.yaml")
    assert Ledger(desk.ledger).head()[0] == 0


@pytest.mark.parametrize(
    "harm",
    ["untagged", "torn", "missing"],
)
def test_a_notebook_that_is_not_one_of_ours(harm: str, cold: Path, run: Command):
    """A notebook without its parameters cell, cut off or gone is named before anything runs."""
    path = cold / "notebooks" / "5_predict.ipynb"
    text = path.read_text("utf-8")
    if harm == "untagged":
        path.write_text(text.replace('"parameters"', '"paramters"'), encoding="utf-8")
    elif harm == "torn":
        path.write_text(text[: len(text) // 2], encoding="utf-8")
    else:
        path.unlink()
    said = run("cycle", "-f", "params/small.yaml", cwd=cold)
    refused(said, "5_predict.ipynb", "parameters" if harm == "untagged" else "")
    assert not (cold / "outputs" / "cycles").exists()


def test_outputs_that_are_a_file(cold: Path, run: Command):
    """A file in place of the outputs folder is named, and stays as it is."""
    (cold / "outputs").write_text("mine", encoding="utf-8")
    refused(run("cycle", "-f", "params/small.yaml", cwd=cold), "'outputs'", "--outputs")
    assert (cold / "outputs").read_text("utf-8") == "mine"


@pytest.mark.parametrize(
    "line", [["cycle"], ["replay", "--from", "2018-01-29", "--to", "2018-02-02"]]
)
def test_one_at_a_time(line: list[str], cold: Path, run: Command):
    """While another process holds the outputs, a cycle or a replay is refused, naming it."""
    with held(cold / "outputs"):
        before = tree(cold)
        said = run(*line, "-f", "params/small.yaml", cwd=cold)
        refused(said, "'outputs'", "--outputs", "process")
        assert tree(cold) == before
    with held(cold / "outputs"):
        pass  # and it is free again


def test_an_unfinished_cycle_comes_first(cold: Path, run: Command):
    """With a cycle unfinished, another moment is refused: it is resumed first."""
    status = {"number": 1, "as_of": "2018-01-29T22:00:00Z", "knobs": {"window": 90}, "done": {},
              "state": "failed"}  # fmt: skip
    place = cold / "outputs" / "cycles" / "1" / "status.json"
    place.parent.mkdir(parents=True)
    place.write_text(json.dumps(status), encoding="utf-8")
    own = ["cycle", "-f", "params/small.yaml"]
    refused(run(*own, "--as-of", "2018-01-30T22:00Z", cwd=cold), "Cycle 1", "not finished")
    assert json.loads(place.read_text("utf-8")) == status


def test_a_bad_knob_can_be_changed():
    """Other knobs for an unfinished cycle run again the notebooks that they turn, no others."""
    status = {"number": 1, "knobs": {"window": 9, "correlation": 63},
              "done": {"1_pull": 5.0, "3_regime": 7.0}}  # fmt: skip
    known = {"1_pull": {"desk": "str"}, "3_regime": {"window": "int", "correlation": "int"}}
    turned = cycles.turned(status, {"window": 90}, known)
    assert turned["knobs"] == {"window": 90, "correlation": 63}
    assert turned["done"] == {"1_pull": 5.0}
    assert cycles.turned(status, {}, known) == status


def test_a_cycle_after_an_interrupted_replay(begun: Path, tmp_path: Path, run: Command):
    """A replay that was cut short is finished, or named with what to do, never misread."""
    cold = shutil.copytree(begun, tmp_path / "project")
    params = cold / "params" / "small.yaml"
    text = params.read_text("utf-8") + "\nwarmup: {from: 2018-01-25, to: 2018-01-26}\n"
    params.write_text(text, encoding="utf-8")
    note = {"from": "2018-01-29", "to": "2018-01-31", "every": 1, "params": "whatever"}
    (cold / "outputs" / "replay.json").write_text(json.dumps(note), encoding="utf-8")
    said = run("cycle", "-f", "params/small.yaml", "--as-of", "2030-01-01T00:00Z", cwd=cold)
    assert said.returncode == 2
    assert "2030-01-01" in said.stderr or "2018-01-29" in said.stderr, said.stderr
