"""What the lists of a site cost one more dispatch: archive, index of titles, feed, sitemap, about.

    python -m tests.bench.lists 10 1000 20000

One line a length of the shelf: seconds of each part, the least of five rounds after the first.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tests.bench.shelf import shelf
from workbench.desk import archivepage, feed, outlets
from workbench.desk.editions import Edition, changed, edition
from workbench.world.schema import SiteParams

ROUNDS = 5


def measured(dispatches: int) -> dict[str, float]:
    """Seconds of each part when the last of so many dispatches is published."""
    with tempfile.TemporaryDirectory() as folder:
        made = shelf(Path(folder), dispatches)
        site = SiteParams(address="https://desk.example/")
        made.desk.params = made.desk.params.model_copy(update={"site": site})
        began = edition(made.desk, made.ledger, made.number)
        # No cycle of a shelf has a folder, so what changed counts as stale; the lists tell it all.
        now = replace(began, changed=tuple(changed(made.ledger, began.numbers)), stale=())
        parts: dict[str, Callable[[Edition], object]] = {
            "archive": archivepage.files, "outlets": outlets.files, "feed": feed.files,
        }  # fmt: skip
        found = {name: _least(lambda part=part: part(now)) for name, part in parts.items()}  # type: ignore[misc]  # bound now
        found["edition"] = _least(lambda: edition(made.desk, made.ledger, made.number))
        made.ledger.close()
    return found


def _least(work: Callable[[], object]) -> float:
    took = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        took.append(time.perf_counter() - began)
    return min(took[1:])


if __name__ == "__main__":
    for length in map(int, sys.argv[1:] or ("10", "1000")):
        told = ", ".join(f"{name} {s:.3f} s" for name, s in measured(length).items())
        print(f"{length:>6} dispatches: {told}", flush=True)
