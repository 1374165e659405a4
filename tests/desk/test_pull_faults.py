"""Each source spoilt in each way: its feed says why, its neighbours are live, nothing false stays.

``python -m tests.bench.feeds`` tries every feed with every fault; here each fault meets one half.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bench import spoilt
from tests.bench.feeds import Row, halves, keyed, tried, truth
from tests.bench.world import NAMES

pytestmark = pytest.mark.timeout(120)
# A report of which nobody says how many estimates there are is announced all the same.
HARMLESS = {("earnings", "blank")}


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, set[Row]]]:
    with keyed():
        yield truth(tmp_path_factory.mktemp("truth"))


@pytest.mark.parametrize("fault", spoilt.NAMES)
def test_a_fault_stays_with_its_feed(fault: str, right: dict[str, set[Row]], tmp_path: Path):
    """A spoilt feed is dark or degraded with one line that says why, the others are live, the
    pull ends in time, and nothing is stored that the world did not say.
    """
    half = halves()[spoilt.NAMES.index(fault) % 2]
    found, pull = tried(fault, half, right, tmp_path)
    assert {one.feed: one.state for one in pull.health if one.feed not in half} == dict.fromkeys(
        set(halves()[0] + halves()[1]) - set(half), "live"
    )
    assert [one for one in found if one.wrong] == []
    assert found[0].seconds < 25
    for one in found:
        if not one.changed or (one.feed, fault) in HARMLESS:
            continue
        assert one.health.state in {"dark", "degraded"}, one
        assert one.health.reason, one
        assert "\n" not in one.health.reason
        assert len(one.health.reason) < 400


def test_the_page_tells_every_feed_and_fault():
    """The published table has a line for each feed and a column for each fault, made by its
    command from a run in which nothing false was stored and no neighbour failed.
    """
    lines = (Path(__file__).parents[2] / "docs" / "feed-faults.md").read_text("utf-8").splitlines()
    assert f"| feed | {' | '.join(spoilt.NAMES)} |" in lines
    told = [line.split(" | ") for line in lines if line.count(" | ") == len(spoilt.NAMES)]
    assert [line[0].removeprefix("| ") for line in told] == ["feed", *sorted(NAMES)]
    cells = len(NAMES) * len(spoilt.NAMES)
    assert (
        f"{cells} cells: 0 false rows stored; of the feeds beside them none was not live." in lines
    )
