"""Measures the desk: ``make bench``, or ``python -m tests.bench [--quick]``.

Everything is timed in one run, its ways interleaved, and told as medians, ranges and ratios; the
last run is kept in ``outputs/bench/``. Nothing here is asserted: a slow machine is not wrong.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from tests.bench import slate

SHOWN = "{:,.1f}".format


def main() -> None:
    """Runs all parts and writes their tables."""
    asked = argparse.ArgumentParser(prog="make bench", description=__doc__)
    asked.add_argument("--quick", action="store_true", help="fewer rounds")
    asked.add_argument("--outputs", type=Path, default=Path("outputs"), help="folder")
    given = asked.parse_args()
    found = {"slate": slate.measured(rounds=5 if given.quick else 25)}
    folder = given.outputs / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in found.items():
        print(f"\n{name}: milliseconds of one core, medians over rounds\n")
        print(table.to_string(index=False, float_format=SHOWN))
        rows = json.loads(table.to_json(orient="records"))
        (folder / f"{name}.json").write_text(json.dumps(rows, indent=1), encoding="utf-8")
    print(f"\nKept in {folder}/")


if __name__ == "__main__":
    main()
