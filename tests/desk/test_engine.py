"""The papermill engine: what is on disk after each cell, and what ends a run that goes on."""

import gc
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import nbformat
import papermill
import pytest
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.engines import papermill_engines
from papermill.exceptions import PapermillExecutionError

from workbench.desk.kernels import asking, engine

pytestmark = pytest.mark.timeout(180)
ENGINE = "workbench"
Written = Callable[..., Path]


@pytest.fixture(scope="module", autouse=True)
def _stopped() -> Iterator[None]:
    """The engine has its name, and no kernel or server outlives these tests."""
    papermill_engines.register(ENGINE, engine.WarmEngine)
    yield
    engine.settle()
    asking.stop()


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """Writes a notebook of these cells; those that begin with # are prose."""

    def made(*cells: str) -> Path:
        kinds = nbformat.v4.new_markdown_cell, nbformat.v4.new_code_cell
        nb = nbformat.v4.new_notebook(cells=[kinds[c[:1] != "#"](c) for c in cells])
        nb.metadata["kernelspec"] = {"name": "python3", "display_name": "", "language": "python"}
        nbformat.write(nb, tmp_path / "source.ipynb")
        return tmp_path / "source.ipynb"

    return made


def run(source: Path, name: str = ENGINE, **options: Any) -> Path:
    """Runs a notebook beside itself."""
    output = source.with_name(f"{name}.ipynb")
    options = {"engine_name": name if name == ENGINE else None, "progress_bar": False, **options}
    papermill.execute_notebook(str(source), str(output), **options)
    return output


def shown(path: Path) -> list[dict[str, Any]]:
    """The cells of a notebook less what tells when they ran."""
    cells = json.loads(path.read_text("utf-8"))["cells"]
    for cell in cells:
        for key in ("start_time", "end_time", "duration"):
            cell["metadata"].get("papermill", {}).pop(key, None)
        cell["metadata"].pop("execution", None)
        cell.pop("id", None)
    return list(cells)


def test_a_run_is_what_papermill_makes_of_it(written: Written):
    """The same cells give the same notebook, outputs, counts and metadata, as by papermill's own
    engine; and its text is the one that nbformat writes.
    """
    source = written(
        "# Prose with \"quotes\", a \\ and é", "import sys; print('one'); 1 + 1", "",
        "import pandas as pd; pd.DataFrame({'a': [1.5, None]})", "print('off', file=sys.stderr)",
        "from IPython.display import display, HTML; display(HTML('<b>“cells”: [],</b>')); 'x'",
        "d = display('first', display_id='d')", "d.update('second')",
    )  # fmt: skip
    ours, theirs = run(source), run(source, "theirs")
    assert shown(ours) == shown(theirs)
    text = ours.read_text("utf-8")
    assert nbformat.writes(nbformat.reads(text, 4)) == text.rstrip("\n")


def test_a_failing_cell_is_told_and_the_rest_not_run(written: Written):
    """An exception ends the run as papermill's own engine does, with the traceback on disk."""
    source = written("x = 1", "x / 0", "x = 2")
    failed = []
    for name in (ENGINE, "theirs"):
        with pytest.raises(PapermillExecutionError, match="ZeroDivisionError"):
            run(source, name)
        failed.append(shown(source.with_name(f"{name}.ipynb")))
    assert failed[0] == failed[1]


def test_a_finished_cell_is_on_disk_before_the_next_begins(written: Written, tmp_path: Path):
    """A cell reads the notebook that it stands in, and all cells before it are there, whole."""
    output = tmp_path / f"{ENGINE}.ipynb"
    source = written(
        "print('first')", "# between", f"""
import json, pathlib
cells = json.loads(pathlib.Path({str(output)!r}).read_text())["cells"]
print([cell.get("outputs") for cell in cells][:2])""",
    )  # fmt: skip
    cells = json.loads(run(source).read_text("utf-8"))["cells"]
    assert cells[2]["outputs"][0]["text"] == [
        "[[{'name': 'stdout', 'output_type': 'stream', 'text': ['first\\n']}], None]\n"
    ]


def test_a_killed_run_leaves_its_finished_cells(written: Written, tmp_path: Path):
    """Killed from outside in its third cell, a run leaves the first two on disk and no kernel."""
    told = (
        f"import os, pathlib as p; p.Path({str(tmp_path / 'pid')!r}).write_text(str(os.getpid()))"
    )
    source = written("print('kept')", told, "import time; time.sleep(60)")
    code = (
        "import papermill; from papermill.engines import papermill_engines as known; "
        "from workbench.desk.kernels.engine import WarmEngine; "
        f"known.register({ENGINE!r}, WarmEngine); papermill.execute_notebook({str(source)!r}, "
        f"{str(tmp_path / 'out.ipynb')!r}, engine_name={ENGINE!r}, progress_bar=False)"
    )
    root = Path(__file__).parents[2]
    with subprocess.Popen([sys.executable, "-c", code], cwd=root) as process:
        path = tmp_path / "pid"
        while not (path.is_file() and path.read_text()):
            assert process.poll() is None
            time.sleep(0.02)
        time.sleep(0.5)
        process.kill()
    cells = json.loads((tmp_path / "out.ipynb").read_text("utf-8"))["cells"]
    assert cells[0]["outputs"][0]["text"] == ["kept\n"]
    assert [cell["execution_count"] for cell in cells] == [1, 2, None]
    until = time.monotonic() + 30
    while Path(f"/proc/{path.read_text()}").exists() and time.monotonic() < until:
        time.sleep(0.02)
    assert not Path(f"/proc/{path.read_text()}").exists()


@pytest.mark.parametrize(
    ("limits", "cell"),
    [({"execution_timeout": 1}, "import time; time.sleep(60)"),
     ({"deadline": 2.0}, "import re; re.match(r'(a+)+b', 'a' * 40)")],
    ids=["a cell", "the whole, in a C call"],
)  # fmt: skip
def test_what_takes_too_long_is_ended(limits: dict[str, float], cell: str, written: Written):
    """A cell has its limit and a notebook one for all of its cells; the kernel is killed."""
    source = written("import os; print(os.getpid())", cell, "late = 1")
    with pytest.raises(CellTimeoutError):
        run(source, **limits)
    cells = json.loads(source.with_name(f"{ENGINE}.ipynb").read_text("utf-8"))["cells"]
    assert cells[2]["execution_count"] is None
    assert not Path(f"/proc/{cells[0]['outputs'][0]['text'][0].strip()}").exists()


@pytest.mark.parametrize("cell", ["while True: print('x' * 1000)", "'x' * 3_000_000"])
def test_what_puts_out_too_much_is_ended(cell: str, written: Written):
    """A notebook may put out so much and no more, in one piece or in many."""
    source = written("1", cell)
    with pytest.raises(engine.OutputTooLarge, match="over 2 MB"):
        run(source, most_bytes=2_000_000)
    assert source.with_name(f"{ENGINE}.ipynb").stat().st_size < 2_500_000


def test_a_dead_kernel_ends_the_run(written: Written):
    """A kernel that dies in a cell is seen at once, and not after the cell's time."""
    began = time.monotonic()
    with pytest.raises(DeadKernelError):
        run(written("import os; os._exit(3)"), execution_timeout=100)
    assert time.monotonic() - began < 60


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # of nbclient's loops in threads
def test_notebooks_run_side_by_side(written: Written, tmp_path: Path):
    """Two threads run a notebook each, with folders and environments of their own."""
    source = written(
        "import os; print(os.getcwd(), os.environ['WHO'])", "import time; time.sleep(1)"
    )

    def one(who: str) -> str:
        folder = tmp_path / who
        folder.mkdir()
        output = folder / "out.ipynb"
        papermill.execute_notebook(
            str(source), str(output), engine_name=ENGINE, progress_bar=False,
            kernel_cwd=str(folder), kernel_env={**os.environ, "WHO": who},
        )  # fmt: skip
        return str(json.loads(output.read_text("utf-8"))["cells"][0]["outputs"][0]["text"][0])

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(one, ["a", "b"])) == [f"{tmp_path}/{w} {w}\n" for w in ("a", "b")]
    gc.collect()


def test_a_kernel_that_does_not_leave_is_made_to(written: Written):
    """A kernel whose work at exit does not end is killed; the run is done long before."""
    source = written(
        "import atexit, os, time; _ = atexit.register(time.sleep, 600); print(os.getpid())"
    )
    began = time.monotonic()
    cells = json.loads(run(source).read_text("utf-8"))["cells"]
    pid = int(cells[0]["outputs"][0]["text"][0])
    assert Path(f"/proc/{pid}").exists()
    engine.settle()
    assert not Path(f"/proc/{pid}").exists()
    assert time.monotonic() - began < 60
    with pytest.raises(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
