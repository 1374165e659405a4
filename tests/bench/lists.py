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

from tests.bench.shelf import Shelf, shelf
from workbench.desk import archivepage, feed, outlets
from workbench.desk.editions import changed, edition
from workbench.world.schema import SiteParams

ROUNDS = 5


def measured(made: Shelf) -> dict[str, float]:
    """Seconds of each part when the last dispatch of a shelf is published."""
    site = SiteParams(address="https://desk.example/")
    made.desk.params = made.desk.params.model_copy(update={"site": site})
    began = edition(made.desk, made.ledger, made.number)
    # No cycle of a shelf has a folder, so what changed counts as stale; the lists tell it all.
    now = replace(began, changed=tuple(changed(made.ledger, began.numbers)), stale=())
    return {
        "archive": _least(lambda: archivepage.files(now)),
        "outlets": _least(lambda: outlets.files(now)),
        "feed": _least(lambda: feed.files(now)),
        "edition": _least(lambda: edition(made.desk, made.ledger, made.number)),
    }


def _least(work: Callable[[], object]) -> float:
    took = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        took.append(time.perf_counter() - began)
    return min(took[1:])


if __name__ == "__main__":
    for length in map(int, sys.argv[1:] or ("10", "1000")):
        with tempfile.TemporaryDirectory() as folder:
            parts = measured(shelf(Path(folder), length))
        told = ", ".join(f"{name} {s:.3f} s" for name, s in parts.items())
        print(f"{length:>6} dispatches: {told}", flush=True)
