"""The notebooks on their own: each runs alone, on fresh outputs, and changes no ledger."""

import datetime as dt
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from workbench.desk.notebooks import NAMES, verdict
from workbench.desk.replay import cycle, replay
from workbench.domain.calendars import moment
from workbench.steps import opening
from workbench.steps.bench import Bench
from workbench.world.archive import Archive
from workbench.world.ledger import Ledger
from workbench.world.params import Desk, open_desk

FIRST, LAST = dt.date(2018, 1, 25), dt.date(2018, 1, 30)


@pytest.fixture
def desk(
    new_project: Callable[..., Path], bundle: Archive, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Desk:  # fmt: skip
    """The small desk, as a notebook in JupyterLab finds it: from the notebooks' own folder."""
    root = new_project(tmp_path / "project")
    monkeypatch.chdir(root / "notebooks")
    monkeypatch.delenv("WORKBENCH_OUTPUTS", raising=False)
    monkeypatch.setenv("WORKBENCH_ARCHIVE", str(bundle.folder))
    return open_desk("params/small.yaml")


def cells_run(path: Path, **parameters: Any) -> dict[str, Any]:
    """Runs a notebook's code cells as plain Python, parameters given after their own cell."""
    space: dict[str, Any] = {}
    for cell in json.loads(path.read_text("utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), space)  # noqa: S102  # they are our own
            if "parameters" in cell["metadata"].get("tags", ()):
                space |= parameters
    return space


@pytest.mark.parametrize("name", NAMES)
def test_each_runs_alone_on_fresh_outputs(name: str, desk: Desk):
    """A newcomer opens any notebook first: it works before any cycle ran, and keeps nothing."""
    path = desk.root / "notebooks" / f"{name}.ipynb"
    space = cells_run(path, desk="params/small.yaml")
    assert space["bench"].number == 1
    assert space["bench"].as_of == moment("2018-01-29T22:00Z")
    assert Ledger(desk.ledger).head()[0] == 0
    assert not (desk.outputs / "cycles").exists()


@pytest.mark.parametrize("name", NAMES)
def test_each_runs_alone_after_cycles(name: str, desk: Desk, bundle: Archive):
    """Run alone it works on the latest cycle, against a scratch ledger: nothing is added."""
    ledger = Ledger(desk.ledger)
    replay(desk, bundle, ledger, FIRST, LAST)
    head = ledger.head()
    space = cells_run(desk.root / "notebooks" / f"{name}.ipynb", desk="params/small.yaml")
    assert space["bench"].number == 4
    assert space["bench"].snapshot.as_of == moment("2018-01-30T22:00Z")
    assert ledger.head() == head
    assert not (desk.outputs / "cycles").exists()


def test_each_looks_at_another_moment(desk: Desk, bundle: Archive):
    """With as_of a notebook looks at any moment between and after the desk's cycles, at no cost."""
    ledger = Ledger(desk.ledger)
    replay(desk, bundle, ledger, FIRST, LAST)
    head = ledger.head()
    for name in NAMES:
        path = desk.root / "notebooks" / f"{name}.ipynb"
        space = cells_run(path, desk="params/small.yaml", as_of="2018-03-29T21:00Z")
        assert space["bench"].snapshot.as_of == moment("2018-03-29T21:00Z")
    assert ledger.head() == head


@pytest.mark.parametrize("when", ["2018-01-30T16:00Z", "2018-01-28T12:00Z", "2017-07-03T17:30Z"])
def test_a_moment_of_any_kind(when: str, desk: Desk, bundle: Archive):
    """A cycle within a session, on a Sunday or right after a half-day makes its claims as well."""
    ledger = Ledger("sqlite://")
    bench = Bench(desk, bundle, ledger, number=1, as_of=moment(when), mode="replay", keep=False)
    cycle(bench)
    assert ledger.broken() is None
    assert ledger.last_cycle()


def test_the_wording_changes(desk: Desk, bundle: Archive):
    """Ten dispatches in a row: no title twice, and no two essays that open alike."""
    ledger = Ledger("sqlite://")
    replay(desk, bundle, ledger, dt.date(2018, 1, 2), dt.date(2018, 1, 8))
    titles, openings = [], []
    sessions = ["2018-01-09", "2018-01-10", "2018-01-11", "2018-01-12", "2018-01-16",
                "2018-01-17", "2018-01-18", "2018-01-19", "2018-01-22", "2018-01-23"]  # fmt: skip
    for number, date in enumerate(sessions, 6):
        when = opening.after_close(desk, dt.date.fromisoformat(date))
        bench = Bench(desk, bundle, ledger, number=number, as_of=when, mode="replay", keep=False)
        made = cycle(bench)
        titles.append(made.title)
        openings.append(made.sections["opening"].paragraphs[0])
    assert len(set(titles)) == 10
    assert len({text[:40] for text in openings}) >= 6
    assert len(set(openings)) == 10


@pytest.mark.notebook
def test_bare_papermill(desk: Desk, bundle: Archive, tmp_path: Path):
    """``papermill notebooks/5_predict.ipynb out.ipynb -p desk params/...`` works from the root."""
    papermill = shutil.which(
        "papermill", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    )
    assert papermill is not None
    out = tmp_path / "out.ipynb"
    line = [papermill, "notebooks/5_predict.ipynb", str(out), "-p", "desk", "params/small.yaml"]
    run = subprocess.run(line, cwd=desk.root, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert verdict(out) == ""
    assert Ledger(desk.ledger).head()[0] == 0
    before = (Path(__file__).parents[2] / "notebooks" / "5_predict.ipynb").read_bytes()
    assert (desk.root / "notebooks" / "5_predict.ipynb").read_bytes() == before
