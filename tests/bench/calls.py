"""What one more dispatch costs the calls: ``python -m tests.bench.calls 10 1000 20000``.

Milliseconds of one core (process time), medians of seven, on made-up shelves.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.bench.shelf import shelf
from workbench.desk import callspage, editions, guard, site
from workbench.desk.bulk import bulk

ROUNDS = 7


def measured(dispatches: int) -> str:
    """One line: what publishing the last of so many dispatches takes, and how much it writes."""
    with tempfile.TemporaryDirectory() as folder:
        of = shelf(Path(folder), dispatches, live=dispatches // 3)
        edition = editions.edition(of.desk, of.ledger, of.number)
        root = of.desk.outputs / "site"
        site.write(root, {n: text.encode() for n, text in callspage.files(edition).items()})
        made = callspage.files(edition)
        took = _median(lambda: callspage.files(edition))
        checked = _median(lambda: [_checked(name, text) for name, text in made.items()])
        size = sum(len(text.encode()) for text in made.values()) / 1000
        return (
            f"{dispatches:,} dispatches: {took:.0f} ms to make, {checked:.0f} ms to check, "
            f"{len(made)} files of {size:,.0f} KB"
        )


def _checked(name: str, text: str) -> list[str]:
    return (guard.scan(text) if name.endswith(".html") else guard.leaks(text)) + bulk(text)


def _median(act: Callable[[], object]) -> float:
    times = []
    for _ in range(ROUNDS):
        began = time.process_time()
        act()
        times.append(1000 * (time.process_time() - began))
    return statistics.median(times)


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("dispatches", nargs="+", type=int)
    for n in asked.parse_args().dispatches:
        print(measured(n))
