"""A live cycle on a made-up world: it pulls, runs its notebooks and publishes what it trusts."""

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.bench.feeds import KEYS, lean, opened
from tests.bench.made import UTC
from tests.bench.world import World, serving
from workbench.desk.verify import verify
from workbench.domain.calendars import venue
from workbench.world.pulls import Pulls

Command = Callable[..., CompletedProcess[str]]
ROOT = Path(__file__).parents[2]


@pytest.mark.notebook
@pytest.mark.timeout(600)
def test_a_live_cycle_publishes_what_it_pulled(command: Command, tmp_path: Path):
    """``workbench cycle`` on a desk with feeds pulls first and looks at the moment when the pull
    ended; a dark feed stands on the data page with its reason, and the dispatch is published.
    """
    now = dt.datetime.now(UTC)
    first = venue("XNYS").between(now.date() - dt.timedelta(days=20), now.date())[0].date
    world = World(faults={"bybit": "error"})
    with serving(world):
        desk = opened(
            world, tmp_path, feeds=lean(world), warmup={"from": str(first)}, horizons=[1],
            instruments=[{"symbol": "SPY", "sources": ["yahoo", "cboe"]}, {"symbol": "VIX",
                         "sources": ["cboe", "yahoo"]}],
            indicators=["DGS10", "BTC-mempool.count"], stories=[],
            paper={"capital": 1000, "tradable": ["SPY"]},
        )  # fmt: skip
        run = command(
            "cycle", "-f", str(desk.path), "--outputs", str(desk.outputs), "--archive",
            str(desk.archive), cwd=ROOT, env=KEYS,
        )  # fmt: skip
    assert run.returncode == 0, run.stderr
    pull = Pulls(desk.archive).last()
    assert pull is not None
    [status] = [json.loads(one.read_text()) for one in desk.outputs.glob("cycles/*/status.json")]
    assert status["state"] == "published"
    assert dt.datetime.fromisoformat(status["as_of"]) == pull.ended
    page = (desk.outputs / "site" / "data" / "index.html").read_text("utf-8")
    assert "one feed dark" in page
    assert "is out of order (500)" in page
    assert page.count('role="rowheader"') >= len(pull.health)
    assert verify(desk).differences == ()
