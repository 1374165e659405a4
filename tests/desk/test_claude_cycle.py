"""A desk of Claude minds as a person runs it: notebooks without a key, and its replay."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.bench import messages
from tests.bench.wire import KEY, Service
from workbench.world import entries as book
from workbench.world.archive import Archive
from workbench.world.ledger import Ledger

PARAMS = """\
desk: asked
first: 2018-01-29
instruments: [SPX, VIX]
indicators: [WTI, AAA, BAA, CPILFESL]
horizons: [1]
minds: [claude-macro, claude-contrarian]
claude: {plain: claude-sonnet-5-5, plain_calls: 2, cycle_usd: 2.0}
"""
Run = Callable[..., subprocess.CompletedProcess[str]]


def written(outputs: Path) -> dict[str, list[dict[str, Any]]]:
    """Every row but its time of registration."""
    ledger = Ledger(f"sqlite:///{outputs / 'ledger.db'}")
    found = {
        table.name: [
            {k: v for k, v in row.items() if k != "registered_at"}
            for row in ledger.read(sa.select(table).order_by(table.c.seq))
        ]
        for table in book.TABLES
    }
    ledger.close()
    return found


@pytest.fixture
def root(new_project: Callable[..., Path], tmp_path: Path) -> Path:
    folder: Path = new_project(tmp_path / "project")
    (folder / "params" / "asked.yaml").write_text(PARAMS, encoding="utf-8")
    return folder


@pytest.mark.notebook
@pytest.mark.timeout(900)
def test_kernels_hold_no_key_and_a_replay_says_the_same(
    root: Path, bundle: Archive, service: Service, command: Run
):
    """The cycle asks in its own process, publishes, and a replay of its replies writes its rows."""
    service.replies = messages.serve().replies
    env = {"WORKBENCH_ARCHIVE": str(bundle.folder), "ANTHROPIC_API_KEY": KEY}
    ran = command("cycle", "-f", "params/asked.yaml", cwd=root, env=env)
    assert ran.returncode == 0, ran.stderr
    first = written(root / "outputs")
    assert [row["mind"] for row in first["voices"]] == [
        "Macro", "Contrarian", "plain", "plain_median",
    ]  # fmt: skip
    assert first["absences"] == []
    assert {"Macro", "Contrarian", "plain"} <= {row["forecaster"] for row in first["forecasts"]}
    asked = len(service.asked)
    assert asked >= 6
    secret = KEY.encode()
    assert not [
        p for p in (root / "outputs").rglob("*") if p.is_file() and secret in p.read_bytes()
    ]
    again = root / "again"
    shutil.copytree(root / "outputs" / "replies", again / "replies")
    days = ("--from", "2018-01-29", "--to", "2018-01-29")
    ran = command(
        "replay", *days, "-f", "params/asked.yaml", "--outputs", str(again), cwd=root, env=env
    )
    assert ran.returncode == 0, ran.stderr
    assert written(again) == first
    assert len(service.asked) == asked


def test_a_replay_that_was_never_recorded(
    root: Path, bundle: Archive, service: Service, inside: Run
):
    """One line that says what is missing and what to do, exit 2, and nothing is asked."""
    env = {"WORKBENCH_ARCHIVE": str(bundle.folder)}
    days = ("--from", "2018-01-29", "--to", "2018-01-29")
    ran = inside("replay", *days, "-f", "params/asked.yaml", cwd=root, env=env)
    assert ran.returncode == 2
    (line,) = ran.stderr.splitlines()
    assert "No reply to request" in line
    assert "workbench cycle" in line
    assert service.asked == []
