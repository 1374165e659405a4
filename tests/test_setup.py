"""Set-up on a bare machine: what is pinned, and what is said when something is missing."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PIN = re.compile(r"^(?P<name>[a-z0-9-]+)==[0-9][0-9a-z.+!]*( ; .+)?$")

# Everything that the set-up calls beside Python and uv. PATH is made of these alone, so that
# neither a uv nor another Python of this machine decides a test.
TOOLS = ["basename", "cat", "cksum", "dirname", "id", "ln", "make", "mkdir", "rm", "sed", "sh"]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone with just the files that set-up reads, and `bin` as its whole PATH."""
    there = tmp_path / "a clone"
    (there / ".ci").mkdir(parents=True)
    for name in ("Makefile", "pyproject.toml", "constraints.txt", ".ci/setup"):
        shutil.copy(ROOT / name, there / name)
    (there / "bin").mkdir()
    for tool in TOOLS:
        found = shutil.which(tool)
        if found is None:
            pytest.skip(f"this machine has no {tool}")
        (there / "bin" / tool).symlink_to(found)
    return there


def program(clone: Path, name: str, script: str) -> None:
    """Put a shell script on the clone's PATH."""
    path = clone / "bin" / name
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)


def python(clone: Path, name: str, at_start: str = "pass") -> None:
    """Put this very Python on the clone's PATH, after it has run the given line."""
    home = clone / f"{name} starts with"
    home.mkdir()
    (home / "sitecustomize.py").write_text(f"import sys\n{at_start}\n", encoding="utf-8")
    program(clone, name, f'PYTHONPATH="{home}" exec "{sys.executable}" "$@"')


NO_ENSUREPIP = 'sys.modules["ensurepip"] = None'
TOO_OLD = "sys.version_info = (3, 9, 2)"


def set_up(clone: Path, *args: str) -> subprocess.CompletedProcess[str]:
    """Run `make .venv` in the clone."""
    env = {"PATH": str(clone / "bin"), "HOME": str(clone), "LC_ALL": "C"}
    env["PIP_NO_INDEX"] = "1"  # should set-up get as far as pip, it fails at once and offline
    env |= {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
    command = ["make", "--no-print-directory", ".venv", *args]
    return subprocess.run(command, cwd=clone, env=env, capture_output=True, text=True, check=False)


def complaints(run: subprocess.CompletedProcess[str]) -> list[str]:
    """The lines on stderr, without make's own last word."""
    return [line for line in run.stderr.splitlines() if not line.startswith("make: ***")]


def pins() -> list[str]:
    return (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()


def names(requirements: list[str]) -> set[str]:
    found = (re.match(r"[A-Za-z0-9._-]+", requirement) for requirement in requirements)
    return {re.sub(r"[-_.]+", "-", match[0]).lower() for match in found if match}


def test_constraints_are_exact() -> None:
    """Two machines never install two versions: each line is one package at one version."""
    assert [line for line in pins() if not PIN.match(line)] == []


def test_constraints_hold_no_address() -> None:
    """The pins say what, never where from."""
    assert [line for line in pins() if "://" in line or "@" in line or "--" in line] == []


def test_every_dependency_is_pinned() -> None:
    """A dependency added to pyproject.toml without `make lock` would float."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    wanted = names([*project["dependencies"], *(line for extra in extras for line in extra)])
    assert wanted - names(pins()) == set()


@pytest.mark.parametrize(
    ("name", "package"), [("python3", "python3-venv"), ("python3.12", "python3.12-venv")]
)
def test_python_without_venv_names_the_package(clone: Path, name: str, package: str) -> None:
    """Without ensurepip, one line says which package to install, and nothing is left behind."""
    python(clone, name, NO_ENSUREPIP)
    run = set_up(clone, f"PYTHON={name}")
    assert run.returncode != 0
    assert len(complaints(run)) == 1
    assert f"apt install {package})" in run.stderr
    assert not (clone / ".venv").exists()


def test_old_python_names_what_is_needed(clone: Path) -> None:
    """A Python below 3.11 is refused in one line that says its version and the one needed."""
    python(clone, "python3", TOO_OLD)
    run = set_up(clone)
    assert run.returncode != 0
    assert len(complaints(run)) == 1
    assert re.search(r"python3 is Python 3\.9, .* needs 3\.11 or newer: install .*apt", run.stderr)


def test_no_python_at_all(clone: Path) -> None:
    """A machine without Python, or a misspelt PYTHON=, gets one line as well."""
    for args in ((), ("PYTHON=python3.99",)):
        run = set_up(clone, *args)
        assert run.returncode != 0
        assert len(complaints(run)) == 1
        assert "apt install python3" in run.stderr


# What uv does that set-up relies on, without a network: it makes a folder with a Python in it,
# and it installs, here into a log.
FAKE_UV = f"""
case $1 in
venv) mkdir -p .venv/bin && ln -s '{sys.executable}' .venv/bin/python ;;
pip) [ ! -e no-network ] ;;
esac || exit 1
[ "$1" = --version ] || echo "$1" >>uv.log
"""


def test_set_up_runs_again_only_when_needed(clone: Path) -> None:
    """A right .venv costs nothing, changed pins update it, and a half-made one is made anew."""
    python(clone, "python3", NO_ENSUREPIP)  # uv needs none
    program(clone, "uv", FAKE_UV)
    log = clone / "uv.log"

    def calls_of_set_up() -> list[str]:
        log.write_text("", encoding="utf-8")
        set_up(clone)
        return log.read_text(encoding="utf-8").split()

    assert calls_of_set_up() == ["venv", "pip"]
    (clone / "pyproject.toml").touch()
    assert calls_of_set_up() == []

    constraints = clone / "constraints.txt"
    constraints.write_text(constraints.read_text(encoding="utf-8") + "new==1\n", encoding="utf-8")
    assert calls_of_set_up() == ["pip"]

    constraints.write_text("new==2\n", encoding="utf-8")
    (clone / "no-network").touch()
    assert calls_of_set_up() == []
    assert not (clone / ".venv/.set-up").exists()
    (clone / "no-network").unlink()
    assert calls_of_set_up() == ["venv", "pip"]
    assert calls_of_set_up() == []


def test_a_newer_python_is_found_behind_an_old_one(clone: Path) -> None:
    """Where `python3` is too old, a newer one by its full name is taken without being asked."""
    python(clone, "python3", TOO_OLD)
    python(clone, "python3.12")
    program(clone, "uv", FAKE_UV)
    assert set_up(clone).returncode == 0
    assert (clone / ".venv/.set-up").exists()
