"""What making the whole site anew costs: ``python -m tests.bench.rebuild 100 1000``.

Each length is a shelf of which every dispatch has the folder of a real cycle (see `publish`).
``workbench site build`` is run on it, killed two fifths of the way and run again, and, up to 200
dispatches, once more without a kill, to the same bytes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.bench.publish import filled, run
from tests.bench.shelf import PARAMS

_TWICE = 200  # the longest that is built twice
_KILLED = 0.4
_PAGE = os.sysconf("SC_PAGE_SIZE") / 1e6  # MB


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """One run of the command: its ending, seconds, what it told, and its memory at each step."""

    code: int
    cpu: float
    wall: float
    told: list[str]
    memory: dict[int, float]


def built(outputs: Path, stop: int | None = None) -> Ran:
    """Runs the command; with ``stop`` it is killed once so many steps are done."""
    line = [sys.executable, "-m", "workbench.cli", "site", "build", "-f", str(PARAMS)]
    before, began = os.times(), time.perf_counter()
    child = subprocess.Popen([*line, "--outputs", str(outputs)], stderr=subprocess.PIPE, text=True)
    note, memory = outputs / "site-build.json", dict[int, float]()
    while child.poll() is None:
        time.sleep(0.2)
        try:
            done = json.loads(note.read_text())["done"]
            resident = int(Path(f"/proc/{child.pid}/statm").read_text().split()[1])
        except (FileNotFoundError, ProcessLookupError, ValueError, IndexError):
            continue
        memory[done] = resident * _PAGE
        if stop is not None and done >= stop:
            child.kill()
    told = (child.stderr.read() if child.stderr else "").splitlines()
    after = os.times()
    cpu = after.children_user + after.children_system
    cpu -= before.children_user + before.children_system
    return Ran(code=child.wait(), cpu=cpu, wall=time.perf_counter() - began, told=told,
               memory=memory)  # fmt: skip


def tree(folder: Path) -> str:
    """One hash of all names and bytes below a folder."""
    found = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        found.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    return found.hexdigest()


def measured(outputs: Path, length: int, shadows: int) -> None:
    """Prints one length."""
    filled(outputs, length, run(outputs.parent / "real"), shadows, borrowed=length)
    runs = [built(outputs, int(_KILLED * length)), built(outputs)]
    cpu, wall = sum(one.cpu for one in runs), sum(one.wall for one in runs)
    print(f"\n{length:,} dispatches: {cpu:.0f} s CPU, {wall:.0f} s wall, "
          f"{length / cpu:.2f} a second of CPU")  # fmt: skip
    print(f"  killed ({runs[0].code}) at {max(runs[0].memory)}, went on: "
          + "; ".join(runs[1].told[:3] + runs[1].told[-1:]))  # fmt: skip
    marks = [max((m for m in runs[1].memory if m <= part * length), default=0)
             for part in (0.45, 0.6, 0.8, 0.99, 2)]  # fmt: skip
    print("  MB resident: " + ", ".join(f"{runs[1].memory.get(m, 0):.0f} at {m}" for m in marks)
          + f", most {max(runs[1].memory.values()):.0f}")  # fmt: skip
    first = tree(outputs / "site")
    if length <= _TWICE:
        again = built(outputs)
        same = "the same" if tree(outputs / "site") == first else "OTHER"
        print(f"  without a kill: {again.cpu:.0f} s CPU, {same} bytes", flush=True)


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("lengths", nargs="*", type=int, default=[100])
    asked.add_argument("--shadows", type=int, default=35, help="claims not said, of each dispatch")
    asked.add_argument("--real", type=Path, help="where the real cycles stay for another run")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        place = given.real or Path(scratch)
        for length in given.lengths:
            with tempfile.TemporaryDirectory(dir=place) as folder:
                measured(Path(folder), length, given.shadows)
