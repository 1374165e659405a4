"""Shared fixtures: the bundled history, a small project of its own, and its notebook cycles."""

import datetime as dt
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import settings

from tests.bench.wire import beyond, service, wire  # noqa: F401  # fixtures of all folders
from workbench.cli import main
from workbench.world.archive import Archive
from workbench.world.feeds import bundled

# A loaded machine is slow, not wrong: speed belongs in benchmarks.
settings.register_profile("desk", deadline=None)
settings.load_profile("desk")
ROOT = Path(__file__).parents[1]
KEY = "sk-ant-no-real-key-0123456789"
SMALL = """\
desk: small
first: 2018-01-29
warmup: {from: 2018-01-25, to: 2018-01-26}
instruments: [SPX, COMP, VIX]
indicators: [WTI, AAA, BAA, CPILFESL]
horizons: [1]
stories: [technology-leads, fear-moves-first]
paper: {tradable: [SPX, COMP]}
"""


def pytest_make_parametrize_id(val: object) -> str | None:
    """Name a case of bytes by their number: packed bytes hold the hour at which they were packed,
    and runners that collect the same cases in different seconds must name them alike.
    """
    return f"{len(val)}-bytes" if isinstance(val, bytes) else None


@pytest.fixture(autouse=True)
def _frames_as_pandas_shows_them() -> Iterator[None]:
    """A bench sets how notebooks show frames; no test sees what another one's bench has set."""
    yield
    for name in ("max_colwidth", "max_rows", "max_columns", "float_format"):
        pd.reset_option(f"display.{name}")


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """An archive filled from the bundled feed; read it only."""
    folder: Path = tmp_path_factory.mktemp("bundle")
    archive = Archive(folder)
    archive.append(bundled.observations(), origin=bundled.ORIGIN, through=bundled.THROUGH)
    return archive


@pytest.fixture(scope="session")
def command() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs ``workbench`` as a person would."""
    return _command


@pytest.fixture
def inside(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs ``workbench`` in this very process: the same entry point, without its start-up time."""

    def ran(*args: str, cwd: Path, env: dict[str, str] | None = None) -> Any:
        monkeypatch.chdir(cwd)
        for name in ("WORKBENCH_OUTPUTS", "WORKBENCH_ARCHIVE"):
            monkeypatch.delenv(name, raising=False)
        for name, value in (env or {}).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["workbench", *args])
        capsys.readouterr()
        code: Any = 0
        try:
            main()
        except SystemExit as ended:
            code = ended.code or 0
        shown = capsys.readouterr()
        return subprocess.CompletedProcess(args, code, shown.out, shown.err)

    return ran


@pytest.fixture(scope="session")
def new_project() -> Callable[..., Path]:
    """Makes a project with our notebooks and minds, and a desk of its own."""
    return _project


def _command(*args: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """``cwd`` and ``env`` (on top of this process's) may be given."""
    extra = {"ANTHROPIC_API_KEY": KEY} | options.pop("env", {})
    env = {k: v for k, v in os.environ.items() if not k.startswith("WORKBENCH_")} | extra
    line = [sys.executable, "-m", "workbench.cli", *args]
    return subprocess.run(line, env=env, capture_output=True, text=True, check=False, **options)


def _project(folder: Path, params: str = SMALL) -> Path:
    shutil.copytree(ROOT / "notebooks", folder / "notebooks")
    for name in ("minds", "stories"):
        shutil.copytree(ROOT / "params" / name, folder / "params" / name)
    (folder / "params" / "small.yaml").write_text(params, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Five notebook cycles of the small desk, the second of which fails once and is resumed.

    They take minutes, so all workers share one making of them, behind a lock; read it only.
    ``root`` and ``outputs`` are paths, ``runs`` what each command said and left.
    """
    shared = tmp_path_factory.getbasetemp()
    shared = shared.parent if "PYTEST_XDIST_WORKER" in os.environ else shared
    with (shared / "cycles.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        note = shared / "cycles.json"
        if not note.is_file():
            root = _project(shared / "project")
            note.write_text(json.dumps({"root": str(root), "runs": _cycles(root)}))
        found: dict[str, Any] = json.loads(note.read_text())
    return found | {"root": Path(found["root"]), "outputs": Path(found["root"]) / "outputs"}


def _cycles(root: Path) -> list[dict[str, Any]]:
    source = root / "notebooks" / "2_score.ipynb"
    whole = source.read_text("utf-8")
    broken = json.loads(whole)
    last = [cell for cell in broken["cells"] if cell["cell_type"] == "code"][-1]
    last["source"] = ["import os\n", "raise RuntimeError([k for k in os.environ if '_KEY' in k])"]
    runs = [_cycle(root)]
    source.write_text(json.dumps(broken), encoding="utf-8")
    runs.append(_cycle(root))
    source.write_text(whole, encoding="utf-8")
    return [*runs, _cycle(root), _cycle(root, "-p", "window=90"), _cycle(root), _cycle(root)]


def _cycle(root: Path, *args: str) -> dict[str, Any]:
    """One command, and the whole state of the outputs after it."""
    run = _command("cycle", "-f", "params/small.yaml", *args, cwd=root)
    cycles = sorted((root / "outputs" / "cycles").glob("*"), key=lambda path: int(path.name))
    ran = {path.stem: path.stat().st_mtime_ns for path in cycles[-1].glob("notebooks/*.ipynb")}
    site = root / "outputs" / "site"
    pages = {
        path.relative_to(site).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(site.rglob("*"))
        if path.is_file()
    }
    indexed = site / "index.html"
    return {
        "code": run.returncode, "out": run.stdout, "err": run.stderr.splitlines(),
        "at": dt.datetime.now(dt.UTC).isoformat(), "cycle": int(cycles[-1].name),
        "status": json.loads((cycles[-1] / "status.json").read_text("utf-8")), "ran": ran,
        "pages": pages, "states": _states(site), "index": indexed.read_text("utf-8"),
    }  # fmt: skip


def _states(site: Path) -> dict[str, str]:
    """Each dispatch's number and the state that its banner shows."""
    banner = re.compile(r'<p class="state"><span class="chip" data-s="(\w+)">')
    return {
        page.parent.parent.name: banner.findall(page.read_text("utf-8"))[0]
        for page in site.glob("read/*/*/index.html")
    }
