"""Each source spoilt in each way: its feed says why, its neighbours are live, nothing false stays.

``python -m tests.bench.feeds`` tries every feed with every fault; here each fault meets one half.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bench import spoilt
from tests.bench.feeds import Row, halves, keyed, tried, truth

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
